//! The section `functions`: what formulas can call besides the functions of the language, in the book or in a file
//! beside it.

use std::io::Read;
use std::ops::Range;
use std::path::{Component, Path};

use super::codes;
use super::fields::{self, Fields};
use super::formula::{Library, Problem};
use super::node::{Kind, Node};
use super::problems::{Problems, Report, quoted};
use super::repair::{self, Fix};
use super::scalar_map::locate;
use super::source::Source;

/// The code of a call of nothing.
const UNKNOWN_FUNCTION: &str = "RM0208";
/// Bytes of a file with functions.
const MAX_FILE: usize = 64 * 1024;

/// The functions of a book and where their texts stand.
#[derive(Default)]
pub(crate) struct Functions<'n> {
    pub(crate) library: Library,
    /// Whether some could not be read: formulas that call them would only repeat that.
    broken: bool,
    texts: Vec<Text<'n>>,
}

/// One text with functions.
struct Text<'n> {
    text: String,
    from: From<'n>,
}

enum From<'n> {
    /// A scalar of the book.
    Book(&'n Node),
    /// A file, and where the book names it.
    File { name: String, named: Range<usize> },
}

impl Functions<'_> {
    /// The texts, in the order of the book.
    pub(crate) fn into_texts(self) -> Vec<String> {
        self.texts.into_iter().map(|text| text.text).collect()
    }

    /// A problem of a formula, at its place in the book: for one inside a function, that is the function.
    pub(crate) fn tell(&self, found: Vec<Problem>, node: &Node, text: &str, problems: &mut Problems<'_>) {
        for problem in found {
            if self.broken && problem.code == UNKNOWN_FUNCTION {
                continue;
            }
            match problem.within.clone() {
                Some(within) => {
                    let message = format!(
                        "{} (in the function `{}`, which the formula calls)",
                        problem.message, within.function
                    );
                    self.tell_at(within.source, &within.at, Problem { message, ..problem }, problems);
                }
                None => {
                    let span = place(node, text, &problem.at, problems);
                    let fix = problem
                        .fix
                        .and_then(|fix| in_scalar(node, text, &problem.at, &span, fix.text, problems));
                    let report = Report::foreign(problem.code, &span, problem.message).fix(fix);
                    problems.add(report.maybe(problem.expected, problem.hint));
                }
            }
        }
    }

    fn tell_at(&self, source: usize, at: &Range<usize>, problem: Problem, problems: &mut Problems<'_>) {
        let Some(text) = self.texts.get(source) else { return };
        let Problem { code, message, expected, hint, fix, .. } = problem;
        match &text.from {
            From::Book(node) => {
                let span = place(node, &text.text, at, problems);
                let fix = fix.and_then(|fix| in_scalar(node, &text.text, at, &span, fix.text, problems));
                problems.add(Report::foreign(code, &span, message).fix(fix).maybe(expected, hint));
            }
            From::File { name, named } => {
                let (line, column) = Source::new(&text.text, name).place(at.start);
                let report = Report::foreign(code, named, message).maybe(expected, hint);
                problems.add_in_file(report, name, line, column);
            }
        }
    }
}

/// Where a part of a scalar's text stands in the book.
fn place(node: &Node, text: &str, at: &Range<usize>, problems: &Problems<'_>) -> Range<usize> {
    let written = problems.source.text.get(node.span.clone()).unwrap_or("");
    let part = locate(written, text, at);
    node.span.start + part.start..node.span.start + part.end
}

/// A fix of a formula as the scalar has to write it.
fn in_scalar(
    node: &Node,
    text: &str,
    at: &Range<usize>,
    span: &Range<usize>,
    fix: String,
    problems: &Problems<'_>,
) -> Option<Fix> {
    let written = problems.source.text.get(node.span.clone())?;
    let part = span.start.checked_sub(node.span.start)?..span.end.checked_sub(node.span.start)?;
    repair::in_scalar(written, &part, text.get(at.clone())?, fix)
}

/// Reads the functions; `folder` is where the book lies, if it is a file.
pub(crate) fn read<'n>(
    root: &Fields<'n>,
    folder: Option<&Path>,
    problems: &mut Problems<'_>,
) -> Functions<'n> {
    let mut functions = Functions::default();
    let Some((key, node)) = root.entry("functions") else {
        return functions;
    };
    for node in fields::list(node) {
        if !matches!(node.kind, Kind::Map(_)) {
            if let Some(text) = fields::literal(node, "functions", "definitions of functions", problems) {
                functions.texts.push(Text { text: text.to_owned(), from: From::Book(node) });
            }
            continue;
        }
        for (name, name_node, node) in
            fields::pairs(node, &key.span, "`functions`", problems).unwrap_or_default()
        {
            let Some(text) = fields::literal(node, name, "the definition of a function", problems) else {
                continue;
            };
            if name == "file" {
                functions.texts.extend(file(text, node, folder, problems));
                continue;
            }
            let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let names_it = words.strip_prefix("fn ").and_then(|rest| rest.trim_start().strip_prefix(name));
            if !names_it.is_some_and(|rest| rest.trim_start().starts_with('(')) {
                let message = format!("this does not define the function {}", quoted(name));
                let expected = format!("`fn {name}(a, b) {{ a / b }}`");
                problems.add(Report::error(codes::WRONG_TYPE, &name_node.span, message).expected(expected));
                continue;
            }
            functions.texts.push(Text { text: text.to_owned(), from: From::Book(node) });
        }
    }
    let texts: Vec<&str> = functions.texts.iter().map(|text| text.text.as_str()).collect();
    match Library::read(&texts) {
        Ok(library) => functions.library = library,
        Err(found) => {
            for (source, problem) in found {
                let at = problem.at.clone();
                functions.tell_at(source, &at, problem, problems);
            }
            functions.broken = true;
        }
    }
    functions
}

/// A file beside the book. Nothing else on the machine can be named.
fn file<'n>(
    name: &str,
    node: &'n Node,
    folder: Option<&Path>,
    problems: &mut Problems<'_>,
) -> Option<Text<'n>> {
    let mut refuse = |message: String, hint: &str| {
        problems.add(Report::error(codes::UNREADABLE, &node.span, message).hint(hint));
        None
    };
    let mut parts = Path::new(name).components();
    let is_plain = parts.all(|part| matches!(part, Component::Normal(_))) && name.ends_with(".rhai");
    if !is_plain || name.contains('\\') {
        return refuse(
            format!("{} is no file with functions beside the book", quoted(name)),
            "name a file that ends in .rhai and lies beside the book, or in a folder beside it",
        );
    }
    let Some(folder) = folder else {
        return refuse(
            format!("{} cannot be found: the book was not read from a file", quoted(name)),
            "write the functions into the book itself",
        );
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let read = || -> std::io::Result<(bool, Vec<u8>)> {
        // A link may lead anywhere.
        let path = folder.join(name).canonicalize()?;
        let beside = path.starts_with(folder.canonicalize()?);
        let mut bytes = Vec::new();
        if beside {
            std::fs::File::open(path)?.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
        }
        Ok((beside, bytes))
    };
    let (beside, bytes) = match read() {
        Ok(read) => read,
        Err(error) => return refuse(format!("{} cannot be read: {error}", quoted(name)), "check the name"),
    };
    if !beside {
        return refuse(format!("{} leads out of the book's folder", quoted(name)), "copy the file there");
    }
    if bytes.len() > MAX_FILE {
        return refuse(format!("{} has more than {MAX_FILE} bytes", quoted(name)), "split the file");
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(Text { text, from: From::File { name: name.to_owned(), named: node.span.clone() } }),
        Err(_) => refuse(format!("{} is not UTF-8 text", quoted(name)), "save it as UTF-8"),
    }
}
