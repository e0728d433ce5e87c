//! A report in a few sentences: what changed most, what is worst, and who has to act.

use super::facts::{Explanation, Finding, Handoff, Metric, Report, Target, Tone};
use super::words::{count, label, people, place, signed, text, with_unit};
use std::cmp::Ordering;

/// Sentences that a headline has at most.
const MOST: usize = 5;

/// A sentence of the headline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What it says.
    pub text: String,
    /// How it is coloured.
    pub tone: Tone,
}

/// What waits for one team.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duty {
    /// The team.
    pub owner: String,
    /// Findings that somebody must act on.
    pub critical: usize,
    /// Findings that somebody should look at.
    pub warnings: usize,
    /// Targets, or parts of them, that are not where they should be.
    pub targets: usize,
    /// Hand-offs to this team that leak.
    pub leaks: usize,
}

impl Duty {
    /// The parts in words, most severe first.
    #[must_use]
    pub fn parts(&self) -> Vec<(Tone, String)> {
        let parts = [
            (Tone::Bad, self.critical, "critical finding", "critical findings"),
            (Tone::Warning, self.warnings, "warning", "warnings"),
            (Tone::Bad, self.targets, "target behind", "targets behind"),
            (Tone::Warning, self.leaks, "leaking hand-off", "leaking hand-offs"),
        ];
        (parts.into_iter().filter(|(_, n, ..)| *n > 0))
            .map(|(tone, n, one, many)| (tone, count(n, one, many)))
            .collect()
    }
}

/// The report in at most five sentences; at least one.
#[must_use]
pub fn headline(report: &Report) -> Vec<Sentence> {
    let mut sentences: Vec<Sentence> =
        report.explanations.iter().take(2).filter_map(|one| moved(report, one)).collect();
    if sentences.is_empty() {
        sentences.extend(largest_change(report));
    }
    sentences.extend(report.findings.iter().filter(|finding| finding.tone == Tone::Bad).take(1).map(found));
    sentences.extend(behind(&report.targets));
    sentences.extend(leak(&report.journey));
    let so_far = sentences.len();
    let more = report.findings.iter().filter(|finding| finding.tone == Tone::Bad).skip(1);
    sentences.extend(more.take(MOST.saturating_sub(so_far)).map(found));
    if sentences.is_empty() {
        let text = if report.rings.is_empty() {
            "The book has no metrics to report."
        } else {
            "No change, finding, target or hand-off stands out."
        };
        sentences.push(Sentence { text: text.into(), tone: Tone::Neutral });
    }
    sentences.truncate(MOST);
    sentences
}

/// Who has to act, those with the most severe first. Information that asks for nothing is left out.
#[must_use]
pub fn duties(report: &Report) -> Vec<Duty> {
    let mut duties: Vec<Duty> = Vec::new();
    let mut add = |owner: &str, change: &dyn Fn(&mut Duty)| {
        if let Some(own) = duties.iter_mut().find(|duty| duty.owner == owner) {
            change(own);
        } else {
            let mut own = Duty { owner: owner.to_owned(), ..Duty::default() };
            change(&mut own);
            duties.push(own);
        }
    };
    for finding in &report.findings {
        for owner in &finding.owners {
            match finding.tone {
                Tone::Bad => add(owner, &|duty| duty.critical += 1),
                Tone::Warning => add(owner, &|duty| duty.warnings += 1),
                Tone::Good | Tone::Neutral => {}
            }
        }
    }
    for target in report.targets.iter().filter(|target| is_behind(target)) {
        for owner in &target.owners {
            add(owner, &|duty| duty.targets += 1);
        }
    }
    for handoff in report.journey.iter().filter(|handoff| leaks(handoff)) {
        add(&handoff.to_owner, &|duty| duty.leaks += 1);
    }
    duties.sort_by_key(|duty| std::cmp::Reverse((duty.critical, duty.targets, duty.warnings, duty.leaks)));
    duties
}

/// Owners with their findings; those with the most severe come first, otherwise in the order of the findings.
pub(super) fn by_owner(findings: &[Finding]) -> Vec<(&str, Vec<&Finding>)> {
    let mut groups: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        let nobody = [String::new()];
        let owners: &[String] = if finding.owners.is_empty() { &nobody } else { &finding.owners };
        for owner in owners {
            match groups.iter_mut().find(|(known, _)| known == owner) {
                Some((_, own)) => own.push(finding),
                None => groups.push((find_name(finding, owner), vec![finding])),
            }
        }
    }
    let severe = |group: &[&Finding], tone| group.iter().filter(|finding| finding.tone == tone).count();
    groups.sort_by_key(|(_, own)| std::cmp::Reverse((severe(own, Tone::Bad), severe(own, Tone::Warning))));
    groups
}

/// The owner's name as the finding holds it, which lives as long as the report.
fn find_name<'f>(finding: &'f Finding, owner: &str) -> &'f str {
    finding.owners.iter().find(|own| *own == owner).map_or("", String::as_str)
}

/// The metric of that name, where the report has it.
pub(super) fn metric<'r>(report: &'r Report, name: &str) -> Option<&'r Metric> {
    report.rings.iter().flat_map(|ring| &ring.metrics).find(|metric| metric.name == name)
}

/// Good or bad news, by the direction that the book calls good.
fn news(metric: Option<&Metric>) -> Tone {
    direction(metric.and_then(|metric| metric.better))
}

fn direction(better: Option<bool>) -> Tone {
    match better {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Neutral,
    }
}

fn moved(report: &Report, one: &Explanation) -> Option<Sentence> {
    let change = one.change.value?;
    let name = label(&one.label, &one.metric).to_owned();
    let name = if one.scope.is_empty() { name } else { format!("{name} ({})", one.scope) };
    if change == 0.0 {
        let said = format!("{name} is the same in {} as in {}.", one.from, one.to);
        return Some(Sentence { text: said, tone: Tone::Neutral });
    }
    let size = with_unit(text(&one.change).trim_start_matches(['-', '−', '+']), &one.unit);
    let (before, after) = (text(&one.before), text(&one.after));
    let word = |up: &'static str, down: &'static str| if change < 0.0 { down } else { up };
    let mut said = if one.from == "target" {
        format!("{name} is {size} {} its target of {before}", word("above", "below"))
    } else if one.from == report.asked.prior && one.to == report.asked.period {
        format!("{name} {} by {size} to {after} from {} to {}", word("rose", "fell"), one.from, one.to)
    } else {
        format!(
            "{name} is {size} {} in {} ({after}) than in {} ({before})",
            word("higher", "lower"),
            one.to,
            one.from
        )
    };
    // The driver that pulled most in the direction of the change.
    let pull = |driver: &&super::facts::Driver| {
        driver.contribution.value.map_or(0.0, |part| if change < 0.0 { -part } else { part })
    };
    let strongest = one.drivers.iter().max_by(|a, b| pull(a).total_cmp(&pull(b)));
    if let Some(driver) = strongest.filter(|driver| pull(driver) > 0.0) {
        let owners =
            if driver.owners.is_empty() { String::new() } else { format!(" ({})", driver.owners.join(", ")) };
        let name = label(&driver.label, &driver.metric);
        said.push_str(&format!("; the largest part is {name}{owners}, {}", signed(&driver.contribution)));
    }
    said.push('.');
    Some(Sentence { text: said, tone: direction(one.better) })
}

/// The metric that moved most, measured by its prior value.
fn largest_change(report: &Report) -> Option<Sentence> {
    let size = |metric: &Metric| {
        let (change, prior) = (metric.change.value?, metric.prior.value?);
        (change != 0.0 && prior != 0.0).then(|| (change / prior).abs()).filter(|size| size.is_finite())
    };
    let metrics = report.rings.iter().flat_map(|ring| &ring.metrics);
    let (_, largest) = metrics
        .filter_map(|metric| Some((size(metric)?, metric)))
        // The first of equals.
        .fold(None, |best: Option<(f64, &Metric)>, one| match best {
            Some(held) if held.0.partial_cmp(&one.0) != Some(Ordering::Less) => Some(held),
            _ => Some(one),
        })?;
    let text = format!(
        "{} moved most: {} to {} ({}){}.",
        label(&largest.label, &largest.name),
        signed(&largest.change),
        with_unit(text(&largest.value), &largest.unit),
        people(&largest.owners),
        largest.flags.iter().map(|flag| format!(", {}", super::words::reason(flag))).collect::<String>()
    );
    Some(Sentence { text, tone: news(Some(largest)) })
}

fn found(finding: &Finding) -> Sentence {
    let place = place(&finding.period, &finding.scope);
    let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
    Sentence {
        text: format!(
            "{}{place}: {} has to act.",
            finding.message.trim_end_matches('.'),
            people(&finding.owners)
        ),
        tone: finding.tone,
    }
}

fn is_behind(target: &Target) -> bool {
    matches!(target.tone, Tone::Warning | Tone::Bad)
}

fn behind(targets: &[Target]) -> Option<Sentence> {
    let all: Vec<&Target> = targets.iter().filter(|target| target.scope.is_empty()).collect();
    if all.is_empty() {
        return None;
    }
    let behind: Vec<&Target> = all.iter().copied().filter(|target| is_behind(target)).collect();
    let Some(worst) = behind.iter().find(|target| target.tone == Tone::Bad).or(behind.first()) else {
        let judged = all.iter().all(|target| target.tone == Tone::Good);
        let said = format!("{} on track or reached.", count(all.len(), "target is", "targets are all"));
        return judged.then_some(Sentence { text: said, tone: Tone::Good });
    };
    let stands = match (worst.actual.value, worst.expected.value) {
        (Some(_), Some(_)) => format!(
            "stands at {} of {} expected by now",
            text(&worst.actual),
            with_unit(text(&worst.expected), &worst.unit)
        ),
        _ => format!("is {}", worst.status),
    };
    let said = format!(
        "{} of {} {} not where {} should be: {} {stands} ({}).",
        behind.len(),
        count(all.len(), "target", "targets"),
        if behind.len() == 1 { "is" } else { "are" },
        if behind.len() == 1 { "it" } else { "they" },
        label(&worst.label, &worst.metric),
        people(&worst.owners)
    );
    Some(Sentence { text: said, tone: worst.tone })
}

fn leaks(handoff: &Handoff) -> bool {
    handoff.leak > 0 && matches!(handoff.tone, Tone::Warning | Tone::Bad)
}

fn leak(journey: &[Handoff]) -> Option<Sentence> {
    let worth = |handoff: &Handoff| handoff.leak_value.value.unwrap_or(0.0);
    let worst = (journey.iter().filter(|handoff| handoff.leak > 0))
        .max_by(|a, b| worth(a).total_cmp(&worth(b)).then(a.leak.cmp(&b.leak)))?;
    let worth = match worst.leak_value.value {
        Some(_) => format!(", worth {}", with_unit(text(&worst.leak_value), &worst.leak_unit)),
        None => String::new(),
    };
    let grouped = |n: u64| crate::show::grouped(&n.to_string());
    let text = format!(
        "{} of {} were ignored or late between {} and {}{worth} ({} to {}).",
        grouped(worst.leak),
        grouped(worst.entered),
        worst.from,
        worst.to,
        worst.from_owner,
        worst.to_owner
    );
    Some(Sentence { text, tone: worst.tone })
}
