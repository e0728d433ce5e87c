//! The groups of rows: which combination of codes has which number.
//!
//! The codes of a row's dimensions and of its period are packed side by side into one word. Where that word is short,
//! a table as long as there are words finds the group; where not, a hash table does.

use super::isa::{self, Isa};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Longest word, in bits, for which there is a plain table.
const DENSE_BITS: u32 = 22;

/// Multiplies, which is enough for words that differ in few bits. Where a group lies shows in no result.
#[derive(Default)]
pub(super) struct Multiply(u64);

impl Hasher for Multiply {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let x = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = x ^ x >> 32;
    }
}

/// Numbers of groups, from 1 on; 0 is for rows that belong to none.
#[derive(Default)]
pub(super) struct Groups {
    /// Bits of each part.
    widths: Vec<u32>,
    dense: Vec<u32>,
    sparse: HashMap<u64, u32, BuildHasherDefault<Multiply>>,
    /// The parts of each group, one after the other.
    parts: Vec<u32>,
    count: u32,
}

fn bits(codes: usize) -> u32 {
    codes.max(2).next_power_of_two().trailing_zeros()
}

impl Groups {
    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    /// The codes of a group's parts.
    pub(super) fn parts(&self, group: usize) -> &[u32] {
        let len = self.widths.len();
        group.checked_sub(1).and_then(|i| self.parts.get(i * len..(i + 1) * len)).unwrap_or(&[])
    }

    /// Makes room for parts with so many codes each. False if a word could not hold them.
    pub(super) fn fit(&mut self, codes: impl Iterator<Item = usize> + Clone) -> bool {
        if self.widths.len() == codes.clone().count()
            && self.widths.iter().zip(codes.clone()).all(|(&width, codes)| bits(codes) <= width)
        {
            return true;
        }
        let widths: Vec<u32> = codes.map(bits).collect();
        let total: u32 = widths.iter().sum();
        if total > 63 {
            return false;
        }
        self.widths = widths;
        self.sparse.clear();
        self.dense = if total <= DENSE_BITS { vec![0; 1 << total] } else { Vec::new() };
        for group in 1..=self.len() {
            let word = self.word(group);
            self.put(word, group as u32);
        }
        true
    }

    fn word(&self, group: usize) -> u64 {
        let mut shift = 0;
        let mut word = 0;
        for (&part, &width) in self.parts(group).iter().zip(&self.widths) {
            word |= u64::from(part) << shift;
            shift += width;
        }
        word
    }

    fn put(&mut self, word: u64, group: u32) {
        if self.dense.is_empty() {
            self.sparse.insert(word, group);
        } else if let Some(entry) = self.dense.get_mut(word as usize) {
            *entry = group;
        }
    }

    /// How far each part is shifted in the word.
    pub(super) fn shifts(&self) -> impl Iterator<Item = u32> + '_ {
        self.widths.iter().scan(0, |sum, &width| {
            let shift = *sum;
            *sum += width;
            Some(shift)
        })
    }

    /// The groups of rows; new ones for words that are new, but none for rows in whose `out` something stands.
    pub(super) fn find(&mut self, isa: Isa, words: &[u64], out: &[u8], to: &mut [u32]) {
        if self.dense.is_empty() {
            for ((&word, &out), to) in words.iter().zip(out).zip(to) {
                *to = match self.sparse.get(&word) {
                    _ if out != 0 => 0,
                    Some(&group) => group,
                    None => self.add(word),
                };
            }
            return;
        }
        isa::look_up_wide(isa, to, words, &self.dense);
        if isa::any(isa, out) {
            for (to, &out) in to.iter_mut().zip(out) {
                if out != 0 {
                    *to = 0;
                }
            }
        }
        if isa::zeros(isa, to) > 0 {
            for ((&word, &out), to) in words.iter().zip(out).zip(to) {
                if *to == 0 && out == 0 {
                    *to = match self.dense.get(word as usize) {
                        Some(&group) if group != 0 => group,
                        _ => self.add(word),
                    };
                }
            }
        }
    }

    fn add(&mut self, word: u64) -> u32 {
        self.count += 1;
        let mut rest = word;
        for &width in &self.widths {
            self.parts.push((rest & ((1 << width) - 1)) as u32);
            rest >>= width;
        }
        self.put(word, self.count);
        self.count
    }
}
