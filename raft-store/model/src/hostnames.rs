//! Default hostnames: unique, predictable, and staying as they are.
//!
//! The one idea: a readable id, four hexadecimal digits from the cluster and the name, and a zone
//! of its own below the base domain. Custom hostnames are kept out of these zones, so a default one
//! can never be taken by somebody else's. Must not read any store.

use crate::kinds::DEFAULT_GATEWAY;
use crate::stored::ClusterInfo;

/// Zone of workspace gateways.
const GATEWAY_ZONE: &str = "gateway";
/// Zone of links.
const LINK_ZONE: &str = "link";

/// The default hostname of a gateway: `{service}.{base}` for the default gateway,
/// `{gateway}-{hash}.gateway.{base}` for every other.
pub fn default_gateway_hostname(info: &ClusterInfo, gateway_id: &str) -> String {
    let gateway = gateway_id.to_lowercase();
    let hostname = if gateway == DEFAULT_GATEWAY {
        format!("{}.{}", info.service_name, info.base_domain)
    } else {
        let hash = hash(info, &format!("gateways/{gateway}"));
        format!("{gateway}-{hash}.{GATEWAY_ZONE}.{}", info.base_domain)
    };
    hostname.to_lowercase()
}

/// The default hostname of a link of a gateway and a workspace: `{link}-{hash}.link.{base}`.
pub fn default_link_hostname(info: &ClusterInfo, gateway_id: &str, link_id: &str) -> String {
    let (gateway, link) = (gateway_id.to_lowercase(), link_id.to_lowercase());
    let hash = hash(info, &format!("gateways/{gateway}/links/{link}"));
    format!("{link}-{hash}.{LINK_ZONE}.{}", info.base_domain).to_lowercase()
}

/// Whether a hostname, in lower case, lies where default hostnames are.
pub(crate) fn is_reserved(info: &ClusterInfo, hostname: &str) -> bool {
    let base = info.base_domain.to_lowercase();
    let Some(inner) = hostname.strip_suffix(&base).and_then(|rest| rest.strip_suffix('.')) else {
        return false;
    };
    let is_in = |zone: &str| inner == zone || inner.ends_with(&format!(".{zone}"));
    inner == info.service_name.to_lowercase() || is_in(GATEWAY_ZONE) || is_in(LINK_ZONE)
}

/// 64-bit FNV-1a over cluster id, a zero byte and the name, folded to 16 bits. Hostnames are built
/// on it, so it stays as it is.
fn hash(info: &ClusterInfo, name: &str) -> String {
    let bytes = info.cluster_id.bytes().chain([0]).chain(name.bytes());
    let hash = fnv_1a(bytes);
    let folded = (hash ^ (hash >> 16) ^ (hash >> 32) ^ (hash >> 48)) & 0xffff;
    format!("{folded:04x}")
}

/// FNV-1a with 64 bits.
pub(crate) fn fnv_1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.into_iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> ClusterInfo {
        ClusterInfo {
            cluster_id: "c1".into(),
            service_name: "Hanse".into(),
            base_domain: "example.com".into(),
        }
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv_1a(*b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a(*b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn default_hostnames_are_readable_and_lie_in_their_zones() {
        let info = info();
        assert_eq!(default_gateway_hostname(&info, "default"), "hanse.example.com");
        let gateway = default_gateway_hostname(&info, "Pay");
        assert!(gateway.starts_with("pay-") && gateway.ends_with(".gateway.example.com"), "{gateway}");
        assert_eq!(gateway, default_gateway_hostname(&info, "pay"));
        let link = default_link_hostname(&info, "pay", "main");
        assert!(link.starts_with("main-") && link.ends_with(".link.example.com"), "{link}");
        let other = ClusterInfo { cluster_id: "c2".into(), ..info.clone() };
        assert_ne!(gateway, default_gateway_hostname(&other, "pay"));
        for hostname in ["hanse.example.com", &gateway, &link, "gateway.example.com"] {
            assert!(is_reserved(&info, hostname), "{hostname}");
        }
        for hostname in ["api.example.com", "mygateway.example.com", "x.gateway.example.org", "example.com"] {
            assert!(!is_reserved(&info, hostname), "{hostname}");
        }
    }
}
