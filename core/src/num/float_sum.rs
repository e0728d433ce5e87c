//! The exact sum of binary64 values, which no order of rows can change.
//!
//! Every finite binary64 is an integer times 2^-1074, and its absolute value is below 2^2098 of these units. The sum
//! is kept as such an integer, in two's complement over [`FLOAT_SUM_WORDS`] words (2,176 bits), all zero at the
//! start: room for 2^77 additions. Both zeros add nothing.
//!
//! Values are taken apart as bits. No floating-point operation or comparison takes place, so a host that flushes
//! subnormals to zero or rounds in another direction gets the same words.

use super::{NumError, twos};

/// Words of a sum of binary64 values.
pub const FLOAT_SUM_WORDS: usize = 34;

/// The unit of a sum: 2 to this power.
pub const FLOAT_UNIT_EXPONENT: i32 = -1074;

/// A finite binary64, taken apart: `mantissa × 2^(shift - 1074)`, negated if `negative`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatParts {
    /// Sign bit; also set for -0.0.
    pub negative: bool,
    /// Below 2^53; 0 for zero.
    pub mantissa: u64,
    /// 0 to 2045; 0 for subnormals.
    pub shift: u32,
}

/// Takes the bits of a binary64 apart; `None` for infinities and NaN.
#[inline]
#[must_use]
pub fn parts(bits: u64) -> Option<FloatParts> {
    let exponent = (bits >> 52) as u32 & 0x7ff;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, shift) = match exponent {
        0x7ff => return None,
        0 => (fraction, 0),
        _ => (fraction | 1 << 52, exponent - 1),
    };
    Some(FloatParts { negative: bits >> 63 == 1, mantissa, shift })
}

/// Adds the binary64 with these bits.
///
/// # Errors
/// [`NumError::NotFinite`] for infinities and NaN; the sum stays as it was.
#[inline]
pub fn add(sum: &mut [u64; FLOAT_SUM_WORDS], bits: u64) -> Result<(), NumError> {
    let FloatParts { negative, mantissa, shift } = parts(bits).ok_or(NumError::NotFinite)?;
    let wide = u128::from(mantissa) << (shift % 64);
    let (low, high) = (wide as u64, (wide >> 64) as u64);
    // shift / 64 is at most 31: the value lies within words 31 and 32 at most.
    let mut words = sum.iter_mut().skip((shift / 64) as usize);
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return Ok(());
    };
    let mut carry;
    if negative {
        (*first, carry) = first.overflowing_sub(low);
        (*second, carry) = second.borrowing_sub(high, carry);
    } else {
        (*first, carry) = first.overflowing_add(low);
        (*second, carry) = second.carrying_add(high, carry);
    }
    while carry && let Some(word) = words.next() {
        (*word, carry) = if negative { word.overflowing_sub(1) } else { word.overflowing_add(1) };
    }
    Ok(())
}

/// Adds `mantissa × 2^exponent`. An exponent below -1074 or above 960 adds nothing: the former has no place for its
/// bits, with the latter the mantissa could leave the sum's width.
pub fn add_scaled(sum: &mut [u64; FLOAT_SUM_WORDS], mantissa: i128, exponent: i32) {
    let Some(shift) = exponent.checked_sub(FLOAT_UNIT_EXPONENT).and_then(|shift| u32::try_from(shift).ok())
    else {
        return;
    };
    if exponent > 960 {
        return;
    }
    let magnitude = mantissa.unsigned_abs();
    let (low, high, bits) = (magnitude as u64, (magnitude >> 64) as u64, shift % 64);
    let over = |word: u64| if bits == 0 { 0 } else { word >> (64 - bits) };
    let parts = [low << bits, high << bits | over(low), over(high)];
    let mut carry = false;
    let words = sum.iter_mut().skip((shift / 64) as usize);
    for (word, part) in words.zip(parts.into_iter().chain(core::iter::repeat(0))) {
        (*word, carry) =
            if mantissa < 0 { word.borrowing_sub(part, carry) } else { word.carrying_add(part, carry) };
    }
}

/// Adds one sum to another.
pub fn merge(sum: &mut [u64; FLOAT_SUM_WORDS], other: &[u64; FLOAT_SUM_WORDS]) {
    twos::add_assign(sum, other);
}

/// Writes the absolute value of the sum, in units of 2^-1074, to `dst`; returns whether the sum is negative.
///
/// # Errors
/// [`NumError::Short`] if `dst` is too short; [`FLOAT_SUM_WORDS`] words always suffice.
pub fn to_magnitude(sum: &[u64; FLOAT_SUM_WORDS], dst: &mut [u64]) -> Result<bool, NumError> {
    twos::magnitude(sum, dst)
}
