//! The states of a metric and its drivers, in pairs: a period and the one before, one segment and another.

use super::drivers::Drivers;
use super::quantum;
use super::{Ask, DriverValue, Explained, Explanations, Periods, Versus, driver_info, good, refused};
use crate::chain::{self, ChainError, Quantum, to_f64};
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Coordinate, Evaluation, ExactCell, ExactGroup, Program};
use crate::model::{Book, MetricId, Query};
use crate::show::period;
use num_rational::BigRational;
use ripplemark_core::time::{Calendar, Grain};
use ripplemark_core::{Flags, Reasons};
use std::collections::{BTreeMap, BTreeSet};

/// Most pairs that one question may compare.
const MAX_PAIRS: usize = 100_000;

pub(super) fn explain(
    book: &Book,
    data: &Dataset,
    ask: &Ask,
    metric: MetricId,
    drivers: &Drivers,
) -> Result<Explanations, Error> {
    let mut metrics = vec![metric];
    metrics.extend(drivers.leaves.iter().filter(|leaf| **leaf != metric));
    let names = metrics.iter().filter_map(|id| book.metrics.get(id.0)).map(|metric| metric.name.clone());
    let mut query = Query { metrics: names.collect(), totals: false, ..ask.query.clone() };
    if let Versus::Segments { dim, .. } = &ask.versus
        && !query.by.contains(dim)
    {
        query.by.push(dim.clone());
    }
    if matches!(ask.versus, Versus::Prior(_)) && query.grain.is_none() {
        return Err(refused(
            "RM0315",
            "a period can be compared with the one before only if the question has periods".into(),
            Some("give it a grain: day, week, month, quarter or year".into()),
        ));
    }
    let program = Program::compile(book, &query)?;
    let evaluation = data.evaluate(&program)?;
    let states = States::new(&evaluation, nothing(book, &query)?, metrics, drivers, ask.digits)?;
    let explained = match &ask.versus {
        Versus::Prior(periods) => states.by_period(*periods)?,
        // Targets have questions of their own; see `against`.
        Versus::Target => Vec::new(),
        Versus::Segments { dim, from, to } => {
            let at = query.by.iter().position(|name| name == dim).unwrap_or(0);
            states.by_segment(at, dim, from, to)?
        }
    };
    Ok(Explanations {
        metric: driver_info(book, metric, &program),
        good: good(book, metric),
        formula: drivers.text.clone(),
        drivers: drivers.leaves.iter().map(|&leaf| driver_info(book, leaf, &program)).collect(),
        dims: query.by,
        explained,
        receipt: evaluation.finish()?.receipt,
    })
}

/// The cells where no row is: counts are 0, and sums are what the book makes of nothing.
fn nothing(book: &Book, query: &Query) -> Result<Vec<ExactCell>, Error> {
    let query = Query { metrics: query.metrics.clone(), as_of: query.as_of, ..Query::default() };
    let empty = Evaluation::new(&Program::compile(book, &query)?)?;
    Ok(empty.exact()?.into_iter().next().map(|group| group.cells).unwrap_or_default())
}

/// All cells by group and period.
struct States<'a> {
    cells: BTreeMap<Vec<Coordinate>, BTreeMap<Option<i64>, Vec<ExactCell>>>,
    nothing: Vec<ExactCell>,
    /// The program's metrics: first the one explained.
    metrics: Vec<MetricId>,
    drivers: &'a Drivers,
    digits: Option<i8>,
    grain: Option<Grain>,
    calendar: Calendar,
    unit: String,
    names: Vec<String>,
}

impl<'a> States<'a> {
    fn new(
        evaluation: &Evaluation,
        nothing: Vec<ExactCell>,
        metrics: Vec<MetricId>,
        drivers: &'a Drivers,
        digits: Option<i8>,
    ) -> Result<States<'a>, Error> {
        let mut cells: BTreeMap<Vec<Coordinate>, BTreeMap<Option<i64>, Vec<ExactCell>>> = BTreeMap::new();
        for ExactGroup { key, period, cells: group, .. } in evaluation.exact()? {
            cells.entry(key).or_default().insert(period, group);
        }
        let view = evaluation.program().view();
        let names: Vec<String> = (0..view.metric_count()).map(|i| view.metric(i).name.to_owned()).collect();
        Ok(States {
            cells,
            nothing,
            metrics,
            drivers,
            digits,
            grain: view.grain(),
            calendar: view.calendar(),
            unit: if view.metric_count() > 0 { view.metric(0).unit.to_owned() } else { String::new() },
            names,
        })
    }

    fn at(&self, key: &[Coordinate], period: Option<i64>) -> &[ExactCell] {
        self.cells.get(key).and_then(|periods| periods.get(&period)).unwrap_or(&self.nothing)
    }

    fn by_period(&self, asked: Periods) -> Result<Vec<Explained>, Error> {
        let Some(grain) = self.grain else { return Ok(Vec::new()) };
        let known = self.cells.values().flat_map(|periods| periods.keys().flatten()).copied().collect();
        let pairs = period_pairs(&known, grain, self.calendar, asked, &|period| self.is_partial(period))?;
        let mut explained = Vec::new();
        for key in self.cells.keys() {
            for &(from, to) in &pairs {
                let (before, after) = (self.at(key, Some(from)), self.at(key, Some(to)));
                let names = (period(grain, from), period(grain, to));
                push(&mut explained, self.pair(key.clone(), names, before, after))?;
            }
        }
        Ok(explained)
    }

    /// True if a period was not over when the data end, or is cut by the range.
    fn is_partial(&self, period: i64) -> bool {
        self.cells
            .values()
            .filter_map(|periods| periods.get(&Some(period))?.first())
            .any(|cell| super::is_partial(cell.flags))
    }

    fn by_segment(&self, at: usize, dim: &str, from: &str, to: &str) -> Result<Vec<Explained>, Error> {
        let known: BTreeSet<&Coordinate> = self.cells.keys().filter_map(|key| key.get(at)).collect();
        let find = |wanted: &str| {
            known
                .iter()
                .find(|coordinate| coordinate.to_string() == wanted)
                .map(|found| (**found).clone())
                .ok_or_else(|| {
                    let list: Vec<String> = known.iter().take(12).map(ToString::to_string).collect();
                    refused(
                        "RM0316",
                        format!("no row has `{dim}` = {wanted}"),
                        Some(format!("it has {}", list.join(", "))),
                    )
                })
        };
        let (from, to) = (find(from)?, find(to)?);
        // What else tells groups apart, and the periods there are.
        let mut places: BTreeSet<(Vec<Coordinate>, Option<i64>)> = BTreeSet::new();
        for (key, periods) in &self.cells {
            if key.get(at) == Some(&from) || key.get(at) == Some(&to) {
                let mut rest = key.clone();
                if let Some(coordinate) = rest.get_mut(at) {
                    *coordinate = Coordinate::All;
                }
                places.extend(periods.keys().map(|period| (rest.clone(), *period)));
            }
        }
        let mut explained = Vec::new();
        for (key, when) in places {
            let side = |segment: &Coordinate| {
                let mut full = key.clone();
                if let Some(coordinate) = full.get_mut(at) {
                    *coordinate = segment.clone();
                }
                full
            };
            let (before, after) = (self.at(&side(&from), when), self.at(&side(&to), when));
            let suffix = match (self.grain, when) {
                (Some(grain), Some(day)) => format!(" in {}", period(grain, day)),
                _ => String::new(),
            };
            let names = (format!("{dim} = {from}{suffix}"), format!("{dim} = {to}{suffix}"));
            push(&mut explained, self.pair(key.clone(), names, before, after))?;
        }
        Ok(explained)
    }

    /// One change, taken apart.
    fn pair(
        &self,
        key: Vec<Coordinate>,
        (from, to): (String, String),
        before: &[ExactCell],
        after: &[ExactCell],
    ) -> Explained {
        let position = |leaf: &MetricId| self.metrics.iter().position(|metric| metric == leaf).unwrap_or(0);
        let positions: Vec<usize> = self.drivers.leaves.iter().map(position).collect();
        let side = |cells: &[ExactCell]| -> Vec<Option<BigRational>> {
            positions.iter().map(|&at| cells.get(at).and_then(|cell| cell.value.clone().ok())).collect()
        };
        let value = |cells: &[ExactCell], at: usize| driver_value(cells.get(at));
        let values = positions.iter().map(|&at| (value(before, at), value(after, at))).collect();
        let measured = measured(before).zip(measured(after));
        let (first, second) = (side(before), side(after));
        let quantum = self.digits.map_or_else(
            || {
                let formula = |state: &[Option<BigRational>]| {
                    let state: Option<Vec<BigRational>> = state.iter().cloned().collect();
                    self.drivers.formula.evaluate(&state?).ok()
                };
                let size = |cells: &[ExactCell], state: &[Option<BigRational>]| {
                    measured_value(cells).or_else(|| formula(state)).as_ref().and_then(to_f64)
                };
                let sizes = [size(before, &first), size(after, &second)];
                quantum::suited(&self.unit, sizes.into_iter().flatten())
            },
            |digits| Quantum::power_of_ten(digits.checked_neg().unwrap_or(i8::MAX)),
        );
        let outcome = chain::explain(&self.drivers.formula, &first, &second, measured, quantum);
        let mut notes = Vec::new();
        if measured.is_none() {
            for (cells, state) in [(before, &from), (after, &to)] {
                if let Some(Err(reasons)) = cells.first().map(|cell| cell.value.as_ref()) {
                    notes.push(format!(
                        "{} has no value in {state} ({reasons}); the formula's value stands for it",
                        self.names.first().map_or("", String::as_str)
                    ));
                }
            }
        }
        notes.extend(self.filled(&outcome, before, after, &positions, (&from, &to)));
        let flags = |cells: &[ExactCell]| cells.first().map_or(Flags::NONE, |cell| cell.flags);
        Explained { key, from, to, values, flags: flags(before) | flags(after), outcome, notes }
    }

    /// Says which drivers were undefined on one side.
    fn filled(
        &self,
        outcome: &Result<chain::Explanation, ChainError>,
        before: &[ExactCell],
        after: &[ExactCell],
        positions: &[usize],
        (from, to): (&str, &str),
    ) -> Vec<String> {
        let Ok(explained) = outcome else { return Vec::new() };
        let mut notes = Vec::new();
        for &leaf in explained.contributions.iter().filter(|part| part.filled).flat_map(|part| &part.leaves) {
            let Some(&at) = positions.get(leaf) else { continue };
            let name = self.names.get(at).map_or("", String::as_str);
            for (cells, state) in [(before, from), (after, to)] {
                if let Some(Err(reasons)) = cells.get(at).map(|cell| cell.value.as_ref()) {
                    notes.push(format!(
                        "{name} has no value in {state} ({reasons}); its other value was taken, so it moved nothing"
                    ));
                }
            }
        }
        notes
    }
}

/// Periods with the one before each, from the first to the last that is known.
pub(super) fn period_pairs(
    known: &BTreeSet<i64>,
    grain: Grain,
    calendar: Calendar,
    asked: Periods,
    is_partial: &dyn Fn(i64) -> bool,
) -> Result<Vec<(i64, i64)>, Error> {
    let (Some(&first), Some(&last)) = (known.first(), known.last()) else { return Ok(Vec::new()) };
    let mut pairs = Vec::new();
    let mut prior = first;
    while prior < last && pairs.len() <= MAX_PAIRS {
        let next = calendar.end(grain, prior);
        pairs.push((prior, next));
        prior = next;
    }
    match asked {
        Periods::All => {}
        Periods::Of(day) => {
            let wanted = calendar.start(grain, day);
            pairs.retain(|(_, period)| *period == wanted);
            if pairs.is_empty() {
                let (wanted, first, last) =
                    (period(grain, wanted), period(grain, first), period(grain, last));
                return Err(refused(
                    "RM0316",
                    format!("there is no period before {wanted} to compare it with, or no row in it"),
                    Some(format!("the data have the periods {first} to {last}")),
                ));
            }
        }
        Periods::Latest => {
            let whole = pairs.iter().rev().find(|(_, period)| !is_partial(*period));
            pairs = whole.or(pairs.last()).copied().into_iter().collect();
        }
    }
    Ok(pairs)
}

fn push(explained: &mut Vec<Explained>, one: Explained) -> Result<(), Error> {
    if explained.len() >= MAX_PAIRS {
        return Err(refused(
            "RM0317",
            format!("more than {MAX_PAIRS} changes"),
            Some("group by fewer dimensions, or ask for one period".into()),
        ));
    }
    explained.push(one);
    Ok(())
}

fn measured(cells: &[ExactCell]) -> Option<&BigRational> {
    cells.first()?.value.as_ref().ok()
}

fn measured_value(cells: &[ExactCell]) -> Option<BigRational> {
    measured(cells).cloned()
}

fn driver_value(cell: Option<&ExactCell>) -> DriverValue {
    let none = |reasons: Reasons| DriverValue { value: None, whole: None, reason: reasons.to_string() };
    match cell.map(|cell| &cell.value) {
        Some(Ok(value)) => DriverValue {
            value: to_f64(value),
            whole: value.is_integer().then(|| value.to_integer().to_string()),
            reason: String::new(),
        },
        Some(Err(reasons)) => none(*reasons),
        None => none(Reasons::EMPTY),
    }
}
