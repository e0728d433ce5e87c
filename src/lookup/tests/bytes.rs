//! The plan in a program's bytes: whatever they say, loading does not panic, and what loads can be fed.

use super::*;
use ripplemark_core::program::layout::{BASE_SECTIONS, Section, header};

const TABLES: &str = "  opps: {time: closed, columns: {a: id, r: {type: category, values: {x: y}}, closed: date}, lookups: {acc: {table: accounts, by: a}, rep: {table: reps, by: r}}}
  accounts: {key: k, columns: {k: id, up: id, v: decimal(3)}, lookups: {up: {table: accounts, by: up, columns: [{top: v}]}}}
  reps: {key: k, valid_from: f, valid_to: t, columns: {k: id, f: date, t: date, n: category}}";

fn sample() -> Program {
    program(
        TABLES,
        "  - {name: m, owner: s, of: opps, agg: sum, expr: acc.top}\n  - {name: n, owner: s, of: accounts, agg: count}",
        &[],
    )
}

/// The program's bytes with another plan.
fn with_plan(bytes: &[u8], plan: &[u8]) -> Vec<u8> {
    let entry = header::SIZE + Section::Lookups as usize * 8;
    assert_eq!(Section::Lookups as usize, BASE_SECTIONS - 1, "the plan comes last");
    let start = u32::from_le_bytes(bytes[entry..entry + 4].try_into().unwrap()) as usize;
    let mut other = [&bytes[..start], plan].concat();
    other[entry + 4..entry + 8].copy_from_slice(&(plan.len() as u32).to_le_bytes());
    let length = other.len() as u32;
    other[header::LENGTH..header::LENGTH + 4].copy_from_slice(&length.to_le_bytes());
    other
}

#[test]
fn a_program_alone_can_look_up() {
    let program = sample();
    let again = Program::from_bytes(program.bytes()).unwrap();
    assert_eq!(again.tables(), program.tables());
    assert_eq!(again.plan(), program.plan());
    let names: Vec<(String, bool)> = again.tables().into_iter().map(|t| (t.name, t.lookup)).collect();
    // Nothing of `reps` is needed by these metrics.
    assert_eq!(names, [("accounts".into(), true), ("opps".into(), false)]);
    assert_eq!(with_plan(program.bytes(), program.view().lookups()), program.bytes());
}

#[test]
fn a_program_without_lookups_has_no_plan() {
    let program = program("  t: {columns: {a: int}}", "  - {name: m, owner: s, agg: sum, expr: a}", &[]);
    let section = program.view().lookups();
    assert_eq!(section[..4], [0; 4], "no tables, only the question");
    let mut spaced = section.to_vec();
    spaced.push(b' ');
    spaced[4] += 1;
    for other in [&section[..4], &spaced] {
        let refused = Program::from_bytes(with_plan(program.bytes(), other));
        assert_eq!(
            refused.unwrap_err().core().map(|error| (error.code as u32, error.detail)),
            Some((103, 17))
        );
    }
    // Programs of earlier compilers carry no question.
    let older = Program::from_bytes(with_plan(program.bytes(), &[])).unwrap();
    assert_eq!(older.tables(), program.tables());
    assert_eq!((older.plan().asked.is_some(), program.plan().asked.is_some()), (false, true));
}

#[test]
fn damaged_plans_are_refused_or_harmless() {
    let program = sample();
    let plan = program.view().lookups().to_vec();
    // Behind the tables stands the question, which programs of earlier compilers do not have.
    let question = program.plan().asked.as_ref().unwrap().text();
    let tables = plan.len() - question.len() - 4;
    for cut in 0..plan.len() {
        let loaded = Program::from_bytes(with_plan(program.bytes(), &plan[..cut]));
        assert_eq!(loaded.is_ok(), cut == 0 || cut == tables, "{cut}");
    }
    // Without a plan the found columns are own ones: a host that widens by itself may do that.
    assert!(Program::from_bytes(with_plan(program.bytes(), &[])).is_ok());
    damage(&program, &plan);
}

/// Loads and feeds programs with one byte of the plan changed.
fn damage(program: &Program, plan: &[u8]) {
    let mut accepted = 0;
    for at in 0..plan.len() {
        for byte in [0, 1, 2, 3, 5, 7, 0x7f, 0xff] {
            let mut other = plan.to_vec();
            other[at] = byte;
            let Ok(loaded) = Program::from_bytes(with_plan(program.bytes(), &other)) else { continue };
            accepted += 1;
            let mut evaluation = Evaluation::new(&loaded).unwrap();
            for table in loaded.tables() {
                let columns: Vec<(&str, ArrayRef)> = (table.columns.iter())
                    .map(|column| (column.source.as_str(), texts(&["1", "2", ""])))
                    .collect();
                let mut seen = std::collections::BTreeSet::new();
                let columns: Vec<_> = columns.into_iter().filter(|(name, _)| seen.insert(*name)).collect();
                if !columns.is_empty() {
                    let _ = evaluation.feed(&table.name, &batch(&columns));
                }
            }
            let _ = evaluation.finish();
        }
    }
    assert!(accepted > 10, "{accepted}");
}

#[test]
fn what_needs_no_rate_stands_behind_the_question() {
    let tables = "  t: {columns: {c: category, a: 'money[c]', d: date, at: timestamp}}
  fx: {columns: {c: category, d: date, r: decimal(3)}}
rates: {fx: {table: fx, from: c, to: EUR, date: d, rate: r}}";
    let metrics = "  - {name: m, owner: s, of: t, agg: sum, expr: 'convert(a, c, at, \"EUR\")'}
  - {name: n, owner: s, of: t, agg: sum, expr: 'convert(a, d, \"EUR\")'}";
    let program = program(tables, metrics, &[]);
    let same = |program: &Program| -> Vec<Option<String>> {
        let tables = program.plan().tables.iter();
        tables.flat_map(|table| table.lookups.iter().map(|lookup| lookup.same.clone())).collect()
    };
    assert_eq!(same(&program), [Some("EUR".to_owned()), Some("EUR".to_owned())]);
    assert_eq!(Program::from_bytes(program.bytes()).unwrap().plan(), program.plan());
    let plan = program.view().lookups().to_vec();
    let question = program.plan().asked.as_ref().unwrap().text();
    let list = 4 + 2 * (4 + 4 + 4 + 3);
    let (tables, behind) = (plan.len() - list - question.len() - 4, plan.len() - list);
    for cut in 0..plan.len() {
        let loaded = Program::from_bytes(with_plan(program.bytes(), &plan[..cut]));
        assert_eq!(loaded.is_ok(), [0, tables, behind].contains(&cut), "{cut}");
    }
    // A list without items, one item twice, and one out of order are other bytes for the same.
    let other =
        |list: &[u8]| Program::from_bytes(with_plan(program.bytes(), &[&plan[..behind], list].concat()));
    let (first, second) = (&plan[behind + 4..behind + 19], &plan[behind + 19..]);
    assert!(other(&[&[2, 0, 0, 0], first, second].concat()).is_ok());
    for refused in [
        [0, 0, 0, 0].to_vec(),
        [&[2, 0, 0, 0], first, first].concat(),
        [&[2, 0, 0, 0], second, first].concat(),
        [&[1, 0, 0, 0], first, second].concat(),
    ] {
        assert!(other(&refused).is_err());
    }
    // Without the question its text is empty.
    let without = [&plan[..tables], &[0; 4], &plan[behind..]].concat();
    let without = Program::from_bytes(with_plan(program.bytes(), &without)).unwrap();
    assert!(without.plan().asked.is_none() && same(&without) == same(&program));
    assert!(Program::from_bytes(with_plan(program.bytes(), &[&plan[..tables], &[0; 4]].concat())).is_err());
    damage(&program, &plan);
}
