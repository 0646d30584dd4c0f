//! One POST to a hook: its address, TLS, a time-out that covers all of it, and as much of the answer as matters.
//!
//! Redirects are not followed and proxies are not used. What goes wrong is said without the address, which may be a
//! secret.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Longest answer that is read.
const LONGEST: usize = 64 * 1024;
const AGENT: &str = concat!("pointsman/", env!("CARGO_PKG_VERSION"));

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What HTTP runs over.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Sends requests.
#[derive(Clone)]
pub(super) struct Poster {
    tls: TlsConnector,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) url: String,
    /// A bearer token.
    pub(super) token: Option<HeaderValue>,
    pub(super) body: Bytes,
    pub(super) timeout: Duration,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Poster {
    /// With the public certificate authorities.
    pub(super) fn new() -> Result<Self, rustls::Error> {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        let roots: RootCertStore = roots.collect();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Sends it once. Any status is an answer.
    pub(super) async fn send(&self, post: &Post) -> Result<Answer, String> {
        let exchange = tokio::time::timeout(post.timeout, self.exchange(post));
        exchange
            .await
            .map_err(|_elapsed| format!("no answer within {} ms", post.timeout.as_millis()))?
            .map_err(|error| error.to_string())
    }

    async fn exchange(&self, post: &Post) -> Result<Answer, Failed> {
        let uri: Uri = post.url.parse()?;
        let authority = uri.authority().ok_or("its url has no host")?.clone();
        let stream = self.connect(&uri).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::post(path)
            .header(HOST, authority.as_str())
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, "application/json");
        if let Some(token) = &post.token {
            request = request.header(AUTHORIZATION, token);
        }
        let request = request.body(Full::new(post.body.clone()))?;
        let answer = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LONGEST)
                .collect()
                .await?;
            Ok::<_, Failed>(Answer {
                status,
                body: body.to_bytes(),
            })
        };
        let mut answer = std::pin::pin!(answer);
        tokio::select! {
            biased;
            answer = answer.as_mut() => answer,
            // the answer may have come in the same moment as the end
            ended = connection => {
                ended?;
                answer.await
            }
        }
    }

    async fn connect(&self, uri: &Uri) -> Result<Box<dyn Stream>, Failed> {
        let host = uri.host().ok_or("its url has no host")?;
        let host = host.trim_matches(['[', ']']).to_owned();
        let is_tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = TcpStream::connect((host.as_str(), port)).await?;
        stream.set_nodelay(true)?;
        if !is_tls {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(host)?;
        Ok(Box::new(self.tls.connect(name, stream).await?))
    }
}
