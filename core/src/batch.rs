//! Borrowed columns, laid out as Arrow lays them out, without depending on Arrow.
//!
//! A batch is a slice of columns of equal length in the order in which the program lists the table's columns.
//! Buffers are borrowed from the caller for one call; nothing here owns or copies.

/// A bit per row, least significant bit first, starting at bit `offset`.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Bits<'a> {
    /// Bits that begin `offset` bits into `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8], offset: usize) -> Self {
        Bits { bytes, offset }
    }

    /// The bytes, and the bit in them at which the bits begin.
    #[must_use]
    pub fn parts(&self) -> (&'a [u8], usize) {
        (self.bytes, self.offset)
    }

    /// Bit `row`; false past the end of the buffer.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> bool {
        let bit = self.offset + row;
        self.bytes.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
    }

    /// How many rows the buffer covers.
    #[must_use]
    pub fn capacity(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(self.offset)
    }
}

/// Text values one after the other: value `i` is `bytes[offsets[i]..offsets[i + 1]]`.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// 32-bit offsets.
    Small {
        /// One more than there are values.
        offsets: &'a [i32],
        /// UTF-8, not checked: text is compared as bytes.
        bytes: &'a [u8],
    },
    /// 64-bit offsets.
    Large {
        /// One more than there are values.
        offsets: &'a [i64],
        /// UTF-8, not checked: text is compared as bytes.
        bytes: &'a [u8],
    },
}

impl<'a> Text<'a> {
    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Text::Small { offsets, .. } => offsets.len().saturating_sub(1),
            Text::Large { offsets, .. } => offsets.len().saturating_sub(1),
        }
    }

    /// True if there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value `i`; `None` where the offsets do not describe a range inside the bytes.
    #[inline]
    #[must_use]
    pub fn get(&self, i: usize) -> Option<&'a [u8]> {
        let (from, to, bytes) = match *self {
            Text::Small { offsets, bytes } => {
                (usize::try_from(*offsets.get(i)?).ok()?, usize::try_from(*offsets.get(i + 1)?).ok()?, bytes)
            }
            Text::Large { offsets, bytes } => {
                (usize::try_from(*offsets.get(i)?).ok()?, usize::try_from(*offsets.get(i + 1)?).ok()?, bytes)
            }
        };
        bytes.get(from..to)
    }
}

/// Codes of a dictionary column.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Codes<'a> {
    I8(&'a [i8]),
    U8(&'a [u8]),
    I16(&'a [i16]),
    U16(&'a [u16]),
    I32(&'a [i32]),
    U32(&'a [u32]),
}

impl Codes<'_> {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Codes::I8(c) => c.len(),
            Codes::U8(c) => c.len(),
            Codes::I16(c) => c.len(),
            Codes::U16(c) => c.len(),
            Codes::I32(c) => c.len(),
            Codes::U32(c) => c.len(),
        }
    }

    /// True if there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code of a row; `None` past the end or where it is negative.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> Option<usize> {
        match self {
            Codes::I8(c) => usize::try_from(*c.get(row)?).ok(),
            Codes::U8(c) => Some(usize::from(*c.get(row)?)),
            Codes::I16(c) => usize::try_from(*c.get(row)?).ok(),
            Codes::U16(c) => Some(usize::from(*c.get(row)?)),
            Codes::I32(c) => usize::try_from(*c.get(row)?).ok(),
            Codes::U32(c) => usize::try_from(*c.get(row)?).ok(),
        }
    }
}

/// Unit of a timestamp column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TimeUnit {
    Second,
    Millisecond,
    Microsecond,
    /// Rounded down to microseconds when read.
    Nanosecond,
}

/// The values of a column.
///
/// Which of them a declared type accepts: `Int` and `Duration` (microseconds) any integer; `Decimal` `Decimal128`, any integer, floats value by
/// value; `Float` floats, and integers that binary64 holds exactly; `Bool` `Bool`; `Category` `Utf8` or `Dict`;
/// `Id` these and any integer; `Date` `Date32`; `Timestamp` `Timestamp`. Anything accepts `Missing`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Data<'a> {
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
    F32(&'a [f32]),
    F64(&'a [f64]),
    /// 16 bytes a value, little-endian two's complement, at any alignment.
    Decimal128 {
        bytes: &'a [u8],
        /// Digits after the point.
        scale: u8,
    },
    Bool(Bits<'a>),
    Utf8(Text<'a>),
    Dict {
        codes: Codes<'a>,
        values: Text<'a>,
        /// Entries of the dictionary that are themselves missing are false here.
        valid: Option<Bits<'a>>,
    },
    Date32(&'a [i32]),
    Timestamp {
        values: &'a [i64],
        unit: TimeUnit,
    },
    /// No row has a value.
    Missing,
}

/// A column of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// The values; what stands at rows without a value does not matter.
    pub data: Data<'a>,
    /// True where there is a value; `None`: everywhere.
    pub validity: Option<Bits<'a>>,
    /// True where the host could not read the value as its declared type; wins over `validity`.
    pub invalid: Option<Bits<'a>>,
}

impl<'a> Column<'a> {
    /// A column in which every row has a value.
    #[must_use]
    pub fn new(data: Data<'a>) -> Self {
        Column { data, validity: None, invalid: None }
    }
}
