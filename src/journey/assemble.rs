//! From counts to hand-offs: checks the partition, divides, names the owners of each group.

use super::classes::Class;
use super::number::count;
use super::questions::Question;
use super::result::{Counts, Goal, Handoff, Mean, Share};
use super::worth::Worth;
use crate::chain::to_f64;
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Coordinate, ExactCell, ExactGroup, Program, Receipt, ResultSet};
use crate::model::{self, Book, ColumnId, ColumnType, Query, Stage, StageId, TeamId};
use num_bigint::BigInt;
use num_rational::BigRational;
use ripplemark_core::Reasons;
use ripplemark_core::program::layout::LEVEL_PERIOD;
use std::collections::BTreeMap;

/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;

/// The hand-offs of one question.
pub(super) struct Found {
    pub(super) handoffs: Vec<Handoff>,
    pub(super) receipt: Receipt,
    pub(super) notes: Vec<String>,
}

pub(super) fn handoffs(
    book: &Book,
    data: &Dataset,
    question: &Question,
    worths: &[(StageId, Worth)],
    receipt: usize,
) -> Result<Found, Error> {
    let program = Program::compile(&question.book, &question.query)?;
    let evaluation = data.evaluate(&program)?;
    let mut set = evaluation.finish()?;
    let groups = evaluation.exact()?;
    let positions: BTreeMap<&str, usize> =
        set.metrics.iter().enumerate().map(|(at, metric)| (metric.name.as_str(), at)).collect();
    let mut handoffs = Vec::new();
    for id in &question.stages {
        let Some(stage) = book.stages.get(id.0) else { continue };
        let Some(handoff) = &stage.handoff else { continue };
        let Some(from) = book.stages.get(handoff.from.0) else { continue };
        let open = match (handoff.reason, &handoff.reasons) {
            (Some(column), None) => Some(OpenReasons::count(data, question, stage, column)?),
            _ => None,
        };
        let worth = worths.iter().find(|(own, _)| own == id).map(|(_, worth)| worth);
        for group in &groups {
            let cells = Cells { cells: &group.cells, positions: &positions, stage };
            let level = set.level_name(group.level);
            let counted = cells.counts(group, open.as_ref());
            if matches!(&counted, Ok(counts) if counts.entered == 0) && level != "total" {
                // Another hand-off of the same table has rows here.
                continue;
            }
            let (counts, reasons) = match counted {
                Ok(counts) => (Some(checked(counts, stage)?), Reasons::NONE),
                Err(reasons) => (None, reasons),
            };
            let scope: Vec<_> = question.query.by.iter().cloned().zip(group.key.iter().cloned()).collect();
            let (giving, taking) = (owners(from, &scope), owners(stage, &scope));
            let sla = &handoff.sla;
            let within_share = counts.as_ref().and_then(share);
            let goal = sla.goal.map(|(mantissa, scale)| {
                BigRational::new(mantissa.into(), BigInt::from(10).pow(u32::from(scale)))
            });
            let meets_goal = within_share
                .as_ref()
                .zip(goal.as_ref())
                .map(|(share, goal)| BigRational::new(share.num.into(), share.den.into()) >= *goal);
            let in_days = is_date(book, stage);
            let leak = counts.as_ref().and_then(|counts| leak(counts, sla));
            handoffs.push(Handoff {
                from: from.id.clone(),
                to: stage.id.clone(),
                from_label: from.label.clone(),
                to_label: stage.label.clone(),
                owner_from: names(book, giving),
                owner_to: names(book, taking),
                internal: same(giving, taking),
                entity: stage.entity.clone(),
                level,
                scope,
                period: group.period,
                flags: cells.flags(),
                mean_wait_hours: counts.as_ref().and_then(|counts| cells.mean_wait(counts.accepted, in_days)),
                mean_wait_business_hours: (counts.as_ref()).and_then(|counts| {
                    cells.mean_of(&Question::business_wait(stage), counts.accepted, false)
                }),
                counts,
                reasons: reasons.names().collect(),
                within_share,
                goal: goal.and_then(|goal| Some(Goal { value: to_f64(&goal)?, exact: goal.to_string() })),
                meets_goal,
                in_days,
                leak,
                leak_value: worth.zip(leak).map(|(worth, leak)| worth.times(leak)),
                worth: worth.map(|worth| worth.times(1)),
                receipt,
            });
        }
    }
    Ok(Found { handoffs, notes: notes(&mut set), receipt: set.receipt })
}

/// What happened to the rows. A time that is missing says that something has not happened, and is no news here.
pub(super) fn notes(set: &mut ResultSet) -> Vec<String> {
    for column in &mut set.columns {
        column.missing = 0;
    }
    set.notes()
}

/// The cells of one group, by the names of a hand-off's metrics.
struct Cells<'a> {
    cells: &'a [ExactCell],
    positions: &'a BTreeMap<&'a str, usize>,
    stage: &'a Stage,
}

impl Cells<'_> {
    fn cell(&self, name: &str) -> Option<&ExactCell> {
        self.cells.get(*self.positions.get(name)?)
    }

    /// A count; 0 where nothing of the kind is counted.
    fn count(&self, name: &str) -> Result<u64, Reasons> {
        match self.cell(name).map(|cell| &cell.value) {
            Some(Ok(value)) => count(value).ok_or(Reasons::OVERFLOW),
            Some(Err(reasons)) => Err(*reasons),
            None => Ok(0),
        }
    }

    fn class(&self, class: Class) -> Result<u64, Reasons> {
        self.count(&Question::metric(self.stage, class))
    }

    fn maybe(&self, class: Class) -> Result<Option<u64>, Reasons> {
        match self.cell(&Question::metric(self.stage, class)) {
            Some(_) => self.class(class).map(Some),
            None => Ok(None),
        }
    }

    /// All counts, or every reason why there are none: a row that cannot be put into one class is missing in another.
    fn counts(&self, group: &ExactGroup, open: Option<&OpenReasons>) -> Result<Counts, Reasons> {
        let mut reasons = Reasons::NONE;
        for (name, position) in self.positions {
            let own = name.strip_prefix(self.stage.id.as_str()).is_some_and(|rest| rest.starts_with('.'));
            // Sums of waits are empty without any; counts never are.
            let waits = [Question::wait(self.stage), Question::business_wait(self.stage)];
            let is_count = own && waits.iter().all(|wait| wait != name);
            if is_count && let Some(Err(found)) = self.cells.get(*position).map(|cell| &cell.value) {
                reasons = reasons | *found;
            }
        }
        if reasons != Reasons::NONE {
            return Err(reasons);
        }
        Ok(Counts {
            entered: self.class(Class::Entered)?,
            accepted: self.class(Class::Accepted)?,
            rejected: self.class(Class::Rejected)?,
            rejected_by: match open {
                Some(open) => open.of(group),
                None => self.listed_reasons()?,
            },
            ignored: self.class(Class::Ignored)?,
            pending: self.class(Class::Pending)?,
            out_of_order: self.class(Class::OutOfOrder)?,
            in_time: self.maybe(Class::InTime)?,
            late: self.maybe(Class::Late)?,
            overdue: self.maybe(Class::Overdue)?,
        })
    }

    fn listed_reasons(&self) -> Result<Vec<(String, u64)>, Reasons> {
        let Some(listed) = self.stage.handoff.as_ref().and_then(|handoff| handoff.reasons.as_ref()) else {
            return Ok(vec![]);
        };
        let mut found = Vec::new();
        for reason in listed {
            found.push((reason.clone(), self.count(&Question::reason(self.stage, reason))?));
        }
        for (word, name) in
            [(OTHER, Question::other_reason(self.stage)), (MISSING, Question::no_reason(self.stage))]
        {
            let rows = self.count(&name)?;
            if rows > 0 {
                found.push((word.to_owned(), rows));
            }
        }
        Ok(found)
    }

    fn flags(&self) -> Vec<&'static str> {
        let cell = self.cell(&Question::metric(self.stage, Class::Entered));
        cell.map(|cell| cell.flags.names().collect()).unwrap_or_default()
    }

    fn mean_wait(&self, accepted: u64, in_days: bool) -> Option<Mean> {
        self.mean_of(&Question::wait(self.stage), accepted, in_days)
    }

    fn mean_of(&self, sum: &str, accepted: u64, in_days: bool) -> Option<Mean> {
        let sum = self.cell(sum)?.value.as_ref().ok().filter(|_| accepted > 0)?;
        let hours = if in_days {
            sum * BigRational::from_integer(24.into())
        } else {
            sum / BigRational::from_integer(HOUR.into())
        };
        let mean = hours / BigRational::from_integer(accepted.into());
        Some(Mean { value: to_f64(&mean)?, exact: mean.to_string(), n: accepted })
    }
}

/// Stands for reasons that the book does not list.
const OTHER: &str = "(other)";
/// Stands for rejections without a reason.
const MISSING: &str = "(missing)";

/// Counts, after a check that they are a partition. It cannot fail unless the program is wrong, and then nothing is
/// better than a number.
fn checked(counts: Counts, stage: &Stage) -> Result<Counts, Error> {
    let parts = [counts.accepted, counts.rejected, counts.ignored, counts.pending, counts.out_of_order]
        .iter()
        .sum::<u64>();
    let by_time =
        counts.in_time.zip(counts.late).is_none_or(|(in_time, late)| in_time + late == counts.accepted);
    let reasons: u64 = counts.rejected_by.iter().map(|(_, rows)| rows).sum();
    let by_reason = counts.rejected_by.is_empty() || reasons == counts.rejected;
    if parts == counts.entered && by_time && by_reason {
        return Ok(counts);
    }
    Err(Error::other(format!(
        "the hand-off to `{}` does not add up: {counts:?}; this is an error of ripplemark, please report it",
        stage.id
    )))
}

fn share(counts: &Counts) -> Option<Share> {
    let num = counts.in_time?;
    let den = counts.accepted + counts.rejected + counts.ignored + counts.overdue?;
    let fraction = (den > 0).then(|| BigRational::new(num.into(), den.into()))?;
    Some(Share { value: to_f64(&fraction)?, exact: fraction.to_string(), num, den })
}

fn leak(counts: &Counts, sla: &model::Sla) -> Option<u64> {
    let promised = sla.within.is_some() || sla.ignored_after.is_some();
    promised.then(|| counts.ignored + counts.late.unwrap_or(0))
}

fn is_date(book: &Book, stage: &Stage) -> bool {
    let column = book.tables.get(stage.table.0).and_then(|table| table.columns.get(stage.enters.at.0));
    column.is_some_and(|column| column.ty == ColumnType::Date)
}

/// The owners of a stage in a group.
fn owners<'s>(stage: &'s Stage, scope: &[(String, Coordinate)]) -> &'s [TeamId] {
    let in_scope = |by: &'s model::OwnerBy| {
        let (_, place) = scope.iter().find(|(name, _)| *name == by.dimension)?;
        let Coordinate::Text(text) = place else { return None };
        by.owners.iter().find(|(value, _)| value == text).map(|(_, owners)| owners.as_slice())
    };
    stage.owner_by.iter().find_map(in_scope).unwrap_or(&stage.owners)
}

fn names(book: &Book, owners: &[TeamId]) -> String {
    let names: Vec<&str> =
        owners.iter().filter_map(|id| book.teams.get(id.0)).map(|team| team.name.as_str()).collect();
    names.join(", ")
}

/// The same teams, in whatever order.
fn same(a: &[TeamId], b: &[TeamId]) -> bool {
    a.iter().all(|team| b.contains(team)) && b.iter().all(|team| a.contains(team))
}

/// Rejections by the reasons that the data have, in the finest groups.
struct OpenReasons {
    /// Position of the reason among the dimensions.
    dimension: usize,
    groups: Vec<(ExactGroup, u64)>,
    has_period: bool,
}

impl OpenReasons {
    fn count(
        data: &Dataset,
        question: &Question,
        stage: &Stage,
        column: ColumnId,
    ) -> Result<OpenReasons, Error> {
        let table = question.book.tables.get(question.table.0);
        let name = table.and_then(|table| table.columns.get(column.0)).map_or("", |column| &column.name);
        let mut query = Query {
            metrics: vec![Question::metric(stage, Class::Rejected)],
            totals: false,
            ..question.query.clone()
        };
        let dimension = query.by.iter().position(|by| by == name).unwrap_or_else(|| {
            query.by.push(name.to_owned());
            query.by.len() - 1
        });
        let program = Program::compile(&question.book, &query)?;
        let mut groups = Vec::new();
        for group in data.evaluate(&program)?.exact()? {
            // What has no value here has none in the group it belongs to, which is then not shown.
            let rows = group.cells.first().and_then(|cell| count(cell.value.as_ref().ok()?)).unwrap_or(0);
            if rows > 0 {
                groups.push((group, rows));
            }
        }
        Ok(OpenReasons { dimension, groups, has_period: query.grain.is_some() })
    }

    /// The reasons within a group, by name, missing ones last.
    fn of(&self, group: &ExactGroup) -> Vec<(String, u64)> {
        let mut found: BTreeMap<(bool, String), u64> = BTreeMap::new();
        for (own, rows) in &self.groups {
            let by_key = group.key.iter().zip(&own.key).all(|(a, b)| *a == Coordinate::All || a == b);
            let keeps_period = self.has_period && group.level & LEVEL_PERIOD != 0;
            if !by_key || keeps_period && group.period != own.period {
                continue;
            }
            let name = match own.key.get(self.dimension) {
                Some(Coordinate::Text(text)) => (false, text.clone()),
                _ => (true, MISSING.to_owned()),
            };
            *found.entry(name).or_default() += rows;
        }
        found.into_iter().map(|((_, name), rows)| (name, rows)).collect()
    }
}
