//! Cell code: from the slots of a group to its metrics, as exact rationals that are rounded once.

mod canonical;
mod cells;
mod run;
pub mod width;

pub use cells::{CellValue, Cells, DimValue, Position};
