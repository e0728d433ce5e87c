//! The first look at a run of rows: everything is computed that could show that a row is not plain. Such rows are marked
//! and left to the reference evaluator, whole.

use super::family::{FAILED, FamilyState, Split};
use super::isa::{self, Isa, ROWS};
use super::plan::{Input, Node};
use super::table::TableCells;
use super::texts::{Source, has_value};
use super::vectors::{self, Lack};
use crate::error::Error;
use ripplemark_core::batch::{Column, Data};
use ripplemark_core::eval::{CHUNK, Rows};
use ripplemark_core::{Program, Reasons};

impl TableCells {
    /// Loads columns and computes numbers.
    pub(super) fn load(
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
    pub(super) fn load_presence(
        &mut self,
        columns: &[Column<'_>],
        at: usize,
        column: usize,
        from: usize,
        len: usize,
    ) {
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
    pub(super) fn refer(&mut self, reference: &mut Rows<'_, '_>, from: usize, len: usize, bad: &mut [u8]) {
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

    pub(super) fn code_inputs(&mut self, columns: &[Column<'_>], from: usize, len: usize) {
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

    pub(super) fn classify(&mut self, len: usize, bad: &mut [u8]) {
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
    pub(super) fn split(&mut self, len: usize, bad: &mut [u8]) {
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
