//! The top of the page: what happened and who has to act, in ten seconds. And its last line.

use super::super::facts::Report;
use super::super::headline::{duties, headline};
use super::super::words;
use super::parts::{class, status};
use maud::{Markup, html};

pub(super) fn title(report: &Report) -> String {
    let period =
        if report.asked.period.is_empty() { String::new() } else { format!(" {}", report.asked.period) };
    format!("{}{period}", if report.book.is_empty() { "Report" } else { &report.book })
}

pub(super) fn header(report: &Report) -> Markup {
    let duties = duties(report);
    html! {
        header {
            p.kicker { "KPI report" @if !report.version.is_empty() { " · book " bdi { (report.version) } } }
            h1 { bdi { (if report.book.is_empty() { "Report" } else { &report.book }) } }
            p.asked { @for (at, part) in words::asked(&report.asked).iter().enumerate() {
                @if at > 0 { " · " }
                bdi { (part) }
            } }
            ul.said {
                @for sentence in headline(report) {
                    li class=(class(sentence.tone)) {
                        span.mk aria-hidden="true" { (words::mark(sentence.tone)) }
                        @let word = words::tone_word(sentence.tone);
                        @if !word.is_empty() { span.sr { (word) ": " } }
                        bdi { (sentence.text) }
                    }
                }
            }
            @if !duties.is_empty() {
                h2.small { "Who has to act" }
                ul.duties {
                    @for duty in &duties {
                        li {
                            b { bdi { (words::label(&duty.owner, "nobody")) } }
                            @for (tone, part) in duty.parts() { (status(tone, &part)) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn footer(report: &Report) -> Markup {
    html! {
        footer {
            p { "Made by ripplemark from the book " bdi { (report.book) } ". This page loads nothing and runs nothing." }
        }
    }
}
