//! Makes every change that problems of a book carry, until none carries one.

use std::path::Path;

use super::{Loaded, load_str, load_str_in};
use crate::diagnostic::{Diagnostic, Edit};

/// Problems that hide others (follow-ups of a misspelt table) are met in further rounds; each round puts something right.
const MOST_ROUNDS: usize = 20;

/// A book with everything put right that is certain.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The text, as it was where there was nothing to do.
    pub text: String,
    /// The problems that are gone, in the order in which they were met. Places are those of the text as it was when
    /// they were met; changes keep the lines, except a header that is put in at the beginning.
    pub done: Vec<Diagnostic>,
}

/// Puts right what is certain: makes the changes that problems carry ([`Diagnostic::fix`]) and reads the book again,
/// until there is none left. A second call changes nothing. Files that the book names are not changed; `folder` is where
/// they are looked for.
///
/// ```
/// let text = "ripplemark: 1\nbook: {id: acme}\nteams: {sales: Sales}\n\
///     tables: {deals: {columns: {won: bool, big: bool}}}\n\
///     metrics: [{name: wins, owner: slaes, agg: count, fliter: won and big}]";
/// let fixed = ripplemark::book::fix_str(text, "acme.yaml", None);
/// assert!(fixed.text.ends_with("[{name: wins, owner: sales, agg: count, filter: won && big}]"));
/// assert_eq!(fixed.done.len(), 3);
/// ```
#[must_use]
pub fn fix_str(text: &str, file: &str, folder: Option<&Path>) -> Fixed {
    let read = |text: &str| {
        let read = match folder {
            Some(folder) => load_str_in(text, file, folder),
            None => load_str(text, file),
        };
        match read {
            Ok(Loaded { warnings, .. }) => warnings,
            Err(refused) => refused.into_list(),
        }
    };
    let mut fixed = Fixed { text: text.to_owned(), done: Vec::new() };
    let mut found = read(text);
    for _ in 0..MOST_ROUNDS {
        let with_fix: Vec<&Diagnostic> = found.iter().filter(|problem| problem.fix.is_some()).collect();
        let edits: Vec<&Edit> = with_fix.iter().filter_map(|problem| problem.fix.as_ref()).collect();
        let (text, made) = Edit::apply(&fixed.text, &edits);
        if !made.contains(&true) || text == fixed.text {
            break;
        }
        let next = read(&text);
        if broken(&next) > broken(&found) {
            // The changes do not go together; the book stays as it is rather than become worse.
            break;
        }
        fixed.done.extend(
            with_fix.into_iter().zip(made).filter(|(_, made)| *made).map(|(problem, _)| problem.clone()),
        );
        fixed.text = text;
        found = next;
    }
    fixed
}

/// Problems that say that the text has another structure than before.
fn broken(found: &[Diagnostic]) -> usize {
    found.iter().filter(|problem| matches!(problem.code, "RM0101" | "RM0103" | "RM0110")).count()
}
