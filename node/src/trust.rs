//! What a new cluster trusts: its certificate authority, a certificate for every node, one for the
//! first administrator, and the key that seals secrets.
//!
//! One idea: a cluster is a folder of files, one folder a node, each ready to be copied to its
//! machine. Private files are readable by their owner alone.

use crate::secure::{ADMINISTRATORS, NODE_SERVER_NAME, NODES};
use anyhow::Context as _;
use hanse_gateway::host::Random;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

/// A cluster's authority, able to issue certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    key: String,
}

/// A certificate and its key, in PEM.
pub struct Identity {
    /// Certificate chain.
    pub certificate: String,
    /// Private key.
    pub key: String,
}

// === impl Authority ===

impl Authority {
    /// A new authority for a cluster.
    ///
    /// # Errors
    /// When the machine cannot make keys.
    pub fn new(cluster_id: &str) -> anyhow::Result<Authority> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = name("Hanse", &format!("cluster {cluster_id}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.pem();
        let text = key.serialize_pem();
        Ok(Authority { issuer: Issuer::new(params, key), certificate, key: text })
    }

    /// A certificate for a node.
    ///
    /// # Errors
    /// When the machine cannot make keys.
    pub fn node(&self, node: &str) -> anyhow::Result<Identity> {
        self.issue(
            name(NODES, node),
            vec![NODE_SERVER_NAME.to_owned()],
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        )
    }

    /// A certificate for an administrator.
    ///
    /// # Errors
    /// When the machine cannot make keys.
    pub fn administrator(&self, account: &str) -> anyhow::Result<Identity> {
        self.issue(name(ADMINISTRATORS, account), vec![], vec![ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// The authority's own certificate, in PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    fn issue(
        &self,
        subject: DistinguishedName,
        names: Vec<String>,
        usages: Vec<ExtendedKeyUsagePurpose>,
    ) -> anyhow::Result<Identity> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = subject;
        params.extended_key_usages = usages;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Identity { certificate, key: key.serialize_pem() })
    }
}

fn name(organisation: &str, common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, organisation);
    name.push(DnType::CommonName, common);
    name
}

// === A cluster as files ===

/// One node of a cluster to be made.
#[derive(Debug, Clone)]
pub struct NodePlan {
    /// Name, unique in the cluster.
    pub name: String,
    /// Where other nodes reach it.
    pub node: String,
    /// Where people and pipelines reach it.
    pub admin: String,
    /// Where API consumers reach it.
    pub gateway_http: String,
    /// Zone, may be empty.
    pub zone: String,
}

/// A cluster to be made.
#[derive(Debug, Clone)]
pub struct ClusterPlan {
    /// Identity of the cluster.
    pub cluster_id: String,
    /// Service name, first part of the default gateway's hostname.
    pub service_name: String,
    /// Domain below which default hostnames lie.
    pub base_domain: String,
    /// Its nodes; the first one makes the cluster when it starts for the first time.
    pub nodes: Vec<NodePlan>,
}

/// The files of a cluster that was made.
#[derive(Debug, Clone)]
pub struct ClusterFiles {
    /// Certificate of the authority.
    pub ca: PathBuf,
    /// The first administrator's certificate.
    pub admin_certificate: PathBuf,
    /// The first administrator's key.
    pub admin_key: PathBuf,
    /// Configuration file of every node, in the plan's order.
    pub configs: Vec<PathBuf>,
}

impl ClusterFiles {
    /// Where the files of a cluster lie below `dir`.
    pub fn at(dir: &Path, nodes: &[NodePlan]) -> ClusterFiles {
        ClusterFiles {
            ca: dir.join("admin/ca.pem"),
            admin_certificate: dir.join("admin/admin.pem"),
            admin_key: dir.join("admin/admin.key"),
            configs: nodes.iter().map(|node| dir.join(&node.name).join("hanse.yaml")).collect(),
        }
    }
}

/// Makes the files of a cluster: `DIR/<node>/{hanse.yaml, ca.pem, node.pem, node.key, cluster.key}`,
/// `DIR/admin/{ca.pem, admin.pem, admin.key}` and `DIR/authority/{ca.pem, ca.key}`.
///
/// # Errors
/// When a file cannot be written, or a cluster is there already.
pub fn create_cluster(dir: &Path, plan: &ClusterPlan, random: &dyn Random) -> anyhow::Result<ClusterFiles> {
    if dir.join("authority").exists() {
        anyhow::bail!("{} holds a cluster already; choose another folder", dir.display());
    }
    let authority = Authority::new(&plan.cluster_id)?;
    let mut cluster_key = [0_u8; 32];
    random.fill(&mut cluster_key);
    let cluster_key: String = cluster_key.iter().map(|byte| format!("{byte:02x}")).collect();

    let files = ClusterFiles::at(dir, &plan.nodes);
    write(&dir.join("authority/ca.pem"), authority.certificate(), false)?;
    write(&dir.join("authority/ca.key"), &authority.key, true)?;
    write(&files.ca, authority.certificate(), false)?;
    let admin = authority.administrator("admin")?;
    write(&files.admin_certificate, &admin.certificate, false)?;
    write(&files.admin_key, &admin.key, true)?;

    for (index, (node, config)) in plan.nodes.iter().zip(&files.configs).enumerate() {
        let folder = config.parent().expect("a configuration file lies in a folder");
        let identity = authority.node(&node.name)?;
        write(&folder.join("ca.pem"), authority.certificate(), false)?;
        write(&folder.join("node.pem"), &identity.certificate, false)?;
        write(&folder.join("node.key"), &identity.key, true)?;
        write(&folder.join("cluster.key"), &cluster_key, true)?;
        write(config, &config_text(plan, index), false)?;
    }
    Ok(files)
}

/// The configuration file of the node at `index`; paths in it are relative to the file.
pub fn config_text(plan: &ClusterPlan, index: usize) -> String {
    let node = &plan.nodes[index];
    let mut text = format!(
        "# Configuration of one Hanse node. Check it with: hanse config check FILE\n\
         node: {}\n\
         dataDir: data\n\
         zone: {:?}\n\
         cluster:\n\
         \x20 id: {}\n\
         \x20 serviceName: {}\n\
         \x20 baseDomain: {}\n\
         \x20 keyFile: cluster.key\n\
         \x20 # The first start of this node makes the cluster.\n\
         \x20 bootstrap: {}\n\
         \x20 members:\n",
        node.name,
        node.zone,
        plan.cluster_id,
        plan.service_name,
        plan.base_domain,
        index == 0,
    );
    for (position, member) in plan.nodes.iter().enumerate() {
        text.push_str(&format!(
            "    - {{ id: {}, name: {}, node: {:?}, admin: {:?}, gatewayHttp: {:?}, zone: {:?} }}\n",
            position + 1,
            member.name,
            member.node,
            member.admin,
            member.gateway_http,
            member.zone,
        ));
    }
    text.push_str("tls:\n  ca: ca.pem\n  certificate: node.pem\n  key: node.key\n");
    text
}

fn write(path: &Path, text: &str, private: bool) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(if private { 0o600 } else { 0o644 })
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}
