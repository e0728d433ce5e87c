//! The plan: which tables have to be provided, which of them are looked into, and where every column comes from.
//!
//! The compiler writes it, hosts read it; the core knows nothing of it. A table's columns are numbered: first its own,
//! then those that its lookups find. A found column is a column of another table, by its number there, so columns may
//! be found through several tables.

use super::bytes;
use crate::evaluate::Asked;
use ripplemark_core::Program as View;
use ripplemark_core::types::LogicalType;
use std::collections::BTreeSet;

/// A column can be found through so many tables.
pub(crate) const MAX_STEPS: usize = 64;
/// So many tables a plan can have.
const MAX_TABLES: usize = 512;
/// So many columns a plan's lookups can find.
const MAX_FOUND: usize = 40_000;

/// Tables in the order in which they are to be fed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) tables: Vec<PlanTable>,
    /// What was asked, in words; `None` in programs of compilers that did not say.
    pub(crate) asked: Option<Asked>,
    /// The book's time zone, for times that are compared with days. Not written: the program has it.
    pub(crate) zone: Vec<u8>,
}

/// A table that has to be provided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlanTable {
    pub(crate) name: String,
    /// Its number among the core's tables; `None` where its rows are only looked up.
    pub(crate) core: Option<usize>,
    /// Columns read from its data.
    pub(crate) columns: Vec<PlanColumn>,
    pub(crate) lookups: Vec<PlanLookup>,
    pub(crate) found: Vec<PlanFound>,
    /// Numbers of own columns; empty where no row is looked up here.
    pub(crate) key: Vec<usize>,
    pub(crate) valid_from: Option<usize>,
    pub(crate) valid_to: Option<usize>,
    /// For each column of the core's table, the number of the column that feeds it.
    pub(crate) feeds: Vec<usize>,
    /// Tables that must be complete before rows of this one can be aggregated. Not written: it follows from the rest.
    pub(crate) needs: BTreeSet<usize>,
    /// True where one of these comes later, or is the table itself: its rows then wait. Not written either.
    pub(crate) waits: bool,
}

/// A column that is read from a table's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlanColumn {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) ty: LogicalType,
    /// How the data write its times: the pattern, and whether text without an offset is UTC.
    pub(crate) format: Option<(String, bool)>,
    /// For columns by which rows are looked up: (as written, as meant), sorted.
    pub(crate) values: Vec<(String, String)>,
}

/// A way to at most one row of another table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlanLookup {
    pub(crate) name: String,
    pub(crate) table: usize,
    /// Numbers of own columns.
    pub(crate) by: Vec<usize>,
    pub(crate) at: Option<usize>,
    /// A text of the only own column for which nothing has to be found.
    pub(crate) same: Option<String>,
}

/// A column that a lookup finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlanFound {
    pub(crate) name: String,
    pub(crate) lookup: usize,
    /// Number of the column in the other table.
    pub(crate) column: usize,
}

impl PlanTable {
    /// True if rows of this table are looked up.
    pub(crate) fn is_target(&self) -> bool {
        !self.key.is_empty()
    }

    /// A found column by its number among all columns; `None` for own columns.
    pub(crate) fn found(&self, column: usize) -> Option<&PlanFound> {
        self.found.get(column.checked_sub(self.columns.len())?)
    }
}

/// Whether values of two columns can be equal: text with text, others of one type.
pub(crate) fn can_meet(a: LogicalType, b: LogicalType) -> bool {
    use LogicalType::{Category, Decimal, Duration, Float, Id};
    match (a, b) {
        (Category | Id, Category | Id) => true,
        (Float | Decimal(_) | Duration, _) => false,
        _ => a == b,
    }
}

impl Plan {
    /// The plan that a program carries, or that of a program without lookups: its tables as they are.
    ///
    /// # Errors
    /// `None` for bytes that are no consistent plan for this program.
    pub(crate) fn of(view: &View<'_>) -> Option<Plan> {
        if view.lookups().is_empty() {
            return Some(Plan::without_lookups(view, None));
        }
        let mut plan = bytes::read(view.lookups())?;
        plan.zone = view.zone_bytes().to_vec();
        if plan.tables.is_empty() {
            return plan.asked.is_some().then(|| Plan::without_lookups(view, plan.asked));
        }
        (plan.is_bounded() && plan.refers_within() && plan.fits(view) && plan.ends()).then_some(())?;
        plan.derive();
        // A table that nothing needs would be asked for in vain.
        let needed: BTreeSet<usize> =
            plan.tables.iter().flat_map(|table| table.needs.iter().copied()).collect();
        let idle =
            plan.tables.iter().enumerate().any(|(t, table)| table.core.is_none() && !needed.contains(&t));
        (!idle).then_some(plan)
    }

    /// The bytes that a program carries: without tables where nothing is looked up.
    #[cfg(feature = "compile")]
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let tables: &[PlanTable] = if self.has_lookups() { &self.tables } else { &[] };
        if tables.is_empty() && self.asked.is_none() {
            return Vec::new();
        }
        bytes::write(tables, self.asked.as_ref())
    }

    pub(crate) fn has_lookups(&self) -> bool {
        self.tables.iter().any(PlanTable::is_target)
    }

    /// True if a lookup takes the local day of a time.
    #[cfg(feature = "compile")]
    pub(crate) fn compares_days(&self) -> bool {
        self.tables.iter().any(|table| {
            table.lookups.iter().any(|lookup| {
                let is_time =
                    |at: usize| table.columns.get(at).is_some_and(|own| own.ty == LogicalType::Timestamp);
                lookup.at.is_some_and(is_time) && self.days_of(lookup)
            })
        })
    }

    /// True if rows of the table that is looked into hold from a day on, not from a point in time on.
    pub(crate) fn days_of(&self, lookup: &PlanLookup) -> bool {
        let other = self.tables.get(lookup.table);
        let from = other.and_then(|other| other.columns.get(other.valid_from?));
        from.is_some_and(|from| from.ty == LogicalType::Date)
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name == name)
    }

    /// A column's declared type, wherever it comes from.
    pub(crate) fn type_of(&self, mut table: usize, mut column: usize) -> Option<LogicalType> {
        for _ in 0..=MAX_STEPS {
            let here = self.tables.get(table)?;
            match here.found(column) {
                None => return here.columns.get(column).map(|column| column.ty),
                Some(found) => (table, column) = (here.lookups.get(found.lookup)?.table, found.column),
            }
        }
        None
    }

    /// Table of the plan and name of the own column that a column of a core's table comes from.
    pub(crate) fn origin(&self, core: usize, column: usize) -> Option<(usize, String)> {
        let mut t = self.tables.iter().position(|table| table.core == Some(core))?;
        let mut c = *self.tables.get(t)?.feeds.get(column)?;
        for _ in 0..=MAX_STEPS {
            let here = self.tables.get(t)?;
            match here.found(c) {
                None => return here.columns.get(c).map(|column| (t, column.name.clone())),
                Some(found) => (t, c) = (here.lookups.get(found.lookup)?.table, found.column),
            }
        }
        None
    }

    fn without_lookups(view: &View<'_>, asked: Option<Asked>) -> Plan {
        let table = |t: usize| {
            let table = view.table(t);
            let columns: Vec<PlanColumn> = (0..table.column_count)
                .map(|c| {
                    let column = view.column(&table, c);
                    PlanColumn {
                        name: column.name.to_owned(),
                        source: column.source.to_owned(),
                        ty: column.ty,
                        format: column.format.map(|format| (format.pattern.to_owned(), format.utc)),
                        values: Vec::new(),
                    }
                })
                .collect();
            PlanTable {
                name: table.name.to_owned(),
                core: Some(t),
                feeds: (0..columns.len()).collect(),
                columns,
                ..PlanTable::default()
            }
        };
        Plan { tables: (0..view.table_count()).map(table).collect(), asked, zone: Vec::new() }
    }

    fn is_bounded(&self) -> bool {
        let found: usize = self.tables.iter().map(|table| table.found.len()).sum();
        let names: BTreeSet<&str> = self.tables.iter().map(|table| table.name.as_str()).collect();
        self.tables.len() <= MAX_TABLES && found <= MAX_FOUND && names.len() == self.tables.len()
    }

    /// Every number refers to something, and keys and times fit each other.
    fn refers_within(&self) -> bool {
        let is_time = |ty| matches!(ty, LogicalType::Date | LogicalType::Timestamp);
        self.tables.iter().all(|table| {
            let own = |c: usize| table.columns.get(c).map(|column| column.ty);
            let meets_itself = |ty| can_meet(ty, ty);
            let key = table.key.iter().all(|&c| own(c).is_some_and(meets_itself));
            let valid = match (table.valid_from.map(own), table.valid_to.map(own)) {
                (None, None) => true,
                (Some(Some(from)), None) => is_time(from) && table.is_target(),
                (Some(Some(from)), Some(to)) => is_time(from) && to == Some(from) && table.is_target(),
                _ => false,
            };
            let lookups = table.lookups.iter().all(|lookup| {
                let Some(other) = self.tables.get(lookup.table) else { return false };
                let theirs = |c: usize| other.columns.get(c).map(|column| column.ty);
                let keys = lookup.by.len() == other.key.len()
                    && other.is_target()
                    && (lookup.by.iter().zip(&other.key))
                        .all(|(&a, &b)| own(a).zip(theirs(b)).is_some_and(|(a, b)| can_meet(a, b)));
                let times = match (lookup.at, other.valid_from) {
                    (None, None) => true,
                    (Some(at), Some(from)) => own(at).zip(theirs(from)).is_some_and(|(at, from)| {
                        at == from || (at, from) == (LogicalType::Timestamp, LogicalType::Date)
                    }),
                    _ => false,
                };
                let is_text = |c: &usize| matches!(own(*c), Some(LogicalType::Category | LogicalType::Id));
                let same = lookup.same.is_none() || lookup.by.len() == 1 && lookup.by.iter().all(is_text);
                keys && times && same
            });
            let found = table.found.iter().all(|found| {
                let other = table.lookups.get(found.lookup).and_then(|lookup| self.tables.get(lookup.table));
                other.is_some_and(|other| found.column < other.columns.len() + other.found.len())
            });
            key && valid && lookups && found
        })
    }

    /// Each of the core's tables stands here once, with columns of its types.
    fn fits(&self, view: &View<'_>) -> bool {
        let cores: BTreeSet<usize> = self.tables.iter().filter_map(|table| table.core).collect();
        let count = self.tables.iter().filter(|table| table.core.is_some()).count();
        cores.len() == count
            && count == view.table_count()
            && self.tables.iter().enumerate().all(|(t, table)| {
                let Some(core) = table.core else { return table.feeds.is_empty() };
                if core >= view.table_count() {
                    return false;
                }
                let theirs = view.table(core);
                theirs.name == table.name
                    && theirs.column_count == table.feeds.len()
                    && (table.feeds.iter().enumerate())
                        .all(|(c, &column)| self.type_of(t, column) == Some(view.column(&theirs, c).ty))
            })
    }

    /// No column is found through itself, or through too many tables: `type_of` says nothing of such a one.
    fn ends(&self) -> bool {
        (self.tables.iter().enumerate()).all(|(t, table)| {
            (0..table.found.len()).all(|i| self.type_of(t, table.columns.len() + i).is_some())
        })
    }

    /// Finds out what each table needs, and which tables have to wait.
    pub(crate) fn derive(&mut self) {
        let needs: Vec<BTreeSet<usize>> = (0..self.tables.len()).map(|t| self.needs_of(t)).collect();
        for (t, (table, needs)) in self.tables.iter_mut().zip(needs).enumerate() {
            table.waits = needs.iter().any(|&need| need >= t);
            table.needs = needs;
        }
    }

    /// The tables through which the columns of an aggregated table are found.
    fn needs_of(&self, table: usize) -> BTreeSet<usize> {
        let mut needs = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<(usize, usize)> = self
            .tables
            .get(table)
            .into_iter()
            .flat_map(|own| own.feeds.iter().map(|&c| (table, c)))
            .collect();
        while let Some((t, column)) = open.pop() {
            let Some(here) = self.tables.get(t) else { continue };
            let Some(found) = here.found(column) else { continue };
            let Some(lookup) = here.lookups.get(found.lookup) else { continue };
            if seen.insert((t, column)) {
                needs.insert(lookup.table);
                open.push((lookup.table, found.column));
            }
        }
        needs
    }
}
