//! Rounding to digits against `num-bigint`: the exact fraction, its neighbours, and which of them is right.

#![allow(clippy::float_cmp)] // Equal values, whatever the sign of zero, are what is meant.

mod num_support;

use num_bigint::{BigInt, BigUint, Sign};
use num_support::{big, finite_bits, float_signed, wide, words, words_of};
use proptest::prelude::*;
use ripplemark_core::num::digits::{MAX_DIGITS, Rounding, drop_digits, round_f64};
use ripplemark_core::num::{NumError, limbs};

fn ten(digits: u8) -> BigInt {
    BigInt::from(10).pow(u32::from(digits))
}

/// `num / den` rounded to an integer; the neighbour below by floor division, the rest by comparing distances.
fn reference(num: &BigInt, den: &BigInt, rounding: Rounding) -> BigInt {
    let mut floor = num / den;
    if &(&floor * den) > num {
        floor -= 1;
    }
    let rest = num - &floor * den;
    let up = match rounding {
        Rounding::Floor => false,
        Rounding::Ceil => rest.sign() != Sign::NoSign,
        Rounding::HalfAway => match (&rest + &rest).cmp(den) {
            std::cmp::Ordering::Equal => num.sign() == Sign::Plus,
            other => other.is_gt(),
        },
    };
    floor + i32::from(up)
}

fn rounding() -> impl Strategy<Value = Rounding> {
    prop::sample::select(vec![Rounding::Floor, Rounding::Ceil, Rounding::HalfAway])
}

fn check_f64(bits: u64, digits: u8) {
    let den = BigInt::from(1) << 1074u32;
    let whole = reference(&(float_signed(bits) * ten(digits)), &den, Rounding::HalfAway);
    // Rust reads decimal digits with one correct rounding.
    let expected: f64 = format!("{whole}e-{digits}").parse().unwrap();
    let found = f64::from_bits(round_f64(bits, digits).unwrap());
    assert_eq!(found, expected, "{} to {digits}", f64::from_bits(bits));
    assert_eq!(found.is_sign_negative(), bits >> 63 == 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn decimals(value in wide(), digits in 0u8..=38, rounding in rounding()) {
        let expected = reference(&BigInt::from(value), &ten(digits), rounding);
        prop_assert_eq!(drop_digits(value, digits, rounding).map(BigInt::from), Some(expected));
    }

    #[test]
    fn doubles(bits in finite_bits(), digits in 0u8..=MAX_DIGITS) {
        check_f64(bits, digits);
    }

    /// As people write them, and the ties among them.
    #[test]
    fn short_doubles(value in -10_000_000i64..10_000_000, cut in 0u8..6, digits in 0u8..8) {
        check_f64((value as f64 / 10f64.powi(i32::from(cut))).to_bits(), digits);
        check_f64((value as f64 / 64.0).to_bits(), digits);
    }

    #[test]
    fn quotient_and_remainder(a in words(8), b in words(5)) {
        let (x, y) = (big(&a), big(&b));
        let mut rest = [a.as_slice(), &[0]].concat();
        let mut divisor = b.clone();
        let mut quotient = vec![u64::MAX; a.len() + 1];
        let found = limbs::div_rem(&mut quotient, &mut rest, &mut divisor);
        if y == BigUint::ZERO {
            prop_assert_eq!(found, Err(NumError::ZeroDenominator));
            return Ok(());
        }
        prop_assert_eq!(found, Ok(words_of(&(&x / &y)).len()));
        prop_assert_eq!(big(&quotient), &x / &y);
        // Both are shifted alike.
        prop_assert_eq!(big(&rest) * &y, (&x % &y) * big(&divisor));
    }
}

#[test]
fn edges() {
    for (value, digits, expected) in [
        (2.675, 2, 2.67),
        (2.5, 0, 3.0),
        (-2.5, 0, -3.0),
        (0.125, 2, 0.13),
        (-0.125, 2, -0.13),
        (0.5 - f64::EPSILON / 4.0, 0, 0.0),
        (1e300, 18, 1e300),
        (5e-324, 18, 0.0),
        (4_503_599_627_370_495.5, 0, 4_503_599_627_370_496.0),
        (0.1, 18, 0.1),
    ] {
        assert_eq!(round_f64(f64::to_bits(value), digits).map(f64::from_bits), Some(expected), "{value}");
        check_f64(value.to_bits(), digits);
    }
    assert_eq!(round_f64(1.5f64.to_bits(), MAX_DIGITS + 1), None);
    assert_eq!(round_f64(f64::NAN.to_bits(), 2), None);
    for (value, rounding, expected) in [
        (i128::MAX, Rounding::Floor, i128::MAX),
        (i128::MIN + 1, Rounding::Ceil, i128::MIN + 1),
        (0, Rounding::Ceil, 0),
    ] {
        assert_eq!(drop_digits(value, 0, rounding), Some(expected));
    }
    assert_eq!(drop_digits(1, 39, Rounding::Floor), None);
    // The digit guessed from the highest words is too large, twice in one place.
    let mut a = [0, u64::MAX - 1, u64::MAX >> 1, 0];
    let mut b = [u64::MAX, u64::MAX >> 1];
    let (x, y) = (big(&a), big(&b));
    let mut quotient = [7; 4];
    limbs::div_rem(&mut quotient, &mut a, &mut b).unwrap();
    assert_eq!(big(&quotient), x / y);
    assert_eq!(limbs::div_rem(&mut [0; 2], &mut [1, 1], &mut [1]), Err(NumError::Short));
}
