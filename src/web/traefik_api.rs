//! One Traefik's own API: is a revision in force, and which release is this.
//!
//! A connection per question: there are few, and each one also tells where Traefik answers from.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST, HeaderValue};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use thiserror::Error;
use tokio::net::TcpStream;

use crate::routing::ids::{Revision, TraefikVersion};

/// How long one question may take, its answer's body included.
const DEADLINE: Duration = Duration::from_secs(2);
/// Longest body that is read.
const LONGEST: usize = 64 * 1024;

/// What is wrong with `--traefik-api` or its credentials.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TraefikApiError {
    /// Only plain HTTP is spoken here.
    #[error("{url:?} is not an address of Traefik's API: write it as http://HOST:PORT")]
    Url {
        /// What was given.
        url: String,
    },
    /// The file holds nothing a header could carry.
    #[error(
        "the file for Traefik's API must hold one line: user:password, or a token of printable ASCII"
    )]
    Auth,
}

/// Credentials for Traefik's API.
#[derive(Clone)]
pub struct ApiAuth(HeaderValue);

impl ApiAuth {
    /// From a file's content: `user:password` is sent as basic auth, anything else as a bearer token.
    pub fn parse(text: &str) -> Result<Self, TraefikApiError> {
        let text = text.trim();
        if text.is_empty() || text.contains(char::is_control) {
            return Err(TraefikApiError::Auth);
        }
        let value = if text.contains(':') {
            format!("Basic {}", STANDARD.encode(text))
        } else {
            format!("Bearer {text}")
        };
        let mut value = HeaderValue::try_from(value).map_err(|_unfit| TraefikApiError::Auth)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl std::fmt::Debug for ApiAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiAuth(..)")
    }
}

/// Where one API is, and how to get in.
#[derive(Clone, Debug)]
pub(super) struct TraefikApi {
    host: String,
    port: u16,
    authority: HeaderValue,
    path: String,
    auth: Option<ApiAuth>,
}

/// A status, its body, and who answered.
type Answer = (StatusCode, Bytes, IpAddr);

#[derive(Deserialize)]
struct VersionBody {
    #[serde(rename = "Version")]
    version: String,
}

impl TraefikApi {
    pub(super) fn parse(url: &str, auth: Option<ApiAuth>) -> Result<Self, TraefikApiError> {
        let error = || TraefikApiError::Url {
            url: url.to_owned(),
        };
        let uri: Uri = url.parse().map_err(|_unparsable| error())?;
        let host = uri.host().filter(|_| uri.scheme_str() == Some("http"));
        let host = host.ok_or_else(error)?;
        let authority = uri.authority().filter(|a| !a.as_str().contains('@'));
        let authority = authority.ok_or_else(error)?.as_str();
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(80),
            authority: HeaderValue::try_from(authority).map_err(|_unfit| error())?,
            path: uri.path().trim_end_matches('/').to_owned(),
            auth,
        })
    }

    /// All of them, with the same credentials.
    pub(super) fn parse_all(
        urls: &[String],
        auth: Option<&ApiAuth>,
    ) -> Result<Vec<Self>, TraefikApiError> {
        urls.iter()
            .map(|url| Self::parse(url, auth.cloned()))
            .collect()
    }

    /// Is the marker of a revision there; and who answered.
    pub(super) async fn has(&self, revision: Revision) -> Result<(bool, IpAddr), String> {
        let path = format!("/api/http/middlewares/{}@http", revision.marker());
        let (status, _body, peer) = self.get(&path).await?;
        match status {
            StatusCode::OK => Ok((true, peer)),
            StatusCode::NOT_FOUND => Ok((false, peer)),
            other => Err(format!("it answered {other}")),
        }
    }

    /// Which release it is.
    pub(super) async fn version(&self) -> Result<TraefikVersion, String> {
        let (status, body, _peer) = self.get("/api/version").await?;
        if status != StatusCode::OK {
            return Err(format!("it answered {status}"));
        }
        let body: VersionBody =
            serde_json::from_slice(&body).map_err(|error| format!("its version: {error}"))?;
        TraefikVersion::parse(&body.version).map_err(|error| error.to_string())
    }

    async fn get(&self, path: &str) -> Result<Answer, String> {
        tokio::time::timeout(DEADLINE, self.exchange(path))
            .await
            .map_err(|_elapsed| format!("no answer within {} s", DEADLINE.as_secs()))?
            .map_err(|error| error.to_string())
    }

    async fn exchange(
        &self,
        path: &str,
    ) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let peer = stream.peer_addr()?.ip().to_canonical();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let mut request =
            Request::get(format!("{}{path}", self.path)).header(HOST, &self.authority);
        if let Some(ApiAuth(value)) = &self.auth {
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(Empty::<Bytes>::new())?;
        let answer = async { read(sender.send_request(request).await?).await };
        let mut answer = std::pin::pin!(answer);
        let (status, body) = tokio::select! {
            biased;
            answer = answer.as_mut() => answer?,
            // the answer may have come in the same moment as the end
            ended = connection => {
                ended?;
                answer.await?
            }
        };
        Ok((status, body, peer))
    }
}

async fn read(
    response: Response<Incoming>,
) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
    let status = response.status();
    let body = Limited::new(response.into_body(), LONGEST)
        .collect()
        .await?;
    Ok((status, body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_urls_are_taken() {
        for (url, taken) in [
            ("http://127.0.0.1:8080", true),
            ("http://traefik:8080/", true),
            ("http://[::1]:8080/prefix", true),
            ("https://traefik", false),
            ("traefik:8080", false),
            ("http://user:secret@traefik", false),
            ("", false),
        ] {
            assert_eq!(TraefikApi::parse(url, None).is_ok(), taken, "{url}");
        }
    }

    #[test]
    fn credentials_are_basic_with_a_colon_and_bearer_without() {
        let header = |text| ApiAuth::parse(text).map(|auth| auth.0.to_str().unwrap().to_owned());
        assert_eq!(
            header("user:pass\n").unwrap(),
            "Basic dXNlcjpwYXNz",
            "basic"
        );
        assert_eq!(header("t0ken\n").unwrap(), "Bearer t0ken", "bearer");
        assert_eq!(header(" \n"), Err(TraefikApiError::Auth), "empty");
        assert_eq!(header("a\nb"), Err(TraefikApiError::Auth), "two lines");
    }
}
