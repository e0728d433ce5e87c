//! `journey`: hand-offs in every format, small enough to check by hand.

mod support;

use serde_json::Value;
use support::Place;

const BOOK: &str = r#"
ripplemark: 1
book: {id: acme, currency: EUR}
teams: {marketing: Marketing, sdr: Sales Development, sales: Sales}
tables:
  leads:
    columns: {created: date, called: date, refused: date, why: category, region: category, deal: date, amount: money}
metrics:
  - {name: mean_amount, owner: sales, of: leads, at: deal, unit: money, agg: average, expr: amount}
stages:
  - {id: lead, of: leads, enters: created, owner: marketing}
  - {id: contacted, from: lead, enters: called, rejected: refused, reason: why, owner: sdr,
     owner_by: {region: {south: sales}}, sla: {within: 2d, goal: 0.5, ignored_after: 7d}, leak_value: mean_amount / 2}
  - {id: booked, from: contacted, enters: deal, owner: sdr}
"#;

/// Lead by lead: in time, late, rejected, rejected before it was called, ignored, called on the eighth day and so
/// ignored, pending, called before it was there.
const LEADS: &str = "\
created,called,refused,why,region,deal,amount
2024-01-01,2024-01-03,,,north,2024-01-20,1000.50
2024-01-01,2024-01-05,,,south,2024-01-21,499.50
2024-01-02,,2024-01-04,too small,north,,
2024-01-02,2024-01-06,2024-01-03,,south,,
2024-01-03,,,,north,,
2024-01-04,2024-01-12,,,south,,
2024-01-18,,,,north,,
2024-02-02,2024-02-01,,,north,,
";

fn place() -> Place {
    let place = Place::new();
    place.write("acme.yaml", BOOK);
    place.write("leads.csv", LEADS);
    place
}

#[test]
fn a_table_for_people() {
    let text = place().say("journey acme.yaml leads.csv --as-of 2024-01-21 --width 120").good();
    let text: String =
        text.lines().filter(|line| !line.starts_with("receipts:")).map(|line| format!("{line}\n")).collect();
    assert_eq!(
        text,
        "\
hand-off            entered  accepted  rejected  ignored  pending  in time           goal       wait  leak    leak value
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
lead → contacted          7         2         2        2        1   14.3 %  50.0 % missed   3.0 days     3  1,125.00 EUR
contacted → booked        4         2         0        0        2        –              –  16.5 days     –             –

lead → contacted: Marketing to Sales Development
contacted → booked: stays with Sales Development
lead → contacted: rejected for too small 1, (missing) 1
as of 2024-01-21
leads by deal: 8 rows read, 2 used; not used: 6 without a time (no_time)
leads by created: 8 rows read, 7 used; not used: 1 after as_of
leads by called: 8 rows read, 4 used; not used: 3 without a time (no_time), 1 after as_of
"
    );
}

#[test]
fn json_has_every_number_exactly() {
    let text =
        place().say("journey acme.yaml leads.csv --as-of 2024-01-21 --stage contacted --format json").good();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["as_of"]["instant"], "2024-01-21");
    let handoff = &value["handoffs"][0];
    assert_eq!(value["handoffs"].as_array().unwrap().len(), 1);
    assert_eq!(handoff["counts"]["entered"], 7);
    assert_eq!(handoff["within_share"]["exact"], "1/7");
    // Two accepted leads waited two and four days.
    assert_eq!(handoff["mean_wait_hours"]["value"], 72.0);
    assert_eq!(handoff["meets_goal"], false);
    // A late one and two ignored ones, at half of (1000.50 + 499.50) / 2.
    assert_eq!((&handoff["leak"], &handoff["leak_value"]["value"]), (&Value::from(3), &Value::from(1125.0)));
    assert_eq!(handoff["leak_value"]["unit"], "money[EUR]");
    let receipt = &value["receipts"][handoff["receipt"].as_u64().unwrap() as usize];
    assert!(receipt["result"].as_str().unwrap().len() == 64);
}

#[test]
fn csv_by_region_and_month_names_other_owners() {
    let outcome = place()
        .say("journey acme.yaml leads.csv --stage contacted --by region --grain month --totals --format csv");
    let notes = outcome.stderr.clone();
    let text = outcome.good();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|own| *own == name).unwrap();
    let rows: Vec<Vec<String>> = csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let pick = |row: &Vec<String>, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| row[column(name)].clone()).collect()
    };
    let names = ["level", "region", "month", "owner_to", "entered", "out_of_order"];
    let found: Vec<Vec<String>> = rows.iter().map(|row| pick(row, &names)).collect();
    let wanted = [
        ["region,month", "north", "2024-01-01", "Sales Development", "4", "0"],
        ["region,month", "north", "2024-02-01", "Sales Development", "1", "1"],
        ["region,month", "south", "2024-01-01", "Sales", "3", "0"],
        ["region", "north", "", "Sales Development", "5", "1"],
        ["region", "south", "", "Sales", "3", "0"],
        ["month", "", "2024-01-01", "Sales Development", "7", "0"],
        ["month", "", "2024-02-01", "Sales Development", "1", "1"],
        ["total", "", "", "Sales Development", "8", "1"],
    ];
    assert_eq!(found, wanted);
    assert!(notes.contains("as of 2024-02-02 (the latest leads.created)"), "{notes}");
}

#[test]
fn what_cannot_be_asked_is_told() {
    let place = place();
    place
        .say("journey acme.yaml leads.csv --stage contcted")
        .tells(2, &["RM0321", "no stage `contcted`", "contacted"]);
    place.say("journey acme.yaml leads.csv --stage lead").tells(2, &["RM0321", "a first stage"]);
    place.say("journey acme.yaml leads.csv --by rigion").tells(2, &["RM0306", "did you mean `region`?"]);
    place.say("journey acme.yaml").tells(3, &["leads"]);
    place.say("journey shop.yaml deals.csv").tells(2, &["RM0320", "add `stages`"]);
}

#[test]
fn check_tells_hand_offs_that_cannot_be_counted() {
    let place = place();
    let text = place.say("check acme.yaml").good();
    assert!(text.contains("hand-offs: lead → contacted, contacted → booked"), "{text}");
    place.write("acme.yaml", BOOK.replace("at: deal, ", ""));
    place.say("check acme.yaml").tells(1, &["RM0304", "hand-off to `contacted`"]);
}
