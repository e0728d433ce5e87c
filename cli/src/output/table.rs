//! The result for people: wide (a line for each group and period, a column for each metric) where that fits the
//! screen, otherwise long; then what the marks mean, who owns what, and what became of the rows.

use super::layout;
use crate::terminal::shown;
use ripplemark::ResultSet;
use ripplemark::core::time::Grain;
use ripplemark::evaluate::{Coordinate, ResultCell};
use ripplemark::show::{Style, grouped, period};
use std::ops::Range;

/// Marks of flags, in the order in which they are met.
const MARKS: [char; 6] = ['¹', '²', '³', '⁴', '⁵', '⁶'];

pub(crate) fn render(set: &ResultSet, width: usize) -> String {
    let mut page = Page { set, styles: styles(set), marks: Vec::new() };
    let mut text = page.body(width);
    for (flag, mark) in page.marks.iter().zip(MARKS) {
        text.push_str(&format!("{mark} {}\n", flag_words(flag)));
    }
    text.push('\n');
    if page.has_keys() {
        text.push_str(&owner_lines(set));
    }
    text.push_str(&super::account(set));
    text
}

struct Page<'s> {
    set: &'s ResultSet,
    styles: Vec<Style>,
    /// Flags met so far; the first has the first mark.
    marks: Vec<&'static str>,
}

fn styles(set: &ResultSet) -> Vec<Style> {
    (set.metrics.iter().enumerate())
        .map(|(i, metric)| {
            let own = set.cells.iter().filter(move |cell| cell.metric == i);
            Style::of(&metric.unit, own.map(ResultCell::number))
        })
        .collect()
}

impl Page<'_> {
    fn has_keys(&self) -> bool {
        !self.set.dims.is_empty() || self.set.grain.is_some()
    }

    fn body(&mut self, width: usize) -> String {
        if self.set.cells.is_empty() {
            return "no groups: no row entered the result\n".into();
        }
        if !self.has_keys() {
            return self.card(width);
        }
        match self.wide(width) {
            Some(text) => text,
            None => self.long(width),
        }
    }

    fn key_header(&self) -> Vec<String> {
        let mut header: Vec<String> = self.set.dims.iter().map(|name| shown(name)).collect();
        header.extend(self.set.grain.map(|grain| grain_word(grain).to_owned()));
        header
    }

    fn key(&self, cell: &ResultCell) -> Vec<String> {
        let mut key: Vec<String> = cell.key.iter().map(|coordinate| shown(&coordinate.to_string())).collect();
        if let Some(grain) = self.set.grain {
            key.push(cell.period.map_or_else(|| Coordinate::All.to_string(), |day| period(grain, day)));
        }
        key
    }

    /// A line for each group, a column for each metric.
    fn wide(&mut self, width: usize) -> Option<String> {
        let mut header = self.key_header();
        let first = header.len();
        for metric in &self.set.metrics {
            let unit =
                if metric.unit.is_empty() { String::new() } else { format!("\n{}", shown(&metric.unit)) };
            header.push(format!("{}{unit}", shown(&metric.name)));
        }
        let set = self.set;
        let mut rows = Vec::new();
        for group in groups(set) {
            let Some(one) = group.first() else { continue };
            let mut row = self.key(one);
            row.extend(group.iter().map(|cell| self.value(cell)));
            rows.push(row);
        }
        align(&mut rows, first..header.len());
        let numbers: Vec<usize> = (first..header.len()).collect();
        layout::if_fitting(&header, &rows, &numbers, width)
    }

    /// A line for each group and metric; a group is named once.
    fn long(&mut self, width: usize) -> String {
        let mut header = self.key_header();
        let first = header.len();
        header.extend(["metric", "value", "n", "unit"].map(str::to_owned));
        let set = self.set;
        let mut rows = Vec::new();
        for group in groups(set) {
            for (i, cell) in group.iter().enumerate() {
                let mut row = if i == 0 { self.key(cell) } else { vec![String::new(); first] };
                let metric = set.metrics.get(cell.metric);
                row.push(metric.map_or_else(String::new, |metric| shown(&metric.name)));
                row.push(self.value(cell));
                row.push(grouped(&cell.n.to_string()));
                row.push(metric.map_or_else(String::new, |metric| shown(&metric.unit)));
                rows.push(row);
            }
        }
        align(&mut rows, first + 1..first + 2);
        layout::fitted(&header, &rows, &[first + 1, first + 2], width)
    }

    /// A result without groups and periods: a line for each metric, with all that is known of it.
    fn card(&mut self, width: usize) -> String {
        let header = ["metric", "value", "n", "unit", "owner"].map(str::to_owned);
        let set = self.set;
        let mut rows = Vec::new();
        for cell in &set.cells {
            let Some(metric) = set.metrics.get(cell.metric) else { continue };
            rows.push(vec![
                shown(&metric.name),
                self.value(cell),
                grouped(&cell.n.to_string()),
                shown(&metric.unit),
                shown(&metric.owner),
            ]);
        }
        align(&mut rows, 1..2);
        layout::fitted(&header, &rows, &[1, 2], width)
    }

    /// The value with the marks of its flags, or why there is none.
    fn value(&mut self, cell: &ResultCell) -> String {
        let Some(value) = cell.value else { return format!("– {}", cell.reasons) };
        let style = self.styles.get(cell.metric).copied().unwrap_or(Style::Scientific);
        let mut text = style.show(value, cell.exact.as_deref());
        for flag in cell.flags.names() {
            let at = self.marks.iter().position(|known| *known == flag).unwrap_or_else(|| {
                self.marks.push(flag);
                self.marks.len() - 1
            });
            text.extend(MARKS.get(at));
        }
        text
    }
}

/// The cells of one group and period each.
fn groups(set: &ResultSet) -> impl Iterator<Item = &[ResultCell]> {
    set.cells.chunk_by(|a, b| a.level == b.level && a.key == b.key && a.period == b.period)
}

/// Makes room behind numbers without a mark where others of the column have one, so that digits stand in line.
fn align(rows: &mut [Vec<String>], columns: Range<usize>) {
    let marks = |text: &str| text.chars().rev().take_while(|c| MARKS.contains(c)).count();
    for column in columns {
        let most = rows.iter().filter_map(|row| row.get(column)).map(|text| marks(text)).max().unwrap_or(0);
        for text in rows.iter_mut().filter_map(|row| row.get_mut(column)) {
            let room = most - marks(text).min(most);
            text.push_str(&" ".repeat(room));
        }
    }
}

/// Who answers for which number.
fn owner_lines(set: &ResultSet) -> String {
    let mut owners: Vec<(&str, Vec<String>)> = Vec::new();
    for metric in &set.metrics {
        match owners.iter_mut().find(|(owner, _)| *owner == metric.owner) {
            Some((_, names)) => names.push(shown(&metric.name)),
            None => owners.push((&metric.owner, vec![shown(&metric.name)])),
        }
    }
    let parts: Vec<String> =
        owners.iter().map(|(owner, names)| format!("{} ({})", shown(owner), names.join(", "))).collect();
    format!("owners: {}\n", parts.join("; "))
}

fn grain_word(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
        Grain::Year => "year",
    }
}

fn flag_words(flag: &str) -> String {
    match flag {
        "partial_period" => "partial_period: the period is not over, or the range cuts it".into(),
        other => other.to_owned(),
    }
}
