//! Cell expressions to cell code: metrics as exact rationals over slots, rounded once at the end.

use super::known::Known;
use super::question::{Question, problem};
use super::rows::{SlotSpec, relation, slot_hashes};
use super::{Exactness, aggregates_of, meaning};
use crate::diagnostic::Diagnostic;
use crate::model::{
    AggFunc, Aggregate, ArithOp, Book, Cell, CellFn, Const, Metric, MetricId, MetricKind, RowType,
};
use ripplemark_core::cell::width::{self, Needs, Source};
use ripplemark_core::num::Width;
use ripplemark_core::program::layout::NONE;
use ripplemark_core::program::op::{CellOp, Instruction, SlotKind};
use std::collections::HashMap;

/// The cell code of a program.
pub(super) struct CellCode {
    pub(super) code: Vec<[u8; 16]>,
    /// Words of numerator and denominator for each instruction.
    pub(super) widths: Vec<Needs>,
    pub(super) consts: Vec<i128>,
    pub(super) metrics: Vec<MetricCells>,
}

/// Where a metric's numbers are.
pub(super) struct MetricCells {
    pub(super) id: MetricId,
    pub(super) value: u32,
    pub(super) numerator: u32,
    pub(super) denominator: u32,
    pub(super) n: u32,
    pub(super) shape: Shape,
    pub(super) meaning: [u8; 32],
}

/// What is known about an expression's number without computing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) exactness: Exactness,
    /// Digits after the point with which it can be written; `None` for a fraction.
    pub(super) scale: Option<u8>,
}

impl Shape {
    const INTEGER: Shape = Shape { exactness: Exactness::Exact, scale: Some(0) };

    fn join(self, other: Shape, scale: impl Fn(u8, u8) -> Option<u8>) -> Shape {
        use Exactness::{Exact, ExactOverFloats, Rounded};
        let exactness = match (self.exactness, other.exactness) {
            (Rounded, _) | (_, Rounded) => Rounded,
            (ExactOverFloats, _) | (_, ExactOverFloats) => ExactOverFloats,
            (Exact, Exact) => Exact,
        };
        let scale = self.scale.zip(other.scale).and_then(|(a, b)| scale(a, b)).filter(|&digits| digits <= 38);
        Shape { exactness, scale }
    }
}

pub(super) fn shape(book: &Known<'_>, cell: &Cell) -> Shape {
    let larger = |a: u8, b: u8| Some(a.max(b));
    match cell {
        Cell::Number { scale, .. } => Shape { scale: Some(*scale), ..Shape::INTEGER },
        Cell::Bool(_) | Cell::Not(_) | Cell::And(..) | Cell::Or(..) | Cell::IsNull(_) => Shape::INTEGER,
        Cell::Aggregate(a) => aggregate_shape(a),
        Cell::Metric(id) => book.shape(*id, || {
            book.metrics.get(id.0).map_or(Shape::INTEGER, |metric| metric_shape(book, metric))
        }),
        Cell::Neg(a) => shape(book, a),
        Cell::Arith(ArithOp::Mul, a, b) => shape(book, a).join(shape(book, b), u8::checked_add),
        Cell::Arith(ArithOp::Add | ArithOp::Sub, a, b) => shape(book, a).join(shape(book, b), larger),
        Cell::Arith(_, a, b) => shape(book, a).join(shape(book, b), |_, _| None),
        Cell::Compare(_, a, b) => shape(book, a).join(shape(book, b), larger),
        Cell::If(c, a, b) => {
            let chosen = shape(book, a).join(shape(book, b), larger);
            Shape { scale: chosen.scale, ..shape(book, c).join(chosen, larger) }
        }
        Cell::Coalesce(a, b) => shape(book, a).join(shape(book, b), larger),
        Cell::Call(CellFn::Abs, args) => args.first().map_or(Shape::INTEGER, |a| shape(book, a)),
        Cell::Call(CellFn::Min | CellFn::Max, args) => {
            args.iter().map(|a| shape(book, a)).reduce(|a, b| a.join(b, larger)).unwrap_or(Shape::INTEGER)
        }
        Cell::Call(CellFn::Floor | CellFn::Ceil, args) => rounded_shape(book, args, 0),
        Cell::Call(CellFn::Round(digits), args) => rounded_shape(book, args, *digits),
        Cell::Call(
            CellFn::Sqrt | CellFn::Ln | CellFn::Log10 | CellFn::Log2 | CellFn::Exp | CellFn::Pow,
            _,
        ) => Shape { exactness: Exactness::Rounded, scale: None },
    }
}

/// Rounding to digits is exact over what it rounds, and its result can be written with them.
fn rounded_shape(book: &Known<'_>, args: &[Cell], digits: u8) -> Shape {
    let of = args.first().map_or(Shape::INTEGER, |a| shape(book, a));
    Shape { scale: Some(digits), ..of }
}

fn metric_shape(book: &Known<'_>, metric: &Metric) -> Shape {
    let own = shape(book, &metric.value);
    match &metric.fill_nulls_with {
        Some(Const::Decimal { scale, .. }) => Shape { scale: own.scale.map(|s| s.max(*scale)), ..own },
        _ => own,
    }
}

fn aggregate_shape(aggregate: &Aggregate) -> Shape {
    let ty = aggregate.arg.as_ref().map(|row| row.ty);
    let exactness = if aggregate.func != AggFunc::Count && ty == Some(RowType::Float) {
        Exactness::ExactOverFloats
    } else {
        Exactness::Exact
    };
    let scale = match (aggregate.func, ty) {
        (AggFunc::Count, _) => Some(0),
        (AggFunc::Average, _) => None,
        (_, Some(RowType::Decimal(scale))) => Some(scale),
        _ => Some(0),
    };
    Shape { exactness, scale }
}

pub(super) fn lower(
    book: &Book,
    question: &Question<'_>,
    slots: &[SlotSpec],
) -> Result<CellCode, Vec<Diagnostic>> {
    let mut writer = Writer {
        book,
        of_metrics: Known::new(book),
        question,
        slots,
        code: Vec::new(),
        widths: Vec::new(),
        consts: Vec::new(),
        known: HashMap::new(),
        metrics: HashMap::new(),
        too_wide: false,
    };
    let mut metrics = Vec::new();
    let mut problems = Vec::new();
    for &id in &question.metrics {
        let Some(metric) = book.metrics.get(id.0) else { continue };
        metrics.push(writer.metric_cells(id, metric));
        if std::mem::take(&mut writer.too_wide) {
            let owners: Vec<&str> = metric
                .owners
                .iter()
                .filter_map(|team| book.teams.get(team.0))
                .map(|team| team.name.as_str())
                .collect();
            problems.push(Diagnostic {
                metric: Some(metric.name.clone()),
                owner: Some(owners.join(", ")),
                expected: Some(format!("numbers of at most {} bits", width::MAX_WORDS * 64)),
                ..problem(
                    "RM0312",
                    format!(
                        "metric `{}` multiplies so many exact sums that its numbers become too wide",
                        metric.name
                    ),
                    Some("split the formula, or declare money as decimal".into()),
                )
            });
        }
    }
    if problems.is_empty() {
        Ok(CellCode { code: writer.code, widths: writer.widths, consts: writer.consts, metrics })
    } else {
        Err(problems)
    }
}

struct Writer<'b, 'q> {
    book: &'b Book,
    of_metrics: Known<'b>,
    question: &'q Question<'b>,
    slots: &'q [SlotSpec],
    code: Vec<[u8; 16]>,
    widths: Vec<Needs>,
    consts: Vec<i128>,
    known: HashMap<[u8; 16], u32>,
    /// Registers of metrics that formulas refer to.
    metrics: HashMap<MetricId, u32>,
    too_wide: bool,
}

impl Writer<'_, '_> {
    fn emit(&mut self, op: CellOp, aux: u8, a: u32, b: u32, c: u32) -> u32 {
        let bytes = Instruction::<CellOp>::encode(op as u8, aux, a, b, c);
        if let Some(&register) = self.known.get(&bytes) {
            return register;
        }
        let width = |r: u32| {
            self.widths.get(r as usize).map_or(Width { num: 0, den: 0 }, |needs| Width {
                num: needs.numerator,
                den: needs.denominator,
            })
        };
        let source = match op {
            CellOp::Number => Source::Number(b as u8),
            CellOp::Slot => self
                .slots
                .get(a as usize)
                .map_or(Source::Slot(SlotKind::Count, 0), |s| Source::Slot(s.kind, s.scale)),
            CellOp::RoundTo => Source::Digits(width(a), b as u8),
            CellOp::Bool => Source::Registers(width(NONE), width(NONE), width(NONE)),
            _ => Source::Registers(width(a), width(b), width(c)),
        };
        let needs = width::needs(op, source).unwrap_or_else(|| {
            self.too_wide = true;
            Needs { numerator: 0, denominator: 0, scratch: 0 }
        });
        let register = self.code.len() as u32;
        self.code.push(bytes);
        self.widths.push(needs);
        self.known.insert(bytes, register);
        register
    }

    fn number(&mut self, mantissa: i128, scale: u8) -> u32 {
        let at = self.consts.iter().position(|&c| c == mantissa).unwrap_or_else(|| {
            self.consts.push(mantissa);
            self.consts.len() - 1
        });
        self.emit(CellOp::Number, 0, at as u32, u32::from(scale), 0)
    }

    fn slot(&mut self, hash: [u8; 32], count: Option<[u8; 32]>) -> u32 {
        let find = |hash: [u8; 32]| {
            self.slots.binary_search_by(|slot| slot.hash.cmp(&hash)).map_or(NONE, |i| i as u32)
        };
        let (value, count) = (find(hash), count.map_or(NONE, find));
        self.emit(CellOp::Slot, 0, value, count, 0)
    }

    /// Value, and for an average the sum and the count it is made of.
    fn aggregate(&mut self, aggregate: &Aggregate) -> (u32, Option<(u32, u32)>) {
        let hashes = slot_hashes(self.book, self.question, aggregate);
        match aggregate.func {
            AggFunc::Count => (self.slot(hashes.count, None), None),
            AggFunc::Average => {
                let sum = self.slot(hashes.value, Some(hashes.count));
                let count = self.slot(hashes.count, None);
                (self.emit(CellOp::Div, 0, sum, count, 0), Some((sum, count)))
            }
            AggFunc::Sum | AggFunc::Min | AggFunc::Max => (self.slot(hashes.value, Some(hashes.count)), None),
        }
    }

    fn cell(&mut self, cell: &Cell) -> u32 {
        match cell {
            Cell::Number { mantissa, scale } => self.number(*mantissa, *scale),
            Cell::Bool(value) => self.emit(CellOp::Bool, 0, u32::from(*value), 0, 0),
            Cell::Aggregate(aggregate) => self.aggregate(aggregate).0,
            Cell::Metric(id) => self.metric(*id),
            Cell::Neg(a) => self.unary(CellOp::Neg, a),
            Cell::Not(a) => self.unary(CellOp::Not, a),
            Cell::IsNull(a) => self.unary(CellOp::IsNull, a),
            Cell::Arith(op, a, b) => {
                let op = match op {
                    ArithOp::Add => CellOp::Add,
                    ArithOp::Sub => CellOp::Sub,
                    ArithOp::Mul => CellOp::Mul,
                    ArithOp::Div | ArithOp::Rem | ArithOp::Pow => CellOp::Div,
                };
                self.binary(op, 0, a, b)
            }
            Cell::Compare(op, a, b) => self.binary(CellOp::Compare, relation(*op), a, b),
            Cell::And(a, b) => self.binary(CellOp::And, 0, a, b),
            Cell::Or(a, b) => self.binary(CellOp::Or, 0, a, b),
            Cell::If(c, a, b) => {
                let aux = kind(a);
                let (c, a, b) = (self.cell(c), self.cell(a), self.cell(b));
                self.emit(CellOp::If, aux, c, a, b)
            }
            Cell::Coalesce(a, b) => self.binary(CellOp::Coalesce, kind(a), a, b),
            Cell::Call(function, args) => self.call(*function, args),
        }
    }

    fn unary(&mut self, op: CellOp, a: &Cell) -> u32 {
        let a = self.cell(a);
        self.emit(op, 0, a, 0, 0)
    }

    fn binary(&mut self, op: CellOp, aux: u8, a: &Cell, b: &Cell) -> u32 {
        let (a, b) = (self.cell(a), self.cell(b));
        self.emit(op, aux, a, b, 0)
    }

    fn call(&mut self, function: CellFn, args: &[Cell]) -> u32 {
        let [a, rest @ ..] = args else { return self.number(0, 0) };
        let b = rest.first().unwrap_or(a);
        match function {
            CellFn::Abs => self.unary(CellOp::Abs, a),
            CellFn::Min => self.binary(CellOp::Min, 0, a, b),
            CellFn::Max => self.binary(CellOp::Max, 0, a, b),
            CellFn::Sqrt => self.unary(CellOp::Sqrt, a),
            CellFn::Ln => self.unary(CellOp::Ln, a),
            CellFn::Log10 => self.unary(CellOp::Log10, a),
            CellFn::Log2 => self.unary(CellOp::Log2, a),
            CellFn::Floor => self.rounded(0, a, 0),
            CellFn::Ceil => self.rounded(1, a, 0),
            CellFn::Round(digits) => self.rounded(2, a, digits),
            CellFn::Exp => self.unary(CellOp::Exp, a),
            CellFn::Pow => self.binary(CellOp::Pow, 0, a, b),
        }
    }

    fn rounded(&mut self, aux: u8, a: &Cell, digits: u8) -> u32 {
        let a = self.cell(a);
        self.emit(CellOp::RoundTo, aux, a, u32::from(digits), 0)
    }

    /// Another metric's value, its stand-in for empty values applied. A rounded metric is rounded under its name, so
    /// that everybody who uses it starts from the number that is shown.
    fn metric(&mut self, id: MetricId) -> u32 {
        if let Some(&register) = self.metrics.get(&id) {
            return register;
        }
        let Some(metric) = self.book.metrics.get(id.0) else { return self.number(0, 0) };
        let value = match (&metric.value, metric.kind) {
            // A rate stands on the rows of its denominator, also where another metric uses it.
            (Cell::Arith(ArithOp::Div, a, b), MetricKind::Simple | MetricKind::Ratio)
                if !divides_by_constant(self.book, &metric.value) =>
            {
                let (a, b) = (self.cell(a), self.denominator(b));
                self.emit(CellOp::Div, 1, a, b, 0)
            }
            (value, _) => self.cell(value),
        };
        let mut register = self.filled(metric, value);
        if shape(&self.of_metrics, &metric.value).exactness == Exactness::Rounded {
            register = self.emit(CellOp::Round64, 0, register, 0, 0);
        }
        self.metrics.insert(id, register);
        register
    }

    /// A denominator. `won + lost` counts the rows of both, so its `n` is its value and not the smaller `n`.
    fn denominator(&mut self, cell: &Cell) -> u32 {
        let register = self.cell(cell);
        let sum = matches!(cell, Cell::Arith(ArithOp::Add, ..));
        if sum && counts_rows(&self.of_metrics, cell) {
            self.emit(CellOp::Rows, 0, register, 0, 0)
        } else {
            register
        }
    }

    fn filled(&mut self, metric: &Metric, value: u32) -> u32 {
        let fill = match &metric.fill_nulls_with {
            Some(Const::Int(v)) => self.number(i128::from(*v), 0),
            Some(Const::Decimal { mantissa, scale }) => self.number(*mantissa, *scale),
            _ => return value,
        };
        self.emit(CellOp::Coalesce, 0, value, fill, 0)
    }

    fn metric_cells(&mut self, id: MetricId, metric: &Metric) -> MetricCells {
        let value = self.metric(id);
        // A quotient at the top shows what it divides; so does an average.
        let parts = match &metric.value {
            Cell::Arith(ArithOp::Div, a, b) => Some((self.cell(a), self.denominator(b))),
            Cell::Aggregate(aggregate) => self.aggregate(aggregate).1,
            _ => None,
        };
        let (numerator, denominator) = parts.unwrap_or((NONE, NONE));
        MetricCells {
            id,
            value,
            numerator,
            denominator,
            n: value,
            shape: metric_shape(&self.of_metrics, metric),
            meaning: meaning::of_metric(&self.of_metrics, id),
        }
    }
}

/// True for `average(seconds) / 60`, whose denominator no row enters.
fn divides_by_constant(book: &Book, cell: &Cell) -> bool {
    let Cell::Arith(ArithOp::Div, _, denominator) = cell else { return false };
    let mut found = Vec::new();
    aggregates_of(book, denominator, &mut Vec::new(), &mut found);
    found.is_empty()
}

/// True for counts and sums of counts, metrics followed.
fn counts_rows(book: &Known<'_>, cell: &Cell) -> bool {
    match cell {
        Cell::Aggregate(aggregate) => aggregate.func == AggFunc::Count,
        Cell::Metric(id) => {
            book.counts(*id, || book.metrics.get(id.0).is_some_and(|metric| counts_rows(book, &metric.value)))
        }
        Cell::Arith(ArithOp::Add, a, b) => counts_rows(book, a) && counts_rows(book, b),
        _ => false,
    }
}

/// 0 for numbers, 1 for truth values.
fn kind(cell: &Cell) -> u8 {
    match cell {
        Cell::Bool(_) | Cell::Not(_) | Cell::Compare(..) | Cell::And(..) | Cell::Or(..) | Cell::IsNull(_) => {
            1
        }
        Cell::If(_, a, _) | Cell::Coalesce(a, _) => kind(a),
        _ => 0,
    }
}
