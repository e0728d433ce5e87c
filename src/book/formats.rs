//! The keys `format` and `zone` of a column: how the data write its times.

use super::codes;
use super::fields::{self, Fields};
use super::problems::{Problems, Report, quoted};
use crate::bind::Format;
use crate::model::{ColumnType, TimeFormat};
use ripplemark_core::types::LogicalType;

const EXPECTED: &str = "a pattern such as `%d.%m.%Y %H:%M`, or `unix_s`, `unix_ms`, `unix_us`";

const UNITS: &str = "`days`, `hours`, `minutes`, `seconds`, `milliseconds` or `microseconds`";

/// Reads both keys; `None` where there is no format, or none that could be used.
pub(crate) fn read(
    fields: &Fields<'_>,
    ty: &ColumnType,
    what: &str,
    problems: &mut Problems<'_>,
) -> Option<TimeFormat> {
    let zone = fields.entry("zone");
    let Some((key, node)) = fields.entry("format") else {
        if let Some((key, _)) = zone {
            let message = format!("{what} has no `format`, so `zone` has no meaning");
            problems.add(Report::error(codes::BAD_FORMAT, &key.span, message).hint("remove `zone`"));
        }
        return None;
    };
    let logical = match ty {
        ColumnType::Date => LogicalType::Date,
        ColumnType::Timestamp => LogicalType::Timestamp,
        ColumnType::Duration => LogicalType::Duration,
        _ => {
            let message = format!("{what} holds no times, so `format` has no meaning");
            problems.add(
                Report::error(codes::BAD_FORMAT, &key.span, message)
                    .hint("remove `format`, or write `type: date`, `type: timestamp` or `type: duration`"),
            );
            return None;
        }
    };
    let pattern = fields::text(node, "format", problems)?;
    let format = match Format::new(pattern, logical) {
        Ok(format) => format,
        Err(reason) => {
            let message = format!("{} reads no times: {reason}", quoted(pattern));
            let expected = if logical == LogicalType::Duration { UNITS } else { EXPECTED };
            problems.add(Report::error(codes::BAD_FORMAT, &node.span, message).expected(expected));
            return None;
        }
    };
    let mut utc = !format.is_local() || logical == LogicalType::Date;
    if let Some((key, node)) = zone {
        if utc {
            let message = format!("{} needs no zone, so `zone` has no meaning", quoted(pattern));
            problems.add(Report::error(codes::BAD_FORMAT, &key.span, message).hint("remove `zone`"));
        } else {
            utc = fields::choice(node, "zone", &[("UTC", true), ("book", false)], problems)?;
        }
    }
    Some(TimeFormat { pattern: pattern.to_owned(), utc })
}
