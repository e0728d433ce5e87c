//! The key `lookups` of tables: ways to at most one row of another table, and the columns that come from there.
//!
//! Read after all tables are: first the ways, then the columns that get names of their own (which may stand on one
//! another, but not in a circle), then every column of the other tables as `path.column`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::codes;
use super::fields::{self, Fields};
use super::names::{self, NameOf};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::rates;
use super::tables::Tables;
use crate::model::{Column, ColumnId, ColumnType, Conversion, Found, Lookup, TableId};

/// So many columns can be found by lookups in a book: tables times lookups times columns grow quickly.
const MAX_FOUND: usize = 20_000;
/// A column with a name of its own can be found through so many tables; a path adds one more.
const MAX_STEPS: usize = crate::lookup::MAX_STEPS - 1;

/// The lookups of a table, unread.
pub(super) struct Asked<'n> {
    pub(super) table: TableId,
    pub(super) key: &'n Node,
    pub(super) node: &'n Node,
}

/// A column that a lookup brings in under a plain name.
#[derive(Clone, Copy)]
struct Brought<'n> {
    table: TableId,
    lookup: usize,
    name: &'n str,
    span: &'n Range<usize>,
    /// The name that the other table gives it.
    theirs: &'n Node,
    state: State,
}

impl<'n> Brought<'n> {
    fn their_name(&self) -> &'n str {
        self.theirs.scalar().map_or("", |scalar| scalar.text.as_str())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    OnPath,
    /// The column, and through how many tables it is found.
    Done(Option<(ColumnId, usize)>),
}

pub(super) fn read(asked: &[Asked<'_>], tables: &mut Tables, problems: &mut Problems<'_>) {
    let mut brought = Vec::new();
    for asked in asked {
        let what = match tables.get(asked.table) {
            Some(table) => format!("`lookups` of table {}", quoted(&table.name)),
            None => continue,
        };
        for (name, key, node) in
            fields::pairs(asked.node, &asked.key.span, &what, problems).unwrap_or_default()
        {
            lookup(asked.table, name, key, node, tables, &mut brought, problems);
        }
    }
    let mut by_name = BTreeMap::new();
    for (i, column) in brought.iter().enumerate() {
        let taken = tables.column(column.table, column.name).is_some()
            || by_name.contains_key(&(column.table, column.name));
        if taken {
            let message = format!("the table has another column {}", quoted(column.name));
            problems.add(
                Report::error(codes::DUPLICATE_NAME, column.span, message)
                    .hint("give the one that is looked up a new name, `{new_name: their_name}`"),
            );
        } else {
            by_name.insert((column.table, column.name), i);
        }
    }
    for i in 0..brought.len() {
        let own = brought.get(i).and_then(|column| by_name.get(&(column.table, column.name)));
        if own == Some(&i) {
            resolve(i, &mut brought, &by_name, tables, problems);
        }
    }
    let all = std::mem::take(&mut tables.rates);
    rates::spread(&all, tables);
    tables.rates = all;
    paths(asked, tables, problems);
}

/// A table's formulas about this name would only repeat what has been told.
fn mark_broken(tables: &mut Tables, table: TableId, name: &str) {
    if let Some(Some(broken)) = tables.broken.get_mut(table.0) {
        broken.push(name.to_owned());
    }
}

/// Reads one lookup. What does not become one is marked as broken, with all that it would have brought.
fn lookup<'n>(
    table: TableId,
    name: &'n str,
    key: &'n Node,
    node: &'n Node,
    tables: &mut Tables,
    brought: &mut Vec<Brought<'n>>,
    problems: &mut Problems<'_>,
) {
    let what = format!("lookup {}", quoted(name));
    let known = ["table", "by", "at", "columns"];
    let sound = names::check(name, NameOf::Lookup, &key.span, problems);
    let own_name = tables.get(table).is_some_and(|table| table.name == name);
    if own_name {
        let message = format!("{what} has the name of its own table");
        problems.add(
            Report::error(codes::DUPLICATE_NAME, &key.span, message)
                .hint("name it after what is found: `manager: {table: …}`"),
        );
    }
    let fields = Fields::open(node, &key.span, &what, &known, problems);
    let columns = fields
        .as_ref()
        .and_then(|fields| fields.get("columns"))
        .map(|node| names_brought(node, &what, problems));
    let read = fields
        .filter(|_| sound && !own_name)
        .and_then(|fields| way(table, name, key, &fields, tables, problems));
    let Some(lookup) = read else {
        mark_broken(tables, table, name);
        for (name, ..) in columns.into_iter().flatten() {
            mark_broken(tables, table, name);
        }
        return;
    };
    let Some(own) = tables.list.get_mut(table.0) else { return };
    let position = own.lookups.len();
    own.lookups.push(lookup);
    for (name, key, theirs) in columns.into_iter().flatten() {
        if names::check(name, NameOf::Column, &key.span, problems) {
            let state = State::Open;
            brought.push(Brought { table, lookup: position, name, span: &key.span, theirs, state });
        } else {
            mark_broken(tables, table, name);
        }
    }
}

/// `columns` of a lookup: names, or new names with theirs.
fn names_brought<'n>(
    node: &'n Node,
    what: &str,
    problems: &mut Problems<'_>,
) -> Vec<(&'n str, &'n Node, &'n Node)> {
    let mut names = Vec::new();
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    for item in items {
        if matches!(item.kind, Kind::Map(_)) {
            let what = format!("`columns` of {what}");
            names.extend(fields::pairs(item, &item.span, &what, problems).unwrap_or_default());
        } else if let Some(name) = fields::text(item, "a column's name", problems) {
            names.push((name, item, item));
        }
    }
    names
}

/// The table that is looked into, and the columns that lead there.
fn way(
    table: TableId,
    name: &str,
    key: &Node,
    fields: &Fields<'_>,
    tables: &Tables,
    problems: &mut Problems<'_>,
) -> Option<Lookup> {
    let (target_name, target_span) = match fields.get("table") {
        Some(node) => (fields::text(node, "table", problems)?, &node.span),
        None => (name, &key.span),
    };
    let Some(target) = tables.index.get(target_name).map(TableId) else {
        let near = problems.near(target_name, tables.index.names());
        let message = format!("the book has no table {}", quoted(target_name));
        let report = Report::error(codes::UNKNOWN_TABLE, target_span, message).expected("a key of `tables`");
        problems.add(match near {
            Some(_) => report.meant(near),
            None => report.hint("name the table that is looked into, `table: …`"),
        });
        return None;
    };
    let (own, other) = (tables.get(table)?, tables.get(target)?);
    if other.key.is_empty() {
        // A key that was refused has been told about.
        if matches!(tables.broken.get(target.0), Some(Some(_))) {
            let message = format!("table `{target_name}` has no key, so no row can be looked up in it");
            problems.add(
                Report::error(codes::NO_KEY, target_span, message)
                    .hint(format!("add `key: …` to table `{target_name}`: the columns that name one row")),
            );
        }
        return None;
    }
    let by = match fields.entry("by") {
        Some((by_key, node)) => {
            let nodes = fields::list(node);
            let mut by = Vec::new();
            for node in nodes {
                by.push(tables.find_column(table, node, "by", problems));
            }
            let by: Vec<ColumnId> = by.into_iter().collect::<Option<_>>()?;
            if by.len() != other.key.len() {
                let message = format!(
                    "the key of table `{target_name}` has {} column{}, `by` names {}",
                    other.key.len(),
                    if other.key.len() == 1 { "" } else { "s" },
                    by.len()
                );
                problems.add(Report::error(codes::KEY_MISMATCH, &by_key.span, message).expected(format!(
                    "one column of `{}` for each of {}",
                    own.name,
                    key_names(other)
                )));
                return None;
            }
            by
        }
        None => {
            let mut by = Vec::new();
            for id in &other.key {
                let column = other.columns.get(id.0)?;
                let Some(same) = tables.column(table, &column.name) else {
                    let message = format!(
                        "table `{}` has no column `{}` to look up the key of table `{target_name}` by",
                        own.name, column.name
                    );
                    problems.add(Report::error(codes::KEY_MISMATCH, &key.span, message).expected(format!(
                        "`by` with one column of `{}` for each of {}",
                        own.name,
                        key_names(other)
                    )));
                    return None;
                };
                by.push(same);
            }
            by
        }
    };
    let span = fields.entry("by").map_or(&key.span, |(_, node)| &node.span);
    for (mine, theirs) in by.iter().zip(&other.key) {
        let (mine, theirs) = (own.columns.get(mine.0)?, other.columns.get(theirs.0)?);
        let broken =
            tables.is_about_broken(table, &mine.name) || tables.is_about_broken(target, &theirs.name);
        if !broken && !can_meet(&mine.ty, &theirs.ty) {
            let message = format!(
                "`{}` of table `{}` and `{}` of table `{target_name}` have types that never meet",
                mine.name, own.name, theirs.name
            );
            problems.add(
                Report::error(codes::KEY_MISMATCH, span, message)
                    .expected("two columns of one type; `id` and `category` meet, too")
                    .hint("declare both as `id`"),
            );
            return None;
        }
    }
    let at = at(table, target, key, fields, tables, problems)?;
    Some(Lookup { name: name.to_owned(), table: target, by, at, same: None })
}

fn key_names(table: &crate::model::Table) -> String {
    let names: Vec<String> = (table.key.iter())
        .filter_map(|id| table.columns.get(id.0))
        .map(|column| format!("`{}`", column.name))
        .collect();
    names.join(", ")
}

/// Whether values of two columns can be equal: numbers with numbers, text with text.
fn can_meet(a: &ColumnType, b: &ColumnType) -> bool {
    use ColumnType::{Category, Id};
    matches!((a, b), (Category(_) | Id, Category(_) | Id)) || a == b
}

/// The column that says which row of a key holds. The outer `None`: a problem was told.
fn at(
    table: TableId,
    target: TableId,
    key: &Node,
    fields: &Fields<'_>,
    tables: &Tables,
    problems: &mut Problems<'_>,
) -> Option<Option<ColumnId>> {
    let (own, other) = (tables.get(table)?, tables.get(target)?);
    let named = fields.entry("at");
    let Some(valid) = other.valid else {
        if let Some((at_key, _)) = named {
            let message = format!("`at` has no meaning: rows of table `{}` hold for ever", other.name);
            problems.add(
                Report::error(codes::LOOKUP_TIME, &at_key.span, message)
                    .hint(format!("remove `at`, or give table `{}` its `valid_from`", other.name)),
            );
        }
        return Some(None);
    };
    let id = match named {
        Some((_, node)) => tables.find_time(table, node, "at", problems)?,
        None => match own.time {
            Some(time) => time,
            None => {
                let message = format!(
                    "rows of table `{}` hold for a time, and nothing says which time is meant",
                    other.name
                );
                problems.add(
                    Report::error(codes::LOOKUP_TIME, &key.span, message)
                        .expected(format!("`at` with a date or timestamp of table `{}`", own.name)),
                );
                return None;
            }
        },
    };
    let (mine, theirs) = (own.columns.get(id.0)?, other.columns.get(valid.from.0)?);
    let broken = tables.is_about_broken(table, &mine.name) || tables.is_about_broken(target, &theirs.name);
    // Of a point in time its local day counts where rows hold for days.
    let by_day = (&mine.ty, &theirs.ty) == (&ColumnType::Timestamp, &ColumnType::Date);
    if mine.ty != theirs.ty && !by_day && !broken {
        let span = named.map_or(&key.span, |(_, node)| &node.span);
        let message = format!(
            "`{}` of table `{}` is a date, and rows of table `{}` hold from a point in time, `{}`, on",
            mine.name, own.name, other.name, theirs.name
        );
        problems.add(Report::error(codes::LOOKUP_TIME, span, message).expected(
            "two columns of one type, or a timestamp by which rows are looked up that hold for days",
        ));
        return None;
    }
    Some(Some(id))
}

/// Makes a brought column, after the one that it stands on. Gives the column, and through how many tables it is found.
fn resolve(
    at: usize,
    brought: &mut [Brought<'_>],
    by_name: &BTreeMap<(TableId, &str), usize>,
    tables: &mut Tables,
    problems: &mut Problems<'_>,
) -> Option<(ColumnId, usize)> {
    // The way to the end of the chain first, without recursion: a chain may be as long as a book.
    let mut path: Vec<usize> = Vec::new();
    let mut next = Some(at);
    while let Some(i) = next {
        let column = brought.get_mut(i)?;
        match column.state {
            State::Done(_) => break,
            State::OnPath => {
                let message = format!("column {} is looked up through itself", quoted(column.name));
                problems.add(
                    Report::error(codes::LOOKUP_CYCLE, column.span, message)
                        .hint("one of the tables must have the column in its own data"),
                );
                column.state = State::Done(None);
                break;
            }
            State::Open => column.state = State::OnPath,
        }
        path.push(i);
        let (table, lookup) = (column.table, column.lookup);
        let target = tables.get(table)?.lookups.get(lookup)?.table;
        next = match tables.column(target, column.their_name()) {
            Some(_) => None,
            None => by_name.get(&(target, column.their_name())).copied(),
        };
    }
    let mut last = None;
    for i in path.into_iter().rev() {
        last = finish(i, brought, by_name, tables, problems);
    }
    last
}

/// Makes a brought column whose own source is made already.
fn finish(
    at: usize,
    brought: &mut [Brought<'_>],
    by_name: &BTreeMap<(TableId, &str), usize>,
    tables: &mut Tables,
    problems: &mut Problems<'_>,
) -> Option<(ColumnId, usize)> {
    let Brought { table, lookup, name, span, theirs, state } = *brought.get(at)?;
    if let State::Done(done) = state {
        mark_broken(tables, table, name);
        return done;
    }
    let target = tables.get(table)?.lookups.get(lookup)?.table;
    let their_name = brought.get(at)?.their_name();
    let standing_on =
        by_name.get(&(target, their_name)).and_then(|next| brought.get(*next)).map(|next| next.state);
    let (other, steps) = match (tables.column(target, their_name), standing_on) {
        (Some(id), Some(State::Done(Some((_, steps))))) => (Some(id), steps + 1),
        (Some(id), _) => (Some(id), 1),
        (None, Some(_)) => (None, 1),
        (None, None) => (tables.find_column(target, theirs, "columns", problems), 1),
    };
    let source =
        other.and_then(|id| tables.get(target)?.columns.get(id.0).map(|column| (id, column.clone())));
    let path = tables.get(table)?.lookups.get(lookup)?.name.clone();
    let found = source.filter(|_| steps <= MAX_STEPS).map(|(id, column)| {
        let column = Column {
            unit: column.unit.as_ref().map(|unit| unit.through(&path)),
            name: name.to_owned(),
            source: name.to_owned(),
            found: Some(Found { lookup, column: id }),
            ..column
        };
        (push(tables, table, column), steps)
    });
    if steps > MAX_STEPS {
        let message = format!("column {} is looked up through more than {MAX_STEPS} tables", quoted(name));
        problems.add(Report::error(codes::TOO_LARGE, span, message).hint("shorten the way"));
    }
    if found.is_none() || tables.is_about_broken(target, their_name) {
        mark_broken(tables, table, name);
    }
    if let Some(brought) = brought.get_mut(at) {
        brought.state = State::Done(found);
    }
    found
}

fn push(tables: &mut Tables, table: TableId, column: Column) -> ColumnId {
    let position = tables.get(table).map_or(0, |table| table.columns.len());
    if let Some(index) = tables.columns.get_mut(table.0) {
        index.insert(&column.name, position);
    }
    if let Some(table) = tables.list.get_mut(table.0) {
        table.columns.push(column);
    }
    ColumnId(position)
}

/// What amounts of the other table are converted by converts them here, too.
fn conversion(table: TableId, lookup: &Lookup, theirs: ColumnId, made: ColumnId, tables: &mut Tables) {
    let other = tables.get(lookup.table);
    let Some(known) = other.and_then(|other| other.conversions.iter().find(|known| known.column == theirs))
    else {
        return;
    };
    let seen = |name: &str| format!("{}.{name}", lookup.name);
    let conversion =
        Conversion { currency: seen(&known.currency), day: seen(&known.day), column: made, ..known.clone() };
    if let Some(table) = tables.list.get_mut(table.0) {
        table.conversions.push(conversion);
    }
}

/// Every column of the other tables, as `path.column`.
fn paths(asked: &[Asked<'_>], tables: &mut Tables, problems: &mut Problems<'_>) {
    let plain: Vec<usize> = tables.list.iter().map(|table| table.columns.len()).collect();
    let mut count: usize = 0;
    for asked in asked {
        let lookups = tables.get(asked.table).map(|table| table.lookups.clone()).unwrap_or_default();
        // The ways to rates are no paths that a formula could write.
        for (position, lookup) in lookups.iter().enumerate().filter(|(_, lookup)| lookup.same.is_none()) {
            let columns = plain.get(lookup.table.0).copied().unwrap_or(0);
            count = count.saturating_add(columns);
            if count > MAX_FOUND {
                let message = format!("lookups of this book find more than {MAX_FOUND} columns");
                problems.add(
                    Report::error(codes::TOO_LARGE, &asked.key.span, message)
                        .hint("declare only the lookups and columns that formulas use"),
                );
                return;
            }
            let broken = match tables.broken.get(lookup.table.0) {
                Some(Some(broken)) => broken.iter().map(|name| format!("{}.{name}", lookup.name)).collect(),
                _ => vec![lookup.name.clone()],
            };
            for name in broken {
                mark_broken(tables, asked.table, &name);
            }
            for id in 0..columns {
                let Some(column) = tables.get(lookup.table).and_then(|table| table.columns.get(id)) else {
                    break;
                };
                let name = format!("{}.{}", lookup.name, column.name);
                let column = Column {
                    unit: column.unit.as_ref().map(|unit| unit.through(&lookup.name)),
                    source: name.clone(),
                    name,
                    found: Some(Found { lookup: position, column: ColumnId(id) }),
                    ..column.clone()
                };
                let made = push(tables, asked.table, column);
                conversion(asked.table, lookup, ColumnId(id), made, tables);
            }
        }
    }
}
