//! Loading a program.

use crate::raw::{self, Out, rmc_program};
use crate::status::{call, rmc_status};
use core_rs::Program;

/// Loads and validates `len` program bytes in time linear in `len`. The bytes are borrowed: they must stay where they
/// are, unchanged, as long as `out` is used. They may lie in flash or in a mapped file, at any alignment.
///
/// # Safety
/// `bytes` points to `len` bytes, `out` to an `rmc_program`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmc_program_load(bytes: *const u8, len: usize, out: *mut rmc_program) -> rmc_status {
    call(|| {
        // SAFETY: the caller's promise, as stated above.
        let (out, bytes) = unsafe { (Out::new(out, 3)?, raw::slice(bytes, len, 1)?) };
        let program = Program::from_bytes(bytes)?;
        // SAFETY: the caller promises that the bytes outlive the struct.
        unsafe { raw::hold(out, program) };
        Ok(())
    })
}
