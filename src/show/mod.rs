//! How results look to people, wherever they are shown: numbers, tables of text, and text that cannot harm its reader.

mod layout;
mod number;
mod text;

pub use layout::{fitted, if_fitting};
pub use number::{Number, Style, grouped, number};
pub use text::{harmless, harmless_lines, shortened, width};
