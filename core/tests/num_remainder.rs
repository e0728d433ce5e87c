//! The remainder of doubles against an implementation that is not ours.

use proptest::prelude::*;
use ripplemark_core::num::remainder::of_f64;

fn check(x: f64, y: f64) {
    let own = of_f64(x.to_bits(), y.to_bits());
    if y == 0.0 || !x.is_finite() || !y.is_finite() {
        assert_eq!(own, None, "{x:e} % {y:e}");
    } else {
        assert_eq!(own, Some((x % y).to_bits()), "{x:e} % {y:e}");
    }
}

#[test]
fn edges() {
    let values = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        5.5,
        7.0,
        1e300,
        1e-300,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        -5e-324,
        1.5e-323,
        f64::INFINITY,
        f64::NAN,
        9_007_199_254_740_993.0,
        2.0_f64.powi(1023),
        3.0 * 5e-324,
    ];
    for x in values {
        for y in values {
            check(x, y);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_two(x: u64, y: u64) {
        check(f64::from_bits(x), f64::from_bits(y));
    }

    #[test]
    fn close_exponents(x: u64, y: u64, exponent in 0_u64..2046, away in 0_u64..70) {
        let fraction = (1 << 52) - 1;
        let x = f64::from_bits(x & fraction | (exponent + away).min(2046) << 52);
        check(x, f64::from_bits(y & fraction | exponent << 52));
    }
}
