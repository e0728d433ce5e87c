//! The patterns of a `switch`: what stands before each `=>`.
//!
//! Rhai keeps the cases of a `switch` in a table by hash, without places. What was written, in which order and where,
//! is read from the tokens; the patterns are constants, so there is little to read.

use super::codes;
use super::problem::Problem;
use super::tokens::{TokenKind, Tokens};
use std::ops::Range;

/// One `pattern | pattern if guard => value`.
#[derive(Debug, PartialEq)]
pub(super) struct Arm {
    /// The first pattern.
    pub(super) at: Range<usize>,
    /// Empty for `_`.
    pub(super) patterns: Vec<Pattern>,
    pub(super) has_guard: bool,
}

/// One pattern, as the bytes of its constants.
#[derive(Debug, PartialEq)]
pub(super) enum Pattern {
    /// A number, a text, `true` or `false`.
    Constant(Range<usize>),
    /// `()`
    Missing(Range<usize>),
    /// `low..high`, or `low..=high`.
    Range { at: Range<usize>, low: Range<usize>, high: Range<usize>, inclusive: bool },
}

/// The arms of the `switch` whose word is the token at an index.
pub(super) fn arms(tokens: &Tokens<'_>, switch: usize) -> Result<Vec<Arm>, Problem> {
    let open = opening(tokens, switch)?;
    let mut arms = Vec::new();
    let mut from = open + 1;
    while !matches!(tokens.text_at(from), "}" | "") {
        let (arm, body) = arm(tokens, from)?;
        arms.push(arm);
        from = next_arm(tokens, body)?;
    }
    Ok(arms)
}

fn refuse(tokens: &Tokens<'_>, index: usize, message: &str) -> Problem {
    Problem::new(codes::SWITCH, &place(tokens, index), message)
}

fn place(tokens: &Tokens<'_>, index: usize) -> Range<usize> {
    let end = tokens.list().last().map_or(0, |last| last.at.end);
    tokens.list().get(index).map_or(end..end, |token| token.at.clone())
}

/// The `{` behind the value. Braces inside the value would make it unclear which one it is.
fn opening(tokens: &Tokens<'_>, switch: usize) -> Result<usize, Problem> {
    let mut depth = 0usize;
    let mut index = switch + 1;
    loop {
        let is_operand = tokens.list().get(index.saturating_sub(1)).is_some_and(|before| {
            before.kind != TokenKind::Symbol || matches!(tokens.text(before), ")" | "]")
        });
        match tokens.text_at(index) {
            "" => return Err(refuse(tokens, index, "the `switch` has no arms")),
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "{" if depth == 0 && index > switch + 1 && is_operand => return Ok(index),
            "{" | "if" | "switch" if depth == 0 => {
                let problem = refuse(tokens, index, "the value of a `switch` needs parentheses here");
                return Err(problem.hint("switch (value) { .. }, or let v = value; switch v { .. }"));
            }
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        index += 1;
    }
}

/// Reads patterns and finds the guard; gives the index behind `=>`.
fn arm(tokens: &Tokens<'_>, from: usize) -> Result<(Arm, usize), Problem> {
    let mut arm = Arm { at: place(tokens, from), patterns: Vec::new(), has_guard: false };
    let mut index = from;
    if tokens.text_at(index) == "_" {
        index += 1;
    } else {
        loop {
            let (pattern, next) = pattern(tokens, index)?;
            arm.patterns.push(pattern);
            index = next;
            if tokens.text_at(index) != "|" {
                break;
            }
            index += 1;
        }
    }
    if tokens.text_at(index) == "if" {
        arm.has_guard = true;
        let mut depth = 0usize;
        while !(tokens.text_at(index) == "=>" && depth == 0) {
            match tokens.text_at(index) {
                "" => break,
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            index += 1;
        }
    }
    if tokens.text_at(index) != "=>" {
        return Err(refuse(tokens, index, "`=>` is missing after the pattern").hint("1 | 2 if paid => value"));
    }
    Ok((arm, index + 1))
}

fn pattern(tokens: &Tokens<'_>, from: usize) -> Result<(Pattern, usize), Problem> {
    if tokens.text_at(from) == "(" && tokens.text_at(from + 1) == ")" {
        let at = place(tokens, from).start..place(tokens, from + 1).end;
        return Ok((Pattern::Missing(at), from + 2));
    }
    let (low, is_whole, next) = constant(tokens, from)?;
    let inclusive = match tokens.text_at(next) {
        ".." => false,
        "..=" => true,
        _ => return Ok((Pattern::Constant(low), next)),
    };
    let (high, is_whole_too, after) = constant(tokens, next + 1)?;
    if !is_whole || !is_whole_too {
        return Err(refuse(tokens, next, "a range goes from one whole number to another").expected("1..5"));
    }
    let at = low.start..high.end;
    Ok((Pattern::Range { at, low, high, inclusive }, after))
}

/// The bytes of a constant, whether it is a whole number, and the index behind it.
fn constant(tokens: &Tokens<'_>, from: usize) -> Result<(Range<usize>, bool, usize), Problem> {
    let is_signed = tokens.text_at(from) == "-";
    let index = if is_signed { from + 1 } else { from };
    let kind = tokens.list().get(index).map(|token| token.kind);
    let text = tokens.text_at(index);
    let fits = match kind {
        Some(TokenKind::Number) => true,
        Some(TokenKind::Text) => !is_signed,
        Some(TokenKind::Name) => !is_signed && matches!(text, "true" | "false"),
        _ => false,
    };
    if !fits {
        let problem = refuse(tokens, index, "a pattern of a `switch` is a constant");
        return Err(problem
            .expected("a whole number, a text, true, false, a range such as 1..5, () or _")
            .hint("other conditions follow as a guard: _ stands last, x if y > 1 => ..."));
    }
    let is_whole = kind == Some(TokenKind::Number) && text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if kind == Some(TokenKind::Number) && !is_whole {
        let problem = refuse(tokens, index, "a pattern of a `switch` is no fraction");
        return Err(problem.expected("a whole number").hint("compare in a guard or with `if`"));
    }
    Ok((place(tokens, from).start..place(tokens, index).end, is_whole, index + 1))
}

/// Skips a value; gives the index of the next arm or of the closing `}`.
fn next_arm(tokens: &Tokens<'_>, body: usize) -> Result<usize, Problem> {
    let mut depth = 0usize;
    let mut index = body;
    loop {
        match tokens.text_at(index) {
            "" => return Err(refuse(tokens, index, "the `switch` does not end").expected("}")),
            "}" if depth == 0 => return Ok(index),
            "," if depth == 0 => return Ok(index + 1),
            "=>" if depth == 0 => {
                let problem = refuse(tokens, index, "a comma is missing before this arm");
                return Err(problem.hint("1 => a, 2 => b, _ => c"));
            }
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Arm>, Problem> {
        let mut problems = Vec::new();
        let tokens = Tokens::scan(text, &mut problems);
        let switch = tokens.list().iter().position(|token| tokens.text(token) == "switch").unwrap();
        arms(&tokens, switch)
    }

    #[test]
    fn finds_every_arm_and_its_constants() {
        let text = "switch f({a}) { 1 | -2 => {x}, 3..=5 if y > {2} => if a {1} else {2}, \"b\" => (1, 2), () => 0, _ => 9 }";
        let arms = read(text).unwrap();
        let shown: Vec<(&str, usize, bool)> =
            arms.iter().map(|arm| (&text[arm.at.clone()], arm.patterns.len(), arm.has_guard)).collect();
        assert_eq!(
            shown,
            [("1", 2, false), ("3", 1, true), ("\"b\"", 1, false), ("(", 1, false), ("_", 0, false)]
        );
        assert_eq!(arms[0].patterns[1], Pattern::Constant(20..22));
        assert!(matches!(&arms[1].patterns[0], Pattern::Range { inclusive: true, .. }));
    }

    #[test]
    fn what_is_unclear_is_refused() {
        for (text, says) in [
            ("switch if a {1} else {2} { 1 => 2, _ => 3 }", "parentheses"),
            ("switch {a} { 1 => 2, _ => 3 }", "parentheses"),
            ("switch a + {b} { 1 => 2, _ => 3 }", "parentheses"),
            ("switch switch a { 1 => 2 } { 2 => 1 }", "parentheses"),
            ("switch a", "no arms"),
            ("switch a { 1 => {2} 3 => 4 }", "comma"),
            ("switch a { b => 1 }", "constant"),
            ("switch a { 1 + 1 => 1 }", "=>"),
            ("switch a { 1.5 => 1 }", "fraction"),
            ("switch a { \"a\"..\"b\" => 1 }", "range"),
            ("switch a { 1 => 2", "does not end"),
        ] {
            let problem = read(text).expect_err(text);
            let told = format!("{} {:?} {:?}", problem.message, problem.expected, problem.hint);
            assert!(told.contains(says), "{text}: {told}");
        }
    }
}
