//! Any labels on three containers. The law is in `tests/fuzzed`, where every kept input is tried again.
#![no_main]

#[path = "../../tests/fuzzed/labels.rs"]
mod labels;
#[path = "../../tests/strict/mod.rs"]
mod strict;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| labels::hold(data));
