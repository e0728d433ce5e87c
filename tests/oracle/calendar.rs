//! Dates in the interpreter: days of the crate jiff, in the calendar of the oracle's book. Periods are found by walking
//! back day by day and month by month.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use rhai::{Dynamic, Engine};

/// The book's calendar: time zone, first day of the week, first month of the year.
pub(crate) const ZONE: &str = "Europe/Berlin";
pub(crate) const FIRST_DAY: (&str, Weekday) = ("sunday", Weekday::Sunday);
pub(crate) const FIRST_MONTH: i8 = 2;

/// The day of a date, or of a point in time where the book lies.
fn day(value: &Dynamic) -> Option<Date> {
    if let Some(instant) = value.clone().try_cast::<jiff::Timestamp>() {
        return Some(instant.to_zoned(TimeZone::get(ZONE).unwrap()).date());
    }
    value.clone().try_cast::<Date>()
}

fn of_day(value: &Dynamic, of: impl Fn(Date) -> i64) -> Dynamic {
    day(value).map_or(Dynamic::UNIT, |day| of(day).into())
}

fn start(mut day: Date, period: &str) -> Date {
    match period {
        "day" => {}
        "week" => {
            while day.weekday() != FIRST_DAY.1 {
                day = day.yesterday().unwrap();
            }
        }
        _ => {
            let months = match period {
                "month" => 1,
                "quarter" => 3,
                _ => 12,
            };
            day = day.first_of_month();
            while (day.month() - FIRST_MONTH).rem_euclid(months) != 0 {
                day = day.checked_sub(1.month()).unwrap();
            }
        }
    }
    day
}

fn days(from: Date, to: Date) -> i64 {
    i64::from(to.since((jiff::Unit::Day, from)).unwrap().get_days())
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_fn("truncate", |value: Dynamic, period: &str| match day(&value) {
        Some(day) => Dynamic::from(start(day, period)),
        None => Dynamic::UNIT,
    });
    engine.register_fn("year", |value: Dynamic| of_day(&value, |day| i64::from(day.year())));
    engine.register_fn("month", |value: Dynamic| of_day(&value, |day| i64::from(day.month())));
    engine.register_fn("weekday", |value: Dynamic| {
        of_day(&value, |day| i64::from(day.weekday().to_monday_one_offset()))
    });
    engine.register_fn("days_between", |a: Dynamic, b: Dynamic| match (day(&a), day(&b)) {
        (Some(a), Some(b)) => Dynamic::from(days(a, b)),
        _ => Dynamic::UNIT,
    });
    engine.register_fn("add_months", |day: Date, months: i64| day.checked_add(months.months()).unwrap());
    for name in ["add_days", "+"] {
        engine.register_fn(name, |day: Date, days: i64| day.checked_add(days.days()).unwrap());
    }
    engine.register_fn("-", |day: Date, days: i64| day.checked_sub(days.days()).unwrap());
    engine.register_fn("-", |a: Date, b: Date| days(b, a));
    engine.register_fn("==", |a: Date, b: Date| a == b);
    engine.register_fn("!=", |a: Date, b: Date| a != b);
    engine.register_fn("<", |a: Date, b: Date| a < b);
    engine.register_fn("<=", |a: Date, b: Date| a <= b);
    engine.register_fn(">", |a: Date, b: Date| a > b);
    engine.register_fn(">=", |a: Date, b: Date| a >= b);
    for name in ["+", "-", "==", "!=", "<", "<=", ">", ">=", "add_days", "add_months"] {
        engine.register_fn(name, |_: Date, _: ()| ());
        engine.register_fn(name, |_: (), _: Date| ());
    }
    for name in ["add_days", "add_months"] {
        engine.register_fn(name, |_: (), _: i64| ());
        engine.register_fn(name, |_: (), _: ()| ());
    }
}
