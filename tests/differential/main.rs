//! Pointsman against Traefik's own Docker provider, on the same fake Engine.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod minimise;
#[cfg(test)]
mod panics;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tally;
