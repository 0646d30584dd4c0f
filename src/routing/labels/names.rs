//! Names that labels may give to objects.

use crate::routing::traefik::Section;

/// Names that Traefik would read as something else, or refuse together with everything beside them.
pub(super) fn check(name: &str, section: Section) -> Result<(), &'static str> {
    if name.contains('@') {
        return Err("a name must not contain @: Traefik would look for it in another provider");
    }
    if name.len() > 500 {
        return Err("a name must not be longer than 500 bytes");
    }
    if name.starts_with("pointsman-rev-") {
        return Err("names beginning with pointsman-rev- mark revisions");
    }
    if section == Section::TlsOptions && name == "default" {
        return Err(
            "the options named default hold for every router of Traefik: set them in its own files",
        );
    }
    if section == Section::TlsStores && name != "default" {
        return Err("Traefik has only the store named default");
    }
    Ok(())
}
