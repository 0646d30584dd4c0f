//! The variables of an action, and those it may refer to.

use super::super::lexer::Token;
use super::super::tree::Assignment;

/// What an action may refer to.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Variables that are declared, `$` apart.
    pub(super) variables: Vec<String>,
    /// How many blocks around may have another dot than the root.
    pub(super) moved: usize,
}

/// What a pipeline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be printed, or kept in a variable.
    Print,
    /// To be tested.
    Condition,
    /// To be gone through: two variables are possible.
    Range,
}

/// Variables, how they take the value, and the tokens after them.
type Declared<'s, 't> = (Vec<String>, Assignment, &'s [Token<'t>]);

/// `$x :=`, `$x =`, or `$k, $v :=` at the beginning.
pub(super) fn variables<'s, 't>(
    tokens: &'s [Token<'t>],
    scope: &Scope,
    purpose: Purpose,
) -> Result<Declared<'s, 't>, String> {
    let mut names = Vec::new();
    let mut rest = tokens;
    while let [Token::Variable(name), after @ ..] = skip_space(rest) {
        names.push((*name).to_owned());
        let [sign, after @ ..] = skip_space(after) else {
            break;
        };
        let assignment = if *sign == Token::Comma {
            if purpose != Purpose::Range || names.len() > 1 {
                return Err("two variables can only be taken by a range".to_owned());
            }
            rest = after;
            continue;
        } else if *sign == Token::Declare {
            Assignment::Declare
        } else if *sign == Token::Set {
            Assignment::Set
        } else {
            break;
        };
        let unknown = names.iter().find(|name| !scope.knows(name));
        return match unknown.filter(|_| assignment == Assignment::Set) {
            Some(name) => Err(undeclared(name)),
            None => Ok((names, assignment, after)),
        };
    }
    if names.len() > 1 {
        return Err("after the variables of a range stands := or =".to_owned());
    }
    Ok((Vec::new(), Assignment::Declare, tokens))
}

pub(super) fn undeclared(name: &str) -> String {
    format!("{name} is not declared here: {name} := declares it, up to the end of the block")
}

fn skip_space<'s, 't>(tokens: &'s [Token<'t>]) -> &'s [Token<'t>] {
    match tokens {
        [Token::Space, rest @ ..] => rest,
        _ => tokens,
    }
}

impl Scope {
    /// Is it declared.
    pub(super) fn knows(&self, variable: &str) -> bool {
        variable == "$" || self.variables.iter().any(|known| known == variable)
    }
}
