//! Black-box tests: one binary, one module per interface.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod support;
#[cfg(test)]
mod traefik;
