//! ripplemark's core: a program of 24 KPIs over one row, and its cells read from a state that is full already.

use crate::nanoseconds;
use ripplemark::model::Query;
use ripplemark::{Evaluation, Program};
use ripplemark_core::batch::{Bits, Codes, Column, Data, Text, TimeUnit};
use ripplemark_core::{Capacity, Cells, Register, Scratch, State, scratch_words};
use std::hint::black_box;

const BOOK: &str = include_str!("../../rivals/books/sales_float.yaml");
const CAPACITY: Capacity = Capacity { groups: 4, texts: 4, text_bytes: 64 };

/// The values of one row, as an application holds them.
struct Row {
    stage: [u8; 1],
    numbers: [f64; 3],
    cost: [i64; 1],
    time: [i64; 1],
    truth: [u8; 1],
    offsets: [i32; 8],
    text: &'static str,
}

impl Row {
    fn new() -> Row {
        let words = ["churned", "lead", "lost", "mql", "open", "sql", "won"];
        let mut offsets = [0; 8];
        for (at, word) in words.iter().enumerate() {
            offsets[at + 1] = offsets[at] + word.len() as i32;
        }
        Row {
            stage: [6],
            numbers: [48_017.25, 0.07, 3.5],
            cost: [123_456],
            time: [1_700_000_000_000_000],
            truth: [1],
            offsets,
            text: "churnedleadlostmqlopensqlwon",
        }
    }

    fn column(&self, name: &str) -> Column<'_> {
        Column::new(match name {
            "stage" => Data::Dict {
                codes: Codes::U8(&self.stage),
                values: Text::Small { offsets: &self.offsets, bytes: self.text.as_bytes() },
                valid: None,
            },
            "amount" => Data::F64(&self.numbers[..1]),
            "discount" => Data::F64(&self.numbers[1..2]),
            "response_hours" => Data::F64(&self.numbers[2..]),
            "cost" => Data::I64(&self.cost),
            "sold_at" => Data::Timestamp { values: &self.time, unit: TimeUnit::Microsecond },
            "is_new" => Data::Bool(Bits::new(&self.truth, 0)),
            other => panic!("the program reads the column {other}"),
        })
    }
}

/// Times the core, and the host crate around it.
pub fn measure(tell: &mut impl FnMut(&str, &str, f64)) {
    let book =
        ripplemark::book::load_str(BOOK, "sales.yaml").unwrap_or_else(|problems| panic!("{problems}")).book;
    let hosted = Program::compile(&book, &Query::default()).unwrap_or_else(|problems| panic!("{problems}"));
    let program = hosted.view();
    let row = Row::new();
    let columns: Vec<Column<'_>> =
        hosted.tables()[0].columns.iter().map(|column| row.column(&column.name)).collect();

    let mut memory = vec![0; State::words(program, CAPACITY).expect("fits")];
    let mut words = vec![0; scratch_words(program, 0, &columns).expect("the columns fit")];
    let mut registers = vec![Register::default(); program.table(0).code_count];
    let mut working = Vec::new();
    let mut sum = 0.0;
    let mut one_row = |read: bool| {
        let mut state = State::init(program, &mut memory, CAPACITY).expect("fits");
        let mut scratch = Scratch { registers: &mut registers, words: &mut words };
        state.feed(program, 0, &columns, 1, 0, &mut scratch).expect("feeds");
        if read {
            working.resize(Cells::words(program, &state), 0);
            let mut cells = Cells::new(program, &state, program.level(0), &mut working).expect("fits");
            assert!(cells.next_group().expect("runs"));
            for metric in 0..program.metric_count() {
                sum += cells.cell(metric).value.unwrap_or(0.0);
            }
        }
    };
    one_row(true);
    tell(
        "ripplemark",
        "program of 24 KPIs over one row: fed, 24 values read (core)",
        nanoseconds(|| one_row(true)),
    );
    tell("ripplemark", "program of 24 KPIs over one row: fed (core)", nanoseconds(|| one_row(false)));
    // Won, new, with one answer: list price, net price.
    black_box(sum);

    let state = State::attach(program, memory.as_slice()).expect("is there");
    let mut working = vec![0; Cells::words(program, &state)];
    let took = nanoseconds(|| {
        let mut cells = Cells::new(program, &state, program.level(0), &mut working).expect("fits");
        assert!(cells.next_group().expect("runs"));
        for metric in 0..program.metric_count() {
            black_box(cells.cell(metric));
        }
    });
    tell("ripplemark", "24 KPI formulas on one cell (core)", took);
    let mut cells = Cells::new(program, &state, program.level(0), &mut working).expect("fits");
    assert!(cells.next_group().expect("runs"));
    assert_eq!(cells.cell(10).value, Some(48_017.25 * (1.0 - 0.07)), "revenue of the one row");

    let took = nanoseconds(|| {
        let mut evaluation = Evaluation::new(&hosted).expect("fits");
        evaluation.feed_columns(0, &columns, 1).expect("feeds");
        black_box(evaluation.finish().expect("finishes"));
    });
    tell("ripplemark", "program of 24 KPIs over one row: `Evaluation`, fed, finished", took);
    let bytes = hosted.bytes().to_vec();
    let took = nanoseconds(|| {
        black_box(ripplemark_core::Program::from_bytes(black_box(&bytes)).is_ok());
    });
    tell("ripplemark", "load a program of 24 KPIs", took);
}
