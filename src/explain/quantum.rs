//! How finely a change is shown: fine enough to be read beside the numbers it leads from and to, and no finer.

use crate::book::currency_digits;
use crate::chain::{Quantum, to_f64};
use crate::show::currency;
use num_rational::BigRational;

/// Digits that are shown of the larger of the two numbers, where its unit does not say.
const DIGITS: i32 = 4;

/// The quantum for the difference of two exact numbers: whole where both are.
pub(crate) fn of_difference(unit: &str, numbers: [&BigRational; 2]) -> Quantum {
    if unit != "share" && numbers.iter().all(|number| number.is_integer()) {
        return Quantum::power_of_ten(0);
    }
    suited(unit, numbers.into_iter().filter_map(to_f64))
}

/// The quantum for a metric of a unit whose two values have these sizes.
pub(super) fn suited(unit: &str, sizes: impl Iterator<Item = f64>) -> Quantum {
    let largest = sizes.map(f64::abs).fold(0.0, f64::max);
    let magnitude = magnitude(largest);
    let exponent = match (unit, currency(unit)) {
        // A tenth of a percentage point, or finer for small shares.
        ("share", _) => magnitude.map_or(-3, |power| (power - 2).min(-3)),
        (_, Some(code)) => {
            let cents = -i32::from(currency_digits(&code).unwrap_or(2));
            // Cents are noise beside hundreds of thousands.
            if magnitude.is_none_or(|power| power < 5) { cents } else { 0 }
        }
        _ => magnitude.map_or(0, |power| (power + 1 - DIGITS).min(0)),
    };
    Quantum::power_of_ten(exponent.clamp(-18, 18) as i8)
}

/// The power of ten that a positive number begins with; found in its shortest decimal text, so that no rounding of a
/// logarithm decides it.
fn magnitude(number: f64) -> Option<i32> {
    if number <= 0.0 || !number.is_finite() {
        return None;
    }
    let text = format!("{number:e}");
    text.split_once('e').and_then(|(_, power)| power.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fine_enough_and_no_finer() {
        let of = |unit: &str, size: f64| suited(unit, std::iter::once(size));
        assert_eq!(of("money[USD]", 2_982_255.0), Quantum::power_of_ten(0));
        assert_eq!(of("money[USD]", 12.5), Quantum::power_of_ten(-2));
        assert_eq!(of("money[JPY] / win", 12.0), Quantum::power_of_ten(0));
        assert_eq!(of("money[JPY]", 12.0), Quantum::power_of_ten(0));
        assert_eq!(of("share", 0.63), Quantum::power_of_ten(-3));
        assert_eq!(of("share", 0.0042), Quantum::power_of_ten(-5));
        assert_eq!(of("days", 47.25), Quantum::power_of_ten(-2));
        assert_eq!(of("", 120_000.0), Quantum::power_of_ten(0));
        assert_eq!(of("", 0.0), Quantum::power_of_ten(0));
    }
}
