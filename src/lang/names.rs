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
    let lower = unknown.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for name in known {
        let likeness = strsim::normalized_damerau_levenshtein(&lower, &name.to_lowercase());
        if likeness >= 0.6 && best.is_none_or(|(before, _)| likeness > before) {
            best = Some((likeness, name));
        }
    }
    best.map(|(_, name)| name)
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
        assert_eq!(few((0..14).map(|_| "a")), "a, a, a, a, a, a, a, a, a, a, a, a and 2 more");
    }
}
