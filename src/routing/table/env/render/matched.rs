//! Requests that go to the other slot's version whatever its share is: those with a certain header or cookie.
//!
//! Beside each live router stands a second one, just above it, that asks for them as well. One is made for routers
//! whose service the version does not have, too: so among those requests the routers keep their order.

use crate::routing::ids::Version;
use crate::routing::plan::Match;
use crate::routing::traefik::any::AnyRouter;
use crate::routing::traefik::rule::Rule;
use crate::routing::traefik::{Protocol, Section};

use super::super::stack::ServiceRef;
use super::Output;
use super::router::{Audience, Making};

/// The highest priority that Traefik lets routers have; those above are its own.
const HIGHEST: i64 = i64::MAX - 1000;

/// Which requests, and whose they are.
pub(super) struct Matched<'a> {
    pub(super) version: &'a Version,
    rule: Rule,
}

impl<'a> Output<'a> {
    /// Who is asked for by a header or a cookie: nobody while the env is closed, or without a server.
    pub(super) fn match_requests(&mut self) -> Option<Matched<'a>> {
        let env = self.env;
        let version = env.rollout.other_version()?;
        let stack = env.stack(Some(version))?;
        let serves = stack.services.keys().any(|at| stack.serves(at));
        if !serves || env.rollout.maintenance.is_some() {
            return None;
        }
        let step = env.shift().and_then(|(_, shift)| shift.current());
        let matches = step.into_iter().flat_map(|step| &step.matches);
        let matches = matches.chain(&env.record.staged_access);
        let mut rules = Vec::new();
        for matched in matches {
            match matcher(matched) {
                Ok(rule) => rules.push(rule),
                Err(why) => self.report("match-unusable", why),
            }
        }
        let rule = Rule::any(rules)?;
        Some(Matched { version, rule })
    }

    /// The router above a live one.
    pub(super) fn above(
        &mut self,
        making: &Making<'_>,
        (name, live): (&str, &AnyRouter),
        rule: Option<&Rule>,
    ) {
        let (Some(matched), Some(rule)) = (&self.matched, rule) else {
            return;
        };
        if making.protocol() != Protocol::Http {
            return;
        }
        let own = self.matched_service(matched.version, &making.router.service);
        let service = match (own, making.audience) {
            (Some(own), _) => own,
            (None, Audience::All) => live.service().unwrap_or_default().to_owned(),
            (None, Audience::Matched) => return,
        };
        let Some(priority) = live.priority().filter(|priority| *priority < HIGHEST) else {
            let message = format!(
                "router {name} has the highest priority that there is: requests that are meant for {} follow their share; lower it",
                matched.version
            );
            return self.report("match-unusable", message);
        };
        let rule = Rule::And(vec![rule.clone(), matched.rule.clone()]).to_string();
        let mut above = live.clone();
        let fields = above.fields();
        *fields.service = Some(service.clone());
        if let Some(matching) = fields.matching {
            *matching.rule = Some(rule);
            *matching.priority = Some(priority + 1);
        }
        let needs = if service.contains('@') {
            Vec::new()
        } else {
            vec![service]
        };
        self.push(Section::HttpRouters, format!("{name}-match"), &above, needs);
    }

    /// The version's own service, when it has one with a server.
    fn matched_service(&self, version: &Version, service: &ServiceRef) -> Option<String> {
        let ServiceRef::Local(service) = service else {
            return None;
        };
        let at = (Protocol::Http, service.clone());
        let serves = self.env.stack(Some(version))?.serves(&at);
        serves.then(|| self.child_name(service, version))
    }
}

/// The matcher for exactly this value; why not, when no request can have it.
fn matcher(matched: &Match) -> Result<Rule, String> {
    let (kind, name, value) = match matched {
        Match::Header { name, value } => ("header", name, value),
        Match::Cookie { name, value } => ("cookie", name, value),
    };
    let refuse = |why: &str| Err(format!("the match of {kind} {name:?} is left out: {why}"));
    if name.is_empty() || !name.bytes().all(is_token) {
        return refuse("that is no name of one");
    }
    if value.is_empty() || value.trim() != value || value.chars().any(char::is_control) {
        return refuse("a value is not empty, has no control characters, and no blanks around it");
    }
    match matched {
        // Go keeps it elsewhere
        Match::Header { .. } if name.eq_ignore_ascii_case("host") => {
            refuse("the host is not matched as a header")
        }
        Match::Header { .. } if value.contains('`') => {
            Ok(expression(name, &format!("^{}$", quoted(value))))
        }
        Match::Header { .. } => Ok(two("Header", name, value)),
        Match::Cookie { .. } if value.contains(';') => refuse("a cookie's value ends at a ;"),
        Match::Cookie { .. } => {
            let (name, value) = (quoted(name), quoted(value));
            let one = format!("(?:^|;[ \\t]*){name}={value}[ \\t]*(?:;|$)");
            Ok(expression("Cookie", &one))
        }
    }
}

fn expression(header: &str, expression: &str) -> Rule {
    two("HeaderRegexp", header, expression)
}

fn two(matcher: &str, first: &str, second: &str) -> Rule {
    Rule::Matcher {
        name: matcher.to_owned(),
        args: vec![first.to_owned(), second.to_owned()],
    }
}

/// A text that stands for itself in an expression, and can stand between backquotes.
fn quoted(text: &str) -> String {
    regex::escape(text).replace('`', "\\x60")
}

/// A byte of a header's or a cookie's name.
const fn is_token(byte: u8) -> bool {
    matches!(byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'|' | b'~'
        | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
}
