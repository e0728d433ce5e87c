//! An evaluation: a program, a state that grows as needed, and the data that were fed to it.

use super::held::{Held, resize};
use super::result::{self, ResultSet};
use super::{Program, Receipt};
use crate::bind::{Binder, Laid, Unreadable};
use crate::error::Error;
use crate::fast::{Sink, TableCells};
use crate::lookup::{DEFAULT_LIMIT, Lookups, Plan, PlanTable, Wide};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchReader};
use ripplemark_core as core;
use ripplemark_core::batch::Column;
use ripplemark_core::cell::Cells;
use ripplemark_core::program::layout::LEVEL_PERIOD;
use ripplemark_core::{Capacity, Need, Register, Scratch, State};
use ripplemark_float_env::Standard;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Rows from which on a batch is accumulated in the fast way.
const FAST_FROM: usize = 1024;
/// Rows that a thread takes at a time. Few in tests, so that threads really share.
const SHARE_ROWS: usize = if cfg!(test) { 100 } else { 1 << 14 };
/// Rows below which another thread is not worth its start.
const PARALLEL_ROWS: usize = if cfg!(test) { 64 } else { 1 << 15 };

/// Collects rows under a program and gives the result.
///
/// Rows may come in any order, in batches of any size, through any number of evaluations that are merged in any
/// order: the result is the same to the last bit.
pub struct Evaluation {
    program: Program,
    held: Held,
    /// What each thread has accumulated of each table and is not in the state yet; none where the core's evaluator
    /// takes all rows. A table is here from its first batch of some length on.
    cells: BTreeMap<usize, Vec<TableCells>>,
    fast_from: usize,
    threads: usize,
    registers: Vec<Register>,
    words: Vec<u64>,
    /// The last schema seen for each table, with the binder made for it.
    binders: BTreeMap<usize, (SchemaRef, Binder)>,
    /// By table of the plan and name of the column.
    unreadable: BTreeMap<(usize, String), Unreadable>,
    lookups: Lookups,
    /// True if waiting rows are in.
    is_settled: bool,
}

impl Evaluation {
    /// An empty evaluation.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn new(program: &Program) -> Result<Evaluation, Error> {
        Ok(Evaluation {
            program: program.clone(),
            held: Held::new(program, Capacity::SMALL)?,
            cells: BTreeMap::new(),
            fast_from: FAST_FROM,
            threads: threads(),
            registers: Vec::new(),
            words: Vec::new(),
            binders: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            lookups: Lookups::new(program.plan(), DEFAULT_LIMIT)?,
            is_settled: false,
        })
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Sets how many bytes the tables in which rows are looked up may take together (and those whose rows wait for
    /// another table); [`DEFAULT_LIMIT`](crate::lookup::DEFAULT_LIMIT) unless it is set. Feeding beyond is an error.
    #[must_use]
    pub fn with_lookup_limit(mut self, bytes: u64) -> Evaluation {
        self.lookups.set_limit(bytes);
        self
    }

    /// Sets how many rows a batch must have for its table to be accumulated in the fast way, which gives the same bits.
    /// It takes about as long as 1,000 rows to get ready, and memory for its cells: at most 256 MiB a table.
    /// [`usize::MAX`] leaves everything to the core's evaluator.
    #[must_use]
    pub fn with_fast_from(mut self, rows: usize) -> Evaluation {
        self.fast_from = rows;
        self
    }

    /// Sets how many threads share a long batch; unless it is set, as many as the machine has for this process, or as
    /// the environment variable `RIPPLEMARK_THREADS` says. No number of threads changes a result. Each thread has cells
    /// of its own.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Evaluation {
        self.threads = threads.max(1);
        self
    }

    fn table_index(&self, table: &str) -> Result<usize, Error> {
        let plan = self.program.plan();
        plan.position(table)
            .ok_or_else(|| Error::table(table, plan.tables.iter().map(|table| table.name.clone()).collect()))
    }

    /// Feeds an Arrow batch to a table.
    ///
    /// Columns are found by the names that the book gives them in the data. A value that cannot be read as its
    /// declared type is counted and gives its cells the reason `invalid_input`. Tables in which rows are looked up come
    /// before those whose rows look; [`Program::tables`] gives such an order. Where two tables look into each other,
    /// rows of the first are kept, and enter when a result or a state is asked for.
    ///
    /// # Errors
    /// If the program has no such table, or columns are missing or of types that cannot feed the declared ones; if a
    /// table whose rows are to be found has not been fed, does not have one row for each key (and time), or takes too
    /// much memory. No row has then been fed.
    pub fn feed(&mut self, table: &str, batch: &RecordBatch) -> Result<(), Error> {
        // Reading numbers out of text rounds, too.
        let _standard = Standard::enter();
        let index = self.table_index(table)?;
        let schema = batch.schema();
        let known = self.binders.get(&index).is_some_and(|(own, _)| *own == schema);
        if !known {
            let specs = self.program.tables();
            let spec = specs.get(index).ok_or_else(|| Error::table(table, Vec::new()))?;
            let binder = Binder::new(spec, &schema).map_err(Error::bind)?;
            self.binders.insert(index, (schema, binder));
        }
        let Some((_, binder)) = self.binders.get(&index) else { return Err(Error::table(table, Vec::new())) };
        let bound = binder.bind(batch)?;
        let rows_before = self.rows_read(table)?;
        self.feed_columns(index, &bound.columns(), bound.rows())?;
        for found in bound.unreadable() {
            let entry = self.unreadable.entry((index, found.column.clone())).or_insert_with(|| Unreadable {
                count: 0,
                row: found.row + rows_before as usize,
                ..found.clone()
            });
            entry.count += found.count;
        }
        Ok(())
    }

    /// Feeds everything that a reader gives.
    ///
    /// # Errors
    /// As [`Evaluation::feed`], and if the reader fails; batches before the failure have been fed.
    pub fn feed_reader(&mut self, table: &str, reader: impl RecordBatchReader) -> Result<(), Error> {
        if self.program.plan().has_lookups() {
            // An empty table is a table that was fed: nothing will be found in it.
            self.feed(table, &RecordBatch::new_empty(reader.schema()))?;
        }
        for batch in reader {
            self.feed(table, &batch.map_err(|e| Error::other(format!("table `{table}`: {e}")))?)?;
        }
        Ok(())
    }

    /// Feeds columns in the core's layout: `table` is a position in [`Program::tables`], and the columns are in the
    /// order told there. All rows are fed or none.
    ///
    /// # Errors
    /// If the columns do not fit the table, or there is no memory, and as [`Evaluation::feed`].
    pub fn feed_columns(&mut self, table: usize, columns: &[Column<'_>], rows: usize) -> Result<(), Error> {
        let _standard = Standard::enter();
        let plan = Arc::clone(self.program.plan());
        if !plan.has_lookups() {
            return self.feed_core(table, columns, rows);
        }
        let own = plan.tables.get(table).ok_or(core::Error::new(core::Code::BatchTable, table))?;
        check(own, columns, rows)?;
        if own.core.is_none() || own.waits {
            return self.lookups.keep(&plan, table, columns, rows);
        }
        // Everything that can be refused comes before anything that is kept.
        let wide = self.lookups.widen(&plan, table, columns, rows)?;
        self.lookups.keep(&plan, table, columns, rows)?;
        self.feed_wide(&plan, table, columns, &wide, rows)
    }

    /// Feeds rows with the columns that they found.
    fn feed_wide(
        &mut self,
        plan: &Plan,
        table: usize,
        columns: &[Column<'_>],
        wide: &Wide,
        rows: usize,
    ) -> Result<(), Error> {
        let Some(own) = plan.tables.get(table) else { return Ok(()) };
        let Some(core) = own.core else { return Ok(()) };
        let whole: Option<Vec<Column<'_>>> =
            own.feeds.iter().map(|&c| columns.get(c).copied().or_else(|| wide.column(c))).collect();
        let whole = whole.ok_or(core::Error::new(core::Code::BatchColumns, own.feeds.len()))?;
        self.feed_core(core, &whole, rows)?;
        self.lookups.count(table, wide);
        Ok(())
    }

    /// The same evaluation with all rows in that wait for another table; `None` if none wait.
    pub(super) fn settled(&self) -> Result<Option<Evaluation>, Error> {
        let plan = Arc::clone(self.program.plan());
        let waiting = !self.is_settled && self.lookups.has_waiting(&plan);
        if !waiting && self.pending().all(|cells| cells.rows() == 0) {
            return Ok(None);
        }
        let _standard = Standard::enter();
        let mut held = self.held.clone();
        for cells in self.pending() {
            cells.copy_to(self.program.view(), &mut held)?;
        }
        let program = self.program.clone();
        let mut settled = Evaluation {
            program: self.program.clone(),
            held,
            cells: BTreeMap::new(),
            fast_from: self.fast_from,
            threads: self.threads,
            registers: Vec::new(),
            words: Vec::new(),
            binders: BTreeMap::new(),
            unreadable: self.unreadable.clone(),
            lookups: self.lookups.closed_copy(&plan)?,
            is_settled: true,
        };
        if !waiting {
            return Ok(Some(settled));
        }
        for (t, _) in plan.tables.iter().enumerate().filter(|(_, table)| table.waits) {
            for (laid, rows) in settled.lookups.waiting(&plan, t)? {
                let columns: Vec<Column<'_>> = laid.iter().map(Laid::column).collect();
                let wide = settled.lookups.widen(&plan, t, &columns, rows)?;
                settled.feed_wide(&plan, t, &columns, &wide, rows)?;
            }
        }
        for cells in settled.cells.values_mut().flatten() {
            cells.drain(program.view(), &mut settled.held)?;
        }
        Ok(Some(settled))
    }

    /// Everything that has been accumulated and is not in the state.
    fn pending(&self) -> impl Iterator<Item = &TableCells> {
        self.cells.values().flatten()
    }

    /// Feeds columns of a table of the core.
    fn feed_core(&mut self, table: usize, columns: &[Column<'_>], rows: usize) -> Result<(), Error> {
        let program = self.program.clone();
        let view = program.view();
        core::eval::check(view, table, columns, rows)?;
        if rows >= self.fast_from && !self.cells.contains_key(&table) {
            self.cells.insert(table, TableCells::new(view, table).into_iter().collect());
        }
        let Some(cells) = self.cells.get_mut(&table).filter(|cells| !cells.is_empty()) else {
            return self.feed_rows(table, columns, rows, std::slice::from_ref(&(0..rows)));
        };
        let threads = self.threads.min(rows / PARALLEL_ROWS).max(1);
        while cells.len() < threads {
            cells.extend(TableCells::new(view, table));
        }
        // Rows that are left over enter after the others; which way a row took shows nowhere.
        let workers = cells.get_mut(..threads).unwrap_or(&mut []);
        let left = share(view, columns, rows, workers, &mut self.held)?;
        if left.is_empty() { Ok(()) } else { self.feed_rows(table, columns, rows, &left) }
    }

    /// Lets the core's evaluator take runs of rows.
    fn feed_rows(
        &mut self,
        table: usize,
        columns: &[Column<'_>],
        rows: usize,
        runs: &[Range<usize>],
    ) -> Result<(), Error> {
        let program = self.program.clone();
        let view = program.view();
        let words = ripplemark_core::scratch_words(view, table, columns)?;
        resize(&mut self.words, words, 0)?;
        resize(&mut self.registers, view.table(table).code_count, Register::ZERO)?;
        let mut done = 0;
        loop {
            let mut scratch = Scratch { registers: &mut self.registers, words: &mut self.words };
            let rest = runs.iter().filter(|run| run.end > done).map(|run| run.start.max(done)..run.end);
            let fed = self.held.state_mut()?.feed_runs(view, table, columns, rows, rest, &mut scratch)?;
            done = fed.rows_done;
            if fed.need == Need::Nothing {
                return Ok(());
            }
            self.held.grow(fed.need)?;
        }
    }

    /// Adds what another evaluation has collected under the same aggregates, dimensions and times.
    ///
    /// # Errors
    /// If the two were made for different questions.
    pub fn merge(&mut self, other: &Evaluation) -> Result<(), Error> {
        let settled = other.settled()?;
        let other = settled.as_ref().unwrap_or(other);
        let program = self.program.clone();
        let view = program.view();
        // The other's memory under this program: what was made for another question shows here.
        let other_state = State::attach(view, other.held.memory.as_slice())
            .map_err(|_| ripplemark_core::Error::new(ripplemark_core::Code::StateSignature, 0))?;
        self.held.merge_all(|state, from| state.merge(view, &other_state, from))?;
        for (key, found) in &other.unreadable {
            let entry = self
                .unreadable
                .entry(key.clone())
                .or_insert_with(|| Unreadable { count: 0, ..found.clone() });
            entry.count += found.count;
        }
        self.lookups.add_reports(program.plan(), &other.lookups.reports(other.program.plan()));
        Ok(())
    }

    /// Adds state bytes of [`Evaluation::state_bytes`], from this machine or another.
    ///
    /// # Errors
    /// If the bytes are not the canonical state of the same question; nothing has then been added.
    pub fn merge_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let program = self.program.clone();
        let view = program.view();
        self.held.merge_all(|state, from| state.merge_bytes(view, bytes, from))
    }

    /// The canonical bytes of what has been collected: one byte string for one multiset of rows.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn state_bytes(&self) -> Result<Vec<u8>, Error> {
        if let Some(settled) = self.settled()? {
            return settled.state_bytes();
        }
        let state = self.held.state()?;
        let mut order = Vec::new();
        resize(&mut order, state.group_count(), 0)?;
        let length = state.write_len(self.program.view(), &mut order)?;
        let mut bytes = Vec::new();
        resize(&mut bytes, length, 0)?;
        state.write_to(self.program.view(), &mut bytes, &mut order)?;
        Ok(bytes)
    }

    /// Rows of a table read so far.
    ///
    /// # Errors
    /// If the program has no such table.
    pub fn rows_read(&self, table: &str) -> Result<u64, Error> {
        let index = self.table_index(table)?;
        let own = self.program.plan().tables.get(index);
        let kept = || self.lookups.rows(index).unwrap_or(0) as u64;
        let Some(core) = own.and_then(|table| table.core) else { return Ok(kept()) };
        let pending = self.cells.get(&core).into_iter().flatten().map(TableCells::rows).sum::<u64>();
        let read = self.held.state()?.rows_read(core) + pending;
        let waiting = !self.is_settled && own.is_some_and(|table| table.waits);
        Ok(if waiting { read + kept() } else { read })
    }

    /// The result: every metric in every group of every level, and what happened to the rows.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn finish(&self) -> Result<ResultSet, Error> {
        if let Some(settled) = self.settled()? {
            return settled.finish();
        }
        let _standard = Standard::enter();
        let state = self.held.state()?;
        let mut set = ResultSet::new(&self.program, &state, &self.unreadable);
        set.lookups = self.lookups.reports(self.program.plan());
        level_states(self, &mut |level, state| read_level(&mut set, &self.program, state, level))?;
        set.receipt = Receipt::new(&self.program, Sha256::digest(self.state_bytes()?).into(), &set);
        set.order_bands(&self.program);
        Ok(set)
    }

    /// A state whose keys have lost the dimensions that a level does not keep.
    fn rolled_up(&self, state: &State<&[u64]>, level: u32) -> Result<Held, Error> {
        let view = self.program.view();
        // No level has more groups or texts than the finest one.
        let mut target = Held::new(&self.program, self.held.capacity)?;
        let mask = level & (LEVEL_PERIOD | (LEVEL_PERIOD - 1));
        if target.state_mut()?.merge_level(view, state, 0, mask)?.need != Need::Nothing {
            return Err(Error::memory());
        }
        Ok(target)
    }
}

/// How many threads share a long batch unless an evaluation says otherwise.
fn threads() -> usize {
    let asked = std::env::var("RIPPLEMARK_THREADS").ok().and_then(|text| text.trim().parse().ok());
    let own = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    asked.filter(|&threads: &usize| threads > 0).unwrap_or_else(own)
}

/// Lets workers take the rows of a batch, a share at a time; the rows that are left over, in order.
fn share(
    program: &core::Program<'_>,
    columns: &[Column<'_>],
    rows: usize,
    workers: &mut [TableCells],
    held: &mut Held,
) -> Result<Vec<Range<usize>>, Error> {
    if let [worker] = workers {
        return worker.feed(program, columns, 0..rows, held);
    }
    let held = Mutex::new(held);
    let next = AtomicUsize::new(0);
    let work = |worker: &mut TableCells| {
        // The environment of floating-point arithmetic belongs to the thread.
        let _standard = Standard::enter();
        let mut left = Vec::new();
        loop {
            let from = next.fetch_add(SHARE_ROWS, Ordering::Relaxed);
            if from >= rows {
                return Ok(left);
            }
            let share = from..rows.min(from + SHARE_ROWS);
            left.extend(worker.feed(program, columns, share, &mut Shared(&held))?);
        }
    };
    let results: Vec<Result<Vec<Range<usize>>, Error>> = std::thread::scope(|scope| {
        let threads: Vec<_> = workers.iter_mut().map(|worker| scope.spawn(|| work(worker))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut left = Vec::new();
    for result in results {
        left.extend(result?);
    }
    left.sort_by_key(|run| run.start);
    Ok(left)
}

/// A state that several threads put sums into, one at a time.
struct Shared<'a, 'h>(&'a Mutex<&'h mut Held>);

impl Sink for Shared<'_, '_> {
    fn with<T>(&mut self, enter: impl FnMut(&mut State<&mut [u64]>) -> Result<T, Need>) -> Result<T, Error> {
        // A thread that panicked ends the evaluation in any case.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).with(enter)
    }

    fn reserve(&mut self, groups: usize, texts: usize, text_bytes: usize) -> Result<(), Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).reserve(groups, texts, text_bytes)
    }
}

/// Columns of a table that looks up, or is looked into: as many as it has, of layouts that feed their types.
fn check(table: &PlanTable, columns: &[Column<'_>], rows: usize) -> Result<(), core::Error> {
    if columns.len() != table.columns.len() {
        return Err(core::Error::new(core::Code::BatchColumns, table.columns.len()));
    }
    for (c, (declared, column)) in table.columns.iter().zip(columns).enumerate() {
        if !core::eval::accepts(declared.ty, &column.data) {
            return Err(core::Error::new(core::Code::BatchType, c));
        }
        let short = |bits: &core::batch::Bits<'_>| bits.capacity() < rows;
        if core::eval::capacity(&column.data) < rows
            || column.validity.as_ref().is_some_and(short)
            || column.invalid.as_ref().is_some_and(short)
        {
            return Err(core::Error::new(core::Code::BatchLength, c));
        }
    }
    Ok(())
}

/// Takes a level's mask and a state that holds its groups.
type LevelReader<'r> = dyn FnMut(u32, &State<&[u64]>) -> Result<(), Error> + 'r;

/// Calls back with every level of the result: its mask and a state that holds its groups.
pub(super) fn level_states(evaluation: &Evaluation, read: &mut LevelReader<'_>) -> Result<(), Error> {
    let view = evaluation.program.view();
    let state = evaluation.held.state()?;
    for i in 0..view.level_count() {
        let level = view.level(i);
        if i == 0 {
            read(level, &state)?;
        } else {
            read(level, &evaluation.rolled_up(&state, level)?.state()?)?;
        }
    }
    Ok(())
}

fn read_level(
    set: &mut ResultSet,
    program: &Program,
    state: &State<&[u64]>,
    level: u32,
) -> Result<(), Error> {
    let view = program.view();
    let mut words = words(Cells::words(view, state))?;
    let mut cells = Cells::new(view, state, level, &mut words)?;
    while cells.next_group()? {
        result::read_group(set, view, &mut cells);
    }
    Ok(())
}

/// Working memory of so many words.
pub(super) fn words(count: usize) -> Result<Vec<u64>, Error> {
    let mut memory = Vec::new();
    resize(&mut memory, count, 0)?;
    Ok(memory)
}
