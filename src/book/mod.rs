//! Books: YAML or JSON text to a checked [`Book`], or everything that is wrong with it at once.
//!
//! Reading goes from the outside in: text to a tree with places (`node`), the tree to sections
//! (`header`, `tables`, `metrics`, `queries`), formulas through the formula reader (`formula`, `values`).
//! Each step reports what it cannot use and goes on without it; only a book without errors is built.

mod bands;
mod business;
mod codes;
mod computed;
mod currency;
mod cycles;
mod durations;
mod facets;
mod fields;
mod fill;
mod fix;
mod formats;
mod formula;
mod functions;
mod header;
mod links;
mod lookups;
mod metrics;
mod names;
mod node;
mod problems;
mod queries;
mod rates;
mod repair;
mod report;
mod rules;
mod scalar_map;
mod schema;
mod source;
mod stages;
mod tables;
mod targets;
#[cfg(test)]
mod tests;
mod times;
mod units;
mod values;

use std::io::Read;
use std::path::Path;

pub use codes::{ALL as CODES, Code, meaning};
pub use currency::currency_digits;
pub use fix::{Fixed, fix_str};
pub use node::MAX_BYTES;
pub use report::Diagnostics;
pub use schema::schema;
pub use times::{parse_grain, parse_instant, parse_range};
pub(crate) use values::each_leaf;

use crate::diagnostic::Diagnostic;
use crate::model::{Book, Cell, Metric, MetricId, MetricKind, StatusRule, Unit};
use fields::Fields;
use formula::{FormulaReader, Lang, MetricName};
use metrics::{Draft, Surroundings};
use problems::{Problems, unplaced};
use ripplemark_float_env::Standard;
use source::Source;
use values::Formulas;

/// A book that can be used, and what somebody should look at nevertheless.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The checked book.
    pub book: Book,
    /// Warnings, by place.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a book from text, YAML or JSON; `file` is the name that problems carry.
///
/// Anchors, aliases, duplicate keys and further documents are refused, and so is more than [`MAX_BYTES`].
///
/// # Errors
/// Everything that is wrong with the book, by place.
///
/// ```
/// let text = "ripplemark: 1\nbook: {id: acme}\nteams: {sales: Sales}\n\
///     tables: {deals: {columns: {amount: decimal(2)}}}\n\
///     metrics: [{name: revenue, owner: sales, agg: sum, expr: amount}]";
/// let loaded = ripplemark::book::load_str(text, "acme.yaml").unwrap();
/// assert_eq!(loaded.book.metrics[0].name, "revenue");
///
/// let refused = ripplemark::book::load_str(&text.replace("owner: sales", "owner: slaes"), "acme.yaml");
/// assert!(refused.unwrap_err().to_string().contains("did you mean `sales`?"));
/// ```
pub fn load_str(text: &str, file: &str) -> Result<Loaded, Diagnostics> {
    load_with(text, file, None, &Lang)
}

/// Reads a book from text that lies in a folder: files that it names (`functions: {file: ..}`) are looked for there.
/// Otherwise like [`load_str`].
///
/// # Errors
/// Everything that is wrong with the book, by place.
pub fn load_str_in(text: &str, file: &str, folder: &Path) -> Result<Loaded, Diagnostics> {
    load_with(text, file, Some(folder), &Lang)
}

/// Reads a book from bytes that lie in a folder; otherwise like [`load_str_in`].
///
/// # Errors
/// Everything that is wrong with the book, by place.
pub fn load_bytes_in(bytes: &[u8], file: &str, folder: &Path) -> Result<Loaded, Diagnostics> {
    load_bytes_with(bytes, file, Some(folder), &Lang)
}

/// Reads a book from bytes, which must be UTF-8; otherwise like [`load_str`].
///
/// # Errors
/// Everything that is wrong with the book, by place.
pub fn load_bytes(bytes: &[u8], file: &str) -> Result<Loaded, Diagnostics> {
    load_bytes_with(bytes, file, None, &Lang)
}

/// Reads a book from a file; otherwise like [`load_str`].
///
/// # Errors
/// Everything that is wrong with the book, by place, or why the file cannot be read.
pub fn load_path(path: impl AsRef<Path>) -> Result<Loaded, Diagnostics> {
    load_path_with(path.as_ref(), &Lang)
}

/// Reads a book with a given formula reader; `file` is the name that problems carry.
pub(crate) fn load_with<R: FormulaReader>(
    text: &str,
    file: &str,
    folder: Option<&Path>,
    reader: &R,
) -> Result<Loaded, Diagnostics> {
    // A host that rounds upward must not read other literals.
    let _standard = Standard::enter();
    let source = Source::new(text, file);
    let mut problems = Problems::new(&source);
    let book = read(&source, folder, reader, &mut problems);
    match book.filter(|_| !problems.has_errors()) {
        Some(book) => Ok(Loaded { book, warnings: problems.into_sorted() }),
        None => Err(Diagnostics::new(problems.into_sorted(), text)),
    }
}

/// Reads a book from bytes, which must be UTF-8.
pub(crate) fn load_bytes_with<R: FormulaReader>(
    bytes: &[u8],
    file: &str,
    folder: Option<&Path>,
    reader: &R,
) -> Result<Loaded, Diagnostics> {
    match std::str::from_utf8(bytes) {
        Ok(text) => load_with(text, file, folder, reader),
        Err(error) => {
            let (sound, _) = bytes.split_at(error.valid_up_to().min(bytes.len()));
            let text = String::from_utf8_lossy(sound).into_owned();
            let (line, column) = Source::new(&text, file).place(text.len());
            let mut problem = unplaced(file, codes::UNREADABLE, "the book is not UTF-8 text".to_owned());
            (problem.line, problem.column, problem.span) = (line, column, text.len()..text.len());
            problem.hint = Some("save it as UTF-8".to_owned());
            Err(Diagnostics::new(vec![problem], &text))
        }
    }
}

/// Reads a book from a file.
pub(crate) fn load_path_with<R: FormulaReader>(path: &Path, reader: &R) -> Result<Loaded, Diagnostics> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to know; a device or a pipe may never end.
    let limit = MAX_BYTES as u64 + 1;
    let read = std::fs::File::open(path).and_then(|opened| opened.take(limit).read_to_end(&mut bytes));
    if let Err(error) = read {
        let problem = unplaced(&file, codes::UNREADABLE, format!("the file cannot be read: {error}"));
        return Err(Diagnostics::new(vec![problem], ""));
    }
    if bytes.len() > MAX_BYTES {
        let mut problem = unplaced(&file, codes::TOO_LARGE, "the book is too large".to_owned());
        problem.expected = Some(format!("at most {MAX_BYTES} bytes"));
        return Err(Diagnostics::new(vec![problem], ""));
    }
    load_bytes_with(&bytes, &file, path.parent(), reader)
}

const SECTIONS: [&str; 12] = [
    "ripplemark",
    "book",
    "teams",
    "tables",
    "functions",
    "rates",
    "metrics",
    "links",
    "stages",
    "targets",
    "rules",
    "saved_queries",
];

fn read<R: FormulaReader>(
    source: &Source<'_>,
    folder: Option<&Path>,
    reader: &R,
    problems: &mut Problems<'_>,
) -> Option<Book> {
    let node = node::read(source, problems)?;
    if !header::check_version(&node, problems) {
        return None;
    }
    let root = Fields::open(&node, &node.span, "the book", &SECTIONS, problems)?;
    let header = header::read(&root, problems);
    let (teams, team_index) = header::teams(&root, problems);
    let mut tables = tables::read(&root, header.currency.as_deref(), problems);
    let mut functions = functions::read(&root, folder, problems);
    functions.library = std::mem::take(&mut functions.library).with_business_hours(header.has_business_hours);
    computed::read(&root, &mut tables, reader, &functions, problems);
    let around = Surroundings {
        tables: &tables,
        teams: &team_index,
        on_row_error: header.on_row_error,
        currency: header.currency.as_deref(),
    };
    let (drafts, metric_index) = metrics::read(&root, &around, problems);
    let names = metric_names(&drafts);
    let formulas = Formulas { reader, around: &around, metrics: &names, functions: &functions };
    let values: Vec<Option<(Cell, MetricKind)>> = drafts
        .iter()
        .map(|draft| {
            problems.about(named(draft), draft.owner_words.as_deref());
            let value = formulas.value(draft, problems);
            problems.about(None, None);
            value
        })
        .collect();
    let cells: Vec<Option<&Cell>> = values.iter().map(|value| value.as_ref().map(|(cell, _)| cell)).collect();
    let references = cycles::references(cells.iter().copied());
    if cycles::report(&references, &drafts, problems) {
        cycles::report_depth(&cells, &drafts, problems);
    }
    let units = units::check(&drafts, &cells, &references, &formulas, problems);
    let linked =
        links::Linked { drafts: &drafts, index: &metric_index, values: &cells, references: &references };
    let links = links::read(&root, &linked, &formulas, problems);
    let stages = stages::read(&root, &formulas, problems);
    let asked = queries::Asked {
        metrics: &metric_index,
        tables: &queries::tables_of(cells.iter().copied()),
        references: &references,
    };
    let saved_queries = queries::read(&root, &asked, &formulas, problems);
    let known = facets::Known {
        metrics: &metric_index,
        drafts: &drafts,
        cells: &cells,
        asked: &asked,
        around: &around,
    };
    let (targets, target_places) = targets::read(&root, &known, problems);
    let statuses = rules::statuses(&known, &targets, problems);
    let (rules, rule_places) = rules::read(&root, &known, &targets, problems);
    if problems.has_errors() {
        return None;
    }
    let metrics = (drafts.into_iter().zip(values).zip(statuses).zip(units))
        .filter_map(|(((draft, value), status), unit)| Some(finished(draft, value?, status, unit)))
        .collect();
    let book = Book {
        id: header.id,
        version: header.version,
        currency: header.currency,
        timezone: header.timezone,
        first_day_of_week: header.first_day_of_week,
        first_month_of_year: header.first_month_of_year,
        business_hours: header.business_hours,
        teams,
        tables: tables.list,
        functions: functions.into_texts(),
        rates: tables.rates,
        metrics,
        links,
        stages,
        saved_queries,
        targets: targets.list,
        rules,
    };
    facets::check_questions(&book, &target_places, &rule_places, problems);
    Some(book)
}

fn named<'d>(draft: &'d Draft<'_>) -> Option<&'d str> {
    (!draft.name.is_empty()).then_some(draft.name.as_str())
}

/// The names formulas can use; of two metrics with one name, the first.
fn metric_names<'d>(drafts: &'d [Draft<'_>]) -> Vec<MetricName<'d>> {
    let mut seen = std::collections::BTreeSet::new();
    drafts
        .iter()
        .enumerate()
        .filter(|(_, draft)| !draft.name.is_empty() && seen.insert(draft.name.as_str()))
        .map(|(position, draft)| MetricName { id: MetricId(position), name: &draft.name })
        .collect()
}

fn finished(
    draft: Draft<'_>,
    (value, kind): (Cell, MetricKind),
    status: Vec<StatusRule>,
    unit: Option<Unit>,
) -> Metric {
    Metric {
        formula: draft.formula(),
        name: draft.name,
        label: draft.label,
        description: draft.description,
        ring: draft.ring,
        owners: draft.owners,
        unit,
        kind,
        value,
        fill_nulls_with: draft.fill_nulls_with,
        good: draft.good,
        watch: draft.watch,
        status,
    }
}
