//! How results look to people, wherever they are shown: numbers, tables of text, and text that cannot harm its reader.

mod layout;
mod number;
mod text;
mod unit;

pub use layout::{fitted, if_fitting};
pub use number::{NOTHING, Number, Style, grouped, number, period};
pub use text::{harmless, harmless_lines, shortened, width};
pub use unit::{currency, unit_word};
