//! `eval`: a question and data files become a result.

use crate::args::EvalOptions;
use crate::failure::Failure;
use crate::output::Beside;
use crate::terminal::Terminal;
use crate::{inputs, output, source};
use ripplemark::Evaluation;

pub(crate) fn run(options: &EvalOptions, terminal: &Terminal) -> Result<(), Failure> {
    output::check(&options.result)?;
    let asked = source::ask(&options.source, &options.query, terminal)?;
    let inputs = inputs::assign(options.data.all(), &asked, terminal)?;
    let mut evaluation = Evaluation::new(&asked.program)?;
    inputs::feed(&mut evaluation, &inputs, options.data.delimiter)?;
    let beside = Beside { state: options.state_out.as_deref(), receipt: options.receipt.as_deref() };
    output::conclude(&evaluation, &options.result, beside, terminal)
}
