//! Containers to the document that Pointsman would serve, by the routing table itself.
//!
//! Nothing is remembered and nothing waits: all containers have run long enough, an env's record is what its labels
//! say, and Traefik reaches every network.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::routing::ids::{EnvKey, Slot, Version};
use crate::routing::model::{Change, Container, Diagnostic};
use crate::routing::rollout::{Placed, Record};
use crate::routing::table::{Options, Table};
use crate::routing::time::Timestamp;

/// Where a managed version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In no slot: it has its preview hosts alone.
    Preview,
    /// Its env's oldest version is active.
    Live,
}

/// What becomes of containers.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The document as it is served.
    pub(super) body: String,
    /// The document, read.
    pub(super) document: Value,
    /// What the table found.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Feeds a table with a complete list.
pub(super) fn judge(options: Options, containers: Vec<Container>, place: Place) -> Verdict {
    let now = Timestamp::ZERO;
    let mut table = Table::new(options);
    table.apply(Change::ResyncStart, now);
    for container in containers {
        table.apply(Change::ResyncApply(Box::new(container)), now);
    }
    table.apply(Change::ResyncEnd, now);
    for record in table.unrecorded(now) {
        table.put_env(record);
    }
    table.rebuild(now);
    if place == Place::Live {
        for (key, version) in oldest(&table, now) {
            table.put_rollout(&key, active(version));
        }
        table.rebuild(now);
    }
    let body = String::from_utf8_lossy(&table.document().to_bytes()).into_owned();
    Verdict {
        document: serde_json::from_str(&body).expect("the document is JSON by construction"),
        body,
        diagnostics: table.diagnostics(),
    }
}

fn oldest(table: &Table, now: Timestamp) -> BTreeMap<EnvKey, Version> {
    let mut stacks = table.all_stacks(now);
    stacks.sort_by_key(|stack| std::cmp::Reverse(stack.created));
    let versions = stacks.into_iter().map(|stack| (stack.key, stack.version));
    versions.collect()
}

fn active(version: Version) -> Record {
    let mut record = Record::default();
    let placed = Placed {
        version,
        placed_generation: 1,
        failed: None,
    };
    record.slots.set(Slot::Blue, Some(placed));
    record.active = Some(Slot::Blue);
    record.generation = 1;
    record
}
