//! The only place where pointers of C become references: NULL, alignment and length are checked here.
//!
//! What cannot be checked is the caller's promise, stated in the header: that so many elements really lie there, that
//! nobody else writes them during the call, and that they outlive what borrows them.

use crate::status::{Failure, RMC_MISALIGNED, RMC_NULL, RMC_OVERLAP, RMC_SCRATCH, RMC_SIZE, RMC_UNLOADED};
use core::mem::{align_of, size_of};
use core_rs::batch::Column;
use core_rs::{Program, Register};

fn check<T>(pointer: *const T, len: usize, detail: usize) -> Result<(), Failure> {
    if pointer.is_null() {
        return Err(Failure::new(RMC_NULL, detail));
    }
    if !pointer.is_aligned() {
        return Err(Failure::new(RMC_MISALIGNED, detail));
    }
    match len.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() && (pointer as usize).checked_add(bytes).is_some() => {
            Ok(())
        }
        _ => Err(Failure::new(RMC_SIZE, detail)),
    }
}

/// `len` elements to read. NULL is fine for none.
///
/// # Safety
/// If `len` is not 0 and the pointer neither NULL nor misaligned, it points to `len` initialised elements that nobody
/// writes during `'a`.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, len: usize, detail: usize) -> Result<&'a [T], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    check(pointer, len, detail)?;
    // SAFETY: not NULL, aligned, no longer than the address space (just checked); the rest is the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(pointer, len) })
}

/// `len` elements to write. NULL is fine for none.
///
/// # Safety
/// As [`slice`], and nobody else reads or writes them during `'a`.
pub(crate) unsafe fn slice_mut<'a, T>(
    pointer: *mut T,
    len: usize,
    detail: usize,
) -> Result<&'a mut [T], Failure> {
    if len == 0 {
        return Ok(&mut []);
    }
    check(pointer, len, detail)?;
    // SAFETY: not NULL, aligned, no longer than the address space (just checked); the rest is the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(pointer, len) })
}

/// Where a result goes. Nothing is read from there, and nothing written before [`Out::set`].
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// # Safety
    /// A pointer that is neither NULL nor misaligned points to memory for a `T` that nobody else uses until `set`.
    pub(crate) unsafe fn new(pointer: *mut T, detail: usize) -> Result<Out<T>, Failure> {
        check(pointer, 1, detail)?;
        Ok(Out(pointer))
    }

    pub(crate) fn set(self, value: T) {
        // SAFETY: `new` checked the pointer, and its caller promised the memory.
        unsafe { self.0.write(value) };
    }
}

/// Refuses memories of which one is written and that share a byte: Rust would take them for separate.
pub(crate) fn apart<A, B>(a: (*const A, usize), b: (*const B, usize), detail: usize) -> Result<(), Failure> {
    let end = |at: usize, len: usize, size: usize| at.saturating_add(len.saturating_mul(size));
    let (a_from, b_from) = (a.0 as usize, b.0 as usize);
    let (a_to, b_to) = (end(a_from, a.1, size_of::<A>()), end(b_from, b.1, size_of::<B>()));
    if a_from < b_to && b_from < a_to && a.1 > 0 && b.1 > 0 {
        return Err(Failure::new(RMC_OVERLAP, detail));
    }
    Ok(())
}

/// Marks memory that `rmc_program_load` has filled. Memory that happens to hold something else is told apart.
const LOADED: u64 = u64::from_le_bytes(*b"rmc-prg1");

/// What an `rmc_program` holds.
#[repr(C)]
struct Held {
    loaded: u64,
    view: Program<'static>,
}

/// A loaded program. Its fields are private to the library. It may be copied and moved; any number of threads may
/// use it at once. The bytes it was loaded from must stay where they are.
#[repr(C)]
pub struct rmc_program {
    opaque: [u64; 48],
}

// C reserves `sizeof(rmc_program)` bytes, aligned as uint64_t.
const _: () = assert!(
    size_of::<Held>() <= size_of::<rmc_program>()
        && align_of::<Held>() <= align_of::<rmc_program>()
        && size_of::<rmc_program>() == 384
);

/// Puts a validated program into the caller's struct.
///
/// # Safety
/// As [`Out::new`]; the program's bytes outlive every use of the struct.
pub(crate) unsafe fn hold(out: Out<rmc_program>, view: Program<'_>) {
    // SAFETY: only the lifetime changes, which the caller promises to honour.
    let view = unsafe { core::mem::transmute::<Program<'_>, Program<'static>>(view) };
    // SAFETY: the struct is large and aligned enough (asserted above), and `Out` checked the pointer.
    unsafe { out.0.cast::<Held>().write(Held { loaded: LOADED, view }) };
}

/// The program in the caller's struct.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned points to an `rmc_program` that nobody writes during `'a`.
pub(crate) unsafe fn program<'a>(
    pointer: *const rmc_program,
    detail: usize,
) -> Result<&'a Program<'a>, Failure> {
    check(pointer, 1, detail)?;
    // SAFETY: the struct begins with the mark, as `Held` does.
    if unsafe { pointer.cast::<u64>().read() } != LOADED {
        return Err(Failure::new(RMC_UNLOADED, detail));
    }
    // SAFETY: the mark says that `hold` has filled the struct.
    Ok(unsafe { &(*pointer.cast::<Held>()).view })
}

/// The parts of the scratch memory of a feed.
pub(crate) struct Parts<'m> {
    pub(crate) columns: &'m mut [Column<'m>],
    pub(crate) registers: &'m mut [Register],
    pub(crate) words: &'m mut [u64],
}

const fn words_of<T>(count: usize) -> usize {
    count.saturating_mul(size_of::<T>()).div_ceil(8)
}

/// Words of scratch memory for these many columns and registers, and `words` more.
pub(crate) fn parts_len(columns: usize, registers: usize, words: usize) -> usize {
    words_of::<Column<'_>>(columns).saturating_add(words_of::<Register>(registers)).saturating_add(words)
}

const _: () = assert!(align_of::<Column<'_>>() <= 8 && align_of::<Register>() <= 8);

/// Lays columns, registers and words out in scratch memory; columns come from `column`.
pub(crate) fn parts<'m>(
    scratch: &'m mut [u64],
    columns: usize,
    registers: usize,
    mut column: impl FnMut(usize) -> Result<Column<'m>, Failure>,
) -> Result<Parts<'m>, Failure> {
    let short = Failure::new(RMC_SCRATCH, parts_len(columns, registers, 0));
    let (column_words, rest) = scratch.split_at_mut_checked(words_of::<Column<'_>>(columns)).ok_or(short)?;
    let (register_words, words) = rest.split_at_mut_checked(words_of::<Register>(registers)).ok_or(short)?;
    let first = column_words.as_mut_ptr().cast::<Column<'m>>();
    for i in 0..columns {
        let value = column(i)?;
        // SAFETY: `column_words` is `columns` columns long and aligned (asserted above); `i` is below.
        unsafe { first.add(i).write(value) };
    }
    // SAFETY: all `columns` columns were just written, in memory that only this slice borrows from now on.
    let columns = unsafe { core::slice::from_raw_parts_mut(first, columns) };
    let first = register_words.as_mut_ptr().cast::<Register>();
    // SAFETY: long and aligned enough as above; a register is integers only, so any bits are one.
    let registers = unsafe { core::slice::from_raw_parts_mut(first, registers) };
    Ok(Parts { columns, registers, words })
}
