//! A state: everything that has been fed, in memory that the caller provides.
//!
//! The memory is one run of words: a header, counters, a hash index of groups, the groups (key, rows, slots), a hash
//! index of texts, the texts. Nothing points outside, so a state may be moved as it is; [`State::attach`] finds it
//! again. What leaves the machine is [`State::write_to`]'s canonical bytes, which show neither order nor capacity.

pub mod bulk;
mod codec;
mod counters;
mod feed;
mod group;
mod merge;
mod place;
pub(crate) mod slots;
mod sort;
mod texts;
pub mod trace;

pub use counters::{Reject, RowCounts};
pub use feed::Fed;
pub use merge::Merged;
pub(crate) use slots::slot_words;

pub(crate) use group::Key;

use crate::error::{Code, Error};
use crate::program::Program;

/// What a state lacks to take the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Need {
    /// Nothing: everything was taken.
    Nothing = 0,
    /// Room for another group.
    Groups = 1,
    /// Room for another category value.
    Texts = 2,
    /// Room for the bytes of another category value.
    TextBytes = 3,
}

/// How much a state can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Groups: combinations of dimension values and period.
    pub groups: u32,
    /// Different texts in the dimensions.
    pub texts: u32,
    /// Bytes of these texts together; also bounds the longest one.
    pub text_bytes: u32,
}

impl Capacity {
    /// Enough for a first batch in most cases.
    pub const SMALL: Capacity = Capacity { groups: 64, texts: 64, text_bytes: 2048 };

    /// The next capacity to try: what is needed is doubled.
    #[must_use]
    pub fn grown(self, need: Need) -> Capacity {
        let double = |x: u32| x.max(8).saturating_mul(2);
        match need {
            Need::Nothing => self,
            Need::Groups => Capacity { groups: double(self.groups), ..self },
            Need::Texts => Capacity { texts: double(self.texts), ..self },
            Need::TextBytes => Capacity { text_bytes: double(self.text_bytes), ..self },
        }
    }
}

const STATE_MAGIC: u64 = u64::from_le_bytes(*b"RMSTATE1");

/// Words of the header.
mod head {
    pub(super) const MAGIC: usize = 0;
    pub(super) const CAP_GROUPS: usize = 1;
    pub(super) const CAP_TEXTS: usize = 2;
    pub(super) const CAP_TEXT_BYTES: usize = 3;
    pub(super) const GROUPS: usize = 4;
    pub(super) const TEXTS: usize = 5;
    pub(super) const TEXT_BYTES: usize = 6;
    /// Four words: the program's signature.
    pub(super) const SIGNATURE: usize = 7;
    pub(super) const SIZE: usize = 11;
}

/// Where the parts of a state begin.
#[derive(Clone, Copy, Debug)]
struct Layout {
    counters: usize,
    group_index: usize,
    group_index_len: usize,
    groups: usize,
    stride: usize,
    text_index: usize,
    text_index_len: usize,
    texts: usize,
    text_bytes: usize,
    end: usize,
}

fn index_len(capacity: u32) -> Option<usize> {
    (capacity as usize).checked_mul(2)?.checked_add(1)?.checked_next_power_of_two()
}

impl Layout {
    fn new(program: &Program<'_>, capacity: Capacity) -> Option<Layout> {
        let counters = head::SIZE;
        let group_index = counters.checked_add(counters::words(program))?;
        let group_index_len = index_len(capacity.groups)?;
        let groups = group_index.checked_add(group_index_len)?;
        let stride = group::stride(program);
        let text_index = groups.checked_add(stride.checked_mul(capacity.groups as usize)?)?;
        let text_index_len = index_len(capacity.texts)?;
        let texts = text_index.checked_add(text_index_len)?;
        let text_bytes = texts.checked_add(capacity.texts as usize)?;
        let end = text_bytes.checked_add((capacity.text_bytes as usize).div_ceil(8))?;
        Some(Layout {
            counters,
            group_index,
            group_index_len,
            groups,
            stride,
            text_index,
            text_index_len,
            texts,
            text_bytes,
            end,
        })
    }
}

/// A state in memory of the caller: `&mut [u64]` to feed and merge, `&[u64]` to read.
#[derive(Debug)]
pub struct State<M> {
    mem: M,
    at: Layout,
    capacity: Capacity,
}

impl<'m> State<&'m mut [u64]> {
    /// Makes an empty state in `mem`. What the memory held does not matter.
    ///
    /// # Errors
    /// [`Code::StateMemory`] if `mem` is smaller than [`State::words`].
    pub fn init(program: &Program<'_>, mem: &'m mut [u64], capacity: Capacity) -> Result<Self, Error> {
        let at = Layout::new(program, capacity).ok_or(Error::new(Code::StateMemory, usize::MAX))?;
        let mem = mem.get_mut(..at.end).ok_or(Error::new(Code::StateMemory, at.end))?;
        for part in [0..at.groups, at.text_index..at.texts] {
            mem.get_mut(part).unwrap_or(&mut []).fill(0);
        }
        let mut state = State { mem, at, capacity };
        state.put(head::MAGIC, STATE_MAGIC);
        state.put(head::CAP_GROUPS, u64::from(capacity.groups));
        state.put(head::CAP_TEXTS, u64::from(capacity.texts));
        state.put(head::CAP_TEXT_BYTES, u64::from(capacity.text_bytes));
        for (i, word) in signature(program).iter().enumerate() {
            state.put(head::SIGNATURE + i, *word);
        }
        Ok(state)
    }
}

impl State<&[u64]> {
    /// Words of memory for a state of this capacity; `None` if no memory could be that large.
    #[must_use]
    pub fn words(program: &Program<'_>, capacity: Capacity) -> Option<usize> {
        Layout::new(program, capacity).map(|layout| layout.end)
    }
}

impl<M: AsRef<[u64]>> State<M> {
    /// Finds the state that [`State::init`] made in `mem`.
    ///
    /// # Errors
    /// [`Code::StateForeign`] if there is none, or one of a program with another signature.
    pub fn attach(program: &Program<'_>, mem: M) -> Result<Self, Error> {
        let foreign = Error::new(Code::StateForeign, 0);
        let (capacity, at) = {
            let mem = mem.as_ref();
            let word = |i: usize| mem.get(i).copied().unwrap_or(0);
            if word(head::MAGIC) != STATE_MAGIC
                || !signature(program).iter().enumerate().all(|(i, &w)| word(head::SIGNATURE + i) == w)
            {
                return Err(foreign);
            }
            let part = |i: usize| u32::try_from(word(i)).map_err(|_| foreign);
            let capacity = Capacity {
                groups: part(head::CAP_GROUPS)?,
                texts: part(head::CAP_TEXTS)?,
                text_bytes: part(head::CAP_TEXT_BYTES)?,
            };
            let used = [
                (word(head::GROUPS), capacity.groups),
                (word(head::TEXTS), capacity.texts),
                (word(head::TEXT_BYTES), capacity.text_bytes),
            ];
            let at = Layout::new(program, capacity).ok_or(foreign)?;
            if used.iter().any(|&(used, capacity)| used > u64::from(capacity)) || at.end > mem.len() {
                return Err(foreign);
            }
            (capacity, at)
        };
        Ok(State { mem, at, capacity })
    }

    /// How much the state can hold.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// How many groups there are, those without a counted row included.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.word(head::GROUPS) as usize
    }

    fn word(&self, i: usize) -> u64 {
        self.mem.as_ref().get(i).copied().unwrap_or(0)
    }

    fn run(&self, start: usize, len: usize) -> &[u64] {
        self.mem.as_ref().get(start..start.saturating_add(len)).unwrap_or(&[])
    }
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> State<M> {
    fn put(&mut self, i: usize, value: u64) {
        if let Some(word) = self.mem.as_mut().get_mut(i) {
            *word = value;
        }
    }

    fn run_mut(&mut self, start: usize, len: usize) -> &mut [u64] {
        self.mem.as_mut().get_mut(start..start.saturating_add(len)).unwrap_or(&mut [])
    }
}

/// Words that a slot of this kind takes in a group; the compiler lays slots out with it.
#[must_use]
pub const fn slot_words_of(kind: crate::program::op::SlotKind) -> usize {
    slot_words(kind)
}

fn signature(program: &Program<'_>) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(program.signature().chunks_exact(8)) {
        *word = bytes.try_into().map_or(0, u64::from_le_bytes);
    }
    words
}

/// Spreads a hash over all bits. Where a group lies in the index shows in no result.
fn mix(hash: u64, word: u64) -> u64 {
    let x = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ x >> 29
}
