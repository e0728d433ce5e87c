//! Units of random formulas, against Python: it measures by what a result is multiplied if dollars are told in cents
//! (`tests/units_oracle.py` made formulas and answers), and knows no rule of units.
#![cfg(feature = "compile")]

mod support;

use std::collections::BTreeMap;

use ripplemark::book::load_str;
use ripplemark::model::{Base, Unit};
use serde_json::{Value, json};
use support::{book, tests_path};

fn cases() -> Vec<(String, Option<BTreeMap<String, i64>>)> {
    let text = std::fs::read_to_string(tests_path("data/units.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let unit = |case: &Value| {
        let powers = case["unit"].as_object()?;
        Some(powers.iter().map(|(base, power)| (base.clone(), power.as_i64().unwrap())).collect())
    };
    cases.iter().map(|case| (case["formula"].as_str().unwrap().to_owned(), unit(case))).collect()
}

fn text(formulas: &[&str]) -> String {
    let metrics: Vec<Value> = (formulas.iter().enumerate())
        .map(|(n, formula)| json!({"name": format!("m{n}"), "owner": "we", "of": "t", "expr": formula}))
        .collect();
    let units = [
        ("price", "money"),
        ("cost", "money[USD]"),
        ("preis", "money[EUR]"),
        ("kosten", "money[EUR]"),
        ("weight", "kg"),
        ("load", "kg"),
        ("seats", "seats"),
        ("chairs", "seats"),
        ("tariff", "money per kg"),
        ("area", "kg^2 / seats"),
        ("part", "number"),
    ];
    let columns: serde_json::Map<String, Value> = (units.iter())
        .map(|(name, unit)| ((*name).to_owned(), json!({"type": "float", "unit": unit})))
        .collect();
    json!({
        "ripplemark": 1, "book": {"id": "units", "currency": "USD"}, "teams": {"we": "We"}, "metrics": metrics,
        "tables": {"t": {"entity": "row", "columns": columns}},
    })
    .to_string()
}

/// What was measured: rows cannot be told in another unit.
fn powers(unit: Option<&Unit>) -> BTreeMap<String, i64> {
    let factors = unit.map(Unit::factors).unwrap_or_default().iter();
    let told = factors.filter(|(base, _)| !matches!(base, Base::Counted(_)));
    told.map(|(base, power)| (base.to_string(), i64::from(*power))).collect()
}

#[test]
fn formulas_that_rescale_have_the_unit_by_which_they_do() {
    let cases = cases();
    let sound: Vec<_> =
        cases.iter().filter_map(|(text, unit)| Some((text.as_str(), unit.as_ref()?))).collect();
    assert!(sound.len() > 1000);
    let book = book(&text(&sound.iter().map(|(text, _)| *text).collect::<Vec<_>>()));
    for (metric, (text, wanted)) in book.metrics.iter().zip(&sound) {
        assert_eq!(&powers(metric.unit.as_ref()), *wanted, "{text} has {:?}", metric.unit_text());
    }
}

#[test]
fn formulas_that_do_not_rescale_are_refused() {
    let cases = cases();
    let refused: Vec<_> = cases.iter().filter(|(_, unit)| unit.is_none()).collect();
    assert!(refused.len() > 200);
    for (formula, _) in refused {
        let problems = load_str(&text(&[formula]), "units.json").err();
        let problems = problems.unwrap_or_else(|| panic!("{formula} was accepted"));
        assert!(problems.all().iter().all(|problem| problem.code == "RM0260"), "{formula}\n{problems}");
    }
}
