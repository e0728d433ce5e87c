//! `eval`: a question and data files become a result.

use crate::args::EvalOptions;
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::{inputs, output, source};
use ripplemark::Evaluation;
use std::ffi::OsString;

pub(crate) fn run(options: &EvalOptions, terminal: &Terminal) -> Result<(), Failure> {
    output::check(&options.result)?;
    let asked = source::ask(&options.source, &options.query, terminal)?;
    let files: Vec<OsString> = options.files.iter().chain(&options.tables).cloned().collect();
    let inputs = inputs::assign(&files, &asked, terminal)?;
    let mut evaluation = Evaluation::new(&asked.program)?;
    inputs::feed(&mut evaluation, &inputs, options.delimiter)?;
    output::conclude(&evaluation, &options.result, options.state_out.as_deref(), terminal)
}
