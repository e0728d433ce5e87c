//! Tracing: what feeding would do with each row, for one cell of the result, told instead of counted.
//!
//! Row code, placing and the conditions of slots are those of feeding; only what becomes of their answers differs. So a
//! row that is traced into a slot of a cell is one that the cell has counted, by construction.

use super::place::{Feeding, Groups, Place, place_chunk};
use super::slots::{self, Entries};
use super::{Key, Need, Reject};
use crate::batch::Column;
use crate::error::Error;
use crate::eval::prepare;
use crate::eval::{self, CHUNK, Register, Scratch};
use crate::program::{DimType, Program};

/// Where a cell stands in one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// A total over the dimension: rows with any value, or none, belong to the cell.
    All,
    /// Rows without a value.
    Missing,
    /// Rows with this integer.
    Int(i64),
    /// Rows with this truth value.
    Bool(bool),
    /// Rows with this day, counted from 1970-01-01.
    Date(i64),
    /// Rows with this text, value maps applied.
    Text(&'a [u8]),
}

/// A cell of the result, as far as rows are concerned: a group and a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// One for each dimension of the program; those that are not there count as [`Wanted::All`].
    pub key: &'a [Wanted<'a>],
    /// First day of the period; `None`: a total over all periods, or a program without periods.
    pub period: Option<i64>,
}

/// Where a row is under one placement, seen from the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// In the cell's group and period.
    Here,
    /// In another group, whatever its period.
    OtherGroup,
    /// In the cell's group, in another period.
    OtherPeriod,
    /// Nowhere.
    Rejected(Reject),
}

/// What a slot does with a row that has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The row is counted.
    Entered,
    /// The slot's condition is false.
    ConditionFalse,
    /// The condition has no answer, because a value is missing.
    ConditionMissing,
    /// The condition has failed; its reasons are in the slot.
    ConditionFailed,
    /// The condition is true, and there is no value to enter.
    ValueMissing,
    /// The condition is true, and the value has failed; its reasons are in the slot.
    ValueFailed,
}

/// A chunk of rows under one placement.
pub struct Traced<'t, 'p> {
    program: &'t Program<'p>,
    registers: &'t [Register],
    places: &'t [Place<Spot>],
    placement: usize,
    from: usize,
}

/// What a slot does with the rows of a chunk.
#[derive(Clone, Copy)]
pub struct SlotRows {
    entries: Entries,
    /// The condition is true or false.
    decided: u64,
}

impl Traced<'_, '_> {
    /// The placement under which the rows are seen. A chunk is told once for each placement of its table.
    #[must_use]
    pub fn placement(&self) -> usize {
        self.placement
    }

    /// The number, in the batch, of the chunk's first row.
    #[must_use]
    pub fn first_row(&self) -> usize {
        self.from
    }

    /// Where the rows of the chunk are, in their order.
    pub fn spots(&self) -> impl ExactSizeIterator<Item = Spot> + '_ {
        self.places.iter().map(|place| match *place {
            Place::Group(spot, _) => spot,
            Place::Rejected(reject) => Spot::Rejected(reject),
        })
    }

    /// What a slot does with these rows, wherever they have a place; `None` for slots of other placements.
    #[must_use]
    pub fn slot(&self, slot: usize) -> Option<SlotRows> {
        if slot >= self.program.slot_count() {
            return None;
        }
        let slot = self.program.slot(slot);
        let of = |register: Option<usize>| register.and_then(|r| self.registers.get(r));
        let (mask, arg) = (of(slot.mask), of(slot.arg));
        (slot.placement == self.placement)
            .then(|| SlotRows { entries: Entries::new(mask, arg), decided: slots::with_value(mask) })
    }
}

impl SlotRows {
    /// What becomes of a row; `row` counts from the chunk's first one.
    #[must_use]
    pub fn entry(&self, row: usize) -> Entry {
        let is = |bits: u64| bits >> (row % CHUNK) & 1 == 1;
        let Entries { holds, mask_failed, arg_failed, .. } = self.entries;
        if is(self.entries.entering()) {
            Entry::Entered
        } else if is(mask_failed) {
            Entry::ConditionFailed
        } else if !is(self.decided) {
            Entry::ConditionMissing
        } else if !is(holds) {
            Entry::ConditionFalse
        } else if is(arg_failed) {
            Entry::ValueFailed
        } else {
            Entry::ValueMissing
        }
    }
}

/// The groups of a trace: this one, or not.
struct Sought<'t> {
    target: &'t Target<'t>,
    /// The target's key, as rows would have it.
    key: Key,
    /// False where a coordinate is not of its dimension's type.
    exists: bool,
}

/// The number of all texts that are not sought. Dictionary maps keep the number above it for themselves.
const OTHER_TEXT: u64 = u64::MAX - 1;

impl<'t> Sought<'t> {
    fn new(program: &Program<'_>, dims: usize, target: &'t Target<'t>) -> Self {
        let mut key = Key::new(dims);
        let mut exists = true;
        match target.period {
            Some(day) => key.set_period(day),
            None => key.set_no_period(),
        }
        for dim in 0..dims {
            match (target.key.get(dim).copied().unwrap_or(Wanted::All), program.dim(dim).ty) {
                (Wanted::All, _) => key.set_all(dim),
                (Wanted::Missing, _) => key.set_missing(dim),
                (Wanted::Int(value), DimType::Int) | (Wanted::Date(value), DimType::Date) => {
                    key.set_dim(dim, value as u64);
                }
                (Wanted::Bool(value), DimType::Bool) => key.set_dim(dim, u64::from(value)),
                (Wanted::Text(bytes), DimType::Text) => key.set_dim(dim, text_number(target, bytes)),
                _ => exists = false,
            }
        }
        Sought { target, key, exists }
    }
}

/// A sought text is named by the first dimension in which it is sought.
fn text_number(target: &Target<'_>, bytes: &[u8]) -> u64 {
    let is_it = |wanted: &Wanted<'_>| matches!(wanted, Wanted::Text(text) if *text == bytes);
    target.key.iter().position(is_it).map_or(OTHER_TEXT, |dim| dim as u64)
}

impl Groups for Sought<'_> {
    type Group = Spot;

    fn text(&mut self, bytes: &[u8]) -> Result<u64, Need> {
        Ok(text_number(self.target, bytes))
    }

    fn group(&mut self, key: &Key) -> Result<Spot, Need> {
        let is_in = |dim: usize| {
            self.key.is_all(dim)
                || (self.key.is_missing(dim) == key.is_missing(dim) && self.key.dim(dim) == key.dim(dim))
        };
        Ok(if !self.exists || !(0..self.key.dims).all(is_in) {
            Spot::OtherGroup
        } else if self.key.has_period() && (!key.has_period() || self.key.period() != key.period()) {
            Spot::OtherPeriod
        } else {
            Spot::Here
        })
    }
}

/// Tells, for each row of a batch of table `table`, where it is and which slots it enters, seen from one cell.
///
/// `visit` is called for each chunk of rows in order, and for each chunk once for every placement of the table.
/// Nothing is counted and nothing is kept. A target with a coordinate that is not of its dimension's type has no rows.
/// Time is that of feeding the batch.
///
/// # Errors
/// As [`State::feed`](super::State::feed): a `Batch…` code or [`Code::Scratch`](crate::Code::Scratch), before the
/// first visit.
pub fn trace(
    program: &Program<'_>,
    table: usize,
    columns: &[Column<'_>],
    rows: usize,
    target: &Target<'_>,
    scratch: &mut Scratch<'_>,
    mut visit: impl FnMut(&Traced<'_, '_>),
) -> Result<(), Error> {
    let (view, registers, mut maps) = prepare(program, table, columns, rows, scratch)?;
    let feeding = Feeding::new(program, view, columns);
    let mut sought = Sought::new(program, feeding.dims, target);
    let mut from = 0;
    while from < rows {
        let len = (rows - from).min(CHUNK);
        eval::run(registers, program, &view, columns, &maps, from..from + len, None);
        for placement in view.placement_start..view.placement_start + view.placement_count {
            let mut places = [Place::Rejected(Reject::Filtered); CHUNK];
            let places = places.get_mut(..len).unwrap_or(&mut []);
            // Comparing needs no room, so no row can be left over.
            let _ = place_chunk(&mut sought, &feeding, registers, &mut maps, placement, from, places);
            visit(&Traced { program, registers, places, placement, from });
        }
        from += len;
    }
    Ok(())
}
