//! Fixes that are certain to be right, as changes of the book's text: a scalar keeps its quotes, and what cannot be
//! written in its place without changing what the YAML means is no fix.

use std::ops::Range;

use super::source::Source;
use crate::diagnostic::Edit;

/// What belongs in the place of a problem.
pub(crate) enum Fix {
    /// Another word, in the quotes that stand there.
    Word(String),
    /// Text that is right as it is.
    Text(String),
    /// Text that is put in at the beginning of the book.
    Header(&'static str),
}

/// The change of the file; `span` is the problem's.
pub(crate) fn edit(fix: Fix, span: &Range<usize>, source: &Source<'_>) -> Option<Edit> {
    let written = source.text.get(span.clone())?;
    match fix {
        Fix::Text(text) => {
            // Something empty or folded over lines is not what the problem spoke of.
            let is_plain = !written.is_empty() && !written.contains('\n') && !text.contains(['\n', '\r']);
            is_plain.then(|| Edit { span: span.clone(), replacement: text })
        }
        Fix::Word(word) => {
            let replacement = match written.chars().next()? {
                quote @ ('"' | '\'') => {
                    let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
                    let is_plain = |text: &str| {
                        !text.contains(|c: char| matches!(c, '"' | '\'' | '\\') || c.is_control())
                    };
                    (is_plain(inner) && is_plain(&word)).then(|| format!("{quote}{word}{quote}"))?
                }
                // What differs in capitals alone is as plain as what stands there.
                _ if word.eq_ignore_ascii_case(written) => word,
                _ => (is_plain_scalar(&word) && !written.contains('\n')).then_some(word)?,
            };
            Some(Edit { span: span.clone(), replacement })
        }
        Fix::Header(line) => {
            let start = if source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            let body = source.text.get(start..)?;
            // Directives and document marks come before everything else, and flow style has no lines to put in.
            let is_block = body.starts_with(|c: char| c.is_ascii_lowercase() || c == '#')
                && !body.lines().any(|line| line.starts_with("---") || line.starts_with('%'));
            is_block.then(|| Edit { span: start..start, replacement: line.to_owned() })
        }
    }
}

/// Whether a text is the same text in YAML without quotes, in every place and for every reader.
fn is_plain_scalar(text: &str) -> bool {
    const TAKEN: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ' ' | '(' | ')');
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(inside)
        && !text.ends_with(' ')
        && !TAKEN.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// A change inside a scalar as the file writes it: `part` of `written` came from `meant`, and `text` belongs there.
pub(crate) fn in_scalar(written: &str, part: &Range<usize>, meant: &str, text: String) -> Option<Fix> {
    let old = written.get(part.clone()).filter(|old| !old.is_empty())?;
    let (is_there, new) = match written.chars().next()? {
        '"' => (old.replace("\\\"", "\"") == meant, text.replace('\\', "\\\\").replace('"', "\\\"")),
        '\'' => (old.replace("''", "'") == meant, text.replace('\'', "''")),
        _ => {
            let inside = |c: char| c.is_alphanumeric() || "_.()&|!=<> +*/-\"".contains(c);
            let is_first = part.start == 0;
            let begins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '(');
            let is_safe = text.chars().all(inside) && (!is_first || text.starts_with(begins));
            (old == meant && is_safe, text)
        }
    };
    is_there.then_some(Fix::Text(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(written: &str, word: &str) -> Option<String> {
        let text = format!("k: {written}");
        let source = Source::new(&text, "f");
        edit(Fix::Word(word.into()), &(3..text.len()), &source).map(|edit| edit.replacement)
    }

    fn formula(written: &str, old: &str, meant: &str, new: &str) -> Option<String> {
        let start = written.find(old).unwrap_or_else(|| panic!("{old} in {written}"));
        match in_scalar(written, &(start..start + old.len()), meant, new.into())? {
            Fix::Text(text) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn words_keep_their_quotes_and_stay_the_same_text() {
        assert_eq!(word("slaes", "sales").as_deref(), Some("sales"));
        assert_eq!(word("\"slaes\"", "sales").as_deref(), Some("\"sales\""));
        assert_eq!(word("'GTX Por'", "GTX: Pro").as_deref(), Some("'GTX: Pro'"));
        assert_eq!(word("GTX Por", "GTX: Pro"), None, "a plain scalar cannot hold `: `");
        assert_eq!(word("money[eur]", "money[EUR]").as_deref(), Some("money[EUR]"));
        assert_eq!(word("nn", "no"), None, "other readers take it for false");
        assert_eq!(word("'it''s'", "its"), None);
        assert_eq!(word("\"a\\n\"", "ab"), None);
        assert_eq!(word("''", "it's"), None);
        assert_eq!(word("\"", "x"), None);
    }

    #[test]
    fn formulas_are_escaped_as_their_scalar_is() {
        assert_eq!(formula("won and x", "and", "and", "&&").as_deref(), Some("&&"));
        assert_eq!(
            formula("\"a == \\\"Wno\\\"\"", "\\\"Wno\\\"", "\"Wno\"", "\"Won\"").as_deref(),
            Some("\\\"Won\\\"")
        );
        assert_eq!(
            formula("'a == \"it''s\"'", "\"it''s\"", "\"it's\"", "\"its\"").as_deref(),
            Some("\"its\"")
        );
        assert_eq!(formula("= 1", "=", "=", "=="), None, "a plain scalar cannot begin with it");
        assert_eq!(formula("a b", "b", "c", "d"), None, "the place is another one");
        assert_eq!(formula("a == \"x\"", "\"x\"", "\"x\"", "\"x: y\""), None);
    }

    #[test]
    fn a_header_stands_before_everything_that_may_be_there() {
        let header =
            |text: &str| edit(Fix::Header("h\n"), &(0..0), &Source::new(text, "f")).map(|edit| edit.span);
        assert_eq!(header("book: {}"), Some(0..0));
        assert_eq!(header("\u{feff}# x\nbook: {}"), Some(3..3));
        assert_eq!(header("{}"), None);
        assert_eq!(header("---\nbook: {}"), None);
        assert_eq!(header("# x\n---\nbook: {}"), None);
        assert_eq!(header("%YAML 1.2\n---\n"), None);
    }
}
