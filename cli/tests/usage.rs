//! Wrong usage and wrong files: what is said, and the exit code.

mod support;

use support::Place;

#[test]
fn help_names_the_exit_codes() {
    let place = Place::new();
    for command in ["", "check", "compile", "eval", "merge"] {
        let text = place.say(&format!("{command} --help")).good();
        assert!(text.contains("Exit codes:") && text.contains("  1  the book is wrong"), "{text}");
    }
    assert!(place.say("--version").good().starts_with("ripplemark "));
    place.say("").bad(2);
    place.say("evaluate shop.yaml").tells(2, &["eval"]);
}

#[test]
fn every_code_has_a_page() {
    let place = Place::new();
    let page = place.say("--explain RM0104").good();
    assert!(
        page.starts_with("# RM0104: a key that means nothing here\n") && page.contains("## Right"),
        "{page}"
    );
    assert_eq!(place.say("--color never --explain rm104").good(), page);
    let list = place.say("--explain").good();
    assert!(list.lines().count() > 100 && list.contains("\nRM0301  a metric that the book does not have\n"));
    place.say("--explain RM9999").tells(2, &["no code `RM9999`", "lists them all"]);
    place.say("--explain RM0104 check shop.yaml").tells(2, &["without a command"]);
    place.say("--color never").tells(2, &["no command"]);
    place.say("eval shop.yaml deals.csv --metric revenu").tells(2, &["ripplemark --explain RM0301"]);
}

#[test]
fn editors_get_the_schema_of_books() {
    let printed: serde_json::Value = serde_json::from_str(&Place::new().say("schema").good()).unwrap();
    let committed = include_str!("../../docs/book.schema.json");
    assert_eq!(printed, serde_json::from_str::<serde_json::Value>(committed).unwrap());
}

#[test]
fn unknown_names_bring_the_nearest_known_one() {
    let place = Place::new();
    place.say("eval shop.yaml deals.csv --metric revenu").tells(2, &["RM0301", "did you mean `revenue`?"]);
    place.say("eval shop.yaml deals.csv --metric won --by regoin").tells(2, &["did you mean `region`?"]);
    place.say("eval shop.yaml deals.csv --query bord").tells(2, &["did you mean `board`?", "board, trend"]);
    place.say("eval shop.yaml --table dael=x.csv").tells(2, &["no table `dael`", "`deals` or `visits`"]);
    place.say("eval shop.yaml deals.csv --metric won --grain fortnight").tells(2, &["`quarter`"]);
    place.say("eval shop.yaml deals.csv --metric won --from 2024-13-01").tells(2, &["not in the calendar"]);
    let filter = ["eval", "shop.yaml", "deals.csv", "--metric", "won", "--where", "stagee == \"won\""];
    place.run(filter).tells(2, &["did you mean `stage`?"]);
    let filter = ["eval", "shop.yaml", "deals.csv", "--metric", "won", "--where", "amount"];
    place.run(filter).tells(2, &["no condition"]);
}

#[test]
fn every_table_needs_a_file_and_every_file_a_table() {
    let place = Place::new();
    place.say("eval shop.yaml").tells(2, &["--table deals=FILE --table visits=FILE"]);
    place.say("eval shop.yaml --table deals=deals.csv").tells(2, &["no file for table `visits`"]);
    place.say("eval shop.yaml deals.csv").tells(2, &["no file for table `visits`"]);
    place.write("more.csv", place.read("deals.csv"));
    place.say("eval shop.yaml more.csv").tells(2, &["--table deals=more.csv", "--table visits=more.csv"]);
    place
        .say("eval shop.yaml visits.csv --metric won")
        .tells(2, &["does not need it: visits.csv\n", "no file for table `deals`"]);
    let named = place.say("eval shop.yaml visits=./visits.csv deals=deals.csv").good();
    assert_eq!(place.say("eval shop.yaml deals.csv ./visits.csv").good(), named);
    let once = place.say("eval shop.yaml more.csv --metric won --format csv").good();
    assert_eq!(place.say("eval shop.yaml deals.csv --metric won --format csv").good(), once);
    place.say("eval shop.yaml deals.csv ./deals.csv --metric won").tells(2, &["given twice"]);
    let outcome = place.say("eval shop.yaml deals=deals.csv visits=visits.csv --metric won");
    assert!(outcome.stderr.contains("does not need it: visits=visits.csv\n"), "{outcome:?}");
    outcome.good();
}

#[test]
fn all_wrong_files_are_told_at_once() {
    let place = Place::new();
    place.write("wrong.csv", "region,Stage,amount\n");
    let outcome = place.say("eval shop.yaml wrong.csv nowhere.csv --metric won,revenue");
    outcome.tells(3, &["wrong.csv: table `deals`, column `stage`", "did you mean `Stage`?", "nowhere.csv"]);
}

#[test]
fn files_that_are_no_data() {
    let place = Place::new();
    place.write("ragged.csv", "region,stage,Close Date,amount,score\nnorth,won\n");
    place.write("quote.csv", "region,stage,Close Date,amount,score\n\"north,won,,,\n");
    place.write("cut.parquet", b"PAR1....");
    place.write("empty.csv", "");
    place.write("book.xlsx", b"PK\x03\x04");
    for (file, word) in [
        ("ragged.csv", "ragged.csv, line 2"),
        ("quote.csv", "quotation mark"),
        ("cut.parquet", "cut short"),
        ("empty.csv", "empty"),
        ("book.xlsx", "Excel"),
        ("shop.yaml", "cannot tell what this file is"),
        (".", "directory"),
    ] {
        place.say(&format!("eval shop.yaml {file} --metric won --output out")).tells(3, &[word]);
    }
    assert!(!place.files().contains(&"out".to_owned()));
}

#[test]
fn csv_with_another_delimiter() {
    let place = Place::new();
    let text = String::from_utf8(place.read("visits.csv")).unwrap();
    place.write("semi.csv", text.replace(',', ";"));
    place.write("tabs.csv", text.replace(',', "\t"));
    let commas = place.say("eval shop.yaml visits.csv --metric visits,stay --by region").good();
    let with =
        |options: &str| place.say(&format!("eval shop.yaml {options} --metric visits,stay --by region"));
    with("semi.csv").tells(3, &["separated by ';'"]);
    assert_eq!(with("semi.csv --delimiter ;").good(), commas);
    assert_eq!(with("tabs.csv --delimiter tab").good(), commas);
    with("semi.csv --delimiter x").tells(2, &["one character"]);
    with("semi.csv --delimiter ;;").tells(2, &["one character"]);
}

#[cfg(target_os = "linux")]
#[test]
fn paths_need_not_be_utf8() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let odd = OsStr::from_bytes(b"d\xffeals.csv");
    place.write(odd, place.read("deals.csv"));
    let mut named = OsString::from("deals=");
    named.push(odd);
    let eval = |file: OsString| {
        place.run([OsString::from("eval"), "shop.yaml".into(), file, "--metric".into(), "won".into()])
    };
    assert_eq!(eval(named).good(), eval(odd.to_owned()).good());
    let missing = eval(OsStr::from_bytes(b"\xfe.csv").to_owned());
    missing.tells(3, &["no such file"]);
    let column = place.run([OsStr::new("eval"), OsStr::new("shop.yaml"), OsStr::new("--by"), odd]);
    column.bad(2);
}
