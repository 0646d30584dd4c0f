//! The Engine's container to ours: the only file that knows both.
//!
//! What changes by itself (uptime text, order of ports) is left behind here, so that two equal results mean that
//! nothing happened. An address is given only while the container can own one: a stopped container's address
//! stays in the list on some versions, and may already belong to another application.

use std::net::IpAddr;

use crate::routing::ids::ContainerId;
use crate::routing::model::{Container, Endpoint, Health, Port, State};

use super::signal::Signal;
use super::wire::{Inspected, Listed, ListedEndpoint, ListedPort};

/// `None` for what has no id.
pub(super) fn container(listed: Listed) -> Option<Container> {
    let id = container_id(&listed.id)?;
    let state = state(&listed.state);
    Some(Container {
        id,
        name: name(&listed.names),
        created: listed.created,
        state,
        health: health(&listed),
        network_mode: listed.host_config.network_mode,
        networks: listed
            .network_settings
            .networks
            .into_iter()
            .map(|(name, listed)| (name, endpoint(listed, state)))
            .collect(),
        ports: ports(&listed.ports),
        // no list shows it: events do
        leaving: None,
        image: listed.image_id,
        labels: listed.labels.into(),
    })
}

/// An id as the Engine wrote it; an empty one names nothing.
pub(super) fn container_id(text: &str) -> Option<ContainerId> {
    if text.is_empty() {
        return None;
    }
    ContainerId::parse(text).ok()
}

/// What a health word means; `None` when it is not one.
pub(super) fn health_word(word: &str) -> Option<Health> {
    match word {
        "healthy" => Some(Health::Healthy),
        "unhealthy" => Some(Health::Unhealthy),
        "starting" => Some(Health::Starting),
        "none" => Some(Health::None),
        _ => None,
    }
}

fn state(word: &str) -> State {
    match word {
        "running" => State::Running,
        "paused" => State::Paused,
        "restarting" => State::Restarting,
        // the last two are Podman's
        "exited" | "dead" | "removing" | "stopped" | "stopping" => State::Exited,
        _ => State::Created,
    }
}

/// The container's own name has one slash; links add names with more.
fn name(names: &[String]) -> String {
    let bare = |name: &String| name.strip_prefix('/').unwrap_or(name).to_owned();
    let mut bare_names = names.iter().map(bare);
    let first = bare_names.clone().next().unwrap_or_default();
    bare_names.find(|name| !name.contains('/')).unwrap_or(first)
}

/// The list's own field where there is one (API 1.52), else the word in the status text.
fn health(listed: &Listed) -> Health {
    let field = listed.health.as_ref();
    if let Some(health) = field.and_then(|health| health_word(&health.status)) {
        return health;
    }
    let words = [
        ("(healthy)", Health::Healthy),
        ("(unhealthy)", Health::Unhealthy),
        ("(health: starting)", Health::Starting),
        // Podman
        ("(starting)", Health::Starting),
    ];
    let found = words
        .into_iter()
        .find(|(word, _)| listed.status.contains(word));
    found.map_or(Health::None, |(_, health)| health)
}

fn endpoint(listed: ListedEndpoint, state: State) -> Endpoint {
    let address = address(&listed.ip_address).or_else(|| address(&listed.global_ipv6_address));
    Endpoint {
        network_id: listed.network_id,
        address: address.filter(|_| matches!(state, State::Running | State::Paused)),
    }
}

/// How a container is stopped, and since when it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stopping {
    pub signal: Signal,
    pub grace_ms: u64,
    /// As Docker writes it; another text is another start.
    pub started_at: String,
}

/// Docker's own stop time-out.
pub(super) const DEFAULT_GRACE_MS: u64 = 10_000;
/// What waits for ever, and what is longer, counts as this.
const LONGEST_GRACE_MS: u64 = 24 * 3600 * 1000;

/// What says nothing, or nothing that is understood, is Docker's default.
pub(super) fn stopping(inspected: Inspected) -> Stopping {
    let Inspected { config, state, .. } = inspected;
    let grace_ms = match config.stop_timeout.parse::<i64>() {
        Ok(seconds) => {
            u64::try_from(seconds).map_or(LONGEST_GRACE_MS, |seconds| seconds.saturating_mul(1000))
        }
        Err(_no_number) => DEFAULT_GRACE_MS,
    };
    Stopping {
        signal: Signal::parse(&config.stop_signal).unwrap_or(Signal::TERM),
        grace_ms: grace_ms.min(LONGEST_GRACE_MS),
        started_at: state.started_at,
    }
}

/// Longest part of a health check's output that is told, in characters.
const LONGEST_OUTPUT: usize = 300;

/// What the last run of a failing health check said, on one line; `None` when it does not fail.
pub(super) fn complaint(inspected: &Inspected) -> Option<String> {
    let health = &inspected.state.health;
    if health_word(&health.status) != Some(Health::Unhealthy) {
        return None;
    }
    let words = health.log.last()?.output.split_whitespace();
    let line = words.collect::<Vec<_>>().join(" ");
    let skipped = line.chars().count().saturating_sub(LONGEST_OUTPUT);
    // the end of an output says what went wrong
    let end: String = line
        .chars()
        .skip(skipped)
        .filter(|c| !c.is_control())
        .collect();
    (!end.is_empty()).then_some(end)
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .filter(|address: &IpAddr| !address.is_unspecified())
}

/// Docker lists them in hash order.
fn ports(listed: &[ListedPort]) -> Vec<Port> {
    let mut ports: Vec<Port> = listed.iter().filter_map(port).collect();
    ports.sort_by_key(|port| (port.private, port.public, port.host_ip));
    ports.dedup();
    ports
}

fn port(listed: &ListedPort) -> Option<Port> {
    Some(Port {
        private: u16::try_from(listed.private_port)
            .ok()
            .filter(|port| *port > 0)?,
        public: u16::try_from(listed.public_port)
            .ok()
            .filter(|port| *port > 0),
        host_ip: listed.ip.parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Container {
        container(serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn a_container_of_api_1_41_is_read() {
        let seen = read(
            r#"{"Id":"a8","Names":["/other/link","/web-1"],"Created":1795296292,"State":"running",
            "Status":"Up 3 seconds (healthy)","Labels":{"k":"v"},"HostConfig":{"NetworkMode":"m-net"},
            "Ports":[{"PrivatePort":90,"Type":"udp"},{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},
                     {"PrivatePort":90,"Type":"tcp"}],
            "NetworkSettings":{"Networks":{"m-net":{"NetworkID":"c7","IPAddress":"172.18.0.2","GlobalIPv6Address":""},
                                           "six":{"NetworkID":"c8","IPAddress":"","GlobalIPv6Address":"fd00::2"},
                                           "none-yet":{"NetworkID":"c9","IPAddress":""}}}}"#,
        );
        let address = |network: &str| seen.networks[network].address.map(|ip| ip.to_string());
        assert_eq!(seen.name, "web-1", "the name without links");
        assert_eq!(
            (seen.state, seen.health),
            (State::Running, Health::Healthy),
            "state and health"
        );
        assert_eq!(address("m-net").as_deref(), Some("172.18.0.2"), "IPv4");
        assert_eq!(
            address("six").as_deref(),
            Some("fd00::2"),
            "global IPv6 when there is no IPv4"
        );
        assert_eq!(address("none-yet"), None, "an empty address is none");
        let ports: Vec<_> = seen
            .ports
            .iter()
            .map(|port| (port.private, port.public))
            .collect();
        assert_eq!(
            ports,
            [(80, Some(8080)), (90, None)],
            "sorted, without duplicates"
        );
    }

    #[test]
    fn a_stopped_container_owns_no_address() {
        for (word, owns) in [
            ("running", true),
            ("paused", true),
            ("exited", false),
            ("restarting", false),
            ("created", false),
            ("new", false),
        ] {
            let text = format!(
                r#"{{"Id":"a","State":"{word}","NetworkSettings":{{"Networks":{{"n":{{"IPAddress":"172.18.0.2"}}}}}}}}"#
            );
            assert_eq!(read(&text).networks["n"].address.is_some(), owns, "{word}");
        }
    }

    #[test]
    fn health_is_read_from_the_field_else_from_the_text() {
        let cases = [
            (r#""Status":"Up 1 minute""#, Health::None),
            (
                r#""Status":"Up 1 minute (health: starting)""#,
                Health::Starting,
            ),
            (r#""Status":"Up 1 minute (unhealthy)""#, Health::Unhealthy),
            (
                r#""Status":"Up 1 minute (healthy)","Health":{"Status":"unhealthy"}"#,
                Health::Unhealthy,
            ),
            (
                r#""Status":"Up 1 minute (healthy)","Health":{"Status":"sleepy"}"#,
                Health::Healthy,
            ),
            (
                r#""Status":"Up 1 second (Paused)","Health":{"Status":"none"}"#,
                Health::None,
            ),
        ];
        for (fields, expected) in cases {
            let text = format!(r#"{{"Id":"a","State":"running",{fields}}}"#);
            assert_eq!(read(&text).health, expected, "{fields}");
        }
    }

    #[test]
    fn what_an_inspect_leaves_out_is_dockers_default() {
        let stopping = |config: &str| {
            let text = format!(r#"{{"State":{{"StartedAt":"t"}},"Config":{config}}}"#);
            let read = stopping(serde_json::from_str(&text).unwrap());
            (read.signal.to_string(), read.grace_ms)
        };
        let cases = [
            ("null", "SIGTERM", 10_000),
            ("{}", "SIGTERM", 10_000),
            (
                r#"{"StopSignal":"SIGQUIT","StopTimeout":3}"#,
                "SIGQUIT",
                3_000,
            ),
            (r#"{"StopSignal":"28","StopTimeout":0}"#, "SIGWINCH", 0),
            (r#"{"StopTimeout":-1}"#, "SIGTERM", LONGEST_GRACE_MS),
            (
                r#"{"StopTimeout":9223372036854775807}"#,
                "SIGTERM",
                LONGEST_GRACE_MS,
            ),
            (
                r#"{"StopSignal":"loud","StopTimeout":[]}"#,
                "SIGTERM",
                10_000,
            ),
        ];
        for (config, signal, grace_ms) in cases {
            assert_eq!(stopping(config), (signal.to_owned(), grace_ms), "{config}");
        }
    }

    #[test]
    fn a_failing_check_is_heard_by_its_last_words() {
        let complaint = |health: &str| {
            let text = format!(r#"{{"State":{{"Health":{health}}}}}"#);
            complaint(&serde_json::from_str(&text).unwrap())
        };
        let runs = r#""Log":[{"Output":"old"},{"Output":"  no\n\u001b[2Jdatabase \n"}]"#;
        let said = complaint(&format!(r#"{{"Status":"unhealthy",{runs}}}"#));
        assert_eq!(
            said.as_deref(),
            Some("no [2Jdatabase"),
            "the newest, on one line"
        );
        assert_eq!(
            complaint(&format!(r#"{{"Status":"healthy",{runs}}}"#)),
            None,
            "it is well"
        );
        for odd in ["null", "{}", r#"{"Status":"unhealthy","Log":null}"#] {
            assert_eq!(complaint(odd), None, "{odd}");
        }
        let wordy = format!(
            r#"{{"Status":"unhealthy","Log":[{{"Output":"{}end"}}]}}"#,
            "x".repeat(4_000)
        );
        let said = complaint(&wordy).unwrap();
        assert_eq!(
            (said.chars().count(), said.ends_with("end")),
            (300, true),
            "its end"
        );
    }

    #[test]
    fn unknown_states_do_not_run() {
        assert_eq!(
            read(r#"{"Id":"a","State":"levitating"}"#).state,
            State::Created,
            "not routable"
        );
        assert_eq!(
            read(r#"{"Id":"a","State":"stopping"}"#).state,
            State::Exited,
            "Podman's"
        );
        assert!(
            container(Listed::default()).is_none(),
            "nothing without an id"
        );
    }
}
