//! How large a formula may be. Every limit is checked before the work it bounds.

use super::codes;
use super::problem::Problem;
use std::ops::Range;

/// Bytes of a formula's text.
pub(super) const TEXT: usize = 16 * 1024;
/// Expressions inside one another, with `let`s written out.
pub(super) const DEPTH: usize = 128;
/// Parts of a formula, with `let`s written out.
pub(super) const NODES: usize = 4096;
/// Parts of all formulas of a book together: short texts can stand for much, by `let`s and by functions.
pub(super) const NODES_OF_A_BOOK: usize = 500_000;
/// What Rhai counts as depth: an operator of a chain counts one, a pair of parentheses two, an `if` six. An
/// unoptimised build of its parser takes up to 18 KiB of stack for each.
pub(super) const PARSER_DEPTH: usize = 128;

/// The problem of a formula that exceeds a limit at a place.
pub(super) fn too_large(at: &Range<usize>) -> Problem {
    Problem::new(codes::TOO_LARGE, at, "the formula is too deeply nested or too large")
        .expected(format!("at most {DEPTH} levels and {NODES} parts, with every `let` written out"))
        .hint("split it into several metrics, or use `in [..]` for a long row of comparisons")
}

/// Counts the parts of one formula.
#[derive(Debug, Default)]
pub(super) struct Budget {
    used: usize,
}

impl Budget {
    /// Takes note of some parts at a depth; `false` where that is too much.
    pub(super) fn take(&mut self, parts: usize, depth: usize) -> bool {
        self.used = self.used.saturating_add(parts);
        self.used <= NODES && depth <= DEPTH
    }

    /// The parts so far.
    pub(super) fn used(&self) -> usize {
        self.used
    }
}
