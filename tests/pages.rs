//! Every code has a page, every page a code; what the pages show as wrong is wrong by that code, and what they show as
//! right is right. The tables of the specification are the titles of the pages.
#![cfg(feature = "compile")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ripplemark::diagnostic::{Page, Severity, explain_code, pages};
use ripplemark::{book, check, lang};

/// Codes that no small book shows: the text is too long for a page, or only a question on the command line meets them.
const WITHOUT_A_BOOK: &[&str] = &[
    "RM0100", "RM0102", "RM0201", "RM0301", "RM0303", "RM0305", "RM0306", "RM0308", "RM0309", "RM0310",
    "RM0314", "RM0315", "RM0316", "RM0317", "RM0318", "RM0319", "RM0320", "RM0321", "RM0381", "RM0382",
    "RM0383", "RM0384", "RM0390", "RM0399",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Codes in the sources of everything that tells problems, each with a file that has it. Tests are left out.
fn emitted() -> BTreeMap<String, PathBuf> {
    let mut open: Vec<PathBuf> =
        ["src", "cli/src", "ffi-c/src", "py/src"].iter().map(|folder| root().join(folder)).collect();
    let mut found = BTreeMap::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "tests") {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
            continue;
        }
        if path.extension().is_none_or(|ending| ending != "rs") || path.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
        for line in lines.filter(|line| !line.trim_start().starts_with("//")) {
            for (at, _) in line.match_indices("\"RM0") {
                if let Some(code) =
                    line.get(at + 1..at + 7).filter(|_| line.get(at + 7..at + 8) == Some("\""))
                {
                    found.entry(code.to_owned()).or_insert_with(|| path.clone());
                }
            }
        }
    }
    found
}

/// The fenced block under a heading, and its language.
fn block(page: Page, heading: &str) -> Option<(String, String)> {
    let (_, rest) = page.text.split_once(&format!("\n## {heading}\n\n```"))?;
    let (language, rest) = rest.split_once('\n')?;
    Some((language.to_owned(), rest.split_once("\n```")?.0.to_owned() + "\n"))
}

/// Every problem of a book: those of its text, then those that compiling shows, as `check` does.
fn problems(text: &str) -> Vec<(Severity, &'static str, String)> {
    let told = |found: &[ripplemark::diagnostic::Diagnostic]| -> Vec<_> {
        found.iter().map(|problem| (problem.severity, problem.code, problem.to_string())).collect()
    };
    match book::load_str_in(text, "page.yaml", root()) {
        Err(refused) => told(refused.all()),
        Ok(loaded) => {
            [told(&loaded.warnings), told(&check::unanswerable(&loaded.book, "page.yaml"))].concat()
        }
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let emitted = emitted();
    assert!(emitted.len() > 100, "the sources were not found");
    for (code, path) in &emitted {
        assert!(
            explain_code(code).is_some(),
            "{} tells {code}, which has no page: write docs/errors/{code}.md. First line `# {code}: what it means`, \
             then what it means, why it is an error and how to put it right; under `## Wrong` and `## Right` a whole \
             book each in ```yaml (or, for a code that no book alone shows, a command in ```sh, and the code in \
             WITHOUT_A_BOOK of tests/pages.rs); then RIPPLEMARK_BLESS=1 cargo test -p ripplemark --test pages",
            path.display()
        );
    }
    for page in pages() {
        assert!(
            emitted.contains_key(page.code),
            "docs/errors/{0}.md is the page of a code that nothing tells: remove it, or spell {0} in the source",
            page.code
        );
    }
}

#[test]
fn pages_have_their_form() {
    for page in pages() {
        let code = page.code;
        assert!(
            page.text.starts_with(&format!("# {code}: ")),
            "docs/errors/{code}.md begins with `# {code}: …`"
        );
        assert!(!page.title().is_empty() && !page.title().ends_with('.'), "{code}: {}", page.title());
        assert!(page.text.ends_with('\n') && !page.text.contains('\t'), "{code}");
        assert!(page.text.lines().all(|line| line.chars().count() <= 200), "{code}: a line is too long");
        let prose = page.text.split("\n## ").next().unwrap_or("").lines().skip(1).collect::<String>();
        assert!(prose.len() > 30, "{code}: the page does not say what to do");
        let known = book::meaning(code)
            .or_else(|| lang::CODES.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning));
        if let Some(meaning) = known {
            assert_eq!(
                meaning,
                page.title(),
                "docs/errors/{code}.md and the table of codes in the source differ"
            );
        }
    }
}

#[test]
fn the_wrong_examples_are_wrong_by_their_codes_and_the_right_ones_right() {
    let mut failures = String::new();
    for page in pages() {
        let code = page.code;
        let wrong = block(page, "Wrong").filter(|(language, _)| language == "yaml");
        let right = block(page, "Right").filter(|(language, _)| language == "yaml");
        let is_listed = WITHOUT_A_BOOK.contains(&code);
        let (Some((_, wrong)), Some((_, right))) = (wrong, right) else {
            if !is_listed {
                failures.push_str(&format!(
                    "docs/errors/{code}.md needs a book under `## Wrong` and `## Right`\n"
                ));
            }
            continue;
        };
        if is_listed {
            failures.push_str(&format!("{code} has books: take it off the list WITHOUT_A_BOOK\n"));
        }
        let found = problems(&wrong);
        if !found.iter().any(|(_, found, _)| *found == code) {
            failures.push_str(&format!("{code}: its wrong example gives {found:#?}\n"));
        }
        // One mistake at a time: other codes would teach something else.
        if found.iter().any(|(_, found, _)| *found != code) {
            failures.push_str(&format!("{code}: its wrong example has other problems, too: {found:#?}\n"));
        }
        let found = problems(&right);
        if !found.is_empty() {
            failures.push_str(&format!("{code}: its right example gives {found:#?}\n"));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn the_tables_of_the_specification_are_the_titles_of_the_pages() {
    let path = root().join("docs/SPEC.md");
    let spec = fs::read_to_string(&path).unwrap();
    let mut wanted = spec.clone();
    for (heading, hundred) in [("## Book\n", "RM01"), ("## Formulas\n", "RM02"), ("## Queries\n", "RM03")] {
        let codes = wanted.find("\n# 9. Codes").expect("section 9");
        let start =
            wanted[codes..].find(heading).map(|at| codes + at + heading.len()).expect("a table of codes");
        let head = "| --- | --- |\n";
        let first = start + wanted[start..].find(head).expect("the head of the table") + head.len();
        let rows: usize = wanted[first..]
            .split_inclusive('\n')
            .take_while(|line| line.starts_with('|'))
            .map(str::len)
            .sum();
        let table: String = pages()
            .filter(|page| page.code.starts_with(hundred))
            .map(|page| format!("| {} | {} |\n", page.code, page.title()))
            .collect();
        wanted.replace_range(first..first + rows, &table);
    }
    if std::env::var_os("RIPPLEMARK_BLESS").is_some() {
        fs::write(&path, wanted).unwrap();
    } else {
        assert!(
            spec == wanted,
            "the tables of codes in docs/SPEC.md are not the pages of docs/errors: \
             RIPPLEMARK_BLESS=1 cargo test -p ripplemark --test pages"
        );
    }
}
