//! Merging states: groups by key, slots by kind. Also how a state grows and how levels are rolled up.

use super::{Key, Need, State, slots};
use crate::error::{Code, Error};
use crate::program::Program;
use crate::program::layout::LEVEL_PERIOD;

/// How far merging got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Groups of the other state that are in.
    pub groups_done: usize,
    /// What is needed for the next group.
    pub need: Need,
}

impl<M: AsRef<[u64]> + AsMut<[u64]>> State<M> {
    /// Merges another state of the same signature into this one, from its group `from` on.
    ///
    /// Rejected and read rows are added when the last group is in. If [`Merged::need`] is not [`Need::Nothing`], make
    /// a larger state, merge this one into it, and go on from [`Merged::groups_done`].
    ///
    /// # Errors
    /// [`Code::StateSignature`] if the other state was made with other aggregates, dimensions or times.
    pub fn merge(
        &mut self,
        program: &Program<'_>,
        other: &State<impl AsRef<[u64]>>,
        from: usize,
    ) -> Result<Merged, Error> {
        self.merge_level(program, other, from, u32::MAX)
    }

    /// Merges another state after taking the dimensions (and the period) that `mask` does not keep out of its keys:
    /// totals are merged states, never sums of rates.
    ///
    /// # Errors
    /// As [`State::merge`].
    pub fn merge_level(
        &mut self,
        program: &Program<'_>,
        other: &State<impl AsRef<[u64]>>,
        from: usize,
        mask: u32,
    ) -> Result<Merged, Error> {
        let same = self.run(super::head::SIGNATURE, 4) == other.run(super::head::SIGNATURE, 4);
        if !same || self.at.stride != other.at.stride {
            return Err(Error::new(Code::StateSignature, 0));
        }
        let dims = program.dim_count();
        for group in from..other.group_count() {
            let rows = other.rows_of(group, dims);
            if rows == 0 {
                continue;
            }
            let key = other.key(group, dims);
            let target =
                match self.adopt_key(program, other, &key, mask).and_then(|key| self.find_or_add(&key)) {
                    Ok(target) => target,
                    Err(need) => return Ok(Merged { groups_done: group, need }),
                };
            self.add_rows(target, dims, rows);
            let from_slots = other.slots(group, dims);
            let into_slots = self.slots_mut(target, dims);
            for i in 0..program.slot_count() {
                let slot = program.slot(i);
                let words = slot.offset..slot.offset + slots::slot_words(slot.kind);
                if let (Some(into), Some(from)) = (into_slots.get_mut(words.clone()), from_slots.get(words)) {
                    slots::merge(slot.kind, into, from);
                }
            }
        }
        self.add_counters(program, other.counter_words(program).iter().copied());
        Ok(Merged { groups_done: other.group_count(), need: Need::Nothing })
    }

    /// The other state's key in this state's numbering of texts.
    fn adopt_key(
        &mut self,
        program: &Program<'_>,
        other: &State<impl AsRef<[u64]>>,
        key: &Key,
        mask: u32,
    ) -> Result<Key, Need> {
        let mut own = *key;
        for dim in 0..program.dim_count() {
            if mask >> dim & 1 == 0 {
                own.set_all(dim);
            } else if program.dim(dim).ty == crate::program::DimType::Text
                && !key.is_missing(dim)
                && !key.is_all(dim)
            {
                let id = self.adopt_text(other, key.dim(dim))?;
                own.set_dim(dim, id);
            }
        }
        if mask & LEVEL_PERIOD == 0 {
            own.set_no_period();
        }
        Ok(own)
    }
}
