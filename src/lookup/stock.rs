//! A table that is kept: rows of others are looked up in it, or its own rows wait until another table is complete.

use super::index::{Index, Rowful};
use super::plan::{Plan, PlanColumn, PlanTable};
use super::shelf::{Shelf, Shelved};
use arrow::error::ArrowError;
use ripplemark_core::batch::Column;
use ripplemark_core::types::LogicalType;
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Stock {
    /// Own columns that are kept, by number; none after the stock is closed.
    shelves: BTreeMap<usize, Shelf>,
    /// The kept columns of a stock that is closed.
    columns: BTreeMap<usize, Shelved>,
    /// Of a table in which rows are looked up.
    index: Option<Index>,
    rows: usize,
    /// Whether anything was fed, if only a batch without rows.
    fed: bool,
    closed: bool,
    bytes: u64,
}

/// The own columns of a table that have to be kept.
fn kept(plan: &Plan, t: usize) -> BTreeSet<usize> {
    let Some(table) = plan.tables.get(t) else { return BTreeSet::new() };
    if table.waits {
        return (0..table.columns.len()).collect();
    }
    let others = plan.tables.iter().flat_map(|other| {
        let leads_here = |lookup: usize| other.lookups.get(lookup).is_some_and(|lookup| lookup.table == t);
        other.found.iter().filter(move |found| leads_here(found.lookup)).map(|found| found.column)
    });
    let mut kept = BTreeSet::new();
    for column in others {
        match table.found(column).and_then(|found| table.lookups.get(found.lookup)) {
            // What others find here was itself found: by these columns.
            Some(lookup) => kept.extend(lookup.by.iter().copied().chain(lookup.at)),
            None => {
                kept.insert(column);
            }
        }
    }
    kept
}

/// The declarations of a table's key.
pub(super) fn key(table: &PlanTable) -> Vec<&PlanColumn> {
    table.key.iter().filter_map(|&c| table.columns.get(c)).collect()
}

impl Stock {
    /// An empty stock; `None` for a table that need not be kept.
    pub(super) fn new(plan: &Plan, t: usize) -> Result<Option<Stock>, ArrowError> {
        let Some(table) = plan.tables.get(t).filter(|table| table.is_target() || table.waits) else {
            return Ok(None);
        };
        let mut shelves = BTreeMap::new();
        for c in kept(plan, t) {
            if let Some(column) = table.columns.get(c) {
                shelves.insert(c, Shelf::new(column.ty)?);
            }
        }
        let index = table.is_target().then(|| Index::new(&key(table), table.valid_from.is_some()));
        Ok(Some(Stock {
            shelves,
            columns: BTreeMap::new(),
            index,
            rows: 0,
            fed: false,
            closed: false,
            bytes: 0,
        }))
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn is_fed(&self) -> bool {
        self.fed
    }

    pub(super) fn index(&self) -> Option<&Index> {
        self.index.as_ref()
    }

    /// About the bytes that the stock takes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A kept column of a stock that is closed.
    pub(super) fn column(&self, c: usize) -> Option<&Shelved> {
        self.columns.get(&c)
    }

    /// Adds rows: all of them, or none.
    pub(super) fn add(
        &mut self,
        table: &PlanTable,
        columns: &[Column<'_>],
        rows: usize,
    ) -> Result<(), String> {
        self.fed = true;
        if rows == 0 {
            return Ok(());
        }
        if self.closed {
            return Err(format!(
                "table `{}` cannot take more rows: rows of other tables have been looked up in it; feed all of it \
                 before them",
                table.name
            ));
        }
        let column = |c: usize| Some((table.columns.get(c)?, *columns.get(c)?));
        if let Some(index) = &mut self.index {
            index.add(&Rowful {
                table: &table.name,
                key: table.key.iter().filter_map(|&c| column(c)).collect(),
                from: table.valid_from.and_then(column),
                to: table.valid_to.and_then(column),
                rows,
            })?;
        }
        for (c, shelf) in &mut self.shelves {
            if let Some(column) = columns.get(*c) {
                shelf.append(column, rows).map_err(|error| format!("table `{}`: {error}", table.name))?;
            }
        }
        self.rows += rows;
        let shelves: u64 = self.shelves.values().map(Shelf::bytes).sum();
        self.bytes = shelves + self.index.as_ref().map_or(0, Index::bytes);
        Ok(())
    }

    /// Makes the stock ready for looking rows up. Nothing can be added afterwards.
    pub(super) fn close(&mut self, table: &PlanTable) -> Result<(), String> {
        if self.closed {
            return Ok(());
        }
        let columns = self.shelved(table)?;
        if let Some(index) = &mut self.index {
            index.close(&table.name, &key(table), time_type(table))?;
        }
        self.columns = columns;
        self.shelves.clear();
        self.closed = true;
        Ok(())
    }

    /// A closed stock of what is there so far; this one stays open.
    pub(super) fn closed_copy(&self, table: &PlanTable) -> Result<Stock, String> {
        let mut copy = Stock {
            shelves: BTreeMap::new(),
            columns: if self.closed { self.columns.clone() } else { self.shelved(table)? },
            index: self.index.clone(),
            rows: self.rows,
            fed: self.fed,
            closed: true,
            bytes: self.bytes,
        };
        if let Some(index) = copy.index.as_mut().filter(|_| !self.closed) {
            index.close(&table.name, &key(table), time_type(table))?;
        }
        Ok(copy)
    }

    fn shelved(&self, table: &PlanTable) -> Result<BTreeMap<usize, Shelved>, String> {
        (self.shelves.iter())
            .map(|(c, shelf)| Ok((*c, shelf.shelved()?)))
            .collect::<Result<_, ArrowError>>()
            .map_err(|error| format!("table `{}`: {error}", table.name))
    }
}

fn time_type(table: &PlanTable) -> LogicalType {
    table.valid_from.and_then(|c| table.columns.get(c)).map_or(LogicalType::Date, |column| column.ty)
}
