//! One keep-alive connection, and single requests.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::runtime;

/// Longer than any answer may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// Status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        let read = serde_json::from_str(&self.body);
        read.unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// What to ask for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) host: String,
    pub(crate) target: String,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Ask {
    pub(crate) fn get(host: &str, target: &str) -> Self {
        Self {
            method: Method::GET,
            host: host.to_owned(),
            target: target.to_owned(),
            idempotency_key: None,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    pub(crate) fn post(host: &str, target: &str, body: &str) -> Self {
        Self {
            method: Method::POST,
            body: body.to_owned(),
            ..Self::get(host, target)
        }
    }

    pub(crate) fn key(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::builder()
            .method(&self.method)
            .uri(&self.target)
            .header("host", &self.host);
        if let Some(key) = &self.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if !self.body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let body = Full::new(Bytes::from(self.body.clone()));
        request.body(body).unwrap()
    }
}

/// A connection that is kept.
pub(crate) struct Client<B = Full<Bytes>> {
    pub(crate) sender: SendRequest<B>,
    /// Ends with the client.
    _connection: JoinSet<()>,
}

impl<B: Body<Data = Bytes, Error = Infallible> + Send + 'static> Client<B> {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, String> {
        let connect = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            std::io::Result::Ok(stream)
        };
        let stream = timeout(LIMIT, connect).await;
        let stream = stream.map_err(|_elapsed| "connect: no answer".to_owned())?;
        let stream = stream.map_err(|error| format!("connect: {error}"))?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| format!("connect: {error}"))?;
        let mut tasks = JoinSet::new();
        // its error is seen by the request on it
        tasks.spawn(async move { connection.await.unwrap_or_default() });
        Ok(Self {
            sender,
            _connection: tasks,
        })
    }

    /// Whether another request can be sent; not so when the server has closed it meanwhile.
    pub(crate) async fn is_usable(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    pub(crate) async fn exchange(
        &mut self,
        request: Request<B>,
    ) -> Result<(Answer, HeaderMap), String> {
        let exchange = async {
            let response = self.sender.send_request(request).await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            let body = String::from_utf8_lossy(&body).into_owned();
            let status = head.status.as_u16();
            Ok::<_, hyper::Error>((Answer { status, body }, head.headers))
        };
        let answer = timeout(LIMIT, exchange).await;
        let answer = answer.map_err(|_elapsed| format!("no answer within {LIMIT:?}"))?;
        answer.map_err(|error| format!("{error:?}"))
    }
}

impl Client {
    pub(crate) async fn ask(&mut self, ask: &Ask) -> Result<Answer, String> {
        let (answer, _headers) = self.ask_for_all(ask).await?;
        Ok(answer)
    }

    async fn ask_for_all(&mut self, ask: &Ask) -> Result<(Answer, HeaderMap), String> {
        self.exchange(ask.request()).await
    }
}

/// One request on a connection of its own.
pub(crate) fn ask(address: SocketAddr, ask: &Ask) -> Result<Answer, String> {
    runtime().block_on(async { <Client>::connect(address).await?.ask(ask).await })
}

/// The answer with its headers.
pub(crate) fn look(address: SocketAddr, ask: &Ask) -> Result<(Answer, HeaderMap), String> {
    runtime().block_on(async { <Client>::connect(address).await?.ask_for_all(ask).await })
}

/// The answer, and the cookie that it sets: `name=value`.
pub(crate) fn browse(address: SocketAddr, ask: &Ask) -> Result<(Answer, Option<String>), String> {
    let (answer, headers) = look(address, ask)?;
    let cookie = headers.get("set-cookie").and_then(|set| set.to_str().ok());
    let pair = cookie.and_then(|cookie| cookie.split(';').next());
    Ok((answer, pair.map(str::to_owned)))
}
