//! Targets against Python's fractions: `tests/target_oracle.py` made the cases and their results.
#![cfg(feature = "compile")]

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, RecordBatch, StringArray};
use num_rational::BigRational;
use ripplemark::data::Dataset;
use ripplemark::model::Instant;
use ripplemark::target::{self, Figure, Standing, TargetStatus};
use serde_json::Value;
use std::sync::Arc;

fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/targets.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn day(text: &str) -> i32 {
    match ripplemark::book::parse_instant(text).unwrap() {
        Instant::Date(day) => day,
        Instant::Timestamp(_) => panic!("{text}"),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn book(case: &Value) -> String {
    let mut target = format!(
        "{{metric: m, goal: \"{}\", from: {}, due: {}, owner: marketing",
        text(&case["goal"]),
        text(&case["from"]),
        text(&case["due"])
    );
    match &case["baseline"] {
        Value::String(word) => target += &format!(", baseline: {word}"),
        Value::Object(days) => {
            target +=
                &format!(", baseline: {{from: {}, until: {}}}", text(&days["from"]), text(&days["until"]));
        }
        _ => {}
    }
    if let Some(over) = case["over"].as_str() {
        target += &format!(", over: {over}");
    }
    if let Some(split) = case["split"].as_object() {
        let parts: Vec<String> =
            ["NA", "EMEA", "APAC"].iter().map(|key| format!("{key}: {}", text(&split[*key]))).collect();
        target +=
            &format!(", split: {{region: {{{}}}}}, owner_by: {{region: {{EMEA: sales}}}}", parts.join(", "));
    }
    let expr = match text(&case["kind"]) {
        "total" => "agg: sum, expr: amount, fill_nulls_with: 0",
        "average" => "agg: average, expr: amount",
        _ => "expr: 'count_if(amount > 0) / count()'",
    };
    format!(
        "ripplemark: 1\nbook: {{id: oracle, currency: EUR}}\nteams: {{sales: Sales, marketing: Marketing}}\n\
         tables: {{deals: {{time: closed, columns: {{closed: date, region: category, amount: money}}}}}}\n\
         metrics: [{{name: m, owner: sales, of: deals, good: {}, {expr}}}]\ntargets: [{target}}}]\n",
        text(&case["good"])
    )
}

fn data(case: &Value) -> Dataset {
    let rows = case["rows"].as_array().unwrap();
    let closed: ArrayRef = Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| day(text(&row[0])))));
    let region: ArrayRef = Arc::new(StringArray::from_iter(rows.iter().map(|row| row[1].as_str())));
    let amount: Decimal128Array = rows.iter().map(|row| row[2].as_i64().map(i128::from)).collect();
    let amount: ArrayRef = Arc::new(amount.with_precision_and_scale(18, 2).unwrap());
    let batch =
        RecordBatch::try_from_iter([("closed", closed), ("region", region), ("amount", amount)]).unwrap();
    let mut data = Dataset::default();
    data.add_batches("deals", batch.schema(), vec![batch]);
    data
}

/// Compares as fractions, then that the text and the double say the same number.
fn check(figure: &Figure, wanted: &Value, what: &str) {
    let wanted: Option<BigRational> = wanted.as_str().map(|text| text.parse().unwrap());
    assert_eq!(figure.number().ok(), wanted.as_ref(), "{what}");
    assert_eq!(figure.number().is_err(), !figure.reason().is_empty(), "{what}");
    if let Some(wanted) = wanted {
        let text = figure.exact().unwrap();
        let read: BigRational = match text.split_once('.') {
            None => text.parse().unwrap(),
            Some((whole, digits)) => {
                let scale = num_traits::pow(num_bigint::BigInt::from(10), digits.len());
                BigRational::new(format!("{whole}{digits}").parse().unwrap(), scale)
            }
        };
        assert_eq!(read, wanted, "{what}: {text}");
    }
}

fn check_standing(standing: &Standing, wanted: &Value, what: &str) {
    for (name, figure) in [
        ("actual", &standing.actual),
        ("goal", &standing.goal),
        ("expected", &standing.expected),
        ("attainment", &standing.attainment),
        ("progress", &standing.progress),
        ("pace", &standing.pace),
        ("gap", &standing.gap),
        ("gap_to_goal", &standing.gap_to_goal),
    ] {
        check(figure, &wanted[name], &format!("{what} {name}"));
    }
    let status = standing.status.map(|status| status.word());
    assert_eq!(status, wanted["status"].as_str(), "{what} status");
}

fn evaluate(case: &Value) -> TargetStatus {
    let loaded = ripplemark::book::load_str(&book(case), "oracle.yaml")
        .unwrap_or_else(|problems| panic!("{problems}\n{}", book(case)));
    let as_of = case["as_of"].as_str().map(|text| Instant::Date(day(text)));
    target::evaluate(&loaded.book, &data(case), as_of).unwrap().remove(0)
}

#[test]
fn every_number_is_that_of_pythons_fractions() {
    let cases = cases();
    assert!(cases.len() >= 250);
    for case in &cases {
        let what = format!("case {}", case["number"]);
        let status = evaluate(case);
        check(&status.standing.elapsed, &case["elapsed"], &format!("{what} elapsed"));
        check_standing(&status.standing, &case["whole"], &what);
        let parts = case["parts"].as_array().unwrap();
        assert_eq!(status.parts.len(), parts.len(), "{what}");
        for (part, wanted) in status.parts.iter().zip(parts) {
            assert_eq!(part.key, text(&wanted["key"]), "{what}");
            check_standing(&part.standing, wanted, &format!("{what} {}", part.key));
        }
        let Some(gaps) = case["gaps"].as_object() else { continue };
        assert_eq!(status.gap_by_owner.len(), gaps.len(), "{what}");
        let mut sum = BigRational::from_integer(0.into());
        for gap in &status.gap_by_owner {
            let owner = if gap.owners.is_empty() { "unsplit".to_owned() } else { gap.owners.join(", ") };
            check(&gap.gap, &gaps[&owner], &format!("{what} gap of {owner}"));
            sum += gap.gap.number().unwrap();
        }
        if !gaps.is_empty() {
            assert_eq!(status.standing.gap.number().unwrap(), &sum, "{what}: gaps add up");
        }
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    for case in cases().iter().take(40) {
        let mut reversed = case.clone();
        reversed["rows"].as_array_mut().unwrap().reverse();
        let (one, other) = (evaluate(case), evaluate(&reversed));
        assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&other).unwrap());
    }
}
