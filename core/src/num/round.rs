//! Rounding an exact number to binary64, once, to nearest with ties to even.
//!
//! Integer arithmetic only: a quotient is developed bit by bit to more bits than binary64 holds, and a sticky bit says
//! whether anything is left. So no setting of the processor's floating-point unit matters.
//!
//! Results that are 0 are +0.0, also where a negative number is too small for a subnormal: a report shows one zero.

use core::num::NonZeroU128;

use super::decimal::{MAX_SCALE, power_of_ten};
use super::{NumError, limbs};

/// A rounded number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounded {
    /// The bits of a finite binary64; never those of -0.0.
    Finite(u64),
    /// The number rounds beyond the largest finite binary64.
    Overflow,
}

impl Rounded {
    /// The binary64; `None` for an overflow.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        match self {
            Rounded::Finite(bits) => Some(f64::from_bits(bits)),
            Rounded::Overflow => None,
        }
    }
}

/// Bits to which quotients are developed, at least 65 of which count: enough for 53, a half bit and a guard.
const QUOTIENT_BITS: u32 = 66;

/// Rounds `num / den`, negated if `negative`.
///
/// # Errors
/// [`NumError::ZeroDenominator`]; [`NumError::Short`] if `scratch` is shorter than twice the longer of both plus 2
/// (see [`Width::scratch_round`](super::Width::scratch_round)).
pub fn quotient_to_f64(
    negative: bool,
    num: &[u64],
    den: &[u64],
    scratch: &mut [u64],
) -> Result<Rounded, NumError> {
    let (num, den) = (limbs::significant(num), limbs::significant(den));
    let (num_bits, den_bits) = (limbs::bit_len(num), limbs::bit_len(den));
    if den_bits == 0 {
        return Err(NumError::ZeroDenominator);
    }
    if num_bits == 0 {
        return Ok(Rounded::Finite(0));
    }
    if limbs::trailing_zeros(den) == den_bits - 1 {
        return Ok(dyadic_to_f64(negative, num, -exponent(den_bits - 1)));
    }
    if let (&[n], &[d]) = (num, den)
        && let Some(d) = NonZeroU128::new(u128::from(d))
    {
        let shift = 64 + n.leading_zeros();
        let wide = u128::from(n) << shift;
        return Ok(round_scaled(negative, wide / d, -i64::from(shift), wide % d != 0));
    }

    // Shift both so that their highest bits stand at one place: the quotient then lies between 1/2 and 2.
    let bits = num_bits.max(den_bits);
    let words = bits / 64 + 1;
    let (rest, others) = scratch.split_at_mut_checked(words).ok_or(NumError::Short)?;
    let divisor = others.get_mut(..words).ok_or(NumError::Short)?;
    if let Some(rounded) = rounded_by_leading_bits(negative, num, den) {
        return Ok(rounded);
    }
    limbs::shl(rest, num, bits - num_bits)?;
    limbs::shl(divisor, den, bits - den_bits)?;
    let mut quotient = 0u128;
    for _ in 0..QUOTIENT_BITS {
        quotient <<= 1;
        if limbs::cmp(rest, divisor).is_ge() {
            limbs::sub_assign(rest, divisor)?;
            quotient |= 1;
        }
        limbs::double(rest)?;
    }
    let scale = exponent(num_bits) - exponent(den_bits) - i64::from(QUOTIENT_BITS - 1);
    Ok(round_scaled(negative, quotient, scale, !limbs::is_zero(rest)))
}

/// Rounds a quotient by the 128 highest bits of what is divided and the 64 highest of what it is divided by, if all
/// numbers with these bits round alike: of 1,000 quotients about 999.
fn rounded_by_leading_bits(negative: bool, num: &[u64], den: &[u64]) -> Option<Rounded> {
    let (n, n_place) = leading_bits(num)?;
    let (d, d_place) = leading_bits(den)?;
    let d = NonZeroU128::new(d >> 64)?;
    // The quotient lies between these two, both times 2^place, and rounding keeps the order.
    let low = n / d.checked_add(1)?;
    let high = (n.checked_add(1)? / d).checked_add(1)?;
    let place = n_place - d_place - 64;
    let rounded = round_scaled(negative, low, place, false);
    (rounded == round_scaled(negative, high, place, false)).then_some(rounded)
}

/// The 128 highest bits of a number, of which the first is 1, and the power of two that the last one stands for; bits
/// behind a short number are 0.
fn leading_bits(number: &[u64]) -> Option<(u128, i64)> {
    let word = |from_top: usize| {
        number.len().checked_sub(1 + from_top).and_then(|i| number.get(i)).copied().unwrap_or(0)
    };
    let shift = word(0).leading_zeros();
    let two = u128::from(word(0)) << 64 | u128::from(word(1));
    let below = u128::from(word(2)) << 64;
    let bits = if shift == 0 { two } else { two << shift | below >> (128 - shift) };
    (word(0) != 0).then(|| (bits, exponent(limbs::bit_len(number)) - 128))
}

/// Rounds `magnitude × 2^exponent`, negated if `negative`.
#[must_use]
pub fn dyadic_to_f64(negative: bool, magnitude: &[u64], exponent_of_two: i64) -> Rounded {
    let (top, below) = limbs::top_bits(magnitude);
    if top == 0 {
        return Rounded::Finite(0);
    }
    let sticky = limbs::trailing_zeros(magnitude) < below;
    round_scaled(negative, top, exponent_of_two.saturating_add(exponent(below)), sticky)
}

/// A count of bits as a signed number; no slice has more than 2^62 bits.
fn exponent(bits: usize) -> i64 {
    i64::try_from(bits).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

/// Rounds `(value + sticky part) × 2^scale`, where the sticky part lies between 0 and 1 (exclusive) and is not 0 if
/// `sticky`. `value` is not 0, and has at least 55 bits if `sticky`.
fn round_scaled(negative: bool, value: u128, scale: i64, sticky: bool) -> Rounded {
    let len = i64::from(128 - value.leading_zeros());
    let highest = scale.saturating_add(len - 1);
    if highest > 1023 {
        return Rounded::Overflow;
    }
    if highest < -1075 {
        // Below half of the smallest subnormal.
        return Rounded::Finite(0);
    }
    let lowest = (highest - 52).max(-1074);
    let dropped = u32::try_from(lowest - scale).unwrap_or(0);
    let kept = if dropped == 0 {
        // All bits are kept; at most 52 places up, as the value then has at most 53 bits.
        (value << u32::try_from(scale - lowest).unwrap_or(0)) as u64
    } else {
        let kept = value.checked_shr(dropped).unwrap_or(0) as u64;
        let half = 1u128.checked_shl(dropped - 1).unwrap_or(0);
        let rest = value & (half | half.wrapping_sub(1));
        kept + u64::from(rest > half || (rest == half && (sticky || kept & 1 == 1)))
    };
    // The leading bit of a normal number adds 1 to the exponent field, a carry out of the fraction another one; both
    // come out right by plain addition, and for subnormals nothing is added.
    let field = u64::try_from(lowest + 1074).unwrap_or(0);
    let bits = (field << 52) + kept;
    if bits >= 0x7ff << 52 {
        return Rounded::Overflow;
    }
    Rounded::Finite(if bits == 0 { 0 } else { bits | u64::from(negative) << 63 })
}

/// The quotient of two decimals, `(a / 10^a_scale) / (b / 10^b_scale)`, as the bits of the nearest binary64.
///
/// Cannot overflow: decimals span far less than binary64 does.
///
/// ```
/// use ripplemark_core::num::round::div_i128_to_f64;
///
/// assert_eq!(div_i128_to_f64(10, 2, 3, 0).map(f64::from_bits), Ok(0.1 / 3.0));
/// assert_eq!(div_i128_to_f64(7, 0, 20, 1).map(f64::from_bits), Ok(3.5));
/// ```
///
/// # Errors
/// [`NumError::ZeroDenominator`] if `b` is 0; [`NumError::Scale`] if a scale is beyond [`MAX_SCALE`].
pub fn div_i128_to_f64(a: i128, a_scale: u8, b: i128, b_scale: u8) -> Result<u64, NumError> {
    if a_scale > MAX_SCALE || b_scale > MAX_SCALE {
        return Err(NumError::Scale);
    }
    let negative = (a < 0) != (b < 0);
    // Only the difference of the scales matters; 4 words hold 2^127 × 10^38.
    let (mut num, mut den) = ([0; 4], [0; 4]);
    scaled(&mut num, a, b_scale.saturating_sub(a_scale))?;
    scaled(&mut den, b, a_scale.saturating_sub(b_scale))?;
    match quotient_to_f64(negative, &num, &den, &mut [0; 10])? {
        Rounded::Finite(bits) => Ok(bits),
        Rounded::Overflow => Err(NumError::Short),
    }
}

/// `dst = |value| × 10^scale`.
fn scaled(dst: &mut [u64; 4], value: i128, scale: u8) -> Result<usize, NumError> {
    let factor = power_of_ten(scale).ok_or(NumError::Scale)?;
    limbs::mul(dst, &limbs::from_u128(value.unsigned_abs()), &limbs::from_u128(factor))
}
