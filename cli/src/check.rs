//! `check`: everything that is wrong with a book, then how each metric's number is computed.

use crate::args::{CheckOptions, ReportFormat};
use crate::failure::{Failure, rendered};
use crate::fix;
use crate::output::{layout, pretty};
use crate::source;
use crate::terminal::{Terminal, shown};
use ripplemark::book::Diagnostics;
use ripplemark::check;
use ripplemark::diagnostic::{Diagnostic, Severity};
use ripplemark::lower::{self, Exactness};
use ripplemark::model::{Book, Metric, MetricId, MetricKind, Ring};
use serde_json::{Value, json};

pub(crate) fn run(options: &CheckOptions, terminal: &Terminal) -> Result<(), Failure> {
    let fixed = if options.fix { fix::run(&options.book)? } else { None };
    if let Some(fixed) = fixed.as_ref().filter(|_| options.format == ReportFormat::Text) {
        terminal.note(&fixed.summary);
    }
    let done = fixed.map(|fixed| fixed.done).unwrap_or_default();
    let read = match source::book(&options.book) {
        Ok(read) => read,
        Err(Failure::Book(problems)) => {
            if options.format == ReportFormat::Json {
                terminal.write(&pretty(&with_fixed(refused(problems.all()), &done))?)?;
                return Err(Failure::BookTold);
            }
            let can_fix = problems.all().iter().filter(|problem| problem.fix.is_some()).count();
            if can_fix > 0 {
                terminal.note(&rendered(&problems, terminal));
                terminal.note(&format!(
                    "{} of them can be put right by itself: ripplemark check --fix {}",
                    can_fix,
                    shown(&options.book.display().to_string())
                ));
                return Err(Failure::BookTold);
            }
            return Err(Failure::Book(problems));
        }
        Err(failure) => return Err(failure),
    };
    let unanswerable = check::unanswerable(&read.book, &options.book.display().to_string());
    match options.format {
        ReportFormat::Json => {
            let problems = [read.warnings.all(), &unanswerable].concat();
            terminal.write(&pretty(&with_fixed(report(&read.book, &problems), &done))?)?;
            if unanswerable.is_empty() { Ok(()) } else { Err(Failure::BookTold) }
        }
        ReportFormat::Text => {
            if !read.warnings.all().is_empty() {
                terminal.note(&rendered(&read.warnings, terminal));
            }
            if !unanswerable.is_empty() {
                return Err(Failure::Book(Diagnostics::new(unanswerable, "")));
            }
            terminal.write(text(&read.book, terminal.width(options.width)).as_bytes())
        }
    }
}

fn text(book: &Book, width: usize) -> String {
    let costs = check::costs(book);
    let header = ["metric", "kind", "ring", "owner", "unit", "number", "cost"];
    let header = header.map(str::to_owned).to_vec();
    let rows = book.metrics.iter().enumerate().map(|(i, metric)| {
        vec![
            shown(&metric.name),
            kind(metric.kind).to_owned(),
            metric.ring.map_or("", ring).to_owned(),
            shown(&owners(book, metric)),
            shown(&metric.unit_text()),
            number(book, MetricId(i)),
            costs.get(i).copied().flatten().map_or_else(String::new, |cost| {
                format!("{}/{}/{}", cost.per_row, cost.per_cell, cost.words)
            }),
        ]
    });
    let mut text = layout::fitted(&header, &rows.collect::<Vec<_>>(), &[6], width);
    let version = if book.version.is_empty() { String::new() } else { format!(" {}", book.version) };
    text.push_str(&format!(
        "\n{}{}: {}, {}, days in {}\n",
        shown(&book.id),
        shown(&version),
        count(book.metrics.len(), "metric"),
        count(book.tables.len(), "table"),
        shown(&book.timezone)
    ));
    let handoffs = book.stages.iter().filter_map(|stage| {
        let from = book.stages.get(stage.handoff.as_ref()?.from.0)?;
        Some(format!("{} → {}", shown(&from.id), shown(&stage.id)))
    });
    let handoffs: Vec<String> = handoffs.collect();
    if !handoffs.is_empty() {
        text.push_str(&format!("hand-offs: {}\n", handoffs.join(", ")));
    }
    if !book.saved_queries.is_empty() {
        let names: Vec<String> = book.saved_queries.iter().map(|(name, _)| shown(name)).collect();
        text.push_str(&format!("saved queries: {}\n", names.join(", ")));
    }
    text
}

fn report(book: &Book, problems: &[Diagnostic]) -> Value {
    let costs = check::costs(book);
    let metrics: Vec<Value> = (book.metrics.iter().enumerate())
        .map(|(i, metric)| {
            json!({
                "name": metric.name,
                "label": metric.label,
                "kind": kind(metric.kind),
                "ring": metric.ring.map(ring),
                "owner": owners(book, metric),
                "unit": metric.unit.as_ref().map(ToString::to_string),
                "description": metric.description,
                "number": exactness(lower::exactness(book, MetricId(i))),
                "why": check::inexact(book, MetricId(i)),
                "cost": costs.get(i).copied().flatten().map(|cost| json!({
                    "row": cost.per_row,
                    "cell": cost.per_cell,
                    "words": cost.words,
                })),
                "meaning": hex(&lower::metric_meaning(book, MetricId(i))),
                "wording": check::wording(book, MetricId(i)),
            })
        })
        .collect();
    let mut report = refused(problems);
    report["book"] = json!({
        "id": book.id,
        "version": book.version,
        "currency": book.currency,
        "timezone": book.timezone,
        "tables": book.tables.iter().map(|table| &table.name).collect::<Vec<_>>(),
        "saved_queries": book.saved_queries.iter().map(|(name, _)| name).collect::<Vec<_>>(),
    });
    report["metrics"] = json!(metrics);
    report
}

/// The part of the report that exists for every book; there is no `book` and no metric where it is wrong.
fn refused(problems: &[Diagnostic]) -> Value {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    json!({
        "ok": errors == 0,
        "errors": errors,
        "warnings": problems.len() - errors,
        "problems": problems.iter().map(problem_json).collect::<Vec<_>>(),
        "book": null,
        "metrics": [],
    })
}

/// The report with what `--fix` has put right, where it was asked to.
fn with_fixed(mut report: Value, done: &[Diagnostic]) -> Value {
    if !done.is_empty() {
        report["fixed"] = done.iter().map(problem_json).collect();
    }
    report
}

fn problem_json(problem: &Diagnostic) -> Value {
    json!({
        "severity": match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "code": problem.code,
        "message": problem.message,
        "file": problem.file,
        "line": (problem.line > 0).then_some(problem.line),
        "column": (problem.column > 0).then_some(problem.column),
        "metric": problem.metric,
        "owner": problem.owner,
        "expected": problem.expected,
        "hint": problem.hint,
        "fix": problem.fix.as_ref().map(|fix| json!({
            "start": fix.span.start,
            "end": fix.span.end,
            "replacement": fix.replacement,
        })),
    })
}

fn owners(book: &Book, metric: &Metric) -> String {
    let names = metric.owners.iter().filter_map(|id| book.teams.get(id.0)).map(|team| team.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

fn kind(kind: MetricKind) -> &'static str {
    match kind {
        MetricKind::Simple => "simple",
        MetricKind::Ratio => "ratio",
        MetricKind::Derived => "derived",
    }
}

fn ring(ring: Ring) -> &'static str {
    match ring {
        Ring::Behaviour => "behaviour",
        Ring::Conversion => "conversion",
        Ring::Revenue => "revenue",
    }
}

/// Exact or rounded, and by what.
fn number(book: &Book, metric: MetricId) -> String {
    let found = lower::exactness(book, metric);
    match check::inexact(book, metric).as_slice() {
        why @ [_, ..] if found == Exactness::Rounded => format!("rounded ({})", shown(&why.join(", "))),
        _ => exactness(found).to_owned(),
    }
}

fn exactness(exactness: Exactness) -> &'static str {
    match exactness {
        Exactness::Exact => "exact",
        Exactness::ExactOverFloats => "exact over floats",
        Exactness::Rounded => "rounded",
    }
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
