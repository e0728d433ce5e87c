//! Reports: what a book says about its data, for people.
//!
//! ```text
//! book + data ─ collect ─► facts ─┬─ terminal
//!                                 ├─ page (one HTML file, offline)
//!                                 └─ JSON
//! ```

mod facts;

pub use facts::{
    Asked, Driver, Explanation, Finding, Handoff, Link, Metric, Report, Ring, Shown, Target, Tone,
};
