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
        let rule = Rule::any(matches.map(matcher).collect())?;
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

/// Asks for exactly this value. A match is checked when it is written down: it can stand between backquotes.
fn matcher(matched: &Match) -> Rule {
    match matched {
        Match::Header { name, value } => two("Header", name, value),
        Match::Cookie { name, value } => {
            let (name, value) = (regex::escape(name), regex::escape(value));
            let one = format!("(?:^|;[ \\t]*){name}={value}[ \\t]*(?:;|$)");
            two("HeaderRegexp", "Cookie", &one)
        }
    }
}

fn two(matcher: &str, first: &str, second: &str) -> Rule {
    Rule::Matcher {
        name: matcher.to_owned(),
        args: vec![first.to_owned(), second.to_owned()],
    }
}
