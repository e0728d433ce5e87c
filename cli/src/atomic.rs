//! Files that appear whole or not at all.
//!
//! The bytes go to a new file in the same directory, reach the disk, and then take the place of the old file in one
//! step; whoever reads meanwhile reads the old file or the new one.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file, or leaves what was there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes)
        .map_err(|error| Failure::Data(format!("{}: cannot be written: {error}", path.display())))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays, and what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let old = fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|about| about.is_dir()) {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    if old.as_ref().is_some_and(|about| !about.is_file()) || is_open_elsewhere(path) {
        // Terminals, pipes and /dev/null cannot be replaced; what /dev/stdout holds already stays.
        let mut device = File::options().append(true).open(path)?;
        return device.write_all(bytes).and_then(|()| device.flush());
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        let message = format!("there is no directory {}", directory.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    let mut file = new_file(directory)?;
    if let Some(about) = old {
        file.as_file().set_permissions(about.permissions())?;
    }
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    // The name has to reach the disk too; some file systems cannot promise it, which is no reason to fail.
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// Whether the path names what a process has open (`/dev/stdout`) and not a place in a directory.
fn is_open_elsewhere(path: &Path) -> bool {
    ["/dev", "/proc"].iter().any(|place| path.starts_with(place))
}

/// A file that goes away unless it is given its name, with the usual permissions of new files.
fn new_file(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ripplemark-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}
