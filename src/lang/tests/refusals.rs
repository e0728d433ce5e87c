//! What is refused: code, bytes, and that the hint leads on.

use super::*;

/// A formula, its only code, the text that the problem covers, and a part of hint, expectation or message.
type Refusal = (&'static str, &'static str, &'static str, &'static str);

fn check(refusals: &[Refusal], problems: fn(&str) -> Vec<Problem>) {
    for (text, code, covered, says) in refusals {
        let found = problems(text);
        let [problem] = found.as_slice() else { panic!("{text}: {found:#?}") };
        assert_eq!((problem.code, &text[problem.at.clone()]), (*code, *covered), "{text}: {problem:#?}");
        let told = [
            &problem.message,
            problem.expected.as_deref().unwrap_or(""),
            problem.hint.as_deref().unwrap_or(""),
        ]
        .join(" ");
        assert!(told.contains(says), "{text}: {told}");
    }
}

#[test]
fn constructs_outside_the_language() {
    check(
        &[
            ("qty = 1", "RM0205", "=", "equality is written =="),
            ("qty += 1", "RM0205", "+=", "cannot assign"),
            ("while paid { 1 }", "RM0205", "while", "loops"),
            ("match qty { 1 => 2 }", "RM0205", "match", "switch value"),
            ("qty..5", "RM0205", "..", "behind `in`"),
            ("qty + 1..=5", "RM0205", "..=", "behind `in`"),
            ("qty...5", "RM0205", "...", "x in 1..5"),
            ("qty -> 1", "RM0205", "->", "else"),
            ("|x| x + qty", "RM0205", "|", "functions"),
            ("qty << 2", "RM0205", "<<", "power of two"),
            ("qty--1", "RM0205", "--", "a - (-b)"),
            ("qty<-1", "RM0205", "<-", "a < -b"),
            ("print(qty)", "RM0205", "print", "cannot print"),
            ("eval(\"1\")", "RM0205", "eval", "dynamically"),
            ("this", "RM0205", "this", "name the column"),
            ("a::b", "RM0205", "::", "modules"),
            ("acv?.abs()", "RM0205", "?.", "parts"),
            ("opps.acv", "RM0207", "opps.acv", "without the table's name"),
            ("acv.abs().x", "RM0205", "x", "parts"),
            ("qty[1]", "RM0205", "[", "indexed"),
            ("[1, 2]", "RM0205", "[", "in"),
            ("outcome == 'won'", "RM0205", "'", "double quotes"),
            ("default + 1", "RM0205", "default", "source"),
            ("größe > 1", "RM0205", "ö", "ASCII"),
            ("paid and paid", "RM0205", "and", "&&"),
            ("paid == null", "RM0205", "null", "()"),
            ("`a`", "RM0205", "`", "double quotes"),
            ("throw 1", "RM0205", "throw", "??"),
            ("const a = 1; a", "RM0205", "const", "let"),
            ("count(*)", "RM0205", "(*", "count()"),
            ("-qty ** 2", "RM0225", "**", "(-a) ** b"),
            ("-2 ** 2", "RM0225", "**", "-(a ** b)"),
            ("-(qty) ** 2", "RM0225", "**", "(-a) ** b"),
            ("1 + -qty.abs() ** 2", "RM0225", "**", "(-a) ** b"),
        ]
        .map(|(text, code, covered, says)| (text, code, covered, says)),
        |text| {
            let mut found = row_problems(text);
            // Some formulas hold the same mistake twice; the first is what is tested.
            found.truncate(1);
            found
        },
    );
}

#[test]
fn text_that_is_no_formula() {
    check(
        &[
            ("", "RM0203", "", "empty"),
            ("  // nothing", "RM0203", "", "empty"),
            ("qty +", "RM0204", "", "too early"),
            ("(qty", "RM0204", "", ")"),
            ("qty)", "RM0204", ")", "unexpected"),
            ("qty qty", "RM0204", "qty", "unexpected"),
            ("\"won", "RM0204", "\"won", "closing"),
            ("qty /* x", "RM0204", "/*", "*/"),
            ("let a; a", "RM0204", "let", "name = value"),
            ("if paid { 1 }", "RM0223", "if", "else"),
            ("if paid { 1 } else { }", "RM0224", "}", "no value"),
            ("if paid { 1 } else { 2 } qty", "RM0224", "if", "operator"),
            ("let a = 1;", "RM0224", "let", "end with a value"),
            ("qty; 1", "RM0224", "qty", "operator"),
            ("let a = 1; let b = {}; b", "RM0224", "}", "value"),
        ],
        row_problems,
    );
}

#[test]
fn switches() {
    check(
        &[
            ("switch qty { 1 => 2 }", "RM0223", "switch", "_ => ()"),
            ("switch qty { 1 => 2, 3 => 4 }", "RM0223", "switch", "`_`"),
            ("switch qty { }", "RM0228", "switch", "no arms"),
            ("switch qty { _ => 2 }", "RM0228", "switch", "only the arm"),
            ("switch rate { 1 => 2, _ => 3 }", "RM0228", "rate", "`if`"),
            ("switch () { 1 => 2, _ => 3 }", "RM0222", "()", "missing"),
            ("switch qty { \"a\" => 2, _ => 3 }", "RM0214", "\"a\"", "no common type"),
            ("switch qty { true | 1 => 2, _ => 3 }", "RM0214", "true", "true or false"),
            ("switch paid { true..5 => 2, _ => 3 }", "RM0204", "..", "literal"),
            ("switch outcome { \"wno\" => 2, _ => 3 }", "RM0219", "\"wno\"", "did you mean"),
            ("switch outcome { 1..3 => 2, _ => 3 }", "RM0214", "1..3", "no common type"),
            ("switch qty { 5..1 => 2, _ => 3 }", "RM0227", "5..1", "empty"),
            ("switch qty { 5..5 => 2, _ => 3 }", "RM0227", "5..5", "empty"),
            ("switch qty { 1 => 2, _ => true }", "RM0214", "1", "no common type"),
            ("switch qty { 1 | () => 2, _ => 3 }", "RM0228", "()", "arm of its own"),
            ("switch qty { 1 if qty => 2, _ => 3 }", "RM0217", "qty", "x != 0"),
            ("switch if paid { 1 } else { 2 } { 1 => 2, _ => 3 }", "RM0228", "if", "parentheses"),
            ("switch qty { 9223372036854775808 => 2, _ => 3 }", "RM0206", "9223372036854775808", "64 bits"),
        ],
        row_problems,
    );
    // Rhai's own rules, in its words.
    assert_eq!(row_problems("switch qty { _ => 2, 1 => 3 }")[0].code, "RM0204");
    assert_eq!(row_problems("switch qty { 1..3 => 2, 7 => 3, _ => 4 }")[0].code, "RM0204");
    assert_eq!(row_problems("switch qty { _ if paid => 2 }")[0].code, "RM0204");
}

#[test]
fn returns() {
    check(
        &[
            ("return qty", "RM0229", "return", "without `return`"),
            ("let a = 1; return a;", "RM0229", "return", "without `return`"),
            ("if paid { return qty; }", "RM0223", "if", "else"),
            ("if paid { return; } 1", "RM0229", "return", "return value"),
            ("if paid { return 1; } else { 2 } 3", "RM0229", "{", "never reached"),
            ("if paid { return 1; } else { return 2; } 3", "RM0229", "{", "never reached"),
            ("(if paid { return 1; } else { 2 }) + 1", "RM0229", "return", "guard"),
            ("let a = { if paid { return 1; } 2 }; a + 1", "RM0229", "if", "guard"),
            ("if paid { if qty > 1 { 2 } else { return 3; } return 4; } 5", "RM0224", "if", "operator"),
            ("if paid { if qty > 1 { return 2; } 3 } 4", "RM0224", "if", "operator"),
            ("if paid { return 1; 2 } 3", "RM0224", "if", "operator"),
            ("switch qty { 1 => return 2, _ => 3 }", "RM0229", "return", "guard"),
            ("if paid { return 1; } true", "RM0214", "if", "no common type"),
            ("if qty { return 1; } 2", "RM0217", "qty", "x != 0"),
        ],
        |text| {
            let mut found = row_problems(text);
            found.truncate(1);
            found
        },
    );
}

#[test]
fn numbers() {
    check(
        &[
            ("9223372036854775808", "RM0206", "9223372036854775808", "64 bits"),
            ("qty + 99999999999999999999", "RM0206", "99999999999999999999", "64 bits"),
            ("qty - 9223372036854775808", "RM0206", "9223372036854775808", "64 bits"),
            ("1e400", "RM0206", "1e400", "larger"),
            ("1e-400", "RM0206", "1e-400", "smaller"),
            ("0xFF", "RM0206", "0xFF", "decimal digits"),
            ("acv ** 2", "RM0214", "**", "x * x"),
            ("acv + rate", "RM0215", "+", "to_float"),
            ("if paid { acv } else { rate }", "RM0215", "if", "to_float"),
            ("acv > rate", "RM0215", ">", "to_float"),
            ("fine * fine * acv", "RM0216", "*", "37"),
            ("sqrt(acv)", "RM0214", "acv", "to_float"),
        ],
        row_problems,
    );
}

#[test]
fn names_and_functions() {
    check(
        &[
            ("qyt + 1", "RM0207", "qyt", "did you mean `qty`?"),
            ("nothing_like_it", "RM0207", "nothing_like_it", "one of qty, acv"),
            ("count > 1", "RM0207", "count", "count(x)"),
            ("let total = 1; totl", "RM0207", "totl", "`total`"),
            ("sqrrt(qty)", "RM0208", "sqrrt", "`sqrt`"),
            ("median(qty)", "RM0208", "median", "no function"),
            ("contains([1], qty)", "RM0205", "[", "in"),
            ("abs()", "RM0209", "abs", "abs(x)"),
            ("clamp(qty, 1)", "RM0209", "clamp", "clamp(x, low, high)"),
            ("clamp(qty, 5, 1)", "RM0209", "clamp", "above"),
            ("round(acv, qty)", "RM0209", "qty", "0 to 18"),
            ("round(acv, -3)", "RM0209", "-", "thousands"),
            ("round(acv, 19)", "RM0209", "19", "0 to 18"),
            ("sign(outcome)", "RM0214", "outcome", "number"),
            ("min(qty, 1, true)", "RM0214", "min", "no common type"),
            ("qty.abs(1)", "RM0209", "abs", "2 arguments"),
            ("sum(qty)", "RM0210", "sum", "metric's `expr`"),
            ("max(qty)", "RM0210", "max", "max(x, y)"),
        ],
        |text| {
            let mut found = row_problems(text);
            found.truncate(1);
            found
        },
    );
}

#[test]
fn types() {
    check(
        &[
            ("paid + 1", "RM0214", "+", "count_if"),
            ("outcome + \"x\"", "RM0214", "+", "build text"),
            ("\"a\" + \"b\"", "RM0214", "+", "build text"),
            ("-paid", "RM0214", "-", "!"),
            ("1 < qty < 5", "RM0214", "<", "no common type"),
            ("paid < true", "RM0214", "<", "a < b && b < c"),
            ("outcome < \"won\"", "RM0214", "<", "no order"),
            ("opp_id == 17", "RM0214", "==", "double quotes"),
            ("paid == 1", "RM0214", "==", "true or false"),
            ("due == opened_at", "RM0214", "==", "two dates"),
            ("1 - due", "RM0214", "-", "d + n"),
            ("due + hours(1)", "RM0214", "+", "d + n"),
            ("due * 2", "RM0214", "*", "d + n"),
            ("add_days(outcome, 1)", "RM0214", "outcome", "a date or a timestamp"),
            ("add_months(opened_at, opened_at)", "RM0214", "opened_at", "whole number"),
            ("due + as_of", "RM0214", "+", "two dates"),
            ("hours_between(due, as_of)", "RM0214", "hours_between", "days_between"),
            ("business_hours(opened_at, closed_at) > 1.0", "RM0240", "business_hours", "when people work"),
            ("closed_at < opened_at + bh(2)", "RM0240", "2", "`business_hours: {"),
            ("add_months(due, 0.5)", "RM0214", "0.5", "whole number"),
            ("add_months(qty, 1)", "RM0214", "qty", "a date"),
            ("truncate(due, \"decade\")", "RM0214", "\"decade\"", "quarter"),
            ("truncate(due, outcome)", "RM0214", "outcome", "quarter"),
            ("truncate(qty, \"month\")", "RM0214", "qty", "a date"),
            ("year(outcome)", "RM0214", "outcome", "a date"),
            ("due == truncate(due, \"month\") + never", "RM0214", "+", "two dates"),
            ("opened_at + 1", "RM0214", "+", "hours(n)"),
            ("hours(0.5)", "RM0214", "0.5", "whole number"),
            ("hours_between(due, due)", "RM0214", "hours_between", "days_between"),
            ("date(outcome)", "RM0214", "date", "declare"),
            ("if qty { 1 } else { 2 }", "RM0217", "qty", "x != 0"),
            ("!qty", "RM0217", "qty", "x != 0"),
            ("paid && qty", "RM0217", "qty", "x != 0"),
            ("outcome == product", "RM0218", "==", "constant"),
            ("outcome == \"wonn\"", "RM0219", "\"wonn\"", "did you mean"),
            ("\"zzz\" == outcome", "RM0219", "\"zzz\"", "lost, open, won"),
            ("outcome in [\"won\", \"lots\"]", "RM0219", "\"lots\"", "lost"),
            ("outcome == \"Won!\"", "RM0220", "\"Won!\"", "write \"won\""),
            ("product == \"GTXPro\"", "RM0220", "\"GTXPro\"", "GTX Pro"),
            ("due == \"01.03.2017\"", "RM0221", "\"01.03.2017\"", "year-month-day"),
            ("opened_at > \"2017-03-01\"", "RM0221", "\"2017-03-01\"", "offset"),
            ("date(\"2017-02-29\")", "RM0221", "\"2017-02-29\"", "year-month-day"),
            ("timestamp(\"x\")", "RM0221", "\"x\"", "offset"),
            ("()", "RM0222", "()", "missing"),
            ("qty + ()", "RM0222", "+", "missing"),
            ("() == ()", "RM0222", "==", "missing"),
            ("abs(())", "RM0222", "()", "missing"),
            ("qty in []", "RM0227", "in", "empty"),
            ("qty in [qty]", "RM0227", "qty", "constants"),
            ("qty in 5", "RM0227", "in", "list"),
            ("qty in [1, ()]", "RM0227", "()", "is_null"),
            ("contains(qty, \"1\")", "RM0214", "qty", "category"),
            ("contains(product, opp_id)", "RM0214", "opp_id", "constant"),
            ("product.contains(1)", "RM0214", "1", "double quotes"),
            ("product.contains(\"\")", "RM0214", "\"\"", "is_null"),
            ("outcome.contains(\"x\")", "RM0219", "\"x\"", "lost, open, won"),
            ("outcome.starts_with(\"on\")", "RM0219", "\"on\"", "part of"),
            ("qty in 1..acv", "RM0227", "acv", "x >= a"),
            ("qty in 1.5..2", "RM0227", "1.5", "whole number"),
            ("qty in 7..=6", "RM0227", "in", "empty"),
            ("outcome in 1..3", "RM0214", "in", "no common type"),
            ("paid & 1", "RM0217", "1", "x != 0"),
            ("paid | 1", "RM0217", "1", "x != 0"),
            ("paid ^ qty", "RM0217", "qty", "x != 0"),
        ],
        row_problems,
    );
}

#[test]
fn cells() {
    check(
        &[
            ("acv", "RM0211", "acv", "sum(acv)"),
            ("sum(acv) / qty", "RM0211", "qty", "sum(qty)"),
            ("let a = acv; a + 1", "RM0211", "acv", "sum(acv)"),
            ("sum(sum(acv))", "RM0212", "sum", "outside"),
            ("sum(bookings)", "RM0212", "bookings", "one value per cell"),
            ("sum(max(acv))", "RM0212", "max", "outside"),
            ("bokings * 2", "RM0207", "bokings", "`bookings`"),
            ("sum(avc)", "RM0207", "avc", "`acv`"),
            ("sum(paid)", "RM0214", "paid", "count_if"),
            ("max(opened_at)", "RM0214", "opened_at", "days_between"),
            ("sum(outcome)", "RM0214", "outcome", "count(x)"),
            ("count_if(qty)", "RM0217", "qty", "x != 0"),
            ("to_float(bookings)", "RM0210", "to_float", "aggregate"),
            ("round(bookings, win_rate)", "RM0209", "win_rate", "0 to 18"),
            ("clamp(bookings, 5, 1)", "RM0209", "clamp", "above"),
            ("bookings % 2", "RM0210", "%", "row"),
            ("bookings in [1, \"a\"]", "RM0227", "\"a\"", "count_if"),
            ("bookings in [win_rate]", "RM0227", "win_rate", "numbers only"),
            ("bookings in []", "RM0227", "in", "empty"),
            ("if bookings in [1, 2] | 1 { 1 } else { 2 }", "RM0217", "1", "x != 0"),
            ("bookings == \"x\"", "RM0210", "\"x\"", "count_if"),
            ("as_of", "RM0210", "as_of", "inside"),
            ("bookings > 1", "RM0226", ">", "count_if"),
            ("bookings + (win_rate > 1)", "RM0214", ">", "if condition"),
            ("if bookings { 1 } else { 2 }", "RM0217", "bookings", "x != 0"),
            ("if bookings > 1 { 1 } else { true }", "RM0214", "if", "two numbers"),
            ("if bookings > 1 { 1 } else { () }", "RM0222", "()", "missing"),
            ("1e-40 * bookings", "RM0206", "1e-40", "37"),
            ("let w = outcome == \"wno\"; count_if(w)", "RM0219", "\"wno\"", "won"),
        ],
        cell_problems,
    );
}

#[test]
fn aggregates_need_a_table() {
    let tables = [opps()];
    let scope = CellScope {
        tables: &tables,
        table: None,
        at: None,
        metrics: METRICS,
        functions: &Library::default(),
        filter: None,
        on_row_error: Default::default(),
    };
    let problems = cell_formula("sum(acv) + acv", &scope).unwrap_err();
    let codes: Vec<_> = problems.iter().map(|p| (p.code, p.at.clone())).collect();
    assert_eq!(codes, [("RM0213", 0..3), ("RM0211", 11..14)]);
    assert!(problems[1].hint.as_deref().unwrap().contains("of: opps"));
    assert!(cell_formula("bookings", &scope).is_ok());
    let beyond = CellScope { table: Some(TableId(9)), ..scope };
    assert_eq!(cell_formula("count()", &beyond).unwrap_err()[0].code, "RM0213");
}

/// One pass shows what is wrong everywhere, and nothing twice.
#[test]
fn all_problems_at_once() {
    let codes = |problems: Vec<Problem>| problems.into_iter().map(|p| (p.code, p.at)).collect::<Vec<_>>();
    assert_eq!(
        codes(row_problems("(qyt + 1) * (acv + rate) > -qty ** 2")),
        [("RM0225", 32..34), ("RM0207", 1..4), ("RM0215", 17..18)]
    );
    assert_eq!(codes(row_problems("let a = b; a + a + c")), [("RM0207", 8..9), ("RM0207", 19..20)]);
    assert_eq!(codes(row_problems("while x & 'y'")).len(), 3);
    assert_eq!(
        codes(cell_problems("sum_if(avc, qty) / sum(paid)")),
        [("RM0207", 7..10), ("RM0217", 12..15), ("RM0214", 23..27)]
    );
}

#[test]
fn bytes_count_not_characters() {
    let problems = row_problems("outcome == \"ä\" ||\n  qyt > 1");
    let covered: Vec<_> = problems.iter().map(|p| p.at.clone()).collect();
    assert_eq!(covered, [11..15, 21..24]);
}

#[test]
fn every_code_is_listed() {
    for text in ["", "qty +", "qyt", "while", "1e400"] {
        for problem in row_problems(text) {
            assert!(super::super::CODES.iter().any(|(code, _)| *code == problem.code));
        }
    }
}
