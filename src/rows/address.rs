//! Which cell is meant: a metric, a coordinate in each dimension, a period.

use crate::diagnostic::{Diagnostic, Severity};
use crate::error::Error;
use crate::evaluate::{Coordinate, Program, ResultCell, ResultSet, grain_name, iso_date};
use ripplemark_core::Program as View;
use ripplemark_core::program::DimType;
use ripplemark_core::time::{Grain, days_from_civil};

/// A cell of a result. The query need not have asked for its level: totals can be addressed without `totals`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellAddress {
    /// Name of the metric, which the program must have.
    pub metric: String,
    /// One coordinate for each dimension of the program.
    pub key: Vec<Coordinate>,
    /// A day in the period, in days since 1970-01-01; `None`: the total over all periods.
    pub period: Option<i64>,
}

impl CellAddress {
    /// The address of a cell of a result; `None` if the cell is not of this result.
    #[must_use]
    pub fn of(set: &ResultSet, cell: &ResultCell) -> Option<CellAddress> {
        let metric = set.metrics.get(cell.metric)?.name.clone();
        Some(CellAddress { metric, key: cell.key.to_vec(), period: cell.period })
    }

    /// Reads an address from names and texts: dimensions, and the grain's word for the period.
    ///
    /// What is not named is a total. `(missing)` stands for rows without a value, `(all)` for a total. Days are written
    /// `2017-07-31`. A period is written as any of its days or months (`2017-07`); a year and a quarter also as `2017`
    /// and `2017-Q3`, if one begins there.
    ///
    /// ```
    /// # use ripplemark::{Program, book, model::{Grain, Query}, rows::CellAddress};
    /// # let text = "{ripplemark: 1, book: {id: b}, teams: {t: T}, tables: {d: {time: day, columns: {office: category, day: date}}}, metrics: [{name: deals, owner: t, agg: count}]}";
    /// # let book = book::load_str(text, "b.yaml")?.book;
    /// let query = Query { by: vec!["office".into()], grain: Some(Grain::Month), ..Query::default() };
    /// let program = Program::compile(&book, &query)?;
    /// let cell = CellAddress::parse(&program, "deals", [("office", "West"), ("month", "2017-07")])?;
    /// assert_eq!(cell.describe(&program), "deals at office=West, month=2017-07-01");
    /// let total = CellAddress::parse(&program, "deals", [])?;
    /// assert_eq!(total.describe(&program), "deals at office=(all), month=(all)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Every problem at once: a metric or dimension that the program does not have, one that is named twice, a value
    /// that is not of its dimension's type, a period that is none.
    pub fn parse<'t>(
        program: &Program,
        metric: &str,
        at: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Result<CellAddress, Error> {
        let view = program.view();
        let mut problems = Vec::new();
        let mut key: Vec<Option<Coordinate>> = vec![None; view.dim_count()];
        let mut period: Option<Option<i64>> = None;
        for (name, text) in at {
            let dim = (0..view.dim_count()).find(|&d| view.dim(d).name == name);
            let known = match dim {
                Some(dim) => {
                    let read = read_coordinate(view.dim(dim).ty, text);
                    let value = read.unwrap_or_else(|expected| {
                        problems.push(not_of_its_type(name, text, expected));
                        Coordinate::All
                    });
                    key.get_mut(dim).is_some_and(|place| place.replace(value).is_some())
                }
                None if view.grain().is_some_and(|grain| grain_name(grain) == name) => {
                    let read = read_period(view, text);
                    let day = read.unwrap_or_else(|expected| {
                        problems.push(not_of_its_type(name, text, expected));
                        None
                    });
                    period.replace(day).is_some()
                }
                None => {
                    problems.push(no_dimension(view, name));
                    false
                }
            };
            if known {
                problems.push(problem("RM0382", format!("`{name}` is named twice"), None, "name it once"));
            }
        }
        let mut address = CellAddress {
            metric: metric.to_owned(),
            key: key.into_iter().map(|place| place.unwrap_or(Coordinate::All)).collect(),
            period: period.flatten(),
        };
        problems.extend(address.problems(program));
        if problems.is_empty() { address.fit(program).map(|_| address) } else { Err(Error::query(problems)) }
    }

    /// Names the period by its first day; the metric's position.
    pub(super) fn fit(&mut self, program: &Program) -> Result<usize, Error> {
        let problems = self.problems(program);
        let view = program.view();
        match metric_position(view, &self.metric) {
            Some(metric) if problems.is_empty() => {
                let day = self.period.and_then(|day| i32::try_from(day).ok());
                self.period = day.and_then(|day| first_day(view, day));
                Ok(metric)
            }
            _ => Err(Error::query(problems)),
        }
    }

    fn problems(&self, program: &Program) -> Vec<Diagnostic> {
        let view = program.view();
        let mut problems = Vec::new();
        if metric_position(view, &self.metric).is_none() {
            let known: Vec<&str> = (0..view.metric_count()).map(|i| view.metric(i).name).collect();
            problems.push(problem(
                "RM0381",
                format!("the query does not ask for a metric `{}`", self.metric),
                Some(one_of(&known)),
                "name a metric of the query",
            ));
        }
        if self.key.len() != view.dim_count() {
            problems.push(problem(
                "RM0382",
                format!("the cell has {} coordinates, and the query {}", self.key.len(), view.dim_count()),
                Some("one coordinate for each dimension".to_owned()),
                "use `All` for a total",
            ));
        }
        for (d, coordinate) in self.key.iter().enumerate().take(view.dim_count()) {
            let dim = view.dim(d);
            let fits = match coordinate {
                Coordinate::All | Coordinate::Missing => true,
                Coordinate::Int(_) => dim.ty == DimType::Int,
                Coordinate::Bool(_) => dim.ty == DimType::Bool,
                Coordinate::Date(_) => dim.ty == DimType::Date,
                Coordinate::Text(_) => dim.ty == DimType::Text,
            };
            if !fits {
                problems.push(not_of_its_type(dim.name, &coordinate.to_string(), words(dim.ty)));
            }
        }
        if let Some(day) = self.period {
            if view.grain().is_none() {
                problems.push(problem(
                    "RM0384",
                    "the cell has a period, and the query no time axis".to_owned(),
                    None,
                    "leave the period out, or ask with a grain",
                ));
            } else if i32::try_from(day).is_err() {
                problems.push(problem(
                    "RM0384",
                    format!("day {day} is outside the calendar"),
                    Some("days since 1970-01-01".to_owned()),
                    "name a day of the period",
                ));
            }
        }
        problems
    }

    /// The address with the names of the program's dimensions: `win_rate at office=West, month=2017-07-01`.
    #[must_use]
    pub fn describe(&self, program: &Program) -> String {
        let view = program.view();
        let mut parts: Vec<String> = (self.key.iter().enumerate())
            .map(|(d, coordinate)| format!("{}={coordinate}", view.dim(d).name))
            .collect();
        if let Some(grain) = view.grain() {
            let day = self.period.map_or_else(|| Coordinate::All.to_string(), iso_date);
            parts.push(format!("{}={day}", grain_name(grain)));
        }
        if parts.is_empty() {
            return self.metric.clone();
        }
        format!("{} at {}", self.metric, parts.join(", "))
    }
}

/// The first day of the period that holds a day.
fn first_day(view: &View<'_>, day: i32) -> Option<i64> {
    view.grain().map(|grain| view.calendar().start(grain, i64::from(day)))
}

fn metric_position(view: &View<'_>, name: &str) -> Option<usize> {
    (0..view.metric_count()).find(|&i| view.metric(i).name == name)
}

fn problem(code: &'static str, message: String, expected: Option<String>, hint: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code,
        message,
        file: "cell".to_owned(),
        line: 0,
        column: 0,
        span: 0..0,
        metric: None,
        owner: None,
        expected,
        hint: Some(hint.to_owned()),
        fix: None,
    }
}

fn one_of(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { format!("one of {}", names.join(", ")) }
}

fn no_dimension(view: &View<'_>, name: &str) -> Diagnostic {
    let mut known: Vec<&str> = (0..view.dim_count()).map(|d| view.dim(d).name).collect();
    known.extend(view.grain().map(grain_name));
    let hint = if known.is_empty() {
        "the query has one cell for each metric: ask by something, or name no coordinate"
    } else {
        "name a dimension or the period of the query"
    };
    problem("RM0382", format!("the query does not go by `{name}`"), Some(one_of(&known)), hint)
}

fn not_of_its_type(name: &str, text: &str, expected: &str) -> Diagnostic {
    problem(
        "RM0383",
        format!("`{text}` is no value of `{name}`"),
        Some(expected.to_owned()),
        "write it as the result shows it; `(missing)` stands for rows without a value",
    )
}

fn words(ty: DimType) -> &'static str {
    match ty {
        DimType::Int => "an integer",
        DimType::Bool => "true or false",
        DimType::Date => "a day as in 2017-07-31",
        DimType::Text => "text",
    }
}

fn read_coordinate(ty: DimType, text: &str) -> Result<Coordinate, &'static str> {
    let read = match text {
        "(all)" => Some(Coordinate::All),
        "(missing)" => Some(Coordinate::Missing),
        _ => match ty {
            DimType::Int => text.parse().ok().map(Coordinate::Int),
            DimType::Bool => text.parse().ok().map(Coordinate::Bool),
            DimType::Date => read_day(text).map(Coordinate::Date),
            DimType::Text => Some(Coordinate::Text(text.to_owned())),
        },
    };
    read.ok_or_else(|| words(ty))
}

/// A day in the period; `None` for the total.
fn read_period(view: &View<'_>, text: &str) -> Result<Option<i64>, &'static str> {
    if text == "(all)" {
        return Ok(None);
    }
    let Some(grain) = view.grain() else { return Err("no period") };
    let expected = match grain {
        Grain::Day => "a day as in 2017-07-31",
        Grain::Week => "a day of the week, as in 2017-07-31",
        Grain::Month => "a month as in 2017-07, or one of its days",
        Grain::Quarter => "a quarter as in 2017-Q3, or one of its months or days",
        Grain::Year => "a year as in 2017, or one of its months or days",
    };
    if let Some(day) = read_day(text) {
        return Ok(Some(day));
    }
    let number = |digits: &str, length: usize| {
        (digits.len() == length && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
    };
    let (year, month) = match text.split_once('-') {
        None => (number(text, 4), Some(1)),
        Some((year, rest)) => match rest.strip_prefix('Q') {
            Some(quarter) => (
                number(year, 4),
                number(quarter, 1).filter(|q: &i64| (1..=4).contains(q)).map(|quarter| 3 * quarter - 2),
            ),
            None => (number(year, 4), number(rest, 2).filter(|month: &i64| (1..=12).contains(month))),
        },
    };
    let day = year.zip(month).map(|(year, month)| days_from_civil(year, month, 1));
    let is_month = text.len() == 7 && !text.contains('Q');
    let begins = |day: &i64| i32::try_from(*day).ok().and_then(|day| first_day(view, day)) == Some(*day);
    // Where years begin in March, `2017` would be read in two ways.
    let is_period = |day: &i64| match grain {
        Grain::Day | Grain::Week => false,
        Grain::Month => is_month,
        Grain::Quarter => is_month || text.len() == 7 && begins(day),
        Grain::Year => is_month || text.len() == 4 && begins(day),
    };
    day.filter(is_period).map(Some).ok_or(expected)
}

fn read_day(text: &str) -> Option<i64> {
    let date: jiff::civil::Date = (text.len() == 10).then(|| text.parse().ok())??;
    Some(days_from_civil(i64::from(date.year()), i64::from(date.month()), i64::from(date.day())))
}
