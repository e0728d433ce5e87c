//! The report for the terminal: the same facts in the same order as on the page, in tables that fit a width.
//!
//! Shapes and words say what colours say, so that nothing is lost without them. All texts of books and data are made
//! harmless before they reach a line.

use super::facts::{Driver, Explanation, Finding, Handoff, Metric, Mix, Report, Ring, Shown, Target, Tone};
use super::headline::{duties, headline};
use super::words;
use crate::show::{fitted, grouped, harmless, if_fitting, shortened, unit_word, width};

/// How a report is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Columns that a line may take. Tables are wider where numbers would not fit otherwise.
    pub width: usize,
    /// Whether marks are coloured by the escape sequences that terminals know.
    pub colour: bool,
}

/// Columns of the picture beside a contribution, on each side of its zero.
const HALF: usize = 8;

/// Columns of the strip of a hand-off.
const STRIP: usize = 40;

/// The report as text; lines end in `\n`. Linear in the report.
///
/// ```
/// use ripplemark::report::{Report, terminal};
///
/// let report = Report { book: "acme".into(), ..Report::default() };
/// let text = terminal::render(&report, terminal::Layout { width: 80, colour: false });
/// assert!(text.starts_with("acme\n"));
/// ```
#[must_use]
pub fn render(report: &Report, layout: Layout) -> String {
    let mut out = Out { text: String::new(), width: layout.width.max(20) };
    out.top(report);
    report.rings.iter().filter(|ring| !ring.metrics.is_empty()).for_each(|ring| out.ring(ring, report));
    report.explanations.iter().for_each(|one| out.explanation(one, true));
    if !report.targets.is_empty() {
        out.targets(&report.targets);
    }
    if !report.journey.is_empty() {
        out.heading("Hand-offs");
        report.journey.iter().for_each(|handoff| out.handoff(handoff));
    }
    if !report.findings.is_empty() {
        out.findings(&report.findings);
    }
    out.notes(report);
    if layout.colour { coloured(&out.text) } else { out.text }
}

/// One explanation by itself, as [`render`] shows it.
#[must_use]
pub fn explanation(one: &Explanation, layout: Layout) -> String {
    let mut out = Out { text: String::new(), width: layout.width.max(20) };
    out.explanation(one, false);
    if layout.colour { coloured(&out.text) } else { out.text }
}

/// Mix and rate of a ratio.
#[must_use]
pub fn mix(one: &Mix, layout: Layout) -> String {
    let mut out = Out { text: String::new(), width: layout.width.max(20) };
    out.mix(one);
    if layout.colour { coloured(&out.text) } else { out.text }
}

struct Out {
    text: String,
    width: usize,
}

impl Out {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Text that wraps; its lines after the first stand under the text, not under its mark.
    fn wrapped(&mut self, first: &str, text: &str) {
        let indent = width(first);
        let room = self.width.saturating_sub(indent).max(16);
        let mut line = String::new();
        let mut lines = Vec::new();
        for word in harmless(text).split(' ') {
            if !line.is_empty() && width(&line) + 1 + width(word) > room {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
        for (at, line) in lines.iter().enumerate() {
            let start = if at == 0 { first.to_owned() } else { " ".repeat(indent) };
            self.line(&format!("{start}{line}"));
        }
    }

    fn heading(&mut self, title: &str) {
        self.text.push('\n');
        self.wrapped("── ", title);
        self.text.push('\n');
    }

    /// A table without its empty columns. Where it is too wide, columns of `spare` go first, one after the other, before
    /// anything is wrapped.
    fn table(&mut self, header: &[&str], rows: &[Vec<String>], numbers: &[&str], spare: &[&str]) {
        for dropped in 0..=spare.len() {
            let gone = spare.get(..dropped).unwrap_or_default();
            let is_kept: Vec<bool> = (header.iter().enumerate())
                .map(|(at, name)| {
                    !gone.contains(name)
                        && rows.iter().any(|row| row.get(at).is_some_and(|text| !text.is_empty()))
                })
                .collect();
            let kept = |row: &[String]| -> Vec<String> {
                row.iter().zip(&is_kept).filter(|(_, kept)| **kept).map(|(text, _)| text.clone()).collect()
            };
            let names: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
            let names = kept(&names);
            let right: Vec<usize> = (names.iter().enumerate())
                .filter(|(_, name)| numbers.contains(&name.as_str()))
                .map(|(at, _)| at)
                .collect();
            let rows: Vec<Vec<String>> = rows.iter().map(|row| kept(row)).collect();
            if let Some(text) = if_fitting(&names, &rows, &right, self.width) {
                self.text.push_str(&text);
                return;
            }
            if dropped == spare.len() {
                self.text.push_str(&fitted(&names, &rows, &right, self.width));
            }
        }
    }

    fn top(&mut self, report: &Report) {
        let version = if report.version.is_empty() { String::new() } else { format!(" {}", report.version) };
        let book = if report.book.is_empty() { "Report" } else { &report.book };
        self.line(&harmless(&format!("{book}{version}")));
        let asked = words::asked(&report.asked);
        if !asked.is_empty() {
            self.wrapped("", &asked.join(" · "));
        }
        self.text.push('\n');
        for sentence in headline(report) {
            self.wrapped(&format!("{} ", words::mark(sentence.tone)), &sentence.text);
        }
        let duties = duties(report);
        if !duties.is_empty() {
            self.text.push('\n');
            let rows: Vec<Vec<String>> = (duties.iter())
                .map(|duty| {
                    let parts: Vec<String> = duty
                        .parts()
                        .iter()
                        .map(|(tone, part)| format!("{} {part}", words::mark(*tone)))
                        .collect();
                    vec![harmless(words::label(&duty.owner, "nobody")), parts.join("  ")]
                })
                .collect();
            self.table(&["who has to act", "on what"], &rows, &[], &[]);
        }
    }

    fn ring(&mut self, ring: &Ring, report: &Report) {
        self.heading(words::ring(&ring.name));
        let has_prior = !report.asked.prior.is_empty();
        let mut header = vec!["metric", "value", "unit"];
        if has_prior {
            header.extend(["change", ""]);
        }
        header.extend(["status", "trend", "owner"]);
        let rows: Vec<Vec<String>> =
            ring.metrics.iter().map(|metric| metric_row(metric, has_prior)).collect();
        self.table(&header, &rows, &["value", "change"], &["trend"]);
    }

    /// `explain` says the formula once for all groups.
    fn explanation(&mut self, one: &Explanation, says_formula: bool) {
        let name = words::label(&one.label, &one.metric);
        let change = words::with_unit(&words::signed(&one.change), &one.unit);
        let scope = if one.scope.is_empty() { String::new() } else { format!(" ({})", one.scope) };
        self.heading(&format!("What moved {name}{scope}: {change}, {} → {}", one.from, one.to));
        if says_formula && !one.formula.is_empty() {
            self.wrapped("", &format!("{} = {}", one.metric, one.formula));
        }
        let most = largest(one.drivers.iter().map(|driver| &driver.contribution));
        let mut rows = vec![end_row(&one.from, &one.before)];
        rows.extend(one.drivers.iter().map(|driver| driver_row(driver, most)));
        rows.push(end_row(&one.to, &one.after));
        let header = ["driver", "contribution", "", "before", "after", "owner"];
        self.table(&header, &rows, &["contribution", "before", "after"], &["", "before", "after"]);
        self.parts("by owner", &one.by_owner, |name| name.to_owned());
        self.parts("by ring", &one.by_ring, |name| words::ring(name).to_owned());
        for note in &one.notes {
            self.wrapped("note: ", note);
        }
    }

    fn mix(&mut self, one: &Mix) {
        let change = words::signed(&one.change);
        self.heading(&format!(
            "Mix and rate of {} over {}: {change}, {} → {}",
            one.metric, one.dim, one.from, one.to
        ));
        let row = |name: &str, parts: [&Shown; 4]| {
            let mut row = vec![harmless(name)];
            row.extend(parts.map(|part| harmless(words::text(part))));
            row
        };
        let mut rows: Vec<Vec<String>> = (one.segments.iter())
            .map(|part| row(&part.segment, [&part.before, &part.after, &part.mix, &part.rate]))
            .collect();
        rows.push(row("(all)", [&one.before, &one.after, &one.mix, &one.rate]));
        let header = [one.dim.as_str(), "before", "after", "by mix", "by rate"];
        self.table(&header, &rows, &["before", "after", "by mix", "by rate"], &[]);
        for note in &one.notes {
            self.wrapped("note: ", note);
        }
    }

    fn parts(&mut self, title: &str, parts: &[(String, Shown)], name: impl Fn(&str) -> String) {
        if parts.is_empty() {
            return;
        }
        let most = largest(parts.iter().map(|(_, part)| part));
        let rows: Vec<Vec<String>> = (parts.iter())
            .map(|(who, part)| vec![harmless(&name(who)), harmless(&words::signed(part)), bar(part, most)])
            .collect();
        self.text.push('\n');
        self.table(&[title, "contribution", ""], &rows, &["contribution"], &[""]);
    }

    fn targets(&mut self, targets: &[Target]) {
        self.heading("Targets");
        let header =
            ["target", "status", "actual", "expected", "goal", "unit", "gap", "pace", "due", "owner"];
        let rows: Vec<Vec<String>> = targets.iter().map(target_row).collect();
        self.table(
            &header,
            &rows,
            &["actual", "expected", "goal", "gap", "pace"],
            &["pace", "due", "expected"],
        );
    }

    fn handoff(&mut self, handoff: &Handoff) {
        let count = |n: u64| grouped(&n.to_string());
        let place = words::place(&handoff.period, &handoff.scope);
        let place = if place.is_empty() { String::new() } else { format!(", {place}") };
        self.wrapped(
            &format!("{} ", words::mark(handoff.tone)),
            &format!(
                "{} ({}) → {} ({}){place}: {} entered",
                handoff.from,
                words::label(&handoff.from_owner, "nobody"),
                handoff.to,
                words::label(&handoff.to_owner, "nobody"),
                count(handoff.entered)
            ),
        );
        let late = handoff.late.min(handoff.accepted);
        let rejected = handoff.rejected.iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
        let strip = strip(&[
            ('█', handoff.accepted - late),
            ('▓', late),
            ('·', handoff.pending),
            ('▒', rejected),
            ('░', handoff.ignored),
        ]);
        if !strip.is_empty() {
            self.line(&format!("  {}", shortened(&strip, self.width.saturating_sub(2))));
        }
        let mut parts = vec![format!("█ {} accepted in time", count(handoff.accepted - late))];
        if late > 0 {
            parts.push(format!("▓ {} accepted late", count(late)));
        }
        if handoff.pending > 0 {
            parts.push(format!("· {} pending", count(handoff.pending)));
        }
        if rejected > 0 {
            let reasons: Vec<String> = (handoff.rejected.iter())
                .map(|(reason, n)| format!("{} {}", words::label(reason, "no reason"), count(*n)))
                .collect();
            parts.push(format!("▒ {} rejected ({})", count(rejected), reasons.join(", ")));
        }
        if handoff.ignored > 0 {
            parts.push(format!("░ {} ignored", count(handoff.ignored)));
        }
        self.wrapped("  ", &parts.join(", "));
        let mut service = Vec::new();
        if handoff.within.value.is_some() {
            let goal = if handoff.goal.value.is_some() {
                format!(" (goal {})", words::text(&handoff.goal))
            } else {
                String::new()
            };
            service.push(format!("{} within the service level{goal}", words::text(&handoff.within)));
        }
        if handoff.wait.value.is_some() {
            service.push(format!("mean wait {}", words::text(&handoff.wait)));
        }
        if handoff.leak > 0 {
            let worth = match handoff.leak_value.value {
                Some(_) => format!(
                    ", worth {}",
                    words::with_unit(words::text(&handoff.leak_value), &handoff.leak_unit)
                ),
                None => String::new(),
            };
            service.push(format!("leak {}{worth}", count(handoff.leak)));
        }
        if !service.is_empty() {
            self.wrapped("  ", &service.join("; "));
        }
    }

    fn findings(&mut self, findings: &[Finding]) {
        self.heading("Findings, by who has to act");
        for (at, (owner, own)) in super::headline::by_owner(findings).into_iter().enumerate() {
            if at > 0 {
                self.text.push('\n');
            }
            self.line(&harmless(words::label(owner, "Nobody")));
            for finding in own {
                let place = words::place(&finding.period, &finding.scope);
                let mut about = vec![place, format!("rule {}", finding.rule)];
                if !finding.watchers.is_empty() {
                    about.push(format!("also told: {}", finding.watchers.join(", ")));
                }
                about.retain(|part| !part.is_empty());
                let first = format!("  {} {}  ", words::mark(finding.tone), harmless(&finding.severity));
                self.wrapped(&first, &format!("{} ({})", finding.message, about.join("; ")));
            }
        }
    }

    fn notes(&mut self, report: &Report) {
        let lists =
            [("Not in this report", &report.omitted), ("What became of the data", &report.data_notes)];
        for (title, texts) in lists.into_iter().filter(|(_, texts)| !texts.is_empty()) {
            self.heading(title);
            texts.iter().for_each(|text| self.wrapped("", text));
        }
        if !report.receipts.is_empty() {
            let parts: Vec<String> = (report.receipts.iter())
                .map(|(what, hash)| format!("{what} {}", hash.get(..12).unwrap_or(hash)))
                .collect();
            self.text.push('\n');
            self.wrapped("receipt: ", &parts.join(", "));
        }
    }
}

fn metric_row(metric: &Metric, has_prior: bool) -> Vec<String> {
    let mut row = vec![
        harmless(words::label(&metric.label, &metric.name)),
        harmless(words::text(&metric.value)),
        harmless(&unit_word(&metric.unit)),
    ];
    if has_prior {
        row.push(harmless(&words::signed(&metric.change)));
        row.push(words::better(metric).unwrap_or_default().to_owned());
    }
    let mut status = words::status(metric).to_owned();
    if !status.is_empty() {
        status = format!("{} {status}", words::mark(metric.tone));
    }
    let extras = words::target_beside_status(metric).map(|target| format!("target {target}"));
    let reason = words::reason(&metric.value.reason);
    let flags = metric.flags.iter().map(|flag| words::reason(flag));
    let all: Vec<String> =
        [status, reason].into_iter().chain(extras).chain(flags).filter(|part| !part.is_empty()).collect();
    row.push(harmless(&all.join(", ")));
    row.push(sparkline(&metric.trend));
    row.push(harmless(&words::people(&metric.owners)));
    row
}

/// Eight heights of a letter for the latest values; a dot where there is none.
fn sparkline(trend: &[(String, Option<f64>)]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const LATEST: usize = 12;
    let latest = trend.get(trend.len().saturating_sub(LATEST)..).unwrap_or_default();
    let values = || latest.iter().filter_map(|(_, value)| *value).filter(|value| value.is_finite());
    // One value is no trend.
    if values().nth(1).is_none() {
        return String::new();
    }
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let span = high / 2.0 - low / 2.0;
    (latest.iter())
        .map(|(_, value)| match value.filter(|value| value.is_finite()) {
            // Casting cuts at both ends.
            Some(value) if span > 0.0 => {
                let step = ((value / 2.0 - low / 2.0) / span * 7.0).round() as usize;
                HEIGHTS.get(step).copied().unwrap_or('█')
            }
            Some(_) => '▄',
            None => '·',
        })
        .collect()
}

fn end_row(name: &str, value: &Shown) -> Vec<String> {
    let mut row = vec![harmless(name), harmless(words::text(value))];
    row.resize(6, String::new());
    row
}

fn driver_row(driver: &Driver, most: f64) -> Vec<String> {
    vec![
        harmless(words::label(&driver.label, &driver.metric)),
        harmless(&words::signed(&driver.contribution)),
        bar(&driver.contribution, most),
        harmless(words::text(&driver.before)),
        harmless(words::text(&driver.after)),
        harmless(&driver.owners.join(", ")),
    ]
}

fn target_row(target: &Target) -> Vec<String> {
    let is_part = !target.scope.is_empty();
    let name = if is_part {
        format!("└ {}", target.scope)
    } else {
        words::label(&target.label, &target.metric).to_owned()
    };
    let number = |shown: &Shown| match (shown.value, shown.reason.as_str()) {
        (None, reason) if !reason.is_empty() => harmless(&format!("– {}", words::reason(reason))),
        _ => harmless(words::text(shown)),
    };
    let status = if target.status.is_empty() {
        String::new()
    } else {
        format!("{} {}", words::mark(target.tone), target.status)
    };
    vec![
        harmless(&name),
        harmless(&status),
        number(&target.actual),
        number(&target.expected),
        number(&target.goal),
        harmless(&unit_word(&target.unit)),
        harmless(&words::signed(&target.gap)),
        harmless(words::text(&target.pace)),
        if is_part { String::new() } else { harmless(&target.due) },
        harmless(&words::people(&target.owners)),
    ]
}

fn largest<'s>(parts: impl Iterator<Item = &'s Shown>) -> f64 {
    parts.filter_map(|part| part.value).map(f64::abs).filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// A bar to the left of its zero or to the right of it.
fn bar(part: &Shown, most: f64) -> String {
    let value = part.value.filter(|value| value.is_finite()).unwrap_or(0.0);
    if most <= 0.0 {
        return String::new();
    }
    // In halves of a column; what is not nothing is seen.
    let halves = ((value.abs() / most * (2 * HALF) as f64).round() as usize)
        .min(2 * HALF)
        .max(usize::from(value != 0.0));
    let (whole, half) = (halves / 2, halves % 2 == 1);
    let full = "█".repeat(whole);
    if value < 0.0 {
        let bar = format!("{}{full}", if half { "▐" } else { "" });
        format!("{}{bar}│", " ".repeat(HALF.saturating_sub(width(&bar))))
    } else {
        format!("{}│{full}{}", " ".repeat(HALF), if half { "▌" } else { "" })
    }
}

/// The parts as one line of fixed length. Each part that is not 0 is seen.
fn strip(parts: &[(char, u64)]) -> String {
    let sum: u128 = parts.iter().map(|(_, n)| u128::from(*n)).sum();
    if sum == 0 {
        return String::new();
    }
    let mut text = String::new();
    let (mut so_far, mut drawn) = (0u128, 0usize);
    for (sign, n) in parts.iter().filter(|(_, n)| *n > 0) {
        so_far += u128::from(*n);
        // At most STRIP, as no part is larger than the sum.
        let end = usize::try_from(so_far.saturating_mul(STRIP as u128) / sum).unwrap_or(STRIP).max(drawn + 1);
        text.extend(std::iter::repeat_n(*sign, end - drawn));
        drawn = end;
    }
    text
}

/// Colours for the marks.
fn coloured(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        let tone =
            [Tone::Good, Tone::Warning, Tone::Bad].into_iter().find(|tone| words::mark(*tone).starts_with(c));
        let colour = match tone {
            Some(Tone::Good) => "36",
            Some(Tone::Warning) => "33",
            Some(Tone::Bad) => "31",
            Some(Tone::Neutral) | None => {
                out.push(c);
                continue;
            }
        };
        out.push_str(&format!("\u{1b}[{colour}m{c}\u{1b}[0m"));
    }
    out
}
