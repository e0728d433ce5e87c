//! The rows behind every cell of a result, against the result: as many as `n` says, and the cell again from them alone.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use ripplemark::evaluate::ResultCell;
use ripplemark::rows::{CellAddress, CellRows, DrillOptions, DrillThrough, Why};
use ripplemark::{Evaluation, Program, ResultSet};

/// Rows that take the value from a cell: with them the cell's reasons come back, too.
const FAILING: [Why; 2] = [Why::ConditionFailed, Why::ValueFailed];

/// Data by table.
pub(crate) type Tables<'t> = &'t [(&'t str, Vec<RecordBatch>)];

pub(crate) fn drill(
    program: &Program,
    cell: CellAddress,
    options: DrillOptions,
    data: Tables<'_>,
) -> CellRows {
    let mut drill = DrillThrough::new(program, cell, options).unwrap();
    for spec in drill.tables() {
        for batch in data.iter().filter(|(name, _)| *name == spec.name).flat_map(|(_, batches)| batches) {
            drill.feed(&spec.name, batch).unwrap();
        }
    }
    drill.finish()
}

pub(crate) fn row_numbers(batches: &[RecordBatch]) -> Vec<u64> {
    batches.iter().flat_map(|batch| batch.column(0).as_primitive::<UInt64Type>().values().to_vec()).collect()
}

fn again(program: &Program, rows: &CellRows, like: &ResultCell) -> Option<ResultCell> {
    let mut evaluation = Evaluation::new(program).unwrap();
    for table in &rows.tables {
        for batch in table.counted.iter().chain(&table.others) {
            evaluation.feed(&table.counts.table, batch).unwrap();
        }
    }
    let same = |cell: &&ResultCell| {
        (cell.metric, cell.level, &cell.key, cell.period) == (like.metric, like.level, &like.key, like.period)
    };
    evaluation.finish().unwrap().cells.iter().find(same).cloned()
}

/// Checks every cell of a result. `counts_n` names the metrics whose `n` is the number of their rows; of the others
/// `n` is the smallest among several aggregates. How many cells were checked, and how many rows were behind them.
pub(crate) fn every_cell(
    program: &Program,
    result: &ResultSet,
    data: Tables<'_>,
    counts_n: impl Fn(&str) -> bool,
) -> (usize, u64) {
    let mut listed = 0;
    for cell in &result.cells {
        let address = CellAddress::of(result, cell).unwrap();
        let place = address.describe(program);
        let options = DrillOptions { limit: usize::MAX, others: FAILING.to_vec() };
        let rows = drill(program, address, options, data);
        let mut base = 0;
        for table in &rows.tables {
            let counts = &table.counts;
            let there: usize = data
                .iter()
                .filter(|(name, _)| *name == counts.table)
                .flat_map(|(_, batches)| batches.iter().map(RecordBatch::num_rows))
                .sum();
            assert_eq!(counts.read, there as u64, "{place}");
            let others: u64 = counts.others.iter().map(|(_, rows)| rows).sum();
            assert_eq!(counts.counted + others, counts.read, "{place}");
            let numbers = row_numbers(&table.counted);
            assert_eq!(
                (counts.counted, counts.listed),
                (numbers.len() as u64, numbers.len() as u64),
                "{place}"
            );
            assert!(numbers.is_sorted() && numbers.windows(2).all(|pair| pair[0] != pair[1]), "{place}");
            base += counts.base();
            listed += counts.counted;
        }
        if counts_n(&result.metrics[cell.metric].name) {
            assert_eq!(base, cell.n, "{place}");
        } else {
            assert!(base >= cell.n, "{place}: {base} < {}", cell.n);
        }
        match again(program, &rows, cell) {
            Some(found) => {
                let bits = |value: Option<f64>| value.map(f64::to_bits);
                assert_eq!(bits(found.value), bits(cell.value), "{place}");
                assert_eq!(bits(found.numerator), bits(cell.numerator), "{place}");
                assert_eq!(bits(found.denominator), bits(cell.denominator), "{place}");
                assert_eq!((found.exact, found.reasons), (cell.exact.clone(), cell.reasons), "{place}");
                assert_eq!(found.n, cell.n, "{place}");
            }
            // Without a row there is no group, and so no cell.
            None => assert!(base == 0 && cell.n == 0, "{place}: there is no such cell any more"),
        }
    }
    (result.cells.len(), listed)
}
