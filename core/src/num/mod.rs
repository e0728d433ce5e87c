//! Exact numbers: what makes a cell the same number whatever the order of rows, threads, languages and machines.
//!
//! Sums are kept as wide integers ([`int_sum`], [`float_sum`]) and leave the core as canonical bytes
//! ([`canonical`]). Formulas over sums are quotients of big integers ([`rational`]) and are rounded to binary64
//! once, at the end ([`round`]), by integer arithmetic alone: no result depends on the rounding mode or on the
//! flush-to-zero setting of the processor.
//!
//! Nothing here allocates. Every operation works on words that the caller provides, reports an error when they are
//! too few, and can say beforehand how many it needs ([`rational::Width`]), so that a program's needs are known
//! when it is loaded. No function panics on any input.
//!
//! ```
//! use ripplemark_core::num::{Rational, RationalMut, Rounded, Width};
//!
//! // (0.10 + 0.20) / 3, in decimals: exactly a tenth.
//! let cents = Width::decimal(2);
//! let sum_width = cents.add(cents);
//! let mean_width = sum_width.div(Width::INT);
//! let (mut a, mut b, mut three, mut sum, mut mean) = ([0; 8], [0; 8], [0; 8], [0; 16], [0; 16]);
//! let mut scratch = [0; 32];
//! let mut a = RationalMut::new(&mut a, cents.num).unwrap();
//! let mut b = RationalMut::new(&mut b, cents.num).unwrap();
//! let mut three = RationalMut::new(&mut three, Width::INT.num).unwrap();
//! let mut sum = RationalMut::new(&mut sum, sum_width.num).unwrap();
//! let mut mean = RationalMut::new(&mut mean, mean_width.num).unwrap();
//! a.set_decimal(10, 2).unwrap();
//! b.set_decimal(20, 2).unwrap();
//! three.set_int(3).unwrap();
//! sum.add(a.view(), b.view(), &mut scratch).unwrap();
//! mean.div(sum.view(), three.view()).unwrap();
//! assert_eq!(mean.view().round(&mut scratch), Ok(Rounded::Finite(0.1f64.to_bits())));
//! ```
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod canonical;
pub mod decimal;
pub mod digits;
pub mod float_sum;
pub mod int_sum;
pub mod limbs;
pub mod rational;
pub mod remainder;
pub mod round;
pub mod text;
pub mod twos;
pub mod width;

pub use canonical::CanonicalError;
pub use float_sum::FLOAT_SUM_WORDS;
pub use int_sum::{DEC_SUM_WORDS, INT_SUM_WORDS};
pub use rational::{Rational, RationalMut};
pub use round::Rounded;
pub use width::Width;

/// Why an operation on exact numbers gave no result.
///
/// What destination words hold after an error is unspecified; a [`RationalMut`] then holds 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumError {
    /// The destination, the scratch words or the text buffer are too short for the result.
    Short,
    /// A division by zero.
    ZeroDenominator,
    /// A subtraction of natural numbers would go below zero.
    Negative,
    /// A binary64 that is infinite or not a number.
    NotFinite,
    /// A decimal scale beyond [`decimal::MAX_SCALE`].
    Scale,
    /// Words that do not hold a rational: lengths in the header exceed the capacities.
    Corrupt,
}

impl core::fmt::Display for NumError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            NumError::Short => "too few words or bytes for the exact result",
            NumError::ZeroDenominator => "division by zero",
            NumError::Negative => "difference of natural numbers below zero",
            NumError::NotFinite => "not a finite number",
            NumError::Scale => "more than 38 digits after the point",
            NumError::Corrupt => "words do not hold a rational number",
        })
    }
}

impl core::error::Error for NumError {}
