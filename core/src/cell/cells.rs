//! Reading the result: group by group in key order, metric by metric.

use super::run::{Registers, Source, rounded};
use crate::error::{Code, Error};
use crate::num::{Rational, text};
use crate::program::layout::LEVEL_PERIOD;
use crate::program::{DimType, Program};
use crate::reason::{Flags, Reasons};
use crate::state::{Key, State};

/// One number of the result, or the reasons why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellValue {
    /// The value, correctly rounded; `None` where there are reasons.
    pub value: Option<f64>,
    /// Why there is no value.
    pub reasons: Reasons,
    /// What to know about the value.
    pub flags: Flags,
    /// Numerator, correctly rounded; `None` for metrics without one, and where it has no value.
    pub numerator: Option<f64>,
    /// Denominator, likewise.
    pub denominator: Option<f64>,
    /// Rows that entered the denominator of a ratio or the aggregate of a simple metric; for a derived metric the
    /// smallest `n` of its inputs.
    pub n: u64,
}

/// A coordinate of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DimValue {
    /// The level does not distinguish this dimension.
    All,
    /// The rows of this group have no value here.
    Missing,
    /// An integer.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i64),
    /// Text of this many bytes; [`Cells::dim_text`] gives them.
    Text(usize),
}

/// Where a [`Cells`] stands; see [`Cells::resume`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// How many groups there are.
    pub count: usize,
    /// The group that comes next.
    pub next: usize,
    /// The level's mask.
    pub level: u32,
}

/// A cursor over the groups of a state, sorted by key.
///
/// The order is: each dimension in turn (numbers, then bytes of text, ascending; missing last), then the period.
pub struct Cells<'s, 'p, M> {
    program: Program<'p>,
    state: &'s State<M>,
    order: &'s mut [u64],
    registers: Registers<'s, 'p>,
    count: usize,
    next: usize,
    key: Key,
    level: u32,
}

impl<'s, 'p, M: AsRef<[u64]>> Cells<'s, 'p, M> {
    /// Words of working memory that reading this state takes.
    #[must_use]
    pub fn words(program: &Program<'_>, state: &State<M>) -> usize {
        state.group_count().saturating_add(program.cell_words())
    }

    /// Begins before the first group. `level` is the mask that the state was merged with (see
    /// [`Program::level`]); the finest level of a state that was fed is `program.level(0)`.
    ///
    /// # Errors
    /// [`Code::Scratch`] if there are fewer than [`Cells::words`] words.
    pub fn new(
        program: &Program<'p>,
        state: &'s State<M>,
        level: u32,
        words: &'s mut [u64],
    ) -> Result<Self, Error> {
        let short = Error::new(Code::Scratch, Self::words(program, state));
        let (order, rest) = words.split_at_mut_checked(state.group_count()).ok_or(short)?;
        let mut count = state.sorted_groups(program, order).ok_or(short)?;
        let registers = Registers::new(*program, rest).ok_or(short)?;
        let kept = level & (LEVEL_PERIOD | ((1 << program.dim_count().min(30)) - 1));
        let coordinates =
            kept & !LEVEL_PERIOD != 0 || (kept & LEVEL_PERIOD != 0 && program.grain().is_some());
        // A question without coordinates has one answer, even if there was no row.
        if count == 0 && !coordinates {
            count = 1;
        }
        Ok(Cells { program: *program, state, order, registers, count, next: 0, key: no_key(program), level })
    }

    /// Where this cursor stands.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { count: self.count, next: self.next, level: self.level }
    }

    /// Takes up a cursor that was let go of at `position`: hosts that cannot keep a borrow from one call to the next
    /// (C, for one) keep the position instead. Nothing is sorted or computed again.
    ///
    /// Program, state and words must be those of [`Cells::new`], and unchanged. Others give wrong cells or an error,
    /// and nothing worse.
    ///
    /// # Errors
    /// [`Code::Scratch`] if there are fewer than [`Cells::words`] words.
    pub fn resume(
        program: &Program<'p>,
        state: &'s State<M>,
        words: &'s mut [u64],
        position: Position,
    ) -> Result<Self, Error> {
        let short = Error::new(Code::Scratch, Self::words(program, state));
        let (order, rest) = words.split_at_mut_checked(state.group_count()).ok_or(short)?;
        let registers = Registers::new(*program, rest).ok_or(short)?;
        let Position { count, next, level } = position;
        let mut cells =
            Cells { program: *program, state, order, registers, count, next, key: no_key(program), level };
        if let Some(group) = next.checked_sub(1).and_then(|current| cells.group(current)) {
            cells.key = state.key(group, program.dim_count());
        }
        Ok(cells)
    }

    /// The number, in the state, of group `i` of the result; `None` for the one group of a state without rows.
    fn group(&self, i: usize) -> Option<usize> {
        let group = usize::try_from(*self.order.get(i)?).ok().filter(|&g| g < self.state.group_count())?;
        (self.state.rows_of(group, self.program.dim_count()) > 0).then_some(group)
    }

    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// True if there is no group.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The level's mask.
    #[must_use]
    pub fn level(&self) -> u32 {
        self.level
    }

    /// Goes to the next group and computes its cells; false after the last.
    ///
    /// # Errors
    /// [`Code::ProgramCellCode`], which validation makes impossible.
    pub fn next_group(&mut self) -> Result<bool, Error> {
        if self.next >= self.count {
            return Ok(false);
        }
        let group = self.group(self.next);
        if let Some(group) = group {
            self.key = self.state.key(group, self.program.dim_count());
        }
        self.next += 1;
        self.registers.run(&Source { state: self.state, group, key: self.key })?;
        Ok(true)
    }

    /// The value of metric `i` in the current group.
    pub fn cell(&mut self, i: usize) -> CellValue {
        let metric = self.program.metric_numbers(i);
        let marks = self.registers.marks(metric.value);
        let mut reasons = marks.reasons;
        let value = match self.number(metric.value) {
            Ok(value) => Some(value),
            Err(why) => {
                reasons = reasons | why;
                None
            }
        };
        CellValue {
            value,
            reasons,
            flags: marks.flags,
            numerator: metric.numerator.and_then(|r| self.number(r).ok()),
            denominator: metric.denominator.and_then(|r| self.number(r).ok()),
            n: self.registers.marks(metric.n).n,
        }
    }

    fn number(&mut self, register: usize) -> Result<f64, Reasons> {
        let reasons = self.registers.marks(register).reasons;
        if !reasons.is_none() {
            return Err(reasons);
        }
        match self.registers.value_and_working(register) {
            Some((value, working)) => rounded(value, working),
            None => Err(Reasons::OVERFLOW),
        }
    }

    /// Writes the exact text of metric `i`: digits, or a fraction in lowest terms.
    ///
    /// `None` where there is no value, where the metric is not exact, or where `out` is too short.
    pub fn exact_text<'o>(&mut self, i: usize, out: &'o mut [u8]) -> Option<&'o str> {
        let metric = self.program.metric_numbers(i);
        // What rounds beyond binary64 has no value, and so no text.
        if !metric.exact || self.number(metric.value).is_err() {
            return None;
        }
        self.text_of_value(i, out)
    }

    /// As [`Cells::exact_text`], for a metric that is known to have a value in the current group: [`Cells::cell`] has
    /// given one.
    pub fn text_of_value<'o>(&mut self, i: usize, out: &'o mut [u8]) -> Option<&'o str> {
        let metric = self.program.metric_numbers(i);
        if !metric.exact || !self.registers.marks(metric.value).reasons.is_none() {
            return None;
        }
        let (value, working) = self.registers.value_and_working(metric.value)?;
        let len = text::write_exact(value, metric.scale, working, out).ok()?;
        core::str::from_utf8(out.get(..len)?).ok()
    }

    /// The exact value of metric `i` in the current group, as a fraction that need not be in lowest terms; `None`
    /// where there is no value. A metric over sums of doubles has one, too: such a sum is a binary fraction.
    pub fn fraction(&mut self, i: usize) -> Option<Rational<'_>> {
        let register = self.program.metric_numbers(i).value;
        self.number(register).ok()?;
        self.registers.value_and_working(register).map(|(value, _)| value)
    }

    /// The coordinate of the current group in dimension `dim`.
    #[must_use]
    pub fn dim(&self, dim: usize) -> DimValue {
        if self.key.is_all(dim) {
            return DimValue::All;
        }
        if self.key.is_missing(dim) {
            return DimValue::Missing;
        }
        let word = self.key.dim(dim);
        match self.program.dim(dim).ty {
            DimType::Int => DimValue::Int(word as i64),
            DimType::Bool => DimValue::Bool(word == 1),
            DimType::Date => DimValue::Date(word as i64),
            DimType::Text => DimValue::Text(self.state.text_len(word)),
        }
    }

    /// The bytes of a text coordinate; `None` if it is none, or `out` is too short.
    pub fn dim_text<'o>(&self, dim: usize, out: &'o mut [u8]) -> Option<&'o [u8]> {
        match self.dim(dim) {
            DimValue::Text(_) => {
                let len = self.state.copy_text(self.key.dim(dim), out)?;
                out.get(..len)
            }
            _ => None,
        }
    }

    /// First day of the current group's period, in days since 1970-01-01; `None` where the level has no period.
    #[must_use]
    pub fn period(&self) -> Option<i64> {
        self.key.has_period().then(|| self.key.period())
    }

    pub(super) fn program(&self) -> &Program<'p> {
        &self.program
    }
}

/// The key of the one cell that a question without coordinates has.
fn no_key(program: &Program<'_>) -> Key {
    let mut key = Key::new(program.dim_count());
    for dim in 0..program.dim_count() {
        key.set_all(dim);
    }
    key.set_no_period();
    key
}
