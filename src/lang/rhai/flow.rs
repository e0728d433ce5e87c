//! Statements: `let`, guards that return early, `switch`. All of them become expressions here.
//!
//! `if c { return a; } rest` is `if c { a } else { rest }`. A `switch` is a chain of `if`s over a `let` of its value.

use super::Reader;
use crate::lang::codes;
use crate::lang::patterns::{self, Arm, Pattern};
use crate::lang::problem::Problem;
use crate::lang::syntax::{Kind, Let, Node};
use crate::model::CmpOp;
use rhai::{Engine, Expr, FlowControl, Stmt, StmtBlock, SwitchCasesCollection};
use std::ops::Range;

/// What a `return` means at the end of some statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// They are a part of a value: a `return` would leave more than them.
    Inner,
    /// Their value is that of the whole formula: guards may return before it.
    Whole,
    /// They are the block of a guard, and have to return.
    Guard,
}

impl Reader<'_, '_> {
    /// Statements that end in a value.
    pub(super) fn body(&mut self, statements: &[Stmt], end: &Range<usize>, depth: usize, ends: End) -> Node {
        let mut lets = Vec::new();
        let mut rest = statements;
        let value = loop {
            let Some((statement, behind)) = rest.split_first() else {
                break self.no_value(statements, end);
            };
            rest = behind;
            match statement {
                Stmt::Var(..) => lets.extend(self.binding(statement, depth)),
                Stmt::Return(value, flags, position) if !flags.contains(rhai::ASTFlags::BREAK) => {
                    let at = self.at(*position);
                    if let Some(behind) = behind.first() {
                        let place = self.at(behind.position());
                        let problem = Problem::new(codes::DISCARDED, &place, "this stands behind a `return`");
                        break self.refuse(problem.hint("remove it"));
                    }
                    break match value {
                        Some(value) if ends == End::Guard => self.expression(value, depth),
                        _ => self.misplaced_return(&at, ends),
                    };
                }
                Stmt::If(parts, position) if !behind.is_empty() && returns(parts) => {
                    let at = self.at(*position);
                    break self.guard(parts, &at, behind, end, depth, ends);
                }
                _ if behind.is_empty() && ends == End::Guard => {
                    let at = self.at(statement.position());
                    let problem = Problem::new(codes::RETURN, &at, "the guard's block does not return");
                    break self.refuse(problem.hint("if condition { return value; } rest"));
                }
                _ if behind.is_empty() => break self.statement(statement, depth, ends),
                _ => {
                    let at = self.at(statement.position());
                    self.problems.push(
                        Problem::new(
                            codes::DISCARDED,
                            &at,
                            "nothing uses this value; the formula goes on after it",
                        )
                        .hint("join the parts by an operator; an `if` that is an operand needs parentheses"),
                    );
                }
            }
        };
        if lets.is_empty() { value } else { Node::new(value.at.clone(), Kind::Block(lets, Box::new(value))) }
    }

    fn no_value(&mut self, statements: &[Stmt], end: &Range<usize>) -> Node {
        let problem = match statements.last() {
            None => Problem::new(codes::DISCARDED, end, "the block has no value").hint("end it with a value"),
            Some(last) => {
                let at = self.at(last.position());
                Problem::new(codes::DISCARDED, &at, "nothing follows the last `let`")
                    .hint("end with a value: let a = ..; a + 1")
            }
        };
        self.refuse(problem)
    }

    fn misplaced_return(&mut self, at: &Range<usize>, ends: End) -> Node {
        let hint = match ends {
            End::Guard => "return a value: if condition { return value; } rest",
            End::Whole => "a formula is its last value: write it without `return`",
            End::Inner => "only a guard before the rest of the formula returns: if condition { return a; } b",
        };
        self.refuse(Problem::new(codes::RETURN, at, "there is nothing to return from here").hint(hint))
    }

    /// `if c { return a; } rest`, also with `else if`.
    fn guard(
        &mut self,
        parts: &FlowControl,
        at: &Range<usize>,
        rest: &[Stmt],
        end: &Range<usize>,
        depth: usize,
        ends: End,
    ) -> Node {
        if depth > crate::lang::limits::DEPTH {
            return self.refuse(crate::lang::limits::too_large(at));
        }
        if ends == End::Inner {
            return self.misplaced_return(at, ends);
        }
        let condition = self.expression(&parts.expr, depth + 1);
        let then = self.block(&parts.body, depth + 1, End::Guard);
        let other = match parts.branch.statements() {
            [] => self.body(rest, end, depth + 1, ends),
            [Stmt::If(more, position)] if returns(more) => {
                let at = self.at(*position);
                self.guard(more, &at, rest, end, depth + 1, ends)
            }
            _ => {
                let at = self.at(parts.branch.position());
                let problem =
                    Problem::new(codes::RETURN, &at, "the rest behind this `else` is never reached");
                self.refuse(problem.hint("remove the `else`, or the `return` and what follows"))
            }
        };
        Node::new(at.clone(), Kind::If(Box::new(condition), Box::new(then), Box::new(other)))
    }

    fn binding(&mut self, statement: &Stmt, depth: usize) -> Option<Let> {
        let Stmt::Var(definition, ..) = statement else {
            return None;
        };
        let (name, value, _) = &**definition;
        let value = match value {
            Expr::Unit(position) if position.is_none() => {
                let at = self.at(name.pos);
                let problem = Problem::new(codes::SYNTAX, &at, format!("`{}` gets no value", name.name));
                self.refuse(problem.hint("let name = value;"))
            }
            value => self.expression(value, depth + 1),
        };
        Some(Let { name: name.name.to_string(), value })
    }

    fn statement(&mut self, statement: &Stmt, depth: usize, ends: End) -> Node {
        match statement {
            Stmt::Expr(value) => match &**value {
                // A value in braces or an `if` that ends the formula: what it returns, the formula does.
                Expr::Stmt(block) => self.block(block, depth, ends),
                value => self.expression(value, depth),
            },
            Stmt::FnCall(call, position) => self.call(call, *position, depth),
            Stmt::Block(block) => self.block(block, depth, ends),
            Stmt::If(parts, position) => {
                let at = self.at(*position);
                if parts.branch.is_empty() && parts.branch.position().is_none() {
                    let problem = Problem::new(codes::NO_ELSE, &at, "an `if` in a formula needs an `else`");
                    return self.refuse(problem.hint("add else { () } where there is no value"));
                }
                let condition = self.expression(&parts.expr, depth + 1);
                let then = self.block(&parts.body, depth + 1, ends);
                // `else if` arrives as a branch that holds one `if`.
                let other = self.block(&parts.branch, depth + 1, ends);
                Node::new(at, Kind::If(Box::new(condition), Box::new(then), Box::new(other)))
            }
            Stmt::Switch(parts, position) => {
                let at = self.at(*position);
                self.switch(&parts.0, &parts.1, &at, depth)
            }
            Stmt::Return(_, _, position) => {
                let at = self.at(*position);
                self.misplaced_return(&at, ends)
            }
            Stmt::Assignment(..) => self.refuse_construct(
                statement.position(),
                "a formula cannot assign",
                "equality is written ==; a name is given with let name = value;",
            ),
            other => self.refuse_construct(
                other.position(),
                "this statement is no part of the formula language",
                "a formula is a value",
            ),
        }
    }

    pub(super) fn block(&mut self, block: &StmtBlock, depth: usize, ends: End) -> Node {
        let end = self.at(block.end_position());
        self.body(block.statements(), &end, depth, ends)
    }

    /// `switch value { .. }` as `let v = value; if v == .. { .. } else ..`.
    fn switch(
        &mut self,
        value: &Expr,
        cases: &SwitchCasesCollection,
        at: &Range<usize>,
        depth: usize,
    ) -> Node {
        let arms = match patterns::arms(self.tokens, self.tokens.index_at(at.start)) {
            Ok(arms) => arms,
            Err(problem) => return self.refuse(problem),
        };
        let value = self.expression(value, depth + 1);
        if arms.len() != cases.expressions.len() || arms.len() + depth > crate::lang::limits::DEPTH {
            return self.refuse(crate::lang::limits::too_large(at));
        }
        let Some(((default, last), earlier)) = arms
            .iter()
            .zip(&cases.expressions)
            .collect::<Vec<_>>()
            .split_last()
            .map(|(l, e)| (*l, e.to_vec()))
        else {
            let problem = Problem::new(codes::SWITCH, at, "the `switch` has no arms");
            return self.refuse(problem.hint("switch value { 1 => a, _ => b }"));
        };
        if !default.patterns.is_empty() {
            let problem = Problem::new(codes::NO_ELSE, at, "a `switch` in a formula ends with `_`");
            return self.refuse(problem.hint("add _ => () where there is no value"));
        }
        if earlier.is_empty() {
            let problem = Problem::new(codes::SWITCH, at, "the `switch` has only the arm `_`");
            return self.refuse(problem.hint("write the value of that arm alone"));
        }
        // No name that a formula can write has a space.
        let name = format!("switch {}", at.start);
        let subject = |at: &Range<usize>| Box::new(Node::new(at.clone(), Kind::Name(name.clone())));
        let mut chain = self.expression(&last.rhs, depth + 1);
        let mut missing = None;
        for (arm, case) in earlier.iter().rev() {
            let body = self.expression(&case.rhs, depth + 1);
            if let [Pattern::Missing(at)] = arm.patterns.as_slice()
                && !arm.has_guard
            {
                missing = Some((at.clone(), body));
                continue;
            }
            let mut condition = self.matches(arm, &subject);
            if arm.has_guard {
                let guard = self.expression(&case.lhs, depth + 1);
                let kind = Kind::Guarded(Box::new(condition), Box::new(guard));
                condition = Node::new(arm.at.clone(), kind);
            }
            chain = Node::new(arm.at.clone(), Kind::If(Box::new(condition), Box::new(body), Box::new(chain)));
        }
        // A missing value equals nothing and differs from nothing, so this question comes before all others.
        if let Some((at, body)) = missing {
            let test = Node::new(at.clone(), Kind::Call("is_null".into(), vec![*subject(&at)]));
            chain = Node::new(at, Kind::If(Box::new(test), Box::new(body), Box::new(chain)));
        }
        let value = Node::new(value.at.clone(), Kind::Subject(Box::new(value)));
        Node::new(at.clone(), Kind::Block(vec![Let { name, value }], Box::new(chain)))
    }

    /// Whether the value of a `switch` is one of the patterns of an arm.
    fn matches(&mut self, arm: &Arm, subject: &impl Fn(&Range<usize>) -> Box<Node>) -> Node {
        let mut condition: Option<Node> = None;
        let mut constants = Vec::new();
        if arm.patterns.len() > crate::lang::limits::NODES / 8 {
            return self.refuse(crate::lang::limits::too_large(&arm.at));
        }
        for pattern in &arm.patterns {
            let test = match pattern {
                Pattern::Constant(at) => {
                    constants.push(self.constant(at));
                    continue;
                }
                Pattern::Missing(at) => {
                    let problem = Problem::new(codes::SWITCH, at, "() stands in an arm of its own");
                    self.refuse(problem.hint("() => value, without a guard"))
                }
                Pattern::Range { at, low, high, inclusive } => {
                    let (low, high) = (self.constant(low), self.constant(high));
                    self.between(*subject(at), low, high, *inclusive, at)
                }
            };
            condition = Some(match condition {
                Some(before) => Node::new(arm.at.clone(), Kind::Or(Box::new(before), Box::new(test))),
                None => test,
            });
        }
        let equal = match constants.len() {
            0 => None,
            1 => constants.pop().map(|constant| {
                let at = constant.at.clone();
                Node::new(at.clone(), Kind::Compare(CmpOp::Eq, subject(&at), Box::new(constant)))
            }),
            _ => Some(Node::new(arm.at.clone(), Kind::In(subject(&arm.at), constants))),
        };
        match (equal, condition) {
            (Some(equal), Some(condition)) => {
                Node::new(arm.at.clone(), Kind::Or(Box::new(equal), Box::new(condition)))
            }
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => {
                let problem = Problem::new(codes::SWITCH, &arm.at, "`_` stands last, and only once");
                self.refuse(problem.hint("move it behind all other arms, without a guard"))
            }
        }
    }

    /// `low <= value && value < high`, or `<=`.
    pub(super) fn between(
        &mut self,
        value: Node,
        low: Node,
        high: Node,
        inclusive: bool,
        at: &Range<usize>,
    ) -> Node {
        if let (Kind::Int(low), Kind::Int(high)) = (&low.kind, &high.kind)
            && (low > high || (low == high && !inclusive))
        {
            let problem = Problem::new(codes::LIST, at, "the range is empty");
            return self.refuse(problem.expected("the smaller number first: 1..5 or 1..=5"));
        }
        let below = if inclusive { CmpOp::Le } else { CmpOp::Lt };
        let from = Kind::Compare(CmpOp::Ge, Box::new(value.clone()), Box::new(low));
        let to = Kind::Compare(below, Box::new(value), Box::new(high));
        let (from, to) = (Node::new(at.clone(), from), Node::new(at.clone(), to));
        Node::new(at.clone(), Kind::And(Box::new(from), Box::new(to)))
    }

    /// A constant of a pattern, read by Rhai from its own bytes.
    fn constant(&mut self, at: &Range<usize>) -> Node {
        let text = self.tokens.slice(at);
        let kind = match Engine::new_raw().compile_expression(text).as_ref().map(|ast| ast.statements()) {
            Ok([Stmt::Expr(value)]) => match &**value {
                Expr::IntegerConstant(value, _) => Kind::Int(*value),
                Expr::BoolConstant(value, _) => Kind::Bool(*value),
                Expr::StringConstant(value, _) => Kind::Text(value.to_string()),
                _ => Kind::Refused,
            },
            _ => Kind::Refused,
        };
        match kind {
            Kind::Refused => {
                let problem = Problem::new(codes::NUMBER, at, "the integer does not fit 64 bits");
                self.refuse(problem)
            }
            kind => Node::new(at.clone(), kind),
        }
    }
}

/// Whether an `if` is a guard: what it does where its condition holds ends with `return`.
fn returns(parts: &FlowControl) -> bool {
    matches!(parts.body.statements().last(), Some(Stmt::Return(..)))
}
