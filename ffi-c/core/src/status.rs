//! What a call returns: a code, and a detail that says where.

use core_rs::{Code, Error};
use ripplemark_float_env::Standard;

/// What a call returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_status {
    /// `RMC_OK`, or why nothing was done.
    pub code: u32,
    /// Which argument (counted from 1), column, record or size; the code's comment says which.
    pub detail: u32,
}

/// Text that is not terminated by zero. It lives as long as what it was read from.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_text {
    /// UTF-8.
    pub bytes: *const core::ffi::c_char,
    /// Bytes.
    pub len: usize,
}

impl rmc_text {
    pub(crate) fn new(text: &str) -> rmc_text {
        rmc_text { bytes: text.as_ptr().cast(), len: text.len() }
    }
}

/// Done.
pub const RMC_OK: u32 = 0;
/// The bytes do not begin like a program.
pub const RMC_PROGRAM_MAGIC: u32 = 100;
/// The program was written for another version of the format.
pub const RMC_PROGRAM_VERSION: u32 = 101;
/// The program is truncated or has bytes behind its end.
pub const RMC_PROGRAM_LENGTH: u32 = 102;
/// A section lies outside the program's bytes. Detail: section.
pub const RMC_PROGRAM_SECTION: u32 = 103;
/// A name in the program is broken. Detail: record.
pub const RMC_PROGRAM_STRING: u32 = 104;
/// A table, column, placement, dimension or key is inconsistent. Detail: record.
pub const RMC_PROGRAM_TABLE: u32 = 105;
/// A row instruction is not valid. Detail: instruction.
pub const RMC_PROGRAM_ROW_CODE: u32 = 106;
/// A slot is not valid. Detail: slot.
pub const RMC_PROGRAM_SLOT: u32 = 107;
/// A cell instruction is not valid. Detail: instruction.
pub const RMC_PROGRAM_CELL_CODE: u32 = 108;
/// A formula needs numbers wider than the limit. Detail: instruction.
pub const RMC_PROGRAM_WIDTH: u32 = 109;
/// A metric or level is not valid. Detail: record.
pub const RMC_PROGRAM_METRIC: u32 = 110;
/// The calendar is not valid. Detail: record.
pub const RMC_PROGRAM_CALENDAR: u32 = 111;
/// The program has no such table. Detail: table.
pub const RMC_BATCH_TABLE: u32 = 200;
/// Another number of columns than the program's table has. Detail: columns expected.
pub const RMC_BATCH_COLUMNS: u32 = 201;
/// A column's layout cannot feed its declared type. Detail: column.
pub const RMC_BATCH_TYPE: u32 = 202;
/// A column is shorter than the batch. Detail: column.
pub const RMC_BATCH_LENGTH: u32 = 203;
/// The memory for the state is too small. Detail: words needed, saturated.
pub const RMC_STATE_MEMORY: u32 = 300;
/// The memory does not hold a state of this program.
pub const RMC_STATE_FOREIGN: u32 = 301;
/// The bytes are not a state of this version.
pub const RMC_STATE_MAGIC: u32 = 302;
/// The state was made with other aggregates, dimensions or times.
pub const RMC_STATE_SIGNATURE: u32 = 303;
/// The state bytes are truncated or not canonical. Detail: byte.
pub const RMC_STATE_BYTES: u32 = 304;
/// The scratch memory is too small. Detail: words needed, saturated.
pub const RMC_SCRATCH: u32 = 400;
/// The output buffer is too short; what it holds now means nothing. Detail: bytes needed, or 0 if not known.
pub const RMC_OUTPUT_SHORT: u32 = 401;
/// A pointer is NULL. Detail: argument; for columns `RMC_COLUMN_DETAIL` plus the column.
pub const RMC_NULL: u32 = 900;
/// A pointer is not aligned to its elements. Detail: as for `RMC_NULL`.
pub const RMC_MISALIGNED: u32 = 901;
/// A length is larger than the address space. Detail: as for `RMC_NULL`.
pub const RMC_SIZE: u32 = 902;
/// The `rmc_program` was not loaded, or the `rmc_cells` not begun. Detail: argument.
pub const RMC_UNLOADED: u32 = 903;
/// Two memories that are written overlap. Detail: argument.
pub const RMC_OVERLAP: u32 = 904;
/// `rmc_column.struct_size` is not `sizeof(rmc_column)`. Detail: column.
pub const RMC_STRUCT_SIZE: u32 = 905;
/// A type, unit or width that this library does not know. Detail: column.
pub const RMC_UNKNOWN_TYPE: u32 = 906;
/// There is no table, column, dimension, metric, level or placement of this number. Detail: how many there are.
pub const RMC_INDEX: u32 = 907;
/// There is nothing to give: no value, no exact text, no text, no period, or no current group.
pub const RMC_NOTHING: u32 = 908;
/// Added to the number of a column in the details of codes that otherwise name an argument.
pub const RMC_COLUMN_DETAIL: u32 = 1000;

/// Why a call does nothing.
#[derive(Clone, Copy)]
pub(crate) struct Failure(pub(crate) rmc_status);

impl Failure {
    pub(crate) fn new(code: u32, detail: usize) -> Failure {
        Failure(rmc_status { code, detail: u32::try_from(detail).unwrap_or(u32::MAX) })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure(rmc_status { code: error.code as u32, detail: error.detail })
    }
}

/// Runs a call under the standard floating-point environment and gives the host its own back.
pub(crate) fn call(body: impl FnOnce() -> Result<(), Failure>) -> rmc_status {
    let _standard = Standard::enter();
    match body() {
        Ok(()) => rmc_status { code: RMC_OK, detail: 0 },
        Err(failure) => failure.0,
    }
}

/// One English sentence about a code, without its detail. It lives as long as the program does.
#[unsafe(no_mangle)]
pub extern "C" fn rmc_status_message(code: u32) -> rmc_text {
    let own = match code {
        RMC_OK => "done",
        RMC_NULL => "a pointer is NULL",
        RMC_MISALIGNED => "a pointer is not aligned",
        RMC_SIZE => "a length is larger than the address space",
        RMC_UNLOADED => "the program was not loaded, or the cursor not begun",
        RMC_OVERLAP => "two memories that are written overlap",
        RMC_STRUCT_SIZE => "a column struct has another size than this library's",
        RMC_UNKNOWN_TYPE => "a type, unit or width is not known to this library",
        RMC_INDEX => "there is no item of this number",
        RMC_NOTHING => "there is nothing to give",
        _ => CORE.iter().find(|(number, _)| *number == code).map_or("unknown code", |(_, c)| c.message()),
    };
    rmc_text::new(own)
}

/// The core's codes under the numbers that C sees.
const CORE: [(u32, Code); 23] = [
    (RMC_PROGRAM_MAGIC, Code::ProgramMagic),
    (RMC_PROGRAM_VERSION, Code::ProgramVersion),
    (RMC_PROGRAM_LENGTH, Code::ProgramLength),
    (RMC_PROGRAM_SECTION, Code::ProgramSection),
    (RMC_PROGRAM_STRING, Code::ProgramString),
    (RMC_PROGRAM_TABLE, Code::ProgramTable),
    (RMC_PROGRAM_ROW_CODE, Code::ProgramRowCode),
    (RMC_PROGRAM_SLOT, Code::ProgramSlot),
    (RMC_PROGRAM_CELL_CODE, Code::ProgramCellCode),
    (RMC_PROGRAM_WIDTH, Code::ProgramWidth),
    (RMC_PROGRAM_METRIC, Code::ProgramMetric),
    (RMC_PROGRAM_CALENDAR, Code::ProgramCalendar),
    (RMC_BATCH_TABLE, Code::BatchTable),
    (RMC_BATCH_COLUMNS, Code::BatchColumns),
    (RMC_BATCH_TYPE, Code::BatchType),
    (RMC_BATCH_LENGTH, Code::BatchLength),
    (RMC_STATE_MEMORY, Code::StateMemory),
    (RMC_STATE_FOREIGN, Code::StateForeign),
    (RMC_STATE_MAGIC, Code::StateMagic),
    (RMC_STATE_SIGNATURE, Code::StateSignature),
    (RMC_STATE_BYTES, Code::StateBytes),
    (RMC_SCRATCH, Code::Scratch),
    (RMC_OUTPUT_SHORT, Code::OutputShort),
];

// A number that drifted from the core's would lie to every C caller.
const _: () = {
    let mut i = 0;
    while i < CORE.len() {
        assert!(CORE[i].0 == CORE[i].1 as u32);
        i += 1;
    }
};
