//! Binding, seen from the core: every test reads what arrives through the borrowed columns, row by row.

mod accept;
mod decimals;
mod refuse;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use ripplemark_core::batch::{Column, Data, Text, TimeUnit};
use ripplemark_core::types::LogicalType;

use super::*;

/// A row as the core sees it.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    None,
    Invalid,
    Int(i128),
    Float(f64),
    Decimal(i128, u8),
    Bool(bool),
    Text(String),
    Day(i32),
    Time(i64, TimeUnit),
}

fn text(value: &str) -> Seen {
    Seen::Text(value.to_string())
}

fn see(column: &Column<'_>, row: usize) -> Seen {
    if column.invalid.is_some_and(|bits| bits.get(row)) {
        return Seen::Invalid;
    }
    if column.validity.is_some_and(|bits| !bits.get(row)) {
        return Seen::None;
    }
    let entry = |texts: &Text<'_>, at: usize| {
        Seen::Text(String::from_utf8(texts.get(at).expect("offsets inside the bytes").to_vec()).unwrap())
    };
    match &column.data {
        Data::I8(values) => Seen::Int(values[row].into()),
        Data::I16(values) => Seen::Int(values[row].into()),
        Data::I32(values) => Seen::Int(values[row].into()),
        Data::I64(values) => Seen::Int(values[row].into()),
        Data::U8(values) => Seen::Int(values[row].into()),
        Data::U16(values) => Seen::Int(values[row].into()),
        Data::U32(values) => Seen::Int(values[row].into()),
        Data::U64(values) => Seen::Int(values[row].into()),
        Data::F32(values) => Seen::Float(values[row].into()),
        Data::F64(values) => Seen::Float(values[row]),
        Data::Decimal128 { bytes, scale } => {
            let bytes = bytes[row * 16..row * 16 + 16].try_into().unwrap();
            Seen::Decimal(i128::from_le_bytes(bytes), *scale)
        }
        Data::Bool(bits) => Seen::Bool(bits.get(row)),
        Data::Utf8(texts) => entry(texts, row),
        Data::Dict { codes, values, valid } => {
            let code = codes.get(row).expect("a code for every row");
            if valid.is_some_and(|bits| !bits.get(code)) { Seen::None } else { entry(values, code) }
        }
        Data::Date32(values) => Seen::Day(values[row]),
        Data::Timestamp { values, unit } => Seen::Time(values[row], *unit),
        Data::Missing => Seen::None,
    }
}

fn table(ty: LogicalType) -> TableSpec {
    let column = ColumnSpec { name: "x".into(), source: "The X".into(), ty, format: None, required: true };
    TableSpec::new("t", vec![column])
}

fn schema_of(array: &ArrayRef) -> Schema {
    Schema::new(vec![Field::new("The X", array.data_type().clone(), true)])
}

fn bound(ty: LogicalType, array: &ArrayRef) -> Bound {
    let schema = schema_of(array);
    let binder = Binder::new(&table(ty), &schema).expect("a type that is accepted");
    let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::clone(array)]).unwrap();
    binder.bind(&batch).expect("a batch that can be laid out")
}

fn rows(bound: &Bound) -> Vec<Seen> {
    let columns = bound.columns();
    (0..bound.rows()).map(|row| see(&columns[0], row)).collect()
}

/// Binds the whole array, all of its slices of fewer rows, and an empty one, and compares each with `expected`.
#[track_caller]
fn assert_reads(ty: LogicalType, array: &ArrayRef, expected: &[Seen]) {
    assert_eq!(array.len(), expected.len());
    for from in 0..=expected.len() {
        for to in from..=expected.len() {
            let slice = array.slice(from, to - from);
            let bound = bound(ty, &slice);
            assert_eq!(rows(&bound), expected[from..to], "rows {from}..{to} of {}", array.data_type());
            let invalid = expected[from..to].iter().filter(|seen| **seen == Seen::Invalid).count();
            assert_eq!(bound.unreadable().first().map_or(0, |column| column.count), invalid);
            if let Some(first) = bound.unreadable().first() {
                assert_eq!(expected[from + first.row], Seen::Invalid);
                assert!(!expected[from..from + first.row].contains(&Seen::Invalid));
            }
        }
    }
}

#[track_caller]
fn refused(ty: LogicalType, array: &ArrayRef) -> String {
    let problems = Binder::new(&table(ty), &schema_of(array)).expect_err("a type that is refused");
    assert_eq!(problems.len(), 1);
    let message = problems[0].to_string();
    for part in ["`t`", "`x`", "`The X`", &array.data_type().to_string()] {
        assert!(message.contains(part), "{message} lacks {part}");
    }
    message
}
