//! Exact quotients of big integers, in which formulas over sums are evaluated before the one rounding at the end.
//!
//! # Layout of a block
//!
//! | words | content |
//! |---|---|
//! | 1 | bit 63: negative; bits 32 to 62: significant words of the denominator; bits 0 to 31: of the numerator |
//! | `num_words` | numerator, least significant word first |
//! | the rest | denominator, likewise |
//!
//! A denominator of 1 is not stored: its count is 0, and integers need no words for it. So a block of zeros is the
//! number 0. 0 is never negative and has denominator 1. Quotients are not reduced to lowest terms; where denominators
//! were multiplied, common powers of two are taken out, which keeps sums of binary64 values short.

use core::cmp::Ordering;

use super::digits::{self, Rounding};
use super::float_sum::{self, FLOAT_SUM_WORDS, FLOAT_UNIT_EXPONENT};
use super::int_sum::DEC_SUM_WORDS;
use super::{NumError, Rounded, decimal, limbs, round, twos};

/// The unit of a float sum is 1 divided by 2 to this power.
const FLOAT_DEN_BITS: usize = FLOAT_UNIT_EXPONENT.unsigned_abs() as usize;

/// An exact quotient, borrowed from a block or made of other numbers' words.
#[derive(Clone, Copy, Debug)]
pub struct Rational<'a> {
    negative: bool,
    num: &'a [u64],
    den: &'a [u64],
}

impl<'a> Rational<'a> {
    /// Reads a block whose numerator has room for `num_words`.
    ///
    /// # Errors
    /// [`NumError::Short`] if the block is shorter than the numerator, [`NumError::Corrupt`] if its header does not
    /// describe a number in it.
    pub fn read(block: &'a [u64], num_words: usize) -> Result<Self, NumError> {
        let (&header, words) = block.split_first().ok_or(NumError::Short)?;
        let (num, den) = words.split_at_checked(num_words).ok_or(NumError::Short)?;
        Self::from_parts(header, num, den)
    }

    /// Interprets a header.
    fn from_parts(header: u64, num: &'a [u64], den: &'a [u64]) -> Result<Self, NumError> {
        let num_len = usize::try_from(header & 0xffff_ffff).map_err(|_| NumError::Corrupt)?;
        let den_len = usize::try_from(header >> 32 & 0x7fff_ffff).map_err(|_| NumError::Corrupt)?;
        let num = limbs::significant(num.get(..num_len).ok_or(NumError::Corrupt)?);
        let den = match den_len {
            0 => &[1],
            _ => limbs::significant(den.get(..den_len).ok_or(NumError::Corrupt)?),
        };
        if den.is_empty() {
            return Err(NumError::Corrupt);
        }
        Ok(Rational { negative: header >> 63 == 1 && !num.is_empty(), num, den })
    }

    /// True for 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.num.is_empty()
    }

    /// −1, 0 or 1.
    #[must_use]
    pub fn sign(&self) -> i32 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    /// True below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Absolute value of the numerator, without zero words at the top.
    #[must_use]
    pub fn numerator(&self) -> &'a [u64] {
        self.num
    }

    /// The denominator, without zero words at the top; never 0.
    #[must_use]
    pub fn denominator(&self) -> &'a [u64] {
        self.den
    }

    /// The number with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Rational { negative: !self.negative && !self.is_zero(), ..self }
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Rational { negative: false, ..self }
    }

    /// One divided by the number.
    ///
    /// # Errors
    /// [`NumError::ZeroDenominator`] for 0.
    pub fn reciprocal(self) -> Result<Self, NumError> {
        if self.is_zero() {
            return Err(NumError::ZeroDenominator);
        }
        Ok(Rational { num: self.den, den: self.num, ..self })
    }

    /// Compares the values of two numbers, however they are written.
    ///
    /// # Errors
    /// [`NumError::Short`] if there are too few scratch words (see [`Width::scratch_cmp`](super::Width::scratch_cmp)).
    pub fn cmp(self, other: Rational<'_>, scratch: &mut [u64]) -> Result<Ordering, NumError> {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign.is_ne() {
            return Ok(by_sign);
        }
        let by_size = if self.den == other.den {
            limbs::cmp(self.num, other.num)
        } else {
            let words = self.num.len().saturating_add(other.den.len());
            let words = if limbs::is_one(other.den) { self.num.len() } else { words };
            let (left, right) = scratch.split_at_mut_checked(words).ok_or(NumError::Short)?;
            limbs::mul(left, self.num, other.den)?;
            limbs::mul(right, other.num, self.den)?;
            limbs::cmp(left, right)
        };
        Ok(if self.negative { by_size.reverse() } else { by_size })
    }

    /// The nearest binary64, ties to even.
    ///
    /// # Errors
    /// [`NumError::Short`] if there are too few scratch words (see
    /// [`Width::scratch_round`](super::Width::scratch_round)).
    pub fn round(self, scratch: &mut [u64]) -> Result<Rounded, NumError> {
        round::quotient_to_f64(self.negative, self.num, self.den, scratch)
    }
}

/// A block that takes the result of an operation.
///
/// Operands are other blocks: what an operation reads is never what it writes. After an error the block holds 0.
#[derive(Debug)]
pub struct RationalMut<'a> {
    header: &'a mut u64,
    num: &'a mut [u64],
    den: &'a mut [u64],
}

impl<'a> RationalMut<'a> {
    /// A block whose numerator has room for `num_words`; the rest is for the denominator. Its content is kept.
    ///
    /// # Errors
    /// [`NumError::Short`] if the block is shorter than header and numerator.
    pub fn new(block: &'a mut [u64], num_words: usize) -> Result<Self, NumError> {
        let (header, words) = block.split_first_mut().ok_or(NumError::Short)?;
        let (num, den) = words.split_at_mut_checked(num_words).ok_or(NumError::Short)?;
        Ok(RationalMut { header, num, den })
    }

    /// The number in the block; 0 where the block holds no number.
    #[must_use]
    pub fn view(&self) -> Rational<'_> {
        Rational::from_parts(*self.header, self.num, self.den).unwrap_or(Rational {
            negative: false,
            num: &[],
            den: &[1],
        })
    }

    /// Sets 0.
    pub fn set_zero(&mut self) {
        *self.header = 0;
    }

    /// Sets an integer; width [`Width::INT`](super::Width::INT).
    ///
    /// # Errors
    /// [`NumError::Short`] if the block is too small; so for every operation here.
    pub fn set_int(&mut self, value: i128) -> Result<(), NumError> {
        self.set_decimal(value, 0)
    }

    /// Sets `mantissa / 10^scale`; width [`Width::decimal`](super::Width::decimal).
    ///
    /// # Errors
    /// If the block is too small; [`NumError::Scale`] if the scale is beyond
    /// [`MAX_SCALE`](super::decimal::MAX_SCALE).
    pub fn set_decimal(&mut self, mantissa: i128, scale: u8) -> Result<(), NumError> {
        self.set_zero();
        limbs::copy(self.num, &limbs::from_u128(mantissa.unsigned_abs()))?;
        self.set_scale(scale)?;
        self.seal(mantissa < 0)
    }

    /// Sets the binary64 with these bits, exactly; width [`Width::FLOAT`](super::Width::FLOAT).
    ///
    /// # Errors
    /// If the block is too small; [`NumError::NotFinite`] for infinities and NaN.
    pub fn set_f64(&mut self, bits: u64) -> Result<(), NumError> {
        self.set_zero();
        let parts = float_sum::parts(bits).ok_or(NumError::NotFinite)?;
        let twos = parts.mantissa.trailing_zeros() % u64::BITS;
        // Shift 2045 at most: the exponent fits.
        self.set_dyadic(&[parts.mantissa >> twos], (parts.shift + twos) as usize, parts.negative)
    }

    /// Sets a sum of integers (any two's complement); width [`Width::INT_SUM`](super::Width::INT_SUM).
    ///
    /// # Errors
    /// If the block is too small.
    pub fn set_int_sum(&mut self, sum: &[u64]) -> Result<(), NumError> {
        self.set_zero();
        let negative = twos::magnitude(sum, self.num)?;
        limbs::copy(self.den, &[])?;
        self.seal(negative)
    }

    /// Sets a sum of decimal mantissas of one scale; width [`Width::dec_sum`](super::Width::dec_sum).
    ///
    /// # Errors
    /// If the block is too small; [`NumError::Scale`] if the scale is beyond
    /// [`MAX_SCALE`](super::decimal::MAX_SCALE).
    pub fn set_dec_sum(&mut self, sum: &[u64; DEC_SUM_WORDS], scale: u8) -> Result<(), NumError> {
        self.set_zero();
        let negative = twos::magnitude(sum, self.num)?;
        self.set_scale(scale)?;
        self.seal(negative)
    }

    /// Sets a sum of binary64 values; width [`Width::FLOAT_SUM`](super::Width::FLOAT_SUM).
    ///
    /// # Errors
    /// If the block is too small.
    pub fn set_float_sum(&mut self, sum: &[u64; FLOAT_SUM_WORDS]) -> Result<(), NumError> {
        self.set_zero();
        let mut magnitude = [0; FLOAT_SUM_WORDS];
        let negative = twos::magnitude(sum, &mut magnitude)?;
        let twos = limbs::trailing_zeros(&magnitude);
        limbs::shr_assign(&mut magnitude, twos);
        self.set_dyadic(&magnitude, twos, negative)
    }

    /// Sets a copy.
    ///
    /// # Errors
    /// If the block is too small.
    pub fn copy(&mut self, a: Rational<'_>) -> Result<(), NumError> {
        self.set_zero();
        limbs::copy(self.num, a.num)?;
        self.set_denominator(a.den, &[1])?;
        self.seal(a.negative)
    }

    /// Changes the sign.
    pub fn neg(&mut self) {
        if !self.view().is_zero() {
            *self.header ^= 1 << 63;
        }
    }

    /// Drops the sign.
    pub fn abs(&mut self) {
        *self.header &= !(1 << 63);
    }

    /// Sets `a + b`; width [`Width::add`](super::Width::add), scratch
    /// [`Width::scratch_add`](super::Width::scratch_add).
    ///
    /// # Errors
    /// If the block or the scratch is too small.
    pub fn add(&mut self, a: Rational<'_>, b: Rational<'_>, scratch: &mut [u64]) -> Result<(), NumError> {
        self.set_zero();
        if a.den == b.den {
            // Decimals of one scale, integers: no denominator grows.
            limbs::copy(self.num, a.num)?;
            self.set_denominator(a.den, &[1])?;
            let negative = add_signed(self.num, a.negative, b.num, b.negative)?;
            return self.seal(negative);
        }
        limbs::mul(self.num, a.num, b.den)?;
        limbs::mul(scratch, b.num, a.den)?;
        self.set_denominator(a.den, b.den)?;
        let negative = add_signed(self.num, a.negative, scratch, b.negative)?;
        self.strip_twos();
        self.seal(negative)
    }

    /// Sets `a - b`; sizes as for [`add`](Self::add).
    ///
    /// # Errors
    /// If the block or the scratch is too small.
    pub fn sub(&mut self, a: Rational<'_>, b: Rational<'_>, scratch: &mut [u64]) -> Result<(), NumError> {
        self.add(a, b.negated(), scratch)
    }

    /// Sets `a × b`; width [`Width::mul`](super::Width::mul).
    ///
    /// # Errors
    /// If the block is too small.
    pub fn mul(&mut self, a: Rational<'_>, b: Rational<'_>) -> Result<(), NumError> {
        self.set_zero();
        limbs::mul(self.num, a.num, b.num)?;
        self.set_denominator(a.den, b.den)?;
        self.strip_twos();
        self.seal(a.negative != b.negative)
    }

    /// Sets `a / b`; width [`Width::div`](super::Width::div).
    ///
    /// # Errors
    /// If the block is too small; [`NumError::ZeroDenominator`] if `b` is 0, whatever `a` is.
    pub fn div(&mut self, a: Rational<'_>, b: Rational<'_>) -> Result<(), NumError> {
        self.set_zero();
        self.mul(a, b.reciprocal()?)
    }

    /// Sets `a` rounded to `digits` after the point; width [`Width::round_to`](super::Width::round_to), scratch
    /// [`Width::scratch_round_to`](super::Width::scratch_round_to).
    ///
    /// # Errors
    /// If the block or the scratch is too small; [`NumError::Scale`] for more than
    /// [`MAX_DIGITS`](super::digits::MAX_DIGITS).
    pub fn round_to(
        &mut self,
        a: Rational<'_>,
        digits: u8,
        rounding: Rounding,
        scratch: &mut [u64],
    ) -> Result<(), NumError> {
        self.set_zero();
        digits::round_quotient(self.num, a.negative, a.num, a.den, digits, rounding, scratch)?;
        self.set_scale(digits)?;
        self.seal(a.negative)
    }

    /// Sets the numerator `magnitude × 2^shift` and the denominator 2^1074, with common twos left out. `magnitude`
    /// is odd or 0.
    fn set_dyadic(&mut self, magnitude: &[u64], shift: usize, negative: bool) -> Result<(), NumError> {
        limbs::copy(self.den, &[])?;
        match FLOAT_DEN_BITS.checked_sub(shift) {
            Some(below) if below > 0 && !limbs::is_zero(magnitude) => {
                limbs::copy(self.num, magnitude)?;
                limbs::shl(self.den, &[1], below)?;
            }
            _ => {
                limbs::shl(self.num, magnitude, shift.saturating_sub(FLOAT_DEN_BITS))?;
            }
        }
        self.seal(negative)
    }

    /// Sets the denominator 10^scale.
    fn set_scale(&mut self, scale: u8) -> Result<(), NumError> {
        let power = decimal::power_of_ten(scale).ok_or(NumError::Scale)?;
        self.set_denominator(&limbs::from_u128(power), &[1])
    }

    /// Sets the denominator `a × b`; all words 0 stand for 1.
    fn set_denominator(&mut self, a: &[u64], b: &[u64]) -> Result<(), NumError> {
        match (limbs::is_one(a), limbs::is_one(b)) {
            (true, true) => limbs::copy(self.den, &[])?,
            (true, false) => limbs::copy(self.den, b)?,
            (false, true) => limbs::copy(self.den, a)?,
            (false, false) => limbs::mul(self.den, a, b)?,
        };
        Ok(())
    }

    /// Takes out common powers of two.
    fn strip_twos(&mut self) {
        let twos = limbs::trailing_zeros(self.num).min(limbs::trailing_zeros(self.den));
        if twos > 0 {
            limbs::shr_assign(self.num, twos);
            limbs::shr_assign(self.den, twos);
        }
    }

    /// Writes the header for what stands in the words.
    fn seal(&mut self, negative: bool) -> Result<(), NumError> {
        let num_len = limbs::len(self.num);
        let den_len = if num_len == 0 || limbs::is_one(self.den) { 0 } else { limbs::len(self.den) };
        let num_bits = u64::from(u32::try_from(num_len).map_err(|_| NumError::Short)?);
        let den_bits = u64::from(u32::try_from(den_len).map_err(|_| NumError::Short)?);
        if den_bits >> 31 != 0 {
            return Err(NumError::Short);
        }
        *self.header = u64::from(negative && num_len > 0) << 63 | den_bits << 32 | num_bits;
        Ok(())
    }
}

/// Adds two numbers given as signs and absolute values into the first; returns the sign of the result.
fn add_signed(a: &mut [u64], a_negative: bool, b: &[u64], b_negative: bool) -> Result<bool, NumError> {
    if a_negative == b_negative {
        limbs::add_assign(a, b)?;
        Ok(a_negative)
    } else if limbs::cmp(a, b).is_ge() {
        limbs::sub_assign(a, b)?;
        Ok(a_negative)
    } else {
        limbs::sub_from(a, b)?;
        Ok(b_negative)
    }
}
