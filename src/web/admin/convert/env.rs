//! The env record as the API's wire type.

use super::super::{hooks, plan, retention};
use super::go_duration;
use crate::api::{
    DeployBody, Env, EnvBody, FirstDeploy, HealthBody, HostsBody, MiddlewaresBody, PreviewCert,
    TlsBody, TlsDomainBody,
};
use crate::routing::model::{self, EnvRecord, HealthPolicy, HostTemplates, Origin};
use crate::routing::plan as routing_plan;

/// A record as it was said: what has its default is left out.
pub(in crate::web::admin) fn env(record: &EnvRecord) -> Env {
    let origin = match record.origin {
        Origin::Label => "label",
        Origin::Api => "api",
    };
    let deploy = deploy(&record.deploy);
    Env {
        app: record.key.app.clone(),
        env: record.key.env.clone(),
        origin: origin.to_owned(),
        body: EnvBody {
            domain: record.domain.clone(),
            scheme: record.scheme.clone(),
            port: record.port,
            entry_points: record.entry_points.clone(),
            hosts: hosts(&record.hosts),
            tls: record.tls.as_ref().map(tls),
            middlewares: MiddlewaresBody {
                live: record.middlewares.live.clone(),
                preview: record.middlewares.preview.clone(),
            },
            health: health_policy(record.health),
            plan: record.plan.as_ref().map(plan::render),
            first_deploy: match record.first_deploy {
                routing_plan::FirstDeploy::Manual => FirstDeploy::Manual,
                routing_plan::FirstDeploy::Auto => FirstDeploy::Auto,
            },
            auto_failover: record.auto_failover,
            hooks: hooks::bodies(&record.hooks),
            staged_access: record
                .staged_access
                .iter()
                .map(plan::render_match)
                .collect(),
            variables: deploy.variables,
            env_file: deploy.env_file,
            compose_files: deploy.compose_files,
            resources: deploy.resources,
            deploy_hooks: deploy.deploy_hooks,
            drain: (record.drain_ms != EnvRecord::DRAIN_MS).then(|| go_duration(record.drain_ms)),
            retention: record.retention.as_ref().map(retention::render),
        },
    }
}

/// It was checked when it came; what a later version has put there is not shown.
fn deploy(kept: &serde_json::Value) -> DeployBody {
    serde_json::from_value(kept.clone()).unwrap_or_default()
}

fn hosts(hosts: &HostTemplates) -> HostsBody {
    let default = HostTemplates::default();
    let said = |text: &String, default: &String| (text != default).then(|| text.clone());
    HostsBody {
        live: said(&hosts.live, &default.live),
        preview: said(&hosts.preview, &default.preview),
        staged: said(&hosts.staged, &default.staged),
    }
}

fn tls(tls: &model::Tls) -> TlsBody {
    let domain = |domain: &model::TlsDomain| TlsDomainBody {
        main: domain.main.clone(),
        sans: domain.sans.clone(),
    };
    TlsBody {
        cert_resolver: tls.cert_resolver.clone(),
        domains: tls.domains.iter().map(domain).collect(),
        options: tls.options.clone(),
        preview_cert: match tls.preview_cert {
            model::PreviewCert::None => PreviewCert::None,
            model::PreviewCert::Resolver => PreviewCert::Resolver,
        },
    }
}

fn health_policy(policy: HealthPolicy) -> HealthBody {
    let default = HealthPolicy::default();
    let (time, ratio) = (policy.min_healthy_time_ms, policy.min_ratio_permille);
    HealthBody {
        min_healthy_time: (time != default.min_healthy_time_ms).then(|| go_duration(time)),
        min_ratio: (ratio != default.min_ratio_permille).then(|| f64::from(ratio) / 1000.0),
    }
}
