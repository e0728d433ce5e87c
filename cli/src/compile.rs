//! `compile`: a book and a query become a file that any host can evaluate.

use crate::args::{CompileOptions, ReportFormat};
use crate::failure::{Failure, rendered};
use crate::output::{layout, pretty};
use crate::terminal::{Terminal, shown};
use crate::{atomic, question, source};
use ripplemark::Program;
use ripplemark::bind::ColumnSpec;
use ripplemark::core::types::LogicalType;
use serde_json::{Value, json};

pub(crate) fn run(options: &CompileOptions, terminal: &Terminal) -> Result<(), Failure> {
    let read = source::book(&options.book)?;
    if !read.warnings.all().is_empty() {
        terminal.note(&rendered(&read.warnings, terminal));
    }
    let query = question::query(&read.book, &options.query)?;
    let program = Program::compile(&read.book, &query)?;
    atomic::write(&options.output, program.bytes())?;
    let file = options.output.display().to_string();
    match options.format {
        ReportFormat::Json => terminal.write(&pretty(&describe(&program, &file))?),
        ReportFormat::Text => terminal.write(text(&program, &file, terminal.width(options.width)).as_bytes()),
    }
}

fn text(program: &Program, file: &str, width: usize) -> String {
    let header = ["table", "#", "column", "in the data", "type"].map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    for (t, table) in program.tables().iter().enumerate() {
        let looked_into = if table.lookup { " (looked into)" } else { "" };
        let name = format!("{t} {}{looked_into}", shown(&table.name));
        if table.columns.is_empty() {
            rows.push(vec![
                name.clone(),
                String::new(),
                "(rows are only counted)".into(),
                String::new(),
                String::new(),
            ]);
        }
        for (c, column) in table.columns.iter().enumerate() {
            rows.push(vec![
                if c == 0 { name.clone() } else { String::new() },
                c.to_string(),
                shown(&column.name),
                if column.source == column.name { String::new() } else { shown(&column.source) },
                [&[type_words(column.ty)], &written(column)[..]].concat().join(" as "),
            ]);
        }
    }
    format!(
        "{}: {} bytes\nsha256 {}\n\nmetrics: {}\n\n{}",
        shown(file),
        program.bytes().len(),
        hash(program),
        metrics(program).iter().map(|name| shown(name)).collect::<Vec<_>>().join(", "),
        layout::fitted(&header, &rows, &[1], width)
    )
}

fn describe(program: &Program, file: &str) -> Value {
    let tables: Vec<Value> = (program.tables().iter())
        .map(|table| {
            let columns: Vec<Value> = (table.columns.iter())
                .map(|c| {
                    let mut column = json!({"name": c.name, "source": c.source, "type": type_words(c.ty)});
                    if let Some(format) = &c.format {
                        column["format"] = format.pattern().into();
                    }
                    column
                })
                .collect();
            json!({"name": table.name, "lookup": table.lookup, "columns": columns})
        })
        .collect();
    json!({
        "file": file,
        "bytes": program.bytes().len(),
        "sha256": hash(program),
        "metrics": metrics(program),
        "tables": tables,
    })
}

fn metrics(program: &Program) -> Vec<String> {
    let view = program.view();
    (0..view.metric_count()).map(|i| view.metric(i).name.to_owned()).collect()
}

fn hash(program: &Program) -> String {
    program.hash().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How the data write a column's times, where the book says so.
fn written(column: &ColumnSpec) -> Vec<String> {
    column.format.iter().map(|format| shown(format.pattern())).collect()
}

/// A declared type as books spell it.
fn type_words(ty: LogicalType) -> String {
    match ty {
        LogicalType::Int => "int".into(),
        LogicalType::Decimal(digits) => format!("decimal({digits})"),
        LogicalType::Float => "float".into(),
        LogicalType::Bool => "bool".into(),
        LogicalType::Category => "category".into(),
        LogicalType::Id => "id".into(),
        LogicalType::Date => "date".into(),
        LogicalType::Timestamp => "timestamp".into(),
        LogicalType::Duration => "duration".into(),
    }
}
