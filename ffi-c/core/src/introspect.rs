//! What a program reads and gives: tables, columns, dimensions, metrics, levels.

use crate::raw::{self, Out, rmc_program};
use crate::status::{Failure, RMC_BATCH_TABLE, RMC_INDEX, RMC_NOTHING, call, rmc_status, rmc_text};
use core_rs::program::DimType;
use core_rs::types::LogicalType;

/// Declared type: 64-bit integer.
pub const RMC_LOGICAL_INT: u32 = 0;
/// Declared type: exact decimal with `scale` digits after the point.
pub const RMC_LOGICAL_DECIMAL: u32 = 1;
/// Declared type: binary64.
pub const RMC_LOGICAL_FLOAT: u32 = 2;
/// Declared type: true or false.
pub const RMC_LOGICAL_BOOL: u32 = 3;
/// Declared type: text from a set of values.
pub const RMC_LOGICAL_CATEGORY: u32 = 4;
/// Declared type: a key, text or integer.
pub const RMC_LOGICAL_ID: u32 = 5;
/// Declared type: a day.
pub const RMC_LOGICAL_DATE: u32 = 6;
/// Declared type: a point in time.
pub const RMC_LOGICAL_TIMESTAMP: u32 = 7;
/// Microseconds in integers.
pub const RMC_LOGICAL_DURATION: u32 = 8;

/// How many of everything a program has.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_program_info {
    /// Tables it reads.
    pub tables: usize,
    /// Dimensions it groups by.
    pub dims: usize,
    /// Metrics it gives.
    pub metrics: usize,
    /// Levels of the result: the finest (number 0), then totals and subtotals.
    pub levels: usize,
    /// 0 none, 1 day, 2 week, 3 month, 4 quarter, 5 year.
    pub grain: u32,
    /// 32 bytes that two states must share to be merged.
    pub signature: *const u8,
}

/// A table.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_table_info {
    /// The name that the book gives it.
    pub name: rmc_text,
    /// Columns that batches bring, in this order.
    pub columns: usize,
}

/// A column of a table.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_column_info {
    /// The name that formulas use.
    pub name: rmc_text,
    /// The name that the data use.
    pub source: rmc_text,
    /// One of `RMC_LOGICAL_...`
    pub logical_type: u32,
    /// Digits after the point of a decimal, else 0.
    pub scale: u32,
}

/// A dimension.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_dim_info {
    /// The name.
    pub name: rmc_text,
    /// `RMC_DIM_INT`, `RMC_DIM_BOOL`, `RMC_DIM_DATE` or `RMC_DIM_TEXT`.
    pub kind: u32,
}

/// A metric.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_metric_info {
    /// The name that formulas and queries use.
    pub name: rmc_text,
    /// The name shown to people.
    pub label: rmc_text,
    /// Names of the owning teams, joined by ", ".
    pub owner: rmc_text,
    /// The unit; empty where the book gives none.
    pub unit: rmc_text,
    /// What the metric means.
    pub description: rmc_text,
    /// SHA-256 of what the metric means: 32 bytes.
    pub meaning: *const u8,
    /// 0 none, 1 behaviour, 2 conversion, 3 revenue.
    pub ring: u32,
    /// 0 simple, 1 ratio, 2 derived.
    pub kind: u32,
    /// 1 if the value is one rational, rounded once.
    pub exact: u32,
    /// Bytes that always suffice for `rmc_cells_exact_text`.
    pub exact_text_capacity: usize,
}

pub(crate) fn below(i: usize, count: usize) -> Result<(), Failure> {
    if i < count { Ok(()) } else { Err(Failure::new(RMC_INDEX, count)) }
}

/// How many of everything a program has.
///
/// # Safety
/// `program` was loaded; `out` points to an `rmc_program_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_program_describe(
    program: *const rmc_program,
    out: *mut rmc_program_info,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, out) = unsafe { (raw::program(program, 1)?, Out::new(out, 2)?) };
        out.set(rmc_program_info {
            tables: program.table_count(),
            dims: program.dim_count(),
            metrics: program.metric_count(),
            levels: program.level_count(),
            grain: program.grain().map_or(0, |grain| grain as u32),
            signature: program.signature().as_ptr(),
        });
        Ok(())
    })
}

/// Table `table`.
///
/// # Safety
/// `program` was loaded; `out` points to an `rmc_table_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_table_describe(
    program: *const rmc_program,
    table: usize,
    out: *mut rmc_table_info,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, out) = unsafe { (raw::program(program, 1)?, Out::new(out, 3)?) };
        below(table, program.table_count())?;
        let view = program.table(table);
        out.set(rmc_table_info { name: rmc_text::new(view.name), columns: view.column_count });
        Ok(())
    })
}

/// The number of the table with a name of `len` bytes; `RMC_NOTHING` if there is none.
///
/// # Safety
/// `program` was loaded; `name` points to `len` bytes, `out` to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_table_find(
    program: *const rmc_program,
    name: *const core::ffi::c_char,
    len: usize,
    out: *mut usize,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, name, out) =
            unsafe { (raw::program(program, 1)?, raw::slice(name.cast::<u8>(), len, 2)?, Out::new(out, 4)?) };
        let found = (0..program.table_count()).find(|&i| program.table(i).name.as_bytes() == name);
        out.set(found.ok_or(Failure::new(RMC_NOTHING, 0))?);
        Ok(())
    })
}

/// Column `column` of table `table`.
///
/// # Safety
/// `program` was loaded; `out` points to an `rmc_column_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_column_describe(
    program: *const rmc_program,
    table: usize,
    column: usize,
    out: *mut rmc_column_info,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, out) = unsafe { (raw::program(program, 1)?, Out::new(out, 4)?) };
        if table >= program.table_count() {
            return Err(Failure::new(RMC_BATCH_TABLE, table));
        }
        let view = program.table(table);
        below(column, view.column_count)?;
        let column = program.column(&view, column);
        let (logical_type, scale) = match column.ty {
            LogicalType::Int => (RMC_LOGICAL_INT, 0),
            LogicalType::Decimal(scale) => (RMC_LOGICAL_DECIMAL, u32::from(scale)),
            LogicalType::Float => (RMC_LOGICAL_FLOAT, 0),
            LogicalType::Bool => (RMC_LOGICAL_BOOL, 0),
            LogicalType::Category => (RMC_LOGICAL_CATEGORY, 0),
            LogicalType::Id => (RMC_LOGICAL_ID, 0),
            LogicalType::Date => (RMC_LOGICAL_DATE, 0),
            LogicalType::Timestamp => (RMC_LOGICAL_TIMESTAMP, 0),
            LogicalType::Duration => (RMC_LOGICAL_DURATION, 0),
        };
        let (name, source) = (rmc_text::new(column.name), rmc_text::new(column.source));
        out.set(rmc_column_info { name, source, logical_type, scale });
        Ok(())
    })
}

/// Dimension `dim`.
///
/// # Safety
/// `program` was loaded; `out` points to an `rmc_dim_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_dim_describe(
    program: *const rmc_program,
    dim: usize,
    out: *mut rmc_dim_info,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, out) = unsafe { (raw::program(program, 1)?, Out::new(out, 3)?) };
        below(dim, program.dim_count())?;
        let view = program.dim(dim);
        let kind = match view.ty {
            DimType::Int => crate::cells::RMC_DIM_INT,
            DimType::Bool => crate::cells::RMC_DIM_BOOL,
            DimType::Date => crate::cells::RMC_DIM_DATE,
            DimType::Text => crate::cells::RMC_DIM_TEXT,
        };
        out.set(rmc_dim_info { name: rmc_text::new(view.name), kind });
        Ok(())
    })
}

/// Metric `metric`.
///
/// # Safety
/// `program` was loaded; `out` points to an `rmc_metric_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_metric_describe(
    program: *const rmc_program,
    metric: usize,
    out: *mut rmc_metric_info,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, out) = unsafe { (raw::program(program, 1)?, Out::new(out, 3)?) };
        below(metric, program.metric_count())?;
        let view = program.metric(metric);
        out.set(rmc_metric_info {
            name: rmc_text::new(view.name),
            label: rmc_text::new(view.label),
            owner: rmc_text::new(view.owner),
            unit: rmc_text::new(view.unit),
            description: rmc_text::new(view.description),
            meaning: view.meaning.as_ptr(),
            ring: u32::from(view.ring),
            kind: u32::from(view.kind),
            exact: u32::from(view.exact),
            exact_text_capacity: program.text_capacity(metric),
        });
        Ok(())
    })
}

/// The mask of level `level`: bit `d` keeps dimension `d`, bit 31 keeps the period.
///
/// # Safety
/// `program` was loaded; `out` points to a `uint32_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_level_mask(
    program: *const rmc_program,
    level: usize,
    out: *mut u32,
) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (program, out) = unsafe { (raw::program(program, 1)?, Out::new(out, 3)?) };
        below(level, program.level_count())?;
        out.set(program.level(level));
        Ok(())
    })
}
