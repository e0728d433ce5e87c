//! From keys to rows: one row for each key, or one for each key and time.

use super::key::{Keys, MISSING, UNKNOWN, shown, shown_number};
use super::plan::PlanColumn;
use super::value::{self, Value};
use ripplemark_core::batch::Column;
use ripplemark_core::time::Zone;
use ripplemark_core::types::LogicalType;

/// A row that holds from one time to before another.
#[derive(Clone, Copy, Debug)]
struct Spell {
    key: u32,
    from: i64,
    /// `None`: until the next one begins.
    to: Option<i64>,
    row: u32,
}

/// Which row a key names.
#[derive(Clone, Debug)]
enum Rows {
    /// By number of the key.
    One(Vec<u32>),
    /// In the order of feeding; sorted by key and time once the index is closed.
    InTime(Vec<Spell>),
}

/// The index of a table that is looked into.
#[derive(Clone, Debug)]
pub(super) struct Index {
    keys: Keys,
    rows: Rows,
    /// For each key the first of its spells, and one more; empty until the index is closed.
    starts: Vec<usize>,
    count: u32,
    without_key: u64,
}

/// What a row of another table finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Row(u32),
    KeyMissing,
    Unmatched,
    NoTime,
    Outside,
}

/// The columns of some rows that an index is made of.
pub(super) struct Rowful<'c> {
    pub(super) table: &'c str,
    pub(super) key: Vec<(&'c PlanColumn, Column<'c>)>,
    pub(super) from: Option<(&'c PlanColumn, Column<'c>)>,
    pub(super) to: Option<(&'c PlanColumn, Column<'c>)>,
    pub(super) rows: usize,
}

/// A date or timestamp as a number.
pub(super) fn moment(ty: LogicalType, column: &Column<'_>, row: usize) -> Value<i64> {
    if ty == LogicalType::Timestamp { value::timestamp(column, row) } else { value::int(column, row) }
}

/// What to do about a table that is not what lookups need.
fn refused(table: &str, what: String) -> String {
    format!("table `{table}`, in which rows are looked up: {what}")
}

impl Index {
    pub(super) fn new(key: &[&PlanColumn], in_time: bool) -> Index {
        let rows = if in_time { Rows::InTime(Vec::new()) } else { Rows::One(Vec::new()) };
        Index { keys: Keys::new(key), rows, starts: Vec::new(), count: 0, without_key: 0 }
    }

    /// Rows that nothing can find.
    pub(super) fn without_key(&self) -> u64 {
        self.without_key
    }

    /// About the bytes that the index takes.
    pub(super) fn bytes(&self) -> u64 {
        let rows = match &self.rows {
            Rows::One(rows) => rows.len() * 4,
            Rows::InTime(spells) => spells.len() * size_of::<Spell>(),
        };
        self.keys.bytes() + rows as u64
    }

    /// Adds rows: all of them, or none.
    ///
    /// # Errors
    /// A key that stands in two rows, a time that cannot be read, a row that ends before it begins.
    pub(super) fn add(&mut self, new: &Rowful<'_>) -> Result<(), String> {
        let first = self.count;
        let too_many =
            || refused(new.table, "it has more rows than lookups can tell apart (4 billion)".into());
        let after =
            u32::try_from(new.rows).ok().and_then(|rows| first.checked_add(rows)).ok_or_else(too_many)?;
        let numbers = self.keys.add(&new.key, new.rows).ok_or_else(too_many)?;
        let without = numbers.iter().filter(|&&number| number >= UNKNOWN).count() as u64;
        match &mut self.rows {
            Rows::One(rows) => {
                let mut added: Vec<u32> = Vec::new();
                rows.resize(self.keys.count(), MISSING);
                let mut twice = None;
                for (row, &number) in numbers.iter().enumerate() {
                    let Some(place) = rows.get_mut(number as usize) else { continue };
                    if *place != MISSING {
                        twice = Some((*place, row));
                        break;
                    }
                    *place = first + row as u32;
                    added.push(number);
                }
                if let Some((before, row)) = twice {
                    for number in added {
                        if let Some(place) = rows.get_mut(number as usize) {
                            *place = MISSING;
                        }
                    }
                    return Err(refused(
                        new.table,
                        format!(
                            "the key {} stands in row {} and in row {}; expected one row for each key: remove one of \
                             them, add to `key` the column that tells them apart, or say with `valid_from` when each \
                             of them holds",
                            shown(&new.key, row),
                            u64::from(before) + 1,
                            u64::from(first) + row as u64 + 1,
                        ),
                    ));
                }
            }
            Rows::InTime(spells) => {
                let mut added = Vec::new();
                for (row, &number) in numbers.iter().enumerate() {
                    let Some(spell) = spell(new, row, number, first)? else { continue };
                    added.push(spell);
                }
                spells.extend(added);
            }
        }
        self.count = after;
        self.without_key += without;
        Ok(())
    }

    /// Sorts what holds in time; after that, rows can be found. Nothing may be added any more.
    ///
    /// # Errors
    /// Two rows of one key that hold at the same time.
    pub(super) fn close(&mut self, table: &str, key: &[&PlanColumn], ty: LogicalType) -> Result<(), String> {
        let Rows::InTime(spells) = &mut self.rows else { return Ok(()) };
        // Rows that never hold stand in nobody's way.
        spells.retain(|spell| spell.to != Some(spell.from));
        spells.sort_unstable_by_key(|spell| (spell.key, spell.from, spell.row));
        for pair in spells.windows(2) {
            let [a, b] = pair else { continue };
            if a.key == b.key && a.to.map_or(a.from == b.from, |to| to > b.from) {
                let until =
                    a.to.map_or_else(String::new, |to| format!(" to before {}", shown_number(ty, to)));
                let from = |spell: &Spell| {
                    if spell.from == i64::MIN {
                        "the beginning".to_owned()
                    } else {
                        shown_number(ty, spell.from)
                    }
                };
                return Err(refused(
                    table,
                    format!(
                        "two rows of the key {} hold at the same time: row {} from {}{until}, row {} from {}; a row \
                         holds from `valid_from` to before `valid_to`, or until the next one begins: correct the \
                         times of one of them",
                        self.keys.shown(key, a.key),
                        u64::from(a.row) + 1,
                        from(a),
                        u64::from(b.row) + 1,
                        from(b),
                    ),
                ));
            }
        }
        let mut starts = vec![0; self.keys.count() + 1];
        for spell in spells.iter() {
            if let Some(start) = starts.get_mut(spell.key as usize + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        self.starts = starts;
        Ok(())
    }

    /// What rows of another table find. The key's columns are theirs, declared as theirs. `zone`: rows here hold for
    /// days, so that of a point in time its local day counts.
    pub(super) fn find(
        &self,
        key: &[(&PlanColumn, Column<'_>)],
        at: Option<(&PlanColumn, Column<'_>)>,
        zone: Option<Zone<'_>>,
        rows: usize,
    ) -> Vec<Found> {
        let numbers = self.keys.find(key, rows);
        let found = |(row, number): (usize, u32)| match (number, &self.rows) {
            (MISSING, _) => Found::KeyMissing,
            (UNKNOWN, _) => Found::Unmatched,
            (number, Rows::One(rows)) => match rows.get(number as usize) {
                Some(&row) if row != MISSING => Found::Row(row),
                _ => Found::Unmatched,
            },
            (number, Rows::InTime(spells)) => {
                let own = self.starts.get(number as usize).zip(self.starts.get(number as usize + 1));
                let own = own.and_then(|(&from, &to)| spells.get(from..to)).unwrap_or(&[]);
                if own.is_empty() {
                    return Found::Unmatched;
                }
                let time =
                    at.as_ref().map_or(Value::Missing, |(declared, column)| moment(declared.ty, column, row));
                let Value::There(time) = time else { return Found::NoTime };
                let is_time = at.as_ref().is_some_and(|(declared, _)| declared.ty == LogicalType::Timestamp);
                let time = zone.filter(|_| is_time).map_or(time, |zone| zone.local_day(time));
                let next = own.partition_point(|spell| spell.from <= time);
                match next.checked_sub(1).and_then(|last| own.get(last)) {
                    Some(spell) if spell.to.is_none_or(|to| time < to) => Found::Row(spell.row),
                    _ => Found::Outside,
                }
            }
        };
        numbers.into_iter().enumerate().map(found).collect()
    }
}

/// When a row holds; `None` for a row without a key.
fn spell(new: &Rowful<'_>, row: usize, key: u32, first: u32) -> Result<Option<Spell>, String> {
    let shown_row = u64::from(first) + row as u64 + 1;
    let unreadable = |name: &str| {
        refused(
            new.table,
            format!("`{name}` of row {shown_row} cannot be read; without it nobody knows when the row holds"),
        )
    };
    let mut times = [None; 2];
    for (time, source) in times.iter_mut().zip([&new.from, &new.to]) {
        let Some((declared, column)) = source else { continue };
        *time = match moment(declared.ty, column, row) {
            Value::There(time) => Some(time),
            Value::Missing => None,
            Value::Invalid => return Err(unreadable(&declared.name)),
        };
    }
    let [from, to] = times;
    let from = from.unwrap_or(i64::MIN);
    if let (Some(to), Some((declared, _))) = (to.filter(|to| *to < from), &new.from) {
        return Err(refused(
            new.table,
            format!(
                "row {shown_row} ends at {} before it begins at {}",
                shown_number(declared.ty, to),
                shown_number(declared.ty, from)
            ),
        ));
    }
    Ok((key < UNKNOWN).then_some(Spell { key, from, to, row: first + row as u32 }))
}
