//! The section `stages`: where a customer's journey leads through, who owns each stage, and what was promised
//! at the hand-offs between them.
//!
//! Names first, then the tables (a stage may take that of the stage before), then everything that refers to columns.

mod columns;

use std::ops::Range;

use super::codes;
use super::fields::{self, Fields};
use super::formula::FormulaReader;
use super::metrics::{self, Of, Surroundings};
use super::names::{self, Index, NameOf};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::values::Formulas;
use crate::model::{Moment, Stage, StageId, TableId, TeamId};
use columns::{Before, Reader};

const KEYS: [&str; 15] = [
    "id",
    "label",
    "description",
    "entity",
    "owner",
    "owner_by",
    "of",
    "enters",
    "from",
    "starts",
    "rejected",
    "reason",
    "reasons",
    "sla",
    "leak_value",
];

/// Keys that say something of the way from the stage before.
const OF_HANDOFFS: [&str; 6] = ["starts", "rejected", "reason", "reasons", "sla", "leak_value"];

/// Each stage is a table read and a dozen counts: nobody's journey has more.
const MAX_STAGES: usize = 100;

/// A stage of which only the name is known.
struct Draft<'n> {
    id: String,
    span: Range<usize>,
    fields: Fields<'n>,
    owner_words: Option<String>,
    /// The stage before, where it exists.
    from: Option<usize>,
    of: Option<Of>,
}

impl Draft<'_> {
    fn what(&self) -> String {
        if self.id.is_empty() { "a stage".to_owned() } else { format!("stage {}", quoted(&self.id)) }
    }
}

/// All stages in the order of the book; what could not be read is reported, and the book is then not used.
pub(crate) fn read<R: FormulaReader>(
    root: &Fields<'_>,
    formulas: &Formulas<'_, R>,
    problems: &mut Problems<'_>,
) -> Vec<Stage> {
    let Some((_, node)) = root.entry("stages") else {
        return vec![];
    };
    let Kind::List(items) = &node.kind else {
        let message = format!("`stages` is {}", node.found());
        problems.add(Report::error(codes::WRONG_TYPE, &node.span, message).expected("a list of stages"));
        return vec![];
    };
    if items.len() > MAX_STAGES {
        let message = format!("the book has {} stages", items.len());
        let report = Report::error(codes::TOO_LARGE, &node.span, message);
        problems.add(report.expected(format!("at most {MAX_STAGES}")));
        return vec![];
    }
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    let mut index = Index::default();
    for item in items {
        if let Some(draft) = draft(item, formulas.around, problems) {
            if !draft.id.is_empty() && !index.insert(&draft.id, drafts.len()) {
                let message = format!("a second stage has the id `{}`", draft.id);
                problems.add(
                    Report::error(codes::DUPLICATE_NAME, &draft.span, message)
                        .hint("two stages need two ids"),
                );
            }
            drafts.push(draft);
        }
        problems.about(None, None);
    }
    for draft in &mut drafts {
        draft.from = from(&draft.fields, &index, problems);
    }
    report_circles(&drafts, problems);
    let tables: Vec<Option<TableId>> =
        (0..drafts.len()).map(|at| table(at, &drafts, formulas.around)).collect();
    // A stage needs the entry of the stage before, wherever in the book that stands.
    let entries: Vec<Option<Moment>> = drafts
        .iter()
        .zip(&tables)
        .map(|(draft, table)| {
            problems.about(None, draft.owner_words.as_deref());
            let reader = Reader { table: (*table)?, formulas };
            let node = draft.fields.need("enters", &draft.what(), problems)?;
            reader.moment(node, "enters", problems)
        })
        .collect();
    let mut stages = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        problems.about(None, draft.owner_words.as_deref());
        let table = tables.get(at).copied().flatten();
        let before = draft.from.map(|from| Before {
            stage: StageId(from),
            id: drafts.get(from).map_or("", |draft| draft.id.as_str()),
            table: tables.get(from).copied().flatten(),
            enters: entries.get(from).cloned().flatten(),
        });
        let enters = entries.get(at).cloned().flatten();
        stages.extend(stage(draft, table, enters, before, formulas, problems));
    }
    problems.about(None, None);
    stages
}

fn draft<'n>(node: &'n Node, around: &Surroundings<'_>, problems: &mut Problems<'_>) -> Option<Draft<'n>> {
    let id_node = node.peek("id");
    let span = id_node.map_or(&node.span, |id| &id.span).clone();
    let owner_words = node.peek("owner").and_then(metrics::owner_words);
    problems.about(None, owner_words.as_deref());
    let id = id_node.and_then(Node::scalar).map(|scalar| scalar.text.clone());
    let what = id.as_deref().map_or("a stage".to_owned(), |id| format!("stage {}", quoted(id)));
    let fields = Fields::open(node, &span, &what, &KEYS, problems)?;
    let id = match fields.need("id", &what, problems).and_then(|node| fields::text(node, "id", problems)) {
        Some(id) => {
            names::check(id, NameOf::Stage, &span, problems);
            id.to_owned()
        }
        None => String::new(),
    };
    let of = fields.get("of").map(|_| metrics::of(&fields, around, problems));
    Some(Draft { id, span, fields, owner_words, from: None, of })
}

/// The stage before, by its position; an unknown one is reported.
fn from(fields: &Fields<'_>, index: &Index, problems: &mut Problems<'_>) -> Option<usize> {
    let node = fields.get("from")?;
    let name = fields::text(node, "from", problems)?;
    let found = index.get(name);
    if found.is_none() {
        let near = problems.near(name, index.names());
        problems.add(
            Report::error(
                codes::UNKNOWN_STAGE,
                &node.span,
                format!("the book has no stage {}", quoted(name)),
            )
            .expected("the `id` of a stage")
            .meant(near),
        );
    }
    found
}

/// Reports each circle once, at its first stage in the book.
fn report_circles(drafts: &[Draft<'_>], problems: &mut Problems<'_>) {
    let mut told = vec![false; drafts.len()];
    for start in 0..drafts.len() {
        let mut path = vec![start];
        // Each stage has one stage before: a walk either ends or comes back to where it has been.
        while let Some(next) = path.last().and_then(|at| drafts.get(*at)).and_then(|draft| draft.from) {
            if let Some(begins) = path.iter().position(|seen| *seen == next) {
                let circle = path.get(begins..).unwrap_or_default();
                let first = circle.iter().min().copied().unwrap_or(next);
                if let (Some(told), Some(draft)) = (told.get_mut(first), drafts.get(first))
                    && !std::mem::replace(told, true)
                {
                    problems.about(None, draft.owner_words.as_deref());
                    problems.add(circle_report(circle, draft, drafts));
                }
                break;
            }
            path.push(next);
        }
    }
    problems.about(None, None);
}

fn circle_report(circle: &[usize], first: &Draft<'_>, drafts: &[Draft<'_>]) -> Report {
    let mut names: Vec<&str> =
        circle.iter().filter_map(|at| drafts.get(*at)).map(|draft| draft.id.as_str()).collect();
    // The walk went backwards; people read a journey forwards.
    names.reverse();
    if let Some(turn) = names.iter().position(|name| *name == first.id) {
        names.rotate_left(turn);
    }
    names.truncate(8);
    let message = if names.len() == 1 {
        format!("stage `{}` comes from itself", first.id)
    } else {
        format!("stages come from each other: {} → {}", names.join(" → "), first.id)
    };
    Report::error(codes::STAGE_CIRCLE, &first.span, message)
        .hint("a journey has a first stage: leave out its `from`")
}

/// The table of a stage: its own, that of the stages before, or the only one of the book.
fn table(at: usize, drafts: &[Draft<'_>], around: &Surroundings<'_>) -> Option<TableId> {
    let mut stage = drafts.get(at)?;
    // A circle ends after as many steps as there are stages.
    for _ in drafts {
        match stage.of {
            Some(Of::Table(table)) => return Some(table),
            Some(_) => return None,
            None => {}
        }
        match stage.from {
            Some(from) => stage = drafts.get(from)?,
            None => return (around.tables.list.len() == 1).then_some(TableId(0)),
        }
    }
    None
}

fn stage<R: FormulaReader>(
    draft: &Draft<'_>,
    table: Option<TableId>,
    enters: Option<Moment>,
    before: Option<Before<'_>>,
    formulas: &Formulas<'_, R>,
    problems: &mut Problems<'_>,
) -> Option<Stage> {
    let (fields, what) = (&draft.fields, draft.what());
    let owners = owners(fields, formulas.around, &what, problems);
    let label = fields.words("label", problems);
    let entity = fields.get("entity").and_then(|node| fields::text(node, "entity", problems));
    if fields.get("from").is_none() {
        for key in OF_HANDOFFS {
            if let Some((key_node, _)) = fields.entry(key) {
                let message = format!("`{key}` speaks of a hand-off, and {what} has no `from`");
                problems.add(
                    Report::error(codes::NO_HANDOFF, &key_node.span, message)
                        .hint("name the stage before with `from`, or move the key to the stage after"),
                );
            }
        }
    }
    let Some(table) = table else {
        // An unknown table and a circle have been told.
        if draft.of.is_none() && fields.get("from").is_none() {
            let names: Vec<&str> = formulas.around.tables.index.names().take(8).collect();
            let message = format!("{what} does not say whose rows enter it");
            problems.add(
                Report::error(codes::MISSING_TABLE, &fields.span, message)
                    .expected("`of` with a table")
                    .hint(match names.first() {
                        Some(name) => format!("name the table, `of: {name}`"),
                        None => "add the table to `tables` and name it with `of`".to_owned(),
                    }),
            );
        }
        return None;
    };
    let reader = Reader { table, formulas };
    let owner_by = reader.owner_by(fields, problems);
    let handoff =
        fields.get("from").map(|_| reader.handoff(fields, &what, before, enters.as_ref(), problems));
    let table_entity = || formulas.around.tables.get(table).and_then(|table| table.entity.clone());
    Some(Stage {
        id: draft.id.clone(),
        label: if label.is_empty() { draft.id.clone() } else { label },
        description: fields.words("description", problems),
        entity: entity.map(str::to_owned).or_else(table_entity),
        owners,
        owner_by,
        table,
        enters: enters?,
        handoff: match handoff {
            Some(handoff) => Some(handoff?),
            None => None,
        },
    })
}

fn owners(
    fields: &Fields<'_>,
    around: &Surroundings<'_>,
    what: &str,
    problems: &mut Problems<'_>,
) -> Vec<TeamId> {
    if fields.get("owner").is_some_and(|node| !fields::list(node).is_empty()) {
        return metrics::owners(fields, around.teams, what, problems);
    }
    let known: Vec<&str> = around.teams.names().take(8).collect();
    let expected = match known.as_slice() {
        [] => "`owner` with a key of `teams`".to_owned(),
        known => format!("`owner` with a key of `teams` ({})", known.join(", ")),
    };
    problems.add(
        Report::error(codes::STAGE_OWNER, &fields.span, format!("{what} has no owner"))
            .expected(expected)
            .hint("a journey is handed from team to team: say whose stage this is, `owner: …`"),
    );
    vec![]
}
