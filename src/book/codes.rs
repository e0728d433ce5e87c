//! The stable codes of what can be wrong with a book, in one table, so that people can look a code up
//! and no code is ever given twice. `RM01xx` belongs to books; formulas (`RM02xx`) and queries
//! (`RM03xx`) keep their own tables.

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code, `RM0104`.
    pub code: &'static str,
    /// What it stands for, one line.
    pub meaning: &'static str,
}

/// What a code of this table stands for; `None` for other codes.
///
/// ```
/// assert_eq!(ripplemark::book::meaning("RM0117"), Some("a metric without an owner"));
/// assert_eq!(ripplemark::book::meaning("RM9999"), None);
/// ```
pub fn meaning(code: &str) -> Option<&'static str> {
    ALL.iter().find(|known| known.code == code).map(|known| known.meaning)
}

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(pub(crate) const $name: Code = Code { code: $code, meaning: $meaning };)*
        /// Every code a book can be refused or warned with, in ascending order.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    TOO_MANY = "RM0100", "more problems than are listed";
    YAML_SYNTAX = "RM0101", "the text is not YAML (or JSON)";
    TOO_LARGE = "RM0102", "the text exceeds a size limit";
    DUPLICATE_KEY = "RM0103", "one key twice in one mapping";
    UNKNOWN_KEY = "RM0104", "a key that means nothing here";
    MISSING_KEY = "RM0105", "a mandatory key is absent";
    WRONG_TYPE = "RM0106", "a YAML value of the wrong type";
    AMBIGUOUS_SCALAR = "RM0107", "an unquoted value that YAML readers understand differently";
    ANCHOR = "RM0108", "anchors and aliases are not read";
    TOO_DEEP = "RM0109", "values are nested too deeply";
    SEVERAL_DOCUMENTS = "RM0110", "more than one YAML document";
    UNREADABLE = "RM0111", "the file cannot be read or is not UTF-8";
    VERSION = "RM0112", "a version of the book format that this program does not know";
    BAD_NAME = "RM0113", "a name that formulas could not use";
    RESERVED_NAME = "RM0114", "a name that the formula language keeps for itself";
    DUPLICATE_NAME = "RM0115", "one name for two things";
    UNKNOWN_TEAM = "RM0116", "an owner that is not one of the teams";
    MISSING_OWNER = "RM0117", "a metric without an owner";
    UNKNOWN_TABLE = "RM0118", "a table that the book does not have";
    UNKNOWN_COLUMN = "RM0119", "a column that the table does not have";
    UNKNOWN_METRIC = "RM0120", "a metric that the book does not have";
    UNKNOWN_WORD = "RM0121", "a word outside the list of those allowed here";
    UNKNOWN_TIMEZONE = "RM0122", "a time zone that the IANA database does not have";
    BAD_CURRENCY = "RM0123", "a currency code is missing or malformed";
    BAD_COLUMN_TYPE = "RM0124", "a column type that does not exist";
    BAD_SCALE = "RM0125", "more digits after the point than a decimal can have";
    NOT_A_CATEGORY = "RM0126", "`allowed` or `values` on a column that is not a category";
    VALUE_NOT_ALLOWED = "RM0127", "a value map leads to a value that is not allowed";
    NOT_A_TIME = "RM0128", "a column that cannot place a row in time";
    CONFLICTING_KEYS = "RM0129", "two keys that exclude each other";
    INCOMPLETE_METRIC = "RM0130", "a metric does not say how it is computed";
    MISSING_TABLE = "RM0131", "a metric does not say which table it reads";
    NO_EFFECT = "RM0132", "a key that would have no effect on the metric";
    FILTER_NOT_BOOL = "RM0133", "a filter that is not true or false";
    AGG_TYPE = "RM0134", "an aggregate of values that it cannot take";
    CYCLE = "RM0135", "metrics that are defined by each other";
    KIND_MISMATCH = "RM0136", "a formula that does not fit the metric's type";
    BAD_TIME = "RM0137", "a date, a point in time or a range that cannot be read";
    OUT_OF_RANGE = "RM0138", "a number outside its range";
    BAD_LINK = "RM0139", "a link that says nothing, or an identity that is not arithmetic over metrics";
    ALIGNMENT = "RM0140", "an identity that mixes alignments";
    COMPUTED_TYPE = "RM0141", "a computed dimension of a type that nothing can be grouped by";
    BAND_EDGES = "RM0142", "edges of a band that do not ascend, or are no values of what is cut into bands";
    BAND_LABELS = "RM0143", "labels of a band that are not one for each of its parts";
    BAND_TYPE = "RM0144", "a band of something that has no order";
    BAD_KEY = "RM0150", "a column that cannot be a part of a key";
    NO_KEY = "RM0151", "a lookup into a table that has no key";
    KEY_MISMATCH = "RM0152", "a lookup by columns that do not fit the other table's key";
    LOOKUP_TIME = "RM0153", "times of a lookup that do not fit each other";
    LOOKUP_CYCLE = "RM0154", "columns that are looked up through each other";
    TARGET_OWNER = "RM0160", "a target without an owner";
    TARGET_TWICE = "RM0161", "two targets for the same metric, scope and days";
    SPLIT_REST = "RM0162", "a split that does not add up to the whole";
    SPLIT_LEVEL = "RM0163", "a split of a metric that does not add up";
    TARGET_DAYS = "RM0164", "days of a target that do not fit together";
    TARGET_MEASURE = "RM0165", "a way to measure a target that does not fit the metric";
    GOAL = "RM0166", "a goal, baseline or part that has no value";
    DIMENSION_VALUE = "RM0167", "a value that the dimension never has";
    PLAN_QUERY = "RM0168", "a target or rule asks what cannot be answered";
    NO_PRIOR = "RM0170", "`prior` where there is no period";
    NO_TARGET = "RM0171", "a facet of a target that the metric does not have";
    SAY = "RM0172", "a message that cannot be read";
    SCRIPT = "RM0173", "a script that cannot be read";
    STATUS_LIST = "RM0174", "a status that no value can have";
    BAD_UNIT = "RM0175", "a unit that cannot be read, or that its column cannot have";
    UNIT_MISMATCH = "RM0176", "a metric whose formula is in another unit than the metric says";
    BAD_RATES = "RM0177", "a table that exchange rates cannot be read from";
    STAGE_OWNER = "RM0180", "a stage without an owner";
    UNKNOWN_STAGE = "RM0181", "a stage that the book does not have";
    STAGE_CIRCLE = "RM0182", "stages that come from each other";
    NO_HANDOFF = "RM0183", "a stage without `from` speaks of a hand-off";
    NO_START = "RM0184", "a hand-off between two tables does not say when its clock starts";
    MIXED_TIMES = "RM0185", "a date and a point in time within one hand-off";
    BAD_DURATION = "RM0186", "a length of time that cannot be counted";
    STAGE_CATEGORY = "RM0187", "reasons or owners by a column that is not a category";
    BAD_FORMAT = "RM0190", "a format that no time can be read by";
    BUSINESS_HOURS = "RM0191", "business hours that nobody can keep";
    NO_BUSINESS_HOURS = "RM0192", "business hours in a book that does not say when people work";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_and_stay_in_their_hundred() {
        for pair in ALL.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} before {}", pair[0].code, pair[1].code);
        }
        assert!(ALL.iter().all(|c| c.code.starts_with("RM01") && c.code.len() == 6));
    }
}
