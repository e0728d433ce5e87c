//! Canonical bytes of a state: one byte string for one multiset of rows.
//!
//! Groups are sorted by key and keys are values, never codes; sums are minimal integers. Order of rows, batches,
//! merges, and the capacity of memory cannot show, so equal bytes mean equal data, and bytes of another machine or
//! of a later version can be merged. `docs/SPEC.md` has the layout.

use super::slots::{self, SlotValue};
use super::{Key, Merged, Need, State};
use crate::error::{Code, Error};
use crate::num::{FLOAT_SUM_WORDS, canonical};
use crate::program::op::SlotKind;
use crate::program::{DimType, Program};
use crate::reason::Reasons;
use core::cmp::Ordering;

const MAGIC: &[u8; 8] = b"RMSTATE\n";
const VERSION: u32 = 1;
/// Magic, version, signature.
const HEADER: usize = 8 + 4 + 32;

/// Longest slot in words, marks included.
const SLOT_WORDS: usize = 1 + FLOAT_SUM_WORDS;
/// Longest slot in bytes.
const SLOT_BYTES: usize = 8 * SLOT_WORDS + 8;

const VALUE: u8 = 0;
const MISSING: u8 = 1;
const ALL: u8 = 2;

/// A buffer that counts on when it is full, so that one pass tells how much is needed.
struct Out<'o> {
    bytes: &'o mut [u8],
    at: usize,
}

impl Out<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let free = self.bytes.get_mut(self.at..).unwrap_or(&mut []);
        if let Some(to) = free.get_mut(..bytes.len()) {
            to.copy_from_slice(bytes);
        }
        self.at = self.at.saturating_add(bytes.len());
    }
}

/// A reader that never leaves its bytes.
#[derive(Clone, Copy)]
struct In<'i> {
    bytes: &'i [u8],
    at: usize,
}

impl<'i> In<'i> {
    fn wrong(&self) -> Error {
        Error::new(Code::StateBytes, self.at)
    }

    fn take(&mut self, len: usize) -> Result<&'i [u8], Error> {
        let end = self.at.checked_add(len).ok_or(self.wrong())?;
        let bytes = self.bytes.get(self.at..end).ok_or(self.wrong())?;
        self.at = end;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(self.take(4)?.try_into().map_or(0, u32::from_le_bytes))
    }

    fn u64(&mut self) -> Result<u64, Error> {
        Ok(self.take(8)?.try_into().map_or(0, u64::from_le_bytes))
    }
}

impl<M: AsRef<[u64]>> State<M> {
    /// Bytes that [`State::write_to`] writes. `order` must hold [`State::group_count`] words.
    ///
    /// # Errors
    /// [`Code::Scratch`] if `order` is too short.
    pub fn write_len(&self, program: &Program<'_>, order: &mut [u64]) -> Result<usize, Error> {
        self.write(program, &mut [], order)
    }

    /// Writes the canonical bytes; how many there are.
    ///
    /// # Errors
    /// [`Code::Scratch`] if `order` is shorter than [`State::group_count`], [`Code::OutputShort`] if `out` is too
    /// short.
    pub fn write_to(&self, program: &Program<'_>, out: &mut [u8], order: &mut [u64]) -> Result<usize, Error> {
        let capacity = out.len();
        let len = self.write(program, out, order)?;
        if len > capacity { Err(Error::new(Code::OutputShort, len)) } else { Ok(len) }
    }

    fn write(&self, program: &Program<'_>, out: &mut [u8], order: &mut [u64]) -> Result<usize, Error> {
        let groups =
            self.sorted_groups(program, order).ok_or(Error::new(Code::Scratch, self.group_count()))?;
        let mut out = Out { bytes: out, at: 0 };
        out.put(MAGIC);
        out.put(&VERSION.to_le_bytes());
        out.put(program.signature());
        for word in self.counter_words(program) {
            out.put(&word.to_le_bytes());
        }
        out.put(&(groups as u64).to_le_bytes());
        for &group in order.iter().take(groups) {
            self.write_group(program, group as usize, &mut out);
        }
        Ok(out.at)
    }

    fn write_group(&self, program: &Program<'_>, group: usize, out: &mut Out<'_>) {
        let dims = program.dim_count();
        let key = self.key(group, dims);
        for dim in 0..dims {
            if key.is_all(dim) {
                out.put(&[ALL]);
            } else if key.is_missing(dim) {
                out.put(&[MISSING]);
            } else {
                out.put(&[VALUE]);
                match program.dim(dim).ty {
                    DimType::Text => {
                        let id = key.dim(dim);
                        out.put(&(self.text_len(id) as u32).to_le_bytes());
                        for byte in self.text_iter(id) {
                            out.put(&[byte]);
                        }
                    }
                    DimType::Int | DimType::Bool | DimType::Date => out.put(&key.dim(dim).to_le_bytes()),
                }
            }
        }
        if key.has_period() {
            out.put(&[VALUE]);
            out.put(&key.period().to_le_bytes());
        } else {
            out.put(&[ALL]);
        }
        out.put(&self.rows_of(group, dims).to_le_bytes());
        let words = self.slots(group, dims);
        for i in 0..program.slot_count() {
            let slot = program.slot(i);
            let words = words.get(slot.offset..slot.offset + slots::slot_words(slot.kind)).unwrap_or(&[]);
            write_slot(slot.kind, words, out);
        }
    }
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> State<M> {
    /// Merges canonical bytes into this state, from their group `from` on; see [`State::merge`] for the contract.
    /// All bytes are checked before anything is changed.
    ///
    /// # Errors
    /// [`Code::StateMagic`], [`Code::StateSignature`], [`Code::StateBytes`].
    pub fn merge_bytes(&mut self, program: &Program<'_>, bytes: &[u8], from: usize) -> Result<Merged, Error> {
        check(program, bytes)?;
        let mut input = In { bytes, at: HEADER };
        let counters = input.take(8 * super::counters::words(program))?;
        let groups = input.u64()? as usize;
        for group in 0..groups {
            let taken = if group < from {
                read_group(program, &mut input, |_, _| {}).map(|_| Need::Nothing)
            } else {
                self.merge_group(program, &mut input)
            }?;
            if taken != Need::Nothing {
                return Ok(Merged { groups_done: group, need: taken });
            }
        }
        self.add_counters(
            program,
            counters.chunks_exact(8).map(|b| b.try_into().map_or(0, u64::from_le_bytes)),
        );
        Ok(Merged { groups_done: groups, need: Need::Nothing })
    }

    fn merge_group(&mut self, program: &Program<'_>, input: &mut In<'_>) -> Result<Need, Error> {
        let start = *input;
        let mut key = Key::new(program.dim_count());
        let mut reader = *input;
        for dim in 0..program.dim_count() {
            match read_dim(program, dim, &mut reader)? {
                DimBytes::All => key.set_all(dim),
                DimBytes::Missing => key.set_missing(dim),
                DimBytes::Number(value) => key.set_dim(dim, value as u64),
                DimBytes::Text(text) => match self.intern(text) {
                    Ok(id) => key.set_dim(dim, id),
                    Err(need) => return Ok(need),
                },
            }
        }
        match read_period(&mut reader)? {
            Some(day) => key.set_period(day),
            None => key.set_no_period(),
        }
        let group = match self.find_or_add(&key) {
            Ok(group) => group,
            Err(need) => return Ok(need),
        };
        *input = start;
        let dims = program.dim_count();
        let rows = read_group(program, input, |i, words| {
            let slot = program.slot(i);
            let range = slot.offset..slot.offset + slots::slot_words(slot.kind);
            if let Some(into) = self.slots_mut(group, dims).get_mut(range) {
                slots::merge(slot.kind, into, words);
            }
        })?;
        self.add_rows(group, dims, rows);
        Ok(Need::Nothing)
    }
}

fn write_slot(kind: SlotKind, words: &[u64], out: &mut Out<'_>) {
    out.put(&[slots::reasons(words).0]);
    let mut buffer = [0; SLOT_BYTES];
    match slots::read(kind, words) {
        Some(SlotValue::Count(rows)) => out.put(&rows.to_le_bytes()),
        Some(SlotValue::SumInt(sum)) => {
            let len = canonical::write_int(sum, &mut buffer);
            out.put(buffer.get(..len.unwrap_or(0)).unwrap_or(&[]));
        }
        Some(SlotValue::SumDecimal(sum)) => {
            let len = canonical::write_int(sum, &mut buffer);
            out.put(buffer.get(..len.unwrap_or(0)).unwrap_or(&[]));
        }
        Some(SlotValue::SumFloat(sum)) => {
            let len = canonical::write_float_sum(sum, &mut buffer);
            out.put(buffer.get(..len.unwrap_or(0)).unwrap_or(&[]));
        }
        Some(SlotValue::Int(Some(value))) => {
            out.put(&[VALUE]);
            out.put(&value.to_le_bytes());
        }
        Some(SlotValue::Float(Some(bits))) => {
            out.put(&[VALUE]);
            out.put(&bits.to_le_bytes());
        }
        Some(SlotValue::Decimal(Some(value))) => {
            out.put(&[VALUE]);
            out.put(&value.to_le_bytes());
        }
        Some(SlotValue::Int(None) | SlotValue::Float(None) | SlotValue::Decimal(None)) | None => {
            out.put(&[MISSING])
        }
    }
}

/// A dimension's value in state bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DimBytes<'i> {
    Number(i64),
    Text(&'i [u8]),
    Missing,
    All,
}

fn read_dim<'i>(program: &Program<'_>, dim: usize, input: &mut In<'i>) -> Result<DimBytes<'i>, Error> {
    match input.byte()? {
        MISSING => Ok(DimBytes::Missing),
        ALL => Ok(DimBytes::All),
        VALUE if program.dim(dim).ty == DimType::Text => {
            let len = input.u32()? as usize;
            Ok(DimBytes::Text(input.take(len)?))
        }
        VALUE => {
            let value = input.u64()? as i64;
            if program.dim(dim).ty == DimType::Bool && !(0..=1).contains(&value) {
                return Err(input.wrong());
            }
            Ok(DimBytes::Number(value))
        }
        _ => Err(input.wrong()),
    }
}

fn read_period(input: &mut In<'_>) -> Result<Option<i64>, Error> {
    match input.byte()? {
        ALL => Ok(None),
        VALUE => {
            let day = input.u64()? as i64;
            // Arrow's dates are an `i32` of days, and a period begins at most a leap year before the day it holds.
            let first = i64::from(i32::MIN) - 366;
            if (first..=i64::from(i32::MAX)).contains(&day) { Ok(Some(day)) } else { Err(input.wrong()) }
        }
        _ => Err(input.wrong()),
    }
}

/// Reads one group, handing each slot's words to `slot`; the number of rows.
fn read_group(
    program: &Program<'_>,
    input: &mut In<'_>,
    mut slot: impl FnMut(usize, &[u64]),
) -> Result<u64, Error> {
    for dim in 0..program.dim_count() {
        read_dim(program, dim, input)?;
    }
    read_period(input)?;
    let rows = input.u64()?;
    for i in 0..program.slot_count() {
        let kind = program.slot(i).kind;
        let mut words = [0; SLOT_WORDS];
        read_slot(kind, &mut words, input)?;
        slot(i, words.get(..slots::slot_words(kind)).unwrap_or(&[]));
    }
    Ok(rows)
}

fn read_slot(kind: SlotKind, words: &mut [u64; SLOT_WORDS], input: &mut In<'_>) -> Result<(), Error> {
    let reasons = input.byte()?;
    // `empty` is never stored: rows without a value are left out.
    if reasons & Reasons::EMPTY.0 != 0 || reasons >= 64 {
        return Err(input.wrong());
    }
    let [_, payload @ ..] = &mut *words;
    let rest = input.bytes.get(input.at..).unwrap_or(&[]);
    let wrong = input.wrong();
    match kind {
        SlotKind::Count => {
            if let Some(count) = payload.first_mut() {
                *count = input.u64()?;
            }
        }
        SlotKind::SumInt | SlotKind::SumDecimal => {
            let payload = payload.get_mut(..slots::slot_words(kind) - 1).ok_or(wrong)?;
            let len = canonical::read_int(rest, payload).map_err(|_| wrong)?;
            input.take(len)?;
        }
        SlotKind::SumFloat => {
            let payload = payload.get_mut(..slots::slot_words(kind) - 1).ok_or(wrong)?;
            let len = canonical::read_float_sum(rest, payload).map_err(|_| wrong)?;
            input.take(len)?;
        }
        SlotKind::MinInt | SlotKind::MaxInt | SlotKind::MinFloat | SlotKind::MaxFloat => {
            match input.byte()? {
                MISSING => {}
                VALUE => {
                    let value = input.u64()?;
                    let float = matches!(kind, SlotKind::MinFloat | SlotKind::MaxFloat);
                    if float && (!f64::from_bits(value).is_finite() || value == 1 << 63) {
                        return Err(wrong);
                    }
                    slots::extreme_word(kind, words, value);
                }
                _ => return Err(wrong),
            }
        }
        SlotKind::MinDecimal | SlotKind::MaxDecimal => match input.byte()? {
            MISSING => {}
            VALUE => {
                let bytes = input.take(16)?;
                slots::extreme_decimal(kind, words, bytes.try_into().map_or(0, i128::from_le_bytes));
            }
            _ => return Err(wrong),
        },
    }
    slots::fail(words, Reasons(reasons));
    Ok(())
}

/// Checks state bytes as a whole: header, counters that add up, canonical slots, groups with rows, in strictly ascending order.
fn check(program: &Program<'_>, bytes: &[u8]) -> Result<(), Error> {
    let magic = Error::new(Code::StateMagic, 0);
    let mut input = In { bytes, at: 0 };
    if input.take(8).map_err(|_| magic)? != MAGIC || input.u32().map_err(|_| magic)? != VERSION {
        return Err(magic);
    }
    if input.take(32)? != program.signature() {
        return Err(Error::new(Code::StateSignature, 0));
    }
    let counters = input.take(8 * super::counters::words(program))?;
    let words = counters.chunks_exact(8).map(|b| b.try_into().map_or(0, u64::from_le_bytes));
    if !super::counters::are_consistent(program, words) {
        return Err(Error::new(Code::StateBytes, HEADER));
    }
    let groups = input.u64()?;
    let mut previous: Option<In<'_>> = None;
    for _ in 0..groups {
        let start = input;
        if read_group(program, &mut input, |_, _| {})? == 0 {
            return Err(start.wrong());
        }
        if let Some(mut before) = previous
            && compare_keys(program, &mut before, &mut start.clone())? != Ordering::Less
        {
            return Err(start.wrong());
        }
        previous = Some(start);
    }
    if input.at == bytes.len() { Ok(()) } else { Err(input.wrong()) }
}

/// The order of [`State::compare_groups`], on bytes.
fn compare_keys(program: &Program<'_>, a: &mut In<'_>, b: &mut In<'_>) -> Result<Ordering, Error> {
    let rank = |value: &DimBytes<'_>| match value {
        DimBytes::Number(_) | DimBytes::Text(_) => 0,
        DimBytes::Missing => 1,
        DimBytes::All => 2,
    };
    for dim in 0..program.dim_count() {
        let (a, b) = (read_dim(program, dim, a)?, read_dim(program, dim, b)?);
        let order = match (a, b) {
            (DimBytes::Number(a), DimBytes::Number(b)) => a.cmp(&b),
            (DimBytes::Text(a), DimBytes::Text(b)) => a.cmp(b),
            (a, b) => rank(&a).cmp(&rank(&b)),
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    let (a, b) = (read_period(a)?, read_period(b)?);
    Ok(match (a, b) {
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    })
}
