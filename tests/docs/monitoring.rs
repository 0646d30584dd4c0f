//! The alerts and the dashboard use metrics that are documented, and no others.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All names of metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("pointsman_"));
    ours.map(str::to_owned).collect()
}

/// Those of the table.
fn documented() -> BTreeSet<String> {
    let text = read("docs/monitoring.md");
    let rows = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `pointsman_"));
    rows.map(|row| format!("pointsman_{}", row.split('`').next().unwrap()))
        .collect()
}

#[test]
fn alerts_and_dashboard_ask_for_what_is_documented() {
    let documented = documented();
    assert!(documented.len() > 20, "the table is found: {documented:?}");
    for path in [
        "monitoring/alerts.yaml",
        "monitoring/alerts.test.yaml",
        "monitoring/dashboard.json",
    ] {
        let used = names(&read(path));
        assert!(!used.is_empty(), "{path} uses some");
        let unknown: Vec<_> = used.difference(&documented).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}

#[test]
fn the_dashboard_is_json_with_a_panel_for_each_question() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&read("monitoring/dashboard.json")).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{panel}");
    }
}
