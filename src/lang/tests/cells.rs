//! What cell formulas become.

use super::*;
use crate::model::{AggFunc, Aggregate, ArithOp, CellFn, CmpOp};

fn aggregate(func: AggFunc, arg: Option<&str>, filter: Option<&str>) -> Cell {
    Cell::Aggregate(Box::new(Aggregate {
        table: TableId(0),
        at: Some(ColumnId(9)),
        func,
        arg: arg.map(row),
        filter: filter.map(row),
        on_row_error: Default::default(),
    }))
}

fn number(mantissa: i128, scale: u8) -> Cell {
    Cell::Number { mantissa, scale }
}

fn arith(op: ArithOp, a: Cell, b: Cell) -> Cell {
    Cell::Arith(op, Box::new(a), Box::new(b))
}

#[test]
fn aggregates() {
    use AggFunc::{Average, Count, Max, Min, Sum};
    let won = "outcome == \"won\"";
    for (text, expected) in [
        ("count()", aggregate(Count, None, None)),
        ("count(outcome)", aggregate(Count, Some("outcome"), None)),
        ("count_if(outcome == \"won\")", aggregate(Count, None, Some(won))),
        ("sum(acv)", aggregate(Sum, Some("acv"), None)),
        ("acv.sum()", aggregate(Sum, Some("acv"), None)),
        ("sum(acv * 0.055)", aggregate(Sum, Some("acv * 0.055"), None)),
        ("sum_if(acv, outcome == \"won\")", aggregate(Sum, Some("acv"), Some(won))),
        ("average(rate)", aggregate(Average, Some("rate"), None)),
        ("avg(rate)", aggregate(Average, Some("rate"), None)),
        ("average_if(rate, paid)", aggregate(Average, Some("rate"), Some("paid"))),
        ("min(qty)", aggregate(Min, Some("qty"), None)),
        ("max(qty)", aggregate(Max, Some("qty"), None)),
        ("min_if(qty, paid)", aggregate(Min, Some("qty"), Some("paid"))),
        ("max_if(qty, paid)", aggregate(Max, Some("qty"), Some("paid"))),
        ("sum(min(qty, 3))", aggregate(Sum, Some("min(qty, 3)"), None)),
        ("count_if(closed_at < as_of)", aggregate(Count, None, Some("closed_at < as_of"))),
    ] {
        assert_eq!(cell(text), expected, "{text}");
    }
}

#[test]
fn rounding_and_bounds() {
    let call = |function, text: &str| Cell::Call(function, vec![cell(text)]);
    assert_eq!(cell("round(bookings, 2)"), call(CellFn::Round(2), "bookings"));
    assert_eq!(cell("round(bookings)"), call(CellFn::Round(0), "bookings"));
    assert_eq!(cell("floor(bookings / 7)"), call(CellFn::Floor, "bookings / 7"));
    assert_eq!(cell("bookings.ceiling()"), call(CellFn::Ceil, "bookings"));
    assert_eq!(cell("log10(bookings)"), call(CellFn::Log10, "bookings"));
    assert_eq!(cell("log2(bookings)"), call(CellFn::Log2, "bookings"));
    assert_eq!(cell("clamp(bookings, 0, 100)"), cell("min(max(bookings, 0), 100)"));
    assert_eq!(cell("min(bookings, 1, win_rate)"), cell("min(min(bookings, 1), win_rate)"));
    assert_eq!(
        cell("sign(bookings)"),
        cell("if bookings > 0 { 1 } else if bookings < 0 { -(1) } else { 0 }").signs()
    );
}

impl Cell {
    /// A minus before a number becomes the number's own.
    fn signs(self) -> Cell {
        match self {
            Cell::Neg(a) => match *a {
                Cell::Number { mantissa, scale } => number(-mantissa, scale),
                a => Cell::Neg(Box::new(a)),
            },
            Cell::If(c, a, b) => Cell::If(c, Box::new(a.signs()), Box::new(b.signs())),
            other => other,
        }
    }
}

#[test]
fn per_is_a_division() {
    assert_eq!(cell("bookings per win_rate"), cell("bookings / win_rate"));
    assert_eq!(cell("1 + count() per sum(qty) * 2"), cell("1 + count() / sum(qty) * 2"));
    assert_eq!(cell("(bookings) per 2 per 3"), cell("bookings / 2 / 3"));
    assert_eq!(row("acv per qty"), row("acv / qty"));
    // Elsewhere it is a name like any other.
    let problems = cell_problems("per + 1");
    assert_eq!((problems[0].code, problems[0].at.clone()), ("RM0207", 0..3));
    assert_eq!(cell("let per = 2; bookings per per"), cell("bookings / 2"));
    let problems = cell_problems("bookings per nothing");
    assert_eq!(problems[0].at, 13..20);
}

#[test]
fn switches_lists_and_strict_logic() {
    for (text, spelt_out) in [
        (
            "switch bookings { 0 => 1, 1 | 2 => 3, 5..7 => 4, _ => 0 }",
            "if bookings == 0 { 1 } else if bookings == 1 || bookings == 2 { 3 } \
             else if bookings >= 5 && bookings < 7 { 4 } else { 0 }",
        ),
        ("if bookings in [1, 2.5] { 1 } else { 2 }", "if bookings == 1 || bookings == 2.5 { 1 } else { 2 }"),
        ("if bookings in 1..=5 { 1 } else { 2 }", "if bookings >= 1 && bookings <= 5 { 1 } else { 2 }"),
        ("if win_rate > 1 { return bookings; } 2", "if win_rate > 1 { bookings } else { 2 }"),
        (
            "if (bookings > 1) & (win_rate > 1) { 1 } else { 2 }",
            "if if bookings > 1 { win_rate > 1 } else { if win_rate > 1 { false } else { false } } { 1 } else { 2 }",
        ),
        (
            "if (bookings > 1) ^ (win_rate > 1) { 1 } else { 2 }",
            "if if bookings > 1 { !(win_rate > 1) } else { win_rate > 1 } { 1 } else { 2 }",
        ),
        (
            "if (bookings > 1) | (win_rate > 1) { 1 } else { 2 }",
            "if if bookings > 1 { if win_rate > 1 { true } else { true } } else { win_rate > 1 } { 1 } else { 2 }",
        ),
        ("sum(switch outcome { \"won\" => acv, _ => 0 })", "sum(if outcome == \"won\" { acv } else { 0 })"),
    ] {
        assert_eq!(cell(text), cell(spelt_out), "{text}");
    }
}

#[test]
fn the_metrics_filter_comes_first() {
    let filter = row("paid");
    let typed = |text| with_scope(Some(&filter), |scope| cell_formula(text, scope)).unwrap();
    assert_eq!(typed("count()"), aggregate(AggFunc::Count, None, Some("paid")));
    assert_eq!(typed("sum_if(acv, qty > 1)"), aggregate(AggFunc::Sum, Some("acv"), Some("paid && qty > 1")));
}

#[test]
fn numbers_are_the_decimals_written() {
    assert_eq!(cell("0.055"), number(55, 3));
    assert_eq!(cell("-1.50"), number(-15, 1));
    assert_eq!(cell("1e3"), number(1000, 0));
    assert_eq!(cell("9223372036854775807"), number(i64::MAX.into(), 0));
    assert_eq!(
        cell("0.1000000000000000000000000000001"),
        number(1_000_000_000_000_000_000_000_000_000_001, 31)
    );
}

#[test]
fn formulas_over_metrics() {
    use ArithOp::{Add, Div, Mul, Sub};
    let (bookings, win_rate) = (Cell::Metric(MetricId(0)), Cell::Metric(MetricId(1)));
    assert_eq!(cell("bookings / win_rate"), arith(Div, bookings.clone(), win_rate.clone()));
    assert_eq!(cell("1 - win_rate"), arith(Sub, number(1, 0), win_rate.clone()));
    assert_eq!(cell("-bookings + 1"), arith(Add, Cell::Neg(Box::new(bookings.clone())), number(1, 0)));
    let (b, w) = (Box::new(bookings.clone()), Box::new(win_rate.clone()));
    assert_eq!(cell("bookings ?? win_rate"), Cell::Coalesce(b.clone(), w.clone()));
    let condition = Cell::Compare(CmpOp::Gt, b.clone(), Box::new(number(0, 0)));
    let not_null = Cell::Not(Box::new(Cell::IsNull(w.clone())));
    let both = Cell::And(Box::new(condition), Box::new(not_null));
    let choice = Cell::If(Box::new(both), b.clone(), w.clone());
    assert_eq!(cell("if bookings > 0 && win_rate != () { bookings } else { win_rate }"), choice);
    assert_eq!(
        cell("min(bookings, win_rate)"),
        Cell::Call(CellFn::Min, vec![bookings.clone(), win_rate.clone()])
    );
    for (text, function) in [
        ("bookings.abs()", CellFn::Abs),
        ("sqrt(bookings)", CellFn::Sqrt),
        ("ln(bookings)", CellFn::Ln),
        ("exp(bookings)", CellFn::Exp),
    ] {
        assert_eq!(cell(text), Cell::Call(function, vec![bookings.clone()]));
    }
    assert_eq!(cell("bookings ** 2"), arith(Mul, bookings.clone(), bookings.clone()));
    assert_eq!(cell("pow(bookings, 3)"), arith(Mul, cell("bookings ** 2"), bookings.clone()));
    assert_eq!(cell("bookings ** 1"), bookings);
    assert_eq!(cell("bookings ** 0"), arith(Add, arith(Mul, bookings.clone(), number(0, 0)), number(1, 0)));
    assert_eq!(cell("bookings ** 9"), Cell::Call(CellFn::Pow, vec![bookings.clone(), number(9, 0)]));
    assert_eq!(cell("bookings ** 0.5"), Cell::Call(CellFn::Pow, vec![bookings.clone(), number(5, 1)]));
    assert_eq!(cell("bookings ** -1"), Cell::Call(CellFn::Pow, vec![bookings, number(-1, 0)]));
}

#[test]
fn lets_serve_rows_and_cells() {
    assert_eq!(
        cell("let won = outcome == \"won\"; count_if(won) / count_if(won || outcome == \"lost\")"),
        cell("count_if(outcome == \"won\") / count_if(outcome == \"won\" || outcome == \"lost\")")
    );
    assert_eq!(cell("let s = sum(acv); let half = 0.5; s * half"), cell("sum(acv) * 0.5"));
    assert_eq!(cell("let f = 0.5; sum(acv * f)"), cell("sum(acv * 0.5)"));
    assert_eq!(cell("let net = { let f = 0.5; acv * f }; sum(net)"), cell("sum(acv * 0.5)"));
    assert_eq!(
        cell("let limit = timestamp(\"2017-03-01T00:00:00Z\"); count_if(closed_at < limit)"),
        cell("count_if(closed_at < timestamp(\"2017-03-01T00:00:00Z\"))")
    );
}

#[test]
fn a_metric_hides_no_column_inside_an_aggregate() {
    let tables = [opps()];
    let metrics = [MetricName { id: MetricId(7), name: "acv" }];
    let scope = CellScope {
        tables: &tables,
        table: Some(TableId(0)),
        at: None,
        metrics: &metrics,
        functions: &Library::default(),
        filter: None,
        on_row_error: Default::default(),
    };
    let Ok(Cell::Arith(_, a, b)) = cell_formula("sum(acv) / acv", &scope) else { panic!() };
    assert!(
        matches!(*a, Cell::Aggregate(aggregate) if aggregate.at.is_none() && aggregate.arg == Some(row("acv")))
    );
    assert_eq!(*b, Cell::Metric(MetricId(7)));
}
