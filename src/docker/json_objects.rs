//! Cuts a byte stream into JSON objects, without decoding them and without ever looking at a byte twice.
//!
//! The Engine's event stream is objects one after the other (with or without line ends, or RS bytes, depending on
//! its version); a list is the same within `[`, `,` and `]`. An object above the limit is passed over and reported
//! instead of held: one container with a huge label must cost neither memory nor the other containers.

/// One object of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Its bytes, from `{` to `}`.
    Object(Vec<u8>),
    /// It was above the limit; its beginning.
    TooLarge(Vec<u8>),
}

/// How much of an object that is too large is kept to name it by.
const HINT_BYTES: usize = 128;

/// The cutter's state between two chunks.
#[derive(Debug)]
pub(super) struct JsonObjects {
    limit: usize,
    object: Vec<u8>,
    too_large: bool,
    depth: usize,
    text: Text,
    list: List,
}

/// Where in a quoted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Outside,
    Inside,
    /// After a backslash.
    Escaped,
}

/// Whether the objects stand in an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// A bare stream, which never ends by itself.
    None,
    Expected,
    Open,
    Closed,
}

/// A byte between objects that cannot stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stray(pub(super) u8);

impl JsonObjects {
    /// Objects one after the other.
    pub(super) const fn stream(limit: usize) -> Self {
        Self::new(limit, List::None)
    }

    /// The objects of one array.
    pub(super) const fn list(limit: usize) -> Self {
        Self::new(limit, List::Expected)
    }

    const fn new(limit: usize, list: List) -> Self {
        Self {
            limit,
            object: Vec::new(),
            too_large: false,
            depth: 0,
            text: Text::Outside,
            list,
        }
    }

    /// Takes a chunk and gives the objects that it completed.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<Vec<Piece>, Stray> {
        let mut pieces = Vec::new();
        for &byte in chunk {
            if self.depth == 0 {
                self.between(byte)?;
            } else {
                self.inside(byte);
                if self.depth == 0 {
                    pieces.push(self.take());
                }
            }
        }
        Ok(pieces)
    }

    /// Nothing is half read, and a list has seen its end.
    pub(super) fn is_complete(&self) -> bool {
        self.depth == 0 && matches!(self.list, List::None | List::Closed)
    }

    const fn between(&mut self, byte: u8) -> Result<(), Stray> {
        match (byte, self.list) {
            // RS starts each value of a JSON sequence
            (b' ' | b'\t' | b'\r' | b'\n' | 0x1e, _) | (b',', List::Open) => Ok(()),
            (b'[', List::Expected) => {
                self.list = List::Open;
                Ok(())
            }
            (b']', List::Open) => {
                self.list = List::Closed;
                Ok(())
            }
            (b'{', List::None | List::Open) => {
                self.depth = 1;
                Ok(())
            }
            _ => Err(Stray(byte)),
        }
    }

    fn inside(&mut self, byte: u8) {
        if self.object.is_empty() {
            self.object.push(b'{');
        }
        self.keep(byte);
        match (self.text, byte) {
            (Text::Outside, b'"') | (Text::Escaped, _) => self.text = Text::Inside,
            (Text::Outside, b'{' | b'[') => self.depth += 1,
            (Text::Outside, b'}' | b']') => self.depth -= 1,
            (Text::Inside, b'\\') => self.text = Text::Escaped,
            (Text::Inside, b'"') => self.text = Text::Outside,
            (Text::Outside | Text::Inside, _) => {}
        }
    }

    fn keep(&mut self, byte: u8) {
        if !self.too_large && self.object.len() >= self.limit {
            self.too_large = true;
            self.object.truncate(HINT_BYTES);
            self.object.shrink_to_fit();
        }
        if !self.too_large {
            self.object.push(byte);
        }
    }

    fn take(&mut self) -> Piece {
        let bytes = std::mem::take(&mut self.object);
        if std::mem::take(&mut self.too_large) {
            Piece::TooLarge(bytes)
        } else {
            Piece::Object(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn objects(cutter: &mut JsonObjects, chunk: &[u8]) -> Vec<String> {
        let text = |piece| match piece {
            Piece::Object(bytes) => String::from_utf8(bytes).unwrap(),
            Piece::TooLarge(bytes) => format!("too large: {}", bytes.len()),
        };
        cutter.push(chunk).unwrap().into_iter().map(text).collect()
    }

    #[test]
    fn any_separator_of_any_engine_version_is_taken() {
        let mut cutter = JsonObjects::stream(1000);
        let seen = objects(&mut cutter, b"{\"a\":1}\n{\"a\":2}{\"a\":3}\r\n\x1e{}");
        assert_eq!(
            seen,
            ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{}"],
            "four objects"
        );
    }

    #[test]
    fn braces_and_quotes_in_strings_do_not_count() {
        let mut cutter = JsonObjects::stream(1000);
        let text = br#"{"a":"}\"{\\","b":[{"c":"]"}]}"#;
        assert_eq!(objects(&mut cutter, text).len(), 1, "one object");
    }

    #[test]
    fn an_object_above_the_limit_is_passed_over() {
        let mut cutter = JsonObjects::list(50);
        let big = format!(
            "[{{\"id\":1}},{{\"a\":\"{}\"}},{{\"id\":2}}]",
            "x".repeat(500)
        );
        assert_eq!(
            objects(&mut cutter, big.as_bytes()),
            ["{\"id\":1}", "too large: 50", "{\"id\":2}"],
            "its neighbours are read"
        );
        assert!(cutter.is_complete(), "the list ended");
    }

    #[test]
    fn a_list_without_its_end_is_not_complete() {
        let mut cutter = JsonObjects::list(50);
        assert_eq!(objects(&mut cutter, b"[{\"a\":1},").len(), 1, "one so far");
        assert!(!cutter.is_complete(), "no closing bracket yet");
        assert_eq!(cutter.push(b"]").unwrap(), [], "the end");
        assert!(cutter.is_complete(), "complete now");
        assert_eq!(cutter.push(b"x"), Err(Stray(b'x')), "nothing may follow");
    }

    proptest! {
        #[test]
        fn where_chunks_are_cut_does_not_matter(texts in proptest::collection::vec("[a{}\\[\\]\"\\\\,: \u{e9}]{0,12}", 0..6), size in 1_usize..9) {
            let bodies: Vec<String> = texts.iter().map(|t| serde_json::json!({"k": t, "l": [t]}).to_string()).collect();
            let whole = bodies.join("\n");
            let mut cutter = JsonObjects::stream(10_000);
            let mut seen = Vec::new();
            for chunk in whole.as_bytes().chunks(size) {
                seen.extend(objects(&mut cutter, chunk));
            }
            prop_assert_eq!(seen, bodies);
            prop_assert!(cutter.is_complete());
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut cutter = JsonObjects::list(20);
            let outcome = cutter.push(&bytes);
            prop_assert!(outcome.is_ok() || matches!(outcome, Err(Stray(_))));
        }
    }
}
