//! The mathematics of the chain against oracles that are not ours: Python's fractions over all orders of drivers, the
//! package `shap`, and reference results.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use ripplemark::chain::{
    ChainError, Formula, Parts, Quantum, Segment, Side, Step, decompose, explain, mix_and_rate, to_f64,
};
use serde_json::{Value, json};

fn tests_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Says something that the test runner does not hide: a test that did not run must not look as if it had.
fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "\n{line}");
}

/// Runs a script of this folder; `None`, with a line that says so, where there is no Python.
fn python(variable: &str, arguments: &[&str]) -> Option<Output> {
    let interpreter = std::env::var(variable).unwrap_or_else(|_| "python3".to_owned());
    let run = Command::new(&interpreter).args(arguments).output();
    if run.is_err() {
        say(&format!("SKIPPED: no {interpreter} for the independent reference"));
    }
    run.ok()
}

fn fraction(text: &str) -> BigRational {
    text.parse().unwrap()
}

fn fractions(values: &Value) -> Vec<Option<BigRational>> {
    values.as_array().unwrap().iter().map(|value| value.as_str().map(fraction)).collect()
}

fn formula(steps: &Value) -> Formula {
    let step = |step: &Value| match step.as_str() {
        Some("neg") => Step::Neg,
        Some("+") => Step::Add,
        Some("-") => Step::Sub,
        Some("*") => Step::Mul,
        Some("/") => Step::Div,
        Some(other) => panic!("{other}"),
        None => match step["leaf"].as_u64() {
            Some(leaf) => Step::Leaf(leaf as usize),
            None => Step::Number(fraction(step["number"].as_str().unwrap())),
        },
    };
    Formula::from_steps(steps.as_array().unwrap().iter().map(step).collect()).unwrap()
}

/// A double written in hex, as C's `%a` and Python's `hex` do.
fn double(text: &str) -> f64 {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (digits, exponent) = text.strip_prefix("0x").unwrap().split_once('p').unwrap();
    let (whole, hex) = digits.split_once('.').unwrap();
    let fraction = u64::from_str_radix(hex, 16).unwrap() << (52 - 4 * hex.len());
    let exponent: i64 = exponent.parse().unwrap();
    let bits = if whole == "1" { (((exponent + 1023) as u64) << 52) | fraction } else { fraction };
    f64::from_bits(bits | u64::from(negative) << 63)
}

fn bits(number: Option<f64>) -> Option<u64> {
    number.map(f64::to_bits)
}

fn sides(names: &Value) -> Vec<Side> {
    let side = |name: &Value| if name == "before" { Side::Before } else { Side::After };
    names.as_array().unwrap().iter().map(side).collect()
}

/// What Python found, once for all tests.
fn oracle() -> Option<&'static Value> {
    static FOUND: OnceLock<Option<Value>> = OnceLock::new();
    let run = || {
        let run = python("PYTHON", &[tests_path("chain_oracle.py").to_str().unwrap()])?;
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        Some(serde_json::from_slice(&run.stdout).unwrap())
    };
    FOUND.get_or_init(run).as_ref()
}

#[test]
fn a_thousand_random_formulas_are_those_of_python_fractions() {
    let Some(oracle) = oracle() else { return };
    let (mut explained, mut joined, mut refused) = (0, 0, 0);
    for case in oracle["trees"].as_array().unwrap() {
        let (before, after) = (fractions(&case["before"]), fractions(&case["after"]));
        let formula = formula(&case["steps"]);
        // One digit after the point: some contributions are far below it, others far above.
        let quantum = Quantum::power_of_ten(-1);
        let found = explain(&formula, &before, &after, None, quantum);
        if let Some(leaves) = case.get("undefined") {
            let leaves = leaves.as_array().unwrap().iter().map(|leaf| leaf.as_u64().unwrap() as usize);
            assert_eq!(found, Err(ChainError::Undefined { leaves: leaves.collect() }), "{case}");
            refused += 1;
            continue;
        }
        if let Some(names) = case.get("zero_denominator") {
            assert_eq!(found, Err(ChainError::ZeroDenominator { sides: sides(names) }), "{case}");
            refused += 1;
            continue;
        }
        let found = found.unwrap_or_else(|error| panic!("{error}: {case}"));
        assert_eq!(found.before, fraction(case["first"].as_str().unwrap()), "{case}");
        assert_eq!(found.after, fraction(case["second"].as_str().unwrap()), "{case}");
        let shares = case["shares"].as_array().unwrap();
        assert_eq!(found.contributions.len(), shares.len(), "{case}");
        for (own, share) in found.contributions.iter().zip(shares) {
            assert_eq!(json!(own.leaves), share["leaves"], "{case}");
            assert_eq!(own.exact, fraction(share["exact"].as_str().unwrap()), "{case}");
            assert_eq!(bits(own.contribution), bits(share["hex"].as_str().map(double)), "{case}");
            assert_eq!(json!(own.filled), share["filled"], "{case}");
            let error = &own.exact - quantum.value() * &own.units;
            assert!(error < quantum.value() && -error < quantum.value(), "{case}");
            joined += usize::from(own.leaves.len() > 1);
        }
        // All adds up: exactly, and as it is printed.
        assert!(found.unexplained.exact.is_zero(), "{case}");
        assert_eq!(found.change.exact, &found.after - &found.before);
        let printed: BigRational = found.contributions.iter().map(|c| decimal(&c.shown)).sum::<BigRational>()
            + decimal(&found.unexplained.shown);
        assert_eq!(printed, decimal(&found.change.shown));
        assert_eq!(found.change.units, quantum.nearest(&found.change.exact));
        explained += 1;
    }
    assert!(explained >= 1000 && joined >= 20 && refused >= 50, "{explained} {joined} {refused}");
    say(&format!(
        "chain: {explained} changes by all orders of drivers, {joined} joined players, {refused} refused"
    ));
}

/// Decimal text as a fraction.
fn decimal(text: &str) -> BigRational {
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let whole: BigInt = text.replace('.', "").parse().unwrap();
    BigRational::new(whole, BigInt::from(10).pow(digits as u32))
}

#[test]
fn what_is_shown_is_what_python_shows() {
    let Some(oracle) = oracle() else { return };
    for case in oracle["rounding"].as_array().unwrap() {
        let quantum = Quantum::power_of_ten(case["exponent"].as_i64().unwrap() as i8);
        let parts: Vec<BigRational> = fractions(&case["parts"]).into_iter().flatten().collect();
        let units = quantum.largest_remainder(&parts);
        let expected: Vec<BigInt> = case["units"]
            .as_array()
            .unwrap()
            .iter()
            .map(|units| units.to_string().parse().unwrap())
            .collect();
        assert_eq!(units, expected, "{case}");
        assert_eq!(json!(units.iter().map(|u| quantum.text(u)).collect::<Vec<_>>()), case["texts"], "{case}");
        assert_eq!(units.iter().sum::<BigInt>().to_string(), case["total"].to_string(), "{case}");
    }
    for case in oracle["doubles"].as_array().unwrap() {
        let own = to_f64(&fraction(case["number"].as_str().unwrap()));
        assert_eq!(bits(own), bits(case["hex"].as_str().map(double)), "{case}");
    }
}

#[test]
fn mix_and_rate_are_those_of_python_fractions() {
    let Some(oracle) = oracle() else { return };
    for case in oracle["segments"].as_array().unwrap() {
        let parts = |side: &Value| {
            let side = side.as_array()?;
            let [numerator, denominator] = [0, 1].map(|at| fraction(side[at].as_str().unwrap()));
            Some(Parts { numerator, denominator })
        };
        let rows = case["segments"].as_array().unwrap();
        let segments: Vec<Segment> =
            rows.iter().map(|row| Segment { before: parts(&row[0]), after: parts(&row[1]) }).collect();
        let found = mix_and_rate(&segments);
        if let Some(names) = case.get("zero_denominator") {
            assert_eq!(found, Err(ChainError::ZeroDenominator { sides: sides(names) }), "{case}");
            continue;
        }
        let found = found.unwrap();
        for (own, effect) in found.effects.iter().zip(case["effects"].as_array().unwrap()) {
            assert_eq!(own.mix, fraction(effect[0].as_str().unwrap()), "{case}");
            assert_eq!(own.rate, fraction(effect[1].as_str().unwrap()), "{case}");
        }
        let change = fraction(case["change"].as_str().unwrap());
        assert_eq!(found.unexplained, fraction(case["unexplained"].as_str().unwrap()), "{case}");
        assert_eq!(json!(found.simpson), case["simpson"], "{case}");
        assert_eq!(found.mix() + found.rate() + &found.unexplained, change, "{case}");
        let quantum = Quantum::power_of_ten(-3);
        let units: BigInt = found.shown(quantum).iter().map(|part| &part.units).sum();
        assert_eq!(units, quantum.nearest(&change), "{case}");
    }
}

#[test]
fn the_package_shap_agrees_within_its_floats() {
    let Some(oracle) = oracle() else { return };
    // States in doubles, as shap has them; and nothing that cancels to the last digit there.
    let short = |text: &Value| text.as_str().and_then(|text| text.parse::<i32>().ok());
    let mut cases = Vec::new();
    for case in oracle["trees"].as_array().unwrap() {
        let states: Option<Vec<Vec<i32>>> = ["before", "after"]
            .iter()
            .map(|side| case[side].as_array().unwrap().iter().map(short).collect())
            .collect();
        let numbers: Option<Vec<Value>> = case["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| match step.get("number") {
                Some(number) => short(number).map(|number| json!({ "number": number })),
                None => Some(step.clone()),
            })
            .collect();
        let (Some(states), Some(steps), Some(shares)) = (states, numbers, case["shares"].as_array()) else {
            continue;
        };
        let (before, after) = (fractions(&case["before"]), fractions(&case["after"]));
        let Ok(found) = decompose(&formula(&case["steps"]), &before, &after) else { continue };
        // Where drivers are joined, shap would divide by 0.
        if shares.len() != before.len() {
            continue;
        }
        let contributions: Vec<f64> =
            found.shares.iter().map(|share| to_f64(&share.exact).unwrap()).collect();
        cases.push(json!({
            "steps": steps, "before": states[0], "after": states[1], "contributions": contributions,
        }));
    }
    assert!(cases.len() > 50, "{}", cases.len());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("chain_shap.json");
    std::fs::write(&path, serde_json::to_string(&cases).unwrap()).unwrap();
    let script = tests_path("chain_shap.py");
    let Some(run) = python("RIPPLEMARK_SHAP_PYTHON", &[script.to_str().unwrap(), path.to_str().unwrap()])
    else {
        return;
    };
    let said = String::from_utf8_lossy(&run.stdout);
    match run.status.code() {
        Some(77) => {
            say(&format!("SKIPPED: {} to compare contributions with; `make test-full` has it", said.trim()))
        }
        _ => {
            assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
            say(&format!("shap: {}", said.trim()));
        }
    }
}

/// The reference data, or a line that says that they are absent.
fn data() -> Option<PathBuf> {
    let path = std::env::var_os("RIPPLEMARK_DATA")
        .map_or_else(|| tests_path("..").join("../shared/data"), PathBuf::from);
    if path.join("reference").is_dir() {
        return Some(path);
    }
    say(&format!("SKIPPED: no reference data at {} (set RIPPLEMARK_DATA)", path.display()));
    None
}

fn reference(data: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(data.join("reference").join(name).with_extension("json")).unwrap();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(value["rows"].take()).unwrap()
}

/// What moved won revenue between two quarters: closed deals × (won ÷ closed) × (revenue ÷ won).
#[test]
fn reference_revenue_by_driver() {
    let Some(data) = data() else { return };
    let quarters = reference(&data, "crm_10_by_close_quarter");
    let offices = reference(&data, "crm_11_by_close_quarter_office");
    let drivers = |office: &str, quarter: &Value| {
        let rows = if office == "(all)" { &quarters } else { &offices };
        let row = rows
            .iter()
            .find(|row| {
                row["close_quarter"] == *quarter && (office == "(all)" || row["regional_office"] == office)
            })
            .unwrap();
        let whole = |name: &str| BigRational::from_integer(row[name].as_i64().unwrap().into());
        let (won, closed) = (whole("won"), whole("win_rate_den"));
        let revenue = decimal(row["revenue"].as_str().unwrap());
        [Some(closed.clone()), Some(&won / &closed), Some(revenue / won)]
    };
    let product = Formula::leaf(0) * Formula::leaf(1) * Formula::leaf(2);
    let hex = |cell: &Value| double(cell["hex"].as_str().unwrap()).to_bits();
    let mut compared = 0;
    for row in reference(&data, "crm_18_revenue_drivers_shapley") {
        let office = row["regional_office"].as_str().unwrap();
        let (before, after) = (drivers(office, &row["from"]), drivers(office, &row["to"]));
        let found = explain(&product, &before, &after, None, Quantum::power_of_ten(0)).unwrap();
        assert_eq!(bits(to_f64(&found.before)), Some(hex(&row["revenue_from"])), "{row}");
        assert_eq!(bits(to_f64(&found.after)), Some(hex(&row["revenue_to"])), "{row}");
        assert_eq!(bits(found.change.contribution), Some(hex(&row["change"])), "{row}");
        for (own, name) in
            found.contributions.iter().zip(["due_to_closed_opps", "due_to_win_rate", "due_to_deal_size"])
        {
            assert_eq!(bits(own.contribution), Some(hex(&row[name])), "{name} of {row}");
            compared += 1;
        }
        if office == "(all)" && row["from"] == "2017-07-01" {
            let shown: Vec<&str> = found.contributions.iter().map(|part| part.shown.as_str()).collect();
            assert_eq!((found.change.shown.as_str(), shown), ("-179759", vec!["-88927", "-54907", "-35925"]));
        }
    }
    assert_eq!(compared, 36);
    say(&format!("crm_18: {compared} contributions equal to the bit"));
}
