//! Links between metrics: how a ripple travels from one to the next.

use super::{ArithOp, MetricId};

/// A link of the book.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The metric that is moved.
    pub to: MetricId,
    /// What moves it.
    pub kind: LinkKind,
    /// What the book says about the link, for people; may be empty.
    pub description: String,
}

/// The kinds of links; they are never mixed.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkKind {
    /// `to` is this formula, exactly, in every period and group; whatever the data leave over is *unexplained*.
    Identity(Identity),
    /// Somebody believes that `from` moves `to`. Shown, and never computed with.
    Belief {
        /// The metric that moves.
        from: MetricId,
    },
}

/// Arithmetic over metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// The formula.
    pub formula: Arithmetic,
    /// The formula as the book writes it.
    pub text: String,
}

/// An arithmetic expression over metrics and exact numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Arithmetic {
    /// `mantissa / 10^scale`.
    Number {
        /// Digits without the point.
        mantissa: i128,
        /// Digits after the point.
        scale: u8,
    },
    /// A metric's value.
    Metric(MetricId),
    /// `-a`.
    Neg(Box<Arithmetic>),
    /// `a op b`; only `Add`, `Sub`, `Mul`, `Div`.
    Op(ArithOp, Box<Arithmetic>, Box<Arithmetic>),
}

impl Arithmetic {
    /// The metrics of the expression, each once, in the order in which they are first named.
    #[must_use]
    pub fn metrics(&self) -> Vec<MetricId> {
        fn walk(part: &Arithmetic, found: &mut Vec<MetricId>) {
            match part {
                Arithmetic::Number { .. } => {}
                Arithmetic::Metric(id) => {
                    if !found.contains(id) {
                        found.push(*id);
                    }
                }
                Arithmetic::Neg(a) => walk(a, found),
                Arithmetic::Op(_, a, b) => {
                    walk(a, found);
                    walk(b, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(self, &mut found);
        found
    }
}
