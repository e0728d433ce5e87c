//! A book of 1,000 metrics: read, checked as `check` does, compiled. The three together stay under 100 ms.

use criterion::{Criterion, criterion_group, criterion_main};
use ripplemark::book::load_str;
use ripplemark::model::Query;
use ripplemark::{Program, check};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

const METRICS: usize = 1_000;

/// Eight tables of twelve columns; sums, conditional counts, rates over other metrics, and chains of ten.
fn text() -> String {
    let mut text = String::from(
        "ripplemark: 1\nbook: {id: large, currency: EUR}\nteams: {sales: Sales, finance: Finance}\ntables:\n",
    );
    for table in 0..8 {
        let _ = write!(text, "  t{table}:\n    time: day\n    columns:\n      day: date\n      region: category\n");
        for column in 0..10 {
            let ty = ["decimal(2)", "int", "bool", "float", "category"][column % 5];
            let _ = writeln!(text, "      c{column}: {ty}");
        }
    }
    text.push_str("metrics:\n");
    for metric in 0..METRICS {
        let table = metric / 10 % 8;
        let head = format!("  - {{name: m{metric}, label: Metric {metric}, owner: sales, of: t{table}, ");
        let tail = match metric % 10 {
            0 => format!("agg: sum, expr: 'if c2 {{ c0 * {metric} }} else {{ c0 }}'}}"),
            1 => format!("agg: count, filter: 'c4 == \"v{metric}\" && c1 > {metric}'}}"),
            2 => "agg: average, expr: c1}".to_owned(),
            3 => format!("numerator: m{}, denominator: count()}}", metric - 1),
            _ => format!("expr: m{} + m{} / 2}}", metric - 1, metric - 2),
        };
        let _ = writeln!(text, "{head}{tail}");
    }
    text
}

fn books(c: &mut Criterion) {
    let text = text();
    let load = || load_str(black_box(&text), "large.yaml").unwrap_or_else(|refused| panic!("{refused}")).book;
    let book = load();
    assert_eq!(book.metrics.len(), METRICS);
    assert!(check::unanswerable(&book, "large.yaml").is_empty());
    let compile = || Program::compile(black_box(&book), &Query::default()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(compile().view().metric_count(), METRICS);
    let mut group = c.benchmark_group("book of 1,000 metrics");
    group.sample_size(20);
    group.bench_function("load", |b| b.iter(load));
    group.bench_function("check", |b| b.iter(|| check::unanswerable(black_box(&book), "large.yaml")));
    group.bench_function("compile", |b| b.iter(compile));
    group.bench_function("load, check, compile", |b| {
        b.iter(|| {
            let book = load();
            let problems = check::unanswerable(&book, "large.yaml").len();
            (problems, Program::compile(&book, &Query::default()).map(|program| program.bytes().len()))
        });
    });
    group.finish();
}

criterion_group! {
    name = book;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    targets = books
}
criterion_main!(book);
