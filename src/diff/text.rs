//! The differences in words, for people who ask why a number is not what it was.

use super::{Cause, Cell, CellChange, Change, DefinitionChange, DefinitionKind, Diff, Known, Values};
use crate::evaluate::{Coordinate, reject_words};
use crate::show::{NOTHING, fitted, grouped, harmless as shown};

/// Longer exact texts are no easier to read than the double.
const READABLE: usize = 20;

impl Diff {
    /// What changed, from the causes to the values: engine, definitions, question, rows, data, then cells, at most
    /// `limit` of each kind. `width` is the number of columns that a table may take. Names of the data are spelt out
    /// where they could steer a terminal.
    #[must_use]
    pub fn to_text(&self, width: usize, limit: usize) -> String {
        let mut text = String::new();
        if self.same {
            text.push_str("same receipt, same number\n");
            if self.program == Known::Changed {
                text.push_str("the programs differ in what no number depends on\n");
            }
            return text;
        }
        text.push_str(match self.numbers {
            Known::Same => "the numbers are the same, what is behind them is not\n",
            _ => "the numbers differ\n",
        });
        if let Some(engine) = &self.engine {
            text.push_str(&format!("\nengine: ripplemark {}\n", arrow(engine)));
        }
        section(&mut text, "definitions", self.definitions.iter().flat_map(definition));
        let parts = self.question.iter().map(|part| format!("{}: {}", part.part, arrow(&part.change)));
        section(&mut text, "question", parts);
        section(&mut text, "rows", self.rows.iter().map(rows));
        text.push('\n');
        text.push_str(match self.data {
            Known::Same => "data: the same, as far as the metrics see them\n",
            Known::Changed => "data: changed\n",
            Known::Unknown => {
                "data: not known; the metrics aggregate different things, and as many rows were read\n"
            }
        });
        if !self.question_known {
            text.push_str(
                "question: not known; a receipt of an earlier version does not say what was asked\n",
            );
        }
        match &self.values {
            Some(values) => text.push_str(&cells(values, width, limit)),
            None => text.push_str("values: not compared; give two results (JSON or Parquet) to see them\n"),
        }
        text
    }
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    for (i, line) in lines.enumerate() {
        if i == 0 {
            text.push_str(&format!("\n{title}:\n"));
        }
        text.push_str(&format!("  {line}\n"));
    }
}

fn arrow(change: &Change) -> String {
    let side = |text: &Option<String>| text.as_deref().map_or_else(|| "none".to_owned(), shown);
    format!("{} → {}", side(&change.from), side(&change.to))
}

fn definition(change: &DefinitionChange) -> Vec<String> {
    let name = shown(&change.metric);
    let said =
        |text: &Option<String>| text.as_deref().map_or_else(String::new, |text| format!(": {}", shown(text)));
    let owner = (change.owner.from != change.owner.to).then(|| format!("owner {}", arrow(&change.owner)));
    let formula = &change.formula;
    match change.kind {
        DefinitionKind::Added => vec![format!("{name}: new{}", said(&formula.to))],
        DefinitionKind::Removed => vec![format!("{name}: gone{}", said(&formula.from))],
        DefinitionKind::Meaning if formula.from == formula.to => {
            let mut lines = vec![format!("{name}: means something else{}", said(&formula.to))];
            if formula.to.is_some() {
                lines.push(
                    "  the formula reads the same; a column, a lookup, a metric in it, or the fill is declared differently"
                        .into(),
                );
            }
            lines.extend(owner.map(|owner| format!("  {owner}")));
            lines
        }
        DefinitionKind::Meaning => {
            let mut lines = vec![format!("{name}: means something else")];
            lines.push(format!("  was{}", said(&formula.from)));
            lines.push(format!("  is{}", said(&formula.to)));
            lines.extend(owner.map(|owner| format!("  {owner}")));
            lines
        }
        DefinitionKind::Wording => {
            let rewritten = match (&formula.from, &formula.to) {
                (Some(from), Some(to)) if from != to => Some(format!("formula {}", arrow(formula))),
                _ => None,
            };
            let mut what: Vec<String> = owner.into_iter().chain(rewritten).collect();
            if what.is_empty() {
                what.push("label, unit, description or ring".into());
            }
            vec![format!("{name}: means the same, worded differently: {}", what.join("; "))]
        }
    }
}

fn rows(change: &super::RowChange) -> String {
    let at = |word: &str| change.at.as_ref().map_or_else(String::new, |at| format!("{word}{}", shown(at)));
    let count = |text: &Option<String>| {
        text.as_deref().map_or_else(|| "none".to_owned(), |text| grouped(&shown(text)))
    };
    let (from, to) = (count(&change.change.from), count(&change.change.to));
    let table = shown(&change.table);
    if let Some(what) = change.what.strip_prefix("lookup: ") {
        return format!("lookup {table}{}: {what} {from} → {to}", at("."));
    }
    match change.what.strip_prefix("rejected: ") {
        Some(reason) => format!("{table}{}: not used, {}: {from} → {to}", at(" by "), reject_words(reason)),
        None if change.what == "latest" => {
            format!("{table}{}: latest time {}", at(" by "), arrow(&change.change))
        }
        None => format!("{table}{}: {} {from} → {to}", at(" by "), shown(&change.what)),
    }
}

fn cells(values: &Values, width: usize, limit: usize) -> String {
    let counts = [
        ("changed", values.changed.len()),
        ("new", values.added.len()),
        ("gone", values.removed.len()),
        ("equal", values.equal),
    ];
    let counts = counts.map(|(what, count)| format!("{} {what}", grouped(&count.to_string())));
    let mut text = format!("values: {}\n", counts.join(", "));
    let header = ["metric", "where", "was", "is", "change", "because of"].map(str::to_owned);
    let lists = [&values.changed, &values.added, &values.removed];
    let lines: Vec<Vec<String>> = lists.iter().flat_map(|list| list.iter().take(limit)).map(line).collect();
    if !lines.is_empty() {
        text.push('\n');
        text.push_str(&fitted(&header, &lines, &[2, 3, 4], width));
    }
    let all: usize = lists.iter().map(|list| list.len()).sum();
    if all > lines.len() {
        text.push_str(&format!("and {} more\n", grouped(&(all - lines.len()).to_string())));
    }
    let mixed = |cell: &CellChange| cell.causes.len() > 1;
    if lists.iter().any(|list| list.iter().any(mixed)) {
        text.push_str(
            "where there are several causes: ask the older book and question of the newer data to tell them apart\n",
        );
    }
    text
}

fn line(cell: &CellChange) -> Vec<String> {
    let at: Vec<String> = (cell.at.iter())
        .map(|(name, at)| {
            let at = at.as_deref().map_or_else(|| Coordinate::Missing.to_string(), shown);
            format!("{}={at}", shown(name))
        })
        .collect();
    let causes: Vec<&str> = (cell.causes.iter())
        .map(|cause| match cause {
            Cause::Definition => "definition",
            Cause::Question => "question",
            Cause::Data => "data",
            Cause::Engine => "engine",
        })
        .collect();
    let change = match cell.difference {
        Some(change) if change > 0.0 => format!("+{}", rounded(change)),
        Some(change) if change < 0.0 => rounded(change),
        _ => String::new(),
    };
    let (was, is) = match (&cell.from, &cell.to) {
        (Some(from), Some(to)) => sides(from, to),
        (from, to) => {
            let side =
                |cell: &Option<Cell>| cell.as_ref().map_or_else(String::new, |cell| value(cell, rounded));
            (side(from), side(to))
        }
    };
    let place = if at.is_empty() { "total".to_owned() } else { at.join(", ") };
    let why = if causes.is_empty() { "not known".to_owned() } else { causes.join(", ") };
    vec![shown(&cell.metric), place, was, is, change, why]
}

/// Both values; where they are equal with what differs behind them.
fn sides(from: &Cell, to: &Cell) -> (String, String) {
    // As many digits as it takes to see a difference.
    let shown_as = |float: fn(f64) -> String| (value(from, float), value(to, float));
    for (was, is) in [shown_as(rounded), shown_as(float)] {
        if was != is {
            return (was, is);
        }
    }
    let (was, is) = shown_as(rounded);
    let number = |value: Option<f64>| value.map_or_else(|| NOTHING.to_owned(), float);
    let behind = |cell: &Cell| {
        let mut parts = Vec::new();
        if from.n != to.n {
            parts.push(format!("n {}", grouped(&cell.n.to_string())));
        }
        let fraction = |cell: &Cell| format!("{} / {}", number(cell.numerator), number(cell.denominator));
        if fraction(from) != fraction(to) {
            parts.push(fraction(cell));
        }
        if from.flags != to.flags {
            parts.push(if cell.flags.is_empty() { "no flag".to_owned() } else { shown(&cell.flags) });
        }
        if from.exact != to.exact {
            parts.push(cell.exact.as_deref().map_or_else(|| "not exact".to_owned(), shown));
        }
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    };
    (format!("{was}{}", behind(from)), format!("{is}{}", behind(to)))
}

fn value(cell: &Cell, float: fn(f64) -> String) -> String {
    match (cell.value, &cell.exact) {
        (Some(_), Some(exact)) if exact.len() <= READABLE && !exact.contains('/') => grouped(&shown(exact)),
        (Some(value), _) => float(value),
        (None, _) => format!("{NOTHING} {}", shown(&cell.reason)),
    }
}

/// Six digits after the point for numbers of everyday size, otherwise all digits.
fn rounded(value: f64) -> String {
    if !(1e-3..1e12).contains(&value.abs()) {
        return float(value);
    }
    let digits = format!("{value:.6}");
    grouped(digits.trim_end_matches('0').trim_end_matches('.'))
}

/// The shortest digits that read back as the same double.
fn float(value: f64) -> String {
    if value == 0.0 || (1e-5..1e17).contains(&value.abs()) {
        grouped(&value.to_string())
    } else {
        format!("{value:e}")
    }
}
