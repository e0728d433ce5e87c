//! Drill-through: the rows behind a cell of a result, and why the other rows are not behind it.
//!
//! ```text
//! Program + CellAddress ─► DrillThrough ◄─ feed (Arrow batches, all of their columns)
//!                              └─ finish ─► CellRows: the counted rows, the others with the reason, how many of each
//! ```
//!
//! The core traces each row through the code that counts it ([`ripplemark_core::trace`]); this module decides which
//! slots a metric stands on, what a row is in the cell, and takes the rows out of the batches.

mod address;
mod output;
mod parts;
mod why;

pub use address::CellAddress;
pub use output::{CellRows, TableCounts, TableRows};
pub use why::{Role, Why};

use crate::bind::{Binder, TableSpec};
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Coordinate, Program};
use crate::lookup::{DEFAULT_LIMIT, Lookups};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchReader};
use output::Taking;
use parts::Parts;
use ripplemark_core::batch::Column;
use ripplemark_core::trace::{Entry, Spot, Target, Traced, Wanted, trace};
use ripplemark_core::{Register, Scratch};
use ripplemark_float_env::Standard;
use std::collections::BTreeSet;

/// What to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillOptions {
    /// The most counted rows, and the most other rows, that are listed; all are counted in any case.
    pub limit: usize,
    /// Rows that the cell does not count are listed, too, if one of these is the reason.
    pub others: Vec<Why>,
}

impl DrillOptions {
    /// Rows that are listed where nothing else is said.
    pub const LIMIT: usize = 10_000;
}

impl Default for DrillOptions {
    fn default() -> Self {
        DrillOptions { limit: DrillOptions::LIMIT, others: Vec::new() }
    }
}

/// Looks for the rows behind one cell.
///
/// Rows must come as they came to the evaluation that gave the cell; in which order and batches does not matter, except
/// for the numbers that they are listed under.
///
/// ```
/// use arrow::array::{ArrayRef, RecordBatch, StringArray};
/// use ripplemark::{Program, book, model::Query};
/// use ripplemark::rows::{CellAddress, DrillOptions, DrillThrough};
///
/// let text = r#"
/// ripplemark: 1
/// book: {id: acme}
/// teams: {sales: Sales}
/// tables:
///   deals: {columns: {region: category, stage: category}}
/// metrics:
///   - {name: win_rate, owner: sales, expr: 'count_if(stage == "Won") / count_if(stage != "Open")'}
/// "#;
/// let book = book::load_str(text, "acme.yaml")?.book;
/// let program = Program::compile(&book, &Query { by: vec!["region".into()], ..Query::default() })?;
/// let regions: ArrayRef = std::sync::Arc::new(StringArray::from(vec!["EMEA", "EMEA", "APAC", "EMEA"]));
/// let stages: ArrayRef = std::sync::Arc::new(StringArray::from(vec!["Won", "Open", "Won", "Lost"]));
/// let batch = RecordBatch::try_from_iter([("region", regions), ("stage", stages)])?;
///
/// let cell = CellAddress::parse(&program, "win_rate", [("region", "EMEA")])?;
/// let mut drill = DrillThrough::new(&program, cell, DrillOptions::default())?;
/// drill.feed("deals", &batch)?;
/// let rows = drill.finish();
/// let deals = &rows.tables[0];
/// assert_eq!((deals.counts.read, deals.counts.counted), (4, 2)); // rows 0 and 3
/// assert_eq!((deals.counts.numerator, deals.counts.denominator), (Some(1), Some(2)));
/// let others: Vec<_> = deals.counts.others.iter().map(|(why, rows)| (why.name(), *rows)).collect();
/// assert_eq!(others, [("other_group", 1), ("condition_false", 1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DrillThrough {
    program: Program,
    address: CellAddress,
    options: DrillOptions,
    parts: Parts,
    /// The tables that the metric reads, and those in which their rows look something up, in the order of the plan.
    tables: Vec<Table>,
    lookups: Lookups,
    registers: Vec<Register>,
    words: Vec<u64>,
}

struct Table {
    /// Its position in the program's plan.
    position: usize,
    spec: TableSpec,
    /// The last schema seen, with the binder made for it.
    binder: Option<(SchemaRef, Binder)>,
    /// Its number in the core, and the rows that are listed; `None` where rows are only looked up.
    traced: Option<(usize, Taking)>,
    /// Whether rows of the others are looked up here.
    kept: bool,
}

/// What is known about a row after it was traced.
#[derive(Clone, Copy, Default)]
struct Found {
    entered: bool,
    numerator: bool,
    denominator: bool,
    failed: bool,
    /// The reason that came closest to counting the row; looked at only if it did not enter.
    why: Option<Why>,
}

impl Found {
    fn because(&mut self, why: Why) {
        self.why = self.why.max(Some(why));
    }
}

impl DrillThrough {
    /// Begins to look for the rows behind a cell.
    ///
    /// # Errors
    /// If the program has no such metric, or the address does not fit the program's dimensions and periods: every
    /// problem at once.
    pub fn new(
        program: &Program,
        mut address: CellAddress,
        options: DrillOptions,
    ) -> Result<DrillThrough, Error> {
        let metric = address.fit(program)?;
        let view = program.view();
        let rejects = program.plan().asked.as_ref().map_or(&[][..], |asked| &asked.rejects);
        let parts = Parts::new(view, rejects, metric);
        let plan = program.plan();
        let traced = |position: usize| -> Option<usize> {
            plan.tables.get(position)?.core.filter(|core| parts.reads(view, *core))
        };
        let read = plan.tables.iter().enumerate().filter(|(position, _)| traced(*position).is_some());
        let mut needed: BTreeSet<usize> = BTreeSet::new();
        for (_, table) in read {
            if table.waits {
                return Err(Error::lookup(format!(
                    "rows of table `{}` look into a table that looks into it, or into itself; ask for the rows behind \
                     a metric in a query that needs only one of the two ways",
                    table.name
                )));
            }
            needed.extend(&table.needs);
        }
        let tables = program
            .tables()
            .into_iter()
            .enumerate()
            .filter(|(position, _)| traced(*position).is_some() || needed.contains(position))
            .map(|(position, spec)| Table {
                position,
                traced: traced(position).map(|core| (core, Taking::new(&spec.name, parts.has_roles()))),
                spec,
                binder: None,
                kept: needed.contains(&position),
            })
            .collect();
        Ok(DrillThrough {
            program: program.clone(),
            address,
            options,
            parts,
            tables,
            lookups: Lookups::new(program.plan(), DEFAULT_LIMIT)?,
            registers: Vec::new(),
            words: Vec::new(),
        })
    }

    /// The cell, its period named by its first day.
    #[must_use]
    pub fn address(&self) -> &CellAddress {
        &self.address
    }

    /// The tables to be fed, in their order, with the columns that must be there: those whose rows can be behind the cell,
    /// because the metric reads them, and before them those in which their rows look something up.
    #[must_use]
    pub fn tables(&self) -> Vec<TableSpec> {
        self.tables.iter().map(|table| table.spec.clone()).collect()
    }

    /// Looks through a batch of a table. All columns of the batch are listed, also those that the program does not read.
    ///
    /// # Errors
    /// If the metric does not read the table, columns are missing or of types that cannot feed the declared ones, or
    /// there is no memory.
    pub fn feed(&mut self, table: &str, batch: &RecordBatch) -> Result<(), Error> {
        // Reading numbers out of text rounds.
        let _standard = Standard::enter();
        let known = || self.tables.iter().map(|table| table.spec.name.clone()).collect();
        let at = self.tables.iter().position(|own| own.spec.name == table);
        let at = at.ok_or_else(|| Error::table(table, known()))?;
        let Some(own) = self.tables.get_mut(at) else { return Err(Error::table(table, Vec::new())) };
        let schema = batch.schema();
        if own.binder.as_ref().is_none_or(|(known, _)| *known != schema) {
            let binder = Binder::new(&own.spec, &schema).map_err(Error::bind)?;
            own.binder = Some((schema, binder));
        }
        let Some((_, binder)) = &own.binder else { return Err(Error::memory()) };
        let bound = binder.bind(batch)?;
        let (columns, rows) = (bound.columns(), bound.rows());
        let plan = self.program.plan();
        if let Some((core, taking)) = &mut own.traced {
            let wide = self.lookups.widen(plan, own.position, &columns, rows)?;
            let feeds = plan.tables.get(own.position).map_or(&[][..], |table| &table.feeds);
            let whole: Option<Vec<_>> =
                feeds.iter().map(|&c| columns.get(c).copied().or_else(|| wide.column(c))).collect();
            let whole = whole.ok_or_else(Error::memory)?;
            let mut scratch = (&mut self.registers, &mut self.words);
            let found = look(&self.program, &self.address, &self.parts, *core, &whole, rows, &mut scratch)?;
            taking.take(batch, &found, &self.options)?;
        }
        if own.kept {
            self.lookups.keep(plan, own.position, &columns, rows)?;
        }
        Ok(())
    }

    /// Looks through everything that a reader gives.
    ///
    /// # Errors
    /// As [`DrillThrough::feed`], and if the reader fails.
    pub fn feed_reader(&mut self, table: &str, reader: impl RecordBatchReader) -> Result<(), Error> {
        // A table without rows is one that was fed: nothing will be found in it.
        self.feed(table, &RecordBatch::new_empty(reader.schema()))?;
        for batch in reader {
            self.feed(table, &batch.map_err(|e| Error::other(format!("table `{table}`: {e}")))?)?;
        }
        Ok(())
    }

    /// The rows that were found, by table, and what became of the others.
    #[must_use]
    pub fn finish(self) -> CellRows {
        CellRows {
            address: self.address,
            tables: (self.tables.into_iter())
                .filter_map(|table| table.traced.map(|(_, taking)| taking.finish()))
                .collect(),
        }
    }
}

impl Dataset {
    /// The rows behind a cell of a result that was evaluated over these data.
    ///
    /// # Errors
    /// As [`DrillThrough::new`], [`Dataset::readers`] and [`DrillThrough::feed`].
    pub fn rows_behind(
        &self,
        program: &Program,
        cell: CellAddress,
        options: DrillOptions,
    ) -> Result<CellRows, Error> {
        let mut drill = DrillThrough::new(program, cell, options)?;
        for table in drill.tables() {
            for reader in self.whole_readers(&table.name)? {
                drill.feed_reader(&table.name, reader)?;
            }
        }
        Ok(drill.finish())
    }
}

/// Traces the rows of a batch; one answer for each row.
fn look(
    program: &Program,
    address: &CellAddress,
    parts: &Parts,
    table: usize,
    columns: &[Column<'_>],
    rows: usize,
    (registers, words): &mut (&mut Vec<Register>, &mut Vec<u64>),
) -> Result<Vec<Found>, Error> {
    let view = program.view();
    resize(words, ripplemark_core::scratch_words(view, table, columns)?, 0)?;
    resize(registers, view.table(table).code_count, Register::ZERO)?;
    let mut found = Vec::new();
    resize(&mut found, rows, Found::default())?;
    let key: Vec<Wanted<'_>> = address.key.iter().map(wanted).collect();
    let target = Target { key: &key, period: address.period };
    let mut scratch = Scratch { registers, words };
    trace(view, table, columns, rows, &target, &mut scratch, |traced| {
        let rows = found.get_mut(traced.first_row()..).unwrap_or(&mut []);
        judge(parts, traced, rows);
    })?;
    Ok(found)
}

/// Takes the answers for a chunk of rows under one placement.
fn judge(parts: &Parts, traced: &Traced<'_, '_>, rows: &mut [Found]) {
    let slots: Vec<_> = (parts.of_placement(traced.placement()))
        .filter_map(|part| traced.slot(part.slot).map(|rows| (part, rows)))
        .collect();
    if slots.is_empty() {
        // Times that only other metrics go by say nothing about this one.
        return;
    }
    let rejects: Vec<_> = parts.rejects_of(traced.placement()).filter_map(|slot| traced.slot(slot)).collect();
    for (i, (spot, found)) in traced.spots().zip(rows).enumerate() {
        match spot {
            Spot::Rejected(reject) => found.because(Why::Rejected(reject)),
            Spot::OtherGroup => found.because(Why::OtherGroup),
            Spot::OtherPeriod => found.because(Why::OtherPeriod),
            Spot::Here => {
                if rejects.iter().any(|slot| slot.entry(i) == Entry::Entered) {
                    found.because(Why::RowError);
                }
                for (part, slot) in &slots {
                    match slot.entry(i) {
                        Entry::Entered => {
                            found.entered = true;
                            found.numerator |= part.numerator;
                            found.denominator |= part.denominator;
                        }
                        Entry::ConditionFalse => found.because(Why::ConditionFalse),
                        Entry::ConditionMissing => found.because(Why::ConditionMissing),
                        Entry::ValueMissing => found.because(Why::ValueMissing),
                        Entry::ConditionFailed => {
                            found.failed = true;
                            found.because(Why::ConditionFailed);
                        }
                        Entry::ValueFailed => {
                            found.failed = true;
                            found.because(Why::ValueFailed);
                        }
                    }
                }
            }
        }
    }
}

fn wanted(coordinate: &Coordinate) -> Wanted<'_> {
    match coordinate {
        Coordinate::All => Wanted::All,
        Coordinate::Missing => Wanted::Missing,
        Coordinate::Int(value) => Wanted::Int(*value),
        Coordinate::Bool(value) => Wanted::Bool(*value),
        Coordinate::Date(day) => Wanted::Date(*day),
        Coordinate::Text(text) => Wanted::Text(text.as_bytes()),
    }
}

/// Grows a buffer, or says that there is no memory instead of ending the process.
fn resize<T: Copy>(buffer: &mut Vec<T>, len: usize, value: T) -> Result<(), Error> {
    if buffer.len() < len {
        buffer.try_reserve(len - buffer.len()).map_err(|_| Error::memory())?;
        buffer.resize(len, value);
    }
    Ok(())
}
