//! Runs the engine without holding the interpreter, and lets no panic through.
//!
//! A panic would reach Python as a `BaseException` that `except Exception` does not catch and that ends worker
//! threads silently. Here it becomes an ordinary exception which says that the fault is ours.

use crate::error::{Error, data_error, raise};
use pyo3::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard};

/// Why a call to the engine did not succeed.
pub(crate) enum Failure {
    /// The engine refused.
    Engine(ripplemark::Error),
    /// The data broke off or are damaged.
    Data(String),
    /// Something that should not happen.
    Internal(String),
}

impl<E: Into<ripplemark::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Engine(error.into())
    }
}

impl Failure {
    fn into_exception(self) -> PyErr {
        match self {
            Failure::Engine(error) => raise(&error),
            Failure::Data(message) => data_error(message),
            Failure::Internal(message) => PyErr::new::<Error, _>((message,)),
        }
    }
}

/// Runs `work` while other Python threads run.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> PyResult<T> {
    // What `work` touches is either dropped with it or behind a lock that a panic poisons.
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(outcome) => outcome.map_err(Failure::into_exception),
        Err(panic) => Err(Failure::Internal(internal(&*panic)).into_exception()),
    }
}

fn internal(panic: &(dyn Any + Send)) -> String {
    let text = (panic.downcast_ref::<&str>().copied())
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message");
    format!("internal error of ripplemark: {text}; please report it with what you did before")
}

/// Takes a lock, unless a panic has left what it protects half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>, Failure> {
    mutex.lock().map_err(|_| {
        Failure::Internal("this evaluation cannot be used after an internal error; make a new one".into())
    })
}
