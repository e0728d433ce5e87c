//! Lookups from data to results: which rows find what, what is refused, and what is counted.

#![cfg(feature = "compile")]

mod bytes;
mod feeding;
mod times;

use crate::evaluate::ResultSet;
use crate::lookup::LookupReport;
use crate::model::Query;
use crate::{Error, Evaluation, Program};
use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use std::sync::Arc;

/// A program for all metrics of a book by these dimensions.
fn program(tables: &str, metrics: &str, by: &[&str]) -> Program {
    let text = format!(
        "ripplemark: 1\nbook: {{id: acme}}\nteams: {{s: S}}\ntables:\n{tables}\nmetrics:\n{metrics}\n"
    );
    let book = crate::book::load_str(&text, "acme.yaml").unwrap_or_else(|refused| panic!("{refused}")).book;
    let query = Query { by: by.iter().map(|name| (*name).to_owned()).collect(), ..Query::default() };
    Program::compile(&book, &query).unwrap_or_else(|refused| panic!("{refused}"))
}

fn text(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn days(values: &[Option<i32>]) -> ArrayRef {
    Arc::new(Date32Array::from(values.to_vec()))
}

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns.iter().map(|(_, array)| array.clone()).collect(),
    )
    .unwrap()
}

/// Feeds tables in the order given.
fn fed(program: &Program, tables: &[(&str, RecordBatch)]) -> Result<Evaluation, Error> {
    let mut evaluation = Evaluation::new(program)?;
    for (table, batch) in tables {
        evaluation.feed(table, batch)?;
    }
    Ok(evaluation)
}

/// `group=value` of one metric, in the order of the result.
fn cells(set: &ResultSet, metric: &str) -> String {
    let shown = |cell: &crate::evaluate::ResultCell| {
        let key: Vec<String> = cell.key.iter().map(ToString::to_string).collect();
        format!("{}={}", key.join("/"), cell.value.map_or_else(|| "-".to_owned(), |value| value.to_string()))
    };
    set.metric(metric).map(shown).collect::<Vec<_>>().join(" ")
}

fn report<'s>(set: &'s ResultSet, table: &str, path: &str) -> &'s LookupReport {
    set.lookups.iter().find(|report| report.table == table && report.path == path).unwrap()
}

/// matched, key missing, unmatched, no time, outside.
fn counts(report: &LookupReport) -> [u64; 5] {
    [report.matched, report.key_missing, report.unmatched, report.no_time, report.outside]
}
