//! The untyped syntax tree: what was written, where, before any name or type is known.
//!
//! It is ours, so that the parser behind it can be exchanged, and so that typing can be read without
//! knowing how Rhai represents things.

use super::literal::Fraction;
use crate::model::{ArithOp, CmpOp};
use std::ops::Range;

/// An expression and the token that stands for it in messages (an operator, a name, a literal).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) at: Range<usize>,
    pub(super) kind: Kind,
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Int(i64),
    Fraction(Fraction),
    Bool(bool),
    Text(String),
    /// `()`
    Missing,
    /// A column, a metric, a `let` or `as_of`.
    Name(String),
    Neg(Box<Node>),
    /// `+a`
    Plus(Box<Node>),
    Not(Box<Node>),
    Arith(ArithOp, Box<Node>, Box<Node>),
    Compare(CmpOp, Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Coalesce(Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    /// `a & b`, `a | b`, `a ^ b`
    Bits(BitOp, Box<Node>, Box<Node>),
    /// The value of a `switch`.
    Subject(Box<Node>),
    /// A pattern of a `switch` and, where it fits, the guard behind it.
    Guarded(Box<Node>, Box<Node>),
    /// `a in [c1, c2]`
    In(Box<Node>, Vec<Node>),
    /// `f(a, b)`, also written `a.f(b)`.
    Call(String, Vec<Node>),
    /// `{ let a = ..; let b = ..; value }`
    Block(Vec<Let>, Box<Node>),
    /// A function of the book, written out: its body sees the parameters and nothing else.
    Apply(Vec<Let>, Box<Node>),
    /// Something that has been refused already. It types to nothing and causes no further message.
    Refused,
}

/// Operators on two truth values that always look at both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BitOp {
    And,
    Or,
    Xor,
}

/// `let name = value`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Let {
    pub(super) name: String,
    pub(super) value: Node,
}

impl Node {
    /// The parts of an expression, in the order of the text; values of `let`s before what uses them.
    pub(super) fn parts(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Int(_)
            | Kind::Fraction(_)
            | Kind::Bool(_)
            | Kind::Text(_)
            | Kind::Missing
            | Kind::Name(_)
            | Kind::Refused => Vec::new(),
            Kind::Neg(a) | Kind::Plus(a) | Kind::Not(a) | Kind::Subject(a) => vec![a],
            Kind::Arith(_, a, b)
            | Kind::Compare(_, a, b)
            | Kind::And(a, b)
            | Kind::Or(a, b)
            | Kind::Coalesce(a, b)
            | Kind::Bits(_, a, b)
            | Kind::Guarded(a, b) => vec![a, b],
            Kind::If(a, b, c) => vec![a, b, c],
            Kind::In(a, items) => std::iter::once(&**a).chain(items).collect(),
            Kind::Call(_, arguments) => arguments.iter().collect(),
            Kind::Block(lets, value) | Kind::Apply(lets, value) => {
                lets.iter().map(|binding| &binding.value).chain([&**value]).collect()
            }
        }
    }

    /// Hands over each part to be changed, in the order of [`parts`](Self::parts).
    pub(super) fn each_part(&mut self, change: &mut impl FnMut(&mut Node)) {
        match &mut self.kind {
            Kind::Int(_)
            | Kind::Fraction(_)
            | Kind::Bool(_)
            | Kind::Text(_)
            | Kind::Missing
            | Kind::Name(_)
            | Kind::Refused => {}
            Kind::Neg(a) | Kind::Plus(a) | Kind::Not(a) | Kind::Subject(a) => change(a),
            Kind::Arith(_, a, b)
            | Kind::Compare(_, a, b)
            | Kind::And(a, b)
            | Kind::Or(a, b)
            | Kind::Coalesce(a, b)
            | Kind::Bits(_, a, b)
            | Kind::Guarded(a, b) => {
                change(a);
                change(b);
            }
            Kind::If(a, b, c) => [a, b, c].into_iter().for_each(|part| change(part)),
            Kind::In(a, items) => {
                change(a);
                items.iter_mut().for_each(change);
            }
            Kind::Call(_, arguments) => arguments.iter_mut().for_each(change),
            Kind::Block(lets, value) | Kind::Apply(lets, value) => {
                lets.iter_mut().for_each(|binding| change(&mut binding.value));
                change(value);
            }
        }
    }

    /// Hands over the expression and everything in it.
    pub(super) fn visit(&mut self, change: &mut dyn FnMut(&mut Node)) {
        change(self);
        self.each_part(&mut |part| part.visit(change));
    }

    /// The names of the functions that are called anywhere in it.
    pub(super) fn calls<'n>(&'n self, found: &mut Vec<&'n str>) {
        if let Kind::Call(name, _) = &self.kind {
            found.push(name);
        }
        for part in self.parts() {
            part.calls(found);
        }
    }

    pub(super) fn new(at: Range<usize>, kind: Kind) -> Self {
        Self { at, kind }
    }
}
