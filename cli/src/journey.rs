//! `journey`: how many rows go from stage to stage, how soon, whose they are, and what is lost on the way.

use crate::args::{JourneyOptions, ResultFormat};
use crate::failure::Failure;
use crate::output::{columnar, layout, pretty};
use crate::terminal::{Terminal, shown};
use crate::{atomic, inputs, output, source};
use ripplemark::evaluate::{Coordinate, Receipt};
use ripplemark::journey::{self, Amount, Ask, Handoff, Journeys};
use ripplemark::model::Range;
use ripplemark::show;

pub(crate) fn run(options: &JourneyOptions, terminal: &Terminal) -> Result<(), Failure> {
    output::check(&options.result)?;
    let book = source::book(&options.book)?.book;
    let tables: Vec<String> = book.tables.iter().map(|table| table.name.clone()).collect();
    let data = inputs::dataset(&options.data, &tables)?;
    let trimmed = |names: &[String]| names.iter().map(|name| name.trim().to_owned()).collect();
    let ask = Ask {
        stages: trimmed(&options.stages),
        by: trimmed(&options.by),
        grain: options.grain,
        range: (options.from.is_some() || options.to.is_some())
            .then_some(Range { from: options.from, to: options.to }),
        as_of: options.as_of,
        totals: options.totals,
    };
    let journeys = journey::evaluate(&book, &data, &ask)?;
    let bytes =
        match options.result.format {
            ResultFormat::Table => table(&journeys, terminal.width(options.result.width)).into_bytes(),
            ResultFormat::Json => {
                let value = serde_json::to_value(&journeys);
                pretty(&value.map_err(|error| {
                    Failure::Data(format!("the result cannot be written as JSON: {error}"))
                })?)?
            }
            ResultFormat::Csv => columnar::csv(&journeys.to_record_batch())?,
            ResultFormat::Parquet => columnar::parquet(&journeys.to_record_batch())?,
        };
    match &options.result.output {
        Some(path) => atomic::write(path, &bytes)?,
        None => terminal.write(&bytes)?,
    }
    if matches!(options.result.format, ResultFormat::Csv | ResultFormat::Parquet) {
        terminal.note(&notes(&journeys));
    }
    Ok(())
}

/// A line for each hand-off and group; then who hands over to whom, why rows were rejected, and what the data were.
fn table(journeys: &Journeys, width: usize) -> String {
    let mut header = vec!["hand-off".to_owned()];
    header.extend(journeys.by.iter().map(|name| shown(name)));
    header.extend(journeys.grain_name().map(str::to_owned));
    let first = header.len();
    let numbers = [
        "entered",
        "accepted",
        "rejected",
        "ignored",
        "pending",
        "in time",
        "goal",
        "wait",
        "leak",
        "leak value",
    ];
    header.extend(numbers.map(str::to_owned));
    let rows: Vec<Vec<String>> = journeys.handoffs.iter().map(|handoff| line(journeys, handoff)).collect();
    let columns: Vec<usize> = (first..header.len()).collect();
    let mut text = layout::fitted(&header, &rows, &columns, width);
    if journeys.handoffs.iter().any(|handoff| !handoff.flags.is_empty()) {
        text.push_str("¹ partial_period: the period is not over, or the range cuts it\n");
    }
    text.push('\n');
    text.push_str(&notes(journeys));
    text
}

fn line(journeys: &Journeys, handoff: &Handoff) -> Vec<String> {
    let mut line = vec![name(handoff)];
    line.extend(handoff.scope.iter().map(|(_, place)| shown(&place.to_string())));
    if journeys.grain.is_some() {
        let day = period(journeys, handoff.period);
        line.push(if handoff.flags.is_empty() { day } else { format!("{day}¹") });
    }
    let count =
        |rows: Option<u64>| rows.map_or_else(|| "–".to_owned(), |rows| show::grouped(&rows.to_string()));
    match &handoff.counts {
        Some(counts) => {
            let parts = [counts.entered, counts.accepted, counts.rejected, counts.ignored, counts.pending];
            line.extend(parts.map(|rows| count(Some(rows))));
        }
        None => {
            line.push(format!("– {}", handoff.reasons.join("|")));
            line.extend((0..4).map(|_| "–".to_owned()));
        }
    }
    line.push(show::number("share", (handoff.within_share.as_ref().map(|share| share.value), None)));
    line.push(match (&handoff.goal, handoff.meets_goal) {
        (Some(goal), Some(true)) => format!("{} met", show::number("share", (Some(goal.value), None))),
        (Some(goal), Some(false)) => format!("{} missed", show::number("share", (Some(goal.value), None))),
        (Some(goal), None) => show::number("share", (Some(goal.value), None)),
        (None, _) => "–".to_owned(),
    });
    let business = handoff.mean_wait_business_hours.as_ref().map(|mean| format!("{:.1} bh", mean.value));
    line.push(match &handoff.mean_wait_hours {
        Some(_) if business.is_some() => business.unwrap_or_default(),
        Some(mean) if handoff.in_days => format!("{:.1} days", mean.value / 24.0),
        Some(mean) => format!("{:.1} hours", mean.value),
        None => "–".to_owned(),
    });
    line.push(count(handoff.leak));
    line.push(handoff.leak_value.as_ref().map_or_else(|| "–".to_owned(), amount));
    line
}

fn period(journeys: &Journeys, day: Option<i64>) -> String {
    match (journeys.grain, day) {
        (Some(grain), Some(day)) => show::period(grain, day),
        _ => Coordinate::All.to_string(),
    }
}

fn name(handoff: &Handoff) -> String {
    shown(&format!("{} → {}", handoff.from, handoff.to))
}

fn amount(amount: &Amount) -> String {
    if amount.value.is_none() {
        return format!("– {}", amount.reasons.join("|"));
    }
    // Without the exact text money has its cents, also where they are 0.
    let number = show::number(&amount.unit, (amount.value, None));
    let unit = show::unit_word(&amount.unit);
    if unit.is_empty() { number } else { format!("{number} {}", shown(&unit)) }
}

fn notes(journeys: &Journeys) -> String {
    let mut text = String::new();
    let mut told: Vec<String> = Vec::new();
    let mut tell = |line: String| {
        if !told.contains(&line) {
            text.push_str(&line);
            text.push('\n');
            told.push(line);
        }
    };
    for handoff in &journeys.handoffs {
        let (from, to) = (shown(&handoff.owner_from), shown(&handoff.owner_to));
        tell(if handoff.internal {
            format!("{}: stays with {to}", name(handoff))
        } else {
            format!("{}: {from} to {to}", name(handoff))
        });
    }
    for handoff in journeys.handoffs.iter().filter(|handoff| is_coarsest(journeys, handoff)) {
        let Some(counts) = &handoff.counts else { continue };
        let of = |rows: u64| show::grouped(&rows.to_string());
        if !counts.rejected_by.is_empty() {
            let reasons: Vec<String> = counts
                .rejected_by
                .iter()
                .map(|(reason, rows)| format!("{} {}", shown(reason), of(*rows)))
                .collect();
            tell(format!("{}{}: rejected for {}", name(handoff), scope(handoff), reasons.join(", ")));
        }
        if counts.out_of_order > 0 {
            tell(format!(
                "{}{}: out of order {}, the later time is before the earlier one",
                name(handoff),
                scope(handoff),
                of(counts.out_of_order)
            ));
        }
    }
    match &journeys.as_of {
        Some(as_of) => tell(format!("as of {}", shown(&as_of.to_string()))),
        None => tell("no row has a time".to_owned()),
    }
    for note in &journeys.notes {
        tell(note.clone());
    }
    let hashes: Vec<String> = journeys.receipts.iter().map(short).collect();
    tell(format!("receipts: {}", hashes.join(", ")));
    text
}

fn short(receipt: &Receipt) -> String {
    receipt.result.get(..12).unwrap_or(&receipt.result).to_owned()
}

/// Reasons are told once for a hand-off: in its total where there is one, otherwise in each group.
fn is_coarsest(journeys: &Journeys, handoff: &Handoff) -> bool {
    let has_total = journeys.handoffs.iter().any(|other| other.to == handoff.to && other.level == "total");
    handoff.level == "total" || !has_total
}

fn scope(handoff: &Handoff) -> String {
    let mut places: Vec<String> = handoff.scope.iter().map(|(_, place)| shown(&place.to_string())).collect();
    places.extend(handoff.period.map(|day| Coordinate::Date(day).to_string()));
    if places.is_empty() { String::new() } else { format!(", {}", places.join(", ")) }
}
