//! Programs and data for the freestanding test, once as columns of the core and once as C source: every layout of
//! column, nulls, unreadable values, bits that begin inside a byte.

use ripplemark_rs::core::batch::{Bits, Codes, Column, Data, Text, TimeUnit};
use ripplemark_rs::model::{Grain, Query};
use ripplemark_rs::{Evaluation, Program, book};
use std::fmt::Write;

const ROWS: usize = 600;
/// Bitmaps begin at this bit.
const SHIFT: usize = 3;

const BOOK: &str = r#"
ripplemark: 1
book: {id: device, version: 1.0.0, currency: EUR, timezone: Europe/Berlin}
teams: {field: Field service}
tables:
  visits:
    entity: visit
    time: seen_at
    columns:
      visit_id: id
      site: {type: category, values: {Bln: Berlin}}
      kind: category
      urgent: bool
      seen_at: timestamp
      ordered_on: date
      fee: decimal(2)
      level: float
      parts: int
metrics:
  - {name: visits, owner: field, of: visits, expr: count(), ring: behaviour}
  - {name: urgent_visits, owner: field, of: visits, agg: count, filter: urgent}
  - {name: urgent_share, type: ratio, owner: field, of: visits, unit: share, numerator: urgent_visits, denominator: visits}
  - {name: fees, owner: field, of: visits, agg: sum, expr: fee}
  - {name: mean_fee, owner: field, of: visits, agg: average, expr: fee}
  - {name: parts_sum, owner: field, of: visits, agg: sum, expr: parts}
  - {name: fee_per_part, type: derived, owner: field, expr: 'fees / parts_sum'}
  - {name: level_sum, owner: field, of: visits, agg: sum, expr: level}
  - {name: level_min, owner: field, of: visits, agg: min, expr: level}
  - {name: fee_max, owner: field, of: visits, agg: max, expr: fee}
  - {name: level_third, owner: field, of: visits, agg: sum, expr: 'level * 0.3333333333333333 + sqrt(level * level)'}
  - {name: level_rest, owner: field, of: visits, agg: sum, expr: 'level % 0.7'}
  - {name: log_level, type: derived, owner: field, expr: 'ln(level_sum * level_sum + 1)'}
  - {name: berlin, owner: field, of: visits, expr: 'count_if(site == "Berlin")'}
  - {name: known, owner: field, of: visits, expr: 'count_if(visit_id == "visit 7")'}
  - {name: waiting, owner: field, of: visits, agg: sum, expr: 'days_between(ordered_on, ordered_on)'}
"#;

/// A program with data to feed.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    program: Program,
    data: Values,
}

/// The values of all columns that a program may ask for.
struct Values {
    visit_offsets: Vec<i64>,
    visit_bytes: Vec<u8>,
    site_codes: Vec<u8>,
    site_offsets: Vec<i32>,
    site_bytes: Vec<u8>,
    site_valid: Vec<u8>,
    kinds: Vec<i16>,
    kind_offsets: Vec<i64>,
    kind_bytes: Vec<u8>,
    urgent: Vec<u8>,
    seen_at: Vec<i64>,
    ordered_on: Vec<i32>,
    fees: Vec<u8>,
    levels: Vec<f64>,
    parts: Vec<u16>,
    validity: Vec<u8>,
    invalid: Vec<u8>,
}

/// Bits from bit [`SHIFT`] on.
fn pack(bits: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bytes = vec![0; (ROWS + SHIFT).div_ceil(8)];
    for (i, _) in bits.enumerate().filter(|(_, bit)| *bit) {
        bytes[(i + SHIFT) / 8] |= 1 << ((i + SHIFT) % 8);
    }
    bytes
}

impl Values {
    fn new() -> Values {
        // Any fixed sequence will do; this one is the "minimal standard" generator.
        let mut seed = 42_u64;
        let mut next = move |below: u64| {
            seed = seed * 48271 % 0x7fff_ffff;
            seed % below
        };
        let (mut visit_offsets, mut visit_bytes) = (vec![0], Vec::new());
        for row in 0..ROWS {
            visit_bytes.extend_from_slice(format!("visit {}", row % 50).as_bytes());
            visit_offsets.push(visit_bytes.len() as i64);
        }
        let levels = (0..ROWS)
            .map(|row| match row % 7 {
                0 => f64::from_bits(next(1 << 20)),
                1 => -1e150 / (1.0 + next(1000) as f64),
                2 => 1e150 / (1.0 + next(1000) as f64),
                3 if row % 11 == 0 => f64::NAN,
                _ => next(1_000_000) as f64 / 1024.0 - 300.0,
            })
            .collect();
        Values {
            visit_offsets,
            visit_bytes,
            site_codes: (0..ROWS).map(|_| next(5) as u8).collect(),
            site_offsets: vec![0, 3, 9, 16, 16, 16],
            site_bytes: b"BlnBerlinHamburg".to_vec(),
            site_valid: vec![0b1_0111],
            kinds: (0..ROWS).map(|_| next(3) as i16).collect(),
            kind_offsets: vec![0, 7, 13, 30],
            kind_bytes: "installrepairwartung und Pr\u{fc}fu".bytes().collect(),
            urgent: pack((0..ROWS).map(|row| row % 3 == 0)),
            seen_at: (0..ROWS).map(|_| 1_735_000_000 + next(40_000_000) as i64).collect(),
            ordered_on: (0..ROWS).map(|_| 20_000 + next(300) as i32).collect(),
            fees: (0..ROWS).flat_map(|_| (i128::from(next(200_000)) - 50_000).to_le_bytes()).collect(),
            levels,
            parts: (0..ROWS).map(|_| next(9) as u16).collect(),
            validity: pack((0..ROWS).map(|row| row % 13 != 5)),
            invalid: pack((0..ROWS).map(|row| row % 101 == 7)),
        }
    }

    fn column(&self, name: &str) -> Column<'_> {
        let bits = |bytes| Some(Bits::new(bytes, SHIFT));
        let data = match name {
            "visit_id" => Data::Utf8(Text::Large { offsets: &self.visit_offsets, bytes: &self.visit_bytes }),
            "site" => Data::Dict {
                codes: Codes::U8(&self.site_codes),
                values: Text::Small { offsets: &self.site_offsets, bytes: &self.site_bytes },
                valid: Some(Bits::new(&self.site_valid, 0)),
            },
            "kind" => Data::Dict {
                codes: Codes::I16(&self.kinds),
                values: Text::Large { offsets: &self.kind_offsets, bytes: &self.kind_bytes },
                valid: None,
            },
            "urgent" => Data::Bool(Bits::new(&self.urgent, SHIFT)),
            "seen_at" => Data::Timestamp { values: &self.seen_at, unit: TimeUnit::Second },
            "ordered_on" => Data::Date32(&self.ordered_on),
            "fee" => Data::Decimal128 { bytes: &self.fees, scale: 2 },
            "level" => Data::F64(&self.levels),
            "parts" => Data::U16(&self.parts),
            _ => panic!("no column {name}"),
        };
        let validity = if matches!(name, "fee" | "level" | "urgent") { bits(&self.validity) } else { None };
        let invalid = if matches!(name, "parts") { bits(&self.invalid) } else { None };
        Column { data, validity, invalid }
    }

    /// The fields of an `rmc_column` that [`Values::column`] describes.
    fn c_fields(name: &str) -> String {
        let text = |offsets: &str, bytes: &str, width: u32| {
            format!(
                ".offset_bits = {width}, .offsets = {offsets}, .text_bytes = {bytes}, .text_bytes_len = sizeof {bytes}"
            )
        };
        let mut fields = match name {
            "visit_id" => {
                format!(".layout = RMC_TYPE_UTF8, {}", text("visit_offsets", "visit_bytes", 64))
            }
            "site" => format!(
                ".layout = RMC_TYPE_DICTIONARY, .code_type = RMC_TYPE_U8, .values = site_codes, .text_count = 5, \
                 .text_validity = site_valid, {}",
                text("site_offsets", "site_bytes", 32)
            ),
            "kind" => format!(
                ".layout = RMC_TYPE_DICTIONARY, .code_type = RMC_TYPE_I16, .values = kinds, .text_count = 3, {}",
                text("kind_offsets", "kind_bytes", 64)
            ),
            "urgent" => format!(".layout = RMC_TYPE_BOOL, .values = urgent, .value_offset = {SHIFT}"),
            "seen_at" => {
                ".layout = RMC_TYPE_TIMESTAMP, .unit = RMC_UNIT_SECOND, .values = seen_at".to_owned()
            }
            "ordered_on" => ".layout = RMC_TYPE_DATE32, .values = ordered_on".to_owned(),
            "fee" => ".layout = RMC_TYPE_DECIMAL128, .scale = 2, .values = fees".to_owned(),
            "level" => ".layout = RMC_TYPE_F64, .values = levels".to_owned(),
            _ => ".layout = RMC_TYPE_U16, .values = parts".to_owned(),
        };
        if matches!(name, "fee" | "level" | "urgent") {
            let _ = write!(fields, ", .validity = validity, .validity_offset = {SHIFT}");
        }
        if matches!(name, "parts") {
            let _ = write!(fields, ", .invalid = invalid, .invalid_offset = {SHIFT}");
        }
        fields
    }
}

/// Not `const`: as data they stay out of the size of the code, which is measured.
fn array<T: std::fmt::Display>(out: &mut String, ty: &str, name: &str, values: &[T]) {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    let _ = writeln!(out, "__attribute__((unused)) static {ty} {name}[] = {{{}}};", values.join(","));
}

impl Case {
    /// Three programs: one number, a service's report, and floating-point sums.
    pub(crate) fn all() -> Vec<Case> {
        let query = |metrics: &[&str], by: &[&str], grain, totals| Query {
            metrics: metrics.iter().map(|name| (*name).to_owned()).collect(),
            by: by.iter().map(|name| (*name).to_owned()).collect(),
            grain,
            totals,
            ..Query::default()
        };
        vec![
            Case::new("one sum, one total", &query(&["fees", "visits", "fee_max"], &[], None, false)),
            Case::new(
                "report by site",
                &query(
                    &[
                        "visits",
                        "urgent_visits",
                        "urgent_share",
                        "fees",
                        "mean_fee",
                        "parts_sum",
                        "fee_per_part",
                        "known",
                    ],
                    &["site", "kind", "urgent"],
                    Some(Grain::Month),
                    true,
                ),
            ),
            Case::new(
                "floats by day",
                &query(
                    &[
                        "level_sum",
                        "level_min",
                        "level_third",
                        "level_rest",
                        "log_level",
                        "berlin",
                        "waiting",
                    ],
                    &["site"],
                    Some(Grain::Week),
                    true,
                ),
            ),
        ]
    }

    fn new(name: &'static str, query: &Query) -> Case {
        let loaded = book::load_str(BOOK, "device.yaml").unwrap_or_else(|e| panic!("{e}"));
        let program = Program::compile(&loaded.book, query).unwrap_or_else(|e| panic!("{e}"));
        Case { name, program, data: Values::new() }
    }

    fn column_names(&self) -> Vec<&str> {
        let view = self.program.view();
        let table = view.table(0);
        (0..table.column_count).map(|i| view.column(&table, i).name).collect()
    }

    /// What the ripplemark library makes of the same columns, all at once.
    pub(crate) fn evaluate(&self) -> Evaluation {
        let columns: Vec<Column<'_>> =
            self.column_names().iter().map(|name| self.data.column(name)).collect();
        let mut evaluation = Evaluation::new(&self.program).unwrap_or_else(|e| panic!("{e}"));
        evaluation.feed_columns(0, &columns, ROWS).unwrap_or_else(|e| panic!("{e}"));
        evaluation
    }

    /// `case.h`.
    pub(crate) fn header(&self) -> String {
        let mut out = format!("#define CASE_ROWS ((size_t){ROWS})\n");
        let d = &self.data;
        array(&mut out, "uint8_t", "CASE_PROGRAM", self.program.bytes());
        array(&mut out, "int64_t", "visit_offsets", &d.visit_offsets);
        array(&mut out, "uint8_t", "visit_bytes", &d.visit_bytes);
        array(&mut out, "uint8_t", "site_codes", &d.site_codes);
        array(&mut out, "int32_t", "site_offsets", &d.site_offsets);
        array(&mut out, "uint8_t", "site_bytes", &d.site_bytes);
        array(&mut out, "uint8_t", "site_valid", &d.site_valid);
        array(&mut out, "int16_t", "kinds", &d.kinds);
        array(&mut out, "int64_t", "kind_offsets", &d.kind_offsets);
        array(&mut out, "uint8_t", "kind_bytes", &d.kind_bytes);
        array(&mut out, "uint8_t", "urgent", &d.urgent);
        array(&mut out, "int64_t", "seen_at", &d.seen_at);
        array(&mut out, "int32_t", "ordered_on", &d.ordered_on);
        array(&mut out, "uint8_t", "fees", &d.fees);
        // As bits: no compiler flag of the host may touch them.
        let levels: Vec<String> = d.levels.iter().map(|x| format!("{}u", x.to_bits())).collect();
        array(&mut out, "uint64_t", "levels", &levels);
        array(&mut out, "uint16_t", "parts", &d.parts);
        array(&mut out, "uint8_t", "validity", &d.validity);
        array(&mut out, "uint8_t", "invalid", &d.invalid);
        let names = self.column_names();
        let _ = writeln!(out, "#define CASE_COLUMN_COUNT ((size_t){})", names.len());
        let _ = writeln!(out, "static const rmc_column CASE_COLUMNS[] = {{");
        for name in names {
            let fields = Values::c_fields(name);
            let _ = writeln!(out, "  {{.struct_size = sizeof(rmc_column), .length = {ROWS}, {fields}}},");
        }
        out.push_str("};\n");
        out
    }
}
