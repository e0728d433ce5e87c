//! How far a metric is on the way to its goal: arithmetic on exact fractions, without data or calendar.

use crate::exact;
use crate::facet::Why;
use crate::model::{Good, Path};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use serde::Serialize;

/// An exact number, or why there is none.
pub type Exact = Result<BigRational, Why>;

/// Up to this share of what was expected may be missing before a target is `behind` instead of `at_risk`: 1/10.
fn tolerance() -> BigRational {
    BigRational::new(BigInt::one(), BigInt::from(10))
}

/// What is known of a goal at one moment.
#[derive(Clone, Debug)]
pub struct Course {
    /// What has been reached.
    pub actual: Exact,
    /// What is to be reached.
    pub goal: Exact,
    /// What the goal builds on; `None` where the target names nothing.
    pub baseline: Option<Exact>,
    /// Share of the days that have passed, 0 to 1.
    pub elapsed: BigRational,
    /// True if the actual value comes together over time, false if it is a height.
    pub is_total: bool,
    /// How far the metric should be on the way.
    pub path: Path,
    /// Which direction is the good one.
    pub good: Good,
}

/// Where a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its first day is not over.
    NotStarted,
    /// As far as expected, or farther.
    OnTrack,
    /// Not as far as expected, but by at most a tenth of that.
    AtRisk,
    /// Farther off than that.
    Behind,
    /// The goal is reached: at the last day, or before it where a total cannot lose it any more.
    Reached,
    /// The last day is over, and the goal is not reached.
    Missed,
}

impl Status {
    /// All, in the order of [`Status`].
    pub const ALL: [Status; 6] = [
        Status::NotStarted,
        Status::OnTrack,
        Status::AtRisk,
        Status::Behind,
        Status::Reached,
        Status::Missed,
    ];

    /// The word that conditions use, `at_risk`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::NotStarted => "not_started",
            Status::OnTrack => "on_track",
            Status::AtRisk => "at_risk",
            Status::Behind => "behind",
            Status::Reached => "reached",
            Status::Missed => "missed",
        }
    }
}

/// What follows from a [`Course`].
#[derive(Clone, Debug)]
pub struct Judged {
    /// What should have been reached by now: `T·s`, or on a glide path `b + (T − b)·s`.
    pub expected: Exact,
    /// `1 + (A − T)/|T|`, where less is better `1 − (A − T)/|T|`. For a positive goal that is `A/T`, mirrored at 1.
    pub attainment: Exact,
    /// The way made of the way to go, `(A − b)/(T − b)`; `None` without a baseline.
    pub progress: Option<Exact>,
    /// As `attainment`, of what was expected by now.
    pub pace: Exact,
    /// Actual − expected.
    pub gap: Exact,
    /// Actual − goal.
    pub gap_to_goal: Exact,
    /// Where the target stands; `None` where a number that decides it is missing.
    pub status: Option<Status>,
}

impl Course {
    /// Judges the course.
    ///
    /// `pace` and `attainment` are missing with `zero_denominator` where the number they divide by is 0 (no day has
    /// passed, or the goal is 0), `progress` where the goal is the baseline itself.
    #[must_use]
    pub fn judge(&self) -> Judged {
        let expected = self.expected();
        let (actual, goal) = (&self.actual, &self.goal);
        Judged {
            attainment: self.measured_by(goal),
            progress: self
                .baseline
                .as_ref()
                .map(|baseline| quotient(minus(actual, baseline), minus(goal, baseline))),
            pace: self.measured_by(&expected),
            gap: minus(actual, &expected),
            gap_to_goal: minus(actual, goal),
            status: self.status(&expected),
            expected,
        }
    }

    fn expected(&self) -> Exact {
        let goal = self.goal.clone()?;
        match (self.path, &self.baseline) {
            (Path::Linear, _) => Ok(goal * &self.elapsed),
            (Path::Glide, None) => Ok(goal),
            (Path::Glide, Some(baseline)) => {
                let baseline = baseline.clone()?;
                Ok(&baseline + (goal - &baseline) * &self.elapsed)
            }
        }
    }

    /// The actual value measured by another: 1 where they are equal, more where it is better.
    fn measured_by(&self, measure: &Exact) -> Exact {
        let ahead = self.ahead(measure);
        Ok(exact::one() + quotient(ahead, measure.clone().map(|measure| measure.abs()))?)
    }

    /// By how much the actual value is better than another.
    fn ahead(&self, other: &Exact) -> Exact {
        let difference = minus(&self.actual, other)?;
        Ok(if self.good == Good::Up { difference } else { -difference })
    }

    fn status(&self, expected: &Exact) -> Option<Status> {
        if self.elapsed.is_zero() {
            return Some(Status::NotStarted);
        }
        let is_met = !self.ahead(&self.goal).ok()?.is_negative();
        if self.elapsed >= exact::one() {
            return Some(if is_met { Status::Reached } else { Status::Missed });
        }
        let grows = self.is_total && self.good == Good::Up;
        if grows && is_met && self.goal.as_ref().is_ok_and(Signed::is_positive) {
            return Some(Status::Reached);
        }
        let ahead = self.ahead(expected).ok()?;
        let allowed = expected.as_ref().ok()?.abs() * tolerance();
        Some(if !ahead.is_negative() {
            Status::OnTrack
        } else if -ahead <= allowed {
            Status::AtRisk
        } else {
            Status::Behind
        })
    }
}

fn minus(a: &Exact, b: &Exact) -> Exact {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok(a - b),
        (Err(a), Err(b)) => Err(a.clone().and(b)),
        (Err(why), Ok(_)) | (Ok(_), Err(why)) => Err(why.clone()),
    }
}

fn quotient(a: Exact, b: Exact) -> Exact {
    match (a, b) {
        (Ok(_), Ok(b)) if b.is_zero() => Err(Why::one("zero_denominator")),
        (Ok(a), Ok(b)) => Ok(a / b),
        (Err(a), Err(b)) => Err(a.and(&b)),
        (Err(why), Ok(_)) | (Ok(_), Err(why)) => Err(why),
    }
}
