//! Units that follow from formulas, and those that a book may state.

use super::super::load_str;

const HEAD: &str = r#"
ripplemark: 1
book: {id: units, currency: USD}
teams: {t: T}
functions: "fn net(x) { x - 0.1 * x }"
tables:
  opps:
    entity: opp
    key: opp_id
    columns:
      opp_id: id
      amount: money
      euros: money[EUR]
      local: money[currency]
      fee: {type: decimal(3), unit: 'money[currency]'}
      currency: category
      plain: decimal(2)
      seats: {type: int, unit: seats}
      weight: {type: float, unit: kg^2}
      discount: {type: float, unit: share}
      stage: category
      opened: date
      closed: date
      began: timestamp
      ended: timestamp
  lines:
    columns: {opp_id: id, qty: int}
    lookups: {opp: {table: opps, columns: [{sum_of_opp: local}]}}
metrics:
"#;

/// The units of metrics, by the unit that a formula is stated in (empty: none) and the formula.
fn units(metrics: &[(&str, &str)]) -> Vec<String> {
    let mut text = HEAD.to_owned();
    for (at, (stated, formula)) in metrics.iter().enumerate() {
        let stated = if stated.is_empty() { String::new() } else { format!(", unit: '{stated}'") };
        text.push_str(&format!("  - {{name: m{at}, owner: t, of: opps, expr: '{formula}'{stated}}}\n"));
    }
    let loaded = load_str(&text, "units.yaml").unwrap_or_else(|refused| panic!("{refused}"));
    loaded.book.metrics.iter().map(crate::model::Metric::unit_text).collect()
}

#[test]
fn units_follow_from_formulas() {
    let cases = [
        ("sum(amount)", "money[USD]"),
        ("average(euros)", "money[EUR]"),
        ("count()", ""),
        ("sum(amount) / count()", "money[USD] / opp"),
        ("sum(amount) / sum(euros)", "money[USD] / money[EUR]"),
        ("sum(amount) / sum(amount)", ""),
        ("sum(local / fee)", ""),
        ("sum(plain)", ""),
        ("sum(plain) + sum(amount)", "money[USD]"),
        ("sum(plain) * sum(amount)", ""),
        ("sum(amount) - 5", "money[USD]"),
        ("sum(amount) / 1000 ?? 0", "money[USD]"),
        ("1000 / sum(seats)", "1 / seats"),
        ("min(sum(amount), 3.5)", "money[USD]"),
        ("clamp(sum(amount), 0, 10)", "money[USD]"),
        ("abs(round(-sum(amount), 2))", "money[USD]"),
        ("max(amount)", "money[USD]"),
        ("sum(amount) ** 2", "money[USD]^2"),
        ("sqrt(sum(weight))", "kg"),
        ("sqrt(sum(seats))", ""),
        ("ln(sum(seats))", ""),
        ("average(discount)", "share"),
        ("1 - average(discount)", "share"),
        ("100 * average(discount)", ""),
        ("sum(amount) * average(discount)", "money[USD]"),
        ("average(days_between(opened, closed))", "days"),
        ("average(closed - opened)", "days"),
        ("average(hours_between(began, ended))", "hours"),
        ("average(hours_between(began, ended) / 24)", ""),
        ("average(hours_between(began, ended)) / sum(seats)", "hours / seats"),
        ("sum(net(amount))", "money[USD]"),
        ("let a = sum(amount); let b = a / sum(seats); b", "money[USD] / seats"),
        ("if count() > 3 { sum(amount) } else { 0 }", "money[USD]"),
        ("count_if(local > 5 && seats in [1, 2]) * 2", ""),
        ("sum(if stage == \"Won\" { amount } else { 0 })", "money[USD]"),
        ("sum(if stage == \"Won\" { 100 } else { 0 })", ""),
        ("m0 / m2", "money[USD] / opp"),
        ("m3 * m2", "money[USD]"),
    ];
    let formulas: Vec<_> = cases.iter().map(|(formula, _)| ("", *formula)).collect();
    let wanted: Vec<_> = cases.iter().map(|(_, unit)| (*unit).to_owned()).collect();
    for ((found, wanted), case) in units(&formulas).iter().zip(&wanted).zip(&cases) {
        assert_eq!(found, wanted, "{}", case.0);
    }
}

#[test]
fn a_stated_unit_says_the_same_or_more() {
    let stated = [
        ("money", "sum(amount)"),
        ("win", "count()"),
        ("money per win", "m0 / m1"),
        ("money", "sum(amount) / count()"),
        ("money / opp", "average(amount)"),
        ("money / month", "sum(amount)"),
        ("share", "count() / count()"),
        ("%", "100 * count() / count()"),
        ("days", "average(hours_between(began, ended)) / 24"),
        ("calls per day", "sum(plain) / 5"),
        ("money", "m1 * m2"),
        ("money[EUR]", "sum(plain)"),
    ];
    let wanted = [
        "money[USD]",
        "win",
        "money[USD] / win",
        "money[USD]",
        "money[USD] / opp",
        "money[USD] / months",
        "share",
        "percent",
        "days",
        "calls / days",
        "money[USD]",
        "money[EUR]",
    ];
    assert_eq!(units(&stated), wanted);
}

#[test]
fn a_rate_of_things_is_a_share_and_goes_on_as_a_rate() {
    let metrics = [
        ("lead", "count()"),
        ("win", "count_if(stage == \"Won\")"),
        ("loss", "count_if(stage == \"Lost\")"),
        ("money / win", "sum(amount) / m1"),
        ("share", "m1 / m0"),
        ("share", "m2 / m0"),
        ("", "1 - m4 - m5"),
        ("money", "m0 * m4 * m3"),
        ("", "m4 / m5"),
    ];
    let wanted = ["lead", "win", "loss", "money[USD] / win", "share", "share", "share", "money[USD]", ""];
    assert_eq!(units(&metrics), wanted);
}

#[test]
fn a_column_seen_through_a_lookup_is_in_the_currency_that_stands_beside_it() {
    let text = format!("{HEAD}  - {{name: m, owner: t, of: lines, expr: count()}}\n");
    let book = load_str(&text, "units.yaml").unwrap_or_else(|refused| panic!("{refused}")).book;
    let unit = |name: &str| {
        let column = book.tables[1].columns.iter().find(|column| column.name == name).expect("column");
        column.unit.as_ref().map_or_else(String::new, ToString::to_string)
    };
    assert_eq!(unit("opp.local"), "money[opp.currency]");
    assert_eq!(unit("sum_of_opp"), "money[opp.currency]");
    assert_eq!((unit("opp.amount"), unit("qty")), ("money[USD]".to_owned(), String::new()));
}

/// What refuses a formula: its codes.
fn codes(formula: &str) -> Vec<&'static str> {
    let text = format!("{HEAD}  - {{name: m, owner: t, of: opps, expr: '{formula}'}}\n");
    match load_str(&text, "units.yaml") {
        Ok(_) => vec![],
        Err(refused) => refused.all().iter().map(|problem| problem.code).collect(),
    }
}

#[test]
fn what_cannot_be_added_is_refused_once_at_its_sign() {
    for formula in [
        "sum(amount) + sum(euros)",
        "sum(amount - euros)",
        "sum(amount) - count()",
        "if sum(amount) > count() { 1 } else { 0 }",
        "sum(amount) ?? sum(euros)",
        "max(sum(amount), sum(seats))",
        "sum(amount % seats)",
        "average(days_between(opened, closed)) + average(hours_between(began, ended))",
        "sum(net(amount) + euros)",
        "let a = sum(amount); a + a * a",
        "count_if(amount == euros)",
        "sum(if amount > 0 { amount } else { euros })",
        "sum(clamp(amount, 0, euros))",
    ] {
        assert_eq!(codes(formula), ["RM0260"], "{formula}");
    }
    for formula in [
        "sum(local)",
        "average(local)",
        "min(fee)",
        "sum(local + fee)",
        "sum(local * 2)",
        "sum(local * local / fee)",
    ] {
        assert_eq!(codes(formula), ["RM0261"], "{formula}");
    }
}
