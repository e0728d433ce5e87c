//! Typing of `convert(amount, currency, day, "USD")`: the amount times the rate of its currency on that day.
//!
//! An amount that is in the wanted currency already stays what it is. Where there is no rate, the result is missing.

use super::typed::{Typed, constant, row};
use super::{Places, RowTyper, always_missing};
use crate::lang::codes;
use crate::lang::names::{self, Scope};
use crate::lang::problem::Problem;
use crate::lang::syntax::{Kind, Node};
use crate::lang::units::{Level, Walk};
use crate::model::{ArithOp, CmpOp, ColumnId, Const, Conversion, Row, RowNode, RowType, Unit};
use std::ops::Range;

impl RowTyper<'_, '_> {
    /// `convert(amount, currency, day, "USD")`; the currency may be left out where the unit of the amount says it.
    pub(super) fn convert<'n>(
        &mut self,
        arguments: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let (amount_node, currency, day, to) = match arguments {
            [amount, currency, day, to] => (amount, Some(currency), day, to),
            [amount, day, to] => (amount, None, day, to),
            _ => return None,
        };
        let amount = self.typed(amount_node, scope, depth);
        let currency = match currency {
            Some(node) => self.column_name(node, "the column with the currency", scope, depth),
            // What has no type has not been counted: its `let`s, written out, might have no end.
            None if amount.is_none() => None,
            None => self.currency_of(amount_node, scope),
        };
        let day = self.column_name(day, "the column whose day decides", scope, depth);
        let (to, to_at) = self.constant_text(to, scope)?;
        let (amount, currency, day) = (amount?, currency?, day?);
        let rates = self.conversion(&currency, &day, &to, to_at, at)?;
        let amount = match amount {
            Typed::Missing => return self.fail(always_missing(&amount_node.at)),
            // Exact beside an exact rate, as everywhere.
            Typed::Literal(amount) => Typed::Literal(amount),
            Typed::Row(amount) if matches!(amount.ty, RowType::Int | RowType::Decimal(_)) => {
                Typed::Row(amount)
            }
            other => {
                let message = format!("the amount is {}", other.name());
                let problem = Problem::new(codes::TYPE, &amount_node.at, message).expected("a decimal");
                return self.fail(problem.hint("declare its column as decimal(2), or as money[currency]"));
            }
        };
        let code = self.code_column(&currency)?;
        let rate = self.found(rates.column)?;
        let places = Places::one(at);
        let product = self.arith(ArithOp::Mul, amount.clone(), Typed::Row(rate), places)?;
        let same = Row {
            ty: RowType::Bool,
            node: RowNode::Compare(CmpOp::Eq, Box::new(code), Box::new(constant(Const::Text(rates.to)))),
        };
        self.join(amount, product, places, |amount, product| RowNode::If(Box::new(same), amount, product))
    }

    /// The column that an argument names, be it through `let`s.
    fn column_name<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<String> {
        if let Some((name, node)) = written_name(node, scope) {
            // A column that does not exist is told as everywhere.
            self.typed(node, &None, depth)?;
            return Some(name);
        }
        let message = format!("this has to be {what}, by its name");
        self.fail(
            Problem::new(codes::CONVERSION, &node.at, message)
                .hint("convert(amount, currency, day, \"USD\")"),
        )
    }

    fn constant_text<'n>(&mut self, node: &'n Node, scope: &Scope<'n>) -> Option<(String, Range<usize>)> {
        if let Kind::Text(text) = &node.kind {
            return Some((text.clone(), node.at.clone()));
        }
        if let Kind::Name(name) = &node.kind
            && let Some(binding) = names::look_up(scope, name)
        {
            return self.constant_text(binding.value, &binding.sees);
        }
        let problem = Problem::new(codes::CONVERSION, &node.at, "the wanted currency is no constant");
        self.fail(problem.expected("a text such as \"USD\", or the name of rates"))
    }

    /// The column that names the currency, by the unit of the amount.
    fn currency_of<'n>(&mut self, amount: &'n Node, scope: &Scope<'n>) -> Option<String> {
        let mut walk = Walk { table: Some(self.table), metrics: &[], quantities: &[], session: self.session };
        let quantity = walk.of(amount, scope, Level::Row);
        if let Some(column) = quantity.unit().and_then(Unit::currency_column) {
            return Some(column.to_owned());
        }
        let problem =
            Problem::new(codes::CONVERSION, &amount.at, "nothing says which currency the amount is in");
        self.fail(
            problem
                .hint("declare its column as money[..], with the name of the column that holds the currency"),
        )
    }

    /// The way to the rates.
    fn conversion(
        &mut self,
        currency: &str,
        day: &str,
        to: &str,
        to_at: Range<usize>,
        at: &Range<usize>,
    ) -> Option<Conversion> {
        let all = &self.table.conversions;
        let here: Vec<&Conversion> =
            all.iter().filter(|known| known.currency == currency && known.day == day).collect();
        let wanted: Vec<&&Conversion> =
            here.iter().filter(|known| known.to == to || known.rates == to).collect();
        match wanted.as_slice() {
            [one] => return Some((**one).clone()),
            [first, second, ..] => {
                let message = format!("both {} and {} convert to {to}", first.rates, second.rates);
                let problem = Problem::new(codes::CONVERSION, &to_at, message);
                let hint =
                    format!("write the name of the rates instead of the currency: \"{}\"", first.rates);
                return self.fail(problem.hint(hint));
            }
            [] => {}
        }
        let mut others: Vec<&str> = here.iter().map(|known| known.to.as_str()).collect();
        others.dedup();
        if !others.is_empty() {
            let message = format!("no rates of the book convert to {to:?}");
            let problem = Problem::new(codes::CONVERSION, &to_at, message);
            return self.fail(problem.expected(format!("one of {}", names::few(others))));
        }
        let table = &self.table.name;
        let is_currency = all.iter().any(|known| known.currency == currency);
        let problem = if is_currency {
            Problem::new(codes::CONVERSION, at, format!("`{day}` is no day on which rates can be looked up"))
                .expected("a column of the type of the rates' date, of the table that has the currency")
                .hint("convert where the currency and the day stand: the day of a row decides over its rate")
        } else if all.is_empty() {
            let message =
                format!("table `{table}` has no amounts in different currencies, or the book no `rates`");
            Problem::new(codes::CONVERSION, at, message)
                .expected("a column of type money[currency], and `rates` in the book")
        } else {
            Problem::new(codes::CONVERSION, at, format!("no amounts of table `{table}` are in `{currency}`"))
                .hint(format!("declare the column of the amount as money[{currency}]"))
        };
        self.fail(problem)
    }

    fn code_column(&mut self, name: &str) -> Option<Row> {
        let position = self.table.columns.iter().position(|column| column.name == name)?;
        Some(row(RowType::Text, RowNode::Column(ColumnId(position))))
    }

    fn found(&self, column: ColumnId) -> Option<Row> {
        let ty = super::column_type(&self.table.columns.get(column.0)?.ty);
        Some(row(ty, RowNode::Column(column)))
    }
}

/// The name that an expression is, behind all `let`s and parameters, and where it is written.
fn written_name<'n>(node: &'n Node, scope: &Scope<'n>) -> Option<(String, &'n Node)> {
    let Kind::Name(name) = &node.kind else { return None };
    match names::look_up(scope, name) {
        Some(binding) => written_name(binding.value, &binding.sees),
        None => Some((name.clone(), node)),
    }
}
