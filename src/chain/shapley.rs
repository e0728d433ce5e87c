//! Exact Shapley contributions of drivers to a change between two states.
//!
//! The contribution of driver i is the mean, over all orders in which the drivers could have moved, of what the number
//! did when i moved:
//! `φ_i = Σ_S |S|! (n−1−|S|)! / n! · (f(S + i) − f(S))`, where `f(S)` has the drivers of `S` in the second state and
//! the others in the first. They add up to the change, do not depend on any order, and are 0 for what did not move.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::collections::{BTreeMap, BTreeSet};

use super::formula::Formula;
use super::players::{Players, Sides};
use super::rounding::sum;
use super::terms::{Term, split};
use super::{ChainError, MAX_BITS, MAX_PLAYERS, Side};

/// What one player did to the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The driver, by its position in the states; several where they can only move together.
    pub leaves: Vec<usize>,
    /// The exact contribution.
    pub exact: BigRational,
    /// True if the driver had a value in one of the states only, which was taken for the other, too.
    pub filled: bool,
}

/// A change of a formula, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decomposition {
    /// The formula's value in the first state.
    pub before: BigRational,
    /// The formula's value in the second state.
    pub after: BigRational,
    /// One share for each driver, in the order of the states; drivers that can only move together have one in the
    /// place of the first of them. They add up to `after − before` exactly.
    pub shares: Vec<Share>,
}

/// Takes the change of a formula between two states apart.
///
/// `before` and `after` have a value for each leaf, `None` where it is undefined. A leaf that is undefined on one side
/// takes the value of the other side, and its share (which is then 0, unless others cannot move without it) is flagged.
///
/// Drivers that cannot move one by one, because a denominator over them would be 0 on the way, are joined: they have
/// one share together. The rule is in the specification.
///
/// Takes time and `f` evaluations in proportion to 2^n for a term with n drivers that moved; terms are taken one by
/// one, and products of sums are multiplied out first.
///
/// # Errors
/// - [`ChainError::Undefined`]: leaves of the formula without a value on either side.
/// - [`ChainError::ZeroDenominator`]: the formula divides by 0 in one of the two states.
/// - [`ChainError::TooManyLeaves`]: more than [`MAX_PLAYERS`] moved in one term.
/// - [`ChainError::TooWide`]: the exact shares would have denominators of more than [`MAX_BITS`] bits.
/// - [`ChainError::UnknownLeaf`]: the states are too short.
pub fn decompose(
    formula: &Formula,
    before: &[Option<BigRational>],
    after: &[Option<BigRational>],
) -> Result<Decomposition, ChainError> {
    let mut players = Players::new(formula, before, after)?;
    let [first, second] = ends(formula, &players)?;
    players.join_where_zero(formula)?;
    let mut parts: BTreeMap<usize, Vec<BigRational>> = BTreeMap::new();
    for term in split(formula, &players)? {
        for (player, part) in term_shares(formula, &players, &term)? {
            parts.entry(player).or_default().push(part);
        }
    }
    let mut groups = players.groups();
    let mut shares = Vec::new();
    for leaf in 0..players.count() {
        let leaves = match players.player(leaf) {
            Some(player) if player == leaf => groups.remove(&player).unwrap_or_default(),
            // Part of the share of another leaf.
            Some(_) => continue,
            None => vec![leaf],
        };
        let exact = sum(&parts.remove(&leaf).unwrap_or_default());
        shares.push(Share { leaves, exact, filled: players.is_filled(leaf) });
    }
    Ok(Decomposition { before: first, after: second, shares })
}

/// The formula's values in the two states; names both if both are undefined.
fn ends(formula: &Formula, players: &Players<'_>) -> Result<[BigRational; 2], ChainError> {
    let at = |side| formula.value(formula.root(), |leaf| players.value(leaf, side));
    match (at(Side::Before), at(Side::After)) {
        (Ok(before), Ok(after)) => Ok([before, after]),
        (Err(stop), Err(_)) => Err(stop.at(&[Side::Before, Side::After])),
        (Err(stop), Ok(_)) => Err(stop.at(&[Side::Before])),
        (Ok(_), Err(stop)) => Err(stop.at(&[Side::After])),
    }
}

/// The shares of one term, by player.
fn term_shares(
    formula: &Formula,
    players: &Players<'_>,
    term: &Term,
) -> Result<Vec<(usize, BigRational)>, ChainError> {
    let mut moved: BTreeSet<usize> = BTreeSet::new();
    for &root in term.over.iter().chain(&term.under) {
        moved.extend(players.of(formula.part(root)));
    }
    let moved: Vec<usize> = moved.into_iter().collect();
    if moved.len() > MAX_PLAYERS {
        return Err(ChainError::TooManyLeaves { leaves: moved });
    }
    let game = Game { formula, players, term, moved: &moved, factorials: factorials(moved.len()) };
    let total = game.sum(moved.len() as u32, 0)?;
    // All weights were multiplied by n!.
    let whole = total.den * game.factorials.last().copied().unwrap_or(1);
    let share = |num: BigInt| BigRational::new(num, whole.clone()) * &term.scale;
    Ok(moved.iter().copied().zip(total.nums.into_iter().map(share)).collect())
}

/// 0! to n!; n is at most [`MAX_PLAYERS`], whose factorial fits.
fn factorials(n: usize) -> Vec<u64> {
    let mut all = vec![1u64];
    let mut last = 1u64;
    for k in 1..=n as u64 {
        last = last.saturating_mul(k);
        all.push(last);
    }
    all
}

struct Game<'a> {
    formula: &'a Formula,
    players: &'a Players<'a>,
    term: &'a Term,
    moved: &'a [usize],
    factorials: Vec<u64>,
}

/// n! times a part of each player's share, over one denominator.
struct Partial {
    den: BigInt,
    nums: Vec<BigInt>,
}

impl Game<'_> {
    /// The sum over all subsets whose bits above `free` are those of `subset`. Every subset is evaluated once; halves
    /// are added as a tree, so that denominators grow as late as they can.
    fn sum(&self, free: u32, subset: u32) -> Result<Partial, ChainError> {
        let Some(bit) = free.checked_sub(1) else { return self.single(subset) };
        self.sum(bit, subset)?.add(self.sum(bit, subset | 1 << bit)?)
    }

    /// The terms of all sums in which this one subset occurs: as `S + i` for its members, as `S` for the others.
    fn single(&self, subset: u32) -> Result<Partial, ChainError> {
        let (num, den) = self.value(subset)?.into();
        let (n, size) = (self.moved.len(), subset.count_ones() as usize);
        let factorial = |k: Option<usize>| k.and_then(|k| self.factorials.get(k)).copied().unwrap_or(0);
        let inside = &num * (factorial(size.checked_sub(1)) * factorial(n.checked_sub(size)));
        let outside = -num * (factorial(Some(size)) * factorial(n.checked_sub(size + 1)));
        let nums = (0..n).map(|bit| if subset >> bit & 1 == 1 { inside.clone() } else { outside.clone() });
        Ok(Partial { den, nums: nums.collect() })
    }

    /// The term, without its scale, where the players of `subset` have moved. Reduced once, at the end.
    fn value(&self, subset: u32) -> Result<BigRational, ChainError> {
        let sides = Sides { moved: self.moved, subset };
        let leaf = |leaf| {
            let side = self.players.player(leaf).map_or(Side::Before, |player| sides.of(player));
            self.players.value(leaf, side)
        };
        let (mut num, mut den) = (BigInt::one(), BigInt::one());
        for &root in &self.term.over {
            let factor = self.formula.value(root, leaf).map_err(|stop| stop.at(&[]))?;
            num *= factor.numer();
            den *= factor.denom();
        }
        for &root in &self.term.under {
            let divisor = self.formula.value(root, leaf).map_err(|stop| stop.at(&[]))?;
            num *= divisor.denom();
            den *= divisor.numer();
        }
        if den.is_zero() {
            // Players whose denominator passes through 0 were joined, so nobody gets here.
            return Err(ChainError::ZeroDenominator { sides: Vec::new() });
        }
        Ok(BigRational::new(num, den))
    }
}

impl Partial {
    fn add(mut self, other: Partial) -> Result<Partial, ChainError> {
        if self.den == other.den {
            self.nums.iter_mut().zip(other.nums).for_each(|(a, b)| *a += b);
            return Ok(self);
        }
        let common = self.den.gcd(&other.den);
        let (mine, others) = (&other.den / &common, &self.den / &common);
        self.den *= &mine;
        if self.den.bits() > MAX_BITS {
            return Err(ChainError::TooWide);
        }
        for (a, b) in self.nums.iter_mut().zip(other.nums) {
            *a = &*a * &mine + b * &others;
        }
        Ok(self)
    }
}
