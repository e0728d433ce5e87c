//! Text to typed values: strict, without locale, without guessing.
//!
//! One spelling has one meaning, so what could be read in two ways ("1,234", "01/02/2017") is not read at all. Calendar
//! arithmetic is jiff's; only the shape of the text is checked here, because general parsers accept more shapes than
//! a column of one declared type should.

use jiff::civil::{Date, DateTime, Time, date as day};
use jiff::{Span, SpanRelativeTo};

/// Day 0. Differences of civil times reach the last day of the year 9999, which stands for "for ever" in many
/// tables; jiff's own timestamps end two days before.
const EPOCH: Date = day(1970, 1, 1);

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading<T> {
    /// A value.
    Value(T),
    /// That there is none.
    Missing,
    /// Nothing of the declared type.
    Unreadable,
}

fn reading<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Reading<T> {
    if text.is_empty() {
        return Reading::Missing;
    }
    read(text).map_or(Reading::Unreadable, Reading::Value)
}

/// `-12`, `+12`, `007`; 64 bits.
pub(super) fn int(text: &str) -> Reading<i64> {
    reading(text, |text| text.parse().ok())
}

/// Binary64 as Rust reads it, so correctly rounded, without the spellings of infinity; `NaN` is how some libraries
/// write a missing number. What lies beyond the range of binary64 is unreadable rather than infinite.
pub(super) fn float(text: &str) -> Reading<f64> {
    if matches!(text, "NaN" | "nan") {
        return Reading::Missing;
    }
    reading(text, |text| text.parse().ok().filter(|value: &f64| value.is_finite()))
}

/// `true` and `false` in small letters, in capitals, or with one capital at the start.
pub(super) fn bool(text: &str) -> Reading<bool> {
    reading(text, |text| match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    })
}

/// Sign, digits, point, digits, and a power of ten (`1E-9`, as some writers of CSV put small decimals); the mantissa at
/// `scale` digits after the point. Digits beyond these have to be 0.
pub(super) fn decimal(text: &str, scale: u8) -> Reading<i128> {
    reading(text, |text| {
        let (negative, unsigned) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            all => (false, all),
        };
        let (unsigned, power) = match unsigned.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (unsigned.get(..at)?, exponent(unsigned.get(at + 1..)?)?),
            None => (unsigned, 0),
        };
        let point = unsigned.iter().position(|byte| *byte == b'.');
        let (whole, fraction) = match point {
            Some(at) => (unsigned.get(..at)?, unsigned.get(at + 1..)?),
            None => (unsigned, &[][..]),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        // How many zeros are behind the digits of the text, or how many of these are beyond the scale.
        let shift = i64::from(scale) + power - i64::try_from(fraction.len()).ok()?;
        let written = whole.len() + fraction.len();
        let kept = written.saturating_sub(usize::try_from(-shift).unwrap_or(0));
        // Counted downwards for negative numbers, so that the least i128 is read as well.
        let mut mantissa: i128 = 0;
        let zeros = std::iter::repeat_n(&b'0', usize::try_from(shift).unwrap_or(0));
        for (place, byte) in whole.iter().chain(fraction).chain(zeros).enumerate() {
            let beyond = place >= kept && place < written;
            if !byte.is_ascii_digit() || beyond && *byte != b'0' {
                return None;
            }
            if beyond {
                continue;
            }
            let digit = i128::from(byte - b'0');
            mantissa = mantissa.checked_mul(10)?;
            mantissa = if negative { mantissa.checked_sub(digit)? } else { mantissa.checked_add(digit)? };
        }
        Some(mantissa)
    })
}

/// A power of ten: a sign and one to three digits.
fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    if digits.is_empty() || digits.len() > 3 {
        return None;
    }
    let size = digits.iter().try_fold(0, |size, byte| Some(size * 10 + i64::from(digit(*byte)?)))?;
    Some(if negative { -size } else { size })
}

/// `2017-03-01`; days since 1970-01-01.
pub(super) fn date(text: &str) -> Reading<i32> {
    reading(text, |text| {
        let (date, rest) = civil_date(text.as_bytes())?;
        if !rest.is_empty() {
            return None;
        }
        i32::try_from(date.duration_since(EPOCH).as_secs() / 86_400).ok()
    })
}

/// `2017-03-01T12:00:00.123456789+01:00`; microseconds since 1970-01-01T00:00Z, rounded down.
///
/// A space may stand for the `T`; seconds, their fraction and the offset may be left out; an offset is `Z`, `+01`,
/// `+0100` or `+01:00`, and none is UTC. Leap seconds are unreadable: binary timestamps have no place for them.
pub(super) fn timestamp(text: &str) -> Reading<i64> {
    reading(text, |text| {
        let (date, rest) = civil_date(text.as_bytes())?;
        let [b'T' | b't' | b' ', rest @ ..] = rest else {
            return None;
        };
        let (hour, rest) = two_digits(rest)?;
        let [b':', rest @ ..] = rest else { return None };
        let (minute, rest) = two_digits(rest)?;
        let (second, micros, rest) = match rest {
            [b':', rest @ ..] => {
                let (second, rest) = two_digits(rest)?;
                let (micros, rest) = fraction(rest)?;
                (second, micros, rest)
            }
            rest => (0, 0, rest),
        };
        let time = Time::new(hour, minute, second, 0).ok()?;
        let local = DateTime::from_parts(date, time).duration_since(EPOCH.to_datetime(Time::midnight()));
        let seconds = local.as_secs() - offset(rest)?;
        seconds.checked_mul(1_000_000)?.checked_add(micros)
    })
}

/// `PT1H30M` as in ISO 8601, `1h30m`, `1 hour, 30 minutes`, `01:30:00`; microseconds, rounded down.
///
/// A day has 24 hours and a week seven days, as in formulas. Months and years have no length.
pub(super) fn duration(text: &str) -> Reading<i64> {
    reading(text, |text| {
        let span: Span = text.parse().ok()?;
        let elapsed = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        i64::try_from(elapsed.as_nanos().div_euclid(1_000)).ok()
    })
}

fn digit(byte: u8) -> Option<i8> {
    byte.is_ascii_digit().then(|| (byte - b'0') as i8)
}

fn two_digits(text: &[u8]) -> Option<(i8, &[u8])> {
    let [tens, ones, rest @ ..] = text else {
        return None;
    };
    Some((digit(*tens)? * 10 + digit(*ones)?, rest))
}

fn civil_date(text: &[u8]) -> Option<(Date, &[u8])> {
    let (century, rest) = two_digits(text)?;
    let (year, rest) = two_digits(rest)?;
    let [b'-', rest @ ..] = rest else { return None };
    let (month, rest) = two_digits(rest)?;
    let [b'-', rest @ ..] = rest else { return None };
    let (day, rest) = two_digits(rest)?;
    let date = Date::new(i16::from(century) * 100 + i16::from(year), month, day).ok()?;
    Some((date, rest))
}

/// A fraction of a second, if there is one, in whole microseconds.
///
/// A fraction is counted upwards from its second on either side of 1970, so dropping digits rounds down.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', rest @ ..] = text else {
        return Some((0, text));
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&length) {
        return None;
    }
    let (digits, rest) = rest.split_at(length);
    let micros = digits
        .iter()
        .chain(std::iter::repeat(&b'0'))
        .take(6)
        .fold(0, |micros, byte| micros * 10 + i64::from(byte - b'0'));
    Some((micros, rest))
}

/// Seconds by which local time is ahead of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = two_digits(rest)?;
    let minutes = match rest {
        [] => 0,
        [b':', rest @ ..] | rest => match two_digits(rest)? {
            (minutes, []) => minutes,
            _ => return None,
        },
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    Some(sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::Reading::{Missing, Unreadable, Value};
    use super::*;

    #[test]
    fn integers_are_strict() {
        assert_eq!(int("-12"), Value(-12));
        assert_eq!(int("+007"), Value(7));
        assert_eq!(int("9223372036854775807"), Value(i64::MAX));
        assert_eq!(int("-9223372036854775808"), Value(i64::MIN));
        assert_eq!(int(""), Missing);
        for text in ["9223372036854775808", " 1", "1 ", "1.0", "1e3", "1,000", "1_000", "-", "0x1", "١"] {
            assert_eq!(int(text), Unreadable, "{text}");
        }
    }

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(decimal("12.34", 2), Value(1234));
        assert_eq!(decimal("-12.3", 2), Value(-1230));
        assert_eq!(decimal("+12", 2), Value(1200));
        assert_eq!(decimal(".5", 2), Value(50));
        assert_eq!(decimal("5.", 2), Value(500));
        assert_eq!(decimal("1.2300", 2), Value(123));
        assert_eq!(decimal("-0.00", 0), Value(0));
        assert_eq!(decimal("", 2), Missing);
        let least = "-170141183460469231731687303715884105728";
        assert_eq!(decimal(least, 0), Value(i128::MIN));
        assert_eq!(decimal("1.70141183460469231731687303715884105727", 38), Value(i128::MAX));
        for text in ["1.234", "1,234.00", "--1", "+", ".", "1.2.3", "1 ", "$1", "1.-2", "NaN", "１"] {
            assert_eq!(decimal(text, 2), Unreadable, "{text}");
        }
        for (text, value) in [
            ("1E-9", 0),
            ("1e2", 10_000),
            ("-1.5E+1", -1_500),
            ("12300e-4", 123),
            ("0e-999", 0),
            ("0E999", 0),
        ] {
            let expected = if text == "1E-9" { Unreadable } else { Value(value) };
            assert_eq!(decimal(text, 2), expected, "{text}");
        }
        assert_eq!(decimal("1E-9", 9), Value(1));
        assert_eq!(decimal("-170141183460469231731687303715884105.728e3", 0), Value(i128::MIN));
        for text in ["1e", "e5", "1e+", "1e1000", "1e2.0", "1e2e2", "1e38", "1e--2", "12301e-4", "1e 2"] {
            assert_eq!(decimal(text, 2), Unreadable, "{text}");
        }
        assert_eq!(decimal(&least[1..], 0), Unreadable, "one more than the most");
        assert_eq!(decimal(least, 1), Unreadable);
    }

    #[test]
    fn floats_are_finite() {
        assert_eq!(float("0.1"), Value(0.1));
        assert_eq!(float("-1e-3"), Value(-0.001));
        assert_eq!(float("NaN"), Missing);
        assert_eq!(float("nan"), Missing);
        assert_eq!(float(""), Missing);
        for text in ["inf", "-inf", "Infinity", "1e400", "NAN", "-nan", "1,5", " 1", "0x1p3", "1f"] {
            assert_eq!(float(text), Unreadable, "{text}");
        }
    }

    #[test]
    fn booleans_are_words() {
        for text in ["true", "True", "TRUE"] {
            assert_eq!(bool(text), Value(true));
        }
        for text in ["false", "False", "FALSE"] {
            assert_eq!(bool(text), Value(false));
        }
        assert_eq!(bool(""), Missing);
        for text in ["1", "0", "yes", "tRUE", "t", " true"] {
            assert_eq!(bool(text), Unreadable, "{text}");
        }
    }

    #[test]
    fn dates_are_iso() {
        assert_eq!(date("1970-01-01"), Value(0));
        assert_eq!(date("2017-03-01"), Value(17_226));
        assert_eq!(date("1969-12-31"), Value(-1));
        assert_eq!(date("2024-02-29"), Value(19_782));
        assert_eq!(date("0001-01-01"), Value(-719_162));
        assert_eq!(date("9999-12-31"), Value(2_932_896));
        assert_eq!(date(""), Missing);
        let bad = [
            "2023-02-29",
            "2017-3-1",
            "20170301",
            "01/03/2017",
            "2017-03-01T00:00:00",
            "2017-13-01",
            "2017-03-01 ",
        ];
        for text in bad {
            assert_eq!(date(text), Unreadable, "{text}");
        }
    }

    #[test]
    fn timestamps_in_all_their_spellings() {
        const NOON: i64 = 1_488_369_600_000_000;
        let same = [
            "2017-03-01T12:00:00Z",
            "2017-03-01T12:00:00",
            "2017-03-01 12:00",
            "2017-03-01t12:00:00z",
            "2017-03-01T13:00:00+01:00",
            "2017-03-01 07:00:00-0500",
            "2017-03-01 07:00:00-05",
            "2017-03-01 17:30:00.000000000+05:30",
        ];
        for text in same {
            assert_eq!(timestamp(text), Value(NOON), "{text}");
        }
        assert_eq!(timestamp("2017-03-01T12:00:00.5Z"), Value(NOON + 500_000));
        assert_eq!(timestamp("2017-03-01T12:00:00.123456789Z"), Value(NOON + 123_456));
        assert_eq!(timestamp("1969-12-31T23:59:59.9999999Z"), Value(-1), "rounded down before 1970, too");
        assert_eq!(timestamp("1969-12-31T23:59:59Z"), Value(-1_000_000));
        assert_eq!(timestamp("9999-12-31T23:59:59Z"), Value(253_402_300_799_000_000));
        assert_eq!(timestamp("9999-12-31T23:59:59-23:59"), Value(253_402_387_139_000_000));
        assert_eq!(timestamp(""), Missing);
        for text in [
            "2017-03-01",
            "2017-03-01T24:00:00Z",
            "2017-03-01T12:60:00Z",
            "2016-12-31T23:59:60Z",
            "2017-03-01T12",
            "2017-03-01T12:00:00.Z",
            "2017-03-01T12:00:00.1234567890Z",
            "2017-03-01T12:00:00,5Z",
            "2017-03-01T12:00:00 Z",
            "2017-03-01T12:00:00+1",
            "2017-03-01T12:00:00+01:0",
            "2017-03-01T12:00:00+24:00",
            "2017-03-01T12:00:00Z[UTC]",
            "2017-02-30T12:00:00Z",
            "1488369600",
        ] {
            assert_eq!(timestamp(text), Unreadable, "{text}");
        }
    }
}
