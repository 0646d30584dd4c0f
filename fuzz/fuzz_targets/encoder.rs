//! Any JSON through both encoders. The law is in `tests/fuzzed`, where every kept input is tried again.
#![no_main]

#[path = "../../tests/fuzzed/encoder.rs"]
mod encoder;
#[path = "../../tests/strict/mod.rs"]
mod strict;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| encoder::hold(data));
