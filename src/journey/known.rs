//! Up to when the data are known, where nobody says it: the latest time in the columns of the hand-offs.

use super::questions::made;
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::Program;
use crate::evaluate::iso_date;
use crate::lower::ZoneTable;
use crate::model::{
    AggFunc, Aggregate, Book, Cell, ColumnId, ColumnType, Instant, Metric, MetricKind, Query, Range, StageId,
    TableId,
};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;

/// Up to when the data are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// A date is known to its end, a point in time up to itself.
    #[serde(serialize_with = "as_text")]
    pub instant: Instant,
    /// The column whose latest value it is; `None` where it was asked for.
    pub source: Option<String>,
}

fn as_text<S: Serializer>(instant: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*instant))
}

fn text(instant: Instant) -> String {
    match instant {
        Instant::Date(day) => iso_date(i64::from(day)),
        Instant::Timestamp(micros) => jiff::Timestamp::from_microsecond(micros)
            .map_or_else(|_| format!("{micros} microseconds since 1970"), |instant| instant.to_string()),
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(column) => write!(f, "{} (the latest {column})", text(self.instant)),
            None => f.write_str(&text(self.instant)),
        }
    }
}

/// The latest time in the columns of these hand-offs, by all rows of their tables; `None` where no row has one.
pub(super) fn latest(book: &Book, data: &Dataset, stages: &[StageId]) -> Result<Option<AsOf>, Error> {
    let mut columns: BTreeSet<(TableId, ColumnId)> = BTreeSet::new();
    for stage in stages.iter().filter_map(|id| book.stages.get(id.0)) {
        let Some(handoff) = &stage.handoff else { continue };
        let moments = [Some(&handoff.starts), Some(&stage.enters), handoff.rejected.as_ref()];
        columns.extend(moments.into_iter().flatten().map(|moment| (stage.table, moment.at)));
    }
    let mut counting = Book { metrics: vec![], stages: vec![], ..book.clone() };
    counting.metrics = columns.iter().map(|(table, at)| rows_at(*table, *at)).collect();
    // An open range: time is read, and nothing is left out.
    let program = Program::compile(&counting, &Query { range: Some(Range::default()), ..Query::default() })?;
    let found = data.evaluate(&program)?.finish()?;
    let zone = ZoneTable::new(&book.timezone).map_err(Error::other)?;
    let mut latest: Option<((i64, bool), AsOf)> = None;
    for (table, at) in columns {
        let Some(table) = book.tables.get(table.0) else { continue };
        let Some(column) = table.columns.get(at.0) else { continue };
        let report =
            found.rows.iter().find(|rows| rows.table == table.name && rows.at.as_ref() == Some(&column.name));
        let Some(value) = report.and_then(|rows| rows.watermark) else { continue };
        let (instant, ends) = if column.ty == ColumnType::Date {
            let Ok(day) = i32::try_from(value) else { continue };
            (Instant::Date(day), zone.start_of_day(value.saturating_add(1)))
        } else {
            (Instant::Timestamp(value), value.saturating_add(1))
        };
        // A whole day knows more than its last instant does of dates.
        let rank = (ends, column.ty == ColumnType::Date);
        if latest.as_ref().is_none_or(|(known, _)| rank > *known) {
            let source = Some(format!("{}.{}", table.name, column.name));
            latest = Some((rank, AsOf { instant, source }));
        }
    }
    Ok(latest.map(|(_, as_of)| as_of))
}

fn rows_at(table: TableId, at: ColumnId) -> Metric {
    let count = Aggregate {
        table,
        at: Some(at),
        func: AggFunc::Count,
        arg: None,
        filter: None,
        on_row_error: Default::default(),
    };
    let name = format!("{}.{}", table.0, at.0);
    made(name, vec![], MetricKind::Simple, Cell::Aggregate(Box::new(count)))
}
