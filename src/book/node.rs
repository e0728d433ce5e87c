//! YAML or JSON text to a tree that knows where every value stands.
//!
//! The tree is untyped on purpose: a typed reader stops at its first surprise, this one lets the loader
//! report all of them. Numbers and truth values keep the text they were written with, since `1.10` as a
//! label is not 1.1.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, Location, Spanned};

use super::codes;
use super::problems::{Problems, Report};
use super::source::Source;

/// A book may have this many bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Lists and mappings may lie in each other this deep; a book needs six.
const MAX_DEPTH: usize = 16;

/// A value and the bytes it covers (a mapping in block style: only where it begins).
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// A scalar: its text (of a number: as written) and what YAML 1.2 takes it for.
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Quoted,
    Plain,
    Number,
    Bool,
}

impl Node {
    /// The value of a key, before anything is checked.
    pub(crate) fn peek(&self, key: &str) -> Option<&Node> {
        let Kind::Map(entries) = &self.kind else {
            return None;
        };
        entries.iter().find(|(k, _)| k.scalar().is_some_and(|s| s.text == key)).map(|(_, value)| value)
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// What the value is, for "found …".
    pub(crate) fn found(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
            Kind::Scalar(scalar) => match scalar.form {
                Form::Number => "a number",
                Form::Bool => "true or false",
                Form::Quoted | Form::Plain => "text",
            },
        }
    }
}

/// Reads one document. `None` after a problem was reported.
pub(crate) fn read(source: &Source<'_>, problems: &mut Problems<'_>) -> Option<Node> {
    if source.text.len() > MAX_BYTES {
        let message = format!("the book has {} bytes", source.text.len());
        problems.add(
            Report::error(codes::TOO_LARGE, &(0..0), message).expected(format!("at most {MAX_BYTES} bytes")),
        );
        return None;
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_documents: 1,
            max_merge_keys: 0,
            max_total_scalar_bytes: 2 * MAX_BYTES,
        },
        // The tree keeps both, so that every duplicate can be reported.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        emit_comments: false,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(source.text, options) {
        Ok(root) => Some(place(root, source)),
        Err(error) => {
            problems.add(explain(&error, source));
            None
        }
    }
}

fn explain(error: &Error, source: &Source<'_>) -> Report {
    let span = error.location().map_or(0..0, |at| span_of(&at, source));
    match error.without_snippet() {
        Error::Budget { breach: BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. }, .. } => {
            Report::error(codes::ANCHOR, &span, "anchors (`&`) and aliases (`*`) are not read in books")
                .hint("write the value out; a text that begins with `&` or `*` needs quotes")
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => too_deep(&span),
        Error::Budget { breach: BudgetBreach::Documents { .. }, .. } | Error::MultipleDocuments { .. } => {
            Report::error(codes::SEVERAL_DOCUMENTS, &span, "a second YAML document begins here")
                .expected("one document")
                .hint("remove the line `---`, or keep the second book in a file of its own")
        }
        Error::Budget { .. } => Report::error(codes::TOO_LARGE, &span, "the book has too many values"),
        other => {
            let text = other.to_string();
            let text = text.split(" at line ").next().unwrap_or("").trim().to_owned();
            if text.contains("recursion limit") || text.contains("nesting") {
                return too_deep(&span);
            }
            // The reader meets an alias without its anchor before the budget can name it.
            if text.contains("unknown anchor") {
                return Report::error(codes::ANCHOR, &span, "aliases (`*`) are not read in books")
                    .hint("write the value out; a text that begins with `*` needs quotes");
            }
            let report = Report::error(codes::YAML_SYNTAX, &span, format!("not YAML: {text}"));
            if text.contains("mapping values are not allowed") {
                return report.hint("text with `: ` in it needs quotes");
            }
            report
        }
    }
}

fn too_deep(span: &Range<usize>) -> Report {
    Report::error(codes::TOO_DEEP, span, "values are nested too deeply")
        .expected(format!("at most {MAX_DEPTH} levels"))
}

/// The bytes of a location; the reader does not give them for every error, but lines and columns.
fn span_of(at: &Location, source: &Source<'_>) -> Range<usize> {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    match (at.span().byte_offset(), at.span().byte_len()) {
        (Some(start), Some(len)) => {
            let start = source.boundary(number(start));
            start..source.boundary(start.saturating_add(number(len))).max(start)
        }
        _ => {
            let start = source.offset(number(at.line()), number(at.column()));
            let wide = source.text.get(start..).and_then(|rest| rest.chars().next());
            start..start + wide.map_or(0, char::len_utf8)
        }
    }
}

fn place(raw: Spanned<Raw>, source: &Source<'_>) -> Node {
    let span = span_of(&raw.referenced, source);
    let written = source.text.get(span.clone()).unwrap_or("");
    let bare = !written.starts_with(['"', '\'']);
    let scalar = |text: String, form| Kind::Scalar(Scalar { text, form });
    // A number or a truth value keeps its spelling, unless a tag made it out of quoted text.
    let spelt = |text: String| {
        if bare && !written.is_empty() { written.trim().to_owned() } else { text }
    };
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Text(text) => {
            let plain = bare && written == text;
            scalar(text, if plain { Form::Plain } else { Form::Quoted })
        }
        Raw::Number(text) => scalar(spelt(text), Form::Number),
        Raw::Bool(value) => scalar(spelt(value.to_string()), Form::Bool),
        Raw::List(items) => Kind::List(items.into_iter().map(|item| place(item, source)).collect()),
        Raw::Map(entries) => {
            let placed = |(key, value)| (place(key, source), place(value, source));
            Kind::Map(entries.into_iter().map(placed).collect())
        }
    };
    Node { span, kind }
}

/// What the reader hands over, before it is placed.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
