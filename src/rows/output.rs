//! Taking rows out of batches, and telling how many there are of each kind.

use super::{CellAddress, DrillOptions, Found, Role, Why};
use crate::error::Error;
use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt64Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use serde::Serialize;
use std::sync::Arc;

/// The rows behind a cell.
#[derive(Clone, Debug)]
pub struct CellRows {
    /// The cell, its period named by its first day.
    pub address: CellAddress,
    /// One for each table that the metric reads, in the order of the program.
    pub tables: Vec<TableRows>,
}

/// The rows of one table behind a cell.
#[derive(Clone, Debug)]
pub struct TableRows {
    /// How many rows there are of each kind, whether they are listed or not.
    pub counts: TableCounts,
    /// The counted rows, in the order in which they came, as far as the limit goes: `_row` (number of the row among
    /// those of the table, from 0), `_table`, `_role`, then all columns of the data. A name that the data have, too,
    /// gets further underscores in front.
    ///
    /// Where other rows are listed, there is a column `_why`: null, or the reason for which a further aggregate of the
    /// metric has failed over the row. One batch, or more where the data came under several schemas.
    pub counted: Vec<RecordBatch>,
    /// Rows that are not counted, for the reasons asked for, likewise. `_role` is null.
    pub others: Vec<RecordBatch>,
    /// The columns of the first batch that came, listed as above; `None` if none came.
    pub schema: Option<SchemaRef>,
}

/// What became of the rows of one table, seen from a cell: `read` is `counted` and all `others` together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableCounts {
    /// The table.
    pub table: String,
    /// Rows looked through.
    pub read: u64,
    /// Rows that enter at least one aggregate of the metric in this cell.
    pub counted: u64,
    /// Those of them that enter what is divided; `None` where the metric is no quotient of different rows.
    pub numerator: Option<u64>,
    /// Those of them that enter what it is divided by; `None` likewise.
    pub denominator: Option<u64>,
    /// Rows that take the value from the cell, because a condition or an argument of the metric has failed over them.
    /// Most are among the others; a row may also enter one aggregate and fail in another.
    pub failed: u64,
    /// (reason, rows) for those that are not counted, in the order of [`Why::ALL`]; only reasons that occurred.
    pub others: Vec<(Why, u64)>,
    /// Counted rows in [`TableRows::counted`]; fewer than `counted` where the limit was reached.
    pub listed: u64,
    /// Rows in [`TableRows::others`].
    pub others_listed: u64,
}

impl TableCounts {
    /// The rows that `n` of the cell counts: those of the denominator, or all that are counted.
    ///
    /// Equal to `n`, unless the formula combines several aggregates with anything but `+` between counts of different
    /// rows: `n` is then the smallest of theirs.
    #[must_use]
    pub fn base(&self) -> u64 {
        self.denominator.unwrap_or(self.counted)
    }
}

impl TableRows {
    /// Counted rows and others as one batch, which may be empty; `None` if no data came, or the rows came under several
    /// schemas.
    #[must_use]
    pub fn to_record_batch(&self) -> Option<RecordBatch> {
        let batches: Vec<&RecordBatch> = self.counted.iter().chain(&self.others).collect();
        match batches.first() {
            // Arrow joins columns by position, whatever their names.
            Some(first) if batches.iter().any(|batch| batch.schema_ref() != first.schema_ref()) => None,
            Some(first) => concat_batches(&first.schema(), batches).ok(),
            None => self.schema.clone().map(RecordBatch::new_empty),
        }
    }
}

/// Takes the rows of a table as they come.
pub(super) struct Taking {
    has_roles: bool,
    counts: TableCounts,
    /// By [`Why::rank`].
    whys: [u64; Why::ALL.len()],
    counted: Vec<RecordBatch>,
    others: Vec<RecordBatch>,
    schema: Option<SchemaRef>,
}

/// Rows of one batch that are to be listed.
#[derive(Default)]
struct Picked {
    rows: Vec<u64>,
    roles: Vec<Option<&'static str>>,
    whys: Vec<Option<&'static str>>,
}

impl Picked {
    fn add(&mut self, row: usize, role: Option<Role>, why: Option<Why>) {
        self.rows.push(row as u64);
        self.roles.push(role.map(Role::name));
        self.whys.push(why.map(Why::name));
    }
}

impl Taking {
    pub(super) fn new(table: &str, has_roles: bool) -> Taking {
        let side = has_roles.then_some(0);
        Taking {
            has_roles,
            counts: TableCounts {
                table: table.to_owned(),
                read: 0,
                counted: 0,
                numerator: side,
                denominator: side,
                failed: 0,
                others: Vec::new(),
                listed: 0,
                others_listed: 0,
            },
            whys: [0; Why::ALL.len()],
            counted: Vec::new(),
            others: Vec::new(),
            schema: None,
        }
    }

    fn role(&self, found: &Found) -> Role {
        match (found.numerator, found.denominator) {
            _ if !self.has_roles => Role::Value,
            (true, true) => Role::Both,
            (true, false) => Role::Numerator,
            (false, true) => Role::Denominator,
            (false, false) => Role::Value,
        }
    }

    /// Takes the rows of a batch, of which `found` tells what they are.
    pub(super) fn take(
        &mut self,
        batch: &RecordBatch,
        found: &[Found],
        options: &DrillOptions,
    ) -> Result<(), Error> {
        let first_row = self.counts.read;
        let room = |listed: u64| listed < options.limit as u64;
        let (mut counted, mut others) = (Picked::default(), Picked::default());
        for (row, found) in found.iter().enumerate() {
            self.counts.read += 1;
            self.counts.failed += u64::from(found.failed);
            if found.entered {
                self.counts.counted += 1;
                add(&mut self.counts.numerator, found.numerator);
                add(&mut self.counts.denominator, found.denominator);
                if room(self.counts.listed) {
                    self.counts.listed += 1;
                    counted.add(row, Some(self.role(found)), found.why.filter(|_| found.failed));
                }
            } else {
                // A row that no aggregate had a word on cannot be: every table has a part that sees its rows.
                let why = found.why.unwrap_or(Why::OtherGroup);
                if let Some(rows) = self.whys.get_mut(why.rank()) {
                    *rows += 1;
                }
                if options.others.contains(&why) && room(self.counts.others_listed) {
                    self.counts.others_listed += 1;
                    others.add(row, None, Some(why));
                }
            }
        }
        let with_why = !options.others.is_empty();
        if self.schema.is_none() {
            let none = rows_of(batch, Picked::default(), 0, &self.counts.table, with_why)?;
            self.schema = Some(none.schema());
        }
        for (picked, listed) in [(counted, &mut self.counted), (others, &mut self.others)] {
            if !picked.rows.is_empty() {
                push(listed, rows_of(batch, picked, first_row, &self.counts.table, with_why)?);
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> TableRows {
        self.counts.others = Why::ALL.into_iter().zip(self.whys).filter(|(_, rows)| *rows > 0).collect();
        TableRows {
            counts: self.counts,
            counted: joined(self.counted),
            others: joined(self.others),
            schema: self.schema,
        }
    }
}

fn add(count: &mut Option<u64>, is_one: bool) {
    if let Some(count) = count {
        *count += u64::from(is_one);
    }
}

/// The picked rows of a batch, with what is known about them in front.
fn rows_of(
    batch: &RecordBatch,
    picked: Picked,
    first_row: u64,
    table: &str,
    with_why: bool,
) -> Result<RecordBatch, Error> {
    let failed = |error: arrow::error::ArrowError| Error::other(format!("table `{table}`: {error}"));
    let rows = UInt64Array::from(picked.rows);
    let taken = take_record_batch(batch, &rows).map_err(failed)?;
    let numbers: UInt64Array = rows.values().iter().map(|row| row + first_row).collect();
    let names: StringArray = rows.values().iter().map(|_| Some(table)).collect();
    let mut columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("_row", Arc::new(numbers), false),
        ("_table", Arc::new(names), false),
        ("_role", Arc::new(StringArray::from(picked.roles)), true),
    ];
    if with_why {
        columns.push(("_why", Arc::new(StringArray::from(picked.whys)), true));
    }
    let schema = taken.schema();
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (name, array, nullable) in columns {
        let mut name = name.to_owned();
        while schema.fields().iter().any(|field| *field.name() == name) {
            name.insert(0, '_');
        }
        fields.push(Arc::new(Field::new(name, array.data_type().clone(), nullable)));
        arrays.push(array);
    }
    fields.extend(schema.fields().iter().cloned());
    arrays.extend(taken.columns().iter().map(compact));
    let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    RecordBatch::try_new(schema, arrays).map_err(failed)
}

/// A copy of the values alone where an array would hold on to the text of a whole batch.
fn compact(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8View => Arc::new(array.as_string_view().gc()),
        DataType::BinaryView => Arc::new(array.as_binary_view().gc()),
        _ => array.clone(),
    }
}

/// Joins small batches now and then, so that what is listed of many batches stays few.
fn push(listed: &mut Vec<RecordBatch>, batch: RecordBatch) {
    const MANY: usize = 256;
    listed.push(batch);
    if listed.len() >= MANY {
        *listed = joined(std::mem::take(listed));
    }
}

/// Neighbours of one schema as one batch, unless they cannot be joined (dictionaries with too many entries).
fn joined(batches: Vec<RecordBatch>) -> Vec<RecordBatch> {
    let runs = batches.chunk_by(|a, b| a.schema_ref() == b.schema_ref());
    runs.flat_map(|run| match run.first().map(|first| concat_batches(first.schema_ref(), run)) {
        Some(Ok(batch)) => vec![batch],
        _ => run.to_vec(),
    })
    .collect()
}
