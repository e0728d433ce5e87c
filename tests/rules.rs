//! Rules that were broken once: what `n` is, what merges, what `is_null` may answer, which periods are partial.
#![cfg(feature = "compile")]

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use ripplemark::model::{Grain, Query};
use ripplemark::{Evaluation, Program, ResultSet, book};
use std::sync::Arc;

fn book_text(zone: &str) -> String {
    format!(
        r#"
ripplemark: 1
book: {{id: rules, currency: USD, timezone: {zone}}}
teams: {{us: Us}}
tables:
  deals:
    time: closed
    columns: {{closed: timestamp, opened: timestamp, outcome: category, seconds: int, amount: money}}
metrics:
  - {{name: won, owner: us, of: deals, expr: 'count_if(outcome == "won")'}}
  - {{name: lost, owner: us, of: deals, expr: 'count_if(outcome == "lost")'}}
  - {{name: win_rate, owner: us, type: ratio, numerator: won, denominator: won + lost}}
  - {{name: twice, owner: us, expr: win_rate * 2}}
  - {{name: minutes, owner: us, of: deals, expr: average(seconds) / 60}}
  - {{name: twice_minutes, owner: us, expr: minutes * 2}}
  - {{name: amount, owner: us, of: deals, agg: sum, expr: amount}}
  - {{name: painted_over, owner: us, expr: 'if is_null(amount) {{ 0 }} else {{ amount }}'}}
  - {{name: days, owner: us, of: deals, agg: sum, expr: 'days_between(opened, closed)'}}
"#
    )
}

const HOUR: i64 = 3_600_000_000;

fn rows(amounts: [Option<f64>; 5]) -> RecordBatch {
    let march = 17_226 * 24 * HOUR; // 2017-03-01T00:00Z
    let closed: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![march + 5 * HOUR; 5]));
    let opened: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![march - 3 * HOUR; 5]));
    let outcome: ArrayRef = Arc::new(StringArray::from(vec!["won", "won", "won", "lost", "open"]));
    let seconds: ArrayRef = Arc::new(Int64Array::from(vec![Some(60), Some(120), None, Some(60), Some(0)]));
    let amount: ArrayRef = Arc::new(Float64Array::from(amounts.to_vec()));
    RecordBatch::try_from_iter([
        ("closed", closed),
        ("opened", opened),
        ("outcome", outcome),
        ("seconds", seconds),
        ("amount", amount),
    ])
    .unwrap()
}

fn program(zone: &str, query: &Query) -> Program {
    let book = book::load_str(&book_text(zone), "rules.yaml").unwrap_or_else(|e| panic!("{e}")).book;
    Program::compile(&book, query).unwrap_or_else(|e| panic!("{e}"))
}

fn fed(program: &Program, amounts: [Option<f64>; 5]) -> Evaluation {
    let mut evaluation = Evaluation::new(program).unwrap();
    evaluation.feed("deals", &rows(amounts)).unwrap();
    evaluation
}

fn result(query: &Query, amounts: [Option<f64>; 5]) -> ResultSet {
    fed(&program("UTC", query), amounts).finish().unwrap()
}

const WHOLE: [Option<f64>; 5] = [Some(1.5), Some(2.0), Some(0.1), Some(0.2), Some(1.0)];

#[test]
fn n_counts_the_rows_behind_a_number() {
    let result = result(&Query::default(), WHOLE);
    let n = |name| result.total(name).unwrap().n;
    assert_eq!(n("won"), 3);
    // The rows of both counts enter the denominator, under the rate's own name and where it is used.
    assert_eq!((n("win_rate"), n("twice")), (4, 4));
    // A constant divisor has no rows; the average has four.
    assert_eq!((n("minutes"), n("twice_minutes")), (4, 4));
}

#[test]
fn a_wrong_input_cannot_be_painted_over() {
    let missing = result(&Query::default(), [None; 5]);
    assert_eq!(missing.total("amount").unwrap().reasons.to_string(), "empty");
    assert_eq!(missing.total("painted_over").unwrap().value, Some(0.0));
    let wrong = result(&Query::default(), [Some(f64::INFINITY), None, None, None, None]);
    assert_eq!(wrong.total("amount").unwrap().reasons.to_string(), "invalid_input");
    assert_eq!(wrong.total("painted_over").unwrap().value, None);
    assert_eq!(wrong.total("painted_over").unwrap().reasons.to_string(), "invalid_input");
}

#[test]
fn days_of_two_time_zones_do_not_merge() {
    let query = |metric: &str| Query { metrics: vec![metric.to_owned()], ..Query::default() };
    let merged = |metric: &str| {
        let (utc, chicago) = (program("UTC", &query(metric)), program("America/Chicago", &query(metric)));
        fed(&utc, WHOLE).merge_bytes(&fed(&chicago, WHOLE).state_bytes().unwrap())
    };
    // Three hours before midnight to five hours after it: a day in Greenwich, none in Chicago.
    let days =
        |zone| fed(&program(zone, &query("days")), WHOLE).finish().unwrap().total("days").unwrap().value;
    assert_eq!((days("UTC"), days("America/Chicago")), (Some(5.0), Some(0.0)));
    assert!(merged("days").is_err_and(|error| error.is_bytes()));
    // Where no local day is asked for, the zone does not matter.
    assert!(merged("won").is_ok());
}

#[test]
fn a_range_that_cuts_the_last_day_cuts_the_period() {
    let partial = |to: &str| {
        let range = book::parse_range(Some("2017-03-01"), Some(to)).unwrap();
        let query = Query {
            metrics: vec!["won".to_owned()],
            grain: Some(Grain::Month),
            range: Some(range),
            as_of: Some(book::parse_instant("2018-01-01").unwrap()),
            ..Query::default()
        };
        result(&query, WHOLE).metric("won").next().unwrap().flags.to_string()
    };
    assert_eq!(partial("2017-04-01"), "");
    assert_eq!(partial("2017-03-31T12:00:00Z"), "partial_period");
    assert_eq!(partial("2017-03-31"), "partial_period");
}
