//! The two text formats of metrics: that of `OpenMetrics` for who asks for it, as Prometheus does, and the older one of
//! Prometheus, which everything else reads.

use hyper::HeaderMap;
use hyper::header::ACCEPT;

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Open,
    Classic,
}

impl Format {
    /// The one that a request asks for.
    pub(super) fn asked_for(headers: &HeaderMap) -> Self {
        let accepts = headers.get_all(ACCEPT).iter();
        let mut accepts = accepts.filter_map(|value| value.to_str().ok());
        if accepts.any(|value| value.contains("application/openmetrics-text")) {
            Self::Open
        } else {
            Self::Classic
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Open => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// What is a text of `OpenMetrics`, in this format.
    pub(super) fn of(self, open: String) -> String {
        match self {
            Self::Open => open,
            Self::Classic => classic(&open),
        }
    }
}

/// Families are called as their samples are, and nothing says that it ends.
fn classic(open: &str) -> String {
    let mut out = String::with_capacity(open.len() + open.len() / 8);
    let mut help = "";
    for line in open.lines() {
        let words = line.strip_prefix("# ").map(|words| words.split_once(' '));
        match words {
            Some(Some(("HELP", named))) => help = named,
            Some(Some(("TYPE", named))) => head(&mut out, named, help),
            // its unit, its end
            Some(_) => {}
            None => out.extend([line, "\n"]),
        }
    }
    out
}

/// A family's first lines; the help begins with its name.
fn head(out: &mut String, named: &str, help: &str) {
    let (name, kind) = named.split_once(' ').unwrap_or((named, "unknown"));
    let (ending, kind) = match kind {
        "counter" => ("_total", kind),
        "info" => ("_info", "gauge"),
        "unknown" => ("", "untyped"),
        _ => ("", kind),
    };
    let help = help.strip_prefix(name).unwrap_or_default();
    out.extend(["# HELP ", name, ending, help, "\n"]);
    out.extend(["# TYPE ", name, ending, " ", kind, "\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = "\
# HELP a_polls Requests, by result.
# TYPE a_polls counter
a_polls_total{result=\"# EOF\"} 3
# HELP a_build Version.
# TYPE a_build info
a_build_info{version=\"1\"} 1
# HELP a_size_bytes Size.
# TYPE a_size_bytes gauge
# UNIT a_size_bytes bytes
a_size_bytes 12
# HELP a_other Anything.
# TYPE a_other unknown
a_other 1
# EOF
";

    #[test]
    fn families_of_the_older_format_are_called_as_their_samples() {
        let expected = "\
# HELP a_polls_total Requests, by result.
# TYPE a_polls_total counter
a_polls_total{result=\"# EOF\"} 3
# HELP a_build_info Version.
# TYPE a_build_info gauge
a_build_info{version=\"1\"} 1
# HELP a_size_bytes Size.
# TYPE a_size_bytes gauge
a_size_bytes 12
# HELP a_other Anything.
# TYPE a_other untyped
a_other 1
";
        assert_eq!(Format::Classic.of(OPEN.to_owned()), expected);
        assert_eq!(Format::Open.of(OPEN.to_owned()), OPEN);
    }

    #[test]
    fn the_newer_format_is_for_who_names_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1";
        for (accept, format) in [
            (prometheus, Format::Open),
            ("text/plain;version=0.0.4", Format::Classic),
            ("*/*", Format::Classic),
        ] {
            let accept = accept.parse().unwrap();
            let headers = HeaderMap::from_iter([(ACCEPT, accept)]);
            assert_eq!(Format::asked_for(&headers), format, "{headers:?}");
        }
        assert_eq!(Format::asked_for(&HeaderMap::new()), Format::Classic);
    }
}
