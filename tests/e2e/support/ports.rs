//! Addresses of this machine's loopback for servers that are told where to listen.
//!
//! A port that the kernel gave and got back can be given to anybody before the server has it: to a socket that names
//! none, or to a connection that goes out. So these are below all that the kernel gives.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The lowest, and how many there are; the kernel gives ports from 32768 on.
const FIRST: u32 = 10_000;
const COUNT: u32 = 22_000;
/// Processes with neighbouring numbers begin so far from each other.
const APART: u32 = 97;

static NEXT: LazyLock<AtomicU32> =
    LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(APART)));

/// One where nobody listens, and which this process got for the first time.
pub(crate) fn free() -> SocketAddr {
    let candidates = std::iter::repeat_with(|| NEXT.fetch_add(1, Ordering::Relaxed) % COUNT);
    let addresses = candidates.take(1000).map(|number| {
        let port = u16::try_from(FIRST + number).expect("below 32768");
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    });
    let mut unused = addresses.filter(|address| TcpListener::bind(address).is_ok());
    unused.next().expect("one of a thousand ports is free")
}
