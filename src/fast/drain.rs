//! From cells to the state: what all rows of a group have added to each of its slots.

use super::family::Split;
use super::plan::{ArgKind, SlotPlan};
use super::table::{Lane, TableCells};
use crate::error::Error;
use ripplemark_core::program::op::SlotKind;
use ripplemark_core::state::bulk::{KeyPart, Part, Placed};
use ripplemark_core::{Need, Program, State};

/// A state that can grow.
pub(crate) trait Sink {
    /// Runs `enter` on the state; makes room and runs it again as long as it lacks something.
    fn with<T>(&mut self, enter: impl FnMut(&mut State<&mut [u64]>) -> Result<T, Need>) -> Result<T, Error>;

    /// Makes room for so many groups, texts and bytes of texts at once.
    fn reserve(&mut self, groups: usize, texts: usize, text_bytes: usize) -> Result<(), Error>;
}

impl TableCells {
    /// Moves everything that has been accumulated into a state, and is empty then.
    pub(crate) fn drain(&mut self, program: &Program<'_>, sink: &mut impl Sink) -> Result<(), Error> {
        if self.read > 0 {
            self.copy_to(program, sink)?;
            self.clear();
        }
        Ok(())
    }

    /// Adds everything that has been accumulated to a state.
    pub(crate) fn copy_to(&self, program: &Program<'_>, sink: &mut impl Sink) -> Result<(), Error> {
        if self.read == 0 {
            return Ok(());
        }
        // Lanes mostly have the same groups.
        let groups = self.lanes.iter().map(|lane| lane.groups.len()).max().unwrap_or(0);
        let (texts, bytes) = self.key_texts();
        sink.reserve(groups, texts, bytes)?;
        for lane in &self.lanes {
            for group in 1..=lane.groups.len() {
                self.copy_group(program, sink, lane, group)?;
            }
        }
        let placed: Vec<Placed> = self.lanes.iter().map(|lane| lane.placed).collect();
        sink.with(|state| {
            state.add_counts(program, self.plan.table, self.read, &placed, &self.missing);
            Ok(())
        })
    }

    fn copy_group(
        &self,
        program: &Program<'_>,
        sink: &mut impl Sink,
        lane: &Lane,
        group: usize,
    ) -> Result<(), Error> {
        let Some(first) = lane.families.first() else { return Ok(()) };
        let width = first.width as usize;
        let counts = first.counts.get(group * width..(group + 1) * width).unwrap_or(&[]);
        let rows: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        if rows == 0 {
            return Ok(());
        }
        let (parts, period) = self.key(lane, group);
        sink.with(|state| {
            // Only this can lack room, and then nothing has been added.
            let target = state.group_of(program, &parts, period)?;
            state.add_group_rows(program, target, rows);
            for slot in &lane.plan.slots {
                self.slot_parts(lane, slot, group, |part| state.add_part(program, target, slot.slot, part));
            }
            Ok(())
        })
    }

    /// The key of a group, and the first day of its period.
    fn key(&self, lane: &Lane, group: usize) -> (Vec<KeyPart<'_>>, Option<i64>) {
        let codes = lane.groups.parts(group);
        let parts = self.keys.iter().zip(codes).map(|(key, &code)| self.key_part(key, code)).collect();
        let period =
            if lane.has_periods { codes.last().and_then(|&code| lane.memory.start(code)) } else { None };
        (parts, period)
    }

    /// What the rows of a group have added to a slot.
    fn slot_parts(&self, lane: &Lane, slot: &SlotPlan, group: usize, mut add: impl FnMut(Part)) {
        let Some(family) = lane.families.get(slot.family) else { return };
        let own = |width: u32| group * width as usize..(group + 1) * width as usize;
        if slot.kind == SlotKind::Count {
            let counts = family.counts.get(own(family.width)).unwrap_or(&[]);
            let mut rows: u64 = counts
                .iter()
                .zip(&family.holds)
                .filter(|(_, holds)| holds.get(slot.mask) == Some(&true))
                .map(|(&count, _)| u64::from(count))
                .sum();
            if let Some((arg, cells)) = slot.arg.and_then(|arg| {
                Some((lane.plan.families.get(slot.family)?.args.get(arg)?, family.args.get(arg)?))
            }) {
                let position = arg.masks.iter().position(|&mask| mask == slot.mask);
                let missing = cells.missing.get(own(cells.width)).unwrap_or(&[]);
                for (&missing, holds) in missing.iter().zip(&cells.holds) {
                    if position.and_then(|p| holds.get(p)) == Some(&true) {
                        rows = rows.saturating_sub(u64::from(missing));
                    }
                }
            }
            add(Part::Count(rows));
            return;
        }
        let Some((arg, cells)) = slot.arg.and_then(|arg| {
            Some((lane.plan.families.get(slot.family)?.args.get(arg)?, family.args.get(arg)?))
        }) else {
            return;
        };
        let Some(position) = arg.masks.iter().position(|&mask| mask == slot.mask) else { return };
        let holds = |class: usize| cells.holds.get(class).and_then(|h| h.get(position)) == Some(&true);
        match slot.kind {
            SlotKind::Count => {}
            SlotKind::SumInt | SlotKind::SumDecimal | SlotKind::SumFloat => {
                let (mut high, mut low) = (0_i128, 0_i128);
                for (class, sum) in cells.sums.get(own(cells.width)).unwrap_or(&[]).iter().enumerate() {
                    if holds(class) {
                        high += i128::from(sum[0]);
                        low += i128::from(sum[1]);
                    }
                }
                match self.splits.get(arg.node).copied().flatten() {
                    Some(Split::Float { top, bottom, .. }) => {
                        add(Part::Float { mantissa: high, exponent: top });
                        add(Part::Float { mantissa: low, exponent: bottom });
                    }
                    Some(Split::Int) => {
                        let sum = (high << 32) + low;
                        add(if arg.kind == ArgKind::Decimal { Part::Decimal(sum) } else { Part::Int(sum) });
                    }
                    None => {}
                }
            }
            SlotKind::MinInt
            | SlotKind::MinDecimal
            | SlotKind::MinFloat
            | SlotKind::MaxInt
            | SlotKind::MaxDecimal
            | SlotKind::MaxFloat => {
                let cells = cells.extremes.get(own(cells.width)).unwrap_or(&[]);
                let held =
                    cells.iter().enumerate().filter(|(class, (least, most))| holds(*class) && least <= most);
                let (least, most) = held.fold((i64::MAX, i64::MIN), |(least, most), (_, own)| {
                    (least.min(own.0), most.max(own.1))
                });
                if least > most {
                    return;
                }
                let is_least =
                    matches!(slot.kind, SlotKind::MinInt | SlotKind::MinDecimal | SlotKind::MinFloat);
                let value = if is_least { least } else { most };
                add(match arg.kind {
                    ArgKind::Int => Part::Extreme(value as u64),
                    ArgKind::Decimal => Part::ExtremeDecimal(i128::from(value)),
                    ArgKind::Float => {
                        let sign = if value < 0 { 1 << 63 } else { 0 };
                        Part::Extreme(value.unsigned_abs() | sign)
                    }
                });
            }
        }
    }
}
