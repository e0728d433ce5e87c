//! Numbers for readers that still add up: largest remainder, decimal text, and the double nearest to a fraction.

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use ripplemark_core::num::round::quotient_to_f64;

/// The unit that shown numbers are whole multiples of: a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantum {
    exponent: i8,
}

impl Quantum {
    /// 10^`exponent`: −2 for cents, 0 for whole numbers, 3 for thousands.
    #[must_use]
    pub const fn power_of_ten(exponent: i8) -> Quantum {
        Quantum { exponent }
    }

    /// The exponent of ten.
    #[must_use]
    pub const fn exponent(self) -> i8 {
        self.exponent
    }

    /// The unit as a number.
    #[must_use]
    pub fn value(self) -> BigRational {
        let power = BigInt::from(10).pow(self.exponent.unsigned_abs().into());
        if self.exponent < 0 {
            BigRational::new(BigInt::one(), power)
        } else {
            BigRational::from_integer(power)
        }
    }

    /// How many units are nearest to a number; of two that are equally near the even one.
    #[must_use]
    pub fn nearest(self, number: &BigRational) -> BigInt {
        let units = number / self.value();
        let (floor, rest) = floor_and_rest(&units);
        let twice = &rest + &rest;
        let up = twice > BigRational::one() || (twice.is_one() && floor.is_odd());
        if up { floor + 1 } else { floor }
    }

    /// So many units as decimal text: `-1234.50` for −123450 cents, `12000` for 12 thousands.
    #[must_use]
    pub fn text(self, units: &BigInt) -> String {
        let sign = if units.is_negative() { "-" } else { "" };
        let digits = units.magnitude().to_string();
        let places = usize::from(self.exponent.unsigned_abs());
        if units.is_zero() || self.exponent >= 0 {
            let zeros = if units.is_zero() { 0 } else { places };
            let point = if self.exponent < 0 { format!(".{}", "0".repeat(places)) } else { String::new() };
            return format!("{sign}{digits}{}{point}", "0".repeat(zeros));
        }
        // At least one digit stands before the point.
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        format!("{sign}{whole}.{fraction}")
    }

    /// How many units to show for each part, so that they add up to their rounded sum: largest remainder.
    ///
    /// Every part is rounded down; the units that are then missing from the rounded sum go to the parts that lost most,
    /// of equal losses to the first. Each result differs from its part by less than one unit.
    ///
    /// ```
    /// use num_rational::BigRational;
    /// use ripplemark::chain::Quantum;
    ///
    /// let third = BigRational::new(100.into(), 3.into());
    /// let shown = Quantum::power_of_ten(0).largest_remainder(&[third.clone(), third.clone(), third]);
    /// assert_eq!(shown, [34.into(), 33.into(), 33.into()]);
    /// ```
    #[must_use]
    pub fn largest_remainder(self, parts: &[BigRational]) -> Vec<BigInt> {
        let total = self.nearest(&sum(parts));
        self.share_out(parts, &total).unwrap_or_default()
    }

    /// As [`Quantum::largest_remainder`], for a sum that has been fixed elsewhere, say as the difference of two
    /// rounded numbers. `None` if no numbers that each differ from their part by less than one unit have that sum.
    #[must_use]
    pub fn share_out(self, parts: &[BigRational], total: &BigInt) -> Option<Vec<BigInt>> {
        let unit = self.value();
        let mut shown = Vec::with_capacity(parts.len());
        let mut rests = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let (floor, rest) = floor_and_rest(&(part / &unit));
            shown.push(floor);
            if !rest.is_zero() {
                rests.push((rest, at));
            }
        }
        let missing = (total - shown.iter().sum::<BigInt>()).to_usize()?;
        rests.sort_by(|(a, i), (b, j)| b.cmp(a).then(i.cmp(j)));
        for (_, at) in rests.get(..missing)? {
            *shown.get_mut(*at)? += 1;
        }
        Some(shown)
    }
}

/// The sum of many fractions, added as a tree: their denominators grow as late as they can.
pub(super) fn sum(parts: &[BigRational]) -> BigRational {
    let mut level = parts.to_vec();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| pair.iter().sum()).collect();
    }
    level.pop().unwrap_or_else(BigRational::zero)
}

/// The next whole number below, and what is above it.
fn floor_and_rest(number: &BigRational) -> (BigInt, BigRational) {
    let floor = number.floor();
    let rest = number - &floor;
    (floor.to_integer(), rest)
}

/// The double nearest to a fraction, ties to even; 0 is +0.0. `None` beyond binary64.
///
/// ```
/// use num_rational::BigRational;
/// use ripplemark::chain::to_f64;
///
/// assert_eq!(to_f64(&BigRational::new(1.into(), (-3).into())), Some(-1.0 / 3.0));
/// ```
#[must_use]
pub fn to_f64(number: &BigRational) -> Option<f64> {
    let words = |part: &BigInt| part.magnitude().to_u64_digits();
    let (num, den) = (words(number.numer()), words(number.denom()));
    let mut scratch = vec![0; 2 * (num.len().max(den.len()) + 1)];
    let negative = number.numer().sign() == Sign::Minus;
    quotient_to_f64(negative, &num, &den, &mut scratch).ok()?.value()
}
