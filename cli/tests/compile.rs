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

/// What a book says of the way its data are written is in the program: who has it needs no book.
#[test]
fn a_program_reads_times_as_its_book_says() {
    let place = Place::new();
    place.write(
        "times.yaml",
        "ripplemark: 1
book: {id: times, timezone: Europe/Berlin, business_hours: {days: [mon, tue, wed, thu, fri], from: '09:00', to: '17:00'}}
teams: {we: We}
tables:
  calls:
    time: called
    columns:
      called: {type: timestamp, format: '%d.%m.%Y %H:%M'}
      answered: {type: timestamp, format: unix_s}
      took: {type: duration, format: minutes}
metrics:
  - {name: talk, owner: we, agg: sum, expr: took}
  - {name: in_time, owner: we, expr: count_if(answered <= called + bh(2))}
  - {name: wait, owner: we, agg: max, expr: 'business_hours(called, answered)'}
",
    );
    // A Friday in Berlin at 16:00, and the Monday after at 10:00 and at 10:01; then a day that does not exist.
    place.write(
        "calls.csv",
        "called,answered,took\n02.10.2026 16:00,1791187200,90\n02.10.2026 16:00,1791187260,30\n31.02.2026 16:00,,\n",
    );
    place.say("compile times.yaml -o times.rmprog").good();
    let text = place.say("eval times.rmprog calls.csv --format csv").good();
    let cell = |metric: &str| text.lines().find(|line| line.starts_with(metric)).unwrap_or("").to_owned();
    assert!(cell("talk,").starts_with("talk,total,2,2,"), "{text}");
    assert!(cell("in_time,").contains("invalid_input"), "{text}");
    let book = place.say("eval times.yaml calls.csv --format csv").good();
    assert_eq!(book, text);
    place.write(
        "calls.csv",
        "called,answered,took\n02.10.2026 16:00,1791187200,90\n02.10.2026 16:00,1791187260,30\n",
    );
    let text = place.say("eval times.rmprog calls.csv --format csv").good();
    let cell = |metric: &str| text.lines().find(|line| line.starts_with(metric)).unwrap_or("").to_owned();
    assert!(cell("in_time,").starts_with("in_time,total,1,1,"), "{text}");
    assert!(cell("wait,").starts_with("wait,total,2.0166666666666666,"), "{text}");
    let columns = place.say("compile times.yaml -o p --width 80").good();
    assert!(
        columns.contains("timestamp as %d.%m.%Y %H:%M") && columns.contains("duration as minutes"),
        "{columns}"
    );
    let json: Value =
        serde_json::from_str(&place.say("compile times.yaml -o p --format json").good()).unwrap();
    assert_eq!(json["tables"][0]["columns"][1]["format"], "unix_s");
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
