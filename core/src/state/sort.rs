//! Sorting groups in place, without a panic in the machine code.
//!
//! The standard library's sort may panic where an order contradicts itself. Ours cannot, but the compiler does not
//! know, and a library that is to run without an operating system should not carry the path. This is a bottom-up
//! heap sort: as many comparisons as quicksort makes (comparing keys is what costs), and no bad case.

/// Sorts by `less`. Equal words may come in any order.
pub(super) fn sort(words: &mut [u64], less: impl Fn(u64, u64) -> bool) {
    for root in (0..words.len() / 2).rev() {
        sink(words, root, &less);
    }
    let mut rest = words;
    while let [first, .., last] = rest {
        core::mem::swap(first, last);
        let len = rest.len() - 1;
        rest = rest.get_mut(..len).unwrap_or(&mut []);
        sink(rest, 0, &less);
    }
}

fn at(words: &[u64], i: usize) -> u64 {
    words.get(i).copied().unwrap_or(0)
}

fn set(words: &mut [u64], i: usize, value: u64) {
    if let Some(word) = words.get_mut(i) {
        *word = value;
    }
}

/// Makes a heap of a tree whose root alone may be too small: down along the larger children to a leaf, then up to
/// where the root belongs, which is rarely far.
fn sink(words: &mut [u64], root: usize, less: &impl Fn(u64, u64) -> bool) {
    let mut leaf = root;
    while 2 * leaf + 1 < words.len() {
        let left = 2 * leaf + 1;
        let right = left + 1;
        leaf = if right < words.len() && less(at(words, left), at(words, right)) { right } else { left };
    }
    let value = at(words, root);
    while leaf > root && less(at(words, leaf), value) {
        leaf = (leaf - 1) / 2;
    }
    let mut carried = value;
    loop {
        let held = at(words, leaf);
        set(words, leaf, carried);
        if leaf <= root {
            return;
        }
        carried = held;
        leaf = (leaf - 1) / 2;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::sort;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn sorts_as_the_standard_library_does(words in prop::collection::vec(0_u64..40, 0..200)) {
            let mut own = words.clone();
            sort(&mut own, |a, b| a < b);
            let mut expected: Vec<u64> = words;
            expected.sort_unstable();
            prop_assert_eq!(own, expected);
        }
    }
}
