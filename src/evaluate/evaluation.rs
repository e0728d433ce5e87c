//! An evaluation: a program, a state that grows as needed, and the data that were fed to it.

use super::result::{self, ResultSet};
use super::{Program, Receipt};
use crate::bind::{Binder, Unreadable};
use crate::error::Error;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchReader};
use ripplemark_core::batch::Column;
use ripplemark_core::cell::Cells;
use ripplemark_core::program::layout::LEVEL_PERIOD;
use ripplemark_core::{Capacity, Need, Register, Scratch, State};
use ripplemark_float_env::Standard;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Collects rows under a program and gives the result.
///
/// Rows may come in any order, in batches of any size, through any number of evaluations that are merged in any
/// order: the result is the same to the last bit.
pub struct Evaluation {
    program: Program,
    memory: Vec<u64>,
    capacity: Capacity,
    registers: Vec<Register>,
    words: Vec<u64>,
    /// The last schema seen for each table, with the binder made for it.
    binders: BTreeMap<usize, (SchemaRef, Binder)>,
    unreadable: BTreeMap<(usize, String), Unreadable>,
}

impl Evaluation {
    /// An empty evaluation.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn new(program: &Program) -> Result<Evaluation, Error> {
        let capacity = Capacity::SMALL;
        let mut memory = allocate(program, capacity)?;
        State::init(program.view(), &mut memory, capacity)?;
        Ok(Evaluation {
            program: program.clone(),
            memory,
            capacity,
            registers: Vec::new(),
            words: Vec::new(),
            binders: BTreeMap::new(),
            unreadable: BTreeMap::new(),
        })
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    fn table_index(&self, table: &str) -> Result<usize, Error> {
        let view = self.program.view();
        view.table_named(table).ok_or_else(|| {
            Error::table(table, (0..view.table_count()).map(|i| view.table(i).name.to_owned()).collect())
        })
    }

    /// Feeds an Arrow batch to a table.
    ///
    /// Columns are found by the names that the book gives them in the data. A value that cannot be read as its
    /// declared type is counted and gives its cells the reason `invalid_input`.
    ///
    /// # Errors
    /// If the program has no such table, or columns are missing or of types that cannot feed the declared ones; no
    /// row has then been fed.
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
        for batch in reader {
            self.feed(table, &batch.map_err(|e| Error::other(format!("table `{table}`: {e}")))?)?;
        }
        Ok(())
    }

    /// Feeds columns in the core's layout, in the order of the program's table. All rows are fed or none.
    ///
    /// # Errors
    /// If the columns do not fit the table, or there is no memory.
    pub fn feed_columns(&mut self, table: usize, columns: &[Column<'_>], rows: usize) -> Result<(), Error> {
        let _standard = Standard::enter();
        let program = self.program.clone();
        let view = program.view();
        let words = ripplemark_core::scratch_words(view, table, columns)?;
        resize(&mut self.words, words, 0)?;
        resize(&mut self.registers, view.table(table).code_count, Register::ZERO)?;
        let mut done = 0;
        loop {
            let mut state = State::attach(view, self.memory.as_mut_slice())?;
            let mut scratch = Scratch { registers: &mut self.registers, words: &mut self.words };
            let fed = state.feed(view, table, columns, rows, done, &mut scratch)?;
            done = fed.rows_done;
            if fed.need == Need::Nothing {
                return Ok(());
            }
            self.grow(fed.need)?;
        }
    }

    /// Moves the state into more memory.
    fn grow(&mut self, need: Need) -> Result<(), Error> {
        let capacity = self.capacity.grown(need);
        if capacity == self.capacity {
            return Err(Error::memory());
        }
        let view = self.program.view();
        let mut memory = allocate(&self.program, capacity)?;
        let mut larger = State::init(view, &mut memory, capacity)?;
        let merged = larger.merge(view, &State::attach(view, self.memory.as_slice())?, 0)?;
        if merged.need != Need::Nothing {
            return Err(Error::memory());
        }
        self.memory = memory;
        self.capacity = capacity;
        Ok(())
    }

    /// Adds what another evaluation has collected under the same aggregates, dimensions and times.
    ///
    /// # Errors
    /// If the two were made for different questions.
    pub fn merge(&mut self, other: &Evaluation) -> Result<(), Error> {
        let program = self.program.clone();
        let view = program.view();
        let other_state = State::attach(view, other.memory.as_slice())
            .map_err(|_| ripplemark_core::Error::new(ripplemark_core::Code::StateSignature, 0))?;
        let mut from = 0;
        loop {
            let merged = State::attach(view, self.memory.as_mut_slice())?.merge(view, &other_state, from)?;
            from = merged.groups_done;
            if merged.need == Need::Nothing {
                break;
            }
            self.grow(merged.need)?;
        }
        for (key, found) in &other.unreadable {
            let entry = self
                .unreadable
                .entry(key.clone())
                .or_insert_with(|| Unreadable { count: 0, ..found.clone() });
            entry.count += found.count;
        }
        Ok(())
    }

    /// Adds state bytes of [`Evaluation::state_bytes`], from this machine or another.
    ///
    /// # Errors
    /// If the bytes are not the canonical state of the same question; nothing has then been added.
    pub fn merge_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let program = self.program.clone();
        let view = program.view();
        let mut from = 0;
        loop {
            let merged = State::attach(view, self.memory.as_mut_slice())?.merge_bytes(view, bytes, from)?;
            from = merged.groups_done;
            if merged.need == Need::Nothing {
                return Ok(());
            }
            self.grow(merged.need)?;
        }
    }

    /// The canonical bytes of what has been collected: one byte string for one multiset of rows.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn state_bytes(&self) -> Result<Vec<u8>, Error> {
        let state = State::attach(self.program.view(), self.memory.as_slice())?;
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
        Ok(State::attach(self.program.view(), self.memory.as_slice())?.rows_read(index))
    }

    /// The result: every metric in every group of every level, and what happened to the rows.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn finish(&self) -> Result<ResultSet, Error> {
        let _standard = Standard::enter();
        let view = self.program.view();
        let state = State::attach(view, self.memory.as_slice())?;
        let mut set = ResultSet::new(&self.program, &state, &self.unreadable);
        level_states(self, &mut |level, state| read_level(&mut set, &self.program, state, level))?;
        set.receipt = Receipt::new(&self.program, Sha256::digest(self.state_bytes()?).into(), &set);
        Ok(set)
    }

    /// A state whose keys have lost the dimensions that a level does not keep.
    fn rolled_up(&self, state: &State<&[u64]>, level: u32) -> Result<Vec<u64>, Error> {
        let view = self.program.view();
        // No level has more groups or texts than the finest one.
        let capacity = self.capacity;
        let mut memory = allocate(&self.program, capacity)?;
        let mut target = State::init(view, &mut memory, capacity)?;
        let merged = target.merge_level(view, state, 0, level & (LEVEL_PERIOD | (LEVEL_PERIOD - 1)))?;
        if merged.need != Need::Nothing {
            return Err(Error::memory());
        }
        Ok(memory)
    }
}

/// Takes a level's mask and a state that holds its groups.
type LevelReader<'r> = dyn FnMut(u32, &State<&[u64]>) -> Result<(), Error> + 'r;

/// Calls back with every level of the result: its mask and a state that holds its groups.
pub(super) fn level_states(evaluation: &Evaluation, read: &mut LevelReader<'_>) -> Result<(), Error> {
    let view = evaluation.program.view();
    let state = State::attach(view, evaluation.memory.as_slice())?;
    for i in 0..view.level_count() {
        let level = view.level(i);
        if i == 0 {
            read(level, &state)?;
        } else {
            let memory = evaluation.rolled_up(&state, level)?;
            read(level, &State::attach(view, memory.as_slice())?)?;
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

fn allocate(program: &Program, capacity: Capacity) -> Result<Vec<u64>, Error> {
    let words = State::words(program.view(), capacity).ok_or_else(Error::memory)?;
    self::words(words)
}

/// Grows a buffer, or says that there is no memory instead of ending the process.
fn resize<T: Copy>(buffer: &mut Vec<T>, len: usize, value: T) -> Result<(), Error> {
    if buffer.len() < len {
        buffer.try_reserve(len - buffer.len()).map_err(|_| Error::memory())?;
        buffer.resize(len, value);
    }
    Ok(())
}
