//! Which Traefiks there are, and which releases.

use crate::cli::doctor::code::Code;
use crate::cli::doctor::facts::{DefaultCertificate, Facts, TraefikApi, TraefikContainer};
use crate::cli::doctor::report::Report;

use super::advisories;

/// The oldest line that documents are written for.
const OLDEST: u32 = 3;

pub(super) fn judge(facts: &Facts, report: &mut Report) {
    polls(facts, report);
    for api in &facts.apis {
        of_api(api, report);
    }
    if facts.apis.is_empty() {
        report.skip(
            "default certificate, what Traefik has applied",
            "--traefik-api is not set",
        );
        for container in &facts.containers {
            of_image(container, report);
        }
    }
    container(facts, report);
}

fn polls(facts: &Facts, report: &mut Report) {
    let Ok(daemon) = &facts.daemon else { return };
    if daemon.pollers.is_empty() {
        let address = facts.settings.provider_listen;
        report.find(
            Code::NoTraefik,
            "Traefik",
            format!("nobody asks {address} for a document"),
            format!("--providers.http.endpoint=http://{address}/config?wait=450ms"),
        );
    }
}

fn of_api(api: &TraefikApi, report: &mut Report) {
    match &api.version {
        Ok(version) => release(&api.url, version, report),
        Err(why) => {
            report.find(
                Code::TraefikApi,
                &api.url,
                why,
                "--traefik-api=http://ADDRESS:8080, with --api.insecure and --entrypoints.traefik.address=ADDRESS:8080 for Traefik; \
                 if it wants credentials, --traefik-api-auth-file",
            );
            report.skip(format!("release of {}", api.url), "its API does not answer");
            return;
        }
    }
    let what = format!("default certificate of {}", api.url);
    let certificate = report.known(&what, &api.default_certificate);
    if certificate == Some(&DefaultCertificate::Made) {
        report.find(
            Code::DefaultCertificate,
            &api.url,
            "nobody gave this Traefik a default certificate",
            "a file for its file provider: tls: {stores: {default: {defaultCertificate: {certFile: /certs/default.pem, keyFile: /certs/default-key.pem}}}}",
        );
    }
}

fn of_image(container: &TraefikContainer, report: &mut Report) {
    let glimpse = &container.looked.glimpse;
    let name = format!("container {}", glimpse.name);
    let tag = glimpse.image.rsplit_once(':').map(|(_, tag)| tag);
    match tag.filter(|tag| advisories::release(tag).is_some()) {
        Some(tag) => release(&name, tag, report),
        None => report.skip(
            format!("release of {name}"),
            format!(
                "its image {} does not say it, and --traefik-api is not set",
                glimpse.image
            ),
        ),
    }
}

fn release(subject: &str, text: &str, report: &mut Report) {
    let Some(release) = advisories::release(text) else {
        report.skip(
            format!("release of {subject}"),
            format!("{text:?} is no release"),
        );
        return;
    };
    if release.0 < OLDEST {
        report.find(
            Code::TraefikUnsupported,
            subject,
            format!("this is Traefik {text}; 3.0 is the oldest that documents are written for"),
            "image: traefik:v3.7.15",
        );
        return;
    }
    let holes = advisories::known(release);
    if !holes.is_empty() {
        let out = advisories::way_out(release);
        let out = out.map_or_else(
            || "3.7.15".to_owned(),
            |(major, minor, patch)| format!("{major}.{minor}.{patch}"),
        );
        report.find(
            Code::TraefikVulnerable,
            subject,
            format!("Traefik {text} has {}", holes.join(", ")),
            format!("image: traefik:v{out}"),
        );
    }
}

fn container(facts: &Facts, report: &mut Report) {
    if facts.engine.is_err() {
        return;
    }
    match &facts.settings.traefik_container {
        Some(selector) if facts.containers.is_empty() => report.find(
            Code::ContainerMissing,
            selector,
            "no container that runs is called so",
            "--traefik-container=NAME, as `docker ps` shows it",
        ),
        Some(_) => {}
        None => {
            let own = facts.containers.iter().find(|it| it.looked.mode != "host");
            if let Some(traefik) = own {
                let name = &traefik.looked.glimpse.name;
                report.find(
                    Code::ContainerUnset,
                    format!("container {name}"),
                    "it polls, and Pointsman is not told that it is the one to attach",
                    format!("--traefik-container={name}"),
                );
            }
        }
    }
}
