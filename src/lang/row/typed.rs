//! Rows whose type may still change: literals, and `()`.
//!
//! `0.055` is a float beside a float and an exact decimal beside a decimal. Until it meets one of them it
//! is carried as a decimal that is marked as literal, and so is what is built of literals alone
//! (`1 - 0.055`). `()` has no type until a neighbour lends it one.

use crate::lang::literal::{self, MAX_SCALE};
use crate::model::{Const, Row, RowNode, RowType};

/// A typed row expression on its way.
#[derive(Clone, Debug)]
pub(super) enum Typed {
    /// Its type is fixed.
    Row(Row),
    /// Int or Decimal, and every number in it is a literal.
    Literal(Row),
    /// `()`.
    Missing,
}

/// Why two numbers cannot meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clash {
    /// One of them is no number.
    NotNumbers,
    /// A decimal and a float.
    DecimalFloat,
}

/// Two numbers of one type (decimals: of one scale, where that was asked for).
pub(super) struct Pair {
    pub(super) left: Row,
    pub(super) right: Row,
    /// Both are literal.
    pub(super) literal: bool,
}

pub(super) fn row(ty: RowType, node: RowNode) -> Row {
    Row { ty, node }
}

pub(super) fn constant(value: Const) -> Row {
    let ty = match &value {
        Const::Int(_) => RowType::Int,
        Const::Decimal { scale, .. } => RowType::Decimal(*scale),
        Const::Float(_) => RowType::Float,
        Const::Bool(_) => RowType::Bool,
        Const::Text(_) => RowType::Text,
        Const::Date(_) => RowType::Date,
        Const::Timestamp(_) => RowType::Timestamp,
        Const::Duration(_) => RowType::Duration,
    };
    row(ty, RowNode::Const(value))
}

impl Typed {
    /// The row with its final type: a fraction that met nothing is a float.
    pub(super) fn settle(self) -> Option<Row> {
        match self {
            Typed::Row(row) => Some(row),
            Typed::Literal(row) => Some(if row.ty == RowType::Int { row } else { float_of_literal(row) }),
            Typed::Missing => None,
        }
    }

    pub(super) fn ty(&self) -> Option<RowType> {
        match self {
            Typed::Row(row) | Typed::Literal(row) => Some(row.ty),
            Typed::Missing => None,
        }
    }

    /// Marks a row as literal or not.
    pub(super) fn new(row: Row, literal: bool) -> Self {
        if literal { Typed::Literal(row) } else { Typed::Row(row) }
    }
}

/// Brings two numbers to one type. `align` also gives two decimals one scale.
pub(super) fn numbers(left: Typed, right: Typed, align: bool) -> Result<Pair, Clash> {
    let literal = matches!((&left, &right), (Typed::Literal(_), Typed::Literal(_)));
    let (Some(left), Some(right)) = (Number::of(left), Number::of(right)) else {
        return Err(Clash::NotNumbers);
    };
    use Kind::{Decimal, Float, Fraction, Int};
    let (to_left, to_right) = (left.kind, right.kind);
    let pair = |left, right| Pair { left, right, literal };
    match (to_left, to_right) {
        (Float, Decimal) | (Decimal, Float) => Err(Clash::DecimalFloat),
        (Int { .. }, Int { .. }) => Ok(pair(left.row, right.row)),
        // A fraction beside a column of integers is a float; beside a literal integer it stays what it is.
        (Float, _) | (_, Float) | (Fraction, Int { literal: false }) | (Int { literal: false }, Fraction) => {
            Ok(Pair { left: left.float(), right: right.float(), literal: false })
        }
        (Decimal | Fraction, _) | (_, Decimal | Fraction) => {
            let (left, right) = (left.decimal(), right.decimal());
            let scale = scale_of(&left).max(scale_of(&right));
            Ok(if align { pair(rescale(left, scale), rescale(right, scale)) } else { pair(left, right) })
        }
    }
}

/// What a number is when it meets another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int {
        literal: bool,
    },
    Decimal,
    /// A decimal made of literals.
    Fraction,
    Float,
}

struct Number {
    row: Row,
    kind: Kind,
}

impl Number {
    fn of(typed: Typed) -> Option<Self> {
        let (row, literal) = match typed {
            Typed::Row(row) => (row, false),
            Typed::Literal(row) => (row, true),
            Typed::Missing => return None,
        };
        let kind = match row.ty {
            RowType::Int => Kind::Int { literal },
            RowType::Decimal(_) if literal => Kind::Fraction,
            RowType::Decimal(_) => Kind::Decimal,
            RowType::Float => Kind::Float,
            _ => return None,
        };
        Some(Self { row, kind })
    }

    /// Not called on a decimal that is no literal.
    fn float(self) -> Row {
        match self.kind {
            Kind::Fraction => float_of_literal(self.row),
            _ => float_of_int(self.row),
        }
    }

    fn decimal(self) -> Row {
        if self.row.ty == RowType::Int { rescale(self.row, 0) } else { self.row }
    }
}

/// Digits after the point; 0 for what is no decimal.
pub(super) fn scale_of(row: &Row) -> u8 {
    if let RowType::Decimal(scale) = row.ty { scale } else { 0 }
}

/// An Int or a Decimal as a Decimal of a scale that is not smaller.
pub(super) fn rescale(value: Row, scale: u8) -> Row {
    let ty = RowType::Decimal(scale);
    let (mantissa, from) = match &value.node {
        _ if value.ty == ty => return value,
        RowNode::Const(Const::Int(n)) => (i128::from(*n), 0),
        RowNode::Const(Const::Decimal { mantissa, scale }) => (*mantissa, *scale),
        RowNode::Missing => return row(ty, RowNode::Missing),
        RowNode::Cast(_) => {
            let RowNode::Cast(inner) = value.node else {
                return value;
            };
            return row(ty, RowNode::Cast(inner));
        }
        _ => return row(ty, RowNode::Cast(Box::new(value))),
    };
    let factor = 10i128.checked_pow(u32::from(scale.min(MAX_SCALE).saturating_sub(from)));
    match factor.and_then(|factor| mantissa.checked_mul(factor)) {
        Some(mantissa) => constant(Const::Decimal { mantissa, scale }),
        // It fails where it is evaluated, as any other overflow does.
        None => row(ty, RowNode::Cast(Box::new(value))),
    }
}

/// An Int (or already a Float) as a Float.
pub(super) fn float_of_int(value: Row) -> Row {
    match value.node {
        _ if value.ty == RowType::Float => value,
        #[allow(clippy::cast_precision_loss)] // Nearest is what Cast means.
        RowNode::Const(Const::Int(n)) => constant(Const::Float(n as f64)),
        RowNode::Missing => row(RowType::Float, RowNode::Missing),
        _ => row(RowType::Float, RowNode::Cast(Box::new(value))),
    }
}

/// Rebuilds a row made of literals with floats at its leaves.
pub(super) fn float_of_literal(value: Row) -> Row {
    if !matches!(value.ty, RowType::Decimal(_)) {
        return float_of_int(value);
    }
    let float = |part: Box<Row>| Box::new(float_of_literal(*part));
    let node = match value.node {
        RowNode::Const(Const::Decimal { mantissa, scale }) => {
            RowNode::Const(Const::Float(literal::nearest(mantissa, scale)))
        }
        RowNode::Cast(inner) => return float_of_literal(*inner),
        RowNode::Neg(a) => RowNode::Neg(float(a)),
        RowNode::Arith(op, a, b) => RowNode::Arith(op, float(a), float(b)),
        RowNode::If(condition, a, b) => RowNode::If(condition, float(a), float(b)),
        RowNode::Coalesce(a, b) => RowNode::Coalesce(float(a), float(b)),
        other => other,
    };
    row(RowType::Float, node)
}

/// How a type is called in messages.
pub(super) fn name(ty: RowType) -> String {
    match ty {
        RowType::Int => "an integer".into(),
        RowType::Decimal(scale) => format!("a decimal({scale})"),
        RowType::Float => "a float".into(),
        RowType::Bool => "a truth value".into(),
        RowType::Text => "text".into(),
        RowType::Date => "a date".into(),
        RowType::Timestamp => "a timestamp".into(),
        RowType::Duration => "a duration".into(),
        RowType::BusinessDuration => "a number of business hours".into(),
    }
}

impl Typed {
    /// How the type is called in messages.
    pub(super) fn name(&self) -> String {
        match self {
            Typed::Literal(row) if row.ty != RowType::Int => "a fraction".into(),
            Typed::Row(row) | Typed::Literal(row) => name(row.ty),
            Typed::Missing => "()".into(),
        }
    }
}
