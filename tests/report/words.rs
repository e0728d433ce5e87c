//! Every fact of the report is said, by the page and by the terminal, in the same digits; and JSON has them all.

use crate::fixture;
use crate::markup::text;
use ripplemark::report::terminal::{self, Layout};
use ripplemark::report::{Report, Shown, duties, headline, json, page};
use ripplemark::show::{harmless, width};
use scraper::Html;
use std::path::Path;

/// Texts that must be found, whatever the layout.
fn facts(report: &Report) -> Vec<String> {
    let mut facts = vec![report.book.clone(), report.asked.period.clone(), report.asked.as_of.clone()];
    let mut number = |shown: &Shown| {
        facts.push(shown.text.clone());
        facts.push(shown.reason.replace('_', " ").replace('|', ", "));
    };
    for metric in report.rings.iter().flat_map(|ring| &ring.metrics) {
        number(&metric.value);
        if !report.asked.prior.is_empty() {
            number(&metric.change);
        }
    }
    for one in &report.explanations {
        [&one.before, &one.after, &one.change].into_iter().for_each(&mut number);
        one.drivers.iter().for_each(|driver| number(&driver.contribution));
        one.by_owner.iter().chain(&one.by_ring).for_each(|(_, part)| number(part));
    }
    for target in &report.targets {
        [&target.actual, &target.expected, &target.goal, &target.gap].into_iter().for_each(&mut number);
    }
    report.journey.iter().for_each(|handoff| number(&handoff.leak_value));
    for metric in report.rings.iter().flat_map(|ring| &ring.metrics) {
        facts.extend([metric.label.clone(), metric.status.clone(), metric.target.clone()]);
        facts.extend(metric.owners.iter().chain(&metric.flags).map(|text| text.replace('_', " ")));
    }
    for handoff in &report.journey {
        facts.extend([
            handoff.from.clone(),
            handoff.to.clone(),
            handoff.from_owner.clone(),
            handoff.to_owner.clone(),
        ]);
        facts.extend(handoff.rejected.iter().map(|(reason, _)| reason.clone()));
    }
    for finding in &report.findings {
        facts.extend([finding.message.clone(), finding.scope.clone(), finding.rule.clone()]);
        facts.extend(finding.owners.iter().chain(&finding.watchers).cloned());
    }
    facts.extend(report.explanations.iter().flat_map(|one| one.notes.iter().cloned()));
    facts.extend(report.data_notes.iter().chain(&report.omitted).cloned());
    facts.retain(|fact| !fact.is_empty());
    facts.iter().map(|fact| harmless(fact)).collect()
}

#[test]
fn nothing_is_left_unsaid() {
    let report = fixture::funnel();
    let html = Html::parse_document(&page::render(&report));
    let page = text(&html.root_element());
    let screen = terminal::render(&report, Layout { width: 1000, colour: false });
    for fact in facts(&report) {
        assert!(page.contains(&fact), "page: {fact}");
        assert!(screen.contains(&fact), "terminal: {fact}");
    }
    // The page is also the place to look words up, and its hashes are whole.
    for metric in report.rings.iter().flat_map(|ring| &ring.metrics) {
        assert!(page.contains(&metric.description) && page.contains(&metric.formula), "{}", metric.name);
    }
    for (_, hash) in &report.receipts {
        assert!(page.contains(hash), "{hash}");
    }
}

#[test]
fn the_headline_is_short_and_names_who_has_to_act() {
    let report = fixture::funnel();
    let said = headline(&report);
    assert_eq!(said.len(), 5);
    assert_eq!(
        said[0].text,
        "Bookings fell by 179,759 USD to 2,802,496 from 2017-07 to 2017-10; the largest part is Deals closed \
         (Sales Development), -88,927."
    );
    let duties = duties(&report);
    let owners: Vec<&str> = duties.iter().map(|duty| duty.owner.as_str()).collect();
    assert_eq!(owners, ["Sales Development", "Sales", "Cem Demir", "Eva Fuchs", "Marketing"]);
    assert_eq!((duties[0].critical, duties[0].warnings, duties[0].targets, duties[0].leaks), (1, 1, 1, 1));
    for (name, report) in fixture::all() {
        assert!((1..=5).contains(&headline(&report).len()), "{name}");
    }
}

#[test]
fn the_terminal_keeps_to_its_width() {
    for columns in [60, 80, 100, 160] {
        let text = terminal::render(&fixture::funnel(), Layout { width: columns, colour: false });
        let longest = text.lines().max_by_key(|line| width(line)).unwrap();
        // Numbers are never broken: narrow screens scroll tables of numbers.
        let most = columns.max(88);
        assert!(width(longest) <= most, "{columns}: {longest}");
    }
}

#[test]
fn the_terminal_is_not_steered_by_names() {
    let report = fixture::hostile();
    let plain = terminal::render(&report, Layout { width: 100, colour: false });
    assert_eq!(plain.chars().find(|c| *c != '\n' && c.is_control()), None);
    assert!(!plain.contains('\u{202e}'));
    // Colours add, and change nothing else.
    let mut coloured = terminal::render(&report, Layout { width: 100, colour: true });
    assert_ne!(plain, coloured);
    for sequence in ["\u{1b}[36m", "\u{1b}[33m", "\u{1b}[31m", "\u{1b}[0m"] {
        coloured = coloured.replace(sequence, "");
    }
    assert_eq!(plain, coloured);
}

#[test]
fn the_terminal_looks_as_it_did() {
    let cases = [
        ("funnel-100", terminal::render(&fixture::funnel(), Layout { width: 100, colour: false })),
        ("funnel-80", terminal::render(&fixture::funnel(), Layout { width: 80, colour: false })),
        ("missing-100", terminal::render(&fixture::missing(), Layout { width: 100, colour: false })),
        ("single-80", terminal::render(&fixture::single(), Layout { width: 80, colour: false })),
    ];
    for (name, text) in cases {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/seen").join(format!("{name}.txt"));
        if std::env::var_os("RIPPLEMARK_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let seen = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, seen, "{name}: look at it, then RIPPLEMARK_BLESS=1 cargo test --test report");
    }
}

#[test]
fn every_report_can_be_shown() {
    for (_, report) in fixture::all() {
        for width in [0, 20, 80, 500] {
            assert!(terminal::render(&report, Layout { width, colour: true }).ends_with('\n'));
        }
        assert!(page::render(&report).ends_with("</html>"));
        assert!(json(&report).unwrap().is_object());
    }
}

#[test]
fn json_has_every_field_by_its_name() {
    let report = fixture::funnel();
    let value = json(&report).unwrap();
    assert_eq!(value["book"], "acme-revenue");
    let driver = &value["explanations"][0]["drivers"][0];
    assert_eq!(driver["contribution"]["value"], -88_927.0);
    assert_eq!(driver["contribution"]["text"], "-88,927");
    assert_eq!(value["targets"][1]["scope"], "region = AMER");
    assert_eq!(value["rings"][0]["metrics"][1]["tone"], "warning");
    assert_eq!(value["rings"][0]["metrics"][6]["value"]["reason"], "zero_denominator");
    assert_eq!(value["journey"][0]["rejected"][0], serde_json::json!(["wrong country", 611]));
}
