//! The words and marks that the terminal and the page have in common.

use super::facts::{Asked, Metric, Shown, Tone};
use crate::show::unit_word;

/// A mark whose shape says what its colour says.
pub(super) fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "●",
        Tone::Warning => "▲",
        Tone::Bad => "◆",
        Tone::Neutral => "○",
    }
}

/// The judgement where the book has no word for it.
pub(super) fn tone_word(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Warning => "look",
        Tone::Bad => "act",
        Tone::Neutral => "",
    }
}

/// The number, or an en dash.
pub(super) fn text(shown: &Shown) -> &str {
    if shown.text.is_empty() { "–" } else { &shown.text }
}

/// A change, with its sign also where it is positive.
pub(super) fn signed(shown: &Shown) -> String {
    let text = text(shown);
    let is_plain = text.starts_with(|c: char| c.is_ascii_digit());
    let plus = if is_plain && shown.value.is_some_and(|value| value > 0.0) { "+" } else { "" };
    format!("{plus}{text}")
}

/// The number and its unit, for sentences.
pub(super) fn with_unit(text: &str, unit: &str) -> String {
    let unit = unit_word(unit);
    if unit.is_empty() || text == "–" { text.to_owned() } else { format!("{text} {unit}") }
}

/// Reasons as words: `zero_denominator|empty`.
pub(super) fn reason(reason: &str) -> String {
    reason.replace('|', ", ").replace('_', " ")
}

/// The judgement of a metric in a word; empty where there is none.
pub(super) fn status(metric: &Metric) -> &str {
    if !metric.status.is_empty() {
        &metric.status
    } else if !metric.target.is_empty() {
        &metric.target
    } else {
        tone_word(metric.tone)
    }
}

/// What a target adds to the status: nothing where it is the status.
pub(super) fn target_beside_status(metric: &Metric) -> Option<&str> {
    (!metric.target.is_empty() && status(metric) != metric.target).then_some(metric.target.as_str())
}

/// Whether a change is good news, in a word; nothing without a change or a good direction.
pub(super) fn better(metric: &Metric) -> Option<&'static str> {
    let moved = metric.change.value.is_some_and(|value| value != 0.0);
    metric.better.filter(|_| moved).map(|better| if better { "better" } else { "worse" })
}

/// The ring's name for people.
pub(super) fn ring(name: &str) -> &str {
    match name {
        "behaviour" => "Behaviour",
        "conversion" => "Conversion",
        "revenue" => "Revenue",
        "" => "Without a ring",
        other => other,
    }
}

/// The label, or the name where there is no label.
pub(super) fn label<'t>(label: &'t str, name: &'t str) -> &'t str {
    if label.is_empty() { name } else { label }
}

/// Names in a row; a dash for nobody.
pub(super) fn people(names: &[String]) -> String {
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

/// `3 findings`, `1 finding`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    let number = crate::show::grouped(&n.to_string());
    format!("{number} {}", if n == 1 { one } else { many })
}

/// The question in one line: period, comparison, as of, filter.
pub(super) fn asked(asked: &Asked) -> Vec<String> {
    let mut parts = Vec::new();
    if !asked.period.is_empty() {
        let space = if asked.grain.is_empty() { "" } else { " " };
        let against =
            if asked.prior.is_empty() { String::new() } else { format!(" against {}", asked.prior) };
        parts.push(format!("{}{space}{}{against}", asked.grain, asked.period));
    }
    if !asked.as_of.is_empty() {
        parts.push(format!("as of {}", asked.as_of));
    }
    if !asked.filter.is_empty() {
        parts.push(format!("only {}", asked.filter));
    }
    parts
}

/// Where a finding or a hand-off applies: period and dimension values.
pub(super) fn place(period: &str, scope: &str) -> String {
    [scope, period].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_units_and_reasons() {
        let shown =
            |value: f64, text: &str| Shown { value: Some(value), text: text.into(), reason: String::new() };
        assert_eq!(signed(&shown(3.0, "3.0")), "+3.0");
        assert_eq!(signed(&shown(-3.0, "-3.0")), "-3.0");
        assert_eq!(signed(&shown(0.0, "0.0")), "0.0");
        assert_eq!(signed(&shown(3.0, "+3.0")), "+3.0");
        assert_eq!(signed(&Shown::default()), "–");
        assert_eq!(with_unit("5", "money[USD] / win"), "5 USD / win");
        assert_eq!(with_unit("5.0 %", "share"), "5.0 %");
        assert_eq!(reason("zero_denominator|empty"), "zero denominator, empty");
    }
}
