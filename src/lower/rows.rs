//! Row expressions to row code, aggregates to slots. Equal instructions are written once.

use super::meaning;
use super::question::{AskedTable, Question};
use super::table_position;
use crate::model::{
    AggFunc, Aggregate, ArithOp, Book, CmpOp, ColumnId, Const, OnRowError, Row, RowFn, RowNode, RowType,
    Table, TextTest,
};
use ripplemark_core::program::layout::NONE;
use ripplemark_core::program::op::{Instruction, RowOp, SlotKind};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Microseconds in an hour.
const HOUR_MICROS: i64 = 3_600_000_000;

/// Constants and texts that all tables share, and each table's code.
pub(super) struct TableCode<'b> {
    pub(super) table: &'b Table,
    /// Columns that are read, in the order of the book.
    pub(super) columns: Vec<ColumnId>,
    pub(super) code: Vec<[u8; 16]>,
    /// Constants of this table's code, in order of first use; instructions refer to them until they are encoded.
    pub(super) consts: Vec<PendingConst>,
    pub(super) filter: Option<u32>,
    pub(super) placements: Vec<(Option<ColumnId>, Option<u32>)>,
    /// Registers of the dimensions.
    pub(super) keys: Vec<u32>,
    known: HashMap<[u8; 16], u32>,
    /// Test, column and part of each text test.
    text_tests: Vec<(u8, u32, u32)>,
    as_of: bool,
    local_days: bool,
    business: bool,
}

/// A constant whose place in the program is known only when all tables are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PendingConst {
    Number(i128),
    Text(String),
    /// The query's `as_of`: the first instant after it.
    AsOf,
    /// Its last day.
    AsOfDay,
}

impl<'b> TableCode<'b> {
    pub(super) fn new(book: &'b Book, question: &Question<'_>, asked: &AskedTable) -> TableCode<'b> {
        let table = &book.tables[asked.id.0];
        let mut used: BTreeSet<ColumnId> = asked.placements.iter().flatten().copied().collect();
        for &key in &asked.keys {
            column_used(table, key, &mut used);
        }
        for row in asked.filter.iter() {
            columns_of(table, row, &mut used);
        }
        for aggregate in question.aggregates.iter().filter(|a| a.table == asked.id) {
            for row in aggregate.arg.iter().chain(&aggregate.filter) {
                columns_of(table, row, &mut used);
            }
        }
        let mut code = TableCode {
            table,
            columns: used.into_iter().collect(),
            code: Vec::new(),
            consts: Vec::new(),
            filter: None,
            placements: Vec::new(),
            keys: Vec::new(),
            known: HashMap::new(),
            text_tests: Vec::new(),
            as_of: false,
            local_days: false,
            business: false,
        };
        // Every column is loaded, so that missing and unreadable values are counted wherever they matter.
        for i in 0..code.columns.len() {
            code.emit(RowOp::Load, 0, i as u32, 0, 0);
        }
        code.keys = asked.keys.iter().map(|&c| code.load(c)).collect();
        code.placements = asked.placements.iter().map(|&at| (at, at.map(|c| code.load(c)))).collect();
        code.filter = asked.filter.as_ref().map(|row| code.row(row));
        code
    }

    fn emit(&mut self, op: RowOp, aux: u8, a: u32, b: u32, c: u32) -> u32 {
        let bytes = Instruction::<RowOp>::encode(op as u8, aux, a, b, c);
        if let Some(&register) = self.known.get(&bytes) {
            return register;
        }
        let register = self.code.len() as u32;
        self.code.push(bytes);
        self.known.insert(bytes, register);
        register
    }

    fn load(&mut self, column: ColumnId) -> u32 {
        if let Some(computed) = self.table.columns.get(column.0).and_then(|column| column.computed.as_ref()) {
            return self.row(&computed.row);
        }
        let position = self.columns.iter().position(|&c| c == column).unwrap_or(0);
        self.emit(RowOp::Load, 0, position as u32, 0, 0)
    }

    fn pending(&mut self, constant: PendingConst) -> u32 {
        let position = self.consts.iter().position(|c| *c == constant).unwrap_or_else(|| {
            self.consts.push(constant);
            self.consts.len() - 1
        });
        position as u32
    }

    fn number(&mut self, op: RowOp, value: i128) -> u32 {
        let at = self.pending(PendingConst::Number(value));
        self.emit(op, 0, at, 0, 0)
    }

    fn constant(&mut self, value: &Const) -> u32 {
        match value {
            Const::Int(v) | Const::Timestamp(v) | Const::Duration(v) => {
                self.number(RowOp::ConstInt, i128::from(*v))
            }
            Const::Date(v) => self.number(RowOp::ConstInt, i128::from(*v)),
            Const::Decimal { mantissa, .. } => self.number(RowOp::ConstDecimal, *mantissa),
            Const::Float(v) => self.number(RowOp::ConstFloat, i128::from(v.to_bits())),
            Const::Bool(v) => self.emit(RowOp::ConstBool, 0, u32::from(*v), 0, 0),
            Const::Text(v) => {
                let at = self.pending(PendingConst::Text(v.clone()));
                self.emit(RowOp::ConstText, 0, at, 0, 0)
            }
        }
    }

    /// Writes an expression; the register that holds it.
    pub(super) fn row(&mut self, row: &Row) -> u32 {
        match &row.node {
            RowNode::Const(c) => self.constant(c),
            RowNode::Missing => self.emit(RowOp::Missing, kind_number(row.ty), 0, 0, 0),
            RowNode::Column(c) => self.load(*c),
            RowNode::Neg(a) => {
                let op = by_kind(a.ty, RowOp::NegInt, RowOp::NegDecimal, RowOp::NegFloat);
                self.unary(op, a)
            }
            RowNode::Not(a) => self.unary(RowOp::Not, a),
            RowNode::Arith(op, a, b) => self.arith(*op, a, b),
            RowNode::Compare(op, a, b) => self.compare(*op, a, b),
            RowNode::And(a, b) => self.binary(RowOp::And, a, b),
            RowNode::Or(a, b) => self.binary(RowOp::Or, a, b),
            RowNode::If(c, a, b) => {
                let (c, a, b) = (self.row(c), self.row(a), self.row(b));
                self.emit(RowOp::If, kind_number(row.ty), c, a, b)
            }
            RowNode::Coalesce(a, b) => {
                let (a, b) = (self.row(a), self.row(b));
                self.emit(RowOp::Coalesce, kind_number(row.ty), a, b, 0)
            }
            RowNode::IsNull(a) => self.unary(RowOp::IsNull, a),
            RowNode::In(a, list) => self.is_in(a, list),
            RowNode::TextTest(test, column, part) => self.text_test(*test, *column, part),
            RowNode::Cast(a) => self.cast(a, row.ty),
            RowNode::Call(function, args) => self.call(*function, args, row.ty),
            RowNode::AsOf => {
                self.as_of = true;
                let day = row.ty == RowType::Date;
                let at = self.pending(if day { PendingConst::AsOfDay } else { PendingConst::AsOf });
                self.emit(RowOp::ConstInt, 0, at, 0, 0)
            }
        }
    }

    fn unary(&mut self, op: RowOp, a: &Row) -> u32 {
        let a = self.row(a);
        self.emit(op, 0, a, 0, 0)
    }

    fn binary(&mut self, op: RowOp, a: &Row, b: &Row) -> u32 {
        let (a, b) = (self.row(a), self.row(b));
        self.emit(op, 0, a, b, 0)
    }

    fn arith(&mut self, op: ArithOp, a: &Row, b: &Row) -> u32 {
        use RowOp::*;
        if op == ArithOp::Div
            && let (RowType::Decimal(scale_a), RowType::Decimal(scale_b)) = (a.ty, b.ty)
        {
            let (a, b) = (self.row(a), self.row(b));
            return self.emit(DivDecimal, 0, a, b, u32::from(scale_a) | u32::from(scale_b) << 8);
        }
        let (int, decimal, float) = match op {
            ArithOp::Add => (AddInt, AddDecimal, AddFloat),
            ArithOp::Sub => (SubInt, SubDecimal, SubFloat),
            ArithOp::Mul => (MulInt, MulDecimal, MulFloat),
            ArithOp::Div => (DivInt, DivDecimal, DivFloat),
            ArithOp::Rem => (RemInt, RemDecimal, RemFloat),
            ArithOp::Pow => (PowInt, MulDecimal, PowFloat),
        };
        self.binary(by_kind(a.ty, int, decimal, float), a, b)
    }

    fn compare(&mut self, op: CmpOp, a: &Row, b: &Row) -> u32 {
        let (ty, a, b) = (a.ty, self.row(a), self.row(b));
        self.compare_registers(op, ty, a, b)
    }

    fn compare_registers(&mut self, op: CmpOp, ty: RowType, a: u32, b: u32) -> u32 {
        let relation = relation(op);
        let instruction = match ty {
            RowType::Bool | RowType::Text => RowOp::CompareCode,
            _ => by_kind(ty, RowOp::CompareInt, RowOp::CompareDecimal, RowOp::CompareFloat),
        };
        self.emit(instruction, relation, a, b, 0)
    }

    /// A list becomes a chain of comparisons; an empty one is false where the value is not missing.
    fn is_in(&mut self, a: &Row, list: &[Const]) -> u32 {
        let value = self.row(a);
        let mut found = None;
        for constant in list {
            let constant = self.constant(constant);
            let equal = self.compare_registers(CmpOp::Eq, a.ty, value, constant);
            found = Some(match found {
                Some(before) => self.emit(RowOp::Or, 0, before, equal, 0),
                None => equal,
            });
        }
        found.unwrap_or_else(|| self.emit(RowOp::ConstBool, 0, 0, 0, 0))
    }

    /// Tests are numbered within the table; equal ones are one.
    fn text_test(&mut self, test: TextTest, column: ColumnId, part: &str) -> u32 {
        let column = self.columns.iter().position(|&c| c == column).unwrap_or(0) as u32;
        let part = self.pending(PendingConst::Text(part.to_owned()));
        let aux = match test {
            TextTest::Contains => 0,
            TextTest::StartsWith => 1,
            TextTest::EndsWith => 2,
        };
        let key = (aux, column, part);
        let number = self.text_tests.iter().position(|known| *known == key).unwrap_or_else(|| {
            self.text_tests.push(key);
            self.text_tests.len() - 1
        });
        self.emit(RowOp::TextTest, aux, column, part, number as u32)
    }

    fn cast(&mut self, a: &Row, to: RowType) -> u32 {
        let register = self.row(a);
        match (a.ty, to) {
            (RowType::Int, RowType::Float) => self.emit(RowOp::IntToFloat, 0, register, 0, 0),
            (RowType::Int, RowType::Decimal(scale)) => {
                let wide = self.emit(RowOp::IntToDecimal, 0, register, 0, 0);
                self.rescale(wide, scale)
            }
            (RowType::Decimal(from), RowType::Decimal(to)) => self.rescale(register, to.saturating_sub(from)),
            _ => register,
        }
    }

    /// Multiplies by a power of ten, checked like any product.
    fn rescale(&mut self, register: u32, digits: u8) -> u32 {
        if digits == 0 {
            return register;
        }
        let factor =
            self.number(RowOp::ConstDecimal, 10_i128.checked_pow(u32::from(digits)).unwrap_or(i128::MAX));
        self.emit(RowOp::MulDecimal, 0, register, factor, 0)
    }

    fn call(&mut self, function: RowFn, args: &[Row], ty: RowType) -> u32 {
        use RowOp::*;
        let (Some(a), b) = (args.first(), args.get(1).or(args.first())) else { return 0 };
        let Some(b) = b else { return 0 };
        match function {
            RowFn::Abs => self.unary(by_kind(ty, AbsInt, AbsDecimal, AbsFloat), a),
            RowFn::Min => self.binary(by_kind(ty, MinInt, MinDecimal, MinFloat), a, b),
            RowFn::Max => self.binary(by_kind(ty, MaxInt, MaxDecimal, MaxFloat), a, b),
            RowFn::Sqrt => self.unary(Sqrt, a),
            RowFn::Ln => self.unary(Ln, a),
            RowFn::Exp => self.unary(Exp, a),
            RowFn::Log10 => self.unary(Log10, a),
            RowFn::Log2 => self.unary(Log2, a),
            RowFn::Floor | RowFn::Ceil | RowFn::Round => self.rounded(function, a, args.get(1)),
            RowFn::DaysBetween => {
                let (from, to) = (self.day(a), self.day(b));
                self.emit(SubInt, 0, to, from, 0)
            }
            RowFn::HoursBetween => {
                let (from, to) = (self.row(a), self.row(b));
                let elapsed = self.emit(SubInt, 0, to, from, 0);
                let hour = self.number(ConstInt, i128::from(HOUR_MICROS));
                self.emit(DivInt, 0, elapsed, hour, 0)
            }
            RowFn::Hours => self.duration(a, HOUR_MICROS),
            RowFn::Days => self.duration(a, 24 * HOUR_MICROS),
            RowFn::Minutes => self.duration(a, HOUR_MICROS / 60),
            RowFn::Truncate(grain) => {
                let day = self.day(a);
                self.emit(PeriodStart, grain as u8, day, 0, 0)
            }
            RowFn::DayPart(part) => {
                let day = self.day(a);
                self.emit(DayPart, part as u8, day, 0, 0)
            }
            RowFn::AddMonths if ty == RowType::Timestamp => self.local(AddLocalMonths, a, b),
            RowFn::AddMonths => self.binary(AddMonths, a, b),
            RowFn::AddDays => self.local(AddLocalDays, a, b),
            RowFn::BusinessHours => {
                let elapsed = self.business(BusinessBetween, a, b);
                let hour = self.number(ConstInt, i128::from(HOUR_MICROS));
                self.emit(DivInt, 0, elapsed, hour, 0)
            }
            RowFn::Bh => self.duration(a, HOUR_MICROS),
            RowFn::AddBusiness => self.business(AddBusiness, a, b),
            RowFn::BusinessBetween => self.business(BusinessBetween, a, b),
            RowFn::ToFloat => {
                let register = self.row(a);
                match a.ty {
                    RowType::Int => self.emit(IntToFloat, 0, register, 0, 0),
                    RowType::Decimal(scale) => self.emit(DecimalToFloat, 0, register, u32::from(scale), 0),
                    _ => register,
                }
            }
        }
    }

    fn local(&mut self, op: RowOp, a: &Row, b: &Row) -> u32 {
        self.local_days = true;
        self.binary(op, a, b)
    }

    fn business(&mut self, op: RowOp, a: &Row, b: &Row) -> u32 {
        self.business = true;
        self.local(op, a, b)
    }

    fn duration(&mut self, count: &Row, unit: i64) -> u32 {
        let count = self.row(count);
        let unit = self.number(RowOp::ConstInt, i128::from(unit));
        self.emit(RowOp::MulInt, 0, count, unit, 0)
    }

    /// The day of a date, or the local day of a timestamp.
    fn day(&mut self, a: &Row) -> u32 {
        let register = self.row(a);
        if a.ty != RowType::Timestamp {
            return register;
        }
        self.local_days = true;
        self.emit(RowOp::LocalDay, 0, register, 0, 0)
    }

    /// To a number of digits, or to whole numbers.
    fn rounded(&mut self, function: RowFn, a: &Row, digits: Option<&Row>) -> u32 {
        let wanted = match digits.map(|digits| &digits.node) {
            Some(RowNode::Const(Const::Int(digits))) => u8::try_from(*digits).unwrap_or(0),
            _ => 0,
        };
        let (aux, whole) = match function {
            RowFn::Floor => (0, RowOp::Floor),
            RowFn::Ceil => (1, RowOp::Ceil),
            _ => (2, RowOp::Round),
        };
        match a.ty {
            RowType::Decimal(scale) if scale > wanted => {
                let a = self.row(a);
                self.emit(RowOp::DropDigits, aux, a, u32::from(scale - wanted), 0)
            }
            RowType::Decimal(_) => self.row(a),
            _ if digits.is_some() => {
                let a = self.row(a);
                self.emit(RowOp::RoundDigits, 0, a, u32::from(wanted), 0)
            }
            _ => self.unary(whole, a),
        }
    }

    pub(super) fn reads_as_of(&self) -> bool {
        self.as_of
    }

    /// Whether the code asks on which local day an instant falls.
    pub(super) fn reads_zone(&self) -> bool {
        self.local_days
    }

    /// Whether the code counts business hours.
    pub(super) fn reads_business(&self) -> bool {
        self.business
    }

    /// The condition under which rows enter that do not fail, and for each failure the one under which rows are
    /// counted that do. `mask` and `arg` may be absent.
    fn sound(
        &mut self,
        mask: u32,
        arg: u32,
        failures: &[(Failure, [u8; 32])],
    ) -> (u32, Vec<([u8; 32], u32)>) {
        // Where the condition has failed, the answer is false before the condition itself is asked.
        let holds = if mask == NONE {
            NONE
        } else {
            let sound = self.emit(RowOp::IsSound, 0, mask, 0, 0);
            self.emit(RowOp::And, 0, sound, mask, 0)
        };
        let enters = if arg == NONE {
            holds
        } else {
            let sound = self.emit(RowOp::IsSound, 0, arg, 0, 0);
            if holds == NONE {
                sound
            } else {
                // Not `And`, whose right side decides where it is unknown whether the condition holds.
                self.emit(RowOp::If, kind_number(RowType::Bool), holds, sound, holds)
            }
        };
        let mut counted = Vec::new();
        for (why, hash) in failures {
            let by_mask = (mask != NONE).then(|| self.emit(RowOp::FailedFirst, *why, mask, 0, 0));
            // An argument matters only where the condition holds.
            let by_arg = (arg != NONE).then(|| {
                let failed = self.emit(RowOp::FailedFirst, *why, arg, 0, 0);
                if holds == NONE { failed } else { self.emit(RowOp::And, 0, holds, failed, 0) }
            });
            counted.extend(match (by_mask, by_arg) {
                (Some(a), Some(b)) => Some((*hash, self.emit(RowOp::Or, 0, a, b, 0))),
                (a, b) => a.or(b).map(|register| (*hash, register)),
            });
        }
        (enters, counted)
    }

    /// True for the load of a column: loads come first, in the order of the columns.
    pub(super) fn is_load(&self, register: u32) -> bool {
        (register as usize) < self.columns.len()
    }
}

fn by_kind(ty: RowType, int: RowOp, decimal: RowOp, float: RowOp) -> RowOp {
    match ty {
        RowType::Decimal(_) => decimal,
        RowType::Float => float,
        _ => int,
    }
}

fn kind_number(ty: RowType) -> u8 {
    match ty {
        RowType::Int | RowType::Date | RowType::Timestamp | RowType::Duration | RowType::BusinessDuration => {
            0
        }
        RowType::Decimal(_) => 1,
        RowType::Float => 2,
        RowType::Bool => 3,
        RowType::Text => 4,
    }
}

/// The number of a comparison in programs.
pub(super) fn relation(op: CmpOp) -> u8 {
    match op {
        CmpOp::Eq => 0,
        CmpOp::Ne => 1,
        CmpOp::Lt => 2,
        CmpOp::Le => 3,
        CmpOp::Gt => 4,
        CmpOp::Ge => 5,
    }
}

/// The columns that have to be read for a column: itself, or those that its formula reads.
fn column_used(table: &Table, column: ColumnId, out: &mut BTreeSet<ColumnId>) {
    match table.columns.get(column.0).and_then(|column| column.computed.as_ref()) {
        Some(computed) => columns_of(table, &computed.row, out),
        None => {
            out.insert(column);
        }
    }
}

/// The columns that an expression reads.
pub(super) fn columns_of(table: &Table, row: &Row, out: &mut BTreeSet<ColumnId>) {
    match &row.node {
        RowNode::Const(_) | RowNode::Missing | RowNode::AsOf => {}
        RowNode::Column(c) | RowNode::TextTest(_, c, _) => column_used(table, *c, out),
        RowNode::Neg(a) | RowNode::Not(a) | RowNode::IsNull(a) | RowNode::In(a, _) | RowNode::Cast(a) => {
            columns_of(table, a, out);
        }
        RowNode::Arith(_, a, b)
        | RowNode::Compare(_, a, b)
        | RowNode::And(a, b)
        | RowNode::Or(a, b)
        | RowNode::Coalesce(a, b) => {
            columns_of(table, a, out);
            columns_of(table, b, out);
        }
        RowNode::If(a, b, c) => {
            for part in [a, b, c] {
                columns_of(table, part, out);
            }
        }
        RowNode::Call(_, args) => {
            for arg in args {
                columns_of(table, arg, out);
            }
        }
    }
}

/// A slot before it has its place.
#[derive(Clone, Debug)]
pub(super) struct SlotSpec {
    pub(super) hash: [u8; 32],
    /// Table among the question's tables, placement among the table's.
    pub(super) table: usize,
    pub(super) placement: usize,
    pub(super) kind: SlotKind,
    pub(super) scale: u8,
    pub(super) mask: u32,
    pub(super) arg: u32,
}

/// Slots by their hash: equal aggregates share one, and the order does not depend on the order of metrics.
#[derive(Default)]
pub(super) struct SlotSet(BTreeMap<[u8; 32], SlotSpec>);

impl SlotSet {
    pub(super) fn sorted(self) -> Vec<SlotSpec> {
        self.0.into_values().collect()
    }
}

/// The slots of an aggregate: its value (for `average` the sum), the count of rows in it, and where rows that fail are
/// left out, how many for each reason.
pub(super) struct SlotHashes {
    pub(super) value: [u8; 32],
    pub(super) count: [u8; 32],
    pub(super) rejected: Vec<(Failure, [u8; 32])>,
}

/// A reason for which a row can fail: its position in a set of reasons.
pub(super) type Failure = u8;

/// The failures that the row code of an aggregate can have: values of columns are at most invalid, and only arithmetic
/// has other reasons.
fn failures(aggregate: &Aggregate) -> Vec<Failure> {
    const INVALID_INPUT: Failure = 3;
    fn computes(row: &Row) -> bool {
        match &row.node {
            RowNode::Const(_) | RowNode::Missing | RowNode::Column(_) | RowNode::TextTest(..) => false,
            RowNode::Neg(_) | RowNode::Arith(..) | RowNode::Cast(_) | RowNode::Call(..) | RowNode::AsOf => {
                true
            }
            RowNode::Not(a) | RowNode::IsNull(a) | RowNode::In(a, _) => computes(a),
            RowNode::Compare(_, a, b) | RowNode::And(a, b) | RowNode::Or(a, b) | RowNode::Coalesce(a, b) => {
                computes(a) || computes(b)
            }
            RowNode::If(a, b, c) => computes(a) || computes(b) || computes(c),
        }
    }
    match aggregate.on_row_error {
        OnRowError::FailCell => Vec::new(),
        OnRowError::Reject if aggregate.arg.iter().chain(&aggregate.filter).any(computes) => {
            (1..=5).collect()
        }
        OnRowError::Reject => vec![INVALID_INPUT],
    }
}

/// What names the slots of an aggregate; the same text for the same rows, argument and time.
pub(super) fn slot_hashes(book: &Book, question: &Question<'_>, aggregate: &Aggregate) -> SlotHashes {
    let Some(table) = book.tables.get(aggregate.table.0) else {
        return SlotHashes { value: [0; 32], count: [0; 32], rejected: Vec::new() };
    };
    let part =
        |row: &Option<Row>| row.as_ref().map_or_else(|| "-".into(), |row| meaning::row(book, table, row));
    let at = if question.reads_time { aggregate.at } else { None };
    let at = at
        .and_then(|c| table.columns.get(c.0))
        .map_or_else(|| "-".into(), |c| meaning::placing(book, table, c));
    let name = |what: &str| {
        meaning::hash(&format!(
            "slot {what} {} at {at} of {} where {}{}",
            part(&aggregate.arg),
            table.name,
            part(&aggregate.filter),
            meaning::rejecting(aggregate),
        ))
    };
    let count = name("count");
    let value = match aggregate.func {
        AggFunc::Count => count,
        AggFunc::Sum | AggFunc::Average => name("sum"),
        AggFunc::Min => name("min"),
        AggFunc::Max => name("max"),
    };
    let rejected = failures(aggregate).into_iter().map(|why| (why, name(&format!("failed {why}")))).collect();
    SlotHashes { value, count, rejected }
}

pub(super) fn add_slots(
    book: &Book,
    question: &Question<'_>,
    tables: &mut [TableCode<'_>],
    aggregate: &Aggregate,
    slots: &mut SlotSet,
) {
    let Some(position) = table_position(question, aggregate.table) else { return };
    let code = &mut tables[position];
    let at = if question.reads_time { aggregate.at } else { None };
    let placement = code.placements.iter().position(|(own, _)| *own == at).unwrap_or(0);
    let mask = aggregate.filter.as_ref().map_or(NONE, |row| code.row(row));
    let arg = aggregate.arg.as_ref().map_or(NONE, |row| code.row(row));
    let ty = aggregate.arg.as_ref().map_or(RowType::Int, |row| row.ty);
    let hashes = slot_hashes(book, question, aggregate);
    let scale = if let RowType::Decimal(scale) = ty { scale } else { 0 };
    let (mask, failed) = match aggregate.on_row_error {
        OnRowError::FailCell => (mask, Vec::new()),
        OnRowError::Reject => code.sound(mask, arg, &hashes.rejected),
    };
    let count = SlotSpec {
        hash: hashes.count,
        table: position,
        placement,
        kind: SlotKind::Count,
        scale: 0,
        mask,
        arg,
    };
    use SlotKind::*;
    let kind = match (aggregate.func, ty) {
        (AggFunc::Count, _) => Count,
        (AggFunc::Sum | AggFunc::Average, RowType::Decimal(_)) => SumDecimal,
        (AggFunc::Sum | AggFunc::Average, RowType::Float) => SumFloat,
        (AggFunc::Sum | AggFunc::Average, _) => SumInt,
        (AggFunc::Min, RowType::Decimal(_)) => MinDecimal,
        (AggFunc::Min, RowType::Float) => MinFloat,
        (AggFunc::Min, _) => MinInt,
        (AggFunc::Max, RowType::Decimal(_)) => MaxDecimal,
        (AggFunc::Max, RowType::Float) => MaxFloat,
        (AggFunc::Max, _) => MaxInt,
    };
    slots.0.insert(hashes.count, count.clone());
    for (hash, mask) in failed {
        slots.0.insert(hash, SlotSpec { hash, mask, arg: NONE, ..count.clone() });
    }
    if kind != Count {
        slots.0.insert(hashes.value, SlotSpec { hash: hashes.value, kind, scale, ..count });
    }
}
