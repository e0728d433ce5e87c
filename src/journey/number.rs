//! Fractions as counts.

use num_rational::BigRational;
use num_traits::ToPrimitive;

/// A count; `None` for what is none.
pub(super) fn count(number: &BigRational) -> Option<u64> {
    if number.is_integer() { number.numer().to_u64() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_that_are_not_negative() {
        let fraction = |a: i64, b: i64| BigRational::new(a.into(), b.into());
        assert_eq!(
            (count(&fraction(6, 2)), count(&fraction(1, 2)), count(&fraction(-1, 1))),
            (Some(3), None, None)
        );
    }
}
