//! The result of an evaluation: long, one row for each metric, level, group and period.

use super::{Program, Receipt};
use crate::bind::Unreadable;
use crate::lookup::LookupReport;
use ripplemark_core::cell::{CellValue, Cells, DimValue};
use ripplemark_core::program::DimType;
use ripplemark_core::program::layout::LEVEL_PERIOD;
use ripplemark_core::state::Reject;
use ripplemark_core::time::{Grain, civil_from_days};
use ripplemark_core::types::LogicalType;
use ripplemark_core::{Flags, Program as View, Reasons, State};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a reader of a metric's number needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricInfo {
    /// The name that formulas and queries use.
    pub name: String,
    /// The name shown to people.
    pub label: String,
    /// Names of the owning teams, joined by ", ".
    pub owner: String,
    /// The unit; empty where the book gives none.
    pub unit: String,
    /// What the metric means.
    pub description: String,
    /// `behaviour`, `conversion`, `revenue`, or empty.
    pub ring: &'static str,
    /// `simple`, `ratio` or `derived`.
    pub kind: &'static str,
    /// True if the value is one rational over counts, integers and decimals, rounded once.
    pub exact: bool,
    /// SHA-256 of what the metric means, in hex.
    pub meaning: String,
}

/// Where a cell stands in one dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coordinate {
    /// The level does not distinguish this dimension: a total over it.
    All,
    /// The rows have no value here; they are a group of their own.
    Missing,
    /// An integer.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i64),
    /// Text.
    Text(String),
}

impl std::fmt::Display for Coordinate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Coordinate::All => f.write_str("(all)"),
            Coordinate::Missing => f.write_str("(missing)"),
            Coordinate::Int(value) => write!(f, "{value}"),
            Coordinate::Bool(value) => write!(f, "{value}"),
            Coordinate::Date(day) => f.write_str(&iso_date(*day)),
            Coordinate::Text(text) => f.write_str(text),
        }
    }
}

/// `YYYY-MM-DD` of a day number.
#[must_use]
pub(crate) fn iso_date(day: i64) -> String {
    let (year, month, day) = civil_from_days(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A point in time, RFC 3339 in UTC, with as many digits after the second as it has.
#[must_use]
pub(crate) fn iso_instant(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| format!("{micros} µs"), |at| at.to_string())
}

/// One number, or the reasons why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultCell {
    /// Position in [`ResultSet::metrics`].
    pub metric: usize,
    /// Mask of the level; see [`ResultSet::level_name`].
    pub level: u32,
    /// One coordinate for each dimension; shared by the cells of a group.
    pub key: Arc<[Coordinate]>,
    /// First day of the period, in days since 1970-01-01.
    pub period: Option<i64>,
    /// The value, correctly rounded.
    pub value: Option<f64>,
    /// The exact value as digits or as a fraction, for exact metrics.
    pub exact: Option<String>,
    /// Why there is no value.
    pub reasons: Reasons,
    /// What to know about the value.
    pub flags: Flags,
    /// Numerator, correctly rounded.
    pub numerator: Option<f64>,
    /// Denominator, correctly rounded.
    pub denominator: Option<f64>,
    /// Rows behind the number.
    pub n: u64,
}

impl ResultCell {
    /// The value with its exact text, as [`show`](crate::show) takes it.
    #[must_use]
    pub fn number(&self) -> (Option<f64>, Option<&str>) {
        (self.value, self.exact.as_deref())
    }
}

/// What happened to the rows of a table under one time column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowReport {
    /// The table.
    pub table: String,
    /// The column that placed rows in time; `None` where time was not read.
    pub at: Option<String>,
    /// Rows read.
    pub read: u64,
    /// Rows that entered a group.
    pub used: u64,
    /// (reason, rows) for those that did not; only reasons that occurred.
    #[serde(deserialize_with = "known_rejects")]
    pub rejected: Vec<(&'static str, u64)>,
    /// The latest time among the used rows: days for a date column, microseconds for a timestamp column.
    pub watermark: Option<i64>,
    /// The watermark as text: a day, or a point in time in UTC.
    #[serde(default)]
    pub latest: Option<String>,
}

/// Rows that a metric has left out because its arithmetic or one of their values has failed (`on_row_error: reject`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowErrors {
    /// The metric.
    pub metric: String,
    /// The table whose rows they are.
    pub table: String,
    /// (first reason of the row, rows), only reasons that occurred. A row that several aggregates of the metric leave
    /// out is counted for each.
    pub rejected: Vec<(String, u64)>,
}

/// Reasons by the names that this version knows; others, of a later version, are `other`.
fn known_rejects<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(&'static str, u64)>, D::Error> {
    let read = Vec::<(String, u64)>::deserialize(from)?;
    let known =
        |name: &str| Reject::ALL.iter().map(|r| r.name()).find(|known| *known == name).unwrap_or("other");
    Ok(read.iter().map(|(name, rows)| (known(name), *rows)).collect())
}

/// What happened to the values of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnReport {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// Rows without a value (nulls and NaN).
    pub missing: u64,
    /// Rows whose value is not of the declared type.
    pub invalid: u64,
    /// The first unreadable text and its row, where the host read text.
    pub example: Option<(u64, String)>,
}

/// Values that the host could not read, by table of the plan and column name.
pub(super) type UnreadableByColumn = BTreeMap<(usize, String), Unreadable>;

/// A result with everything that explains it.
#[derive(Clone, Debug)]
pub struct ResultSet {
    /// The metrics, in the order of the query.
    pub metrics: Vec<MetricInfo>,
    /// Names of the dimensions, in the order of the query.
    pub dims: Vec<String>,
    /// Length of a period, where there is a time axis.
    pub grain: Option<Grain>,
    /// The cells: by level, then by key, then by metric. Keys ascend: numbers, days, bytes of a text, labels of a band
    /// by its edges; missing ones are last.
    pub cells: Vec<ResultCell>,
    /// What happened to the rows.
    pub rows: Vec<RowReport>,
    /// What happened to the values; only columns with missing or invalid values.
    pub columns: Vec<ColumnReport>,
    /// Rows that metrics have left out because they failed: one entry for each metric and table that had any.
    pub row_errors: Vec<RowErrors>,
    /// What was looked up in other tables, and what was not found.
    pub lookups: Vec<LookupReport>,
    /// What this result was made of.
    pub receipt: Receipt,
    pub(super) dim_types: Vec<DimType>,
    /// For each metric, the digits after the point of its exact value, where it is a decimal.
    pub(super) digits: Vec<Option<u8>>,
    pub(super) hasher: Sha256,
}

impl ResultSet {
    pub(super) fn new(
        program: &Program,
        state: &State<&[u64]>,
        unreadable: &UnreadableByColumn,
    ) -> ResultSet {
        let view = program.view();
        let dims: Vec<_> = (0..view.dim_count()).map(|d| view.dim(d)).collect();
        ResultSet {
            metrics: (0..view.metric_count()).map(|i| metric_info(view, i)).collect(),
            dims: dims.iter().map(|dim| dim.name.to_owned()).collect(),
            grain: view.grain(),
            cells: Vec::new(),
            rows: (0..state.placement_count(view)).map(|i| row_report(view, state, i)).collect(),
            columns: column_reports(program, state, unreadable),
            row_errors: row_errors(program, state),
            lookups: Vec::new(),
            receipt: Receipt::default(),
            dim_types: dims.iter().map(|dim| dim.ty).collect(),
            digits: (0..view.metric_count())
                .map(|i| view.metric(i))
                .map(|metric| metric.scale.filter(|_| metric.exact))
                .collect(),
            hasher: Sha256::new(),
        }
    }

    /// SHA-256 of the canonical bytes of all cells: the same on every machine and in every language.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hasher.clone().finalize().into()
    }

    /// The names of what a level distinguishes, joined by ","; `total` for none.
    #[must_use]
    pub fn level_name(&self, level: u32) -> String {
        let mut names: Vec<&str> = (self.dims.iter().enumerate())
            .filter(|(d, _)| level >> d & 1 == 1)
            .map(|(_, name)| name.as_str())
            .collect();
        if let Some(grain) = self.grain.filter(|_| level & LEVEL_PERIOD != 0) {
            names.push(grain_name(grain));
        }
        if names.is_empty() { "total".to_owned() } else { names.join(",") }
    }

    /// The cells of one metric, by name.
    pub fn metric(&self, name: &str) -> impl Iterator<Item = &ResultCell> {
        let position = self.metrics.iter().position(|m| m.name == name);
        self.cells.iter().filter(move |cell| Some(cell.metric) == position)
    }

    /// The only cell of a metric in a result without dimensions and periods, or its total.
    #[must_use]
    pub fn total(&self, name: &str) -> Option<&ResultCell> {
        self.metric(name).find(|cell| cell.level == 0)
    }
}

/// The word for a grain.
pub(crate) fn grain_name(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
        Grain::Year => "year",
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn metric_info(view: &View<'_>, i: usize) -> MetricInfo {
    let metric = view.metric(i);
    MetricInfo {
        name: metric.name.to_owned(),
        label: metric.label.to_owned(),
        owner: metric.owner.to_owned(),
        unit: metric.unit.to_owned(),
        description: metric.description.to_owned(),
        ring: ["", "behaviour", "conversion", "revenue"].get(usize::from(metric.ring)).copied().unwrap_or(""),
        kind: ["simple", "ratio", "derived"].get(usize::from(metric.kind)).copied().unwrap_or(""),
        exact: metric.exact,
        meaning: hex(metric.meaning),
    }
}

fn row_report(view: &View<'_>, state: &State<&[u64]>, i: usize) -> RowReport {
    let counts = state.row_counts(view, i);
    // As the core sees them: a time may have been looked up.
    let table = view.table_named(counts.table).map(|table| view.table(table));
    let is_day = table.is_some_and(|table| {
        let mut columns = (0..table.column_count).map(|column| view.column(&table, column));
        columns.any(|column| Some(column.name) == counts.at && column.ty == LogicalType::Date)
    });
    RowReport {
        table: counts.table.to_owned(),
        at: counts.at.map(str::to_owned),
        read: counts.read,
        used: counts.used,
        rejected: (Reject::ALL.iter().zip(counts.rejected))
            .filter(|(_, rows)| *rows > 0)
            .map(|(reject, rows)| (reject.name(), rows))
            .collect(),
        watermark: counts.watermark,
        latest: counts.watermark.map(|at| if is_day { iso_date(at) } else { iso_instant(at) }),
    }
}

fn row_errors(program: &Program, state: &State<&[u64]>) -> Vec<RowErrors> {
    let view = program.view();
    let mut errors: Vec<RowErrors> = Vec::new();
    let mut last = None;
    // They stand by metric, table and reason.
    for slot in program.plan().asked.iter().flat_map(|asked| &asked.rejects) {
        let rows = state.slot_total(view, slot.slot);
        let in_range =
            slot.metric < view.metric_count() && slot.table < view.table_count() && slot.reason < 8;
        if rows == 0 || !in_range {
            continue;
        }
        if last.replace((slot.metric, slot.table)) != Some((slot.metric, slot.table)) {
            let metric = view.metric(slot.metric).name.to_owned();
            let table = view.table(slot.table).name.to_owned();
            errors.push(RowErrors { metric, table, rejected: Vec::new() });
        }
        let reason = Reasons(1 << slot.reason).to_string();
        let Some(RowErrors { rejected, .. }) = errors.last_mut() else { continue };
        match rejected.last_mut().filter(|(known, _)| *known == reason) {
            Some((_, count)) => *count = count.saturating_add(rows),
            None => rejected.push((reason, rows)),
        }
    }
    errors
}

fn column_reports(
    program: &Program,
    state: &State<&[u64]>,
    unreadable: &UnreadableByColumn,
) -> Vec<ColumnReport> {
    let mut reports = Vec::new();
    let view = program.view();
    for t in 0..view.table_count() {
        let table = view.table(t);
        for c in 0..table.column_count {
            let (missing, invalid) = state.column_counts(view, t, c);
            // Not their sum: a state from elsewhere may count more than there can be.
            if missing > 0 || invalid > 0 {
                let column = view.column(&table, c).name;
                // A column that was looked up has its unreadable value, and its row, in the other table.
                let example = (program.plan().origin(t, c))
                    .and_then(|origin| unreadable.get(&origin))
                    .map(|found| (found.row as u64, found.text.clone()));
                reports.push(ColumnReport {
                    table: table.name.to_owned(),
                    column: column.to_owned(),
                    missing,
                    invalid,
                    example,
                });
            }
        }
    }
    reports
}

impl ResultSet {
    /// Puts the groups of bands into the order of their edges. The canonical order, in which cells are hashed, is that
    /// of the labels' bytes.
    pub(super) fn order_bands(&mut self, program: &Program) {
        let labels = program.plan().asked.as_ref().map_or(&[][..], |asked| &asked.labels);
        if labels.is_empty() {
            return;
        }
        let mut levels: Vec<u32> = Vec::new();
        for cell in &self.cells {
            if levels.last() != Some(&cell.level) {
                levels.push(cell.level);
            }
        }
        // Equal keys stay as they are: by period and metric.
        self.cells.sort_by_cached_key(|cell| {
            let level = levels.iter().position(|level| *level == cell.level);
            let place = |(dim, coordinate): (usize, &Coordinate)| {
                let band = labels.get(dim).filter(|labels| !labels.is_empty());
                let among = band.and_then(|labels| {
                    labels
                        .iter()
                        .position(|label| matches!(coordinate, Coordinate::Text(text) if text == label))
                });
                (*coordinate == Coordinate::Missing, among, coordinate.clone())
            };
            (level, cell.key.iter().enumerate().map(place).collect::<Vec<_>>())
        });
    }
}

/// Takes the cells of the cursor's group into the result.
pub(super) fn read_group(set: &mut ResultSet, view: &View<'_>, cells: &mut Cells<'_, '_, &[u64]>) {
    let key: Arc<[Coordinate]> = (0..view.dim_count()).map(|d| coordinate(cells, d)).collect();
    let text_len: usize =
        key.iter().map(|c| if let Coordinate::Text(text) = c { text.len() } else { 0 }).sum();
    let mut canonical = Vec::new();
    let mut text = Vec::new();
    for (i, metric) in set.metrics.iter().enumerate() {
        let cell = cells.cell(i);
        // Name, key and numbers; 16 bytes for each dimension and 128 for the fixed parts are more than enough.
        canonical.resize(metric.name.len() + text_len + 16 * view.dim_count() + 128, 0);
        let written = cells.write_value(&metric.name, &cell, &mut canonical);
        if let Some(written) = written.and_then(|len| canonical.get(..len)) {
            set.hasher.update(written);
        }
        let CellValue { value, reasons, flags, numerator, denominator, n } = cell;
        let exact =
            if metric.exact && value.is_some() { exact_text(view, cells, i, &mut text) } else { None };
        set.cells.push(ResultCell {
            metric: i,
            level: cells.level(),
            key: Arc::clone(&key),
            period: cells.period(),
            value,
            exact,
            reasons,
            flags,
            numerator,
            denominator,
            n,
        });
    }
}

fn exact_text(
    view: &View<'_>,
    cells: &mut Cells<'_, '_, &[u64]>,
    i: usize,
    text: &mut Vec<u8>,
) -> Option<String> {
    // Twenty digits for each word of numerator and denominator always suffice.
    let longest = view.text_capacity(i);
    if text.len() < longest {
        text.resize(longest, 0);
    }
    cells.text_of_value(i, text).map(str::to_owned)
}

pub(super) fn coordinate(cells: &Cells<'_, '_, &[u64]>, dim: usize) -> Coordinate {
    match cells.dim(dim) {
        DimValue::All => Coordinate::All,
        DimValue::Missing => Coordinate::Missing,
        DimValue::Int(value) => Coordinate::Int(value),
        DimValue::Bool(value) => Coordinate::Bool(value),
        DimValue::Date(day) => Coordinate::Date(day),
        DimValue::Text(len) => {
            let mut bytes = vec![0; len];
            let text = cells.dim_text(dim, &mut bytes).unwrap_or(&[]);
            Coordinate::Text(String::from_utf8_lossy(text).into_owned())
        }
    }
}
