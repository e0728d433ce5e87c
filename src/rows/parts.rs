//! The slots that a metric stands on, read out of the program: which aggregates its formula reaches, and through which
//! side of its quotient.

use crate::evaluate::RejectSlot;
use ripplemark_core::Program as View;
use ripplemark_core::program::layout::NONE;
use ripplemark_core::program::op::CellOp;
use std::collections::BTreeMap;

/// A way in which rows enter a metric. Slots with the same time, condition and argument take the same rows, so one
/// stands for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) slot: usize,
    pub(super) placement: usize,
    pub(super) numerator: bool,
    pub(super) denominator: bool,
}

/// Everything that a metric stands on.
pub(super) struct Parts {
    parts: Vec<Part>,
    has_roles: bool,
    /// Placement and position of the slots that count rows which failed and were left out.
    rejects: Vec<(usize, usize)>,
}

impl Parts {
    pub(super) fn new(view: &View<'_>, rejects: &[RejectSlot], metric: usize) -> Parts {
        let rejects = (rejects.iter())
            .filter(|slot| slot.metric == metric && slot.slot < view.slot_count())
            .map(|slot| (view.slot(slot.slot).placement, slot.slot))
            .collect();
        let metric = view.metric(metric);
        // By what decides which rows enter: placement, condition, argument.
        let mut parts: BTreeMap<(usize, Option<usize>, Option<usize>), Part> = BTreeMap::new();
        let sides = [(Some(metric.value), false, false), (metric.numerator, true, false)];
        for (register, numerator, denominator) in sides.into_iter().chain([(metric.denominator, false, true)])
        {
            for slot in register.map_or_else(Vec::new, |register| slots_of(view, register)) {
                let about = view.slot(slot);
                let part = parts.entry((about.placement, about.mask, about.arg)).or_insert(Part {
                    slot,
                    placement: about.placement,
                    numerator: false,
                    denominator: false,
                });
                part.numerator |= numerator;
                part.denominator |= denominator;
            }
        }
        let parts: Vec<Part> = parts.into_values().collect();
        // An average divides a sum by a count of the same rows, and a constant has no rows: then there are no sides.
        let has_roles = parts.iter().any(|part| part.numerator)
            && parts.iter().any(|part| part.denominator)
            && parts.iter().any(|part| part.numerator != part.denominator);
        Parts { parts, has_roles, rejects }
    }

    /// Whether rows are told apart by the side of the quotient that they enter.
    pub(super) fn has_roles(&self) -> bool {
        self.has_roles
    }

    pub(super) fn of_placement(&self, placement: usize) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.placement == placement)
    }

    /// The slots of a placement that count rows which failed.
    pub(super) fn rejects_of(&self, placement: usize) -> impl Iterator<Item = usize> {
        self.rejects.iter().filter(move |(own, _)| *own == placement).map(|(_, slot)| *slot)
    }

    /// Whether the metric reads this table.
    pub(super) fn reads(&self, view: &View<'_>, table: usize) -> bool {
        self.parts.iter().any(|part| view.placement_table(part.placement) == table)
    }
}

/// The slots that a cell register is computed from, in ascending order.
fn slots_of(view: &View<'_>, register: usize) -> Vec<usize> {
    let mut slots = Vec::new();
    // Operands lie below their instruction, so one way down meets everything that is needed.
    let mut needed = vec![false; register.saturating_add(1).min(view.cell_count())];
    if let Some(last) = needed.get_mut(register) {
        *last = true;
    }
    for i in (0..needed.len()).rev() {
        let Some(ins) = view.cell_instruction(i).filter(|_| needed.get(i) == Some(&true)) else { continue };
        let mut need = |operands: &[u32]| {
            for &operand in operands {
                if let Some(operand) = needed.get_mut(operand as usize) {
                    *operand = true;
                }
            }
        };
        match ins.op {
            CellOp::Number | CellOp::Bool => {}
            CellOp::Slot => {
                slots.extend(
                    [ins.a, ins.b].into_iter().filter(|&slot| slot != NONE).map(|slot| slot as usize),
                );
            }
            CellOp::Neg
            | CellOp::Not
            | CellOp::IsNull
            | CellOp::Abs
            | CellOp::Rows
            | CellOp::Round64
            | CellOp::Sqrt
            | CellOp::Ln
            | CellOp::Exp
            | CellOp::Log10
            | CellOp::Log2
            | CellOp::RoundTo => need(&[ins.a]),
            CellOp::Add
            | CellOp::Sub
            | CellOp::Mul
            | CellOp::Div
            | CellOp::Compare
            | CellOp::And
            | CellOp::Or
            | CellOp::Coalesce
            | CellOp::Min
            | CellOp::Max
            | CellOp::Pow => need(&[ins.a, ins.b]),
            CellOp::If => need(&[ins.a, ins.b, ins.c]),
        }
    }
    slots.sort_unstable();
    slots.dedup();
    slots
}
