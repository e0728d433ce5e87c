//! What a program's row code comes down to: a few coded inputs on which conditions depend, a few columns of numbers, and
//! which sums stand under which conditions.
//!
//! A condition that depends on texts, truth values and comparisons of a column with constants has few different inputs:
//! all of them are tried once with the reference evaluator, and a row then only looks its outcome up. Conditions are
//! put together in *families* whose inputs have few enough combinations; rows are accumulated by group and outcome,
//! and the sums of the slots are put together afterwards. What does not come down to this is evaluated row by row with
//! the reference evaluator and enters as an input of its own.

use ripplemark_core::Program;
use ripplemark_core::program::op::{Instruction, RowOp, SlotKind};
use ripplemark_core::program::{Key, TableView};
use ripplemark_core::types::LogicalType;
use std::collections::BTreeSet;

/// Most combinations of inputs that a family may come to have by taking in a condition. Cells are as many as groups
/// times classes: few families cost less for each row, and large ones more for each group.
const FAMILY_LIMIT: usize = 128;
/// Most combinations of inputs that one condition may have.
const CONDITION_LIMIT: usize = 1 << 16;

/// A small code for each row; 0 stands for a missing value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// What a text means to the conditions: which constant it is, and the answers of text tests.
    Text {
        column: usize,
    },
    Bool {
        column: usize,
    },
    /// Where a number stands between constants.
    Band {
        column: usize,
        node: usize,
        float: bool,
        edges: Vec<i64>,
    },
    /// A condition that is evaluated for each row.
    Flag {
        register: usize,
    },
}

impl Input {
    /// The column whose values the input codes; `None` where it is no column.
    pub(super) fn column(&self) -> Option<usize> {
        match *self {
            Input::Text { column } | Input::Bool { column } | Input::Band { column, .. } => Some(column),
            Input::Flag { .. } => None,
        }
    }
}

/// Numbers of each row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Node {
    Load {
        column: usize,
    },
    Const {
        word: u64,
    },
    Float {
        op: u8,
        a: usize,
        b: usize,
    },
    Int {
        op: u8,
        a: usize,
        b: usize,
    },
    /// The same words, as another type.
    Same {
        a: usize,
    },
    /// No number, but whether the row has a text or truth value.
    Present {
        column: usize,
    },
    /// Evaluated for each row by the reference evaluator.
    Reference {
        register: usize,
        decimal: bool,
    },
}

/// Conditions that are looked up together.
#[derive(Clone, Debug, Default)]
pub(super) struct Family {
    pub(super) inputs: Vec<usize>,
    /// Registers of the conditions; `None` holds always.
    pub(super) masks: Vec<Option<usize>>,
    pub(super) args: Vec<Arg>,
}

/// A number that is accumulated under some conditions of a family.
#[derive(Clone, Debug)]
pub(super) struct Arg {
    pub(super) node: usize,
    pub(super) kind: ArgKind,
    /// Positions among the family's conditions.
    pub(super) masks: Vec<usize>,
    pub(super) sums: bool,
    pub(super) extremes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArgKind {
    Int,
    Decimal,
    Float,
}

/// A slot, and where what it needs is accumulated.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotPlan {
    pub(super) slot: usize,
    pub(super) kind: SlotKind,
    pub(super) family: usize,
    pub(super) mask: usize,
    pub(super) arg: Option<usize>,
}

/// Rows of the table under one placement.
#[derive(Clone, Debug)]
pub(super) struct LanePlan {
    pub(super) placement: usize,
    /// Column of the time.
    pub(super) at: Option<usize>,
    pub(super) families: Vec<Family>,
    pub(super) slots: Vec<SlotPlan>,
}

/// Where the value of a dimension comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyPlan {
    Text {
        column: usize,
    },
    Bool {
        column: usize,
    },
    /// An integer or a day.
    Number {
        node: usize,
    },
}

/// Everything that is known before rows arrive.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) table: usize,
    pub(super) inputs: Vec<Input>,
    pub(super) nodes: Vec<Node>,
    pub(super) keys: Vec<KeyPlan>,
    /// The inputs of the query's filter.
    pub(super) gate: Option<Family>,
    pub(super) lanes: Vec<LanePlan>,
    /// Loaded columns, in which missing values are counted.
    pub(super) loaded: Vec<usize>,
}

/// What a register depends on.
#[derive(Clone, Debug)]
enum Shape {
    /// A number of a column, or of the column with a constant in place of missing values: to be compared.
    Number(usize),
    /// Nothing but codes of these columns; empty for constants.
    Coded(BTreeSet<usize>),
    /// Anything else.
    Open,
}

struct Planner<'a, 'p> {
    program: &'a Program<'p>,
    view: TableView<'p>,
    code: Vec<Instruction<RowOp>>,
    shapes: Vec<Shape>,
    /// Constants that a column's numbers are compared with, by column.
    edges: Vec<BTreeSet<i64>>,
    inputs: Vec<Input>,
    nodes: Vec<Node>,
    node_of: Vec<Option<usize>>,
}

/// The row code of a table.
pub(super) fn code_of(program: &Program<'_>, view: &TableView<'_>) -> Vec<Instruction<RowOp>> {
    (0..view.code_count).map_while(|i| program.instruction(view, i)).collect()
}

/// Which instructions are needed to run these ones.
pub(super) fn closure(code: &[Instruction<RowOp>], registers: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut wanted = vec![false; code.len()];
    for register in registers {
        if let Some(entry) = wanted.get_mut(register) {
            *entry = true;
        }
    }
    for i in (0..code.len()).rev() {
        if wanted.get(i) == Some(&true)
            && let Some(ins) = code.get(i)
        {
            for operand in ins.registers() {
                if let Some(entry) = wanted.get_mut(operand) {
                    *entry = true;
                }
            }
        }
    }
    wanted
}

impl Plan {
    /// The plan of a table; `None` where its rows are better left to the reference evaluator.
    pub(super) fn new(program: &Program<'_>, table: usize) -> Option<Plan> {
        let view = program.table(table);
        let code = code_of(program, &view);
        let mut planner = Planner {
            program,
            view,
            shapes: Vec::with_capacity(code.len()),
            edges: vec![BTreeSet::new(); view.column_count],
            inputs: Vec::new(),
            nodes: Vec::new(),
            node_of: vec![None; code.len()],
            code,
        };
        planner.find_shapes();
        planner.plan(table)
    }
}

impl Planner<'_, '_> {
    fn column_type(&self, column: usize) -> LogicalType {
        self.program.column(&self.view, column).ty
    }

    fn find_shapes(&mut self) {
        for i in 0..self.code.len() {
            let shape = self.shape(i);
            self.shapes.push(shape);
        }
    }

    fn shape(&mut self, i: usize) -> Shape {
        use RowOp::*;
        let Some(ins) = self.code.get(i).copied() else { return Shape::Open };
        let column = ins.a as usize;
        match ins.op {
            Load => match self.column_type(column) {
                LogicalType::Category | LogicalType::Id | LogicalType::Bool => Shape::Coded([column].into()),
                _ => Shape::Number(column),
            },
            TextTest => Shape::Coded([column].into()),
            CompareInt | CompareDecimal | CompareFloat => self.comparison(&ins),
            Coalesce => match (self.shapes.get(ins.a as usize), self.is_constant(ins.b as usize)) {
                (Some(Shape::Number(column)), true) => Shape::Number(*column),
                _ => self.coded(&ins),
            },
            IsNull => match self.shapes.get(ins.a as usize) {
                Some(Shape::Number(column)) => Shape::Coded([*column].into()),
                _ => self.coded(&ins),
            },
            _ => self.coded(&ins),
        }
    }

    fn coded(&self, ins: &Instruction<RowOp>) -> Shape {
        let mut all = BTreeSet::new();
        for operand in ins.registers() {
            match self.shapes.get(operand) {
                Some(Shape::Coded(columns)) => all.extend(columns),
                _ => return Shape::Open,
            }
        }
        Shape::Coded(all)
    }

    fn is_constant(&self, register: usize) -> bool {
        use RowOp::*;
        self.code.get(register).is_some_and(|ins| matches!(ins.op, ConstInt | ConstDecimal | ConstFloat))
    }

    /// The constant as numbers of its kind are ordered; `None` beyond 64 bits.
    fn constant(&self, register: usize) -> Option<i64> {
        let ins = self.code.get(register)?;
        let value = self.program.const_i128(ins.a);
        match ins.op {
            RowOp::ConstInt => Some(value as i64),
            RowOp::ConstDecimal => i64::try_from(value).ok(),
            RowOp::ConstFloat => Some(super::isa::float_order(value as u64)),
            _ => None,
        }
    }

    fn comparison(&mut self, ins: &Instruction<RowOp>) -> Shape {
        let (a, b) = (ins.a as usize, ins.b as usize);
        let (number, constant) = match (self.shapes.get(a), self.shapes.get(b)) {
            (Some(Shape::Number(column)), _) => (*column, self.constant(b)),
            (_, Some(Shape::Number(column))) => (*column, self.constant(a)),
            _ => return self.coded(ins),
        };
        match (constant, self.edges.get_mut(number)) {
            (Some(edge), Some(edges)) => {
                edges.insert(edge);
                Shape::Coded([number].into())
            }
            _ => Shape::Open,
        }
    }

    /// How many codes the inputs of a column have, the one for missing values included.
    fn codes(&self, column: usize) -> usize {
        match self.column_type(column) {
            LogicalType::Bool => 3,
            LogicalType::Category | LogicalType::Id => self.text_codes(column),
            _ => 2 * self.edges.get(column).map_or(0, BTreeSet::len) + 2,
        }
    }

    /// Bounds how many different meanings the texts of a column can have for the conditions.
    fn text_codes(&self, column: usize) -> usize {
        text_codes(&self.code, column)
    }

    /// The input that codes a column.
    fn input_of(&mut self, column: usize) -> usize {
        let input = match self.column_type(column) {
            LogicalType::Category | LogicalType::Id => Input::Text { column },
            LogicalType::Bool => Input::Bool { column },
            ty => {
                let edges = self.edges.get(column).into_iter().flatten().copied().collect();
                let node = self.load_node(column);
                Input::Band { column, node, float: ty == LogicalType::Float, edges }
            }
        };
        self.input(input)
    }

    fn input(&mut self, input: Input) -> usize {
        self.inputs.iter().position(|known| *known == input).unwrap_or_else(|| {
            self.inputs.push(input);
            self.inputs.len() - 1
        })
    }

    /// The inputs of a condition and how many combinations they have.
    fn condition(&mut self, register: usize) -> (Vec<usize>, usize) {
        if let Some(Shape::Coded(columns)) = self.shapes.get(register).cloned() {
            let size = columns.iter().fold(1_usize, |size, &c| size.saturating_mul(self.codes(c)));
            if size <= CONDITION_LIMIT {
                return (columns.iter().map(|&c| self.input_of(c)).collect(), size);
            }
        }
        (vec![self.input(Input::Flag { register })], 3)
    }

    fn size(&self, inputs: &BTreeSet<usize>) -> usize {
        inputs.iter().fold(1_usize, |size, &i| {
            size.saturating_mul(match self.inputs.get(i) {
                Some(Input::Flag { .. }) => 3,
                Some(input) => input.column().map_or(1, |column| self.codes(column)),
                None => 1,
            })
        })
    }

    fn node(&mut self, node: Node) -> usize {
        self.nodes.iter().position(|known| *known == node).unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        })
    }

    fn load_node(&mut self, column: usize) -> usize {
        self.node(Node::Load { column })
    }

    /// The node of a register that holds numbers.
    fn number(&mut self, register: usize) -> usize {
        if let Some(Some(node)) = self.node_of.get(register) {
            return *node;
        }
        let node = self.number_node(register);
        let node = self.node(node);
        if let Some(entry) = self.node_of.get_mut(register) {
            *entry = Some(node);
        }
        node
    }

    fn number_node(&mut self, register: usize) -> Node {
        use RowOp::*;
        let Some(ins) = self.code.get(register).copied() else { return Node::Const { word: 0 } };
        let (a, b) = (ins.a as usize, ins.b as usize);
        let two = |planner: &mut Self| (planner.number(a), planner.number(b));
        match ins.op {
            Load => Node::Load { column: a },
            ConstInt | ConstFloat => Node::Const { word: self.program.const_i128(ins.a) as u64 },
            ConstDecimal => match i64::try_from(self.program.const_i128(ins.a)) {
                Ok(word) => Node::Const { word: word as u64 },
                Err(_) => Node::Reference { register, decimal: true },
            },
            AddFloat | SubFloat | MulFloat => {
                let op = match ins.op {
                    AddFloat => b'+',
                    SubFloat => b'-',
                    _ => b'*',
                };
                let (a, b) = two(self);
                Node::Float { op, a, b }
            }
            AddInt | SubInt | MulInt | AddDecimal | SubDecimal | MulDecimal => {
                let op = match ins.op {
                    AddInt | AddDecimal => b'+',
                    SubInt | SubDecimal => b'-',
                    _ => b'*',
                };
                let (a, b) = two(self);
                Node::Int { op, a, b }
            }
            IntToDecimal => Node::Same { a: self.number(a) },
            NegDecimal | AbsDecimal | RemDecimal | DropDigits | MinDecimal | MaxDecimal => {
                Node::Reference { register, decimal: true }
            }
            If | Coalesce | Missing => Node::Reference { register, decimal: ins.aux == 1 },
            _ => Node::Reference { register, decimal: false },
        }
    }

    fn plan(mut self, table: usize) -> Option<Plan> {
        let keys = self.keys()?;
        let gate = self.view.filter.map(|register| {
            let (inputs, _) = self.condition(register);
            Family { inputs, masks: vec![Some(register)], args: Vec::new() }
        });
        let first = self.view.placement_start;
        let mut lanes = Vec::new();
        for placement in first..first + self.view.placement_count {
            let at = match self.program.placement(placement).at {
                Some(register) => match self.code.get(register) {
                    Some(ins) if ins.op == RowOp::Load => Some(ins.a as usize),
                    _ => return None,
                },
                None => None,
            };
            lanes.push(self.lane(placement, at));
        }
        let loaded: Vec<usize> =
            self.code.iter().filter(|ins| ins.op == RowOp::Load).map(|ins| ins.a as usize).collect();
        // Missing values are counted in every loaded column, so each is looked at.
        for &column in &loaded {
            match self.column_type(column) {
                LogicalType::Category | LogicalType::Id => {}
                LogicalType::Bool => {
                    self.input(Input::Bool { column });
                }
                _ => {
                    self.load_node(column);
                }
            }
        }
        Some(Plan { table, inputs: self.inputs, nodes: self.nodes, keys, gate, lanes, loaded })
    }

    fn keys(&mut self) -> Option<Vec<KeyPlan>> {
        (0..self.program.dim_count())
            .map(|dim| match self.program.key(&self.view, dim) {
                Key::TextColumn(column) => Some(KeyPlan::Text { column }),
                // A text that is chosen row by row.
                Key::TextRegister(_) => None,
                Key::Register(register) => {
                    let ins = self.code.get(register)?;
                    match (ins.op, self.column_type(ins.a as usize)) {
                        (RowOp::Load, LogicalType::Bool) => Some(KeyPlan::Bool { column: ins.a as usize }),
                        (RowOp::Load, LogicalType::Int | LogicalType::Date) => {
                            Some(KeyPlan::Number { node: self.number(register) })
                        }
                        _ => None,
                    }
                }
            })
            .collect()
    }

    fn lane(&mut self, placement: usize, at: Option<usize>) -> LanePlan {
        let slots: Vec<_> = (0..self.program.slot_count())
            .map(|i| (i, self.program.slot(i)))
            .filter(|(_, slot)| slot.placement == placement)
            .collect();
        let mut conditions: Vec<(Option<usize>, BTreeSet<usize>)> = Vec::new();
        for (_, slot) in &slots {
            if conditions.iter().all(|(known, _)| *known != slot.mask) {
                let inputs = slot.mask.map_or_else(Vec::new, |register| self.condition(register).0);
                conditions.push((slot.mask, inputs.into_iter().collect()));
            }
        }
        if conditions.is_empty() {
            conditions.push((None, BTreeSet::new()));
        }
        // Those with the most combinations first: smaller ones then often find a place beside them.
        conditions.sort_by_key(|(mask, inputs)| (std::cmp::Reverse(self.size(inputs)), *mask));
        let mut families: Vec<(BTreeSet<usize>, Family)> = Vec::new();
        for (mask, inputs) in conditions {
            let joined = |family: &BTreeSet<usize>| family.union(&inputs).copied().collect::<BTreeSet<_>>();
            let best = families
                .iter()
                .enumerate()
                .map(|(i, (own, _))| (self.size(&joined(own)), i))
                .filter(|&(size, i)| {
                    size <= FAMILY_LIMIT || families.get(i).is_some_and(|(own, _)| inputs.is_subset(own))
                })
                .min();
            match best.and_then(|(_, i)| families.get_mut(i)) {
                Some((own, family)) => {
                    own.extend(&inputs);
                    family.masks.push(mask);
                }
                None => {
                    let family = Family { masks: vec![mask], ..Family::default() };
                    families.push((inputs, family));
                }
            }
        }
        let mut families: Vec<Family> = families
            .into_iter()
            .map(|(inputs, family)| Family { inputs: inputs.into_iter().collect(), ..family })
            .collect();
        let slots = slots
            .into_iter()
            .filter_map(|(i, slot)| {
                let (family, mask) = families.iter().enumerate().find_map(|(f, family)| {
                    family.masks.iter().position(|known| *known == slot.mask).map(|mask| (f, mask))
                })?;
                let arg =
                    slot.arg.map(|register| self.arg(families.get_mut(family), slot.kind, register, mask));
                Some(SlotPlan { slot: i, kind: slot.kind, family, mask, arg })
            })
            .collect();
        LanePlan { placement, at, families, slots }
    }

    fn arg(&mut self, family: Option<&mut Family>, kind: SlotKind, register: usize, mask: usize) -> usize {
        use SlotKind::*;
        let node = self.any_node(register);
        let Some(family) = family else { return 0 };
        let position = family.args.iter().position(|arg| arg.node == node).unwrap_or_else(|| {
            family.args.push(Arg {
                node,
                kind: ArgKind::Int,
                masks: Vec::new(),
                sums: false,
                extremes: false,
            });
            family.args.len() - 1
        });
        if let Some(arg) = family.args.get_mut(position) {
            match kind {
                Count => {}
                SumInt | MinInt | MaxInt => arg.kind = ArgKind::Int,
                SumDecimal | MinDecimal | MaxDecimal => arg.kind = ArgKind::Decimal,
                SumFloat | MinFloat | MaxFloat => arg.kind = ArgKind::Float,
            }
            arg.sums |= matches!(kind, SumInt | SumDecimal | SumFloat);
            arg.extremes |= !matches!(kind, Count | SumInt | SumDecimal | SumFloat);
            if !arg.masks.contains(&mask) {
                arg.masks.push(mask);
            }
        }
        position
    }

    /// The node of a register of any kind: what is only counted may be a text or a truth value.
    fn any_node(&mut self, register: usize) -> usize {
        let Some(ins) = self.code.get(register).copied() else { return self.number(register) };
        let column = ins.a as usize;
        match (ins.op, self.program.column(&self.view, column).ty) {
            (RowOp::Load, LogicalType::Bool | LogicalType::Category | LogicalType::Id) => {
                self.node(Node::Present { column })
            }
            _ => self.number(register),
        }
    }
}

/// The registers that hold the text of a column.
fn loads_of(code: &[Instruction<RowOp>], column: usize) -> impl Fn(usize) -> bool + '_ {
    move |register| code.get(register).is_some_and(|ins| ins.op == RowOp::Load && ins.a as usize == column)
}

/// The registers that say what a text of a column means to all conditions: tests of the text, or the text itself
/// where it is used in another way.
pub(super) fn meaning_registers(code: &[Instruction<RowOp>], column: usize) -> Vec<usize> {
    let is_load = loads_of(code, column);
    let mut registers = Vec::new();
    for (i, ins) in code.iter().enumerate() {
        match ins.op {
            RowOp::TextTest if ins.a as usize == column => registers.push(i),
            RowOp::CompareCode | RowOp::IsNull if ins.registers().any(&is_load) => registers.push(i),
            _ => registers.extend(ins.registers().filter(|&r| is_load(r))),
        }
    }
    registers.sort_unstable();
    registers.dedup();
    registers
}

/// Bounds how many different meanings the texts of a column can have; at least 2: missing, and a text.
pub(super) fn text_codes(code: &[Instruction<RowOp>], column: usize) -> usize {
    let is_load = loads_of(code, column);
    let mut constants = BTreeSet::new();
    let mut tests = 0_u32;
    for register in meaning_registers(code, column) {
        match code.get(register) {
            Some(ins) if ins.op == RowOp::TextTest => tests += 1,
            Some(ins) if ins.op == RowOp::CompareCode => {
                constants.insert(if is_load(ins.a as usize) { ins.b } else { ins.a });
            }
            Some(ins) if ins.op == RowOp::Load => return 64,
            _ => {}
        }
    }
    let answers = 1_usize.checked_shl(tests.min(12)).unwrap_or(usize::MAX);
    (constants.len() + 1).saturating_mul(answers).saturating_add(1)
}
