//! Names: what `let` binds, and what somebody may have meant.

use super::syntax::{Let, Node};
use std::rc::Rc;

/// The `let`s visible at a place, innermost first.
pub(super) type Scope<'n> = Option<Rc<Binding<'n>>>;

/// One `let`.
pub(super) struct Binding<'n> {
    pub(super) name: &'n str,
    /// What the name stands for. It is typed again wherever the name is used.
    pub(super) value: &'n Node,
    /// What the value can see: the `let`s before it.
    pub(super) sees: Scope<'n>,
    /// The name that was bound before.
    pub(super) outer: Scope<'n>,
    /// Whether the value has been refused already where it was given.
    pub(super) refused: bool,
    /// Whether the value can be used for the rows of a table only.
    pub(super) of_rows: bool,
}

impl<'n> Binding<'n> {
    /// A `let` of a formula, as if nothing were wrong with it and it could be used anywhere.
    pub(super) fn new(binding: &'n Let, outer: &Scope<'n>) -> Self {
        let Let { name, value } = binding;
        Self { name, value, sees: outer.clone(), outer: outer.clone(), refused: false, of_rows: false }
    }
}

pub(super) fn look_up<'n>(scope: &Scope<'n>, name: &str) -> Option<Rc<Binding<'n>>> {
    let mut next = scope.as_ref();
    while let Some(binding) = next {
        if binding.name == name {
            return Some(Rc::clone(binding));
        }
        next = binding.outer.as_ref();
    }
    None
}

/// The names that are visible by `let`.
pub(super) fn bound<'n>(scope: &Scope<'n>) -> Vec<&'n str> {
    let mut names = Vec::new();
    let mut next = scope.as_ref();
    while let Some(binding) = next {
        names.push(binding.name);
        next = binding.outer.as_ref();
    }
    names
}

/// The known name that looks most like an unknown one, if any does.
pub(crate) fn closest<'c>(unknown: &str, known: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    guess(unknown, known).map(|guess| guess.name)
}

/// A known name that looks like an unknown one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guess<'c> {
    pub(crate) name: &'c str,
    /// Whether nothing else can have been meant.
    pub(crate) sure: bool,
}

/// The known name that looks most like an unknown one, if any does.
pub(crate) fn guess<'c>(unknown: &str, known: impl IntoIterator<Item = &'c str>) -> Option<Guess<'c>> {
    let lower = unknown.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    let mut is_alone = true;
    for name in known {
        let likeness = strsim::normalized_damerau_levenshtein(&lower, &name.to_lowercase());
        if likeness < 0.6 {
            continue;
        }
        match best {
            Some((before, first)) if likeness.total_cmp(&before).is_le() => {
                is_alone &= name == first || likeness.total_cmp(&before).is_lt();
            }
            _ => (best, is_alone) = (Some((likeness, name)), true),
        }
    }
    best.map(|(_, name)| {
        let distance = strsim::damerau_levenshtein(&lower, &name.to_lowercase());
        Guess { name, sure: is_alone && is_sure(unknown, name, distance) }
    })
}

/// Whether one name is a slip of the pen for another: at most every third letter differs, and no digit. `q3` is not
/// `q2`, however close they are.
pub(crate) fn is_sure(unknown: &str, name: &str, distance: usize) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    distance.saturating_mul(3) <= unknown.chars().count() && digits(unknown) == digits(name)
}

/// A few known names, for a message.
pub(super) fn few<'c>(known: impl IntoIterator<Item = &'c str>) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<&str> = known.into_iter().collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let list = names.join(", ");
    if more == 0 { list } else { format!("{list} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_close() {
        let known = ["outcome", "opened_at", "closed_at", "acv"];
        assert_eq!(closest("outcom", known), Some("outcome"));
        assert_eq!(closest("Closed_At", known), Some("closed_at"));
        assert_eq!(closest("revenue", known), None);
        let guessed = |unknown: &str, known: &[&'static str]| guess(unknown, known.iter().copied());
        assert_eq!(guessed("outcom", &known), Some(Guess { name: "outcome", sure: true }));
        assert_eq!(guessed("stage3", &["stage1"]), Some(Guess { name: "stage1", sure: false }), "a digit");
        assert_eq!(
            guessed("stags", &["stage", "stagy"]),
            Some(Guess { name: "stage", sure: false }),
            "a tie"
        );
        assert_eq!(guessed("stags", &["stage", "stage"]), Some(Guess { name: "stage", sure: true }));
        assert_eq!(guessed("acc", &["ace"]), Some(Guess { name: "ace", sure: true }));
        assert_eq!(guessed("booked", &["book"]).map(|guess| guess.sure), Some(true));
        assert_eq!(guessed("abcdef", &["abcxyf", "abc"]).map(|guess| guess.sure), Some(true));
        assert_eq!(few((0..14).map(|_| "a")), "a, a, a, a, a, a, a, a, a, a, a, a and 2 more");
    }
}
