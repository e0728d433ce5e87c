//! How many words an exact number can take, so that a program's memory is known when it is loaded.
//!
//! Widths are upper bounds for every input; they follow the operations of [`RationalMut`](super::RationalMut), not
//! the values. All arithmetic saturates: a width that no machine could provide stays one.

use super::float_sum::FLOAT_SUM_WORDS;
use super::int_sum::{DEC_SUM_WORDS, INT_SUM_WORDS};

/// Words for the numerator and the denominator of a rational.
///
/// A denominator of 0 words belongs to integers: the denominator 1 is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// Words of the numerator.
    pub num: usize,
    /// Words of the denominator.
    pub den: usize,
}

/// Words of 2^1074, the smallest unit of a binary64.
const FLOAT_DEN: usize = 17;

impl Width {
    /// Of an `i128`.
    pub const INT: Width = Width { num: 2, den: 0 };
    /// Of a sum of integers.
    pub const INT_SUM: Width = Width { num: INT_SUM_WORDS, den: 0 };
    /// Of a binary64: 1,024 bits, and 1,075 for the denominator.
    pub const FLOAT: Width = Width { num: 16, den: FLOAT_DEN };
    /// Of a sum of binary64 values.
    pub const FLOAT_SUM: Width = Width { num: FLOAT_SUM_WORDS, den: FLOAT_DEN };

    /// Of an `i128` mantissa with `scale` digits after the point.
    #[must_use]
    pub const fn decimal(scale: u8) -> Width {
        Width { num: 2, den: Self::power_of_ten(scale) }
    }

    /// Of a sum of decimals with `scale` digits after the point.
    #[must_use]
    pub const fn dec_sum(scale: u8) -> Width {
        Width { num: DEC_SUM_WORDS, den: Self::power_of_ten(scale) }
    }

    /// 10^19 is the highest power of ten in one word.
    const fn power_of_ten(scale: u8) -> usize {
        match scale {
            0 => 0,
            1..=19 => 1,
            _ => 2,
        }
    }

    /// Of a sum or a difference.
    #[must_use]
    pub const fn add(self, other: Width) -> Width {
        let left = self.num.saturating_add(other.den);
        let right = other.num.saturating_add(self.den);
        Width { num: larger(left, right).saturating_add(1), den: self.den.saturating_add(other.den) }
    }

    /// Of a product.
    #[must_use]
    pub const fn mul(self, other: Width) -> Width {
        Width { num: self.num.saturating_add(other.num), den: self.den.saturating_add(other.den) }
    }

    /// Of a quotient.
    #[must_use]
    pub const fn div(self, other: Width) -> Width {
        Width { num: self.num.saturating_add(other.den), den: self.den.saturating_add(other.num) }
    }

    /// Of a number rounded to some digits after the point.
    #[must_use]
    pub const fn round_to(self, digits: u8) -> Width {
        Width { num: self.num.saturating_add(1), den: Self::power_of_ten(digits) }
    }

    /// Scratch words for rounding to digits.
    #[must_use]
    pub const fn scratch_round_to(self) -> usize {
        self.num.saturating_add(2).saturating_add(larger(self.den, 1))
    }

    /// Large enough for either.
    #[must_use]
    pub const fn or(self, other: Width) -> Width {
        Width { num: larger(self.num, other.num), den: larger(self.den, other.den) }
    }

    /// Words of a block that holds such a number: header, numerator, denominator.
    #[must_use]
    pub const fn block_words(self) -> usize {
        self.num.saturating_add(self.den).saturating_add(1)
    }

    /// Scratch words for adding or subtracting.
    #[must_use]
    pub const fn scratch_add(self, other: Width) -> usize {
        other.num.saturating_add(self.den)
    }

    /// Scratch words for comparing.
    #[must_use]
    pub const fn scratch_cmp(self, other: Width) -> usize {
        self.num.saturating_add(other.den).saturating_add(self.scratch_add(other))
    }

    /// Scratch words for rounding to binary64.
    #[must_use]
    pub const fn scratch_round(self) -> usize {
        larger(self.num, larger(self.den, 1)).saturating_add(1).saturating_mul(2)
    }

    /// Scratch words for exact text.
    #[must_use]
    pub const fn scratch_text(self) -> usize {
        self.num.saturating_add(larger(self.den, 1)).saturating_add(2).saturating_mul(2)
    }

    /// Most bytes of exact text: sign, point, slash, 20 digits a word, and the zeros of the largest scale.
    #[must_use]
    pub const fn text_bytes(self) -> usize {
        self.num.saturating_add(larger(self.den, 1)).saturating_mul(20).saturating_add(64)
    }
}

/// The larger of two.
const fn larger(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}
