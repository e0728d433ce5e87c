//! A family of conditions at work: the class of each row, and cells by group and class.

use super::isa::{self, Isa, ROWS};
use super::plan::{self, ArgKind, Input};
use super::tabulate;
use super::texts::Texts;
use crate::error::Error;
use ripplemark_core::Program;
use ripplemark_core::program::op::{Instruction, RowOp};
use ripplemark_core::types::LogicalType;
use std::collections::HashMap;

/// Class of rows for which a condition fails: the reference evaluator takes them.
pub(super) const FAILED: u32 = 0;

/// What is accumulated of one number of a family.
#[derive(Default)]
pub(super) struct ArgCells {
    /// Class of the number's own conditions, by class of the family; 0: none of them holds.
    pub(super) class_of: Vec<u32>,
    /// Which conditions of the number hold, by its own class; the first entry is for class 0.
    pub(super) holds: Vec<Vec<bool>>,
    known: HashMap<Vec<bool>, u32>,
    /// Cells of a group.
    pub(super) width: u32,
    /// (high, low) by group and class.
    pub(super) sums: Vec<[i64; 2]>,
    /// Rows without a number.
    pub(super) missing: Vec<u32>,
    /// Least and most, in the order of the type.
    pub(super) extremes: Vec<(i64, i64)>,
}

/// The classes of a family and its cells.
pub(super) struct FamilyState {
    strides: Vec<u32>,
    /// Codes of each input.
    codes: Vec<usize>,
    /// How many meanings the texts had when the table was made.
    meanings: usize,
    is_made: bool,
    /// Class by combination.
    table: Vec<u32>,
    /// Which conditions hold, by class; the first entry is for failed rows.
    pub(super) holds: Vec<Vec<bool>>,
    known: HashMap<Vec<bool>, u32>,
    /// Cells of a group.
    pub(super) width: u32,
    /// Rows by group and class.
    pub(super) counts: Vec<u32>,
    pub(super) args: Vec<ArgCells>,
    /// Class of each row of the run at hand.
    pub(super) classes: Box<[u32; ROWS]>,
}

/// What making a family's table needs to know.
pub(super) struct Making<'a, 'p> {
    pub(super) program: &'a Program<'p>,
    pub(super) table: usize,
    pub(super) code: &'a [Instruction<RowOp>],
    pub(super) inputs: &'a [Input],
    pub(super) texts: &'a [Texts],
}

impl Making<'_, '_> {
    fn texts_of(&self, column: usize) -> Option<&Texts> {
        self.texts.iter().find(|texts| texts.column == column)
    }

    fn ty(&self, column: usize) -> LogicalType {
        let view = self.program.table(self.table);
        self.program.column(&view, column).ty
    }

    fn meanings(&self, family: &plan::Family) -> usize {
        let inputs = family.inputs.iter().filter_map(|&i| self.inputs.get(i));
        inputs
            .filter_map(Input::column)
            .filter_map(|column| self.texts_of(column))
            .map(Texts::meaning_count)
            .sum()
    }

    fn codes(&self, input: &Input) -> usize {
        match input {
            Input::Text { column } => plan::text_codes(self.code, *column),
            Input::Bool { .. } | Input::Flag { .. } => 3,
            Input::Band { edges, .. } => 2 * edges.len() + 2,
        }
    }
}

impl FamilyState {
    pub(super) fn new(family: &plan::Family) -> FamilyState {
        FamilyState {
            strides: Vec::new(),
            codes: Vec::new(),
            meanings: 0,
            is_made: false,
            table: Vec::new(),
            holds: vec![Vec::new()],
            known: HashMap::new(),
            width: 0,
            counts: Vec::new(),
            args: family.args.iter().map(|_| ArgCells::default()).collect(),
            classes: Box::new([0; ROWS]),
        }
    }

    /// Whether the table of classes knows all meanings that texts have shown so far.
    pub(super) fn is_current(&self, family: &plan::Family, making: &Making<'_, '_>) -> bool {
        self.is_made && self.meanings == making.meanings(family)
    }

    /// Makes the table of classes. Cells must be empty: they have other places afterwards.
    pub(super) fn make(&mut self, family: &plan::Family, making: &Making<'_, '_>) -> Result<(), Error> {
        let of = |i: &usize| making.inputs.get(*i);
        let meanings = making.meanings(family);
        let inputs: Vec<&Input> = family.inputs.iter().filter_map(of).collect();
        self.codes = inputs.iter().map(|input| making.codes(input)).collect();
        let mut rows = 1_usize;
        self.strides.clear();
        for codes in &self.codes {
            self.strides.push(rows as u32);
            rows *= codes;
        }
        let described: Vec<(&Input, u32, usize)> = inputs
            .iter()
            .zip(&self.strides)
            .zip(&self.codes)
            .map(|((input, &stride), &codes)| (*input, stride, codes))
            .collect();
        let tried = tabulate::combinations(
            &described,
            |column| making.texts_of(column).map_or_else(Vec::new, Texts::examples),
            |column| making.ty(column),
            rows,
        );
        let flag_of = |register: usize| {
            described.iter().find_map(|(input, stride, codes)| {
                (**input == Input::Flag { register }).then_some((*stride as usize, *codes))
            })
        };
        let registers: Vec<usize> =
            family.masks.iter().flatten().copied().filter(|&r| flag_of(r).is_none()).collect();
        let outcomes =
            tabulate::outcomes(making.program, making.table, making.code, &registers, &tried, rows)?;
        let bands: Vec<(usize, usize, Vec<Option<i64>>)> = described
            .iter()
            .filter_map(|(input, stride, codes)| match input {
                Input::Band { column, edges, .. } => {
                    Some((*stride as usize, *codes, tabulate::band_values(edges, making.ty(*column))))
                }
                _ => None,
            })
            .collect();
        self.table = vec![FAILED; rows.next_power_of_two()];
        for (row, class) in self.table.iter_mut().enumerate().take(rows) {
            // A band in which no value lies has no row.
            let is_possible = bands.iter().all(|(stride, codes, values)| {
                let code = row / stride % codes;
                code == 0 || values.get(code).is_some_and(Option::is_some)
            });
            if !is_possible {
                continue;
            }
            let holds: Option<Vec<bool>> = family
                .masks
                .iter()
                .map(|mask| {
                    let Some(register) = mask else { return Some(true) };
                    if let Some((stride, codes)) = flag_of(*register) {
                        return Some(row / stride % codes == 2);
                    }
                    let position = registers.iter().position(|r| r == register)?;
                    let outcome = outcomes.get(position)?.get(row)?;
                    match outcome.reasons {
                        0 => Some(outcome.word == 1),
                        reasons if reasons == ripplemark_core::Reasons::EMPTY.0 => Some(false),
                        _ => None,
                    }
                })
                .collect();
            let Some(holds) = holds else { continue };
            let next = self.holds.len() as u32;
            *class = *self.known.entry(holds.clone()).or_insert(next);
            if *class == next {
                self.holds.push(holds);
            }
        }
        self.meanings = meanings;
        self.is_made = true;
        for (cells, arg) in self.args.iter_mut().zip(&family.args) {
            cells.make(arg, &self.holds);
        }
        self.width = self.holds.len() as u32;
        Ok(())
    }

    /// The class of each row, from the codes of the inputs.
    pub(super) fn classify(
        &mut self,
        isa: Isa,
        family: &plan::Family,
        codes: &[Box<[u32; ROWS]>],
        len: usize,
    ) {
        let mut joint = [0_u32; ROWS];
        let joint = joint.get_mut(..len).unwrap_or(&mut []);
        let classes = self.classes.get_mut(..len).unwrap_or(&mut []);
        let mut inputs = family.inputs.iter().zip(&self.strides);
        if let (Some((&input, 1)), 1) = (inputs.next(), family.inputs.len()) {
            let codes = codes.get(input).and_then(|codes| codes.get(..len)).unwrap_or(&[]);
            isa::look_up(isa, classes, codes, &self.table);
            return;
        }
        for (&input, &stride) in family.inputs.iter().zip(&self.strides) {
            let codes = codes.get(input).and_then(|codes| codes.get(..len)).unwrap_or(&[]);
            isa::join(isa, joint, codes, stride);
        }
        isa::look_up(isa, classes, joint, &self.table);
    }

    /// Makes cells for so many groups, the one for rows without a group included.
    pub(super) fn reserve(&mut self, family: &plan::Family, groups: usize) {
        let grow = |width: u32| groups.next_power_of_two().max(64) * width as usize;
        if self.counts.len() < groups * self.width as usize {
            self.counts.resize(grow(self.width), 0);
        }
        for (cells, arg) in self.args.iter_mut().zip(&family.args) {
            let (needed, len) = (groups * cells.width as usize, grow(cells.width));
            if cells.missing.len() < needed {
                cells.missing.resize(len, 0);
                if arg.sums {
                    cells.sums.resize(len, [0; 2]);
                }
                if arg.extremes {
                    cells.extremes.resize(len, (i64::MAX, i64::MIN));
                }
            }
        }
    }

    /// Bytes of the cells of one group.
    pub(super) fn group_bytes(&self) -> usize {
        4 * self.width as usize + self.args.iter().map(|arg| 36 * arg.width as usize).sum::<usize>()
    }

    /// Makes all cells empty, and gives their memory back if the places change.
    pub(super) fn clear(&mut self, release: bool) {
        if release {
            self.counts = Vec::new();
            for arg in &mut self.args {
                (arg.sums, arg.missing, arg.extremes) = (Vec::new(), Vec::new(), Vec::new());
            }
            return;
        }
        self.counts.fill(0);
        for arg in &mut self.args {
            arg.sums.fill([0; 2]);
            arg.missing.fill(0);
            arg.extremes.fill((i64::MAX, i64::MIN));
        }
    }
}

impl ArgCells {
    /// Sets the classes of the number's own conditions.
    fn make(&mut self, arg: &plan::Arg, holds: &[Vec<bool>]) {
        if self.holds.is_empty() {
            let none = vec![false; arg.masks.len()];
            self.known.insert(none.clone(), 0);
            self.holds.push(none);
        }
        // A table whose length is a power of two.
        self.class_of = vec![0; holds.len().next_power_of_two()];
        for (class, holds) in self.class_of.iter_mut().zip(holds) {
            let own: Vec<bool> = arg.masks.iter().map(|&mask| holds.get(mask) == Some(&true)).collect();
            let next = self.holds.len() as u32;
            *class = *self.known.entry(own.clone()).or_insert(next);
            if *class == next {
                self.holds.push(own);
            }
        }
        self.width = self.holds.len() as u32;
    }
}

/// How a number's sum is taken apart into two words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Split {
    /// `high × 2^32 + low`.
    Int,
    /// `high × 2^top + low × 2^bottom`, for doubles of an absolute value below `limit`.
    Float { top: i32, bottom: i32, limit: f64 },
}

/// 2^exponent, for exponents of normal numbers.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023).clamp(1, 2046) as u64) << 52)
}

impl Split {
    /// The split that suits these numbers, with room on both sides; `None` where no value tells.
    pub(super) fn choose(kind: ArgKind, words: &[u64]) -> Option<Split> {
        if kind != ArgKind::Float {
            return Some(Split::Int);
        }
        let exponent = |&bits: &u64| ((bits >> 52 & 0x7ff) as i32).max(1) - 1023;
        let extent = words.iter().filter(|&&bits| bits << 1 != 0).map(exponent).fold(
            None,
            |extent: Option<(i32, i32)>, e| {
                Some(extent.map_or((e, e), |(least, most)| (least.min(e), most.max(e))))
            },
        );
        let (least, most) = extent?;
        if most > 900 {
            // So large that splitting could overflow: no row fits.
            return Some(Split::Float { top: 0, bottom: -43, limit: 0.0 });
        }
        let most = most + 3;
        // 76 binades leave room for millions of rows; smaller numbers than those seen so far are then no exception.
        let mut bottom = (least - 54).min(most - 76).max(-1022);
        let mut half = (most - bottom + 1) / 2;
        if half > 43 {
            half = 43;
            bottom = most - 2 * half;
        }
        Some(Split::Float { top: bottom + half, bottom, limit: power_of_two(most) })
    }

    /// How many rows can be added before a word could overflow.
    pub(super) fn room(self) -> u64 {
        match self {
            Split::Int => 1 << 30,
            Split::Float { top, bottom, limit } => {
                let high = (limit.to_bits() >> 52) as i32 - 1023 - top;
                let low = top - bottom;
                1 << (61 - high.max(low)).clamp(0, 30)
            }
        }
    }

    /// Takes numbers apart; whether a row does not fit, which `unsure` then marks.
    pub(super) fn split(
        self,
        isa: Isa,
        high: &mut [i64],
        low: &mut [i64],
        words: &[u64],
        unsure: &mut [u8],
    ) -> bool {
        match self {
            Split::Int => {
                isa::split_ints(isa, high, low, words);
                false
            }
            Split::Float { top, bottom, limit } => {
                let magic = (1.5 * power_of_two(top + 52), 1.5 * power_of_two(bottom + 52));
                isa::split_floats(isa, high, low, words, magic, limit, unsure)
            }
        }
    }
}
