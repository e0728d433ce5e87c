//! Groups: a key (dimension values and period), how many rows it has, and its slots.

use super::sort::sort;
use super::{Need, State, head, mix};
use crate::program::layout::MAX_DIMS;
use crate::program::{DimType, Program};
use core::cmp::Ordering;

/// Words of the longest key: marks, dimensions, period.
pub(crate) const KEY_WORDS: usize = MAX_DIMS + 2;

/// In the marks of a key: the period is not part of the level.
pub(crate) const ALL_PERIOD: u64 = 1 << 63;
/// Shift of the "all values" marks; the "missing" marks are in the low half.
const ALL_SHIFT: usize = 32;

/// A key: one word of marks (missing, all), a word for each dimension, a word for the period's first day.
/// A text dimension's word is the number of the text; the word of a missing or "all" dimension is 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) words: [u64; KEY_WORDS],
    pub(crate) dims: usize,
}

impl Key {
    pub(crate) fn new(dims: usize) -> Key {
        Key { words: [0; KEY_WORDS], dims: dims.min(MAX_DIMS) }
    }

    pub(crate) fn used(&self) -> &[u64] {
        self.words.get(..self.dims + 2).unwrap_or(&[])
    }

    pub(crate) fn is_missing(&self, dim: usize) -> bool {
        self.words[0] >> dim & 1 == 1
    }

    pub(crate) fn is_all(&self, dim: usize) -> bool {
        self.words[0] >> (ALL_SHIFT + dim) & 1 == 1
    }

    pub(crate) fn has_period(&self) -> bool {
        self.words[0] & ALL_PERIOD == 0
    }

    pub(crate) fn dim(&self, dim: usize) -> u64 {
        self.words.get(dim + 1).copied().unwrap_or(0)
    }

    pub(crate) fn period(&self) -> i64 {
        self.words.get(self.dims + 1).copied().unwrap_or(0) as i64
    }

    pub(crate) fn set_dim(&mut self, dim: usize, value: u64) {
        if let Some(word) = self.words.get_mut(dim + 1) {
            *word = value;
        }
    }

    pub(crate) fn set_missing(&mut self, dim: usize) {
        self.words[0] |= 1 << dim;
        self.set_dim(dim, 0);
    }

    pub(crate) fn set_all(&mut self, dim: usize) {
        self.words[0] = self.words[0] & !(1 << dim) | 1 << (ALL_SHIFT + dim);
        self.set_dim(dim, 0);
    }

    pub(crate) fn set_period(&mut self, day: i64) {
        self.words[0] &= !ALL_PERIOD;
        let at = self.dims + 1;
        if let Some(word) = self.words.get_mut(at) {
            *word = day as u64;
        }
    }

    pub(crate) fn set_no_period(&mut self) {
        self.set_period(0);
        self.words[0] |= ALL_PERIOD;
    }
}

/// Words of a group: key, rows, slots.
pub(super) fn stride(program: &Program<'_>) -> usize {
    program.dim_count() + 2 + 1 + program.slot_words()
}

impl<M: AsRef<[u64]>> State<M> {
    fn group_start(&self, group: usize) -> usize {
        self.at.groups + group * self.at.stride
    }

    pub(crate) fn key(&self, group: usize, dims: usize) -> Key {
        let mut key = Key::new(dims);
        let words = self.run(self.group_start(group), key.dims + 2);
        for (to, from) in key.words.iter_mut().zip(words) {
            *to = *from;
        }
        key
    }

    /// How many rows were placed in the group, counted once for each placement.
    pub(crate) fn rows_of(&self, group: usize, dims: usize) -> u64 {
        self.word(self.group_start(group) + dims + 2)
    }

    /// First word of a group's slots.
    pub(super) fn slots_start(&self, group: usize, dims: usize) -> usize {
        self.group_start(group) + dims + 3
    }

    pub(crate) fn slots(&self, group: usize, dims: usize) -> &[u64] {
        self.run(self.group_start(group) + dims + 3, self.at.stride - dims - 3)
    }

    /// The order of results: by each dimension (numbers and bytes ascending, missing last), then by period.
    pub(crate) fn compare_groups(&self, program: &Program<'_>, a: usize, b: usize) -> Ordering {
        let dims = program.dim_count();
        let (a, b) = (self.key(a, dims), self.key(b, dims));
        for dim in 0..dims {
            let rank = |key: &Key| (key.is_all(dim), key.is_missing(dim));
            let order = rank(&a).cmp(&rank(&b)).then_with(|| {
                if rank(&a) != (false, false) {
                    return Ordering::Equal;
                }
                match program.dim(dim).ty {
                    DimType::Text => self.text_iter(a.dim(dim)).cmp(self.text_iter(b.dim(dim))),
                    DimType::Int | DimType::Bool | DimType::Date => {
                        (a.dim(dim) as i64).cmp(&(b.dim(dim) as i64))
                    }
                }
            });
            if order.is_ne() {
                return order;
            }
        }
        a.has_period().cmp(&b.has_period()).reverse().then(a.period().cmp(&b.period()))
    }

    /// Writes the numbers of the groups that have rows into `order`, sorted; how many there are.
    /// `None` if `order` is shorter than [`State::group_count`].
    pub(crate) fn sorted_groups(&self, program: &Program<'_>, order: &mut [u64]) -> Option<usize> {
        let order = order.get_mut(..self.group_count())?;
        let mut count = 0;
        for group in 0..self.group_count() {
            // A group without rows was added for a row that then found no room elsewhere.
            if self.rows_of(group, program.dim_count()) > 0 {
                *order.get_mut(count)? = group as u64;
                count += 1;
            }
        }
        sort(order.get_mut(..count)?, |a, b| self.compare_groups(program, a as usize, b as usize).is_lt());
        Some(count)
    }
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> State<M> {
    /// The group with this key, which is added, empty, if it is new.
    pub(crate) fn find_or_add(&mut self, key: &Key) -> Result<usize, Need> {
        let mask = self.at.group_index_len - 1;
        let mut probe = key.used().iter().fold(0, |hash, &word| mix(hash, word)) as usize & mask;
        loop {
            let entry = self.word(self.at.group_index + probe);
            if entry == 0 {
                break;
            }
            let group = entry as usize - 1;
            if self.run(self.group_start(group), key.dims + 2) == key.used() {
                return Ok(group);
            }
            probe = (probe + 1) & mask;
        }
        let group = self.group_count();
        if group as u64 >= u64::from(self.capacity.groups) {
            return Err(Need::Groups);
        }
        let (start, stride) = (self.group_start(group), self.at.stride);
        let words = self.run_mut(start, stride);
        words.fill(0);
        for (to, from) in words.iter_mut().zip(key.used()) {
            *to = *from;
        }
        self.put(self.at.group_index + probe, group as u64 + 1);
        self.put(head::GROUPS, group as u64 + 1);
        Ok(group)
    }

    pub(crate) fn add_rows(&mut self, group: usize, dims: usize, rows: u64) {
        let at = self.group_start(group) + dims + 2;
        let sum = self.word(at).saturating_add(rows);
        self.put(at, sum);
    }

    pub(crate) fn slots_mut(&mut self, group: usize, dims: usize) -> &mut [u64] {
        let (start, len) = (self.group_start(group) + dims + 3, self.at.stride - dims - 3);
        self.run_mut(start, len)
    }
}
