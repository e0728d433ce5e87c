//! Pictures say what the numbers say: lengths are in proportion, nothing overlaps, nothing is drawn at no place.

use crate::fixture;
use crate::markup::{all, text};
use ripplemark::report::{Report, page};
use scraper::{ElementRef, Html, Selector};

fn attribute(element: &ElementRef<'_>, name: &str) -> f64 {
    element.value().attr(name).unwrap().trim_end_matches('%').parse().unwrap()
}

fn within<'e>(element: &ElementRef<'e>, selector: &str) -> Vec<ElementRef<'e>> {
    element.select(&Selector::parse(selector).unwrap()).collect()
}

fn parsed(report: &Report) -> Html {
    Html::parse_document(&page::render(report))
}

#[test]
fn no_length_is_beyond_numbers() {
    for (name, report) in fixture::all() {
        let html = parsed(&report);
        for shape in all(&html, "svg, svg *") {
            for (attribute, value) in shape.value().attrs() {
                let is_text =
                    ["class", "id", "role", "href", "aria-hidden", "aria-labelledby"].contains(&attribute);
                assert!(
                    is_text || !(value.contains("NaN") || value.contains("inf")),
                    "{name}: {attribute}={value}"
                );
            }
        }
        for rect in all(&html, "svg rect[width]") {
            assert!(attribute(&rect, "width") >= 0.0, "{name}");
        }
    }
}

#[test]
fn cards_of_the_pond_lie_apart_and_inside() {
    for (name, report) in fixture::all() {
        let html = parsed(&report);
        let Some(pond) = all(&html, "svg.pond").into_iter().next() else { continue };
        let sizes: Vec<f64> =
            pond.value().attr("viewBox").unwrap().split(' ').map(|part| part.parse().unwrap()).collect();
        let cards: Vec<[f64; 4]> = (within(&pond, ".card").iter())
            .map(|card| {
                let place = card.value().attr("transform").unwrap();
                let (x, y) = place[10..place.len() - 1].split_once(' ').unwrap();
                let rect = within(card, "rect")[0];
                let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                [x, y, x + attribute(&rect, "width"), y + attribute(&rect, "height")]
            })
            .collect();
        assert!(!cards.is_empty(), "{name}");
        for (at, a) in cards.iter().enumerate() {
            assert!(a[0] >= 0.0 && a[1] >= 30.0 && a[2] <= sizes[2] && a[3] <= sizes[3], "{name}: {a:?}");
            for b in &cards[at + 1..] {
                assert!(a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1], "{name}: {a:?} {b:?}");
            }
        }
    }
}

#[test]
fn links_join_the_cards_they_name() {
    let report = fixture::funnel();
    let html = parsed(&report);
    let lines = all(&html, "svg.pond path.l");
    assert_eq!(lines.len(), report.links.len());
    let dashed = lines.iter().filter(|line| line.value().attr("class").unwrap().contains("belief")).count();
    assert_eq!(dashed, report.links.iter().filter(|link| link.kind == "belief").count());
    for (line, link) in lines.iter().zip(&report.links) {
        let path = line.value().attr("d").unwrap();
        let start: Vec<f64> =
            path[1..path.find('C').unwrap()].split(' ').map(|part| part.parse().unwrap()).collect();
        let at =
            report.rings.iter().flat_map(|ring| &ring.metrics).position(|m| m.name == link.from).unwrap();
        let card = all(&html, &format!("svg.pond a[href='#m{at}']"))[0];
        let place = card.value().attr("transform").unwrap();
        let (x, y) = place[10..place.len() - 1].split_once(' ').unwrap();
        let rect = within(&card, "rect")[0];
        assert!(
            (x.parse::<f64>().unwrap() + attribute(&rect, "width") - start[0]).abs() < 0.2,
            "{}",
            link.from
        );
        assert!((y.parse::<f64>().unwrap() + attribute(&rect, "height") / 2.0 - start[1]).abs() < 0.2);
    }
}

#[test]
fn the_waterfall_is_in_proportion_and_joined() {
    let report = fixture::funnel();
    let html = parsed(&report);
    for (table, one) in all(&html, "table.moves").iter().zip(&report.explanations) {
        let bars: Vec<(f64, f64, bool)> = (within(table, "tbody tr:not(.end) rect").iter())
            .map(|bar| {
                let (x, width) = (attribute(bar, "x"), attribute(bar, "width"));
                (x, x + width, bar.value().attr("class") == Some("up"))
            })
            .collect();
        assert_eq!(bars.len(), one.drivers.len());
        let parts: Vec<f64> = one.drivers.iter().map(|driver| driver.contribution.value.unwrap()).collect();
        let scale = (bars[0].1 - bars[0].0) / parts[0].abs();
        let mut level = None;
        for ((from, to, up), part) in bars.iter().zip(&parts) {
            assert!(((to - from) - part.abs() * scale).abs() < 0.2, "{part}");
            assert_eq!(*up, *part >= 0.0);
            let (start, end) = if *up { (*from, *to) } else { (*to, *from) };
            assert!((level.unwrap_or(start) - start).abs() < 0.2, "{part}");
            level = Some(end);
        }
        // The first bar ends where the first driver begins, the last one where the last driver ends.
        let ends = within(table, "tr.end rect");
        let end = |at: usize| attribute(&ends[at], "x") + attribute(&ends[at], "width");
        assert!((end(0) - if bars[0].2 { bars[0].0 } else { bars[0].1 }).abs() < 0.2);
        assert!((end(1) - level.unwrap()).abs() < 0.2);
    }
}

#[test]
fn what_is_printed_adds_up() {
    let report = fixture::funnel();
    let html = parsed(&report);
    let whole = |text: &str| text.trim().replace([',', '+'], "").parse::<i64>().unwrap();
    for (table, one) in all(&html, "table.moves").iter().zip(&report.explanations) {
        let column: Vec<i64> =
            within(table, "tbody tr td:nth-child(2)").iter().map(|cell| whole(&text(cell))).collect();
        let (first, rest) = column.split_first().unwrap();
        let (last, parts) = rest.split_last().unwrap();
        assert_eq!(first + parts.iter().sum::<i64>(), *last, "{}", one.label);
        assert_eq!(parts.len(), one.drivers.len());
    }
    for handoff in all(&html, ".journey > li") {
        let entered = text(&within(&handoff, "p.q")[0]);
        let entered = whole(entered.split(' ').next().unwrap());
        let parts: i64 = within(&handoff, ".key b").iter().map(|n| whole(&text(n))).sum();
        assert_eq!(parts, entered);
        let widths: f64 =
            within(&handoff, "svg.strip rect").iter().map(|rect| attribute(rect, "width")).sum();
        assert!((widths - 100.0).abs() < 0.5, "{widths}");
    }
}

#[test]
fn a_bullet_ends_at_its_value() {
    let report = fixture::funnel();
    let html = parsed(&report);
    let rows = all(&html, "table.goals tbody tr");
    assert_eq!(rows.len(), report.targets.len());
    for (row, target) in rows.iter().zip(&report.targets) {
        let bars = within(row, "svg rect");
        let ratio = attribute(&bars[1], "width") / attribute(&bars[0], "width");
        let expected = target.actual.value.unwrap() / target.goal.value.unwrap();
        assert!((ratio - expected).abs() < 0.005, "{}: {ratio} {expected}", target.label);
    }
}
