//! `snapshot.json`: the sum of all entries up to a place in the chain, pretty-printed, under one SHA-256.

use serde::{Deserialize, Serialize};

use crate::routing::model::EnvRecord;

use super::image::Image;
use super::journal::Point;
use super::record::{self, RecordError};
use super::seal::Seal;
use super::{Put, SCHEMA};

/// A snapshot that was read.
#[derive(Debug)]
pub(super) struct Checkpoint {
    pub(super) schema: u32,
    pub(super) head: Point,
    pub(super) image: Image,
}

/// A snapshot that cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// What is wrong with it.
    Damaged(String),
    /// It has this later schema.
    Newer(u32),
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    schema: u32,
    seq: u64,
    hash: String,
    envs: Vec<record::Env>,
    rollouts: Vec<record::Rollout>,
    answers: Vec<record::Answer>,
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: u32,
}

/// The file's bytes.
pub(super) fn encode(head: &Point, image: &Image) -> Vec<u8> {
    let file = File {
        schema: SCHEMA,
        seq: head.seq,
        hash: head.hash.clone(),
        envs: image.envs.values().map(record::Env::from).collect(),
        rollouts: image
            .rollouts
            .iter()
            .map(|(key, rollout)| record::Rollout::new(key, rollout))
            .collect(),
        answers: image
            .answers_in_order()
            .map(|(key, answer)| record::Answer::new(key, answer))
            .collect(),
    };
    let mut json = serde_json::to_vec_pretty(&file).expect("records have text keys only");
    json.push(b'\n');
    Seal::Sha256.close(&json)
}

/// Reads a file that [`encode`] wrote, perhaps in a later version.
pub(super) fn decode(bytes: &[u8]) -> Result<Checkpoint, Unreadable> {
    if !Seal::Sha256.holds(bytes) {
        return Err(Unreadable::Damaged(
            "does not match its checksum".to_owned(),
        ));
    }
    let not_understood =
        |error: &dyn std::fmt::Display| Unreadable::Damaged(format!("is not understood ({error})"));
    let SchemaOnly { schema } =
        serde_json::from_slice(bytes).map_err(|error| not_understood(&error))?;
    let file = serde_json::from_slice(bytes).map_err(|error| not_understood(&error));
    let read = file.and_then(|file| checkpoint(file).map_err(|error| not_understood(&error)));
    match read {
        Err(Unreadable::Damaged(_)) if schema > SCHEMA => Err(Unreadable::Newer(schema)),
        other => other,
    }
}

fn checkpoint(file: File) -> Result<Checkpoint, RecordError> {
    let mut image = Image::default();
    for env in file.envs {
        image.put(Put::Env(EnvRecord::try_from(env)?));
    }
    for rollout in file.rollouts {
        let (key, record) = rollout.decode()?;
        image.put(Put::Rollout(key, record));
    }
    for answer in file.answers {
        image.remember(answer.try_into()?);
    }
    Ok(Checkpoint {
        schema: file.schema,
        head: Point {
            seq: file.seq,
            hash: file.hash,
        },
        image,
    })
}
