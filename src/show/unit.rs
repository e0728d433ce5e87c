//! Units for the eye: the word behind a number, and the currency that decides its digits. Every view asks here.

use crate::model::{Base, Unit};

/// What stands behind a number: `USD` for `money[USD]`, `USD / win` for `money[USD] / win`, `%` for `percent`; nothing
/// for a share, whose number brings its `%` along. A text that is no unit stands for itself.
///
/// ```
/// use ripplemark::show::unit_word;
///
/// assert_eq!(unit_word("money[USD] / win"), "USD / win");
/// assert_eq!((unit_word("share").as_str(), unit_word("days").as_str()), ("", "days"));
/// ```
#[must_use]
pub fn unit_word(unit: &str) -> String {
    match unit {
        "" | "share" | "ratio" | "number" | "count" | "money" => return String::new(),
        "percent" => return "%".to_owned(),
        "points" => return "pp".to_owned(),
        _ => {}
    }
    let Ok(read) = Unit::parse(unit, None) else { return unit.to_owned() };
    let mut text = read.to_string();
    for (base, _) in read.factors() {
        if let Base::Money(code) | Base::MoneyBy(code) = base
            && !code.is_empty()
        {
            text = text.replace(&base.to_string(), code);
        }
    }
    text
}

/// The currency of money, alone or by something; empty where the book names none, `None` for other units.
#[must_use]
pub fn currency(unit: &str) -> Option<String> {
    // Most units are short words that need no reading.
    unit.contains("money")
        .then(|| Unit::parse(unit, None).ok())?
        .and_then(|unit| unit.currency().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_currencies() {
        for (unit, word) in [
            ("", ""),
            ("share", ""),
            ("money", ""),
            ("percent", "%"),
            ("points", "pp"),
            ("money[USD]", "USD"),
            ("money[USD] / win", "USD / win"),
            ("win / money[JPY]", "win / JPY"),
            ("money[USD] / money[EUR]", "USD / EUR"),
            ("hours / opp", "hours / opp"),
            ("win^2", "win^2"),
            ("not a (unit", "not a (unit"),
        ] {
            assert_eq!(unit_word(unit), word, "{unit}");
        }
        assert_eq!(currency("money[JPY] / win").as_deref(), Some("JPY"));
        assert_eq!(currency("money").as_deref(), Some(""));
        assert_eq!((currency("win / money[JPY]"), currency("days"), currency("money[")), (None, None, None));
    }
}
