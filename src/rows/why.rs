//! What a row is in a cell, and why another is not in it.

#[cfg(feature = "compile")]
use crate::evaluate::reject_words;
use ripplemark_core::state::Reject;

/// What a counted row is in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It enters the value, which is no quotient, or one that divides what the same rows give (an average).
    Value,
    /// It enters only what is divided.
    Numerator,
    /// It enters only what it is divided by.
    Denominator,
    /// It enters both.
    Both,
}

impl Role {
    /// The name in the column `_role`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Role::Value => "value",
            Role::Numerator => "numerator",
            Role::Denominator => "denominator",
            Role::Both => "numerator|denominator",
        }
    }
}

/// Why a cell does not count a row.
///
/// A metric may stand on several aggregates and times; a row that enters none of them has the reason that is last in
/// this order, the one that came closest to counting it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The row is in no group at all.
    Rejected(Reject),
    /// It is in another group.
    OtherGroup,
    /// It is in another period.
    OtherPeriod,
    /// The metric's filter, or the condition of its aggregate, is false.
    ConditionFalse,
    /// The metric's filter or condition has no answer, because a value is missing.
    ConditionMissing,
    /// The aggregate's argument is missing.
    ValueMissing,
    /// The metric's filter, condition or argument has failed, and the metric leaves such rows out.
    RowError,
    /// The metric's filter or condition has failed. The row takes the value from the cell.
    ConditionFailed,
    /// The aggregate's argument has failed. The row takes the value from the cell.
    ValueFailed,
}

impl Why {
    /// All of them, in their order.
    pub const ALL: [Why; 16] = [
        Why::Rejected(Reject::Filtered),
        Why::Rejected(Reject::FilterFailed),
        Why::Rejected(Reject::NoTime),
        Why::Rejected(Reject::InvalidTime),
        Why::Rejected(Reject::OutOfRange),
        Why::Rejected(Reject::AfterAsOf),
        Why::Rejected(Reject::OutOfCalendar),
        Why::Rejected(Reject::InvalidKey),
        Why::OtherGroup,
        Why::OtherPeriod,
        Why::ConditionFalse,
        Why::ConditionMissing,
        Why::ValueMissing,
        Why::RowError,
        Why::ConditionFailed,
        Why::ValueFailed,
    ];

    /// Position in [`Why::ALL`].
    pub(super) const fn rank(self) -> usize {
        match self {
            Why::Rejected(reject) => reject as usize,
            Why::OtherGroup => 8,
            Why::OtherPeriod => 9,
            Why::ConditionFalse => 10,
            Why::ConditionMissing => 11,
            Why::ValueMissing => 12,
            Why::RowError => 13,
            Why::ConditionFailed => 14,
            Why::ValueFailed => 15,
        }
    }

    /// The name in the column `_why`; those of rejected rows are the names in [`crate::evaluate::RowReport`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Why::Rejected(reject) => reject.name(),
            Why::OtherGroup => "other_group",
            Why::OtherPeriod => "other_period",
            Why::ConditionFalse => "condition_false",
            Why::ConditionMissing => "condition_missing",
            Why::ValueMissing => "value_missing",
            Why::RowError => "row_error",
            Why::ConditionFailed => "condition_failed",
            Why::ValueFailed => "value_failed",
        }
    }

    /// What follows a number of rows, for people: `in other groups (other_group)`.
    #[cfg(feature = "compile")]
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Why::Rejected(reject) => reject_words(reject.name()),
            Why::OtherGroup => "in other groups (other_group)".into(),
            Why::OtherPeriod => "in other periods (other_period)".into(),
            Why::ConditionFalse => "for which the metric's condition is false (condition_false)".into(),
            Why::ConditionMissing => "without an answer to the metric's condition (condition_missing)".into(),
            Why::ValueMissing => "without a value (value_missing)".into(),
            Why::RowError => "that failed and are left out (row_error)".into(),
            Why::ConditionFailed => "for which the metric's condition failed (condition_failed)".into(),
            Why::ValueFailed => "whose value failed (value_failed)".into(),
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Why> {
        Why::ALL.into_iter().find(|why| why.name() == name)
    }
}

impl PartialOrd for Why {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Why {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl serde::Serialize for Why {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_positions_and_names_lead_back() {
        for (i, why) in Why::ALL.into_iter().enumerate() {
            assert_eq!(why.rank(), i);
            assert_eq!(Why::named(why.name()), Some(why));
        }
        assert_eq!(Why::named("because"), None);
    }
}
