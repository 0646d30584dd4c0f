//! Files that are part of the program: the dashboard, and the API's description.
//!
//! The dashboard holds nothing of the daemon's and is given to everybody; what it shows it asks for like any other
//! client, with the token that somebody types. Its policy lets it load and ask nothing but what is served here.

use axum::response::{IntoResponse, Response};
use hyper::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// Where its three files are.
pub(super) const DASHBOARD: [&str; 3] = ["/", "/dashboard.js", "/dashboard.css"];

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn dashboard() -> Response {
    let page = include_str!("dashboard/dashboard.html");
    file("text/html; charset=utf-8", page)
}

pub(super) async fn script() -> Response {
    let script = include_str!("dashboard/dashboard.js");
    file("text/javascript; charset=utf-8", script)
}

pub(super) async fn style() -> Response {
    file(
        "text/css; charset=utf-8",
        include_str!("dashboard/dashboard.css"),
    )
}

pub(super) async fn openapi() -> Response {
    file("application/json", include_str!("openapi.json"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    type Routes = BTreeMap<String, BTreeSet<String>>;

    fn description() -> Value {
        serde_json::from_str(include_str!("openapi.json")).unwrap()
    }

    /// Of the router's source: paths, and the methods that each takes.
    fn routes() -> Routes {
        let source = include_str!("mod.rs");
        let calls = source.split("Router::new()").nth(1).unwrap();
        let calls = calls.split(".fallback(").next().unwrap();
        let routes = calls.split(".route(").skip(1).map(|route| {
            let path = route.split('"').nth(1).unwrap();
            let takes = |method: &&&str| {
                [" ", ".", "\n"]
                    .iter()
                    .any(|before| route.contains(&format!("{before}{method}(")))
            };
            let methods = ["get", "put", "post", "delete", "patch"];
            let methods = methods.iter().filter(takes).map(ToString::to_string);
            (path.to_owned(), methods.collect())
        });
        routes.collect()
    }

    fn described(description: &Value) -> Routes {
        let paths = description["paths"].as_object().unwrap().iter();
        let paths = paths.map(|(path, it)| {
            let methods = it.as_object().unwrap().keys().cloned();
            (path.clone(), methods.collect())
        });
        paths.collect()
    }

    #[test]
    fn every_route_is_described_and_nothing_else() {
        assert_eq!(described(&description()), routes(), "paths and methods");
        assert!(routes().len() > 15, "the router is read: {:?}", routes());
    }

    #[test]
    fn the_description_is_of_this_release() {
        let description = description();
        assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references(value: &Value, found: &mut Vec<String>) {
            if let Some(to) = value.get("$ref").and_then(Value::as_str) {
                found.push(to.to_owned());
            }
            let fields = value.as_object().into_iter().flat_map(|it| it.values());
            let items = value.as_array().into_iter().flatten();
            fields.chain(items).for_each(|it| references(it, found));
        }
        let description = description();
        let mut found = Vec::new();
        references(&description, &mut found);
        for to in found {
            let there = description.pointer(to.trim_start_matches('#'));
            assert!(there.is_some(), "{to}");
        }
    }

    /// Words in quotes that follow a constructor of errors, over all sources of the listener and what it asks.
    #[test]
    fn every_code_is_described() {
        let description = description();
        let codes = description["components"]["schemas"]["Code"]["enum"].as_array();
        let codes: BTreeSet<&str> = codes.unwrap().iter().filter_map(Value::as_str).collect();
        let document = include_str!("../../../docs/admin-api.md");
        let table = document.split("### Codes").nth(1).unwrap();
        let table = table.split("## Env file").next().unwrap();
        let words = table.split('`').skip(1).step_by(2);
        let words = words.filter(|word| {
            let is_code = |c: char| c.is_ascii_lowercase() || c == '_';
            word.len() > 3 && word.chars().all(is_code) && *word != "state"
        });
        for word in words {
            assert!(codes.contains(word), "docs/admin-api.md has {word}");
        }
        let sources = [
            include_str!("guard.rs"),
            include_str!("payload.rs"),
            include_str!("events.rs"),
            include_str!("envs.rs"),
            include_str!("mod.rs"),
            include_str!("probes.rs"),
            include_str!("reads.rs"),
            include_str!("request.rs"),
            include_str!("history.rs"),
            include_str!("validate.rs"),
            include_str!("transitions.rs"),
            include_str!("gc.rs"),
            include_str!("commands/mod.rs"),
            include_str!("../error.rs"),
        ];
        for source in sources {
            for call in source
                .split("ApiError::")
                .skip(1)
                .chain(source.split("Self::new(").skip(1))
            {
                // of the call alone, and its first word in quotes
                let call = call.split([';', '}']).next().unwrap();
                let code = call.split('"').nth(1).unwrap_or("not_found");
                let is_code = !code.contains(' ') && code.contains('_');
                assert!(!is_code || codes.contains(code), "{code} in {call}");
            }
        }
        let refusals = [
            include_str!("../../reconciler/handle.rs"),
            include_str!("../../routing/rollout/refusal.rs"),
        ];
        for source in refusals {
            let body = source.split("fn code(&self)").nth(1).unwrap();
            let body = body.split("\n    }\n").next().unwrap();
            let words: Vec<&str> = body.split('"').skip(1).step_by(2).collect();
            assert!(words.len() > 10, "the codes are read: {words:?}");
            for code in words {
                assert!(codes.contains(code), "{code} is described");
            }
        }
    }

    /// The page names no path that is not served, and nothing of another host.
    #[test]
    fn the_dashboard_asks_for_what_is_served() {
        let served = routes();
        let page = include_str!("dashboard/dashboard.html");
        let script = include_str!("dashboard/dashboard.js");
        for (text, name) in [(page, "page"), (script, "script")] {
            let words = text.split(['"', '\'', '`']);
            for path in words.filter(|word| word.starts_with('/') && word.len() > 1) {
                let is_served = served.contains_key(path) || path == "/v1/envs/";
                assert!(is_served || path.starts_with("//"), "{name}: {path}");
            }
            assert!(!text.contains("innerHTML"), "{name}: text is text");
        }
        for text in [page, script, include_str!("dashboard/dashboard.css")] {
            let foreign = text.matches("http://").count() + text.matches("https://").count();
            // the name of SVG's own vocabulary
            let vocabulary = text.matches("http://www.w3.org/2000/svg").count();
            assert_eq!(foreign, vocabulary, "nothing comes from elsewhere");
        }
        assert!(!page.contains("style="), "no inline styles");
    }
}
