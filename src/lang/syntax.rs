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
    pub(super) fn new(at: Range<usize>, kind: Kind) -> Self {
        Self { at, kind }
    }
}
