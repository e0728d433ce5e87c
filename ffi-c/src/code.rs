//! Status codes: what every fallible function returns.

use ripplemark_rs::core::Code;

/// Writes the enum and, for the codes that the core gives out, the way from one to the other, so that the two
/// cannot drift apart.
macro_rules! codes {
    (
        own { $($(#[doc = $own_doc:literal])+ $own:ident = $own_number:literal,)+ }
        core { $($(#[doc = $core_doc:literal])+ $core:ident = $core_number:literal from $variant:ident,)+ }
    ) => {
        /// What a call came to. Numbers are grouped by hundreds and tens and are never used for anything else.
        #[repr(u32)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ripplemark_code {
            $($(#[doc = $own_doc])+ $own = $own_number,)+
            $($(#[doc = $core_doc])+ $core = $core_number,)+
        }

        impl ripplemark_code {
            /// The core's code.
            pub(crate) fn of_core(code: Code) -> ripplemark_code {
                match code {
                    $(Code::$variant => ripplemark_code::$core,)+
                    _ => ripplemark_code::RIPPLEMARK_INTERNAL,
                }
            }

            /// The code with this number.
            pub(crate) fn of_number(number: u32) -> Option<ripplemark_code> {
                match number {
                    $($own_number => Some(ripplemark_code::$own),)+
                    $($core_number => Some(ripplemark_code::$core),)+
                    _ => None,
                }
            }

            /// The code of the core, where it is one.
            fn to_core(self) -> Option<Code> {
                match self {
                    $(ripplemark_code::$core => Some(Code::$variant),)+
                    _ => None,
                }
            }
        }

        #[cfg(test)]
        const CORE: &[(ripplemark_code, Code)] = &[$((ripplemark_code::$core, Code::$variant),)+];
    };
}

codes! {
    own {
        /// The call did what it says.
        RIPPLEMARK_OK = 0,
        /// Use of the interface: a pointer that must not be NULL is NULL.
        RIPPLEMARK_NULL_POINTER = 500,
        /// Use of the interface: text is not UTF-8.
        RIPPLEMARK_NOT_UTF8 = 501,
        /// Use of the interface: a size, length, count or offset is impossible.
        RIPPLEMARK_SIZE = 502,
        /// Use of the interface: a handle is of another kind, or has been freed.
        RIPPLEMARK_HANDLE = 503,
        /// Use of the interface: the `struct_size` of a struct is not one that this library knows.
        RIPPLEMARK_STRUCT_SIZE = 504,
        /// Use of the interface: a position lies past the end.
        RIPPLEMARK_INDEX = 505,
        /// Use of the interface: a number stands for nothing, such as the type of a column.
        RIPPLEMARK_ARGUMENT = 506,
        /// Use of the interface: values are not aligned as their type needs.
        RIPPLEMARK_ALIGNMENT = 507,
        /// Use of the interface: the evaluation is in use by another call at this moment.
        RIPPLEMARK_BUSY = 508,
        /// Use of the interface: the caller's buffer is too short; the length that is needed has been given.
        RIPPLEMARK_BUFFER_SHORT = 509,
        /// The book is at fault; the report says where, whose, and what to do.
        RIPPLEMARK_BOOK = 600,
        /// The query is at fault.
        RIPPLEMARK_QUERY = 610,
        /// Data do not fit the program: tables, columns or types.
        RIPPLEMARK_DATA = 620,
        /// Arrow structs contradict themselves or the C data interface.
        RIPPLEMARK_ARROW = 621,
        /// An Arrow stream reported an error of its own.
        RIPPLEMARK_STREAM = 622,
        /// A file could not be read.
        RIPPLEMARK_FILE = 630,
        /// There is not enough memory.
        RIPPLEMARK_MEMORY = 640,
        /// A fault of this library, caught; the evaluation it happened in can only be freed.
        RIPPLEMARK_PANIC = 650,
        /// A problem that has no code of its own; the message says what it is.
        RIPPLEMARK_INTERNAL = 651,
    }
    core {
        /// Program: the bytes do not begin like a program.
        RIPPLEMARK_PROGRAM_MAGIC = 100 from ProgramMagic,
        /// Program: written by a version that this one does not read.
        RIPPLEMARK_PROGRAM_VERSION = 101 from ProgramVersion,
        /// Program: fewer or more bytes than the header says.
        RIPPLEMARK_PROGRAM_LENGTH = 102 from ProgramLength,
        /// Program: a section lies outside the bytes or is no whole number of records.
        RIPPLEMARK_PROGRAM_SECTION = 103 from ProgramSection,
        /// Program: a name is broken.
        RIPPLEMARK_PROGRAM_STRING = 104 from ProgramString,
        /// Program: a table, column, placement, dimension or key is inconsistent.
        RIPPLEMARK_PROGRAM_TABLE = 105 from ProgramTable,
        /// Program: a row instruction is not valid.
        RIPPLEMARK_PROGRAM_ROW_CODE = 106 from ProgramRowCode,
        /// Program: a slot is inconsistent.
        RIPPLEMARK_PROGRAM_SLOT = 107 from ProgramSlot,
        /// Program: a cell instruction is not valid.
        RIPPLEMARK_PROGRAM_CELL_CODE = 108 from ProgramCellCode,
        /// Program: a formula needs wider numbers than the limit allows.
        RIPPLEMARK_PROGRAM_WIDTH = 109 from ProgramWidth,
        /// Program: a metric or level is inconsistent.
        RIPPLEMARK_PROGRAM_METRIC = 110 from ProgramMetric,
        /// Program: calendar data are not sorted or out of range.
        RIPPLEMARK_PROGRAM_CALENDAR = 111 from ProgramCalendar,
        /// Batch: no such table in the program.
        RIPPLEMARK_BATCH_TABLE = 200 from BatchTable,
        /// Batch: another number of columns than the program lists.
        RIPPLEMARK_BATCH_COLUMNS = 201 from BatchColumns,
        /// Batch: the column's layout cannot feed the declared type.
        RIPPLEMARK_BATCH_TYPE = 202 from BatchType,
        /// Batch: a buffer is shorter than the number of rows.
        RIPPLEMARK_BATCH_LENGTH = 203 from BatchLength,
        /// State: the memory is smaller than asked for.
        RIPPLEMARK_STATE_MEMORY = 300 from StateMemory,
        /// State: the memory does not hold a state of this program.
        RIPPLEMARK_STATE_FOREIGN = 301 from StateForeign,
        /// State bytes: not a state, or another version.
        RIPPLEMARK_STATE_MAGIC = 302 from StateMagic,
        /// State: of aggregates, dimensions or times that differ from the program's.
        RIPPLEMARK_STATE_SIGNATURE = 303 from StateSignature,
        /// State bytes: truncated, not canonical or out of range.
        RIPPLEMARK_STATE_BYTES = 304 from StateBytes,
        /// The scratch memory is too small.
        RIPPLEMARK_SCRATCH = 400 from Scratch,
        /// The output buffer of the core is too short.
        RIPPLEMARK_OUTPUT_SHORT = 401 from OutputShort,
    }
}

impl ripplemark_code {
    /// One sentence for people.
    pub(crate) fn sentence(self) -> &'static str {
        use ripplemark_code as c;
        match self {
            c::RIPPLEMARK_OK => "all is well",
            c::RIPPLEMARK_NULL_POINTER => "a pointer that must not be NULL is NULL",
            c::RIPPLEMARK_NOT_UTF8 => "text is not UTF-8",
            c::RIPPLEMARK_SIZE => "a size, length, count or offset is impossible",
            c::RIPPLEMARK_HANDLE => "a handle is of another kind, or has been freed",
            c::RIPPLEMARK_STRUCT_SIZE => "the struct_size of a struct is not one that this library knows",
            c::RIPPLEMARK_INDEX => "a position lies past the end",
            c::RIPPLEMARK_ARGUMENT => "a number stands for nothing",
            c::RIPPLEMARK_ALIGNMENT => "values are not aligned as their type needs",
            c::RIPPLEMARK_BUSY => "the evaluation is in use by another call",
            c::RIPPLEMARK_BUFFER_SHORT => "the buffer is too short",
            c::RIPPLEMARK_BOOK => "the book has errors",
            c::RIPPLEMARK_QUERY => "the query has errors",
            c::RIPPLEMARK_DATA => "data do not fit the program",
            c::RIPPLEMARK_ARROW => "Arrow structs contradict themselves",
            c::RIPPLEMARK_STREAM => "an Arrow stream reported an error",
            c::RIPPLEMARK_FILE => "a file could not be read",
            c::RIPPLEMARK_MEMORY => "there is not enough memory",
            c::RIPPLEMARK_PANIC => "a fault of this library was caught",
            other => other.to_core().map_or("a problem without a code of its own", Code::message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_codes_keep_their_numbers() {
        for (own, core) in CORE {
            assert_eq!(*own as u32, *core as u32);
            assert_eq!(ripplemark_code::of_core(*core), *own);
            assert_eq!(own.sentence(), core.message());
        }
    }

    #[test]
    fn numbers_lead_back_to_codes() {
        for number in 0..1000 {
            if let Some(code) = ripplemark_code::of_number(number) {
                assert_eq!(code as u32, number);
            }
        }
        assert_eq!(ripplemark_code::of_number(1), None);
    }
}
