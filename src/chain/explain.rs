//! A change with its contributions as a reader gets them: exact, as doubles, and as decimal text that adds up.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;

use super::rounding::sum;
use super::{ChainError, Formula, Quantum, decompose, to_f64};

/// A part of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The drivers that made it: one; several where they can only move together, or of a whole group; none for what is
    /// unexplained.
    pub leaves: Vec<usize>,
    /// The exact contribution.
    pub exact: BigRational,
    /// The double nearest to it; `None` beyond binary64.
    pub contribution: Option<f64>,
    /// What is shown, in units of the quantum.
    pub units: BigInt,
    /// What is shown, as decimal text.
    pub shown: String,
    /// True if a driver had a value on one side only, which was taken for the other.
    pub filled: bool,
}

/// A change and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The number in the first state.
    pub before: BigRational,
    /// The number in the second state.
    pub after: BigRational,
    /// The change; its shown text is the sum of those of the contributions and of what is unexplained.
    pub change: Contribution,
    /// One contribution for each driver, as in [`Decomposition::shares`](super::Decomposition::shares).
    pub contributions: Vec<Contribution>,
    /// What the number did beyond its formula; 0 where the formula is an identity.
    pub unexplained: Contribution,
    quantum: Quantum,
}

impl Explanation {
    /// Sums by owner, ring or whatever `key` says, what is unexplained included (it has no leaves).
    ///
    /// What is shown for a group is the sum of what is shown for its members, so it can differ from its exact sum by a
    /// unit or more, and adds up all the same.
    pub fn by<K: Ord>(&self, mut key: impl FnMut(&Contribution) -> K) -> BTreeMap<K, Contribution> {
        let mut members: BTreeMap<K, Vec<&Contribution>> = BTreeMap::new();
        for item in self.contributions.iter().chain([&self.unexplained]) {
            members.entry(key(item)).or_default().push(item);
        }
        members.into_iter().map(|(key, items)| (key, total(&items, self.quantum))).collect()
    }
}

/// Explains the change of a number by the drivers of its formula.
///
/// `before` and `after` hold the drivers' values; see [`decompose`]. `measured` is the number itself in the two states
/// where it was computed by other means than the formula: what the formula does not account for is then
/// [`Explanation::unexplained`]. Contributions and the unexplained rest add up to the change exactly, and as shown.
///
/// # Errors
/// As [`decompose`].
pub fn explain(
    formula: &Formula,
    before: &[Option<BigRational>],
    after: &[Option<BigRational>],
    measured: Option<(&BigRational, &BigRational)>,
    quantum: Quantum,
) -> Result<Explanation, ChainError> {
    let split = decompose(formula, before, after)?;
    let (first, second) = match measured {
        Some((first, second)) => (first.clone(), second.clone()),
        None => (split.before, split.after),
    };
    let explained = sum(&split.shares.iter().map(|share| share.exact.clone()).collect::<Vec<_>>());
    let mut items: Vec<_> =
        split.shares.into_iter().map(|share| (share.leaves, share.exact, share.filled)).collect();
    items.push((Vec::new(), &second - &first - explained, false));
    let mut contributions = contributions(items, quantum);
    let change = total(&contributions.iter().collect::<Vec<_>>(), quantum);
    let unexplained = contributions.pop().unwrap_or_else(|| total(&[], quantum));
    Ok(Explanation { before: first, after: second, change, contributions, unexplained, quantum })
}

/// Parts of a change as they are shown. For each the leaves, the exact part, and whether one was filled.
pub(super) fn contributions(
    items: Vec<(Vec<usize>, BigRational, bool)>,
    quantum: Quantum,
) -> Vec<Contribution> {
    let exact: Vec<BigRational> = items.iter().map(|(_, exact, _)| exact.clone()).collect();
    let units = quantum.largest_remainder(&exact);
    let item = |((leaves, exact, filled), units): ((Vec<usize>, BigRational, bool), BigInt)| Contribution {
        leaves,
        contribution: to_f64(&exact),
        shown: quantum.text(&units),
        exact,
        units,
        filled,
    };
    items.into_iter().zip(units).map(item).collect()
}

/// A contribution of nothing.
#[cfg(feature = "compile")]
pub(crate) fn nothing(quantum: Quantum) -> Contribution {
    total(&[], quantum)
}

/// One contribution for several: the sum of what is exact, and the sum of what is shown.
fn total(items: &[&Contribution], quantum: Quantum) -> Contribution {
    let exact = sum(&items.iter().map(|item| item.exact.clone()).collect::<Vec<_>>());
    let units: BigInt = items.iter().map(|item| &item.units).sum();
    let mut leaves: Vec<usize> = items.iter().flat_map(|item| item.leaves.iter().copied()).collect();
    leaves.sort_unstable();
    Contribution {
        leaves,
        contribution: to_f64(&exact),
        shown: quantum.text(&units),
        exact,
        units,
        filled: items.iter().any(|item| item.filled),
    }
}
