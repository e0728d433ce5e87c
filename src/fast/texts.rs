//! The texts of a column as codes: numbers that stay the same from batch to batch.

use super::isa::{self, Isa};
use super::plan::meaning_registers;
use super::tabulate::{self, Outcome, Tried};
use crate::error::Error;
use ripplemark_core::Program;
use ripplemark_core::batch::{Codes, Column, Data, Text};
use ripplemark_core::eval::meaning;
use ripplemark_core::program::op::{Instruction, RowOp};
use std::collections::HashMap;

/// Most different texts of a column; rows with more go to the reference evaluator.
const MOST: usize = 1 << 20;
/// Stands for a text that is not of the column's type, or has no code.
const BAD: u32 = u32::MAX;
/// Entries of the cache of short texts; a power of two.
const CACHE: usize = 1024;

/// A text of at most 16 bytes: its length, its first and its last eight bytes tell it from all others.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Short {
    first: u64,
    last: u64,
    len: u32,
}

impl Short {
    #[inline(always)]
    fn of(text: &[u8]) -> Option<Short> {
        let len = text.len();
        let (first, last) = if len >= 8 {
            (text.first_chunk::<8>().copied()?, text.last_chunk::<8>().copied()?)
        } else if len >= 4 {
            let (a, b) = (text.first_chunk::<4>()?, text.last_chunk::<4>()?);
            let first = u64::from(u32::from_le_bytes(*a)) | u64::from(u32::from_le_bytes(*b)) << 32;
            return Some(Short { first, last: 0, len: len as u32 });
        } else {
            let byte = |i: usize| u64::from(text.get(i).copied().unwrap_or(0));
            return Some(Short { first: byte(0) | byte(1) << 8 | byte(2) << 16, last: 0, len: len as u32 });
        };
        (len <= 16).then(|| Short {
            first: u64::from_le_bytes(first),
            last: u64::from_le_bytes(last),
            len: len as u32,
        })
    }

    #[inline(always)]
    fn place(self) -> usize {
        let hash = (self.first ^ self.last.rotate_left(29) ^ u64::from(self.len) << 56)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (hash >> 54) as usize % CACHE
    }
}

/// What the texts of one column are called.
pub(super) struct Texts {
    pub(super) column: usize,
    /// Whether the column is a dimension, so that each text is told apart.
    pub(super) is_key: bool,
    /// Whether conditions depend on it.
    pub(super) is_input: bool,
    known: HashMap<Box<[u8]>, u32>,
    ints: HashMap<i64, u32>,
    /// By code less 1.
    texts: Vec<Box<[u8]>>,
    /// The text that each stands for, by code less 1; the same text unless the book maps it.
    meant: Vec<Box<[u8]>>,
    /// What each code means to conditions; 0 for missing.
    meanings: Vec<u32>,
    different: HashMap<Vec<Outcome>, u32>,
    /// The first code that has each meaning, by meaning less 1.
    examples: Vec<u32>,
    most_meanings: usize,
    cache: Vec<(Short, u32)>,
    /// Of the batch's dictionary: codes of its entries.
    entries: Vec<u32>,
    /// Entry `i` has code `i + 1`, for all of them.
    in_order: bool,
    /// The dictionary that `entries` belong to.
    dictionary: Vec<u8>,
    lengths: Vec<u32>,
}

impl Texts {
    pub(super) fn new(column: usize, most_meanings: usize) -> Texts {
        Texts {
            column,
            is_key: false,
            is_input: false,
            known: HashMap::new(),
            ints: HashMap::new(),
            texts: Vec::new(),
            meant: Vec::new(),
            meanings: vec![0],
            different: HashMap::new(),
            examples: Vec::new(),
            most_meanings,
            cache: vec![(Short { first: 0, last: 0, len: u32::MAX }, 0); CACHE],
            entries: Vec::new(),
            in_order: false,
            dictionary: Vec::new(),
            lengths: Vec::new(),
        }
    }

    /// How many codes there are, the one for missing included.
    pub(super) fn len(&self) -> usize {
        self.texts.len() + 1
    }

    /// How many meanings there are, without missing.
    pub(super) fn meaning_count(&self) -> usize {
        self.examples.len()
    }

    /// A text of each meaning.
    pub(super) fn examples(&self) -> Vec<Box<[u8]>> {
        self.examples.iter().filter_map(|&code| self.texts.get(code as usize - 1)).cloned().collect()
    }

    /// Bytes of all that can stand in keys, each text in whole words.
    pub(super) fn key_bytes(&self) -> usize {
        self.meant.iter().map(|text| text.len().next_multiple_of(8)).sum()
    }

    /// What stands in keys for a code.
    pub(super) fn key_text(&self, code: u32) -> Option<&[u8]> {
        self.meant.get((code as usize).checked_sub(1)?).map(|text| &**text)
    }

    /// What each code means to conditions, in a table as long as a power of two.
    pub(super) fn meanings(&self) -> &[u32] {
        &self.meanings
    }

    /// The code of a text, which is given one if it is new.
    fn code(&mut self, source: &Source<'_, '_>, text: &[u8]) -> Result<u32, Error> {
        if let Some(&code) = self.known.get(text) {
            return Ok(code);
        }
        if self.texts.len() >= MOST {
            return Ok(BAD);
        }
        let view = source.program.table(source.table);
        let declared = source.program.column(&view, self.column);
        // The borrow of the program's text ends with the copy.
        let meant: Option<Box<[u8]>> = meaning(source.program, &declared, text).map(Box::from);
        let mut code = BAD;
        if let Some(meant) = meant {
            let meaning = if self.is_input { self.meaning(source, text)? } else { 1 };
            if meaning != BAD {
                self.texts.push(text.into());
                self.meant.push(meant);
                code = self.texts.len() as u32;
                if self.meanings.len() <= code as usize {
                    self.meanings.resize((code as usize + 1).next_power_of_two(), 0);
                }
                if let Some(entry) = self.meanings.get_mut(code as usize) {
                    *entry = meaning;
                }
            }
        }
        // What has no code is remembered only as long as there is room.
        if code != BAD || self.known.len() < 2 * MOST {
            self.known.insert(text.into(), code);
        }
        Ok(code)
    }

    fn meaning(&mut self, source: &Source<'_, '_>, text: &[u8]) -> Result<u32, Error> {
        let registers = meaning_registers(source.code, self.column);
        let tried = [(self.column, Tried::Texts { texts: vec![text.into()], codes: vec![1] })];
        let outcomes = tabulate::outcomes(source.program, source.table, source.code, &registers, &tried, 1)?;
        let outcomes: Vec<Outcome> = outcomes.into_iter().flatten().collect();
        if let Some(&meaning) = self.different.get(&outcomes) {
            return Ok(meaning);
        }
        if self.examples.len() + 1 >= self.most_meanings {
            return Ok(BAD);
        }
        self.examples.push(self.texts.len() as u32 + 1);
        let meaning = self.examples.len() as u32;
        self.different.insert(outcomes, meaning);
        Ok(meaning)
    }

    /// Looks at a batch: gives every entry of its dictionary a code.
    pub(super) fn prepare(&mut self, source: &Source<'_, '_>, column: &Column<'_>) -> Result<(), Error> {
        let Data::Dict { values, valid, .. } = column.data else { return Ok(()) };
        // Most batches come with the dictionary of the one before.
        let mut same = self.lengths.len() == values.len() + 1;
        let mut at = 0;
        for i in 0..values.len() {
            let is_there = valid.is_none_or(|bits| bits.get(i));
            let text = values.get(i).filter(|_| is_there);
            let len = text.map_or(u32::MAX, |text| text.len() as u32);
            let bytes = text.unwrap_or(&[]);
            same = same
                && self.lengths.get(i + 1) == Some(&len)
                && self.dictionary.get(at..at + bytes.len()) == Some(bytes);
            if !same {
                break;
            }
            at += bytes.len();
        }
        if same {
            return Ok(());
        }
        self.entries.clear();
        self.dictionary.clear();
        self.lengths.clear();
        // One length more than there are entries, so that an empty dictionary differs from none.
        self.lengths.push(0);
        self.in_order = true;
        for i in 0..values.len() {
            let is_there = valid.is_none_or(|bits| bits.get(i));
            let code = match values.get(i) {
                _ if !is_there => 0,
                Some(text) => self.code(source, text)?,
                None => BAD,
            };
            let bytes = values.get(i).filter(|_| is_there);
            self.dictionary.extend_from_slice(bytes.unwrap_or(&[]));
            self.lengths.push(bytes.map_or(u32::MAX, |text| text.len() as u32));
            self.in_order &= code as usize == i + 1;
            self.entries.push(code);
        }
        Ok(())
    }

    /// Codes of some rows; rows without one, and rows whose value is not of the type, are marked in `bad`.
    pub(super) fn fill(
        &mut self,
        isa: Isa,
        source: &Source<'_, '_>,
        column: &Column<'_>,
        from: usize,
        to: &mut [u32],
        bad: &mut [u8],
    ) -> Result<(), Error> {
        let len = to.len();
        match &column.data {
            Data::Dict { codes, .. } => self.fill_from_dictionary(isa, codes, column, from, to),
            Data::Utf8(text) => self.fill_from_texts(source, text, column, from, to)?,
            Data::I64(values) => {
                for (i, to) in to.iter_mut().enumerate() {
                    let value = values.get(from + i).copied().unwrap_or(0);
                    *to = if has_value(column, from + i) { self.int_code(source, value)? } else { 0 };
                }
            }
            Data::Missing => to.fill(0),
            data => {
                for (i, to) in to.iter_mut().enumerate() {
                    *to = match small_int(data, from + i) {
                        _ if !has_value(column, from + i) => 0,
                        Some(value) => self.int_code(source, value)?,
                        None => BAD,
                    };
                }
            }
        }
        if let Some(invalid) = column.invalid {
            for (i, bad) in bad.iter_mut().enumerate().take(len) {
                *bad |= u8::from(invalid.get(from + i));
            }
        }
        if isa::largest(isa, to) == BAD {
            for (to, bad) in to.iter_mut().zip(bad) {
                if *to == BAD {
                    *bad = 1;
                    *to = 0;
                }
            }
        }
        Ok(())
    }

    fn fill_from_dictionary(
        &self,
        isa: Isa,
        codes: &Codes<'_>,
        column: &Column<'_>,
        from: usize,
        to: &mut [u32],
    ) {
        let len = to.len();
        let soon = from + len..from + 2 * len;
        match codes {
            Codes::I32(codes) => isa::prefetch(codes.get(soon)),
            Codes::U32(codes) => isa::prefetch(codes.get(soon)),
            Codes::I8(codes) => isa::prefetch(codes.get(soon)),
            Codes::U8(codes) => isa::prefetch(codes.get(soon)),
            Codes::I16(codes) => isa::prefetch(codes.get(soon)),
            Codes::U16(codes) => isa::prefetch(codes.get(soon)),
        }
        if self.in_order && column.validity.is_none() {
            match codes {
                Codes::I8(c) => isa::codes_plus_one_i8(isa, c.get(from..from + len).unwrap_or(&[]), to),
                Codes::U8(c) => isa::codes_plus_one_u8(isa, c.get(from..from + len).unwrap_or(&[]), to),
                Codes::I32(c) => isa::codes_plus_one_i32(isa, c.get(from..from + len).unwrap_or(&[]), to),
                Codes::U32(c) => isa::codes_plus_one_u32(isa, c.get(from..from + len).unwrap_or(&[]), to),
                Codes::I16(_) | Codes::U16(_) => {
                    for (i, to) in to.iter_mut().enumerate() {
                        *to = codes.get(from + i).map_or(BAD, |code| code as u32 + 1);
                    }
                }
            }
            if (isa::largest(isa, to) as usize) < self.entries.len() + 1 {
                return;
            }
        }
        for (i, to) in to.iter_mut().enumerate() {
            *to = if has_value(column, from + i) {
                codes.get(from + i).and_then(|code| self.entries.get(code)).copied().unwrap_or(BAD)
            } else {
                0
            };
        }
    }

    fn fill_from_texts(
        &mut self,
        source: &Source<'_, '_>,
        texts: &Text<'_>,
        column: &Column<'_>,
        from: usize,
        to: &mut [u32],
    ) -> Result<(), Error> {
        for (i, to) in to.iter_mut().enumerate() {
            if !has_value(column, from + i) {
                *to = 0;
                continue;
            }
            let Some(text) = texts.get(from + i) else {
                *to = BAD;
                continue;
            };
            let Some(short) = Short::of(text) else {
                *to = self.code(source, text)?;
                continue;
            };
            let place = short.place();
            match self.cache.get(place) {
                Some((known, code)) if *known == short => *to = *code,
                _ => {
                    let code = self.code(source, text)?;
                    if let Some(entry) = self.cache.get_mut(place) {
                        *entry = (short, code);
                    }
                    *to = code;
                }
            }
        }
        Ok(())
    }

    fn int_code(&mut self, source: &Source<'_, '_>, value: i64) -> Result<u32, Error> {
        if let Some(&code) = self.ints.get(&value) {
            return Ok(code);
        }
        let code = self.code(source, value.to_string().as_bytes())?;
        if self.ints.len() < MOST {
            self.ints.insert(value, code);
        }
        Ok(code)
    }
}

/// What codes are made for.
pub(super) struct Source<'a, 'p> {
    pub(super) program: &'a Program<'p>,
    pub(super) table: usize,
    pub(super) code: &'a [Instruction<RowOp>],
}

#[inline(always)]
pub(super) fn has_value(column: &Column<'_>, row: usize) -> bool {
    column.validity.is_none_or(|bits| bits.get(row))
}

fn small_int(data: &Data<'_>, row: usize) -> Option<i64> {
    match data {
        Data::I8(v) => v.get(row).map(|&v| v.into()),
        Data::I16(v) => v.get(row).map(|&v| v.into()),
        Data::I32(v) => v.get(row).map(|&v| v.into()),
        Data::U8(v) => v.get(row).map(|&v| v.into()),
        Data::U16(v) => v.get(row).map(|&v| v.into()),
        Data::U32(v) => v.get(row).map(|&v| v.into()),
        // Beyond i64: the reference evaluator knows what to do.
        Data::U64(v) => v.get(row).and_then(|&v| i64::try_from(v).ok()),
        _ => None,
    }
}
