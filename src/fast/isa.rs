//! The loops that touch every row, and the choice of instruction set.
//!
//! Every loop is written once, as plain safe code over slices, and compiled three times: for the processor that the
//! build asks for, for AVX2 and for AVX-512. The choice is made when the program runs. No instruction set may change a
//! result: there is no fused multiply-add, no reordering of float operations and no approximation in any of them.

/// Rows that are worked on together: enough to keep loops long, few enough for what they need to stay in cache.
pub(super) const ROWS: usize = 1024;

/// Which of the compiled loops run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isa {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// The best one that this processor has.
    pub(super) fn detect() -> Isa {
        #[cfg(test)]
        if let Some(isa) = FORCED.get() {
            return isa;
        }
        #[cfg(target_arch = "x86_64")]
        {
            let wide = std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512bw")
                && std::arch::is_x86_feature_detected!("avx512dq")
                && std::arch::is_x86_feature_detected!("avx512vl");
            let avx2 =
                std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi2");
            if wide && avx2 {
                return Isa::Avx512;
            }
            if avx2 {
                return Isa::Avx2;
            }
        }
        Isa::Portable
    }

    /// Runs something with the loops of one instruction set.
    #[cfg(test)]
    pub(super) fn force<T>(self, run: impl FnOnce() -> T) -> T {
        FORCED.set(Some(self));
        let result = run();
        FORCED.set(None);
        result
    }

    /// All that this processor has, for tests.
    #[cfg(test)]
    pub(super) fn all() -> Vec<Isa> {
        #[allow(unused_mut)]
        let mut all = vec![Isa::Portable];
        #[cfg(target_arch = "x86_64")]
        match Isa::detect() {
            Isa::Avx512 => all.extend([Isa::Avx2, Isa::Avx512]),
            Isa::Avx2 => all.push(Isa::Avx2),
            Isa::Portable => {}
        }
        all
    }
}

#[cfg(test)]
thread_local! {
    static FORCED: std::cell::Cell<Option<Isa>> = const { std::cell::Cell::new(None) };
}

/// Compiles a loop for every instruction set, under one name that takes the choice first.
macro_rules! loops {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)*) => {
        $(
            $(#[$doc])*
            #[allow(clippy::too_many_arguments)]
            pub(super) fn $name(isa: Isa, $($arg: $ty),*) $(-> $ret)? {
                #[inline(always)]
                fn body($($arg: $ty),*) $(-> $ret)? $body

                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn avx2($($arg: $ty),*) $(-> $ret)? { body($($arg),*) }

                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn avx512($($arg: $ty),*) $(-> $ret)? { body($($arg),*) }

                match isa {
                    Isa::Portable => body($($arg),*),
                    // SAFETY: `Isa::detect` gives this value only where the processor has these instructions.
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 => unsafe { avx2($($arg),*) },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => unsafe { avx512($($arg),*) },
                }
            }
        )*
    };
}

/// Asks for memory that is needed soon, while other work is done. The processor's own guesses begin anew with every run
/// of every column, which costs more than all the arithmetic.
#[inline]
pub(super) fn prefetch<T>(soon: Option<&[T]>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(soon) = soon {
        let (start, bytes) = (soon.as_ptr().cast::<i8>(), size_of_val(soon));
        for line in (0..bytes).step_by(64) {
            // SAFETY: a prefetch reads nothing and cannot fail, and the address lies within the slice.
            unsafe {
                use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
                _mm_prefetch::<_MM_HINT_T0>(start.add(line));
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = soon;
}

/// A number that orders as the finite double with these bits does; both zeros are equal.
#[inline(always)]
pub(super) fn float_order(bits: u64) -> i64 {
    let sign = bits as i64 >> 63;
    ((bits & !(1 << 63)) as i64 ^ sign) - sign
}

const EXPONENT: u64 = 0x7ff0_0000_0000_0000;

loops! {
    /// Code of each row from the codes of a dictionary, where entry `i` has code `i + 1`.
    fn codes_plus_one_i8(from: &[i8], to: &mut [u32]) {
        for (to, &from) in to.iter_mut().zip(from) { *to = u32::from(from as u8) + 1; }
    }
    /// As [`codes_plus_one_i8`].
    fn codes_plus_one_u8(from: &[u8], to: &mut [u32]) {
        for (to, &from) in to.iter_mut().zip(from) { *to = u32::from(from) + 1; }
    }
    /// As [`codes_plus_one_i8`].
    fn codes_plus_one_i32(from: &[i32], to: &mut [u32]) {
        for (to, &from) in to.iter_mut().zip(from) { *to = (from as u32).wrapping_add(1); }
    }
    /// As [`codes_plus_one_i8`].
    fn codes_plus_one_u32(from: &[u32], to: &mut [u32]) {
        for (to, &from) in to.iter_mut().zip(from) { *to = from.wrapping_add(1); }
    }
    /// The largest code.
    fn largest(codes: &[u32]) -> u32 {
        codes.iter().fold(0, |largest, &code| largest.max(code))
    }
    /// Whether any byte is not 0.
    fn any(bytes: &[u8]) -> bool {
        bytes.iter().fold(0, |any, &byte| any | byte) != 0
    }
    /// How many codes are 0.
    fn zeros(codes: &[u32]) -> u32 {
        codes.iter().fold(0, |count, &code| count + u32::from(code == 0))
    }
    /// How many bytes are 0.
    fn zero_bytes(bytes: &[u8]) -> u32 {
        bytes.iter().fold(0, |count, &byte| count + u32::from(byte == 0))
    }
    /// `to += stride * code`.
    fn join(to: &mut [u32], codes: &[u32], stride: u32) {
        for (to, &code) in to.iter_mut().zip(codes) { *to = to.wrapping_add(code.wrapping_mul(stride)); }
    }
    /// `to |= code << shift`.
    fn pack(to: &mut [u64], codes: &[u32], shift: u32) {
        for (to, &code) in to.iter_mut().zip(codes) { *to |= u64::from(code) << shift; }
    }
    /// Looks each index up. `table` is as long as a power of two, which is more than every index.
    fn look_up(to: &mut [u32], index: &[u32], table: &[u32]) {
        let Some(mask) = table.len().checked_sub(1) else { return };
        for (to, &i) in to.iter_mut().zip(index) {
            *to = table.get(i as usize & mask).copied().unwrap_or(0);
        }
    }
    /// As [`look_up`], for 64-bit indices.
    fn look_up_wide(to: &mut [u32], index: &[u64], table: &[u32]) {
        let Some(mask) = table.len().checked_sub(1) else { return };
        for (to, &i) in to.iter_mut().zip(index) {
            *to = table.get(i as usize & mask).copied().unwrap_or(0);
        }
    }
    /// The band of each value: twice the number of edges that it reaches, less one where it equals the last of them,
    /// plus one (0 is for missing values).
    fn bands_few(to: &mut [u32], values: &[u64], float: bool, edges: &[i64]) {
        for to in to.iter_mut() { *to = 1; }
        for &edge in edges {
            if float {
                for (to, &value) in to.iter_mut().zip(values) {
                    let value = float_order(value);
                    *to += u32::from(value >= edge) + u32::from(value > edge);
                }
            } else {
                for (to, &value) in to.iter_mut().zip(values) {
                    let value = value as i64;
                    *to += u32::from(value >= edge) + u32::from(value > edge);
                }
            }
        }
    }
    /// As [`bands_few`], by halving, for many edges.
    fn bands_many(to: &mut [u32], values: &[u64], float: bool, edges: &[i64]) {
        for (to, &value) in to.iter_mut().zip(values) {
            let value = if float { float_order(value) } else { value as i64 };
            let (mut base, mut len) = (0, edges.len());
            while len > 1 {
                let half = len / 2;
                // The edge before the upper half: below or equal means that the answer is in the upper half.
                base += if edges.get(base + half - 1).is_some_and(|&edge| edge < value) { half } else { 0 };
                len -= half;
            }
            // `base`: the first edge that is not below the value, or the last one.
            let edge = edges.get(base).copied().unwrap_or(i64::MAX);
            *to = 2 * base as u32 + u32::from(value >= edge) + u32::from(value > edge) + 1;
        }
    }
    /// Copies doubles; whether one of them is NaN or infinite.
    fn load_f64(to: &mut [u64], from: &[f64]) -> bool {
        let mut special = 0_u64;
        for (to, &from) in to.iter_mut().zip(from) {
            let bits = from.to_bits();
            *to = bits;
            special |= u64::from(bits & EXPONENT == EXPONENT);
        }
        special != 0
    }
    /// Copies integers.
    fn load_i64(to: &mut [u64], from: &[i64]) {
        for (to, &from) in to.iter_mut().zip(from) { *to = from as u64; }
    }
    /// Mantissas of doubles that are decimals of the scale whose power of ten is `power`; whether a row is none
    /// that is sure, which `unsure` then marks.
    fn snap(to: &mut [u64], from: &[f64], power: f64, unsure: &mut [u8]) -> bool {
        // Adding this makes a double below 2^51 an integer, rounded to nearest, in the low bits.
        const MAGIC: f64 = 6_755_399_441_055_744.0;
        let mut any = 0_u8;
        for ((to, &x), unsure) in to.iter_mut().zip(from).zip(unsure) {
            let rounded = x * power + MAGIC;
            let whole = rounded - MAGIC;
            let mantissa = (rounded.to_bits() as i64).wrapping_sub(MAGIC.to_bits() as i64);
            *to = mantissa as u64;
            // Both are doubles without error up to 2^50, so the quotient is the nearest double of the decimal.
            let sure = (whole / power).to_bits() == x.to_bits() && whole.abs() < 1_125_899_906_842_624.0;
            let no = u8::from(!sure);
            *unsure |= no;
            any |= no;
        }
        any != 0
    }
    /// Mantissas of decimals of 16 bytes that fit into eight; whether one does not, which `unsure` then marks.
    fn narrow(to: &mut [u64], from: &[[u8; 16]], unsure: &mut [u8]) -> bool {
        let mut any = 0_u8;
        for ((to, bytes), unsure) in to.iter_mut().zip(from).zip(unsure) {
            let (low, high) = bytes.split_at(8);
            let low = u64::from_le_bytes(low.try_into().unwrap_or_default());
            let high = u64::from_le_bytes(high.try_into().unwrap_or_default());
            *to = low;
            let no = u8::from(high != (low as i64 >> 63) as u64);
            *unsure |= no;
            any |= no;
        }
        any != 0
    }
    /// Adds, subtracts, multiplies doubles; whether a result is not finite.
    fn float_op(to: &mut [u64], a: &[u64], b: &[u64], op: u8) -> bool {
        let mut special = 0_u64;
        macro_rules! each {
            ($op:tt) => {
                for ((to, &a), &b) in to.iter_mut().zip(a).zip(b) {
                    let bits = (f64::from_bits(a) $op f64::from_bits(b)).to_bits();
                    *to = bits;
                    special |= u64::from(bits & EXPONENT == EXPONENT);
                }
            };
        }
        match op { b'+' => each!(+), b'-' => each!(-), b'*' => each!(*), _ => each!(/) }
        special != 0
    }
    /// As [`float_op`], with a constant on the left.
    fn float_op_left(to: &mut [u64], a: f64, b: &[u64], op: u8) -> bool {
        let mut special = 0_u64;
        macro_rules! each {
            ($op:tt) => {
                for (to, &b) in to.iter_mut().zip(b) {
                    let bits = (a $op f64::from_bits(b)).to_bits();
                    *to = bits;
                    special |= u64::from(bits & EXPONENT == EXPONENT);
                }
            };
        }
        match op { b'+' => each!(+), b'-' => each!(-), b'*' => each!(*), _ => each!(/) }
        special != 0
    }
    /// As [`float_op`], with a constant on the right.
    fn float_op_right(to: &mut [u64], a: &[u64], b: f64, op: u8) -> bool {
        let mut special = 0_u64;
        macro_rules! each {
            ($op:tt) => {
                for (to, &a) in to.iter_mut().zip(a) {
                    let bits = (f64::from_bits(a) $op b).to_bits();
                    *to = bits;
                    special |= u64::from(bits & EXPONENT == EXPONENT);
                }
            };
        }
        match op { b'+' => each!(+), b'-' => each!(-), b'*' => each!(*), _ => each!(/) }
        special != 0
    }
    /// Adds, subtracts, multiplies integers; whether one does not fit.
    fn int_op(to: &mut [u64], a: &[u64], b: &[u64], op: u8) -> bool {
        let mut over = false;
        macro_rules! each {
            ($op:ident) => {
                for ((to, &a), &b) in to.iter_mut().zip(a).zip(b) {
                    let (value, overflow) = (a as i64).$op(b as i64);
                    *to = value as u64;
                    over |= overflow;
                }
            };
        }
        match op {
            b'+' => each!(overflowing_add),
            b'-' => each!(overflowing_sub),
            _ => {
                // Factors of 31 bits cannot overflow, and their product is one instruction.
                let small = |x: u64| (x as i64).unsigned_abs() < 1 << 31;
                if a.iter().zip(b).fold(true, |all, (&a, &b)| all & small(a) & small(b)) {
                    for ((to, &a), &b) in to.iter_mut().zip(a).zip(b) {
                        *to = (i64::from(a as i32) * i64::from(b as i32)) as u64;
                    }
                } else {
                    each!(overflowing_mul);
                }
            }
        }
        over
    }
    /// Takes doubles apart into `high × 2^top + low × 2^bottom`; whether a row does not fit, which `unsure` then marks.
    ///
    /// `magic` are 1.5 × 2^(top + 52) and 1.5 × 2^(bottom + 52). Adding the first rounds to a multiple of 2^top; what
    /// is left is exact, and fits if adding the second loses nothing.
    fn split_floats(
        high: &mut [i64], low: &mut [i64], values: &[u64], magic: (f64, f64), limit: f64, unsure: &mut [u8],
    ) -> bool {
        let (top, bottom) = magic;
        let (top_bits, bottom_bits) = (top.to_bits() as i64, bottom.to_bits() as i64);
        let mut any = 0_u8;
        for (((high, low), &bits), unsure) in high.iter_mut().zip(low).zip(values).zip(unsure) {
            let x = f64::from_bits(bits);
            let a = x + top;
            let rest = x - (a - top);
            let b = rest + bottom;
            *high = (a.to_bits() as i64).wrapping_sub(top_bits);
            *low = (b.to_bits() as i64).wrapping_sub(bottom_bits);
            // Bits, but both zeros are equal: what is left of a negative number may be -0.0.
            let lost = (b - bottom) - rest;
            let fits = lost.to_bits() << 1 == 0 && x.abs() < limit;
            let no = u8::from(!fits);
            *unsure |= no;
            any |= no;
        }
        any != 0
    }
    /// Takes integers apart into `high × 2^32 + low`.
    fn split_ints(high: &mut [i64], low: &mut [i64], values: &[u64]) {
        for ((high, low), &value) in high.iter_mut().zip(low).zip(values) {
            *high = value as i64 >> 32;
            *low = i64::from(value as u32);
        }
    }
    /// Makes the parts of marked rows 0.
    fn blank(high: &mut [i64], low: &mut [i64], marked: &[u8]) {
        for ((high, low), &marked) in high.iter_mut().zip(low).zip(marked) {
            let keep = if marked == 0 { -1 } else { 0 };
            *high &= keep;
            *low &= keep;
        }
    }
    /// Counts rows in cells.
    fn count(cells: &mut [u32], at: &[u32]) {
        for &at in at {
            if let Some(cell) = cells.get_mut(at as usize) {
                *cell = cell.wrapping_add(1);
            }
        }
    }
    /// Adds the parts of rows to cells.
    fn scatter(cells: &mut [[i64; 2]], at: &[u32], high: &[i64], low: &[i64]) {
        for ((&at, &high), &low) in at.iter().zip(high).zip(low) {
            if let Some(cell) = cells.get_mut(at as usize) {
                *cell = [cell[0].wrapping_add(high), cell[1].wrapping_add(low)];
            }
        }
    }
    /// `group × width + class` for each row.
    fn address(to: &mut [u32], groups: &[u32], classes: &[u32], width: u32) {
        for ((to, &group), &class) in to.iter_mut().zip(groups).zip(classes) {
            *to = group.wrapping_mul(width).wrapping_add(class);
        }
    }
    /// Bits of a bitmap as bytes 0 and 1, from a bit offset on; 0 past its end.
    fn bits_to_bytes(to: &mut [u8], bytes: &[u8], offset: usize) {
        let bytes = bytes.get(offset / 8..).unwrap_or(&[]);
        let shift = offset % 8;
        for (i, to) in to.chunks_mut(8).enumerate() {
            let low = bytes.get(i).map_or(0, |&byte| u16::from(byte));
            let high = bytes.get(i + 1).map_or(0, |&byte| u16::from(byte));
            let byte = ((low | high << 8) >> shift) & 0xff;
            // Byte `k` of the product's selection holds bit `k`; adding 127 moves any bit to the top of its byte.
            let chosen = u64::from(byte).wrapping_mul(0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
            let ones = (chosen + 0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101;
            for (to, from) in to.iter_mut().zip(ones.to_le_bytes()) { *to = from; }
        }
    }
    /// Turns 0 into 1 and 1 into 0.
    fn flip(bytes: &mut [u8]) {
        for byte in bytes { *byte ^= 1; }
    }
    /// Makes words 0 where a byte is 1.
    fn blank_words(words: &mut [u64], marked: &[u8]) {
        for (word, &marked) in words.iter_mut().zip(marked) {
            *word &= u64::from(marked).wrapping_sub(1);
        }
    }
    /// Makes codes 0 where a byte is 1.
    fn blank_codes(codes: &mut [u32], marked: &[u8]) {
        for (code, &marked) in codes.iter_mut().zip(marked) {
            *code &= u32::from(marked).wrapping_sub(1);
        }
    }
    /// How many rows have 1 in `marked` and 0 in `out`.
    fn marked_and_in(marked: &[u8], out: &[u8]) -> u32 {
        marked.iter().zip(out).fold(0, |sum, (&marked, &out)| sum + u32::from(marked & u8::from(out == 0)))
    }
    /// Smallest and largest of integers.
    fn extent(words: &[u64]) -> (i64, i64) {
        words.iter().fold((i64::MAX, i64::MIN), |(least, most), &word| {
            (least.min(word as i64), most.max(word as i64))
        })
    }
    /// 1 plus the bits.
    fn codes_of_bits(to: &mut [u32], bits: &[u8]) {
        for (to, &bit) in to.iter_mut().zip(bits) { *to = 1 + u32::from(bit); }
    }
}
