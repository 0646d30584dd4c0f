//! The bytes on disk, so that no refactoring changes them silently.

use super::sim::{Fault, Files, SimDisk};
use super::{append_all, entry, key};
use crate::routing::time::Timestamp;
use crate::store::image::Image;
use crate::store::journal::{Point, encode_entry, encode_header};
use crate::store::record::Rollout;
use crate::store::{ANSWERS, Answer, Idempotency, Store, name};

#[test]
fn a_journal_line_is_what_the_docs_show() {
    let header = String::from_utf8(encode_header(&Point::genesis())).unwrap();
    let zeros = "0".repeat(64);
    assert_eq!(
        header,
        format!("{{\"crc\":\"1f150552\",\"schema\":2,\"base\":0,\"prev\":\"{zeros}\"}}\n"),
        "header"
    );
    let mut entry = entry(12);
    entry.time = Timestamp::from_millis(1_760_000_000_123);
    let (_, line) = encode_entry(&Point::genesis(), &entry);
    let expected = [
        r#"{"crc":"6692d0b1","seq":1,"prev":""#,
        &zeros,
        r#"","time":"2025-10-09T08:53:20.123Z","actor":"t","command":"c12","result":"ok","envs":["a/dev"],"#,
        r#""answer":{"key":"k12","env":"a/dev","fingerprint":"f","generation":12},"puts":["#,
        r#"{"env":{"env":"a/dev","domain":"d12","hosts":{"live":"{app}.{domain}","preview":"{version}-{app}.{domain}","staged":"vnext-{app}.{domain}"},"min_healthy_time_ms":10000,"min_ratio_permille":1000,"origin":"api","created_at_ms":1700000000012}},"#,
        r#"{"rollout":{"env":"a/dev","generation":12,"blue":{"version":"v1","generation":12},"active":"blue"}}"#,
        "]}\n",
    ];
    assert_eq!(
        String::from_utf8(line).unwrap(),
        expected.concat(),
        "one command"
    );
}

#[test]
fn a_snapshot_is_one_readable_object() {
    let disk = SimDisk::new(&Files::new(), Fault::None);
    let (mut store, _) = Store::open_on(disk.boxed(), 100).unwrap();
    append_all(&mut store, 1..=3);
    store.close().unwrap();
    let files = disk.files();
    let text = String::from_utf8(files[name::SNAPSHOT].clone()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let fields: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "answers", "envs", "hash", "rollouts", "schema", "seq", "sha256"
        ],
        "one object"
    );
    assert!(text.lines().count() > 30, "over lines:\n{text}");
    assert_eq!(json["seq"], 3, "where it was taken");
    assert_eq!(json["rollouts"][0]["env"], "a/dev", "by env");
}

#[test]
fn only_the_latest_answers_are_remembered() {
    let mut image = Image::default();
    let remember = |image: &mut Image, n: usize| {
        image.remember(Idempotency {
            key: n.to_string(),
            answer: Answer {
                env: key("a"),
                fingerprint: String::new(),
                generation: n as u64,
                displaced: None,
            },
        });
    };
    (0..ANSWERS).for_each(|n| remember(&mut image, n));
    remember(&mut image, 0);
    remember(&mut image, ANSWERS);
    assert_eq!(image.answers().len(), ANSWERS, "bounded");
    assert!(image.answers().contains_key("0"), "used again just now");
    assert!(!image.answers().contains_key("1"), "the oldest went");
    assert_eq!(image.answers_in_order().count(), ANSWERS, "in step");
}

#[test]
fn a_retirement_of_before_docker_s_clock_was_kept_is_as_old_as_it_was_asked_for() {
    let stored = r#"{"env":"a/dev","generation":3,"retired":[{"version":"v1","by":"ann","at_ms":40500,
        "removal":{"volumes":false,"keep_images":true}}]}"#;
    let stored: Rollout = serde_json::from_str(stored).unwrap();
    let (_, record) = stored.decode().unwrap();
    let (_, retired) = record.retired.first_key_value().unwrap();
    let removed_until = retired.removal.as_ref().map(|it| it.made_until);
    assert_eq!((retired.made_until, removed_until), (40, Some(40)));
}
