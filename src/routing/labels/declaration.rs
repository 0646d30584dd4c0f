//! One container's labels as a whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::model::{Container, Diagnostic};
use crate::routing::traefik::any::{AnyMiddleware, AnyRouter, AnyService};
use crate::routing::traefik::tls::{TlsOptions, TlsStore};
use crate::routing::traefik::transport::{ServersTransport, TcpServersTransport};
use crate::routing::traefik::{Protocol, Section};

use super::managed::Managed;
use super::reader::Reader;

/// What a container says, as far as it can be understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// `traefik.enable`; `None` leaves it to the default. A value that is no bool switches off.
    pub enable: Option<bool>,
    /// `traefik.docker.network`
    pub network: Option<String>,
    /// `traefik.docker.allownonrunning`
    pub allow_non_running: bool,
    /// Who it is.
    pub managed: Managed,
    /// Everything that it names.
    pub objects: Objects,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Objects by label name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// Routers.
    pub routers: BTreeMap<(Protocol, String), AnyRouter>,
    /// Services.
    pub services: BTreeMap<(Protocol, String), AnyService>,
    /// Middlewares.
    pub middlewares: BTreeMap<(Protocol, String), AnyMiddleware>,
    /// What routers and services refer to beside these.
    pub settings: BTreeMap<(Section, String), Setting>,
    /// Objects that were named but not understood: they exist for nobody, and no default stands in for them.
    pub broken: BTreeSet<(Section, String)>,
}

/// An object that neither routes nor serves.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Setting {
    /// `http.serversTransports`
    Http(Box<ServersTransport>),
    /// `tcp.serversTransports`
    Tcp(Box<TcpServersTransport>),
    /// `tls.options`
    TlsOptions(Box<TlsOptions>),
    /// `tls.stores.default`
    TlsStore(Box<TlsStore>),
}

impl Declaration {
    /// Reads a container's labels.
    pub fn read(container: &Container) -> Self {
        Reader::new(container).read()
    }
}

impl Objects {
    /// Routers of a protocol.
    pub fn routers(&self, protocol: Protocol) -> impl Iterator<Item = (&String, &AnyRouter)> {
        of(&self.routers, protocol)
    }

    /// Services of a protocol.
    pub fn services(&self, protocol: Protocol) -> impl Iterator<Item = (&String, &AnyService)> {
        of(&self.services, protocol)
    }

    /// Middlewares of a protocol.
    pub fn middlewares(
        &self,
        protocol: Protocol,
    ) -> impl Iterator<Item = (&String, &AnyMiddleware)> {
        of(&self.middlewares, protocol)
    }

    /// Is anything named in a section, understood or not.
    pub fn names(&self, section: Section) -> bool {
        let good = match section {
            Section::HttpRouters => self.routers(Protocol::Http).next().is_some(),
            Section::TcpRouters => self.routers(Protocol::Tcp).next().is_some(),
            Section::UdpRouters => self.routers(Protocol::Udp).next().is_some(),
            Section::HttpServices => self.services(Protocol::Http).next().is_some(),
            Section::TcpServices => self.services(Protocol::Tcp).next().is_some(),
            Section::UdpServices => self.services(Protocol::Udp).next().is_some(),
            Section::HttpMiddlewares => self.middlewares(Protocol::Http).next().is_some(),
            Section::TcpMiddlewares => self.middlewares(Protocol::Tcp).next().is_some(),
            Section::HttpServersTransports
            | Section::TcpServersTransports
            | Section::TlsOptions
            | Section::TlsStores => self.settings.keys().any(|(at, _)| *at == section),
        };
        good || self.broken.iter().any(|(at, _)| *at == section)
    }

    /// Has it routers or services of a protocol.
    pub fn routes(&self, protocol: Protocol) -> bool {
        self.names(protocol.routers()) || self.names(protocol.services())
    }

    /// Is HTTP meant: something of it is named, or nothing of another protocol is.
    pub fn routes_http(&self) -> bool {
        self.routes(Protocol::Http)
            || self.names(Section::HttpMiddlewares)
            || !(self.routes(Protocol::Tcp) || self.routes(Protocol::Udp))
    }

    /// Does it name anything at all.
    pub fn is_empty(&self) -> bool {
        Section::ALL.into_iter().all(|section| !self.names(section))
    }
}

fn of<T>(
    all: &BTreeMap<(Protocol, String), T>,
    protocol: Protocol,
) -> impl Iterator<Item = (&String, &T)> {
    all.range((protocol, String::new())..)
        .take_while(move |((at, _), _)| *at == protocol)
        .map(|((_, name), object)| (name, object))
}
