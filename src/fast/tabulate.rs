//! Tries conditions for every combination of their inputs, with the reference evaluator itself: whatever a condition is
//! made of, a row's outcome can then be looked up.

use super::plan::{Input, closure};
use crate::error::Error;
use ripplemark_core::batch::{Bits, Codes, Column, Data, Text, TimeUnit};
use ripplemark_core::eval::{CHUNK, Rows};
use ripplemark_core::program::op::{Instruction, RowOp};
use ripplemark_core::types::LogicalType;
use ripplemark_core::{Program, Register, Scratch, scratch_words};

/// What a register holds for one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Outcome {
    pub(super) word: u64,
    pub(super) reasons: u8,
}

/// The values that a column has in the rows that are tried.
#[derive(Clone, Debug)]
pub(super) enum Tried {
    /// Texts, and which of them each row has, counted from 1; 0 for none.
    Texts { texts: Vec<Box<[u8]>>, codes: Vec<u32> },
    /// 0 for none, 1 false, 2 true.
    Bools { codes: Vec<u32> },
    /// Integers, days, microseconds, mantissas, or the bits of doubles.
    Numbers { words: Vec<Option<i64>>, ty: LogicalType },
}

/// The buffers of a column that is tried.
enum Buffers {
    Missing,
    Texts { codes: Vec<u32>, offsets: Vec<i64>, bytes: Vec<u8>, valid: Vec<u8> },
    Bools { bits: Vec<u8>, valid: Vec<u8> },
    Days { values: Vec<i32>, valid: Vec<u8> },
    Floats { values: Vec<f64>, valid: Vec<u8> },
    Ints { values: Vec<i64>, valid: Vec<u8> },
    Instants { values: Vec<i64>, valid: Vec<u8> },
    Decimals { bytes: Vec<u8>, scale: u8, valid: Vec<u8> },
}

fn bitmap(bits: impl ExactSizeIterator<Item = bool>) -> Vec<u8> {
    let mut bytes = vec![0; bits.len().div_ceil(8)];
    for (i, bit) in bits.enumerate() {
        if bit && let Some(byte) = bytes.get_mut(i / 8) {
            *byte |= 1 << (i % 8);
        }
    }
    bytes
}

impl Buffers {
    fn new(tried: &Tried) -> Buffers {
        match tried {
            Tried::Texts { texts, codes } => {
                let mut offsets = vec![0];
                let mut bytes = Vec::new();
                for text in texts {
                    bytes.extend_from_slice(text);
                    offsets.push(bytes.len() as i64);
                }
                Buffers::Texts {
                    codes: codes.iter().map(|code| code.saturating_sub(1)).collect(),
                    offsets,
                    bytes,
                    valid: bitmap(codes.iter().map(|&code| code != 0)),
                }
            }
            Tried::Bools { codes } => Buffers::Bools {
                bits: bitmap(codes.iter().map(|&code| code == 2)),
                valid: bitmap(codes.iter().map(|&code| code != 0)),
            },
            Tried::Numbers { words, ty } => {
                let valid = bitmap(words.iter().map(Option::is_some));
                let words = words.iter().map(|word| word.unwrap_or(0));
                match ty {
                    LogicalType::Float => {
                        Buffers::Floats { values: words.map(|w| f64::from_bits(w as u64)).collect(), valid }
                    }
                    LogicalType::Date => Buffers::Days {
                        values: words.map(|w| i32::try_from(w).unwrap_or_default()).collect(),
                        valid,
                    },
                    LogicalType::Timestamp => Buffers::Instants { values: words.collect(), valid },
                    LogicalType::Decimal(scale) => Buffers::Decimals {
                        bytes: words.flat_map(|w| i128::from(w).to_le_bytes()).collect(),
                        scale: *scale,
                        valid,
                    },
                    _ => Buffers::Ints { values: words.collect(), valid },
                }
            }
        }
    }

    fn column(&self) -> Column<'_> {
        let (data, valid) = match self {
            Buffers::Missing => return Column::new(Data::Missing),
            Buffers::Texts { codes, offsets, bytes, valid } => (
                Data::Dict { codes: Codes::U32(codes), values: Text::Large { offsets, bytes }, valid: None },
                valid,
            ),
            Buffers::Bools { bits, valid } => (Data::Bool(Bits::new(bits, 0)), valid),
            Buffers::Days { values, valid } => (Data::Date32(values), valid),
            Buffers::Floats { values, valid } => (Data::F64(values), valid),
            Buffers::Ints { values, valid } => (Data::I64(values), valid),
            Buffers::Instants { values, valid } => {
                (Data::Timestamp { values, unit: TimeUnit::Microsecond }, valid)
            }
            Buffers::Decimals { bytes, scale, valid } => (Data::Decimal128 { bytes, scale: *scale }, valid),
        };
        Column { data, validity: Some(Bits::new(valid, 0)), invalid: None }
    }
}

/// Runs `registers` over rows whose columns are `tried` (the others are missing); what each holds for each row.
pub(super) fn outcomes(
    program: &Program<'_>,
    table: usize,
    code: &[Instruction<RowOp>],
    registers: &[usize],
    tried: &[(usize, Tried)],
    rows: usize,
) -> Result<Vec<Vec<Outcome>>, Error> {
    let view = program.table(table);
    let mut buffers: Vec<Buffers> = (0..view.column_count).map(|_| Buffers::Missing).collect();
    for (column, tried) in tried {
        if let Some(own) = buffers.get_mut(*column) {
            *own = Buffers::new(tried);
        }
    }
    let columns: Vec<Column<'_>> = buffers.iter().map(Buffers::column).collect();
    let wanted = closure(code, registers.iter().copied());
    let mut words = vec![0; scratch_words(program, table, &columns)?];
    let mut memory = vec![Register::ZERO; code.len()];
    let mut scratch = Scratch { registers: &mut memory, words: &mut words };
    let mut run = Rows::new(program, table, &columns, rows, &mut scratch)?;
    let mut all = vec![Vec::with_capacity(rows); registers.len()];
    for from in (0..rows).step_by(CHUNK) {
        let to = rows.min(from + CHUNK);
        let result = run.run(from..to, &wanted);
        for (outcomes, &register) in all.iter_mut().zip(registers) {
            let Some(register) = result.get(register) else { continue };
            outcomes.extend(
                (0..to - from)
                    .map(|row| Outcome { word: register.word(row), reasons: register.reasons(row).0 }),
            );
        }
    }
    Ok(all)
}

/// A value of each band of a column: `None` for missing (code 0) and for bands that no value of the type lies in.
pub(super) fn band_values(edges: &[i64], ty: LogicalType) -> Vec<Option<i64>> {
    let mut values = vec![None];
    for band in 0..=2 * edges.len() {
        let at = edges.get(band / 2).copied();
        let below = (band / 2).checked_sub(1).and_then(|i| edges.get(i)).copied();
        let ordered = if band % 2 == 1 {
            at
        } else {
            match (below, at) {
                (Some(below), at) => below.checked_add(1).filter(|next| at.is_none_or(|at| *next < at)),
                (None, Some(at)) => at.checked_sub(1),
                (None, None) => Some(0),
            }
        };
        values.push(ordered.and_then(|ordered| of_type(ordered, ty)));
    }
    values
}

/// The value with this place in the order of its type.
fn of_type(ordered: i64, ty: LogicalType) -> Option<i64> {
    match ty {
        LogicalType::Float => {
            let sign = if ordered < 0 { 1 << 63 } else { 0 };
            let bits = ordered.unsigned_abs() | sign;
            f64::from_bits(bits).is_finite().then_some(bits as i64)
        }
        LogicalType::Date => i32::try_from(ordered).ok().map(i64::from),
        _ => Some(ordered),
    }
}

/// The columns of a family's inputs for every combination of their codes: input `i` changes with stride `strides[i]`.
pub(super) fn combinations(
    inputs: &[(&Input, u32, usize)],
    texts: impl Fn(usize) -> Vec<Box<[u8]>>,
    ty: impl Fn(usize) -> LogicalType,
    rows: usize,
) -> Vec<(usize, Tried)> {
    let mut tried = Vec::new();
    for &(input, stride, codes) in inputs {
        let stride = (stride as usize).max(1);
        let digits = || (0..rows).map(move |row| row / stride % codes.max(1));
        match input {
            Input::Text { column } => {
                let texts = texts(*column);
                let most = texts.len();
                let codes = digits().map(|code| if code <= most { code as u32 } else { 0 }).collect();
                tried.push((*column, Tried::Texts { texts, codes }));
            }
            Input::Bool { column } => {
                tried.push((*column, Tried::Bools { codes: digits().map(|code| code as u32).collect() }));
            }
            Input::Band { column, edges, .. } => {
                let ty = ty(*column);
                let values = band_values(edges, ty);
                let words = digits().map(|code| values.get(code).copied().flatten()).collect();
                tried.push((*column, Tried::Numbers { words, ty }));
            }
            Input::Flag { .. } => {}
        }
    }
    tried
}
