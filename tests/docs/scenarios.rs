//! Does every test that `docs/scenarios.md` and `docs/emergencies.md` name exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Names of all functions below a folder.
fn functions(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text
                .split("fn ")
                .skip(1)
                .filter_map(|rest| rest.split_once('('));
            found.extend(names.map(|(name, _)| name.trim().to_owned()));
        }
    }
}

fn all_functions() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    for folder in ["src", "tests"] {
        functions(&root.join(folder), &mut names);
    }
    names
}

#[test]
fn every_test_of_an_emergency_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/emergencies.md")).unwrap();
    let prose: String = text.split("```").step_by(2).collect();
    let named = prose.split('`').skip(1).step_by(2);
    let named: Vec<&str> = named.filter(|name| name.matches('_').count() > 2).collect();
    let known = all_functions();
    let missing: Vec<&&str> = named
        .iter()
        .filter(|name| !known.contains(**name))
        .collect();
    assert!(
        named.len() > 5 && missing.is_empty(),
        "{missing:?} of {named:?}"
    );
}

#[test]
fn every_scenario_has_its_test_or_waits_for_something() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = all_functions();
    let text = fs::read_to_string(root.join("docs/scenarios.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let number: u32 = cells.get(1)?.parse().ok()?;
        Some((number, (*cells.get(3)?).to_owned()))
    });
    let rows: Vec<(u32, String)> = rows.collect();
    let numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=56).collect::<Vec<_>>(), "each once, in order");
    for (number, test) in rows {
        let inner = test
            .strip_prefix('`')
            .and_then(|test| test.strip_suffix('`'));
        let is_there = inner.is_some_and(|name| names.contains(name));
        assert!(
            is_there || test.starts_with("waiting for "),
            "{number}: {test}"
        );
    }
}
