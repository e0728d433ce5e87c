//! Calendar arithmetic: which local day an instant falls on, and which period a day belongs to.

mod business;
pub(crate) mod civil;
mod period;
mod zone;

pub use business::{Business, MAX_HOLIDAYS, MAX_WINDOWS};
pub use civil::{add_months, civil_from_days, days_from_civil, weekday};
pub use period::{Calendar, Grain};
pub use zone::Zone;

/// Microseconds in a day.
pub const DAY_MICROS: i64 = 86_400_000_000;
