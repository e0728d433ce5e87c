//! The cells of two results side by side, and why those that differ do.

use super::side::Place;
use super::{Cause, Cell, DefinitionKind, Diff, Known};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Longer exact texts are compared by their doubles: reading digits takes quadratic time.
const LONGEST_EXACT: usize = 1000;

/// Parts of a question on which the value of a given cell does not depend.
const HARMLESS_PARTS: [&str; 4] = ["book", "book_version", "metrics", "totals"];

/// Cells that differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Values {
    /// Cells that are equal in all parts.
    pub equal: usize,
    /// Cells that both results have and that differ: by the size of the difference, the largest first; then those that
    /// have a value in one of them only; then those in which only what stands behind the value differs.
    pub changed: Vec<CellChange>,
    /// Cells that only the newer result has.
    pub added: Vec<CellChange>,
    /// Cells that only the older result has.
    pub removed: Vec<CellChange>,
}

impl Values {
    /// True if no cell differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.removed.is_empty()
    }
}

/// A cell that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellChange {
    /// The metric.
    pub metric: String,
    /// (name, value) of what the cell's level distinguishes, by name; `None` where the rows have no value.
    pub at: Vec<(String, Option<String>)>,
    /// The cell of the older result.
    pub from: Option<Cell>,
    /// The cell of the newer one.
    pub to: Option<Cell>,
    /// The newer value less the older one: exact where both are, otherwise of the doubles, rounded once. `None` where
    /// one of them does not exist.
    pub difference: Option<f64>,
    /// What explains the difference: one cause does, several may. Empty where the receipts tell of no cause.
    pub causes: Vec<Cause>,
}

/// Adds the values to what the receipts say.
pub(super) fn compare(found: &mut Diff, old: &BTreeMap<Place, Cell>, new: &BTreeMap<Place, Cell>) {
    let mut values = Values::default();
    for (place, before) in old {
        match new.get(place) {
            Some(after) if is_equal(before, after) => values.equal += 1,
            after => {
                let list = if after.is_some() { &mut values.changed } else { &mut values.removed };
                list.push(change(place, Some(before), after));
            }
        }
    }
    let added = new.iter().filter(|(place, _)| !old.contains_key(*place));
    values.added.extend(added.map(|(place, after)| change(place, None, Some(after))));
    values.changed.sort_by(by_size);

    let mut causes = Causes::of(found);
    let all = || values.changed.iter().chain(&values.added).chain(&values.removed);
    // Nothing else is left for one of these cells: so the data did change, whatever the states are worth.
    if found.data == Known::Unknown && all().any(|cell| causes.is_unexplained(cell, found)) {
        found.data = Known::Changed;
        causes = Causes::of(found);
    }
    for cell in values.changed.iter_mut().chain(&mut values.added).chain(&mut values.removed) {
        cell.causes = causes.of_cell(cell, found);
    }
    found.values = Some(values);
}

fn change(place: &Place, from: Option<&Cell>, to: Option<&Cell>) -> CellChange {
    let (metric, at) = place.clone();
    let difference = from.zip(to).and_then(|(from, to)| difference(from, to));
    CellChange { metric, at, from: from.cloned(), to: to.cloned(), difference, causes: Vec::new() }
}

fn is_equal(a: &Cell, b: &Cell) -> bool {
    let bits = |cell: &Cell| [cell.value, cell.numerator, cell.denominator].map(|v| v.map(f64::to_bits));
    bits(a) == bits(b) && (&a.exact, &a.reason, &a.flags, a.n) == (&b.exact, &b.reason, &b.flags, b.n)
}

fn difference(from: &Cell, to: &Cell) -> Option<f64> {
    let (a, b) = (from.value?, to.value?);
    let exact = |cell: &Cell| cell.exact.as_deref().and_then(rational);
    match (exact(from), exact(to)) {
        (Some(a), Some(b)) => crate::chain::to_f64(&(b - a)),
        _ => Some(b - a),
    }
}

/// Reads digits with a point, or a fraction.
fn rational(text: &str) -> Option<BigRational> {
    if text.len() > LONGEST_EXACT {
        return None;
    }
    let (numerator, denominator) = match (text.split_once('/'), text.split_once('.')) {
        (Some((numerator, denominator)), _) => (numerator.parse().ok()?, denominator.parse().ok()?),
        (None, Some((whole, digits))) => {
            let all: BigInt = format!("{whole}{digits}").parse().ok()?;
            (all, num_traits::pow(BigInt::from(10), digits.len()))
        }
        (None, None) => (text.parse().ok()?, BigInt::from(1)),
    };
    (!denominator.is_zero()).then(|| BigRational::new(numerator, denominator))
}

fn by_size(a: &CellChange, b: &CellChange) -> Ordering {
    let rank = |cell: &CellChange| match cell.difference {
        Some(difference) if difference != 0.0 => 0,
        Some(_) => 2,
        None => {
            let had = |cell: &Option<Cell>| cell.as_ref().is_some_and(|cell| cell.value.is_some());
            if had(&cell.from) || had(&cell.to) { 1 } else { 2 }
        }
    };
    let size = |cell: &CellChange| cell.difference.map_or(0.0, f64::abs);
    // The sort is stable, and places are in order.
    rank(a).cmp(&rank(b)).then_with(|| size(b).total_cmp(&size(a)))
}

/// What may explain a changed cell, apart from its metric's meaning.
struct Causes {
    question: bool,
    data: bool,
    engine: bool,
}

impl Causes {
    fn of(found: &Diff) -> Causes {
        Causes {
            question: found.question.iter().any(|change| !HARMLESS_PARTS.contains(&change.part)),
            data: found.data == Known::Changed,
            engine: found.engine.is_some(),
        }
    }

    fn means_another(cell: &CellChange, found: &Diff) -> bool {
        let mut changes = found.definitions.iter();
        changes.any(|change| change.metric == cell.metric && change.kind != DefinitionKind::Wording)
    }

    /// True if only the data can be behind it.
    fn is_unexplained(&self, cell: &CellChange, found: &Diff) -> bool {
        found.question_known && !self.question && !self.engine && !Causes::means_another(cell, found)
            // Without totals, or with other metrics, there are other cells.
            && (cell.from.is_some() && cell.to.is_some())
    }

    fn of_cell(&self, cell: &CellChange, found: &Diff) -> Vec<Cause> {
        let is_one_sided = cell.from.is_none() || cell.to.is_none();
        let asks =
            self.question || is_one_sided && found.question.iter().any(|change| change.part == "totals");
        let mut causes = Vec::new();
        if Causes::means_another(cell, found) {
            causes.push(Cause::Definition);
        }
        if asks {
            causes.push(Cause::Question);
        }
        // A metric that only one of the results has needs no other explanation.
        let is_whole = is_one_sided
            && found.definitions.iter().any(|change| {
                change.metric == cell.metric
                    && matches!(change.kind, DefinitionKind::Added | DefinitionKind::Removed)
            });
        if self.data && !is_whole {
            causes.push(Cause::Data);
        }
        if self.engine && causes.is_empty() {
            causes.push(Cause::Engine);
        }
        causes
    }
}
