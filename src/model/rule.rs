//! Rules: what somebody is to be told of, and the words of a metric's status.

use super::{FacetExpr, FacetName, Grain, MetricId, TeamId};

/// A rule. It looks at each value of its dimensions in one period and says something where its test is true.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name that findings carry.
    pub id: String,
    /// The dimensions whose values are looked at one by one; empty: the whole.
    pub scope: Vec<String>,
    /// Length of the period looked at; `None`: everything up to `as_of`.
    pub grain: Option<Grain>,
    /// The metrics that the rule reads, in the order in which it names them; never empty.
    pub metrics: Vec<MetricId>,
    /// When something is to be said.
    pub test: RuleTest,
    /// How urgent it is.
    pub severity: Severity,
    /// Who has to act; empty: the owners of the metrics.
    pub owners: Vec<TeamId>,
    /// Who else is told.
    pub notify: Vec<TeamId>,
    /// What is said; empty: the condition itself.
    pub say: Vec<SayPart>,
    /// So many findings at most: those with the most rows behind the first metric.
    pub top: Option<usize>,
    /// What the rule is for, for people.
    pub description: String,
}

/// When a rule fires.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleTest {
    /// Where a condition is true.
    When {
        /// The condition.
        condition: FacetExpr,
        /// As the book writes it.
        text: String,
    },
    /// Where a script says so.
    Script(String),
}

/// How urgent a finding is, most urgent first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody must act.
    Critical,
    /// Somebody should look.
    #[default]
    Warning,
    /// Good to know.
    Info,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum SayPart {
    /// Words.
    Text(String),
    /// `${…}`.
    Name(FacetName),
}

/// An entry of a metric's `status` list. The first whose condition is true gives the word.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusRule {
    /// The condition; `None`: always.
    pub when: Option<FacetExpr>,
    /// The word.
    pub word: String,
}
