//! What became of the data, in a few lines: rows read, used and rejected, values that were none, the receipt.

use super::{ColumnReport, ResultSet, RowErrors, RowReport};
use crate::lookup::LookupReport;
use crate::show::{grouped, harmless as shown};

/// Digits of a hash that are enough to see that two differ.
const SHORT_HASH: usize = 12;

impl ResultSet {
    /// What happened to rows and values, a sentence each: rows read, used and not used with the reasons, values that
    /// were unreadable, values that were missing, rows that metrics left out because they failed, and what was looked up
    /// in other tables. Names of the data are spelt
    /// out where they could steer a terminal.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.rows.iter().map(row_line).collect();
        notes.extend(self.columns.iter().filter(|column| column.invalid > 0).map(invalid_line));
        // Rates that were not found are told by the lookup, and rows that need none are no gap.
        let missing: Vec<String> = (self.columns.iter())
            .filter(|column| column.missing > 0 && !column.column.contains('['))
            .map(|column| format!("{} {}", name(column), grouped(&column.missing.to_string())))
            .collect();
        if !missing.is_empty() {
            notes.push(format!("missing values: {}", missing.join(", ")));
        }
        notes.extend(self.row_errors.iter().map(error_line));
        notes.extend(self.lookups.iter().map(lookup_line));
        notes
    }

    /// The receipt in a line, its hashes cut short.
    #[must_use]
    pub fn receipt_line(&self) -> String {
        let short = |hash: &str| hash.get(..SHORT_HASH).unwrap_or(hash).to_owned();
        let receipt = &self.receipt;
        format!(
            "receipt: result {}, data {}, program {}, ripplemark {}",
            short(&receipt.result),
            short(&receipt.state),
            short(&receipt.program),
            receipt.engine
        )
    }

    /// The latest time among the rows used, over all tables: a day, or a point in time in UTC; `None` where time was
    /// not read or no row was used.
    #[must_use]
    pub fn known_to(&self) -> Option<String> {
        self.rows.iter().filter_map(|rows| rows.latest.clone()).max()
    }
}

fn row_line(rows: &RowReport) -> String {
    let count = |rows: u64| grouped(&rows.to_string());
    let at = rows.at.as_ref().map_or_else(String::new, |at| format!(" by {}", shown(at)));
    let mut line =
        format!("{}{at}: {} rows read, {} used", shown(&rows.table), count(rows.read), count(rows.used));
    let rejected: Vec<String> = (rows.rejected.iter())
        .map(|(reason, rows)| format!("{} {}", count(*rows), reject_words(reason)))
        .collect();
    if !rejected.is_empty() {
        line.push_str(&format!("; not used: {}", rejected.join(", ")));
    }
    line
}

fn error_line(errors: &RowErrors) -> String {
    let rejected: Vec<String> = (errors.rejected.iter())
        .map(|(reason, rows)| format!("{} {}", grouped(&rows.to_string()), shown(reason)))
        .collect();
    format!(
        "{} leaves rows of {} out that failed: {}",
        shown(&errors.metric),
        shown(&errors.table),
        rejected.join(", ")
    )
}

fn invalid_line(column: &ColumnReport) -> String {
    let mut line = format!("invalid values: {} {}", name(column), grouped(&column.invalid.to_string()));
    if let Some((row, text)) = &column.example {
        // People count from one.
        let row = grouped(&row.saturating_add(1).to_string());
        line.push_str(&format!(", the first is \"{}\" in row {row}", shown(text)));
    }
    line
}

fn lookup_line(lookup: &LookupReport) -> String {
    let count = |rows: u64| grouped(&rows.to_string());
    let LookupReport { table, path, target, rows, bytes, matched, .. } = lookup;
    let looked = matched + lookup.key_missing + lookup.unmatched + lookup.no_time + lookup.outside;
    let into = if path == target { String::new() } else { format!(" in {}", shown(target)) };
    let word = if lookup.is_rates() { "rates" } else { "lookup" };
    let mut line =
        format!("{word} {}.{}{into}: {} of {}", shown(table), shown(path), count(*matched), count(looked));
    line.push_str(&format!(" rows found one of {} rows ({})", count(*rows), size(*bytes)));
    let first = |example: &Option<String>, word: &str| {
        example.as_deref().map_or_else(String::new, |key| format!(", the first {word} {}", shown(key)))
    };
    let rest = if lookup.is_rates() {
        [
            (lookup.key_missing, "without a currency".to_owned()),
            (lookup.unmatched, format!("without a rate for their currency{}", first(&lookup.example, "for"))),
            (lookup.no_time, "without a day".to_owned()),
            (lookup.outside, format!("without a rate on their day{}", first(&lookup.outside_example, "for"))),
        ]
    } else {
        [
            (lookup.key_missing, "without a key".to_owned()),
            (lookup.unmatched, format!("whose key is not there{}", first(&lookup.example, "is"))),
            (lookup.no_time, "without a time".to_owned()),
            (lookup.outside, format!("at whose time none holds{}", first(&lookup.outside_example, "is"))),
        ]
    };
    let rest: Vec<String> = rest
        .into_iter()
        .filter(|(rows, _)| *rows > 0)
        .map(|(rows, what)| format!("{} {what}", count(rows)))
        .collect();
    if !rest.is_empty() {
        line.push_str(&format!("; not found: {}", rest.join(", ")));
    }
    if lookup.rows_without_key > 0 {
        line.push_str(&format!(
            "; rows of {} without a key: {}",
            shown(target),
            count(lookup.rows_without_key)
        ));
    }
    line
}

/// A size in memory, in the unit that gives few digits.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

fn name(column: &ColumnReport) -> String {
    format!("{}.{}", shown(&column.table), shown(&column.column))
}

pub(crate) fn reject_words(reason: &str) -> String {
    match reason {
        "filtered" => "filtered out".into(),
        "filter_failed" => "whose filter has no answer (filter_failed)".into(),
        "no_time" => "without a time (no_time)".into(),
        "invalid_time" => "with an unreadable time (invalid_time)".into(),
        "out_of_range" => "outside the range".into(),
        "after_as_of" => "after as_of".into(),
        "out_of_calendar" => "outside the calendar (out_of_calendar)".into(),
        "invalid_key" => "with an unreadable group (invalid_key)".into(),
        other => other.to_owned(),
    }
}
