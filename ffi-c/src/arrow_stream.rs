//! Arrow's C stream interface: batches until there are no more, and the stream's own words where it fails.

use crate::arrow_data;
use crate::arrow_schema::{Columns, wrong};
use crate::code::ripplemark_code;
use crate::failure::Failure;
use crate::raw::Stream;
use arrow::array::RecordBatch;
use ripplemark_rs::bind::TableSpec;
use std::ffi::c_int;

/// Hands every batch of a stream to `feed`.
///
/// # Errors
/// What the stream reports, what contradicts Arrow's interface, or what `feed` refuses; earlier batches have been fed.
pub(crate) fn feed(
    mut stream: Stream,
    table: Option<&TableSpec>,
    mut feed: impl FnMut(&RecordBatch) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let schema = stream.schema().ok_or_else(|| wrong("the stream's `get_schema` is NULL"))?;
    let schema = schema.map_err(|number| failed(&mut stream, number, "giving its schema"))?;
    let columns = Columns::read(&schema, table)?;
    let mut batches: u64 = 0;
    loop {
        let array = stream.next().ok_or_else(|| wrong("the stream's `get_next` is NULL"))?;
        let array =
            array.map_err(|number| failed(&mut stream, number, &format!("after {batches} batches")))?;
        if array.release.is_none() {
            // A stream of no batches has still promised columns, which the program may not find.
            return if batches == 0 { feed(&RecordBatch::new_empty(columns.schema())) } else { Ok(()) };
        }
        let within = |failure: Failure| Failure {
            message: format!("batch {batches} of the stream, counted from 0: {}", failure.message),
            ..failure
        };
        let batch = arrow_data::import(array, &columns).map_err(within)?;
        feed(&batch).map_err(within)?;
        batches += 1;
    }
}

fn failed(stream: &mut Stream, number: c_int, when: &str) -> Failure {
    let words = stream.last_error().filter(|words| !words.is_empty());
    let words = words.unwrap_or_else(|| "it does not say why".to_owned());
    Failure::new(
        ripplemark_code::RIPPLEMARK_STREAM,
        format!("the stream failed {when} with error {number}: {words}"),
    )
}
