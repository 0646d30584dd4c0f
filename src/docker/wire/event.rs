//! `GET /events`: what happened to whom.
//!
//! Only Type, Action and Actor.ID are trusted: a container's labels are poured into the same attribute map as the
//! daemon's own values and win, so a label named `exitCode` or `signal` is indistinguishable from the truth. Two
//! attributes are read: `container` of *network* events, which only causes a second look, and `signal` of `kill`, which
//! counts only for a container that has no label of that name.

use serde::Deserialize;

use crate::docker::signal::Signal;

use super::lenient::{number, or_default, text};

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::docker) struct Event {
    #[serde(rename = "Type", deserialize_with = "text")]
    kind: String,
    #[serde(rename = "Action", deserialize_with = "text")]
    action: String,
    #[serde(rename = "Actor", deserialize_with = "or_default")]
    actor: Actor,
    /// Nanoseconds since the epoch; 0 when it does not say.
    #[serde(rename = "timeNano", deserialize_with = "number")]
    time_nano: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Actor {
    #[serde(rename = "ID", deserialize_with = "text")]
    id: String,
    #[serde(rename = "Attributes", deserialize_with = "or_default")]
    attributes: Attributes,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Attributes {
    #[serde(deserialize_with = "text")]
    container: String,
    #[serde(deserialize_with = "text")]
    signal: String,
}

/// What an event says, reduced to what we act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::docker) enum Kind {
    /// The container runs, perhaps with another address.
    Started,
    /// Its process ended.
    Died,
    /// It is gone.
    Destroyed,
    /// It was paused.
    Paused,
    /// It goes on.
    Unpaused,
    /// It got a signal; a label named `signal` can say this.
    Signalled(Signal),
    /// Its health check changed its mind; the word as Docker writes it.
    Health(String),
    /// It was connected to this network.
    Joined(String),
    /// It was disconnected from this network.
    Left(String),
    /// Something else that a list may show: created, renamed, or an action newer than we are.
    Other,
}

/// Actions after which a list shows nothing new.
const IGNORED: [&str; 13] = [
    "stop",
    "restart",
    "update",
    "oom",
    "top",
    "attach",
    "detach",
    "resize",
    "copy",
    "archive-path",
    "extract-to-dir",
    "export",
    "commit",
];

impl Event {
    /// When it was, in nanoseconds of the daemon's clock.
    pub(in crate::docker) fn at_ns(&self) -> Option<i64> {
        i64::try_from(self.time_nano).ok().filter(|at| *at > 0)
    }

    /// The container it is about, and what it says. `None`: nothing to us.
    pub(in crate::docker) fn into_kind(self) -> Option<(String, Kind)> {
        let (id, kind) = match self.kind.as_str() {
            "container" => {
                let kind = if self.action == "kill" {
                    Kind::Signalled(Signal::parse(&self.actor.attributes.signal)?)
                } else {
                    container_kind(&self.action)?
                };
                (self.actor.id, kind)
            }
            "network" => {
                let network = self.actor.id;
                let kind = match self.action.as_str() {
                    "connect" => Kind::Joined(network),
                    "disconnect" => Kind::Left(network),
                    _ => return None,
                };
                (self.actor.attributes.container, kind)
            }
            _ => return None,
        };
        (!id.is_empty()).then_some((id, kind))
    }
}

fn container_kind(action: &str) -> Option<Kind> {
    if let Some(word) = action.strip_prefix("health_status") {
        let word = word.trim_start_matches(':').trim();
        return Some(Kind::Health(word.to_owned()));
    }
    if action.starts_with("exec_") || IGNORED.contains(&action) {
        return None;
    }
    Some(match action {
        "start" => Kind::Started,
        // the second is Podman's word
        "die" | "died" => Kind::Died,
        "destroy" | "remove" => Kind::Destroyed,
        "pause" => Kind::Paused,
        "unpause" => Kind::Unpaused,
        _ => Kind::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<(String, Kind)> {
        serde_json::from_str::<Event>(text).unwrap().into_kind()
    }

    #[test]
    fn labels_cannot_speak_for_the_daemon() {
        let spoofed = r#"{"Type":"container","Action":"start","Actor":{"ID":"a",
            "Attributes":{"exitCode":"1","signal":"9","container":"b","Action":"die"}}}"#;
        assert_eq!(
            kind(spoofed),
            Some(("a".to_owned(), Kind::Started)),
            "only Type, Action, Actor.ID"
        );
    }

    #[test]
    fn words_of_docker_and_podman_are_known() {
        let cases = [
            ("die", Some(Kind::Died)),
            ("died", Some(Kind::Died)),
            ("destroy", Some(Kind::Destroyed)),
            (
                "health_status: healthy",
                Some(Kind::Health("healthy".to_owned())),
            ),
            ("health_status", Some(Kind::Health(String::new()))),
            ("exec_create: /bin/sh -c die", None),
            // without a signal: Podman
            ("kill", None),
            ("create", Some(Kind::Other)),
            ("teleport", Some(Kind::Other)),
        ];
        for (action, expected) in cases {
            let text =
                format!(r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"a"}}}}"#);
            assert_eq!(kind(&text).map(|(_, kind)| kind), expected, "{action}");
        }
    }

    #[test]
    fn a_kill_says_which_signal() {
        for (signal, expected) in [
            ("\"15\"", Some(Signal::TERM)),
            ("9", Some(Signal::KILL)),
            ("\"SIGTERM\"", Some(Signal::TERM)),
            ("\"many\"", None),
            ("{}", None),
        ] {
            let text = format!(
                r#"{{"Type":"container","Action":"kill","Actor":{{"ID":"a","Attributes":{{"signal":{signal}}}}}}}"#
            );
            let signalled = expected.map(|signal| ("a".to_owned(), Kind::Signalled(signal)));
            assert_eq!(kind(&text), signalled, "{signal}");
        }
    }

    #[test]
    fn an_event_says_when_it_was() {
        let at = |text: &str| serde_json::from_str::<Event>(text).unwrap().at_ns();
        assert_eq!(
            at(r#"{"timeNano":1795296292123456789}"#),
            Some(1_795_296_292_123_456_789),
            "exactly"
        );
        for odd in [
            "{}",
            r#"{"timeNano":null}"#,
            r#"{"timeNano":-1}"#,
            r#"{"timeNano":18446744073709551615}"#,
        ] {
            assert_eq!(at(odd), None, "{odd}");
        }
    }

    #[test]
    fn network_events_name_the_container_in_an_attribute() {
        let text = |action| {
            format!(
                r#"{{"Type":"network","Action":"{action}","Actor":{{"ID":"n","Attributes":{{"container":"c"}}}}}}"#
            )
        };
        assert_eq!(
            kind(&text("connect")),
            Some(("c".to_owned(), Kind::Joined("n".to_owned()))),
            "connect"
        );
        assert_eq!(
            kind(&text("disconnect")),
            Some(("c".to_owned(), Kind::Left("n".to_owned()))),
            "disconnect"
        );
        assert_eq!(
            kind(&text("destroy")),
            None,
            "the network itself is nothing to a container"
        );
    }

    #[test]
    fn unknown_and_odd_events_are_nothing() {
        for text in [
            "{}",
            r#"{"Type":"volume","Action":"mount","Actor":{"ID":"v"}}"#,
            r#"{"Type":"quantum","Action":1,"Actor":null}"#,
            r#"{"Type":"container","Action":"die","Actor":{"ID":null,"Attributes":null}}"#,
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }
}
