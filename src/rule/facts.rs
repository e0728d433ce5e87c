//! What a rule sees: the facets of its metrics in one period and scope.

use crate::evaluate::{Coordinate, ExactCell};
use crate::exact;
use crate::facet::{Answers, Facts, Need, Value, Why, reckon};
use crate::model::{Book, Cell, Facet, FacetName, Instant, Metric, MetricId};
use crate::target::{Figure, Look, Scope, Standing, TargetStatus, shown};
use num_bigint::BigInt;
use num_rational::BigRational;
use std::collections::BTreeMap;

/// Targets with the moment that they were judged at.
pub(super) type Judged = BTreeMap<(usize, Scope), TargetStatus>;

/// The question of one rule, answered.
pub(super) struct Seen<'a> {
    pub(super) book: &'a Book,
    pub(super) answers: &'a Answers,
    pub(super) targets: &'a Judged,
    pub(super) need: &'a Need,
    /// First days of the period and of the one before.
    pub(super) periods: Option<(i64, i64)>,
    /// What is known of targets.
    pub(super) moment: Result<(i64, Instant), Why>,
    /// The period as people write it.
    pub(super) period: &'a str,
}

/// One scope of it.
pub(super) struct At<'a> {
    pub(super) seen: &'a Seen<'a>,
    pub(super) key: &'a [Coordinate],
}

impl At<'_> {
    fn metric(&self, id: MetricId) -> Result<&Metric, Why> {
        self.seen.book.metrics.get(id.0).ok_or_else(|| Why::one("invalid_input"))
    }

    /// The cell of a metric in this scope.
    pub(super) fn cell(&self, id: MetricId) -> Result<&ExactCell, Why> {
        let period = self.seen.periods.map(|(current, _)| current);
        self.seen.answers.cell(self.seen.need, id, self.key, period).ok_or_else(|| Why::one("empty"))
    }

    fn prior(&self, id: MetricId) -> Result<&ExactCell, Why> {
        let none = || Why::one("no_prior");
        let (_, prior) = self.seen.periods.ok_or_else(none)?;
        // Before the data begin nothing is known; a group without rows among others is known to be empty.
        if !self.seen.answers.places(self.seen.need, id).any(|(_, period)| *period == Some(prior)) {
            return Err(none());
        }
        self.seen.answers.cell(self.seen.need, id, self.key, Some(prior)).ok_or_else(none)
    }

    /// The numbers of the target that is in force for this metric, scope and moment.
    fn target(&self, id: MetricId) -> Result<&Standing, Why> {
        let (day, as_of) = self.seen.moment.clone()?;
        let mut scope: Vec<(&str, String)> = (self.seen.need.by.iter().map(String::as_str))
            .zip(self.key.iter().map(Coordinate::to_string))
            .collect();
        scope.sort();
        for (position, target) in self.seen.book.targets.iter().enumerate() {
            let in_force = i64::from(target.from) <= day && day <= i64::from(target.due);
            if target.metric != id || !in_force {
                continue;
            }
            let Some(status) = self.seen.targets.get(&(position, Scope { as_of: Some(as_of) })) else {
                continue;
            };
            let own: Vec<(&str, String)> =
                target.scope.iter().map(|(dim, value)| (dim.as_str(), value.clone())).collect();
            if own == scope {
                return Ok(&status.standing);
            }
            for part in &status.parts {
                let mut of_part = own.clone();
                of_part.push((part.by.as_str(), part.key.clone()));
                of_part.sort();
                if of_part == scope {
                    return Ok(&part.standing);
                }
            }
        }
        Err(Why::one("no_target"))
    }

    fn word(&self, id: MetricId) -> Result<String, Why> {
        let own = &self.metric(id)?.status;
        if own.is_empty() {
            let standing = self.target(id)?;
            return match standing.status {
                Some(status) => Ok(status.word().to_owned()),
                None => Err(standing.gap.number().err().cloned().unwrap_or_else(|| Why::one("empty"))),
            };
        }
        status_word(self.metric(id)?, self)
    }

    /// A facet of a metric.
    pub(super) fn facet(&self, id: MetricId, facet: Facet) -> Result<Value, Why> {
        let number = |figure: &Figure| figure.number().cloned().map_err(Clone::clone).map(Value::Number);
        match facet {
            Facet::Value => Ok(Value::Number(self.cell(id)?.value.clone().map_err(Why::from)?)),
            Facet::Prior => Ok(Value::Number(self.prior(id)?.value.clone().map_err(Why::from)?)),
            Facet::N => Ok(Value::Number(BigRational::from_integer(BigInt::from(self.cell(id)?.n)))),
            Facet::Num => self.part(id, |cell| cell.parts.0),
            Facet::Den => self.part(id, |cell| cell.parts.1),
            Facet::Target => number(&self.target(id)?.goal),
            Facet::Pace => number(&self.target(id)?.pace),
            Facet::Gap => number(&self.target(id)?.gap),
            Facet::Status => self.word(id).map(Value::Text),
        }
    }

    fn part(&self, id: MetricId, part: fn(&ExactCell) -> Option<f64>) -> Result<Value, Why> {
        let cell = self.cell(id)?;
        match part(cell).and_then(BigRational::from_float) {
            Some(number) => Ok(Value::Number(number)),
            None => match &cell.value {
                Err(reasons) => Err(Why::from(*reasons)),
                Ok(_) => Err(Why::one("no_quotient")),
            },
        }
    }

    /// A name as a message shows it.
    pub(super) fn text(&self, name: FacetName) -> String {
        match name {
            FacetName::Dimension(i) => self.key.get(i).map(Coordinate::to_string).unwrap_or_default(),
            FacetName::Period => self.seen.period.to_owned(),
            FacetName::Baseline => String::new(),
            FacetName::Metric(id, facet) => match self.facet(id, facet) {
                Ok(Value::Number(number)) => look(self.seen.book, id, facet, |look| shown(&Ok(number), look)),
                Ok(Value::Text(word)) => word.replace('_', " "),
                Ok(Value::Bool(truth)) => truth.to_string(),
                Err(_) => "–".to_owned(),
            },
        }
    }
}

impl Facts for At<'_> {
    fn fact(&self, name: FacetName) -> Result<Value, Why> {
        match name {
            FacetName::Metric(id, facet) => self.facet(id, facet),
            FacetName::Dimension(i) => match self.key.get(i) {
                Some(Coordinate::Int(value)) => {
                    Ok(Value::Number(BigRational::from_integer(BigInt::from(*value))))
                }
                Some(Coordinate::Bool(value)) => Ok(Value::Bool(*value)),
                Some(value @ (Coordinate::Text(_) | Coordinate::Date(_))) => {
                    Ok(Value::Text(value.to_string()))
                }
                Some(Coordinate::Missing | Coordinate::All) | None => Err(Why::one("empty")),
            },
            FacetName::Period => Ok(Value::Text(self.seen.period.to_owned())),
            FacetName::Baseline => Err(Why::one("empty")),
        }
    }
}

/// The word of the first entry of a metric's `status` list that is true.
///
/// An entry whose condition has no value ends the search: what would come behind it was meant for the case that it is
/// false.
pub(super) fn status_word(metric: &Metric, facts: &dyn Facts) -> Result<String, Why> {
    for entry in &metric.status {
        let is_true = match &entry.when {
            None => true,
            Some(condition) => reckon(condition, facts)? == Value::Bool(true),
        };
        if is_true {
            return Ok(entry.word.clone());
        }
    }
    Err(Why::one("no_status"))
}

/// Shows a facet as its metric's unit wants it.
pub(super) fn look<T>(book: &Book, id: MetricId, facet: Facet, show: impl FnOnce(Look<'_>) -> T) -> T {
    let unit_of = |id: MetricId| book.metrics.get(id.0).map(Metric::unit_text).unwrap_or_default();
    match facet {
        Facet::Value | Facet::Prior | Facet::Target | Facet::Status => show(Look::In(&unit_of(id))),
        Facet::Gap => show(Look::Difference(&unit_of(id))),
        Facet::Pace => show(Look::Share),
        Facet::N => show(Look::In("")),
        Facet::Num | Facet::Den => {
            // A part of a quotient has the unit of its own metric, where it is one.
            let part = match book.metrics.get(id.0).map(|metric| &metric.value) {
                Some(Cell::Arith(crate::model::ArithOp::Div, a, b)) => {
                    Some(if facet == Facet::Num { a } else { b })
                }
                _ => None,
            };
            match part.map(|part| &**part) {
                Some(Cell::Metric(part)) => show(Look::In(&unit_of(*part))),
                _ => show(Look::In("")),
            }
        }
    }
}

/// A label for the period that begins on a day.
pub(super) fn period_label(grain: crate::model::Grain, start: i64, end: i64) -> String {
    use crate::model::Grain;
    let first = crate::evaluate::iso_date(start);
    let month = |day: i64| crate::evaluate::iso_date(day).chars().take(7).collect::<String>();
    match grain {
        Grain::Day => first,
        Grain::Week => format!("week of {first}"),
        Grain::Month => month(start),
        Grain::Quarter | Grain::Year => format!("{} to {}", month(start), month(end.saturating_sub(1))),
    }
}

/// The nearest double, for scripts.
pub(super) fn float(value: &Result<Value, Why>) -> Option<f64> {
    match value {
        Ok(Value::Number(number)) => exact::to_f64(number),
        _ => None,
    }
}
