//! The Docker Engine: may it be used, and does it have room.

use crate::app::{EngineApi, EngineSurvey, Glimpse, Looked, NoEngine, Writes};
use crate::cli::doctor::code::Code;
use crate::cli::doctor::facts::Facts;
use crate::cli::doctor::report::Report;

/// The label of Pointsman's own container.
const ROLE: (&str, &str) = ("pointsman.role", "server");

pub(super) fn judge(facts: &Facts, report: &mut Report) {
    let endpoint = &facts.settings.docker_endpoint;
    match &facts.engine {
        Ok(engine) => look(facts, engine, report),
        Err(NoEngine::Denied(words)) => report.find(
            Code::EngineDenied,
            endpoint,
            words,
            "docker/compose.yaml: user: \"0:0\", or group_add: [\"NUMBER\"] with the number that `stat -c %g /var/run/docker.sock` prints; \
             without a container: usermod -aG docker USER",
        ),
        Err(NoEngine::Unreachable(words)) => report.find(
            Code::EngineUnreachable,
            endpoint,
            words,
            "--docker-endpoint=unix:///var/run/docker.sock, or where the Engine listens",
        ),
    }
    if facts.engine.is_err() {
        report.skip(
            "networks, subnets, Traefik's container",
            "the Engine does not say",
        );
    }
}

fn look(facts: &Facts, engine: &EngineSurvey, report: &mut Report) {
    if engine.writes == Writes::Refused {
        report.find(
            Code::EngineReadOnly,
            &facts.settings.docker_endpoint,
            "it answers questions and refuses orders, as a socket proxy does",
            "docker-socket-proxy: POST=1, NETWORKS=1, CONTAINERS=1; or --docker-endpoint=unix:///var/run/docker.sock",
        );
    }
    for own in engine.looked_at.iter().filter(|it| is_own(&it.glimpse)) {
        socket(own, report);
    }
    gateway(facts, engine, report);
    subnets(engine, report);
}

/// Is this Pointsman's own container.
pub(in crate::cli::doctor) fn is_own(glimpse: &Glimpse) -> bool {
    glimpse.labels.get(ROLE.0).map(String::as_str) == Some(ROLE.1)
}

fn socket(own: &Looked, report: &mut Report) {
    let file = own.binds.iter().find(|(_, to)| to.ends_with("docker.sock"));
    if let Some((from, to)) = file {
        let folder = from.rsplit_once('/').map_or("/", |(folder, _)| folder);
        report.find(
            Code::SocketFile,
            format!("container {}", own.glimpse.name),
            format!("{from} is mounted as a file, at {to}"),
            format!("volumes: [\"{folder}:/host/run:ro\"] with --docker-endpoint=unix:///host/run/docker.sock"),
        );
    }
}

fn gateway(facts: &Facts, engine: &EngineSurvey, report: &mut Report) {
    let knows = engine.version >= EngineApi::GATEWAY_PRIORITY;
    if knows || facts.settings.gateway_may_move || facts.settings.traefik_container.is_none() {
        return;
    }
    let envs = facts.daemon.as_ref().map_or(&[][..], |daemon| &daemon.envs);
    for traefik in &facts.containers {
        let Some(gateway) = gateway_of(&traefik.looked, engine) else {
            continue;
        };
        let names = envs.iter().map(|(app, env)| format!("{app}-{env}-"));
        let before: Vec<String> = names.filter(|name| *name < gateway).collect();
        if let Some(example) = before.first() {
            report.find(
                Code::GatewayMoves,
                format!("container {}", traefik.looked.glimpse.name),
                format!(
                    "its default route is network {gateway:?}, and networks of {} ({example}VERSION_default) sort before it",
                    few(&before)
                ),
                format!("networks: {{control: {{name: 00-{gateway}}}}}, or Docker 28, or --allow-gateway-move"),
            );
        }
    }
}

fn few(names: &[String]) -> String {
    let names: Vec<&str> = names
        .iter()
        .map(|name| name.trim_end_matches('-'))
        .collect();
    match names.as_slice() {
        [one, two, three, rest @ ..] if !rest.is_empty() => {
            format!("{one}, {two}, {three} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}

/// The network of a container's default route; none without one of its own.
fn gateway_of(looked: &Looked, engine: &EngineSurvey) -> Option<String> {
    if looked.mode == "host" || looked.mode.starts_with("container:") {
        return None;
    }
    let names = looked.glimpse.addresses.keys();
    let leads_out = |name: &&String| engine.networks.get(*name).is_some_and(|it| !it.internal);
    names.filter(leads_out).min().cloned()
}

fn subnets(engine: &EngineSurvey, report: &mut Report) {
    if let Some(left) = engine.few_left {
        let networks = if left == 1 { "network" } else { "networks" };
        report.find(
            Code::SubnetsLow,
            "the Engine",
            format!(
                "its address pools have room for {left} more {networks}, beside the {} that there are",
                engine.networks.len()
            ),
            "/etc/docker/daemon.json: {\"default-address-pools\": [{\"base\": \"10.200.0.0/14\", \"size\": 24}]}; or remove what is not used: `docker network prune`",
        );
    }
}
