//! Random histories of an env, on the real state machine: whatever happened and whatever the policy says, the plan names
//! nothing that is in use, and says the same in whatever order it is told the facts.
//!
//! `POINTSMAN_RETENTION_HISTORIES` says how many, `POINTSMAN_RETENTION_SEED` replays one.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{EnvFacts, Facts, Fate, StackFacts, plan};
use super::{key, stack, version};
use crate::routing::ids::{Slot, Version};
use crate::routing::model::{Retention, Upkeep};
use crate::routing::plan::Weight;
use crate::routing::rollout::{
    Command, Event, Insist, Made, Record, Removal, StackHealth, View, step,
};
use crate::routing::time::Timestamp;

const HISTORIES: u64 = 3000;
const STEPS: u64 = 25;
const DRAIN_MS: u64 = 30_000;

fn number(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test's own settings")]
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

#[test]
fn the_plan_never_names_what_is_in_use() {
    let only = number("POINTSMAN_RETENTION_SEED");
    let count = number("POINTSMAN_RETENTION_HISTORIES").unwrap_or(HISTORIES);
    let (first, last) = only.map_or((1, count), |seed| (seed, seed));
    let mut gone = 0;
    for seed in first..=last {
        gone += run(seed);
    }
    println!("{} histories, {gone} stacks went", last - first + 1);
    assert!(only.is_some() || gone > count, "the rules are used");
}

/// Splitmix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll(2) == 0).then(|| value(self))
    }
}

fn made(stack: &StackFacts) -> Made {
    Made {
        newest: stack.youngest.max(stack.created),
        ..Made::at(stack.created)
    }
}

fn removed(version: Version) -> Event {
    let what = String::new();
    Event::Removed { version, what }
}

struct World {
    dice: Dice,
    now: Timestamp,
    record: Record,
    stacks: BTreeMap<Version, StackFacts>,
    dead: BTreeSet<Version>,
    policy: Option<Retention>,
}

fn run(seed: u64) -> u64 {
    let mut world = World::new(seed);
    let mut gone = 0;
    for number in 0..STEPS {
        world.act();
        gone += world.check(&format!("POINTSMAN_RETENTION_SEED={seed} step {number}"));
    }
    gone
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            dice: Dice(seed),
            now: Timestamp::from_millis(1_700_000_000_000),
            record: Record::default(),
            stacks: BTreeMap::new(),
            dead: BTreeSet::new(),
            policy: None,
        };
        world.policy = world.any_policy();
        world
    }

    fn any_policy(&mut self) -> Option<Retention> {
        let dice = &mut self.dice;
        (dice.roll(8) > 0).then(|| Retention {
            keep_last: dice.maybe(|it| u32::try_from(it.roll(4) + 1).unwrap()),
            max_age_ms: dice.maybe(|it| it.roll(4_000_000)),
            idle_ms: dice.maybe(|it| it.roll(1_000_000)),
            max_disk_bytes: dice.maybe(|it| it.roll(1000)),
            pull_requests: dice.maybe(|_| "pr-".to_owned()),
            min_age_ms: dice.roll(1_000_000),
            when: Upkeep::Manual,
        })
    }

    fn any_version(&mut self) -> Version {
        let number = self.dice.roll(8);
        let kind = ["v", "pr-"][usize::try_from(number % 2).unwrap()];
        version(&format!("{kind}{number}"))
    }

    fn act(&mut self) {
        self.now = self.now.plus_millis(self.dice.roll(400_000));
        let name = self.any_version();
        match self.dice.roll(20) {
            0..6 => self.deploy(&name),
            6 => drop(self.stacks.remove(&name)),
            7 => drop(self.dead.insert(name)),
            8 => drop(self.dead.remove(&name)),
            9 => self.policy = self.any_policy(),
            10 => self.step(&Event::Tick),
            11 => self.step(&removed(name)),
            kind => {
                let command = self.any_command(kind, name);
                let by = "ann".to_owned();
                self.step(&Event::Command { command, by });
            }
        }
    }

    fn any_command(&mut self, kind: u64, version: Version) -> Command {
        let insist = Insist {
            force: self.dice.roll(2) == 0,
            supersede: self.dice.roll(2) == 0,
        };
        match kind {
            12..15 => Command::Promote {
                version,
                weight: self.dice.maybe(|it| Weight::new(it.roll(101)).unwrap()),
                insist,
            },
            15 | 16 => Command::Switch { insist },
            17 => Command::Rollback,
            18 => match self.dice.roll(6) {
                0 => Command::Evict,
                1 => Command::Abort,
                2 => Command::Finish,
                3 => Command::Unfreeze,
                4 => Command::Hold,
                _ => Command::Freeze {
                    why: String::new(),
                    until: None,
                },
            },
            _ => Command::Retire {
                version,
                removal: self.dice.maybe(|_| Removal::default()),
                insist,
            },
        }
    }

    fn deploy(&mut self, name: &Version) {
        let created = self.now.as_millis() / 1000;
        let mut made = stack(name.as_str(), created);
        made.frees_bytes = self.dice.maybe(|it| it.roll(300));
        made.last_request = self
            .dice
            .maybe(|it| Timestamp::from_millis(created * 1000 + it.roll(900_000)));
        made.guarded = (self.dice.roll(10) == 0).then(|| "not certain".to_owned());
        match self.stacks.get_mut(name) {
            // another replica
            Some(old) => old.youngest = created,
            None => drop(self.stacks.insert(name.clone(), made)),
        }
    }

    fn view(&self) -> View {
        let health = |stack: &StackFacts| {
            let healthy = u32::from(!self.dead.contains(&stack.version));
            StackHealth {
                expected: 1,
                healthy,
                sufficient: healthy == 1,
                created: stack.created,
                ..StackHealth::default()
            }
        };
        let stacks = self.stacks.values();
        View {
            stacks: stacks
                .map(|stack| (stack.version.clone(), health(stack)))
                .collect(),
            made: self
                .stacks
                .values()
                .map(|stack| (stack.version.clone(), made(stack)))
                .collect(),
            current: true,
            applied_until: Some(self.now),
            ..View::default()
        }
    }

    /// Who was live and is not any more, drains.
    fn step(&mut self, event: &Event) {
        let Ok(next) = step(&self.record, event, &self.view(), self.now) else {
            return;
        };
        for slot in Slot::ALL {
            let Some(left) = self.record.slots.get(slot).map(|it| &it.version) else {
                continue;
            };
            if next.record.slot_of(left).is_none()
                && let Some(stack) = self.stacks.get_mut(left)
            {
                stack.draining_until = Some(self.now.plus_millis(DRAIN_MS));
            }
        }
        self.record = next.record;
    }

    fn facts(&mut self) -> Facts {
        let env = EnvFacts {
            key: key("whoami"),
            record: self.record.clone(),
            policy: self.policy.clone(),
            stacks: self.stacks.values().cloned().collect(),
        };
        let mut other = env.clone();
        other.key = key("api");
        other.record = Record::default();
        Facts {
            now: self.now,
            envs: vec![env, other],
            disk_bytes: self.dice.maybe(|it| it.roll(2000)),
            open: self.dice.maybe(|it| BTreeSet::from([it.roll(8)])),
        }
    }

    /// Looks at the plan, and sometimes carries it out; gives how many went.
    fn check(&mut self, context: &str) -> u64 {
        let facts = self.facts();
        let verdicts = plan(&facts);
        assert_eq!(
            verdicts.len(),
            facts.envs.iter().map(|env| env.stacks.len()).sum::<usize>(),
            "{context}: one verdict for each stack"
        );
        for verdict in &verdicts {
            if let Fate::Goes(cause) = &verdict.fate
                && verdict.key == facts.envs[0].key
            {
                let used = self.is_used(&verdict.version);
                assert_eq!(used, None, "{context}: {} {cause}", verdict.version);
            }
        }
        assert_eq!(plan(&self.shuffled(facts)), verdicts, "{context}: order");
        if self.dice.roll(3) > 0 {
            return 0;
        }
        let goes = verdicts
            .into_iter()
            .filter(|it| it.key == key("whoami") && matches!(it.fate, Fate::Goes(_)));
        goes.map(|verdict| self.collect(&verdict.version, context))
            .sum()
    }

    /// The same in other words than the plan's own.
    fn is_used(&self, version: &Version) -> Option<&'static str> {
        let Record {
            slots,
            previous,
            frozen,
            retired,
            ..
        } = &self.record;
        let stack = &self.stacks[version];
        let is_in = |slot| slots.get(slot).is_some_and(|it| it.version == *version);
        let made = stack.created.max(stack.youngest) * 1000;
        let young = self.policy.as_ref().map_or(600_000, |it| it.min_age_ms);
        let removed = retired
            .get(version)
            .is_some_and(|it| it.removal.is_some() && stack.created <= it.made_until);
        let answers = [
            (Slot::ALL.into_iter().any(is_in), "in a slot"),
            (previous.as_ref() == Some(version), "previous"),
            (frozen.is_some(), "frozen"),
            (stack.guarded.is_some(), "guarded"),
            (stack.draining_until > Some(self.now), "draining"),
            (made + young > self.now.as_millis(), "young"),
            (removed, "being removed"),
        ];
        answers.into_iter().find(|(is, _)| *is).map(|(_, why)| why)
    }

    fn shuffled(&mut self, mut facts: Facts) -> Facts {
        facts.envs.reverse();
        for env in &mut facts.envs {
            for at in (1..env.stacks.len()).rev() {
                let other = self.dice.roll(u64::try_from(at).unwrap() + 1);
                env.stacks.swap(at, usize::try_from(other).unwrap());
            }
        }
        facts
    }

    /// As the reconciler does it: withdrawn, and later gone.
    fn collect(&mut self, version: &Version, context: &str) -> u64 {
        let (active, previous) = (
            self.record.active_version().cloned(),
            self.record.previous.clone(),
        );
        let command = Command::Retire {
            version: version.clone(),
            removal: Some(Removal::default()),
            insist: Insist::NONE,
        };
        let by = "pointsman".to_owned();
        let event = Event::Command { command, by };
        let next = step(&self.record, &event, &self.view(), self.now);
        let next = next.unwrap_or_else(|refusal| panic!("{context}: {version}: {refusal}"));
        assert_eq!(next.displaced, None, "{context}: {version} was in no slot");
        self.record = next.record;
        assert_eq!(
            (self.record.active_version(), &self.record.previous),
            (active.as_ref(), &previous),
            "{context}: {version} was nobody's"
        );
        if self.dice.roll(2) == 0 {
            self.stacks.remove(version);
            self.step(&removed(version.clone()));
        }
        1
    }
}
