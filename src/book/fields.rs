//! Typed access to the untyped tree: keys that are known here, and values of the expected kind. What
//! does not fit is reported and read as absent.

use std::collections::BTreeSet;
use std::ops::Range;

use super::codes;
use super::node::{Form, Kind, Node, Scalar};
use super::problems::{Problems, Report, one_of, quoted};
use super::repair::Fix;

/// A mapping whose keys are fixed.
pub(crate) struct Fields<'n> {
    entries: Vec<(&'n str, &'n Node, &'n Node)>,
    /// Where to point when something is missing.
    pub(crate) span: Range<usize>,
}

impl<'n> Fields<'n> {
    /// Opens a mapping, reports keys outside `known`; `None` where it is no mapping.
    pub(crate) fn open(
        node: &'n Node,
        span: &Range<usize>,
        what: &str,
        known: &[&str],
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let mut entries = Vec::new();
        let mut claimed = BTreeSet::new();
        for (key, key_node, value) in pairs(node, span, what, problems)? {
            if known.contains(&key) {
                entries.push((key, key_node, value));
                continue;
            }
            let mut near = problems.near(key, known.iter().copied());
            if let Some(near) = &mut near {
                // A second key of that name would be another mistake.
                let is_there = node.peek(&near.name).is_some() || !claimed.insert(near.name.clone());
                near.sure &= !is_there;
            }
            let message = format!("{what} has no key {}", quoted(key));
            problems.add(
                Report::error(codes::UNKNOWN_KEY, &key_node.span, message)
                    .expected(one_of(known))
                    .meant(near),
            );
        }
        Some(Self { entries, span: span.clone() })
    }

    /// A value; a key with nothing behind it counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A value with the bytes of its key.
    pub(crate) fn entry(&self, key: &str) -> Option<(&'n Node, &'n Node)> {
        self.entries
            .iter()
            .find(|(known, _, value)| *known == key && !value.is_null())
            .map(|(_, key, value)| (*key, *value))
    }

    /// A value under either of two spellings of one key; both at once is an error.
    pub(crate) fn either(&self, key: &str, alias: &str, problems: &mut Problems<'_>) -> Option<&'n Node> {
        match (self.entry(key), self.entry(alias)) {
            (Some((_, value)), Some((second, _))) => {
                let message = format!("`{alias}` and `{key}` are two spellings of one key");
                problems.add(
                    Report::error(codes::CONFLICTING_KEYS, &second.span, message)
                        .hint(format!("keep `{key}`")),
                );
                Some(value)
            }
            (Some((_, value)), None) | (None, Some((_, value))) => Some(value),
            (None, None) => None,
        }
    }

    /// A value that must be there.
    pub(crate) fn need(&self, key: &str, what: &str, problems: &mut Problems<'_>) -> Option<&'n Node> {
        let value = self.get(key);
        if value.is_none() {
            let span = self.entries.iter().find(|(known, ..)| *known == key).map(|(_, node, _)| &node.span);
            let message = format!("{what} lacks `{key}`");
            problems.add(
                Report::error(codes::MISSING_KEY, span.unwrap_or(&self.span), message)
                    .hint(format!("add `{key}: …`")),
            );
        }
        value
    }

    /// Text for people; empty where absent.
    pub(crate) fn words(&self, key: &str, problems: &mut Problems<'_>) -> String {
        self.get(key).and_then(|node| text(node, key, problems)).unwrap_or_default().to_owned()
    }
}

/// The entries of a mapping with free keys, duplicates reported and left out. Nothing at all counts as
/// an empty mapping.
pub(crate) fn pairs<'n>(
    node: &'n Node,
    span: &Range<usize>,
    what: &str,
    problems: &mut Problems<'_>,
) -> Option<Vec<(&'n str, &'n Node, &'n Node)>> {
    let entries = match &node.kind {
        Kind::Map(entries) => entries,
        Kind::Null => return Some(vec![]),
        _ => {
            let at = if node.span.is_empty() { span } else { &node.span };
            let message = format!("{what} is {}", node.found());
            problems.add(Report::error(codes::WRONG_TYPE, at, message).expected("a mapping (`key: value`)"));
            return None;
        }
    };
    let mut seen = BTreeSet::new();
    let mut kept = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let Some(Scalar { text: name, .. }) = key.scalar() else {
            let message = format!("a key of {what} is {}", key.found());
            problems.add(Report::error(codes::WRONG_TYPE, &key.span, message).expected("text"));
            continue;
        };
        if seen.insert(name.as_str()) {
            kept.push((name.as_str(), key, value));
        } else {
            let message = format!("{} stands twice in {what}", quoted(name));
            problems
                .add(Report::error(codes::DUPLICATE_KEY, &key.span, message).hint("remove one of the two"));
        }
    }
    Some(kept)
}

/// Text. Numbers and truth values are taken as they are written, with a warning.
pub(crate) fn text<'n>(node: &'n Node, key: &str, problems: &mut Problems<'_>) -> Option<&'n str> {
    let Some(scalar) = node.scalar() else {
        let message = format!("{} is {}", subject(key), node.found());
        problems.add(Report::error(codes::WRONG_TYPE, &node.span, message).expected("text"));
        return None;
    };
    warn_if_ambiguous(scalar, &node.span, problems);
    Some(&scalar.text)
}

/// A key in back quotes, other words as they are.
fn subject(key: &str) -> String {
    if key.contains(' ') { key.to_owned() } else { format!("`{key}`") }
}

/// The text of a formula, a date or a number, all of which may look like any kind of scalar.
pub(crate) fn literal<'n>(
    node: &'n Node,
    key: &str,
    expected: &str,
    problems: &mut Problems<'_>,
) -> Option<&'n str> {
    if let Some(scalar) = node.scalar() {
        return Some(&scalar.text);
    }
    let message = format!("`{key}` is {}", node.found());
    problems.add(Report::error(codes::WRONG_TYPE, &node.span, message).expected(expected));
    None
}

/// A list, or one value that stands for a list of one.
pub(crate) fn list(node: &Node) -> &[Node] {
    match &node.kind {
        Kind::List(items) => items,
        Kind::Null => &[],
        _ => std::slice::from_ref(node),
    }
}

/// True or false.
pub(crate) fn truth(node: &Node, key: &str, problems: &mut Problems<'_>) -> Option<bool> {
    if let Some(Scalar { text, form: Form::Bool }) = node.scalar() {
        return Some(text.eq_ignore_ascii_case("true"));
    }
    let word = node.scalar().map(|scalar| scalar.text.to_ascii_lowercase()).unwrap_or_default();
    let means = match word.as_str() {
        "true" | "yes" | "on" | "y" => Some(Fix::Text("true".to_owned())),
        "false" | "no" | "off" | "n" => Some(Fix::Text("false".to_owned())),
        _ => None,
    };
    let message = format!("`{key}` is {}", node.found());
    problems
        .add(Report::error(codes::WRONG_TYPE, &node.span, message).expected("`true` or `false`").fix(means));
    None
}

/// A whole number in a range.
pub(crate) fn whole(
    node: &Node,
    key: &str,
    range: std::ops::RangeInclusive<u8>,
    problems: &mut Problems<'_>,
) -> Option<u8> {
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    let Some(Scalar { text, form: Form::Number }) = node.scalar() else {
        let message = format!("`{key}` is {}", node.found());
        let is_quoted = |scalar: &&Scalar| scalar.text.parse().is_ok_and(|number| range.contains(&number));
        let number = node.scalar().filter(is_quoted).map(|scalar| Fix::Text(scalar.text.clone()));
        problems.add(Report::error(codes::WRONG_TYPE, &node.span, message).expected(expected).fix(number));
        return None;
    };
    let number = text.parse().ok().filter(|number| range.contains(number));
    if number.is_none() {
        let message = format!("`{key}` is {}", quoted(text));
        problems.add(Report::error(codes::OUT_OF_RANGE, &node.span, message).expected(expected));
    }
    number
}

/// One of a few words.
pub(crate) fn choice<T: Copy>(
    node: &Node,
    key: &str,
    words: &[(&str, T)],
    problems: &mut Problems<'_>,
) -> Option<T> {
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let word = literal(node, key, &one_of(&names), problems)?;
    let found = words.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning);
    if found.is_none() {
        let near = problems.near(word, names.iter().copied());
        let message = format!("`{key}` cannot be {}", quoted(word));
        problems.add(
            Report::error(codes::UNKNOWN_WORD, &node.span, message).expected(one_of(&names)).meant(near),
        );
    }
    found
}

/// Warns of unquoted text that YAML 1.1 readers, and there are many, take for something else.
pub(crate) fn warn_if_ambiguous(scalar: &Scalar, span: &Range<usize>, problems: &mut Problems<'_>) {
    let taken_for = match scalar.form {
        Form::Quoted => return,
        Form::Number => "a number",
        Form::Bool => "true or false",
        Form::Plain => match taken_by_yaml_1_1(&scalar.text) {
            Some(taken_for) => taken_for,
            None => return,
        },
    };
    let message =
        format!("{} is read as text here, other YAML readers see {taken_for}", quoted(&scalar.text));
    problems.add(
        Report::warning(codes::AMBIGUOUS_SCALAR, span, message)
            .hint(format!("put it in quotes: {:?}", shortened(&scalar.text)))
            .fix(Fix::Text(format!("\"{}\"", scalar.text))),
    );
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

fn taken_by_yaml_1_1(text: &str) -> Option<&'static str> {
    const TRUTH: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];
    if text.len() <= 5 && TRUTH.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return Some("true or false");
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        if unsigned.contains(':') && unsigned.split(':').all(digits) {
            return Some("a number to the base 60");
        }
        if unsigned.contains('_') && unsigned.split(['_', '.']).all(|part| part.is_empty() || digits(part)) {
            return Some("a number");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_1_1_words_are_known() {
        for text in ["no", "NO", "y", "On", "12:30", "-1:30:00", "1_000", "1_0.5"] {
            assert!(taken_by_yaml_1_1(text).is_some(), "{text}");
        }
        for text in ["not", "sales", "12:", "a:b", "1.0.0", "_1", "10 000", "Norway", "12:3x", "", "ö"] {
            assert!(taken_by_yaml_1_1(text).is_none(), "{text}");
        }
    }
}
