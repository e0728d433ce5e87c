//! What can go wrong while binding, said to the person who has the data.
//!
//! Every message names the table, the column under both of its names, what arrived, what was expected and what to
//! do, so that a failed load of twenty columns is repaired in one go.

use std::fmt;

use arrow::array::Array;
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use ripplemark_core::types::LogicalType;

use super::{ColumnSpec, Feed, TableSpec};

/// How many of the names in the data a message lists.
const LISTED_NAMES: usize = 12;
/// How many characters of a value a message quotes.
const QUOTED_CHARS: usize = 60;

/// Why a schema does not fit a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindProblem {
    /// The data has no such column.
    Absent {
        /// The table.
        table: String,
        /// The name formulas use.
        column: String,
        /// The name that was looked for first.
        source: String,
        /// The most similar name in the data, if one is similar.
        similar: Option<String>,
        /// All names in the data.
        available: Vec<String>,
    },
    /// The data has several columns of that name.
    Ambiguous {
        /// The table.
        table: String,
        /// The name formulas use.
        column: String,
        /// The name that occurs several times.
        source: String,
        /// How often it occurs.
        times: usize,
    },
    /// The column holds something that the declared type does not accept.
    Type {
        /// The table.
        table: String,
        /// The name formulas use.
        column: String,
        /// The name the data uses.
        source: String,
        /// The Arrow type that arrived.
        arrived: String,
        /// The declared type.
        declared: LogicalType,
        /// What to do.
        hint: String,
    },
}

impl BindProblem {
    pub(super) fn absent(table: &TableSpec, column: &ColumnSpec, names: &[&str]) -> Self {
        BindProblem::Absent {
            table: table.name.clone(),
            column: column.name.clone(),
            source: column.source.clone(),
            similar: similar(&column.source, names).or_else(|| similar(&column.name, names)),
            available: names.iter().map(ToString::to_string).collect(),
        }
    }
}

impl fmt::Display for BindProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindProblem::Absent { table, column, source, similar, available } => {
                place(f, table, column, source)?;
                write!(f, "the data has no column `{source}`")?;
                if source != column {
                    write!(f, " and none called `{column}`")?;
                }
                if let Some(similar) = similar {
                    return write!(f, "; did you mean `{similar}`? Then write `source: \"{similar}\"`");
                }
                if available.is_empty() {
                    return write!(f, "; it has no columns at all");
                }
                write!(f, "; it has ")?;
                for (at, name) in available.iter().take(LISTED_NAMES).enumerate() {
                    write!(f, "{}`{name}`", if at == 0 { "" } else { ", " })?;
                }
                match available.len().checked_sub(LISTED_NAMES) {
                    Some(more @ 1..) => write!(f, " and {more} more"),
                    _ => Ok(()),
                }
            }
            BindProblem::Ambiguous { table, column, source, times } => {
                place(f, table, column, source)?;
                write!(
                    f,
                    "the data has {times} columns called `{source}`; expected one: rename or drop the others"
                )
            }
            BindProblem::Type { table, column, source, arrived, declared, hint } => {
                place(f, table, column, source)?;
                write!(f, "expected {}, the data holds {arrived}; {hint}", words(*declared))
            }
        }
    }
}

impl std::error::Error for BindProblem {}

/// Why a batch could not be laid out although its schema fitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindError {
    /// The batch does not have the schema that the binder was made for.
    Changed {
        /// The table.
        table: String,
        /// The name formulas use.
        column: String,
        /// The name the data uses.
        source: String,
        /// The Arrow type in the first schema.
        expected: String,
        /// The Arrow type in this batch; `None` where the column is not in its place any more.
        arrived: Option<String>,
    },
    /// A conversion failed as a whole.
    Conversion {
        /// The table.
        table: String,
        /// The name formulas use.
        column: String,
        /// The name the data uses.
        source: String,
        /// What Arrow says.
        message: String,
    },
}

impl BindError {
    pub(super) fn changed(
        table: &TableSpec,
        spec: &ColumnSpec,
        feed: &Feed,
        arrived: Option<&DataType>,
    ) -> Self {
        BindError::Changed {
            table: table.name.clone(),
            column: spec.name.clone(),
            source: feed.field.clone(),
            expected: feed.arrives_as.to_string(),
            arrived: arrived.map(ToString::to_string),
        }
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindError::Changed { table, column, source, expected, arrived } => {
                place(f, table, column, source)?;
                match arrived {
                    Some(arrived) => {
                        write!(f, "the batches before held {expected}, this one holds {arrived}")?
                    }
                    None => write!(f, "this batch does not have the column where the batches before had it")?,
                }
                write!(f, "; give all batches of a table one schema")
            }
            BindError::Conversion { table, column, source, message } => {
                place(f, table, column, source)?;
                write!(f, "the values could not be laid out: {message}")
            }
        }
    }
}

impl std::error::Error for BindError {}

fn place(f: &mut fmt::Formatter<'_>, table: &str, column: &str, source: &str) -> fmt::Result {
    write!(f, "table `{table}`, column `{column}`")?;
    if source == column { write!(f, ": ") } else { write!(f, " (`{source}` in the data): ") }
}

/// A declared type as books spell it.
pub(super) fn words(ty: LogicalType) -> String {
    match ty {
        LogicalType::Int => "int".into(),
        LogicalType::Decimal(digits) => format!("decimal({digits})"),
        LogicalType::Float => "float".into(),
        LogicalType::Bool => "bool".into(),
        LogicalType::Category => "category".into(),
        LogicalType::Id => "id".into(),
        LogicalType::Date => "date".into(),
        LogicalType::Timestamp => "timestamp".into(),
        LogicalType::Duration => "duration".into(),
    }
}

/// A value as a message quotes it.
pub(super) fn example(array: &dyn Array, row: usize) -> String {
    let text = array_value_to_string(array, row).unwrap_or_default();
    match text.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The name most similar to the wanted one, the first of equals; `None` where none comes close.
fn similar(wanted: &str, names: &[&str]) -> Option<String> {
    let plain = |name: &str| name.trim().to_lowercase().replace(['_', '-', '.'], " ");
    let wanted = plain(wanted);
    let mut best: Option<(f64, &str)> = None;
    for name in names {
        let likeness = strsim::normalized_damerau_levenshtein(&wanted, &plain(name));
        if likeness >= 0.6 && best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, name));
        }
    }
    best.map(|(_, name)| name.to_string())
}
