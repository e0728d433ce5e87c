//! What README and examples promise: the number on the first screen, and the headlines of the leadforge funnel.
#![cfg(all(feature = "compile", feature = "io"))]

mod support;

use ripplemark::model::Query;
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
