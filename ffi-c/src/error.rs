//! The caller's error struct: filled by every call that is given one.

use crate::call::cut;
use crate::failure::Failure;
use std::ffi::c_char;

/// Bytes of [`ripplemark_error::message`], its terminating NUL included.
pub const RIPPLEMARK_MESSAGE_BYTES: usize = 512;

/// Tells what went wrong. Begin with `RIPPLEMARK_ERROR_INIT`; pass NULL where you do not want to know.
///
/// A book can have many problems. For all of them set `report` to a buffer of yours; if it turns out too short, the
/// text is cut, and `report_length` says how long it is. After a call that succeeded, `code` is 0, `message` is empty
/// and the report holds the warnings, if any.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ripplemark_error {
    /// Read: `sizeof(ripplemark_error)`.
    pub struct_size: usize,
    /// Read: where the report goes; may be NULL.
    pub report: *mut c_char,
    /// Read: bytes at `report`, the terminating NUL included.
    pub report_capacity: usize,
    /// Written: bytes of the whole report without the terminating NUL.
    pub report_length: usize,
    /// Written: the code that the call returned.
    pub code: u32,
    /// Written: line in the book, from 1; 0 where there is none.
    pub line: u32,
    /// Written: column in characters, from 1; 0 where there is none.
    pub column: u32,
    /// Written: 0.
    pub reserved: u32,
    /// Written: the first problem, UTF-8, cut where it is longer, always terminated.
    pub message: [c_char; RIPPLEMARK_MESSAGE_BYTES],
}

impl ripplemark_error {
    /// Writes everything but the report.
    pub(crate) fn fill(&mut self, failure: Option<&Failure>, report: &str) {
        let message = failure.map_or("", |f| f.message.as_str());
        let message = cut(message, RIPPLEMARK_MESSAGE_BYTES - 1).as_bytes();
        self.code = failure.map_or(0, |f| f.code as u32);
        (self.line, self.column) = failure.map_or((0, 0), |f| f.place);
        self.reserved = 0;
        self.report_length = report.len();
        let bytes = message.iter().map(|&byte| byte as c_char).chain(std::iter::repeat(0));
        for (to, from) in self.message.iter_mut().zip(bytes) {
            *to = from;
        }
    }
}
