//! A query resolved against a book: which metrics, tables, columns and times it really asks for.

use super::aggregates_of;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lang;
use crate::model::{
    Aggregate, Book, Column, ColumnId, ColumnType, Grain, MetricId, Query, Row, RowType, TableId,
};

/// Most dimensions of one query.
const MAX_DIMS: usize = ripplemark_core::program::layout::MAX_DIMS;

/// Columns that every result has beside its dimensions.
const RESULT_COLUMNS: [&str; 13] = [
    "metric",
    "level",
    "value",
    "value_bits",
    "exact",
    "exact_value",
    "reason",
    "flags",
    "numerator",
    "denominator",
    "n",
    "unit",
    "owner",
];

/// The name of the period column.
fn grain_word(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
        Grain::Year => "year",
    }
}

pub(super) struct Question<'b> {
    pub(super) metrics: Vec<MetricId>,
    /// Aggregates of these metrics and of the metrics they refer to.
    pub(super) aggregates: Vec<&'b Aggregate>,
    /// Tables that are read, in the order of the book.
    pub(super) tables: Vec<AskedTable>,
    pub(super) dims: Vec<Dim>,
    /// Whether rows are placed in time at all.
    pub(super) reads_time: bool,
    pub(super) grain: Option<Grain>,
}

pub(super) struct AskedTable {
    pub(super) id: TableId,
    pub(super) filter: Option<Row>,
    /// One column for each dimension.
    pub(super) keys: Vec<ColumnId>,
    /// Columns that place rows in time, sorted; `None` stands for "time is not read".
    pub(super) placements: Vec<Option<ColumnId>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DimKind {
    Int,
    Bool,
    Date,
    Text,
}

pub(super) struct Dim {
    pub(super) name: String,
    pub(super) kind: DimKind,
}

/// A problem of a query; queries come from command lines and calls, so there is no place in a file.
pub(super) fn problem(code: &'static str, message: String, hint: Option<String>) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code,
        message,
        file: "query".into(),
        line: 0,
        column: 0,
        span: 0..0,
        metric: None,
        owner: None,
        expected: None,
        hint,
        fix: None,
    }
}

/// "did you mean …", where a name is close enough to one that exists.
fn did_you_mean<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

pub(super) fn unknown_metric(book: &Book, name: &str) -> Diagnostic {
    problem(
        "RM0301",
        format!("the book `{}` has no metric `{name}`", book.id),
        did_you_mean(name, book.metrics.iter().map(|m| m.name.as_str())),
    )
}

fn dim_kind(column: &Column) -> Option<DimKind> {
    match column.ty {
        ColumnType::Int => Some(DimKind::Int),
        ColumnType::Bool => Some(DimKind::Bool),
        ColumnType::Date => Some(DimKind::Date),
        ColumnType::Category(_) | ColumnType::Id => Some(DimKind::Text),
        ColumnType::Decimal(_) | ColumnType::Float | ColumnType::Timestamp | ColumnType::Duration => None,
    }
}

impl<'b> Question<'b> {
    pub(super) fn resolve(book: &'b Book, query: &Query) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let metrics = resolve_metrics(book, query, &mut problems);
        let mut aggregates = Vec::new();
        let mut seen = Vec::new();
        for id in &metrics {
            if !seen.contains(id) {
                seen.push(*id);
                aggregates_of(book, &book.metrics[id.0].value, &mut seen, &mut aggregates);
            }
        }
        let reads_time = query.grain.is_some() || query.range.is_some() || query.as_of.is_some();
        let mut tables: Vec<AskedTable> = Vec::new();
        for (i, table) in book.tables.iter().enumerate() {
            let id = TableId(i);
            let mut placements: Vec<Option<ColumnId>> = aggregates
                .iter()
                .filter(|a| a.table == id)
                .map(|a| if reads_time { a.at } else { None })
                .collect();
            placements.sort_unstable();
            placements.dedup();
            if placements.is_empty() {
                continue;
            }
            if reads_time && placements.contains(&None) {
                problems.push(problem(
                    "RM0304",
                    format!("the query has a time axis, but a metric of table `{}` has no time", table.name),
                    Some(format!(
                        "give the metric `at:`, or the table `time:`, a date or timestamp column of `{}`",
                        table.name
                    )),
                ));
            }
            tables.push(AskedTable { id, filter: None, keys: Vec::new(), placements });
        }
        if tables.is_empty() && problems.is_empty() {
            problems.push(problem(
                "RM0302",
                "the query reads no table".into(),
                Some("ask for a metric that aggregates rows".into()),
            ));
        }
        let dims = resolve_dims(book, query, &mut tables, &mut problems);
        resolve_filter(book, query, &mut tables, &mut problems);
        check_range(query, &mut problems);
        if problems.is_empty() {
            Ok(Question { metrics, aggregates, tables, dims, reads_time, grain: query.grain })
        } else {
            Err(problems)
        }
    }
}

fn resolve_metrics(book: &Book, query: &Query, problems: &mut Vec<Diagnostic>) -> Vec<MetricId> {
    if query.metrics.is_empty() {
        return (0..book.metrics.len()).map(MetricId).collect();
    }
    let mut ids = Vec::new();
    for name in &query.metrics {
        match book.metrics.iter().position(|m| m.name == *name) {
            Some(i) if ids.contains(&MetricId(i)) => problems.push(problem(
                "RM0303",
                format!("metric `{name}` is asked for twice"),
                Some("leave one out".into()),
            )),
            Some(i) => ids.push(MetricId(i)),
            None => problems.push(unknown_metric(book, name)),
        }
    }
    ids
}

fn resolve_dims(
    book: &Book,
    query: &Query,
    tables: &mut [AskedTable],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Dim> {
    let mut dims = Vec::new();
    if query.by.len() > MAX_DIMS {
        problems.push(problem("RM0305", format!("a query can group by at most {MAX_DIMS} dimensions"), None));
        return dims;
    }
    for (i, name) in query.by.iter().enumerate() {
        if query.by[..i].contains(name) {
            problems.push(problem(
                "RM0305",
                format!("dimension `{name}` is named twice"),
                Some("leave one out".into()),
            ));
            continue;
        }
        if RESULT_COLUMNS.contains(&name.as_str())
            || query.grain.is_some_and(|grain| grain_word(grain) == name)
        {
            problems.push(problem(
                "RM0313",
                format!("a dimension cannot be called `{name}`: results have a column of that name"),
                Some(
                    "give the column another name in the book; `source:` keeps the name that the data use"
                        .into(),
                ),
            ));
            continue;
        }
        let mut kind = None;
        for asked in tables.iter_mut() {
            let table = &book.tables[asked.id.0];
            let Some(c) = table.columns.iter().position(|c| c.name == *name) else {
                problems.push(problem(
                    "RM0306",
                    format!("table `{}` has no column `{name}` to group by", table.name),
                    did_you_mean(name, table.columns.iter().map(|c| c.name.as_str())).or_else(|| {
                        Some("every table that the asked metrics read must have the dimension; ask for fewer metrics at once".into())
                    }),
                ));
                continue;
            };
            let Some(own) = dim_kind(&table.columns[c]) else {
                problems.push(problem(
                    "RM0307",
                    format!("column `{name}` of table `{}` cannot be grouped by", table.name),
                    Some("group by a category, id, int, bool or date; for time use `grain`".into()),
                ));
                continue;
            };
            if kind.is_some_and(|kind| kind != own) {
                problems.push(problem(
                    "RM0307",
                    format!("column `{name}` has different types in the tables that the query reads"),
                    Some("declare it with one type everywhere".into()),
                ));
            }
            kind = Some(own);
            asked.keys.push(ColumnId(c));
        }
        dims.push(Dim { name: name.clone(), kind: kind.unwrap_or(DimKind::Text) });
    }
    dims
}

fn resolve_filter(book: &Book, query: &Query, tables: &mut [AskedTable], problems: &mut Vec<Diagnostic>) {
    let Some(text) = &query.filter else { return };
    let texts: Vec<&str> = book.functions.iter().map(String::as_str).collect();
    // A book that was loaded has functions that can be read.
    let functions = lang::Library::read(&texts).unwrap_or_default();
    let functions = functions.with_business_hours(book.business_hours.is_some());
    for asked in tables {
        let table = &book.tables[asked.id.0];
        match lang::row_formula(text, table, &functions) {
            Ok(row) if row.ty == RowType::Bool => asked.filter = Some(row),
            Ok(_) => problems.push(problem(
                "RM0308",
                format!("the filter `{text}` is no condition"),
                Some("compare something: `region == \"EMEA\"`".into()),
            )),
            Err(found) => problems.extend(found.into_iter().map(|p| Diagnostic {
                code: p.code,
                expected: p.expected,
                ..problem(p.code, format!("filter on table `{}`: {}", table.name, p.message), p.hint)
            })),
        }
    }
}

fn check_range(query: &Query, problems: &mut Vec<Diagnostic>) {
    use crate::model::Instant::{Date, Timestamp};
    let Some(range) = query.range else { return };
    let empty = match (range.from, range.to) {
        (Some(Date(a)), Some(Date(b))) => a >= b,
        (Some(Timestamp(a)), Some(Timestamp(b))) => a >= b,
        _ => false,
    };
    if empty {
        problems.push(problem(
            "RM0310",
            "the range holds no time: it begins at or after its end".into(),
            Some("a range is half-open: the first day inside, then the first day after".into()),
        ));
    }
}
