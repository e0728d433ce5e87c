//! Shows people what is wrong with a book: every problem with the lines it stands in.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::problems::MAX_LISTED;
use super::source::Source;
use crate::diagnostic::{Diagnostic, Severity};

/// Why a book was refused: all problems found, by place, and the text they stand in.
///
/// `Display` shows them without colour, each with its source lines.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    text: String,
}

impl Diagnostics {
    /// Problems of a text; their spans are bytes of it.
    pub fn new(list: Vec<Diagnostic>, text: &str) -> Self {
        Self { list, text: text.to_owned() }
    }

    /// Errors and warnings, by place.
    pub fn all(&self) -> &[Diagnostic] {
        &self.list
    }

    pub(crate) fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }

    /// The errors, by place.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter().filter(|problem| problem.severity == Severity::Error)
    }

    /// The warnings, by place.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter().filter(|problem| problem.severity == Severity::Warning)
    }

    /// The same as `Display`, with the colours of a terminal.
    pub fn to_coloured(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let source = Source::new(&self.text, "");
        let mut shown = String::new();
        for problem in self.list.iter().take(MAX_LISTED + 1) {
            shown.push_str(renderer.render(&groups(problem, &source)).trim_end());
            shown.push_str("\n\n");
        }
        let (errors, warnings) = (self.errors().count(), self.warnings().count());
        shown.push_str(&count(errors, "error"));
        if warnings > 0 {
            shown.push_str(", ");
            shown.push_str(&count(warnings, "warning"));
        }
        if let Some(problem) = self.list.first() {
            shown.push_str(&to_the_page(problem));
        }
        shown
    }
}

/// How a reader gets to the page of a code.
fn to_the_page(problem: &Diagnostic) -> String {
    format!("; what a code means: ripplemark --explain {}", problem.code)
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

fn groups<'a>(problem: &'a Diagnostic, source: &Source<'a>) -> Vec<Group<'a>> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(problem.message.as_str()).id(problem.code);
    let is_here = source.line(source.boundary(problem.span.start)) == problem.line;
    let mut group = if problem.line > 0 && !is_here {
        // In a file that the book names; its text is not at hand.
        let place = Origin::path(problem.file.as_str()).line(problem.line).char_column(problem.column);
        let mut group = title.element(place);
        if let Some(expected) = &problem.expected {
            group = group.element(Level::NOTE.message(format!("expected {expected}")));
        }
        group
    } else if problem.line > 0 {
        // A caller may bring a text that the problems do not belong to.
        let start = source.boundary(problem.span.start);
        let span = start..source.boundary(problem.span.end).max(start);
        let shown = window(&span, source);
        let within = span.start - shown.start..span.end.min(shown.end) - shown.start;
        let is_cut = shown.start > source.lines_around(&span).start;
        let text = source.text.get(shown).unwrap_or("");
        let mut mark = AnnotationKind::Primary.span(within);
        if let Some(expected) = &problem.expected {
            mark = mark.label(format!("expected {expected}"));
        }
        let snippet = Snippet::source(text).line_start(problem.line).annotation(mark);
        if is_cut {
            // The renderer would count columns from where the text is cut.
            let place = Origin::path(problem.file.as_str()).line(problem.line).char_column(problem.column);
            title.element(place).element(snippet)
        } else {
            title.element(snippet.path(problem.file.as_str()))
        }
    } else {
        let mut group = Group::with_title(title);
        if !problem.file.is_empty() {
            group = group.element(Level::NOTE.message(format!("in {}", problem.file)));
        }
        if let Some(expected) = &problem.expected {
            group = group.element(Level::NOTE.message(format!("expected {expected}")));
        }
        group
    };
    if let Some(metric) = &problem.metric {
        let owner = problem.owner.as_ref().map_or(String::new(), |owner| format!(", owner {owner}"));
        group = group.element(Level::NOTE.message(format!("metric {metric}{owner}")));
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    vec![group]
}

/// The lines a problem stands in, cut where a line is long: a book may be one line of a megabyte, and the
/// renderer lays out all of a text that it is given.
fn window(span: &std::ops::Range<usize>, source: &Source<'_>) -> std::ops::Range<usize> {
    const BEFORE: usize = 400;
    const BEHIND: usize = 2000;
    let lines = source.lines_around(span);
    let start =
        if span.start - lines.start > BEFORE { source.boundary(span.start - BEFORE) } else { lines.start };
    start..source.boundary(lines.end.min(span.start + BEHIND))
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Diagnostics {}
