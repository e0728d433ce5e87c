//! Who takes part in a change: which drivers moved, what stands in for a missing side, and who can only move together.

use std::collections::{BTreeMap, BTreeSet};

use num_rational::BigRational;
use num_traits::Zero;

use super::formula::{Formula, Node, Step, Stop, leaves};
use super::{ChainError, MAX_PLAYERS, Side};

/// The drivers of a formula in two states.
pub(super) struct Players<'a> {
    /// For each leaf its two values, a missing side filled by the other; `None` if both are missing.
    values: Vec<Option<(&'a BigRational, &'a BigRational)>>,
    filled: BTreeSet<usize>,
    /// For each leaf that moved the smallest leaf of those that move together with it.
    head: BTreeMap<usize, usize>,
}

impl<'a> Players<'a> {
    /// Reads two states.
    ///
    /// # Errors
    /// If a leaf of the formula has no value in either state, or is beyond one of them.
    pub(super) fn new(
        formula: &Formula,
        before: &'a [Option<BigRational>],
        after: &'a [Option<BigRational>],
    ) -> Result<Players<'a>, ChainError> {
        let used = formula.leaves();
        if let Some(&leaf) = used.iter().find(|&&leaf| leaf >= before.len().min(after.len())) {
            return Err(ChainError::UnknownLeaf { leaf });
        }
        let mut filled = BTreeSet::new();
        let mut values = Vec::new();
        for (leaf, sides) in before.iter().zip(after).enumerate() {
            values.push(match sides {
                (Some(a), Some(b)) => Some((a, b)),
                (Some(only), None) | (None, Some(only)) => {
                    filled.insert(leaf);
                    Some((only, only))
                }
                (None, None) => None,
            });
        }
        let missing: Vec<usize> =
            used.iter().copied().filter(|&leaf| !matches!(values.get(leaf), Some(Some(_)))).collect();
        if !missing.is_empty() {
            return Err(ChainError::Undefined { leaves: missing });
        }
        let moved = |leaf: &usize| matches!(values.get(*leaf), Some(Some((a, b))) if a != b);
        let head = used.into_iter().filter(moved).map(|leaf| (leaf, leaf)).collect();
        Ok(Players { values, filled, head })
    }

    /// The value of a leaf in one of the states.
    pub(super) fn value(&self, leaf: usize, side: Side) -> Option<&'a BigRational> {
        let (before, after) = self.values.get(leaf).copied()??;
        Some(if side == Side::Before { before } else { after })
    }

    /// How many leaves the states have.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    /// True if the leaf had a value in only one of the states.
    pub(super) fn is_filled(&self, leaf: usize) -> bool {
        self.filled.contains(&leaf)
    }

    /// The player that a leaf belongs to, named by its smallest leaf; `None` if the leaf did not move.
    pub(super) fn player(&self, leaf: usize) -> Option<usize> {
        self.head.get(&leaf).copied()
    }

    /// For each player all its leaves, both in ascending order.
    pub(super) fn groups(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (&leaf, &head) in &self.head {
            groups.entry(head).or_default().push(leaf);
        }
        groups
    }

    /// The players of a part of the formula, in ascending order.
    pub(super) fn of(&self, steps: &[Step]) -> BTreeSet<usize> {
        leaves(steps).into_iter().filter_map(|leaf| self.player(leaf)).collect()
    }

    /// Makes one player of the leaves of every denominator that is 0 where only some of them have moved.
    ///
    /// Each denominator is judged by itself, over all its leaves, before anything is joined: so neither the order of
    /// the denominators nor the way in which the formula is split into terms can show.
    ///
    /// # Errors
    /// [`ChainError::TooManyLeaves`] if more than [`MAX_PLAYERS`] leaves moved in a denominator with a sum in it.
    pub(super) fn join_where_zero(&mut self, formula: &Formula) -> Result<(), ChainError> {
        let mut joined: Vec<BTreeSet<usize>> = Vec::new();
        for at in 0..formula.steps().len() {
            let Some(Node::Div(_, denominator)) = formula.node(at) else { continue };
            let steps = formula.part(denominator);
            // A product is 0 only where a factor is, and then it is 0 in one of the two states themselves.
            if !steps.iter().any(|step| matches!(step, Step::Add | Step::Sub)) {
                continue;
            }
            let moved: Vec<usize> = self.of(steps).into_iter().collect();
            if moved.len() > MAX_PLAYERS {
                return Err(ChainError::TooManyLeaves { leaves: moved });
            }
            if moved.len() > 1 && self.can_be_zero(formula, denominator, &moved)? {
                joined.push(moved.into_iter().collect());
            }
        }
        for group in joined {
            // Whoever shares a leaf with the group, directly or through an earlier one, is part of it.
            let heads: BTreeSet<usize> = group.iter().filter_map(|&leaf| self.player(leaf)).collect();
            let Some(&first) = heads.first() else { continue };
            self.head.values_mut().filter(|head| heads.contains(head)).for_each(|head| *head = first);
        }
        Ok(())
    }

    fn can_be_zero(&self, formula: &Formula, root: usize, moved: &[usize]) -> Result<bool, ChainError> {
        for subset in 0..1u32 << moved.len() {
            let sides = Sides { moved, subset };
            match formula.value(root, |leaf| self.value(leaf, sides.of(leaf))) {
                Ok(value) if value.is_zero() => return Ok(true),
                // A denominator inside is 0 here; it is judged by itself.
                Ok(_) | Err(Stop::Zero) => {}
                Err(other) => return Err(other.at(&[])),
            }
        }
        Ok(false)
    }
}

/// Which of some players, at most 32 in ascending order, have moved to the second state.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) moved: &'a [usize],
    pub(super) subset: u32,
}

impl Sides<'_> {
    /// The state in which a player is.
    pub(super) fn of(self, player: usize) -> Side {
        match self.moved.binary_search(&player) {
            Ok(bit) if self.subset >> bit & 1 == 1 => Side::After,
            _ => Side::Before,
        }
    }
}
