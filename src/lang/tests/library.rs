//! Functions of a book: what calls become, and what is refused where.

use super::*;

const KPI: &str = "
    // Two decimals and a guard.
    fn share(part, whole) { if whole == 0 { return (); } part / whole }
    fn won(stage) { stage == \"won\" }
    fn weighted(amount, stage) { let w = if won(stage) { 1 } else { 0.5 }; amount * w }
    fn constant() { 7 }
";

fn library(text: &str) -> Library {
    Library::read(&[text]).unwrap_or_else(|found| panic!("{found:#?}"))
}

fn refused(texts: &[&str]) -> Vec<(usize, Problem)> {
    Library::read(texts).err().unwrap_or_else(|| panic!("accepted: {texts:?}"))
}

fn row_with(text: &str, functions: &Library) -> Result<Row, Vec<Problem>> {
    row_formula(text, &opps(), functions)
}

#[test]
fn a_call_is_its_body() {
    let kpi = library(KPI);
    for (call, body) in [
        ("won(outcome)", "outcome == \"won\""),
        ("outcome.won()", "outcome == \"won\""),
        ("weighted(acv, outcome)", "acv * (if outcome == \"won\" { 1 } else { 0.5 })"),
        ("weighted(rate, outcome)", "rate * (if outcome == \"won\" { 1 } else { 0.5 })"),
        ("share(qty, qty + 1)", "if qty + 1 == 0 { () } else { qty / (qty + 1) }"),
        (
            "share(share(qty, 2), constant())",
            "if 7 == 0 { () } else { (if 2 == 0 { () } else { qty / 2 }) / 7 }",
        ),
        ("constant() + constant()", "7 + 7"),
        // The argument sees the formula's `part`, not the parameter of the same name.
        ("let part = qty; share(part + 1, part)", "if qty == 0 { () } else { (qty + 1) / qty }"),
        ("let stage = 1; if won(outcome) { stage } else { 2 }", "if outcome == \"won\" { 1 } else { 2 }"),
    ] {
        assert_eq!(row_with(call, &kpi).unwrap(), row(body), "{call}");
    }
}

#[test]
fn cells_and_aggregates_call_them_too() {
    let kpi = library(&format!("{KPI} fn rate(x, c) {{ share(count_if(c), sum(x)) }}"));
    let typed =
        |text: &str| with_scope(None, |scope| cell_formula(text, &CellScope { functions: &kpi, ..*scope }));
    for (call, body) in [
        ("share(bookings, win_rate)", "if win_rate == 0 { 1 } else { bookings / win_rate }"),
        ("sum(weighted(acv, outcome))", "sum(acv * (if outcome == \"won\" { 1 } else { 0.5 }))"),
        ("count_if(won(outcome))", "count_if(outcome == \"won\")"),
    ] {
        // A guard that returns nothing exists for rows only.
        let body = body.replace("if win_rate == 0 { 1 } else { bookings / win_rate }", "bookings / win_rate");
        match typed(call) {
            Ok(found) => assert_eq!(found, cell(&body), "{call}"),
            Err(problems) => assert_eq!((call, problems[0].code), ("share(bookings, win_rate)", "RM0222")),
        }
    }
    let plain = library("fn rate(x, c) { count_if(c) / sum(x) } fn twice(x) { x + x }");
    let typed =
        |text: &str| with_scope(None, |scope| cell_formula(text, &CellScope { functions: &plain, ..*scope }));
    assert_eq!(typed("twice(rate(acv, paid))").unwrap(), cell("let r = count_if(paid) / sum(acv); r + r"));
    assert_eq!(typed("let c = paid; rate(acv, c)").unwrap(), cell("count_if(paid) / sum(acv)"));
}

#[test]
fn a_problem_in_a_body_has_two_places() {
    let text = "fn half(x) { x * 0.5 }\nfn ratio(a, b) { half(a) / (b + true) }";
    let kpi = library(text);
    let problems = row_with("qty + ratio(acv, qty)", &kpi).unwrap_err();
    let [problem] = problems.as_slice() else { panic!("{problems:#?}") };
    assert_eq!((problem.code, problem.at.clone()), ("RM0214", 6..11));
    let within = problem.within.as_ref().unwrap();
    assert_eq!((within.function.as_str(), within.source, &text[within.at.clone()]), ("ratio", 0, "+"));
    // One function inside another: the outer call, and the place in the inner body.
    let problems = row_with("ratio(outcome, qty)", &kpi).unwrap_err();
    let half = problems.iter().find(|problem| problem.within.as_ref().is_some_and(|w| w.function == "half"));
    let half = half.unwrap_or_else(|| panic!("{problems:#?}"));
    assert_eq!((half.at.clone(), &text[half.within.as_ref().unwrap().at.clone()]), (0..5, "*"));
    // What is wrong with an argument is wrong in the formula.
    let problems = row_with("half(nothing)", &kpi).unwrap_err();
    assert_eq!((problems[0].code, problems[0].at.clone(), &problems[0].within), ("RM0207", 5..12, &None));
}

#[test]
fn calls_that_do_not_fit() {
    let kpi = library(KPI);
    for (text, code, says) in [
        ("won()", "RM0209", "won(stage)"),
        ("won(outcome, 1)", "RM0209", "won(stage)"),
        ("wno(outcome)", "RM0208", "`won`"),
        ("won + 1", "RM0207", ""),
    ] {
        let problems = row_with(text, &kpi).expect_err(text);
        assert_eq!(problems[0].code, code, "{text}");
        assert!(format!("{:?}", problems[0]).contains(says), "{text}: {problems:#?}");
    }
}

#[test]
fn definitions_that_cannot_be_read() {
    for (text, code, covered) in [
        ("fn", "RM0230", ""),
        ("f(x) { x }", "RM0230", "f"),
        ("fn f { x }", "RM0230", "f"),
        ("fn f(x { x }", "RM0230", "{"),
        ("fn f(1) { 2 }", "RM0230", "1"),
        ("fn f(x) x", "RM0230", "x"),
        ("fn f(x) { x", "RM0230", ""),
        ("fn f(x) { x } y", "RM0230", "y"),
        ("fn sum(x) { x }", "RM0230", "sum"),
        ("fn f(x, x) { x }", "RM0230", "x"),
        ("fn f(x) { x } fn f(y) { y }", "RM0230", "f"),
        ("fn f(x) { x + y }", "RM0207", "y"),
        ("fn f(x) { as_of }", "RM0207", "as_of"),
        ("fn f(x) { let a = b; a }", "RM0207", "b"),
        ("fn f(x) { g(x) }", "RM0208", "g"),
        ("fn g(x) { x } fn f(x) { g(x, 1) }", "RM0209", "g"),
        ("fn f(x) { }", "RM0203", ""),
        ("fn f(x) { x + }", "RM0204", ""),
        ("fn f(x) { while x { 1 } }", "RM0205", "while"),
        ("fn f(x) { fn g(y) { y } g(x) }", "RM0205", "fn"),
        ("fn f(x) { return x; }", "RM0229", "return"),
        ("fn f(x) { f(x) }", "RM0231", "f"),
        ("", "RM0203", ""),
    ] {
        let found = refused(&[text]);
        let (source, problem) = &found[0];
        let place = text.get(problem.at.clone());
        assert_eq!((*source, problem.code, place), (0, code, Some(covered)), "{text}: {found:#?}");
    }
    let places = refused(&["fn a(x) { b(x) }", "fn b(x) { c(x) } fn c(x) { a(x) + 1 }"]);
    assert_eq!(places.len(), 1);
    assert!(places[0].1.message.contains("a, b, c, a"), "{places:#?}");
    assert_eq!(refused(&["fn a(x) { x }", "fn b(x) { y }"])[0].0, 1);
}

/// Each function doubles the next one.
#[test]
fn functions_cannot_explode() {
    let mut text = String::from("fn f0(x) { x + x }");
    for n in 1..100 {
        text += &format!("fn f{n}(x) {{ f{}(x) + f{}(x) }}", n - 1, n - 1);
    }
    let kpi = library(&text);
    assert_eq!(row_with("f99(qty)", &kpi).unwrap_err()[0].code, "RM0202");
    assert!(row_with("f5(qty)", &kpi).is_ok());
    let mut chain = String::from("fn f0(x) { x }");
    for n in 1..450 {
        chain += &format!("fn f{n}(x) {{ f{}(x) }}", n - 1);
    }
    assert_eq!(row_with("f449(qty)", &library(&chain)).unwrap_err()[0].code, "RM0202");
}
