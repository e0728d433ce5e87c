//! Exact numbers on the host: how they are rounded, written and read off constants.

use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{One, Zero};

pub(crate) use crate::chain::to_f64;

/// Longer decimal expansions are written as fractions.
const MOST_DIGITS: usize = 400;

/// The digits of a fraction where they end, otherwise `numerator/denominator`.
pub(crate) fn to_text(number: &BigRational) -> String {
    let ten = BigInt::from(10);
    let mut scaled = number.clone();
    let mut digits = 0;
    while !scaled.is_integer() {
        // Only 2 and 5 vanish by multiplying with 10.
        let left = scaled.denom();
        if digits >= MOST_DIGITS || (left % 2u8 != BigInt::zero() && left % 5u8 != BigInt::zero()) {
            return format!("{}/{}", number.numer(), number.denom());
        }
        scaled *= &ten;
        digits += 1;
    }
    let whole = scaled.to_integer();
    let body = format!("{:0>width$}", whole.magnitude(), width = digits + 1);
    let (before, after) = body.split_at(body.len() - digits);
    let sign = if whole.sign() == Sign::Minus { "-" } else { "" };
    if digits == 0 { format!("{sign}{before}") } else { format!("{sign}{before}.{after}") }
}

/// `mantissa / 10^scale`.
pub(crate) fn decimal(mantissa: i128, scale: u8) -> BigRational {
    BigRational::new(BigInt::from(mantissa), num_traits::pow(BigInt::from(10), usize::from(scale)))
}

/// A quotient of two day counts.
pub(crate) fn quotient(numerator: i64, denominator: i64) -> Option<BigRational> {
    (denominator != 0).then(|| BigRational::new(BigInt::from(numerator), BigInt::from(denominator)))
}

/// 1.
pub(crate) fn one() -> BigRational {
    BigRational::one()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_written_with_the_digits_they_have() {
        for (a, b, text) in [
            (0, 1, "0"),
            (-1, 3, "-1/3"),
            (1, 8, "0.125"),
            (-5, 2, "-2.5"),
            (1200, 1, "1200"),
            (1, 50, "0.02"),
        ] {
            assert_eq!(to_text(&BigRational::new(BigInt::from(a), BigInt::from(b))), text);
        }
        assert_eq!(to_f64(&decimal(1, 1)), Some(0.1));
        assert_eq!(to_f64(&BigRational::new(1.into(), (-3).into())), Some(-1.0 / 3.0));
    }
}
