//! A program: a book and a query, compiled to bytes that are validated once and then run as they are.
//!
//! [`Program::from_bytes`] checks everything that running relies on, in dependency order, and never panics on any
//! input. Nothing is copied: a [`Program`] borrows the bytes, which may lie in flash or in a mapped file.

pub mod layout;
pub mod op;
mod validate;

use crate::error::Error;
use crate::time::{Business, Calendar, Grain, Zone};
use crate::types::LogicalType;
use layout::{NONE, RECORD, SECTIONS, Section, header};
use op::{CellOp, Instruction, Kind, RowOp, SlotKind};

/// A validated program over borrowed bytes.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    bytes: &'a [u8],
    sections: [&'a [u8]; SECTIONS],
    /// Words that the cell registers and their working space take.
    cell_words: usize,
    /// Words of a group's slots.
    slot_words: usize,
}

/// A table of a program.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct TableView<'a> {
    pub name: &'a str,
    pub(crate) column_start: usize,
    pub column_count: usize,
    pub(crate) code_start: usize,
    /// Number of row instructions, and so of registers that [`crate::Scratch`] must hold.
    pub code_count: usize,
    /// Row register of the query's filter.
    pub filter: Option<usize>,
    pub(crate) key_start: usize,
    /// First placement of the table; its placements follow one another.
    pub placement_start: usize,
    pub placement_count: usize,
}

/// A column of a program's table.
#[derive(Clone, Copy, Debug)]
pub struct ColumnView<'a> {
    /// The name that formulas use.
    pub name: &'a str,
    /// The name that the data use.
    pub source: &'a str,
    /// The declared type.
    pub ty: LogicalType,
    /// How the data write the column's times, where the book says so. The core takes times as numbers and does not read
    /// this; hosts that read text do.
    pub format: Option<FormatView<'a>>,
    pub(crate) map: (usize, usize),
    pub(crate) allowed: Option<(usize, usize)>,
}

/// How the data write the times of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatView<'a> {
    /// The pattern of the text, or the unit of the number.
    pub pattern: &'a str,
    /// True if text without an offset is UTC; otherwise it is local time of [`Program::zone`].
    pub utc: bool,
}

/// Type of a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DimType {
    Int = 0,
    Bool = 1,
    Date = 2,
    Text = 3,
}

/// A dimension of a program.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct DimView<'a> {
    pub name: &'a str,
    pub ty: DimType,
}

/// Where a row's value of a dimension is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A row register that holds an integer, a truth value or a day.
    Register(usize),
    /// A text column of the table.
    TextColumn(usize),
    /// A row register that holds a text, which row code chooses from columns and constants.
    TextRegister(usize),
}

/// One way in which the rows of a table stand in time.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    /// The table.
    pub table: usize,
    /// Row register of the date or timestamp; `None` where time is not read.
    pub at: Option<usize>,
}

/// A slot of a program: what one aggregate accumulates in each group.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// The placement whose rows enter.
    pub placement: usize,
    /// What is accumulated.
    pub kind: SlotKind,
    pub(crate) scale: u8,
    /// Row register of the condition under which rows enter; `None`: all rows do.
    pub mask: Option<usize>,
    /// Row register of the value that enters; `None`: rows are only counted.
    pub arg: Option<usize>,
    pub(crate) offset: usize,
}

/// A metric of a program: what a reader of its number needs to know.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct MetricView<'a> {
    pub name: &'a str,
    pub label: &'a str,
    /// Names of the owning teams, joined by ", ".
    pub owner: &'a str,
    /// Empty where the book gives none.
    pub unit: &'a str,
    pub description: &'a str,
    /// 0 none, 1 behaviour, 2 conversion, 3 revenue.
    pub ring: u8,
    /// 0 simple, 1 ratio, 2 derived.
    pub kind: u8,
    /// True if the value is one rational, rounded once; its exact text is then available.
    pub exact: bool,
    /// SHA-256 of what the metric means.
    pub meaning: &'a [u8],
    /// Digits after the point of the exact text; `None`: it is a fraction.
    pub scale: Option<u8>,
    /// Cell register of the value.
    pub value: usize,
    /// Cell register of what is divided, where the metric is a quotient or an average.
    pub numerator: Option<usize>,
    /// Cell register of what it is divided by.
    pub denominator: Option<usize>,
    pub(crate) n: usize,
}

/// Where the numbers of a metric stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MetricNumbers {
    pub(crate) exact: bool,
    pub(crate) scale: Option<u8>,
    pub(crate) value: usize,
    pub(crate) numerator: Option<usize>,
    pub(crate) denominator: Option<usize>,
    pub(crate) n: usize,
}

fn index(value: u32) -> Option<usize> {
    if value == NONE { None } else { Some(value as usize) }
}

pub(crate) fn read_u32(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(b) => u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        None => 0,
    }
}

fn read_i64(bytes: &[u8], at: usize) -> i64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, i64::from_le_bytes)
}

fn read_u8(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

impl<'a> Program<'a> {
    /// Reads and validates a program.
    ///
    /// # Errors
    /// One of the `Program…` codes for any bytes that are not a whole, consistent program of this version.
    ///
    /// # Panics
    /// Never. Time is linear in the length of the bytes.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, Error> {
        validate::program(bytes)
    }

    /// The bytes the program was read from.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    fn record(&self, section: Section, i: usize) -> &'a [u8] {
        let size = RECORD[section as usize];
        self.sections[section as usize]
            .get(i.saturating_mul(size)..)
            .and_then(|rest| rest.get(..size))
            .unwrap_or(&[])
    }

    fn count(&self, section: Section) -> usize {
        self.sections[section as usize].len() / RECORD[section as usize]
    }

    fn string(&self, record: &[u8], at: usize) -> &'a str {
        let (offset, length) = (read_u32(record, at) as usize, read_u32(record, at + 4) as usize);
        self.sections[Section::Strings as usize]
            .get(offset..offset.saturating_add(length))
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .unwrap_or("")
    }

    /// Hash of everything that two states must share to be merged.
    #[must_use]
    pub fn signature(&self) -> &'a [u8] {
        self.bytes.get(header::SIGNATURE..header::SIGNATURE + 32).unwrap_or(&[])
    }

    /// The section that says how hosts look rows up in other tables and what was asked, as it is: nothing in it has
    /// been checked. It may be empty.
    #[must_use]
    pub fn lookups(&self) -> &'a [u8] {
        self.sections[Section::Lookups as usize]
    }

    /// Length of a period; `None` where the query asks for no time axis.
    #[must_use]
    pub fn grain(&self) -> Option<Grain> {
        Grain::from_u8(read_u8(self.bytes, header::GRAIN))
    }

    /// What the book says about weeks and years.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        Calendar {
            first_day_of_week: read_u8(self.bytes, header::FIRST_DAY),
            first_month_of_year: read_u8(self.bytes, header::FIRST_MONTH),
        }
    }

    /// The book's time zone, as far as the program knows it.
    #[must_use]
    pub fn zone(&self) -> Zone<'a> {
        Zone::new(self.zone_bytes())
    }

    /// The entries of the book's time zone, for [`Zone::new`].
    #[must_use]
    pub fn zone_bytes(&self) -> &'a [u8] {
        self.sections[Section::Zone as usize]
    }

    /// The book's business hours, where a formula counts them.
    #[must_use]
    pub fn business(&self) -> Option<Business<'a>> {
        Business::new(self.sections[Section::BusinessHours as usize], self.zone())
    }

    /// The query's fixed `as_of`: first instant (microseconds) and first day that do not count as known.
    #[must_use]
    pub fn as_of(&self) -> Option<(i64, i32)> {
        (read_u8(self.bytes, header::HAS_AS_OF) == 1)
            .then(|| (read_i64(self.bytes, header::AS_OF), read_u32(self.bytes, header::AS_OF_DAY) as i32))
    }

    /// Half-open range of instants.
    #[must_use]
    pub fn range(&self) -> (i64, i64) {
        (read_i64(self.bytes, header::RANGE_FROM), read_i64(self.bytes, header::RANGE_TO))
    }

    /// Half-open range of days.
    #[must_use]
    pub fn range_days(&self) -> (i64, i64) {
        let day = |at| read_u32(self.bytes, at) as i32;
        // An end that was not set excludes no day, the last one that a date can hold included.
        let to = day(header::RANGE_TO_DAY);
        (i64::from(day(header::RANGE_FROM_DAY)), if to == i32::MAX { i64::MAX } else { i64::from(to) })
    }

    /// Half-open range of instants that the time zone data cover.
    #[must_use]
    pub fn calendar_range(&self) -> (i64, i64) {
        (read_i64(self.bytes, header::CALENDAR_FROM), read_i64(self.bytes, header::CALENDAR_TO))
    }

    /// How many tables the program reads.
    #[must_use]
    pub fn table_count(&self) -> usize {
        self.count(Section::Tables)
    }

    /// Table `i`; an empty view past the end.
    #[must_use]
    pub fn table(&self, i: usize) -> TableView<'a> {
        let r = self.record(Section::Tables, i);
        let field = |at| read_u32(r, at) as usize;
        TableView {
            name: self.string(r, layout::table::NAME),
            column_start: field(layout::table::COLUMN_START),
            column_count: field(layout::table::COLUMN_COUNT),
            code_start: field(layout::table::CODE_START),
            code_count: field(layout::table::CODE_COUNT),
            filter: index(read_u32(r, layout::table::FILTER)),
            key_start: field(layout::table::KEY_START),
            placement_start: field(layout::table::PLACEMENT_START),
            placement_count: field(layout::table::PLACEMENT_COUNT),
        }
    }

    /// The number of the table with this name.
    #[must_use]
    pub fn table_named(&self, name: &str) -> Option<usize> {
        (0..self.table_count()).find(|&i| self.table(i).name == name)
    }

    /// Column `i` of a table, in the order in which batches bring them.
    #[must_use]
    pub fn column(&self, table: &TableView<'_>, i: usize) -> ColumnView<'a> {
        self.column_at(table.column_start + i)
    }

    fn column_at(&self, i: usize) -> ColumnView<'a> {
        let r = self.record(Section::Columns, i);
        let field = |at| read_u32(r, at) as usize;
        let ty = match read_u8(r, layout::column::TYPE) {
            1 => LogicalType::Decimal(read_u8(r, layout::column::SCALE)),
            2 => LogicalType::Float,
            3 => LogicalType::Bool,
            4 => LogicalType::Category,
            5 => LogicalType::Id,
            6 => LogicalType::Date,
            7 => LogicalType::Timestamp,
            8 => LogicalType::Duration,
            _ => LogicalType::Int,
        };
        ColumnView {
            name: self.string(r, layout::column::NAME),
            source: self.string(r, layout::column::SOURCE),
            ty,
            format: match field(layout::column::FORMAT) {
                0 => None,
                text => Some(FormatView {
                    pattern: self.string(self.record(Section::Texts, text - 1), 0),
                    utc: read_u8(r, layout::column::FORMAT_ZONE) == 1,
                }),
            },
            map: (field(layout::column::MAP_START), field(layout::column::MAP_COUNT)),
            allowed: index(read_u32(r, layout::column::ALLOWED_START))
                .map(|start| (start, field(layout::column::ALLOWED_COUNT))),
        }
    }

    /// How many columns all tables have together.
    pub(crate) fn column_total(&self) -> usize {
        self.count(Section::Columns)
    }

    /// Row instruction `i` of a table, which writes row register `i`; `None` past the end.
    #[must_use]
    pub fn instruction(&self, table: &TableView<'_>, i: usize) -> Option<Instruction<RowOp>> {
        Instruction::decode(self.record(Section::RowCode, table.code_start + i), RowOp::from_u8)
    }

    /// Constant `i`, all 16 bytes of it.
    #[must_use]
    pub fn const_i128(&self, i: u32) -> i128 {
        self.record(Section::Consts, i as usize).try_into().map_or(0, i128::from_le_bytes)
    }

    /// The text constants, sorted by bytes.
    pub(crate) fn text_count(&self) -> usize {
        self.count(Section::Texts)
    }

    pub(crate) fn text(&self, i: usize) -> &'a [u8] {
        self.string(self.record(Section::Texts, i), 0).as_bytes()
    }

    /// The number of the text constant with these bytes.
    pub(crate) fn find_text(&self, bytes: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.text_count());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.text(middle).cmp(bytes) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
                core::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    pub(crate) fn mapped(&self, column: &ColumnView<'_>, text: usize) -> usize {
        let (start, count) = column.map;
        (start..start + count)
            .map(|i| self.record(Section::ValueMap, i))
            .find(|r| read_u32(r, 0) as usize == text)
            .map_or(text, |r| read_u32(r, 4) as usize)
    }

    pub(crate) fn is_allowed(&self, column: &ColumnView<'_>, text: Option<usize>) -> bool {
        let Some((start, count)) = column.allowed else { return true };
        let Some(text) = text else { return false };
        (start..start + count).any(|i| read_u32(self.record(Section::Allowed, i), 0) as usize == text)
    }

    /// How many placements there are, over all tables.
    #[must_use]
    pub fn placement_count(&self) -> usize {
        self.count(Section::Placements)
    }

    /// The table whose rows placement `i` places.
    #[must_use]
    pub fn placement_table(&self, i: usize) -> usize {
        self.placement(i).table
    }

    /// Placement `i`.
    #[must_use]
    pub fn placement(&self, i: usize) -> Placement {
        let r = self.record(Section::Placements, i);
        Placement {
            table: read_u32(r, layout::placement::TABLE) as usize,
            at: index(read_u32(r, layout::placement::AT)),
        }
    }

    /// True if the placement's time is a date and not a timestamp.
    #[must_use]
    pub fn placement_is_date(&self, i: usize) -> bool {
        let placement = self.placement(i);
        let table = self.table(placement.table);
        placement.at.and_then(|at| self.instruction(&table, at)).is_some_and(|ins| {
            ins.op == RowOp::Load && self.column(&table, ins.a as usize).ty == LogicalType::Date
        })
    }

    /// How many dimensions the query groups by.
    #[must_use]
    pub fn dim_count(&self) -> usize {
        self.count(Section::Dims)
    }

    /// Dimension `i`.
    #[must_use]
    pub fn dim(&self, i: usize) -> DimView<'a> {
        let r = self.record(Section::Dims, i);
        let ty = match read_u8(r, layout::dim::TYPE) {
            1 => DimType::Bool,
            2 => DimType::Date,
            3 => DimType::Text,
            _ => DimType::Int,
        };
        DimView { name: self.string(r, layout::dim::NAME), ty }
    }

    /// Where a table's rows have their value of dimension `dim`.
    #[must_use]
    pub fn key(&self, table: &TableView<'_>, dim: usize) -> Key {
        let r = self.record(Section::Keys, table.key_start + dim);
        let index = read_u32(r, layout::key::INDEX) as usize;
        match read_u32(r, layout::key::KIND) {
            1 => Key::TextColumn(index),
            2 => Key::TextRegister(index),
            _ => Key::Register(index),
        }
    }

    /// How many slots a group has.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.count(Section::Slots)
    }

    /// Slot `i`.
    #[must_use]
    pub fn slot(&self, i: usize) -> Slot {
        let r = self.record(Section::Slots, i);
        Slot {
            placement: read_u32(r, layout::slot::PLACEMENT) as usize,
            kind: SlotKind::from_u8(read_u8(r, layout::slot::KIND)).unwrap_or(SlotKind::Count),
            scale: read_u8(r, layout::slot::SCALE),
            mask: index(read_u32(r, layout::slot::MASK)),
            arg: index(read_u32(r, layout::slot::ARG)),
            offset: read_u32(r, layout::slot::OFFSET) as usize,
        }
    }

    /// Words of a group's slots, one after the other.
    pub(crate) fn slot_words(&self) -> usize {
        self.slot_words
    }

    /// How many cell instructions, and so cell registers, there are.
    #[must_use]
    pub fn cell_count(&self) -> usize {
        self.count(Section::CellCode)
    }

    /// Cell instruction `i`, which writes cell register `i`; `None` past the end.
    #[must_use]
    pub fn cell_instruction(&self, i: usize) -> Option<Instruction<CellOp>> {
        Instruction::decode(self.record(Section::CellCode, i), CellOp::from_u8)
    }

    /// Words of numerator and denominator, and first word, of a cell register.
    #[must_use]
    pub fn cell_width(&self, i: usize) -> (usize, usize, usize) {
        let r = self.record(Section::CellWidths, i);
        let half = |at: usize| usize::from(read_u8(r, at)) | usize::from(read_u8(r, at + 1)) << 8;
        (
            half(layout::cell_width::NUMERATOR),
            half(layout::cell_width::DENOMINATOR),
            read_u32(r, layout::cell_width::OFFSET) as usize,
        )
    }

    pub(crate) fn cell_words(&self) -> usize {
        self.cell_words
    }

    /// How many metrics the query asks for.
    #[must_use]
    pub fn metric_count(&self) -> usize {
        self.count(Section::Metrics)
    }

    /// Metric `i`, in the order of the query.
    #[must_use]
    pub fn metric(&self, i: usize) -> MetricView<'a> {
        let r = self.record(Section::Metrics, i);
        let MetricNumbers { exact, scale, value, numerator, denominator, n } = self.metric_numbers(i);
        MetricView {
            name: self.string(r, layout::metric::NAME),
            label: self.string(r, layout::metric::LABEL),
            owner: self.string(r, layout::metric::OWNER),
            unit: self.string(r, layout::metric::UNIT),
            description: self.string(r, layout::metric::DESCRIPTION),
            ring: read_u8(r, layout::metric::RING),
            kind: read_u8(r, layout::metric::KIND),
            exact,
            meaning: r.get(layout::metric::MEANING..layout::metric::MEANING + 32).unwrap_or(&[]),
            scale,
            value,
            numerator,
            denominator,
            n,
        }
    }

    /// The numbers of metric `i` without its words, which take longer to read.
    pub(crate) fn metric_numbers(&self, i: usize) -> MetricNumbers {
        let r = self.record(Section::Metrics, i);
        let scale = read_u8(r, layout::metric::SCALE);
        MetricNumbers {
            exact: read_u8(r, layout::metric::EXACT) == 1,
            scale: (scale != 255).then_some(scale),
            value: read_u32(r, layout::metric::VALUE) as usize,
            numerator: index(read_u32(r, layout::metric::NUMERATOR)),
            denominator: index(read_u32(r, layout::metric::DENOMINATOR)),
            n: read_u32(r, layout::metric::N) as usize,
        }
    }

    /// Bytes that the exact text of metric `i` takes at most.
    #[must_use]
    pub fn text_capacity(&self, i: usize) -> usize {
        let (num, den, _) = self.cell_width(self.metric_numbers(i).value);
        crate::num::Width { num, den }.text_bytes().saturating_add(40)
    }

    /// How many levels the result has: the finest, then totals and subtotals.
    #[must_use]
    pub fn level_count(&self) -> usize {
        self.count(Section::Levels)
    }

    /// The mask of a level: bit `d` keeps dimension `d`, [`layout::LEVEL_PERIOD`] keeps the period.
    #[must_use]
    pub fn level(&self, i: usize) -> u32 {
        read_u32(self.record(Section::Levels, i), 0)
    }
}

/// The kind of register that a column of this type loads into.
pub(crate) const fn kind_of(ty: LogicalType) -> Kind {
    match ty {
        LogicalType::Int | LogicalType::Date | LogicalType::Timestamp | LogicalType::Duration => Kind::Int,
        LogicalType::Decimal(_) => Kind::Decimal,
        LogicalType::Float => Kind::Float,
        LogicalType::Bool => Kind::Bool,
        LogicalType::Category | LogicalType::Id => Kind::Text,
    }
}
