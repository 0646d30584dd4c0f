//! The fullest documents that can be written, against one Traefik after the other.
//!
//! Ignored by default, so that they never pass without a Traefik: `make matrix` fetches the releases and runs all;
//! `make test` runs what is there already. `POINTSMAN_TRAEFIKS` is a folder that holds `VERSION/traefik`.

#[cfg(test)]
mod accepted;
#[cfg(test)]
mod fullest;
#[cfg(test)]
mod objects;
#[cfg(test)]
#[path = "../e2e/support/ports.rs"]
mod ports;
#[cfg(test)]
mod served;
#[cfg(test)]
mod table;
#[cfg(test)]
mod traefik;
