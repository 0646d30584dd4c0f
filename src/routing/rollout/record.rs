//! The durable record of one env's slots: intent only. Health and effective weights are derived from it.

use thiserror::Error;

use crate::routing::ids::{Slot, Version};
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
}

/// Live traffic being shared between the active slot and the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The other slot's intended share.
    pub weight: Weight,
    /// Whether it has begun.
    pub phase: Phase,
}

/// Whether a shift has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Held until the candidate is ready; given up at the deadline. Effective weight 0.
    Pending {
        /// When it is given up.
        deadline: Timestamp,
    },
    /// The candidate has been ready once and takes its share.
    Running,
}

/// A share of traffic in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u8);

/// A weight outside 0 to 100.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("weight {given:?} must be a whole number from 0 to 100, with or without a percent sign")]
pub struct WeightError {
    /// What was given.
    pub given: String,
}

impl Weight {
    /// All traffic.
    pub const FULL: Self = Self(100);

    /// From a number.
    pub fn new(percent: u64) -> Result<Self, WeightError> {
        u8::try_from(percent)
            .ok()
            .filter(|percent| *percent <= 100)
            .map(Self)
            .ok_or_else(|| WeightError {
                given: percent.to_string(),
            })
    }

    /// From `25` or `25%`.
    pub fn parse(text: &str) -> Result<Self, WeightError> {
        let digits = text.strip_suffix('%').unwrap_or(text);
        let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| all_digits);
        number
            .and_then(|percent| Self::new(percent).ok())
            .ok_or_else(|| WeightError {
                given: text.to_owned(),
            })
    }

    /// 0 to 100.
    pub const fn percent(self) -> u8 {
        self.0
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

    /// Does anything hold the env: a filled slot.
    pub const fn is_filled(&self) -> bool {
        self.slots.blue.is_some() || self.slots.green.is_some()
    }

    /// `empty`, `steady` or `shifting`.
    pub const fn state(&self) -> &'static str {
        match (self.active, self.shift) {
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
        if self.active_version().is_some() && self.active_version() == self.previous.as_ref() {
            return Err("the previous version is the active one");
        }
        Ok(())
    }
}
