//! The HTTP check, as Traefik makes it, with one difference: a redirect is followed on the same server only.
//!
//! Where a redirect leads is said by the server, which is not trusted: followed anywhere, it would let a container ask the
//! host's other services through Pointsman. One that leads elsewhere is the answer.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::routing::model::{CheckScheme, HttpCheck, Redirects};

const AGENT: &str = concat!("pointsman/", env!("CARGO_PKG_VERSION"));
/// As many as Traefik follows.
const MAX_REDIRECTS: usize = 10;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One step of the way.
struct Hop {
    method: Method,
    path: String,
}

/// Asks; the error is the bad answer in words.
pub(super) async fn ask(
    first: TcpStream,
    address: SocketAddr,
    check: &HttpCheck,
    tls: &TlsConnector,
) -> Result<(), String> {
    let mut stream = Some(first);
    let method = Method::from_bytes(check.method.as_bytes());
    let method = method.map_err(|_error| format!("{:?} is no method", check.method))?;
    let mut hop = Hop {
        method,
        path: check.path.clone(),
    };
    for _ in 0..=MAX_REDIRECTS {
        let stream = match stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(address).await.map_err(broken)?,
        };
        let stream = secured(stream, address, check, tls).await?;
        let response = exchange(stream, request(&hop, address, check)?).await?;
        match followed(&hop, address, check, &response) {
            Some(next) => hop = next,
            None => return judged(response.status(), check),
        }
    }
    Err(format!("more than {MAX_REDIRECTS} redirects"))
}

fn judged(status: StatusCode, check: &HttpCheck) -> Result<(), String> {
    let (good, wanted) = match check.status {
        Some(wanted) => (status.as_u16() == wanted, wanted.to_string()),
        None => (
            status.is_success() || status.is_redirection(),
            "200 to 399".to_owned(),
        ),
    };
    if good {
        return Ok(());
    }
    let elsewhere = if status.is_redirection() {
        " (a redirect to another address is not followed)"
    } else {
        ""
    };
    Err(format!("answered {status}, wanted {wanted}{elsewhere}"))
}

async fn secured(
    stream: TcpStream,
    address: SocketAddr,
    check: &HttpCheck,
    tls: &TlsConnector,
) -> Result<Box<dyn Stream>, String> {
    match check.scheme {
        CheckScheme::Http => Ok(Box::new(stream)),
        CheckScheme::Https => {
            let host = check.hostname.as_deref().unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default().to_owned();
            let name = ServerName::try_from(host);
            let name = name.unwrap_or_else(|_no_name| address.ip().into());
            let stream = tls.connect(name, stream).await;
            Ok(Box::new(
                stream.map_err(|error| format!("no TLS: {error}"))?,
            ))
        }
    }
}

fn request(
    hop: &Hop,
    address: SocketAddr,
    check: &HttpCheck,
) -> Result<Request<Empty<Bytes>>, String> {
    let host = check
        .hostname
        .clone()
        .unwrap_or_else(|| address.to_string());
    let mut request = Request::builder()
        .method(hop.method.clone())
        .uri(hop.path.as_str())
        .body(Empty::new())
        .map_err(|_error| format!("{:?} is no path", hop.path))?;
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    for (name, value) in &check.headers {
        let pair = name.parse::<HeaderName>().ok().zip(value.parse().ok());
        let (name, value): (HeaderName, HeaderValue) =
            pair.ok_or_else(|| format!("header {name:?} of the label cannot be sent"))?;
        headers.insert(name, value);
    }
    let host = host.parse();
    headers.insert(
        HOST,
        host.map_err(|_error| "the label's hostname is none".to_owned())?,
    );
    Ok(request)
}

async fn exchange(
    stream: Box<dyn Stream>,
    request: Request<Empty<Bytes>>,
) -> Result<Response<()>, String> {
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(broken)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        // the status is the answer; a body may have no end
        Ok(response.map(drop))
    };
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        biased;
        answer = answer.as_mut() => answer,
        // the answer may have come in the same moment as the end
        ended = connection => {
            ended.map_err(broken)?;
            answer.await
        }
    }
}

fn broken(error: impl std::error::Error) -> String {
    format!("the connection broke: {error}")
}

/// Where a redirect leads, if it leads to the same server and is to be followed.
fn followed(
    hop: &Hop,
    address: SocketAddr,
    check: &HttpCheck,
    response: &Response<()>,
) -> Option<Hop> {
    if check.redirects == Redirects::Taken {
        return None;
    }
    let keeps_method = match response.status() {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => false,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => return None,
    };
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let path = same_server(location, &hop.path, address, check)?;
    let method = match &hop.method {
        method if keeps_method || *method == Method::HEAD => method.clone(),
        _ => Method::GET,
    };
    Some(Hop { method, path })
}

/// The path that a location means on this server; `None` when it is on another one.
fn same_server(
    location: &str,
    from: &str,
    address: SocketAddr,
    check: &HttpCheck,
) -> Option<String> {
    let location = location.split('#').next().unwrap_or_default();
    if location.starts_with('/') && !location.starts_with("//") {
        return Some(location.to_owned());
    }
    let is_relative = !location.contains("//") && !location.contains(':');
    if is_relative {
        let path = from.split('?').next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        return Some(format!("{folder}/{location}"));
    }
    let uri: Uri = location.parse().ok()?;
    let (scheme, default_port) = match check.scheme {
        CheckScheme::Http => ("http", 80),
        CheckScheme::Https => ("https", 443),
    };
    let own = check.hostname.as_deref().unwrap_or_default();
    let own = own.split(':').next().unwrap_or_default();
    let host = uri.host()?;
    let is_own =
        host.eq_ignore_ascii_case(own) || host.trim_matches(['[', ']']) == address.ip().to_string();
    let port = uri.port_u16().unwrap_or(default_port);
    let is_same = uri.scheme_str() == Some(scheme) && is_own && port == address.port();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    is_same.then(|| path.to_owned())
}
