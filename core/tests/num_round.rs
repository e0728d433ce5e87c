//! Rounding to binary64, against the definition of "nearest" in exact integers.

mod num_support;

use num_bigint::{BigInt, BigUint, Sign};
use num_support::{assert_nearest, big, float_units, wide, words, words_of};
use proptest::prelude::*;
use ripplemark_core::num::round::{div_i128_to_f64, dyadic_to_f64, quotient_to_f64};
use ripplemark_core::num::{NumError, Rounded};

fn check_quotient(negative: bool, num: &BigUint, den: &BigUint) {
    let (n, d) = (words_of(num), words_of(den));
    let mut scratch = vec![0; 2 * n.len().max(d.len()) + 2];
    let rounded = quotient_to_f64(negative, &n, &d, &mut scratch).unwrap();
    assert_nearest(&signed(negative, num), den, rounded);
}

fn signed(negative: bool, size: &BigUint) -> BigInt {
    BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, size.clone())
}

/// The bits of a positive finite binary64 below the largest, often near powers of two, subnormals and the top.
fn positive_bits() -> impl Strategy<Value = u64> {
    let top = f64::MAX.to_bits();
    prop_oneof![
        3 => 0u64..top,
        2 => (0u64..0x7ff, -2i64..3).prop_map(|(exponent, step)| (exponent << 52).saturating_add_signed(step)),
        2 => 0u64..1 << 52,
        1 => 0u64..4,
        1 => top - 4..=top,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_quotients(negative: bool, n in words(8), d in words(8), up in 0usize..1100, down in 0usize..1200) {
        let (num, den) = (big(&n) << up, big(&d).max(BigUint::from(1u8)) << down);
        check_quotient(negative, &num, &den);
    }

    #[test]
    fn small_quotients(negative: bool, n in num_support::word(), d in num_support::word()) {
        check_quotient(negative, &BigUint::from(n), &BigUint::from(d.max(1)));
    }

    /// The middle between two neighbours, hit exactly or missed by one part in a very large number.
    #[test]
    fn ties_and_whiskers(
        negative: bool,
        lower in positive_bits(),
        factor in words(5),
        whisker in -1i8..=1,
        odd: bool,
    ) {
        let lower = lower.min(f64::MAX.to_bits());
        let factor = ((big(&factor) << 1u8) + u8::from(odd)).max(BigUint::from(1u8));
        let num = BigInt::from((float_units(lower) + float_units(lower + 1)) * &factor) + whisker;
        let den = factor << 1075u32;
        check_quotient(negative, num.magnitude(), &den);
    }

    /// Quotients of two words that miss a middle by less than one part in 2^100: n × 2^54 = middle × d ± 1.
    #[test]
    fn whiskers_of_small_quotients(negative: bool, middle in 1u64 << 53..1 << 54, high in 0u64..1 << 10, up: bool) {
        let (middle, modulus) = (middle | 1, 1u128 << 54);
        let mut inverse = 1u128;
        for _ in 0..6 {
            inverse = inverse.wrapping_mul(2u128.wrapping_sub(inverse.wrapping_mul(u128::from(middle))));
        }
        let rest = if up { inverse.wrapping_neg() } else { inverse } % modulus;
        let d = u128::from(high) << 54 | rest;
        let scaled = u128::from(middle) * d;
        let n = if up { scaled + 1 } else { scaled - 1 };
        prop_assert_eq!(n % modulus, 0);
        check_quotient(negative, &BigUint::from(n >> 54), &BigUint::from(d));
    }

    /// Exactly binary64, or missed by a whisker.
    #[test]
    fn representable(negative: bool, bits in positive_bits(), factor in words(3), whisker in -1i8..=1) {
        let factor = (big(&factor) << 1u8) + 1u8;
        let num = BigInt::from(float_units(bits) * &factor) + whisker;
        check_quotient(negative, num.magnitude(), &(factor << 1074u32));
    }

    #[test]
    fn dyadic(negative: bool, n in words(36), exponent in -2300i64..200) {
        let rounded = dyadic_to_f64(negative, &n, exponent);
        let (num, den) = if exponent < 0 {
            (big(&n), BigUint::from(1u8) << exponent.unsigned_abs())
        } else {
            (big(&n) << exponent, BigUint::from(1u8))
        };
        assert_nearest(&signed(negative, &num), &den, rounded);
    }

    #[test]
    fn decimal_quotients(a in wide(), a_scale in 0u8..=38, b in wide(), b_scale in 0u8..=38) {
        let ten = |scale: u8| BigInt::from(10).pow(u32::from(scale));
        let result = div_i128_to_f64(a, a_scale, b, b_scale);
        if b == 0 {
            prop_assert_eq!(result, Err(NumError::ZeroDenominator));
        } else {
            let (num, den) = (BigInt::from(a) * ten(b_scale), BigInt::from(b) * ten(a_scale));
            let num = if den.sign() == Sign::Minus { -num } else { num };
            assert_nearest(&num, den.magnitude(), Rounded::Finite(result.unwrap()));
        }
    }
}

#[test]
fn overflow_begins_half_a_step_above_the_largest() {
    let threshold = (float_units(f64::MAX.to_bits()) + float_units(f64::INFINITY.to_bits())) << 1u8;
    let den = BigUint::from(1u8) << 1076u32;
    let round = |num: &BigUint| {
        quotient_to_f64(true, &words_of(&(num * 3u8)), &words_of(&(&den * 3u8)), &mut [0; 100]).unwrap()
    };
    assert_eq!(round(&threshold), Rounded::Overflow);
    assert_eq!(round(&(&threshold - 1u8)), Rounded::Finite(f64::MIN.to_bits()));
    assert_eq!(dyadic_to_f64(false, &[1], 1024), Rounded::Overflow);
    assert_eq!(dyadic_to_f64(false, &[1], i64::MAX), Rounded::Overflow);
    assert_eq!(dyadic_to_f64(false, &[1], 1023), Rounded::Finite(0x7fe << 52));
}

#[test]
fn small_numbers_end_in_one_zero() {
    assert_eq!(dyadic_to_f64(true, &[1], -1075), Rounded::Finite(0));
    assert_eq!(dyadic_to_f64(true, &[3], -1076), Rounded::Finite(1 << 63 | 1));
    assert_eq!(dyadic_to_f64(true, &[1], i64::MIN), Rounded::Finite(0));
    assert_eq!(dyadic_to_f64(true, &[], 0), Rounded::Finite(0));
    assert_eq!(quotient_to_f64(true, &[0, 0], &[5], &mut []), Ok(Rounded::Finite(0)));
}

#[test]
fn misuse_is_an_error() {
    assert_eq!(quotient_to_f64(false, &[1], &[0, 0], &mut [0; 9]), Err(NumError::ZeroDenominator));
    assert_eq!(quotient_to_f64(false, &[1, 1 << 63], &[3], &mut [0; 5]), Err(NumError::Short));
    assert_eq!(div_i128_to_f64(1, 39, 1, 0), Err(NumError::Scale));
    assert_eq!(div_i128_to_f64(1, 0, 1, 255), Err(NumError::Scale));
}
