//! States: making, feeding, merging, writing.

use crate::column::{convert, rmc_column};
use crate::introspect::below;
use crate::raw::{self, Out, rmc_program};
use crate::status::{Failure, RMC_SCRATCH, RMC_STATE_MEMORY, call, rmc_status, rmc_text};
use core_rs::eval::column_words;
use core_rs::{Capacity, Need, Program, Scratch, State};

/// Everything was taken.
pub const RMC_NEED_NOTHING: u32 = 0;
/// The next row or group needs room for another group.
pub const RMC_NEED_GROUPS: u32 = 1;
/// The next row or group needs room for another text.
pub const RMC_NEED_TEXTS: u32 = 2;
/// The next row or group needs room for the bytes of another text.
pub const RMC_NEED_TEXT_BYTES: u32 = 3;

const _: () = assert!(
    Need::Nothing as u32 == RMC_NEED_NOTHING
        && Need::Groups as u32 == RMC_NEED_GROUPS
        && Need::Texts as u32 == RMC_NEED_TEXTS
        && Need::TextBytes as u32 == RMC_NEED_TEXT_BYTES
);

/// How much a state can hold.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_capacity {
    /// Groups: combinations of dimension values and period.
    pub groups: u32,
    /// Different texts in the dimensions.
    pub texts: u32,
    /// Bytes of these texts together, each rounded up to a multiple of eight.
    pub text_bytes: u32,
}

/// How far feeding got.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_fed {
    /// Rows from the beginning of the batch that are in the state. Go on from here.
    pub rows_done: usize,
    /// One of `RMC_NEED_...`: what the next row needs.
    pub need: u32,
}

/// How far merging got.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_merged {
    /// Groups of the other state that are in. Go on from here.
    pub groups_done: usize,
    /// One of `RMC_NEED_...`: what the next group needs.
    pub need: u32,
}

/// Rows of one table under one time column.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_row_counts {
    /// The table.
    pub table: rmc_text,
    /// The column that places rows in time; empty where time is not read.
    pub at: rmc_text,
    /// Rows read.
    pub read: u64,
    /// Rows that entered a group.
    pub used: u64,
    /// Rows that did not: filtered, filter failed, no time, invalid time, out of range, after as_of, out of
    /// calendar, invalid key.
    pub rejected: [u64; 8],
    /// 1 if there is a watermark.
    pub has_watermark: u32,
    /// Largest time among the used rows: days, or microseconds.
    pub watermark: i64,
}

impl From<rmc_capacity> for Capacity {
    fn from(c: rmc_capacity) -> Capacity {
        Capacity { groups: c.groups, texts: c.texts, text_bytes: c.text_bytes }
    }
}

impl From<Capacity> for rmc_capacity {
    fn from(c: Capacity) -> rmc_capacity {
        rmc_capacity { groups: c.groups, texts: c.texts, text_bytes: c.text_bytes }
    }
}

/// The capacity to try next when `need` was reported: what is needed is doubled. Unchanged if it cannot grow.
#[unsafe(no_mangle)]
pub extern "C" fn rmc_capacity_grown(capacity: rmc_capacity, need: u32) -> rmc_capacity {
    let need = match need {
        RMC_NEED_GROUPS => Need::Groups,
        RMC_NEED_TEXTS => Need::Texts,
        RMC_NEED_TEXT_BYTES => Need::TextBytes,
        _ => Need::Nothing,
    };
    Capacity::from(capacity).grown(need).into()
}

/// Words (of 8 bytes) of memory for a state of this capacity.
///
/// # Safety
/// `program` was loaded; `out` points to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_state_words(
    program: *const rmc_program,
    capacity: rmc_capacity,
    out: *mut usize,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, out) = unsafe { (raw::program(program, 1)?, Out::new(out, 3)?) };
        let words = State::words(program, capacity.into());
        out.set(words.ok_or(Failure::new(RMC_STATE_MEMORY, usize::MAX))?);
        Ok(())
    })
}

/// Makes an empty state in `memory`. What the memory held does not matter.
///
/// # Safety
/// `program` was loaded; `memory` points to `words` words that nobody else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_state_init(
    program: *const rmc_program,
    memory: *mut u64,
    words: usize,
    capacity: rmc_capacity,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, memory) = unsafe { (raw::program(program, 1)?, raw::slice_mut(memory, words, 2)?) };
        State::init(program, memory, capacity.into())?;
        Ok(())
    })
}

/// The capacity of the state in `memory`, and how many groups it has; either `out` may be NULL.
///
/// # Safety
/// `program` was loaded; `memory` points to `words` words, `capacity` and `groups` are NULL or point to their types.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_state_size(
    program: *const rmc_program,
    memory: *const u64,
    words: usize,
    capacity: *mut rmc_capacity,
    groups: *mut usize,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, memory) = unsafe { (raw::program(program, 1)?, raw::slice(memory, words, 2)?) };
        // SAFETY: the caller's promise, as stated above.
        let capacity = (!capacity.is_null()).then(|| unsafe { Out::new(capacity, 4) }).transpose()?;
        // SAFETY: the caller's promise, as stated above.
        let groups = (!groups.is_null()).then(|| unsafe { Out::new(groups, 5) }).transpose()?;
        let state = State::attach(program, memory)?;
        if let Some(out) = capacity {
            out.set(state.capacity().into());
        }
        if let Some(out) = groups {
            out.set(state.group_count());
        }
        Ok(())
    })
}

/// The parts of the scratch memory that a batch takes.
///
/// # Safety
/// As [`convert`] for every column.
unsafe fn scratch_len(program: &Program<'_>, table: usize, columns: &[rmc_column]) -> Result<usize, Failure> {
    let registers = checked_registers(program, table, columns.len())?;
    let mut words = 0_usize;
    for (i, column) in columns.iter().enumerate() {
        // SAFETY: the caller's promise.
        words = words.saturating_add(column_words(&unsafe { convert(column, i)? }));
    }
    Ok(raw::parts_len(columns.len(), registers, words))
}

fn checked_registers(program: &Program<'_>, table: usize, columns: usize) -> Result<usize, Failure> {
    if table >= program.table_count() {
        return Err(Failure::new(crate::status::RMC_BATCH_TABLE, table));
    }
    let view = program.table(table);
    if columns != view.column_count {
        return Err(Failure::new(crate::status::RMC_BATCH_COLUMNS, view.column_count));
    }
    Ok(view.code_count)
}

/// Words of scratch memory that feeding this batch takes. It depends on the dictionaries, not on the rows.
///
/// # Safety
/// `program` was loaded; `columns` points to `column_count` columns whose buffers are as they say; `out` points to a
/// `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_scratch_words(
    program: *const rmc_program,
    table: usize,
    columns: *const rmc_column,
    column_count: usize,
    out: *mut usize,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, columns, out) =
            unsafe { (raw::program(program, 1)?, raw::slice(columns, column_count, 3)?, Out::new(out, 5)?) };
        // SAFETY: likewise.
        out.set(unsafe { scratch_len(program, table, columns)? });
        Ok(())
    })
}

/// Feeds rows `from_row` to `rows` of a batch of table `table`, its columns in the order of the program.
///
/// If `out->need` is not `RMC_NEED_NOTHING`, make a larger state, merge this one into it, and feed the same batch to
/// it from row `out->rows_done` on. Scratch memory may be shared by states that are not fed at the same time.
///
/// # Safety
/// `program` was loaded; `memory` and `scratch` point to so many words that nobody else uses; `columns` points to
/// `column_count` columns whose buffers are as they say; `out` points to an `rmc_fed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_feed(
    program: *const rmc_program,
    memory: *mut u64,
    words: usize,
    table: usize,
    columns: *const rmc_column,
    column_count: usize,
    rows: usize,
    from_row: usize,
    scratch: *mut u64,
    scratch_words: usize,
    out: *mut rmc_fed,
) -> rmc_status {
    call(|| {
        raw::apart((memory, words), (scratch, scratch_words), 9)?;
        // SAFETY: the caller's promise, as stated above; the two memories are apart.
        let (program, memory, columns, scratch, out) = unsafe {
            (
                raw::program(program, 1)?,
                raw::slice_mut(memory, words, 2)?,
                raw::slice(columns, column_count, 5)?,
                raw::slice_mut(scratch, scratch_words, 9)?,
                Out::new(out, 11)?,
            )
        };
        // SAFETY: the caller's promise about the columns.
        let needed = unsafe { scratch_len(program, table, columns)? };
        if scratch.len() < needed {
            return Err(Failure::new(RMC_SCRATCH, needed));
        }
        let registers = checked_registers(program, table, columns.len())?;
        let parts = raw::parts(scratch, columns.len(), registers, |i| match columns.get(i) {
            // SAFETY: the caller's promise about the columns.
            Some(column) => unsafe { convert(column, i) },
            None => Err(Failure::new(RMC_SCRATCH, needed)),
        })?;
        let mut state = State::attach(program, memory)?;
        let mut scratch = Scratch { registers: parts.registers, words: parts.words };
        let fed = state.feed(program, table, parts.columns, rows, from_row, &mut scratch)?;
        out.set(rmc_fed { rows_done: fed.rows_done, need: fed.need as u32 });
        Ok(())
    })
}

/// Merges another state of the same signature into the one in `memory`, from its group `from_group` on.
///
/// `level_mask` says what the keys keep: `RMC_EVERYTHING`, or the mask of a level, to roll a state up into totals.
/// If `out->need` is not `RMC_NEED_NOTHING`, make a larger state, merge the target into it, and go on from
/// `out->groups_done`. Rejected and read rows are added with the last group.
///
/// # Safety
/// `program` was loaded; `memory` and `other` point to so many words; nobody else uses `memory`; `out` points to an
/// `rmc_merged`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_merge(
    program: *const rmc_program,
    memory: *mut u64,
    words: usize,
    other: *const u64,
    other_words: usize,
    from_group: usize,
    level_mask: u32,
    out: *mut rmc_merged,
) -> rmc_status {
    call(|| {
        raw::apart((memory, words), (other, other_words), 4)?;
        // SAFETY: the caller's promise, as stated above; the two memories are apart.
        let (program, memory, other, out) = unsafe {
            (
                raw::program(program, 1)?,
                raw::slice_mut(memory, words, 2)?,
                raw::slice(other, other_words, 4)?,
                Out::new(out, 8)?,
            )
        };
        let other = State::attach(program, other)?;
        let merged = State::attach(program, memory)?.merge_level(program, &other, from_group, level_mask)?;
        out.set(rmc_merged { groups_done: merged.groups_done, need: merged.need as u32 });
        Ok(())
    })
}

/// Merges canonical state bytes into the state in `memory`; the contract is that of `rmc_merge`. All bytes are
/// checked before anything is changed.
///
/// # Safety
/// `program` was loaded; `memory` points to `words` words that nobody else uses, `bytes` to `len` bytes, `out` to an
/// `rmc_merged`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_state_merge_bytes(
    program: *const rmc_program,
    memory: *mut u64,
    words: usize,
    bytes: *const u8,
    len: usize,
    from_group: usize,
    out: *mut rmc_merged,
) -> rmc_status {
    call(|| {
        raw::apart((memory, words), (bytes, len), 4)?;
        // SAFETY: the caller's promise, as stated above; the two memories are apart.
        let (program, memory, bytes, out) = unsafe {
            (
                raw::program(program, 1)?,
                raw::slice_mut(memory, words, 2)?,
                raw::slice(bytes, len, 4)?,
                Out::new(out, 7)?,
            )
        };
        let merged = State::attach(program, memory)?.merge_bytes(program, bytes, from_group)?;
        out.set(rmc_merged { groups_done: merged.groups_done, need: merged.need as u32 });
        Ok(())
    })
}

/// Writes the canonical bytes of the state: one byte string for one multiset of rows, whatever the order of rows and
/// merges. `scratch` takes as many words as the state has groups. With `capacity` 0, and `bytes` NULL, it fails with
/// `RMC_OUTPUT_SHORT`, and the detail is the length.
///
/// # Safety
/// `program` was loaded; `memory` and `scratch` point to so many words, `bytes` to `capacity` bytes; nobody else uses
/// `scratch` and `bytes`; `out_len` points to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_state_write(
    program: *const rmc_program,
    memory: *const u64,
    words: usize,
    scratch: *mut u64,
    scratch_words: usize,
    bytes: *mut u8,
    capacity: usize,
    out_len: *mut usize,
) -> rmc_status {
    call(|| {
        raw::apart((memory, words), (scratch, scratch_words), 4)?;
        raw::apart((memory, words), (bytes, capacity), 6)?;
        raw::apart((scratch, scratch_words), (bytes, capacity), 6)?;
        // SAFETY: the caller's promise, as stated above; the memories are apart.
        let (program, memory, scratch, bytes, out) = unsafe {
            (
                raw::program(program, 1)?,
                raw::slice(memory, words, 2)?,
                raw::slice_mut(scratch, scratch_words, 4)?,
                raw::slice_mut(bytes, capacity, 6)?,
                Out::new(out_len, 8)?,
            )
        };
        out.set(State::attach(program, memory)?.write_to(program, bytes, scratch)?);
        Ok(())
    })
}

/// What happened to the rows under time column `placement`; `RMC_INDEX` after the last.
///
/// # Safety
/// `program` was loaded; `memory` points to `words` words, `out` to an `rmc_row_counts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_state_rows(
    program: *const rmc_program,
    memory: *const u64,
    words: usize,
    placement: usize,
    out: *mut rmc_row_counts,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, memory, out) =
            unsafe { (raw::program(program, 1)?, raw::slice(memory, words, 2)?, Out::new(out, 5)?) };
        let state = State::attach(program, memory)?;
        below(placement, state.placement_count(program))?;
        let counts = state.row_counts(program, placement);
        out.set(rmc_row_counts {
            table: rmc_text::new(counts.table),
            at: rmc_text::new(counts.at.unwrap_or("")),
            read: counts.read,
            used: counts.used,
            rejected: counts.rejected,
            has_watermark: u32::from(counts.watermark.is_some()),
            watermark: counts.watermark.unwrap_or(0),
        });
        Ok(())
    })
}

/// How many values of a column were missing, and how many were not of the declared type.
///
/// # Safety
/// `program` was loaded; `memory` points to `words` words, `missing` and `invalid` to a `uint64_t` each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_state_column(
    program: *const rmc_program,
    memory: *const u64,
    words: usize,
    table: usize,
    column: usize,
    missing: *mut u64,
    invalid: *mut u64,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, memory, missing, invalid) = unsafe {
            (
                raw::program(program, 1)?,
                raw::slice(memory, words, 2)?,
                Out::new(missing, 6)?,
                Out::new(invalid, 7)?,
            )
        };
        below(table, program.table_count())?;
        below(column, program.table(table).column_count)?;
        let counts = State::attach(program, memory)?.column_counts(program, table, column);
        missing.set(counts.0);
        invalid.set(counts.1);
        Ok(())
    })
}
