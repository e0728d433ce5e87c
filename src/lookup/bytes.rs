//! The plan as bytes, and behind it the question in words: the section Lookups of a program, which only hosts read.
//!
//! One plan has one byte string, and reading refuses everything else about its form: numbers of unknown meaning, value
//! maps out of order, bytes behind the end. What the numbers refer to is checked by the plan.

use super::plan::{Plan, PlanColumn, PlanFound, PlanLookup, PlanTable};
use crate::bind::Format;
use crate::evaluate::Asked;
use ripplemark_core::program::layout::NONE;
use ripplemark_core::types::LogicalType;

/// Stands in the number of a type whose column has a format; the format then follows.
const WITH_FORMAT: u8 = 0x80;

/// The number of a type, and its digits after the point.
#[cfg(feature = "compile")]
fn type_number(ty: LogicalType) -> (u8, u8) {
    match ty {
        LogicalType::Int => (0, 0),
        LogicalType::Decimal(scale) => (1, scale),
        LogicalType::Float => (2, 0),
        LogicalType::Bool => (3, 0),
        LogicalType::Category => (4, 0),
        LogicalType::Id => (5, 0),
        LogicalType::Date => (6, 0),
        LogicalType::Timestamp => (7, 0),
        LogicalType::Duration => (8, 0),
    }
}

fn type_of(number: u8, scale: u8) -> Option<LogicalType> {
    Some(match (number, scale) {
        (0, 0) => LogicalType::Int,
        (1, scale @ 0..=18) => LogicalType::Decimal(scale),
        (2, 0) => LogicalType::Float,
        (3, 0) => LogicalType::Bool,
        (4, 0) => LogicalType::Category,
        (5, 0) => LogicalType::Id,
        (6, 0) => LogicalType::Date,
        (7, 0) => LogicalType::Timestamp,
        (8, 0) => LogicalType::Duration,
        _ => return None,
    })
}

/// Writes a plan. Numbers beyond 32 bits do not exist: a book is much smaller.
#[cfg(feature = "compile")]
pub(super) fn write(tables: &[PlanTable], asked: Option<&Asked>) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.number(tables.len());
    for table in tables {
        out.text(&table.name);
        out.optional(table.core);
        out.number(table.columns.len());
        for column in &table.columns {
            out.text(&column.name);
            out.text(&column.source);
            let (number, scale) = type_number(column.ty);
            match &column.format {
                None => out.0.extend([number, scale]),
                Some((pattern, utc)) => {
                    out.0.extend([number | WITH_FORMAT, scale, u8::from(*utc)]);
                    out.text(pattern);
                }
            }
            out.number(column.values.len());
            for (written, meant) in &column.values {
                out.text(written);
                out.text(meant);
            }
        }
        out.number(table.lookups.len());
        for lookup in &table.lookups {
            out.text(&lookup.name);
            out.number(lookup.table);
            out.numbers(&lookup.by);
            out.optional(lookup.at);
        }
        out.number(table.found.len());
        for found in &table.found {
            out.text(&found.name);
            out.number(found.lookup);
            out.number(found.column);
        }
        out.numbers(&table.key);
        out.optional(table.valid_from);
        out.optional(table.valid_to);
        out.numbers(&table.feeds);
    }
    let same: Vec<(usize, usize, &str)> = (tables.iter().enumerate())
        .flat_map(|(t, table)| table.lookups.iter().enumerate().map(move |(l, lookup)| (t, l, lookup)))
        .filter_map(|(t, l, lookup)| Some((t, l, lookup.same.as_deref()?)))
        .collect();
    if asked.is_some() || !same.is_empty() {
        out.text(&asked.map(Asked::text).unwrap_or_default());
    }
    if !same.is_empty() {
        out.number(same.len());
        for (table, lookup, text) in same {
            out.number(table);
            out.number(lookup);
            out.text(text);
        }
    }
    out.0
}

#[cfg(feature = "compile")]
struct Writer(Vec<u8>);

#[cfg(feature = "compile")]
impl Writer {
    fn number(&mut self, value: usize) {
        let value = u32::try_from(value).unwrap_or(NONE);
        self.0.extend(value.to_le_bytes());
    }

    fn optional(&mut self, value: Option<usize>) {
        self.number(value.unwrap_or(NONE as usize));
    }

    fn numbers(&mut self, values: &[usize]) {
        self.number(values.len());
        values.iter().for_each(|&value| self.number(value));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend(text.as_bytes());
    }
}

/// Reads what [`write`] writes; `None` for other bytes. Time and memory are linear in the length of the bytes.
pub(super) fn read(bytes: &[u8]) -> Option<Plan> {
    let mut from = Reader(bytes);
    let tables = from.list(|from| {
        Some(PlanTable {
            name: from.text()?,
            core: from.optional()?,
            columns: from.list(column)?,
            lookups: from.list(|from| {
                Some(PlanLookup {
                    name: from.text()?,
                    table: from.number()?,
                    by: from.list(Reader::number)?,
                    at: from.optional()?,
                    same: None,
                })
            })?,
            found: from.list(|from| {
                Some(PlanFound { name: from.text()?, lookup: from.number()?, column: from.number()? })
            })?,
            key: from.list(Reader::number)?,
            valid_from: from.optional()?,
            valid_to: from.optional()?,
            feeds: from.list(Reader::number)?,
            ..PlanTable::default()
        })
    })?;
    // Programs of earlier compilers end here.
    let asked = if from.0.is_empty() { None } else { Some(from.text()?) };
    let mut plan = Plan { tables, asked: None, zone: Vec::new() };
    // Those without conversions, here.
    if from.0.is_empty() {
        plan.asked = asked.map(|text| Asked::read(&text)).map_or(Some(None), |asked| asked.map(Some))?;
        return Some(plan);
    }
    let asked = asked.filter(|text| !text.is_empty());
    plan.asked = asked.map(|text| Asked::read(&text)).map_or(Some(None), |asked| asked.map(Some))?;
    let same = from.list(|from| Some((from.number()?, from.number()?, from.text()?)))?;
    let sorted = same.windows(2).all(|pair| matches!(pair, [a, b] if (a.0, a.1) < (b.0, b.1)));
    for (table, lookup, text) in same.into_iter().filter(|_| sorted) {
        plan.tables.get_mut(table)?.lookups.get_mut(lookup)?.same = Some(text);
    }
    let some = plan.tables.iter().any(|table| table.lookups.iter().any(|lookup| lookup.same.is_some()));
    (from.0.is_empty() && sorted && some).then_some(plan)
}

fn column(from: &mut Reader<'_>) -> Option<PlanColumn> {
    let (name, source) = (from.text()?, from.text()?);
    let (number, scale) = (from.byte()?, from.byte()?);
    let ty = type_of(number & !WITH_FORMAT, scale)?;
    let format = if number & WITH_FORMAT == 0 {
        None
    } else {
        let utc = match from.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let pattern = from.text()?;
        Format::new(&pattern, ty).ok()?;
        Some((pattern, utc))
    };
    let values = from.list(|from| Some((from.text()?, from.text()?)))?;
    let sorted = values.windows(2).all(|pair| matches!(pair, [a, b] if a.0 < b.0));
    sorted.then_some(PlanColumn { name, source, ty, format, values })
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn word(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn number(&mut self) -> Option<usize> {
        let word = self.word().filter(|word| *word != NONE)?;
        usize::try_from(word).ok()
    }

    fn optional(&mut self) -> Option<Option<usize>> {
        let word = self.word()?;
        Some(if word == NONE { None } else { Some(usize::try_from(word).ok()?) })
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).ok().map(str::to_owned)
    }

    /// Nothing is reserved: a count is believed item by item, and each item takes bytes.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Some(items)
    }
}
