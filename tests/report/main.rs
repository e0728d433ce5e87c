//! The report as people see it: the page is valid, safe, small and says what the facts say; so does the terminal.
//!
//! The pages stay in the build folder, to be looked at: target/tmp/report.
#![cfg(feature = "compile")]

mod browser;
mod fixture;
mod markup;
mod picture;
mod words;

use ripplemark::report::page;

#[test]
fn pages_are_there_to_be_looked_at() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, report) in fixture::all() {
        std::fs::write(folder.join(format!("{name}.html")), page::render(&report)).unwrap();
    }
}
