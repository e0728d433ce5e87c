//! Columns of durations in every spelling, and what aggregates of them are: hours, exactly.
#![cfg(feature = "compile")]

mod support;

use arrow::array::{
    ArrayRef, DictionaryArray, DurationMicrosecondArray, DurationMillisecondArray, DurationNanosecondArray,
    DurationSecondArray, Float64Array, Int32Array, Int64Array, StringArray,
};
use arrow::datatypes::Int32Type;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use ripplemark::evaluate::Coordinate;
use ripplemark::model::Query;
use ripplemark::{Evaluation, Program, ResultSet};
use std::sync::Arc;
use support::{Dice, batch, by, compile, fed};

fn book(column: &str) -> String {
    format!(
        "ripplemark: 1
book: {{id: durations}}
teams: {{we: We}}
tables: {{t: {{columns: {{row: int, d: {column}}}}}}}
metrics:
  - {{name: total, owner: we, agg: sum, expr: d}}
  - {{name: mean, owner: we, expr: average(d)}}
  - {{name: least, owner: we, expr: min(d)}}
  - {{name: most, owner: we, expr: max(d)}}
  - {{name: known, owner: we, expr: count(d)}}
  - {{name: long, owner: we, expr: 'count_if(d > hours(1) + minutes(30))'}}
  - {{name: halves, owner: we, expr: 'sum(d / minutes(30))'}}
  - {{name: clamped, owner: we, expr: 'max(min(abs(d), hours(2)))'}}
"
    )
}

fn read(column: &str, values: ArrayRef, query: &Query) -> ResultSet {
    let program = Program::from_bytes(compile(&support::book(&book(column)), query).bytes()).unwrap();
    let rows: ArrayRef = Arc::new(Int64Array::from_iter_values(0..values.len() as i64));
    fed(&program, "t", &[batch(vec![("row", rows), ("d", values)])]).finish().unwrap()
}

/// The microseconds that each row was read as; `None` where it has no value.
fn micros(column: &str, values: ArrayRef) -> (Vec<Option<i64>>, u64) {
    let result = read(column, values, &by(&["row"]));
    let mut found = vec![None; result.metric("total").count()];
    for cell in result.metric("total") {
        let [Coordinate::Int(row)] = cell.key[..] else { panic!("{cell:?}") };
        found[row as usize] = cell.exact.as_ref().map(|exact| {
            let hours = exact.parse::<BigRational>().unwrap_or_else(|_| panic!("{exact}"));
            let micros = hours * BigInt::from(3_600_000_000_i64);
            assert!(micros.is_integer(), "{exact}");
            micros.to_integer().to_i64().unwrap()
        });
    }
    let column = result.columns.iter().find(|column| column.column == "d").unwrap();
    (found, column.invalid)
}

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

#[test]
fn every_unit_of_arrow() {
    let arrays: [ArrayRef; 4] = [
        Arc::new(DurationSecondArray::from(vec![Some(90), Some(-1), None])),
        Arc::new(DurationMillisecondArray::from(vec![Some(90_000), Some(-1_000), None])),
        Arc::new(DurationMicrosecondArray::from(vec![Some(90_000_000), Some(-1_000_000), None])),
        Arc::new(DurationNanosecondArray::from(vec![Some(90_000_000_999), Some(-999_999_001), None])),
    ];
    for array in arrays {
        let ty = array.data_type().clone();
        assert_eq!(micros("duration", array), (vec![Some(90_000_000), Some(-1_000_000), None], 0), "{ty}");
    }
    let beyond = Arc::new(DurationSecondArray::from(vec![i64::MAX, 1]));
    assert_eq!(micros("duration", beyond), (vec![None, Some(1_000_000)], 1));
}

#[test]
fn numbers_say_their_unit() {
    for (unit, micros_of_one) in [
        ("days", 24 * HOUR),
        ("hours", HOUR),
        ("minutes", MINUTE),
        ("seconds", 1_000_000),
        ("milliseconds", 1_000),
        ("microseconds", 1),
    ] {
        let column = format!("{{type: duration, format: {unit}}}");
        let expected = vec![Some(3 * micros_of_one), Some(-micros_of_one), None];
        let ints = Arc::new(Int64Array::from(vec![Some(3), Some(-1), None]));
        assert_eq!(micros(&column, ints), (expected.clone(), 0), "{unit}");
        let small = Arc::new(Int32Array::from(vec![Some(3), Some(-1), None]));
        assert_eq!(micros(&column, small), (expected.clone(), 0), "{unit}");
        let texts = Arc::new(StringArray::from(vec![Some("3"), Some("-1.0"), Some("")]));
        assert_eq!(micros(&column, texts), (expected, 0), "{unit}");
    }
    let column = "{type: duration, format: hours}";
    let texts = StringArray::from(vec!["1.5", "0.0000000001", "-0.0000000001", "1h", "1,5", "9999999999999"]);
    assert_eq!(
        micros(column, Arc::new(texts)),
        (vec![Some(90 * MINUTE), Some(0), Some(-1), None, None, None], 3)
    );
    let beyond = Arc::new(Int64Array::from(vec![i64::MAX]));
    assert_eq!(micros(column, beyond), (vec![None], 1));
    // A number alone says nothing.
    let program = compile(&support::book(&book("duration")), &Query::default());
    let mut evaluation = Evaluation::new(&program).unwrap();
    for array in [Arc::new(Int64Array::from(vec![1])) as ArrayRef, Arc::new(Float64Array::from(vec![1.0]))] {
        let error =
            evaluation.feed("t", &batch(vec![("row", Arc::new(Int64Array::from(vec![1]))), ("d", array)]));
        assert!(error.unwrap_err().to_string().contains("duration"));
    }
}

#[test]
fn texts_of_two_kinds() {
    let texts = [
        ("PT1H30M", Some(90 * MINUTE)),
        ("P1DT1H", Some(25 * HOUR)),
        ("P1W", Some(7 * 24 * HOUR)),
        ("-PT5M", Some(-5 * MINUTE)),
        ("PT0.0000015S", Some(1)),
        ("1h30m", Some(90 * MINUTE)),
        ("1 hour, 30 minutes", Some(90 * MINUTE)),
        ("90 min", Some(90 * MINUTE)),
        ("2d", Some(48 * HOUR)),
        ("01:30:00", Some(90 * MINUTE)),
        ("1.5h", Some(90 * MINUTE)),
        ("P1M", None),
        ("1 year", None),
        ("90", None),
        ("soon", None),
        ("PT", None),
    ];
    let expected: Vec<Option<i64>> = texts.iter().map(|(_, micros)| *micros).collect();
    let plain = StringArray::from_iter_values(texts.iter().map(|(text, _)| text));
    assert_eq!(micros("duration", Arc::new(plain)), (expected.clone(), 5));
    let coded: DictionaryArray<Int32Type> = texts.iter().map(|(text, _)| Some(*text)).collect();
    assert_eq!(micros("duration", Arc::new(coded)), (expected, 5));
}

/// The sum of many durations is the sum of their microseconds, and every number is one fraction of an hour.
#[test]
fn aggregates_are_hours() {
    let mut dice = Dice(3);
    let values: Vec<Option<i64>> = (0..500)
        .map(|_| (dice.below(7) > 0).then(|| dice.below(20_000_000_000) as i64 - 4_000_000_000))
        .collect();
    let result =
        read("duration", Arc::new(DurationMicrosecondArray::from(values.clone())), &Query::default());
    let there: Vec<i64> = values.iter().flatten().copied().collect();
    let sum: i64 = there.iter().sum();
    let fraction = |top: i64, bottom: i64| BigRational::new(BigInt::from(top), BigInt::from(bottom));
    let hour = |micros: i64| fraction(micros, HOUR);
    let count = there.len() as i64;
    let long = there.iter().filter(|d| **d > 90 * MINUTE).count() as i64;
    for (name, expected) in [
        ("total", hour(sum)),
        ("mean", fraction(sum, HOUR) / BigInt::from(count)),
        ("least", hour(*there.iter().min().unwrap())),
        ("most", hour(*there.iter().max().unwrap())),
        ("known", fraction(count, 1)),
        ("long", fraction(long, 1)),
        ("clamped", hour(there.iter().map(|d| d.abs().min(2 * HOUR)).max().unwrap())),
    ] {
        let cell = result.total(name).unwrap();
        assert_eq!(cell.exact.as_ref().unwrap().parse::<BigRational>().unwrap(), expected, "{name}");
        assert_eq!(cell.value, expected.to_f64(), "{name}");
    }
    assert_eq!(result.total("total").unwrap().n, count as u64);
    assert_eq!(result.total("mean").unwrap().n, count as u64);
    // A quotient of durations is a float in each row, and the sum of floats is exact.
    let halves = there.iter().map(|d| BigRational::from_float(*d as f64 / (30 * MINUTE) as f64).unwrap());
    assert_eq!(result.total("halves").unwrap().value, halves.sum::<BigRational>().to_f64());
}

#[test]
fn durations_that_are_looked_up() {
    let text = "ripplemark: 1
book: {id: durations}
teams: {we: We}
tables:
  plans: {key: plan, columns: {plan: id, promised: {type: duration, format: hours}}}
  t: {lookups: {plan_row: {table: plans, by: plan}}, columns: {plan: id, took: duration}}
metrics:
  - {name: late, owner: we, of: t, expr: 'count_if(took > plan_row.promised)'}
  - {name: promised, owner: we, of: t, expr: sum(plan_row.promised)}
";
    let program = Program::from_bytes(compile(&support::book(text), &Query::default()).bytes()).unwrap();
    let mut evaluation = Evaluation::new(&program).unwrap();
    let words = |words: &[&str]| Arc::new(StringArray::from(words.to_vec())) as ArrayRef;
    let plans =
        batch(vec![("plan", words(&["a", "b"])), ("promised", Arc::new(Int64Array::from(vec![4, 24])))]);
    evaluation.feed("plans", &plans).unwrap();
    let rows = batch(vec![("plan", words(&["a", "b", "a"])), ("took", words(&["5h", "5h", "PT4H"]))]);
    evaluation.feed("t", &rows).unwrap();
    let result = evaluation.finish().unwrap();
    assert_eq!(result.total("late").unwrap().value, Some(1.0));
    assert_eq!(result.total("promised").unwrap().exact.as_deref(), Some("32"));
}
