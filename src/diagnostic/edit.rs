//! A change of a text that puts a problem right.

use std::ops::Range;

/// Some bytes of a file, and what belongs there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the file; an empty range is a place where something is put in.
    pub span: Range<usize>,
    /// What belongs there.
    pub replacement: String,
}

impl Edit {
    /// Makes changes in a text. Of two that overlap, the first is made; one that does not fit the text is left out.
    /// Gives the text, and for each change whether it was made.
    #[must_use]
    pub fn apply(text: &str, edits: &[&Edit]) -> (String, Vec<bool>) {
        let mut order: Vec<usize> = (0..edits.len()).collect();
        order.sort_by_key(|&i| edits.get(i).map_or((0, 0), |edit| (edit.span.start, edit.span.end)));
        let mut made = vec![false; edits.len()];
        let mut changed = String::with_capacity(text.len());
        let mut done = 0;
        for i in order {
            let (Some(edit), Some(flag)) = (edits.get(i), made.get_mut(i)) else { continue };
            // Of two insertions at one place neither would come first.
            let follows = !edit.span.is_empty() || edit.span.start > done || changed.is_empty();
            let is_text = text.get(edit.span.clone()).is_some();
            if let (Some(before), true, true) = (text.get(done..edit.span.start), is_text, follows) {
                changed.push_str(before);
                changed.push_str(&edit.replacement);
                done = edit.span.end;
                *flag = true;
            }
        }
        changed.push_str(text.get(done..).unwrap_or(""));
        (changed, made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(span: Range<usize>, replacement: &str) -> Edit {
        Edit { span, replacement: replacement.into() }
    }

    #[test]
    fn changes_are_made_in_the_order_of_the_text_and_none_twice() {
        let edits =
            [edit(4..6, "you"), edit(0..3, "see"), edit(2..5, "x"), edit(4..6, "them"), edit(90..91, "y")];
        let edits: Vec<&Edit> = edits.iter().collect();
        let (text, made) = Edit::apply("saw me here", &edits);
        assert_eq!((text.as_str(), made), ("see you here", vec![true, true, false, false, false]));
        assert_eq!(Edit::apply("é", &[&edit(1..2, "e")]).0, "é", "inside a character");
        assert_eq!(Edit::apply("ab", &[&edit(0..0, "x"), &edit(2..2, "y")]).0, "xaby");
        assert_eq!(
            Edit::apply("ab", &[&edit(0..0, "x"), &edit(0..0, "y")]),
            ("xab".into(), vec![true, false])
        );
        assert_eq!(Edit::apply("", &[]).0, "");
    }
}
