//! Times as data write them: text by patterns and numbers since 1970, in a program that was stored and loaded again.
//!
//! What a clock shows is turned into instants by jiff's own time zones; the program has its own table of changes.
#![cfg(feature = "compile")]

mod support;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, StringArray, TimestampSecondArray};
use arrow::datatypes::Int32Type;
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use ripplemark::evaluate::Coordinate;
use ripplemark::model::Query;
use ripplemark::{Evaluation, Program, ResultSet};
use std::sync::Arc;
use support::{Dice, batch, by, compile, fed};

/// A book whose metric `at` is the hours since 1970 of column `t`.
fn book(zone: &str, column: &str) -> String {
    format!(
        "ripplemark: 1
book: {{id: times, timezone: {zone}}}
teams: {{we: We}}
tables: {{t: {{columns: {{row: int, t: {column}}}}}}}
metrics:
  - {{name: at, owner: we, agg: min, expr: 'hours_between(timestamp(\"1970-01-01T00:00:00Z\"), t)'}}
"
    )
}

/// The program of a book, once compiled and once more read from its bytes.
fn stored(book: &str, query: &Query) -> Program {
    Program::from_bytes(compile(&support::book(book), query).bytes()).unwrap()
}

/// The value of the only metric in each row.
fn values(result: &ResultSet) -> Vec<Option<f64>> {
    let mut values = vec![None; result.cells.len()];
    for cell in &result.cells {
        let [Coordinate::Int(row)] = cell.key[..] else { panic!("{cell:?}") };
        values[row as usize] = cell.value;
    }
    values
}

fn read(book: &str, texts: ArrayRef) -> ResultSet {
    let rows: ArrayRef = Arc::new(Int64Array::from_iter_values(0..texts.len() as i64));
    fed(&stored(book, &by(&["row"])), "t", &[batch(vec![("row", rows), ("t", texts)])]).finish().unwrap()
}

/// As many hours as there are from 1970 to an instant of this many seconds.
fn hours(seconds: i64) -> f64 {
    (seconds * 1_000_000) as f64 / 3_600e6
}

/// Times that clocks show, many of them near a change.
fn local_times(dice: &mut Dice, zone: &TimeZone, count: usize) -> Vec<DateTime> {
    let far = || date(1971, 1, 1).at(0, 0, 0, 0);
    let first = far().to_zoned(TimeZone::UTC).unwrap().timestamp();
    let changes: Vec<_> = zone.following(first).map(|change| change.timestamp()).take(200).collect();
    (0..count)
        .map(|_| {
            if changes.is_empty() || dice.below(3) == 0 {
                return far() + SignedDuration::from_secs(dice.below(128 * 31_000_000) as i64);
            }
            let change = changes[dice.below(changes.len())].to_zoned(zone.clone()).datetime();
            change.saturating_add((dice.below(4 * 3600) as i64 - 2 * 3600).seconds())
        })
        .collect()
}

#[test]
fn text_without_an_offset_is_what_clocks_of_the_zone_show() {
    let mut dice = Dice(1);
    let zones = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Africa/Casablanca",
        "UTC",
    ];
    for name in zones {
        let zone = TimeZone::get(name).unwrap();
        let times = local_times(&mut dice, &zone, 400);
        // Written by hand: no pattern is involved.
        let texts = times.iter().map(|t| {
            format!(
                "{:02}.{:02}.{:04} {:02}:{:02}:{:02}",
                t.day(),
                t.month(),
                t.year(),
                t.hour(),
                t.minute(),
                t.second()
            )
        });
        let texts: Vec<String> = texts.collect();
        let expected: Vec<Option<f64>> = times
            .iter()
            .map(|t| Some(hours(t.to_zoned(zone.clone()).unwrap().timestamp().as_second())))
            .collect();
        let own = book(name, "{type: timestamp, format: '%d.%m.%Y %H:%M:%S'}");
        let plain: ArrayRef = Arc::new(StringArray::from_iter_values(&texts));
        assert_eq!(values(&read(&own, plain)), expected, "{name}");
        let coded: DictionaryArray<Int32Type> = texts.iter().map(|text| Some(text.as_str())).collect();
        assert_eq!(values(&read(&own, Arc::new(coded))), expected, "{name}");
        // Other than what the column says.
        let utc = book(name, "{type: timestamp, format: '%d.%m.%Y %H:%M:%S', zone: UTC}");
        let at_utc: Vec<Option<f64>> = times
            .iter()
            .map(|t| Some(hours(t.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second())))
            .collect();
        assert_eq!(values(&read(&utc, Arc::new(StringArray::from_iter_values(&texts)))), at_utc, "{name}");
    }
}

#[test]
fn an_offset_in_the_text_decides() {
    let own = book("Europe/Berlin", "{type: timestamp, format: '%Y%m%dT%H%M%S%z'}");
    let texts =
        StringArray::from(vec!["20170301T120000+0000", "20170301T120000-0530", "20170701T000000+0200"]);
    assert_eq!(
        values(&read(&own, Arc::new(texts))),
        [Some(hours(1_488_369_600)), Some(hours(1_488_389_400)), Some(hours(1_498_860_000))]
    );
}

#[test]
fn other_spellings() {
    for (pattern, text, seconds) in [
        ("%m/%d/%y %I:%M %p", "3/1/17 12:00 PM", 1_488_369_600),
        ("%d-%b-%Y %H:%M", "01-Mar-2017 12:00", 1_488_369_600),
        ("%A, %d %B %Y, %H:%M", "Wednesday, 1 March 2017, 12:00", 1_488_369_600),
        ("%s", "1488369600", 1_488_369_600),
        ("%Y-%m-%d %H:%M:%S%.f", "2017-03-01 12:00:00", 1_488_369_600),
        ("unix_s", "1488369600", 1_488_369_600),
        ("unix_ms", "1488369600000", 1_488_369_600),
        ("unix_us", "-1000000", -1),
    ] {
        let own = book("UTC", &format!("{{type: timestamp, format: '{pattern}'}}"));
        let texts = StringArray::from(vec![text]);
        assert_eq!(values(&read(&own, Arc::new(texts))), [Some(hours(seconds))], "{pattern}");
    }
}

#[test]
fn numbers_since_1970() {
    for (unit, factor) in [("unix_s", 1), ("unix_ms", 1_000), ("unix_us", 1_000_000)] {
        let own = book("Europe/Berlin", &format!("{{type: timestamp, format: {unit}}}"));
        let numbers = Int64Array::from(vec![Some(1_488_369_600 * factor), Some(-factor), None]);
        let result = read(&own, Arc::new(numbers));
        assert_eq!(values(&result), [Some(hours(1_488_369_600)), Some(hours(-1)), None], "{unit}");
    }
    let own = book("UTC", "{type: timestamp, format: unix_s}");
    let result = read(&own, Arc::new(Int64Array::from(vec![i64::MAX, 7])));
    assert_eq!(result.columns.iter().map(|column| column.invalid).sum::<u64>(), 1, "beyond 64 bits");
    assert_eq!(values(&read(&own, Arc::new(Int32Array::from(vec![7])))), [Some(hours(7))]);
}

/// One book for the CSV export and for the Parquet file of the same table.
#[test]
fn what_is_a_timestamp_already_needs_no_format() {
    let own = book("Europe/Berlin", "{type: timestamp, format: '%d.%m.%Y %H:%M'}");
    let times = TimestampSecondArray::from(vec![1_488_369_600]);
    assert_eq!(values(&read(&own, Arc::new(times))), [Some(hours(1_488_369_600))]);
}

#[test]
fn text_of_another_form_is_invalid_and_counted() {
    let own = book("Europe/Berlin", "{type: timestamp, format: '%d.%m.%Y %H:%M'}");
    let texts = StringArray::from(vec![
        Some("01.03.2017 12:00"),
        Some("2017-03-01 12:00"),
        Some("31.02.2017 12:00"),
        Some("01.03.2017 24:00"),
        Some("01.03.2017 12:00 CET"),
        Some("01.03.2017"),
        Some(""),
        None,
    ]);
    let result = read(&own, Arc::new(texts));
    let column = result.columns.iter().find(|column| column.column == "t").unwrap();
    assert_eq!((column.missing, column.invalid), (2, 5));
    assert_eq!(column.example, Some((1, "2017-03-01 12:00".to_owned())));
    assert_eq!(values(&result).iter().flatten().count(), 1);
}

#[test]
fn dates_by_a_pattern() {
    let text = "ripplemark: 1
book: {id: times}
teams: {we: We}
tables: {t: {columns: {row: int, t: {type: date, format: '%d/%m/%Y'}}}}
metrics:
  - {name: at, owner: we, agg: min, expr: 'days_between(date(\"1970-01-01\"), t)'}
";
    let texts = StringArray::from(vec!["01/03/2017", "29/02/2024", "30/02/2024", "2017-03-01"]);
    assert_eq!(values(&read(text, Arc::new(texts))), [Some(17_226.0), Some(19_782.0), None, None]);
}

/// The format of a table that is looked into travels with the plan of lookups.
#[test]
fn a_table_that_is_looked_into_has_formats_of_its_own() {
    let text = "ripplemark: 1
book: {id: times, timezone: Europe/Berlin}
teams: {we: We}
tables:
  prices:
    key: product
    valid_from: since
    columns: {product: id, since: {type: timestamp, format: '%d.%m.%Y %H:%M'}, amount: int}
  t:
    time: at
    lookups: {price: {table: prices, by: product}}
    columns: {row: int, product: id, at: {type: timestamp, format: unix_s}}
metrics:
  - {name: paid, owner: we, of: t, agg: sum, expr: price.amount}
  - {name: since, owner: we, of: t, agg: min, expr: 'hours_between(timestamp(\"1970-01-01T00:00:00Z\"), price.since)'}
";
    let program = stored(text, &by(&["row"]));
    let mut evaluation = Evaluation::new(&program).unwrap();
    let words = |words: &[&str]| Arc::new(StringArray::from(words.to_vec())) as ArrayRef;
    let ints = |ints: &[i64]| Arc::new(Int64Array::from(ints.to_vec())) as ArrayRef;
    let prices = batch(vec![
        ("product", words(&["a", "a"])),
        ("since", words(&["01.01.2017 00:00", "01.07.2017 00:00"])),
        ("amount", ints(&[3, 5])),
    ]);
    evaluation.feed("prices", &prices).unwrap();
    // The last second of June in Berlin, and the one after it.
    let rows = batch(vec![
        ("row", ints(&[0, 1])),
        ("product", words(&["a", "a"])),
        ("at", ints(&[1_498_859_999, 1_498_860_000])),
    ]);
    evaluation.feed("t", &rows).unwrap();
    let result = evaluation.finish().unwrap();
    let found: Vec<Option<f64>> = result.metric("paid").map(|cell| cell.value).collect();
    assert_eq!(found, [Some(3.0), Some(5.0)]);
    let found: Vec<Option<f64>> = result.metric("since").map(|cell| cell.value).collect();
    assert_eq!(found, [Some(hours(1_483_225_200)), Some(hours(1_498_860_000))]);
}

#[test]
fn a_format_is_a_part_of_what_a_metric_means_and_of_what_states_share() {
    let program = |zone: &str, column: &str| compile(&support::book(&book(zone, column)), &by(&["row"]));
    let plain = program("Europe/Berlin", "timestamp");
    let local = program("Europe/Berlin", "{type: timestamp, format: '%d.%m.%Y %H:%M'}");
    let american = program("Europe/Berlin", "{type: timestamp, format: '%m.%d.%Y %H:%M'}");
    let elsewhere = program("Europe/Lisbon", "{type: timestamp, format: '%d.%m.%Y %H:%M'}");
    let utc = program("Europe/Berlin", "{type: timestamp, format: '%d.%m.%Y %H:%M', zone: UTC}");
    let all = [&plain, &local, &american, &elsewhere, &utc];
    for (i, a) in all.iter().enumerate() {
        for b in &all[i + 1..] {
            assert_ne!(a.view().metric(0).meaning, b.view().metric(0).meaning);
            assert_ne!(a.view().signature(), b.view().signature());
        }
    }
    let moved = program("Europe/Lisbon", "{type: timestamp, format: '%d.%m.%Y %H:%M', zone: UTC}");
    assert_eq!(moved.view().metric(0).meaning, utc.view().metric(0).meaning);
}

/// What the core cannot judge, the host refuses: no program that loads has a format that reads nothing.
#[test]
fn a_damaged_format_is_refused() {
    let program = compile(
        &support::book(&book("UTC", "{type: timestamp, format: '%d.%m.%Y %H:%M'}")),
        &Query::default(),
    );
    let bytes = program.bytes();
    let at = bytes.windows(8).position(|window| window == b"%d.%m.%Y").unwrap();
    let mut damaged = bytes.to_vec();
    damaged[at + 1] = b'q';
    let error = Program::from_bytes(damaged).unwrap_err();
    assert_eq!(error.core().unwrap().code, ripplemark::core::Code::ProgramTable);
}
