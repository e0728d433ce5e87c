//! Cells as exact fractions: what explanations, targets and rules reckon with, so that nothing is rounded twice.

use super::Evaluation;
use super::evaluation::{level_states, words};
use super::result::{Coordinate, coordinate};
use crate::error::Error;
use num_bigint::{BigInt, BigUint, Sign};
use num_rational::BigRational;
use ripplemark_core::cell::Cells;
use ripplemark_core::num::Rational;
use ripplemark_core::{Flags, Reasons};
use ripplemark_float_env::Standard;

/// The cells of one group of one level, in the order of the program's metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactGroup {
    /// Mask of the level, as in [`ResultCell::level`](super::ResultCell::level).
    pub level: u32,
    /// One coordinate for each dimension.
    pub key: Vec<Coordinate>,
    /// First day of the period, in days since 1970-01-01.
    pub period: Option<i64>,
    /// One cell for each metric.
    pub cells: Vec<ExactCell>,
}

/// A number that has not been rounded, or the reasons why there is none.
///
/// A metric that rounds (`sqrt`, `ln` …) has the exact fraction of its double. So has a sum of doubles.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactCell {
    /// The value.
    pub value: Result<BigRational, Reasons>,
    /// What to know about the value.
    pub flags: Flags,
    /// Rows behind the number.
    pub n: u64,
    /// Numerator and denominator, correctly rounded, where the metric is a quotient and they have values.
    pub parts: (Option<f64>, Option<f64>),
}

impl Evaluation {
    /// All cells of all levels as exact fractions: the numbers of [`Evaluation::finish`] before they are rounded.
    ///
    /// Groups come by level, then by key, as there. Fractions take memory on the heap for each cell; this is meant for
    /// results that somebody reads.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn exact(&self) -> Result<Vec<ExactGroup>, Error> {
        if let Some(settled) = self.settled()? {
            return settled.exact();
        }
        let _standard = Standard::enter();
        let view = self.program().view();
        let mut groups = Vec::new();
        level_states(self, &mut |level, state| {
            let mut memory = words(Cells::words(view, state))?;
            let mut cells = Cells::new(view, state, level, &mut memory)?;
            while cells.next_group()? {
                let key = (0..view.dim_count()).map(|d| coordinate(&cells, d)).collect();
                let period = cells.period();
                let cells = (0..view.metric_count())
                    .map(|i| {
                        let cell = cells.cell(i);
                        let value = cells.fraction(i).map(big).ok_or(cell.reasons);
                        ExactCell {
                            value,
                            flags: cell.flags,
                            n: cell.n,
                            parts: (cell.numerator, cell.denominator),
                        }
                    })
                    .collect();
                groups.push(ExactGroup { level, key, period, cells });
            }
            Ok(())
        })?;
        Ok(groups)
    }
}

fn big(value: Rational<'_>) -> BigRational {
    let whole = |words: &[u64]| {
        BigUint::from_bytes_le(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>())
    };
    let sign = if value.is_negative() { Sign::Minus } else { Sign::Plus };
    let numerator = BigInt::from_biguint(sign, whole(value.numerator()));
    BigRational::new(numerator, BigInt::from_biguint(Sign::Plus, whole(value.denominator())))
}
