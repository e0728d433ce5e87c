//! What became of the data, in a few lines: rows read, used and rejected, values that were none, the receipt.

use crate::terminal::shown;
use ripplemark::ResultSet;
use ripplemark::evaluate::{ColumnReport, RowReport};
use ripplemark::show::grouped;

/// Digits of a hash that are enough to see that two differ.
const SHORT_HASH: usize = 12;

pub(crate) fn text(set: &ResultSet) -> String {
    let mut text = String::new();
    for rows in &set.rows {
        text.push_str(&row_line(rows));
    }
    let unread: Vec<&ColumnReport> = set.columns.iter().filter(|column| column.invalid > 0).collect();
    for column in &unread {
        text.push_str(&invalid_line(column));
    }
    let missing: Vec<String> = (set.columns.iter())
        .filter(|column| column.missing > 0)
        .map(|column| format!("{} {}", name(column), grouped(&column.missing.to_string())))
        .collect();
    if !missing.is_empty() {
        text.push_str(&format!("missing values: {}\n", missing.join(", ")));
    }
    let short = |hash: &str| hash.get(..SHORT_HASH).unwrap_or(hash).to_owned();
    let receipt = &set.receipt;
    text.push_str(&format!(
        "receipt: result {}, data {}, program {}, ripplemark {}\n",
        short(&receipt.result),
        short(&receipt.state),
        short(&receipt.program),
        receipt.engine
    ));
    text
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
    line.push('\n');
    line
}

fn invalid_line(column: &ColumnReport) -> String {
    let mut line = format!("invalid values: {} {}", name(column), grouped(&column.invalid.to_string()));
    if let Some((row, text)) = &column.example {
        // People count from one.
        let row = grouped(&row.saturating_add(1).to_string());
        line.push_str(&format!(", the first is \"{}\" in row {row}", shown(text)));
    }
    line.push('\n');
    line
}

fn name(column: &ColumnReport) -> String {
    format!("{}.{}", shown(&column.table), shown(&column.column))
}

fn reject_words(reason: &str) -> String {
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
