//! An env body becomes a record, or an error that names the field, what was given and what would be right.

use super::{plan, retention};
use crate::api::{DeployBody, EnvBody, FirstDeploy, HealthBody, HostsBody, PreviewCert, TlsBody};
use crate::go_duration;
use crate::routing::ids::EnvKey;
use crate::routing::model::{
    self, EnvRecord, HealthPolicy, HostTemplates, Middlewares, Origin, Tls, TlsDomain,
};
use crate::routing::plan as routing_plan;
use crate::routing::time::Timestamp;
use crate::web::error::ApiError;

use super::hooks;

/// Placeholders that every template may use, each with a value to try the template with.
const COMMON: [(&str, &str); 3] = [("app", "app"), ("env", "env"), ("domain", "")];
/// Placeholders of previews only: the live and the staged host outlive versions.
const OF_VERSION: [(&str, &str); 2] = [("version", "v1.2.0"), ("version_slug", "v1-2-0")];

pub(super) fn record(key: EnvKey, body: &EnvBody, now: Timestamp) -> Result<EnvRecord, ApiError> {
    if !is_dns(&body.domain) {
        let right = "a DNS name in lower case, as dev.example.com";
        return Err(wrong("domain", &body.domain, right));
    }
    if let Some(scheme) = &body.scheme
        && !["http", "https"].contains(&scheme.as_str())
    {
        return Err(wrong("scheme", scheme, "http or https"));
    }
    if body.port == Some(0) {
        return Err(wrong("port", "0", "1 to 65535"));
    }
    names("entry_points", &body.entry_points)?;
    names("middlewares.live", &body.middlewares.live)?;
    names("middlewares.preview", &body.middlewares.preview)?;
    Ok(EnvRecord {
        key,
        domain: body.domain.clone(),
        hosts: hosts(&body.hosts, &body.domain)?,
        scheme: body.scheme.clone(),
        port: body.port,
        entry_points: body.entry_points.clone(),
        tls: body.tls.as_ref().map(tls).transpose()?,
        middlewares: Middlewares {
            live: body.middlewares.live.clone(),
            preview: body.middlewares.preview.clone(),
        },
        health: health(&body.health)?,
        plan: match &body.plan {
            Some(input) => Some(plan::parse(input).map_err(invalid)?),
            None => None,
        },
        first_deploy: match body.first_deploy {
            FirstDeploy::Manual => routing_plan::FirstDeploy::Manual,
            FirstDeploy::Auto => routing_plan::FirstDeploy::Auto,
        },
        auto_failover: body.auto_failover,
        hooks: hooks::parse(&body.hooks)?,
        staged_access: plan::matches(&body.staged_access)
            .map_err(|error| invalid(format!("staged_access: {error}")))?,
        deploy: deploy(body.deploy())?,
        drain_ms: drain(body.drain.as_deref())?,
        retention: match &body.retention {
            Some(body) => Some(
                retention::parse(body).map_err(|error| invalid(format!("retention.{error}")))?,
            ),
            None => None,
        },
        origin: Origin::Api,
        created_at: now,
    })
}

/// Read by the command line alone; checked here, so that it is no surprise there.
fn deploy(body: DeployBody) -> Result<serde_json::Value, ApiError> {
    if body == DeployBody::default() {
        return Ok(serde_json::Value::Null);
    }
    body.check().map_err(invalid)?;
    serde_json::to_value(body).map_err(|error| invalid(error.to_string()))
}

pub(super) fn wrong(field: &str, given: &str, right: &str) -> ApiError {
    invalid(format!(
        "{field}: {given:?} is not right: it must be {right}"
    ))
}

fn invalid(detail: String) -> ApiError {
    ApiError::bad_request("invalid_env", detail)
}

/// Longest drain.
const DRAIN_MS: u64 = 3_600_000;

fn drain(text: Option<&str>) -> Result<u64, ApiError> {
    let Some(text) = text else {
        return Ok(EnvRecord::DRAIN_MS);
    };
    let millis = plan::millis("drain", text).map_err(invalid)?;
    if millis > DRAIN_MS {
        return Err(wrong("drain", text, "at most 1h"));
    }
    Ok(millis)
}

fn hosts(body: &HostsBody, domain: &str) -> Result<HostTemplates, ApiError> {
    let default = HostTemplates::default();
    let hosts = HostTemplates {
        live: body.live.clone().unwrap_or(default.live),
        preview: body.preview.clone().unwrap_or(default.preview),
        staged: body.staged.clone().unwrap_or(default.staged),
    };
    let common = COMMON.map(|(name, value)| (name, if name == "domain" { domain } else { value }));
    let all: Vec<(&str, &str)> = common.into_iter().chain(OF_VERSION).collect();
    template("hosts.live", &hosts.live, &common)?;
    template("hosts.staged", &hosts.staged, &common)?;
    template("hosts.preview", &hosts.preview, &all)?;
    let names_version =
        hosts.preview.contains("{version}") || hosts.preview.contains("{version_slug}");
    if !names_version {
        let right = "a template with {version}, as {version}-{app}.{domain}";
        return Err(wrong("hosts.preview", &hosts.preview, right));
    }
    if hosts.live == hosts.staged {
        let right = "another host than hosts.live";
        return Err(wrong("hosts.staged", &hosts.staged, right));
    }
    Ok(hosts)
}

/// Known placeholders only, `{app}` among them, and a valid name once they are filled.
fn template(field: &str, text: &str, known: &[(&str, &str)]) -> Result<(), ApiError> {
    if !text.contains("{app}") {
        return Err(wrong(field, text, "a template with {app}"));
    }
    let filled = known.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    });
    if filled.contains(['{', '}']) {
        let names: Vec<String> = known
            .iter()
            .map(|(name, _)| format!("{{{name}}}"))
            .collect();
        let right = format!(
            "a template with no other placeholders than {}",
            names.join(" ")
        );
        return Err(wrong(field, text, &right));
    }
    if !is_dns(&filled) {
        let right = format!("a template of DNS names, but it gives {filled:?}");
        return Err(wrong(field, text, &right));
    }
    Ok(())
}

fn tls(body: &TlsBody) -> Result<Tls, ApiError> {
    names("tls.cert_resolver", body.cert_resolver.as_slice())?;
    names("tls.options", body.options.as_slice())?;
    for domain in &body.domains {
        let mains = std::iter::once(&domain.main).map(|main| ("tls.domains.main", main));
        let sans = domain.sans.iter().map(|san| ("tls.domains.sans", san));
        for (field, name) in mains.chain(sans) {
            if !is_dns(name.strip_prefix("*.").unwrap_or(name)) {
                let right = "a DNS name in lower case, or *. and one";
                return Err(wrong(field, name, right));
            }
        }
    }
    let domains = body.domains.iter().map(|domain| TlsDomain {
        main: domain.main.clone(),
        sans: domain.sans.clone(),
    });
    Ok(Tls {
        cert_resolver: body.cert_resolver.clone(),
        domains: domains.collect(),
        options: body.options.clone(),
        preview_cert: match body.preview_cert {
            PreviewCert::None => model::PreviewCert::None,
            PreviewCert::Resolver => model::PreviewCert::Resolver,
        },
    })
}

fn health(body: &HealthBody) -> Result<HealthPolicy, ApiError> {
    let default = HealthPolicy::default();
    let time = body.min_healthy_time.as_deref();
    let time = time.map(|text| go_duration::parse(text).map_err(|_error| text));
    let time = time.transpose().map_err(|text| {
        let right = "a duration as 450ms, 10s, 1m30s";
        wrong("health.min_healthy_time", text, right)
    })?;
    let millis = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    Ok(HealthPolicy {
        min_healthy_time_ms: millis.unwrap_or(default.min_healthy_time_ms),
        min_ratio_permille: match body.min_ratio {
            Some(ratio) => permille(ratio)?,
            None => default.min_ratio_permille,
        },
    })
}

fn permille(ratio: f64) -> Result<u32, ApiError> {
    if !(0.0..=1.0).contains(&ratio) {
        let right = "a number from 0 to 1";
        return Err(wrong("health.min_ratio", &ratio.to_string(), right));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1000 was checked above"
    )]
    let permille = (ratio * 1000.0).round() as u32;
    Ok(permille)
}

/// Names of Traefik objects; `@` names another provider's.
fn names(field: &str, names: &[String]) -> Result<(), ApiError> {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    let is_name = |name: &str| !name.is_empty() && name.chars().all(inner);
    match names.iter().find(|name| !is_name(name)) {
        Some(name) => Err(wrong(field, name, "a name of letters, digits and . _ - @")),
        None => Ok(()),
    }
}

fn is_dns(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = |label: &str| {
        let edges = label.starts_with('-') || label.ends_with('-');
        !label.is_empty() && label.len() <= 63 && !edges && label.chars().all(inner)
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> Option<String> {
        let body: EnvBody = serde_json::from_str(json).unwrap();
        let key = EnvKey::parse("whoami", "dev").unwrap();
        let error = record(key, &body, Timestamp::ZERO).err()?;
        let (_, _, problem) = error.into_parts();
        let problem: crate::api::Problem = serde_json::from_slice(&problem).unwrap();
        Some(problem.detail)
    }

    #[test]
    fn each_mistake_names_field_value_and_what_would_be_right() {
        for (json, expected) in [
            (
                r#"{"domain":"Dev.example.com"}"#,
                "domain: \"Dev.example.com\" is not right: it must be a DNS name",
            ),
            (r#"{"domain":"-x.com"}"#, "domain: \"-x.com\""),
            (r#"{"domain":"x..com"}"#, "domain: "),
            (r#"{"domain":""}"#, "domain: "),
            (
                r#"{"domain":"d","scheme":"ftp"}"#,
                "scheme: \"ftp\" is not right: it must be http or https",
            ),
            (r#"{"domain":"d","port":0}"#, "port: \"0\""),
            (
                r#"{"domain":"d","entry_points":["a,b"]}"#,
                "entry_points: \"a,b\"",
            ),
            (
                r#"{"domain":"d","hosts":{"live":"x.{domain}"}}"#,
                "hosts.live: \"x.{domain}\" is not right: it must be a template with {app}",
            ),
            (
                r#"{"domain":"d","hosts":{"live":"{app}-{version}.{domain}"}}"#,
                "no other placeholders than {app} {env} {domain}",
            ),
            (
                r#"{"domain":"d","hosts":{"preview":"p-{app}.{domain}"}}"#,
                "hosts.preview: \"p-{app}.{domain}\" is not right: it must be a template with {version}",
            ),
            (
                r#"{"domain":"d","hosts":{"preview":"{version}-{app}.{tld}"}}"#,
                "no other placeholders",
            ),
            (
                r#"{"domain":"d","hosts":{"staged":"{app}.{domain}"}}"#,
                "another host than hosts.live",
            ),
            (
                r#"{"domain":"d","hosts":{"staged":"next_{app}.{domain}"}}"#,
                "it gives \"next_app.d\"",
            ),
            (
                r#"{"domain":"d","tls":{"domains":[{"main":"*.*.d"}]}}"#,
                "tls.domains.main: \"*.*.d\"",
            ),
            (
                r#"{"domain":"d","tls":{"cert_resolver":""}}"#,
                "tls.cert_resolver: \"\"",
            ),
            (
                r#"{"domain":"d","health":{"min_healthy_time":"10"}}"#,
                "health.min_healthy_time: \"10\"",
            ),
            (
                r#"{"domain":"d","health":{"min_ratio":1.1}}"#,
                "health.min_ratio: \"1.1\"",
            ),
            (
                r#"{"domain":"d","plan":"cannery"}"#,
                "plan: there is no plan \"cannery\"",
            ),
            (
                r#"{"domain":"d","plan":{"steps":[{"weight":5}]}}"#,
                "plan: the last step has weight 5",
            ),
        ] {
            let detail = refusal(json).unwrap_or_default();
            assert!(detail.contains(expected), "{json}: {detail}");
        }
    }

    #[test]
    fn mistakes_about_upkeep_name_their_field() {
        let drain = refusal(r#"{"domain":"d","drain":"2h"}"#).unwrap();
        assert!(drain.starts_with("drain: \"2h\" is not right"), "{drain}");
        let keep = refusal(r#"{"domain":"d","retention":{"keep_last":0}}"#).unwrap();
        assert!(keep.starts_with("retention.keep_last: 0 must"), "{keep}");
    }

    #[test]
    fn what_is_usual_is_taken() {
        for json in [
            r#"{"domain":"dev.example.com"}"#,
            r#"{"domain":"localhost","hosts":{"preview":"{version_slug}.{app}.{env}.{domain}"}}"#,
            r#"{"domain":"d","health":{"min_healthy_time":"0","min_ratio":0}}"#,
            r#"{"domain":"d","plan":"canary","first_deploy":"auto"}"#,
            r#"{"domain":"d","drain":"0s","retention":{"keep_last":3,"when":"deploy"}}"#,
        ] {
            assert_eq!(refusal(json), None, "{json}");
        }
    }
}
