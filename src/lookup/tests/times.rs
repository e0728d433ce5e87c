//! Rows that hold for a time.

use super::*;
use arrow::array::{TimestampNanosecondArray, TimestampSecondArray};

const TABLES: &str = "  opps: {time: closed, columns: {rep: id, closed: date}, lookups: {rep: {table: reps, columns: [office]}}}
  reps: {key: rep, valid_from: from, valid_to: ends, columns: {rep: id, from: date, ends: date, office: category}}";
const METRICS: &str = "  - {name: opps, owner: s, of: opps, agg: count}";

fn reps(rows: &[(&str, Option<i32>, Option<i32>, &str)]) -> RecordBatch {
    batch(&[
        ("rep", texts(&rows.iter().map(|row| row.0).collect::<Vec<_>>())),
        ("from", days(&rows.iter().map(|row| row.1).collect::<Vec<_>>())),
        ("ends", days(&rows.iter().map(|row| row.2).collect::<Vec<_>>())),
        ("office", texts(&rows.iter().map(|row| row.3).collect::<Vec<_>>())),
    ])
}

fn closed(rep: &str, on: &[Option<i32>]) -> RecordBatch {
    batch(&[("rep", texts(&vec![rep; on.len()])), ("closed", days(on))])
}

#[test]
fn the_rep_who_changed_offices() {
    let program = program(TABLES, METRICS, &["office"]);
    // Not in order; the second ends before the third begins; the last one has no end.
    let reps = reps(&[
        ("ann", Some(30), None, "third"),
        ("bob", None, Some(10), "ever"),
        ("ann", Some(10), Some(20), "second"),
        ("ann", Some(0), None, "first"),
        ("ann", Some(15), Some(15), "never"),
    ]);
    let days: Vec<Option<i32>> = [-1, 0, 9, 10, 19, 20, 29, 30, 9999].map(Some).to_vec();
    let all = [("reps", reps), ("opps", closed("ann", &days)), ("opps", closed("ann", &[None]))];
    let set = fed(&program, &all).unwrap().finish().unwrap();
    assert_eq!(cells(&set, "opps"), "first=2 second=2 third=2 (missing)=4");
    assert_eq!(counts(report(&set, "opps", "rep")), [6, 0, 0, 1, 3]);
    let bob = [all[0].clone(), ("opps", closed("bob", &[Some(i32::MIN), Some(9), Some(10)]))];
    assert_eq!(cells(&fed(&program, &bob).unwrap().finish().unwrap(), "opps"), "ever=2 (missing)=1");
}

#[test]
fn times_that_overlap_or_run_backwards_are_refused() {
    let program = program(TABLES, METRICS, &["office"]);
    let refusal = |rows: &[(&str, Option<i32>, Option<i32>, &str)]| {
        let all = [
            ("reps", reps(&[("zoe", Some(0), None, "z")])),
            ("reps", reps(rows)),
            ("opps", closed("ann", &[Some(1)])),
        ];
        fed(&program, &all).err().map(|error| error.to_string())
    };
    let overlap = refusal(&[("ann", Some(0), Some(11), "a"), ("ann", Some(10), None, "b")]).unwrap();
    for part in
        ["table `reps`", "\"ann\"", "row 2 from 1970-01-01 to before 1970-01-12", "row 3 from 1970-01-11"]
    {
        assert!(overlap.contains(part), "{overlap}");
    }
    assert!(refusal(&[("ann", Some(5), None, "a"), ("ann", Some(5), None, "b")]).is_some());
    assert!(
        refusal(&[("ann", None, None, "a"), ("ann", None, Some(3), "b")]).unwrap().contains("the beginning")
    );
    assert!(refusal(&[("ann", Some(5), Some(4), "a")]).unwrap().contains("row 2 ends at 1970-01-05 before"));
    assert_eq!(refusal(&[("ann", Some(0), Some(10), "a"), ("ann", Some(10), None, "b")]), None);
    assert_eq!(refusal(&[("ann", Some(0), None, "a"), ("bob", Some(0), None, "b")]), None);
    let unreadable = batch(&[
        ("rep", texts(&["ann"])),
        ("from", texts(&["soon"])),
        ("ends", texts(&[""])),
        ("office", texts(&["a"])),
    ]);
    let error = fed(&program, &[("reps", unreadable)]).err().unwrap().to_string();
    assert!(error.contains("`from` of row 1 cannot be read"), "{error}");
}

#[test]
fn timestamps_of_any_unit_meet() {
    let tables = TABLES
        .replace("closed: date", "closed: timestamp")
        .replace("from: date, ends: date", "from: timestamp, ends: timestamp");
    let program = program(&tables, METRICS, &["office"]);
    let from: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, 10]));
    let until: ArrayRef = Arc::new(TimestampSecondArray::from(vec![Some(10), None]));
    let reps = batch(&[
        ("rep", texts(&["ann", "ann"])),
        ("from", from),
        ("ends", until),
        ("office", texts(&["a", "b"])),
    ]);
    let at: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![-1, 0, 9_999_999_999, 10_000_000_000]));
    let opps = batch(&[("rep", texts(&["ann"; 4])), ("closed", at)]);
    let set = fed(&program, &[("reps", reps), ("opps", opps)]).unwrap().finish().unwrap();
    assert_eq!(cells(&set, "opps"), "a=2 b=1 (missing)=1");
}
