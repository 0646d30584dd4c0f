//! The closed list of deliberate differences, which is the one in the documentation.

/// Where a difference is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// By the comparison of labels and documents here.
    Here,
    /// By other tests: it shows in time, or beside managed containers.
    Elsewhere,
}

/// By the names that they have in `docs/labels.md`.
pub(crate) const RULES: [(&str, Proof); 22] = [
    ("at-docker", Proof::Here),
    ("broken-container", Proof::Here),
    ("chain-loop", Proof::Here),
    ("composite-labels", Proof::Here),
    ("conflict", Proof::Here),
    ("deep-key", Proof::Here),
    ("host-network", Proof::Here),
    ("idle-server", Proof::Here),
    ("list-separator", Proof::Here),
    ("managed-hosts", Proof::Elsewhere),
    ("managed-priority", Proof::Elsewhere),
    ("more-events", Proof::Elsewhere),
    ("object-name", Proof::Here),
    ("panic-label", Proof::Here),
    ("quick-death", Proof::Elsewhere),
    ("random-binding", Proof::Here),
    ("random-network", Proof::Here),
    ("refused-rule", Proof::Here),
    ("says-nothing", Proof::Here),
    ("server-limits", Proof::Here),
    ("settings-labels", Proof::Here),
    ("written-default", Proof::Here),
];

#[test]
fn the_list_is_the_documented_one() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/labels.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, section) = text
        .split_once("These differences are deliberate")
        .expect("the section");
    let rows = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let documented: std::collections::BTreeSet<&str> = rows.map(|(name, _)| name).collect();
    let tested = RULES.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        documented, tested,
        "docs/labels.md and the tests name the same differences"
    );
}
