//! Expressions over facets: what conditions of rules, messages and goals are made of.
//!
//! A facet is one side of a metric in one period and scope: its value, the value before, its rows, its target. All
//! numbers are exact fractions, as in cell formulas; what differs is the names.

use super::{ArithOp, CmpOp, MetricId};

/// One side of a metric in a period and scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// The number.
    Value,
    /// The number of the period before.
    Prior,
    /// Rows behind the number.
    N,
    /// Numerator, correctly rounded; only quotients have one.
    Num,
    /// Denominator, correctly rounded; only quotients have one.
    Den,
    /// The goal of the target in force.
    Target,
    /// How far the metric is, measured by how far it should be: 1 is as planned.
    Pace,
    /// Value − what was expected by now, in the metric's unit.
    Gap,
    /// A word: of the metric's own `status` list, or where its target stands.
    Status,
}

impl Facet {
    /// All facets with the words that formulas use.
    pub const ALL: [(&'static str, Facet); 9] = [
        ("value", Facet::Value),
        ("prior", Facet::Prior),
        ("n", Facet::N),
        ("num", Facet::Num),
        ("den", Facet::Den),
        ("target", Facet::Target),
        ("pace", Facet::Pace),
        ("gap", Facet::Gap),
        ("status", Facet::Status),
    ];

    /// The facet that a word stands for.
    #[must_use]
    pub fn named(word: &str) -> Option<Facet> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, facet)| *facet)
    }

    /// The word of the facet.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, facet)| *facet == self).map_or("", |(word, _)| word)
    }

    /// True if only a metric with a target has the facet.
    #[must_use]
    pub fn needs_target(self) -> bool {
        matches!(self, Facet::Target | Facet::Pace | Facet::Gap)
    }
}

/// What a name in a facet expression stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FacetName {
    /// A facet of a metric.
    Metric(MetricId, Facet),
    /// The value of the rule's dimension with this position.
    Dimension(usize),
    /// The period, as people write it; only in messages.
    Period,
    /// The value that a goal builds on; only in goals.
    Baseline,
}

/// What a facet expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FacetKind {
    /// An exact number.
    Number,
    /// True or false.
    Bool,
    /// Text: a status or the value of a dimension.
    Text,
}

/// An expression over facets. Operands have fitting kinds; a missing operand gives a missing result except where said.
#[derive(Clone, Debug, PartialEq)]
pub enum FacetExpr {
    /// `mantissa / 10^scale`.
    Number {
        /// Digits without the point.
        mantissa: i128,
        /// Digits after the point.
        scale: u8,
    },
    /// A truth value.
    Bool(bool),
    /// A text.
    Text(String),
    /// `()`.
    Missing,
    /// A facet, dimension or baseline.
    Name(FacetName),
    /// `-a`.
    Neg(Box<FacetExpr>),
    /// `!a`.
    Not(Box<FacetExpr>),
    /// Exact arithmetic; only `Add`, `Sub`, `Mul`, `Div`.
    Arith(ArithOp, Box<FacetExpr>, Box<FacetExpr>),
    /// Two numbers; two texts or truth values for `Eq` and `Ne`.
    Compare(CmpOp, Box<FacetExpr>, Box<FacetExpr>),
    /// False if either side is false, whatever the other.
    And(Box<FacetExpr>, Box<FacetExpr>),
    /// True if either side is true, whatever the other.
    Or(Box<FacetExpr>, Box<FacetExpr>),
    /// Missing if the condition is missing; only the chosen branch counts.
    If(Box<FacetExpr>, Box<FacetExpr>, Box<FacetExpr>),
    /// `a ?? b`: `b` where `a` has no value because there is nothing; a failure stays one.
    Coalesce(Box<FacetExpr>, Box<FacetExpr>),
    /// True where the operand has no value because there is nothing.
    IsNull(Box<FacetExpr>),
    /// `a in [..]`, constants of one kind.
    In(Box<FacetExpr>, Vec<FacetExpr>),
    /// `abs(a)`, `min(a, b)`, `max(a, b)`.
    Call(FacetFn, Vec<FacetExpr>),
}

/// Functions of facet expressions, all exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FacetFn {
    Abs,
    Min,
    Max,
}

impl FacetExpr {
    /// Calls back with every name, in the order of writing.
    pub fn each_name(&self, visit: &mut impl FnMut(FacetName)) {
        match self {
            FacetExpr::Number { .. } | FacetExpr::Bool(_) | FacetExpr::Text(_) | FacetExpr::Missing => {}
            FacetExpr::Name(name) => visit(*name),
            FacetExpr::Neg(a) | FacetExpr::Not(a) | FacetExpr::IsNull(a) | FacetExpr::In(a, _) => {
                a.each_name(visit);
            }
            FacetExpr::Arith(_, a, b)
            | FacetExpr::Compare(_, a, b)
            | FacetExpr::And(a, b)
            | FacetExpr::Or(a, b)
            | FacetExpr::Coalesce(a, b) => {
                a.each_name(visit);
                b.each_name(visit);
            }
            FacetExpr::If(a, b, c) => {
                a.each_name(visit);
                b.each_name(visit);
                c.each_name(visit);
            }
            FacetExpr::Call(_, args) => {
                for arg in args {
                    arg.each_name(visit);
                }
            }
        }
    }
}
