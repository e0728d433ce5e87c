//! Two receipts side by side.

use super::{Change, DefinitionChange, DefinitionKind, Diff, Known, PartChange, RowChange};
use crate::evaluate::{Definition, LookupCounts, Question, Receipt, RowReport};
use std::collections::BTreeSet;

pub(super) fn compare(old: &Receipt, new: &Receipt) -> Diff {
    let question = match (&old.question, &new.question) {
        (Some(old), Some(new)) => question(old, new),
        _ => Vec::new(),
    };
    let mut rows = rows(old, new);
    let read = rows.iter().any(|change| change.what == "read" && change.change.is_both());
    rows.extend(lookups(old, new));
    let data = if old.signature == new.signature {
        if old.state == new.state { Known::Same } else { Known::Changed }
    } else if read {
        Known::Changed
    } else {
        // States of programs that aggregate different things cannot be compared.
        Known::Unknown
    };
    let same = |equal: bool| if equal { Known::Same } else { Known::Changed };
    Diff {
        same: false,
        numbers: same(old.result == new.result),
        program: same(old.program == new.program),
        engine: Change::of(Some(&old.engine), Some(&new.engine)),
        definitions: definitions(old, new),
        question,
        question_known: old.question.is_some() && new.question.is_some(),
        rows,
        data,
        values: None,
    }
}

impl Change {
    fn of<T: ToString + PartialEq + ?Sized>(from: Option<&T>, to: Option<&T>) -> Option<Change> {
        (from != to).then(|| Change { from: from.map(T::to_string), to: to.map(T::to_string) })
    }

    fn is_both(&self) -> bool {
        self.from.is_some() && self.to.is_some()
    }
}

fn definitions(old: &Receipt, new: &Receipt) -> Vec<DefinitionChange> {
    let meaning = |receipt: &Receipt, name: &str| {
        receipt.metrics.iter().find(|(metric, _)| metric == name).map(|(_, meaning)| meaning.clone())
    };
    let mut seen = BTreeSet::new();
    let names = old.metrics.iter().chain(&new.metrics).map(|(name, _)| name);
    names
        .filter(|name| seen.insert(*name))
        .filter_map(|name| {
            let (before, after) = (words(old, name), words(new, name));
            let kind = match (meaning(old, name), meaning(new, name)) {
                (None, _) => DefinitionKind::Added,
                (_, None) => DefinitionKind::Removed,
                (a, b) if a != b => DefinitionKind::Meaning,
                _ => match (before, after) {
                    (Some(a), Some(b)) if is_reworded(a, b) => DefinitionKind::Wording,
                    _ => return None,
                },
            };
            let text = |of: fn(&Definition) -> &String| {
                let said =
                    |words: Option<&Definition>| words.map(of).filter(|text| !text.is_empty()).cloned();
                Change { from: said(before), to: said(after) }
            };
            Some(DefinitionChange {
                metric: name.clone(),
                kind,
                formula: text(|words| &words.formula),
                owner: text(|words| &words.owner),
            })
        })
        .collect()
}

fn words<'r>(receipt: &'r Receipt, metric: &str) -> Option<&'r Definition> {
    receipt.definitions.iter().find(|words| words.metric == metric)
}

/// A formula that one of them does not know says nothing.
fn is_reworded(a: &Definition, b: &Definition) -> bool {
    let is_rewritten = !a.formula.is_empty() && !b.formula.is_empty() && a.formula != b.formula;
    is_rewritten || a.wording != b.wording || a.owner != b.owner
}

fn question(old: &Question, new: &Question) -> Vec<PartChange> {
    let list = |names: &[String]| Some(names.join(", ")).filter(|text| !text.is_empty());
    let text = |text: &String| Some(text.clone());
    let parts: [(&'static str, [Option<String>; 2]); 13] = [
        ("book", [old, new].map(|q| text(&q.book))),
        ("book_version", [old, new].map(|q| text(&q.book_version))),
        ("timezone", [old, new].map(|q| text(&q.timezone))),
        ("first_day_of_week", [old, new].map(|q| Some(weekday(q.first_day_of_week)))),
        ("first_month_of_year", [old, new].map(|q| Some(q.first_month_of_year.to_string()))),
        ("metrics", [old, new].map(|q| list(&q.metrics))),
        ("by", [old, new].map(|q| list(&q.by))),
        ("grain", [old, new].map(|q| q.grain.clone())),
        ("from", [old, new].map(|q| q.from.clone())),
        ("to", [old, new].map(|q| q.to.clone())),
        ("filter", [old, new].map(|q| q.filter.clone())),
        ("as_of", [old, new].map(|q| q.as_of.clone())),
        ("totals", [old, new].map(|q| Some(if q.totals { "yes" } else { "no" }.to_owned()))),
    ];
    parts
        .into_iter()
        .filter_map(|(part, [from, to])| {
            (from != to).then_some(PartChange { part, change: Change { from, to } })
        })
        .collect()
}

fn weekday(day: u8) -> String {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    names.get(usize::from(day)).map_or_else(|| day.to_string(), |name| (*name).to_owned())
}

fn rows(old: &Receipt, new: &Receipt) -> Vec<RowChange> {
    let key = |rows: &RowReport| (rows.table.clone(), rows.at.clone());
    let mut seen = BTreeSet::new();
    let mut changes = Vec::new();
    for (table, at) in old.rows.iter().chain(&new.rows).map(key).filter(|key| seen.insert(key.clone())) {
        let of = |receipt: &Receipt| {
            receipt.rows.iter().find(|rows| rows.table == table && rows.at == at).cloned()
        };
        let (before, after) = (of(old), of(new));
        let mut note = |what: String, change: Option<Change>| {
            changes.extend(change.map(|change| RowChange {
                table: table.clone(),
                at: at.clone(),
                what,
                change,
            }));
        };
        let count = |of: fn(&RowReport) -> u64| {
            Change::of(before.as_ref().map(of).as_ref(), after.as_ref().map(of).as_ref())
        };
        note("read".into(), count(|rows| rows.read));
        note("used".into(), count(|rows| rows.used));
        if let (Some(before), Some(after)) = (&before, &after) {
            let reasons: BTreeSet<&str> =
                before.rejected.iter().chain(&after.rejected).map(|(reason, _)| *reason).collect();
            for reason in reasons {
                let rejected = |rows: &RowReport| -> u64 {
                    let own = rows.rejected.iter().filter(|(name, _)| *name == reason);
                    own.fold(0, |sum, (_, rows)| sum.saturating_add(*rows))
                };
                let change = Change::of(Some(&rejected(before)), Some(&rejected(after)));
                note(format!("rejected: {reason}"), change);
            }
            // Earlier receipts have the number alone, whose unit they do not tell.
            if before.watermark != after.watermark {
                let told = |rows: &RowReport| {
                    rows.latest.clone().or_else(|| rows.watermark.map(|at| at.to_string()))
                };
                note("latest".into(), Some(Change { from: told(before), to: told(after) }));
            }
        }
    }
    changes
}

fn lookups(old: &Receipt, new: &Receipt) -> Vec<RowChange> {
    let mut changes = Vec::new();
    for before in &old.lookups {
        let after =
            new.lookups.iter().find(|after| (&after.table, &after.path) == (&before.table, &before.path));
        let Some(after) = after else { continue };
        // States that were merged as bytes carry no counts.
        if before.looked() == 0 || after.looked() == 0 {
            continue;
        }
        for ((what, from), (_, to)) in before.counts().into_iter().zip(after.counts()) {
            changes.extend(Change::of(Some(&from), Some(&to)).map(|change| RowChange {
                table: before.table.clone(),
                at: Some(before.path.clone()),
                what: format!("lookup: {what}"),
                change,
            }));
        }
    }
    changes
}

impl LookupCounts {
    fn looked(&self) -> u64 {
        let found = [self.matched, self.key_missing, self.unmatched, self.no_time, self.outside];
        found.iter().fold(0, |sum, rows| sum.saturating_add(*rows))
    }

    fn counts(&self) -> [(&'static str, u64); 6] {
        [
            ("rows", self.rows),
            ("matched", self.matched),
            ("key_missing", self.key_missing),
            ("unmatched", self.unmatched),
            ("no_time", self.no_time),
            ("outside", self.outside),
        ]
    }
}
