//! How many digits after the point money has, by ISO 4217. Most currencies have two; only the others
//! are listed, so a code that is not listed has two, whether or not it is in use.

const OTHERS: &[(&str, u8)] = &[
    ("BHD", 3),
    ("BIF", 0),
    ("CLF", 4),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("UYI", 0),
    ("UYW", 4),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("XPF", 0),
];

/// A currency code that was written in small letters.
pub(crate) fn capitals(code: &str) -> Option<String> {
    let code = code.to_ascii_uppercase();
    currency_digits(&code).map(|_| code)
}

/// Digits after the point of a currency; `None` where the text is no code of three capital letters.
///
/// ```
/// use ripplemark::book::currency_digits;
/// assert_eq!((currency_digits("EUR"), currency_digits("JPY"), currency_digits("eur")), (Some(2), Some(0), None));
/// ```
pub fn currency_digits(code: &str) -> Option<u8> {
    if code.len() != 3 || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return None;
    }
    Some(OTHERS.iter().find(|(other, _)| *other == code).map_or(2, |(_, digits)| *digits))
}
