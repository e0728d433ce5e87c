//! Which names a book may give: whatever formulas can use, and nothing that formulas would read as
//! something else.

use std::collections::BTreeMap;
use std::ops::Range;

use super::codes;
use super::problems::{Problems, Report, quoted};

/// Words that Rhai, whose syntax formulas have, keeps for itself, and those that formulas refuse with a hint.
const RESERVED: &[&str] = &[
    "Fn",
    "and",
    "as",
    "async",
    "await",
    "break",
    "call",
    "case",
    "catch",
    "const",
    "continue",
    "curry",
    "debug",
    "default",
    "do",
    "else",
    "eval",
    "exit",
    "export",
    "false",
    "fn",
    "for",
    "global",
    "go",
    "goto",
    "if",
    "import",
    "in",
    "is",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "let",
    "loop",
    "match",
    "module",
    "new",
    "nil",
    "not",
    "null",
    "or",
    "package",
    "print",
    "private",
    "protected",
    "public",
    "return",
    "shared",
    "spawn",
    "static",
    "super",
    "switch",
    "sync",
    "this",
    "thread",
    "throw",
    "true",
    "try",
    "type_of",
    "until",
    "use",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Functions of formulas; a metric of the same name would hide what `sum(x)` means from its readers.
const FUNCTIONS: &[&str] = &[
    "abs",
    "as_of",
    "average",
    "average_if",
    "avg",
    "avg_if",
    "ceil",
    "ceiling",
    "contains",
    "convert",
    "count",
    "count_if",
    "date",
    "days_between",
    "ends_with",
    "exp",
    "floor",
    "hours",
    "hours_between",
    "is_null",
    "ln",
    "max",
    "max_if",
    "min",
    "min_if",
    "pow",
    "round",
    "sqrt",
    "starts_with",
    "sum",
    "sum_boolean",
    "sum_if",
    "timestamp",
    "to_float",
];

/// What a name is for, and with it which letters it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameOf {
    Team,
    Table,
    Column,
    Dimension,
    Metric,
    Stage,
    SavedQuery,
    Lookup,
}

impl NameOf {
    pub(crate) fn word(self) -> &'static str {
        match self {
            NameOf::Team => "team",
            NameOf::Table => "table",
            NameOf::Column => "column",
            NameOf::Dimension => "dimension",
            NameOf::Metric => "metric",
            NameOf::Stage => "stage",
            NameOf::SavedQuery => "saved query",
            NameOf::Lookup => "lookup",
        }
    }
}

/// True if the name is fit; reports it if not.
pub(crate) fn check(name: &str, what: NameOf, span: &Range<usize>, problems: &mut Problems<'_>) -> bool {
    let word = what.word();
    let letters = |name: &str| {
        let body = name.trim_start_matches('_');
        let upper = what == NameOf::Column;
        let start = |c: char| c.is_ascii_lowercase() || upper && c.is_ascii_uppercase();
        name.len() <= 128
            && body.starts_with(start)
            && body.chars().all(|c| start(c) || c.is_ascii_digit() || c == '_')
    };
    if !letters(name) {
        let expected = match what {
            NameOf::Column => "letters a to z or A to Z, digits and `_`, beginning with a letter",
            _ => "snake_case: letters a to z, digits and `_`, beginning with a letter",
        };
        let fit = fit(name, what);
        let hint = match (what, letters(&fit)) {
            (NameOf::Column, true) => format!("write `{fit}: {{source: {name:?}, …}}`"),
            (NameOf::Column, false) => format!("choose such a name and give it `source: {name:?}`"),
            (_, true) => format!("write `{fit}`"),
            (_, false) => "choose such a name".to_owned(),
        };
        let message = format!("{} cannot be the name of a {word}", quoted(name));
        let hint = if name.len() > 128 { "at most 128 letters".to_owned() } else { hint };
        problems.add(Report::error(codes::BAD_NAME, span, message).expected(expected).hint(hint));
        return false;
    }
    let keeps = matches!(what, NameOf::Column | NameOf::Dimension | NameOf::Metric | NameOf::Lookup);
    if keeps && RESERVED.binary_search(&name).is_ok() {
        let message =
            format!("`{name}` is a word of the formula language, no {word} can have it as its name");
        let hint = match what {
            NameOf::Column => format!("choose another name, `{name}_`, and give it `source: {name}`"),
            _ => format!("choose another name, `{name}_` or a longer one"),
        };
        problems.add(Report::error(codes::RESERVED_NAME, span, message).hint(hint));
        return false;
    }
    if what == NameOf::Metric && FUNCTIONS.binary_search(&name).is_ok() {
        let message = format!("`{name}` is a function of formulas, no metric can have it as its name");
        problems.add(
            Report::error(codes::RESERVED_NAME, span, message)
                .hint(format!("say what it is of, `{name}_of_…`")),
        );
        return false;
    }
    true
}

/// The nearest name that would do.
fn fit(name: &str, what: NameOf) -> String {
    let mut fit = String::new();
    for letter in name.trim().chars().take(129) {
        match letter {
            'a'..='z' | '0'..='9' => fit.push(letter),
            'A'..='Z' if what == NameOf::Column => fit.push(letter),
            'A'..='Z' => fit.push(letter.to_ascii_lowercase()),
            _ if fit.ends_with('_') => {}
            _ => fit.push('_'),
        }
    }
    fit.trim_end_matches('_').to_owned()
}

/// Names with their positions: looking one up does not depend on how many there are.
#[derive(Default)]
pub(crate) struct Index(BTreeMap<String, usize>);

impl Index {
    /// False if the name is taken already.
    pub(crate) fn insert(&mut self, name: &str, position: usize) -> bool {
        let free = !self.0.contains_key(name);
        if free {
            self.0.insert(name.to_owned(), position);
        }
        free
    }

    pub(crate) fn get(&self, name: &str) -> Option<usize> {
        self.0.get(name).copied()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_binary_search() {
        assert!(RESERVED.is_sorted() && FUNCTIONS.is_sorted());
    }

    #[test]
    fn near_names_are_offered() {
        assert_eq!(fit("Close Date", NameOf::Column), "Close_Date");
        assert_eq!(fit("Win-Rate %", NameOf::Metric), "win_rate");
        assert_eq!(fit("Größe", NameOf::Column), "Gr_e");
    }
}
