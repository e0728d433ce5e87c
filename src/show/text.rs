//! Text of books and data as it may be shown: it neither steers the terminal nor turns the line around, and it keeps its place.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Text of files and data as it may be shown: characters that steer a terminal, or the direction of writing, are
/// spelt out.
///
/// ```
/// assert_eq!(ripplemark::show::harmless("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
/// ```
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmless(c) { safe.push(c) } else { safe.extend(c.escape_default()) }
    }
    safe
}

/// As [`harmless`], for messages of several lines.
#[must_use]
pub fn harmless_lines(text: &str) -> String {
    text.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

fn is_harmless(c: char) -> bool {
    // The second range turns the direction of writing around.
    !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns that a text takes in a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, or its beginning and an ellipsis where it takes more than `most` columns. Letters keep their accents.
///
/// ```
/// assert_eq!(ripplemark::show::shortened("Sales-qualified leads", 12), "Sales-quali…");
/// ```
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut taken = 1;
    for letter in text.graphemes(true) {
        taken += width(letter);
        if taken > most {
            break;
        }
        short.push_str(letter);
    }
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_spelt_out() {
        assert_eq!(harmless("a\u{1b}[31m\tb\n"), "a\\u{1b}[31m\\tb\\n");
        assert_eq!(harmless("Zürich – 東京"), "Zürich – 東京");
        assert_eq!(harmless_lines("a\nb\r"), "a\nb\\r");
        assert_eq!(harmless("\u{202e}evil"), "\\u{202e}evil");
    }

    #[test]
    fn a_letter_is_not_cut_in_two() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcd", 3), "ab…");
        assert_eq!(shortened("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(shortened("東京都庁", 5), "東京…");
        assert_eq!(shortened("ab cd", 4), "ab…");
        assert_eq!(shortened("", 0), "");
    }
}
