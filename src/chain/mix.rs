//! Why a ratio moved over its segments: because they changed (rate), or because their weights did (mix).
//!
//! `R = Σ w_i r_i` with `r_i` the ratio of segment i and `w_i` its part of the whole denominator. With `r̄` and `R̄` the
//! means of the two states, `rate_i = (w_i0 + w_i1) / 2 · Δr_i` and `mix_i = Δw_i · (r̄_i − R̄)`: a segment that grows
//! lifts the total if it is better than the total. All of them together are the change of `R`, exactly.

use num_rational::BigRational;
use num_traits::{Signed, Zero};

use super::rounding::sum;
use super::{ChainError, Contribution, Quantum, Side, contributions};

/// Numerator and denominator of a segment's ratio, in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What is above the line.
    pub numerator: BigRational,
    /// What is below it; also the segment's weight.
    pub denominator: BigRational,
}

/// A segment in two states; `None` where it is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// In the first state.
    pub before: Option<Parts>,
    /// In the second state.
    pub after: Option<Parts>,
}

/// What one segment did to the ratio of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// By its weight.
    pub mix: BigRational,
    /// By its own ratio.
    pub rate: BigRational,
    /// True if it has a ratio in one of the states only, which was taken for the other: all is mix then.
    pub filled: bool,
}

/// A change of a ratio over its segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MixRate {
    /// The ratio of all in the first state.
    pub before: BigRational,
    /// The ratio of all in the second state.
    pub after: BigRational,
    /// One effect for each segment, in their order.
    pub effects: Vec<Effect>,
    /// What belongs to neither: numerators of segments whose denominator is 0. Usually 0.
    pub unexplained: BigRational,
    /// The ratio of all went one way and its segments, together, the other (Simpson's paradox).
    pub simpson: bool,
}

impl MixRate {
    /// The sum of all effects by weight.
    #[must_use]
    pub fn mix(&self) -> BigRational {
        sum(&self.effects.iter().map(|effect| effect.mix.clone()).collect::<Vec<_>>())
    }

    /// The sum of all effects by the segments' own ratios.
    #[must_use]
    pub fn rate(&self) -> BigRational {
        sum(&self.effects.iter().map(|effect| effect.rate.clone()).collect::<Vec<_>>())
    }

    /// All effects as they are shown: mix and rate of the first segment, of the second, and so on, then what is
    /// unexplained. What is shown adds up to the rounded change. Leaves are segments; an effect of 0 is among them.
    #[must_use]
    pub fn shown(&self, quantum: Quantum) -> Vec<Contribution> {
        let mut items = Vec::with_capacity(self.effects.len() * 2 + 1);
        for (segment, effect) in self.effects.iter().enumerate() {
            items.push((vec![segment], effect.mix.clone(), effect.filled));
            items.push((vec![segment], effect.rate.clone(), effect.filled));
        }
        items.push((Vec::new(), self.unexplained.clone(), false));
        contributions(items, quantum)
    }
}

/// Splits the change of a ratio into mix and rate by segment, in linear time.
///
/// ```
/// use num_rational::BigRational;
/// use ripplemark::chain::{Parts, Segment, mix_and_rate};
///
/// let part = |numerator: i64, denominator: i64| {
///     let whole = |n: i64| BigRational::from_integer(n.into());
///     Some(Parts { numerator: whole(numerator), denominator: whole(denominator) })
/// };
/// // Both segments convert better than before, and the total converts worse.
/// let split = mix_and_rate(&[
///     Segment { before: part(80, 100), after: part(9, 10) },
///     Segment { before: part(2, 10), after: part(30, 100) },
/// ])?;
/// assert!(split.simpson);
/// assert_eq!(split.mix() + split.rate(), &split.after - &split.before);
/// # Ok::<(), ripplemark::chain::ChainError>(())
/// ```
///
/// # Errors
/// [`ChainError::ZeroDenominator`] if the denominators of a state add up to 0 (also if there are none).
pub fn mix_and_rate(segments: &[Segment]) -> Result<MixRate, ChainError> {
    let zero = BigRational::zero();
    let total = |part: fn(&Parts) -> &BigRational, side: fn(&Segment) -> &Option<Parts>| {
        let parts = segments.iter().filter_map(|segment| side(segment).as_ref());
        sum(&parts.map(|parts| part(parts).clone()).collect::<Vec<_>>())
    };
    let den0 = total(|parts| &parts.denominator, |segment| &segment.before);
    let den1 = total(|parts| &parts.denominator, |segment| &segment.after);
    let sides: Vec<Side> = [(&den0, Side::Before), (&den1, Side::After)]
        .into_iter()
        .filter(|(den, _)| den.is_zero())
        .map(|(_, side)| side)
        .collect();
    if !sides.is_empty() {
        return Err(ChainError::ZeroDenominator { sides });
    }
    let before = total(|parts| &parts.numerator, |segment| &segment.before) / &den0;
    let after = total(|parts| &parts.numerator, |segment| &segment.after) / &den1;
    let two = BigRational::from_integer(2.into());
    let mean = (&before + &after) / &two;

    let mut effects = Vec::with_capacity(segments.len());
    for segment in segments {
        let weight = |side: &Option<Parts>, whole: &BigRational| {
            side.as_ref().map_or_else(BigRational::zero, |parts| &parts.denominator / whole)
        };
        let ratio = |side: &Option<Parts>| {
            let parts = side.as_ref().filter(|parts| !parts.denominator.is_zero())?;
            Some(&parts.numerator / &parts.denominator)
        };
        let (r0, r1, filled) = match (ratio(&segment.before), ratio(&segment.after)) {
            (Some(r0), Some(r1)) => (r0, r1, false),
            (Some(only), None) | (None, Some(only)) => (only.clone(), only, true),
            (None, None) => (zero.clone(), zero.clone(), false),
        };
        let (w0, w1) = (weight(&segment.before, &den0), weight(&segment.after, &den1));
        effects.push(Effect {
            mix: (&w1 - &w0) * ((&r0 + &r1) / &two - &mean),
            rate: (w0 + w1) / &two * (r1 - r0),
            filled,
        });
    }
    let change = &after - &before;
    let mut split = MixRate { before, after, effects, unexplained: zero, simpson: false };
    let rate = split.rate();
    split.unexplained = &change - split.mix() - &rate;
    split.simpson = rate.signum() * change.signum() == -BigRational::from_integer(1.into());
    Ok(split)
}
