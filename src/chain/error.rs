//! Why a change could not be taken apart.

use std::fmt;

use ripplemark_core::Reasons;

use super::{MAX_BITS, MAX_PLAYERS};

/// One of the two states of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The first: the earlier period, the target, the segment compared with.
    Before,
    /// The second.
    After,
}

/// Why a change could not be taken apart. Leaves are positions in the states.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainError {
    /// Steps that are not a formula: an operator without operands, or more than one value at the end.
    Malformed,
    /// The formula has a leaf that a state does not have.
    UnknownLeaf {
        /// The first of them.
        leaf: usize,
    },
    /// Leaves of the formula that have no value in either state.
    Undefined {
        /// All of them, in ascending order.
        leaves: Vec<usize>,
    },
    /// The formula, or the ratio over all segments, divides by 0.
    ZeroDenominator {
        /// In which states; empty if only one state was asked about.
        sides: Vec<Side>,
    },
    /// More than [`MAX_PLAYERS`] players moved in one term, or leaves in one denominator.
    TooManyLeaves {
        /// All that moved in it, in ascending order; of leaves that move together the first.
        leaves: Vec<usize>,
    },
    /// The exact contributions have a common denominator of more than [`MAX_BITS`] bits.
    TooWide,
}

impl ChainError {
    /// The reason for a result: `empty` for drivers without a value, `zero_denominator`, `overflow` beyond a limit.
    #[must_use]
    pub fn reasons(&self) -> Reasons {
        match self {
            ChainError::Malformed | ChainError::UnknownLeaf { .. } => Reasons::INVALID_INPUT,
            ChainError::Undefined { .. } => Reasons::EMPTY,
            ChainError::ZeroDenominator { .. } => Reasons::ZERO_DENOMINATOR,
            ChainError::TooManyLeaves { .. } | ChainError::TooWide => Reasons::OVERFLOW,
        }
    }

    /// The message, with the drivers by name.
    #[must_use]
    pub fn describe(&self, name: impl Fn(usize) -> String) -> String {
        let list = |leaves: &[usize]| leaves.iter().map(|&leaf| name(leaf)).collect::<Vec<_>>().join(", ");
        match self {
            ChainError::Malformed => "the steps are not a formula".to_owned(),
            ChainError::UnknownLeaf { leaf } => {
                format!("the formula reads {}, which the states do not have", name(*leaf))
            }
            ChainError::Undefined { leaves } => {
                format!("no value before or after the change: {}", list(leaves))
            }
            ChainError::ZeroDenominator { sides } => {
                let place = match sides.as_slice() {
                    [] => "",
                    [Side::Before] => " before the change",
                    [Side::After] => " after the change",
                    _ => " before and after the change",
                };
                format!("division by zero{place}")
            }
            ChainError::TooManyLeaves { leaves } => format!(
                "{} drivers moved in one term, at most {MAX_PLAYERS} can be told apart: {}; make metrics of some of \
                 them and explain those one by one",
                leaves.len(),
                list(leaves)
            ),
            ChainError::TooWide => format!(
                "exact contributions would take fractions of more than {MAX_BITS} bits; divide by fewer drivers that \
                 are summed up"
            ),
        }
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(|leaf| format!("driver {leaf}")))
    }
}

impl std::error::Error for ChainError {}
