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

pub(super) fn payload_mut<const N: usize>(slot: &mut [u64]) -> Option<&mut [u64; N]> {
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

/// Rows of a chunk, a bit each.
#[derive(Clone, Copy)]
struct Rows(u64);

impl Rows {
    /// The rows for which `test` is true. First a byte for each row, which can be vectorised, then eight bytes to
    /// eight bits at a time: the product moves the lowest bit of byte `i` to bit `56 + i`, and nothing carries.
    #[inline]
    fn which(test: impl Fn(usize) -> bool) -> Rows {
        let mut bytes = [0_u8; CHUNK];
        for (row, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from(test(row));
        }
        let (groups, _) = bytes.as_chunks::<8>();
        Rows(groups.iter().enumerate().fold(0, |bits, (i, group)| {
            bits | (u64::from_le_bytes(*group).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i)
        }))
    }
}

impl Iterator for Rows {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let row = self.0.trailing_zeros() as usize;
        self.0 &= self.0.wrapping_sub(1);
        (row < CHUNK).then_some(row)
    }
}

/// Where the rows of a chunk go: the first word of each row's slots, for the rows that have a place.
pub(crate) struct Targets {
    pub(crate) starts: [usize; CHUNK],
    /// A bit for each row that has a place.
    pub(crate) placed: u64,
}

/// What condition and argument of a slot say about the rows of a chunk, a bit each, wherever the rows have a place.
///
/// A row enters if its condition is true and its argument has a value; it fails if either has failed, but the argument
/// only where the condition is true.
#[derive(Clone, Copy)]
pub(super) struct Entries {
    /// The condition is true.
    pub(super) holds: u64,
    pub(super) mask_failed: u64,
    pub(super) has_value: u64,
    pub(super) arg_failed: u64,
}

impl Entries {
    #[inline]
    pub(super) fn new(mask: Option<&Register>, arg: Option<&Register>) -> Entries {
        const FAILURES: u8 = !Reasons::EMPTY.0;
        let (holds, mask_failed) = match mask {
            None => (u64::MAX, 0),
            Some(mask) => (
                Rows::which(|row| mask.reasons[row] == 0 && mask.lo[row] != 0).0,
                Rows::which(|row| mask.reasons[row] & FAILURES != 0).0,
            ),
        };
        let (has_value, arg_failed) = match arg {
            None => (u64::MAX, 0),
            Some(arg) => (
                Rows::which(|row| arg.reasons[row] == 0).0,
                Rows::which(|row| arg.reasons[row] & FAILURES != 0).0,
            ),
        };
        Entries { holds, mask_failed, has_value, arg_failed }
    }

    #[inline]
    pub(super) fn entering(&self) -> u64 {
        self.holds & self.has_value
    }

    #[inline]
    pub(super) fn failed(&self) -> u64 {
        self.mask_failed | self.holds & self.arg_failed
    }
}

/// The rows of a chunk where a register has a value.
pub(super) fn with_value(register: Option<&Register>) -> u64 {
    register.map_or(u64::MAX, |register| Rows::which(|row| register.reasons[row] == 0).0)
}

/// Lets the rows of a chunk enter a slot that lies `offset` words into each row's slots.
pub(crate) fn update(
    kind: SlotKind,
    memory: &mut [u64],
    targets: &Targets,
    offset: usize,
    mask: Option<&Register>,
    arg: Option<&Register>,
) {
    let entries = Entries::new(mask, arg);
    let failed = targets.placed & entries.failed();
    for row in Rows(failed) {
        let reasons =
            |register: Option<&Register>| register.map_or(0, |register| register.reasons[row % CHUNK]);
        let why = if entries.mask_failed >> row & 1 == 1 { reasons(mask) } else { reasons(arg) };
        if let Some(slot) = slot_at(memory, targets, row, offset, kind) {
            fail(slot, Reasons(why));
        }
    }
    let entering = Rows(targets.placed & entries.entering());
    let arg = arg.unwrap_or(&Register::ZERO);
    match kind {
        SlotKind::Count => each(memory, targets, offset, entering, |slot: &mut [u64; 2], _| {
            slot[1] = slot[1].saturating_add(1);
        }),
        SlotKind::SumInt => {
            each(memory, targets, offset, entering, |slot: &mut [u64; 1 + INT_SUM_WORDS], row| {
                if let Some(sum) = payload_mut(slot) {
                    int_sum::add_i64(sum, arg.lo[row % CHUNK] as i64);
                }
            })
        }
        SlotKind::SumDecimal => {
            each(memory, targets, offset, entering, |slot: &mut [u64; 1 + DEC_SUM_WORDS], row| {
                if let Some(sum) = payload_mut(slot) {
                    int_sum::add_i128(sum, arg.decimal(row));
                }
            });
        }
        SlotKind::SumFloat => {
            each(memory, targets, offset, entering, |slot: &mut [u64; 1 + FLOAT_SUM_WORDS], row| {
                if let Some(sum) = payload_mut(slot) {
                    // Registers never hold NaN or infinity.
                    let _ = float_sum::add(sum, arg.lo[row % CHUNK]);
                }
            });
        }
        SlotKind::MinInt | SlotKind::MaxInt | SlotKind::MinFloat | SlotKind::MaxFloat => {
            each(memory, targets, offset, entering, |slot: &mut [u64; 2], row| {
                extreme_word(kind, slot, arg.lo[row % CHUNK]);
            });
        }
        SlotKind::MinDecimal | SlotKind::MaxDecimal => {
            each(memory, targets, offset, entering, |slot: &mut [u64; 3], row| {
                extreme_decimal(kind, slot, arg.decimal(row));
            });
        }
    }
}

/// The slot of one row.
fn slot_at<'m>(
    memory: &'m mut [u64],
    targets: &Targets,
    row: usize,
    offset: usize,
    kind: SlotKind,
) -> Option<&'m mut [u64]> {
    let start = targets.starts[row % CHUNK] + offset;
    memory.get_mut(start..start + slot_words(kind))
}

/// Runs `add` on the slot of each entering row; the slot's words are an array, so that indexing it costs no checks.
#[inline]
fn each<const N: usize>(
    memory: &mut [u64],
    targets: &Targets,
    offset: usize,
    rows: Rows,
    add: impl Fn(&mut [u64; N], usize),
) {
    for row in rows {
        let start = targets.starts[row % CHUNK] + offset;
        if let Some(slot) = memory.get_mut(start..start + N).and_then(|slot| slot.try_into().ok()) {
            add(slot, row);
        }
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
