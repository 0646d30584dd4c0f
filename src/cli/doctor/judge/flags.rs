//! Traefik's own flags: do they fit to what polls and switches need.

use std::time::Duration;

use crate::api::{Reads, Settings};
use crate::cli::doctor::code::Code;
use crate::cli::doctor::facts::TraefikContainer;
use crate::cli::doctor::options::Options;
use crate::cli::doctor::report::Report;
use crate::go_duration;

/// What Traefik does without flags.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
const POLL_TIMEOUT: Duration = Duration::from_secs(5);
const THROTTLE: Duration = Duration::from_secs(2);
/// Above these a switch is not what it could be.
const LONG_INTERVAL: Duration = Duration::from_secs(2);
const LONG_THROTTLE: Duration = Duration::from_millis(500);

/// One Traefik.
struct Look<'a> {
    subject: String,
    options: &'a Options,
    settings: &'a Settings,
}

pub(super) fn judge(traefik: &TraefikContainer, settings: &Settings, report: &mut Report) {
    let subject = format!("container {}", traefik.looked.glimpse.name);
    let what = format!("flags of {subject}");
    let Some(options) = report.known(&what, &traefik.options) else {
        return;
    };
    let look = Look {
        subject,
        options,
        settings,
    };
    look.poll(report);
    look.throttle(report);
    look.api(report);
    look.beside(report);
}

impl Look<'_> {
    fn poll(&self, report: &mut Report) {
        let Some(endpoint) = self.options.get("providers.http.endpoint") else {
            report.find(
                Code::NoTraefik,
                &self.subject,
                "it has no providers.http.endpoint",
                "--providers.http.endpoint=http://HOST:9000/config?wait=450ms",
            );
            return;
        };
        self.name(endpoint, report);
        let interval = self.options.duration("providers.http.pollinterval");
        let interval = interval.unwrap_or(POLL_INTERVAL);
        if interval > LONG_INTERVAL {
            report.find(
                Code::PollSlow,
                &self.subject,
                format!("it polls every {interval:?}"),
                "--providers.http.pollInterval=500ms",
            );
        }
        match wait(endpoint) {
            Some(wait) => self.hold(wait.min(self.longest()), interval, report),
            None => report.find(
                Code::HoldMissing,
                &self.subject,
                format!("its endpoint {endpoint} has no wait"),
                format!("--providers.http.endpoint={endpoint}?wait=450ms"),
            ),
        }
    }

    fn longest(&self) -> Duration {
        Duration::from_millis(self.settings.max_hold_ms)
    }

    fn hold(&self, hold: Duration, interval: Duration, report: &mut Report) {
        let timeout = self.options.duration("providers.http.polltimeout");
        let timeout = timeout.unwrap_or(POLL_TIMEOUT);
        // a timeout of 0 is none
        if hold >= timeout && !timeout.is_zero() {
            report.find(
                Code::HoldBeyondTimeout,
                &self.subject,
                format!("answers are held {hold:?}, and it waits {timeout:?} for one"),
                "--providers.http.endpoint=http://HOST:9000/config?wait=450ms, or --max-hold=4s",
            );
        } else if hold >= interval && self.settings.traefik_container.is_none() {
            report.find(
                Code::HoldTooLong,
                &self.subject,
                format!("answers are held {hold:?}, and it polls every {interval:?}"),
                format!(
                    "wait={:?} in --providers.http.endpoint; or --traefik-container={}, with which longer holds are safe",
                    interval * 9 / 10,
                    self.subject.trim_start_matches("container ")
                ),
            );
        }
    }

    /// Stacks are attached to Traefik's networks, or it to theirs: either way they can take a name.
    fn name(&self, endpoint: &str, report: &mut Report) {
        let rest = endpoint
            .split_once("://")
            .map_or(endpoint, |(_, rest)| rest);
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        let is_name = !host.starts_with('[') && host.parse::<std::net::Ipv4Addr>().is_err();
        // names of the host's own resolver have dots
        if is_name && !host.contains('.') && host != "localhost" {
            report.find(
                Code::ProviderByName,
                &self.subject,
                format!("its endpoint {endpoint} is a name of Docker's resolver"),
                format!(
                    "--providers.http.endpoint={}",
                    endpoint.replacen(host, "ADDRESS", 1)
                ),
            );
        }
    }

    fn throttle(&self, report: &mut Report) {
        let throttle = self.options.duration("providers.providersthrottleduration");
        let throttle = throttle.unwrap_or(THROTTLE);
        if throttle > LONG_THROTTLE {
            report.find(
                Code::ThrottleLong,
                &self.subject,
                format!("it takes one document every {throttle:?}"),
                "--providers.providersThrottleDuration=100ms",
            );
        }
    }

    fn api(&self, report: &mut Report) {
        let address = self.options.get("entrypoints.traefik.address");
        let address = address.unwrap_or(":8080");
        let everywhere = [":", "0.0.0.0:", "[::]:"];
        let is_open = everywhere.iter().any(|any| address.starts_with(any));
        if self.options.is_on("api.insecure") && is_open {
            report.find(
                Code::ApiExposed,
                &self.subject,
                format!("api.insecure listens on {address}, on every network it is attached to"),
                "--entrypoints.traefik.address=ADDRESS:8080, its address in the control network",
            );
        }
    }

    fn beside(&self, report: &mut Report) {
        let docker = self.options.has_any("providers.docker");
        if docker && self.settings.reads == Reads::All {
            report.find(
                Code::RoutedTwice,
                &self.subject,
                "it has providers.docker, and Pointsman reads the same containers",
                "--managed-only for Pointsman, or no --providers.docker for Traefik",
            );
        }
    }
}

/// What an endpoint asks to be held.
fn wait(endpoint: &str) -> Option<Duration> {
    let (_, query) = endpoint.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == "wait")?;
    go_duration::parse(value).ok()
}
