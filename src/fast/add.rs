//! The second step with a run of rows: those that are plain find their groups, are counted and added up.

use super::isa::{self, Isa, ROWS, float_order};
use super::plan::{ArgKind, Input, KeyPlan, Node, Plan};
use super::table::{KeyCodes, TableCells};
use super::texts::Texts;
use super::times::Times;
use super::vectors::Vector;
use ripplemark_core::state::Reject;
use ripplemark_core::types::LogicalType;

/// In a lane's `out`: the reference evaluator takes the row.
const LEFT: u8 = u8::MAX;

impl TableCells {
    /// Why rows are in no group, and the periods of those that are.
    pub(super) fn place(&mut self, len: usize, bad: &[u8], times: &mut [Option<Times<'_>>]) {
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
    pub(super) fn find_groups(&mut self, len: usize) -> bool {
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
            let period = lane.has_periods.then_some(&*lane.periods);
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

    pub(super) fn count_rows(&mut self, len: usize, bad: &[u8]) {
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

    pub(super) fn accumulate(&mut self, len: usize) {
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
}

/// The codes of a dimension; `None` only where the plan does not have its column.
fn key_codes_of<'a>(
    key: &'a KeyCodes,
    plan: &Plan,
    texts: &[Texts],
    text_codes: &'a [Box<[u32; ROWS]>],
    input_codes: &'a [Box<[u32; ROWS]>],
) -> Option<&'a [u32; ROWS]> {
    match key.plan {
        KeyPlan::Text { column } => texts
            .iter()
            .position(|texts| texts.column == column)
            .and_then(|at| text_codes.get(at))
            .map(|codes| &**codes),
        KeyPlan::Bool { column } => plan
            .inputs
            .iter()
            .position(|input| *input == Input::Bool { column })
            .and_then(|at| input_codes.get(at))
            .map(|codes| &**codes),
        KeyPlan::Number { .. } => Some(&key.codes),
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
