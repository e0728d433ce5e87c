//! Sums that a host has formed by itself, on their way into a state.
//!
//! Sums are exact, so how many rows went together into one before it arrives shows nowhere. Each part says what the
//! rows of one group would have added one by one; counters are told once for all of them.

use super::{Key, Need, Reject, State, slots};
use crate::num::{float_sum, int_sum};
use crate::program::Program;
use crate::program::op::SlotKind;

/// A row's value of a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPart<'a> {
    /// The row has none.
    Missing,
    /// An integer, a truth value (0 or 1) or a day.
    Number(i64),
    /// What the text means: after the value map.
    Text(&'a [u8]),
}

/// What rows add to one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// So many rows, for a count.
    Count(u64),
    /// A sum of integers.
    Int(i128),
    /// A sum of mantissas, of the slot's scale.
    Decimal(i128),
    /// `mantissa × 2^exponent`, the exponent at least -1074 and at most 960: the exact sum of doubles, or a part of it.
    Float {
        /// The mantissa.
        mantissa: i128,
        /// The exponent.
        exponent: i32,
    },
    /// The smallest or largest value: an `i64` or the bits of a finite double.
    Extreme(u64),
    /// The mantissa of the smallest or largest decimal.
    ExtremeDecimal(i128),
}

/// What happened to rows under one placement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// Rows that entered a group.
    pub used: u64,
    /// Rows that did not, by [`Reject::ALL`].
    pub rejected: [u64; 8],
    /// Largest time among the used rows, in the unit of the time column (days or microseconds).
    pub latest: Option<i64>,
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> State<M> {
    /// The group with this key, which is added, empty, if it is new. `period` is the first day of its period, `None`
    /// where the query has no time axis.
    ///
    /// # Errors
    /// What the state lacks to hold another group.
    pub fn group_of(
        &mut self,
        program: &Program<'_>,
        parts: &[KeyPart<'_>],
        period: Option<i64>,
    ) -> Result<usize, Need> {
        let mut key = Key::new(program.dim_count());
        match period {
            Some(day) => key.set_period(day),
            None => key.set_no_period(),
        }
        for (dim, part) in parts.iter().enumerate().take(program.dim_count()) {
            match *part {
                KeyPart::Missing => key.set_missing(dim),
                KeyPart::Number(value) => key.set_dim(dim, value as u64),
                KeyPart::Text(bytes) => {
                    let id = self.intern(bytes)?;
                    key.set_dim(dim, id);
                }
            }
        }
        self.find_or_add(&key)
    }

    /// Adds rows to a group that [`State::group_of`] gave.
    pub fn add_group_rows(&mut self, program: &Program<'_>, group: usize, rows: u64) {
        if group < self.group_count() {
            self.add_rows(group, program.dim_count(), rows);
        }
    }

    /// Adds what rows of a group add to a slot. A part that does not belong to the slot's kind does nothing.
    pub fn add_part(&mut self, program: &Program<'_>, group: usize, slot: usize, part: Part) {
        if group >= self.group_count() || slot >= program.slot_count() {
            return;
        }
        let slot = program.slot(slot);
        let words = slot.offset..slot.offset + slots::slot_words(slot.kind);
        let Some(memory) = self.slots_mut(group, program.dim_count()).get_mut(words) else { return };
        match (slot.kind, part) {
            (SlotKind::Count, Part::Count(rows)) => slots::add_count(memory, rows),
            (SlotKind::SumInt, Part::Int(sum)) => {
                if let Some(own) = slots::payload_mut(memory) {
                    int_sum::merge_int(own, &[sum as u64, (sum >> 64) as u64]);
                }
            }
            (SlotKind::SumDecimal, Part::Decimal(sum)) => {
                if let Some(own) = slots::payload_mut(memory) {
                    int_sum::add_i128(own, sum);
                }
            }
            (SlotKind::SumFloat, Part::Float { mantissa, exponent }) => {
                if let Some(own) = slots::payload_mut(memory) {
                    float_sum::add_scaled(own, mantissa, exponent);
                }
            }
            (SlotKind::MinInt | SlotKind::MaxInt, Part::Extreme(value)) => {
                slots::extreme_word(slot.kind, memory, value);
            }
            (SlotKind::MinFloat | SlotKind::MaxFloat, Part::Extreme(bits))
                if f64::from_bits(bits).is_finite() =>
            {
                slots::extreme_word(slot.kind, memory, bits);
            }
            (SlotKind::MinDecimal | SlotKind::MaxDecimal, Part::ExtremeDecimal(value)) => {
                slots::extreme_decimal(slot.kind, memory, value);
            }
            _ => {}
        }
    }

    /// Counts rows of a table as read: what each of its placements made of them (in the program's order), and how many
    /// values of each of its columns were missing. For every placement `used` and `rejected` make up `read`.
    pub fn add_counts(
        &mut self,
        program: &Program<'_>,
        table: usize,
        read: u64,
        placed: &[Placed],
        missing: &[u64],
    ) {
        if table >= program.table_count() {
            return;
        }
        let view = program.table(table);
        self.count_read(table, read);
        for (i, placed) in placed.iter().enumerate().take(view.placement_count) {
            self.count_used(program, view.placement_start + i, placed.used, placed.latest);
            for (reject, &rows) in Reject::ALL.iter().zip(&placed.rejected) {
                self.count_rejects(program, view.placement_start + i, *reject, rows);
            }
        }
        for (column, &rows) in missing.iter().enumerate().take(view.column_count) {
            self.count_column(program, &view, column, rows, 0);
        }
    }
}
