//! Validation of program bytes, in dependency order: header, directory, strings, constants, calendar, tables,
//! row code, slots, cell code, metrics. No field is used before it has been checked.

use super::layout::{self, BASE_SECTIONS, MAGIC, NONE, RECORD, SECTIONS, Section, VERSION, header};
use super::op::{CellOp, Instruction, Kind, RowOp};
use super::{DimType, Key, Program, TableView, kind_of, read_i64, read_u8, read_u32};
use crate::cell::width;
use crate::error::{Code, Error};
use crate::num::digits::MAX_DIGITS;
use crate::state::slot_words;
use crate::time::{Business, Grain, Zone};
use crate::types::LogicalType;

/// Offsets from UTC beyond a day do not exist; the bound keeps day arithmetic inside `i64`.
const MAX_OFFSET: i32 = 86_399;

pub(super) fn program(bytes: &[u8]) -> Result<Program<'_>, Error> {
    let mut program = Program { bytes, sections: [&[]; SECTIONS], cell_words: 0, slot_words: 0 };
    check_header(&mut program)?;
    check_texts(&program)?;
    check_calendar(&program)?;
    check_tables(&program)?;
    for table in 0..program.table_count() {
        check_row_code(&program, &program.table(table))?;
    }
    check_dims_and_keys(&program)?;
    check_placements(&program)?;
    program.slot_words = check_slots(&program)?;
    program.cell_words = check_cell_code(&program)?;
    check_metrics(&program)?;
    Ok(program)
}

fn check_header(program: &mut Program<'_>) -> Result<(), Error> {
    let bytes = program.bytes;
    if bytes.len() < header::SIZE + BASE_SECTIONS * 8 {
        let cut = bytes.len() >= MAGIC.len() && bytes.starts_with(&MAGIC);
        return Err(Error::new(if cut { Code::ProgramLength } else { Code::ProgramMagic }, bytes.len()));
    }
    if !bytes.starts_with(&MAGIC) {
        return Err(Error::new(Code::ProgramMagic, 0));
    }
    let version = read_u32(bytes, header::VERSION) & 0xffff;
    if version != u32::from(VERSION) {
        return Err(Error::new(Code::ProgramVersion, version as usize));
    }
    if read_u32(bytes, header::LENGTH) as usize != bytes.len() {
        return Err(Error::new(Code::ProgramLength, bytes.len()));
    }
    let sections = read_u32(bytes, header::SECTIONS) as usize;
    if !(BASE_SECTIONS..=SECTIONS).contains(&sections) {
        return Err(Error::new(Code::ProgramSection, sections));
    }
    let mut end = header::SIZE + sections * 8;
    for ((i, record), section) in RECORD.iter().enumerate().zip(&mut program.sections).take(sections) {
        let entry = header::SIZE + i * 8;
        let offset = read_u32(bytes, entry) as usize;
        let length = read_u32(bytes, entry + 4) as usize;
        let wrong = Error::new(Code::ProgramSection, i);
        // Sections follow one another without gaps and without overlap.
        if offset != end || !length.is_multiple_of(*record) {
            return Err(wrong);
        }
        end = offset.checked_add(length).ok_or(wrong)?;
        *section = bytes.get(offset..end).ok_or(wrong)?;
    }
    if end != bytes.len() {
        return Err(Error::new(Code::ProgramLength, end));
    }
    // One program, one byte string: what comes behind the sections of all programs comes only if there is something.
    let last = sections - 1;
    if last >= BASE_SECTIONS && program.sections.get(last).is_none_or(|section| section.is_empty()) {
        return Err(Error::new(Code::ProgramSection, last));
    }
    Ok(())
}

/// A string reference must lie inside the string section and hold UTF-8.
fn check_string(program: &Program<'_>, record: &[u8], at: usize, i: usize) -> Result<(), Error> {
    let (offset, length) = (read_u32(record, at) as usize, read_u32(record, at + 4) as usize);
    let bytes = program.sections[Section::Strings as usize].get(offset..offset.saturating_add(length));
    match bytes {
        Some(bytes) if core::str::from_utf8(bytes).is_ok() => Ok(()),
        _ => Err(Error::new(Code::ProgramString, i)),
    }
}

fn check_texts(program: &Program<'_>) -> Result<(), Error> {
    for i in 0..program.text_count() {
        check_string(program, program.record(Section::Texts, i), 0, i)?;
        if i > 0 && program.text(i - 1) >= program.text(i) {
            return Err(Error::new(Code::ProgramString, i));
        }
    }
    Ok(())
}

fn check_calendar(program: &Program<'_>) -> Result<(), Error> {
    let wrong = |i| Error::new(Code::ProgramCalendar, i);
    let grain = read_u8(program.bytes, header::GRAIN);
    let calendar = program.calendar();
    if grain > 5 || calendar.first_day_of_week > 6 || !(1..=12).contains(&calendar.first_month_of_year) {
        return Err(wrong(0));
    }
    if read_u8(program.bytes, header::HAS_AS_OF) > 1 {
        return Err(wrong(0));
    }
    let zone = Zone::new(program.sections[Section::Zone as usize]);
    let mut previous = i64::MIN;
    for i in 0..zone.len() {
        match zone.entry(i) {
            Some((moment, offset))
                if (i == 0 || moment > previous) && (-MAX_OFFSET..=MAX_OFFSET).contains(&offset) =>
            {
                previous = moment
            }
            _ => return Err(wrong(i)),
        }
    }
    let _ = read_i64(program.bytes, header::CALENDAR_TO);
    let business = program.sections[Section::BusinessHours as usize];
    if business.is_empty() {
        return Ok(());
    }
    Business::check(business, zone).map_err(|part| Error::new(Code::ProgramCalendar, part))
}

/// `start .. start + count` lies inside a section.
fn inside(program: &Program<'_>, section: Section, start: usize, count: usize) -> bool {
    start.checked_add(count).is_some_and(|end| end <= program.count(section))
}

fn check_tables(program: &Program<'_>) -> Result<(), Error> {
    let wrong = |i| Error::new(Code::ProgramTable, i);
    let dims = program.dim_count();
    if dims > layout::MAX_DIMS || program.table_count() == 0 {
        return Err(wrong(0));
    }
    let (mut columns, mut code, mut placements) = (0, 0, 0);
    for i in 0..program.table_count() {
        check_string(program, program.record(Section::Tables, i), layout::table::NAME, i)?;
        let table = program.table(i);
        // Tables own consecutive runs, so that no two share a column or an instruction.
        if table.column_start != columns || table.code_start != code || table.placement_start != placements {
            return Err(wrong(i));
        }
        if !inside(program, Section::Columns, table.column_start, table.column_count)
            || !inside(program, Section::RowCode, table.code_start, table.code_count)
            || !inside(program, Section::Placements, table.placement_start, table.placement_count)
            || table.key_start != i * dims
        {
            return Err(wrong(i));
        }
        columns += table.column_count;
        code += table.code_count;
        placements += table.placement_count;
    }
    if columns != program.count(Section::Columns)
        || code != program.count(Section::RowCode)
        || placements != program.count(Section::Placements)
        || program.count(Section::Keys) != program.table_count() * dims
    {
        return Err(wrong(program.table_count()));
    }
    check_columns(program)
}

fn check_columns(program: &Program<'_>) -> Result<(), Error> {
    let wrong = |i| Error::new(Code::ProgramTable, i);
    let texts = program.text_count();
    for i in 0..program.column_total() {
        let record = program.record(Section::Columns, i);
        check_string(program, record, layout::column::NAME, i)?;
        check_string(program, record, layout::column::SOURCE, i)?;
        let column = program.column_at(i);
        let known =
            read_u8(record, layout::column::TYPE) <= 8 && read_u8(record, layout::column::SCALE) <= 18;
        let map = inside(program, Section::ValueMap, column.map.0, column.map.1);
        let allowed =
            column.allowed.is_none_or(|(start, count)| inside(program, Section::Allowed, start, count));
        let format = match read_u32(record, layout::column::FORMAT) as usize {
            0 => read_u8(record, layout::column::FORMAT_ZONE) == 0,
            text => {
                text <= texts && read_u8(record, layout::column::FORMAT_ZONE) <= 1 && has_format(column.ty)
            }
        };
        if !known || !map || !allowed || !format {
            return Err(wrong(i));
        }
    }
    for i in 0..program.count(Section::ValueMap) {
        let r = program.record(Section::ValueMap, i);
        if read_u32(r, 0) as usize >= texts || read_u32(r, 4) as usize >= texts {
            return Err(wrong(i));
        }
    }
    for i in 0..program.count(Section::Allowed) {
        if read_u32(program.record(Section::Allowed, i), 0) as usize >= texts {
            return Err(wrong(i));
        }
    }
    Ok(())
}

/// Whether the data may write values of this type in more than one way.
fn has_format(ty: LogicalType) -> bool {
    matches!(ty, LogicalType::Date | LogicalType::Timestamp | LogicalType::Duration)
}

fn check_row_code(program: &Program<'_>, table: &TableView<'_>) -> Result<(), Error> {
    let mut text_tests = 0;
    for i in 0..table.code_count {
        let wrong = Error::new(Code::ProgramRowCode, i);
        let instruction = program.instruction(table, i).ok_or(wrong)?;
        if !row_instruction_is_valid(program, table, i, &instruction) {
            return Err(wrong);
        }
        // Dictionary entries keep the answers of tests by this number; no two may share one.
        if instruction.op == RowOp::TextTest {
            if instruction.c != text_tests {
                return Err(wrong);
            }
            text_tests += 1;
        }
    }
    if let Some(filter) = table.filter
        && register_kind(program, table, filter) != Some(Kind::Bool)
    {
        return Err(Error::new(Code::ProgramRowCode, filter));
    }
    Ok(())
}

/// The kind of a register; `None` past the end. Each instruction tells its own kind, so this looks at one only.
pub(super) fn register_kind(program: &Program<'_>, table: &TableView<'_>, i: usize) -> Option<Kind> {
    if i >= table.code_count {
        return None;
    }
    let ins = program.instruction(table, i)?;
    use RowOp::*;
    Some(match ins.op {
        Load => kind_of(program.column(table, ins.a as usize).ty),
        Missing | If | Coalesce => Kind::from_u8(ins.aux)?,
        ConstInt | NegInt | AddInt | SubInt | MulInt | RemInt | PowInt | AbsInt | MinInt | MaxInt
        | LocalDay | PeriodStart | AddMonths | DayPart | BusinessBetween | AddBusiness | AddLocalMonths
        | AddLocalDays => Kind::Int,
        ConstDecimal | NegDecimal | AddDecimal | SubDecimal | MulDecimal | RemDecimal | AbsDecimal
        | MinDecimal | MaxDecimal | IntToDecimal | DropDigits => Kind::Decimal,
        ConstFloat | NegFloat | DivInt | DivDecimal | AddFloat | SubFloat | MulFloat | DivFloat
        | RemFloat | PowFloat | IntToFloat | DecimalToFloat | AbsFloat | MinFloat | MaxFloat | Sqrt | Ln
        | Exp | Floor | Ceil | Round | Log10 | Log2 | RoundDigits => Kind::Float,
        ConstBool | Not | CompareInt | CompareDecimal | CompareFloat | CompareCode | TextTest | And | Or
        | IsNull | IsSound | FailedFirst => Kind::Bool,
        ConstText => Kind::Text,
    })
}

fn row_instruction_is_valid(
    program: &Program<'_>,
    table: &TableView<'_>,
    i: usize,
    ins: &Instruction<RowOp>,
) -> bool {
    use RowOp::*;
    let operand = |r: u32| if (r as usize) < i { register_kind(program, table, r as usize) } else { None };
    let all = |kind: Kind, operands: &[u32]| operands.iter().all(|&r| operand(r) == Some(kind));
    let constant = |k: u32| (k as usize) < program.count(Section::Consts);
    match ins.op {
        Load => (ins.a as usize) < table.column_count,
        ConstInt => constant(ins.a) && i64::try_from(program.const_i128(ins.a)).is_ok(),
        ConstDecimal => constant(ins.a),
        ConstFloat => constant(ins.a) && f64::from_bits(program.const_i128(ins.a) as u64).is_finite(),
        ConstBool => ins.a <= 1,
        ConstText => (ins.a as usize) < program.text_count(),
        Missing => Kind::from_u8(ins.aux).is_some(),
        NegInt | AbsInt | IntToFloat | IntToDecimal | LocalDay => all(Kind::Int, &[ins.a]),
        NegDecimal | AbsDecimal => all(Kind::Decimal, &[ins.a]),
        DecimalToFloat => all(Kind::Decimal, &[ins.a]) && ins.b <= 38,
        DropDigits => ins.aux <= 2 && ins.b <= 38 && all(Kind::Decimal, &[ins.a]),
        NegFloat | AbsFloat | Sqrt | Ln | Exp | Floor | Ceil | Round | Log10 | Log2 => {
            all(Kind::Float, &[ins.a])
        }
        RoundDigits => ins.b <= u32::from(MAX_DIGITS) && all(Kind::Float, &[ins.a]),
        Not => all(Kind::Bool, &[ins.a]),
        PeriodStart => Grain::from_u8(ins.aux).is_some() && all(Kind::Int, &[ins.a]),
        DayPart => ins.aux <= 3 && all(Kind::Int, &[ins.a]),
        AddInt | SubInt | MulInt | RemInt | PowInt | DivInt | MinInt | MaxInt | AddMonths
        | AddLocalMonths | AddLocalDays => all(Kind::Int, &[ins.a, ins.b]),
        BusinessBetween | AddBusiness => program.business().is_some() && all(Kind::Int, &[ins.a, ins.b]),
        AddDecimal | SubDecimal | MulDecimal | RemDecimal | MinDecimal | MaxDecimal => {
            all(Kind::Decimal, &[ins.a, ins.b])
        }
        DivDecimal => all(Kind::Decimal, &[ins.a, ins.b]) && ins.c & 0xff <= 38 && ins.c >> 8 <= 38,
        AddFloat | SubFloat | MulFloat | DivFloat | RemFloat | PowFloat | MinFloat | MaxFloat => {
            all(Kind::Float, &[ins.a, ins.b])
        }
        CompareInt => ins.aux <= 5 && all(Kind::Int, &[ins.a, ins.b]),
        CompareDecimal => ins.aux <= 5 && all(Kind::Decimal, &[ins.a, ins.b]),
        CompareFloat => ins.aux <= 5 && all(Kind::Float, &[ins.a, ins.b]),
        CompareCode => ins.aux <= 1 && (all(Kind::Bool, &[ins.a, ins.b]) || all(Kind::Text, &[ins.a, ins.b])),
        TextTest => {
            ins.aux <= 2
                && (ins.a as usize) < table.column_count
                && kind_of(program.column(table, ins.a as usize).ty) == Kind::Text
                && (ins.b as usize) < program.text_count()
        }
        And | Or => all(Kind::Bool, &[ins.a, ins.b]),
        If => Kind::from_u8(ins.aux).is_some_and(|k| all(Kind::Bool, &[ins.a]) && all(k, &[ins.b, ins.c])),
        Coalesce => Kind::from_u8(ins.aux).is_some_and(|k| all(k, &[ins.a, ins.b])),
        IsNull | IsSound => operand(ins.a).is_some(),
        FailedFirst => (1..=5).contains(&ins.aux) && operand(ins.a).is_some(),
    }
}

fn check_dims_and_keys(program: &Program<'_>) -> Result<(), Error> {
    let wrong = |i| Error::new(Code::ProgramTable, i);
    for d in 0..program.dim_count() {
        let record = program.record(Section::Dims, d);
        check_string(program, record, layout::dim::NAME, d)?;
        if read_u8(record, layout::dim::TYPE) > 3 {
            return Err(wrong(d));
        }
        let ty = program.dim(d).ty;
        for t in 0..program.table_count() {
            let table = program.table(t);
            let valid = match program.key(&table, d) {
                Key::TextColumn(c) => {
                    ty == DimType::Text
                        && c < table.column_count
                        && kind_of(program.column(&table, c).ty) == Kind::Text
                }
                Key::TextRegister(r) => {
                    ty == DimType::Text && register_kind(program, &table, r) == Some(Kind::Text)
                }
                Key::Register(r) => {
                    let expected = match ty {
                        DimType::Int | DimType::Date => Kind::Int,
                        DimType::Bool => Kind::Bool,
                        DimType::Text => return Err(wrong(d)),
                    };
                    register_kind(program, &table, r) == Some(expected)
                }
            };
            if !valid || read_u32(program.record(Section::Keys, table.key_start + d), layout::key::KIND) > 2 {
                return Err(wrong(d));
            }
        }
    }
    Ok(())
}

fn check_placements(program: &Program<'_>) -> Result<(), Error> {
    for t in 0..program.table_count() {
        let table = program.table(t);
        for p in table.placement_start..table.placement_start + table.placement_count {
            let placement = program.placement(p);
            let at = match placement.at {
                None => true,
                // Only a column itself can place a row: its declared type tells days from microseconds.
                Some(at) => {
                    at < table.code_count
                        && program.instruction(&table, at).is_some_and(|ins| {
                            use crate::types::LogicalType::{Date, Timestamp};
                            ins.op == RowOp::Load
                                && matches!(program.column(&table, ins.a as usize).ty, Date | Timestamp)
                        })
                }
            };
            if placement.table != t || !at || (program.grain().is_some() && placement.at.is_none()) {
                return Err(Error::new(Code::ProgramTable, p));
            }
        }
    }
    Ok(())
}

fn check_slots(program: &Program<'_>) -> Result<usize, Error> {
    let mut words = 0;
    for i in 0..program.slot_count() {
        let wrong = Error::new(Code::ProgramSlot, i);
        let record = program.record(Section::Slots, i);
        let kind = super::op::SlotKind::from_u8(read_u8(record, layout::slot::KIND)).ok_or(wrong)?;
        let slot = program.slot(i);
        if slot.placement >= program.placement_count() || slot.scale > 38 {
            return Err(wrong);
        }
        let table = program.table(program.placement(slot.placement).table);
        let mask = slot.mask.is_none_or(|r| register_kind(program, &table, r) == Some(Kind::Bool));
        let arg = match (slot.arg, kind.arg()) {
            (None, expected) => expected.is_none(),
            (Some(r), None) => register_kind(program, &table, r).is_some(),
            (Some(r), expected) => register_kind(program, &table, r) == expected,
        };
        if !mask || !arg || slot.offset != words {
            return Err(wrong);
        }
        words += slot_words(kind);
        if words > 1 << 24 {
            return Err(wrong);
        }
    }
    Ok(words)
}

fn check_cell_code(program: &Program<'_>) -> Result<usize, Error> {
    if program.count(Section::CellWidths) != program.cell_count() {
        return Err(Error::new(Code::ProgramCellCode, program.cell_count()));
    }
    let (mut offset, mut scratch) = (0, 0);
    for i in 0..program.cell_count() {
        let wrong = Error::new(Code::ProgramCellCode, i);
        let ins = program.cell_instruction(i).ok_or(wrong)?;
        if !cell_instruction_is_valid(program, i, &ins) {
            return Err(wrong);
        }
        let (numerator, denominator, at) = program.cell_width(i);
        let needs = width::of(program, &ins).ok_or(Error::new(Code::ProgramWidth, i))?;
        if (numerator, denominator) != (needs.numerator, needs.denominator) || at != offset {
            return Err(Error::new(Code::ProgramWidth, i));
        }
        offset += width::register_words(numerator, denominator);
        scratch = scratch.max(needs.scratch);
    }
    Ok(offset + scratch)
}

/// 0 number, 1 truth value; `None` past the end.
pub(super) fn cell_kind(program: &Program<'_>, i: usize) -> Option<u8> {
    let ins = if i < program.cell_count() { program.cell_instruction(i)? } else { return None };
    Some(match ins.op {
        CellOp::Bool | CellOp::Not | CellOp::Compare | CellOp::And | CellOp::Or | CellOp::IsNull => 1,
        CellOp::If | CellOp::Coalesce => ins.aux,
        _ => 0,
    })
}

fn cell_instruction_is_valid(program: &Program<'_>, i: usize, ins: &Instruction<CellOp>) -> bool {
    use CellOp::*;
    let operand = |r: u32| if (r as usize) < i { cell_kind(program, r as usize) } else { None };
    let all = |kind: u8, operands: &[u32]| operands.iter().all(|&r| operand(r) == Some(kind));
    match ins.op {
        Number => (ins.a as usize) < program.count(Section::Consts) && ins.b <= 38,
        Bool => ins.a <= 1,
        Slot => {
            let count = |s: u32| {
                (s as usize) < program.slot_count()
                    && program.slot(s as usize).kind == super::op::SlotKind::Count
            };
            (ins.a as usize) < program.slot_count() && (ins.b == NONE || count(ins.b))
        }
        Neg | Abs | Rows | Round64 | Sqrt | Ln | Exp | Log10 | Log2 => all(0, &[ins.a]),
        RoundTo => ins.aux <= 2 && ins.b <= u32::from(MAX_DIGITS) && all(0, &[ins.a]),
        Not => all(1, &[ins.a]),
        Add | Sub | Mul | Min | Max | Pow => all(0, &[ins.a, ins.b]),
        Div => ins.aux <= 1 && all(0, &[ins.a, ins.b]),
        Compare => ins.aux <= 5 && all(0, &[ins.a, ins.b]),
        And | Or => all(1, &[ins.a, ins.b]),
        If => ins.aux <= 1 && all(1, &[ins.a]) && all(ins.aux, &[ins.b, ins.c]),
        Coalesce => ins.aux <= 1 && all(ins.aux, &[ins.a, ins.b]),
        IsNull => operand(ins.a).is_some(),
    }
}

fn check_metrics(program: &Program<'_>) -> Result<(), Error> {
    for i in 0..program.metric_count() {
        let wrong = Error::new(Code::ProgramMetric, i);
        let record = program.record(Section::Metrics, i);
        for at in [
            layout::metric::NAME,
            layout::metric::LABEL,
            layout::metric::OWNER,
            layout::metric::UNIT,
            layout::metric::DESCRIPTION,
        ] {
            check_string(program, record, at, i)?;
        }
        let metric = program.metric(i);
        let number = |r: usize| cell_kind(program, r) == Some(0);
        if !number(metric.value)
            || !number(metric.n)
            || !metric.numerator.is_none_or(number)
            || !metric.denominator.is_none_or(number)
            || metric.ring > 3
            || metric.kind > 2
            || metric.scale.is_some_and(|scale| scale > 38)
            || read_u8(record, layout::metric::EXACT) > 1
        {
            return Err(wrong);
        }
    }
    let kept = if program.dim_count() >= 31 { u32::MAX } else { (1 << program.dim_count()) - 1 };
    for i in 0..program.level_count() {
        if program.level(i) & !(kept | layout::LEVEL_PERIOD) != 0 {
            return Err(Error::new(Code::ProgramMetric, i));
        }
    }
    if program.level_count() == 0 {
        return Err(Error::new(Code::ProgramMetric, 0));
    }
    Ok(())
}
