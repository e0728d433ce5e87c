//! A host that rounds upward or flushes subnormal numbers to zero: the guard keeps every bit, and without it the
//! numbers would change.
//!
//! The core alone, without the guard that its callers set, gives another hash under each of these environments. An
//! [`Evaluation`] gives the committed one, and the host finds its environment as it left it.
#![cfg(all(feature = "compile", feature = "io", target_arch = "x86_64"))]

mod support;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use ripplemark::bind::{Binder, Bound};
use ripplemark::core::{Capacity, Cells, Need, Register, Scratch, State, scratch_words};
use ripplemark::model::{Grain, Query};
use ripplemark::read::{ReadOptions, open};
use ripplemark::{Evaluation, Program, book};
use ripplemark_float_env::Standard;
use sha2::{Digest, Sha256};
use support::{compile, hex, tests_path};

const STANDARD: u32 = 0x1f80;
/// Round towards plus infinity, as after `fesetround(FE_UPWARD)`.
const UPWARD: u32 = STANDARD | 0x4000;
/// Flush-to-zero and denormals-are-zero, as in a C program linked with `-ffast-math`.
const FLUSH: u32 = STANDARD | 0x8040;

fn control() -> u32 {
    let mut word = 0_u32;
    // SAFETY: stmxcsr writes four bytes to a live local.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack, preserves_flags)) };
    // The low six bits are marks of what happened, not of what was asked for.
    word & !0x3f
}

/// Runs something under a control word and restores the old one.
fn under<T>(word: u32, work: impl FnOnce() -> T) -> T {
    let set = |word: u32| {
        // SAFETY: ldmxcsr reads four bytes of a live local in which no reserved bit is set.
        unsafe {
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const word, options(nostack, preserves_flags))
        };
    };
    let before = control();
    set(word);
    let result = work();
    assert_eq!(control(), word, "the host's environment was not given back");
    set(before);
    result
}

fn program() -> Program {
    let book = book::load_path(tests_path("determinism.yaml")).unwrap_or_else(|e| panic!("{e}")).book;
    let query =
        Query { by: vec!["region".to_owned()], grain: Some(Grain::Month), totals: true, ..Query::default() };
    compile(&book, &query)
}

/// The rows as text, as CSV files give them, so that reading numbers is part of the test.
fn rows() -> RecordBatch {
    let reader = open(tests_path("data/determinism.csv"), &ReadOptions::default()).unwrap();
    let schema = reader.schema();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

/// Feeds the core and reads its cells as it is: nobody sets the environment.
fn unguarded(program: &Program, bound: &Bound) -> String {
    let view = program.view();
    let columns = bound.columns();
    let capacity = Capacity { groups: 512, texts: 64, text_bytes: 1024 };
    let mut memory = vec![0; State::words(view, capacity).unwrap()];
    let mut registers = vec![Register::ZERO; view.table(0).code_count];
    let mut words = vec![0; scratch_words(view, 0, &columns).unwrap()];
    let mut scratch = Scratch { registers: &mut registers, words: &mut words };
    let mut state = State::init(view, &mut memory, capacity).unwrap();
    let fed = state.feed(view, 0, &columns, bound.rows(), 0, &mut scratch).unwrap();
    assert_eq!(fed.need, Need::Nothing);
    let state = State::attach(view, memory.as_slice()).unwrap();
    let mut words = vec![0; Cells::words(view, &state)];
    let mut cells = Cells::new(view, &state, view.level(0), &mut words).unwrap();
    let (mut hash, mut out) = (Sha256::new(), vec![0; 1024]);
    while cells.next_group().unwrap() {
        for i in 0..view.metric_count() {
            let written = cells.write_cell(i, &mut out).unwrap();
            hash.update(&out[..written]);
        }
    }
    hex(&hash.finalize())
}

#[test]
fn without_the_guard_the_hash_changes() {
    let program = program();
    let rows = rows();
    let bound = Binder::new(&program.tables()[0], rows.schema_ref()).unwrap().bind(&rows).unwrap();
    let expected = unguarded(&program, &bound);
    for (name, word) in [("rounding upward", UPWARD), ("flushing to zero", FLUSH)] {
        let without = under(word, || unguarded(&program, &bound));
        assert_ne!(without, expected, "{name} shows nothing, so the guard would not be tested");
        let with = under(word, || {
            let _standard = Standard::enter();
            unguarded(&program, &bound)
        });
        assert_eq!(with, expected, "{name}");
        println!("{name}: without the guard {without}, with it {with}");
    }
}

#[test]
fn an_evaluation_gives_the_committed_hash_in_every_environment() {
    let committed = std::fs::read_to_string(tests_path("determinism.sha256")).unwrap();
    for word in [STANDARD, UPWARD, FLUSH, UPWARD | FLUSH, STANDARD | 0x2000, STANDARD | 0x6000] {
        let hash = under(word, || {
            let program = program();
            let mut whole = Evaluation::new(&program).unwrap();
            let mut half = Evaluation::new(&program).unwrap();
            for (i, piece) in support::pieces(&rows(), 400).iter().enumerate() {
                if i % 2 == 0 { &mut whole } else { &mut half }.feed("facts", piece).unwrap();
            }
            whole.merge(&half).unwrap();
            hex(&whole.finish().unwrap().hash())
        });
        assert_eq!(hash, committed.trim(), "control word {word:#x}");
    }
}
