//! Decimals: an integer mantissa and a count of digits after the point, for money and everything people write with a
//! point.
//!
//! Here they come in (from binary64, from text, from another scale) and go out as text. Everything is exact: what is
//! not a decimal of the declared scale is refused, never rounded.

use core::num::NonZeroU64;

use super::{NumError, float_sum, limbs};

/// Most digits after the point that any operation accepts.
pub const MAX_SCALE: u8 = 38;

/// Most digits after the point of a declared decimal.
pub const MAX_DECLARED_SCALE: u8 = 18;

/// The first mantissa that a declared decimal cannot have, 10^38: what 38 digits cannot write.
pub const MANTISSA_LIMIT: i128 = 10i128.pow(38);

/// 10^0 to 10^38.
pub const POWERS_OF_TEN: [i128; MAX_SCALE as usize + 1] = {
    let mut powers = [1; MAX_SCALE as usize + 1];
    let mut rest: &mut [i128] = &mut powers;
    let mut power = 1;
    while let [first, tail @ ..] = rest {
        *first = power;
        power = power.saturating_mul(10);
        rest = tail;
    }
    powers
};

/// The highest power of ten in a word, 10^19.
const CHUNK: NonZeroU64 = NonZeroU64::new(10u64.pow(CHUNK_DIGITS)).unwrap();

/// Digits of a number below [`CHUNK`].
const CHUNK_DIGITS: u32 = 19;

/// 10^scale; `None` beyond [`MAX_SCALE`].
#[inline]
#[must_use]
pub fn power_of_ten(scale: u8) -> Option<u128> {
    POWERS_OF_TEN.get(usize::from(scale)).map(|power| power.unsigned_abs())
}

/// The mantissa of a binary64 declared decimal, given by its bits.
///
/// A value x is accepted if, with n the integer nearest to x × 10^scale, x is the binary64 nearest to n / 10^scale:
/// that is, if x is what reading the decimal text of n gives. Where x lies in the middle between two integers over
/// 10^scale (possible only where binary64 is coarser than the decimals), n is the even one. Both zeros are 0.
///
/// `None` for everything else: a value with more digits, |n| not below [`MANTISSA_LIMIT`], not a finite number, a
/// scale beyond [`MAX_DECLARED_SCALE`].
///
/// ```
/// use ripplemark_core::num::decimal::snap_f64;
///
/// assert_eq!(snap_f64(0.1f64.to_bits(), 2), Some(10));
/// assert_eq!(snap_f64((0.1f64 + 0.2).to_bits(), 2), None);
/// ```
#[must_use]
pub fn snap_f64(bits: u64, scale: u8) -> Option<i128> {
    if scale > MAX_DECLARED_SCALE {
        return None;
    }
    let parts = float_sum::parts(bits)?;
    let power = power_of_ten(scale)?;
    // |x| × 10^scale = scaled × 2^exponent, and scaled is below 2^53 × 10^18 < 2^113.
    let scaled = u128::from(parts.mantissa) * power;
    if scaled == 0 {
        return Some(0);
    }
    let exponent = i64::from(parts.shift) + i64::from(float_sum::FLOAT_UNIT_EXPONENT);
    let mantissa = if exponent >= 0 {
        let up = u32::try_from(exponent).ok()?;
        if up > scaled.leading_zeros() {
            return None;
        }
        scaled << up
    } else {
        let down = u32::try_from(-exponent).ok()?;
        if down > 113 {
            // Below half a unit: n is 0, and x is not.
            return None;
        }
        let unit = 1u128 << down;
        let (floor, rest) = (scaled >> down, scaled & (unit - 1));
        let round_up = rest > unit - rest || (rest == unit - rest && floor & 1 == 1);
        let (nearest, error) = if round_up { (floor + 1, unit - rest) } else { (floor, rest) };
        // |n / 10^scale − x| is error × ulp / 10^scale, where ulp is the distance to the next binary64 away from
        // zero; it must be below ulp / 2. Equality cannot occur: 2^down would divide an odd multiple of 10^scale / 2,
        // so down < scale, while error is at most 2^down / 2. Below a power of two the next binary64 is only half as
        // far, but there error is 0 or, as 5^18 < 2^53, too large anyway.
        if nearest == 0 || error * 2 > power {
            return None;
        }
        nearest
    };
    let mantissa = i128::try_from(mantissa).ok().filter(|&n| n < MANTISSA_LIMIT)?;
    Some(if parts.negative { -mantissa } else { mantissa })
}

/// The mantissa of the same number at another scale; `None` if digits would be lost or the mantissa does not fit.
#[must_use]
pub fn rescale(mantissa: i128, from: u8, to: u8) -> Option<i128> {
    if mantissa == 0 {
        return Some(0);
    }
    let factor = *POWERS_OF_TEN.get(usize::from(from.abs_diff(to)))?;
    if to >= from {
        mantissa.checked_mul(factor)
    } else {
        (mantissa.checked_rem(factor)? == 0).then(|| mantissa.checked_div(factor)).flatten()
    }
}

/// Writes `mantissa / 10^scale` as text with exactly `scale` digits after the point (and no point for scale 0);
/// returns the bytes written.
///
/// # Errors
/// [`NumError::Short`] if `out` is too short; 42 bytes suffice up to scale 38.
pub fn write_decimal(mantissa: i128, scale: u8, out: &mut [u8]) -> Result<usize, NumError> {
    write_digits(&mut limbs::from_u128(mantissa.unsigned_abs()), mantissa < 0, scale, out)
}

/// Writes a natural number divided by 10^scale, with a minus if `negative` (0 too is then written with one, so do
/// not ask for it). The number is used up.
pub(super) fn write_digits(
    value: &mut [u64],
    negative: bool,
    scale: u8,
    out: &mut [u8],
) -> Result<usize, NumError> {
    // Digits come lowest first; the text is turned round at the end.
    let scale = usize::from(scale);
    let mut text = Backwards { out: &mut *out, len: 0 };
    let mut rest = value;
    let mut digits = 0;
    loop {
        let mut chunk = limbs::divrem_small(rest, CHUNK);
        let left = limbs::len(rest);
        rest = rest.get_mut(..left).ok_or(NumError::Short)?;
        for _ in 0..CHUNK_DIGITS {
            // At least one digit before the point; after that, stop where only zeros would follow.
            if left == 0 && chunk == 0 && digits > scale {
                break;
            }
            if digits == scale && scale > 0 {
                text.push(b'.')?;
            }
            text.push(b'0' + (chunk % 10) as u8)?;
            chunk /= 10;
            digits += 1;
        }
        if left == 0 && digits > scale {
            break;
        }
    }
    if negative {
        text.push(b'-')?;
    }
    let len = text.len;
    // Not `reverse`: it carries a panic that the compiler cannot rule out.
    let mut rest = out.get_mut(..len).ok_or(NumError::Short)?;
    while let [first, middle @ .., last] = rest {
        core::mem::swap(first, last);
        rest = middle;
    }
    Ok(len)
}

/// Text that is written last character first.
struct Backwards<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl Backwards<'_> {
    fn push(&mut self, character: u8) -> Result<(), NumError> {
        *self.out.get_mut(self.len).ok_or(NumError::Short)? = character;
        self.len += 1;
        Ok(())
    }
}

/// Reads plain decimal text as a mantissa of this scale: an optional sign, at least one digit, and optionally a point
/// with at least one digit after it. Zeros beyond the scale are accepted.
///
/// `None` for everything else (spaces, separators of thousands, exponents, other digits beyond the scale) and for
/// numbers whose mantissa does not fit `i128`.
#[must_use]
pub fn parse_decimal(text: &[u8], scale: u8) -> Option<i128> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut parts = digits.splitn(2, |&character| character == b'.');
    let (whole, fraction) = (parts.next()?, parts.next());
    if whole.is_empty() || fraction.is_some_and(<[u8]>::is_empty) {
        return None;
    }
    let fraction = fraction.unwrap_or(&[]);
    // Negative all the way: that side of i128 is longer by one.
    let mut mantissa = 0i128;
    for &character in whole {
        mantissa = append(mantissa, digit(character)?)?;
    }
    let scale = usize::from(scale);
    for &character in fraction.iter().take(scale) {
        mantissa = append(mantissa, digit(character)?)?;
    }
    for _ in fraction.len()..scale {
        mantissa = append(mantissa, 0)?;
    }
    if fraction.iter().skip(scale).any(|&character| character != b'0') {
        return None;
    }
    if negative { Some(mantissa) } else { mantissa.checked_neg() }
}

/// The value of a digit.
fn digit(character: u8) -> Option<i128> {
    character.is_ascii_digit().then(|| i128::from(character - b'0'))
}

/// One more digit at the end of a number that is not positive.
fn append(mantissa: i128, digit: i128) -> Option<i128> {
    mantissa.checked_mul(10)?.checked_sub(digit)
}
