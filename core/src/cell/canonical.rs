//! Canonical bytes of a result cell: what two machines compare when they ask whether they have the same number.

use super::{CellValue, Cells, DimValue};

impl<M: AsRef<[u64]>> Cells<'_, '_, M> {
    /// Writes metric `i` of the current group as canonical bytes; how many, or `None` if `out` is too short.
    ///
    /// The bytes are: metric name (u32 length, UTF-8), level mask (u32), each dimension (u8: 0 value, 1 missing,
    /// 2 all; a value follows as i64, or as u32 length and UTF-8), period (u8: 0 day follows as i64, 2 none), value
    /// (u8: 0 binary64 bits follow, 1 none), reasons (u8), flags (u8), numerator, denominator (like value), n (u64).
    pub fn write_cell(&mut self, i: usize, out: &mut [u8]) -> Option<usize> {
        let cell = self.cell(i);
        self.write_value(self.program().metric(i).name, &cell, out)
    }

    /// As [`Cells::write_cell`], for a metric's name and its cell that [`Cells::cell`] has given.
    pub fn write_value(&self, name: &str, cell: &CellValue, out: &mut [u8]) -> Option<usize> {
        let mut at = 0;
        put(out, &mut at, &(name.len() as u32).to_le_bytes())?;
        put(out, &mut at, name.as_bytes())?;
        put(out, &mut at, &self.level().to_le_bytes())?;
        for dim in 0..self.program().dim_count() {
            match self.dim(dim) {
                DimValue::All => put(out, &mut at, &[2])?,
                DimValue::Missing => put(out, &mut at, &[1])?,
                DimValue::Int(value) | DimValue::Date(value) => put_i64(out, &mut at, value)?,
                DimValue::Bool(value) => put_i64(out, &mut at, i64::from(value))?,
                DimValue::Text(len) => {
                    put(out, &mut at, &[0])?;
                    put(out, &mut at, &(len as u32).to_le_bytes())?;
                    self.dim_text(dim, out.get_mut(at..)?)?;
                    at += len;
                }
            }
        }
        match self.period() {
            Some(day) => put_i64(out, &mut at, day)?,
            None => put(out, &mut at, &[2])?,
        }
        put_values(out, &mut at, cell)?;
        Some(at)
    }
}

fn put(out: &mut [u8], at: &mut usize, bytes: &[u8]) -> Option<()> {
    out.get_mut(*at..at.checked_add(bytes.len())?)?.copy_from_slice(bytes);
    *at += bytes.len();
    Some(())
}

fn put_i64(out: &mut [u8], at: &mut usize, value: i64) -> Option<()> {
    put(out, at, &[0])?;
    put(out, at, &value.to_le_bytes())
}

fn put_values(out: &mut [u8], at: &mut usize, cell: &CellValue) -> Option<()> {
    let number = |value: Option<f64>, out: &mut [u8], at: &mut usize| match value {
        Some(value) => {
            put(out, at, &[0])?;
            put(out, at, &value.to_bits().to_le_bytes())
        }
        None => put(out, at, &[1]),
    };
    number(cell.value, out, at)?;
    put(out, at, &[cell.reasons.0, cell.flags.0])?;
    number(cell.numerator, out, at)?;
    number(cell.denominator, out, at)?;
    put(out, at, &cell.n.to_le_bytes())
}
