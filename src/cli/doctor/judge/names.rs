//! Hosts of envs: do they resolve, all to one place, and does a certificate cover them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::cli::doctor::code::Code;
use crate::cli::doctor::facts::{Host, Role};
use crate::cli::doctor::report::Report;

pub(super) fn judge(hosts: &[Host], report: &mut Report) {
    let mut envs: BTreeMap<&str, Vec<&Host>> = BTreeMap::new();
    for host in hosts {
        envs.entry(host.env.as_str()).or_default().push(host);
    }
    for hosts in envs.values() {
        resolved(hosts, report);
        apart(hosts, report);
    }
    for host in hosts {
        certificate(host, report);
    }
}

fn resolved(hosts: &[&Host], report: &mut Report) {
    for host in hosts {
        let Some(addresses) = report.known(&format!("DNS of {}", host.name), &host.addresses)
        else {
            continue;
        };
        if !addresses.is_empty() {
            continue;
        }
        match host.role {
            Role::Live => report.find(
                Code::LiveUnresolved,
                &host.name,
                format!("the live host of {} has no address", host.env),
                format!("{}. A ADDRESS, that of Traefik", host.name),
            ),
            Role::Staged | Role::Preview => report.find(
                Code::WildcardUnresolved,
                &host.name,
                format!("a {} host of {} has no address", word(host.role), host.env),
                format!("*.{}. A ADDRESS, that of Traefik", host.domain),
            ),
        }
    }
}

const fn word(role: Role) -> &'static str {
    match role {
        Role::Live => "live",
        Role::Staged => "staged",
        Role::Preview => "preview",
    }
}

fn apart(hosts: &[&Host], report: &mut Report) {
    let there = |host: &&&Host| matches!(&host.addresses, Ok(all) if !all.is_empty());
    let Some(live) = hosts.iter().filter(there).find(|it| it.role == Role::Live) else {
        return;
    };
    let other = hosts
        .iter()
        .filter(there)
        .find(|it| places(it) != places(live));
    if let Some(other) = other {
        let (here, there) = (places(live), places(other));
        report.find(
            Code::HostsApart,
            &other.name,
            format!(
                "it is {}, and the live host {} is {}",
                list(&there),
                live.name,
                list(&here)
            ),
            format!("*.{}. A {}", live.domain, list(&here)),
        );
    }
}

fn places(host: &Host) -> BTreeSet<IpAddr> {
    host.addresses.clone().unwrap_or_default()
}

fn list(places: &BTreeSet<IpAddr>) -> String {
    let places: Vec<String> = places.iter().map(ToString::to_string).collect();
    places.join(", ")
}

fn certificate(host: &Host, report: &mut Report) {
    let Some(shown) = &host.certificate else {
        return;
    };
    let what = format!("certificate of {}", host.name);
    let Some(certificate) = report.known(&what, shown) else {
        return;
    };
    let domain = &host.domain;
    if !certificate.covers {
        report.find(
            Code::CertificateName,
            &host.name,
            format!("the certificate that is shown does not cover this {} host", word(host.role)),
            format!("a certificate for *.{domain}, e.g. in the env file: [tls] cert_resolver = \"NAME\", domains = [{{ main = \"*.{domain}\" }}]"),
        );
    }
    if certificate.expires {
        report.find(
            Code::CertificateExpires,
            &host.name,
            "its certificate ends within a week, or has ended",
            "what renews it: Traefik's log of its certificate resolver, or the file that its tls.certificates names",
        );
    }
}
