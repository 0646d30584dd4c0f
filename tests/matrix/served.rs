//! A provider that answers every poll with the same document.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Serves a document until the test ends.
pub(crate) fn serve(body: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // a poller that went away is no failure of the test
            stream
                .and_then(|stream| answer(stream, &body))
                .unwrap_or_default();
        }
    });
    address
}

fn answer(mut stream: TcpStream, body: &[u8]) -> std::io::Result<()> {
    let head = BufReader::new(&stream).lines();
    for line in head {
        if line?.is_empty() {
            break;
        }
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)
}
