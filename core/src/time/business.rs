//! Business hours: how much of the time between two instants lies within them, and when so much of it has passed.
//!
//! Windows are times that clocks of the zone show, and each holiday closes one local day. What has passed up to an
//! instant is told in closed form (whole weeks, less holidays, less what changes of the clocks took or gave), so the
//! time that it takes does not depend on how far two instants lie apart.

use super::{DAY_MICROS, Zone};

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;
/// Minutes in a day and a week.
const DAY: i64 = 1_440;
const WEEK: i64 = 7 * DAY;
/// 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday.
const EPOCH_SHIFT: i64 = 3 * DAY * MINUTE;
/// The most windows of a week.
pub const MAX_WINDOWS: usize = 56;
/// The most holidays.
pub const MAX_HOLIDAYS: usize = 5_000;
/// Holidays are no farther from 1970 than this many days, so that their microseconds fit.
const MAX_DAY: i64 = 100_000_000;

/// Bytes before the windows.
const HEAD: usize = 12;
/// Bytes of a window: `u16` first minute of the week, `u16` minute after the last.
const WINDOW: usize = 4;
/// Bytes of a holiday: `i32` day, `u32` minutes that holidays before it took.
const HOLIDAY: usize = 8;
/// Bytes of a correction: `i64` microseconds.
const CORRECTION: usize = 8;

/// The business hours of a book, over bytes that have been checked.
///
/// The bytes: three `u32`, the number of windows, of holidays and of corrections; the windows in the order of the week,
/// each within one day; the holidays, ascending; for each change of the zone, by how much what had passed by local time
/// before the change exceeds what has passed by local time after it, summed up.
#[derive(Clone, Copy, Debug)]
pub struct Business<'a> {
    windows: &'a [u8],
    holidays: &'a [u8],
    corrections: &'a [u8],
    zone: Zone<'a>,
    /// Microseconds of a week's windows.
    week: i64,
}

fn u16_at(bytes: &[u8], at: usize) -> i64 {
    bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, |b| i64::from(u16::from_le_bytes(b)))
}

fn u32_at(bytes: &[u8], at: usize) -> i64 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, |b| i64::from(u32::from_le_bytes(b)))
}

fn i32_at(bytes: &[u8], at: usize) -> i64 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, |b| i64::from(i32::from_le_bytes(b)))
}

fn i64_at(bytes: &[u8], at: usize) -> i64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, i64::from_le_bytes)
}

/// The first of so many that does not hold; `holds` is true for a first few only.
fn partition(count: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

impl<'a> Business<'a> {
    /// Business hours over bytes that [`Business::check`] has found sound; `None` where there are none.
    pub(crate) fn new(bytes: &'a [u8], zone: Zone<'a>) -> Option<Business<'a>> {
        let (windows, rest) = bytes.get(HEAD..)?.split_at_checked(u32_at(bytes, 0) as usize * WINDOW)?;
        let (holidays, corrections) = rest.split_at_checked(u32_at(bytes, 4) as usize * HOLIDAY)?;
        let mut business = Business { windows, holidays, corrections, zone, week: 0 };
        business.week = business.within_week(WEEK * MINUTE);
        (business.week > 0).then_some(business)
    }

    /// Whether bytes are the business hours of a zone; the number of the first part that is not.
    pub(crate) fn check(bytes: &[u8], zone: Zone<'_>) -> Result<(), usize> {
        let counts = [u32_at(bytes, 0), u32_at(bytes, 4), u32_at(bytes, 8)].map(|count| count as usize);
        let [windows, holidays, corrections] = counts;
        if windows > MAX_WINDOWS
            || holidays > MAX_HOLIDAYS
            || corrections != zone.len()
            || bytes.len() != HEAD + windows * WINDOW + holidays * HOLIDAY + corrections * CORRECTION
        {
            return Err(0);
        }
        let business = Business::new(bytes, zone).ok_or(0_usize)?;
        let mut end = 0;
        for i in 0..windows {
            let (from, to) = business.window(i);
            if from < end || to <= from || to > WEEK || from / DAY != (to - 1) / DAY {
                return Err(1 + i);
            }
            end = to;
        }
        let (mut previous, mut taken) = (i64::MIN, 0);
        for i in 0..holidays {
            let day = business.holiday(i);
            if day <= previous || !(-MAX_DAY..=MAX_DAY).contains(&day) || business.taken_before(i) != taken {
                return Err(1 + windows + i);
            }
            previous = day;
            taken += business.day_length(day);
        }
        let mut correction = 0;
        for i in 0..corrections {
            correction = business.corrected(i, correction).ok_or(1 + windows + holidays + i)?;
            if business.correction(i) != correction {
                return Err(1 + windows + holidays + i);
            }
        }
        Ok(())
    }

    /// Window `i`, in minutes of the week.
    fn window(&self, i: usize) -> (i64, i64) {
        (u16_at(self.windows, i * WINDOW), u16_at(self.windows, i * WINDOW + 2))
    }

    fn window_count(&self) -> usize {
        self.windows.len() / WINDOW
    }

    /// The day of holiday `i`.
    fn holiday(&self, i: usize) -> i64 {
        i32_at(self.holidays, i * HOLIDAY)
    }

    fn holiday_count(&self) -> usize {
        self.holidays.len() / HOLIDAY
    }

    /// Microseconds of windows on holidays before holiday `i`; past the last one, on all.
    fn taken_before(&self, i: usize) -> i64 {
        if i < self.holiday_count() {
            return u32_at(self.holidays, i * HOLIDAY + 4) * MINUTE;
        }
        i.checked_sub(1).map_or(0, |last| {
            u32_at(self.holidays, last * HOLIDAY + 4) * MINUTE + self.day_length(self.holiday(last))
        })
    }

    /// Microseconds to add to what has passed by local time under entry `i` of the zone.
    fn correction(&self, i: usize) -> i64 {
        i64_at(self.corrections, i * CORRECTION)
    }

    /// The correction of entry `i`, after that of the entry before.
    fn corrected(&self, i: usize, before: i64) -> Option<i64> {
        let Some(last) = i.checked_sub(1) else { return Some(0) };
        let (moment, offset) = self.zone.entry(i)?;
        let moment = moment.checked_mul(1_000_000)?;
        let old = self.passed_locally(moment.checked_add(self.zone.offset(last) * 1_000_000)?)?;
        let new = self.passed_locally(moment.checked_add(i64::from(offset) * 1_000_000)?)?;
        before.checked_add(old)?.checked_sub(new)
    }

    /// Microseconds of windows in the first part of a week, given in microseconds.
    fn within_week(&self, within: i64) -> i64 {
        let mut passed = 0;
        for i in 0..self.window_count() {
            let (from, to) = self.window(i);
            passed += (within.min(to * MINUTE) - from * MINUTE).max(0);
        }
        passed
    }

    /// Microseconds of a day's windows, holiday or not.
    fn day_length(&self, day: i64) -> i64 {
        let first = (day + 3).rem_euclid(7) * DAY * MINUTE;
        self.within_week(first + DAY * MINUTE) - self.within_week(first)
    }

    /// Business time from the beginning of 1970 to a local time, by a clock that is never changed. Where it would leave
    /// `i64`, `None`.
    fn passed_locally(&self, local: i64) -> Option<i64> {
        let shifted = local.checked_add(EPOCH_SHIFT)?;
        let (weeks, within) = (shifted.div_euclid(WEEK * MINUTE), shifted.rem_euclid(WEEK * MINUTE));
        let all = weeks * self.week + self.within_week(within);
        let day = local.div_euclid(DAY_MICROS);
        let next = partition(self.holiday_count(), |i| self.holiday(i) < day);
        let mut taken = self.taken_before(next);
        if next < self.holiday_count() && self.holiday(next) == day {
            let first = (day + 3).rem_euclid(7) * DAY * MINUTE;
            taken += self.within_week(within) - self.within_week(first);
        }
        all.checked_sub(taken)
    }

    /// Business time from the beginning of 1970 to an instant.
    fn passed(&self, micros: i64) -> Option<i64> {
        let entry = self.zone.last_entry(micros);
        let local = micros.checked_add(self.zone.offset(entry) * 1_000_000)?;
        self.passed_locally(local)?.checked_add(self.correction(entry))
    }

    /// Business time from one instant to another, in microseconds; negative where the second is the earlier one. `None`
    /// where times leave `i64`.
    #[must_use]
    pub fn between(&self, from: i64, to: i64) -> Option<i64> {
        self.passed(to)?.checked_sub(self.passed(from)?)
    }

    /// The first instant, not before the given one, up to which so much business time has passed since. For a negative
    /// amount the last instant from which so much passes up to the given one. `None` beyond `i64`.
    #[must_use]
    pub fn add(&self, micros: i64, amount: i64) -> Option<i64> {
        if amount == 0 {
            return Some(micros);
        }
        let wanted = self.passed(micros)?.checked_add(amount)?;
        // Forwards, the first instant by which the wanted time has passed; backwards, the last by which no more has.
        let forwards = amount > 0;
        let reaches = |passed: i64| if forwards { passed < wanted } else { passed <= wanted };
        let entries = self.zone.len();
        let after = partition(entries, |i| {
            let at = self.zone.entry(i).and_then(|(moment, _)| moment.checked_mul(1_000_000));
            at.and_then(|at| self.passed_locally(at.checked_add(self.zone.offset(i) * 1_000_000)?))
                .and_then(|passed| passed.checked_add(self.correction(i)))
                .is_some_and(reaches)
        });
        let entry = after.saturating_sub(1);
        let local = self.local_at(wanted.checked_sub(self.correction(entry))?, forwards)?;
        local.checked_sub(self.zone.offset(entry) * 1_000_000)
    }

    /// The first local time by which so much has passed, or the last by which no more has.
    fn local_at(&self, wanted: i64, first: bool) -> Option<i64> {
        let reaches = |passed: i64| if first { passed < wanted } else { passed <= wanted };
        let next = partition(self.holiday_count(), |i| {
            self.passed_locally(self.holiday(i) * DAY_MICROS).is_some_and(reaches)
        });
        let all = wanted.checked_add(self.taken_before(next))?;
        // In a week of its own: more than 0 and up to a week's time, or from 0 and less than a week's time.
        let shift = i64::from(first);
        let shifted = all.checked_sub(shift)?;
        // A week without business hours is refused when a program is loaded.
        let (weeks, rest) =
            (shifted.checked_div_euclid(self.week)?, shifted.checked_rem_euclid(self.week)? + shift);
        let mut passed = 0;
        let mut within = 0;
        for i in 0..self.window_count() {
            let (from, to) = self.window(i);
            let length = (to - from) * MINUTE;
            if rest < passed + length || (first && rest == passed + length) {
                within = from * MINUTE + (rest - passed);
                break;
            }
            passed += length;
        }
        weeks.checked_mul(WEEK * MINUTE)?.checked_add(within)?.checked_sub(EPOCH_SHIFT)
    }
}
