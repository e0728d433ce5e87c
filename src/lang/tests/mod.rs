//! Tests of the formula language through its two entry points.
//!
//! Accepted formulas are compared with the model they should become, refused ones with code and bytes.

mod cells;
mod facets;
mod hostile;
mod library;
mod refusals;
mod rows;

use super::{CellScope, Library, MetricName, Problem, cell_formula, row_formula};
use crate::model::{
    Cell, Column, ColumnId, ColumnType, Const, MetricId, Row, RowNode, RowType, Table, TableId,
};

fn column(name: &str, ty: ColumnType) -> Column {
    Column {
        name: name.into(),
        source: name.into(),
        ty,
        values: Vec::new(),
        unit: None,
        format: None,
        found: None,
        computed: None,
        description: String::new(),
    }
}

/// Opportunities: one column of every type.
fn opps() -> Table {
    let outcomes = ["lost", "open", "won"].map(String::from).to_vec();
    let mut columns = vec![
        column("qty", ColumnType::Int),
        column("acv", ColumnType::Decimal(2)),
        column("rate", ColumnType::Float),
        column("paid", ColumnType::Bool),
        column("outcome", ColumnType::Category(Some(outcomes))),
        column("product", ColumnType::Category(None)),
        column("opp_id", ColumnType::Id),
        column("due", ColumnType::Date),
        column("opened_at", ColumnType::Timestamp),
        column("closed_at", ColumnType::Timestamp),
        column("fine", ColumnType::Decimal(18)),
    ];
    columns[4].values = vec![("Won!".into(), "won".into())];
    columns[5].values = vec![("GTXPro".into(), "GTX Pro".into())];
    Table {
        name: "opps".into(),
        entity: None,
        time: None,
        columns,
        key: Vec::new(),
        valid: None,
        lookups: Vec::new(),
        conversions: Vec::new(),
        description: String::new(),
    }
}

fn column_row(name: &str) -> Row {
    let table = opps();
    let position = table.columns.iter().position(|c| c.name == name).unwrap();
    let ty = row_formula(name, &table, &Library::default()).unwrap().ty;
    Row { ty, node: RowNode::Column(ColumnId(position)) }
}

fn row(text: &str) -> Row {
    row_formula(text, &opps(), &Library::default()).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"))
}

fn row_problems(text: &str) -> Vec<Problem> {
    row_formula(text, &opps(), &Library::default()).expect_err(text)
}

const METRICS: &[MetricName<'static>] =
    &[MetricName { id: MetricId(0), name: "bookings" }, MetricName { id: MetricId(1), name: "win_rate" }];

fn with_scope<T>(filter: Option<&Row>, run: impl FnOnce(&CellScope<'_>) -> T) -> T {
    let tables = [opps()];
    run(&CellScope {
        tables: &tables,
        table: Some(TableId(0)),
        at: Some(ColumnId(9)),
        metrics: METRICS,
        functions: &Library::default(),
        filter,
        on_row_error: Default::default(),
    })
}

fn cell(text: &str) -> Cell {
    with_scope(None, |scope| cell_formula(text, scope))
        .unwrap_or_else(|problems| panic!("{text}: {problems:#?}"))
}

fn cell_problems(text: &str) -> Vec<Problem> {
    with_scope(None, |scope| cell_formula(text, scope)).expect_err(text)
}

fn int(value: i64) -> Row {
    Row { ty: RowType::Int, node: RowNode::Const(Const::Int(value)) }
}

fn float(value: f64) -> Row {
    Row { ty: RowType::Float, node: RowNode::Const(Const::Float(value)) }
}

fn decimal(mantissa: i128, scale: u8) -> Row {
    Row { ty: RowType::Decimal(scale), node: RowNode::Const(Const::Decimal { mantissa, scale }) }
}

fn text(value: &str) -> Row {
    Row { ty: RowType::Text, node: RowNode::Const(Const::Text(value.into())) }
}

fn cast(value: Row, ty: RowType) -> Row {
    Row { ty, node: RowNode::Cast(Box::new(value)) }
}
