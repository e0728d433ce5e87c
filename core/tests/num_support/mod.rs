//! What the tests of exact numbers share: conversions to `num-bigint`, generators that like edges, and a rounding
//! oracle that knows no algorithm, only what "nearest" means.
#![allow(dead_code, reason = "each test binary uses a part")]

use num_bigint::{BigInt, BigUint, Sign};
use proptest::prelude::*;
use ripplemark_core::num::Rounded;

/// The natural number in words.
pub(crate) fn big(words: &[u64]) -> BigUint {
    BigUint::from_bytes_le(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
}

/// The two's complement number in words.
pub(crate) fn big_signed(words: &[u64]) -> BigInt {
    BigInt::from_signed_bytes_le(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
}

/// A number from a sign and words.
pub(crate) fn big_from(negative: bool, words: &[u64]) -> BigInt {
    BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, big(words))
}

/// The words of a number, without zero words at the top.
pub(crate) fn words_of(number: &BigUint) -> Vec<u64> {
    number.iter_u64_digits().collect()
}

/// A word that is often at an edge.
pub(crate) fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => Just(0),
        2 => Just(u64::MAX),
        1 => Just(1),
        1 => Just(1 << 63),
        1 => (0u32..64).prop_map(|bit| 1 << bit),
        4 => any::<u64>(),
    ]
}

/// Words of a natural number; up to `most` of them.
pub(crate) fn words(most: usize) -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::vec(word(), 0..=most)
}

/// An `i128` that is often at an edge.
pub(crate) fn wide() -> impl Strategy<Value = i128> {
    prop_oneof![
        1 => Just(i128::MIN),
        1 => Just(i128::MAX),
        1 => -2i128..3,
        2 => any::<i64>().prop_map(i128::from),
        3 => (any::<i128>(), 0u32..127).prop_map(|(value, shift)| value >> shift),
    ]
}

/// The bits of a finite binary64: everyday numbers, every exponent, subnormals, edges.
pub(crate) fn finite_bits() -> impl Strategy<Value = u64> {
    let edges = prop_oneof![
        Just(0u64),
        Just(1 << 63),
        Just(1),
        Just(1 << 63 | 1),
        Just((1 << 52) - 1),
        Just(1 << 52),
        Just(f64::MAX.to_bits()),
        Just(f64::MIN.to_bits()),
        Just(1.0f64.to_bits()),
        Just((1.0 - f64::EPSILON / 2.0).to_bits()),
    ];
    prop_oneof![
        2 => edges,
        4 => (any::<bool>(), 0u64..0x7ff, 0u64..1 << 52)
            .prop_map(|(sign, exponent, fraction)| u64::from(sign) << 63 | exponent << 52 | fraction),
        2 => (any::<bool>(), 0u64..0x7ff).prop_map(|(sign, exponent)| u64::from(sign) << 63 | exponent << 52),
        2 => (-1_000_000_000i64..1_000_000_000).prop_map(|cents| (cents as f64 / 100.0).to_bits()),
        1 => (any::<bool>(), 0u64..1 << 52).prop_map(|(sign, fraction)| u64::from(sign) << 63 | fraction),
    ]
}

/// The absolute value of a binary64 in units of 2^-1074; the bits of infinity stand for 2^1024.
pub(crate) fn float_units(bits: u64) -> BigUint {
    let exponent = bits >> 52 & 0x7ff;
    let fraction = BigUint::from(bits & ((1 << 52) - 1));
    if exponent == 0 { fraction } else { (fraction + (1u64 << 52)) << (exponent - 1) }
}

/// The same with its sign.
pub(crate) fn float_signed(bits: u64) -> BigInt {
    let units = BigInt::from(float_units(bits));
    if bits >> 63 == 1 { -units } else { units }
}

/// Asserts that `rounded` is `num / den` to nearest, ties to even: the number lies between the middles to both
/// neighbours, on one of them only if the last bit is 0.
pub(crate) fn assert_nearest(num: &BigInt, den: &BigUint, rounded: Rounded) {
    let doubled = (num.magnitude() << 1075u32) + BigUint::ZERO;
    let middle = |lower: u64| (float_units(lower) + float_units(lower + 1)) * den;
    match rounded {
        Rounded::Overflow => assert!(doubled >= middle(f64::MAX.to_bits()), "{num}/{den} does not overflow"),
        Rounded::Finite(bits) => {
            let size = bits & (u64::MAX >> 1);
            assert!(size <= f64::MAX.to_bits());
            assert_eq!(bits >> 63 == 1, num.sign() == Sign::Minus && size != 0, "sign of {num}/{den}");
            let (above, even) = (middle(size), size & 1 == 0);
            assert!(doubled < above || (doubled == above && even), "{num}/{den} lies above {bits:x}");
            if size > 0 {
                let below = middle(size - 1);
                assert!(doubled > below || (doubled == below && even), "{num}/{den} lies below {bits:x}");
            }
        }
    }
}
