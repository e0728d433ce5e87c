//! The `ripplemark` program: checks a KPI book, compiles a question to a program, evaluates it over files.
//!
//! All counting is done by the library; what stands here is the conversation with the terminal. Standard output
//! carries the result and nothing else, standard error carries everything that is said about it.

mod args;
mod atomic;
mod check;
mod compile;
mod diff;
mod eval;
mod explain;
mod failure;
mod fix;
mod inputs;
mod journey;
mod merge;
mod output;
mod page;
mod question;
mod report;
mod rows;
mod source;
mod terminal;

use args::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;
use terminal::Terminal;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refusal) => {
            // `--help` and `--version` arrive here too. Nobody is left to tell if this cannot be printed.
            let _ = refusal.print();
            return ExitCode::from(if refusal.use_stderr() { failure::USAGE } else { 0 });
        }
    };
    let terminal = Terminal::new(arguments.color);
    match run(&arguments, &terminal) {
        Ok(code) => code,
        Err(failure) => failure.report(&terminal),
    }
}

/// The exit code of a run that gave what was asked for.
fn run(arguments: &Arguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let command = match (&arguments.explain, &arguments.command) {
        (Some(code), None) => return page::run(code, terminal).map(|()| ExitCode::SUCCESS),
        (Some(_), Some(_)) => return Err(Failure::Usage("--explain CODE stands without a command".into())),
        (None, Some(command)) => command,
        (None, None) => {
            return Err(Failure::Usage("there is no command; ripplemark --help lists them".into()));
        }
    };
    match command {
        Command::Diff(options) => return diff::run(options, terminal),
        Command::Check(options) => check::run(options, terminal),
        Command::Schema => page::schema(terminal),
        Command::Compile(options) => compile::run(options, terminal),
        Command::Eval(options) => eval::run(options, terminal),
        Command::Journey(options) => journey::run(options, terminal),
        Command::Merge(options) => merge::run(options, terminal),
        Command::Report(options) => report::run(options, terminal),
        Command::Explain(options) => explain::run(options, terminal),
        Command::Rows(options) => rows::run(options, terminal),
    }?;
    Ok(ExitCode::SUCCESS)
}
