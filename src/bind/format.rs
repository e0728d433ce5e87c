//! How data write the times of a column: text by a pattern, or whole numbers in a unit.
//!
//! Patterns are those of `strftime`, as jiff reads them, without everything that depends on a locale, and with
//! everything that a time needs: what a pattern does not say would have to be guessed.

use super::parse::{self, Reading};
use jiff::civil::{DateTime, date};
use jiff::fmt::strtime::BrokenDownTime;
use ripplemark_core::program::FormatView;
use ripplemark_core::time::Zone;
use ripplemark_core::types::LogicalType;
use std::sync::Arc;

/// Bytes of a pattern.
const MOST_BYTES: usize = 100;

/// Digits after the point of a number of hours or another unit.
const DIGITS: u8 = 12;

/// Whole numbers that count from 1970, and the microseconds of one.
const EPOCHS: [(&str, i64); 3] = [("unix_s", 1_000_000), ("unix_ms", 1_000), ("unix_us", 1)];

/// Units of durations, and the microseconds of one.
const UNITS: [(&str, i64); 6] = [
    ("days", 86_400_000_000),
    ("hours", 3_600_000_000),
    ("minutes", 60_000_000),
    ("seconds", 1_000_000),
    ("milliseconds", 1_000),
    ("microseconds", 1),
];

/// How the data write the times of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    pattern: String,
    reads: Reads,
    /// Offset changes of the zone whose clocks the text shows, where it names no offset; none: UTC.
    zone: Arc<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// Text by the pattern.
    Pattern,
    /// A whole number of so many microseconds.
    Count(i64),
}

impl Format {
    /// Checks a format for a column of a type. Text without an offset is UTC; see [`Format::in_zone`].
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn new(pattern: &str, ty: LogicalType) -> Result<Format, String> {
        let made = |reads| Format { pattern: pattern.to_owned(), reads, zone: Arc::from([]) };
        if ty == LogicalType::Duration {
            return match UNITS.iter().find(|(word, _)| *word == pattern) {
                Some((_, micros)) => Ok(made(Reads::Count(*micros))),
                None => Err("it is no unit of time".to_owned()),
            };
        }
        if let Some((_, micros)) = EPOCHS.iter().find(|(word, _)| *word == pattern) {
            return match ty {
                LogicalType::Timestamp => Ok(made(Reads::Count(*micros))),
                _ => Err("numbers that count from 1970 are read by columns of type `timestamp`".to_owned()),
            };
        }
        check(pattern, ty)?;
        Ok(made(Reads::Pattern))
    }

    /// The same, with text that names no offset read as local time of a zone.
    #[must_use]
    pub fn in_zone(self, zone: Zone<'_>) -> Format {
        Format { zone: Arc::from(zone.bytes()), ..self }
    }

    /// The format of a program's column; `None` where it has none, or one that is none.
    #[must_use]
    pub fn of(format: Option<FormatView<'_>>, ty: LogicalType, zone: Zone<'_>) -> Option<Format> {
        let format = format?;
        let read = Format::new(format.pattern, ty).ok()?;
        Some(if format.utc { read } else { read.in_zone(zone) })
    }

    /// The pattern of the text, or the unit of the number.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether the zone matters: not where each text names its offset, nor for numbers.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.reads == Reads::Pattern && !directives(&self.pattern).any(|found| matches!(found, b's' | b'z'))
    }

    /// Microseconds of one, where the data are whole numbers.
    pub(super) fn unit(&self) -> Option<i64> {
        match self.reads {
            Reads::Count(micros) => Some(micros),
            Reads::Pattern => None,
        }
    }

    /// Microseconds of a duration. A number may have digits after its point; those beyond a microsecond are dropped,
    /// downwards.
    pub(super) fn duration(&self, text: &str) -> Reading<i64> {
        let unit = self.unit().unwrap_or(1);
        match parse::decimal(text, DIGITS) {
            Reading::Value(number) => {
                let micros = number
                    .checked_mul(i128::from(unit))
                    .map(|product| product.div_euclid(10_i128.pow(DIGITS.into())));
                micros
                    .and_then(|micros| i64::try_from(micros).ok())
                    .map_or(Reading::Unreadable, Reading::Value)
            }
            Reading::Missing => Reading::Missing,
            Reading::Unreadable => Reading::Unreadable,
        }
    }

    /// Days since 1970-01-01.
    pub(super) fn date(&self, text: &str) -> Reading<i32> {
        read(text, |text| {
            let days = self.broken_down(text)?.to_date().ok()?.duration_since(EPOCH).as_secs() / 86_400;
            i32::try_from(days).ok()
        })
    }

    /// Microseconds since 1970-01-01T00:00Z.
    pub(super) fn timestamp(&self, text: &str) -> Reading<i64> {
        if let Some(unit) = self.unit() {
            return read(text, |text| text.parse::<i64>().ok()?.checked_mul(unit));
        }
        read(text, |text| {
            let time = self.broken_down(text)?;
            if let Some(instant) = time.timestamp() {
                return Some(instant.as_microsecond());
            }
            let local = micros(time.to_datetime().ok()?)?;
            match time.offset() {
                Some(offset) => local.checked_sub(i64::from(offset.seconds()) * 1_000_000),
                None => Zone::new(&self.zone).instant(local),
            }
        })
    }

    fn broken_down(&self, text: &str) -> Option<BrokenDownTime> {
        BrokenDownTime::parse(&self.pattern, text).ok()
    }
}

const EPOCH: jiff::civil::Date = date(1970, 1, 1);

fn read<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Reading<T> {
    if text.is_empty() {
        return Reading::Missing;
    }
    read(text).map_or(Reading::Unreadable, Reading::Value)
}

/// Microseconds since 1970-01-01T00:00 of the same clock, rounded down.
fn micros(time: DateTime) -> Option<i64> {
    let elapsed = time.duration_since(EPOCH.at(0, 0, 0, 0)).as_nanos();
    i64::try_from(elapsed.div_euclid(1_000)).ok()
}

/// The letters of a pattern's directives, with padding, width and colons left out; `%.3f` is an `f`.
fn directives(pattern: &str) -> impl Iterator<Item = u8> {
    let mut rest = pattern.as_bytes().iter();
    std::iter::from_fn(move || {
        rest.by_ref().find(|byte| **byte == b'%')?;
        rest.by_ref()
            .find(|byte| !matches!(byte, b'-' | b'_' | b'0'..=b'9' | b'^' | b'#' | b':' | b'.'))
            .copied()
    })
}

/// Whether a pattern says all that a column of this type needs, and nothing that no machine agrees upon.
fn check(pattern: &str, ty: LogicalType) -> Result<(), String> {
    if pattern.is_empty() || pattern.len() > MOST_BYTES {
        return Err(format!("a pattern has 1 to {MOST_BYTES} bytes"));
    }
    let found: Vec<u8> = directives(pattern).collect();
    let has = |any: &[u8]| found.iter().any(|directive| any.contains(directive));
    if let Some(unknown) =
        found.iter().find(|directive| !b"YymdeBbhjFDHkIlMSTRfNpPzsAa%nt".contains(directive))
    {
        return Err(format!("`%{}` is no part of a pattern that is read here", char::from(*unknown)));
    }
    let timestamp = ty == LogicalType::Timestamp;
    if has(b"s") {
        return if timestamp {
            round_trip(pattern, ty)
        } else {
            Err("`%s` is a point in time, not a day".into())
        };
    }
    let year = has(b"YyFD");
    let day = has(b"FDj") || (has(b"mBbh") && has(b"de"));
    if !year || !day {
        let lacks = if year { "day and month" } else { "year" };
        return Err(format!("the pattern does not say the {lacks}"));
    }
    let hour = has(b"HkTR") || (has(b"Il") && has(b"pP"));
    match (timestamp, hour) {
        (true, false) if has(b"Il") => Err("`%I` needs `%p` (AM or PM), or write `%H`".to_owned()),
        (true, false) => Err("the pattern does not say the hour; declare the column `date`".to_owned()),
        (false, _) if has(b"HkTRIlMSfNpPz") => {
            Err("the pattern says a time of day, which a date does not have; declare the column `timestamp`"
                .to_owned())
        }
        _ => round_trip(pattern, ty),
    }
}

/// What is written by the pattern has to be read by it.
fn round_trip(pattern: &str, ty: LogicalType) -> Result<(), String> {
    let wrong = |error: String| format!("the pattern cannot be read: {error}");
    let format = Format { pattern: pattern.to_owned(), reads: Reads::Pattern, zone: Arc::from([]) };
    for sample in [
        date(2017, 3, 1).at(0, 0, 0, 0),
        date(2024, 12, 31).at(23, 0, 0, 0),
        date(1999, 11, 9).at(1, 0, 0, 0),
    ] {
        let zoned = sample.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| wrong(error.to_string()))?;
        let text =
            BrokenDownTime::from(&zoned).to_string(pattern).map_err(|error| wrong(error.to_string()))?;
        BrokenDownTime::parse(pattern, &text).map_err(|error| wrong(error.to_string()))?;
        let agrees = if ty == LogicalType::Timestamp {
            format.timestamp(&text) == Reading::Value(zoned.timestamp().as_microsecond())
        } else {
            format.date(&text) == Reading::Value((zoned.timestamp().as_second() / 86_400) as i32)
        };
        if !agrees {
            return Err(format!("the pattern writes {zoned} as {text:?}, and does not read it back"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPES: [LogicalType; 3] = [LogicalType::Date, LogicalType::Timestamp, LogicalType::Duration];

    #[test]
    fn patterns_say_all_that_a_type_needs() {
        let accepted = |pattern: &str| TYPES.map(|ty| Format::new(pattern, ty).is_ok());
        for (pattern, types) in [
            ("%Y-%m-%d", [true, false, false]),
            ("%F", [true, false, false]),
            ("%e %B %Y", [true, false, false]),
            ("%y%j", [true, false, false]),
            ("%a %d.%m.%Y", [true, false, false]),
            ("%-d.%-m.%Y", [true, false, false]),
            ("%F %T", [false, true, false]),
            ("%F %R %:z", [false, true, false]),
            ("%D %l:%M %P", [false, true, false]),
            ("%F %H", [false, true, false]),
            ("%FT%H:%M:%S%.6f", [false, true, false]),
            ("%s", [false, true, false]),
            ("unix_ms", [false, true, false]),
            ("hours", [false, false, true]),
            ("", [false; 3]),
            ("%", [false; 3]),
            ("%Y", [false; 3]),
            ("%m.%d. %H:%M", [false; 3]),
            ("%Y-%m %H:%M", [false; 3]),
            ("%F %I:%M", [false; 3]),
            ("%F %M", [false; 3]),
            ("%F %T %Z", [false; 3]),
            ("%F %T %Q", [false; 3]),
            ("%F %c", [false; 3]),
            ("%G-W%V-%u", [false; 3]),
            ("%Y%m%d %H%M%S%N%", [false; 3]),
            ("d.m.Y", [false; 3]),
            ("hour", [false; 3]),
        ] {
            assert_eq!(accepted(pattern), types, "{pattern}");
        }
        assert!(Format::new(&format!("%F{}", "-".repeat(99)), LogicalType::Date).is_err());
    }

    #[test]
    fn only_text_without_an_offset_is_local() {
        let is_local = |pattern: &str| Format::new(pattern, LogicalType::Timestamp).unwrap().is_local();
        assert!(is_local("%F %T") && is_local("%F %T%%"));
        assert!(!is_local("%F %T%z") && !is_local("%F %T%:z") && !is_local("%s") && !is_local("unix_s"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

        /// Whatever a pattern and a text are, reading them ends in a value or in none.
        #[test]
        fn no_pattern_and_no_text_panics(
            parts in proptest::collection::vec("%[-_0^#:.0-9]{0,3}[A-Za-z%]|[ .:/T-]|%[YmdHMSFTzeyB]|\\PC", 0..9),
            text in "[0-9 .:/TZ+-]{0,30}|\\PC{0,12}",
        ) {
            let pattern = parts.concat();
            for ty in TYPES {
                if let Ok(format) = Format::new(&pattern, ty) {
                    let _ = (format.date(&text), format.timestamp(&text), format.duration(&text));
                }
            }
            let _ = parse::duration(&text);
        }

        /// What is accepted reads what it writes, to what it says: patterns are tried with more than the samples.
        #[test]
        fn accepted_patterns_read_what_they_write(
            date_part in "%Y-%m-%d|%d[.]%m[.]%Y|%e %b %y|%D|%j/%Y|%A %F",
            time_part in "%H:%M:%S|%I-%M-%S %p|%T|%k h %M m %S",
            seconds in 0_i64..2_000_000_000,
        ) {
            let pattern = format!("{date_part} {time_part}").replace(['[', ']'], "");
            let format = Format::new(&pattern, LogicalType::Timestamp).expect(&pattern);
            let at = jiff::Timestamp::from_second(seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
            let text = at.strftime(&pattern).to_string();
            prop_assert_eq!(format.timestamp(&text), Reading::Value(seconds * 1_000_000), "{}", text);
        }
    }
}
