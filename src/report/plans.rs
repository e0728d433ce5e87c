//! What a report says of plans and of work: targets, hand-offs, findings, and the words that metrics have for themselves.
//!
//! Each is a question of its own to the same data. One that cannot be answered is listed with its reason.

use super::facts::{Finding, Handoff, Report, Shown, Target, Tone};
use crate::data::Dataset;
use crate::journey;
use crate::model::{Book, Instant, Query, Severity};
use crate::rule;
use crate::show;
use crate::target::{self, Figure, Standing, Status};

pub(super) fn targets(book: &Book, data: &Dataset, query: &Query, report: &mut Report) {
    if book.targets.is_empty() {
        return;
    }
    let found = match target::evaluate(book, data, query.as_of) {
        Ok(found) => found,
        Err(error) => return report.omitted.push(format!("targets: {error}")),
    };
    if query.range.is_some() || query.filter.is_some() {
        report
            .omitted
            .push("targets have days and scopes of their own: range and filter do not apply to them".into());
    }
    for status in found {
        let scope =
            status.scope.iter().map(|(dim, value)| format!("{dim} = {value}")).collect::<Vec<_>>().join(", ");
        let one = |scope: String, owners: &[String], standing: &Standing| Target {
            metric: status.metric.clone(),
            label: status.label.clone(),
            unit: status.unit.clone(),
            scope,
            owners: owners.to_vec(),
            from: status.from.clone(),
            due: status.due.clone(),
            goal: shown(&standing.goal),
            actual: shown(&standing.actual),
            expected: shown(&standing.expected),
            attainment: shown(&standing.attainment),
            pace: shown(&standing.pace),
            gap: shown(&standing.gap),
            elapsed: standing.elapsed.value(),
            status: standing
                .status
                .map_or_else(|| standing.pace.reason(), |word| word.word().replace('_', " ")),
            tone: standing.status.map_or(Tone::Neutral, tone_of),
        };
        report.targets.push(one(scope.clone(), &status.owners, &status.standing));
        for part in &status.parts {
            let within = if scope.is_empty() { String::new() } else { format!("{scope}, ") };
            let place = format!("{within}{} = {}", part.by, part.key);
            report.targets.push(one(place, &part.owners, &part.standing));
        }
        // The metric's own line says where its target stands.
        let whole = &status.standing;
        let metrics = report.rings.iter_mut().flat_map(|ring| &mut ring.metrics);
        for metric in metrics.filter(|metric| metric.name == status.metric && metric.target.is_empty()) {
            metric.target = whole.status.map_or_else(String::new, |word| word.word().replace('_', " "));
            metric.status.clone_from(&metric.target);
            metric.tone = whole.status.map_or(Tone::Neutral, tone_of);
        }
        report.receipts.push((format!("target of {}", status.metric), status.state.clone()));
    }
}

fn shown(figure: &Figure) -> Shown {
    Shown { value: figure.value(), text: figure.shown().to_owned(), reason: figure.reason() }
}

fn tone_of(status: Status) -> Tone {
    match status {
        Status::NotStarted => Tone::Neutral,
        Status::OnTrack | Status::Reached => Tone::Good,
        Status::AtRisk => Tone::Warning,
        Status::Behind | Status::Missed => Tone::Bad,
    }
}

pub(super) fn journey(book: &Book, data: &Dataset, query: &Query, report: &mut Report) {
    if !book.stages.iter().any(|stage| stage.handoff.is_some()) {
        return;
    }
    let ask = journey::Ask { range: query.range, as_of: query.as_of, ..journey::Ask::default() };
    let found = match journey::evaluate(book, data, &ask) {
        Ok(found) => found,
        Err(error) => return report.omitted.push(format!("hand-offs: {error}")),
    };
    for handoff in &found.handoffs {
        let Some(counts) = &handoff.counts else {
            let why = handoff.reasons.join(", ");
            report
                .omitted
                .push(format!("{} to {}: not counted ({why})", handoff.from_label, handoff.to_label));
            continue;
        };
        let share = |value: Option<f64>| Shown {
            value,
            text: show::number("share", (value, None)),
            reason: String::new(),
        };
        let worth = handoff.leak_value.as_ref();
        let unit = worth.map_or("", |worth| worth.unit.as_str());
        report.journey.push(Handoff {
            from: handoff.from_label.clone(),
            to: handoff.to_label.clone(),
            from_owner: handoff.owner_from.clone(),
            to_owner: handoff.owner_to.clone(),
            entered: counts.entered,
            accepted: counts.accepted,
            rejected: rejected(counts),
            ignored: counts.ignored,
            pending: counts.pending,
            late: counts.late.unwrap_or(0),
            within: share(handoff.within_share.as_ref().map(|share| share.value)),
            goal: share(handoff.goal.as_ref().map(|goal| goal.value)),
            wait: wait(handoff),
            leak: handoff.leak.unwrap_or(0),
            leak_value: Shown {
                value: worth.and_then(|worth| worth.value),
                text: worth.map_or_else(
                    || show::NOTHING.to_owned(),
                    |worth| show::number(unit, (worth.value, worth.exact.as_deref())),
                ),
                reason: worth.map_or_else(String::new, |worth| worth.reasons.join("|")),
            },
            leak_unit: unit.to_owned(),
            tone: match handoff.meets_goal {
                Some(true) => Tone::Good,
                Some(false) => Tone::Bad,
                None if handoff.leak.unwrap_or(0) > 0 => Tone::Warning,
                None => Tone::Neutral,
            },
            ..Handoff::default()
        });
    }
    report.data_notes.extend(found.notes.iter().cloned());
    if let Some(receipt) = found.receipts.first() {
        report.receipts.push(("hand-offs".into(), receipt.state.clone()));
    }
}

/// Rejected rows by reason, and those in an impossible order, so that the classes add up to what entered.
fn rejected(counts: &journey::Counts) -> Vec<(String, u64)> {
    let mut list = counts.rejected_by.clone();
    let named: u64 = list.iter().map(|(_, rows)| rows).sum();
    if counts.rejected > named {
        list.push((String::new(), counts.rejected - named));
    }
    if counts.out_of_order > 0 {
        list.push(("out of order".into(), counts.out_of_order));
    }
    list
}

/// The mean wait in the length that people would say.
fn wait(handoff: &journey::Handoff) -> Shown {
    if let Some(mean) = &handoff.mean_wait_business_hours {
        let text = format!("{:.1} business hours", mean.value);
        return Shown { value: Some(mean.value), text, reason: String::new() };
    }
    let Some(mean) = &handoff.mean_wait_hours else { return Shown::default() };
    let text = if handoff.in_days || mean.value >= 48.0 {
        format!("{:.1} days", mean.value / 24.0)
    } else {
        format!("{:.1} hours", mean.value)
    };
    Shown { value: Some(mean.value), text, reason: String::new() }
}

pub(super) fn findings(book: &Book, data: &Dataset, query: &Query, period: Option<i64>, report: &mut Report) {
    if book.rules.is_empty() {
        return;
    }
    // Rules with another grain than the report's look at their own latest period.
    let ask = rule::Ask { period: period.and_then(day), as_of: query.as_of };
    let found = match rule::evaluate(book, data, ask) {
        Ok(found) => found,
        Err(error) => return report.omitted.push(format!("rules: {error}")),
    };
    for finding in &found.findings {
        report.findings.push(Finding {
            rule: finding.rule.clone(),
            metric: finding.metrics.first().cloned().unwrap_or_default(),
            severity: severity(finding.severity).to_owned(),
            tone: match finding.severity {
                Severity::Info => Tone::Neutral,
                Severity::Warning => Tone::Warning,
                Severity::Critical => Tone::Bad,
            },
            scope: finding
                .scope
                .iter()
                .map(|(dim, value)| format!("{dim} = {value}"))
                .collect::<Vec<_>>()
                .join(", "),
            period: finding.period.clone(),
            message: finding.message.clone(),
            owners: finding.owners.clone(),
            watchers: finding.watchers.clone(),
        });
    }
    report.omitted.extend(found.rules.iter().filter_map(rule::RuleReport::note));
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

/// The words that metrics have for themselves; they stand before a target's.
pub(super) fn statuses(book: &Book, data: &Dataset, query: &Query, period: Option<i64>, report: &mut Report) {
    if book.metrics.iter().all(|metric| metric.status.is_empty()) {
        return;
    }
    let ask = rule::Ask { period: period.and_then(day), as_of: query.as_of };
    match rule::statuses(book, data, query.grain, ask) {
        Ok(words) => {
            for own in words {
                let Some(word) = own.word else { continue };
                let metrics = report.rings.iter_mut().flat_map(|ring| &mut ring.metrics);
                for metric in metrics.filter(|metric| metric.name == own.metric) {
                    metric.tone = tone_of_word(&word);
                    metric.status.clone_from(&word);
                }
            }
        }
        Err(error) => report.omitted.push(format!("status words: {error}")),
    }
}

/// Words that books commonly use for states; others have no colour.
fn tone_of_word(word: &str) -> Tone {
    match word {
        "green" | "good" | "ok" | "on_track" | "reached" => Tone::Good,
        "amber" | "yellow" | "warning" | "at_risk" => Tone::Warning,
        "red" | "bad" | "critical" | "behind" | "missed" => Tone::Bad,
        _ => Tone::Neutral,
    }
}

fn day(period: i64) -> Option<Instant> {
    i32::try_from(period).ok().map(Instant::Date)
}
