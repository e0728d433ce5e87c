//! What rules find, and what became of each rule.

use crate::model::Severity;
use crate::target::Figure;
use serde::Serialize;

/// What the rules of a book found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Findings {
    /// What was found: most severe first, then in the order of the rules, then by scope.
    pub findings: Vec<Finding>,
    /// What became of each rule, in the order of the book: nothing is left out silently.
    pub rules: Vec<RuleReport>,
}

/// Something that somebody has to be told.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// SHA-256 over rule, scope, period and meaning, in hex: the same finding has the same id tomorrow.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// The metrics that the rule reads.
    pub metrics: Vec<String>,
    /// (dimension, value); empty for the whole.
    pub scope: Vec<(String, String)>,
    /// The period, `2024-03`; empty without one.
    pub period: String,
    /// How urgent it is.
    pub severity: Severity,
    /// What is said.
    pub message: String,
    /// Names of the teams that have to act.
    pub owners: Vec<String>,
    /// Names of the teams that are told as well: `notify` of the rule, `watch` of its metrics.
    pub watchers: Vec<String>,
    /// The values that the condition and the message use: (name, value).
    pub values: Vec<(String, Given)>,
    /// What the values were made of, one entry for each metric.
    pub receipt: Vec<Source>,
    /// Position of the rule.
    #[serde(skip)]
    pub(crate) position: usize,
}

/// A value that a finding was made of.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Given {
    /// A number, or why there is none.
    Number(Figure),
    /// A word, or the value of a dimension; empty where there is none.
    Text(String),
}

/// What a metric's values were made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The metric.
    pub metric: String,
    /// SHA-256 of what it means, in hex.
    pub meaning: String,
    /// SHA-256 of the canonical state, in hex.
    pub state: String,
}

/// What became of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// The rule.
    pub rule: String,
    /// The period that was looked at, `2024-03`; empty without one.
    pub period: String,
    /// The last day that was known, `2024-03-31`; empty where time does not matter.
    pub as_of: String,
    /// Scopes that were looked at.
    pub looked_at: u64,
    /// Findings; with `top` only those that are kept.
    pub found: u64,
    /// Scopes in which the condition has no value, so that the rule could not fire.
    pub skipped: u64,
    /// Why: (reasons joined by "|", scopes).
    pub skipped_because: Vec<(String, u64)>,
    /// Findings beyond `top`.
    pub beyond_top: u64,
    /// Why the rule was stopped: names the rule, its owners and the limit or mistake. Empty if it was not.
    pub failure: String,
}

impl RuleReport {
    /// A sentence for people, if something kept the rule from looking or telling.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.failure.is_empty() {
            parts.push(self.failure.clone());
        }
        if self.skipped > 0 {
            let why: Vec<String> =
                self.skipped_because.iter().map(|(why, scopes)| format!("{why} {scopes}")).collect();
            let of = if self.looked_at == 1 {
                "scope".to_owned()
            } else {
                format!("of {} scopes", self.looked_at)
            };
            parts.push(format!("no value in {} {of} ({})", self.skipped, why.join(", ")));
        }
        if self.beyond_top > 0 {
            parts.push(format!("{} more findings are not listed", self.beyond_top));
        }
        // A failure names its rule itself.
        let about = if self.failure.is_empty() { format!("rule `{}`: ", self.rule) } else { String::new() };
        (!parts.is_empty()).then(|| format!("{about}{}", parts.join("; ")))
    }
}

/// The word that a metric's `status` list gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricStatus {
    /// The metric.
    pub metric: String,
    /// The period, `2024-03`; empty without one.
    pub period: String,
    /// The word, `red`; `None` where a condition before it has no value.
    pub word: Option<String>,
    /// Why there is none, joined by "|".
    pub reason: String,
}
