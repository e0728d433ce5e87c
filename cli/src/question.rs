//! From options to a query: a saved query of the book, and what the options replace in it.

use crate::args::QueryOptions;
use crate::failure::{Failure, did_you_mean};
use ripplemark::model::{Book, Query};

/// The query that the options ask for.
pub(crate) fn query(book: &Book, options: &QueryOptions) -> Result<Query, Failure> {
    let mut query = match &options.query {
        None => Query::default(),
        Some(name) => saved(book, name)?,
    };
    if !options.metrics.is_empty() {
        query.metrics = trimmed(&options.metrics);
    }
    if !options.by.is_empty() {
        query.by = trimmed(&options.by);
    }
    if options.grain.is_some() {
        query.grain = options.grain;
    }
    if options.from.is_some() || options.to.is_some() {
        let mut range = query.range.unwrap_or_default();
        range.from = options.from.or(range.from);
        range.to = options.to.or(range.to);
        query.range = Some(range);
    }
    if options.filter.is_some() {
        query.filter.clone_from(&options.filter);
    }
    if options.as_of.is_some() {
        query.as_of = options.as_of;
    }
    query.totals |= options.totals;
    Ok(query)
}

fn saved(book: &Book, name: &str) -> Result<Query, Failure> {
    let names = || book.saved_queries.iter().map(|(name, _)| name.as_str());
    if let Some((_, query)) = book.saved_queries.iter().find(|(known, _)| known == name) {
        return Ok(query.clone());
    }
    let has = match names().collect::<Vec<_>>().as_slice() {
        [] => "it has none".to_owned(),
        known => format!("it has {}", known.join(", ")),
    };
    let near = did_you_mean(name, names());
    Err(Failure::Usage(format!("the book `{}` has no saved query `{name}`{near}; {has}", book.id)))
}

/// `a, b` is as good as `a,b`.
fn trimmed(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.trim().to_owned()).collect()
}
