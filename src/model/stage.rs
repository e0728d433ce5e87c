//! Stages of a customer's journey, and the hand-offs from the team that owns one to the team that owns the next.

use super::{Cell, ColumnId, Row, StageId, TableId, TeamId};

/// A stage that rows of a table can be in.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The key that other stages refer to.
    pub id: String,
    /// The name shown to people; equals `id` where the book gives none.
    pub label: String,
    /// What the stage means, for people.
    pub description: String,
    /// What one row stands for, where the stage or its table says so.
    pub entity: Option<String>,
    /// The owners; never empty.
    pub owners: Vec<TeamId>,
    /// Other owners where a dimension has certain values, in the order of the book; the first that fits counts.
    pub owner_by: Vec<OwnerBy>,
    /// The table whose rows enter the stage.
    pub table: TableId,
    /// When a row entered it.
    pub enters: Moment,
    /// How rows get here from the stage before; `None` for a first stage.
    pub handoff: Option<Handoff>,
}

/// The owners of a stage by the values of a dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerBy {
    /// Name of the dimension.
    pub dimension: String,
    /// The owners for each value, in the order of the book.
    pub owners: Vec<(String, Vec<TeamId>)>,
}

/// When something happened to a row: a column, where a condition is true.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// A date or timestamp column.
    pub at: ColumnId,
    /// Where this is not true, it did not happen, whatever the column says.
    pub when: Option<Row>,
}

/// The way into a stage from the one before. All columns are of the stage's own table.
#[derive(Clone, Debug, PartialEq)]
pub struct Handoff {
    /// The stage before.
    pub from: StageId,
    /// When a row entered the stage before: where the clock starts.
    pub starts: Moment,
    /// When a row was turned away.
    pub rejected: Option<Moment>,
    /// The category that says why.
    pub reason: Option<ColumnId>,
    /// The reasons that are counted by name; `None`: those that the data have.
    pub reasons: Option<Vec<String>>,
    /// What was promised.
    pub sla: Sla,
    /// What one lost row is worth.
    pub leak_value: Option<LeakValue>,
}

/// A service level: how soon rows are taken over, and how often that has to be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sla {
    /// Accepted within so much time: in time.
    pub within: Option<Limit>,
    /// The share that has to be in time, `mantissa / 10^scale`.
    pub goal: Option<(i128, u8)>,
    /// Neither accepted nor rejected after so much time: ignored, whatever happens later.
    pub ignored_after: Option<Limit>,
}

impl Sla {
    /// Whether a part of it is in business hours.
    #[must_use]
    pub fn in_business_hours(&self) -> bool {
        self.within.iter().chain(&self.ignored_after).any(|limit| limit.business)
    }
}

/// A length of time, elapsed or of business hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Microseconds.
    pub micros: i64,
    /// True if only business hours count.
    pub business: bool,
}

/// What a row is worth that was ignored or accepted late.
#[derive(Clone, Debug, PartialEq)]
pub struct LeakValue {
    /// A formula over metrics.
    pub value: Cell,
    /// The unit, where the book states it.
    pub unit: Option<super::Unit>,
}
