//! What targets, rules and status lists refer to: metrics with their facets, dimensions with their values.

use std::collections::BTreeSet;
use std::ops::Range;

use super::codes::{self, Code};
use super::fields;
use super::metrics::{Draft, Surroundings};
use super::names::Index;
use super::node::Node;
use super::problems::{Problems, Report, quoted};
use super::queries::{Asked, tables_read};
use super::values::tell;
use crate::lang::{FacetMistake, FacetNames, FacetSymbol, closest, facet_formula};
use crate::lower;
use crate::model::{
    AdditivePart, Book, Cell, ColumnType, Facet, FacetExpr, FacetKind, FacetName, Grain, MetricId, Query,
    Rule, Target, is_additive,
};
use crate::target::Status;

/// A book may have this many targets, and this many rules.
pub(crate) const MAX_LISTED: usize = 500;

/// All that is known of metrics when plans are read.
pub(crate) struct Known<'a, 'n> {
    pub(crate) metrics: &'a Index,
    pub(crate) drafts: &'a [Draft<'n>],
    pub(crate) cells: &'a [Option<&'a Cell>],
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) around: &'a Surroundings<'a>,
}

/// A dimension of a target or rule.
#[derive(Clone)]
pub(crate) struct Dimension {
    pub(crate) name: String,
    pub(crate) ty: Option<ColumnType>,
}

impl Dimension {
    /// What its values are in conditions.
    fn kind(&self) -> FacetKind {
        match self.ty {
            Some(ColumnType::Int) => FacetKind::Number,
            Some(ColumnType::Bool) => FacetKind::Bool,
            _ => FacetKind::Text,
        }
    }

    fn words(&self) -> Option<Vec<String>> {
        match &self.ty {
            Some(ColumnType::Category(allowed)) => allowed.clone(),
            _ => None,
        }
    }

    /// A value as the book writes it, in the form that results have.
    pub(crate) fn value(&self, node: &Node, problems: &mut Problems<'_>) -> Option<String> {
        let text = fields::literal(node, &self.name, "a value of the dimension", problems)?;
        let (sound, expected) = match &self.ty {
            Some(ColumnType::Int) => (text.parse::<i64>().ok().map(|v| v.to_string()), "a whole number"),
            Some(ColumnType::Bool) => (text.parse::<bool>().ok().map(|v| v.to_string()), "`true` or `false`"),
            Some(ColumnType::Date) => (
                super::parse_instant(text)
                    .ok()
                    .filter(|instant| matches!(instant, crate::model::Instant::Date(_)))
                    .map(|_| text.to_owned()),
                "a date, `2024-01-31`",
            ),
            Some(ColumnType::Category(Some(allowed))) if !allowed.iter().any(|known| known == text) => {
                (None, "one of the column's values")
            }
            _ => (Some(text.to_owned()), ""),
        };
        if sound.is_none() {
            let words = self.words().unwrap_or_default();
            let near = problems.near(text, words.iter().map(String::as_str));
            let message = format!("`{}` never is {}", self.name, quoted(text));
            problems.add(
                Report::error(codes::DIMENSION_VALUE, &node.span, message).expected(expected).meant(near),
            );
        }
        sound
    }
}

impl Known<'_, '_> {
    /// The metric that a node names.
    pub(crate) fn metric(&self, node: &Node, problems: &mut Problems<'_>) -> Option<MetricId> {
        let name = fields::text(node, "a metric's name", problems)?;
        let found = self.metrics.get(name).map(MetricId);
        if found.is_none() {
            let near = problems.near(name, self.metrics.names());
            let message = format!("the book has no metric {}", quoted(name));
            problems.add(
                Report::error(codes::UNKNOWN_METRIC, &node.span, message)
                    .expected("the name of a metric")
                    .meant(near),
            );
        }
        found
    }

    pub(crate) fn name(&self, id: MetricId) -> &str {
        self.drafts.get(id.0).map_or("", |draft| draft.name.as_str())
    }

    /// A dimension that every table has which these metrics read.
    pub(crate) fn dimension(
        &self,
        metrics: &[MetricId],
        node: &Node,
        key: &str,
        problems: &mut Problems<'_>,
    ) -> Option<Dimension> {
        let name = fields::text(node, key, problems)?.to_owned();
        let positions: Vec<usize> = metrics.iter().map(|id| id.0).collect();
        let tables = &self.around.tables;
        let mut ty = None;
        for table in tables_read(&positions, self.asked) {
            let column = tables.find_column(table, node, key, problems)?;
            let declared = tables.get(table).and_then(|table| table.columns.get(column.0));
            ty = ty.or_else(|| declared.map(|column| column.ty.clone()));
        }
        Some(Dimension { name, ty })
    }

    /// A dimension before it is known whose: of any table that has such a column.
    pub(crate) fn any_dimension(&self, name: &str) -> Dimension {
        let column = (self.around.tables.list.iter())
            .flat_map(|table| &table.columns)
            .find(|column| column.name == name);
        Dimension { name: name.to_owned(), ty: column.map(|column| column.ty.clone()) }
    }

    /// True if a metric adds up; `None` if it could not be read.
    pub(crate) fn is_additive(&self, id: MetricId) -> Option<bool> {
        let mut unread = false;
        self.cells.get(id.0).copied().flatten()?;
        for metric in self.reached(id) {
            unread |= self.cells.get(metric).copied().flatten().is_none();
        }
        let part = |id: MetricId| -> Option<AdditivePart<'_>> {
            let cell = self.cells.get(id.0).copied().flatten()?;
            Some((cell, self.drafts.get(id.0)?.fill_nulls_with.as_ref()))
        };
        (!unread).then(|| is_additive(id, &part))
    }

    fn reached(&self, id: MetricId) -> BTreeSet<usize> {
        let (mut open, mut seen) = (vec![id.0], BTreeSet::new());
        while let Some(metric) = open.pop() {
            if seen.insert(metric) {
                open.extend(self.asked.references.get(metric).into_iter().flatten());
            }
        }
        seen
    }

    /// The words of a metric's own status list.
    fn own_words(&self, id: MetricId) -> Vec<String> {
        let list = self.drafts.get(id.0).and_then(|draft| draft.status).map_or(&[][..], fields::list);
        let word = |entry: &Node| entry.peek("is").and_then(Node::scalar).map(|scalar| scalar.text.clone());
        list.iter().filter_map(word).collect()
    }
}

/// What conditions, messages and status lists can name.
pub(crate) struct Names<'a, 'k, 'n> {
    pub(crate) known: &'a Known<'k, 'n>,
    /// The dimensions of the rule.
    pub(crate) scope: &'a [Dimension],
    /// Whether there is a period before.
    pub(crate) has_prior: bool,
    /// The targets of the book; `None` if some could not be read, so that nobody knows what is missing.
    pub(crate) targets: Option<&'a [Target]>,
    /// Facets without a metric in front are of this one.
    pub(crate) own: Option<MetricId>,
    /// Whether `period` can be named.
    pub(crate) has_period: bool,
}

fn mistake(code: Option<Code>, message: String, hint: Option<String>) -> FacetMistake {
    FacetMistake { code: code.map(|code| code.code), message, hint }
}

fn facet_words() -> String {
    Facet::ALL.map(|(word, _)| word).join(", ")
}

impl FacetNames for Names<'_, '_, '_> {
    fn look_up(&self, name: &str) -> Result<FacetSymbol, FacetMistake> {
        if let Some(own) = self.own {
            let Some(facet) = Facet::named(name).filter(|facet| *facet != Facet::Status) else {
                let words = Facet::ALL.map(|(word, _)| word);
                let near = closest(name, words.into_iter().filter(|word| *word != "status"));
                let hint = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "a status goes by value, prior, n, num, den, target, pace and gap of its own metric"
                            .into()
                    }
                };
                return Err(mistake(None, format!("a status cannot see {}", quoted(name)), Some(hint)));
            };
            return self.facet(own, facet);
        }
        if let Some(position) = self.scope.iter().position(|dimension| dimension.name == name) {
            let dimension = &self.scope[position];
            return Ok(FacetSymbol {
                name: FacetName::Dimension(position),
                kind: dimension.kind(),
                words: dimension.words(),
            });
        }
        if self.has_period && name == "period" {
            return Ok(FacetSymbol { name: FacetName::Period, kind: FacetKind::Text, words: None });
        }
        let Some((metric, facet)) = name.rsplit_once('.') else {
            return Err(self.unknown(name));
        };
        let Some(id) = self.known.metrics.get(metric).map(MetricId) else {
            let near = closest(metric, self.known.metrics.names());
            let hint = near.map(|near| format!("did you mean `{near}.{facet}`?"));
            return Err(mistake(None, format!("the book has no metric {}", quoted(metric)), hint));
        };
        match Facet::named(facet) {
            Some(facet) => self.facet(id, facet),
            None => {
                let near = closest(facet, Facet::ALL.map(|(word, _)| word));
                let hint = match near {
                    Some(near) => format!("did you mean `{metric}.{near}`?"),
                    None => format!("a metric has {}", facet_words()),
                };
                Err(mistake(None, format!("a metric has no facet {}", quoted(facet)), Some(hint)))
            }
        }
    }
}

impl Names<'_, '_, '_> {
    fn unknown(&self, name: &str) -> FacetMistake {
        if self.known.metrics.get(name).is_some() {
            let hint = format!("write `{name}.value`, or another of {}", facet_words());
            return mistake(None, format!("`{name}` is a metric, and not one of its facets"), Some(hint));
        }
        if self.known.any_dimension(name).ty.is_some() {
            let message = format!("{} is no dimension of this rule", quoted(name));
            return mistake(None, message, Some(format!("add it: `scope: [{name}]`")));
        }
        let dimensions = self.scope.iter().map(|dimension| dimension.name.as_str());
        let near = closest(name, dimensions.chain(self.known.metrics.names()));
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a facet, `win_rate.value`, or a dimension of the rule's `scope`".to_owned(),
        };
        mistake(None, format!("{} is nothing that a rule can see", quoted(name)), Some(hint))
    }

    fn facet(&self, id: MetricId, facet: Facet) -> Result<FacetSymbol, FacetMistake> {
        let metric = self.known.name(id);
        if facet == Facet::Prior && !self.has_prior {
            let message = format!("`{metric}.prior` in a rule without periods");
            return Err(mistake(Some(codes::NO_PRIOR), message, Some("add `grain: month`".to_owned())));
        }
        let own_words = if facet == Facet::Status { self.known.own_words(id) } else { Vec::new() };
        let needs_target = facet.needs_target() || facet == Facet::Status && own_words.is_empty();
        if needs_target && self.targets.is_some_and(|targets| !self.has_target(targets, id)) {
            let of = if self.scope.is_empty() {
                "for all rows".to_owned()
            } else {
                let names: Vec<&str> = self.scope.iter().map(|dimension| dimension.name.as_str()).collect();
                format!("by {}", names.join(" and "))
            };
            let message = format!("`{metric}` has no target {of}, so it never has `{}`", facet.word());
            let hint = if facet == Facet::Status {
                "add a target to `targets`, or a `status` list to the metric"
            } else {
                "add a target to `targets`, or a split to the target it has"
            };
            return Err(mistake(Some(codes::NO_TARGET), message, Some(hint.to_owned())));
        }
        let words = match facet {
            Facet::Status if own_words.is_empty() => {
                Some(Status::ALL.iter().map(|status| status.word().to_owned()).collect())
            }
            Facet::Status => Some(own_words),
            _ => None,
        };
        let kind = if facet == Facet::Status { FacetKind::Text } else { FacetKind::Number };
        Ok(FacetSymbol { name: FacetName::Metric(id, facet), kind, words })
    }

    /// True if some target of the metric is of the rule's dimensions.
    fn has_target(&self, targets: &[Target], id: MetricId) -> bool {
        let wanted: BTreeSet<&str> = self.scope.iter().map(|dimension| dimension.name.as_str()).collect();
        targets.iter().filter(|target| target.metric == id).any(|target| {
            let mut own: BTreeSet<&str> = target.scope.iter().map(|(name, _)| name.as_str()).collect();
            if own == wanted {
                return true;
            }
            own.extend(target.split.iter().map(|split| split.by.as_str()));
            own == wanted
        })
    }
}

/// Reads a facet formula where it stands.
pub(crate) fn formula(
    node: &Node,
    key: &str,
    wanted: FacetKind,
    names: &dyn FacetNames,
    problems: &mut Problems<'_>,
) -> Option<(FacetExpr, String)> {
    let text = fields::literal(node, key, "a formula", problems)?;
    if problems.is_full() {
        return None;
    }
    match facet_formula(text, wanted, names) {
        Ok(expr) => Some((expr, text.to_owned())),
        Err(found) => {
            tell(found, node, text, problems);
            None
        }
    }
}

/// Asks the compiler whether the questions of targets and rules can be answered at all, so that nobody learns it from
/// a report that does not come.
pub(crate) fn check_questions(
    book: &Book,
    targets: &[Range<usize>],
    rules: &[Range<usize>],
    problems: &mut Problems<'_>,
) {
    let mut seen = BTreeSet::new();
    let mut check = |span: &Range<usize>, query: Query, problems: &mut Problems<'_>| {
        let key: (_, _, Option<Grain>, _) =
            (query.metrics.clone(), query.by.clone(), query.grain, query.range.is_some());
        if !seen.insert(key) {
            return;
        }
        for found in lower::compile(book, &query).err().unwrap_or_default() {
            let hint = found.hint.or_else(|| Some("ask `ripplemark eval` the same to see why".to_owned()));
            problems.add(Report::error(codes::PLAN_QUERY, span, found.message).maybe(found.expected, hint));
        }
    };
    let name = |id: &MetricId| book.metrics.get(id.0).map(|metric| metric.name.clone());
    for (target, span) in book.targets.iter().zip(targets) {
        let by = target.scope.iter().map(|(name, _)| name).chain(target.split.iter().map(|split| &split.by));
        let query = Query {
            metrics: name(&target.metric).into_iter().collect(),
            by: by.cloned().collect(),
            range: Some(crate::model::Range::default()),
            ..Query::default()
        };
        check(span, query, problems);
    }
    for (rule, span) in book.rules.iter().zip(rules) {
        let Rule { metrics, scope, grain, .. } = rule;
        let range = grain.map(|_| crate::model::Range::default());
        let metrics = metrics.iter().filter_map(name).collect();
        check(span, Query { metrics, by: scope.clone(), grain: *grain, range, ..Query::default() }, problems);
    }
}
