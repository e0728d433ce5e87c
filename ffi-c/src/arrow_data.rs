//! Arrow's array struct, read with suspicion: batches in.
//!
//! The `arrow` crate imports arrays of producers that it trusts. Here one walk checks the structs (counts, lengths,
//! NULLs, what has been released) and makes arrays of them, whose contents (offsets, codes, views, UTF-8, counts of
//! nulls) the crate then validates in full, all before a row is read. What cannot be checked is left to the producer's
//! promise: that a pointer which is not NULL leads to as many bytes as the lengths ask for.
//!
//! Columns that the program does not read are not touched.

use crate::arrow_schema::{Columns, all_well, wrong};
use crate::failure::Failure;
use crate::raw;
use arrow::array::{ArrayData, RecordBatch, RecordBatchOptions, make_array};
use arrow::buffer::{BooleanBuffer, Buffer};
use arrow::datatypes::DataType;
use arrow::ffi::FFI_ArrowArray;
use std::fmt::Display;
use std::sync::Arc;

/// More rows than any batch has: a larger length comes from memory that holds no array.
const MOST_ROWS: usize = u32::MAX as usize;

/// Bits of a view of text.
const VIEW_BITS: usize = 128;

/// The most buffers that an array of views has: more texts could not be told apart by an `int32_t`.
const MOST_VIEWED: usize = i32::MAX as usize;

/// Imports a struct array as a batch of the wanted columns; without rows if they are not complete.
///
/// The array is released when the batch is dropped, or before this returns an error.
///
/// # Errors
/// All columns at once whose structs or contents contradict themselves.
pub(crate) fn import(array: FFI_ArrowArray, columns: &Columns) -> Result<RecordBatch, Failure> {
    if array.release.is_none() {
        return Err(wrong("the array has been released"));
    }
    if !columns.complete {
        return Ok(RecordBatch::new_empty(columns.schema()));
    }
    let owner = Arc::new(array);
    let rows = rows(&owner, columns).map_err(|problem| wrong(format!("the array: {problem}")))?;
    let (mut arrays, mut problems) = (Vec::new(), Vec::new());
    for (at, field) in &columns.wanted {
        let node = raw::child(&owner, *at).ok_or_else(|| "it is NULL or has been released".to_owned());
        let data = node.and_then(|node| {
            let part = Extent::of(node)?.part(&rows)?;
            data(&owner, node, field.data_type(), &part)
        });
        match data {
            Ok(data) => arrays.push(make_array(data)),
            Err(problem) => problems.push(format!("column `{}` of the array: {problem}", field.name())),
        }
    }
    all_well(problems)?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.length));
    RecordBatch::try_new_with_options(columns.schema(), arrays, &options)
        .map_err(|error| wrong(error.to_string()))
}

/// Which of a buffer's values an array has.
struct Extent {
    offset: usize,
    length: usize,
}

impl Extent {
    fn of(array: &FFI_ArrowArray) -> Result<Extent, String> {
        let extent = usize::try_from(array.offset).ok().zip(usize::try_from(array.length).ok());
        let extent = extent.map(|(offset, length)| Extent { offset, length });
        extent.filter(|extent| extent.end().is_some_and(|end| end <= MOST_ROWS)).ok_or_else(|| {
            format!("an offset of {} and a length of {} cannot be", array.offset, array.length)
        })
    }

    fn end(&self) -> Option<usize> {
        self.offset.checked_add(self.length)
    }

    /// The part of this child that the rows of its parent are.
    fn part(&self, parent: &Extent) -> Result<Extent, String> {
        match parent.end() {
            Some(end) if end <= self.length => {
                Ok(Extent { offset: self.offset.saturating_add(parent.offset), length: parent.length })
            }
            _ => Err(format!("it has {} rows, fewer than the array asks for", self.length)),
        }
    }

    /// Bytes that a buffer with `bits` for each value must have.
    fn bytes(&self, bits: usize) -> Result<usize, String> {
        let bits = self.end().and_then(|end| end.checked_mul(bits));
        bits.map(|bits| bits.div_ceil(8)).ok_or_else(|| "it has more bytes than can be".to_owned())
    }
}

/// The rows of a batch: those of the struct, which must have children as the schema says, and no row missing.
fn rows(array: &Arc<FFI_ArrowArray>, columns: &Columns) -> Result<Extent, String> {
    if usize::try_from(array.n_children) != Ok(columns.count) {
        return Err(format!("it has {} children, its schema {}", array.n_children, columns.count));
    }
    if columns.count > 0 && array.children.is_null() {
        return Err("the list of its children is NULL".into());
    }
    let rows = Extent::of(array)?;
    buffers(array, 1, "a struct")?;
    let valid = validity(array, array, &rows)?;
    if valid
        .is_some_and(|bits| BooleanBuffer::new(bits, rows.offset, rows.length).count_set_bits() < rows.length)
    {
        return Err("rows are missing as a whole, which rows of a batch cannot be".into());
    }
    Ok(rows)
}

/// Makes an array of what a struct holds, of a type without children or of a dictionary.
fn data(
    owner: &Arc<FFI_ArrowArray>,
    array: &FFI_ArrowArray,
    ty: &DataType,
    part: &Extent,
) -> Result<ArrayData, String> {
    if array.n_children != 0 {
        return Err(format!("it has {} children, its type {ty} has none", array.n_children));
    }
    let whole = Extent::of(array)?;
    let (layout, values) = match ty {
        DataType::Dictionary(keys, values) => {
            let dictionary = raw::dictionary(array).ok_or("its dictionary is NULL or has been released")?;
            let values = Extent::of(dictionary).and_then(|all| data(owner, dictionary, values, &all));
            (keys.as_ref(), Some(values.map_err(|problem| format!("its dictionary: {problem}"))?))
        }
        ty if array.dictionary.is_null() => (ty, None),
        ty => return Err(format!("it has a dictionary, its type {ty} has none")),
    };
    let expected = match layout {
        DataType::Null => 0,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => 3,
        DataType::Utf8View | DataType::BinaryView => view_buffers(array)?,
        _ => 2,
    };
    buffers(array, expected, &ty.to_string())?;
    if whole.length == 0 || part.length == 0 {
        return Ok(ArrayData::new_empty(ty));
    }
    let valid = if expected > 0 { validity(owner, array, &whole)? } else { None };
    let shared = |i: usize, bytes: usize, what: &str| share(owner, array, i, bytes, what);
    let contents = match layout {
        DataType::Null => Vec::new(),
        DataType::Boolean => vec![shared(1, whole.bytes(1)?, "values")?],
        DataType::Utf8 | DataType::Binary => text::<i32>(owner, array, &whole)?,
        DataType::LargeUtf8 | DataType::LargeBinary => text::<i64>(owner, array, &whole)?,
        DataType::Utf8View | DataType::BinaryView => views(owner, array, &whole, expected)?,
        ty => {
            let width = ty.primitive_width().ok_or_else(|| format!("columns of type {ty} are not read"))?;
            vec![shared(1, whole.bytes(width.saturating_mul(8))?, "values")?]
        }
    };
    ArrayData::builder(ty.clone())
        .len(part.length)
        .offset(part.offset)
        .null_bit_buffer(valid)
        .buffers(contents)
        .child_data(values.into_iter().collect())
        // Copies what lies where numbers of its width cannot; Arrow only recommends an alignment.
        .align_buffers(true)
        .build()
        .map_err(|error| error.to_string())
}

/// Checks the number of buffers, and that there is a list of them.
fn buffers(array: &FFI_ArrowArray, expected: usize, what: &str) -> Result<(), String> {
    if usize::try_from(array.n_buffers) != Ok(expected) {
        return Err(format!("it has {} buffers, {what} has {expected}", array.n_buffers));
    }
    if expected > 0 && array.buffers.is_null() {
        return Err("the list of its buffers is NULL".into());
    }
    Ok(())
}

/// Bytes of buffer `i`, shared. NULL where there are to be none is allowed.
fn share(
    owner: &Arc<FFI_ArrowArray>,
    array: &FFI_ArrowArray,
    i: usize,
    bytes: usize,
    what: &str,
) -> Result<Buffer, String> {
    match raw::buffer(array, i) {
        _ if bytes == 0 => Ok(Buffer::default()),
        None => Err(format!("buffer {i}, of {what}, is NULL")),
        Some(start) => raw::share(owner, start, bytes)
            .ok_or_else(|| format!("buffer {i}, of {what}, cannot have {bytes} bytes")),
    }
}

/// The bits that say which values are there, unless all are; what the array says of its nulls must agree.
fn validity(
    owner: &Arc<FFI_ArrowArray>,
    array: &FFI_ArrowArray,
    whole: &Extent,
) -> Result<Option<Buffer>, String> {
    let said = array.null_count;
    let (bits, nulls) = if raw::buffer(array, 0).is_none() {
        (None, 0)
    } else {
        let bits = share(owner, array, 0, whole.bytes(1)?, "validity")?;
        let valid = BooleanBuffer::new(bits.clone(), whole.offset, whole.length).count_set_bits();
        (Some(bits), whole.length.saturating_sub(valid))
    };
    match (said, bits) {
        (-1, bits) => Ok(bits),
        (said, bits) if usize::try_from(said) == Ok(nulls) => Ok(bits),
        (said, None) => Err(format!("it says that it has {said} nulls, and its validity is NULL")),
        (said, Some(_)) => {
            Err(format!("it says that it has {said} nulls, and its validity that it has {nulls}"))
        }
    }
}

/// Offsets and bytes of texts. The last offset says how many bytes there are.
fn text<T: raw::Number + TryInto<usize> + Display>(
    owner: &Arc<FFI_ArrowArray>,
    array: &FFI_ArrowArray,
    whole: &Extent,
) -> Result<Vec<Buffer>, String> {
    let with_end = Extent { offset: whole.offset, length: whole.length.saturating_add(1) };
    let offsets = share(owner, array, 1, with_end.bytes(size_of::<T>().saturating_mul(8))?, "offsets")?;
    let start = raw::buffer(array, 1).ok_or("its offsets are NULL")?;
    let last: T = raw::number(start, whole.offset.saturating_add(whole.length));
    let bytes = last.try_into().map_err(|_| format!("its last offset is {last}"))?;
    Ok(vec![offsets, share(owner, array, 2, bytes, "text")?])
}

/// How many buffers an array of views has: validity, views, any number of texts, and the lengths of these.
fn view_buffers(array: &FFI_ArrowArray) -> Result<usize, String> {
    match usize::try_from(array.n_buffers) {
        Ok(count @ 3..=MOST_VIEWED) => Ok(count),
        _ => Err(format!("it has {} buffers, an array of views has 3 or more", array.n_buffers)),
    }
}

/// Views and the texts that they are of.
fn views(
    owner: &Arc<FFI_ArrowArray>,
    array: &FFI_ArrowArray,
    whole: &Extent,
    count: usize,
) -> Result<Vec<Buffer>, String> {
    let mut contents = vec![share(owner, array, 1, whole.bytes(VIEW_BITS)?, "views")?];
    // The last of the buffers holds the lengths of those between.
    let last = count.saturating_sub(1);
    for i in 2..last {
        let lengths = raw::buffer(array, last).ok_or("the lengths of its texts are NULL")?;
        let length: i64 = raw::number(lengths, i - 2);
        let bytes = usize::try_from(length).map_err(|_| format!("buffer {i} has a length of {length}"))?;
        contents.push(share(owner, array, i, bytes, "text")?);
    }
    Ok(contents)
}
