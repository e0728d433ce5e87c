//! Rules that are scripts: Rhai, run on the host under limits. Besides the reader of formulas the only module that
//! names the crate.
//!
//! A script sees what a condition sees, as doubles, and nothing else: no files, no time, no chance, no modules, and
//! only functions that give the same bits on every machine.

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicStringPackage,
    LogicPackage, Package,
};
use rhai::{AST, Dynamic, Engine, EvalAltResult, FLOAT, INT, Map, OptimizationLevel, ParseError, Scope};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a script's text.
pub(crate) const MAX_TEXT: usize = 64 * 1024;
/// Steps of one run: each expression and statement is one or a few.
pub const MAX_STEPS: u64 = 100_000;
/// Steps of all runs of one rule.
pub const MAX_RULE_STEPS: u64 = 5_000_000;
/// Calls inside one another.
pub const MAX_CALLS: usize = 16;
/// Bytes of a text. Rhai does not look at the size of a map when an entry is set, so that this times the steps of a run
/// bounds its memory.
pub const MAX_STRING: usize = 4 * 1024;
/// Elements of a list.
pub const MAX_LIST: usize = 10_000;
/// Entries of a map.
pub const MAX_MAP: usize = 1_000;
/// Variables at one time.
pub const MAX_VARIABLES: usize = 64;
/// Functions that a script defines.
const MAX_FUNCTIONS: usize = 32;
/// Expressions inside one another: outside and inside of functions.
const MAX_DEPTH: (usize, usize) = (64, 32);

/// A script that can be run.
pub(crate) struct Script {
    engine: Engine,
    ast: AST,
    steps: Arc<AtomicU64>,
    steps_before: u64,
}

/// A value that a script sees.
pub(crate) enum Input {
    Number(Option<f64>),
    Text(Option<String>),
    Map(Vec<(String, Input)>),
}

/// What a script said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Quiet,
    Fires,
    Says(String),
}

/// A mistake in a script's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    /// Line and character, from 1, where known.
    pub(crate) place: Option<(usize, usize)>,
}

impl Script {
    /// Reads a script.
    pub(crate) fn new(text: &str) -> Result<Script, Mistake> {
        if text.len() > MAX_TEXT {
            let message = format!("the script has {} bytes, at most {MAX_TEXT} are allowed", text.len());
            return Err(Mistake { message, place: None });
        }
        let steps = Arc::new(AtomicU64::new(0));
        let engine = engine(&steps);
        let ast = engine.compile(text).map_err(|error| mistake(&error))?;
        Ok(Script { engine, ast, steps, steps_before: 0 })
    }

    /// Runs the script.
    ///
    /// # Errors
    /// A sentence that names the limit or the mistake; no further run makes sense then.
    pub(crate) fn run(&mut self, inputs: Vec<(String, Input)>) -> Result<Verdict, String> {
        let left = MAX_RULE_STEPS.saturating_sub(self.steps_before);
        if left == 0 {
            return Err(format!("its runs took more than {MAX_RULE_STEPS} steps in all"));
        }
        self.engine.set_max_operations(MAX_STEPS.min(left));
        self.steps.store(0, Ordering::Relaxed);
        let mut scope = Scope::new();
        for (name, input) in inputs {
            scope.push_constant_dynamic(name, dynamic(input));
        }
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &self.ast);
        self.steps_before =
            self.steps_before.saturating_add(self.steps.load(Ordering::Relaxed)).saturating_add(1);
        verdict(result.map_err(|error| stopped(&error))?)
    }
}

fn engine(steps: &Arc<AtomicU64>) -> Engine {
    let mut engine = Engine::new_raw();
    // Without the packages of time, chance, debugging and sleeping.
    engine.register_global_module(ArithmeticPackage::new().as_shared_module());
    engine.register_global_module(LogicPackage::new().as_shared_module());
    engine.register_global_module(BasicStringPackage::new().as_shared_module());
    engine.register_global_module(BasicIteratorPackage::new().as_shared_module());
    engine.register_global_module(BasicArrayPackage::new().as_shared_module());
    engine.register_global_module(BasicMapPackage::new().as_shared_module());
    // Functions that IEEE 754 defines to the last bit; `ln`, `sin` or `**` differ between machines.
    engine.register_fn("floor", FLOAT::floor);
    engine.register_fn("ceiling", FLOAT::ceil);
    engine.register_fn("round", FLOAT::round);
    engine.register_fn("sqrt", FLOAT::sqrt);
    engine.register_fn("to_float", |x: INT| x as FLOAT);
    engine.register_fn("to_float", |x: FLOAT| x);
    engine.register_fn("to_int", |x: FLOAT| x as INT);
    engine.register_fn("is_null", |x: Dynamic| x.is_unit());
    for symbol in ["eval", "print", "debug", "import", "export", "**", "**="] {
        engine.disable_symbol(symbol);
    }
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_expr_depths(MAX_DEPTH.0, MAX_DEPTH.1);
    engine.set_max_operations(MAX_STEPS);
    engine.set_max_call_levels(MAX_CALLS);
    engine.set_max_string_size(MAX_STRING);
    engine.set_max_array_size(MAX_LIST);
    engine.set_max_map_size(MAX_MAP);
    engine.set_max_variables(MAX_VARIABLES);
    engine.set_max_functions(MAX_FUNCTIONS);
    engine.set_max_modules(0);
    let counter = Arc::clone(steps);
    engine.on_progress(move |count| {
        counter.store(count, Ordering::Relaxed);
        None
    });
    engine
}

fn dynamic(input: Input) -> Dynamic {
    match input {
        Input::Number(number) => number.map_or(Dynamic::UNIT, Dynamic::from),
        Input::Text(text) => text.map_or(Dynamic::UNIT, Dynamic::from),
        Input::Map(entries) => {
            let map: Map = entries.into_iter().map(|(key, value)| (key.into(), dynamic(value))).collect();
            Dynamic::from_map(map)
        }
    }
}

fn verdict(result: Dynamic) -> Result<Verdict, String> {
    if result.is_unit() {
        return Ok(Verdict::Quiet);
    }
    if let Ok(fires) = result.as_bool() {
        return Ok(if fires { Verdict::Fires } else { Verdict::Quiet });
    }
    let found = result.type_name().to_owned();
    let expected = "a script ends with true, false, () or a map such as #{message: \"...\"}";
    let Some(map) = result.try_cast::<Map>() else {
        return Err(format!("its result is of type {found}; {expected}"));
    };
    match map.get("message").cloned().map(Dynamic::into_string) {
        Some(Ok(message)) => Ok(Verdict::Says(message)),
        _ => Err(format!("its result is a map without a text `message`; {expected}")),
    }
}

fn mistake(error: &ParseError) -> Mistake {
    let place = error.position();
    Mistake {
        message: format!("the script cannot be read: {}", error.err_type()),
        place: place.line().map(|line| (line, place.position().unwrap_or(1))),
    }
}

/// Why a run ended early, in our words.
fn stopped(error: &EvalAltResult) -> String {
    let place = |error: &EvalAltResult| match error.position().line() {
        Some(line) => format!(" (line {line} of the script)"),
        None => String::new(),
    };
    // Calls wrap what went wrong inside them; the innermost says what it was.
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, within, _) = inner {
        inner = within;
    }
    match inner {
        EvalAltResult::ErrorTooManyOperations(at) => {
            let line = at.line().map_or(String::new(), |line| format!(" (line {line} of the script)"));
            format!("it took more than {MAX_STEPS} steps{line}; a loop may have no end")
        }
        EvalAltResult::ErrorStackOverflow(_) => {
            format!("more than {MAX_CALLS} calls inside one another{}", place(inner))
        }
        EvalAltResult::ErrorTooManyVariables(_) => {
            format!("more than {MAX_VARIABLES} variables{}", place(inner))
        }
        EvalAltResult::ErrorDataTooLarge(what, _) => format!(
            "{} grew beyond its limit{}; texts have at most {MAX_STRING} bytes, lists {MAX_LIST} elements, maps {MAX_MAP} entries",
            what.to_lowercase(),
            place(inner)
        ),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> Result<Verdict, String> {
        let mut script = Script::new(text).map_err(|mistake| mistake.message)?;
        let win_rate = Input::Map(vec![
            ("value".into(), Input::Number(Some(0.25))),
            ("prior".into(), Input::Number(None)),
        ]);
        script.run(vec![("m".into(), Input::Map(vec![("win_rate".into(), win_rate)]))])
    }

    #[test]
    fn scripts_see_facets_and_say_something() {
        assert_eq!(run("m.win_rate.value < 0.4"), Ok(Verdict::Fires));
        assert_eq!(run("m.win_rate.prior != ()"), Ok(Verdict::Quiet));
        assert_eq!(run("is_null(m.win_rate.prior)"), Ok(Verdict::Fires));
        assert_eq!(
            run("let s = 0; for i in 0..10 { s += i; } if s == 45 { #{message: `sum ${s}`} }"),
            Ok(Verdict::Says("sum 45".into()))
        );
        assert_eq!(run("fn twice(x) { x * 2 } twice(m.win_rate.value) == 0.5"), Ok(Verdict::Fires));
        assert_eq!(run("[3, 1, 2].filter(|x| x > 1).len() == 2"), Ok(Verdict::Fires));
        assert_eq!(
            run("let x = 2.5; x.floor() + x.ceiling() + round(x) + sqrt(4.0) == 10.0"),
            Ok(Verdict::Fires)
        );
    }

    #[test]
    fn runaways_are_stopped_and_told() {
        for (text, words) in [
            ("loop {}", "100000 steps"),
            ("let x = 0; while true { x += 1; }", "a loop may have no end"),
            ("fn f(x) { f(x + 1) } f(0)", "16 calls"),
            ("let s = \"x\"; loop { s += s; }", "length of string grew beyond"),
            ("let a = [1]; loop { a += a; }", "grew beyond"),
            ("let a = []; a.pad(1000000000, 0); true", "grew beyond"),
            ("let a = [\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]; loop { a.push(a[0]); }", "grew beyond"),
            ("let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; }", "steps"),
            ("let m = #{}; let i = 0; loop { m += parse(i); i += 1; }", "not found"),
            (
                "let s = \"xxxxxxxxxxxxxxxx\"; for i in 0..8 { s += s; } let a = []; for i in 0..10000 { a.push(s + `${i}`); } true",
                "grew beyond",
            ),
            ("let s = \"\"; for i in 0..1000000000 { s = `${i}`; } true", "steps"),
            ("1 + 1", "type i64"),
            ("#{note: 1}", "without a text `message`"),
        ] {
            let why = run(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
    }

    #[test]
    fn nothing_reaches_outside() {
        for text in [
            "eval(\"1\")",
            "import \"x\" as y; true",
            "print(1)",
            "debug(1)",
            "timestamp()",
            "sleep(1)",
            "rand()",
            "2.0 ** 0.5",
            "sin(1.0)",
            "ln(2.0)",
            "exit()",
            "m.win_rate.value = 1.0; true",
        ] {
            let result = run(text);
            assert!(result.is_err(), "{text}: {result:?}");
        }
    }

    #[test]
    fn all_runs_of_a_rule_have_one_budget() {
        let mut script = Script::new("let x = 0; while x < 8000 { x += 1; } false").unwrap();
        let mut runs = 0;
        let why = loop {
            match script.run(Vec::new()) {
                Ok(_) => runs += 1,
                Err(why) => break why,
            }
            assert!(runs < 1_000);
        };
        assert!(runs > 10 && why.contains("steps"), "{runs} {why}");
    }
}
