//! Hand-offs: what became of everything that was handed over, and what its loss is worth.

use super::super::facts::{Handoff, Report};
use super::super::words;
use super::parts::{class, percent};
use crate::show::{grouped, unit_word};
use maud::{Markup, html};

pub(super) fn journey(report: &Report) -> Option<Markup> {
    (!report.journey.is_empty()).then(|| {
        html! { ol.journey { @for handoff in &report.journey { (one(handoff)) } } }
    })
}

/// A part of what entered: its class in the style sheet, its name, how many.
struct Part {
    class: &'static str,
    name: String,
    n: u64,
}

/// The parts of what entered, in the order of the strip. They add up to it.
fn parts(handoff: &Handoff) -> Vec<Part> {
    let part = |class, name: &str, n| Part { class, name: name.to_owned(), n };
    let late = handoff.late.min(handoff.accepted);
    let mut parts = vec![
        part("good", "accepted in time", handoff.accepted - late),
        part("warning", "accepted late", late),
        part("pending", "pending", handoff.pending),
    ];
    for (reason, n) in &handoff.rejected {
        // Paler from reason to reason, so that neighbours can be told apart.
        let class =
            ["neutral", "neutral p1", "neutral p2"].get(parts.len() % 3).copied().unwrap_or("neutral");
        parts.push(Part { class, name: format!("rejected: {}", words::label(reason, "no reason")), n: *n });
    }
    parts.push(part("bad", "ignored", handoff.ignored));
    parts
}

fn one(handoff: &Handoff) -> Markup {
    let parts = parts(handoff);
    let place = words::place(&handoff.period, &handoff.scope);
    html! {
        li {
            h3 {
                bdi { (handoff.from) } " " span.u { bdi { (handoff.from_owner) } } " → "
                bdi { (handoff.to) } " " span.u { bdi { (handoff.to_owner) } }
            }
            p.q {
                (grouped(&handoff.entered.to_string())) " entered"
                @if !place.is_empty() { " (" bdi { (place) } ")" }
                @if handoff.within.value.is_some() {
                    "; " (words::text(&handoff.within)) " within the service level"
                    @if handoff.goal.value.is_some() { ", goal " (words::text(&handoff.goal)) }
                }
                @if handoff.wait.value.is_some() { "; mean wait " (words::text(&handoff.wait)) }
            }
            div.flow {
                div {
                    (strip(handoff, &parts))
                    ul.key { @for part in parts.iter().filter(|part| part.n > 0) {
                        li { span class={ "sw " (part.class) } aria-hidden="true" {} bdi { (part.name) } " " b { (grouped(&part.n.to_string())) } }
                    } }
                }
                (leak(handoff))
            }
        }
    }
}

fn strip(handoff: &Handoff, parts: &[Part]) -> Markup {
    let sum = parts.iter().fold(0u64, |sum, part| sum.saturating_add(part.n)).max(handoff.entered);
    let title = format!("What became of {} to {}", handoff.from, handoff.to);
    let mut from = 0.0;
    let mut pieces = Vec::new();
    for part in parts.iter().filter(|part| part.n > 0) {
        let length = part.n as f64 / sum as f64 * 100.0;
        pieces.push((part, from, length));
        from += length;
    }
    html! {
        svg.strip role="img" {
            title { (title) }
            @for (part, from, length) in pieces {
                rect class=(part.class) x=(percent(from)) width=(percent(length)) height="100%" {
                    title { (part.name) " " (grouped(&part.n.to_string())) }
                }
            }
        }
    }
}

fn leak(handoff: &Handoff) -> Markup {
    if handoff.leak == 0 {
        return html! { p.leak.good { b { "No leak" } } };
    }
    let (count, worth) = (grouped(&handoff.leak.to_string()), &handoff.leak_value);
    html! {
        p class={ "leak " (class(handoff.tone)) } {
            span.u { "Leak" }
            @if worth.value.is_some() {
                b { (words::text(worth)) } span.u { (unit_word(&handoff.leak_unit)) }
            } @else { b { (count) } }
            span.q { (count) " ignored or late" }
        }
    }
}
