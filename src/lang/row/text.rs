//! Typing of questions about a part of a text. They are asked of columns: a dictionary answers for its entries.

use super::typed::{self, constant, row};
use super::{RowTyper, always_missing};
use crate::lang::codes;
use crate::lang::functions::Meaning;
use crate::lang::names::Scope;
use crate::lang::problem::Problem;
use crate::lang::syntax::Node;
use crate::model::{ColumnType, Const, Row, RowNode, RowType, Table, TextTest};
use std::collections::BTreeSet;
use std::ops::Range;

/// The question that a function asks, if it asks one about text.
pub(super) fn test(meaning: Meaning) -> Option<TextTest> {
    Some(match meaning {
        Meaning::Contains => TextTest::Contains,
        Meaning::StartsWith => TextTest::StartsWith,
        Meaning::EndsWith => TextTest::EndsWith,
        _ => return None,
    })
}

fn holds(test: TextTest, text: &str, part: &str) -> bool {
    match test {
        TextTest::Contains => text.contains(part),
        TextTest::StartsWith => text.starts_with(part),
        TextTest::EndsWith => text.ends_with(part),
    }
}

/// The values that a text can have, where the formula and its closed categories say so; `None`: any.
pub(crate) fn values<'r>(text: &'r Row, table: &'r Table) -> Option<BTreeSet<&'r str>> {
    match &text.node {
        RowNode::Const(Const::Text(text)) => Some(BTreeSet::from([text.as_str()])),
        RowNode::Missing => Some(BTreeSet::new()),
        RowNode::Column(id) => match &table.columns.get(id.0)?.ty {
            ColumnType::Category(Some(allowed)) => Some(allowed.iter().map(String::as_str).collect()),
            _ => None,
        },
        RowNode::If(_, a, b) | RowNode::Coalesce(a, b) => {
            let mut all = values(a, table)?;
            all.extend(values(b, table)?);
            Some(all)
        }
        _ => None,
    }
}

impl RowTyper<'_, '_> {
    /// `contains(x, "part")` and its like.
    pub(super) fn text_test<'n>(
        &mut self,
        test: TextTest,
        arguments: &'n [Node],
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Row> {
        let [text, part] = arguments else { return None };
        let (typed, wanted) = (self.row(text, scope, depth), self.typed(part, scope, depth)?.settle());
        let Some(Row { node: RowNode::Const(Const::Text(wanted)), .. }) = wanted else {
            let problem =
                Problem::new(codes::TYPE, &part.at, "the part that is looked for is no constant text");
            return self.fail(problem.expected("text in double quotes"));
        };
        let typed = typed?;
        if typed.ty != RowType::Text {
            let problem = Problem::new(codes::TYPE, &text.at, format!("this is {}", typed::name(typed.ty)));
            return self.fail(problem.expected("a category or an id"));
        }
        if wanted.is_empty() {
            let problem = Problem::new(codes::TYPE, &part.at, "every text has the empty text in it");
            return self.fail(problem.hint("write !is_null(x), or x == \"\""));
        }
        self.check_part(test, &typed, &wanted, &part.at)?;
        self.ask(test, typed, &wanted, &text.at)
    }

    /// Refuses a part that no value of a closed category has.
    fn check_part(&mut self, test: TextTest, text: &Row, part: &str, at: &Range<usize>) -> Option<()> {
        let what = match &text.node {
            RowNode::Column(id) => format!("`{}`", self.table.columns.get(id.0)?.name),
            RowNode::If(..) | RowNode::Coalesce(..) => "the text".to_owned(),
            _ => return Some(()),
        };
        let Some(known) = values(text, self.table) else { return Some(()) };
        if known.iter().any(|value| holds(test, value, part)) {
            return Some(());
        }
        let message = format!("no value of {what} has {part:?} there");
        let known = crate::lang::names::few(known);
        self.fail(Problem::new(codes::NOT_A_CATEGORY, at, message).expected(format!("a part of {known}")))
    }

    /// Asks the columns and constants that a text is chosen from.
    fn ask(&mut self, test: TextTest, text: Row, part: &str, at: &Range<usize>) -> Option<Row> {
        let node = match text.node {
            RowNode::Column(id) => RowNode::TextTest(test, id, part.to_owned()),
            RowNode::Const(Const::Text(text)) => {
                return Some(constant(Const::Bool(holds(test, &text, part))));
            }
            RowNode::Missing => RowNode::Missing,
            RowNode::If(condition, a, b) => {
                let (a, b) = (self.ask(test, *a, part, at), self.ask(test, *b, part, at));
                RowNode::If(condition, Box::new(a?), Box::new(b?))
            }
            // A test is missing where its text is.
            RowNode::Coalesce(a, b) => {
                let (a, b) = (self.ask(test, *a, part, at), self.ask(test, *b, part, at));
                RowNode::Coalesce(Box::new(a?), Box::new(b?))
            }
            _ => return self.fail(always_missing(at)),
        };
        Some(row(RowType::Bool, node))
    }
}
