//! What README and examples promise: the number on the first screen, and the headlines of the leadforge funnel.
#![cfg(all(feature = "compile", feature = "io"))]

mod support;

use ripplemark::data::Dataset;
use ripplemark::journey::{self, Ask, Handoff};
use ripplemark::model::{Grain, Query};
use ripplemark::read::{ReadOptions, open};
use ripplemark::{Evaluation, Program, ResultSet, book};
use support::tests_path;

fn evaluated(folder: &str, book_file: &str, query: Option<&str>, file: impl Fn(&str) -> String) -> ResultSet {
    let folder = tests_path("../examples").join(folder);
    let book = book::load_path(folder.join(book_file)).unwrap_or_else(|e| panic!("{e}")).book;
    let query = query.map_or_else(Query::default, |name| {
        book.saved_queries.iter().find(|(own, _)| own == name).unwrap().1.clone()
    });
    let program = Program::compile(&book, &query).unwrap_or_else(|e| panic!("{e}"));
    let mut evaluation = Evaluation::new(&program).unwrap();
    for table in program.tables() {
        let path = folder.join(file(&table.name));
        evaluation.feed_reader(&table.name, open(path, &ReadOptions::for_table(&table)).unwrap()).unwrap();
    }
    evaluation.finish().unwrap()
}

#[test]
fn the_first_number_is_the_one_in_the_readme() {
    let result = evaluated("first", "book.yaml", None, |_| "deals.csv".to_owned());
    let discount = result.total("discount").unwrap();
    assert_eq!(discount.value.unwrap().to_bits(), 0x3fc4_8c3e_586e_0176);
    assert_eq!(discount.exact.as_deref(), Some("183041/1140230"));
    let readme = std::fs::read_to_string(tests_path("../README.md")).unwrap();
    let line = "discount 0.16052989309174465 0x1.48c3e586e0176p-3 owner Finance";
    assert_eq!(format!("{:?}", discount.value.unwrap()), "0.16052989309174465");
    assert_eq!(readme.matches(line).count(), 3);
    // The book on the first screen is the book of the example.
    assert!(readme.contains(&std::fs::read_to_string(tests_path("../examples/first/book.yaml")).unwrap()));
}

#[test]
fn the_funnel_reproduces_its_headlines() {
    let result =
        evaluated("leadforge", "funnel.yaml", Some("headlines"), |table| format!("data/{table}.parquet"));
    let exact = |name| result.total(name).unwrap().exact.clone().unwrap_or_default();
    let bits = |name| result.total(name).unwrap().value.unwrap().to_bits();
    assert_eq!([exact("leads"), exact("sqls"), exact("opened")], ["5000", "4636", "4641"]);
    assert_eq!([exact("won"), exact("lost")], ["1049", "1168"]);
    assert_eq!((exact("sql_rate").as_str(), bits("sql_rate")), ("1159/1250", 0x3fed_ab9f_559b_3d08));
    assert_eq!((exact("win_rate").as_str(), bits("win_rate")), ("1049/2217", 0x3fde_4848_fa57_86fc));
    assert_eq!(result.total("win_rate").unwrap().n, 2217);
    assert_eq!(exact("acv_won"), "64214711.00");
    assert_eq!(bits("avg_deal"), 0x40ed_e3e5_5e71_b93a);
    assert_eq!(bits("cycle_days"), 0x4050_2798_86b6_0e28);
}

fn funnel_data(tables: &[&str]) -> Dataset {
    let mut data = Dataset::default();
    for table in tables {
        data.add_file(table, tests_path(&format!("../examples/leadforge/data/{table}.parquet")), None);
    }
    data
}

/// Classes, share, mean hours and leak value of a hand-off; the numbers beside it in the tests are pandas'.
fn account(handoff: &Handoff) -> ([u64; 7], String, String, u64) {
    let counts = handoff.counts.as_ref().unwrap();
    let [late, overdue] = [counts.late.unwrap(), counts.overdue.unwrap()];
    let parts =
        [counts.entered, counts.accepted, counts.rejected, counts.ignored, counts.pending, late, overdue];
    let exact = |text: Option<&String>| text.cloned().unwrap_or_default();
    (
        parts,
        exact(handoff.within_share.as_ref().map(|share| &share.exact)),
        exact(handoff.mean_wait_hours.as_ref().map(|mean| &mean.exact)),
        handoff.leak_value.as_ref().unwrap().value.unwrap().to_bits(),
    )
}

#[test]
fn the_journey_of_the_funnel_is_the_one_that_pandas_counts() {
    let book = book::load_path(tests_path("../examples/leadforge/funnel.yaml")).unwrap().book;
    let data = funnel_data(&["leads", "opportunities"]);
    let ask =
        Ask { stages: vec!["customer".into()], grain: Some(Grain::Month), totals: true, ..Ask::default() };
    let journeys = journey::evaluate(&book, &data, &ask).unwrap();
    assert_eq!(
        journeys.as_of.as_ref().unwrap().to_string(),
        "2024-04-27 (the latest opportunities.closed_on)"
    );
    let found: Vec<_> = journeys.handoffs.iter().map(account).collect();
    let text = str::to_owned;
    let wanted = [
        ([2391, 580, 642, 950, 219, 178, 219], text("134/797"), text("176814/145"), 0x417f_289a_6e55_37c6),
        ([2152, 462, 511, 0, 1179, 110, 1163], text("44/267"), text("8196/7"), 0x4148_4ee1_c875_51a3),
        ([98, 7, 15, 0, 76, 0, 0], text("7/22"), text("6576/7"), 0),
        (
            [4641, 1049, 1168, 950, 1474, 288, 1382],
            text("761/4549"),
            text("1254768/1049"),
            0x4181_193b_53b1_f0fd,
        ),
    ];
    assert_eq!(found, wanted);
    assert!(journeys.handoffs.iter().all(|handoff| handoff.owner_to == "Customer Success"));
    let worth = journeys.handoffs[0].worth.as_ref().unwrap();
    assert_eq!((worth.exact.as_deref(), worth.unit.as_str()), (Some("64214711/2217"), "money[USD]"));
}

#[test]
fn a_ratio_of_two_tables_meets_on_the_month() {
    let text = std::fs::read_to_string(tests_path("../examples/leadforge/funnel.yaml")).unwrap();
    let metric = "metrics:\n  - {name: acv_per_touch, type: ratio, owner: revops, numerator: acv_won, denominator: touches}\n";
    let book = book::load_str(&text.replacen("metrics:\n", metric, 1), "funnel.yaml").unwrap().book;
    let query = Query {
        metrics: vec!["acv_per_touch".into()],
        grain: Some(Grain::Month),
        totals: true,
        ..Query::default()
    };
    let program = Program::compile(&book, &query).unwrap();
    let found = funnel_data(&["opportunities", "touches"]).evaluate(&program).unwrap().finish().unwrap();
    let bits: Vec<u64> = found.metric("acv_per_touch").map(|cell| cell.value.unwrap().to_bits()).collect();
    let wanted = [
        242_611.0 / 24_079.0,
        9_566_365.0 / 21_790.0,
        36_148_663.0 / 7_591.0,
        18_257_072.0 / 1_343.0,
        64_214_711.0 / 54_803.0_f64,
    ];
    // Sums of another table each; pandas' sums, divided once.
    assert_eq!(bits, wanted.map(f64::to_bits));
}
