//! The freestanding library, linked into a program without libc: the same cells as the ripplemark library gives, no
//! allocation symbol, no path to a panic, and the figures that docs/EMBEDDED.md gives.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

#[path = "core_freestanding/case.rs"]
mod case;

use case::Case;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

fn core_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("core")
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Builds the library as it is shipped, in a folder of its own: the cargo that runs this test holds the other.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("core-c");
        run(Command::new(env!("CARGO"))
            .args(["build", "--release", "--locked", "--quiet", "--manifest-path"])
            .arg(core_dir().join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            // This test's own flags (coverage, sanitizers) are not the library's.
            .env_remove("RUSTFLAGS"));
        target.join("release/libripplemark_core.a")
    })
}

/// Symbols of a linked program or of a library.
fn symbols(file: &Path) -> String {
    // Rust's archive holds a member in LLVM's format that binutils cannot read; its complaint goes to stderr.
    run(Command::new("nm").args(["--demangle", "--no-sort"]).arg(file))
}

/// Links the C program of this case. `sanitise` adds what a host might: `-ffast-math`.
fn link(case: &Case, dir: &Path) -> PathBuf {
    std::fs::write(dir.join("case.h"), case.header()).expect("a temporary file");
    let program = dir.join("freestanding");
    let object = dir.join("freestanding.o");
    run(Command::new("gcc")
        .args(["-std=gnu11", "-O2", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fno-pie"])
        .args([
            "-ffast-math",
            "-fno-tree-loop-distribute-patterns",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-c",
            "-I",
        ])
        .arg(core_dir().join("include"))
        .arg("-I")
        .arg(dir)
        .arg(core_dir().join("tests/freestanding.c"))
        .arg("-o")
        .arg(&object));
    run(Command::new("gcc")
        .args(["-nostdlib", "-static", "-no-pie", "-Wl,--gc-sections", "-Wl,-z,noexecstack"])
        .arg(&object)
        .arg(library())
        .arg("-o")
        .arg(&program));
    program
}

/// Runs a case and compares; the figures that it printed.
fn compare(case: &Case) -> BTreeMap<String, u64> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let program = link(case, dir.path());
    let output = run(&mut Command::new(&program));
    let (mut hasher, mut figures, mut checks) = (Sha256::new(), BTreeMap::new(), 0);
    let (mut cells, mut state) = (Vec::new(), String::new());
    for line in output.lines() {
        let mut words = line.split(' ');
        match words.next() {
            Some("cell") => {
                hasher.update(unhex(words.next().unwrap_or("")));
                cells.push((words.next().unwrap_or("").to_owned(), words.next().unwrap_or("").to_owned()));
            }
            Some("state") => state = words.next().unwrap_or("").to_owned(),
            Some("figure") => {
                let name = words.next().unwrap_or("").to_owned();
                figures.insert(name, words.next().and_then(|n| n.parse().ok()).expect("a number"));
            }
            Some("checks") => checks = words.next().and_then(|n| n.parse().ok()).expect("a number"),
            _ => panic!("unexpected line: {line}"),
        }
    }
    let expected = case.evaluate();
    let result = expected.finish().expect("the library finishes");
    let own: Vec<(String, String)> = (result.cells.iter())
        .map(|cell| {
            let name = result.metrics[cell.metric].name.clone();
            (name, cell.exact.clone().unwrap_or_else(|| "-".to_owned()))
        })
        .collect();
    assert!(cells.len() > 2 && checks > 60, "{} cells, {checks} checks", cells.len());
    assert_eq!(cells, own, "{}: metrics and exact texts", case.name);
    assert_eq!(hex(&hasher.finalize()), hex(&result.hash()), "{}: canonical cells", case.name);
    assert_eq!(state, hex(&expected.state_bytes().expect("state bytes")), "{}: canonical state", case.name);
    figures.insert("text_bytes".to_owned(), text_size(&program));
    figures.insert("checks".to_owned(), checks);
    figures.insert("cells".to_owned(), cells.len() as u64);
    figures
}

/// Bytes of code and constants of a linked program: the library's parts in use, and the C program's own few.
fn text_size(program: &Path) -> u64 {
    let sizes = run(Command::new("size").arg(program));
    sizes
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .expect("size prints numbers")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |b: u8| (b as char).to_digit(16).expect("a hexadecimal digit") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

#[test]
fn c_without_libc_gives_the_same_cells() {
    let mut table = String::from("\nprogram             ");
    let columns = [
        ("metrics", "metrics"),
        ("program_bytes", "program"),
        ("group_bytes", "B/group"),
        ("scratch_bytes", "scratch"),
        ("stack_load", "s.load"),
        ("stack_feed", "s.feed"),
        ("stack_merge", "s.merge"),
        ("stack_bytes", "s.bytes"),
        ("stack_cells", "s.cells"),
        ("text_bytes", "text"),
    ];
    for (_, title) in columns {
        let _ = write!(table, "{title:>9}");
    }
    let _ = write!(table, "   B/cell");
    for case in Case::all() {
        let figures = compare(&case);
        let _ = write!(table, "\n{:<20}", case.name);
        for (name, _) in columns {
            let _ = write!(table, "{:>9}", figures[name]);
        }
        let _ = write!(table, "{:>9}", figures["group_bytes"] / figures["metrics"]);
        // Budgets with room for another compiler: what is beyond has changed and belongs in docs/EMBEDDED.md.
        for (name, most) in
            [("stack_load", 4096), ("stack_feed", 16384), ("stack_cells", 8192), ("text_bytes", 256 << 10)]
        {
            assert!(figures[name] <= most, "{}: {name} is {}, beyond {most}", case.name, figures[name]);
        }
    }
    println!("{table}");
}

/// Links every function of the library, so that nothing that could be called is left out.
#[test]
fn nothing_allocates_panics_or_unwinds() {
    let functions: Vec<String> = (symbols(library()).lines())
        .filter_map(|line| line.split_once(" T "))
        .map(|(_, name)| name.to_owned())
        .filter(|name| name.starts_with("rmc_") && name != "rmc_panicked")
        .collect();
    assert!(functions.len() >= 30, "{functions:?}");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let source = dir.path().join("all.c");
    let text = "#include <stddef.h>\n\
        void *memcpy(void *t, const void *f, size_t n) { (void)f; (void)n; return t; }\n\
        void *memmove(void *t, const void *f, size_t n) { (void)f; (void)n; return t; }\n\
        void *memset(void *t, int b, size_t n) { (void)b; (void)n; return t; }\n\
        int memcmp(const void *a, const void *b, size_t n) { (void)a; (void)b; return (int)n; }\n\
        int bcmp(const void *a, const void *b, size_t n) { (void)a; (void)b; return (int)n; }\n\
        void _start(void) {}\n";
    std::fs::write(&source, text).expect("a temporary file");
    let program = dir.path().join("all");
    run(Command::new("gcc")
        .args([
            "-O2",
            "-ffreestanding",
            "-fno-builtin",
            "-nostdlib",
            "-static",
            "-no-pie",
            "-Wl,--gc-sections",
        ])
        .args(functions.iter().map(|name| format!("-Wl,--undefined={name}")))
        .arg(&source)
        .arg(library())
        .arg("-o")
        .arg(&program));
    let linked = symbols(&program);
    for function in &functions {
        assert!(linked.contains(function.as_str()), "{function} was not linked");
    }
    let lower = linked.to_lowercase();
    let forbidden = [
        "panic",
        "_unwind",
        "unwrap_failed",
        "expect_failed",
        "len_mismatch",
        "slice_index",
        "core::fmt",
        "malloc",
        "calloc",
        "realloc",
        "alloc::",
        "__rust_alloc",
        "__rg_",
        "fenv",
        "pthread",
        "errno",
        "std::",
    ];
    for word in forbidden {
        let found: Vec<&str> = lower.lines().filter(|line| line.contains(word)).collect();
        assert!(found.is_empty(), "`{word}`: {found:?}");
    }
    println!(
        "{} functions, {} bytes of code and constants with all of them",
        functions.len(),
        text_size(&program)
    );
}
