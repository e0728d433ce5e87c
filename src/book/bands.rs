//! The key `bands` of tables: a number, a day or a length of time, cut at edges into named parts.
//!
//! A band is read as the comparisons that somebody would have written by hand, and means the same.

use std::cmp::Ordering;

use super::codes;
use super::computed::{Formulas, twice};
use super::durations;
use super::fields::{self, Fields};
use super::formula::FormulaReader;
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::times::parse_instant;
use crate::lang::has_room;
use crate::model::{Computed, Const, Instant, Limit, Row, RowNode, RowType};

/// So many edges a band can have: each is an `if` inside the `else` of the one before.
const MAX_EDGES: usize = 100;
/// Digits of an edge, those after the point included.
const MAX_DIGITS: usize = 36;

const KEYS: [&str; 4] = ["of", "edges", "labels", "description"];

/// An edge that has been read.
struct Edge<'n> {
    node: &'n Node,
    /// As the book writes it, for automatic labels.
    written: &'n str,
    /// As formulas write it.
    formula: String,
    /// Numbers: digits without the point, and how many stand behind it. Times: a count, and 0.
    at: (i128, u32),
}

/// The formula of a band, and its description.
pub(super) fn read<R: FormulaReader>(
    formulas: &mut Formulas<'_, '_, '_, R>,
    name: &str,
    key: &Node,
    node: &Node,
) -> Option<(Computed, String)> {
    let what = format!("band {}", quoted(name));
    let fields = Fields::open(node, &key.span, &what, &KEYS, formulas.problems)?;
    let description = fields.words("description", formulas.problems);
    let (of, list) =
        (fields.need("of", &what, formulas.problems), fields.need("edges", &what, formulas.problems));
    let (of, list) = (of?, list?);
    let row = formulas.row(of, "of")?;
    if matches!(row.ty, RowType::Bool | RowType::Text) {
        let found = if row.ty == RowType::Bool { "a truth value" } else { "text" };
        let message = format!("{what} is cut out of {found}, which has no order");
        let report = Report::error(codes::BAND_TYPE, &of.span, message);
        formulas.problems.add(
            report
                .expected("a number, a date, a point in time or a duration")
                .hint("make it one of `dimensions`, with `if` or `switch`"),
        );
        return None;
    }
    let edges = edges(list, row.ty, &what, formulas.problems)?;
    let labels = labels(&fields, &edges, &what, formulas.problems)?;
    // Each edge stands beside a copy of what is cut.
    if !has_room(&row, edges.len()) {
        let message =
            format!("{what} is too large: its formula has too many parts for {} edges", edges.len());
        let report = Report::error(codes::BAND_EDGES, &of.span, message);
        formulas
            .problems
            .add(report.hint("let the tool that makes the data compute it, or cut it at fewer edges"));
        return None;
    }
    // What lies below an edge and not below those before it, and behind the last what is left.
    let label = |text: &String| Row { ty: RowType::Text, node: RowNode::Const(Const::Text(text.clone())) };
    let mut band = label(labels.last()?);
    for (edge, text_below) in edges.iter().zip(&labels).rev() {
        let below = match formulas.below(&row, &edge.formula) {
            Ok(below) => below,
            Err(found) => {
                let message = found.first().map_or("it does not fit", |problem| problem.message.as_str());
                let message = format!("{} cannot be an edge of {what}: {message}", quoted(edge.written));
                formulas.problems.add(Report::error(codes::BAND_EDGES, &edge.node.span, message));
                return None;
            }
        };
        let node = RowNode::If(Box::new(below), Box::new(label(text_below)), Box::new(band));
        band = Row { ty: RowType::Text, node };
    }
    Some((Computed { row: band, labels }, description))
}

fn edges<'n>(list: &'n Node, ty: RowType, what: &str, problems: &mut Problems<'_>) -> Option<Vec<Edge<'n>>> {
    let nodes = fields::list(list);
    if nodes.is_empty() || nodes.len() > MAX_EDGES {
        let message = format!("{what} has {} edges", nodes.len());
        let report = Report::error(codes::BAND_EDGES, &list.span, message);
        problems.add(report.expected(format!("a list of 1 to {MAX_EDGES} edges, `[1000, 5000]`")));
        return None;
    }
    let read: Vec<_> = nodes.iter().map(|node| edge(node, ty, what, problems)).collect();
    let edges = read.into_iter().collect::<Option<Vec<_>>>()?;
    let mut ascend = true;
    for pair in edges.windows(2) {
        let [before, edge] = pair else { continue };
        if compare(before.at, edge.at) == Ordering::Less {
            continue;
        }
        ascend = false;
        let message = format!(
            "the edges of {what} do not ascend: {} behind {}",
            quoted(edge.written),
            quoted(before.written)
        );
        let report = Report::error(codes::BAND_EDGES, &edge.node.span, message);
        problems
            .add(report.hint("each edge begins a part, which ends before the next: write them ascending"));
    }
    ascend.then_some(edges)
}

/// Numbers with at most [`MAX_DIGITS`] digits, so that one scale holds both.
fn compare(a: (i128, u32), b: (i128, u32)) -> Ordering {
    // Signs, then whole parts, then fractions: nothing is multiplied beyond the digits that were read.
    let scale = a.1.max(b.1);
    let split = |(digits, own): (i128, u32)| {
        let unit = 10_i128.pow(own);
        let (whole, rest) = (digits.div_euclid(unit), digits.rem_euclid(unit));
        (whole, rest.checked_mul(10_i128.pow(scale - own)).unwrap_or(i128::MAX))
    };
    split(a).cmp(&split(b))
}

fn edge<'n>(node: &'n Node, ty: RowType, what: &str, problems: &mut Problems<'_>) -> Option<Edge<'n>> {
    if ty == RowType::Duration {
        let Limit { micros, business } = durations::read(node, "edges", problems)?;
        if business {
            let message = "an edge of durations is time that passes, not business hours".to_owned();
            problems.add(
                Report::error(codes::BAND_EDGES, &node.span, message).hint("write it in `h` or `d`: `24h`"),
            );
            return None;
        }
        let written = node.scalar()?.text.as_str();
        let formula = format!("minutes({})", micros / 60_000_000);
        return Some(Edge { node, written, formula, at: (micros.into(), 0) });
    }
    let expected = match ty {
        RowType::Int => "a whole number",
        RowType::Date => "a day, `2017-01-31`",
        RowType::Timestamp => "a point in time with its offset, `2017-01-31T00:00:00Z`",
        _ => "a number, `1000` or `0.5`",
    };
    let written = fields::literal(node, "edges", expected, problems)?.trim();
    let read = match ty {
        RowType::Date | RowType::Timestamp => match parse_instant(written) {
            Ok(Instant::Date(day)) if ty == RowType::Date => Some((day.into(), 0)),
            Ok(Instant::Timestamp(at)) if ty == RowType::Timestamp => Some((at.into(), 0)),
            _ => None,
        }
        .map(|at| (at, format!("{written:?}"))),
        _ => number(written)
            .filter(|(_, scale)| ty != RowType::Int || *scale == 0)
            .map(|at| (at, written.to_owned())),
    };
    if read.is_none() {
        let message = format!("{} cannot be an edge of {what}", quoted(written));
        problems.add(Report::error(codes::BAND_EDGES, &node.span, message).expected(expected));
    }
    let (at, formula) = read?;
    Some(Edge { node, written, formula, at })
}

/// The digits of a plain number, and how many stand behind the point.
fn number(text: &str) -> Option<(i128, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let has_point = text.contains('.');
    if digits.is_empty()
        || !plain(digits)
        || !plain(fraction)
        || has_point == fraction.is_empty()
        || digits.len() + fraction.len() > MAX_DIGITS
    {
        return None;
    }
    let all: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some((all, u32::try_from(fraction.len()).ok()?))
}

/// One label for each part: those of the book, or what its edges say.
fn labels(
    fields: &Fields<'_>,
    edges: &[Edge<'_>],
    what: &str,
    problems: &mut Problems<'_>,
) -> Option<Vec<String>> {
    let (first, last) = (edges.first()?, edges.last()?);
    let Some((key, node)) = fields.entry("labels") else {
        let mut labels = vec![format!("< {}", first.written)];
        labels.extend(edges.windows(2).filter_map(|pair| match pair {
            [from, to] => Some(format!("{}–{}", from.written, to.written)),
            _ => None,
        }));
        labels.push(format!(">= {}", last.written));
        return Some(labels);
    };
    let Kind::List(nodes) = &node.kind else {
        let message = format!("`labels` is {}", node.found());
        problems.add(Report::error(codes::WRONG_TYPE, &node.span, message).expected("a list of labels"));
        return None;
    };
    let mut labels = Vec::new();
    for node in nodes {
        let text = fields::text(node, "a label", problems)?;
        if text.is_empty() {
            problems.add(Report::error(codes::BAND_LABELS, &node.span, "a label is empty"));
            return None;
        }
        labels.push((text, &node.span));
    }
    if labels.len() != edges.len() + 1 {
        let message = format!("{what} has {} labels and {} edges", labels.len(), edges.len());
        let report = Report::error(codes::BAND_LABELS, &key.span, message);
        let expected = format!(
            "{} labels: below {}, the parts between, and from {} on",
            edges.len() + 1,
            quoted(first.written),
            quoted(last.written)
        );
        problems.add(report.expected(expected));
        return None;
    }
    let doubled = twice(labels.iter().copied(), problems);
    (!doubled).then(|| labels.into_iter().map(|(text, _)| text.to_owned()).collect())
}
