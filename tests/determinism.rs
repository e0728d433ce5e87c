//! One SHA-256 for one question, however the rows are sorted, cut, merged or read.
//!
//! The question is `determinism.yaml`, the rows are `data/determinism.csv`, the hash is `determinism.sha256`. Other
//! languages and builds compare with the same file. Every number is checked against `determinism_reference.py`, which
//! shares nothing with ripplemark. With `RIPPLEMARK_DETERMINISM_OUT` set to a folder, program, state and result are
//! written there; `RIPPLEMARK_BLESS=1` writes the hash anew.
#![cfg(all(feature = "compile", feature = "io"))]

mod support;

use std::path::PathBuf;
use std::process::Command;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use ripplemark::model::{Grain, Query};
use ripplemark::read::{ReadOptions, open};
use ripplemark::{Evaluation, Program, book};
use support::{Dice, compile, fed, hex, pieces, reordered, tests_path};

fn program() -> Program {
    let book = book::load_path(tests_path("determinism.yaml")).unwrap_or_else(|e| panic!("{e}")).book;
    let query =
        Query { by: vec!["region".to_owned()], grain: Some(Grain::Month), totals: true, ..Query::default() };
    compile(&book, &query)
}

fn rows() -> RecordBatch {
    let reader = open(tests_path("data/determinism.csv"), &ReadOptions::default()).unwrap();
    let schema = reader.schema();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let rows = concat_batches(&schema, &batches).unwrap();
    assert!(rows.num_rows() > 1000);
    rows
}

/// The committed hash, as hex.
fn committed() -> String {
    std::fs::read_to_string(tests_path("determinism.sha256")).unwrap_or_default().trim().to_owned()
}

fn hash_of(evaluation: &Evaluation) -> String {
    hex(&evaluation.finish().unwrap().hash())
}

/// Where the artefacts of this run go.
fn out() -> PathBuf {
    let folder = std::env::var_os("RIPPLEMARK_DETERMINISM_OUT")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("determinism"), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn the_hash_is_the_committed_one() {
    let evaluation = fed(&program(), "facts", &[rows()]);
    let hash = hash_of(&evaluation);
    if std::env::var_os("RIPPLEMARK_BLESS").is_some() {
        std::fs::write(tests_path("determinism.sha256"), format!("{hash}\n")).unwrap();
    }
    println!("determinism: {hash}");
    assert_eq!(hash, committed());
}

#[test]
fn sorted_shuffled_and_in_batches_of_every_size() {
    let (program, rows) = (program(), rows());
    let mut dice = Dice(5);
    let count = rows.num_rows();
    let orders = [(0..count).collect(), (0..count).rev().collect(), dice.order(count), dice.order(count)];
    let state = fed(&program, "facts", std::slice::from_ref(&rows)).state_bytes().unwrap();
    for (i, order) in orders.iter().enumerate() {
        let rows = reordered(&rows, order);
        // Single rows are slow, so only the last order is cut that small.
        let smallest = if i == 3 { 1 } else { 7 };
        for size in [smallest, 64, 1000, count] {
            let evaluation = fed(&program, "facts", &pieces(&rows, size));
            assert_eq!(hash_of(&evaluation), committed(), "batches of {size}");
            assert!(evaluation.state_bytes().unwrap() == state, "batches of {size}");
        }
    }
}

#[test]
fn parts_merged_in_every_order() {
    let (program, rows) = (program(), rows());
    let thirds: Vec<_> = pieces(&rows, rows.num_rows().div_ceil(3))
        .iter()
        .map(|part| fed(&program, "facts", std::slice::from_ref(part)))
        .collect();
    assert_eq!(thirds.len(), 3);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut left = Evaluation::new(&program).unwrap();
        order.iter().for_each(|&i| left.merge(&thirds[i]).unwrap());
        assert_eq!(hash_of(&left), committed(), "{order:?} one after the other");
        // The other tree, and through bytes.
        let [a, b, c] = order;
        let mut right = Evaluation::new(&program).unwrap();
        right.merge_bytes(&thirds[b].state_bytes().unwrap()).unwrap();
        right.merge_bytes(&thirds[c].state_bytes().unwrap()).unwrap();
        let mut whole = Evaluation::new(&program).unwrap();
        whole.merge_bytes(&thirds[a].state_bytes().unwrap()).unwrap();
        whole.merge(&right).unwrap();
        assert_eq!(hash_of(&whole), committed(), "{order:?} through bytes");
    }
}

#[test]
fn threads_that_take_rows_as_they_come() {
    let (program, rows) = (program(), rows());
    for threads in [2, 8] {
        let next = std::sync::atomic::AtomicUsize::new(0);
        let batches = pieces(&rows, 13);
        let mut whole = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| {
                        let mut own = Evaluation::new(&program).unwrap();
                        while let Some(batch) =
                            batches.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                        {
                            own.feed("facts", batch).unwrap();
                        }
                        own
                    })
                })
                .collect();
            let mut parts = workers.into_iter().map(|worker| worker.join().unwrap());
            let mut first = parts.next().unwrap();
            parts.for_each(|part| first.merge(&part).unwrap());
            first
        });
        assert_eq!(hash_of(&whole), committed(), "{threads} threads");
        // Nothing is left over: merging an empty evaluation changes nothing.
        whole.merge(&Evaluation::new(&program).unwrap()).unwrap();
        assert_eq!(hash_of(&whole), committed());
    }
}

#[test]
fn every_number_is_that_of_the_independent_reference() {
    let (program, rows) = (program(), rows());
    let evaluation = fed(&program, "facts", &[rows]);
    let result = evaluation.finish().unwrap();
    let folder = out();
    let json = folder.join("determinism.json");
    std::fs::write(&json, serde_json::to_string_pretty(&result.to_json()).unwrap()).unwrap();
    std::fs::write(folder.join("determinism.rmp"), program.bytes()).unwrap();
    std::fs::write(folder.join("determinism.state"), evaluation.state_bytes().unwrap()).unwrap();
    std::fs::write(folder.join("determinism.sha256"), hex(&result.hash())).unwrap();
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let run = Command::new(&python).arg(tests_path("determinism_reference.py")).arg(&json).output();
    let Ok(run) = run else {
        support::say(&format!("SKIPPED: no {python} for the independent reference"));
        return;
    };
    let said = String::from_utf8_lossy(&run.stdout);
    println!("{said}");
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
}
