//! The configuration of one node: read once, checked whole, typed from there on.
//!
//! One idea: a file says addresses, data and trust, and nothing else; everything else is a resource.
//! All that is wrong with a file is reported together, each finding at its line.

use crate::secure::{Credentials, unreadable};
use hanse_gateway::otlp::Endpoint;
use hanse_manifest::{Finding, Located};
use hanse_proto::v1;
use hanse_raft_store::Member;
use std::{
    net::{SocketAddr, ToSocketAddrs as _},
    path::{Path, PathBuf},
};

/// Most nodes that one cluster may have.
pub const MEMBERS_MAX: usize = 64;
/// Of these the first so many vote; further ones follow as learners.
pub const VOTERS_MAX: usize = 7;

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// This node's raft id.
    pub node_id: u64,
    /// This node's name.
    pub node: String,
    /// Where it keeps its store.
    pub data_dir: PathBuf,
    /// Identity of the cluster.
    pub cluster_id: String,
    /// First part of the default gateway's hostname.
    pub service_name: String,
    /// Domain of default hostnames.
    pub base_domain: String,
    /// Whether this node makes the cluster.
    pub bootstrap: bool,
    /// All members, this node included.
    pub members: Vec<Member>,
    /// Address of the admin port.
    pub listen_admin: SocketAddr,
    /// Address of the node port.
    pub listen_node: SocketAddr,
    /// Address of the gateway's HTTP port.
    pub listen_gateway_http: SocketAddr,
    /// Key that seals secrets.
    pub cluster_key: [u8; 32],
    /// Tracing filter.
    pub log: String,
    /// Collector that what documents measure is sent to.
    pub otlp: Option<Endpoint>,
}

/// Reads and checks a configuration file and the files that it names.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(path: &Path) -> Result<(Config, Credentials), Vec<Finding>> {
    let file = path.display().to_string();
    let whole = |message: String, hint: &str| {
        vec![Finding {
            file: file.clone(),
            line: 0,
            column: 0,
            field: String::new(),
            message,
            hint: hint.to_owned(),
        }]
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        whole(
            format!("cannot read the configuration: {}", unreadable(&error)),
            "`hanse cluster init --dir DIR --node NAME=HOST` writes one",
        )
    })?;
    let (parsed, findings) = hanse_manifest::parse_message::<v1::NodeConfig>(&file, &text)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    Reader { parsed: &parsed, folder, findings }.read(&parsed.resource)
}

/// Reads a configuration file without using it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(path: &Path) -> Result<Config, Vec<Finding>> {
    load(path).map(|(config, _)| config)
}

struct Reader<'a> {
    parsed: &'a Located<v1::NodeConfig>,
    folder: &'a Path,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn read(mut self, parsed: &v1::NodeConfig) -> Result<(Config, Credentials), Vec<Finding>> {
        let cluster = parsed.cluster.clone().unwrap_or_default();
        let listen = parsed.listen.clone().unwrap_or_default();
        self.required("node", &parsed.node);
        self.required("dataDir", &parsed.data_dir);
        self.required("cluster.id", &cluster.id);
        let members = self.members(&cluster.members);
        let own = members.iter().find(|member| member.name == parsed.node).cloned();
        if own.is_none() && !parsed.node.is_empty() {
            let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
            self.wrong(
                "node",
                format!("node `{}` is not among cluster.members ({})", parsed.node, names.join(", ")),
                "name this node as one of the members, or add it there",
            );
        }
        let own = own.unwrap_or_default();
        let listen_admin = self.address("listen.admin", &listen.admin, &own.admin_addr);
        let listen_node = self.address("listen.node", &listen.node, &own.node_addr);
        let listen_http = self.address("listen.gatewayHttp", &listen.gateway_http, &own.gateway_http_addr);
        if own.gateway_http_addr.is_empty() && listen.gateway_http.is_empty() && !own.name.is_empty() {
            self.required("listen.gatewayHttp", "");
        }
        self.apart([("admin", listen_admin), ("node", listen_node), ("gatewayHttp", listen_http)]);
        let cluster_key = self.cluster_key(&cluster.key_file);
        let credentials = self.credentials(&parsed.tls.clone().unwrap_or_default());
        if let Err(error) = parsed.log.parse::<tracing_subscriber::EnvFilter>() {
            self.wrong("log", format!("`{}` is no log filter: {error}", parsed.log), "try `info`");
        }
        let otlp = match parsed.otlp_endpoint.as_str() {
            "" => None,
            text => match Endpoint::parse(text) {
                Ok(endpoint) => Some(endpoint),
                Err(why) => {
                    self.wrong("otlpEndpoint", why, "name a collector's OTLP/HTTP port in the same network");
                    None
                }
            },
        };
        if !self.findings.is_empty() {
            return Err(self.findings);
        }
        let or = |value: &str, default: &str| {
            if value.is_empty() { default.to_owned() } else { value.to_owned() }
        };
        let config = Config {
            node_id: own.id,
            node: own.name.clone(),
            data_dir: self.folder.join(&parsed.data_dir),
            cluster_id: cluster.id,
            service_name: or(&cluster.service_name, "hanse"),
            base_domain: or(&cluster.base_domain, "localhost"),
            bootstrap: cluster.bootstrap,
            members,
            listen_admin,
            listen_node,
            listen_gateway_http: listen_http,
            cluster_key,
            log: or(&parsed.log, &format!("info,{}", hanse_raft_store::LOG_DIRECTIVE)),
            otlp,
        };
        Ok((config, credentials.expect("reading them left no finding")))
    }

    fn members(&mut self, members: &[v1::MemberConfig]) -> Vec<Member> {
        if members.is_empty() || members.len() > MEMBERS_MAX {
            self.wrong(
                "cluster.members",
                format!("there are {} members; 1 to {MEMBERS_MAX} are allowed", members.len()),
                "list every node of the cluster with id, name, node, admin and gatewayHttp",
            );
        }
        for (index, member) in members.iter().enumerate() {
            let field = format!("cluster.members[{index}]");
            if member.id == 0 {
                self.wrong(
                    &format!("{field}.id"),
                    "the id must be 1 or more".into(),
                    "number the members 1, 2, 3",
                );
            }
            for (name, value) in [("name", &member.name), ("node", &member.node), ("admin", &member.admin)] {
                self.required(&format!("{field}.{name}"), value);
            }
            for (name, value) in addresses_of(member) {
                if !value.is_empty() && !is_host_and_port(value) {
                    self.wrong(
                        &format!("{field}.{name}"),
                        format!("`{value}` is no address: expected HOST:PORT"),
                        "use an address and port that others reach, such as 10.0.0.11:7500",
                    );
                }
            }
            self.unlike_earlier(&members[..index], member, &field);
        }
        members
            .iter()
            .map(|member| Member {
                id: member.id,
                name: member.name.clone(),
                node_addr: member.node.clone(),
                admin_addr: member.admin.clone(),
                gateway_http_addr: member.gateway_http.clone(),
                zone: member.zone.clone(),
            })
            .collect()
    }

    /// Ids, names and addresses are one member's alone.
    fn unlike_earlier(&mut self, earlier: &[v1::MemberConfig], member: &v1::MemberConfig, field: &str) {
        const HINT: &str = "give every member its own";
        if earlier.iter().any(|other| other.id == member.id && other.id != 0) {
            self.wrong(&format!("{field}.id"), format!("{} is another member's id", member.id), HINT);
        }
        if earlier.iter().any(|other| other.name == member.name && !other.name.is_empty()) {
            self.wrong(&format!("{field}.name"), format!("`{}` is another member's name", member.name), HINT);
        }
        for (name, address) in addresses_of(member) {
            let owner = earlier.iter().find_map(|other| {
                let (used, _) = addresses_of(other).into_iter().find(|(_, used)| *used == address)?;
                Some(format!("`{address}` is the {used} address of `{}` already", other.name))
            });
            if let Some(message) = owner.filter(|_| !address.is_empty()) {
                self.wrong(&format!("{field}.{name}"), message, HINT);
            }
        }
    }

    /// Two ports of one node cannot be one; port 0 is whichever is free.
    fn apart(&mut self, ports: [(&str, SocketAddr); 3]) {
        for (index, (name, address)) in ports.iter().enumerate() {
            let earlier = ports[..index].iter().find(|(_, other)| other == address && address.port() != 0);
            if let Some((other, _)) = earlier {
                self.wrong(
                    &format!("listen.{name}"),
                    format!("{address} is to be listened on for {other} and for {name}"),
                    "give each its own port",
                );
            }
        }
    }

    fn address(&mut self, field: &str, listen: &str, own: &str) -> SocketAddr {
        let text = if listen.is_empty() { own } else { listen };
        let unset = SocketAddr::from(([127, 0, 0, 1], 0));
        if text.is_empty() {
            return unset;
        }
        match text.to_socket_addrs().ok().and_then(|mut found| found.next()) {
            Some(address) => address,
            None => {
                self.wrong(
                    field,
                    format!("`{text}` is no address of this machine: expected HOST:PORT"),
                    "use an address and port such as 10.0.0.11:7500, or 0.0.0.0:7500 under `listen`",
                );
                unset
            }
        }
    }

    fn cluster_key(&mut self, file: &str) -> [u8; 32] {
        let mut key = [0; 32];
        if !self.required("cluster.keyFile", file) {
            return key;
        }
        let path = self.folder.join(file);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                self.wrong(
                    "cluster.keyFile",
                    format!("cannot read {}: {}", path.display(), unreadable(&error)),
                    "copy it from another node of the cluster",
                );
                return key;
            }
        };
        let text = text.trim();
        let digits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !digits {
            self.wrong(
                "cluster.keyFile",
                format!("{} must hold 64 hexadecimal digits", path.display()),
                "copy it from another node of the cluster",
            );
            return key;
        }
        for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).expect("hexadecimal digits are ASCII");
            *byte = u8::from_str_radix(pair, 16).expect("checked above");
        }
        key
    }

    fn credentials(&mut self, tls: &v1::TlsConfig) -> Option<Credentials> {
        let complete = [("tls.ca", &tls.ca), ("tls.certificate", &tls.certificate), ("tls.key", &tls.key)]
            .map(|(field, value)| self.required(field, value));
        if complete.contains(&false) {
            return None;
        }
        let path = |file: &str| self.folder.join(file);
        match Credentials::read(&path(&tls.ca), &path(&tls.certificate), &path(&tls.key)) {
            Ok(credentials) => Some(credentials),
            Err(error) => {
                self.wrong(
                    "tls",
                    error.to_string(),
                    "`hanse cluster init` makes certificates for every node",
                );
                None
            }
        }
    }

    fn required(&mut self, field: &str, value: &str) -> bool {
        if value.is_empty() {
            let key = field.rsplit('.').next().unwrap_or(field);
            self.wrong(field, format!("`{key}` is required"), "`hanse cluster init` writes complete ones");
        }
        !value.is_empty()
    }

    /// Notes a finding, unless the field or what it stands in could not even be read.
    fn wrong(&mut self, field: &str, message: String, hint: &str) {
        let covers = |found: &Finding| {
            let rest = field.strip_prefix(found.field.as_str());
            !found.field.is_empty()
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if self.findings.iter().any(covers) {
            return;
        }
        let (line, column) = self.parsed.nearest_place(field).unwrap_or((0, 0));
        self.findings.push(Finding {
            file: self.parsed.file.clone(),
            line,
            column,
            field: field.to_owned(),
            message,
            hint: hint.to_owned(),
        });
    }
}

/// The addresses of a member by the names of their fields.
fn addresses_of(member: &v1::MemberConfig) -> [(&'static str, &str); 3] {
    [("node", &member.node), ("admin", &member.admin), ("gatewayHttp", &member.gateway_http)]
}

/// Whether a text could be an address that others reach.
fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_v6 = host.starts_with('[') && host.ends_with(']');
    let is_host = !host.is_empty() && (is_v6 || !host.contains([':', '/', ' ']));
    is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
}
