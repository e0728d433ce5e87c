//! The committed header of the freestanding library is the one that its sources give, and compiles as C and C++.

use std::path::{Path, PathBuf};
use std::process::Command;

fn core_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("core")
}

fn header() -> PathBuf {
    core_dir().join("include/ripplemark_core.h")
}

#[test]
fn the_header_is_up_to_date() {
    let config =
        cbindgen::Config::from_file(core_dir().join("cbindgen.toml")).expect("cbindgen.toml is readable");
    let mut builder = cbindgen::Builder::new().with_config(config);
    // Single files: cbindgen would otherwise ask cargo for the crate's dependencies.
    for file in ["lib", "status", "raw", "column", "program", "introspect", "state", "cells"] {
        builder = builder.with_src(core_dir().join(format!("src/{file}.rs")));
    }
    let mut generated = Vec::new();
    builder.generate().expect("cbindgen reads the sources").write(&mut generated);
    let generated = String::from_utf8(generated).expect("the header is UTF-8");
    if std::env::var_os("RIPPLEMARK_WRITE_HEADER").is_some() {
        std::fs::write(header(), &generated).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(header()).unwrap_or_default();
    assert!(committed == generated, "run `make core-header` and commit {}", header().display());
}

#[test]
fn the_header_is_clean_c_and_cpp() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (name, compiler, standard) in [
        ("header.c", "gcc", "-std=c99"),
        ("header.c", "gcc", "-std=c11"),
        ("header.cpp", "g++", "-std=c++11"),
    ] {
        let source = dir.path().join(name);
        let text = "#include \"ripplemark_core.h\"\nint main(void) { return rmc_abi_version() != RMC_ABI_VERSION; }\n";
        std::fs::write(&source, text).expect("a temporary file");
        let output = Command::new(compiler)
            .args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"])
            .arg(core_dir().join("include"))
            .arg(&source)
            .output()
            .expect("gcc and g++ are installed");
        assert!(output.status.success(), "{standard}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
