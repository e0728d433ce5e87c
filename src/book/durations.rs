//! Lengths of time as books write them: `30m`, `24h`, `7d`, `2w`; `24bh` of business hours.

use super::codes;
use super::fields;
use super::node::Node;
use super::problems::{Problems, Report, quoted};
use super::repair::Fix;
use crate::model::Limit;

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

const UNITS: [(&str, i64); 4] = [("m", DAY / 24 / 60), ("h", DAY / 24), ("d", DAY), ("w", 7 * DAY)];

const EXPECTED: &str = "a whole number with its unit: `30m`, `24h`, `7d`, `2w` or `24bh`";

/// Reads a length of time; `None` after a problem was reported.
pub(crate) fn read(node: &Node, key: &str, problems: &mut Problems<'_>) -> Option<Limit> {
    let text = fields::literal(node, key, EXPECTED, problems)?;
    match parse(text) {
        Ok(limit) => Some(limit),
        Err(hint) => {
            let message = format!("`{key}` cannot be {}", quoted(text));
            problems.add(
                Report::error(codes::BAD_DURATION, &node.span, message)
                    .expected(EXPECTED)
                    .maybe(None, hint.map(str::to_owned))
                    .fix(spelt_out(text).map(Fix::Text)),
            );
            None
        }
    }
}

/// The length, or what to do about a text that is no duration.
fn parse(text: &str) -> Result<Limit, Option<&'static str>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).unwrap_or(("", text));
    let unit = unit.trim_start();
    let business = unit == "bh";
    let unit = if business { "h" } else { unit };
    let Some((_, micros)) = UNITS.iter().find(|(known, _)| *known == unit) else {
        return Err(match unit {
            "bd" => Some("business days differ in length; write business hours, `24bh`"),
            "mo" | "month" | "months" | "q" | "y" | "year" | "years" => {
                Some("months and years have no fixed length; write days, `30d`")
            }
            "" => Some("say the unit: m (minutes), h (hours), d (days of 24 hours) or w (weeks)"),
            _ => None,
        });
    };
    match number.parse::<i64>().ok().and_then(|number| number.checked_mul(*micros)) {
        Some(0) => Err(Some("a service level needs some time; leave the key out where there is none")),
        Some(micros) => Ok(Limit { micros, business }),
        None => Err(None),
    }
}

/// A duration whose unit was written as a word, as books write it.
fn spelt_out(text: &str) -> Option<String> {
    const WORDS: [(&str, &[&str]); 4] = [
        ("m", &["min", "mins", "minute", "minutes"]),
        ("h", &["hr", "hrs", "hour", "hours"]),
        ("d", &["day", "days"]),
        ("w", &["wk", "week", "weeks"]),
    ];
    let (number, word) = text.split_at_checked(text.bytes().take_while(u8::is_ascii_digit).count())?;
    let word = word.trim_start().to_ascii_lowercase();
    let (unit, _) = WORDS.iter().find(|(_, words)| words.contains(&word.as_str()))?;
    let text = format!("{number}{unit}");
    parse(&text).is_ok().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_what_is_none() {
        let elapsed = |micros| Ok(Limit { micros, business: false });
        assert_eq!(parse("30m"), elapsed(1_800_000_000));
        assert_eq!(parse("24h"), elapsed(DAY));
        assert_eq!(parse("7 d"), elapsed(7 * DAY));
        assert_eq!(parse("2w"), elapsed(14 * DAY));
        assert_eq!(parse("24bh"), Ok(Limit { micros: DAY, business: true }));
        assert_eq!(spelt_out("7 days").as_deref(), Some("7d"));
        assert_eq!(spelt_out("24Hours").as_deref(), Some("24h"));
        for text in ["days", "0 days", "soon", "3 months", "99999999999999999999 days", "é"] {
            assert_eq!(spelt_out(text), None, "{text}");
        }
        for bad in [
            "",
            "7",
            "d",
            "0d",
            "-1d",
            "1.5d",
            "7D",
            "0bh",
            "3bd",
            "1y",
            "7dd",
            "99999999999999999999d",
            "9999999999999w",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse("3bd").unwrap_err().is_some_and(|hint| hint.contains("business hours")));
    }
}
