//! Hand-offs against a row-by-row account: random rows with gaps, ties, late and impossible times, counted by walking
//! through what happened to each row in the order of time.
#![cfg(feature = "compile")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use num_bigint::BigInt;
use num_rational::BigRational;
use ripplemark::data::Dataset;
use ripplemark::evaluate::Coordinate;
use ripplemark::journey::{self, Ask, Counts};
use ripplemark::model::{Grain, Instant};
use support::{Dice, batch, book, full, pieces};

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = DAY / 24;

/// A row; times in microseconds.
#[derive(Clone, Debug)]
struct Row {
    live: Option<bool>,
    entered: Option<i64>,
    ok: Option<bool>,
    accepted: Option<i64>,
    rejected: Option<i64>,
    why: Option<&'static str>,
    region: Option<&'static str>,
}

/// What a case asks.
#[derive(Clone, Debug)]
struct Case {
    dates: bool,
    /// Whether lengths of time are business hours: Monday to Friday, 9 to 17 in Berlin, not on 1 April.
    business: bool,
    within: Option<i64>,
    deadline: Option<i64>,
    listed: bool,
    as_of: Option<Instant>,
    by: bool,
    months: bool,
    totals: bool,
}

impl Case {
    fn random(dice: &mut Dice) -> Case {
        let dates = dice.below(2) == 0;
        let span = |dice: &mut Dice| {
            if dates { dice.below(5) as i64 * DAY + DAY } else { dice.below(60) as i64 * HOUR + HOUR }
        };
        let business = !dates && dice.below(2) == 0;
        let span = |dice: &mut Dice| {
            span(dice) / if business { 3 * HOUR } else { 1 } * if business { HOUR } else { 1 }
        };
        let within = (dice.below(4) > 0).then(|| span(dice).max(HOUR));
        let deadline = (dice.below(4) > 0).then(|| within.unwrap_or(0) + span(dice));
        let base = days(date(2024, 3, 28)) * DAY;
        let as_of = match dice.below(3) {
            0 => None,
            1 => Some(Instant::Date((base / DAY) as i32 + dice.below(12) as i32)),
            _ => Some(Instant::Timestamp(base + dice.below(12 * 24) as i64 * HOUR)),
        };
        let flip = |dice: &mut Dice| dice.below(2) == 0;
        Case {
            dates,
            business,
            within,
            deadline,
            listed: flip(dice),
            as_of,
            by: flip(dice),
            months: flip(dice),
            totals: flip(dice),
        }
    }

    fn book(&self) -> String {
        let ty = if self.dates { "date" } else { "timestamp" };
        let span = |micros: i64| {
            let unit = if self.business { "bh" } else { "h" };
            if self.dates { format!("{}d", micros / DAY) } else { format!("{}{unit}", micros / HOUR) }
        };
        let hours = if self.business {
            ", business_hours: {days: [mon, tue, wed, thu, fri], from: '09:00', to: '17:00', holidays: [2024-04-01]}"
        } else {
            ""
        };
        let mut sla = Vec::new();
        sla.extend(self.within.map(|within| format!("within: {}, goal: 0.5", span(within))));
        sla.extend(self.deadline.map(|deadline| format!("ignored_after: {}", span(deadline))));
        let sla = if sla.is_empty() { String::new() } else { format!(", sla: {{{}}}", sla.join(", ")) };
        let listed = if self.listed { ", reasons: [x, y]" } else { "" };
        format!(
            "ripplemark: 1\nbook: {{id: b, timezone: Europe/Berlin{hours}}}\nteams: {{one: One, two: Two}}\ntables:\n  t:\n    \
             columns: {{live: bool, entered: {ty}, ok: bool, accepted: {ty}, rejected: {ty}, why: category, region: category}}\n\
             stages:\n\
             - {{id: first, of: t, enters: {{at: entered, when: live}}, owner: one}}\n\
             - {{id: second, from: first, enters: {{at: accepted, when: ok}}, rejected: rejected, reason: why{listed}, \
               owner: two{sla}, leak_value: '2.5'}}\n"
        )
    }
}

thread_local!(static BERLIN: TimeZone = TimeZone::get("Europe/Berlin").unwrap());

/// Whether somebody works in the hour that begins at an instant.
fn works(hour: i64) -> bool {
    let local = BERLIN.with(|zone| zone.to_datetime(jiff::Timestamp::from_microsecond(hour).unwrap()));
    let weekday = local.weekday().to_monday_zero_offset() < 5;
    weekday && (9..17).contains(&local.hour()) && local.date() != date(2024, 4, 1)
}

/// The business time between a full hour and a later instant, hour by hour.
fn worked(from: i64, to: i64) -> i64 {
    let hours = (from..to).step_by(HOUR as usize);
    hours.filter(|hour| works(*hour)).map(|hour| (to - hour).min(HOUR)).sum()
}

/// When so much time has passed since a row entered, which it does at a full hour.
fn end(case: &Case, entered: i64, span: i64) -> i64 {
    if !case.business {
        return entered + span;
    }
    let mut now = entered;
    let mut left = span / HOUR;
    while left > 0 {
        if works(now) {
            left -= 1;
        }
        now += HOUR;
    }
    now
}

fn days(date: Date) -> i64 {
    i64::from((date - Date::constant(1970, 1, 1)).get_days())
}

fn random_row(dice: &mut Dice, dates: bool) -> Row {
    let base = days(date(2024, 3, 28)) * DAY;
    let unit = if dates { DAY } else { HOUR };
    let range = if dates { 10 } else { 240 };
    let some = |dice: &mut Dice, of_ten: usize| dice.below(10) < of_ten;
    let entered = some(dice, 9).then(|| base + dice.below(range) as i64 * unit);
    let near = |dice: &mut Dice| {
        // Ties and the edges of a deadline are common, not rare.
        let offset = dice.below(range / 2) as i64 * unit - 2 * unit;
        let nudge = if dates { 0 } else { dice.below(3) as i64 - 1 };
        entered.unwrap_or(base) + offset + nudge
    };
    let accepted = some(dice, 6).then(|| near(dice));
    let rejected = some(dice, 4).then(|| if some(dice, 3) { accepted.unwrap_or(base) } else { near(dice) });
    let bool = |dice: &mut Dice| [Some(true), Some(true), Some(true), Some(false), None][dice.below(5)];
    Row {
        live: bool(dice),
        entered,
        ok: bool(dice),
        accepted,
        rejected,
        why: [Some("x"), Some("y"), Some("z"), None][dice.below(4)],
        region: [Some("n"), Some("s"), None][dice.below(3)],
    }
}

fn data(rows: &[Row], dates: bool, dice: &mut Dice) -> Dataset {
    let times = |of: fn(&Row) -> Option<i64>| -> ArrayRef {
        if dates {
            Arc::new(rows.iter().map(|row| of(row).map(|t| (t / DAY) as i32)).collect::<Date32Array>())
        } else {
            let array: TimestampMicrosecondArray = rows.iter().map(of).collect();
            Arc::new(array.with_timezone("UTC"))
        }
    };
    let bools = |of: fn(&Row) -> Option<bool>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<BooleanArray>())
    };
    let texts = |of: fn(&Row) -> Option<&'static str>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let batch: RecordBatch = batch(vec![
        ("live", bools(|row| row.live)),
        ("entered", times(|row| row.entered)),
        ("ok", bools(|row| row.ok)),
        ("accepted", times(|row| row.accepted)),
        ("rejected", times(|row| row.rejected)),
        ("why", texts(|row| row.why)),
        ("region", texts(|row| row.region)),
    ]);
    let mut data = Dataset::default();
    data.add_batches("t", batch.schema(), pieces(&batch, 1 + dice.below(40)));
    data
}

/// The last moment that is known: of dates as their midnight in UTC, which is how rows hold them.
fn known(case: &Case, rows: &[Row]) -> i64 {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    match case.as_of {
        None => {
            rows.iter().flat_map(|row| [row.entered, row.accepted, row.rejected]).flatten().max().unwrap_or(0)
        }
        Some(Instant::Date(day)) if case.dates => i64::from(day) * DAY,
        Some(Instant::Date(day)) => {
            let next =
                Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(i64::from(day) + 1)).unwrap();
            next.to_zoned(berlin).unwrap().timestamp().as_microsecond() - 1
        }
        Some(Instant::Timestamp(t)) if case.dates => {
            days(jiff::Timestamp::from_microsecond(t).unwrap().to_zoned(berlin).date()) * DAY
        }
        Some(Instant::Timestamp(t)) => t,
    }
}

/// First day of the month of a row's entry.
fn month(case: &Case, entered: i64) -> i64 {
    let day = if case.dates {
        Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(entered / DAY)).unwrap()
    } else {
        let instant = jiff::Timestamp::from_microsecond(entered).unwrap();
        instant.to_zoned(TimeZone::get("Europe/Berlin").unwrap()).date()
    };
    days(day.first_of_month())
}

/// The account of a group.
#[derive(Clone, Debug, Default)]
struct Account {
    counts: Counts,
    reasons: BTreeMap<&'static str, u64>,
    waits: Vec<i64>,
    /// Business time of all waits.
    worked: i64,
}

/// Walks through what happened to a row and books its end.
fn book_row(account: &mut Account, case: &Case, row: &Row, now: i64) {
    let entered = row.entered.unwrap();
    account.counts.entered += 1;
    let accepted = row.accepted.filter(|_| row.ok == Some(true));
    // (when, how): at one moment an acceptance is booked before a rejection, and both before the deadline.
    let mut events: Vec<(i64, u8)> = Vec::new();
    events.extend(accepted.map(|t| (t, 0)));
    events.extend(row.rejected.map(|t| (t, 1)));
    events.extend(case.deadline.map(|deadline| (end(case, entered, deadline), 2)));
    events.sort_unstable();
    if events.iter().any(|(when, how)| *how < 2 && *when < entered) {
        account.counts.out_of_order += 1;
        return;
    }
    match events.into_iter().find(|(when, _)| *when <= now) {
        Some((when, 0)) => {
            account.counts.accepted += 1;
            account.waits.push(when - entered);
            account.worked += worked(entered, when);
            if let Some(within) = case.within {
                let of = if when > end(case, entered, within) {
                    &mut account.counts.late
                } else {
                    &mut account.counts.in_time
                };
                *of = Some(of.unwrap_or(0) + 1);
            }
        }
        Some((_, 1)) => {
            account.counts.rejected += 1;
            let listed = !case.listed || matches!(row.why, Some("x" | "y") | None);
            *account
                .reasons
                .entry(if listed { row.why.unwrap_or("(missing)") } else { "(other)" })
                .or_default() += 1;
        }
        Some(_) => account.counts.ignored += 1,
        None => {
            account.counts.pending += 1;
            if case.within.is_some_and(|within| now >= end(case, entered, within)) {
                account.counts.overdue = Some(account.counts.overdue.unwrap_or(0) + 1);
            }
        }
    }
}

type Key = (String, Option<&'static str>, Option<i64>);

fn accounts(case: &Case, rows: &[Row]) -> BTreeMap<Key, Account> {
    let now = known(case, rows);
    let mut accounts: BTreeMap<Key, Account> = BTreeMap::new();
    let level = |by: bool, month: bool| match (by, month) {
        (true, true) => "region,month",
        (true, false) => "region",
        (false, true) => "month",
        (false, false) => "total",
    };
    let mut levels = vec![(case.by, case.months)];
    if case.totals {
        levels.extend([(case.by, false), (false, case.months), (false, false)]);
        levels.sort_unstable();
        levels.dedup();
    }
    for (by, months) in levels {
        let name = level(by, months).to_owned();
        if name == "total" {
            accounts.entry((name.clone(), None, None)).or_default();
        }
        for row in rows {
            let Some(entered) = row.entered.filter(|entered| *entered <= now && row.live == Some(true))
            else {
                continue;
            };
            let key = (name.clone(), row.region.filter(|_| by), months.then(|| month(case, entered)));
            book_row(accounts.entry(key).or_default(), case, row, now);
        }
    }
    for account in accounts.values_mut() {
        if case.within.is_some() {
            let counts = &mut account.counts;
            for part in [&mut counts.in_time, &mut counts.late, &mut counts.overdue] {
                part.get_or_insert(0);
            }
        }
    }
    accounts
}

#[test]
fn every_row_is_booked_once_and_where_it_belongs() {
    let mut dice = Dice(11);
    let mut seen = Counts::default();
    for round in 0..if full() { 3_000 } else { 400 } {
        let case = Case::random(&mut dice);
        let rows: Vec<Row> = (0..dice.below(120)).map(|_| random_row(&mut dice, case.dates)).collect();
        let ask = Ask {
            by: if case.by { vec!["region".to_owned()] } else { vec![] },
            grain: case.months.then_some(Grain::Month),
            as_of: case.as_of,
            totals: case.totals,
            ..Ask::default()
        };
        let model = book(&case.book());
        let found = journey::evaluate(&model, &data(&rows, case.dates, &mut dice), &ask)
            .unwrap_or_else(|error| panic!("{error}\n{case:?}"));
        let mut wanted = accounts(&case, &rows);
        for handoff in &found.handoffs {
            let region = handoff.scope.iter().find_map(|(_, place)| match place {
                Coordinate::Text(text) => ["n", "s"].into_iter().find(|region| region == text),
                _ => None,
            });
            let key = (handoff.level.clone(), region, handoff.period);
            let account = wanted.remove(&key).unwrap_or_else(|| panic!("{round}: {key:?} in {case:?}"));
            let counts = handoff.counts.clone().unwrap();
            let mut reasons: BTreeMap<&str, u64> =
                counts.rejected_by.iter().map(|(reason, rows)| (reason.as_str(), *rows)).collect();
            reasons.retain(|_, rows| *rows > 0);
            assert_eq!(reasons, account.reasons, "{round}: {key:?} in {case:?}");
            let expected = Counts { rejected_by: counts.rejected_by.clone(), ..account.counts.clone() };
            assert_eq!(counts, expected, "{round}: {key:?} in {case:?}\n{rows:#?}");
            check_numbers(handoff, &account, &case);
            add(&mut seen, &counts);
        }
        assert!(wanted.is_empty(), "{round}: {wanted:?} in {case:?}");
    }
    // A test that never meets a class proves nothing of it.
    for (rows, class) in [
        (seen.accepted, "accepted"),
        (seen.rejected, "rejected"),
        (seen.ignored, "ignored"),
        (seen.pending, "pending"),
        (seen.out_of_order, "out of order"),
        (seen.late.unwrap_or(0), "late"),
        (seen.overdue.unwrap_or(0), "overdue"),
    ] {
        assert!(rows > 300, "{class}: {rows}");
    }
}

fn add(seen: &mut Counts, counts: &Counts) {
    seen.accepted += counts.accepted;
    seen.rejected += counts.rejected;
    seen.ignored += counts.ignored;
    seen.pending += counts.pending;
    seen.out_of_order += counts.out_of_order;
    seen.late = Some(seen.late.unwrap_or(0) + counts.late.unwrap_or(0));
    seen.overdue = Some(seen.overdue.unwrap_or(0) + counts.overdue.unwrap_or(0));
}

/// Share, mean, goal and leak, from the account alone.
fn check_numbers(handoff: &journey::Handoff, account: &Account, case: &Case) {
    let counts = &account.counts;
    let judged = counts.accepted + counts.rejected + counts.ignored + counts.overdue.unwrap_or(0);
    let share = handoff.within_share.as_ref();
    if case.within.is_none() || judged == 0 {
        assert_eq!(share, None);
        assert_eq!(handoff.meets_goal, None);
    } else {
        let in_time = counts.in_time.unwrap();
        let share = share.unwrap();
        assert_eq!((share.num, share.den), (in_time, judged));
        // Counts this small divide exactly once in binary64.
        assert_eq!(share.value.to_bits(), (in_time as f64 / judged as f64).to_bits());
        assert_eq!(share.exact, BigRational::new(in_time.into(), judged.into()).to_string());
        assert_eq!(handoff.meets_goal, Some(2 * in_time >= judged));
    }
    match (&handoff.mean_wait_hours, account.waits.len()) {
        (None, 0) => {}
        (Some(mean), n) => {
            let sum: BigInt = account.waits.iter().map(|wait| BigInt::from(*wait)).sum();
            let exact = BigRational::new(sum, BigInt::from(n as i64 * HOUR));
            assert_eq!((mean.exact.clone(), mean.n), (exact.to_string(), n as u64));
        }
        (None, n) => panic!("{n} waits and no mean"),
    }
    let business = handoff.mean_wait_business_hours.as_ref();
    let told =
        case.business && (case.within.is_some() || case.deadline.is_some()) && !account.waits.is_empty();
    assert_eq!(business.is_some(), told);
    if let Some(mean) = business {
        let n = account.waits.len() as i64;
        let exact = BigRational::new(BigInt::from(account.worked), BigInt::from(n * HOUR));
        assert_eq!((mean.exact.clone(), mean.n), (exact.to_string(), n as u64));
    }
    let leak =
        (case.within.is_some() || case.deadline.is_some()).then(|| counts.ignored + counts.late.unwrap_or(0));
    assert_eq!(handoff.leak, leak);
    assert_eq!(
        handoff.leak_value.as_ref().and_then(|amount| amount.value),
        leak.map(|rows| rows as f64 * 2.5)
    );
}
