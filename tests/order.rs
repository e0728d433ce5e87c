//! Order, cuts, merges, memory and layout leave no trace: one multiset of rows has one state and one result.
#![cfg(feature = "compile")]

mod support;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array,
    RecordBatch, StringArray,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Int32Type};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use ripplemark::bind::Binder;
use ripplemark::core::{Capacity, Need, Register, Scratch, State, scratch_words};
use ripplemark::model::{Grain, Query};
use ripplemark::{Evaluation, Program};
use support::{Dice, batch, compile, fed, full, pieces, reordered};

const BOOK: &str = r#"
ripplemark: 1
book: {id: order}
teams: {we: We}
tables:
  t:
    time: day
    columns: {kind: category, who: id, small: int, day: date, money: decimal(2), x: float, y: float, ok: bool}
metrics:
  - {name: rows, owner: we, of: t, expr: count()}
  - {name: total, owner: we, of: t, expr: sum(x)}
  - {name: product, owner: we, of: t, expr: sum(x * y)}
  - {name: low, owner: we, of: t, expr: min(x)}
  - {name: high, owner: we, of: t, expr: max(money)}
  - {name: cash, owner: we, of: t, expr: sum(money)}
  - {name: whole, owner: we, of: t, expr: sum(small)}
  - {name: mean, owner: we, of: t, agg: average, expr: money, filter: ok}
  - {name: share, type: ratio, owner: we, of: t, numerator: 'count_if(kind == "a")', denominator: rows}
  - {name: roots, owner: we, of: t, expr: sum(sqrt(y))}
"#;

/// Values of one row, in the order of the columns.
type Row = (
    (Option<String>, Option<String>),
    (Option<i8>, Option<i32>, Option<i32>),
    (Option<f64>, Option<f64>, Option<bool>),
);

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        (-1000_i32..1000).prop_map(|n| f64::from(n) / 8.0),
        Just(0.0),
        Just(-0.0),
        Just(f64::NAN),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let kind =
        prop_oneof![Just("a"), Just("b"), Just(""), Just("a longer name of a kind")].prop_map(str::to_owned);
    (
        (option::weighted(0.9, kind), option::weighted(0.9, "[a-f]{1,3}")),
        (
            option::weighted(0.9, any::<i8>()),
            option::weighted(0.9, 19_000_i32..19_200),
            option::weighted(0.9, any::<i32>()),
        ),
        (
            option::weighted(0.9, float()),
            option::weighted(0.9, float()),
            option::weighted(0.9, any::<bool>()),
        ),
    )
}

fn rows_batch(rows: &[Row]) -> RecordBatch {
    let money: Decimal128Array = rows.iter().map(|row| row.1.2.map(i128::from)).collect();
    let column = |array: ArrayRef| array;
    batch(vec![
        ("kind", column(Arc::new(rows.iter().map(|row| row.0.0.clone()).collect::<StringArray>()))),
        ("who", column(Arc::new(rows.iter().map(|row| row.0.1.clone()).collect::<StringArray>()))),
        ("small", column(Arc::new(rows.iter().map(|row| row.1.0.map(i64::from)).collect::<Int64Array>()))),
        ("day", column(Arc::new(rows.iter().map(|row| row.1.1).collect::<Date32Array>()))),
        ("money", column(Arc::new(money.with_precision_and_scale(20, 2).unwrap()))),
        ("x", column(Arc::new(rows.iter().map(|row| row.2.0).collect::<Float64Array>()))),
        ("y", column(Arc::new(rows.iter().map(|row| row.2.1).collect::<Float64Array>()))),
        ("ok", column(Arc::new(rows.iter().map(|row| row.2.2).collect::<BooleanArray>()))),
    ])
}

fn program() -> Program {
    let query = Query { grain: Some(Grain::Month), totals: true, ..support::by(&["kind", "who"]) };
    compile(&support::book(BOOK), &query)
}

/// State bytes and result hash.
fn marks(evaluation: &Evaluation) -> (Vec<u8>, [u8; 32]) {
    (evaluation.state_bytes().unwrap(), evaluation.finish().unwrap().hash())
}

/// Feeds parts to as many evaluations and merges them in a random tree, some through bytes.
fn merged(program: &Program, batches: &[RecordBatch], parts: usize, dice: &mut Dice) -> Evaluation {
    let mut trees: Vec<Evaluation> = (0..parts).map(|_| Evaluation::new(program).unwrap()).collect();
    for batch in batches {
        trees[dice.below(parts)].feed("t", batch).unwrap();
    }
    while trees.len() > 1 {
        let other = trees.swap_remove(dice.below(trees.len()));
        let position = dice.below(trees.len());
        if dice.below(2) == 0 {
            trees[position].merge(&other).unwrap();
        } else {
            trees[position].merge_bytes(&other.state_bytes().unwrap()).unwrap();
        }
    }
    trees.pop().unwrap()
}

fn cases(quick: u32, long: u32) -> ProptestConfig {
    ProptestConfig { cases: if full() { long } else { quick }, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(32, 3_000))]

    #[test]
    fn any_order_cut_and_merge_tree(rows in vec(row(), 0..200), seed in any::<u64>(), size in 1_usize..70, parts in 1_usize..6) {
        let (program, rows) = (program(), rows_batch(&rows));
        let expected = marks(&fed(&program, "t", std::slice::from_ref(&rows)));
        let mut dice = Dice(seed);
        let shuffled = reordered(&rows, &dice.order(rows.num_rows()));
        let evaluation = merged(&program, &pieces(&shuffled, size), parts, &mut dice);
        prop_assert_eq!(marks(&evaluation), expected);
    }

    #[test]
    fn threads(rows in vec(row(), 1..200), size in 1_usize..40, threads in 1_usize..9) {
        let (program, rows) = (program(), rows_batch(&rows));
        let expected = marks(&fed(&program, "t", std::slice::from_ref(&rows)));
        let batches = pieces(&rows, size);
        let parts: Vec<Evaluation> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|own| {
                    let mine: Vec<_> = batches.iter().skip(own).step_by(threads).cloned().collect();
                    let program = &program;
                    scope.spawn(move || fed(program, "t", &mine))
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        let mut whole = Evaluation::new(&program).unwrap();
        parts.iter().rev().for_each(|part| whole.merge(part).unwrap());
        prop_assert_eq!(marks(&whole), expected);
    }

    #[test]
    fn layouts_of_the_same_values(rows in vec(row(), 1..120), seed in any::<u64>()) {
        let (program, rows) = (program(), rows_batch(&rows));
        // The result is a function of the state, as the other tests show.
        let expected = fed(&program, "t", std::slice::from_ref(&rows)).state_bytes().unwrap();
        for variant in 0..5 {
            let batches = laid_out(&rows, variant, seed);
            let found = fed(&program, "t", &batches).state_bytes().unwrap();
            prop_assert!(found == expected, "variant {}", variant);
        }
    }

    #[test]
    fn a_full_state_can_be_enlarged_at_any_row(rows in vec(row(), 1..60), first in (0_u32..6, 0_u32..6, 0_u32..24)) {
        let (program, rows) = (program(), rows_batch(&rows));
        let bytes = fed(&program, "t", std::slice::from_ref(&rows)).state_bytes().unwrap();
        let capacity = Capacity { groups: first.0, texts: first.1, text_bytes: first.2 };
        prop_assert_eq!(fed_with_little_memory(&program, &rows, capacity), bytes);
    }
}

/// The same rows with other integer widths, dictionaries, offsets and slices.
fn laid_out(rows: &RecordBatch, variant: usize, seed: u64) -> Vec<RecordBatch> {
    let with = |replace: &dyn Fn(&str, &ArrayRef) -> ArrayRef| {
        let columns = rows.schema_ref().fields().iter().zip(rows.columns());
        batch(columns.map(|(field, array)| (field.name().as_str(), replace(field.name(), array))).collect())
    };
    let text = |name: &str| matches!(name, "kind" | "who");
    match variant {
        0 => vec![with(&|name, array| match name {
            "small" => cast(array, &DataType::Int8).unwrap(),
            name if text(name) => cast(array, &DataType::LargeUtf8).unwrap(),
            _ => array.clone(),
        })],
        1 => vec![with(&|name, array| match name {
            "small" => cast(array, &DataType::Int16).unwrap(),
            "money" => cast(array, &DataType::Decimal128(30, 5)).unwrap(),
            name if text(name) => {
                cast(array, &DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into()))
                    .unwrap_or_else(|_| array.clone())
            }
            _ => array.clone(),
        })],
        // A dictionary with entries that nobody uses, that are equal, and that are missing; another one in each half.
        2 => pieces(rows, rows.num_rows().div_ceil(2))
            .iter()
            .enumerate()
            .map(|(half, piece)| {
                let columns = piece.schema_ref().fields().iter().zip(piece.columns());
                batch(
                    columns
                        .map(|(field, array)| {
                            let array = if text(field.name()) {
                                odd_dictionary(array.as_string(), seed ^ half as u64)
                            } else {
                                array.clone()
                            };
                            (field.name().as_str(), array)
                        })
                        .collect(),
                )
            })
            .collect(),
        // A slice that begins inside a byte of every bitmap.
        3 => {
            let doubled =
                concat_batches(rows.schema_ref(), [&rows.slice(0, rows.num_rows().min(3)), rows]).unwrap();
            vec![doubled.slice(rows.num_rows().min(3), rows.num_rows())]
        }
        _ => vec![with(&|name, array| match name {
            "small" => cast(array, &DataType::Decimal128(10, 0)).unwrap(),
            "money" => cast(array, &DataType::Utf8).unwrap(),
            name if text(name) => cast(array, &DataType::Utf8View).unwrap(),
            _ => array.clone(),
        })],
    }
}

fn odd_dictionary(plain: &StringArray, seed: u64) -> ArrayRef {
    let mut dice = Dice(seed);
    let mut entries: Vec<Option<&str>> = vec![Some("unused"), None];
    for value in plain.iter() {
        if dice.below(2) == 0 || !entries.contains(&value) {
            entries.push(value);
        }
    }
    let codes = plain.iter().map(|value| {
        let places: Vec<usize> = (0..entries.len()).filter(|&i| entries[i] == value).collect();
        (value.is_some() || dice.below(2) == 0).then(|| places[dice.below(places.len())] as i32)
    });
    let codes: arrow::array::PrimitiveArray<Int32Type> = codes.collect();
    Arc::new(DictionaryArray::<Int32Type>::new(codes, Arc::new(StringArray::from(entries.clone()))))
}

/// Feeds through the core itself, beginning with hardly any memory and growing by one of what is needed.
fn fed_with_little_memory(program: &Program, rows: &RecordBatch, mut capacity: Capacity) -> Vec<u8> {
    let view = program.view();
    let binder = Binder::new(&program.tables()[0], rows.schema_ref()).unwrap();
    let bound = binder.bind(rows).unwrap();
    let columns = bound.columns();
    let mut registers = vec![Register::ZERO; view.table(0).code_count];
    let mut words = vec![0; scratch_words(view, 0, &columns).unwrap()];
    let mut memory = vec![u64::MAX; State::words(view, capacity).unwrap()];
    State::init(view, &mut memory, capacity).unwrap();
    let mut done = 0;
    loop {
        let mut state = State::attach(view, memory.as_mut_slice()).unwrap();
        let mut scratch = Scratch { registers: &mut registers, words: &mut words };
        let fed = state.feed(view, 0, &columns, bound.rows(), done, &mut scratch).unwrap();
        assert!(fed.rows_done >= done && fed.rows_done <= bound.rows());
        done = fed.rows_done;
        if fed.need == Need::Nothing {
            assert_eq!(done, bound.rows());
            break;
        }
        // One more of what is needed, and nothing else.
        match fed.need {
            Need::Groups => capacity.groups += 1,
            Need::Texts => capacity.texts += 1,
            _ => capacity.text_bytes += 1,
        }
        let mut larger = vec![0xdead; State::words(view, capacity).unwrap()];
        let mut target = State::init(view, &mut larger, capacity).unwrap();
        let old = State::attach(view, memory.as_slice()).unwrap();
        let merged = target.merge(view, &old, 0).unwrap();
        assert_eq!(merged.need, Need::Nothing, "a larger state takes what a smaller one held");
        memory = larger;
    }
    let state = State::attach(view, memory.as_slice()).unwrap();
    let mut order = vec![0; state.group_count()];
    let mut bytes = vec![0; state.write_len(view, &mut order).unwrap()];
    state.write_to(view, &mut bytes, &mut order).unwrap();
    bytes
}

#[test]
fn merging_bytes_into_too_little_memory_resumes() {
    let (program, mut dice) = (program(), Dice(9));
    let kinds: Vec<String> = (0..40).map(|i| format!("kind {}", i % 13)).collect();
    let rows: Vec<Row> = (0..40)
        .map(|i| {
            let names = (Some(kinds[i].clone()), Some(format!("{}", dice.below(9))));
            (names, (Some(1), Some(19_000 + i as i32), Some(250)), (Some(0.1), Some(2.0), Some(true)))
        })
        .collect();
    let evaluation = fed(&program, "t", &[rows_batch(&rows)]);
    let (bytes, view) = (evaluation.state_bytes().unwrap(), program.view());
    let mut needs = std::collections::BTreeSet::new();
    let mut capacity = Capacity { groups: 0, texts: 0, text_bytes: 0 };
    let mut memory = vec![0; State::words(view, capacity).unwrap()];
    State::init(view, &mut memory, capacity).unwrap();
    let mut from = 0;
    loop {
        let merged =
            State::attach(view, memory.as_mut_slice()).unwrap().merge_bytes(view, &bytes, from).unwrap();
        from = merged.groups_done;
        match merged.need {
            Need::Nothing => break,
            Need::Groups => capacity.groups += 1,
            Need::Texts => capacity.texts += 1,
            Need::TextBytes => capacity.text_bytes += 1,
        }
        needs.insert(merged.need as u32);
        let mut larger = vec![0; State::words(view, capacity).unwrap()];
        let old = State::attach(view, memory.as_slice()).unwrap();
        let merged = State::init(view, &mut larger, capacity).unwrap().merge(view, &old, 0).unwrap();
        assert_eq!(merged.need, Need::Nothing);
        memory = larger;
    }
    assert_eq!(needs.len(), 3, "every kind of need was met");
    let state = State::attach(view, memory.as_slice()).unwrap();
    let mut order = vec![0; state.group_count()];
    let mut again = vec![0; state.write_len(view, &mut order).unwrap()];
    state.write_to(view, &mut again, &mut order).unwrap();
    assert!(again == bytes);
}

#[test]
fn int_keys_of_every_width_are_one_key() {
    let book = support::book(&BOOK.replace("who: id", "who: int"));
    let program = compile(&book, &support::by(&["who"]));
    let rows = |ty: &DataType| {
        let who = cast(&Int64Array::from(vec![Some(1), Some(100), None, Some(1)]), ty).unwrap();
        let mut columns: Vec<(&str, ArrayRef)> = vec![("who", who)];
        for (name, ty) in [
            ("kind", DataType::Utf8),
            ("small", DataType::Int64),
            ("money", DataType::Decimal128(9, 2)),
            ("x", DataType::Float64),
            ("y", DataType::Float64),
            ("ok", DataType::Boolean),
        ] {
            columns.push((name, arrow::array::new_null_array(&ty, 4)));
        }
        batch(columns)
    };
    let expected = marks(&fed(&program, "t", &[rows(&DataType::Int64)]));
    for ty in [
        DataType::Int8,
        DataType::UInt8,
        DataType::Int16,
        DataType::UInt16,
        DataType::Int32,
        DataType::UInt32,
        DataType::UInt64,
    ] {
        assert_eq!(marks(&fed(&program, "t", &[rows(&ty)])), expected, "{ty}");
    }
}
