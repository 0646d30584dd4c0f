//! What the workflows take from others is pinned to a commit, the same everywhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Those of this repository, which a tag names on purpose.
const OURS: &str = "pointsman/pointsman/";

#[test]
fn every_action_of_others_is_pinned_to_a_commit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pins: BTreeMap<String, String> = BTreeMap::new();
    for folder in [".github/workflows", "examples/github"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let uses = text.lines().filter_map(|line| line.split_once("uses: "));
            for (_, action) in uses.filter(|(_, action)| !action.starts_with(OURS)) {
                let (name, pin) = action.split_once('@').unwrap();
                let (commit, release) = pin.split_once(" # v").unwrap_or((pin, ""));
                let is_commit = commit.len() == 40
                    && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
                    && !release.is_empty();
                assert!(is_commit, "{}: {action}: name a commit", path.display());
                let first = pins.entry(name.to_owned()).or_insert(pin.to_owned());
                assert_eq!(first, pin, "{}: {name}", path.display());
            }
        }
    }
    assert!(pins.len() >= 4, "the workflows are found: {pins:?}");
}
