//! The pond: rings of ripples from the left, where the rock fell, to the right; metrics lie on them as small cards, and
//! links run between the cards.
//!
//! Whole circles were tried first. Names that stand around a circle meet each other from about eight metrics on, and
//! nobody reads a chain of causes clockwise. A part of each circle keeps the picture, gives every name a line of its
//! own, and turns links into lines from left to right that cross no text.

use super::super::facts::{Link, Metric, Report, Ring};
use super::super::words;
use super::parts::{class, px, scrolling};
use crate::show::{harmless, shortened, width};
use maud::{Markup, html};

/// Cards of a ring at most; the table below has all metrics.
const MOST: usize = 12;
const COLUMN: f64 = 322.0;
/// Width and height.
const CARD: (f64, f64) = (228.0, 42.0);
const STEP: f64 = 56.0;
const MARGIN: f64 = 26.0;
const TOP: f64 = 44.0;
/// How far the cards at the ends of a ring lie to the left of the one in its middle.
const SAG: f64 = 46.0;
/// Columns of text that fit into a card at the two sizes of letters.
const LABEL: usize = 26;
const VALUE: usize = 25;

struct Card<'r> {
    /// The metric's place among all of the report, which its row is called by.
    at: usize,
    metric: &'r Metric,
    column: usize,
    x: f64,
    y: f64,
}

struct Layout<'r> {
    rings: Vec<&'r Ring>,
    cards: Vec<Card<'r>>,
    width: f64,
    height: f64,
    /// Where the rock fell: far to the left, so that the circles are flat.
    centre: f64,
}

pub(super) fn pond(report: &Report) -> Option<Markup> {
    let layout = Layout::of(report);
    if layout.cards.is_empty() {
        return None;
    }
    let links: Vec<(&Link, &Card<'_>, &Card<'_>)> = (report.links.iter())
        .filter_map(|link| Some((link, layout.card(&link.from)?, layout.card(&link.to)?)))
        .collect();
    let drawn = layout.cards.len();
    let all: usize = report.rings.iter().map(|ring| ring.metrics.len()).sum();
    let picture = html! {
        svg.pond viewBox={ "0 0 " (px(layout.width)) " " (px(layout.height)) } role="group" aria-labelledby="pond-t pond-d" {
            title id="pond-t" { "Metrics and their links" }
            desc id="pond-d" { "Rings from behaviour on the left to revenue on the right. The links stand below in words." }
            (layout.water())
            @for (link, from, to) in &links { (line(link, from, to)) }
            @for card in &layout.cards { (draw(card)) }
        }
    };
    Some(html! {
        (scrolling("The pond", &picture))
        p.key {
            @for (tone, word) in [("good", "● good"), ("warning", "▲ look"), ("bad", "◆ act"), ("neutral", "○ not judged")] {
                span class=(tone) { (word) }
            }
            @if !links.is_empty() {
                span { svg.k viewBox="0 0 20 12" aria-hidden="true" { path.l d="M0 6h20" {} } " identity: exact arithmetic" }
                span { svg.k viewBox="0 0 20 12" aria-hidden="true" { path.l.belief d="M0 6h20" {} } " belief: declared, not computed" }
            }
        }
        @if drawn < all { p.q { (words::count(all - drawn, "more metric is", "more metrics are")) " in the tables below." } }
        (in_words(report))
    })
}

/// The same links as sentences.
fn in_words(report: &Report) -> Markup {
    let label = |name: &str| {
        let metric = super::super::headline::metric(report, name);
        metric.map_or_else(|| name.to_owned(), |metric| words::label(&metric.label, name).to_owned())
    };
    html! {
        @if !report.links.is_empty() {
            details {
                summary { (words::count(report.links.len(), "link", "links")) " in words" }
                ul.plain { @for link in &report.links {
                    li {
                        bdi { (label(&link.from)) } " → " bdi { (label(&link.to)) }
                        span.q { " " bdi { (link.kind) } }
                        @if !link.text.is_empty() { ": " bdi { (link.text) } }
                    }
                } }
            }
        }
    }
}

impl<'r> Layout<'r> {
    fn of(report: &'r Report) -> Layout<'r> {
        let mut first = 0;
        let mut columns: Vec<(&Ring, Vec<(usize, &Metric)>)> = Vec::new();
        for ring in &report.rings {
            if !ring.name.is_empty() && !ring.metrics.is_empty() {
                columns.push((ring, chosen(ring, first, &report.links)));
            }
            first += ring.metrics.len();
        }
        let most = columns.iter().map(|(_, metrics)| metrics.len()).max().unwrap_or(0);
        let reach = most.saturating_sub(1) as f64 * STEP / 2.0;
        let middle = TOP + reach + CARD.1 / 2.0;
        let radius = ((reach * reach + SAG * SAG) / (2.0 * SAG)).max(420.0);
        let apex = MARGIN + SAG + CARD.0 / 2.0;
        let centre = apex - radius;
        let mut cards = Vec::new();
        for (column, (_, metrics)) in columns.iter().enumerate() {
            let own = radius + COLUMN * column as f64;
            let above = metrics.len().saturating_sub(1) as f64 / 2.0;
            for (row, (at, metric)) in metrics.iter().enumerate() {
                let off = (row as f64 - above) * STEP;
                let x = centre + (own * own - off * off).max(0.0).sqrt();
                cards.push(Card { at: *at, metric, column, x, y: middle + off });
            }
        }
        Layout {
            width: apex + COLUMN * columns.len().saturating_sub(1) as f64 + CARD.0 / 2.0 + MARGIN + SAG,
            height: 2.0 * reach + CARD.1 + TOP + MARGIN,
            rings: columns.into_iter().map(|(ring, _)| ring).collect(),
            cards,
            centre,
        }
    }

    fn card(&self, name: &str) -> Option<&Card<'r>> {
        self.cards.iter().find(|card| card.metric.name == name)
    }

    fn apex(&self, column: usize) -> f64 {
        MARGIN + SAG + CARD.0 / 2.0 + COLUMN * column as f64
    }

    /// Circles of water, the outermost first, a wave under each ring, and the names of the rings.
    fn water(&self) -> Markup {
        let middle = TOP + (self.height - TOP - MARGIN) / 2.0;
        let rings = self.rings.len();
        html! {
            rect.w3 width=(px(self.width)) height=(px(self.height)) rx="6" {}
            @for column in (0..rings).rev() {
                @let edge = self.apex(column) + COLUMN / 2.0;
                @if column + 1 < rings {
                    (self.arc(edge, middle, if column == 0 { "w1" } else { "w2" }, true))
                }
            }
            @for column in 0..rings {
                @let apex = self.apex(column);
                (self.arc(apex - COLUMN * 0.27, middle, "wave w", false))
                (self.arc(apex, middle, "wave", false))
                (self.arc(apex + COLUMN * 0.27, middle, "wave w", false))
            }
            @for (column, ring) in self.rings.iter().enumerate() {
                text.ring x=(px(self.apex(column))) y="24" { (shortened(words::ring(&ring.name), 24)) }
            }
        }
    }

    /// The part of a circle that lies in the picture, from its top to its bottom.
    fn arc(&self, apex: f64, middle: f64, class: &str, is_filled: bool) -> Markup {
        let radius = apex - self.centre;
        let x = |y: f64| self.centre + (radius * radius - (y - middle).powi(2)).max(0.0).sqrt();
        let (top, bottom) = (x(0.0), x(self.height));
        let curve = format!("A{0} {0} 0 0 1 {1} {2}", px(radius), px(bottom), px(self.height));
        let path =
            if is_filled { format!("M0 0H{}{curve}H0z", px(top)) } else { format!("M{} 0{curve}", px(top)) };
        html! { path class=(class) d=(path) {} }
    }
}

/// The metrics of a ring that are drawn: if there are too many, those that are judged or linked.
fn chosen<'r>(ring: &'r Ring, first: usize, links: &[Link]) -> Vec<(usize, &'r Metric)> {
    let mut all: Vec<(usize, &Metric)> =
        ring.metrics.iter().enumerate().map(|(at, metric)| (first + at, metric)).collect();
    if all.len() > MOST {
        let linked = |name: &str| links.iter().any(|link| link.from == name || link.to == name);
        all.sort_by_key(|(_, metric)| std::cmp::Reverse((linked(&metric.name), class_weight(metric))));
        all.truncate(MOST);
        all.sort_by_key(|(at, _)| *at);
    }
    all
}

fn class_weight(metric: &Metric) -> u8 {
    match class(metric.tone) {
        "bad" => 3,
        "warning" => 2,
        "good" => 1,
        _ => 0,
    }
}

fn draw(card: &Card<'_>) -> Markup {
    let metric = card.metric;
    // Spelt out before it is cut, not after.
    let name = harmless(words::label(&metric.label, &metric.name));
    let value = harmless(&words::with_unit(words::text(&metric.value), &metric.unit));
    let owners = words::people(&metric.owners);
    let status = words::status(metric);
    let judged = if status.is_empty() { String::new() } else { format!(", {status}") };
    let title = format!("{name}: {value}{judged} ({owners})");
    let (x, y) = (card.x - CARD.0 / 2.0, card.y - CARD.1 / 2.0);
    // As much of the change as there is room for, whole or not at all.
    let change = words::signed(&metric.change);
    let has_room = metric.change.value.is_some() && width(&value) + width(&change) + 2 <= VALUE;
    html! {
        a href={ "#m" (card.at) } class={ "card " (class(metric.tone)) } transform={ "translate(" (px(x)) " " (px(y)) ")" } {
            title { (title) }
            rect width=(px(CARD.0)) height=(px(CARD.1)) rx="5" {}
            // A picture in the picture cuts what a wider font makes too long.
            svg width=(px(CARD.0 - 3.0)) height=(px(CARD.1)) {
                text.mk x="10" y="18" { (words::mark(metric.tone)) }
                text x="28" y="18" { (shortened(&name, LABEL)) }
                text.val x="28" y="34" {
                    (shortened(&value, VALUE))
                    @if has_room { tspan dx="8" { (change) } }
                }
            }
        }
    }
}

/// A line from card to card. Inside a ring, and backwards, it leaves and arrives on the right.
fn line(link: &Link, from: &Card<'_>, to: &Card<'_>) -> Markup {
    let half = CARD.0 / 2.0;
    let (x0, y0) = (from.x + half, from.y);
    let goes_on = to.column > from.column;
    let (x1, y1) = (if goes_on { to.x - half } else { to.x + half }, to.y);
    let (pull, head) = if goes_on { ((x1 - x0).max(40.0) * 0.5, -6.0) } else { (34.0, 6.0) };
    let (bend, end) = if goes_on { (x1 - pull, x1 - 5.0) } else { (x1.max(x0) + pull, x1 + 5.0) };
    let first = if goes_on { x0 + pull } else { x1.max(x0) + pull };
    let path = format!(
        "M{} {}C{} {} {} {} {} {}",
        px(x0),
        px(y0),
        px(first),
        px(y0),
        px(bend),
        px(y1),
        px(end),
        px(y1)
    );
    let tip = format!("M{} {}l{} -4v8z", px(x1), px(y1), px(head));
    let kind = if link.kind == "belief" { "l belief" } else { "l" };
    html! {
        g {
            title { (link.from) " → " (link.to) ", " (link.kind) @if !link.text.is_empty() { ": " (link.text) } }
            path class=(kind) d=(path) {}
            path.tip d=(tip) {}
        }
    }
}
