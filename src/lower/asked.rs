//! The question in words, for receipts.

use super::question::Question;
use crate::evaluate::{Asked, Question as Words, grain_name, iso_date, iso_instant};
use crate::model::{Book, Grain, Instant, Query};
use ripplemark_core::time::Grain as CoreGrain;

/// What was asked of the book, with every name resolved.
pub(super) fn asked(book: &Book, query: &Query, question: &Question<'_>) -> Asked {
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
    }
}

/// The labels of each dimension that is a band; nothing where none is.
fn labels(book: &Book, question: &Question) -> Vec<Vec<String>> {
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
