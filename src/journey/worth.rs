//! What a lost row is worth: the formulas of `leak_value`, each evaluated once over all data that are known.
//!
//! Once, and not for each scope and period, for two reasons: parts then add up to their whole, and the worth of a row
//! that was lost last week cannot be told from the few deals that were closed last week.

use super::assemble::notes;
use super::questions::{made, rows_of};
use super::unit;
use crate::chain::to_f64;
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Program, Receipt};
use crate::lower;
use crate::model::{Book, Instant, Metric, MetricId, MetricKind, Query, StageId, Unit};
use num_rational::BigRational;
use ripplemark_core::Reasons;

/// What a lost row is worth.
#[derive(Clone, Debug)]
pub(super) struct Worth {
    pub(super) value: Result<BigRational, Reasons>,
    pub(super) unit: String,
}

/// The worths by the hand-off's later stage, and what they were made of.
pub(super) struct Worths {
    pub(super) values: Vec<(StageId, Worth)>,
    pub(super) receipt: Option<Receipt>,
    pub(super) notes: Vec<String>,
}

/// A program, with the later stages and units in the order of its metrics.
type Asked = (Program, Vec<(StageId, String)>);

/// The question what lost rows are worth; `None` where no hand-off asks it.
pub(super) fn question(book: &Book, stages: &[StageId], as_of: Instant) -> Result<Option<Asked>, Error> {
    let mut asking = Book { stages: vec![], ..book.clone() };
    let mut query = Query { as_of: Some(as_of), ..Query::default() };
    let mut units = Vec::new();
    for id in stages {
        let Some(stage) = book.stages.get(id.0) else { continue };
        let Some(leak) = stage.handoff.as_ref().and_then(|handoff| handoff.leak_value.as_ref()) else {
            continue;
        };
        let unit = match &leak.unit {
            Some(unit) => Some(unit.clone()),
            None => unit::of(book, &leak.value),
        };
        let name = format!("{}.worth", stage.id);
        query.metrics.push(name.clone());
        let metric = made(name, stage.owners.clone(), MetricKind::Derived, leak.value.clone());
        asking.metrics.push(Metric { unit: unit.clone(), ..metric });
        units.push((*id, unit.as_ref().map(Unit::to_string).unwrap_or_default()));
    }
    let Some((first, _)) = units.first() else { return Ok(None) };
    let own = book.metrics.len()..asking.metrics.len();
    let reads = own.into_iter().any(|at| !lower::tables_read(&asking, MetricId(at)).is_empty());
    if !reads && let Some(stage) = book.stages.get(first.0) {
        // A program reads something, even where all worths are written numbers.
        let rows = rows_of(stage);
        query.metrics.push(rows.name.clone());
        asking.metrics.push(rows);
    }
    Ok(Some((Program::compile(&asking, &query)?, units)))
}

pub(super) fn of(book: &Book, data: &Dataset, stages: &[StageId], as_of: Instant) -> Result<Worths, Error> {
    let Some((program, units)) = question(book, stages, as_of)? else {
        return Ok(Worths { values: vec![], receipt: None, notes: vec![] });
    };
    let evaluation = data.evaluate(&program)?;
    let groups = evaluation.exact()?;
    let mut set = evaluation.finish()?;
    let cells = groups.first().map(|group| group.cells.as_slice()).unwrap_or_default();
    let values = units
        .into_iter()
        .zip(cells)
        .map(|((id, unit), cell)| (id, Worth { value: cell.value.clone(), unit }))
        .collect();
    Ok(Worths { values, notes: notes(&mut set), receipt: Some(set.receipt) })
}

impl Worth {
    /// So many rows are worth.
    pub(super) fn times(&self, rows: u64) -> super::Amount {
        let product = self.value.as_ref().map(|worth| worth * BigRational::from_integer(rows.into()));
        super::Amount {
            value: product.as_ref().ok().and_then(to_f64),
            exact: product.as_ref().ok().map(ToString::to_string),
            unit: self.unit.clone(),
            reasons: product.err().map(|reasons| reasons.names().collect()).unwrap_or_default(),
        }
    }
}
