//! Which container this process runs in, if it runs in one.

use std::path::Path;

/// Docker mounts a container's own files (its name, its resolver) from a folder that bears its id.
const MOUNTS: &str = "/proc/self/mountinfo";
/// Length of an id in hexadecimal digits.
const ID_LEN: usize = 64;

/// The id of this process's container.
pub(super) fn container() -> Option<String> {
    let mounts = std::fs::read_to_string(Path::new(MOUNTS)).ok()?;
    find(&mounts)
}

fn find(mounts: &str) -> Option<String> {
    let files = ["/hostname", "/resolv.conf", "/hosts"];
    let own = mounts.lines().filter(|line| {
        let target = line.split(' ').nth(4).unwrap_or_default();
        files.iter().any(|file| target == format!("/etc{file}"))
    });
    own.filter_map(|line| line.split(' ').nth(3))
        .flat_map(|source| source.split('/'))
        .find(|part| is_id(part))
        .map(ToOwned::to_owned)
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LEN && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_in_the_mounts_of_a_container() {
        let id = "0123456789abcdef".repeat(4);
        let other = "f".repeat(64);
        let inside = format!(
            "700 690 0:60 / / ro,relatime - overlay overlay rw,lowerdir=/l/A\n\
             701 700 254:0 /var/lib/docker/volumes/{other}/_data /data rw - ext4 /dev/vda rw\n\
             702 700 254:0 /var/lib/docker/containers/{id}/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda rw\n\
             703 700 254:0 /var/lib/docker/containers/{id}/hostname /etc/hostname rw - ext4 /dev/vda rw\n"
        );
        assert_eq!(find(&inside), Some(id), "its own, not a volume's");
        let outside = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n";
        assert_eq!(find(outside), None, "a process of the host");
    }
}
