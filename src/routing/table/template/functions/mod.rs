//! The functions of templates: Go's own, Sprig's as far as rules use them, and Traefik's `normalize`.
//!
//! A function takes its arguments one by one from [`Args`], which tells when one is of the wrong sort. The order of
//! arguments is Sprig's: what is worked on comes last, so that it can come through a pipe.

mod args;
mod format;
mod lists;
mod logic;
mod maps;
mod numbers;
mod regexps;
mod texts;

use std::fmt;

use super::tree::Operand;
use super::value::{Fault, Value};
pub(super) use args::Args;

type Body = for<'a> fn(Args<'a>) -> Result<Value<'a>, Fault>;

/// A function.
pub(super) struct Function {
    name: &'static str,
    fewest: usize,
    most: usize,
    /// Work besides its arguments.
    pub(super) cost: usize,
    body: Body,
}

/// For functions that take any number.
const ANY: usize = usize::MAX;

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const fn function(name: &'static str, (fewest, most): (usize, usize), body: Body) -> Function {
    Function {
        name,
        fewest,
        most,
        cost: 1,
        body,
    }
}

const ALL: [&[Function]; 7] = [
    logic::FUNCTIONS,
    texts::FUNCTIONS,
    format::FUNCTIONS,
    lists::FUNCTIONS,
    maps::FUNCTIONS,
    numbers::FUNCTIONS,
    regexps::FUNCTIONS,
];

/// The function of a name.
pub(super) fn find(name: &str) -> Result<&'static Function, String> {
    let all = || ALL.into_iter().flatten();
    all().find(|function| function.name == name).ok_or_else(|| {
        let mut known: Vec<&str> = all().map(|function| function.name).collect();
        known.sort_unstable();
        format!(
            "there is no function {name}: there are {}",
            known.join(", ")
        )
    })
}

impl Function {
    /// Is it given as many arguments as it takes, with so many through a pipe.
    pub(super) fn check(&self, arguments: &[Operand], piped: usize) -> Result<(), String> {
        let count = arguments.len() + piped;
        if !(self.fewest..=self.most).contains(&count) {
            let takes = match (self.fewest, self.most) {
                (fewest, ANY) => format!("{fewest} or more"),
                (fewest, most) if fewest == most => fewest.to_string(),
                (fewest, most) => format!("{fewest} to {most}"),
            };
            return Err(format!(
                "{} takes {takes} arguments, not {count}",
                self.name
            ));
        }
        match (self.name, arguments.first()) {
            ("printf", Some(Operand::Text(text))) => format::check(text),
            _ => Ok(()),
        }
    }

    /// Does it end with this argument, without a look at the others: `and`, `or`.
    pub(super) fn ends_at(&self, argument: &Value<'_>) -> bool {
        match self.name {
            "and" => !argument.truth(),
            "or" => argument.truth(),
            _ => false,
        }
    }

    /// Calls it.
    pub(super) fn call<'a>(&self, arguments: Args<'a>) -> Result<Value<'a>, Fault> {
        (self.body)(arguments).map_err(|fault| Fault::new(format!("{}: {fault}", self.name)))
    }
}

/// All names, for tests.
#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    ALL.into_iter()
        .flatten()
        .map(|function| function.name)
        .collect()
}
