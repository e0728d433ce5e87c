//! What is told of two results that differ in one thing: made by real evaluations, and by hand where an evaluation could
//! not make it.

use super::*;
use crate::book::load_str;
use crate::evaluate::{Receipt, ResultSet};
use crate::model::Query;
use crate::{Evaluation, Program};
use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

const BOOK: &str = "ripplemark: 1
book: {id: b, version: '1', currency: EUR, timezone: UTC}
teams: {s: Sales, f: Finance}
tables:
  t: {columns: {g: category, v: int}}
metrics:
";

const METRICS: &str = "  - {name: total, owner: s, of: t, agg: sum, expr: v}
  - {name: rows, owner: s, of: t, agg: count}
";

fn evaluate(metrics: &str, query: &Query, rows: &[(&str, i64)]) -> ResultSet {
    let book = load_str(&format!("{BOOK}{metrics}"), "b.yaml").unwrap().book;
    let mut evaluation = Evaluation::new(&Program::compile(&book, query).unwrap()).unwrap();
    let g: ArrayRef = Arc::new(rows.iter().map(|(g, _)| Some(*g)).collect::<StringArray>());
    let v: ArrayRef = Arc::new(rows.iter().map(|(_, v)| Some(*v)).collect::<Int64Array>());
    evaluation.feed("t", &RecordBatch::try_from_iter([("g", g), ("v", v)]).unwrap()).unwrap();
    evaluation.finish().unwrap()
}

fn by_g() -> Query {
    Query { by: vec!["g".into()], totals: true, ..Query::default() }
}

fn side(metrics: &str, query: &Query, rows: &[(&str, i64)]) -> Side {
    Side::from_result(&evaluate(metrics, query, rows))
}

const ROWS: [(&str, i64); 3] = [("a", 1), ("b", 2), ("a", 4)];

#[test]
fn the_same_rows_in_another_order_are_the_same() {
    let mut turned = ROWS;
    turned.reverse();
    let found = diff(&side(METRICS, &by_g(), &ROWS), &side(METRICS, &by_g(), &turned));
    assert!(found.same, "{found:?}");
    assert_eq!(found.values.as_ref().map(|values| values.equal), Some(6));
    assert_eq!(found.to_text(100, 20), "same receipt, same number\n");
}

#[test]
fn a_corrected_row_is_data_and_sorted_by_size() {
    let found =
        diff(&side(METRICS, &by_g(), &ROWS), &side(METRICS, &by_g(), &[("a", 1), ("b", -2), ("a", 10)]));
    assert_eq!((found.data, found.numbers), (Known::Changed, Known::Changed));
    assert!(!found.same && found.rows.is_empty() && found.definitions.is_empty());
    let values = found.values.unwrap();
    let seen: Vec<_> = values.changed.iter().map(|cell| (cell.at.len(), cell.difference)).collect();
    assert_eq!(seen, [(1, Some(6.0)), (1, Some(-4.0)), (0, Some(2.0))]);
    assert!(values.changed.iter().all(|cell| cell.causes == [Cause::Data]));
    assert_eq!(values.equal, 3);
}

#[test]
fn a_definition_explains_its_metric_alone() {
    let filtered = METRICS.replace("expr: v}", "expr: v, filter: v > 1}");
    let found = diff(&side(METRICS, &by_g(), &ROWS), &side(&filtered, &by_g(), &ROWS));
    let [change] = &found.definitions[..] else { panic!("{:?}", found.definitions) };
    assert_eq!((change.metric.as_str(), change.kind), ("total", DefinitionKind::Meaning));
    assert_eq!(change.formula.from.as_deref(), Some("sum(v)"));
    assert!(change.formula.to.as_deref().unwrap().contains("v > 1"));
    // The states cannot be compared, and no value needs the data as an explanation.
    assert_eq!(found.data, Known::Unknown);
    let values = found.values.unwrap();
    assert!(values.changed.iter().all(|cell| cell.metric == "total" && cell.causes == [Cause::Definition]));
    assert_eq!((values.changed.len(), values.equal), (2, 4));
}

#[test]
fn what_no_definition_explains_is_data() {
    let filtered = METRICS.replace("expr: v}", "expr: v, filter: v > 1}");
    // As many rows, one in another group: only the count of rows tells, which means the same.
    let moved = [("a", 1), ("b", 2), ("b", 4)];
    let found = diff(&side(METRICS, &by_g(), &ROWS), &side(&filtered, &by_g(), &moved));
    assert_eq!(found.data, Known::Changed);
    for cell in &found.values.unwrap().changed {
        let expected: &[Cause] =
            if cell.metric == "rows" { &[Cause::Data] } else { &[Cause::Definition, Cause::Data] };
        assert_eq!(cell.causes, expected, "{cell:?}");
    }
}

#[test]
fn another_owner_is_told_and_changes_no_number() {
    let owned = METRICS.replace("name: total, owner: s", "name: total, owner: f");
    let found = diff(&side(METRICS, &by_g(), &ROWS), &side(&owned, &by_g(), &ROWS));
    assert_eq!((found.numbers, found.data, found.same), (Known::Same, Known::Same, false));
    let [change] = &found.definitions[..] else { panic!("{:?}", found.definitions) };
    assert_eq!(change.kind, DefinitionKind::Wording);
    assert_eq!(change.owner, Change { from: Some("Sales".into()), to: Some("Finance".into()) });
    assert!(found.to_text(100, 20).contains("owner Sales → Finance"));
}

#[test]
fn a_filter_and_a_dimension_are_parts_of_the_question() {
    let asked = Query { filter: Some("v > 1".into()), ..Query::default() };
    let found = diff(&side(METRICS, &by_g(), &ROWS), &side(METRICS, &asked, &ROWS));
    let parts: Vec<_> = found.question.iter().map(|part| part.part).collect();
    assert_eq!(parts, ["by", "filter", "totals"]);
    let whats: Vec<_> = found.rows.iter().map(|row| row.what.as_str()).collect();
    assert_eq!(whats, ["used", "rejected: filtered"]);
    let values = found.values.unwrap();
    assert!(values.changed.iter().all(|cell| cell.at.is_empty() && cell.causes.contains(&Cause::Question)));
    assert_eq!((values.changed.len(), values.removed.len(), values.added.len()), (2, 4, 0));
}

#[test]
fn a_new_metric_needs_no_other_explanation() {
    let more = format!("{METRICS}  - {{name: mean, owner: s, of: t, agg: average, expr: v}}\n");
    let found = diff(
        &side(METRICS, &by_g(), &ROWS),
        &side(&more, &by_g(), &[("a", 1), ("b", 2), ("a", 4), ("c", 1)]),
    );
    let [change] = &found.definitions[..] else { panic!("{:?}", found.definitions) };
    assert_eq!((change.metric.as_str(), change.kind), ("mean", DefinitionKind::Added));
    let values = found.values.unwrap();
    for cell in &values.added {
        let expected = if cell.metric == "mean" { Cause::Definition } else { Cause::Data };
        assert_eq!(cell.causes, [expected], "{cell:?}");
    }
    assert_eq!(values.added.len(), 6);
}

#[test]
fn all_forms_of_a_result_are_one() {
    let set = evaluate(METRICS, &by_g(), &[("a", 1), ("", 3), ("true", 4)]);
    let own = Side::from_result(&set);
    assert_eq!(Side::from_json(&set.to_json().to_string()).unwrap(), own);
    let batch = set.to_record_batch();
    let parts = [batch.slice(0, 2), batch.slice(2, batch.num_rows() - 2)];
    assert_eq!(Side::from_batches(batch.schema().metadata(), &parts).unwrap(), own);
    assert_eq!(Side::from_json(&set.receipt.to_json()).unwrap(), Side::from_receipt(set.receipt.clone()));
}

#[test]
fn receipts_alone_tell_no_values() {
    let [old, new] = [&ROWS[..], &ROWS[..2]].map(|rows| evaluate(METRICS, &by_g(), rows).receipt);
    let found = diff(&Side::from_receipt(old.clone()), &Side::from_receipt(new));
    assert_eq!((found.values.is_none(), found.data), (true, Known::Changed));
    let read = &found.rows[0];
    assert_eq!(
        (read.what.as_str(), read.change.from.as_deref(), read.change.to.as_deref()),
        ("read", Some("3"), Some("2"))
    );
    assert!(diff(&Side::from_receipt(old.clone()), &Side::from_receipt(old)).same);
}

#[test]
fn receipts_of_earlier_and_later_versions_are_read() {
    let whole = evaluate(METRICS, &by_g(), &ROWS).receipt;
    let mut value: serde_json::Value = serde_json::from_str(&whole.to_json()).unwrap();
    let fields = value.as_object_mut().unwrap();
    for later in ["definitions", "question", "lookups"] {
        assert!(fields.remove(later).is_some());
    }
    fields.insert("of a later version".into(), 1.into());
    let row = fields["rows"][0].as_object_mut().unwrap();
    row.remove("latest");
    row.insert("rejected".into(), serde_json::json!([["filtered", 2], ["a reason of a later version", 1]]));
    let older = Receipt::from_json(&value.to_string()).unwrap();
    assert_eq!(older.rows[0].rejected, [("filtered", 2), ("other", 1)]);
    let found = diff(&Side::from_receipt(older), &Side::from_receipt(whole));
    assert!(!found.question_known && found.question.is_empty() && found.definitions.is_empty());
    assert_eq!((found.data, found.numbers), (Known::Same, Known::Same));
}

#[test]
fn what_is_no_receipt_is_refused_with_words() {
    let good = evaluate(METRICS, &by_g(), &ROWS);
    let json = good.to_json().to_string();
    for (text, words) in [
        ("", "neither a receipt nor a result"),
        ("a,b\n1,2\n", "neither a receipt nor a result"),
        ("[1]", "no receipt"),
        ("{}", "missing field"),
        (&json.replacen("\"state\":", "\"stat\":", 1), "missing field `state`"),
        (&json.replacen("\"level\":", "\"lvl\":", 1), "cell 0"),
        (
            r#"{"cells": 1, "receipt": {"engine": "0", "program": "", "signature": "", "state": "", "result": "", "metrics": [], "rows": []}}"#,
            "not a list",
        ),
    ] {
        let error = Side::from_json(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    for cut in 0..json.len() {
        assert!(json.get(..cut).is_none_or(|text| Side::from_json(text).is_err()), "{cut}");
    }
    let twice =
        RecordBatch::try_new(good.to_record_batch().schema(), good.to_record_batch().columns().to_vec())
            .unwrap();
    let refused = Side::from_batches(twice.schema().metadata(), &[twice.clone(), twice.clone()]);
    assert!(refused.unwrap_err().to_string().contains("two cells"));
    assert!(
        Side::from_batches(&Default::default(), &[]).unwrap_err().to_string().contains("ripplemark.receipt")
    );
}

#[test]
fn exact_values_are_subtracted_exactly() {
    let cell =
        |value: f64, exact: &str| Cell { value: Some(value), exact: Some(exact.into()), ..Cell::default() };
    let cells = |cell: Cell| [(("m".to_owned(), vec![]), cell)].into_iter().collect();
    let receipt = || evaluate(METRICS, &by_g(), &ROWS).receipt;
    let of = |from: Cell, to: Cell| {
        let side = |cell| Side { receipt: receipt(), cells: Some(cells(cell)) };
        diff(&side(from), &side(to)).values.unwrap().changed[0].difference
    };
    // The doubles differ by 0.09999999999999998.
    assert_eq!(of(cell(0.2, "0.2"), cell(0.3, "0.3")), Some(0.1));
    assert_eq!(of(cell(1.0 / 3.0, "1/3"), cell(0.5, "1/2")), Some(1.0 / 6.0));
    assert_eq!(of(cell(-0.5, "-0.5"), cell(0.25, "0.25")), Some(0.75));
    assert_eq!(of(cell(0.2, "1/0"), cell(0.3, "x")), Some(0.3 - 0.2));
}

#[test]
fn as_many_digits_are_shown_as_it_takes() {
    let side = |value: f64| {
        let cell = Cell { value: Some(value), ..Cell::default() };
        let cells = [(("m".to_owned(), vec![]), cell)].into_iter().collect();
        Side { receipt: evaluate(METRICS, &by_g(), &ROWS).receipt, cells: Some(cells) }
    };
    let text = |from: f64, to: f64| diff(&side(from), &side(to)).to_text(100, 20);
    let (near, nearer) = (0.1 + 0.2, 0.3);
    let close = text(near, nearer);
    assert!(close.contains("0.30000000000000004") && close.contains("-5.551115123125783e-17"), "{close}");
    let far = text(1.0 / 3.0, 1234.5);
    assert!(far.contains("0.333333  1,234.5  +1,234.166667"), "{far}");
}
