//! Versions: of the library, and of the interface that programs are compiled against.

use crate::call::call;
use crate::code::ripplemark_code;
use std::ffi::{c_char, c_int};

/// Version of this header's structs and functions. A library of another number must not be used with it.
pub const RIPPLEMARK_ABI_VERSION: u32 = 1;

/// The library's `RIPPLEMARK_ABI_VERSION`; compare it with the header's.
#[unsafe(no_mangle)]
pub extern "C" fn ripplemark_abi_version() -> u32 {
    RIPPLEMARK_ABI_VERSION
}

/// The version of ripplemark, "major.minor.patch", terminated, for ever valid.
#[unsafe(no_mangle)]
pub extern "C" fn ripplemark_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// One sentence about a code, copied into `buffer` with a terminating NUL. An unknown number is
/// `RIPPLEMARK_ARGUMENT`. With `capacity` 0 only `length` is written: bytes without the NUL.
///
/// # Safety
/// `buffer` has `capacity` bytes; `length` is valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_code_text(
    code: u32,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let code = ripplemark_code::of_number(code).ok_or_else(|| {
                crate::failure::Failure::new(ripplemark_code::RIPPLEMARK_ARGUMENT, "no such code")
            })?;
            caller.copy_text(code.sentence(), buffer, capacity, length)
        })
    }
}

/// 1 if the processor's floating-point environment is the standard one (nearest even, subnormal numbers kept).
/// ripplemark computes under that one in any case, and restores yours.
#[unsafe(no_mangle)]
pub extern "C" fn ripplemark_float_environment_is_standard() -> c_int {
    c_int::from(ripplemark_float_env::is_standard())
}
