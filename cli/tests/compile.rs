//! `compile`: the file it writes, and what it says about it.

mod support;

use serde_json::Value;
use support::{Place, result_hash};

#[test]
fn a_program_answers_like_its_book() {
    let place = Place::new();
    let text = place.say("compile shop.yaml -o board.rmprog --query board --width 60").good();
    let bytes = place.read("board.rmprog");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(format!("board.rmprog: {} bytes", bytes.len()).as_str()));
    assert_eq!(lines.next().map(|line| (line.get(..7), line.len())), Some((Some("sha256 "), 71)));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "",
            "metrics: deals, win_rate, revenue",
            "",
            "table    #  column  in the data  type",
            "───────────────────────────────────────────",
            "0 deals  0  region               category",
            "         1  stage                category",
            "         2  amount               decimal(2)",
        ]
    );
    let book = place.say("eval shop.yaml deals.csv --query board --format json").good();
    let program = place.say("eval board.rmprog deals.csv --format json").good();
    assert_eq!(book, program);
    assert!(result_hash(&program).len() == 64);
}

#[test]
fn json_lists_columns_in_the_order_of_batches() {
    let place = Place::new();
    let text = place.say("compile shop.yaml -o p --metric won,stay --from 2024-01-01 --format json");
    text.tells(2, &["visits", "RM0304"]);
    assert!(!place.files().contains(&"p".to_owned()));
    let text = place.say("compile shop.yaml -o p --metric won --from 2024-01-01 --format json").good();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["bytes"], place.read("p").len());
    let expected = serde_json::json!([{"name": "deals", "lookup": false, "columns": [
        {"name": "stage", "source": "stage", "type": "category"},
        {"name": "closed", "source": "Close Date", "type": "date"},
    ]}]);
    assert_eq!(value["tables"], expected);
}

#[test]
fn files_are_replaced_whole_or_not_at_all() {
    let place = Place::new();
    place.write("p", "old");
    let before = place.files();
    place.say("compile shop.yaml -o p --metric nope").bad(2);
    place.say("compile broken.yaml -o p").bad(1);
    assert_eq!((place.read("p"), place.files()), (b"old".to_vec(), before.clone()));
    place.say("compile shop.yaml -o p --metric won").good();
    assert!(place.read("p").starts_with(b"RMPROG"));
    assert_eq!(place.files(), before, "no temporary file stays");
    place.say("compile shop.yaml -o no/such/p --metric won").tells(3, &["there is no directory no/such"]);
    place.say("compile shop.yaml -o . --metric won").tells(3, &["directory"]);
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::new();
    place.write("real", "old");
    std::fs::set_permissions(place.path("real"), PermissionsExt::from_mode(0o640)).unwrap();
    symlink("real", place.path("link")).unwrap();
    place.say("compile shop.yaml -o link --metric won").good();
    assert!(std::fs::symlink_metadata(place.path("link")).unwrap().is_symlink());
    assert!(place.read("real").starts_with(b"RMPROG"));
    assert_eq!(std::fs::metadata(place.path("real")).unwrap().permissions().mode() & 0o777, 0o640);
    place.say("compile shop.yaml -o /dev/null --metric won").good();
    assert!(std::path::Path::new("/dev/null").metadata().is_ok_and(|about| !about.is_file()));
}

#[test]
fn damaged_programs_are_refused() {
    let place = Place::new();
    place.say("compile shop.yaml -o p --query trend").good();
    let whole = place.read("p");
    place.write("cut", &whole[..whole.len() / 2]);
    place.say("eval cut deals.csv").tells(3, &["cut: the program is truncated"]);
    let mut other = whole.clone();
    other[8] = 200;
    place.write("other", &other);
    place.say("eval other deals.csv").tells(3, &["another version"]);
    place.say("check p").tells(2, &["compiled program"]);
    place.say("eval p deals.csv --by region --totals").tells(2, &["leave out --by, --totals"]);
}
