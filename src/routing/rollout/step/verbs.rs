//! What operators ask for, beside the shares of a shift.

use crate::routing::ids::{Slot, Version};
use crate::routing::plan::Weight;

use super::super::{
    Cause, Closure, Freeze, Insist, Maintenance, Placed, Refusal, Removal, Retired, Until, What,
};
use super::{Machine, Step};

impl Machine<'_> {
    pub(super) fn promote(
        &self,
        version: &Version,
        weight: Option<Weight>,
        insist: Insist,
        by: &str,
    ) -> Result<Step, Refusal> {
        if insist.supersede && self.supersedes(version) {
            let aborted = self.aborted(Cause::Asked);
            if self.old.active_version() == Some(version) {
                return Ok(aborted);
            }
            let plain = Insist {
                supersede: false,
                ..insist
            };
            return self.after(&aborted).promote(version, weight, plain, by);
        }
        match weight {
            None => self.place(version),
            Some(weight) => self.share(version, weight, insist, by),
        }
    }

    /// Is a shift in the way that is not to this version.
    fn supersedes(&self, version: &Version) -> bool {
        self.old.shift.is_some() && self.old.other_version() != Some(version)
    }

    fn place(&self, version: &Version) -> Result<Step, Refusal> {
        if self.old.other_version() == Some(version) {
            return Ok(self.unchanged());
        }
        self.refuse_active(version)?;
        self.refuse_shift()?;
        self.refuse_stale(version)?;
        let unknown = || Refusal::UnknownVersion {
            version: version.clone(),
        };
        self.view.stack(version).ok_or_else(unknown)?;
        if self.is_retired(version) {
            return Err(Refusal::Retired {
                version: version.clone(),
            });
        }
        Ok(self.placed(version))
    }

    fn share(
        &self,
        version: &Version,
        weight: Weight,
        insist: Insist,
        by: &str,
    ) -> Result<Step, Refusal> {
        if self.old.active.is_none() {
            return Err(Refusal::NoActive);
        }
        let step = self.place(version)?;
        self.refuse_frozen()?;
        if !insist.force {
            self.after(&step).refuse_failed(version)?;
        }
        Ok(self.weighed(step, weight, by))
    }

    pub(super) fn switch(&self, insist: Insist) -> Result<Step, Refusal> {
        if self.old.shift.is_some() {
            return self.finish();
        }
        let candidate = self.old.other_version().ok_or(Refusal::NothingStaged)?;
        self.refuse_frozen()?;
        // not refused while Docker is away: the containers may well run, and a person asks for it
        self.require_ready(candidate)?;
        if !insist.force {
            self.refuse_failed(candidate)?;
        }
        self.direct()
    }

    pub(super) fn rollback(&self) -> Result<Step, Refusal> {
        if self.old.shift.is_some() && self.active_alive() {
            return Ok(self.aborted(Cause::Asked));
        }
        let target = match self.rollback_target() {
            // nobody is served by the shift, so ending it harms nobody; and nothing else could end it
            Err(_) if self.old.shift.is_some() && !self.candidate_serves() => {
                return Ok(self.aborted(Cause::Asked));
            }
            found => found?,
        };
        let mut step = match self.old.slot_of(&target) {
            Some(_) => self.unchanged(),
            None => self.placed(&target),
        };
        step = self.committed(step);
        step.what = What::RolledBack;
        Ok(step)
    }

    /// The previous version, alive.
    fn rollback_target(&self) -> Result<Version, Refusal> {
        match &self.old.previous {
            Some(version) if self.view.is_alive(version) => Ok(version.clone()),
            Some(version) => Err(Refusal::PreviousDown {
                version: version.clone(),
            }),
            None => Err(self
                .old
                .shift
                .as_ref()
                .and_then(|_| self.old.active_version())
                .map_or(Refusal::NoPrevious, |active| Refusal::PreviousDown {
                    version: active.clone(),
                })),
        }
    }

    pub(super) fn evict(&self) -> Result<Step, Refusal> {
        self.refuse_shift()?;
        if self.old.other_version().is_none() {
            return Ok(self.unchanged());
        }
        let mut step = self.unchanged();
        let evicted = step.record.slots.set(self.old.other_slot(), None);
        step.displaced = evicted.map(|placed| placed.version);
        step.what = What::Evicted;
        Ok(step)
    }

    pub(super) fn freeze(
        &self,
        by: &str,
        why: &str,
        until: Option<Until>,
    ) -> Result<Step, Refusal> {
        let until = until.map(|until| match until {
            Until::At(at) => at,
            Until::After(millis) => self.now.plus_millis(millis),
        });
        if self.is_over(until) {
            return Err(Refusal::AlreadyOver);
        }
        Ok(self.with(What::Frozen, |record| {
            record.frozen = Some(Freeze {
                by: by.to_owned(),
                why: why.to_owned(),
                until,
            });
        }))
    }

    pub(super) fn unfreeze(&self) -> Step {
        if self.old.frozen.is_none() {
            return self.unchanged();
        }
        self.with(What::Unfrozen, |record| record.frozen = None)
    }

    pub(super) fn maintenance(&self, closure: Option<&Closure>, by: &str) -> Step {
        match closure {
            Some(closure) => self.with(What::Closed, |record| {
                record.maintenance = Some(Maintenance {
                    by: by.to_owned(),
                    message: closure.message.clone(),
                    retry_after_s: closure.retry_after_s,
                });
            }),
            None if self.old.maintenance.is_none() => self.unchanged(),
            None => self.with(What::Opened, |record| record.maintenance = None),
        }
    }

    /// Out of its slot, out of the previews, and no longer the way back.
    pub(super) fn retire(
        &self,
        (version, removal): (&Version, Option<Removal>),
        insist: Insist,
        by: &str,
    ) -> Result<Step, Refusal> {
        if self.is_retired(version) {
            return Ok(self.removing(version, removal));
        }
        let slot = self.old.slot_of(version);
        let made = self.view.made.get(version);
        if slot.is_none() && self.view.stack(version).is_none() && made.is_none() {
            return Err(Refusal::UnknownVersion {
                version: version.clone(),
            });
        }
        if slot.is_some() {
            self.refuse_shift()?;
        }
        let is_active = slot.is_some() && slot == self.old.active;
        if is_active && !insist.force {
            return Err(Refusal::StillActive {
                version: version.clone(),
            });
        }
        let made_until = made.map_or(0, |made| made.newest);
        let under_way = self.old.removal(version);
        // what was asked for before stays asked for: also when the newer containers only are withdrawn
        let removal = match removal {
            Some(new) => Some(new.after(under_way, made_until)),
            None => under_way.cloned(),
        };
        Ok(self.with(What::Retired, |record| {
            if let Some(slot) = slot {
                record.slots.set(slot, None);
            }
            record.active = record.active.filter(|_| !is_active);
            record.previous = record.previous.take().filter(|it| it != version);
            let retired = Retired {
                by: by.to_owned(),
                at: self.now,
                made_until,
                removal,
            };
            record.retired.insert(version.clone(), retired);
        }))
    }

    /// A withdrawn version is to be removed, too; what was asked for before stays asked for.
    fn removing(&self, version: &Version, removal: Option<Removal>) -> Step {
        let (Some(new), Some(retired)) = (removal, self.old.retired.get(version)) else {
            return self.unchanged();
        };
        let old = retired.removal.as_ref();
        let new = new.after(old, retired.made_until);
        let words = |it: &Removal| (it.volumes, it.keep_images, it.made_until);
        if old.is_some_and(|old| words(old) == words(&new)) {
            return self.unchanged();
        }
        self.with(What::Retired, |record| {
            if let Some(retired) = record.retired.get_mut(version) {
                retired.removal = Some(new);
            }
        })
    }

    /// Its removal is over. Containers that were withdrawn after those that went stay withdrawn.
    pub(super) fn removed(&self, version: &Version, what: &str) -> Step {
        let retired = self.old.retired.get(version);
        let Some((retired, removal)) = retired.and_then(|it| Some((it, it.removal.as_ref()?)))
        else {
            return self.unchanged();
        };
        let is_all = removal.made_until >= retired.made_until;
        self.with(What::Removed(what.to_owned()), |record| {
            if is_all {
                record.retired.remove(version);
            } else if let Some(retired) = record.retired.get_mut(version) {
                retired.removal = None;
            }
        })
    }

    /// The other slot filled with `version`.
    fn placed(&self, version: &Version) -> Step {
        let mut step = self.unchanged();
        let placed = Placed {
            version: version.clone(),
            placed_generation: self.old.generation.saturating_add(1),
            failed: None,
        };
        let slot: Slot = self.old.other_slot();
        let displaced = step.record.slots.set(slot, Some(placed));
        step.displaced = displaced.map(|placed| placed.version);
        step.record.retired.remove(version);
        step.record.shift = None;
        step.what = What::Placed;
        step
    }

    /// Active and other exchanged.
    pub(super) fn committed(&self, mut step: Step) -> Step {
        step.record.previous = self.old.active_version().cloned();
        step.record.active = Some(step.record.other_slot());
        step.record.shift = None;
        step.what = What::Switched;
        step
    }
}
