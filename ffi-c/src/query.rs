//! The question, as C asks it: text where people write text, flags where they do not.

use crate::code::ripplemark_code;
use crate::failure::Failure;
use crate::raw::Caller;
use ripplemark_rs::book::{parse_grain, parse_instant};
use ripplemark_rs::model::{Book, Query, Range};
use std::ffi::{c_char, c_int};

/// A query. Set all members to zero, then `struct_size`, then what you ask for. Text ends with a NUL; NULL: not asked.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ripplemark_query {
    /// `sizeof(ripplemark_query)`
    pub struct_size: usize,
    /// A query that the book saves; the other members override its parts.
    pub saved: *const c_char,
    /// Names of metrics, separated by commas; NULL: all of the book.
    pub metrics: *const c_char,
    /// Names of dimensions, separated by commas.
    pub by: *const c_char,
    /// `day`, `week`, `month`, `quarter` or `year`.
    pub grain: *const c_char,
    /// First day or instant inside the range: `2017-01-01` or RFC 3339.
    pub from: *const c_char,
    /// First day or instant after the range.
    pub to: *const c_char,
    /// A condition on rows, such as `region == "EMEA"`.
    pub filter: *const c_char,
    /// What is known up to here; later rows do not count.
    pub as_of: *const c_char,
    /// Not 0: add totals and subtotals.
    pub totals: c_int,
}

fn list(text: Option<&str>) -> Option<Vec<String>> {
    text.map(|text| text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect())
}

fn wrong(message: String) -> Failure {
    Failure::new(ripplemark_code::RIPPLEMARK_QUERY, message)
}

/// Reads the caller's query. NULL asks for every metric of the book, without groups.
pub(crate) fn read(caller: Caller<'_>, query: *const ripplemark_query, book: &Book) -> Result<Query, Failure> {
    if query.is_null() {
        return Ok(Query::default());
    }
    let asked = caller.read_struct(query, "query")?;
    let mut query = match caller.c_text_or_null(asked.saved, "saved")? {
        None => Query::default(),
        Some(name) => {
            let found = book.saved_queries.iter().find(|(own, _)| own == name);
            found.map(|(_, query)| query.clone()).ok_or_else(|| wrong(format!("the book saves no query `{name}`")))?
        }
    };
    if let Some(metrics) = list(caller.c_text_or_null(asked.metrics, "metrics")?) {
        query.metrics = metrics;
    }
    if let Some(by) = list(caller.c_text_or_null(asked.by, "by")?) {
        query.by = by;
    }
    if let Some(grain) = caller.c_text_or_null(asked.grain, "grain")? {
        query.grain = Some(parse_grain(grain).map_err(wrong)?);
    }
    let instant = |text: *const c_char, what: &str| {
        caller.c_text_or_null(text, what)?.map(|text| parse_instant(text).map_err(wrong)).transpose()
    };
    let (from, to) = (instant(asked.from, "from")?, instant(asked.to, "to")?);
    if from.is_some() || to.is_some() {
        query.range = Some(Range { from, to });
    }
    if let Some(filter) = caller.c_text_or_null(asked.filter, "filter")? {
        query.filter = Some(filter.to_owned());
    }
    if let Some(as_of) = instant(asked.as_of, "as_of")? {
        query.as_of = Some(as_of);
    }
    query.totals |= asked.totals != 0;
    Ok(query)
}
