//! What row formulas become.

use super::*;
use crate::model::{ArithOp, CmpOp, DayPart, Grain, RowFn};
use ArithOp::{Add, Div, Mul, Pow, Rem, Sub};
use CmpOp::{Eq, Gt, Lt, Ne};
use RowType::{Bool, Date, Decimal, Duration, Float, Int, Timestamp};

fn arith(op: ArithOp, ty: RowType, a: Row, b: Row) -> Row {
    Row { ty, node: RowNode::Arith(op, Box::new(a), Box::new(b)) }
}

fn compare(op: CmpOp, a: Row, b: Row) -> Row {
    Row { ty: Bool, node: RowNode::Compare(op, Box::new(a), Box::new(b)) }
}

fn call(function: RowFn, ty: RowType, arguments: &[Row]) -> Row {
    Row { ty, node: RowNode::Call(function, arguments.to_vec()) }
}

fn unary(node: fn(Box<Row>) -> RowNode, ty: RowType, a: Row) -> Row {
    Row { ty, node: node(Box::new(a)) }
}

#[test]
fn literals_settle() {
    assert_eq!(row("42"), int(42));
    assert_eq!(row("-9223372036854775808"), int(i64::MIN));
    assert_eq!(row("1_000"), int(1000));
    assert_eq!(row("0.1"), float(0.1));
    assert_eq!(row("-(0.5)"), float(-0.5));
    assert_eq!(row("1e300"), float(1e300));
    assert_eq!(row("0.1000000000000000055511151231257827021181583404541015625"), float(0.1));
    assert_eq!(row("\"a\\\"b\""), text("a\"b"));
    assert_eq!(row("true").node, RowNode::Const(Const::Bool(true)));
}

#[test]
fn integers_meet_floats() {
    let (qty, rate) = (column_row("qty"), column_row("rate"));
    assert_eq!(row("qty + 1"), arith(Add, Int, qty.clone(), int(1)));
    assert_eq!(row("qty * rate"), arith(Mul, Float, cast(qty.clone(), Float), rate.clone()));
    assert_eq!(row("rate - 1"), arith(Sub, Float, rate.clone(), float(1.0)));
    assert_eq!(row("qty * 0.5"), arith(Mul, Float, cast(qty.clone(), Float), float(0.5)));
    assert_eq!(row("qty / 2"), arith(Div, Float, qty.clone(), int(2)));
    assert_eq!(row("qty % 2"), arith(Rem, Int, qty.clone(), int(2)));
    assert_eq!(row("qty ** 2"), arith(Pow, Int, qty.clone(), int(2)));
    assert_eq!(row("pow(qty, 2)"), row("qty ** 2"));
    assert_eq!(row("rate ** 2"), arith(Pow, Float, rate.clone(), float(2.0)));
    assert_eq!(row("qty > 0.5"), compare(Gt, cast(qty, Float), float(0.5)));
    assert_eq!(row("rate == 1"), compare(Eq, rate, float(1.0)));
}

#[test]
fn fractions_beside_decimals_are_exact() {
    let (qty, acv) = (column_row("qty"), column_row("acv"));
    assert_eq!(row("acv * 0.055"), arith(Mul, Decimal(5), acv.clone(), decimal(55, 3)));
    assert_eq!(row("acv * qty"), arith(Mul, Decimal(2), acv.clone(), cast(qty.clone(), Decimal(0))));
    assert_eq!(
        row("acv + qty"),
        arith(Add, Decimal(2), acv.clone(), cast(cast(qty, Decimal(0)), Decimal(2))).flat()
    );
    assert_eq!(row("acv + 0.055"), arith(Add, Decimal(3), cast(acv.clone(), Decimal(3)), decimal(55, 3)));
    assert_eq!(row("acv - 1"), arith(Sub, Decimal(2), acv.clone(), decimal(100, 2)));
    assert_eq!(row("acv / 1.19"), arith(Div, Float, acv.clone(), decimal(119, 2)));
    assert_eq!(row("acv / 2"), arith(Div, Float, acv.clone(), decimal(2, 0)));
    assert_eq!(row("acv > 1000.0"), compare(Gt, acv.clone(), decimal(100_000, 2)));
    let factor = arith(Sub, Decimal(3), decimal(1000, 3), decimal(55, 3));
    assert_eq!(row("acv * (1 - 0.055)"), arith(Mul, Decimal(5), acv.clone(), factor.clone()));
    assert_eq!(row("let keep = 1 - 0.055; acv * keep"), arith(Mul, Decimal(5), acv, factor));
}

/// The same literal expression is a float where it meets floats.
#[test]
fn fractions_elsewhere_are_floats() {
    let rate = column_row("rate");
    let factor = arith(Sub, Float, float(1.0), float(0.055));
    assert_eq!(row("rate * (1 - 0.055)"), arith(Mul, Float, rate, factor));
    assert_eq!(row("0.1 + 0.2"), arith(Add, Float, float(0.1), float(0.2)));
    assert_eq!(row("0.1 + 0.2 == 0.3"), compare(Eq, row("0.1 + 0.2"), float(0.3)));
    assert_eq!(row("1.0 / 3.0"), arith(Div, Float, float(1.0), float(3.0)));
    assert_eq!(row("1 / 3"), arith(Div, Float, int(1), int(3)));
    assert_eq!(row("1.5 ** 2"), arith(Pow, Float, float(1.5), float(2.0)));
    let many = vec!["0.1"; 40].join(" * ");
    assert_eq!(row(&many).ty, Float);
}

#[test]
fn branches_and_fallbacks_take_one_type() {
    let (acv, paid) = (column_row("acv"), column_row("paid"));
    let choice = |ty, a, b| Row { ty, node: RowNode::If(Box::new(paid.clone()), Box::new(a), Box::new(b)) };
    assert_eq!(row("if paid { acv } else { 0 }"), choice(Decimal(2), acv.clone(), decimal(0, 2)));
    assert_eq!(row("if paid { 1 } else { 0.5 }"), choice(Float, float(1.0), float(0.5)));
    assert_eq!(
        row("acv * if paid { 0.9 } else { 1 }"),
        arith(Mul, Decimal(3), acv.clone(), choice(Decimal(1), decimal(9, 1), decimal(10, 1)))
    );
    let missing = Row { ty: Decimal(2), node: RowNode::Missing };
    assert_eq!(row("if paid { acv } else { () }"), choice(Decimal(2), acv.clone(), missing));
    let nested = choice(Int, int(2), int(3));
    assert_eq!(row("if paid { 1 } else if paid { 2 } else { 3 }"), choice(Int, int(1), nested));
    let fallback = RowNode::Coalesce(Box::new(acv.clone()), Box::new(decimal(0, 2)));
    assert_eq!(row("acv ?? 0.0"), Row { ty: Decimal(2), node: fallback });
    assert_eq!(row("acv ?? 0 > 5"), compare(Gt, row("acv ?? 0"), decimal(500, 2)));
    assert_eq!(row("acv ?? acv ?? 0"), row("(acv ?? acv) ?? 0"));
}

#[test]
fn logic_and_null_tests() {
    let is_null = unary(RowNode::IsNull, Bool, column_row("acv"));
    assert_eq!(row("is_null(acv)"), is_null);
    assert_eq!(row("acv == ()"), is_null);
    assert_eq!(row("() != acv"), unary(RowNode::Not, Bool, is_null.clone()));
    assert_eq!(row("acv.is_null()"), is_null);
    let paid = Box::new(column_row("paid"));
    let both = Row { ty: Bool, node: RowNode::And(paid.clone(), Box::new(is_null.clone())) };
    assert_eq!(row("paid && acv == ()"), both);
    let either = RowNode::Or(Box::new(both), Box::new(unary(RowNode::Not, Bool, is_null)));
    assert_eq!(row("paid && acv == () || !is_null(acv)"), Row { ty: Bool, node: either });
    assert_eq!(row("paid != true").ty, Bool);
}

#[test]
fn text_and_lists() {
    let outcome = column_row("outcome");
    assert_eq!(row("outcome == \"won\""), compare(Eq, outcome.clone(), text("won")));
    assert_eq!(row("\"lost\" != outcome"), compare(Ne, text("lost"), outcome.clone()));
    assert_eq!(row("product == \"anything\"").ty, Bool);
    assert_eq!(row("opp_id == \"17\"").ty, Bool);
    let list = vec![Const::Text("won".into()), Const::Text("lost".into())];
    let within = Row { ty: Bool, node: RowNode::In(Box::new(outcome), list) };
    assert_eq!(row("outcome in [\"won\", \"lost\"]"), within);
    assert_eq!(row("outcome !in [\"won\", \"lost\"]"), unary(RowNode::Not, Bool, within));
    let of = |value: Row, list| RowNode::In(Box::new(value), list);
    assert_eq!(row("qty in [1, -2]").node, of(column_row("qty"), vec![Const::Int(1), Const::Int(-2)]));
    let floats = vec![Const::Float(1.0), Const::Float(0.5)];
    assert_eq!(row("qty in [1, 0.5]").node, of(cast(column_row("qty"), Float), floats));
    let decimals = [1000, 55].map(|mantissa| Const::Decimal { mantissa, scale: 3 }).to_vec();
    assert_eq!(row("acv in [1, 0.055]").node, of(cast(column_row("acv"), Decimal(3)), decimals));
    assert_eq!(row("let a = 1; qty in [a]").node, of(column_row("qty"), vec![Const::Int(1)]));
    assert_eq!(
        row("due in [\"1970-01-02\", date(\"1970-01-01\")]").node,
        of(column_row("due"), vec![Const::Date(1), Const::Date(0)])
    );
}

/// The text that a `switch` stands for. The names that it invents are written out, as every `let` is.
#[test]
fn switches_are_ifs() {
    for (switch, ifs) in [
        ("switch qty { 1 => 2, _ => 3 }", "if qty == 1 { 2 } else { 3 }"),
        ("switch qty { 1 | 2 => 2, _ => 3 }", "if qty in [1, 2] { 2 } else { 3 }"),
        ("switch qty { -1 => 2, 5 => 7, _ => 3, }", "if qty == -1 { 2 } else if qty == 5 { 7 } else { 3 }"),
        (
            "switch qty + 1 { 1 => 2, 3..=5 | 7..9 => 4, _ => () }",
            "if qty + 1 == 1 { 2 } else if (qty + 1 >= 3 && qty + 1 <= 5) || (qty + 1 >= 7 && qty + 1 < 9) { 4 } \
             else { () }",
        ),
        (
            "switch outcome { \"won\" if paid => acv, \"won\" | \"open\" => 1, _ => 0.5 }",
            "if if outcome == \"won\" { paid } else { false } { acv } \
             else if outcome in [\"won\", \"open\"] { 1 } else { 0.5 }",
        ),
        ("switch qty { 1 => 2, () => 0, _ => 3 }", "if is_null(qty) { 0 } else if qty == 1 { 2 } else { 3 }"),
        (
            "switch paid { true => 1, false => 2, _ => 3 }",
            "if paid == true { 1 } else if paid == false { 2 } else { 3 }",
        ),
        ("switch due { \"1970-01-02\" => 1, _ => 2 }", "if due == \"1970-01-02\" { 1 } else { 2 }"),
        ("1 + switch qty { 1 => 2, _ => 3 } * 4", "1 + (if qty == 1 { 2 } else { 3 }) * 4"),
        (
            "let a = qty; switch a { 1 => a, _ => { let b = a + 1; b } }",
            "if qty == 1 { qty } else { qty + 1 }",
        ),
        (
            "switch qty { 1 => switch paid { true => 1, _ => 2 }, _ => 3 }",
            "if qty == 1 { if paid == true { 1 } else { 2 } } else { 3 }",
        ),
        (
            "switch qty { 1 => if paid { 2 } else { 4 }, _ => 3 }",
            "if qty == 1 { if paid { 2 } else { 4 } } else { 3 }",
        ),
        (
            "switch (if paid { 1 } else { 2 }) { 1 => 5, _ => 3 }",
            "if (if paid { 1 } else { 2 }) == 1 { 5 } else { 3 }",
        ),
    ] {
        assert_eq!(row(switch), row(ifs), "{switch}");
    }
}

#[test]
fn guards_are_ifs() {
    for (guards, ifs) in [
        ("if paid { return 1; } 2", "if paid { 1 } else { 2 }"),
        ("if paid { return 1 } if qty > 1 { return 2 } 3", "if paid { 1 } else if qty > 1 { 2 } else { 3 }"),
        (
            "let a = qty; if paid { let b = a; return b + 1; } let c = a; c",
            "if paid { qty + 1 } else { qty }",
        ),
        (
            "if paid { return 1; } else if qty > 1 { return 2; } 3",
            "if paid { 1 } else if qty > 1 { 2 } else { 3 }",
        ),
        (
            "if paid { if qty > 1 { return 2; } return 4; } 3",
            "if paid { if qty > 1 { 2 } else { 4 } } else { 3 }",
        ),
        (
            "if paid { if qty > 1 { return 2; } 4 } else { if qty > 5 { return 6; } 3 }",
            "if paid { if qty > 1 { 2 } else { 4 } } else if qty > 5 { 6 } else { 3 }",
        ),
        ("if is_null(acv) { return (); } acv", "if is_null(acv) { () } else { acv }"),
        ("if paid { return 0.5; } acv", "if paid { 0.5 } else { acv }"),
    ] {
        assert_eq!(row(guards), row(ifs), "{guards}");
    }
}

#[test]
fn ranges_and_strict_logic() {
    assert_eq!(row("qty in 1..5"), row("qty >= 1 && qty < 5"));
    assert_eq!(row("qty in -3..=5"), row("qty >= -3 && qty <= 5"));
    assert_eq!(row("qty !in 1..=1"), row("!(qty >= 1 && qty <= 1)"));
    assert_eq!(row("acv in 1000..5000"), row("acv >= 1000 && acv < 5000"));
    assert_eq!(row("qty + 1 in 1..5 && paid"), row("qty + 1 >= 1 && qty + 1 < 5 && paid"));
    assert_eq!(row("paid & qty > 1"), row("if paid != (qty > 1) { false } else { qty > 1 }"));
    assert_eq!(row("paid | qty > 1"), row("if paid != (qty > 1) { true } else { qty > 1 }"));
    assert_eq!(row("paid ^ qty > 1"), row("paid != (qty > 1)"));
}

#[test]
fn parts_of_texts() {
    use crate::model::TextTest::{Contains, EndsWith, StartsWith};
    let asked = |test, column: &str, part: &str| {
        let RowNode::Column(id) = column_row(column).node else { panic!() };
        Row { ty: Bool, node: RowNode::TextTest(test, id, part.into()) }
    };
    assert_eq!(row("contains(product, \"Pro\")"), asked(Contains, "product", "Pro"));
    assert_eq!(row("product.starts_with(\"GTX\")"), asked(StartsWith, "product", "GTX"));
    assert_eq!(row("opp_id.ends_with(\"7\")"), asked(EndsWith, "opp_id", "7"));
    assert_eq!(row("outcome.contains(\"o\")"), asked(Contains, "outcome", "o"));
    // Asked of a chosen text, it is asked of what the text is chosen from.
    let fallback = row("(product ?? \"none\").contains(\"on\")");
    let RowNode::Coalesce(column, constant) = fallback.node else { panic!() };
    assert_eq!((*column, *constant), (asked(Contains, "product", "on"), row("true")));
    assert_eq!(
        row("(if paid { product } else { () }).ends_with(\"x\")"),
        Row {
            ty: Bool,
            node: RowNode::If(
                Box::new(column_row("paid")),
                Box::new(asked(EndsWith, "product", "x")),
                Box::new(Row { ty: Bool, node: RowNode::Missing }),
            ),
        }
    );
}

#[test]
fn calendars() {
    let (due, opened, closed) = (column_row("due"), column_row("opened_at"), column_row("closed_at"));
    let day = |days| Row { ty: Date, node: RowNode::Const(Const::Date(days)) };
    let instant = |t| Row { ty: Timestamp, node: RowNode::Const(Const::Timestamp(t)) };
    assert_eq!(row("due == \"1970-01-02\""), compare(Eq, due.clone(), day(1)));
    assert_eq!(row("date(\"1970-01-02\") == due"), compare(Eq, day(1), due.clone()));
    assert_eq!(row("due - \"1970-01-02\""), arith(Sub, Int, due.clone(), day(1)));
    assert_eq!(row("opened_at < \"1970-01-01T00:00:01Z\""), compare(Lt, opened.clone(), instant(1_000_000)));
    assert_eq!(row("timestamp(\"1970-01-01T00:00:01Z\")"), instant(1_000_000));
    let hours = call(RowFn::Hours, Duration, &[int(72)]);
    let later = arith(Add, Timestamp, opened.clone(), hours.clone());
    assert_eq!(row("opened_at + hours(72)"), later);
    assert_eq!(row("hours(72) + opened_at"), later);
    assert_eq!(row("closed_at - opened_at"), arith(Sub, Duration, closed.clone(), opened.clone()));
    assert_eq!(
        row("closed_at - opened_at > hours(72)"),
        compare(Gt, row("closed_at - opened_at"), hours.clone())
    );
    assert_eq!(row("2 * hours(72)"), arith(Mul, Duration, hours, int(2)));
    assert_eq!(
        row("days_between(opened_at, closed_at)"),
        call(RowFn::DaysBetween, Int, &[opened.clone(), closed.clone()])
    );
    assert_eq!(row("due.days_between(\"1970-01-02\")"), call(RowFn::DaysBetween, Int, &[due, day(1)]));
    assert_eq!(
        row("hours_between(opened_at, closed_at)"),
        call(RowFn::HoursBetween, Float, &[opened, closed.clone()])
    );
    let due = column_row("due");
    let opened = column_row("opened_at");
    assert_eq!(row("due + 7"), arith(Add, Date, due.clone(), int(7)));
    assert_eq!(row("7 + due"), row("due + 7"));
    assert_eq!(row("add_days(due, qty)"), arith(Add, Date, due.clone(), column_row("qty")));
    assert_eq!(row("due - qty"), arith(Sub, Date, due.clone(), column_row("qty")));
    assert_eq!(row("due.add_months(-1)"), call(RowFn::AddMonths, Date, &[due.clone(), int(-1)]));
    assert_eq!(
        row("opened_at + days(3)"),
        arith(Add, Timestamp, opened.clone(), call(RowFn::Days, Duration, &[int(3)]))
    );
    assert_eq!(row("minutes(qty)"), call(RowFn::Minutes, Duration, &[column_row("qty")]));
    for (word, grain) in [
        ("day", Grain::Day),
        ("week", Grain::Week),
        ("month", Grain::Month),
        ("quarter", Grain::Quarter),
        ("year", Grain::Year),
    ] {
        let truncated = call(RowFn::Truncate(grain), Date, std::slice::from_ref(&opened));
        assert_eq!(row(&format!("truncate(opened_at, \"{word}\")")), truncated);
    }
    assert_eq!(
        row("truncate(due, \"week\")"),
        call(RowFn::Truncate(Grain::Week), Date, std::slice::from_ref(&due))
    );
    assert_eq!(row("year(due)"), call(RowFn::DayPart(DayPart::Year), Int, std::slice::from_ref(&due)));
    assert_eq!(
        row("month(opened_at)"),
        call(RowFn::DayPart(DayPart::Month), Int, std::slice::from_ref(&opened))
    );
    assert_eq!(row("due.weekday()"), call(RowFn::DayPart(DayPart::Weekday), Int, std::slice::from_ref(&due)));
    assert_eq!(row("never"), instant(253_402_128_000_000_000));
    assert_eq!(row("due < never"), compare(Lt, due.clone(), day(2_932_895)));
    assert_eq!(row("(due ?? never) - due"), row("(due ?? \"9999-12-30\") - due"));
    assert_eq!(row("closed_at ?? never"), row("closed_at ?? \"9999-12-30T00:00:00Z\""));
    let as_of = Row { ty: Timestamp, node: RowNode::AsOf };
    assert_eq!(row("closed_at < as_of"), compare(Lt, closed, as_of));
    assert_eq!(row("due - due").ty, Int);
}

#[test]
fn functions_in_both_spellings() {
    let (qty, acv, rate) = (column_row("qty"), column_row("acv"), column_row("rate"));
    assert_eq!(row("acv.abs()"), call(RowFn::Abs, Decimal(2), std::slice::from_ref(&acv)));
    assert_eq!(
        row("abs(qty).min(3)"),
        call(RowFn::Min, Int, &[call(RowFn::Abs, Int, std::slice::from_ref(&qty)), int(3)])
    );
    assert_eq!(
        row("max(acv, 0.055)"),
        call(RowFn::Max, Decimal(3), &[cast(acv.clone(), Decimal(3)), decimal(55, 3)])
    );
    assert_eq!(row("sqrt(qty)"), call(RowFn::Sqrt, Float, &[cast(qty.clone(), Float)]));
    assert_eq!(row("ln(2)"), call(RowFn::Ln, Float, &[float(2.0)]));
    assert_eq!(row("exp(0.5)"), call(RowFn::Exp, Float, &[float(0.5)]));
    assert_eq!(row("floor(rate)"), call(RowFn::Floor, Float, std::slice::from_ref(&rate)));
    assert_eq!(row("ceil(rate)"), row("ceiling(rate)"));
    assert_eq!(row("round(rate)"), call(RowFn::Round, Float, std::slice::from_ref(&rate)));
    assert_eq!(row("to_float(acv)"), call(RowFn::ToFloat, Float, &[acv]));
    assert_eq!(row("to_float(rate)"), rate);
    assert_eq!(row("to_float(0.1)"), float(0.1));
    assert_eq!(row("5.abs()"), call(RowFn::Abs, Int, &[int(5)]));
    assert_eq!(row("-qty"), unary(RowNode::Neg, Int, qty.clone()));
    assert_eq!(row("+qty"), qty);
}

#[test]
fn rounding_and_bounds() {
    let (qty, acv, rate) = (column_row("qty"), column_row("acv"), column_row("rate"));
    let whole = |function| call(function, Decimal(0), std::slice::from_ref(&acv));
    assert_eq!(row("floor(acv)"), whole(RowFn::Floor));
    assert_eq!(row("acv.ceil()"), whole(RowFn::Ceil));
    assert_eq!(row("round(acv)"), whole(RowFn::Round));
    assert_eq!(row("round(acv, 1)"), call(RowFn::Round, Decimal(1), &[acv.clone(), int(1)]));
    assert_eq!(row("round(acv, 2)"), acv);
    assert_eq!(row("round(acv * 0.055, 2)"), call(RowFn::Round, Decimal(2), &[row("acv * 0.055"), int(2)]));
    assert_eq!(row("round(rate, 2)"), call(RowFn::Round, Float, &[rate.clone(), int(2)]));
    assert_eq!(row("let n = 2; rate.round(n)"), row("round(rate, 2)"));
    assert_eq!(row("round(qty, 2)"), qty);
    assert_eq!(row("log10(rate)"), call(RowFn::Log10, Float, std::slice::from_ref(&rate)));
    assert_eq!(row("log2(qty)"), call(RowFn::Log2, Float, &[cast(qty.clone(), Float)]));
    assert_eq!(row("clamp(acv, 0, 100)"), row("min(max(acv, 0), 100)"));
    assert_eq!(row("qty.clamp(1, 5)"), row("min(max(qty, 1), 5)"));
    assert_eq!(row("max(qty, 1, 2, rate)"), row("max(max(max(qty, 1), 2), rate)"));
    for number in ["qty", "acv", "rate"] {
        let spelt_out = format!("if {number} > 0 {{ 1 }} else if {number} < 0 {{ -1 }} else {{ 0 }}");
        assert_eq!(row(&format!("sign({number})")), row(&spelt_out));
    }
}

#[test]
fn powers_bind_as_in_rhai() {
    let square = |a| arith(Pow, Int, a, int(2));
    assert_eq!(row("(-qty) ** 2"), square(unary(RowNode::Neg, Int, column_row("qty"))));
    assert_eq!(row("-(qty ** 2)"), unary(RowNode::Neg, Int, square(column_row("qty"))));
    assert_eq!(row("(-2) ** 2"), square(int(-2)));
    assert_eq!(row("qty - 2 ** 2"), arith(Sub, Int, column_row("qty"), square(int(2))));
    assert_eq!(row("2 ** 3 ** 2"), arith(Pow, Int, int(2), arith(Pow, Int, int(3), int(2))));
}

#[test]
fn lets_are_written_out() {
    assert_eq!(row("let a = qty + 1; a * a"), row("(qty + 1) * (qty + 1)"));
    assert_eq!(row("let qty = qty + 1; let qty = qty * 2; qty"), row("(qty + 1) * 2"));
    assert_eq!(row("let a = 1; let b = a; let a = 2; a + b"), row("2 + 1"));
    assert_eq!(row("let a = { let a = 5; a + 1 }; a"), row("5 + 1"));
    assert_eq!(row("let a = 1; if paid { let a = 2; a } else { a }"), row("if paid { 2 } else { 1 }"));
    assert_eq!(row("{ let a = qty; a }"), row("qty"));
    // A literal is what its neighbours make of it, use by use.
    assert_eq!(
        row("let r = 0.5; (acv * r > 1) && (rate * r > 1)"),
        row("(acv * 0.5 > 1) && (rate * 0.5 > 1)")
    );
    assert_eq!(row("qty // rows\n + /* and */ 1;"), row("qty + 1"));
}

impl Row {
    /// Casts of casts become one.
    fn flat(self) -> Row {
        let node = match self.node {
            RowNode::Arith(op, a, b) => RowNode::Arith(op, Box::new(a.flat()), Box::new(b.flat())),
            RowNode::Cast(inner) => match inner.node {
                RowNode::Cast(deeper) => RowNode::Cast(deeper),
                node => RowNode::Cast(Box::new(Row { ty: inner.ty, node })),
            },
            other => other,
        };
        Row { ty: self.ty, node }
    }
}
