//! What is known of the screen, and the only two doors to it.

use crate::args::Color;
use crate::failure::Failure;
pub(crate) use ripplemark::show::{harmless as shown, harmless_lines as shown_lines};
use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

/// Columns of a table where there is no terminal to ask.
const USUAL_WIDTH: usize = 100;

pub(crate) struct Terminal {
    color: Color,
}

impl Terminal {
    pub(crate) fn new(color: Color) -> Terminal {
        Terminal { color }
    }

    /// Whether standard error takes colours.
    pub(crate) fn is_coloured(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refuses = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
                    || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
                stderr().is_terminal() && !refuses
            }
        }
    }

    /// Columns that a table may take.
    pub(crate) fn width(&self, asked: Option<u16>) -> usize {
        // Some terminals (under `script`, in editors) claim to have no columns at all.
        let own = || comfy_table::Table::new().width().filter(|width| *width > 0);
        asked.or_else(own).map_or(USUAL_WIDTH, usize::from)
    }

    /// Says something about the result. Where nobody listens, nothing is lost.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(stderr(), "{}", text.trim_end());
    }

    /// Writes the result. A reader that has seen enough (`| head`) ends the program quietly.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::Quiet,
            _ => Failure::Data(format!("the result cannot be written: {error}")),
        })
    }
}
