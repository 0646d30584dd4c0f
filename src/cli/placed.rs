//! Where a version is before a verb moves it: who names the version moves that one and no other.
//!
//! The generation that was looked at goes with the command, so nobody can come between look and move.

use crate::api::{CommandAnswer, Slots, Status};
use crate::routing::ids::{Slot, Version};

use super::client::Request;
use super::failure::{Failure, Outcome};
use super::session::{EnvArgs, Session};
use super::{exit, output};

/// An env at one generation.
pub(super) struct Placed<'a> {
    env: &'a EnvArgs,
    status: Status,
}

impl<'a> Placed<'a> {
    /// Asks the daemon.
    pub(super) fn look(session: &Session, env: &'a EnvArgs) -> Result<Self, Failure> {
        let status = session.send(env, &Request::get(env.path()))?.decode()?;
        Ok(Self { env, status })
    }

    /// What was looked at.
    pub(super) const fn generation(&self) -> u64 {
        self.status.generation
    }

    /// It has the live host, and nothing is on its way.
    pub(super) fn is_live(&self, version: &Version) -> bool {
        self.has_live_host(version) && self.status.shift.is_none()
    }

    /// It has the live host.
    pub(super) fn has_live_host(&self, version: &Version) -> bool {
        self.live() == Some(version)
    }

    /// It is what `switch` would make live.
    pub(super) fn is_staged(&self, version: &Version) -> bool {
        self.staged() == Some(version)
    }

    /// Says that a version is live, as the verb would that makes it so.
    pub(super) fn tell_live(self, session: &Session, version: &Version) -> Outcome {
        if !session.format.is_json() {
            output::print(&format!("{}: {version} is live already", self.env))?;
            return Ok(exit::DONE);
        }
        let answer = CommandAnswer {
            generation: self.status.generation,
            revision: self.status.revision.clone().unwrap_or_default(),
            status: self.status,
            displaced: None,
            applied: None,
            document: None,
        };
        let answer = serde_json::to_string(&answer);
        output::print_json(&answer.map_err(|error| Failure::unexpected(error.to_string()))?)?;
        Ok(exit::DONE)
    }

    /// It is not where it should be.
    pub(super) fn refused(&self, version: &Version, wanted: &str) -> Failure {
        let name = |version: Option<&Version>| match version {
            Some(version) => version.to_string(),
            None => "nothing".to_owned(),
        };
        let (live, staged) = (name(self.live()), name(self.staged()));
        let message = format!(
            "{}: {version} is not {wanted}: {live} is live, {staged} is staged",
            self.env
        );
        let (app, env) = (&self.env.app, &self.env.env);
        Failure::new(exit::REFUSED, message).next(format!(
            "nothing was changed; `pointsman history {app} {env}` shows who moved what"
        ))
    }

    fn live(&self) -> Option<&Version> {
        version(&self.status.slots, self.status.active?)
    }

    fn staged(&self) -> Option<&Version> {
        let slots = &self.status.slots;
        match self.status.active {
            Some(active) => version(slots, active.other()),
            None => version(slots, Slot::Blue).or_else(|| version(slots, Slot::Green)),
        }
    }
}

fn version(slots: &Slots, slot: Slot) -> Option<&Version> {
    let placed = match slot {
        Slot::Blue => slots.blue.as_ref(),
        Slot::Green => slots.green.as_ref(),
    };
    placed.map(|placed| &placed.version)
}
