//! Reading the result. The cursor keeps no borrow between calls: each call takes the core's cursor up where it stood.

use crate::introspect::below;
use crate::raw::{self, Out, rmc_program};
use crate::status::{Failure, RMC_NOTHING, RMC_OUTPUT_SHORT, RMC_UNLOADED, call, rmc_status};
use core::ffi::c_char;
use core_rs::cell::{CellValue, Cells, DimValue, Position};
use core_rs::program::layout::LEVEL_PERIOD;
use core_rs::{Flags, Program, Reasons, State};

/// The level does not distinguish this dimension.
pub const RMC_DIM_ALL: u32 = 0;
/// The rows of this group have no value here.
pub const RMC_DIM_MISSING: u32 = 1;
/// An integer.
pub const RMC_DIM_INT: u32 = 2;
/// 0 or 1.
pub const RMC_DIM_BOOL: u32 = 3;
/// Days since 1970-01-01.
pub const RMC_DIM_DATE: u32 = 4;
/// Text; `rmc_cells_dim_text` gives it.
pub const RMC_DIM_TEXT: u32 = 5;

/// In a level mask: the period is part of the key.
pub const RMC_LEVEL_PERIOD: u32 = 0x8000_0000;
/// As a level mask: keep everything.
pub const RMC_EVERYTHING: u32 = 0xffff_ffff;

/// There is no value: nothing to aggregate, or a missing input.
pub const RMC_REASON_EMPTY: u32 = 1;
/// There is no value: division by zero.
pub const RMC_REASON_ZERO_DENOMINATOR: u32 = 2;
/// There is no value: beyond the width of integers, decimals or binary64.
pub const RMC_REASON_OVERFLOW: u32 = 4;
/// There is no value: an input is not of its declared type.
pub const RMC_REASON_INVALID_INPUT: u32 = 8;
/// There is no value: a function of a number with the wrong sign.
pub const RMC_REASON_SIGN: u32 = 16;
/// There is no value: a function without a bound.
pub const RMC_REASON_UNBOUNDED: u32 = 32;
/// Beside a value: the period is not over, or the asked range cuts it.
pub const RMC_FLAG_PARTIAL_PERIOD: u32 = 1;

/// In `rmc_cell.has`: `value` is there.
pub const RMC_HAS_VALUE: u32 = 1;
/// In `rmc_cell.has`: `numerator` is there.
pub const RMC_HAS_NUMERATOR: u32 = 2;
/// In `rmc_cell.has`: `denominator` is there.
pub const RMC_HAS_DENOMINATOR: u32 = 4;

// Numbers that drifted from the core's would lie to every C caller.
const _: () = {
    assert!(RMC_LEVEL_PERIOD == LEVEL_PERIOD);
    assert!(RMC_REASON_EMPTY == Reasons::EMPTY.0 as u32);
    assert!(RMC_REASON_ZERO_DENOMINATOR == Reasons::ZERO_DENOMINATOR.0 as u32);
    assert!(RMC_REASON_OVERFLOW == Reasons::OVERFLOW.0 as u32);
    assert!(RMC_REASON_INVALID_INPUT == Reasons::INVALID_INPUT.0 as u32);
    assert!(RMC_REASON_SIGN == Reasons::SIGN.0 as u32);
    assert!(RMC_REASON_UNBOUNDED == Reasons::UNBOUNDED.0 as u32);
    assert!(RMC_FLAG_PARTIAL_PERIOD == Flags::PARTIAL_PERIOD.0 as u32);
};

const BEGUN: u64 = u64::from_le_bytes(*b"rmc-cel1");

/// A cursor over the groups of a state, sorted by key. Its fields are private to the library. It points to program,
/// state and scratch memory, which must stay where they are, unchanged, while it is used.
#[repr(C)]
pub struct rmc_cells {
    begun: u64,
    program: *const rmc_program,
    memory: *const u64,
    words: usize,
    scratch: *mut u64,
    scratch_words: usize,
    count: usize,
    next: usize,
    level: u32,
}

/// One number of the result, or the reasons why there is none.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_cell {
    /// The value, correctly rounded; 0 where there is none.
    pub value: f64,
    /// Numerator, correctly rounded; 0 where there is none.
    pub numerator: f64,
    /// Denominator, likewise.
    pub denominator: f64,
    /// Rows behind the number.
    pub n: u64,
    /// Which of the three are there: a set of `RMC_HAS_...`
    pub has: u32,
    /// Why there is no value: a set of `RMC_REASON_...`; 0 if there is one.
    pub reasons: u32,
    /// What to know about the value: a set of `RMC_FLAG_...`
    pub flags: u32,
}

/// A coordinate of the current group.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_dim {
    /// One of `RMC_DIM_...`
    pub kind: u32,
    /// The number, or the length of the text in bytes.
    pub value: i64,
}

impl From<CellValue> for rmc_cell {
    fn from(cell: CellValue) -> rmc_cell {
        let has = |there: bool, bit: u32| if there { bit } else { 0 };
        rmc_cell {
            value: cell.value.unwrap_or(0.0),
            numerator: cell.numerator.unwrap_or(0.0),
            denominator: cell.denominator.unwrap_or(0.0),
            n: cell.n,
            has: has(cell.value.is_some(), RMC_HAS_VALUE)
                | has(cell.numerator.is_some(), RMC_HAS_NUMERATOR)
                | has(cell.denominator.is_some(), RMC_HAS_DENOMINATOR),
            reasons: u32::from(cell.reasons.0),
            flags: u32::from(cell.flags.0),
        }
    }
}

/// Takes the core's cursor up, and gives it to `body`; where it then stands.
///
/// # Safety
/// `cells` is NULL, or begun by `rmc_cells_begin` with memories that still stand.
unsafe fn with<T>(
    cells: *const rmc_cells,
    body: impl FnOnce(&Program<'_>, &mut Cells<'_, '_, &[u64]>, Position) -> Result<T, Failure>,
) -> Result<(T, Position), Failure> {
    // SAFETY: the caller's promise.
    let held = unsafe { raw::slice(cells, 1, 1)? }.first().ok_or(Failure::new(RMC_UNLOADED, 1))?;
    if held.begun != BEGUN {
        return Err(Failure::new(RMC_UNLOADED, 1));
    }
    // SAFETY: `rmc_cells_begin` checked these, and the caller promises that they still stand.
    let (program, memory, scratch) = unsafe {
        (
            raw::program(held.program, 1)?,
            raw::slice(held.memory, held.words, 1)?,
            raw::slice_mut(held.scratch, held.scratch_words, 1)?,
        )
    };
    let state = State::attach(program, memory)?;
    let position = Position { count: held.count, next: held.next, level: held.level };
    let mut cells = Cells::resume(program, &state, scratch, position)?;
    let result = body(program, &mut cells, position)?;
    Ok((result, cells.position()))
}

/// Refuses to speak of a group before the first.
fn standing(position: Position) -> Result<(), Failure> {
    if position.next == 0 { Err(Failure::new(RMC_NOTHING, 0)) } else { Ok(()) }
}

/// Words of scratch memory that reading this state takes.
///
/// # Safety
/// `program` was loaded; `memory` points to `words` words, `out` to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_words(
    program: *const rmc_program,
    memory: *const u64,
    words: usize,
    out: *mut usize,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, memory, out) =
            unsafe { (raw::program(program, 1)?, raw::slice(memory, words, 2)?, Out::new(out, 4)?) };
        out.set(Cells::words(program, &State::attach(program, memory)?));
        Ok(())
    })
}

/// Begins before the first group of a state. `level_mask` is the mask that the state was merged with; for a state that
/// was fed, that of level 0. `groups` (may be NULL) receives how many groups there are.
///
/// # Safety
/// `program` was loaded; `memory` and `scratch` point to so many words; nobody else uses `scratch`. All three stay,
/// unchanged, while `out` is used. `out` points to an `rmc_cells`, `groups` is NULL or points to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_begin(
    program: *const rmc_program,
    memory: *const u64,
    words: usize,
    level_mask: u32,
    scratch: *mut u64,
    scratch_words: usize,
    out: *mut rmc_cells,
    groups: *mut usize,
) -> rmc_status {
    call(|| {
        raw::apart((memory, words), (scratch, scratch_words), 5)?;
        // SAFETY: the caller's promise, as stated above; the memories are apart.
        let (view, state_words, working, out) = unsafe {
            (
                raw::program(program, 1)?,
                raw::slice(memory, words, 2)?,
                raw::slice_mut(scratch, scratch_words, 5)?,
                Out::new(out, 7)?,
            )
        };
        // SAFETY: the caller's promise, as stated above.
        let groups = (!groups.is_null()).then(|| unsafe { Out::new(groups, 8) }).transpose()?;
        let state = State::attach(view, state_words)?;
        let Position { count, next, level } = Cells::new(view, &state, level_mask, working)?.position();
        out.set(rmc_cells {
            begun: BEGUN,
            program,
            memory,
            words,
            scratch,
            scratch_words,
            count,
            next,
            level,
        });
        if let Some(groups) = groups {
            groups.set(count);
        }
        Ok(())
    })
}

/// Goes to the next group and computes its cells. `out` receives 1, or 0 after the last group.
///
/// # Safety
/// `cells` was begun, and its memories stand; `out` points to a `uint32_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_next(cells: *mut rmc_cells, out: *mut u32) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let out = unsafe { Out::new(out, 2)? };
        // SAFETY: likewise.
        let (more, position) = unsafe { with(cells, |_, cells, _| Ok(cells.next_group()?))? };
        // SAFETY: `with` has read the cursor, so it is there; no reference to it is left.
        for held in unsafe { raw::slice_mut(cells, 1, 1)? } {
            held.next = position.next;
        }
        out.set(u32::from(more));
        Ok(())
    })
}

/// Metric `metric` in the current group.
///
/// # Safety
/// `cells` was begun, and its memories stand; `out` points to an `rmc_cell`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_cell(
    cells: *const rmc_cells,
    metric: usize,
    out: *mut rmc_cell,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let out = unsafe { Out::new(out, 3)? };
        let read = |program: &Program<'_>, cells: &mut Cells<'_, '_, &[u64]>, position| {
            standing(position)?;
            below(metric, program.metric_count())?;
            Ok(cells.cell(metric).into())
        };
        // SAFETY: the caller's promise, as stated above.
        out.set(unsafe { with(cells, read)? }.0);
        Ok(())
    })
}

/// All metrics in the current group at once. `count` is the number of metrics of the program.
///
/// # Safety
/// `cells` was begun, and its memories stand; `out` points to `count` of `rmc_cell`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_row(
    cells: *const rmc_cells,
    out: *mut rmc_cell,
    count: usize,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let out = unsafe { raw::slice_mut(out, count, 2)? };
        let read = |program: &Program<'_>, cells: &mut Cells<'_, '_, &[u64]>, position| {
            standing(position)?;
            if out.len() != program.metric_count() {
                return Err(Failure::new(crate::status::RMC_INDEX, program.metric_count()));
            }
            for (metric, cell) in out.iter_mut().enumerate() {
                *cell = cells.cell(metric).into();
            }
            Ok(())
        };
        // SAFETY: the caller's promise, as stated above.
        unsafe { with(cells, read)? };
        Ok(())
    })
}

/// The coordinate of the current group in dimension `dim`.
///
/// # Safety
/// `cells` was begun, and its memories stand; `out` points to an `rmc_dim`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_dim(cells: *const rmc_cells, dim: usize, out: *mut rmc_dim) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let out = unsafe { Out::new(out, 3)? };
        let read = |program: &Program<'_>, cells: &mut Cells<'_, '_, &[u64]>, position| {
            standing(position)?;
            below(dim, program.dim_count())?;
            let (kind, value) = match cells.dim(dim) {
                DimValue::All => (RMC_DIM_ALL, 0),
                DimValue::Missing => (RMC_DIM_MISSING, 0),
                DimValue::Int(value) => (RMC_DIM_INT, value),
                DimValue::Bool(value) => (RMC_DIM_BOOL, i64::from(value)),
                DimValue::Date(day) => (RMC_DIM_DATE, day),
                DimValue::Text(len) => (RMC_DIM_TEXT, len as i64),
            };
            Ok(rmc_dim { kind, value })
        };
        // SAFETY: the caller's promise, as stated above.
        out.set(unsafe { with(cells, read)? }.0);
        Ok(())
    })
}

/// Copies the text of the current group in dimension `dim`; no zero is added. `RMC_NOTHING` if it is no text.
///
/// # Safety
/// `cells` was begun, and its memories stand; `bytes` points to `capacity` bytes, `out_len` to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_dim_text(
    cells: *const rmc_cells,
    dim: usize,
    bytes: *mut c_char,
    capacity: usize,
    out_len: *mut usize,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (bytes, out) =
            unsafe { (raw::slice_mut(bytes.cast::<u8>(), capacity, 3)?, Out::new(out_len, 5)?) };
        let read = |program: &Program<'_>, cells: &mut Cells<'_, '_, &[u64]>, position| {
            standing(position)?;
            below(dim, program.dim_count())?;
            let DimValue::Text(len) = cells.dim(dim) else { return Err(Failure::new(RMC_NOTHING, 0)) };
            cells.dim_text(dim, bytes).ok_or(Failure::new(RMC_OUTPUT_SHORT, len))?;
            Ok(len)
        };
        // SAFETY: the caller's promise, as stated above.
        out.set(unsafe { with(cells, read)? }.0);
        Ok(())
    })
}

/// First day of the current group's period, in days since 1970-01-01; `RMC_NOTHING` where the level has no period.
///
/// # Safety
/// `cells` was begun, and its memories stand; `out` points to an `int64_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_period(cells: *const rmc_cells, out: *mut i64) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let out = unsafe { Out::new(out, 2)? };
        let read = |_: &Program<'_>, cells: &mut Cells<'_, '_, &[u64]>, position| {
            standing(position)?;
            cells.period().ok_or(Failure::new(RMC_NOTHING, 0))
        };
        // SAFETY: the caller's promise, as stated above.
        out.set(unsafe { with(cells, read)? }.0);
        Ok(())
    })
}

/// Writes the exact text of metric `metric`: digits, or a fraction in lowest terms, without a zero at the end.
/// `RMC_NOTHING` where there is no value, or where the metric is not exact.
///
/// # Safety
/// `cells` was begun, and its memories stand; `bytes` points to `capacity` bytes, `out_len` to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_exact_text(
    cells: *const rmc_cells,
    metric: usize,
    bytes: *mut c_char,
    capacity: usize,
    out_len: *mut usize,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (bytes, out) =
            unsafe { (raw::slice_mut(bytes.cast::<u8>(), capacity, 3)?, Out::new(out_len, 5)?) };
        let read = |program: &Program<'_>, cells: &mut Cells<'_, '_, &[u64]>, position| {
            standing(position)?;
            below(metric, program.metric_count())?;
            if !program.metric(metric).exact || cells.cell(metric).value.is_none() {
                return Err(Failure::new(RMC_NOTHING, 0));
            }
            Ok(cells.exact_text(metric, bytes).ok_or(Failure::new(RMC_OUTPUT_SHORT, 0))?.len())
        };
        // SAFETY: the caller's promise, as stated above.
        out.set(unsafe { with(cells, read)? }.0);
        Ok(())
    })
}

/// Writes metric `metric` of the current group as canonical bytes, which are equal wherever the number is the same.
///
/// # Safety
/// `cells` was begun, and its memories stand; `bytes` points to `capacity` bytes, `out_len` to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_cells_write(
    cells: *const rmc_cells,
    metric: usize,
    bytes: *mut u8,
    capacity: usize,
    out_len: *mut usize,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (bytes, out) = unsafe { (raw::slice_mut(bytes, capacity, 3)?, Out::new(out_len, 5)?) };
        let read = |program: &Program<'_>, cells: &mut Cells<'_, '_, &[u64]>, position| {
            standing(position)?;
            below(metric, program.metric_count())?;
            cells.write_cell(metric, bytes).ok_or(Failure::new(RMC_OUTPUT_SHORT, 0))
        };
        // SAFETY: the caller's promise, as stated above.
        out.set(unsafe { with(cells, read)? }.0);
        Ok(())
    })
}
