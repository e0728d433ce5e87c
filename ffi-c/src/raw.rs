//! From pointers to references and back. All unsafe code of this library is here, but for the one block with which
//! each entry point passes its caller's promise on.

use crate::code::ripplemark_code;
use crate::error::ripplemark_error;
use crate::failure::Failure;
use crate::handle::{FREED, Handle, Marked};
use arrow::buffer::Buffer;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow::ffi_stream::FFI_ArrowArrayStream;
use std::ffi::{CStr, c_char, c_int};
use std::marker::PhantomData;
use std::mem::size_of;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

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
        if size < size_of::<ripplemark_error>() {
            Err(ripplemark_code::RIPPLEMARK_STRUCT_SIZE)
        } else {
            Ok(())
        }
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
    pub(crate) fn read_structs<T>(
        self,
        pointer: *const T,
        count: usize,
        what: &str,
    ) -> Result<&'c [T], Failure> {
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

    /// Moves an Arrow stream out of the caller's struct, which is marked as released.
    pub(crate) fn move_stream(self, stream: *mut FFI_ArrowArrayStream) -> Result<Stream, Failure> {
        self.aligned(stream, "stream")?;
        // SAFETY: not NULL and aligned; the caller promises an initialised struct.
        let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream) };
        if stream.release.is_none() {
            let message = "the stream has been released";
            return Err(Failure::new(ripplemark_code::RIPPLEMARK_ARROW, message));
        }
        Ok(Stream { stream })
    }

    /// A path that ends with a NUL: any bytes where the system's paths are bytes, else UTF-8.
    pub(crate) fn path(self, path: *const c_char, what: &str) -> Result<&'c Path, Failure> {
        let bytes = self.c_bytes_or_null(path).ok_or_else(|| Failure::null(what))?;
        #[cfg(unix)]
        return Ok(Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes)));
        #[cfg(not(unix))]
        utf8(bytes, what).map(Path::new)
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

/// Entry `i` of a list of structs; `None` where the list or the entry is NULL, or the entry cannot be one.
fn entry<'a, T>(list: *mut *mut T, i: usize) -> Option<&'a T> {
    if list.is_null() {
        return None;
    }
    // SAFETY: the list is not NULL, and Arrow promises as many pointers in it as its count says, which callers check.
    structure(unsafe { list.add(i).read_unaligned() })
}

/// What a pointer of Arrow's structs leads to; `None` where it is NULL or not aligned.
fn structure<'a, T>(pointer: *mut T) -> Option<&'a T> {
    if !pointer.is_aligned() {
        return None;
    }
    // SAFETY: NULL, or aligned and a struct that lives as long as the one that points to it.
    unsafe { pointer.as_ref() }
}

/// Child `i` of an array that has more than `i`; `None` where it is NULL, misplaced or released.
pub(crate) fn child(array: &FFI_ArrowArray, i: usize) -> Option<&FFI_ArrowArray> {
    entry(array.children, i).filter(|child| child.release.is_some())
}

/// The dictionary of an array; `None` where it is NULL, misplaced or released.
pub(crate) fn dictionary(array: &FFI_ArrowArray) -> Option<&FFI_ArrowArray> {
    structure(array.dictionary).filter(|array| array.release.is_some())
}

/// Child `i` of a schema that has more than `i`; `None` where it is NULL, misplaced or released.
pub(crate) fn schema_child(schema: &FFI_ArrowSchema, i: usize) -> Option<&FFI_ArrowSchema> {
    entry(schema.children, i).filter(|child| child.release.is_some())
}

/// The dictionary of a schema, unless the pointer is NULL; inside `None` where it is misplaced or released.
pub(crate) fn schema_dictionary(schema: &FFI_ArrowSchema) -> Option<Option<&FFI_ArrowSchema>> {
    let found = || structure(schema.dictionary).filter(|schema| schema.release.is_some());
    (!schema.dictionary.is_null()).then(found)
}

/// Text of a schema as bytes; `None` where it is NULL.
pub(crate) fn schema_text(_owner: &FFI_ArrowSchema, text: *const c_char) -> Option<&[u8]> {
    // SAFETY: not NULL; Arrow promises a terminating NUL, and that the text lives as long as its schema.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// Where buffer `i` of an array that has more than `i` begins; `None` where it or the list is NULL.
pub(crate) fn buffer(array: &FFI_ArrowArray, i: usize) -> Option<NonNull<u8>> {
    if array.buffers.is_null() {
        return None;
    }
    // SAFETY: the list is not NULL, and Arrow promises `n_buffers` pointers in it.
    NonNull::new(unsafe { array.buffers.add(i).read_unaligned() }.cast_mut().cast())
}

/// More bytes than any buffer has (1 TiB, or half of a small address space): a larger number comes from memory that
/// holds no lengths.
const MOST_BYTES: usize = if usize::BITS > 40 { 1 << 40 } else { isize::MAX as usize };

/// Bytes of a buffer, shared: the array is released when nobody has any of them. `None` where so many cannot be.
pub(crate) fn share(owner: &Arc<FFI_ArrowArray>, start: NonNull<u8>, bytes: usize) -> Option<Buffer> {
    let possible = bytes <= MOST_BYTES && start.addr().checked_add(bytes).is_some();
    // SAFETY: Arrow promises as many bytes as the array's length and offsets ask for, which is how callers got the
    // number, for as long as the array is not released; the buffer keeps it.
    possible.then(|| unsafe { Buffer::from_custom_allocation(start, bytes, Arc::clone(owner) as _) })
}

/// Number `i` of a buffer of them, at any alignment.
pub(crate) fn number<T: Number>(start: NonNull<u8>, i: usize) -> T {
    // SAFETY: Arrow promises as many numbers as the array's length and offset ask for, which callers stay within.
    unsafe { start.cast::<T>().add(i).read_unaligned() }
}

/// Numbers that any bytes are.
pub(crate) trait Number: Copy {}
impl Number for i32 {}
impl Number for i64 {}

/// A stream that was moved out of its caller's struct, and is released with this.
pub(crate) struct Stream {
    stream: FFI_ArrowArrayStream,
}

impl Stream {
    /// The schema, or the error number.
    pub(crate) fn schema(&mut self) -> Option<Result<FFI_ArrowSchema, c_int>> {
        let get = self.stream.get_schema?;
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: a stream that has not been released, as `Caller::move_stream` checked, and a place for a schema.
        match unsafe { get(&raw mut self.stream, &raw mut schema) } {
            0 => Some(Ok(schema)),
            number => {
                // What a failed call leaves in its place is not to be released.
                std::mem::forget(schema);
                Some(Err(number))
            }
        }
    }

    /// The next array (a released one after the last), or the error number.
    pub(crate) fn next(&mut self) -> Option<Result<FFI_ArrowArray, c_int>> {
        let get = self.stream.get_next?;
        let mut array = FFI_ArrowArray::empty();
        // SAFETY: as in `schema`.
        match unsafe { get(&raw mut self.stream, &raw mut array) } {
            0 => Some(Ok(array)),
            number => {
                std::mem::forget(array);
                Some(Err(number))
            }
        }
    }

    /// What the stream says about the error that it has just reported.
    pub(crate) fn last_error(&mut self) -> Option<String> {
        let get = self.stream.get_last_error?;
        // SAFETY: as in `schema`; it is called right after a call that failed, as Arrow asks.
        let text = unsafe { get(&raw mut self.stream) };
        // SAFETY: not NULL; Arrow promises a terminating NUL, and that the text lives until the next call.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    }
}
