//! Is a difference one that Pointsman makes on purpose.
//!
//! Traefik drops a container with one broken label, and a name that two containers define differently. Pointsman drops
//! the object, or keeps the oldest one's, and says so. Such a difference is not believed but checked: what Pointsman
//! blames is taken out of the labels, and Traefik must then make of that world exactly what Pointsman made of the
//! first one.

mod bindings;
mod conflicts;
pub(crate) mod direct;
pub(crate) mod faults;
mod hosts;
mod idle;
pub(crate) mod limits;
mod networks;
pub(crate) mod objects;
pub(crate) mod refusal;
pub(crate) mod repair;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::support::fake_engine::FakeContainer;
use crate::support::pair::{Outcome, Pair};
use crate::support::world::{World, show};
use faults::{Evidence, Fault};
use objects::{Objects, difference, objects};

/// How often each deliberate difference was seen.
pub(crate) type Uses = BTreeMap<&'static str, u64>;

/// What a case came to.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The same on both sides.
    Identical,
    /// Different, on purpose.
    Explained(Uses),
    /// Different. With everything there is to see.
    Unexplained(String),
}

/// Runs a case.
pub(crate) async fn judge(pair: &mut Pair, world: &World) -> Verdict {
    let first = pair.run(world).await;
    let mut uses = Uses::new();
    let here = objects(&first.http);
    let lines = compare(pair, world, &first, &here, &mut uses);
    if lines.is_empty() {
        return if uses.is_empty() {
            Verdict::Identical
        } else {
            Verdict::Explained(uses)
        };
    }
    match explain(pair, world, &first, &here).await {
        Ok(more) => Verdict::Explained(more),
        Err(why) => Verdict::Unexplained(format!(
            "{why}\nworld:\n{}difference:\n  {}\nTraefik:   {}\nPointsman: {}",
            show(world),
            lines.join("\n  "),
            first.docker,
            first.http,
        )),
    }
}

fn compare(
    pair: &Pair,
    world: &[FakeContainer],
    outcome: &Outcome,
    here: &Objects,
    uses: &mut Uses,
) -> Vec<String> {
    let mut there = objects(&outcome.docker);
    repair::strip(&mut there);
    let mut here = here.clone();
    direct::settle(&mut there, &mut here, world, &pair.options, uses);
    difference(&there, &here)
}

/// Repairs what Pointsman blames, step by step, and compares again.
async fn explain(
    pair: &mut Pair,
    world: &World,
    first: &Outcome,
    here: &Objects,
) -> Result<Uses, String> {
    let diagnostics = pair.pointsman.diagnostics().await;
    let mut faults = faults::faults(&diagnostics, world)?;
    faults.extend(bindings::faults(world, &pair.options));
    let dropped = faults::dropped(first, world);
    let skipped = faults::skipped(first, world);
    faults.extend(faults::silent_owners(&skipped, &faults, world));
    let told = || {
        format!(
            "\ndiagnostics: {diagnostics:#?}\nTraefik said: {}",
            said(&first.log)
        )
    };
    if faults.is_empty() {
        return Err(format!("nothing explains it{}", told()));
    }
    let mut uses = Uses::new();
    let (conflicts, broken): (Vec<&Fault>, Vec<&Fault>) = faults
        .iter()
        .partition(|fault| matches!(fault.evidence, Evidence::Conflict));
    // what Traefik does not even look at, or takes, needs no repair
    let only_here = faults.iter().filter(|it| it.evidence == Evidence::OnlyHere);
    let only_here: BTreeSet<&str> = only_here.map(|it| it.container.as_str()).collect();
    let matters = |fault: &&Fault| match fault.evidence {
        Evidence::Dropped => dropped.contains(&fault.container),
        Evidence::Unlinked => {
            dropped.contains(&fault.container) || only_here.contains(fault.container.as_str())
        }
        Evidence::Chance | Evidence::Conflict | Evidence::OnlyHere | Evidence::NoRule => true,
    };
    let broken: Vec<&Fault> = broken.into_iter().filter(matters).collect();
    for fault in &broken {
        if fault.evidence == Evidence::NoRule {
            refusal::check(pair, world, fault).await?;
        }
        // by chance there may be no difference this time
        if fault.evidence != Evidence::Chance || dropped.contains(&fault.container) {
            *uses.entry(fault.rule).or_default() += 1;
        }
    }
    let mut repaired = world.clone();
    repair::repair(&mut repaired, &broken);
    if !conflicts.is_empty() {
        let second = pair.run(&repaired).await;
        for fault in &conflicts {
            let rule = conflicts::rule(fault, &second, &repaired, here)?;
            *uses.entry(rule).or_default() += 1;
        }
        repair::repair(&mut repaired, &conflicts);
    }
    let last = pair.run(&repaired).await;
    let mut here = here.clone();
    if uses.contains_key("composite-labels") {
        repair::strip_composites(&mut here);
    }
    let lines = compare(pair, &repaired, &last, &here, &mut uses);
    if lines.is_empty() && uses.is_empty() {
        return Err(format!("it is not there the next time{}", told()));
    }
    if lines.is_empty() {
        return Ok(uses);
    }
    Err(format!(
        "also different without what Pointsman blames:\n  {}\nthat world:\n{}Traefik said: {}{}",
        lines.join("\n  "),
        show(&repaired),
        said(&last.log),
        told(),
    ))
}

fn said(log: &[serde_json::Value]) -> String {
    let mut text = String::new();
    for line in log.iter().filter(|line| line["level"] == "error") {
        writeln!(text, "  {line}").unwrap();
    }
    text
}
