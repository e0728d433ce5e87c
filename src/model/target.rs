//! Targets: what a metric shall reach, by when, and who answers for it.

use super::{FacetExpr, Grain, MetricId, TeamId};
use num_rational::BigRational;

/// Which direction of a metric is the good one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Good {
    /// More is better.
    #[default]
    Up,
    /// Less is better.
    Down,
}

/// A goal for a metric, with the time in which it is to be reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The metric.
    pub metric: MetricId,
    /// Who answers for it; never empty.
    pub owners: Vec<TeamId>,
    /// What is to be reached; may name the baseline.
    pub goal: FacetExpr,
    /// First day that counts, in days since 1970-01-01.
    pub from: i32,
    /// Last day that counts; not before `from`.
    pub due: i32,
    /// How the metric is measured against the goal.
    pub measure: Measure,
    /// How far it should be on the way.
    pub path: Path,
    /// What the goal builds on.
    pub baseline: Option<Baseline>,
    /// (dimension, value): only this part of the metric counts. Sorted by dimension.
    pub scope: Vec<(String, String)>,
    /// Parts of the goal by the values of a dimension.
    pub split: Option<Split>,
    /// What the target is for, for people.
    pub description: String,
}

/// How a metric is measured against a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// What has come together since the first day.
    Total,
    /// The height of the metric: over all days since the first one, or over the latest whole period of this length.
    Level(Option<Grain>),
}

/// How far a metric should be on the way to its goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// The share of the goal that is the share of days passed.
    Linear,
    /// From the baseline straight to the goal; without a baseline always the goal.
    Glide,
}

/// What a goal builds on.
#[derive(Clone, Debug, PartialEq)]
pub enum Baseline {
    /// A number that the book gives.
    Number(FacetExpr),
    /// The metric's own value over these days, both included.
    Days(i32, i32),
}

/// Parts of a goal by the values of a dimension; their shares add up to exactly 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The dimension.
    pub by: String,
    /// The parts, in the order of the book.
    pub parts: Vec<Part>,
}

/// A part of a goal.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The dimension's value.
    pub key: String,
    /// The share of the whole goal.
    pub share: BigRational,
    /// Who answers for the part; never empty.
    pub owners: Vec<TeamId>,
}
