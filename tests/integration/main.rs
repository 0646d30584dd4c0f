//! Black-box tests in one binary: the stations and listeners of the crate, against fakes that misbehave as the real
//! ones do.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod description;
#[cfg(test)]
mod docker_client;
#[cfg(test)]
mod docker_leaving;
#[cfg(test)]
mod docker_networks;
#[cfg(test)]
mod docker_real;
#[cfg(test)]
mod docker_real_leaving;
#[cfg(test)]
mod docker_removal;
#[cfg(test)]
mod docker_watch;
#[cfg(test)]
mod events;
#[cfg(test)]
mod gc;
#[cfg(test)]
mod history;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod support;
#[cfg(test)]
mod traefik;
#[cfg(test)]
mod traefik_versions;
