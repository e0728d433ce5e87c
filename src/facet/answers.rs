//! What targets and rules need from the data: collected first, so that equal questions are one pass, then asked.

use super::times::days;
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Coordinate, Evaluation, ExactCell, ExactGroup, Program};
use crate::model::{Book, Grain, Instant, MetricId, Query};
use std::collections::{BTreeMap, BTreeSet};

/// A question without its metrics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    /// Dimensions.
    pub(crate) by: Vec<String>,
    /// Length of a period.
    pub(crate) grain: Option<Grain>,
    /// First day inside, first day outside.
    pub(crate) range: Option<(i64, i64)>,
    /// What is known; `None`: all rows, whatever their time.
    pub(crate) as_of: Option<Instant>,
    /// With totals over the dimensions, from the right.
    pub(crate) totals: bool,
}

/// Questions by need.
#[derive(Default)]
pub(crate) struct Needs(BTreeMap<Need, BTreeSet<MetricId>>);

impl Needs {
    /// Notes a question for a metric.
    pub(crate) fn add(&mut self, need: Need, metric: MetricId) {
        self.0.entry(need).or_default().insert(metric);
    }

    /// Asks the data, each need in one pass.
    ///
    /// # Errors
    /// If the data cannot be read, or a question cannot be compiled.
    pub(crate) fn ask(self, book: &Book, data: &Dataset) -> Result<Answers, Error> {
        let mut answers = Answers::default();
        for (need, metrics) in self.0 {
            let metrics: Vec<MetricId> = metrics.into_iter().collect();
            match Program::compile(book, &query(book, &need, &metrics)?) {
                Ok(program) => answers.read(book, data, &need, &metrics, &program)?,
                // Dimensions of one name may have several types; metric by metric they cannot meet.
                Err(_) if metrics.len() > 1 => {
                    for metric in metrics {
                        let program = Program::compile(book, &query(book, &need, &[metric])?)?;
                        answers.read(book, data, &need, &[metric], &program)?;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(answers)
    }
}

fn query(book: &Book, need: &Need, metrics: &[MetricId]) -> Result<Query, Error> {
    let range = match need.range {
        Some((from, to)) => {
            Some(days(from, to).ok_or_else(|| Error::other("a period lies outside the calendar"))?)
        }
        None => None,
    };
    Ok(Query {
        metrics: metrics.iter().filter_map(|id| book.metrics.get(id.0)).map(|m| m.name.clone()).collect(),
        by: need.by.clone(),
        grain: need.grain,
        range,
        filter: None,
        as_of: need.as_of,
        totals: need.totals,
    })
}

/// Where a cell stands: dimension values, how many of them are totals, first day of the period.
type Place = (Vec<Coordinate>, Option<i64>);

/// What the data said.
#[derive(Default)]
pub(crate) struct Answers {
    cells: BTreeMap<(Need, MetricId), BTreeMap<Place, ExactCell>>,
    states: BTreeMap<(Need, MetricId), String>,
    empty: BTreeMap<MetricId, ExactCell>,
}

impl Answers {
    fn read(
        &mut self,
        book: &Book,
        data: &Dataset,
        need: &Need,
        metrics: &[MetricId],
        program: &Program,
    ) -> Result<(), Error> {
        let evaluation = data.evaluate(program)?;
        let state = evaluation.finish()?.receipt.state;
        let groups = evaluation.exact()?;
        for (position, metric) in metrics.iter().enumerate() {
            let key = (need.clone(), *metric);
            self.states.insert(key.clone(), state.clone());
            let cells = self.cells.entry(key).or_default();
            for ExactGroup { key, period, cells: own, .. } in &groups {
                // With a grain, a total over time is no period.
                if need.grain.is_some() != period.is_some() {
                    continue;
                }
                if let Some(cell) = own.get(position) {
                    cells.insert((key.clone(), *period), cell.clone());
                }
            }
            if !self.empty.contains_key(metric) {
                self.empty.insert(*metric, empty_cell(book, *metric)?);
            }
        }
        Ok(())
    }

    /// A cell; of a group without rows what the metric is over nothing. `None` if nobody asked.
    pub(crate) fn cell(
        &self,
        need: &Need,
        metric: MetricId,
        key: &[Coordinate],
        period: Option<i64>,
    ) -> Option<&ExactCell> {
        let cells = self.cells.get(&(need.clone(), metric))?;
        cells.get(&(key.to_vec(), period)).or_else(|| self.empty.get(&metric))
    }

    /// The cell of a group that is named in text, `None` standing for a total over a dimension.
    pub(crate) fn find(&self, need: &Need, metric: MetricId, wanted: &[Option<&str>]) -> Option<&ExactCell> {
        let cells = self.cells.get(&(need.clone(), metric))?;
        let is_wanted = |(value, wanted): (&Coordinate, &Option<&str>)| match (value, wanted) {
            (Coordinate::All, None) => true,
            (Coordinate::All | Coordinate::Missing, _) | (_, None) => false,
            (value, Some(text)) => value.to_string() == *text,
        };
        cells
            .iter()
            .find(|((key, _), _)| key.iter().zip(wanted).all(is_wanted))
            .map(|(_, cell)| cell)
            .or_else(|| self.empty.get(&metric))
    }

    /// All groups of a metric that have rows, without totals over dimensions: (dimension values, period).
    pub(crate) fn places<'a>(
        &'a self,
        need: &Need,
        metric: MetricId,
    ) -> impl Iterator<Item = &'a (Vec<Coordinate>, Option<i64>)> {
        let cells = self.cells.get(&(need.clone(), metric));
        cells.into_iter().flat_map(BTreeMap::keys).filter(|(key, _)| !key.contains(&Coordinate::All))
    }

    /// SHA-256 of the canonical state behind a need, in hex.
    pub(crate) fn state(&self, need: &Need, metric: MetricId) -> &str {
        self.states.get(&(need.clone(), metric)).map_or("", String::as_str)
    }
}

/// What a metric is over no rows: 0 for a count, nothing for a sum, its `fill_nulls_with` where it has one.
fn empty_cell(book: &Book, metric: MetricId) -> Result<ExactCell, Error> {
    let query = Query {
        metrics: book.metrics.get(metric.0).map(|m| m.name.clone()).into_iter().collect(),
        ..Query::default()
    };
    let groups = Evaluation::new(&Program::compile(book, &query)?)?.exact()?;
    groups
        .into_iter()
        .flat_map(|group| group.cells)
        .next()
        .ok_or_else(|| Error::other("an evaluation without dimensions gave no total"))
}
