//! A formula reader of a few lines, so that the loader is tested without the real one: columns,
//! metrics, literals, aggregates, `== > && / + *`.

use super::super::formula::{CellScope, FormulaReader, Problem};
use crate::model::{
    AggFunc, Aggregate, ArithOp, Cell, CmpOp, ColumnId, ColumnType, Const, Row, RowNode, RowType, Table,
};

pub(crate) struct Fake;

/// A token and the byte where it begins.
type Token<'t> = (usize, &'t str);

struct Tokens<'t> {
    list: Vec<Token<'t>>,
    next: usize,
    end: usize,
}

impl<'t> Tokens<'t> {
    fn new(text: &'t str) -> Self {
        let mut list = Vec::new();
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let rest = &text[at..];
            let length = if first.is_whitespace() {
                at += first.len_utf8();
                continue;
            } else if first == '"' {
                rest[1..].find('"').map_or(rest.len(), |end| end + 2)
            } else if first.is_alphanumeric() || first == '_' {
                rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
                    .unwrap_or(rest.len())
            } else if ["==", "&&", "||"].iter().any(|two| rest.starts_with(two)) {
                2
            } else {
                first.len_utf8()
            };
            list.push((at, &text[at..at + length]));
            at += length;
        }
        Self {
            list,
            next: 0,
            end: text.len(),
        }
    }

    fn peek(&self) -> &'t str {
        self.list.get(self.next).map_or("", |token| token.1)
    }

    fn take(&mut self) -> Token<'t> {
        let token = self.list.get(self.next).copied().unwrap_or((self.end, ""));
        self.next += 1;
        token
    }

    fn expect(&mut self, wanted: &str) -> Result<(), Problem> {
        let token = self.take();
        if token.1 == wanted {
            Ok(())
        } else {
            Err(problem("RM0299", token, format!("no `{wanted}` here")))
        }
    }

    fn done(&mut self) -> Result<(), Problem> {
        let token = self.take();
        if token.1.is_empty() {
            Ok(())
        } else {
            Err(problem("RM0299", token, "something too much".into()))
        }
    }
}

fn problem(code: &'static str, (at, text): Token<'_>, message: String) -> Problem {
    Problem {
        code,
        at: at..at + text.len(),
        message,
        expected: None,
        hint: None,
    }
}

fn row(tokens: &mut Tokens<'_>, table: &Table) -> Result<Row, Problem> {
    let mut left = comparison(tokens, table)?;
    while tokens.peek() == "&&" {
        tokens.take();
        let right = comparison(tokens, table)?;
        left = Row {
            ty: RowType::Bool,
            node: RowNode::And(Box::new(left), Box::new(right)),
        };
    }
    Ok(left)
}

fn comparison(tokens: &mut Tokens<'_>, table: &Table) -> Result<Row, Problem> {
    let left = leaf(tokens, table)?;
    let op = match tokens.peek() {
        "==" => CmpOp::Eq,
        ">" => CmpOp::Gt,
        _ => return Ok(left),
    };
    tokens.take();
    let right = leaf(tokens, table)?;
    Ok(Row {
        ty: RowType::Bool,
        node: RowNode::Compare(op, Box::new(left), Box::new(right)),
    })
}

fn leaf(tokens: &mut Tokens<'_>, table: &Table) -> Result<Row, Problem> {
    let token = tokens.take();
    let constant = |ty, value| {
        Ok(Row {
            ty,
            node: RowNode::Const(value),
        })
    };
    if let Some(text) = token.1.strip_prefix('"') {
        return constant(RowType::Text, Const::Text(text.trim_end_matches('"').to_owned()));
    }
    if let Ok(number) = token.1.parse() {
        return constant(RowType::Int, Const::Int(number));
    }
    if let Ok(value) = token.1.parse() {
        return constant(RowType::Bool, Const::Bool(value));
    }
    let Some(position) = table.columns.iter().position(|column| column.name == token.1) else {
        return Err(problem("RM0298", token, format!("no column `{}`", token.1)));
    };
    let ty = match table.columns[position].ty {
        ColumnType::Int => RowType::Int,
        ColumnType::Decimal(scale) => RowType::Decimal(scale),
        ColumnType::Float => RowType::Float,
        ColumnType::Bool => RowType::Bool,
        ColumnType::Category(_) | ColumnType::Id => RowType::Text,
        ColumnType::Date => RowType::Date,
        ColumnType::Timestamp => RowType::Timestamp,
    };
    Ok(Row {
        ty,
        node: RowNode::Column(ColumnId(position)),
    })
}

fn cell(tokens: &mut Tokens<'_>, scope: &CellScope<'_>) -> Result<Cell, Problem> {
    let mut left = factor(tokens, scope)?;
    loop {
        let op = match tokens.peek() {
            "+" => ArithOp::Add,
            "*" => ArithOp::Mul,
            "/" => ArithOp::Div,
            ">" => {
                tokens.take();
                let right = factor(tokens, scope)?;
                return Ok(Cell::Compare(CmpOp::Gt, Box::new(left), Box::new(right)));
            }
            _ => return Ok(left),
        };
        tokens.take();
        let right = factor(tokens, scope)?;
        left = Cell::Arith(op, Box::new(left), Box::new(right));
    }
}

fn factor(tokens: &mut Tokens<'_>, scope: &CellScope<'_>) -> Result<Cell, Problem> {
    let token = tokens.take();
    if let Ok(mantissa) = token.1.parse() {
        return Ok(Cell::Number { mantissa, scale: 0 });
    }
    let func = match token.1 {
        "sum" => AggFunc::Sum,
        "average" => AggFunc::Average,
        "count" | "count_if" => AggFunc::Count,
        name => {
            let known = scope.metrics.iter().find(|metric| metric.name == name);
            return match known {
                Some(metric) => Ok(Cell::Metric(metric.id)),
                None => Err(problem("RM0298", token, format!("no metric `{name}`"))),
            };
        }
    };
    let Some(id) = scope.table else {
        return Err(problem("RM0297", token, "no table".into()));
    };
    tokens.expect("(")?;
    let arg = if tokens.peek() == ")" {
        None
    } else {
        Some(row(tokens, &scope.tables[id.0])?)
    };
    tokens.expect(")")?;
    let (arg, condition) = if token.1 == "count_if" {
        (None, arg)
    } else {
        (arg, None)
    };
    let filter = match (scope.filter.cloned(), condition) {
        (Some(a), Some(b)) => Some(Row {
            ty: RowType::Bool,
            node: RowNode::And(Box::new(a), Box::new(b)),
        }),
        (a, b) => a.or(b),
    };
    Ok(Cell::Aggregate(Box::new(Aggregate {
        table: id,
        at: scope.at,
        func,
        arg,
        filter,
    })))
}

impl FormulaReader for Fake {
    fn row(&self, text: &str, table: &Table) -> Result<Row, Vec<Problem>> {
        let mut tokens = Tokens::new(text);
        let row = row(&mut tokens, table).map_err(|problem| vec![problem])?;
        tokens.done().map_err(|problem| vec![problem])?;
        Ok(row)
    }

    fn cell(&self, text: &str, scope: &CellScope<'_>) -> Result<Cell, Vec<Problem>> {
        let mut tokens = Tokens::new(text);
        let cell = cell(&mut tokens, scope).map_err(|problem| vec![problem])?;
        tokens.done().map_err(|problem| vec![problem])?;
        Ok(cell)
    }
}
