//! Which period each row falls into.
//!
//! Between two changes of the zone's offset and two period edges, time is one piece with one period. Pieces are found
//! once for the times that have been seen, and a row then finds its piece through a table of equal steps.

use super::isa::{self, Isa};
use ripplemark_core::Program;
use ripplemark_core::state::Reject;
use ripplemark_core::time::{Calendar, Grain, Zone};
use std::collections::HashMap;

const DAY_MICROS: i64 = 86_400_000_000;
/// Most pieces that are kept at once; times further apart are found one by one.
const MOST_PIECES: usize = 1 << 17;
/// Most steps of the table.
const STEPS: i64 = 1 << 16;

/// A stretch of time with one period.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: i64,
    /// First time after it.
    to: i64,
    period: u32,
}

/// The clock of a placement.
pub(super) struct Times<'p> {
    is_date: bool,
    range: (i64, i64),
    known_to: i64,
    covered: (i64, i64),
    zone: Zone<'p>,
    calendar: Calendar,
    grain: Option<Grain>,
    memory: Memory,
}

/// What a clock has found out so far.
#[derive(Default)]
pub(super) struct Memory {
    pieces: Vec<Piece>,
    base: i64,
    shift: u32,
    /// The piece in which each step begins.
    steps: Vec<u32>,
    /// First day of each period, by its code.
    starts: Vec<i64>,
    codes: HashMap<i64, u32>,
}

impl Memory {
    /// First day of the period with this code.
    pub(super) fn start(&self, code: u32) -> Option<i64> {
        self.starts.get(code as usize).copied()
    }

    /// How many periods have codes.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }
}

impl<'p> Times<'p> {
    pub(super) fn new(program: &Program<'p>, placement: usize, memory: Memory) -> Times<'p> {
        let is_date = program.placement_is_date(placement);
        let known_to =
            program.as_of().map_or(i64::MAX, |(at, day)| if is_date { i64::from(day) } else { at });
        Times {
            is_date,
            range: if is_date { program.range_days() } else { program.range() },
            known_to,
            covered: if is_date { (i64::MIN, i64::MAX) } else { program.calendar_range() },
            zone: program.zone(),
            calendar: program.calendar(),
            grain: program.grain(),
            memory,
        }
    }

    /// What the clock has found out, for the next batch.
    pub(super) fn into_memory(self) -> Memory {
        self.memory
    }

    /// How many periods have codes.
    pub(super) fn periods(&self) -> usize {
        self.memory.len()
    }

    /// Whether a time counts; why not, otherwise.
    fn admits(&self, time: i64) -> Result<(), Reject> {
        // An end that was not set is i64::MAX, which no end excludes: the last microsecond counts.
        let before = |end: i64| time < end || end == i64::MAX;
        if time < self.range.0 || !before(self.range.1) {
            Err(Reject::OutOfRange)
        } else if !before(self.known_to) {
            Err(Reject::AfterAsOf)
        } else if time < self.covered.0 || !before(self.covered.1) {
            Err(Reject::OutOfCalendar)
        } else {
            Ok(())
        }
    }

    /// Codes of the periods of rows, and in `out` 1 + the number of the reject for rows whose time does not count.
    /// Rows in whose `out` something stands already are left alone.
    pub(super) fn place(&mut self, isa: Isa, times: &[u64], out: &mut [u8], periods: &mut [u32]) {
        let all_in = !isa::any(isa, out);
        let (mut least, mut most) = if all_in {
            isa::extent(isa, times)
        } else {
            times
                .iter()
                .zip(out.iter())
                .filter(|(_, out)| **out == 0)
                .fold((i64::MAX, i64::MIN), |(least, most), (&t, _)| {
                    (least.min(t as i64), most.max(t as i64))
                })
        };
        if least > most {
            return;
        }
        if self.admits(least).is_err() || self.admits(most).is_err() {
            (least, most) = (i64::MAX, i64::MIN);
            for (&time, out) in times.iter().zip(out.iter_mut()).filter(|(_, out)| **out == 0) {
                match self.admits(time as i64) {
                    Ok(()) => (least, most) = (least.min(time as i64), most.max(time as i64)),
                    Err(reject) => *out = 1 + reject as u8,
                }
            }
            if least > most {
                return;
            }
        }
        if self.grain.is_none() {
            periods.fill(0);
            return;
        }
        if let Some(piece) = self.known_piece(least)
            && most < piece.to
        {
            periods.fill(piece.period);
            return;
        }
        if self.cover(least, most) {
            for ((&time, out), period) in times.iter().zip(out.iter()).zip(periods) {
                if *out == 0 {
                    *period = self.known_piece(time as i64).map_or(0, |piece| piece.period);
                }
            }
        } else {
            let mut last = Piece { from: 0, to: 0, period: 0 };
            for ((&time, out), period) in times.iter().zip(out.iter()).zip(periods) {
                let time = time as i64;
                if *out == 0 {
                    if time < last.from || time >= last.to {
                        last = self.piece(time);
                    }
                    *period = last.period;
                }
            }
        }
    }

    #[inline(always)]
    fn known_piece(&self, time: i64) -> Option<Piece> {
        let memory = &self.memory;
        let step = usize::try_from(time.wrapping_sub(memory.base) >> memory.shift).ok()?;
        let mut at = *memory.steps.get(step)? as usize;
        loop {
            let piece = *memory.pieces.get(at)?;
            if time < piece.to {
                return (time >= piece.from).then_some(piece);
            }
            at += 1;
        }
    }

    /// Makes the pieces from `least` to `most` known; false if they are too many.
    fn cover(&mut self, least: i64, most: i64) -> bool {
        if let (Some(first), Some(last)) = (self.memory.pieces.first(), self.memory.pieces.last())
            && first.from <= least
            && most < last.to
        {
            return true;
        }
        let (known_from, known_to) = match (self.memory.pieces.first(), self.memory.pieces.last()) {
            (Some(first), Some(last)) => (first.from.min(least), (last.to - 1).max(most)),
            _ => (least, most),
        };
        // Room on both sides, so that times that go on in order do not cause this for every run of rows.
        let room = if self.is_date { 366 } else { 366 * DAY_MICROS };
        let mut from = known_from.saturating_sub(room).max(self.covered.0).max(self.range.0).min(known_from);
        let mut to = known_to.saturating_add(room);
        if self.pieces_of(from, to).is_none() {
            (from, to) = (least, most);
        }
        let Some(pieces) = self.pieces_of(from, to) else { return false };
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return false };
        let (base, span) = (first.from, last.to.saturating_sub(first.from));
        let mut shift = 0;
        while span >> shift >= STEPS {
            shift += 1;
        }
        let mut steps = Vec::with_capacity((span >> shift) as usize + 1);
        let mut at = 0;
        for step in 0..=span >> shift {
            let time = base.saturating_add(step << shift);
            while pieces.get(at + 1).is_some_and(|next| next.from <= time) {
                at += 1;
            }
            steps.push(at as u32);
        }
        let memory = &mut self.memory;
        (memory.pieces, memory.base, memory.shift, memory.steps) = (pieces, base, shift, steps);
        true
    }

    /// The pieces that hold the times from `from` to `to`; `None` if they are too many.
    fn pieces_of(&mut self, from: i64, to: i64) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut at = from;
        loop {
            let mut piece = self.piece(at);
            piece.from = at;
            at = piece.to;
            pieces.push(piece);
            if at > to {
                return Some(pieces);
            }
            if pieces.len() >= MOST_PIECES {
                return None;
            }
        }
    }

    /// The piece that holds a time, from there on or earlier.
    fn piece(&mut self, time: i64) -> Piece {
        let Some(grain) = self.grain else { return Piece { from: i64::MIN, to: i64::MAX, period: 0 } };
        let day = if self.is_date { time } else { self.zone.local_day(time) };
        let start = self.calendar.start(grain, day);
        let end = self.calendar.end(grain, start);
        let next = self.memory.starts.len() as u32;
        let period = *self.memory.codes.entry(start).or_insert(next);
        if period == next {
            self.memory.starts.push(start);
        }
        if self.is_date {
            return Piece { from: start, to: end, period };
        }
        // Local midnights, as long as the offset stays what it is at this time.
        let (since, until, offset) = self.stretch(time);
        let midnight = |day: i64| day.saturating_mul(DAY_MICROS).saturating_sub(offset);
        Piece { from: midnight(start).max(since), to: midnight(end).min(until), period }
    }

    /// How long the zone's offset around a time has been and stays the same, and the offset; microseconds.
    fn stretch(&self, time: i64) -> (i64, i64, i64) {
        const SECOND: i64 = 1_000_000;
        let seconds = time.div_euclid(SECOND);
        let (mut low, mut high) = (0, self.zone.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.zone.entry(middle) {
                Some((moment, _)) if moment <= seconds => low = middle + 1,
                _ => high = middle,
            }
        }
        let own = low.saturating_sub(1);
        let offset = self.zone.entry(own).map_or(0, |(_, offset)| i64::from(offset) * SECOND);
        let since = match self.zone.entry(own) {
            Some((moment, _)) if low > 0 => moment.saturating_mul(SECOND),
            _ => i64::MIN,
        };
        let until = self.zone.entry(low).map_or(i64::MAX, |(moment, _)| moment.saturating_mul(SECOND));
        (since, until, offset)
    }
}
