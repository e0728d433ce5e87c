//! The table of functions: what formulas can call, where, with how many arguments, and what it does.

use std::ops::RangeInclusive;

/// What a function's name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Meaning {
    Abs,
    Min,
    Max,
    Sign,
    Clamp,
    Sqrt,
    Ln,
    Log10,
    Log2,
    Exp,
    Pow,
    Floor,
    Ceil,
    Round,
    ToFloat,
    DaysBetween,
    HoursBetween,
    Hours,
    Days,
    Minutes,
    BusinessHours,
    Bh,
    Truncate,
    AddDays,
    AddMonths,
    Year,
    Month,
    Weekday,
    Date,
    Timestamp,
    Convert,
    IsNull,
    Contains,
    StartsWith,
    EndsWith,
    Count,
    CountIf,
    Sum,
    SumIf,
    Average,
    AverageIf,
    MinIf,
    MaxIf,
}

/// Where a function can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// On the values of a row: in filters, and inside aggregates.
    Row,
    /// On the rows of a table, giving a value of a metric's formula.
    Aggregate,
    /// On the values of a row, and on metrics and aggregates.
    Both,
}

/// A function that formulas can call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name formulas use; several names may have one meaning.
    pub name: &'static str,
    /// What it stands for.
    pub meaning: Meaning,
    /// Where it can be called.
    pub level: Level,
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    /// How a call looks.
    pub usage: &'static str,
    /// What it does, in one line.
    pub doc: &'static str,
}

const fn function(
    name: &'static str,
    meaning: Meaning,
    level: Level,
    arity: RangeInclusive<usize>,
    usage: &'static str,
    doc: &'static str,
) -> Function {
    Function { name, meaning, level, arity, usage, doc }
}

/// Every function, aggregates first. `min` and `max` are listed twice: of one argument they are aggregates,
/// of two they compare two values.
pub const FUNCTIONS: &[Function] = {
    use Level::{Aggregate, Both, Row};
    use Meaning as M;
    &[
        function(
            "count",
            M::Count,
            Aggregate,
            0..=1,
            "count(x)",
            "rows; with an argument, rows where it is not missing",
        ),
        function(
            "count_if",
            M::CountIf,
            Aggregate,
            1..=1,
            "count_if(condition)",
            "rows for which a condition is true",
        ),
        function("sum", M::Sum, Aggregate, 1..=1, "sum(x)", "exact sum"),
        function(
            "sum_if",
            M::SumIf,
            Aggregate,
            2..=2,
            "sum_if(x, condition)",
            "exact sum over the rows for which a condition is true",
        ),
        function("average", M::Average, Aggregate, 1..=1, "average(x)", "exact sum over the count of values"),
        function("avg", M::Average, Aggregate, 1..=1, "avg(x)", "the same as average"),
        function(
            "average_if",
            M::AverageIf,
            Aggregate,
            2..=2,
            "average_if(x, condition)",
            "average over the rows for which a condition is true",
        ),
        function("avg_if", M::AverageIf, Aggregate, 2..=2, "avg_if(x, condition)", "the same as average_if"),
        function("min", M::Min, Aggregate, 1..=1, "min(x)", "smallest value over the rows"),
        function("max", M::Max, Aggregate, 1..=1, "max(x)", "largest value over the rows"),
        function(
            "min_if",
            M::MinIf,
            Aggregate,
            2..=2,
            "min_if(x, condition)",
            "smallest value over the rows for which a condition is true",
        ),
        function(
            "max_if",
            M::MaxIf,
            Aggregate,
            2..=2,
            "max_if(x, condition)",
            "largest value over the rows for which a condition is true",
        ),
        function("min", M::Min, Both, 2..=64, "min(x, y)", "the smallest of several values"),
        function("max", M::Max, Both, 2..=64, "max(x, y)", "the largest of several values"),
        function(
            "clamp",
            M::Clamp,
            Both,
            3..=3,
            "clamp(x, low, high)",
            "x, or the bound that it lies beyond",
        ),
        function("sign", M::Sign, Both, 1..=1, "sign(x)", "-1, 0 or 1"),
        function("abs", M::Abs, Both, 1..=1, "abs(x)", "magnitude without the sign"),
        function("sqrt", M::Sqrt, Both, 1..=1, "sqrt(x)", "square root"),
        function("ln", M::Ln, Both, 1..=1, "ln(x)", "natural logarithm"),
        function("log10", M::Log10, Both, 1..=1, "log10(x)", "logarithm to the base 10"),
        function("log2", M::Log2, Both, 1..=1, "log2(x)", "logarithm to the base 2"),
        function("exp", M::Exp, Both, 1..=1, "exp(x)", "e to the power of x"),
        function("pow", M::Pow, Both, 2..=2, "pow(x, y)", "x to the power of y, also written x ** y"),
        function(
            "is_null",
            M::IsNull,
            Both,
            1..=1,
            "is_null(x)",
            "true where x is missing, also written x == ()",
        ),
        function(
            "contains",
            M::Contains,
            Row,
            2..=2,
            "contains(x, \"part\")",
            "true where the part stands somewhere in the text",
        ),
        function(
            "starts_with",
            M::StartsWith,
            Row,
            2..=2,
            "starts_with(x, \"part\")",
            "true where the text begins with the part",
        ),
        function(
            "ends_with",
            M::EndsWith,
            Row,
            2..=2,
            "ends_with(x, \"part\")",
            "true where the text ends with the part",
        ),
        function("floor", M::Floor, Both, 1..=1, "floor(x)", "largest whole number that is not larger"),
        function("ceiling", M::Ceil, Both, 1..=1, "ceiling(x)", "smallest whole number that is not smaller"),
        function("ceil", M::Ceil, Both, 1..=1, "ceil(x)", "the same as ceiling"),
        function(
            "round",
            M::Round,
            Both,
            1..=2,
            "round(x, 2)",
            "nearest number with so many digits after the point (none: a whole number), halves away from zero",
        ),
        function(
            "to_float",
            M::ToFloat,
            Row,
            1..=1,
            "to_float(x)",
            "nearest float of an integer or a decimal",
        ),
        function(
            "days_between",
            M::DaysBetween,
            Row,
            2..=2,
            "days_between(a, b)",
            "calendar days from a to b in the book's time zone",
        ),
        function(
            "hours_between",
            M::HoursBetween,
            Row,
            2..=2,
            "hours_between(a, b)",
            "elapsed hours from a to b",
        ),
        function(
            "hours",
            M::Hours,
            Row,
            1..=1,
            "hours(n)",
            "a duration of n hours, to be added to a timestamp",
        ),
        function(
            "days",
            M::Days,
            Row,
            1..=1,
            "days(n)",
            "a duration of n times 24 hours, to be added to a timestamp",
        ),
        function(
            "convert",
            M::Convert,
            Row,
            3..=4,
            "convert(amount, currency, day, \"USD\")",
            "an amount in another currency, by the rate of a day",
        ),
        function("minutes", M::Minutes, Row, 1..=1, "minutes(n)", "a duration of n minutes"),
        function(
            "business_hours",
            M::BusinessHours,
            Row,
            2..=2,
            "business_hours(a, b)",
            "business hours of the book from a to b",
        ),
        function(
            "bh",
            M::Bh,
            Row,
            1..=1,
            "bh(n)",
            "n business hours of the book, to be added to a timestamp",
        ),
        function(
            "truncate",
            M::Truncate,
            Row,
            2..=2,
            "truncate(t, \"month\")",
            "first day of the day, week, month, quarter or year in the book's calendar",
        ),
        function(
            "add_days",
            M::AddDays,
            Row,
            2..=2,
            "add_days(t, n)",
            "the day n days later, also d + n; of a timestamp the same time of that day",
        ),
        function(
            "add_months",
            M::AddMonths,
            Row,
            2..=2,
            "add_months(t, n)",
            "the day, or the same time of the day, n months later; the last day of a month that is too short",
        ),
        function("year", M::Year, Row, 1..=1, "year(t)", "calendar year"),
        function("month", M::Month, Row, 1..=1, "month(t)", "month, 1 to 12"),
        function("weekday", M::Weekday, Row, 1..=1, "weekday(t)", "1 for Monday to 7 for Sunday"),
        function("date", M::Date, Row, 1..=1, "date(\"2017-03-01\")", "a constant calendar day"),
        function(
            "timestamp",
            M::Timestamp,
            Row,
            1..=1,
            "timestamp(\"2017-03-01T00:00:00Z\")",
            "a constant point in time",
        ),
    ]
};

/// What a name is when called with some number of arguments.
pub(super) enum Lookup {
    Found(&'static Function),
    /// The name exists; these are its usages.
    WrongArity(Vec<&'static str>),
    Unknown,
}

pub(super) fn find(name: &str, arguments: usize) -> Lookup {
    let mut usages = Vec::new();
    for function in FUNCTIONS.iter().filter(|function| function.name == name) {
        if function.arity.contains(&arguments) {
            return Lookup::Found(function);
        }
        usages.push(function.usage);
    }
    if usages.is_empty() { Lookup::Unknown } else { Lookup::WrongArity(usages) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usages_show_the_name_and_a_legal_number_of_arguments() {
        for function in FUNCTIONS {
            let arguments = function.usage.strip_prefix(function.name).unwrap();
            let shown = arguments.matches(',').count() + 1;
            assert!(function.arity.contains(&shown), "{}", function.usage);
        }
    }

    #[test]
    fn arity_tells_the_two_meanings_of_min_apart() {
        assert!(matches!(find("min", 1), Lookup::Found(f) if f.level == Level::Aggregate));
        assert!(matches!(find("min", 2), Lookup::Found(f) if f.level == Level::Both));
        assert!(matches!(find("min", 65), Lookup::WrongArity(usages) if usages == ["min(x)", "min(x, y)"]));
        assert!(matches!(find("median", 1), Lookup::Unknown));
    }
}
