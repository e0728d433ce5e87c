//! Functions that a book defines: `fn won(stage) { stage == "Won" }`.
//!
//! A call is replaced by the function's body, with its arguments bound to the parameters, before anything is typed. So
//! a function has no types of its own: it is typed again at each use, and it cannot call itself.

use super::functions::{self, Lookup};
use super::limits;
use super::names::{self, Guess};
use super::problem::{Problem, Within};
use super::syntax::{Kind, Let, Node};
use super::tokens::{TokenKind, Tokens};
use super::{codes, rhai, vocabulary};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Bytes of one text with functions. Places in the bodies of functions are told apart by what they are a multiple of.
const STRIDE: usize = 1 << 17;
/// Functions of one book.
const MOST: usize = 500;

/// The functions of a book.
#[derive(Clone, Debug, Default)]
pub struct Library {
    list: BTreeMap<String, Definition>,
    business_hours: bool,
    /// Parts of the formulas that were read with it: the book's budget is kept where all its formulas pass.
    spent: std::cell::Cell<usize>,
}

impl Library {
    /// Takes note of the parts of a formula.
    pub(super) fn spend(&self, parts: usize) {
        self.spent.set(self.spent.get().saturating_add(parts));
    }

    /// Whether the formulas of the book have more parts than a book may have.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.get() > limits::NODES_OF_A_BOOK
    }
}

#[derive(Clone, Debug)]
struct Definition {
    /// Which of the texts it stands in.
    source: usize,
    /// Its name there.
    at: Range<usize>,
    parameters: Vec<String>,
    body: Node,
}

impl Library {
    /// Reads the functions of some texts; each text has any number of them, one behind another.
    ///
    /// # Errors
    ///
    /// Every problem with the text that it stands in; [`Problem::at`] is a place in that text.
    pub fn read(texts: &[&str]) -> Result<Library, Vec<(usize, Problem)>> {
        let mut library = Library::default();
        let mut found = Vec::new();
        for (source, text) in texts.iter().enumerate() {
            let mut problems = Vec::new();
            library.add(source, text, &mut problems);
            found.extend(problems.into_iter().map(|problem| (source, problem)));
        }
        for definition in library.list.values() {
            let mut problems = Vec::new();
            library.check(&definition.body, &mut definition.parameters.clone(), &mut problems);
            found.extend(problems.into_iter().map(|problem| (definition.source, problem)));
        }
        library.refuse_circles(&mut found);
        if found.is_empty() { Ok(library) } else { Err(found) }
    }

    /// Says whether the book has business hours, which some functions of the language count by.
    #[must_use]
    pub fn with_business_hours(self, has: bool) -> Library {
        Library { business_hours: has, ..self }
    }

    pub(crate) fn has_business_hours(&self) -> bool {
        self.business_hours
    }

    /// Whether there are no functions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn add(&mut self, source: usize, text: &str, problems: &mut Vec<Problem>) {
        if text.len() >= STRIDE / 2 {
            let problem = Problem::new(codes::TOO_LONG, &(0..0), "the text with functions is too long");
            problems.push(problem.expected(format!("at most {} bytes", STRIDE / 2 - 1)));
            return;
        }
        let tokens = Tokens::scan(text, problems);
        let mut from = 0;
        while from < tokens.list().len() && problems.len() < 100 {
            match header(&tokens, from) {
                Ok(header) => {
                    from = header.end + 1;
                    self.define(source, text, &tokens, header, problems);
                }
                Err(problem) => {
                    problems.push(problem);
                    return;
                }
            }
        }
        if tokens.list().is_empty() && problems.is_empty() {
            problems.push(Problem::new(codes::EMPTY, &(0..0), "there is no function in the text"));
        }
    }

    fn define(
        &mut self,
        source: usize,
        text: &str,
        tokens: &Tokens<'_>,
        header: Header,
        problems: &mut Vec<Problem>,
    ) {
        let name = tokens.slice(&header.name).to_owned();
        let refuse = |message: String| Problem::new(codes::FUNCTION, &header.name, message);
        if functions::FUNCTIONS.iter().any(|function| function.name == name) {
            problems
                .push(refuse(format!("`{name}` is a function of the language")).hint("choose another name"));
        } else if self.list.contains_key(&name) {
            problems.push(refuse(format!("there are two functions `{name}`")).hint("remove one of the two"));
        } else if self.list.len() >= MOST {
            problems.push(refuse(format!("the book has more than {MOST} functions")));
            return;
        }
        for (n, parameter) in header.parameters.iter().enumerate() {
            let word = tokens.slice(parameter);
            if header.parameters.iter().take(n).any(|before| tokens.slice(before) == word) {
                let message = format!("the parameter `{word}` stands twice");
                problems.push(Problem::new(codes::FUNCTION, parameter, message));
            }
        }
        let inner = header.body.clone();
        let mut own = Vec::new();
        let body = parse_body(text.get(inner.clone()).unwrap_or(""), &mut own);
        for problem in &mut own {
            problem.at = shifted(&problem.at, inner.start);
        }
        problems.append(&mut own);
        let Some(mut body) = body else { return };
        body.visit(&mut |node| node.at = shifted(&node.at, inner.start));
        let parameters = header.parameters.iter().map(|at| tokens.slice(at).to_owned()).collect();
        self.list.entry(name).or_insert(Definition { source, at: header.name, parameters, body });
    }

    /// Refuses names that a body cannot see, and calls of nothing.
    fn check(&self, node: &Node, visible: &mut Vec<String>, problems: &mut Vec<Problem>) {
        match &node.kind {
            Kind::Name(name) if !visible.contains(name) => {
                let message = format!("the function has no parameter `{name}`");
                let problem = Problem::new(codes::UNKNOWN_NAME, &node.at, message);
                let close = names::guess(name, visible.iter().map(String::as_str));
                problems.push(match close {
                    Some(guess) => problem.meant(guess),
                    None => {
                        problem.hint("a function sees its parameters only: pass columns and metrics to it")
                    }
                });
            }
            Kind::Call(name, arguments) => problems.extend(self.check_call(name, arguments.len(), &node.at)),
            _ => {}
        }
        if let Kind::Block(lets, value) = &node.kind {
            let before = visible.len();
            for binding in lets {
                self.check(&binding.value, visible, problems);
                visible.push(binding.name.clone());
            }
            self.check(value, visible, problems);
            visible.truncate(before);
            return;
        }
        for part in node.parts() {
            self.check(part, visible, problems);
        }
    }

    fn check_call(&self, name: &str, arguments: usize, at: &Range<usize>) -> Option<Problem> {
        if let Some(definition) = self.list.get(name) {
            return definition.wrong_count(name, arguments, at);
        }
        if !matches!(functions::find(name, arguments), Lookup::Unknown) {
            // A wrong number of arguments is told where the body is typed.
            return None;
        }
        let problem = Problem::new(codes::UNKNOWN_FUNCTION, at, format!("there is no function `{name}`"));
        Some(match self.closest(name) {
            Some(guess) => problem.meant(guess),
            None => problem,
        })
    }

    /// The function, of the book or of the language, that looks most like an unknown name.
    pub(super) fn closest(&self, name: &str) -> Option<Guess<'_>> {
        let own = self.list.keys().map(String::as_str);
        names::guess(name, functions::FUNCTIONS.iter().map(|function| function.name).chain(own))
    }

    /// A body that leads back to its own function could not be written out.
    fn refuse_circles(&self, found: &mut Vec<(usize, Problem)>) {
        let mut done = BTreeSet::new();
        for name in self.list.keys() {
            self.follow(name, &mut Vec::new(), &mut done, found);
        }
    }

    /// Goes through the functions that a function calls. As deep as there are functions, which is bounded.
    fn follow<'l>(
        &'l self,
        name: &'l str,
        path: &mut Vec<&'l str>,
        done: &mut BTreeSet<&'l str>,
        found: &mut Vec<(usize, Problem)>,
    ) {
        let Some(definition) = self.list.get(name) else { return };
        if let Some(from) = path.iter().position(|before| *before == name) {
            let circle: Vec<&str> = path.iter().skip(from).copied().chain([name]).collect();
            let message = format!("the function calls itself: {}", circle.join(", "));
            let problem = Problem::new(codes::RECURSION, &definition.at, message);
            let hint = "functions are written out where they are called, and this would not end";
            found.push((definition.source, problem.hint(hint)));
            return;
        }
        if done.contains(name) {
            return;
        }
        path.push(name);
        let mut calls = Vec::new();
        definition.body.calls(&mut calls);
        for call in calls {
            self.follow(call, path, done, found);
        }
        path.pop();
        done.insert(name);
    }

    /// Writes the functions that a formula calls out.
    pub(super) fn expand(&self, node: &mut Node) -> Result<Vec<Instance>, Vec<Problem>> {
        let mut writer = Writer { library: self, instances: Vec::new(), parts: 0, problems: Vec::new() };
        if !self.is_empty() {
            writer.expand(node, None, 0);
        }
        if writer.problems.is_empty() { Ok(writer.instances) } else { Err(writer.problems) }
    }
}

impl Definition {
    fn wrong_count(&self, name: &str, arguments: usize, at: &Range<usize>) -> Option<Problem> {
        let wanted = self.parameters.len();
        (arguments != wanted).then(|| {
            let message = format!("`{name}` with {arguments} of {wanted} arguments");
            let usage = format!("{name}({})", self.parameters.join(", "));
            Problem::new(codes::ARGUMENTS, at, message).expected(usage)
        })
    }
}

/// One call of a function, written out. Its places are those in the function's text plus a multiple of the stride.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    function: String,
    source: usize,
    /// The call in the formula itself.
    call: Range<usize>,
}

/// Turns places in bodies into the place of the call, and remembers the other.
pub(super) fn placed(mut problem: Problem, instances: &[Instance]) -> Problem {
    let Some(instance) = (problem.at.start / STRIDE).checked_sub(1).and_then(|n| instances.get(n)) else {
        return problem;
    };
    let at = problem.at.start % STRIDE..problem.at.end.saturating_sub(problem.at.start / STRIDE * STRIDE);
    problem.at = instance.call.clone();
    problem.within =
        Some(Box::new(Within { function: instance.function.clone(), source: instance.source, at }));
    problem
}

struct Writer<'l> {
    library: &'l Library,
    instances: Vec<Instance>,
    parts: usize,
    problems: Vec<Problem>,
}

impl Writer<'_> {
    fn expand(&mut self, node: &mut Node, call: Option<&Range<usize>>, depth: usize) {
        self.parts += 1;
        if depth > limits::DEPTH || self.parts > limits::NODES {
            if self.problems.is_empty() {
                self.problems.push(limits::too_large(call.unwrap_or(&node.at)));
            }
            return;
        }
        node.each_part(&mut |part| self.expand(part, call, depth + 1));
        let Kind::Call(name, arguments) = &mut node.kind else { return };
        let Some(definition) = self.library.list.get(name.as_str()) else {
            // Other unknown functions are told where they are typed.
            if let Lookup::Unknown = functions::find(name, arguments.len())
                && let Some(guess) =
                    self.library.closest(name).filter(|guess| self.library.list.contains_key(guess.name))
            {
                let message = format!("there is no function `{name}`");
                let problem = Problem::new(codes::UNKNOWN_FUNCTION, &node.at, message);
                self.problems.push(problem.meant(guess));
            }
            return;
        };
        if let Some(problem) = definition.wrong_count(name, arguments.len(), &node.at) {
            self.problems.push(problem);
            return;
        }
        let call = call.unwrap_or(&node.at).clone();
        self.instances.push(Instance {
            function: name.clone(),
            source: definition.source,
            call: call.clone(),
        });
        let offset = self.instances.len() * STRIDE;
        let mut body = definition.body.clone();
        body.visit(&mut |node| node.at = shifted(&node.at, offset));
        self.expand(&mut body, Some(&call), depth + 1);
        let values = std::mem::take(arguments).into_iter();
        let lets = definition.parameters.iter().cloned().zip(values).map(|(name, value)| Let { name, value });
        node.kind = Kind::Apply(lets.collect(), Box::new(body));
    }
}

fn shifted(at: &Range<usize>, by: usize) -> Range<usize> {
    at.start + by..at.end + by
}

struct Header {
    name: Range<usize>,
    parameters: Vec<Range<usize>>,
    /// Bytes between the braces.
    body: Range<usize>,
    /// Index of the closing brace.
    end: usize,
}

/// `fn name(a, b) {`, and where it ends.
fn header(tokens: &Tokens<'_>, from: usize) -> Result<Header, Problem> {
    let place = |index: usize| {
        let end = tokens.list().last().map_or(0, |last| last.at.end);
        tokens.list().get(index).map_or(end..end, |token| token.at.clone())
    };
    let refuse = |index: usize, wanted: &str| {
        Problem::new(codes::FUNCTION, &place(index), "this is no definition of a function")
            .expected(wanted)
            .hint("fn name(a, b) { a / b }")
    };
    let is_name = |index: usize| tokens.list().get(index).is_some_and(|token| token.kind == TokenKind::Name);
    if tokens.text_at(from) != "fn" {
        return Err(refuse(from, "`fn`"));
    }
    if !is_name(from + 1) || tokens.text_at(from + 2) != "(" {
        return Err(refuse(from + 1, "a name and its parameters"));
    }
    let mut parameters = Vec::new();
    let mut index = from + 3;
    while tokens.text_at(index) != ")" {
        if !is_name(index) {
            return Err(refuse(index, "the name of a parameter"));
        }
        parameters.push(place(index));
        index += 1;
        match tokens.text_at(index) {
            "," => index += 1,
            ")" => {}
            _ => return Err(refuse(index, "`,` or `)`")),
        }
    }
    let open = index + 1;
    if tokens.text_at(open) != "{" {
        return Err(refuse(open, "`{`"));
    }
    let mut depth = 0usize;
    let mut end = open;
    loop {
        match tokens.text_at(end) {
            "" => return Err(refuse(end, "`}`")),
            "{" | "#{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(Header {
                name: place(from + 1),
                parameters,
                body: place(open).end..place(end).start,
                end,
            });
        }
        end += 1;
    }
}

/// The body as a formula of its own.
fn parse_body(text: &str, problems: &mut Vec<Problem>) -> Option<Node> {
    if text.len() > limits::TEXT {
        let problem = Problem::new(codes::TOO_LONG, &(0..0), "the function is too long");
        problems.push(problem.expected(format!("at most {} bytes", limits::TEXT)));
        return None;
    }
    let tokens = Tokens::scan(text, problems);
    if tokens.list().is_empty() && problems.is_empty() {
        problems.push(Problem::new(codes::EMPTY, &(0..0), "the function has no value"));
    }
    vocabulary::check(&tokens, problems);
    if !problems.is_empty() {
        return None;
    }
    let node = rhai::parse(&tokens, text, problems)?;
    problems.is_empty().then_some(node)
}
