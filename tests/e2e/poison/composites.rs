//! Services of services, and middlewares of middlewares: in circles, without weight, without children, too many.

use super::list::{Poison, odd};

/// Everything.
pub(super) fn all() -> Vec<Poison> {
    [http_services(), streams(), settings(), fans()].concat()
}

fn http(name: &str, labels: &[&str]) -> Poison {
    let router = [
        "@routers.{n}.rule=Host(`{n}.test`)",
        "@routers.{n}.service={n}",
    ];
    odd(name, &[&router, labels].concat())
}

fn tcp(name: &str, labels: &[&str]) -> Poison {
    let router = [
        "traefik.tcp.routers.{n}.rule=HostSNI(`{n}.test`)",
        "traefik.tcp.routers.{n}.tls=true",
        "traefik.tcp.routers.{n}.service={n}",
    ];
    odd(name, &[&router, labels].concat())
}

fn udp(name: &str, labels: &[&str]) -> Poison {
    odd(
        name,
        &[&["traefik.udp.routers.{n}.service={n}"], labels].concat(),
    )
}

fn http_services() -> Vec<Poison> {
    vec![
        http(
            "weighted-self",
            &["@services.{n}.weighted.services[0].name={n}"],
        ),
        http(
            "weighted-cycle",
            &[
                "@services.{n}.weighted.services[0].name={n}-b",
                "@services.{n}-b.weighted.services[0].name={n}",
            ],
        ),
        http("weighted-none", &["@services.{n}.weighted=true"]),
        http(
            "weighted-missing",
            &["@services.{n}.weighted.services[0].name=nowhere"],
        ),
        http(
            "weighted-0",
            &[
                "@services.{n}.weighted.services[0].name={n}-b",
                "@services.{n}.weighted.services[0].weight=0",
                "@services.{n}-b.loadbalancer.server.port=80",
            ],
        ),
        http(
            "weighted-less",
            &[
                "@services.{n}.weighted.services[0].name={n}-b",
                "@services.{n}.weighted.services[0].weight=-9223372036854775808",
                "@services.{n}-b.loadbalancer.server.port=80",
            ],
        ),
        http("mirror-self", &["@services.{n}.mirroring.service={n}"]),
        http(
            "mirror-cycle",
            &[
                "@services.{n}.mirroring.service={n}-b",
                "@services.{n}.mirroring.mirrors[0].name={n}",
                "@services.{n}.mirroring.mirrors[0].percent=999",
                "@services.{n}-b.weighted.services[0].name={n}",
            ],
        ),
        http(
            "failover-self",
            &[
                "@services.{n}.failover.service={n}",
                "@services.{n}.failover.fallback={n}",
            ],
        ),
        http(
            "failover-cycle",
            &[
                "@services.{n}.failover.service={n}-b",
                "@services.{n}.failover.fallback={n}-b",
                "@services.{n}-b.failover.service={n}",
                "@services.{n}-b.failover.fallback={n}",
            ],
        ),
    ]
}

/// Traefik does not see a circle here: those with a router ended it with a stack overflow.
fn streams() -> Vec<Poison> {
    vec![
        tcp(
            "tcp-self",
            &["traefik.tcp.services.{n}.weighted.services[0].name={n}"],
        ),
        tcp(
            "tcp-cycle",
            &[
                "traefik.tcp.services.{n}.weighted.services[0].name={n}-b",
                "traefik.tcp.services.{n}-b.weighted.services[0].name={n}",
            ],
        ),
        udp(
            "udp-self",
            &["traefik.udp.services.{n}.weighted.services[0].name={n}"],
        ),
        udp(
            "udp-cycle",
            &[
                "traefik.udp.services.{n}.weighted.services[0].name={n}-b",
                "traefik.udp.services.{n}-b.weighted.services[0].name={n}",
            ],
        ),
        tcp(
            "tcp-0",
            &[
                "traefik.tcp.services.{n}.weighted.services[0].name={n}-b",
                "traefik.tcp.services.{n}.weighted.services[0].weight=0",
                "traefik.tcp.services.{n}-b.loadbalancer.server.port=80",
            ],
        ),
        udp(
            "udp-missing",
            &["traefik.udp.services.{n}.weighted.services[0].name=nowhere"],
        ),
    ]
}

/// Each level names the next one twice: Traefik builds every path of its own, and is never done.
fn fans() -> Vec<Poison> {
    let levels = |level: &dyn Fn(usize) -> Vec<String>| (0..22).flat_map(level).collect::<Vec<_>>();
    let chain = |index: usize| {
        let next = index + 1;
        vec![format!(
            "@middlewares.{{n}}-{index}.chain.middlewares={{n}}-{next},{{n}}-{next}"
        )]
    };
    let weighted = |protocol: &'static str| {
        move |index: usize| {
            let next = index + 1;
            let child = |child: usize| {
                format!(
                    "traefik.{protocol}.services.{{n}}-{index}.weighted.services[{child}].name={{n}}-{next}"
                )
            };
            vec![child(0), child(1)]
        }
    };
    let fan = |name: &str, ends: &[&str], labels: &[String]| {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        odd(name, &[ends, &labels].concat())
    };
    vec![
        fan(
            "chain-fan",
            &[
                "@routers.{n}.rule=Host(`{n}.test`)",
                "@routers.{n}.middlewares={n}-0",
                "@middlewares.{n}-22.addprefix.prefix=/",
            ],
            &levels(&chain),
        ),
        fan(
            "tcp-fan",
            &[
                "traefik.tcp.routers.{n}.rule=HostSNI(`{n}.test`)",
                "traefik.tcp.routers.{n}.tls=true",
                "traefik.tcp.routers.{n}.service={n}-0",
                "traefik.tcp.services.{n}-22.loadbalancer.server.port=80",
            ],
            &levels(&weighted("tcp")),
        ),
        fan(
            "udp-fan",
            &[
                "traefik.udp.routers.{n}.service={n}-0",
                "traefik.udp.services.{n}-22.loadbalancer.server.port=80",
            ],
            &levels(&weighted("udp")),
        ),
    ]
}

/// What routers and services refer to beside these.
fn settings() -> Vec<Poison> {
    vec![
        odd(
            "tls-default",
            &["traefik.tls.options.default.minversion=VersionTLS99"],
        ),
        odd(
            "tls-empty",
            &[
                "traefik.tls.options.default=true",
                "traefik.tls.stores.default=true",
            ],
        ),
        odd(
            "transport-long",
            &["@serverstransports.{n}.forwardingtimeouts.dialtimeout=9999999999999h"],
        ),
        odd(
            "transport-word",
            &["@serverstransports.{n}.insecureskipverify=maybe"],
        ),
        odd(
            "transport-empty",
            &[
                "@serverstransports.{n}=true",
                "traefik.tcp.serverstransports.{n}.tls=",
            ],
        ),
        odd(
            "transport-key",
            &["@serverstransports.{n}\u{7f}\u{fffe}.insecureskipverify=true"],
        ),
    ]
}
