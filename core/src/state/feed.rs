//! Feeding: rows of a batch enter the state, in whole rows.
//!
//! A chunk of rows is evaluated, each row is placed (which group, or why none), and then the slots take the rows that
//! were placed. When there is no room for a row, the rows before it are in and it and the rest are not: the caller
//! makes room and feeds again from there. Which row that was leaves no trace in the state.

use super::place::{Feeding, Place, place_chunk};
use super::slots::{self, Targets};
use super::{Need, Reject, State};
use crate::batch::Column;
use crate::error::Error;
use crate::eval::{self, CHUNK, Register, Scratch, TextMaps, prepare};
use crate::program::Program;
use crate::program::op::RowOp;
use crate::reason::Reasons;

/// How far feeding got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fed {
    /// Rows of the batch, from its beginning, that are in the state (or counted as rejected).
    pub rows_done: usize,
    /// What is needed for the next row.
    pub need: Need,
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> State<M> {
    /// Feeds rows `from .. rows` of a batch of table `table`.
    ///
    /// `columns` are in the order of the program's table. If [`Fed::need`] is not [`Need::Nothing`], make a larger
    /// state, [`State::merge`] this one into it, and feed again from [`Fed::rows_done`].
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
        self.feed_runs(program, table, columns, rows, core::iter::once(from.min(rows)..rows), scratch)
    }

    /// Feeds some rows of a batch of table `table`: those of `runs`, which ascend.
    ///
    /// As [`State::feed`] otherwise; when there is no room, the rows before [`Fed::rows_done`] are in as far as they
    /// belong to a run.
    ///
    /// # Errors
    /// As [`State::feed`].
    pub fn feed_runs(
        &mut self,
        program: &Program<'_>,
        table: usize,
        columns: &[Column<'_>],
        rows: usize,
        runs: impl Iterator<Item = core::ops::Range<usize>>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Fed, Error> {
        let (view, registers, mut maps) = prepare(program, table, columns, rows, scratch)?;
        let feeding = Feeding::new(program, view, columns);
        for run in runs {
            let end = run.end.min(rows);
            let mut done = run.start.min(end);
            while done < end {
                let len = (end - done).min(CHUNK);
                eval::run(registers, program, &view, columns, &maps, done..done + len, None);
                let (taken, need) = self.take_chunk(&feeding, registers, &mut maps, done, len);
                self.count_chunk(&feeding, table, registers, taken);
                done += taken;
                if need != Need::Nothing {
                    return Ok(Fed { rows_done: done, need });
                }
            }
        }
        Ok(Fed { rows_done: rows, need: Need::Nothing })
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
        let last = first + feeding.table.placement_count;
        let mut places = [Place::Rejected(Reject::Filtered); CHUNK];
        // First every row gets its places under every placement, so that a row enters everywhere or nowhere.
        let (mut taken, mut need) = (len.min(CHUNK), Need::Nothing);
        for placement in first..last {
            let rows = places.get_mut(..taken).unwrap_or(&mut []);
            if let Err((row, lack)) = place_chunk(self, feeding, registers, maps, placement, from, rows) {
                (taken, need) = (row, lack);
            }
        }
        for placement in first..last {
            let rows = places.get_mut(..taken).unwrap_or(&mut []);
            // With one placement its places stand there already; with more, the groups exist now and are found again.
            if last - first > 1 && place_chunk(self, feeding, registers, maps, placement, from, rows).is_err()
            {
                return (0, need);
            }
            self.enter(feeding, registers, placement, rows);
        }
        (taken, need)
    }

    fn enter(
        &mut self,
        feeding: &Feeding<'_, '_, '_>,
        registers: &[Register],
        placement: usize,
        places: &[Place<usize>],
    ) {
        let program = feeding.program;
        let dims = feeding.dims;
        let (mut used, mut latest) = (0, None);
        let mut targets = Targets { starts: [0; CHUNK], placed: 0 };
        for (row, (place, start)) in places.iter().zip(&mut targets.starts).enumerate() {
            match *place {
                Place::Group(group, time) => {
                    self.add_rows(group, dims, 1);
                    *start = self.slots_start(group, dims);
                    targets.placed |= 1 << row;
                    used += 1;
                    latest = latest.max(time);
                }
                Place::Rejected(reject) => self.count_reject(program, placement, reject),
            }
        }
        self.count_used(program, placement, used, latest);
        for i in 0..program.slot_count() {
            let slot = program.slot(i);
            if slot.placement != placement {
                continue;
            }
            let mask = slot.mask.and_then(|r| registers.get(r));
            let arg = slot.arg.and_then(|r| registers.get(r));
            slots::update(slot.kind, self.mem.as_mut(), &targets, slot.offset, mask, arg);
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
}
