//! The section `targets`.

use std::collections::BTreeMap;
use std::ops::Range;

use num_rational::BigRational;
use num_traits::{One, Zero};
use ripplemark_core::time::{Calendar, Grain as CoreGrain};

use super::codes;
use super::facets::{Dimension, Known, MAX_LISTED, formula};
use super::fields::{self, Fields};
use super::metrics::{named_teams, owners_or};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::repair::Fix;
use super::times::{GRAINS, parse_instant};
use crate::evaluate::iso_date;
use crate::exact;
use crate::facet::{self, Facts, Value, Why};
use crate::lang::{FacetMistake, FacetNames, FacetSymbol};
use crate::model::{
    Baseline, FacetExpr, FacetKind, FacetName, Grain, Instant, Measure, MetricId, Part, Path, Split, Target,
    TeamId,
};

const KEYS: [&str; 13] = [
    "metric",
    "goal",
    "from",
    "due",
    "owner",
    "as",
    "over",
    "path",
    "baseline",
    "scope",
    "split",
    "owner_by",
    "description",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Total,
    Level,
}

const AS: [(&str, As); 2] = [("total", As::Total), ("level", As::Level)];
const PATHS: [(&str, Path); 2] = [("linear", Path::Linear), ("glide", Path::Glide)];

/// The targets of a book as far as they could be read; `complete` if that is all of them.
pub(crate) struct Targets {
    pub(crate) list: Vec<Target>,
    pub(crate) complete: bool,
}

/// All targets, and where each stands in the file.
pub(crate) fn read(
    root: &Fields<'_>,
    known: &Known<'_, '_>,
    problems: &mut Problems<'_>,
) -> (Targets, Vec<Range<usize>>) {
    let mut targets = Targets { list: Vec::new(), complete: true };
    let mut places = Vec::new();
    let Some((_, node)) = root.entry("targets") else {
        return (targets, places);
    };
    let Some(items) = items(node, "targets", "targets", problems) else {
        targets.complete = false;
        return (targets, places);
    };
    let mut taken = BTreeMap::new();
    for item in items {
        let metric = item.peek("metric");
        let name = metric.and_then(Node::scalar).map(|scalar| scalar.text.clone());
        problems.about(name.as_deref(), owner_words(item).as_deref());
        let span = metric.map_or(&item.span, |node| &node.span).clone();
        let what = name.map_or("a target".to_owned(), |name| format!("the target of {}", quoted(&name)));
        match target(item, &span, &what, known, problems) {
            Some(target) => {
                overlaps(&target, &span, known, &mut taken, problems);
                targets.list.push(target);
                places.push(span);
            }
            None => targets.complete = false,
        }
        problems.about(None, None);
    }
    (targets, places)
}

/// The entries of a section that is a list, if there are not too many.
pub(crate) fn items<'n>(
    node: &'n Node,
    section: &str,
    of: &str,
    problems: &mut Problems<'_>,
) -> Option<&'n [Node]> {
    let Kind::List(items) = &node.kind else {
        let message = format!("`{section}` is {}", node.found());
        problems
            .add(Report::error(codes::WRONG_TYPE, &node.span, message).expected(format!("a list of {of}")));
        return None;
    };
    if items.len() > MAX_LISTED {
        let message = format!("the book has {} {of}", items.len());
        problems.add(
            Report::error(codes::TOO_LARGE, &node.span, message).expected(format!("at most {MAX_LISTED}")),
        );
        return None;
    }
    Some(items)
}

/// The owners as people wrote them.
pub(crate) fn owner_words(item: &Node) -> Option<String> {
    let words: Vec<&str> = fields::list(item.peek("owner")?)
        .iter()
        .filter_map(|owner| owner.scalar().map(|scalar| scalar.text.as_str()))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// In goals: the baseline, if the target has one. In other numbers: nothing.
struct GoalNames {
    has_baseline: bool,
}

impl FacetNames for GoalNames {
    fn look_up(&self, name: &str) -> Result<FacetSymbol, FacetMistake> {
        if name == "baseline" && self.has_baseline {
            return Ok(FacetSymbol { name: FacetName::Baseline, kind: FacetKind::Number, words: None });
        }
        let (message, hint) = if name == "baseline" {
            ("the target has no `baseline`".to_owned(), "add `baseline:` with a day, a month or a number")
        } else {
            (
                format!("{} is nothing that a goal can build on", quoted(name)),
                "write a number, or `baseline + …`",
            )
        };
        Err(FacetMistake { code: None, message, hint: Some(hint.to_owned()) })
    }
}

struct NoFacts;

impl Facts for NoFacts {
    fn fact(&self, _: FacetName) -> Result<Value, Why> {
        Err(Why::one("empty"))
    }
}

/// A number that depends on nothing, exactly.
fn constant(expr: &FacetExpr, node: &Node, problems: &mut Problems<'_>) -> Option<BigRational> {
    match facet::number(expr, &NoFacts) {
        Ok(number) => Some(number),
        Err(why) => {
            let message = format!("this number has no value: {why}");
            problems.add(Report::error(codes::GOAL, &node.span, message).expected("a number"));
            None
        }
    }
}

fn exact_number(
    node: &Node,
    key: &str,
    names: &GoalNames,
    problems: &mut Problems<'_>,
) -> Option<(FacetExpr, BigRational)> {
    let (expr, _) = formula(node, key, FacetKind::Number, names, problems)?;
    let value = constant(&expr, node, problems)?;
    Some((expr, value))
}

fn target(
    node: &Node,
    span: &Range<usize>,
    what: &str,
    known: &Known<'_, '_>,
    problems: &mut Problems<'_>,
) -> Option<Target> {
    let fields = Fields::open(node, span, what, &KEYS, problems)?;
    let metric = fields.need("metric", what, problems).and_then(|node| known.metric(node, problems));
    let owners = owners_or(&fields, known.around.teams, codes::TARGET_OWNER, what, problems);
    let baseline = fields.get("baseline").map(|node| baseline(node, problems));
    let names = GoalNames { has_baseline: baseline.is_some() };
    let goal_node = fields.need("goal", what, problems);
    let goal = goal_node.and_then(|node| formula(node, "goal", FacetKind::Number, &names, problems));
    let days = days(&fields, what, baseline.as_ref().map(Option::as_ref), problems);
    let measured = metric.and_then(|metric| measure(&fields, metric, known, what, problems));
    let scope = metric.map(|metric| scope(&fields, metric, known, problems));
    let (Some(metric), Some(goal_node), Some((goal, _))) = (metric, goal_node, goal) else {
        return None;
    };
    let mut builds_on_baseline = false;
    goal.each_name(&mut |_| builds_on_baseline = true);
    let whole = if builds_on_baseline { None } else { Some(constant(&goal, goal_node, problems)?) };
    let about = SplitOf {
        metric,
        scope: scope.as_ref().and_then(Option::as_ref),
        whole: whole.as_ref(),
        owners: &owners,
    };
    let split = match fields.entry("split") {
        Some((key, node)) => Some(split(key, node, &fields, &about, measured, known, problems)?),
        None => {
            if let Some((key, _)) = fields.entry("owner_by") {
                problems.add(
                    Report::error(codes::MISSING_KEY, &key.span, "`owner_by` without `split`")
                        .hint("add `split: {region: {EMEA: 0.3, …}}`, or remove `owner_by`"),
                );
                return None;
            }
            None
        }
    };
    let (from, due) = days?;
    let (measure, path) = measured?;
    if owners.is_empty() {
        return None;
    }
    Some(Target {
        metric,
        owners,
        goal,
        from,
        due,
        measure,
        path,
        baseline: match baseline {
            Some(baseline) => Some(baseline?),
            None => None,
        },
        scope: scope??,
        split,
        description: fields.words("description", problems),
    })
}

fn day(node: &Node, key: &str, problems: &mut Problems<'_>) -> Option<i32> {
    let text = fields::literal(node, key, "a date, `2024-03-31`", problems)?;
    if let Ok(Instant::Date(day)) = parse_instant(text) {
        return Some(day);
    }
    problems.add(
        Report::error(codes::BAD_TIME, &node.span, format!("`{key}` is {}", quoted(text)))
            .expected("a date that is in the calendar, `2024-03-31`")
            .fix(super::times::with_dashes(text).map(Fix::Text)),
    );
    None
}

/// First and last day.
fn days(
    fields: &Fields<'_>,
    what: &str,
    baseline: Option<Option<&Baseline>>,
    problems: &mut Problems<'_>,
) -> Option<(i32, i32)> {
    let due_node = fields.need("due", what, problems);
    let due = due_node.and_then(|node| day(node, "due", problems));
    let after_baseline = match baseline {
        Some(Some(Baseline::Days(_, last))) => last.checked_add(1),
        _ => None,
    };
    let from = match fields.get("from") {
        Some(node) => Some(day(node, "from", problems)?),
        None => after_baseline,
    };
    let Some(from) = from else {
        if baseline == Some(None) {
            // What is wrong with the baseline has been said.
            return None;
        }
        problems.add(
            Report::error(codes::TARGET_DAYS, &fields.span, format!("{what} does not say when it begins"))
                .expected("`from` with the first day, or `baseline` with the days before it"),
        );
        return None;
    };
    let (due, due_node) = (due?, due_node?);
    if due < from {
        let message = format!("the last day comes before the first, {}", iso_date(i64::from(from)));
        problems.add(
            Report::error(codes::TARGET_DAYS, &due_node.span, message)
                .expected("`due`, the last day that counts, not before `from`"),
        );
        return None;
    }
    if after_baseline.is_some_and(|after| after > due) {
        let message = "the baseline ends after the last day".to_owned();
        problems.add(
            Report::error(codes::TARGET_DAYS, &due_node.span, message)
                .expected("a baseline that is known before the goal is due"),
        );
        return None;
    }
    Some((from, due))
}

/// A day, a month, two days or a number.
fn baseline(node: &Node, problems: &mut Problems<'_>) -> Option<Baseline> {
    const EXPECTED: &str =
        "a day, `2024-01-31`, a month, `2024-01`, `{from: …, until: …}` with the last day, or a number";
    if matches!(node.kind, Kind::Map(_)) {
        let fields = Fields::open(node, &node.span, "`baseline`", &["from", "until"], problems)?;
        let from = fields.need("from", "`baseline`", problems).and_then(|node| day(node, "from", problems));
        let until = fields.need("until", "`baseline`", problems);
        let last = until.and_then(|node| day(node, "until", problems));
        let (from, last) = (from?, last?);
        if last < from {
            problems.add(
                Report::error(codes::TARGET_DAYS, &until?.span, "the last day comes before the first")
                    .expected("`until`, the last day that counts"),
            );
            return None;
        }
        return Some(Baseline::Days(from, last));
    }
    let text = fields::literal(node, "baseline", EXPECTED, problems)?;
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if shape == "0000-00-00" {
        return day(node, "baseline", problems).map(|day| Baseline::Days(day, day));
    }
    if shape == "0000-00" {
        let Ok(Instant::Date(first)) = parse_instant(&format!("{text}-01")) else {
            let message = format!("`baseline` is {}", quoted(text));
            problems.add(Report::error(codes::BAD_TIME, &node.span, message).expected(EXPECTED));
            return None;
        };
        let calendar = Calendar { first_day_of_week: 0, first_month_of_year: 1 };
        let end = calendar.end(CoreGrain::Month, i64::from(first));
        return Some(Baseline::Days(first, i32::try_from(end - 1).ok()?));
    }
    let (expr, _) = exact_number(node, "baseline", &GoalNames { has_baseline: false }, problems)?;
    Some(Baseline::Number(expr))
}

fn measure(
    fields: &Fields<'_>,
    metric: MetricId,
    known: &Known<'_, '_>,
    what: &str,
    problems: &mut Problems<'_>,
) -> Option<(Measure, Path)> {
    let word = fields.entry("as");
    let given = match word {
        Some((_, node)) => Some(fields::choice(node, "as", &AS, problems)?),
        None => None,
    };
    let over: Option<(&Node, Grain)> = match fields.entry("over") {
        Some((key, node)) => Some((key, fields::choice(node, "over", &GRAINS, problems)?)),
        None => None,
    };
    let path_node = fields.get("path");
    let path = match path_node {
        Some(node) => Some(fields::choice(node, "path", &PATHS, problems)?),
        None => None,
    };
    let adds_up = known.is_additive(metric)?;
    let name = known.name(metric);
    let fit = |span: &Range<usize>, message: String, hint: String, problems: &mut Problems<'_>| {
        problems.add(Report::error(codes::TARGET_MEASURE, span, message).hint(hint));
    };
    let measured = match given.unwrap_or(if adds_up && over.is_none() { As::Total } else { As::Level }) {
        As::Total if !adds_up => {
            let message = format!("`{name}` does not add up over time, so it has no total");
            let span = word.map_or(&fields.span, |(_, node)| &node.span);
            fit(span, message, "write `as: level`, or leave `as` out".to_owned(), problems);
            return None;
        }
        As::Total => {
            if let Some((key, _)) = over {
                let message = "a total runs from the first day and has no `over`".to_owned();
                fit(&key.span, message, "write `as: level`, or remove `over`".to_owned(), problems);
                return None;
            }
            Measure::Total
        }
        As::Level if adds_up && over.is_none() => {
            let message = format!("{what} is a level, and `{name}` grows with the days that are counted");
            let span = word.map_or(&fields.span, |(_, node)| &node.span);
            fit(span, message, "say over which time it is measured, `over: month`".to_owned(), problems);
            return None;
        }
        As::Level => Measure::Level(over.map(|(_, grain)| grain)),
    };
    let usual = if measured == Measure::Total { Path::Linear } else { Path::Glide };
    if let (Some(path), Some(node)) = (path.filter(|path| *path != usual), path_node) {
        let (message, hint) = match path {
            Path::Glide => {
                ("a total begins at 0 and has no glide path", "write `path: linear`, or `as: level`")
            }
            Path::Linear => ("a level does not begin at 0 and has no linear path", "write `path: glide`"),
        };
        fit(&node.span, message.to_owned(), hint.to_owned(), problems);
        return None;
    }
    Some((measured, usual))
}

fn scope(
    fields: &Fields<'_>,
    metric: MetricId,
    known: &Known<'_, '_>,
    problems: &mut Problems<'_>,
) -> Option<Vec<(String, String)>> {
    let Some((key, node)) = fields.entry("scope") else {
        return Some(Vec::new());
    };
    let mut scope = Some(Vec::new());
    for (_, name, value) in fields::pairs(node, &key.span, "`scope`", problems)? {
        let part = known
            .dimension(&[metric], name, "scope", problems)
            .and_then(|dimension| Some((dimension.name.clone(), dimension.value(value, problems)?)));
        match (part, &mut scope) {
            (Some(part), Some(list)) => list.push(part),
            _ => scope = None,
        }
    }
    if let Some(list) = &mut scope {
        list.sort();
    }
    scope
}

/// What is split.
struct SplitOf<'a> {
    metric: MetricId,
    scope: Option<&'a Vec<(String, String)>>,
    /// The goal, where it does not build on a baseline.
    whole: Option<&'a BigRational>,
    owners: &'a [TeamId],
}

fn split(
    key: &Node,
    node: &Node,
    fields: &Fields<'_>,
    of: &SplitOf<'_>,
    measured: Option<(Measure, Path)>,
    known: &Known<'_, '_>,
    problems: &mut Problems<'_>,
) -> Option<Split> {
    let entries = fields::pairs(node, &key.span, "`split`", problems)?;
    let [(_, name, parts)] = entries.as_slice() else {
        problems.add(
            Report::error(
                codes::WRONG_TYPE,
                &key.span,
                format!("`split` names {} dimensions", entries.len()),
            )
            .expected("one dimension with its parts, `{region: {EMEA: 0.3, …}}`"),
        );
        return None;
    };
    let dimension = known.dimension(&[of.metric], name, "split", problems)?;
    if of.scope.is_some_and(|scope| scope.iter().any(|(name, _)| *name == dimension.name)) {
        let message = format!("`{}` has one value only in this target", dimension.name);
        problems.add(
            Report::error(codes::CONFLICTING_KEYS, &name.span, message).hint("split by another dimension"),
        );
        return None;
    }
    // A metric that could not be read has its own problem.
    if !known.is_additive(of.metric)? {
        let message = format!(
            "`{}` does not add up over the values of `{}`, so its goal cannot be split",
            known.name(of.metric),
            dimension.name
        );
        let hint = format!("write a target for each part, with `scope: {{{}: …}}`", dimension.name);
        problems.add(Report::error(codes::SPLIT_LEVEL, &key.span, message).hint(hint));
        return None;
    }
    measured?;
    let mut list = Vec::new();
    let mut sound = true;
    for (_, value, amount) in fields::pairs(parts, &name.span, "`split`", problems)? {
        let value = dimension.value(value, problems);
        let amount = exact_number(amount, "split", &GoalNames { has_baseline: false }, problems);
        match (value, amount) {
            (Some(value), Some((_, amount))) => list.push((value, amount)),
            _ => sound = false,
        }
    }
    if !sound {
        return None;
    }
    let shares = shares(list, of.whole, &name.span, problems)?;
    let owners = part_owners(fields, &dimension, &shares, known, problems)?;
    let parts = (shares.into_iter().zip(owners))
        .map(|((key, share), own)| Part { key, share, owners: own.unwrap_or_else(|| of.owners.to_vec()) })
        .collect();
    Some(Split { by: dimension.name, parts })
}

/// Parts as shares: they are shares already if they add up to 1, and amounts if they add up to the goal.
fn shares(
    parts: Vec<(String, BigRational)>,
    whole: Option<&BigRational>,
    span: &Range<usize>,
    problems: &mut Problems<'_>,
) -> Option<Vec<(String, BigRational)>> {
    let sum: BigRational = parts.iter().map(|(_, part)| part).sum();
    if sum.is_one() {
        return Some(parts);
    }
    if let Some(whole) = whole.filter(|whole| sum == **whole && !whole.is_zero()) {
        return Some(parts.into_iter().map(|(key, part)| (key, part / whole)).collect());
    }
    // Small numbers are meant as shares, large ones as amounts.
    let are_shares = whole.is_none() || parts.iter().all(|(_, part)| *part <= exact::one());
    let should = if are_shares { exact::one() } else { whole?.clone() };
    let rest = &should - &sum;
    let (amount, word) = if rest < BigRational::zero() { (-rest, "too much") } else { (rest, "missing") };
    let (kind, expected) = match (are_shares, whole) {
        (true, None) => {
            ("shares", "shares that add up to exactly 1; a goal that builds on a baseline has no amounts")
        }
        (true, Some(_)) => ("shares", "shares that add up to exactly 1, or amounts that add up to the goal"),
        (false, _) => ("amounts", "amounts that add up to exactly the goal, or shares that add up to 1"),
    };
    let message = format!(
        "the {kind} add up to {}, not to {}: {} {word}",
        exact::to_text(&sum),
        exact::to_text(&should),
        exact::to_text(&amount)
    );
    problems.add(
        Report::error(codes::SPLIT_REST, span, message).expected(expected).hint("a third is written `1/3`"),
    );
    None
}

/// The owners of each part that `owner_by` names.
fn part_owners(
    fields: &Fields<'_>,
    dimension: &Dimension,
    parts: &[(String, BigRational)],
    known: &Known<'_, '_>,
    problems: &mut Problems<'_>,
) -> Option<Vec<Option<Vec<TeamId>>>> {
    let mut owners: Vec<Option<Vec<TeamId>>> = vec![None; parts.len()];
    let Some((key, node)) = fields.entry("owner_by") else {
        return Some(owners);
    };
    for (name, name_node, values) in fields::pairs(node, &key.span, "`owner_by`", problems)? {
        if name != dimension.name {
            let message =
                format!("`owner_by` names {}, and the split is by `{}`", quoted(name), dimension.name);
            problems.add(
                Report::error(codes::CONFLICTING_KEYS, &name_node.span, message)
                    .hint(format!("write `owner_by: {{{}: …}}`", dimension.name)),
            );
            return None;
        }
        for (value, value_node, teams) in fields::pairs(values, &name_node.span, "`owner_by`", problems)? {
            let Some(position) = parts.iter().position(|(key, _)| key == value) else {
                let near = problems.near(value, parts.iter().map(|(key, _)| key.as_str()));
                let message = format!("the split has no part {}", quoted(value));
                problems.add(
                    Report::error(codes::DIMENSION_VALUE, &value_node.span, message)
                        .expected("a part of `split`")
                        .meant(near),
                );
                return None;
            };
            let named = named_teams(fields::list(teams), "owner", known.around.teams, problems);
            if named.is_empty() {
                return None;
            }
            if let Some(own) = owners.get_mut(position) {
                *own = Some(named);
            }
        }
    }
    Some(owners)
}

/// The days of a target, and where it stands.
type Taken = BTreeMap<(MetricId, Vec<(String, String)>), Vec<(i32, i32)>>;

/// Two goals for one thing at one time would leave nobody knowing which is meant.
fn overlaps(
    target: &Target,
    span: &Range<usize>,
    known: &Known<'_, '_>,
    taken: &mut Taken,
    problems: &mut Problems<'_>,
) {
    let mut scopes = vec![target.scope.clone()];
    if let Some(split) = &target.split {
        for part in &split.parts {
            let mut scope = target.scope.clone();
            scope.push((split.by.clone(), part.key.clone()));
            scope.sort();
            scopes.push(scope);
        }
    }
    let mut told = false;
    for scope in scopes {
        let of: Vec<String> = scope.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let days = taken.entry((target.metric, scope)).or_default();
        let other = days.iter().find(|(from, due)| *from <= target.due && target.from <= *due);
        if let Some((from, due)) = other.filter(|_| !told) {
            told = true;
            let message = format!(
                "a second target for `{}`{}: another one goes from {} to {}",
                known.name(target.metric),
                if of.is_empty() { String::new() } else { format!(" of {}", of.join(", ")) },
                iso_date(i64::from(*from)),
                iso_date(i64::from(*due))
            );
            problems.add(
                Report::error(codes::TARGET_TWICE, span, message)
                    .hint("join the two, or give them days that do not overlap"),
            );
        }
        days.push((target.from, target.due));
    }
}
