//! Hashes, ciphers, keys and certificates in expressions.

use serde_json::json;

use super::{eval, eval_in, table};

#[test]
fn hashes_ciphers_and_names_are_those_of_dotnet() {
    table(&[
        (
            r#"BitConverter.ToString(MD5.Create().ComputeHash(Encoding.UTF8.GetBytes("a")))"#,
            "String 0C-C1-75-B9-C0-F1-B6-A8-31-C3-99-E2-69-77-26-61",
        ),
        (
            r#"BitConverter.ToString(SHA1.Create().ComputeHash(Encoding.UTF8.GetBytes("a")))"#,
            "String 86-F7-E4-37-FA-A5-A7-FC-E1-5D-1D-DC-B9-EA-EA-EA-37-76-67-B8",
        ),
        (
            r#"BitConverter.ToString(SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"), 1, 1))"#,
            "String 3E-23-E8-16-00-39-59-4A-33-89-4F-65-64-E1-B1-34-8B-BD-7A-00-88-D4-2C-4A-CB-73-EE-AE-D5-9C-00-9D",
        ),
        (
            r#"BitConverter.ToString(new SHA256Managed().ComputeHash(Encoding.UTF8.GetBytes("a")))"#,
            "String CA-97-81-12-CA-1B-BD-CA-FA-C2-31-B3-9A-23-DC-4D-A7-86-EF-F8-14-7C-4E-72-B9-80-77-85-AF-EE-48-BB",
        ),
        (
            r#"BitConverter.ToString(new HMACSHA256(new byte[] { 1 }).ComputeHash(Encoding.UTF8.GetBytes("a")))"#,
            "String 4B-2E-5D-C4-1E-85-AC-3E-58-64-63-8A-80-2C-85-5B-7F-BD-6F-5A-FD-29-C4-66-CB-D1-72-68-F6-F9-59-08",
        ),
        (
            r#"BitConverter.ToString(new HMACMD5(new byte[200]).ComputeHash(Encoding.UTF8.GetBytes("a")))"#,
            "String C8-34-19-38-25-9D-1B-70-92-38-07-13-9A-0D-4D-64",
        ),
        (r#"BitConverter.ToString(HMAC.Create("HMACSHA512").ComputeHash(new byte[0])).Length"#, "Int32 191"),
        ("SHA256.Create().HashSize", "Int32 256"),
        ("new HMACSHA256().Key.Length", "Int32 64"),
        ("new HMACSHA512().Key.Length", "Int32 128"),
        ("new HMACSHA256(new byte[] { 1 }).HashName", "String SHA256"),
        ("SHA256.Create().Hash == null", "Boolean True"),
        (
            "SHA256.Create().ComputeHash((byte[])null)",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: buffer",
        ),
        (
            "SHA256.Create().ComputeHash(new byte[1], -1, 1)",
            "throw System.ArgumentOutOfRangeException: Non-negative number required.\nParameter name: offset",
        ),
        (
            "SHA256.Create().ComputeHash(new byte[1], 0, 2)",
            "throw System.ArgumentException: Value was invalid.",
        ),
        (
            "SHA256.Create().ComputeHash(new byte[1], 1, 1)",
            "throw System.ArgumentException: Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.",
        ),
        (
            "SHA256.Create().ComputeHash(new byte[1], 0, -1)",
            "throw System.ArgumentException: Value was invalid.",
        ),
        ("SHA256.Create().InputBlockSize", "Int32 1"),
        ("SHA256.Create().CanReuseTransform", "Boolean True"),
        (r#"HashAlgorithm.Create("SHA256").HashSize"#, "Int32 256"),
        (r#"HashAlgorithm.Create("SHA-256").HashSize"#, "Int32 256"),
        (r#"HashAlgorithm.Create("nope") == null"#, "Boolean True"),
        ("Aes.Create().KeySize", "Int32 256"),
        ("Aes.Create().BlockSize", "Int32 128"),
        ("Aes.Create().Mode", "CipherMode CBC"),
        ("Aes.Create().Padding", "PaddingMode PKCS7"),
        ("Aes.Create().IV.Length", "Int32 16"),
        ("Aes.Create().Key.Length", "Int32 32"),
        ("Aes.Create().ValidKeySize(100)", "Boolean False"),
        (
            "Convert.ToBase64String(Aes.Create().CreateEncryptor(new byte[32], new byte[16]).TransformFinalBlock(new byte[5], 0, 5))",
            "String dhY9k8vF4tA0CIEDF5JlSg==",
        ),
        (
            "Aes.Create().CreateEncryptor(new byte[5], new byte[16])",
            "throw System.Security.Cryptography.CryptographicException: Specified key is not a valid size for this algorithm.",
        ),
        (
            "Aes.Create().CreateEncryptor(new byte[16], new byte[5])",
            "throw System.Security.Cryptography.CryptographicException: Specified initialization vector (IV) does not match the block size for this algorithm.",
        ),
        (
            "Aes.Create().CreateDecryptor(new byte[16], new byte[16]).TransformFinalBlock(new byte[5], 0, 5)",
            "throw System.Security.Cryptography.CryptographicException: The input data is not a complete block.",
        ),
        (
            "Aes.Create().CreateDecryptor(new byte[16], new byte[16]).TransformFinalBlock(new byte[16], 0, 16)",
            "throw System.Security.Cryptography.CryptographicException: Padding is invalid and cannot be removed.",
        ),
        (r#"SymmetricAlgorithm.Create("AES").KeySize"#, "Int32 256"),
        (r#"SymmetricAlgorithm.Create("nope") == null"#, "Boolean True"),
        ("HashAlgorithmName.SHA256.Name", "String SHA256"),
        ("HashAlgorithmName.SHA256.ToString()", "String SHA256"),
        (r#"HashAlgorithmName.SHA256 == new HashAlgorithmName("SHA256")"#, "Boolean True"),
        ("RSASignaturePadding.Pkcs1.ToString() + RSASignaturePadding.Pss", "String Pkcs1Pss"),
        ("RSAEncryptionPadding.Pkcs1.ToString() + RSAEncryptionPadding.OaepSHA256", "String Pkcs1OaepSHA256"),
        (
            "RSAEncryptionPadding.OaepSHA256 == RSAEncryptionPadding.CreateOaep(HashAlgorithmName.SHA256)",
            "Boolean True",
        ),
        (r#"new Oid("1.2.840.113549.1.1.1").Value"#, "String 1.2.840.113549.1.1.1"),
        (r#"new Oid("1.2.3", "x").FriendlyName"#, "String x"),
        (
            "new X509Certificate2(new byte[] { 1, 2 })",
            "throw System.Security.Cryptography.CryptographicException: Cannot find the requested object.",
        ),
        (
            "new X509Certificate2((byte[])null)",
            "throw System.ArgumentException: Array cannot be empty or null.\nParameter name: rawData",
        ),
    ]);
}

/// A request that brings a certificate, at a gateway that holds the same one with its key.
fn request() -> serde_json::Value {
    let (certificate, key) =
        (include_str!("../../crypto/testdata/rsa.crt"), include_str!("../../crypto/testdata/rsa.key"));
    json!({
        "request": { "certificate": { "certificate": certificate } },
        "deployment": {
            "certificates": { "signer": { "certificate": certificate, "key": key } },
            "roots": [certificate],
        },
    })
}

fn check(request: &serde_json::Value, cases: &[(&str, &str)]) {
    for (source, wanted) in cases {
        assert_eq!(eval_in(source, request.clone()), *wanted, "{source}");
    }
}

#[test]
fn certificates_say_what_they_say() {
    check(
        &request(),
        &[
            ("context.Request.Certificate.Thumbprint", "String 16463F4D28326BCB87679B4320E5F555DC31F092"),
            ("context.Request.Certificate.SerialNumber", "String 00E1A2B3C4D5"),
            ("context.Request.Certificate.GetSerialNumber()[0]", "Byte 213"),
            (
                "context.Request.Certificate.SubjectName.Name == context.Request.Certificate.Issuer",
                "Boolean True",
            ),
            ("context.Request.Certificate.NotBefore", "DateTime 01/01/2024 00:00:00"),
            ("context.Request.Certificate.NotAfter > DateTime.UtcNow", "Boolean True"),
            ("context.Request.Certificate.GetExpirationDateString()", "String 12/31/2099 23:59:59"),
            ("context.Request.Certificate.GetNameInfo(X509NameType.SimpleName, false)", "String Doe, John"),
            (
                "context.Request.Certificate.GetNameInfo((X509NameType)9, false)",
                "throw System.ArgumentException: Value was invalid.\nParameter name: nameType",
            ),
            (
                "context.Request.Certificate.RawData.Length == context.Request.Certificate.GetRawCertData().Length",
                "Boolean True",
            ),
            ("context.Request.Certificate.GetCertHash()[0]", "Byte 22"),
            (
                "context.Request.Certificate.GetCertHashString(HashAlgorithmName.SHA256).Substring(0, 8)",
                "String 06A94792",
            ),
            ("context.Request.Certificate.SignatureAlgorithm.FriendlyName", "String sha256RSA"),
            ("context.Request.Certificate.PublicKey.Oid.Value", "String 1.2.840.113549.1.1.1"),
            ("context.Request.Certificate.PublicKey.Key.KeySize", "Int32 2048"),
            ("context.Request.Certificate.GetRSAPrivateKey() == null", "Boolean True"),
            ("context.Request.Certificate.HasPrivateKey", "Boolean False"),
            ("context.Request.Certificate.Version", "Int32 3"),
            ("context.Request.Certificate == context.Request.Certificate", "Boolean True"),
            (
                "new X509Certificate2(context.Request.Certificate.RawData).Equals(context.Request.Certificate)",
                "Boolean True",
            ),
            ("context.Request.Certificate.Export(X509ContentType.Cert).Length > 900", "Boolean True"),
            (
                "context.Request.Certificate.Export(X509ContentType.Pfx)",
                "throw System.Security.Cryptography.CryptographicException: Invalid content type.",
            ),
            (
                "X509Certificate2.GetCertContentType(context.Request.Certificate.RawData)",
                "X509ContentType Cert",
            ),
            ("context.Request.Certificate.ToString().Split('\\n')[0]", "String [Subject]"),
            (
                "context.Deployment.Certificates.Any(c => c.Value.Thumbprint == context.Request.Certificate.Thumbprint)",
                "Boolean True",
            ),
            ("context.Deployment.Certificates.ContainsKey(\"other\")", "Boolean False"),
        ],
    );
    assert_eq!(eval("context.Request.Certificate"), "null");
    assert_eq!(
        eval("context.Request.Certificate.Thumbprint"),
        "throw System.NullReferenceException: Object reference not set to an instance of an object."
    );
}

#[test]
fn chains_end_at_the_roots_of_the_gateway() {
    let mut request = request();
    request["now"] = json!(638_505_760_890_000_000_i64);
    check(
        &request,
        &[
            ("context.Request.Certificate.Verify()", "Boolean True"),
            ("context.Request.Certificate.VerifyNoRevocation()", "Boolean True"),
        ],
    );
    request["deployment"]["roots"] = json!([]);
    check(&request, &[("context.Request.Certificate.VerifyNoRevocation()", "Boolean False")]);
}

#[test]
fn keys_of_the_gateway_sign_and_decrypt() {
    let signs = |padding: &str| {
        format!(
            "{{ var data = Encoding.UTF8.GetBytes(\"hello\"); var certificate = context.Deployment.Certificates[\"signer\"];
               var signature = certificate.GetRSAPrivateKey().SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.{padding});
               return context.Request.Certificate.GetRSAPublicKey().VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.{padding}) + \"/\" + signature.Length; }}"
        )
    };
    let encrypts = |padding: &str| {
        format!(
            "{{ var key = context.Deployment.Certificates[\"signer\"].GetRSAPrivateKey();
               return Encoding.UTF8.GetString(key.Decrypt(key.Encrypt(Encoding.UTF8.GetBytes(\"hello\"), RSAEncryptionPadding.{padding}), RSAEncryptionPadding.{padding})); }}"
        )
    };
    let own = "context.Deployment.Certificates[\"signer\"].GetRSAPrivateKey()";
    check(
        &request(),
        &[
            (&signs("Pkcs1"), "String True/256"),
            (&signs("Pss"), "String True/256"),
            (&encrypts("Pkcs1"), "String hello"),
            (&encrypts("OaepSHA256"), "String hello"),
            (
                &format!(
                    "Convert.ToBase64String({own}.SignData(new byte[] {{ 104, 101, 108, 108, 111 }}, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)) == \"{}\"",
                    include_str!("../../crypto/testdata/hello.sha256.sig").replace('\n', "")
                ),
                "Boolean True",
            ),
            (
                &format!("{own}.SignHash(new byte[5], HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1)"),
                "throw System.Security.Cryptography.CryptographicException: The hash value has 5 bytes, but SHA1 makes 20.",
            ),
            (
                &format!(
                    "{own}.SignData(new byte[5], new HashAlgorithmName(\"SHA3\"), RSASignaturePadding.Pkcs1)"
                ),
                "throw System.Security.Cryptography.CryptographicException: 'SHA3' is not a known hash algorithm.",
            ),
            (
                &format!("{own}.SignData(new byte[5], HashAlgorithmName.SHA1, null)"),
                "throw System.ArgumentNullException: Value cannot be null.\nParameter name: padding",
            ),
            (
                "context.Request.Certificate.GetRSAPublicKey().SignData(new byte[1], HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1)",
                "throw System.Security.Cryptography.CryptographicException: Object contains only the public half of a key pair. A private key must also be provided.",
            ),
        ],
    );
}

#[test]
fn bytes_are_encrypted_by_extension_methods() {
    table(&[
        (
            r#"Convert.ToBase64String(new byte[5].Encrypt("Aes", new byte[32], new byte[16]))"#,
            "String dhY9k8vF4tA0CIEDF5JlSg==",
        ),
        (
            r#"Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("text").Encrypt("AES", new byte[16], new byte[16]).Decrypt("aes", new byte[16], new byte[16]))"#,
            "String text",
        ),
        (
            r#"{ var aes = Aes.Create(); return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("text").Encrypt(aes).Decrypt(aes, aes.Key, aes.IV)); }"#,
            "String text",
        ),
        (
            r#"{ var aes = Aes.Create(); aes.Mode = CipherMode.ECB; aes.Padding = PaddingMode.None; aes.Key = new byte[16]; return new byte[32].Encrypt(aes)[0] == new byte[32].Encrypt(aes)[16]; }"#,
            "Boolean True",
        ),
        (
            r#"{ using (var aes = new AesManaged()) { aes.KeySize = 128; return aes.Key.Length; } }"#,
            "Int32 16",
        ),
        (
            r#"{ var aes = Aes.Create(); aes.Mode = CipherMode.CTS; return 1; }"#,
            "throw System.Security.Cryptography.CryptographicException: Specified cipher mode is not valid for this algorithm.",
        ),
        (
            r#"new byte[5].Encrypt("DES", new byte[8], new byte[8])"#,
            "throw System.NotSupportedException: The algorithm 'DES' is not supported: it is no longer safe. Use 'Aes'.",
        ),
        (
            r#"new byte[5].Encrypt("Caesar", new byte[8], new byte[8])"#,
            "throw System.Security.Cryptography.CryptographicException: 'Caesar' is not a known symmetric algorithm.",
        ),
        (
            r#"new byte[5].Decrypt("Aes", new byte[16], new byte[16])"#,
            "throw System.Security.Cryptography.CryptographicException: The input data is not a complete block.",
        ),
        (
            r#"((byte[])null).Encrypt("Aes", new byte[16], new byte[16])"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: input",
        ),
    ]);
}

#[test]
fn hashes_go_by_all_their_names() {
    table(&[
        (
            // RFC 4231, test case 2.
            r#"{ using (var hmac = new HMACSHA256(Encoding.ASCII.GetBytes("Jefe"))) {
                var hash = hmac.ComputeHash(Encoding.ASCII.GetBytes("what do ya want for nothing?"));
                return BitConverter.ToString(hash).Replace("-", "").ToLower().Substring(0, 16); } }"#,
            "String 5bdcc146bf60754e",
        ),
        (
            r#"new SHA512CryptoServiceProvider().ComputeHash(new byte[1]).SequenceEqual(SHA512.HashData(new byte[1]))"#,
            "Boolean True",
        ),
        (
            r#"{ var b = new byte[9]; using (var r = RandomNumberGenerator.Create()) { r.GetBytes(b); } return b.Any(x => x != 0); }"#,
            "Boolean True",
        ),
    ]);
}

#[test]
fn randomness_is_that_of_the_host_and_blocks_add_up() {
    table(&[
        (
            r#"{ var b = new byte[20]; using (var r = new RNGCryptoServiceProvider()) { r.GetBytes(b); } return b.Distinct().Count() > 10; }"#,
            "Boolean True",
        ),
        (
            r#"{ var b = new byte[200]; new RNGCryptoServiceProvider().GetNonZeroBytes(b); return b.All(x => x != 0); }"#,
            "Boolean True",
        ),
        (
            r#"{ var b = new byte[4]; new RNGCryptoServiceProvider().GetBytes(b, 2, 2); return b[0] + b[1]; }"#,
            "Int32 0",
        ),
        (
            r#"{ var b = new byte[4]; new RNGCryptoServiceProvider().GetBytes(b, 2, 3); return 0; }"#,
            "throw System.ArgumentException: Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.",
        ),
        (
            r#"{ var h = SHA256.Create(); var b = new byte[] { 1, 2, 3 }; h.TransformBlock(b, 0, 2, null, 0); h.TransformFinalBlock(b, 2, 1); return h.Hash.SequenceEqual(SHA256.Create().ComputeHash(b)); }"#,
            "Boolean True",
        ),
        (
            r#"{ var h = new HMACSHA1(); h.Key = new byte[] { 7 }; return h.ComputeHash(new byte[0]).SequenceEqual(new HMACSHA1(new byte[] { 7 }).ComputeHash(new byte[0])); }"#,
            "Boolean True",
        ),
    ]);
}
