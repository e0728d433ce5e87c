//! What is refused, and whether the message helps.

use arrow::array::*;
use arrow::datatypes::{DataType, TimeUnit as ArrowUnit};

use super::*;
use LogicalType::{Bool, Category, Date, Decimal, Float, Id, Int, Timestamp};

fn empty(ty: DataType) -> ArrayRef {
    new_empty_array(&ty)
}

#[test]
fn types_that_would_change_their_meaning() {
    let cases = [
        (Int, DataType::Float64, "`float`"),
        (Int, DataType::Decimal128(10, 2), "`decimal(2)`"),
        (Int, DataType::Boolean, "`bool`"),
        (Float, DataType::Decimal128(10, 4), "`decimal(4)`"),
        (Float, DataType::Decimal128(10, 0), "`decimal(0)`"),
        (Id, DataType::Float32, "text or integers"),
        (Id, DataType::Boolean, "`bool`"),
        (Category, DataType::Int32, "`id`"),
        (Category, DataType::Boolean, "`bool`"),
        (Bool, DataType::Int8, "`int`"),
        (Date, DataType::Timestamp(ArrowUnit::Nanosecond, Some("UTC".into())), "`timestamp`"),
        (Timestamp, DataType::Date32, "`date`"),
        (Timestamp, DataType::Int64, "unit"),
        (Date, DataType::Int32, "unit"),
        (Decimal(2), DataType::Date32, "`date`"),
        (Category, DataType::FixedSizeBinary(16), "text"),
        (Int, DataType::Time64(ArrowUnit::Microsecond), "whole number"),
        (Category, DataType::new_list(DataType::Utf8, true), "unnest"),
    ];
    for (declared, arrives, hint) in cases {
        let message = refused(declared, &empty(arrives));
        assert!(message.contains(hint), "{message} lacks {hint}");
    }
}

#[test]
fn wrapping_does_not_get_a_type_through() {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Int64));
    assert!(refused(Category, &empty(dictionary)).contains("`id`"));
    let nested = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Float64));
    assert!(refused(Int, &empty(nested)).contains("`float`"));
}

fn spec(columns: &[(&str, &str, bool)]) -> TableSpec {
    let columns = columns
        .iter()
        .map(|(name, source, required)| ColumnSpec {
            name: name.to_string(),
            source: source.to_string(),
            ty: Int,
            format: None,
            required: *required,
        })
        .collect();
    TableSpec::new("deals", columns)
}

fn batch(columns: &[(&str, i64)]) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, _)| Field::new(*name, DataType::Int64, true)).collect();
    let arrays =
        columns.iter().map(|(_, value)| Arc::new(Int64Array::from(vec![*value])) as ArrayRef).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

#[test]
fn all_problems_come_at_once() {
    let table = spec(&[("amount", "Amount", true), ("stage", "Deal Stage", true), ("seats", "seats", true)]);
    let schema = Schema::new(vec![
        Field::new("deal_stage", DataType::Int64, true),
        Field::new("Amount", DataType::Float64, true),
        Field::new("seats", DataType::Int64, true),
        Field::new("seats", DataType::Int64, true),
    ]);
    let problems = Binder::new(&table, &schema).unwrap_err();
    assert_eq!(problems.len(), 3);
    assert!(matches!(&problems[0], BindProblem::Type { column, .. } if column == "amount"));
    assert!(
        matches!(&problems[1], BindProblem::Absent { similar: Some(similar), .. } if similar == "deal_stage")
    );
    assert!(problems[1].to_string().contains("`Deal Stage`"), "{}", problems[1]);
    assert!(matches!(&problems[2], BindProblem::Ambiguous { times: 2, .. }));
    assert!(problems[2].to_string().contains("rename"), "{}", problems[2]);
}

#[test]
fn an_absent_column_without_likeness_lists_what_is_there() {
    let problems = Binder::new(&spec(&[("x", "x", true)]), &batch(&[("alpha", 1), ("beta", 2)]).schema());
    let message = problems.unwrap_err()[0].to_string();
    assert!(message.contains("`alpha`, `beta`"), "{message}");
    let problems = Binder::new(&spec(&[("x", "x", true)]), &Schema::empty());
    assert!(problems.unwrap_err()[0].to_string().contains("no columns"));
    let many: Vec<String> = (0..40).map(|at| format!("column number {at}")).collect();
    let fields: Vec<Field> = many.iter().map(|name| Field::new(name, DataType::Int64, true)).collect();
    let problems = Binder::new(&spec(&[("x", "x", true)]), &Schema::new(fields)).unwrap_err();
    assert!(problems[0].to_string().ends_with("and 28 more"), "{}", problems[0]);
}

#[test]
fn source_goes_before_name_and_case_counts() {
    let table = spec(&[("amount", "Amount", true)]);
    let read = |batch: &RecordBatch| {
        let binder = Binder::new(&table, &batch.schema()).unwrap();
        rows(&binder.bind(batch).unwrap())
    };
    assert_eq!(read(&batch(&[("amount", 1), ("Amount", 2)])), [Seen::Int(2)]);
    assert_eq!(read(&batch(&[("amount", 1), ("AMOUNT", 2)])), [Seen::Int(1)]);
    assert!(Binder::new(&table, &batch(&[("AMOUNT", 2)]).schema()).is_err());
}

#[test]
fn columns_that_the_program_does_not_read_are_missing() {
    let table = spec(&[("a", "a", false), ("b", "b", true), ("c", "c", false)]);
    let batch = batch(&[("b", 5), ("a", 4)]);
    let bound = Binder::new(&table, &batch.schema()).unwrap().bind(&batch).unwrap();
    let columns = bound.columns();
    assert_eq!(columns.len(), 3);
    assert!(matches!(columns[0].data, Data::Missing));
    assert_eq!(see(&columns[1], 0), Seen::Int(5));
    assert!(matches!(columns[2].data, Data::Missing));
}

#[test]
fn a_batch_of_another_schema_is_refused() {
    let table = spec(&[("a", "a", true)]);
    let first = batch(&[("z", 1), ("a", 2)]);
    let binder = Binder::new(&table, &first.schema()).unwrap();
    assert!(binder.bind(&first).is_ok());
    for other in
        [batch(&[("a", 2), ("z", 1)]), batch(&[("z", 1)]), RecordBatch::new_empty(Arc::new(Schema::empty()))]
    {
        let error = binder.bind(&other).unwrap_err();
        assert!(matches!(error, BindError::Changed { arrived: None, .. }));
        assert!(error.to_string().contains("`deals`, column `a`"), "{error}");
    }
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let other = RecordBatch::try_from_iter([("z", Arc::clone(&floats)), ("a", floats)]).unwrap();
    let error = binder.bind(&other).unwrap_err();
    assert!(error.to_string().contains("Float64"), "{error}");
}

#[test]
fn positions_for_projection() {
    let table = spec(&[("a", "A", true), ("b", "b", false), ("c", "C", true), ("d", "a", true)]);
    assert_eq!(table.positions_in(&["x", "a", "c", "b", "C", "A"]), Some(vec![1, 4, 5]));
    assert_eq!(table.positions_in(&["c", "a", "c"]), Some(vec![0, 1, 2]));
    assert_eq!(table.positions_in(&["a", "A"]), None);
    assert_eq!(spec(&[("b", "b", false)]).positions_in(&["b"]), Some(vec![]));
}
