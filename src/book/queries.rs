//! The section `saved_queries`: questions that the book keeps under a name, checked like metrics are.

use std::collections::BTreeSet;

use super::codes;
use super::fields::{self, Fields};
use super::formula::FormulaReader;
use super::names::{self, Index, NameOf};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::repair::Fix;
use super::tables::ONE_TOO_MANY;
use super::times::{self, GRAINS, parse_instant};
use super::values::{Formulas, each_leaf};
use crate::model::{Cell, Instant, Query, Range, TableId};

const KEYS: [&str; 11] = [
    "name",
    "metrics",
    "by",
    "group_by",
    "grain",
    "range",
    "filter",
    "where",
    "as_of",
    "totals",
    "description",
];

/// Each query is checked against all that it reads: this many can be without taking long.
const MAX_QUERIES: usize = 500;

/// What saved queries ask of.
pub(crate) struct Asked<'a> {
    pub(crate) metrics: &'a Index,
    /// Per metric the tables it reads itself.
    pub(crate) tables: &'a [Vec<TableId>],
    /// Per metric the metrics it refers to.
    pub(crate) references: &'a [Vec<usize>],
}

pub(crate) fn read<R: FormulaReader>(
    root: &Fields<'_>,
    asked: &Asked<'_>,
    formulas: &Formulas<'_, R>,
    problems: &mut Problems<'_>,
) -> Vec<(String, Query)> {
    let mut queries = Vec::new();
    let mut names = Index::default();
    let Some((_, node)) = root.entry("saved_queries") else {
        return queries;
    };
    let Kind::List(items) = &node.kind else {
        let message = format!("`saved_queries` is {}", node.found());
        problems.add(Report::error(codes::WRONG_TYPE, &node.span, message).expected("a list of queries"));
        return queries;
    };
    if items.len() > MAX_QUERIES {
        let message = format!("the book has {} saved queries", items.len());
        problems.add(
            Report::error(codes::TOO_LARGE, &node.span, message).expected(format!("at most {MAX_QUERIES}")),
        );
        return queries;
    }
    for item in items {
        if problems.is_full() {
            break;
        }
        let name_node = item.peek("name");
        let span = name_node.map_or(&item.span, |name| &name.span);
        let name = name_node.and_then(Node::scalar).map(|scalar| scalar.text.as_str());
        let what = name.map_or("a saved query".to_owned(), |name| format!("saved query {}", quoted(name)));
        let Some(fields) = Fields::open(item, span, &what, &KEYS, problems) else {
            continue;
        };
        let Some(node) = fields.need("name", &what, problems) else {
            continue;
        };
        let Some(name) = fields::text(node, "name", problems) else {
            continue;
        };
        names::check(name, NameOf::SavedQuery, &node.span, problems);
        if !names.insert(name, queries.len()) {
            let message = format!("a second saved query has the name {}", quoted(name));
            problems.add(
                Report::error(codes::DUPLICATE_NAME, &node.span, message)
                    .hint("two questions need two names"),
            );
        }
        queries.push((name.to_owned(), query(&fields, asked, formulas, problems)));
    }
    queries
}

fn query<R: FormulaReader>(
    fields: &Fields<'_>,
    asked: &Asked<'_>,
    formulas: &Formulas<'_, R>,
    problems: &mut Problems<'_>,
) -> Query {
    let mut query = Query::default();
    let metrics = metric_names(fields, asked.metrics, &mut query, problems);
    let tables = tables_read(&metrics, asked);
    dimensions(fields, &tables, formulas, &mut query, problems);
    query.grain = fields.get("grain").and_then(|node| fields::choice(node, "grain", &GRAINS, problems));
    query.range = fields.get("range").and_then(|node| range(node, problems));
    if let Some(node) = fields.either("filter", "where", problems) {
        // One table that cannot be filtered is enough to say so; the others would say it again.
        let _ = tables.iter().all(|table| formulas.condition(node, *table, problems).is_some());
        query.filter = fields::literal(node, "filter", "a formula", problems).map(str::to_owned);
    }
    query.as_of = fields.get("as_of").and_then(|node| instant(node, "as_of", problems));
    query.totals =
        fields.get("totals").and_then(|node| fields::truth(node, "totals", problems)).unwrap_or(false);
    query
}

/// The positions of the metrics that are asked for.
fn metric_names(
    fields: &Fields<'_>,
    known: &Index,
    query: &mut Query,
    problems: &mut Problems<'_>,
) -> Vec<usize> {
    let mut found = BTreeSet::new();
    let nodes = fields.get("metrics").map_or(&[][..], fields::list);
    for node in nodes {
        let Some(name) = fields::text(node, "a metric's name", problems) else {
            continue;
        };
        let Some(position) = known.get(name) else {
            let near = problems.near(name, known.names());
            let message = format!("the book has no metric {}", quoted(name));
            problems.add(
                Report::error(codes::UNKNOWN_METRIC, &node.span, message)
                    .expected("the name of a metric")
                    .meant(near),
            );
            continue;
        };
        if !found.insert(position) {
            let message = format!("metric `{name}` is asked for twice");
            problems.add(Report::error(codes::DUPLICATE_NAME, &node.span, message).hint(ONE_TOO_MANY));
        }
        query.metrics.push(name.to_owned());
    }
    if nodes.is_empty() {
        return known.names().filter_map(|name| known.get(name)).collect();
    }
    found.into_iter().collect()
}

/// The tables that each metric reads itself.
pub(crate) fn tables_of<'c>(values: impl IntoIterator<Item = Option<&'c Cell>>) -> Vec<Vec<TableId>> {
    let of = |value: Option<&Cell>| {
        let mut tables = BTreeSet::new();
        if let Some(value) = value {
            each_leaf(value, &mut |leaf| {
                if let Cell::Aggregate(aggregate) = leaf {
                    tables.insert(aggregate.table);
                }
            });
        }
        tables.into_iter().collect()
    };
    values.into_iter().map(of).collect()
}

/// The tables that metrics read, themselves or through others; ascending.
pub(crate) fn tables_read(metrics: &[usize], asked: &Asked<'_>) -> Vec<TableId> {
    let mut seen = vec![false; asked.references.len()];
    let mut open: Vec<usize> = metrics.to_vec();
    let mut tables = BTreeSet::new();
    while let Some(metric) = open.pop() {
        match seen.get_mut(metric) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        tables.extend(asked.tables.get(metric).into_iter().flatten().copied());
        open.extend(asked.references.get(metric).into_iter().flatten());
    }
    tables.into_iter().collect()
}

fn dimensions<R: FormulaReader>(
    fields: &Fields<'_>,
    tables: &[TableId],
    formulas: &Formulas<'_, R>,
    query: &mut Query,
    problems: &mut Problems<'_>,
) {
    let Some(node) = fields.either("by", "group_by", problems) else {
        return;
    };
    let declared = formulas.around.tables;
    for node in fields::list(node) {
        let Some(name) = fields::text(node, "a dimension's name", problems) else {
            continue;
        };
        if query.by.iter().any(|known| known == name) {
            let message = format!("{} is grouped by twice", quoted(name));
            problems.add(Report::error(codes::DUPLICATE_NAME, &node.span, message).hint(ONE_TOO_MANY));
        }
        // Every table that is read must have the column; the first that lacks it is told.
        let _ = tables.iter().all(|table| declared.find_column(*table, node, "by", problems).is_some());
        query.by.push(name.to_owned());
    }
}

fn range(node: &Node, problems: &mut Problems<'_>) -> Option<Range> {
    let (from, to) = match &node.kind {
        Kind::List(sides) => match sides.as_slice() {
            [from, to] => (Some(from), Some(to)),
            _ => (None, None),
        },
        Kind::Map(_) => {
            let fields = Fields::open(node, &node.span, "`range`", &["from", "to"], problems)?;
            let range = Range {
                from: fields.get("from").and_then(|node| instant(node, "from", problems)),
                to: fields.get("to").and_then(|node| instant(node, "to", problems)),
            };
            return not_empty(range, node, problems);
        }
        _ => (None, None),
    };
    let (Some(from), Some(to)) = (from, to) else {
        let found =
            if matches!(node.kind, Kind::List(_)) { "a list of another length" } else { node.found() };
        problems.add(Report::error(codes::WRONG_TYPE, &node.span, format!("`range` is {found}")).expected(
            "`[from, to]`, the first instant inside and the first one outside; `null` leaves a side open",
        ));
        return None;
    };
    let mut side = |node: &Node| {
        if node.is_null() { None } else { instant(node, "range", problems) }
    };
    let range = Range { from: side(from), to: side(to) };
    not_empty(range, node, problems)
}

fn not_empty(range: Range, node: &Node, problems: &mut Problems<'_>) -> Option<Range> {
    if times::is_empty(&range) {
        problems.add(
            Report::error(
                codes::BAD_TIME,
                &node.span,
                "the range is empty: its end is not after its beginning",
            )
            .hint("the second side is the first instant outside: a year is `[2017-01-01, 2018-01-01]`"),
        );
        return None;
    }
    Some(range)
}

fn instant(node: &Node, key: &str, problems: &mut Problems<'_>) -> Option<Instant> {
    let text = fields::literal(node, key, "a date or a point in time", problems)?;
    match parse_instant(text) {
        Ok(instant) => Some(instant),
        Err(why) => {
            let (message, expected) = match why.split_once("; expected ") {
                Some((message, expected)) => (message.to_owned(), Some(expected.to_owned())),
                None => (why, None),
            };
            problems.add(
                Report::error(codes::BAD_TIME, &node.span, message)
                    .maybe(expected, None)
                    .fix(times::with_dashes(text).map(Fix::Text)),
            );
            None
        }
    }
}
