//! The declared types of columns, as programs carry them.

/// Declared type of a column. Every column may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogicalType {
    /// 64-bit integer.
    Int,
    /// Exact decimal with this many digits after the point (at most 18); mantissas are `i128`.
    Decimal(u8),
    /// Binary64.
    Float,
    /// True or false.
    Bool,
    /// Text from a set of values.
    Category,
    /// A key: text, or an integer that is read as its decimal digits.
    Id,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01T00:00Z.
    Timestamp,
    /// Microseconds; hosts bring other units to them.
    Duration,
}
