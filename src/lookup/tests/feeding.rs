//! Orders of feeding, layouts of keys, chains, tables that look into each other or themselves, limits, merging.

use super::*;
use arrow::array::{DictionaryArray, Int32Array, StringViewArray, UInt16Array};
use arrow::compute::concat_batches;

const TABLES: &str = "  opps:
    columns: {opp: id, account: {type: category, values: {ACME: acme}}, amount: int}
    lookups: {account: {table: accounts}}
  accounts:
    key: account
    columns: {account: {type: id, values: {}}, region: id, size: decimal(1)}
    lookups: {home: {table: regions, by: region, columns: [{area: name}]}}
  regions: {key: region, columns: {region: id, name: {type: category, values: {EU: Europe}}}}";
const METRICS: &str = "  - {name: opps, owner: s, of: opps, agg: count}
  - {name: amount, owner: s, of: opps, agg: sum, expr: amount}
  - {name: size, owner: s, of: opps, agg: sum, expr: account.size}";

fn tables() -> String {
    TABLES.replace("{type: id, values: {}}", "id")
}

fn regions() -> RecordBatch {
    batch(&[("region", ints(&[1, 2])), ("name", texts(&["EU", "US"]))])
}

fn accounts() -> RecordBatch {
    batch(&[
        ("account", text(&[Some("acme"), Some("bolt"), None, Some("cube"), None])),
        ("region", text(&[Some("1"), Some("2"), Some("1"), Some("7"), None])),
        ("size", texts(&["1.5", "2.5", "100", "abc", "7"])),
    ])
}

fn opps() -> RecordBatch {
    batch(&[
        ("opp", ints(&[1, 2, 3, 4, 5, 6])),
        ("account", text(&[Some("ACME"), Some("bolt"), None, Some("nobody"), Some("acme"), Some("cube")])),
        ("amount", ints(&[1, 2, 4, 8, 16, 32])),
    ])
}

#[test]
fn a_chain_of_lookups_keeps_every_row_and_counts_what_it_did_not_find() {
    let program = program(&tables(), METRICS, &["account.area"]);
    let order: Vec<(String, bool)> = program.tables().into_iter().map(|t| (t.name, t.lookup)).collect();
    assert_eq!(order, [("regions".into(), true), ("accounts".into(), true), ("opps".into(), false)]);
    let set = fed(&program, &[("regions", regions()), ("accounts", accounts()), ("opps", opps())])
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(cells(&set, "amount"), "Europe=17 US=2 (missing)=44");
    // The account whose size is no number poisons the groups that it enters, and no other.
    assert_eq!(cells(&set, "size"), "Europe=3 US=2.5 (missing)=-");
    let account = report(&set, "opps", "account");
    assert_eq!(counts(account), [4, 1, 1, 0, 0]);
    assert_eq!((account.rows, account.rows_without_key), (5, 2));
    assert_eq!((account.target.as_str(), account.example.as_deref()), ("accounts", Some("\"nobody\"")));
    assert!(account.bytes > 0);
    assert_eq!(counts(report(&set, "accounts", "home")), [3, 1, 1, 0, 0]);
    // What could not be read is told with its row in the table where it stands.
    let size = set.columns.iter().find(|column| column.column == "account.size").unwrap();
    assert_eq!((size.invalid, size.example.clone()), (1, Some((3, "abc".to_owned()))));
    assert_eq!(set.to_json()["lookups"][1]["unmatched"], 1);
}

/// The same rows in other batches and layouts, and the tables that are looked into in another order.
#[test]
fn batches_and_layouts_do_not_show() {
    let program = program(&tables(), METRICS, &["account.area", "account.region"]);
    let whole = fed(&program, &[("regions", regions()), ("accounts", accounts()), ("opps", opps())]).unwrap();
    let mut pieces = Evaluation::new(&program).unwrap();
    for row in 0..5 {
        pieces.feed("accounts", &accounts().slice(row, 1)).unwrap();
    }
    let views: ArrayRef = Arc::new(StringViewArray::from(vec!["2"]));
    pieces.feed("regions", &batch(&[("region", views), ("name", texts(&["US"]))])).unwrap();
    let small: ArrayRef = Arc::new(UInt16Array::from(vec![1_u16]));
    pieces.feed("regions", &batch(&[("region", small), ("name", texts(&["EU"]))])).unwrap();
    let entries = texts(&["cube", "ACME", "unused", "nobody", "acme", "bolt"]);
    let codes = Int32Array::from(vec![Some(1), Some(5), None, Some(3), Some(4), Some(0)]);
    let keys: ArrayRef = Arc::new(DictionaryArray::new(codes, entries));
    let columns =
        [("opp", ints(&[1, 2, 3, 4, 5, 6])), ("account", keys), ("amount", ints(&[1, 2, 4, 8, 16, 32]))];
    let dictionary = batch(&columns);
    pieces.feed("opps", &dictionary.slice(0, 2)).unwrap();
    pieces.feed("opps", &dictionary.slice(2, 4)).unwrap();
    assert_eq!(whole.state_bytes().unwrap(), pieces.state_bytes().unwrap());
    let (whole, pieces) = (whole.finish().unwrap(), pieces.finish().unwrap());
    assert_eq!(whole.hash(), pieces.hash());
    assert_eq!(whole.lookups, pieces.lookups);
}

#[test]
fn tables_come_in_order_and_late_rows_are_refused() {
    let program = program(&tables(), METRICS, &["account.area"]);
    let refusal = |tables: &[(&str, RecordBatch)]| fed(&program, tables).err().unwrap();
    let error = refusal(&[("accounts", accounts()), ("opps", opps())]);
    assert!(error.is_data() && error.to_string().contains("feed `regions` first"), "{error}");
    let all = [("regions", regions()), ("accounts", accounts()), ("opps", opps())];
    let late = [all.as_slice(), &[("regions", regions())]].concat();
    assert!(
        refusal(&late).to_string().contains("table `regions` cannot take more rows"),
        "{}",
        refusal(&late)
    );
    // More rows of the table that looks are fine, and so is an empty batch of the others.
    let more = [all.as_slice(), &[("opps", opps()), ("regions", regions().slice(0, 0))]].concat();
    assert_eq!(cells(&fed(&program, &more).unwrap().finish().unwrap(), "opps"), "Europe=4 US=2 (missing)=6");
    // An empty table finds nothing; one of which nobody fed anything is a mistake.
    let empty = [("regions", regions().slice(0, 0)), ("accounts", accounts().slice(0, 0)), ("opps", opps())];
    let set = fed(&program, &empty).unwrap().finish().unwrap();
    assert_eq!(cells(&set, "opps"), "(missing)=6");
    assert_eq!(counts(report(&set, "opps", "account")), [0, 1, 5, 0, 0]);
}

#[test]
fn a_key_stands_once_over_all_batches() {
    let program = program(&tables(), METRICS, &["account.region"]);
    let mut evaluation = Evaluation::new(&program).unwrap();
    evaluation.feed("accounts", &accounts()).unwrap();
    let again = batch(&[
        ("account", texts(&["dime", "bolt"])),
        ("region", texts(&["1", "1"])),
        ("size", texts(&["1", "1"])),
    ]);
    let error = evaluation.feed("accounts", &again).unwrap_err().to_string();
    for part in ["table `accounts`", "\"bolt\"", "row 2", "row 7", "valid_from"] {
        assert!(error.contains(part), "{error}");
    }
    // Nothing of the refused batch is in: its other key can be fed.
    evaluation.feed("accounts", &again.slice(0, 1)).unwrap();
    assert_eq!(evaluation.rows_read("accounts").unwrap(), 6);
    evaluation.feed("opps", &opps()).unwrap();
    assert_eq!(cells(&evaluation.finish().unwrap(), "opps"), "1=2 2=1 7=1 (missing)=2");
}

#[test]
fn composite_keys_match_part_by_part() {
    let tables =
        "  sales: {columns: {day: date, shop: id, n: int}, lookups: {price: {table: prices, by: [n, day]}}}
  prices: {key: [number, day], columns: {day: date, number: int, price: decimal(2)}}";
    let metrics = "  - {name: price, owner: s, of: sales, agg: sum, expr: price.price}";
    let program = program(tables, metrics, &["shop"]);
    let prices = batch(&[
        ("day", days(&[Some(1), Some(1), Some(2), None])),
        ("number", ints(&[1, 2, 1, 2])),
        ("price", texts(&["1.00", "0.10", "0.01", "9"])),
    ]);
    let sales = batch(&[
        ("day", days(&[Some(1), Some(1), Some(2), Some(2), None])),
        ("shop", texts(&["a", "b", "c", "d", "e"])),
        ("n", ints(&[1, 2, 1, 2, 1])),
    ]);
    let set = fed(&program, &[("prices", prices), ("sales", sales)]).unwrap().finish().unwrap();
    assert_eq!(cells(&set, "price"), "a=1 b=0.1 c=0.01 d=- e=-");
    let report = report(&set, "sales", "price");
    assert_eq!((counts(report), report.example.as_deref()), ([3, 1, 1, 0, 0], Some("2, 1970-01-03")));
}

#[test]
fn tables_look_into_each_other_and_into_themselves() {
    let tables = "  leads: {key: lead, columns: {lead: id, channel: category}, lookups: {opp: {table: opps, by: lead, columns: [outcome]}}}
  opps: {key: lead, columns: {lead: id, outcome: category, boss: id}, lookups: {lead: {table: leads, columns: [channel]}, boss: {table: opps, by: boss}}}";
    let metrics = "  - {name: won_leads, owner: s, of: leads, agg: count, filter: 'outcome == \"won\"'}
  - {name: opps, owner: s, of: opps, agg: count}
  - {name: bossy, owner: s, of: opps, agg: count, filter: 'boss.outcome == \"won\"'}";
    let program = program(tables, metrics, &["channel"]);
    let leads = batch(&[("lead", ints(&[1, 2, 3])), ("channel", texts(&["web", "call", "web"]))]);
    let opps = batch(&[
        ("lead", texts(&["1", "2", "9"])),
        ("outcome", texts(&["won", "won", "lost"])),
        ("boss", text(&[Some("9"), Some("1"), None])),
    ]);
    let order: Vec<String> = program.tables().into_iter().map(|table| table.name).collect();
    assert_eq!(order, ["opps", "leads"]);
    let error = fed(&program, &[("leads", leads.clone())]).err().unwrap().to_string();
    assert!(error.contains("feed `opps` first"), "{error}");
    // The rows of `opps` wait for `leads`, and for the rest of `opps`.
    let early = fed(&program, &[("opps", opps.slice(0, 2))]).unwrap();
    assert!(early.finish().err().unwrap().to_string().contains("feed `leads` first"));
    let all = [("opps", opps.slice(0, 2)), ("opps", opps.slice(2, 1)), ("leads", leads.slice(0, 2))];
    let mut evaluation = fed(&program, &all).unwrap();
    assert_eq!((evaluation.rows_read("opps").unwrap(), evaluation.rows_read("leads").unwrap()), (3, 2));
    let set = evaluation.finish().unwrap();
    assert_eq!(cells(&set, "won_leads"), "call=1 web=1 (missing)=0");
    assert_eq!(cells(&set, "opps"), "call=1 web=1 (missing)=1");
    assert_eq!(cells(&set, "bossy"), "call=1 web=0 (missing)=0");
    // A result does not end the feeding, and gives the same every time.
    assert_eq!(evaluation.finish().unwrap().hash(), set.hash());
    evaluation.feed("leads", &batch(&[("lead", ints(&[9])), ("channel", texts(&["web"]))])).unwrap();
    let set = evaluation.finish().unwrap();
    assert_eq!(cells(&set, "won_leads"), "call=1 web=1");
    assert_eq!(cells(&set, "opps"), "call=1 web=2");
    assert_eq!(counts(report(&set, "leads", "opp")), [3, 0, 0, 0, 0]);
    assert_eq!(counts(report(&set, "opps", "boss")), [2, 1, 0, 0, 0]);
    let mut merged = Evaluation::new(&program).unwrap();
    merged.merge(&evaluation).unwrap();
    assert_eq!(merged.state_bytes().unwrap(), evaluation.state_bytes().unwrap());
    assert_eq!(merged.exact().unwrap(), evaluation.exact().unwrap());
    assert_eq!(merged.finish().unwrap().lookups, set.lookups);
}

#[test]
fn evaluations_merge_with_their_reports() {
    let program = program(&tables(), METRICS, &["account.area"]);
    let all = [("regions", regions()), ("accounts", accounts())];
    let whole = fed(&program, &[all.as_slice(), &[("opps", opps())]].concat()).unwrap();
    let mut first = fed(&program, &[all.as_slice(), &[("opps", opps().slice(0, 3))]].concat()).unwrap();
    let second = fed(&program, &[all.as_slice(), &[("opps", opps().slice(3, 3))]].concat()).unwrap();
    first.merge(&second).unwrap();
    assert_eq!(first.state_bytes().unwrap(), whole.state_bytes().unwrap());
    let (merged, whole) = (first.finish().unwrap(), whole.finish().unwrap());
    assert_eq!(counts(report(&merged, "opps", "account")), counts(report(&whole, "opps", "account")));
    assert_eq!(report(&merged, "opps", "account").bytes, report(&whole, "opps", "account").bytes);
}

#[test]
fn memory_is_bounded_and_told() {
    let program = program(&tables(), METRICS, &["account.region"]);
    let mut evaluation = Evaluation::new(&program).unwrap().with_lookup_limit(20_000);
    let rows = 100;
    let mut refused = None;
    for piece in 0..100 {
        let keys: Vec<i64> = (0..rows).map(|row| piece * rows + row).collect();
        let part = batch(&[("account", ints(&keys)), ("region", ints(&keys)), ("size", ints(&keys))]);
        if let Err(error) = evaluation.feed("accounts", &part) {
            refused = Some((piece, error.to_string()));
            break;
        }
    }
    let (piece, error) = refused.expect("10,000 keys need more");
    assert!(
        piece > 0 && error.contains("more than 20000 bytes") && error.contains("raise the limit"),
        "{error}"
    );
}

/// What is looked up is a part of what a state and a metric mean.
#[test]
fn another_way_is_another_meaning() {
    let tables = "  opps: {columns: {a: id, b: id}, lookups: {x: {table: other, by: a, columns: [name]}}}
  other: {key: k, columns: {k: id, name: category, l: id}}";
    let metrics = "  - {name: m, owner: s, of: opps, expr: 'count_if(x.name == \"y\")'}
  - {name: plain, owner: s, of: opps, agg: count}";
    let meaning = |tables: &str| {
        let program = program(tables, metrics, &["name"]);
        let view = program.view();
        (view.metric(0).meaning.to_vec(), view.metric(1).meaning.to_vec(), view.signature().to_vec())
    };
    let base = meaning(tables);
    for other in [tables.replace("by: a", "by: b"), tables.replace("key: k", "key: l")] {
        let other = meaning(&other);
        assert!(base.0 != other.0 && base.1 == other.1 && base.2 != other.2);
    }
    assert_eq!(base, meaning(&tables.replace("category, l", "category, unused: int, l")));
}

/// Plain columns, as the C library feeds them, go the same way.
#[test]
fn columns_without_arrow_are_looked_up_too() {
    use ripplemark_core::batch::{Column, Data, Text};
    let tables = "  opps: {columns: {account: int}, lookups: {account: {table: accounts}}}
  accounts: {key: account, columns: {account: int, name: category}}";
    let program = program(tables, "  - {name: opps, owner: s, of: opps, agg: count}", &["account.name"]);
    let mut evaluation = Evaluation::new(&program).unwrap();
    let name = Text::Small { offsets: &[0, 1, 3], bytes: b"abc" };
    let account = Column::new(Data::I64(&[7, 8]));
    evaluation.feed_columns(0, &[account, Column::new(Data::Utf8(name))], 2).unwrap();
    let opps = [Column::new(Data::I32(&[8, 8, 7, 9]))];
    evaluation.feed_columns(1, &opps, 4).unwrap();
    assert_eq!(cells(&evaluation.finish().unwrap(), "opps"), "a=1 bc=2 (missing)=1");
    let code = |error: Error| error.core().unwrap().code as u32;
    assert_eq!(code(evaluation.feed_columns(2, &opps, 4).unwrap_err()), 200);
    assert_eq!(code(evaluation.feed_columns(1, &[], 4).unwrap_err()), 201);
    assert_eq!(code(evaluation.feed_columns(1, &[Column::new(Data::F64(&[1.0]))], 1).unwrap_err()), 202);
    assert_eq!(code(evaluation.feed_columns(1, &opps, 5).unwrap_err()), 203);
}

#[test]
fn one_big_batch_equals_many_small_ones() {
    let program = program(&tables(), METRICS, &["account.account", "account.area"]);
    let count = 10_000;
    let keys: Vec<i64> = (0..count).collect();
    let accounts = batch(&[
        ("account", ints(&keys)),
        ("region", ints(&keys.iter().map(|key| key % 3).collect::<Vec<_>>())),
        ("size", ints(&keys)),
    ]);
    let opps = batch(&[
        ("opp", ints(&keys)),
        (
            "account",
            Arc::new(keys.iter().map(|key| Some((key * 7 % 12_000).to_string())).collect::<StringArray>()),
        ),
        ("amount", ints(&keys)),
    ]);
    let run = |rows: usize| {
        let cut = |whole: &RecordBatch| -> Vec<RecordBatch> {
            (0..whole.num_rows())
                .step_by(rows)
                .map(|at| whole.slice(at, rows.min(whole.num_rows() - at)))
                .collect()
        };
        let mut evaluation = Evaluation::new(&program).unwrap();
        evaluation.feed("regions", &regions()).unwrap();
        cut(&accounts).iter().for_each(|part| evaluation.feed("accounts", part).unwrap());
        cut(&opps).iter().for_each(|part| evaluation.feed("opps", part).unwrap());
        evaluation.state_bytes().unwrap()
    };
    let schema = opps.schema();
    assert_eq!(concat_batches(&schema, &[opps.slice(0, 1), opps.slice(1, 1)]).unwrap().num_rows(), 2);
    assert_eq!(run(count as usize), run(977));
}

/// The rows behind a cell are found through the same lookups.
#[test]
fn rows_behind_a_cell_of_a_looked_up_group() {
    use crate::evaluate::Coordinate;
    use crate::rows::{CellAddress, DrillOptions, DrillThrough};
    let program = program(&tables(), METRICS, &["account.area"]);
    let rows_of = |key: Coordinate| {
        let cell = CellAddress { metric: "opps".into(), key: vec![key], period: None };
        let mut drill = DrillThrough::new(&program, cell, DrillOptions::default()).unwrap();
        let order: Vec<String> = drill.tables().into_iter().map(|table| table.name).collect();
        assert_eq!(order, ["regions", "accounts", "opps"]);
        for (table, batch) in [("regions", regions()), ("accounts", accounts()), ("opps", opps())] {
            drill.feed(table, &batch).unwrap();
        }
        let found = drill.finish();
        assert_eq!(found.tables.len(), 1, "tables that are only looked into have no rows behind a cell");
        found.tables[0].counts.counted
    };
    assert_eq!(rows_of(Coordinate::Text("Europe".into())), 2);
    assert_eq!(rows_of(Coordinate::Text("US".into())), 1);
    assert_eq!(rows_of(Coordinate::Missing), 3);
    let cell = CellAddress { metric: "opps".into(), key: vec![Coordinate::Missing], period: None };
    let mut drill = DrillThrough::new(&program, cell, DrillOptions::default()).unwrap();
    let error = drill.feed("opps", &opps()).unwrap_err().to_string();
    assert!(error.contains("feed `"), "{error}");
}
