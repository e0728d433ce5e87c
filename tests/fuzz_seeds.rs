//! The seeds of the fuzz targets (`fuzz/corpus`, the test books, and programs of theirs) run as ordinary tests, whole, cut
//! off anywhere, and with bytes changed. What a fuzzer has found is kept in `fuzz/corpus` and runs here from then on.
#![cfg(feature = "compile")]

#[path = "support/fuzzed.rs"]
mod fuzzed;

use std::fs;
use std::path::Path;

use ripplemark::model::Query;
use ripplemark::{Program, book};

/// Every file of a folder below the repository; none if there is no such folder.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) else {
        return Vec::new();
    };
    let mut paths: Vec<_> =
        entries.map(|entry| entry.expect("entry").path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file")).collect()
}

/// The seed, and a few that are broken in ways that do not depend on chance.
fn broken(seed: &[u8], count: usize) -> Vec<Vec<u8>> {
    let mut all = vec![seed.to_vec()];
    for i in 1..=count {
        let at = seed.len() * i / (count + 1);
        all.push(seed[..at].to_vec());
        let mut changed = seed.to_vec();
        if let Some(byte) = changed.get_mut(at) {
            *byte = byte.wrapping_add([1, 13, 128, 200][i % 4]);
        }
        all.push(changed);
    }
    all
}

#[test]
fn books() {
    let mut seeds = files("fuzz/corpus/book");
    assert!(seeds.len() >= 10, "{}", seeds.len());
    seeds.extend(files("tests/bad_books").into_iter().chain(files("tests/books")));
    for seed in &seeds {
        for bytes in broken(seed, 2) {
            fuzzed::book(&bytes);
        }
    }
}

#[test]
fn formulas() {
    let seeds = files("fuzz/corpus/formula");
    assert!(seeds.len() >= 20, "{}", seeds.len());
    for seed in &seeds {
        for bytes in broken(seed, 12) {
            fuzzed::formula(&bytes);
        }
    }
}

#[test]
fn programs() {
    let mut seeds = files("fuzz/corpus/program");
    assert!(seeds.len() >= 3, "{}", seeds.len());
    for text in files("tests/books") {
        let Ok(loaded) = book::load_bytes(&text, "seed") else { continue };
        seeds.extend(
            Program::compile(&loaded.book, &Query::default()).map(|program| program.bytes().to_vec()),
        );
    }
    for seed in &seeds {
        assert!(Program::from_bytes(seed.as_slice()).is_ok(), "a seed is a program");
        for bytes in broken(seed, 60) {
            fuzzed::program(&bytes);
        }
    }
}

/// Writes the programs of the corpus anew, after a change of the format.
#[test]
fn the_programs_of_the_corpus_are_of_this_version() {
    const BOOKS: [(&str, &str); 3] = [
        ("ratio", "metrics: [{name: m, owner: t, expr: count_if(b) / count()}]"),
        (
            "sums",
            "metrics: [{name: m, owner: t, agg: sum, expr: d * n}, {name: o, owner: t, expr: sqrt(sum(f))}]",
        ),
        ("texts", "metrics: [{name: m, owner: t, agg: count, filter: 'c.contains(\"a\") || c == \"b\"'}]"),
    ];
    for (name, metrics) in BOOKS {
        let text = format!(
            "ripplemark: 1\nbook: {{id: seed}}\nteams: {{t: T}}\ntables: {{x: {{columns: {{n: int, d: decimal(2), f: \
             float, b: bool, c: category}}}}}}\n{metrics}"
        );
        let book = book::load_str(&text, name).expect("a book").book;
        let query = Query { by: vec!["c".into()], totals: true, ..Query::default() };
        let program = Program::compile(&book, &query).expect("a program");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/program").join(name);
        if std::env::var_os("RIPPLEMARK_BLESS").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, program.bytes()).expect("a seed");
        }
        let seed = fs::read(&path).unwrap_or_default();
        assert!(
            Program::from_bytes(seed.as_slice()).is_ok(),
            "{name}: RIPPLEMARK_BLESS=1 cargo test -p ripplemark --test fuzz_seeds"
        );
    }
}
