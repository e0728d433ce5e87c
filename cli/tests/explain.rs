//! `explain`: what moved a metric, as a user sees it.

mod support;

use support::Place;

const BOOK: &str = r#"
ripplemark: 1
book: {id: acme, currency: USD}
teams: {marketing: Marketing, sales: Sales}
tables:
  deals: {time: closed, columns: {closed: date, region: category, stage: category, amount: money}}
metrics:
  - {name: decided, label: Deals decided, owner: marketing, ring: behaviour, agg: count}
  - {name: won, owner: sales, agg: count, filter: 'stage == "Won"'}
  - {name: win_rate, label: Win rate, owner: sales, ring: conversion, unit: share, numerator: won, denominator: decided}
  - {name: bookings, label: Bookings, owner: sales, ring: revenue, unit: money, agg: sum, expr: amount, filter: 'stage == "Won"', fill_nulls_with: 0}
  - {name: deal_size, label: Deal size, owner: sales, ring: revenue, unit: money, expr: bookings / won}
links:
  - {to: bookings, identity: decided * win_rate * deal_size}
"#;

const DEALS: &str = "closed,region,stage,amount
2017-01-10,East,Won,1000
2017-01-12,West,Won,3000
2017-02-01,East,Won,1200
2017-02-02,East,Lost,
2017-02-28,West,Won,800
";

fn place() -> Place {
    let place = Place::new();
    place.write("acme.yaml", BOOK);
    place.write("deals.csv", DEALS);
    place
}

#[test]
fn a_change_is_told_by_driver_owner_and_ring() {
    let told =
        place().run(["explain", "acme.yaml", "bookings", "deals.csv", "--vs", "prior", "--grain", "month"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let wanted = "\
bookings = decided * win_rate * deal_size

── What moved Bookings: −2,000.00 USD, 2017-01 → 2017-02

driver         contribution                   before   after  owner
───────────────────────────────────────────────────────────────────────
2017-01               4,000
Deals decided     +1,277.78          │█████        2       3  Marketing
Win rate          −1,222.22     █████│       100.0 %  66.7 %  Sales
Deal size         −2,055.56  ████████│         2,000   1,000  Sales
2017-02               2,000

by owner   contribution
─────────────────────────────────────
Marketing     +1,277.78          │███
Sales         −3,277.78  ████████│

by ring     contribution
────────────────────────────────────────
Behaviour      +1,277.78          │█████
Conversion     −1,222.22     █████│
Revenue        −2,055.56  ████████│
";
    assert_eq!(told.stdout, wanted);
}

#[test]
fn json_has_the_exact_numbers() {
    let arguments =
        ["explain", "acme.yaml", "bookings", "deals.csv", "--at", "month=2017-02", "--format", "json"];
    let told = place().run(arguments);
    let json: serde_json::Value = serde_json::from_str(&told.stdout).expect(&told.stderr);
    let one = &json["explained"][0];
    assert_eq!(one["change"]["exact"], "-2000");
    let parts: Vec<f64> = (one["contributions"].as_array().expect("a list").iter())
        .map(|part| part["contribution"].as_f64().expect("a number"))
        .collect();
    // From 2, 1, 2000 to 3, 2/3, 1000, by hand: each driver's change times the weighted means of the others' products.
    let (volume, rate, size) = (11_500.0 / 9.0, -11_000.0 / 9.0, -18_500.0 / 9.0);
    for (part, wanted) in parts.iter().zip([volume, rate, size]) {
        assert!((part - wanted).abs() < 1e-9 * wanted.abs(), "{parts:?}");
    }
}

#[test]
fn segments_and_mix() {
    let place = place();
    let told = place.run([
        "explain",
        "acme.yaml",
        "bookings",
        "deals.csv",
        "--vs",
        "region=East",
        "--at",
        "region=West",
    ]);
    assert!(told.stdout.contains("region = East → region = West"), "{}{}", told.stdout, told.stderr);
    let told =
        place.run(["explain", "acme.yaml", "win_rate", "deals.csv", "--grain", "month", "--mix", "region"]);
    assert!(
        told.stdout.contains("by mix") && told.stdout.contains("(all)"),
        "{}{}",
        told.stdout,
        told.stderr
    );
}

#[test]
fn a_target_is_missed_by_its_drivers() {
    let place = place();
    let plan = format!(
        "{BOOK}targets:\n  - {{metric: bookings, goal: 6_000, from: 2017-01-01, due: 2017-02-28, owner: sales}}\n  \
         - {{metric: decided, goal: 5, from: 2017-01-01, due: 2017-02-28, owner: marketing}}\n"
    );
    place.write("plan.yaml", plan);
    let told =
        place.run(["explain", "plan.yaml", "bookings", "deals.csv", "--vs", "target", "--format", "json"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let json: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
    let one = &json["explained"][0];
    // 6,000 of 6,000 are reached, and all 5 deals are decided: nothing to explain.
    assert_eq!(
        (one["change"]["exact"].as_str(), one["unexplained"]["exact"].as_str()),
        (Some("0"), Some("0"))
    );
    let more =
        std::fs::read_to_string(place.path("plan.yaml")).expect("the book").replace("goal: 5,", "goal: 10,");
    place.write("plan.yaml", more.replace("6_000", "12_000"));
    let told = place.run(["explain", "plan.yaml", "bookings", "deals.csv", "--vs", "target"]);
    assert!(told.stdout.contains("−6,000.00"), "{}", told.stdout);
    let decided = told.stdout.lines().find(|line| line.starts_with("Deals decided")).expect("a line");
    // Twice as many deals at the same rate and size would have been the plan.
    assert!(decided.contains("−6,000.00"), "{decided}");
    let none = place.run(["explain", "acme.yaml", "bookings", "deals.csv", "--vs", "target"]);
    assert!(none.code == Some(2) && none.stderr.contains("has no target"), "{}", none.stderr);
}

#[test]
fn refusals_say_what_to_do() {
    let place = place();
    let refused = |arguments: &[&str]| {
        let told = place.run([&["explain", "acme.yaml"], arguments].concat());
        assert_eq!(told.code, Some(2), "{arguments:?}: {}", told.stderr);
        assert!(told.stdout.is_empty());
        told.stderr
    };
    assert!(refused(&["bookings", "deals.csv"]).contains("give it a grain"));
    assert!(refused(&["won", "deals.csv", "--grain", "month"]).contains("add a link"));
    assert!(refused(&["bookigns", "deals.csv", "--grain", "month"]).contains("did you mean `bookings`"));
    assert!(refused(&["bookings", "--grain", "month"]).contains("--table deals=FILE"));
    assert!(refused(&["bookings", "deals.csv", "--vs", "region=East"]).contains("--at region=VALUE"));
    assert!(refused(&["bookings", "deals.csv", "--vs", "lastyear"]).contains("expected `prior`, `target`"));
    assert!(
        refused(&["bookings", "deals.csv", "--vs", "region=East", "--at", "region=Mars"])
            .contains("East, West")
    );
    assert!(
        refused(&["bookings", "deals.csv", "--grain", "month", "--at", "month=2018-07"])
            .contains("2017-01 to 2017-02")
    );
}
