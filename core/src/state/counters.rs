//! What happened to the rows: read, used, and why the others were not. No row is dropped without a trace.

use super::State;
use super::slots::{self, SlotValue};
use crate::program::op::SlotKind;
use crate::program::{Program, TableView};

/// Why a row did not enter a metric's time placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reject {
    /// The query's filter is not true.
    Filtered = 0,
    /// The query's filter could not be decided, because a value is not of its declared type.
    FilterFailed = 1,
    /// The row has no time.
    NoTime = 2,
    /// The row's time is not of its declared type.
    InvalidTime = 3,
    /// The row's time is outside the asked range.
    OutOfRange = 4,
    /// The row's time is after `as_of`.
    AfterAsOf = 5,
    /// The row's time is outside the years that the program's time zone data cover.
    OutOfCalendar = 6,
    /// A dimension's value is not of its declared type.
    InvalidKey = 7,
}

impl Reject {
    /// All reasons, in the order in which they are tested and stored.
    pub const ALL: [Reject; 8] = [
        Reject::Filtered,
        Reject::FilterFailed,
        Reject::NoTime,
        Reject::InvalidTime,
        Reject::OutOfRange,
        Reject::AfterAsOf,
        Reject::OutOfCalendar,
        Reject::InvalidKey,
    ];

    /// The name shown to people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Reject::Filtered => "filtered",
            Reject::FilterFailed => "filter_failed",
            Reject::NoTime => "no_time",
            Reject::InvalidTime => "invalid_time",
            Reject::OutOfRange => "out_of_range",
            Reject::AfterAsOf => "after_as_of",
            Reject::OutOfCalendar => "out_of_calendar",
            Reject::InvalidKey => "invalid_key",
        }
    }
}

/// Rows of one table under one time placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCounts<'a> {
    /// The table.
    pub table: &'a str,
    /// The column that places rows in time; `None` where time is not read.
    pub at: Option<&'a str>,
    /// Rows read.
    pub read: u64,
    /// Rows that entered a group.
    pub used: u64,
    /// Rows that did not, by [`Reject::ALL`].
    pub rejected: [u64; 8],
    /// Largest time among the used rows: days for a date column, microseconds for a timestamp column.
    pub watermark: Option<i64>,
}

/// Words of a placement: used, eight rejects, whether there is a watermark, the watermark.
const PLACEMENT: usize = 11;

/// Words of all counters: rows of each table, then placements, then (missing, invalid) of each column.
pub(super) fn words(program: &Program<'_>) -> usize {
    program.table_count() + PLACEMENT * program.placement_count() + 2 * program.column_total()
}

/// Whether counters are ones that a state can have: for each placement, used and rejected rows make up the rows read,
/// and a watermark that is not there is 0.
pub(super) fn are_consistent(program: &Program<'_>, counters: impl Iterator<Item = u64> + Clone) -> bool {
    let mut placements = counters.clone().skip(program.table_count());
    (0..program.placement_count()).all(|i| {
        let read = counters.clone().nth(program.placement(i).table);
        let mut rows = Some(0_u64);
        for count in placements.by_ref().take(PLACEMENT - 2) {
            rows = rows.and_then(|rows| rows.checked_add(count));
        }
        let watermark = (placements.next(), placements.next());
        rows.is_some() && rows == read && matches!(watermark, (Some(0), Some(0)) | (Some(1), Some(_)))
    })
}

impl<M: AsRef<[u64]>> State<M> {
    fn placement_at(&self, program: &Program<'_>, placement: usize) -> usize {
        self.at.counters + program.table_count() + PLACEMENT * placement
    }

    fn column_at(&self, program: &Program<'_>, table: &TableView<'_>, column: usize) -> usize {
        self.placement_at(program, program.placement_count()) + 2 * (table.column_start + column)
    }

    /// The watermark of a placement: days or microseconds.
    pub(crate) fn watermark(&self, program: &Program<'_>, placement: usize) -> Option<i64> {
        let at = self.placement_at(program, placement);
        (self.word(at + 9) == 1).then(|| self.word(at + 10) as i64)
    }

    /// How many placements [`State::row_counts`] knows.
    #[must_use]
    pub fn placement_count(&self, program: &Program<'_>) -> usize {
        program.placement_count()
    }

    /// What happened to the rows of placement `i`.
    #[must_use]
    pub fn row_counts<'a>(&self, program: &Program<'a>, i: usize) -> RowCounts<'a> {
        let placement = program.placement(i);
        let table = program.table(placement.table);
        let at = self.placement_at(program, i);
        let mut rejected = [0; 8];
        for (k, count) in rejected.iter_mut().enumerate() {
            *count = self.word(at + 1 + k);
        }
        RowCounts {
            table: table.name,
            at: placement
                .at
                .and_then(|register| program.instruction(&table, register))
                .map(|load| program.column(&table, load.a as usize).name),
            read: self.word(self.at.counters + placement.table),
            used: self.word(at),
            rejected,
            watermark: self.watermark(program, i),
        }
    }

    /// The count of a slot of kind [`SlotKind::Count`] over all groups, that is, over all rows that were placed; 0 for
    /// other slots. Time is linear in the number of groups.
    #[must_use]
    pub fn slot_total(&self, program: &Program<'_>, slot: usize) -> u64 {
        if slot >= program.slot_count() || program.slot(slot).kind != SlotKind::Count {
            return 0;
        }
        let (dims, at) = (program.dim_count(), program.slot(slot).offset);
        (0..self.group_count())
            .map(|group| {
                match slots::read(SlotKind::Count, self.slots(group, dims).get(at..).unwrap_or(&[])) {
                    Some(SlotValue::Count(rows)) => rows,
                    _ => 0,
                }
            })
            .fold(0, u64::saturating_add)
    }

    /// Rows of a table read so far.
    #[must_use]
    pub fn rows_read(&self, table: usize) -> u64 {
        self.word(self.at.counters + table)
    }

    /// (missing, not of the declared type) values of a used column, among the rows read.
    #[must_use]
    pub fn column_counts(&self, program: &Program<'_>, table: usize, column: usize) -> (u64, u64) {
        let at = self.column_at(program, &program.table(table), column);
        (self.word(at), self.word(at + 1))
    }

    /// All counters, for merging and writing: plain numbers add up, watermarks are marked.
    pub(super) fn counter_words(&self, program: &Program<'_>) -> &[u64] {
        self.run(self.at.counters, words(program))
    }
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> State<M> {
    fn bump(&mut self, at: usize, by: u64) {
        let sum = self.word(at).saturating_add(by);
        self.put(at, sum);
    }

    pub(super) fn count_read(&mut self, table: usize, rows: u64) {
        let at = self.at.counters + table;
        self.bump(at, rows);
    }

    pub(super) fn count_used(
        &mut self,
        program: &Program<'_>,
        placement: usize,
        rows: u64,
        latest: Option<i64>,
    ) {
        let at = self.placement_at(program, placement);
        self.bump(at, rows);
        if let Some(time) = latest {
            self.raise_watermark(at, time);
        }
    }

    pub(super) fn count_reject(&mut self, program: &Program<'_>, placement: usize, reject: Reject) {
        self.count_rejects(program, placement, reject, 1);
    }

    pub(super) fn count_rejects(
        &mut self,
        program: &Program<'_>,
        placement: usize,
        reject: Reject,
        rows: u64,
    ) {
        let at = self.placement_at(program, placement) + 1 + reject as usize;
        self.bump(at, rows);
    }

    pub(super) fn count_column(
        &mut self,
        program: &Program<'_>,
        table: &TableView<'_>,
        column: usize,
        missing: u64,
        invalid: u64,
    ) {
        let at = self.column_at(program, table, column);
        self.bump(at, missing);
        self.bump(at + 1, invalid);
    }

    fn raise_watermark(&mut self, placement_at: usize, time: i64) {
        let (has, value) = (placement_at + 9, placement_at + 10);
        if self.word(has) == 0 || time > self.word(value) as i64 {
            self.put(has, 1);
            self.put(value, time as u64);
        }
    }

    /// Adds counters that another state of the same signature holds.
    pub(super) fn add_counters(&mut self, program: &Program<'_>, other: impl Iterator<Item = u64>) {
        let tables = program.table_count();
        let placements = tables + PLACEMENT * program.placement_count();
        let mut has_watermark = false;
        for (i, value) in other.enumerate().take(words(program)) {
            let field = if i >= tables && i < placements { (i - tables) % PLACEMENT } else { 0 };
            match field {
                9 => has_watermark = value == 1,
                10 if has_watermark => {
                    let at = self.at.counters + i - 10;
                    self.raise_watermark(at, value as i64);
                }
                10 => {}
                _ => self.bump(self.at.counters + i, value),
            }
        }
    }
}
