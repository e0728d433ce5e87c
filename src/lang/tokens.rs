//! The formula's text as tokens with byte ranges.
//!
//! Rhai tells where a token starts, in lines and characters, never where it ends; it turns numbers into
//! doubles and forgets parentheses. This scan, which splits text exactly as Rhai does, gives all of that
//! back. It is no parser: it only knows where tokens begin and end.

use super::codes;
use super::problem::Problem;
use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Name,
    Number,
    Text,
    Symbol,
}

/// A token: what it is and which bytes it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: Range<usize>,
}

/// All tokens of a text, in order.
pub(super) struct Tokens<'a> {
    text: &'a str,
    list: Vec<Token>,
    /// Byte at which each line begins.
    lines: Vec<usize>,
}

/// Longest first, so that the first match is the right one. Contains what the language refuses, too: a
/// refusal wants to cover the whole symbol.
const SYMBOLS: &[&str] = &[
    "===", "!==", "**=", "..=", "<<=", ">>=", "...", "::<", "# {", "**", "==", "!=", "<=", ">=", "&&", "||",
    "??", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "..", "?.", "?[", "::", "=>", "->",
    "<-", "++", "--", "(*", "*)", "<|", "|>", "!.", ":=", ":;", "#{", "#!",
];

impl<'a> Tokens<'a> {
    /// Splits a text. A token that cannot be finished is reported; the scan goes on behind it.
    pub(super) fn scan(text: &'a str, problems: &mut Vec<Problem>) -> Self {
        let mut tokens = Tokens { text, list: Vec::new(), lines: line_starts(text) };
        let mut from = 0;
        while let Some(next) = tokens.scan_one(from, problems) {
            from = next;
        }
        tokens
    }

    /// Whether single quotes stand in pairs, and nothing is in their way: texts as other languages write them.
    pub(super) fn has_only_single_quotes(&self) -> bool {
        let quotes = self.text.bytes().filter(|byte| *byte == b'\'').count();
        quotes.is_multiple_of(2) && !self.text.contains(['"', '\\', '\n', '`'])
    }

    /// Scans what begins at `from` and returns where the next thing begins; `None` at the end.
    fn scan_one(&mut self, from: usize, problems: &mut Vec<Problem>) -> Option<usize> {
        let rest = self.text.get(from..)?;
        let first = rest.chars().next()?;
        if first.is_ascii_whitespace() {
            return Some(from + 1);
        }
        if rest.starts_with("//") {
            return Some(from + rest.find('\n').unwrap_or(rest.len()));
        }
        if rest.starts_with("/*") {
            let length = comment_length(rest).unwrap_or_else(|| {
                problems.push(
                    Problem::new(codes::SYNTAX, &(from..from + 2), "the comment does not end").expected("*/"),
                );
                rest.len()
            });
            return Some(from + length);
        }
        let (kind, length) = match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                (TokenKind::Name, rest.find(|c| !is_part(c)).unwrap_or(rest.len()))
            }
            '0'..='9' => (TokenKind::Number, number_length(rest.as_bytes())),
            '"' => (TokenKind::Text, text_length(rest, from, problems)),
            _ => {
                let known = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
                (TokenKind::Symbol, known.map_or(first.len_utf8(), |symbol| symbol.len()))
            }
        };
        let length = length.max(1);
        self.list.push(Token { kind, at: from..from + length });
        Some(from + length)
    }

    /// The tokens in order.
    pub(super) fn list(&self) -> &[Token] {
        &self.list
    }

    /// The text of a token.
    pub(super) fn text(&self, token: &Token) -> &'a str {
        self.text.get(token.at.clone()).unwrap_or("")
    }

    /// The text of some bytes.
    pub(super) fn slice(&self, at: &Range<usize>) -> &'a str {
        self.text.get(at.clone()).unwrap_or("")
    }

    /// The text of the token at an index; empty where there is none.
    pub(super) fn text_at(&self, index: usize) -> &'a str {
        self.list.get(index).map_or("", |token| self.text(token))
    }

    /// Where a line and a character of it (both from 1) are in the text, in bytes.
    pub(super) fn byte(&self, line: usize, character: usize) -> usize {
        let Some(&start) = line.checked_sub(1).and_then(|line| self.lines.get(line)) else {
            return self.text.len();
        };
        let line = self.text.get(start..).unwrap_or("");
        let skipped = character.saturating_sub(1);
        start + line.char_indices().nth(skipped).map_or(line.len(), |(offset, _)| offset)
    }

    /// The index of the token that covers a byte, or of the first one after it.
    pub(super) fn index_at(&self, byte: usize) -> usize {
        self.list.partition_point(|token| token.at.end <= byte)
    }

    /// The bytes of the token that starts at a byte; an empty range where no token is.
    pub(super) fn range_at(&self, byte: usize) -> Range<usize> {
        match self.list.get(self.index_at(byte)) {
            Some(token) if token.at.contains(&byte) => token.at.clone(),
            _ => byte.min(self.text.len())..byte.min(self.text.len()),
        }
    }

    /// The index of the bracket that opens what the one at `close` closes.
    pub(super) fn opening(&self, close: usize) -> Option<usize> {
        let mut open = 0usize;
        for index in (0..=close).rev() {
            match self.text_at(index) {
                ")" | "]" | "}" => open += 1,
                "(" | "[" | "{" => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return Some(index);
            }
        }
        None
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// Block comments nest, as in Rhai.
fn comment_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0usize, 0usize);
    loop {
        match (bytes.get(at)?, bytes.get(at + 1)) {
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
}

/// A point belongs to the number unless a name, `_` or another point follows it (`5.abs()`).
fn number_length(bytes: &[u8]) -> usize {
    if let [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..] = bytes {
        return bytes.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(bytes.len());
    }
    let (mut at, mut point, mut exponent) = (0, false, false);
    loop {
        let next = bytes.get(at + 1).copied();
        match bytes.get(at) {
            Some(b'0'..=b'9' | b'_') => at += 1,
            Some(b'.') if !point => match next {
                None | Some(b'_' | b'.' | b'a'..=b'z' | b'A'..=b'Z') => return at,
                Some(_) => {
                    point = true;
                    at += 1;
                }
            },
            Some(b'e' | b'E') if !exponent => match next {
                Some(b'0'..=b'9') => (point, exponent, at) = (true, true, at + 1),
                Some(b'+' | b'-') => (point, exponent, at) = (true, true, at + 2),
                _ => return at,
            },
            _ => return at,
        }
    }
}

/// A text ends at a quote that is neither escaped by `\` nor doubled.
fn text_length(rest: &str, from: usize, problems: &mut Vec<Problem>) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'"'), Some(b'"')) => at += 2,
            (Some(b'"'), _) => return at + 1,
            (Some(b'\\'), Some(b'\n' | b'\r') | None) | (Some(b'\n') | None, _) => break,
            (Some(b'\\'), Some(_)) => at += 2,
            (Some(_), _) => at += 1,
        }
    }
    let at = at.min(bytes.len());
    let problem = Problem::new(codes::SYNTAX, &(from..from + at), "the text does not end on its line");
    problems.push(problem.expected("a closing double quote"));
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        let mut problems = Vec::new();
        let tokens = Tokens::scan(text, &mut problems);
        assert_eq!(problems, []);
        tokens.list().iter().map(|token| tokens.text(token)).collect()
    }

    #[test]
    fn splits_as_rhai_does() {
        assert_eq!(texts("a**-2.5e-3+b"), ["a", "**", "-", "2.5e-3", "+", "b"]);
        assert_eq!(texts("5.abs() 2.+1 1..3"), ["5", ".", "abs", "(", ")", "2.", "+", "1", "1", "..", "3"]);
        assert_eq!(texts(r#""a\"b" "c""d" x"#), [r#""a\"b""#, r#""c""d""#, "x"]);
        assert_eq!(texts("a // b\n/* c /* d */ e */ f"), ["a", "f"]);
        assert_eq!(texts("x !in [1]"), ["x", "!", "in", "[", "1", "]"]);
    }

    #[test]
    fn positions_count_characters_and_ranges_count_bytes() {
        let mut problems = Vec::new();
        let tokens = Tokens::scan("\"ä\" ==\n  név", &mut problems);
        assert_eq!(tokens.byte(1, 5), 5);
        assert_eq!(tokens.range_at(5), 5..7);
        assert_eq!(tokens.byte(2, 3), 10);
        assert_eq!(tokens.byte(9, 9), 14);
    }

    #[test]
    fn unfinished_tokens_are_reported() {
        for text in ["\"abc", "\"abc\\", "\"a\nb\"", "/* a", "\"a\\\nb\""] {
            let mut problems = Vec::new();
            Tokens::scan(text, &mut problems);
            assert!(!problems.is_empty(), "{text}");
        }
    }

    #[test]
    fn finds_the_opening_bracket() {
        let mut problems = Vec::new();
        let tokens = Tokens::scan("(a + f(b, c)) ** 2", &mut problems);
        let close = tokens.list().iter().rposition(|token| tokens.text(token) == ")").unwrap();
        assert_eq!(tokens.opening(close), Some(0));
    }
}
