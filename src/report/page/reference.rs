//! What one looks up: what the words mean, what became of the data, what the numbers were made of.

use super::super::facts::{Metric, Report};
use super::super::words;
use crate::show::shortened;
use maud::{Markup, html};

/// Digits of a hash that are enough to see that two differ.
const SHORT: usize = 12;

pub(super) fn glossary(report: &Report) -> Option<Markup> {
    let n: usize = report.rings.iter().map(|ring| ring.metrics.len()).sum();
    (n > 0).then(|| {
        html! {
            details {
                summary { "What " (words::count(n, "metric means", "metrics mean")) }
                dl.glossary {
                    @for metric in report.rings.iter().flat_map(|ring| &ring.metrics) { (entry(metric)) }
                }
            }
        }
    })
}

fn entry(metric: &Metric) -> Markup {
    let unit = &metric.unit;
    html! {
        div {
            dt { bdi { (words::label(&metric.label, &metric.name)) } " " code { (metric.name) } }
            @if !metric.description.is_empty() { dd { bdi { (metric.description) } } }
            @if !metric.formula.is_empty() { dd { code.f { (metric.formula) } } }
            dd.q {
                bdi { (words::people(&metric.owners)) }
                @if !unit.is_empty() { " · " (unit) }
                @if !metric.meaning.is_empty() { " · meaning " code { (shortened(&metric.meaning, SHORT + 1)) } }
            }
        }
    }
}

pub(super) fn notes(report: &Report) -> Option<Markup> {
    let list = |title: &str, texts: &[String]| {
        html! { @if !texts.is_empty() { h3 { (title) } ul.plain { @for text in texts { li { bdi { (text) } } } } } }
    };
    let is_empty = report.data_notes.is_empty() && report.omitted.is_empty() && report.receipts.is_empty();
    (!is_empty).then(|| {
        html! {
            (list("Not in this report", &report.omitted))
            (list("What became of the data", &report.data_notes))
            @if !report.receipts.is_empty() {
                h3 { "Receipts" }
                p.q { "The same hashes mean the same numbers. Point at one to see the rest of it; it is copied whole." }
                dl.receipts { @for (what, value) in &report.receipts {
                    div { dt { bdi { (what) } } dd { (hash(value)) } }
                } }
            }
        }
    })
}

/// The beginning of a hash. The rest is seen on demand, and always copied.
fn hash(value: &str) -> Markup {
    match value.char_indices().nth(SHORT) {
        Some((at, _)) => {
            let (start, rest) = value.split_at(at);
            html! { code.h tabindex="0" { (start) span { (rest) } } }
        }
        None => html! { code.h { (value) } },
    }
}
