//! Compiles the `.proto` files with protox, so that no system protoc is needed.

use prost::Message as _;
use std::{env, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<PathBuf> = {
        let mut files: Vec<PathBuf> = fs::read_dir("proto/hanse/v1")?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|ext| ext == "proto"))
            .collect();
        files.sort();
        files
    };
    println!("cargo::rerun-if-changed=proto");

    let descriptors = protox::compile(&files, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;

    let mut config = tonic_prost_build::Config::new();
    // Hashes and etags must not differ between nodes, so maps keep an order.
    config.btree_map(["."]);
    config.bytes([
        "hanse.v1.RaftFrame.body",
        "hanse.v1.ForwardRequest.message",
        "hanse.v1.ForwardResponse.message",
        "hanse.v1.ImportOpenApiRequest.document",
    ]);
    for file in &descriptors.file {
        if file.package() != "hanse.v1" {
            continue;
        }
        for message in &file.message_type {
            let name = format!("hanse.v1.{}", message.name());
            config.type_attribute(
                &name,
                format!("#[derive(::prost_reflect::ReflectMessage)] #[prost_reflect(message_name = \"{name}\", descriptor_pool = \"crate::DESCRIPTOR_POOL\")]"),
            );
        }
    }
    let grpc = env::var_os("CARGO_FEATURE_GRPC").is_some();
    tonic_prost_build::configure()
        .build_client(grpc)
        .build_server(grpc)
        .build_transport(false)
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}
