//! Refuses tokens that no formula may contain, before any parser sees them.
//!
//! Most of Rhai's statements announce themselves by a word or a symbol. Refusing those here gives messages
//! in our words at the exact bytes, all at once, and keeps the parser to the small part of its language
//! that formulas use.

use super::codes;
use super::literal;
use super::problem::{Problem, Replacement};
use super::tokens::{Token, TokenKind, Tokens};

/// Brackets inside one another. Bounds how deep the parser can recurse.
pub(super) const MAX_NESTING: usize = 24;

/// Reports every token that is no part of the language.
pub(super) fn check(tokens: &Tokens<'_>, problems: &mut Vec<Problem>) {
    let mut nesting = 0usize;
    for (index, token) in tokens.list().iter().enumerate() {
        match tokens.text(token) {
            "(" | "[" | "{" => nesting += 1,
            ")" | "]" | "}" => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if nesting > MAX_NESTING {
            let message = format!("more than {MAX_NESTING} brackets inside one another");
            let problem = Problem::new(codes::TOO_LARGE, &token.at, message);
            problems.push(problem.hint("split the formula into several metrics"));
            return;
        }
        let problem = match token.kind {
            TokenKind::Name => word(tokens, index, token),
            TokenKind::Number => literal::check(tokens.text(token)).err().map(|message| {
                let problem = Problem::new(codes::NUMBER, &token.at, message);
                problem.expected("a decimal number such as 42, 0.055 or 1e6")
            }),
            TokenKind::Text => None,
            TokenKind::Symbol => symbol(tokens, index, token),
        };
        problems.extend(problem);
    }
}

/// Words with a meaning in Rhai, or in another language, that formulas do not have: (word, what it is, hint).
const WORDS: &[(&[&str], &str, &str)] = &[
    (
        &["while", "loop", "for", "do", "until", "continue", "break"],
        "loops are no part of the formula language",
        "aggregates such as sum(x) go over the rows",
    ),
    (
        &["fn", "private"],
        "functions cannot be defined in a formula",
        "define it under `functions` in the book, make it a metric, or use `let`",
    ),
    (&["try", "catch", "throw"], "a formula cannot catch or throw", "use `??` for a missing value"),
    (&["match", "case"], "cases are told apart by `switch`", "switch value { 1 => a, 2 => b, _ => c }"),
    (
        &["import", "export", "as", "module", "use", "package"],
        "formulas have no modules",
        "name columns and metrics directly",
    ),
    (&["const", "var", "static"], "names are given with `let`", "write let name = value;"),
    (&["this"], "there is no `this` in a formula", "name the column"),
    (
        &["Fn", "call", "curry", "eval", "is_def_fn", "is_def_var", "is_shared"],
        "formulas cannot make or call functions dynamically",
        "call a listed function by its name",
    ),
    (&["print", "debug"], "a formula cannot print", "evaluate the metric to see its value"),
    (&["type_of"], "types are declared in the book", "remove the call"),
    (&["null", "nil"], "a missing value is written ()", "write (), or is_null(x)"),
    (&["and"], "`and` is written &&", "write &&"),
    (&["or"], "`or` is written ||", "write ||"),
    (&["not"], "`not` is written !", "write !"),
    (&["is"], "equality is written ==", "write ==, or is_null(x)"),
];

/// Words and symbols of other languages that can only mean one thing. (`not` is not among them: `not a == b` is
/// another thing than `! a == b`.)
const REPLACED: &[(&str, &str)] = &[
    ("and", "&&"),
    ("or", "||"),
    ("is", "=="),
    ("null", "()"),
    ("nil", "()"),
    ("===", "=="),
    ("!==", "!="),
    ("<-", "< -"),
];

/// Words that Rhai keeps for itself.
const RESERVED: &[&str] = &[
    "async",
    "await",
    "default",
    "exit",
    "go",
    "goto",
    "new",
    "protected",
    "public",
    "shared",
    "spawn",
    "super",
    "sync",
    "thread",
    "void",
    "with",
    "yield",
];

fn word(tokens: &Tokens<'_>, index: usize, token: &Token) -> Option<Problem> {
    let word = tokens.text(token);
    if let Some((_, message, hint)) = WORDS.iter().find(|(words, ..)| words.contains(&word)) {
        let mut problem = Problem::new(codes::NOT_IN_LANGUAGE, &token.at, *message).hint(*hint);
        problem.fix =
            REPLACED.iter().find(|(known, _)| *known == word).map(|(_, means)| Replacement::new(*means));
        if word == "is" && tokens.text_at(index + 1) == "not" {
            problem.fix = None;
        }
        return Some(problem);
    }
    let next_is = |text: &str| tokens.text_at(index + 1) == text;
    if word == "let" && tokens.text_at(index + 2) != "=" && !next_is("=") {
        return Some(
            Problem::new(codes::SYNTAX, &token.at, "`let` needs a name and a value")
                .hint("let name = value;"),
        );
    }
    RESERVED.contains(&word).then(|| {
        Problem::new(codes::NOT_IN_LANGUAGE, &token.at, format!("`{word}` is a reserved word"))
            .hint("give the column or metric another name; `source` keeps the name that the data uses")
    })
}

/// Words behind which a value begins.
const BEFORE_VALUES: &[&str] = &["if", "else", "let", "return", "switch", "in"];

/// Whether a token is the operator `per`: it stands where only an operator can, behind a value.
pub(super) fn is_per(tokens: &Tokens<'_>, index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|before| tokens.list().get(before));
    tokens.text_at(index) == "per"
        && before.is_some_and(|before| match before.kind {
            TokenKind::Symbol => matches!(tokens.text(before), ")" | "]"),
            TokenKind::Name => {
                let word = tokens.text(before);
                !(BEFORE_VALUES.contains(&word) || word == "per" && is_per(tokens, index - 1))
            }
            TokenKind::Number | TokenKind::Text => true,
        })
}

/// Symbols that formulas do not have: (symbol, what is wrong, hint).
const SYMBOLS: &[(&[&str], &str, &str)] = &[
    (
        &["<<", ">>", "<<=", ">>="],
        "bits cannot be shifted in a formula",
        "multiply or divide by a power of two",
    ),
    (
        &["+=", "-=", "*=", "/=", "%=", "**=", "&=", "|=", "^=", ":="],
        "a formula cannot assign",
        "give the new value a name: let b = a + 1;",
    ),
    (&["++", "--"], "a formula cannot count up or down", "write a + b or a - (-b)"),
    (&["===", "!=="], "equality is written == and !=", "write == or !="),
    (&["->"], "arrows are no part of the formula language", "write if .. { .. } else { .. }"),
    (&["<-"], "< and - need a space between them", "write a < -b"),
    (&["..."], "ranges are written .. and ..=", "write x in 1..5"),
    (&["?.", "!."], "values have no parts", "name the column, and use ?? for a missing value"),
    (&["?["], "values cannot be indexed", "name the column"),
    (&["::", "::<", ":;"], "formulas have no modules", "name columns and metrics directly"),
    (&[":"], "`:` is no part of the formula language", "write if .. { .. } else { .. }"),
    (
        &["?"],
        "`?` is no part of the formula language",
        "write if .. { .. } else { .. }, or ?? for a missing value",
    ),
    (&["#{", "# {"], "a formula cannot build a map", "use a value map of the column, or if .. else .."),
    (&["#", "#!"], "`#` is no part of the formula language", "a comment begins with //"),
    (&["`"], "a formula cannot build text", "write text in double quotes"),
    (&["'"], "text is written in double quotes", "write \"text\""),
    (&["(*"], "rows are counted with count()", "write count()"),
    (&["*)"], "a factor is missing before )", "remove the * or add a factor"),
    (&["<|", "|>"], "there are no pipes in a formula", "write f(x), or x.f()"),
];

/// Symbols that formulas do have.
const ACCEPTED: &[&str] = &[
    "**", "==", "!=", "<=", ">=", "&&", "||", "??", "(", ")", "{", "}", "[", "]", ",", ";", ".", "+", "-",
    "*", "/", "%", "<", ">", "!", "&", "|", "^", "..", "..=", "=>",
];

fn follows_operand(tokens: &Tokens<'_>, index: usize) -> bool {
    index.checked_sub(1).and_then(|before| tokens.list().get(before)).is_some_and(|before| {
        before.kind != TokenKind::Symbol || matches!(tokens.text(before), ")" | "]" | "}")
    })
}

fn symbol(tokens: &Tokens<'_>, index: usize, token: &Token) -> Option<Problem> {
    let symbol = tokens.text(token);
    if symbol == "|" && !follows_operand(tokens, index) {
        let message = "formulas cannot make functions";
        let problem = Problem::new(codes::NOT_IN_LANGUAGE, &token.at, message);
        return Some(problem.hint("`|` stands between two conditions, or between patterns of a `switch`"));
    }
    if ACCEPTED.contains(&symbol) {
        return None;
    }
    if symbol == "=" {
        let is_let = index >= 2 && tokens.text_at(index - 2) == "let";
        return (!is_let).then(|| {
            Problem::new(codes::NOT_IN_LANGUAGE, &token.at, "a formula cannot assign")
                .hint("equality is written ==; a name is given with let name = value;")
                .fix("==")
        });
    }
    if let Some((_, message, hint)) = SYMBOLS.iter().find(|(symbols, ..)| symbols.contains(&symbol)) {
        let mut problem = Problem::new(codes::NOT_IN_LANGUAGE, &token.at, *message).hint(*hint);
        problem.fix =
            REPLACED.iter().find(|(known, _)| *known == symbol).map(|(_, means)| Replacement::new(*means));
        if symbol == "'" && tokens.has_only_single_quotes() {
            problem.fix = Some(Replacement::new("\""));
        }
        if symbol == "(*" && tokens.text_at(index + 1) == ")" {
            problem.fix = Some(Replacement::new("("));
        }
        return Some(problem);
    }
    let problem = Problem::new(codes::NOT_IN_LANGUAGE, &token.at, format!("unexpected character `{symbol}`"));
    Some(problem.hint(
        "names consist of ASCII letters, digits and _; `source` maps another name to such a one; text is in double quotes",
    ))
}
