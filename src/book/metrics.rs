//! The section `metrics` as far as it can be read without formulas: names, owners, tables, and which
//! keys say how a metric is computed. All names are known before the first formula is read.

use std::ops::Range;

use super::codes::{self, Code};
use super::fields::{self, Fields};
use super::fill;
use super::header::ON_ROW_ERROR;
use super::names::{self, Index, NameOf};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::tables::{ONE_TOO_MANY, Tables};
use super::units;
use crate::model::{ColumnId, Const, Good, MetricKind, OnRowError, Ring, TableId, TeamId, Unit};

const KEYS: [&str; 21] = [
    "name",
    "label",
    "description",
    "type",
    "ring",
    "owner",
    "of",
    "at",
    "agg_time_dimension",
    "filter",
    "agg",
    "expr",
    "numerator",
    "denominator",
    "unit",
    "fill_nulls_with",
    "on_row_error",
    "where",
    "good",
    "watch",
    "status",
];

const KINDS: [(&str, MetricKind); 3] =
    [("simple", MetricKind::Simple), ("ratio", MetricKind::Ratio), ("derived", MetricKind::Derived)];

const RINGS: [(&str, Ring); 4] = [
    ("behaviour", Ring::Behaviour),
    ("behavior", Ring::Behaviour),
    ("conversion", Ring::Conversion),
    ("revenue", Ring::Revenue),
];

const GOOD: [(&str, Good); 2] = [("up", Good::Up), ("down", Good::Down)];

/// The words behind `agg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agg {
    Sum,
    Count,
    Average,
    Min,
    Max,
    SumBoolean,
}

const AGGS: [(&str, Agg); 7] = [
    ("sum", Agg::Sum),
    ("count", Agg::Count),
    ("average", Agg::Average),
    ("avg", Agg::Average),
    ("min", Agg::Min),
    ("max", Agg::Max),
    ("sum_boolean", Agg::SumBoolean),
];

/// How a metric is computed, formulas unread.
pub(crate) enum Shape<'n> {
    /// `agg`, over `expr` where there is one.
    Aggregate(Agg, Option<&'n Node>),
    /// `expr` as a cell formula.
    Formula(&'n Node),
    /// `numerator` over `denominator`.
    Ratio(&'n Node, &'n Node),
    /// A problem was reported.
    Unclear,
}

/// What a metric says of the table it reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Nothing, and the book has not exactly one table.
    Nothing,
    Table(TableId),
    /// A table that does not exist; reported.
    Unknown,
}

/// A metric with its formulas unread.
pub(crate) struct Draft<'n> {
    pub(crate) name: String,
    pub(crate) name_span: Range<usize>,
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) ring: Option<Ring>,
    pub(crate) owners: Vec<TeamId>,
    /// The owners as the book writes them.
    pub(crate) owner_words: Option<String>,
    /// The unit that the book states, and where.
    pub(crate) unit: Option<(Unit, &'n Node)>,
    pub(crate) fill_nulls_with: Option<Const>,
    pub(crate) kind: Option<MetricKind>,
    pub(crate) of: Of,
    pub(crate) at: Option<ColumnId>,
    /// `at`, where the metric itself names it.
    pub(crate) at_node: Option<&'n Node>,
    pub(crate) filter: Option<&'n Node>,
    pub(crate) on_row_error: OnRowError,
    /// `on_row_error`, where the metric itself says it.
    pub(crate) on_row_error_node: Option<&'n Node>,
    pub(crate) shape: Shape<'n>,
    pub(crate) good: Good,
    pub(crate) watch: Vec<TeamId>,
    /// The status list, unread.
    pub(crate) status: Option<&'n Node>,
}

impl Draft<'_> {
    /// How the metric is computed, in the words of the book.
    pub(crate) fn formula(&self) -> String {
        let text =
            |node: &Node| node.scalar().map_or_else(String::new, |scalar| scalar.text.trim().to_owned());
        // A name or one call stands for itself; what has operators of its own gets brackets.
        let side = |node: &Node| {
            let text = text(node);
            let mut depth = 0i32;
            let closed = text.char_indices().all(|(at, c)| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth > 0 || at + c.len_utf8() == text.len() || c.is_ascii_alphanumeric() || c == '_'
            });
            if closed { text } else { format!("({text})") }
        };
        let value = match &self.shape {
            Shape::Aggregate(agg, expr) => {
                let word = AGGS.iter().find(|(_, known)| known == agg).map_or("", |(word, _)| word);
                format!("{word}({})", expr.map(text).unwrap_or_default())
            }
            Shape::Formula(node) => text(node),
            Shape::Ratio(top, bottom) => format!("{} / {}", side(top), side(bottom)),
            Shape::Unclear => String::new(),
        };
        let value = match self.filter {
            Some(filter) => format!("{value} where {}", text(filter)),
            None => value,
        };
        match self.on_row_error {
            OnRowError::Reject => format!("{value}, without rows that fail"),
            OnRowError::FailCell => value,
        }
    }
}

/// What the metrics refer to.
pub(crate) struct Surroundings<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) teams: &'a Index,
    pub(crate) on_row_error: OnRowError,
    /// The currency that `money` means.
    pub(crate) currency: Option<&'a str>,
}

/// All metrics in the order of the book, and their positions by name.
pub(crate) fn read<'n>(
    root: &Fields<'n>,
    around: &Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> (Vec<Draft<'n>>, Index) {
    let mut drafts = Vec::new();
    let mut index = Index::default();
    let Some((key, node)) = root.entry("metrics") else {
        return (drafts, index);
    };
    let named: Vec<(Option<&'n Node>, &'n Node)> = match &node.kind {
        Kind::List(items) => items.iter().map(|item| (None, item)).collect(),
        Kind::Map(_) => fields::pairs(node, &key.span, "`metrics`", problems)
            .unwrap_or_default()
            .into_iter()
            .map(|(_, key, node)| (Some(key), node))
            .collect(),
        _ => {
            let message = format!("`metrics` is {}", node.found());
            problems.add(
                Report::error(codes::WRONG_TYPE, &node.span, message)
                    .expected("a list of metrics, or a mapping of names to metrics"),
            );
            vec![]
        }
    };
    for (key, node) in named {
        if let Some(draft) = draft(key, node, around, problems) {
            if !draft.name.is_empty() && !index.insert(&draft.name, drafts.len()) {
                let message = format!("a second metric has the name `{}`", draft.name);
                problems.add(
                    Report::error(codes::DUPLICATE_NAME, &draft.name_span, message)
                        .hint("two definitions need two names"),
                );
            }
            drafts.push(draft);
        }
        problems.about(None, None);
    }
    (drafts, index)
}

fn draft<'n>(
    key: Option<&'n Node>,
    node: &'n Node,
    around: &Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> Option<Draft<'n>> {
    let name_node = key.or_else(|| node.peek("name"));
    let name = name_node.and_then(Node::scalar).map(|scalar| scalar.text.clone());
    let owner_words = node.peek("owner").and_then(owner_words);
    problems.about(name.as_deref(), owner_words.as_deref());
    let span = name_node.map_or(&node.span, |name| &name.span).clone();
    let what = name.as_deref().map_or("a metric".to_owned(), |name| format!("metric {}", quoted(name)));
    let fields = Fields::open(node, &span, &what, &KEYS, problems)?;
    let name = name_of(&fields, key, &what, problems).unwrap_or_default();
    let label = fields.words("label", problems);
    let of = of(&fields, around, problems);
    let at_node = fields.either("at", "agg_time_dimension", problems);
    let at = match (at_node, of) {
        (Some(node), Of::Table(table)) => around.tables.find_time(table, node, "at", problems),
        (Some(node), Of::Nothing) => {
            needs_table("at", &node.span, around, problems);
            None
        }
        (None, Of::Table(table)) => around.tables.get(table).and_then(|table| table.time),
        _ => None,
    };
    let on_row_error = fields.get("on_row_error");
    let kind = fields.get("type").and_then(|node| fields::choice(node, "type", &KINDS, problems));
    Some(Draft {
        label: if label.is_empty() { name.clone() } else { label },
        name,
        name_span: span,
        description: fields.words("description", problems),
        ring: fields.get("ring").and_then(|node| fields::choice(node, "ring", &RINGS, problems)),
        owners: owners(&fields, around.teams, &what, problems),
        owner_words,
        unit: fields.get("unit").and_then(|node| Some((units::read(node, around.currency, problems)?, node))),
        fill_nulls_with: fields.get("fill_nulls_with").and_then(|node| fill::number(node, problems)),
        kind,
        of,
        at,
        at_node,
        filter: fields.either("filter", "where", problems),
        on_row_error: on_row_error
            .and_then(|node| fields::choice(node, "on_row_error", &ON_ROW_ERROR, problems))
            .unwrap_or(around.on_row_error),
        on_row_error_node: on_row_error,
        shape: shape(&fields, kind, &what, problems),
        good: fields
            .get("good")
            .and_then(|node| fields::choice(node, "good", &GOOD, problems))
            .unwrap_or_default(),
        watch: teams_of(&fields, "watch", around.teams, problems),
        status: fields.get("status"),
    })
}

fn name_of(
    fields: &Fields<'_>,
    key: Option<&Node>,
    what: &str,
    problems: &mut Problems<'_>,
) -> Option<String> {
    let node = match (key, fields.get("name")) {
        (Some(key), Some(inner)) => {
            let differ = key.scalar().map(|s| &s.text) != inner.scalar().map(|s| &s.text);
            if differ {
                let message = format!("{what} gives itself another `name`");
                problems.add(
                    Report::error(codes::CONFLICTING_KEYS, &inner.span, message)
                        .hint("remove the inner `name`"),
                );
            }
            key
        }
        (Some(key), None) => key,
        (None, _) => fields.need("name", what, problems)?,
    };
    let name = fields::text(node, "name", problems)?;
    names::check(name, NameOf::Metric, &node.span, problems);
    Some(name.to_owned())
}

/// The owners as people wrote them, for problems that are found before the owners are checked.
pub(crate) fn owner_words(node: &Node) -> Option<String> {
    let words: Vec<&str> =
        fields::list(node).iter().filter_map(|owner| owner.scalar().map(|s| s.text.as_str())).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The teams that a key names; absent: none.
pub(crate) fn teams_of(
    fields: &Fields<'_>,
    key: &str,
    teams: &Index,
    problems: &mut Problems<'_>,
) -> Vec<TeamId> {
    let list = fields.get(key).map_or(&[][..], fields::list);
    named_teams(list, key, teams, problems)
}

/// The teams that a list names.
pub(crate) fn named_teams(
    list: &[Node],
    key: &str,
    teams: &Index,
    problems: &mut Problems<'_>,
) -> Vec<TeamId> {
    let mut named = Vec::new();
    for node in list {
        let Some(id) = fields::text(node, key, problems) else {
            continue;
        };
        match teams.get(id) {
            Some(position) if named.contains(&TeamId(position)) => {
                let message = format!("{} is named twice as {key}", quoted(id));
                problems.add(Report::error(codes::DUPLICATE_NAME, &node.span, message).hint(ONE_TOO_MANY));
            }
            Some(position) => named.push(TeamId(position)),
            None => {
                let near = problems.near(id, teams.names());
                let report =
                    Report::error(codes::UNKNOWN_TEAM, &node.span, format!("{} is no team", quoted(id)))
                        .expected("a key of `teams`");
                problems.add(match near {
                    Some(_) => report.meant(near),
                    None => report.hint(format!("add it: `teams: {{{}: …}}`", id.escape_debug())),
                });
            }
        }
    }
    named
}

pub(crate) fn owners(
    fields: &Fields<'_>,
    teams: &Index,
    what: &str,
    problems: &mut Problems<'_>,
) -> Vec<TeamId> {
    owners_or(fields, teams, codes::MISSING_OWNER, what, problems)
}

/// The owners of something that must have one; `code` says what lacks it.
pub(crate) fn owners_or(
    fields: &Fields<'_>,
    teams: &Index,
    code: Code,
    what: &str,
    problems: &mut Problems<'_>,
) -> Vec<TeamId> {
    let named = fields.entry("owner");
    let list = named.map_or(&[][..], |(_, node)| fields::list(node));
    let owners = named_teams(list, "owner", teams, problems);
    if list.is_empty() {
        let span = named.map_or(&fields.span, |(key, _)| &key.span);
        let known: Vec<&str> = teams.names().take(8).collect();
        let hint = if known.is_empty() {
            "add `teams` to the book and one of them as `owner`".to_owned()
        } else {
            format!("add `owner: {}`, or whichever of the teams answers for this number", known[0])
        };
        let expected = format!("`owner` with a key of `teams` ({})", known.join(", "));
        problems.add(
            Report::error(code, span, format!("{what} has no owner"))
                .expected(if known.is_empty() {
                    "`owner` with a key of `teams`".to_owned()
                } else {
                    expected
                })
                .hint(hint),
        );
    }
    owners
}

/// The table that `of` names, or the only one there is.
pub(crate) fn of(fields: &Fields<'_>, around: &Surroundings<'_>, problems: &mut Problems<'_>) -> Of {
    let Some(node) = fields.get("of") else {
        return if around.tables.list.len() == 1 { Of::Table(TableId(0)) } else { Of::Nothing };
    };
    let Some(name) = fields::text(node, "of", problems) else {
        return Of::Unknown;
    };
    match around.tables.index.get(name) {
        Some(position) => Of::Table(TableId(position)),
        None => {
            let near = problems.near(name, around.tables.index.names());
            let message = format!("the book has no table {}", quoted(name));
            problems.add(
                Report::error(codes::UNKNOWN_TABLE, &node.span, message)
                    .expected("a key of `tables`")
                    .meant(near),
            );
            Of::Unknown
        }
    }
}

/// Says that a key needs `of`.
pub(crate) fn needs_table(
    key: &str,
    span: &Range<usize>,
    around: &Surroundings<'_>,
    problems: &mut Problems<'_>,
) {
    let hint = match around.tables.list.first() {
        Some(table) => format!("name the table, `of: {}`", table.name),
        None => "add the table to `tables` and name it with `of`".to_owned(),
    };
    let message = format!("`{key}` needs a table, and the metric names none");
    problems.add(Report::error(codes::MISSING_TABLE, span, message).expected("`of` with a table").hint(hint));
}

fn shape<'n>(
    fields: &Fields<'n>,
    kind: Option<MetricKind>,
    what: &str,
    problems: &mut Problems<'_>,
) -> Shape<'n> {
    let conflict = |key: &Node, message: String, hint: &str, problems: &mut Problems<'_>| {
        problems.add(Report::error(codes::CONFLICTING_KEYS, &key.span, message).hint(hint));
        Shape::Unclear
    };
    let (top, bottom) = (fields.entry("numerator"), fields.entry("denominator"));
    let (agg, expr) = (fields.entry("agg"), fields.entry("expr"));
    if kind == Some(MetricKind::Ratio) || top.is_some() || bottom.is_some() {
        let mut sound = true;
        if let (Some(kind), Some((key, _))) = (kind.filter(|k| *k != MetricKind::Ratio), top.or(bottom)) {
            let word = if kind == MetricKind::Simple { "simple" } else { "derived" };
            let message = format!("a {word} metric has neither `numerator` nor `denominator`");
            conflict(key, message, "write `type: ratio`", problems);
            sound = false;
        }
        for (name, entry) in [("expr", expr), ("agg", agg)] {
            if let Some((key, _)) = entry.filter(|_| top.is_some() || bottom.is_some()) {
                let message =
                    format!("a ratio is its `numerator` over its `denominator` and has no `{name}`");
                conflict(key, message, &format!("remove `{name}`, or both of the others"), problems);
                sound = false;
            }
        }
        let missing: Vec<&str> = [("numerator", top), ("denominator", bottom)]
            .iter()
            .filter(|(_, entry)| entry.is_none())
            .map(|(name, _)| *name)
            .collect();
        if !missing.is_empty() {
            let names = missing.join("` and `");
            let mut report = Report::error(
                codes::INCOMPLETE_METRIC,
                &fields.span,
                format!("{what} is a ratio without `{names}`"),
            )
            .expected("the name of a metric or a formula over aggregates");
            if expr.is_some() && missing.len() == 2 {
                report = report.hint("a quotient within `expr` is `type: simple`, or no `type` at all");
            }
            problems.add(report);
        }
        return match (top, bottom) {
            (Some((_, top)), Some((_, bottom))) if sound => Shape::Ratio(top, bottom),
            _ => Shape::Unclear,
        };
    }
    if let Some((key, node)) = agg {
        if kind == Some(MetricKind::Derived) {
            let message = "a derived metric is a formula over metrics and has no `agg`".to_owned();
            return conflict(key, message, "write `type: simple`, or remove `agg`", problems);
        }
        let Some(agg) = fields::choice(node, "agg", &AGGS, problems) else {
            return Shape::Unclear;
        };
        if expr.is_none() && agg != Agg::Count {
            problems.add(
                Report::error(
                    codes::INCOMPLETE_METRIC,
                    &key.span,
                    "`agg` without `expr`: nothing to aggregate",
                )
                .expected("`expr` with a column or a formula over one row"),
            );
            return Shape::Unclear;
        }
        return Shape::Aggregate(agg, expr.map(|(_, node)| node));
    }
    match expr {
        Some((_, node)) => Shape::Formula(node),
        None => {
            let message = format!("{what} does not say how it is computed");
            problems.add(
                Report::error(codes::INCOMPLETE_METRIC, &fields.span, message)
                    .expected("`expr`, or `agg` with `expr`, or `numerator` and `denominator`"),
            );
            Shape::Unclear
        }
    }
}
