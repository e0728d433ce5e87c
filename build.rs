//! Makes one table of the pages in `docs/errors`, so that a page is added by writing its file and nothing else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("docs/errors");
    println!("cargo::rerun-if-changed=docs/errors");
    println!("cargo::rerun-if-changed=build.rs");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    files.sort();
    let mut table = String::from("&[\n");
    for path in &files {
        let code = path.file_stem().unwrap_or_default().to_string_lossy();
        let _ = writeln!(table, "    ({code:?}, include_str!({:?})),", path.display().to_string());
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("pages.rs"), table)
}
