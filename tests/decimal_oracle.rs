//! Decimals in rows, and exact cells, against fractions of `num-rational`: rounding to digits, bounds, signs. Rhai has no
//! decimals, so these are not in the oracle of row formulas.
#![cfg(feature = "compile")]

mod support;

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;
use ripplemark::evaluate::Coordinate;
use serde_json::json;
use support::{Dice, batch, by, compile, evaluate};

fn fraction(mantissa: i128, scale: u32) -> BigRational {
    BigRational::new(mantissa.into(), BigInt::from(10).pow(scale))
}

/// Half away from zero: the magnitude plus a half, rounded down.
fn round(x: &BigRational, digits: u32) -> BigRational {
    let ten = BigRational::from(BigInt::from(10).pow(digits));
    let half = fraction(5, 1);
    let scaled = x * &ten;
    let whole = if scaled < fraction(0, 0) { -(-scaled + half).floor() } else { (scaled + half).floor() };
    whole / ten
}

type Expect = fn(&BigRational, &BigRational) -> BigRational;

/// Formulas over the decimals a (2 digits) and b (5 digits) of a row, and what they are.
const ROWS: &[(&str, Expect)] = &[
    ("round(a)", |a, _| round(a, 0)),
    ("round(a, 1)", |a, _| round(a, 1)),
    ("round(a, 4)", |a, _| a.clone()),
    ("floor(a)", |a, _| a.floor()),
    ("ceil(b)", |_, b| b.ceil()),
    ("round(a * b, 2)", |a, b| round(&(a * b), 2)),
    ("floor(a * b) + round(b, 3)", |a, b| (a * b).floor() + round(b, 3)),
    ("clamp(a, -10, 10.5)", |a, _| a.clone().max(fraction(-10, 0)).min(fraction(105, 1))),
    ("max(a, b, 0.005)", |a, b| a.clone().max(b.clone()).max(fraction(5, 3))),
    ("sign(b) * a", |a, b| b.signum() * a),
    ("switch a { 0 => 1, 1..100 => a, _ => round(b, 1) }", |a, b| {
        if *a == fraction(0, 0) {
            fraction(1, 0)
        } else if *a >= fraction(1, 0) && *a < fraction(100, 0) {
            a.clone()
        } else {
            round(b, 1)
        }
    }),
];

/// Formulas over the sums of both.
const CELLS: &[(&str, Expect)] = &[
    ("round(sum(a) / sum(b), 3)", |a, b| round(&(a / b), 3)),
    ("round(sum(a) / 8)", |a, _| round(&(a / fraction(8, 0)), 0)),
    ("floor(sum(a) / 7) + ceil(sum(b) / 7)", |a, b| {
        (a / fraction(7, 0)).floor() + (b / fraction(7, 0)).ceil()
    }),
    ("round(round(sum(a), 1) / 4, 18)", |a, _| round(&(round(a, 1) / fraction(4, 0)), 18)),
    ("clamp(sum(a), -1, 1) per 3", |a, _| {
        a.clone().max(fraction(-1, 0)).min(fraction(1, 0)) / fraction(3, 0)
    }),
    ("sign(sum(a)) * min(sum(a), sum(b), 2.5)", |a, b| {
        a.signum() * a.clone().min(b.clone()).min(fraction(25, 1))
    }),
];

/// A number as a result writes it: digits, or a fraction.
fn read(text: &str) -> BigRational {
    if let Some((top, bottom)) = text.split_once('/') {
        return BigRational::new(top.parse().unwrap(), bottom.parse().unwrap());
    }
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    let mantissa: BigInt = format!("{whole}{digits}").parse().unwrap();
    BigRational::new(mantissa, BigInt::from(10).pow(digits.len() as u32))
}

#[test]
fn decimals_and_cells_are_exact() {
    let rows = 400;
    let mut dice = Dice(0x6465_6369);
    let mut values = |edge: &[i128], spread: usize| -> Vec<i128> {
        let value = |dice: &mut Dice| match dice.below(4) {
            0 => edge[dice.below(edge.len())],
            1 => i128::from(dice.roll() as i64 / 4),
            _ => dice.below(2 * spread) as i128 - spread as i128,
        };
        (0..rows).map(|_| value(&mut dice)).collect()
    };
    let a = values(&[0, 5, -5, 15, 50, -50, 149, 150, 151, 10_000], 20_000);
    let b = values(&[1, -1, 50_000, 49_999, -50_000, 150_000, 5, 500], 2_000_000);
    let metrics = ROWS.iter().map(|(text, _)| format!("max({text})"));
    let metrics = metrics.chain(CELLS.iter().map(|(text, _)| (*text).to_owned()));
    let metrics: Vec<_> = metrics
        .enumerate()
        .map(|(n, text)| json!({"name": format!("m{n}"), "owner": "we", "of": "t", "expr": text}))
        .collect();
    let book = json!({
        "ripplemark": 1, "book": {"id": "oracle"}, "teams": {"we": "We"}, "metrics": metrics,
        "tables": {"t": {"columns": {"row": "int", "a": "decimal(2)", "b": "decimal(5)"}}},
    });
    let decimals = |values: &[i128], scale: i8| -> ArrayRef {
        let array = Decimal128Array::from_iter_values(values.iter().copied());
        Arc::new(array.with_precision_and_scale(38, scale).unwrap())
    };
    let batch = batch(vec![
        ("row", Arc::new(Int64Array::from_iter_values(0..rows as i64)) as ArrayRef),
        ("a", decimals(&a, 2)),
        ("b", decimals(&b, 5)),
    ]);
    let program = compile(&support::book(&book.to_string()), &by(&["row"]));
    let result = evaluate(&program, "t", &batch);
    assert_eq!(result.cells.len(), rows * (ROWS.len() + CELLS.len()));
    for cell in &result.cells {
        let [Coordinate::Int(row)] = cell.key[..] else { panic!("{cell:?}") };
        let (text, expect) = ROWS.iter().chain(CELLS).nth(cell.metric).unwrap();
        let (a, b) = (fraction(a[row as usize], 2), fraction(b[row as usize], 5));
        let exact = cell.exact.as_deref().unwrap_or_else(|| panic!("{text} of {a} and {b}: {cell:?}"));
        assert_eq!(read(exact), expect(&a, &b), "{text} of {a} and {b}");
    }
}
