//! `diff`: last week's result against this week's, in every form in which a result can be kept.

mod support;

use serde_json::Value;
use support::{Outcome, Place};

const ASK: &str = "--metric deals,win_rate,revenue --grain month --totals";

/// This week a row is corrected, one comes late, a definition has changed, and a metric is new.
fn weeks() -> Place {
    let place = Place::new();
    place.say(&format!("eval shop.yaml deals.csv {ASK} --format json -o old.json")).good();
    let rows = String::from_utf8(place.read("deals.csv")).unwrap();
    place.write("deals2.csv", rows.replace("249.50", "259.50") + "north,won,2024-03-05,500,,late\n");
    let book = String::from_utf8(place.read("shop.yaml")).unwrap();
    let rate = "numerator: won, denominator: deals}";
    assert!(book.contains(rate));
    place.write(
        "shop2.yaml",
        book.replace(rate, "numerator: won, denominator: 'count_if(amount > 50)'}")
            .replace("{name: revenue, owner: finance", "{name: revenue, owner: marketing"),
    );
    let asks = "eval shop2.yaml --table deals=deals2.csv --metric deals,win_rate,revenue,mean_deal --grain month --totals";
    for (format, file) in [("json", "new.json"), ("parquet", "new.parquet"), ("csv", "new.csv")] {
        place.say(&format!("{asks} --format {format} -o {file}")).good();
    }
    place
}

/// What standard output says of two results that differ.
#[track_caller]
fn different(outcome: Outcome) -> String {
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(4), ""), "{}", outcome.stdout);
    outcome.stdout
}

#[test]
fn this_week_against_last_week() {
    let place = weeks();
    let text = different(place.say("diff old.json new.json --width 100"));
    assert_eq!(text, WEEKS);
    assert_eq!(different(place.say("diff old.json new.parquet --width 100")), WEEKS);
}

const WEEKS: &str = "\
the numbers differ

definitions:
  win_rate: means something else
    was: won / deals
    is: won / count_if(amount > 50)
  revenue: means the same, worded differently: owner Finance → Marketing
  mean_deal: new: average(amount) where stage == \"won\"

question:
  metrics: deals, win_rate, revenue → deals, win_rate, revenue, mean_deal

rows:
  deals by closed: read 6 → 7
  deals by closed: used 5 → 6
  deals by closed: latest time 2024-03-01 → 2024-03-05

data: changed
values: 8 changed, 4 new, 0 gone, 4 equal

metric     where                  was          is  change  because of
───────────────────────────────────────────────────────────────────────────
revenue    total             1,250.00    1,760.00    +510  data
revenue    month=2024-03-01      0.00      500.00    +500  data
revenue    month=2024-02-01    249.50      259.50     +10  data
deals      total                    5           6      +1  data
deals      month=2024-03-01         1           2      +1  data
win_rate   month=2024-03-01         0           1      +1  definition, data
win_rate   month=2024-01-01       0.5           1    +0.5  definition, data
win_rate   total                  0.4        0.75   +0.35  definition, data
mean_deal  total                       586.666667          definition
mean_deal  month=2024-01-01               1,000.5          definition
mean_deal  month=2024-02-01                 259.5          definition
mean_deal  month=2024-03-01                   500          definition
where there are several causes: ask the older book and question of the newer data to tell them apart
";

#[test]
fn receipts_alone_tell_all_but_the_values() {
    let place = weeks();
    let text = different(place.say("diff old.json new.csv.receipt --width 100"));
    let head = WEEKS.split("values:").next().unwrap();
    assert_eq!(text, format!("{head}values: not compared; give two results (JSON or Parquet) to see them\n"));
    let again = place.say("diff new.csv.receipt new.parquet").good();
    assert_eq!(again, "same receipt, same number\n");
    place.say("diff old.json new.csv").tells(3, &["new.csv", "its receipt is in new.csv.receipt"]);
}

#[test]
fn the_same_rows_in_another_order_and_in_parts_are_the_same() {
    let place = Place::new();
    let rows = String::from_utf8(place.read("deals.csv")).unwrap();
    let (header, body) = rows.split_once('\n').unwrap();
    let lines: Vec<&str> = body.lines().rev().collect();
    place.write("turned.csv", format!("{header}\n{}\n", lines.join("\n")));
    place.write("part1.csv", format!("{header}\n{}\n", lines[..2].join("\n")));
    place.write("part2.csv", format!("{header}\n{}\n", lines[2..].join("\n")));
    place.say(&format!("eval shop.yaml deals.csv {ASK} --receipt a.receipt")).good();
    place.say(&format!("eval shop.yaml --table deals=turned.csv {ASK} --receipt b.receipt")).good();
    for part in ["part1", "part2"] {
        place.say(&format!("eval shop.yaml --table deals={part}.csv {ASK} --state-out {part}.state")).good();
    }
    place.say(&format!("merge shop.yaml part1.state part2.state {ASK} --receipt c.receipt")).good();
    for other in ["b.receipt", "c.receipt"] {
        assert_eq!(place.say(&format!("diff a.receipt {other}")).good(), "same receipt, same number\n");
        assert_eq!(place.read("a.receipt"), place.read(other));
    }
}

#[test]
fn json_has_all_cells_and_their_causes() {
    let place = weeks();
    let text = different(place.say("diff old.json new.json --format json"));
    let all: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&all["same"], &all["data"]), (&Value::Bool(false), &Value::from("changed")));
    let changed = all["values"]["changed"].as_array().unwrap();
    let first = &changed[0];
    assert_eq!((first["metric"].as_str(), first["difference"].as_f64()), (Some("revenue"), Some(510.0)));
    assert_eq!(
        (first["from"]["exact"].as_str(), first["to"]["exact"].as_str()),
        (Some("1250.00"), Some("1760.00"))
    );
    let sizes: Vec<f64> =
        changed.iter().filter_map(|cell| Some(cell["difference"].as_f64()?.abs())).collect();
    assert!(
        sizes.len() > 5 && sizes.iter().filter(|size| **size > 0.0).is_sorted_by(|a, b| a >= b),
        "{sizes:?}"
    );
}

#[test]
fn a_list_that_is_cut_says_so() {
    let place = Place::new();
    let header = "region,stage,Close Date,amount,score,note\n";
    let rows = |amount: i32| -> String {
        (0..30).map(|day| format!("r{day:02},won,2024-01-10,{},,\n", amount + day)).collect()
    };
    for (name, amount) in [("a", 100), ("b", 200)] {
        place.write(format!("{name}.csv"), format!("{header}{}", rows(amount)));
        let ask = "--metric revenue --by region --format json";
        place.say(&format!("eval shop.yaml --table deals={name}.csv {ask} -o {name}.json")).good();
    }
    let lines = |text: &str| text.lines().filter(|line| line.starts_with("revenue")).count();
    let cut = different(place.say("diff a.json b.json"));
    assert_eq!((lines(&cut), cut.contains("and 10 more\n")), (20, true), "{cut}");
    let whole = different(place.say("diff a.json b.json --all"));
    assert_eq!((lines(&whole), whole.contains("more")), (30, false), "{whole}");
}

#[test]
fn the_question_is_compared_part_by_part() {
    let place = Place::new();
    place.say("eval shop.yaml deals.csv --metric deals --receipt a.receipt").good();
    let outcome = place.run([
        "eval",
        "shop.yaml",
        "deals.csv",
        "--metric",
        "deals",
        "--where",
        "region == \"north\"",
        "--from",
        "2024-01-01",
        "--as-of",
        "2024-02-01T12:00:00.5Z",
        "--receipt",
        "b.receipt",
    ]);
    outcome.good();
    let text = different(place.say("diff a.receipt b.receipt"));
    for line in [
        "  filter: none → region == \"north\"\n",
        "  from: none → 2024-01-01\n",
        "  as_of: none → 2024-02-01T12:00:00.5Z\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn names_of_the_data_do_not_steer_the_terminal() {
    let place = Place::new();
    let header = "region,stage,Close Date,amount,score,note\n";
    for (name, amount) in [("a", 1), ("b", 2)] {
        place.write(format!("{name}.csv"), format!("{header}\u{1b}[31mred,won,2024-01-10,{amount},,\n"));
        let ask = "--metric revenue --by region --format json";
        place.say(&format!("eval shop.yaml --table deals={name}.csv {ask} -o {name}.json")).good();
    }
    let text = different(place.say("diff a.json b.json"));
    assert!(text.contains("\\u{1b}[31mred") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_receipt_beside_csv_needs_a_place() {
    let place = Place::new();
    let text = place.say("eval shop.yaml deals.csv --metric deals --format csv -o /dev/stdout").good();
    assert!(text.starts_with("metric,level"), "{text}");
    place.say("eval shop.yaml deals.csv --metric deals --format csv").good();
    assert!(!place.files().iter().any(|name| name.ends_with(".receipt")));
    place.say("eval shop.yaml deals.csv --metric deals --format csv -o x.csv --receipt y.json").good();
    let files = place.files();
    assert!(files.contains(&"y.json".to_owned()) && !files.contains(&"x.csv.receipt".to_owned()));
}

#[test]
fn what_is_neither_is_refused() {
    let place = weeks();
    place.write("cut.json", &place.read("old.json")[..200]);
    place.write("cut.parquet", &place.read("new.parquet")[..200]);
    place.write("noise.json", [0xff, 0xfe, 0]);
    place.write("list.json", "[1, 2]");
    for file in ["cut.json", "cut.parquet", "noise.json", "list.json", "deals.csv", "missing.json", "."] {
        place.say(&format!("diff {file} new.json")).tells(3, &[file]);
        place.say(&format!("diff new.json {file}")).tells(3, &[file]);
    }
    assert_eq!(place.say("diff new.json").code, Some(2));
}
