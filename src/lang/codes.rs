//! Every code a formula's problem can carry, with its meaning in one line: the only place that knows them.

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(pub(super) const $name: &str = $code;)*

        /// The codes of formula problems and what each means, in ascending order. Codes are never reused.
        pub const CODES: &[(&str, &str)] = &[$(($code, $meaning),)*];
    };
}

codes! {
    TOO_LONG = "RM0201", "the formula's text is longer than 16 KiB";
    TOO_LARGE = "RM0202", "the formula nests too deeply or, with its `let`s written out, has too many parts";
    EMPTY = "RM0203", "there is no formula";
    SYNTAX = "RM0204", "the text cannot be read as a formula";
    NOT_IN_LANGUAGE = "RM0205", "the construct is no part of the formula language";
    NUMBER = "RM0206", "a number that its type cannot hold, or that is not written as a number";
    UNKNOWN_NAME = "RM0207", "no column, metric or `let` has this name";
    UNKNOWN_FUNCTION = "RM0208", "no function has this name";
    ARGUMENTS = "RM0209", "a function is called with too few or too many arguments";
    LEVEL = "RM0210", "something that exists only for rows is used between metrics, or the other way round";
    BARE_COLUMN = "RM0211", "a column outside an aggregate, where there is no row to read it from";
    NESTED_AGGREGATE = "RM0212", "an aggregate or a metric inside an aggregate";
    NO_TABLE = "RM0213", "an aggregate in a formula that names no table";
    TYPE = "RM0214", "an operand or argument of the wrong type";
    DECIMAL_FLOAT = "RM0215", "an exact decimal meets a float";
    SCALE = "RM0216", "a decimal would need more than 37 digits after the point";
    CONDITION = "RM0217", "a condition that is not true or false";
    TEXT_WITH_TEXT = "RM0218", "two texts are compared of which neither is a constant";
    NOT_A_CATEGORY = "RM0219", "a text that the category never holds";
    RAW_SPELLING = "RM0220", "a spelling of the raw data that the book maps to another value";
    CALENDAR = "RM0221", "a text that is no date or no point in time";
    ALWAYS_MISSING = "RM0222", "an operand that is always missing";
    NO_ELSE = "RM0223", "an `if` without `else`";
    DISCARDED = "RM0224", "a value that nothing uses, or a block without a value";
    NEGATED_POWER = "RM0225", "`-a ** b` without parentheses";
    NOT_A_NUMBER = "RM0226", "a metric whose formula is not a number";
    LIST = "RM0227", "the right side of `in` is not a list of constants or a range";
    SWITCH = "RM0228", "a `switch` whose arms cannot be told apart";
    RETURN = "RM0229", "a `return` that is not the end of a guard";
    FUNCTION = "RM0230", "a function of the book that cannot be read, or whose name is taken";
    RECURSION = "RM0231", "a function that calls itself, directly or through others";
    NO_BUSINESS_HOURS = "RM0240", "business hours in a book that does not say when people work";
    UNITS = "RM0260", "numbers in different units are added, compared or chosen between";
    MIXED_CURRENCIES = "RM0261", "an aggregate over amounts in different currencies";
    CONVERSION = "RM0262", "an amount that cannot be converted";
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn codes_ascend_and_have_meanings() {
        assert!(CODES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(CODES.iter().all(|(code, meaning)| code.starts_with("RM02") && !meaning.is_empty()));
    }
}
