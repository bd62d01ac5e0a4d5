//! Hashes, ciphers and tokens.

use super::{eval, table};

#[test]
fn hashes_and_keyed_hashes_are_those_of_dotnet() {
    table(&[
        (
            r#"BitConverter.ToString(SHA256.Create().ComputeHash(new byte[] { 97, 98, 99 })).Substring(0, 11)"#,
            "String BA-78-16-BF",
        ),
        (
            r#"BitConverter.ToString(new MD5CryptoServiceProvider().ComputeHash(new byte[0])).Substring(0, 11)"#,
            "String D4-1D-8C-D9",
        ),
        (
            // RFC 4231, test case 2.
            r#"{ using (var hmac = new HMACSHA256(new byte[] { 74, 101, 102, 101 })) {
                var data = "what do ya want for nothing?".Select(c => (byte)c).ToArray();
                return BitConverter.ToString(hmac.ComputeHash(data)).Replace("-", "").ToLower().Substring(0, 16); } }"#,
            "String 5bdcc146bf60754e",
        ),
        ("new HMACSHA512(new byte[] { 1 }).HashSize + SHA1.Create().HashSize", "Int32 672"),
        ("new HMACSHA1().Key.Length", "Int32 64"),
        (
            "SHA256.Create().ComputeHash((byte[])null).Length",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: buffer",
        ),
    ]);
}

#[test]
fn what_was_encrypted_is_decrypted_and_what_does_not_fit_is_said() {
    table(&[
        (
            r#"{ var key = new byte[16]; var iv = new byte[16]; var plain = new byte[] { 1, 2, 3 };
                return string.Join(",", plain.Encrypt("Aes", key, iv).Decrypt("aes", key, iv)); }"#,
            "String 1,2,3",
        ),
        (
            r#"{ var aes = Aes.Create(); aes.Mode = CipherMode.ECB; aes.Padding = PaddingMode.Zeros;
                var text = new byte[] { 9 };
                return aes.CreateDecryptor().TransformFinalBlock(text.Encrypt(aes), 0, 16).Length + aes.Mode.ToString(); }"#,
            "String 16ECB",
        ),
        (
            r#"new byte[] { 1 }.Encrypt("Aes", new byte[3], new byte[16])"#,
            "throw System.Security.Cryptography.CryptographicException: Specified key is not a valid size for this algorithm.",
        ),
        (
            r#"new byte[16].Decrypt("Aes", new byte[16], new byte[16])"#,
            "throw System.Security.Cryptography.CryptographicException: Padding is invalid and cannot be removed.",
        ),
    ]);
}

#[test]
fn tokens_are_looked_at_and_not_trusted() {
    // {"alg":"RS256","typ":"JWT"} . {"iss":"me","sub":"you","aud":["a","b"],"exp":1700000000,"admin":true}
    let token = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJtZSIsInN1YiI6InlvdSIsImF1ZCI6WyJhIiwiYiJdLCJleHAiOjE3MDAwMDAwMDAsImFkbWluIjp0cnVlfQ.c2ln";
    for (source, wanted) in [
        (r#"TOKEN.AsJwt().Algorithm + TOKEN.AsJwt().Type + TOKEN.AsJwt().Issuer"#, "String RS256JWTme"),
        (r#"("Bearer " + TOKEN).AsJwt().Subject"#, "String you"),
        (r#"string.Join(",", TOKEN.AsJwt().Audiences)"#, "String a,b"),
        (r#"TOKEN.AsJwt().ExpirationTime.Value"#, "DateTime 11/14/2023 22:13:20"),
        (r#"TOKEN.AsJwt().NotBefore.HasValue"#, "Boolean False"),
        (
            r#"TOKEN.AsJwt().Claims["ADMIN"][0] + TOKEN.AsJwt().Claims.GetValueOrDefault("aud")"#,
            "String truea,b",
        ),
        (r#"TOKEN.AsJwt().Claims["none"].FirstOrDefault() ?? "nothing""#, "String nothing"),
        (r#"TOKEN.AsJwt().Claims.ContainsKey("none")"#, "Boolean False"),
        (r#"string.Join(",", TOKEN.AsJwt().Claims.Keys)"#, "String iss,sub,aud,exp,admin"),
        (r#""no token".AsJwt() == null"#, "Boolean True"),
    ] {
        let source = source.replace("TOKEN", &format!("\"{token}\""));
        assert_eq!(eval(&source), wanted, "{source}");
    }
    table(&[
        (
            r#""Basic dXNlcjpwYXNz".AsBasic().UserId + ":" + "Basic dXNlcjpwYXNz".AsBasic().Password"#,
            "String user:pass",
        ),
        (
            r#"{ BasicAuthCredentials c; return "Bearer x".TryParseBasic(out c) ? c.UserId : "none"; }"#,
            "String none",
        ),
        (r#"{ return "x".TryParseJwt(out var j) || j != null; }"#, "Boolean False"),
    ]);
}

#[test]
fn signatures_hold_for_their_key_alone() {
    table(&[
        ("context.Request.Certificate == null", "Boolean True"),
        (
            "new X509Certificate2(new byte[] { 1, 2, 3 }).Subject",
            "throw System.Security.Cryptography.CryptographicException: Cannot find the requested object.",
        ),
        (r#"HashAlgorithmName.SHA256.Name + new HashAlgorithmName("SHA1").Name"#, "String SHA256SHA1"),
    ]);
}
