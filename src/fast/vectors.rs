//! The numbers of a run of rows: loaded from columns, and what formulas make of them.

use super::isa::{self, Isa, ROWS};
use super::plan::Node;
use super::texts::has_value;
use ripplemark_core::batch::{Column, Data, TimeUnit};
use ripplemark_core::num::decimal;
use ripplemark_core::types::LogicalType;

/// A number for each row: an integer, a mantissa, or the bits of a double.
pub(super) struct Vector {
    pub(super) words: Box<[u64; ROWS]>,
    /// 1 where there is no number.
    pub(super) missing: Box<[u8; ROWS]>,
    /// Whether any of `missing` is set; the bytes mean nothing otherwise.
    pub(super) some_missing: bool,
    /// 1 where the number could not be made here; the reference evaluator knows why.
    pub(super) failed: Box<[u8; ROWS]>,
    /// Whether any of `failed` is set; the bytes mean nothing otherwise.
    pub(super) some_failed: bool,
}

impl Vector {
    pub(super) fn new() -> Vector {
        Vector {
            words: Box::new([0; ROWS]),
            missing: Box::new([0; ROWS]),
            some_missing: false,
            failed: Box::new([0; ROWS]),
            some_failed: false,
        }
    }

    pub(super) fn is_missing(&self, row: usize) -> bool {
        self.some_missing && self.missing.get(row) == Some(&1)
    }

    fn mark_missing(&mut self, row: usize) {
        if !self.some_missing {
            self.missing.fill(0);
            self.some_missing = true;
        }
        if let (Some(missing), Some(word)) = (self.missing.get_mut(row), self.words.get_mut(row)) {
            *missing = 1;
            *word = 0;
        }
    }

    fn mark_failed(&mut self, row: usize) {
        if !self.some_failed {
            self.failed.fill(0);
            self.some_failed = true;
        }
        if let (Some(failed), Some(word)) = (self.failed.get_mut(row), self.words.get_mut(row)) {
            *failed = 1;
            *word = 0;
        }
    }

    /// Sets a row's number, or what stands in its place.
    pub(super) fn set(&mut self, row: usize, number: Result<u64, Lack>) {
        match number {
            Ok(number) => {
                if let Some(word) = self.words.get_mut(row) {
                    *word = number;
                }
            }
            Err(Lack::Missing) => self.mark_missing(row),
            Err(Lack::Failed) => self.mark_failed(row),
        }
    }

    pub(super) fn clear(&mut self) {
        self.some_missing = false;
        self.some_failed = false;
    }

    /// Loads rows of a column.
    pub(super) fn load(&mut self, isa: Isa, ty: LogicalType, column: &Column<'_>, from: usize, len: usize) {
        self.clear();
        if !self.load_all(isa, ty, column, from, len) {
            // Something needs a second look: row by row.
            self.clear();
            for row in 0..len {
                self.set(row, number(ty, column, from + row));
            }
            return;
        }
        let Some(validity) = column.validity else { return };
        let (bytes, offset) = validity.parts();
        let (missing, words) =
            (self.missing.get_mut(..len).unwrap_or(&mut []), self.words.get_mut(..len).unwrap_or(&mut []));
        isa::bits_to_bytes(isa, missing, bytes, offset + from);
        isa::flip(isa, missing);
        self.some_missing = isa::any(isa, missing);
        if self.some_missing {
            isa::blank_words(isa, words, missing);
            if self.some_failed {
                // What stands in the place of a missing value cannot fail.
                for (failed, missing) in self.failed.iter_mut().zip(missing) {
                    *failed &= 1 - *missing;
                }
            }
        }
    }

    /// Loads rows as if all had values; false if this does not work for them.
    fn load_all(&mut self, isa: Isa, ty: LogicalType, column: &Column<'_>, from: usize, len: usize) -> bool {
        if column.invalid.is_some() {
            return false;
        }
        let to = self.words.get_mut(..len).unwrap_or(&mut []);
        let rows = from..from + len;
        let soon = rows.end..rows.end + len;
        match &column.data {
            Data::F64(values) => isa::prefetch(values.get(soon)),
            Data::I64(values) | Data::Timestamp { values, .. } => isa::prefetch(values.get(soon)),
            Data::Decimal128 { bytes, .. } => isa::prefetch(bytes.get(16 * soon.start..16 * soon.end)),
            Data::I32(values) | Data::Date32(values) => isa::prefetch(values.get(soon)),
            _ => {}
        }
        match (ty, &column.data) {
            (LogicalType::Float, Data::F64(values)) => {
                values.get(rows).is_some_and(|values| !isa::load_f64(isa, to, values))
            }
            (LogicalType::Int | LogicalType::Duration, Data::I64(values))
            | (LogicalType::Timestamp, Data::Timestamp { values, unit: TimeUnit::Microsecond }) => {
                values.get(rows).map(|values| isa::load_i64(isa, to, values)).is_some()
            }
            (LogicalType::Date, Data::Date32(values)) => {
                let Some(values) = values.get(rows) else { return false };
                for (to, &day) in to.iter_mut().zip(values) {
                    *to = i64::from(day) as u64;
                }
                true
            }
            (LogicalType::Timestamp, Data::Timestamp { values, unit: TimeUnit::Nanosecond }) => {
                let Some(values) = values.get(rows) else { return false };
                for (to, &nanos) in to.iter_mut().zip(values) {
                    *to = nanos.div_euclid(1_000) as u64;
                }
                true
            }
            (LogicalType::Decimal(scale), Data::F64(values)) => {
                let (Some(values), Some(power)) = (values.get(rows), power(scale)) else { return false };
                // Null slots hold anything, which may make rows unsure that are not there at all.
                let mut unsure = [0; ROWS];
                let unsure = unsure.get_mut(..len).unwrap_or(&mut []);
                if isa::snap(isa, to, values, power, unsure) {
                    for row in 0..len {
                        if unsure.get(row) == Some(&1) {
                            self.set(row, number(ty, column, from + row));
                        }
                    }
                }
                true
            }
            (LogicalType::Decimal(scale), Data::Decimal128 { bytes, scale: own }) if scale == *own => {
                let (values, _) = bytes.as_chunks::<16>();
                let Some(values) = values.get(rows) else { return false };
                let mut unsure = [0; ROWS];
                let unsure = unsure.get_mut(..len).unwrap_or(&mut []);
                if isa::narrow(isa, to, values, unsure) {
                    for row in 0..len {
                        if unsure.get(row) == Some(&1) {
                            self.mark_failed(row);
                        }
                    }
                }
                true
            }
            (_, Data::Missing) => false,
            _ => false,
        }
    }

    /// Makes the words of rows without a number 0, which adds nothing to a sum.
    fn blank_missing(&mut self, isa: Isa, len: usize) {
        if self.some_missing
            && let (Some(words), Some(missing)) = (self.words.get_mut(..len), self.missing.get(..len))
        {
            isa::blank_words(isa, words, missing);
        }
    }

    fn join_marks(&mut self, other: &Vector, len: usize) {
        if other.some_missing {
            if !self.some_missing {
                self.missing.fill(0);
            }
            self.some_missing = true;
            for (own, other) in self.missing.iter_mut().zip(other.missing.iter()).take(len) {
                *own |= other;
            }
        }
        if other.some_failed {
            if !self.some_failed {
                self.failed.fill(0);
            }
            self.some_failed = true;
            for (own, other) in self.failed.iter_mut().zip(other.failed.iter()).take(len) {
                *own |= other;
            }
        }
    }
}

/// Why a row has no number here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    Missing,
    /// Left to the reference evaluator.
    Failed,
}

fn power(scale: u8) -> Option<f64> {
    // Powers of ten up to here are doubles without error.
    (scale <= 18).then(|| decimal::power_of_ten(scale).map(|power| power as f64))?
}

/// The number of one row; what is not plain is left to the reference evaluator.
fn number(ty: LogicalType, column: &Column<'_>, row: usize) -> Result<u64, Lack> {
    if column.invalid.is_some_and(|bits| bits.get(row)) {
        return Err(Lack::Failed);
    }
    if !has_value(column, row) || matches!(column.data, Data::Missing) {
        return Err(Lack::Missing);
    }
    let float = match &column.data {
        Data::F64(values) => Some(values.get(row).copied().ok_or(Lack::Failed)?),
        Data::F32(values) => Some(f64::from(values.get(row).copied().ok_or(Lack::Failed)?)),
        _ => None,
    };
    if let Some(x) = float {
        if x.is_nan() {
            return Err(Lack::Missing);
        }
        return match ty {
            LogicalType::Float if x.is_finite() => Ok(x.to_bits()),
            LogicalType::Decimal(scale) => decimal::snap_f64(x.to_bits(), scale)
                .and_then(|mantissa| i64::try_from(mantissa).ok())
                .map(|mantissa| mantissa as u64)
                .ok_or(Lack::Failed),
            _ => Err(Lack::Failed),
        };
    }
    let whole = match &column.data {
        Data::I8(v) => v.get(row).map(|&v| i64::from(v)),
        Data::I16(v) => v.get(row).map(|&v| i64::from(v)),
        Data::I32(v) | Data::Date32(v) => v.get(row).map(|&v| i64::from(v)),
        Data::I64(v) => v.get(row).copied(),
        Data::U8(v) => v.get(row).map(|&v| i64::from(v)),
        Data::U16(v) => v.get(row).map(|&v| i64::from(v)),
        Data::U32(v) => v.get(row).map(|&v| i64::from(v)),
        Data::U64(v) => v.get(row).and_then(|&v| i64::try_from(v).ok()),
        Data::Timestamp { values, unit } => values.get(row).and_then(|&v| match unit {
            TimeUnit::Second => v.checked_mul(1_000_000),
            TimeUnit::Millisecond => v.checked_mul(1_000),
            TimeUnit::Microsecond => Some(v),
            TimeUnit::Nanosecond => Some(v.div_euclid(1_000)),
        }),
        Data::Decimal128 { bytes, scale } => match ty {
            LogicalType::Decimal(own) => bytes
                .as_chunks::<16>()
                .0
                .get(row)
                .and_then(|bytes| decimal::rescale(i128::from_le_bytes(*bytes), *scale, own))
                .and_then(|mantissa| i64::try_from(mantissa).ok()),
            _ => None,
        },
        _ => None,
    }
    .ok_or(Lack::Failed)?;
    match ty {
        LogicalType::Int | LogicalType::Date | LogicalType::Timestamp | LogicalType::Duration => {
            Ok(whole as u64)
        }
        LogicalType::Decimal(_) if matches!(column.data, Data::Decimal128 { .. }) => Ok(whole as u64),
        LogicalType::Decimal(scale) => decimal::power_of_ten(scale)
            .and_then(|power| i64::try_from(power).ok())
            .and_then(|power| whole.checked_mul(power))
            .map(|mantissa| mantissa as u64)
            .ok_or(Lack::Failed),
        LogicalType::Float if whole.unsigned_abs() <= 1 << 53 => Ok((whole as f64).to_bits()),
        _ => Err(Lack::Failed),
    }
}

/// Computes a node from those before it. Loads and what the reference evaluator makes are not computed here.
pub(super) fn compute(isa: Isa, nodes: &[Node], vectors: &mut [Vector], at: usize, len: usize) {
    let (before, rest) = vectors.split_at_mut(at.min(vectors.len()));
    let (Some(own), Some(&node)) = (rest.first_mut(), nodes.get(at)) else { return };
    let of = |node: usize| before.get(node);
    let constant = |node: usize| match nodes.get(node) {
        Some(Node::Const { word }) => Some(*word),
        _ => None,
    };
    match node {
        Node::Load { .. } | Node::Present { .. } | Node::Reference { .. } | Node::Const { .. } => {}
        Node::Same { a } => {
            let Some(a) = of(a) else { return };
            own.clear();
            own.words.copy_from_slice(&*a.words);
            own.join_marks(a, len);
        }
        Node::Float { op, a, b } => {
            let (Some(left), Some(right)) = (of(a), of(b)) else { return };
            own.clear();
            let to = own.words.get_mut(..len).unwrap_or(&mut []);
            let (x, y) = (left.words.get(..len).unwrap_or(&[]), right.words.get(..len).unwrap_or(&[]));
            let special = match (constant(a), constant(b)) {
                (Some(a), _) => isa::float_op_left(isa, to, f64::from_bits(a), y, op),
                (_, Some(b)) => isa::float_op_right(isa, to, x, f64::from_bits(b), op),
                _ => isa::float_op(isa, to, x, y, op),
            };
            own.join_marks(left, len);
            own.join_marks(right, len);
            if special {
                for row in 0..len {
                    let word = own.words.get(row).copied().unwrap_or(0);
                    if !f64::from_bits(word).is_finite() {
                        own.mark_failed(row);
                    }
                }
            }
            own.blank_missing(isa, len);
        }
        Node::Int { op, a, b } => {
            let (Some(left), Some(right)) = (of(a), of(b)) else { return };
            own.clear();
            let to = own.words.get_mut(..len).unwrap_or(&mut []);
            let (x, y) = (left.words.get(..len).unwrap_or(&[]), right.words.get(..len).unwrap_or(&[]));
            let over = isa::int_op(isa, to, x, y, op);
            own.join_marks(left, len);
            own.join_marks(right, len);
            if over {
                for row in 0..len {
                    let pair = (left.words.get(row), right.words.get(row));
                    let (Some(&a), Some(&b)) = pair else { continue };
                    let (a, b) = (a as i64, b as i64);
                    let fits = match op {
                        b'+' => a.checked_add(b),
                        b'-' => a.checked_sub(b),
                        _ => a.checked_mul(b),
                    };
                    if fits.is_none() {
                        own.mark_failed(row);
                    }
                }
            }
            own.blank_missing(isa, len);
        }
    }
}
