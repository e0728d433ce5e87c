//! Runs rules: what each needs from the data, where it fires, what it says.

use super::Ask;
use super::facts::{At, Judged, Seen, float, look, period_label, status_word};
use super::finding::{Finding, Findings, Given, MetricStatus, RuleReport, Source};
use super::script::{Input, Script, Verdict};
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Coordinate, hex, iso_date};
use crate::facet::{Answers, Calendars, Facts, Need, Needs, Value, Why, reckon};
use crate::lower::metric_meaning;
use crate::model::{
    Book, Facet, FacetExpr, FacetName, Grain, Instant, MetricId, Rule, RuleTest, SayPart, TeamId,
};
use crate::target::{self, Figure, Scope};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The question of a rule, or of a status list.
struct Planned {
    need: Need,
    periods: Option<(i64, i64)>,
    label: String,
    as_of: String,
    moment: Result<(i64, Instant), Why>,
}

/// All questions of some rules, and what the data said.
struct Plan {
    questions: Vec<Result<Planned, Why>>,
    answers: Answers,
    targets: Judged,
}

/// What a question is about: dimensions, length of a period, metrics, and those of them whose targets matter.
struct About {
    scope: Vec<String>,
    grain: Option<Grain>,
    metrics: Vec<MetricId>,
    targets: BTreeSet<MetricId>,
}

pub(super) fn evaluate(book: &Book, data: &Dataset, ask: Ask) -> Result<Findings, Error> {
    let about: Vec<About> = book.rules.iter().map(|rule| about(book, rule)).collect();
    let plan = plan(book, data, ask, &about)?;
    let mut result = Findings::default();
    for (position, (rule, question)) in book.rules.iter().zip(&plan.questions).enumerate() {
        let mut report = RuleReport { rule: rule.id.clone(), ..RuleReport::default() };
        match question {
            Ok(question) => {
                report.period.clone_from(&question.label);
                report.as_of.clone_from(&question.as_of);
                let found = run(book, rule, position, question, &plan, &mut report);
                result.findings.extend(found);
            }
            Err(why) => {
                // Without data there is no period to look at; that is a scope that could not be looked at.
                (report.looked_at, report.skipped) = (1, 1);
                report.skipped_because.push((why.to_string(), 1));
            }
        }
        result.rules.push(report);
    }
    // Stable: within one rule findings are in the order of scopes already.
    result.findings.sort_by_key(|finding| (finding.severity, finding.position));
    Ok(result)
}

pub(super) fn statuses(
    book: &Book,
    data: &Dataset,
    grain: Option<Grain>,
    ask: Ask,
) -> Result<Vec<MetricStatus>, Error> {
    let mut with_list = Vec::new();
    let mut asked = Vec::new();
    for (i, metric) in book.metrics.iter().enumerate().filter(|(_, metric)| !metric.status.is_empty()) {
        let id = MetricId(i);
        with_list.push((id, metric));
        let targets = if reads_target(book, id) { BTreeSet::from([id]) } else { BTreeSet::new() };
        asked.push(About { scope: Vec::new(), grain, metrics: vec![id], targets });
    }
    let plan = plan(book, data, ask, &asked)?;
    let mut words = Vec::new();
    for ((_, metric), question) in with_list.iter().zip(&plan.questions) {
        let (period, word) = match question {
            Ok(question) => {
                let seen = seen(book, question, &plan);
                let at = At { seen: &seen, key: &[] };
                (question.label.clone(), status_word(metric, &at))
            }
            Err(why) => (String::new(), Err(why.clone())),
        };
        words.push(MetricStatus {
            metric: metric.name.clone(),
            period,
            reason: word.as_ref().err().map(Why::to_string).unwrap_or_default(),
            word: word.ok(),
        });
    }
    Ok(words)
}

fn about(book: &Book, rule: &Rule) -> About {
    let mut names = Vec::new();
    each_name(rule, &mut |name| names.push(name));
    let mut targets = BTreeSet::new();
    for name in names {
        if let FacetName::Metric(id, facet) = name
            && (facet.needs_target() || facet == Facet::Status && reads_target(book, id))
        {
            targets.insert(id);
        }
    }
    if matches!(rule.test, RuleTest::Script(_)) {
        // A script sees all facets.
        targets.extend(&rule.metrics);
    }
    About { scope: rule.scope.clone(), grain: rule.grain, metrics: rule.metrics.clone(), targets }
}

/// True if the status of a metric depends on its targets.
fn reads_target(book: &Book, id: MetricId) -> bool {
    let Some(metric) = book.metrics.get(id.0) else { return false };
    let mut reads = metric.status.is_empty();
    for condition in metric.status.iter().filter_map(|entry| entry.when.as_ref()) {
        condition.each_name(&mut |name| {
            if let FacetName::Metric(_, facet) = name {
                reads |= facet.needs_target();
            }
        });
    }
    reads
}

/// Every name that a rule uses, in the order of writing.
fn each_name(rule: &Rule, visit: &mut impl FnMut(FacetName)) {
    if let RuleTest::When { condition, .. } = &rule.test {
        condition.each_name(visit);
    }
    for part in &rule.say {
        if let SayPart::Name(name) = part {
            visit(*name);
        }
    }
}

fn plan(book: &Book, data: &Dataset, ask: Ask, asked: &[About]) -> Result<Plan, Error> {
    let metrics: BTreeSet<MetricId> = asked.iter().flat_map(|about| about.metrics.iter().copied()).collect();
    if metrics.is_empty() {
        return Ok(Plan { questions: Vec::new(), answers: Answers::default(), targets: Judged::new() });
    }
    let calendars = Calendars::new(book, data, &metrics, ask.as_of)?;
    let mut needs = Needs::default();
    let mut wanted: BTreeSet<(usize, Scope)> = BTreeSet::new();
    let mut questions = Vec::new();
    for about in asked {
        let question = question(about, ask, &calendars);
        if let Ok(question) = &question {
            for metric in &about.metrics {
                needs.add(question.need.clone(), *metric);
            }
            if let Ok((day, as_of)) = question.moment {
                for (position, target) in book.targets.iter().enumerate() {
                    let in_force = i64::from(target.from) <= day && day <= i64::from(target.due);
                    if in_force && about.targets.contains(&target.metric) {
                        wanted.insert((position, Scope { as_of: Some(as_of) }));
                    }
                }
            }
        }
        questions.push(question);
    }
    let answers = needs.ask(book, data)?;
    let wanted: Vec<(usize, Scope)> = wanted.into_iter().collect();
    let judged = if wanted.is_empty() { Vec::new() } else { target::statuses(book, data, &wanted)? };
    Ok(Plan { questions, answers, targets: wanted.into_iter().zip(judged).collect() })
}

fn question(about: &About, ask: Ask, calendars: &Calendars) -> Result<Planned, Why> {
    calendars.present(&about.metrics)?;
    let known = calendars.known(&about.metrics);
    let need = |range: Option<(i64, i64)>, as_of: Option<Instant>| Need {
        by: about.scope.clone(),
        grain: about.grain,
        range,
        as_of,
        totals: false,
    };
    let Some(grain) = about.grain else {
        // Everything there is, unless the asker says up to when.
        let as_of = calendars.asked().map(|moment| moment.as_of);
        return Ok(Planned {
            need: need(None, as_of),
            periods: None,
            label: String::new(),
            as_of: known.as_ref().map(|moment| iso_date(moment.day)).unwrap_or_default(),
            moment: known.map(|moment| (moment.day, moment.as_of)),
        });
    };
    let known = known?;
    let (start, end) = match ask.period {
        Some(day) => calendars.period(grain, calendars.day_of(day)),
        None => calendars.latest_whole(grain, known.day),
    };
    let (prior, _) = calendars.period(grain, start.saturating_sub(1));
    let moment = if known.day < end {
        Ok((known.day, known.as_of))
    } else {
        i32::try_from(end - 1).map(|last| (end - 1, Instant::Date(last))).map_err(|_| Why::one("overflow"))
    };
    Ok(Planned {
        need: need(Some((prior, end)), Some(known.as_of)),
        periods: Some((start, prior)),
        label: period_label(grain, start, end),
        as_of: iso_date(known.day),
        moment,
    })
}

fn seen<'a>(book: &'a Book, question: &'a Planned, plan: &'a Plan) -> Seen<'a> {
    Seen {
        book,
        answers: &plan.answers,
        targets: &plan.targets,
        need: &question.need,
        periods: question.periods,
        moment: question.moment.clone(),
        period: &question.label,
    }
}

/// The scopes that a rule looks at: those with rows in the period or in the one before.
fn scopes(rule: &Rule, seen: &Seen<'_>) -> BTreeSet<Vec<Coordinate>> {
    if rule.scope.is_empty() {
        return BTreeSet::from([Vec::new()]);
    }
    let mut keys = BTreeSet::new();
    for metric in &rule.metrics {
        keys.extend(seen.answers.places(seen.need, *metric).map(|(key, _)| key.clone()));
    }
    keys
}

/// What happens in one scope.
type Outcome = Result<Verdict, Why>;

fn run(
    book: &Book,
    rule: &Rule,
    position: usize,
    question: &Planned,
    plan: &Plan,
    report: &mut RuleReport,
) -> Vec<Finding> {
    let seen = seen(book, question, plan);
    let fail = |why: String| format!("rule `{}` (owner {}): {why}", rule.id, owners(book, rule).join(", "));
    let mut script = match &rule.test {
        RuleTest::When { .. } => None,
        RuleTest::Script(text) => match Script::new(text) {
            Ok(script) => Some(script),
            Err(mistake) => {
                report.failure = fail(mistake.message);
                return Vec::new();
            }
        },
    };
    let mut skipped: BTreeMap<Why, u64> = BTreeMap::new();
    let mut found: Vec<(u64, Vec<Coordinate>, Option<String>)> = Vec::new();
    for key in scopes(rule, &seen) {
        report.looked_at += 1;
        let at = At { seen: &seen, key: &key };
        let outcome = match (&rule.test, &mut script) {
            (RuleTest::When { condition, .. }, _) => outcome(condition, &at),
            (RuleTest::Script(_), Some(script)) => match script.run(inputs(book, rule, &at)) {
                Ok(verdict) => Ok(verdict),
                Err(why) => {
                    // What it found so far may be half of what it would have said.
                    report.failure = fail(format!("stopped: {why}"));
                    return Vec::new();
                }
            },
            (RuleTest::Script(_), None) => continue,
        };
        let n = || rule.metrics.first().and_then(|id| at.cell(*id).ok()).map_or(0, |cell| cell.n);
        match outcome {
            Ok(Verdict::Quiet) => {}
            Ok(Verdict::Fires) => found.push((n(), key, None)),
            Ok(Verdict::Says(message)) => found.push((n(), key, Some(message))),
            Err(why) => *skipped.entry(why).or_default() += 1,
        }
    }
    report.skipped = skipped.values().sum();
    report.skipped_because = skipped.into_iter().map(|(why, scopes)| (why.to_string(), scopes)).collect();
    if let Some(top) = rule.top.filter(|top| *top < found.len()) {
        report.beyond_top = (found.len() - top) as u64;
        // Stable: of equal counts the first scopes stay.
        found.sort_by_key(|(n, ..)| Reverse(*n));
        found.truncate(top);
        found.sort_by(|a, b| a.1.cmp(&b.1));
    }
    report.found = found.len() as u64;
    found
        .into_iter()
        .map(|(_, key, message)| finding(book, rule, position, question, plan, &seen, &key, message))
        .collect()
}

fn outcome(condition: &FacetExpr, at: &At<'_>) -> Outcome {
    match reckon(condition, at)? {
        Value::Bool(true) => Ok(Verdict::Fires),
        Value::Bool(false) => Ok(Verdict::Quiet),
        _ => Err(Why::one("invalid_input")),
    }
}

/// What a script sees: `m.metric.facet`, `scope.dimension`, `period`.
fn inputs(book: &Book, rule: &Rule, at: &At<'_>) -> Vec<(String, Input)> {
    let metrics = rule.metrics.iter().filter_map(|id| {
        let facets = Facet::ALL.iter().map(|(word, facet)| {
            let value = at.facet(*id, *facet);
            let input = match &value {
                Ok(Value::Text(text)) => Input::Text(Some(text.clone())),
                _ => Input::Number(float(&value)),
            };
            ((*word).to_owned(), input)
        });
        Some((book.metrics.get(id.0)?.name.clone(), Input::Map(facets.collect())))
    });
    let scope = rule.scope.iter().zip(at.key).map(|(dim, value)| {
        let text = (*value != Coordinate::Missing).then(|| value.to_string());
        (dim.clone(), Input::Text(text))
    });
    vec![
        ("m".to_owned(), Input::Map(metrics.collect())),
        ("scope".to_owned(), Input::Map(scope.collect())),
        ("period".to_owned(), Input::Text(Some(at.seen.period.to_owned()))),
    ]
}

fn owner_ids(book: &Book, rule: &Rule) -> Vec<TeamId> {
    let mut ids = rule.owners.clone();
    if ids.is_empty() {
        for metric in rule.metrics.iter().filter_map(|id| book.metrics.get(id.0)) {
            ids.extend(metric.owners.iter().filter(|id| !ids.contains(id)).copied().collect::<Vec<_>>());
        }
    }
    ids
}

fn owners(book: &Book, rule: &Rule) -> Vec<String> {
    target::team_names(book, &owner_ids(book, rule))
}

fn watchers(book: &Book, rule: &Rule) -> Vec<String> {
    let owners = owner_ids(book, rule);
    let mut ids: Vec<TeamId> = Vec::new();
    let watch = rule.metrics.iter().filter_map(|id| book.metrics.get(id.0)).flat_map(|metric| &metric.watch);
    for id in rule.notify.iter().chain(watch) {
        if !ids.contains(id) && !owners.contains(id) {
            ids.push(*id);
        }
    }
    target::team_names(book, &ids)
}

#[allow(clippy::too_many_arguments)]
fn finding(
    book: &Book,
    rule: &Rule,
    position: usize,
    question: &Planned,
    plan: &Plan,
    seen: &Seen<'_>,
    key: &[Coordinate],
    message: Option<String>,
) -> Finding {
    let at = At { seen, key };
    let scope: Vec<(String, String)> =
        rule.scope.iter().cloned().zip(key.iter().map(Coordinate::to_string)).collect();
    let message = message.unwrap_or_else(|| match (&rule.test, rule.say.is_empty()) {
        (RuleTest::When { text, .. }, true) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        (RuleTest::Script(_), true) => rule.id.clone(),
        (_, false) => rule
            .say
            .iter()
            .map(|part| match part {
                SayPart::Text(text) => text.clone(),
                SayPart::Name(name) => at.text(*name),
            })
            .collect(),
    });
    let receipt: Vec<Source> = rule
        .metrics
        .iter()
        .filter_map(|id| {
            Some(Source {
                metric: book.metrics.get(id.0)?.name.clone(),
                meaning: hex(&metric_meaning(book, *id)),
                state: plan.answers.state(&question.need, *id).to_owned(),
            })
        })
        .collect();
    Finding {
        id: identity(rule, &scope, &question.label, &receipt),
        rule: rule.id.clone(),
        metrics: receipt.iter().map(|source| source.metric.clone()).collect(),
        scope,
        period: question.label.clone(),
        severity: rule.severity,
        message,
        owners: owners(book, rule),
        watchers: watchers(book, rule),
        values: values(book, rule, &at),
        receipt,
        position,
    }
}

/// The values that condition and message use, each once; of a script all that it sees of numbers.
fn values(book: &Book, rule: &Rule, at: &At<'_>) -> Vec<(String, Given)> {
    let mut names: Vec<(MetricId, Facet)> = Vec::new();
    each_name(rule, &mut |name| {
        if let FacetName::Metric(id, facet) = name
            && !names.contains(&(id, facet))
        {
            names.push((id, facet));
        }
    });
    if matches!(rule.test, RuleTest::Script(_)) {
        for id in &rule.metrics {
            names.extend(
                [(*id, Facet::Value), (*id, Facet::N)]
                    .iter()
                    .filter(|n| !names.contains(n))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
    }
    names
        .into_iter()
        .filter_map(|(id, facet)| {
            let name = format!("{}.{}", book.metrics.get(id.0)?.name, facet.word());
            let value = match at.fact(FacetName::Metric(id, facet)) {
                Ok(Value::Number(number)) => {
                    Given::Number(look(book, id, facet, |look| Figure::new(Ok(number), look)))
                }
                Ok(Value::Text(text)) => Given::Text(text),
                Ok(Value::Bool(truth)) => Given::Text(truth.to_string()),
                Err(_) if facet == Facet::Status => Given::Text(String::new()),
                Err(why) => Given::Number(look(book, id, facet, |look| Figure::new(Err(why), look))),
            };
            Some((name, value))
        })
        .collect()
}

/// What makes a finding the same finding: rule, what it tests, scope, period, and what the metrics mean.
fn identity(rule: &Rule, scope: &[(String, String)], period: &str, receipt: &[Source]) -> String {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    add(&rule.id);
    match &rule.test {
        RuleTest::When { text, .. } => add(text),
        RuleTest::Script(text) => add(text),
    }
    add(&format!("{:?}", rule.grain));
    add(period);
    for (dimension, value) in scope {
        add(dimension);
        add(value);
    }
    for source in receipt {
        add(&source.metric);
        add(&source.meaning);
    }
    hex(&hasher.finalize())
}
