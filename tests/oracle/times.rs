//! Instants, durations and business hours in the interpreter. Times of clocks are jiff's; business hours are a list of all
//! windows of two centuries, each with the business time before it.

use super::calendar::ZONE;
use super::{Try, fail, nearest_quotient};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rhai::Engine;
use std::sync::OnceLock;

/// A duration in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Length(pub(crate) i64);

/// Microseconds of business time.
#[derive(Clone, Copy, Debug)]
struct Business(i64);

const HOUR: i64 = 3_600_000_000;

/// As the book spells them: one window holds the nights in which clocks are changed.
pub(crate) const HOURS: &str = r#"{"days": {
    "mon": "09:00-17:30", "tue": "09:00-17:30", "thursday": "09:00-17:30",
    "fri": ["13:00-15:00", "09:00-12:00"], "sun": "00:00-06:00"},
  "holidays": ["1999-12-31", "2000-01-02", "2000-01-03", "2017-03-26", "2024-12-25"]}"#;

/// Windows of a day of the week, Monday first, in hours.
const WINDOWS: [&[(f64, f64)]; 7] =
    [&[(9.0, 17.5)], &[(9.0, 17.5)], &[], &[(9.0, 17.5)], &[(9.0, 12.0), (13.0, 15.0)], &[], &[(0.0, 6.0)]];

const HOLIDAYS: [Date; 5] =
    [date(1999, 12, 31), date(2000, 1, 2), date(2000, 1, 3), date(2017, 3, 26), date(2024, 12, 25)];

/// From, to, and the business time before, of every window.
fn windows() -> &'static [(i64, i64, i64)] {
    static ALL: OnceLock<Vec<(i64, i64, i64)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let zone = TimeZone::get(ZONE).unwrap();
        let mut all = Vec::new();
        let (mut day, mut before) = (date(1950, 1, 1), 0);
        while day < date(2100, 1, 1) {
            let windows = WINDOWS[day.weekday().to_monday_zero_offset() as usize];
            for (from, to) in windows.iter().filter(|_| !HOLIDAYS.contains(&day)) {
                let at = |hours: f64| {
                    let local = day.at(hours as i8, (hours.fract() * 60.0) as i8, 0, 0);
                    local.to_zoned(zone.clone()).unwrap().timestamp().as_microsecond()
                };
                let (from, to) = (at(*from), at(*to));
                all.push((from, to, before));
                before += to - from;
            }
            day = day.tomorrow().unwrap();
        }
        all
    })
}

fn passed(at: i64) -> i64 {
    let next = windows().partition_point(|window| window.0 <= at);
    let (from, to, before) = windows()[next - 1];
    before + at.min(to) - from
}

fn business_later(from: Timestamp, amount: i64) -> Timestamp {
    if amount == 0 {
        return from;
    }
    let wanted = passed(from.as_microsecond()) + amount;
    let window = if amount > 0 {
        windows().partition_point(|w| w.2 + (w.1 - w.0) < wanted)
    } else {
        windows().partition_point(|w| w.2 <= wanted) - 1
    };
    let (from, _, before) = windows()[window];
    instant(from + wanted - before)
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap()
}

/// The instant with the same time of day, on another day.
fn by_clock(at: Timestamp, span: jiff::Span) -> Timestamp {
    let zone = TimeZone::get(ZONE).unwrap();
    let local = zone.to_datetime(at).checked_add(span).unwrap();
    if span.is_zero() { at } else { local.to_zoned(zone).unwrap().timestamp() }
}

fn checked(value: Option<i64>) -> Try<Length> {
    value.map_or_else(|| fail("overflow"), |micros| Ok(Length(micros)))
}

macro_rules! comparisons {
    ($engine:expr, $ty:ty) => {
        $engine.register_fn("==", |a: $ty, b: $ty| a == b);
        $engine.register_fn("!=", |a: $ty, b: $ty| a != b);
        $engine.register_fn("<", |a: $ty, b: $ty| a < b);
        $engine.register_fn("<=", |a: $ty, b: $ty| a <= b);
        $engine.register_fn(">", |a: $ty, b: $ty| a > b);
        $engine.register_fn(">=", |a: $ty, b: $ty| a >= b);
        $engine.register_fn("min", |a: $ty, b: $ty| if b < a { b } else { a });
        $engine.register_fn("max", |a: $ty, b: $ty| if b > a { b } else { a });
        for name in ["+", "-", "/", "==", "!=", "<", "<=", ">", ">=", "min", "max"] {
            $engine.register_fn(name, |_: $ty, _: ()| ());
            $engine.register_fn(name, |_: (), _: $ty| ());
        }
    };
}

pub(crate) fn register(engine: &mut Engine) {
    comparisons!(engine, Timestamp);
    comparisons!(engine, Length);
    for (name, unit) in [("days", 24 * HOUR), ("hours", HOUR), ("minutes", HOUR / 60)] {
        engine.register_fn(name, move |n: i64| checked(n.checked_mul(unit)));
    }
    engine.register_fn("bh", |n: i64| Business(n * HOUR));
    for name in ["days", "hours", "minutes", "bh"] {
        engine.register_fn(name, |_: ()| ());
    }
    let micros = Timestamp::as_microsecond;
    engine.register_fn("+", move |at: Timestamp, by: Length| instant(micros(at) + by.0));
    engine.register_fn("-", move |at: Timestamp, by: Length| instant(micros(at) - by.0));
    engine.register_fn("-", move |a: Timestamp, b: Timestamp| Length(micros(a) - micros(b)));
    engine.register_fn("+", |a: Length, b: Length| checked(a.0.checked_add(b.0)));
    engine.register_fn("-", |a: Length, b: Length| checked(a.0.checked_sub(b.0)));
    engine.register_fn("*", |a: Length, b: i64| checked(a.0.checked_mul(b)));
    engine.register_fn("*", |_: (), _: i64| ());
    engine.register_fn("/", |a: Length, b: Length| nearest_quotient(a.0, b.0));
    engine.register_fn("-", |a: Length| checked(a.0.checked_neg()));
    engine.register_fn("abs", |a: Length| checked(a.0.checked_abs()));
    engine.register_fn("hours_between", move |a: Timestamp, b: Timestamp| {
        nearest_quotient(micros(b) - micros(a), HOUR)
    });
    engine.register_fn("business_hours", move |a: Timestamp, b: Timestamp| {
        nearest_quotient(passed(micros(b)) - passed(micros(a)), HOUR)
    });
    for name in ["hours_between", "business_hours"] {
        engine.register_fn(name, |_: Timestamp, _: ()| ());
        engine.register_fn(name, |_: (), _: Timestamp| ());
        engine.register_fn(name, |_: (), _: ()| ());
    }
    engine.register_fn("+", |at: Timestamp, by: Business| business_later(at, by.0));
    engine.register_fn("-", |at: Timestamp, by: Business| business_later(at, -by.0));
    for name in ["+", "-"] {
        engine.register_fn(name, |_: (), _: Business| ());
    }
    engine.register_fn("add_days", |at: Timestamp, n: i64| by_clock(at, n.days()));
    engine.register_fn("add_months", |at: Timestamp, n: i64| by_clock(at, n.months()));
    for name in ["add_days", "add_months"] {
        engine.register_fn(name, |_: Timestamp, _: ()| ());
    }
}
