//! The durable record of one env's slots: intent only. Health and effective weights are derived from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::routing::ids::{Incarnation, Slot, Version};
use crate::routing::plan::{Gate, Plan, PlanStep, Weight};
use crate::routing::time::Timestamp;

/// Slots, pointers and a running shift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Grows by one with each accepted transition; `If-Match` compares it.
    pub generation: u64,
    /// Who is in which slot.
    pub slots: Slots,
    /// The slot that has the live host.
    pub active: Option<Slot>,
    /// Live traffic on its way to the other slot.
    pub shift: Option<Shift>,
    /// The version that was active before; what `rollback` returns to.
    pub previous: Option<Version>,
    /// Whether changes are forbidden.
    pub frozen: Option<Freeze>,
    /// Whether the live host answers 503.
    pub maintenance: Option<Maintenance>,
    /// Versions withdrawn from routing, until their containers are gone.
    pub retired: BTreeMap<Version, Retired>,
}

/// The two places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    /// Blue.
    pub blue: Option<Placed>,
    /// Green.
    pub green: Option<Placed>,
}

/// A version in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which.
    pub version: Version,
    /// The generation that put it there.
    pub placed_generation: u64,
    /// What it was made of when its shift was ended by itself; it is not tried again by itself.
    pub failed: Option<Failed>,
}

/// A version that failed as a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What it was made of.
    pub incarnation: Option<Incarnation>,
    /// What happened.
    pub why: String,
}

/// Live traffic on its way from the active slot to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The steps that it takes.
    pub plan: Plan,
    /// Which of them it is at, counted from 0.
    pub step: usize,
    /// The other slot's intended share.
    pub weight: Weight,
    /// What the candidate was made of when the shift began; made of something else it begins again.
    pub incarnation: Option<Incarnation>,
    /// When shares last changed.
    pub entered_at: Timestamp,
    /// Whether it has begun, and whether its clock runs.
    pub phase: Phase,
    /// The generation that began it; what hooks say about another shift is not heard.
    pub started_generation: u64,
}

/// Whether a shift has begun, and whether its clock runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Held until the candidate is ready; given up at the deadline. Effective weight 0.
    Pending {
        /// When it is given up.
        deadline: Timestamp,
    },
    /// The candidate takes its share, and the step's clock runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// The candidate takes its share, and the clock stands.
    Held(Hold),
}

/// Why a shift's clock stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Somebody asked for it.
    User {
        /// Who.
        by: String,
    },
    /// The step's gate is a person's `resume`.
    Gate,
    /// The step's hook has been asked.
    Hook {
        /// Which.
        name: String,
    },
    /// The step's hook said no, or nothing.
    Refused {
        /// Which hook.
        name: String,
        /// What it said.
        why: String,
    },
    /// The gate did not open in time.
    Overdue,
    /// All changes are forbidden.
    Frozen,
    /// The candidate has no healthy server.
    CandidateDead,
    /// The active version has no healthy server.
    StableDead,
    /// Docker does not answer, so health is not known.
    DockerStale,
    /// No proxy asks for the document.
    ProxyStale,
    /// The daemon has just started.
    Restart,
}

impl Hold {
    /// Its stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Gate => "gate",
            Self::Hook { .. } => "hook",
            Self::Refused { .. } => "hook-refused",
            Self::Overdue => "inconclusive",
            Self::Frozen => "frozen",
            Self::CandidateDead => "candidate-dead",
            Self::StableDead => "stable-dead",
            Self::DockerStale => "docker-stale",
            Self::ProxyStale => "proxy-stale",
            Self::Restart => "restart",
        }
    }

    /// Does it end by itself when its cause is gone.
    pub const fn is_automatic(&self) -> bool {
        match self {
            Self::User { .. }
            | Self::Gate
            | Self::Hook { .. }
            | Self::Refused { .. }
            | Self::Overdue => false,
            Self::Frozen
            | Self::CandidateDead
            | Self::StableDead
            | Self::DockerStale
            | Self::ProxyStale
            | Self::Restart => true,
        }
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { by } => write!(f, "{by} asked for it; `resume` goes on"),
            Self::Gate => f.write_str("the plan waits for a person here; `resume` goes on"),
            Self::Hook { name } => write!(f, "hook {name} has not answered yet"),
            Self::Refused { name, why } => write!(
                f,
                "hook {name} said no: {why}; `resume` goes on anyway, `abort` goes back"
            ),
            Self::Overdue => f.write_str(
                "the step took longer than its max_dwell; `resume` goes on, `abort` goes back",
            ),
            Self::Frozen => f.write_str("the env is frozen"),
            Self::CandidateDead => f.write_str("the candidate has no healthy server"),
            Self::StableDead => f.write_str(
                "the active version has no healthy server, so the candidate has all of the traffic",
            ),
            Self::DockerStale => f.write_str("Docker does not answer, so health is not known"),
            Self::ProxyStale => {
                f.write_str("no Traefik asks for the document, so nobody would follow")
            }
            Self::Restart => f.write_str("pointsman has just started"),
        }
    }
}

/// Nothing is to change until somebody lifts it; going back is always allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// Who asked for it.
    pub by: String,
    /// What for.
    pub why: String,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

/// The live host answers 503, whatever the slots hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// Who asked for it.
    pub by: String,
    /// What visitors are told.
    pub message: String,
    /// When they should come again, in seconds.
    pub retry_after_s: u32,
}

/// A version that was taken out of service for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Who asked for it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// When the newest of its containers was made, in seconds since the epoch; 0 when there was none. Containers made
    /// later are a new deployment. Docker's clock, as theirs: ours may be another.
    pub made_until: u64,
    /// What is removed after it is out of service; `None` leaves its containers alone.
    pub removal: Option<Removal>,
}

/// What is removed of a version. Its containers and its compose project's networks are, in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// Its named volumes, too.
    pub volumes: bool,
    /// Not its images, although nothing else uses them.
    pub keep_images: bool,
    /// Its compose project when it was let go.
    pub project: Option<String>,
    /// Ids of the images that it was made from then: once its containers are gone, nothing else tells.
    pub images: BTreeSet<String>,
    /// When the newest of the containers that go was made, by Docker's clock. Those that were withdrawn later, and are
    /// not to be removed, are newer.
    pub made_until: u64,
}

impl Removal {
    /// The same, of containers made until then, and of what an older one has begun: some of it may be gone, and only
    /// the older one knows.
    pub(super) fn after(mut self, older: Option<&Self>, made_until: u64) -> Self {
        self.made_until = made_until;
        if let Some(older) = older {
            self.project = older.project.clone().or(self.project);
            self.images.extend(older.images.iter().cloned());
        }
        self
    }
}

impl Slots {
    /// Who is in a slot.
    pub const fn get(&self, slot: Slot) -> Option<&Placed> {
        match slot {
            Slot::Blue => self.blue.as_ref(),
            Slot::Green => self.green.as_ref(),
        }
    }

    /// Puts something (or nothing) into a slot and gives what was there.
    pub fn set(&mut self, slot: Slot, placed: Option<Placed>) -> Option<Placed> {
        let place = match slot {
            Slot::Blue => &mut self.blue,
            Slot::Green => &mut self.green,
        };
        std::mem::replace(place, placed)
    }
}

impl Shift {
    /// The step that it is at.
    pub fn current(&self) -> Option<&PlanStep> {
        self.plan.step(self.step)
    }

    /// When its clock lets it go on, if that takes time and nothing else stands in the way. A share that stays has
    /// no clock.
    pub fn next_at(&self) -> Option<Timestamp> {
        let step = self.current().filter(|_| !self.plan.stays())?;
        let Phase::Running { since } = self.phase else {
            return None;
        };
        let wait = match step.gate {
            Gate::After(millis) => millis.max(step.min_dwell_ms),
            Gate::None | Gate::Manual | Gate::Hook(_) => step.min_dwell_ms,
        };
        // without a dwell it is not time that moves it
        (wait > 0).then(|| since.plus_millis(wait))
    }

    /// Is it at a step that ends it as soon as the candidate is ready: nothing is measured or asked on the way.
    pub fn commits_at_once(&self) -> bool {
        self.current().is_some_and(|step| {
            step.weight == Weight::FULL && step.min_dwell_ms == 0 && step.gate == Gate::None
        })
    }

    /// Has the candidate been ready, so that it takes its share.
    pub const fn has_begun(&self) -> bool {
        match self.phase {
            Phase::Pending { .. } => false,
            Phase::Running { .. } | Phase::Held(_) => true,
        }
    }
}

impl Record {
    /// The slot that `promote` fills and `switch` makes live: beside the active one; while nothing is
    /// active, the one slot that holds something, else blue.
    pub fn other_slot(&self) -> Slot {
        match self.active {
            Some(active) => active.other(),
            None if self.slots.green.is_some() => Slot::Green,
            None => Slot::Blue,
        }
    }

    /// The version with the live host.
    pub fn active_version(&self) -> Option<&Version> {
        self.active
            .and_then(|slot| self.slots.get(slot))
            .map(|placed| &placed.version)
    }

    /// The version in the other slot: staged, standby or candidate.
    pub fn other_version(&self) -> Option<&Version> {
        self.slots
            .get(self.other_slot())
            .map(|placed| &placed.version)
    }

    /// The slot a version is in.
    pub fn slot_of(&self, version: &Version) -> Option<Slot> {
        Slot::ALL
            .into_iter()
            .find(|slot| self.slots.get(*slot).is_some_and(|p| p.version == *version))
    }

    /// Is a version withdrawn, given when the oldest container of its deployment was made, in seconds since the epoch;
    /// `None` without containers. Containers made after it was withdrawn are a new deployment.
    pub fn is_retired(&self, version: &Version, created: Option<u64>) -> bool {
        self.retired
            .get(version)
            .is_some_and(|retired| created.is_none_or(|created| created <= retired.made_until))
    }

    /// What is being removed of a version.
    pub fn removal(&self, version: &Version) -> Option<&Removal> {
        self.retired.get(version)?.removal.as_ref()
    }

    /// Is any version being removed.
    pub fn is_removing(&self) -> bool {
        let mut retired = self.retired.values();
        retired.any(|retired| retired.removal.is_some())
    }

    /// Does anything hold the env: a filled slot.
    pub const fn is_filled(&self) -> bool {
        self.slots.blue.is_some() || self.slots.green.is_some()
    }

    /// Can time or health move it by themselves.
    pub fn is_restless(&self) -> bool {
        let thaws = |freeze: &Freeze| freeze.until.is_some();
        self.shift.is_some() || self.frozen.as_ref().is_some_and(thaws) || !self.retired.is_empty()
    }

    /// Does its next step depend on what the proxies have.
    pub fn waits_for_proxies(&self) -> bool {
        self.shift.as_ref().is_some_and(|shift| {
            let waits = match &shift.phase {
                Phase::Pending { .. } => false,
                Phase::Running { .. } => true,
                Phase::Held(hold) => hold.is_automatic(),
            };
            waits && !shift.plan.stays()
        })
    }

    /// `empty`, `steady` or `shifting`.
    pub const fn state(&self) -> &'static str {
        match (self.active, &self.shift) {
            (None, _) => "empty",
            (Some(_), None) => "steady",
            (Some(_), Some(_)) => "shifting",
        }
    }

    /// What must hold after every step; the first breach in words.
    pub fn check_invariants(&self) -> Result<(), &'static str> {
        if self.active.is_some() && self.active_version().is_none() {
            return Err("the active slot is empty");
        }
        if self.active.is_none() && self.slots.blue.is_some() && self.slots.green.is_some() {
            return Err("two staged versions and none active");
        }
        if self.shift.is_some() && (self.active.is_none() || self.other_version().is_none()) {
            return Err("a shift needs an active version and a candidate");
        }
        if self.active.is_some() && self.active_version() == self.other_version() {
            return Err("one version in both slots");
        }
        let retired = |slot| {
            self.slots
                .get(slot)
                .is_some_and(|placed| self.retired.contains_key(&placed.version))
        };
        if Slot::ALL.into_iter().any(retired) {
            return Err("a slot holds a retired version");
        }
        if let Some(shift) = &self.shift
            && shift.plan.step(shift.step).is_none()
        {
            return Err("the shift is at a step that its plan does not have");
        }
        if self.active_version().is_some() && self.active_version() == self.previous.as_ref() {
            return Err("the previous version is the active one");
        }
        Ok(())
    }
}
