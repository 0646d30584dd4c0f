//! The table of fields, row by row: each one names something that is written, and says since when truthfully.

use std::collections::BTreeMap;

use pointsman::routing::table::NEWEST;
use pointsman::routing::traefik::Section;
use pointsman::routing::traefik::since::{NEWER, Newer, fit};
use serde_json::{Value, json};

use super::objects::leaves;
use super::served::serve;
use super::traefik::{Release, Traefik, Version, releases};

const MARKER: &str = "pointsman-rev-matrix";

/// Objects that hold the field of a row and nothing else, by section.
fn holders(row: &Newer) -> Vec<(Section, Value)> {
    let all = Section::ALL.into_iter().flat_map(|section| {
        let leaves = leaves(section).into_iter();
        leaves.map(move |leaf| (section, leaf))
    });
    let is_meant = |path: &str| {
        path.strip_prefix(row.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    all.filter(|(_, leaf)| is_meant(&leaf.path))
        .map(|(section, leaf)| (section, leaf.object))
        .collect()
}

/// A document with these objects and the marker.
fn document(objects: &[(Section, Value)]) -> Vec<u8> {
    let mut roots: BTreeMap<&str, BTreeMap<&str, BTreeMap<String, &Value>>> = BTreeMap::new();
    let unused = json!({"addPrefix": {"prefix": "/"}});
    for (index, (section, object)) in objects.iter().enumerate() {
        let sections = roots.entry(section.root()).or_default();
        let names = sections.entry(section.key()).or_default();
        names.insert(format!("o{index}"), object);
    }
    let marked = roots
        .entry("http")
        .or_default()
        .entry("middlewares")
        .or_default();
    marked.insert(MARKER.to_owned(), &unused);
    serde_json::to_vec(&roots).unwrap()
}

fn start(release: &Release, objects: &[(Section, Value)]) -> Traefik {
    release.start(serve(document(objects)))
}

/// The release before another one, or something between the two.
fn before(version: Version) -> Version {
    match version.patch.checked_sub(1) {
        Some(patch) => Version { patch, ..version },
        None => Version::new(version.major, version.minor - 1, 99),
    }
}

#[test]
fn every_row_names_a_field_that_is_written() {
    for row in NEWER {
        let holders = holders(row);
        assert!(!holders.is_empty(), "{}: no type has it", row.path);
        for (section, object) in holders.iter().filter(|_| row.value.is_none()) {
            let missing = fit(*section, object.clone(), before(row.since)).missing;
            assert_eq!(missing, [*row], "{}: found in {object}", row.path);
            assert_eq!(
                fit(*section, object.clone(), NEWEST).missing,
                [],
                "{}",
                row.path
            );
        }
    }
}

#[test]
#[ignore = "needs Traefiks: make matrix"]
fn every_release_refuses_exactly_the_rows_that_are_newer() {
    for release in releases() {
        let fields = || NEWER.iter().filter(|row| row.value.is_none());
        let known = fields().filter(|row| row.since <= release.version);
        let known: Vec<_> = known
            .flat_map(holders)
            .filter(|(section, object)| {
                fit(*section, object.clone(), release.version)
                    .missing
                    .is_empty()
            })
            .collect();
        assert_eq!(
            start(&release, &known).verdict(MARKER),
            Ok(()),
            "Traefik {}",
            release.version
        );
        for row in fields().filter(|row| row.since > release.version) {
            let verdict = start(&release, &holders(row)).verdict(MARKER);
            assert!(
                verdict.is_err(),
                "Traefik {} knows {}",
                release.version,
                row.path
            );
        }
    }
}
