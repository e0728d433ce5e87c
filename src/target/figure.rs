//! Numbers of targets as they leave: rounded once, exact, and for the eye.

use super::course::Exact;
use crate::exact;
use crate::facet::Why;
use crate::show;
use num_rational::BigRational;
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A number that may be missing. Serialised as `{value, exact, shown, reason}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    number: Exact,
    shown: String,
}

/// How a number is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look<'u> {
    /// In a unit.
    In(&'u str),
    /// A difference of numbers in a unit: of shares in percentage points.
    Difference(&'u str),
    /// As a percentage.
    Share,
}

impl Figure {
    pub(crate) fn new(number: Exact, look: Look<'_>) -> Figure {
        let shown = shown(&number, look);
        Figure { number, shown }
    }

    /// The number, not rounded.
    ///
    /// # Errors
    /// Why there is none.
    pub fn number(&self) -> Result<&BigRational, &Why> {
        self.number.as_ref()
    }

    /// The number, correctly rounded; `None` where there is none, or beyond binary64.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.number.as_ref().ok().and_then(exact::to_f64)
    }

    /// The exact digits, or the exact fraction.
    #[must_use]
    pub fn exact(&self) -> Option<String> {
        self.number.as_ref().ok().map(exact::to_text)
    }

    /// For people; an en dash where there is no number.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Why there is no number, joined by "|"; empty where there is one.
    #[must_use]
    pub fn reason(&self) -> String {
        self.number.as_ref().err().map(Why::to_string).unwrap_or_default()
    }
}

/// A number for people.
pub(crate) fn shown(number: &Exact, look: Look<'_>) -> String {
    let Ok(number) = number else { return "–".to_owned() };
    let (value, text) = (exact::to_f64(number), exact::to_text(number));
    let of = |unit: &str| show::number(unit, (value, Some(&text)));
    match look {
        Look::In(unit) => of(unit),
        Look::Share => of("share"),
        Look::Difference("share") => match of("share") {
            percent if percent.ends_with(" %") => format!("{} points", percent.trim_end_matches(" %")),
            other => other,
        },
        Look::Difference(unit) => of(unit),
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Figure", 4)?;
        fields.serialize_field("value", &self.value())?;
        fields.serialize_field("exact", &self.exact())?;
        fields.serialize_field("shown", &self.shown)?;
        fields.serialize_field("reason", &self.reason())?;
        fields.end()
    }
}
