//! Which metrics may be added up: a split of a goal and a running total mean something for these alone.

use super::{AggFunc, ArithOp, Cell, Const, MetricId};

/// A metric as far as adding up is concerned: its value, and what stands in for an empty one.
pub(crate) type Part<'a> = (&'a Cell, Option<&'a Const>);

/// True if the metric over all rows is the sum of the metric over any parts of them: counts, sums, their sums and
/// differences, and constant multiples.
///
/// Metrics that are defined by each other are not additive, since they have no value.
pub(crate) fn is_additive<'a>(metric: MetricId, look_up: &dyn Fn(MetricId) -> Option<Part<'a>>) -> bool {
    let mut known = std::collections::BTreeMap::new();
    of_metric(metric, look_up, &mut known)
}

type Known = std::collections::BTreeMap<MetricId, bool>;

fn of_metric<'a>(
    metric: MetricId,
    look_up: &dyn Fn(MetricId) -> Option<Part<'a>>,
    known: &mut Known,
) -> bool {
    if let Some(answer) = known.get(&metric) {
        return *answer;
    }
    // Until it is known: a metric that meets itself on the way is not additive.
    known.insert(metric, false);
    let answer = look_up(metric)
        .is_some_and(|(cell, fill)| fill.is_none_or(is_zero_const) && of_cell(cell, look_up, known));
    known.insert(metric, answer);
    answer
}

fn of_cell<'a>(cell: &Cell, look_up: &dyn Fn(MetricId) -> Option<Part<'a>>, known: &mut Known) -> bool {
    match cell {
        Cell::Aggregate(aggregate) => matches!(aggregate.func, AggFunc::Count | AggFunc::Sum),
        Cell::Metric(id) => of_metric(*id, look_up, known),
        Cell::Neg(a) => of_cell(a, look_up, known),
        Cell::Arith(ArithOp::Add | ArithOp::Sub, a, b) => {
            of_cell(a, look_up, known) && of_cell(b, look_up, known)
        }
        Cell::Arith(ArithOp::Mul, a, b) => {
            is_number(a) && of_cell(b, look_up, known) || of_cell(a, look_up, known) && is_number(b)
        }
        Cell::Arith(ArithOp::Div, a, b) => of_cell(a, look_up, known) && is_number(b),
        Cell::Coalesce(a, b) => {
            of_cell(a, look_up, known) && matches!(&**b, Cell::Number { mantissa: 0, .. })
        }
        _ => false,
    }
}

fn is_number(cell: &Cell) -> bool {
    match cell {
        Cell::Number { .. } => true,
        Cell::Neg(a) => is_number(a),
        _ => false,
    }
}

fn is_zero_const(fill: &Const) -> bool {
    matches!(fill, Const::Int(0) | Const::Decimal { mantissa: 0, .. })
}
