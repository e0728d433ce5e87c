//! What moved a number, and by how much: the mathematics of the chain.
//!
//! A metric that is an identity over others (`revenue = opportunities × win rate × deal size`) changes because they
//! change. [`explain`] splits the change between two states, a period and the one before, actual and target, one segment
//! and another, into a contribution of each driver; [`mix_and_rate`] splits the change of a ratio over its segments.
//! Everything is computed in exact fractions and rounded once, for display, so that what is printed adds up.
//!
//! Nothing here knows books, programs or rows.
//!
//! ```
//! use num_rational::BigRational;
//! use ripplemark::chain::{Formula, Quantum, explain};
//!
//! let whole = |n: i64| Some(BigRational::from_integer(n.into()));
//! let part = |n: i64, d: i64| Some(BigRational::new(n.into(), d.into()));
//! // Closed deals, win rate, deal size.
//! let revenue = Formula::leaf(0) * Formula::leaf(1) * Formula::leaf(2);
//! let before = [whole(100), part(1, 2), whole(70)];
//! let after = [whole(120), part(1, 3), whole(80)];
//!
//! let explained = explain(&revenue, &before, &after, None, Quantum::power_of_ten(0))?;
//! let shown: Vec<&str> = explained.contributions.iter().map(|c| c.shown.as_str()).collect();
//! assert_eq!(shown, ["622", "-1378", "456"]);
//! assert_eq!(explained.change.shown, "-300");
//! # Ok::<(), ripplemark::chain::ChainError>(())
//! ```
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod error;
mod explain;
mod formula;
mod mix;
mod players;
mod rounding;
mod shapley;
mod terms;
#[cfg(test)]
mod tests;

pub use error::{ChainError, Side};
pub use explain::{Contribution, Explanation, explain};
pub use formula::{Formula, Step};
pub use mix::{Effect, MixRate, Parts, Segment, mix_and_rate};
pub use rounding::{Quantum, to_f64};
pub use shapley::{Decomposition, Share, decompose};

use explain::contributions;
#[cfg(feature = "compile")]
pub(crate) use explain::nothing;

/// Most players that may move in one term of a formula: 2^16 states are evaluated for it.
pub const MAX_PLAYERS: usize = 16;

/// Most bits of the common denominator of the contributions within one term, as for the cells of a program.
pub const MAX_BITS: u64 = 131_072;
