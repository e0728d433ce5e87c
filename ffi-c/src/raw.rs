//! From pointers to references and back. All unsafe code of this library is here, but for the one block with which
//! each entry point passes its caller's promise on.

use crate::code::ripplemark_code;
use crate::error::ripplemark_error;
use crate::failure::Failure;
use crate::handle::{FREED, Handle, Marked};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::size_of;

/// Whoever called an entry point, for the time of that call.
///
/// Having one means that the pointers of the call are as the header asks: NULL or valid for their stated length, and
/// not changed by others meanwhile. Its methods can therefore be called from safe code; what they can check (NULL,
/// alignment, sizes, marks of handles) they check nevertheless.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'c> {
    call: PhantomData<&'c ()>,
}

impl<'c> Caller<'c> {
    /// # Safety
    /// Every pointer that is handed to the methods, as long as the value lives, must be as the header asks.
    pub(crate) unsafe fn promises() -> Caller<'c> {
        Caller { call: PhantomData }
    }

    fn aligned<T>(self, pointer: *const T, what: &str) -> Result<(), Failure> {
        if pointer.is_null() {
            return Err(Failure::null(what));
        }
        if !pointer.is_aligned() {
            let message = format!("`{what}` is not aligned to {} bytes", align_of::<T>());
            return Err(Failure::new(ripplemark_code::RIPPLEMARK_ALIGNMENT, message));
        }
        Ok(())
    }

    /// Whether an error struct can be filled. Without one there is nothing to check.
    pub(crate) fn check_error(self, error: *const ripplemark_error) -> Result<(), ripplemark_code> {
        if error.is_null() {
            return Ok(());
        }
        self.aligned(error, "error").map_err(|failure| failure.code)?;
        // SAFETY: not NULL and aligned; the first member is the size, which every version of the struct has.
        let size = unsafe { error.cast::<usize>().read() };
        if size < size_of::<ripplemark_error>() { Err(ripplemark_code::RIPPLEMARK_STRUCT_SIZE) } else { Ok(()) }
    }

    /// Fills an error struct that [`Caller::check_error`] has found good, and its report.
    pub(crate) fn tell(self, error: *mut ripplemark_error, failure: Option<&Failure>, report: &str) {
        // SAFETY: NULL, or checked at the beginning of the call, and nobody else's during it.
        let Some(error) = (unsafe { error.as_mut() }) else { return };
        error.fill(failure, report);
        if !error.report.is_null() && error.report_capacity > 0 {
            let shown = crate::call::cut(report, error.report_capacity - 1);
            // SAFETY: the caller promises `report_capacity` bytes at `report`; the text is one byte shorter at least.
            unsafe {
                std::ptr::copy_nonoverlapping(shown.as_ptr(), error.report.cast::<u8>(), shown.len());
                error.report.cast::<u8>().add(shown.len()).write(0);
            }
        }
    }

    /// What a handle stands for.
    pub(crate) fn handle<T: Handle>(self, handle: *const T::Opaque) -> Result<&'c T, Failure> {
        let marked = handle.cast::<Marked<T>>();
        self.aligned(marked, T::NAME)?;
        // SAFETY: not NULL and aligned; all kinds of handles begin with a mark, so it can be read of the wrong kind,
        // too. (Of a freed one it is read on a best effort: the caller has already broken the rules.)
        let mark = unsafe { marked.cast::<u64>().read() };
        if mark != T::MARK {
            let state = if mark == FREED { "has been freed" } else { "is not one" };
            let message = format!("the handle of {} {state}", T::NAME);
            return Err(Failure::new(ripplemark_code::RIPPLEMARK_HANDLE, message));
        }
        // SAFETY: the mark says that `give` made it; bodies are only changed through locks of their own.
        Ok(unsafe { &(*marked).body })
    }

    /// Gives a new handle to the caller. Called last, so that nothing is written by a call that fails.
    pub(crate) fn give<T: Handle>(self, out: Out<'c, *mut T::Opaque>, body: T) {
        out.write(Box::into_raw(Box::new(Marked { mark: T::MARK, body })).cast::<T::Opaque>());
    }

    /// Takes a handle back; `None` for NULL and for what is no such handle.
    pub(crate) fn take<T: Handle>(self, handle: *mut T::Opaque) -> Option<T> {
        self.handle::<T>(handle).ok()?;
        let marked = handle.cast::<Marked<T>>();
        // SAFETY: `handle` has found the mark, so `give` made it of a box; the volatile write stays although the
        // memory is freed next, and lets `handle` recognise it for as long as nobody reuses it.
        unsafe {
            std::ptr::write_volatile(&raw mut (*marked).mark, FREED);
            Some(Box::from_raw(marked).body)
        }
    }

    /// A place for a result.
    pub(crate) fn out<T>(self, pointer: *mut T, what: &str) -> Result<Out<'c, T>, Failure> {
        self.aligned(pointer, what)?;
        Ok(Out { pointer, call: PhantomData })
    }

    /// A place for a struct that begins with its size, as the caller's header knows it.
    pub(crate) fn out_struct<T>(self, pointer: *mut T, what: &str) -> Result<Out<'c, T>, Failure> {
        self.check_size::<T>(pointer, what, |size| size >= size_of::<T>())?;
        self.out(pointer, what)
    }

    /// A struct of the caller's that begins with its size.
    pub(crate) fn read_struct<T>(self, pointer: *const T, what: &str) -> Result<&'c T, Failure> {
        // A larger one may hold members that this version would have to obey.
        self.check_size::<T>(pointer, what, |size| size == size_of::<T>())?;
        // SAFETY: not NULL, aligned, of the size of `T`, and the caller promises its members.
        Ok(unsafe { &*pointer })
    }

    /// `count` structs of the caller's, each beginning with its size.
    pub(crate) fn read_structs<T>(self, pointer: *const T, count: usize, what: &str) -> Result<&'c [T], Failure> {
        if count > 0 {
            self.check_size::<T>(pointer, what, |size| size == size_of::<T>())?;
        }
        self.slice(pointer, count, what)
    }

    fn check_size<T>(
        self,
        pointer: *const T,
        what: &str,
        fits: impl FnOnce(usize) -> bool,
    ) -> Result<(), Failure> {
        self.aligned(pointer, what)?;
        // SAFETY: not NULL and aligned; all structs with a size begin with it.
        let size = unsafe { pointer.cast::<usize>().read() };
        if fits(size) {
            return Ok(());
        }
        let message = format!("`struct_size` of `{what}` is {size}; this library knows {}", size_of::<T>());
        Err(Failure::new(ripplemark_code::RIPPLEMARK_STRUCT_SIZE, message))
    }

    /// `count` values. NULL is allowed where there are none.
    pub(crate) fn slice<T>(self, pointer: *const T, count: usize, what: &str) -> Result<&'c [T], Failure> {
        if count == 0 {
            return Ok(&[]);
        }
        self.aligned(pointer, what)?;
        if count.checked_mul(size_of::<T>()).is_none_or(|bytes| bytes > isize::MAX as usize) {
            let message = format!("`{what}` cannot have {count} values");
            return Err(Failure::new(ripplemark_code::RIPPLEMARK_SIZE, message));
        }
        // SAFETY: not NULL, aligned, of a possible size; the caller promises that many values.
        Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
    }

    /// Text with a length.
    pub(crate) fn text(self, pointer: *const c_char, bytes: usize, what: &str) -> Result<&'c str, Failure> {
        utf8(self.slice(pointer.cast::<u8>(), bytes, what)?, what)
    }

    /// Text that ends with a NUL.
    pub(crate) fn c_text(self, pointer: *const c_char, what: &str) -> Result<&'c str, Failure> {
        self.c_text_or_null(pointer, what)?.ok_or_else(|| Failure::null(what))
    }

    /// Text that ends with a NUL, or nothing.
    pub(crate) fn c_text_or_null(
        self,
        pointer: *const c_char,
        what: &str,
    ) -> Result<Option<&'c str>, Failure> {
        self.c_bytes_or_null(pointer).map(|bytes| utf8(bytes, what)).transpose()
    }

    /// Bytes that end with a NUL, without it, or nothing.
    pub(crate) fn c_bytes_or_null(self, pointer: *const c_char) -> Option<&'c [u8]> {
        // SAFETY: not NULL; the caller promises a terminating NUL.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_bytes())
    }

    /// Copies text and a terminating NUL into a buffer of the caller's, and gives the length of the whole text.
    ///
    /// With no buffer (`capacity` 0) only the length is given, which is a success.
    pub(crate) fn copy_text(
        self,
        text: &str,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> Result<(), Failure> {
        let length = self.out(length, "length")?;
        if capacity > 0 && buffer.is_null() {
            return Err(Failure::null("buffer"));
        }
        if capacity > text.len() {
            // SAFETY: the caller promises `capacity` bytes, which are more than the text has.
            unsafe {
                std::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast::<u8>(), text.len());
                buffer.cast::<u8>().add(text.len()).write(0);
            }
        }
        length.write(text.len());
        if capacity == 0 || capacity > text.len() {
            return Ok(());
        }
        let message = format!("the buffer has {capacity} bytes; {} are needed", text.len() + 1);
        Err(Failure::new(ripplemark_code::RIPPLEMARK_BUFFER_SHORT, message))
    }

    /// Moves an Arrow array out of the caller's struct, which is marked as released.
    pub(crate) fn move_array(self, array: *mut FFI_ArrowArray) -> Result<FFI_ArrowArray, Failure> {
        self.aligned(array, "array")?;
        // SAFETY: not NULL and aligned; the caller promises an initialised struct.
        Ok(unsafe { FFI_ArrowArray::from_raw(array) })
    }

    /// A reference to an Arrow schema, which stays the caller's.
    pub(crate) fn schema(self, schema: *const FFI_ArrowSchema) -> Result<&'c FFI_ArrowSchema, Failure> {
        self.aligned(schema, "schema")?;
        // SAFETY: not NULL and aligned; the caller promises an initialised struct that stays as it is.
        Ok(unsafe { &*schema })
    }

    /// Copies bytes into a buffer of the caller's that is long enough.
    pub(crate) fn copy_bytes(self, bytes: &[u8], buffer: *mut u8, capacity: usize) -> Result<(), Failure> {
        if buffer.is_null() {
            return Err(Failure::null("buffer"));
        }
        let len = bytes.len().min(capacity);
        // SAFETY: not NULL; the caller promises `capacity` bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer, len) };
        Ok(())
    }
}

fn utf8<'b>(bytes: &'b [u8], what: &str) -> Result<&'b str, Failure> {
    std::str::from_utf8(bytes).map_err(|error| {
        let message = format!("`{what}` is not UTF-8 from byte {} on", error.valid_up_to());
        Failure::new(ripplemark_code::RIPPLEMARK_NOT_UTF8, message)
    })
}

/// A place of the caller's that takes one result.
pub(crate) struct Out<'c, T> {
    pointer: *mut T,
    call: PhantomData<&'c mut T>,
}

impl<T> Out<'_, T> {
    /// Writes the result. What was there is not looked at, as it may be uninitialised.
    pub(crate) fn write(self, value: T) {
        // SAFETY: `Caller::out` found it not NULL and aligned; the caller promises that it can be written.
        unsafe { self.pointer.write(value) }
    }
}

/// Imports an array whose structs have been checked against its type.
pub(crate) fn import_array(
    array: FFI_ArrowArray,
    data_type: arrow::datatypes::DataType,
) -> Result<arrow::array::ArrayData, arrow::error::ArrowError> {
    // SAFETY: `arrow_in` has checked what can be checked (counts, NULLs, lengths, offsets, nesting); that buffers
    // really have the lengths they must have is the promise that Arrow's interface rests on.
    unsafe { arrow::ffi::from_ffi_and_data_type(array, data_type) }
}

/// Child `i` of an array whose counts have been checked; `None` where it is NULL or released.
pub(crate) fn child(array: &FFI_ArrowArray, i: usize) -> Option<&FFI_ArrowArray> {
    if array.children.is_null() || i >= usize::try_from(array.n_children).ok()? {
        return None;
    }
    // SAFETY: the list is not NULL and Arrow promises `n_children` pointers in it.
    let child = unsafe { array.children.add(i).read_unaligned() };
    // SAFETY: a pointer that is not NULL is to an array that lives as long as its parent.
    unsafe { child.as_ref() }.filter(|child| !child.is_released())
}

/// The dictionary of an array; `None` where it is NULL or released.
pub(crate) fn dictionary(array: &FFI_ArrowArray) -> Option<&FFI_ArrowArray> {
    // SAFETY: a pointer that is not NULL is to an array that lives as long as the one it belongs to.
    unsafe { array.dictionary.as_ref() }.filter(|array| !array.is_released())
}

/// Whether buffer `i` of an array whose counts have been checked is NULL.
pub(crate) fn buffer_is_null(array: &FFI_ArrowArray, i: usize) -> bool {
    // SAFETY: the list is not NULL (checked) and Arrow promises `n_buffers` pointers in it.
    array.buffers.is_null() || unsafe { array.buffers.add(i).read_unaligned() }.is_null()
}
