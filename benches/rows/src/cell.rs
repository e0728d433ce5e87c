//! The 24 KPI formulas on one cell whose aggregates are known, engine by engine.

use crate::{Formulas, agree, nanoseconds};
use serde_json::{Map, Value};
use std::hint::black_box;
use std::sync::Arc;

const WHAT: &str = "24 KPI formulas on one cell";

fn time(
    engine: &str,
    formulas: &Formulas,
    mut run: impl FnMut(&mut Vec<f64>),
    tell: &mut impl FnMut(&str, &str, f64),
) {
    let mut values = Vec::new();
    run(&mut values);
    let expected: Vec<f64> = formulas.cells().map(|(_, _, value)| value).collect();
    assert_eq!(values.len(), expected.len());
    for (found, expected) in values.iter().zip(expected) {
        agree(engine, *found, expected);
    }
    let took = nanoseconds(|| {
        values.clear();
        run(&mut values);
        black_box(&values);
    });
    tell(engine, WHAT, took);
}

/// Times all engines.
pub fn measure(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    rhai(formulas, tell);
    cel(formulas, tell);
    zen(formulas, tell);
    datalogic(formulas, tell);
}

fn rhai(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    let engine = rhai::Engine::new();
    let asts: Vec<_> =
        formulas.cells().map(|(infix, _, _)| engine.compile_expression(infix).expect("compiles")).collect();
    let inputs = formulas.inputs();
    let mut scope = rhai::Scope::new();
    let run = |values: &mut Vec<f64>| {
        scope.rewind(0);
        for (name, value) in &inputs {
            scope.push(name.as_str(), *value);
        }
        for ast in &asts {
            values.push(engine.eval_ast_with_scope(&mut scope, ast).expect("runs"));
        }
    };
    time("rhai", formulas, run, tell);
}

fn cel(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    let env = Arc::new(cel::Env::stdlib());
    let programs: Vec<_> =
        formulas.cells().map(|(infix, _, _)| env.compile(infix).expect("compiles")).collect();
    let inputs = formulas.inputs();
    let mut context = cel::Context::with_env(env);
    let run = |values: &mut Vec<f64>| {
        for (name, value) in &inputs {
            context.add_variable_from_value(name.as_str(), *value);
        }
        for program in &programs {
            match program.execute(&context) {
                Ok(cel::Value::Float(value)) => values.push(value),
                other => panic!("cel gives {other:?}"),
            }
        }
    };
    time("cel", formulas, run, tell);
}

fn object(formulas: &Formulas) -> Map<String, Value> {
    formulas.inputs().into_iter().map(|(name, value)| (name, value.into())).collect()
}

fn zen(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    let compiled: Vec<_> = formulas
        .cells()
        .map(|(infix, _, _)| zen_expression::compile_expression(infix).expect("compiles"))
        .collect();
    let data = Value::Object(object(formulas));
    let mut machine = zen_expression::vm::VM::new();
    let run = |values: &mut Vec<f64>| {
        let context = zen_expression::Variable::from(&data);
        for expression in &compiled {
            let value = expression.evaluate_with(context.clone(), &mut machine).expect("runs");
            values.push(value.to_value().as_f64().expect("a number"));
        }
    };
    time("zen-expression", formulas, run, tell);
}

fn datalogic(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    let engine = datalogic_rs::Engine::new();
    let compiled: Vec<_> = formulas
        .cells()
        .map(|(_, logic, _)| engine.compile(logic.to_string().as_str()).expect("compiles"))
        .collect();
    let data = Value::Object(object(formulas)).to_string();
    let mut session = engine.session();
    let run = |values: &mut Vec<f64>| {
        session.reset();
        let parsed = datalogic_rs::ParsedData::from_json(&data).expect("is JSON");
        for logic in &compiled {
            let value = session.eval_borrowed(logic, &parsed).expect("runs");
            values.push(value.as_f64().expect("a number"));
        }
    };
    time("datalogic-rs", formulas, run, tell);
}
