//! Mix and rate: whether a ratio moved because its segments changed, or because their weights did.

use super::pairs::period_pairs;
use super::quantum;
use super::{Periods, metric_named, refused};
use crate::chain::{self, ChainError, Contribution, MixRate, Parts, Quantum, Segment, mix_and_rate, to_f64};
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Coordinate, ExactCell, Program, Receipt};
use crate::model::{ArithOp, Book, Cell, Metric, MetricKind, Query};
use crate::show::period;
use num_rational::BigRational;
use std::collections::BTreeMap;

/// A question for mix and rate.
#[derive(Clone, Debug)]
pub struct MixAsk {
    /// The metric, a ratio.
    pub metric: String,
    /// The dimension whose values are the segments.
    pub dim: String,
    /// Which periods are compared with the one before them.
    pub periods: Periods,
    /// Grain, range, filter and `as_of`; its metrics, groups and totals are not looked at.
    pub query: Query,
    /// Digits after the point of what is shown; `None`: what suits the metric's unit and size.
    pub digits: Option<i8>,
}

/// How a ratio moved from one period to the next, by segment.
#[derive(Clone, Debug)]
pub struct MixExplained {
    /// The earlier period.
    pub from: String,
    /// The later period.
    pub to: String,
    /// The segments, by value; or why there is no answer.
    pub outcome: Result<Mix, ChainError>,
    /// What the values were made of.
    pub receipt: Receipt,
}

/// The parts of a change by segment.
#[derive(Clone, Debug)]
pub struct Mix {
    /// Exact effects, totals, and whether the parts together went against the whole (Simpson's paradox).
    pub exact: MixRate,
    /// What each segment did, as it is shown; with `unexplained` the printed effects add up to the printed change.
    pub segments: Vec<SegmentEffect>,
    /// What belongs to neither mix nor rate.
    pub unexplained: Contribution,
    /// The change, as it is shown.
    pub change: String,
    pub(super) quantum: Quantum,
}

/// What one segment did.
#[derive(Clone, Debug)]
pub struct SegmentEffect {
    /// The segment.
    pub segment: Coordinate,
    /// Its own ratio before and after.
    pub ratios: (Option<f64>, Option<f64>),
    /// By its weight.
    pub mix: Contribution,
    /// By its own ratio.
    pub rate: Contribution,
}

/// Splits the change of a ratio between two periods into mix and rate over the values of a dimension.
///
/// # Errors
/// If the metric does not exist or is no ratio, the query cannot be answered, or the data cannot be read.
pub fn explain_mix(book: &Book, data: &Dataset, ask: &MixAsk) -> Result<Vec<MixExplained>, Error> {
    let id = metric_named(book, &ask.metric)?;
    let metric = book.metrics.get(id.0);
    let Some((metric, numerator, denominator)) = metric.and_then(|metric| match &metric.value {
        Cell::Arith(ArithOp::Div, a, b) => Some((metric, (**a).clone(), (**b).clone())),
        _ => None,
    }) else {
        return Err(refused(
            "RM0318",
            format!("metric `{}` is no ratio, so segments have no weights in it", ask.metric),
            Some("ask for a metric with numerator and denominator".into()),
        ));
    };
    // Numerator and denominator become metrics of a copy of the book; a blank in a name keeps it apart from others.
    let part = |name: &str, value: Cell| Metric {
        name: format!("{} {name}", metric.name),
        kind: MetricKind::Derived,
        value,
        fill_nulls_with: None,
        ..metric.clone()
    };
    let mut copy = book.clone();
    copy.metrics.push(part("numerator", numerator));
    copy.metrics.push(part("denominator", denominator));
    let names = copy.metrics.iter().rev().take(2).rev().map(|metric| metric.name.clone()).collect();
    let query = Query { metrics: names, by: vec![ask.dim.clone()], totals: false, ..ask.query.clone() };
    let program = Program::compile(&copy, &query)?;
    let evaluation = data.evaluate(&program)?;
    let (view, receipt) = (program.view(), evaluation.finish()?.receipt);
    let Some(grain) = view.grain() else {
        return Err(refused(
            "RM0315",
            "a period can be compared with the one before only if the question has periods".into(),
            Some("give it a grain: day, week, month, quarter or year".into()),
        ));
    };
    let mut cells: BTreeMap<i64, BTreeMap<Coordinate, Vec<ExactCell>>> = BTreeMap::new();
    for group in evaluation.exact()? {
        let (Some(day), Some(segment)) = (group.period, group.key.into_iter().next()) else { continue };
        cells.entry(day).or_default().insert(segment, group.cells);
    }
    let partial = |day: i64| {
        let flags = cells.get(&day).into_iter().flat_map(BTreeMap::values).flatten().map(|cell| cell.flags);
        flags.into_iter().any(super::is_partial)
    };
    let known = cells.keys().copied().collect();
    let pairs = period_pairs(&known, grain, view.calendar(), ask.periods, &partial)?;
    let none = BTreeMap::new();
    Ok(pairs
        .into_iter()
        .map(|(from, to)| {
            let (before, after) = (cells.get(&from).unwrap_or(&none), cells.get(&to).unwrap_or(&none));
            MixExplained {
                from: period(grain, from),
                to: period(grain, to),
                outcome: compare(before, after, metric, ask.digits),
                receipt: receipt.clone(),
            }
        })
        .collect())
}

type Cells = BTreeMap<Coordinate, Vec<ExactCell>>;

fn compare(before: &Cells, after: &Cells, metric: &Metric, digits: Option<i8>) -> Result<Mix, ChainError> {
    let mut names: Vec<&Coordinate> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let segments: Vec<Segment> = (names.iter())
        .map(|name| Segment { before: parts(before.get(*name)), after: parts(after.get(*name)) })
        .collect();
    let exact = mix_and_rate(&segments)?;
    let sizes = [&exact.before, &exact.after].into_iter().filter_map(to_f64);
    let quantum = digits.map_or_else(
        || quantum::suited(&metric.unit_text(), sizes),
        |digits| Quantum::power_of_ten(digits.checked_neg().unwrap_or(i8::MAX)),
    );
    let mut shown = exact.shown(quantum).into_iter();
    let mut total = num_bigint::BigInt::from(0);
    let mut effects = Vec::with_capacity(names.len());
    for (name, segment) in names.into_iter().zip(&segments) {
        let (Some(mix), Some(rate)) = (shown.next(), shown.next()) else { break };
        total += &mix.units + &rate.units;
        let ratios = (ratio(&segment.before), ratio(&segment.after));
        effects.push(SegmentEffect { segment: name.clone(), ratios, mix, rate });
    }
    let unexplained = shown.next().unwrap_or_else(|| chain::nothing(quantum));
    total += &unexplained.units;
    Ok(Mix { segments: effects, unexplained, change: quantum.text(&total), exact, quantum })
}

/// Numerator and denominator of a segment; a part without a value is no part.
fn parts(cells: Option<&Vec<ExactCell>>) -> Option<Parts> {
    let value = |at: usize| cells?.get(at)?.value.as_ref().ok();
    Some(Parts { numerator: value(0)?.clone(), denominator: value(1)?.clone() })
}

fn ratio(parts: &Option<Parts>) -> Option<f64> {
    let Parts { numerator, denominator } = parts.as_ref()?;
    let zero = BigRational::from_integer(0.into());
    if *denominator == zero { None } else { to_f64(&(numerator / denominator)) }
}
