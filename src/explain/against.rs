//! A metric against its target: which drivers are why it is not where it should be.
//!
//! The plan is what the targets of metric and drivers expect by now. A driver without a target of its own keeps its
//! actual value on both sides and so moves nothing; what the drivers' plans do not account for is unexplained.

use super::drivers::Drivers;
use super::quantum;
use super::{Ask, DriverValue, Explained, Explanations, driver_info, good, refused};
use crate::book::parse_instant;
use crate::chain::{self, Quantum, to_f64};
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Coordinate, ExactGroup, Program};
use crate::model::{Book, Instant, MetricId, Query, Range};
use crate::target::{self, TargetStatus};
use num_rational::BigRational;
use ripplemark_core::Flags;

pub(super) fn explain(
    book: &Book,
    data: &Dataset,
    ask: &Ask,
    metric: MetricId,
    drivers: &Drivers,
) -> Result<Explanations, Error> {
    if !ask.query.by.is_empty() || ask.query.filter.is_some() || ask.query.range.is_some() {
        return Err(refused(
            "RM0319",
            "a target has days and a scope of its own".into(),
            Some("leave out groups, range and filter".into()),
        ));
    }
    let statuses = target::evaluate(book, data, ask.query.as_of)?;
    let own: Vec<&TargetStatus> = statuses.iter().filter(|status| status.metric == ask.metric).collect();
    if own.is_empty() {
        return Err(refused(
            "RM0319",
            format!("metric `{}` has no target", ask.metric),
            Some("add one to the book's `targets`, or compare with `prior`".into()),
        ));
    }
    let mut metrics = vec![metric];
    metrics.extend(drivers.leaves.iter().filter(|leaf| **leaf != metric));
    let names: Vec<String> =
        metrics.iter().filter_map(|id| book.metrics.get(id.0)).map(|metric| metric.name.clone()).collect();
    let mut explained = Vec::new();
    let mut last = None;
    for status in own {
        let by: Vec<String> = status.scope.iter().map(|(dim, _)| dim.clone()).collect();
        let query = Query {
            metrics: names.clone(),
            by,
            range: Some(days(status)?),
            as_of: ask.query.as_of,
            ..Query::default()
        };
        let program = Program::compile(book, &query)?;
        let evaluation = data.evaluate(&program)?;
        let groups = evaluation.exact()?;
        let group = groups.iter().find(|group| {
            (group.key.iter().zip(&status.scope)).all(|(part, (_, value))| part.to_string() == *value)
        });
        explained.push(one(book, ask, status, &statuses, drivers, &metrics, group));
        last = Some((program, evaluation.finish()?.receipt));
    }
    let Some((program, receipt)) = last else { return Err(Error::other("no target was judged")) };
    Ok(Explanations {
        metric: driver_info(book, metric, &program),
        good: good(book, metric),
        formula: drivers.text.clone(),
        drivers: drivers.leaves.iter().map(|&leaf| driver_info(book, leaf, &program)).collect(),
        dims: Vec::new(),
        explained,
        receipt,
    })
}

/// The days that a target has measured so far.
fn days(status: &TargetStatus) -> Result<Range, Error> {
    let day = |text: &str| match parse_instant(text.get(..10).unwrap_or(text)) {
        Ok(Instant::Date(day)) => Ok(day),
        _ => Err(Error::other(format!("target of `{}`: `{text}` is no day", status.metric))),
    };
    let end = day(&status.due)?.min(day(&status.as_of)?);
    Ok(Range {
        from: Some(Instant::Date(day(&status.from)?)),
        to: Some(Instant::Date(end.saturating_add(1))),
    })
}

fn one(
    book: &Book,
    ask: &Ask,
    status: &TargetStatus,
    statuses: &[TargetStatus],
    drivers: &Drivers,
    metrics: &[MetricId],
    group: Option<&ExactGroup>,
) -> Explained {
    let mut notes = Vec::new();
    let (mut plan, mut actual) = (Vec::new(), Vec::new());
    for leaf in &drivers.leaves {
        let name = book.metrics.get(leaf.0).map_or("", |metric| metric.name.as_str());
        let same_days = |other: &&TargetStatus| {
            other.metric == name
                && other.scope == status.scope
                && other.from == status.from
                && other.due == status.due
        };
        let at = metrics.iter().position(|metric| metric == leaf);
        let is = at.and_then(|at| group?.cells.get(at)?.value.clone().ok());
        match statuses.iter().find(same_days) {
            Some(own) => {
                plan.push(own.standing.expected.number().ok().cloned());
                actual.push(own.standing.actual.number().ok().cloned());
            }
            None => {
                notes.push(format!(
                    "{name} has no target for the same days; its actual value stands for the plan"
                ));
                plan.push(is.clone());
                actual.push(is);
            }
        }
    }
    let expected = status.standing.expected.number().ok();
    let reached = status.standing.actual.number().ok();
    let measured = expected.zip(reached);
    let sizes = [expected, reached].into_iter().flatten().filter_map(to_f64);
    let quantum = ask.digits.map_or_else(
        || quantum::suited(&status.unit, sizes),
        |digits| Quantum::power_of_ten(digits.checked_neg().unwrap_or(i8::MAX)),
    );
    if measured.is_none() {
        let figure = if expected.is_none() { &status.standing.expected } else { &status.standing.actual };
        notes.push(format!(
            "the target has no number to compare ({}); the formula's value stands for it",
            figure.reason()
        ));
    }
    let outcome = chain::explain(&drivers.formula, &plan, &actual, measured, quantum);
    let values = plan.iter().zip(&actual).map(|(plan, actual)| (value(plan), value(actual))).collect();
    let scope: Vec<String> = status.scope.iter().map(|(dim, value)| format!("{dim} = {value}")).collect();
    let place = if scope.is_empty() { String::new() } else { format!(" of {}", scope.join(", ")) };
    notes.insert(0, format!("{} to {}, as of {}", status.from, status.due, status.as_of));
    Explained {
        key: Vec::<Coordinate>::new(),
        from: format!("target{place}"),
        to: "actual".to_owned(),
        values,
        flags: Flags::NONE,
        outcome,
        notes,
    }
}

fn value(number: &Option<BigRational>) -> DriverValue {
    match number {
        Some(number) => DriverValue {
            value: to_f64(number),
            whole: number.is_integer().then(|| number.to_integer().to_string()),
            reason: String::new(),
        },
        None => DriverValue { value: None, whole: None, reason: "empty".to_owned() },
    }
}
