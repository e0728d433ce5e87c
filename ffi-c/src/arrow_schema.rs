//! Arrow's schema struct, read with suspicion: which columns a batch brings, and which of them the program wants.
//!
//! The `arrow` crate reads schemas of producers that it trusts: a missing format ends the call, an impossible count of
//! metadata the process. Here every pointer and count is checked before it is followed, metadata and flags are not
//! looked at, and only the text of a format is left to the crate.

use crate::code::ripplemark_code;
use crate::failure::Failure;
use crate::raw;
use arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Field, Schema,
    validate_decimal_precision_and_scale as decimal,
};
use arrow::ffi::FFI_ArrowSchema;
use ripplemark_rs::bind::TableSpec;
use std::sync::Arc;

/// More columns than any table has: a larger count comes from memory that holds no schema.
const MOST_COLUMNS: usize = 1 << 20;

/// Longest format that is worth repeating in a message, in bytes.
const SHOWN: usize = 60;

/// What arrives, and what of it is wanted.
pub(crate) struct Columns {
    /// How many columns a batch must have.
    pub(crate) count: usize,
    /// Whether everything is there that is wanted. If not, the others are listed as wanted, so that feeding can say
    /// what there is instead; their rows are of no use.
    pub(crate) complete: bool,
    /// Positions of the wanted ones, with their fields, in ascending order.
    pub(crate) wanted: Vec<(usize, Arc<Field>)>,
}

impl Columns {
    /// Reads the schema of a batch that is meant for `table`; `None` stands for a table that the program does not
    /// have, which is told when the batch is fed.
    ///
    /// # Errors
    /// All columns at once that contradict the interface, or that are wanted and of a type that is not read.
    pub(crate) fn read(schema: &FFI_ArrowSchema, table: Option<&TableSpec>) -> Result<Columns, Failure> {
        let found = read_all(schema)?;
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let positions = table.and_then(|table| table.positions_in(&names));
        let complete = positions.is_some();
        let positions = positions.unwrap_or_else(|| (0..names.len()).collect());
        let (mut wanted, mut problems) = (Vec::new(), Vec::new());
        for (at, (name, ty)) in found.iter().enumerate() {
            if positions.binary_search(&at).is_err() {
                continue;
            }
            let ty = match ty {
                Ok(ty) => ty.clone(),
                Err(_) if !complete => DataType::Null,
                Err(problem) => {
                    problems.push(format!("column `{name}`: {problem}"));
                    continue;
                }
            };
            // What a producer says about nulls is no promise: the validity says it.
            wanted.push((at, Arc::new(Field::new(name, ty, true))));
        }
        all_well(problems)?;
        Ok(Columns { count: found.len(), complete, wanted })
    }

    /// The schema of the wanted columns.
    pub(crate) fn schema(&self) -> Arc<Schema> {
        Arc::new(Schema::new(self.wanted.iter().map(|(_, field)| Arc::clone(field)).collect::<Vec<_>>()))
    }
}

/// A failure of the interface.
pub(crate) fn wrong(message: impl Into<String>) -> Failure {
    Failure::new(ripplemark_code::RIPPLEMARK_ARROW, message)
}

/// A failure that tells all problems, unless there are none.
pub(crate) fn all_well(problems: Vec<String>) -> Result<(), Failure> {
    if problems.is_empty() { Ok(()) } else { Err(wrong(problems.join("\n"))) }
}

/// A column's name, and its type or why that is not read.
type Found = (String, Result<DataType, String>);

fn read_all(schema: &FFI_ArrowSchema) -> Result<Vec<Found>, Failure> {
    if schema.release.is_none() {
        return Err(wrong("the schema has been released"));
    }
    match format(schema).map_err(|problem| wrong(format!("the schema: {problem}")))? {
        "+s" => {}
        other => {
            let message = format!(
                "the schema has the format `{}`; a batch is a struct array, `+s`, with a child for each column",
                shown(other)
            );
            return Err(wrong(message));
        }
    }
    let count = match usize::try_from(schema.n_children) {
        Ok(count) if count <= MOST_COLUMNS => count,
        _ => return Err(wrong(format!("the schema says that it has {} children", schema.n_children))),
    };
    if count > 0 && schema.children.is_null() {
        return Err(wrong("the list of the schema's children is NULL"));
    }
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for i in 0..count {
        match raw::schema_child(schema, i).map_or_else(|| Err("is NULL or has been released".into()), column)
        {
            Ok(column) => found.push(column),
            Err(problem) => problems.push(format!("child {i} of the schema {problem}")),
        }
    }
    all_well(problems)?;
    Ok(found)
}

/// Errors are of the interface and cannot be passed over; a type that is merely not read can.
fn column(schema: &FFI_ArrowSchema) -> Result<Found, String> {
    let name = raw::schema_text(schema, schema.name).unwrap_or_default();
    let name = std::str::from_utf8(name).map_err(|_| "has a name that is not UTF-8".to_owned())?;
    let about = |problem: String| format!("(`{name}`): {problem}");
    let ty = match raw::schema_dictionary(schema) {
        None => leaf(schema).map_err(about)?,
        Some(None) => return Err(about("its dictionary has been released".into())),
        Some(Some(values)) => {
            let (keys, values) = (leaf(schema).map_err(about)?, leaf(values).map_err(about)?);
            keys.and_then(|keys| match keys {
                keys if keys.is_dictionary_key_type() => {
                    values.map(|values| DataType::Dictionary(Box::new(keys), Box::new(values)))
                }
                other => Err(format!("{other} cannot be the codes of a dictionary")),
            })
        }
    };
    Ok((name.to_owned(), ty))
}

/// A type without children. The outer error is one of the interface, the inner one says that the type is not read.
fn leaf(schema: &FFI_ArrowSchema) -> Result<Result<DataType, String>, String> {
    let format = format(schema)?;
    // Lists, structs, unions, maps and runs have children; nothing that a book can declare is fed by them.
    if format.starts_with('+') {
        return Ok(Err(format!("columns of the format `{}` are not read", shown(format))));
    }
    if schema.n_children != 0 {
        return Err(format!("the format `{}` has no children, not {}", shown(format), schema.n_children));
    }
    // A struct of our own, so that the crate meets nothing but the text.
    let ty = FFI_ArrowSchema::try_new(format, Vec::new(), None).and_then(|own| DataType::try_from(&own));
    let Ok(ty) = ty else {
        return Err(format!("`{}` is no format of a type", shown(format)));
    };
    let digits = match ty {
        DataType::Decimal32(precision, scale) => decimal::<Decimal32Type>(precision, scale),
        DataType::Decimal64(precision, scale) => decimal::<Decimal64Type>(precision, scale),
        DataType::Decimal128(precision, scale) => decimal::<Decimal128Type>(precision, scale),
        DataType::Decimal256(precision, scale) => decimal::<Decimal256Type>(precision, scale),
        _ => Ok(()),
    };
    digits.map_err(|error| format!("`{}`: {error}", shown(format)))?;
    Ok(match ty {
        DataType::FixedSizeBinary(_) => Err(format!("columns of type {ty} are not read")),
        _ => Ok(ty),
    })
}

fn format(schema: &FFI_ArrowSchema) -> Result<&str, String> {
    let bytes = raw::schema_text(schema, schema.format).ok_or_else(|| "its format is NULL".to_owned())?;
    std::str::from_utf8(bytes).map_err(|_| "its format is not UTF-8".to_owned())
}

fn shown(format: &str) -> &str {
    crate::call::cut(format, SHOWN)
}
