//! What can be written behind `ripplemark`: the only place that knows the names of options.

use clap::{Args, Parser, Subcommand, ValueEnum};
use ripplemark::book::{parse_grain, parse_instant};
use ripplemark::model::{Grain, Instant};
use ripplemark::rows::Why;
use std::ffi::OsString;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  done (warnings of the book are allowed)
  1  the book is wrong
  2  wrong usage: an option, a table without a file, a query that the book cannot answer
  3  a file cannot be read or written, data do not fit the program, or program or state bytes are damaged";

#[derive(Debug, Parser)]
#[command(
    name = "ripplemark",
    version,
    about = "One KPI book, and the same number, to the last bit, everywhere",
    after_help = EXIT_CODES,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Say what a code such as RM0104 means, why it is an error, and how to put it right; without a code, list them all
    #[arg(long, value_name = "CODE", num_args = 0..=1, default_missing_value = "")]
    pub(crate) explain: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say everything that is wrong with a book, and how each of its metrics is computed
    #[command(after_help = EXIT_CODES)]
    Check(CheckOptions),
    /// Print the JSON Schema of books, by which editors complete and check them
    Schema,
    /// Compile a book and a query to a program that C, Rust and Python evaluate
    #[command(after_help = EXIT_CODES)]
    Compile(CompileOptions),
    /// Evaluate a book and a query, or a compiled program, over Parquet and CSV files
    #[command(after_help = EVAL_HELP)]
    Eval(EvalOptions),
    /// Follow rows from stage to stage: accepted, rejected, ignored, how soon, and what is lost between teams
    #[command(after_help = EXIT_CODES)]
    Journey(JourneyOptions),
    /// Merge states written by `eval --state-out` and show the result
    #[command(after_help = EXIT_CODES)]
    Merge(MergeOptions),
    /// Say what moved a metric: how much of its change came from each driver and each owner
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplainOptions),
    /// Say what changed between two results or receipts: definitions, question, rows, values
    #[command(after_help = DIFF_HELP)]
    Diff(DiffOptions),
    /// List the rows behind one number, and say why the other rows are not behind it
    #[command(after_help = ROWS_HELP)]
    Rows(RowsOptions),
    /// Report all metrics of a book: values, changes, what moved them, targets, hand-offs, findings, and who has to act
    #[command(after_help = REPORT_HELP)]
    Report(ReportOptions),
}

const REPORT_HELP: &str = "\
Examples:
  ripplemark report crm.yaml opps.csv
  ripplemark report crm.yaml --table opps=opps.parquet --grain quarter --period 2017-10-01 -o board.html

Exit codes:
  0  done (warnings of the book are allowed)
  1  the book is wrong
  2  wrong usage: an option, a query that the book cannot answer
  3  a file cannot be read or written, or data do not fit the book";

const DIFF_HELP: &str = "\
Examples:
  ripplemark eval crm.yaml opps.csv --query board --format json -o monday.json
  ripplemark diff last-monday.json monday.json
  ripplemark diff last-monday.csv.receipt monday.csv.receipt

Exit codes:
  0  nothing differs: the same numbers, for the same reasons
  2  wrong usage
  3  a file cannot be read, or is neither a result nor a receipt
  4  something differs";

const EVAL_HELP: &str = "\
Examples:
  ripplemark eval crm.yaml opps.csv --metric revenue,win_rate --grain month --totals
  ripplemark eval crm.yaml --table opps=2016.csv --table opps=2017.parquet --by region --where 'stage == \"Won\"'
  ripplemark eval board.rmprog --table opps=opps.parquet --format csv -o board.csv

Exit codes:
  0  done (warnings of the book are allowed)
  1  the book is wrong
  2  wrong usage: an option, a table without a file, a query that the book cannot answer
  3  a file cannot be read or written, data do not fit the program, or program or state bytes are damaged";

const ROWS_HELP: &str = "\
Examples:
  ripplemark rows crm.yaml opps.csv --metric win_rate --at month=2017-07 --at office=West
  ripplemark rows crm.yaml opps.csv --metric revenue --at month=2017-07 --others=value_missing,value_failed
  ripplemark rows board.rmprog --table opps=opps.parquet --metric revenue --format csv -o rows.csv

What --at names is asked by: --at office=West adds --by office, --at month=2017-07 adds --grain month. What is not
named is a total. For the number of an earlier result give the query options of that result.

Exit codes:
  0  done (warnings of the book are allowed)
  1  the book is wrong
  2  wrong usage: an option, a table without a file, a cell that the query does not have
  3  a file cannot be read or written, data do not fit the program, or program bytes are damaged";

#[derive(Debug, Args)]
pub(crate) struct RowsOptions {
    /// The book, or a program made by `compile`
    #[arg(value_name = "BOOK|PROGRAM")]
    pub(crate) source: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataOptions,
    /// Where the number stands: a dimension or the grain, and a value; `(missing)` for rows without one. Repeat it
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) at: Vec<String>,
    /// List rows that are not counted, too: all of them, or those of these reasons
    #[arg(long, value_name = "REASON,...", value_delimiter = ',', num_args = 0.., require_equals = true,
        value_parser = crate::rows::why)]
    pub(crate) others: Option<Vec<Why>>,
    /// The most rows to list, and the most others [default: 20 in a table, otherwise 10000]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) query: QueryOptions,
    #[command(flatten)]
    pub(crate) result: ResultOptions,
}

const EXPLAIN_HELP: &str = "\
Examples:
  ripplemark explain crm.yaml revenue opps.csv --vs prior --grain quarter
  ripplemark explain crm.yaml revenue opps.csv --vs prior --at quarter=2017-10 --by office
  ripplemark explain crm.yaml revenue opps.csv --vs office=East --at office=West
  ripplemark explain crm.yaml revenue opps.csv --vs target
  ripplemark explain crm.yaml win_rate opps.csv --vs prior --grain quarter --mix office

The drivers are those of the metric's identity in the book's `links`, down to metrics that have none; without an
identity, the metrics that its definition names. What is printed adds up.

Exit codes:
  0  done (warnings of the book are allowed)
  1  the book is wrong
  2  wrong usage: an option, a metric without drivers, a query that the book cannot answer
  3  a file cannot be read or written, or data do not fit the book";

#[derive(Debug, Args)]
pub(crate) struct DiffOptions {
    /// The older result (JSON, Parquet) or receipt
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The newer one
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Show all cells that differ, not only the largest differences
    #[arg(long)]
    pub(crate) all: bool,
    /// How to write what differs; JSON has all cells
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Columns that a table may take [default: the terminal's, otherwise 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..))]
    pub(crate) width: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// The book, YAML or JSON
    #[arg(value_name = "BOOK")]
    pub(crate) book: PathBuf,
    /// The metric
    #[arg(value_name = "METRIC")]
    pub(crate) metric: String,
    #[command(flatten)]
    pub(crate) data: DataOptions,
    /// What the number is compared with: `prior` (the period before), `target` (what was to be reached by now), or a
    /// segment, DIMENSION=VALUE
    #[arg(long, value_name = "WHAT", default_value = "prior")]
    pub(crate) vs: String,
    /// Which number: the grain and a period [default: the latest that is over], or a dimension and a value
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) at: Vec<String>,
    /// Every period against the one before it
    #[arg(long)]
    pub(crate) all: bool,
    /// Of a ratio: whether segments of this dimension changed, or their weights did
    #[arg(long, value_name = "DIMENSION")]
    pub(crate) mix: Option<String>,
    /// Digits after the point; negative for tens, hundreds … [default: what suits the unit and the size]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i8).range(-18..=18))]
    pub(crate) digits: Option<i8>,
    #[command(flatten)]
    pub(crate) query: QueryOptions,
    /// How to write the answer; `table` rounds for the eye so that parts add up, JSON has the exact numbers, too
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ExplainFormat,
    /// Write to a file, which is replaced as a whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Columns that a table may take [default: the terminal's, otherwise 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..))]
    pub(crate) width: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    Table,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// The book, YAML or JSON
    #[arg(value_name = "BOOK")]
    pub(crate) book: PathBuf,
    /// Put right in the file what is certain (misspelt names, `=` for `==`, missing quotes …), and leave the rest
    #[arg(long)]
    pub(crate) fix: bool,
    /// How to show what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Columns that a table may take [default: the terminal's, otherwise 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..))]
    pub(crate) width: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct CompileOptions {
    /// The book, YAML or JSON
    #[arg(value_name = "BOOK")]
    pub(crate) book: PathBuf,
    /// Where the program goes; replaced as a whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) query: QueryOptions,
    /// How to describe the program
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Columns that a table may take [default: the terminal's, otherwise 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..))]
    pub(crate) width: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct EvalOptions {
    /// The book, or a program made by `compile`
    #[arg(value_name = "BOOK|PROGRAM")]
    pub(crate) source: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataOptions,
    #[command(flatten)]
    pub(crate) query: QueryOptions,
    #[command(flatten)]
    pub(crate) result: ResultOptions,
    /// Also write the state, which `merge` joins with others
    #[arg(long, value_name = "FILE")]
    pub(crate) state_out: Option<PathBuf>,
    /// Also write the receipt, which `diff` compares [default: beside a CSV file, `FILE.receipt`]
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct JourneyOptions {
    /// The book, YAML or JSON, with `stages`
    #[arg(value_name = "BOOK")]
    pub(crate) book: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataOptions,
    /// Hand-offs, by the stage that rows are handed over to [default: all]
    #[arg(short, long = "stage", value_name = "STAGE,...", value_delimiter = ',')]
    pub(crate) stages: Vec<String>,
    /// Columns to group by
    #[arg(short, long, value_name = "COLUMN,...", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Length of the period in which rows entered the earlier stage: day, week, month, quarter or year
    #[arg(short, long, value_name = "GRAIN", value_parser = parse_grain)]
    pub(crate) grain: Option<Grain>,
    /// First day or instant of entries into the earlier stage
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub(crate) from: Option<Instant>,
    /// First day or instant after them
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub(crate) to: Option<Instant>,
    /// What is known up to here; what happened later has not happened [default: the latest time of the hand-offs]
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub(crate) as_of: Option<Instant>,
    /// Add totals and subtotals
    #[arg(long)]
    pub(crate) totals: bool,
    #[command(flatten)]
    pub(crate) result: ResultOptions,
}

/// Where the data are.
#[derive(Debug, Args)]
pub(crate) struct DataOptions {
    /// Data files (Parquet, CSV): NAME=PATH, or PATH alone where the file is called like its table, or only one
    /// table is read
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<OsString>,
    /// A data file, as above; repeat it for more tables, or for more files of one table
    #[arg(short, long = "table", value_name = "NAME=PATH")]
    pub(crate) tables: Vec<OsString>,
    /// What separates the fields of CSV files, a character or `tab` [default: comma, in .tsv files tab]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
}

impl DataOptions {
    /// All files, in the order given.
    pub(crate) fn all(&self) -> impl Iterator<Item = &OsString> {
        self.files.iter().chain(&self.tables)
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err("expected one character, such as `;` or `|`, or the word `tab`".into()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct MergeOptions {
    /// The program, or the book with the query options that the states were made with
    #[arg(value_name = "BOOK|PROGRAM")]
    pub(crate) source: PathBuf,
    /// States written by `eval --state-out`; their order does not matter
    #[arg(value_name = "STATE", required = true)]
    pub(crate) states: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) query: QueryOptions,
    #[command(flatten)]
    pub(crate) result: ResultOptions,
    /// Also write the merged state
    #[arg(long, value_name = "FILE")]
    pub(crate) state_out: Option<PathBuf>,
    /// Also write the receipt, which `diff` compares [default: beside a CSV file, `FILE.receipt`]
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// The book, YAML or JSON
    #[arg(value_name = "BOOK")]
    pub(crate) book: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataOptions,
    #[command(flatten)]
    pub(crate) query: QueryOptions,
    /// A day of the period to report [default: the latest period that is over]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) period: Option<i64>,
    /// How to write the report [default: what the ending of the output file says, otherwise `terminal`]
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) format: Option<ReportForm>,
    /// Write to a file, which is replaced as a whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Columns that a table may take [default: the terminal's, otherwise 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..))]
    pub(crate) width: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportForm {
    /// For people: tables that fit the screen
    Terminal,
    /// One page that needs nothing else, for browsers, mails and printers
    Html,
    /// Everything that the report says, with all digits
    Json,
}

/// Days since 1970-01-01. A month, `2017-07`, and a year stand for their first day.
pub(crate) fn day(text: &str) -> Result<i64, String> {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    match parse_instant(&whole) {
        Ok(Instant::Date(day)) => Ok(i64::from(day)),
        _ => Err("expected a day (2017-07-01), a month (2017-07) or a year".into()),
    }
}

/// The question asked of a book.
#[derive(Debug, Args)]
#[command(next_help_heading = "Query (of a book; a program brings its own)")]
pub(crate) struct QueryOptions {
    /// A saved query of the book; the options below replace its parts
    #[arg(long, value_name = "NAME")]
    pub(crate) query: Option<String>,
    /// Metrics, in the order of the result [default: all]
    #[arg(short, long = "metric", alias = "metrics", value_name = "NAME,...", value_delimiter = ',')]
    pub(crate) metrics: Vec<String>,
    /// Columns to group by
    #[arg(short, long, value_name = "COLUMN,...", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Length of a period: day, week, month, quarter or year
    #[arg(short, long, value_name = "GRAIN", value_parser = parse_grain)]
    pub(crate) grain: Option<Grain>,
    /// First day (2017-01-01) or instant (2017-01-01T00:00:00Z) inside the range
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub(crate) from: Option<Instant>,
    /// First day or instant outside the range
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub(crate) to: Option<Instant>,
    /// Only rows for which this formula is true: 'region == "EMEA"'
    #[arg(short = 'w', long = "where", alias = "filter", value_name = "FORMULA")]
    pub(crate) filter: Option<String>,
    /// What is known up to here; later rows do not enter [default: the latest row]
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub(crate) as_of: Option<Instant>,
    /// Add totals and subtotals
    #[arg(long)]
    pub(crate) totals: bool,
}

impl QueryOptions {
    /// The options that were given, as they are spelt.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        [
            ("--query", self.query.is_some()),
            ("--metric", !self.metrics.is_empty()),
            ("--by", !self.by.is_empty()),
            ("--grain", self.grain.is_some()),
            ("--from", self.from.is_some()),
            ("--to", self.to.is_some()),
            ("--where", self.filter.is_some()),
            ("--as-of", self.as_of.is_some()),
            ("--totals", self.totals),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect()
    }
}

/// What becomes of a result.
#[derive(Debug, Args)]
#[command(next_help_heading = "Result")]
pub(crate) struct ResultOptions {
    /// How to write the result; `table` rounds for the eye, the others never do
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ResultFormat,
    /// Write to a file, which is replaced as a whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Columns that a table may take [default: the terminal's, otherwise 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..))]
    pub(crate) width: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultFormat {
    /// For people: wide where it fits, long where it does not
    Table,
    /// Cells, metrics, rows, columns and receipt
    Json,
    /// One line for each cell
    Csv,
    /// As csv, typed, with the receipt in the metadata; needs --output
    Parquet,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn no_option_has_the_name_of_another() {
        Arguments::command().debug_assert();
    }
}
