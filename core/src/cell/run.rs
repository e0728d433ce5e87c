//! The cell instructions.
//!
//! A register is: a word of marks (reasons, flags, truth value), a word `n`, a rational. A register with reasons has
//! no value, and what its rational holds does not matter.

use super::width::{REGISTER_HEAD, register_words};
use crate::error::{Code, Error};
use crate::eval;
use crate::num::digits::Rounding;
use crate::num::{NumError, Rational, RationalMut, Rounded, limbs};
use crate::program::Program;
use crate::program::layout::NONE;
use crate::program::op::{CellOp, Instruction};
use crate::reason::{Flags, Reasons};
use crate::state::slots::{self, SlotValue};
use crate::state::{Key, State};

/// Reasons that a formula may answer with another value.
const REPLACEABLE: u8 = Reasons::EMPTY.0 | Reasons::ZERO_DENOMINATOR.0;

/// `n` of a constant: it takes part in no minimum.
const NO_N: u64 = u64::MAX;

/// Everything in a register but its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    pub(super) reasons: Reasons,
    pub(super) flags: Flags,
    pub(super) truth: bool,
    pub(super) n: u64,
}

impl Marks {
    const CONSTANT: Marks = Marks { reasons: Reasons::NONE, flags: Flags::NONE, truth: false, n: NO_N };

    fn read(register: &[u64]) -> Marks {
        let word = register.first().copied().unwrap_or(0);
        Marks {
            reasons: Reasons(word as u8),
            flags: Flags((word >> 8) as u8),
            truth: word >> 16 & 1 == 1,
            n: register.get(1).copied().unwrap_or(0),
        }
    }

    fn write(self, register: &mut [u64]) {
        if let [word, n, ..] = register {
            *word = u64::from(self.reasons.0) | u64::from(self.flags.0) << 8 | u64::from(self.truth) << 16;
            *n = self.n;
        }
    }

    fn and(self, other: Marks) -> Marks {
        Marks {
            reasons: self.reasons | other.reasons,
            flags: self.flags | other.flags,
            truth: false,
            n: self.n.min(other.n),
        }
    }

    fn because(self, reasons: Reasons) -> Marks {
        Marks { reasons: self.reasons | reasons, ..self }
    }
}

/// The registers of a program's cell code, in the caller's words, with working words behind them.
pub(super) struct Registers<'m, 'p> {
    program: Program<'p>,
    words: &'m mut [u64],
    working: usize,
}

/// The group whose cells are computed.
pub(super) struct Source<'s, M> {
    pub(super) state: &'s State<M>,
    /// `None`: no row was ever fed, and the result has one cell all the same.
    pub(super) group: Option<usize>,
    pub(super) key: Key,
}

impl<'m, 'p> Registers<'m, 'p> {
    pub(super) fn new(program: Program<'p>, words: &'m mut [u64]) -> Option<Self> {
        let words = words.get_mut(..program.cell_words())?;
        let working = program.cell_count().checked_sub(1).map_or(0, |last| {
            let (numerator, denominator, at) = program.cell_width(last);
            at + register_words(numerator, denominator)
        });
        Some(Registers { program, words, working })
    }

    fn register(&self, i: usize) -> &[u64] {
        let (numerator, denominator, at) = self.program.cell_width(i);
        self.words.get(at..at + register_words(numerator, denominator)).unwrap_or(&[])
    }

    pub(super) fn marks(&self, i: usize) -> Marks {
        let mut marks = Marks::read(self.register(i));
        if marks.n == NO_N {
            marks.n = 0;
        }
        marks
    }

    /// The value of a register, and working words.
    pub(super) fn value_and_working(&mut self, i: usize) -> Option<(Rational<'_>, &mut [u64])> {
        let (numerator, denominator, at) = self.program.cell_width(i);
        let (registers, working) = self.words.split_at_mut_checked(self.working)?;
        let register = registers.get(at..at + register_words(numerator, denominator))?;
        Some((Rational::read(register.get(2..)?, numerator).ok()?, working))
    }

    /// Runs all cell code for a group.
    pub(super) fn run(&mut self, source: &Source<'_, impl AsRef<[u64]>>) -> Result<(), Error> {
        for i in 0..self.program.cell_count() {
            let broken = Error::new(Code::ProgramCellCode, i);
            let ins = self.program.cell_instruction(i).ok_or(broken)?;
            // Widths have been proved large enough when the program was loaded.
            self.step(i, &ins, source).map_err(|_| broken)?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        i: usize,
        ins: &Instruction<CellOp>,
        source: &Source<'_, impl AsRef<[u64]>>,
    ) -> Result<(), NumError> {
        let program = self.program;
        let (numerator, denominator, at) = program.cell_width(i);
        let (registers, working) = self.words.split_at_mut_checked(self.working).ok_or(NumError::Short)?;
        let (below, rest) = registers.split_at_mut_checked(at).ok_or(NumError::Short)?;
        let register = rest.get_mut(..register_words(numerator, denominator)).ok_or(NumError::Short)?;
        let (head, block) = register.split_at_mut_checked(REGISTER_HEAD - 1).ok_or(NumError::Short)?;
        let mut out = RationalMut::new(block, numerator)?;
        let operands = Operands { program, below };
        let marks = match ins.op {
            CellOp::Slot => load_slot(&program, ins, source, &mut out)?,
            _ => operands.compute(ins, &mut out, working)?,
        };
        marks.write(head);
        Ok(())
    }
}

fn load_slot(
    program: &Program<'_>,
    ins: &Instruction<CellOp>,
    source: &Source<'_, impl AsRef<[u64]>>,
    out: &mut RationalMut<'_>,
) -> Result<Marks, NumError> {
    let dims = program.dim_count();
    let words = source.group.map_or(&[][..], |group| source.state.slots(group, dims));
    let part = |i: u32| {
        let slot = program.slot(i as usize);
        (slot, words.get(slot.offset..slot.offset + slots::slot_words(slot.kind)).unwrap_or(&[]))
    };
    let (slot, held) = part(ins.a);
    let count = |i: u32| {
        let (slot, held) = part(i);
        match slots::read(slot.kind, held) {
            Some(SlotValue::Count(rows)) => rows,
            _ => 0,
        }
    };
    let n = if ins.b == NONE { count(ins.a) } else { count(ins.b) };
    let mut reasons = slots::reasons(held);
    out.set_zero();
    match slots::read(slot.kind, held) {
        Some(SlotValue::Count(rows)) => out.set_int(i128::from(rows))?,
        // Before the first row, counts are 0 and everything else is empty.
        None if ins.b == NONE => {}
        Some(SlotValue::Int(None) | SlotValue::Decimal(None) | SlotValue::Float(None)) | None => {
            reasons = reasons | Reasons::EMPTY;
        }
        Some(SlotValue::SumInt(sum)) => out.set_int_sum(sum)?,
        Some(SlotValue::SumDecimal(sum)) => out.set_dec_sum(sum, slot.scale)?,
        Some(SlotValue::SumFloat(sum)) => out.set_float_sum(sum)?,
        Some(SlotValue::Int(Some(value))) => out.set_int(i128::from(value))?,
        Some(SlotValue::Decimal(Some(value))) => out.set_decimal(value, slot.scale)?,
        Some(SlotValue::Float(Some(bits))) => out.set_f64(bits)?,
    }
    if ins.b != NONE && n == 0 && reasons.is_none() {
        reasons = Reasons::EMPTY;
    }
    let partial = is_partial(program, source.state, slot.placement, &source.key);
    let flags = if partial { Flags::PARTIAL_PERIOD } else { Flags::NONE };
    Ok(Marks { reasons, flags, truth: false, n })
}

/// Whether the period of a key is not over, as far as `as_of` or the watermark tell, or is cut by the range.
fn is_partial(program: &Program<'_>, state: &State<impl AsRef<[u64]>>, placement: usize, key: &Key) -> bool {
    let Some(grain) = program.grain().filter(|_| key.has_period()) else { return false };
    let start = key.period();
    let end = program.calendar().end(grain, start);
    if is_cut(program, placement, start, end) {
        return true;
    }
    let known_to = match program.as_of() {
        Some((_, day)) => i64::from(day),
        None => match state.watermark(program, placement) {
            // The day of the latest row counts as known.
            Some(day) if program.placement_is_date(placement) => day.saturating_add(1),
            Some(micros) => program.zone().local_day(micros) + 1,
            None => return false,
        },
    };
    known_to < end
}

/// Whether the asked range leaves a part of the period out.
fn is_cut(program: &Program<'_>, placement: usize, start: i64, end: i64) -> bool {
    if program.placement_is_date(placement) {
        let (from, to) = program.range_days();
        return from > start || to < end;
    }
    let (from, to) = program.range();
    let zone = program.zone();
    // The instant before the range must lie before the period, and the first one behind it, behind the period.
    (from > i64::MIN && zone.local_day(from - 1) >= start) || (to < i64::MAX && zone.local_day(to) < end)
}

struct Operands<'r, 'p> {
    program: Program<'p>,
    below: &'r [u64],
}

impl<'r> Operands<'r, '_> {
    fn get(&self, r: u32) -> Result<(Marks, Rational<'r>), NumError> {
        let (numerator, denominator, at) = self.program.cell_width(r as usize);
        let register =
            self.below.get(at..at + register_words(numerator, denominator)).ok_or(NumError::Short)?;
        let block = register.get(REGISTER_HEAD - 1..).ok_or(NumError::Short)?;
        Ok((Marks::read(register), Rational::read(block, numerator)?))
    }

    fn compute(
        &self,
        ins: &Instruction<CellOp>,
        out: &mut RationalMut<'_>,
        working: &mut [u64],
    ) -> Result<Marks, NumError> {
        out.set_zero();
        match ins.op {
            CellOp::Slot => Ok(Marks::CONSTANT),
            CellOp::Number => {
                out.set_decimal(self.program.const_i128(ins.a), ins.b as u8)?;
                Ok(Marks::CONSTANT)
            }
            CellOp::Bool => Ok(Marks { truth: ins.a == 1, ..Marks::CONSTANT }),
            CellOp::Neg
            | CellOp::Abs
            | CellOp::Rows
            | CellOp::Round64
            | CellOp::Sqrt
            | CellOp::Ln
            | CellOp::Exp
            | CellOp::Log10
            | CellOp::Log2
            | CellOp::RoundTo => self.unary(ins, out, working),
            CellOp::Add
            | CellOp::Sub
            | CellOp::Mul
            | CellOp::Div
            | CellOp::Min
            | CellOp::Max
            | CellOp::Pow
            | CellOp::Compare => self.binary(ins, out, working),
            CellOp::Not => {
                let (a, _) = self.get(ins.a)?;
                Ok(Marks { truth: !a.truth, ..a })
            }
            CellOp::And | CellOp::Or => self.logic(ins),
            CellOp::If => self.choose(ins, out),
            CellOp::Coalesce => {
                let (a, value) = self.get(ins.a)?;
                // A failed check or a wrong input is not for a formula to paint over.
                if a.reasons.is_none() || a.reasons.0 & !REPLACEABLE != 0 {
                    out.copy(value)?;
                    return Ok(a);
                }
                let (b, value) = self.get(ins.b)?;
                out.copy(value)?;
                // `n` tells how many rows there were, not where the stand-in came from.
                Ok(Marks { flags: a.flags | b.flags, n: a.n, ..b })
            }
            CellOp::IsNull => {
                let (a, _) = self.get(ins.a)?;
                // As for `??`: empty is an answer, a wrong input is not.
                if a.reasons.0 & !REPLACEABLE != 0 {
                    return Ok(a);
                }
                Ok(Marks { reasons: Reasons::NONE, truth: !a.reasons.is_none(), ..a })
            }
        }
    }

    fn unary(
        &self,
        ins: &Instruction<CellOp>,
        out: &mut RationalMut<'_>,
        working: &mut [u64],
    ) -> Result<Marks, NumError> {
        let (marks, value) = self.get(ins.a)?;
        if !marks.reasons.is_none() {
            return Ok(marks);
        }
        let function: fn(f64) -> Result<u64, Reasons> = match ins.op {
            CellOp::Neg => {
                out.copy(value.negated())?;
                return Ok(marks);
            }
            CellOp::Abs => {
                out.copy(value.abs())?;
                return Ok(marks);
            }
            CellOp::Rows => {
                out.copy(value)?;
                // Sums of counts are whole and, one row being counted once at most, below 2^64.
                let rows = limbs::to_u128(value.numerator()).and_then(|n| u64::try_from(n).ok());
                return Ok(Marks { n: rows.unwrap_or(marks.n), ..marks });
            }
            CellOp::RoundTo => {
                let rounding = Rounding::from_u8(ins.aux).unwrap_or(Rounding::HalfAway);
                out.round_to(value, ins.b as u8, rounding, working)?;
                return Ok(marks);
            }
            CellOp::Log10 => eval::logarithm_10,
            CellOp::Log2 => eval::logarithm_2,
            CellOp::Sqrt => eval::square_root,
            CellOp::Ln => eval::logarithm,
            CellOp::Exp => eval::exponential,
            _ => |x| Ok(x.to_bits()),
        };
        let Some(x) = value.round(working)?.value() else { return Ok(marks.because(Reasons::OVERFLOW)) };
        set_rounded(function(x), marks, out)
    }

    fn binary(
        &self,
        ins: &Instruction<CellOp>,
        out: &mut RationalMut<'_>,
        working: &mut [u64],
    ) -> Result<Marks, NumError> {
        let ((a_marks, a), (b_marks, b)) = (self.get(ins.a)?, self.get(ins.b)?);
        let mut marks = a_marks.and(b_marks);
        if ins.op == CellOp::Div && ins.aux == 1 {
            marks.n = b_marks.n;
        }
        if !marks.reasons.is_none() {
            return Ok(marks);
        }
        match ins.op {
            CellOp::Add => out.add(a, b, working)?,
            CellOp::Sub => out.sub(a, b, working)?,
            CellOp::Mul => out.mul(a, b)?,
            CellOp::Div if b.is_zero() => return Ok(marks.because(Reasons::ZERO_DENOMINATOR)),
            CellOp::Div => out.div(a, b)?,
            CellOp::Min => out.copy(if b.cmp(a, working)?.is_lt() { b } else { a })?,
            CellOp::Max => out.copy(if b.cmp(a, working)?.is_gt() { b } else { a })?,
            CellOp::Compare => {
                return Ok(Marks { truth: eval::holds(ins.aux, a.cmp(b, working)?), ..marks });
            }
            _ => {
                let (Some(x), Some(y)) = (a.round(working)?.value(), b.round(working)?.value()) else {
                    return Ok(marks.because(Reasons::OVERFLOW));
                };
                return set_rounded(eval::power(x, y), marks, out);
            }
        }
        Ok(marks)
    }

    fn logic(&self, ins: &Instruction<CellOp>) -> Result<Marks, NumError> {
        let ((a, _), (b, _)) = (self.get(ins.a)?, self.get(ins.b)?);
        let decisive = ins.op == CellOp::Or;
        if a.reasons.is_none() {
            return Ok(if a.truth == decisive { a } else { Marks { truth: b.truth, ..a.and(b) } });
        }
        if a.reasons == Reasons::EMPTY && b.reasons.is_none() && b.truth == decisive {
            return Ok(b);
        }
        Ok(a.and(b))
    }

    fn choose(&self, ins: &Instruction<CellOp>, out: &mut RationalMut<'_>) -> Result<Marks, NumError> {
        let (condition, _) = self.get(ins.a)?;
        if !condition.reasons.is_none() {
            return Ok(condition);
        }
        let (chosen, value) = self.get(if condition.truth { ins.b } else { ins.c })?;
        out.copy(value)?;
        Ok(Marks { truth: chosen.truth, ..condition.and(chosen) })
    }
}

fn set_rounded(
    result: Result<u64, Reasons>,
    marks: Marks,
    out: &mut RationalMut<'_>,
) -> Result<Marks, NumError> {
    match result {
        Ok(bits) => {
            out.set_f64(bits)?;
            Ok(marks)
        }
        Err(reasons) => Ok(marks.because(reasons)),
    }
}

/// The nearest double of a value, or the reason why there is none.
pub(super) fn rounded(value: Rational<'_>, working: &mut [u64]) -> Result<f64, Reasons> {
    match value.round(working) {
        Ok(Rounded::Finite(bits)) => Ok(f64::from_bits(bits)),
        Ok(Rounded::Overflow) | Err(_) => Err(Reasons::OVERFLOW),
    }
}
