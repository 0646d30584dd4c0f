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

#[cfg(test)]
fn known(fields: Vec<corpus::table::Field>) -> Vec<corpus::table::Field> {
    fields
        .into_iter()
        .filter(|field| field.protocol == "http")
        .collect()
}
