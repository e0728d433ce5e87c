//! Placing rows: which group a row belongs to under one placement, or why it belongs to none.
//!
//! What does not change from row to row is read out of the program once for each chunk. Feeding and tracing place rows
//! with this one code, so that a traced row cannot be told another place than the one it was counted in.

use super::{Key, Need, Reject, State};
use crate::batch::{Column, Data};
use crate::eval::{self, CHUNK, Digits, Register, TextMaps, TextValue};
use crate::program::layout::MAX_DIMS;
use crate::program::op::RowOp;
use crate::program::{self, Program, TableView};
use crate::reason::Reasons;
use crate::time::{Calendar, Grain, Zone};

/// A row's place under one placement.
#[derive(Clone, Copy)]
pub(super) enum Place<G> {
    /// The group, and the row's time as its column has it.
    Group(G, Option<i64>),
    Rejected(Reject),
}

/// Where keys find their groups: a state adds those that are new, a trace only compares.
pub(super) trait Groups {
    /// What names a group.
    type Group: Copy;

    /// The number that stands for a text in keys; equal texts have equal numbers.
    fn text(&mut self, bytes: &[u8]) -> Result<u64, Need>;

    /// The group with this key.
    fn group(&mut self, key: &Key) -> Result<Self::Group, Need>;
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> Groups for State<M> {
    type Group = usize;

    fn text(&mut self, bytes: &[u8]) -> Result<u64, Need> {
        self.intern(bytes)
    }

    fn group(&mut self, key: &Key) -> Result<usize, Need> {
        self.find_or_add(key)
    }
}

/// Everything that stays the same while a batch is fed.
pub(super) struct Feeding<'c, 'b, 'p> {
    pub(super) program: &'c Program<'p>,
    pub(super) table: TableView<'p>,
    pub(super) columns: &'c [Column<'b>],
    keys: [program::Key; MAX_DIMS],
    pub(super) dims: usize,
}

impl<'c, 'b, 'p> Feeding<'c, 'b, 'p> {
    pub(super) fn new(program: &'c Program<'p>, table: TableView<'p>, columns: &'c [Column<'b>]) -> Self {
        let dims = program.dim_count().min(MAX_DIMS);
        let mut keys = [program::Key::Register(0); MAX_DIMS];
        for (dim, key) in keys.iter_mut().enumerate().take(dims) {
            *key = program.key(&table, dim);
        }
        Feeding { program, table, columns, keys, dims }
    }
}

/// What the clock of a placement says about a row: its time and the first day of its period.
type Reading = Result<(Option<i64>, Option<i64>), Reject>;

/// The clock of a placement: which times count, and which period they fall into.
struct Clock<'r, 'p> {
    register: Option<&'r Register>,
    is_date: bool,
    range: (i64, i64),
    known_to: i64,
    covered: (i64, i64),
    zone: Zone<'p>,
    calendar: Calendar,
    grain: Option<Grain>,
    /// The period of the row before: first day, first day after. Rows often come in order.
    period: (i64, i64),
}

impl<'r, 'p> Clock<'r, 'p> {
    fn new(program: &Program<'p>, placement: usize, registers: &'r [Register]) -> Self {
        let is_date = program.placement_is_date(placement);
        let known_to =
            program.as_of().map_or(i64::MAX, |(at, day)| if is_date { i64::from(day) } else { at });
        Clock {
            register: program.placement(placement).at.and_then(|r| registers.get(r)),
            is_date,
            range: if is_date { program.range_days() } else { program.range() },
            known_to,
            covered: if is_date { (i64::MIN, i64::MAX) } else { program.calendar_range() },
            zone: program.zone(),
            calendar: program.calendar(),
            grain: program.grain(),
            period: (0, 0),
        }
    }

    fn read(&mut self, row: usize) -> Reading {
        let Some(register) = self.register else { return Ok((None, None)) };
        match register.reasons[row % CHUNK] {
            0 => {}
            reasons if reasons == Reasons::EMPTY.0 => return Err(Reject::NoTime),
            _ => return Err(Reject::InvalidTime),
        }
        let time = register.lo[row % CHUNK] as i64;
        // An end that was not set is i64::MAX, which no end excludes: the last microsecond counts.
        let before = |end: i64| time < end || end == i64::MAX;
        if time < self.range.0 || !before(self.range.1) {
            return Err(Reject::OutOfRange);
        }
        if !before(self.known_to) {
            return Err(Reject::AfterAsOf);
        }
        if time < self.covered.0 || !before(self.covered.1) {
            return Err(Reject::OutOfCalendar);
        }
        let Some(grain) = self.grain else { return Ok((Some(time), None)) };
        let day = if self.is_date { time } else { self.zone.local_day(time) };
        if day < self.period.0 || day >= self.period.1 {
            let start = self.calendar.start(grain, day);
            self.period = (start, self.calendar.end(grain, start));
        }
        Ok((Some(time), Some(self.period.0)))
    }
}

/// Places the rows of a chunk. Stops at the first row that finds no room: its number and what it needs.
pub(super) fn place_chunk<G: Groups>(
    groups: &mut G,
    feeding: &Feeding<'_, '_, '_>,
    registers: &[Register],
    maps: &mut TextMaps<'_>,
    placement: usize,
    from: usize,
    places: &mut [Place<G::Group>],
) -> Result<(), (usize, Need)> {
    let mut clock = Clock::new(feeding.program, placement, registers);
    let filter = feeding.table.filter.and_then(|r| registers.get(r));
    for (row, place) in places.iter_mut().enumerate() {
        *place = match filter.map_or(Ok(()), |filter| passes(filter, row)) {
            Err(reject) => Place::Rejected(reject),
            Ok(()) => match clock.read(row) {
                Err(reject) => Place::Rejected(reject),
                Ok((time, period)) => {
                    let found = find_place(groups, feeding, registers, maps, period, from, row);
                    match found.map_err(|need| (row, need))? {
                        Ok(group) => Place::Group(group, time),
                        Err(reject) => Place::Rejected(reject),
                    }
                }
            },
        };
    }
    Ok(())
}

fn find_place<G: Groups>(
    groups: &mut G,
    feeding: &Feeding<'_, '_, '_>,
    registers: &[Register],
    maps: &mut TextMaps<'_>,
    period: Option<i64>,
    from: usize,
    row: usize,
) -> Result<Result<G::Group, Reject>, Need> {
    let mut key = Key::new(feeding.dims);
    match period {
        Some(start) => key.set_period(start),
        None => key.set_no_period(),
    }
    for (dim, source) in feeding.keys.iter().enumerate().take(feeding.dims) {
        let value = match *source {
            program::Key::Register(r) => register_value(registers.get(r), row),
            program::Key::TextColumn(c) => text_value(groups, feeding, maps, c, from + row)?,
            program::Key::TextRegister(r) => chosen_text(groups, feeding, registers, maps, r, (from, row))?,
        };
        match value {
            Ok(Some(value)) => key.set_dim(dim, value),
            Ok(None) => key.set_missing(dim),
            Err(reject) => return Ok(Err(reject)),
        }
    }
    groups.group(&key).map(Ok)
}

/// The number of a text that row code has chosen, for row `row` of the chunk that begins at `from`.
///
/// A text register knows which constant it holds, but not the text of a column that equals none. So the choices that
/// the code made for this row are followed down to the column or constant that was taken.
fn chosen_text<G: Groups>(
    groups: &mut G,
    feeding: &Feeding<'_, '_, '_>,
    registers: &[Register],
    maps: &mut TextMaps<'_>,
    mut register: usize,
    (from, row): (usize, usize),
) -> Result<Result<Option<u64>, Reject>, Need> {
    let reasons = |r: usize| registers.get(r).map_or(Reasons::INVALID_INPUT.0, |r| r.reasons[row % CHUNK]);
    match reasons(register) {
        0 => {}
        missing if missing == Reasons::EMPTY.0 => return Ok(Ok(None)),
        _ => return Ok(Err(Reject::InvalidKey)),
    }
    while let Some(ins) = feeding.program.instruction(&feeding.table, register) {
        let next = match ins.op {
            RowOp::Load => return text_value(groups, feeding, maps, ins.a as usize, from + row),
            RowOp::ConstText => {
                let text = feeding.program.text(ins.a as usize);
                return groups.text(text).map(|id| Ok(Some(id)));
            }
            RowOp::If => {
                let holds = registers.get(ins.a as usize).is_some_and(|r| r.lo[row % CHUNK] == 1);
                if holds { ins.b } else { ins.c }
            }
            RowOp::Coalesce if reasons(ins.a as usize) == Reasons::EMPTY.0 => ins.b,
            RowOp::Coalesce => ins.a,
            _ => break,
        };
        // Operands lie below their instruction, so this ends.
        if next as usize >= register {
            break;
        }
        register = next as usize;
    }
    Ok(Err(Reject::InvalidKey))
}

/// The number of a row's text, `None` where it is missing, or why the row is rejected.
fn text_value<G: Groups>(
    groups: &mut G,
    feeding: &Feeding<'_, '_, '_>,
    maps: &mut TextMaps<'_>,
    column_index: usize,
    row: usize,
) -> Result<Result<Option<u64>, Reject>, Need> {
    let Some(column) = feeding.columns.get(column_index) else { return Ok(Err(Reject::InvalidKey)) };
    let entry = match &column.data {
        Data::Dict { codes, .. } if eval::status(column, row).is_none() => codes.get(row),
        _ => None,
    };
    if let Some(id) = entry.and_then(|entry| maps.interned(column_index, entry)) {
        return Ok(Ok(Some(id)));
    }
    let declared = feeding.program.column(&feeding.table, column_index);
    let mut digits = Digits::EMPTY;
    match eval::text_at(feeding.program, &declared, column, row, &mut digits) {
        TextValue::Missing => Ok(Ok(None)),
        TextValue::Invalid => Ok(Err(Reject::InvalidKey)),
        TextValue::Bytes(bytes, _) => {
            let id = groups.text(bytes)?;
            if let Some(entry) = entry {
                maps.remember(column_index, entry, id);
            }
            Ok(Ok(Some(id)))
        }
    }
}

/// Whether a row passes the query's filter.
fn passes(filter: &Register, row: usize) -> Result<(), Reject> {
    match filter.reasons[row % CHUNK] {
        0 if filter.lo[row % CHUNK] == 1 => Ok(()),
        reasons if reasons & !Reasons::EMPTY.0 != 0 => Err(Reject::FilterFailed),
        _ => Err(Reject::Filtered),
    }
}

fn register_value(register: Option<&Register>, row: usize) -> Result<Option<u64>, Reject> {
    let Some(register) = register else { return Err(Reject::InvalidKey) };
    match register.reasons[row % CHUNK] {
        0 => Ok(Some(register.lo[row % CHUNK])),
        reasons if reasons == Reasons::EMPTY.0 => Ok(None),
        _ => Err(Reject::InvalidKey),
    }
}
