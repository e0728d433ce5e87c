//! Runs the built program in a directory of its own that holds the test data.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A directory that goes away with the test, and what is in it.
pub(crate) struct Place(tempfile::TempDir);

/// What the program did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Place {
        let place = Place(tempfile::tempdir().expect("a temporary directory"));
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        for file in std::fs::read_dir(data).expect("the test data") {
            let file = file.expect("a test file").path();
            let name = file.file_name().expect("a file has a name");
            std::fs::copy(&file, place.0.path().join(name)).expect("a copy of the test file");
        }
        place
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).expect("a test file");
    }

    pub(crate) fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file that the program wrote")
    }

    /// Names of all files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("the directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ripplemark"));
        command.current_dir(self.0.path()).stdin(Stdio::null()).env_remove("NO_COLOR");
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        Outcome::of(&self.command().args(arguments).output().expect("the program runs"))
    }

    /// Runs the program with arguments that are separated by blanks.
    pub(crate) fn say(&self, arguments: &str) -> Outcome {
        self.run(arguments.split_whitespace())
    }
}

impl Outcome {
    pub(crate) fn of(output: &Output) -> Outcome {
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The output of a run that has to succeed.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.stdout
    }

    /// What standard error says of a run that has to fail with this code, and to write nothing.
    #[track_caller]
    pub(crate) fn bad(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.stdout, "", "an error leaves no half of a result");
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }

    /// As [`Outcome::bad`], and standard error says all of these.
    #[track_caller]
    pub(crate) fn tells(self, code: i32, words: &[&str]) {
        let said = self.bad(code);
        for word in words {
            assert!(said.contains(word), "expected {word:?} in:\n{said}");
        }
    }
}

/// Lines without the one that names hashes, which belong to other tests.
pub(crate) fn without_receipt(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("receipt:")).map(|line| format!("{line}\n")).collect()
}

/// The hash of the cells, from a result as JSON.
#[track_caller]
pub(crate) fn result_hash(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    value["receipt"]["result"].as_str().expect("a hash").to_owned()
}
