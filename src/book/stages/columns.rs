//! What a stage says of the columns of its table: moments, reasons, owners by value, service levels.

use crate::book::codes;
use crate::book::durations::{self, DAY};
use crate::book::fields::{self, Fields};
use crate::book::formula::FormulaReader;
use crate::book::node::{Form, Kind, Node};
use crate::book::problems::{Problems, Report, quoted};
use crate::book::tables::ONE_TOO_MANY;
use crate::book::units;
use crate::book::values::Formulas;
use crate::model::{
    ColumnId, ColumnType, Handoff, LeakValue, Moment, OwnerBy, Sla, StageId, TableId, TeamId,
};

/// What is known of the stage before.
pub(super) struct Before<'d> {
    pub(super) stage: StageId,
    pub(super) id: &'d str,
    pub(super) table: Option<TableId>,
    pub(super) enters: Option<Moment>,
}

/// Reads what refers to the columns of a stage's table.
pub(super) struct Reader<'a, R> {
    pub(super) table: TableId,
    pub(super) formulas: &'a Formulas<'a, R>,
}

impl<R: FormulaReader> Reader<'_, R> {
    fn column_type(&self, id: ColumnId) -> Option<&ColumnType> {
        let table = self.formulas.around.tables.get(self.table)?;
        table.columns.get(id.0).map(|column| &column.ty)
    }

    fn column_name(&self, id: ColumnId) -> &str {
        let table = self.formulas.around.tables.get(self.table);
        table.and_then(|table| table.columns.get(id.0)).map_or("", |column| column.name.as_str())
    }

    /// A column, or `{at: column, when: condition}`.
    pub(super) fn moment(&self, node: &Node, key: &str, problems: &mut Problems<'_>) -> Option<Moment> {
        let tables = self.formulas.around.tables;
        let Kind::Map(_) = node.kind else {
            let at = tables.find_time(self.table, node, key, problems)?;
            return Some(Moment { at, when: None });
        };
        let what = format!("`{key}`");
        let fields = Fields::open(node, &node.span, &what, &["at", "when"], problems)?;
        let at = fields.need("at", &what, problems);
        let at = at.and_then(|node| tables.find_time(self.table, node, "at", problems));
        let when = match fields.get("when") {
            Some(node) => Some(self.formulas.condition(node, self.table, problems)?),
            None => None,
        };
        Some(Moment { at: at?, when })
    }

    pub(super) fn owner_by(&self, fields: &Fields<'_>, problems: &mut Problems<'_>) -> Vec<OwnerBy> {
        let Some((key, node)) = fields.entry("owner_by") else {
            return vec![];
        };
        let tables = self.formulas.around.tables;
        let mut found = Vec::new();
        for (name, name_node, node) in
            fields::pairs(node, &key.span, "`owner_by`", problems).unwrap_or_default()
        {
            let Some(column) = tables.find_column(self.table, name_node, "owner_by", problems) else {
                continue;
            };
            let allowed = match self.column_type(column) {
                Some(ColumnType::Category(allowed)) => allowed.as_ref(),
                Some(ColumnType::Id) => None,
                _ => {
                    let message = format!("`{name}` is no category, so no team can own its values");
                    let report = Report::error(codes::STAGE_CATEGORY, &name_node.span, message);
                    problems.add(report.expected("a column of type `category` or `id`"));
                    continue;
                }
            };
            let mut owners = Vec::new();
            let what = format!("`owner_by` of `{name}`");
            for (value, value_node, node) in
                fields::pairs(node, &name_node.span, &what, problems).unwrap_or_default()
            {
                self.check_value(value, value_node, name, allowed, problems);
                owners.push((value.to_owned(), self.teams(node, problems)));
            }
            found.push(OwnerBy { dimension: name.to_owned(), owners });
        }
        found
    }

    /// Reports a value that the column never has.
    fn check_value(
        &self,
        value: &str,
        node: &Node,
        column: &str,
        allowed: Option<&Vec<String>>,
        problems: &mut Problems<'_>,
    ) {
        let Some(allowed) = allowed.filter(|allowed| !allowed.iter().any(|known| known == value)) else {
            return;
        };
        let near = problems.near(value, allowed.iter().map(String::as_str));
        let message = format!("`{column}` never is {}", quoted(value));
        problems.add(
            Report::error(codes::VALUE_NOT_ALLOWED, &node.span, message)
                .expected("one of the values in its `allowed`")
                .meant(near),
        );
    }

    fn teams(&self, node: &Node, problems: &mut Problems<'_>) -> Vec<TeamId> {
        let teams = self.formulas.around.teams;
        let mut found = Vec::new();
        for node in fields::list(node) {
            let Some(id) = fields::text(node, "owner", problems) else { continue };
            match teams.get(id) {
                Some(position) => found.push(TeamId(position)),
                None => {
                    let near = problems.near(id, teams.names());
                    problems.add(
                        Report::error(codes::UNKNOWN_TEAM, &node.span, format!("{} is no team", quoted(id)))
                            .expected("a key of `teams`")
                            .meant(near),
                    );
                }
            }
        }
        if fields::list(node).is_empty() {
            let report = Report::error(codes::STAGE_OWNER, &node.span, "a value without an owner");
            problems.add(report.expected("a key of `teams`"));
        }
        found
    }

    pub(super) fn handoff(
        &self,
        fields: &Fields<'_>,
        what: &str,
        before: Option<Before<'_>>,
        enters: Option<&Moment>,
        problems: &mut Problems<'_>,
    ) -> Option<Handoff> {
        let starts = self.starts(fields, what, before.as_ref(), problems);
        let rejected = fields.get("rejected").map(|node| self.moment(node, "rejected", problems));
        let sla = self.sla(fields, enters, problems);
        let (reason, reasons) = self.reasons(fields, problems);
        let leak_value = fields.get("leak_value").map(|node| self.leak_value(node, problems));
        let (before, enters, starts) = (before?, enters?, starts?);
        let rejected = transposed(rejected)?;
        let nodes = [("starts", Some(&starts)), ("rejected", rejected.as_ref())];
        for (key, moment) in nodes {
            let Some(moment) = moment else { continue };
            if self.column_type(moment.at) == self.column_type(enters.at) {
                continue;
            }
            let at = fields.get(key).or_else(|| fields.get("enters")).map_or(&fields.span, |node| &node.span);
            let message = format!(
                "`{}` and `{}` are a date and a point in time, between which no wait can be told",
                self.column_name(moment.at),
                self.column_name(enters.at)
            );
            problems.add(
                Report::error(codes::MIXED_TIMES, at, message)
                    .expected("dates only, or timestamps only, within one hand-off")
                    .hint("declare both columns as `date`, or both as `timestamp`"),
            );
        }
        Some(Handoff {
            from: before.stage,
            starts,
            rejected,
            reason,
            reasons,
            sla,
            leak_value: transposed(leak_value)?,
        })
    }

    /// When the clock starts: said by `starts`, or the entry into the stage before, of the same table.
    fn starts(
        &self,
        fields: &Fields<'_>,
        what: &str,
        before: Option<&Before<'_>>,
        problems: &mut Problems<'_>,
    ) -> Option<Moment> {
        if let Some(node) = fields.get("starts") {
            return self.moment(node, "starts", problems);
        }
        // A stage before that could not be read has been told.
        let before = before?;
        let (table, enters) = (before.table?, before.enters.as_ref()?);
        if table == self.table {
            return Some(enters.clone());
        }
        let tables = self.formulas.around.tables;
        // Where the stage before tells its time by a lookup into this table, the time is known here at first hand.
        let theirs = tables.get(table);
        let found = theirs.and_then(|table| table.columns.get(enters.at.0)?.found);
        let way = found.and_then(|found| theirs?.lookups.get(found.lookup));
        if let (Some(found), Some(_), None) = (found, way.filter(|way| way.table == self.table), &enters.when)
        {
            return Some(Moment { at: found.column, when: None });
        }
        let name = |id: TableId| tables.get(id).map_or("", |table| table.name.as_str());
        let (own, other) = (name(self.table), name(table));
        let message =
            format!("{what} counts rows of `{own}`, and stage `{}` before it rows of `{other}`", before.id);
        problems.add(
            Report::error(codes::NO_START, &fields.span, message)
                .expected(format!(
                    "`starts` with the column of `{own}` that says when a row entered `{}`",
                    before.id
                ))
                .hint(format!("add `starts: …`, or count rows of the same table, `of: {other}`")),
        );
        None
    }

    fn reasons(
        &self,
        fields: &Fields<'_>,
        problems: &mut Problems<'_>,
    ) -> (Option<ColumnId>, Option<Vec<String>>) {
        let needs = |key: &str, other: &str, problems: &mut Problems<'_>| {
            if let (Some((key_node, _)), None) = (fields.entry(key), fields.entry(other)) {
                let message = format!("`{key}` without `{other}`");
                problems.add(
                    Report::error(codes::MISSING_KEY, &key_node.span, message)
                        .hint(format!("add `{other}: …`, or remove `{key}`")),
                );
            }
        };
        needs("reason", "rejected", problems);
        needs("reasons", "reason", problems);
        let tables = self.formulas.around.tables;
        let node = fields.get("reason");
        let column = node.and_then(|node| tables.find_column(self.table, node, "reason", problems));
        let mut allowed = None;
        let mut reason = None;
        if let (Some(column), Some(node)) = (column, node) {
            match self.column_type(column) {
                Some(ColumnType::Category(own)) => {
                    allowed = own.as_ref();
                    reason = Some(column);
                }
                _ => {
                    let message = format!("column `{}` is no category of reasons", self.column_name(column));
                    let report = Report::error(codes::STAGE_CATEGORY, &node.span, message);
                    problems.add(report.expected("a column of type `category`"));
                }
            }
        }
        let Some(node) = fields.get("reasons") else {
            return (reason, allowed.cloned());
        };
        let mut declared: Vec<String> = Vec::new();
        for item in fields::list(node) {
            let Some(text) = fields::text(item, "a reason", problems) else { continue };
            if let Some(column) = reason {
                self.check_value(text, item, self.column_name(column), allowed, problems);
            }
            if declared.iter().any(|known| known == text) {
                let message = format!("reason {} is named twice", quoted(text));
                problems.add(Report::error(codes::DUPLICATE_NAME, &item.span, message).hint(ONE_TOO_MANY));
            } else {
                declared.push(text.to_owned());
            }
        }
        (reason, Some(declared))
    }

    fn sla(&self, fields: &Fields<'_>, enters: Option<&Moment>, problems: &mut Problems<'_>) -> Sla {
        let Some((key, node)) = fields.entry("sla") else {
            return Sla::default();
        };
        let known = ["within", "goal", "ignored_after"];
        let Some(fields) = Fields::open(node, &key.span, "`sla`", &known, problems) else {
            return Sla::default();
        };
        let date =
            enters.map(|enters| enters.at).filter(|at| self.column_type(*at) == Some(&ColumnType::Date));
        let duration = |key: &str, problems: &mut Problems<'_>| {
            let node = fields.get(key)?;
            let limit = durations::read(node, key, problems)?;
            if let Some(at) = date.filter(|_| limit.business) {
                let name = self.column_name(at);
                let message = format!("`{key}` is in business hours, and `{name}` is a date");
                problems.add(
                    Report::error(codes::BAD_DURATION, &node.span, message)
                        .expected("days, such as `7d`")
                        .hint("declare the columns as `timestamp` where the data have hours"),
                );
            } else if let Some(at) = date.filter(|_| limit.micros % DAY != 0) {
                let name = self.column_name(at);
                let message = format!("`{key}` is no whole number of days, and `{name}` is a date");
                problems.add(
                    Report::error(codes::BAD_DURATION, &node.span, message)
                        .expected("days, such as `7d`")
                        .hint("declare the columns as `timestamp` where the data have hours"),
                );
            } else if limit.business && !self.formulas.functions.library.has_business_hours() {
                let message =
                    format!("`{key}` is in business hours, and the book does not say when people work");
                problems.add(
                    Report::error(codes::NO_BUSINESS_HOURS, &node.span, message)
                        .hint("add `business_hours` to `book`, or write elapsed hours, `24h`"),
                );
            }
            Some(limit)
        };
        let within = duration("within", problems);
        let ignored_after = duration("ignored_after", problems);
        if let (Some(within), Some(deadline), Some(node)) =
            (within, ignored_after, fields.get("ignored_after"))
            // So many business hours take at least as many hours. Whether they take more, the rows decide.
            && within.micros > deadline.micros
            && (within.business || !deadline.business)
        {
            problems.add(
                Report::error(
                    codes::OUT_OF_RANGE,
                    &node.span,
                    "rows are ignored before their service level is over",
                )
                .expected("`ignored_after` of at least `within`"),
            );
        }
        if let (Some((key, _)), None) = (fields.entry("goal"), fields.entry("within")) {
            let message = "`goal` without `within`: nothing can be reached in time";
            problems.add(
                Report::error(codes::MISSING_KEY, &key.span, message)
                    .hint("add `within: …`, or remove `goal`"),
            );
        }
        Sla { within, goal: fields.get("goal").and_then(|node| goal(node, problems)), ignored_after }
    }

    /// A formula over metrics, or `{expr: formula, unit: …}`.
    fn leak_value(&self, node: &Node, problems: &mut Problems<'_>) -> Option<LeakValue> {
        let (node, unit) = match &node.kind {
            Kind::Map(_) => {
                let fields = Fields::open(node, &node.span, "`leak_value`", &["expr", "unit"], problems)?;
                let currency = self.formulas.around.currency;
                let unit = fields.get("unit").and_then(|node| units::read(node, currency, problems));
                (fields.need("expr", "`leak_value`", problems)?, unit)
            }
            _ => (node, None),
        };
        Some(LeakValue { value: self.formulas.over_metrics(node, "leak_value", problems)?, unit })
    }
}

/// `Some(None)` is a part that could not be read.
#[allow(clippy::option_option)]
fn transposed<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        Some(None) => None,
        Some(part) => Some(part),
        None => Some(None),
    }
}

/// A share above 0 and at most 1, exact as it is written.
fn goal(node: &Node, problems: &mut Problems<'_>) -> Option<(i128, u8)> {
    let written = node.scalar().filter(|scalar| scalar.form == Form::Number);
    let parsed = written.and_then(|scalar| {
        let (whole, fraction) = scalar.text.split_once('.').unwrap_or((&scalar.text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let plain = is_digits(whole) && is_digits(fraction) && !whole.is_empty() && fraction.len() <= 18;
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok().filter(|_| plain)?;
        let scale = u8::try_from(fraction.len()).ok()?;
        let one = 10_i128.checked_pow(u32::from(scale))?;
        (mantissa > 0 && mantissa <= one).then_some((mantissa, scale))
    });
    if parsed.is_none() {
        let found = written.map_or(node.found().to_owned(), |scalar| quoted(&scalar.text));
        problems.add(
            Report::error(codes::OUT_OF_RANGE, &node.span, format!("`goal` is {found}"))
                .expected("a share above 0 and at most 1, such as `0.90`"),
        );
    }
    parsed
}
