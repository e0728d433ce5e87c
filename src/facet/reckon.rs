//! Facet expressions on exact numbers.

use super::Why;
use crate::exact;
use crate::model::{ArithOp, CmpOp, FacetExpr, FacetFn, FacetName};
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use std::cmp::Ordering;

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(BigRational),
    Bool(bool),
    Text(String),
}

/// What names stand for, in one period and scope.
pub(crate) trait Facts {
    /// The value of a name, or why there is none.
    fn fact(&self, name: FacetName) -> Result<Value, Why>;
}

/// The value of an expression, or why there is none.
///
/// The typing of formulas sees to it that operands are of fitting kinds; where a caller built another expression, the
/// result is missing with the reason `invalid_input`.
pub(crate) fn reckon(expr: &FacetExpr, facts: &dyn Facts) -> Result<Value, Why> {
    match expr {
        FacetExpr::Number { mantissa, scale } => Ok(Value::Number(exact::decimal(*mantissa, *scale))),
        FacetExpr::Bool(value) => Ok(Value::Bool(*value)),
        FacetExpr::Text(text) => Ok(Value::Text(text.clone())),
        FacetExpr::Missing => Err(Why::one("empty")),
        FacetExpr::Name(name) => facts.fact(*name),
        FacetExpr::Neg(a) => Ok(Value::Number(-number(a, facts)?)),
        FacetExpr::Not(a) => Ok(Value::Bool(!truth(a, facts)?)),
        FacetExpr::Arith(op, a, b) => arith(*op, number(a, facts), number(b, facts)).map(Value::Number),
        FacetExpr::Compare(op, a, b) => compare(*op, reckon(a, facts), reckon(b, facts)).map(Value::Bool),
        FacetExpr::And(a, b) => either(truth(a, facts), truth(b, facts), false),
        FacetExpr::Or(a, b) => either(truth(a, facts), truth(b, facts), true),
        FacetExpr::If(condition, a, b) => {
            if truth(condition, facts)? {
                reckon(a, facts)
            } else {
                reckon(b, facts)
            }
        }
        FacetExpr::Coalesce(a, b) => match reckon(a, facts) {
            Err(why) if !why.is_failure() => reckon(b, facts),
            value => value,
        },
        FacetExpr::IsNull(a) => match reckon(a, facts) {
            Ok(_) => Ok(Value::Bool(false)),
            Err(why) if why.is_failure() => Err(why),
            Err(_) => Ok(Value::Bool(true)),
        },
        FacetExpr::In(a, list) => {
            let value = reckon(a, facts)?;
            let mut found = false;
            for item in list {
                found |= reckon(item, facts)? == value;
            }
            Ok(Value::Bool(found))
        }
        FacetExpr::Call(function, args) => call(*function, args, facts).map(Value::Number),
    }
}

/// The number that an expression gives.
pub(crate) fn number(expr: &FacetExpr, facts: &dyn Facts) -> Result<BigRational, Why> {
    match reckon(expr, facts)? {
        Value::Number(number) => Ok(number),
        _ => Err(Why::one("invalid_input")),
    }
}

fn truth(expr: &FacetExpr, facts: &dyn Facts) -> Result<bool, Why> {
    match reckon(expr, facts)? {
        Value::Bool(truth) => Ok(truth),
        _ => Err(Why::one("invalid_input")),
    }
}

/// Both values, or the reasons of all that are missing.
fn both<A, B>(a: Result<A, Why>, b: Result<B, Why>) -> Result<(A, B), Why> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(a.and(&b)),
        (Err(why), Ok(_)) | (Ok(_), Err(why)) => Err(why),
    }
}

fn arith(op: ArithOp, a: Result<BigRational, Why>, b: Result<BigRational, Why>) -> Result<BigRational, Why> {
    let (a, b) = both(a, b)?;
    match op {
        ArithOp::Add => Ok(a + b),
        ArithOp::Sub => Ok(a - b),
        ArithOp::Mul => Ok(a * b),
        ArithOp::Div if b.is_zero() => Err(Why::one("zero_denominator")),
        ArithOp::Div => Ok(a / b),
        ArithOp::Rem | ArithOp::Pow => Err(Why::one("invalid_input")),
    }
}

fn compare(op: CmpOp, a: Result<Value, Why>, b: Result<Value, Why>) -> Result<bool, Why> {
    let order = match both(a, b)? {
        (Value::Number(a), Value::Number(b)) => a.cmp(&b),
        (Value::Text(a), Value::Text(b)) => a.cmp(&b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(&b),
        _ => return Err(Why::one("invalid_input")),
    };
    Ok(match op {
        CmpOp::Eq => order == Ordering::Equal,
        CmpOp::Ne => order != Ordering::Equal,
        CmpOp::Lt => order == Ordering::Less,
        CmpOp::Le => order != Ordering::Greater,
        CmpOp::Gt => order == Ordering::Greater,
        CmpOp::Ge => order != Ordering::Less,
    })
}

/// `&&` (`decides` false) and `||` (`decides` true): a side that decides makes the other one needless.
fn either(a: Result<bool, Why>, b: Result<bool, Why>, decides: bool) -> Result<Value, Why> {
    if a.as_ref() == Ok(&decides) || b.as_ref() == Ok(&decides) {
        return Ok(Value::Bool(decides));
    }
    both(a, b).map(|_| Value::Bool(!decides))
}

fn call(function: FacetFn, args: &[FacetExpr], facts: &dyn Facts) -> Result<BigRational, Why> {
    match (function, args) {
        (FacetFn::Abs, [a]) => Ok(number(a, facts)?.abs()),
        (FacetFn::Min, [a, b]) => both(number(a, facts), number(b, facts)).map(|(a, b)| a.min(b)),
        (FacetFn::Max, [a, b]) => both(number(a, facts), number(b, facts)).map(|(a, b)| a.max(b)),
        _ => Err(Why::one("invalid_input")),
    }
}
