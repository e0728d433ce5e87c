//! What stands above tables and metrics: the version of the format, the book's identity and calendar,
//! and the teams that can own something.

use std::ops::Range;

use jiff::tz::TimeZoneDatabase;

use super::business;
use super::codes;
use super::currency::{capitals, currency_digits};
use super::fields::{self, Fields};
use super::names::{self, Index, NameOf};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::repair::Fix;
use crate::model::{BusinessHours, OnRowError, Team, Weekday};

/// The version of the book format that is read.
const VERSION: &str = "1";

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// What can become of rows that fail.
pub(crate) const ON_ROW_ERROR: [(&str, OnRowError); 2] =
    [("fail_cell", OnRowError::FailCell), ("reject", OnRowError::Reject)];

/// The section `book`.
pub(crate) struct Header {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) currency: Option<String>,
    pub(crate) timezone: String,
    pub(crate) first_day_of_week: Weekday,
    pub(crate) first_month_of_year: u8,
    pub(crate) business_hours: Option<BusinessHours>,
    /// Whether the book has them, if only some that could not be read.
    pub(crate) has_business_hours: bool,
    /// For metrics that do not say.
    pub(crate) on_row_error: OnRowError,
}

/// True if the book is to be read on: of another version only that it is one is worth saying.
pub(crate) fn check_version(root: &Node, problems: &mut Problems<'_>) -> bool {
    if !matches!(root.kind, Kind::Map(_) | Kind::Null) {
        return true;
    }
    let Some(node) = root.peek("ripplemark").filter(|node| !node.is_null()) else {
        let message = "the book does not say which version of the format it is written in";
        problems.add(
            Report::error(codes::MISSING_KEY, &root.span, message)
                .hint("begin with `ripplemark: 1`")
                .fix(Fix::Header("ripplemark: 1\n")),
        );
        return true;
    };
    let Some(version) = fields::literal(node, "ripplemark", "`1`", problems) else {
        return true;
    };
    if version != VERSION {
        let message = format!("version {} of the book format is not known to this program", quoted(version));
        problems.add(
            Report::error(codes::VERSION, &node.span, message)
                .expected("`1`")
                .hint("a newer ripplemark may read it"),
        );
    }
    version == VERSION
}

pub(crate) fn read(root: &Fields<'_>, problems: &mut Problems<'_>) -> Header {
    let mut header = Header {
        id: String::new(),
        version: String::new(),
        currency: None,
        timezone: "UTC".to_owned(),
        first_day_of_week: Weekday::Monday,
        first_month_of_year: 1,
        business_hours: None,
        has_business_hours: false,
        on_row_error: OnRowError::default(),
    };
    const KEYS: [&str; 8] = [
        "id",
        "version",
        "currency",
        "timezone",
        "first_day_of_week",
        "first_month_of_year",
        "business_hours",
        "on_row_error",
    ];
    let Some(node) = root.need("book", "the book", problems) else {
        return header;
    };
    let span = root.entry("book").map_or(&root.span, |(key, _)| &key.span);
    let Some(book) = Fields::open(node, span, "`book`", &KEYS, problems) else {
        return header;
    };
    if let Some(node) = book.need("id", "`book`", problems)
        && let Some(id) = fields::text(node, "id", problems)
    {
        check_id(id, &node.span, problems);
        header.id = id.to_owned();
    }
    header.version = book.words("version", problems);
    if let Some(node) = book.get("currency")
        && let Some(code) = fields::text(node, "currency", problems)
    {
        if currency_digits(code).is_none() {
            let message = format!("{} is no currency code", quoted(code));
            problems.add(
                Report::error(codes::BAD_CURRENCY, &node.span, message)
                    .expected("three capital letters as in ISO 4217, `EUR`")
                    .fix(capitals(code).map(Fix::Word)),
            );
        }
        // Kept even if malformed, so that `money` does not complain about the same thing.
        header.currency = Some(code.to_owned());
    }
    if let Some(node) = book.get("timezone")
        && let Some(name) = fields::text(node, "timezone", problems)
        && let Some(name) = timezone(name, &node.span, problems)
    {
        header.timezone = name;
    }
    if let Some(node) = book.get("first_day_of_week")
        && let Some(day) = fields::choice(node, "first_day_of_week", &WEEKDAYS, problems)
    {
        header.first_day_of_week = day;
    }
    if let Some(node) = book.get("first_month_of_year")
        && let Some(month) = fields::whole(node, "first_month_of_year", 1..=12, problems)
    {
        header.first_month_of_year = month;
    }
    if let Some((key, node)) = book.entry("business_hours") {
        header.has_business_hours = true;
        header.business_hours = business::read(node, &key.span, problems);
    }
    if let Some(node) = book.get("on_row_error")
        && let Some(what) = fields::choice(node, "on_row_error", &ON_ROW_ERROR, problems)
    {
        header.on_row_error = what;
    }
    header
}

fn check_id(id: &str, span: &Range<usize>, problems: &mut Problems<'_>) {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.is_empty() || id.len() > 128 || !id.chars().all(fits) {
        problems.add(
            Report::error(codes::BAD_NAME, span, format!("{} cannot be the id of a book", quoted(id)))
                .expected("1 to 128 letters a to z, digits, `-`, `_` and `.`"),
        );
    }
}

/// The zone's name as the database spells it. The database is the one this program carries: what the
/// machine has installed must not decide whether a book is right.
fn timezone(name: &str, span: &Range<usize>, problems: &mut Problems<'_>) -> Option<String> {
    let database = TimeZoneDatabase::bundled();
    if let Some(known) = database.get(name).ok().and_then(|zone| zone.iana_name().map(str::to_owned)) {
        return Some(known);
    }
    let names: Vec<String> = database.available().map(|known| known.as_str().to_owned()).collect();
    let near = problems.near(name, names.iter().map(String::as_str));
    problems.add(
        Report::error(codes::UNKNOWN_TIMEZONE, span, format!("{} is no time zone", quoted(name)))
            .expected("a name of the IANA database, `Europe/Berlin`")
            .meant(near),
    );
    None
}

/// The teams and where to find them by their keys.
pub(crate) fn teams(root: &Fields<'_>, problems: &mut Problems<'_>) -> (Vec<Team>, Index) {
    let mut teams = Vec::new();
    let mut index = Index::default();
    let Some((key, node)) = root.entry("teams") else {
        return (teams, index);
    };
    for (id, id_node, name) in fields::pairs(node, &key.span, "`teams`", problems).unwrap_or_default() {
        names::check(id, NameOf::Team, &id_node.span, problems);
        if let Some(scalar) = id_node.scalar() {
            fields::warn_if_ambiguous(scalar, &id_node.span, problems);
        }
        let name = if name.is_null() { id } else { team_name(name, problems).unwrap_or(id) };
        index.insert(id, teams.len());
        teams.push(Team { id: id.to_owned(), name: name.to_owned() });
    }
    (teams, index)
}

fn team_name<'n>(node: &'n Node, problems: &mut Problems<'_>) -> Option<&'n str> {
    fields::text(node, "the name of a team", problems)
}
