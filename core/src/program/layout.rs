//! Where everything stands in program bytes: the one place that reader and writer share.
//!
//! All numbers are little-endian. A header of fixed size, then a directory of sections (offset, length), then the
//! sections in the order of [`Section`], each a whole number of records. `docs/SPEC.md` has the tables.

/// First bytes of a program. The line break shows transfers that "repair" line ends.
pub const MAGIC: [u8; 8] = *b"RMPROG\r\n";
/// Version of the format that this crate reads and writes.
pub const VERSION: u16 = 2;
/// Stands where an index may be absent.
pub const NONE: u32 = u32::MAX;
/// Most dimensions a query may group by.
pub const MAX_DIMS: usize = 30;
/// In a level mask: the period is part of the key.
pub const LEVEL_PERIOD: u32 = 1 << 31;

/// Offsets of the header's fields.
pub mod header {
    /// `[u8; 8]`
    pub const MAGIC: usize = 0;
    /// `u16`
    pub const VERSION: usize = 8;
    /// `u32`: bytes of the whole program
    pub const LENGTH: usize = 12;
    /// `u32`: number of sections
    pub const SECTIONS: usize = 16;
    /// `u8`: 0 for none, else the grain
    pub const GRAIN: usize = 20;
    /// `u8`: 0 = Monday
    pub const FIRST_DAY: usize = 21;
    /// `u8`: 1 to 12
    pub const FIRST_MONTH: usize = 22;
    /// `u8`: 1 if the query has a fixed `as_of`
    pub const HAS_AS_OF: usize = 23;
    /// `[u8; 32]`: hash of everything that two states must share to be merged
    pub const SIGNATURE: usize = 24;
    /// `i64`: first instant inside the range
    pub const RANGE_FROM: usize = 56;
    /// `i64`: first instant after the range
    pub const RANGE_TO: usize = 64;
    /// `i32`: first day inside the range
    pub const RANGE_FROM_DAY: usize = 72;
    /// `i32`: first day after the range
    pub const RANGE_TO_DAY: usize = 76;
    /// `i64`: first instant that is not known
    pub const AS_OF: usize = 80;
    /// `i32`: first day that is not wholly known
    pub const AS_OF_DAY: usize = 88;
    /// `i64`: first instant the calendar covers
    pub const CALENDAR_FROM: usize = 96;
    /// `i64`: first instant the calendar does not cover
    pub const CALENDAR_TO: usize = 104;
    /// Length of the header; the directory follows.
    pub const SIZE: usize = 112;
}

/// The sections, in the order of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
#[allow(missing_docs)]
pub enum Section {
    /// UTF-8 bytes that names refer to.
    Strings = 0,
    /// Text constants, sorted by their bytes: string.
    Texts,
    /// Offset changes of the time zone.
    Zone,
    /// 16-byte constants.
    Consts,
    Tables,
    Columns,
    /// Pairs of text constants: as written, as meant.
    ValueMap,
    /// Text constants that closed categories allow.
    Allowed,
    RowCode,
    Placements,
    Dims,
    /// For each table, one key for each dimension.
    Keys,
    Slots,
    CellCode,
    /// For each cell instruction, how wide its number may become and where its register lies.
    CellWidths,
    Metrics,
    /// Masks of the dimensions that a level keeps.
    Levels,
    /// How hosts look rows up in other tables, and the question in words; the core takes tables as they come out of
    /// the former, and does not read it.
    Lookups,
    /// Windows and holidays, where a formula counts business hours: see [`crate::time::Business`].
    BusinessHours,
}

/// Number of sections.
pub const SECTIONS: usize = 19;
/// So many sections every program has; of those behind, a program has none after its last one that is not empty.
pub const BASE_SECTIONS: usize = 18;

/// Bytes of a record of each section.
pub const RECORD: [usize; SECTIONS] = [1, 8, 12, 16, 40, 40, 8, 4, 16, 8, 12, 8, 52, 16, 8, 96, 4, 1, 1];

/// Offsets inside a record of [`Section::Tables`].
#[allow(missing_docs)]
pub mod table {
    pub const NAME: usize = 0;
    pub const COLUMN_START: usize = 8;
    pub const COLUMN_COUNT: usize = 12;
    pub const CODE_START: usize = 16;
    pub const CODE_COUNT: usize = 20;
    /// Register of the query's filter, or [`super::NONE`].
    pub const FILTER: usize = 24;
    pub const KEY_START: usize = 28;
    pub const PLACEMENT_START: usize = 32;
    pub const PLACEMENT_COUNT: usize = 36;
}

/// Offsets inside a record of [`Section::Columns`].
#[allow(missing_docs)]
pub mod column {
    pub const NAME: usize = 0;
    pub const SOURCE: usize = 8;
    pub const TYPE: usize = 16;
    pub const SCALE: usize = 17;
    /// With a format: 0 if text without an offset is local time of the program's zone, 1 if it is UTC.
    pub const FORMAT_ZONE: usize = 18;
    pub const MAP_START: usize = 20;
    pub const MAP_COUNT: usize = 24;
    /// [`super::NONE`] for an open category.
    pub const ALLOWED_START: usize = 28;
    pub const ALLOWED_COUNT: usize = 32;
    /// 0 where the data need no format; else 1 + the number of the text constant that holds it.
    pub const FORMAT: usize = 36;
}

/// Offsets inside a record of [`Section::Placements`].
#[allow(missing_docs)]
pub mod placement {
    pub const TABLE: usize = 0;
    /// Register of the date or timestamp, or [`super::NONE`] where time is not read.
    pub const AT: usize = 4;
}

/// Offsets inside a record of [`Section::Dims`].
#[allow(missing_docs)]
pub mod dim {
    pub const NAME: usize = 0;
    /// 0 integer, 1 bool, 2 date, 3 text.
    pub const TYPE: usize = 8;
}

/// Offsets inside a record of [`Section::Keys`].
#[allow(missing_docs)]
pub mod key {
    /// 0: register of integer, bool or date; 1: text column; 2: register of text.
    pub const KIND: usize = 0;
    pub const INDEX: usize = 4;
}

/// Offsets inside a record of [`Section::Slots`].
#[allow(missing_docs)]
pub mod slot {
    pub const PLACEMENT: usize = 0;
    pub const KIND: usize = 4;
    /// Scale of a decimal argument.
    pub const SCALE: usize = 5;
    /// Register of the condition, or [`super::NONE`].
    pub const MASK: usize = 8;
    /// Register of the argument, or [`super::NONE`].
    pub const ARG: usize = 12;
    /// Hash of what the slot means.
    pub const HASH: usize = 16;
    /// First word of the slot among the words of a group's slots.
    pub const OFFSET: usize = 48;
}

/// Offsets inside a record of [`Section::CellWidths`].
#[allow(missing_docs)]
pub mod cell_width {
    /// `u16`: words of the numerator.
    pub const NUMERATOR: usize = 0;
    /// `u16`: words of the denominator.
    pub const DENOMINATOR: usize = 2;
    /// `u32`: first word of the register.
    pub const OFFSET: usize = 4;
}

/// Offsets inside a record of [`Section::Metrics`].
#[allow(missing_docs)]
pub mod metric {
    pub const NAME: usize = 0;
    pub const LABEL: usize = 8;
    pub const OWNER: usize = 16;
    pub const UNIT: usize = 24;
    /// Cell registers; numerator and denominator may be [`super::NONE`].
    pub const VALUE: usize = 32;
    pub const NUMERATOR: usize = 36;
    pub const DENOMINATOR: usize = 40;
    pub const N: usize = 44;
    /// 0 none, 1 behaviour, 2 conversion, 3 revenue.
    pub const RING: usize = 48;
    /// 0 simple, 1 ratio, 2 derived.
    pub const KIND: usize = 49;
    /// 0 rounded, 1 exact.
    pub const EXACT: usize = 50;
    /// Digits after the point of the exact text, 255 for a fraction.
    pub const SCALE: usize = 51;
    pub const DESCRIPTION: usize = 52;
    /// Hash of what the metric means.
    pub const MEANING: usize = 60;
}
