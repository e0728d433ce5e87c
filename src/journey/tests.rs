//! What the row-by-row account of `tests/journey.rs` does not reach: unreadable values, units, two tables, the latest
//! time, counts as ordinary metrics.

use super::*;
use crate::evaluate::Program;
use crate::model::Instant;
use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use std::sync::Arc;

const BOOK: &str = r#"
ripplemark: 1
book: {id: b, currency: EUR}
teams: {one: One, two: Two, three: Three}
tables:
  leads: {columns: {came: date, met: date, kind: category}}
  deals: {columns: {began: date, signed: date, dropped: date, worth: money, kind: category}}
metrics:
  - {name: rate, owner: one, of: deals, at: began, unit: share, expr: 'count_if(!is_null(signed)) / count()'}
  - {name: mean, owner: one, of: deals, at: began, unit: money, agg: average, expr: worth}
stages:
  - {id: lead, of: leads, enters: came, owner: one}
  - {id: deal, from: lead, enters: met, owner: two, sla: {within: 1d, ignored_after: 3d}, leak_value: rate * mean}
  - {id: customer, from: deal, of: deals, starts: began, enters: signed, rejected: dropped, reason: kind,
     owner: three, leak_value: {expr: '100', unit: money}, sla: {ignored_after: 3d}}
"#;

fn book() -> Book {
    crate::book::load_str(BOOK, "b.yaml").unwrap_or_else(|problems| panic!("{problems}")).book
}

fn dates(days: &[Option<i32>]) -> ArrayRef {
    Arc::new(Date32Array::from(days.to_vec()))
}

fn add(data: &mut Dataset, table: &str, columns: Vec<(&str, ArrayRef)>) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
    data.add_batches(table, batch.schema(), vec![batch]);
}

fn kinds(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

fn data() -> Dataset {
    let mut data = Dataset::default();
    let came = dates(&[Some(10), Some(11), Some(12), Some(12)]);
    let met = dates(&[Some(11), Some(14), None, Some(16)]);
    add(&mut data, "leads", vec![("came", came), ("met", met), ("kind", kinds(&["a", "b", "a", "b"]))]);
    let began = dates(&[Some(11), Some(14), Some(16)]);
    let signed = dates(&[Some(12), None, None]);
    let dropped = dates(&[None, Some(15), None]);
    let worth: ArrayRef = Arc::new(Int64Array::from(vec![10, 20, 40]));
    let columns = vec![("began", began), ("signed", signed), ("dropped", dropped), ("worth", worth)];
    add(&mut data, "deals", [columns, vec![("kind", kinds(&["a", "b", "a"]))]].concat());
    data
}

#[test]
fn two_tables_share_one_time_and_each_has_its_worth() {
    let journeys = evaluate(&book(), &data(), &Ask::default()).unwrap();
    let as_of = journeys.as_of.as_ref().unwrap();
    assert_eq!((as_of.instant, as_of.source.as_deref()), (Instant::Date(16), Some("leads.met")));
    let [deal, customer] = journeys.handoffs.as_slice() else { panic!("{journeys:?}") };
    // Met after one day; met after three, which is late; not met by the third day; met after four, which is too late.
    let counts = deal.counts.as_ref().unwrap();
    assert_eq!((counts.accepted, counts.late, counts.ignored), (2, Some(1), 2));
    // A third of the deals is signed, a mean deal is 70 / 3: 70 / 9 for each of three.
    let amount = deal.leak_value.as_ref().unwrap();
    assert_eq!((amount.exact.as_deref(), amount.unit.as_str()), (Some("70/3"), "money[EUR]"));
    assert_eq!(amount.value.map(f64::to_bits), Some((70.0_f64 / 3.0).to_bits()));
    let counts = customer.counts.as_ref().unwrap();
    assert_eq!((counts.accepted, counts.rejected, counts.pending, counts.ignored), (1, 1, 1, 0));
    assert_eq!(counts.rejected_by, [("b".to_owned(), 1)]);
    assert_eq!(customer.leak_value.as_ref().unwrap().value, Some(0.0));
    assert_eq!(customer.worth.as_ref().unwrap().exact.as_deref(), Some("100"));
    assert_eq!((customer.owner_from.as_str(), customer.owner_to.as_str()), ("Two", "Three"));
    // What was asked without a time is what is asked with the time that was found.
    let again = evaluate(&book(), &data(), &Ask { as_of: Some(as_of.instant), ..Ask::default() }).unwrap();
    assert_eq!(again.handoffs, journeys.handoffs);
}

#[test]
fn a_lost_row_is_worth_the_same_in_every_part() {
    let ask = Ask { by: vec!["kind".to_owned()], totals: true, ..Ask::default() };
    let journeys = evaluate(&book(), &data(), &ask).unwrap();
    let leak = |level: &str| -> f64 {
        let of = journeys.handoffs.iter().filter(|handoff| handoff.to == "deal" && handoff.level == level);
        of.map(|handoff| handoff.leak.unwrap() as f64).sum()
    };
    assert_eq!((leak("kind"), leak("total")), (3.0, 3.0));
    let worths: Vec<_> =
        journeys.handoffs.iter().filter(|h| h.to == "deal").map(|h| h.worth.clone()).collect();
    assert!(worths.windows(2).all(|pair| pair[0] == pair[1]), "{worths:?}");
    // The reason is the dimension itself.
    let b =
        journeys.handoffs.iter().find(|h| h.to == "customer" && h.scope[0].1 == Coordinate::Text("b".into()));
    assert_eq!(b.unwrap().counts.as_ref().unwrap().rejected_by, [("b".to_owned(), 1)]);
}

#[test]
fn what_cannot_be_read_takes_the_counts_of_its_group_and_no_other() {
    let mut data = Dataset::default();
    let met: ArrayRef = Arc::new(StringArray::from(vec!["2024-01-02", "soon", "2024-01-05"]));
    let came: ArrayRef = Arc::new(StringArray::from(vec!["2024-01-01", "2024-01-01", "2024-01-02"]));
    add(&mut data, "leads", vec![("came", came), ("met", met), ("kind", kinds(&["a", "b", "a"]))]);
    let mut book = book();
    book.stages.truncate(2);
    book.stages[1].handoff.as_mut().unwrap().leak_value = None;
    let ask = Ask { by: vec!["kind".to_owned()], as_of: Some(Instant::Date(19_800)), ..Ask::default() };
    let journeys = evaluate(&book, &data, &ask).unwrap();
    let [a, b] = journeys.handoffs.as_slice() else { panic!("{journeys:?}") };
    assert_eq!(a.counts.as_ref().map(|counts| (counts.entered, counts.accepted)), Some((2, 2)));
    assert_eq!((&b.counts, b.reasons.as_slice(), b.leak), (&None, &["invalid_input"][..], None));
    assert!(b.within_share.is_none() && b.mean_wait_hours.is_none());
}

#[test]
fn no_rows_are_no_error() {
    let mut data = Dataset::default();
    add(&mut data, "leads", vec![("came", dates(&[])), ("met", dates(&[])), ("kind", kinds(&[]))]);
    let journeys = evaluate(&book(), &data, &Ask { stages: vec!["deal".into()], ..Ask::default() });
    // What a lost row is worth reads the other table.
    assert!(journeys.unwrap_err().to_string().contains("deals"));
    let mut book = book();
    book.stages[1].handoff.as_mut().unwrap().leak_value = None;
    let journeys = evaluate(&book, &data, &Ask { stages: vec!["deal".into()], ..Ask::default() }).unwrap();
    assert_eq!(journeys.as_of, None);
    let handoff = &journeys.handoffs[0];
    assert_eq!(handoff.counts.as_ref().map(|counts| counts.entered), Some(0));
    assert_eq!((&handoff.within_share, &handoff.meets_goal, handoff.leak), (&None, &None, Some(0)));
}

#[test]
fn counts_are_metrics_like_others() {
    let (book, data) = (book(), data());
    let asked = questions(&book, &Ask::default(), Instant::Date(16)).unwrap();
    let question = asked.iter().find(|question| book.tables[question.table.0].name == "deals").unwrap();
    let name = Question::metric(&book.stages[2], Class::Rejected);
    assert_eq!(name, "customer.rejected");
    let query = crate::model::Query { metrics: vec![name.clone()], ..question.query.clone() };
    let set = data.evaluate(&Program::compile(&question.book, &query).unwrap()).unwrap().finish().unwrap();
    assert_eq!(set.total(&name).unwrap().value, Some(1.0));
}

#[test]
fn the_latest_time_is_told_to_the_microsecond() {
    let text = "ripplemark: 1\nbook: {id: b, timezone: Europe/Berlin}\nteams: {one: One}\n\
        tables: {t: {columns: {a: timestamp, b: timestamp}}}\n\
        stages:\n- {id: first, of: t, enters: a, owner: one}\n- {id: second, from: first, enters: b, owner: one, sla: {within: 30m, ignored_after: 1h}}";
    let book = crate::book::load_str(text, "b.yaml").unwrap().book;
    let times = |values: Vec<Option<i64>>| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
    };
    let hour = 3_600_000_000;
    let mut data = Dataset::default();
    let b = times(vec![Some(hour / 2), Some(hour / 2 + 1), Some(hour + 1), None]);
    add(&mut data, "t", vec![("a", times(vec![Some(0), Some(0), Some(0), Some(1)])), ("b", b)]);
    let journeys = evaluate(&book, &data, &Ask::default()).unwrap();
    assert_eq!(journeys.as_of.as_ref().unwrap().to_string(), "1970-01-01T01:00:00.000001Z (the latest t.b)");
    let handoff = &journeys.handoffs[0];
    let counts = handoff.counts.as_ref().unwrap();
    // The last row's hour ends with what is known.
    assert_eq!((counts.in_time, counts.late, counts.ignored, counts.pending), (Some(1), Some(1), 2, 0));
    assert_eq!(handoff.mean_wait_hours.as_ref().unwrap().exact, "3600000001/7200000000");
    assert!(handoff.internal && !handoff.in_days);
}

#[test]
fn units_follow_from_metrics_or_are_not_told() {
    let book = book();
    let unit = |text: &str| {
        let names: Vec<_> = (book.metrics.iter().enumerate())
            .map(|(at, metric)| crate::lang::MetricName {
                id: crate::model::MetricId(at),
                name: &metric.name,
            })
            .collect();
        let scope = crate::lang::CellScope {
            tables: &book.tables,
            table: None,
            at: None,
            metrics: &names,
            functions: &crate::lang::Library::default(),
            filter: None,
            on_row_error: Default::default(),
        };
        let unit = unit::of(&book, &crate::lang::cell_formula(text, &scope).unwrap());
        unit.map_or_else(String::new, |unit| unit.to_string())
    };
    for text in
        ["mean", "rate * mean", "mean / rate", "mean - 5", "0.5 * mean", "-mean", "max(mean, 3)", "mean ?? 0"]
    {
        assert_eq!(unit(text), "money[EUR]", "{text}");
    }
    for text in ["rate", "mean / mean", "mean + rate", "3", "sqrt(mean)"] {
        assert_eq!(unit(text), "", "{text}");
    }
    assert_eq!(unit("mean * mean"), "money[EUR]^2");
}

#[test]
fn the_ends_of_time_are_counted_or_refused_and_never_worse() {
    for (ty, within) in [("date", "1d"), ("timestamp", "1h")] {
        let text = format!(
            "ripplemark: 1\nbook: {{id: b, timezone: Europe/Berlin}}\nteams: {{one: One}}\n\
             tables: {{t: {{columns: {{a: {ty}, b: {ty}}}}}}}\n\
             stages:\n- {{id: first, of: t, enters: a, owner: one}}\n\
             - {{id: second, from: first, enters: b, owner: one, sla: {{within: {within}, ignored_after: {within}}}}}"
        );
        let book = crate::book::load_str(&text, "b.yaml").unwrap().book;
        let column = |values: [i64; 4]| -> ArrayRef {
            if ty == "date" {
                let day =
                    |value: i64| i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX });
                dates(&values.map(|value| Some(day(value))))
            } else {
                Arc::new(TimestampMicrosecondArray::from(values.to_vec()).with_timezone("UTC"))
            }
        };
        let mut data = Dataset::default();
        let a = column([i64::MIN, i64::MAX, 0, i64::MIN]);
        add(&mut data, "t", vec![("a", a), ("b", column([i64::MAX, i64::MIN, i64::MAX, i64::MIN]))]);
        let days = [None, Some(i32::MIN), Some(i32::MAX)].map(|day| day.map(Instant::Date));
        let instants = [Some(i64::MIN), Some(i64::MAX)].map(|instant| instant.map(Instant::Timestamp));
        for as_of in days.into_iter().chain(instants) {
            let ask = Ask { as_of, grain: Some(Grain::Month), totals: true, ..Ask::default() };
            if let Ok(journeys) = evaluate(&book, &data, &ask) {
                assert!(
                    journeys
                        .handoffs
                        .iter()
                        .all(|handoff| handoff.counts.is_some() || !handoff.reasons.is_empty())
                );
            }
        }
    }
}

#[test]
fn a_lookup_tells_the_later_time_and_where_the_next_clock_starts() {
    let text = "ripplemark: 1\nbook: {id: b}\nteams: {one: One, two: Two}\ntables:\n\
        \x20 leads: {columns: {lead: id, came: date}, lookups: {deal: {table: deals}}}\n\
        \x20 deals: {key: lead, columns: {lead: id, began: date, signed: date}}\n\
        stages:\n\
        - {id: first, of: leads, enters: came, owner: one}\n\
        - {id: second, from: first, enters: deal.began, owner: two, sla: {ignored_after: 2d}}\n\
        - {id: third, from: second, of: deals, enters: signed, owner: one}\n";
    let book = crate::book::load_str(text, "b.yaml").unwrap_or_else(|problems| panic!("{problems}")).book;
    let third = book.stages[2].handoff.as_ref().unwrap();
    assert_eq!(book.tables[1].columns[third.starts.at.0].name, "began");
    let mut data = Dataset::default();
    let came = dates(&[Some(10), Some(10), Some(11)]);
    add(&mut data, "leads", vec![("lead", kinds(&["a", "b", "c"])), ("came", came)]);
    let (began, signed) = (dates(&[Some(11), Some(13), Some(12)]), dates(&[Some(14), None, None]));
    add(&mut data, "deals", vec![("lead", kinds(&["a", "c", "z"])), ("began", began), ("signed", signed)]);
    let journeys = evaluate(&book, &data, &Ask::default()).unwrap();
    let [second, third] = journeys.handoffs.as_slice() else { panic!("{journeys:?}") };
    // Lead b has no deal, and its two days are over; deal z has no lead, and is one all the same.
    let counts = second.counts.as_ref().unwrap();
    assert_eq!((counts.entered, counts.accepted, counts.ignored), (3, 2, 1));
    let counts = third.counts.as_ref().unwrap();
    assert_eq!((counts.entered, counts.accepted, counts.pending), (3, 1, 2));
    assert_eq!(third.mean_wait_hours.as_ref().unwrap().exact, "72");
    // A condition on the stage before says more than the lookup finds: then the book has to say when the clock starts.
    let text = text.replace("enters: deal.began", "enters: {at: deal.began, when: '!is_null(lead)'}");
    let refused = crate::book::load_str(&text, "b.yaml").unwrap_err();
    assert_eq!(refused.all().iter().map(|problem| problem.code).collect::<Vec<_>>(), ["RM0184"]);
}
