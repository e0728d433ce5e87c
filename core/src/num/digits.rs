//! Rounding to a number of digits after the point: of decimals, of doubles, of quotients.
//!
//! All of it is exact. A double is the fraction that it is, not the decimal that people see: 2.675 lies below 2.675 and
//! becomes 2.67.

use core::cmp::Ordering;

use super::decimal::power_of_ten;
use super::{NumError, float_sum, limbs, round};

/// Most digits that a double or a quotient is rounded to: 10^18 fits a word.
pub const MAX_DIGITS: u8 = 18;

/// Which neighbour is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// The lower one.
    Floor,
    /// The upper one.
    Ceil,
    /// The nearest one, halves away from zero.
    HalfAway,
}

impl Rounding {
    /// The rounding with this number: 0 floor, 1 ceil, 2 half away from zero.
    #[must_use]
    pub const fn from_u8(number: u8) -> Option<Rounding> {
        match number {
            0 => Some(Rounding::Floor),
            1 => Some(Rounding::Ceil),
            2 => Some(Rounding::HalfAway),
            _ => None,
        }
    }

    /// Whether a magnitude that was rounded down goes one up: `half` tells how what was cut off compares with half a
    /// unit, `None` that nothing was cut off.
    fn goes_up(self, negative: bool, half: Option<Ordering>) -> bool {
        match (self, half) {
            (_, None) => false,
            (Rounding::Floor, _) => negative,
            (Rounding::Ceil, _) => !negative,
            (Rounding::HalfAway, Some(half)) => half.is_ge(),
        }
    }
}

/// `value / 10^digits`, rounded to an integer; `None` where 10^digits is too large (beyond 38).
#[must_use]
pub fn drop_digits(value: i128, digits: u8, rounding: Rounding) -> Option<i128> {
    if digits == 0 {
        return Some(value);
    }
    let unit = power_of_ten(digits)?;
    let magnitude = value.unsigned_abs();
    let (whole, rest) = (magnitude.checked_div(unit)?, magnitude.checked_rem(unit)?);
    let half = (rest != 0).then(|| rest.cmp(&(unit - rest)));
    let whole = i128::try_from(whole + u128::from(rounding.goes_up(value < 0, half))).ok()?;
    Some(if value < 0 { -whole } else { whole })
}

/// The double nearest to `bits` rounded, exactly and halves away from zero, to `digits` (at most [`MAX_DIGITS`]) after
/// the point; `None` for more digits, and for what is not finite.
#[must_use]
pub fn round_f64(bits: u64, digits: u8) -> Option<u64> {
    let parts = float_sum::parts(bits).filter(|_| digits <= MAX_DIGITS)?;
    // The value is mantissa × 2^(shift - 1074).
    let Some(below) = 1074u32.checked_sub(parts.shift).filter(|&below| below > 0) else {
        return Some(bits);
    };
    // Below 2^53 × 10^18 < 2^113: what is shifted out further rounds to 0.
    let scaled = u128::from(parts.mantissa) * power_of_ten(digits)?;
    let whole = scaled.checked_shr(below).unwrap_or(0);
    let half = scaled.checked_shr(below - 1).unwrap_or(0) & 1;
    let rounded = round::div_i128_to_f64(i128::try_from(whole + half).ok()?, digits, 1, 0).ok()?;
    Some(rounded | bits & 1 << 63)
}

/// `numerator × 10^digits / denominator`, rounded to an integer, without its sign. `scratch` has two words more than the
/// numerator and those of the denominator.
///
/// # Errors
/// [`NumError::Scale`] for more than [`MAX_DIGITS`]; [`NumError::ZeroDenominator`]; [`NumError::Short`].
pub(super) fn round_quotient(
    out: &mut [u64],
    negative: bool,
    numerator: &[u64],
    denominator: &[u64],
    digits: u8,
    rounding: Rounding,
    scratch: &mut [u64],
) -> Result<(), NumError> {
    let unit = power_of_ten(digits).filter(|_| digits <= MAX_DIGITS).ok_or(NumError::Scale)?;
    let unit = u64::try_from(unit).map_err(|_| NumError::Scale)?;
    let (rest, divisor) = scratch.split_at_mut_checked(numerator.len() + 2).ok_or(NumError::Short)?;
    limbs::copy(rest, numerator)?;
    limbs::mul_small(rest, unit, 0)?;
    limbs::copy(divisor, denominator)?;
    limbs::div_rem(out, rest, divisor)?;
    let half = if limbs::is_zero(rest) {
        None
    } else {
        limbs::double(rest)?;
        Some(limbs::cmp(rest, divisor))
    };
    if rounding.goes_up(negative, half) {
        limbs::add_assign(out, &[1])?;
    }
    Ok(())
}
