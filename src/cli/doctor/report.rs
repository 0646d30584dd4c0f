//! What came of it: findings, and what could not be looked at.

use serde::Serialize;

use super::code::Code;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) code: Code,
    /// What it is about: a host, a container, a folder.
    pub(super) subject: String,
    /// What is wrong.
    pub(super) message: String,
    /// What follows from it.
    pub(super) meaning: &'static str,
    /// The line to change.
    pub(super) remedy: String,
}

/// One thing that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Unchecked {
    pub(super) what: String,
    pub(super) why: String,
}

/// All of it; also what is printed with `--json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
    pub(super) unchecked: Vec<Unchecked>,
}

impl Report {
    /// Something is wrong.
    pub(super) fn find(
        &mut self,
        code: Code,
        subject: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings.push(Finding {
            code,
            subject: subject.into(),
            message: message.into(),
            meaning: code.meaning(),
            remedy: remedy.into(),
        });
    }

    /// Something is not known.
    pub(super) fn skip(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.unchecked.push(Unchecked {
            what: what.into(),
            why: why.into(),
        });
    }

    /// What is known; notes what is not.
    pub(super) fn known<'a, T>(
        &mut self,
        what: &str,
        fact: &'a super::facts::Known<T>,
    ) -> Option<&'a T> {
        match fact {
            Ok(known) => Some(known),
            Err(why) => {
                self.skip(what, why);
                None
            }
        }
    }
}
