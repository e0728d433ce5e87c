//! What all sections share: marks, numbers, places of metrics, lengths.

use super::super::facts::{Metric, Report, Shown, Tone};
use super::super::words;
use crate::show::unit_word;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Where a metric's row is, by its name.
pub(super) struct Places<'r> {
    by_name: BTreeMap<&'r str, (usize, &'r Metric)>,
}

impl<'r> Places<'r> {
    pub(super) fn new(report: &'r Report) -> Places<'r> {
        let mut by_name = BTreeMap::new();
        for (at, metric) in report.rings.iter().flat_map(|ring| &ring.metrics).enumerate() {
            by_name.entry(metric.name.as_str()).or_insert((at, metric));
        }
        Places { by_name }
    }

    pub(super) fn metric(&self, name: &str) -> Option<&'r Metric> {
        self.by_name.get(name).map(|(_, metric)| *metric)
    }

    /// The metric's label with a link to its row, where it has one.
    pub(super) fn link(&self, name: &str, label: &str) -> Markup {
        let text = words::label(label, name);
        match self.by_name.get(name) {
            Some((at, metric)) => {
                let text = if label.is_empty() { words::label(&metric.label, name) } else { text };
                html! { a href={ "#m" (at) } { bdi { (text) } } }
            }
            None => html! { bdi { (text) } },
        }
    }
}

/// The class of a tone, for colours.
pub(super) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "neutral",
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Bad => "bad",
    }
}

/// A shape and a word. Both have the colour; the shape comes from the style sheet, so that nobody has to hear it.
pub(super) fn status(tone: Tone, word: &str) -> Markup {
    html! { span class={ "st " (class(tone)) } { (word) } }
}

/// A number with its unit, or why there is none.
pub(super) fn number(shown: &Shown, unit: &str) -> Markup {
    let unit = unit_word(unit);
    html! {
        @if shown.value.is_none() && !shown.reason.is_empty() {
            (words::text(shown)) br; span.q { (words::reason(&shown.reason)) }
        } @else {
            (words::text(shown))
            @if !unit.is_empty() && shown.value.is_some() { " " span.u { (unit) } }
        }
    }
}

/// A length in a picture, with as many digits as one can see.
pub(super) fn px(length: f64) -> String {
    if !length.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{length:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// A length in hundredths of the picture's width, which the screen decides.
pub(super) fn percent(length: f64) -> String {
    format!("{}%", px(length))
}

/// A table that scrolls by itself where the screen is narrow. Keyboards reach it, too.
pub(super) fn scrolling(name: &str, inner: &Markup) -> Markup {
    html! { div.scroll role="region" aria-label=(name) tabindex="0" { (inner) } }
}
