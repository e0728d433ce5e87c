//! The result as CSV and as Parquet, with the columns of `ResultSet::to_record_batch`.

use crate::failure::Failure;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use ripplemark::evaluate::Coordinate;
use std::fmt::Display;

/// CSV with a header. A missing value is an empty field; floats are the shortest text that reads back as the same
/// double.
pub(crate) fn csv(batch: &RecordBatch) -> Result<Vec<u8>, Failure> {
    let fail = |error: &dyn Display| Failure::Data(format!("the result cannot be written as CSV: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let schema = batch.schema();
    writer.write_record(schema.fields().iter().map(|field| field.name())).map_err(|error| fail(&error))?;
    for row in 0..batch.num_rows() {
        let fields = batch.columns().iter().map(|column| field(column, row));
        writer.write_record(fields).map_err(|error| fail(&error))?;
    }
    writer.into_inner().map_err(|error| fail(&error))
}

/// A value as text; empty where there is none.
pub(crate) fn field(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Float64 => float(column.as_primitive::<Float64Type>().value(row)),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Date32 => {
            Coordinate::Date(column.as_primitive::<Date32Type>().value(row).into()).to_string()
        }
        _ => arrow::util::display::array_value_to_string(column, row).unwrap_or_default(),
    }
}

/// The shortest digits that read back as the same double, with an exponent where there would be many zeros.
fn float(value: f64) -> String {
    if value == 0.0 || (1e-5..1e17).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

/// A Parquet file; the receipt is in its metadata and in those of its schema.
pub(crate) fn parquet(batch: &RecordBatch) -> Result<Vec<u8>, Failure> {
    let fail = |error| Failure::Data(format!("the result cannot be written as Parquet: {error}"));
    let mut bytes = Vec::new();
    // Readers that do not know Arrow find what is said of the schema here.
    let schema = batch.schema();
    let mut said: Vec<(&String, &String)> = schema.metadata().iter().collect();
    said.sort();
    let said = said.into_iter().map(|(key, text)| KeyValue::new(key.clone(), text.clone())).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(said))
        .build();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).map_err(fail)?;
    writer.write(batch).map_err(fail)?;
    writer.close().map_err(fail)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_back_as_the_same_double() {
        for value in [0.0, -0.0, 0.1, 1.0 / 3.0, 6711.0, 1e16, 1.5e300, 5e-324, -2.5e-7] {
            let text = float(value);
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
            assert!(text.len() < 25, "{text}");
        }
    }
}
