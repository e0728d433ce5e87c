//! What is printed about ripplemark itself: `--explain`, the page of a code, and `schema`, the form of books.

use crate::failure::Failure;
use crate::output::pretty;
use crate::terminal::{Terminal, shown};
use ripplemark::book;
use ripplemark::diagnostic::{explain_code, pages};

/// Prints the page of a code; of no code, all codes with their titles.
pub(crate) fn run(code: &str, terminal: &Terminal) -> Result<(), Failure> {
    if code.is_empty() {
        let list: String = pages().map(|page| format!("{}  {}\n", page.code, page.title())).collect();
        return terminal.write(list.as_bytes());
    }
    match explain_code(code) {
        Some(page) => terminal.write(page.text.as_bytes()),
        None => Err(Failure::Usage(format!(
            "there is no code `{}`; a code is written RM0104, and ripplemark --explain lists them all",
            shown(code)
        ))),
    }
}

/// Prints the JSON Schema of books.
pub(crate) fn schema(terminal: &Terminal) -> Result<(), Failure> {
    terminal.write(&pretty(&book::schema())?)
}
