//! A time zone as the program carries it: a sorted list of moments at which the offset from UTC changes.

use super::DAY_MICROS;

/// Offset changes of one time zone. Each entry is 12 bytes: `i64` seconds since 1970 (UTC), `i32` seconds east.
/// The first entry holds before its own moment, too.
#[derive(Clone, Copy, Debug)]
pub struct Zone<'a> {
    entries: &'a [u8],
}

impl<'a> Zone<'a> {
    /// Bytes of one entry.
    pub const ENTRY: usize = 12;

    /// A zone over entries that have been checked to be sorted, with offsets below a day.
    #[must_use]
    pub fn new(entries: &'a [u8]) -> Self {
        Zone { entries }
    }

    /// Entry `i`: moment in seconds, offset in seconds.
    #[must_use]
    pub fn entry(&self, i: usize) -> Option<(i64, i32)> {
        let bytes = self.entries.get(i * Self::ENTRY..(i + 1) * Self::ENTRY)?;
        let moment = i64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
        let offset = i32::from_le_bytes(bytes.get(8..)?.try_into().ok()?);
        Some((moment, offset))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len() / Self::ENTRY
    }

    /// True for a zone without entries, which is UTC.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries as they are.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.entries
    }

    /// The offset in seconds at an instant in microseconds.
    fn offset_at(&self, micros: i64) -> i64 {
        self.offset(self.last_entry(micros))
    }

    /// The offset in seconds from entry `i` on.
    pub(crate) fn offset(&self, i: usize) -> i64 {
        self.entry(i).map_or(0, |(_, offset)| i64::from(offset))
    }

    /// The entry that holds at an instant in microseconds.
    pub(crate) fn last_entry(&self, micros: i64) -> usize {
        let seconds = micros.div_euclid(1_000_000);
        self.last_where(|moment, _, _| moment <= seconds)
    }

    /// The last entry for which something holds, given its moment, the offset before and its own; it has to hold for
    /// a first few entries only. The first entry where it holds for none.
    fn last_where(&self, holds: impl Fn(i64, i64, i64) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let before = self.offset(middle.saturating_sub(1));
            match self.entry(middle) {
                Some((moment, own)) if holds(moment, before, i64::from(own)) => low = middle + 1,
                _ => high = middle,
            }
        }
        low.saturating_sub(1)
    }

    /// Local time, in microseconds since 1970-01-01T00:00 of the same clock, of an instant; `None` beyond `i64`.
    #[must_use]
    pub fn local(&self, micros: i64) -> Option<i64> {
        micros.checked_add(self.offset_at(micros) * 1_000_000)
    }

    /// The instant at which a clock of the zone shows a local time (microseconds since 1970-01-01T00:00 of that clock).
    ///
    /// A time that is shown twice, when clocks are set back, is the first of the two. One that is never shown, when
    /// clocks are set forward, is as long after the last time before as it says. `None` beyond `i64`.
    #[must_use]
    pub fn instant(&self, local: i64) -> Option<i64> {
        let seconds = local.div_euclid(1_000_000);
        // In both cases the offset before the change holds until both clocks have passed.
        let entry = self.last_where(|moment, before, own| {
            moment.checked_add(before.max(own)).is_some_and(|change| change <= seconds)
        });
        local.checked_sub(self.offset(entry) * 1_000_000)
    }

    /// The instant with the same time of day on another local day, which lies `count` of something later.
    pub(crate) fn on_day(
        &self,
        micros: i64,
        count: i64,
        later: impl Fn(i64, i64) -> Option<i64>,
    ) -> Option<i64> {
        // The same day is the same instant, also where its time is shown twice.
        if count == 0 {
            return Some(micros);
        }
        let local = self.local(micros)?;
        let day = later(local.div_euclid(DAY_MICROS), count)?;
        self.instant(day.checked_mul(DAY_MICROS)?.checked_add(local.rem_euclid(DAY_MICROS))?)
    }

    /// The local day (days since 1970-01-01) of an instant in microseconds.
    #[must_use]
    pub fn local_day(&self, micros: i64) -> i64 {
        let offset = self.offset_at(micros);
        // Split first: micros + offset could leave i64 at its very ends.
        let day = micros.div_euclid(DAY_MICROS);
        let rest = micros.rem_euclid(DAY_MICROS) + offset * 1_000_000;
        day + rest.div_euclid(DAY_MICROS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_changes_with_the_offset() {
        let mut bytes = [0_u8; 24];
        bytes[..8].copy_from_slice(&0_i64.to_le_bytes());
        bytes[8..12].copy_from_slice(&3_600_i32.to_le_bytes());
        bytes[12..20].copy_from_slice(&1_000_000_i64.to_le_bytes());
        bytes[20..].copy_from_slice(&7_200_i32.to_le_bytes());
        let zone = Zone::new(&bytes);
        assert_eq!(zone.local_day(DAY_MICROS - 3_600_000_000), 1);
        assert_eq!(zone.local_day(DAY_MICROS - 3_600_000_001), 0);
        assert_eq!(zone.local_day(20 * DAY_MICROS - 7_200_000_000), 20);
        assert_eq!(zone.local_day(20 * DAY_MICROS - 7_200_000_001), 19);
        assert_eq!(Zone::new(&[]).local_day(-1), -1);
        assert_eq!(zone.local_day(i64::MIN), i64::MIN.div_euclid(DAY_MICROS));
        let _ = zone.local_day(i64::MAX);
    }
}
