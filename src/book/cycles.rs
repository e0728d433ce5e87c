//! Finds metrics that are defined by each other. Iterative: a chain of metrics may be as long as a book.

use super::codes;
use super::metrics::Draft;
use super::problems::{Problems, Report};
use super::values::each_leaf;
use crate::model::Cell;

/// The metrics that each value refers to.
pub(crate) fn references<'c>(values: impl IntoIterator<Item = Option<&'c Cell>>) -> Vec<Vec<usize>> {
    let of = |value: Option<&Cell>| {
        let mut found = Vec::new();
        if let Some(value) = value {
            each_leaf(value, &mut |leaf| {
                if let Cell::Metric(id) = leaf {
                    found.push(id.0);
                }
            });
        }
        found.sort_unstable();
        found.dedup();
        found
    };
    values.into_iter().map(of).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    OnPath,
    Done,
}

/// Reports every way back that a walk in the order of the book meets.
pub(crate) fn report(references: &[Vec<usize>], drafts: &[Draft<'_>], problems: &mut Problems<'_>) {
    let mut seen = vec![Seen::Not; references.len()];
    for start in 0..references.len() {
        if seen.get(start) != Some(&Seen::Not) {
            continue;
        }
        // The path from `start`, each with how many of its references have been followed.
        let mut path = vec![(start, 0usize)];
        if let Some(mark) = seen.get_mut(start) {
            *mark = Seen::OnPath;
        }
        while let Some((metric, followed)) = path.last_mut() {
            let next = references.get(*metric).and_then(|refs| refs.get(*followed)).copied();
            *followed += 1;
            match next {
                None => {
                    if let Some(mark) = seen.get_mut(*metric) {
                        *mark = Seen::Done;
                    }
                    path.pop();
                }
                Some(next) => match seen.get(next) {
                    Some(Seen::Not) => {
                        seen[next] = Seen::OnPath;
                        path.push((next, 0));
                    }
                    Some(Seen::OnPath) => {
                        let from = path.iter().position(|(on_path, _)| *on_path == next).unwrap_or(0);
                        let round: Vec<usize> = path.iter().skip(from).map(|(metric, _)| *metric).collect();
                        tell(&round, drafts, problems);
                    }
                    Some(Seen::Done) | None => {}
                },
            }
        }
    }
}

/// A cycle is told at its first metric in the book.
fn tell(round: &[usize], drafts: &[Draft<'_>], problems: &mut Problems<'_>) {
    const SHOWN: usize = 8;
    let Some(first) = round.iter().min().and_then(|first| round.iter().position(|m| m == first)) else {
        return;
    };
    let turned: Vec<usize> = round.iter().cycle().skip(first).take(round.len()).copied().collect();
    let name = |metric: &usize| drafts.get(*metric).map_or("", |draft| draft.name.as_str());
    let Some(draft) = turned.first().and_then(|metric| drafts.get(*metric)) else {
        return;
    };
    let mut names: Vec<&str> = turned.iter().take(SHOWN).map(name).collect();
    if turned.len() > SHOWN {
        names.push("…");
    }
    names.push(&draft.name);
    let message = match names.as_slice() {
        [own, _] => format!("metric `{own}` is defined by itself"),
        _ => format!("metrics are defined by each other: {}", names.join(" → ")),
    };
    problems.about(Some(&draft.name), draft.owner_words.as_deref());
    problems.add(
        Report::error(codes::CYCLE, &draft.name_span, message)
            .hint("one of them must be a formula over rows, or over metrics outside the circle"),
    );
    problems.about(None, None);
}
