//! Tables of text: one look for all of them, and how wide they are.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, Width, presets,
};

/// Columns of a text that wrapping leaves at least.
const LEAST_TEXT: u16 = 12;

/// A table that wraps texts that are too wide; it is wider than asked where that is not enough. Columns listed in
/// `numbers` are flush right.
#[must_use]
pub fn fitted(header: &[String], rows: &[Vec<String>], numbers: &[usize], width: usize) -> String {
    let mut table = plain(header, rows, numbers);
    let narrow = u16::try_from(width).unwrap_or(u16::MAX);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(narrow);
    let widths = table.column_max_content_widths();
    for (at, (column, width)) in table.column_iter_mut().zip(widths).enumerate() {
        // A number in two lines is two numbers; a word of a few letters in two lines is none.
        column.set_constraint(if numbers.contains(&at) {
            ColumnConstraint::ContentWidth
        } else {
            ColumnConstraint::LowerBoundary(Width::Fixed(width.min(LEAST_TEXT) + column.padding_width()))
        });
    }
    finished(&table)
}

/// The same table if it fits the width without wrapping.
#[must_use]
pub fn if_fitting(
    header: &[String],
    rows: &[Vec<String>],
    numbers: &[usize],
    width: usize,
) -> Option<String> {
    let mut table = plain(header, rows, numbers);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let gaps = 2 * header.len().saturating_sub(1);
    let needed = table.column_max_content_widths().iter().map(|w| usize::from(*w)).sum::<usize>() + gaps;
    (needed <= width).then(|| finished(&table))
}

fn plain(header: &[String], rows: &[Vec<String>], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─')));
    let cell = |at: usize, text: &String| {
        let cell = Cell::new(text);
        if numbers.contains(&at) { cell.set_alignment(CellAlignment::Right) } else { cell }
    };
    table.set_header(header.iter().enumerate().map(|(at, text)| cell(at, text)));
    for row in rows {
        table.add_row(row.iter().enumerate().map(|(at, text)| cell(at, text)));
    }
    let last = header.len().saturating_sub(1);
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if at == last { 0 } else { 2 }));
    }
    table
}

fn finished(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
