//! Feeding: rows of a batch enter the state, in whole rows.
//!
//! A chunk of rows is evaluated, each row is placed (which group, or why none), and then the slots take the rows that
//! were placed. When there is no room for a row, the rows before it are in and it and the rest are not: the caller
//! makes room and feeds again from there. Which row that was leaves no trace in the state.

use super::{Key, Need, Reject, State, slots};
use crate::batch::{Column, Data};
use crate::error::{Code, Error};
use crate::eval::{self, CHUNK, Digits, Register, Scratch, TextMaps, TextValue};
use crate::program::op::RowOp;
use crate::program::{self, DimType, Program, TableView};
use crate::reason::Reasons;

/// How far feeding got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fed {
    /// Rows of the batch, from its beginning, that are in the state (or counted as rejected).
    pub rows_done: usize,
    /// What is needed for the next row.
    pub need: Need,
}

/// A row's place under one placement.
#[derive(Clone, Copy)]
enum Place {
    Group(usize, Option<i64>),
    Rejected(Reject),
}

/// Everything that stays the same while a batch is fed.
struct Feeding<'c, 'b, 'p> {
    program: &'c Program<'p>,
    table: TableView<'p>,
    columns: &'c [Column<'b>],
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> State<M> {
    /// Feeds rows `from .. rows` of a batch of table `table`.
    ///
    /// `columns` are in the order of the program's table. If [`Fed::need`] is not [`Need::Nothing`], make a larger state, [`State::merge`] this one
    /// into it, and feed again from [`Fed::rows_done`].
    ///
    /// # Errors
    /// A `Batch…` code or [`Code::Scratch`]; the state is then unchanged.
    pub fn feed(
        &mut self,
        program: &Program<'_>,
        table: usize,
        columns: &[Column<'_>],
        rows: usize,
        from: usize,
        scratch: &mut Scratch<'_>,
    ) -> Result<Fed, Error> {
        eval::check_shape(program, table, columns)?;
        let view = program.table(table);
        eval::check_columns(program, &view, columns, rows)?;
        let registers =
            scratch.registers.get_mut(..view.code_count).ok_or(Error::new(Code::Scratch, view.code_count))?;
        let words = TextMaps::words(columns);
        let mut maps =
            TextMaps::fill(program, &view, columns, scratch.words).ok_or(Error::new(Code::Scratch, words))?;
        let feeding = Feeding { program, table: view, columns };
        let mut done = from.min(rows);
        while done < rows {
            let len = (rows - done).min(CHUNK);
            eval::run(registers, program, &view, columns, &maps, done..done + len);
            let (taken, need) = self.take_chunk(&feeding, registers, &mut maps, done, len);
            self.count_chunk(&feeding, table, registers, taken);
            done += taken;
            if need != Need::Nothing {
                return Ok(Fed { rows_done: done, need });
            }
        }
        Ok(Fed { rows_done: done, need: Need::Nothing })
    }

    /// Places a chunk's rows and lets them enter; how many rows found room.
    fn take_chunk(
        &mut self,
        feeding: &Feeding<'_, '_, '_>,
        registers: &[Register],
        maps: &mut TextMaps<'_>,
        from: usize,
        len: usize,
    ) -> (usize, Need) {
        let first = feeding.table.placement_start;
        // First every row gets its places under every placement, so that a row enters everywhere or nowhere.
        let (mut taken, mut need) = (len, Need::Nothing);
        for placement in first..first + feeding.table.placement_count {
            let lacking = (0..taken).find_map(|row| {
                self.place(feeding, registers, maps, placement, from, row).err().map(|lack| (row, lack))
            });
            if let Some((row, lack)) = lacking {
                (taken, need) = (row, lack);
            }
        }
        let mut places = [Place::Rejected(Reject::Filtered); CHUNK];
        for placement in first..first + feeding.table.placement_count {
            for (row, place) in places.iter_mut().enumerate().take(taken) {
                // The groups exist now: this finds them again.
                if let Ok(found) = self.place(feeding, registers, maps, placement, from, row) {
                    *place = found;
                }
            }
            self.enter(feeding, registers, placement, places.get(..taken).unwrap_or(&[]));
        }
        (taken, need)
    }

    fn enter(
        &mut self,
        feeding: &Feeding<'_, '_, '_>,
        registers: &[Register],
        placement: usize,
        places: &[Place],
    ) {
        let program = feeding.program;
        let dims = program.dim_count();
        for place in places {
            match *place {
                Place::Group(group, time) => {
                    self.add_rows(group, dims, 1);
                    self.count_used(program, placement, time);
                }
                Place::Rejected(reject) => self.count_reject(program, placement, reject),
            }
        }
        for i in 0..program.slot_count() {
            let slot = program.slot(i);
            if slot.placement != placement {
                continue;
            }
            let mask = slot.mask.and_then(|r| registers.get(r));
            let arg = slot.arg.and_then(|r| registers.get(r));
            let words = slots::slot_words(slot.kind);
            for (row, place) in places.iter().enumerate() {
                if let Place::Group(group, _) = *place
                    && let Some(target) =
                        self.slots_mut(group, dims).get_mut(slot.offset..slot.offset + words)
                {
                    slots::update(slot.kind, target, mask, arg, row);
                }
            }
        }
    }

    fn count_chunk(
        &mut self,
        feeding: &Feeding<'_, '_, '_>,
        table: usize,
        registers: &[Register],
        rows: usize,
    ) {
        self.count_read(table, rows as u64);
        for (i, register) in registers.iter().enumerate() {
            let Some(ins) = feeding.program.instruction(&feeding.table, i) else { continue };
            if ins.op != RowOp::Load {
                continue;
            }
            let reasons = register.reasons.get(..rows).unwrap_or(&[]);
            let missing = reasons.iter().filter(|&&r| r == Reasons::EMPTY.0).count() as u64;
            let invalid = reasons.iter().filter(|&&r| r & Reasons::INVALID_INPUT.0 != 0).count() as u64;
            if missing + invalid > 0 {
                self.count_column(feeding.program, &feeding.table, ins.a as usize, missing, invalid);
            }
        }
    }

    fn place(
        &mut self,
        feeding: &Feeding<'_, '_, '_>,
        registers: &[Register],
        maps: &mut TextMaps<'_>,
        placement: usize,
        from: usize,
        row: usize,
    ) -> Result<Place, Need> {
        let program = feeding.program;
        if let Some(filter) = feeding.table.filter.and_then(|r| registers.get(r)) {
            match filter.reasons[row % CHUNK] {
                0 if filter.lo[row % CHUNK] == 1 => {}
                reasons if reasons & !Reasons::EMPTY.0 != 0 => {
                    return Ok(Place::Rejected(Reject::FilterFailed));
                }
                _ => return Ok(Place::Rejected(Reject::Filtered)),
            }
        }
        let mut key = Key::new(program.dim_count());
        let time = match place_in_time(program, registers, placement, row) {
            Ok(None) => {
                key.set_no_period();
                None
            }
            Ok(Some((time, day))) => {
                match program.grain() {
                    Some(grain) => key.set_period(program.calendar().start(grain, day)),
                    None => key.set_no_period(),
                }
                Some(time)
            }
            Err(reject) => return Ok(Place::Rejected(reject)),
        };
        for dim in 0..program.dim_count() {
            match self.dim_value(feeding, registers, maps, dim, from, row)? {
                Ok(Some(value)) => key.set_dim(dim, value),
                Ok(None) => key.set_missing(dim),
                Err(reject) => return Ok(Place::Rejected(reject)),
            }
        }
        Ok(Place::Group(self.find_or_add(&key)?, time))
    }

    /// The key word of a dimension at a row: a value, missing, or a reason to reject the row.
    fn dim_value(
        &mut self,
        feeding: &Feeding<'_, '_, '_>,
        registers: &[Register],
        maps: &mut TextMaps<'_>,
        dim: usize,
        from: usize,
        row: usize,
    ) -> Result<Result<Option<u64>, Reject>, Need> {
        let program = feeding.program;
        let column_index = match program.key(&feeding.table, dim) {
            program::Key::Register(r) => {
                let register = registers.get(r).unwrap_or(&Register::ZERO);
                return Ok(match register.reasons[row % CHUNK] {
                    0 => Ok(Some(register.lo[row % CHUNK])),
                    reasons if reasons == Reasons::EMPTY.0 => Ok(None),
                    _ => Err(Reject::InvalidKey),
                });
            }
            program::Key::TextColumn(c) => c,
        };
        debug_assert_eq!(program.dim(dim).ty, DimType::Text);
        let Some(column) = feeding.columns.get(column_index) else { return Ok(Err(Reject::InvalidKey)) };
        let declared = program.column(&feeding.table, column_index);
        let entry = match &column.data {
            Data::Dict { codes, .. } if eval::status(column, from + row).is_none() => codes.get(from + row),
            _ => None,
        };
        if let Some(id) = entry.and_then(|entry| maps.interned(column_index, entry)) {
            return Ok(Ok(Some(id)));
        }
        let mut digits = Digits::EMPTY;
        match eval::text_at(program, &declared, column, from + row, &mut digits) {
            TextValue::Missing => Ok(Ok(None)),
            TextValue::Invalid => Ok(Err(Reject::InvalidKey)),
            TextValue::Bytes(bytes, _) => {
                let id = self.intern(bytes)?;
                if let Some(entry) = entry {
                    maps.remember(column_index, entry, id);
                }
                Ok(Ok(Some(id)))
            }
        }
    }
}

/// Time (as the column has it) and local day of a row; `None` where the placement does not read time.
fn place_in_time(
    program: &Program<'_>,
    registers: &[Register],
    placement: usize,
    row: usize,
) -> Result<Option<(i64, i64)>, Reject> {
    let Some(register) = program.placement(placement).at.and_then(|r| registers.get(r)) else {
        return Ok(None);
    };
    match register.reasons[row % CHUNK] {
        0 => {}
        reasons if reasons == Reasons::EMPTY.0 => return Err(Reject::NoTime),
        _ => return Err(Reject::InvalidTime),
    }
    let time = register.lo[row % CHUNK] as i64;
    let is_date = program.placement_is_date(placement);
    let (from, to) = if is_date { program.range_days() } else { program.range() };
    if time < from || time >= to {
        return Err(Reject::OutOfRange);
    }
    if let Some((instant, day)) = program.as_of()
        && time >= if is_date { i64::from(day) } else { instant }
    {
        return Err(Reject::AfterAsOf);
    }
    if is_date {
        return Ok(Some((time, time)));
    }
    let (first, last) = program.calendar_range();
    if time < first || time >= last {
        return Err(Reject::OutOfCalendar);
    }
    Ok(Some((time, program.zone().local_day(time))))
}
