//! Row formulas against Rhai's own interpreter: the same text, the same rows, the same value or failure in each row.
//!
//! Formulas are made at random from a typed grammar. Where Rhai has no rule for `()` (in `&&`, `||`, `if` and `in`)
//! the interpreter is given a text that spells our rule out; everywhere else it runs the very text of the book.
#![cfg(feature = "compile")]

mod oracle;
mod support;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, DurationMicrosecondArray, Float64Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Int32Type;
use jiff::ToSpan;
use oracle::Outcome;
use oracle::calendar::{FIRST_DAY, FIRST_MONTH, ZONE};
use oracle::times::{HOURS, Length};
use rhai::{Dynamic, Scope};
use ripplemark::evaluate::{Coordinate, ResultCell};
use serde_json::{Value, json};
use support::{Dice, batch, by, compile, evaluate, full};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Type {
    Int,
    Float,
    Bool,
    Text,
}

/// A formula, as the book has it and as the interpreter gets it, and whether it can be missing.
#[derive(Clone, Debug)]
struct Formula {
    book: String,
    rhai: String,
    nullable: bool,
}

impl Formula {
    fn plain(text: impl Into<String>, nullable: bool) -> Formula {
        let text = text.into();
        Formula { rhai: text.clone(), book: text, nullable }
    }

    /// The same frame around parts of both texts; missing if a part is.
    fn frame(parts: &[&Formula], frame: impl Fn(&[&str]) -> String) -> Formula {
        let texts = |side: fn(&Formula) -> &str| parts.iter().map(|part| side(part)).collect::<Vec<_>>();
        Formula {
            book: frame(&texts(|f| &f.book)),
            rhai: frame(&texts(|f| &f.rhai)),
            nullable: parts.iter().any(|part| part.nullable),
        }
    }
}

/// Functions that both sides define. What is asked about is never missing: that rule is told by `choice`.
const FUNCTIONS: &str = "
    fn twice(x) { let y = x; y + y }
    fn mix(a, b) { twice(a) - b * a }
    fn limited(a, b, c) { if c { return twice(a); } if is_null(b) { return a; } a - b }
    fn chosen(a, b, n) {
        switch n % 5 { 0 | 1 => limited(a, b, n > 7), 2..4 if n > 100 => a, _ => mix(a, a) }
    }
";

struct Grammar<'d> {
    dice: &'d mut Dice,
}

impl Grammar<'_> {
    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.dice.below(texts.len())]
    }

    fn any(&mut self, ty: Type, depth: usize) -> Formula {
        if depth == 0 {
            return self.leaf(ty);
        }
        match (ty, self.dice.below(10)) {
            (_, 0) if self.dice.below(2) == 0 => self.switch(ty, depth),
            (_, 0) => self.choice(ty, depth),
            (_, 1) => {
                let (a, b) = (self.any(ty, depth - 1), self.any(ty, depth - 1));
                let nullable = a.nullable && b.nullable;
                Formula { nullable, ..Formula::frame(&[&a, &b], |p| format!("({} ?? {})", p[0], p[1])) }
            }
            (Type::Bool, _) => self.condition(depth),
            (Type::Text, 2..=6) => self.choice(ty, depth),
            (Type::Text, 7) => self.switch(ty, depth),
            (Type::Text, _) => self.leaf(ty),
            (_, 2..=5) => self.chain(ty, depth),
            (_, _) => self.function(ty, depth),
        }
    }

    fn leaf(&mut self, ty: Type) -> Formula {
        let names = match ty {
            Type::Int => ["i1", "i2", "i3"],
            Type::Float => ["f1", "f2", "f3"],
            Type::Bool => ["b1", "b2", "b3"],
            Type::Text => ["s1", "s2", "s1"],
        };
        let literals: &[&str] = match ty {
            Type::Int => &["0", "1", "2", "3", "10", "1000000007", "9223372036854775807"],
            Type::Float => &["0.0", "1.0", "0.1", "0.055", "2.5", "1e-17", "3.0e300", "123456.789"],
            Type::Bool => &["true", "false"],
            Type::Text => &["\"Won\"", "\"Lost\"", "\"\"", "\"Ärger\"", "\"no value of a column\""],
        };
        if self.dice.below(4) == 0 {
            return Formula::plain(self.pick(literals), false);
        }
        let name = names[self.dice.below(3)];
        // The third column of each type is never missing.
        Formula::plain(name, !name.ends_with('3'))
    }

    /// Several operands without parentheses, so that precedence counts, too. `**` is always in parentheses: beside a
    /// minus the book refuses it.
    fn chain(&mut self, ty: Type, depth: usize) -> Formula {
        let mut parts = vec![];
        let mut operators = vec![];
        for _ in 0..2 + self.dice.below(2) {
            let kind = if ty == Type::Float && self.dice.below(4) == 0 { Type::Int } else { ty };
            parts.push(self.any(kind, depth - 1));
            operators.push(self.pick(&["+", "-", "*", "%", "+", "-", "*"]));
        }
        if ty == Type::Float {
            parts[0] = self.any(Type::Float, depth - 1);
            if self.dice.below(3) == 0 {
                operators[1] = "/";
            }
        }
        let parts: Vec<&Formula> = parts.iter().collect();
        Formula::frame(&parts, |p| {
            let mut text = format!("({}", p[0]);
            for (part, operator) in p[1..].iter().zip(&operators[1..]) {
                text += &format!(" {operator} {part}");
            }
            text + ")"
        })
    }

    fn function(&mut self, ty: Type, depth: usize) -> Formula {
        let a = self.any(ty, depth - 1);
        let one = |a: &Formula, name: &str| Formula::frame(&[a], |p| format!("{name}({})", p[0]));
        if self.dice.below(6) == 0 {
            return self.own_function(ty, depth);
        }
        if ty == Type::Int && self.dice.below(4) == 0 {
            return self.of_dates(depth);
        }
        if ty == Type::Float && self.dice.below(5) == 0 {
            return self.of_times(depth);
        }
        match (ty, self.dice.below(9)) {
            (_, 7) => {
                let name = self.pick(&["min", "max"]);
                let (b, c) = (self.any(ty, depth - 1), self.any(ty, depth - 1));
                Formula::frame(&[&a, &b, &c], |p| format!("{name}({}, {}, {})", p[0], p[1], p[2]))
            }
            (Type::Int, 8) => {
                let bounds = self.pick(&["-5, 5", "0, 1000000007", "7, 7"]);
                Formula::frame(&[&a], |p| format!("clamp({}, {bounds})", p[0]))
            }
            (Type::Float, 8) if self.dice.below(2) == 0 => {
                let bounds = self.pick(&["-0.5, 2.5", "0.0, 1e17"]);
                Formula::frame(&[&a], |p| format!("clamp({}, {bounds})", p[0]))
            }
            (Type::Float, 8) => {
                let digits = self.pick(&["0", "1", "2", "5", "18"]);
                Formula::frame(&[&a], |p| format!("round({}, {digits})", p[0]))
            }
            (_, 0) => one(&a, "abs"),
            (_, 1) => one(&a, "-"),
            (_, 2) => {
                let (b, name) = (self.any(ty, depth - 1), self.pick(&["min", "max"]));
                Formula::frame(&[&a, &b], |p| format!("{name}({}, {})", p[0], p[1]))
            }
            (Type::Int, 3) => {
                let exponent = self.pick(&["0", "1", "2", "3", "7", "i2", "i3"]);
                let b = Formula::plain(exponent, exponent == "i2");
                Formula::frame(&[&a, &b], |p| format!("(({}) ** {})", p[0], p[1]))
            }
            (Type::Float, 3) => {
                let exponent = self.pick(&["2.0", "0.5", "3.0", "f2", "f3", "i1"]);
                let b = Formula::plain(exponent, matches!(exponent, "f2" | "i1"));
                Formula::frame(&[&a, &b], |p| format!("(({}) ** {})", p[0], p[1]))
            }
            (Type::Float, 4) => {
                let (a, b) = (self.any(Type::Int, depth - 1), self.any(Type::Int, depth - 1));
                Formula::frame(&[&a, &b], |p| format!("({} / {})", p[0], p[1]))
            }
            (Type::Float, 5) => one(&self.any(Type::Int, depth - 1), "to_float"),
            (Type::Float, _) => {
                let name = self.pick(&["sqrt", "ln", "exp", "floor", "ceiling", "round", "log10", "log2"]);
                one(&a, name)
            }
            (_, 4) => one(&self.any(Type::Float, depth - 1), "sign"),
            (_, _) => one(&a, "+"),
        }
    }

    /// A call of one of [`FUNCTIONS`]. Rhai computes all arguments, here those count that are used: where a function
    /// does not use all of them, it gets columns, which cannot fail.
    fn own_function(&mut self, ty: Type, depth: usize) -> Formula {
        let (a, b) = (self.any(ty, depth - 1), self.any(ty, depth - 1));
        let (column, other) = match ty {
            Type::Int => ("i3", "i1"),
            _ => ("f3", "f1"),
        };
        match self.dice.below(3) {
            0 => Formula::frame(&[&a, &b], |p| format!("mix({}, {})", p[0], p[1])),
            1 => Formula::plain(format!("limited({column}, {other}, b3)"), true),
            _ => Formula::plain(format!("chosen({column}, {other}, i3)"), true),
        }
    }

    /// A whole number that dates give.
    fn of_dates(&mut self, depth: usize) -> Formula {
        let (a, b) = (self.date(depth), self.date(depth));
        match self.dice.below(4) {
            0 => Formula::frame(&[&a, &b], |p| format!("({} - {})", p[0], p[1])),
            1 => Formula::frame(&[&a, &b], |p| format!("days_between({}, {})", p[0], p[1])),
            2 => {
                let part = self.pick(&["year", "month", "weekday"]);
                let time = self.instant(depth - 1);
                Formula::frame(&[if self.dice.below(3) == 0 { &time } else { &a }], |p| {
                    format!("{part}({})", p[0])
                })
            }
            _ => {
                let (a, b) = (self.instant(depth - 1), self.instant(depth - 1));
                Formula::frame(&[&a, &b], |p| format!("days_between({}, {})", p[0], p[1]))
            }
        }
    }

    /// A number of hours, or one duration over another.
    fn of_times(&mut self, depth: usize) -> Formula {
        let (a, b) = (self.instant(depth - 1), self.instant(depth - 1));
        match self.dice.below(5) {
            0 => Formula::frame(&[&a, &b], |p| format!("hours_between({}, {})", p[0], p[1])),
            1 | 2 => Formula::frame(&[&a, &b], |p| format!("business_hours({}, {})", p[0], p[1])),
            3 => Formula::frame(&[&a, &b], |p| format!("(({} - {}) / hours(1))", p[0], p[1])),
            _ => {
                let (a, b) = (self.length(depth - 1), self.length(depth - 1));
                Formula::frame(&[&a, &b], |p| format!("({} / {})", p[0], p[1]))
            }
        }
    }

    /// A point in time, within the years that zones are known for.
    fn instant(&mut self, depth: usize) -> Formula {
        let leaf = self.pick(&["t1", "t2", "t3", "t3"]);
        let leaf = Formula::plain(leaf, leaf != "t3");
        if depth == 0 {
            return leaf;
        }
        let inner = self.instant(depth - 1);
        let number = self.pick(&["0", "1", "-1", "7", "(i1 % 20)", "(i3 % 20)"]);
        let number = Formula::plain(number, number.contains("i1"));
        match self.dice.below(8) {
            0 => {
                let length = self.length(depth - 1);
                Formula::frame(&[&inner, &length], |p| format!("({} + {})", p[0], p[1]))
            }
            1 => {
                let length = self.length(depth - 1);
                Formula::frame(&[&inner, &length], |p| format!("({} - {})", p[0], p[1]))
            }
            2 => Formula::frame(&[&inner, &number], |p| format!("({} + bh({}))", p[0], p[1])),
            3 => Formula::frame(&[&inner, &number], |p| format!("({} - bh({}))", p[0], p[1])),
            4 => Formula::frame(&[&inner, &number], |p| format!("add_days({}, {})", p[0], p[1])),
            5 => Formula::frame(&[&inner, &number], |p| format!("add_months({}, {})", p[0], p[1])),
            6 => {
                let nullable = inner.nullable && leaf.nullable;
                let whole = Formula::frame(&[&inner, &leaf], |p| format!("({} ?? {})", p[0], p[1]));
                Formula { nullable, ..whole }
            }
            _ => leaf,
        }
    }

    /// A duration of some days at most, so that what it is added to stays in the calendar.
    fn length(&mut self, depth: usize) -> Formula {
        let leaf = self.pick(&["u1", "u2", "hours(1)", "minutes(i3 % 1000)", "days(2)", "hours(i1 % 30)"]);
        let leaf = Formula::plain(leaf, leaf == "u1" || leaf.contains("i1"));
        if depth == 0 {
            return leaf;
        }
        let (a, b) = (self.length(depth - 1), self.length(depth - 1));
        let name = self.pick(&["min", "max"]);
        match self.dice.below(7) {
            0 => Formula::frame(&[&a, &b], |p| format!("({} + {})", p[0], p[1])),
            1 => Formula::frame(&[&a, &b], |p| format!("({} - {})", p[0], p[1])),
            2 => Formula::frame(&[&a], |p| format!("({} * -3)", p[0])),
            3 => Formula::frame(&[&a, &b], |p| format!("{name}({}, {})", p[0], p[1])),
            4 => Formula::frame(&[&a], |p| format!("abs({})", p[0])),
            5 => Formula::frame(&[&a], |p| format!("-({})", p[0])),
            _ => leaf,
        }
    }

    fn date(&mut self, depth: usize) -> Formula {
        let leaf = self.pick(&["d1", "d2", "(d1 ?? d2)"]);
        let leaf = Formula::plain(leaf, leaf == "d1");
        if depth == 0 {
            return leaf;
        }
        let number = self.pick(&["0", "1", "-1", "31", "-100", "(i1 % 40)"]);
        let number = Formula::plain(number, number.contains("i1"));
        let period = self.pick(&["day", "week", "month", "quarter", "year"]);
        match self.dice.below(7) {
            0 => leaf,
            1 => Formula::frame(&[&self.date(depth - 1), &number], |p| format!("({} + {})", p[0], p[1])),
            2 => Formula::frame(&[&self.date(depth - 1), &number], |p| format!("({} - {})", p[0], p[1])),
            3 => Formula::frame(&[&self.date(depth - 1), &number], |p| {
                format!("add_months({}, {})", p[0], p[1])
            }),
            4 => {
                Formula::frame(&[&self.date(depth - 1), &number], |p| format!("add_days({}, {})", p[0], p[1]))
            }
            5 => Formula::plain(format!("truncate(t1, \"{period}\")"), true),
            _ => Formula::frame(&[&self.date(depth - 1)], |p| format!("truncate({}, \"{period}\")", p[0])),
        }
    }

    fn condition(&mut self, depth: usize) -> Formula {
        match self.dice.below(11) {
            10 => {
                let operator = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                let (a, b) = match self.dice.below(3) {
                    0 => (self.length(depth - 1), self.length(depth - 1)),
                    _ => (self.instant(depth - 1), self.instant(depth - 1)),
                };
                Formula::frame(&[&a, &b], |p| format!("({} {operator} {})", p[0], p[1]))
            }
            9 => {
                let operator = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                let (a, b) = (self.date(depth - 1), self.date(depth - 1));
                if self.dice.below(3) == 0 {
                    let a = Formula { nullable: false, ..a };
                    return Formula::frame(&[&a, &b], |p| {
                        format!("(({} ?? never) {operator} {})", p[0], p[1])
                    });
                }
                Formula::frame(&[&a, &b], |p| format!("({} {operator} {})", p[0], p[1]))
            }
            0 => Formula::frame(&[&self.any(Type::Bool, depth - 1)], |p| format!("!({})", p[0])),
            8 => {
                let operator = self.pick(&["&", "|", "^"]);
                let (a, b) = (self.any(Type::Bool, depth - 1), self.any(Type::Bool, depth - 1));
                Formula::frame(&[&a, &b], |p| format!("({} {operator} {})", p[0], p[1]))
            }
            1 => {
                let ty = [Type::Int, Type::Float, Type::Bool, Type::Text][self.dice.below(4)];
                let a = self.any(ty, depth - 1);
                Formula { nullable: false, ..Formula::frame(&[&a], |p| format!("is_null({})", p[0])) }
            }
            2 if self.dice.below(2) == 0 => {
                let test = self.pick(&["contains", "starts_with", "ends_with"]);
                let column = self.pick(&["s1", "s2"]);
                let part = self.pick(&["o", "Wo", "Ärger", "r", "rg", "x", "nn", "n", "ä", "Lost and more"]);
                match self.dice.below(4) {
                    3 => Formula::frame(&[&self.text(depth)], |p| format!("{test}({}, \"{part}\")", p[0])),
                    0 => Formula::plain(format!("{column}.{test}(\"{part}\")"), true),
                    1 => Formula::plain(format!("({column} ?? \"Won\").{test}(\"{part}\")"), false),
                    _ => Formula::plain(format!("{test}({column}, \"{part}\")"), true),
                }
            }
            2 => {
                let constant = self.pick(&["Won", "Lost", "", "nothing like it", "Ärger"]);
                let operator = self.pick(&["==", "!="]);
                Formula::frame(&[&self.text(depth)], |p| format!("({} {operator} \"{constant}\")", p[0]))
            }
            3 => self.membership(depth),
            4 => self.logic("&&", depth),
            5 => self.logic("||", depth),
            _ => {
                let operator = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                let (left, right) = (self.number(), self.number());
                let (a, b) = (self.any(left, depth - 1), self.any(right, depth - 1));
                Formula::frame(&[&a, &b], |p| format!("({} {operator} {})", p[0], p[1]))
            }
        }
    }

    /// A text that is asked about: a column, or something that may be any text, so that no question is refused.
    fn text(&mut self, depth: usize) -> Formula {
        if self.dice.below(2) == 0 {
            return Formula::plain("s1", true);
        }
        let text = self.any(Type::Text, depth - 1);
        Formula::frame(&[&text, &Formula::plain("s1", true)], |p| format!("({} ?? {})", p[0], p[1]))
    }

    fn number(&mut self) -> Type {
        [Type::Int, Type::Float][self.dice.below(2)]
    }

    /// Our rule for a missing side: the other side decides, if it can.
    fn logic(&mut self, operator: &str, depth: usize) -> Formula {
        let (a, b) = (self.any(Type::Bool, depth - 1), self.any(Type::Bool, depth - 1));
        let native = Formula::frame(&[&a, &b], |p| format!("({} {operator} {})", p[0], p[1]));
        if !native.nullable {
            return native;
        }
        let (a, b) = (&a.rhai, &b.rhai);
        let decisive = operator == "||";
        let rhai = format!(
            "{{ let l = {a}; if is_null(l) {{ let r = {b}; if !is_null(r) && r == {decisive} {{ {decisive} }} \
             else {{ () }} }} else if l == {decisive} {{ {decisive} }} else {{ {b} }} }}"
        );
        Formula { rhai, ..native }
    }

    fn choice(&mut self, ty: Type, depth: usize) -> Formula {
        let c = self.any(Type::Bool, depth - 1);
        let (a, b) = (self.any(ty, depth - 1), self.any(ty, depth - 1));
        let native =
            Formula::frame(&[&c, &a, &b], |p| format!("(if {} {{ {} }} else {{ {} }})", p[0], p[1], p[2]));
        if !c.nullable {
            return native;
        }
        let rhai = format!(
            "{{ let q = {}; if is_null(q) {{ () }} else if q {{ {} }} else {{ {} }} }}",
            c.rhai, a.rhai, b.rhai
        );
        Formula { rhai, ..native }
    }

    /// A `switch` on an integer, a text or a truth value, with alternatives, ranges and guards.
    fn switch(&mut self, ty: Type, depth: usize) -> Formula {
        let (subject, patterns): (Formula, &[&str]) = match self.dice.below(3) {
            0 => (self.text(depth), &["\"Won\"", "\"Lost\" | \"\"", "\"Ärger\"", "\"Won\" | \"x\""]),
            1 => (self.any(Type::Bool, depth - 1), &["true", "false", "false | true"]),
            // Rhai wants ranges behind whole numbers; the order below is kept.
            _ => (
                self.any(Type::Int, depth - 1),
                &[
                    "0",
                    "1 | -1",
                    "7 | 2 | 1000000007",
                    "-9223372036854775808",
                    "2..7",
                    "-1000..=0",
                    "3..=3 | 5..900",
                ],
            ),
        };
        let mut parts = vec![subject];
        let mut arms = String::new();
        let has_missing = self.dice.below(4) == 0;
        if has_missing {
            parts.push(self.any(ty, depth - 1));
            arms += "() => {1}, ";
        }
        let always = self.dice.below(patterns.len());
        for (n, pattern) in patterns.iter().enumerate() {
            if n != always && self.dice.below(2) == 0 {
                continue;
            }
            let mut guard = String::new();
            if self.dice.below(3) == 0 {
                let condition = self.any(Type::Bool, depth - 1);
                // What a missing guard means is told by `if`; here both get one that is not missing.
                parts.push(Formula {
                    nullable: false,
                    ..Formula::frame(&[&condition], |p| format!("({} ?? false)", p[0]))
                });
                guard = format!(" if {{{}}}", parts.len() - 1);
            }
            parts.push(self.any(ty, depth - 1));
            arms += &format!("{pattern}{guard} => {{{}}}, ", parts.len() - 1);
        }
        parts.push(self.any(ty, depth - 1));
        arms += &format!("_ => {{{}}}", parts.len() - 1);
        let all: Vec<&Formula> = parts.iter().collect();
        let native = Formula::frame(&all, |p| {
            let mut text = format!("(switch ({}) {{ {arms} }})", p[0]);
            for (n, part) in p.iter().enumerate().skip(1) {
                text = text.replacen(&format!("{{{n}}}"), part, 1);
            }
            text
        });
        if has_missing || !parts[0].nullable {
            return native;
        }
        let rhai =
            format!("{{ let v = {}; if is_null(v) {{ () }} else {{ {} }} }}", parts[0].rhai, native.rhai);
        Formula { rhai, ..native }
    }

    fn membership(&mut self, depth: usize) -> Formula {
        let (a, list) = match self.dice.below(4) {
            3 => {
                let range = self.pick(&["0..7", "-3..=2", "1..1000000008", "2..=2"]);
                (self.any(Type::Int, depth - 1), range)
            }
            0 => (self.any(Type::Int, depth - 1), "[0, 1, 7, 1000000007]"),
            1 => (self.any(Type::Float, depth - 1), "[0.0, 1.0, 0.1, 2.5]"),
            _ => (self.text(depth), "[\"Won\", \"Ärger\"]"),
        };
        let native = Formula::frame(&[&a], |p| format!("({} in {list})", p[0]));
        if !a.nullable {
            return native;
        }
        let rhai = format!("{{ let v = {}; if is_null(v) {{ () }} else {{ v in {list} }} }}", a.rhai);
        Formula { rhai, ..native }
    }

    /// `if c { return a; } rest`, one in another and one behind another.
    fn guards(&mut self, ty: Type, depth: usize) -> Formula {
        let parts: Vec<Formula> = [Type::Bool, Type::Bool, ty, ty, Type::Bool, ty, ty, ty]
            .map(|ty| self.any(ty, depth.saturating_sub(1)))
            .into();
        let shape = self.dice.below(3);
        let text = |p: &[&str], guard: &dyn Fn(&str, &str) -> String| match shape {
            0 => format!("{} {} {}", guard(p[0], p[2]), guard(p[1], p[3]), p[5]),
            1 => {
                let inner = format!("{} return {};", guard(p[1], p[2]), p[3]);
                // A `let` is computed where it stands in Rhai, and where it is used here: it stands behind guards.
                format!("{} let t = {}; t + {}", guard_block(guard, p[0], &inner), p[5], p[6])
            }
            _ => format!(
                "if {} {{ {} {} }} else {{ {} {} }}",
                p[4],
                guard(p[0], p[2]),
                p[3],
                guard(p[1], p[5]),
                p[6]
            ),
        };
        // The outer condition is one that is never missing: that rule is told by `choice`.
        let mut parts = parts;
        parts[4] =
            Formula { nullable: false, ..Formula::frame(&[&parts[4]], |p| format!("({} ?? false)", p[0])) };
        let books: Vec<&str> = parts.iter().map(|part| part.book.as_str()).collect();
        let rhais: Vec<&str> = parts.iter().map(|part| part.rhai.as_str()).collect();
        let plain = |c: &str, a: &str| format!("if {c} {{ return {a}; }}");
        // Rhai does not know that a missing condition gives a missing value.
        let asking = |c: &str, a: &str| {
            format!("let q = {{ {c} }}; if is_null(q) {{ return (); }} if q {{ return {a}; }}")
        };
        let (book, rhai) = (text(&books, &plain), text(&rhais, &asking));
        Formula { book, rhai, nullable: true }
    }

    /// A whole formula of a number; sometimes a script with a `let`, sometimes a condition made a number.
    fn whole(&mut self, depth: usize) -> (Formula, Type) {
        let ty = self.number();
        match self.dice.below(7) {
            6 => (self.guards(ty, depth), ty),
            0 => {
                let (a, b) = (self.any(ty, depth - 1), self.any(ty, depth - 1));
                (Formula::frame(&[&a, &b], |p| format!("let t = {}; t - {}", p[0], p[1])), ty)
            }
            1 => {
                let c = self.any(Type::Bool, depth);
                let native = Formula::frame(&[&c], |p| format!("if {} {{ 1 }} else {{ 0 }}", p[0]));
                let rhai = format!(
                    "{{ let q = {}; if is_null(q) {{ () }} else if q {{ 1 }} else {{ 0 }} }}",
                    c.rhai
                );
                (Formula { rhai, ..native }, Type::Int)
            }
            _ => (self.any(ty, depth), ty),
        }
    }
}

/// A guard whose block is more than one value.
fn guard_block(guard: &dyn Fn(&str, &str) -> String, condition: &str, block: &str) -> String {
    guard(condition, "\u{1}").replace("return \u{1};", block)
}

/// One row's values, as the batch and the interpreter get them.
struct Rows {
    ints: [Vec<Option<i64>>; 3],
    floats: [Vec<Option<f64>>; 3],
    bools: [Vec<Option<bool>>; 3],
    text: Vec<Option<&'static str>>,
    /// Days since 1970; of the second column none is missing.
    dates: [Vec<Option<i32>>; 2],
    /// Microseconds since 1970; of the third column none is missing.
    times: [Vec<Option<i64>>; 3],
    /// Microseconds; of the second column none is missing.
    lengths: [Vec<Option<i64>>; 2],
    /// The same texts in another order, as a dictionary.
    coded: Vec<Option<&'static str>>,
}

impl Rows {
    fn new(dice: &mut Dice, rows: usize) -> Rows {
        const INTS: [i64; 10] =
            [0, 1, -1, 2, 7, -3, 1_000_000_007, i64::MAX, i64::MIN, 9_007_199_254_740_993];
        const FLOATS: [f64; 14] = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.1,
            2.5,
            -2.5,
            1e-17,
            5e-324,
            2.2e-308,
            1.7e308,
            -1e300,
            0.5,
            123_456.789,
        ];
        let mut column = |last: usize| {
            let ints = (0..rows).map(|_| {
                let value =
                    if dice.below(2) == 0 { INTS[dice.below(10)] } else { dice.below(2000) as i64 - 1000 };
                (last == 2 || dice.below(5) > 0).then_some(value)
            });
            let ints = ints.collect();
            let floats = (0..rows).map(|_| {
                let value = match dice.below(3) {
                    0 => FLOATS[dice.below(14)],
                    1 => (dice.below(20_001) as f64 - 10_000.0) / 64.0,
                    _ => f64::from_bits(dice.roll() & 0xbfff_ffff_ffff_ffff),
                };
                (last == 2 || dice.below(5) > 0).then_some(value)
            });
            let floats = floats.collect();
            let bools = (0..rows).map(|_| (last == 2 || dice.below(5) > 0).then_some(dice.below(2) == 0));
            (ints, floats, bools.collect())
        };
        let ((i1, f1, b1), (i2, f2, b2), (i3, f3, b3)) = (column(0), column(1), column(2));
        let texts = [Some("Won"), Some("Lost"), Some(""), Some("Ärger"), None];
        let text = (0..rows).map(|_| texts[dice.below(5)]).collect();
        let mut day = |last: bool| {
            (0..rows)
                .map(|_| (last || dice.below(5) > 0).then(|| dice.below(40_000) as i32 - 4_000))
                .collect()
        };
        let dates = [day(false), day(true)];
        let mut time = |last: bool| {
            let micros = |dice: &mut Dice| (dice.roll() % 3_500_000_000_000_000) as i64 - 300_000_000_000_000;
            (0..rows).map(|_| (last || dice.below(5) > 0).then(|| micros(dice))).collect()
        };
        let times = [time(false), time(false), time(true)];
        let mut length = |last: bool| {
            let micros = |dice: &mut Dice| match dice.below(3) {
                0 => [0, 1, -1, 3_600_000_000, 1_800_000_000][dice.below(5)],
                _ => (dice.roll() % 1_000_000_000_000) as i64 - 500_000_000_000,
            };
            (0..rows).map(|_| (last || dice.below(5) > 0).then(|| micros(dice))).collect()
        };
        let lengths = [length(false), length(true)];
        let coded = (0..rows).map(|_| texts[dice.below(5)]).collect();
        Rows {
            ints: [i1, i2, i3],
            floats: [f1, f2, f3],
            bools: [b1, b2, b3],
            text,
            dates,
            times,
            lengths,
            coded,
        }
    }

    fn batch(&self) -> RecordBatch {
        let rows = self.text.len();
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows as i64));
        let ints = |i: usize| Arc::new(Int64Array::from(self.ints[i].clone())) as ArrayRef;
        let floats = |i: usize| Arc::new(Float64Array::from(self.floats[i].clone())) as ArrayRef;
        let bools = |i: usize| Arc::new(BooleanArray::from(self.bools[i].clone())) as ArrayRef;
        batch(vec![
            ("row", ids),
            ("i1", ints(0)),
            ("i2", ints(1)),
            ("i3", ints(2)),
            ("f1", floats(0)),
            ("f2", floats(1)),
            ("f3", floats(2)),
            ("b1", bools(0)),
            ("b2", bools(1)),
            ("b3", bools(2)),
            ("s1", Arc::new(StringArray::from(self.text.clone()))),
            ("d1", Arc::new(Date32Array::from(self.dates[0].clone()))),
            ("d2", Arc::new(Date32Array::from(self.dates[1].clone()))),
            ("t1", Arc::new(TimestampMicrosecondArray::from(self.times[0].clone()).with_timezone("UTC"))),
            ("t2", Arc::new(TimestampMicrosecondArray::from(self.times[1].clone()).with_timezone("UTC"))),
            ("t3", Arc::new(TimestampMicrosecondArray::from(self.times[2].clone()).with_timezone("UTC"))),
            ("u1", Arc::new(DurationMicrosecondArray::from(self.lengths[0].clone()))),
            ("u2", Arc::new(DurationMicrosecondArray::from(self.lengths[1].clone()))),
            ("s2", Arc::new(self.coded.iter().copied().collect::<DictionaryArray<Int32Type>>())),
        ])
    }

    fn scope(&self, row: usize) -> Scope<'static> {
        fn value<T: Clone + Into<Dynamic>>(value: Option<T>) -> Dynamic {
            value.map_or(Dynamic::UNIT, Into::into)
        }
        let mut scope = Scope::new();
        for i in 0..3 {
            scope.push_dynamic(format!("i{}", i + 1), value(self.ints[i][row]));
            scope.push_dynamic(format!("f{}", i + 1), value(self.floats[i][row]));
            scope.push_dynamic(format!("b{}", i + 1), value(self.bools[i][row]));
        }
        scope.push_dynamic("s1", value(self.text[row]));
        scope.push_dynamic("s2", value(self.coded[row]));
        let epoch = jiff::civil::date(1970, 1, 1);
        let date = |days: i32| Dynamic::from(epoch.checked_add(i64::from(days).days()).unwrap());
        let time = |micros: i64| Dynamic::from(jiff::Timestamp::from_microsecond(micros).unwrap());
        for i in 0..2 {
            let day = self.dates[i][row].map_or(Dynamic::UNIT, date);
            scope.push_dynamic(format!("d{}", i + 1), day);
            let length = self.lengths[i][row].map_or(Dynamic::UNIT, |micros| Dynamic::from(Length(micros)));
            scope.push_dynamic(format!("u{}", i + 1), length);
        }
        for i in 0..3 {
            let instant = self.times[i][row].map_or(Dynamic::UNIT, time);
            scope.push_dynamic(format!("t{}", i + 1), instant);
        }
        scope.push_dynamic("never", Dynamic::from(jiff::civil::date(9999, 12, 30)));
        scope
    }
}

/// A book whose metric `m<n>` is the maximum of formula n; with one row in a group that is the row's value.
fn book(formulas: &[(Formula, Type)]) -> Value {
    let columns = json!({
        "row": "int", "i1": "int", "i2": "int", "i3": "int", "f1": "float", "f2": "float", "f3": "float",
        "b1": "bool", "b2": "bool", "b3": "bool", "s1": "category", "s2": "category",
        "d1": "date", "d2": "date", "t1": "timestamp", "t2": "timestamp", "t3": "timestamp",
        "u1": "duration", "u2": "duration",
    });
    let metrics: Vec<Value> = formulas
        .iter()
        .enumerate()
        .map(|(n, (formula, _))| {
            json!({"name": format!("m{n}"), "owner": "we", "of": "t", "agg": "max", "expr": formula.book})
        })
        .collect();
    json!({
        "ripplemark": 1,
        "book": {
            "id": "oracle", "timezone": ZONE, "first_day_of_week": FIRST_DAY.0, "first_month_of_year": FIRST_MONTH,
            "business_hours": serde_json::from_str::<Value>(HOURS).unwrap(),
        }, "teams": {"we": "We"},
        "tables": {"t": {"columns": columns}}, "metrics": metrics, "functions": FUNCTIONS,
    })
}

/// Whether a cell says what the interpreter said.
fn agrees(cell: &ResultCell, ty: Type, outcome: &Outcome) -> bool {
    let reasons: Vec<_> = cell.reasons.names().collect();
    match outcome {
        Outcome::Missing => reasons == ["empty"] && cell.value.is_none(),
        // The interpreter stops at the first failure; a cell names all of them.
        Outcome::Failed(reason) => reasons.contains(reason) && cell.value.is_none(),
        Outcome::Int(value) if ty == Type::Int => cell.exact == Some(value.to_string()),
        Outcome::Int(value) => cell.value.map(f64::to_bits) == Some((*value as f64).to_bits()),
        Outcome::Float(bits) => cell.value.map(f64::to_bits) == Some(*bits),
        Outcome::Bool(_) | Outcome::Text(_) => false,
    }
}

#[derive(Default, Debug)]
struct Tally {
    values: u64,
    missing: u64,
    failed: u64,
    /// Formulas that, with their functions written out, are beyond the limits of the language.
    too_large: u64,
    /// Formulas that add days to what are none, which the interpreter would.
    other_units: u64,
}

/// Leaves out formulas that are refused for their size or their units; whatever else is refused is a mistake of this
/// test.
fn leave_out_refused(formulas: &mut Vec<(Formula, Type)>, tally: &mut Tally) {
    let Err(refused) = ripplemark::book::load_str(&book(formulas).to_string(), "book.yaml") else { return };
    assert!(refused.errors().all(|problem| matches!(problem.code, "RM0202" | "RM0260")), "{refused}");
    let named = |n: usize| refused.errors().any(|problem| problem.metric == Some(format!("m{n}")));
    let units = |n: &usize| {
        let name = Some(format!("m{n}"));
        refused.errors().any(|problem| problem.metric == name && problem.code == "RM0260")
    };
    let other_units = (0..formulas.len()).filter(units).count() as u64;
    let keep: Vec<bool> = (0..formulas.len()).map(|n| !named(n)).collect();
    let before = formulas.len();
    let mut keep = keep.into_iter();
    formulas.retain(|_| keep.next().unwrap_or(true));
    assert!(formulas.len() < before, "{refused}");
    tally.other_units += other_units;
    tally.too_large += (before - formulas.len()) as u64 - other_units;
}

fn round(dice: &mut Dice, formulas: usize, rows: usize, tally: &mut Tally) {
    let mut formulas: Vec<_> = (0..formulas).map(|n| Grammar { dice: &mut *dice }.whole(1 + n % 4)).collect();
    leave_out_refused(&mut formulas, tally);
    let data = Rows::new(dice, rows);
    let program = compile(&support::book(&book(&formulas).to_string()), &by(&["row"]));
    let result = evaluate(&program, "t", &data.batch());
    assert_eq!(result.cells.len(), formulas.len() * rows);
    let engine = oracle::engine();
    let parsed: Vec<_> = formulas
        .iter()
        .map(|(formula, _)| {
            engine
                .compile(format!("{FUNCTIONS} {}", formula.rhai))
                .unwrap_or_else(|e| panic!("{e}: {}", formula.rhai))
        })
        .collect();
    let mut scopes: Vec<_> = (0..rows).map(|row| data.scope(row)).collect();
    for cell in &result.cells {
        let [Coordinate::Int(row)] = cell.key[..] else { panic!("a row without its number: {cell:?}") };
        let (formula, ty) = &formulas[cell.metric];
        let scope = &mut scopes[row as usize];
        let outcome = oracle::run(&engine, &parsed[cell.metric], scope);
        match outcome {
            Outcome::Missing => tally.missing += 1,
            Outcome::Failed(_) => tally.failed += 1,
            _ => tally.values += 1,
        }
        assert!(
            agrees(cell, *ty, &outcome),
            "{}\n  row {scope:?}\n  Rhai gives {outcome:?}\n  ripplemark {:?} {:?} {}",
            formula.book,
            cell.value,
            cell.exact,
            cell.reasons
        );
    }
}

#[test]
fn random_formulas_give_what_the_interpreter_gives() {
    let (formulas, rows) = if full() { (100_000, 96) } else { (2_000, 32) };
    let mut dice = Dice(0x7269_7070);
    let mut tally = Tally::default();
    for _ in 0..formulas / 25 {
        round(&mut dice, 25, rows, &mut tally);
    }
    println!("{formulas} formulas on {rows} rows: {tally:?}");
    assert!(tally.too_large * 100 < formulas as u64, "{tally:?}");
    assert!(tally.other_units * 5 < formulas as u64, "{tally:?}");
    // A test that met only missing rows would show nothing.
    assert!(tally.values > tally.missing / 4 && tally.failed > 0 && tally.missing > 0, "{tally:?}");
}

/// The value of a formula as a group has it; `Err` for rows that are in none.
fn coordinate(outcome: Outcome) -> Result<Coordinate, ()> {
    Ok(match outcome {
        Outcome::Missing => Coordinate::Missing,
        Outcome::Int(value) => Coordinate::Int(value),
        Outcome::Bool(value) => Coordinate::Bool(value),
        Outcome::Text(value) => Coordinate::Text(value),
        Outcome::Failed(_) => return Err(()),
        Outcome::Float(_) => panic!("nothing is grouped by a float"),
    })
}

#[test]
fn random_formulas_group_rows_as_the_interpreter_says() {
    let (formulas, rows) = if full() { (20_000, 96) } else { (400, 48) };
    let mut dice = Dice(0x6469_6d73);
    let engine = oracle::engine();
    let (mut met, mut tally) = ([0_u64; 4], Tally::default());
    for n in 0..formulas {
        let ty = [Type::Text, Type::Text, Type::Text, Type::Int, Type::Bool][n % 5];
        let formula = Grammar { dice: &mut dice }.any(ty, 1 + n % 4);
        let data = Rows::new(&mut dice, rows);
        let mut book = book(&[(Formula::plain("i3", false), Type::Int)]);
        book["tables"]["t"]["dimensions"] = json!({"d": formula.book});
        let book = match ripplemark::book::load_str(&book.to_string(), "book.yaml") {
            Ok(loaded) => loaded.book,
            Err(refused) => {
                assert!(
                    refused.errors().all(|problem| matches!(problem.code, "RM0202" | "RM0260")),
                    "{refused}"
                );
                tally.too_large += 1;
                continue;
            }
        };
        let result = evaluate(&compile(&book, &by(&["row", "d"])), "t", &data.batch());
        let parsed = engine.compile(format!("{FUNCTIONS} {}", formula.rhai)).unwrap();
        let mut cells = result.cells.iter();
        let mut failed = 0;
        for row in 0..rows {
            let outcome = oracle::run(&engine, &parsed, &mut data.scope(row));
            met[match outcome {
                Outcome::Missing => 0,
                Outcome::Failed(_) => 1,
                Outcome::Text(_) => 2,
                _ => 3,
            }] += 1;
            match coordinate(outcome) {
                Ok(value) => {
                    let wanted = [Coordinate::Int(row as i64), value];
                    assert_eq!(cells.next().map(|cell| &cell.key[..]), Some(&wanted[..]), "{}", formula.book);
                }
                Err(()) => failed += 1,
            }
        }
        assert_eq!(cells.next(), None, "{}", formula.book);
        let rejected: u64 = result.rows[0].rejected.iter().map(|(_, rows)| rows).sum();
        assert_eq!(rejected, failed, "{}", formula.book);
    }
    println!("{formulas} dimensions: missing, failed, texts, others {met:?}, too large {}", tally.too_large);
    assert!(met.iter().all(|&met| met > 100), "{met:?}");
}

/// More questions about one dictionary than its entries keep answers for; asked of ids, too, which are numbers here.
#[test]
fn many_text_tests_of_one_column() {
    let texts = ["Won", "", "Ärger", "12", "-121", "WonWon", "rger"];
    let parts = [
        "W", "o", "n", "Wo", "on", "Won", "nW", "Ä", "Är", "rg", "ger", "g", "1", "2", "12", "21", "-", "-1",
    ];
    let names = ["contains", "starts_with", "ends_with"];
    let tests: Vec<(&str, &str)> =
        names.iter().flat_map(|name| parts.iter().map(move |part| (*name, *part))).collect();
    let formulas: Vec<_> = tests
        .iter()
        .map(|(name, part)| {
            let text = format!("(if s1.{name}(\"{part}\") {{ 100 }} else {{ 0 }}) + (if s2.{name}(\"{part}\") {{ 10 }} else {{ 0 }}) + if id.{name}(\"{part}\") {{ 1 }} else {{ 0 }}");
            (Formula::plain(text, true), Type::Int)
        })
        .collect();
    let mut book = book(&formulas);
    book["tables"]["t"]["columns"]["id"] = json!("id");
    let numbers = [12i64, -121, 0, 7, 21, -1, 112];
    let batch = batch(vec![
        ("row", Arc::new(Int64Array::from_iter_values(0..7)) as ArrayRef),
        ("s1", Arc::new(StringArray::from_iter_values(texts))),
        ("s2", Arc::new(texts.into_iter().map(Some).collect::<DictionaryArray<Int32Type>>())),
        ("id", Arc::new(Int64Array::from_iter_values(numbers))),
    ]);
    let result = evaluate(&compile(&support::book(&book.to_string()), &by(&["row"])), "t", &batch);
    assert_eq!(result.cells.len(), 7 * tests.len());
    let mut found = 0;
    for cell in &result.cells {
        let [Coordinate::Int(row)] = cell.key[..] else { panic!("{cell:?}") };
        let (name, part) = tests[cell.metric];
        let holds = |text: &str| match name {
            "contains" => text.contains(part),
            "starts_with" => text.starts_with(part),
            _ => text.ends_with(part),
        };
        let (text, number) = (texts[row as usize], numbers[row as usize].to_string());
        let expected = 110 * i32::from(holds(text)) + i32::from(holds(&number));
        found += expected;
        assert_eq!(cell.exact, Some(expected.to_string()), "{name} {part} in {text} and {number}");
    }
    assert!(found > 0);
}
