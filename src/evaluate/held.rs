//! A state in memory that grows as needed.

use super::Program;
use crate::error::Error;
use crate::fast::Sink;
use ripplemark_core::{Capacity, Merged, Need, State};

/// The state of an evaluation.
#[derive(Clone)]
pub(super) struct Held {
    program: Program,
    pub(super) memory: Vec<u64>,
    pub(super) capacity: Capacity,
}

impl Held {
    /// An empty state.
    pub(super) fn new(program: &Program, capacity: Capacity) -> Result<Held, Error> {
        let words = State::words(program.view(), capacity).ok_or_else(Error::memory)?;
        let mut memory = Vec::new();
        resize(&mut memory, words, 0)?;
        State::init(program.view(), &mut memory, capacity)?;
        Ok(Held { program: program.clone(), memory, capacity })
    }

    /// The state, to be read.
    pub(super) fn state(&self) -> Result<State<&[u64]>, Error> {
        Ok(State::attach(self.program.view(), self.memory.as_slice())?)
    }

    /// The state, to be changed.
    pub(super) fn state_mut(&mut self) -> Result<State<&mut [u64]>, Error> {
        Ok(State::attach(self.program.view(), self.memory.as_mut_slice())?)
    }

    /// Moves the state into more memory.
    pub(super) fn grow(&mut self, need: Need) -> Result<(), Error> {
        let capacity = self.capacity.grown(need);
        if capacity == self.capacity {
            return Err(Error::memory());
        }
        self.grow_to(capacity)
    }

    fn grow_to(&mut self, capacity: Capacity) -> Result<(), Error> {
        let mut larger = Held::new(&self.program, capacity)?;
        let merged = larger.state_mut()?.merge(self.program.view(), &self.state()?, 0)?;
        if merged.need != Need::Nothing {
            return Err(Error::memory());
        }
        *self = larger;
        Ok(())
    }

    /// Merges what `merge` merges, from the group it is told on, into as much memory as that takes.
    pub(super) fn merge_all(
        &mut self,
        mut merge: impl FnMut(&mut State<&mut [u64]>, usize) -> Result<Merged, ripplemark_core::Error>,
    ) -> Result<(), Error> {
        let mut from = 0;
        loop {
            let merged = merge(&mut self.state_mut()?, from)?;
            from = merged.groups_done;
            if merged.need == Need::Nothing {
                return Ok(());
            }
            self.grow(merged.need)?;
        }
    }
}

impl Sink for Held {
    fn with<T>(
        &mut self,
        mut enter: impl FnMut(&mut State<&mut [u64]>) -> Result<T, Need>,
    ) -> Result<T, Error> {
        loop {
            match enter(&mut self.state_mut()?) {
                Ok(value) => return Ok(value),
                Err(need) => self.grow(need)?,
            }
        }
    }

    fn reserve(&mut self, groups: usize, texts: usize, text_bytes: usize) -> Result<(), Error> {
        // An empty state costs nothing to move; one with groups grows by doubling as they come.
        if self.state()?.group_count() > 0 {
            return Ok(());
        }
        let larger = |own: u32, wanted: usize| {
            u32::try_from(wanted).map(|wanted| wanted.max(own)).map_err(|_| Error::memory())
        };
        let capacity = Capacity {
            groups: larger(self.capacity.groups, groups)?,
            texts: larger(self.capacity.texts, texts)?,
            text_bytes: larger(self.capacity.text_bytes, text_bytes)?,
        };
        if capacity == self.capacity { Ok(()) } else { self.grow_to(capacity) }
    }
}

/// Grows a buffer, or says that there is no memory instead of ending the process.
pub(super) fn resize<T: Copy>(buffer: &mut Vec<T>, len: usize, value: T) -> Result<(), Error> {
    if buffer.len() < len {
        buffer.try_reserve(len - buffer.len()).map_err(|_| Error::memory())?;
        buffer.resize(len, value);
    }
    Ok(())
}
