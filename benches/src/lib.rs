//! The data and the book that the benches share: a sales fact table and 24 KPIs over it.
//!
//! Data come from a fixed linear congruential generator, so every run and every machine sees the same rows.

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, StringArray};
use arrow::record_batch::RecordBatch;
use ripplemark::model::{Book, Query};
use ripplemark::{Program, book};
use std::sync::Arc;

/// The book: one table, 24 metrics.
pub const BOOK: &str = include_str!("../sales.yaml");

/// Rows of the benches.
pub const ROWS: usize = 1_000_000;

struct Generator(u64);

impl Generator {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The sales book, checked.
///
/// # Panics
/// If the book is wrong, which a bench should not survive.
#[must_use]
pub fn sales_book() -> Book {
    book::load_str(BOOK, "sales.yaml").unwrap_or_else(|problems| panic!("{problems}")).book
}

/// A program over the sales book: the first metric or all 24, by region, segment and month or without groups.
///
/// # Panics
/// If the query does not compile.
#[must_use]
pub fn program(book: &Book, metrics: usize, grouped: bool) -> Program {
    let query = Query {
        metrics: book.metrics.iter().skip(if metrics == 1 { 10 } else { 0 }).take(metrics).map(|m| m.name.clone()).collect(),
        by: if grouped { vec!["region".into(), "segment".into()] } else { Vec::new() },
        grain: grouped.then_some(ripplemark::model::Grain::Month),
        ..Query::default()
    };
    Program::compile(book, &query).unwrap_or_else(|problems| panic!("{problems}"))
}

fn category(generator: &mut Generator, rows: usize, values: &[&str]) -> ArrayRef {
    let codes: Int32Array = (0..rows).map(|_| generator.below(values.len() as u64) as i32).collect();
    let values = Arc::new(StringArray::from(values.to_vec()));
    match DictionaryArray::try_new(codes, values) {
        Ok(array) => Arc::new(array),
        Err(error) => panic!("{error}"),
    }
}

/// Sales rows in time order; with `half_null`, every other amount is missing.
///
/// # Panics
/// Never: the columns have equal lengths.
#[must_use]
pub fn sales(rows: usize, half_null: bool) -> RecordBatch {
    let mut g = Generator(42);
    let day: ArrayRef = Arc::new((0..rows).map(|i| Some(19_000 + (i * 730 / rows.max(1)) as i32)).collect::<Date32Array>());
    let region = category(&mut g, rows, &["NA", "EMEA", "APAC", "LATAM", "DACH", "UKI", "NORDICS", "ANZ"]);
    let segment = category(&mut g, rows, &["smb", "mid", "enterprise", "public"]);
    let stage = category(&mut g, rows, &["lead", "mql", "sql", "open", "won", "lost", "churned"]);
    let amount: ArrayRef = Arc::new(
        (0..rows)
            .map(|i| (!half_null || i % 2 == 0).then(|| g.below(10_000_000) as f64 / 100.0))
            .collect::<Float64Array>(),
    );
    let discount: ArrayRef = Arc::new((0..rows).map(|_| Some(g.below(40) as f64 / 100.0)).collect::<Float64Array>());
    let cost = (0..rows).map(|_| Some(i128::from(g.below(500_000)))).collect::<Decimal128Array>();
    let cost: ArrayRef = match cost.with_precision_and_scale(18, 2) {
        Ok(array) => Arc::new(array),
        Err(error) => panic!("{error}"),
    };
    let hours: ArrayRef = Arc::new(
        (0..rows).map(|_| (g.below(20) != 0).then(|| g.below(9_600) as f64 / 100.0)).collect::<Float64Array>(),
    );
    let is_new: ArrayRef = Arc::new((0..rows).map(|_| Some(g.below(3) == 0)).collect::<BooleanArray>());
    let columns = [
        ("day", day),
        ("region", region),
        ("segment", segment),
        ("stage", stage),
        ("amount", amount),
        ("discount", discount),
        ("cost", cost),
        ("response_hours", hours),
        ("is_new", is_new),
    ];
    match RecordBatch::try_from_iter(columns) {
        Ok(batch) => batch,
        Err(error) => panic!("{error}"),
    }
}
