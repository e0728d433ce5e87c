//! `rows`: the rows behind one number, in every format, and what is said of the others.

mod support;

use serde_json::{Value, json};
use support::Place;

#[test]
fn a_rate_shows_who_is_in_the_numerator() {
    let text =
        Place::new().say("rows shop.yaml deals.csv --metric win_rate --at region=north --width 100").good();
    assert_eq!(
        text,
        "\
_row  _table  _role                  region  stage  Close Date  amount   score  note
────────────────────────────────────────────────────────────────────────────────────
   0  deals   numerator|denominator  north   won    2024-01-10  1000.50  0.5    a
   1  deals   denominator            north   lost   2024-01-20           0.25   b
   5  deals   numerator|denominator  north   won                99       0.1    f

win_rate at region=north
deals: 6 rows read, 3 counted (2 in the numerator, 3 in the denominator); not counted: 3 in other groups (other_group)
"
    );
}

#[test]
fn the_others_say_why() {
    let place = Place::new();
    let ask =
        "rows shop.yaml deals.csv --metric mean_deal --at region=north --at month=2024-01 --format json";
    let listed = |text: String| -> Vec<(Value, Value)> {
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let rows = all["tables"][0]["other_rows"].as_array().expect("a list").clone();
        rows.iter().map(|row| (row["_row"].clone(), row["_why"].clone())).collect()
    };
    let whys =
        [(1, "condition_false"), (2, "other_group"), (3, "other_group"), (4, "other_group"), (5, "no_time")];
    let pairs = |whys: &[(i32, &str)]| -> Vec<(Value, Value)> {
        whys.iter().map(|(row, why)| (json!(row), json!(why))).collect()
    };
    assert_eq!(listed(place.say(ask).good()), []);
    assert_eq!(listed(place.say(&format!("{ask} --others")).good()), pairs(&whys));
    let some = listed(place.say(&format!("{ask} --others=no_time,condition_false")).good());
    assert_eq!(some, pairs(&[whys[0], whys[4]]));
    let refused = place.say(&format!("{ask} --others=because"));
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("value_missing"), "{}", refused.stderr);
}

#[test]
fn json_has_counts_and_all_columns() {
    let text = Place::new()
        .say("rows shop.yaml deals.csv --metric mean_deal --at region=north --at month=2024-01 --format json")
        .good();
    let all: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        all,
        json!({
            "cell": "mean_deal at region=north, month=2024-01-01",
            "metric": "mean_deal",
            "tables": [{
                "table": "deals", "read": 6, "counted": 1, "numerator": null, "denominator": null, "failed": 0,
                "others": {"condition_false": 1, "other_group": 3, "no_time": 1},
                "rows": [{
                    "_row": 0, "_table": "deals", "_role": "value", "region": "north", "stage": "won",
                    "Close Date": "2024-01-10", "amount": "1000.50", "score": "0.5", "note": "a",
                }],
                "other_rows": [],
            }],
        })
    );
}

#[test]
fn csv_and_parquet_give_the_number_again() {
    let place = Place::new();
    let number = |files: &str| {
        let text =
            place.say(&format!("eval shop.yaml {files} --metric revenue --by region --format json")).good();
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let cells = all["cells"].as_array().expect("cells").clone();
        cells.into_iter().find(|cell| cell["region"] == "south").expect("a cell")["value_bits"].clone()
    };
    let whole = number("deals.csv");
    for (format, file) in [("csv", "south.csv"), ("parquet", "south.parquet")] {
        let ask = format!(
            "rows shop.yaml deals.csv --metric revenue --at region=south --format {format} -o {file}"
        );
        let told = place.say(&ask);
        assert_eq!(told.code, Some(0), "{}", told.stderr);
        assert!(told.stderr.contains("6 rows read, 1 counted"), "{}", told.stderr);
        assert_eq!(number(&format!("deals={file}")), whole);
    }
    let text = String::from_utf8(place.read("south.csv")).expect("text");
    assert_eq!(
        text,
        "_row,_table,_role,region,stage,Close Date,amount,score,note\n2,deals,value,south,won,2024-02-03,249.50,,c\n"
    );
}

#[test]
fn no_row_is_a_header_without_lines() {
    let told = Place::new().say("rows shop.yaml deals.csv --metric revenue --at region=west --format csv");
    assert_eq!(told.stdout, "_row,_table,_role,region,stage,Close Date,amount,score,note\n");
    assert!(told.code == Some(0) && told.stderr.contains("0 counted"), "{}", told.stderr);
}

#[test]
fn a_program_is_asked_for_one_of_its_metrics() {
    let place = Place::new();
    place.say("compile shop.yaml --query board -o board.rmprog").good();
    let ask = "rows board.rmprog deals.csv --format json";
    let text = place.say(&format!("{ask} --metric revenue --at region=(missing)")).good();
    let all: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(all["tables"][0]["others"], json!({"condition_false": 1, "other_group": 5}));
    let unnamed = place.say(ask);
    assert_eq!(unnamed.code, Some(2));
    assert!(unnamed.stderr.contains("deals, win_rate, revenue"), "{}", unnamed.stderr);
    let other_question = place.say(&format!("{ask} --metric revenue --by stage"));
    assert!(
        other_question.code == Some(2) && other_question.stderr.contains("--by"),
        "{}",
        other_question.stderr
    );
    let absent = place.say(&format!("{ask} --metric visits --at stage=won"));
    assert_eq!(absent.code, Some(2));
    for part in ["RM0381", "RM0382", "deals, win_rate, revenue", "one of region"] {
        assert!(absent.stderr.contains(part), "{part}: {}", absent.stderr);
    }
}

#[test]
fn what_is_wrong_is_said_before_any_file_is_read() {
    let place = Place::new();
    for (ask, code, part) in [
        ("rows shop.yaml deals.csv", 2, "--metric NAME"),
        ("rows shop.yaml deals.csv --query board", 2, "deals, win_rate, revenue"),
        ("rows shop.yaml deals.csv --metric revenue --at region", 2, "NAME=VALUE"),
        ("rows shop.yaml deals.csv --metric revenue --at month=2024-13", 2, "RM0383"),
        ("rows shop.yaml deals.csv --metric revenue --at reegion=x", 2, "did you mean `region`"),
        ("rows shop.yaml deals.csv --metric revenue --at region=a --at region=b", 2, "named twice"),
        ("rows shop.yaml --metric revenue", 2, "--table deals=FILE"),
        ("rows shop.yaml deals=visits.csv --metric revenue", 3, "amount"),
        ("rows shop.yaml deals.csv --metric revenue --format parquet", 2, "--output"),
    ] {
        let refused = place.say(ask);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(code), ""), "{ask}: {}", refused.stderr);
        assert!(refused.stderr.contains(part), "{ask}: {}", refused.stderr);
    }
}

#[test]
fn more_rows_than_the_limit_are_counted_and_not_listed() {
    let place = Place::new();
    let text = place.say("rows shop.yaml deals.csv --metric deals --limit 2 --others").good();
    assert!(text.contains("6 counted") && text.contains("2 of 6 counted rows are listed"), "{text}");
    let text =
        place.say("rows shop.yaml deals.csv --metric deals --at region=south --limit 1 --others").good();
    assert!(text.contains("1 of 4 other rows are listed"), "{text}");
}

#[test]
fn a_row_that_failed_is_told_and_cannot_steer_the_terminal() {
    let place = Place::new();
    place.write("deals.csv", "region,stage,Close Date,amount,score\nnorth,won,2024-01-01,1\u{1b}[31m,1\n");
    let text = place.say("rows shop.yaml deals.csv --metric revenue --others=value_failed").good();
    assert!(text.contains("1 row failed and took the value from the cell"), "{text}");
    assert!(text.contains("1\\u{1b}[31m") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn files_with_other_columns_are_told_apart() {
    let place = Place::new();
    place.write("more.csv", "stage,region,Close Date,amount\nwon,north,2024-01-05,1\n");
    let ask = "rows shop.yaml deals=deals.csv deals=more.csv --metric deals --at region=north";
    let text = place.say(ask).good();
    assert!(text.contains("6  deals   value  won    north   2024-01-05  1"), "{text}");
    let refused = place.say(&format!("{ask} --format csv"));
    assert!(refused.code == Some(3) && refused.stderr.contains("different columns"), "{}", refused.stderr);
}

#[test]
fn two_tables_are_listed_one_after_the_other() {
    let place = Place::new();
    let book = String::from_utf8(place.read("shop.yaml")).expect("text");
    let more = "  - {name: per_visit, owner: sales, expr: revenue / visits}\nsaved_queries:";
    place.write("shop.yaml", book.replace("saved_queries:", more));
    let text = place.say("rows shop.yaml deals.csv visits.csv --metric per_visit").good();
    assert!(
        text.contains("deals: 6 rows read, 3 counted (3 in the numerator, 0 in the denominator)"),
        "{text}"
    );
    assert!(
        text.contains("visits: 3 rows read, 3 counted (0 in the numerator, 3 in the denominator)"),
        "{text}"
    );
    let refused = place.say("rows shop.yaml deals.csv visits.csv --metric per_visit --format csv");
    assert!(refused.code == Some(2) && refused.stderr.contains("deals and visits"), "{}", refused.stderr);
}
