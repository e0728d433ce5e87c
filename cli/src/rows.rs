//! `rows`: the rows behind one number, and why the others are not behind it.

use crate::args::{QueryOptions, ResultFormat, ResultOptions, RowsOptions};
use crate::failure::Failure;
use crate::output;
use crate::terminal::{Terminal, shown};
use crate::{inputs, source};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use ripplemark::Program;
use ripplemark::book::parse_grain;
use ripplemark::model::{Book, Query};
use ripplemark::rows::{CellAddress, CellRows, DrillOptions, DrillThrough, TableRows, Why};

use ripplemark::show::{self, grouped};
use serde_json::{Map, Value, json};

/// Rows that a table for people shows unless it is asked for more.
const SHOWN: usize = 20;

pub(crate) fn run(options: &RowsOptions, terminal: &Terminal) -> Result<(), Failure> {
    output::check(&options.result)?;
    let at = coordinates(&options.at)?;
    let asked = source::ask_cell(
        &options.source,
        &options.query,
        |book, query| complete(book, query, &at),
        terminal,
    )?;
    let metric = metric(&asked.program, &options.query)?;
    let at = at.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let cell = CellAddress::parse(&asked.program, &metric, at)?;
    let limit = options.limit.unwrap_or(match options.result.format {
        ResultFormat::Table => SHOWN,
        _ => DrillOptions::LIMIT,
    });
    let others = options.others.clone().map_or_else(Vec::new, whys);
    let mut drill = DrillThrough::new(&asked.program, cell, DrillOptions { limit, others: others.clone() })?;
    let files = inputs::assign_to(drill.tables(), options.data.all(), &asked, terminal)?;
    inputs::each_batch(&files, options.data.delimiter, inputs::Columns::All, |table, batch| {
        drill.feed(table, batch)
    })?;
    let told = Told { place: drill.address().describe(&asked.program), rows: drill.finish(), others };
    conclude(&told, &options.result, terminal)
}

/// `--others` without reasons means all of them.
fn whys(named: Vec<Why>) -> Vec<Why> {
    if named.is_empty() { Why::ALL.to_vec() } else { named }
}

fn coordinates(at: &[String]) -> Result<Vec<(String, String)>, Failure> {
    at.iter()
        .map(|text| match text.split_once('=') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.to_owned())),
            None => {
                Err(Failure::Usage(format!("--at {text}: expected NAME=VALUE, such as --at month=2017-07")))
            }
        })
        .collect()
}

/// A query for one metric that has the coordinates of the cell: who names a month asks by month.
fn complete(book: &Book, query: &mut Query, at: &[(String, String)]) -> Result<(), Failure> {
    if query.metrics.is_empty() {
        query.metrics = book.metrics.iter().map(|metric| metric.name.clone()).collect();
    }
    only(&query.metrics)?;
    for (name, _) in at {
        if query.by.contains(name) {
            continue;
        }
        match parse_grain(name) {
            Ok(grain) if query.grain.is_none() => query.grain = Some(grain),
            Ok(grain) if query.grain == Some(grain) => {}
            _ => query.by.push(name.clone()),
        }
    }
    Ok(())
}

/// The metric that rows are wanted of, where there is only one.
fn only<N: AsRef<str>>(names: &[N]) -> Result<&str, Failure> {
    match names {
        [name] => Ok(name.as_ref()),
        names => {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            Err(Failure::Usage(format!(
                "rows are behind one number: say --metric NAME, one of {}",
                names.join(", ")
            )))
        }
    }
}

/// The one metric that the cell is of; a program may have several.
fn metric(program: &Program, options: &QueryOptions) -> Result<String, Failure> {
    let view = program.view();
    let names: Vec<&str> = (0..view.metric_count()).map(|i| view.metric(i).name).collect();
    let name = if options.metrics.is_empty() { only(&names)? } else { only(&options.metrics)? };
    Ok(name.trim().to_owned())
}

/// What is to be told.
struct Told {
    /// The cell, in words.
    place: String,
    rows: CellRows,
    /// The reasons of the other rows that are listed.
    others: Vec<Why>,
}

fn conclude(told: &Told, options: &ResultOptions, terminal: &Terminal) -> Result<(), Failure> {
    let bytes = match options.format {
        ResultFormat::Table => text(told, terminal.width(options.width)).into_bytes(),
        ResultFormat::Json => output::pretty(&as_json(told))?,
        ResultFormat::Csv => output::csv(&only_batch(&told.rows)?)?,
        ResultFormat::Parquet => output::parquet(&only_batch(&told.rows)?)?,
    };
    output::write(options, &bytes, terminal)?;
    if matches!(options.format, ResultFormat::Csv | ResultFormat::Parquet) {
        terminal.note(&summary(told));
    }
    Ok(())
}

/// The rows as one batch, for formats that hold one.
fn only_batch(rows: &CellRows) -> Result<RecordBatch, Failure> {
    let mut listed: Vec<&TableRows> =
        rows.tables.iter().filter(|table| !table.counted.is_empty() || !table.others.is_empty()).collect();
    if listed.is_empty() {
        // No row is a header without lines, of whatever table.
        listed.extend(rows.tables.first());
    }
    match listed.as_slice() {
        [table] => table.to_record_batch().ok_or_else(|| {
            Failure::Data(format!(
                "the files of table `{}` have different columns; --format json takes them as they are",
                shown(&table.counts.table)
            ))
        }),
        [] => Err(Failure::Data(format!("`{}` reads no table", shown(&rows.address.metric)))),
        tables => {
            let names: Vec<String> = tables.iter().map(|table| shown(&table.counts.table)).collect();
            Err(Failure::Usage(format!(
                "the rows are of the tables {}, and the format holds one; use --format json",
                names.join(" and ")
            )))
        }
    }
}

fn text(told: &Told, width: usize) -> String {
    let mut text = String::new();
    for table in &told.rows.tables {
        for batch in table.counted.iter().chain(&table.others) {
            text.push_str(&table_of(batch, width));
            text.push('\n');
        }
    }
    text.push_str(&summary(told));
    text
}

fn table_of(batch: &RecordBatch, width: usize) -> String {
    let schema = batch.schema();
    let header: Vec<String> = schema.fields().iter().map(|field| shown(field.name())).collect();
    let numbers: Vec<usize> = (schema.fields().iter().enumerate())
        .filter(|(_, field)| field.data_type().is_numeric())
        .map(|(at, _)| at)
        .collect();
    let lines: Vec<Vec<String>> = (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|column| shown(&output::field(column, row))).collect())
        .collect();
    show::if_fitting(&header, &lines, &numbers, width)
        .unwrap_or_else(|| show::fitted(&header, &lines, &numbers, width))
}

/// How many rows there are of each kind, in a few lines.
fn summary(told: &Told) -> String {
    let count = |rows: u64| grouped(&rows.to_string());
    let mut text = format!("{}\n", shown(&told.place));
    for table in &told.rows.tables {
        let counts = &table.counts;
        text.push_str(&format!(
            "{}: {} rows read, {} counted",
            shown(&counts.table),
            count(counts.read),
            count(counts.counted)
        ));
        if let (Some(numerator), Some(denominator)) = (counts.numerator, counts.denominator) {
            text.push_str(&format!(
                " ({} in the numerator, {} in the denominator)",
                count(numerator),
                count(denominator)
            ));
        }
        let others: Vec<String> =
            counts.others.iter().map(|(why, rows)| format!("{} {}", count(*rows), why.words())).collect();
        if !others.is_empty() {
            text.push_str(&format!("; not counted: {}", others.join(", ")));
        }
        text.push('\n');
        if counts.failed > 0 {
            text.push_str(&format!(
                "{} failed and took the value from the cell: --others=condition_failed,value_failed lists them\n",
                if counts.failed == 1 { "1 row".to_owned() } else { format!("{} rows", count(counts.failed)) }
            ));
        }
        let wanted = counts.others.iter().filter(|(why, _)| told.others.contains(why));
        for (listed, all, what) in [
            (counts.listed, counts.counted, "counted rows"),
            (counts.others_listed, wanted.map(|(_, rows)| rows).sum(), "other rows"),
        ] {
            if listed < all {
                text.push_str(&format!(
                    "{} of {} {what} are listed; --limit N lists more\n",
                    count(listed),
                    count(all)
                ));
            }
        }
    }
    text
}

fn as_json(told: &Told) -> Value {
    let tables: Vec<Value> = told
        .rows
        .tables
        .iter()
        .map(|table| {
            let others: Map<String, Value> = (table.counts.others.iter())
                .map(|(why, rows)| (why.name().to_owned(), json!(rows)))
                .collect();
            let listed = |batches: &[RecordBatch]| -> Vec<Value> {
                batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| object(batch, row))).collect()
            };
            json!({
                "table": table.counts.table,
                "read": table.counts.read,
                "counted": table.counts.counted,
                "numerator": table.counts.numerator,
                "denominator": table.counts.denominator,
                "failed": table.counts.failed,
                "others": others,
                "rows": listed(&table.counted),
                "other_rows": listed(&table.others),
            })
        })
        .collect();
    json!({"cell": told.place, "metric": told.rows.address.metric, "tables": tables})
}

fn object(batch: &RecordBatch, row: usize) -> Value {
    let schema = batch.schema();
    let fields = schema.fields().iter().zip(batch.columns());
    Value::Object(fields.map(|(field, column)| (field.name().clone(), value(column, row))).collect())
}

/// Numbers and truth values as such, everything else as text.
fn value(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Boolean => json!(column.as_boolean().value(row)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => json!(column.as_primitive::<UInt64Type>().value(row)),
        // JSON has no NaN and no infinity; as text they stay what they are.
        DataType::Float64 if column.as_primitive::<Float64Type>().value(row).is_finite() => {
            json!(column.as_primitive::<Float64Type>().value(row))
        }
        DataType::Float32 if column.as_primitive::<Float32Type>().value(row).is_finite() => {
            json!(column.as_primitive::<Float32Type>().value(row))
        }
        other => {
            let text = output::field(column, row);
            let integer = if other.is_integer() { text.parse::<i64>().ok() } else { None };
            integer.map_or(Value::String(text), Value::from)
        }
    }
}

/// A reason by its name, for the command line.
pub(crate) fn why(text: &str) -> Result<Why, String> {
    Why::named(text).ok_or_else(|| {
        let known: Vec<&str> = Why::ALL.iter().map(|why| why.name()).collect();
        format!("expected one of {}", known.join(", "))
    })
}
