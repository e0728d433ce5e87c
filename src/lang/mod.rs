//! The formula language: text in Rhai syntax to typed expressions of the model.
//!
//! ```text
//! text ─ tokens ─ vocabulary ─ rhai ─► syntax ─ row / cell ─► model::Row, model::Cell
//! ```
//!
//! A formula is an expression. It has columns (of a row) or metrics and aggregates (of a cell), numbers,
//! `true`, `false`, text in double quotes, `()` for missing, `+ - * / % **`, comparisons, `&& || !`, `& | ^`,
//! `if .. { .. } else { .. }`, `switch x { 1 | 2 => a, _ => b }`, guards that return, `x in [1, 2]`, `x in 1..5`,
//! `x ?? y`, `let a = ..; a + 1`, the functions of [`FUNCTIONS`] and those of the book ([`Library`]), called as
//! `f(x)` or `x.f()`. Statements are gone once the text is parsed, functions of the book before anything is typed.
//!
//! Precedence is Rhai's, from loosest to tightest: `||`, `&&`, `== !=`, `in`, `< <= > >=`, `??`, `+ -`,
//! `* / %`, `**`, signs. So `n ?? 0 > 1` is `(n ?? 0) > 1`, `n ?? 0 + 1` is `n ?? (0 + 1)`, and `2 ** 3 ** 2`
//! is `2 ** (3 ** 2)`. `-a ** 2` is refused: people read it in two ways.
//!
//! All problems that can be seen are reported, each with its bytes in the text and a code of [`CODES`].
//! What a problem makes unreadable is not complained about a second time.

mod cell;
mod codes;
mod facet;
mod functions;
mod library;
mod limits;
mod literal;
mod names;
mod patterns;
mod problem;
mod rhai;
mod row;
mod session;
mod syntax;
mod tokens;
mod units;
mod vocabulary;

pub(crate) use cell::value_of;
pub use codes::CODES;
pub use facet::{FacetMistake, FacetNames, FacetSymbol};
pub use functions::{FUNCTIONS, Function, Level, Meaning};
pub use library::Library;
pub(crate) use names::{closest, is_sure};
pub use problem::{Problem, Replacement, Within};
pub(crate) use row::text_values;

use crate::model::{
    AggFunc, Cell, ColumnId, FacetExpr, FacetKind, MetricId, OnRowError, Quantity, Row, RowNode, Table,
    TableId,
};
use cell::CellTyper;
use facet::FacetTyper;
use row::RowTyper;
use session::Session;
use syntax::Node;
use tokens::Tokens;
use units::{Level as UnitLevel, Walk};

/// A metric that a cell formula can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricName<'a> {
    /// What the name stands for.
    pub id: MetricId,
    /// The name.
    pub name: &'a str,
}

/// What a cell formula can refer to.
#[derive(Clone, Copy, Debug)]
pub struct CellScope<'a> {
    /// The tables of the book.
    pub tables: &'a [Table],
    /// The table that aggregates go over; without one, aggregates are refused.
    pub table: Option<TableId>,
    /// The column that places a row in a period; handed on to every aggregate.
    pub at: Option<ColumnId>,
    /// The metrics that can be named.
    pub metrics: &'a [MetricName<'a>],
    /// The functions of the book.
    pub functions: &'a Library,
    /// Only rows for which this is true enter any aggregate. A condition of the aggregate is joined behind it.
    pub filter: Option<&'a Row>,
    /// What becomes of rows over which an aggregate fails.
    pub on_row_error: OnRowError,
}

/// Types a formula over the rows of a table. The result can have any type.
///
/// # Errors
///
/// Every problem found, in the order of discovery; never empty.
pub fn row_formula(text: &str, table: &Table, functions: &Library) -> Result<Row, Vec<Problem>> {
    let (node, mut session) = parse(text, functions)?;
    let row = RowTyper { table, metrics: &[], aggregated: false, session: &mut session }.row(&node, &None, 0);
    functions.spend(session.used());
    if row.is_some() {
        of_rows(Some(table), &mut session).of(&node, &None, UnitLevel::Row);
    }
    session.finish(row)
}

/// The condition that a value lies below an edge: a number, a text that is a date or a point in time, a duration. The
/// edge takes the type of the value, as beside `<` in a formula.
///
/// # Errors
///
/// Every problem found, in the order of discovery; never empty.
pub(crate) fn row_below(value: &Row, edge: &str, table: &Table) -> Result<Row, Vec<Problem>> {
    let (node, mut session) = parse(edge, &Library::default())?;
    let row = RowTyper { table, metrics: &[], aggregated: false, session: &mut session }.below(value, &node);
    session.finish(row)
}

fn of_rows<'a, 's>(table: Option<&'a Table>, session: &'s mut Session) -> Walk<'a, 's> {
    Walk { table, metrics: &[], quantities: &[], session }
}

/// Types a metric's formula, which is a number made of aggregates and other metrics.
///
/// # Errors
///
/// Every problem found, in the order of discovery; never empty.
pub fn cell_formula(text: &str, scope: &CellScope<'_>) -> Result<Cell, Vec<Problem>> {
    let (node, mut session) = parse(text, scope.functions)?;
    let cell = CellTyper::new(scope, &mut session).metric(&node);
    scope.functions.spend(session.used());
    session.finish(cell)
}

/// What is known of the unit of an aggregate over a formula of one row; without a formula, of a count. Only for formulas
/// that [`row_formula`] has found sound.
///
/// # Errors
///
/// Amounts in different currencies that are aggregated as they are.
pub(crate) fn aggregate_quantity(
    func: AggFunc,
    text: Option<&str>,
    table: &Table,
    functions: &Library,
) -> Result<Quantity, Vec<Problem>> {
    let Some(text) = text else {
        let mut session = Session::new(Vec::new(), Vec::new());
        return Ok(of_rows(Some(table), &mut session).aggregated(func, Quantity::Unknown, &(0..0)));
    };
    let (node, mut session) = parse(text, functions)?;
    let mut walk = of_rows(Some(table), &mut session);
    let value = walk.of(&node, &None, UnitLevel::Row);
    let quantity = walk.aggregated(func, value, &node.at);
    session.finish(Some(quantity))
}

/// What is known of the unit of a metric's formula, if this is known of the book's metrics, by their position. Only for
/// formulas that [`cell_formula`] has found sound.
///
/// # Errors
///
/// Every part whose units do not fit each other.
pub(crate) fn cell_quantity(
    text: &str,
    scope: &CellScope<'_>,
    quantities: &[Quantity],
) -> Result<Quantity, Vec<Problem>> {
    let (node, mut session) = parse(text, scope.functions)?;
    let table = scope.table.and_then(|table| scope.tables.get(table.0));
    let mut walk = Walk { table, metrics: scope.metrics, quantities, session: &mut session };
    let quantity = walk.of(&node, &None, UnitLevel::Cell);
    session.finish(Some(quantity))
}

/// Types a formula over facets: the condition of a rule (`Bool`) or the goal of a target (`Number`).
///
/// # Errors
///
/// Every problem found, in the order of discovery; never empty.
pub fn facet_formula(
    text: &str,
    wanted: FacetKind,
    names: &dyn FacetNames,
) -> Result<FacetExpr, Vec<Problem>> {
    let (node, mut session) = parse(text, &Library::default())?;
    let expr = FacetTyper { names, session: &mut session }.whole(&node, wanted);
    session.finish(expr)
}

/// Text to syntax tree, and the session that already knows what is refused in it.
fn parse(text: &str, functions: &Library) -> Result<(Node, Session), Vec<Problem>> {
    if text.len() > limits::TEXT {
        let end = text.len();
        let message = format!("the formula has {end} bytes");
        let problem = Problem::new(codes::TOO_LONG, &(end..end), message);
        return Err(vec![
            problem.expected(format!("at most {}", limits::TEXT)).hint("split it into several metrics"),
        ]);
    }
    if functions.is_spent() {
        let message =
            "the formulas of this book have too many parts, with every `let` and function written out";
        let problem = Problem::new(codes::TOO_LARGE, &(0..text.len()), message);
        return Err(vec![problem.expected(format!("at most {} in all", limits::NODES_OF_A_BOOK)).hint(
            "make what is repeated a metric or a column: a function is written out wherever it is called",
        )]);
    }
    let mut problems = Vec::new();
    let tokens = Tokens::scan(text, &mut problems);
    if problems.is_empty() && tokens.list().is_empty() {
        return Err(vec![Problem::new(codes::EMPTY, &(0..0), "the formula is empty")]);
    }
    vocabulary::check(&tokens, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    match rhai::parse(&tokens, text, &mut problems) {
        Some(mut node) => match functions.expand(&mut node) {
            Ok(instances) => {
                let mut session = Session::new(problems, instances);
                session.business_hours = functions.has_business_hours();
                Ok((node, session))
            }
            Err(more) => Err(problems.into_iter().chain(more).collect()),
        },
        None => Err(problems),
    }
}

/// Whether so many copies of a row expression are within the limits of one formula.
pub(crate) fn has_room(row: &Row, copies: usize) -> bool {
    row_size(row).0.saturating_mul(copies) <= limits::NODES
}

/// How many parts a row expression has, and how many of them stand inside one another.
fn row_size(row: &Row) -> (usize, usize) {
    let of = |rows: &mut dyn Iterator<Item = &Row>| {
        rows.map(row_size).fold((0, 0), |all, one| (all.0 + one.0, all.1.max(one.1)))
    };
    let (parts, levels) = match &row.node {
        RowNode::Const(_) | RowNode::Missing | RowNode::Column(_) | RowNode::TextTest(..) | RowNode::AsOf => {
            (0, 0)
        }
        RowNode::Neg(a) | RowNode::Not(a) | RowNode::IsNull(a) | RowNode::Cast(a) => row_size(a),
        RowNode::In(a, constants) => {
            let (parts, levels) = row_size(a);
            (parts + constants.len(), levels)
        }
        RowNode::Arith(_, a, b)
        | RowNode::Compare(_, a, b)
        | RowNode::And(a, b)
        | RowNode::Or(a, b)
        | RowNode::Coalesce(a, b) => of(&mut [&**a, &**b].into_iter()),
        RowNode::If(a, b, c) => of(&mut [&**a, &**b, &**c].into_iter()),
        RowNode::Call(_, arguments) => of(&mut arguments.iter()),
    };
    (parts + 1, levels + 1)
}

#[cfg(test)]
mod tests;
