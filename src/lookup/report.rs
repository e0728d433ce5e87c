//! What became of the rows that looked something up.

use serde::{Deserialize, Serialize};

/// What one lookup of one table found.
///
/// `matched + key_missing + unmatched + no_time + outside` are the rows that looked; all of them stay in the
/// evaluation, those without a match with missing values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupReport {
    /// The table whose rows look.
    pub table: String,
    /// The name of the lookup.
    pub path: String,
    /// The table that is looked into.
    pub target: String,
    /// Rows of that table.
    pub rows: u64,
    /// Rows of that table without a key (or with one that is not of its declared type), which nothing can find.
    pub rows_without_key: u64,
    /// About the memory that that table takes, in bytes: its keys and the columns that are looked up.
    pub bytes: u64,
    /// Rows that found a row.
    pub matched: u64,
    /// Rows whose own key is missing.
    pub key_missing: u64,
    /// Rows whose key the other table does not have.
    pub unmatched: u64,
    /// Rows that do not say when, while rows of the other table hold for a time.
    pub no_time: u64,
    /// Rows whose key was found, but with no row that holds at their time.
    pub outside: u64,
    /// The first key (in the order of feeding) that the other table does not have; where rows hold for a time, with it.
    pub example: Option<String>,
    /// The first key and time at which no row holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_example: Option<String>,
}

impl LookupReport {
    /// True for rates that a conversion looks up, not a lookup that the book declares.
    #[must_use]
    pub fn is_rates(&self) -> bool {
        self.path.contains('[')
    }
}

impl LookupReport {
    /// Adds what another evaluation counted. Sizes are those of the larger table: both should be one.
    pub(super) fn add(&mut self, other: &LookupReport) {
        self.rows = self.rows.max(other.rows);
        self.rows_without_key = self.rows_without_key.max(other.rows_without_key);
        self.bytes = self.bytes.max(other.bytes);
        self.matched += other.matched;
        self.key_missing += other.key_missing;
        self.unmatched += other.unmatched;
        self.no_time += other.no_time;
        self.outside += other.outside;
        if self.example.is_none() {
            self.example.clone_from(&other.example);
        }
        if self.outside_example.is_none() {
            self.outside_example.clone_from(&other.outside_example);
        }
    }
}
