//! Lookups from data to wide rows.
