//! `on_row_error`: what becomes of rows whose arithmetic, or one of whose values, has failed.
//!
//! What a metric leaves out is computed a second time here, in plain Rust over 128-bit integers, row by row.
#![cfg(feature = "compile")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use ripplemark::evaluate::{Coordinate, Receipt, RowErrors};
use ripplemark::lower::metric_meaning;
use ripplemark::model::MetricId;
use ripplemark::rows::{CellAddress, DrillOptions, DrillThrough, Why};
use ripplemark::{ResultSet, book};
use support::{Dice, batch, by, compile, evaluate, fed, pieces};

fn text(default: &str, product: &str) -> String {
    format!(
        r#"
ripplemark: 1
book: {{id: errors{default}}}
teams: {{we: We}}
tables:
  t: {{columns: {{g: category, a: int, b: int, c: int}}}}
metrics:
  - {{name: product, owner: we, of: t, agg: sum, expr: 'a * b', filter: 'c % b >= 0'{product}}}
  - {{name: plain, owner: we, of: t, agg: sum, expr: 'c'{product}}}
  - {{name: twice, owner: we, expr: product * 2}}
  - {{name: rows, owner: we, of: t, expr: count()}}
"#
    )
}

#[derive(Clone, Copy)]
struct Row {
    g: &'static str,
    a: Option<i64>,
    b: Option<i64>,
    /// As text: some are no integers.
    c: Option<&'static str>,
}

const TEXTS: [&str; 6] = ["7", "-7", "x", "0", "9223372036854775807", "1.5"];

fn rows(dice: &mut Dice, count: usize) -> Vec<Row> {
    let value = |dice: &mut Dice| [-3, 0, 2, 5, i64::MAX, i64::MIN][dice.below(6)];
    (0..count)
        .map(|_| Row {
            g: ["x", "y"][dice.below(2)],
            a: (dice.below(7) > 0).then(|| value(dice)),
            b: (dice.below(7) > 0).then(|| value(dice)),
            c: (dice.below(7) > 0).then(|| TEXTS[dice.below(6)]),
        })
        .collect()
}

fn data(rows: &[Row]) -> RecordBatch {
    batch(vec![
        ("g", Arc::new(rows.iter().map(|row| Some(row.g)).collect::<StringArray>())),
        ("a", Arc::new(rows.iter().map(|row| row.a).collect::<Int64Array>())),
        ("b", Arc::new(rows.iter().map(|row| row.b).collect::<Int64Array>())),
        ("c", Arc::new(rows.iter().map(|row| row.c).collect::<StringArray>())),
    ])
}

/// What a row is to a metric: it enters, or is missing or filtered, or has failed for this first reason.
type Fate = Result<Option<i64>, &'static str>;

fn plain(row: &Row) -> Fate {
    match row.c {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| "invalid_input"),
    }
}

fn product(row: &Row) -> Fate {
    let condition = match (plain(row), row.b) {
        (Err(why), _) => return Err(why),
        (Ok(Some(_)), Some(0)) => return Err("zero_denominator"),
        (Ok(Some(c)), Some(b)) => c.checked_rem(b).ok_or("overflow")? >= 0,
        _ => return Ok(None),
    };
    match (condition, row.a, row.b) {
        (true, Some(a), Some(b)) => a.checked_mul(b).map(Some).ok_or("overflow"),
        _ => Ok(None),
    }
}

/// Sum, rows, and rows left out by reason.
fn wanted(rows: &[Row], of: fn(&Row) -> Fate) -> (i128, u64, BTreeMap<String, u64>) {
    let mut all = (0, 0, BTreeMap::new());
    for row in rows {
        match of(row) {
            Ok(Some(value)) => (all.0, all.1) = (all.0 + i128::from(value), all.1 + 1),
            Ok(None) => {}
            Err(why) => *all.2.entry(why.to_owned()).or_default() += 1,
        }
    }
    all
}

fn told(result: &ResultSet, metric: &str) -> BTreeMap<String, u64> {
    let of = result.row_errors.iter().filter(|errors| errors.metric == metric);
    of.flat_map(|errors| errors.rejected.iter().cloned()).collect()
}

#[test]
fn rows_that_fail_are_left_out_and_counted() {
    let rows = rows(&mut Dice(1), 2_000);
    let batch = data(&rows);
    for (default, metric) in [("", ", on_row_error: reject"), (", on_row_error: reject", "")] {
        let book = support::book(&text(default, metric));
        let program = compile(&book, &by(&["g"]));
        let mut evaluation = fed(&program, "t", &pieces(&batch.slice(700, 1_300), 61));
        evaluation.merge_bytes(&fed(&program, "t", &[batch.slice(0, 700)]).state_bytes().unwrap()).unwrap();
        let result = evaluation.finish().unwrap();
        for group in ["x", "y"] {
            let own: Vec<Row> = rows.iter().copied().filter(|row| row.g == group).collect();
            for (name, of) in [("product", product as fn(&Row) -> Fate), ("plain", plain)] {
                let (sum, n, failed) = wanted(&own, of);
                let key = [Coordinate::Text(group.to_owned())];
                let cell = result.metric(name).find(|cell| *cell.key == key).unwrap();
                assert_eq!(cell.exact.as_deref(), Some(&*sum.to_string()), "{name} {group}");
                assert_eq!(cell.n, n);
                assert!(n > 0 && !failed.is_empty());
            }
        }
        let failed = wanted(&rows, product).2;
        assert!(failed.len() == 3, "{failed:?}");
        assert_eq!(told(&result, "product"), failed);
        // What a metric stands on has been left out under its own name, too.
        assert_eq!(told(&result, "twice"), failed);
        assert_eq!(told(&result, "plain"), wanted(&rows, plain).2);
        assert_eq!(told(&result, "rows"), BTreeMap::new());
        let receipt = Receipt::from_json(&result.receipt.to_json()).unwrap();
        assert_eq!(receipt.row_errors, result.row_errors);
        assert!(
            result.notes().iter().any(|note| note.starts_with("product leaves rows of t out that failed: "))
        );
        // Nothing fails any more, and nothing is left over: each row has one place.
        let address = CellAddress::parse(&program, "product", [("g", "x")]).unwrap();
        let mut drill = DrillThrough::new(&program, address, DrillOptions::default()).unwrap();
        drill.feed("t", &batch).unwrap();
        let counts = drill.finish().tables.remove(0).counts;
        let own: Vec<Row> = rows.iter().copied().filter(|row| row.g == "x").collect();
        let (_, n, failed) = wanted(&own, product);
        let errors = counts.others.iter().find(|(why, _)| *why == Why::RowError).map(|(_, rows)| *rows);
        assert_eq!((counts.counted, counts.failed, errors), (n, 0, Some(failed.values().sum())));
    }
}

#[test]
fn by_default_a_row_that_fails_takes_the_value() {
    let rows = rows(&mut Dice(1), 200);
    for (default, metric) in [("", ""), (", on_row_error: reject", ", on_row_error: fail_cell")] {
        let result = evaluate(&compile(&support::book(&text(default, metric)), &by(&[])), "t", &data(&rows));
        let cell = result.total("product").unwrap();
        assert_eq!(cell.value, None);
        assert_eq!(cell.reasons.to_string(), "zero_denominator|overflow|invalid_input");
        assert_eq!(result.row_errors, [] as [RowErrors; 0]);
    }
}

#[test]
fn leaving_rows_out_is_a_part_of_the_meaning() {
    let meaning =
        |default: &str, metric: &str| metric_meaning(&support::book(&text(default, metric)), MetricId(0));
    let reject = meaning("", ", on_row_error: reject");
    assert_ne!(reject, meaning("", ""));
    assert_eq!(reject, meaning(", on_row_error: reject", ""));
    assert_eq!(meaning("", ""), meaning("", ", on_row_error: fail_cell"));
    // Rows are one set, whoever leaves which of them out: the slots differ, so states do not mix them up.
    let rows = data(&rows(&mut Dice(2), 50));
    let fed_by = |metric: &str| {
        let book = support::book(&text("", metric));
        fed(&compile(&book, &by(&[])), "t", std::slice::from_ref(&rows))
    };
    let bytes = fed_by("").state_bytes().unwrap();
    assert!(fed_by(", on_row_error: reject").merge_bytes(&bytes).is_err_and(|error| error.is_bytes()));
}

#[test]
fn the_key_is_checked() {
    let codes = |text: &str| -> Vec<&'static str> {
        let problems = book::load_str(text, "b.yaml").expect_err(text);
        problems.all().iter().map(|problem| problem.code).collect()
    };
    assert_eq!(codes(&text("", ", on_row_error: rejct")), ["RM0121", "RM0121"]);
    assert_eq!(codes(&text(", on_row_error: drop", "")), ["RM0121"]);
    let derived = text("", "").replace("expr: product * 2", "expr: product * 2, on_row_error: reject");
    assert_eq!(codes(&derived), ["RM0132"]);
}
