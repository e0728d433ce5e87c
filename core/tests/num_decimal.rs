//! Decimals in and out. Rust's own correctly rounded text parsing is the oracle for floats.

mod num_support;

use num_bigint::BigInt;
use num_support::{finite_bits, float_signed, wide};
use proptest::prelude::*;
use ripplemark_core::num::NumError;
use ripplemark_core::num::decimal::{
    MANTISSA_LIMIT, POWERS_OF_TEN, parse_decimal, power_of_ten, rescale, snap_f64, write_decimal,
};

/// `mantissa / 10^scale` by string handling alone.
fn plain(mantissa: &BigInt, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", mantissa.magnitude().to_string(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if *mantissa < BigInt::ZERO { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The definition of `snap_f64`: the nearest integer (ties to even), and what its text reads as.
fn expected_snap(bits: u64, scale: u8) -> Option<i128> {
    let value = float_signed(bits);
    let size = BigInt::from(value.magnitude().clone()) * BigInt::from(10).pow(u32::from(scale));
    let unit = BigInt::from(1) << 1074u32;
    let (floor, rest) = (&size / &unit, &size % &unit);
    let doubled: BigInt = rest << 1u8;
    let odd = floor.magnitude().bit(0);
    let nearest = if doubled > unit || (doubled == unit && odd) { floor + 1 } else { floor };
    let signed = if value < BigInt::ZERO { -nearest } else { nearest };
    let read: f64 = plain(&signed, scale).parse().unwrap();
    let same = read.to_bits() == bits || (read.to_bits() | bits) << 1 == 0;
    let mantissa = i128::try_from(signed).ok()?;
    (same && mantissa.abs() < MANTISSA_LIMIT).then_some(mantissa)
}

/// The bits that a decimal text reads as, or a neighbour.
fn near_decimal() -> impl Strategy<Value = (u64, u8)> {
    (wide(), 0u32..110, 0u8..=18, -2i64..3).prop_map(|(mantissa, shift, scale, step)| {
        let read: f64 = plain(&BigInt::from(mantissa >> shift), scale).parse().unwrap();
        (read.abs().to_bits().saturating_add_signed(step) | u64::from(mantissa < 0) << 63, scale)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn snap_any(bits in finite_bits(), scale in 0u8..=18) {
        prop_assert_eq!(snap_f64(bits, scale), expected_snap(bits, scale));
    }

    #[test]
    fn snap_near((bits, scale) in near_decimal()) {
        prop_assert_eq!(snap_f64(bits, scale), expected_snap(bits, scale));
    }

    /// Powers of two, below which the next binary64 is only half as far, and their neighbours.
    #[test]
    fn snap_around_powers_of_two(exponent in 960u64..1160, step in -2i64..3, scale in 0u8..=18) {
        let bits = (exponent << 52).wrapping_add_signed(step);
        prop_assert_eq!(snap_f64(bits, scale), expected_snap(bits, scale));
    }

    /// Where binary64 is coarser than the decimals, many values lie in the middle between two of them.
    #[test]
    fn snap_between_two(exponent in 1060u64..1076, fraction in 0u64..1 << 52, scale in 0u8..=18) {
        let bits = exponent << 52 | fraction;
        prop_assert_eq!(snap_f64(bits, scale), expected_snap(bits, scale));
    }

    #[test]
    fn every_short_decimal_is_accepted(mantissa in -999_999_999_999_999i64..=999_999_999_999_999, scale in 0u8..=15) {
        let read: f64 = plain(&BigInt::from(mantissa), scale).parse().unwrap();
        prop_assert_eq!(snap_f64(read.to_bits(), scale), Some(i128::from(mantissa)));
    }

    #[test]
    fn text_there_and_back(mantissa in wide(), scale in 0u8..=45, zeros in 0usize..5) {
        let expected = plain(&BigInt::from(mantissa), scale);
        let mut out = [b'x'; 64];
        let written = write_decimal(mantissa, scale, &mut out).unwrap();
        prop_assert_eq!(core::str::from_utf8(&out[..written]).unwrap(), &expected);
        prop_assert_eq!(write_decimal(mantissa, scale, &mut vec![0; written - 1]), Err(NumError::Short));
        prop_assert_eq!(parse_decimal(expected.as_bytes(), scale), Some(mantissa));
        let longer = if scale == 0 { format!("{expected}.0") } else { expected } + &"0".repeat(zeros);
        prop_assert_eq!(parse_decimal(longer.as_bytes(), scale), Some(mantissa));
        prop_assert_eq!(parse_decimal(format!("{longer}01").as_bytes(), scale), None);
    }

    #[test]
    fn another_scale(mantissa in wide(), from in 0u8..=60, to in 0u8..=60, shrink in 0u8..=38) {
        let ten = |scale: u8| BigInt::from(10).pow(u32::from(scale));
        let factor = POWERS_OF_TEN[usize::from(shrink)];
        for mantissa in [mantissa, mantissa / factor * factor] {
            let up = BigInt::from(mantissa) * ten(to);
            let exact = (&up % ten(from) == BigInt::ZERO).then(|| up / ten(from));
            prop_assert_eq!(rescale(mantissa, from, to), exact.and_then(|number| i128::try_from(number).ok()));
        }
    }

    #[test]
    fn parsing_any_bytes(text in proptest::collection::vec(prop_oneof![
        Just(b'0'), Just(b'7'), Just(b'.'), Just(b'-'), Just(b'+'), Just(b'e'), Just(b' '), any::<u8>()
    ], 0..8), scale in any::<u8>()) {
        if let Some(mantissa) = parse_decimal(&text, scale) {
            let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(&text);
            prop_assert!(digits.iter().all(|c| c.is_ascii_digit() || *c == b'.'));
            let read: f64 = core::str::from_utf8(&text).unwrap().parse().unwrap();
            let spelt: f64 = plain(&BigInt::from(mantissa), scale).parse().unwrap();
            prop_assert_eq!((read + 0.0).to_bits(), (spelt + 0.0).to_bits());
        }
    }
}

#[test]
fn snaps_in_words() {
    let snap = |value: f64, scale| snap_f64(value.to_bits(), scale);
    assert_eq!(snap(19.99, 2), Some(1999));
    assert_eq!(snap(-0.0, 2), Some(0));
    assert_eq!(snap(0.1 + 0.2, 2), None);
    assert_eq!(snap(0.3, 2), Some(30));
    assert_eq!(snap(0.005, 2), None);
    assert_eq!(snap(1e22, 0), Some(10_000_000_000_000_000_000_000));
    assert_eq!(snap(f64::MAX, 0), None);
    assert_eq!(snap(5e-324, 18), None);
    assert_eq!(snap(f64::INFINITY, 2), None);
    assert_eq!(snap(f64::NAN, 2), None);
    assert_eq!(snap(1.0, 19), None);
    // 2^126 is below 10^38, 2^127 is not.
    assert_eq!(snap(2f64.powi(126), 0), Some(1 << 126));
    assert_eq!(snap(2f64.powi(127), 0), None);
    // Cents are finer than binary64 here, and the value lies between two of them: the even one.
    assert_eq!(snap(2f64.powi(49) + 0.125, 2), Some(56_294_995_342_131_212));
    assert_eq!(snap(2f64.powi(49) + 0.375, 2), Some(56_294_995_342_131_238));
}

#[test]
fn strict_text() {
    for text in
        ["", "-", "+", ".", "5.", ".5", "1e5", " 1", "1 ", "1,000", "--1", "1.2.3", "0x1", "NaN", "inf", "١"]
    {
        assert_eq!(parse_decimal(text.as_bytes(), 2), None, "{text:?}");
    }
    assert_eq!(parse_decimal(b"+007.5", 2), Some(750));
    assert_eq!(parse_decimal(b"-0", 2), Some(0));
    assert_eq!(parse_decimal(b"-0.00", 0), Some(0));
    assert_eq!(parse_decimal(b"170141183460469231731687303715884105728", 0), None);
    assert_eq!(parse_decimal(b"-170141183460469231731687303715884105728", 0), Some(i128::MIN));
    assert_eq!(parse_decimal(b"0", 255), Some(0));
    assert_eq!(parse_decimal(b"1", 39), None);
}

#[test]
fn powers() {
    for scale in 0..=38 {
        assert_eq!(power_of_ten(scale).unwrap().to_string(), format!("1{}", "0".repeat(usize::from(scale))));
    }
    assert_eq!(power_of_ten(39), None);
}
