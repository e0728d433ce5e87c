//! `check`: what it prints of good and bad books, and how it ends.

mod support;

use serde_json::Value;
use support::Place;

#[test]
fn a_good_book_lists_its_metrics() {
    let text = Place::new().say("check shop.yaml --width 100").good();
    assert_eq!(
        text,
        "\
metric     kind     ring        owner           unit        number               cost
─────────────────────────────────────────────────────────────────────────────────────
deals      simple   behaviour   Sales                       exact               1/1/2
won        simple               Sales                       exact               4/1/2
win_rate   ratio    conversion  Sales           share       exact               5/3/4
revenue    simple   revenue     Finance         money[EUR]  exact               6/3/4
mean_deal  simple               Sales, Finance  money[EUR]  exact               6/3/6
score      simple               Sales                       exact over floats  3/3/53
spread     derived              Sales                       rounded (sqrt)     6/5/33
visits     simple               Marketing                   exact               1/1/2
stay       simple               Marketing       seconds     exact               3/3/4

shop 2: 9 metrics, 2 tables, days in Europe/Berlin
saved queries: board, trend
"
    );
}

#[test]
fn a_narrow_table_wraps() {
    let text = Place::new().say("check shop.yaml --width 80").good();
    let (table, _) = text.split_once("\n\n").unwrap();
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(table.lines().count() > 11, "{text}");
}

#[test]
fn every_problem_is_shown_with_its_line() {
    let place = Place::new();
    assert_eq!(
        place.say("check broken.yaml").bad(1),
        "\
error[RM0116]: `slaes` is no team
 --> broken.yaml:7:28
  |
7 |   - {name: revenue, owner: slaes, of: deals, agg: sum, expr: amuont}
  |                            ^^^^^ expected a key of `teams`
  |
  = note: metric revenue, owner slaes
  = help: did you mean `sales`?

error[RM0207]: table `deals` has no column `amuont`
 --> broken.yaml:7:62
  |
7 |   - {name: revenue, owner: slaes, of: deals, agg: sum, expr: amuont}
  |                                                              ^^^^^^
  |
  = note: metric revenue, owner slaes
  = help: did you mean `amount`?

2 errors; what a code means: ripplemark --explain RM0116
2 of them can be put right by itself: ripplemark check --fix broken.yaml
"
    );
    assert!(place.say("check broken.yaml --color always").bad(1).contains("\u{1b}["));
}

#[test]
fn json_is_for_programs_whatever_the_book() {
    let place = Place::new();
    let good: Value = serde_json::from_str(&place.say("check shop.yaml --format json").good()).unwrap();
    assert_eq!(good["ok"], true);
    assert_eq!(good["book"]["saved_queries"], serde_json::json!(["board", "trend"]));
    assert_eq!(good["metrics"][6]["number"], "rounded");
    assert_eq!(good["metrics"][6]["why"], serde_json::json!(["sqrt"]));
    assert_eq!(good["metrics"][6]["cost"], serde_json::json!({"row": 6, "cell": 5, "words": 33}));
    assert_eq!(good["metrics"][0]["why"], serde_json::json!([]));
    assert_eq!(good["metrics"][0]["meaning"].as_str().map(str::len), Some(64));

    let outcome = place.say("check broken.yaml --format json");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    let bad: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&bad["ok"], &bad["errors"]), (&Value::Bool(false), &2.into()));
    assert_eq!(bad["problems"][1]["hint"], "did you mean `amount`?");
    assert_eq!((&bad["problems"][1]["line"], &bad["problems"][1]["column"]), (&7.into(), &62.into()));
}

#[test]
fn a_saved_query_that_cannot_be_answered_is_told() {
    let place = Place::new();
    let text = String::from_utf8(place.read("shop.yaml")).unwrap();
    place.write(
        "shop.yaml",
        format!("{text}  - {{name: visits_by_month, metrics: [visits], grain: month}}\n"),
    );
    place.say("check shop.yaml").tells(1, &["saved query `visits_by_month`", "visits", "RM0304"]);
}

#[test]
fn files_that_are_no_books() {
    let place = Place::new();
    place.say("check nowhere.yaml").tells(3, &["nowhere.yaml: cannot be read"]);
    place.say("check .").tells(3, &[".: cannot be read"]);
    place.write("empty.yaml", "");
    place.say("check empty.yaml").tells(1, &["empty.yaml"]);
    place.write("deep.yaml", "[".repeat(200_000));
    place.say("check deep.yaml").bad(1);
    place.write("bytes.yaml", [0xff, 0xfe, 0x00, 0x80]);
    place.say("check bytes.yaml").tells(1, &["UTF-8"]);
}

#[test]
fn what_steers_a_terminal_does_not_reach_it() {
    let place = Place::new();
    let text = String::from_utf8(place.read("shop.yaml")).unwrap();
    place.write("shop.yaml", text.replace("sales: Sales,", "sales: \"S\\e[31mles\","));
    let shown = place.say("check shop.yaml");
    assert!(!shown.stdout.contains('\u{1b}') && !shown.stderr.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn what_is_certain_is_put_right_and_the_rest_is_left() {
    let place = Place::new();
    let broken = place.read("broken.yaml");
    let outcome = place.say("check broken.yaml");
    assert!(
        outcome.stderr.contains("2 of them can be put right by itself: ripplemark check --fix broken.yaml")
    );
    let outcome = place.say("check --fix broken.yaml");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(
        outcome.stderr,
        "\
broken.yaml: 2 fixed
    7
    - - {name: revenue, owner: slaes, of: deals, agg: sum, expr: amuont}
    + - {name: revenue, owner: sales, of: deals, agg: sum, expr: amount}
"
    );
    assert!(outcome.stdout.contains("revenue"));
    let fixed = place.read("broken.yaml");
    let wanted =
        String::from_utf8(broken.clone()).unwrap().replace("slaes", "sales").replace("amuont", "amount");
    assert_eq!(fixed, wanted.into_bytes());
    let again = place.say("check --fix broken.yaml");
    assert_eq!((again.code, again.stderr.as_str(), place.read("broken.yaml")), (Some(0), "", fixed));

    let more = String::from_utf8(broken).unwrap() + "  - {name: orphan, of: deals, agg: count}\n";
    place.write("broken.yaml", &more);
    let outcome = place.say("check --fix broken.yaml --format json");
    assert_eq!(outcome.code, Some(1));
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["fixed"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["fixed"][0]["fix"]["replacement"], "sales");
    let at = |key: &str| report["fixed"][0]["fix"][key].as_u64().unwrap() as usize;
    assert_eq!(&more[at("start")..at("end")], "slaes");
    assert_eq!(
        (report["errors"].as_u64(), report["problems"][0]["code"].as_str()),
        (Some(1), Some("RM0117"))
    );
    assert_eq!(report["problems"][0]["fix"], Value::Null);
    place.say("check --fix nowhere.yaml").tells(3, &["nowhere.yaml"]);
    place.say("check --fix .").tells(2, &["--fix changes files"]);
}
