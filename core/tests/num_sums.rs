//! Accumulators and their canonical bytes, against `num-bigint`.

mod num_support;

use num_bigint::BigInt;
use num_support::{big_from, big_signed, finite_bits, float_signed, wide, word};
use proptest::collection::vec;
use proptest::prelude::*;
use ripplemark_core::num::canonical::{
    CanonicalError, float_bytes, int_bytes, read_float_sum, read_int, write_float_sum, write_int,
};
use ripplemark_core::num::{FLOAT_SUM_WORDS, NumError, float_sum, int_sum, round};

type FloatSum = [u64; FLOAT_SUM_WORDS];

fn float_sum_of(values: &[u64]) -> FloatSum {
    let mut sum = [0; FLOAT_SUM_WORDS];
    for &bits in values {
        float_sum::add(&mut sum, bits).unwrap();
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn integers(values in vec(prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()], 0..20), cut in 0usize..20) {
        let (mut left, mut right) = ([0; 2], [0; 2]);
        for (at, &value) in values.iter().enumerate() {
            int_sum::add_i64(if at < cut { &mut left } else { &mut right }, value);
        }
        int_sum::merge_int(&mut left, &right);
        let expected: BigInt = values.iter().map(|&value| BigInt::from(value)).sum();
        prop_assert_eq!(big_signed(&left), expected.clone());
        prop_assert_eq!(BigInt::from(int_sum::int(&left)), expected);
    }

    #[test]
    fn decimals(values in vec(wide(), 0..20), cut in 0usize..20) {
        let (mut left, mut right) = ([0; 3], [0; 3]);
        for (at, &value) in values.iter().enumerate() {
            int_sum::add_i128(if at < cut { &mut left } else { &mut right }, value);
        }
        int_sum::merge_dec(&mut left, &right);
        let expected: BigInt = values.iter().map(|&value| BigInt::from(value)).sum();
        prop_assert_eq!(big_signed(&left), expected.clone());
        let mut size = [0; 3];
        let negative = int_sum::magnitude(&left, &mut size).unwrap();
        prop_assert_eq!(big_from(negative, &size), expected);
    }

    #[test]
    fn floats_in_any_order_and_tree(values in vec(finite_bits(), 0..40), cut in 0usize..40) {
        let cut = cut.min(values.len());
        let sum = float_sum_of(&values);
        let expected: BigInt = values.iter().map(|&bits| float_signed(bits)).sum();
        prop_assert_eq!(big_signed(&sum), expected.clone());

        let mut backwards = values.clone();
        backwards.reverse();
        prop_assert_eq!(float_sum_of(&backwards), sum);
        let mut merged = float_sum_of(&values[cut..]);
        float_sum::merge(&mut merged, &float_sum_of(&values[..cut]));
        prop_assert_eq!(merged, sum);

        let mut size = [0; FLOAT_SUM_WORDS];
        let negative = float_sum::to_magnitude(&sum, &mut size).unwrap();
        prop_assert_eq!(big_from(negative, &size), expected);
    }

    #[test]
    fn one_float_comes_back(bits in finite_bits()) {
        let sum = float_sum_of(&[bits]);
        let mut size = [0; FLOAT_SUM_WORDS];
        let negative = float_sum::to_magnitude(&sum, &mut size).unwrap();
        let expected = if bits << 1 == 0 { 0 } else { bits };
        prop_assert_eq!(round::dyadic_to_f64(negative, &size, -1074), round::Rounded::Finite(expected));
    }

    #[test]
    fn giants_cancel(values in vec(finite_bits(), 1..20), rest in finite_bits()) {
        let mut all = values.clone();
        all.push(rest);
        all.extend(values.iter().map(|bits| bits ^ 1 << 63));
        prop_assert_eq!(float_sum_of(&all), float_sum_of(&[rest]));
    }

    #[test]
    fn canonical_integers(words in vec(word(), 1..5)) {
        let value = big_signed(&words);
        let mut bytes = vec![0xaa; int_bytes(words.len())];
        let written = write_int(&words, &mut bytes).unwrap();
        let minimal = if value == BigInt::ZERO { vec![] } else { value.to_signed_bytes_le() };
        prop_assert_eq!(usize::from(bytes[0]), minimal.len());
        prop_assert_eq!(&bytes[1..written], &minimal[..]);

        let mut back = vec![7; words.len()];
        prop_assert_eq!(read_int(&bytes, &mut back), Ok(written));
        prop_assert_eq!(&back, &words);
        prop_assert_eq!(write_int(&words, &mut vec![0; written - 1]), None);
        prop_assert_eq!(read_int(&bytes[..written - 1], &mut back), Err(CanonicalError::Truncated));
        if minimal.len() > 8 {
            prop_assert_eq!(read_int(&bytes, &mut [0; 1]), Err(CanonicalError::TooWide));
        }
    }

    #[test]
    fn canonical_floats(values in vec(finite_bits(), 0..20)) {
        let sum = float_sum_of(&values);
        let mut bytes = [0xaa; float_bytes(FLOAT_SUM_WORDS)];
        let written = write_float_sum(&sum, &mut bytes).unwrap();
        let exponent = u32::from(u16::from_le_bytes([bytes[0], bytes[1]]));
        let content = &bytes[4..written];
        prop_assert_eq!(usize::from(u16::from_le_bytes([bytes[2], bytes[3]])), content.len());
        prop_assert_eq!(BigInt::from_signed_bytes_le(content) << (8 * exponent), big_signed(&sum));
        prop_assert!(content.is_empty() || content[0] != 0);

        let mut back = [7; FLOAT_SUM_WORDS];
        prop_assert_eq!(read_float_sum(&bytes, &mut back), Ok(written));
        prop_assert_eq!(back, sum);
        prop_assert_eq!(write_float_sum(&sum, &mut vec![0; written - 1]), None);
        prop_assert_eq!(read_float_sum(&bytes[..written - 1], &mut back), Err(CanonicalError::Truncated));
    }

    /// Whatever a reader accepts is what the writer would have written.
    #[test]
    fn canonical_is_the_only_spelling(
        mut bytes in vec(prop_oneof![Just(0u8), Just(1), Just(2), Just(0x7f), Just(0x80), Just(0xff)], 0..14)
    ) {
        let mut words = [0; 2];
        let mut out = [0; 32];
        if let Ok(read) = read_int(&bytes, &mut words) {
            let written = write_int(&words, &mut out).unwrap();
            prop_assert_eq!(&out[..written], &bytes[..read]);
        }
        if bytes.len() >= 4 {
            (bytes[1], bytes[2], bytes[3]) = (bytes[1] & 0x80, (bytes[2] & 7).min(bytes.len() as u8 - 4), 0);
        }
        if let Ok(read) = read_float_sum(&bytes, &mut words) {
            let written = write_float_sum(&words, &mut out).unwrap();
            prop_assert_eq!(&out[..written], &bytes[..read]);
        }
    }
}

#[test]
fn not_finite_adds_nothing() {
    let mut sum = float_sum_of(&[1.5f64.to_bits()]);
    let before = sum;
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN] {
        assert_eq!(float_sum::add(&mut sum, value.to_bits()), Err(NumError::NotFinite));
        assert_eq!(sum, before);
    }
}

/// Doubling the sum of MAX stands for more additions than can be made one by one: 2^63 of them.
#[test]
fn room_for_all_rows() {
    for value in [f64::MAX, f64::MIN] {
        let mut sum = float_sum_of(&[value.to_bits()]);
        for _ in 0..63 {
            let same = sum;
            float_sum::merge(&mut sum, &same);
        }
        assert_eq!(big_signed(&sum), float_signed(value.to_bits()) << 63u32);
    }
    let (mut ints, mut decs) = ([0; 2], [0; 3]);
    int_sum::add_i64(&mut ints, i64::MIN);
    int_sum::add_i128(&mut decs, i128::MIN);
    for _ in 0..64 {
        let (same_ints, same_decs) = (ints, decs);
        int_sum::merge_int(&mut ints, &same_ints);
        int_sum::merge_dec(&mut decs, &same_decs);
    }
    assert_eq!(big_signed(&ints), BigInt::from(i64::MIN) << 64u32);
    assert_eq!(big_signed(&decs), BigInt::from(i128::MIN) << 64u32);
}

#[test]
fn spellings_in_the_specification() {
    let spelt = |value: i128| {
        let mut out = [0; 17];
        let words = [value as u64, (value >> 64) as u64];
        let written = write_int(&words, &mut out).unwrap();
        out[..written].to_vec()
    };
    assert_eq!(spelt(0), [0]);
    assert_eq!(spelt(127), [1, 0x7f]);
    assert_eq!(spelt(128), [2, 0x80, 0]);
    assert_eq!(spelt(-1), [1, 0xff]);
    assert_eq!(spelt(-128), [1, 0x80]);
    assert_eq!(spelt(-129), [2, 0x7f, 0xff]);

    let spelt = |value: f64| {
        let mut out = [0; float_bytes(FLOAT_SUM_WORDS)];
        let written = write_float_sum(&float_sum_of(&[value.to_bits()]), &mut out).unwrap();
        out[..written].to_vec()
    };
    assert_eq!(spelt(0.0), [0, 0, 0, 0]);
    assert_eq!(spelt(-0.0), [0, 0, 0, 0]);
    // 1 is 2^1074 units: 134 zero bytes, then 2^2.
    assert_eq!(spelt(1.0), [134, 0, 1, 0, 4]);
    assert_eq!(spelt(-1.0), [134, 0, 1, 0, 0xfc]);
}

#[test]
fn other_spellings_are_refused() {
    let mut words = [0; 2];
    for bytes in [&[1, 0][..], &[2, 1, 0], &[2, 0x7f, 0], &[2, 0x80, 0xff], &[2, 0xff, 0xff]] {
        assert_eq!(read_int(bytes, &mut words), Err(CanonicalError::NotMinimal), "{bytes:x?}");
    }
    for bytes in [&[1, 0, 0, 0][..], &[0, 0, 2, 0, 0, 1], &[0, 0, 1, 0, 0], &[0, 0, 2, 0, 1, 0]] {
        assert_eq!(read_float_sum(bytes, &mut words), Err(CanonicalError::NotMinimal), "{bytes:x?}");
    }
    assert_eq!(read_float_sum(&[0xff, 0xff, 1, 0, 1], &mut words), Err(CanonicalError::Exponent));
    assert_eq!(read_float_sum(&[16, 0, 1, 0, 1], &mut words), Err(CanonicalError::TooWide));
    assert_eq!(read_float_sum(&[15, 0, 1, 0, 1], &mut words), Ok(5));
    assert_eq!(words, [0, 1 << 56]);
}
