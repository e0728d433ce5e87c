//! Explanations in the words in which they are shown; see [`report`](crate::report).

use super::{Explained, Explanations, MixExplained, UNEXPLAINED};
use crate::chain::{Contribution, to_f64};
use crate::report;
use crate::show::{self, grouped};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

impl Explanations {
    /// What a report says of each change. One that could not be taken apart has no drivers and a note that says why.
    #[must_use]
    pub fn facts(&self) -> Vec<report::Explanation> {
        self.explained.iter().map(|one| self.fact(one)).collect()
    }

    fn fact(&self, one: &Explained) -> report::Explanation {
        let unit = self.metric.info.unit.as_str();
        let scope = self.scope(one);
        let mut fact = report::Explanation {
            metric: self.metric.info.name.clone(),
            label: self.metric.info.label.clone(),
            unit: unit.to_owned(),
            scope,
            formula: self.formula.clone(),
            from: one.from.clone(),
            to: one.to.clone(),
            notes: one.notes.clone(),
            ..report::Explanation::default()
        };
        let chain = match &one.outcome {
            Ok(chain) => chain,
            Err(error) => {
                let name =
                    |leaf: usize| self.drivers.get(leaf).map_or_else(String::new, |d| d.info.name.clone());
                fact.change.reason = error.reasons().to_string();
                fact.change.text = show::NOTHING.to_owned();
                fact.notes.push(error.describe(name));
                return fact;
            }
        };
        fact.before = value(unit, &chain.before);
        fact.after = value(unit, &chain.after);
        fact.change = change(unit, &chain.change);
        fact.better = (!chain.change.exact.is_zero())
            .then(|| chain.change.exact.is_positive() == (self.good == crate::model::Good::Up));
        fact.drivers = chain.contributions.iter().map(|part| self.driver(one, part, unit)).collect();
        if !chain.unexplained.exact.is_zero() {
            fact.drivers.push(report::Driver {
                metric: UNEXPLAINED.to_owned(),
                label: UNEXPLAINED.to_owned(),
                contribution: change(unit, &chain.unexplained),
                ..report::Driver::default()
            });
        }
        let groups = |parts: std::collections::BTreeMap<String, Contribution>| {
            let mut list: Vec<(String, Contribution)> = parts.into_iter().collect();
            list.retain(|(name, part)| name != UNEXPLAINED || !part.exact.is_zero());
            list.into_iter().map(|(name, part)| (name, change(unit, &part))).collect()
        };
        fact.by_owner = groups(self.by_owner(chain));
        fact.by_ring = groups(self.by_ring(chain));
        fact
    }

    fn scope(&self, one: &Explained) -> String {
        let parts = self.dims.iter().zip(&one.key);
        let parts = parts.filter(|(_, coordinate)| **coordinate != crate::evaluate::Coordinate::All);
        parts.map(|(dim, coordinate)| format!("{dim} = {coordinate}")).collect::<Vec<_>>().join(", ")
    }

    fn driver(&self, one: &Explained, part: &Contribution, unit: &str) -> report::Driver {
        let own = |leaf: &usize| Some((self.drivers.get(*leaf)?, one.values.get(*leaf)?));
        let drivers: Vec<_> = part.leaves.iter().filter_map(own).collect();
        let words =
            |word: &dyn Fn(usize) -> String| (0..drivers.len()).map(word).collect::<Vec<_>>().join(" and ");
        let one_of = |at: usize| drivers.get(at);
        let mut owners: Vec<String> = Vec::new();
        for owner in drivers.iter().flat_map(|(driver, _)| &driver.owners) {
            if !owners.contains(owner) {
                owners.push(owner.clone());
            }
        }
        let shown = |side: fn(&(super::DriverValue, super::DriverValue)) -> &super::DriverValue| {
            let [(driver, values)] = drivers.as_slice() else { return report::Shown::default() };
            let side = side(values);
            report::Shown {
                value: side.value,
                text: show::number(&driver.info.unit, (side.value, side.whole.as_deref())),
                reason: side.reason.clone(),
            }
        };
        report::Driver {
            metric: words(&|at| one_of(at).map_or_else(String::new, |(driver, _)| driver.info.name.clone())),
            label: words(&|at| one_of(at).map_or_else(String::new, |(driver, _)| driver.info.label.clone())),
            owners,
            ring: drivers.first().map_or_else(String::new, |(driver, _)| driver.info.ring.to_owned()),
            before: shown(|sides| &sides.0),
            after: shown(|sides| &sides.1),
            contribution: change(unit, part),
        }
    }
}

impl MixExplained {
    /// What a report says of it. A change that could not be split has no segments and a note that says why.
    #[must_use]
    pub fn fact(&self, metric: &str, dim: &str, unit: &str) -> report::Mix {
        let mut fact = report::Mix {
            metric: metric.to_owned(),
            dim: dim.to_owned(),
            from: self.from.clone(),
            to: self.to.clone(),
            ..report::Mix::default()
        };
        let mix = match &self.outcome {
            Ok(mix) => mix,
            Err(error) => {
                fact.change = report::Shown {
                    text: show::NOTHING.to_owned(),
                    reason: error.reasons().to_string(),
                    value: None,
                };
                fact.notes.push(error.to_string());
                return fact;
            }
        };
        let own = |ratio: Option<f64>| report::Shown {
            value: ratio,
            text: show::number(unit, (ratio, None)),
            reason: String::new(),
        };
        let total = |part: fn(&super::SegmentEffect) -> &Contribution, exact: &BigRational| {
            let units: BigInt = mix.segments.iter().map(|effect| &part(effect).units).sum();
            report::Shown {
                value: to_f64(exact),
                text: signed(unit, &mix.quantum.text(&units)),
                reason: String::new(),
            }
        };
        fact.before = value(unit, &mix.exact.before);
        fact.after = value(unit, &mix.exact.after);
        let change = &mix.exact.after - &mix.exact.before;
        fact.change =
            report::Shown { value: to_f64(&change), text: signed(unit, &mix.change), reason: String::new() };
        fact.mix = total(|effect| &effect.mix, &mix.exact.mix());
        fact.rate = total(|effect| &effect.rate, &mix.exact.rate());
        fact.segments = (mix.segments.iter())
            .map(|effect| report::MixSegment {
                segment: effect.segment.to_string(),
                before: own(effect.ratios.0),
                after: own(effect.ratios.1),
                mix: self::change(unit, &effect.mix),
                rate: self::change(unit, &effect.rate),
            })
            .collect();
        if mix.exact.simpson {
            fact.notes.push(format!(
                "the segments' own ratios, taken together, moved the other way than the whole (Simpson's paradox): the \
                 change is one of weights between values of `{dim}`"
            ));
        }
        if !mix.unexplained.exact.is_zero() {
            let rest = self::change(unit, &mix.unexplained);
            fact.notes.push(format!("{} belongs to segments without a denominator", rest.text));
        }
        fact
    }
}

fn value(unit: &str, exact: &BigRational) -> report::Shown {
    let value = to_f64(exact);
    let whole = exact.is_integer().then(|| exact.to_integer().to_string());
    report::Shown { value, text: show::number(unit, (value, whole.as_deref())), reason: String::new() }
}

/// A change in units of its quantum: with its sign, and a share in percentage points.
pub(crate) fn change(unit: &str, part: &Contribution) -> report::Shown {
    report::Shown { value: part.contribution, text: signed(unit, &part.shown), reason: String::new() }
}

/// Decimal text with its sign, thousands apart; a share as percentage points.
pub(crate) fn signed(unit: &str, decimal: &str) -> String {
    let (minus, body) = decimal.strip_prefix('-').map_or((false, decimal), |body| (true, body));
    let is_zero = body.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let (digits, suffix) = if unit == "share" { (hundredfold(body), " pp") } else { (body.to_owned(), "") };
    let sign = match (is_zero, minus) {
        (true, _) => "",
        (false, true) => "−",
        (false, false) => "+",
    };
    format!("{sign}{}{suffix}", grouped(&digits))
}

/// The text of a hundred times the number.
fn hundredfold(body: &str) -> String {
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let padded = format!("{fraction:0<2}");
    let (moved, rest) = padded.split_at(2);
    let whole = format!("{whole}{moved}").parse::<BigInt>().unwrap_or_default();
    if rest.is_empty() { whole.to_string() } else { format!("{whole}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_signs_and_points() {
        assert_eq!(signed("money[USD]", "-179759"), "−179,759");
        assert_eq!(signed("", "12.50"), "+12.50");
        assert_eq!(signed("share", "-0.0123"), "−1.23 pp");
        assert_eq!(signed("share", "0.004"), "+0.4 pp");
        assert_eq!(signed("share", "1"), "+100 pp");
        assert_eq!(signed("share", "0.000"), "0.0 pp");
        assert_eq!(signed("", "-0"), "0");
    }
}
