//! What typing one formula shares between row level and cell level: its problems and its budget.

use super::library::{self, Instance};
use super::limits::{self, Budget};
use super::problem::Problem;
use std::ops::Range;

/// The state of typing one formula.
#[derive(Debug)]
pub(super) struct Session {
    problems: Vec<Problem>,
    budget: Budget,
    exhausted: bool,
    /// The functions of the book that have been written out.
    instances: Vec<Instance>,
    /// Whether the book has business hours.
    pub(super) business_hours: bool,
}

impl Session {
    /// Starts with the problems that reading the text has shown.
    pub(super) fn new(problems: Vec<Problem>, instances: Vec<Instance>) -> Self {
        Self { problems, budget: Budget::default(), exhausted: false, instances, business_hours: false }
    }

    /// Notes a problem. The value of a `let` is typed once for itself and once per use; what is reported
    /// twice for that reason is kept once.
    pub(super) fn report(&mut self, problem: Problem) {
        let is_known = self.problems.iter().any(|p| p.code == problem.code && p.at == problem.at);
        if !is_known && !self.exhausted {
            self.problems.push(problem);
        }
    }

    /// Takes parts from the budget before they are built; `None` (and one problem) where it is used up.
    pub(super) fn take(&mut self, parts: usize, depth: usize, at: &Range<usize>) -> Option<()> {
        if !self.budget.take(parts, depth) {
            self.report(limits::too_large(at));
            self.exhausted = true;
        }
        (!self.exhausted).then_some(())
    }

    pub(super) fn used(&self) -> usize {
        self.budget.used()
    }

    /// How many problems there are so far.
    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    /// The value, or why there is none.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => {
                let problems = self.problems.into_iter();
                Err(problems.map(|problem| library::placed(problem, &self.instances)).collect())
            }
        }
    }
}
