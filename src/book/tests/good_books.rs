//! What a sound book means.

use super::super::formula::Lang;
use super::super::{Loaded, load_with};
use crate::diagnostic::Severity;
use crate::model::*;

const BOOK: &str = r#"
ripplemark: 1
book: {id: acme, version: "1.0.0", currency: JPY, timezone: europe/berlin, first_day_of_week: sunday, first_month_of_year: 2}
teams: {sales: Sales, marketing: Marketing, ops: }
tables:
  opps:
    entity: opp
    time: closed
    description: One row per deal
    columns:
      closed: {type: date, source: "Close Date"}
      amount: decimal(2)
      fee: money
      tax: money[KWD]
      product: {type: category, values: {gtx: GTX Pro, GTXPro: GTX Pro}, allowed: [MG Special, GTX Pro]}
      stage: category
      won: bool
      touched: timestamp
      opp_id: id
  leads:
    columns: {seen: date, product: category}
metrics:
  - name: win_rate
    label: Win rate
    type: ratio
    ring: conversion
    owner: [sales, marketing]
    of: opps
    numerator: count_if(stage == "Won")
    denominator: count()
    unit: share
  - {name: revenue, owner: sales, of: opps, agg: sum, expr: amount, filter: 'stage == "Won"', fill_nulls_with: 0}
  - {name: revenue2, owner: sales, of: opps, expr: sum(amount), where: 'stage == "Won"', ring: behavior}
  - {name: deals, owner: sales, of: opps, agg: count, agg_time_dimension: touched}
  - {name: wins, owner: sales, of: opps, agg: sum_boolean, expr: won, filter: 'amount > 0'}
  - {name: wins2, owner: sales, of: opps, expr: count_if(won), filter: 'amount > 0'}
  - {name: per_deal, owner: sales, expr: revenue / deals}
saved_queries:
  - {name: monthly, metrics: [win_rate, per_deal], group_by: [product], grain: month, range: [2017-01-01, 2018-01-01], where: 'stage == "Won"', as_of: "2017-12-31T12:00:00Z", totals: true}
  - {name: all_of_it, by: product, range: {from: 2017-01-01}}
"#;

fn load(text: &str) -> Loaded {
    load_with(text, "good.yaml", None, &Lang).unwrap_or_else(|refused| panic!("{refused}"))
}

#[test]
fn header_tables_and_columns() {
    let Loaded { book, warnings } = load(BOOK);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!((book.id.as_str(), book.version.as_str()), ("acme", "1.0.0"));
    assert_eq!((book.timezone.as_str(), book.first_month_of_year), ("Europe/Berlin", 2));
    assert_eq!(book.first_day_of_week, Weekday::Sunday);
    assert_eq!(book.teams[2], Team { id: "ops".into(), name: "ops".into() });
    let opps = &book.tables[0];
    assert_eq!((opps.time, opps.entity.as_deref()), (Some(ColumnId(0)), Some("opp")));
    assert_eq!((opps.columns[0].name.as_str(), opps.columns[0].source.as_str()), ("closed", "Close Date"));
    assert_eq!((opps.columns[1].source.as_str(), &opps.columns[1].ty), ("amount", &ColumnType::Decimal(2)));
    assert_eq!(opps.columns[2].ty, ColumnType::Decimal(0));
    assert_eq!(opps.columns[3].ty, ColumnType::Decimal(3));
    let product = &opps.columns[4];
    assert_eq!(product.ty, ColumnType::Category(Some(vec!["GTX Pro".into(), "MG Special".into()])));
    assert_eq!(product.values[0], ("GTXPro".into(), "GTX Pro".into()));
    assert_eq!(opps.columns[5].ty, ColumnType::Category(None));
    assert_eq!(book.tables[1].time, None);
}

#[test]
fn metrics_and_their_two_spellings() {
    let book = load(BOOK).book;
    let metric = |name: &str| book.metrics.iter().find(|metric| metric.name == name).expect("metric");
    let rate = metric("win_rate");
    assert_eq!(
        (rate.kind, rate.ring, rate.label.as_str()),
        (MetricKind::Ratio, Some(Ring::Conversion), "Win rate")
    );
    assert_eq!(rate.owners, [TeamId(0), TeamId(1)]);
    assert!(matches!(rate.value, Cell::Arith(ArithOp::Div, ..)));
    let revenue = metric("revenue");
    assert_eq!(revenue.value, metric("revenue2").value);
    assert_eq!((revenue.kind, revenue.label.as_str()), (MetricKind::Simple, "revenue"));
    assert_eq!(revenue.fill_nulls_with, Some(Const::Int(0)));
    assert_eq!(metric("revenue2").ring, Some(Ring::Behaviour));
    let Cell::Aggregate(sum) = &revenue.value else { panic!("{:?}", revenue.value) };
    assert_eq!((sum.table, sum.at, sum.func), (TableId(0), Some(ColumnId(0)), AggFunc::Sum));
    assert!(sum.filter.is_some());
    let Cell::Aggregate(count) = &metric("deals").value else { panic!() };
    assert_eq!((count.func, &count.arg, count.at), (AggFunc::Count, &None, Some(ColumnId(7))));
    assert_eq!(metric("wins").value, metric("wins2").value);
    assert_eq!(metric("per_deal").kind, MetricKind::Derived);
    let formulas: Vec<&str> =
        ["win_rate", "revenue", "deals"].map(|name| metric(name).formula.as_str()).to_vec();
    let wanted = ["count_if(stage == \"Won\") / count()", "sum(amount) where stage == \"Won\"", "count()"];
    assert_eq!(formulas, wanted);
}

#[test]
fn saved_queries_as_asked() {
    let book = load(BOOK).book;
    let (name, query) = &book.saved_queries[0];
    assert_eq!(name, "monthly");
    assert_eq!((query.grain, query.totals), (Some(Grain::Month), true));
    assert_eq!(query.by, ["product"]);
    let year = Range { from: Some(Instant::Date(17167)), to: Some(Instant::Date(17532)) };
    assert_eq!(query.range, Some(year));
    assert_eq!(query.as_of, Some(Instant::Timestamp(1_514_721_600_000_000)));
    assert_eq!(query.filter.as_deref(), Some("stage == \"Won\""));
    let (_, all) = &book.saved_queries[1];
    assert!(all.metrics.is_empty());
    assert_eq!(all.range, Some(Range { from: Some(Instant::Date(17167)), to: None }));
}

#[test]
fn json_marks_line_ends_and_mappings_of_metrics_change_nothing() {
    let yaml = load(BOOK).book;
    assert_eq!(load(&BOOK.replace('\n', "\r\n")).book, yaml);
    assert_eq!(load(&format!("\u{feff}{BOOK}")).book, yaml);
    let small = "ripplemark: 1\nbook: {id: a}\nteams: {t: T}\ntables: {x: {columns: {v: int}}}\nmetrics: {total: {owner: t, expr: 'sum(v)'}}\n";
    let json = r#"{"ripplemark": 1, "book": {"id": "a"}, "teams": {"t": "T"},
        "tables": {"x": {"columns": {"v": {"type": "int"}}}},
        "metrics": [{"name": "total", "owner": "t", "expr": "\u0073um(v)"}]}"#;
    assert_eq!(load(small).book, load(json).book);
    assert_eq!(load(small).book.timezone, "UTC");
}

#[test]
fn ambiguous_text_is_taken_as_written_with_a_warning() {
    let text = "ripplemark: 1\nbook: {id: a, version: 1.10}\nteams: {no: On, t: 'yes'}\ntables:\n  x:\n    columns:\n      c: {type: category, allowed: [NO, 12:30, 1_000, 007, DE], values: {y: 'NO'}}\n";
    let Loaded { book, warnings } = load(text);
    assert_eq!(book.version, "1.10");
    let closed = ["007", "12:30", "1_000", "DE", "NO"].map(str::to_owned).to_vec();
    assert_eq!(book.tables[0].columns[0].ty, ColumnType::Category(Some(closed)));
    let places: Vec<(usize, usize)> = warnings.iter().map(|w| (w.line, w.column)).collect();
    assert_eq!(places, [(2, 24), (3, 9), (3, 13), (7, 37), (7, 41), (7, 48), (7, 55), (7, 74)]);
    assert!(warnings.iter().all(|w| w.code == "RM0107" && w.severity == Severity::Warning));
}

#[test]
fn a_report_shows_lines_marks_metric_owner_and_hint() {
    let text = BOOK
        .replace("owner: [sales, marketing]", "owner: [sales, marketin]")
        .replace("expr: amount,", "expr: 'amuont',");
    let refused = load_with(&text, "book.yaml", None, &Lang).expect_err("refused");
    let shown = refused.to_string();
    for wanted in [
        "error[RM0116]: `marketin` is no team",
        "--> book.yaml:27:20",
        "owner: [sales, marketin]",
        "expected a key of `teams`",
        "note: metric win_rate, owner sales, marketin",
        "help: did you mean `marketing`?",
        "2 errors",
    ] {
        assert!(shown.contains(wanted), "{wanted:?} in\n{shown}");
    }
    assert!(!shown.contains('\u{1b}'));
    assert!(refused.to_coloured().contains('\u{1b}'));
}

#[test]
fn a_ratio_of_metrics_may_name_its_table_and_warns_of_an_idle_time() {
    let text = BOOK.replace(
        "expr: revenue / deals}",
        "type: ratio, of: opps, at: touched, numerator: wins, denominator: deals}",
    );
    let Loaded { book, warnings } = load(&text);
    let ratio = book.metrics.last().expect("metric");
    let half = |position| Box::new(Cell::Metric(MetricId(position)));
    assert_eq!(ratio.kind, MetricKind::Ratio);
    assert_eq!(ratio.value, Cell::Arith(ArithOp::Div, half(4), half(3)));
    assert_eq!(warnings.iter().map(|w| w.code).collect::<Vec<_>>(), ["RM0132"]);
    assert_eq!(
        (warnings[0].metric.as_deref(), warnings[0].owner.as_deref()),
        (Some("per_deal"), Some("sales"))
    );
}

#[test]
fn lookups_bring_columns_by_path_and_by_name() {
    let text = r#"
ripplemark: 1
book: {id: acme}
teams: {sales: Sales}
tables:
  opps:
    time: closed
    columns: {opp: id, account: id, rep: category, closed: date}
    lookups:
      account: {table: accounts, columns: [{area: region_name}]}
      rep: {table: reps, columns: {office: office, since: valid}}
  accounts:
    key: account
    columns: {account: category, region: id}
    lookups: {regions: {by: region, columns: {region_name: name}}}
  regions:
    key: [region]
    columns: {region: id, name: {type: category, values: {EU: Europe}}}
    lookups: {back: {table: accounts, by: region}}
  reps: {key: rep, valid_from: valid, columns: {rep: id, valid: date, office: category}}
metrics:
  - {name: a, owner: sales, of: opps, expr: 'count_if(account.region_name == "Europe" && area == "Europe" && rep.office == "x")'}
  - {name: b, owner: sales, of: opps, at: rep.valid, agg: count}
saved_queries: [{name: q, metrics: [a], by: [area, rep.office]}]
"#;
    let book = load(text).book;
    let names = |table: &Table| table.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>().join(" ");
    assert_eq!(
        names(&book.tables[0]),
        "opp account rep closed area office since account.account account.region account.region_name rep.rep rep.valid \
         rep.office"
    );
    assert_eq!(names(&book.tables[1]), "account region region_name regions.region regions.name");
    let (opps, accounts, regions) = (&book.tables[0], &book.tables[1], &book.tables[2]);
    assert_eq!((accounts.key.as_slice(), accounts.valid), (&[ColumnId(0)][..], None));
    assert_eq!(book.tables[3].valid, Some(Validity { from: ColumnId(1), to: None }));
    let way =
        Lookup { name: "account".into(), table: TableId(1), by: vec![ColumnId(1)], at: None, same: None };
    assert_eq!(opps.lookups[0], way);
    // The table's own time decides where nothing else is said.
    assert_eq!((opps.lookups[1].by.as_slice(), opps.lookups[1].at), (&[ColumnId(2)][..], Some(ColumnId(3))));
    // A chain: the account's region, whose name is the region's.
    let area = opps.columns[4].clone();
    assert_eq!(area.found, Some(Found { lookup: 0, column: ColumnId(2) }));
    assert_eq!(accounts.columns[2].found, Some(Found { lookup: 0, column: ColumnId(1) }));
    assert_eq!((&area.ty, &area.values), (&regions.columns[1].ty, &regions.columns[1].values));
}

#[test]
fn lookups_cannot_multiply_columns_without_end() {
    let columns: String = (0..200).map(|i| format!("c{i}: id, ")).collect();
    let mut text = String::from("ripplemark: 1\nbook: {id: acme}\nteams: {s: S}\ntables:\n");
    for t in 0..40 {
        let lookups: String = (0..40).map(|l| format!("l{l}: {{table: t{l}}}, ")).collect();
        text.push_str(&format!("  t{t}: {{key: c0, columns: {{{columns}}}, lookups: {{{lookups}}}}}\n"));
    }
    text.push_str("metrics: [{name: m, owner: s, of: t0, agg: count}]\n");
    let refused = load_with(&text, "many.yaml", None, &Lang).expect_err("320,000 columns");
    assert!(refused.to_string().contains("RM0102"), "{refused}");
    // A chain of tables that is too long for a column, but not for the loader's stack.
    let mut text = String::from(
        "ripplemark: 1\nbook: {id: acme}\nteams: {s: S}\ntables:\n  t0: {key: k, columns: {k: id, x: id}}\n",
    );
    for t in 1..400 {
        let before = t - 1;
        text.push_str(&format!(
            "  t{t}: {{key: k, columns: {{k: id}}, lookups: {{b: {{table: t{before}, columns: [x]}}}}}}\n"
        ));
    }
    text.push_str("metrics: [{name: m, owner: s, of: t0, agg: count}]\n");
    let refused = load_with(&text, "long.yaml", None, &Lang).expect_err("400 steps");
    assert!(refused.to_string().contains("through more than 63 tables"), "{refused}");
}

const CALLS: &str = "ripplemark: 1\nbook: {id: f}\nteams: {sales: Sales}\n\
    tables: {deals: {columns: {stage: category, amount: decimal(2)}}}\n\
    functions: FUNCTIONS\n\
    metrics:\n  - {name: m, owner: sales, of: deals, agg: sum, expr: 'won_amount(amount, stage)'}\n";

#[test]
fn functions_are_written_out() {
    let plain = load(
        &CALLS
            .replace("functions: FUNCTIONS\n", "")
            .replace("won_amount(amount, stage)", "if stage == \"Won\" { amount } else { 0 }"),
    );
    let text = "fn won(s) { s == \"Won\" } fn won_amount(a, s) { if won(s) { a } else { 0 } }";
    for functions in [
        format!("'{text}'"),
        format!("['{text}']"),
        "['fn won(s) { s == \"Won\" }', 'fn won_amount(a, s) { if won(s) { a } else { 0 } }']".to_owned(),
        "{won: 'fn won(s) { s == \"Won\" }', won_amount: 'fn won_amount (a, s) { if won(s) { a } else { 0 } }'}"
            .to_owned(),
    ] {
        let loaded = load(&CALLS.replace("FUNCTIONS", &functions));
        assert_eq!(loaded.book.metrics[0].value, plain.book.metrics[0].value, "{functions}");
        assert!(!loaded.book.functions.is_empty());
    }
}

#[test]
fn functions_in_a_file_beside_the_book() {
    let folder = std::env::temp_dir().join(format!("ripplemark-functions-{}", std::process::id()));
    let inner = folder.join("book");
    std::fs::create_dir_all(inner.join("kpi")).expect("folder");
    let book = inner.join("book.yaml");
    let write = |name: &str, text: &str| std::fs::write(inner.join(name), text).expect("file");
    write("kpi/kpi.rhai", "fn won_amount(a, s) {\n  if s == \"Won\" { a } else { 0 }\n}");
    let text = CALLS.replace("FUNCTIONS", "{file: kpi/kpi.rhai}");
    write("book.yaml", &text);
    let loaded = super::super::load_path(&book).unwrap_or_else(|refused| panic!("{refused}"));
    assert_eq!(loaded.book.metrics.len(), 1);
    assert!(super::super::load_str_in(&text, "b", &inner).is_ok());
    // A book that comes from nowhere has nothing beside it.
    let refused = super::super::load_str(&text, "b").expect_err("refused");
    assert_eq!(refused.all()[0].code, "RM0111");
    // A problem in the file is told with its place there.
    write("kpi/kpi.rhai", "fn won_amount(a, s) {\n  if s { a } else { b }\n}");
    let refused = super::super::load_path(&book).expect_err("refused");
    let place = |n: usize| (refused.all()[n].file.as_str(), refused.all()[n].line, refused.all()[n].column);
    assert_eq!(place(0), ("kpi/kpi.rhai", 2, 21));
    assert!(refused.to_string().contains("kpi/kpi.rhai:2:21"), "{refused}");
    #[cfg(unix)]
    {
        std::fs::write(folder.join("outside.rhai"), "fn won_amount(a, s) { a }").expect("file");
        std::os::unix::fs::symlink(folder.join("outside.rhai"), inner.join("link.rhai")).expect("link");
        write("book.yaml", &CALLS.replace("FUNCTIONS", "{file: link.rhai}"));
        let refused = super::super::load_path(&book).expect_err("refused");
        assert!(refused.to_string().contains("leads out"), "{refused}");
    }
    std::fs::remove_dir_all(&folder).expect("clean");
}
