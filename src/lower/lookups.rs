//! Which tables have to be provided beside those that are aggregated, and which of their columns.

use super::rows::TableCode;
use crate::lookup::{Plan, PlanColumn, PlanFound, PlanLookup, PlanTable};
use crate::model::{Book, Column, ColumnId, ColumnType, Table, TableId};
use ripplemark_core::types::LogicalType;
use std::collections::{BTreeMap, BTreeSet};

/// What is needed of a table.
#[derive(Default)]
pub(super) struct Needed {
    columns: BTreeSet<ColumnId>,
    /// Positions among the table's lookups.
    lookups: BTreeSet<usize>,
    /// Columns by which rows are looked up, here or in another table.
    keys: BTreeSet<ColumnId>,
    is_target: bool,
}

/// The plan of the tables that a program aggregates.
pub(super) fn plan(book: &Book, tables: &[(TableId, &TableCode<'_>)]) -> Plan {
    let read: Vec<_> = tables.iter().map(|(id, code)| (*id, code.columns.clone())).collect();
    let needed = needed(book, &read);
    let order = targets_first(book, &needed);
    let tables = order.iter().filter_map(|id| planned(book, *id, &needed, &order, tables)).collect();
    let mut plan = Plan { tables, asked: None, zone: Vec::new() };
    plan.derive();
    plan
}

/// What is needed of every table, if these columns are read.
pub(super) fn needed(book: &Book, read: &[(TableId, Vec<ColumnId>)]) -> BTreeMap<TableId, Needed> {
    let mut needed: BTreeMap<TableId, Needed> = BTreeMap::new();
    let mut open: Vec<(TableId, ColumnId)> = Vec::new();
    for (id, columns) in read {
        needed.entry(*id).or_default();
        open.extend(columns.iter().map(|&column| (*id, column)));
    }
    while let Some((id, column)) = open.pop() {
        let Some(table) = book.tables.get(id.0) else { continue };
        let here = needed.entry(id).or_default();
        if !here.columns.insert(column) {
            continue;
        }
        let Some(found) = table.columns.get(column.0).and_then(|column| column.found) else { continue };
        let Some(lookup) = table.lookups.get(found.lookup) else { continue };
        let Some(target) = book.tables.get(lookup.table.0) else { continue };
        here.lookups.insert(found.lookup);
        here.keys.extend(&lookup.by);
        open.extend(lookup.by.iter().chain(&lookup.at).map(|&own| (id, own)));
        let there = needed.entry(lookup.table).or_default();
        there.is_target = true;
        there.keys.extend(&target.key);
        let times = target.valid.iter().flat_map(|valid| [Some(valid.from), valid.to]).flatten();
        let columns = target.key.iter().copied().chain(times).chain([found.column]);
        open.extend(columns.map(|theirs| (lookup.table, theirs)));
    }
    needed
}

/// The tables in the order of the book, each after those that it looks into, as far as they do not look into each
/// other.
fn targets_first(book: &Book, needed: &BTreeMap<TableId, Needed>) -> Vec<TableId> {
    let targets = |id: TableId| -> Vec<TableId> {
        let lookups = book.tables.get(id.0).map_or(&[][..], |table| &table.lookups);
        let used = needed.get(&id).map(|needed| &needed.lookups);
        used.into_iter().flatten().filter_map(|l| lookups.get(*l)).map(|lookup| lookup.table).collect()
    };
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for &start in needed.keys() {
        if !seen.insert(start) {
            continue;
        }
        // The path from `start`, each with the targets that have not been followed.
        let mut path = vec![(start, targets(start))];
        while let Some((id, rest)) = path.last_mut() {
            let id = *id;
            if rest.is_empty() {
                order.push(id);
                path.pop();
                continue;
            }
            let next = rest.remove(0);
            if seen.insert(next) {
                path.push((next, targets(next)));
            }
        }
    }
    order
}

fn planned(
    book: &Book,
    id: TableId,
    needed: &BTreeMap<TableId, Needed>,
    order: &[TableId],
    tables: &[(TableId, &TableCode<'_>)],
) -> Option<PlanTable> {
    let table = book.tables.get(id.0)?;
    let needs = needed.get(&id)?;
    let numbers = Numbers::of(table, needs);
    let core = tables.iter().position(|(asked, _)| *asked == id);
    let lookups: Vec<usize> = needs.lookups.iter().copied().collect();
    Some(PlanTable {
        name: table.name.clone(),
        core,
        columns: numbers
            .own
            .iter()
            .filter_map(|c| table.columns.get(c.0).map(|column| (c, column)))
            .map(|(c, column)| planned_column(column, needs.keys.contains(c)))
            .collect(),
        lookups: lookups
            .iter()
            .filter_map(|l| table.lookups.get(*l))
            .map(|lookup| PlanLookup {
                name: lookup.name.clone(),
                table: order.iter().position(|other| *other == lookup.table).unwrap_or(usize::MAX),
                by: numbers.all(&lookup.by),
                at: lookup.at.and_then(|at| numbers.number(at)),
                same: lookup.same.clone(),
            })
            .collect(),
        found: numbers
            .found
            .iter()
            .filter_map(|c| {
                let column = table.columns.get(c.0)?;
                let found = column.found?;
                let target = table.lookups.get(found.lookup)?.table;
                let theirs = Numbers::of(book.tables.get(target.0)?, needed.get(&target)?);
                Some(PlanFound {
                    name: column.name.clone(),
                    lookup: lookups.iter().position(|l| *l == found.lookup)?,
                    column: theirs.number(found.column)?,
                })
            })
            .collect(),
        key: if needs.is_target { numbers.all(&table.key) } else { Vec::new() },
        valid_from: table.valid.filter(|_| needs.is_target).and_then(|valid| numbers.number(valid.from)),
        valid_to: table.valid.filter(|_| needs.is_target).and_then(|valid| numbers.number(valid.to?)),
        feeds: core
            .and_then(|core| tables.get(core))
            .map_or_else(Vec::new, |(_, code)| numbers.all(&code.columns)),
        ..PlanTable::default()
    })
}

/// The needed columns of a table in the order of the plan: own ones, then found ones, each in the order of the book.
struct Numbers {
    own: Vec<ColumnId>,
    found: Vec<ColumnId>,
}

impl Numbers {
    fn of(table: &Table, needs: &Needed) -> Numbers {
        let is_found = |c: &ColumnId| table.columns.get(c.0).is_some_and(|column| column.found.is_some());
        let (found, own) = needs.columns.iter().copied().partition(is_found);
        Numbers { own, found }
    }

    fn number(&self, column: ColumnId) -> Option<usize> {
        self.own.iter().chain(&self.found).position(|own| *own == column)
    }

    fn all(&self, columns: &[ColumnId]) -> Vec<usize> {
        columns.iter().filter_map(|column| self.number(*column)).collect()
    }
}

fn planned_column(column: &Column, is_key: bool) -> PlanColumn {
    PlanColumn {
        name: column.name.clone(),
        source: column.source.clone(),
        ty: logical(&column.ty),
        format: column.format.as_ref().map(|format| (format.pattern.clone(), format.utc)),
        values: if is_key { column.values.clone() } else { Vec::new() },
    }
}

fn logical(ty: &ColumnType) -> LogicalType {
    match ty {
        ColumnType::Int => LogicalType::Int,
        ColumnType::Decimal(scale) => LogicalType::Decimal(*scale),
        ColumnType::Float => LogicalType::Float,
        ColumnType::Bool => LogicalType::Bool,
        ColumnType::Category(_) => LogicalType::Category,
        ColumnType::Id => LogicalType::Id,
        ColumnType::Date => LogicalType::Date,
        ColumnType::Timestamp => LogicalType::Timestamp,
        ColumnType::Duration => LogicalType::Duration,
    }
}
