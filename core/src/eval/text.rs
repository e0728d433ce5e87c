//! Text: what a row's text is, which text constant it equals, and what each dictionary entry means.
//!
//! Predicates compare text only with constants of the program, so a text register holds the constant's number.
//! A dictionary entry is looked up once for each batch, not once for each row.

use super::load;
use crate::batch::{Column, Data, Text};
use crate::program::op::RowOp;
use crate::program::{ColumnView, Program, TableView};
use crate::reason::Reasons;

/// In a text register: none of the program's constants.
pub(crate) const OTHER: u64 = u64::MAX;
/// In a dictionary's map: not interned yet.
const UNKNOWN: u64 = u64::MAX;

/// The text of one row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TextValue<'a> {
    Missing,
    Invalid,
    /// The bytes after the value map, and the number of the equal constant.
    Bytes(&'a [u8], Option<usize>),
}

/// Decimal digits of an integer id.
#[derive(Clone, Copy)]
pub(crate) struct Digits {
    bytes: [u8; 20],
    start: usize,
}

impl Digits {
    pub(crate) const EMPTY: Digits = Digits { bytes: [0; 20], start: 20 };

    pub(crate) fn write(&mut self, value: i128) -> &[u8] {
        self.start = self.bytes.len();
        let mut rest = value.unsigned_abs() as u64;
        loop {
            self.put(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.put(b'-');
        }
        self.bytes.get(self.start..).unwrap_or(&[])
    }

    /// Puts a byte before the others.
    fn put(&mut self, byte: u8) {
        self.start = self.start.saturating_sub(1);
        if let Some(free) = self.bytes.get_mut(self.start) {
            *free = byte;
        }
    }
}

/// Applies value map and closed list to the bytes of a value.
fn resolve<'b>(program: &Program<'b>, column: &ColumnView<'b>, bytes: &'b [u8]) -> TextValue<'b> {
    let found = program.find_text(bytes);
    let meant = found.map(|text| program.mapped(column, text));
    if !program.is_allowed(column, meant) {
        return TextValue::Invalid;
    }
    match meant {
        Some(text) => TextValue::Bytes(program.text(text), Some(text)),
        None => TextValue::Bytes(bytes, None),
    }
}

/// What a text of a column means: its bytes after the value map; `None` if the column's closed list does not have it.
#[must_use]
pub fn meaning<'b>(program: &Program<'b>, column: &ColumnView<'b>, bytes: &'b [u8]) -> Option<&'b [u8]> {
    match resolve(program, column, bytes) {
        TextValue::Bytes(bytes, _) => Some(bytes),
        TextValue::Missing | TextValue::Invalid => None,
    }
}

/// The text of a row, looked up afresh.
pub(crate) fn text_at<'b>(
    program: &Program<'b>,
    declared: &ColumnView<'b>,
    column: &Column<'b>,
    row: usize,
    digits: &'b mut Digits,
) -> TextValue<'b> {
    match load::status(column, row) {
        Reasons::NONE => {}
        Reasons::EMPTY => return TextValue::Missing,
        _ => return TextValue::Invalid,
    }
    let bytes = match &column.data {
        Data::Utf8(text) => text.get(row),
        Data::Dict { codes, values, valid } => match codes.get(row) {
            Some(code) if valid.is_some_and(|bits| !bits.get(code)) => return TextValue::Missing,
            Some(code) => values.get(code),
            None => None,
        },
        data => load::integer_at(data, row).map(|value| digits.write(value)),
    };
    match bytes {
        Some(bytes) => resolve(program, declared, bytes),
        None => TextValue::Invalid,
    }
}

/// For each dictionary column of a batch, what its entries mean: the constant, and the group text once known.
pub(crate) struct TextMaps<'m> {
    words: &'m mut [u64],
}

/// Whether text contains (0), begins with (1) or ends with (2) a pattern, byte by byte.
pub(crate) fn passes(test: u8, text: &[u8], pattern: &[u8]) -> bool {
    match test {
        0 => pattern.is_empty() || text.windows(pattern.len()).any(|part| part == pattern),
        1 => text.starts_with(pattern),
        _ => text.ends_with(pattern),
    }
}

/// A dictionary entry's meaning, packed: constant + 1, or 0 for none, in the bits below `TEST_BIT`; from there on the
/// answers of the table's first text tests; two status bits.
const TEST_BIT: u32 = 33;
/// Text tests whose answers an entry has room for. Those behind them are answered row by row.
const TESTS: u32 = 62 - TEST_BIT;
const CONSTANT: u64 = (1 << TEST_BIT) - 1;
const MISSING_BIT: u64 = 1 << 62;
const INVALID_BIT: u64 = 1 << 63;

fn dictionary<'a>(column: &Column<'a>) -> Option<Text<'a>> {
    match column.data {
        Data::Dict { values, .. } => Some(values),
        _ => None,
    }
}

/// Words of [`super::Scratch::words`] that one column takes, for hosts that lay scratch memory out before they have
/// all columns side by side. [`super::scratch_words`] is the sum over a batch.
#[must_use]
pub fn column_words(column: &Column<'_>) -> usize {
    dictionary(column).map_or(1, |values| values.len().saturating_mul(2).saturating_add(1))
}

impl<'m> TextMaps<'m> {
    pub(crate) fn words(columns: &[Column<'_>]) -> usize {
        columns.iter().fold(0, |sum, column| sum.saturating_add(column_words(column)))
    }

    /// Looks every dictionary entry up. `None` if the words are too few.
    pub(crate) fn fill(
        program: &Program<'_>,
        table: &TableView<'_>,
        columns: &[Column<'_>],
        words: &'m mut [u64],
    ) -> Option<Self> {
        let words = words.get_mut(..Self::words(columns))?;
        let mut next = columns.len();
        for (i, column) in columns.iter().enumerate() {
            *words.get_mut(i)? = next as u64;
            let Some(values) = dictionary(column) else { continue };
            let declared = program.column(table, i);
            let valid = match column.data {
                Data::Dict { valid, .. } => valid,
                _ => None,
            };
            for entry in 0..values.len() {
                let packed = if valid.is_some_and(|bits| !bits.get(entry)) {
                    MISSING_BIT
                } else {
                    match values.get(entry).map(|bytes| resolve(program, &declared, bytes)) {
                        Some(TextValue::Bytes(_, constant)) => constant.map_or(0, |c| c as u64 + 1),
                        _ => INVALID_BIT,
                    }
                };
                *words.get_mut(next + 2 * entry)? = packed;
                *words.get_mut(next + 2 * entry + 1)? = UNKNOWN;
            }
            next += 2 * values.len();
        }
        Self::answer_tests(program, table, columns, words)?;
        Some(TextMaps { words })
    }

    /// Answers each text test for each dictionary entry.
    fn answer_tests(
        program: &Program<'_>,
        table: &TableView<'_>,
        columns: &[Column<'_>],
        words: &mut [u64],
    ) -> Option<()> {
        for i in 0..table.code_count {
            let ins = program.instruction(table, i)?;
            if ins.op != RowOp::TextTest || ins.c >= TESTS {
                continue;
            }
            let column = columns.get(ins.a as usize)?;
            let Some(values) = dictionary(column) else { continue };
            let declared = program.column(table, ins.a as usize);
            let start = usize::try_from(*words.get(ins.a as usize)?).ok()?;
            let pattern = program.text(ins.b as usize);
            for entry in 0..values.len() {
                let word = words.get_mut(start + 2 * entry)?;
                if *word & (MISSING_BIT | INVALID_BIT) != 0 {
                    continue;
                }
                let meant = values.get(entry).map(|bytes| resolve(program, &declared, bytes));
                if let Some(TextValue::Bytes(bytes, _)) = meant
                    && passes(ins.aux, bytes, pattern)
                {
                    *word |= 1 << (TEST_BIT + ins.c);
                }
            }
        }
        Some(())
    }

    fn slot(&self, column: usize, entry: usize) -> Option<usize> {
        Some(usize::try_from(*self.words.get(column)?).ok()? + 2 * entry)
    }

    /// The map of one column.
    pub(crate) fn of(&self, column: usize) -> TextMap<'_> {
        let start = self.slot(column, 0).unwrap_or(usize::MAX);
        TextMap { words: self.words.get(start..).unwrap_or(&[]) }
    }

    /// The group text of a dictionary entry, if it is known already.
    pub(crate) fn interned(&self, column: usize, entry: usize) -> Option<u64> {
        self.slot(column, entry).and_then(|at| self.words.get(at + 1)).copied().filter(|&id| id != UNKNOWN)
    }

    pub(crate) fn remember(&mut self, column: usize, entry: usize, id: u64) {
        if let Some(word) = self.slot(column, entry).and_then(|at| self.words.get_mut(at + 1)) {
            *word = id;
        }
    }
}

/// What the dictionary entries of one column mean.
pub(crate) struct TextMap<'m> {
    words: &'m [u64],
}

impl TextMap<'_> {
    /// Value and reasons of a text register for a dictionary entry.
    pub(crate) fn constant(&self, entry: usize) -> (u64, Reasons) {
        match self.words.get(entry.saturating_mul(2)) {
            Some(&packed) if packed & MISSING_BIT != 0 => (OTHER, Reasons::EMPTY),
            Some(&packed) if packed & INVALID_BIT == 0 => match packed & CONSTANT {
                0 => (OTHER, Reasons::NONE),
                constant => (constant - 1, Reasons::NONE),
            },
            _ => (OTHER, Reasons::INVALID_INPUT),
        }
    }

    /// Value and reasons of a text test for a dictionary entry; `None` where the entry has no room for the test.
    pub(crate) fn answer(&self, entry: usize, test: u32) -> Option<(u64, Reasons)> {
        if test >= TESTS {
            return None;
        }
        match self.words.get(entry.saturating_mul(2)) {
            Some(&packed) if packed & MISSING_BIT != 0 => Some((0, Reasons::EMPTY)),
            Some(&packed) if packed & INVALID_BIT == 0 => {
                Some((packed >> (TEST_BIT + test) & 1, Reasons::NONE))
            }
            _ => Some((0, Reasons::INVALID_INPUT)),
        }
    }
}
