//! Who may import whom, enforced: reads the sources, collects `crate::` paths, compares with the table below.

#[cfg(test)]
mod layering {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Station, and the stations it may name. A station may always name itself. `routing::x` are stations of
    /// their own; `routing` alone is only the list of them.
    const MAY: &[(&str, &[&str])] = &[
        ("routing", &[]),
        ("routing::time", &[]),
        ("routing::ids", &[]),
        ("routing::address_pools", &[]),
        ("go_duration", &[]),
        ("byte_size", &[]),
        ("any_certificate", &[]),
        ("routing::traefik", &["routing::ids", "go_duration"]),
        // plans are nouns that the env record and the rollout record both hold
        ("routing::plan", &[]),
        (
            "routing::model",
            &["routing::ids", "routing::plan", "routing::time"],
        ),
        (
            "routing::rollout",
            &["routing::ids", "routing::plan", "routing::time"],
        ),
        (
            "routing::retention",
            &[
                "routing::ids",
                "routing::model",
                "routing::rollout",
                "routing::time",
            ],
        ),
        // labels are read into Traefik's own types, which are nouns
        (
            "routing::labels",
            &["routing::ids", "routing::model", "routing::traefik"],
        ),
        (
            "routing::table",
            &[
                "routing::address_pools",
                "routing::ids",
                "routing::plan",
                "routing::time",
                "routing::labels",
                "routing::model",
                "routing::rollout",
                "routing::traefik",
            ],
        ),
        ("api", &["routing::ids"]),
        ("snapshot", &["routing::ids", "routing::traefik"]),
        (
            "docker",
            &["routing::address_pools", "routing::ids", "routing::model"],
        ),
        (
            "probe",
            &["any_certificate", "routing::ids", "routing::model"],
        ),
        (
            "store",
            &[
                "routing::ids",
                "routing::plan",
                "routing::time",
                "routing::model",
                "routing::rollout",
            ],
        ),
        (
            "reconciler",
            &[
                "routing::ids",
                "routing::plan",
                "routing::time",
                "routing::model",
                "routing::retention",
                "routing::rollout",
                "routing::table",
                "snapshot",
                "store",
            ],
        ),
        // of the core only the values that the reconciler's door carries
        (
            "web",
            &[
                "api",
                "byte_size",
                "go_duration",
                "reconciler",
                "snapshot",
                "routing::ids",
                "routing::plan",
                "routing::time",
                "routing::model",
                "routing::retention",
                "routing::rollout",
                "routing::table",
            ],
        ),
        // a client of the door, as `webhooks`
        (
            "upkeep",
            &[
                "reconciler",
                "routing::ids",
                "routing::model",
                "routing::rollout",
            ],
        ),
        // of the core only the values that the reconciler's news and door carry
        (
            "webhooks",
            &[
                "reconciler",
                "routing::ids",
                "routing::time",
                "routing::model",
                "routing::rollout",
            ],
        ),
        // the document once more, as a file
        (
            "fallback",
            &["routing::ids", "routing::traefik", "snapshot"],
        ),
        ("config", &["go_duration"]),
        ("telemetry", &["config"]),
        (
            "app",
            &[
                "api",
                "config",
                "docker",
                "fallback",
                "probe",
                "reconciler",
                "routing::ids",
                "routing::table",
                "routing::model",
                "snapshot",
                "store",
                "telemetry",
                "upkeep",
                "web",
                "webhooks",
            ],
        ),
        // of the core, `check` alone uses more than names
        (
            "cli",
            &[
                "any_certificate",
                "api",
                "app",
                "byte_size",
                "config",
                "fallback",
                "go_duration",
                "routing::ids",
                "routing::time",
                "routing::model",
                "routing::rollout",
                "routing::table",
                "telemetry",
                "store",
            ],
        ),
        ("main", &["cli"]),
    ];

    /// Words that have no place in the pure core.
    const IMPURE: &[&str] = &[
        "tokio",
        "hyper",
        "axum",
        "arc_swap",
        "dashmap",
        "tracing::",
        "std::fs",
        "std::net::Tcp",
        "async fn",
        "Instant::now",
        "SystemTime",
        "std::env",
        "std::thread",
        "Mutex",
        "RwLock",
        "println!",
    ];

    fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<PathBuf> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(path);
            }
        }
    }

    fn is_test_file(path: &Path) -> bool {
        path.components().any(|part| part.as_os_str() == "tests")
            || path.file_name().is_some_and(|n| n == "tests.rs")
    }

    /// Code without comments and without inline tests.
    fn code(path: &Path) -> Vec<(usize, String)> {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().enumerate();
        lines
            .take_while(|(_, line)| {
                !line.starts_with("#[cfg(test)]\nmod tests") && *line != "mod tests {"
            })
            .map(|(index, line)| {
                (
                    index + 1,
                    line.split("//").next().unwrap_or_default().to_owned(),
                )
            })
            .collect()
    }

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
    }

    /// `src/routing/table/x.rs` is in `routing::table`, `src/web/x.rs` in `web`.
    fn station(path: &Path) -> String {
        let relative = path.strip_prefix(root()).unwrap().with_extension("");
        let parts: Vec<String> = relative
            .components()
            .map(|c| c.as_os_str().to_string_lossy().into_owned())
            .collect();
        match parts.as_slice() {
            [first, second, ..] if first == "routing" && second != "mod" => {
                format!("routing::{second}")
            }
            [first, ..] => first.clone(),
            [] => panic!("a source file has a name"),
        }
    }

    /// The station named by the text after `crate::` (or `pointsman::`).
    fn named(after: &str) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let first: String = after.chars().take_while(|c| is_part(*c)).collect();
        let rest = after
            .split_at(first.len())
            .1
            .strip_prefix("::")
            .unwrap_or_default();
        let second: String = rest.chars().take_while(|c| is_part(*c)).collect();
        if first == "routing" && !second.is_empty() {
            format!("routing::{second}")
        } else {
            first
        }
    }

    fn violations() -> Vec<String> {
        let mut files = Vec::new();
        sources(&root(), &mut files);
        let mut found = Vec::new();
        for path in files.iter().filter(|path| !is_test_file(path)) {
            let from = station(path);
            if from == "lib" {
                continue;
            }
            let allowed: BTreeSet<&str> = MAY
                .iter()
                .find(|(name, _)| *name == from)
                .unwrap_or_else(|| {
                    panic!(
                        "{} is in station {from}, which has no row in the table",
                        path.display()
                    )
                })
                .1
                .iter()
                .copied()
                .collect();
            for (line, text) in code(path) {
                for prefix in ["crate::", "pointsman::"] {
                    for (at, _) in text.match_indices(prefix) {
                        let to = named(text.split_at(at + prefix.len()).1);
                        if to != from && !allowed.contains(to.as_str()) {
                            found.push(format!(
                                "{}:{line}: {from} must not name {to}",
                                path.display()
                            ));
                        }
                    }
                }
                let impure = IMPURE
                    .iter()
                    .filter(|word| from.starts_with("routing") && text.contains(**word));
                found.extend(
                    impure
                        .map(|word| format!("{}:{line}: {word} in the pure core", path.display())),
                );
            }
        }
        found
    }

    #[test]
    fn stations_name_only_what_the_table_allows() {
        let found = violations();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn a_violation_would_be_seen() {
        assert_eq!(
            named("routing::table::Table;"),
            "routing::table",
            "core stations are told apart"
        );
        assert_eq!(named("store::Store"), "store", "and others by their folder");
        let table: BTreeSet<&str> = MAY.iter().map(|(name, _)| *name).collect();
        for (from, targets) in MAY {
            for target in *targets {
                assert!(
                    table.contains(target),
                    "{from} names {target}, which does not exist"
                );
            }
        }
        let web = MAY.iter().find(|(name, _)| *name == "web").unwrap().1;
        assert!(
            !web.contains(&"docker") && !web.contains(&"store"),
            "web reaches neither Docker nor the disk"
        );
    }

    #[test]
    fn only_the_cli_starts_processes() {
        let mut files = Vec::new();
        sources(&root(), &mut files);
        for path in files
            .iter()
            .filter(|path| !is_test_file(path) && station(path) != "cli")
        {
            for (line, text) in code(path) {
                assert!(
                    !text.contains("process::Command"),
                    "{}:{line} starts a process",
                    path.display()
                );
            }
        }
    }
}
