//! Targets: how much has been reached, how much should have been by now, and the goal.

use super::super::facts::{Report, Target};
use super::super::words;
use super::parts::{Places, class, number, percent, scrolling, status};
use maud::{Markup, html};

/// Width of a picture, in hundredths of the room that the screen gives it.
const WIDTH: f64 = 100.0;

pub(super) fn targets(report: &Report, places: &Places<'_>) -> Option<Markup> {
    if report.targets.is_empty() {
        return None;
    }
    let table = html! {
        table.goals {
            thead { tr {
                th scope="col" { "Target" }
                th scope="col" { "Status" }
                th.n scope="col" { "Gap" }
                th.w scope="col" { span.sr { "Actual, expected and goal" } }
                th.n scope="col" { "Actual" }
                th.n scope="col" { "Expected now" }
                th.n scope="col" { "Goal" }
                th.n scope="col" { "Pace" }
                th scope="col" { "Owner" }
            } }
            tbody { @for target in &report.targets { (row(target, places)) } }
        }
        p.key {
            span { svg.k viewBox="0 0 20 12" aria-hidden="true" { rect.track width="20" height="12" {} } " goal" }
            span { svg.k viewBox="0 0 20 12" aria-hidden="true" { rect.neutral y="3" width="20" height="6" {} } " actual" }
            span { svg.k viewBox="0 0 20 12" aria-hidden="true" { path.tick d="M10 0v12" {} } " expected by now" }
        }
    };
    Some(scrolling("Targets", &table))
}

fn row(target: &Target, places: &Places<'_>) -> Markup {
    let is_part = !target.scope.is_empty();
    html! {
        tr class=(if is_part { "part" } else { "all" }) {
            th scope="row" {
                @if is_part { (target.scope) } @else {
                    (places.link(&target.metric, &target.label))
                    @if !target.due.is_empty() { br; span.q { "by " bdi { (target.due) } } }
                }
            }
            td { @if !target.status.is_empty() { (status(target.tone, &target.status)) } }
            td.n.v { (words::signed(&target.gap)) }
            td.w { (bullet(target)) }
            td.n { (number(&target.actual, "")) }
            td.n { (number(&target.expected, "")) }
            td.n { (number(&target.goal, &target.unit)) }
            td.n { (words::text(&target.pace)) }
            td.o { (words::people(&target.owners)) }
        }
    }
}

/// A pale bar to the goal, a bar in it to what was reached, a mark where it should be by now.
fn bullet(target: &Target) -> Markup {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let (goal, actual, expected) =
        (finite(target.goal.value), finite(target.actual.value), finite(target.expected.value));
    let all = || [goal, actual, expected].into_iter().flatten();
    let unit = all().map(f64::abs).fold(0.0, f64::max);
    if unit <= 0.0 {
        return html! {};
    }
    let low = all().map(|value| value / unit).fold(0.0, f64::min);
    let high = all().map(|value| value / unit).fold(0.0, f64::max);
    let x = |value: f64| (value / unit - low) / (high - low) * (WIDTH - 1.0) + 0.5;
    let bar = |value: f64| (x(0.0).min(x(value)), (x(value) - x(0.0)).abs());
    html! {
        svg.bar aria-hidden="true" {
            @if let Some((from, length)) = goal.map(bar) { (rect("track", from, length, "12%", "76%")) }
            @if let Some((from, length)) = actual.map(bar) { (rect(class(target.tone), from, length, "34%", "32%")) }
            @if let Some(expected) = expected {
                line.tick x1=(percent(x(expected))) x2=(percent(x(expected))) y1="4%" y2="96%" {}
            }
        }
    }
}

fn rect(class: &str, from: f64, length: f64, y: &str, height: &str) -> Markup {
    html! { rect class=(class) x=(percent(from)) y=(y) width=(percent(length)) height=(height) {} }
}
