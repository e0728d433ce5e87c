//! `check --fix`: puts right in the file what is certain, and says line by line what has changed.

use crate::atomic;
use crate::failure::Failure;
use crate::terminal::shown;
use ripplemark::book::{self, MAX_BYTES};
use ripplemark::diagnostic::Diagnostic;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// What was put right.
pub(crate) struct Fixed {
    pub(crate) done: Vec<Diagnostic>,
    /// The lines that have changed, before and after.
    pub(crate) summary: String,
}

/// Puts a book right; `None` where there is nothing to do. The file is replaced as a whole, or not at all.
pub(crate) fn run(path: &Path) -> Result<Option<Fixed>, Failure> {
    let name = path.display().to_string();
    let failed = |error: std::io::Error| Failure::Data(format!("{name}: cannot be read: {error}"));
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Failure::Usage(format!("--fix changes files, and {name} is none")));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    // What is too large or no text is told by whoever checks the book.
    let Some(text) = String::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_BYTES) else {
        return Ok(None);
    };
    let fixed = book::fix_str(&text, &name, path.parent());
    if fixed.done.is_empty() {
        return Ok(None);
    }
    atomic::write(path, fixed.text.as_bytes())?;
    let summary = summary(&name, &text, &fixed.text, fixed.done.len());
    Ok(Some(Fixed { done: fixed.done, summary }))
}

/// The lines that differ. Changes keep the lines, except for a header that is put in at the beginning.
fn summary(name: &str, old: &str, new: &str, fixes: usize) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let added = new.len().saturating_sub(old.len());
    let mut text = format!("{}: {fixes} fixed\n", shown(name));
    let cut =
        |line: &str| shown(line.trim().trim_start_matches('\u{feff}')).chars().take(200).collect::<String>();
    for (at, line) in new.iter().enumerate() {
        let before = at.checked_sub(added).and_then(|at| old.get(at));
        if before == Some(line) {
            continue;
        }
        text.push_str(&format!("{:>5}\n", at + 1));
        if let Some(before) = before {
            text.push_str(&format!("    - {}\n", cut(before)));
        }
        text.push_str(&format!("    + {}\n", cut(line)));
    }
    text
}
