//! What is asked of data besides numbers: what moved them, targets, findings, journeys, reports. Answers are JSON.

use crate::book::{Asked, Book};
use crate::dataset::Dataset;
use crate::error::QueryError;
use crate::guard::{Failure, detached};
use pyo3::prelude::*;
use ripplemark::book::parse_instant;
use ripplemark::evaluate::Coordinate;
use ripplemark::explain::{self, Ask, MixAsk, MixExplained, Periods, Versus};
use ripplemark::model::{Book as Model, Instant, Query};
use ripplemark::report::terminal::{self, Layout};
use ripplemark::report::{self, Options, page};
use ripplemark::{journey, rule, show, target};
use serde::Serialize;
use serde_json::{Value, json};

/// Columns that text may take.
const LAYOUT: Layout = Layout { width: 100, colour: false };

/// Where a change is looked for.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Place {
    /// The segment compared with: dimension and value; `None`: the prior period or a target.
    vs: Option<(String, String)>,
    /// Compare with the metric's targets.
    target: bool,
    /// Groups that are wanted: dimensions and values.
    groups: Vec<(String, String)>,
    /// A day of the period that is wanted, or the year or month that begins with it; `None`: the latest.
    period: Option<String>,
    /// All periods.
    all: bool,
    /// Digits of what is shown.
    digits: Option<i8>,
}

impl Place {
    fn periods(&self) -> PyResult<Periods> {
        Ok(match day("period", self.period.as_deref())? {
            Some(day) => Periods::Of(day),
            None if self.all => Periods::All,
            None => Periods::Latest,
        })
    }
}

/// Explanations as JSON: exact, and as they are shown.
#[pyfunction]
#[pyo3(signature = (book, data, metric, asked, place, tell=None))]
pub(crate) fn explained(
    py: Python<'_>,
    book: &Book,
    data: &Dataset,
    metric: String,
    asked: Asked,
    mut place: Place,
    tell: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let mut query = book.question(&asked)?;
    query.metrics.clear();
    let versus = match place.vs.take() {
        None if place.target => Versus::Target,
        None => Versus::Prior(place.periods()?),
        Some((dim, from)) => {
            let Some(at) = place.groups.iter().position(|(name, _)| *name == dim) else {
                return Err(refused(format!(
                    "vs: say which `{dim}` is compared with `{from}`: at={{\"{dim}\": ...}}"
                )));
            };
            let (_, to) = place.groups.remove(at);
            Versus::Segments { dim, from, to }
        }
    };
    let segments = matches!(versus, Versus::Segments { .. });
    query.by.extend(place.groups.iter().map(|(name, _)| name.clone()));
    query.by = unique(std::mem::take(&mut query.by));
    let groups = std::mem::take(&mut place.groups);
    let book = book.book();
    let ending = if segments { ending(py, book, &metric, &query, place.period.as_deref())? } else { None };
    let ask = Ask { metric, versus, query, digits: place.digits };
    data.ask(py, tell, |data| {
        let mut found = explain::explain(book, data, &ask)?;
        let dims = found.dims.clone();
        found.explained.retain(|one| {
            keeps(&groups, &dims, &one.key) && ending.as_ref().is_none_or(|ending| one.to.ends_with(ending))
        });
        let facts = found.facts();
        let texts: Vec<String> = facts.iter().map(|fact| terminal::explanation(fact, LAYOUT)).collect();
        text(&json!({ "exact": found.to_json(), "facts": value(&facts)?, "texts": texts }))
    })
}

/// How the states of a period end, ` in 2017-07`, where segments are compared in one period.
fn ending(
    py: Python<'_>,
    book: &Model,
    metric: &str,
    query: &Query,
    period: Option<&str>,
) -> PyResult<Option<String>> {
    let Some(day) = day("period", period)? else { return Ok(None) };
    let query = Query { metrics: vec![metric.to_owned()], ..query.clone() };
    let program = detached(py, || Ok(ripplemark::Program::compile(book, &query)?))?;
    let view = program.view();
    let Some(grain) = view.grain() else {
        return Err(refused(
            "period: the question has no periods; give it a grain: day, week, month, quarter or year".into(),
        ));
    };
    Ok(Some(format!(" in {}", show::period(grain, view.calendar().start(grain, day)))))
}

fn keeps(groups: &[(String, String)], dims: &[String], key: &[Coordinate]) -> bool {
    groups.iter().all(|(name, value)| {
        let at = dims.iter().position(|dim| dim == name);
        at.and_then(|at| key.get(at)).is_some_and(|coordinate| coordinate.to_string() == *value)
    })
}

fn unique(names: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

/// Mix and rate of a ratio over a dimension, as JSON.
#[pyfunction]
#[pyo3(signature = (book, data, metric, dim, asked, place, tell=None))]
#[allow(clippy::too_many_arguments)]
pub(crate) fn mixed(
    py: Python<'_>,
    book: &Book,
    data: &Dataset,
    metric: String,
    dim: String,
    asked: Asked,
    place: Place,
    tell: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let query = Query { metrics: Vec::new(), ..book.question(&asked)? };
    let ask = MixAsk { metric, dim, periods: place.periods()?, query, digits: place.digits };
    let book = book.book();
    let metric = book.metrics.iter().find(|known| known.name == ask.metric);
    let unit = metric.map(ripplemark::model::Metric::unit_text).unwrap_or_default();
    data.ask(py, tell, |data| {
        let found = explain::explain_mix(book, data, &ask)?;
        let facts: Vec<_> = found.iter().map(|one| one.fact(&ask.metric, &ask.dim, &unit)).collect();
        let texts: Vec<String> = facts.iter().map(|fact| terminal::mix(fact, LAYOUT)).collect();
        let exact: Vec<Value> = found.iter().map(MixExplained::to_json).collect();
        text(&json!({ "exact": exact, "facts": value(&facts)?, "texts": texts }))
    })
}

/// Where the targets stand, as JSON.
#[pyfunction]
#[pyo3(signature = (book, data, as_of=None, tell=None))]
pub(crate) fn targets(
    py: Python<'_>,
    book: &Book,
    data: &Dataset,
    as_of: Option<&str>,
    tell: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let as_of = instant("as_of", as_of)?;
    let book = book.book();
    data.ask(py, tell, |data| text(&value(&target::evaluate(book, data, as_of)?)?))
}

/// What the rules find, as JSON.
#[pyfunction]
#[pyo3(signature = (book, data, period=None, as_of=None, tell=None))]
pub(crate) fn findings(
    py: Python<'_>,
    book: &Book,
    data: &Dataset,
    period: Option<&str>,
    as_of: Option<&str>,
    tell: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let ask = rule::Ask { period: first_moment("period", period)?, as_of: instant("as_of", as_of)? };
    let book = book.book();
    data.ask(py, tell, |data| {
        let found = rule::evaluate(book, data, ask)?;
        let notes: Vec<String> = found.rules.iter().filter_map(rule::RuleReport::note).collect();
        let mut found = value(&found)?;
        if let Value::Object(fields) = &mut found {
            fields.insert("notes".into(), notes.into());
        }
        text(&found)
    })
}

/// The hand-offs, as JSON.
#[pyfunction]
#[pyo3(signature = (book, data, stages, asked, tell=None))]
pub(crate) fn journeys(
    py: Python<'_>,
    book: &Book,
    data: &Dataset,
    stages: Vec<String>,
    asked: Asked,
    tell: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let query = book.question(&asked)?;
    let ask = journey::Ask {
        stages,
        by: query.by,
        grain: query.grain,
        range: query.range,
        as_of: query.as_of,
        totals: query.totals,
    };
    let book = book.book();
    data.ask(py, tell, |data| text(&value(&journey::evaluate(book, data, &ask)?)?))
}

/// A report as JSON, as a page, and as text.
#[pyfunction]
#[pyo3(signature = (book, data, asked, period=None, tell=None))]
pub(crate) fn reported(
    py: Python<'_>,
    book: &Book,
    data: &Dataset,
    asked: Asked,
    period: Option<&str>,
    tell: Option<&Bound<'_, PyAny>>,
) -> PyResult<(String, String, String)> {
    let query = book.question(&asked)?;
    let options = Options { query, period: day("period", period)? };
    let book = book.book();
    data.ask(py, tell, |data| {
        let report = report::collect(book, data, &options)?;
        let json = text(&report::json(&report)?)?;
        Ok((json, page::render(&report), terminal::render(&report, LAYOUT)))
    })
}

fn value<T: Serialize>(answer: &T) -> Result<Value, Failure> {
    serde_json::to_value(answer)
        .map_err(|error| Failure::Internal(format!("an answer cannot be written: {error}")))
}

fn text(value: &Value) -> Result<String, Failure> {
    Ok(value.to_string())
}

fn refused(message: String) -> PyErr {
    PyErr::new::<QueryError, _>((message,))
}

fn instant(argument: &str, text: Option<&str>) -> PyResult<Option<Instant>> {
    let read = |text| parse_instant(text).map_err(|why| refused(format!("{argument}: {why}")));
    text.map(read).transpose()
}

/// A point in time; a year and a month stand for their first day.
fn first_moment(argument: &str, text: Option<&str>) -> PyResult<Option<Instant>> {
    let whole = text.map(|text| match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    });
    instant(argument, whole.as_deref())
}

/// Days since 1970-01-01.
fn day(argument: &str, text: Option<&str>) -> PyResult<Option<i64>> {
    match first_moment(argument, text)? {
        None => Ok(None),
        Some(Instant::Date(day)) => Ok(Some(i64::from(day))),
        Some(_) => Err(refused(format!("{argument}: expected a day, a month or a year, such as 2017-07"))),
    }
}
