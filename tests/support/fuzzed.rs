//! What is done with hostile bytes: the same in the fuzz targets and in the tests that run their seeds.
#![allow(dead_code)]

use ripplemark::{Evaluation, Program, book, check, lang, lower, model};

/// Bytes as a book.
pub(crate) fn book(bytes: &[u8]) {
    let loaded = match book::load_bytes(bytes, "fuzz") {
        Ok(loaded) => loaded,
        Err(refused) => {
            assert!(refused.errors().next().is_some(), "refused without a reason");
            let _ = refused.to_string();
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            for problem in refused.all() {
                assert!(text.get(problem.span.clone()).is_some(), "{problem}");
            }
            // Making every change costs a round of reading for each; small books show as much.
            if text.len() < 4096 {
                let fixed = book::fix_str(text, "fuzz", None);
                assert!(book::fix_str(&fixed.text, "fuzz", None).done.is_empty(), "changes without end");
            }
            return;
        }
    };
    for (position, _) in loaded.book.metrics.iter().enumerate().take(16) {
        let id = model::MetricId(position);
        let _ = (lower::metric_meaning(&loaded.book, id), lower::exactness(&loaded.book, id));
        let _ = check::inexact(&loaded.book, id);
    }
    if loaded.book.metrics.len() <= 64 {
        let _ = (check::unanswerable(&loaded.book, "fuzz"), check::costs(&loaded.book));
    }
    if let Ok(program) = Program::compile(&loaded.book, &model::Query::default()) {
        self::program(program.bytes());
    }
}

/// Bytes as the text of a formula.
pub(crate) fn formula(bytes: &[u8]) {
    const BOOK: &str = "ripplemark: 1\nbook: {id: fuzz}\nteams: {t: T}\ntables:\n  x:\n    time: day\n    columns:\n      \
        {day: date, at: timestamp, n: int, d: decimal(2), f: float, b: bool, id: id, \
        c: {type: category, allowed: [a, b]}}\nfunctions: 'fn twice(v) { v + v }'\n\
        metrics: [{name: m, owner: t, agg: count}]";
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let book = book::load_str(BOOK, "fuzz").expect("the book").book;
    let functions = lang::Library::read(&["fn twice(v) { v + v }"]).expect("the functions");
    let metrics = [lang::MetricName { id: model::MetricId(0), name: "m" }];
    let is_inside = |at: &std::ops::Range<usize>| text.get(at.clone()).is_some();
    if let Some(table) = book.tables.first()
        && let Err(found) = lang::row_formula(text, table, &functions)
    {
        assert!(!found.is_empty() && found.iter().all(|problem| is_inside(&problem.at)));
    }
    let scope = lang::CellScope {
        tables: &book.tables,
        table: Some(model::TableId(0)),
        at: None,
        metrics: &metrics,
        functions: &functions,
        filter: None,
        on_row_error: ripplemark::model::OnRowError::default(),
    };
    match lang::cell_formula(text, &scope) {
        Err(found) => assert!(!found.is_empty() && found.iter().all(|problem| is_inside(&problem.at))),
        Ok(cell) => {
            let mut book = book.clone();
            if let Some(metric) = book.metrics.first_mut() {
                // A metric that names itself is refused where books are read, not here.
                if !text.contains('m') {
                    metric.value = cell;
                    let _ = Program::compile(&book, &model::Query::default());
                }
            }
        }
    }
}

/// Bytes as a program.
pub(crate) fn program(bytes: &[u8]) {
    let Ok(program) = Program::from_bytes(bytes) else { return };
    assert_eq!(program.bytes(), bytes, "a program is its bytes");
    let _ = program.tables();
    if let Ok(evaluation) = Evaluation::new(&program) {
        let _ = evaluation.finish();
    }
}
