//! Row code: a chunk of rows at a time, every instruction over all rows of the chunk.
//!
//! A register holds a value and a set of reasons for each row. An operation that fails writes reasons instead of a
//! value; `if` and `??` take value and reasons from the branch they choose, so an untaken branch cannot fail.

mod load;
mod ops;
mod rows;
mod text;

pub use load::{accepts, capacity};
pub(crate) use load::{load, status};
pub(crate) use ops::{exponential, holds, logarithm, logarithm_2, logarithm_10, power, run, square_root};
pub use rows::Rows;
pub(crate) use rows::prepare;
pub(crate) use text::{Digits, TextMaps, TextValue, text_at};
pub use text::{column_words, meaning};

use crate::batch::Column;
use crate::error::{Code, Error};
use crate::program::{Program, TableView};

/// Rows that are worked on together.
pub const CHUNK: usize = 64;

/// One value for each row of a chunk.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Register {
    /// The value; the lower half of a decimal.
    pub(crate) lo: [u64; CHUNK],
    /// The upper half of a decimal.
    pub(crate) hi: [u64; CHUNK],
    /// [`crate::Reasons`] of each row; 0 where there is a value.
    pub(crate) reasons: [u8; CHUNK],
}

impl Register {
    /// A register with nothing in it; what it holds before it is written does not matter.
    pub const ZERO: Register = Register { lo: [0; CHUNK], hi: [0; CHUNK], reasons: [0; CHUNK] };

    pub(crate) fn decimal(&self, row: usize) -> i128 {
        (u128::from(self.hi[row % CHUNK]) << 64 | u128::from(self.lo[row % CHUNK])) as i128
    }

    pub(crate) fn set_decimal(&mut self, row: usize, value: i128) {
        self.lo[row % CHUNK] = value as u64;
        self.hi[row % CHUNK] = (value >> 64) as u64;
    }
}

impl Default for Register {
    fn default() -> Self {
        Register::ZERO
    }
}

/// Working memory for feeding. What it holds between calls does not matter; it may be shared by states that are
/// not fed at the same time.
#[derive(Debug)]
pub struct Scratch<'m> {
    /// At least as many as the table has row instructions ([`TableView::code_count`]).
    pub registers: &'m mut [Register],
    /// At least [`scratch_words`].
    pub words: &'m mut [u64],
}

/// Words of [`Scratch::words`] that feeding this batch takes: two for each dictionary entry and one for each column.
///
/// # Errors
/// [`Code::BatchTable`] or [`Code::BatchColumns`].
pub fn scratch_words(program: &Program<'_>, table: usize, columns: &[Column<'_>]) -> Result<usize, Error> {
    check_shape(program, table, columns)?;
    Ok(TextMaps::words(columns))
}

/// Checks that a batch fits table `table`: as many columns as it has, each long enough and of a layout that can feed its
/// declared type.
///
/// # Errors
/// A `Batch…` code.
pub fn check(program: &Program<'_>, table: usize, columns: &[Column<'_>], rows: usize) -> Result<(), Error> {
    check_shape(program, table, columns)?;
    check_columns(program, &program.table(table), columns, rows)
}

pub(crate) fn check_shape(program: &Program<'_>, table: usize, columns: &[Column<'_>]) -> Result<(), Error> {
    if table >= program.table_count() {
        return Err(Error::new(Code::BatchTable, table));
    }
    let view = program.table(table);
    if columns.len() != view.column_count {
        return Err(Error::new(Code::BatchColumns, view.column_count));
    }
    Ok(())
}

/// Checks that every column is long enough and can feed its declared type.
pub(crate) fn check_columns(
    program: &Program<'_>,
    table: &TableView<'_>,
    columns: &[Column<'_>],
    rows: usize,
) -> Result<(), Error> {
    for (i, column) in columns.iter().enumerate() {
        let declared = program.column(table, i);
        if !load::accepts(declared.ty, &column.data) {
            return Err(Error::new(Code::BatchType, i));
        }
        let short = load::capacity(&column.data) < rows
            || column.validity.is_some_and(|bits| bits.capacity() < rows)
            || column.invalid.is_some_and(|bits| bits.capacity() < rows);
        if short {
            return Err(Error::new(Code::BatchLength, i));
        }
    }
    Ok(())
}
