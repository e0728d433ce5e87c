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

/// Nothing in the core can panic; the tests show that no release build calls this. Without std, Rust asks for it.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
