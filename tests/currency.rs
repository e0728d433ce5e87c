//! Amounts in several currencies, converted by the rate of a day: against Python's fractions, decimals and time zones
//! (`tests/currency_oracle.py` made data and answers).
#![cfg(feature = "compile")]

mod support;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use num_bigint::BigInt;
use num_rational::BigRational;
use ripplemark::lookup::LookupReport;
use ripplemark::{Evaluation, ResultSet};
use serde_json::Value;
use support::{batch, book, by, compile, pieces, reordered, tests_path};

const BOOK: &str = r#"
ripplemark: 1
book: {id: currencies, currency: USD, timezone: Europe/Berlin}
teams: {finance: Finance}
functions: "fn dollars(x, money, day) { convert(x, money, day, \"USD\") }"
tables:
  deals:
    entity: deal
    time: closed_at
    key: deal
    columns:
      deal: id
      region: category
      currency: category
      amount: money[currency]
      opened: date
      closed_at: timestamp
  fx_rates: {columns: {currency: category, day: date, rate: decimal(6)}}
  lines: {columns: {deal: id}, lookups: {deal: {table: deals, by: deal, columns: [region]}}}
rates:
  fx: {table: fx_rates, from: currency, to: USD, date: day, rate: rate}
metrics:
  - {name: usd, owner: finance, of: deals, agg: sum, expr: 'convert(amount, currency, closed_at, "USD")'}
  - {name: short, owner: finance, of: deals, expr: 'let to = "fx"; sum(convert(amount, closed_at, to))'}
  - {name: cents, owner: finance, of: deals, expr: 'sum(round(dollars(amount, currency, closed_at), 2))'}
  - {name: at_opening, owner: finance, of: deals, expr: 'sum(convert(amount, currency, opened, "USD"))'}
  - {name: mean, owner: finance, of: deals, agg: average, expr: 'convert(amount, currency, closed_at, "USD")'}
  - {name: drift, owner: finance, unit: ratio, expr: usd / at_opening}
  - {name: largest, owner: finance, of: deals, expr: 'max(convert(amount, currency, closed_at, "USD"))'}
  - {name: in_dollars, owner: finance, of: deals, expr: 'sum_if(convert(amount, currency, closed_at, "USD"), currency == "USD")'}
  - {name: by_lines, owner: finance, of: lines, expr: 'sum(convert(deal.amount, deal.currency, deal.closed_at, "USD"))'}
"#;

fn cases() -> Value {
    let text = std::fs::read_to_string(tests_path("data/currency.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn texts(rows: &Value, name: &str) -> ArrayRef {
    Arc::new(StringArray::from_iter(rows.as_array().unwrap().iter().map(|row| row[name].as_str())))
}

fn data(cases: &Value) -> [(&'static str, RecordBatch); 3] {
    let (rates, deals) = (&cases["rates"], &cases["deals"]);
    let closed = deals.as_array().unwrap().iter().map(|deal| deal["closed_at"].as_i64());
    let closed: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter(closed));
    let mut columns: Vec<(&str, ArrayRef)> =
        ["deal", "region", "currency", "amount", "opened"].map(|name| (name, texts(deals, name))).to_vec();
    columns.push(("closed_at", closed));
    [
        ("fx_rates", batch(["currency", "day", "rate"].map(|name| (name, texts(rates, name))).to_vec())),
        ("deals", batch(columns)),
        ("lines", batch(vec![("deal", texts(&cases["lines"], "deal"))])),
    ]
}

/// A number as a result or Python writes it: digits, or a fraction.
fn read(text: &str) -> BigRational {
    if let Some((top, bottom)) = text.split_once('/') {
        return BigRational::new(top.parse().unwrap(), bottom.parse().unwrap());
    }
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    let mantissa: BigInt = format!("{whole}{digits}").parse().unwrap();
    BigRational::new(mantissa, BigInt::from(10).pow(digits.len() as u32))
}

fn check(set: &ResultSet, expected: &Value) {
    let mut compared = 0;
    for cell in &set.cells {
        let region = cell.key[0].to_string();
        if expected[&region].is_null() {
            continue;
        }
        let name = set.metrics[cell.metric].name.as_str();
        let wanted = &expected[&region][name];
        let exact = cell.exact.as_deref().unwrap_or_else(|| panic!("{region} {name}: {cell:?}"));
        // Not by the reader of JSON, which does not round correctly.
        let value = wanted["value"].as_str().and_then(|text| text.parse::<f64>().ok());
        assert_eq!(read(exact), read(wanted["exact"].as_str().unwrap()), "{region} {name}");
        assert_eq!(cell.value.map(f64::to_bits), value.map(f64::to_bits), "{region} {name}");
        compared += 1;
    }
    assert_eq!(compared, 3 * set.metrics.len());
}

fn report<'s>(set: &'s ResultSet, table: &str, path: &str) -> &'s LookupReport {
    let found = set.lookups.iter().find(|report| report.table == table && report.path == path);
    found.unwrap_or_else(|| panic!("{:?}", set.lookups))
}

#[test]
fn converted_amounts_are_those_of_python() {
    let cases = cases();
    let program = compile(&book(BOOK), &by(&["region"]));
    let [rates, deals, lines] = data(&cases);
    for rows in [7, 100_000] {
        let mut evaluation = Evaluation::new(&program).unwrap();
        for (table, batch) in [&rates, &deals, &lines] {
            for piece in pieces(batch, rows) {
                evaluation.feed(table, &piece).unwrap();
            }
        }
        let set = evaluation.finish().unwrap();
        check(&set, &cases["expected"]);
        for time in ["closed_at", "opened"] {
            let (found, wanted) =
                (report(&set, "deals", &format!("fx[currency, {time}]")), &cases["counts"][time]);
            for (count, name) in [
                (found.matched, "matched"),
                (found.key_missing, "key_missing"),
                (found.unmatched, "unmatched"),
                (found.no_time, "no_time"),
                (found.outside, "outside"),
            ] {
                assert_eq!(Some(count), wanted[name].as_u64(), "{time} {name}");
            }
            let examples = [found.example.as_deref(), found.outside_example.as_deref()];
            assert_eq!(examples, ["example", "outside_example"].map(|name| wanted[name].as_str()), "{time}");
        }
        for (metric, unit) in
            [("usd", "money[USD]"), ("mean", "money[USD]"), ("drift", "ratio"), ("by_lines", "money[USD]")]
        {
            let found = set.metrics.iter().find(|info| info.name == metric).unwrap();
            assert_eq!(found.unit, unit, "{metric}");
        }
    }
}

#[test]
fn the_order_of_rates_and_rows_changes_nothing() {
    let cases = cases();
    let program = compile(&book(BOOK), &by(&["region"]));
    let [rates, deals, lines] = data(&cases);
    let backwards = |batch: &RecordBatch| {
        let rows: Vec<usize> = (0..batch.num_rows()).rev().collect();
        reordered(batch, &rows)
    };
    let mut states = Vec::new();
    for turn in [false, true] {
        let mut evaluation = Evaluation::new(&program).unwrap();
        for (table, batch) in [&rates, &deals, &lines] {
            let batch = if turn { backwards(batch) } else { batch.clone() };
            evaluation.feed(table, &batch).unwrap();
        }
        states.push(evaluation.state_bytes().unwrap());
    }
    assert_eq!(states[0], states[1]);
}

#[test]
fn a_missing_rate_is_told_with_its_day() {
    let cases = cases();
    let program = compile(&book(BOOK), &by(&[]));
    let mut evaluation = Evaluation::new(&program).unwrap();
    for (table, batch) in &data(&cases) {
        evaluation.feed(table, batch).unwrap();
    }
    let set = evaluation.finish().unwrap();
    let account = set.notes().join("\n");
    for part in [
        "rates deals.fx[currency, closed_at] in fx_rates",
        "without a rate for their currency, the first for",
        "SEK",
        "without a rate on their day, the first for",
        "2026-03-07",
    ] {
        assert!(account.contains(part), "{account}");
    }
}

/// What a change of the book does to the meaning of `usd`.
fn meaning(from: &str, to: &str) -> [u8; 32] {
    let text = BOOK.replace(from, to);
    assert_eq!(text == BOOK, from == to, "{from}");
    let book = book(&text);
    let at = book.metrics.iter().position(|metric| metric.name == "usd").unwrap();
    ripplemark::lower::metric_meaning(&book, ripplemark::model::MetricId(at))
}

#[test]
fn day_rates_and_zone_belong_to_the_meaning_and_names_do_not() {
    let own = meaning("", "");
    let usd = "expr: 'convert(amount, currency, closed_at, \"USD\")'}\n  - {name: short";
    assert_eq!(own, meaning(usd, &usd.replace("currency, ", "")));
    assert_eq!(own, meaning("  fx: {", "  fx: { "));
    let renamed = BOOK.replace("fx: {", "ecb: {").replace("\"fx\"", "\"ecb\"");
    let renamed = book(&renamed);
    assert_eq!(own, ripplemark::lower::metric_meaning(&renamed, ripplemark::model::MetricId(0)));
    for (from, to) in [
        (usd, usd.replace("closed_at", "opened").as_str()),
        ("rate: decimal(6)", "rate: decimal(5)"),
        ("Europe/Berlin", "Europe/London"),
        ("to: USD", "to: GBP"),
    ] {
        if to.contains("GBP") {
            let text = BOOK
                .replace("to: USD", "to: GBP")
                .replace("\\\"USD\\\"", "\\\"GBP\\\"")
                .replace("\"USD\")", "\"GBP\")");
            let other = book(&text);
            assert_ne!(own, ripplemark::lower::metric_meaning(&other, ripplemark::model::MetricId(0)));
            continue;
        }
        assert_ne!(own, meaning(from, to), "{from} → {to}");
    }
}
