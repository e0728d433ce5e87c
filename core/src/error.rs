//! What can go wrong when bytes, columns or memory are handed to the core.
//!
//! Trouble with *data* is no error: a missing value, a zero denominator or an overflow becomes a [`crate::Reasons`]
//! beside the cell. An error means the call did nothing.

use core::fmt;

/// Numbered causes. Numbers are grouped by hundreds, are part of the C interface, and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[non_exhaustive]
pub enum Code {
    /// Program: the bytes do not begin like a program.
    ProgramMagic = 100,
    /// Program: written by a version of ripplemark that this one does not read.
    ProgramVersion = 101,
    /// Program: fewer or more bytes than the header says.
    ProgramLength = 102,
    /// Program: a section lies outside the bytes or is no whole number of records. Detail: section.
    ProgramSection = 103,
    /// Program: a name lies outside the string section or is not UTF-8. Detail: record.
    ProgramString = 104,
    /// Program: a table, column, placement, dimension or key is inconsistent. Detail: record.
    ProgramTable = 105,
    /// Program: a row instruction is unknown, refers forward or mixes types. Detail: instruction.
    ProgramRowCode = 106,
    /// Program: a slot is inconsistent. Detail: slot.
    ProgramSlot = 107,
    /// Program: a cell instruction is unknown, refers forward or mixes kinds. Detail: instruction.
    ProgramCellCode = 108,
    /// Program: a formula needs wider numbers than the limit allows. Detail: instruction.
    ProgramWidth = 109,
    /// Program: a metric or level is inconsistent. Detail: record.
    ProgramMetric = 110,
    /// Program: calendar data are not sorted or out of range. Detail: record.
    ProgramCalendar = 111,
    /// Batch: no such table in the program. Detail: table.
    BatchTable = 200,
    /// Batch: another number of columns than the program lists. Detail: columns expected.
    BatchColumns = 201,
    /// Batch: the column's layout cannot feed the declared type. Detail: column.
    BatchType = 202,
    /// Batch: a buffer is shorter than the number of rows. Detail: column.
    BatchLength = 203,
    /// State: the memory is smaller than asked for. Detail: words needed, saturated.
    StateMemory = 300,
    /// State: the memory does not hold a state of this program.
    StateForeign = 301,
    /// State bytes: not a state, or another version.
    StateMagic = 302,
    /// State bytes: of aggregates, dimensions or times that differ from the program's.
    StateSignature = 303,
    /// State bytes: truncated, not canonical or out of range. Detail: byte offset.
    StateBytes = 304,
    /// Scratch: too small. Detail: registers or words needed, saturated.
    Scratch = 400,
    /// Output: the buffer is too short; nothing useful was written.
    OutputShort = 401,
}

/// An error of the core: small, `Copy`, without text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// The cause.
    pub code: Code,
    /// Which record, column or size; its meaning stands with the code.
    pub detail: u32,
}

impl Error {
    /// An error with this detail, saturated.
    #[must_use]
    pub const fn new(code: Code, detail: usize) -> Self {
        let detail = if detail > u32::MAX as usize { u32::MAX } else { detail as u32 };
        Error { code, detail }
    }
}

impl Code {
    /// One sentence for people, without the detail.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Code::ProgramMagic => "these bytes are not a ripplemark program",
            Code::ProgramVersion => "the program was written for another version of the format",
            Code::ProgramLength => "the program is truncated or has bytes behind its end",
            Code::ProgramSection => "a section of the program lies outside its bytes",
            Code::ProgramString => "a name in the program is broken",
            Code::ProgramTable => "a table, column, placement or key in the program is inconsistent",
            Code::ProgramRowCode => "a row instruction of the program is not valid",
            Code::ProgramSlot => "an aggregate slot of the program is not valid",
            Code::ProgramCellCode => "a cell instruction of the program is not valid",
            Code::ProgramWidth => "a formula of the program needs numbers wider than the limit",
            Code::ProgramMetric => "a metric or level of the program is not valid",
            Code::ProgramCalendar => "the calendar of the program is not valid",
            Code::BatchTable => "the program has no such table",
            Code::BatchColumns => "the batch has another number of columns than the program's table",
            Code::BatchType => "a column's layout cannot feed its declared type",
            Code::BatchLength => "a column is shorter than the batch",
            Code::StateMemory => "the memory for the state is too small",
            Code::StateForeign => "the memory does not hold a state of this program",
            Code::StateMagic => "these bytes are not a ripplemark state of this version",
            Code::StateSignature => "the state was made with other aggregates, dimensions or times",
            Code::StateBytes => "the state bytes are truncated or not canonical",
            Code::Scratch => "the scratch memory is too small",
            Code::OutputShort => "the output buffer is too short",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {}, detail {})", self.code.message(), self.code as u32, self.detail)
    }
}

impl core::error::Error for Error {}
