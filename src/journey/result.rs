//! What is known of hand-offs: counts, shares, waits and leaks, with owners and everything that explains them.

use super::{AsOf, Place};
use crate::evaluate::{Coordinate, Receipt, grain_name, iso_date};
use ripplemark_core::time::Grain;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// The hand-offs of a book, in each group that was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Journeys {
    /// Up to when the data are known; `None` where no row has any time.
    pub as_of: Option<AsOf>,
    /// The dimensions that were asked for.
    pub by: Vec<String>,
    /// Length of a period, where there is a time axis.
    #[serde(serialize_with = "grain_as_text")]
    pub grain: Option<Grain>,
    /// By hand-off in the order of the book, then by level, group and period.
    pub handoffs: Vec<Handoff>,
    /// What happened to rows and values, a sentence each, as in [`ResultSet::notes`](crate::ResultSet::notes).
    pub notes: Vec<String>,
    /// What the numbers were made of: one receipt for each program that was run.
    pub receipts: Vec<Receipt>,
}

/// One hand-off in one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Handoff {
    /// The earlier stage.
    pub from: String,
    /// The later stage, which names the hand-off.
    pub to: String,
    /// The earlier stage, for people.
    pub from_label: String,
    /// The later stage, for people.
    pub to_label: String,
    /// Who hands over: names of teams, joined by ", ".
    pub owner_from: String,
    /// Who takes over.
    pub owner_to: String,
    /// True where both are the same: a step, and no hand-off between teams.
    pub internal: bool,
    /// What one row stands for, where the book says so.
    pub entity: Option<String>,
    /// What the group distinguishes, joined by ","; `total` for nothing.
    pub level: String,
    /// Where it stands in each dimension.
    #[serde(serialize_with = "places_as_map")]
    pub scope: Vec<Place>,
    /// First day of the period in which rows entered the earlier stage, in days since 1970-01-01.
    #[serde(serialize_with = "day_as_text")]
    pub period: Option<i64>,
    /// What to know about the counts: `partial_period`.
    pub flags: Vec<&'static str>,
    /// The counts; `None` where a value cannot be read that decides about them.
    pub counts: Option<Counts>,
    /// Why there are no counts, such as `invalid_input`.
    pub reasons: Vec<&'static str>,
    /// Accepted in time, of the rows for which that can be judged.
    pub within_share: Option<Share>,
    /// What the share should reach.
    pub goal: Option<Goal>,
    /// Whether it does, by the exact fraction.
    pub meets_goal: Option<bool>,
    /// Elapsed hours from one stage to the other, of the accepted rows. Between dates a day is 24 hours.
    pub mean_wait_hours: Option<Mean>,
    /// Business hours from one stage to the other, of the accepted rows, where the service level is in business hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_wait_business_hours: Option<Mean>,
    /// True if the times are dates, so that hours say more than is known.
    pub in_days: bool,
    /// Ignored and late rows; `None` without a service level.
    pub leak: Option<u64>,
    /// What the leak is worth, where the book says how to tell.
    pub leak_value: Option<Amount>,
    /// What one lost row is worth.
    pub worth: Option<Amount>,
    /// Position in [`Journeys::receipts`].
    pub receipt: usize,
}

/// What became of the rows that entered the earlier stage.
///
/// `entered = accepted + rejected + ignored + pending + out_of_order`; this is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows that entered the earlier stage.
    pub entered: u64,
    /// Of these, rows that entered the later stage before their deadline.
    pub accepted: u64,
    /// Rows that were turned away before it.
    pub rejected: u64,
    /// The rejected rows by reason: as listed in the book, otherwise by name; then `(other)` and `(missing)`. Empty
    /// where the book names no reasons.
    pub rejected_by: Vec<(String, u64)>,
    /// Rows whose deadline passed without either.
    pub ignored: u64,
    /// Rows with time left, or without a deadline.
    pub pending: u64,
    /// Rows whose later time is before the earlier one.
    pub out_of_order: u64,
    /// Accepted within the service level; `None` without one.
    pub in_time: Option<u64>,
    /// Accepted after it.
    pub late: Option<u64>,
    /// Pending though the service level is missed.
    pub overdue: Option<u64>,
}

/// A share of rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// The nearest double.
    pub value: f64,
    /// The fraction in lowest terms.
    pub exact: String,
    /// Rows accepted in time.
    pub num: u64,
    /// Rows that can be judged: accepted, rejected, ignored, overdue.
    pub den: u64,
}

/// What a share should reach.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Goal {
    /// The nearest double.
    pub value: f64,
    /// The fraction in lowest terms.
    pub exact: String,
}

/// A mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// The nearest double.
    pub value: f64,
    /// The fraction in lowest terms.
    pub exact: String,
    /// Rows behind it.
    pub n: u64,
}

/// An amount, mostly of money.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// The nearest double; `None` where there is no value, or none within binary64.
    pub value: Option<f64>,
    /// The fraction in lowest terms.
    pub exact: Option<String>,
    /// The unit; empty where there is none.
    pub unit: String,
    /// Why there is no value.
    pub reasons: Vec<&'static str>,
}

impl Journeys {
    /// The hand-offs over all rows: those without dimensions and periods.
    pub fn totals(&self) -> impl Iterator<Item = &Handoff> {
        self.handoffs.iter().filter(|handoff| handoff.level == "total")
    }

    /// The word for the length of a period.
    #[must_use]
    pub fn grain_name(&self) -> Option<&'static str> {
        self.grain.map(grain_name)
    }
}

fn grain_as_text<S: Serializer>(grain: &Option<Grain>, serializer: S) -> Result<S::Ok, S::Error> {
    grain.map(grain_name).serialize(serializer)
}

fn day_as_text<S: Serializer>(day: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    day.map(iso_date).serialize(serializer)
}

/// As in results: null for rows without a value, and for a dimension that the level does not name.
fn places_as_map<S: Serializer>(places: &[Place], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(places.len()))?;
    for (name, place) in places {
        match place {
            Coordinate::All | Coordinate::Missing => map.serialize_entry(name, &None::<()>)?,
            Coordinate::Int(value) => map.serialize_entry(name, value)?,
            Coordinate::Bool(value) => map.serialize_entry(name, value)?,
            Coordinate::Date(day) => map.serialize_entry(name, &iso_date(*day))?,
            Coordinate::Text(text) => map.serialize_entry(name, text)?,
        }
    }
    map.end()
}
