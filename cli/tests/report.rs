//! `report`: for the screen, as a page, as JSON; and what it refuses.

mod support;

use serde_json::Value;
use support::Place;

const ASKED: &str = "report shop.yaml deals=deals.csv visits=visits.csv";

#[test]
fn the_screen_shows_metrics_by_ring_with_owner_and_change() {
    let text = Place::new().say(&format!("{ASKED} --period 2024-02 --width 100")).good();
    assert!(text.starts_with("shop 2\nmonth 2024-02 against 2024-01"), "{text}");
    // 249.50 of February against 1,000.50 of January.
    let revenue = text.lines().find(|line| line.starts_with("revenue")).unwrap();
    for word in ["249.50", "EUR", "−751", "worse", "Finance"] {
        assert!(revenue.contains(word), "{word} in {revenue}");
    }
    assert!(text.contains("── Revenue") && text.contains("receipt: "), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn the_page_is_chosen_by_the_name_of_its_file() {
    let place = Place::new();
    let outcome = place.say(&format!("{ASKED} -o board.html"));
    assert_eq!(outcome.good(), "");
    let page = std::fs::read_to_string(place.path("board.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    assert!(page.contains("Finance") && !page.contains("<script"));
    // The same without a file.
    assert_eq!(place.say(&format!("{ASKED} --format html")).good(), page);
}

#[test]
fn json_has_all_digits() {
    let text = Place::new().say(&format!("{ASKED} --period 2024-02-15 --format json")).good();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["asked"]["period"], "2024-02");
    let rings = value["rings"].as_array().unwrap();
    let metrics = || rings.iter().flat_map(|ring| ring["metrics"].as_array().unwrap());
    let revenue = metrics().find(|metric| metric["name"] == "revenue").unwrap();
    assert_eq!((&revenue["value"]["value"], &revenue["change"]["value"]), (&249.5.into(), &(-751.0).into()));
}

#[test]
fn tables_without_files_are_said_and_left_out() {
    let place = Place::new();
    let outcome = place.say("report shop.yaml deals=deals.csv -o board.json");
    assert!(
        outcome.stderr.contains("not in the report: ") && outcome.stderr.contains("`visits`"),
        "{outcome:?}"
    );
    outcome.good();
}

#[test]
fn what_makes_no_report_is_refused() {
    let place = Place::new();
    place.say(&format!("{ASKED} --by region")).tells(2, &["--by", "--where"]);
    place.say(&format!("{ASKED} --period soon")).tells(2, &["a day (2017-07-01)"]);
    place.say(&format!("{ASKED} --period 1999-01")).tells(2, &["there are no rows in 1999-01"]);
    place.say("report missing.yaml deals.csv").tells(3, &["missing.yaml"]);
    place.say("report shop.yaml deals=nothing.csv").tells(3, &["nothing.csv"]);
    assert!(!place.files().contains(&"board.html".to_owned()));
}
