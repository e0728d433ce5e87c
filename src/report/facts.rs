//! The facts of a report, in the words in which they are shown: what the terminal, the page and the notebook all read.
//!
//! Collecting (`collect`) computes; showing only lays out. So every surface says the same number in the same digits.

use serde::Serialize;

/// A number as it is shown, and as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Shown {
    /// The value, correctly rounded to binary64; `None` where there is none.
    pub value: Option<f64>,
    /// For people: `63.1 %`, `1,234.50`; an en dash where there is no value.
    pub text: String,
    /// Why there is no value, joined by "|"; empty where there is one.
    pub reason: String,
}

/// Everything that a report says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The book's identifier.
    pub book: String,
    /// The book's version; may be empty.
    pub version: String,
    /// The question that the report answers: period, filter, as of when.
    pub asked: Asked,
    /// Behaviour, conversion, revenue, and last the metrics without a ring; only rings that have metrics.
    pub rings: Vec<Ring>,
    /// Links between metrics.
    pub links: Vec<Link>,
    /// What moved the metrics that have an identity.
    pub explanations: Vec<Explanation>,
    /// Targets and where they stand.
    pub targets: Vec<Target>,
    /// Hand-offs of the customer journey, in its order.
    pub journey: Vec<Handoff>,
    /// What the rules found, most severe first.
    pub findings: Vec<Finding>,
    /// What happened to rows and values, one sentence each.
    pub data_notes: Vec<String>,
    /// What could not be computed and why, one sentence each; nothing is left out silently.
    pub omitted: Vec<String>,
    /// What the numbers were made of: (what, hash).
    pub receipts: Vec<(String, String)>,
}

/// The question of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Asked {
    /// `month`, `quarter` …; empty without a time axis.
    pub grain: String,
    /// The period reported, `2024-03`; empty without a time axis.
    pub period: String,
    /// The period compared with; empty where there is none.
    pub prior: String,
    /// What is known up to here, as a date or point in time.
    pub as_of: String,
    /// The filter, as written; empty where there is none.
    pub filter: String,
}

/// A ring of the pond.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ring {
    /// `behaviour`, `conversion`, `revenue`, or empty.
    pub name: String,
    /// Its metrics, in the order of the book.
    pub metrics: Vec<Metric>,
}

/// A metric in the period reported.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Metric {
    /// The name that formulas use.
    pub name: String,
    /// The name shown.
    pub label: String,
    /// What it means.
    pub description: String,
    /// How it is computed, as the book writes it.
    pub formula: String,
    /// Owning teams.
    pub owners: Vec<String>,
    /// Unit as the book writes it; may be empty.
    pub unit: String,
    /// The value.
    pub value: Shown,
    /// The value of the prior period.
    pub prior: Shown,
    /// Value − prior; of a share in percentage points.
    pub change: Shown,
    /// Whether the change is in the direction that the book calls good; `None` for no change or no value.
    pub better: Option<bool>,
    /// Rows behind the value.
    pub n: u64,
    /// Flags such as `partial_period`.
    pub flags: Vec<String>,
    /// Where a target stands, in its words (`behind`); empty without one.
    pub target: String,
    /// The book's own status word, or the target's; empty where there is none.
    pub status: String,
    /// How the status is coloured.
    pub tone: Tone,
    /// Values of the latest periods, oldest first: (period, value).
    pub trend: Vec<(String, Option<f64>)>,
    /// SHA-256 of what the metric means, in hex.
    pub meaning: String,
}

/// The colour of a judgement; always beside a word, never alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// No judgement.
    #[default]
    Neutral,
    /// As it should be.
    Good,
    /// Somebody should look.
    Warning,
    /// Somebody must act.
    Bad,
}

/// A link between two metrics.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Link {
    /// The metric that moves.
    pub from: String,
    /// The metric that is moved.
    pub to: String,
    /// `identity` (exact arithmetic that the book links), `definition` (what the metric is computed from) or `belief`
    /// (declared, not computed).
    pub kind: String,
    /// The formula, or the reason for the belief.
    pub text: String,
}

/// What moved a metric from one state to another.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// The metric's name.
    pub metric: String,
    /// The metric's label.
    pub label: String,
    /// The metric's unit.
    pub unit: String,
    /// Dimension values of the group; empty for all.
    pub scope: String,
    /// The identity, as the book writes it.
    pub formula: String,
    /// What is compared: `2017-07`, `target`, `region = East` …
    pub from: String,
    /// With what.
    pub to: String,
    /// The metric's value before.
    pub before: Shown,
    /// The metric's value after.
    pub after: Shown,
    /// After − before; the printed contributions add up to this printed change.
    pub change: Shown,
    /// Whether the change is in the direction that the book calls good; `None` for none.
    pub better: Option<bool>,
    /// Contributions of the drivers, in the order of the formula; `unexplained` last where it is not 0.
    pub drivers: Vec<Driver>,
    /// Sums of the printed contributions by owner: (owner, contribution).
    pub by_owner: Vec<(String, Shown)>,
    /// Sums of the printed contributions by ring.
    pub by_ring: Vec<(String, Shown)>,
    /// Remarks: drivers that were undefined on one side, Simpson's paradox.
    pub notes: Vec<String>,
}

/// A driver's part in a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Driver {
    /// The driver's metric name; `unexplained` for the rest.
    pub metric: String,
    /// Its label.
    pub label: String,
    /// Its owners.
    pub owners: Vec<String>,
    /// Its ring; may be empty.
    pub ring: String,
    /// Its own value before.
    pub before: Shown,
    /// Its own value after.
    pub after: Shown,
    /// What it added to the change of the metric.
    pub contribution: Shown,
}

/// Whether a ratio moved because its segments changed (rate), or because their weights did (mix).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Mix {
    /// The metric's name.
    pub metric: String,
    /// The dimension whose values are the segments.
    pub dim: String,
    /// The period compared with.
    pub from: String,
    /// The period explained.
    pub to: String,
    /// The ratio before.
    pub before: Shown,
    /// The ratio after.
    pub after: Shown,
    /// After − before; the printed effects add up to it.
    pub change: Shown,
    /// The sum of the printed effects of weights.
    pub mix: Shown,
    /// The sum of the printed effects of ratios.
    pub rate: Shown,
    /// The segments.
    pub segments: Vec<MixSegment>,
    /// Remarks: Simpson's paradox, what belongs to neither.
    pub notes: Vec<String>,
}

/// What one segment did to the ratio of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MixSegment {
    /// The segment.
    pub segment: String,
    /// Its own ratio before.
    pub before: Shown,
    /// Its own ratio after.
    pub after: Shown,
    /// By its weight.
    pub mix: Shown,
    /// By its own ratio.
    pub rate: Shown,
}

/// A target, or one part of its split.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Target {
    /// The metric's name.
    pub metric: String,
    /// The metric's label.
    pub label: String,
    /// The part: `region = EMEA`; empty for the whole.
    pub scope: String,
    /// Who answers for it.
    pub owners: Vec<String>,
    /// The metric's unit.
    pub unit: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub due: String,
    /// The goal.
    pub goal: Shown,
    /// What has been reached.
    pub actual: Shown,
    /// What should have been reached by now.
    pub expected: Shown,
    /// Actual ÷ goal.
    pub attainment: Shown,
    /// Actual ÷ expected.
    pub pace: Shown,
    /// Actual − expected.
    pub gap: Shown,
    /// Share of the time that has passed, 0 to 1.
    pub elapsed: Option<f64>,
    /// `reached`, `on track`, `at risk`, `behind`, `missed`, or a reason.
    pub status: String,
    /// How the status is coloured.
    pub tone: Tone,
}

/// A hand-off between two stages of the journey.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Handoff {
    /// The earlier stage.
    pub from: String,
    /// The later stage.
    pub to: String,
    /// Who hands over.
    pub from_owner: String,
    /// Who takes over.
    pub to_owner: String,
    /// Dimension values; empty for all.
    pub scope: String,
    /// The period in which the earlier stage was entered; empty for all.
    pub period: String,
    /// How many entered the earlier stage. The five classes below add up to it.
    pub entered: u64,
    /// Went on.
    pub accepted: u64,
    /// Turned down, by reason.
    pub rejected: Vec<(String, u64)>,
    /// Nobody answered in time.
    pub ignored: u64,
    /// Still in time.
    pub pending: u64,
    /// Accepted, but after the service level.
    pub late: u64,
    /// Share within the service level.
    pub within: Shown,
    /// The service level's goal for that share.
    pub goal: Shown,
    /// Mean wait of those that went on.
    pub wait: Shown,
    /// Ignored and late.
    pub leak: u64,
    /// What the leak is worth.
    pub leak_value: Shown,
    /// The unit of that worth, `money[USD]`; may be empty.
    pub leak_unit: String,
    /// How it is coloured.
    pub tone: Tone,
}

/// What a rule found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// The metric that it is about; may be empty.
    pub metric: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// How it is coloured.
    pub tone: Tone,
    /// Dimension values; empty for all.
    pub scope: String,
    /// The period; empty for all.
    pub period: String,
    /// What is said.
    pub message: String,
    /// Who has to act.
    pub owners: Vec<String>,
    /// Who wanted to know.
    pub watchers: Vec<String>,
}
