//! Keys as small numbers: every different value of a key column gets one, and so does every different combination.

use super::plan::PlanColumn;
use super::value::{self, Value};
use ripplemark_core::batch::{Column, Data};
use ripplemark_core::time::Zone;
use ripplemark_core::types::LogicalType;
use std::collections::HashMap;

/// No row has this number: the value is missing.
pub(super) const MISSING: u32 = u32::MAX;
/// The value is there, and has no number (or cannot be read).
pub(super) const UNKNOWN: u32 = u32::MAX - 1;
/// So many different values a key can have.
const MOST: usize = UNKNOWN as usize;

/// About the bytes that a hash map takes for an entry beside its key.
const ENTRY: u64 = 48;

/// Numbers of the values of one column.
#[derive(Clone, Debug)]
enum Numbers {
    Text(HashMap<Box<[u8]>, u32>),
    Whole(HashMap<i64, u32>),
}

/// Numbers of keys, which are combinations of values of one or more columns.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    columns: Vec<Numbers>,
    /// For the second column and further ones: the number of what stands before, and the value's.
    pairs: Vec<HashMap<(u32, u32), u32>>,
    bytes: u64,
}

/// A value map, spelled out for looking up.
type Meanings<'p> = HashMap<&'p [u8], &'p [u8]>;

fn meanings(column: &PlanColumn) -> Meanings<'_> {
    column.values.iter().map(|(written, meant)| (written.as_bytes(), meant.as_bytes())).collect()
}

fn is_text(ty: LogicalType) -> bool {
    matches!(ty, LogicalType::Category | LogicalType::Id)
}

/// The value of a key column that is no text.
fn whole(column: &Column<'_>, ty: LogicalType, row: usize) -> Value<i64> {
    match ty {
        LogicalType::Timestamp => value::timestamp(column, row),
        LogicalType::Bool => match value::truth(column, row) {
            Value::There(truth) => Value::There(i64::from(truth)),
            Value::Missing => Value::Missing,
            Value::Invalid => Value::Invalid,
        },
        _ => value::int(column, row),
    }
}

impl Keys {
    pub(super) fn new(key: &[&PlanColumn]) -> Keys {
        let columns = (key.iter())
            .map(|column| {
                if is_text(column.ty) {
                    Numbers::Text(HashMap::new())
                } else {
                    Numbers::Whole(HashMap::new())
                }
            })
            .collect();
        let pairs = key.iter().skip(1).map(|_| HashMap::new()).collect();
        Keys { columns, pairs, bytes: 0 }
    }

    /// How many different keys there are; their numbers are below.
    pub(super) fn count(&self) -> usize {
        match (self.pairs.last(), self.columns.first()) {
            (Some(pairs), _) => pairs.len(),
            (None, Some(Numbers::Text(numbers))) => numbers.len(),
            (None, Some(Numbers::Whole(numbers))) => numbers.len(),
            (None, None) => 0,
        }
    }

    /// About the bytes that all this takes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The numbers of rows' keys; new keys get one. `None`: there are too many.
    pub(super) fn add(&mut self, key: &[(&PlanColumn, Column<'_>)], rows: usize) -> Option<Vec<u32>> {
        let Keys { columns, pairs, bytes } = self;
        let mut whole_key: Option<Vec<u32>> = None;
        for (i, ((declared, column), numbers)) in key.iter().zip(columns).enumerate() {
            let own = match numbers {
                Numbers::Text(numbers) => texts(declared, column, rows, &mut |text| {
                    if let Some(&number) = numbers.get(text) {
                        return Some(number);
                    }
                    let number = fresh(numbers.len())?;
                    *bytes += text.len() as u64 + ENTRY;
                    numbers.insert(text.into(), number);
                    Some(number)
                })?,
                Numbers::Whole(numbers) => (0..rows)
                    .map(|row| match whole(column, declared.ty, row) {
                        Value::Missing => Some(MISSING),
                        Value::Invalid => Some(UNKNOWN),
                        Value::There(value) => {
                            let next = numbers.len();
                            match numbers.entry(value) {
                                std::collections::hash_map::Entry::Occupied(entry) => Some(*entry.get()),
                                std::collections::hash_map::Entry::Vacant(entry) => {
                                    *bytes += ENTRY;
                                    Some(*entry.insert(fresh(next)?))
                                }
                            }
                        }
                    })
                    .collect::<Option<_>>()?,
            };
            whole_key = Some(match (whole_key, i.checked_sub(1).and_then(|i| pairs.get_mut(i))) {
                (Some(before), Some(pairs)) => combined(&before, &own, &mut |pair| {
                    let next = pairs.len();
                    if let Some(&number) = pairs.get(&pair) {
                        return Some(number);
                    }
                    *bytes += ENTRY;
                    pairs.insert(pair, fresh(next)?);
                    Some(next as u32)
                })?,
                _ => own,
            });
        }
        Some(whole_key.unwrap_or_default())
    }

    /// The numbers of rows' keys; [`UNKNOWN`] for keys that have none.
    pub(super) fn find(&self, key: &[(&PlanColumn, Column<'_>)], rows: usize) -> Vec<u32> {
        let mut whole_key: Option<Vec<u32>> = None;
        for (i, ((declared, column), numbers)) in key.iter().zip(&self.columns).enumerate() {
            let own = match numbers {
                Numbers::Text(numbers) => texts(declared, column, rows, &mut |text| {
                    Some(numbers.get(text).copied().unwrap_or(UNKNOWN))
                }),
                Numbers::Whole(numbers) => Some(
                    (0..rows)
                        .map(|row| match whole(column, declared.ty, row) {
                            Value::Missing => MISSING,
                            Value::Invalid => UNKNOWN,
                            Value::There(value) => numbers.get(&value).copied().unwrap_or(UNKNOWN),
                        })
                        .collect(),
                ),
            };
            let own = own.unwrap_or_default();
            whole_key = Some(match (whole_key, i.checked_sub(1).and_then(|i| self.pairs.get(i))) {
                (Some(before), Some(pairs)) => {
                    combined(&before, &own, &mut |pair| Some(pairs.get(&pair).copied().unwrap_or(UNKNOWN)))
                        .unwrap_or_default()
                }
                _ => own,
            });
        }
        whole_key.unwrap_or_default()
    }
}

impl Keys {
    /// The key of a number, as a message shows it. Looks through all keys.
    pub(super) fn shown(&self, key: &[&PlanColumn], mut number: u32) -> String {
        let mut parts = Vec::new();
        for (i, (declared, numbers)) in key.iter().zip(&self.columns).enumerate().rev() {
            let mut own = number;
            if let Some(pairs) = i.checked_sub(1).and_then(|i| self.pairs.get(i))
                && let Some((before, value)) =
                    pairs.iter().find(|(_, found)| **found == number).map(|(pair, _)| *pair)
            {
                (number, own) = (before, value);
            }
            parts.push(match numbers {
                Numbers::Text(numbers) => (numbers.iter().find(|(_, found)| **found == own))
                    .map_or_else(String::new, |(text, _)| quoted(text)),
                Numbers::Whole(numbers) => (numbers.iter().find(|(_, found)| **found == own))
                    .map_or_else(String::new, |(value, _)| shown_number(declared.ty, *value)),
            });
        }
        parts.reverse();
        parts.join(", ")
    }
}

/// Text of a key in quotes, cut short where it is long.
fn quoted(text: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(text).chars().take(60).collect();
    format!("{text:?}")
}

fn fresh(count: usize) -> Option<u32> {
    (count < MOST).then_some(count as u32)
}

/// The numbers of a text column's values after its value map. Each entry of a dictionary is looked up once.
fn texts(
    declared: &PlanColumn,
    column: &Column<'_>,
    rows: usize,
    number: &mut dyn FnMut(&[u8]) -> Option<u32>,
) -> Option<Vec<u32>> {
    let meanings = meanings(declared);
    let mut number = |text: &[u8]| number(meanings.get(text).copied().unwrap_or(text));
    let mut entries = match &column.data {
        Data::Dict { values, .. } => vec![None; values.len()],
        _ => Vec::new(),
    };
    let mut digits = String::new();
    let mut numbers = Vec::with_capacity(rows);
    for row in 0..rows {
        let code = match &column.data {
            Data::Dict { codes, .. } => codes.get(row),
            _ => None,
        };
        let value = value::text(column, row, &mut digits);
        numbers.push(match value {
            Value::Missing => MISSING,
            Value::Invalid => UNKNOWN,
            Value::There(text) => match code.and_then(|code| entries.get_mut(code)) {
                Some(Some(known)) => *known,
                Some(entry) => *entry.insert(number(text)?),
                None => number(text)?,
            },
        });
    }
    Some(numbers)
}

/// Numbers of pairs; a missing part makes the whole missing, an unknown one makes it unknown.
fn combined(
    before: &[u32],
    own: &[u32],
    number: &mut dyn FnMut((u32, u32)) -> Option<u32>,
) -> Option<Vec<u32>> {
    before
        .iter()
        .zip(own)
        .map(|(&a, &b)| match (a, b) {
            (MISSING, _) | (_, MISSING) => Some(MISSING),
            (UNKNOWN, _) | (_, UNKNOWN) => Some(UNKNOWN),
            pair => number(pair),
        })
        .collect()
}

/// A row's key as a message shows it: `"Anna", 2017-01-01`.
pub(super) fn shown(key: &[(&PlanColumn, Column<'_>)], row: usize) -> String {
    let mut parts = Vec::new();
    for (declared, column) in key {
        let mut digits = String::new();
        parts.push(if is_text(declared.ty) {
            match value::text(column, row, &mut digits) {
                Value::There(text) => quoted(meanings(declared).get(text).copied().unwrap_or(text)),
                Value::Missing => "(missing)".to_owned(),
                Value::Invalid => "(not readable)".to_owned(),
            }
        } else {
            match whole(column, declared.ty, row) {
                Value::There(value) => shown_number(declared.ty, value),
                Value::Missing => "(missing)".to_owned(),
                Value::Invalid => "(not readable)".to_owned(),
            }
        });
    }
    parts.join(", ")
}

/// Which rows have this text in a column, after its value map.
pub(super) fn equal(declared: &PlanColumn, column: &Column<'_>, rows: usize, text: &str) -> Vec<bool> {
    let known = texts(declared, column, rows, &mut |own| Some(u32::from(own == text.as_bytes())));
    known.unwrap_or_default().into_iter().map(|number| number == 1).collect()
}

/// A row's time as a message shows it; with a zone, its local day.
pub(super) fn shown_day(at: &(&PlanColumn, Column<'_>), zone: Option<Zone<'_>>, row: usize) -> String {
    let (declared, column) = at;
    match (whole(column, declared.ty, row), declared.ty, zone) {
        (Value::There(time), LogicalType::Timestamp, Some(zone)) => {
            shown_number(LogicalType::Date, zone.local_day(time))
        }
        (Value::There(time), ty, _) => shown_number(ty, time),
        _ => "(no time)".to_owned(),
    }
}

/// A number as its type writes it.
pub(super) fn shown_number(ty: LogicalType, value: i64) -> String {
    const DAY: i64 = 86_400_000_000;
    let day = crate::evaluate::iso_date;
    match ty {
        LogicalType::Bool => (value != 0).to_string(),
        LogicalType::Date => day(value),
        LogicalType::Timestamp => {
            let within = value.rem_euclid(DAY) / 1_000_000;
            let (hours, minutes, seconds) = (within / 3600, within / 60 % 60, within % 60);
            format!("{}T{hours:02}:{minutes:02}:{seconds:02}Z", day(value.div_euclid(DAY)))
        }
        _ => value.to_string(),
    }
}
