//! Dates, points in time and lengths of periods as people write them: the same words in a book, on the
//! command line and in Python.

use jiff::civil::Date;

use crate::model::{Grain, Instant, Range};

/// The words for the lengths of a period.
pub(crate) const GRAINS: [(&str, Grain); 5] = [
    ("day", Grain::Day),
    ("week", Grain::Week),
    ("month", Grain::Month),
    ("quarter", Grain::Quarter),
    ("year", Grain::Year),
];

const EXPECTED: &str = "expected a date, `2017-12-31`, or a point in time with its offset from UTC, `2017-12-31T23:00:00Z` or `2017-12-31T23:00:00+01:00`";

/// Reads the length of a period: `day`, `week`, `month`, `quarter` or `year`.
///
/// # Errors
/// A sentence that names the five words.
pub fn parse_grain(word: &str) -> Result<Grain, String> {
    GRAINS.iter().find(|(known, _)| *known == word).map(|(_, grain)| *grain).ok_or_else(|| {
        format!(
            "{} is no length of a period; expected `day`, `week`, `month`, `quarter` or `year`",
            quoted(word)
        )
    })
}

/// A day that was written with other signs between its numbers, year first.
pub(crate) fn with_dashes(text: &str) -> Option<String> {
    let day = text.replace(['/', '.'], "-");
    (day != text && day.len() == 10 && parse_instant(&day).is_ok()).then_some(day)
}

/// Reads a date (`2017-12-31`) or a point in time (RFC 3339, `2017-12-31T23:00:00Z`, at most six digits
/// after the second).
///
/// A point in time without its offset from UTC is refused: it would mean another instant in every zone.
///
/// ```
/// use ripplemark::{book::parse_instant, model::Instant};
/// assert_eq!(parse_instant("1970-01-02"), Ok(Instant::Date(1)));
/// assert_eq!(parse_instant("1970-01-01T01:00:00.5+01:00"), Ok(Instant::Timestamp(500_000)));
/// assert!(parse_instant("1970-01-01T00:00:00").is_err());
/// ```
///
/// # Errors
/// A sentence that says what is wrong and what was expected.
pub fn parse_instant(text: &str) -> Result<Instant, String> {
    let shape: String = text
        .chars()
        .take(40)
        .map(|c| if c.is_ascii_digit() { '0' } else { c.to_ascii_uppercase() })
        .collect();
    if !shape.starts_with("0000-00-00") {
        return Err(format!("{} is no date; {EXPECTED}", quoted(text)));
    }
    if shape.len() == 10 {
        let date: Date = text.parse().map_err(|_| {
            format!("{} is not in the calendar; expected a day and a time that exist", quoted(text))
        })?;
        let days = (date - Date::constant(1970, 1, 1)).get_days();
        return Ok(Instant::Date(days));
    }
    // Stricter than the parser, which also takes other ISO 8601 shapes and zone names.
    let body =
        shape.strip_prefix("0000-00-00T00:00:00").or_else(|| shape.strip_prefix("0000-00-00 00:00:00"));
    let Some(body) = body else {
        return Err(format!("{} is no point in time; {EXPECTED}", quoted(text)));
    };
    let (fraction, offset) = match body.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| c != '0').unwrap_or(rest.len())),
        None => ("0", body),
    };
    if offset.is_empty() {
        return Err(format!("{} lacks its offset from UTC; {EXPECTED}", quoted(text)));
    }
    if !matches!(offset, "Z" | "+00:00" | "-00:00") || fraction.is_empty() {
        return Err(format!("{} is no point in time; {EXPECTED}", quoted(text)));
    }
    if fraction.len() > 6 {
        return Err(format!("{} is finer than a microsecond; expected at most six digits", quoted(text)));
    }
    let instant: jiff::Timestamp = text.parse().map_err(|_| {
        format!("{} is not in the calendar; expected a day and a time that exist", quoted(text))
    })?;
    Ok(Instant::Timestamp(instant.as_microsecond()))
}

/// Reads a half-open range, `from ≤ at < to`; an absent side is open.
///
/// # Errors
/// A sentence, if a side cannot be read or the range is empty.
pub fn parse_range(from: Option<&str>, to: Option<&str>) -> Result<Range, String> {
    let range = Range { from: from.map(parse_instant).transpose()?, to: to.map(parse_instant).transpose()? };
    if is_empty(&range) {
        return Err("the range is empty: its end is not after its beginning".to_owned());
    }
    Ok(range)
}

/// True where the end is surely not after the beginning; a date against a point in time is left to those
/// who know the time zone.
pub(crate) fn is_empty(range: &Range) -> bool {
    match (range.from, range.to) {
        (Some(Instant::Date(from)), Some(Instant::Date(to))) => from >= to,
        (Some(Instant::Timestamp(from)), Some(Instant::Timestamp(to))) => from >= to,
        _ => false,
    }
}

use super::problems::quoted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_points_in_time() {
        assert_eq!(parse_instant("2017-01-01"), Ok(Instant::Date(17167)));
        assert_eq!(parse_instant("1969-12-31"), Ok(Instant::Date(-1)));
        assert_eq!(parse_instant("1970-01-01T00:00:00.000001Z"), Ok(Instant::Timestamp(1)));
        assert_eq!(parse_instant("1970-01-01 00:00:01+00:00"), Ok(Instant::Timestamp(1_000_000)));
        assert_eq!(parse_instant("1969-12-31T23:59:59.999999z"), Ok(Instant::Timestamp(-1)));
        for bad in [
            "",
            "2017",
            "2017-02-30",
            "2017-13-01",
            "20170101",
            "2017-1-1",
            "2017-01-01T",
            "2017-01-01T10:00Z",
            "2017-01-01T10:00:00",
            "2017-01-01T10:00:00.Z",
            "2017-01-01T10:00:00.1234567Z",
            "2017-01-01T25:00:00Z",
            "2017-01-01T10:00:00+02",
            "2017-01-01T10:00:00+02:00[Europe/Berlin]",
            "-2017-01-01",
            "2017-01-01\n",
            "2017-01-01é",
            "２017-01-01",
            "yesterday",
        ] {
            assert!(parse_instant(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_and_grains() {
        assert!(parse_range(Some("2017-01-01"), Some("2017-01-01")).is_err());
        assert_eq!(parse_range(None, None), Ok(Range::default()));
        assert_eq!(parse_grain("quarter"), Ok(Grain::Quarter));
        assert!(parse_grain("Quarter").unwrap_err().contains("`quarter`"));
    }
}
