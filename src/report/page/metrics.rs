//! The metrics, ring by ring: owner, value, change, status, trend.

use super::super::facts::{Metric, Report, Ring};
use super::super::words;
use super::parts::{number, px, scrolling, status};
use crate::show;
use maud::{Markup, html};

/// The picture of a trend, in the points of the style sheet.
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;

pub(super) fn metrics(report: &Report) -> Option<Markup> {
    if report.rings.iter().all(|ring| ring.metrics.is_empty()) {
        return None;
    }
    let mut first = 0;
    let mut tables = Vec::new();
    for ring in report.rings.iter().filter(|ring| !ring.metrics.is_empty()) {
        tables.push(table(ring, first, !report.asked.prior.is_empty()));
        first += ring.metrics.len();
    }
    Some(html! { @for table in tables { (table) } })
}

fn table(ring: &Ring, first: usize, has_prior: bool) -> Markup {
    let name = words::ring(&ring.name);
    let has_trend = ring.metrics.iter().any(|metric| metric.trend.iter().any(|(_, value)| value.is_some()));
    let inner = html! {
        table.metrics {
            caption { bdi { (name) } }
            thead { tr {
                th.c1 scope="col" { "Metric" }
                th.n.c3 scope="col" { "Value" }
                @if has_prior { th.n scope="col" { "Change" } th.b {} }
                th scope="col" { "Status" }
                th.c2 scope="col" { "Owner" }
                @if has_trend { th.c4 scope="col" { "Trend" } }
                th.n.c5 scope="col" { "Rows" }
            } }
            tbody {
                @for (at, metric) in ring.metrics.iter().enumerate() {
                    tr id={ "m" (first + at) } {
                        th scope="row" { (words::label(&metric.label, &metric.name)) }
                        td.n.v { (number(&metric.value, &metric.unit)) (flags(metric)) }
                        @if has_prior { td.n { (words::signed(&metric.change)) } td.b { (better(metric)) } }
                        td { (judgement(metric)) }
                        td.o { (words::people(&metric.owners)) }
                        @if has_trend { td.t { (sparkline(metric)) } }
                        td.n.q { (show::grouped(&metric.n.to_string())) }
                    }
                }
            }
        }
    };
    scrolling(name, &inner)
}

fn flags(metric: &Metric) -> Markup {
    html! { @for flag in &metric.flags { br; span.q { (words::reason(flag)) } } }
}

fn better(metric: &Metric) -> Markup {
    html! {
        @if let Some(word) = words::better(metric) {
            span class=(if word == "better" { "good" } else { "bad" }) { (word) }
        }
    }
}

fn judgement(metric: &Metric) -> Markup {
    let word = words::status(metric);
    html! {
        @if !word.is_empty() { (status(metric.tone, word)) }
        @if let Some(target) = words::target_beside_status(metric) { br; span.q { "target " (target) } }
    }
}

/// A line through the latest periods, with gaps where there is no value.
fn sparkline(metric: &Metric) -> Markup {
    let values: Vec<f64> =
        metric.trend.iter().filter_map(|(_, value)| *value).filter(|v| v.is_finite()).collect();
    let (Some((oldest, _)), Some((newest, _)), false) =
        (metric.trend.first(), metric.trend.last(), values.is_empty())
    else {
        return html! {};
    };
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let said = |value: f64| words::with_unit(&show::number(&metric.unit, (Some(value), None)), &metric.unit);
    let title = format!("{oldest} to {newest}: lowest {}, highest {}", said(low), said(high));
    let (path, end) = line(&metric.trend, low, high);
    html! {
        svg role="img" {
            title { (title) }
            path d=(path) {}
            @if let Some((x, y)) = end { circle cx=(px(x)) cy=(px(y)) r="2.5" {} }
        }
    }
}

/// The line's path, and where its last value is.
fn line(trend: &[(String, Option<f64>)], low: f64, high: f64) -> (String, Option<(f64, f64)>) {
    const EDGE: f64 = 4.0;
    let step = (WIDTH - 2.0 * EDGE) / trend.len().saturating_sub(1).max(1) as f64;
    // Halves, because the difference of two doubles may be none.
    let span = high / 2.0 - low / 2.0;
    let mut path = String::new();
    let mut end = None;
    let mut is_open = false;
    let mut since_move = 0;
    for (at, (_, value)) in trend.iter().enumerate() {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            close(&mut path, since_move);
            is_open = false;
            since_move = 0;
            continue;
        };
        let share = if span > 0.0 { (value / 2.0 - low / 2.0) / span } else { 0.5 };
        let (x, y) = (EDGE + step * at as f64, HEIGHT - EDGE - share * (HEIGHT - 2.0 * EDGE));
        path.push_str(&format!("{}{} {}", if is_open { "L" } else { "M" }, px(x), px(y)));
        is_open = true;
        since_move += 1;
        end = Some((x, y));
    }
    close(&mut path, since_move);
    (path, end)
}

/// A value without neighbours is a dot, not an invisible line.
fn close(path: &mut String, points: usize) {
    if points == 1 {
        path.push_str("h.1");
    }
}
