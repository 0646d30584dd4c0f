//! Pointsman beside what it is measured against: Traefik's own providers and a bare server, on one fake Engine.
//!
//! `make bench` runs all of it at full size and publishes the figures; `make test` runs one small round. Only what must
//! hold at any speed is asserted; how fast things are is for the tables.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod applied;
#[cfg(test)]
mod cold;
#[cfg(test)]
#[path = "../e2e/support/mod.rs"]
#[expect(dead_code, reason = "the end-to-end tests use more of it")]
mod e2e;
#[cfg(test)]
mod first_body;
#[cfg(test)]
mod flips;
#[cfg(test)]
mod footprint;
#[cfg(test)]
mod nothing_new;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod support;
