//! Hand-offs as an Arrow batch: a row for each hand-off and group, a column for each number.

use super::result::{Handoff, Journeys};
use crate::evaluate::Coordinate;
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, RecordBatch, StringArray, UInt64Array,
};
use arrow::datatypes::{Field, Schema};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

impl Journeys {
    /// The hand-offs as one Arrow batch: `from`, `to`, `owner_from`, `owner_to`, `internal`, `level`, the dimensions (as
    /// text), the period (named after the grain), `flags`, `entered`, `accepted`, `rejected`, `rejected_by` (JSON),
    /// `ignored`, `pending`, `out_of_order`, `in_time`, `late`, `overdue`, `within_share` with `within_num` and
    /// `within_den`, `goal`, `meets_goal`, `mean_wait_hours`, `mean_wait_exact`,
    /// `mean_wait_business_hours`, `leak`, `leak_value`, `leak_value_exact`, `unit`, `reason`.
    ///
    /// Counts are null where `reason` says why there are none, and where the book promises nothing of the kind. The
    /// receipts are in the schema's metadata under `ripplemark.receipts`.
    ///
    /// # Panics
    /// Never: the columns are made here, of equal lengths.
    #[must_use]
    pub fn to_record_batch(&self) -> RecordBatch {
        let mut frame = Frame { handoffs: &self.handoffs, fields: vec![], columns: vec![] };
        frame.text("from", |handoff| Some(handoff.from.clone()));
        frame.text("to", |handoff| Some(handoff.to.clone()));
        frame.text("owner_from", |handoff| Some(handoff.owner_from.clone()));
        frame.text("owner_to", |handoff| Some(handoff.owner_to.clone()));
        frame.truth("internal", |handoff| Some(handoff.internal));
        frame.text("level", |handoff| Some(handoff.level.clone()));
        for (at, name) in self.by.iter().enumerate() {
            frame.text(name, |handoff| match handoff.scope.get(at)? {
                (_, Coordinate::All | Coordinate::Missing) => None,
                (_, place) => Some(place.to_string()),
            });
        }
        if let Some(grain) = self.grain_name() {
            let day = |handoff: &Handoff| handoff.period.and_then(|day| i32::try_from(day).ok());
            frame.add(grain, Arc::new(self.handoffs.iter().map(day).collect::<Date32Array>()));
        }
        frame.text("flags", |handoff| joined(&handoff.flags));
        let counts =
            |of: fn(&super::Counts) -> Option<u64>| move |handoff: &Handoff| of(handoff.counts.as_ref()?);
        frame.count("entered", counts(|counts| Some(counts.entered)));
        frame.count("accepted", counts(|counts| Some(counts.accepted)));
        frame.count("rejected", counts(|counts| Some(counts.rejected)));
        frame.text("rejected_by", |handoff| {
            let reasons = &handoff.counts.as_ref()?.rejected_by;
            let object: Map<String, Value> =
                reasons.iter().map(|(reason, rows)| (reason.clone(), (*rows).into())).collect();
            (!object.is_empty()).then(|| Value::Object(object).to_string())
        });
        frame.count("ignored", counts(|counts| Some(counts.ignored)));
        frame.count("pending", counts(|counts| Some(counts.pending)));
        frame.count("out_of_order", counts(|counts| Some(counts.out_of_order)));
        frame.count("in_time", counts(|counts| counts.in_time));
        frame.count("late", counts(|counts| counts.late));
        frame.count("overdue", counts(|counts| counts.overdue));
        frame.number("within_share", |handoff| Some(handoff.within_share.as_ref()?.value));
        frame.count("within_num", |handoff| Some(handoff.within_share.as_ref()?.num));
        frame.count("within_den", |handoff| Some(handoff.within_share.as_ref()?.den));
        frame.number("goal", |handoff| Some(handoff.goal.as_ref()?.value));
        frame.truth("meets_goal", |handoff| handoff.meets_goal);
        frame.number("mean_wait_hours", |handoff| Some(handoff.mean_wait_hours.as_ref()?.value));
        frame.text("mean_wait_exact", |handoff| Some(handoff.mean_wait_hours.as_ref()?.exact.clone()));
        frame.number("mean_wait_business_hours", |handoff| {
            Some(handoff.mean_wait_business_hours.as_ref()?.value)
        });
        frame.count("leak", |handoff| handoff.leak);
        frame.number("leak_value", |handoff| handoff.leak_value.as_ref()?.value);
        frame.text("leak_value_exact", |handoff| handoff.leak_value.as_ref()?.exact.clone());
        frame.text("unit", |handoff| {
            Some(handoff.leak_value.as_ref()?.unit.clone()).filter(|unit| !unit.is_empty())
        });
        frame.text("reason", |handoff| joined(&handoff.reasons));
        let receipts = serde_json::to_string(&self.receipts).unwrap_or_default();
        let metadata = HashMap::from([("ripplemark.receipts".to_owned(), receipts)]);
        let schema = Arc::new(Schema::new_with_metadata(frame.fields, metadata));
        RecordBatch::try_new(schema.clone(), frame.columns).unwrap_or_else(|_| RecordBatch::new_empty(schema))
    }
}

fn joined(words: &[&str]) -> Option<String> {
    (!words.is_empty()).then(|| words.join("|"))
}

/// Columns in the making.
struct Frame<'h> {
    handoffs: &'h [Handoff],
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

impl Frame<'_> {
    fn add(&mut self, name: &str, column: ArrayRef) {
        self.fields.push(Field::new(name, column.data_type().clone(), true));
        self.columns.push(column);
    }

    fn text(&mut self, name: &str, of: impl Fn(&Handoff) -> Option<String>) {
        self.add(name, Arc::new(self.handoffs.iter().map(of).collect::<StringArray>()));
    }

    fn truth(&mut self, name: &str, of: impl Fn(&Handoff) -> Option<bool>) {
        self.add(name, Arc::new(self.handoffs.iter().map(of).collect::<BooleanArray>()));
    }

    fn count(&mut self, name: &str, of: impl Fn(&Handoff) -> Option<u64>) {
        self.add(name, Arc::new(self.handoffs.iter().map(of).collect::<UInt64Array>()));
    }

    fn number(&mut self, name: &str, of: impl Fn(&Handoff) -> Option<f64>) {
        self.add(name, Arc::new(self.handoffs.iter().map(of).collect::<Float64Array>()));
    }
}
