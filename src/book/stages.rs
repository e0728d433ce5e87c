//! The section `stages`: where a customer's journey leads through, who owns each stage, and what was promised
//! at the hand-offs between them.
//!
//! Names first, then the tables (a stage may take that of the stage before), then everything that refers to columns.

use std::ops::Range;

use super::codes;
use super::durations::{self, DAY};
use super::fields::{self, Fields};
use super::formula::FormulaReader;
use super::metrics::{self, Of, Surroundings};
use super::names::{self, Index, NameOf};
use super::node::{Form, Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::tables::ONE_TOO_MANY;
use super::values::Formulas;
use crate::model::{
    ColumnId, ColumnType, Handoff, LeakValue, Moment, OwnerBy, Sla, Stage, StageId, TableId, TeamId,
};

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

/// What is known of the stage before.
struct Before<'d> {
    stage: StageId,
    id: &'d str,
    table: Option<TableId>,
    enters: Option<Moment>,
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
    let sound = enters.is_some();
    let handoff = match (before, &enters) {
        (Some(before), Some(enters)) => Some(reader.handoff(fields, &what, before, enters, problems)),
        _ => None,
    };
    let table_entity = || formulas.around.tables.get(table).and_then(|table| table.entity.clone());
    sound.then_some(())?;
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

/// Reads what refers to the columns of a stage's table.
struct Reader<'a, R> {
    table: TableId,
    formulas: &'a Formulas<'a, R>,
}

impl<R: FormulaReader> Reader<'_, R> {
    fn column_type(&self, id: ColumnId) -> Option<&ColumnType> {
        let table = self.formulas.around.tables.get(self.table)?;
        table.columns.get(id.0).map(|column| &column.ty)
    }

    fn column_name(&self, id: ColumnId) -> &str {
        let table = self.formulas.around.tables.get(self.table);
        table.and_then(|table| table.columns.get(id.0)).map_or("", |column| column.name.as_str())
    }

    /// A column, or `{at: column, when: condition}`.
    fn moment(&self, node: &Node, key: &str, problems: &mut Problems<'_>) -> Option<Moment> {
        let tables = self.formulas.around.tables;
        let Kind::Map(_) = node.kind else {
            let at = tables.find_time(self.table, node, key, problems)?;
            return Some(Moment { at, when: None });
        };
        let what = format!("`{key}`");
        let fields = Fields::open(node, &node.span, &what, &["at", "when"], problems)?;
        let at = fields.need("at", &what, problems);
        let at = at.and_then(|node| tables.find_time(self.table, node, "at", problems));
        let when = match fields.get("when") {
            Some(node) => Some(self.formulas.condition(node, self.table, problems)?),
            None => None,
        };
        Some(Moment { at: at?, when })
    }

    fn owner_by(&self, fields: &Fields<'_>, problems: &mut Problems<'_>) -> Vec<OwnerBy> {
        let Some((key, node)) = fields.entry("owner_by") else {
            return vec![];
        };
        let tables = self.formulas.around.tables;
        let mut found = Vec::new();
        for (name, name_node, node) in
            fields::pairs(node, &key.span, "`owner_by`", problems).unwrap_or_default()
        {
            let Some(column) = tables.find_column(self.table, name_node, "owner_by", problems) else {
                continue;
            };
            let allowed = match self.column_type(column) {
                Some(ColumnType::Category(allowed)) => allowed.as_ref(),
                Some(ColumnType::Id) => None,
                _ => {
                    let message = format!("`{name}` is no category, so no team can own its values");
                    let report = Report::error(codes::STAGE_CATEGORY, &name_node.span, message);
                    problems.add(report.expected("a column of type `category` or `id`"));
                    continue;
                }
            };
            let mut owners = Vec::new();
            let what = format!("`owner_by` of `{name}`");
            for (value, value_node, node) in
                fields::pairs(node, &name_node.span, &what, problems).unwrap_or_default()
            {
                self.check_value(value, value_node, name, allowed, problems);
                owners.push((value.to_owned(), self.teams(node, problems)));
            }
            found.push(OwnerBy { dimension: name.to_owned(), owners });
        }
        found
    }

    /// Reports a value that the column never has.
    fn check_value(
        &self,
        value: &str,
        node: &Node,
        column: &str,
        allowed: Option<&Vec<String>>,
        problems: &mut Problems<'_>,
    ) {
        let Some(allowed) = allowed.filter(|allowed| !allowed.iter().any(|known| known == value)) else {
            return;
        };
        let near = problems.near(value, allowed.iter().map(String::as_str));
        let message = format!("`{column}` never is {}", quoted(value));
        problems.add(
            Report::error(codes::VALUE_NOT_ALLOWED, &node.span, message)
                .expected("one of the values in its `allowed`")
                .meant(near),
        );
    }

    fn teams(&self, node: &Node, problems: &mut Problems<'_>) -> Vec<TeamId> {
        let teams = self.formulas.around.teams;
        let mut found = Vec::new();
        for node in fields::list(node) {
            let Some(id) = fields::text(node, "owner", problems) else { continue };
            match teams.get(id) {
                Some(position) => found.push(TeamId(position)),
                None => {
                    let near = problems.near(id, teams.names());
                    problems.add(
                        Report::error(codes::UNKNOWN_TEAM, &node.span, format!("{} is no team", quoted(id)))
                            .expected("a key of `teams`")
                            .meant(near),
                    );
                }
            }
        }
        if fields::list(node).is_empty() {
            let report = Report::error(codes::STAGE_OWNER, &node.span, "a value without an owner");
            problems.add(report.expected("a key of `teams`"));
        }
        found
    }

    fn handoff(
        &self,
        fields: &Fields<'_>,
        what: &str,
        before: Before<'_>,
        enters: &Moment,
        problems: &mut Problems<'_>,
    ) -> Option<Handoff> {
        let starts = self.starts(fields, what, &before, problems);
        let rejected = match fields.get("rejected") {
            Some(node) => Some(self.moment(node, "rejected", problems)),
            None => None,
        };
        let sla = self.sla(fields, enters, problems);
        let (reason, reasons) = self.reasons(fields, problems);
        let leak_value = match fields.get("leak_value") {
            Some(node) => Some(self.leak_value(node, problems)),
            None => None,
        };
        let (starts, rejected) = (starts?, transposed(rejected)?);
        let nodes = [("starts", Some(&starts)), ("rejected", rejected.as_ref())];
        for (key, moment) in nodes {
            let Some(moment) = moment else { continue };
            if self.column_type(moment.at) == self.column_type(enters.at) {
                continue;
            }
            let at = fields.get(key).or_else(|| fields.get("enters")).map_or(&fields.span, |node| &node.span);
            let message = format!(
                "`{}` and `{}` are a date and a point in time, between which no wait can be told",
                self.column_name(moment.at),
                self.column_name(enters.at)
            );
            problems.add(
                Report::error(codes::MIXED_TIMES, at, message)
                    .expected("dates only, or timestamps only, within one hand-off")
                    .hint("declare both columns as `date`, or both as `timestamp`"),
            );
        }
        Some(Handoff {
            from: before.stage,
            starts,
            rejected,
            reason,
            reasons,
            sla,
            leak_value: transposed(leak_value)?,
        })
    }

    /// When the clock starts: said by `starts`, or the entry into the stage before, of the same table.
    fn starts(
        &self,
        fields: &Fields<'_>,
        what: &str,
        before: &Before<'_>,
        problems: &mut Problems<'_>,
    ) -> Option<Moment> {
        if let Some(node) = fields.get("starts") {
            return self.moment(node, "starts", problems);
        }
        // A stage before that could not be read has been told.
        let (table, enters) = (before.table?, before.enters.as_ref()?);
        if table == self.table {
            return Some(enters.clone());
        }
        let tables = self.formulas.around.tables;
        let name = |id: TableId| tables.get(id).map_or("", |table| table.name.as_str());
        let (own, other) = (name(self.table), name(table));
        let message =
            format!("{what} counts rows of `{own}`, and stage `{}` before it rows of `{other}`", before.id);
        problems.add(
            Report::error(codes::NO_START, &fields.span, message)
                .expected(format!(
                    "`starts` with the column of `{own}` that says when a row entered `{}`",
                    before.id
                ))
                .hint(format!("add `starts: …`, or count rows of the same table, `of: {other}`")),
        );
        None
    }

    fn reasons(
        &self,
        fields: &Fields<'_>,
        problems: &mut Problems<'_>,
    ) -> (Option<ColumnId>, Option<Vec<String>>) {
        let needs = |key: &str, other: &str, problems: &mut Problems<'_>| {
            if let (Some((key_node, _)), None) = (fields.entry(key), fields.entry(other)) {
                let message = format!("`{key}` without `{other}`");
                problems.add(
                    Report::error(codes::MISSING_KEY, &key_node.span, message)
                        .hint(format!("add `{other}: …`, or remove `{key}`")),
                );
            }
        };
        needs("reason", "rejected", problems);
        needs("reasons", "reason", problems);
        let tables = self.formulas.around.tables;
        let node = fields.get("reason");
        let column = node.and_then(|node| tables.find_column(self.table, node, "reason", problems));
        let mut allowed = None;
        let mut reason = None;
        if let (Some(column), Some(node)) = (column, node) {
            match self.column_type(column) {
                Some(ColumnType::Category(own)) => {
                    allowed = own.as_ref();
                    reason = Some(column);
                }
                _ => {
                    let message = format!("column `{}` is no category of reasons", self.column_name(column));
                    let report = Report::error(codes::STAGE_CATEGORY, &node.span, message);
                    problems.add(report.expected("a column of type `category`"));
                }
            }
        }
        let Some(node) = fields.get("reasons") else {
            return (reason, allowed.cloned());
        };
        let mut declared: Vec<String> = Vec::new();
        for item in fields::list(node) {
            let Some(text) = fields::text(item, "a reason", problems) else { continue };
            if let Some(column) = reason {
                self.check_value(text, item, self.column_name(column), allowed, problems);
            }
            if declared.iter().any(|known| known == text) {
                let message = format!("reason {} is named twice", quoted(text));
                problems.add(Report::error(codes::DUPLICATE_NAME, &item.span, message).hint(ONE_TOO_MANY));
            } else {
                declared.push(text.to_owned());
            }
        }
        (reason, Some(declared))
    }

    fn sla(&self, fields: &Fields<'_>, enters: &Moment, problems: &mut Problems<'_>) -> Sla {
        let Some((key, node)) = fields.entry("sla") else {
            return Sla::default();
        };
        let known = ["within", "goal", "ignored_after"];
        let Some(fields) = Fields::open(node, &key.span, "`sla`", &known, problems) else {
            return Sla::default();
        };
        let is_date = self.column_type(enters.at) == Some(&ColumnType::Date);
        let duration = |key: &str, problems: &mut Problems<'_>| {
            let node = fields.get(key)?;
            let micros = durations::read(node, key, problems)?;
            if is_date && micros % DAY != 0 {
                let message = format!(
                    "`{key}` is no whole number of days, and `{}` is a date",
                    self.column_name(enters.at)
                );
                problems.add(
                    Report::error(codes::BAD_DURATION, &node.span, message)
                        .expected("days, such as `7d`")
                        .hint("declare the columns as `timestamp` where the data have hours"),
                );
            }
            Some(micros)
        };
        let within = duration("within", problems);
        let ignored_after = duration("ignored_after", problems);
        if let (Some(within), Some(deadline), Some(node)) =
            (within, ignored_after, fields.get("ignored_after"))
            && within > deadline
        {
            problems.add(
                Report::error(
                    codes::OUT_OF_RANGE,
                    &node.span,
                    "rows are ignored before their service level is over",
                )
                .expected("`ignored_after` of at least `within`"),
            );
        }
        if let (Some((key, _)), None) = (fields.entry("goal"), fields.entry("within")) {
            let message = "`goal` without `within`: nothing can be reached in time";
            problems.add(
                Report::error(codes::MISSING_KEY, &key.span, message)
                    .hint("add `within: …`, or remove `goal`"),
            );
        }
        Sla { within, goal: fields.get("goal").and_then(|node| goal(node, problems)), ignored_after }
    }

    /// A formula over metrics, or `{expr: formula, unit: …}`.
    fn leak_value(&self, node: &Node, problems: &mut Problems<'_>) -> Option<LeakValue> {
        let (node, unit) = match &node.kind {
            Kind::Map(_) => {
                let fields = Fields::open(node, &node.span, "`leak_value`", &["expr", "unit"], problems)?;
                let unit = fields.get("unit").and_then(|node| fields::text(node, "unit", problems));
                (fields.need("expr", "`leak_value`", problems)?, unit.map(str::to_owned))
            }
            _ => (node, None),
        };
        Some(LeakValue { value: self.formulas.over_metrics(node, "leak_value", problems)?, unit })
    }
}

/// `Some(None)` is a part that could not be read.
#[allow(clippy::option_option)]
fn transposed<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        Some(None) => None,
        Some(part) => Some(part),
        None => Some(None),
    }
}

/// A share above 0 and at most 1, exact as it is written.
fn goal(node: &Node, problems: &mut Problems<'_>) -> Option<(i128, u8)> {
    let written = node.scalar().filter(|scalar| scalar.form == Form::Number);
    let parsed = written.and_then(|scalar| {
        let (whole, fraction) = scalar.text.split_once('.').unwrap_or((&scalar.text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let plain = is_digits(whole) && is_digits(fraction) && !whole.is_empty() && fraction.len() <= 18;
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok().filter(|_| plain)?;
        let scale = u8::try_from(fraction.len()).ok()?;
        let one = 10_i128.checked_pow(u32::from(scale))?;
        (mantissa > 0 && mantissa <= one).then_some((mantissa, scale))
    });
    if parsed.is_none() {
        let found = written.map_or(node.found().to_owned(), |scalar| quoted(&scalar.text));
        problems.add(
            Report::error(codes::OUT_OF_RANGE, &node.span, format!("`goal` is {found}"))
                .expected("a share above 0 and at most 1, such as `0.90`"),
        );
    }
    parsed
}
