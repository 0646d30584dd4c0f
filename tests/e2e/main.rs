//! The promises of the whole, against the real Docker Engine and the real Traefik.
//!
//! Ignored by default, so that they never pass without the two. `make test` runs them, or, after `scripts/setup.sh`:
//! `. scripts/env.sh; POINTSMAN_E2E=1 cargo nextest run --run-ignored all --test e2e`. Pointsman and Traefik are
//! processes of this host, except in `attachment` and `networks`; the sample app runs in containers. Everything that is started
//! carries a label of its own, and is removed afterwards and before. One test runs at a time.

#[cfg(test)]
mod address_pools;
#[cfg(test)]
mod attachment;
#[cfg(test)]
mod beside;
#[cfg(test)]
mod check;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod drops;
#[cfg(test)]
mod engine_faults;
#[cfg(test)]
mod engine_restarts;
#[cfg(test)]
mod farewell;
#[cfg(test)]
mod https;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod language;
#[cfg(test)]
mod latency;
#[cfg(test)]
mod leaving;
#[cfg(test)]
mod networks;
#[cfg(test)]
mod nobody_home;
#[cfg(test)]
mod own_checks;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod poison;
#[cfg(test)]
mod previews;
#[cfg(test)]
mod ramp;
#[cfg(test)]
mod restarts;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod standing_in;
#[cfg(test)]
mod support;
#[cfg(test)]
mod switching;
#[cfg(test)]
mod unmanaged;
#[cfg(test)]
mod verify;
#[cfg(test)]
mod weights;
