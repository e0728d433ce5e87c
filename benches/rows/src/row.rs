//! The row formula, engine by engine: variables of a row go in, a number comes out.

use crate::{Formulas, agree, nanoseconds};
use serde_json::json;
use std::sync::Arc;

/// One row.
#[derive(Clone, Copy)]
struct Row {
    amount: f64,
    discount: f64,
    region: &'static str,
    stage: &'static str,
}

const WHAT: &str = "row formula on one row";
const ROWS: usize = 1_024;

fn rows() -> Vec<Row> {
    let (regions, stages) = (["EMEA", "NA", "APAC"], ["won", "lost", "open", "lead"]);
    let mut state = 42_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    (0..ROWS)
        .map(|_| Row {
            amount: below(10_000_000) as f64 / 100.0,
            discount: below(31) as f64 / 100.0,
            region: regions[below(3)],
            stage: stages[below(4)],
        })
        .collect()
}

fn expected(row: Row) -> f64 {
    let net = row.amount * (1.0 - row.discount);
    if row.stage == "won" {
        if net > 50_000.0 { net * 0.9 } else { net }
    } else if row.region == "EMEA" {
        (net * 0.5).max(100.0)
    } else {
        net.min(1_000.0)
    }
}

fn time(engine: &str, mut run: impl FnMut(Row) -> f64, tell: &mut impl FnMut(&str, &str, f64)) {
    let rows = rows();
    for &row in &rows {
        agree(engine, run(row), expected(row));
    }
    let mut at = 0;
    let took = nanoseconds(|| {
        std::hint::black_box(run(rows[at % ROWS]));
        at += 1;
    });
    tell(engine, WHAT, took);
}

/// Times all engines.
pub fn measure(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    time("Rust itself", expected, tell);
    rhai(formulas, tell);
    cel(formulas, tell);
    zen(formulas, tell);
    datalogic(formulas, tell);
}

fn rhai(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    let engine = rhai::Engine::new();
    let ast = engine.compile(formulas.row("rhai").as_str().expect("a text")).expect("compiles");
    let mut scope = rhai::Scope::new();
    scope.push("amount", 0.0).push("discount", 0.0).push("region", "").push("stage", "");
    time(
        "rhai",
        |row| {
            scope.rewind(0);
            scope.push("amount", row.amount).push("discount", row.discount);
            scope.push("region", row.region).push("stage", row.stage);
            engine.eval_ast_with_scope(&mut scope, &ast).expect("runs")
        },
        tell,
    );
}

fn cel(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    let env = Arc::new(cel::Env::stdlib());
    let program = env.compile(formulas.row("cel").as_str().expect("a text")).expect("compiles");
    let mut context = cel::Context::with_env(env);
    // CEL's standard library has neither.
    let _ = context.add_function("max", |a: f64, b: f64| a.max(b));
    let _ = context.add_function("min", |a: f64, b: f64| a.min(b));
    time(
        "cel",
        |row| {
            context.add_variable_from_value("amount", row.amount);
            context.add_variable_from_value("discount", row.discount);
            context.add_variable_from_value("region", row.region);
            context.add_variable_from_value("stage", row.stage);
            match program.execute(&context) {
                Ok(cel::Value::Float(value)) => value,
                other => panic!("cel gives {other:?}"),
            }
        },
        tell,
    );
}

fn zen(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    let text = formulas.row("zen").as_str().expect("a text");
    let compiled = zen_expression::compile_expression(text).expect("compiles");
    let mut machine = zen_expression::vm::VM::new();
    time(
        "zen-expression",
        |row| {
            let context = json!({
                "amount": row.amount, "discount": row.discount, "region": row.region, "stage": row.stage
            });
            let value = compiled.evaluate_with(context.into(), &mut machine).expect("runs");
            value.to_value().as_f64().expect("a number")
        },
        tell,
    );
}

fn datalogic(formulas: &Formulas, tell: &mut impl FnMut(&str, &str, f64)) {
    let engine = datalogic_rs::Engine::new();
    let logic = engine.compile(formulas.row("datalogic").to_string().as_str()).expect("compiles");
    let mut session = engine.session();
    time(
        "datalogic-rs",
        |row| {
            session.reset();
            let data = format!(
                r#"{{"amount":{},"discount":{},"region":"{}","stage":"{}"}}"#,
                row.amount, row.discount, row.region, row.stage
            );
            let value = session.eval_borrowed(&logic, data.as_str()).expect("runs");
            value.as_f64().expect("a number")
        },
        tell,
    );
}
