//! Sums of integers and of decimal mantissas, which must not overflow for any number of rows a machine can feed.
//!
//! Two's complement of fixed width ([`twos`]), all zero at the start. A sum of `i64` takes two words and holds
//! 2^64 of them; a sum of `i128` takes three and holds 2^64 of them too. Merging is addition, so any tree of merges
//! gives the same words.

use super::{NumError, twos};

/// Words of a sum of `i64`.
pub const INT_SUM_WORDS: usize = 2;

/// Words of a sum of `i128` (decimal mantissas of one scale).
pub const DEC_SUM_WORDS: usize = 3;

/// Adds a value to a sum of integers.
#[inline]
pub fn add_i64(sum: &mut [u64; INT_SUM_WORDS], value: i64) {
    set_int(sum, int(sum).wrapping_add(i128::from(value)));
}

/// Adds one sum of integers to another.
#[inline]
pub fn merge_int(sum: &mut [u64; INT_SUM_WORDS], other: &[u64; INT_SUM_WORDS]) {
    set_int(sum, int(sum).wrapping_add(int(other)));
}

/// A sum of integers as a number.
#[inline]
#[must_use]
pub fn int(sum: &[u64; INT_SUM_WORDS]) -> i128 {
    let [low, high] = *sum;
    (u128::from(low) | u128::from(high) << 64).cast_signed()
}

/// Sets a sum of integers.
#[inline]
fn set_int(sum: &mut [u64; INT_SUM_WORDS], value: i128) {
    let bits = value.cast_unsigned();
    *sum = [bits as u64, (bits >> 64) as u64];
}

/// Adds a mantissa to a sum of decimals.
#[inline]
pub fn add_i128(sum: &mut [u64; DEC_SUM_WORDS], value: i128) {
    let bits = value.cast_unsigned();
    let sign = if value < 0 { u64::MAX } else { 0 };
    merge_dec(sum, &[bits as u64, (bits >> 64) as u64, sign]);
}

/// Adds one sum of decimals to another of the same scale.
#[inline]
pub fn merge_dec(sum: &mut [u64; DEC_SUM_WORDS], other: &[u64; DEC_SUM_WORDS]) {
    let [a0, a1, a2] = sum;
    let [b0, b1, b2] = *other;
    let mut carry;
    (*a0, carry) = a0.overflowing_add(b0);
    (*a1, carry) = a1.carrying_add(b1, carry);
    *a2 = a2.wrapping_add(b2).wrapping_add(u64::from(carry));
}

/// Writes the absolute value of a sum of either kind to `dst`; returns whether the sum is negative.
///
/// # Errors
/// [`NumError::Short`] if `dst` is too short; as many words as the sum has always suffice.
pub fn magnitude(sum: &[u64], dst: &mut [u64]) -> Result<bool, NumError> {
    twos::magnitude(sum, dst)
}
