//! Names of what `doctor` finds: stable, for scripts; each with what it means. `docs/doctor.md` has the same list.

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($name:ident $text:literal $meaning:literal,)+) => {
        /// What is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Code {
            $(#[doc = $meaning] $name,)+
        }

        impl Code {
            /// All of them, in the order in which they are told.
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$name,)+];

            /// As it is printed.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// What follows from it.
            pub(super) const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)+
                }
            }
        }
    };
}

codes! {
    DaemonUnreachable "daemon-unreachable" "Traefik keeps the routes it has, and nothing new is routed",
    NoTraefik "no-traefik-polls" "nothing that Pointsman routes reaches traffic",
    EngineUnreachable "engine-unreachable" "no container is seen, so the document stands still",
    EngineDenied "engine-denied" "no container is seen, so the document stands still",
    EngineReadOnly "engine-read-only" "Traefik is not attached to networks, and no stack can be removed",
    SocketFile "socket-mounted-as-file" "when the Engine restarts it makes a new socket, and this mount keeps the old one",
    ContainerMissing "traefik-container-missing" "Traefik is attached to no network, so stacks with networks of their own stay unrouted",
    ContainerUnset "traefik-container-unset" "Traefik is attached to no network, so stacks with networks of their own stay unrouted",
    GatewayMoves "gateway-may-move" "on this Engine (API below 1.48) attaching such a network would move Traefik's default route and cut its connections; it is refused, and the stack stays unrouted",
    SubnetsLow "subnets-low" "when none is left, compose cannot make the network of the next stack",
    TraefikVulnerable "traefik-vulnerable" "whoever reaches this Traefik may get past its rules",
    TraefikUnsupported "traefik-unsupported" "it may refuse the whole document",
    TraefikApi "traefik-api-unreachable" "what Traefik has applied is not known, only what it was served",
    ApiExposed "traefik-api-exposed" "every container of every stack that Traefik is attached to can read all routes",
    ProviderExposed "provider-exposed" "every container that reaches this address can read all routes, with the password hashes in them",
    HoldTooLong "hold-too-long" "Traefik may panic when it is stopped",
    HoldBeyondTimeout "hold-beyond-timeout" "Traefik gives up each poll before it is answered, and waits longer each time",
    HoldMissing "hold-missing" "a switch waits for Traefik's next poll, instead of reaching it at once",
    PollSlow "poll-interval-long" "two changes in a row take up to one interval",
    ThrottleLong "throttle-long" "of two changes in a row the second waits that long",
    ProviderByName "provider-by-name" "Docker resolves names on every attached network: a stack with a service of that name would be asked instead",
    RoutedTwice "routed-twice" "each container has two routers for the same rule, of which either may win",
    DefaultCertificate "default-certificate-missing" "Traefik makes a new RSA key for every document it applies, which takes ten times as long as the rest of a switch",
    CertificateName "certificate-name" "browsers refuse the host",
    CertificateExpires "certificate-expires" "browsers refuse the host from then on; nothing renewed it in time",
    LiveUnresolved "live-unresolved" "nobody reaches the host",
    WildcardUnresolved "wildcard-unresolved" "staged versions and previews cannot be reached by their names",
    HostsApart "hosts-apart" "live, staged and preview do not go to the same Traefik",
    StateDamaged "state-damaged" "commands are refused, while routing goes on",
    StateReadOnly "state-not-writable" "every command is refused",
    StateOpen "state-open" "other users of this host can change which version is live",
    StateSpace "state-space-low" "when nothing is left, every command is refused",
    ClockSkew "clock-skew" "times in the history, deadlines and certificates' dates are judged differently here and there",
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
