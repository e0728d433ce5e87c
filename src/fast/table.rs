//! The rows of one table on their way into cells.
//!
//! A run of rows is looked at in two steps. First everything is computed that could show that a row is not plain: a
//! value that is not of its type, a number that cannot be split, a condition that fails. Such rows are left to the
//! reference evaluator, whole. Then the others are counted and added up.

use super::drain::Sink;
use super::family::{FamilyState, Making, Split};
use super::groups::Groups;
use super::isa::{self, Isa, ROWS};
use super::plan::{self, Input, KeyPlan, LanePlan, Node, Plan};
use super::texts::{Source, Texts};
use super::times::{Memory, Times};
use super::vectors::Vector;
use crate::error::Error;
use ripplemark_core::batch::Column;
use ripplemark_core::eval::Rows;
use ripplemark_core::program::op::{Instruction, RowOp};
use ripplemark_core::state::bulk::{KeyPart, Placed};
use ripplemark_core::types::LogicalType;
use ripplemark_core::{Program, Register, Scratch, scratch_words};
use std::collections::HashMap;
use std::ops::Range;

/// Most bytes of cells before they are moved into the state.
const MOST_BYTES: usize = 256 << 20;

/// The rows of the table under one placement.
pub(super) struct Lane {
    pub(super) plan: LanePlan,
    pub(super) groups: Groups,
    pub(super) families: Vec<FamilyState>,
    pub(super) placed: Placed,
    pub(super) memory: Memory,
    pub(super) has_periods: bool,
    /// How many periods have codes.
    pub(super) period_codes: usize,
    /// Of the run at hand: why a row is in no group (1 + reject), or that it is left over.
    pub(super) out: Box<[u8; ROWS]>,
    pub(super) periods: Box<[u32; ROWS]>,
    pub(super) of_row: Box<[u32; ROWS]>,
}

/// Integers that stand in keys, as codes.
#[derive(Default)]
pub(super) struct Numbers {
    pub(super) codes: HashMap<i64, u32>,
    pub(super) values: Vec<i64>,
}

/// A dimension, and the codes of the run at hand.
pub(super) struct KeyCodes {
    pub(super) plan: KeyPlan,
    pub(super) numbers: Numbers,
    pub(super) codes: Box<[u32; ROWS]>,
}

/// The two words of each row's number.
pub(super) type Halves = (Box<[i64; ROWS]>, Box<[i64; ROWS]>);

/// Everything that has been accumulated of a table and is not in the state yet.
pub(crate) struct TableCells {
    pub(super) plan: Plan,
    pub(super) code: Vec<Instruction<RowOp>>,
    pub(super) isa: Isa,
    pub(super) texts: Vec<Texts>,
    pub(super) text_codes: Vec<Box<[u32; ROWS]>>,
    pub(super) input_codes: Vec<Box<[u32; ROWS]>>,
    pub(super) vectors: Vec<Vector>,
    pub(super) splits: Vec<Option<Split>>,
    pub(super) high: Vec<Option<Halves>>,
    pub(super) unsure: Vec<Option<Box<[u8; ROWS]>>>,
    pub(super) some_unsure: Vec<bool>,
    pub(super) keys: Vec<KeyCodes>,
    pub(super) gate: Option<FamilyState>,
    pub(super) lanes: Vec<Lane>,
    /// Rows read.
    pub(super) read: u64,
    /// Missing values by column.
    pub(super) missing: Vec<u64>,
    /// Rows that can still be added before a cell could overflow.
    pub(super) room: u64,
    pub(super) types: Vec<LogicalType>,
    /// Registers that the reference evaluator computes for every row.
    pub(super) referenced: Vec<bool>,
    pub(super) has_referenced: bool,
    pub(super) registers: Vec<Register>,
    pub(super) words: Vec<u64>,
}

impl TableCells {
    /// Cells for a table of a program; `None` where its rows are better left to the reference evaluator.
    pub(crate) fn new(program: &Program<'_>, table: usize) -> Option<TableCells> {
        let plan = Plan::new(program, table)?;
        let view = program.table(table);
        let code = plan::code_of(program, &view);
        let types: Vec<LogicalType> =
            (0..view.column_count).map(|column| program.column(&view, column).ty).collect();
        let mut texts: Vec<Texts> = Vec::new();
        let is_text = |ty: &LogicalType| matches!(ty, LogicalType::Category | LogicalType::Id);
        for (column, ty) in types.iter().enumerate() {
            let is_key =
                plan.keys.iter().any(|key| matches!(key, KeyPlan::Text { column: own } if *own == column));
            let is_input = plan.inputs.contains(&Input::Text { column });
            if is_text(ty) && (is_key || is_input || plan.loaded.contains(&column)) {
                let mut own = Texts::new(column, plan::text_codes(&code, column));
                (own.is_key, own.is_input) = (is_key, is_input);
                texts.push(own);
            }
        }
        let referenced_nodes = plan.nodes.iter().filter_map(|node| match node {
            Node::Reference { register, .. } => Some(*register),
            _ => None,
        });
        let referenced_inputs = plan.inputs.iter().filter_map(|input| match input {
            Input::Flag { register } => Some(*register),
            _ => None,
        });
        let referenced: Vec<usize> = referenced_nodes.chain(referenced_inputs).collect();
        let codes = || Box::new([0; ROWS]);
        let mut cells = TableCells {
            isa: Isa::detect(),
            text_codes: texts.iter().map(|_| codes()).collect(),
            input_codes: plan.inputs.iter().map(|_| codes()).collect(),
            vectors: plan.nodes.iter().map(|_| Vector::new()).collect(),
            splits: vec![None; plan.nodes.len()],
            high: plan.nodes.iter().map(|_| None).collect(),
            unsure: plan.nodes.iter().map(|_| None).collect(),
            some_unsure: vec![false; plan.nodes.len()],
            keys: plan
                .keys
                .iter()
                .map(|&plan| KeyCodes { plan, numbers: Numbers::default(), codes: codes() })
                .collect(),
            gate: plan.gate.as_ref().map(FamilyState::new),
            lanes: plan
                .lanes
                .iter()
                .map(|plan| Lane {
                    plan: plan.clone(),
                    groups: Groups::default(),
                    families: plan.families.iter().map(FamilyState::new).collect(),
                    placed: Placed::default(),
                    memory: Memory::default(),
                    has_periods: plan.at.is_some() && program.grain().is_some(),
                    period_codes: 0,
                    out: Box::new([0; ROWS]),
                    periods: codes(),
                    of_row: codes(),
                })
                .collect(),
            read: 0,
            missing: vec![0; types.len()],
            room: 1 << 30,
            types,
            referenced: plan::closure(&code, referenced.iter().copied()),
            has_referenced: !referenced.is_empty(),
            registers: Vec::new(),
            words: Vec::new(),
            texts,
            code,
            plan,
        };
        for (node, vector) in cells.plan.nodes.iter().zip(&mut cells.vectors) {
            if let Node::Const { word } = node {
                vector.words.fill(*word);
            }
        }
        for arg in cells.plan.lanes.iter().flat_map(|lane| &lane.families).flat_map(|family| &family.args) {
            if arg.sums {
                if let Some(high) = cells.high.get_mut(arg.node) {
                    *high = Some((Box::new([0; ROWS]), Box::new([0; ROWS])));
                }
                if let Some(unsure) = cells.unsure.get_mut(arg.node) {
                    *unsure = Some(Box::new([0; ROWS]));
                }
            }
        }
        Some(cells)
    }

    /// Rows that are in cells and not in the state.
    pub(crate) fn rows(&self) -> u64 {
        self.read
    }

    /// Accumulates the rows of a batch, whose shape has been checked, and gives back runs of rows that the reference
    /// evaluator must take. The state is only touched when cells could overflow.
    pub(crate) fn feed(
        &mut self,
        program: &Program<'_>,
        columns: &[Column<'_>],
        rows: Range<usize>,
        sink: &mut impl Sink,
    ) -> Result<Vec<Range<usize>>, Error> {
        let mut left = Vec::new();
        self.prepare(program, columns, sink)?;
        let mut words = std::mem::take(&mut self.words);
        let mut registers = std::mem::take(&mut self.registers);
        let result = self.feed_prepared(program, columns, rows, sink, &mut words, &mut registers, &mut left);
        (self.words, self.registers) = (words, registers);
        result.map(|()| left)
    }

    #[allow(clippy::too_many_arguments)]
    fn feed_prepared(
        &mut self,
        program: &Program<'_>,
        columns: &[Column<'_>],
        rows: Range<usize>,
        sink: &mut impl Sink,
        words: &mut Vec<u64>,
        registers: &mut Vec<Register>,
        left: &mut Vec<Range<usize>>,
    ) -> Result<(), Error> {
        if self.has_referenced {
            words.resize(words.len().max(scratch_words(program, self.plan.table, columns)?), 0);
            registers.resize(self.code.len(), Register::ZERO);
        }
        let mut scratch = Scratch { registers, words };
        let mut reference = if self.has_referenced {
            Some(Rows::new(program, self.plan.table, columns, rows.end, &mut scratch)?)
        } else {
            None
        };
        let mut times: Vec<Option<Times<'_>>> = self
            .lanes
            .iter_mut()
            .map(|lane| {
                lane.plan
                    .at
                    .map(|_| Times::new(program, lane.plan.placement, std::mem::take(&mut lane.memory)))
            })
            .collect();
        let mut from = rows.start;
        let mut result = Ok(());
        while from < rows.end && result.is_ok() {
            let len = (rows.end - from).min(ROWS);
            if self.room < len as u64 || self.bytes() > MOST_BYTES {
                // Draining reads the periods' days.
                for (lane, times) in self.lanes.iter_mut().zip(&mut times) {
                    if let Some(own) = times.take() {
                        lane.memory = own.into_memory();
                    }
                }
                let release = self.bytes() > MOST_BYTES;
                result = self.drain(program, sink);
                if release {
                    self.release();
                }
                for (lane, times) in self.lanes.iter_mut().zip(&mut times) {
                    *times = lane
                        .plan
                        .at
                        .map(|_| Times::new(program, lane.plan.placement, std::mem::take(&mut lane.memory)));
                }
            }
            result = result.and_then(|()| {
                self.run(program, columns, from, len, reference.as_mut(), &mut times, sink, left)
            });
            from += len;
        }
        for (lane, times) in self.lanes.iter_mut().zip(times) {
            if let Some(own) = times {
                lane.memory = own.into_memory();
            }
        }
        result
    }

    fn bytes(&self) -> usize {
        self.lanes
            .iter()
            .map(|lane| lane.groups.len() * lane.families.iter().map(FamilyState::group_bytes).sum::<usize>())
            .sum()
    }

    /// Forgets groups and gives the memory of cells back.
    fn release(&mut self) {
        for lane in &mut self.lanes {
            lane.groups = Groups::default();
            for family in &mut lane.families {
                family.clear(true);
            }
        }
    }

    /// Makes everything empty; groups keep their numbers.
    pub(super) fn clear(&mut self) {
        self.read = 0;
        self.missing.fill(0);
        self.room = 1 << 30;
        self.splits.fill(None);
        for lane in &mut self.lanes {
            lane.placed = Placed::default();
            for family in &mut lane.families {
                family.clear(false);
            }
        }
    }

    /// Gives the texts of a batch's dictionaries codes.
    fn prepare(
        &mut self,
        program: &Program<'_>,
        columns: &[Column<'_>],
        sink: &mut impl Sink,
    ) -> Result<(), Error> {
        let source = Source { program, table: self.plan.table, code: &self.code };
        for texts in &mut self.texts {
            if let Some(column) = columns.get(texts.column) {
                texts.prepare(&source, column)?;
            }
        }
        self.renew(program, sink)
    }

    /// Makes the tables of classes anew where texts with new meanings have come.
    fn renew(&mut self, program: &Program<'_>, sink: &mut impl Sink) -> Result<(), Error> {
        let making = Making {
            program,
            table: self.plan.table,
            code: &self.code,
            inputs: &self.plan.inputs,
            texts: &self.texts,
        };
        if let (Some(gate), Some(plan)) = (&mut self.gate, &self.plan.gate)
            && !gate.is_current(plan, &making)
        {
            *gate = FamilyState::new(plan);
            gate.make(plan, &making)?;
        }
        // The cells of classes that were known must be in the state before the places change.
        let mut fresh: Vec<(usize, usize, FamilyState)> = Vec::new();
        for (l, lane) in self.lanes.iter_mut().enumerate() {
            for (f, (family, plan)) in lane.families.iter_mut().zip(&lane.plan.families).enumerate() {
                if !family.is_current(plan, &making) {
                    let mut next = FamilyState::new(plan);
                    next.make(plan, &making)?;
                    fresh.push((l, f, next));
                }
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        self.drain(program, sink)?;
        for (l, f, family) in fresh {
            if let Some(own) = self.lanes.get_mut(l).and_then(|lane| lane.families.get_mut(f)) {
                *own = family;
            }
        }
        Ok(())
    }

    /// One run of rows.
    #[allow(clippy::too_many_arguments)]
    fn run<'p>(
        &mut self,
        program: &Program<'p>,
        columns: &[Column<'_>],
        from: usize,
        len: usize,
        reference: Option<&mut Rows<'_, '_>>,
        times: &mut [Option<Times<'p>>],
        sink: &mut impl Sink,
        left: &mut Vec<Range<usize>>,
    ) -> Result<(), Error> {
        let mut bad = [0_u8; ROWS];
        let bad = bad.get_mut(..len).unwrap_or(&mut []);
        self.load(program, columns, from, len, reference, bad)?;
        // Texts without a dictionary show new meanings only now.
        self.renew_between(program, times, sink)?;
        self.code_inputs(columns, from, len);
        self.classify(len, bad);
        self.split(len, bad);
        self.place(len, bad, times);
        if !self.find_groups(len) {
            left.push(from..from + len);
            return Ok(());
        }
        self.count_rows(len, bad);
        self.accumulate(len);
        self.room = self.room.saturating_sub(len as u64);
        push_runs(left, bad, from, self.isa);
        Ok(())
    }

    fn renew_between<'p>(
        &mut self,
        program: &Program<'p>,
        times: &mut [Option<Times<'p>>],
        sink: &mut impl Sink,
    ) -> Result<(), Error> {
        let making = Making {
            program,
            table: self.plan.table,
            code: &self.code,
            inputs: &self.plan.inputs,
            texts: &self.texts,
        };
        let is_current =
            self.gate.as_ref().zip(self.plan.gate.as_ref()).is_none_or(|(g, p)| g.is_current(p, &making))
                && self.lanes.iter().all(|lane| {
                    lane.families.iter().zip(&lane.plan.families).all(|(f, p)| f.is_current(p, &making))
                });
        if is_current {
            return Ok(());
        }
        for (lane, times) in self.lanes.iter_mut().zip(times.iter_mut()) {
            if let Some(own) = times.take() {
                lane.memory = own.into_memory();
            }
        }
        let result = self.renew(program, sink);
        for (lane, times) in self.lanes.iter_mut().zip(times) {
            *times = lane
                .plan
                .at
                .map(|_| Times::new(program, lane.plan.placement, std::mem::take(&mut lane.memory)));
        }
        result
    }

    /// How many texts can stand in keys, and their bytes (each text takes whole words).
    pub(super) fn key_texts(&self) -> (usize, usize) {
        let keys = self.texts.iter().filter(|texts| texts.is_key);
        keys.fold((0, 0), |(count, bytes), texts| (count + texts.len(), bytes + texts.key_bytes()))
    }

    /// What stands in a key for a code.
    pub(super) fn key_part(&self, key: &KeyCodes, code: u32) -> KeyPart<'_> {
        match key.plan {
            KeyPlan::Text { column } => self
                .texts
                .iter()
                .find(|texts| texts.column == column)
                .and_then(|texts| texts.key_text(code))
                .map_or(KeyPart::Missing, KeyPart::Text),
            KeyPlan::Bool { .. } if code > 0 => KeyPart::Number(i64::from(code) - 1),
            KeyPlan::Bool { .. } => KeyPart::Missing,
            KeyPlan::Number { .. } => (code as usize)
                .checked_sub(1)
                .and_then(|i| key.numbers.values.get(i))
                .map_or(KeyPart::Missing, |&value| KeyPart::Number(value)),
        }
    }
}

impl Numbers {
    pub(super) fn fill(&mut self, vector: &Vector, to: &mut [u32]) {
        let mut last = (0, 0);
        for (row, (to, &word)) in to.iter_mut().zip(vector.words.iter()).enumerate() {
            if vector.is_missing(row) {
                *to = 0;
                continue;
            }
            let value = word as i64;
            if last.1 == 0 || last.0 != value {
                let next = self.values.len() as u32 + 1;
                let code = *self.codes.entry(value).or_insert(next);
                if code == next {
                    self.values.push(value);
                }
                last = (value, code);
            }
            *to = last.1;
        }
    }
}

/// Adds the marked rows as runs.
fn push_runs(left: &mut Vec<Range<usize>>, bad: &[u8], from: usize, isa: Isa) {
    if !isa::any(isa, bad) {
        return;
    }
    for (row, _) in bad.iter().enumerate().filter(|(_, bad)| **bad != 0) {
        let row = from + row;
        match left.last_mut() {
            Some(run) if run.end == row => run.end = row + 1,
            _ => left.push(row..row + 1),
        }
    }
}
