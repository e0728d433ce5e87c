//! Natural numbers in words, against `num-bigint`; each destination also one word shorter than the result.

mod num_support;

use core::num::NonZeroU64;

use num_bigint::BigUint;
use num_support::{big, big_from, big_signed, words, words_of};
use proptest::prelude::*;
use ripplemark_core::num::{NumError, limbs, twos};

/// Runs `operation` on a destination that just fits, a longer one full of ones, and one that is too short.
fn check_into(expected: &BigUint, operation: impl Fn(&mut [u64]) -> Result<usize, NumError>) {
    let exact = words_of(expected);
    for extra in [0, 3] {
        let mut dst = vec![u64::MAX; exact.len() + extra];
        assert_eq!(operation(&mut dst), Ok(exact.len()));
        assert_eq!(&big(&dst), expected);
    }
    if !exact.is_empty() {
        let mut dst = vec![u64::MAX; exact.len() - 1];
        assert_eq!(operation(&mut dst), Err(NumError::Short));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn measures(a in words(6), b in words(6)) {
        let (x, y) = (big(&a), big(&b));
        prop_assert_eq!(limbs::cmp(&a, &b), x.cmp(&y));
        prop_assert_eq!(limbs::cmp(&a, &words_of(&x)), core::cmp::Ordering::Equal);
        prop_assert_eq!(limbs::bit_len(&a) as u64, x.bits());
        prop_assert_eq!(limbs::trailing_zeros(&a) as u64, x.trailing_zeros().unwrap_or(0));
        prop_assert_eq!(limbs::significant(&a), &words_of(&x)[..]);
        prop_assert_eq!(limbs::is_zero(&a), x == BigUint::ZERO);
        prop_assert_eq!(limbs::is_one(&a), x == BigUint::from(1u8));
        prop_assert_eq!(limbs::to_u128(&a), u128::try_from(x.clone()).ok());
        let (top, below) = limbs::top_bits(&a);
        prop_assert_eq!(BigUint::from(top), x.clone() >> below);
        prop_assert_eq!(below as u64, x.bits().saturating_sub(128));
    }

    #[test]
    fn sums_and_differences(a in words(6), b in words(6)) {
        let (x, y) = (big(&a), big(&b));
        check_into(&(&x + &y), |dst| limbs::add(dst, &a, &b));
        let (more, less) = if x < y { (&b, &a) } else { (&a, &b) };
        let gap = big(more) - big(less);
        let mut dst = vec![7; more.len() + 1];
        prop_assert_eq!(limbs::sub(&mut dst, more, less), Ok(words_of(&gap).len()));
        prop_assert_eq!(&big(&dst), &gap);
        let mut back = less.clone();
        back.resize(more.len() + 1, 0);
        prop_assert_eq!(limbs::sub_from(&mut back, more), Ok(words_of(&gap).len()));
        prop_assert_eq!(&big(&back), &gap);
        if x != y {
            prop_assert_eq!(limbs::sub(&mut [0; 8], less, more), Err(NumError::Negative));
            let mut wrong = more.clone();
            prop_assert!(limbs::sub_from(&mut wrong, less).is_err());
        }
    }

    #[test]
    fn products_and_remainders(a in words(6), b in words(6), small in num_support::word(), plus in any::<u64>()) {
        let (x, y) = (big(&a), big(&b));
        check_into(&(&x * &y), |dst| limbs::mul(dst, &a, &b));
        let mut product = a.clone();
        product.push(0);
        limbs::mul_small(&mut product, small, plus).unwrap();
        prop_assert_eq!(big(&product), &x * small + plus);
        if let Some(divisor) = NonZeroU64::new(small) {
            let mut quotient = a.clone();
            let rest = limbs::divrem_small(&mut quotient, divisor);
            prop_assert_eq!(big(&quotient), &x / small);
            prop_assert_eq!(BigUint::from(rest), &x % small);
        }
    }

    #[test]
    fn shifts(a in words(6), bits in 0usize..420) {
        let x = big(&a);
        check_into(&(&x << bits), |dst| limbs::shl(dst, &a, bits));
        check_into(&(&x >> bits), |dst| limbs::shr(dst, &a, bits));
        let mut same = a.clone();
        prop_assert_eq!(limbs::shr_assign(&mut same, bits), words_of(&(&x >> bits)).len());
        prop_assert_eq!(big(&same), &x >> bits);
    }

    #[test]
    fn exact_division_and_divisor(a in words(5), b in words(5), common in words(4)) {
        let odd = |words: &[u64]| {
            let mut words = words.to_vec();
            words.push(0);
            words[0] |= 1;
            words
        };
        let (x, y, g) = (big(&odd(&a)), big(&odd(&b)), odd(&common));
        let (mut p, mut q) = (words_of(&(&x * big(&g))), words_of(&(&y * big(&g))));
        let mut quotient = p.clone();
        limbs::div_exact_odd(&mut quotient, &g);
        prop_assert_eq!(big(&quotient), x.clone());

        let (mut m, mut n) = (big(&p), big(&q));
        while n != BigUint::ZERO {
            (m, n) = (n.clone(), m % n);
        }
        limbs::gcd_odd(&mut p, &mut q).unwrap();
        prop_assert_eq!(&big(&p), &m);
        prop_assert_eq!(&big(&q), &m);
    }

    #[test]
    fn two_complement(a in proptest::collection::vec(num_support::word(), 1..6), b in words(5)) {
        let x = big_signed(&a);
        let mut size = vec![u64::MAX; a.len()];
        let negative = twos::magnitude(&a, &mut size).unwrap();
        prop_assert_eq!(big_from(negative, &size), x.clone());
        let mut back = vec![0; a.len()];
        twos::from_magnitude(&mut back, negative, &size).unwrap();
        prop_assert_eq!(&back, &a);

        let mut sum = a.clone();
        sum.resize(7, if twos::is_negative(&a) { u64::MAX } else { 0 });
        twos::add_assign(&mut sum, &b);
        prop_assert_eq!(big_signed(&sum), x + big_signed(&b));
    }
}
