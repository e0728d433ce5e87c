//! The rows of one table on their way into cells.
//!
//! A run of rows is looked at in two steps. First everything is computed that could show that a row is not plain: a
//! value that is not of its type, a number that cannot be split, a condition that fails. Such rows are left to the
//! reference evaluator, whole. Then the others are counted and added up.

use super::drain::Sink;
use super::family::{FAILED, FamilyState, Making, Split};
use super::groups::Groups;
use super::isa::{self, Isa, ROWS, float_order};
use super::plan::{self, ArgKind, Input, KeyPlan, LanePlan, Node, Plan};
use super::texts::{Source, Texts, has_value};
use super::times::{Memory, Times};
use super::vectors::{self, Lack, Vector};
use crate::error::Error;
use ripplemark_core::batch::{Column, Data};
use ripplemark_core::eval::{CHUNK, Rows};
use ripplemark_core::program::op::{Instruction, RowOp};
use ripplemark_core::state::Reject;
use ripplemark_core::state::bulk::{KeyPart, Placed};
use ripplemark_core::types::LogicalType;
use ripplemark_core::{Program, Reasons, Register, Scratch, scratch_words};
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
    period_codes: usize,
    /// Of the run at hand: why a row is in no group (1 + reject), or that it is left over.
    out: Box<[u8; ROWS]>,
    periods: Box<[u32; ROWS]>,
    of_row: Box<[u32; ROWS]>,
}

/// Integers that stand in keys, as codes.
#[derive(Default)]
struct Numbers {
    codes: HashMap<i64, u32>,
    values: Vec<i64>,
}

/// A dimension, and the codes of the run at hand.
pub(super) struct KeyCodes {
    plan: KeyPlan,
    numbers: Numbers,
    codes: Box<[u32; ROWS]>,
}

/// Everything that has been accumulated of a table and is not in the state yet.
pub(crate) struct TableCells {
    pub(super) plan: Plan,
    code: Vec<Instruction<RowOp>>,
    isa: Isa,
    texts: Vec<Texts>,
    text_codes: Vec<Box<[u32; ROWS]>>,
    input_codes: Vec<Box<[u32; ROWS]>>,
    vectors: Vec<Vector>,
    pub(super) splits: Vec<Option<Split>>,
    high: Vec<Option<(Box<[i64; ROWS]>, Box<[i64; ROWS]>)>>,
    unsure: Vec<Option<Box<[u8; ROWS]>>>,
    some_unsure: Vec<bool>,
    pub(super) keys: Vec<KeyCodes>,
    gate: Option<FamilyState>,
    pub(super) lanes: Vec<Lane>,
    /// Rows read.
    pub(super) read: u64,
    /// Missing values by column.
    pub(super) missing: Vec<u64>,
    /// Rows that can still be added before a cell could overflow.
    room: u64,
    types: Vec<LogicalType>,
    /// Registers that the reference evaluator computes for every row.
    referenced: Vec<bool>,
    has_referenced: bool,
    registers: Vec<Register>,
    words: Vec<u64>,
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

    /// Loads columns and computes numbers.
    fn load(
        &mut self,
        program: &Program<'_>,
        columns: &[Column<'_>],
        from: usize,
        len: usize,
        reference: Option<&mut Rows<'_, '_>>,
        bad: &mut [u8],
    ) -> Result<(), Error> {
        let source = Source { program, table: self.plan.table, code: &self.code };
        for (texts, codes) in self.texts.iter_mut().zip(&mut self.text_codes) {
            let Some(column) = columns.get(texts.column) else { continue };
            let codes = codes.get_mut(..len).unwrap_or(&mut []);
            texts.fill(self.isa, &source, column, from, codes, bad)?;
        }
        for at in 0..self.plan.nodes.len() {
            match self.plan.nodes.get(at) {
                Some(&Node::Load { column }) => {
                    let (Some(vector), Some(&ty), Some(data)) =
                        (self.vectors.get_mut(at), self.types.get(column), columns.get(column))
                    else {
                        continue;
                    };
                    vector.load(self.isa, ty, data, from, len);
                    if vector.some_failed {
                        // A value that is not of its type is counted by the reference evaluator.
                        for (bad, failed) in bad.iter_mut().zip(vector.failed.iter()) {
                            *bad |= failed;
                        }
                    }
                }
                Some(&Node::Present { column }) => self.load_presence(columns, at, column, from, len),
                _ => vectors::compute(self.isa, &self.plan.nodes, &mut self.vectors, at, len),
            }
        }
        if let Some(reference) = reference {
            self.refer(reference, from, len, bad);
        }
        // Nodes over those that the reference evaluator has made.
        if self.has_referenced {
            for at in 0..self.plan.nodes.len() {
                vectors::compute(self.isa, &self.plan.nodes, &mut self.vectors, at, len);
            }
        }
        Ok(())
    }

    /// Whether rows have a text or a truth value.
    fn load_presence(&mut self, columns: &[Column<'_>], at: usize, column: usize, from: usize, len: usize) {
        let codes = self.texts.iter().position(|texts| texts.column == column);
        let codes = codes.and_then(|at| self.text_codes.get(at)).and_then(|codes| codes.get(..len));
        let (Some(vector), Some(data)) = (self.vectors.get_mut(at), columns.get(column)) else { return };
        vector.clear();
        for row in 0..len {
            let is_there = match codes {
                Some(codes) => codes.get(row) != Some(&0),
                None => has_value(data, from + row) && !matches!(data.data, Data::Missing),
            };
            if !is_there {
                vector.set(row, Err(Lack::Missing));
            }
        }
    }

    /// Lets the reference evaluator compute what has no loop of its own.
    fn refer(&mut self, reference: &mut Rows<'_, '_>, from: usize, len: usize, bad: &mut [u8]) {
        for (node, vector) in self.plan.nodes.iter().zip(&mut self.vectors) {
            if matches!(node, Node::Reference { .. }) {
                vector.clear();
            }
        }
        let mut done = 0;
        while done < len {
            let some = (len - done).min(CHUNK);
            let registers = reference.run(from + done..from + done + some, &self.referenced);
            for (node, vector) in self.plan.nodes.iter().zip(&mut self.vectors) {
                let Node::Reference { register, decimal } = node else { continue };
                let Some(register) = registers.get(*register) else { continue };
                for row in 0..some {
                    let number = match register.reasons(row) {
                        Reasons::NONE if *decimal => {
                            i64::try_from(register.mantissa(row)).map(|m| m as u64).map_err(|_| Lack::Failed)
                        }
                        Reasons::NONE => Ok(register.word(row)),
                        Reasons::EMPTY => Err(Lack::Missing),
                        _ => Err(Lack::Failed),
                    };
                    vector.set(done + row, number);
                }
            }
            for (input, codes) in self.plan.inputs.iter().zip(&mut self.input_codes) {
                let Input::Flag { register } = input else { continue };
                let Some(register) = registers.get(*register) else { continue };
                for row in 0..some {
                    let (Some(code), Some(bad)) = (codes.get_mut(done + row), bad.get_mut(done + row)) else {
                        continue;
                    };
                    *code = match register.reasons(row) {
                        Reasons::NONE => 1 + register.word(row) as u32,
                        Reasons::EMPTY => 0,
                        _ => {
                            *bad = 1;
                            0
                        }
                    };
                }
            }
            done += some;
        }
    }

    fn code_inputs(&mut self, columns: &[Column<'_>], from: usize, len: usize) {
        for (input, codes) in self.plan.inputs.iter().zip(&mut self.input_codes) {
            let to = codes.get_mut(..len).unwrap_or(&mut []);
            match input {
                Input::Text { column } => {
                    let Some(at) = self.texts.iter().position(|texts| texts.column == *column) else {
                        continue;
                    };
                    let (Some(texts), Some(codes)) = (self.texts.get(at), self.text_codes.get(at)) else {
                        continue;
                    };
                    isa::look_up(self.isa, to, codes.get(..len).unwrap_or(&[]), texts.meanings());
                }
                Input::Bool { column } => {
                    let Some(column) = columns.get(*column) else { continue };
                    code_bools(self.isa, column, from, to);
                }
                Input::Band { node, float, edges, .. } => {
                    let Some(vector) = self.vectors.get(*node) else { continue };
                    let words = vector.words.get(..len).unwrap_or(&[]);
                    if edges.len() <= 6 {
                        isa::bands_few(self.isa, to, words, *float, edges);
                    } else {
                        isa::bands_many(self.isa, to, words, *float, edges);
                    }
                    if vector.some_missing {
                        isa::blank_codes(self.isa, to, vector.missing.get(..len).unwrap_or(&[]));
                    }
                }
                Input::Flag { .. } => {}
            }
        }
    }

    fn classify(&mut self, len: usize, bad: &mut [u8]) {
        let lanes = self.lanes.iter_mut().flat_map(|lane| lane.families.iter_mut().zip(&lane.plan.families));
        for (family, plan) in lanes.chain(self.gate.as_mut().zip(self.plan.gate.as_ref())) {
            family.classify(self.isa, plan, &self.input_codes, len);
            let classes = family.classes.get(..len).unwrap_or(&[]);
            if isa::zeros(self.isa, classes) > 0 {
                for (bad, &class) in bad.iter_mut().zip(classes) {
                    *bad |= u8::from(class == FAILED);
                }
            }
        }
    }

    /// Takes the numbers that are summed apart; rows whose number fails where it counts are left over.
    fn split(&mut self, len: usize, bad: &mut [u8]) {
        for lane in &self.lanes {
            for (family, plan) in lane.families.iter().zip(&lane.plan.families) {
                for (cells, arg) in family.args.iter().zip(&plan.args) {
                    let Some(vector) = self.vectors.get(arg.node) else { continue };
                    if arg.sums && self.splits.get(arg.node) == Some(&None) {
                        let split = Split::choose(arg.kind, vector.words.get(..len).unwrap_or(&[]));
                        if let (Some(own), Some(split)) = (self.splits.get_mut(arg.node), split) {
                            *own = Some(split);
                            self.room = self.room.min(split.room());
                        }
                    }
                    if vector.some_failed {
                        mark(bad, &vector.failed[..], family, cells);
                    }
                }
            }
        }
        for at in 0..self.plan.nodes.len() {
            let (Some(Some((high, low))), Some(Some(unsure)), Some(vector), Some(marked)) = (
                self.high.get_mut(at),
                self.unsure.get_mut(at),
                self.vectors.get(at),
                self.some_unsure.get_mut(at),
            ) else {
                continue;
            };
            let (Some(high), Some(low), Some(words)) =
                (high.get_mut(..len), low.get_mut(..len), vector.words.get(..len))
            else {
                continue;
            };
            *marked = false;
            match self.splits.get(at).copied().flatten() {
                Some(split) => {
                    unsure.fill(0);
                    *marked = split.split(self.isa, high, low, words, &mut unsure[..len]);
                }
                None => {
                    high.fill(0);
                    low.fill(0);
                }
            }
        }
        for lane in &self.lanes {
            for (family, plan) in lane.families.iter().zip(&lane.plan.families) {
                for (cells, arg) in family.args.iter().zip(&plan.args) {
                    if self.some_unsure.get(arg.node) == Some(&true)
                        && let Some(Some(unsure)) = self.unsure.get(arg.node)
                    {
                        mark(bad, &unsure[..], family, cells);
                    }
                }
            }
        }
        // What does not fit may stand in rows where it does not count; there it must add nothing.
        for ((high, unsure), _) in
            self.high.iter_mut().zip(&self.unsure).zip(&self.some_unsure).filter(|(_, some)| **some)
        {
            if let (Some((high, low)), Some(unsure)) = (high, unsure) {
                isa::blank(self.isa, &mut high[..], &mut low[..], &unsure[..]);
            }
        }
    }

    /// Why rows are in no group, and the periods of those that are.
    fn place(&mut self, len: usize, bad: &[u8], times: &mut [Option<Times<'_>>]) {
        for (lane, times) in self.lanes.iter_mut().zip(times) {
            let out = lane.out.get_mut(..len).unwrap_or(&mut []);
            out.copy_from_slice(bad);
            if isa::any(self.isa, bad) {
                for out in out.iter_mut().filter(|out| **out != 0) {
                    *out = LEFT;
                }
            }
            if let Some(gate) = &self.gate {
                for (out, &class) in out.iter_mut().zip(gate.classes.iter()) {
                    let holds = gate.holds.get(class as usize).and_then(|h| h.first()) == Some(&true);
                    if *out == 0 && !holds {
                        *out = 1 + Reject::Filtered as u8;
                    }
                }
            }
            let Some(times) = times else { continue };
            let Some(vector) = lane.plan.at.and_then(|at| {
                let node = self.plan.nodes.iter().position(|node| *node == Node::Load { column: at })?;
                self.vectors.get(node)
            }) else {
                continue;
            };
            if vector.some_missing {
                for (out, &missing) in out.iter_mut().zip(vector.missing.iter()) {
                    if *out == 0 && missing == 1 {
                        *out = 1 + Reject::NoTime as u8;
                    }
                }
            }
            let words = vector.words.get(..len).unwrap_or(&[]);
            times.place(self.isa, words, out, lane.periods.get_mut(..len).unwrap_or(&mut []));
            lane.period_codes = times.periods();
        }
    }

    /// The group of each row of each lane; false if keys cannot be packed.
    fn find_groups(&mut self, len: usize) -> bool {
        for key in &mut self.keys {
            if let KeyPlan::Number { node } = key.plan
                && let Some(vector) = self.vectors.get(node)
            {
                let codes = key.codes.get_mut(..len).unwrap_or(&mut []);
                key.numbers.fill(vector, codes);
            }
        }
        for lane in &mut self.lanes {
            let key_codes = self.keys.iter().map(|key| match key.plan {
                KeyPlan::Text { column } => {
                    self.texts.iter().find(|texts| texts.column == column).map_or(1, Texts::len)
                }
                KeyPlan::Bool { .. } => 3,
                KeyPlan::Number { .. } => key.numbers.values.len() + 1,
            });
            let periods = lane.has_periods.then_some(lane.period_codes);
            if !lane.groups.fit(key_codes.chain(periods)) {
                return false;
            }
            let mut words = [0_u64; ROWS];
            let words = words.get_mut(..len).unwrap_or(&mut []);
            let parts = self
                .keys
                .iter()
                .map(|key| key_codes_of(key, &self.plan, &self.texts, &self.text_codes, &self.input_codes));
            let period = lane.has_periods.then_some(&lane.periods);
            for (codes, shift) in
                parts.map(|codes| codes.unwrap_or(&lane.periods)).chain(period).zip(lane.groups.shifts())
            {
                isa::pack(self.isa, words, codes.get(..len).unwrap_or(&[]), shift);
            }
            let (out, of_row) =
                (lane.out.get(..len).unwrap_or(&[]), lane.of_row.get_mut(..len).unwrap_or(&mut []));
            lane.groups.find(self.isa, words, out, of_row);
        }
        true
    }

    fn count_rows(&mut self, len: usize, bad: &[u8]) {
        let kept = isa::zero_bytes(self.isa, bad);
        let all_kept = kept as usize == len;
        self.read += u64::from(kept);
        for (lane, at) in self.lanes.iter_mut().map(|lane| {
            let at = lane.plan.at;
            (lane, at)
        }) {
            let out = lane.out.get(..len).unwrap_or(&[]);
            let used = isa::zero_bytes(self.isa, out);
            lane.placed.used += u64::from(used);
            if used as usize != len {
                for &out in out.iter().filter(|&&out| out != 0 && out != LEFT) {
                    if let Some(count) = lane.placed.rejected.get_mut(usize::from(out) - 1) {
                        *count += 1;
                    }
                }
            }
            let Some(vector) = at.and_then(|at| {
                let node = self.plan.nodes.iter().position(|node| *node == Node::Load { column: at })?;
                self.vectors.get(node)
            }) else {
                continue;
            };
            let latest = if used as usize == len {
                Some(isa::extent(self.isa, vector.words.get(..len).unwrap_or(&[])).1)
            } else {
                vector.words.iter().zip(out).filter(|(_, out)| **out == 0).map(|(&word, _)| word as i64).max()
            };
            lane.placed.latest = lane.placed.latest.max(latest);
        }
        for &column in &self.plan.loaded {
            let missing = match self.types.get(column) {
                Some(LogicalType::Category | LogicalType::Id) => {
                    let Some(at) = self.texts.iter().position(|texts| texts.column == column) else {
                        continue;
                    };
                    let codes = self.text_codes.get(at).and_then(|codes| codes.get(..len)).unwrap_or(&[]);
                    missing_codes(self.isa, codes, bad, all_kept)
                }
                Some(LogicalType::Bool) => {
                    let at = self.plan.inputs.iter().position(|input| *input == Input::Bool { column });
                    let codes = at.and_then(|at| self.input_codes.get(at)).and_then(|codes| codes.get(..len));
                    missing_codes(self.isa, codes.unwrap_or(&[]), bad, all_kept)
                }
                _ => {
                    let node = self.plan.nodes.iter().position(|node| *node == Node::Load { column });
                    match node.and_then(|node| self.vectors.get(node)) {
                        Some(vector) if vector.some_missing => {
                            isa::marked_and_in(self.isa, vector.missing.get(..len).unwrap_or(&[]), bad)
                        }
                        _ => 0,
                    }
                }
            };
            if let Some(count) = self.missing.get_mut(column) {
                *count += u64::from(missing);
            }
        }
    }

    fn accumulate(&mut self, len: usize) {
        let isa = self.isa;
        for lane in &mut self.lanes {
            let groups = lane.groups.len() + 1;
            let of_row = lane.of_row.get(..len).unwrap_or(&[]);
            for (family, plan) in lane.families.iter_mut().zip(&lane.plan.families) {
                family.reserve(plan, groups);
                let classes = family.classes.get(..len).unwrap_or(&[]);
                let mut at = [0_u32; ROWS];
                let at = at.get_mut(..len).unwrap_or(&mut []);
                isa::address(isa, at, of_row, classes, family.width);
                isa::count(isa, &mut family.counts, at);
                for (cells, arg) in family.args.iter_mut().zip(&plan.args) {
                    let Some(vector) = self.vectors.get(arg.node) else { continue };
                    let mut own = [0_u32; ROWS];
                    let own = own.get_mut(..len).unwrap_or(&mut []);
                    isa::look_up(isa, own, classes, &cells.class_of);
                    isa::address(isa, at, of_row, own, cells.width);
                    if vector.some_missing {
                        for (&at, &missing) in at.iter().zip(vector.missing.iter()) {
                            if missing == 1
                                && let Some(cell) = cells.missing.get_mut(at as usize)
                            {
                                *cell = cell.wrapping_add(1);
                            }
                        }
                    }
                    if arg.sums
                        && let Some(Some((high, low))) = self.high.get(arg.node)
                    {
                        let (high, low) = (high.get(..len).unwrap_or(&[]), low.get(..len).unwrap_or(&[]));
                        isa::scatter(isa, &mut cells.sums, at, high, low);
                    }
                    if arg.extremes {
                        extremes(&mut cells.extremes, at, vector, arg.kind);
                    }
                }
            }
        }
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

/// In a lane's `out`: the reference evaluator takes the row.
const LEFT: u8 = u8::MAX;

/// The codes of a dimension; `None` only where the plan does not have its column.
fn key_codes_of<'a>(
    key: &'a KeyCodes,
    plan: &Plan,
    texts: &[Texts],
    text_codes: &'a [Box<[u32; ROWS]>],
    input_codes: &'a [Box<[u32; ROWS]>],
) -> Option<&'a Box<[u32; ROWS]>> {
    match key.plan {
        KeyPlan::Text { column } => {
            texts.iter().position(|texts| texts.column == column).and_then(|at| text_codes.get(at))
        }
        KeyPlan::Bool { column } => plan
            .inputs
            .iter()
            .position(|input| *input == Input::Bool { column })
            .and_then(|at| input_codes.get(at)),
        KeyPlan::Number { .. } => Some(&key.codes),
    }
}

impl Numbers {
    fn fill(&mut self, vector: &Vector, to: &mut [u32]) {
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

/// Marks rows in which something is marked and which counts under a condition of the number.
fn mark(bad: &mut [u8], marked: &[u8], family: &FamilyState, cells: &super::family::ArgCells) {
    for ((bad, &marked), &class) in bad.iter_mut().zip(marked).zip(family.classes.iter()) {
        if marked != 0 && cells.class_of.get(class as usize).is_some_and(|&own| own != 0) {
            *bad = 1;
        }
    }
}

fn code_bools(isa: Isa, column: &Column<'_>, from: usize, to: &mut [u32]) {
    let Data::Bool(bits) = column.data else {
        to.fill(0);
        return;
    };
    let mut bytes = [0_u8; ROWS];
    let bytes = bytes.get_mut(..to.len()).unwrap_or(&mut []);
    let (buffer, offset) = bits.parts();
    isa::bits_to_bytes(isa, bytes, buffer, offset + from);
    isa::codes_of_bits(isa, to, bytes);
    if let Some(validity) = column.validity {
        let (buffer, offset) = validity.parts();
        isa::bits_to_bytes(isa, bytes, buffer, offset + from);
        isa::flip(isa, bytes);
        isa::blank_codes(isa, to, bytes);
    }
}

fn extremes(cells: &mut [(i64, i64)], at: &[u32], vector: &Vector, kind: ArgKind) {
    for (row, (&at, &word)) in at.iter().zip(vector.words.iter()).enumerate() {
        if vector.is_missing(row) {
            continue;
        }
        let value = if kind == ArgKind::Float { float_order(word) } else { word as i64 };
        if let Some(cell) = cells.get_mut(at as usize) {
            *cell = (cell.0.min(value), cell.1.max(value));
        }
    }
}

/// How many codes of rows that are kept are 0.
fn missing_codes(isa: Isa, codes: &[u32], bad: &[u8], all_kept: bool) -> u32 {
    match isa::zeros(isa, codes) {
        zeros if all_kept || zeros == 0 => zeros,
        _ => codes.iter().zip(bad).map(|(&code, &bad)| u32::from(code == 0 && bad == 0)).sum(),
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
