//! Months and days later by the clocks of a zone, and `as_of` beside dates, against jiff's zones.
#![cfg(feature = "compile")]

mod support;

use arrow::array::{ArrayRef, Date32Array, Int64Array, TimestampMicrosecondArray};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use ripplemark::evaluate::Coordinate;
use ripplemark::model::{Instant, Query};
use ripplemark::{ResultSet, book};
use std::sync::Arc;
use support::{Dice, batch, by, compile, evaluate};

fn values(result: &ResultSet, metric: &str) -> Vec<Option<f64>> {
    let mut values = vec![None; result.metric(metric).count()];
    for cell in result.metric(metric) {
        let [Coordinate::Int(row)] = cell.key[..] else { panic!("{cell:?}") };
        values[row as usize] = cell.value;
    }
    values
}

fn rows(count: usize) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(0..count as i64))
}

fn instants(micros: &[i64]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(micros.to_vec()).with_timezone("UTC"))
}

#[test]
fn months_and_days_later_by_the_clock() {
    let mut dice = Dice(17);
    for name in ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "UTC"] {
        let zone = TimeZone::get(name).unwrap();
        let text = format!(
            "ripplemark: 1
book: {{id: later, timezone: {name}}}
teams: {{we: We}}
tables: {{t: {{columns: {{row: int, t: timestamp, n: int}}}}}}
metrics:
  - {{name: months, owner: we, agg: min, expr: 'hours_between(timestamp(\"1970-01-01T00:00:00Z\"), add_months(t, n))'}}
  - {{name: days, owner: we, agg: min, expr: 'hours_between(timestamp(\"1970-01-01T00:00:00Z\"), t.add_days(n))'}}
"
        );
        let program = compile(&support::book(&text), &by(&["row"]));
        let first = Timestamp::from_second(40_000_000).unwrap();
        let changes: Vec<i64> =
            zone.following(first).map(|change| change.timestamp().as_second()).take(150).collect();
        let count = 1_500;
        let numbers: Vec<i64> = (0..count).map(|_| dice.below(60) as i64 - 20).collect();
        // Many of them such that the time of day falls into a change of the clocks some months or days later.
        let times: Vec<i64> = numbers
            .iter()
            .map(|n| {
                let second = if changes.is_empty() || dice.below(3) == 0 {
                    400_000_000 + dice.below(2_000_000_000) as i64
                } else {
                    let change = changes[dice.below(changes.len())] + dice.below(7200) as i64 - 3600;
                    let span = if dice.below(2) == 0 { (-n).months() } else { (-n).days() };
                    let at = Timestamp::from_second(change).unwrap().to_zoned(zone.clone());
                    at.checked_add(span).unwrap().timestamp().as_second()
                };
                // Minutes, so that hours are the nearest doubles of the same fractions on both sides.
                second.div_euclid(60) * 60_000_000
            })
            .collect();
        let columns = vec![
            ("row", rows(count)),
            ("t", instants(&times)),
            ("n", Arc::new(Int64Array::from(numbers.clone())) as ArrayRef),
        ];
        let result = evaluate(&program, "t", &batch(columns));
        let (months, days) = (values(&result, "months"), values(&result, "days"));
        for i in 0..count {
            let from = Timestamp::from_microsecond(times[i]).unwrap().to_zoned(zone.clone());
            // By the clock, then the instant at which clocks show that: jiff's own sum of zoned times keeps the offset
            // where a time is shown twice, and a calendar does not know which of the two was meant.
            let later = |span: jiff::Span| {
                if numbers[i] == 0 {
                    return from.timestamp();
                }
                from.datetime().checked_add(span).unwrap().to_zoned(zone.clone()).unwrap().timestamp()
            };
            let hours = |at: Timestamp| Some(at.as_microsecond() as f64 / 3_600e6);
            assert_eq!(months[i], hours(later(numbers[i].months())), "{from} and {} months", numbers[i]);
            assert_eq!(days[i], hours(later(numbers[i].days())), "{from} and {} days", numbers[i]);
        }
    }
}

const AS_OF: &str = "ripplemark: 1
book: {id: known, timezone: Europe/Berlin}
teams: {we: We}
tables: {t: {time: d, columns: {row: int, d: date, t: timestamp}}}
metrics:
  - {name: age, owner: we, agg: min, expr: 'days_between(d, as_of)'}
  - {name: difference, owner: we, agg: min, expr: as_of - d}
  - {name: age_of_time, owner: we, agg: min, expr: 'days_between(t, as_of)'}
  - {name: open, owner: we, agg: sum_boolean, expr: d <= as_of}
  - {name: last, owner: we, agg: sum_boolean, expr: d == as_of}
  - {name: year, owner: we, agg: min, expr: year(as_of)}
  - {name: month, owner: we, agg: min, expr: month(as_of)}
  - {name: this_month, owner: we, agg: sum_boolean, expr: 'truncate(d, \"month\") == truncate(as_of, \"month\")'}
  - {name: latest, owner: we, agg: sum_boolean, expr: 'max(d, as_of) == (if is_null(t) { d } else { as_of })'}
";

/// The day that is asked for is the day in formulas, whether it is said as a day or as one of its instants.
#[test]
fn as_of_beside_a_date_is_the_last_day_that_is_known() {
    let (last, micros) = (17_531, 17_531_i64 * 86_400_000_000);
    let book = support::book(AS_OF);
    for as_of in [
        Instant::Date(last),
        // Shortly after local midnight, and shortly before the next one: Berlin is an hour ahead.
        Instant::Timestamp(micros - 3_600_000_000 + 1),
        Instant::Timestamp(micros + 23 * 3_600_000_000 - 2),
    ] {
        let query = Query { as_of: Some(as_of), ..by(&["row"]) };
        let days = [last, last - 1, last - 31];
        let times: Vec<i64> = days.iter().map(|day| i64::from(*day) * 86_400_000_000).collect();
        let columns = vec![
            ("row", rows(3)),
            ("d", Arc::new(Date32Array::from(days.to_vec())) as ArrayRef),
            ("t", instants(&times)),
        ];
        let result = evaluate(&compile(&book, &query), "t", &batch(columns));
        for (metric, expected) in [
            ("age", [0.0, 1.0, 31.0]),
            ("difference", [0.0, 1.0, 31.0]),
            ("age_of_time", [0.0, 1.0, 31.0]),
            ("open", [1.0, 1.0, 1.0]),
            ("last", [1.0, 0.0, 0.0]),
            ("year", [2017.0; 3]),
            ("month", [12.0; 3]),
            ("this_month", [1.0, 1.0, 0.0]),
            ("latest", [1.0, 1.0, 1.0]),
        ] {
            assert_eq!(values(&result, metric), expected.map(Some), "{metric} as of {as_of:?}");
        }
    }
    let refused = ripplemark::Program::compile(&book, &by(&["row"])).unwrap_err().to_string();
    assert!(refused.contains("RM0311"), "{refused}");
}

#[test]
fn what_dates_and_as_of_cannot_do() {
    for formula in ["d + as_of", "hours_between(d, as_of)", "d == as_of + days(1)"] {
        let text = AS_OF.replace("'days_between(d, as_of)'", &format!("'{formula}'"));
        assert!(book::load_str(&text, "book.yaml").is_err(), "{formula}");
    }
}
