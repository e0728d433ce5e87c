//! Explanations as JSON: exact fractions as text, doubles with their bits, and what is shown.

use super::{Explained, Explanations, MixExplained, UNEXPLAINED};
use crate::chain::{Contribution, to_f64};
use num_rational::BigRational;
use serde_json::{Value, json};

fn number(exact: &BigRational) -> Value {
    let value = to_f64(exact);
    json!({ "value": value, "value_bits": value.map(bits), "exact": exact.to_string() })
}

fn bits(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

fn part(contribution: &Contribution) -> Value {
    json!({
        "contribution": contribution.contribution,
        "contribution_bits": contribution.contribution.map(bits),
        "exact": contribution.exact.to_string(),
        "shown": contribution.shown,
        "filled": contribution.filled,
    })
}

fn named(name: &str, mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.insert("name".into(), name.into());
    }
    value
}

impl Explanations {
    /// The explanations as JSON: doubles with their bits, exact fractions, and what is shown.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let drivers: Vec<Value> = (self.drivers.iter())
            .map(|driver| json!({ "metric": driver.info, "owners": driver.owners }))
            .collect();
        json!({
            "metric": self.metric.info,
            "owners": self.metric.owners,
            "formula": self.formula,
            "drivers": drivers,
            "dimensions": self.dims,
            "explained": self.explained.iter().map(|one| self.one(one)).collect::<Vec<_>>(),
            "receipt": self.receipt,
        })
    }

    fn one(&self, one: &Explained) -> Value {
        let at: Vec<String> = one.key.iter().map(ToString::to_string).collect();
        let values: Vec<Value> = (one.values.iter().zip(&self.drivers))
            .map(|((before, after), driver)| {
                json!({
                    "name": driver.info.name,
                    "before": before.value, "before_reason": before.reason,
                    "after": after.value, "after_reason": after.reason,
                })
            })
            .collect();
        let mut fields = json!({
            "at": at,
            "from": one.from,
            "to": one.to,
            "drivers": values,
            "flags": one.flags.to_string(),
            "notes": one.notes,
        });
        let outcome = match &one.outcome {
            Ok(chain) => json!({
                "before": number(&chain.before),
                "after": number(&chain.after),
                "change": part(&chain.change),
                "contributions": chain.contributions.iter()
                    .map(|item| named(&self.name(item), part(item))).collect::<Vec<_>>(),
                UNEXPLAINED: part(&chain.unexplained),
                "by_owner": self.by_owner(chain).iter()
                    .map(|(owner, item)| named(owner, part(item))).collect::<Vec<_>>(),
                "by_ring": self.by_ring(chain).iter()
                    .map(|(ring, item)| named(ring, part(item))).collect::<Vec<_>>(),
                "reason": null,
            }),
            Err(error) => json!({
                "reason": error.reasons().to_string(),
                "message": error.describe(|leaf| self.drivers.get(leaf).map_or_else(String::new, |d| d.info.name.clone())),
            }),
        };
        if let (Value::Object(fields), Value::Object(outcome)) = (&mut fields, outcome) {
            fields.extend(outcome);
        }
        fields
    }
}

impl MixExplained {
    /// The split as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let outcome = match &self.outcome {
            Ok(mix) => json!({
                "before": number(&mix.exact.before),
                "after": number(&mix.exact.after),
                "change": mix.change,
                "mix": number(&mix.exact.mix()),
                "rate": number(&mix.exact.rate()),
                "simpson": mix.exact.simpson,
                UNEXPLAINED: part(&mix.unexplained),
                "segments": mix.segments.iter().map(|effect| json!({
                    "segment": effect.segment.to_string(),
                    "before": effect.ratios.0, "after": effect.ratios.1,
                    "mix": part(&effect.mix), "rate": part(&effect.rate),
                })).collect::<Vec<_>>(),
                "reason": null,
            }),
            Err(error) => json!({ "reason": error.reasons().to_string(), "message": error.to_string() }),
        };
        json!({ "from": self.from, "to": self.to, "outcome": outcome, "receipt": self.receipt })
    }
}
