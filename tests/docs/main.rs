//! What the documents say of the code: names that must exist.

#[cfg(test)]
mod monitoring;
#[cfg(test)]
mod scenarios;
