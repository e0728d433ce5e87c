//! Reads what targets need from the data, and says where they stand.

use super::course::{Course, Exact, Judged, Status};
use super::figure::{Figure, Look};
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{ExactCell, hex, iso_date};
use crate::exact;
use crate::facet::{Answers, Calendars, Facts, Moment, Need, Needs, Value, Why, number};
use crate::lower::metric_meaning;
use crate::model::{
    Baseline, Book, FacetName, Good, Instant, Measure, Metric, MetricId, Part, Path, Split, Target, TeamId,
};
use num_rational::BigRational;
use num_traits::Zero;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Where a target stands.
#[derive(Clone, Debug, Serialize)]
pub struct TargetStatus {
    /// Position in [`Book::targets`].
    pub target: usize,
    /// The metric's name.
    pub metric: String,
    /// The metric's label.
    pub label: String,
    /// The metric's unit; may be empty.
    pub unit: String,
    /// Names of the teams that answer for the target.
    pub owners: Vec<String>,
    /// (dimension, value) of the part that counts; empty for all rows.
    pub scope: Vec<(String, String)>,
    /// First day, `2024-01-01`.
    pub from: String,
    /// Last day.
    pub due: String,
    /// The last day that is known, at most `due`; empty where there are no data.
    pub as_of: String,
    /// `total` or `level`.
    pub measure: &'static str,
    /// `linear` or `glide`.
    pub path: &'static str,
    /// `up` or `down`.
    pub good: &'static str,
    /// The whole.
    #[serde(flatten)]
    pub standing: Standing,
    /// The parts of the split, in the order of the book.
    pub parts: Vec<PartStatus>,
    /// Whose gap it is: parts of one owner together, in the order of the parts, then what no part covers. The exact
    /// numbers add up to the whole gap. Empty where the gap, or the gap of a part, is unknown.
    pub gap_by_owner: Vec<OwnerGap>,
    /// SHA-256 of what the metric means, in hex.
    pub meaning: String,
    /// SHA-256 of the canonical state behind the actual value, in hex; empty where nothing was read.
    pub state: String,
}

/// The numbers of a target or of one of its parts.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Share of the days that have passed, 0 to 1; both ends included.
    pub elapsed: Figure,
    /// What is to be reached.
    pub goal: Figure,
    /// What the goal builds on; missing with `empty` where the target names nothing.
    pub baseline: Figure,
    /// What has been reached.
    pub actual: Figure,
    /// What should have been reached by now.
    pub expected: Figure,
    /// Actual ÷ goal, mirrored at 1 where less is better.
    pub attainment: Figure,
    /// The way made from the baseline of the way to the goal.
    pub progress: Figure,
    /// Actual ÷ expected, mirrored at 1 where less is better.
    pub pace: Figure,
    /// Actual − expected.
    pub gap: Figure,
    /// Actual − goal.
    pub gap_to_goal: Figure,
    /// Where it stands; `None` where a number that decides it is missing.
    pub status: Option<Status>,
    /// Rows behind the actual value.
    pub n: u64,
}

/// A part of a target.
#[derive(Clone, Debug, Serialize)]
pub struct PartStatus {
    /// The dimension.
    pub by: String,
    /// Its value.
    pub key: String,
    /// Names of the teams that answer for the part.
    pub owners: Vec<String>,
    /// The part's share of the goal.
    pub share: Figure,
    /// Its numbers.
    #[serde(flatten)]
    pub standing: Standing,
}

/// What the owners of some parts miss or have beyond what was expected.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerGap {
    /// Names of the teams, together; empty for `unsplit`.
    pub owners: Vec<String>,
    /// Values of the split's dimension; `unsplit` for rows that belong to no part.
    pub parts: Vec<String>,
    /// Actual − expected.
    pub gap: Figure,
}

/// What is asked of a target besides itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope {
    pub(crate) as_of: Option<Instant>,
}

/// A target with the questions that it asks of the data.
struct Asked<'b> {
    position: usize,
    target: &'b Target,
    /// What is known; `Err` where the metric has no data.
    moment: Result<Moment, Why>,
    actual: Option<Need>,
    baseline: Option<Need>,
}

/// Where some targets stand, each as of its own moment.
pub(crate) fn statuses(
    book: &Book,
    data: &Dataset,
    wanted: &[(usize, Scope)],
) -> Result<Vec<TargetStatus>, Error> {
    let targets: Vec<(usize, &Target, Scope)> = wanted
        .iter()
        .filter_map(|(position, scope)| Some((*position, book.targets.get(*position)?, *scope)))
        .collect();
    let metrics: BTreeSet<MetricId> = targets.iter().map(|(_, target, _)| target.metric).collect();
    let mut calendars = BTreeMap::new();
    for (_, _, scope) in &targets {
        if !calendars.contains_key(scope) {
            calendars.insert(*scope, Calendars::new(book, data, &metrics, scope.as_of)?);
        }
    }
    let mut needs = Needs::default();
    let mut asked = Vec::new();
    for (position, target, scope) in targets {
        let Some(calendars) = calendars.get(&scope) else { continue };
        let moment = calendars.known(&[target.metric]);
        let question = ask(position, target, moment, calendars);
        for need in [&question.actual, &question.baseline].into_iter().flatten() {
            needs.add(need.clone(), target.metric);
        }
        asked.push(question);
    }
    let answers = needs.ask(book, data)?;
    Ok(asked.iter().map(|asked| status(book, asked, &answers)).collect())
}

fn ask<'b>(
    position: usize,
    target: &'b Target,
    moment: Result<Moment, Why>,
    calendars: &Calendars,
) -> Asked<'b> {
    let (mut actual, mut baseline) = (None, None);
    if let Ok(moment) = &moment {
        let by: Vec<String> = (target.scope.iter().map(|(dim, _)| dim))
            .chain(target.split.iter().map(|split| &split.by))
            .cloned()
            .collect();
        let need = |from: i64, to: i64| Need {
            totals: target.split.is_some(),
            by: by.clone(),
            grain: None,
            range: Some((from, to)),
            as_of: Some(moment.as_of),
        };
        let (from, due) = (i64::from(target.from), i64::from(target.due));
        let last = moment.day.min(due);
        if last >= from {
            let (first, end) = match target.measure {
                Measure::Level(Some(grain)) => calendars.latest_whole(grain, last),
                Measure::Total | Measure::Level(None) => (from, last.saturating_add(1)),
            };
            actual = Some(need(first, end));
        }
        if let Some(Baseline::Days(first, last)) = target.baseline
            && i64::from(last) <= moment.day
        {
            baseline = Some(need(i64::from(first), i64::from(last) + 1));
        }
    }
    Asked { position, target, moment, actual, baseline }
}

/// The baseline, for goals that build on it.
struct BaselineFact<'e>(&'e Option<Exact>);

impl Facts for BaselineFact<'_> {
    fn fact(&self, name: FacetName) -> Result<Value, Why> {
        match (name, self.0) {
            (FacetName::Baseline, Some(value)) => value.clone().map(Value::Number),
            _ => Err(Why::one("empty")),
        }
    }
}

struct NoFacts;

impl Facts for NoFacts {
    fn fact(&self, _: FacetName) -> Result<Value, Why> {
        Err(Why::one("empty"))
    }
}

fn status(book: &Book, asked: &Asked<'_>, answers: &Answers) -> TargetStatus {
    let target = asked.target;
    let metric = book.metrics.get(target.metric.0);
    let unit = metric.map(Metric::unit_text).unwrap_or_default();
    let unit = unit.as_str();
    let good = metric.map_or(Good::Up, |m| m.good);
    let baseline = baseline_value(asked, None, answers);
    let goal = number(&target.goal, &BaselineFact(&baseline));
    let elapsed = elapsed(asked);
    let actual = cell_of(asked, None, answers);
    let course = |actual: Exact, goal: Exact, baseline: Option<Exact>| Course {
        actual,
        goal,
        baseline,
        elapsed: elapsed.clone().unwrap_or_else(|_| BigRational::zero()),
        is_total: target.measure == Measure::Total,
        path: target.path,
        good,
    };
    let stand = |course: &Course, n: u64| {
        let mut judged = course.judge();
        if let Err(why) = &elapsed {
            // Without data there is no "by now".
            (judged.expected, judged.pace, judged.gap) =
                (Err(why.clone()), Err(why.clone()), Err(why.clone()));
            judged.status = None;
        }
        (standing(course, &judged, &elapsed, unit, n), judged)
    };
    let whole = course(value_of(asked, actual), goal.clone(), baseline);
    let (whole, judged) = stand(&whole, actual.map_or(0, |cell| cell.n));
    let mut parts = Vec::new();
    let mut gaps = Vec::new();
    for part in target.split.iter().flat_map(|split| &split.parts) {
        let cell = cell_of(asked, Some(part), answers);
        let goal = goal.clone().map(|goal| goal * &part.share);
        let course = course(value_of(asked, cell), goal, baseline_value(asked, Some(part), answers));
        let (standing, judged) = stand(&course, cell.map_or(0, |cell| cell.n));
        gaps.push((part, part_gap(&course, &judged)));
        parts.push(PartStatus {
            by: target.split.as_ref().map(|split| split.by.clone()).unwrap_or_default(),
            key: part.key.clone(),
            owners: team_names(book, &part.owners),
            share: Figure::new(Ok(part.share.clone()), Look::Share),
            standing,
        });
    }
    TargetStatus {
        target: asked.position,
        metric: metric.map(|m| m.name.clone()).unwrap_or_default(),
        label: metric.map(|m| m.label.clone()).unwrap_or_default(),
        unit: unit.to_owned(),
        owners: team_names(book, &target.owners),
        scope: target.scope.clone(),
        from: iso_date(i64::from(target.from)),
        due: iso_date(i64::from(target.due)),
        as_of: last_day(asked).map(iso_date).unwrap_or_default(),
        measure: if target.measure == Measure::Total { "total" } else { "level" },
        path: if target.path == Path::Linear { "linear" } else { "glide" },
        good: if good == Good::Up { "up" } else { "down" },
        standing: whole,
        parts,
        gap_by_owner: gap_by_owner(book, target, target.split.as_ref(), &judged.gap, &gaps, unit),
        meaning: hex(&metric_meaning(book, target.metric)),
        state: asked.actual.as_ref().map_or("", |need| answers.state(need, target.metric)).to_owned(),
    }
}

fn last_day(asked: &Asked<'_>) -> Option<i64> {
    asked.moment.as_ref().ok().map(|moment| moment.day.min(i64::from(asked.target.due)))
}

/// Days passed of days in all, both ends included.
fn elapsed(asked: &Asked<'_>) -> Exact {
    let day = asked.moment.as_ref().map_err(Clone::clone)?.day;
    let (from, due) = (i64::from(asked.target.from), i64::from(asked.target.due));
    let passed = day.min(due).saturating_sub(from).saturating_add(1).max(0);
    exact::quotient(passed, due - from + 1).ok_or_else(|| Why::one("zero_denominator"))
}

fn cell_of<'a>(asked: &Asked<'_>, part: Option<&Part>, answers: &'a Answers) -> Option<&'a ExactCell> {
    find(asked, asked.actual.as_ref()?, part, answers)
}

fn find<'a>(
    asked: &Asked<'_>,
    need: &Need,
    part: Option<&Part>,
    answers: &'a Answers,
) -> Option<&'a ExactCell> {
    let mut key: Vec<Option<&str>> =
        asked.target.scope.iter().map(|(_, value)| Some(value.as_str())).collect();
    if asked.target.split.is_some() {
        key.push(part.map(|part| part.key.as_str()));
    }
    answers.find(need, asked.target.metric, &key)
}

/// The value of a cell; where nothing was asked, why not.
fn value_of(asked: &Asked<'_>, cell: Option<&ExactCell>) -> Exact {
    match cell {
        Some(cell) => cell.value.clone().map_err(Why::from),
        None => Err(asked.moment.as_ref().err().cloned().unwrap_or_else(|| Why::one("empty"))),
    }
}

fn baseline_value(asked: &Asked<'_>, part: Option<&Part>, answers: &Answers) -> Option<Exact> {
    match asked.target.baseline.as_ref()? {
        Baseline::Number(value) => {
            let value = number(value, &NoFacts);
            Some(match part {
                // A given number is of the whole, as the goal is.
                Some(part) => value.map(|value| value * &part.share),
                None => value,
            })
        }
        Baseline::Days(..) => Some(match &asked.baseline {
            Some(need) => value_of(asked, find(asked, need, part, answers)),
            None => Err(Why::one("empty")),
        }),
    }
}

/// The gap of a part as the whole contains it: where nothing happened, an additive metric has nothing to add.
fn part_gap(course: &Course, judged: &Judged) -> Exact {
    let nothing = |value: &Exact| matches!(value, Err(why) if *why == Why::one("empty"));
    let zero_where_empty =
        |value: &Exact| if nothing(value) { Ok(BigRational::zero()) } else { value.clone() };
    if judged.expected.is_err() && judged.gap.is_err() && course.goal.is_err() {
        return judged.gap.clone();
    }
    let course = Course {
        actual: zero_where_empty(&course.actual),
        baseline: course.baseline.as_ref().map(zero_where_empty),
        ..course.clone()
    };
    course.judge().gap
}

fn gap_by_owner(
    book: &Book,
    target: &Target,
    split: Option<&Split>,
    whole: &Exact,
    parts: &[(&Part, Exact)],
    unit: &str,
) -> Vec<OwnerGap> {
    let Ok(whole) = whole else { return Vec::new() };
    let figure = |gap: BigRational| Figure::new(Ok(gap), Look::Difference(unit));
    if split.is_none() {
        return vec![OwnerGap {
            owners: team_names(book, &target.owners),
            parts: Vec::new(),
            gap: figure(whole.clone()),
        }];
    }
    let mut rest = whole.clone();
    let mut owners: Vec<(&[TeamId], Vec<String>, BigRational)> = Vec::new();
    for (part, gap) in parts {
        let Ok(gap) = gap else { return Vec::new() };
        rest -= gap;
        match owners.iter_mut().find(|(known, ..)| *known == part.owners.as_slice()) {
            Some((_, keys, sum)) => {
                keys.push(part.key.clone());
                *sum += gap;
            }
            None => owners.push((&part.owners, vec![part.key.clone()], gap.clone())),
        }
    }
    let mut gaps: Vec<OwnerGap> = owners
        .into_iter()
        .map(|(owners, parts, gap)| OwnerGap { owners: team_names(book, owners), parts, gap: figure(gap) })
        .collect();
    if !rest.is_zero() {
        gaps.push(OwnerGap { owners: Vec::new(), parts: vec!["unsplit".to_owned()], gap: figure(rest) });
    }
    gaps
}

fn standing(course: &Course, judged: &Judged, elapsed: &Exact, unit: &str, n: u64) -> Standing {
    let figure = |number: &Exact, look: Look<'_>| Figure::new(number.clone(), look);
    let nothing = || Err(Why::one("empty"));
    Standing {
        elapsed: figure(elapsed, Look::Share),
        goal: figure(&course.goal, Look::In(unit)),
        baseline: Figure::new(course.baseline.clone().unwrap_or_else(nothing), Look::In(unit)),
        actual: figure(&course.actual, Look::In(unit)),
        expected: figure(&judged.expected, Look::In(unit)),
        attainment: figure(&judged.attainment, Look::Share),
        progress: Figure::new(judged.progress.clone().unwrap_or_else(nothing), Look::Share),
        pace: figure(&judged.pace, Look::Share),
        gap: figure(&judged.gap, Look::Difference(unit)),
        gap_to_goal: figure(&judged.gap_to_goal, Look::Difference(unit)),
        status: judged.status,
        n,
    }
}

/// The names of teams, in order.
pub(crate) fn team_names(book: &Book, teams: &[TeamId]) -> Vec<String> {
    teams.iter().filter_map(|id| book.teams.get(id.0)).map(|team| team.name.clone()).collect()
}
