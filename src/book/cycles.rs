//! Finds metrics that are defined by each other, or through too many others. Iterative: a chain of metrics may be as
//! long as a book.

use super::codes;
use super::metrics::Draft;
use super::problems::{Problems, Report};
use super::values::{each_leaf, each_leaf_at};
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

/// Reports every way back that a walk in the order of the book meets; true if there is none.
pub(crate) fn report(references: &[Vec<usize>], drafts: &[Draft<'_>], problems: &mut Problems<'_>) -> bool {
    let mut is_free = true;
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
                        is_free = false;
                        tell(&round, drafts, problems);
                    }
                    Some(Seen::Done) | None => {}
                },
            }
        }
    }
    is_free
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

/// Levels of a metric's formula with every metric that it names written out. Whoever follows a formula down to its rows
/// takes so many steps into the depth at most.
pub(crate) const MAX_LEVELS: usize = 512;

/// Reports the metrics at which formulas, written out, become too deep; those that stand on them follow from them.
/// Only where no metric is defined by itself.
pub(crate) fn report_depth(values: &[Option<&Cell>], drafts: &[Draft<'_>], problems: &mut Problems<'_>) {
    // Each metric: how deep its own formula is, and how deep in it each metric stands that it names.
    let own: Vec<(usize, Vec<(usize, usize)>)> = values
        .iter()
        .map(|value| {
            let (mut deepest, mut named) = (0, std::collections::BTreeMap::new());
            if let Some(value) = value {
                each_leaf_at(value, &mut |leaf, depth| {
                    deepest = deepest.max(depth);
                    if let Cell::Metric(id) = leaf {
                        let at = named.entry(id.0).or_insert(depth);
                        *at = depth.max(*at);
                    }
                });
            }
            (deepest, named.into_iter().collect())
        })
        .collect();
    let mut levels: Vec<Option<usize>> = vec![None; values.len()];
    for start in 0..values.len() {
        let mut path = vec![(start, 0usize)];
        while let Some((metric, followed)) = path.last_mut() {
            let (metric, next) = (*metric, own.get(*metric).and_then(|(_, named)| named.get(*followed)));
            if levels.get(metric).is_some_and(Option::is_some) {
                path.pop();
                continue;
            }
            *followed += 1;
            if let Some((next, _)) = next {
                if levels.get(*next) == Some(&None) {
                    path.push((*next, 0));
                }
                continue;
            }
            path.pop();
            let Some((deepest, named)) = own.get(metric) else { continue };
            let below =
                named.iter().map(|(next, at)| at + 1 + levels.get(*next).copied().flatten().unwrap_or(0));
            let mut level = below.chain([*deepest]).max().unwrap_or(0);
            if level > MAX_LEVELS {
                too_deep(metric, drafts, problems);
                // What stands on it is not told again.
                level = 0;
            }
            if let Some(known) = levels.get_mut(metric) {
                *known = Some(level);
            }
        }
    }
}

fn too_deep(metric: usize, drafts: &[Draft<'_>], problems: &mut Problems<'_>) {
    let Some(draft) = drafts.get(metric) else { return };
    problems.about(Some(&draft.name), draft.owner_words.as_deref());
    let message = format!("metric `{}` stands on metrics that stand on metrics, too deep", draft.name);
    problems.add(
        Report::error(codes::TOO_LARGE, &draft.name_span, message)
            .expected(format!("at most {MAX_LEVELS} levels, with every metric written out"))
            .hint("define it over rows, or over metrics that are nearer to them"),
    );
    problems.about(None, None);
}
