//! The places of the document: protocols, and the maps of named objects inside them.

/// What a router and its service speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// HTTP, with TLS or without.
    Http,
    /// TCP, routed by server name where there is TLS.
    Tcp,
    /// UDP, routed by entry point alone.
    Udp,
}

impl Protocol {
    /// All.
    pub const ALL: [Self; 3] = [Self::Http, Self::Tcp, Self::Udp];

    /// The key in the document and in labels.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// Its routers.
    pub const fn routers(self) -> Section {
        match self {
            Self::Http => Section::HttpRouters,
            Self::Tcp => Section::TcpRouters,
            Self::Udp => Section::UdpRouters,
        }
    }

    /// Its services.
    pub const fn services(self) -> Section {
        match self {
            Self::Http => Section::HttpServices,
            Self::Tcp => Section::TcpServices,
            Self::Udp => Section::UdpServices,
        }
    }

    /// Its middlewares; UDP has none.
    pub const fn middlewares(self) -> Option<Section> {
        match self {
            Self::Http => Some(Section::HttpMiddlewares),
            Self::Tcp => Some(Section::TcpMiddlewares),
            Self::Udp => None,
        }
    }
}

/// A map inside the document, in the order of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `http.routers`
    HttpRouters,
    /// `http.services`
    HttpServices,
    /// `http.serversTransports`
    HttpServersTransports,
    /// `http.middlewares`; last of `http`, because the revision marker opens it.
    HttpMiddlewares,
    /// `tcp.routers`
    TcpRouters,
    /// `tcp.services`
    TcpServices,
    /// `tcp.middlewares`
    TcpMiddlewares,
    /// `tcp.serversTransports`
    TcpServersTransports,
    /// `udp.routers`
    UdpRouters,
    /// `udp.services`
    UdpServices,
    /// `tls.options`
    TlsOptions,
    /// `tls.stores`
    TlsStores,
}

impl Section {
    /// All, in the order of the body.
    pub const ALL: [Self; 12] = [
        Self::HttpRouters,
        Self::HttpServices,
        Self::HttpServersTransports,
        Self::HttpMiddlewares,
        Self::TcpRouters,
        Self::TcpServices,
        Self::TcpMiddlewares,
        Self::TcpServersTransports,
        Self::UdpRouters,
        Self::UdpServices,
        Self::TlsOptions,
        Self::TlsStores,
    ];

    /// The key at the root of the document that it stands under.
    pub const fn root(self) -> &'static str {
        match self {
            Self::HttpRouters
            | Self::HttpServices
            | Self::HttpServersTransports
            | Self::HttpMiddlewares => "http",
            Self::TcpRouters
            | Self::TcpServices
            | Self::TcpMiddlewares
            | Self::TcpServersTransports => "tcp",
            Self::UdpRouters | Self::UdpServices => "udp",
            Self::TlsOptions | Self::TlsStores => "tls",
        }
    }

    /// The key under its root.
    pub const fn key(self) -> &'static str {
        match self {
            Self::HttpRouters | Self::TcpRouters | Self::UdpRouters => "routers",
            Self::HttpServices | Self::TcpServices | Self::UdpServices => "services",
            Self::HttpMiddlewares | Self::TcpMiddlewares => "middlewares",
            Self::HttpServersTransports | Self::TcpServersTransports => "serversTransports",
            Self::TlsOptions => "options",
            Self::TlsStores => "stores",
        }
    }

    /// One of its objects, in words.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::HttpRouters => "router",
            Self::HttpServices => "service",
            Self::HttpMiddlewares => "middleware",
            Self::HttpServersTransports => "servers transport",
            Self::TcpRouters => "TCP router",
            Self::TcpServices => "TCP service",
            Self::TcpMiddlewares => "TCP middleware",
            Self::TcpServersTransports => "TCP servers transport",
            Self::UdpRouters => "UDP router",
            Self::UdpServices => "UDP service",
            Self::TlsOptions => "TLS options",
            Self::TlsStores => "TLS store",
        }
    }

    /// Are these the services of a protocol.
    pub const fn is_services(self) -> bool {
        matches!(
            self,
            Self::HttpServices | Self::TcpServices | Self::UdpServices
        )
    }
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.root(), self.key())
    }
}
