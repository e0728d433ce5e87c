//! What becomes of a row that entered the earlier stage: conditions of which exactly one is true for each row.
//!
//! Let `e` be the entry into the earlier stage, `a` the entry into the later one, `r` the rejection, `n` the time up to
//! which the data are known. `a` and `r` count where they are not after `n` and not after the deadline
//! `e + ignored_after`, both ends included.
//!
//! | class | condition, the first that is true |
//! | --- | --- |
//! | out of order | `a` or `r` is before `e` |
//! | accepted | `a` counts, and no `r` that counts is before it |
//! | rejected | `r` counts |
//! | ignored | the deadline is not after `n` |
//! | pending | otherwise |
//!
//! Since everything is compared with the row's own deadline, a row that is decided stays decided: what is entered late
//! does not change last month.

use super::row::{
    all, between, business_between, business_later, compare, constant, either, not, surely, truth, value_if,
};
use crate::lower::ZoneTable;
use crate::model::{
    CmpOp, ColumnType, Const, Handoff, Instant, Limit, Moment, Row, RowNode, RowType, Sla, Stage, Table,
};
use ripplemark_core::time::DAY_MICROS;
use serde::Serialize;

/// What rows of a hand-off are counted as. The first five besides `Entered` partition it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Entered the earlier stage.
    Entered,
    /// Entered the later stage.
    Accepted,
    /// Turned away.
    Rejected,
    /// Neither, and the deadline is over.
    Ignored,
    /// Neither, and there is time left (or no deadline).
    Pending,
    /// The later time is before the earlier one: the data contradict themselves.
    OutOfOrder,
    /// Accepted within the service level.
    InTime,
    /// Accepted after it.
    Late,
    /// Pending, and the service level is missed already.
    Overdue,
}

impl Class {
    /// All classes.
    pub const ALL: [Class; 9] = [
        Class::Entered,
        Class::Accepted,
        Class::Rejected,
        Class::Ignored,
        Class::Pending,
        Class::OutOfOrder,
        Class::InTime,
        Class::Late,
        Class::Overdue,
    ];

    /// The word for it, and behind a stage's id and a point the name of the metric that counts it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::Entered => "entered",
            Class::Accepted => "accepted",
            Class::Rejected => "rejected",
            Class::Ignored => "ignored",
            Class::Pending => "pending",
            Class::OutOfOrder => "out_of_order",
            Class::InTime => "in_time",
            Class::Late => "late",
            Class::Overdue => "overdue",
        }
    }
}

/// The last day and the last instant that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    day: i32,
    instant: i64,
}

impl Known {
    /// A date is known to its end; an instant, and for dates its local day.
    pub(super) fn new(as_of: Instant, zone: &ZoneTable) -> Known {
        match as_of {
            Instant::Date(day) => {
                Known { day, instant: zone.start_of_day(i64::from(day) + 1).saturating_sub(1) }
            }
            Instant::Timestamp(instant) => {
                let day = zone.local_day(instant);
                Known {
                    day: i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX }),
                    instant,
                }
            }
        }
    }

    fn row(self, ty: RowType) -> Row {
        constant(ty, if ty == RowType::Date { Const::Date(self.day) } else { Const::Timestamp(self.instant) })
    }
}

/// The conditions of a hand-off, and the wait.
pub(super) struct Classes {
    entered: Row,
    start: Row,
    accepted: Row,
    rejected: Row,
    known: Known,
    deadline: Option<End>,
    within: Option<End>,
}

/// When a length of time is over.
#[derive(Clone)]
enum End {
    /// After so many days or microseconds.
    After(Row),
    /// At this instant of each row.
    At(Row),
}

impl Classes {
    pub(super) fn new(table: &Table, stage: &Stage, handoff: &Handoff, known: Known) -> Classes {
        let start = column(table, &handoff.starts);
        let end = |limit: Limit| {
            let micros = limit.micros;
            if start.ty == RowType::Date {
                End::After(constant(RowType::Int, Const::Int(micros / DAY_MICROS)))
            } else if limit.business {
                End::At(business_later(start.clone(), micros))
            } else {
                End::After(constant(RowType::Duration, Const::Duration(micros)))
            }
        };
        Classes {
            entered: handoff.starts.when.clone().map_or_else(|| truth(true), surely),
            deadline: handoff.sla.ignored_after.map(end),
            within: handoff.sla.within.map(end),
            accepted: moment(table, &stage.enters),
            rejected: handoff.rejected.as_ref().map_or_else(
                || Row { ty: start.ty, node: RowNode::Missing },
                |rejected| moment(table, rejected),
            ),
            start,
            known,
        }
    }

    /// The condition of a class; `None` where the service level knows no such class.
    pub(super) fn condition(&self, class: Class) -> Option<Row> {
        let (accepts, rejects) = (self.counts(&self.accepted), self.counts(&self.rejected));
        let (a, r) = (|| self.accepted.clone(), || self.rejected.clone());
        let undecided = |last: Row| self.of_ordered([not(accepts.clone()), not(rejects.clone()), last]);
        let accepted = |last: Row| {
            let rejected_before = all([rejects.clone(), surely(compare(CmpOp::Lt, r(), a()))]);
            self.of_ordered([accepts.clone(), not(rejected_before), last])
        };
        Some(match class {
            Class::Entered => self.entered.clone(),
            Class::OutOfOrder => all([self.entered.clone(), self.out_of_order()]),
            Class::Accepted => accepted(truth(true)),
            Class::InTime => accepted(self.relates(CmpOp::Le, a(), self.within.as_ref()?)),
            Class::Late => accepted(self.relates(CmpOp::Gt, a(), self.within.as_ref()?)),
            Class::Rejected => {
                let accepted_before = all([accepts.clone(), surely(compare(CmpOp::Le, a(), r()))]);
                self.of_ordered([rejects.clone(), not(accepted_before), truth(true)])
            }
            Class::Ignored => undecided(self.is_over(self.deadline.as_ref()?)),
            Class::Pending => undecided(match &self.deadline {
                Some(deadline) => not(self.is_over(deadline)),
                None => truth(true),
            }),
            Class::Overdue => {
                let missed = self.is_over(self.within.as_ref()?);
                undecided(match &self.deadline {
                    Some(deadline) => all([not(self.is_over(deadline)), missed]),
                    None => missed,
                })
            }
        })
    }

    /// From the entry into the earlier stage to that into the later one.
    pub(super) fn wait(&self) -> Row {
        between(self.start.clone(), self.accepted.clone())
    }

    /// The same in business time, where the service level is told in it.
    pub(super) fn business_wait(&self, sla: &Sla) -> Option<Row> {
        sla.in_business_hours().then(|| business_between(self.start.clone(), self.accepted.clone()))
    }

    fn of_ordered(&self, parts: [Row; 3]) -> Row {
        all([self.entered.clone(), not(self.out_of_order())].into_iter().chain(parts))
    }

    fn out_of_order(&self) -> Row {
        let before = |moment: &Row| surely(compare(CmpOp::Lt, moment.clone(), self.start.clone()));
        either(before(&self.accepted), before(&self.rejected))
    }

    /// Whether something happened, as far as is known, before the deadline.
    fn counts(&self, moment: &Row) -> Row {
        let known = compare(CmpOp::Le, moment.clone(), self.known.row(moment.ty));
        surely(match &self.deadline {
            Some(deadline) => all([known, self.relates(CmpOp::Le, moment.clone(), deadline)]),
            None => known,
        })
    }

    /// Whether so much time has passed since the start, as far as is known.
    fn is_over(&self, end: &End) -> Row {
        self.relates(CmpOp::Ge, self.known.row(self.start.ty), end)
    }

    /// Compares a moment with the end of a length of time since the start.
    fn relates(&self, op: CmpOp, moment: Row, end: &End) -> Row {
        match end {
            End::After(span) => compare(op, between(self.start.clone(), moment), span.clone()),
            End::At(instant) => compare(op, moment, instant.clone()),
        }
    }
}

fn column(table: &Table, moment: &Moment) -> Row {
    let is_date = table.columns.get(moment.at.0).is_some_and(|column| column.ty == ColumnType::Date);
    let ty = if is_date { RowType::Date } else { RowType::Timestamp };
    Row { ty, node: RowNode::Column(moment.at) }
}

fn moment(table: &Table, moment: &Moment) -> Row {
    match &moment.when {
        Some(condition) => value_if(condition.clone(), column(table, moment)),
        None => column(table, moment),
    }
}
