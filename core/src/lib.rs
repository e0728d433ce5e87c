//! ripplemark-core: loads and runs ripplemark programs. No std, no allocator, no unsafe code.
//!
//! A [`Program`] is bytes that the crate `ripplemark` compiled from a KPI book and a query. A [`State`] takes batches
//! of borrowed [`batch::Column`]s, in memory of the caller, and merges with other states in any order. [`Cells`]
//! reads the result: for each group and metric a number, or the reasons why there is none.
//!
//! # What this crate does not do
//! It does not read books or formulas, files or clocks; it does not allocate, print, or start threads. Those are the
//! crate `ripplemark`'s.
//!
//! # The same bits everywhere
//! Sums are exact, formulas over sums are quotients of big integers that are rounded once, and functions come from a
//! pinned `libm`. What a host must provide is binary64 arithmetic as IEEE 754 defines it: round to nearest even,
//! subnormal numbers kept. The C library and the Python module set that up at every entry.
#![no_std]
#![forbid(unsafe_code)]

pub mod batch;
pub mod cell;
pub mod error;
pub mod eval;
pub mod num;
pub mod program;
pub mod reason;
pub mod state;
pub mod time;
pub mod types;

pub use cell::{CellValue, Cells, DimValue};
pub use error::{Code, Error};
pub use eval::{Register, Scratch, scratch_words};
pub use program::Program;
pub use reason::{Flags, Reasons};
pub use state::{Capacity, Fed, Merged, Need, State, trace};
