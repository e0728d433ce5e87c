//! The floating-point environment that numbers are computed under.
//!
//! A host may have asked its processor to round upward, or to take subnormal numbers for zero (C and C++ programs
//! linked with `-ffast-math` do so before `main`). Row arithmetic such as `amount * (1 - discount)` would then give
//! other bits. Every entry into ripplemark therefore saves the control register, sets nearest-even with subnormal
//! numbers, and restores it on the way out. It is a crate of its own because the core is free of unsafe code, and
//! because the freestanding C library needs it, too.
//!
//! On processors without such a register (or not known here) nothing is done.
#![no_std]

/// Restores the host's floating-point environment when dropped.
#[derive(Debug)]
#[must_use = "the environment is restored when this is dropped"]
pub struct Standard {
    saved: Word,
    // The register belongs to the thread, so the guard must stay there.
    _not_send: core::marker::PhantomData<*const ()>,
}

#[cfg(target_arch = "x86_64")]
type Word = u32;
#[cfg(target_arch = "aarch64")]
type Word = u64;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Word = ();

/// MXCSR: all exceptions masked, nearest even, neither flush-to-zero nor denormals-are-zero.
#[cfg(target_arch = "x86_64")]
const STANDARD: Word = 0x1f80;
/// FPCR: nearest even, no flush-to-zero, no default NaN, no traps.
#[cfg(target_arch = "aarch64")]
const STANDARD: Word = 0;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const STANDARD: Word = ();

impl Standard {
    /// Saves the host's environment and sets the standard one for this thread.
    pub fn enter() -> Standard {
        let saved = read();
        write(STANDARD);
        Standard { saved, _not_send: core::marker::PhantomData }
    }
}

/// Whether this thread's environment is the standard one already. Marks of past exceptions do not count.
#[must_use]
pub fn is_standard() -> bool {
    same(read(), STANDARD)
}

/// MXCSR keeps marks of past exceptions in its low six bits.
#[cfg(target_arch = "x86_64")]
fn same(word: Word, standard: Word) -> bool {
    word & !0x3f == standard & !0x3f
}

#[cfg(not(target_arch = "x86_64"))]
fn same(word: Word, standard: Word) -> bool {
    word == standard
}

impl Drop for Standard {
    fn drop(&mut self) {
        write(self.saved);
    }
}

#[cfg(target_arch = "x86_64")]
fn read() -> Word {
    let mut word: Word = 0;
    // SAFETY: stmxcsr writes four bytes to the address of a live, aligned local.
    unsafe { core::arch::asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack, preserves_flags)) };
    word
}

#[cfg(target_arch = "x86_64")]
fn write(word: Word) {
    // SAFETY: ldmxcsr reads four bytes of a live local; the word is either the constant above or one that stmxcsr
    // gave, so no reserved bit is set. Without `nomem`, loads and stores stay on their side of it.
    unsafe { core::arch::asm!("ldmxcsr [{}]", in(reg) &raw const word, options(nostack, preserves_flags)) };
}

#[cfg(target_arch = "aarch64")]
fn read() -> Word {
    let word: Word;
    // SAFETY: reading FPCR has no effect.
    unsafe { core::arch::asm!("mrs {}, fpcr", out(reg) word, options(nostack, preserves_flags)) };
    word
}

#[cfg(target_arch = "aarch64")]
fn write(word: Word) {
    // SAFETY: the word is either the constant above or one that FPCR held.
    unsafe { core::arch::asm!("msr fpcr, {}", in(reg) word, options(nostack, preserves_flags)) };
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn read() -> Word {}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn write((): Word) {}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use core::hint::black_box;

    #[test]
    fn a_hostile_environment_is_set_aside_and_given_back() {
        let before = read();
        // Round upward, flush to zero, denormals are zero.
        let hostile = 0x1f80 | 0x4000 | 0x8000 | 0x0040;
        write(hostile);
        let third = black_box(1.0_f64) / black_box(3.0);
        let tiny = black_box(f64::MIN_POSITIVE) / black_box(2.0);
        let (third_inside, tiny_inside) = {
            let _standard = Standard::enter();
            (black_box(1.0_f64) / black_box(3.0), black_box(f64::MIN_POSITIVE) / black_box(2.0))
        };
        let after = read() & !0x3f;
        write(before);
        assert_eq!(third.to_bits(), 0x3fd5_5555_5555_5556);
        assert_eq!(tiny.to_bits(), 0);
        assert_eq!(third_inside.to_bits(), 0x3fd5_5555_5555_5555);
        assert_eq!(tiny_inside.to_bits(), 0x0008_0000_0000_0000);
        assert_eq!(after, hostile);
    }
}
