//! Running programs on the host: memory that grows, Arrow batches in, results out.
//!
//! ```text
//! Program ─► Evaluation ◄─ feed (Arrow batches), merge (other evaluations, state bytes)
//!                └─ finish ─► ResultSet: cells, rows read and rejected, receipt
//! ```

mod evaluation;
mod exact;
mod frame;
mod held;
#[cfg(feature = "compile")]
mod notes;
mod program;
mod question;
mod receipt;
mod result;

pub use evaluation::Evaluation;
pub use exact::{ExactCell, ExactGroup};
pub use frame::EXACT_VALUE;
#[cfg(feature = "compile")]
pub(crate) use notes::reject_words;
pub use program::Program;
pub use question::Question;
pub(crate) use question::{Asked, RejectSlot};
#[cfg(feature = "compile")]
pub(crate) use receipt::wording_of;
pub use receipt::{Definition, LookupCounts, Receipt};
pub use result::{ColumnReport, Coordinate, MetricInfo, ResultCell, ResultSet, RowErrors, RowReport};
pub(crate) use result::{grain_name, iso_date};
#[cfg(feature = "compile")]
pub(crate) use result::{hex, iso_instant, metric_info};
