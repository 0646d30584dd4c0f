//! Letting stacks go by the rules: the plan is made and carried out in one turn, so that nothing can come between.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::{ContainerId, EnvKey, Revision, Slot, Version};
use crate::routing::model::{EnvRecord, Usage, UsageQuestion};
use crate::routing::retention::{
    EnvFacts, Facts, Fate, Shield, StackFacts, Unknown, Verdict, plan,
};
use crate::routing::rollout::{Command, Insist, Removal};
use crate::routing::table::Belongings;
use crate::routing::time::Timestamp;

use super::Reconciler;
use super::asked::{Transition, Transitions};
use super::handle::CommandError;
use super::removals::RemovalStatus;

/// Which stacks are looked at, and what is known of them from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct GcRequest {
    /// Only this env.
    pub scope: Option<EnvKey>,
    /// Numbers of the pull requests that are open; `None` when nobody said.
    pub open: Option<BTreeSet<u64>>,
    /// What is used, when somebody asked Docker.
    pub usage: Option<Usage>,
    /// Whether those that may go do go, and who says so; `None` only plans.
    pub run: Option<GcRun>,
}

/// Stacks are let go.
#[derive(Clone, Debug)]
pub struct GcRun {
    /// What of them is removed.
    pub removal: Removal,
    /// Who asks, for the audit log.
    pub actor: String,
}

/// What becomes of every stack.
#[derive(Clone, Debug)]
pub struct GcOutcome {
    /// By env, the oldest first.
    pub stacks: Vec<GcStack>,
    /// Removals that are under way, those that were begun just now among them.
    pub removals: Vec<RemovalStatus>,
    /// The revision afterwards.
    pub revision: Revision,
    /// When the plan was made.
    pub now: Timestamp,
}

/// A list that no rule reads would let nothing go, and nobody would notice.
fn knows_pull_requests(facts: &Facts) -> Result<(), CommandError> {
    let reads = |env: &EnvFacts| {
        let policy = env.policy.as_ref();
        policy.is_some_and(|policy| policy.pull_requests.is_some())
    };
    let deaf = facts.envs.iter().find(|env| !reads(env));
    deaf.map_or(Ok(()), |env| {
        Err(CommandError::NoPullRequestRule(env.key.clone()))
    })
}

/// What becomes of one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GcStack {
    /// Whether it goes, and why.
    pub verdict: Verdict,
    /// Its slot.
    pub slot: Option<Slot>,
    /// When its oldest container was made, in seconds since the epoch.
    pub created: u64,
    /// What would be free without it, in bytes.
    pub frees_bytes: Option<u64>,
    /// Memory of its containers, in bytes.
    pub memory_bytes: Option<u64>,
}

impl GcOutcome {
    /// What will be free when those that go are gone, as far as it is known.
    pub fn frees_bytes(&self) -> u64 {
        let goes = self.stacks.iter();
        let goes = goes.filter(|it| matches!(it.verdict.fate, Fate::Goes(_)));
        goes.filter_map(|it| it.frees_bytes).sum()
    }
}

impl GcStack {
    /// Would it be known what becomes of it if somebody asked Docker about its disk.
    pub const fn asks_for_disk(&self) -> bool {
        matches!(
            self.verdict.fate,
            Fate::Stays(Shield::Kept {
                unknown: Some(Unknown::Disk)
            })
        )
    }
}

impl Reconciler {
    /// Plans, and carries the plan out when that is asked.
    pub(super) fn gc(
        &mut self,
        request: &GcRequest,
        now: Timestamp,
    ) -> Result<GcOutcome, CommandError> {
        if !self.table.is_synced() {
            return Err(CommandError::NotSynced);
        }
        if let Some(key) = request
            .scope
            .as_ref()
            .filter(|key| self.table.env(key).is_none())
        {
            return Err(CommandError::UnknownEnv(key.clone()));
        }
        let (facts, memory) = self.facts(request, now);
        if request.open.is_some() {
            knows_pull_requests(&facts)?;
        }
        let verdicts = plan(&facts);
        if let Some(run) = &request.run {
            if !self.table.is_current() {
                return Err(CommandError::DockerAway);
            }
            self.let_go(&verdicts, run, now)?;
        }
        Ok(GcOutcome {
            stacks: verdicts
                .into_iter()
                .map(|verdict| told(verdict, &facts, &memory))
                .collect(),
            removals: self.removals.list(),
            revision: self.table.document().revision(),
            now,
        })
    }

    /// What the plan is made from, and the memory of each stack beside it.
    fn facts(&self, request: &GcRequest, now: Timestamp) -> (Facts, Memory) {
        let usage = request.usage.as_ref();
        let mut memory = Memory::new();
        let records = self.table.envs();
        let records = records.filter(|it| request.scope.as_ref().is_none_or(|key| *key == it.key));
        let mut envs = Vec::new();
        for record in records {
            let belongings = self.table.belongings(&record.key);
            for (version, belongings) in &belongings {
                let used = usage.and_then(|usage| memory_of(belongings, usage));
                memory.extend(used.map(|used| ((record.key.clone(), version.clone()), used)));
            }
            envs.push(self.env_facts(record, belongings, usage));
        }
        let facts = Facts {
            now,
            envs,
            disk_bytes: usage.and_then(|usage| usage.disk_bytes),
            open: request.open.clone(),
        };
        (facts, memory)
    }

    fn env_facts(
        &self,
        record: &EnvRecord,
        belongings: BTreeMap<Version, Belongings>,
        usage: Option<&Usage>,
    ) -> EnvFacts {
        let stacks = belongings.into_iter().map(|(version, belongings)| {
            let draining_until =
                self.removals
                    .draining_until(&record.key, &version, record.drain_ms);
            StackFacts {
                draining_until,
                // nothing reads what Traefik counts
                last_request: None,
                frees_bytes: usage.and_then(|usage| frees(&belongings, usage)),
                version,
                created: belongings.created,
                youngest: belongings.youngest,
                guarded: belongings.guarded,
            }
        });
        let default = &self.outlets.upkeep.retention;
        EnvFacts {
            key: record.key.clone(),
            record: self.table.rollout(&record.key),
            policy: record.retention.clone().or_else(|| default.clone()),
            stacks: stacks.collect(),
        }
    }

    /// All in one entry and one revision.
    fn let_go(
        &mut self,
        verdicts: &[Verdict],
        run: &GcRun,
        now: Timestamp,
    ) -> Result<(), CommandError> {
        let goes = verdicts
            .iter()
            .filter(|it| matches!(it.fate, Fate::Goes(_)));
        let items: Vec<Transition> = goes
            .map(|verdict| Transition {
                key: verdict.key.clone(),
                command: Command::Retire {
                    version: verdict.version.clone(),
                    removal: Some(run.removal.clone()),
                    insist: Insist::NONE,
                },
                if_match: None,
            })
            .collect();
        if items.is_empty() {
            return Ok(());
        }
        let asked = Transitions {
            items,
            idempotency_key: None,
            dry_run: false,
            actor: run.actor.clone(),
        };
        self.transitions(&asked, now).map(drop)
    }

    /// Which containers are worth a question.
    pub(super) fn usage_question(&self) -> UsageQuestion {
        let envs = self.table.envs();
        let stacks = envs.flat_map(|record| self.table.belongings(&record.key).into_values());
        UsageQuestion {
            containers: stacks.flat_map(|stack| stack.containers).collect(),
        }
    }
}

type Memory = BTreeMap<(EnvKey, Version), u64>;

fn told(verdict: Verdict, facts: &Facts, memory: &Memory) -> GcStack {
    let env = facts.envs.iter().find(|env| env.key == verdict.key);
    let stack = env.and_then(|env| env.stacks.iter().find(|it| it.version == verdict.version));
    let name = (verdict.key.clone(), verdict.version.clone());
    GcStack {
        slot: env.and_then(|env| env.record.slot_of(&verdict.version)),
        created: stack.map_or(0, |stack| stack.created),
        frees_bytes: stack.and_then(|stack| stack.frees_bytes),
        memory_bytes: memory.get(&name).copied(),
        verdict,
    }
}

/// What its containers wrote, and images that only they are made from.
fn frees(stack: &Belongings, usage: &Usage) -> Option<u64> {
    usage.disk_bytes?;
    let written = stack.containers.iter();
    let written: u64 = written.filter_map(|id| usage.written.get(id)).sum();
    let own = u64::try_from(stack.containers.len()).unwrap_or(u64::MAX);
    let images = stack.images.iter().filter_map(|id| usage.images.get(id));
    // a stack may be made from several images, so this is the least that is certain
    let only_its = images.filter(|image| image.containers <= own);
    Some(written + only_its.map(|image| image.unique_bytes).sum::<u64>())
}

fn memory_of(stack: &Belongings, usage: &Usage) -> Option<u64> {
    let known = |id: &ContainerId| usage.memory.get(id).copied();
    let known: Vec<u64> = stack.containers.iter().filter_map(known).collect();
    (!known.is_empty()).then(|| known.iter().sum())
}
