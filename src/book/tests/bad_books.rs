//! Every file of `tests/bad_books` begins with the problems it has to show, one comment line each:
//! `# RM0116 5:3 sales` is code, line, column and owner (`-`: none). Nothing else may be reported.
//!
//! `tests/bad_books/seen` has what people see of each, and the changes that are offered; `RIPPLEMARK_BLESS=1` writes it
//! anew. Books called `fix_…` pass once every change is made.

use std::path::PathBuf;

use super::super::formula::Lang;
use super::super::{Diagnostics, fix_str, load_bytes_in, load_path_with};
use crate::diagnostic::{Diagnostic, Edit};

pub(crate) fn files() -> Vec<PathBuf> {
    let directory = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_books"));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("directory").map(|entry| entry.expect("entry").path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_books"))
}

/// Name, text and problems of every book whose text is UTF-8.
fn read() -> Vec<(String, String, Diagnostics)> {
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = String::from_utf8(std::fs::read(path).expect("file")).ok()?;
        let refused = load_bytes_in(text.as_bytes(), &name, &folder()).err()?;
        Some((name, text, refused))
    };
    files().iter().filter_map(read).collect()
}

/// The problems of a text, without their places, which changes may move.
fn told(text: &str, name: &str) -> Vec<(&'static str, String)> {
    let list = match load_bytes_in(text.as_bytes(), name, &folder()) {
        Ok(loaded) => loaded.warnings,
        Err(refused) => refused.all().to_vec(),
    };
    list.into_iter().map(|problem| (problem.code, problem.message)).collect()
}

#[test]
fn every_bad_book_shows_exactly_its_problems() {
    let mut failures = String::new();
    let files = files();
    assert!(files.len() >= 60);
    let mut with_several = 0;
    for path in &files {
        let text = String::from_utf8_lossy(&std::fs::read(path).expect("file")).into_owned();
        let wanted: Vec<&str> =
            text.lines().map_while(|line| line.trim_start_matches('\u{feff}').strip_prefix("# RM")).collect();
        let wanted: Vec<String> = wanted.iter().map(|line| format!("RM{line}")).collect();
        let Err(refused) = load_path_with(path, &Lang) else {
            failures.push_str(&format!("{} was accepted\n", path.display()));
            continue;
        };
        let found: Vec<String> = refused
            .all()
            .iter()
            .map(|problem| {
                let owner = problem.owner.as_deref().unwrap_or("-");
                format!("{} {}:{} {owner}", problem.code, problem.line, problem.column)
            })
            .collect();
        with_several += usize::from(wanted.len() >= 3);
        // `RM02xx` stands for any code of the formula reader, until somebody writes which.
        let is_same = |(wanted, found): (&String, &String)| match wanted.strip_prefix("RM02xx") {
            Some(place) => found.starts_with("RM02") && found.get(6..) == Some(place),
            None => wanted == found,
        };
        if wanted.len() != found.len() || !wanted.iter().zip(&found).all(is_same) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            failures.push_str(&format!("{name}\n  wanted {wanted:#?}\n  found {found:#?}\n{refused}\n"));
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(with_several >= 20, "{with_several}");
}

#[test]
fn people_see_what_they_saw_before() {
    let is_blessed = std::env::var_os("RIPPLEMARK_BLESS").is_some();
    let mut failures = String::new();
    let mut seen_files = std::collections::BTreeSet::new();
    for (name, text, refused) in read() {
        let mut shown = format!("{refused}\n");
        for problem in refused.all() {
            if let Some(Edit { span, replacement }) = &problem.fix {
                let old = &text[span.clone()];
                shown.push_str(&format!(
                    "fix {}:{} {old:?} -> {replacement:?}\n",
                    problem.line, problem.column
                ));
            }
        }
        let path = folder().join("seen").join(format!("{name}.txt"));
        seen_files.insert(path.clone());
        if is_blessed {
            std::fs::write(&path, &shown).expect("seen");
            continue;
        }
        let seen = std::fs::read_to_string(&path).unwrap_or_default();
        if seen != shown {
            failures.push_str(&format!("{name}\n--- seen before\n{seen}\n--- now\n{shown}\n"));
        }
    }
    for entry in std::fs::read_dir(folder().join("seen")).expect("directory") {
        let path = entry.expect("entry").path();
        assert!(seen_files.contains(&path), "{} belongs to no book", path.display());
    }
    let bless = "look at the difference, then RIPPLEMARK_BLESS=1 cargo test -p ripplemark --lib bad_books";
    assert!(failures.is_empty(), "{failures}\n{bless}");
}

#[test]
fn a_change_that_is_offered_puts_its_problem_right() {
    let mut count = 0;
    let mut codes = std::collections::BTreeSet::new();
    for (name, text, refused) in read() {
        let before = told(&text, &name);
        let is_hidden = |problem: &Diagnostic| problem.code == "RM0100";
        for problem in refused.all().iter().filter(|problem| problem.fix.is_some()) {
            let edit = problem.fix.as_ref().expect("fix");
            let (changed, made) = Edit::apply(&text, &[edit]);
            assert_eq!(made, [true], "{name}: {problem}");
            let after = told(&changed, &name);
            let same = |list: &[(&str, String)]| {
                list.iter()
                    .filter(|(code, message)| *code == problem.code && *message == problem.message)
                    .count()
            };
            // A text in single quotes is two problems, and each change alone leaves the other.
            let is_half = edit.replacement == "\"";
            assert!(is_half || same(&after) < same(&before), "{name}: {problem}\n{after:#?}");
            assert!(
                is_half || !after.iter().any(|(code, _)| *code == "RM0101"),
                "{name}: {problem}\n{changed}"
            );
            assert!(!is_hidden(problem));
            count += 1;
            codes.insert(problem.code);
        }
    }
    assert!(count >= 80 && codes.len() >= 15, "{count} {codes:?}");
}

#[test]
fn all_changes_together_leave_what_nobody_can_be_sure_of() {
    let mut passed = 0;
    for (name, text, _) in read() {
        let fixed = fix_str(&text, &name, Some(&folder()));
        let again = fix_str(&fixed.text, &name, Some(&folder()));
        assert!(again.done.is_empty() && again.text == fixed.text, "{name}: {:#?}", again.done);
        let (before, after) = (told(&text, &name), told(&fixed.text, &name));
        assert!(after.is_empty() || after.len() <= before.len(), "{name}: {after:#?}");
        if name.starts_with("fix_") {
            assert!(after.is_empty(), "{name}: {after:#?}\n{}", fixed.text);
            passed += 1;
        }
        if name.starts_with("no_fix") {
            assert_eq!((fixed.done.len(), fixed.text), (0, text), "{name}");
        }
    }
    assert!(passed >= 10);
}

#[test]
fn every_problem_says_what_to_do_or_what_was_expected() {
    for path in files() {
        let Err(refused) = load_path_with(&path, &Lang) else {
            continue;
        };
        for problem in refused.all() {
            let helpful = problem.hint.is_some()
                || problem.expected.is_some()
                || problem.code.starts_with("RM02")
                || problem.fix.is_some()
                || problem.code == "RM0101";
            assert!(helpful, "{}: {problem}", path.display());
            assert!(!problem.message.ends_with('.'), "{problem}");
        }
    }
}
