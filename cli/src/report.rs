//! `report`: all that a book says of its data, for the terminal, as one HTML page, or as JSON.

use crate::args::{ReportForm, ReportOptions};
use crate::failure::Failure;
use crate::output::pretty;
use crate::source::ReadBook;
use crate::terminal::{Terminal, shown};
use crate::{atomic, inputs, question, source};
use ripplemark::report::{self, Options, page, terminal as screen};
use std::path::Path;

pub(crate) fn run(options: &ReportOptions, terminal: &Terminal) -> Result<(), Failure> {
    if !options.query.by.is_empty() || options.query.totals {
        return Err(Failure::Usage(
            "a report is about everything at once: leave out --by and --totals, and choose rows with --where"
                .into(),
        ));
    }
    let ReadBook { book, .. } = source::book(&options.book)?;
    let query = question::query(&book, &options.query)?;
    let tables: Vec<String> = book.tables.iter().map(|table| table.name.clone()).collect();
    let data = inputs::dataset(&options.data, &tables)?;
    let period = options.period;
    let report = report::collect(&book, &data, &Options { query, period })?;
    let form = options.format.unwrap_or_else(|| form_of(options.output.as_deref()));
    let bytes = match form {
        ReportForm::Terminal => {
            let layout = screen::Layout {
                width: terminal.width(options.width),
                colour: options.output.is_none() && terminal.colours_results(),
            };
            screen::render(&report, layout).into_bytes()
        }
        ReportForm::Html => page::render(&report).into_bytes(),
        ReportForm::Json => pretty(&report::json(&report)?)?,
    };
    match &options.output {
        Some(path) => {
            atomic::write(path, &bytes)?;
            for omitted in &report.omitted {
                terminal.note(&format!("not in the report: {}", shown(omitted)));
            }
            Ok(())
        }
        None => terminal.write(&bytes),
    }
}

/// What the name of the file asks for.
fn form_of(output: Option<&Path>) -> ReportForm {
    let ending = output.and_then(Path::extension).and_then(|ending| ending.to_str());
    match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm") => ReportForm::Html,
        Some("json") => ReportForm::Json,
        _ => ReportForm::Terminal,
    }
}
