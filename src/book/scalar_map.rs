//! From a place in a formula to the place in the file: a YAML scalar may be quoted, escaped, folded or
//! indented, so byte 7 of the formula is rarely byte 7 of what was written.

use std::ops::Range;

/// The bytes of `written` (a scalar as the file has it, with its quotes) that `part` of `value` (what
/// the scalar means) came from. All of `written` where the two cannot be brought together.
pub(crate) fn locate(written: &str, value: &str, part: &Range<usize>) -> Range<usize> {
    let origins = match written.chars().next() {
        Some('"') => double_quoted(written, value).or_else(|| unescaped(written, value, 0)),
        Some('\'') => unescaped(written, value, 1).or_else(|| unescaped(written, value, 0)),
        _ => unescaped(written, value, 0),
    };
    let Some(origins) = origins else {
        return 0..written.len();
    };
    let from = part.start.min(value.len());
    let to = part.end.clamp(from, value.len());
    // Origins ascend by the byte of the value: the character that covers a byte is the last at or before it.
    let covering = |byte: usize| {
        let next = origins.partition_point(|origin| origin.value <= byte);
        next.checked_sub(1).and_then(|at| origins.get(at))
    };
    let start = match covering(from) {
        Some(origin) if from < value.len() => origin.written.start,
        Some(origin) => origin.written.end,
        None => 0,
    };
    let end = if to > from { covering(to - 1).map_or(start, |origin| origin.written.end) } else { start };
    start..end.max(start)
}

/// One character of the value: where it begins there, and the bytes it was written with.
struct Origin {
    value: usize,
    written: Range<usize>,
}

/// Plain scalars, blocks (`quotes` 0) and single quotes (1): the same characters, but white space may be
/// folded or stripped, and a quote is doubled.
fn unescaped(written: &str, value: &str, quotes: usize) -> Option<Vec<Origin>> {
    let inner = written.get(quotes..written.len().checked_sub(quotes)?)?;
    let mut rest = inner.char_indices().peekable();
    let mut origins = Vec::with_capacity(value.len());
    for (at, wanted) in value.char_indices() {
        if !wanted.is_whitespace() {
            while rest.next_if(|(_, letter)| letter.is_whitespace()).is_some() {}
        }
        let written = match rest.peek() {
            Some((start, letter))
                if *letter == wanted || wanted.is_whitespace() && letter.is_whitespace() =>
            {
                let (start, letter) = (*start, *letter);
                rest.next();
                let mut end = start + letter.len_utf8();
                if quotes == 1 && letter == '\'' && rest.next_if(|(_, next)| *next == '\'').is_some() {
                    end += 1;
                }
                quotes + start..quotes + end
            }
            // A block may end with line breaks that the file does not have.
            None if wanted.is_whitespace() => quotes + inner.len()..quotes + inner.len(),
            _ => return None,
        };
        origins.push(Origin { value: at, written });
    }
    rest.all(|(_, letter)| letter.is_whitespace()).then_some(origins)
}

/// Double quotes: escapes, and line breaks that fold to a space or to nothing.
fn double_quoted(written: &str, value: &str) -> Option<Vec<Origin>> {
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    let mut rest = inner.char_indices().peekable();
    let mut origins: Vec<Origin> = Vec::with_capacity(value.len());
    let mut wanted = value.char_indices().peekable();
    while let Some((at, letter)) = wanted.peek().copied() {
        let (start, first) = rest.next()?;
        let mut end = start + first.len_utf8();
        let mut means = first;
        if first == '\\' {
            let (escape_at, escape) = rest.next()?;
            end = escape_at + escape.len_utf8();
            let digits = match escape {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                '\n' | '\r' => {
                    while rest.next_if(|(_, next)| next.is_whitespace()).is_some() {}
                    continue;
                }
                _ => 0,
            };
            if digits > 0 {
                for _ in 0..digits {
                    end = rest.next()?.0 + 1;
                }
                let mut code = u32::from_str_radix(inner.get(escape_at + 1..end)?, 16).ok()?;
                // JSON writes a character beyond U+FFFF as two surrogates.
                if (0xd800..0xdc00).contains(&code) {
                    let low = inner.get(end..end + 6)?.strip_prefix("\\u")?;
                    let low = u32::from_str_radix(low, 16).ok()?.checked_sub(0xdc00)?;
                    code = 0x10000 + ((code - 0xd800) << 10) + low;
                    end += 6;
                    while rest.next_if(|(next, _)| *next < end).is_some() {}
                }
                means = char::from_u32(code)?;
            } else {
                // The reader has decoded it already; only its length matters here.
                means = letter;
            }
        } else if first.is_whitespace() && !letter.is_whitespace() {
            // Stripped around a line break.
            continue;
        } else if first.is_whitespace() {
            means = letter;
        }
        if means != letter {
            return None;
        }
        wanted.next();
        origins.push(Origin { value: at, written: 1 + start..1 + end });
    }
    rest.all(|(_, letter)| letter.is_whitespace() || letter == '\\').then_some(origins)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The scalar is read by the YAML reader, `needle` is looked for in what it means.
    fn found(yaml: &str, needle: &str) -> String {
        let source = super::super::source::Source::new(yaml, "f");
        let mut problems = super::super::problems::Problems::new(&source);
        let root = super::super::node::read(&source, &mut problems).expect("YAML");
        let node = root.peek("k").expect("key");
        let value = &node.scalar().expect("scalar").text;
        let start = value.find(needle).unwrap_or_else(|| panic!("{needle:?} in {value:?}"));
        let written = &yaml[node.span.clone()];
        written[locate(written, value, &(start..start + needle.len()))].to_owned()
    }

    #[test]
    fn every_style_leads_back_to_what_was_written() {
        assert_eq!(found("k: aé + bcd * x", "bcd"), "bcd");
        assert_eq!(found("k: aé +\n  bcd *\n  x", "* x"), "*\n  x");
        assert_eq!(found("k: 'it''s + ''bcd'''", "bcd"), "bcd");
        assert_eq!(found("k: 'it''s'", "'s"), "''s");
        assert_eq!(found("k: 'a\n\n   b + c'", "b + c"), "b + c");
        assert_eq!(found(r#"k: "a == \"é\" && \u00e9bc""#, "ébc"), "\\u00e9bc");
        assert_eq!(found(r#"k: "a == \"é\" && bc""#, "\"é\""), "\\\"é\\\"");
        assert_eq!(found("k: \"a +\\\n   bcd + x\"", "bcd"), "bcd");
        assert_eq!(found("k: \"a +\n   bcd + x\"", "bcd"), "bcd");
        assert_eq!(found(r#"{"k": "\ud83c\udfb5 + bcd"}"#, "bcd"), "bcd");
        assert_eq!(found(r#"{"k": "\ud83c\udfb5 + bcd"}"#, "🎵"), "\\ud83c\\udfb5");
        assert_eq!(found("k: |\n  a +\n    bcd\n  + x\n", "bcd"), "bcd");
        assert_eq!(found("k: |\r\n  a +\r\n  bcd\r\n", "bcd"), "bcd");
        assert_eq!(found("k: |\n  \"a\" == bcd\n", "bcd"), "bcd");
        assert_eq!(found("k: |\n  'a' == bcd\n", "bcd"), "bcd");
        assert_eq!(found("k: >-\n  a +\n  bcd\n\n  + x\n", "bcd"), "bcd");
        assert_eq!(found("k: |+\n  a\n\n\n", "\n\n"), "\n\n");
        assert_eq!(found("k: \"\\x41bcd\\tq\"", "q"), "q");
    }

    #[test]
    fn places_outside_and_texts_that_differ_stay_inside() {
        assert_eq!(locate("abc", "abc", &(3..3)), 3..3);
        assert_eq!(locate("abc", "abc", &(9..12)), 3..3);
        assert_eq!(locate("'abc'", "abc", &(3..9)), 4..4);
        assert_eq!(locate("", "", &(0..5)), 0..0);
        assert_eq!(locate("xyz", "abc", &(0..1)), 0..3);
        assert_eq!(locate("\"", "abc", &(0..1)), 0..1);
        assert_eq!(locate("é", "é", &(1..2)), 0..2, "inside a character");
    }
}
