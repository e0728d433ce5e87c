//! Facet formulas: what they may be, and that no text makes the reader fail.

use super::super::{FacetMistake, FacetNames, FacetSymbol, facet_formula};
use crate::model::{ArithOp, CmpOp, Facet, FacetExpr, FacetKind, FacetName, MetricId};

struct Names;

impl FacetNames for Names {
    fn look_up(&self, name: &str) -> Result<FacetSymbol, FacetMistake> {
        let (name, kind, words) = match name {
            "rate.value" => (FacetName::Metric(MetricId(0), Facet::Value), FacetKind::Number, None),
            "rate.status" => {
                let words = vec!["red".to_owned(), "green".to_owned()];
                (FacetName::Metric(MetricId(0), Facet::Status), FacetKind::Text, Some(words))
            }
            "region" => (FacetName::Dimension(0), FacetKind::Text, None),
            _ => {
                let message = format!("no `{name}`");
                return Err(FacetMistake { code: None, message, hint: None });
            }
        };
        Ok(FacetSymbol { name, kind, words })
    }
}

fn condition(text: &str) -> Result<FacetExpr, Vec<&'static str>> {
    facet_formula(text, FacetKind::Bool, &Names)
        .map_err(|problems| problems.into_iter().map(|problem| problem.code).collect())
}

fn rate() -> Box<FacetExpr> {
    Box::new(FacetExpr::Name(FacetName::Metric(MetricId(0), Facet::Value)))
}

#[test]
fn conditions_become_trees() {
    let number = |mantissa, scale| Box::new(FacetExpr::Number { mantissa, scale });
    assert_eq!(condition("rate.value < 0.40"), Ok(FacetExpr::Compare(CmpOp::Lt, rate(), number(4, 1))));
    assert_eq!(
        condition("let low = rate.value / 2; low >= -1"),
        Ok(FacetExpr::Compare(
            CmpOp::Ge,
            Box::new(FacetExpr::Arith(ArithOp::Div, rate(), number(2, 0))),
            Box::new(FacetExpr::Number { mantissa: -1, scale: 0 })
        ))
    );
    assert_eq!(condition("rate.value == ()"), Ok(FacetExpr::IsNull(rate())));
    for text in [
        "region in [\"EMEA\", \"APAC\"] || rate.status != \"red\"",
        "if is_null(rate.value) { true } else { rate.value ?? 0 > 1 }",
        "max(rate.value, 1) + abs(-rate.value) > 2e-3",
    ] {
        assert!(condition(text).is_ok(), "{text}: {:?}", condition(text));
    }
}

#[test]
fn what_has_no_meaning_is_refused() {
    for (text, codes) in [
        ("rate.value", &["RM0217"][..]),
        ("rate.valeu < 1", &["RM0207"]),
        ("rate.value < \"a\"", &["RM0214"]),
        ("region < \"a\"", &["RM0214"]),
        ("rate.status == \"gren\"", &["RM0219"]),
        ("rate.status in [\"red\", \"gren\"]", &["RM0219"]),
        ("region in [1]", &["RM0214"]),
        ("region in [rate.value]", &["RM0227"]),
        ("rate.value % 2 > 1", &["RM0210"]),
        ("sum(rate.value) > 1", &["RM0208"]),
        ("abs() > 1", &["RM0209"]),
        ("rate.value > ()", &["RM0222"]),
        ("x > 1 && y > 1", &["RM0207", "RM0207"]),
        ("rate.value > 1.00000000000000000000000000000000000000001", &["RM0206"]),
        ("", &["RM0203"]),
        ("rate.value = 1", &["RM0205"]),
    ] {
        assert_eq!(condition(text).unwrap_err(), codes, "{text}");
    }
}

#[test]
fn long_and_deep_conditions_do_not_overflow_the_stack() {
    let small_stack = std::thread::Builder::new().stack_size(2 << 20);
    let run = || {
        for part in ["rate.value < 1 && ", "!", "(", "if rate.value < 1 { true } else ", "rate.value + ", "-"]
        {
            for times in [10, 100, 127, 1000] {
                let _ = condition(&format!("{}rate.value < 1", part.repeat(times)));
            }
        }
        let doubled = format!("let a = rate.value; {}a > 1", "let a = a + a; ".repeat(40));
        assert_eq!(condition(&doubled).unwrap_err(), ["RM0202"]);
    };
    small_stack.spawn(run).unwrap().join().unwrap();
}
