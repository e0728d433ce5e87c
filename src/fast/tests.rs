//! The fast way against the core's evaluator: the same canonical state and the same result, byte for byte, on data that
//! were made to break it, with the loops of every instruction set that this processor has.

use super::isa::Isa;
use crate::model::{Grain, Instant, Query, Range};
use crate::{Evaluation, Program, book};
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, DurationMicrosecondArray,
    Float64Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

const BOOK: &str = r#"
ripplemark: 1
book: {id: fast, currency: USD, timezone: Europe/Berlin}
teams: {t: Team}
tables:
  s:
    time: ts
    columns:
      ts: timestamp
      closed: date
      region: {type: category, values: {Emea: EMEA}}
      stage: {type: category, allowed: [lead, won, lost]}
      note: category
      id: id
      key: id
      size: int
      x: float
      y: float
      money: decimal(2)
      cut: decimal(2)
      is_new: bool
      took: duration
    dimensions: {kind: 'if stage == "won" && is_new { "new" } else { region ?? "none" }'}
    bands: {span: {of: x, edges: [0, 100, 1000]}}
metrics:
  - {name: rows, owner: t, of: s, expr: count()}
  - {name: won, owner: t, of: s, expr: 'count_if(stage == "won")'}
  - {name: known, owner: t, of: s, expr: 'count(region) + count(x) + count(is_new) + count(id)'}
  - {name: sum_x, owner: t, of: s, expr: sum(x)}
  - {name: sum_y, owner: t, of: s, expr: 'sum_if(y, stage == "won" || is_new)'}
  - {name: product, owner: t, of: s, expr: 'sum_if(x * (1.0 - y), stage == "won")'}
  - {name: average_x, owner: t, of: s, expr: 'average_if(x, region != "EMEA")'}
  - {name: least, owner: t, of: s, expr: 'min(x) + max_if(y, is_new)'}
  - {name: least_n, owner: t, of: s, expr: 'min_if(size, stage == "lost") - max(size)'}
  - {name: least_money, owner: t, of: s, expr: 'max(money) - min_if(money, stage == "won")'}
  - {name: sum_n, owner: t, of: s, expr: 'sum_if(size, size > 10 && size <= 5000)'}
  - {name: square, owner: t, of: s, expr: 'sum_if(size * size + size, stage in ["won", "lost"])'}
  - {name: sales, owner: t, of: s, expr: 'sum(money * (1 - cut))', filter: 'stage == "won"'}
  - {name: list, owner: t, of: s, expr: sum(money), filter: 'stage == "won" && money >= 10'}
  - {name: bands, owner: t, of: s, expr: 'count_if(x < 0.0) + 3 * count_if(x >= 100.0) + 7 * count_if((x ?? 5.0) == 5.0) + 11 * count_if(x in [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5])'}
  - {name: texts, owner: t, of: s, expr: 'count_if(note.contains("a")) + 2 * count_if(note.starts_with("b")) + 4 * count_if(note == "abba")'}
  - {name: wide, owner: t, of: s, expr: 'count_if(x * y > 10.0) + count_if(size % 3 == 1)'}
  - {name: choice, owner: t, of: s, expr: 'sum(if stage == "won" { x } else { y ?? 0.0 })'}
  - {name: quotients, owner: t, of: s, expr: 'sum(x / y) + sum(money / 3)'}
  - {name: sound, owner: t, of: s, expr: 'sum(size * size * size) + count_if(x / y > 1.0)', on_row_error: reject}
  - {name: long_hours, owner: t, of: s, expr: 'sum_if(took, took > hours(1)) + max(took)'}
  - {name: by_band, owner: t, of: s, expr: 'count_if(span == "< 0") + 2 * count_if(kind == "new")'}
  - {name: late, owner: t, of: s, expr: 'count_if(ts >= "2024-03-31T01:00:00Z") + count_if(closed < "2024-06-01")'}
  - {name: by_day, owner: t, of: s, at: closed, expr: 'sum(size) / count()'}
"#;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// A double as the temper has it: 0 plain money, 1 over 600 binades with giants that cancel, 2 special values.
    fn float(&mut self, temper: u64) -> Option<f64> {
        let plain = self.below(1_000_000) as f64 / 100.0 - 1000.0;
        Some(match temper {
            1 => {
                let scale = 2_f64.powi(self.below(600) as i32 - 300);
                if self.below(4) == 0 {
                    *self.pick(&[1e300, -1e300, 1e16, -1e16, 1.0])
                } else {
                    plain * scale
                }
            }
            2 => *self.pick(&[
                0.0,
                -0.0,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                5e-324,
                -5e-324,
                f64::MAX,
                f64::MIN,
                f64::MIN_POSITIVE,
                1.5,
                5.0,
                100.0,
                99.999_999_999_999_99,
            ]),
            _ if self.below(12) == 0 => return None,
            _ if self.below(10) == 0 => self.below(9) as f64 + 0.5,
            _ => plain,
        })
    }

    fn int(&mut self, temper: u64) -> Option<i64> {
        match self.below(10) {
            0 => None,
            1 if temper == 2 => Some(*self.pick(&[i64::MAX, i64::MIN, 1 << 62, -(1 << 40), 0])),
            _ => Some(self.below(10_000) as i64 - 100),
        }
    }
}

fn texts(random: &mut Random, rows: usize, values: &[&str], temper: u64) -> ArrayRef {
    let missing = temper != 3;
    let pick =
        |random: &mut Random| (!missing || random.below(9) > 0).then(|| random.below(values.len() as u64));
    let codes: Vec<Option<u64>> = (0..rows).map(|_| pick(random)).collect();
    if random.below(2) == 0 {
        return Arc::new(codes.iter().map(|c| c.map(|c| values[c as usize])).collect::<StringArray>());
    }
    // Another order of entries in each batch, one of them missing.
    let turn = random.below(values.len() as u64) as usize;
    let mut entries: Vec<Option<&str>> = values.iter().copied().map(Some).collect();
    entries.rotate_left(turn);
    if temper == 2 {
        entries.push(None);
    }
    let len = values.len();
    let keys: Int32Array =
        codes.iter().map(|c| c.map(|c| ((c as usize + len - turn) % len) as i32)).collect();
    Arc::new(DictionaryArray::try_new(keys, Arc::new(StringArray::from(entries))).unwrap())
}

fn batch(random: &mut Random, rows: usize, temper: u64) -> RecordBatch {
    let ordered = random.below(2) == 0;
    let start = 1_700_000_000_000_000_i64 + random.below(40_000) as i64 * 1_000_000_000;
    let instant = |random: &mut Random, row: usize| match random.below(30) {
        0 if temper != 3 => None,
        1 if temper == 2 => Some(*random.pick(&[i64::MAX, i64::MIN, 0, -1, 4_200_000_000_000_000])),
        _ if ordered => Some(start + row as i64 * 777_777_777),
        _ => Some(1_700_000_000_000_000 + random.below(40_000_000) as i64 * 1_000_000),
    };
    let ts: TimestampMicrosecondArray = (0..rows).map(|row| instant(random, row)).collect();
    let day: Date32Array =
        (0..rows).map(|_| (random.below(20) > 0).then(|| 19_600 + random.below(500) as i32)).collect();
    let mut stages = vec!["lead", "won", "lost"];
    if temper == 2 {
        stages.push("unheard of");
    }
    let cut: Vec<Option<i128>> =
        (0..rows).map(|_| (random.below(15) > 0).then(|| i128::from(random.below(60)))).collect();
    let mantissa = |random: &mut Random| match random.below(40) {
        0 => None,
        1 if temper == 2 => Some(i128::from(i64::MAX) * 1000),
        _ => Some(i128::from(random.below(100_000)) - 500),
    };
    // Money as decimals, or as doubles that have to be decimals.
    let money: ArrayRef = if random.below(2) == 0 {
        let values: Decimal128Array = (0..rows).map(|_| mantissa(random)).collect();
        Arc::new(values.with_precision_and_scale(38, 2).unwrap())
    } else {
        let odd = |random: &mut Random| temper == 2 && random.below(30) == 0;
        let values: Float64Array = (0..rows)
            .map(|_| mantissa(random).map(|m| if odd(random) { 0.123_456 } else { m as f64 / 100.0 }))
            .collect();
        Arc::new(values)
    };
    let integer_ids = random.below(2) == 0;
    let id: ArrayRef = if integer_ids {
        Arc::new(
            (0..rows)
                .map(|_| (random.below(11) > 0).then(|| random.below(50) as i64 - 5))
                .collect::<Int64Array>(),
        )
    } else {
        texts(random, rows, &["7", "8", "a rather long identifier of more than sixteen bytes", ""], temper)
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("ts", Arc::new(ts)),
        (
            "took",
            Arc::new(
                (0..rows)
                    .map(|_| (random.below(9) > 0).then(|| random.below(20_000_000_000) as i64 - 1_000_000))
                    .collect::<DurationMicrosecondArray>(),
            ),
        ),
        ("closed", Arc::new(day)),
        (
            "region",
            texts(random, rows, &["EMEA", "Emea", "NA", "APAC", "a", "ab", "abcd", "abcdefgh"], temper),
        ),
        ("stage", texts(random, rows, &stages, temper)),
        (
            "note",
            texts(
                random,
                rows,
                &["abba", "bab", "", "xyz", "a", "a text of more than sixteen bytes"],
                temper,
            ),
        ),
        ("id", id),
        ("key", texts(random, rows, &["k1", "k2", "k3"], temper)),
        ("size", Arc::new((0..rows).map(|_| random.int(temper)).collect::<Int64Array>())),
        ("x", Arc::new((0..rows).map(|_| random.float(temper)).collect::<Float64Array>())),
        ("y", Arc::new((0..rows).map(|_| random.float(temper).map(|y| y / 64.0)).collect::<Float64Array>())),
        ("money", money),
        (
            "cut",
            Arc::new(cut.into_iter().collect::<Decimal128Array>().with_precision_and_scale(38, 2).unwrap()),
        ),
        (
            "is_new",
            Arc::new(
                (0..rows)
                    .map(|_| (random.below(13) > 0).then(|| random.below(3) == 0))
                    .collect::<BooleanArray>(),
            ),
        ),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
    // A slice, so that bitmaps and values do not begin at their buffers' beginnings.
    let skip = random.below(20) as usize;
    batch.slice(skip.min(rows), rows.saturating_sub(skip))
}

fn queries(random: &mut Random, book: &crate::model::Book) -> Query {
    let all: Vec<String> = book.metrics.iter().map(|m| m.name.clone()).collect();
    let some = random.below(3) == 0;
    let metrics: Vec<String> = all.iter().filter(|_| !some || random.below(3) == 0).cloned().collect();
    let by = random.pick(&[
        "",
        "region",
        "region stage",
        "id",
        "size is_new",
        "closed",
        "key region is_new",
        "kind span",
    ]);
    Query {
        metrics: if metrics.is_empty() { all } else { metrics },
        by: by.split_whitespace().map(str::to_string).collect(),
        grain: *random.pick(&[
            None,
            Some(Grain::Month),
            Some(Grain::Week),
            Some(Grain::Day),
            Some(Grain::Year),
        ]),
        filter: random
            .pick(&[None, None, Some(r#"stage == "won" || is_new"#), Some("x > 0.0"), Some("size % 2 == 0")])
            .map(str::to_string),
        range: *random.pick(&[None, None, Some(Range { from: Some(Instant::Date(19_730)), to: None })]),
        as_of: *random.pick(&[None, None, Some(Instant::Date(19_960))]),
        totals: random.below(5) == 0,
    }
}

fn evaluated(
    program: &Program,
    batches: &[RecordBatch],
    fast_from: usize,
    threads: usize,
) -> (Vec<u8>, String) {
    let mut evaluation = Evaluation::new(program).unwrap().with_fast_from(fast_from).with_threads(threads);
    for batch in batches {
        evaluation.feed("s", batch).unwrap();
    }
    assert_eq!(
        evaluation.rows_read("s").unwrap(),
        batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>()
    );
    let state = evaluation.state_bytes().unwrap();
    // The result follows from the state, but for what is said about the rows; large ones take long to write.
    let result = if state.len() < 1 << 16 {
        evaluation.finish().unwrap().to_json().to_string()
    } else {
        String::new()
    };
    (state, result)
}

#[test]
fn the_same_bytes_as_the_core_gives() {
    let book = book::load_str(BOOK, "fast.yaml").unwrap_or_else(|e| panic!("{e}")).book;
    let mut random = Random(7);
    let mut rows = 0;
    for case in 0..48 {
        let temper = case as u64 % 4;
        let query = queries(&mut random, &book);
        let program = Program::compile(&book, &query).unwrap_or_else(|e| panic!("{query:?}: {e}"));
        let batches: Vec<RecordBatch> = (0..1 + random.below(4))
            .map(|_| {
                let rows = *random.pick(&[1, 63, 64, 65, 300, 1024, 1500]);
                batch(&mut random, rows, temper)
            })
            .collect();
        let slow = evaluated(&program, &batches, usize::MAX, 1);
        for isa in Isa::all() {
            let fast = isa.force(|| evaluated(&program, &batches, 0, 1 + case % 3));
            assert!(fast.0 == slow.0, "case {case}: state of {isa:?} differs, {query:?}");
            assert_eq!(fast.1, slow.1, "case {case}: result of {isa:?}, {query:?}");
        }
        rows += batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    }
    assert!(rows > 20_000);
}
