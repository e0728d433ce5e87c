//! Rows of a table on their way to the core: kept for others to look up, and given the columns that they find.

use super::index::Found;
use super::key;
use super::plan::{Plan, PlanColumn, PlanLookup, PlanTable};
use super::report::LookupReport;
use super::shelf::Shelved;
use super::stock::Stock;
use crate::bind::Laid;
use crate::error::Error;
use arrow::array::{Array, UInt32Array};
use ripplemark_core::batch::Column;
use ripplemark_core::time::Zone;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a waiting table that are widened at once.
const ROWS_AT_ONCE: usize = 1 << 16;

/// Everything that lookups remember in an evaluation.
pub(crate) struct Lookups {
    stocks: BTreeMap<usize, Stock>,
    /// Columns of closed stocks that were found in turn, by table and number.
    found: BTreeMap<(usize, usize), Shelved>,
    /// Which rows the rows of a closed stock found, by table and lookup.
    ways: BTreeMap<(usize, usize), UInt32Array>,
    reports: BTreeMap<(usize, usize), LookupReport>,
    limit: u64,
}

/// The found columns of some rows.
pub(crate) struct Wide {
    columns: BTreeMap<usize, Laid>,
    tallies: Vec<(usize, LookupReport)>,
}

impl Wide {
    /// A found column, by its number in the plan's table.
    pub(crate) fn column(&self, number: usize) -> Option<Column<'_>> {
        self.columns.get(&number).map(Laid::column)
    }
}

/// The columns by which rows are looked up, with their declarations.
fn pairs<'c>(
    table: &'c PlanTable,
    numbers: impl IntoIterator<Item = usize>,
    column: impl Fn(usize) -> Option<Column<'c>>,
) -> Vec<(&'c PlanColumn, Column<'c>)> {
    numbers.into_iter().filter_map(|c| Some((table.columns.get(c)?, column(c)?))).collect()
}

impl Lookups {
    pub(crate) fn new(plan: &Plan, limit: u64) -> Result<Lookups, Error> {
        let mut stocks = BTreeMap::new();
        for t in 0..plan.tables.len() {
            if let Some(stock) = Stock::new(plan, t).map_err(|error| Error::lookup(error.to_string()))? {
                stocks.insert(t, stock);
            }
        }
        let (found, ways, reports) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Lookups { stocks, found, ways, reports, limit })
    }

    pub(crate) fn set_limit(&mut self, bytes: u64) {
        self.limit = bytes;
    }

    /// Rows of a table that is kept; `None` for one that is not.
    pub(crate) fn rows(&self, t: usize) -> Option<usize> {
        self.stocks.get(&t).map(Stock::rows)
    }

    /// True if rows wait for another table to be complete.
    pub(crate) fn has_waiting(&self, plan: &Plan) -> bool {
        let waits = |t: usize| plan.tables.get(t).is_some_and(|table| table.waits);
        self.stocks.iter().any(|(t, stock)| waits(*t) && stock.rows() > 0)
    }

    /// A copy that is closed, for a result while more rows may come.
    pub(crate) fn closed_copy(&self, plan: &Plan) -> Result<Lookups, Error> {
        let mut stocks = BTreeMap::new();
        for (t, stock) in &self.stocks {
            if let Some(table) = plan.tables.get(*t) {
                stocks.insert(*t, stock.closed_copy(table).map_err(Error::lookup)?);
            }
        }
        Ok(Lookups {
            stocks,
            found: self.found.clone(),
            ways: self.ways.clone(),
            reports: self.reports.clone(),
            limit: self.limit,
        })
    }

    /// Keeps rows, where their table is one that is kept. All of them or none.
    pub(crate) fn keep(
        &mut self,
        plan: &Plan,
        t: usize,
        columns: &[Column<'_>],
        rows: usize,
    ) -> Result<(), Error> {
        let (Some(table), Some(stock)) = (plan.tables.get(t), self.stocks.get_mut(&t)) else { return Ok(()) };
        stock.add(table, columns, rows).map_err(Error::lookup)?;
        self.check_limit(table)
    }

    fn check_limit(&self, table: &PlanTable) -> Result<(), Error> {
        let found: usize = self.found.values().map(|column| column.array.get_array_memory_size()).sum();
        let bytes = self.stocks.values().map(Stock::bytes).sum::<u64>().saturating_add(found as u64);
        if bytes <= self.limit {
            return Ok(());
        }
        let sizes: Vec<u64> = self.stocks.values().map(Stock::bytes).collect();
        Err(Error::lookup(format!(
            "table `{}`: the tables in which rows are looked up take more than {} bytes of memory ({} in {} table{}); \
             keep only the rows and columns in them that are looked up, or raise the limit",
            table.name,
            self.limit,
            bytes,
            sizes.len(),
            if sizes.len() == 1 { "" } else { "s" }
        )))
    }

    /// Finds the columns that rows of an aggregated table need from others.
    ///
    /// # Errors
    /// If a table has not been fed, or does not have one row for each key.
    pub(crate) fn widen(
        &mut self,
        plan: &Plan,
        t: usize,
        columns: &[Column<'_>],
        rows: usize,
    ) -> Result<Wide, Error> {
        let mut wide = Wide { columns: BTreeMap::new(), tallies: Vec::new() };
        let Some(table) = plan.tables.get(t) else { return Ok(wide) };
        for &need in &table.needs {
            self.complete(plan, table, need, rows > 0)?;
        }
        let needed: BTreeSet<usize> =
            table.feeds.iter().copied().filter(|&c| table.found(c).is_some()).collect();
        let mut ways: BTreeMap<usize, UInt32Array> = BTreeMap::new();
        for c in needed {
            let Some(found) = table.found(c) else { continue };
            let Some(lookup) = table.lookups.get(found.lookup) else { continue };
            let way = match ways.get(&found.lookup) {
                Some(way) => way.clone(),
                None => {
                    let (way, tally) = self.way(plan, table, lookup, rows, |c| columns.get(c).copied());
                    wide.tallies.push((found.lookup, tally));
                    ways.insert(found.lookup, way.clone());
                    way
                }
            };
            if rows == 0 {
                // Nothing may be closed for rows that are not there; a column without rows needs no values.
                let ty = plan.type_of(t, c);
                let none = ty.map(|ty| {
                    Laid::out(&arrow::array::new_null_array(&arrow::datatypes::DataType::Null, 0), None, ty)
                });
                if let Some(none) = none {
                    wide.columns.insert(c, none.map_err(broken)?);
                }
                continue;
            }
            let theirs = self.fetch(plan, lookup.table, found.column)?;
            let taken = theirs.take(&way).map_err(broken)?;
            if let Some(ty) = plan.type_of(t, c) {
                wide.columns.insert(c, Laid::out(&taken.array, taken.invalid, ty).map_err(broken)?);
            }
        }
        Ok(wide)
    }

    /// Counts what widened rows found, once they have arrived.
    pub(crate) fn count(&mut self, t: usize, wide: &Wide) {
        for (lookup, tally) in &wide.tallies {
            self.tally(t, *lookup, tally);
        }
    }

    fn tally(&mut self, t: usize, lookup: usize, tally: &LookupReport) {
        self.reports.entry((t, lookup)).or_default().add(tally);
    }

    /// Closes a table, or only checks that it was fed.
    fn complete(&mut self, plan: &Plan, asking: &PlanTable, need: usize, close: bool) -> Result<(), Error> {
        let (Some(table), Some(stock)) = (plan.tables.get(need), self.stocks.get_mut(&need)) else {
            return Ok(());
        };
        if !stock.is_fed() {
            return Err(Error::lookup(format!(
                "table `{}` looks rows up in table `{}`, of which nothing has been fed; feed `{}` first",
                asking.name, table.name, table.name
            )));
        }
        if close { stock.close(table).map_err(Error::lookup) } else { Ok(()) }
    }

    /// Which rows of the other table some rows find, and how many of each kind.
    fn way<'c>(
        &self,
        plan: &Plan,
        table: &'c PlanTable,
        lookup: &PlanLookup,
        rows: usize,
        column: impl Fn(usize) -> Option<Column<'c>>,
    ) -> (UInt32Array, LookupReport) {
        let mut tally = LookupReport::default();
        let key = pairs(table, lookup.by.iter().copied(), &column);
        let at = pairs(table, lookup.at, &column).into_iter().next();
        let index = self.stocks.get(&lookup.table).and_then(Stock::index);
        let zone = plan.days_of(lookup).then(|| Zone::new(&plan.zone));
        let found = index.map_or_else(Vec::new, |index| index.find(&key, at, zone, rows));
        let same = match (&lookup.same, key.as_slice()) {
            (Some(same), [(declared, column)]) => key::equal(declared, column, rows, same),
            _ => Vec::new(),
        };
        let mut numbers = Vec::with_capacity(rows);
        for (row, found) in found.into_iter().enumerate() {
            if same.get(row) == Some(&true) {
                numbers.push(None);
                continue;
            }
            let counter = match found {
                Found::Row(_) => &mut tally.matched,
                Found::KeyMissing => &mut tally.key_missing,
                Found::Unmatched => &mut tally.unmatched,
                Found::NoTime => &mut tally.no_time,
                Found::Outside => &mut tally.outside,
            };
            *counter += 1;
            let example = match found {
                Found::Unmatched => &mut tally.example,
                Found::Outside => &mut tally.outside_example,
                _ => &mut None,
            };
            if matches!(found, Found::Unmatched | Found::Outside) && example.is_none() {
                let when = at
                    .as_ref()
                    .map_or_else(String::new, |at| format!(" on {}", key::shown_day(at, zone, row)));
                *example = Some(format!("{}{when}", key::shown(&key, row)));
            }
            numbers.push(if let Found::Row(number) = found { Some(number) } else { None });
        }
        (numbers.into_iter().collect(), tally)
    }

    /// A column of a closed table, be it its own or found in turn. The plan bounds how deep this goes.
    fn fetch(&mut self, plan: &Plan, t: usize, c: usize) -> Result<Shelved, Error> {
        let lost = || Error::lookup("a lookup leads nowhere: the program is damaged");
        let table = plan.tables.get(t).ok_or_else(lost)?;
        let Some(found) = table.found(c) else {
            return self.stocks.get(&t).and_then(|stock| stock.column(c)).cloned().ok_or_else(lost);
        };
        if let Some(known) = self.found.get(&(t, c)) {
            return Ok(known.clone());
        }
        let lookup = table.lookups.get(found.lookup).ok_or_else(lost)?;
        let way = match self.ways.get(&(t, found.lookup)) {
            Some(way) => way.clone(),
            None => {
                let stock = self.stocks.get(&t).ok_or_else(lost)?;
                let rows = stock.rows();
                let mut laid: BTreeMap<usize, Laid> = BTreeMap::new();
                for own in lookup.by.iter().copied().chain(lookup.at) {
                    let (column, declared) =
                        (stock.column(own).ok_or_else(lost)?, table.columns.get(own).ok_or_else(lost)?);
                    laid.insert(
                        own,
                        Laid::out(&column.array, column.invalid.clone(), declared.ty).map_err(broken)?,
                    );
                }
                let (way, tally) = self.way(plan, table, lookup, rows, |c| laid.get(&c).map(Laid::column));
                // Rows that are aggregated, too, are counted there.
                let aggregated =
                    table.feeds.iter().filter_map(|&c| table.found(c)).any(|own| own.lookup == found.lookup);
                if !aggregated {
                    self.tally(t, found.lookup, &tally);
                }
                self.ways.insert((t, found.lookup), way.clone());
                way
            }
        };
        let taken = self.fetch(plan, lookup.table, found.column)?.take(&way).map_err(broken)?;
        self.found.insert((t, c), taken.clone());
        self.check_limit(table)?;
        Ok(taken)
    }

    /// The rows of a waiting table in pieces: for each, its own columns and how many rows they have.
    pub(crate) fn waiting(&mut self, plan: &Plan, t: usize) -> Result<Vec<(Vec<Laid>, usize)>, Error> {
        let (Some(table), Some(stock)) = (plan.tables.get(t), self.stocks.get_mut(&t)) else {
            return Ok(Vec::new());
        };
        stock.close(table).map_err(Error::lookup)?;
        let mut pieces = Vec::new();
        for from in (0..stock.rows()).step_by(ROWS_AT_ONCE) {
            let rows = ROWS_AT_ONCE.min(stock.rows() - from);
            let mut columns = Vec::with_capacity(table.columns.len());
            for (c, declared) in table.columns.iter().enumerate() {
                let lost = || Error::lookup("a waiting table lacks a column: the program is damaged");
                let column = stock.column(c).ok_or_else(lost)?.slice(from, rows);
                columns.push(Laid::out(&column.array, column.invalid, declared.ty).map_err(broken)?);
            }
            pieces.push((columns, rows));
        }
        Ok(pieces)
    }

    /// What lookups found so far, in the order of the plan.
    pub(crate) fn reports(&self, plan: &Plan) -> Vec<LookupReport> {
        let mut reports = Vec::new();
        for (t, table) in plan.tables.iter().enumerate() {
            for (l, lookup) in table.lookups.iter().enumerate() {
                let mut report = self.reports.get(&(t, l)).cloned().unwrap_or_default();
                report.table.clone_from(&table.name);
                report.path.clone_from(&lookup.name);
                if let Some(target) = plan.tables.get(lookup.table) {
                    report.target.clone_from(&target.name);
                }
                if let Some(stock) = self.stocks.get(&lookup.table) {
                    let without_key = stock.index().map_or(0, |index| index.without_key());
                    report.rows = report.rows.max(stock.rows() as u64);
                    report.rows_without_key = report.rows_without_key.max(without_key);
                    report.bytes = report.bytes.max(stock.bytes());
                }
                reports.push(report);
            }
        }
        reports
    }

    /// Adds what another evaluation's lookups found.
    pub(crate) fn add_reports(&mut self, plan: &Plan, others: &[LookupReport]) {
        for (t, table) in plan.tables.iter().enumerate() {
            for (l, lookup) in table.lookups.iter().enumerate() {
                let same = |report: &&LookupReport| report.table == table.name && report.path == lookup.name;
                if let Some(other) = others.iter().find(same) {
                    self.reports.entry((t, l)).or_default().add(other);
                }
            }
        }
    }
}

fn broken(error: arrow::error::ArrowError) -> Error {
    Error::lookup(format!("columns could not be looked up: {error}"))
}
