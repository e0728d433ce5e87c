//! Input that nobody writes by accident: refused quickly, never with a panic.

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::formula::Lang;
use super::super::{Diagnostics, load_bytes_with, load_path_with, load_str, load_with};
use super::bad_books::files;

/// Refused, within a time that is generous for a debug build on a busy machine.
fn refused(text: &str) -> Diagnostics {
    let begun = Instant::now();
    let refused = load_with(text, "hostile.yaml", None, &Lang).expect_err("accepted");
    let shown = refused.to_string();
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(!shown.is_empty() && refused.errors().count() > 0);
    refused
}

fn codes(text: &str) -> Vec<&'static str> {
    refused(text).all().iter().map(|problem| problem.code).collect()
}

#[test]
fn nothing_at_all() {
    for text in ["", "\n", "# only a comment\n", "---\n", "~", "\u{feff}", "{}"] {
        assert_eq!(codes(text), ["RM0105", "RM0105"], "{text:?}");
    }
    assert_eq!(codes("just text"), ["RM0106"]);
    assert_eq!(codes("- a list"), ["RM0106"]);
    assert_eq!(codes("42"), ["RM0106"]);
}

#[test]
fn depth_and_size() {
    assert_eq!(codes(&"[".repeat(200_000)), ["RM0109"]);
    assert_eq!(codes(&"{a: ".repeat(50_000)), ["RM0109"]);
    assert_eq!(codes(&"- ".repeat(100_000)), ["RM0109"]);
    let steps: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_eq!(codes(&steps), ["RM0109"]);
    assert_eq!(codes(&"a".repeat(1 << 20 | 1)), ["RM0102"]);
    assert_eq!(codes(&"#".repeat(1 << 20)), ["RM0105", "RM0105"]);
    assert_eq!(codes(&"\"".repeat(300_001)), ["RM0101"]);
}

#[test]
fn anchors_and_bombs() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "g")] {
        bomb.push_str(&format!("{to}: &{to} [{}]\n", vec![format!("*{from}"); 9].join(", ")));
    }
    assert_eq!(codes(&bomb), ["RM0108"]);
    assert_eq!(codes("a: *b\n"), ["RM0108"]);
    assert_eq!(codes("a: &b {c: 1}\n"), ["RM0108"]);
    assert_eq!(codes("ripplemark: 1\n---\nripplemark: 1\n"), ["RM0110"]);
}

#[test]
fn bytes_that_are_no_text() {
    let refused =
        load_bytes_with(b"ripplemark: 1\nbook: {id: \xff}", "x", None, &Lang).expect_err("accepted");
    assert_eq!((refused.all()[0].code, refused.all()[0].line, refused.all()[0].column), ("RM0111", 2, 12));
    assert_eq!(codes("ripplemark: 1\nbook: \0\n"), ["RM0101"]);
    assert_eq!(codes("ripplemark: \u{7}1\n"), ["RM0101"]);
    let utf16: Vec<u8> = "ripplemark: 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(load_bytes_with(&[&[0xff, 0xfe], utf16.as_slice()].concat(), "x", None, &Lang).is_err());
}

#[test]
fn more_problems_than_anybody_reads() {
    let mut text = String::from("ripplemark: 1\nbook: {id: x}\nteams: {");
    for team in 0..8_000 {
        text.push_str(&format!("team_number_{team}: x, "));
    }
    text.push_str("}\nmetrics:\n");
    for metric in 0..8_000 {
        text.push_str(&format!("- {{name: m{metric}, owner: team_numbre_{metric}, expr: nothing}}\n"));
    }
    let refused = refused(&text);
    assert_eq!(refused.all().len(), 501);
    let last = refused.all().last().expect("last");
    assert_eq!((last.code, last.line), ("RM0100", 0));
    assert!(refused.all()[0].hint.as_deref().is_some_and(|hint| hint.contains("team_number_0")));
}

#[test]
fn more_tables_and_queries_than_a_book_has() {
    let mut text = String::from("ripplemark: 1\nbook: {id: x}\ntables: {");
    for table in 0..501 {
        text.push_str(&format!("t{table}: {{columns: {{}}}}, "));
    }
    text.push_str("}\nsaved_queries:\n");
    for query in 0..501 {
        text.push_str(&format!("- {{name: q{query}}}\n"));
    }
    assert_eq!(codes(&text), ["RM0102", "RM0102"]);
    assert!(
        load_with(
            &text.replace("t500: {columns: {}}, ", "").replace("- {name: q500}\n", ""),
            "",
            None,
            &Lang
        )
        .is_ok()
    );
}

#[test]
fn long_chains_and_long_circles() {
    let mut text = String::from("ripplemark: 1\nbook: {id: x}\nteams: {a: A}\nmetrics:\n");
    for metric in 0..2_000 {
        let next = (metric + 1) % 2_000;
        text.push_str(&format!("- {{name: m{metric}, owner: a, expr: m{next}}}\n"));
    }
    let refused = refused(&text);
    assert_eq!(refused.all().iter().map(|problem| problem.code).collect::<Vec<_>>(), ["RM0135"]);
    assert!(refused.all()[0].message.ends_with("m7 → … → m0"), "{}", refused.all()[0].message);
}

#[test]
fn metrics_on_metrics_on_metrics() {
    let head = "ripplemark: 1\nbook: {id: x}\nteams: {a: A}\ntables: {t: {columns: {c: int}}}\nmetrics:\n\
                - {name: m0, owner: a, agg: sum, expr: c}\n";
    let chain = |count: usize, formula: &dyn Fn(usize) -> String| {
        let more = (1..=count).map(|i| format!("- {{name: m{i}, owner: a, expr: {}}}\n", formula(i - 1)));
        format!("{head}{}", more.collect::<String>())
    };
    // Written out, the last has 2^200 sums: whatever follows metrics follows each once.
    let doubled = load_str(&chain(200, &|i| format!("m{i} + m{i}")), "x").expect("a book").book;
    let last = crate::model::MetricId(200);
    assert_eq!(crate::lower::exactness(&doubled, last), crate::lower::Exactness::Exact);
    let query = crate::model::Query { metrics: vec!["m200".into()], ..Default::default() };
    assert!(crate::Program::compile(&doubled, &query).is_ok());
    let same = load_str(&chain(200, &|i| format!("( m{i} ) + m{i} // twice\n  ")), "y").expect("a book").book;
    let other = load_str(&chain(200, &|i| format!("m{i} + m{i}")).replace("c: int", "c: float"), "z");
    let meaning = |book| crate::lower::metric_meaning(book, last);
    assert_eq!(meaning(&doubled), meaning(&same));
    assert_ne!(meaning(&doubled), meaning(&other.expect("a book").book), "far below, another type");
    // A step into each metric and one into its sum.
    assert!(load_str(&chain(255, &|i| format!("m{i} + 1")), "x").is_ok());
    let refused = refused(&chain(700, &|i| format!("m{i} + 1")));
    let told: Vec<_> =
        refused.all().iter().map(|problem| (problem.code, problem.metric.as_deref())).collect();
    assert_eq!(told, [("RM0102", Some("m257")), ("RM0102", Some("m514"))]);
}

#[test]
fn short_formulas_that_stand_for_much_are_counted_together() {
    let body = format!("let b = {}; {}", ["a"; 20].join(" + "), ["b"; 20].join(" + "));
    let head = format!(
        "ripplemark: 1\nbook: {{id: x}}\nteams: {{a: A}}\ntables: {{t: {{columns: {{c: int}}}}}}\n\
                        functions: \"fn big(a) {{ {body} }}\"\nmetrics:\n"
    );
    let book = |count: usize| {
        let metrics =
            (0..count).map(|i| format!("- {{name: m{i}, owner: a, agg: sum, expr: big(c + {i})}}\n"));
        format!("{head}{}", metrics.collect::<String>())
    };
    assert!(load_str(&book(20), "x").is_ok());
    let refused = refused(&book(2_000));
    assert!(refused.all()[0].message.contains("too many parts"), "{}", refused.all()[0]);
    assert!(refused.all().iter().all(|problem| problem.code == "RM0202" || problem.code == "RM0100"));
}

#[test]
fn a_book_on_one_line_is_shown_in_part() {
    let long = "x".repeat(200_000);
    let text =
        format!("{{\"ripplemark\": 1, \"book\": {{\"id\": \"a\"}}, \"before\": \"{long}\", \"after\": 2}}");
    let refused = refused(&text);
    assert_eq!(refused.all().len(), 2);
    let shown = refused.to_string();
    assert!(shown.len() < 10_000);
    let column = text.find("\"after\"").expect("key") + 1;
    assert!(shown.contains(&format!("hostile.yaml:1:{column}\n")), "{shown}");
}

#[test]
fn files_that_cannot_be_read() {
    for path in ["tests/no_such_book.yaml", "tests"] {
        let refused = load_path_with(Path::new(path), &Lang).expect_err("accepted");
        assert_eq!((refused.all().len(), refused.all()[0].code), (1, "RM0111"));
        assert!(refused.to_string().contains(&format!("in {path}")), "{refused}");
    }
}

#[test]
fn a_report_on_another_text_does_not_panic() {
    let list = refused("ripplemark: 1\nbook: {id: x, é: é}\nmetrics: [{name: a}]\n").all().to_vec();
    for text in ["", "é", "ripplemark: 1\nbook: éé"] {
        assert!(!Diagnostics::new(list.clone(), text).to_string().is_empty());
    }
}

/// Pieces that books are made of, so that random text gets past the first line.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("ripplemark: 1\nbook: {id: a, currency: EUR}\nteams: {a: A}\n".to_owned()),
        Just("tables:\n  t:\n    time: d\n    columns: {d: date, x: money, c: category}\n".to_owned()),
        Just("tables:\n  t:\n    columns: {x: money, c: category}\n    dimensions: {big: x > 1, o: 'c ?? \"none\"'}\n    bands: {b: {of: x, edges: [1, 2.5]}}\n".to_owned()),
        Just("    bands:\n      b: {of: x, labels: [a, b], edges: [1]}\n".to_owned()),
        Just("metrics:\n- {name: m, owner: a, expr: sum(x)}\n".to_owned()),
        Just("- {name: n, owner: [a], agg: sum, expr: x, filter: 'c == \"é\"'}\n".to_owned()),
        Just("stages:\n- {id: s, of: t, enters: d, owner: a}\n- {id: r, from: s, enters: d, owner: a, sla: {within: 2d}}\n".to_owned()),
        Just("saved_queries:\n- {name: q, by: [c], grain: month, range: [2017-01-01, null]}\n".to_owned()),
        "[a-z]{1,8}: [-{}\\[\\]a-z0-9\"'|>&*!%@,: ]{0,12}\n",
        "( {0,6})[-?:] [a-z]{0,3}\n",
        "\\PC{0,8}",
        Just("  k: |\n    sum(\n      y)\n".to_owned()),
        Just("\r\n".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_panics(pieces in prop::collection::vec(piece(), 0..12)) {
        stays_calm(&pieces.concat())?;
    }

    #[test]
    fn no_damaged_book_panics(
        file: prop::sample::Index, at: prop::sample::Index, length in 0..12_usize, put in "\\PC{0,2}|[\\[{}\"'\n:,#&*|>-]{0,3}",
    ) {
        let files = files();
        let text = std::fs::read_to_string(file.get(&files)).expect("file");
        let letters: Vec<char> = text.chars().collect();
        let from = at.index(letters.len());
        let kept: String = letters.iter().take(from).collect();
        let rest: String = letters.iter().skip(from + length).collect();
        stays_calm(&format!("{kept}{put}{rest}"))?;
    }
}

fn stays_calm(text: &str) -> Result<(), TestCaseError> {
    if let Err(refused) = load_with(text, "random.yaml", None, &Lang) {
        for problem in refused.all() {
            prop_assert!(text.get(problem.span.clone()).is_some());
        }
        prop_assert!(!refused.to_string().is_empty());
        prop_assert!(!refused.to_coloured().is_empty());
    }
    Ok(())
}
