//! What each row instruction does to a chunk.
//!
//! Float arithmetic is binary64, one operation at a time; `libm` gives every function. A result that would be NaN or
//! infinite is a reason instead, so no register ever holds one.

use super::text::TextMaps;
use super::{CHUNK, Register, load};
use crate::batch::Column;
use crate::num::digits::{self, Rounding};
use crate::num::{remainder, round};
use crate::program::op::{Instruction, RowOp};
use crate::program::{Program, TableView};
use crate::reason::Reasons;
use crate::time::{Grain, civil};

/// Runs a table's row code over some rows, at most [`CHUNK`]. Registers must be as many as instructions.
/// Of the instructions only those in `wanted` are run, `None`: all; they must hold their operands.
pub(crate) fn run(
    registers: &mut [Register],
    program: &Program<'_>,
    table: &TableView<'_>,
    columns: &[Column<'_>],
    maps: &TextMaps<'_>,
    rows: core::ops::Range<usize>,
    wanted: Option<&[bool]>,
) {
    for i in 0..table.code_count {
        if wanted.is_some_and(|wanted| !wanted.get(i).copied().unwrap_or(false)) {
            continue;
        }
        let Some(ins) = program.instruction(table, i) else { return };
        let (below, rest) = registers.split_at_mut(i.min(registers.len()));
        let Some(dst) = rest.first_mut() else { return };
        if ins.op == RowOp::Load {
            let Some(column) = columns.get(ins.a as usize) else { return };
            let declared = program.column(table, ins.a as usize);
            load(dst, program, &declared, column, &maps.of(ins.a as usize), rows.clone());
        } else if ins.op == RowOp::TextTest {
            let Some(column) = columns.get(ins.a as usize) else { return };
            let declared = program.column(table, ins.a as usize);
            load::text_test(dst, program, &declared, column, &maps.of(ins.a as usize), &ins, rows.clone());
        } else {
            step(dst, below, program, &ins, rows.len().min(CHUNK));
        }
    }
}

fn step(dst: &mut Register, below: &[Register], program: &Program<'_>, ins: &Instruction<RowOp>, len: usize) {
    use RowOp::*;
    let x = Operands { dst, below, ins, len };
    match ins.op {
        Load | TextTest => {}
        ConstInt | ConstFloat | ConstDecimal => x.constant(program.const_i128(ins.a), Reasons::NONE),
        ConstBool | ConstText => x.constant(i128::from(ins.a), Reasons::NONE),
        Missing => x.constant(0, Reasons::EMPTY),
        NegInt => x.int1(i64::checked_neg),
        AbsInt => x.int1(i64::checked_abs),
        NegDecimal => x.decimal1(i128::checked_neg),
        AbsDecimal => x.decimal1(i128::checked_abs),
        AddInt => x.int2(checked(i64::checked_add)),
        SubInt => x.int2(checked(i64::checked_sub)),
        MulInt => x.int2(checked(i64::checked_mul)),
        RemInt => x.int2(|a, b| {
            if b == 0 { Err(Reasons::ZERO_DENOMINATOR) } else { a.checked_rem(b).ok_or(Reasons::OVERFLOW) }
        }),
        PowInt => x.int2(|a, b| {
            u32::try_from(b).ok().and_then(|exponent| a.checked_pow(exponent)).ok_or(Reasons::OVERFLOW)
        }),
        MinInt => x.int2(|a, b| Ok(a.min(b))),
        MaxInt => x.int2(|a, b| Ok(a.max(b))),
        DivInt => x.words2(|a, b| quotient(i128::from(a as i64), 0, i128::from(b as i64), 0)),
        AddDecimal => x.decimal2(checked(i128::checked_add)),
        SubDecimal => x.decimal2(checked(i128::checked_sub)),
        MulDecimal => x.decimal2(checked(i128::checked_mul)),
        RemDecimal => x.decimal2(|a, b| {
            if b == 0 { Err(Reasons::ZERO_DENOMINATOR) } else { a.checked_rem(b).ok_or(Reasons::OVERFLOW) }
        }),
        MinDecimal => x.decimal2(|a, b| Ok(a.min(b))),
        MaxDecimal => x.decimal2(|a, b| Ok(a.max(b))),
        DivDecimal => {
            let (scale_a, scale_b) = (ins.c as u8, (ins.c >> 8) as u8);
            x.decimal2_words(|a, b| quotient(a, scale_a, b, scale_b));
        }
        DecimalToFloat => {
            let scale = ins.b as u8;
            x.decimal1_words(|a| quotient(a, scale, 1, 0));
        }
        DropDigits => {
            let (digits, rounding) = (ins.b as u8, Rounding::from_u8(ins.aux).unwrap_or(Rounding::HalfAway));
            x.decimal1(|a| digits::drop_digits(a, digits, rounding));
        }
        NegFloat => x.words1(|a| Ok(a ^ 1 << 63)),
        AbsFloat => x.words1(|a| Ok(a & !(1 << 63))),
        AddFloat => x.float2(|a, b| a + b),
        SubFloat => x.float2(|a, b| a - b),
        MulFloat => x.float2(|a, b| a * b),
        DivFloat => x.words2(|a, b| {
            if is_zero(b) {
                Err(Reasons::ZERO_DENOMINATOR)
            } else {
                finite(f64::from_bits(a) / f64::from_bits(b))
            }
        }),
        RemFloat => x.words2(|a, b| {
            if is_zero(b) {
                Err(Reasons::ZERO_DENOMINATOR)
            } else {
                remainder::of_f64(a, b).ok_or(Reasons::OVERFLOW)
            }
        }),
        PowFloat => x.words2(|a, b| power(f64::from_bits(a), f64::from_bits(b))),
        MinFloat => x.words2(|a, b| Ok(if total_order(b) < total_order(a) { b } else { a })),
        MaxFloat => x.words2(|a, b| Ok(if total_order(b) > total_order(a) { b } else { a })),
        Sqrt => x.words1(|a| square_root(f64::from_bits(a))),
        Ln => x.words1(|a| logarithm(f64::from_bits(a))),
        Log10 => x.words1(|a| logarithm_10(f64::from_bits(a))),
        Log2 => x.words1(|a| logarithm_2(f64::from_bits(a))),
        RoundDigits => {
            let digits = ins.b as u8;
            x.words1(|a| digits::round_f64(a, digits).ok_or(Reasons::OVERFLOW));
        }
        Exp => x.words1(|a| finite(libm::exp(f64::from_bits(a)))),
        Floor => x.words1(|a| finite(libm::floor(f64::from_bits(a)))),
        Ceil => x.words1(|a| finite(libm::ceil(f64::from_bits(a)))),
        Round => x.words1(|a| finite(libm::round(f64::from_bits(a)))),
        IntToFloat => x.words1(|a| Ok((a as i64 as f64).to_bits())),
        IntToDecimal => x.int_to_decimal(),
        LocalDay => {
            let zone = program.zone();
            x.words1(|a| Ok(zone.local_day(a as i64) as u64));
        }
        PeriodStart => {
            let (calendar, grain) = (program.calendar(), Grain::from_u8(ins.aux).unwrap_or(Grain::Day));
            x.int1(|day| civil::in_calendar(day).then(|| calendar.start(grain, day)));
        }
        AddMonths => x.int2(checked(civil::add_months)),
        DayPart => x.int1(|day| match ins.aux {
            3 => civil::weekday(day),
            _ if !civil::in_calendar(day) => None,
            0 => Some(civil::civil_from_days(day).0),
            1 => Some(civil::civil_from_days(day).1),
            _ => Some(civil::civil_from_days(day).2),
        }),
        BusinessBetween | AddBusiness => {
            // Validation has shown that a program with these has business hours.
            let Some(business) = program.business() else { return };
            if ins.op == BusinessBetween {
                x.int2(checked(|from, to| business.between(from, to)));
            } else {
                x.int2(checked(|from, amount| business.add(from, amount)));
            }
        }
        AddLocalMonths => {
            let zone = program.zone();
            x.int2(checked(|time, months| zone.on_day(time, months, civil::add_months)));
        }
        AddLocalDays => {
            let zone = program.zone();
            x.int2(checked(|time, days| zone.on_day(time, days, i64::checked_add)));
        }
        CompareInt => x.compare(ins.aux, |a| a as i64),
        CompareFloat => x.compare(ins.aux, total_order),
        CompareCode => x.compare(ins.aux, |a| a),
        CompareDecimal => x.compare_decimal(ins.aux),
        Not => x.words1(|a| Ok(a ^ 1)),
        And => x.logic(0),
        Or => x.logic(1),
        If => x.choose(),
        Coalesce => x.coalesce(),
        IsNull => x.null_test(),
        IsSound => x.of_reasons(|reasons| reasons & FAILURES == 0),
        FailedFirst => {
            let first = u32::from(ins.aux);
            x.of_reasons(|reasons| reasons & FAILURES != 0 && (reasons & FAILURES).trailing_zeros() == first);
        }
    }
}

/// Reasons that are no mere absence.
const FAILURES: u8 = !Reasons::EMPTY.0;

fn checked<T>(op: impl Fn(T, T) -> Option<T>) -> impl Fn(T, T) -> Result<T, Reasons> {
    move |a, b| op(a, b).ok_or(Reasons::OVERFLOW)
}

/// Zero by its bits: under flush-to-zero a comparison would take subnormal numbers for zero.
fn is_zero(bits: u64) -> bool {
    bits << 1 == 0
}

/// Below zero, by its bits.
fn is_negative(x: f64) -> bool {
    x.is_sign_negative() && !is_zero(x.to_bits())
}

/// A number that orders as the finite double does; both zeros are equal.
fn total_order(bits: u64) -> i64 {
    let magnitude = (bits & !(1 << 63)) as i64;
    if bits >> 63 == 1 { -magnitude } else { magnitude }
}

fn finite(value: f64) -> Result<u64, Reasons> {
    if value.is_finite() { Ok(value.to_bits()) } else { Err(Reasons::OVERFLOW) }
}

fn quotient(a: i128, scale_a: u8, b: i128, scale_b: u8) -> Result<u64, Reasons> {
    if b == 0 {
        return Err(Reasons::ZERO_DENOMINATOR);
    }
    round::div_i128_to_f64(a, scale_a, b, scale_b).map_err(|_| Reasons::OVERFLOW)
}

/// `sqrt` with its reasons; also used by cell code.
pub(crate) fn square_root(x: f64) -> Result<u64, Reasons> {
    if is_negative(x) { Err(Reasons::SIGN) } else { finite(libm::sqrt(x)) }
}

/// `ln` with its reasons; also used by cell code.
pub(crate) fn logarithm(x: f64) -> Result<u64, Reasons> {
    logarithm_by(libm::log, x)
}

/// `log10` with its reasons; also used by cell code.
pub(crate) fn logarithm_10(x: f64) -> Result<u64, Reasons> {
    logarithm_by(libm::log10, x)
}

/// `log2` with its reasons; also used by cell code.
pub(crate) fn logarithm_2(x: f64) -> Result<u64, Reasons> {
    logarithm_by(libm::log2, x)
}

fn logarithm_by(function: fn(f64) -> f64, x: f64) -> Result<u64, Reasons> {
    if is_zero(x.to_bits()) {
        Err(Reasons::UNBOUNDED)
    } else if is_negative(x) {
        Err(Reasons::SIGN)
    } else {
        finite(function(x))
    }
}

/// `pow` with its reasons; also used by cell code.
pub(crate) fn power(x: f64, y: f64) -> Result<u64, Reasons> {
    if is_zero(x.to_bits()) && is_negative(y) {
        return Err(Reasons::ZERO_DENOMINATOR);
    }
    let result = libm::pow(x, y);
    if result.is_nan() { Err(Reasons::SIGN) } else { finite(result) }
}

/// `exp` with its reasons; also used by cell code.
pub(crate) fn exponential(x: f64) -> Result<u64, Reasons> {
    finite(libm::exp(x))
}

/// One instruction over the rows of a chunk. Loops say `min(CHUNK)` again: where it stands beside the indexing, the
/// compiler sees that no index is out of bounds and leaves the panic out.
struct Operands<'r> {
    dst: &'r mut Register,
    below: &'r [Register],
    ins: &'r Instruction<RowOp>,
    len: usize,
}

impl<'r> Operands<'r> {
    fn register(&self, index: u32) -> &'r Register {
        // Validation has shown that operands lie below; the fallback keeps this free of panics.
        self.below.get(index as usize).unwrap_or(&Register::ZERO)
    }

    fn constant(self, value: i128, reasons: Reasons) {
        for i in 0..self.len.min(CHUNK) {
            self.dst.set_decimal(i, value);
            self.dst.reasons[i] = reasons.0;
        }
    }

    /// One operand in one word.
    #[inline]
    fn words1(self, op: impl Fn(u64) -> Result<u64, Reasons>) {
        let a = self.register(self.ins.a);
        for i in 0..self.len.min(CHUNK) {
            let (value, reasons) = match a.reasons[i] {
                0 => op(a.lo[i]).map_or_else(|r| (0, r.0), |v| (v, 0)),
                reasons => (0, reasons),
            };
            self.dst.lo[i] = value;
            self.dst.reasons[i] = reasons;
        }
    }

    /// Two operands in one word each.
    #[inline]
    fn words2(self, op: impl Fn(u64, u64) -> Result<u64, Reasons>) {
        let (a, b) = (self.register(self.ins.a), self.register(self.ins.b));
        for i in 0..self.len.min(CHUNK) {
            let (value, reasons) = match a.reasons[i] | b.reasons[i] {
                0 => op(a.lo[i], b.lo[i]).map_or_else(|r| (0, r.0), |v| (v, 0)),
                reasons => (0, reasons),
            };
            self.dst.lo[i] = value;
            self.dst.reasons[i] = reasons;
        }
    }

    /// Two operands in one word each, for an operation that cannot fail. All rows alike and without branches, so
    /// that it can be vectorised; what it makes of rows without a value does not matter.
    #[inline]
    fn total2(self, op: impl Fn(u64, u64) -> u64) {
        let (a, b) = (self.register(self.ins.a), self.register(self.ins.b));
        for i in 0..CHUNK {
            self.dst.lo[i] = op(a.lo[i], b.lo[i]);
            self.dst.reasons[i] = a.reasons[i] | b.reasons[i];
        }
    }

    fn int1(self, op: impl Fn(i64) -> Option<i64>) {
        self.words1(|a| op(a as i64).map(|v| v as u64).ok_or(Reasons::OVERFLOW));
    }

    fn int2(self, op: impl Fn(i64, i64) -> Result<i64, Reasons>) {
        self.words2(|a, b| op(a as i64, b as i64).map(|v| v as u64));
    }

    fn float2(self, op: impl Fn(f64, f64) -> f64) {
        let (a, b) = (self.register(self.ins.a), self.register(self.ins.b));
        for i in 0..CHUNK {
            let value = op(f64::from_bits(a.lo[i]), f64::from_bits(b.lo[i]));
            let before = a.reasons[i] | b.reasons[i];
            let overflow = if before == 0 && !value.is_finite() { Reasons::OVERFLOW.0 } else { 0 };
            self.dst.lo[i] = value.to_bits();
            self.dst.reasons[i] = before | overflow;
        }
    }

    fn decimal1(self, op: impl Fn(i128) -> Option<i128>) {
        let a = self.register(self.ins.a);
        for i in 0..self.len.min(CHUNK) {
            match a.reasons[i] {
                0 => match op(a.decimal(i)) {
                    Some(value) => self.dst.set(i, value),
                    None => self.dst.fail(i, Reasons::OVERFLOW.0),
                },
                reasons => self.dst.fail(i, reasons),
            }
        }
    }

    fn decimal1_words(self, op: impl Fn(i128) -> Result<u64, Reasons>) {
        let a = self.register(self.ins.a);
        for i in 0..self.len.min(CHUNK) {
            match a.reasons[i] {
                0 => match op(a.decimal(i)) {
                    Ok(value) => self.dst.set(i, i128::from(value)),
                    Err(reasons) => self.dst.fail(i, reasons.0),
                },
                reasons => self.dst.fail(i, reasons),
            }
        }
    }

    fn decimal2(self, op: impl Fn(i128, i128) -> Result<i128, Reasons>) {
        let (a, b) = (self.register(self.ins.a), self.register(self.ins.b));
        for i in 0..self.len.min(CHUNK) {
            match a.reasons[i] | b.reasons[i] {
                0 => match op(a.decimal(i), b.decimal(i)) {
                    Ok(value) => self.dst.set(i, value),
                    Err(reasons) => self.dst.fail(i, reasons.0),
                },
                reasons => self.dst.fail(i, reasons),
            }
        }
    }

    fn decimal2_words(self, op: impl Fn(i128, i128) -> Result<u64, Reasons>) {
        self.decimal2(|a, b| op(a, b).map(i128::from));
    }

    fn int_to_decimal(self) {
        let a = self.register(self.ins.a);
        for i in 0..self.len.min(CHUNK) {
            self.dst.set_decimal(i, i128::from(a.lo[i] as i64));
            self.dst.reasons[i] = a.reasons[i];
        }
    }

    /// Compares what `key` makes of the words.
    #[inline]
    fn compare<K: Ord>(self, relation: u8, key: impl Fn(u64) -> K) {
        match relation {
            0 => self.total2(|a, b| u64::from(key(a) == key(b))),
            1 => self.total2(|a, b| u64::from(key(a) != key(b))),
            2 => self.total2(|a, b| u64::from(key(a) < key(b))),
            3 => self.total2(|a, b| u64::from(key(a) <= key(b))),
            4 => self.total2(|a, b| u64::from(key(a) > key(b))),
            _ => self.total2(|a, b| u64::from(key(a) >= key(b))),
        }
    }

    fn compare_decimal(self, relation: u8) {
        self.decimal2(|a, b| Ok(i128::from(holds(relation, a.cmp(&b)))));
    }

    /// `&&` (decisive value 0) and `||` (decisive value 1).
    fn logic(self, decisive: u64) {
        let (a, b) = (self.register(self.ins.a), self.register(self.ins.b));
        for i in 0..self.len.min(CHUNK) {
            let (value, reasons) = match (a.reasons[i], b.reasons[i]) {
                (0, _) if a.lo[i] == decisive => (decisive, 0),
                (0, reasons) => (b.lo[i], reasons),
                // Only a missing left side leaves the decision to the right one; a failed left side has failed.
                (left, 0) if left == Reasons::EMPTY.0 && b.lo[i] == decisive => (decisive, 0),
                (left, right) => (0, left | right),
            };
            self.dst.lo[i] = value;
            self.dst.reasons[i] = reasons;
        }
    }

    fn choose(self) {
        let condition = self.register(self.ins.a);
        let (then, otherwise) = (self.register(self.ins.b), self.register(self.ins.c));
        for i in 0..self.len.min(CHUNK) {
            match condition.reasons[i] {
                0 => self.dst.take(i, if condition.lo[i] == 1 { then } else { otherwise }),
                reasons => self.dst.fail(i, reasons),
            }
        }
    }

    fn coalesce(self) {
        let (a, b) = (self.register(self.ins.a), self.register(self.ins.b));
        for i in 0..self.len.min(CHUNK) {
            self.dst.take(i, if a.reasons[i] == Reasons::EMPTY.0 { b } else { a });
        }
    }

    /// An answer about what kept a value away, which is always known.
    fn of_reasons(self, test: impl Fn(u8) -> bool) {
        let a = self.register(self.ins.a);
        for i in 0..self.len.min(CHUNK) {
            self.dst.lo[i] = u64::from(test(a.reasons[i]));
            self.dst.reasons[i] = 0;
        }
    }

    fn null_test(self) {
        let a = self.register(self.ins.a);
        for i in 0..self.len.min(CHUNK) {
            // Missing is an answer, failed is not: `is_null` of a failed value has failed, too.
            let (value, reasons) = match a.reasons[i] {
                0 => (0, 0),
                reasons if reasons == Reasons::EMPTY.0 => (1, 0),
                reasons => (0, reasons),
            };
            self.dst.lo[i] = value;
            self.dst.reasons[i] = reasons;
        }
    }
}

impl Register {
    fn set(&mut self, row: usize, value: i128) {
        self.set_decimal(row, value);
        self.reasons[row % CHUNK] = 0;
    }

    fn fail(&mut self, row: usize, reasons: u8) {
        self.lo[row % CHUNK] = 0;
        self.hi[row % CHUNK] = 0;
        self.reasons[row % CHUNK] = reasons;
    }

    fn take(&mut self, row: usize, from: &Register) {
        let row = row % CHUNK;
        self.lo[row] = from.lo[row];
        self.hi[row] = from.hi[row];
        self.reasons[row] = from.reasons[row];
    }
}

/// Whether relation `aux` (`==`, `!=`, `<`, `<=`, `>`, `>=`) holds for an ordering.
pub(crate) fn holds(relation: u8, order: core::cmp::Ordering) -> bool {
    match relation {
        0 => order.is_eq(),
        1 => order.is_ne(),
        2 => order.is_lt(),
        3 => order.is_le(),
        4 => order.is_gt(),
        _ => order.is_ge(),
    }
}
