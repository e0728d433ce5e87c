//! Why there is no value, and what to know about a value that is there.

use core::fmt;
use core::ops::BitOr;

/// A set of reasons why a value is missing. Empty set: there is a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reasons(pub u8);

impl Reasons {
    /// There is a value.
    pub const NONE: Reasons = Reasons(0);
    /// Nothing to aggregate, or a missing input.
    pub const EMPTY: Reasons = Reasons(1);
    /// Division by zero.
    pub const ZERO_DENOMINATOR: Reasons = Reasons(2);
    /// Integer or decimal arithmetic beyond its width, a double beyond binary64.
    pub const OVERFLOW: Reasons = Reasons(4);
    /// A value that is not of its declared type.
    pub const INVALID_INPUT: Reasons = Reasons(8);
    /// A function of a number with the wrong sign: `sqrt(-1)`, `ln(-1)`.
    pub const SIGN: Reasons = Reasons(16);
    /// A function without a bound: `ln(0)`.
    pub const UNBOUNDED: Reasons = Reasons(32);

    const NAMES: [&'static str; 6] =
        ["empty", "zero_denominator", "overflow", "invalid_input", "sign", "unbounded"];

    /// True if there is a value.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The names of the reasons in the set, in a fixed order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().enumerate().filter(move |(bit, _)| self.0 >> bit & 1 == 1).map(|(_, name)| *name)
    }
}

/// A set of flags beside a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl Flags {
    /// Nothing to say.
    pub const NONE: Flags = Flags(0);
    /// The period is not over, or the asked range cuts it.
    pub const PARTIAL_PERIOD: Flags = Flags(1);

    const NAMES: [&'static str; 6] =
        ["partial_period", "stale", "small_n", "immature", "check_failed", "inexact_input"];

    /// The names of the flags in the set, in a fixed order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().enumerate().filter(move |(bit, _)| self.0 >> bit & 1 == 1).map(|(_, name)| *name)
    }
}

fn write_names(f: &mut fmt::Formatter<'_>, names: impl Iterator<Item = &'static str>) -> fmt::Result {
    for (i, name) in names.enumerate() {
        if i > 0 {
            f.write_str("|")?;
        }
        f.write_str(name)?;
    }
    Ok(())
}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_names(f, self.names())
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_names(f, self.names())
    }
}

impl BitOr for Reasons {
    type Output = Reasons;
    fn bitor(self, other: Reasons) -> Reasons {
        Reasons(self.0 | other.0)
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}
