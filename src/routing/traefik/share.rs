//! Services that share requests out between others, or copy them.

use super::any::AnyService;
use super::http::{
    Cookie, HighestRandomWeight, Mirror, Mirroring, Service, Sticky, Weighted, WeightedChild,
};
use super::section::Protocol;
use super::tcp::{TcpService, TcpWeighted};
use super::udp::{UdpService, UdpWeighted};

impl AnyService {
    /// Shares between services.
    pub fn weighted(protocol: Protocol, services: Vec<WeightedChild>) -> Self {
        match protocol {
            Protocol::Http => Self::Http(Box::new(Service {
                weighted: Some(Box::new(Weighted {
                    services,
                    ..Weighted::default()
                })),
                ..Service::default()
            })),
            Protocol::Tcp => Self::Tcp(Box::new(TcpService {
                weighted: Some(TcpWeighted {
                    services,
                    ..TcpWeighted::default()
                }),
                ..TcpService::default()
            })),
            Protocol::Udp => Self::Udp(Box::new(UdpService {
                weighted: Some(UdpWeighted { services }),
                ..UdpService::default()
            })),
        }
    }

    /// Shares between HTTP services, where a cookie of this name keeps a client with the one that it met first.
    pub fn weighted_by_cookie(cookie: String, services: Vec<WeightedChild>) -> Self {
        let cookie = Cookie {
            name: Some(cookie),
            http_only: Some(true),
            ..Cookie::default()
        };
        Self::Http(Box::new(Service {
            weighted: Some(Box::new(Weighted {
                services,
                sticky: Some(Sticky {
                    cookie: Some(cookie),
                }),
                ..Weighted::default()
            })),
            ..Service::default()
        }))
    }

    /// Shares between HTTP services by the client's address.
    pub fn weighted_by_address(services: Vec<WeightedChild>) -> Self {
        Self::Http(Box::new(Service {
            highest_random_weight: Some(Box::new(HighestRandomWeight {
                services,
                ..HighestRandomWeight::default()
            })),
            ..Service::default()
        }))
    }

    /// An HTTP service that answers, and another that gets copies. Bodies larger than `max_body` bytes are not kept for
    /// a copy.
    pub fn mirrored(service: String, mirror: String, percent: u8, max_body: i64) -> Self {
        Self::Http(Box::new(Service {
            mirroring: Some(Box::new(Mirroring {
                service: Some(service),
                max_body_size: Some(max_body),
                mirrors: vec![Mirror {
                    name: mirror,
                    percent: Some(i64::from(percent)),
                }],
                ..Mirroring::default()
            })),
            ..Service::default()
        }))
    }
}
