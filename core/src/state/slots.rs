//! Accumulators: what a slot holds, how a value enters it, how two are merged.
//!
//! Every slot begins with a word of marks: the reasons of rows that failed, and whether a minimum or maximum holds a
//! value. Sums are integers wide enough never to overflow, so the order of rows and merges cannot show.

use crate::eval::{CHUNK, Register};
use crate::num::{DEC_SUM_WORDS, FLOAT_SUM_WORDS, INT_SUM_WORDS, float_sum, int_sum};
use crate::program::op::SlotKind;
use crate::reason::Reasons;

/// In the marks: a minimum or maximum holds a value.
const PRESENT: u64 = 1 << 8;

/// Words of a slot, its marks included.
pub(crate) const fn slot_words(kind: SlotKind) -> usize {
    1 + match kind {
        SlotKind::Count | SlotKind::MinInt | SlotKind::MaxInt | SlotKind::MinFloat | SlotKind::MaxFloat => 1,
        SlotKind::SumInt | SlotKind::MinDecimal | SlotKind::MaxDecimal => INT_SUM_WORDS,
        SlotKind::SumDecimal => DEC_SUM_WORDS,
        SlotKind::SumFloat => FLOAT_SUM_WORDS,
    }
}

/// What a slot holds, read for finishing and for writing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SlotValue<'s> {
    Count(u64),
    SumInt(&'s [u64; INT_SUM_WORDS]),
    SumDecimal(&'s [u64; DEC_SUM_WORDS]),
    SumFloat(&'s [u64; FLOAT_SUM_WORDS]),
    Int(Option<i64>),
    Decimal(Option<i128>),
    /// Bits of a finite double; never −0.0.
    Float(Option<u64>),
}

/// The reasons of rows that failed in this slot.
pub(crate) fn reasons(slot: &[u64]) -> Reasons {
    Reasons(slot.first().copied().unwrap_or(0) as u8)
}

fn payload<const N: usize>(slot: &[u64]) -> Option<&[u64; N]> {
    slot.get(1..1 + N)?.try_into().ok()
}

fn payload_mut<const N: usize>(slot: &mut [u64]) -> Option<&mut [u64; N]> {
    slot.get_mut(1..1 + N)?.try_into().ok()
}

fn join(words: &[u64; 2]) -> i128 {
    (u128::from(words[1]) << 64 | u128::from(words[0])) as i128
}

pub(crate) fn read(kind: SlotKind, slot: &[u64]) -> Option<SlotValue<'_>> {
    let present = slot.first()? & PRESENT != 0;
    Some(match kind {
        SlotKind::Count => SlotValue::Count(*slot.get(1)?),
        SlotKind::SumInt => SlotValue::SumInt(payload(slot)?),
        SlotKind::SumDecimal => SlotValue::SumDecimal(payload(slot)?),
        SlotKind::SumFloat => SlotValue::SumFloat(payload(slot)?),
        SlotKind::MinInt | SlotKind::MaxInt => {
            SlotValue::Int(if present { Some(*slot.get(1)? as i64) } else { None })
        }
        SlotKind::MinDecimal | SlotKind::MaxDecimal => {
            SlotValue::Decimal(if present { Some(join(payload(slot)?)) } else { None })
        }
        SlotKind::MinFloat | SlotKind::MaxFloat => {
            SlotValue::Float(if present { Some(*slot.get(1)?) } else { None })
        }
    })
}

/// Adds reasons of failed rows.
pub(crate) fn fail(slot: &mut [u64], reasons: Reasons) {
    if let Some(marks) = slot.first_mut() {
        // Missing rows are left out, which is no failure.
        *marks |= u64::from(reasons.0 & !Reasons::EMPTY.0);
    }
}

fn float_order(bits: u64) -> i64 {
    let magnitude = (bits & !(1 << 63)) as i64;
    if bits >> 63 == 1 { -magnitude } else { magnitude }
}

/// Lets one value of a register enter a slot.
#[inline]
fn add(kind: SlotKind, slot: &mut [u64], arg: &Register, row: usize) {
    let lo = arg.lo[row % CHUNK];
    match kind {
        SlotKind::Count => add_count(slot, 1),
        SlotKind::SumInt => {
            if let Some(sum) = payload_mut(slot) {
                int_sum::add_i64(sum, lo as i64);
            }
        }
        SlotKind::SumDecimal => {
            if let Some(sum) = payload_mut(slot) {
                int_sum::add_i128(sum, arg.decimal(row));
            }
        }
        SlotKind::SumFloat => {
            if let Some(sum) = payload_mut(slot) {
                // Registers never hold NaN or infinity.
                let _ = float_sum::add(sum, lo);
            }
        }
        SlotKind::MinInt | SlotKind::MaxInt | SlotKind::MinFloat | SlotKind::MaxFloat => {
            extreme_word(kind, slot, lo)
        }
        SlotKind::MinDecimal | SlotKind::MaxDecimal => extreme_decimal(kind, slot, arg.decimal(row)),
    }
}

pub(crate) fn add_count(slot: &mut [u64], rows: u64) {
    if let Some(count) = slot.get_mut(1) {
        *count = count.saturating_add(rows);
    }
}

pub(crate) fn extreme_word(kind: SlotKind, slot: &mut [u64], value: u64) {
    let [marks, held, ..] = slot else { return };
    let better = match kind {
        SlotKind::MinInt => (value as i64) < *held as i64,
        SlotKind::MaxInt => (value as i64) > *held as i64,
        SlotKind::MinFloat => float_order(value) < float_order(*held),
        _ => float_order(value) > float_order(*held),
    };
    if *marks & PRESENT == 0 || better {
        let float = matches!(kind, SlotKind::MinFloat | SlotKind::MaxFloat);
        // The two zeros are equal, so only one of them may be kept.
        *held = if float && value << 1 == 0 { 0 } else { value };
        *marks |= PRESENT;
    }
}

pub(crate) fn extreme_decimal(kind: SlotKind, slot: &mut [u64], value: i128) {
    let [marks, held @ ..] = slot else { return };
    let Some(held): Option<&mut [u64; 2]> = held.get_mut(..2).and_then(|words| words.try_into().ok()) else {
        return;
    };
    let better = if kind == SlotKind::MinDecimal { value < join(held) } else { value > join(held) };
    if *marks & PRESENT == 0 || better {
        *held = [value as u64, (value >> 64) as u64];
        *marks |= PRESENT;
    }
}

/// The condition and argument of a slot at one row: whether the row enters, or why it failed.
#[inline]
fn enters(mask: Option<&Register>, arg: Option<&Register>, row: usize) -> Result<bool, Reasons> {
    let row = row % CHUNK;
    if let Some(mask) = mask {
        match mask.reasons[row] {
            0 if mask.lo[row] == 0 => return Ok(false),
            0 => {}
            reasons if reasons == Reasons::EMPTY.0 => return Ok(false),
            reasons => return Err(Reasons(reasons)),
        }
    }
    match arg.map_or(0, |arg| arg.reasons[row]) {
        0 => Ok(true),
        reasons if reasons == Reasons::EMPTY.0 => Ok(false),
        reasons => Err(Reasons(reasons)),
    }
}

/// Lets row `row` of a chunk enter a slot.
#[inline]
pub(crate) fn update(
    kind: SlotKind,
    slot: &mut [u64],
    mask: Option<&Register>,
    arg: Option<&Register>,
    row: usize,
) {
    match enters(mask, arg, row) {
        Ok(true) => add(kind, slot, arg.unwrap_or(&Register::ZERO), row),
        Ok(false) => {}
        Err(reasons) => fail(slot, reasons),
    }
}

/// Merges a slot into another of the same kind.
pub(crate) fn merge(kind: SlotKind, into: &mut [u64], from: &[u64]) {
    fail(into, reasons(from));
    match read(kind, from) {
        Some(SlotValue::Count(rows)) => add_count(into, rows),
        Some(SlotValue::SumInt(sum)) => {
            if let Some(into) = payload_mut(into) {
                int_sum::merge_int(into, sum);
            }
        }
        Some(SlotValue::SumDecimal(sum)) => {
            if let Some(into) = payload_mut(into) {
                int_sum::merge_dec(into, sum);
            }
        }
        Some(SlotValue::SumFloat(sum)) => {
            if let Some(into) = payload_mut(into) {
                float_sum::merge(into, sum);
            }
        }
        Some(SlotValue::Int(Some(value))) => extreme_word(kind, into, value as u64),
        Some(SlotValue::Float(Some(bits))) => extreme_word(kind, into, bits),
        Some(SlotValue::Decimal(Some(value))) => extreme_decimal(kind, into, value),
        Some(SlotValue::Int(None) | SlotValue::Float(None) | SlotValue::Decimal(None)) | None => {}
    }
}
