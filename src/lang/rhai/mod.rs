//! Rhai as the parser: text to our own syntax tree. The only module that names the crate.
//!
//! Rhai reads; nothing here evaluates. Its parser is run without optimiser, functions or packages, on text
//! whose tokens [`vocabulary`](super::vocabulary) has accepted, and its tree is rewritten at once. Where
//! its tree says less than the text (end of a token, digits of a number, parentheses) the tokens are asked.

mod flow;

use super::codes;
use super::limits;
use super::literal::{self, Fraction};
use super::problem::Problem;
use super::syntax::{BitOp, Kind, Let, Node};
use super::tokens::{TokenKind, Tokens};
use super::vocabulary;
use crate::model::{ArithOp, CmpOp};
use flow::End;
use rhai::{
    ASTFlags, Engine, Expr, FnCallExpr, LexError, OptimizationLevel, ParseError, ParseErrorType, Position,
    Token,
};
use std::ops::Range;

// A crate elsewhere in a build may switch on Rhai's features `only_i32` or `f32_float`.
const _: () = assert!(size_of::<rhai::INT>() == 8 && size_of::<rhai::FLOAT>() == 8);

/// Parses a text whose tokens have been accepted.
pub(super) fn parse(tokens: &Tokens<'_>, text: &str, problems: &mut Vec<Problem>) -> Option<Node> {
    let with_division = spelt_out(tokens, text);
    let text = with_division.as_deref().unwrap_or(text);
    let mut engine = Engine::new_raw();
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_expr_depths(limits::PARSER_DEPTH, limits::PARSER_DEPTH);
    let mut reader = Reader { tokens, end: text.len(), problems };
    // An expression first: as a script, `if a {1} else {2} + 3` would be two statements.
    let ast = match engine.compile_expression(text) {
        Ok(ast) => ast,
        Err(as_expression) => match engine.compile(text) {
            Ok(ast) => ast,
            Err(as_script) => {
                let is_script =
                    tokens.list().iter().any(|token| matches!(tokens.text(token), "let" | ";" | "return"));
                reader.refuse_text(if is_script { &as_script } else { &as_expression });
                return None;
            }
        },
    };
    Some(reader.body(ast.statements(), &(text.len()..text.len()), 0, End::Whole))
}

/// `won per mql` is `won / mql`. The sign takes as many bytes as the word, so that places stay.
fn spelt_out(tokens: &Tokens<'_>, text: &str) -> Option<String> {
    let places: Vec<_> =
        (1..tokens.list().len()).filter(|&index| vocabulary::is_per(tokens, index)).collect();
    if places.is_empty() {
        return None;
    }
    let mut text = text.to_owned();
    for at in places.into_iter().filter_map(|index| tokens.list().get(index)).map(|token| token.at.clone()) {
        text.replace_range(at, "/  ");
    }
    Some(text)
}

struct Reader<'a, 'p> {
    tokens: &'a Tokens<'a>,
    /// Length of the text.
    end: usize,
    problems: &'p mut Vec<Problem>,
}

impl Reader<'_, '_> {
    fn byte(&self, position: Position) -> usize {
        match position.line() {
            Some(line) => self.tokens.byte(line, position.position().unwrap_or(1)),
            None => self.end,
        }
    }

    /// The bytes of the token at a position.
    fn at(&self, position: Position) -> Range<usize> {
        self.tokens.range_at(self.byte(position))
    }

    fn refuse(&mut self, problem: Problem) -> Node {
        let at = problem.at.clone();
        self.problems.push(problem);
        Node::new(at, Kind::Refused)
    }

    /// A construct that the token check cannot see.
    fn refuse_construct(&mut self, position: Position, message: &str, hint: &str) -> Node {
        let at = self.at(position);
        self.refuse(Problem::new(codes::NOT_IN_LANGUAGE, &at, message).hint(hint))
    }

    /// Says in our words what the parser could not read.
    fn refuse_text(&mut self, error: &ParseError) {
        let at = self.at(error.position());
        let syntax = |message: String| Problem::new(codes::SYNTAX, &at, message);
        let problem = match error.err_type() {
            ParseErrorType::UnexpectedEOF => syntax("the formula ends too early".into()).expected("a value"),
            ParseErrorType::MissingToken(token, _) if at.is_empty() => {
                syntax("the formula ends too early".into()).expected(format!("`{token}`"))
            }
            ParseErrorType::MissingToken(token, _) => {
                syntax(format!("unexpected `{}`", self.text(&at))).expected(format!("`{token}`"))
            }
            ParseErrorType::BadInput(LexError::UnexpectedInput(_)) if !at.is_empty() => {
                syntax(format!("unexpected `{}`", self.text(&at)))
            }
            ParseErrorType::Reserved(word) => syntax(format!("`{word}` is a reserved word"))
                .hint("give the column or metric another name; `source` keeps the name that the data uses"),
            ParseErrorType::ExprTooDeep => limits::too_large(&at),
            ParseErrorType::VariableExpected => syntax("`let` needs a name".into()).hint("let name = value;"),
            ParseErrorType::PropertyExpected => {
                syntax("a function's name is expected after the point".into()).expected("f in x.f()")
            }
            ParseErrorType::MismatchedType(wanted, found) => {
                Problem::new(codes::TYPE, &at, format!("this is {found}")).expected(wanted.clone())
            }
            other => syntax(format!("this cannot be read: {other}")),
        };
        self.problems.push(problem);
    }

    fn text(&self, at: &Range<usize>) -> String {
        let token = self.tokens.list().get(self.tokens.index_at(at.start));
        token.map_or(String::new(), |token| self.tokens.text(token).to_owned())
    }

    fn expression(&mut self, expression: &Expr, depth: usize) -> Node {
        let position = expression.position();
        let at = self.at(position);
        if depth > limits::DEPTH {
            return self.refuse(limits::too_large(&at));
        }
        let kind = match expression {
            Expr::BoolConstant(value, _) => Kind::Bool(*value),
            Expr::IntegerConstant(value, _) => Kind::Int(*value),
            Expr::FloatConstant(..) => return self.fraction(at),
            Expr::StringConstant(text, _) => Kind::Text(text.to_string()),
            Expr::Unit(_) => return Node::new(at.start..self.closing(at.start), Kind::Missing),
            Expr::Variable(variable, ..) => Kind::Name(variable.1.to_string()),
            Expr::Stmt(block) => return self.block(block, depth, End::Inner),
            Expr::FnCall(call, position) => return self.call(call, *position, depth),
            Expr::Dot(parts, flags, _) => return self.chain(parts, *flags, depth),
            Expr::And(operands, _) => return self.fold(operands, "&&", at, Kind::And, depth),
            Expr::Or(operands, _) => return self.fold(operands, "||", at, Kind::Or, depth),
            Expr::Coalesce(operands, _) => return self.fold(operands, "??", at, Kind::Coalesce, depth),
            Expr::Array(..) => {
                return self.refuse_construct(position, "a list is only allowed behind `in`", "x in [1, 2]");
            }
            Expr::Index(..) => {
                return self.refuse_construct(position, "values cannot be indexed", "name the column");
            }
            _ => {
                return self.refuse_construct(
                    position,
                    "this is no part of the formula language",
                    "formulas consist of columns, metrics, numbers, operators and listed functions",
                );
            }
        };
        Node::new(at, kind)
    }

    /// Where the `)` of `()` ends.
    fn closing(&self, open: usize) -> usize {
        self.tokens.list().get(self.tokens.index_at(open) + 1).map_or(self.end, |close| close.at.end)
    }

    /// A number that Rhai made a double of. Signs and parentheses before the digits are folded into it.
    fn fraction(&mut self, at: Range<usize>) -> Node {
        let mut negative = false;
        let mut index = self.tokens.index_at(at.start);
        while matches!(self.tokens.text_at(index), "-" | "+" | "(") {
            negative ^= self.tokens.text_at(index) == "-";
            index += 1;
        }
        let digits = self.tokens.text_at(index);
        let covered = at.start..self.tokens.list().get(index).map_or(at.end, |token| token.at.end);
        if literal::is_integer(digits) {
            let problem = Problem::new(codes::NUMBER, &covered, "the integer does not fit 64 bits");
            return self.refuse(problem.hint("write it with a point, as a fraction"));
        }
        match Fraction::read(digits, negative) {
            Some(value) => Node::new(covered, Kind::Fraction(value)),
            None => self.refuse(Problem::new(codes::NUMBER, &covered, "this number cannot be read")),
        }
    }

    /// `a && b && c` arrives as one list; it becomes `(a && b) && c`.
    fn fold(
        &mut self,
        operands: &[Expr],
        symbol: &str,
        at: Range<usize>,
        join: fn(Box<Node>, Box<Node>) -> Kind,
        depth: usize,
    ) -> Node {
        if operands.len() + depth > limits::DEPTH {
            return self.refuse(limits::too_large(&at));
        }
        let mut nodes =
            operands.iter().map(|operand| self.expression(operand, depth + 1)).collect::<Vec<_>>();
        // The operator before each operand: the last one between it and its left neighbour.
        let ends: Vec<usize> = nodes.iter().map(|node| node.at.start).collect();
        let mut rest = nodes.drain(..);
        let Some(mut left) = rest.next() else {
            return Node::new(at, Kind::Refused);
        };
        for (right, end) in rest.zip(ends.into_iter().skip(1)) {
            let before = self.tokens.index_at(end);
            let operator = (0..before).rev().find(|index| self.tokens.text_at(*index) == symbol);
            let place =
                operator.and_then(|index| self.tokens.list().get(index)).map(|token| token.at.clone());
            left = Node::new(place.unwrap_or_else(|| at.clone()), join(Box::new(left), Box::new(right)));
        }
        left
    }

    /// `a.f(b).g()`: Rhai nests these to the right.
    fn chain(&mut self, parts: &rhai::BinaryExpr, flags: ASTFlags, depth: usize) -> Node {
        let mut value = self.expression(&parts.lhs, depth + 1);
        let (mut rest, mut flags) = (&parts.rhs, flags);
        let mut depth = depth;
        loop {
            depth += 1;
            if depth > limits::DEPTH || flags.contains(ASTFlags::NEGATED) {
                let at = self.at(rest.position());
                return self.refuse(limits::too_large(&at));
            }
            let (step, next) = match rest {
                Expr::Dot(more, more_flags, _) => (&more.lhs, Some((&more.rhs, *more_flags))),
                step => (step, None),
            };
            value = match (step, value) {
                (Expr::MethodCall(call, position), value) => {
                    self.arguments(call, *position, Some(value), depth)
                }
                // `lead.channel` is one name: a column of the table that the lookup `lead` leads to.
                (Expr::Property(property, position), Node { at, kind: Kind::Name(head) }) => {
                    let end = self.at(*position).end;
                    Node::new(at.start..end, Kind::Name(format!("{head}.{}", property.2)))
                }
                (other, _) => self.refuse_construct(
                    other.position(),
                    "values have no parts",
                    "name columns of the formula's own table without the table's name",
                ),
            };
            match next {
                Some((more, more_flags)) => (rest, flags) = (more, more_flags),
                None => return value,
            }
        }
    }

    /// An operator or a function.
    fn call(&mut self, call: &FnCallExpr, position: Position, depth: usize) -> Node {
        let at = self.at(position);
        if depth > limits::DEPTH {
            return self.refuse(limits::too_large(&at));
        }
        let is_name = self.tokens.list().get(self.tokens.index_at(at.start)).map(|token| token.kind)
            == Some(TokenKind::Name);
        match (call.args.as_slice(), &call.op_token) {
            // `x in y` and `x !in y` arrive as `contains(y, x)` at the place of the operator.
            ([list, value], _) if call.name == "contains" && (!is_name || self.text(&at) == "in") => {
                self.membership(value, list, at, depth)
            }
            ([operand], Some(token)) => {
                let wrap = match token {
                    Token::Minus | Token::UnaryMinus => Kind::Neg,
                    Token::Plus | Token::UnaryPlus => Kind::Plus,
                    _ => Kind::Not,
                };
                let operand = self.expression(operand, depth + 1);
                Node::new(at, wrap(Box::new(operand)))
            }
            ([left, right], Some(token)) => self.operator(token, [left, right], at, depth),
            _ => self.arguments(call, position, None, depth),
        }
    }

    fn operator(&mut self, token: &Token, [left, right]: [&Expr; 2], at: Range<usize>, depth: usize) -> Node {
        enum Operator {
            Arith(ArithOp),
            Compare(CmpOp),
            Bits(BitOp),
        }
        use Operator::{Arith, Bits, Compare};
        let operator = match token {
            Token::Plus => Arith(ArithOp::Add),
            Token::Minus => Arith(ArithOp::Sub),
            Token::Multiply => Arith(ArithOp::Mul),
            Token::Divide => Arith(ArithOp::Div),
            Token::Modulo => Arith(ArithOp::Rem),
            Token::PowerOf => Arith(ArithOp::Pow),
            Token::EqualsTo => Compare(CmpOp::Eq),
            Token::NotEqualsTo => Compare(CmpOp::Ne),
            Token::LessThan => Compare(CmpOp::Lt),
            Token::LessThanEqualsTo => Compare(CmpOp::Le),
            Token::GreaterThan => Compare(CmpOp::Gt),
            Token::GreaterThanEqualsTo => Compare(CmpOp::Ge),
            Token::Ampersand => Bits(BitOp::And),
            Token::Pipe => Bits(BitOp::Or),
            Token::XOr => Bits(BitOp::Xor),
            Token::ExclusiveRange | Token::InclusiveRange => {
                let problem = Problem::new(codes::NOT_IN_LANGUAGE, &at, "a range stands only behind `in`");
                return self.refuse(problem.hint("x in 1..5, or x >= 1 && x < 5"));
            }
            _ => {
                let message = format!("`{}` is no operator of the formula language", self.text(&at));
                return self.refuse(Problem::new(codes::NOT_IN_LANGUAGE, &at, message));
            }
        };
        if matches!(operator, Arith(ArithOp::Pow)) && self.is_negated_power(left, &at) {
            let message = "it is not plain whether the minus or the power comes first";
            let problem = Problem::new(codes::NEGATED_POWER, &at, message);
            return self.refuse(problem.hint("write (-a) ** b or -(a ** b)"));
        }
        let left = Box::new(self.expression(left, depth + 1));
        let right = Box::new(self.expression(right, depth + 1));
        let kind = match operator {
            Arith(operator) => Kind::Arith(operator, left, right),
            Compare(operator) => Kind::Compare(operator, left, right),
            Bits(operator) => Kind::Bits(operator, left, right),
        };
        Node::new(at, kind)
    }

    /// Whether the left side of a power begins with a sign that no parentheses keep in.
    fn is_negated_power(&self, left: &Expr, power: &Range<usize>) -> bool {
        let is_signed = match left {
            Expr::FnCall(call, _) => call.args.len() == 1 && call.op_token.is_some(),
            Expr::IntegerConstant(..) | Expr::FloatConstant(..) => true,
            _ => false,
        };
        let start = self.tokens.index_at(self.at(left.position()).start);
        if !is_signed || self.tokens.text_at(start) != "-" {
            return false;
        }
        let Some(before) = self.tokens.index_at(power.start).checked_sub(1) else {
            return true;
        };
        // `(-a) ** b`: what ends before the power began before the sign.
        let enclosed = self.tokens.text_at(before) == ")"
            && self.tokens.opening(before).is_some_and(|open| open < start);
        !enclosed
    }

    fn membership(&mut self, value: &Expr, list: &Expr, at: Range<usize>, depth: usize) -> Node {
        let value = self.expression(value, depth + 1);
        if let Expr::FnCall(range, _) = list
            && let ([low, high], Some(token)) = (range.args.as_slice(), &range.op_token)
            && matches!(token, Token::ExclusiveRange | Token::InclusiveRange)
        {
            return self.within(value, [low, high], *token == Token::InclusiveRange, &at, depth);
        }
        let value = Box::new(value);
        let Expr::Array(items, _) = list else {
            let problem =
                Problem::new(codes::LIST, &at, "`in` needs a list of constants or a range on its right");
            return self.refuse(problem.hint("x in [1, 2, 3], or x in 1..=5"));
        };
        let items = items.iter().map(|item| self.expression(item, depth + 1)).collect();
        Node::new(at, Kind::In(value, items))
    }

    /// `value in low..high`.
    fn within(
        &mut self,
        value: Node,
        bounds: [&Expr; 2],
        inclusive: bool,
        at: &Range<usize>,
        depth: usize,
    ) -> Node {
        let [low, high] = bounds.map(|bound| self.expression(bound, depth + 1));
        for bound in [&low, &high] {
            if !matches!(bound.kind, Kind::Int(_) | Kind::Refused) {
                let problem =
                    Problem::new(codes::LIST, &bound.at, "a range goes from one whole number to another");
                return self.refuse(problem.expected("1..5 or 1..=5").hint("x >= a && x < b"));
            }
        }
        let name = format!("in {}", at.start);
        let again = Node::new(value.at.clone(), Kind::Name(name.clone()));
        let test = self.between(again, low, high, inclusive, at);
        Node::new(at.clone(), Kind::Block(vec![Let { name, value }], Box::new(test)))
    }

    fn arguments(
        &mut self,
        call: &FnCallExpr,
        position: Position,
        first: Option<Node>,
        depth: usize,
    ) -> Node {
        let at = self.at(position);
        if call.is_qualified() || call.capture_parent_scope {
            let problem = Problem::new(codes::NOT_IN_LANGUAGE, &at, "functions are called as f(x) or x.f()");
            return self.refuse(problem);
        }
        let rest = call.args.iter().map(|argument| self.expression(argument, depth + 1)).collect::<Vec<_>>();
        Node::new(at, Kind::Call(call.name.to_string(), first.into_iter().chain(rest).collect()))
    }
}
