//! Literals: exact decimals from digits, dates and points in time from text.
//!
//! Rhai hands over numbers as doubles. What was written is exact, so it is read again from the text.

use crate::model::Const;

/// Most digits after the point that a decimal can have: 10^37 fits an `i128` with a digit to spare.
pub(super) const MAX_SCALE: u8 = 37;

/// A number with a point or an exponent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fraction {
    /// `mantissa / 10^scale` without trailing zeros, where that fits.
    pub(super) exact: Option<(i128, u8)>,
    /// The nearest double; finite.
    pub(super) nearest: f64,
}

impl Fraction {
    /// Reads the digits of a number token that [`check`] has accepted.
    pub(super) fn read(text: &str, negative: bool) -> Option<Self> {
        let digits = plain(text);
        let sign = if negative { -1 } else { 1 };
        let magnitude: f64 = digits.parse().ok()?;
        Some(Self {
            exact: exact(&digits).map(|(mantissa, scale)| (sign * mantissa, scale)),
            nearest: if negative { -magnitude } else { magnitude },
        })
    }
}

/// Whether a number token is one we can hold: an `i64` (or 2^63, which a minus may make one) or a finite
/// double that is zero only if it was written so.
pub(super) fn check(text: &str) -> Result<(), &'static str> {
    let digits = plain(text);
    if digits.contains(['x', 'X', 'o', 'O', 'b', 'B']) {
        return Err("numbers are written in decimal digits");
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return match digits.parse::<u64>() {
            Ok(value) if value <= 1 << 63 => Ok(()),
            _ => Err("the integer does not fit 64 bits"),
        };
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_infinite() => Err("the number is larger than a float can hold"),
        Ok(value) if value == 0.0 && mantissa_has_digits(&digits) => {
            Err("the number is smaller than a float can hold")
        }
        Ok(_) => Ok(()),
        Err(_) => Err("this is not a number"),
    }
}

/// Whether a number token is written without point and exponent.
pub(super) fn is_integer(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| *c != '_').collect()
}

fn mantissa_has_digits(digits: &str) -> bool {
    digits.bytes().take_while(|b| !matches!(b, b'e' | b'E')).any(|b| matches!(b, b'1'..=b'9'))
}

fn exact(digits: &str) -> Option<(i128, u8)> {
    let (number, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let significant = format!("{whole}{fraction}");
    let trimmed = significant.trim_end_matches('0');
    if trimmed.is_empty() {
        return Some((0, 0));
    }
    let dropped = significant.len() - trimmed.len();
    // Digits after the point; negative where zeros follow before it.
    let scale = i64::try_from(fraction.len()).ok()?
        - i64::try_from(dropped).ok()?
        - exponent.parse::<i64>().ok().filter(|e| e.abs() < 1 << 20)?;
    let mantissa: i128 = trimmed.parse().ok()?;
    if scale >= 0 {
        let scale = u8::try_from(scale).ok().filter(|scale| *scale <= MAX_SCALE)?;
        return Some((mantissa, scale));
    }
    let zeros = u32::try_from(-scale).ok()?;
    Some((mantissa.checked_mul(10i128.checked_pow(zeros)?)?, 0))
}

/// 9999-12-30, days since 1970-01-01: the last day on which it is the same day in every time zone.
pub(super) const NEVER_DAY: i32 = 2_932_895;
/// 9999-12-30T00:00:00Z in microseconds.
pub(super) const NEVER_MICROS: i64 = NEVER_DAY as i64 * 86_400_000_000;

/// The nearest double of `mantissa / 10^scale`.
pub(super) fn nearest(mantissa: i128, scale: u8) -> f64 {
    // Parsing decimal digits is correctly rounded; a division of two rounded numbers is not.
    format!("{mantissa}e-{scale}").parse().unwrap_or(0.0)
}

/// `2017-03-01` as days since 1970-01-01.
pub(super) fn date(text: &str) -> Option<Const> {
    if text.len() != 10 {
        return None;
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = date.since((jiff::Unit::Day, epoch)).ok()?.get_days();
    Some(Const::Date(days))
}

/// `2017-03-01T00:00:00Z` (or with an offset such as `+01:00`) as microseconds since 1970-01-01T00:00Z.
pub(super) fn timestamp(text: &str) -> Option<Const> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    if instant.subsec_nanosecond() % 1000 != 0 {
        return None;
    }
    Some(Const::Timestamp(instant.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_short() {
        for (text, expected) in [
            ("0.055", Some((55, 3))),
            ("1.50", Some((15, 1))),
            ("2.0", Some((2, 0))),
            ("2.", Some((2, 0))),
            ("1e3", Some((1000, 0))),
            ("1_000.25", Some((100_025, 2))),
            ("12.5E-3", Some((125, 4))),
            ("0.000", Some((0, 0))),
            ("1e-37", Some((1, 37))),
            ("1e-38", None),
            ("1e40", None),
            ("1e99999999999999999999", None),
        ] {
            assert_eq!(exact(&plain(text)), expected, "{text}");
        }
        let literal = Fraction::read("0.1000000000000000055511151231257827", true).unwrap();
        assert_eq!(literal.nearest.to_bits(), (-0.1f64).to_bits());
    }

    #[test]
    fn numbers_that_nothing_holds_are_refused() {
        for text in ["9223372036854775808", "0", "1_000", "1e308", "5e-324", "0.0e-999", "2."] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in
            ["9223372036854775809", "1e400", "1e-400", "0x10", "0b1", "1e+", "99999999999999999999999"]
        {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nearest_is_the_double_that_the_text_means() {
        for text in ["0.1", "0.055", "123456789012345678901234567890.5", "3.3333333333333333333"] {
            let (mantissa, scale) = exact(text).unwrap();
            assert_eq!(nearest(mantissa, scale).to_bits(), text.parse::<f64>().unwrap().to_bits());
        }
    }

    #[test]
    fn calendar_constants() {
        assert_eq!(date("1970-01-01"), Some(Const::Date(0)));
        assert_eq!(date("2017-03-01"), Some(Const::Date(17_226)));
        assert_eq!(date("1969-12-31"), Some(Const::Date(-1)));
        assert_eq!(date("9999-12-30"), Some(Const::Date(NEVER_DAY)));
        assert_eq!(timestamp("9999-12-30T00:00:00Z"), Some(Const::Timestamp(NEVER_MICROS)));
        for text in ["2017-02-29", "2017-3-1", "01.03.2017", "2017-03-01T00:00:00Z", ""] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(timestamp("1970-01-01T00:00:01Z"), Some(Const::Timestamp(1_000_000)));
        assert_eq!(timestamp("1970-01-01T01:00:00+01:00"), Some(Const::Timestamp(0)));
        for text in ["2017-03-01", "2017-03-01T00:00:00", "1970-01-01T00:00:00.0000001Z", "now"] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }
}
