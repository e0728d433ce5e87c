//! A book's business hours as a program carries them.
//!
//! The core tells in closed form how much business time has passed up to an instant. Here the same is told by walking
//! through windows and holidays, once for each change of the clocks: the core's loader then compares both.

use crate::model::BusinessHours;
use ripplemark_core::time::{DAY_MICROS, Zone};

const MINUTE: i64 = 60_000_000;
const WEEK: i64 = 7 * DAY_MICROS;
/// 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday.
const EPOCH_SHIFT: i64 = 3 * DAY_MICROS;

/// The section: see [`ripplemark_core::time::Business`].
pub(super) fn encode(hours: &BusinessHours, zone: &[u8]) -> Vec<u8> {
    let zone = Zone::new(zone);
    let mut bytes = Vec::new();
    for count in [hours.windows.len(), hours.holidays.len(), zone.len()] {
        bytes.extend((count as u32).to_le_bytes());
    }
    for (from, to) in &hours.windows {
        bytes.extend(from.to_le_bytes());
        bytes.extend(to.to_le_bytes());
    }
    let mut taken = 0;
    for &day in &hours.holidays {
        bytes.extend(day.to_le_bytes());
        bytes.extend((taken as u32).to_le_bytes());
        let start = i64::from(day) * DAY_MICROS;
        taken += (of_windows(hours, start + DAY_MICROS) - of_windows(hours, start)) / MINUTE;
    }
    let mut correction = 0;
    for i in 0..zone.len() {
        let before = i.checked_sub(1).and_then(|before| zone.entry(before));
        if let (Some((moment, offset)), Some((_, before))) = (zone.entry(i), before) {
            let by_clock = |offset: i32| passed(hours, (moment + i64::from(offset)) * 1_000_000);
            correction += by_clock(before) - by_clock(offset);
        }
        bytes.extend(correction.to_le_bytes());
    }
    bytes
}

/// Business time from the beginning of 1970 to a local time.
fn passed(hours: &BusinessHours, local: i64) -> i64 {
    let closed = hours.holidays.iter().map(|&day| {
        let start = i64::from(day) * DAY_MICROS;
        of_windows(hours, local.clamp(start, start + DAY_MICROS)) - of_windows(hours, start)
    });
    of_windows(hours, local) - closed.sum::<i64>()
}

/// The same, if there were no holidays.
fn of_windows(hours: &BusinessHours, local: i64) -> i64 {
    let shifted = local + EPOCH_SHIFT;
    let (weeks, within) = (shifted.div_euclid(WEEK), shifted.rem_euclid(WEEK));
    let of_week = |within: i64| -> i64 {
        let windows =
            hours.windows.iter().map(|&(from, to)| (i64::from(from) * MINUTE, i64::from(to) * MINUTE));
        windows.map(|(from, to)| within.clamp(from, to.max(from)) - from).sum()
    };
    weeks * of_week(WEEK) + of_week(within)
}
