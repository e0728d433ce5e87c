//! Days since 1970-01-01 to and from the proleptic Gregorian calendar.
//!
//! Years are counted from 1 March, so that the leap day is the last day of a year and month lengths repeat in a
//! 153-day pattern; 400 years are 146,097 days.

const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_SHIFT: i64 = 719_468;

/// The day number of a date; `month` 1 to 12, `day` 1 to 31. Days past a month's end run on into the next.
#[must_use]
pub const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - EPOCH_SHIFT
}

/// Year, month (1 to 12) and day (1 to 31) of a day number.
#[must_use]
pub const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + EPOCH_SHIFT;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// Days beyond this many, on either side of 1970, are not put into a calendar: five million years.
pub(crate) const MAX_DAYS: i64 = 2_000_000_000;

/// The day some months later, or earlier; where the month is too short, its last day. `None` beyond five million years.
#[must_use]
pub const fn add_months(days: i64, months: i64) -> Option<i64> {
    if !in_calendar(days) || !in_calendar(months) {
        return None;
    }
    let (year, month, day) = civil_from_days(days);
    let index = year * 12 + month - 1 + months;
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
    let first = days_from_civil(year, month, 1);
    let next = index + 1;
    let length = days_from_civil(next.div_euclid(12), next.rem_euclid(12) + 1, 1) - first;
    Some(first + if day < length { day } else { length } - 1)
}

/// Day of the week of a day number: 1 for Monday to 7 for Sunday, as in ISO 8601. `None` beyond five
/// million years.
#[must_use]
pub const fn weekday(days: i64) -> Option<i64> {
    // 1970-01-01 was a Thursday.
    if in_calendar(days) { Some((days + 3).rem_euclid(7) + 1) } else { None }
}

/// Whether a day number can be put into a calendar.
#[must_use]
pub(crate) const fn in_calendar(days: i64) -> bool {
    -MAX_DAYS <= days && days <= MAX_DAYS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 2, 29), 11_016);
        assert_eq!(days_from_civil(1900, 3, 1), -25_508);
        assert_eq!(days_from_civil(2100, 1, 1), 47_482);
    }

    #[test]
    fn every_day_of_nine_centuries_round_trips_and_follows_its_predecessor() {
        let mut previous = civil_from_days(-170_000);
        for days in -169_999..160_000 {
            let date = civil_from_days(days);
            assert_eq!(days_from_civil(date.0, date.1, date.2), days);
            let next_day = date == (previous.0, previous.1, previous.2 + 1);
            let next_month = date == (previous.0, previous.1 + 1, 1);
            let next_year = date == (previous.0 + 1, 1, 1) && previous.1 == 12;
            assert!(next_day || next_month || next_year, "{previous:?} -> {date:?}");
            previous = date;
        }
    }

    #[test]
    fn months_later() {
        let day = days_from_civil;
        for (from, months, to) in [
            ((2016, 1, 31), 1, (2016, 2, 29)),
            ((2017, 1, 31), 1, (2017, 2, 28)),
            ((2017, 3, 31), -1, (2017, 2, 28)),
            ((2017, 12, 15), 1, (2018, 1, 15)),
            ((2016, 2, 29), 12, (2017, 2, 28)),
            ((2016, 2, 29), -48, (2012, 2, 29)),
            ((2017, 5, 31), 0, (2017, 5, 31)),
        ] {
            assert_eq!(add_months(day(from.0, from.1, from.2), months), Some(day(to.0, to.1, to.2)));
        }
        for beyond in [i64::MAX, i64::MIN, MAX_DAYS + 1] {
            assert_eq!((add_months(beyond, 1), add_months(0, beyond), weekday(beyond)), (None, None, None));
        }
        assert!(add_months(MAX_DAYS, MAX_DAYS).is_some() && add_months(-MAX_DAYS, -MAX_DAYS).is_some());
        assert_eq!((weekday(0), weekday(day(2017, 8, 20)), weekday(-1)), (Some(4), Some(7), Some(3)));
    }
}
