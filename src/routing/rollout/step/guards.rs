//! What must hold before something moves. A move is guarded by the health of its target, never of its origin.

use crate::routing::ids::Version;
use crate::routing::plan::Plan;

use super::super::{Hold, Placed, Refusal};
use super::{DEAD_CANDIDATE_GRACE_MS, Machine};

impl Machine<'_> {
    pub(super) fn refuse_active(&self, version: &Version) -> Result<(), Refusal> {
        if self.old.active_version() == Some(version) {
            return Err(Refusal::AlreadyActive {
                version: version.clone(),
            });
        }
        Ok(())
    }

    pub(super) fn refuse_shift(&self) -> Result<(), Refusal> {
        match (
            &self.old.shift,
            self.old.active_version(),
            self.old.other_version(),
        ) {
            (Some(_), Some(from), Some(to)) => Err(Refusal::Shifting {
                from: from.clone(),
                to: to.clone(),
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn refuse_frozen(&self) -> Result<(), Refusal> {
        match &self.old.frozen {
            Some(freeze) if !self.is_over(freeze.until) => Err(Refusal::Frozen {
                by: freeze.by.clone(),
                why: freeze.why.clone(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn refuse_stale(&self, version: &Version) -> Result<(), Refusal> {
        if self.view.current {
            return Ok(());
        }
        Err(Refusal::DockerAway {
            version: version.clone(),
        })
    }

    pub(super) fn is_over(&self, until: Option<crate::routing::time::Timestamp>) -> bool {
        until.is_some_and(|until| self.now >= until)
    }

    /// What failed as it is now is not tried again without a person's insistence.
    pub(super) fn refuse_failed(&self, version: &Version) -> Result<(), Refusal> {
        let slot = self.old.slot_of(version);
        let placed: Option<&Placed> = slot.and_then(|slot| self.old.slots.get(slot));
        match placed.and_then(|placed| placed.failed.as_ref()) {
            Some(failed) if failed.incarnation == self.view.incarnation(version) => {
                Err(Refusal::Failed {
                    version: version.clone(),
                    why: failed.why.clone(),
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A withdrawn version whose containers are still the old ones.
    pub(super) fn is_retired(&self, version: &Version) -> bool {
        let made = self.view.made.get(version);
        self.old.is_retired(version, made.map(|made| made.created))
    }

    pub(super) fn require_hooks(&self, plan: &Plan) -> Result<(), Refusal> {
        let known = &self.view.policy.hooks;
        match plan
            .hooks()
            .find(|name| !known.iter().any(|hook| hook == name))
        {
            Some(name) => Err(Refusal::UnknownHook {
                name: name.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Enough healthy servers, for long enough. The first version of an env need not wait.
    pub(super) fn require_ready(&self, version: &Version) -> Result<(), Refusal> {
        let refuse = |reason: String, ready_at| Refusal::NotReady {
            version: version.clone(),
            reason,
            ready_at,
        };
        let stack = self
            .view
            .stack(version)
            .ok_or_else(|| refuse("it has no routed containers".to_owned(), None))?;
        if !stack.sufficient {
            return Err(refuse(stack.reason.clone(), None));
        }
        if self.old.active.is_some() && stack.settled_at > self.now {
            let seconds = stack.settled_at.millis_since(self.now).div_ceil(1000);
            let reason = format!("healthy, but for {seconds} s less than the minimum time");
            return Err(refuse(reason, Some(stack.settled_at)));
        }
        Ok(())
    }

    pub(super) fn candidate_ready(&self) -> bool {
        let candidate = self.old.other_version();
        candidate.is_some_and(|version| self.require_ready(version).is_ok())
    }

    pub(super) fn active_alive(&self) -> bool {
        let active = self.old.active_version();
        active.is_some_and(|version| self.view.is_alive(version))
    }

    pub(super) fn candidate_alive(&self) -> bool {
        let candidate = self.old.other_version();
        candidate.is_some_and(|version| self.view.is_alive(version))
    }

    /// Does the candidate answer live requests now.
    pub(super) fn candidate_serves(&self) -> bool {
        let shift = self.old.shift.as_ref();
        shift.is_some_and(|shift| shift.has_begun() && shift.weight.percent() > 0)
            && self.candidate_alive()
    }

    /// Dead for longer than the grace, while the active version lives.
    pub(super) fn candidate_is_lost(&self) -> bool {
        let candidate = self.old.other_version();
        let dead = candidate
            .and_then(|version| self.view.stack(version))
            .and_then(|stack| stack.down_since)
            .is_some_and(|since| self.now.millis_since(since) >= DEAD_CANDIDATE_GRACE_MS);
        dead && self.active_alive()
    }

    /// What stands in the way of a shift's next step, and goes away by itself.
    pub(super) fn obstacle(&self) -> Option<Hold> {
        let obstacles = [
            (self.refuse_frozen().is_err(), Hold::Frozen),
            (!self.view.current, Hold::DockerStale),
            (self.view.applied_until.is_none(), Hold::ProxyStale),
            (!self.active_alive(), Hold::StableDead),
            (!self.candidate_alive(), Hold::CandidateDead),
        ];
        obstacles
            .into_iter()
            .find_map(|(stands, hold)| stands.then_some(hold))
    }
}
