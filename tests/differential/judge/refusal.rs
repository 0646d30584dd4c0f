//! Is a rule that Pointsman refuses one that Traefik cannot read either.
//!
//! In the case itself an older container may have the router, or Traefik may drop the container for something else. So
//! the router is given to a Traefik alone, in a container with nothing else in it.

use crate::support::fake_engine::FakeContainer;
use crate::support::pair::Pair;
use crate::support::world::World;

use super::faults::{Blame, Fault, base_name};
use super::limits;

/// Traefik cannot read the rule, or it has what Pointsman does not read on purpose.
pub(crate) async fn check(pair: &mut Pair, world: &World, fault: &Fault) -> Result<(), String> {
    let Blame::Object(section, name) = &fault.blame else {
        return Err(format!("not about a router: {fault:?}"));
    };
    let container = world.iter().find(|it| it.name == fault.container);
    let container = container.expect("faults are of this world's containers");
    let alone = alone(container, section, name);
    let service = base_name(&alone);
    let config = pair.alone.run(alone).await;
    let (protocol, _) = section.split_once('.').expect("protocol and section");
    let found = &config[protocol];
    let router = &found["routers"][name];
    if router.is_null() {
        // no text came of the default rule, and that cost the router only
        let is_there = !found["services"][&service].is_null();
        let why = || format!("Traefik has neither the router nor its service: {fault:?}");
        return is_there.then_some(()).ok_or_else(why);
    }
    if limits::is_exotic(router["rule"].as_str().unwrap_or_default()) {
        return Ok(());
    }
    let router = pair.alone.router(protocol, name).await;
    let is_off = router["status"] == "disabled";
    let why = || format!("Traefik can read this rule: {router}");
    is_off.then_some(()).ok_or_else(why)
}

/// The container with this router's rule and nothing else that Traefik could mind.
fn alone(container: &FakeContainer, section: &str, name: &str) -> FakeContainer {
    let mut alone = container.clone();
    let router = format!("traefik.{section}.{name}");
    let rule = format!("{router}.rule");
    alone.labels.retain(|label, _| {
        // `Traefik.` would cost the whole container
        let is_rule = label.starts_with("traefik.") && label.eq_ignore_ascii_case(&rule);
        is_rule || !label.to_ascii_lowercase().starts_with("traefik.")
    });
    "running".clone_into(&mut alone.state);
    (alone.health, alone.ports) = (None, Vec::new());
    alone.networks.clear();
    let alone = alone.port(80).network("stand-in", "10.254.0.1");
    let alone = alone.label("traefik.enable", "true");
    if section == "http.routers" {
        return alone.label(&format!("{router}.entrypoints"), "web");
    }
    // without TLS a rule over names is none
    let service = format!("traefik.tcp.services.{name}.loadbalancer.server.port");
    alone
        .label(&format!("{router}.tls"), "true")
        .label(&service, "80")
}
