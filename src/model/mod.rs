//! The typed model: what a book means once every name is resolved and every type is known.
//!
//! The loader (`book`) and the formula reader (`lang`) produce it, the compiler (`lower`) consumes it.
//! Nothing here knows YAML, Rhai or program bytes, so each of the three can change alone.

#[cfg(feature = "compile")]
mod additive;
mod expr;
mod facet;
mod link;
mod query;
mod rule;
mod stage;
mod target;
mod unit;

pub use expr::{
    AggFunc, Aggregate, ArithOp, Cell, CellFn, CellKind, CmpOp, Const, DayPart, OnRowError, Row, RowFn,
    RowNode, RowType, TextTest,
};
pub use facet::{Facet, FacetExpr, FacetFn, FacetKind, FacetName};
pub use link::{Arithmetic, Identity, Link, LinkKind};
pub use query::{Grain, Instant, Query, Range};
pub use rule::{Rule, RuleTest, SayPart, Severity, StatusRule};
pub use stage::{Handoff, LeakValue, Limit, Moment, OwnerBy, Sla, Stage};
pub use target::{Baseline, Good, Measure, Part, Path, Split, Target};
pub use unit::{Base, Clash, Quantity, Time, Unit, UnitMistake};

#[cfg(feature = "compile")]
pub(crate) use additive::{Part as AdditivePart, is_additive};

/// Position of a table in [`Book::tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub usize);

/// Position of a column in [`Table::columns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId(pub usize);

/// Position of a metric in [`Book::metrics`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricId(pub usize);

/// Position of a team in [`Book::teams`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TeamId(pub usize);

/// Position of a stage in [`Book::stages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StageId(pub usize);

/// A checked KPI book.
#[derive(Clone, Debug, PartialEq)]
pub struct Book {
    /// Identifier of the book, `acme-revenue`.
    pub id: String,
    /// The book's own version, free text.
    pub version: String,
    /// ISO 4217 code of the currency that `money` means, where the book names one.
    pub currency: Option<String>,
    /// IANA name of the time zone in which days, weeks and months begin.
    pub timezone: String,
    /// The day a week begins with.
    pub first_day_of_week: Weekday,
    /// The month a year (and with it a quarter) begins with, 1 to 12.
    pub first_month_of_year: u8,
    /// When people work, where the book says so.
    pub business_hours: Option<BusinessHours>,
    /// The teams that can own something, in the order of the book.
    pub teams: Vec<Team>,
    /// The tables, in the order of the book.
    pub tables: Vec<Table>,
    /// Texts with functions that formulas can call. Formulas of the book have them written out already; filters of
    /// queries are read later.
    pub functions: Vec<String>,
    /// The tables of exchange rates, in the order of the book.
    pub rates: Vec<Rates>,
    /// The metrics, in the order of the book.
    pub metrics: Vec<Metric>,
    /// What moves what, in the order of the book.
    pub links: Vec<Link>,
    /// The stages of the journey, in the order of the book.
    pub stages: Vec<Stage>,
    /// Queries that the book stores under a name.
    pub saved_queries: Vec<(String, Query)>,
    /// The targets, in the order of the book.
    pub targets: Vec<Target>,
    /// The rules, in the order of the book.
    pub rules: Vec<Rule>,
}

/// When people work, by the clocks of the book's time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessHours {
    /// From and to, in minutes of a week that begins on Monday; ascending, not overlapping, each within one day.
    pub windows: Vec<(u16, u16)>,
    /// Days since 1970 on which nobody works; ascending.
    pub holidays: Vec<i32>,
}

/// A day of the week, Monday first as in ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Weekday {
    Monday = 0,
    Tuesday = 1,
    Wednesday = 2,
    Thursday = 3,
    Friday = 4,
    Saturday = 5,
    Sunday = 6,
}

/// Somebody who can own a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// The key that metrics refer to.
    pub id: String,
    /// The name shown to people.
    pub name: String,
}

/// A table as the book declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The name formulas and callers use.
    pub name: String,
    /// What one row stands for, where the book says so.
    pub entity: Option<String>,
    /// The column that places a row in time unless a metric names another.
    pub time: Option<ColumnId>,
    /// The declared columns (others in the data are not read), then those that lookups find: plain names first, then
    /// `path.column`; then computed dimensions and bands, in the order of the book.
    pub columns: Vec<Column>,
    /// Columns whose values together name one row; empty where other tables cannot look rows up here.
    pub key: Vec<ColumnId>,
    /// From when until when a row holds, where one key has several rows in the course of time.
    pub valid: Option<Validity>,
    /// Tables in which rows of this one find a row.
    pub lookups: Vec<Lookup>,
    /// What amounts of this table can be converted by.
    pub conversions: Vec<Conversion>,
    /// What the table holds, for people.
    pub description: String,
}

/// The columns that say when a row holds: from the first to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// A row without a value here holds since ever.
    pub from: ColumnId,
    /// A row without a value here, or a table without this column: until the next row of the same key begins.
    pub to: Option<ColumnId>,
}

/// A way from each row of a table to at most one row of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The name of the path: `lead` in `lead.channel`.
    pub name: String,
    /// The table that is looked into.
    pub table: TableId,
    /// Columns of this table, one for each column of the other's key, in its order.
    pub by: Vec<ColumnId>,
    /// The column of this table that says which of the rows of a key holds; given exactly if the other table's rows
    /// hold for a time.
    pub at: Option<ColumnId>,
    /// A value of the key for which nothing has to be found: the currency that is converted to.
    pub same: Option<String>,
}

/// A table of exchange rates: one unit of a currency, times its rate of a day, is so much of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// The name that conversions can use.
    pub name: String,
    /// The table.
    pub table: TableId,
    /// The column with the currency that is converted.
    pub from: ColumnId,
    /// The currency that comes out.
    pub to: String,
    /// The column with the first day of a rate; it holds until the next one of the currency.
    pub date: ColumnId,
    /// The column with the rate.
    pub rate: ColumnId,
}

/// A way to convert amounts of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The name of the rates.
    pub rates: String,
    /// The currency that comes out.
    pub to: String,
    /// The name of the column with the currency of the amounts.
    pub currency: String,
    /// The name of the column whose day decides.
    pub day: String,
    /// The column that the rate is found in.
    pub column: ColumnId,
}

/// Where a column's values come from that is not among the table's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Position in [`Table::lookups`].
    pub lookup: usize,
    /// The column of the table that is looked into.
    pub column: ColumnId,
}

/// A declared column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name formulas use.
    pub name: String,
    /// The name the data uses.
    pub source: String,
    /// The declared type.
    pub ty: ColumnType,
    /// Spellings that mean another value: (as written in the data, as meant), sorted by the first.
    pub values: Vec<(String, String)>,
    /// What the numbers are numbers of, where the book says so. Changes none of them.
    pub unit: Option<Unit>,
    /// How the data write the column's times, where the book says so.
    pub format: Option<TimeFormat>,
    /// Where the values come from; `None`: the table's own data.
    pub found: Option<Found>,
    /// How the values are computed from other columns of the row; `None`: they are read or found.
    pub computed: Option<Computed>,
    /// What the column holds, for people.
    pub description: String,
}

/// How data write the times of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeFormat {
    /// The pattern of the text, `%d.%m.%Y %H:%M`, or the unit of the number, `unix_s`.
    pub pattern: String,
    /// True if text without an offset is UTC, or if no zone is needed; otherwise it is local time of the book's zone.
    pub utc: bool,
}

/// A column that no data have: a formula over the other columns of the row.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// The formula. It names columns of the data and of lookups only: other computed ones are written out in it.
    pub row: Row,
    /// Of a band: its labels in the order of its edges, in which people read them. Empty for other formulas.
    pub labels: Vec<String>,
}

/// The declared type of a column. Every column may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// 64-bit integer.
    Int,
    /// Exact decimal with this many digits after the point (at most 18).
    Decimal(u8),
    /// Binary64.
    Float,
    /// True or false.
    Bool,
    /// Text from a set of values; `Some` lists them (closed), sorted, `None` leaves them open.
    Category(Option<Vec<String>>),
    /// A key: text, or an integer that is read as its decimal digits.
    Id,
    /// A calendar day.
    Date,
    /// A point in time.
    Timestamp,
    /// A length of time.
    Duration,
}

/// A metric of the book.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// The name formulas and queries use.
    pub name: String,
    /// The name shown to people; equals `name` where the book gives none.
    pub label: String,
    /// What the metric means, for people.
    pub description: String,
    /// Where in the pond the metric lies.
    pub ring: Option<Ring>,
    /// The owners; never empty.
    pub owners: Vec<TeamId>,
    /// The unit: as the book states it, or else as it follows from the formula.
    pub unit: Option<Unit>,
    /// What kind of metric it is.
    pub kind: MetricKind,
    /// The value (for a ratio: numerator / denominator), filters already inside its aggregates.
    pub value: Cell,
    /// The literal that stands in for an empty value.
    pub fill_nulls_with: Option<Const>,
    /// How it is computed, in the words of the book: `sum(amount) where stage == "Won"`. For people; what counts is
    /// `value`.
    pub formula: String,
    /// Which direction is the good one.
    pub good: Good,
    /// Teams that want to know, besides the owners.
    pub watch: Vec<TeamId>,
    /// The metric's own status words; the first whose condition is true.
    pub status: Vec<StatusRule>,
}

/// The rings of the pond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ring {
    /// How much, how often, how quickly people use what they were given.
    Behaviour,
    /// Rates and attainment.
    Conversion,
    /// Money.
    Revenue,
}

/// The kind of a metric, spelt as BI people know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// One formula over the aggregates of one table.
    Simple,
    /// Numerator over denominator.
    Ratio,
    /// A formula over other metrics.
    Derived,
}

impl Column {
    /// False for columns that only the book itself refers to: rates that conversions look up.
    #[must_use]
    pub fn has_a_name(&self) -> bool {
        !self.name.contains('[')
    }
}

impl Metric {
    /// The canonical text of the unit; empty where it has none.
    #[must_use]
    pub fn unit_text(&self) -> String {
        self.unit.as_ref().map(Unit::to_string).unwrap_or_default()
    }
}
