//! Broken bytes and broken data: a clear error or a reasoned missing value, never a panic, and every row accounted for.
#![cfg(feature = "compile")]

mod support;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, NullArray, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::DataType;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use ripplemark::core::batch::{Bits, Codes, Column, Data, Text, TimeUnit};
use ripplemark::core::program::layout::{self, Section};
use ripplemark::core::types::LogicalType;
use ripplemark::core::{Capacity, Cells, Code, Program as View, Register, Scratch, State, scratch_words};
use ripplemark::model::{Grain, Instant, Query, Range};
use ripplemark::{Evaluation, Program, book};
use support::{Dice, batch, by, compile, evaluate, fed, full, tests_path};

const BOOK: &str = r#"
ripplemark: 1
book:
  id: hostile
  timezone: Europe/Berlin
  business_hours: {days: [mon, tue, wed, sun], from: "09:00", to: "24:00", holidays: [2023-11-14, 2023-12-25]}
teams: {we: We}
tables:
  t:
    time: moment
    columns:
      kind: {type: category, values: {A: a}, allowed: [a, b, c]}
      key: id
      moment: {type: timestamp, format: "%d.%m.%Y %H:%M"}
      day: date
      units: int
      money: decimal(2)
      x: float
      ok: bool
    dimensions:
      chosen: 'if units > 1 { key } else { switch kind { "a" => "first", _ => kind ?? "none" } }'
    bands:
      size: {of: money, edges: [0, 10.5], labels: [owed, little, much]}
metrics:
  - {name: rows, owner: we, of: t, expr: count()}
  - {name: by_day, owner: we, of: t, at: day, expr: count()}
  - {name: n_sum, owner: we, of: t, expr: sum(units)}
  - {name: money_sum, owner: we, of: t, expr: sum(money * units)}
  - {name: x_sum, owner: we, of: t, expr: sum(x)}
  - {name: x_low, owner: we, of: t, expr: 'min(if ok { x } else { x / 3.0 })'}
  - {name: roots, owner: we, of: t, expr: sum(sqrt(x)) + ln(count()), filter: 'x > 0.0 && kind in ["a", "b"]'}
  - {name: rate, type: ratio, owner: we, of: t, numerator: count_if(ok), denominator: count(ok)}
  - {name: digits, owner: we, of: t, expr: 'round(sum(round(money * 0.5, 1) + floor(money)), 1) + round(sum(round(x, 3)))'}
  - {name: logs, owner: we, of: t, expr: 'log10(count()) + sum(log2(x))', filter: 'kind.contains("a") || kind.starts_with("b")'}
  - {name: calendar, owner: we, of: t, expr: 'sum(add_months(truncate(day, "week"), units) - day + weekday(day))'}
  - {name: worked, owner: we, of: t, expr: 'sum(business_hours(moment, add_months(moment, units) - bh(units)))'}
  - {name: worked_by, owner: we, of: t, expr: 'max(add_days(moment, units) + bh(units) - moment)'}
  - {name: derived, owner: we, expr: (rate ?? 0.5) * x_sum / n_sum}
  - {name: sound, owner: we, of: t, expr: sum(units * units) / sum(money / units), filter: 'size != "owed"', on_row_error: reject}
"#;

/// Different programs to break: with and without time, dimensions, totals, range, filter.
fn programs() -> Vec<Program> {
    let own = support::book(BOOK);
    let crm = book::load_path(tests_path("books/crm.yaml")).unwrap().book;
    let asked = Query {
        grain: Some(Grain::Week),
        totals: true,
        filter: Some("x != 1.0".to_owned()),
        as_of: Some(Instant::Date(20_000)),
        range: Some(Range { from: Some(Instant::Date(0)), to: None }),
        ..by(&["kind", "key", "ok"])
    };
    vec![
        compile(&own, &Query::default()),
        compile(&own, &asked),
        compile(&own, &by(&["chosen", "size"])),
        compile(&crm, &Query { grain: Some(Grain::Month), ..by(&["product"]) }),
    ]
}

/// Changes a few bytes: to anything, by a bit, or to a value at an edge; sometimes a whole 32-bit number.
fn damage(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..1 + dice.below(3) {
        // Half of the blows hit the beginning, where headers are.
        let reach = if dice.below(2) == 0 { bytes.len().min(600) } else { bytes.len() };
        let at = dice.below(reach);
        match dice.below(4) {
            0 => bytes[at] = dice.roll() as u8,
            1 => bytes[at] ^= 1 << dice.below(8),
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][dice.below(5)],
            _ => {
                let edges =
                    [0_u32, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, u32::MAX, bytes.len() as u32];
                let aligned = at & !3;
                if let Some(word) = bytes.get_mut(aligned..aligned + 4) {
                    word.copy_from_slice(&edges[dice.below(8)].to_le_bytes());
                }
            }
        }
    }
}

/// Runs whatever was loaded on data of the types it declares: feed, write, merge, read every cell.
fn exercise(program: &View<'_>) {
    let validity = [0b1101_1011_u8];
    let invalid = [0b0010_0000_u8];
    let texts = Text::Small { offsets: &[0, 1, 2, 2, 5], bytes: b"abAxyz" };
    let capacity = Capacity { groups: 16, texts: 16, text_bytes: 64 };
    let Some(words) = State::words(program, capacity).filter(|&words| words < 1 << 20) else { return };
    let mut memory = vec![0; words];
    let mut state = State::init(program, &mut memory, capacity).unwrap();
    for t in 0..program.table_count() {
        let table = program.table(t);
        let columns: Vec<Column<'_>> = (0..table.column_count)
            .map(|c| {
                let data = match program.column(&table, c).ty {
                    LogicalType::Int | LogicalType::Decimal(_) | LogicalType::Duration => {
                        Data::I64(&[0, 1, -1, i64::MIN, i64::MAX, 7])
                    }
                    LogicalType::Float => Data::F64(&[0.5, -0.0, f64::NAN, f64::INFINITY, 5e-324, 1e300]),
                    LogicalType::Bool => Data::Bool(Bits::new(&[0b10_1101], 0)),
                    LogicalType::Category | LogicalType::Id => {
                        Data::Dict { codes: Codes::U8(&[0, 1, 2, 3, 9, 0]), values: texts, valid: None }
                    }
                    LogicalType::Date => Data::Date32(&[0, 19_000, -1, i32::MIN, i32::MAX, 1]),
                    LogicalType::Timestamp => Data::Timestamp {
                        values: &[0, 1_700_000_000_000_000, -1, i64::MIN, i64::MAX, 1],
                        unit: TimeUnit::Microsecond,
                    },
                };
                Column {
                    data,
                    validity: Some(Bits::new(&validity, 0)),
                    invalid: Some(Bits::new(&invalid, 0)),
                }
            })
            .collect();
        let mut registers = vec![Register::ZERO; table.code_count];
        let mut words = vec![0; scratch_words(program, t, &columns).unwrap()];
        let mut scratch = Scratch { registers: &mut registers, words: &mut words };
        state.feed(program, t, &columns, 6, 0, &mut scratch).unwrap();
    }
    let state = State::attach(program, memory.as_slice()).unwrap();
    let mut order = vec![0; state.group_count()];
    let length = state.write_len(program, &mut order).unwrap();
    let mut bytes = vec![0; length];
    state.write_to(program, &mut bytes, &mut order).unwrap();
    let mut other = vec![0; words];
    State::init(program, &mut other, capacity).unwrap().merge_bytes(program, &bytes, 0).unwrap();
    let needed = Cells::words(program, &state);
    if needed < 1 << 20 {
        let mut words = vec![0; needed];
        let mut cells = Cells::new(program, &state, program.level(0), &mut words).unwrap();
        let (mut text, mut canonical) = (vec![0; 4096], vec![0; 4096]);
        while cells.next_group().unwrap() {
            for i in 0..program.metric_count() {
                let cell = cells.cell(i);
                assert_eq!(cell.value.is_none(), !cell.reasons.is_none());
                assert!(cell.value.is_none_or(f64::is_finite));
                let _ = cells.exact_text(i, &mut text);
                let _ = cells.write_cell(i, &mut canonical);
            }
        }
    }
}

#[test]
fn the_undamaged_programs_run() {
    programs().iter().for_each(|program| exercise(program.view()));
}

#[test]
fn every_truncated_program_is_refused() {
    for program in programs() {
        let bytes = program.bytes();
        for length in 0..bytes.len() {
            let error = Program::from_bytes(&bytes[..length]).expect_err("a part of a program");
            assert!(error.is_bytes(), "{length}: {error}");
        }
        let longer = [bytes, &[0]].concat();
        assert_eq!(Program::from_bytes(longer).unwrap_err().core().unwrap().code, Code::ProgramLength);
    }
}

#[test]
fn a_program_of_another_version_is_named_so() {
    let mut bytes = programs()[0].bytes().to_vec();
    bytes[8] += 1;
    let error = Program::from_bytes(bytes).unwrap_err();
    assert_eq!(error.core().unwrap().code, Code::ProgramVersion);
    assert!(error.to_string().contains("version"), "{error}");
    assert_eq!(Program::from_bytes(*b"PAR1").unwrap_err().core().unwrap().code, Code::ProgramMagic);
}

/// Every section of a program has records whose fields name others; a field that names nothing is refused with the
/// code of its section.
#[test]
fn references_to_nothing_are_refused_with_the_code_of_their_section() {
    let program = &programs()[1];
    let fields = [
        (Section::Texts, 4, Code::ProgramString),
        (Section::Zone, 8, Code::ProgramCalendar),
        (Section::Tables, layout::table::NAME, Code::ProgramString),
        (Section::Tables, layout::table::COLUMN_START, Code::ProgramTable),
        (Section::Tables, layout::table::CODE_COUNT, Code::ProgramTable),
        (Section::Tables, layout::table::FILTER, Code::ProgramRowCode),
        (Section::Tables, layout::table::KEY_START, Code::ProgramTable),
        (Section::Columns, layout::column::MAP_START, Code::ProgramTable),
        (Section::Columns, layout::column::ALLOWED_COUNT, Code::ProgramTable),
        (Section::ValueMap, 0, Code::ProgramTable),
        (Section::Allowed, 0, Code::ProgramTable),
        (Section::RowCode, 4, Code::ProgramRowCode),
        (Section::Placements, layout::placement::AT, Code::ProgramTable),
        (Section::Dims, layout::dim::NAME, Code::ProgramString),
        (Section::Keys, layout::key::INDEX, Code::ProgramTable),
        (Section::Keys, layout::key::KIND, Code::ProgramTable),
        (Section::Slots, layout::slot::PLACEMENT, Code::ProgramSlot),
        (Section::Slots, layout::slot::OFFSET, Code::ProgramSlot),
        (Section::CellCode, 4, Code::ProgramCellCode),
        (Section::Metrics, layout::metric::LABEL, Code::ProgramString),
        (Section::Metrics, layout::metric::VALUE, Code::ProgramMetric),
        (Section::Metrics, layout::metric::N, Code::ProgramMetric),
        (Section::Metrics, layout::metric::NUMERATOR, Code::ProgramMetric),
        (Section::Levels, 0, Code::ProgramMetric),
        (Section::Columns, layout::column::FORMAT, Code::ProgramTable),
    ];
    for (section, field, code) in fields {
        let mut bytes = program.bytes().to_vec();
        let entry = layout::header::SIZE + section as usize * 8;
        let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let (start, length) = (word(&bytes, entry) as usize, word(&bytes, entry + 4) as usize);
        assert!(length > 0, "{section:?} is empty, so this shows nothing");
        // The first record whose field is in use.
        let at = (start..start + length)
            .step_by(layout::RECORD[section as usize])
            .map(|record| record + field)
            .find(|&at| word(&bytes, at) != layout::NONE)
            .unwrap();
        bytes[at..at + 4].copy_from_slice(&0x7fff_fff0_u32.to_le_bytes());
        let found = Program::from_bytes(bytes).expect_err("a reference to nothing").core().unwrap().code;
        assert_eq!(found, code, "{section:?} + {field}");
    }
}

#[test]
fn business_hours_that_contradict_themselves_are_refused() {
    let program = &programs()[1];
    let entry = layout::header::SIZE + Section::BusinessHours as usize * 8;
    let word = |at: usize| u32::from_le_bytes(program.bytes()[at..at + 4].try_into().unwrap()) as usize;
    let (start, length) = (word(entry), word(entry + 4));
    assert_eq!((word(start), word(start + 4), start + length), (4, 2, program.bytes().len()));
    let changed = |changes: &[(usize, i64)]| {
        let mut bytes = program.bytes().to_vec();
        for (at, value) in changes {
            // Windows are of 16 bits, the rest of 32 or more.
            let width = if (12..28).contains(at) { 2 } else { 4 };
            bytes[start + at..start + at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        }
        Program::from_bytes(bytes).map(|_| ()).map_err(|error| error.core().unwrap().code)
    };
    let same: [(usize, i64); 8] =
        [(12, 540), (14, 1440), (16, 1980), (24, 9180), (26, 10_080), (28, 19_675), (32, 0), (36, 19_716)];
    assert_eq!(changed(&same), Ok(()), "this is what the program says");
    for wrong in [
        // More or fewer parts than there are.
        [(0, 3), (0, 3)],
        [(4, 3), (4, 3)],
        [(8, 0), (8, 0)],
        [(0, -1), (0, -1)],
        // Empty, reversed, over midnight, beyond the week, overlapping, out of order.
        [(12, 1440), (14, 1440)],
        [(12, 600), (14, 540)],
        [(14, 1441), (14, 1441)],
        [(26, 10_081), (26, 10_081)],
        [(16, 1439), (18, 1440)],
        [(12, 1980), (14, 2000)],
        // Holidays out of order, twice, too far, with other minutes before them than there were.
        [(28, 19_716), (28, 19_716)],
        [(28, 19_717), (28, 19_717)],
        [(36, i64::from(i32::MAX)), (36, i64::from(i32::MAX))],
        [(32, 1), (32, 1)],
        [(40, 899), (40, 899)],
        // A window on a night when clocks change, without its correction.
        [(24, 8_640), (24, 8_640)],
        [(44, 1), (44, 1)],
    ] {
        assert_eq!(changed(&wrong), Err(Code::ProgramCalendar), "{wrong:?}");
    }
    // An empty section at the end is not written, so it is not read either.
    let mut bytes = program.bytes()[..start].to_vec();
    bytes[entry + 4..entry + 8].fill(0);
    let length = bytes.len() as u32;
    bytes[layout::header::LENGTH..layout::header::LENGTH + 4].copy_from_slice(&length.to_le_bytes());
    assert_eq!(Program::from_bytes(bytes).unwrap_err().core().unwrap().code, Code::ProgramSection);
}

#[test]
fn damaged_programs_are_refused_or_run() {
    let programs = programs();
    let mut dice = Dice(1);
    let (mut refused, mut loaded) = (0, 0);
    for case in 0..if full() { 1_000_000 } else { 10_000 } {
        let mut bytes = programs[case % programs.len()].bytes().to_vec();
        damage(&mut bytes, &mut dice);
        match Program::from_bytes(bytes) {
            Ok(program) => {
                loaded += 1;
                exercise(program.view());
            }
            Err(error) => {
                refused += 1;
                assert!(error.is_bytes());
            }
        }
    }
    println!("damaged programs: {refused} refused, {loaded} loaded and run");
    assert!(refused > 100 && loaded > 100);
}

/// Rows with everything in them that a state can hold.
fn mixed_rows() -> RecordBatch {
    let texts = |values: [Option<&str>; 5]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    batch(vec![
        ("kind", texts([Some("a"), Some("A"), None, Some("b"), Some("nobody listed this")])),
        ("key", texts([Some("x1"), Some(""), Some("zz"), None, Some("x1")])),
        (
            "moment",
            Arc::new(TimestampMicrosecondArray::from(vec![
                Some(1_700_000_000_000_000),
                Some(-5),
                None,
                Some(0),
                Some(1_600_000_000_000_000),
            ])),
        ),
        ("day", Arc::new(Date32Array::from(vec![Some(19_000), None, Some(-1), Some(1), Some(0)]))),
        ("units", Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(i64::MAX), Some(2), None, Some(-3)]))),
        ("money", texts([Some("1.25"), Some("1.255"), Some("-7"), None, Some("abc")])),
        (
            "x",
            Arc::new(Float64Array::from(vec![
                Some(0.1),
                Some(f64::NAN),
                Some(f64::INFINITY),
                Some(-1e300),
                None,
            ])),
        ),
        ("ok", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true), Some(true)]))),
    ])
}

#[test]
fn damaged_states_are_refused_or_canonical() {
    let own = support::book(BOOK);
    let programs = [
        compile(&own, &by(&["kind", "key"])),
        compile(&own, &by(&["chosen", "size"])),
        compile(&own, &Query { grain: Some(Grain::Month), ..by(&["ok", "units", "day"]) }),
    ];
    let states: Vec<Vec<u8>> =
        programs.iter().map(|program| fed(program, "t", &[mixed_rows()]).state_bytes().unwrap()).collect();
    let mut dice = Dice(2);
    let (mut refused, mut taken) = (0, 0);
    for (program, state) in programs.iter().zip(&states) {
        for length in 0..state.len() {
            let error = Evaluation::new(program).unwrap().merge_bytes(&state[..length]).unwrap_err();
            assert!(error.is_bytes(), "{length}: {error}");
        }
        for _ in 0..if full() { 500_000 } else { 5_000 } {
            let mut bytes = state.clone();
            damage(&mut bytes, &mut dice);
            let mut evaluation = Evaluation::new(program).unwrap();
            match evaluation.merge_bytes(&bytes) {
                Err(error) => {
                    refused += 1;
                    assert!(error.is_bytes(), "{error}");
                    let untouched = Evaluation::new(program).unwrap().state_bytes().unwrap();
                    assert!(evaluation.state_bytes().unwrap() == untouched, "a refused state left something");
                }
                Ok(()) => {
                    taken += 1;
                    // One multiset of rows, one byte string: what was taken must come out as it went in.
                    let out = evaluation.state_bytes().unwrap();
                    assert!(out == bytes, "a state that is not canonical was taken");
                    evaluation.finish().unwrap();
                }
            }
        }
        let foreign = if std::ptr::eq(program, &programs[0]) { &states[1] } else { &states[0] };
        let error = Evaluation::new(program).unwrap().merge_bytes(foreign).unwrap_err();
        assert_eq!(error.core().unwrap().code, Code::StateSignature);
    }
    println!("damaged states: {refused} refused, {taken} taken");
    assert!(refused > 100 && taken > 100);
}

/// The rows of a batch with some columns replaced.
fn with(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    let rows = mixed_rows();
    let replaced = |name: &str| columns.iter().find(|(own, _)| *own == name).map(|(_, array)| array.clone());
    let fields = rows.schema_ref().fields().iter().zip(rows.columns());
    batch(
        fields
            .map(|(field, array)| {
                (field.name().as_str(), replaced(field.name()).unwrap_or_else(|| array.clone()))
            })
            .collect(),
    )
}

#[test]
fn unreadable_values_give_reasons_and_are_counted() {
    let program = compile(&support::book(BOOK), &Query::default());
    let result = evaluate(&program, "t", &mixed_rows());
    let reasons = |name: &str| result.total(name).unwrap().reasons.to_string();
    assert_eq!(reasons("rows"), "");
    assert_eq!(result.total("rows").unwrap().value, Some(5.0));
    assert_eq!(reasons("money_sum"), "invalid_input");
    assert_eq!(reasons("x_sum"), "invalid_input");
    assert_eq!(result.total("rate").unwrap().exact.as_deref(), Some("3/4"));
    let column = |name: &str| result.columns.iter().find(|column| column.column == name).unwrap();
    assert_eq!((column("x").missing, column("x").invalid), (2, 1));
    assert_eq!((column("money").missing, column("money").invalid), (1, 2));
    assert_eq!(column("money").example, Some((1, "1.255".to_owned())));
    assert_eq!((column("kind").missing, column("kind").invalid), (1, 1));
}

#[test]
fn text_where_numbers_were_declared() {
    let program = compile(&support::book(BOOK), &Query::default());
    let words = Arc::new(StringArray::from(vec!["one", "2", "", "4", "5.0"]));
    let result = evaluate(&program, "t", &with(&[("units", words)]));
    let cell = result.total("n_sum").unwrap();
    assert_eq!((cell.value, cell.reasons.to_string().as_str()), (None, "invalid_input"));
    let column = result.columns.iter().find(|column| column.column == "units").unwrap();
    assert_eq!((column.missing, column.invalid), (1, 2));
    assert_eq!(column.example, Some((0, "one".to_owned())));
}

#[test]
fn wrong_types_and_missing_columns_name_the_column_and_feed_nothing() {
    // With a time axis, so that every column is read.
    let program = compile(&support::book(BOOK), &Query { grain: Some(Grain::Day), ..Query::default() });
    let mut evaluation = Evaluation::new(&program).unwrap();
    let before = evaluation.state_bytes().unwrap();
    let wrong: Vec<(&str, ArrayRef)> = vec![
        ("units", Arc::new(Float64Array::from(vec![1.5; 5]))),
        ("ok", Arc::new(Int64Array::from(vec![1; 5]))),
        ("moment", Arc::new(Int64Array::from(vec![1; 5]))),
        ("kind", Arc::new(BooleanArray::from(vec![true; 5]))),
        ("x", new_null_array(&DataType::new_list(DataType::Float64, true), 5)),
    ];
    for (name, array) in wrong {
        let fed = evaluation.feed("t", &with(&[(name, array)]));
        let error = fed.expect_err(name);
        assert!(error.is_data() && error.to_string().contains(&format!("`{name}`")), "{error}");
    }
    let rows = mixed_rows();
    let position = rows.schema().index_of("money").unwrap();
    let mut lacking = rows.clone();
    lacking.remove_column(position);
    let error = evaluation.feed("t", &lacking).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("money"), "{error}");
    let error = evaluation.feed("no such table", &rows).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("no such table"), "{error}");
    assert!(evaluation.state_bytes().unwrap() == before);
}

#[test]
fn no_rows_and_only_nulls() {
    let program = compile(&support::book(BOOK), &Query::default());
    let empty = mixed_rows().slice(0, 0);
    let nulls = |typed: bool| {
        let rows = mixed_rows();
        let columns = rows.schema_ref().fields().iter().map(|field| {
            let array =
                if typed { new_null_array(field.data_type(), 5) } else { Arc::new(NullArray::new(5)) };
            (field.name().as_str(), array as ArrayRef)
        });
        batch(columns.collect())
    };
    for (rows, count) in [(empty, 0.0), (nulls(true), 5.0), (nulls(false), 5.0)] {
        let result = evaluate(&program, "t", &rows);
        assert_eq!(result.cells.len(), 15, "a question without coordinates has one answer per metric");
        assert_eq!(result.total("rows").unwrap().value, Some(count));
        for name in ["n_sum", "money_sum", "x_sum", "x_low"] {
            let cell = result.total(name).unwrap();
            assert_eq!((cell.value, cell.reasons.to_string().as_str()), (None, "empty"), "{name}");
        }
        assert_eq!(result.total("rate").unwrap().reasons.to_string(), "zero_denominator");
        assert!(result.columns.iter().all(|column| column.missing == 5 && column.invalid == 0));
    }
    // With coordinates, no rows are no cells.
    let grouped = compile(&support::book(BOOK), &by(&["kind"]));
    assert!(evaluate(&grouped, "t", &mixed_rows().slice(0, 0)).cells.is_empty());
}

/// Columns of the property below: moments, days, floats for the filter, kinds.
type Placed = (Option<i64>, Option<i32>, Option<f64>, Option<usize>);

proptest! {
    #![proptest_config(ProptestConfig { cases: if full() { 5_000 } else { 64 }, ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_used_or_rejected(
        rows in vec((option::weighted(0.8, prop_oneof![any::<i64>(), 1_600_000_000_000_000_i64..1_700_000_000_000_000]),
                     option::weighted(0.8, prop_oneof![any::<i32>(), 18_990_i32..19_010]),
                     option::weighted(0.8, prop_oneof![Just(1.0), Just(f64::INFINITY), Just(f64::NAN), any::<f64>()]),
                     option::weighted(0.8, 0_usize..4)), 0..150),
        (grain, as_of, from, to) in (any::<bool>(), option::of(18_990_i32..19_010), option::of(18_990_i32..19_000), option::of(19_000_i32..19_010)),
        (filtered, grouped) in any::<(bool, bool)>(),
        cut in 1_usize..80,
    ) {
        let rows: Vec<Placed> = rows;
        let range = Range { from: from.map(Instant::Date), to: to.map(Instant::Date) };
        let query = Query {
            grain: grain.then_some(Grain::Month),
            as_of: as_of.map(Instant::Date),
            range: (from.is_some() || to.is_some()).then_some(range),
            filter: filtered.then(|| "x > 0.0".to_owned()),
            ..by(if grouped { &["kind"] } else { &[] })
        };
        let program = compile(&support::book(BOOK), &query);
        let count = rows.len();
        let kinds = rows.iter().map(|row| row.3.map(|kind| ["a", "A", "b", "other"][kind]));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("moment", Arc::new(rows.iter().map(|row| row.0).collect::<TimestampMicrosecondArray>())),
            ("day", Arc::new(rows.iter().map(|row| row.1).collect::<Date32Array>())),
            ("x", Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>())),
            ("kind", Arc::new(kinds.collect::<StringArray>())),
            ("key", new_null_array(&DataType::Utf8, count)),
            ("units", new_null_array(&DataType::Int64, count)),
            ("money", new_null_array(&DataType::Utf8, count)),
            ("ok", new_null_array(&DataType::Boolean, count)),
        ];
        let result = fed(&program, "t", &support::pieces(&batch(columns), cut)).finish().unwrap();
        let timed = grain || as_of.is_some() || query.range.is_some();
        prop_assert_eq!(result.rows.len(), if timed { 2 } else { 1 });
        for report in &result.rows {
            let rejected: u64 = report.rejected.iter().map(|(_, rows)| rows).sum();
            prop_assert_eq!(report.read, count as u64);
            prop_assert_eq!(report.used + rejected, report.read, "{:?}", report);
        }
        // Counted here once more, by the rules of the documentation.
        let enters = |row: &&Placed| {
            let filter = !filtered || row.2.is_some_and(|x| x.is_finite() && x > 0.0);
            let listed = !grouped || row.3 != Some(3);
            let in_time = !timed
                || row.1.is_some_and(|day| {
                    from.is_none_or(|from| from <= day) && to.is_none_or(|to| day < to) && as_of.is_none_or(|last| day <= last)
                });
            filter && listed && in_time
        };
        let by_day: f64 = result.metric("by_day").filter_map(|cell| cell.value).sum();
        prop_assert_eq!(by_day as usize, rows.iter().filter(enters).count());
        // The cells agree with the report: counts over all groups are the used rows.
        for (name, report) in [("rows", 0), ("by_day", usize::from(timed))] {
            let counted: f64 = result.metric(name).filter_map(|cell| cell.value).sum();
            let at = |report: &ripplemark::evaluate::RowReport| report.at.clone().unwrap_or_default();
            let placed = result.rows.iter().find(|r| !timed || at(r) == ["moment", "day"][report]);
            prop_assert_eq!(counted as u64, placed.unwrap().used, "{}", name);
        }
    }
}
