//! The section `rules`, and the status lists of metrics.

use std::ops::Range;

use super::codes;
use super::facets::{Dimension, Known, Names, formula};
use super::fields::{self, Fields};
use super::metrics::teams_of;
use super::names::Index;
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::tables::ONE_TOO_MANY;
use super::targets::{Targets, items, owner_words};
use super::times::GRAINS;
use super::values::tell;
use crate::lang::{FacetNames, Problem};
use crate::model::{FacetKind, FacetName, MetricId, Rule, RuleTest, SayPart, Severity, StatusRule};
use crate::rule::script::Script;

const KEYS: [&str; 12] = [
    "id",
    "description",
    "scope",
    "grain",
    "when",
    "script",
    "metrics",
    "severity",
    "owner",
    "notify",
    "say",
    "top",
];

const SEVERITIES: [(&str, Severity); 3] =
    [("info", Severity::Info), ("warning", Severity::Warning), ("critical", Severity::Critical)];

/// All rules, and where each stands in the file.
pub(crate) fn read(
    root: &Fields<'_>,
    known: &Known<'_, '_>,
    targets: &Targets,
    problems: &mut Problems<'_>,
) -> (Vec<Rule>, Vec<Range<usize>>) {
    let (mut rules, mut places) = (Vec::new(), Vec::new());
    let Some((_, node)) = root.entry("rules") else {
        return (rules, places);
    };
    let mut ids = Index::default();
    for item in items(node, "rules", "rules", problems).unwrap_or_default() {
        let id_node = item.peek("id");
        let span = id_node.map_or(&item.span, |id| &id.span).clone();
        let id = id_node.and_then(Node::scalar).map(|scalar| scalar.text.clone());
        let what = id.map_or("a rule".to_owned(), |id| format!("rule {}", quoted(&id)));
        problems.about(None, owner_words(item).as_deref());
        if let Some(rule) = rule(item, &span, &what, known, targets, &mut ids, problems) {
            rules.push(rule);
            places.push(span);
        }
        problems.about(None, None);
    }
    (rules, places)
}

fn rule(
    node: &Node,
    span: &Range<usize>,
    what: &str,
    known: &Known<'_, '_>,
    targets: &Targets,
    ids: &mut Index,
    problems: &mut Problems<'_>,
) -> Option<Rule> {
    let fields = Fields::open(node, span, what, &KEYS, problems)?;
    let id = fields.need("id", what, problems).and_then(|node| id(node, ids, problems));
    let grain = fields.get("grain").map(|node| fields::choice(node, "grain", &GRAINS, problems));
    let scope_nodes = fields.get("scope").map_or(&[][..], fields::list);
    let (scope, is_sound) = dimensions(scope_nodes, known, problems);
    let names = Names {
        known,
        scope: &scope,
        has_prior: grain.is_some(),
        targets: targets.complete.then_some(targets.list.as_slice()),
        own: None,
        has_period: true,
    };
    let mut metrics = Vec::new();
    let test = test(&fields, what, known, &names, &mut metrics, problems);
    let say = fields.get("say").map(|node| say(node, &names, problems));
    let severity = fields.get("severity").map(|node| fields::choice(node, "severity", &SEVERITIES, problems));
    let owners = teams_of(&fields, "owner", known.around.teams, problems);
    let notify = teams_of(&fields, "notify", known.around.teams, problems);
    let top = fields.get("top").map(|node| fields::whole(node, "top", 1..=u8::MAX, problems));
    let (test, say) = (test?, say.unwrap_or(Some(Vec::new()))?);
    for part in &say {
        if let SayPart::Name(FacetName::Metric(metric, _)) = part
            && !metrics.contains(metric)
        {
            metrics.push(*metric);
        }
    }
    if metrics.is_empty() {
        problems.add(
            Report::error(codes::PLAN_QUERY, span, format!("{what} reads no metric"))
                .hint("name a facet in its condition, `win_rate.value < 0.4`"),
        );
        return None;
    }
    for node in scope_nodes {
        known.dimension(&metrics, node, "scope", problems)?;
    }
    if !is_sound {
        return None;
    }
    Some(Rule {
        id: id?,
        scope: scope.into_iter().map(|dimension| dimension.name).collect(),
        grain: match grain {
            Some(grain) => Some(grain?),
            None => None,
        },
        metrics,
        test,
        severity: severity.unwrap_or(Some(Severity::default()))?,
        owners,
        notify,
        say,
        top: match top {
            Some(top) => Some(usize::from(top?)),
            None => None,
        },
        description: fields.words("description", problems),
    })
}

fn id(node: &Node, ids: &mut Index, problems: &mut Problems<'_>) -> Option<String> {
    let id = fields::text(node, "id", problems)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if id.is_empty() || id.len() > 128 || !id.chars().all(fits) {
        problems.add(
            Report::error(codes::BAD_NAME, &node.span, format!("{} cannot be the id of a rule", quoted(id)))
                .expected("1 to 128 letters a to z, digits, `-` and `_`"),
        );
        return None;
    }
    if !ids.insert(id, 0) {
        problems.add(
            Report::error(codes::DUPLICATE_NAME, &node.span, format!("a second rule has the id `{id}`"))
                .hint("two rules need two ids"),
        );
        return None;
    }
    Some(id.to_owned())
}

/// The dimensions as they are written, and whether all could be read. Whether the rule's metrics have them is checked
/// once these are known.
fn dimensions(nodes: &[Node], known: &Known<'_, '_>, problems: &mut Problems<'_>) -> (Vec<Dimension>, bool) {
    let mut scope: Vec<Dimension> = Vec::new();
    let mut is_sound = true;
    for node in nodes {
        let Some(name) = fields::text(node, "scope", problems) else {
            is_sound = false;
            continue;
        };
        if scope.iter().any(|dimension| dimension.name == name) {
            let message = format!("{} is named twice in `scope`", quoted(name));
            problems.add(Report::error(codes::DUPLICATE_NAME, &node.span, message).hint(ONE_TOO_MANY));
            is_sound = false;
            continue;
        }
        scope.push(known.any_dimension(name));
    }
    (scope, is_sound)
}

fn test(
    fields: &Fields<'_>,
    what: &str,
    known: &Known<'_, '_>,
    names: &Names<'_, '_, '_>,
    metrics: &mut Vec<MetricId>,
    problems: &mut Problems<'_>,
) -> Option<RuleTest> {
    match (fields.entry("when"), fields.entry("script")) {
        (Some(_), Some((key, _))) => {
            problems.add(
                Report::error(
                    codes::CONFLICTING_KEYS,
                    &key.span,
                    format!("{what} has a condition and a script"),
                )
                .hint("keep one of `when` and `script`"),
            );
            None
        }
        (None, None) => {
            problems.add(
                Report::error(codes::MISSING_KEY, &fields.span, format!("{what} does not say when it fires"))
                    .expected("`when` with a condition, or `script`")
                    .hint("add `when: 'win_rate.value < 0.4'`"),
            );
            None
        }
        (Some((_, node)), None) => {
            if let Some((key, _)) = fields.entry("metrics") {
                problems.add(
                    Report::error(codes::NO_EFFECT, &key.span, "`metrics` says what a script sees")
                        .hint("remove it; a condition names its metrics itself"),
                );
            }
            let (condition, text) = formula(node, "when", FacetKind::Bool, names, problems)?;
            condition.each_name(&mut |name| {
                if let FacetName::Metric(metric, _) = name
                    && !metrics.contains(&metric)
                {
                    metrics.push(metric);
                }
            });
            Some(RuleTest::When { condition, text })
        }
        (None, Some((_, node))) => {
            let script = script(node, problems);
            for node in fields.need("metrics", what, problems).map_or(&[][..], fields::list) {
                let metric = known.metric(node, problems)?;
                if !metrics.contains(&metric) {
                    metrics.push(metric);
                }
            }
            if metrics.is_empty() {
                return None;
            }
            Some(RuleTest::Script(script?))
        }
    }
}

fn script(node: &Node, problems: &mut Problems<'_>) -> Option<String> {
    let text = fields::literal(node, "script", "a script", problems)?;
    let mistake = match Script::new(text) {
        Ok(_) => return Some(text.to_owned()),
        Err(mistake) => mistake,
    };
    let start = mistake.place.map_or(0, |(line, character)| {
        let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = text.get(before..).unwrap_or("");
        let within = rest.char_indices().nth(character.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        before + within
    });
    let problem = Problem {
        fix: None,
        code: codes::SCRIPT.code,
        at: start..text.len().min(start + 1),
        message: mistake.message,
        expected: Some("a script that Rhai can read, without modules, `eval`, `print` and `**`".to_owned()),
        hint: None,
        within: None,
    };
    tell(vec![problem], node, text, problems);
    None
}

/// Splits a message into words and names.
fn say(node: &Node, names: &Names<'_, '_, '_>, problems: &mut Problems<'_>) -> Option<Vec<SayPart>> {
    let text = fields::literal(node, "say", "text", problems)?;
    let mut parts = Vec::new();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text.get(from..).and_then(|rest| rest.find("${")).map(|at| from + at) {
        let Some(close) = text.get(open..).and_then(|rest| rest.find('}')).map(|at| open + at) else {
            found.push(Problem {
                fix: None,
                code: codes::SAY.code,
                at: open..open + 2,
                message: "`${` without `}`".to_owned(),
                expected: Some("a facet or a dimension, `${win_rate.value}`".to_owned()),
                hint: None,
                within: None,
            });
            break;
        };
        let inner = text.get(open + 2..close).unwrap_or("");
        match names.look_up(inner.trim()) {
            Ok(symbol) => {
                parts.push(SayPart::Text(text.get(from..open).unwrap_or("").to_owned()));
                parts.push(SayPart::Name(symbol.name));
            }
            Err(mistake) => found.push(Problem {
                fix: None,
                code: mistake.code.unwrap_or(codes::SAY.code),
                at: open + 2..close,
                message: mistake.message,
                expected: Some("a facet, a dimension of the rule, or `period`".to_owned()),
                hint: mistake.hint,
                within: None,
            }),
        }
        from = close + 1;
    }
    if !found.is_empty() {
        tell(found, node, text, problems);
        return None;
    }
    parts.push(SayPart::Text(text.get(from..).unwrap_or("").to_owned()));
    parts.retain(|part| !matches!(part, SayPart::Text(text) if text.is_empty()));
    Some(parts)
}

/// The status lists of all metrics, one for each draft.
pub(crate) fn statuses(
    known: &Known<'_, '_>,
    targets: &Targets,
    problems: &mut Problems<'_>,
) -> Vec<Vec<StatusRule>> {
    let mut lists = Vec::new();
    for (position, draft) in known.drafts.iter().enumerate() {
        let mut list = Vec::new();
        if let Some(node) = draft.status {
            problems.about(Some(&draft.name), draft.owner_words.as_deref());
            let names = Names {
                known,
                scope: &[],
                has_prior: true,
                targets: targets.complete.then_some(targets.list.as_slice()),
                own: Some(MetricId(position)),
                has_period: false,
            };
            list = status_list(node, &names, problems);
            problems.about(None, None);
        }
        lists.push(list);
    }
    lists
}

fn status_list(node: &Node, names: &Names<'_, '_, '_>, problems: &mut Problems<'_>) -> Vec<StatusRule> {
    let Kind::List(items) = &node.kind else {
        let message = format!("`status` is {}", node.found());
        problems.add(
            Report::error(codes::WRONG_TYPE, &node.span, message)
                .expected("a list, `[{when: 'value < 0.4', is: red}, {is: green}]`"),
        );
        return Vec::new();
    };
    let mut list = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let Some(fields) = Fields::open(item, &item.span, "a status", &["when", "is"], problems) else {
            continue;
        };
        let word =
            fields.need("is", "a status", problems).and_then(|node| fields::text(node, "is", problems));
        let when = match fields.get("when") {
            Some(node) => match formula(node, "when", FacetKind::Bool, names, problems) {
                Some((condition, _)) => Some(condition),
                None => continue,
            },
            None => {
                if position + 1 < items.len() {
                    problems.add(
                        Report::error(codes::STATUS_LIST, &fields.span, "what follows can never be reached")
                            .hint("put the status without `when` at the end"),
                    );
                }
                None
            }
        };
        if let Some(word) = word {
            list.push(StatusRule { when, word: word.to_owned() });
        }
    }
    list
}
