//! Typing of facet formulas: conditions of rules, and goals of targets.
//!
//! Names are looked up by whoever asks: what `win_rate.value` or `region` stands for depends on the rule. Numbers are
//! exact, as in cell formulas; texts exist, to be compared with a status or the value of a dimension.

use super::codes;
use super::literal::Fraction;
use super::names::{self, Binding, Scope};
use super::problem::Problem;
use super::session::Session;
use super::syntax::{Kind, Let, Node};
use crate::model::{ArithOp, CmpOp, FacetExpr, FacetFn, FacetKind, FacetName};
use std::ops::Range;
use std::rc::Rc;

/// What a name of a facet formula stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetSymbol {
    /// The thing named.
    pub name: FacetName,
    /// What it gives.
    pub kind: FacetKind,
    /// Of a text: the only values it can have, where they are known.
    pub words: Option<Vec<String>>,
}

/// What a facet formula can name.
pub trait FacetNames {
    /// What a name stands for.
    ///
    /// # Errors
    /// Why it stands for nothing, and what to do.
    fn look_up(&self, name: &str) -> Result<FacetSymbol, FacetMistake>;
}

/// Why a name stands for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FacetMistake {
    /// The code of the problem; `None`: a name that nothing has.
    pub code: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// An expression with what it gives (`None`: `()`, which can stand for anything) and the words it can be.
struct Typed {
    expr: FacetExpr,
    kind: Option<FacetKind>,
    words: Option<Vec<String>>,
}

impl Typed {
    fn new(expr: FacetExpr, kind: FacetKind) -> Option<Typed> {
        Some(Typed { expr, kind: Some(kind), words: None })
    }
}

pub(super) struct FacetTyper<'a, 's> {
    pub(super) names: &'a dyn FacetNames,
    pub(super) session: &'s mut Session,
}

impl FacetTyper<'_, '_> {
    /// Types a whole formula, which has to give what is wanted.
    pub(super) fn whole(&mut self, node: &Node, wanted: FacetKind) -> Option<FacetExpr> {
        self.of_kind(node, wanted, &None, 0)
    }

    fn fail<T>(&mut self, problem: Problem) -> Option<T> {
        self.session.report(problem);
        None
    }

    fn of_kind<'n>(
        &mut self,
        node: &'n Node,
        wanted: FacetKind,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<FacetExpr> {
        let typed = self.typed(node, scope, depth)?;
        if typed.kind == Some(wanted) {
            return Some(typed.expr);
        }
        let found = typed.kind.map_or("always missing", word);
        let problem = match wanted {
            FacetKind::Bool => Problem::new(codes::CONDITION, &node.at, format!("the condition is {found}"))
                .expected("true or false")
                .hint("compare it, for example x < 0.4"),
            _ => Problem::new(codes::TYPE, &node.at, format!("this is {found}")).expected(word(wanted)),
        };
        self.fail(problem)
    }

    fn boxed<'n>(
        &mut self,
        node: &'n Node,
        wanted: FacetKind,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Box<FacetExpr>> {
        self.of_kind(node, wanted, scope, depth).map(Box::new)
    }

    fn typed<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Typed> {
        use FacetKind::{Bool, Number};
        self.session.take(1, depth, &node.at)?;
        let depth = depth + 1;
        match &node.kind {
            Kind::Name(name) => self.name(name, &node.at, scope, depth),
            Kind::Neg(a) => Typed::new(FacetExpr::Neg(self.boxed(a, Number, scope, depth)?), Number),
            Kind::Plus(a) => Typed::new(self.of_kind(a, Number, scope, depth)?, Number),
            Kind::Not(a) => Typed::new(FacetExpr::Not(self.boxed(a, Bool, scope, depth)?), Bool),
            Kind::Arith(op, a, b) => {
                let (a, b) = (self.boxed(a, Number, scope, depth), self.boxed(b, Number, scope, depth));
                if matches!(op, ArithOp::Rem | ArithOp::Pow) {
                    let sign = if *op == ArithOp::Rem { "%" } else { "**" };
                    let message = format!("`{sign}` exists only in the formulas of metrics");
                    return self.fail(
                        Problem::new(codes::LEVEL, &node.at, message).hint("make it a metric of its own"),
                    );
                }
                Typed::new(FacetExpr::Arith(*op, a?, b?), Number)
            }
            Kind::Compare(op, a, b) => self.compare(*op, a, b, &node.at, scope, depth),
            Kind::And(a, b) | Kind::Or(a, b) => {
                let sides = (self.boxed(a, Bool, scope, depth), self.boxed(b, Bool, scope, depth));
                let join = if matches!(node.kind, Kind::And(..)) { FacetExpr::And } else { FacetExpr::Or };
                Typed::new(join(sides.0?, sides.1?), Bool)
            }
            Kind::Coalesce(a, b) => {
                let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
                self.join(a?, b?, &node.at, FacetExpr::Coalesce)
            }
            Kind::If(condition, a, b) => {
                let condition = self.boxed(condition, Bool, scope, depth);
                let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
                let condition = condition?;
                self.join(a?, b?, &node.at, |a, b| FacetExpr::If(condition, a, b))
            }
            Kind::In(value, list) => self.membership(value, list, scope, depth),
            Kind::Call(name, arguments) => self.call(name, arguments, &node.at, scope, depth),
            Kind::Block(lets, value) => {
                let scope = self.lets(lets, scope, depth);
                self.typed(value, &scope, depth)
            }
            Kind::Subject(value) => self.typed(value, scope, depth),
            Kind::Guarded(pattern, guard) => {
                let never = Box::new(FacetExpr::Bool(false));
                let (pattern, guard) =
                    (self.boxed(pattern, Bool, scope, depth), self.boxed(guard, Bool, scope, depth));
                Typed::new(FacetExpr::If(pattern?, guard?, never), Bool)
            }
            Kind::Bits(_, a, b) => {
                let _ = (self.of_kind(a, Bool, scope, depth), self.of_kind(b, Bool, scope, depth));
                let problem = Problem::new(codes::LEVEL, &node.at, "`& | ^` exist only for rows and metrics");
                self.fail(problem.hint("write &&, || or !="))
            }
            _ => self.literal(node),
        }
    }

    fn literal(&mut self, node: &Node) -> Option<Typed> {
        let number = |mantissa, scale| Typed::new(FacetExpr::Number { mantissa, scale }, FacetKind::Number);
        match &node.kind {
            Kind::Int(value) => number(i128::from(*value), 0),
            Kind::Fraction(Fraction { exact: Some((mantissa, scale)), .. }) => number(*mantissa, *scale),
            Kind::Fraction(_) => {
                let message = "the number has more digits than an exact decimal can hold";
                self.fail(
                    Problem::new(codes::NUMBER, &node.at, message)
                        .expected("at most 37 digits after the point and 38 in all"),
                )
            }
            Kind::Bool(value) => Typed::new(FacetExpr::Bool(*value), FacetKind::Bool),
            Kind::Text(text) => Typed::new(FacetExpr::Text(text.clone()), FacetKind::Text),
            Kind::Missing => Some(Typed { expr: FacetExpr::Missing, kind: None, words: None }),
            _ => None,
        }
    }

    fn compare<'n>(
        &mut self,
        op: CmpOp,
        a: &'n Node,
        b: &'n Node,
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let value = match (&a.kind, &b.kind) {
            (Kind::Missing, _) => Some(b),
            (_, Kind::Missing) => Some(a),
            _ => None,
        };
        if let (Some(value), CmpOp::Eq | CmpOp::Ne) = (value, op) {
            let is_null = FacetExpr::IsNull(Box::new(self.typed(value, scope, depth)?.expr));
            let expr = if op == CmpOp::Eq { is_null } else { FacetExpr::Not(Box::new(is_null)) };
            return Typed::new(expr, FacetKind::Bool);
        }
        let (left, right) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
        let (left, right) = (left?, right?);
        let equality = matches!(op, CmpOp::Eq | CmpOp::Ne);
        match (left.kind, right.kind) {
            (Some(FacetKind::Number), Some(FacetKind::Number)) => {}
            (Some(x), Some(y)) if x == y && equality => {
                self.check_word(&left, &right.expr, &b.at)?;
                self.check_word(&right, &left.expr, &a.at)?;
            }
            (Some(x), Some(y)) if x == y => {
                let message = format!("{} has no order", word(x));
                let problem = Problem::new(codes::TYPE, at, message);
                return self.fail(problem.expected("two numbers, or == and !="));
            }
            (None, _) | (_, None) => {
                let problem = Problem::new(codes::ALWAYS_MISSING, at, "one side is always missing");
                return self.fail(problem.hint("write is_null(x)"));
            }
            (Some(x), Some(y)) => {
                let message = format!("{} is compared with {}", word(x), word(y));
                return self.fail(Problem::new(codes::TYPE, at, message).expected("two sides of one kind"));
            }
        }
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        Typed::new(FacetExpr::Compare(op, left, right), FacetKind::Bool)
    }

    /// A text that something never is would make a rule that never fires.
    fn check_word(&mut self, side: &Typed, other: &FacetExpr, at: &Range<usize>) -> Option<()> {
        let (Some(words), FacetExpr::Text(text)) = (&side.words, other) else { return Some(()) };
        if words.contains(text) {
            return Some(());
        }
        let problem = Problem::new(codes::NOT_A_CATEGORY, at, format!("this never is {text:?}"))
            .expected(format!("one of {}", names::few(words.iter().map(String::as_str))));
        let near = names::guess(text, words.iter().map(String::as_str));
        self.fail(match near {
            Some(guess) => problem.meant_text(guess),
            None => problem,
        })
    }

    fn membership<'n>(
        &mut self,
        value: &'n Node,
        list: &'n [Node],
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let value = self.typed(value, scope, depth)?;
        let mut items = Vec::new();
        for item in list {
            let constant = match &item.kind {
                Kind::Neg(inner) if matches!(inner.kind, Kind::Int(_) | Kind::Fraction(_)) => {
                    self.typed(item, scope, depth)?
                }
                Kind::Int(_) | Kind::Fraction(_) | Kind::Text(_) | Kind::Bool(_) => self.literal(item)?,
                _ => {
                    let problem = Problem::new(codes::LIST, &item.at, "the list holds more than constants");
                    return self.fail(problem.hint("x in [\"EMEA\", \"APAC\"]"));
                }
            };
            if constant.kind != value.kind {
                let message = format!("this is {}", constant.kind.map_or("missing", word));
                let expected = value.kind.map_or("a value", word);
                return self.fail(Problem::new(codes::TYPE, &item.at, message).expected(expected));
            }
            self.check_word(&value, &constant.expr, &item.at)?;
            items.push(constant.expr);
        }
        Typed::new(FacetExpr::In(Box::new(value.expr), items), FacetKind::Bool)
    }

    fn join(
        &mut self,
        a: Typed,
        b: Typed,
        at: &Range<usize>,
        build: impl FnOnce(Box<FacetExpr>, Box<FacetExpr>) -> FacetExpr,
    ) -> Option<Typed> {
        let kind = match (a.kind, b.kind) {
            (Some(x), Some(y)) if x != y => {
                let message = format!("one side is {}, the other {}", word(x), word(y));
                return self.fail(Problem::new(codes::TYPE, at, message).expected("two sides of one kind"));
            }
            (x, y) => x.or(y),
        };
        Some(Typed { expr: build(Box::new(a.expr), Box::new(b.expr)), kind, words: None })
    }

    fn call<'n>(
        &mut self,
        name: &str,
        arguments: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        const FUNCTIONS: [(&str, usize); 4] = [("abs", 1), ("max", 2), ("min", 2), ("is_null", 1)];
        let Some((_, arity)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
            let near = names::guess(name, FUNCTIONS.iter().map(|(known, _)| *known));
            let problem =
                Problem::new(codes::UNKNOWN_FUNCTION, at, format!("there is no function `{name}` here"))
                    .expected("abs(x), min(x, y), max(x, y) or is_null(x)");
            return self.fail(match near {
                Some(guess) => problem.meant(guess),
                None => problem.hint("make it a metric of its own"),
            });
        };
        if arguments.len() != *arity {
            let message = format!("`{name}` is called with {} arguments", arguments.len());
            return self.fail(Problem::new(codes::ARGUMENTS, at, message).expected(arity.to_string()));
        }
        if name == "is_null" {
            let operand = self.typed(arguments.first()?, scope, depth)?;
            return Typed::new(FacetExpr::IsNull(Box::new(operand.expr)), FacetKind::Bool);
        }
        let function = match name {
            "abs" => FacetFn::Abs,
            "min" => FacetFn::Min,
            _ => FacetFn::Max,
        };
        let args: Vec<Option<FacetExpr>> = arguments
            .iter()
            .map(|argument| self.of_kind(argument, FacetKind::Number, scope, depth))
            .collect();
        Typed::new(FacetExpr::Call(function, args.into_iter().collect::<Option<_>>()?), FacetKind::Number)
    }

    fn lets<'n>(&mut self, lets: &'n [Let], scope: &Scope<'n>, depth: usize) -> Scope<'n> {
        let mut scope = scope.clone();
        for binding in lets {
            let refused = self.typed(&binding.value, &scope, depth).is_none();
            scope = Some(Rc::new(Binding { refused, ..Binding::new(binding, &scope) }));
        }
        scope
    }

    fn name<'n>(&mut self, name: &str, at: &Range<usize>, scope: &Scope<'n>, depth: usize) -> Option<Typed> {
        if let Some(binding) = names::look_up(scope, name) {
            if binding.refused {
                return None;
            }
            return self.typed(binding.value, &binding.sees, depth);
        }
        match self.names.look_up(name) {
            Ok(FacetSymbol { name, kind, words }) => {
                Some(Typed { expr: FacetExpr::Name(name), kind: Some(kind), words })
            }
            Err(mistake) => {
                let problem = Problem::new(mistake.code.unwrap_or(codes::UNKNOWN_NAME), at, mistake.message);
                self.fail(Problem { hint: mistake.hint, ..problem })
            }
        }
    }
}

fn word(kind: FacetKind) -> &'static str {
    match kind {
        FacetKind::Number => "a number",
        FacetKind::Bool => "a truth value",
        FacetKind::Text => "text",
    }
}
