//! Business hours against a walk through every minute: whether somebody works in it is asked of jiff's clocks, the
//! windows and the holidays, and counted. The program adds up whole weeks instead.
#![cfg(feature = "compile")]

mod support;

use arrow::array::{ArrayRef, Int64Array, TimestampMicrosecondArray};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use ripplemark::core::time::Business;
use ripplemark::evaluate::Coordinate;
use ripplemark::model::Query;
use ripplemark::{Program, ResultSet};
use std::collections::BTreeSet;
use std::sync::Arc;
use support::{Dice, batch, by, compile, fed};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When people work, as the test knows it.
struct Hours {
    zone: &'static str,
    /// Minutes of the day, for each day of the week.
    windows: [Vec<(u16, u16)>; 7],
    holidays: BTreeSet<Date>,
}

impl Hours {
    fn plain(zone: &'static str, from: u16, to: u16) -> Hours {
        let day = |works: bool| if works { vec![(from, to)] } else { vec![] };
        Hours { zone, windows: [0, 1, 2, 3, 4, 5, 6].map(|i| day(i < 5)), holidays: BTreeSet::new() }
    }

    /// Windows that do not overlap, on some days up to three.
    fn random(dice: &mut Dice, zone: &'static str, around: &[Date]) -> Hours {
        let mut windows = [const { Vec::new() }; 7];
        for day in &mut windows {
            let mut edges: BTreeSet<u16> =
                (0..2 * dice.below(4)).map(|_| dice.below(97) as u16 * 15).collect();
            if edges.len() % 2 == 1 {
                edges.pop_first();
            }
            let edges: Vec<u16> = edges.into_iter().collect();
            *day = edges.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        }
        if windows.iter().all(Vec::is_empty) {
            windows[dice.below(7)].push((0, 1440));
        }
        let holidays = around.iter().map(|day| {
            let shift = dice.below(120) as i64 - 60;
            day.checked_add(shift.days()).unwrap()
        });
        Hours { zone, windows, holidays: holidays.collect() }
    }

    fn works(&self, zone: &TimeZone, minute: i64) -> bool {
        let local = zone.to_datetime(Timestamp::from_second(minute * 60).unwrap());
        let now = local.hour() as u16 * 60 + local.minute() as u16;
        let weekday = local.weekday().to_monday_zero_offset() as usize;
        !self.holidays.contains(&local.date())
            && self.windows[weekday].iter().any(|w| w.0 <= now && now < w.1)
    }

    fn yaml(&self) -> String {
        let time = |minute: &u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let days = self.windows.iter().zip(DAYS).filter(|(day, _)| !day.is_empty()).map(|(day, name)| {
            let times: Vec<String> =
                day.iter().map(|w| format!("\"{}-{}\"", time(&w.0), time(&w.1))).collect();
            format!("{name}: [{}]", times.join(", "))
        });
        let holidays: Vec<String> = self.holidays.iter().map(Date::to_string).collect();
        format!("{{days: {{{}}}, holidays: [{}]}}", days.collect::<Vec<_>>().join(", "), holidays.join(", "))
    }

    fn book(&self) -> String {
        format!(
            "ripplemark: 1
book: {{id: hours, timezone: {}, business_hours: {}}}
teams: {{we: We}}
tables: {{t: {{columns: {{row: int, a: timestamp, b: timestamp, n: int}}}}}}
metrics:
  - {{name: between, owner: we, agg: min, expr: 'business_hours(a, b)'}}
  - {{name: later, owner: we, agg: min, expr: 'hours_between(timestamp(\"1970-01-01T00:00:00Z\"), a + bh(n))'}}
  - {{name: earlier, owner: we, agg: min, expr: 'hours_between(timestamp(\"1970-01-01T00:00:00Z\"), a - bh(n))'}}
  - {{name: in_time, owner: we, agg: sum_boolean, expr: 'b <= a + bh(n)'}}
",
            self.zone,
            self.yaml()
        )
    }

    fn program(&self) -> Program {
        Program::from_bytes(compile(&support::book(&self.book()), &by(&["row"])).bytes()).unwrap()
    }
}

/// Every minute of some months, and how many of the minutes before it are worked.
struct Walk {
    first: i64,
    works: Vec<bool>,
    before: Vec<i64>,
}

impl Walk {
    fn new(hours: &Hours, around: Date, days: i64) -> Walk {
        let zone = TimeZone::get(hours.zone).unwrap();
        let start = around.checked_sub((days / 2).days()).unwrap();
        let first = start.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second() / 60;
        let works: Vec<bool> = (0..days * 1440).map(|i| hours.works(&zone, first + i)).collect();
        let mut before = vec![0];
        for works in &works {
            before.push(before.last().unwrap() + i64::from(*works));
        }
        Walk { first, works, before }
    }

    /// Business microseconds since the first minute.
    fn passed(&self, micros: i64) -> i64 {
        let minute = micros.div_euclid(MINUTE) - self.first;
        let within = if self.works[minute as usize] { micros.rem_euclid(MINUTE) } else { 0 };
        self.before[minute as usize] * MINUTE + within
    }

    /// The first instant, minute by minute, by which so much has passed; `None` where the walk ends before.
    fn first_at(&self, wanted: i64) -> Option<i64> {
        let minute = self.before.partition_point(|before| before * MINUTE < wanted);
        let short = self.before.get(minute)? * MINUTE - wanted;
        Some((self.first + minute as i64) * MINUTE - short)
    }

    /// The last instant by which no more has passed.
    fn last_at(&self, wanted: i64) -> Option<i64> {
        let minute = self.before.partition_point(|before| before * MINUTE <= wanted).checked_sub(1)?;
        if minute + 1 == self.before.len() {
            return None;
        }
        Some((self.first + minute as i64) * MINUTE + wanted - self.before[minute] * MINUTE)
    }

    fn instant(&self, dice: &mut Dice) -> i64 {
        let minute = self.first + dice.below(self.works.len()) as i64;
        // On the minute, where windows begin and clocks change, or anywhere.
        minute * MINUTE + if dice.below(2) == 0 { 0 } else { dice.below(MINUTE as usize) as i64 }
    }
}

/// Compares with the walk; how many instants were found again.
fn compare(dice: &mut Dice, business: &Business<'_>, walk: &Walk, cases: usize) -> usize {
    let mut found = 0;
    for _ in 0..cases {
        let (a, b) = (walk.instant(dice), walk.instant(dice));
        let passed = walk.passed(b) - walk.passed(a);
        assert_eq!(business.between(a, b), Some(passed), "{a} to {b}");
        let amount = match dice.below(4) {
            0 => passed,
            1 => dice.below(200 * HOUR as usize) as i64 - 100 * HOUR,
            _ => (dice.below(200) as i64 - 100) * HOUR,
        };
        let wanted = walk.passed(a) + amount;
        let expected = match amount {
            0 => Some(a),
            1.. => walk.first_at(wanted),
            _ => walk.last_at(wanted).filter(|_| wanted >= 0),
        };
        if let Some(expected) = expected.filter(|_| wanted != 0) {
            assert_eq!(business.add(a, amount), Some(expected), "{a} + {amount}");
            found += 1;
        }
    }
    found
}

#[test]
fn random_hours_in_zones_that_change_their_clocks() {
    let mut dice = Dice(7);
    // Around changes of the clocks: in Europe, in America, by half an hour, at midnight, in spring of the south, a day
    // that a zone left out, and a zone that changes four times a year.
    let places = [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/New_York", date(2025, 11, 2)),
        ("Australia/Lord_Howe", date(2024, 4, 7)),
        ("America/Sao_Paulo", date(2018, 11, 4)),
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Africa/Casablanca", date(2023, 4, 1)),
        ("Asia/Kolkata", date(2020, 1, 1)),
        ("UTC", date(1970, 1, 1)),
    ];
    let mut found = 0;
    for (zone, around) in places {
        for _ in 0..if support::full() { 20 } else { 2 } {
            let hours = Hours::random(&mut dice, zone, &[around; 12]);
            let program = hours.program();
            let walk = Walk::new(&hours, around, 90);
            found += compare(&mut dice, &program.view().business().unwrap(), &walk, 400);
        }
    }
    assert!(found > 2_000, "{found}");
}

/// Windows that hold the hour that clocks leave out, and the one that they show twice.
#[test]
fn nights_are_as_long_as_they_are() {
    let mut hours = Hours::plain("Europe/Berlin", 0, 1440);
    hours.windows = [const { Vec::new() }; 7].map(|_: Vec<(u16, u16)>| vec![(0, 1440)]);
    let program = hours.program();
    let business = program.view().business().unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let midnight = |day: Date| day.to_zoned(zone.clone()).unwrap().timestamp().as_microsecond();
    for (day, length) in [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)] {
        let next = day.tomorrow().unwrap();
        assert_eq!(business.between(midnight(day), midnight(next)), Some(length * HOUR), "{day}");
    }
}

/// What a support team would say.
#[test]
fn by_hand() {
    let mut hours = Hours::plain("Europe/Berlin", 540, 1020);
    hours.holidays.insert(date(2026, 12, 25));
    let program = hours.program();
    let business = program.view().business().unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let at = |month: i8, day: i8, hour: i8, minute: i8| {
        let local = date(2026, month, day).at(hour, minute, 0, 0);
        local.to_zoned(zone.clone()).unwrap().timestamp().as_microsecond()
    };
    // Thursday 24 December, 16:00: an hour that day, none on Christmas Day, none at the weekend.
    let thursday = at(12, 24, 16, 0);
    assert_eq!(business.add(thursday, HOUR), Some(at(12, 24, 17, 0)));
    assert_eq!(business.add(thursday, HOUR + MINUTE), Some(at(12, 28, 9, 1)));
    assert_eq!(business.between(thursday, at(12, 28, 10, 0)), Some(2 * HOUR));
    // In the middle of the night nothing has passed; the clock starts in the morning.
    assert_eq!(business.between(at(12, 23, 3, 0), at(12, 23, 9, 0)), Some(0));
    assert_eq!(business.add(at(12, 23, 3, 0), 8 * HOUR), Some(at(12, 23, 17, 0)));
    assert_eq!(business.add(at(12, 23, 3, 0), 0), Some(at(12, 23, 3, 0)));
    // And backwards.
    assert_eq!(business.between(at(12, 28, 10, 0), thursday), Some(-2 * HOUR));
    assert_eq!(business.add(at(12, 28, 10, 0), -HOUR), Some(at(12, 28, 9, 0)));
    assert_eq!(business.add(at(12, 28, 10, 0), -2 * HOUR), Some(thursday));
}

#[test]
fn centuries_take_no_longer_and_add_up() {
    let mut dice = Dice(11);
    let holidays: Vec<Date> = (0..600).map(|i| date(1900 + i / 4, 1 + (i % 4) as i8 * 3, 1)).collect();
    let hours = Hours { holidays: holidays.iter().copied().collect(), ..Hours::plain("UTC", 540, 1020) };
    let program = hours.program();
    let business = program.view().business().unwrap();
    let epoch = date(1970, 1, 1);
    let micros = |day: Date| i64::from((day - epoch).get_days()) * 24 * HOUR;
    let worked = |from: Date, to: Date| -> i64 {
        let mut day = from;
        let mut count = 0;
        while day < to {
            let weekend = day.weekday().to_monday_zero_offset() > 4;
            count += i64::from(!weekend && !hours.holidays.contains(&day));
            day = day.tomorrow().unwrap();
        }
        count * 8 * HOUR
    };
    for (from, to) in [
        (date(1850, 5, 5), date(2150, 6, 6)),
        (date(1900, 1, 1), date(1900, 1, 2)),
        (date(1969, 12, 31), date(2049, 10, 2)),
        (date(1, 1, 1), date(1899, 12, 31)),
    ] {
        assert_eq!(business.between(micros(from), micros(to)), Some(worked(from, to)), "{from} {to}");
    }
    for _ in 0..2_000 {
        let any = |dice: &mut Dice| (dice.roll() as i64) >> dice.below(20);
        let (a, b, c) = (any(&mut dice), any(&mut dice), any(&mut dice));
        if let (Some(ab), Some(bc), Some(ac)) =
            (business.between(a, b), business.between(b, c), business.between(a, c))
        {
            assert_eq!(ab.checked_add(bc).unwrap_or(ac), ac);
        }
        if let Some(later) = business.add(a, c / 4) {
            assert_eq!(business.between(a, later), Some(c / 4), "{a} {c}");
        }
    }
    assert_eq!(business.between(i64::MIN, i64::MAX), None, "what leaves 64 bits is an overflow");
    assert_eq!(business.add(i64::MAX, 1), None);
    assert_eq!(business.add(0, i64::MAX), None);
    assert_eq!(business.add(0, i64::MIN), None);
}

fn column(result: &ResultSet, metric: &str) -> Vec<(Option<f64>, String)> {
    let mut values = vec![(None, String::new()); result.metric(metric).count()];
    for cell in result.metric(metric) {
        let [Coordinate::Int(row)] = cell.key[..] else { panic!("{cell:?}") };
        values[row as usize] = (cell.value, cell.reasons.to_string());
    }
    values
}

/// The same through formulas, rows and a stored program.
#[test]
fn formulas_count_the_same() {
    let mut dice = Dice(13);
    let hours = Hours::random(&mut dice, "America/New_York", &[date(2025, 3, 9); 8]);
    let walk = Walk::new(&hours, date(2025, 3, 9), 120);
    let rows = 1_000;
    let times = |dice: &mut Dice| -> Vec<Option<i64>> {
        (0..rows).map(|_| (dice.below(10) > 0).then(|| walk.instant(dice))).collect()
    };
    let (a, b) = (times(&mut dice), times(&mut dice));
    let n: Vec<Option<i64>> =
        (0..rows).map(|_| (dice.below(10) > 0).then(|| dice.below(100) as i64)).collect();
    let instants = |values: &[Option<i64>]| {
        Arc::new(TimestampMicrosecondArray::from(values.to_vec()).with_timezone("UTC")) as ArrayRef
    };
    let columns = vec![
        ("row", Arc::new(Int64Array::from_iter_values(0..rows)) as ArrayRef),
        ("a", instants(&a)),
        ("b", instants(&b)),
        ("n", Arc::new(Int64Array::from(n.clone()))),
    ];
    let result = fed(&hours.program(), "t", &[batch(columns)]).finish().unwrap();
    let (between, later) = (column(&result, "between"), column(&result, "later"));
    let (earlier, in_time) = (column(&result, "earlier"), column(&result, "in_time"));
    let in_hours = |micros: i64| Some(micros as f64 / HOUR as f64);
    let mut compared = 0;
    for i in 0..rows as usize {
        let Some((from, to)) = a[i].zip(b[i]) else {
            assert_eq!(between[i], (None, "empty".to_owned()));
            continue;
        };
        assert_eq!(between[i].0, in_hours(walk.passed(to) - walk.passed(from)));
        let Some(n) = n[i] else { continue };
        let wanted = |sign: i64| walk.passed(from) + sign * n * HOUR;
        let deadline = if n == 0 { Some(from) } else { walk.first_at(wanted(1)) };
        if let Some(deadline) = deadline {
            assert_eq!(later[i].0, in_hours(deadline));
            assert_eq!(in_time[i].0, Some(if to <= deadline { 1.0 } else { 0.0 }));
            compared += 1;
        }
        if n > 0 && wanted(-1) > 0 {
            assert_eq!(earlier[i].0, in_hours(walk.last_at(wanted(-1)).unwrap()));
        }
    }
    assert!(compared > 400, "{compared}");
}

/// Two spellings of the same hours are the same; other hours, or clocks, are not.
#[test]
fn hours_are_a_part_of_what_a_metric_means() {
    let program = |zone: &str, hours: &str| {
        let text = format!(
            "ripplemark: 1
book: {{id: hours, timezone: {zone}, business_hours: {hours}}}
teams: {{we: We}}
tables: {{t: {{columns: {{a: timestamp, b: timestamp}}}}}}
metrics:
  - {{name: wait, owner: we, agg: max, expr: 'business_hours(a, b)'}}
  - {{name: elapsed, owner: we, agg: max, expr: 'hours_between(a, b)'}}
"
        );
        compile(&support::book(&text), &Query::default())
    };
    let plain = program(
        "UTC",
        "{days: [mon, tuesday], from: '9:00', to: '17:00', holidays: [2026-12-25, 2026-01-01]}",
    );
    let other = program(
        "UTC",
        "{days: {tue: '09:00-17:00', mon: ['12:00-17:00', '09:00-12:00']}, holidays: [2026-01-01, 2026-12-25]}",
    );
    assert_eq!(plain.bytes(), other.bytes());
    let meaning = |program: &Program, i| program.view().metric(i).meaning.to_vec();
    for (zone, hours) in [
        ("UTC", "{days: [mon, tue], from: '09:00', to: '17:00', holidays: [2026-12-25]}"),
        ("UTC", "{days: [mon, tue], from: '09:00', to: '17:01', holidays: [2026-12-25, 2026-01-01]}"),
        ("Asia/Tokyo", "{days: [mon, tue], from: '09:00', to: '17:00', holidays: [2026-12-25, 2026-01-01]}"),
    ] {
        let changed = program(zone, hours);
        assert_ne!(meaning(&plain, 0), meaning(&changed, 0));
        assert_eq!(meaning(&plain, 1), meaning(&changed, 1));
        assert_ne!(plain.view().signature(), changed.view().signature());
    }
}
