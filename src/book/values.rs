//! Reads the formulas of metrics: what each metric is, which filters enter it, and whether that fits
//! what it says of itself.

use std::ops::Range;

use super::codes;
use super::fields;
use super::formula::{CellScope, FormulaReader, MetricName, Problem};
use super::functions::Functions;
use super::metrics::{Agg, Draft, Of, Shape, Surroundings, needs_table};
use super::node::Node;
use super::problems::{Problems, Report};
use crate::lang;
use crate::model::{
    AggFunc, Aggregate, ArithOp, Cell, MetricKind, OnRowError, Quantity, Row, RowNode, RowType, Table,
    TableId,
};

const A_FORMULA: &str = "a formula";

/// Reads formulas where they stand, with everything they may refer to.
pub(crate) struct Formulas<'a, R> {
    pub(crate) reader: &'a R,
    pub(crate) around: &'a Surroundings<'a>,
    pub(crate) metrics: &'a [MetricName<'a>],
    pub(crate) functions: &'a Functions<'a>,
}

/// Whether a metric's filter exists, and could be read.
enum Filter {
    Absent,
    Failed,
    Read(Row),
}

impl<R: FormulaReader> Formulas<'_, R> {
    /// The value and the kind of a metric; `None` after a problem was reported, here or before.
    pub(crate) fn value(&self, draft: &Draft<'_>, problems: &mut Problems<'_>) -> Option<(Cell, MetricKind)> {
        if draft.of == Of::Unknown || problems.is_full() {
            return None;
        }
        let filter = self.filter(draft, problems);
        let row = match &filter {
            Filter::Read(row) => Some(row),
            _ => None,
        };
        let value = match draft.shape {
            Shape::Unclear => None,
            Shape::Aggregate(agg, expr) => self.aggregate(draft, agg, expr, row, problems),
            Shape::Formula(node) => self.number(draft, node, row, problems),
            Shape::Ratio(top, bottom) => {
                let top = self.number(draft, top, row, problems);
                let bottom = self.number(draft, bottom, row, problems);
                top.zip(bottom).map(|(a, b)| Cell::Arith(ArithOp::Div, Box::new(a), Box::new(b)))
            }
        }?;
        let kind = kind(draft, &value, problems);
        if matches!(filter, Filter::Failed) { None } else { Some((value, kind)) }
    }

    fn filter(&self, draft: &Draft<'_>, problems: &mut Problems<'_>) -> Filter {
        let Some(node) = draft.filter else {
            return Filter::Absent;
        };
        let Of::Table(table) = draft.of else {
            needs_table("filter", &node.span, self.around, problems);
            return Filter::Failed;
        };
        match self.condition(node, table, problems) {
            Some(row) => Filter::Read(row),
            None => Filter::Failed,
        }
    }

    /// A row formula that must be true or false.
    pub(crate) fn condition(&self, node: &Node, table: TableId, problems: &mut Problems<'_>) -> Option<Row> {
        let row = self.row(node, "filter", table, problems)?;
        if row.ty == RowType::Bool {
            return Some(row);
        }
        let report = Report::error(
            codes::FILTER_NOT_BOOL,
            &node.span,
            format!("the condition is {}", type_word(row.ty)),
        )
        .expected("a condition, true or false for each row");
        problems.add(match (&row.node, self.around.tables.get(table)) {
            (RowNode::Column(id), Some(Table { columns, .. })) => {
                let name = columns.get(id.0).map_or("", |column| column.name.as_str());
                report.hint(format!("compare it: `{name} == …`, or `!is_null({name})`"))
            }
            _ => report.hint("compare it with something: `… > 0`"),
        });
        None
    }

    fn row(&self, node: &Node, key: &str, table: TableId, problems: &mut Problems<'_>) -> Option<Row> {
        let text = fields::literal(node, key, A_FORMULA, problems)?;
        if problems.is_full() || self.around.tables.is_about_broken(table, text) {
            return None;
        }
        match self.reader.row(text, self.around.tables.get(table)?, &self.functions.library) {
            Ok(row) => Some(row),
            Err(found) => {
                self.functions.tell(found, node, text, problems);
                None
            }
        }
    }

    /// A formula over metrics that aggregates no rows itself.
    pub(crate) fn over_metrics(&self, node: &Node, key: &str, problems: &mut Problems<'_>) -> Option<Cell> {
        let text = fields::literal(node, key, A_FORMULA, problems)?;
        if problems.is_full() {
            return None;
        }
        let tables = &self.around.tables.list;
        let functions = &self.functions.library;
        let scope = CellScope {
            tables,
            table: None,
            at: None,
            metrics: self.metrics,
            functions,
            filter: None,
            on_row_error: OnRowError::default(),
        };
        match self.reader.cell(text, &scope) {
            Ok(cell) => Some(cell),
            Err(found) => {
                self.functions.tell(found, node, text, problems);
                None
            }
        }
    }

    fn number(
        &self,
        draft: &Draft<'_>,
        node: &Node,
        filter: Option<&Row>,
        problems: &mut Problems<'_>,
    ) -> Option<Cell> {
        let text = fields::literal(node, "expr", A_FORMULA, problems)?;
        let table = match draft.of {
            Of::Table(table) => Some(table),
            _ => None,
        };
        if table.is_some_and(|table| self.around.tables.is_about_broken(table, text)) || problems.is_full() {
            return None;
        }
        let tables = &self.around.tables.list;
        let functions = &self.functions.library;
        let (at, on_row_error) = (draft.at, draft.on_row_error);
        let scope = CellScope { tables, table, at, metrics: self.metrics, functions, filter, on_row_error };
        match self.reader.cell(text, &scope) {
            Ok(cell) => Some(cell),
            Err(found) => {
                self.functions.tell(found, node, text, problems);
                None
            }
        }
    }

    /// What is known of the unit of a sound metric's formula, if this is known of the others.
    pub(crate) fn quantity(
        &self,
        draft: &Draft<'_>,
        known: &[Quantity],
        problems: &mut Problems<'_>,
    ) -> Quantity {
        let functions = &self.functions.library;
        let table = if let Of::Table(table) = draft.of { Some(table) } else { None };
        let of_text = |node: &Node, problems: &mut Problems<'_>| {
            let Some(text) = node.scalar().map(|scalar| scalar.text.as_str()) else {
                return Quantity::Unknown;
            };
            let tables = &self.around.tables.list;
            let scope = CellScope {
                tables,
                table,
                at: draft.at,
                metrics: self.metrics,
                functions,
                filter: None,
                on_row_error: draft.on_row_error,
            };
            self.told(self.reader.cell_quantity(text, &scope, known), node, text, problems)
        };
        match draft.shape {
            Shape::Unclear => Quantity::Unknown,
            Shape::Formula(node) => of_text(node, problems),
            Shape::Ratio(top, bottom) => {
                let top = of_text(top, problems);
                top.multiplied(of_text(bottom, problems), -1)
            }
            Shape::Aggregate(agg, expr) => {
                let Some(table) = table.and_then(|table| self.around.tables.get(table)) else {
                    return Quantity::Unknown;
                };
                let func = match agg {
                    Agg::Sum => AggFunc::Sum,
                    Agg::Count | Agg::SumBoolean => AggFunc::Count,
                    Agg::Average => AggFunc::Average,
                    Agg::Min => AggFunc::Min,
                    Agg::Max => AggFunc::Max,
                };
                let text = expr.and_then(Node::scalar).map(|scalar| scalar.text.as_str());
                let found = self.reader.aggregate_quantity(func, text, table, functions);
                match (expr, text) {
                    (Some(node), Some(text)) => self.told(found, node, text, problems),
                    _ => found.unwrap_or_default(),
                }
            }
        }
    }

    fn told(
        &self,
        found: Result<Quantity, Vec<Problem>>,
        node: &Node,
        text: &str,
        problems: &mut Problems<'_>,
    ) -> Quantity {
        found.unwrap_or_else(|found| {
            self.functions.tell(found, node, text, problems);
            Quantity::Unknown
        })
    }

    fn aggregate(
        &self,
        draft: &Draft<'_>,
        agg: Agg,
        expr: Option<&Node>,
        filter: Option<&Row>,
        problems: &mut Problems<'_>,
    ) -> Option<Cell> {
        let Of::Table(table) = draft.of else {
            needs_table("agg", &draft.name_span, self.around, problems);
            return None;
        };
        let row = match expr {
            Some(node) => Some(self.row(node, "expr", table, problems)?),
            None => None,
        };
        if let (Some(row), Some(node)) = (&row, expr)
            && !takes(agg, row.ty, &node.span, problems)
        {
            return None;
        }
        let (func, arg, filter) = match agg {
            Agg::Sum => (AggFunc::Sum, row, filter.cloned()),
            Agg::Count => (AggFunc::Count, row, filter.cloned()),
            Agg::Average => (AggFunc::Average, row, filter.cloned()),
            Agg::Min => (AggFunc::Min, row, filter.cloned()),
            Agg::Max => (AggFunc::Max, row, filter.cloned()),
            // The sum of a condition is the number of rows for which it holds: one model, two spellings.
            Agg::SumBoolean => (AggFunc::Count, None, both(filter, row)),
        };
        let (at, on_row_error) = (draft.at, draft.on_row_error);
        Some(lang::value_of(Aggregate { table, at, func, arg, filter, on_row_error }))
    }
}

fn both(filter: Option<&Row>, condition: Option<Row>) -> Option<Row> {
    match (filter.cloned(), condition) {
        (Some(a), Some(b)) => Some(Row { ty: RowType::Bool, node: RowNode::And(Box::new(a), Box::new(b)) }),
        (a, b) => a.or(b),
    }
}

/// True if the aggregate takes values of the type.
fn takes(agg: Agg, ty: RowType, span: &Range<usize>, problems: &mut Problems<'_>) -> bool {
    let number = matches!(ty, RowType::Int | RowType::Decimal(_) | RowType::Float | RowType::Duration);
    let found = type_word(ty);
    let error = |expected: &str| {
        Report::error(codes::AGG_TYPE, span, format!("the aggregated formula is {found}")).expected(expected)
    };
    match agg {
        Agg::Count => {
            if ty == RowType::Bool {
                let message =
                    "`agg: count` counts every row whose condition is known, also where it is false";
                problems.add(
                    Report::warning(codes::AGG_TYPE, span, message)
                        .hint("`agg: sum_boolean` counts the rows for which it holds"),
                );
            }
            true
        }
        Agg::SumBoolean if ty == RowType::Bool => true,
        Agg::SumBoolean => {
            problems.add(error("a condition, true or false for each row"));
            false
        }
        _ if number => true,
        _ => {
            let report = error("a number");
            problems.add(match ty {
                RowType::Bool => report.hint("`agg: sum_boolean` counts the rows for which it holds"),
                RowType::Text => report.hint("`agg: count` counts the rows that have one"),
                _ => report,
            });
            false
        }
    }
}

/// The metric's kind: what it says, checked against what it does, or else what it does.
fn kind(draft: &Draft<'_>, value: &Cell, problems: &mut Problems<'_>) -> MetricKind {
    let mut parts = Parts::default();
    parts.look(value);
    let key_spans =
        [("filter", draft.filter), ("at", draft.at_node), ("on_row_error", draft.on_row_error_node)];
    for (key, node) in key_spans {
        // Without a table the key has been refused already, or has nothing that it could be about.
        let (Some(node), true) = (node, matches!(draft.of, Of::Table(_)) || key == "on_row_error") else {
            continue;
        };
        if !parts.aggregates {
            let message = format!("`{key}` has no effect: the metric aggregates no rows itself");
            // A filter that is not applied changes a number; an unused `at` only misleads its reader.
            problems.add(match key {
                "filter" => Report::error(codes::NO_EFFECT, &node.span, message)
                    .hint("put the filter into the metrics that this one refers to, or into the query"),
                "on_row_error" => Report::error(codes::NO_EFFECT, &node.span, message)
                    .hint("give it to the metrics that this one refers to, or to the `book`"),
                _ => Report::warning(codes::NO_EFFECT, &node.span, message)
                    .hint("remove it; the metrics that this one refers to have their own"),
            });
        } else if parts.metrics {
            let message =
                format!("`{key}` reaches the aggregates of this metric only, not the metrics it refers to");
            problems.add(
                Report::warning(codes::NO_EFFECT, &node.span, message)
                    .hint("give the aggregates a metric of their own"),
            );
        }
    }
    let mismatch = |message: &str, hint: &str, problems: &mut Problems<'_>| {
        problems.add(Report::error(codes::KIND_MISMATCH, &draft.name_span, message).hint(hint));
    };
    match draft.kind {
        Some(MetricKind::Simple) if parts.metrics => {
            mismatch("a simple metric cannot refer to other metrics", "write `type: derived`", problems);
        }
        Some(MetricKind::Simple) if !parts.aggregates => {
            let hint = "write `sum(…)`, `count()` or another aggregate";
            mismatch("a simple metric aggregates rows, this one does not", hint, problems);
        }
        Some(MetricKind::Derived) if parts.aggregates && !parts.metrics => {
            mismatch(
                "a derived metric refers to other metrics, this one does not",
                "write `type: simple`",
                problems,
            );
        }
        _ => {}
    }
    match (draft.kind, &draft.shape) {
        (Some(kind), _) => kind,
        (None, Shape::Ratio(..)) => MetricKind::Ratio,
        (None, _) if parts.aggregates && !parts.metrics => MetricKind::Simple,
        (None, _) => MetricKind::Derived,
    }
}

#[derive(Default)]
struct Parts {
    aggregates: bool,
    metrics: bool,
}

impl Parts {
    fn look(&mut self, cell: &Cell) {
        each_leaf(cell, &mut |leaf| match leaf {
            Cell::Aggregate(_) => self.aggregates = true,
            Cell::Metric(_) => self.metrics = true,
            _ => {}
        });
    }
}

/// Visits what a cell formula is made of, down to constants, aggregates and metrics.
pub(crate) fn each_leaf(cell: &Cell, visit: &mut impl FnMut(&Cell)) {
    each_leaf_at(cell, &mut |leaf, _| visit(leaf));
}

/// The same, with how deep each stands.
pub(crate) fn each_leaf_at(cell: &Cell, visit: &mut impl FnMut(&Cell, usize)) {
    let mut open = vec![cell];
    let mut depths = vec![0usize];
    while let Some(cell) = open.pop() {
        let depth = depths.pop().unwrap_or_default();
        match cell {
            Cell::Number { .. } | Cell::Bool(_) | Cell::Aggregate(_) | Cell::Metric(_) => visit(cell, depth),
            Cell::Neg(a) | Cell::Not(a) | Cell::IsNull(a) => open.push(a),
            Cell::Arith(_, a, b)
            | Cell::Compare(_, a, b)
            | Cell::And(a, b)
            | Cell::Or(a, b)
            | Cell::Coalesce(a, b) => open.extend([&**a, &**b]),
            Cell::If(a, b, c) => open.extend([&**a, &**b, &**c]),
            Cell::Call(_, args) => open.extend(args),
        }
        depths.resize(open.len(), depth + 1);
    }
}

fn type_word(ty: RowType) -> &'static str {
    match ty {
        RowType::Int | RowType::Decimal(_) | RowType::Float => "a number",
        RowType::Bool => "true or false",
        RowType::Text => "text",
        RowType::Date => "a date",
        RowType::Timestamp => "a point in time",
        RowType::Duration => "a duration",
        RowType::BusinessDuration => "a number of business hours",
    }
}

/// Problems of a formula that calls no functions of the book, at their places in the file.
pub(crate) fn tell(found: Vec<Problem>, node: &Node, text: &str, problems: &mut Problems<'_>) {
    Functions::default().tell(found, node, text, problems);
}
