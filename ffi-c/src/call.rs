//! What every entry point has in common: panics stay inside, the floating-point environment is the standard one,
//! and whatever went wrong is told in the same way.

use crate::code::ripplemark_code;
use crate::error::ripplemark_error;
use crate::failure::Failure;
use crate::raw::Caller;
use ripplemark_float_env::Standard;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of an entry point that can fail.
///
/// The body may return a text of warnings for the report.
///
/// # Safety
/// Every pointer that the body hands to [`Caller`], and `error`, must be what the documentation of the entry point
/// asks of it.
pub(crate) unsafe fn call_with_report(
    error: *mut ripplemark_error,
    body: impl FnOnce(Caller<'_>) -> Result<String, Failure>,
) -> ripplemark_code {
    // SAFETY: the promise has been passed on by the entry point.
    let caller = unsafe { Caller::promises() };
    let outcome = match caller.check_error(error) {
        Err(code) => return code,
        Ok(()) => guarded(|| body(caller)),
    };
    match outcome {
        Ok(report) => {
            caller.tell(error, None, &report);
            ripplemark_code::RIPPLEMARK_OK
        }
        Err(failure) => {
            caller.tell(error, Some(&failure), failure.report.as_deref().unwrap_or(&failure.message));
            failure.code
        }
    }
}

/// Runs the body of an entry point that can fail and has no warnings to tell.
///
/// # Safety
/// As [`call_with_report`].
pub(crate) unsafe fn call(
    error: *mut ripplemark_error,
    body: impl FnOnce(Caller<'_>) -> Result<(), Failure>,
) -> ripplemark_code {
    // SAFETY: as this function asks.
    unsafe { call_with_report(error, |caller| body(caller).map(|()| String::new())) }
}

fn guarded<T>(body: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(|| {
        let _standard = Standard::enter();
        body()
    }))
    .unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(Failure::new(ripplemark_code::RIPPLEMARK_PANIC, format!("a fault of ripplemark: {text}")))
    })
}

/// Runs the body of an entry point that returns nothing; a panic in it has nobody to be told to.
///
/// # Safety
/// As [`call_with_report`].
pub(crate) unsafe fn call_quietly(body: impl FnOnce(Caller<'_>)) {
    // SAFETY: the promise has been passed on by the entry point.
    let caller = unsafe { Caller::promises() };
    // There is neither a code to return nor a struct to fill.
    let _ = guarded(|| {
        body(caller);
        Ok(())
    });
}

/// The longest beginning of a text that has at most `bytes` bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_code() {
        // SAFETY: a NULL error struct is allowed, and the body touches no pointer.
        let code = unsafe { call(std::ptr::null_mut(), |_| panic!("on purpose")) };
        assert_eq!(code, ripplemark_code::RIPPLEMARK_PANIC);
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
        assert_eq!(cut("", 3), "");
    }
}
