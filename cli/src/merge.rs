//! `merge`: states of parts of the data, from this machine or others, become the result over all of them.

use crate::args::MergeOptions;
use crate::failure::Failure;
use crate::output::Beside;
use crate::terminal::Terminal;
use crate::{output, source};
use ripplemark::Evaluation;

pub(crate) fn run(options: &MergeOptions, terminal: &Terminal) -> Result<(), Failure> {
    output::check(&options.result)?;
    let asked = source::ask(&options.source, &options.query, terminal)?;
    let mut evaluation = Evaluation::new(&asked.program)?;
    for path in &options.states {
        let about = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| Failure::Data(format!("{about}: cannot be read: {error}")))?;
        evaluation.merge_bytes(&bytes).map_err(|error| Failure::data(&about, &error))?;
    }
    let beside = Beside { state: options.state_out.as_deref(), receipt: options.receipt.as_deref() };
    output::conclude(&evaluation, &options.result, beside, terminal)
}
