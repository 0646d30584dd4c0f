//! What a service's labels ask to be checked, and what is checked when they ask nothing.
//!
//! Defaults and odd values as Traefik has them. gRPC and h2c are not spoken here: such a server is asked for a
//! connection, and Traefik's own check does the rest.

use crate::routing::model::{Check, CheckScheme, Health, HttpCheck, Redirects, Rhythm};
use crate::routing::traefik::any::AnyService;
use crate::routing::traefik::http::{HealthCheck, LoadBalancer};
use crate::routing::traefik::scalar::Duration;
use crate::routing::traefik::tcp::TcpHealthCheck;

/// As Traefik has them.
const INTERVAL_MS: u64 = 30_000;
const TIMEOUT_MS: u64 = 5_000;
/// No server is asked more often.
const SHORTEST_MS: u64 = 100;

/// A check, and the port that it goes to when that is not the server's.
pub(super) struct Asked {
    pub(super) check: Check,
    pub(super) port: Option<u16>,
}

impl Asked {
    const fn connect(port: Option<u16>) -> Self {
        Self {
            check: Check::Connect,
            port,
        }
    }
}

/// What is to be asked of a container as a server of this service; `None` when nothing is.
pub(super) fn of(service: &AnyService, health: Health) -> Option<Asked> {
    let labels = match service {
        AnyService::Http(service) => service.load_balancer.as_ref().and_then(of_http),
        AnyService::Tcp(service) => {
            let balancer = service.load_balancer.as_ref();
            balancer
                .and_then(|balancer| balancer.health_check.as_ref())
                .map(of_tcp)
        }
        // nothing can be asked
        AnyService::Udp(_) => return None,
    };
    labels.or_else(|| (health == Health::None).then_some(Asked::connect(None)))
}

fn of_http(balancer: &LoadBalancer) -> Option<Asked> {
    let labels = balancer.health_check.as_ref()?;
    let port = port(labels.port);
    let server = balancer.server.as_ref().and_then(|it| it.scheme.as_deref());
    let scheme = labels.scheme.as_deref().filter(|scheme| !scheme.is_empty());
    let is_grpc = labels.mode.as_deref() == Some("grpc");
    let scheme = match scheme.or(server).unwrap_or("http") {
        "http" if !is_grpc => CheckScheme::Http,
        "https" if !is_grpc => CheckScheme::Https,
        _ => return Some(Asked::connect(port)),
    };
    Some(Asked {
        check: Check::Http {
            request: Box::new(request(labels, scheme)),
            rhythm: rhythm([
                &labels.interval,
                &labels.unhealthy_interval,
                &labels.timeout,
            ]),
        },
        port,
    })
}

fn request(labels: &HealthCheck, scheme: CheckScheme) -> HttpCheck {
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let path = said(&labels.path).unwrap_or_default();
    let slash = if path.starts_with('/') { "" } else { "/" };
    let redirects = match labels.follow_redirects {
        Some(false) => Redirects::Taken,
        Some(true) | None => Redirects::Followed,
    };
    HttpCheck {
        scheme,
        method: said(&labels.method).unwrap_or_else(|| "GET".to_owned()),
        path: format!("{slash}{path}"),
        hostname: said(&labels.hostname),
        headers: labels.headers.clone(),
        status: labels
            .status
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| *status > 0),
        redirects,
    }
}

fn of_tcp(labels: &TcpHealthCheck) -> Asked {
    let check = Check::Tcp {
        send: labels.send.clone().unwrap_or_default(),
        expect: labels.expect.clone().unwrap_or_default(),
        rhythm: rhythm([
            &labels.interval,
            &labels.unhealthy_interval,
            &labels.timeout,
        ]),
    };
    let port = port(labels.port);
    Asked { check, port }
}

fn port(label: Option<i64>) -> Option<u16> {
    let port = label.and_then(|port| u16::try_from(port).ok());
    port.filter(|port| *port > 0)
}

/// What is not above 0 is Traefik's default. Interval, interval of the unhealthy, time-out.
fn rhythm([interval, unhealthy, timeout]: [&Option<Duration>; 3]) -> Rhythm {
    let millis = |label: &Option<Duration>, default| {
        let millis = label.as_ref().map(Duration::as_millis);
        millis.filter(|millis| *millis > 0).unwrap_or(default)
    };
    let interval_ms = millis(interval, INTERVAL_MS);
    Rhythm {
        interval_ms: interval_ms.max(SHORTEST_MS),
        unhealthy_interval_ms: millis(unhealthy, interval_ms).max(SHORTEST_MS),
        timeout_ms: millis(timeout, TIMEOUT_MS),
    }
}
