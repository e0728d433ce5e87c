//! Data files: which table each belongs to, whether all of them fit, and feeding them with a progress bar.

use crate::args::DataOptions;
use crate::failure::{Failure, did_you_mean};
use crate::source::Asked;
use crate::terminal::{Terminal, shown};
use arrow::array::{RecordBatch, RecordBatchReader};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ripplemark::Evaluation;
use ripplemark::bind::{Binder, TableSpec};
use ripplemark::data::Dataset;
use ripplemark::read::{self, Progress, ReadError, ReadOptions};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// So many files are opened before any is read, so that a wrong one is told at once; systems limit open files.
const OPENED_AHEAD: usize = 200;

/// A data file and the table it belongs to.
#[derive(Debug)]
pub(crate) struct Input {
    table: TableSpec,
    path: PathBuf,
}

/// Finds the table of each file; every table that is read must have one.
pub(crate) fn assign<'a>(
    given: impl Iterator<Item = &'a OsString>,
    asked: &Asked,
    terminal: &Terminal,
) -> Result<Vec<Input>, Failure> {
    assign_to(asked.program.tables(), given, asked, terminal)
}

/// As [`assign`], where only some of the program's tables are read.
pub(crate) fn assign_to<'a>(
    tables: Vec<TableSpec>,
    given: impl Iterator<Item = &'a OsString>,
    asked: &Asked,
    terminal: &Terminal,
) -> Result<Vec<Input>, Failure> {
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    let mut inputs: Vec<Input> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut idle = Vec::new();
    for argument in given {
        let Some((name, path)) = place(argument, &names, &asked.known_tables)? else {
            idle.push(argument.display().to_string());
            continue;
        };
        once(&mut seen, &name, &path)?;
        let table = tables.iter().find(|table| table.name == name);
        inputs.extend(table.map(|table| Input { table: table.clone(), path }));
    }
    if !idle.is_empty() {
        terminal.note(&shown(&format!("not read, the query does not need it: {}", idle.join(", "))));
    }
    let without: Vec<&str> = tables
        .iter()
        .map(|table| table.name.as_str())
        .filter(|name| !inputs.iter().any(|input| input.table.name == *name))
        .collect();
    if without.is_empty() {
        return Ok(inputs);
    }
    let options: Vec<String> = without.iter().map(|name| format!("--table {name}=FILE")).collect();
    Err(Failure::Usage(format!(
        "no file for table{} {}: add {}",
        if without.len() == 1 { "" } else { "s" },
        without.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        options.join(" ")
    )))
}

/// The data of all tables that are given, for commands that ask several questions of them. Nothing is opened yet; a
/// table that turns out to be needed and has no file is missed by the question that needs it.
pub(crate) fn dataset(options: &DataOptions, known_tables: &[String]) -> Result<Dataset, Failure> {
    let mut data = Dataset::default();
    let mut seen = BTreeSet::new();
    for argument in options.all() {
        if let Some((name, path)) = place(argument, known_tables, known_tables)? {
            once(&mut seen, &name, &path)?;
            data.add_file(&name, &path, options.delimiter);
        }
    }
    Ok(data)
}

/// Refuses a file that a table has been given already.
fn once(seen: &mut BTreeSet<(String, PathBuf)>, table: &str, path: &Path) -> Result<(), Failure> {
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if seen.insert((table.to_owned(), real)) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{}: given twice for table `{table}`, its rows would count twice",
        path.display()
    )))
}

/// The table and path of one argument; `None` for a table that is known and not read.
fn place(argument: &OsStr, read: &[String], known: &[String]) -> Result<Option<(String, PathBuf)>, Failure> {
    let path = Path::new(argument);
    let stem = path.file_stem().and_then(OsStr::to_str).filter(|_| split(argument).is_none());
    // A file that is called like a table of the book is that table's.
    let called_like = stem.filter(|stem| known.iter().any(|known| known == stem)).map(str::to_owned);
    if let Some((name, path)) = split(argument).or(called_like.map(|name| (name, path.to_path_buf()))) {
        if read.contains(&name) {
            return Ok(Some((name, path)));
        }
        if known.contains(&name) {
            return Ok(None);
        }
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if is_name && !Path::new(argument).exists() {
            let listed: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
            let near = did_you_mean(&name, known.iter().map(String::as_str));
            return Err(Failure::Usage(format!(
                "there is no table `{name}`{near}; expected {}",
                listed.join(" or ")
            )));
        }
    }
    match read {
        [table] => Ok(Some((table.clone(), PathBuf::from(argument)))),
        _ => {
            let ways: Vec<String> =
                read.iter().map(|table| format!("`--table {table}={}`", argument.display())).collect();
            Err(Failure::Usage(format!(
                "{}: {} tables are read; say which this is: {}",
                argument.display(),
                read.len(),
                ways.join(" or ")
            )))
        }
    }
}

/// `NAME=PATH` into its parts. Paths need not be UTF-8.
fn split(argument: &OsStr) -> Option<(String, PathBuf)> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let bytes = argument.as_bytes();
        let at = bytes.iter().position(|byte| *byte == b'=')?;
        let name = std::str::from_utf8(bytes.get(..at)?).ok()?;
        Some((name.to_owned(), PathBuf::from(OsStr::from_bytes(bytes.get(at + 1..)?))))
    }
    #[cfg(not(unix))]
    {
        let (name, path) = argument.to_str()?.split_once('=')?;
        Some((name.to_owned(), PathBuf::from(path)))
    }
}

/// Which columns of a file are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Those that the program needs.
    Needed,
    /// All that the file has.
    All,
}

/// Feeds all files, each table's in the order given.
pub(crate) fn feed(
    evaluation: &mut Evaluation,
    inputs: &[Input],
    delimiter: Option<u8>,
) -> Result<(), Failure> {
    each_batch(inputs, delimiter, Columns::Needed, |table, batch| evaluation.feed(table, batch))
}

/// Hands all batches of all files on, each table's in the order given.
pub(crate) fn each_batch(
    inputs: &[Input],
    delimiter: Option<u8>,
    columns: Columns,
    mut take: impl FnMut(&str, &RecordBatch) -> Result<(), ripplemark::Error>,
) -> Result<(), Failure> {
    let progress = Progress::default();
    let mut problems = Vec::new();
    let mut opened = Vec::new();
    for input in inputs.iter().take(OPENED_AHEAD) {
        match open(input, delimiter, columns, &progress) {
            Ok(reader) => opened.push(reader),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Data(problems.join("\n")));
    }
    let bar = Bar::new(&progress);
    let mut opened = opened.into_iter();
    for input in inputs {
        let reader = match opened.next() {
            Some(reader) => reader,
            None => open(input, delimiter, columns, &progress).map_err(Failure::Data)?,
        };
        for batch in reader {
            let batch = batch.map_err(|error| {
                Failure::Data(match ReadError::of(&error) {
                    Some(error) => error.to_string(),
                    None => format!("{}: {error}", input.path.display()),
                })
            })?;
            take(&input.table.name, &batch)
                .map_err(|error| Failure::data(&input.path.display().to_string(), &error))?;
            bar.draw(&progress);
        }
    }
    Ok(())
}

/// Opens a file and finds out whether its columns fit, before any row is read.
fn open(
    input: &Input,
    delimiter: Option<u8>,
    columns: Columns,
    progress: &Progress,
) -> Result<Box<dyn RecordBatchReader + Send>, String> {
    let table = (columns == Columns::Needed).then(|| input.table.clone());
    let options = ReadOptions { delimiter, progress: progress.clone(), table, ..ReadOptions::default() };
    let reader = read::open(&input.path, &options).map_err(|error| error.to_string())?;
    match Binder::new(&input.table, &reader.schema()) {
        Ok(_) => Ok(reader),
        Err(problems) => {
            let about = input.path.display();
            Err(problems.iter().map(|problem| format!("{about}: {problem}")).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// A bar on standard error that shows only on a terminal, and goes away when it is dropped.
struct Bar(ProgressBar);

impl Bar {
    fn new(progress: &Progress) -> Bar {
        let bar = ProgressBar::with_draw_target(Some(progress.total()), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("reading {bar:30} {bytes} of {total_bytes}, {eta} left");
        Bar(match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    fn draw(&self, progress: &Progress) {
        self.0.set_length(progress.total());
        self.0.set_position(progress.done());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_at_the_first_equals_sign() {
        let split = |text: &str| split(OsStr::new(text));
        assert_eq!(split("opps=data/year=2017/a.csv"), Some(("opps".into(), "data/year=2017/a.csv".into())));
        assert_eq!(split("a.csv"), None);
        assert_eq!(split("=x"), Some((String::new(), "x".into())));
    }
}
