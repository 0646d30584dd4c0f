//! What the documents say of the code: names that must exist, verbs, and links.

#[cfg(test)]
mod links;
#[cfg(test)]
mod monitoring;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod verbs;
#[cfg(test)]
mod workflows;
