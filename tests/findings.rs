//! Rules: against Python's fractions (`tests/rule_oracle.py` made the cases), and what they say, to whom, in which order.
#![cfg(feature = "compile")]

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, RecordBatch, StringArray};
use ripplemark::data::Dataset;
use ripplemark::model::{Book, Instant, Severity};
use ripplemark::rule::{self, Ask, Findings, Given};
use serde_json::Value;
use std::sync::Arc;

fn day(text: &str) -> i32 {
    match ripplemark::book::parse_instant(text).unwrap() {
        Instant::Date(day) => day,
        Instant::Timestamp(_) => panic!("{text}"),
    }
}

type Row<'a> = (&'a str, Option<&'a str>, Option<i64>);

fn data(rows: &[Row<'_>]) -> Dataset {
    let closed: ArrayRef = Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| day(row.0))));
    let region: ArrayRef = Arc::new(StringArray::from_iter(rows.iter().map(|row| row.1)));
    let amount: Decimal128Array = rows.iter().map(|row| row.2.map(i128::from)).collect();
    let amount: ArrayRef = Arc::new(amount.with_precision_and_scale(18, 2).unwrap());
    let batch =
        RecordBatch::try_from_iter([("closed", closed), ("region", region), ("amount", amount)]).unwrap();
    let mut data = Dataset::default();
    data.add_batches("deals", batch.schema(), vec![batch]);
    data
}

const HEAD: &str = "ripplemark: 1\nbook: {id: rules, currency: EUR}\n\
    teams: {sales: Sales, marketing: Marketing, finance: Finance}\n\
    tables: {deals: {time: closed, columns: {closed: date, region: category, amount: money}}}\n\
    metrics:\n\
    \x20 - {name: deals, owner: sales, of: deals, agg: count}\n\
    \x20 - {name: won, owner: sales, of: deals, agg: count, filter: amount > 0}\n\
    \x20 - {name: total, owner: [marketing, sales], watch: finance, of: deals, agg: sum, expr: amount, unit: 'money[EUR]'}\n\
    \x20 - {name: rate, owner: sales, of: deals, unit: share, expr: 'count_if(amount > 0) / count()',\n\
    \x20    status: [{when: value < 0.4, is: red}, {when: value < 0.5, is: amber}, {is: green}]}\n\
    \x20 - {name: due, owner: sales, of: deals, agg: sum, expr: amount, fill_nulls_with: 0, good: down}\n";

fn book(tail: &str) -> Book {
    let text = format!("{HEAD}{tail}");
    ripplemark::book::load_str(&text, "rules.yaml").unwrap_or_else(|problems| panic!("{problems}")).book
}

fn ask(as_of: &str) -> Ask {
    Ask { period: None, as_of: Some(Instant::Date(day(as_of))) }
}

fn said(findings: &Findings) -> Vec<String> {
    findings.findings.iter().map(|finding| finding.message.clone()).collect()
}

#[test]
fn rules_fire_where_pythons_fractions_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/findings.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut fired = 0;
    for case in &cases {
        let rules = case["rules"].as_array().unwrap();
        let scope = if case["scope"].as_bool().unwrap() { "scope: region, " } else { "" };
        let mut tail = "rules:\n".to_owned();
        for (i, rule) in rules.iter().enumerate() {
            tail += &format!(
                "  - {{id: r{i}, {scope}grain: month, when: '{}'}}\n",
                rule["when"].as_str().unwrap()
            );
        }
        let rows: Vec<Row<'_>> = case["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row[0].as_str().unwrap(), row[1].as_str(), row[2].as_i64()))
            .collect();
        let as_of = case["as_of"].as_str().map(|text| Instant::Date(day(text)));
        let found = rule::evaluate(&book(&tail), &data(&rows), Ask { period: None, as_of }).unwrap();
        for (i, rule) in rules.iter().enumerate() {
            let what = format!("case {} {}", case["number"], rule["when"]);
            let own: Vec<Value> = found
                .findings
                .iter()
                .filter(|finding| finding.rule == format!("r{i}"))
                .map(|finding| match finding.scope.first() {
                    None => "*".into(),
                    Some((_, value)) if value == "(missing)" => Value::Null,
                    Some((_, value)) => value.as_str().into(),
                })
                .collect();
            assert_eq!(Value::from(own), rule["fired"], "{what}");
            assert_eq!(found.rules[i].skipped, rule["skipped"].as_u64().unwrap(), "{what}");
            assert_eq!(found.rules[i].looked_at, rule["looked_at"].as_u64().unwrap(), "{what}");
            assert_eq!(found.rules[i].period, case["period"].as_str().unwrap(), "{what}");
            assert_eq!(found.rules[i].failure, "");
            fired += found.rules[i].found;
        }
    }
    assert!(cases.len() > 100 && fired > 100, "{} cases, {fired} findings", cases.len());
}

const MARCH: [Row<'_>; 7] = [
    ("2024-02-10", Some("EMEA"), Some(10_000)),
    ("2024-02-11", Some("APAC"), Some(10_000)),
    ("2024-03-01", Some("EMEA"), Some(-100)),
    ("2024-03-05", Some("EMEA"), Some(123_456)),
    ("2024-03-06", Some("EMEA"), Some(-5)),
    ("2024-03-31", Some("NA"), Some(-100)),
    ("2024-04-02", Some("NA"), Some(99_900)),
];

#[test]
fn findings_say_what_where_and_whose() {
    let book = book(
        "rules:\n\
         \x20 - {id: quiet, when: rate.value > 1}\n\
         \x20 - {id: low, scope: [region], grain: month, when: 'rate.value < 0.4', severity: info,\n\
         \x20    notify: [marketing, sales], say: 'win rate ${rate.value} in ${region} (${rate.num} of ${rate.den}), ${period}'}\n\
         \x20 - {id: fall, scope: region, grain: month, when: 'total.value < total.prior || deals.value == 0',\n\
         \x20    severity: critical, say: '${region}: ${total.value} after ${total.prior}, ${deals.value} deals'}\n\
         \x20 - {id: red, grain: month, when: 'rate.status == \"red\"'}\n",
    );
    let found = rule::evaluate(&book, &data(&MARCH), Ask::default()).unwrap();
    // April is not over, so that the period is March; APAC had no deal in it and is looked at nevertheless.
    assert_eq!(
        said(&found),
        [
            "APAC: – after 100, 0 deals",
            "rate.status == \"red\"",
            "win rate 33.3 % in EMEA (1 of 3), 2024-03",
            "win rate 0.0 % in NA (0 of 1), 2024-03",
        ]
    );
    let (fall, red, low) = (&found.findings[0], &found.findings[1], &found.findings[2]);
    assert_eq!(
        (fall.severity, red.severity, low.severity),
        (Severity::Critical, Severity::Warning, Severity::Info)
    );
    assert_eq!(fall.scope, [("region".to_owned(), "APAC".to_owned())]);
    assert_eq!(fall.period, "2024-03");
    // Owners of all metrics that the rule reads; who owns is not told a second time.
    assert_eq!(fall.owners, ["Marketing", "Sales"]);
    assert_eq!(fall.watchers, ["Finance"]);
    assert_eq!(
        (&low.owners[..], &low.watchers[..]),
        (&["Sales".to_owned()][..], &["Marketing".to_owned()][..])
    );
    assert_eq!(fall.receipt.len(), 2);
    assert!(fall.receipt.iter().all(|source| source.meaning.len() == 64 && source.state.len() == 64));
    let value = low.values.iter().find(|(name, _)| name == "rate.value").unwrap();
    let Given::Number(value) = &value.1 else { panic!("{value:?}") };
    assert_eq!((value.exact().as_deref(), value.value()), (Some("1/3"), Some(1.0 / 3.0)));
    // A count in a region without rows is 0; a rate there has no value, and that is told.
    assert_eq!(found.rules[1].skipped_because, [("zero_denominator".to_owned(), 1)]);
    assert_eq!(found.rules[1].note().unwrap(), "rule `low`: no value in 1 of 3 scopes (zero_denominator 1)");
}

#[test]
fn a_finding_keeps_its_id_as_long_as_it_means_the_same() {
    let rule = "rules: [{id: low, scope: region, grain: month, when: rate.value < 0.4}]\n";
    let ids = |tail: &str, rows: &[Row<'_>]| -> Vec<String> {
        let found = rule::evaluate(&book(tail), &data(rows), ask("2024-03-31")).unwrap();
        found.findings.into_iter().map(|finding| finding.id).collect()
    };
    let first = ids(rule, &MARCH);
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1]);
    let mut more = MARCH.to_vec();
    more.push(("2024-03-07", Some("EMEA"), Some(-7)));
    assert_eq!(ids(rule, &more), first);
    assert_ne!(ids(&rule.replace("0.4", "0.41"), &MARCH)[0], first[0]);
    assert_ne!(ids(&rule.replace("id: low", "id: lower"), &MARCH)[0], first[0]);
}

#[test]
fn the_alert_budget_keeps_the_scopes_with_most_rows() {
    let book = book(
        "rules: [{id: any, scope: region, grain: month, when: deals.value >= 1, top: 1, say: '${region}'}]\n",
    );
    let found = rule::evaluate(&book, &data(&MARCH), Ask::default()).unwrap();
    assert_eq!(said(&found), ["EMEA"]);
    assert_eq!((found.rules[0].found, found.rules[0].beyond_top), (1, 1));
    assert_eq!(found.rules[0].note().unwrap(), "rule `any`: 1 more findings are not listed");
}

#[test]
fn rules_see_the_target_in_force() {
    let book = book(
        "targets:\n\
         \x20 - {metric: due, goal: 310, from: 2024-03-01, due: 2024-03-31, owner: sales,\n\
         \x20    split: {region: {EMEA: 0.5, NA: 0.5}}}\n\
         \x20 - {metric: total, goal: 3000, from: 2024-03-01, due: 2024-04-30, owner: sales}\n\
         rules:\n\
         \x20 - {id: late, grain: month, when: 'total.status == \"behind\" && total.gap < 0',\n\
         \x20    say: '${total.value} of ${total.target}: ${total.status}, pace ${total.pace}, gap ${total.gap}'}\n\
         \x20 - {id: over, scope: region, grain: month, when: 'due.status == \"missed\"', say: '${region} ${due.value} of ${due.target}'}\n\
         \x20 - {id: april, grain: month, when: due.pace < 1}\n",
    );
    let found = rule::evaluate(&book, &data(&MARCH), Ask::default()).unwrap();
    assert_eq!(
        said(&found),
        [
            // 31 of 61 days of 3,000 are 1,524.59; the total of March is 1,232.51.
            "1,232.51 of 3,000: behind, pace 80.8 %, gap −292.08",
            // Less is better, and the goal of a half is 155.
            "EMEA 1,233.51 of 155",
            "due.pace < 1",
        ],
    );
    // In April no target of `due` is in force.
    let april = Ask { period: Some(Instant::Date(day("2024-04-01"))), as_of: None };
    let found = rule::evaluate(&book, &data(&MARCH), april).unwrap();
    assert_eq!(found.rules[2].skipped_because, [("no_target".to_owned(), 1)]);
}

#[test]
fn a_status_is_the_first_that_is_true_and_none_where_that_is_unknown() {
    let book = book("");
    let word = |rows: &[Row<'_>]| {
        let status = rule::statuses(&book, &data(rows), None, Ask::default()).unwrap().remove(0);
        assert_eq!(status.metric, "rate");
        (status.word, status.reason)
    };
    let deal = |amount: i64| ("2024-03-01", None, Some(amount));
    assert_eq!(word(&[deal(1), deal(-1), deal(-1)]).0.as_deref(), Some("red"));
    assert_eq!(word(&[deal(1), deal(1), deal(-1), deal(-1), deal(-1)]).0.as_deref(), Some("amber"));
    assert_eq!(word(&[deal(1), deal(-1)]).0.as_deref(), Some("green"));
    assert_eq!(word(&[]), (None, "zero_denominator".to_owned()));
}

#[test]
fn scripts_see_the_same_and_are_stopped_when_they_run_away() {
    let book = book(
        "rules:\n\
         \x20 - {id: odd, scope: region, grain: month, metrics: [rate, total], severity: info, script: '\n\
         \x20     let worst = ();\n\
         \x20     for facet in [\"value\", \"prior\"] { let x = m.rate[facet]; if x != () && (worst == () || x < worst) { worst = x; } }\n\
         \x20     if worst != () && worst < 0.5 { #{message: `${scope.region} ${worst} ${period} ${m.rate.status}`} }'}\n\
         \x20 - {id: runaway, owner: finance, metrics: rate, script: 'loop {}'}\n\
         \x20 - {id: growth, metrics: rate, script: 'let s = \"x\"; loop { s += s; }'}\n\
         \x20 - {id: wrong, metrics: rate, script: '42'}\n\
         \x20 - {id: plain, metrics: rate, script: 'm.rate.value < 0.9', say: 'rate ${rate.value}'}\n",
    );
    let found = rule::evaluate(&book, &data(&MARCH), Ask::default()).unwrap();
    let mut messages = said(&found);
    assert_eq!(messages.remove(0), "rate 57.1 %");
    assert!(
        messages[0].starts_with("EMEA 0.33333333") && messages[0].ends_with("2024-03 red"),
        "{messages:?}"
    );
    assert_eq!(messages[1], "NA 0.0 2024-03 red");
    assert_eq!(messages.len(), 2);
    let failures: Vec<&str> = found.rules.iter().map(|report| report.failure.as_str()).collect();
    assert_eq!(
        failures[1],
        "rule `runaway` (owner Finance): stopped: it took more than 100000 steps (line 1 of the script); a loop may have no end"
    );
    assert!(
        failures[2].contains("rule `growth` (owner Sales)") && failures[2].contains("4096 bytes"),
        "{}",
        failures[2]
    );
    assert!(failures[3].contains("type i64"), "{}", failures[3]);
    assert_eq!((failures[0], failures[4]), ("", ""));
}

#[test]
fn without_data_nothing_fires_and_that_is_said() {
    let book = book(
        "targets: [{metric: total, goal: 1, from: 2024-01-01, due: 2024-03-31, owner: sales}]\n\
         rules:\n\
         \x20 - {id: monthly, grain: month, when: rate.value < 1}\n\
         \x20 - {id: all, when: rate.value < 1}\n\
         \x20 - {id: count, when: deals.value == 0}\n\
         \x20 - {id: pace, when: total.pace < 1}\n",
    );
    let found = rule::evaluate(&book, &data(&[]), Ask::default()).unwrap();
    assert_eq!(said(&found), ["deals.value == 0"]);
    let skipped: Vec<_> = found.rules.iter().map(|report| report.skipped_because.clone()).collect();
    assert_eq!(skipped[0], [("empty".to_owned(), 1)]);
    assert_eq!(skipped[1], [("zero_denominator".to_owned(), 1)]);
    assert_eq!(skipped[3], [("empty".to_owned(), 1)]);
    let targets = ripplemark::target::evaluate(&book, &data(&[]), None).unwrap();
    assert_eq!((targets[0].standing.status, targets[0].standing.pace.reason().as_str()), (None, "empty"));
}

#[test]
fn a_table_that_is_not_there_takes_only_its_own_rules_along() {
    let text = HEAD.replace("tables: {deals:", "tables: {calls: {time: day, columns: {day: date}}, deals:")
        + "  - {name: calls, owner: sales, of: calls, agg: count}\n"
        + "targets:\n  - {metric: calls, goal: 1, from: 2024-03-01, due: 2024-03-31, owner: sales}\n"
        + "rules: [{id: a, when: calls.value < 1}, {id: b, grain: month, when: deals.value > 0 && calls.n > 0}, {id: c, when: deals.value > 0}]\n";
    let book =
        ripplemark::book::load_str(&text, "rules.yaml").unwrap_or_else(|problems| panic!("{problems}")).book;
    for ask in [Ask::default(), ask("2024-03-31")] {
        let found = rule::evaluate(&book, &data(&MARCH), ask).unwrap();
        assert_eq!(said(&found), ["deals.value > 0"]);
        for report in &found.rules[..2] {
            assert_eq!(report.skipped_because, [("no_data".to_owned(), 1)]);
        }
        let calls = ripplemark::target::evaluate(&book, &data(&MARCH), ask.as_of).unwrap().remove(0);
        assert_eq!((calls.standing.actual.reason().as_str(), calls.standing.status), ("no_data", None));
    }
}

#[test]
fn a_rule_over_two_tables_goes_by_the_one_that_ends_first() {
    let text = HEAD.replace("tables: {deals:", "tables: {calls: {time: day, columns: {day: date}}, deals:")
        + "  - {name: calls, owner: sales, of: calls, agg: count}\n"
        + "rules:\n  - {id: one, grain: month, when: deals.value > 0, say: '${period}'}\n"
        + "  - {id: both, grain: month, when: deals.value > 0 && calls.value > 0, say: '${period}'}\n";
    let book =
        ripplemark::book::load_str(&text, "rules.yaml").unwrap_or_else(|problems| panic!("{problems}")).book;
    let mut data = data(&MARCH);
    // The last of February: the month is over.
    let days: ArrayRef = Arc::new(Date32Array::from(vec![day("2024-02-29"), day("2024-02-01")]));
    let calls = RecordBatch::try_from_iter([("day", days)]).unwrap();
    data.add_batches("calls", calls.schema(), vec![calls]);
    let found = rule::evaluate(&book, &data, Ask::default()).unwrap();
    assert_eq!(said(&found), ["2024-03", "2024-02"]);
    assert_eq!((found.rules[0].as_of.as_str(), found.rules[1].as_of.as_str()), ("2024-04-02", "2024-02-29"));
}

#[test]
fn equal_input_gives_equal_output() {
    let book = book("rules: [{id: low, scope: region, grain: month, when: rate.value < 0.9}]\n");
    let text = |rows: &[Row<'_>]| {
        let found = rule::evaluate(&book, &data(rows), Ask::default()).unwrap();
        serde_json::to_string(&found).unwrap()
    };
    let mut reversed = MARCH;
    reversed.reverse();
    assert_eq!(text(&MARCH), text(&reversed));
}
