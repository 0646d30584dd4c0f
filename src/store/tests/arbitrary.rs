//! Any record that the live types can hold comes back from the journal and from the snapshot as it was.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::arbitrary_rollout::{any_match, any_plan, any_rollout};
use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::{
    EnvRecord, HealthPolicy, Hook, HookEvent, HookFormat, HostTemplates, Middlewares, OnFailure,
    Origin, PreviewCert, Retention, Tls, TlsDomain, Upkeep,
};
use crate::routing::plan::FirstDeploy;
use crate::routing::time::Timestamp;
use crate::store::image::Image;
use crate::store::journal::{End, Point, encode_entry, encode_header, scan};
use crate::store::{Answer, Entry, Idempotency, Put, checkpoint};

fn any_key() -> impl Strategy<Value = EnvKey> {
    ("[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?", "[a-z]{1,3}")
        .prop_map(|(app, env)| EnvKey::parse(&app, &env).unwrap())
}

pub(super) fn any_version() -> impl Strategy<Value = Version> {
    "[A-Za-z0-9][A-Za-z0-9._+-]{0,62}"
        .prop_filter("reserved", |text| text != "vnext")
        .prop_map(|text| Version::parse(&text).unwrap())
}

pub(super) fn any_time() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp::from_millis)
}

fn any_strings() -> impl Strategy<Value = Vec<String>> {
    vec(any::<String>(), 0..3)
}

fn any_tls() -> impl Strategy<Value = Tls> {
    let domain = (any::<String>(), any_strings()).prop_map(|(main, sans)| TlsDomain { main, sans });
    let cert = prop_oneof![Just(PreviewCert::None), Just(PreviewCert::Resolver)];
    let texts = (option::of(any::<String>()), option::of(any::<String>()));
    (texts, vec(domain, 0..3), cert).prop_map(
        |((cert_resolver, options), domains, preview_cert)| Tls {
            cert_resolver,
            domains,
            options,
            preview_cert,
        },
    )
}

fn any_hook() -> impl Strategy<Value = Hook> {
    let on = proptest::sample::subsequence(HookEvent::ALL.to_vec(), 0..=HookEvent::ALL.len());
    let format = prop_oneof![Just(HookFormat::Json), Just(HookFormat::Chat)];
    let on_failure = option::of(prop_oneof![Just(OnFailure::Hold), Just(OnFailure::Abort)]);
    let texts = any::<(String, String, Option<String>)>();
    let kinds = (on, format, on_failure);
    (texts, kinds, any::<(u64, u32)>()).prop_map(
        |((name, url, secret_env), (on, format, on_failure), (timeout_ms, retries))| Hook {
            name,
            url,
            on: on.into_iter().collect(),
            format,
            timeout_ms,
            retries,
            on_failure,
            secret_env,
        },
    )
}

fn any_retention() -> impl Strategy<Value = Retention> {
    let when = prop_oneof![
        Just(Upkeep::Manual),
        Just(Upkeep::Deploy),
        any::<u64>().prop_map(Upkeep::Every)
    ];
    let limits = any::<(Option<u32>, Option<u64>, Option<u64>, Option<u64>)>();
    let rest = (any::<Option<String>>(), any::<u64>(), when);
    (limits, rest).prop_map(
        |((keep_last, max_age_ms, idle_ms, max_disk_bytes), (pull_requests, min_age_ms, when))| {
            Retention {
                keep_last,
                max_age_ms,
                idle_ms,
                max_disk_bytes,
                pull_requests,
                min_age_ms,
                when,
            }
        },
    )
}

fn any_env() -> impl Strategy<Value = EnvRecord> {
    let hosts =
        (any::<String>(), any::<String>(), any::<String>()).prop_map(|(live, preview, staged)| {
            HostTemplates {
                live,
                preview,
                staged,
            }
        });
    let middlewares =
        (any_strings(), any_strings()).prop_map(|(live, preview)| Middlewares { live, preview });
    let health = any::<(u64, u32)>().prop_map(|(time, ratio)| HealthPolicy {
        min_healthy_time_ms: time,
        min_ratio_permille: ratio,
    });
    let origin = prop_oneof![Just(Origin::Label), Just(Origin::Api)];
    let names = (any_key(), any::<String>(), option::of(any::<String>()));
    let lists = (any_strings(), option::of(any_tls()), middlewares);
    let first_deploy = prop_oneof![Just(FirstDeploy::Manual), Just(FirstDeploy::Auto)];
    let kept = (any::<u64>(), option::of(any_retention()), any::<bool>());
    let shifts = (option::of(any_plan()), first_deploy, kept);
    let health = (health, vec(any_hook(), 0..3), vec(any_match(), 0..3));
    let deploy = any_strings().prop_map(serde_json::Value::from);
    let rest = (
        option::of(any::<u16>()),
        health,
        origin,
        any_time(),
        shifts,
        deploy,
    );
    (names, hosts, lists, rest).prop_map(
        |((key, domain, scheme), hosts, (entry_points, tls, middlewares), rest)| EnvRecord {
            key,
            domain,
            hosts,
            scheme,
            port: rest.0,
            entry_points,
            tls,
            middlewares,
            health: rest.1.0,
            plan: rest.4.0,
            first_deploy: rest.4.1,
            auto_failover: rest.4.2.2,
            hooks: rest.1.1,
            staged_access: rest.1.2,
            deploy: rest.5,
            drain_ms: rest.4.2.0,
            retention: rest.4.2.1,
            origin: rest.2,
            created_at: rest.3,
        },
    )
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let displaced = option::of(any_version());
    (any_key(), any::<String>(), any::<u64>(), displaced).prop_map(
        |(env, fingerprint, generation, displaced)| Answer {
            env,
            fingerprint,
            generation,
            displaced,
        },
    )
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let put = prop_oneof![
        any_env().prop_map(Put::Env),
        any_key().prop_map(Put::RemoveEnv),
        (any_key(), any_rollout()).prop_map(|(key, record)| Put::Rollout(key, record)),
    ];
    // the time is for people, and has to be in the calendar's range
    let time = (0..200_000_000_000_000_u64).prop_map(Timestamp::from_millis);
    let idempotency =
        (any::<String>(), any_answer()).prop_map(|(key, answer)| Idempotency { key, answer });
    let texts = any::<(String, String, String)>();
    let lists = (
        vec(any_key(), 0..3),
        option::of(idempotency),
        vec(put, 0..4),
    );
    (time, texts, lists).prop_map(
        |(time, (actor, command, result), (envs, idempotency, puts))| Entry {
            time,
            actor,
            command,
            result,
            envs,
            idempotency,
            puts,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_entry_comes_back_from_its_line(entries in vec(any_entry(), 1..4)) {
        let mut head = Point::genesis();
        let mut journal = encode_header(&head);
        for entry in &entries {
            let (next, line) = encode_entry(&head, entry);
            let end = line.iter().position(|byte| *byte == b'\n');
            prop_assert_eq!(end, Some(line.len() - 1), "one line each");
            head = next;
            journal.extend(line);
        }
        let scan = scan(&journal).unwrap();
        prop_assert!(matches!(scan.end, End::Clean { .. }), "{:?}", scan.end);
        prop_assert_eq!(scan.head(), &head);
        let read: Vec<_> = scan.lines.into_iter().map(|line| line.entry).collect();
        prop_assert_eq!(read, entries);
    }

    #[test]
    fn any_state_comes_back_from_its_snapshot(
        envs in vec(any_env(), 0..4),
        rollouts in btree_map(any_key(), any_rollout(), 0..4),
        answers in btree_map(any::<String>(), any_answer(), 0..4),
    ) {
        let mut image = Image::default();
        let envs = envs.into_iter().map(Put::Env);
        let rollouts = rollouts.into_iter().map(|(key, record)| Put::Rollout(key, record));
        for put in envs.chain(rollouts) {
            image.put(put);
        }
        for (key, answer) in answers {
            image.remember(Idempotency { key, answer });
        }
        let head = Point { seq: 7, hash: "h".to_owned() };
        let read = checkpoint::decode(&checkpoint::encode(&head, &image)).unwrap();
        prop_assert_eq!(read.head, head);
        prop_assert_eq!(read.image, image);
    }

    #[test]
    fn reading_never_panics(bytes in vec(any::<u8>(), 0..600)) {
        prop_assert!(scan(&bytes).is_err(), "no header");
        prop_assert!(checkpoint::decode(&bytes).is_err(), "no checksum");
        let mut journal = encode_header(&Point::genesis());
        journal.extend(bytes);
        scan(&journal).unwrap();
    }
}
