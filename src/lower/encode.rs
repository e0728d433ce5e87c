//! Program bytes: everything that lowering found, in the layout that `ripplemark_core::program::layout` defines.

use super::Exactness;
use super::business;
use super::cells::CellCode;
use super::meaning;
use super::question::{DimKind, Question, problem};
use super::rows::{PendingConst, SlotSpec, TableCode};
use super::zone::ZoneTable;
use crate::diagnostic::Diagnostic;
use crate::lookup::Plan;
use crate::model::{Book, Column, ColumnType, Instant, Query, Ring, TimeFormat};
use ripplemark_core::Program;
use ripplemark_core::cell::width;
use ripplemark_core::program::layout::{
    self, BASE_SECTIONS, LEVEL_PERIOD, MAGIC, NONE, RECORD, SECTIONS, Section, VERSION, header,
};
use ripplemark_core::program::op::{RowOp, SlotKind};
use ripplemark_core::state::slot_words_of;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Bytes of a program. A book of ordinary size takes some kilobytes.
const MOST_BYTES: usize = 4 << 20;

pub(super) struct Encoder<'e, 'b> {
    book: &'b Book,
    query: &'e Query,
    question: &'e Question<'b>,
    zone: &'e ZoneTable,
    tables: &'e [TableCode<'b>],
    slots: &'e [SlotSpec],
    cells: &'e CellCode,
    plan: &'e Plan,
    sections: [Vec<u8>; SECTIONS],
    /// Text constants, sorted by their bytes, with their numbers.
    texts: BTreeMap<String, u32>,
    consts: Vec<i128>,
}

/// How a table's own data write a column's times; what is looked up arrives as times.
fn own_format(column: &Column) -> Option<&TimeFormat> {
    column.format.as_ref().filter(|_| column.found.is_none())
}

/// What the header says about time.
struct Times {
    range: (i64, i64),
    range_days: (i32, i32),
    as_of: Option<(i64, i32)>,
}

fn set(record: &mut [u8], at: usize, bytes: &[u8]) {
    record[at..at + bytes.len()].copy_from_slice(bytes);
}

fn set_u32(record: &mut [u8], at: usize, value: u32) {
    set(record, at, &value.to_le_bytes());
}

fn day(value: i64) -> i32 {
    value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

impl<'e, 'b> Encoder<'e, 'b> {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        book: &'b Book,
        query: &'e Query,
        question: &'e Question<'b>,
        zone: &'e ZoneTable,
        tables: &'e [TableCode<'b>],
        slots: &'e [SlotSpec],
        cells: &'e CellCode,
        plan: &'e Plan,
    ) -> Self {
        let mut texts = BTreeMap::new();
        for table in tables {
            for constant in &table.consts {
                if let PendingConst::Text(text) = constant {
                    texts.insert(text.clone(), 0);
                }
            }
            for column in table.columns.iter().filter_map(|c| table.table.columns.get(c.0)) {
                if let Some(format) = own_format(column) {
                    texts.insert(format.pattern.clone(), 0);
                }
                for (written, meant) in &column.values {
                    texts.insert(written.clone(), 0);
                    texts.insert(meant.clone(), 0);
                }
                if let ColumnType::Category(Some(allowed)) = &column.ty {
                    texts.extend(allowed.iter().map(|text| (text.clone(), 0)));
                }
            }
        }
        for (number, (_, slot)) in texts.iter_mut().enumerate() {
            *slot = number as u32;
        }
        Encoder {
            book,
            query,
            question,
            zone,
            tables,
            slots,
            cells,
            plan,
            sections: Default::default(),
            texts,
            consts: Vec::new(),
        }
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>, Vec<Diagnostic>> {
        let times = self.times();
        if times.as_of.is_none() && self.tables.iter().any(TableCode::reads_as_of) {
            return Err(vec![problem(
                "RM0311",
                "a formula reads `as_of`, and the query does not say which".into(),
                Some("give the query an `as_of` date".into()),
            )]);
        }
        let texts: Vec<String> = self.texts.keys().cloned().collect();
        for text in texts {
            let reference = self.string(&text);
            self.sections[Section::Texts as usize].extend(reference);
        }
        self.sections[Section::Zone as usize] = self.zone.entries.clone();
        self.sections[Section::BusinessHours as usize] = self.business();
        for i in 0..self.tables.len() {
            self.table(i, &times);
        }
        self.dims();
        self.slot_records();
        self.cell_records();
        self.metric_records();
        self.levels();
        self.sections[Section::Lookups as usize] = self.plan.bytes();
        for constant in std::mem::take(&mut self.consts) {
            self.sections[Section::Consts as usize].extend(constant.to_le_bytes());
        }
        let bytes = self.assemble(&times);
        if bytes.len() > MOST_BYTES {
            return Err(vec![Diagnostic {
                expected: Some(format!("at most {MOST_BYTES} bytes")),
                ..problem(
                    "RM0390",
                    format!("the program would have {} bytes", bytes.len()),
                    Some(
                        "ask for fewer metrics at once, or split formulas that are written out often".into(),
                    ),
                )
            }]);
        }
        // The loader is the judge of what a program is; what it refuses must not leave the compiler.
        let fault = match Program::from_bytes(&bytes) {
            Ok(program) if Plan::of(&program).as_ref() == Some(self.plan) => return Ok(bytes),
            Ok(_) => "its lookups do not fit its tables".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(vec![problem(
            "RM0399",
            format!("the compiled program is not valid: {fault}"),
            Some("please report the book and the query: this is a mistake in ripplemark".into()),
        )])
    }

    /// The business hours, where code counts them.
    fn business(&self) -> Vec<u8> {
        match &self.book.business_hours {
            Some(hours) if self.tables.iter().any(TableCode::reads_business) => {
                business::encode(hours, &self.zone.entries)
            }
            _ => Vec::new(),
        }
    }

    fn record(&self, section: Section) -> Vec<u8> {
        vec![0; RECORD[section as usize]]
    }

    fn push(&mut self, section: Section, record: &[u8]) {
        self.sections[section as usize].extend(record);
    }

    fn count(&self, section: Section) -> u32 {
        (self.sections[section as usize].len() / RECORD[section as usize]) as u32
    }

    fn string(&mut self, text: &str) -> [u8; 8] {
        let strings = &mut self.sections[Section::Strings as usize];
        let at = strings.len() as u32;
        strings.extend(text.as_bytes());
        let mut reference = [0; 8];
        set_u32(&mut reference, 0, at);
        set_u32(&mut reference, 4, text.len() as u32);
        reference
    }

    fn constant(&mut self, value: i128) -> u32 {
        let position = self.consts.iter().position(|&c| c == value).unwrap_or_else(|| {
            self.consts.push(value);
            self.consts.len() - 1
        });
        position as u32
    }

    fn times(&self) -> Times {
        let instant = |at: Instant| match at {
            Instant::Date(d) => self.zone.start_of_day(i64::from(d)),
            Instant::Timestamp(t) => t,
        };
        // The first whole day at or after an instant.
        let whole_day = |at: Instant| match at {
            Instant::Date(d) => d,
            Instant::Timestamp(t) => {
                let local = self.zone.local_day(t);
                day(if self.zone.start_of_day(local) == t { local } else { local + 1 })
            }
        };
        let range = self.query.range.unwrap_or_default();
        let as_of = self.query.as_of.map(|at| match at {
            // What happened on the day itself is known.
            Instant::Date(d) => (self.zone.start_of_day(i64::from(d) + 1), d.saturating_add(1)),
            Instant::Timestamp(t) => (t.saturating_add(1), day(self.zone.local_day(t) + 1)),
        });
        Times {
            range: (range.from.map_or(i64::MIN, instant), range.to.map_or(i64::MAX, instant)),
            range_days: (range.from.map_or(i32::MIN, whole_day), range.to.map_or(i32::MAX, whole_day)),
            as_of,
        }
    }

    fn table(&mut self, i: usize, times: &Times) {
        let table = &self.tables[i];
        let mut record = self.record(Section::Tables);
        let name = self.string(&table.table.name);
        set(&mut record, layout::table::NAME, &name);
        set_u32(&mut record, layout::table::COLUMN_START, self.count(Section::Columns));
        set_u32(&mut record, layout::table::COLUMN_COUNT, table.columns.len() as u32);
        set_u32(&mut record, layout::table::CODE_START, self.count(Section::RowCode));
        set_u32(&mut record, layout::table::CODE_COUNT, table.code.len() as u32);
        set_u32(&mut record, layout::table::FILTER, table.filter.unwrap_or(NONE));
        set_u32(&mut record, layout::table::KEY_START, self.count(Section::Keys));
        set_u32(&mut record, layout::table::PLACEMENT_START, self.count(Section::Placements));
        set_u32(&mut record, layout::table::PLACEMENT_COUNT, table.placements.len() as u32);
        self.push(Section::Tables, &record);
        for column in table.columns.iter().filter_map(|c| table.table.columns.get(c.0)) {
            self.column(column);
        }
        for instruction in &table.code {
            let patched = self.patch(table, instruction, times);
            self.push(Section::RowCode, &patched);
        }
        for (_, at) in &table.placements {
            let mut record = self.record(Section::Placements);
            set_u32(&mut record, layout::placement::TABLE, i as u32);
            set_u32(&mut record, layout::placement::AT, at.unwrap_or(NONE));
            self.push(Section::Placements, &record);
        }
        for (&register, dim) in table.keys.iter().zip(&self.question.dims) {
            let mut record = self.record(Section::Keys);
            let kind = match dim.kind {
                DimKind::Text if table.is_load(register) => 1,
                DimKind::Text => 2,
                DimKind::Int | DimKind::Bool | DimKind::Date => 0,
            };
            set_u32(&mut record, layout::key::KIND, kind);
            set_u32(&mut record, layout::key::INDEX, register);
            self.push(Section::Keys, &record);
        }
    }

    /// Puts the program's numbering of constants and texts into an instruction.
    fn patch(&mut self, table: &TableCode<'_>, instruction: &[u8; 16], times: &Times) -> [u8; 16] {
        let mut bytes = *instruction;
        let Some(op) = RowOp::from_u8(bytes[0]) else { return bytes };
        if op == RowOp::TextTest {
            let local = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize;
            if let Some(PendingConst::Text(text)) = table.consts.get(local) {
                set_u32(&mut bytes, 8, self.texts.get(text).copied().unwrap_or(0));
            }
            return bytes;
        }
        if !matches!(op, RowOp::ConstInt | RowOp::ConstDecimal | RowOp::ConstFloat | RowOp::ConstText) {
            return bytes;
        }
        let local = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
        let number = match table.consts.get(local) {
            Some(PendingConst::Number(value)) => self.constant(*value),
            Some(PendingConst::Text(text)) if op == RowOp::ConstText => {
                self.texts.get(text).copied().unwrap_or(0)
            }
            Some(PendingConst::AsOfDay) => {
                self.constant(i128::from(times.as_of.map_or(0, |(_, day)| i64::from(day) - 1)))
            }
            _ => self.constant(i128::from(times.as_of.map_or(0, |(instant, _)| instant))),
        };
        set_u32(&mut bytes, 4, number);
        bytes
    }

    fn column(&mut self, column: &Column) {
        let mut record = self.record(Section::Columns);
        let (name, source) = (self.string(&column.name), self.string(&column.source));
        set(&mut record, layout::column::NAME, &name);
        set(&mut record, layout::column::SOURCE, &source);
        let (ty, scale) = match &column.ty {
            ColumnType::Int => (0, 0),
            ColumnType::Decimal(scale) => (1, *scale),
            ColumnType::Float => (2, 0),
            ColumnType::Bool => (3, 0),
            ColumnType::Category(_) => (4, 0),
            ColumnType::Id => (5, 0),
            ColumnType::Date => (6, 0),
            ColumnType::Timestamp => (7, 0),
            ColumnType::Duration => (8, 0),
        };
        record[layout::column::TYPE] = ty;
        record[layout::column::SCALE] = scale;
        if let Some(format) = own_format(column) {
            record[layout::column::FORMAT_ZONE] = u8::from(format.utc);
            let number = self.texts.get(&format.pattern).copied().unwrap_or(0);
            set_u32(&mut record, layout::column::FORMAT, number + 1);
        }
        set_u32(&mut record, layout::column::MAP_START, self.count(Section::ValueMap));
        set_u32(&mut record, layout::column::MAP_COUNT, column.values.len() as u32);
        for (written, meant) in &column.values {
            let mut pair = self.record(Section::ValueMap);
            set_u32(&mut pair, 0, self.texts.get(written).copied().unwrap_or(0));
            set_u32(&mut pair, 4, self.texts.get(meant).copied().unwrap_or(0));
            self.push(Section::ValueMap, &pair);
        }
        set_u32(&mut record, layout::column::ALLOWED_START, NONE);
        if let ColumnType::Category(Some(allowed)) = &column.ty {
            set_u32(&mut record, layout::column::ALLOWED_START, self.count(Section::Allowed));
            set_u32(&mut record, layout::column::ALLOWED_COUNT, allowed.len() as u32);
            for text in allowed {
                let number = self.texts.get(text).copied().unwrap_or(0);
                self.push(Section::Allowed, &number.to_le_bytes());
            }
        }
        self.push(Section::Columns, &record);
    }

    fn dims(&mut self) {
        for dim in &self.question.dims {
            let mut record = self.record(Section::Dims);
            let name = self.string(&dim.name);
            set(&mut record, layout::dim::NAME, &name);
            record[layout::dim::TYPE] = match dim.kind {
                DimKind::Int => 0,
                DimKind::Bool => 1,
                DimKind::Date => 2,
                DimKind::Text => 3,
            };
            self.push(Section::Dims, &record);
        }
    }

    fn slot_records(&mut self) {
        let mut offset = 0;
        for slot in self.slots {
            let before: usize = self.tables[..slot.table].iter().map(|t| t.placements.len()).sum();
            let mut record = self.record(Section::Slots);
            set_u32(&mut record, layout::slot::PLACEMENT, (before + slot.placement) as u32);
            record[layout::slot::KIND] = slot.kind as u8;
            record[layout::slot::SCALE] = slot.scale;
            set_u32(&mut record, layout::slot::MASK, slot.mask);
            set_u32(&mut record, layout::slot::ARG, slot.arg);
            set(&mut record, layout::slot::HASH, &slot.hash);
            set_u32(&mut record, layout::slot::OFFSET, offset);
            offset += slot_words_of(slot.kind) as u32;
            self.push(Section::Slots, &record);
        }
        debug_assert!(self.slots.iter().all(|s| s.kind != SlotKind::Count || s.scale == 0));
    }

    fn cell_records(&mut self) {
        let mut offset = 0;
        for (instruction, needs) in self.cells.code.iter().zip(&self.cells.widths) {
            let mut bytes = *instruction;
            if bytes[0] == ripplemark_core::program::op::CellOp::Number as u8 {
                let local = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
                let number = self.constant(self.cells.consts.get(local).copied().unwrap_or(0));
                set_u32(&mut bytes, 4, number);
            }
            self.push(Section::CellCode, &bytes);
            let mut record = self.record(Section::CellWidths);
            set(&mut record, layout::cell_width::NUMERATOR, &(needs.numerator as u16).to_le_bytes());
            set(&mut record, layout::cell_width::DENOMINATOR, &(needs.denominator as u16).to_le_bytes());
            set_u32(&mut record, layout::cell_width::OFFSET, offset as u32);
            offset += width::register_words(needs.numerator, needs.denominator);
            self.push(Section::CellWidths, &record);
        }
    }

    fn metric_records(&mut self) {
        for cells in &self.cells.metrics {
            let Some(metric) = self.book.metrics.get(cells.id.0) else { continue };
            let owners: Vec<&str> = metric
                .owners
                .iter()
                .filter_map(|team| self.book.teams.get(team.0))
                .map(|team| team.name.as_str())
                .collect();
            let unit = metric.unit_text();
            let mut record = self.record(Section::Metrics);
            let texts = [
                (layout::metric::NAME, metric.name.as_str()),
                (layout::metric::LABEL, metric.label.as_str()),
                (layout::metric::OWNER, &owners.join(", ")),
                (layout::metric::UNIT, unit.as_str()),
                (layout::metric::DESCRIPTION, metric.description.as_str()),
            ];
            for (at, text) in texts {
                let reference = self.string(text);
                set(&mut record, at, &reference);
            }
            set_u32(&mut record, layout::metric::VALUE, cells.value);
            set_u32(&mut record, layout::metric::NUMERATOR, cells.numerator);
            set_u32(&mut record, layout::metric::DENOMINATOR, cells.denominator);
            set_u32(&mut record, layout::metric::N, cells.n);
            record[layout::metric::RING] = match metric.ring {
                None => 0,
                Some(Ring::Behaviour) => 1,
                Some(Ring::Conversion) => 2,
                Some(Ring::Revenue) => 3,
            };
            record[layout::metric::KIND] = metric.kind as u8;
            record[layout::metric::EXACT] = u8::from(cells.shape.exactness == Exactness::Exact);
            record[layout::metric::SCALE] = cells.shape.scale.unwrap_or(255);
            set(&mut record, layout::metric::MEANING, &cells.meaning);
            self.push(Section::Metrics, &record);
        }
    }

    /// The finest level, then (where totals are asked for) one dimension less at a time from the right, each with
    /// and without the period.
    fn levels(&mut self) {
        let period = if self.question.grain.is_some() { LEVEL_PERIOD } else { 0 };
        let all = (1_u32 << self.question.dims.len()) - 1;
        let mut levels = vec![all | period];
        if self.query.totals {
            for kept in (0..=self.question.dims.len()).rev() {
                let dims = (1_u32 << kept) - 1;
                for level in [dims | period, dims] {
                    if !levels.contains(&level) {
                        levels.push(level);
                    }
                }
            }
        }
        for level in levels {
            self.push(Section::Levels, &level.to_le_bytes());
        }
    }

    /// What two states must share to be merged: dimensions, calendar, times, and for each table its filter, columns,
    /// placements and aggregates. Metrics, names for people and levels may differ.
    fn signature(&self, times: &Times) -> [u8; 32] {
        let mut text = String::from("ripplemark state 1\n");
        // The changes themselves, so that two editions of the time zone data agree exactly where they say the same.
        let local_text = |table: &TableCode<'_>| {
            let columns = table.columns.iter().filter_map(|c| table.table.columns.get(c.0));
            columns.map(|c| meaning::column(self.book, table.table, c)).any(|text| meaning::reads_zone(&text))
        };
        let zone_matters = self.question.reads_time
            || self.tables.iter().any(TableCode::reads_zone)
            || self.tables.iter().any(local_text)
            || self.plan.compares_days();
        for dim in &self.question.dims {
            let _ = writeln!(text, "dim {:?} {}", dim.name, dim.kind as u8);
        }
        let _ = writeln!(
            text,
            "grain {:?} week {} year {} zone {}\nrange {:?} {:?} as_of {:?}",
            self.question.grain.map(|g| g as u8),
            self.book.first_day_of_week as u8,
            self.book.first_month_of_year,
            if zone_matters {
                format!("{} {:02x?}", self.book.timezone, meaning::sha256(&self.zone.entries))
            } else {
                "-".into()
            },
            times.range,
            times.range_days,
            times.as_of,
        );
        let business = self.business();
        if !business.is_empty() {
            let _ = writeln!(text, "business {:02x?}", meaning::sha256(&business));
        }
        for (table, asked) in self.tables.iter().zip(&self.question.tables) {
            let filter = asked
                .filter
                .as_ref()
                .map_or_else(|| "-".into(), |row| meaning::row(self.book, table.table, row));
            let _ = writeln!(text, "table {:?} where {filter}", table.table.name);
            for column in table.columns.iter().filter_map(|c| table.table.columns.get(c.0)) {
                let _ = writeln!(text, "column {}", meaning::column(self.book, table.table, column));
            }
            for (dim, key) in self.question.dims.iter().zip(&asked.keys) {
                let computed = table.table.columns.get(key.0).and_then(|column| column.computed.as_ref());
                if let Some(computed) = computed {
                    let formula = meaning::row(self.book, table.table, &computed.row);
                    let _ = writeln!(text, "key {:?} {formula}", dim.name);
                }
            }
            for (at, _) in &table.placements {
                let name = at.and_then(|c| table.table.columns.get(c.0)).map_or("-", |c| c.name.as_str());
                let _ = writeln!(text, "at {name}");
            }
        }
        for slot in self.slots {
            let _ = writeln!(text, "slot {:02x?} {}", slot.hash, slot.kind as u8);
        }
        meaning::hash(&text)
    }

    fn assemble(&mut self, times: &Times) -> Vec<u8> {
        let last = self.sections.iter().rposition(|section| !section.is_empty()).unwrap_or(0);
        let sections = BASE_SECTIONS.max(last + 1);
        let mut bytes = vec![0; header::SIZE + sections * 8];
        set(&mut bytes, header::MAGIC, &MAGIC);
        set(&mut bytes, header::VERSION, &VERSION.to_le_bytes());
        set_u32(&mut bytes, header::SECTIONS, sections as u32);
        bytes[header::GRAIN] = self.question.grain.map_or(0, |g| g as u8);
        bytes[header::FIRST_DAY] = self.book.first_day_of_week as u8;
        bytes[header::FIRST_MONTH] = self.book.first_month_of_year;
        bytes[header::HAS_AS_OF] = u8::from(times.as_of.is_some());
        let signature = self.signature(times);
        set(&mut bytes, header::SIGNATURE, &signature);
        set(&mut bytes, header::RANGE_FROM, &times.range.0.to_le_bytes());
        set(&mut bytes, header::RANGE_TO, &times.range.1.to_le_bytes());
        set(&mut bytes, header::RANGE_FROM_DAY, &times.range_days.0.to_le_bytes());
        set(&mut bytes, header::RANGE_TO_DAY, &times.range_days.1.to_le_bytes());
        if let Some((instant, day)) = times.as_of {
            set(&mut bytes, header::AS_OF, &instant.to_le_bytes());
            set(&mut bytes, header::AS_OF_DAY, &day.to_le_bytes());
        }
        set(&mut bytes, header::CALENDAR_FROM, &self.zone.from.to_le_bytes());
        set(&mut bytes, header::CALENDAR_TO, &self.zone.to.to_le_bytes());
        for (i, section) in self.sections.iter().enumerate().take(sections) {
            let entry = header::SIZE + i * 8;
            let offset = bytes.len() as u32;
            set_u32(&mut bytes, entry, offset);
            set_u32(&mut bytes, entry + 4, section.len() as u32);
            bytes.extend(section);
        }
        let length = bytes.len() as u32;
        set_u32(&mut bytes, header::LENGTH, length);
        bytes
    }
}
