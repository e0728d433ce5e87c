//! Our own stages at one million rows: loading a program, accumulating, end to end; 1 and 24 metrics.
//!
//! Every bench asserts its answer before it is timed: a wrong number has no speed.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ripplemark::{Evaluation, Program};
use ripplemark_benches::{ROWS, program, sales, sales_book};
use std::hint::black_box;
use std::time::Duration;

fn load(c: &mut Criterion) {
    let book = sales_book();
    let mut group = c.benchmark_group("load");
    for metrics in [1, 24] {
        let bytes = program(&book, metrics, true).bytes().to_vec();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("program of {metrics}"), |b| {
            b.iter(|| ripplemark::core::Program::from_bytes(black_box(&bytes)).map(|p| p.metric_count()));
        });
        group.bench_function(format!("compile {metrics}"), |b| b.iter(|| program(black_box(&book), metrics, true)));
    }
    group.bench_function("book of 24", |b| b.iter(sales_book));
    group.finish();
}

fn evaluate(program: &Program, batch: &arrow::record_batch::RecordBatch) -> Evaluation {
    let mut evaluation = Evaluation::new(program).unwrap_or_else(|e| panic!("{e}"));
    evaluation.feed("sales", batch).unwrap_or_else(|e| panic!("{e}"));
    evaluation
}

fn accumulate(c: &mut Criterion) {
    let book = sales_book();
    let mut group = c.benchmark_group("accumulate");
    group.throughput(Throughput::Elements(ROWS as u64)).sample_size(10);
    for (variant, batch) in [("dense", sales(ROWS, false)), ("half null", sales(ROWS, true))] {
        for (metrics, grouped) in [(1, false), (1, true), (24, false), (24, true)] {
            let program = program(&book, metrics, grouped);
            let read = evaluate(&program, &batch).rows_read("sales");
            assert_eq!(read.ok(), Some(ROWS as u64));
            let name = format!("{metrics} {} {variant}", if grouped { "by region, segment, month" } else { "total" });
            group.bench_function(name, |b| {
                b.iter_batched(|| (), |()| evaluate(&program, black_box(&batch)), BatchSize::LargeInput);
            });
        }
    }
    group.finish();
}

fn end_to_end(c: &mut Criterion) {
    let book = sales_book();
    let batch = sales(ROWS, false);
    let mut group = c.benchmark_group("end to end");
    group.throughput(Throughput::Elements(ROWS as u64)).sample_size(10);
    for metrics in [1, 24] {
        let run = || {
            let program = program(&book, metrics, true);
            evaluate(&program, &batch).finish().unwrap_or_else(|e| panic!("{e}"))
        };
        // Eight regions, four segments, 24 months and a bit.
        assert!(run().cells.len() >= metrics * 8 * 4 * 24);
        group.bench_function(format!("{metrics} by region, segment, month"), |b| b.iter(run));
    }
    group.finish();
}

criterion_group! {
    name = stages;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    targets = load, accumulate, end_to_end
}
criterion_main!(stages);
