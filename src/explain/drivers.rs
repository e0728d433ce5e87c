//! Which metrics a metric is made of: its identity, and the identities of what that is made of, down to the leaves.
//!
//! Going down before anything is split is what keeps two leaves that offset each other within one driver in sight. A
//! metric without a link is made of what its definition names; that is not followed further, since links often lead
//! from there back to the metric itself (deal size is bookings by deals won, bookings are deals won by deal size).

use crate::chain::{Formula, Step};
use crate::exact;
use crate::model::{ArithOp, Arithmetic, Book, Cell, Identity, LinkKind, MetricId};

/// A metric's formula over leaves.
#[derive(Clone, Debug)]
pub(super) struct Drivers {
    /// Over positions in `leaves`.
    pub(super) formula: Formula,
    /// The metrics at the bottom, in the order in which the formula names them.
    pub(super) leaves: Vec<MetricId>,
    /// The formula as a reader knows it.
    pub(super) text: String,
}

/// Most steps of a formula with all identities written out. A book of links can double with each of them.
const MAX_STEPS: usize = 4096;

/// The formula of a metric; `None` where it has no drivers, `Some(Err)` where it has too many.
pub(super) fn drivers(book: &Book, metric: MetricId) -> Option<Result<Drivers, String>> {
    let linked = identity(book, metric);
    let (arithmetic, text) = match linked {
        Some(identity) => (identity.formula.clone(), identity.text.clone()),
        None => definition(book, metric)?,
    };
    let mut flat = Flat { book, follows: linked.is_some(), steps: Vec::new(), leaves: Vec::new() };
    if !flat.add(&arithmetic) {
        return Some(Err(format!(
            "its identities, written out, have more than {MAX_STEPS} parts; explain a metric further down"
        )));
    }
    let Flat { steps, leaves, .. } = flat;
    match Formula::from_steps(steps) {
        Ok(formula) => Some(Ok(Drivers { formula, leaves, text })),
        Err(error) => Some(Err(error.to_string())),
    }
}

/// The identity that the book's links give a metric.
fn identity(book: &Book, metric: MetricId) -> Option<&Identity> {
    book.links.iter().find_map(|link| match &link.kind {
        LinkKind::Identity(identity) if link.to == metric => Some(identity),
        _ => None,
    })
}

/// A metric's definition, where that is arithmetic over metrics, and its text.
fn definition(book: &Book, metric: MetricId) -> Option<(Arithmetic, String)> {
    let own = arithmetic(&book.metrics.get(metric.0)?.value)?;
    let text = written(book, &own, 0);
    (!own.metrics().is_empty()).then_some((own, text))
}

/// A definition as arithmetic over metrics; `None` where it is something else.
fn arithmetic(cell: &Cell) -> Option<Arithmetic> {
    Some(match cell {
        Cell::Number { mantissa, scale } => Arithmetic::Number { mantissa: *mantissa, scale: *scale },
        Cell::Metric(id) => Arithmetic::Metric(*id),
        Cell::Neg(a) => Arithmetic::Neg(Box::new(arithmetic(a)?)),
        Cell::Arith(op, a, b) => Arithmetic::Op(*op, Box::new(arithmetic(a)?), Box::new(arithmetic(b)?)),
        _ => return None,
    })
}

fn written(book: &Book, part: &Arithmetic, outer: u8) -> String {
    match part {
        Arithmetic::Number { mantissa, scale } => exact::to_text(&exact::decimal(*mantissa, *scale)),
        Arithmetic::Metric(id) => book.metrics.get(id.0).map_or_else(String::new, |m| m.name.clone()),
        Arithmetic::Neg(a) => format!("-{}", written(book, a, 3)),
        Arithmetic::Op(op, a, b) => {
            let (sign, level) = match op {
                ArithOp::Add => ("+", 1),
                ArithOp::Sub => ("-", 1),
                ArithOp::Mul => ("*", 2),
                _ => ("/", 2),
            };
            let text = format!("{} {sign} {}", written(book, a, level), written(book, b, level + 1));
            if level < outer { format!("({text})") } else { text }
        }
    }
}

struct Flat<'b> {
    book: &'b Book,
    /// Whether the identities of metrics are written out.
    follows: bool,
    steps: Vec<Step>,
    leaves: Vec<MetricId>,
}

impl Flat<'_> {
    /// Appends an expression with every linked metric in it written out; false beyond the limit. Links have no
    /// circles, so this ends.
    fn add(&mut self, part: &Arithmetic) -> bool {
        if self.steps.len() >= MAX_STEPS {
            return false;
        }
        match part {
            Arithmetic::Number { mantissa, scale } => {
                self.steps.push(Step::Number(exact::decimal(*mantissa, *scale)));
                true
            }
            Arithmetic::Metric(id) => {
                if let Some(identity) = identity(self.book, *id).filter(|_| self.follows) {
                    return self.add(&identity.formula);
                }
                let leaf = self.leaves.iter().position(|leaf| leaf == id).unwrap_or_else(|| {
                    self.leaves.push(*id);
                    self.leaves.len() - 1
                });
                self.steps.push(Step::Leaf(leaf));
                true
            }
            Arithmetic::Neg(a) => {
                let fits = self.add(a);
                self.steps.push(Step::Neg);
                fits
            }
            Arithmetic::Op(op, a, b) => {
                let fits = self.add(a) && self.add(b);
                self.steps.push(match op {
                    ArithOp::Add => Step::Add,
                    ArithOp::Sub => Step::Sub,
                    ArithOp::Mul => Step::Mul,
                    ArithOp::Div | ArithOp::Rem | ArithOp::Pow => Step::Div,
                });
                fits
            }
        }
    }
}
