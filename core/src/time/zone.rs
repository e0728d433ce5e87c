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

    /// The local day (days since 1970-01-01) of an instant in microseconds.
    #[must_use]
    pub fn local_day(&self, micros: i64) -> i64 {
        let seconds = micros.div_euclid(1_000_000);
        let mut low = 0;
        let mut high = self.len();
        while low < high {
            let middle = low + (high - low) / 2;
            match self.entry(middle) {
                Some((moment, _)) if moment <= seconds => low = middle + 1,
                _ => high = middle,
            }
        }
        let offset = self.entry(low.saturating_sub(1)).map_or(0, |(_, offset)| i64::from(offset));
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
