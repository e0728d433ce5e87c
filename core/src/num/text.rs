//! The exact text of a rational, shown beside its rounded value: what was computed, before any rounding.

use super::{NumError, Rational, decimal, limbs};

/// Writes the number in lowest terms, `p` or `p/q`, in decimal digits; returns the bytes written.
///
/// With a scale, and where the reduced denominator divides 10^scale, it writes a plain decimal with exactly `scale`
/// digits after the point instead.
///
/// `scratch` takes [`Width::scratch_text`](super::Width::scratch_text) words, `out` at most
/// [`Width::text_bytes`](super::Width::text_bytes) bytes.
///
/// # Errors
/// [`NumError::Short`] if `scratch` or `out` is too short, [`NumError::Scale`] for a scale beyond
/// [`MAX_SCALE`](super::decimal::MAX_SCALE).
pub fn write_exact(
    value: Rational<'_>,
    scale: Option<u8>,
    scratch: &mut [u64],
    out: &mut [u8],
) -> Result<usize, NumError> {
    let target = scale.map(|digits| decimal::power_of_ten(digits).ok_or(NumError::Scale)).transpose()?;
    let (num_len, den_len) = (value.numerator().len(), value.denominator().len());
    let (num, rest) = scratch.split_at_mut_checked(num_len).ok_or(NumError::Short)?;
    let (den, work) = rest.split_at_mut_checked(den_len).ok_or(NumError::Short)?;
    limbs::copy(num, value.numerator())?;
    limbs::copy(den, value.denominator())?;
    reduce(num, den, work)?;

    if let (Some(digits), Some(target)) = (scale, target)
        && let Some(divisor) = limbs::to_u128(den)
        && let Some(0) = target.checked_rem(divisor)
    {
        let scaled = work.get_mut(..num_len.saturating_add(2)).ok_or(NumError::Short)?;
        limbs::mul(scaled, num, &limbs::from_u128(target / divisor))?;
        return decimal::write_digits(scaled, value.is_negative(), digits, out);
    }
    let written = decimal::write_digits(num, value.is_negative(), 0, out)?;
    if limbs::is_one(den) {
        return Ok(written);
    }
    let (slash, tail) = out.get_mut(written..).and_then(<[u8]>::split_first_mut).ok_or(NumError::Short)?;
    *slash = b'/';
    Ok(written + 1 + decimal::write_digits(den, false, 0, tail)?)
}

/// Reduces `num / den` to lowest terms; `work` is as long as both together.
fn reduce(num: &mut [u64], den: &mut [u64], work: &mut [u64]) -> Result<(), NumError> {
    if limbs::is_zero(num) {
        limbs::copy(den, &[1])?;
        return Ok(());
    }
    let twos = limbs::trailing_zeros(num).min(limbs::trailing_zeros(den));
    limbs::shr_assign(num, twos);
    limbs::shr_assign(den, twos);
    let (a, rest) = work.split_at_mut_checked(num.len()).ok_or(NumError::Short)?;
    let b = rest.get_mut(..den.len()).ok_or(NumError::Short)?;
    limbs::shr(a, num, limbs::trailing_zeros(num))?;
    limbs::shr(b, den, limbs::trailing_zeros(den))?;
    if limbs::is_one(b) {
        return Ok(());
    }
    limbs::gcd_odd(a, b)?;
    limbs::div_exact_odd(num, b);
    limbs::div_exact_odd(den, b);
    Ok(())
}
