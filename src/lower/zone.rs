//! A book's time zone as the offset changes that a program carries.
//!
//! The IANA data are those bundled with the crate jiff, not the machine's: two machines with different system data
//! must not place a row in two different months. Changes from 1970 to 2100 are written into the program.

use jiff::civil::date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use ripplemark_core::time::{DAY_MICROS, Zone};

/// First year whose instants a program with a changing zone covers.
const FIRST_YEAR: i16 = 1970;
/// First year that it does not cover.
const LAST_YEAR: i16 = 2100;

/// Offset changes of a time zone, and what they cover.
pub struct ZoneTable {
    /// Entries as [`Zone`] reads them.
    pub entries: Vec<u8>,
    /// First instant covered, in microseconds.
    pub from: i64,
    /// First instant not covered.
    pub to: i64,
}

impl ZoneTable {
    /// Reads the changes of an IANA time zone.
    ///
    /// # Errors
    /// A sentence if there is no such zone.
    pub fn new(name: &str) -> Result<ZoneTable, String> {
        // Not the machine's: a host may have switched on jiff's system database.
        let zone =
            TimeZoneDatabase::bundled().get(name).map_err(|_| format!("there is no time zone `{name}`"))?;
        let start =
            date(FIRST_YEAR, 1, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).map_err(|e| e.to_string())?;
        let end = date(LAST_YEAR, 1, 1).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).map_err(|e| e.to_string())?;
        let mut changes = vec![(start.timestamp().as_second(), zone.to_offset(start.timestamp()).seconds())];
        for change in zone.following(start.timestamp()) {
            if change.timestamp() >= end.timestamp() {
                break;
            }
            // Changes of name or daylight flag alone leave the day where it is.
            if changes.last().is_some_and(|&(_, offset)| offset != change.offset().seconds()) {
                changes.push((change.timestamp().as_second(), change.offset().seconds()));
            }
        }
        if changes.len() == 1 {
            // One offset for ever needs no bounds.
            let offset = changes[0].1;
            let entries = if offset == 0 { Vec::new() } else { entries(&[(0, offset)]) };
            return Ok(ZoneTable { entries, from: i64::MIN, to: i64::MAX });
        }
        Ok(ZoneTable {
            entries: entries(&changes),
            from: start.timestamp().as_microsecond(),
            to: end.timestamp().as_microsecond(),
        })
    }

    /// The local day of an instant.
    #[must_use]
    pub fn local_day(&self, micros: i64) -> i64 {
        Zone::new(&self.entries).local_day(micros)
    }

    /// The first instant of a local day, in microseconds, saturated at the ends of time.
    #[must_use]
    pub fn start_of_day(&self, day: i64) -> i64 {
        let middle = day.saturating_mul(DAY_MICROS);
        let (mut low, mut high) =
            (middle.saturating_sub(2 * DAY_MICROS), middle.saturating_add(2 * DAY_MICROS));
        while low < high {
            let between = low + (high - low) / 2;
            if self.local_day(between) >= day { high = between } else { low = between + 1 }
        }
        low
    }
}

fn entries(changes: &[(i64, i32)]) -> Vec<u8> {
    changes
        .iter()
        .flat_map(|(moment, offset)| moment.to_le_bytes().into_iter().chain(offset.to_le_bytes()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn berlin_days_begin_where_jiff_says() {
        let table = ZoneTable::new("Europe/Berlin").unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for day in (0..47_000_i64).step_by(13) {
            let start = (date(1970, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap())
                .to_zoned(zone.clone())
                .unwrap()
                .timestamp()
                .as_microsecond();
            assert_eq!(table.start_of_day(day), start, "day {day}");
            assert_eq!(table.local_day(start), day);
            assert_eq!(table.local_day(start - 1), day - 1);
        }
    }

    #[test]
    fn utc_has_no_bounds_and_nonsense_has_no_zone() {
        let utc = ZoneTable::new("UTC").unwrap();
        assert!(utc.entries.is_empty());
        assert_eq!(utc.from, i64::MIN);
        assert!(ZoneTable::new("Europe/Atlantis").is_err());
    }
}
