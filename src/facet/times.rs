//! Days: how far the data reach, which period is over, when a question ends.

use super::Why;
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Program, RowReport};
use crate::lower::{ZoneTable, tables_read};
use crate::model::{Book, Cell, ColumnId, Grain, Instant, MetricId, Query, Range, TableId};
use ripplemark_core::time::{Calendar, Grain as CoreGrain};
use std::collections::{BTreeMap, BTreeSet};

/// The last day that is known, and how that is said to a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Days since 1970-01-01, in the book's time zone.
    pub(crate) day: i64,
    /// The asker's words, or the day.
    pub(crate) as_of: Instant,
}

/// The calendar of a book, and how far the data of each metric reach.
pub(crate) struct Calendars {
    zone: ZoneTable,
    calendar: Calendar,
    asked: Option<Moment>,
    /// Latest local day by (table, time column).
    watermarks: BTreeMap<(TableId, ColumnId), i64>,
    placements: BTreeMap<MetricId, Placements>,
    /// Metrics that read a table which there are no data of.
    absent: BTreeSet<MetricId>,
}

/// The times by which the rows of a metric are placed; `None` if some row of it has none.
type Placements = Option<BTreeSet<(TableId, ColumnId)>>;

impl Calendars {
    /// Reads how far the data of these metrics reach, unless the asker says what is known.
    ///
    /// # Errors
    /// If the data cannot be read.
    pub(crate) fn new(
        book: &Book,
        data: &Dataset,
        metrics: &BTreeSet<MetricId>,
        as_of: Option<Instant>,
    ) -> Result<Calendars, Error> {
        let zone = ZoneTable::new(&book.timezone).map_err(Error::other)?;
        let calendar = Calendar {
            first_day_of_week: book.first_day_of_week as u8,
            first_month_of_year: book.first_month_of_year,
        };
        let asked = as_of.map(|as_of| Moment { day: local_day(&zone, as_of), as_of });
        let (present, absent): (BTreeSet<MetricId>, BTreeSet<MetricId>) =
            metrics.iter().partition(|id| has_data(book, data, **id));
        let placements: BTreeMap<MetricId, Placements> =
            present.into_iter().map(|id| (id, placements(book, id))).collect();
        let mut calendars =
            Calendars { zone, calendar, asked, watermarks: BTreeMap::new(), placements, absent };
        if asked.is_none() {
            calendars.read_watermarks(book, data)?;
        }
        Ok(calendars)
    }

    fn read_watermarks(&mut self, book: &Book, data: &Dataset) -> Result<(), Error> {
        let timed: Vec<String> = self
            .placements
            .iter()
            .filter(|(_, placements)| placements.as_ref().is_some_and(|p| !p.is_empty()))
            .filter_map(|(id, _)| book.metrics.get(id.0).map(|metric| metric.name.clone()))
            .collect();
        if timed.is_empty() {
            return Ok(());
        }
        // An open range reads time without cutting anything.
        let query = Query { metrics: timed, range: Some(Range::default()), ..Query::default() };
        let result = data.evaluate(&Program::compile(book, &query)?)?.finish()?;
        for report in &result.rows {
            if let Some((key, day)) = self.watermark(book, report) {
                self.watermarks.insert(key, day);
            }
        }
        Ok(())
    }

    fn watermark(&self, book: &Book, report: &RowReport) -> Option<((TableId, ColumnId), i64)> {
        let table = book.tables.iter().position(|table| table.name == report.table)?;
        let columns = &book.tables.get(table)?.columns;
        let column = columns.iter().position(|column| Some(&column.name) == report.at.as_ref())?;
        let latest = report.watermark?;
        let is_date = matches!(columns.get(column)?.ty, crate::model::ColumnType::Date);
        let day = if is_date { latest } else { self.zone.local_day(latest) };
        Some(((TableId(table), ColumnId(column)), day))
    }

    /// What is known of all of these metrics: what the asker said, or else the earliest of their latest days.
    ///
    /// `Err` if one of them has no data, no rows yet, or no time.
    pub(crate) fn known(&self, metrics: &[MetricId]) -> Result<Moment, Why> {
        self.present(metrics)?;
        if let Some(moment) = self.asked {
            return Ok(moment);
        }
        let mut earliest: Option<i64> = None;
        for metric in metrics {
            let Some(Some(places)) = self.placements.get(metric) else {
                return Err(Why::one("no_time"));
            };
            for place in places {
                let day = *self.watermarks.get(place).ok_or_else(|| Why::one("empty"))?;
                earliest = Some(earliest.map_or(day, |known| known.min(day)));
            }
        }
        let day = earliest.ok_or_else(|| Why::one("empty"))?;
        let as_of = i32::try_from(day).map(Instant::Date).map_err(|_| Why::one("overflow"))?;
        Ok(Moment { day, as_of })
    }

    /// `Err` if there are no data of a table that one of these metrics reads.
    pub(crate) fn present(&self, metrics: &[MetricId]) -> Result<(), Why> {
        if metrics.iter().any(|metric| self.absent.contains(metric)) {
            return Err(Why::one("no_data"));
        }
        Ok(())
    }

    /// What the asker said.
    pub(crate) fn asked(&self) -> Option<Moment> {
        self.asked
    }

    /// The local day of an instant.
    pub(crate) fn day_of(&self, instant: Instant) -> i64 {
        local_day(&self.zone, instant)
    }

    /// First day of the period that holds a day, and the first day after it.
    pub(crate) fn period(&self, grain: Grain, day: i64) -> (i64, i64) {
        let grain = core_grain(grain);
        let start = self.calendar.start(grain, day);
        (start, self.calendar.end(grain, start))
    }

    /// The latest period that is over when a day is over: first day inside, first day outside.
    pub(crate) fn latest_whole(&self, grain: Grain, day: i64) -> (i64, i64) {
        // A period is over exactly if the next day belongs to another one.
        let (next, _) = self.period(grain, day.saturating_add(1));
        self.period(grain, next.saturating_sub(1))
    }
}

/// The half-open range of days `[from, to)` as a query has it; `None` beyond the calendar.
pub(super) fn days(from: i64, to: i64) -> Option<Range> {
    let side = |day: i64| i32::try_from(day).ok().map(Instant::Date);
    Some(Range { from: Some(side(from)?), to: Some(side(to)?) })
}

fn core_grain(grain: Grain) -> CoreGrain {
    match grain {
        Grain::Day => CoreGrain::Day,
        Grain::Week => CoreGrain::Week,
        Grain::Month => CoreGrain::Month,
        Grain::Quarter => CoreGrain::Quarter,
        Grain::Year => CoreGrain::Year,
    }
}

fn local_day(zone: &ZoneTable, instant: Instant) -> i64 {
    match instant {
        Instant::Date(day) => i64::from(day),
        Instant::Timestamp(micros) => zone.local_day(micros),
    }
}

/// True if there are data of every table that a metric reads.
fn has_data(book: &Book, data: &Dataset, metric: MetricId) -> bool {
    let has = |table: &TableId| book.tables.get(table.0).is_some_and(|table| data.has(&table.name));
    tables_read(book, metric).iter().all(has)
}

fn placements(book: &Book, metric: MetricId) -> Placements {
    let (mut open, mut seen) = (vec![metric], BTreeSet::from([metric]));
    let mut places = BTreeSet::new();
    while let Some(id) = open.pop() {
        let Some(metric) = book.metrics.get(id.0) else { continue };
        let mut timeless = false;
        crate::book::each_leaf(&metric.value, &mut |leaf| match leaf {
            Cell::Aggregate(aggregate) => match aggregate.at {
                Some(at) => {
                    places.insert((aggregate.table, at));
                }
                None => timeless = true,
            },
            Cell::Metric(id) if seen.insert(*id) => open.push(*id),
            _ => {}
        });
        if timeless {
            return None;
        }
    }
    Some(places)
}
