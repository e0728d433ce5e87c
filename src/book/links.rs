//! The section `links`: what moves what. An identity is read as a formula over metrics, and checked to be one that
//! can hold: arithmetic alone, one identity for a metric, no circle, and every table placed in time by one column.

use std::collections::BTreeMap;

use super::codes;
use super::fields::{self, Fields};
use super::formula::{CellScope, FormulaReader};
use super::metrics::Draft;
use super::names::Index;
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::tables::ONE_TOO_MANY;
use super::values::{Formulas, each_leaf};
use crate::model::{ArithOp, Arithmetic, Cell, ColumnId, Identity, Link, LinkKind, MetricId, TableId};

const KEYS: [&str; 4] = ["to", "from", "identity", "description"];

/// An explanation walks over every link.
const MAX_LINKS: usize = 1000;

/// What links refer to.
pub(crate) struct Linked<'a, 'n> {
    pub(crate) drafts: &'a [Draft<'n>],
    pub(crate) index: &'a Index,
    /// Values of the metrics; `None` where a problem was reported.
    pub(crate) values: &'a [Option<&'a Cell>],
    /// Per metric the metrics it refers to.
    pub(crate) references: &'a [Vec<usize>],
}

pub(crate) fn read<R: FormulaReader>(
    root: &Fields<'_>,
    linked: &Linked<'_, '_>,
    formulas: &Formulas<'_, R>,
    problems: &mut Problems<'_>,
) -> Vec<Link> {
    let mut links = Vec::new();
    let Some((_, node)) = root.entry("links") else { return links };
    let Kind::List(items) = &node.kind else {
        let message = format!("`links` is {}", node.found());
        problems.add(Report::error(codes::WRONG_TYPE, &node.span, message).expected("a list of links"));
        return links;
    };
    if items.len() > MAX_LINKS {
        let message = format!("the book has {} links", items.len());
        let report = Report::error(codes::TOO_LARGE, &node.span, message);
        problems.add(report.expected(format!("at most {MAX_LINKS}")));
        return links;
    }
    let mut places = Vec::new();
    for item in items {
        if problems.is_full() {
            break;
        }
        if let Some(link) = link(item, linked, formulas, problems) {
            links.push(link);
            places.push(item);
        }
        problems.about(None, None);
    }
    refuse_circles(&links, &places, linked, problems);
    links
}

fn link<R: FormulaReader>(
    item: &Node,
    linked: &Linked<'_, '_>,
    formulas: &Formulas<'_, R>,
    problems: &mut Problems<'_>,
) -> Option<Link> {
    let fields = Fields::open(item, &item.span, "a link", &KEYS, problems)?;
    let to = fields.need("to", "a link", problems).and_then(|node| metric(node, "to", linked, problems));
    if let Some(draft) = to.and_then(|MetricId(to)| linked.drafts.get(to)) {
        problems.about(Some(&draft.name), draft.owner_words.as_deref());
    }
    let description = fields.words("description", problems);
    let kind = match (fields.entry("identity"), fields.entry("from")) {
        (Some((_, node)), None) => LinkKind::Identity(identity(to, node, linked, formulas, problems)?),
        (None, Some((_, node))) => {
            let from = metric(node, "from", linked, problems)?;
            if Some(from) == to {
                let message = "a metric does not move itself";
                problems.add(
                    Report::error(codes::BAD_LINK, &node.span, message).expected("another metric than `to`"),
                );
                return None;
            }
            LinkKind::Belief { from }
        }
        (Some((key, _)), Some(_)) => {
            let message = "a link is an identity, or comes from one metric";
            problems.add(Report::error(codes::CONFLICTING_KEYS, &key.span, message).hint(ONE_TOO_MANY));
            return None;
        }
        (None, None) => {
            let message = "the link does not say what moves its metric";
            problems.add(
                Report::error(codes::MISSING_KEY, &item.span, message)
                    .hint("add `identity: \"a * b\"` for exact arithmetic, or `from: metric` for a belief"),
            );
            return None;
        }
    };
    Some(Link { to: to?, kind, description })
}

fn metric(node: &Node, key: &str, linked: &Linked<'_, '_>, problems: &mut Problems<'_>) -> Option<MetricId> {
    let name = fields::text(node, key, problems)?;
    let found = linked.index.get(name);
    if found.is_none() {
        let near = problems.near(name, linked.index.names());
        let message = format!("the book has no metric {}", quoted(name));
        problems.add(
            Report::error(codes::UNKNOWN_METRIC, &node.span, message)
                .expected("a name of `metrics`")
                .meant(near),
        );
    }
    found.map(MetricId)
}

fn identity<R: FormulaReader>(
    to: Option<MetricId>,
    node: &Node,
    linked: &Linked<'_, '_>,
    formulas: &Formulas<'_, R>,
    problems: &mut Problems<'_>,
) -> Option<Identity> {
    let text = fields::literal(node, "identity", "a formula", problems)?;
    let scope = CellScope {
        tables: &formulas.around.tables.list,
        table: None,
        at: None,
        metrics: formulas.metrics,
        functions: &formulas.functions.library,
        filter: None,
        on_row_error: Default::default(),
    };
    let cell = match formulas.reader.cell(text, &scope) {
        Ok(cell) => cell,
        Err(found) => {
            formulas.functions.tell(found, node, text, problems);
            return None;
        }
    };
    let Some(formula) = arithmetic(&cell) else {
        let message = "an identity is arithmetic over metrics, which can be split among them exactly";
        problems.add(
            Report::error(codes::BAD_LINK, &node.span, message)
                .expected("metrics and numbers joined by + - * /")
                .hint("make the rest a metric of its own"),
        );
        return None;
    };
    let metrics = formula.metrics();
    if metrics.is_empty() {
        let message = "the identity names no metric";
        problems.add(Report::error(codes::BAD_LINK, &node.span, message).expected("a formula over metrics"));
        return None;
    }
    one_alignment(to, &metrics, node, linked, formulas, problems)?;
    Some(Identity { formula, text: text.to_owned() })
}

fn arithmetic(cell: &Cell) -> Option<Arithmetic> {
    Some(match cell {
        Cell::Number { mantissa, scale } => Arithmetic::Number { mantissa: *mantissa, scale: *scale },
        Cell::Metric(id) => Arithmetic::Metric(*id),
        Cell::Neg(a) => Arithmetic::Neg(Box::new(arithmetic(a)?)),
        Cell::Arith(op @ (ArithOp::Add | ArithOp::Sub | ArithOp::Mul | ArithOp::Div), a, b) => {
            Arithmetic::Op(*op, Box::new(arithmetic(a)?), Box::new(arithmetic(b)?))
        }
        _ => return None,
    })
}

/// Refuses an identity whose metrics place the rows of one table by different columns: deals opened in March times the
/// win rate of deals closed in March is no number of deals.
fn one_alignment<R: FormulaReader>(
    to: Option<MetricId>,
    metrics: &[MetricId],
    node: &Node,
    linked: &Linked<'_, '_>,
    formulas: &Formulas<'_, R>,
    problems: &mut Problems<'_>,
) -> Option<()> {
    let mut clocks: BTreeMap<TableId, (Option<ColumnId>, usize)> = BTreeMap::new();
    for &MetricId(metric) in to.iter().chain(metrics) {
        for (table, at) in clocks_of(metric, linked) {
            let (known, first) = *clocks.entry(table).or_insert((at, metric));
            if known == at {
                continue;
            }
            let table = formulas.around.tables.get(table);
            let column = |at: Option<ColumnId>| {
                let column = at.and_then(|at| table?.columns.get(at.0));
                column.map_or("no time".to_owned(), |column| format!("`{}`", column.name))
            };
            let name = |metric: usize| linked.drafts.get(metric).map_or("", |draft| draft.name.as_str());
            let message = format!(
                "the identity mixes alignments: of table `{}`, `{}` goes by {} and `{}` by {}",
                table.map_or("", |table| table.name.as_str()),
                name(first),
                column(known),
                name(metric),
                column(at),
            );
            problems.add(
                Report::error(codes::ALIGNMENT, &node.span, message)
                    .expected("metrics that place the rows of a table by one column")
                    .hint("define the metrics of the identity with the same `at`"),
            );
            return None;
        }
    }
    Some(())
}

/// The tables that a metric reads, itself or through others, with the column that places their rows.
fn clocks_of(metric: usize, linked: &Linked<'_, '_>) -> Vec<(TableId, Option<ColumnId>)> {
    let mut clocks = Vec::new();
    let mut seen = vec![metric];
    let mut next = 0;
    while let Some(&metric) = seen.get(next) {
        next += 1;
        if let Some(value) = linked.values.get(metric).copied().flatten() {
            each_leaf(value, &mut |leaf| {
                if let Cell::Aggregate(aggregate) = leaf {
                    clocks.push((aggregate.table, aggregate.at));
                }
            });
        }
        for &reference in linked.references.get(metric).into_iter().flatten() {
            if !seen.contains(&reference) {
                seen.push(reference);
            }
        }
    }
    clocks
}

/// Refuses a second identity of a metric, and metrics that explain each other.
fn refuse_circles(links: &[Link], places: &[&Node], linked: &Linked<'_, '_>, problems: &mut Problems<'_>) {
    let mut explained: BTreeMap<MetricId, Vec<MetricId>> = BTreeMap::new();
    for (link, place) in links.iter().zip(places) {
        let LinkKind::Identity(identity) = &link.kind else { continue };
        let draft = linked.drafts.get(link.to.0);
        let name = draft.map_or("", |draft| draft.name.as_str());
        problems.about(draft.map(|draft| draft.name.as_str()), draft.and_then(|d| d.owner_words.as_deref()));
        let metrics = identity.formula.metrics();
        if explained.contains_key(&link.to) {
            let message = format!("a second identity for metric `{name}`");
            problems.add(Report::error(codes::DUPLICATE_NAME, &place.span, message).hint(ONE_TOO_MANY));
        } else if metrics.iter().any(|&driver| reaches(&explained, driver, link.to)) {
            let message = format!("the identity explains metric `{name}` by itself");
            problems.add(
                Report::error(codes::CYCLE, &place.span, message)
                    .hint("an identity leads from drivers to what they make, never back"),
            );
        } else {
            explained.insert(link.to, metrics);
        }
        problems.about(None, None);
    }
}

/// Whether `from` is `to`, or explained by it.
fn reaches(explained: &BTreeMap<MetricId, Vec<MetricId>>, from: MetricId, to: MetricId) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(metric) = seen.get(next).copied() {
        if metric == to {
            return true;
        }
        next += 1;
        for &driver in explained.get(&metric).into_iter().flatten() {
            if !seen.contains(&driver) {
                seen.push(driver);
            }
        }
    }
    false
}
