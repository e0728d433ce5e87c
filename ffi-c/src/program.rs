//! Programs: compiled from a book, or loaded from bytes; shared between threads.

use crate::call::{call, call_quietly, call_with_report};
use crate::code::ripplemark_code;
use crate::error::ripplemark_error;
use crate::failure::Failure;
use crate::query::{self, ripplemark_query};
use crate::raw::{Caller, Out};
use ripplemark_rs::core::types::LogicalType;
use ripplemark_rs::{Program, book};
use std::ffi::{c_char, c_int};

/// A compiled question. It never changes, so threads may share one; free it when no evaluation needs it any more
/// (evaluations keep what they need, so the order does not matter).
pub struct ripplemark_program {
    _opaque: [u8; 0],
}

/// Compiles a book (YAML or JSON, `length` bytes) and a query (NULL: every metric, without groups).
///
/// Warnings of the book are in the report of `error` even if the call succeeds.
///
/// # Safety
/// `text` has `length` bytes; `query` is NULL or valid; `program` is valid; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_program_compile(
    text: *const c_char,
    length: usize,
    query: *const ripplemark_query,
    program: *mut *mut ripplemark_program,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call_with_report(error, |caller| {
            let out = caller.out(program, "program")?;
            let text = caller.text(text, length, "text")?;
            let loaded = book::load_str(text, "book").map_err(ripplemark_rs::Error::from)?;
            compile(caller, &loaded, query, out)
        })
    }
}

/// Compiles the book in a file, as `ripplemark_program_compile` does; problems name the file.
///
/// # Safety
/// `path` ends with a NUL; `query` is NULL or valid; `program` is valid; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_program_compile_file(
    path: *const c_char,
    query: *const ripplemark_query,
    program: *mut *mut ripplemark_program,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call_with_report(error, |caller| {
            let out = caller.out(program, "program")?;
            let path = caller.path(path, "path")?;
            let loaded = book::load_path(path).map_err(ripplemark_rs::Error::from)?;
            compile(caller, &loaded, query, out)
        })
    }
}

/// Compiles a loaded book, gives the program, and returns the warnings.
fn compile<'c>(
    caller: Caller<'c>,
    loaded: &book::Loaded,
    query: *const ripplemark_query,
    out: Out<'c, *mut ripplemark_program>,
) -> Result<String, Failure> {
    let query = query::read(caller, query, &loaded.book)?;
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    caller.give(out, Program::compile(&loaded.book, &query)?);
    Ok(warnings.join("\n"))
}

/// Loads a compiled program. The bytes are copied and validated; any bytes may be passed.
///
/// # Safety
/// `bytes` has `length` bytes; `program` is valid; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_program_load(
    bytes: *const u8,
    length: usize,
    program: *mut *mut ripplemark_program,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let out = caller.out(program, "program")?;
            let bytes = caller.slice(bytes, length, "bytes")?;
            caller.give(out, Program::from_bytes(bytes)?);
            Ok(())
        })
    }
}

/// Frees a program. NULL is allowed.
///
/// # Safety
/// `program` is NULL or was given by this library and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_program_free(program: *mut ripplemark_program) {
    // SAFETY: the caller's promise, passed on.
    unsafe { call_quietly(|caller| drop(caller.take::<Program>(program))) }
}

/// The program's bytes, borrowed until the program is freed.
///
/// # Safety
/// `program` is valid; `bytes` and `length` are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_program_bytes(
    program: *const ripplemark_program,
    bytes: *mut *const u8,
    length: *mut usize,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let (out, out_length) = (caller.out(bytes, "bytes")?, caller.out(length, "length")?);
            let bytes = caller.handle::<Program>(program)?.bytes();
            out.write(bytes.as_ptr());
            out_length.write(bytes.len());
            Ok(())
        })
    }
}

/// How many tables, metrics, dimensions and levels a program has.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ripplemark_program_counts {
    /// Tables to be fed, in their order.
    pub tables: usize,
    /// Metrics, in the order of the query.
    pub metrics: usize,
    /// Dimensions, in the order of the query.
    pub dims: usize,
    /// Levels: the finest, then totals and subtotals.
    pub levels: usize,
    /// 0: no time axis, 1 day, 2 week, 3 month, 4 quarter, 5 year.
    pub grain: u32,
}

/// Counts what a program has.
///
/// # Safety
/// Both pointers are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_program_count(
    program: *const ripplemark_program,
    counts: *mut ripplemark_program_counts,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let out = caller.out(counts, "counts")?;
            let program = caller.handle::<Program>(program)?;
            let view = program.view();
            out.write(ripplemark_program_counts {
                tables: program.tables().len(),
                metrics: view.metric_count(),
                dims: view.dim_count(),
                levels: view.level_count(),
                grain: view.grain().map_or(0, |grain| grain as u32),
            });
            Ok(())
        })
    }
}

/// What a text of a program is about.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ripplemark_text {
    /// Name of table `index`.
    RIPPLEMARK_TEXT_TABLE = 0,
    /// Name of column `inner` of table `index`.
    RIPPLEMARK_TEXT_COLUMN = 1,
    /// The data's name for column `inner` of table `index`.
    RIPPLEMARK_TEXT_COLUMN_SOURCE = 2,
    /// Declared type of column `inner` of table `index`: `int`, `decimal(2)`, `float`, `bool`, `category`, `id`,
    /// `date`, `timestamp`, `duration`.
    RIPPLEMARK_TEXT_COLUMN_TYPE = 3,
    /// Name of dimension `index`.
    RIPPLEMARK_TEXT_DIM = 4,
    /// Name of metric `index`.
    RIPPLEMARK_TEXT_METRIC = 5,
    /// Label of metric `index`.
    RIPPLEMARK_TEXT_METRIC_LABEL = 6,
    /// Owner of metric `index`.
    RIPPLEMARK_TEXT_METRIC_OWNER = 7,
    /// Unit of metric `index`; empty where the book gives none.
    RIPPLEMARK_TEXT_METRIC_UNIT = 8,
    /// Description of metric `index`.
    RIPPLEMARK_TEXT_METRIC_DESCRIPTION = 9,
}

fn type_name(ty: LogicalType) -> String {
    match ty {
        LogicalType::Int => "int".into(),
        LogicalType::Decimal(scale) => format!("decimal({scale})"),
        LogicalType::Float => "float".into(),
        LogicalType::Bool => "bool".into(),
        LogicalType::Category => "category".into(),
        LogicalType::Id => "id".into(),
        LogicalType::Date => "date".into(),
        LogicalType::Timestamp => "timestamp".into(),
        LogicalType::Duration => "duration".into(),
    }
}

/// Copies a text of a program into `buffer` with a terminating NUL. `what` is a `RIPPLEMARK_TEXT_…` number.
/// With `capacity` 0 only `length` is written: bytes without the NUL.
///
/// # Safety
/// `program` is valid; `buffer` has `capacity` bytes; `length` is valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_program_text(
    program: *const ripplemark_program,
    what: u32,
    index: usize,
    inner: usize,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let text = program_text(caller, program, what, index, inner)?;
            caller.copy_text(&text, buffer, capacity, length)
        })
    }
}

fn program_text(
    caller: Caller<'_>,
    program: *const ripplemark_program,
    what: u32,
    index: usize,
    inner: usize,
) -> Result<String, Failure> {
    let program = caller.handle::<Program>(program)?;
    let view = program.view();
    let within = |what: &str, at: usize, count: usize| {
        if at < count { Ok(()) } else { Err(Failure::index(what, at, count)) }
    };
    match what {
        0..=3 => {
            let tables = program.tables();
            let table = tables.get(index).ok_or_else(|| Failure::index("table", index, tables.len()))?;
            if what == 0 {
                return Ok(table.name.clone());
            }
            let count = table.columns.len();
            let column = table.columns.get(inner).ok_or_else(|| Failure::index("column", inner, count))?;
            Ok(match what {
                1 => column.name.clone(),
                2 => column.source.clone(),
                _ => type_name(column.ty),
            })
        }
        4 => {
            within("dimension", index, view.dim_count())?;
            Ok(view.dim(index).name.to_owned())
        }
        5..=9 => {
            within("metric", index, view.metric_count())?;
            let metric = view.metric(index);
            let text = match what {
                5 => metric.name,
                6 => metric.label,
                7 => metric.owner,
                8 => metric.unit,
                _ => metric.description,
            };
            Ok(text.to_owned())
        }
        _ => Err(Failure::new(ripplemark_code::RIPPLEMARK_ARGUMENT, "no such text")),
    }
}

/// How many columns a batch of table `table` must have.
///
/// # Safety
/// Both pointers are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_program_column_count(
    program: *const ripplemark_program,
    table: usize,
    count: *mut usize,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let out = caller.out(count, "count")?;
            let tables = caller.handle::<Program>(program)?.tables();
            let spec = tables.get(table).ok_or_else(|| Failure::index("table", table, tables.len()))?;
            out.write(spec.columns.len());
            Ok(())
        })
    }
}

/// Whether rows of other tables are looked up in table `table`: 1 if so, else 0. Such a table has a lower number than
/// those whose rows look, and all of it is fed before them; only where two tables look into each other, rows of one
/// wait for the other.
///
/// # Safety
/// Both pointers are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_program_is_lookup(
    program: *const ripplemark_program,
    table: usize,
    is_lookup: *mut c_int,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let out = caller.out(is_lookup, "is_lookup")?;
            let tables = caller.handle::<Program>(program)?.tables();
            let spec = tables.get(table).ok_or_else(|| Failure::index("table", table, tables.len()))?;
            out.write(c_int::from(spec.lookup));
            Ok(())
        })
    }
}
