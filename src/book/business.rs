//! The key `business_hours`: on which days of the week, from when to when, and on which days nobody works.

use std::ops::Range;

use super::codes;
use super::fields::{self, Fields};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, one_of, quoted};
use super::times;
use crate::model::{BusinessHours, Instant};
use ripplemark_core::time::{MAX_HOLIDAYS, MAX_WINDOWS};

const DAYS: [(&str, &str); 7] = [
    ("mon", "monday"),
    ("tue", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
    ("sun", "sunday"),
];

/// Minutes of a day.
const DAY: u16 = 1_440;

const A_WINDOW: &str = "a time from and to, `\"09:00-17:00\"`";

/// Reads business hours; `None` after a problem was reported.
pub(crate) fn read(node: &Node, key: &Range<usize>, problems: &mut Problems<'_>) -> Option<BusinessHours> {
    let known = ["days", "from", "to", "holidays"];
    let fields = Fields::open(node, key, "`business_hours`", &known, problems)?;
    let windows = windows(&fields, problems);
    let holidays = holidays(&fields, problems);
    Some(BusinessHours { windows: windows?, holidays: holidays? })
}

/// Windows as minutes of a week, ascending.
fn windows(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Option<Vec<(u16, u16)>> {
    let days = fields.need("days", "`business_hours`", problems)?;
    let mut windows = match &days.kind {
        Kind::Map(_) => windows_by_day(fields, days, problems)?,
        _ => windows_of_days(fields, days, problems)?,
    };
    windows.sort_unstable();
    let overlap = windows.windows(2).any(|pair| matches!(pair, [a, b] if b.0 < a.1));
    let refuse = |message: &str, hint: &str, problems: &mut Problems<'_>| {
        problems
            .add(Report::error(codes::BUSINESS_HOURS, &days.span, message.to_owned()).hint(hint.to_owned()));
        None
    };
    if overlap {
        return refuse("times of one day overlap", "write one time that holds both", problems);
    }
    // What touches is one window, so that two spellings of the same hours mean the same.
    windows.dedup_by(|next, before| {
        let touches = before.1 == next.0 && before.0 / DAY == next.0 / DAY;
        if touches {
            before.1 = next.1;
        }
        touches
    });
    if windows.is_empty() {
        return refuse("nobody ever works", "name at least one day", problems);
    }
    if windows.len() > MAX_WINDOWS {
        return refuse("a week has too many times", "at most eight for each day", problems);
    }
    Some(windows)
}

/// `days: [mon, tue]` with `from` and `to`.
fn windows_of_days(fields: &Fields<'_>, days: &Node, problems: &mut Problems<'_>) -> Option<Vec<(u16, u16)>> {
    let mut list = Vec::new();
    let mut sound = true;
    for node in fields::list(days) {
        let day = fields::text(node, "days", problems).and_then(|word| weekday(word, &node.span, problems));
        match day {
            Some(day) if list.contains(&day) => {
                let message = "a day of the week stands twice".to_owned();
                problems.add(
                    Report::error(codes::BUSINESS_HOURS, &node.span, message).hint("remove one of the two"),
                );
                sound = false;
            }
            Some(day) => list.push(day),
            None => sound = false,
        }
    }
    let mut time = |key: &str| {
        let node = fields.need(key, "`business_hours`", problems)?;
        let text = fields::literal(node, key, "a time, `\"09:00\"`", problems)?;
        let minute = minute(text);
        if minute.is_none() {
            let message = format!("`{key}` cannot be {}", quoted(text));
            problems.add(
                Report::error(codes::BUSINESS_HOURS, &node.span, message)
                    .expected("a time from \"00:00\" to \"24:00\""),
            );
        }
        minute
    };
    let (from, to) = (time("from"), time("to"));
    let (from, to) = (from?, to?);
    if from >= to {
        let at = fields.entry("to").map_or(&days.span, |(_, node)| &node.span);
        problems.add(night(at));
        return None;
    }
    sound.then(|| list.into_iter().map(|day| (day * DAY + from, day * DAY + to)).collect())
}

/// `days: {mon: "09:00-17:00", fri: ["09:00-12:00", "13:00-15:00"]}`.
fn windows_by_day(fields: &Fields<'_>, days: &Node, problems: &mut Problems<'_>) -> Option<Vec<(u16, u16)>> {
    let mut sound = true;
    for key in ["from", "to"] {
        if let Some((key_node, _)) = fields.entry(key) {
            let message = format!("`days` says the times of each day, so `{key}` has no meaning");
            problems.add(
                Report::error(codes::CONFLICTING_KEYS, &key_node.span, message)
                    .hint(format!("remove `{key}`")),
            );
            sound = false;
        }
    }
    let mut windows = Vec::new();
    let mut seen = Vec::new();
    for (word, key, node) in fields::pairs(days, &days.span, "`days`", problems)? {
        let Some(day) = weekday(word, &key.span, problems) else {
            sound = false;
            continue;
        };
        if seen.contains(&day) {
            let message = "a day of the week stands twice".to_owned();
            problems
                .add(Report::error(codes::BUSINESS_HOURS, &key.span, message).hint("remove one of the two"));
            sound = false;
        }
        seen.push(day);
        for node in fields::list(node) {
            let Some(text) = fields::literal(node, word, A_WINDOW, problems) else {
                sound = false;
                continue;
            };
            let times = text.split_once('-').and_then(|(a, b)| Some((minute(a.trim())?, minute(b.trim())?)));
            match times {
                Some((from, to)) if from < to => windows.push((day * DAY + from, day * DAY + to)),
                Some(_) => {
                    problems.add(night(&node.span));
                    sound = false;
                }
                None => {
                    let message = format!("{} is no time from and to", quoted(text));
                    problems
                        .add(Report::error(codes::BUSINESS_HOURS, &node.span, message).expected(A_WINDOW));
                    sound = false;
                }
            }
        }
    }
    sound.then_some(windows)
}

fn night(at: &Range<usize>) -> Report {
    Report::error(codes::BUSINESS_HOURS, at, "the time ends before it begins".to_owned()).hint(
        "a night is written as two times, one on each day: `mon: \"22:00-24:00\"`, `tue: \"00:00-06:00\"`",
    )
}

fn weekday(word: &str, at: &Range<usize>, problems: &mut Problems<'_>) -> Option<u16> {
    let found = DAYS.iter().position(|(short, long)| word == *short || word == *long);
    if found.is_none() {
        let names = DAYS.map(|(short, _)| short);
        let near = problems.near(word, names.into_iter().chain(DAYS.map(|(_, long)| long)));
        let message = format!("{} is no day of the week", quoted(word));
        problems.add(Report::error(codes::UNKNOWN_WORD, at, message).expected(one_of(&names)).meant(near));
    }
    found.and_then(|day| u16::try_from(day).ok())
}

/// `09:00` to `24:00` as minutes of the day.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>| -> Option<u16> {
        (digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse().ok())?
    };
    let (hours, minutes) = (number(hours, 1..=2)?, number(minutes, 2..=2)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY).then_some(minute)
}

/// Days on which nobody works, ascending.
fn holidays(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Option<Vec<i32>> {
    let Some((key, list)) = fields.entry("holidays") else { return Some(Vec::new()) };
    let nodes = fields::list(list);
    if nodes.len() > MAX_HOLIDAYS {
        let message = format!("`holidays` has {} days", nodes.len());
        problems.add(
            Report::error(codes::TOO_LARGE, &key.span, message).expected(format!("at most {MAX_HOLIDAYS}")),
        );
        return None;
    }
    let mut days = Vec::new();
    let mut sound = true;
    for node in nodes {
        let Some(text) = fields::literal(node, "holidays", "a date, `2026-12-25`", problems) else {
            sound = false;
            continue;
        };
        let Ok(Instant::Date(day)) = times::parse_instant(text) else {
            let message = format!("{} is no day", quoted(text));
            problems
                .add(Report::error(codes::BAD_TIME, &node.span, message).expected("a date, `2026-12-25`"));
            sound = false;
            continue;
        };
        if let Err(at) = days.binary_search(&day) {
            days.insert(at, day);
        } else {
            let message = format!("{} stands twice", quoted(text));
            problems
                .add(Report::error(codes::BUSINESS_HOURS, &node.span, message).hint("remove one of the two"));
            sound = false;
        }
    }
    sound.then_some(days)
}
