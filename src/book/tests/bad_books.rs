//! Every file of `tests/bad_books` begins with the problems it has to show, one comment line each:
//! `# RM0116 5:3 sales` is code, line, column and owner (`-`: none). `RM02xx` stands for any code of the
//! formula reader. Nothing else may be reported.

use std::path::PathBuf;

use super::super::formula::Lang;
use super::super::load_path_with;

pub(crate) fn files() -> Vec<PathBuf> {
    let directory = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_books"));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("directory").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    files
}

#[test]
fn every_bad_book_shows_exactly_its_problems() {
    let mut failures = String::new();
    let files = files();
    assert!(files.len() >= 20);
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
                let code = if problem.code.starts_with("RM02") { "RM02xx" } else { problem.code };
                let owner = problem.owner.as_deref().unwrap_or("-");
                format!("{code} {}:{} {owner}", problem.line, problem.column)
            })
            .collect();
        if found != wanted {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            failures.push_str(&format!("{name}\n  wanted {wanted:#?}\n  found {found:#?}\n{refused}\n"));
        }
    }
    assert!(failures.is_empty(), "{failures}");
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
                || problem.code == "RM0101";
            assert!(helpful, "{}: {problem}", path.display());
            assert!(!problem.message.ends_with('.'), "{problem}");
        }
    }
}
