//! The C library: programs, evaluations and results behind opaque handles, with a generated header.
//!
//! ```text
//! C ─► entry points (program, evaluation, result) ─ call ─► safe Rust, the crate `ripplemark`
//!                    └─ raw: the only place where a pointer becomes a reference
//! ```
//! Every entry point goes through [`call`], which turns problems and panics into codes, fills the caller's error
//! struct and sets the floating-point environment. `include/ripplemark.h` is written by `tests/header.rs`; the prose
//! for C programmers is in `docs/C.md`.
//!
//! Names are C's, because the header is generated from them.
#![allow(non_camel_case_types)]

mod arrow_data;
mod arrow_schema;
mod arrow_stream;
mod call;
mod code;
mod column;
mod error;
mod evaluation;
mod failure;
mod file;
mod handle;
mod program;
mod query;
mod raw;
mod result;
mod version;

pub use code::*;
pub use column::*;
pub use error::*;
pub use evaluation::*;
pub use program::*;
pub use query::*;
pub use result::*;
pub use version::*;
