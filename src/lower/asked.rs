//! The question in words, for receipts.

use super::aggregates_of;
use super::question::Question;
use super::rows::{SlotSpec, slot_hashes};
use crate::evaluate::{Asked, Question as Words, RejectSlot, grain_name, iso_date, iso_instant};
use crate::model::{Book, Cell, Grain, Instant, Query};
use ripplemark_core::time::Grain as CoreGrain;
use std::collections::BTreeSet;

/// What was asked of the book, with every name resolved.
pub(super) fn asked(book: &Book, query: &Query, question: &Question<'_>, slots: &[SlotSpec]) -> Asked {
    let metrics = || question.metrics.iter().filter_map(|id| book.metrics.get(id.0));
    let time = |at: Instant| match at {
        Instant::Date(day) => iso_date(day.into()),
        Instant::Timestamp(micros) => iso_instant(micros),
    };
    let range = query.range.unwrap_or_default();
    Asked {
        question: Words {
            book: book.id.clone(),
            book_version: book.version.clone(),
            timezone: book.timezone.clone(),
            first_day_of_week: book.first_day_of_week as u8,
            first_month_of_year: book.first_month_of_year,
            metrics: metrics().map(|metric| metric.name.clone()).collect(),
            by: query.by.clone(),
            grain: query.grain.map(|grain| grain_name(core_grain(grain)).to_owned()),
            from: range.from.map(time),
            to: range.to.map(time),
            filter: query.filter.clone(),
            as_of: query.as_of.map(time),
            totals: query.totals,
        },
        formulas: metrics().map(|metric| metric.formula.clone()).collect(),
        labels: labels(book, question),
        rejects: rejects(book, question, slots),
    }
}

/// The slots that count rows which failed, by metric and table: each once for a metric, however often it names the
/// aggregate.
fn rejects(book: &Book, question: &Question<'_>, slots: &[SlotSpec]) -> Vec<RejectSlot> {
    let mut found = BTreeSet::new();
    for (metric, id) in question.metrics.iter().enumerate() {
        let mut aggregates = Vec::new();
        let whole = Cell::Metric(*id);
        aggregates_of(book, &whole, &mut Vec::new(), &mut aggregates);
        for aggregate in aggregates {
            let table = question.tables.iter().position(|asked| asked.id == aggregate.table);
            for (reason, hash) in slot_hashes(book, question, aggregate).rejected {
                let slot = slots.iter().position(|slot| slot.hash == hash);
                found.extend(table.zip(slot).map(|(table, slot)| RejectSlot { metric, table, reason, slot }));
            }
        }
    }
    found.into_iter().collect()
}

/// The labels of each dimension that is a band; nothing where none is.
fn labels(book: &Book, question: &Question<'_>) -> Vec<Vec<String>> {
    // A dimension is a band, the same one, in every table that has it, or its labels have no common order.
    let of = |dim: usize| {
        let mut tables = question.tables.iter().map(|asked| {
            let column = book.tables.get(asked.id.0)?.columns.get(asked.keys.get(dim)?.0)?;
            column.computed.as_ref().map(|computed| &computed.labels)
        });
        let first = tables.next().flatten()?;
        tables.all(|labels| labels == Some(first)).then(|| first.clone())
    };
    let labels: Vec<Vec<String>> = (0..question.dims.len()).map(|dim| of(dim).unwrap_or_default()).collect();
    if labels.iter().all(Vec::is_empty) { Vec::new() } else { labels }
}

fn core_grain(grain: Grain) -> CoreGrain {
    match grain {
        Grain::Day => CoreGrain::Day,
        Grain::Week => CoreGrain::Week,
        Grain::Month => CoreGrain::Month,
        Grain::Quarter => CoreGrain::Quarter,
        Grain::Year => CoreGrain::Year,
    }
}
