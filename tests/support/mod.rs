//! What several test programs share: books, queries, and batches cut in every way.

#![allow(dead_code)] // Every test program is compiled by itself and uses only a part.

#[cfg(feature = "compile")]
pub(crate) mod drill;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use ripplemark::book;
use ripplemark::model::{Book, Query};
use ripplemark::{Evaluation, Program, ResultSet};

/// A file or folder below `tests/`.
pub(crate) fn tests_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// A book that must load; otherwise its problems are shown.
pub(crate) fn book(text: &str) -> Book {
    book::load_str(text, "book.yaml").unwrap_or_else(|problems| panic!("{problems}")).book
}

/// A program that must compile; otherwise its problems are shown.
pub(crate) fn compile(book: &Book, query: &Query) -> Program {
    Program::compile(book, query).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A query for everything in a book, by these dimensions.
pub(crate) fn by(dims: &[&str]) -> Query {
    Query { by: dims.iter().map(|dim| (*dim).to_owned()).collect(), ..Query::default() }
}

/// Columns as one batch; every column may hold nulls.
pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// An evaluation that was fed these batches.
pub(crate) fn fed(program: &Program, table: &str, batches: &[RecordBatch]) -> Evaluation {
    let mut evaluation = Evaluation::new(program).unwrap();
    for batch in batches {
        evaluation.feed(table, batch).unwrap();
    }
    evaluation
}

/// The result of one batch.
pub(crate) fn evaluate(program: &Program, table: &str, batch: &RecordBatch) -> ResultSet {
    fed(program, table, std::slice::from_ref(batch)).finish().unwrap()
}

/// A batch in pieces of `rows` rows, without copying.
pub(crate) fn pieces(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    (0..batch.num_rows())
        .step_by(rows.max(1))
        .map(|from| batch.slice(from, rows.min(batch.num_rows() - from)))
        .collect()
}

/// A batch with its rows in another order (or only some of them).
pub(crate) fn reordered(batch: &RecordBatch, rows: &[usize]) -> RecordBatch {
    let rows = arrow::array::UInt64Array::from_iter_values(rows.iter().map(|&row| row as u64));
    arrow::compute::take_record_batch(batch, &rows).unwrap()
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A small generator with a fixed seed (splitmix64), so that every run tests the same cases.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// The next 64 bits.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    /// The numbers below `end` in some order.
    pub(crate) fn order(&mut self, end: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..end).collect();
        for i in (1..end).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

/// Whether the long run was asked for.
pub(crate) fn full() -> bool {
    std::env::var_os("RIPPLEMARK_FULL").is_some_and(|value| value == "1")
}

/// Says something that the test runner does not hide: a test that did not run must not look as if it had.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "\n{line}");
}
