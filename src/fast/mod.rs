//! The fast way of a batch into a state, which gives the bits of the slow one.
//!
//! The core's evaluator takes rows one instruction and one slot at a time; it is small, needs no memory of its own, and
//! says what every result has to be. Here the same program is looked at as a whole: which conditions there are, on how
//! few codes they depend, which numbers are summed under which of them. Rows are counted and summed once by group and
//! class of outcomes, in cells of two words, and the sums of the slots are put together when a state is asked for. Sums
//! are exact, so adding up in another order shows in no bit.
//!
//! Whatever is not plain goes to the core's evaluator, row by row: values that are not of their type, numbers that do
//! not fit the split, formulas that fail. So nothing here decides what such a row means.
//!
//! One direction: `plan` (what the program needs) → `texts`, `times`, `vectors` (codes and numbers of a run of rows) →
//! `family`, `groups` (classes and groups) → `table` (cells; `look` finds the plain rows, `add` adds them) → `drain` (into the state). `isa` has the loops, and
//! `tabulate` tries conditions out.

mod add;
mod drain;
mod family;
mod groups;
mod isa;
mod look;
mod plan;
mod table;
mod tabulate;
#[cfg(test)]
mod tests;
mod texts;
mod times;
mod vectors;

pub(crate) use drain::Sink;
pub(crate) use table::TableCells;
