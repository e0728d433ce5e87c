//! The report as one HTML page that needs nothing else: no script, no font, no request.
//!
//! All texts go through the template, which escapes them when it is compiled; then characters that turn the direction
//! of writing around, or that HTML does not know, are spelt out. Texts stand in HTML and only shapes in pictures, so that
//! long names wrap, screen readers read tables, and nothing overlaps. The order of the sections is that of the questions: what
//! happened, where, why, who has to act; what the words mean comes last.

mod findings;
mod journey;
mod metrics;
mod moved;
mod palette;
mod parts;
mod pond;
mod reference;
mod targets;
mod top;

use super::facts::Report;
use crate::show::harmless_lines;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use parts::Places;

/// Nothing is loaded, nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The page as text. Linear in the report.
///
/// ```
/// use ripplemark::report::{Report, page};
///
/// let report = Report { book: "<acme>".into(), ..Report::default() };
/// let html = page::render(&report);
/// assert!(html.starts_with("<!DOCTYPE html>"));
/// assert!(html.contains("&lt;acme&gt;"));
/// ```
#[must_use]
pub fn render(report: &Report) -> String {
    let places = Places::new(report);
    let sections = sections(report, &places);
    let style = format!("{}{}", palette::variables(), compact(include_str!("page.css")));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="ripplemark";
                title { (top::title(report)) }
                style { (PreEscaped(style)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                (top::header(report))
                nav aria-label="Sections" {
                    ul { @for section in &sections { li { a href={ "#" (section.id) } { (section.title) } } } }
                }
                main id="main" {
                    @for section in &sections {
                        section id=(section.id) aria-labelledby={ "h-" (section.id) } {
                            h2 id={ "h-" (section.id) } { (section.title) }
                            (section.body)
                        }
                    }
                }
                (top::footer(report))
            }
        }
    };
    harmless_lines(&page.into_string())
}

struct Section {
    id: &'static str,
    title: &'static str,
    body: Markup,
}

/// The sections that have something to say.
fn sections(report: &Report, places: &Places<'_>) -> Vec<Section> {
    let all = [
        ("pond", "The pond", pond::pond(report)),
        ("metrics", "Metrics", metrics::metrics(report)),
        ("moved", "What moved it", moved::moved(report, places)),
        ("targets", "Targets", targets::targets(report, places)),
        ("journey", "Hand-offs", journey::journey(report)),
        ("findings", "Findings, by who has to act", findings::findings(report, places)),
        ("glossary", "Glossary", reference::glossary(report)),
        ("notes", "Data and receipts", reference::notes(report)),
    ];
    (all.into_iter()).filter_map(|(id, title, body)| body.map(|body| Section { id, title, body })).collect()
}

/// The style sheet without comments and indentation.
fn compact(css: &str) -> String {
    css.lines().map(str::trim).filter(|line| !line.starts_with("/*")).collect()
}
