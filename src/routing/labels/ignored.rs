//! Labels without effect: fields that Traefik knows and does not read from labels, and keys that nobody knows.

use std::borrow::Cow;

use crate::routing::traefik::Section;

use super::tree::Node;

/// Fields that Traefik passes over in labels, without a word and without harm to what stands beside them.
fn fields(section: Section) -> &'static [&'static [&'static str]] {
    match section {
        Section::HttpRouters => &[
            &["parentRefs"],
            &["defaultRule"],
            &["deniedEncodedPathCharacters"],
        ],
        Section::HttpServices => &[
            &["loadBalancer", "nginxUpstreamHashBy"],
            &["loadBalancer", "server", "fenced"],
        ],
        Section::HttpMiddlewares => &[
            &["requestHeaderModifier"],
            &["responseHeaderModifier"],
            &["requestRedirect"],
            &["URLRewrite"],
            &["appRoot"],
            &["authTLSPassCertificateToUpstream"],
            &["nginxHeaders"],
            &["rewriteTarget"],
            &["snippet"],
            &["upstreamVHost"],
        ],
        Section::TcpServices | Section::UdpServices => &[&["loadBalancer", "server", "address"]],
        Section::TlsStores => &[&["defaultCertificate"]],
        Section::HttpServersTransports
        | Section::TcpRouters
        | Section::TcpMiddlewares
        | Section::TcpServersTransports
        | Section::UdpRouters
        | Section::TlsOptions => &[],
    }
}

/// An object without such fields, and which it had.
pub(super) fn strip(node: &Node, section: Section) -> (Cow<'_, Node>, Vec<String>) {
    let mut node = Cow::Borrowed(node);
    let mut found = Vec::new();
    for path in fields(section) {
        if node.descendant(path).is_some() {
            node.to_mut().remove(path);
            found.push(path.join("."));
        }
    }
    (node, found)
}

/// What stands beside the roots and sections that have a meaning, with what would be right.
pub(super) fn unknown(tree: &Node) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for root in &tree.children {
        match root.name.to_ascii_lowercase().as_str() {
            "enable" | "swarm" => {}
            "docker" => beside(
                root,
                &["network", "lbswarm", "allownonrunning"],
                DOCKER,
                &mut found,
            ),
            "http" => beside(root, HTTP, SECTIONS, &mut found),
            "tcp" => beside(root, TCP, SECTIONS, &mut found),
            "udp" => beside(root, &["routers", "services"], SECTIONS, &mut found),
            "tls" => beside(root, &["options", "stores"], TLS, &mut found),
            _ => found.push((root.name.clone(), ROOTS)),
        }
    }
    found
}

const HTTP: &[&str] = &[
    "routers",
    "services",
    "middlewares",
    "serverstransports",
    "models",
];
const TCP: &[&str] = &["routers", "services", "middlewares", "serverstransports"];
const ROOTS: &str =
    "nobody reads this: keys begin with traefik.enable, .docker, .http, .tcp, .udp or .tls";
const SECTIONS: &str = "nobody reads this: after the protocol comes routers, services, middlewares or serverstransports";
const DOCKER: &str =
    "nobody reads this: below traefik.docker there are network and allownonrunning";
const TLS: &str =
    "nobody reads this from labels: below traefik.tls there are options and stores.default";

fn beside(root: &Node, known: &[&str], why: &'static str, found: &mut Vec<(String, &'static str)>) {
    let unknown = root.children.iter().filter(|child| {
        !known
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&child.name))
    });
    found.extend(unknown.map(|child| (format!("{}.{}", root.name, child.name), why)));
    if root.value.is_some() {
        found.push((root.name.clone(), why));
    }
}
