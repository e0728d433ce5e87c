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
}
