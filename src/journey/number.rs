//! Fractions as the numbers that are shown.

use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::ToPrimitive;
use ripplemark_core::num::round::quotient_to_f64;

/// The double nearest to a fraction, ties to even; `None` beyond binary64.
pub(super) fn to_f64(number: &BigRational) -> Option<f64> {
    let words = |part: &BigInt| part.magnitude().to_u64_digits();
    let (num, den) = (words(number.numer()), words(number.denom()));
    let mut scratch = vec![0; 2 * (num.len().max(den.len()) + 1)];
    quotient_to_f64(number.numer().sign() == Sign::Minus, &num, &den, &mut scratch).ok()?.value()
}

/// A count; `None` for what is none.
pub(super) fn count(number: &BigRational) -> Option<u64> {
    if number.is_integer() { number.numer().to_u64() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_doubles_and_counts() {
        let fraction = |a: i64, b: i64| BigRational::new(a.into(), b.into());
        assert_eq!(to_f64(&fraction(1, 3)).map(f64::to_bits), Some((1.0_f64 / 3.0).to_bits()));
        assert_eq!(to_f64(&fraction(-7, 2)).map(f64::to_bits), Some((-3.5_f64).to_bits()));
        let huge = BigRational::from_integer(BigInt::from(10).pow(400));
        assert_eq!(to_f64(&huge), None);
        assert_eq!(
            (count(&fraction(6, 2)), count(&fraction(1, 2)), count(&fraction(-1, 1))),
            (Some(3), None, None)
        );
    }
}
