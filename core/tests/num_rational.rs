//! Rationals and their text, against quotients of `num-bigint` numbers. Every block and every scratch slice has exactly
//! the promised width, so a width that is too small shows as an error.

mod num_support;

use core::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use num_support::{assert_nearest, big, big_from, big_signed, finite_bits, float_signed, wide, word};
use proptest::collection::vec;
use proptest::prelude::*;
use ripplemark_core::num::digits::Rounding;
use ripplemark_core::num::text::write_exact;
use ripplemark_core::num::{FLOAT_SUM_WORDS, NumError, Rational, RationalMut, Width, float_sum};

/// A setter of every kind.
#[derive(Clone, Debug)]
enum Input {
    Int(i128),
    Decimal(i128, u8),
    Float(u64),
    IntSum([u64; 2]),
    DecSum([u64; 3], u8),
    FloatSum(Box<[u64; FLOAT_SUM_WORDS]>),
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        wide().prop_map(Input::Int),
        (wide(), 0u8..=38).prop_map(|(mantissa, scale)| Input::Decimal(mantissa, scale)),
        (wide(), Just(2u8)).prop_map(|(mantissa, scale)| Input::Decimal(mantissa, scale)),
        finite_bits().prop_map(Input::Float),
        [word(), word()].prop_map(Input::IntSum),
        ([word(), word(), word()], 0u8..=38).prop_map(|(sum, scale)| Input::DecSum(sum, scale)),
        vec(finite_bits(), 0..6).prop_map(|values| {
            let mut sum = Box::new([0; FLOAT_SUM_WORDS]);
            values.iter().for_each(|&bits| float_sum::add(&mut sum, bits).unwrap());
            Input::FloatSum(sum)
        }),
        vec(word(), FLOAT_SUM_WORDS).prop_map(|words| Input::FloatSum(Box::new(words.try_into().unwrap()))),
    ]
}

/// An owned block with its width, and the exact quotient it must hold.
#[derive(Clone, Debug)]
struct Number {
    block: Vec<u64>,
    width: Width,
    num: BigInt,
    den: BigUint,
}

impl Number {
    fn of(input: &Input) -> Number {
        let ten = |scale: u8| BigUint::from(10u8).pow(u32::from(scale));
        let unit = BigUint::from(1u8) << 1074u32;
        let (width, num, den) = match input {
            Input::Int(value) => (Width::INT, BigInt::from(*value), ten(0)),
            Input::Decimal(value, scale) => (Width::decimal(*scale), BigInt::from(*value), ten(*scale)),
            Input::Float(bits) => (Width::FLOAT, float_signed(*bits), unit),
            Input::IntSum(sum) => (Width::INT_SUM, big_signed(sum), ten(0)),
            Input::DecSum(sum, scale) => (Width::dec_sum(*scale), big_signed(sum), ten(*scale)),
            Input::FloatSum(sum) => (Width::FLOAT_SUM, big_signed(&sum[..]), unit),
        };
        Number::fill(width, num, den, |block| match input {
            Input::Int(value) => block.set_int(*value),
            Input::Decimal(value, scale) => block.set_decimal(*value, *scale),
            Input::Float(bits) => block.set_f64(*bits),
            Input::IntSum(sum) => block.set_int_sum(sum),
            Input::DecSum(sum, scale) => block.set_dec_sum(sum, *scale),
            Input::FloatSum(sum) => block.set_float_sum(sum),
        })
    }

    /// Runs an operation on a block full of ones and checks that it holds the expected quotient.
    fn fill(
        width: Width,
        num: BigInt,
        den: BigUint,
        operation: impl FnOnce(&mut RationalMut<'_>) -> Result<(), NumError>,
    ) -> Number {
        let mut block = vec![u64::MAX; width.block_words()];
        operation(&mut RationalMut::new(&mut block, width.num).unwrap()).unwrap();
        let number = Number { block, width, num, den };
        let view = number.view();
        let held = big_from(view.is_negative(), view.numerator()) * BigInt::from(number.den.clone());
        assert_eq!(held, &number.num * BigInt::from(big(view.denominator())));
        assert_eq!(view.is_zero(), number.num == BigInt::ZERO);
        assert_eq!(view.sign().cmp(&0), number.num.cmp(&BigInt::ZERO));
        number
    }

    fn view(&self) -> Rational<'_> {
        Rational::read(&self.block, self.width.num).unwrap()
    }

    fn add(&self, other: &Number) -> Number {
        let num = &self.num * BigInt::from(other.den.clone()) + &other.num * BigInt::from(self.den.clone());
        let mut scratch = vec![u64::MAX; self.width.scratch_add(other.width)];
        Number::fill(self.width.add(other.width), num, &self.den * &other.den, |block| {
            block.add(self.view(), other.view(), &mut scratch)
        })
    }

    /// Rounded to digits, as an integer over a power of ten.
    fn round_to(&self, digits: u8, rounding: Rounding) -> Number {
        let ten = BigInt::from(10).pow(u32::from(digits));
        let (num, den) = (&self.num * &ten, BigInt::from(self.den.clone()));
        let mut floor = &num / &den;
        if &floor * &den > num {
            floor -= 1;
        }
        let twice = (&num - &floor * &den) * 2;
        let up = match rounding {
            Rounding::Floor => false,
            Rounding::Ceil => twice != BigInt::ZERO,
            Rounding::HalfAway => twice > den || (twice == den && num > BigInt::ZERO),
        };
        let mut scratch = vec![u64::MAX; self.width.scratch_round_to()];
        Number::fill(self.width.round_to(digits), floor + i32::from(up), ten.try_into().unwrap(), |block| {
            block.round_to(self.view(), digits, rounding, &mut scratch)
        })
    }

    fn sub(&self, other: &Number) -> Number {
        let num = &self.num * BigInt::from(other.den.clone()) - &other.num * BigInt::from(self.den.clone());
        let mut scratch = vec![u64::MAX; self.width.scratch_add(other.width)];
        Number::fill(self.width.add(other.width), num, &self.den * &other.den, |block| {
            block.sub(self.view(), other.view(), &mut scratch)
        })
    }

    fn mul(&self, other: &Number) -> Number {
        Number::fill(self.width.mul(other.width), &self.num * &other.num, &self.den * &other.den, |block| {
            block.mul(self.view(), other.view())
        })
    }

    /// `None` for a zero divisor.
    fn div(&self, other: &Number) -> Option<Number> {
        let width = self.width.div(other.width);
        if other.num == BigInt::ZERO {
            let mut block = vec![u64::MAX; width.block_words()];
            let mut block = RationalMut::new(&mut block, width.num).unwrap();
            assert_eq!(block.div(self.view(), other.view()), Err(NumError::ZeroDenominator));
            assert!(block.view().is_zero());
            return None;
        }
        let sign = if other.num.sign() == Sign::Minus { -1 } else { 1 };
        let num = &self.num * BigInt::from(other.den.clone()) * sign;
        Some(Number::fill(width, num, &self.den * other.num.magnitude(), |block| {
            block.div(self.view(), other.view())
        }))
    }

    fn compare(&self, other: &Number) -> Ordering {
        let mut scratch = vec![u64::MAX; self.width.scratch_cmp(other.width)];
        let order = self.view().cmp(other.view(), &mut scratch).unwrap();
        let (left, right) =
            (&self.num * BigInt::from(other.den.clone()), &other.num * BigInt::from(self.den.clone()));
        assert_eq!(order, left.cmp(&right));
        order
    }

    fn check_rounding(&self) {
        let rounded = self.view().round(&mut vec![u64::MAX; self.width.scratch_round()]).unwrap();
        assert_nearest(&self.num, &self.den, rounded);
    }

    fn text(&self, scale: Option<u8>) -> String {
        let mut scratch = vec![u64::MAX; self.width.scratch_text()];
        let mut out = vec![0; self.width.text_bytes()];
        let written = write_exact(self.view(), scale, &mut scratch, &mut out).unwrap();
        assert_eq!(
            write_exact(self.view(), scale, &mut scratch, &mut vec![0; written - 1]),
            Err(NumError::Short)
        );
        String::from_utf8(out[..written].to_vec()).unwrap()
    }

    /// The expected text, by Euclid's algorithm.
    fn expected_text(&self) -> String {
        let (mut m, mut n) = (self.num.magnitude().clone(), self.den.clone());
        while n != BigUint::ZERO {
            (m, n) = (n.clone(), m % n);
        }
        let (num, den) = (&self.num / BigInt::from(m.clone()), &self.den / m);
        if den == BigUint::from(1u8) { num.to_string() } else { format!("{num}/{den}") }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn rounding_to_digits(a in input(), b in input(), digits in 0u8..=18, mode in 0u8..3) {
        let (a, b) = (Number::of(&a), Number::of(&b));
        let rounding = Rounding::from_u8(mode).unwrap();
        a.round_to(digits, rounding);
        a.mul(&b).round_to(digits, rounding);
        // Halves, exactly.
        let odd = Number::of(&Input::Decimal(i128::from(digits) * 10 + 5, 1));
        odd.round_to(0, rounding);
    }

    #[test]
    fn operations_are_exact(a in input(), b in input()) {
        let (a, b) = (Number::of(&a), Number::of(&b));
        for result in [Some(a.add(&b)), Some(a.sub(&b)), Some(a.mul(&b)), a.div(&b)].iter().flatten() {
            result.check_rounding();
        }
        a.compare(&b);
        prop_assert_eq!(a.sub(&a).view().sign(), 0);
    }

    #[test]
    fn formulas_are_exact(a in input(), b in input(), c in input(), d in input()) {
        let [a, b, c, d] = [a, b, c, d].map(|input| Number::of(&input));
        let left = a.mul(&b).sub(&c.mul(&d));
        left.check_rounding();
        prop_assert_eq!(left.compare(&left.add(&Number::of(&Input::Int(0)))), Ordering::Equal);
        if let Some(quotient) = left.div(&a.add(&d)) {
            quotient.check_rounding();
            quotient.compare(&b);
        }
    }

    #[test]
    fn signs_and_copies(a in input()) {
        let mut a = Number::of(&a);
        let copied = Number::fill(a.width, a.num.clone(), a.den.clone(), |block| block.copy(a.view()));
        prop_assert_eq!(copied.compare(&a), Ordering::Equal);
        prop_assert_eq!(a.view().negated().sign(), -a.view().sign());
        prop_assert_eq!(a.view().abs().sign(), a.view().sign().abs());
        let sign = a.view().sign();
        let width = a.width.num;
        RationalMut::new(&mut a.block, width).unwrap().neg();
        prop_assert_eq!(a.view().sign(), -sign);
        RationalMut::new(&mut a.block, width).unwrap().abs();
        prop_assert_eq!(a.view().sign(), sign.abs());
    }

    #[test]
    fn text_is_in_lowest_terms(a in wide(), a_scale in 0u8..=38, b in wide(), b_scale in 0u8..=38, f in finite_bits()) {
        let (a, b) = (Number::of(&Input::Decimal(a, a_scale)), Number::of(&Input::Decimal(b, b_scale)));
        for number in [Some(a.add(&b)), Some(a.mul(&b)), a.div(&b), Some(Number::of(&Input::Float(f)))].iter().flatten()
        {
            prop_assert_eq!(number.text(None), number.expected_text());
        }
        // A product of decimals is a decimal again.
        let product = a.mul(&b);
        let scale = a_scale + b_scale;
        if scale <= 38 {
            let text = product.text(Some(scale));
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            prop_assert_eq!(fraction.len(), usize::from(scale));
            let mantissa: BigInt = format!("{whole}{fraction}").parse().unwrap();
            prop_assert_eq!(mantissa, product.num.clone());
            prop_assert_eq!(text.starts_with('-'), product.num.sign() == Sign::Minus);
        }
    }

    /// Words that nobody wrote give a number or an error, never a panic; results never need more than promised.
    #[test]
    fn any_words(block in vec(word(), 0..9), num_words in 0usize..9, lens in proptest::option::of((0u64..6, 0u64..6))) {
        let mut block = block;
        if let (Some(first), Some((num, den))) = (block.first_mut(), lens) {
            *first = *first >> 63 << 63 | den << 32 | num;
        }
        if let Ok(a) = Rational::read(&block, num_words) {
            let mut target = vec![0; 40];
            let mut target = RationalMut::new(&mut target, 20).unwrap();
            prop_assert_eq!(target.add(a, a, &mut [0; 40]), Ok(()));
            prop_assert_eq!(target.mul(a, a), Ok(()));
            prop_assert_eq!(target.div(a, a), if a.is_zero() { Err(NumError::ZeroDenominator) } else { Ok(()) });
            a.round(&mut [0; 40]).unwrap();
        }
        if let Ok(block) = RationalMut::new(&mut block, num_words) {
            prop_assert!(!block.view().denominator().is_empty());
        }
    }

    /// Too little room anywhere is an error and leaves 0.
    #[test]
    fn too_little_room(a in input(), b in input(), num in 0usize..6, den in 0usize..4, scratch in 0usize..6) {
        let (a, b) = (Number::of(&a), Number::of(&b));
        let mut block = vec![u64::MAX; 1 + num + den];
        let mut block = RationalMut::new(&mut block, num).unwrap();
        let mut scratch = vec![0; scratch];
        let check = |result: Result<(), NumError>, block: &RationalMut<'_>| match result {
            Ok(()) => {}
            Err(error) => {
                assert!(matches!(error, NumError::Short | NumError::ZeroDenominator), "{error}");
                assert!(block.view().is_zero());
            }
        };
        check(block.add(a.view(), b.view(), &mut scratch), &block);
        check(block.mul(a.view(), b.view()), &block);
        check(block.div(a.view(), b.view()), &block);
        check(block.copy(a.view()), &block);
        check(block.set_int(i128::MIN), &block);
        check(block.set_decimal(i128::MIN, 38), &block);
        check(block.set_f64(f64::MAX.to_bits()), &block);
        check(block.set_f64(1), &block);
        let _ = a.view().cmp(b.view(), &mut scratch);
        let _ = a.view().round(&mut scratch);
        let _ = write_exact(a.view(), Some(2), &mut scratch, &mut [0; 8]);
    }
}

#[test]
fn what_people_see() {
    let decimal = |mantissa, scale| Number::of(&Input::Decimal(mantissa, scale));
    let int = |value| Number::of(&Input::Int(value));
    assert_eq!(decimal(1050, 2).text(None), "21/2");
    assert_eq!(decimal(1050, 2).text(Some(2)), "10.50");
    assert_eq!(decimal(-5, 3).text(Some(3)), "-0.005");
    assert_eq!(int(0).text(Some(2)), "0.00");
    assert_eq!(decimal(0, 4).text(None), "0");
    assert_eq!(int(2).div(&int(3)).unwrap().text(Some(2)), "2/3");
    assert_eq!(int(3).div(&int(-6)).unwrap().text(Some(1)), "-0.5");
    assert_eq!(int(3).div(&int(-6)).unwrap().text(None), "-1/2");
    assert_eq!(
        Number::of(&Input::Float(0.1f64.to_bits())).text(Some(2)),
        "3602879701896397/36028797018963968"
    );
}

/// A formula spelt in two ways rounds to one number, which it does not in binary64.
#[test]
fn one_number_however_it_is_spelt() {
    let (won, list) = (Number::of(&Input::Decimal(123_456, 2)), Number::of(&Input::Decimal(987_654, 2)));
    let one = Number::of(&Input::Int(1));
    let left = one.sub(&won.div(&list).unwrap());
    let right = list.sub(&won).div(&list).unwrap();
    assert_eq!(left.compare(&right), Ordering::Equal);
    assert_eq!(
        left.view().round(&mut vec![0; left.width.scratch_round()]),
        right.view().round(&mut vec![0; right.width.scratch_round()])
    );
}

/// Results that use the last word of their width and of the scratch.
#[test]
fn widths_are_used_up() {
    let least = Number::of(&Input::Int(i128::MIN));
    let twice = least.add(&least);
    assert_eq!(twice.view().numerator(), [0, 0, 1]);
    least.div(&Number::of(&Input::Int(3))).unwrap().check_rounding();
    Number::of(&Input::Int(3)).div(&least).unwrap().check_rounding();
    Number::of(&Input::Int(i128::MAX)).div(&Number::of(&Input::Int(i128::MIN + 1))).unwrap().check_rounding();
}

/// Sums and products of binary64 values keep the shortest words there are.
#[test]
fn common_twos_are_taken_out() {
    let float = |value: f64| Number::of(&Input::Float(value.to_bits()));
    let sum = float(0.75).add(&float(0.125)).sub(&float(1e-300)).add(&float(1e-300)).add(&float(0.125));
    assert_eq!((sum.view().numerator(), sum.view().denominator()), (&[1][..], &[1][..]));
    let product = float(2f64.powi(-1000)).mul(&float(3.0 * 2f64.powi(998)));
    assert_eq!((product.view().numerator(), product.view().denominator()), (&[3][..], &[4][..]));
}

#[test]
fn a_block_of_zeros_is_zero() {
    let number = Rational::read(&[0; 4], 2).unwrap();
    assert!(number.is_zero());
    assert_eq!(number.denominator(), [1]);
    assert_eq!(Rational::read(&[], 0).unwrap_err(), NumError::Short);
    assert_eq!(Rational::read(&[2, 1], 1).unwrap_err(), NumError::Corrupt);
    assert_eq!(Rational::read(&[1 << 32 | 1, 1, 0], 1).unwrap_err(), NumError::Corrupt);
    let mut block = [0; 4];
    assert_eq!(RationalMut::new(&mut block, 2).unwrap().set_decimal(1, 39), Err(NumError::Scale));
    assert_eq!(
        RationalMut::new(&mut block, 2).unwrap().set_f64(f64::NAN.to_bits()),
        Err(NumError::NotFinite)
    );
    assert_eq!(write_exact(number, Some(39), &mut [0; 20], &mut [0; 20]), Err(NumError::Scale));
}
