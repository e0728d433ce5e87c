//! The section `tables`: which columns formulas can use, what the data calls them, and what they hold.

use std::collections::BTreeSet;
use std::ops::Range;

use super::codes;
use super::currency::{capitals, currency_digits};
use super::fields::{self, Fields};
use super::formats;
use super::lookups;
use super::names::{self, Index, NameOf};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::rates;
use super::repair::Fix;
use super::units;
use crate::model::{Column, ColumnId, ColumnType, Rates, Table, TableId, Unit, Validity};

/// So many tables a book can have: a query's filter is read once for each.
const MAX_TABLES: usize = 500;
/// Digits after the point that a decimal can have.
const MAX_SCALE: u8 = 18;

/// Digits after the point of amounts in the currency that another column names.
const MIXED_DIGITS: u8 = 2;

/// The hint where something stands twice.
pub(crate) const ONE_TOO_MANY: &str = "remove one of the two";

const TYPES: &str =
    "`int`, `decimal(2)`, `money`, `float`, `bool`, `category`, `id`, `date`, `timestamp` or `duration`";

/// What `money` can be of.
#[derive(Clone, Copy)]
struct Money<'a> {
    /// The book's currency.
    currency: Option<&'a str>,
    /// The columns of the table, of which one may name the currency of each row.
    columns: &'a [&'a str],
}

/// The tables with what only the loader needs to know of them.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) list: Vec<Table>,
    pub(crate) index: Index,
    pub(super) rates: Vec<Rates>,
    /// The columns of each table by name.
    pub(super) columns: Vec<Index>,
    /// Columns with problems, per table: formulas over them would only repeat those. `None`: the columns
    /// could not be read at all.
    pub(super) broken: Vec<Option<Vec<String>>>,
}

impl Tables {
    pub(crate) fn get(&self, id: TableId) -> Option<&Table> {
        self.list.get(id.0)
    }

    /// A column that the book declares, sound or not.
    pub(crate) fn column(&self, table: TableId, name: &str) -> Option<ColumnId> {
        self.columns.get(table.0)?.get(name).map(ColumnId)
    }

    /// True if a formula names a column that has problems of its own.
    pub(crate) fn is_about_broken(&self, table: TableId, formula: &str) -> bool {
        match self.broken.get(table.0) {
            Some(Some(broken)) => broken.iter().any(|name| mentions(formula, name)),
            Some(None) => true,
            None => false,
        }
    }

    /// The column that a key names; reports one that does not exist.
    pub(crate) fn find_column(
        &self,
        table: TableId,
        node: &Node,
        key: &str,
        problems: &mut Problems<'_>,
    ) -> Option<ColumnId> {
        let name = fields::text(node, key, problems)?;
        let found = self.column(table, name);
        if found.is_none() && !self.is_about_broken(table, name) {
            let near = match self.columns.get(table.0) {
                Some(columns) => problems.near(name, columns.names()),
                None => None,
            };
            let table = self.get(table).map_or("", |table| table.name.as_str());
            let message = format!("table `{table}` has no column {}", quoted(name));
            problems.add(
                Report::error(codes::UNKNOWN_COLUMN, &node.span, message)
                    .expected("a key of its `columns`")
                    .meant(near),
            );
        }
        found
    }

    /// The same for a column that must place rows in time.
    pub(crate) fn find_time(
        &self,
        table: TableId,
        node: &Node,
        key: &str,
        problems: &mut Problems<'_>,
    ) -> Option<ColumnId> {
        let id = self.find_column(table, node, key, problems)?;
        let column = self.get(table)?.columns.get(id.0)?;
        if column.computed.is_some() {
            let message =
                format!("`{}` is computed, and rows are placed in time by what the data say", column.name);
            problems.add(
                Report::error(codes::NOT_A_TIME, &node.span, message)
                    .expected("a column of type `date` or `timestamp`"),
            );
            return None;
        }
        if self.is_about_broken(table, &column.name)
            || matches!(column.ty, ColumnType::Date | ColumnType::Timestamp)
        {
            return Some(id);
        }
        let message = format!("column `{}` cannot place a row in time", column.name);
        problems.add(
            Report::error(codes::NOT_A_TIME, &node.span, message)
                .expected("a column of type `date` or `timestamp`"),
        );
        None
    }
}

/// True if a formula contains a name, not as a part of a longer one.
fn mentions(formula: &str, name: &str) -> bool {
    let inside = |letter: Option<char>| letter.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    !name.is_empty()
        && formula.match_indices(name).any(|(at, _)| {
            let (before, rest) = formula.split_at(at);
            !inside(before.chars().next_back()) && !inside(rest.chars().nth(name.chars().count()))
        })
}

pub(crate) fn read(root: &Fields<'_>, currency: Option<&str>, problems: &mut Problems<'_>) -> Tables {
    let mut tables = Tables::default();
    let mut asked = Vec::new();
    let Some((key, node)) = root.entry("tables") else {
        return tables;
    };
    let pairs = fields::pairs(node, &key.span, "`tables`", problems).unwrap_or_default();
    if pairs.len() > MAX_TABLES {
        let message = format!("the book has {} tables", pairs.len());
        let report = Report::error(codes::TOO_LARGE, &key.span, message);
        problems.add(report.expected(format!("at most {MAX_TABLES}")));
    }
    for (name, name_node, node) in pairs.into_iter().take(MAX_TABLES) {
        names::check(name, NameOf::Table, &name_node.span, problems);
        tables.index.insert(name, tables.list.len());
        let id = TableId(tables.list.len());
        if let Some((key, node)) = table(name, name_node, node, currency, &mut tables, problems) {
            asked.push(lookups::Asked { table: id, key, node });
        }
    }
    tables.rates = rates::read(root, &mut tables, problems);
    lookups::read(&asked, &mut tables, problems);
    tables
}

/// Reads a table and gives its lookups back, which wait until all tables are known.
fn table<'n>(
    name: &str,
    name_node: &Node,
    node: &'n Node,
    currency: Option<&str>,
    tables: &mut Tables,
    problems: &mut Problems<'_>,
) -> Option<(&'n Node, &'n Node)> {
    let id = TableId(tables.list.len());
    let what = format!("table {}", quoted(name));
    let known = [
        "entity",
        "time",
        "description",
        "columns",
        "key",
        "valid_from",
        "valid_to",
        "lookups",
        "dimensions",
        "bands",
    ];
    let fields = Fields::open(node, &name_node.span, &what, &known, problems);
    let mut table = Table {
        name: name.to_owned(),
        entity: None,
        time: None,
        columns: vec![],
        key: vec![],
        valid: None,
        lookups: vec![],
        conversions: vec![],
        description: String::new(),
    };
    let mut index = Index::default();
    let mut broken = None;
    if let Some(fields) = &fields {
        table.entity =
            fields.get("entity").and_then(|n| fields::text(n, "entity", problems)).map(str::to_owned);
        table.description = fields.words("description", problems);
        if let Some(columns) = fields.need("columns", &what, problems) {
            let what = format!("`columns` of {what}");
            let pairs = fields::pairs(columns, &columns.span, &what, problems);
            broken = pairs.as_ref().map(|_| vec![]);
            let pairs = pairs.unwrap_or_default();
            let all: Vec<&str> = pairs.iter().map(|(name, ..)| *name).collect();
            let money = Money { currency, columns: &all };
            for (name, key, node) in pairs {
                let sound = names::check(name, NameOf::Column, &key.span, problems);
                let (column, readable) = column(name, key, node, money, problems);
                if let (false, Some(broken)) = (sound && readable, &mut broken)
                    && !problems.is_full()
                {
                    broken.push(name.to_owned());
                }
                index.insert(name, table.columns.len());
                table.columns.push(column);
            }
        }
    }
    tables.list.push(table);
    tables.columns.push(index);
    tables.broken.push(broken);
    let fields = fields?;
    let time = fields.get("time").and_then(|node| tables.find_time(id, node, "time", problems));
    currency_columns(id, &fields, tables, problems);
    let key = key(id, &fields, tables, problems);
    let valid = validity(id, &fields, tables, problems);
    if let Some(table) = tables.list.get_mut(id.0) {
        (table.time, table.key, table.valid) = (time, key, valid);
    }
    fields.entry("lookups")
}

/// Amounts in the currency that a column names need such a column.
fn currency_columns(table: TableId, fields: &Fields<'_>, tables: &mut Tables, problems: &mut Problems<'_>) {
    let Some(own) = tables.get(table) else { return };
    let mut broken = Vec::new();
    for column in &own.columns {
        let Some(by) = column.unit.as_ref().and_then(Unit::currency_column) else { continue };
        let named = own.columns.iter().find(|other| other.name == by);
        if named.is_some_and(|other| matches!(other.ty, ColumnType::Category(_) | ColumnType::Id)) {
            continue;
        }
        let span = fields
            .get("columns")
            .and_then(|node| node.peek(&column.name))
            .map_or(&fields.span, |node| &node.span);
        let message = match named {
            Some(_) => format!("column {} holds no currencies", quoted(by)),
            None => format!("table `{}` has no column {}", own.name, quoted(by)),
        };
        let near = problems.near(by, own.columns.iter().map(|column| column.name.as_str()));
        problems.add(
            Report::error(
                if named.is_some() { codes::BAD_UNIT } else { codes::UNKNOWN_COLUMN },
                span,
                message,
            )
            .expected("`money[…]` with a currency code, or with a `category` of the table that names one")
            .meant(near.filter(|_| named.is_none())),
        );
        broken.push(column.name.clone());
    }
    if let Some(Some(known)) = tables.broken.get_mut(table.0) {
        known.extend(broken);
    }
}

/// The columns that together name a row.
fn key(table: TableId, fields: &Fields<'_>, tables: &Tables, problems: &mut Problems<'_>) -> Vec<ColumnId> {
    let mut key = Vec::new();
    for node in fields.get("key").map_or(&[][..], fields::list) {
        let Some(id) = tables.find_column(table, node, "key", problems) else { continue };
        let Some(column) = tables.get(table).and_then(|table| table.columns.get(id.0)) else { continue };
        if key.contains(&id) {
            let message = format!("column `{}` is twice in the key", column.name);
            problems.add(Report::error(codes::DUPLICATE_NAME, &node.span, message).hint(ONE_TOO_MANY));
        } else if matches!(column.ty, ColumnType::Float | ColumnType::Decimal(_) | ColumnType::Duration) {
            let message = format!("column `{}` cannot be a part of a key", column.name);
            problems.add(
                Report::error(codes::BAD_KEY, &node.span, message)
                    .expected("a column of type `id`, `category`, `int`, `bool`, `date` or `timestamp`")
                    .hint("a key that looks like a number is an `id`"),
            );
        }
        // Even a column that was refused stands for a part of the key: its absence would only be told again.
        key.push(id);
    }
    key
}

/// The columns that say when a row holds.
fn validity(
    table: TableId,
    fields: &Fields<'_>,
    tables: &Tables,
    problems: &mut Problems<'_>,
) -> Option<Validity> {
    let (from, to) = (fields.entry("valid_from"), fields.entry("valid_to"));
    let Some((from_key, from)) = from else {
        if let Some((key, _)) = to {
            let message = "`valid_to` without `valid_from`: nothing says when a row begins to hold";
            problems.add(
                Report::error(codes::LOOKUP_TIME, &key.span, message).hint("add `valid_from` with a date"),
            );
        }
        return None;
    };
    if fields.get("key").is_none() {
        let message = "`valid_from` without `key`: nothing says which rows follow one another";
        problems.add(
            Report::error(codes::LOOKUP_TIME, &from_key.span, message)
                .hint("add `key` with the column that names what the rows are about"),
        );
    }
    let from_id = tables.find_time(table, from, "valid_from", problems);
    let to_id = to.and_then(|(_, node)| tables.find_time(table, node, "valid_to", problems));
    let column = |id: ColumnId| tables.get(table).and_then(|table| table.columns.get(id.0));
    if let (Some(from), Some(to), Some((_, node))) = (from_id.and_then(column), to_id.and_then(column), to)
        && from.ty != to.ty
    {
        let message = format!("`{}` is a date and `{}` is none, or the other way round", from.name, to.name);
        problems.add(
            Report::error(codes::LOOKUP_TIME, &node.span, message)
                .expected("`valid_from` and `valid_to` of one type"),
        );
    }
    Some(Validity { from: from_id?, to: to_id })
}

/// The column, and whether its type could be read.
fn column(
    name: &str,
    key: &Node,
    node: &Node,
    money: Money<'_>,
    problems: &mut Problems<'_>,
) -> (Column, bool) {
    let mut column = Column {
        name: name.to_owned(),
        source: name.to_owned(),
        ty: ColumnType::Category(None),
        values: vec![],
        unit: None,
        format: None,
        found: None,
        computed: None,
        description: String::new(),
    };
    if !matches!(node.kind, Kind::Map(_)) {
        let ty = column_type(node, &key.span, money, problems);
        let readable = ty.is_some();
        (column.ty, column.unit) = ty.unwrap_or((column.ty, None));
        return (column, readable);
    }
    let what = format!("column {}", quoted(name));
    let known = ["type", "source", "format", "zone", "values", "allowed", "unit", "description"];
    let Some(fields) = Fields::open(node, &key.span, &what, &known, problems) else {
        return (column, false);
    };
    if let Some(source) = fields.get("source").and_then(|node| fields::text(node, "source", problems)) {
        column.source = source.to_owned();
    }
    column.description = fields.words("description", problems);
    let ty =
        fields.need("type", &what, problems).and_then(|node| column_type(node, &key.span, money, problems));
    let readable = ty.is_some();
    match ty {
        Some((ColumnType::Category(_), _)) => categories(&fields, &mut column, problems),
        Some((ty, unit)) => {
            for key in ["allowed", "values"] {
                if let Some((key_node, _)) = fields.entry(key) {
                    let message = format!("{what} is no category, so `{key}` has no meaning");
                    problems.add(
                        Report::error(codes::NOT_A_CATEGORY, &key_node.span, message)
                            .hint(format!("remove `{key}`, or write `type: category`")),
                    );
                }
            }
            (column.ty, column.unit) = (ty, unit);
        }
        None => {}
    }
    if let Some((key, node)) = fields.entry("unit")
        && readable
    {
        stated_unit(&mut column, &key.span, node, money.currency, problems);
    }
    if readable {
        column.format = formats::read(&fields, &column.ty, &what, problems);
    }
    (column, readable)
}

/// `unit` of a column.
fn stated_unit(
    column: &mut Column,
    key: &Range<usize>,
    node: &Node,
    currency: Option<&str>,
    problems: &mut Problems<'_>,
) {
    let Some(unit) = units::read(node, currency, problems) else { return };
    if !matches!(column.ty, ColumnType::Int | ColumnType::Decimal(_) | ColumnType::Float) {
        let message = format!("column {} holds no numbers, so `unit` has no meaning", quoted(&column.name));
        problems.add(
            Report::error(codes::BAD_UNIT, key, message)
                .expected("`unit` on a column of type `int`, `decimal(2)`, `money` or `float`"),
        );
    } else if column.unit.as_ref().is_some_and(|own| *own != unit) {
        let message =
            format!("column {} is money by its type, and `{unit}` by its `unit`", quoted(&column.name));
        problems.add(
            Report::error(codes::BAD_UNIT, &node.span, message)
                .hint("write `type: decimal(2)`, or remove `unit`"),
        );
    } else {
        column.unit = Some(unit);
    }
}

/// `allowed` closes the set of values, `values` maps other spellings into it.
fn categories(fields: &Fields<'_>, column: &mut Column, problems: &mut Problems<'_>) {
    let mut allowed: Option<BTreeSet<String>> = None;
    if let Some((key, node)) = fields.entry("allowed") {
        let mut set = BTreeSet::new();
        if let Kind::List(items) = &node.kind {
            for item in items {
                let Some(value) = fields::text(item, "an allowed value", problems) else {
                    continue;
                };
                if !set.insert(value.to_owned()) {
                    let message = format!("{} is allowed twice", quoted(value));
                    problems
                        .add(Report::error(codes::DUPLICATE_NAME, &item.span, message).hint(ONE_TOO_MANY));
                }
            }
            if items.is_empty() {
                let message = "`allowed` is empty, so no value would be";
                problems.add(
                    Report::error(codes::WRONG_TYPE, &key.span, message)
                        .expected("at least one value")
                        .hint("remove `allowed` to leave the values open"),
                );
            }
        } else {
            let message = format!("`allowed` is {}", node.found());
            problems.add(Report::error(codes::WRONG_TYPE, &node.span, message).expected("a list of values"));
        }
        allowed = Some(set);
    }
    if let Some((key, node)) = fields.entry("values") {
        for (written, written_node, meant_node) in
            fields::pairs(node, &key.span, "`values`", problems).unwrap_or_default()
        {
            if let Some(scalar) = written_node.scalar() {
                fields::warn_if_ambiguous(scalar, &written_node.span, problems);
            }
            let Some(meant) = fields::text(meant_node, "the value that is meant", problems) else {
                continue;
            };
            if let Some(allowed) = allowed.as_ref().filter(|allowed| !allowed.contains(meant)) {
                let near = problems.near(meant, allowed.iter().map(String::as_str));
                let message =
                    format!("{} is mapped to {}, which is not allowed", quoted(written), quoted(meant));
                problems.add(
                    Report::error(codes::VALUE_NOT_ALLOWED, &meant_node.span, message)
                        .expected("one of the values in `allowed`")
                        .meant(near),
                );
            }
            column.values.push((written.to_owned(), meant.to_owned()));
        }
        column.values.sort();
    }
    column.ty = ColumnType::Category(allowed.map(|set| set.into_iter().collect()));
}

fn column_type(
    node: &Node,
    key: &Range<usize>,
    money: Money<'_>,
    problems: &mut Problems<'_>,
) -> Option<(ColumnType, Option<Unit>)> {
    let span = if node.is_null() { key } else { &node.span };
    let Some(scalar) = node.scalar() else {
        let message = format!("a column's type is {}", node.found());
        problems.add(Report::error(codes::WRONG_TYPE, span, message).expected(TYPES));
        return None;
    };
    let word = scalar.text.as_str();
    let plain = match word {
        "int" => Some(ColumnType::Int),
        "float" => Some(ColumnType::Float),
        "bool" => Some(ColumnType::Bool),
        "category" => Some(ColumnType::Category(None)),
        "id" => Some(ColumnType::Id),
        "date" => Some(ColumnType::Date),
        "timestamp" => Some(ColumnType::Timestamp),
        "duration" => Some(ColumnType::Duration),
        _ => None,
    };
    if let Some(plain) = plain {
        return Some((plain, None));
    }
    if let Some(digits) = word.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')')) {
        return scale(digits, span, problems).map(|ty| (ty, None));
    }
    if word == "money" {
        let Some(code) = money.currency else {
            let message = "`money` needs a currency, and the book names none";
            problems.add(
                Report::error(codes::BAD_CURRENCY, span, message)
                    .hint("write `money[EUR]`, or add `currency: EUR` to `book`"),
            );
            return None;
        };
        // A malformed currency of the book is reported where it stands.
        return Some((ColumnType::Decimal(currency_digits(code).unwrap_or(2)), Some(Unit::money(code))));
    }
    if let Some(code) = word.strip_prefix("money[").and_then(|rest| rest.strip_suffix(']')) {
        let digits = currency_digits(code);
        let unit = Unit::parse(word, None).ok();
        // The currency stands in a column; what that one holds is known once all columns are.
        let by = unit.as_ref().and_then(Unit::currency_column);
        if by.is_some_and(|column| money.columns.contains(&column)) {
            return Some((ColumnType::Decimal(MIXED_DIGITS), unit));
        }
        if digits.is_none() {
            let message = format!("{} is no currency code", quoted(code));
            problems.add(
                Report::error(codes::BAD_CURRENCY, span, message)
                    .expected(
                        "three capital letters as in ISO 4217, `EUR`, or a column that names the currency",
                    )
                    .fix(capitals(code).map(|code| Fix::Word(format!("money[{code}]")))),
            );
        }
        return digits.map(|digits| (ColumnType::Decimal(digits), unit));
    }
    let hint = match word {
        "integer" | "bigint" | "long" => Some("write `int`".to_owned()),
        "string" | "str" | "text" | "varchar" | "enum" => {
            Some("write `category` for a label, `id` for a key".to_owned())
        }
        "number" | "numeric" | "double" | "real" => {
            Some("write `decimal(2)` for exact amounts, `float` for measurements".to_owned())
        }
        "decimal" => Some("say how many digits stand after the point: `decimal(2)`".to_owned()),
        "boolean" => Some("write `bool`".to_owned()),
        "datetime" | "time" => Some("write `timestamp`".to_owned()),
        "interval" | "timedelta" => Some("write `duration`".to_owned()),
        _ => None,
    };
    let same = match word {
        "integer" | "bigint" | "long" => Some("int"),
        "boolean" => Some("bool"),
        "datetime" => Some("timestamp"),
        _ => None,
    };
    let names =
        ["int", "float", "bool", "category", "id", "date", "timestamp", "duration", "money", "decimal(2)"];
    let near = if hint.is_none() { problems.near(word, names) } else { None };
    let message = format!("{} is no column type", quoted(word));
    problems.add(
        Report::error(codes::BAD_COLUMN_TYPE, span, message)
            .expected(TYPES)
            .meant(near)
            .maybe(None, hint)
            .fix(same.map(|word| Fix::Word(word.to_owned()))),
    );
    None
}

fn scale(digits: &str, span: &Range<usize>, problems: &mut Problems<'_>) -> Option<ColumnType> {
    let number = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty();
    match digits.parse::<u8>().ok().filter(|scale| number && *scale <= MAX_SCALE) {
        Some(scale) => Some(ColumnType::Decimal(scale)),
        None => {
            let message = format!("a decimal cannot have {} digits after the point", quoted(digits));
            problems.add(
                Report::error(codes::BAD_SCALE, span, message)
                    .expected(format!("a whole number from 0 to {MAX_SCALE}")),
            );
            None
        }
    }
}
