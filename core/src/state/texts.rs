//! The texts of a state's keys: each different text once, found by hash, named by a number.
//!
//! Text bytes are packed into words, because the memory is a run of words and the core has no unsafe code.

use super::{Need, State, head, mix};

impl<M: AsRef<[u64]>> State<M> {
    /// The number of a text, or where in the index it belongs.
    fn find_text(&self, len: usize, text: impl Iterator<Item = u8> + Clone) -> Result<u64, usize> {
        let mask = self.at.text_index_len - 1;
        let mut probe = hash_text(len, text.clone()) as usize & mask;
        loop {
            let entry = self.word(self.at.text_index + probe);
            if entry == 0 {
                return Err(probe);
            }
            if self.text_len(entry - 1) == len && self.text_iter(entry - 1).eq(text.clone()) {
                return Ok(entry - 1);
            }
            probe = (probe + 1) & mask;
        }
    }

    /// Length in bytes of text `id`.
    pub(crate) fn text_len(&self, id: u64) -> usize {
        (self.word(self.at.texts + id as usize) & 0xffff_ffff) as usize
    }

    /// The bytes of text `id`, one by one.
    pub(crate) fn text_iter(&self, id: u64) -> impl Iterator<Item = u8> + Clone + '_ {
        let entry = self.word(self.at.texts + id as usize);
        let (start, len) = ((entry >> 32) as usize, (entry & 0xffff_ffff) as usize);
        (0..len).map(move |i| (self.word(self.at.text_bytes + start / 8 + i / 8) >> (8 * (i % 8))) as u8)
    }

    /// Copies text `id` into `out`; the number of bytes, or `None` if `out` is too short.
    pub(crate) fn copy_text(&self, id: u64, out: &mut [u8]) -> Option<usize> {
        let len = self.text_len(id);
        let out = out.get_mut(..len)?;
        for (to, from) in out.iter_mut().zip(self.text_iter(id)) {
            *to = from;
        }
        Some(len)
    }
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> State<M> {
    /// The number of a text, which is added if it is new.
    pub(crate) fn intern(&mut self, text: &[u8]) -> Result<u64, Need> {
        let probe = match self.find_text(text.len(), text.iter().copied()) {
            Ok(id) => return Ok(id),
            Err(probe) => probe,
        };
        let (id, start) = self.add_text(probe, text.len())?;
        for (i, chunk) in text.chunks(8).enumerate() {
            self.put(start + i, word_of(chunk.iter().copied()));
        }
        Ok(id)
    }

    /// The number, in this state, of a text of another state.
    pub(crate) fn adopt_text(&mut self, other: &State<impl AsRef<[u64]>>, id: u64) -> Result<u64, Need> {
        let len = other.text_len(id);
        let probe = match self.find_text(len, other.text_iter(id)) {
            Ok(own) => return Ok(own),
            Err(probe) => probe,
        };
        let (own, start) = self.add_text(probe, len)?;
        for i in 0..len.div_ceil(8) {
            self.put(start + i, word_of(other.text_iter(id).skip(8 * i).take(8)));
        }
        Ok(own)
    }

    /// Makes room for a text; its number and the word where its bytes begin.
    fn add_text(&mut self, probe: usize, len: usize) -> Result<(u64, usize), Need> {
        let (count, used) = (self.word(head::TEXTS), self.word(head::TEXT_BYTES));
        if count >= u64::from(self.capacity.texts) {
            return Err(Need::Texts);
        }
        // Each text begins on a word, so that it can be written without reading its neighbour.
        let start = used.next_multiple_of(8);
        let end = start.saturating_add(len as u64);
        if end > u64::from(self.capacity.text_bytes) {
            return Err(Need::TextBytes);
        }
        self.put(self.at.texts + count as usize, start << 32 | len as u64);
        self.put(self.at.text_index + probe, count + 1);
        self.put(head::TEXTS, count + 1);
        self.put(head::TEXT_BYTES, end);
        Ok((count, self.at.text_bytes + start as usize / 8))
    }
}

/// Up to eight bytes as one word.
fn word_of(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.take(8).enumerate().fold(0, |word, (i, byte)| word | u64::from(byte) << (8 * i))
}

fn hash_text(len: usize, text: impl Iterator<Item = u8>) -> u64 {
    let (mut hash, mut word) = (len as u64, 0);
    for (i, byte) in text.enumerate() {
        word |= u64::from(byte) << (8 * (i % 8));
        if i % 8 == 7 {
            hash = mix(hash, word);
            word = 0;
        }
    }
    mix(hash, word)
}
