//! The schema says what the loader says: every book that loads fits it, structural mistakes do not, and each mapping has
//! the keys that the loader knows. It is committed for editors; `RIPPLEMARK_BLESS=1` writes it anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::node::{self, Form, Kind, Node};
use super::super::problems::Problems;
use super::super::source::Source;
use super::super::{load_bytes_in, load_str, schema};

/// A tree as JSON, scalars as YAML 1.2 takes them.
fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Scalar(scalar) => match scalar.form {
            Form::Quoted | Form::Plain => scalar.text.clone().into(),
            Form::Bool => scalar.text.eq_ignore_ascii_case("true").into(),
            Form::Number => match scalar.text.parse::<i64>() {
                Ok(whole) => whole.into(),
                Err(_) => scalar.text.parse::<f64>().unwrap_or(0.5).into(),
            },
        },
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Map(entries) => entries
            .iter()
            .map(|(key, value)| {
                (key.scalar().map_or_else(String::new, |scalar| scalar.text.clone()), json(value))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

fn tree(text: &str) -> Option<Value> {
    let source = Source::new(text, "book");
    let mut problems = Problems::new(&source);
    node::read(&source, &mut problems).map(|node| json(&node))
}

fn books(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(root.join(folder)).expect("directory") {
            let path = entry.expect("entry").path();
            let is_book = path.extension().is_some_and(|ending| ending == "yaml" || ending == "json");
            if let Some(text) = std::fs::read_to_string(&path).ok().filter(|_| is_book) {
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_book_that_loads_fits_the_schema() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let mut count = 0;
    let mut all = books(&[
        "tests",
        "tests/books",
        "examples/first",
        "examples/leadforge",
        "cli/tests/data",
        "py/tests",
    ]);
    for page in crate::diagnostic::pages() {
        let right =
            page.text.split("## Right\n\n```yaml\n").nth(1).and_then(|rest| rest.split("\n```").next());
        all.extend(right.map(|text| (PathBuf::from(page.code), text.to_owned())));
    }
    for (path, text) in all {
        let folder = path.parent().unwrap_or(Path::new("."));
        if load_bytes_in(text.as_bytes(), "book", folder).is_err() {
            continue;
        }
        let tree = tree(&text).expect("a tree");
        let why: Vec<String> =
            validator.iter_errors(&tree).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(
            why.is_empty(),
            "{} loads, and the schema refuses it: add what is missing to src/book/schema.rs\n{why:#?}",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 100, "{count}");
}

#[test]
fn structural_mistakes_do_not_fit_the_schema() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let mut count = 0;
    for (path, text) in books(&["tests/bad_books"]) {
        let Err(refused) = load_bytes_in(text.as_bytes(), "book", path.parent().expect("folder")) else {
            continue;
        };
        // A definition under another function's name is told as a wrong type; its form is right.
        let is_structural = |code: &str, message: &str| {
            matches!(code, "RM0104" | "RM0106" | "RM0121")
                && !message.contains("does not define the function")
                || matches!(code, "RM0117" | "RM0180" | "RM0160") && !message.contains("`d`")
        };
        let structural: Vec<String> = (refused.errors())
            .filter(|problem| is_structural(problem.code, &problem.message))
            .map(|problem| problem.to_string())
            .collect();
        let Some(tree) = tree(&text).filter(|_| !structural.is_empty()) else { continue };
        assert!(!validator.is_valid(&tree), "{} fits the schema: {structural:#?}", path.display());
        count += 1;
    }
    assert!(count >= 15, "{count}");
}

/// Every mapping with fixed keys, by a book that has a key there which does not exist, and where the schema has it.
const MAPPINGS: &[(&str, &str)] = &[
    ("zzz: 1", "/properties"),
    ("book: {id: a, business_hours: {zzz: 1}}", "/definitions/BusinessHours/properties"),
    ("tables: {x: {columns: {}, dimensions: {y: {zzz: 1}}}}", "/definitions/DimensionMapping/properties"),
    ("tables: {x: {columns: {}, bands: {y: {zzz: 1}}}}", "/definitions/Band/properties"),
    ("book: {id: a, zzz: 1}", "/definitions/Head/properties"),
    ("tables: {x: {columns: {}, zzz: 1}}", "/definitions/Table/properties"),
    ("tables: {x: {columns: {a: {type: int, zzz: 1}}}}", "/definitions/ColumnMapping/properties"),
    ("tables: {x: {columns: {}, lookups: {y: {zzz: 1}}}}", "/definitions/Lookup/properties"),
    ("tables: {x: {columns: {}}}\nrates: {r: {zzz: 1}}", "/definitions/Rates/properties"),
    ("metrics: {m: {zzz: 1}}", "/definitions/Metric/properties"),
    ("metrics: {m: {owner: t, agg: count, status: [{zzz: 1}]}}", "/definitions/Status/properties"),
    ("links: [{zzz: 1}]", "/definitions/Link/properties"),
    ("stages: [{zzz: 1}]", "/definitions/Stage/properties"),
    (
        "tables: {x: {columns: {a: date}}}\nstages: [{id: a, owner: t, enters: {zzz: 1}}]",
        "/definitions/MomentWhen/properties",
    ),
    (
        "tables: {x: {columns: {a: date}}}\nstages: [{id: a, owner: t, enters: a}, \
         {id: b, from: a, owner: t, enters: a, sla: {zzz: 1}}]",
        "/definitions/Sla/properties",
    ),
    (
        "tables: {x: {columns: {a: date}}}\nstages: [{id: a, owner: t, enters: a}, \
         {id: b, from: a, owner: t, enters: a, leak_value: {zzz: 1}}]",
        "/definitions/LeakValueInUnit/properties",
    ),
    ("targets: [{zzz: 1}]", "/definitions/Target/properties"),
    (
        "tables: {x: {columns: {}}}\nmetrics: {m: {owner: t, agg: count}}\n\
         targets: [{metric: m, goal: 1, due: 2024-01-01, owner: t, baseline: {zzz: 1}}]",
        "/definitions/BaselineDays/properties",
    ),
    ("rules: [{zzz: 1}]", "/definitions/Rule/properties"),
    ("saved_queries: [{zzz: 1}]", "/definitions/SavedQuery/properties"),
    ("saved_queries: [{name: q, range: {zzz: 1}}]", "/definitions/NamedRange/properties"),
];

#[test]
fn each_mapping_has_the_keys_that_the_loader_knows() {
    let schema = schema();
    for (book, pointer) in MAPPINGS {
        let head = if book.starts_with("book") { "" } else { "book: {id: a}\n" };
        let text = format!("ripplemark: 1\n{head}teams: {{t: T}}\n{book}");
        let refused = load_str(&text, "book").expect_err("a key that does not exist");
        let problem =
            refused.all().iter().find(|problem| problem.code == "RM0104" && problem.message.contains("zzz"));
        let expected = problem
            .and_then(|problem| problem.expected.clone())
            .unwrap_or_else(|| panic!("{book}: {refused}"));
        let known: BTreeSet<&str> = expected.split('`').skip(1).step_by(2).collect();
        let properties = schema.pointer(pointer).and_then(Value::as_object);
        let properties = properties.unwrap_or_else(|| panic!("the schema has no {pointer}"));
        let said: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(said, known, "src/book/schema.rs and the loader differ in the keys of {pointer}");
        for (key, property) in properties {
            let is_described = |value: &Value| value.get("description").is_some();
            let referred =
                property.get("$ref").and_then(Value::as_str).and_then(|path| schema.pointer(&path[1..]));
            let is_said = is_described(property) || referred.is_some_and(is_described);
            assert!(is_said, "src/book/schema.rs does not say what {key} of {pointer} means");
        }
    }
}

#[test]
fn the_schema_that_editors_load_is_that_of_the_loader() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/book.schema.json");
    let text = serde_json::to_string_pretty(&schema()).expect("JSON") + "\n";
    if std::env::var_os("RIPPLEMARK_BLESS").is_some() {
        std::fs::write(&path, text).expect("docs/book.schema.json");
        return;
    }
    let committed: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("docs/book.schema.json")).expect("JSON");
    assert!(
        committed == schema(),
        "docs/book.schema.json is stale: RIPPLEMARK_BLESS=1 cargo test -p ripplemark --lib book::tests::schema"
    );
}
