//! `explain`: what moved a metric, by driver, owner and ring, or by mix and rate.

use crate::args::{self, ExplainFormat, ExplainOptions};
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::{atomic, inputs, output, question, source};
use ripplemark::book::parse_grain;
use ripplemark::data::Dataset;
use ripplemark::evaluate::Coordinate;
use ripplemark::explain::{self, Ask, Explanations, MixAsk, MixExplained, Periods, Versus};
use ripplemark::model::{Book, Query};
use ripplemark::report::terminal::{self as pages, Layout};
use ripplemark::show::harmless;
use serde_json::Value;

pub(crate) fn run(options: &ExplainOptions, terminal: &Terminal) -> Result<(), Failure> {
    let read = source::book(&options.book)?;
    if !options.query.metrics.is_empty() {
        return Err(Failure::Usage("the metric stands behind the book; leave out --metric".into()));
    }
    let tables: Vec<String> = read.book.tables.iter().map(|table| table.name.clone()).collect();
    let data = inputs::dataset(&options.data, &tables)?;
    let mut query = question::query(&read.book, &options.query)?;
    query.metrics.clear();
    let wanted = Wanted::read(options, &mut query)?;
    let layout = Layout { width: terminal.width(options.width), colour: false };
    let bytes = match &options.mix {
        Some(dim) => mix(&read.book, &data, options, query, &wanted, dim, layout)?,
        None => drivers(&read.book, &data, options, query, &wanted, layout)?,
    };
    match &options.output {
        Some(path) => atomic::write(path, &bytes),
        None => terminal.write(&bytes),
    }
}

/// Which changes are wanted.
struct Wanted {
    versus: Versus,
    /// Groups that are wanted; all where a dimension is not named.
    groups: Vec<(String, String)>,
}

impl Wanted {
    fn read(options: &ExplainOptions, query: &mut Query) -> Result<Wanted, Failure> {
        let mut periods = if options.all { Periods::All } else { Periods::Latest };
        let mut groups: Vec<(String, String)> = Vec::new();
        for text in &options.at {
            let (name, value) = pair("--at", text)?;
            if let Ok(grain) = parse_grain(&name) {
                if query.grain.is_some_and(|asked| asked != grain) {
                    return Err(Failure::Usage(format!("--at {text}: the query has another grain")));
                }
                query.grain = Some(grain);
                let day = args::day(&value).map_err(|why| Failure::Usage(format!("--at {text}: {why}")))?;
                periods = Periods::Of(day);
            } else {
                groups.push((name, value));
            }
        }
        let versus = if options.vs == "prior" {
            Versus::Prior(periods)
        } else if options.vs == "target" {
            if !options.at.is_empty() || options.all {
                return Err(Failure::Usage("a target has days of its own: leave out --at and --all".into()));
            }
            Versus::Target
        } else {
            let (dim, from) = pair("--vs", &options.vs).map_err(|_| {
                Failure::Usage(format!(
                    "--vs {}: expected `prior`, `target`, or a segment such as --vs region=East --at region=West",
                    options.vs
                ))
            })?;
            let Some(at) = groups.iter().position(|(name, _)| *name == dim) else {
                return Err(Failure::Usage(format!(
                    "--vs {}: say which `{dim}` is compared with it: --at {dim}=VALUE",
                    options.vs
                )));
            };
            let (_, to) = groups.remove(at);
            Versus::Segments { dim, from, to }
        };
        for (name, _) in &groups {
            if !query.by.contains(name) {
                query.by.push(name.clone());
            }
        }
        Ok(Wanted { versus, groups })
    }

    fn keeps(&self, dims: &[String], key: &[Coordinate]) -> bool {
        self.groups.iter().all(|(name, value)| {
            let at = dims.iter().position(|dim| dim == name);
            at.and_then(|at| key.get(at)).is_some_and(|coordinate| coordinate.to_string() == *value)
        })
    }
}

fn pair(option: &str, text: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.to_owned())),
        None => Err(Failure::Usage(format!("{option} {text}: expected NAME=VALUE, such as month=2017-07"))),
    }
}

fn drivers(
    book: &Book,
    data: &Dataset,
    options: &ExplainOptions,
    query: Query,
    wanted: &Wanted,
    layout: Layout,
) -> Result<Vec<u8>, Failure> {
    let ask =
        Ask { metric: options.metric.clone(), versus: wanted.versus.clone(), query, digits: options.digits };
    let mut found = explain::explain(book, data, &ask)?;
    let dims = found.dims.clone();
    found.explained.retain(|one| wanted.keeps(&dims, &one.key));
    if found.explained.is_empty() {
        return Err(Failure::Usage(nothing_to_compare(&found)));
    }
    if options.format == ExplainFormat::Json {
        return output::pretty(&found.to_json());
    }
    let mut text = format!("{} = {}\n", harmless(&found.metric.info.name), harmless(&found.formula));
    for fact in found.facts() {
        text.push_str(&pages::explanation(&fact, layout));
    }
    Ok(text.into_bytes())
}

fn nothing_to_compare(found: &Explanations) -> String {
    format!(
        "there is nothing to compare `{}` with: no two periods, or no such group; say --all or another --at",
        found.metric.info.name
    )
}

fn mix(
    book: &Book,
    data: &Dataset,
    options: &ExplainOptions,
    query: Query,
    wanted: &Wanted,
    dim: &str,
    layout: Layout,
) -> Result<Vec<u8>, Failure> {
    let Versus::Prior(periods) = &wanted.versus else {
        return Err(Failure::Usage("mix and rate compare periods: leave out --vs, or say --vs prior".into()));
    };
    if !query.by.is_empty() {
        return Err(Failure::Usage("mix and rate go over one dimension: leave out --by".into()));
    }
    let ask = MixAsk {
        metric: options.metric.clone(),
        dim: dim.to_owned(),
        periods: *periods,
        query,
        digits: options.digits,
    };
    let found = explain::explain_mix(book, data, &ask)?;
    if options.format == ExplainFormat::Json {
        return output::pretty(&Value::Array(found.iter().map(MixExplained::to_json).collect()));
    }
    let unit = book.metrics.iter().find(|metric| metric.name == options.metric);
    let unit = unit.map(ripplemark::model::Metric::unit_text).unwrap_or_default();
    Ok(found
        .iter()
        .map(|one| pages::mix(&one.fact(&options.metric, dim, &unit), layout))
        .collect::<String>()
        .into_bytes())
}
