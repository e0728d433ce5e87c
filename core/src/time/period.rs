//! Periods: day, week, month, quarter, year, in the book's calendar. A period is named by its first day.

use super::civil::{civil_from_days, days_from_civil};

/// Length of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Grain {
    Day = 1,
    Week = 2,
    Month = 3,
    Quarter = 4,
    Year = 5,
}

impl Grain {
    /// The grain with this number.
    #[must_use]
    pub const fn from_u8(number: u8) -> Option<Grain> {
        match number {
            1 => Some(Grain::Day),
            2 => Some(Grain::Week),
            3 => Some(Grain::Month),
            4 => Some(Grain::Quarter),
            5 => Some(Grain::Year),
            _ => None,
        }
    }
}

/// What a book says about its calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// 0 = Monday to 6 = Sunday.
    pub first_day_of_week: u8,
    /// 1 to 12; quarters and years begin here.
    pub first_month_of_year: u8,
}

impl Calendar {
    /// First day of the period that holds `day`.
    #[must_use]
    pub fn start(&self, grain: Grain, day: i64) -> i64 {
        match grain {
            Grain::Day => day,
            // 1970-01-01 was a Thursday, number 3.
            Grain::Week => day - (day + 3 - i64::from(self.first_day_of_week)).rem_euclid(7),
            Grain::Month => self.month_start(day, 1),
            Grain::Quarter => self.month_start(day, 3),
            Grain::Year => self.month_start(day, 12),
        }
    }

    /// First day after the period that begins on `start`.
    #[must_use]
    pub fn end(&self, grain: Grain, start: i64) -> i64 {
        match grain {
            Grain::Day => start + 1,
            Grain::Week => start + 7,
            Grain::Month => Self::add_months(start, 1),
            Grain::Quarter => Self::add_months(start, 3),
            Grain::Year => Self::add_months(start, 12),
        }
    }

    fn month_start(&self, day: i64, months: i64) -> i64 {
        let (year, month, _) = civil_from_days(day);
        let index = year * 12 + month - 1;
        let shift = i64::from(self.first_month_of_year) - 1;
        let first = (index - shift).div_euclid(months) * months + shift;
        days_from_civil(first.div_euclid(12), first.rem_euclid(12) + 1, 1)
    }

    fn add_months(start: i64, months: i64) -> i64 {
        let (year, month, day) = civil_from_days(start);
        let index = year * 12 + month - 1 + months;
        days_from_civil(index.div_euclid(12), index.rem_euclid(12) + 1, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Calendar = Calendar { first_day_of_week: 0, first_month_of_year: 1 };

    #[test]
    fn starts_and_ends() {
        let day = days_from_civil(2017, 8, 17); // a Thursday
        assert_eq!(PLAIN.start(Grain::Day, day), day);
        assert_eq!(PLAIN.start(Grain::Week, day), days_from_civil(2017, 8, 14));
        assert_eq!(PLAIN.start(Grain::Month, day), days_from_civil(2017, 8, 1));
        assert_eq!(PLAIN.start(Grain::Quarter, day), days_from_civil(2017, 7, 1));
        assert_eq!(PLAIN.start(Grain::Year, day), days_from_civil(2017, 1, 1));
        assert_eq!(PLAIN.end(Grain::Month, days_from_civil(2016, 2, 1)), days_from_civil(2016, 3, 1));
    }

    #[test]
    fn sunday_weeks_and_fiscal_years() {
        let fiscal = Calendar { first_day_of_week: 6, first_month_of_year: 2 };
        let day = days_from_civil(2017, 1, 17);
        assert_eq!(fiscal.start(Grain::Week, day), days_from_civil(2017, 1, 15));
        assert_eq!(fiscal.start(Grain::Year, day), days_from_civil(2016, 2, 1));
        assert_eq!(fiscal.start(Grain::Quarter, day), days_from_civil(2016, 11, 1));
        assert_eq!(fiscal.end(Grain::Year, days_from_civil(2016, 2, 1)), days_from_civil(2017, 2, 1));
    }

    #[test]
    fn a_period_holds_its_days_and_no_others() {
        for grain in [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year] {
            for month in 1..=12 {
                let calendar = Calendar { first_day_of_week: month % 7, first_month_of_year: month };
                for day in -800..800 {
                    let start = calendar.start(grain, day);
                    let end = calendar.end(grain, start);
                    assert!(start <= day && day < end);
                    assert_eq!(calendar.start(grain, start), start);
                    assert_eq!(calendar.start(grain, end), end);
                }
            }
        }
    }
}
