//! The headlines of the leadforge funnel as a service would compute them: the question is compiled once, requests are
//! answered on threads. One line for each metric, with its value and the bits of it; `funnel.c`, `funnel.cpp` and
//! `funnel.py` print the very same lines, and `make test-funnel` compares them.
//!
//! `cargo run --example funnel`

use ripplemark::read::{ReadOptions, open};
use ripplemark::{Evaluation, Program, ResultSet, book};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::thread;

/// Errors that threads can hand over.
type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What the service keeps between requests. It never changes, so that all threads may use it.
struct Funnel {
    program: Program,
    folder: PathBuf,
}

impl Funnel {
    /// Compiles a query that the book saves. A service without the book would load the bytes of a compiled program.
    fn open(folder: &Path, query: &str) -> Fallible<Funnel> {
        let book = book::load_path(folder.join("funnel.yaml"))?.book;
        let saved = book.saved_queries.iter().find(|(name, _)| name == query).ok_or("no such saved query")?;
        Ok(Funnel { program: Program::compile(&book, &saved.1)?, folder: folder.to_owned() })
    }

    /// Answers one request, from the files as they are now.
    fn answer(&self) -> Fallible<ResultSet> {
        let mut evaluation = Evaluation::new(&self.program)?;
        for table in self.program.tables() {
            let path = self.folder.join("data").join(format!("{}.parquet", table.name));
            evaluation.feed_reader(&table.name, open(path, &ReadOptions::for_table(&table))?)?;
        }
        Ok(evaluation.finish()?)
    }
}

fn main() -> Fallible<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/leadforge");
    let funnel = Funnel::open(&folder, "headlines")?;

    let answers: Vec<_> = thread::scope(|scope| {
        let requests: Vec<_> = (0..4).map(|_| scope.spawn(|| funnel.answer())).collect();
        requests.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut results = Vec::new();
    for answer in answers {
        results.push(answer.map_err(|_| "a thread panicked")??);
    }
    let [result, others @ ..] = results.as_slice() else { return Err("nobody asked".into()) };
    if others.iter().any(|other| other.hash() != result.hash()) {
        return Err("two threads have different numbers".into());
    }

    for cell in &result.cells {
        let name = &result.metrics[cell.metric].name;
        match cell.value {
            Some(value) => println!("{name} {value:.6} {:016x}", value.to_bits()),
            None => println!("{name} none"),
        }
    }
    Ok(())
}
