//! Natural numbers of any size in slices of 64-bit words, because sums and the formulas over them outgrow every
//! built-in integer.
//!
//! A number is a slice of words, least significant first; zero words at the top change nothing, and the empty slice
//! is 0. Functions that write fill their whole destination, so that the slice alone is the number and no length has
//! to travel with it; they also return the count of significant words. A destination is never required to be longer
//! than the result.
//!
//! Everything is schoolbook arithmetic: the numbers of a formula have tens of words, not thousands.

use core::cmp::Ordering;
use core::num::{NonZeroU64, NonZeroU128};

use super::NumError;

/// Bits of a word.
const WORD: usize = u64::BITS as usize;

/// The number without zero words at the top.
#[must_use]
pub fn significant(a: &[u64]) -> &[u64] {
    a.get(..len(a)).unwrap_or(a)
}

/// Count of significant words; 0 for zero.
#[must_use]
pub fn len(a: &[u64]) -> usize {
    a.iter().rposition(|&word| word != 0).map_or(0, |top| top + 1)
}

/// True for 0.
#[must_use]
pub fn is_zero(a: &[u64]) -> bool {
    a.iter().all(|&word| word == 0)
}

/// True for 1.
#[must_use]
pub fn is_one(a: &[u64]) -> bool {
    significant(a) == [1]
}

/// Compares two numbers.
#[must_use]
pub fn cmp(a: &[u64], b: &[u64]) -> Ordering {
    let (a, b) = (significant(a), significant(b));
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// Position of the highest bit that is set, counted from 1; 0 for zero.
#[must_use]
pub fn bit_len(a: &[u64]) -> usize {
    match significant(a).split_last() {
        None => 0,
        Some((&top, below)) => {
            below.len().saturating_mul(WORD).saturating_add(WORD - top.leading_zeros() as usize)
        }
    }
}

/// How many times 2 divides the number; 0 for zero.
#[must_use]
pub fn trailing_zeros(a: &[u64]) -> usize {
    match a.iter().enumerate().find(|&(_, &word)| word != 0) {
        None => 0,
        Some((at, &word)) => at.saturating_mul(WORD).saturating_add(word.trailing_zeros() as usize),
    }
}

/// The highest 128 bits and how many bits lie below them (0 if the whole number fits).
#[must_use]
pub fn top_bits(a: &[u64]) -> (u128, usize) {
    let below = bit_len(a).saturating_sub(128);
    let mut words = a.iter().skip(below / WORD).map(|&word| u128::from(word));
    let low = words.next().unwrap_or(0) | words.next().unwrap_or(0) << 64;
    let high = words.next().unwrap_or(0);
    match below % WORD {
        0 => (low, below),
        offset => (low >> offset | high << (128 - offset), below),
    }
}

/// The number as `u128`, if it fits.
#[must_use]
pub fn to_u128(a: &[u64]) -> Option<u128> {
    match *significant(a) {
        [] => Some(0),
        [low] => Some(u128::from(low)),
        [low, high] => Some(u128::from(low) | u128::from(high) << 64),
        _ => None,
    }
}

/// The two words of a `u128`.
#[must_use]
pub fn from_u128(value: u128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}

/// `dst = a`.
///
/// # Errors
/// [`NumError::Short`] if `dst` is too short; so for every function of this module that returns an error, unless
/// it says otherwise.
pub fn copy(dst: &mut [u64], a: &[u64]) -> Result<usize, NumError> {
    let a = significant(a);
    let (low, high) = dst.split_at_mut_checked(a.len()).ok_or(NumError::Short)?;
    low.copy_from_slice(a);
    high.fill(0);
    Ok(a.len())
}

/// `dst = a + b`.
///
/// # Errors
/// If `dst` is too short.
pub fn add(dst: &mut [u64], a: &[u64], b: &[u64]) -> Result<usize, NumError> {
    copy(dst, a)?;
    add_assign(dst, b)
}

/// `a += b`.
///
/// # Errors
/// If `a` is too short for the sum.
pub fn add_assign(a: &mut [u64], b: &[u64]) -> Result<usize, NumError> {
    let b = significant(b);
    let (low, high) = a.split_at_mut_checked(b.len()).ok_or(NumError::Short)?;
    let mut carry = false;
    for (x, &y) in low.iter_mut().zip(b) {
        (*x, carry) = x.carrying_add(y, carry);
    }
    for x in high {
        if !carry {
            break;
        }
        (*x, carry) = x.overflowing_add(1);
    }
    if carry { Err(NumError::Short) } else { Ok(len(a)) }
}

/// `dst = a - b`.
///
/// # Errors
/// If `dst` is too short for `a`; [`NumError::Negative`] if `a < b`.
pub fn sub(dst: &mut [u64], a: &[u64], b: &[u64]) -> Result<usize, NumError> {
    copy(dst, a)?;
    sub_assign(dst, b)
}

/// `a -= b`.
///
/// # Errors
/// [`NumError::Negative`] if `a < b`.
pub fn sub_assign(a: &mut [u64], b: &[u64]) -> Result<usize, NumError> {
    let b = significant(b);
    let (low, high) = a.split_at_mut_checked(b.len()).ok_or(NumError::Negative)?;
    let mut borrow = false;
    for (x, &y) in low.iter_mut().zip(b) {
        (*x, borrow) = x.borrowing_sub(y, borrow);
    }
    for x in high {
        if !borrow {
            break;
        }
        (*x, borrow) = x.overflowing_sub(1);
    }
    if borrow { Err(NumError::Negative) } else { Ok(len(a)) }
}

/// `a = b - a`.
///
/// # Errors
/// If `a` is too short for `b`; [`NumError::Negative`] if `b < a`.
pub fn sub_from(a: &mut [u64], b: &[u64]) -> Result<usize, NumError> {
    let b = significant(b);
    if a.len() < b.len() {
        return Err(NumError::Short);
    }
    let mut borrow = false;
    for (x, y) in a.iter_mut().zip(b.iter().copied().chain(core::iter::repeat(0))) {
        (*x, borrow) = y.borrowing_sub(*x, borrow);
    }
    if borrow { Err(NumError::Negative) } else { Ok(len(a)) }
}

/// `dst = a × b`.
///
/// # Errors
/// If `dst` is too short.
pub fn mul(dst: &mut [u64], a: &[u64], b: &[u64]) -> Result<usize, NumError> {
    let (a, b) = (significant(a), significant(b));
    dst.fill(0);
    if b.is_empty() {
        // Otherwise rows of zeros would ask for room.
        return Ok(0);
    }
    for (shift, &x) in a.iter().enumerate() {
        let row = dst.get_mut(shift..).ok_or(NumError::Short)?;
        let (low, high) = row.split_at_mut_checked(b.len()).ok_or(NumError::Short)?;
        let mut carry = 0;
        for (slot, &y) in low.iter_mut().zip(b) {
            (*slot, carry) = x.carrying_mul_add(y, *slot, carry);
        }
        match high.first_mut() {
            // Rows above have not been added yet: this word is still 0.
            Some(slot) => *slot = carry,
            None if carry == 0 => {}
            None => return Err(NumError::Short),
        }
    }
    Ok(len(dst))
}

/// `a = a × factor + plus`.
///
/// # Errors
/// If `a` is too short.
pub fn mul_small(a: &mut [u64], factor: u64, plus: u64) -> Result<usize, NumError> {
    let mut carry = plus;
    for x in a.iter_mut() {
        (*x, carry) = x.carrying_mul(factor, carry);
    }
    if carry == 0 { Ok(len(a)) } else { Err(NumError::Short) }
}

/// `a = a / divisor`, rounded down; the remainder is returned.
pub fn divrem_small(a: &mut [u64], divisor: NonZeroU64) -> u64 {
    let divisor = NonZeroU128::from(divisor);
    let mut rest = 0u64;
    for x in a.iter_mut().rev() {
        let part = u128::from(rest) << 64 | u128::from(*x);
        // Both fit in a word: the rest is below the divisor.
        *x = (part / divisor) as u64;
        rest = (part % divisor) as u64;
    }
    rest
}

/// `quotient = a / b`, rounded down; both others are shifted by the same number of bits, and `a` becomes the
/// remainder, shifted. The highest word of `a` has to be 0 and free.
///
/// # Errors
/// [`NumError::ZeroDenominator`] if `b` is 0; [`NumError::Short`] if `a` has no free word or `quotient` is too short.
pub fn div_rem(quotient: &mut [u64], a: &mut [u64], b: &mut [u64]) -> Result<usize, NumError> {
    quotient.fill(0);
    let words = len(b);
    let divisor = b.get_mut(..words).unwrap_or(&mut []);
    let Some(&top) = divisor.last() else { return Err(NumError::ZeroDenominator) };
    if a.last().is_some_and(|&free| free != 0) || a.is_empty() {
        return Err(NumError::Short);
    }
    let bits = top.leading_zeros() as usize;
    shl_in_word(divisor, bits)?;
    shl_in_word(a, bits)?;
    let divisor = &*divisor;
    let top = divisor.last().and_then(|&top| NonZeroU128::new(u128::from(top)));
    let Some(top) = top else { return Err(NumError::ZeroDenominator) };
    let second = words.checked_sub(2).and_then(|at| divisor.get(at)).copied().unwrap_or(0);
    for place in (0..a.len().saturating_sub(words)).rev() {
        let Some(part) = a.get_mut(place..=place + words) else { continue };
        let word = |back: usize| {
            part.len().checked_sub(back).and_then(|at| part.get(at)).map_or(0, |&word| u128::from(word))
        };
        // The two highest words give a digit that is at most two too large; the third leaves at most one.
        let (high, next) = (word(1) << 64 | word(2), if words > 1 { word(3) } else { 0 });
        let (mut digit, mut rest) = (high / top, high % top);
        while digit >> 64 != 0 || digit * u128::from(second) > (rest << 64 | next) {
            digit -= 1;
            rest += top.get();
            if rest >> 64 != 0 {
                break;
            }
        }
        if subtract_product(part, divisor, digit as u64) {
            digit -= 1;
            add_back(part, divisor);
        }
        if digit != 0 {
            *quotient.get_mut(place).ok_or(NumError::Short)? = digit as u64;
        }
    }
    Ok(len(quotient))
}

/// `part -= divisor × digit`, modulo its length; true if it was larger than `part`.
fn subtract_product(part: &mut [u64], divisor: &[u64], digit: u64) -> bool {
    let (mut carry, mut borrow) = (0u64, false);
    for (x, y) in part.iter_mut().zip(divisor.iter().copied().chain(core::iter::repeat(0))) {
        let (low, high) = digit.carrying_mul(y, carry);
        carry = high;
        let (left, first) = x.overflowing_sub(low);
        let (left, second) = left.overflowing_sub(u64::from(borrow));
        *x = left;
        borrow = first || second;
    }
    borrow
}

/// `part += divisor`, modulo its length.
fn add_back(part: &mut [u64], divisor: &[u64]) {
    let mut carry = false;
    for (x, y) in part.iter_mut().zip(divisor.iter().copied().chain(core::iter::repeat(0))) {
        let (sum, first) = x.overflowing_add(y);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        *x = sum;
        carry = first || second;
    }
}

/// `a = a / divisor` where `divisor` is odd and divides `a`; otherwise the result means nothing.
///
/// Works from the lowest word up: the inverse of the divisor modulo 2^64 gives each word of the quotient at once.
pub fn div_exact_odd(a: &mut [u64], divisor: &[u64]) {
    let Some((&lowest, above)) = significant(divisor).split_first() else {
        return;
    };
    let inverse = inverse_mod_word(lowest);
    let mut rest = a;
    while let Some((first, higher)) = rest.split_first_mut() {
        let word = first.wrapping_mul(inverse);
        *first = word;
        // word × lowest equals what stood here, modulo 2^64; only its high half is still to be taken away.
        let (_, mut carry) = word.carrying_mul(lowest, 0);
        for (x, y) in higher.iter_mut().zip(above.iter().copied().chain(core::iter::repeat(0))) {
            let (low, high) = word.carrying_mul(y, carry);
            let (left, borrow) = x.overflowing_sub(low);
            *x = left;
            // high is 2^64 - 1 only where low is 0 and nothing is borrowed: the sum fits.
            carry = high.wrapping_add(u64::from(borrow));
        }
        rest = higher;
    }
}

/// The inverse of an odd word modulo 2^64: Newton's iteration doubles the correct bits, five of which are there at
/// the start.
fn inverse_mod_word(odd: u64) -> u64 {
    let mut inverse = odd.wrapping_mul(3) ^ 2;
    for _ in 0..4 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}

/// `dst = a × 2^bits`.
///
/// # Errors
/// If `dst` is too short.
pub fn shl(dst: &mut [u64], a: &[u64], bits: usize) -> Result<usize, NumError> {
    let a = significant(a);
    dst.fill(0);
    if a.is_empty() {
        return Ok(0);
    }
    let shifted = dst.get_mut(bits / WORD..).ok_or(NumError::Short)?;
    copy(shifted, a)?;
    shl_in_word(shifted, bits % WORD)?;
    Ok(len(dst))
}

/// `a = a × 2`.
///
/// # Errors
/// If `a` is too short.
pub fn double(a: &mut [u64]) -> Result<(), NumError> {
    shl_in_word(a, 1)
}

/// Shifts up by less than a word.
fn shl_in_word(a: &mut [u64], bits: usize) -> Result<(), NumError> {
    if bits == 0 {
        return Ok(());
    }
    let mut carry = 0;
    for x in a.iter_mut() {
        let out = *x >> (WORD - bits);
        *x = *x << bits | carry;
        carry = out;
    }
    if carry == 0 { Ok(()) } else { Err(NumError::Short) }
}

/// `dst = a / 2^bits`, rounded down.
///
/// # Errors
/// If `dst` is too short.
pub fn shr(dst: &mut [u64], a: &[u64], bits: usize) -> Result<usize, NumError> {
    let kept = significant(a.get(bits / WORD..).unwrap_or(&[]));
    let offset = bits % WORD;
    dst.fill(0);
    let mut slots = dst.iter_mut();
    let mut words = kept.iter().peekable();
    while let Some(&word) = words.next() {
        let above = words.peek().map_or(0, |&&next| next);
        let value = if offset == 0 { word } else { word >> offset | above << (WORD - offset) };
        match slots.next() {
            Some(slot) => *slot = value,
            None if value == 0 => {}
            None => return Err(NumError::Short),
        }
    }
    Ok(len(dst))
}

/// `a = a / 2^bits`, rounded down. Returns the significant words.
pub fn shr_assign(a: &mut [u64], bits: usize) -> usize {
    let words = bits / WORD;
    if words >= a.len() {
        a.fill(0);
        return 0;
    }
    if words > 0 {
        a.rotate_left(words);
        a.iter_mut().rev().take(words).for_each(|top| *top = 0);
    }
    let offset = bits % WORD;
    if offset > 0 {
        let mut carry = 0;
        for x in a.iter_mut().rev() {
            let out = *x << (WORD - offset);
            *x = *x >> offset | carry;
            carry = out;
        }
    }
    len(a)
}

/// Replaces two odd numbers by their greatest common divisor: both hold it at the end.
///
/// Binary algorithm: the difference of two odd numbers is even, and its twos do not matter.
///
/// # Errors
/// [`NumError::ZeroDenominator`] if one of them is 0.
pub fn gcd_odd(a: &mut [u64], b: &mut [u64]) -> Result<(), NumError> {
    if is_zero(a) || is_zero(b) {
        return Err(NumError::ZeroDenominator);
    }
    let (mut x, mut y) = (a, b);
    loop {
        match cmp(x, y) {
            Ordering::Equal => return Ok(()),
            Ordering::Less => core::mem::swap(&mut x, &mut y),
            Ordering::Greater => {}
        }
        sub_assign(x, y)?;
        shr_assign(x, trailing_zeros(x));
        // Numbers only become smaller: leave their zero words out of what follows.
        let (x_len, y_len) = (len(x), len(y));
        x = x.get_mut(..x_len).ok_or(NumError::Short)?;
        y = y.get_mut(..y_len).ok_or(NumError::Short)?;
    }
}
