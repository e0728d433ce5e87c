//! How wide a formula's exact numbers can become. Compiler and validator share it: a program states its widths, and
//! loading recomputes them, so that running needs no further checks and no allocator.

use crate::num::Width;
use crate::program::Program;
use crate::program::layout::NONE;
use crate::program::op::{CellOp, Instruction, SlotKind};

/// Most words of a numerator or denominator. Ten factors that are each a sum of doubles stay below.
pub const MAX_WORDS: usize = 2048;

/// Words of a register beside numerator and denominator: marks, `n`, and the number's own header.
pub const REGISTER_HEAD: usize = 3;

/// What an instruction needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Words of the numerator.
    pub numerator: usize,
    /// Words of the denominator.
    pub denominator: usize,
    /// Working words.
    pub scratch: usize,
}

/// What an instruction reads, as far as widths are concerned.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A constant with this many digits after the point.
    Number(u8),
    /// A slot of this kind and scale.
    Slot(SlotKind, u8),
    /// Registers of these widths (those that the instruction does not have: anything).
    Registers(Width, Width, Width),
    /// A register of this width that is rounded to these digits after the point.
    Digits(Width, u8),
}

/// Words that a register takes.
#[must_use]
pub const fn register_words(numerator: usize, denominator: usize) -> usize {
    REGISTER_HEAD + numerator + denominator
}

fn slot_width(kind: SlotKind, scale: u8) -> Width {
    match kind {
        SlotKind::Count | SlotKind::MinInt | SlotKind::MaxInt => Width::INT,
        SlotKind::SumInt => Width::INT_SUM,
        SlotKind::SumDecimal => Width::dec_sum(scale),
        SlotKind::SumFloat => Width::FLOAT_SUM,
        SlotKind::MinDecimal | SlotKind::MaxDecimal => Width::decimal(scale),
        SlotKind::MinFloat | SlotKind::MaxFloat => Width::FLOAT,
    }
}

/// What an operation needs for these operands; `None` if it would be wider than [`MAX_WORDS`].
#[must_use]
pub fn needs(op: CellOp, source: Source) -> Option<Needs> {
    let nothing = Width { num: 0, den: 0 };
    let (a, b, c) = match source {
        Source::Registers(a, b, c) => (a, b, c),
        _ => (nothing, nothing, nothing),
    };
    let (width, working) = match (op, source) {
        (CellOp::Number, Source::Number(scale)) => (Width::decimal(scale), 0),
        (CellOp::Slot, Source::Slot(kind, scale)) => (slot_width(kind, scale), 0),
        (CellOp::RoundTo, Source::Digits(a, digits)) => (a.round_to(digits), a.scratch_round_to()),
        (CellOp::Number | CellOp::Slot | CellOp::RoundTo, _) => return None,
        (CellOp::Bool | CellOp::Not | CellOp::And | CellOp::Or | CellOp::IsNull, _) => (nothing, 0),
        (CellOp::Compare, _) => (nothing, a.scratch_cmp(b)),
        (CellOp::Neg | CellOp::Abs | CellOp::Rows, _) => (a, 0),
        (CellOp::Add | CellOp::Sub, _) => (a.add(b), a.scratch_add(b)),
        (CellOp::Mul, _) => (a.mul(b), 0),
        (CellOp::Div, _) => (a.div(b), 0),
        (CellOp::Min | CellOp::Max, _) => (a.or(b), a.scratch_cmp(b)),
        (CellOp::If, _) => (b.or(c), 0),
        (CellOp::Coalesce, _) => (a.or(b), 0),
        (CellOp::Round64 | CellOp::Sqrt | CellOp::Ln | CellOp::Exp | CellOp::Log10 | CellOp::Log2, _) => {
            (Width::FLOAT, a.scratch_round())
        }
        (CellOp::Pow, _) => (Width::FLOAT, a.scratch_round().max(b.scratch_round())),
    };
    if width.num > MAX_WORDS || width.den > MAX_WORDS {
        return None;
    }
    // Any register may be what a metric shows: rounded, and as text.
    let shown = width.scratch_round().max(width.scratch_text());
    Some(Needs { numerator: width.num, denominator: width.den, scratch: working.max(shown) })
}

/// What an instruction of a program needs; its operands' stated widths have been checked before.
pub(crate) fn of(program: &Program<'_>, ins: &Instruction<CellOp>) -> Option<Needs> {
    let register = |r: u32| {
        let (num, den, _) = program.cell_width(r as usize);
        Width { num, den }
    };
    let source = match ins.op {
        CellOp::Number => Source::Number(ins.b as u8),
        CellOp::Slot => {
            let slot = program.slot(ins.a as usize);
            Source::Slot(slot.kind, slot.scale)
        }
        CellOp::RoundTo => Source::Digits(register(ins.a), ins.b as u8),
        CellOp::Bool => Source::Registers(register(NONE), register(NONE), register(NONE)),
        _ => Source::Registers(register(ins.a), register(ins.b), register(ins.c)),
    };
    needs(ins.op, source)
}
