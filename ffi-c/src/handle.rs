//! What stands behind an opaque handle: a mark that tells the kinds apart, and the thing itself.
//!
//! A mark cannot catch every misuse, but it turns the common ones (a program passed as an evaluation, a handle that
//! was just freed) into a code instead of undefined behaviour.

use crate::code::ripplemark_code;
use crate::failure::Failure;
use ripplemark_rs::{Evaluation, Program};
use std::sync::Mutex;

/// The mark of a freed handle.
pub(crate) const FREED: u64 = u64::from_le_bytes(*b"RMfreed.");

/// A kind of handle.
pub(crate) trait Handle: Sized {
    /// The opaque type of the header.
    type Opaque;
    /// The mark of the kind.
    const MARK: u64;
    /// What people call it.
    const NAME: &'static str;
}

/// What a handle points to. The mark comes first, whatever the kind.
#[repr(C)]
pub(crate) struct Marked<T> {
    pub(crate) mark: u64,
    pub(crate) body: T,
}

/// An evaluation, which belongs to one call at a time.
///
/// The lock is only ever tried: two calls at once (from two threads, or from a callback of an Arrow producer) are a
/// mistake of the caller's that shall not become a data race.
pub(crate) struct Shared {
    pub(crate) evaluation: Mutex<Evaluation>,
}

impl Shared {
    /// Runs `body` with the evaluation.
    pub(crate) fn with<R>(
        &self,
        body: impl FnOnce(&mut Evaluation) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        use std::sync::TryLockError;
        match self.evaluation.try_lock() {
            Ok(mut evaluation) => body(&mut evaluation),
            Err(TryLockError::WouldBlock) => Err(Failure::new(
                ripplemark_code::RIPPLEMARK_BUSY,
                "the evaluation is in use by another call; give each thread one of its own and merge them",
            )),
            Err(TryLockError::Poisoned(_)) => Err(Failure::new(
                ripplemark_code::RIPPLEMARK_PANIC,
                "an earlier call broke off in this evaluation; free it and begin anew",
            )),
        }
    }
}

macro_rules! handles {
    ($($opaque:ty, $body:ty, $mark:literal, $name:literal;)+) => {
        $(impl Handle for $body {
            type Opaque = $opaque;
            const MARK: u64 = u64::from_le_bytes(*$mark);
            const NAME: &'static str = $name;
        })+
    };
}

handles! {
    crate::program::ripplemark_program, Program, b"RMprogrm", "a program";
    crate::evaluation::ripplemark_evaluation, Shared, b"RMevalua", "an evaluation";
    crate::result::ripplemark_result, crate::result::ResultBody, b"RMresult", "a result";
}
