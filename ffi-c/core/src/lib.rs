//! The C interface of the core, for programs without libc, allocator or threads.
//!
//! Rust sees only what `raw.rs` has turned into slices; everything behind it is the safe `ripplemark-core`. Memory is
//! always the caller's. Every function returns a status, and writes its results only if that is `RMC_OK`.
#![no_std]
#![allow(non_camel_case_types, reason = "these are the names that C sees")]

pub mod cells;
pub mod column;
pub mod introspect;
pub mod program;
pub mod raw;
pub mod state;
pub mod status;

/// Version of this interface. It changes when a struct or a function changes so that old callers would break.
pub const RMC_ABI_VERSION: u32 = 1;

/// The version of the interface that the library was built with; compare with `RMC_ABI_VERSION` before anything else.
#[unsafe(no_mangle)]
pub extern "C" fn rmc_abi_version() -> u32 {
    RMC_ABI_VERSION
}

/// Without std, Rust asks for a handler. No path of the core leads here, and the tests show it: a program that is
/// linked with everything in this library does not contain `rmc_panicked`.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    rmc_panicked()
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn rmc_panicked() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Rust's own integer arithmetic (128-bit division) comes compiled with unwind tables that name this symbol, and a
/// linker without std would miss it. Nothing unwinds here, so nobody calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
