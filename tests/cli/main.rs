//! The command line as a black box: the real binary, its exact output and exit codes.
//!
//! The daemon here is a fake that records requests and replies what each test gives it, built from
//! `pointsman::api` types; what the real server does with such requests is tested with the server.

#[cfg(test)]
mod check;
#[cfg(test)]
mod context;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod env;
#[cfg(test)]
mod events;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod state;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transitions;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod verify;
