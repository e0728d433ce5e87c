//! Row code by itself: registers of any rows of a batch, for hosts that accumulate in their own way or want a formula's
//! value for each row.

use super::{CHUNK, Register, Scratch, TextMaps, check_columns, check_shape, run};
use crate::batch::Column;
use crate::error::{Code, Error};
use crate::program::{Program, TableView};
use crate::reason::Reasons;
use core::ops::Range;

/// A batch that has been checked, with working memory to run row code over it.
pub struct Rows<'a, 'p> {
    program: &'a Program<'p>,
    view: TableView<'p>,
    columns: &'a [Column<'a>],
    rows: usize,
    registers: &'a mut [Register],
    maps: TextMaps<'a>,
}

impl<'a, 'p> Rows<'a, 'p> {
    /// Checks a batch of table `table` and looks its dictionaries up.
    ///
    /// # Errors
    /// A `Batch…` code or [`Code::Scratch`].
    pub fn new(
        program: &'a Program<'p>,
        table: usize,
        columns: &'a [Column<'a>],
        rows: usize,
        scratch: &'a mut Scratch<'_>,
    ) -> Result<Self, Error> {
        let (view, registers, maps) = prepare(program, table, columns, rows, scratch)?;
        Ok(Rows { program, view, columns, rows, registers, maps })
    }

    /// Runs instructions over `rows`, of which the first [`CHUNK`] that the batch has are taken; the registers.
    ///
    /// `wanted` says which instructions; it must hold the operands of those that it holds. What the others' registers
    /// contain does not matter.
    pub fn run(&mut self, rows: Range<usize>, wanted: &[bool]) -> &[Register] {
        let start = rows.start.min(self.rows);
        let rows = start..rows.end.min(self.rows).min(start + CHUNK).max(start);
        run(self.registers, self.program, &self.view, self.columns, &self.maps, rows, Some(wanted));
        self.registers
    }
}

impl Register {
    /// The word of a row: an integer (`i64`), the bits of a double, 0 or 1, the number of a text constant, or the
    /// lower half of a decimal. 0 or meaningless where the row has reasons.
    #[must_use]
    pub fn word(&self, row: usize) -> u64 {
        self.lo[row % CHUNK]
    }

    /// The mantissa of a row's decimal.
    #[must_use]
    pub fn mantissa(&self, row: usize) -> i128 {
        self.decimal(row)
    }

    /// Why the row has no value; none where it has one.
    #[must_use]
    pub fn reasons(&self, row: usize) -> Reasons {
        Reasons(self.reasons[row % CHUNK])
    }
}

/// Checks a batch, and makes working memory ready for it: the table, its registers, and what dictionaries mean.
pub(crate) fn prepare<'p, 'm>(
    program: &Program<'p>,
    table: usize,
    columns: &[Column<'_>],
    rows: usize,
    scratch: &'m mut Scratch<'_>,
) -> Result<(TableView<'p>, &'m mut [Register], TextMaps<'m>), Error> {
    check_shape(program, table, columns)?;
    let view = program.table(table);
    check_columns(program, &view, columns, rows)?;
    let registers =
        scratch.registers.get_mut(..view.code_count).ok_or(Error::new(Code::Scratch, view.code_count))?;
    let words = TextMaps::words(columns);
    let maps =
        TextMaps::fill(program, &view, columns, scratch.words).ok_or(Error::new(Code::Scratch, words))?;
    Ok((view, registers, maps))
}
