//! Drill-through: the rows behind a cell are those that were counted, and every other row has the reason that is true
//! of it.
#![cfg(all(feature = "compile", feature = "io"))]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Int64Array, RecordBatch, StringArray, StringViewArray,
};
use arrow::datatypes::Int8Type;
use ripplemark::data::Dataset;
use ripplemark::evaluate::Coordinate;
use ripplemark::model::{Grain, Instant, Query, Range};
use ripplemark::read::{ReadOptions, open};
use ripplemark::rows::{CellAddress, DrillOptions, DrillThrough, Why};
use ripplemark::{Evaluation, Program, book};
use support::drill::{drill, every_cell, row_numbers};
use support::{Dice, batch, compile, fed, full, pieces, tests_path};

fn leadforge(query: &Query) -> (Program, Vec<(String, Vec<RecordBatch>)>) {
    let folder = tests_path("../examples/leadforge");
    let book = book::load_path(folder.join("funnel.yaml")).unwrap_or_else(|e| panic!("{e}")).book;
    let program = compile(&book, query);
    let tables = program.tables().into_iter().map(|table| {
        let path = folder.join("data").join(&table.name).with_extension("parquet");
        let path = if path.exists() { path } else { folder.join("data/sales_activities.parquet") };
        let batches = open(path, &ReadOptions::default()).unwrap().collect::<Result<_, _>>().unwrap();
        (table.name, batches)
    });
    (program.clone(), tables.collect())
}

/// Checks every cell of a question about leadforge; cells and rows.
fn every_leadforge_cell(
    metrics: &[&str],
    by: &[&str],
    grain: Option<Grain>,
    counts_n: &[&str],
) -> (usize, u64) {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let query = Query { metrics: names(metrics), by: names(by), grain, totals: true, ..Query::default() };
    let (program, data) = leadforge(&query);
    let data: Vec<(&str, Vec<RecordBatch>)> =
        data.iter().map(|(name, batches)| (name.as_str(), batches.clone())).collect();
    let mut evaluation = Evaluation::new(&program).unwrap();
    for (name, batches) in &data {
        batches.iter().for_each(|batch| evaluation.feed(name, batch).unwrap());
    }
    every_cell(&program, &evaluation.finish().unwrap(), &data, |name| counts_n.contains(&name))
}

#[test]
fn every_cell_of_deals_by_stage_and_month() {
    let metrics = ["win_rate", "acv_won", "avg_deal", "largest_deal", "opened"];
    let (cells, rows) = every_leadforge_cell(&metrics, &["stage"], Some(Grain::Month), &metrics);
    assert!(cells >= 80 && rows > 10_000, "{cells} {rows}");
}

#[test]
fn every_cell_of_leads_by_channel_and_month() {
    let metrics = ["leads", "sqls", "sql_rate", "cycle_days"];
    let (cells, rows) = every_leadforge_cell(&metrics, &["channel"], Some(Grain::Month), &metrics);
    assert!(cells >= 80 && rows > 10_000, "{cells} {rows}");
}

#[test]
fn every_cell_over_two_tables() {
    let (cells, rows) = every_leadforge_cell(&["acv_per_lead", "leads"], &[], Some(Grain::Month), &["leads"]);
    assert!(cells >= 10 && rows > 5_000, "{cells} {rows}");
    let (cells, _) = every_leadforge_cell(&["acv_per_lead", "win_rate"], &[], None, &["win_rate"]);
    assert_eq!(cells, 2);
}

// ---- random small tables, judged by rules that are written down here once more ---------------------------------------

const BOOK: &str = r#"
ripplemark: 1
book: {id: small}
teams: {we: We}
tables:
  t:
    time: day
    columns:
      kind: {type: category, allowed: [a, b], values: {bee: b}}
      code: int
      flag: bool
      day: date
      other: date
      amount: decimal(2)
metrics:
  - {name: rows, owner: we, of: t, agg: count}
  - {name: cash, owner: we, of: t, agg: sum, expr: amount, filter: flag}
  - {name: mean, owner: we, of: t, agg: average, expr: amount, filter: code > 2}
  - {name: share, owner: we, of: t, numerator: count_if(flag), denominator: count_if(code > 2)}
  - {name: shift, owner: we, of: t, numerator: moved, denominator: rows}
  - {name: moved, owner: we, of: t, agg: count, at: other}
  - {name: each, owner: we, expr: cash / rows}
  - {name: flagged, owner: we, of: t, numerator: 'sum_if(amount, flag)', denominator: count_if(flag)}
  - {name: choice, owner: we, expr: 'if rows > 3 { cash } else { moved }'}
  - {name: sound, owner: we, of: t, agg: sum, expr: amount, filter: flag, on_row_error: reject}
"#;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Field<T> {
    Is(T),
    Missing,
    Invalid,
}
use Field::{Invalid, Is, Missing};

impl<T: Copy> Field<T> {
    fn roll(dice: &mut Dice, values: &[T]) -> Field<T> {
        match dice.below(12) {
            0 => Missing,
            1 => Invalid,
            _ => Is(values[dice.below(values.len())]),
        }
    }

    fn text(self, invalid: &str, show: impl Fn(T) -> String) -> Option<String> {
        match self {
            Is(value) => Some(show(value)),
            Missing => None,
            Invalid => Some(invalid.to_owned()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Row {
    kind: Field<&'static str>,
    code: Field<i64>,
    flag: Field<bool>,
    /// Months and days of 2020.
    day: Field<(u8, u8)>,
    other: Field<(u8, u8)>,
    cents: Field<i64>,
}

impl Row {
    fn roll(dice: &mut Dice) -> Row {
        let days = [(1, 31), (2, 1), (2, 29), (3, 5), (4, 30)];
        Row {
            kind: Field::roll(dice, &["a", "b", "bee"]),
            code: Field::roll(dice, &[1, 2, 3, 4, 7]),
            flag: Field::roll(dice, &[true, false]),
            day: Field::roll(dice, &days),
            other: Field::roll(dice, &days),
            cents: Field::roll(dice, &[0, 5, 150, -75]),
        }
    }
}

fn table(rows: &[Row]) -> RecordBatch {
    let texts = |text: &dyn Fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    let day = |(month, day): (u8, u8)| format!("2020-{month:02}-{day:02}");
    batch(vec![
        ("kind", texts(&|row| row.kind.text("z", str::to_owned))),
        ("code", texts(&|row| row.code.text("1.5", |code| code.to_string()))),
        ("flag", texts(&|row| row.flag.text("maybe", |flag| flag.to_string()))),
        ("day", texts(&|row| row.day.text("2020-02-30", day))),
        ("other", texts(&|row| row.other.text("soon", day))),
        (
            "amount",
            texts(&|row| {
                row.cents.text("0.005", |c| {
                    format!("{}{}.{:02}", if c < 0 { "-" } else { "" }, c.abs() / 100, c.abs() % 100)
                })
            }),
        ),
        ("note", texts(&|row| Some(format!("{row:?}")))),
    ])
}

/// The cell that rows are judged for.
#[derive(Clone, Debug)]
struct Sought {
    kind: Coordinate,
    code: Coordinate,
    month: Option<u8>,
}

/// Where a row is, by the rules of the specification; `None`: in the cell.
fn place(row: &Row, at: Field<(u8, u8)>, sought: &Sought) -> Option<&'static str> {
    // The question: code != 7, from 2020-02-01 to 2020-04-01, by kind and code, by month.
    match row.code {
        Is(7) | Missing => return Some("filtered"),
        Invalid => return Some("filter_failed"),
        Is(_) => {}
    }
    let month = match at {
        Missing => return Some("no_time"),
        Invalid => return Some("invalid_time"),
        Is((month, _)) if !(2..4).contains(&month) => return Some("out_of_range"),
        Is((month, _)) => month,
    };
    let kind = match row.kind {
        Invalid => return Some("invalid_key"),
        Missing => Coordinate::Missing,
        Is(kind) => Coordinate::Text(if kind == "bee" { "b" } else { kind }.to_owned()),
    };
    let code = if let Is(code) = row.code { Coordinate::Int(code) } else { Coordinate::Missing };
    let is_in = |sought: &Coordinate, own: Coordinate| *sought == Coordinate::All || *sought == own;
    if !is_in(&sought.kind, kind) || !is_in(&sought.code, code) {
        return Some("other_group");
    }
    sought.month.filter(|&sought| sought != month).map(|_| "other_period")
}

/// Whether a condition lets a row in, or why not.
fn condition(holds: Field<bool>) -> Result<(), &'static str> {
    match holds {
        Is(true) => Ok(()),
        Is(false) => Err("condition_false"),
        Missing => Err("condition_missing"),
        Invalid => Err("condition_failed"),
    }
}

/// What a metric makes of a row: role, or why it is not counted.
fn judged(metric: &str, row: &Row, sought: &Sought) -> Result<&'static str, &'static str> {
    let here = |at| place(row, at, sought).map_or(Ok(()), Err);
    let value = match row.cents {
        Is(_) => Ok(()),
        Missing => Err("value_missing"),
        Invalid => Err("value_failed"),
    };
    let large = condition(if let Is(code) = row.code { Is(code > 2) } else { Missing });
    let cash = here(row.day).and(condition(row.flag)).and(value);
    let counted = here(row.day);
    match metric {
        "rows" => counted.map(|()| "value"),
        "moved" => here(row.other).map(|()| "value"),
        "cash" => cash.map(|()| "value"),
        "sound" => cash.map(|()| "value").map_err(|why| {
            if why.ends_with("_failed") && why != "filter_failed" { "row_error" } else { why }
        }),
        "mean" => counted.and(large).and(value).map(|()| "value"),
        "share" => sides(counted.and(condition(row.flag)), counted.and(large)),
        "shift" => sides(here(row.other), counted),
        "each" => sides(cash, counted),
        "flagged" => sides(cash, counted.and(condition(row.flag))),
        // All that a formula may read is behind it, whatever it chooses.
        "choice" => any_of([cash, counted, here(row.other)]).map(|()| "value"),
        _ => panic!("{metric}"),
    }
}

fn sides(
    numerator: Result<(), &'static str>,
    denominator: Result<(), &'static str>,
) -> Result<&'static str, &'static str> {
    match (numerator, denominator) {
        (Ok(()), Ok(())) => Ok("numerator|denominator"),
        (Ok(()), Err(_)) => Ok("numerator"),
        (Err(_), Ok(())) => Ok("denominator"),
        (Err(_), Err(_)) => any_of([numerator, denominator]).map(|()| ""),
    }
}

/// What enters one of several aggregates is counted; otherwise the nearest reason holds.
fn any_of<const N: usize>(ways: [Result<(), &'static str>; N]) -> Result<(), &'static str> {
    let order = |name: &&'static str| Why::ALL.iter().position(|why| why.name() == *name);
    let whys: Vec<&'static str> = ways.into_iter().filter_map(Result::err).collect();
    if whys.len() < N { Ok(()) } else { Err(whys.into_iter().max_by_key(order).unwrap()) }
}

fn question() -> Query {
    Query {
        by: vec!["kind".into(), "code".into()],
        grain: Some(Grain::Month),
        filter: Some("code != 7".into()),
        range: Some(Range { from: Some(Instant::Date(18_293)), to: Some(Instant::Date(18_353)) }),
        totals: true,
        ..Query::default()
    }
}

#[test]
fn random_rows_are_judged_as_the_rules_say() {
    let program = compile(&support::book(BOOK), &question());
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..if full() { 2_000 } else { 60 } {
        let dice = &mut Dice(seed);
        let rows: Vec<Row> = (0..dice.below(150)).map(|_| Row::roll(dice)).collect();
        let whole = table(&rows);
        let cut = 1 + dice.below(whole.num_rows() + 1);
        let data = [("t", pieces(&whole, cut))];
        let sought = Sought {
            kind: [
                Coordinate::All,
                Coordinate::Missing,
                Coordinate::Text("a".into()),
                Coordinate::Text("b".into()),
            ][dice.below(4)]
            .clone(),
            code: [Coordinate::All, Coordinate::All, Coordinate::Int(3), Coordinate::Int(1)][dice.below(4)]
                .clone(),
            month: [None, Some(2), Some(3)][dice.below(3)],
        };
        for metric in
            ["rows", "moved", "cash", "mean", "share", "shift", "each", "flagged", "choice", "sound"]
        {
            let address = CellAddress {
                metric: metric.into(),
                key: vec![sought.kind.clone(), sought.code.clone()],
                period: sought.month.map(|month| if month == 2 { 18_293 + 7 } else { 18_322 }),
            };
            let options = DrillOptions { others: Why::ALL.to_vec(), ..DrillOptions::default() };
            let found = drill(&program, address, options, &data);
            let [found] = &found.tables[..] else { panic!("one table is read") };
            let mut told = vec![("", ""); rows.len()];
            for (batches, name) in [(&found.counted, "_role"), (&found.others, "_why")] {
                for batch in batches {
                    let words = batch.column_by_name(name).unwrap().as_string::<i32>();
                    let notes = batch.column_by_name("note").unwrap().as_string::<i32>();
                    for (i, row) in row_numbers(std::slice::from_ref(batch)).into_iter().enumerate() {
                        let row = row as usize;
                        assert_eq!(notes.value(i), format!("{:?}", rows[row]), "the row is itself");
                        assert_eq!(told[row], ("", ""), "no row is listed twice");
                        let word = words.value(i);
                        let own = ["value", "numerator", "denominator", "numerator|denominator"].into_iter();
                        let known = own.chain(Why::ALL.map(Why::name)).find(|known| *known == word).unwrap();
                        told[row] = (name, known);
                    }
                }
            }
            let mut failing = 0;
            for (row, told) in rows.iter().zip(&told) {
                let expected = match judged(metric, row, &sought) {
                    Ok(role) => ("_role", role),
                    Err(why) => ("_why", why),
                };
                assert_eq!(*told, expected, "{metric} at {sought:?}, seed {seed}: {row:?}");
                *met.entry(told.1).or_default() += 1;
                failing +=
                    u64::from(expected.1.ends_with("value_failed") || expected.1 == "condition_failed");
            }
            let counts = &found.counts;
            assert_eq!(counts.read, rows.len() as u64);
            assert_eq!(counts.counted + counts.others.iter().map(|(_, n)| n).sum::<u64>(), counts.read);
            assert!(counts.failed >= failing);
        }
    }
    // Every answer has been given, or the test would say little. Nothing here is after `as_of` or out of the calendar.
    for name in Why::ALL.map(Why::name).into_iter().chain(["value", "numerator", "denominator"]) {
        let never = ["after_as_of", "out_of_calendar"].contains(&name);
        assert_eq!(met.contains_key(name), !never, "{name}: {met:?}");
    }
}

#[test]
fn every_cell_of_random_tables_comes_back_from_its_rows() {
    let program = compile(&support::book(BOOK), &question());
    for seed in 0..if full() { 300 } else { 2 } {
        let dice = &mut Dice(1_000 + seed);
        let rows: Vec<Row> = (0..60).map(|_| Row::roll(dice)).collect();
        let data = [("t", vec![table(&rows)])];
        let result = fed(&program, "t", &data[0].1).finish().unwrap();
        every_cell(&program, &result, &data, |name| !["each", "choice"].contains(&name));
    }
}

/// A row is behind a cell if and only if feeding it alone changes what the cell has counted.
#[test]
fn a_row_alone_is_counted_where_it_is_listed() {
    let program = compile(&support::book(BOOK), &question());
    let dice = &mut Dice(7);
    for _ in 0..if full() { 3_000 } else { 150 } {
        let one = table(&[Row::roll(dice)]);
        let result = fed(&program, "t", std::slice::from_ref(&one)).finish().unwrap();
        for cell in &result.cells {
            let name = result.metrics[cell.metric].name.as_str();
            if ["each", "choice"].contains(&name) {
                continue; // Their n is the smallest of several.
            }
            let address = CellAddress::of(&result, cell).unwrap();
            let found = drill(&program, address, DrillOptions::default(), &[("t", vec![one.clone()])]);
            assert_eq!(found.tables[0].counts.base(), cell.n, "{name} {cell:?}");
        }
    }
}

// ---- what the caller sees --------------------------------------------------------------------------------------------

fn deals(rows: usize) -> RecordBatch {
    let kinds: ArrayRef = Arc::new((0..rows).map(|i| Some(["a", "b"][i % 2])).collect::<StringArray>());
    let amounts: ArrayRef = Arc::new((0..rows).map(|i| Some(i as i64)).collect::<Int64Array>());
    batch(vec![("kind", kinds), ("amount", amounts)])
}

const DEALS: &str = "
ripplemark: 1
book: {id: small}
teams: {we: We}
tables:
  deals: {columns: {kind: category, amount: int}}
  leads: {columns: {kind: category}}
metrics:
  - {name: total, owner: we, of: deals, agg: sum, expr: amount}
  - {name: leads, owner: we, of: leads, agg: count}
";

fn deals_program() -> Program {
    let query = Query { by: vec!["kind".into()], ..Query::default() };
    compile(&support::book(DEALS), &query)
}

fn at(metric: &str, kind: Coordinate) -> CellAddress {
    CellAddress { metric: metric.into(), key: vec![kind], period: None }
}

#[test]
fn what_is_listed_is_limited_and_what_is_counted_is_not() {
    let program = deals_program();
    let options = DrillOptions { limit: 7, others: vec![Why::OtherGroup] };
    let data = [("deals", pieces(&deals(1_000), 3))];
    let found = drill(&program, at("total", Coordinate::Text("b".into())), options, &data);
    let [table] = &found.tables[..] else { panic!("one table is read") };
    assert_eq!((table.counts.counted, table.counts.listed, table.counts.others_listed), (500, 7, 7));
    assert_eq!(row_numbers(&table.counted), [1, 3, 5, 7, 9, 11, 13]);
    assert_eq!(row_numbers(&table.others), [0, 2, 4, 6, 8, 10, 12]);
    let whole = table.to_record_batch().unwrap();
    assert_eq!(whole.num_rows(), 14);
    let names: Vec<_> = whole.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["_row", "_table", "_role", "_why", "kind", "amount"]);
}

#[test]
fn without_a_row_there_are_columns_all_the_same() {
    let program = deals_program();
    let cell = || at("total", Coordinate::Text("c".into()));
    let found = drill(&program, cell(), DrillOptions::default(), &[("deals", vec![deals(3)])]);
    let none = found.tables[0].to_record_batch().unwrap();
    assert_eq!((none.num_rows(), none.num_columns()), (0, 5));
    let found = drill(&program, cell(), DrillOptions::default(), &[]);
    assert!(found.tables[0].to_record_batch().is_none());
}

#[test]
fn many_batches_become_one() {
    let program = deals_program();
    let data = [("deals", pieces(&deals(1_000), 1))];
    let found = drill(&program, at("total", Coordinate::All), DrillOptions::default(), &data);
    assert_eq!(found.tables[0].counted.len(), 1);
    assert_eq!(row_numbers(&found.tables[0].counted), (0..1_000).collect::<Vec<u64>>());
}

#[test]
fn layouts_and_names_of_the_data_are_kept() {
    let program = deals_program();
    let kinds: DictionaryArray<Int8Type> = [Some("a"), Some("b"), None, Some("a")].into_iter().collect();
    let long = "a text that is too long to lie inside its view";
    let data = batch(vec![
        ("kind", Arc::new(kinds) as ArrayRef),
        ("_row", Arc::new(StringViewArray::from(vec![long; 4])) as ArrayRef),
        ("amount", Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3), None])) as ArrayRef),
    ]);
    let cell = at("total", Coordinate::Missing);
    let found = drill(&program, cell, DrillOptions::default(), &[("deals", vec![data.clone()])]);
    let [table] = &found.tables[..] else { panic!("one table is read") };
    let [rows] = &table.counted[..] else { panic!("one batch") };
    let names: Vec<_> = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["__row", "_table", "_role", "kind", "_row", "amount"]);
    assert_eq!(row_numbers(&table.counted), [2]);
    assert!(rows.column(3).logical_nulls().unwrap().is_null(0));
    assert_eq!(rows.column(3).data_type(), data.column(0).data_type());
    assert_eq!(rows.column(4).as_string_view().value(0), long);
}

#[test]
fn data_under_several_schemas_stay_apart() {
    let program = deals_program();
    let swapped = deals(4).project(&[1, 0]).unwrap();
    let data = [("deals", vec![deals(2), deals(3), swapped, deals(1)])];
    let found = drill(&program, at("total", Coordinate::All), DrillOptions::default(), &data);
    let [table] = &found.tables[..] else { panic!("one table is read") };
    assert_eq!(table.counted.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [5, 4, 1]);
    assert_eq!(row_numbers(&table.counted), (0..10).collect::<Vec<u64>>());
    assert!(table.to_record_batch().is_none());
}

#[test]
fn only_tables_that_the_metric_reads_are_looked_through() {
    let program = deals_program();
    let mut drill =
        DrillThrough::new(&program, at("leads", Coordinate::All), DrillOptions::default()).unwrap();
    let names: Vec<_> = drill.tables().into_iter().map(|table| table.name).collect();
    assert_eq!(names, ["leads"]);
    let error = drill.feed("deals", &deals(2)).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("leads"), "{error}");
    let error = drill.feed("leads", &deals(2).project(&[1]).unwrap()).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("kind"), "{error}");
}

#[test]
fn a_dataset_is_read_with_all_of_its_columns() {
    let folder = tests_path("../examples/leadforge");
    let (program, _) = leadforge(&Query { metrics: vec!["won".into()], ..Query::default() });
    let mut data = Dataset::default();
    data.add_file("opportunities", folder.join("data/opportunities.parquet"), None);
    let cell = CellAddress::parse(&program, "won", []).unwrap();
    let found = data.rows_behind(&program, cell, DrillOptions::default()).unwrap();
    assert_eq!(found.tables[0].counts.counted, 1_049);
    let all = open(folder.join("data/opportunities.parquet"), &ReadOptions::default()).unwrap().schema();
    assert_eq!(found.tables[0].counted[0].num_columns(), all.fields().len() + 3);
}

#[test]
fn wrong_addresses_are_told_all_at_once() {
    let program = compile(&support::book(BOOK), &question());
    let codes = |error: ripplemark::Error| -> Vec<&'static str> {
        assert!(error.is_query());
        error.diagnostics().iter().map(|problem| problem.code).collect()
    };
    let parse = |metric: &str, at: &[(&'static str, &'static str)]| {
        CellAddress::parse(&program, metric, at.iter().copied()).map_err(codes)
    };
    let wrong = [("region", "a"), ("code", "x"), ("kind", "a"), ("kind", "b"), ("month", "July")];
    assert_eq!(parse("sales", &wrong), Err(vec!["RM0382", "RM0383", "RM0382", "RM0383", "RM0381"]));
    let day = |text: &'static str| parse("rows", &[("month", text)]).map(|cell| cell.period);
    assert_eq!(day("2020-02"), Ok(Some(18_293)));
    assert_eq!(day("2020-02-29"), Ok(Some(18_293)));
    assert_eq!(day("(all)"), Ok(None));
    for wrong in ["2020", "2020-Q1", "2020-13", "2020-2", "2020-02-30", "+020-02", "", "2020-02-2é"] {
        assert_eq!(day(wrong), Err(vec!["RM0383"]), "{wrong}");
    }
    let missing = parse("rows", &[("kind", "(missing)"), ("code", "-4")]).unwrap();
    assert_eq!(missing.key, [Coordinate::Missing, Coordinate::Int(-4)]);
    assert_eq!(missing.describe(&program), "rows at kind=(missing), code=-4, month=(all)");

    let new = |cell| DrillThrough::new(&program, cell, DrillOptions::default()).err().map(codes);
    let cell = |key: Vec<Coordinate>, period| CellAddress { metric: "rows".into(), key, period };
    assert_eq!(new(cell(vec![Coordinate::All, Coordinate::All], Some(18_300))), None);
    assert_eq!(new(cell(vec![Coordinate::All], None)), Some(vec!["RM0382"]));
    assert_eq!(
        new(cell(vec![Coordinate::Int(1), Coordinate::Bool(true)], Some(i64::MAX))),
        Some(vec!["RM0383", "RM0383", "RM0384"])
    );
    let no_time = deals_program();
    let error = DrillThrough::new(
        &no_time,
        CellAddress { period: Some(0), ..at("total", Coordinate::All) },
        DrillOptions::default(),
    );
    assert_eq!(error.err().map(codes), Some(vec!["RM0384"]));
}

#[test]
fn quarters_and_years_are_written_as_people_do() {
    let read = |first_month: u8, grain: Grain, text: &'static str| {
        let book = support::book(&BOOK.replace(
            "book: {id: small}",
            &format!("book: {{id: small, first_month_of_year: {first_month}}}"),
        ));
        let program = compile(&book, &Query { grain: Some(grain), ..Query::default() });
        let name = if grain == Grain::Quarter { "quarter" } else { "year" };
        let cell = CellAddress::parse(&program, "rows", [(name, text)]).ok()?;
        Some(cell.describe(&program).rsplit('=').next().unwrap().to_owned())
    };
    let is = |text: &str| Some(text.to_owned());
    assert_eq!(read(1, Grain::Quarter, "2020-Q3"), is("2020-07-01"));
    assert_eq!(read(1, Grain::Quarter, "2020-07"), is("2020-07-01"));
    assert_eq!(read(1, Grain::Quarter, "2020-08-15"), is("2020-07-01"));
    assert_eq!(read(1, Grain::Quarter, "2020-08"), is("2020-07-01"));
    assert_eq!(read(1, Grain::Quarter, "2020"), None);
    assert_eq!(read(1, Grain::Year, "2020"), is("2020-01-01"));
    assert_eq!(read(1, Grain::Year, "2020-02"), is("2020-01-01"));
    assert_eq!(read(1, Grain::Year, "2020-Q1"), None);
    // Where years begin in March, a bare year would be read in two ways.
    assert_eq!(read(3, Grain::Year, "2020"), None);
    assert_eq!(read(3, Grain::Year, "2020-03"), is("2020-03-01"));
    assert_eq!(read(3, Grain::Year, "2020-02"), is("2019-03-01"));
    assert_eq!(read(3, Grain::Year, "2020-02-01"), is("2019-03-01"));
    assert_eq!(read(3, Grain::Quarter, "2020-Q1"), None);
}
