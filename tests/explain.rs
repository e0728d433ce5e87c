//! What moved a metric, through the whole path: book, data, exact values, contributions.
#![cfg(feature = "compile")]

mod support;

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, StringArray};
use num_rational::BigRational;
use ripplemark::chain::ChainError;
use ripplemark::data::Dataset;
use ripplemark::explain::{Ask, Explanations, MixAsk, Periods, Versus, explain, explain_mix};
use ripplemark::model::{Book, Grain, Query};

/// (day, region, stage, cents): nothing is won in April, and nothing happens in May.
const DEALS: &[(&str, &str, &str, i64)] = &[
    ("2017-01-10", "East", "Won", 10_000),
    ("2017-01-11", "East", "Lost", 0),
    ("2017-01-12", "West", "Won", 30_001),
    ("2017-02-01", "East", "Won", 12_000),
    ("2017-02-02", "East", "Won", 15_000),
    ("2017-02-03", "West", "Lost", 0),
    ("2017-03-05", "West", "Won", 33_333),
    ("2017-04-05", "West", "Lost", 0),
    ("2017-06-30", "East", "Won", 70_000),
];

const BOOK: &str = r#"
ripplemark: 1
book: {id: acme, currency: USD}
teams: {marketing: Marketing, sales: Sales}
tables:
  deals:
    time: closed
    columns: {closed: date, region: category, stage: category, amount: money}
metrics:
  - {name: decided, owner: marketing, ring: behaviour, agg: count}
  - {name: won, owner: sales, agg: count, filter: 'stage == "Won"'}
  - {name: win_rate, label: Win rate, owner: sales, ring: conversion, unit: share, numerator: won, denominator: decided}
  - {name: bookings, owner: sales, ring: revenue, unit: money, agg: sum, expr: amount, filter: 'stage == "Won"', fill_nulls_with: 0}
  - {name: deal_size, owner: sales, ring: revenue, unit: money, expr: bookings / won}
  - {name: list, owner: sales, expr: 'sum(amount) + 10'}
  - {name: rooted, owner: sales, expr: sqrt(bookings)}
links:
  - {to: bookings, identity: won * deal_size}
  - {to: won, identity: decided * win_rate}
  - {to: list, identity: bookings}
  - {to: win_rate, from: decided, description: busy teams win less}
"#;

fn day(text: &str) -> i32 {
    let date: jiff::civil::Date = text.parse().unwrap();
    jiff::civil::date(1970, 1, 1).until(date).unwrap().get_days()
}

fn data() -> Dataset {
    let days: Date32Array = DEALS.iter().map(|deal| Some(day(deal.0))).collect();
    let regions: StringArray = DEALS.iter().map(|deal| Some(deal.1)).collect();
    let stages: StringArray = DEALS.iter().map(|deal| Some(deal.2)).collect();
    let amounts: Decimal128Array = DEALS.iter().map(|deal| Some(i128::from(deal.3))).collect();
    let amounts = amounts.with_precision_and_scale(18, 2).unwrap();
    let batch = support::batch(vec![
        ("closed", Arc::new(days) as ArrayRef),
        ("region", Arc::new(regions)),
        ("stage", Arc::new(stages)),
        ("amount", Arc::new(amounts)),
    ]);
    let mut data = Dataset::default();
    data.add_batches("deals", batch.schema(), vec![batch]);
    data
}

fn book() -> Book {
    support::book(BOOK)
}

fn by_month(metric: &str, by: &[&str]) -> Ask {
    let query = Query { grain: Some(Grain::Month), ..support::by(by) };
    Ask { versus: Versus::Prior(Periods::All), query, ..Ask::new(metric) }
}

fn all(ask: &Ask) -> Explanations {
    let found = explain(&book(), &data(), ask).unwrap();
    for one in &found.explained {
        let Ok(chain) = &one.outcome else { continue };
        let sum: BigRational = chain.contributions.iter().map(|part| &part.exact).sum();
        assert_eq!(sum + &chain.unexplained.exact, &chain.after - &chain.before);
        let units: num_bigint::BigInt = chain.contributions.iter().map(|part| &part.units).sum();
        assert_eq!(units + &chain.unexplained.units, chain.change.units);
        for groups in [found.by_owner(chain), found.by_ring(chain)] {
            let units: num_bigint::BigInt = groups.values().map(|part| &part.units).sum();
            assert_eq!(units, chain.change.units);
        }
    }
    found
}

#[test]
fn identities_are_followed_to_their_leaves_and_every_month_is_compared() {
    let found = all(&by_month("bookings", &[]));
    let names: Vec<&str> = found.drivers.iter().map(|driver| driver.info.name.as_str()).collect();
    assert_eq!(names, ["decided", "win_rate", "deal_size"]);
    let months: Vec<(&str, &str)> =
        found.explained.iter().map(|one| (one.from.as_str(), one.to.as_str())).collect();
    let wanted = [
        ("2017-01", "2017-02"),
        ("2017-02", "2017-03"),
        ("2017-03", "2017-04"),
        ("2017-04", "2017-05"),
        ("2017-05", "2017-06"),
    ];
    assert_eq!(months, wanted);
    // January to February: 3 of 3 decided stays, 2 of 3 won stays; only the size moves.
    let first = found.explained[0].outcome.as_ref().unwrap();
    let shown: Vec<&str> = first.contributions.iter().map(|part| part.shown.as_str()).collect();
    assert_eq!((shown, first.change.shown.as_str()), (vec!["0.00", "0.00", "-130.01"], "-130.01"));
    assert_eq!(found.by_owner(first).keys().collect::<Vec<_>>(), ["Marketing", "Sales", "unexplained"]);
}

#[test]
fn a_driver_without_a_value_takes_its_other_one_and_says_so() {
    let found = all(&by_month("bookings", &[]));
    // March to April: nothing is won, so deals have no size.
    let april = &found.explained[2];
    let chain = april.outcome.as_ref().unwrap();
    let filled: Vec<bool> = chain.contributions.iter().map(|part| part.filled).collect();
    assert_eq!(filled, [false, false, true]);
    let shown: Vec<&str> = chain.contributions.iter().map(|part| part.shown.as_str()).collect();
    assert_eq!((shown, chain.change.shown.as_str()), (vec!["0.00", "-333.33", "0.00"], "-333.33"));
    assert!(
        april.notes.iter().any(|note| note.contains("deal_size has no value in 2017-04")),
        "{:?}",
        april.notes
    );
    // April to May: neither has a size.
    let may = found.explained[3].outcome.as_ref().unwrap_err();
    assert_eq!(*may, ChainError::Undefined { leaves: vec![2] });
}

#[test]
fn what_the_identity_does_not_account_for_is_unexplained() {
    let found = all(&by_month("list", &[]));
    let first = found.explained[0].outcome.as_ref().unwrap();
    assert_eq!(first.unexplained.exact, BigRational::from_integer(0.into()));
    let text = BOOK.replace("sum(amount) + 10", "sum(amount + 1)");
    let found = explain(&support::book(&text), &data(), &by_month("list", &[])).unwrap();
    let march = found.explained[1].outcome.as_ref().unwrap();
    assert_eq!(march.unexplained.exact, BigRational::from_integer((-2).into()));
    assert_eq!(found.by_owner(march)["unexplained"].exact, march.unexplained.exact);
    assert!(found.facts()[1].drivers.iter().any(|driver| driver.metric == "unexplained"));
}

#[test]
fn the_latest_whole_month_by_default_and_any_other_by_its_day() {
    let ask = Ask { versus: Versus::Prior(Periods::Latest), ..by_month("bookings", &[]) };
    let latest = all(&ask);
    // The last deal closed on the last day of June.
    assert_eq!(latest.explained.len(), 1);
    assert_eq!(latest.explained[0].to, "2017-06");
    let of = |text: &str| {
        let periods = Periods::Of(i64::from(day(text)));
        explain(&book(), &data(), &Ask { versus: Versus::Prior(periods), ..by_month("bookings", &[]) })
    };
    assert_eq!(of("2017-03-17").unwrap().explained[0].from, "2017-02");
    let refused = of("2017-01-17").unwrap_err().to_string();
    assert!(refused.contains("RM0316") && refused.contains("2017-01 to 2017-06"), "{refused}");
    let cut = Query {
        range: Some(ripplemark::book::parse_range(None, Some("2017-06-15")).unwrap()),
        ..by_month("bookings", &[]).query
    };
    let ask = Ask { query: cut, versus: Versus::Prior(Periods::Latest), ..by_month("bookings", &[]) };
    assert_eq!(all(&ask).explained[0].to, "2017-03", "April is the last month with rows, and is not over");
}

#[test]
fn groups_that_are_absent_in_a_month_count_as_nothing() {
    let found = all(&by_month("bookings", &["region"]));
    let east_in_march =
        found.explained.iter().find(|one| one.key[0].to_string() == "East" && one.to == "2017-03");
    let chain = east_in_march.unwrap().outcome.as_ref().unwrap();
    assert_eq!(chain.change.shown, "-270.00");
}

#[test]
fn segments_are_compared_like_periods() {
    let versus = Versus::Segments { dim: "region".into(), from: "East".into(), to: "West".into() };
    let ask = Ask { versus, query: Query::default(), ..Ask::new("bookings") };
    let found = all(&ask);
    let one = &found.explained[0];
    assert_eq!((one.from.as_str(), one.to.as_str()), ("region = East", "region = West"));
    assert_eq!(one.outcome.as_ref().unwrap().change.exact, BigRational::new((-43_666).into(), 100.into()));
    let versus = Versus::Segments { dim: "region".into(), from: "East".into(), to: "Wets".into() };
    let refused = explain(&book(), &data(), &Ask { versus, ..ask }).unwrap_err().to_string();
    assert!(refused.contains("no row has `region` = Wets") && refused.contains("East, West"), "{refused}");
}

#[test]
fn a_ratio_explains_itself_by_what_it_divides() {
    let found = all(&by_month("deal_size", &[]));
    assert_eq!(found.formula, "bookings / won");
    let names: Vec<&str> = found.drivers.iter().map(|driver| driver.info.name.as_str()).collect();
    // Both have identities of their own, which would lead back to the deal size.
    assert_eq!(names, ["bookings", "won"]);
}

#[test]
fn what_cannot_be_explained_says_what_to_do() {
    let refused = |ask: &Ask| explain(&book(), &data(), ask).unwrap_err().to_string();
    let none = refused(&by_month("decided", &[]));
    assert!(none.contains("RM0314") && none.contains("add a link"), "{none}");
    assert!(refused(&by_month("rooted", &[])).contains("RM0314"));
    let unknown = refused(&by_month("boookings", &[]));
    assert!(unknown.contains("did you mean `bookings`"), "{unknown}");
    let grainless = refused(&Ask::new("bookings"));
    assert!(grainless.contains("RM0315"), "{grainless}");
}

#[test]
fn mix_and_rate_add_up_and_simpson_is_told() {
    let ask = MixAsk {
        metric: "win_rate".into(),
        dim: "region".into(),
        periods: Periods::Of(i64::from(day("2017-02-01"))),
        query: Query { grain: Some(Grain::Month), ..Query::default() },
        digits: None,
    };
    let found = explain_mix(&book(), &data(), &ask).unwrap();
    let mix = found[0].outcome.as_ref().unwrap();
    assert_eq!(
        &mix.exact.after - &mix.exact.before,
        mix.exact.mix() + mix.exact.rate() + &mix.exact.unexplained
    );
    let units: num_bigint::BigInt =
        mix.segments.iter().flat_map(|effect| [&effect.mix.units, &effect.rate.units]).sum();
    assert_eq!(units + &mix.unexplained.units, num_bigint::BigInt::from(0), "two of three in both months");
    let refused = explain_mix(&book(), &data(), &MixAsk { metric: "bookings".into(), ..ask }).unwrap_err();
    assert!(refused.to_string().contains("RM0318"));
}
