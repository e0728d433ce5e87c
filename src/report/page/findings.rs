//! Findings, grouped by who has to act. A finding of two teams stands with both: each of them reads its own list.

use super::super::facts::{Finding, Report};
use super::super::headline::by_owner;
use super::super::words;
use super::parts::{Places, class, status};
use maud::{Markup, html};

pub(super) fn findings(report: &Report, places: &Places<'_>) -> Option<Markup> {
    if report.findings.is_empty() {
        return None;
    }
    let groups = by_owner(&report.findings);
    Some(html! {
        div.owners { @for (owner, findings) in &groups {
            article {
                h3 { bdi { (words::label(owner, "Nobody")) } " " span.u { (words::count(findings.len(), "finding", "findings")) } }
                ul.found { @for finding in findings { (one(finding, owner, places)) } }
            }
        } }
    })
}

fn one(finding: &Finding, owner: &str, places: &Places<'_>) -> Markup {
    let place = words::place(&finding.period, &finding.scope);
    let others: Vec<&str> = finding.owners.iter().map(String::as_str).filter(|own| *own != owner).collect();
    html! {
        li class=(class(finding.tone)) {
            (status(finding.tone, &finding.severity)) " " span.msg { bdi { (finding.message) } }
            p.q {
                @if !finding.metric.is_empty() { (places.link(&finding.metric, "")) " · " }
                @if !place.is_empty() { bdi { (place) } " · " }
                "rule " bdi { (finding.rule) }
                @if !others.is_empty() { " · together with " bdi { (others.join(", ")) } }
                @if !finding.watchers.is_empty() { " · also told: " bdi { (finding.watchers.join(", ")) } }
            }
        }
    }
}
