//! The keys `dimensions` and `bands` of tables: columns that are computed from other columns of the row.
//!
//! Read after the functions of the book, which their formulas may call, and before the metrics, which may name them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::bands;
use super::codes;
use super::fields::{self, Fields};
use super::formula::{FormulaReader, Problem};
use super::functions::Functions;
use super::names::{self, NameOf};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::tables::{ONE_TOO_MANY, Tables};
use crate::lang::text_values;
use crate::model::{Column, ColumnType, Computed, Row, RowType, Table, TableId};

/// So many columns of a book can be computed: each has a formula, and those of a table stand in one another.
const MAX_COMPUTED: usize = 500;

/// Reads formulas over the rows of one table.
pub(super) struct Formulas<'a, 'p, 't, R> {
    pub(super) table: TableId,
    pub(super) tables: &'a mut Tables,
    pub(super) reader: &'a R,
    pub(super) functions: &'a Functions<'a>,
    pub(super) problems: &'p mut Problems<'t>,
}

pub(super) fn read<R: FormulaReader>(
    root: &Fields<'_>,
    tables: &mut Tables,
    reader: &R,
    functions: &Functions<'_>,
    problems: &mut Problems<'_>,
) {
    // What is wrong with the section itself has been told.
    let Some(Kind::Map(entries)) = root.get("tables").map(|node| &node.kind) else { return };
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for (name, node) in entries {
        let Some(name) = name.scalar().map(|scalar| scalar.text.as_str()) else { continue };
        let Some(table) = tables.index.get(name).map(TableId).filter(|_| seen.insert(name)) else { continue };
        let mut formulas = Formulas { table, tables, reader, functions, problems };
        for key in ["dimensions", "bands"] {
            let Some(section) = node.peek(key) else { continue };
            let what = format!("`{key}` of table {}", quoted(name));
            let pairs = fields::pairs(section, &section.span, &what, formulas.problems).unwrap_or_default();
            for (name, name_node, node) in pairs {
                count += 1;
                if count > MAX_COMPUTED {
                    let message = format!("the book has more than {MAX_COMPUTED} dimensions and bands");
                    let report = Report::error(codes::TOO_LARGE, &name_node.span, message);
                    formulas
                        .problems
                        .add(report.hint("let the tool that makes the data compute some of them"));
                    return;
                }
                formulas.add(key == "bands", name, name_node, node);
            }
        }
    }
}

impl<R: FormulaReader> Formulas<'_, '_, '_, R> {
    fn add(&mut self, is_band: bool, name: &str, key: &Node, node: &Node) {
        let sound = names::check(name, NameOf::Dimension, &key.span, self.problems);
        if self.tables.column(self.table, name).is_some() {
            let message = format!("the table has another column {}", quoted(name));
            let report = Report::error(codes::DUPLICATE_NAME, &key.span, message);
            self.problems.add(report.hint("give the computed one a name of its own"));
            return;
        }
        let made = if is_band { bands::read(self, name, key, node) } else { self.dimension(name, key, node) };
        if made.is_none() || !sound {
            self.mark_broken(name);
        }
        if let Some((computed, description)) = made {
            self.push(name, computed, description);
        }
    }

    /// A formula, or a mapping with `expr`.
    fn dimension(&mut self, name: &str, key: &Node, node: &Node) -> Option<(Computed, String)> {
        let (formula, description) = match node.kind {
            Kind::Map(_) => {
                let what = format!("dimension {}", quoted(name));
                let fields = Fields::open(node, &key.span, &what, &["expr", "description"], self.problems)?;
                let description = fields.words("description", self.problems);
                (fields.need("expr", &what, self.problems)?, description)
            }
            Kind::Null => {
                let report = Report::error(
                    codes::MISSING_KEY,
                    &key.span,
                    format!("dimension {} has no formula", quoted(name)),
                );
                self.problems.add(
                    report.hint(format!(
                        "write `{name}: if amount > 1000 {{ \"large\" }} else {{ \"small\" }}`"
                    )),
                );
                return None;
            }
            _ => (node, String::new()),
        };
        let row = self.row(formula, "expr")?;
        let (found, hint) = match row.ty {
            RowType::Int | RowType::Bool | RowType::Date | RowType::Text => {
                return Some((Computed { row, labels: vec![] }, description));
            }
            RowType::Decimal(_) | RowType::Float => ("a number with fractions", "cut it into `bands`"),
            RowType::Duration | RowType::BusinessDuration => ("a duration", "cut it into `bands`"),
            RowType::Timestamp => (
                "a point in time",
                "take its day, `truncate(t, \"day\")`, or its month, `truncate(t, \"month\")`",
            ),
        };
        let message = format!("dimension {} is {found}, and nothing can be grouped by that", quoted(name));
        self.problems.add(
            Report::error(codes::COMPUTED_TYPE, &formula.span, message)
                .expected("text, an integer, true or false, or a date")
                .hint(hint),
        );
        None
    }

    /// A formula over the row. `None` after a problem was told, here or before.
    pub(super) fn row(&mut self, node: &Node, key: &str) -> Option<Row> {
        let text = fields::literal(node, key, "a formula", self.problems)?;
        if self.problems.is_full() || self.tables.is_about_broken(self.table, text) {
            return None;
        }
        match self.reader.row(text, self.tables.get(self.table)?, &self.functions.library) {
            Ok(row) => Some(row),
            Err(found) => {
                self.functions.tell(found, node, text, self.problems);
                None
            }
        }
    }

    /// The condition that a value lies below an edge.
    pub(super) fn below(&self, value: &Row, edge: &str) -> Result<Row, Vec<Problem>> {
        match self.tables.get(self.table) {
            Some(table) => self.reader.below(value, edge, table),
            None => Err(vec![]),
        }
    }

    fn mark_broken(&mut self, name: &str) {
        if let Some(Some(broken)) = self.tables.broken.get_mut(self.table.0) {
            broken.push(name.to_owned());
        }
    }

    fn push(&mut self, name: &str, computed: Computed, description: String) {
        let Some(table) = self.tables.list.get_mut(self.table.0) else { return };
        let column = Column {
            name: name.to_owned(),
            source: name.to_owned(),
            ty: column_type(&computed.row, table),
            values: vec![],
            format: None,
            unit: None,
            found: None,
            computed: Some(computed),
            description,
        };
        if let Some(index) = self.tables.columns.get_mut(self.table.0) {
            index.insert(name, table.columns.len());
        }
        table.columns.push(column);
    }
}

/// What a column with the values of a formula is declared as.
fn column_type(row: &Row, table: &Table) -> ColumnType {
    match row.ty {
        RowType::Int => ColumnType::Int,
        RowType::Bool => ColumnType::Bool,
        RowType::Date => ColumnType::Date,
        _ => ColumnType::Category(
            text_values(row, table).map(|known| known.into_iter().map(str::to_owned).collect()),
        ),
    }
}

/// Whether names stand twice in a list; tells each that does.
pub(super) fn twice<'n>(
    items: impl Iterator<Item = (&'n str, &'n Range<usize>)>,
    problems: &mut Problems<'_>,
) -> bool {
    let mut seen = BTreeSet::new();
    let mut any = false;
    for (name, span) in items {
        if !seen.insert(name) {
            let report = Report::error(codes::DUPLICATE_NAME, span, format!("{} stands twice", quoted(name)));
            problems.add(report.hint(ONE_TOO_MANY));
            any = true;
        }
    }
    any
}
