//! What moved a metric: a waterfall from before to after with the drivers between, and the same by owner and ring.
//!
//! The waterfall is a table with one picture in each row, so that forty drivers with long names fit as well as three.

use super::super::facts::{Driver, Explanation, Report, Shown};
use super::super::words;
use super::parts::{Places, percent, scrolling};
use crate::show::unit_word;
use maud::{Markup, html};

/// Width of a picture, in hundredths of the room that the screen gives it.
const WIDTH: f64 = 100.0;

pub(super) fn moved(report: &Report, places: &Places<'_>) -> Option<Markup> {
    (!report.explanations.is_empty()).then(|| {
        html! { @for one in &report.explanations { (explanation(one, places)) } }
    })
}

fn explanation(one: &Explanation, places: &Places<'_>) -> Markup {
    let name = words::label(&one.label, &one.metric);
    let unit = unit_word(&one.unit);
    let scope = if one.scope.is_empty() { String::new() } else { format!(", {}", one.scope) };
    let title = format!("{name}{scope}, {} to {}", one.from, one.to);
    html! {
        article.fall {
            h3 { (places.link(&one.metric, &one.label)) " " span.big.n { (words::signed(&one.change)) } " " span.u { (unit) } }
            p.q {
                @if !one.scope.is_empty() { bdi { (one.scope) } ", " }
                bdi { (one.from) } " → " bdi { (one.to) }
                @if !one.formula.is_empty() { " · " code { bdi { (one.formula) } } }
            }
            (scrolling(&title, &waterfall(one, places)))
            @if one.by_owner.len() + one.by_ring.len() > 0 {
                div.pair {
                    (parts("By owner", &one.by_owner, |name| name.to_owned()))
                    (parts("By ring", &one.by_ring, |name| words::ring(name).to_owned()))
                }
            }
            @for note in &one.notes { p.note { bdi { (note) } } }
        }
    }
}

fn waterfall(one: &Explanation, places: &Places<'_>) -> Markup {
    let scale = Scale::of(one);
    let (mut bars, mut level) = (Vec::new(), 0.0);
    if let Some(scale) = &scale {
        level = scale.share(one.before.value.unwrap_or(0.0));
        for driver in &one.drivers {
            let step = scale.share(driver.contribution.value.unwrap_or(0.0));
            bars.push((level, level + step));
            level += step;
        }
    }
    html! {
        table.moves {
            thead { tr {
                th scope="col" { "Driver" }
                th.n scope="col" { "Contribution" }
                @if scale.is_some() { th.w scope="col" { span.sr { "Waterfall" } } }
                th.n scope="col" { "Before" }
                th.n scope="col" { "After" }
                th scope="col" { "Owner" }
            } }
            tbody {
                tr.end {
                    th scope="row" { (one.from) }
                    td.n { (words::text(&one.before)) }
                    @if let Some(scale) = &scale { td.w { (scale.whole(one.before.value, 0.0)) } }
                    td colspan="3" {}
                }
                @for (at, driver) in one.drivers.iter().enumerate() {
                    tr {
                        th scope="row" { (driver_name(driver, places)) }
                        td.n.v { (words::signed(&driver.contribution)) }
                        @if let Some(scale) = &scale {
                            td.w { @if let Some((from, to)) = bars.get(at) { (scale.step(*from, *to)) } }
                        }
                        td.n { (words::text(&driver.before)) }
                        td.n { (words::text(&driver.after)) }
                        td.o { (driver.owners.join(", ")) }
                    }
                }
                tr.end {
                    th scope="row" { (one.to) }
                    td.n { (words::text(&one.after)) }
                    @if let Some(scale) = &scale { td.w { (scale.whole(one.after.value, level)) } }
                    td colspan="3" {}
                }
            }
        }
        @if scale.as_ref().is_some_and(|scale| scale.is_cut) {
            p.q { "The first and the last bar are cut: the picture does not begin at 0." }
        }
    }
}

fn driver_name(driver: &Driver, places: &Places<'_>) -> Markup {
    if driver.metric == "unexplained" && places.metric("unexplained").is_none() {
        return html! { i { (words::label(&driver.label, "unexplained")) } };
    }
    places.link(&driver.metric, &driver.label)
}

/// Bars to both sides of zero.
fn parts(title: &str, parts: &[(String, Shown)], name: impl Fn(&str) -> String) -> Markup {
    let most = parts
        .iter()
        .filter_map(|(_, part)| part.value)
        .map(f64::abs)
        .filter(|v| v.is_finite())
        .fold(0.0, f64::max);
    html! {
        @if !parts.is_empty() {
            table.parts {
                caption { (title) }
                tbody { @for (who, part) in parts {
                    tr {
                        th scope="row" { (name(who)) }
                        td.n.v { (words::signed(part)) }
                        td.w { (two_sided(part.value.unwrap_or(0.0), most)) }
                    }
                } }
            }
        }
    }
}

fn two_sided(value: f64, most: f64) -> Markup {
    let half = WIDTH / 2.0;
    let length = if most > 0.0 && value.is_finite() { (value / most).abs() * half } else { 0.0 };
    let x = if value < 0.0 { half - length } else { half };
    picture(&html! {
        (axis(half, "0", "100%"))
        (bar(x, length, if value >= 0.0 { "up" } else { "down" }))
    })
}

/// From values to places in the picture. Everything is divided by the largest value first, so that no sum overflows.
struct Scale {
    unit: f64,
    low: f64,
    span: f64,
    is_cut: bool,
}

impl Scale {
    /// `None` where there is nothing to draw.
    fn of(one: &Explanation) -> Option<Scale> {
        let (before, after) = (one.before.value?, one.after.value?);
        let steps = || one.drivers.iter().filter_map(|driver| driver.contribution.value);
        let unit = steps().chain([before, after]).map(f64::abs).filter(|v| v.is_finite()).fold(0.0, f64::max);
        if unit <= 0.0 {
            return None;
        }
        let mut level = before / unit;
        let (mut low, mut high) = (level.min(after / unit), level.max(after / unit));
        for step in steps() {
            level += step / unit;
            (low, high) = (low.min(level), high.max(level));
        }
        let moved = high - low;
        // Small steps on large values would be invisible beside bars from 0.
        let is_cut = moved > 0.0 && (low > 2.0 * moved || high < -2.0 * moved);
        if is_cut {
            (low, high) = (low - 0.4 * moved, high + 0.4 * moved);
        } else {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        let span = high - low;
        (span > 0.0 && span.is_finite()).then_some(Scale { unit, low, span, is_cut })
    }

    fn share(&self, value: f64) -> f64 {
        value / self.unit
    }

    fn x(&self, share: f64) -> f64 {
        ((share - self.low) / self.span * WIDTH).clamp(0.0, WIDTH)
    }

    /// A bar from zero, or from the edge where the picture is cut.
    fn whole(&self, value: Option<f64>, otherwise: f64) -> Markup {
        let to = self.x(value.map_or(otherwise, |value| self.share(value)));
        let zero = self.x(0.0);
        let (from, length) = (zero.min(to), (to - zero).abs());
        picture(&html! {
            (bar(from, length, "whole"))
            @if self.is_cut {
                @let near = if zero > 0.0 { WIDTH - 4.0 } else { 3.0 };
                line.cut x1=(percent(near)) y1="100%" x2=(percent(near + 1.0)) y2="0" {}
            }
        })
    }

    /// A floating bar from one level to the next.
    fn step(&self, from: f64, to: f64) -> Markup {
        let (a, b) = (self.x(from), self.x(to));
        picture(&html! {
            (axis(a, "0", "50%"))
            (axis(b, "50%", "100%"))
            (bar(a.min(b), (a - b).abs(), if to >= from { "up" } else { "down" }))
        })
    }
}

fn bar(from: f64, length: f64, class: &str) -> Markup {
    html! { rect class=(class) x=(percent(from)) y="12%" width=(percent(length)) height="76%" {} }
}

fn axis(x: f64, from: &str, to: &str) -> Markup {
    html! { line x1=(percent(x)) x2=(percent(x)) y1=(from) y2=(to) {} }
}

/// Numbers stand beside the picture, so readers of the screen need not hear of it.
fn picture(inner: &Markup) -> Markup {
    html! { svg.bar aria-hidden="true" { (inner) } }
}
