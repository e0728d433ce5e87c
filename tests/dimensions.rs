//! Computed dimensions and bands: grouping by a formula gives the groups that a column with its values would have given.
//!
//! The values of the formulas are computed a second time here, in plain Rust, and handed in as a column of the data. Both
//! results must have the same canonical bytes, however the texts arrive and wherever the rows are cut.
#![cfg(feature = "compile")]

mod support;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::DataType;
use ripplemark::data::Dataset;
use ripplemark::evaluate::Coordinate;
use ripplemark::explain::{Ask, Periods, Versus, explain};
use ripplemark::model::{Grain, Query};
use ripplemark::rows::{CellAddress, DrillOptions, DrillThrough, Why};
use ripplemark::{Evaluation, book, rule, target};
use support::{Dice, batch, by, compile, evaluate, fed, pieces};

/// A book whose table `t` has this behind its columns.
fn text(columns: &str, more: &str) -> String {
    format!(
        r#"
ripplemark: 1
book: {{id: dims, timezone: Europe/Berlin}}
teams: {{we: We}}
functions: 'fn is_big(n) {{ n > 500 }}'
tables:
  t:
    time: day
    columns: {{kind: category, place: {{type: category, allowed: [North, South], values: {{Nord: North}}}}, who: id,
              employees: int, amount: decimal(2), day: date, ok: bool{columns}}}
    {more}
metrics:
  - {{name: rows, owner: we, of: t, expr: count()}}
  - {{name: total, owner: we, of: t, expr: sum(amount)}}
"#
    )
}

const COMPUTED: &str = r#"dimensions:
      size: 'if is_big(employees) { "large" } else { "small" }'
      origin: {expr: 'switch kind { "ad" | "mail" => "paid", "word" => kind, _ => place ?? kind }', description: where it came from}
      who_or: 'if ok { who } else { kind ?? "nobody" }'
      month_of: 'truncate(day, "month")'
      odd: 'employees % 2 == 1'
      tens: 'employees - employees % 10'
      nested: 'if size == "large" && origin != "paid" { origin } else { size }'
    bands:
      deal: {of: amount, edges: [0, 1000.5, 5000], labels: [none, small, medium, "a giant"]}
      auto: {of: employees, edges: [-10, 0, 500]}
      when: {of: day, edges: [2017-01-01, 2017-07-01]}
      age: {of: 'amount * 2', edges: [100.125, 2000]}"#;

/// A row as the data have it.
#[derive(Clone)]
struct Row {
    kind: Option<&'static str>,
    place: Option<&'static str>,
    who: Option<String>,
    employees: Option<i64>,
    /// Cents.
    amount: Option<i64>,
    /// Days since 1970-01-01.
    day: Option<i32>,
    ok: Option<bool>,
}

fn rows(dice: &mut Dice, count: usize) -> Vec<Row> {
    let some = |dice: &mut Dice| dice.below(8) > 0;
    (0..count)
        .map(|_| Row {
            kind: some(dice).then(|| ["ad", "mail", "word", "fair", "paid", ""][dice.below(6)]),
            place: some(dice).then(|| ["North", "South", "Nord"][dice.below(3)]),
            who: some(dice).then(|| format!("{}", 9_007_199_254_740_993_u64 + dice.below(5) as u64)),
            employees: some(dice).then(|| [-11, -10, -1, 0, 3, 499, 500, 501, 777][dice.below(9)]),
            amount: some(dice)
                .then(|| [-1, 0, 5006, 5007, 100_049, 100_050, 499_999, 500_000, 900_000][dice.below(9)]),
            day: some(dice).then(|| 17_160 + dice.below(200) as i32),
            ok: some(dice).then(|| dice.below(2) == 0),
        })
        .collect()
}

fn place(row: &Row) -> Option<&'static str> {
    row.place.map(|place| if place == "Nord" { "North" } else { place })
}

fn size(row: &Row) -> Option<String> {
    row.employees.map(|n| if n > 500 { "large" } else { "small" }.to_owned())
}

fn origin(row: &Row) -> Option<String> {
    let chosen = match row.kind {
        // A missing subject fits no pattern, and it is not known that it fits none.
        None => None,
        Some("ad" | "mail") => Some("paid"),
        Some("word") => Some("word"),
        kind => place(row).or(kind),
    };
    chosen.map(str::to_owned)
}

fn who_or(row: &Row) -> Option<String> {
    if row.ok? { row.who.clone() } else { Some(row.kind.unwrap_or("nobody").to_owned()) }
}

fn nested(row: &Row) -> Option<String> {
    // `&&` is false as soon as one side is.
    let large = size(row).map(|size| size == "large");
    let unpaid = origin(row).map(|origin| origin != "paid");
    let both = match (large, unpaid) {
        (Some(false), _) | (_, Some(false)) => false,
        (a, b) => a? && b?,
    };
    if both { origin(row) } else { size(row) }
}

fn band(value: Option<i64>, edges: &[i64], labels: &[&str]) -> Option<String> {
    let value = value?;
    let part = edges.iter().filter(|edge| value >= **edge).count();
    Some(labels[part].to_owned())
}

/// First day of the month, without a calendar: the days of 2016-12 to 2017-07 since 1970-01-01.
fn month_of(row: &Row) -> Option<i32> {
    const FIRST: [i32; 8] = [17_136, 17_167, 17_198, 17_226, 17_257, 17_287, 17_318, 17_348];
    let day = row.day?;
    FIRST.into_iter().rfind(|first| *first <= day)
}

fn texts(rows: &[Row], of: impl Fn(&Row) -> Option<String>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<StringArray>())
}

const AMOUNT: [&str; 4] = ["none", "small", "medium", "a giant"];
const AUTO: [&str; 4] = ["< -10", "-10–0", "0–500", ">= 500"];
const WHEN: [&str; 3] = ["< 2017-01-01", "2017-01-01–2017-07-01", ">= 2017-07-01"];
const AGE: [&str; 3] = ["< 100.125", "100.125–2000", ">= 2000"];

/// The columns of the data, and behind them what the formulas should give.
fn data(rows: &[Row]) -> RecordBatch {
    let decimals = rows.iter().map(|row| row.amount.map(i128::from)).collect::<Decimal128Array>();
    batch(vec![
        ("kind", texts(rows, |row| row.kind.map(str::to_owned))),
        ("place", texts(rows, |row| row.place.map(str::to_owned))),
        ("who", texts(rows, |row| row.who.clone())),
        ("employees", Arc::new(rows.iter().map(|row| row.employees).collect::<Int64Array>())),
        ("amount", Arc::new(decimals.with_precision_and_scale(12, 2).unwrap())),
        ("day", Arc::new(rows.iter().map(|row| row.day).collect::<Date32Array>())),
        ("ok", Arc::new(rows.iter().map(|row| row.ok).collect::<BooleanArray>())),
        ("size", texts(rows, size)),
        ("origin", texts(rows, origin)),
        ("who_or", texts(rows, who_or)),
        ("nested", texts(rows, nested)),
        ("month_of", Arc::new(rows.iter().map(month_of).collect::<Date32Array>())),
        ("odd", Arc::new(rows.iter().map(|row| row.employees.map(|n| n % 2 == 1)).collect::<BooleanArray>())),
        ("tens", Arc::new(rows.iter().map(|row| row.employees.map(|n| n / 10 * 10)).collect::<Int64Array>())),
        ("deal", texts(rows, |row| band(row.amount, &[0, 100_050, 500_000], &AMOUNT))),
        ("auto", texts(rows, |row| band(row.employees, &[-10, 0, 500], &AUTO))),
        ("when", texts(rows, |row| band(row.day.map(i64::from), &[17_167, 17_348], &WHEN))),
        // Twice the amount against 100.125, in thousandths.
        ("age", texts(rows, |row| band(row.amount.map(|cents| cents * 20), &[100_125, 2_000_000], &AGE))),
    ])
}

const GIVEN: &str = ", size: category, origin: category, who_or: category, nested: category, month_of: date, \
                     odd: bool, tens: int, deal: category, auto: category, when: category, age: category";

const NAMES: [&str; 11] =
    ["size", "origin", "who_or", "nested", "month_of", "odd", "tens", "deal", "auto", "when", "age"];

#[test]
fn a_formula_groups_like_a_column_with_its_values() {
    let computed = support::book(&text("", COMPUTED));
    let given = support::book(&text(GIVEN, ""));
    let mut dice = Dice(7);
    for round in 0..4 {
        let rows = rows(&mut dice, 400);
        let batch = data(&rows);
        for dims in NAMES.iter().map(|name| vec![*name]).chain([vec!["size", "deal"], vec!["nested", "odd"]])
        {
            let query = Query { totals: true, grain: (round % 2 == 0).then_some(Grain::Month), ..by(&dims) };
            let (ours, theirs) = (compile(&computed, &query), compile(&given, &query));
            let wanted = evaluate(&theirs, "t", &batch);
            assert_eq!(evaluate(&ours, "t", &batch).hash(), wanted.hash(), "{dims:?}");
            // Dictionaries, with codes that differ from batch to batch, and cuts through the middle.
            let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            let cut: Vec<RecordBatch> = pieces(&batch, 37)
                .into_iter()
                .enumerate()
                .map(|(i, piece)| {
                    let schema = piece.schema();
                    let columns = schema.fields().iter().zip(piece.columns()).map(|(field, column)| {
                        let text = *field.data_type() == DataType::Utf8 && i % 2 == 0;
                        let column = if text { cast(column, &dictionary).unwrap() } else { column.clone() };
                        (field.name().clone(), column)
                    });
                    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, c)| (name, c, true)))
                        .unwrap()
                })
                .collect();
            let (left, right) = cut.split_at(cut.len() / 3);
            let mut merged = fed(&ours, "t", right);
            merged.merge_bytes(&fed(&ours, "t", left).state_bytes().unwrap()).unwrap();
            assert_eq!(merged.finish().unwrap().hash(), wanted.hash(), "{dims:?} merged");
            let whole = fed(&ours, "t", &[concat_batches(&batch.schema(), [&batch]).unwrap()]);
            assert_eq!(whole.state_bytes().unwrap(), merged.state_bytes().unwrap(), "{dims:?}");
        }
    }
}

#[test]
fn groups_of_a_band_stand_in_the_order_of_its_edges() {
    let computed = support::book(&text("", COMPUTED));
    let batch = data(&rows(&mut Dice(11), 300));
    let result = evaluate(&compile(&computed, &Query { totals: true, ..by(&["odd", "deal"]) }), "t", &batch);
    let fine: Vec<_> =
        result.metric("rows").filter(|cell| cell.level == 3).map(|cell| cell.key.to_vec()).collect();
    let label = |text: &str| Coordinate::Text(text.to_owned());
    let parts: Vec<Coordinate> = AMOUNT.iter().map(|text| label(text)).chain([Coordinate::Missing]).collect();
    let odds = [Coordinate::Bool(false), Coordinate::Bool(true), Coordinate::Missing];
    let wanted: Vec<_> =
        odds.iter().flat_map(|odd| parts.iter().map(move |part| vec![odd.clone(), part.clone()])).collect();
    assert_eq!(fine, wanted);
    // Levels stay where they were, each after the finer one.
    let levels: Vec<u32> = result.cells.iter().map(|cell| cell.level).collect();
    assert!(levels.is_sorted_by(|a, b| a >= b), "{levels:?}");
    // The same labels as a plain column stand by their bytes.
    let plain = support::book(&text(GIVEN, ""));
    let plain = evaluate(&compile(&plain, &by(&["deal"])), "t", &batch);
    let first = plain.metric("rows").map(|cell| cell.key[0].clone()).next();
    assert_eq!(first, Some(label("a giant")));
}

#[test]
fn computed_names_stand_in_formulas_filters_and_saved_queries() {
    let more = format!(
        "{}
  - {{name: large, owner: we, of: t, agg: count, filter: 'size == \"large\"'}}
  - {{name: big_deals, owner: we, of: t, expr: 'count_if(deal in [\"medium\", \"a giant\"] && contains(origin, \"o\"))'}}
  - {{name: per_ten, owner: we, of: t, expr: 'sum(tens)'}}
saved_queries:
  - {{name: by_size, metrics: [total], by: [size, deal], filter: 'odd'}}
",
        text("", COMPUTED).trim_end()
    );
    let computed = support::book(&more);
    let rows = rows(&mut Dice(3), 500);
    let batch = data(&rows);
    let result = evaluate(&compile(&computed, &Query::default()), "t", &batch);
    let value = |name: &str| result.total(name).unwrap().value;
    let count = |test: &dyn Fn(&Row) -> bool| Some(rows.iter().filter(|row| test(row)).count() as f64);
    assert_eq!(value("large"), count(&|row| row.employees > Some(500)));
    let has_o = |row: &Row| origin(row).is_some_and(|text| text.contains('o'));
    assert_eq!(value("big_deals"), count(&|row| row.amount >= Some(100_050) && has_o(row)));
    let tens: i64 = rows.iter().filter_map(|row| row.employees).map(|n| n / 10 * 10).sum();
    assert_eq!(value("per_ten"), Some(tens as f64));
    let saved = &computed.saved_queries[0].1;
    let result = evaluate(&compile(&computed, saved), "t", &batch);
    let odd = |row: &&Row| row.employees.is_some_and(|n| n % 2 == 1);
    assert_eq!(result.rows[0].used, rows.iter().filter(odd).count() as u64);
    assert_eq!(result.dims, ["size", "deal"]);
}

#[test]
fn the_rows_behind_a_computed_group_are_those_that_it_counts() {
    let computed = support::book(&text("", COMPUTED));
    let program = compile(&computed, &by(&["origin", "deal"]));
    let batch = data(&rows(&mut Dice(5), 400));
    let result = evaluate(&program, "t", &batch);
    for cell in result.metric("total") {
        let address = CellAddress::of(&result, cell).unwrap();
        let mut drill = DrillThrough::new(&program, address, DrillOptions::default()).unwrap();
        drill.feed("t", &batch).unwrap();
        let found = drill.finish();
        assert_eq!(found.tables[0].counts.counted, cell.n, "{:?}", cell.key);
        let elsewhere = found.tables[0].counts.others.iter().find(|(why, _)| *why == Why::OtherGroup);
        assert!(elsewhere.is_some_and(|(_, rows)| *rows > 0));
    }
}

#[test]
fn rules_targets_and_explanations_go_by_computed_names() {
    let more = r#"  - {name: mean, owner: we, expr: total / rows}
links: [{to: total, identity: rows * mean}]
rules:
  - {id: some, scope: [deal, odd], grain: month, when: 'rows.value > rows.prior', say: '${deal} ${odd}: ${rows.value}'}
targets:
  - {metric: rows, from: 2017-03-01, due: 2017-03-31, goal: 40, owner: we, scope: {size: large}}
"#;
    let books = [text("", COMPUTED), text(GIVEN, "")].map(|text| support::book(&(text + more)));
    let batch = data(&rows(&mut Dice(13), 500));
    let mut data = Dataset::default();
    data.add_batches("t", batch.schema(), vec![batch.clone()]);
    let told = books.each_ref().map(|book| {
        let findings = rule::evaluate(book, &data, rule::Ask::default()).unwrap();
        let mut said: Vec<String> = findings.findings.iter().map(|finding| finding.message.clone()).collect();
        // Within a rule, scopes with equally many rows stand in the order of the result.
        said.sort();
        let status = target::evaluate(book, &data, None).unwrap();
        let query = Query { grain: Some(Grain::Month), ..by(&["when", "auto"]) };
        let ask = Ask { versus: Versus::Prior(Periods::All), query, ..Ask::new("total") };
        let moved = explain(book, &data, &ask).unwrap();
        (said, format!("{:?}", status[0].standing), moved.explained.len())
    });
    assert!(told[0].0.len() > 3 && told[0].2 > 3, "{told:?}");
    assert_eq!(told[0], told[1]);
}

#[test]
fn a_state_does_not_merge_with_one_of_another_formula() {
    let one = support::book(&text("", COMPUTED));
    let other = support::book(&text("", &COMPUTED.replace("5000]", "5001]")));
    let batch = data(&rows(&mut Dice(9), 50));
    let state = |book, dim: &str| -> (Vec<u8>, Evaluation) {
        let evaluation = fed(&compile(book, &by(&[dim])), "t", std::slice::from_ref(&batch));
        (evaluation.state_bytes().unwrap(), evaluation)
    };
    let (bytes, _) = state(&one, "deal");
    assert!(state(&other, "deal").1.merge_bytes(&bytes).is_err_and(|error| error.is_bytes()));
    assert!(state(&one, "deal").1.merge_bytes(&bytes).is_ok());
    let (bytes, _) = state(&one, "size");
    assert!(state(&other, "size").1.merge_bytes(&bytes).is_ok());
}

#[test]
fn a_metric_means_what_its_dimension_computes_not_how_it_is_called() {
    let metric = "  - {name: large, owner: we, of: t, agg: count, filter: 'FILTER'}\n";
    let meaning = |filter: &str, dimensions: &str| {
        let text = text("", dimensions) + metric.replace("FILTER", filter).as_str();
        let book = support::book(&text);
        let id = book.metrics.iter().position(|metric| metric.name == "large").unwrap();
        ripplemark::lower::metric_meaning(&book, ripplemark::model::MetricId(id))
    };
    let by_hand = r#"(if amount < 0 { "none" } else if amount < 1000.5 { "small" } else if amount < 5000 { "medium" } else { "a giant" }) == "none""#;
    let band = meaning(r#"deal == "none""#, COMPUTED);
    assert_eq!(band, meaning(by_hand, ""));
    assert_eq!(band, meaning(r#"renamed == "none""#, &COMPUTED.replace("deal:", "renamed:")));
    assert_ne!(band, meaning(r#"deal == "none""#, &COMPUTED.replace("5000]", "5001]")));
}

#[test]
fn everything_that_has_an_order_is_cut_into_bands() {
    let book = support::book(
        r#"
ripplemark: 1
book: {id: bands}
teams: {we: We}
tables:
  t:
    columns: {a: timestamp, b: timestamp, x: float, money: decimal(2), row: int}
    bands:
      began: {of: a, edges: ["2017-01-01T00:00:00Z", "2017-01-01T02:00:00+01:00", "2017-01-02T00:00:00.5Z"]}
      took: {of: b - a, edges: [30m, 24h, 7d]}
      share: {of: x, edges: [-0.5, 0.1, 1], labels: [d, c, b, a]}
      fine: {of: money, edges: [0.005, 0.015], labels: [under, cent, over]}
      guarded: {of: 'if is_null(money) { return 9; } let twice = row * 2; twice', edges: [3, 9]}
metrics: [{name: rows, owner: we, agg: count}]
"#,
    );
    const HOUR: i64 = 3_600_000_000;
    let day = 17_167 * 24 * HOUR; // 2017-01-01T00:00Z
    let times =
        |values: [Option<i64>; 5]| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(values.to_vec())) };
    let cents = Decimal128Array::from(vec![Some(0), Some(1), Some(2), None, Some(-1)]);
    let half = 24 * HOUR + 500_000;
    let batch = batch(vec![
        ("a", times([Some(day - 1), Some(day), Some(day + half), None, Some(day + half - 1)])),
        (
            "b",
            times([Some(day - 1), Some(day + HOUR / 2), Some(day + half + 7 * 24 * HOUR), Some(day), None]),
        ),
        // The double nearest to a tenth is the edge that is written 0.1.
        ("x", Arc::new(Float64Array::from(vec![-0.5, 0.1, 0.099_999_999_999_999_99, 1e300, f64::NAN]))),
        ("money", Arc::new(cents.with_precision_and_scale(12, 2).unwrap())),
        ("row", Arc::new(Int64Array::from_iter_values(0..5))),
    ]);
    let parts = |dim: &str| -> Vec<String> {
        let result = evaluate(&compile(&book, &by(&["row", dim])), "t", &batch);
        result.cells.iter().map(|cell| cell.key[1].to_string()).collect()
    };
    assert_eq!(parts("took"), ["< 30m", "30m–24h", ">= 7d", "(missing)", "(missing)"]);
    assert_eq!(parts("share"), ["c", "b", "c", "a", "(missing)"]);
    assert_eq!(parts("fine"), ["under", "cent", "over", "(missing)", "under"]);
    assert_eq!(parts("guarded"), ["< 3", "< 3", "3–9", ">= 9", "3–9"]);
    let began = parts("began");
    assert_eq!(began[..2], ["< 2017-01-01T00:00:00Z", "2017-01-01T00:00:00Z–2017-01-01T02:00:00+01:00"]);
    assert_eq!(began[2..4], [">= 2017-01-02T00:00:00.5Z", "(missing)"]);
    assert_eq!(began[4], "2017-01-01T02:00:00+01:00–2017-01-02T00:00:00.5Z");
}

#[test]
fn texts_that_cannot_be_are_refused() {
    let refused = |filter: &str| {
        let metric = format!("  - {{name: m, owner: we, of: t, agg: count, filter: '{filter}'}}\n");
        let problems = book::load_str(&(text("", COMPUTED) + metric.as_str()), "b.yaml").expect_err(filter);
        problems.all().iter().map(|problem| problem.code).collect::<Vec<_>>()
    };
    assert_eq!(refused(r#"size == "lrge""#), ["RM0219"]);
    assert_eq!(refused(r#"contains(deal, "huge")"#), ["RM0219"]);
    assert_eq!(refused(r#"deal in ["small", "big"]"#), ["RM0219"]);
}
