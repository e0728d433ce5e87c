//! The meaning hash stays where only spelling changes, and moves where a number could; the wording hash is the other way
//! round, and is that of the receipt.
#![cfg(feature = "compile")]

mod support;

use ripplemark::model::{Book, MetricId, Query};
use ripplemark::{Evaluation, Program, book, check, lower};
use support::batch;

use arrow::array::{ArrayRef, BooleanArray, Int64Array};
use std::sync::Arc;

const BOOK: &str = r#"
ripplemark: 1
book: {id: acme, currency: EUR, timezone: Europe/Berlin}
teams: {sales: Sales, finance: Finance}
tables:
  deals:
    time: closed
    columns:
      closed: date
      seen: timestamp
      amount: decimal(2)
      qty: int
      rating: float
      won: bool
      stage: {type: category, allowed: [Won, Lost], values: {w: Won}}
metrics:
  - {name: base, owner: sales, agg: sum, expr: amount, filter: won}
  - {name: m, owner: sales, label: L, description: D, unit: money, ring: revenue, METRIC}
"#;

fn load(text: &str) -> Book {
    book::load_str(text, "book.yaml").unwrap_or_else(|refused| panic!("{text}\n{refused}")).book
}

fn with(metric: &str) -> String {
    BOOK.replace("METRIC", metric)
}

fn id(book: &Book, name: &str) -> MetricId {
    MetricId(book.metrics.iter().position(|metric| metric.name == name).expect("the metric"))
}

fn meaning(text: &str) -> [u8; 32] {
    // A unit would have to fit every formula here; it is a word, and no part of what is asked for.
    let book = load(&text.replace("unit: money, ", ""));
    lower::metric_meaning(&book, id(&book, "m"))
}

fn wording(text: &str) -> String {
    let book = load(text);
    check::wording(&book, id(&book, "m"))
}

#[test]
fn two_spellings_of_one_thing_mean_the_same() {
    let spellings: &[&[&str]] = &[
        &["agg: sum, expr: amount", "expr: sum(amount)", "expr: 'amount.sum()'", "expr: sum( (amount) )"],
        &["agg: sum, expr: amount", "expr: 'let a = sum(amount); a'", "agg: sum, expr: 'let a = amount; a'"],
        &[
            "agg: count, filter: won",
            "agg: count, where: won",
            "expr: count_if(won)",
            "agg: sum_boolean, expr: won",
        ],
        &["agg: avg, expr: qty", "agg: average, expr: qty", "expr: average(qty)", "expr: avg(qty)"],
        &[
            "agg: sum, expr: qty * 1_000",
            "agg: sum, expr: qty * 1000",
            "agg: sum, expr: '/* k */ qty * 1000 // k'",
        ],
        &[
            "agg: sum, expr: 'if won { qty } else { 0 }'",
            "agg: sum, expr: 'if won { return qty; } 0'",
            "agg: sum, expr: 'if won { let q = qty; q } else { 0 }'",
        ],
        &[
            "agg: count, filter: 'is_null(qty)'",
            "agg: count, filter: 'qty == ()'",
            "agg: count, filter: 'qty.is_null()'",
        ],
        &["agg: count, at: closed", "agg: count, agg_time_dimension: closed", "agg: count"],
        &["numerator: base, denominator: count()", "type: ratio, numerator: base, denominator: count()"],
        &["expr: base / count()", "expr: base per count()"],
    ];
    for same in spellings {
        let hashes: Vec<[u8; 32]> = same.iter().map(|metric| meaning(&with(metric))).collect();
        for (hash, metric) in hashes.iter().zip(*same) {
            assert_eq!(hash, &hashes[0], "{metric} is another meaning than {}", same[0]);
        }
    }
    let functions = with("agg: sum, expr: 'net(amount)'") + "functions: 'fn net(a) { a * 0.8 }'\n";
    assert_eq!(
        meaning(&functions),
        meaning(&with("agg: sum, expr: amount * 0.8")),
        "functions are written out"
    );
}

#[test]
fn order_layout_comments_owners_and_words_do_not_show() {
    let text = with("expr: base / count()");
    let wanted = meaning(&text);
    let changes: &[(&str, &str)] = &[
        ("teams: {sales: Sales, finance: Finance}", "teams: {finance: F, sales: S}"),
        ("owner: sales, label: L", "owner: [finance, sales], label: Other"),
        ("description: D, unit: money, ring: revenue", "description: Other"),
        ("book: {id: acme, currency: EUR", "book: {id: other, version: v7, currency: EUR"),
        ("metrics:", "# a comment\nmetrics: # another"),
        ("      amount: decimal(2)", "      amount: {source: Amount, description: net, type: decimal(2)}"),
        ("      qty: int\n", ""),
        ("tables:\n", "tables:\n  more: {columns: {qty: int}}\n"),
        ("metrics:\n", "metrics:\n  - {name: first, owner: sales, of: deals, expr: base * 2}\n"),
        ("{name: m, owner: sales, label: L", "{label: L, owner: sales, name: m"),
        ("expr: base / count()", "expr: \"base /\\\n    count()\""),
    ];
    for (old, new) in changes {
        // With a second table, metrics say which one they go over.
        let one = text.replace(old, new);
        assert_ne!(one, text, "{old}");
        let one = if one.contains("more:") {
            one.replace("owner: sales,", "owner: sales, of: deals,")
        } else {
            one
        };
        assert_eq!(meaning(&one), wanted, "{new}");
    }
    let base = "  - {name: base, owner: sales, agg: sum, expr: amount, filter: won}\n";
    let moved = text.replace(base, "") + base;
    assert_eq!(meaning(&moved), wanted, "the order of metrics");
    let renamed = text.replace("name: base", "name: renamed").replace("expr: base", "expr: renamed");
    assert_eq!(meaning(&renamed), wanted, "a metric stands for what it computes");
    let tree: serde_json::Value = serde_json::json!({
        "metrics": [
            {"expr": "base / count()", "owner": "sales", "name": "m"},
            {"filter": "won", "expr": "amount", "agg": "sum", "owner": "sales", "name": "base"}
        ],
        "tables": {"deals": {
            "columns": {
                "won": "bool", "amount": "decimal(2)", "closed": "date",
                "stage": {"values": {"w": "Won"}, "allowed": ["Won", "Lost"], "type": "category"}
            },
            "time": "closed"
        }},
        "teams": {"sales": "Sales"},
        "book": {"timezone": "Europe/Berlin", "currency": "EUR", "id": "acme"},
        "ripplemark": 1
    });
    assert_eq!(meaning(&tree.to_string()), wanted, "JSON");
}

#[test]
fn what_can_move_a_number_moves_the_hash() {
    let text = with("agg: count, filter: 'stage == \"Won\"', fill_nulls_with: 0");
    let wanted = meaning(&text);
    let changes: &[(&str, &str)] = &[
        ("values: {w: Won}", "values: {w: Lost}"),
        ("allowed: [Won, Lost]", "allowed: [Won, Lost, Open]"),
        ("stage == \"Won\"", "stage != \"Won\""),
        (", fill_nulls_with: 0", ""),
        ("fill_nulls_with: 0", "fill_nulls_with: 1"),
        ("agg: count,", "at: seen, agg: count,"),
    ];
    for (old, new) in changes {
        let other = text.replacen(old, new, 1);
        assert_ne!(other, text, "{old}");
        assert_ne!(meaning(&other), wanted, "{new}");
    }
    let on_base = with("expr: base * 2");
    let wanted = meaning(&on_base);
    for (old, new) in [("amount: decimal(2)", "amount: decimal(3)"), ("filter: won}", "filter: '!won'}")] {
        assert_ne!(meaning(&on_base.replace(old, new)), wanted, "{new}, in the metric below");
    }
    let local = with("agg: sum, expr: 'days_between(seen, seen)'");
    assert_ne!(meaning(&local), meaning(&local.replace("Europe/Berlin", "UTC")), "local days");
    let zoneless = with("agg: sum, expr: amount");
    assert_eq!(meaning(&zoneless), meaning(&zoneless.replace("Europe/Berlin", "UTC")), "no local days");
}

#[test]
fn the_wording_hash_sees_words_and_nothing_else() {
    let text = with("expr: base / count()");
    let wanted = wording(&text);
    for (old, new) in [
        ("label: L", "label: M"),
        ("description: D", "description: E"),
        ("unit: money", "unit: share"),
        ("ring: revenue", "ring: conversion"),
        ("owner: sales, label", "owner: finance, label"),
        ("currency: EUR", "currency: USD"),
    ] {
        let other = text.replacen(old, new, 1);
        assert_ne!(wording(&other), wanted, "{new}");
        assert_eq!(meaning(&other), meaning(&text), "{new}");
    }
    assert_eq!(wording(&text.replace("base / count()", "base")), wanted, "the formula is no wording");
}

#[test]
fn receipts_have_both_hashes() {
    let book = load(&with("agg: sum, expr: qty"));
    let query = Query { metrics: vec!["m".into()], ..Query::default() };
    let program = Program::compile(&book, &query).expect("a program");
    let qty: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let won: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    let mut evaluation = Evaluation::new(&program).expect("an evaluation");
    evaluation.feed("deals", &batch(vec![("qty", qty), ("won", won)])).expect("rows");
    let receipt = evaluation.finish().expect("a result").receipt;
    assert_eq!(receipt.definitions[0].wording, check::wording(&book, id(&book, "m")));
    let hex: String =
        lower::metric_meaning(&book, id(&book, "m")).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(receipt.metrics[0].1, hex);
}
