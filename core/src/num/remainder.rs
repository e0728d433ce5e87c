//! The remainder of two binary64 values: exact, so every correct way gives the same bits.
//!
//! It is done on bits, like the sums, and without the assertions that `libm`'s version carries into a library that
//! has nowhere to panic to.

use super::float_sum::{FloatParts, parts};

/// Bits that a remainder below 2^53 can be shifted by without leaving a word.
const STEP: u32 = 11;

/// The bits of `x - y × trunc(x / y)`, with the sign of `x`, for the bits of two binary64 values.
///
/// `None` where `y` is zero or either is not finite.
#[must_use]
pub fn of_f64(x: u64, y: u64) -> Option<u64> {
    let (x_parts, y_parts) = (parts(x)?, parts(y)?);
    if y_parts.mantissa == 0 {
        return None;
    }
    if x_parts.shift < y_parts.shift {
        // y has 53 bits, as its exponent is not the smallest, and a larger exponent than x: |x| < |y|.
        return Some(x);
    }
    let mut rest = x_parts.mantissa.checked_rem(y_parts.mantissa)?;
    let mut up = x_parts.shift - y_parts.shift;
    while up > 0 && rest > 0 {
        let step = up.min(STEP);
        rest = (rest << step).checked_rem(y_parts.mantissa)?;
        up -= step;
    }
    Some(join(FloatParts { negative: x_parts.negative, mantissa: rest, shift: y_parts.shift }))
}

/// The bits of a value whose mantissa may lack leading bits.
fn join(value: FloatParts) -> u64 {
    let FloatParts { negative, mantissa, shift } = value;
    let up = mantissa.leading_zeros().saturating_sub(11).min(shift);
    let (mantissa, shift) = (mantissa << (up % 64), shift - up);
    // A mantissa of 53 bits has exponent `shift + 1`, whose lowest bit is the mantissa's own top bit.
    let magnitude = (u64::from(shift) << 52).wrapping_add(mantissa);
    let magnitude = if mantissa == 0 { 0 } else { magnitude };
    magnitude | u64::from(negative) << 63
}
