//! The section `rates`: tables of exchange rates by day, and the lookups that conversions need.
//!
//! `convert(amount, currency, day, "USD")` is a lookup by the row's currency at the row's day, and a product. Here every
//! table that has amounts in the currency of one of its columns gets such a lookup for each of its times, under names
//! that no formula can write; what no formula uses is not looked up.

use super::codes;
use super::currency::currency_digits;
use super::fields::{self, Fields};
use super::names::{self, NameOf};
use super::node::Node;
use super::problems::{Problems, Report, quoted};
use super::tables::Tables;
use crate::model::{Column, ColumnId, ColumnType, Conversion, Found, Lookup, Rates, TableId, Unit, Validity};

/// So many ways of converting a book can have: rates times currencies times times.
const MOST: usize = 2_000;

const KEYS: [&str; 5] = ["table", "from", "to", "date", "rate"];

/// Reads the section, and makes its tables ones that are looked into by currency and day.
pub(super) fn read(root: &Fields<'_>, tables: &mut Tables, problems: &mut Problems<'_>) -> Vec<Rates> {
    let Some((key, node)) = root.entry("rates") else { return Vec::new() };
    let mut all: Vec<Rates> = Vec::new();
    for (name, key, node) in fields::pairs(node, &key.span, "`rates`", problems).unwrap_or_default() {
        let sound = names::check(name, NameOf::Lookup, &key.span, problems);
        match one(name, key, node, tables, problems) {
            Some(rates) if sound => all.push(rates),
            // Conversions would only repeat what has been told.
            _ => tables.broken.iter_mut().flatten().for_each(|broken| broken.push("convert".to_owned())),
        }
    }
    all
}

fn one(
    name: &str,
    key: &Node,
    node: &Node,
    tables: &mut Tables,
    problems: &mut Problems<'_>,
) -> Option<Rates> {
    let what = format!("rates {}", quoted(name));
    let fields = Fields::open(node, &key.span, &what, &KEYS, problems)?;
    let [table, from, to, date, rate] = KEYS.map(|key| fields.need(key, &what, problems));
    let to = to.and_then(|node| code(node, problems));
    let table_node = table?;
    let table_name = fields::text(table_node, "table", problems)?;
    let Some(table) = tables.index.get(table_name).map(TableId) else {
        let near = problems.near(table_name, tables.index.names());
        let message = format!("the book has no table {}", quoted(table_name));
        problems.add(
            Report::error(codes::UNKNOWN_TABLE, &table_node.span, message)
                .expected("a key of `tables`, with one row for each currency and day")
                .meant(near),
        );
        return None;
    };
    let from_id = from.and_then(|node| tables.find_column(table, node, "from", problems));
    let date_id = date.and_then(|node| tables.find_time(table, node, "date", problems));
    let rate_id = rate.and_then(|node| tables.find_column(table, node, "rate", problems));
    let (from, date, rate) = (Some((from?, from_id?)), date_id?, (rate?, rate_id?));
    let (from_node, from) = from?;
    let own = tables.get(table)?;
    let column = |id: ColumnId| own.columns.get(id.0);
    let mut sound = true;
    let mut refuse = |node: &Node, message: String, expected: &str, problems: &mut Problems<'_>| {
        problems.add(Report::error(codes::BAD_RATES, &node.span, message).expected(expected));
        sound = false;
    };
    if !matches!(column(from)?.ty, ColumnType::Category(_) | ColumnType::Id) {
        let message = format!("column `{}` holds no currencies", column(from)?.name);
        refuse(from_node, message, "a column of type `category` with currency codes", problems);
    }
    if !matches!(column(rate.1)?.ty, ColumnType::Decimal(_) | ColumnType::Int) {
        let message = format!("column `{}` holds no exact rates", column(rate.1)?.name);
        refuse(rate.0, message, "a column of type `decimal(6)`, with as many digits as rates have", problems);
    }
    if !own.key.is_empty() && own.key != [from] {
        let message = format!("table `{table_name}` has another `key` than the currency of its rates");
        refuse(table_node, message, "no `key`, or the column that `from` names", problems);
    }
    if own.valid.is_some_and(|valid| valid.from != date) {
        let message = format!("table `{table_name}` has another `valid_from` than the date of its rates");
        refuse(table_node, message, "no `valid_from`, or the column that `date` names", problems);
    }
    let to = to?;
    if !sound {
        return None;
    }
    let table_of_rates = tables.list.get_mut(table.0)?;
    table_of_rates.key = vec![from];
    table_of_rates.valid.get_or_insert(Validity { from: date, to: None });
    Some(Rates { name: name.to_owned(), table, from, to, date, rate: rate.1 })
}

fn code(node: &Node, problems: &mut Problems<'_>) -> Option<String> {
    let code = fields::text(node, "to", problems)?;
    if currency_digits(code).is_none() {
        let message = format!("{} is no currency code", quoted(code));
        problems.add(Report::error(codes::BAD_CURRENCY, &node.span, message).expected(
            "three capital letters as in ISO 4217, `USD`: what one unit of `from` times its rate is",
        ));
        return None;
    }
    Some(code.to_owned())
}

/// Gives every table with amounts in several currencies the ways to their rates.
pub(super) fn spread(all: &[Rates], tables: &mut Tables) {
    let mut made = 0;
    for t in 0..tables.list.len() {
        let table = TableId(t);
        for (rates, currency, day) in ways(all, table, tables) {
            made += 1;
            if made > MOST {
                return;
            }
            make(rates, table, currency, day, tables);
        }
    }
}

/// The rates, currencies and times of a table that fit each other.
fn ways<'r>(all: &'r [Rates], table: TableId, tables: &Tables) -> Vec<(&'r Rates, ColumnId, ColumnId)> {
    let Some(own) = tables.get(table) else { return Vec::new() };
    let position =
        |name: &str| own.columns.iter().position(|column| column.name == name && column.found.is_none());
    let mut currencies: Vec<usize> = (own.columns.iter())
        .filter_map(|column| column.unit.as_ref().and_then(Unit::currency_column))
        .filter_map(position)
        .collect();
    currencies.sort_unstable();
    currencies.dedup();
    let mut found = Vec::new();
    for rates in all.iter().filter(|rates| rates.table != table) {
        let Some(date) = tables.get(rates.table).and_then(|other| other.columns.get(rates.date.0)) else {
            continue;
        };
        for &currency in &currencies {
            let times = own.columns.iter().enumerate();
            let times = times.filter(|(_, column)| column.found.is_none() && fits(&column.ty, &date.ty));
            found.extend(times.map(|(day, _)| (rates, ColumnId(currency), ColumnId(day))));
        }
    }
    found
}

/// Whether a rate can be looked up by a time: of a point in time its local day counts.
fn fits(own: &ColumnType, date: &ColumnType) -> bool {
    use ColumnType::{Date, Timestamp};
    matches!((own, date), (Date | Timestamp, Date) | (Timestamp, Timestamp))
}

fn make(rates: &Rates, table: TableId, currency: ColumnId, day: ColumnId, tables: &mut Tables) {
    let rate = tables.get(rates.table).and_then(|other| other.columns.get(rates.rate.0)).cloned();
    let Some(rate) = rate else { return };
    let Some(own) = tables.list.get_mut(table.0) else { return };
    let name_of = |id: ColumnId| own.columns.get(id.0).map_or_else(String::new, |column| column.name.clone());
    let (currency_name, day_name) = (name_of(currency), name_of(day));
    let name = format!("{}[{currency_name}, {day_name}]", rates.name);
    let lookup = own.lookups.len();
    own.lookups.push(Lookup {
        name: name.clone(),
        table: rates.table,
        by: vec![currency],
        at: Some(day),
        same: Some(rates.to.clone()),
    });
    let column = ColumnId(own.columns.len());
    own.columns.push(Column {
        source: name.clone(),
        name,
        unit: None,
        found: Some(Found { lookup, column: rates.rate }),
        ..rate
    });
    own.conversions.push(Conversion {
        rates: rates.name.clone(),
        to: rates.to.clone(),
        currency: currency_name,
        day: day_name,
        column,
    });
}
