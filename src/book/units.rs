//! Units: those that a book states, and whether the formulas of its metrics are in them.

use super::codes;
use super::fields;
use super::formula::FormulaReader;
use super::metrics::Draft;
use super::node::Node;
use super::problems::{Problems, Report, quoted};
use super::values::Formulas;
use crate::model::{Base, Cell, Quantity, Unit};

const EXPECTED: &str = "names joined by `*`, `/` or `per`: `share`, `days`, `money[EUR]`, `money[EUR] / win`";

/// Reads a unit; reports one that cannot be read.
pub(super) fn read(node: &Node, currency: Option<&str>, problems: &mut Problems<'_>) -> Option<Unit> {
    let text = fields::text(node, "unit", problems)?;
    match Unit::parse(text, currency) {
        Ok(unit) => Some(unit),
        Err(mistake) => {
            let message = format!("{} is no unit: {}", quoted(text), mistake.message);
            problems.add(Report::error(codes::BAD_UNIT, &node.span, message).expected(EXPECTED));
            None
        }
    }
}

/// The unit of each metric: as stated, or else as it follows from the formula. Reports formulas whose parts do not fit
/// each other or what the metric says.
pub(super) fn check<R: FormulaReader>(
    drafts: &[Draft<'_>],
    cells: &[Option<&Cell>],
    references: &[Vec<usize>],
    formulas: &Formulas<'_, R>,
    problems: &mut Problems<'_>,
) -> Vec<Option<Unit>> {
    // What is stated counts for others even where the formula says something else, which is told once.
    let mut known: Vec<Quantity> = (drafts.iter())
        .map(|draft| draft.unit.as_ref().map_or(Quantity::Unknown, |(unit, _)| Quantity::Is(unit.clone())))
        .collect();
    let mut units: Vec<Option<Unit>> =
        drafts.iter().map(|draft| draft.unit.as_ref().map(|(unit, _)| unit.clone())).collect();
    for at in referred_first(references) {
        let Some(draft) = drafts.get(at) else { continue };
        if cells.get(at).copied().flatten().is_none() {
            continue;
        }
        problems.about(Some(&draft.name), draft.owner_words.as_deref());
        let found = formulas.quantity(draft, &known, problems);
        match (&draft.unit, found.unit()) {
            (Some((stated, node)), Some(inferred)) => contradiction(stated, inferred, node, problems),
            (None, Some(inferred)) if inferred.is_worth_showing() => {
                if let Some(unit) = units.get_mut(at) {
                    *unit = Some(inferred.clone());
                }
            }
            _ => {}
        }
        let Some(known) = known.get_mut(at) else { continue };
        match (&draft.unit, found) {
            (None, found) => *known = found,
            // A share of wins by leads is shown as a share, and goes on as wins by leads.
            (Some((stated, _)), Quantity::Is(inferred))
                if stated.is_plain() && stated.can_name(&inferred) =>
            {
                *known = Quantity::Is(inferred.soft(stated));
            }
            _ => {}
        }
    }
    problems.about(None, None);
    units
}

fn contradiction(stated: &Unit, inferred: &Unit, node: &Node, problems: &mut Problems<'_>) {
    if stated.can_name(inferred) {
        return;
    }
    let said = |unit: &Unit| match unit.to_string() {
        text if text.is_empty() => "a plain number".to_owned(),
        text => format!("`{text}`"),
    };
    let message = format!("the metric says {}, its formula gives {}", said(stated), said(inferred));
    let report = Report::error(codes::UNIT_MISMATCH, &node.span, message);
    // Brackets and braces mean something to YAML.
    let quote = if inferred.to_string().contains('[') { "'" } else { "" };
    let written = format!("unit: {quote}{inferred}{quote}");
    let has_time = |unit: &Unit| unit.factors().iter().any(|(base, _)| matches!(base, Base::Time(_)));
    problems.add(if inferred.is_plain() {
        report.hint("remove `unit`, or state the units of the columns that the formula reads")
    } else if has_time(stated) && has_time(inferred) {
        report.hint(format!("write `{written}`, or convert by a written factor, for example `x / 24`"))
    } else {
        report.hint(format!("write `{written}`, or correct the formula"))
    });
}

/// Positions of metrics, each behind those that it refers to. Of a circle, which is refused elsewhere, in some order.
fn referred_first(references: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(references.len());
    let mut seen = vec![false; references.len()];
    for start in 0..references.len() {
        // The way to here, with how many references of each have been followed.
        let mut path: Vec<(usize, usize)> = Vec::new();
        if let Some(seen) = seen.get_mut(start).filter(|seen| !**seen) {
            *seen = true;
            path.push((start, 0));
        }
        while let Some((metric, followed)) = path.last_mut() {
            let next = references.get(*metric).and_then(|all| all.get(*followed)).copied();
            *followed += 1;
            match next {
                None => {
                    order.push(*metric);
                    path.pop();
                }
                Some(next) => {
                    if let Some(seen) = seen.get_mut(next).filter(|seen| !**seen) {
                        *seen = true;
                        path.push((next, 0));
                    }
                }
            }
        }
    }
    order
}
