//! Typed expressions: row level (one row of one table) and cell level (over aggregates).
//!
//! The tree is small on purpose. `let`, functions and `x != ()` are gone by the time a formula gets here,
//! operands already have equal types (`RowNode::Cast` shows every conversion), and what cannot be
//! evaluated exactly as specified cannot be written down.

use super::query::Grain;
use super::{ColumnId, MetricId, TableId};

/// Type of a row expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowType {
    /// `i64`, checked.
    Int,
    /// `i128` mantissa, this many digits after the point, checked.
    Decimal(u8),
    /// Binary64, never NaN or infinite.
    Float,
    /// True or false.
    Bool,
    /// Text of a category or an id.
    Text,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01T00:00Z.
    Timestamp,
    /// Microseconds.
    Duration,
    /// Microseconds of business time.
    BusinessDuration,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    /// Integer.
    Int(i64),
    /// `mantissa / 10^scale`.
    Decimal {
        /// Digits without the point.
        mantissa: i128,
        /// Digits after the point.
        scale: u8,
    },
    /// Finite binary64.
    Float(f64),
    /// Truth value.
    Bool(bool),
    /// Text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00Z.
    Timestamp(i64),
    /// Microseconds.
    Duration(i64),
}

/// A typed row expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The type of the result.
    pub ty: RowType,
    /// How it is computed.
    pub node: RowNode,
}

/// What a row expression does. A missing operand gives a missing result except where said.
#[derive(Clone, Debug, PartialEq)]
pub enum RowNode {
    /// A constant of type `ty`.
    Const(Const),
    /// `()`: always missing, of type `ty`.
    Missing,
    /// The row's value in a column.
    Column(ColumnId),
    /// `-a` (Int, Decimal, Float, Duration).
    Neg(Box<Row>),
    /// `!a`.
    Not(Box<Row>),
    /// Arithmetic.
    /// Int, Float: both sides have the type of the result; `Div` takes two Int, two Decimal or two Float
    /// and gives Float; `Mul` of Decimal(a) and Decimal(b) gives Decimal(a + b); `Add`, `Sub`, `Rem` of
    /// Decimal want equal scales. Timestamp ± Duration gives Timestamp, Timestamp − Timestamp gives
    /// Duration, Duration ± Duration gives Duration, Duration * Int gives Duration,
    /// Date − Date gives Int (days), Date ± Int (days) gives Date.
    Arith(ArithOp, Box<Row>, Box<Row>),
    /// Comparison of two operands of one type (Decimal: equal scales). Bool and Text: `Eq`, `Ne` only;
    /// Text: at least one side is a constant.
    Compare(CmpOp, Box<Row>, Box<Row>),
    /// `a && b`: false if `a` is false, or if `a` is missing and `b` is false.
    And(Box<Row>, Box<Row>),
    /// `a || b`, mirrored.
    Or(Box<Row>, Box<Row>),
    /// `if c { a } else { b }`: missing if `c` is missing; only the chosen branch counts.
    If(Box<Row>, Box<Row>, Box<Row>),
    /// `a ?? b`: `b` where `a` is missing (and only then: a failed value stays failed).
    Coalesce(Box<Row>, Box<Row>),
    /// True where the operand is missing; never missing itself.
    IsNull(Box<Row>),
    /// `a in [c1, c2, ..]`, constants of `a`'s type.
    In(Box<Row>, Vec<Const>),
    /// Whether the text of a column has a part, byte by byte.
    TextTest(TextTest, ColumnId, String),
    /// Int → Float (nearest), Int → Decimal, Decimal → Decimal with a larger scale.
    Cast(Box<Row>),
    /// A function.
    Call(RowFn, Vec<Row>),
    /// The query's `as_of`: as a Timestamp the first instant after it, as a Date its last day.
    AsOf,
}

/// What is asked about a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextTest {
    /// It stands somewhere.
    Contains,
    /// The text begins with it.
    StartsWith,
    /// The text ends with it.
    EndsWith,
}

/// Arithmetic operators of row expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ArithOp {
    Add,
    Sub,
    Mul,
    Div,
    /// Remainder with the sign of the left side (Int, Decimal, Float).
    Rem,
    /// Int ** Int: checked, a negative exponent is a failure (`overflow`). Float ** Float: `pow`.
    Pow,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum CmpOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Functions of row expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowFn {
    /// `abs(x)`: Int, Decimal, Float.
    Abs,
    /// `min(x, y)` of one row: two operands of one type (Int, Decimal, Float, Date, Timestamp).
    Min,
    /// `max(x, y)` of one row.
    Max,
    /// `sqrt(x)`: Float; `sign` where x < 0.
    Sqrt,
    /// `ln(x)`: Float; `sign` where x < 0, `unbounded` where x = 0.
    Ln,
    /// `exp(x)`: Float.
    Exp,
    /// `floor(x)`: Float → Float, Decimal → Decimal(0).
    Floor,
    /// `ceil(x)`: Float → Float, Decimal → Decimal(0) (Rhai spells it `ceiling`).
    Ceil,
    /// `round(x)`, or `round(x, n)` with a constant Int: half away from zero. Float → Float, Decimal → Decimal(n), where
    /// n is smaller than its scale.
    Round,
    /// `log10(x)`: Float; reasons as for `ln`.
    Log10,
    /// `log2(x)`: Float; reasons as for `ln`.
    Log2,
    /// `days_between(a, b)`: calendar days from a to b in the book's time zone: two Dates or two Timestamps → Int.
    DaysBetween,
    /// `hours_between(a, b)`: elapsed hours from a to b: two Timestamps → Float.
    HoursBetween,
    /// `hours(n)`: Int → Duration.
    Hours,
    /// `days(n)`: Int → Duration, of 24 hours each.
    Days,
    /// `minutes(n)`: Int → Duration.
    Minutes,
    /// `truncate(t, "month")`: Date or Timestamp (by its local day) → Date, the first day of the period in the book's
    /// calendar.
    Truncate(Grain),
    /// `add_months(d, n)`: Date and Int → Date, Timestamp and Int → Timestamp (by the clocks of the book's zone); the last
    /// day of a month that is too short.
    AddMonths,
    /// `add_days(t, n)`: Timestamp and Int → Timestamp, by the clocks of the book's zone. Of dates it is `d + n`.
    AddDays,
    /// `business_hours(a, b)`: business hours from a to b: two Timestamps → Float.
    BusinessHours,
    /// `bh(n)`: Int → BusinessDuration.
    Bh,
    /// `t + bh(n)`: Timestamp and BusinessDuration → Timestamp.
    AddBusiness,
    /// Business time from a to b: two Timestamps → BusinessDuration.
    BusinessBetween,
    /// `year(d)`, `month(d)`, `weekday(d)`: Date or Timestamp (by its local day) → Int.
    DayPart(DayPart),
    /// `to_float(x)`: Decimal or Int → Float (nearest).
    ToFloat,
}

/// A part of a calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DayPart {
    /// The calendar year, whatever month the book's year begins with.
    Year = 0,
    /// 1 to 12.
    Month = 1,
    /// 1 for Monday to 7 for Sunday.
    Weekday = 3,
}

/// A cell expression: what a metric is, over aggregates and other metrics.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// An exact number; a fractional literal is the decimal that was written.
    Number {
        /// Digits without the point.
        mantissa: i128,
        /// Digits after the point.
        scale: u8,
    },
    /// Truth value.
    Bool(bool),
    /// An aggregate over the rows of a table.
    Aggregate(Box<Aggregate>),
    /// Another metric's value (its `fill_nulls_with` applied).
    Metric(MetricId),
    /// `-a`.
    Neg(Box<Cell>),
    /// `!a`.
    Not(Box<Cell>),
    /// Exact rational arithmetic; only `Add`, `Sub`, `Mul`, `Div`.
    Arith(ArithOp, Box<Cell>, Box<Cell>),
    /// Exact comparison of two numbers.
    Compare(CmpOp, Box<Cell>, Box<Cell>),
    /// Conjunction.
    And(Box<Cell>, Box<Cell>),
    /// Disjunction.
    Or(Box<Cell>, Box<Cell>),
    /// `if c { a } else { b }`.
    If(Box<Cell>, Box<Cell>, Box<Cell>),
    /// `a ?? b`: `b` where `a` is missing for `empty` or `zero_denominator` only.
    Coalesce(Box<Cell>, Box<Cell>),
    /// True where the operand is missing for `empty` or `zero_denominator`; no value where it failed.
    IsNull(Box<Cell>),
    /// A function.
    Call(CellFn, Vec<Cell>),
}

/// Whether a cell expression is a number or a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Exact rational (or a rounded double, which is one too).
    Number,
    /// Truth value.
    Bool,
}

/// Functions of cell expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellFn {
    /// `abs(x)`, exact.
    Abs,
    /// `min(x, y)`, exact.
    Min,
    /// `max(x, y)`, exact.
    Max,
    /// `sqrt(x)` of x rounded to binary64.
    Sqrt,
    /// `ln(x)` of x rounded to binary64.
    Ln,
    /// `exp(x)` of x rounded to binary64.
    Exp,
    /// `floor(x)`, exact.
    Floor,
    /// `ceil(x)`, exact.
    Ceil,
    /// `round(x, n)`: to this many digits after the point, half away from zero, exact.
    Round(u8),
    /// `log10(x)` of x rounded to binary64.
    Log10,
    /// `log2(x)` of x rounded to binary64.
    Log2,
    /// `pow(x, y)` of both rounded to binary64. (`x ** 2` with a literal 0 to 8 is `Arith(Mul)` instead.)
    Pow,
}

/// An aggregate over the rows of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The table.
    pub table: TableId,
    /// The column that places a row in a period; `None` where neither metric nor table names one.
    pub at: Option<ColumnId>,
    /// What is done with the rows.
    pub func: AggFunc,
    /// What is aggregated; `None` for `count()`.
    pub arg: Option<Row>,
    /// Only rows for which this is true enter (the metric's filter and `*_if` conditions, joined by `And`).
    pub filter: Option<Row>,
    /// What becomes of rows over which `filter` or `arg` fails.
    pub on_row_error: OnRowError,
}

/// What becomes of a row whose arithmetic, or one of whose values, has failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnRowError {
    /// It takes the value from every cell that it would enter.
    #[default]
    FailCell,
    /// It is left out of the aggregate, and counted by its reason.
    Reject,
}

/// Aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggFunc {
    /// Rows (or, with an argument, rows where it is not missing).
    Count,
    /// Exact sum of Int, Decimal or Float; of Duration in microseconds.
    Sum,
    /// Exact sum over count.
    Average,
    /// Smallest value (Int, Decimal, Float).
    Min,
    /// Largest value (Int, Decimal, Float).
    Max,
}
