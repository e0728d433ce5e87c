//! Units through formulas: a walk over what was written, after its types have been found sound.
//!
//! It sees the same tree as the typing and writes `let`s and functions out at each use as that does, so its work is
//! bounded by the same budget. A part that it knows nothing of fits everywhere.

use super::functions::{self, Lookup, Meaning};
use super::names::{self, Binding, Scope};
use super::problem::Problem;
use super::session::Session;
use super::syntax::{Kind, Let, Node};
use super::{MetricName, codes};
use crate::model::{
    AggFunc, ArithOp, Base, Clash, CmpOp, ColumnType, Conversion, Quantity, Table, Time, Unit,
};
use std::ops::Range;
use std::rc::Rc;

/// What units are known of.
pub(super) struct Walk<'a, 's> {
    /// The table whose rows are read, where there is one.
    pub(super) table: Option<&'a Table>,
    /// Metrics, and for each of the book's metrics what is known of it.
    pub(super) metrics: &'a [MetricName<'a>],
    pub(super) quantities: &'a [Quantity],
    pub(super) session: &'s mut Session,
}

/// Whether the columns of a row are meant, or metrics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Row,
    Cell,
}

impl Walk<'_, '_> {
    /// What is known of an expression.
    pub(super) fn of<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, level: Level) -> Quantity {
        match &node.kind {
            Kind::Int(_) | Kind::Fraction(_) | Kind::Missing => Quantity::Written,
            Kind::Bool(_) | Kind::Text(_) | Kind::Refused => Quantity::Unknown,
            Kind::Name(name) => self.name(name, scope, level),
            Kind::Neg(a) | Kind::Plus(a) | Kind::Subject(a) => self.of(a, scope, level),
            Kind::Arith(op, a, b) => {
                let sides = [self.of(a, scope, level), self.of(b, scope, level)];
                self.arith(*op, sides, b, &node.at)
            }
            Kind::Compare(op, a, b) => {
                let sides = [self.of(a, scope, level), self.of(b, scope, level)];
                self.joined(sides, comparison(*op), &node.at);
                Quantity::Unknown
            }
            Kind::Coalesce(a, b) => {
                let sides = [self.of(a, scope, level), self.of(b, scope, level)];
                self.joined(sides, "??", &node.at)
            }
            Kind::If(condition, a, b) => {
                self.of(condition, scope, level);
                let sides = [self.of(a, scope, level), self.of(b, scope, level)];
                self.joined(sides, "if", &node.at)
            }
            Kind::Call(name, arguments) => self.call(name, arguments, &node.at, scope, level),
            Kind::Block(lets, value) => {
                let scope = lets.iter().fold(scope.clone(), |scope, own| bound(own, &scope, &scope));
                self.of(value, &scope, level)
            }
            Kind::Apply(lets, body) => {
                let inner = lets.iter().fold(None, |inner, own| bound(own, &inner, scope));
                self.of(body, &inner, level)
            }
            Kind::Not(_)
            | Kind::And(..)
            | Kind::Or(..)
            | Kind::Bits(..)
            | Kind::Guarded(..)
            | Kind::In(..) => {
                for part in node.parts() {
                    self.of(part, scope, level);
                }
                Quantity::Unknown
            }
        }
    }

    fn name(&mut self, name: &str, scope: &Scope<'_>, level: Level) -> Quantity {
        if let Some(binding) = names::look_up(scope, name) {
            return self.of(binding.value, &binding.sees, level);
        }
        if level == Level::Cell {
            let metric = self.metrics.iter().find(|metric| metric.name == name);
            return metric.and_then(|metric| self.quantities.get(metric.id.0)).cloned().unwrap_or_default();
        }
        let column = self.table.and_then(|table| table.columns.iter().find(|column| column.name == name));
        match column {
            Some(column) if column.ty == ColumnType::Date => Quantity::Day,
            // What is aggregated of it is a number of hours.
            Some(column) if column.ty == ColumnType::Duration => {
                Quantity::Is(Unit::of(Base::Time(Time::Hours)))
            }
            Some(column) => column.unit.clone().map_or(Quantity::Unknown, Quantity::Is),
            None => Quantity::Unknown,
        }
    }

    fn arith(&mut self, op: ArithOp, [a, b]: [Quantity; 2], right: &Node, at: &Range<usize>) -> Quantity {
        match op {
            ArithOp::Add => match (a, b) {
                (Quantity::Day, _) | (_, Quantity::Day) => Quantity::Day,
                sides => self.joined(sides.into(), "+", at),
            },
            ArithOp::Sub => match a.minus(b) {
                Ok(quantity) => quantity,
                Err(clash) => self.clash(&clash, "-", at),
            },
            // What is left over is in the unit of the left side, whatever it was divided into.
            ArithOp::Rem => self.joined([a, b], "%", at),
            ArithOp::Mul => a.multiplied(b, 1),
            ArithOp::Div => a.multiplied(b, -1),
            ArithOp::Pow => power(&a, right),
        }
    }

    fn joined(&mut self, [a, b]: [Quantity; 2], sign: &str, at: &Range<usize>) -> Quantity {
        match a.joined(b) {
            Ok(quantity) => quantity,
            Err(clash) => self.clash(&clash, sign, at),
        }
    }

    fn clash(&mut self, clash: &Clash, sign: &str, at: &Range<usize>) -> Quantity {
        let Clash { left, right } = clash;
        let said = |unit: &Unit| if unit.is_plain() { "a plain number".to_owned() } else { unit.to_string() };
        let message = format!("`{sign}` between {} and {}", said(left), said(right));
        let problem = Problem::new(codes::UNITS, at, message).expected("one unit on both sides");
        let is_money = |unit: &Unit| {
            unit.factors().iter().any(|(base, _)| matches!(base, Base::Money(_) | Base::MoneyBy(_)))
        };
        let is_time = |unit: &Unit| unit.factors().iter().any(|(base, _)| matches!(base, Base::Time(_)));
        self.session.report(if is_money(left) && is_money(right) && left.currency() != right.currency() {
            problem.hint(
                "convert one of them: convert(amount, currency, day, \"USD\"), with `rates` in the book",
            )
        } else if is_time(left) && is_time(right) {
            problem.hint("bring both to one of them by a written factor, for example x * 24")
        } else {
            problem.hint("look at the units that the book declares for both sides")
        });
        Quantity::Unknown
    }

    fn call<'n>(
        &mut self,
        name: &str,
        arguments: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        level: Level,
    ) -> Quantity {
        let Lookup::Found(function) = functions::find(name, arguments.len()) else {
            return Quantity::Unknown;
        };
        if function.level == functions::Level::Aggregate {
            return self.aggregate(function.meaning, arguments, at, scope);
        }
        let mut sides: Vec<Quantity> =
            arguments.iter().map(|argument| self.of(argument, scope, level)).collect();
        let first = sides.first().cloned().unwrap_or_default();
        if function.meaning == Meaning::Convert {
            return self.converted(&first, arguments, scope);
        }
        let time = |time| Quantity::Is(Unit::of(Base::Time(time)));
        match function.meaning {
            Meaning::Abs | Meaning::Floor | Meaning::Ceil | Meaning::Round | Meaning::ToFloat => first,
            Meaning::Min | Meaning::Max | Meaning::Clamp => {
                let rest = sides.split_off(1.min(sides.len()));
                rest.into_iter().fold(first, |known, side| self.joined([known, side], name, at))
            }
            Meaning::Sqrt => first
                .unit()
                .and_then(Unit::root)
                .map_or(Quantity::Unknown, |unit| Quantity::Is(unit.scaled())),
            Meaning::Pow => arguments.get(1).map_or(Quantity::Unknown, |right| power(&first, right)),
            Meaning::Sign => Quantity::Is(Unit::one()),
            Meaning::DaysBetween => time(Time::Days),
            Meaning::HoursBetween | Meaning::BusinessHours => time(Time::Hours),
            Meaning::Truncate | Meaning::AddDays | Meaning::AddMonths | Meaning::Date => Quantity::Day,
            _ => Quantity::Unknown,
        }
    }

    /// The unit of a converted amount. What it is converted by has been found already.
    fn converted<'n>(&mut self, amount: &Quantity, arguments: &'n [Node], scope: &Scope<'n>) -> Quantity {
        let wanted = arguments.last().and_then(|node| text(node, scope));
        let named =
            |known: &&Conversion| wanted.is_some_and(|wanted| known.to == wanted || known.rates == wanted);
        let rates = self.table.and_then(|table| table.conversions.iter().find(named));
        let (Some(rates), Some(first)) = (rates, arguments.first()) else { return Quantity::Unknown };
        let to = Base::Money(rates.to.clone());
        let Quantity::Is(unit) = amount else { return Quantity::Is(Unit::of(to)) };
        let said = match arguments {
            [_, currency, _, _] => name(currency, scope),
            _ => unit.currency_column(),
        };
        // Not what is above a currency, or by the square of one.
        let is_amount =
            unit.factors().iter().all(|(base, power)| !matches!(base, Base::MoneyBy(_)) || *power == 1);
        if !is_amount || unit.currency_column().is_none() || unit.currency_column() != said {
            let of = said.unwrap_or_default();
            let message = format!("the amount is in {unit}, not in the currency that `{of}` names");
            let problem = Problem::new(codes::CONVERSION, &first.at, message);
            self.session.report(problem.expected(format!("an amount in money[{of}]")));
            return Quantity::Unknown;
        }
        Quantity::Is(unit.converted(&to))
    }

    fn aggregate<'n>(
        &mut self,
        meaning: Meaning,
        arguments: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
    ) -> Quantity {
        let mut sides: Vec<Quantity> =
            arguments.iter().map(|argument| self.of(argument, scope, Level::Row)).collect();
        let first = if sides.is_empty() { Quantity::Unknown } else { sides.swap_remove(0) };
        let func = match meaning {
            Meaning::Count | Meaning::CountIf => AggFunc::Count,
            Meaning::Sum | Meaning::SumIf => AggFunc::Sum,
            Meaning::Average | Meaning::AverageIf => AggFunc::Average,
            Meaning::Min | Meaning::MinIf => AggFunc::Min,
            _ => AggFunc::Max,
        };
        self.aggregated(func, first, at)
    }

    /// What is known of an aggregate over values of which something is known.
    pub(super) fn aggregated(&mut self, func: AggFunc, value: Quantity, at: &Range<usize>) -> Quantity {
        if func == AggFunc::Count {
            let entity = self.table.and_then(|table| table.entity.as_deref());
            return Quantity::Is(
                entity.map_or_else(Unit::one, |entity| Unit::of(Base::Counted(entity.to_owned()))),
            );
        }
        let Quantity::Is(unit) = value else {
            // A sum of written numbers may be anything: `sum(if won { 100 } else { 0 })`.
            return Quantity::Unknown;
        };
        if let Some(column) = unit.currency_column() {
            let message =
                format!("an aggregate over {unit}: the rows are in different currencies, as `{column}` says");
            let problem = Problem::new(codes::MIXED_CURRENCIES, at, message);
            self.session.report(problem.expected("amounts in one currency").hint(format!(
                "convert each row first: convert(amount, {column}, day, \"USD\"), with `rates` in the book"
            )));
            return Quantity::Unknown;
        }
        Quantity::Is(unit)
    }
}

/// A power: of what has a unit only a written whole one is known.
fn power(base: &Quantity, exponent: &Node) -> Quantity {
    match (base, &exponent.kind) {
        (Quantity::Written, _) => Quantity::Written,
        (Quantity::Is(unit), Kind::Int(exponent @ 0..=8)) => Quantity::Is(unit.to_the(*exponent as i32)),
        (Quantity::Is(unit), _) if unit.is_plain() => Quantity::Is(Unit::one()),
        _ => Quantity::Unknown,
    }
}

/// A constant text, behind all `let`s and parameters.
fn text<'n>(node: &'n Node, scope: &Scope<'n>) -> Option<&'n str> {
    match &node.kind {
        Kind::Text(text) => Some(text),
        Kind::Name(name) => {
            names::look_up(scope, name).and_then(|binding| text(binding.value, &binding.sees))
        }
        _ => None,
    }
}

/// The column that is named, behind all `let`s and parameters.
fn name<'n>(node: &'n Node, scope: &Scope<'n>) -> Option<&'n str> {
    let Kind::Name(own) = &node.kind else { return None };
    match names::look_up(scope, own) {
        Some(binding) => name(binding.value, &binding.sees),
        None => Some(own),
    }
}

fn bound<'n>(own: &'n Let, outer: &Scope<'n>, sees: &Scope<'n>) -> Scope<'n> {
    Some(Rc::new(Binding { sees: sees.clone(), ..Binding::new(own, outer) }))
}

fn comparison(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => "==",
        CmpOp::Ne => "!=",
        CmpOp::Lt => "<",
        CmpOp::Le => "<=",
        CmpOp::Gt => ">",
        CmpOp::Ge => ">=",
    }
}
