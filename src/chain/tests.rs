//! Closed forms, laws that contributions obey, limits.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)] // A test that panics says so.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use proptest::prelude::*;

use super::*;

fn q(num: i64, den: i64) -> BigRational {
    BigRational::new(num.into(), den.into())
}

fn whole(number: i64) -> BigRational {
    q(number, 1)
}

fn some(numbers: &[BigRational]) -> Vec<Option<BigRational>> {
    numbers.iter().cloned().map(Some).collect()
}

fn shares(formula: &Formula, before: &[BigRational], after: &[BigRational]) -> Vec<BigRational> {
    let split = decompose(formula, &some(before), &some(after)).unwrap();
    split.shares.into_iter().map(|share| share.exact).collect()
}

fn leaf(at: usize) -> Formula {
    Formula::leaf(at)
}

fn sum_of(leaves: std::ops::Range<usize>) -> Formula {
    leaves.map(leaf).reduce(|a, b| a + b).unwrap()
}

#[test]
fn a_ratio_has_its_closed_form() {
    let (a0, a1, b0, b1) = (q(3, 2), q(-7, 5), q(11, 3), q(2, 9));
    let found = shares(&(leaf(0) / leaf(1)), &[a0.clone(), b0.clone()], &[a1.clone(), b1.clone()]);
    let two = whole(2);
    assert_eq!(found[0], (&a1 - &a0) * (b0.recip() + b1.recip()) / &two);
    assert_eq!(found[1], (a0 + a1) / two * (b1.recip() - b0.recip()));
}

#[test]
fn a_product_of_three_has_its_closed_form() {
    let (before, after) = ([whole(2), q(1, 3), whole(-5)], [whole(0), q(3, 4), whole(8)]);
    let found = shares(&(leaf(0) * leaf(1) * leaf(2)), &before, &after);
    for i in 0..3 {
        let (j, k) = ((i + 1) % 3, (i + 2) % 3);
        // Both others before, both after: a third each; one of them moved: a sixth each.
        let others = (&before[j] * &before[k] + &after[j] * &after[k]) / whole(3)
            + (&after[j] * &before[k] + &before[j] * &after[k]) / whole(6);
        assert_eq!(found[i], (&after[i] - &before[i]) * others);
    }
}

#[test]
fn a_driver_missing_on_one_side_takes_the_other() {
    let product = leaf(0) * leaf(1);
    let found = decompose(&product, &[Some(whole(0)), None], &[Some(whole(4)), Some(whole(5))]).unwrap();
    assert_eq!((found.before, found.after), (whole(0), whole(20)));
    assert_eq!(found.shares[0], Share { leaves: vec![0], exact: whole(20), filled: false });
    assert_eq!(found.shares[1], Share { leaves: vec![1], exact: whole(0), filled: true });
    let missing = decompose(&(product * leaf(2)), &[None, None, None], &[None, Some(whole(1)), None]);
    assert_eq!(missing, Err(ChainError::Undefined { leaves: vec![0, 2] }));
    assert_eq!(missing.unwrap_err().reasons().to_string(), "empty");
}

/// won / (won + lost): 0 of 4 before, 3 of 3 after. Were `lost` to move first, nothing would be closed.
#[test]
fn drivers_that_cannot_move_alone_move_together() {
    let rate = leaf(1) / (leaf(1) + leaf(2));
    let revenue = leaf(0) * rate.clone() * leaf(3);
    let before = [whole(4), whole(0), whole(4), whole(10)];
    let after = [whole(3), whole(3), whole(0), whole(20)];
    let found = decompose(&revenue, &some(&before), &some(&after)).unwrap();
    let leaves: Vec<_> = found.shares.iter().map(|share| share.leaves.clone()).collect();
    assert_eq!(leaves, [vec![0], vec![1, 2], vec![3]]);
    // As if the rate were one driver.
    let single = shares(
        &(leaf(0) * leaf(1) * leaf(2)),
        &[whole(4), whole(0), whole(10)],
        &[whole(3), whole(1), whole(20)],
    );
    assert_eq!(found.shares.iter().map(|share| share.exact.clone()).collect::<Vec<_>>(), single);
    // It does not matter in which way a formula is split into terms, nor where the denominator stands.
    let sum = revenue.clone() + leaf(2) * leaf(3);
    let other = leaf(3) * (leaf(2) + leaf(0) * rate);
    assert_eq!(
        decompose(&sum, &some(&before), &some(&after)),
        decompose(&other, &some(&before), &some(&after))
    );
    // Both denominators fail, and share `lost`: all three are one.
    let chained = leaf(0) / (leaf(0) + leaf(2)) + leaf(1) / (leaf(1) + leaf(2));
    let found =
        decompose(&chained, &some(&[whole(0), whole(0), whole(4)]), &some(&[whole(2), whole(3), whole(0)]));
    assert_eq!(found.unwrap().shares, [Share { leaves: vec![0, 1, 2], exact: whole(2), filled: false }]);
}

#[test]
fn division_by_zero_in_a_state_says_in_which() {
    let ratio = leaf(0) / leaf(1);
    let at = |b0, b1| decompose(&ratio, &some(&[whole(1), whole(b0)]), &some(&[whole(2), whole(b1)]));
    let sides = |sides: &[Side]| Err(ChainError::ZeroDenominator { sides: sides.to_vec() });
    assert_eq!(at(0, 1), sides(&[Side::Before]));
    assert_eq!(at(1, 0), sides(&[Side::After]));
    assert_eq!(at(0, 0), sides(&[Side::Before, Side::After]));
    assert_eq!(at(0, 1).unwrap_err().to_string(), "division by zero before the change");
    // Nobody asks for what a product with 0 would hide.
    let hidden = Formula::number(whole(0)) * ratio;
    assert!(decompose(&hidden, &some(&[whole(1), whole(0)]), &some(&[whole(1), whole(0)])).is_err());
}

#[test]
fn what_the_formula_does_not_account_for_is_unexplained() {
    let (before, after) = (some(&[whole(10), whole(3)]), some(&[whole(12), whole(3)]));
    let measured = (whole(30), q(73, 2));
    let cents = Quantum::power_of_ten(-2);
    let found =
        explain(&(leaf(0) * leaf(1)), &before, &after, Some((&measured.0, &measured.1)), cents).unwrap();
    assert_eq!(found.unexplained.exact, q(1, 2));
    assert_eq!(found.unexplained.leaves, Vec::<usize>::new());
    assert_eq!((found.unexplained.shown.as_str(), found.change.shown.as_str()), ("0.50", "6.50"));
    assert_eq!(found.contributions[0].shown, "6.00");
}

#[test]
fn groups_are_sums_of_what_is_printed() {
    let third = |n: i64| q(n, 3);
    let found = explain(
        &sum_of(0..4),
        &some(&[whole(0), whole(0), whole(0), whole(0)]),
        &some(&[third(1), third(1), third(1), third(2)]),
        None,
        Quantum::power_of_ten(0),
    )
    .unwrap();
    let printed: Vec<&str> = found.contributions.iter().map(|part| part.shown.as_str()).collect();
    assert_eq!(printed, ["1", "0", "0", "1"]);
    let by = found.by(|part| part.leaves.first().map(|leaf| leaf % 2));
    let shown: Vec<_> =
        by.iter().map(|(key, part)| (*key, part.shown.as_str(), part.exact.clone())).collect();
    assert_eq!(
        shown,
        [(None, "0", whole(0)), (Some(0), "1", third(2)), (Some(1), "1", whole(1))],
        "owners get what their leaves show"
    );
    assert_eq!(found.change.shown, "2");
    assert_eq!(by[&Some(1)].leaves, [1, 3]);
}

#[test]
fn sixteen_drivers_in_a_term_are_the_most() {
    // (a + … + h) / (i + … + p): one term for each numerator, nine drivers in each.
    let ratio = sum_of(0..8) / sum_of(8..16);
    let before: Vec<_> = (1..=16).map(whole).collect();
    let after: Vec<_> = (1..=16).map(|n| whole(n * n + 1)).collect();
    let found = shares(&ratio, &before, &after);
    let value = |state: &[BigRational]| ratio.evaluate(state).unwrap();
    assert_eq!(found.iter().sum::<BigRational>(), value(&after) - value(&before));

    // A sum of products may have any number.
    let many = 2_000;
    let sum = (0..many).map(|at| leaf(at) * leaf(many)).reduce(|a, b| a + b).unwrap();
    let (before, after) = (vec![whole(1); many + 1], vec![whole(3); many + 1]);
    let found = shares(&sum, &before, &after);
    assert_eq!(found[0], whole(4));
    assert_eq!(found[many], whole(4 * many as i64));

    let product = |n| (0..n).map(leaf).reduce(|a, b| a * b).unwrap();
    let states = |n| (vec![Some(whole(1)); n], vec![Some(whole(2)); n]);
    let (before, after) = states(17);
    let error = decompose(&product(17), &before, &after).unwrap_err();
    assert_eq!(error, ChainError::TooManyLeaves { leaves: (0..17).collect() });
    assert!(error.to_string().starts_with("17 drivers moved in one term, at most 16"), "{error}");
    assert_eq!(error.describe(|at| format!("m{at}")).matches(", m").count(), 16);
    // What did not move does not count.
    let mut same = after.clone();
    same[3] = before[3].clone();
    let found = decompose(&product(17), &before, &same).unwrap();
    assert_eq!(found.shares[3].exact, whole(0));
    assert_eq!(found.shares[0].exact, q((1 << 16) - 1, 16));
    let (before, after) = states(18);
    let long = Formula::number(whole(1)) / sum_of(0..17);
    assert!(matches!(decompose(&long, &before, &after), Err(ChainError::TooManyLeaves { .. })));
}

#[test]
fn fractions_beyond_the_limit_are_refused() {
    let (three, huge) = (whole(3), BigRational::from_integer(BigInt::one() << 131_071));
    let inverse = Formula::number(whole(1)) / leaf(0);
    let found = decompose(&inverse, &some(&[three]), &some(&[huge]));
    assert_eq!(found, Err(ChainError::TooWide));
}

#[test]
fn formulas_of_any_depth_and_shape_are_taken() {
    let deep = 30_000;
    let mut steps = vec![Step::Leaf(0)];
    steps.extend(std::iter::repeat_n(Step::Neg, deep));
    for _ in 0..deep {
        steps.extend([Step::Leaf(1), Step::Add]);
    }
    let formula = Formula::from_steps(steps).unwrap();
    let found = shares(&formula, &[whole(0), whole(0)], &[whole(1), whole(1)]);
    assert_eq!(found, [whole(1), whole(deep as i64)]);

    for steps in [vec![], vec![Step::Add], vec![Step::Leaf(0), Step::Leaf(1)], vec![Step::Leaf(0), Step::Mul]]
    {
        assert_eq!(Formula::from_steps(steps), Err(ChainError::Malformed));
    }
    assert_eq!(leaf(2).evaluate(&[whole(1)]), Err(ChainError::UnknownLeaf { leaf: 2 }));
    assert_eq!(decompose(&leaf(2), &[None], &[None]), Err(ChainError::UnknownLeaf { leaf: 2 }));
    // Products of sums whose products would be too many are enumerated as they are.
    let power = (0..6).map(|_| sum_of(0..6)).reduce(|a, b| a * b).unwrap();
    let found = shares(&power, &vec![whole(1); 6], &vec![whole(2); 6]);
    assert_eq!(found, vec![whole((12i64.pow(6) - 6i64.pow(6)) / 6); 6]);
}

#[test]
fn steps_and_operators_make_the_same_formula() {
    let built = -(leaf(0) - leaf(1)) / (leaf(2) * Formula::number(q(1, 2)) + leaf(0));
    assert_eq!(Formula::from_steps(built.steps().to_vec()), Ok(built.clone()));
    assert_eq!(built.leaves().into_iter().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(built.evaluate(&[whole(5), whole(1), whole(6)]), Ok(q(-1, 2)));
}

#[test]
fn shown_text() {
    let text = |exponent, units: i64| Quantum::power_of_ten(exponent).text(&units.into());
    assert_eq!(text(-2, -123_450), "-1234.50");
    assert_eq!(text(-2, 5), "0.05");
    assert_eq!(text(-2, -5), "-0.05");
    assert_eq!(text(-2, 0), "0.00");
    assert_eq!(text(3, -12), "-12000");
    assert_eq!(text(3, 0), "0");
    assert_eq!(text(0, 7), "7");
    assert_eq!(text(127, 1).len(), 128);
    assert_eq!(text(-128, 1).len(), 130);
}

#[test]
fn a_sum_that_cannot_be_reached_is_refused() {
    let whole_numbers = Quantum::power_of_ten(0);
    let parts = [q(3, 2), q(3, 2)];
    let shown = |total: i64| whole_numbers.share_out(&parts, &total.into());
    assert_eq!(shown(3), Some(vec![2.into(), 1.into()]));
    assert_eq!(shown(4), Some(vec![2.into(), 2.into()]));
    assert_eq!(shown(5), None);
    assert_eq!(shown(1), None);
    assert_eq!(whole_numbers.largest_remainder(&[]), Vec::<BigInt>::new());
}

#[test]
fn doubles_at_the_edges() {
    let power = |exponent: i32| {
        let size = BigInt::one() << exponent.unsigned_abs();
        if exponent < 0 { BigRational::new(BigInt::one(), size) } else { BigRational::from_integer(size) }
    };
    assert_eq!(to_f64(&power(-1074)), Some(f64::from_bits(1)));
    assert_eq!(to_f64(&power(-1075)), Some(0.0));
    assert_eq!(to_f64(&-power(-1076)).map(f64::to_bits), Some(0));
    assert_eq!(to_f64(&power(1023)), Some(2f64.powi(1023)));
    assert_eq!(to_f64(&power(1024)), None);
    assert_eq!(to_f64(&(power(1024) - power(970))), None);
    assert_eq!(to_f64(&(power(1024) - power(970) - whole(1))), Some(f64::MAX));
    assert_eq!(to_f64(&BigRational::zero()).map(f64::to_bits), Some(0));
    assert_eq!(to_f64(&(power(53) + whole(1))), Some(2f64.powi(53)));
    assert_eq!(to_f64(&(power(53) + whole(3))), Some(2f64.powi(53) + 4.0));
}

fn parts(numerator: i64, denominator: i64) -> Option<Parts> {
    Some(Parts { numerator: whole(numerator), denominator: whole(denominator) })
}

#[test]
fn a_segment_in_one_state_only_is_all_mix() {
    let split = mix_and_rate(&[
        Segment { before: parts(1, 2), after: parts(1, 2) },
        Segment { before: None, after: parts(2, 2) },
    ])
    .unwrap();
    assert_eq!((&split.before, &split.after), (&q(1, 2), &q(3, 4)));
    assert_eq!(split.rate(), whole(0));
    assert_eq!(split.mix(), q(1, 4));
    assert!(split.effects[1].filled && !split.effects[0].filled && !split.simpson);
    assert!(split.unexplained.is_zero());
    let gone = mix_and_rate(&[Segment { before: parts(1, 2), after: None }]);
    assert_eq!(gone, Err(ChainError::ZeroDenominator { sides: vec![Side::After] }));
    assert_eq!(
        mix_and_rate(&[]),
        Err(ChainError::ZeroDenominator { sides: vec![Side::Before, Side::After] })
    );
    // A numerator above nothing belongs to no segment's weight and to no ratio.
    let split = mix_and_rate(&[
        Segment { before: parts(1, 2), after: parts(1, 2) },
        Segment { before: parts(0, 0), after: parts(1, 0) },
    ]);
    assert_eq!(split.unwrap().unexplained, q(1, 2));
}

fn number() -> impl Strategy<Value = BigRational> {
    prop_oneof![
        1 => Just(BigRational::zero()),
        4 => (-5i64..=5).prop_map(whole),
        3 => (-10_000i64..10_000, 1i64..100).prop_map(|(n, d)| q(n, d)),
    ]
}

fn state() -> impl Strategy<Value = Vec<BigRational>> {
    prop::collection::vec(number(), 5)
}

/// Formulas over leaves 0 to 4, in which some divide.
fn formula() -> impl Strategy<Value = Formula> {
    let leaf = prop_oneof![5 => (0usize..5).prop_map(Formula::leaf), 1 => number().prop_map(Formula::number)];
    leaf.prop_recursive(5, 24, 2, |inner| {
        (inner.clone(), inner, 0..8).prop_map(|(a, b, operator)| match operator {
            0 | 1 => a + b,
            2 => a - b,
            3..=5 => a * b,
            6 => a / b,
            _ => -a,
        })
    })
}

/// A formula in which a leaf is called otherwise.
fn renamed(formula: &Formula, name: impl Fn(usize) -> usize) -> Formula {
    let step = |step: &Step| if let Step::Leaf(leaf) = step { Step::Leaf(name(*leaf)) } else { step.clone() };
    Formula::from_steps(formula.steps().iter().map(step).collect()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn contributions_add_up(f in formula(), before in state(), after in state()) {
        let ends = (f.evaluate(&before), f.evaluate(&after));
        match decompose(&f, &some(&before), &some(&after)) {
            Ok(split) => {
                let sum: BigRational = split.shares.iter().map(|share| &share.exact).sum();
                prop_assert_eq!(sum, &split.after - &split.before);
                prop_assert_eq!(ends, (Ok(split.before), Ok(split.after)));
                let mut leaves: Vec<usize> = split.shares.into_iter().flat_map(|share| share.leaves).collect();
                leaves.sort_unstable();
                prop_assert_eq!(leaves, (0..5).collect::<Vec<_>>());
            }
            Err(error) => {
                let expected = matches!(error, ChainError::ZeroDenominator { .. });
                prop_assert!(expected, "{}", error);
                prop_assert!(ends.0.is_err() || ends.1.is_err());
            }
        }
    }

    #[test]
    fn names_do_not_matter(f in formula(), before in state(), after in state()) {
        // Leaf i becomes leaf 4 − i: contributions follow.
        let turned = |state: &[BigRational]| state.iter().rev().cloned().map(Some).collect::<Vec<_>>();
        let own = decompose(&f, &some(&before), &some(&after));
        let other = decompose(&renamed(&f, |leaf| 4 - leaf), &turned(&before), &turned(&after));
        prop_assert_eq!(own.is_ok(), other.is_ok());
        if let (Ok(own), Ok(other)) = (own, other) {
            for share in own.shares {
                let leaves: Vec<usize> = share.leaves.iter().rev().map(|leaf| 4 - leaf).collect();
                let same = Share { leaves, ..share };
                prop_assert!(other.shares.contains(&same), "{:?}", same);
            }
        }
    }

    #[test]
    fn equals_in_the_formula_contribute_equally(f in formula(), before in state(), after in state()) {
        // f(x, y) + f(y, x) with equal states of x and y.
        let even = |state: &[BigRational]| {
            let mut state = state.to_vec();
            state[1] = state[0].clone();
            some(&state)
        };
        let swapped = renamed(&f, |leaf| if leaf < 2 { 1 - leaf } else { leaf });
        if let Ok(split) = decompose(&(f + swapped), &even(&before), &even(&after))
            && let [x, y, ..] = split.shares.as_slice()
            && (x.leaves.len(), y.leaves.len()) == (1, 1)
            && y.leaves == [1]
        {
            prop_assert_eq!(&x.exact, &y.exact);
        }
    }

    #[test]
    fn who_does_not_move_or_matter_contributes_nothing(f in formula(), before in state(), after in state()) {
        let mut after = after;
        after[1] = before[1].clone();
        // The formula no longer has leaf 2.
        let f = renamed(&f, |leaf| if leaf == 2 { 0 } else { leaf });
        if let Ok(split) = decompose(&f, &some(&before), &some(&after)) {
            for share in split.shares.iter().filter(|share| share.leaves == [1] || share.leaves == [2]) {
                prop_assert!(share.exact.is_zero());
            }
            prop_assert!(split.shares.iter().all(|share| share.leaves.len() == 1 || !share.leaves.contains(&1)));
        }
    }

    #[test]
    fn contributions_are_linear(f in formula(), g in formula(), k in number(), before in state(), after in state()) {
        let sum = f.clone() * Formula::number(k.clone()) - g.clone();
        let all = [f, g, sum].map(|formula| decompose(&formula, &some(&before), &some(&after)));
        let [Ok(f), Ok(g), Ok(sum)] = all else { return Ok(()) };
        // Joined players are those of all denominators: compare where there are none.
        if sum.shares.len() == 5 && f.shares.len() == 5 && g.shares.len() == 5 {
            for leaf in 0..5 {
                let expected = &f.shares[leaf].exact * &k - &g.shares[leaf].exact;
                prop_assert_eq!(&sum.shares[leaf].exact, &expected);
            }
        }
    }

    #[test]
    fn what_is_shown_adds_up_and_is_near(
        parts in prop::collection::vec(number(), 0..12),
        exponent in -3i8..4,
    ) {
        let quantum = Quantum::power_of_ten(exponent);
        let shown = quantum.largest_remainder(&parts);
        let total: BigRational = parts.iter().sum();
        prop_assert_eq!(shown.iter().sum::<BigInt>(), quantum.nearest(&total));
        for (units, part) in shown.iter().zip(&parts) {
            let error = quantum.value() * units - part;
            prop_assert!(error < quantum.value() && -error < quantum.value());
        }
        let half = quantum.value() / whole(2);
        let error = quantum.value() * quantum.nearest(&total) - total;
        prop_assert!(error <= half && -error <= half);
    }

    #[test]
    fn mix_and_rate_add_up(rows in prop::collection::vec(prop::array::uniform4(number()), 1..6)) {
        let parts = |n: &BigRational, d: &BigRational| Some(Parts { numerator: n.clone(), denominator: d.clone() });
        let segments: Vec<Segment> = rows
            .iter()
            .map(|[a, b, c, d]| Segment { before: parts(a, b), after: parts(c, d) })
            .collect();
        if let Ok(split) = mix_and_rate(&segments) {
            prop_assert_eq!(split.mix() + split.rate() + &split.unexplained, &split.after - &split.before);
            let above_nothing = |n: &BigRational, d: &BigRational| d.is_zero() && !n.is_zero();
            if !rows.iter().any(|[a, b, c, d]| above_nothing(a, b) || above_nothing(c, d)) {
                prop_assert!(split.unexplained.is_zero());
            }
        }
    }
}
