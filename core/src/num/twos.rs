//! Two's complement numbers in words of fixed count: how every accumulator is kept, because adding and merging then
//! need no case for the sign.
//!
//! Least significant word first; the highest bit of the last word is the sign. The empty slice is 0.

use super::{NumError, limbs};

/// True below zero.
#[must_use]
pub fn is_negative(words: &[u64]) -> bool {
    words.last().is_some_and(|&top| top >> 63 == 1)
}

/// `words += addend`, where `addend` is extended by its sign to the width of `words`, or cut to it.
///
/// Wraps around beyond the width; accumulators are wide enough for it not to happen (see their modules).
pub fn add_assign(words: &mut [u64], addend: &[u64]) {
    let fill = if is_negative(addend) { u64::MAX } else { 0 };
    let mut carry = false;
    for (x, y) in words.iter_mut().zip(addend.iter().copied().chain(core::iter::repeat(fill))) {
        (*x, carry) = x.carrying_add(y, carry);
    }
}

/// Writes the absolute value to `dst`; returns whether the number is negative.
///
/// `dst` of the same length as `words` always suffices.
///
/// # Errors
/// [`NumError::Short`] if the absolute value does not fit.
pub fn magnitude(words: &[u64], dst: &mut [u64]) -> Result<bool, NumError> {
    let negative = is_negative(words);
    let mut carry = negative;
    let flip = if negative { u64::MAX } else { 0 };
    dst.fill(0);
    let mut slots = dst.iter_mut();
    for &word in words {
        let value;
        (value, carry) = (word ^ flip).overflowing_add(u64::from(carry));
        match slots.next() {
            Some(slot) => *slot = value,
            None if value == 0 => {}
            None => return Err(NumError::Short),
        }
    }
    Ok(negative)
}

/// Writes a sign and an absolute value to `words`.
///
/// # Errors
/// [`NumError::Short`] if the number does not fit.
pub fn from_magnitude(words: &mut [u64], negative: bool, magnitude: &[u64]) -> Result<(), NumError> {
    limbs::copy(words, magnitude)?;
    if negative {
        let mut carry = true;
        for x in words.iter_mut() {
            (*x, carry) = (!*x).overflowing_add(u64::from(carry));
        }
    }
    if limbs::is_zero(magnitude) || is_negative(words) == negative { Ok(()) } else { Err(NumError::Short) }
}
