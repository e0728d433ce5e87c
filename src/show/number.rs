//! Numbers for the eye: as many digits as help to compare, the same for all of a column.
//!
//! Only what people read is rounded. Digits are cut from the exact decimal expansion, so that what is shown is the nearest number
//! of that many digits.

use super::unit::currency;
use crate::book::currency_digits;
use crate::evaluate::Coordinate;
use ripplemark_core::time::Grain;

/// Stands where there is no value.
pub const NOTHING: &str = "–";

/// Small values get more digits, up to this many.
const MOST_DIGITS: usize = 6;

/// A number that may be absent, with its exact text where there is one.
pub type Number<'t> = (Option<f64>, Option<&'t str>);

/// A number on its own, in the style that suits its unit; an en dash where there is none.
///
/// ```
/// use ripplemark::show::number;
///
/// assert_eq!(number("share", (Some(0.631), None)), "63.1 %");
/// assert_eq!(number("money[USD]", (Some(1234.5), Some("1234.5"))), "1,234.50");
/// assert_eq!(number("money[JPY] / win", (Some(1234.0 / 3.0), Some("1234/3"))), "411");
/// assert_eq!(number("days", (None, None)), "–");
/// ```
#[must_use]
pub fn number(unit: &str, number: Number<'_>) -> String {
    match number.0 {
        Some(value) => Style::of(unit, std::iter::once(number)).show(value, number.1),
        None => NOTHING.to_owned(),
    }
}

/// How the numbers of one metric are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Hundredths, with this many digits after the point.
    Percent(usize),
    /// This many digits after the point.
    Fixed(usize),
    /// One digit, a point, five digits, an exponent.
    Scientific,
}

impl Style {
    /// The style that suits a unit and these numbers, which stand in one column.
    pub fn of<'t>(unit: &str, numbers: impl Iterator<Item = Number<'t>> + Clone) -> Style {
        let sizes = numbers.clone().filter_map(|(value, _)| value).map(f64::abs);
        let largest = sizes.clone().fold(0.0, f64::max);
        let smallest = sizes.filter(|size| *size > 0.0).fold(f64::INFINITY, f64::min);
        if largest >= 1e15 || largest > 0.0 && largest < 1e-5 {
            return if largest >= 1e15 && all_digits(numbers) == Some(0) {
                Style::Fixed(0)
            } else {
                Style::Scientific
            };
        }
        if unit == "share" {
            return Style::Percent(digits_for(smallest * 100.0, 1).min(4));
        }
        let exact = all_digits(numbers.clone());
        if exact == Some(0) {
            return Style::Fixed(0);
        }
        if let Some(code) = currency(unit) {
            let usual = usize::from(currency_digits(&code).unwrap_or(2));
            return Style::Fixed(if largest < 1.0 {
                digits_for(smallest, usual).min(MOST_DIGITS)
            } else {
                usual
            });
        }
        match exact {
            Some(digits) if digits <= MOST_DIGITS => Style::Fixed(digits),
            _ if largest >= 1000.0 => Style::Fixed(2),
            _ => Style::Fixed(needed(numbers, if largest >= 1.0 { 4 } else { MOST_DIGITS })),
        }
    }

    /// A number in this style. `exact` is its exact text, where there is one.
    #[must_use]
    pub fn show(self, value: f64, exact: Option<&str>) -> String {
        match self {
            Style::Scientific => format!("{value:.5e}"),
            Style::Percent(digits) => {
                format!("{} %", grouped(&hundredfold(&format!("{:.*}", digits + 2, value))))
            }
            Style::Fixed(digits) => match exact.and_then(digits_after_point).filter(|own| *own <= digits) {
                Some(own) => grouped(&padded(exact.unwrap_or_default(), own, digits)),
                None => grouped(&format!("{value:.digits$}")),
            },
        }
    }
}

/// Digits after the point so that the first of `value` that counts can be seen, and at least `least`.
fn digits_for(value: f64, least: usize) -> usize {
    let mut digits = least;
    let mut scaled = value;
    while scaled < 1.0 && digits < MOST_DIGITS {
        scaled *= 10.0;
        digits += 1;
    }
    digits
}

/// How many of these digits after the point are not zero for all cells; at least one.
fn needed<'t>(numbers: impl Iterator<Item = Number<'t>>, digits: usize) -> usize {
    let own = |value: f64| {
        let text = format!("{value:.digits$}");
        digits.saturating_sub(text.len() - text.trim_end_matches('0').len())
    };
    numbers.filter_map(|(value, _)| value).map(own).max().unwrap_or(1).max(1)
}

/// The most digits after the point of all exact texts; `None` if a value has none, or is a fraction.
fn all_digits<'t>(numbers: impl Iterator<Item = Number<'t>>) -> Option<usize> {
    let mut most = 0;
    for (_, exact) in numbers.filter(|(value, _)| value.is_some()) {
        most = most.max(digits_after_point(exact?)?);
    }
    Some(most)
}

/// Digits after the point of a decimal text; `None` for fractions and other texts.
fn digits_after_point(text: &str) -> Option<usize> {
    let body = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() && is_number(whole) && is_number(fraction)).then_some(fraction.len())
}

fn padded(text: &str, own: usize, digits: usize) -> String {
    let point = if own == 0 && digits > 0 { "." } else { "" };
    format!("{text}{point}{}", "0".repeat(digits - own))
}

/// The text of a hundred times the number: the point moves two places. The text has at least two digits behind it.
fn hundredfold(text: &str) -> String {
    let (sign, body) = text.strip_prefix('-').map_or(("", text), |body| ("-", body));
    let Some((whole, fraction)) = body.split_once('.') else { return text.to_owned() };
    let (moved, rest) = fraction.split_at(fraction.len().min(2));
    let whole = format!("{whole}{moved}");
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{rest}")
}

/// Commas between thousands.
#[must_use]
pub fn grouped(text: &str) -> String {
    let (sign, body) = text.strip_prefix('-').map_or(("", text), |body| ("-", body));
    let (whole, fraction) = body.split_at(body.find('.').unwrap_or(body.len()));
    let mut shown = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown + fraction
}

/// The first day of a period; a month, and a year from January, need fewer words.
#[must_use]
pub fn period(grain: Grain, day: i64) -> String {
    let date = Coordinate::Date(day).to_string();
    let short = match grain {
        Grain::Month => date.strip_suffix("-01"),
        Grain::Year => date.strip_suffix("-01-01"),
        Grain::Day | Grain::Week | Grain::Quarter => None,
    };
    short.unwrap_or(&date).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_and_percents() {
        assert_eq!(grouped("1234567.8912"), "1,234,567.8912");
        assert_eq!(grouped("-123"), "-123");
        assert_eq!(grouped("1000"), "1,000");
        assert_eq!(Style::Percent(1).show(0.63151, None), "63.2 %");
        assert_eq!(Style::Percent(1).show(-0.0004, None), "-0.0 %");
        assert_eq!(Style::Percent(0).show(12.5, None), "1,250 %");
        assert_eq!(Style::Percent(2).show(0.000123, None), "0.01 %");
    }

    #[test]
    fn exact_digits_are_kept_and_fractions_rounded() {
        assert_eq!(
            Style::Fixed(0).show(9007199254740992.0, Some("9007199254740993")),
            "9,007,199,254,740,993"
        );
        assert_eq!(Style::Fixed(2).show(0.5, Some("0.5")), "0.50");
        assert_eq!(Style::Fixed(2).show(3.0, Some("3")), "3.00");
        assert_eq!(Style::Fixed(4).show(1.0 / 3.0, Some("1/3")), "0.3333");
        assert_eq!(Style::Scientific.show(1.5e300, None), "1.50000e300");
    }
}
