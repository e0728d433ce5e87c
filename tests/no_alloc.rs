//! The core does not allocate: a counting allocator sees nothing while it loads, feeds, traces, merges, writes and reads.
#![cfg(feature = "compile")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use ripplemark::core::batch::{Bits, Codes, Column, Data, Text, TimeUnit};
use ripplemark::core::program::Program as View;
use ripplemark::core::trace::{Entry, Spot, Target, Wanted, trace};
use ripplemark::core::{Capacity, Cells, Need, Register, Scratch, State, scratch_words};
use ripplemark::model::{Grain, Query};
use ripplemark::{Program, book};

thread_local! {
    /// Per thread: the test harness allocates in its own.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    CALLS.with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: everything is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is handed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Calls of the allocator that `body` makes.
fn calls(body: impl FnOnce()) -> u64 {
    let before = CALLS.with(Cell::get);
    body();
    CALLS.with(Cell::get) - before
}

const BOOK: &str = "
ripplemark: 1
book: {id: shop, version: 1.0.0, currency: EUR, timezone: Europe/Berlin, business_hours: {days: [mon, fri, sun], from: '00:00', to: '17:00', holidays: [2024-12-25]}}
teams: {sales: Sales}
tables:
  orders:
    entity: order
    time: day
    columns: {region: category, day: date, amount: decimal(2), weight: float, paid: bool, seen: timestamp, took: duration}
metrics:
  - {name: orders, owner: sales, of: orders, expr: count()}
  - {name: paid_share, owner: sales, of: orders, expr: 'count_if(paid) / count()'}
  - {name: revenue, owner: sales, of: orders, agg: sum, expr: amount}
  - {name: per_weight, owner: sales, of: orders, expr: 'sum(amount) / sum_if(sqrt(weight), weight > 0.0)'}
  - {name: worked, owner: sales, of: orders, expr: 'sum(business_hours(seen, add_months(seen, 1) - bh(3))) + max(took)'}
  - {name: heaviest, owner: sales, of: orders, agg: max, expr: weight}
";

const ROWS: usize = 300;

#[test]
fn the_core_never_allocates() {
    let loaded = book::load_str(BOOK, "shop.yaml").unwrap_or_else(|e| panic!("{e}"));
    let query =
        Query { by: vec!["region".into()], grain: Some(Grain::Month), totals: true, ..Query::default() };
    let program = Program::compile(&loaded.book, &query).unwrap_or_else(|e| panic!("{e}"));

    let codes: Vec<i32> = (0..ROWS as i32).map(|row| row % 4).collect();
    let days: Vec<i32> = (0..ROWS as i32).map(|row| 20_000 + row).collect();
    let amounts: Vec<i64> = (0..ROWS as i64).map(|row| row * 7 - 500).collect();
    let weights: Vec<f64> = (0..ROWS).map(|row| row as f64 / 3.0 - 20.0).collect();
    let seen: Vec<i64> = (0..ROWS as i64).map(|row| 1_711_800_000_000_000 + row * 77_777_777_777).collect();
    let paid = vec![0b1011_0010; ROWS.div_ceil(8)];
    let values = Text::Small { offsets: &[0, 5, 10, 15, 19], bytes: b"northsouthsouthwest" };
    let column = |name: &str| match name {
        "region" => Column::new(Data::Dict { codes: Codes::I32(&codes), values, valid: None }),
        "day" => Column::new(Data::Date32(&days)),
        "amount" => Column::new(Data::I64(&amounts)),
        "seen" => Column::new(Data::Timestamp { values: &seen, unit: TimeUnit::Microsecond }),
        "took" => Column::new(Data::I64(&seen)),
        "weight" => Column::new(Data::F64(&weights)),
        _ => Column::new(Data::Bool(Bits::new(&paid, 0))),
    };
    let table = program.view().table(0);
    let columns: Vec<Column<'_>> =
        (0..table.column_count).map(|i| column(program.view().column(&table, i).name)).collect();

    // Everything below is memory that the caller sets aside beforehand.
    let capacity = Capacity { groups: 128, texts: 16, text_bytes: 256 };
    let words = State::words(program.view(), capacity).expect("it is small");
    let (mut a, mut b, mut total) = (vec![0; words], vec![0; words], vec![0; words]);
    let mut registers = vec![Register::ZERO; table.code_count];
    let mut scratch = vec![0; scratch_words(program.view(), 0, &columns).expect("the batch fits")];
    let (mut working, mut bytes, mut text) = (vec![0; 1 << 16], vec![0; 1 << 20], vec![0; 1 << 14]);
    let (mut cells_seen, mut traced_here) = (0, 0);

    let made = calls(|| {
        let view = View::from_bytes(black_box(program.bytes())).expect("the program loads");
        let mut feed = |memory: &mut [u64], from, to| {
            let mut state = State::init(&view, memory, capacity).expect("the memory suffices");
            let mut scratch = Scratch { registers: &mut registers, words: &mut scratch };
            let fed = state.feed(&view, 0, &columns, to, from, &mut scratch).expect("the batch fits");
            assert_eq!(fed.need, Need::Nothing);
        };
        feed(&mut a, 0, ROWS / 2);
        feed(&mut b, ROWS / 2, ROWS);
        let target = Target { key: &[Wanted::Text(b"south")], period: None };
        let mut scratch = Scratch { registers: &mut registers, words: &mut scratch };
        trace(&view, 0, &columns, ROWS, &target, &mut scratch, |traced| {
            let slots = (0..view.slot_count()).filter_map(|slot| traced.slot(slot));
            let entered = slots.map(|rows| (0..64).filter(|&row| rows.entry(row) == Entry::Entered).count());
            black_box(entered.sum::<usize>());
            traced_here += traced.spots().filter(|spot| *spot == Spot::Here).count();
        })
        .expect("the batch fits");
        let mut state = State::attach(&view, a.as_mut_slice()).expect("a state");
        let other = State::attach(&view, b.as_slice()).expect("a state");
        assert_eq!(state.merge(&view, &other, 0).expect("same program").need, Need::Nothing);
        let written = state.write_to(&view, &mut bytes, &mut working).expect("room");
        for level in 0..view.level_count() {
            let mut rolled = State::init(&view, &mut total, capacity).expect("the memory suffices");
            let mut whole = State::init(&view, &mut b, capacity).expect("the memory suffices");
            let merged =
                whole.merge_bytes(&view, bytes.get(..written).unwrap_or(&[]), 0).expect("our own bytes");
            assert_eq!(merged.need, Need::Nothing);
            rolled.merge_level(&view, &whole, 0, view.level(level)).expect("same program");
            let mut cells = Cells::new(&view, &rolled, view.level(level), &mut working).expect("room");
            while cells.next_group().expect("validated code") {
                for metric in 0..view.metric_count() {
                    black_box(cells.cell(metric));
                    black_box(cells.exact_text(metric, &mut text).map(str::len));
                    assert!(cells.write_cell(metric, &mut text).is_some());
                    cells_seen += 1;
                }
                black_box(cells.dim_text(0, &mut text).map(<[u8]>::len));
            }
        }
        assert!(View::from_bytes(program.bytes().get(..100).unwrap_or(&[])).is_err());
    });
    assert!(cells_seen > 100, "{cells_seen}");
    // Two of the four dictionary entries are the same text.
    assert_eq!(traced_here, ROWS / 2);
    assert_eq!(made, 0, "calls of the allocator");
    // The counter counts.
    assert!(calls(|| drop(black_box(vec![1_u8; 100]))) >= 2);
}
