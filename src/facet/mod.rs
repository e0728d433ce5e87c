//! Facets: reckoning with sides of metrics in exact fractions, and fetching them from the data.
//!
//! ```text
//! target, rule ─► Needs ─ one pass over the data each ─► Answers ─► FacetExpr on exact numbers
//! ```

mod answers;
mod reckon;
mod times;

pub(crate) use answers::{Answers, Need, Needs};
pub(crate) use reckon::{Facts, Value, number, reckon};
pub(crate) use times::{Calendars, Moment};

use ripplemark_core::Reasons;
use std::collections::BTreeSet;
use std::fmt;

/// Why there is no value: reasons of cells (`empty`, `zero_denominator`, …) and of facets (`no_target`, `no_prior`,
/// `no_quotient`, `no_status`, `no_time`, `no_data`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Why(BTreeSet<&'static str>);

/// Reasons that say that something failed, instead of that there is nothing.
const FAILURES: [&str; 4] = ["overflow", "invalid_input", "sign", "unbounded"];

impl Why {
    /// One reason.
    pub(crate) fn one(reason: &'static str) -> Why {
        Why(BTreeSet::from([reason]))
    }

    /// The reasons of both.
    pub(crate) fn and(mut self, other: &Why) -> Why {
        self.0.extend(&other.0);
        self
    }

    /// True if something failed; `??` and `is_null` do not hide that.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        FAILURES.iter().any(|reason| self.0.contains(reason))
    }

    /// The names of the reasons, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }
}

impl From<Reasons> for Why {
    fn from(reasons: Reasons) -> Why {
        Why(reasons.names().collect())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, reason) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("|")?;
            }
            f.write_str(reason)?;
        }
        Ok(())
    }
}
