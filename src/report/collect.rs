//! Collecting a report: everything that a book can say of its data, with what could not be said and why.
//!
//! Metrics are evaluated once with periods and once without (those that have no time), explanations, targets, the
//! journey and the rules ask their own questions of the same data. Nothing that fails takes the rest with it: it is
//! listed under `omitted`.

use super::facts::{Asked, Link, Metric, Report, Ring, Shown};
use super::plans;
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::Coordinate;
use crate::evaluate::{ExactCell, ExactGroup, Program, ResultSet, iso_instant};
use crate::explain::{self, Ask, Periods, Versus, of_difference, signed};
use crate::lower;
use crate::model::{
    Book, Cell, Good, Grain, Instant, LinkKind, Metric as Definition, MetricId, Query, TableId,
};
use crate::show::{self, period};
use num_rational::BigRational;
use ripplemark_core::Flags;
use ripplemark_core::time::{Calendar, Grain as Length};
use std::collections::{BTreeMap, BTreeSet};

/// Periods of a trend.
const TREND: usize = 12;

/// What a report is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Metrics (none: all), grain (none: month), range, filter and `as_of`; groups and totals are not looked at.
    pub query: Query,
    /// The period reported, by any of its days (days since 1970-01-01); `None`: the latest one that is over for most
    /// metrics.
    pub period: Option<i64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { query: Query { grain: Some(Grain::Month), ..Query::default() }, period: None }
    }
}

/// Collects a report.
///
/// Tables without data are no error: metrics that need them are listed in [`Report::omitted`].
///
/// # Errors
/// If the options name what the book does not have, data cannot be read, or no metric can be computed at all.
pub fn collect(book: &Book, data: &Dataset, options: &Options) -> Result<Report, Error> {
    let mut query = options.query.clone();
    query.grain = query.grain.or(Some(Grain::Month));
    query.by.clear();
    query.totals = false;
    let mut report = Report { book: book.id.clone(), version: book.version.clone(), ..Report::default() };
    let asked = asked_metrics(book, &query)?;
    let possible = possible(book, data, &asked, &mut report.omitted);
    if possible.is_empty() {
        let why = if report.omitted.is_empty() {
            "the book has no metrics".to_owned()
        } else {
            report.omitted.join("\n")
        };
        return Err(Error::other(why));
    }
    let (timed, timeless): (Vec<MetricId>, Vec<MetricId>) =
        possible.iter().partition(|id| is_timed(book, **id));
    let with_time = evaluate(book, data, &query, &timed)?;
    let without = Query { grain: None, range: None, as_of: None, ..query.clone() };
    let without_time = evaluate(book, data, &without, &timeless)?;
    let times = Times::of(book, &with_time, options.period)?;
    report.asked = asked_words(&query, &times, with_time.as_ref());
    rings(book, &timed, with_time.as_ref(), &timeless, without_time.as_ref(), &times, &mut report);
    report.links = links(book, &possible);
    explanations(book, data, &query, &possible, &times, &mut report);
    plans::targets(book, data, &query, &mut report);
    plans::journey(book, data, &query, &mut report);
    plans::findings(book, data, &query, times.current, &mut report);
    plans::statuses(book, data, &query, times.current, &mut report);
    for answer in [&with_time, &without_time].into_iter().flatten() {
        report.data_notes.extend(answer.set.notes());
        report.receipts.push(("program".into(), answer.set.receipt.program.clone()));
        report.receipts.push(("state".into(), answer.set.receipt.state.clone()));
        report.receipts.push(("result".into(), answer.set.receipt.result.clone()));
    }
    let mut told = BTreeSet::new();
    report.data_notes.retain(|note| told.insert(note.clone()));
    Ok(report)
}

/// The metrics that are asked for, in the order of the book.
fn asked_metrics(book: &Book, query: &Query) -> Result<Vec<MetricId>, Error> {
    let unknown: Vec<_> = (query.metrics.iter())
        .filter(|name| !book.metrics.iter().any(|metric| metric.name == **name))
        .map(|name| lower::unknown_metric(book, name))
        .collect();
    if !unknown.is_empty() {
        return Err(Error::query(unknown));
    }
    let all = query.metrics.is_empty();
    let wanted = |metric: &Definition| all || query.metrics.contains(&metric.name);
    Ok((0..book.metrics.len()).filter(|&i| wanted(&book.metrics[i])).map(MetricId).collect())
}

/// The metrics whose tables have data; the others are noted.
fn possible(book: &Book, data: &Dataset, asked: &[MetricId], omitted: &mut Vec<String>) -> Vec<MetricId> {
    let mut kept = Vec::new();
    let mut missing: BTreeMap<TableId, Vec<&str>> = BTreeMap::new();
    for &id in asked {
        let tables = tables_needed(book, id);
        let absent = tables.iter().find(|table| !has(book, data, **table));
        match (absent, book.metrics.get(id.0)) {
            (Some(table), Some(metric)) => missing.entry(*table).or_default().push(&metric.name),
            // A constant reads no table and has no value in a period.
            (None, _) if !tables.is_empty() => kept.push(id),
            _ => {}
        }
    }
    for (table, metrics) in missing {
        let table = book.tables.get(table.0).map_or("", |table| table.name.as_str());
        omitted.push(format!(
            "no data of table `{table}`, which {} need{}",
            metrics.join(", "),
            if metrics.len() == 1 { "s" } else { "" }
        ));
    }
    kept
}

fn has(book: &Book, data: &Dataset, table: TableId) -> bool {
    book.tables.get(table.0).is_some_and(|table| data.has(&table.name))
}

/// The tables that a metric's program reads, those that are looked up included.
fn tables_needed(book: &Book, id: MetricId) -> Vec<TableId> {
    lower::tables_needed(book, id)
}

/// True if every aggregate that a metric stands on is placed in time.
fn is_timed(book: &Book, id: MetricId) -> bool {
    lower::placements(book, id).iter().all(|(_, at)| at.is_some())
}

/// A program's result, rounded and exact.
struct Answer {
    set: ResultSet,
    groups: Vec<ExactGroup>,
    calendar: Calendar,
}

fn evaluate(
    book: &Book,
    data: &Dataset,
    query: &Query,
    metrics: &[MetricId],
) -> Result<Option<Answer>, Error> {
    if metrics.is_empty() {
        return Ok(None);
    }
    let names =
        metrics.iter().filter_map(|id| book.metrics.get(id.0)).map(|metric| metric.name.clone()).collect();
    let program = Program::compile(book, &Query { metrics: names, ..query.clone() })?;
    let evaluation = data.evaluate(&program)?;
    let calendar = program.view().calendar();
    Ok(Some(Answer { set: evaluation.finish()?, groups: evaluation.exact()?, calendar }))
}

impl Answer {
    /// The cell of a metric in a period, rounded and exact.
    fn cell(&self, metric: usize, period: Option<i64>) -> Option<(&crate::evaluate::ResultCell, &ExactCell)> {
        let at = self.groups.iter().position(|group| group.period == period)?;
        let rounded = self.set.cells.get(at * self.set.metrics.len() + metric)?;
        Some((rounded, self.groups.get(at)?.cells.get(metric)?))
    }
}

/// Which period is reported, and which others are shown beside it.
struct Times {
    grain: Option<Length>,
    current: Option<i64>,
    prior: Option<i64>,
    /// Oldest first; ends with the current one.
    trend: Vec<i64>,
}

impl Times {
    fn of(book: &Book, answer: &Option<Answer>, wanted: Option<i64>) -> Result<Times, Error> {
        let none = Times { grain: None, current: None, prior: None, trend: Vec::new() };
        let Some(answer) = answer else { return Ok(none) };
        let Some(grain) = answer.set.grain else { return Ok(none) };
        let known: BTreeSet<i64> = answer.groups.iter().filter_map(|group| group.period).collect();
        let (Some(&first), Some(&last)) = (known.first(), known.last()) else {
            return Ok(Times { grain: Some(grain), ..none });
        };
        let current = match wanted {
            Some(day) => {
                let start = answer.calendar.start(grain, day);
                if start < first || start > last {
                    return Err(explain::refused(
                        "RM0316",
                        format!("there are no rows in {}", period(grain, start)),
                        Some(format!(
                            "the data of `{}` have {} to {}",
                            book.id,
                            period(grain, first),
                            period(grain, last)
                        )),
                    ));
                }
                start
            }
            None => latest_whole(answer).unwrap_or(last),
        };
        let mut all = vec![first];
        while let Some(next) =
            all.last().map(|day| answer.calendar.end(grain, *day)).filter(|day| *day <= current)
        {
            all.push(next);
            if all.len() > TREND {
                all.remove(0);
            }
        }
        let prior = all.len().checked_sub(2).and_then(|at| all.get(at)).copied();
        Ok(Times { grain: Some(grain), current: Some(current), prior, trend: all })
    }

    fn word(&self, day: Option<i64>) -> String {
        match (self.grain, day) {
            (Some(grain), Some(day)) => period(grain, day),
            _ => String::new(),
        }
    }
}

/// The latest period that is over for at least half of the metrics that have rows in it.
fn latest_whole(answer: &Answer) -> Option<i64> {
    let mut days: Vec<(i64, &ExactGroup)> =
        answer.groups.iter().filter_map(|group| Some((group.period?, group))).collect();
    days.sort_by_key(|(day, _)| *day);
    let whole = |group: &ExactGroup| {
        let live = group.cells.iter().filter(|cell| cell.n > 0);
        let over = live.clone().filter(|cell| cell.flags.0 & Flags::PARTIAL_PERIOD.0 == 0).count();
        over > 0 && 2 * over >= live.count()
    };
    days.iter().rev().find(|(_, group)| whole(group)).map(|(day, _)| *day)
}

fn asked_words(query: &Query, times: &Times, answer: Option<&Answer>) -> Asked {
    let as_of = match query.as_of {
        Some(Instant::Date(day)) => Coordinate::Date(i64::from(day)).to_string(),
        Some(Instant::Timestamp(micros)) => iso_instant(micros),
        // The latest day that any row has.
        None => answer.map_or_else(String::new, |answer| answer.set.known_to().unwrap_or_default()),
    };
    Asked {
        grain: times.grain.map_or_else(String::new, |grain| crate::evaluate::grain_name(grain).to_owned()),
        period: times.word(times.current),
        prior: times.word(times.prior),
        as_of,
        filter: query.filter.clone().unwrap_or_default(),
    }
}

fn rings(
    book: &Book,
    timed: &[MetricId],
    with_time: Option<&Answer>,
    timeless: &[MetricId],
    without_time: Option<&Answer>,
    times: &Times,
    report: &mut Report,
) {
    let mut found: BTreeMap<MetricId, Metric> = BTreeMap::new();
    if let Some(answer) = with_time {
        for (at, id) in timed.iter().enumerate() {
            found.extend(
                book.metrics.get(id.0).map(|definition| (*id, metric(book, definition, answer, at, times))),
            );
        }
    }
    if let Some(answer) = without_time {
        let none = Times { grain: None, current: None, prior: None, trend: Vec::new() };
        for (at, id) in timeless.iter().enumerate() {
            found.extend(
                book.metrics.get(id.0).map(|definition| (*id, metric(book, definition, answer, at, &none))),
            );
        }
    }
    for (ring, name) in [
        (Some(crate::model::Ring::Behaviour), "behaviour"),
        (Some(crate::model::Ring::Conversion), "conversion"),
        (Some(crate::model::Ring::Revenue), "revenue"),
        (None, ""),
    ] {
        let own = |id: &MetricId| book.metrics.get(id.0).is_some_and(|metric| metric.ring == ring);
        let metrics: Vec<Metric> =
            found.iter().filter(|(id, _)| own(id)).map(|(_, metric)| metric.clone()).collect();
        if !metrics.is_empty() {
            report.rings.push(Ring { name: name.to_owned(), metrics });
        }
    }
}

fn metric(book: &Book, definition: &Definition, answer: &Answer, at: usize, times: &Times) -> Metric {
    let unit = answer.set.metrics.get(at).map_or("", |info| info.unit.as_str());
    let shown = |period: Option<i64>| match answer.cell(at, period) {
        Some((cell, _)) => Shown {
            value: cell.value,
            text: show::number(unit, cell.number()),
            reason: cell.reasons.to_string(),
        },
        None => Shown { value: None, text: show::NOTHING.to_owned(), reason: "no rows".to_owned() },
    };
    let exact = |period: Option<i64>| answer.cell(at, period).and_then(|(_, cell)| cell.value.clone().ok());
    let (value, prior) =
        (shown(times.current), times.prior.map_or_else(Shown::default, |day| shown(Some(day))));
    let (now, before) = (exact(times.current), times.prior.and_then(|day| exact(Some(day))));
    let (change, better) = change(unit, definition, now.as_ref(), before.as_ref());
    let cell = answer.cell(at, times.current).map(|(cell, _)| cell);
    Metric {
        name: definition.name.clone(),
        label: definition.label.clone(),
        description: definition.description.clone(),
        formula: definition.formula.clone(),
        owners: owners(book, definition),
        unit: unit.to_owned(),
        value,
        prior,
        change,
        better,
        n: cell.map_or(0, |cell| cell.n),
        flags: cell.map(|cell| cell.flags.names().map(str::to_owned).collect()).unwrap_or_default(),
        trend: (times.trend.iter())
            .map(|day| (times.word(Some(*day)), answer.cell(at, Some(*day)).and_then(|(cell, _)| cell.value)))
            .collect(),
        meaning: answer.set.metrics.get(at).map_or_else(String::new, |info| info.meaning.clone()),
        ..Metric::default()
    }
}

pub(super) fn owners(book: &Book, definition: &Definition) -> Vec<String> {
    definition.owners.iter().filter_map(|team| book.teams.get(team.0)).map(|team| team.name.clone()).collect()
}

/// Value − prior, and whether that is an improvement.
fn change(
    unit: &str,
    definition: &Definition,
    now: Option<&BigRational>,
    before: Option<&BigRational>,
) -> (Shown, Option<bool>) {
    let (Some(now), Some(before)) = (now, before) else { return (Shown::default(), None) };
    let quantum = of_difference(unit, [now, before]);
    let difference = now - before;
    let text = signed(unit, &quantum.text(&quantum.nearest(&difference)));
    let zero = BigRational::from_integer(0.into());
    let better = (difference != zero).then(|| (difference > zero) == (definition.good == Good::Up));
    (Shown { value: crate::chain::to_f64(&difference), text, reason: String::new() }, better)
}

/// Links whose metrics are in the report.
fn links(book: &Book, possible: &[MetricId]) -> Vec<Link> {
    let name = |id: &MetricId| book.metrics.get(id.0).map_or_else(String::new, |metric| metric.name.clone());
    let mut links = Vec::new();
    for link in &book.links {
        let (from, kind, text) = match &link.kind {
            LinkKind::Identity(identity) => (identity.formula.metrics(), "identity", identity.text.clone()),
            LinkKind::Belief { from } => (vec![*from], "belief", link.description.clone()),
        };
        for id in from {
            if possible.contains(&id) && possible.contains(&link.to) {
                links.push(Link {
                    from: name(&id),
                    to: name(&link.to),
                    kind: kind.to_owned(),
                    text: text.clone(),
                });
            }
        }
    }
    // A metric that is made of others by definition hangs together with them, too.
    for &id in possible {
        let linked =
            book.links.iter().any(|link| link.to == id && matches!(link.kind, LinkKind::Identity(_)));
        let Some(metric) = book.metrics.get(id.0).filter(|_| !linked) else { continue };
        for part in metrics_of(&metric.value) {
            if possible.contains(&part) {
                links.push(Link {
                    from: name(&part),
                    to: metric.name.clone(),
                    kind: "definition".to_owned(),
                    text: metric.formula.clone(),
                });
            }
        }
    }
    links
}

fn metrics_of(value: &Cell) -> BTreeSet<MetricId> {
    let mut found = BTreeSet::new();
    crate::book::each_leaf(value, &mut |leaf| {
        if let Cell::Metric(id) = leaf {
            found.insert(*id);
        }
    });
    found
}

/// Explains every metric that the book links by an identity.
fn explanations(
    book: &Book,
    data: &Dataset,
    query: &Query,
    possible: &[MetricId],
    times: &Times,
    report: &mut Report,
) {
    let Some(current) = times.current.filter(|_| times.prior.is_some()) else { return };
    for link in &book.links {
        let LinkKind::Identity(_) = link.kind else { continue };
        let Some(metric) = book.metrics.get(link.to.0).filter(|_| possible.contains(&link.to)) else {
            continue;
        };
        let ask = Ask {
            versus: Versus::Prior(Periods::Of(current)),
            query: query.clone(),
            ..Ask::new(&metric.name)
        };
        explain_one(book, data, &ask, report);
        // Why a goal is missed is told for the days of the goal, whatever period the report is about.
        if book.targets.iter().any(|target| target.metric == link.to) {
            let query = Query { as_of: query.as_of, ..Query::default() };
            explain_one(book, data, &Ask { versus: Versus::Target, query, ..ask }, report);
        }
    }
}

fn explain_one(book: &Book, data: &Dataset, ask: &Ask, report: &mut Report) {
    match explain::explain(book, data, ask) {
        Ok(found) => report.explanations.extend(found.facts()),
        Err(error) => report.omitted.push(format!("what moved `{}`: {error}", ask.metric)),
    }
}
