//! Input made to hurt: nothing may panic, overflow the stack, or take long.

use super::*;
use proptest::prelude::*;

/// The least stack that a caller needs in an unoptimised build: what Rust gives a thread.
const STACK: usize = 2 * 1024 * 1024;

fn on_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
}

fn first_code(text: &str) -> &'static str {
    let row = row_formula(text, &opps(), &Library::default());
    let cell = with_scope(None, |scope| cell_formula(text, scope));
    assert!(cell.is_err());
    row.err().map_or("", |problems| problems[0].code)
}

#[test]
fn deep_and_long_formulas_are_refused() {
    on_small_stack(|| {
        for text in [
            "(".repeat(16 * 1024),
            format!("{}1{}", "(".repeat(8000), ")".repeat(8000)),
            vec!["qty"; 2000].join("+"),
            vec!["paid"; 2000].join("&&"),
            vec!["acv"; 2000].join("??"),
            vec!["qty"; 2000].join("**"),
            format!("{}qty", "- ".repeat(8000)),
            format!("{}paid", "!".repeat(16_000)),
            format!("qty{}", ".abs()".repeat(2000)),
            format!("{}1{}", "abs(".repeat(3000), ")".repeat(3000)),
            format!("{}{{1}}", "if paid {1} else ".repeat(900)),
            format!("{}1{}", "if paid {".repeat(1000), "}".repeat(1000)),
            format!("{}1{}", "{".repeat(8000), "}".repeat(8000)),
            "[".repeat(16_000),
            format!(
                "switch qty {{ {} _ => 0 }}",
                (0..900).map(|n| format!("{n} => {n}, ")).collect::<String>()
            ),
            format!("switch qty {{ 0..1{} => 1, _ => 0 }}", " | 5..7".repeat(1800)),
            format!(
                "switch qty {{ 0{} => 1, _ => 0 }}",
                (1..4000).map(|n| format!("|{}", n % 10)).collect::<String>()
            ),
            format!("{}1", "if paid { return 1 } ".repeat(700)),
            format!("{}1", "switch paid {true=>".repeat(800)),
            vec!["paid"; 2000].join("&"),
            format!("{}acv", "let acv = acv + 1; ".repeat(800)),
        ] {
            assert_eq!(first_code(&text), "RM0202", "{}", &text[..20]);
        }
        // As deep as brackets may be, and then as deep as the parser goes.
        for inner in ["qty ** ", "- ", "!", "qty + qty ** ", "if paid {1} else ", "qty.max(1) ** "] {
            let text = format!("{}{}qty{}", "abs(qty ** ".repeat(24), inner.repeat(100), ")".repeat(24));
            assert_eq!(first_code(&text), "RM0202", "{inner}");
        }
        assert_eq!(first_code(&"a".repeat(16 * 1024 + 1)), "RM0201");
    });
}

/// Written out, each line doubles the formula.
#[test]
fn lets_cannot_explode() {
    let doubled: String = (1..200).map(|n| format!("let a{n} = a{} + a{};", n - 1, n - 1)).collect();
    assert_eq!(first_code(&format!("let a0 = qty; {doubled} a199")), "RM0202");
    let cubed = "((((count() ** 8) ** 8) ** 8) ** 8) ** 8";
    assert_eq!(cell_problems(cubed)[0].code, "RM0202");
}

#[test]
fn lets_cannot_explode_in_units() {
    let doubled: String = (1..200).map(|n| format!("let a{n} = a{} + a{};", n - 1, n - 1)).collect();
    assert_eq!(first_code(&format!("let a0 = acv; {doubled} convert(a199, due, \"USD\")")), "RM0202");
    let nested = (0..20).fold("acv".to_owned(), |inner, _| format!("convert({inner}, due, \"USD\")"));
    assert_eq!(first_code(&nested), "RM0262");
}

/// Whatever has types is small enough for the walk that looks at its units.
#[test]
fn the_deepest_formulas_have_units() {
    on_small_stack(|| {
        for (before, inner, after) in [
            ("abs(", "acv + ", ")"),
            ("{ let x = ", "acv - ", "; x }"),
            ("(", "acv ?? ", ")"),
            ("max(1, ", "acv * 2 + ", ")"),
        ] {
            for brackets in [1, 12, 23] {
                let text = |depth: usize| {
                    let (open, close) = (before.repeat(brackets), after.repeat(brackets));
                    format!("{open}{}acv{close}", inner.repeat(depth))
                };
                let sound = |depth: &usize| row_formula(&text(*depth), &opps(), &Library::default()).is_ok();
                let Some(depth) = (0..120).rev().find(sound) else { continue };
                let cell = text(depth).replace("acv", "sum(acv)");
                with_scope(Some(&row("paid")), |scope| {
                    if cell_formula(&cell, scope).is_ok() {
                        assert!(crate::lang::cell_quantity(&cell, scope, &[]).is_ok(), "{cell}");
                    }
                });
            }
        }
    });
}

#[test]
fn a_large_filter_counts_in_every_aggregate() {
    let filter = row(&format!("qty in [{}]", vec!["1"; 2000].join(",")));
    let problems = with_scope(Some(&filter), |scope| cell_formula("count() / count() + count()", scope));
    assert_eq!(problems.unwrap_err()[0].code, "RM0202");
}

/// What people write stays well inside the limits.
#[test]
fn ordinary_size_is_accepted() {
    on_small_stack(|| {
        row(&vec!["qty"; 100].join(" + "));
        row(&vec!["outcome == \"won\""; 60].join(" || "));
        row(&format!("qty in [{}]", vec!["7"; 3000].join(",")));
        row(&format!("{}qty{}", "(".repeat(20), ")".repeat(20)));
        row(&format!("{}{{ 0 }}", "if outcome == \"won\" { qty } else ".repeat(50)));
        row(&format!("{}qty{}", "abs(".repeat(20), ")".repeat(20)));
        let nested = (0..12).fold("qty".to_owned(), |inner, _| format!("if paid {{ {inner} }} else {{ 0 }}"));
        row(&nested);
    });
}

/// Pieces of formulas, so that many of the random texts parse.
fn soup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "qty",
        "acv",
        "rate",
        "paid",
        "outcome",
        "due",
        "opened_at",
        "bookings",
        "sum(",
        "count()",
        "min(",
        "abs(",
        "date(",
        "\"won\"",
        "\"2017-03-01\"",
        "1",
        "0.5",
        "1e9",
        "()",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        "+",
        "-",
        "*",
        "/",
        "%",
        "**",
        "==",
        "<",
        "&&",
        "||",
        "??",
        "!",
        "in",
        "if ",
        " else ",
        "let a = ",
        "switch ",
        "return ",
        "=>",
        "_",
        "..",
        "..=",
        "&",
        "|",
        "^",
        "a",
        ".",
        "\n",
        "//",
        "/*",
        "*/",
        "ä",
        "`",
        "'",
        "#",
        "${",
        "=",
        "true",
        "\\",
        "\"",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.join(" "))
}

fn never_panics(text: &str) {
    let check = |problems: Vec<Problem>| {
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(text.get(problem.at.clone()).is_some(), "{text:?}: {problem:?}");
        }
    };
    row_formula(text, &opps(), &Library::default()).err().map(check);
    with_scope(None, |scope| cell_formula(text, scope)).err().map(check);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_text_never_panics(text in ".*") {
        never_panics(&text);
    }

    #[test]
    fn arbitrary_ascii_never_panics(text in "[ -~\n\t]{0,60}") {
        never_panics(&text);
    }

    #[test]
    fn arbitrary_pieces_never_panic(text in soup()) {
        never_panics(&text);
    }
}
