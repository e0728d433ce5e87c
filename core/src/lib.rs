//! ripplemark-core: loads and runs programs. No std, no allocator, no unsafe.
#![no_std]
#![forbid(unsafe_code)]

pub mod batch;
pub mod num;
pub mod types;
