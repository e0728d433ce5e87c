//! From Arrow batches to the core's borrowed columns.
//!
//! The core reads a small set of layouts and knows nothing of Arrow; producers send whatever their library
//! prefers. This module decides once per schema how every declared column is fed ([`Binder`]), so that a wrong
//! type is told before any row is read, and then applies the decision batch by batch ([`Bound`]). Buffers are
//! shared with the batch wherever the core takes the layout as it is.
//!
//! What a value means (NaN, infinities, integer ranges, floats as decimals) is the core's business. Only text that
//! has to be parsed, and numbers that no layout of the core can carry, are judged here, and one that cannot be read
//! is handed over as invalid: it is neither an error of the batch nor a missing value.
//!
//! Arrays are presumed to keep Arrow's own promises. Those imported from a foreign producer through the C Data
//! Interface should pass `ArrayData::validate_full` first.

mod convert;
mod format;
mod parse;
mod plan;
mod problem;
mod store;
#[cfg(test)]
mod tests;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use ripplemark_core::batch::Column;
use ripplemark_core::types::LogicalType;

pub use format::Format;
pub use problem::{BindError, BindProblem};

use plan::Conversion;
use store::Stored;

/// A declared column, as binding sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The name formulas use.
    pub name: String,
    /// The name the data uses.
    pub source: String,
    /// The declared type.
    pub ty: LogicalType,
    /// How the data write the column's times, where the book says so.
    pub format: Option<Format>,
    /// Whether the program reads the column. One that it does not read is not looked for in the data and arrives in
    /// the core as [`Data::Missing`](ripplemark_core::batch::Data::Missing).
    pub required: bool,
}

/// A declared table, as binding sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSpec {
    /// The name of the table, for messages.
    pub name: String,
    /// The columns in the order of the program.
    pub columns: Vec<ColumnSpec>,
    /// True if rows of other tables (or of this one) are looked up in this table, so that it has to be complete before
    /// they are fed. Such a table may have rows that are aggregated, too.
    pub lookup: bool,
}

impl TableSpec {
    /// A table in which nothing is looked up.
    #[must_use]
    pub fn new(name: impl Into<String>, columns: Vec<ColumnSpec>) -> TableSpec {
        TableSpec { name: name.into(), columns, lookup: false }
    }

    /// Positions, in ascending order, of those of `names` that the table's required columns are read from; `None`
    /// if a required column is not among them.
    ///
    /// A column is found under its `source`, and under its `name` where no source is there; upper and lower case
    /// differ. A name that occurs twice is listed twice, so that the [`Binder`] can refuse it.
    #[must_use]
    pub fn positions_in(&self, names: &[&str]) -> Option<Vec<usize>> {
        let mut positions: Vec<usize> = Vec::new();
        for column in self.columns.iter().filter(|column| column.required) {
            let found = column.positions_in(names);
            if found.is_empty() {
                return None;
            }
            positions.extend(found);
        }
        positions.sort_unstable();
        positions.dedup();
        Some(positions)
    }
}

impl ColumnSpec {
    /// Positions of the names that the column may be read from; more than one is ambiguous.
    fn positions_in(&self, names: &[&str]) -> Vec<usize> {
        let of = |wanted: &str| -> Vec<usize> {
            names.iter().enumerate().filter(|(_, name)| **name == wanted).map(|(at, _)| at).collect()
        };
        let by_source = of(&self.source);
        if by_source.is_empty() { of(&self.name) } else { by_source }
    }
}

/// Where a column comes from and what is done to it.
#[derive(Clone, Debug)]
struct Feed {
    position: usize,
    field: String,
    arrives_as: DataType,
    conversion: Conversion,
}

/// The decision which Arrow column feeds which declared column, and how.
///
/// ```
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use ripplemark::bind::{Binder, ColumnSpec, TableSpec};
/// use ripplemark_core::types::LogicalType;
///
/// let amount = ColumnSpec {
///     name: "amount".into(),
///     source: "Amount".into(),
///     ty: LogicalType::Int,
///     format: None,
///     required: true,
/// };
/// let table = TableSpec::new("deals", vec![amount]);
/// let amounts: ArrayRef = std::sync::Arc::new(Int64Array::from(vec![Some(3), None]));
/// let batch = RecordBatch::try_from_iter([("Amount", amounts)])?;
/// let binder = Binder::new(&table, &batch.schema()).expect("the column is there and holds integers");
/// let bound = binder.bind(&batch)?;
/// assert_eq!(bound.rows(), 2);
/// assert_eq!(bound.columns().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Binder {
    table: TableSpec,
    /// One per column of the table; `None` where the program does not read the column.
    feeds: Vec<Option<Feed>>,
}

impl Binder {
    /// Matches a table's required columns with a schema.
    ///
    /// A column is found under its `source`, and under its `name` where the schema has no such field. Names are
    /// compared exactly.
    ///
    /// # Errors
    /// All problems at once: columns that are absent, names that occur twice, types that the declared type does not
    /// accept.
    pub fn new(spec: &TableSpec, schema: &Schema) -> Result<Binder, Vec<BindProblem>> {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let mut feeds = Vec::with_capacity(spec.columns.len());
        let mut problems = Vec::new();
        for column in &spec.columns {
            if !column.required {
                feeds.push(None);
                continue;
            }
            match feed(spec, column, schema, &names) {
                Ok(found) => feeds.push(Some(found)),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(Binder { table: spec.clone(), feeds }) } else { Err(problems) }
    }

    /// Lays a batch out for the core.
    ///
    /// Values that cannot be read as their declared type are marked, counted and handed over; see
    /// [`Bound::unreadable`].
    ///
    /// # Errors
    /// The batch has another schema than the binder was made for, or a conversion fails as a whole (a dictionary
    /// with more entries than 32-bit codes can tell apart).
    pub fn bind(&self, batch: &RecordBatch) -> Result<Bound, BindError> {
        let schema = batch.schema_ref();
        let mut columns = Vec::with_capacity(self.feeds.len());
        let mut unreadable = Vec::new();
        for (spec, feed) in self.table.columns.iter().zip(&self.feeds) {
            let Some(feed) = feed else {
                columns.push(Stored::missing());
                continue;
            };
            let there = schema.fields().get(feed.position).filter(|field| field.name() == &feed.field);
            let (Some(_), Some(array)) = (there, batch.columns().get(feed.position)) else {
                return Err(BindError::changed(&self.table, spec, feed, None));
            };
            if array.data_type() != &feed.arrives_as {
                return Err(BindError::changed(&self.table, spec, feed, Some(array.data_type())));
            }
            let stored =
                convert::convert(array, &feed.conversion).map_err(|error| BindError::Conversion {
                    table: self.table.name.clone(),
                    column: spec.name.clone(),
                    source: feed.field.clone(),
                    message: error.to_string(),
                })?;
            if let Some(invalid) = &stored.invalid
                && let Some(row) = invalid.set_indices().next()
            {
                unreadable.push(Unreadable {
                    column: spec.name.clone(),
                    source: feed.field.clone(),
                    declared: spec.ty,
                    count: invalid.count_set_bits(),
                    row,
                    text: problem::example(array, row),
                });
            }
            columns.push(stored);
        }
        Ok(Bound { rows: batch.num_rows(), columns, unreadable })
    }
}

/// One array, laid out for the core.
#[derive(Clone, Debug)]
pub(crate) struct Laid(Stored);

impl Laid {
    /// Lays an array out; `invalid` is true where a value is not of the declared type.
    pub(crate) fn out(
        array: &ArrayRef,
        invalid: Option<BooleanBuffer>,
        ty: LogicalType,
    ) -> Result<Laid, ArrowError> {
        // What is laid out here was read before: durations are microseconds by now.
        let ty = if ty == LogicalType::Duration { LogicalType::Int } else { ty };
        let conversion = plan::plan(ty, None, array.data_type()).map_err(ArrowError::InvalidArgumentError)?;
        let stored = convert::convert(array, &conversion)?;
        Ok(Laid(Stored { invalid: invalid.or(stored.invalid.clone()), ..stored }))
    }

    pub(crate) fn column(&self) -> Column<'_> {
        self.0.column()
    }
}

fn feed(
    table: &TableSpec,
    column: &ColumnSpec,
    schema: &Schema,
    names: &[&str],
) -> Result<Feed, BindProblem> {
    let positions = column.positions_in(names);
    let [position] = positions[..] else {
        return Err(match positions.len() {
            0 => BindProblem::absent(table, column, names),
            times => BindProblem::Ambiguous {
                table: table.name.clone(),
                column: column.name.clone(),
                source: names[positions[0]].to_string(),
                times,
            },
        });
    };
    let field = schema.field(position);
    match plan::plan(column.ty, column.format.as_ref(), field.data_type()) {
        Ok(conversion) => Ok(Feed {
            position,
            field: field.name().clone(),
            arrives_as: field.data_type().clone(),
            conversion,
        }),
        Err(hint) => Err(BindProblem::Type {
            table: table.name.clone(),
            column: column.name.clone(),
            source: field.name().clone(),
            arrived: field.data_type().to_string(),
            declared: column.ty,
            hint,
        }),
    }
}

/// Values of one column and one batch that could not be read as the declared type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The name formulas use.
    pub column: String,
    /// The name the data uses.
    pub source: String,
    /// What the values were to be read as.
    pub declared: LogicalType,
    /// How many there are.
    pub count: usize,
    /// The first of them: its row in the batch, from 0.
    pub row: usize,
    /// The first of them: its text, cut short where it is long.
    pub text: String,
}

/// A batch laid out for the core. It shares buffers with the batch that it was made of and keeps them alive.
#[derive(Clone, Debug)]
pub struct Bound {
    rows: usize,
    columns: Vec<Stored>,
    unreadable: Vec<Unreadable>,
}

impl Bound {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns in the order of the [`TableSpec`].
    #[must_use]
    pub fn columns(&self) -> Vec<Column<'_>> {
        self.columns.iter().map(Stored::column).collect()
    }

    /// The columns that hold values which could not be read as the declared type, in the order of the
    /// [`TableSpec`]; empty if all could. The core gives the cells that such values enter the reason
    /// `invalid_input`.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }
}
