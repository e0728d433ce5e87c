//! The oracle of row formulas: Rhai's own interpreter, under the rules that ripplemark documents.
//!
//! Rhai parses and walks the formula. Registered here is what the rules change: comparisons are IEEE, `/` is real
//! division, arithmetic on `()` gives `()`, and a float that would be NaN or infinite ends the row with a reason.
//! Nothing of ripplemark is used.

#![allow(clippy::float_cmp)] // Comparison by IEEE is what is told here.

pub(crate) mod calendar;
pub(crate) mod times;

use std::cmp::Ordering;

use num_bigint::BigInt;
use rhai::{AST, Dynamic, Engine, EvalAltResult, Scope};

/// What a formula gives for a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Int(i64),
    /// The bits; both zeros as +0.0, because a maximum keeps one of them.
    Float(u64),
    Bool(bool),
    Text(String),
    Missing,
    /// The first failure that the interpreter met.
    Failed(&'static str),
}

type Try<T> = Result<T, Box<EvalAltResult>>;

fn fail<T>(reason: &'static str) -> Try<T> {
    Err(reason.into())
}

fn finite(value: f64) -> Try<f64> {
    if value.is_finite() { Ok(value) } else { fail("overflow") }
}

fn divide(a: f64, b: f64) -> Try<f64> {
    if b == 0.0 { fail("zero_denominator") } else { finite(a / b) }
}

fn remainder(a: f64, b: f64) -> Try<f64> {
    if b == 0.0 { fail("zero_denominator") } else { finite(a % b) }
}

fn power(a: f64, b: f64) -> Try<f64> {
    if a == 0.0 && b < 0.0 {
        return fail("zero_denominator");
    }
    let result = libm::pow(a, b);
    if result.is_nan() { fail("sign") } else { finite(result) }
}

/// The double nearest to a / b, by trying the neighbours of a first guess in integers.
fn nearest_quotient(a: i64, b: i64) -> Try<f64> {
    if b == 0 {
        return fail("zero_denominator");
    }
    let negative = (a < 0) != (b < 0);
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    let guess = (a as f64 / b as f64).to_bits();
    // |a - m * 2^e * b|, times 2^-e where e is negative, as an integer.
    let distance = |bits: u64, scale: u32| {
        let mantissa = (bits & ((1 << 52) - 1)) | (u64::from(bits >> 52 != 0) << 52);
        let shift = (bits >> 52).max(1) as i64 - 1075 + i64::from(scale);
        let product = (BigInt::from(mantissa) * BigInt::from(b)) << u64::try_from(shift).unwrap();
        let exact = BigInt::from(a) << scale;
        if product > exact { product - exact } else { exact - product }
    };
    // Two roundings before the division and one in it: at most two doubles away.
    let candidates = guess.saturating_sub(4)..=guess + 4;
    let best = candidates.min_by(|&x, &y| match distance(x, 1200).cmp(&distance(y, 1200)) {
        Ordering::Equal => (x & 1).cmp(&(y & 1)),
        other => other,
    });
    let value = if a == 0 { 0.0 } else { f64::from_bits(best.unwrap_or(guess)) };
    Ok(if negative { -value } else { value })
}

macro_rules! missing_wins {
    ($engine:expr, $ty:ty, $($name:literal),*) => {$(
        $engine.register_fn($name, |_: $ty, _: ()| ());
        $engine.register_fn($name, |_: (), _: $ty| ());
    )*};
}

macro_rules! comparisons {
    ($engine:expr, $a:ty, $b:ty) => {
        $engine.register_fn("==", |a: $a, b: $b| a as f64 == b as f64);
        $engine.register_fn("!=", |a: $a, b: $b| a as f64 != b as f64);
        $engine.register_fn("<", |a: $a, b: $b| (a as f64) < b as f64);
        $engine.register_fn("<=", |a: $a, b: $b| a as f64 <= b as f64);
        $engine.register_fn(">", |a: $a, b: $b| a as f64 > b as f64);
        $engine.register_fn(">=", |a: $a, b: $b| a as f64 >= b as f64);
    };
}

macro_rules! float_arithmetic {
    ($engine:expr, $a:ty, $b:ty) => {
        $engine.register_fn("+", |a: $a, b: $b| finite(a as f64 + b as f64));
        $engine.register_fn("-", |a: $a, b: $b| finite(a as f64 - b as f64));
        $engine.register_fn("*", |a: $a, b: $b| finite(a as f64 * b as f64));
        $engine.register_fn("/", |a: $a, b: $b| divide(a as f64, b as f64));
        $engine.register_fn("%", |a: $a, b: $b| remainder(a as f64, b as f64));
        $engine.register_fn("**", |a: $a, b: $b| power(a as f64, b as f64));
    };
}

fn logarithm(function: fn(f64) -> f64, x: f64) -> Try<f64> {
    if x == 0.0 {
        fail("unbounded")
    } else if x < 0.0 {
        fail("sign")
    } else {
        finite(function(x))
    }
}

/// The double nearest to x, taken as the fraction that it is and rounded, halves away from zero, to some digits.
fn round_to(x: f64, digits: u32) -> f64 {
    let bits = x.to_bits() & !(1 << 63);
    let mantissa = (bits & ((1 << 52) - 1)) | (u64::from(bits >> 52 != 0) << 52);
    let den = BigInt::from(1) << 1075u32;
    let num = (BigInt::from(mantissa) << (bits >> 52).max(1)) * BigInt::from(10).pow(digits);
    let whole: BigInt = (num * 2 + &den) / (den * 2);
    let magnitude: f64 = format!("{whole}e-{digits}").parse().unwrap();
    magnitude.copysign(x)
}

/// Functions of three values.
fn several(engine: &mut Engine) {
    type Choice = fn(f64, f64) -> bool;
    let fold = |better: Choice, values: [Dynamic; 3]| -> Dynamic {
        if values.iter().any(Dynamic::is_unit) {
            return Dynamic::UNIT;
        }
        let [a, b, c] = values;
        let pick = |a: Dynamic, b: Dynamic| {
            let is_better = match (a.as_int(), b.as_int()) {
                (Ok(a), Ok(b)) => better(1.0, 0.0) == (b > a) && a != b,
                _ => better(b.as_float().unwrap(), a.as_float().unwrap()),
            };
            if is_better { b } else { a }
        };
        pick(pick(a, b), c)
    };
    engine.register_fn("min", move |a: Dynamic, b: Dynamic, c: Dynamic| fold(|b, a| b < a, [a, b, c]));
    engine.register_fn("max", move |a: Dynamic, b: Dynamic, c: Dynamic| fold(|b, a| b > a, [a, b, c]));
    engine.register_fn("clamp", |x: Dynamic, low: i64, high: i64| match (x.as_int(), x.is_unit()) {
        (Ok(x), _) => Dynamic::from(if x < low {
            low
        } else if x > high {
            high
        } else {
            x
        }),
        _ => Dynamic::UNIT,
    });
    engine.register_fn("clamp", |x: Dynamic, low: f64, high: f64| match (x.as_float(), x.is_unit()) {
        (Ok(x), _) => Dynamic::from(if x < low {
            low
        } else if x > high {
            high
        } else {
            x
        }),
        _ => Dynamic::UNIT,
    });
}

/// The interpreter with our rules.
pub(crate) fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_fast_operators(false);
    engine.set_optimization_level(rhai::OptimizationLevel::None);
    engine.set_max_expr_depths(256, 256);
    comparisons!(engine, f64, f64);
    comparisons!(engine, f64, i64);
    comparisons!(engine, i64, f64);
    float_arithmetic!(engine, f64, f64);
    float_arithmetic!(engine, f64, i64);
    float_arithmetic!(engine, i64, f64);
    engine.register_fn("/", nearest_quotient);
    // Rhai has one message for both failures.
    engine.register_fn("%", |a: i64, b: i64| match a.checked_rem(b) {
        Some(rest) => Ok(rest),
        None => fail(if b == 0 { "zero_denominator" } else { "overflow" }),
    });
    missing_wins!(engine, i64, "+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=", "min", "max");
    missing_wins!(engine, f64, "+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=", "min", "max");
    missing_wins!(engine, bool, "==", "!=", "&", "|", "^");
    missing_wins!(engine, &str, "==", "!=");
    for name in ["+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=", "min", "max", "&", "|", "^"]
    {
        engine.register_fn(name, |_: (), _: ()| ());
    }
    several(&mut engine);
    calendar::register(&mut engine);
    times::register(&mut engine);
    engine.register_fn("round", |x: f64, digits: i64| round_to(x, digits as u32));
    engine.register_fn("round", |_: (), _: i64| ());
    engine.register_fn("log10", |x: f64| logarithm(libm::log10, x));
    engine.register_fn("log2", |x: f64| logarithm(libm::log2, x));
    for name in [
        "+", "-", "!", "abs", "sqrt", "ln", "exp", "floor", "ceiling", "round", "to_float", "log10", "log2",
        "sign",
    ] {
        engine.register_fn(name, |_: ()| ());
    }
    for name in ["contains", "starts_with", "ends_with"] {
        engine.register_fn(name, |_: (), _: &str| ());
    }
    engine.register_fn("is_null", |value: Dynamic| value.is_unit());
    engine.register_fn("to_float", |value: i64| value as f64);
    engine.register_fn("to_float", |value: f64| value);
    engine.register_fn("sqrt", |x: f64| if x < 0.0 { fail("sign") } else { Ok(x.sqrt()) });
    engine.register_fn("exp", |x: f64| finite(libm::exp(x)));
    engine.register_fn("ln", |x: f64| logarithm(libm::log, x));
    engine
}

/// Runs a parsed formula on the values of a row.
pub(crate) fn run(engine: &Engine, formula: &AST, scope: &mut Scope<'_>) -> Outcome {
    let depth = scope.len();
    let result = engine.eval_ast_with_scope::<Dynamic>(scope, formula);
    scope.rewind(depth);
    match result {
        Ok(value) if value.is_unit() => Outcome::Missing,
        Ok(value) => match (value.as_int(), value.as_float()) {
            (Ok(int), _) => Outcome::Int(int),
            (_, Ok(float)) => Outcome::Float((float + 0.0).to_bits()),
            _ => match value.as_bool() {
                Ok(truth) => Outcome::Bool(truth),
                Err(_) => Outcome::Text(value.into_string().expect("a formula gave something else")),
            },
        },
        Err(error) => Outcome::Failed(reason(&error)),
    }
}

/// Our name for a failure of the interpreter.
fn reason(error: &EvalAltResult) -> &'static str {
    let text = match error {
        EvalAltResult::ErrorRuntime(value, _) => value.to_string(),
        EvalAltResult::ErrorArithmetic(text, _) => text.clone(),
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => return reason(inner),
        other => panic!("the oracle cannot run a formula: {other}"),
    };
    for name in ["zero_denominator", "sign", "unbounded", "overflow"] {
        if text == name {
            return name;
        }
    }
    let text = text.to_lowercase();
    if text.contains("by zero") { "zero_denominator" } else { "overflow" }
}
