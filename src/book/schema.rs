//! The form of a book as JSON Schema, for editors: which keys there are, what they take, and what they mean.
//!
//! The loader reads nodes by hand, because it reports everything that is wrong; these types say the same once more, and
//! tests hold the two together. What only the loader knows (names that exist, formulas, dates) is no part of it.

// Nothing is ever of these types: the derived schema is all that is wanted.
#![expect(dead_code)]

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The JSON Schema (draft 7, which editors know) of a book.
///
/// It says which keys there are and what they take. What `check` says beyond that (names, formulas, dates, owners) is not in it.
///
/// ```
/// let schema = ripplemark::book::schema();
/// assert_eq!(schema["properties"]["timezone"], serde_json::Value::Null);
/// assert!(schema["definitions"]["Head"]["properties"]["timezone"]["description"].is_string());
/// ```
#[must_use]
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Book>().to_value()
}

/// A ripplemark book: what each metric of a company means, who owns it and in what unit.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Book {
    /// The version of the book format: 1.
    ripplemark: Version,
    /// What the book is called, and its calendar.
    book: Head,
    /// Who can own a metric: a short key for each team, and the name that people know.
    teams: Option<BTreeMap<String, Option<Text>>>,
    /// The data: tables with their columns, as formulas call them.
    tables: Option<BTreeMap<String, Table>>,
    /// Exchange rates, for `convert` in formulas: name → the table that has them.
    rates: Option<BTreeMap<String, Rates>>,
    /// Functions that formulas can call: `fn won(stage) { stage == "Won" }`.
    functions: Option<Functions>,
    /// The numbers: a list, or a mapping from names.
    metrics: Option<Metrics>,
    /// How metrics move each other: identities (exact arithmetic) and beliefs.
    links: Option<Vec<Link>>,
    /// The customer's journey, from team to team.
    stages: Option<Vec<Stage>>,
    /// Goals of metrics, with their days and owners.
    targets: Option<Vec<Target>>,
    /// Conditions that somebody wants to be told of.
    rules: Option<Vec<Rule>>,
    /// Questions that are asked often.
    saved_queries: Option<Vec<SavedQuery>>,
}

/// `1`
struct Version;

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": [1, "1"]})
    }
}

/// Text. Numbers and truth values are taken as they are written.
struct Text;

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"]})
    }
}

/// A formula in Rhai syntax.
struct Formula;

impl JsonSchema for Formula {
    fn schema_name() -> Cow<'static, str> {
        "Formula".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number", "boolean"],
            "description": "A formula: `sum(amount) / count()`, `stage == \"Won\" && amount > 100`."
        })
    }
}

/// One, or a list.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Several<T> {
    One(T),
    List(Vec<T>),
}

/// What the book is called, and its calendar.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Head {
    /// Names the book: letters, digits, `-`, `_` and `.`.
    id: Text,
    /// Shown; no effect on numbers.
    version: Option<Text>,
    /// What `money` stands for: three capital letters of ISO 4217.
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    currency: Option<String>,
    /// Where days begin: a name of the IANA database, `Europe/Berlin`. Without it UTC.
    timezone: Option<Text>,
    /// The first day of a week. Without it Monday.
    first_day_of_week: Option<Weekday>,
    /// Quarters and years begin with this month.
    #[schemars(range(min = 1, max = 12))]
    first_month_of_year: Option<u8>,
    /// When people work: `{days: [mon, fri], from: "09:00", to: "17:00"}`.
    business_hours: Option<BusinessHours>,
    /// What becomes of rows that fail, for metrics that do not say.
    on_row_error: Option<OnRowError>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct BusinessHours {
    /// Days of the week with `from` and `to`; or day → time, or times: `{mon: "09:00-17:00"}`.
    days: WorkingDays,
    /// Where days are a list: the time at which work begins.
    from: Option<Text>,
    /// Where days are a list: the time at which it ends.
    to: Option<Text>,
    /// Dates on which nobody works.
    holidays: Option<Several<Text>>,
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum WorkingDays {
    List(Several<Text>),
    Times(BTreeMap<String, Several<Text>>),
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OnRowError {
    /// The cell has no value, and says why.
    FailCell,
    /// The row is left out, and counted.
    Reject,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A table of the data.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Name → type, or name → mapping with `type`.
    columns: BTreeMap<String, Column>,
    /// The `date` or `timestamp` column that places rows in time, for metrics without `at`.
    time: Option<Text>,
    /// Columns that together name one row: other tables can look rows up here.
    key: Option<Several<Text>>,
    /// One key has several rows, each from here on.
    valid_from: Option<Text>,
    /// … to before here; where it is missing, until the next row of the key begins.
    valid_to: Option<Text>,
    /// Tables in which each row finds at most one row; its columns are `lookup.column` in formulas.
    lookups: Option<BTreeMap<String, Option<Lookup>>>,
    /// Columns that are computed: name → formula, or `{expr, description}`.
    dimensions: Option<BTreeMap<String, Dimension>>,
    /// Numbers, days or lengths of time cut into named parts.
    bands: Option<BTreeMap<String, Band>>,
    /// What a row is; shown.
    entity: Option<Text>,
    /// For people.
    description: Option<Text>,
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Dimension {
    Formula(Formula),
    Mapping(DimensionMapping),
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct DimensionMapping {
    /// A row formula: text, an integer, true or false, or a date.
    expr: Formula,
    /// For people.
    description: Option<Text>,
}

/// Something with an order, cut into named parts.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Band {
    /// A row formula: a number, a date, a point in time or a length of time.
    of: Formula,
    /// 1 to 100 values, ascending. A value on an edge belongs to the part that begins there.
    edges: Several<Text>,
    /// One more than edges. Without them the edges are shown.
    labels: Option<Vec<Text>>,
    /// For people.
    description: Option<Text>,
}

/// What one unit of a currency is worth, from a day on.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rates {
    /// The table with one row for each currency and each day from which a rate holds.
    table: Text,
    /// Its column with the currency that is converted: a category or an id.
    from: Text,
    /// The currency that comes out: three capital letters of ISO 4217.
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    to: String,
    /// Its column that says from when on the rate holds: a date or timestamp.
    date: Text,
    /// Its column with the rate, exact: `decimal(6)` or `int`.
    rate: Text,
}

/// A way from each row to at most one row of another table.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lookup {
    /// The table that is looked into. Without it the table that is called like the lookup.
    table: Option<Text>,
    /// Own columns, one for each column of the key, in its order. Without it the columns that are called like those.
    by: Option<Several<Text>>,
    /// The own time that says which row of a key is meant, where the other table has `valid_from`.
    at: Option<Text>,
    /// Columns that get plain names of their own: names, or `new_name: their_name`.
    columns: Option<Several<Brought>>,
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Brought {
    Name(Text),
    Renamed(BTreeMap<String, Text>),
}

/// A column: its type, or a mapping with `type`.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Column {
    Type(ColumnType),
    Mapping(ColumnMapping),
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct ColumnMapping {
    #[serde(rename = "type")]
    ty: ColumnType,
    /// The name in the data. Without it the column's name.
    source: Option<Text>,
    /// Of a category: as it is written in the data → as it is meant.
    values: Option<BTreeMap<String, Text>>,
    /// Of a date, timestamp or duration: how the data write it, `%d.%m.%Y`, `unix_s`.
    format: Option<Text>,
    /// Whose clocks a `format` without an offset means.
    zone: Option<Zone>,
    /// Of a number: what it is a number of, `seats`, `kg`, `money[EUR] / month`. Formulas are checked by it.
    unit: Option<Text>,
    /// Of a category: the values there are. Others are invalid input.
    allowed: Option<Vec<Text>>,
    /// For people.
    description: Option<Text>,
}

#[derive(JsonSchema)]
enum Zone {
    #[serde(rename = "UTC")]
    Utc,
    /// The book's time zone.
    #[serde(rename = "book")]
    Book,
}

/// The type of a column.
struct ColumnType;

impl JsonSchema for ColumnType {
    fn schema_name() -> Cow<'static, str> {
        "ColumnType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The type of a column. `decimal(2)` is exact, with so many digits after the point (0 to 18); \
                `money` has the digits of the book's currency, `money[JPY]` those of another; `money[currency]` is money \
                in what that column of the row says; `category` is text that groups rows, `id` text or a number that names one thing.",
            "anyOf": [
                {"enum": ["int", "decimal(2)", "money", "float", "bool", "category", "id", "date", "timestamp", "duration"]},
                {"type": "string", "pattern": "^decimal\\(([0-9]|1[0-8])\\)$"},
                {"type": "string", "pattern": "^money\\[_*[A-Za-z][A-Za-z0-9_]*\\]$"}
            ]
        })
    }
}

/// Functions of the book: one text, a list, or a mapping from names.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Functions {
    Text(Text),
    List(Vec<FunctionsPart>),
    Mapping(BTreeMap<String, Text>),
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum FunctionsPart {
    Text(Text),
    /// `name: definition`, or `file: kpi.rhai` beside the book.
    Mapping(BTreeMap<String, Text>),
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Metrics {
    List(Vec<NamedMetric>),
    Mapping(BTreeMap<String, Metric>),
}

/// A metric of a list says its name.
struct NamedMetric;

impl JsonSchema for NamedMetric {
    fn schema_name() -> Cow<'static, str> {
        "NamedMetric".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let metric = generator.subschema_for::<Metric>();
        json_schema!({"allOf": [metric], "required": ["name"]})
    }
}

/// A number with a meaning, an owner and a unit. It says how it is computed in one way: `agg` with `expr`, `expr` alone, or
/// `numerator` and `denominator`.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Metric {
    /// What formulas and questions call it: small letters, digits and `_`.
    name: Option<Text>,
    /// What people read.
    label: Option<Text>,
    /// For people: what it means, in a sentence.
    description: Option<Text>,
    /// Who answers for it: a key of `teams`, or several.
    owner: Several<Text>,
    /// `simple` aggregates rows, `ratio` has a numerator and a denominator, `derived` is made of metrics. Only checked.
    #[serde(rename = "type")]
    ty: Option<Kind>,
    /// Where it stands: what people do, how many go on, or what it brings.
    ring: Option<Ring>,
    /// The table whose rows it goes over; may be left out in a book with one table.
    of: Option<Text>,
    /// The column that places its rows in time. Without it the table's `time`.
    at: Option<Text>,
    /// Another word for `at`.
    agg_time_dimension: Option<Text>,
    /// What becomes of rows over which its aggregates fail.
    on_row_error: Option<OnRowError>,
    /// The rows that count: a condition over columns.
    filter: Option<Formula>,
    /// Another word for `filter`.
    #[serde(rename = "where")]
    filter_too: Option<Formula>,
    /// How the values of `expr` are combined.
    agg: Option<Agg>,
    /// With `agg` the value of each row; alone a formula with aggregates and metrics.
    expr: Option<Formula>,
    /// What is above the line.
    numerator: Option<Formula>,
    /// What is below the line.
    denominator: Option<Formula>,
    /// What it is a number of, and how it is shown: `share`, `days`, `money[EUR] / win`. Without it that of the formula.
    unit: Option<Text>,
    /// Stands in where there is nothing to compute from. Usually 0.
    fill_nulls_with: Option<f64>,
    /// Which direction is the good one. Without it up.
    good: Option<Good>,
    /// Teams that are told of findings besides the owners.
    watch: Option<Several<Text>>,
    /// Status words: the first condition that is true gives the word; the last entry may have none.
    status: Option<Vec<Status>>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Simple,
    Ratio,
    Derived,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Ring {
    Behaviour,
    Behavior,
    Conversion,
    Revenue,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Agg {
    /// The sum of the values, exact.
    Sum,
    /// The number of rows; with `expr` of those that have a value.
    Count,
    /// The mean of the values, rounded once.
    Average,
    /// The same as `average`.
    Avg,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
    /// The number of rows for which `expr` is true.
    SumBoolean,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Good {
    Up,
    Down,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Status {
    /// A condition over `value`, `prior`, `target`, `pace` …
    when: Option<Formula>,
    /// The word.
    is: Text,
}

/// What moves a metric: `identity` (exact arithmetic over metrics) or `from` (a belief).
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Link {
    /// The metric that is moved.
    to: Text,
    /// The metric that is believed to move it.
    from: Option<Text>,
    /// `won * deal_size`: explanations divide a change among these.
    identity: Option<Formula>,
    /// For people.
    description: Option<Text>,
}

/// A stage of the customer's journey.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stage {
    /// What other stages call it.
    id: Text,
    /// What people read.
    label: Option<Text>,
    /// For people.
    description: Option<Text>,
    /// What passes through; shown.
    entity: Option<Text>,
    /// Who answers for rows in this stage.
    owner: Several<Text>,
    /// Other owners by the values of a category: dimension → value → team.
    owner_by: Option<BTreeMap<String, Option<OwnersByValue>>>,
    /// The table whose rows are counted.
    of: Option<Text>,
    /// When a row entered the stage.
    enters: Moment,
    /// The stage before.
    from: Option<Text>,
    /// When the clock of the hand-off starts. Without it when the stage before was entered.
    starts: Option<Moment>,
    /// When a row was turned away.
    rejected: Option<Moment>,
    /// Why: a category.
    reason: Option<Text>,
    /// Reasons that are counted by name.
    reasons: Option<Several<Text>>,
    /// How soon the hand-off should happen.
    sla: Option<Sla>,
    /// What one lost row is worth: a formula over metrics, or `{expr: …, unit: …}`.
    leak_value: Option<LeakValue>,
}

type OwnersByValue = BTreeMap<String, Several<Text>>;

/// A date or timestamp column; with a condition, `{at: column, when: condition}`.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Moment {
    Column(Text),
    When(MomentWhen),
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct MomentWhen {
    /// The column.
    at: Text,
    /// Where this is false or missing, it did not happen.
    when: Option<Formula>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sla {
    /// In time if accepted within this: `30m`, `24h`, `7d`, `2w`; `24bh` are business hours.
    within: Option<Text>,
    /// The share that should be in time: above 0, at most 1.
    goal: Option<Text>,
    /// Given up after this.
    ignored_after: Option<Text>,
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum LeakValue {
    Formula(Formula),
    InUnit(LeakValueInUnit),
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct LeakValueInUnit {
    /// A formula over metrics.
    expr: Formula,
    /// Its unit, `money[EUR]`.
    unit: Option<Text>,
}

/// A goal for a metric.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Target {
    /// The metric.
    metric: Text,
    /// Arithmetic over numbers and `baseline`: `12_000_000`, `baseline * 1.1`.
    goal: Formula,
    /// The first day that counts. Without it the day after the baseline.
    from: Option<Text>,
    /// The last day that counts.
    due: Text,
    /// Who answers for it.
    owner: Several<Text>,
    /// A total over its days, or a level.
    #[serde(rename = "as")]
    measured: Option<As>,
    /// Of a level: measured over the latest whole period of this length.
    over: Option<Grain>,
    /// Only checked: totals are linear, levels glide.
    path: Option<Path>,
    /// What the goal builds on: a day, a month `2024-01`, `{from, until}`, or a number.
    baseline: Option<Baseline>,
    /// Only these rows count: dimension → value.
    scope: Option<BTreeMap<String, Text>>,
    /// Parts of the goal: one dimension → value → share or amount.
    split: Option<BTreeMap<String, BTreeMap<String, Text>>>,
    /// Owners of the parts: the dimension → value → teams.
    owner_by: Option<BTreeMap<String, OwnersByValue>>,
    /// For people.
    description: Option<Text>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum As {
    Total,
    Level,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Path {
    Linear,
    Glide,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Baseline {
    Text(Text),
    Days(BaselineDays),
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct BaselineDays {
    /// The first day.
    from: Text,
    /// The last day.
    until: Text,
}

/// A condition that somebody wants to be told of.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Names the rule.
    id: Text,
    /// For people.
    description: Option<Text>,
    /// Each combination of values of these dimensions is looked at by itself.
    scope: Option<Several<Text>>,
    /// The period. Without it all rows up to the day that is known.
    grain: Option<Grain>,
    /// Fires where it is true: `win_rate.value < 0.4`.
    when: Option<Formula>,
    /// Rhai, where a condition is not enough.
    script: Option<Text>,
    /// The metrics that the script sees.
    metrics: Option<Several<Text>>,
    /// How much it matters. Without it `warning`.
    severity: Option<Severity>,
    /// Who has to act. Without it the owners of the metrics.
    owner: Option<Several<Text>>,
    /// Who else is told.
    notify: Option<Several<Text>>,
    /// The message; `${win_rate.value}` stands for a facet, `${region}` for a dimension.
    say: Option<Text>,
    /// So many findings at most.
    #[schemars(range(min = 1, max = 255))]
    top: Option<u8>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Info,
    Warning,
    Critical,
}

/// A question that is asked often.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct SavedQuery {
    /// What it is asked by.
    name: Text,
    /// For people.
    description: Option<Text>,
    /// The metrics. Without it all.
    metrics: Option<Several<Text>>,
    /// Columns to group by.
    by: Option<Several<Text>>,
    /// Another word for `by`.
    group_by: Option<Several<Text>>,
    /// The length of a period.
    grain: Option<Grain>,
    /// `[first inside, first outside]`; `null` leaves a side open.
    range: Option<Range>,
    /// The rows that count.
    filter: Option<Formula>,
    /// Another word for `filter`.
    #[serde(rename = "where")]
    filter_too: Option<Formula>,
    /// What is known up to here; later rows do not enter.
    as_of: Option<Text>,
    /// Whether there are totals and subtotals.
    totals: Option<bool>,
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Range {
    Sides([Option<Text>; 2]),
    Named(NamedRange),
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct NamedRange {
    /// The first day or instant inside.
    from: Option<Text>,
    /// The first day or instant outside.
    to: Option<Text>,
}
