//! Which policies, types and members Azure's policies may use, and what of it is here.
//!
//!     hanse policy schema -o json | cargo run -p hanse --example policy_coverage
//!
//! What there may be is written down here, from the documentation of API Management: policies, and the
//! types of expressions with their members, `*` for those of which every public member is allowed. Prints
//! a table of each, and what is missing.

use serde_json::Value;
use std::io::{self, Read as _};

const POLICIES: &[&str] = &[
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
    "azure-openai-emit-token-metric",
    "azure-openai-semantic-cache-lookup",
    "azure-openai-semantic-cache-store",
    "azure-openai-token-limit",
    "base",
    "cache-lookup",
    "cache-lookup-value",
    "cache-remove-value",
    "cache-store",
    "cache-store-value",
    "cache-value",
    "check-header",
    "choose",
    "cors",
    "cosmosdb-data-source",
    "cross-domain",
    "emit-metric",
    "find-and-replace",
    "forward-request",
    "get-authorization-context",
    "graphql-data-source",
    "http-data-source",
    "include-fragment",
    "invoke-dapr-binding",
    "invoke-request",
    "ip-filter",
    "json-to-xml",
    "jsonp",
    "limit-concurrency",
    "llm-content-safety",
    "llm-emit-token-metric",
    "llm-semantic-cache-lookup",
    "llm-semantic-cache-store",
    "llm-token-limit",
    "log-to-eventhub",
    "mock-response",
    "proxy",
    "publish-event",
    "publish-to-dapr",
    "quota",
    "quota-by-key",
    "rate-limit",
    "rate-limit-by-key",
    "redirect-content-urls",
    "retry",
    "return-response",
    "rewrite-uri",
    "send-one-way-request",
    "send-request",
    "send-service-bus-message",
    "set-backend-service",
    "set-body",
    "set-header",
    "set-method",
    "set-query-parameter",
    "set-status",
    "set-variable",
    "sql-data-source",
    "trace",
    "validate-azure-ad-token",
    "validate-client-certificate",
    "validate-content",
    "validate-graphql-request",
    "validate-headers",
    "validate-jwt",
    "validate-odata-request",
    "validate-parameters",
    "validate-status-code",
    "wait",
    "xml-to-json",
    "xsl-transform",
];

/// Types by what they are for, and of each the members that are named in documentation and real documents.
#[rustfmt::skip]
const TYPES: &[(&str, &[(&str, &str)])] = &[
    ("text and numbers", &[
        ("String", "* Contains Split Replace Equals IsNullOrEmpty IsNullOrWhiteSpace Substring Format Join Concat Trim TrimStart TrimEnd StartsWith EndsWith IndexOf LastIndexOf ToLower ToLowerInvariant ToUpper ToUpperInvariant Length PadLeft PadRight Remove Insert Compare Empty Item"),
        ("Char", "* Parse TryParse ToString IsDigit IsLetter MaxValue"),
        ("Boolean", "* Parse TryParse ToString"),
        ("Byte", "* Parse ToString MaxValue"), ("SByte", "* Parse MaxValue"),
        ("Int16", "* Parse MaxValue"), ("Int32", "* Parse TryParse ToString MaxValue"), ("Int64", "* Parse TryParse ToString MaxValue"),
        ("UInt16", "* Parse MaxValue"), ("UInt32", "* Parse MaxValue"), ("UInt64", "* Parse MaxValue"),
        ("Single", "* Parse MaxValue"), ("Double", "* Parse TryParse ToString MaxValue"), ("Decimal", "* Parse TryParse ToString MaxValue"),
        ("Nullable", "* HasValue Value GetValueOrDefault"),
        ("StringBuilder", "* Append AppendLine ToString"), ("StringReader", "*"), ("StringWriter", "*"),
        ("StringComparer", "* OrdinalIgnoreCase InvariantCultureIgnoreCase"), ("StringComparison", "*"), ("StringSplitOptions", "*"),
        ("Encoding", "* UTF8 ASCII GetBytes GetString GetEncoding"),
        ("Convert", "* FromBase64String ToBase64String ToInt32 ToString ToBoolean"), ("BitConverter", "* ToString"),
        ("Math", "* Min Max Round Floor Abs Ceiling"), ("MidpointRounding", "*"), ("Random", "* Next"), ("Guid", "* NewGuid ToString"),
        ("Array", "* Exists IndexOf Copy Reverse"), ("Tuple", "* Create"), ("Enum", "Parse TryParse ToString"), ("Exception", "* Message"),
    ]),
    ("dates", &[
        ("DateTime", ".ctor Add AddDays AddHours AddMilliseconds AddMinutes AddMonths AddSeconds AddTicks AddYears Date Day DayOfWeek DayOfYear DaysInMonth Hour IsDaylightSavingTime IsLeapYear MaxValue Millisecond Minute MinValue Month Now Parse Second Subtract Ticks TimeOfDay Today ToString UtcNow Year"),
        ("DateTimeOffset", "* UtcNow Now ToUnixTimeSeconds ToUnixTimeMilliseconds FromUnixTimeSeconds Parse AddSeconds"),
        ("TimeSpan", "* FromMilliseconds TotalSeconds TotalMilliseconds FromMinutes"), ("DateTimeKind", "*"),
        ("TimeZone", "*"), ("TimeZoneInfo", "* FindSystemTimeZoneById ConvertTimeToUtc"), ("AdjustmentRule", "*"), ("TransitionTime", "*"),
    ]),
    ("addresses", &[
        ("Uri", "* .ctor Host PathAndQuery AbsolutePath AbsoluteUri Query Scheme GetLeftPart EscapeDataString UnescapeDataString"), ("UriPartial", "*"),
        ("IPAddress", "AddressFamily Equals GetAddressBytes IsLoopback Parse TryParse ToString"),
        ("WebUtility", "* UrlEncode UrlDecode HtmlEncode HtmlDecode"),
    ]),
    ("regular expressions", &[
        ("Regex", ".ctor IsMatch Match Matches Replace Unescape Split"), ("RegexOptions", "*"),
        ("Match", "Empty Groups Result"), ("Group", "Captures Success"), ("Capture", "Index Length Value"),
        ("GroupCollection", "Count Item"), ("CaptureCollection", "Count Item"),
    ]),
    ("collections", &[
        ("Dictionary", "* Add ContainsKey TryGetValue Count Keys Values Remove Item"), ("HashSet", "* Add Contains"), ("List", "* Add Contains Count Remove"),
        ("Queue", "* Enqueue Dequeue"), ("Stack", "* Push Pop"), ("KeyValuePair", "* Key Value"),
        ("ICollection", "*"), ("IDictionary", "*"), ("IEnumerable", "*"), ("IEnumerator", "*"), ("IList", "*"),
        ("IReadOnlyCollection", "*"), ("IReadOnlyDictionary", "*"), ("ISet", "*"),
        ("Enumerable", "* Select FirstOrDefault First ToArray Any Concat Contains Last Max OrderBy Count Where ToList OrderByDescending All Min Sum Aggregate Reverse Skip Take Distinct LastOrDefault Cast SelectMany ToDictionary Union Except Zip Range SequenceEqual OfType GroupBy ThenBy"),
    ]),
    ("JSON", &[
        ("JsonConvert", "SerializeObject DeserializeObject"), ("Formatting", "*"), ("JTokenType", "*"),
        ("JToken", "* Parse FromObject SelectToken SelectTokens Value Children ToObject ToString HasValues Type First Last Replace DeepClone"),
        ("JObject", "* Parse FromObject Property Properties Add Remove ContainsKey TryGetValue Merge"), ("JArray", "* Parse FromObject Add Count"),
        ("JProperty", "* .ctor Name Value"), ("JValue", "* .ctor Value"), ("JContainer", "* Descendants"), ("JRaw", "*"), ("JConstructor", "*"),
        ("Extensions", "* Value Values"),
    ]),
    ("XML", &[
        ("XElement", "* Element Elements Descendants Attribute Value Name Parse ToString Add Remove SetValue"), ("XDocument", "* Parse Root"),
        ("XAttribute", "*"), ("XName", "* LocalName"), ("XNamespace", "* +"), ("XNode", "*"), ("XContainer", "*"), ("XObject", "*"),
        ("XText", "*"), ("XCData", "*"), ("XComment", "*"), ("XDeclaration", "*"), ("XDocumentType", "*"), ("XProcessingInstruction", "*"),
        ("XNodeDocumentOrderComparer", "*"), ("XNodeEqualityComparer", "*"), ("XmlNodeType", "*"),
    ]),
    ("cryptography", &[
        ("HMAC", "*"), ("HMACMD5", "*"), ("HMACSHA1", "*"), ("HMACSHA256", "* .ctor"), ("HMACSHA384", "*"), ("HMACSHA512", "*"),
        ("KeyedHashAlgorithm", "* Key"), ("HashAlgorithm", "* ComputeHash"),
        ("MD5", "* Create"), ("SHA1", "* Create"), ("SHA256", "* Create"), ("SHA384", "* Create"), ("SHA512", "* Create"),
        ("SHA1Managed", "*"), ("SHA256Managed", "*"), ("SHA384Managed", "*"), ("SHA512Managed", "*"),
        ("RSA", "* SignData"), ("RSASignaturePadding", "* Pkcs1"), ("RSAEncryptionPadding", "*"), ("HashAlgorithmName", "* SHA256"),
        ("AsymmetricAlgorithm", "*"), ("RSACertificateExtensions", "* GetRSAPrivateKey"), ("Oid", "*"),
        ("SymmetricAlgorithm", "*"), ("CipherMode", "*"), ("PaddingMode", "*"), ("RNGCryptoServiceProvider", "* GetBytes"),
        ("X509Certificate", "*"), ("X509Certificate2", "* Thumbprint Subject SubjectName Issuer NotAfter NotBefore SerialNumber RawData Verify GetNameInfo"),
        ("PublicKey", "*"), ("X509ContentType", "*"), ("X509NameType", "*"), ("X500DistinguishedName", "Name"),
    ]),
    ("context", &[
        ("IContext", "Api Backend Deployment Elapsed GraphQL LastError Operation Product Request RequestId Response Subscription Timestamp Tracing User Variables Workspace Trace"),
        ("IApi", "Id Name Path Revision Version IsCurrentRevision ServiceUrl Protocols SubscriptionKeyParameterNames"),
        ("IOperation", "Id Method Name UrlTemplate"), ("IProduct", "Id Name State ApprovalRequired SubscriptionRequired SubscriptionsLimit Groups"),
        ("ISubscription", "Id Name Key PrimaryKey SecondaryKey CreatedDate StartDate EndDate"),
        ("IUser", "Id Email FirstName LastName Note RegistrationDate Groups Identities"), ("IGroup", "Id Name"), ("IUserIdentity", "Id Provider"),
        ("IRequest", "Body Certificate Headers IpAddress Method MatchedParameters OriginalUrl Url PrivateEndpointConnection Foundry"),
        ("IResponse", "Body Headers StatusCode StatusReason"), ("ILastError", "Source Reason Message Scope Section Path PolicyId"),
        ("IUrl", "Scheme Host Path QueryString Port Query ToUri ToString"),
        ("IMessageBody", "As AsFormUrlEncodedContent AsJToken AsJObject AsJArray"),
        ("Jwt", "Algorithm Id Issuer Subject Type Audiences ExpirationTime IssuedAt NotBefore Claims"), ("BasicAuthCredentials", "UserId Password"),
        ("Authorization", "AccessToken Claims"), ("ProductState", "*"), ("BackendType", "*"),
    ]),
    ("extension methods", &[
        ("", "GetValueOrDefault AsJwt TryParseJwt AsBasic TryParseBasic Encrypt Decrypt VerifyNoRevocation ToQueryString ToFormUrlEncodedContent"),
    ]),
];

/// What the compiler knows without a declaration.
const OF_THE_LANGUAGE: &[(&str, &str)] =
    &[("Nullable", "HasValue"), ("Nullable", "Value"), ("Nullable", "GetValueOrDefault")];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut schema = String::new();
    io::stdin().read_to_string(&mut schema)?;
    let schema: Value = serde_json::from_str(&schema)?;
    let mut missing = policies(&schema);
    missing.extend(types(list(&schema["expressions"]["types"])));
    let constructs = |of: &str| list(&schema["expressions"][of]).len();
    println!(
        "\n{} constructs of the language, {} refused by name",
        constructs("constructs"),
        constructs("refusedConstructs")
    );
    println!("\n| missing |\n|---|");
    for it in &missing {
        println!("| {it} |");
    }
    Ok(())
}

fn policies(schema: &Value) -> Vec<String> {
    let described: Vec<&Value> = list(&schema["policies"]).iter().chain(list(&schema["resolvers"])).collect();
    let find = |name: &str| described.iter().find(|it| it["element"] == name);
    println!(
        "| policy | sections | scopes | attributes | read and checked | run |\n|---|---|---|---:|---|---|"
    );
    let words = |value: &Value| list(value).iter().map(text).collect::<Vec<_>>().join(" ");
    for policy in &described {
        let runs = if policy["runs"] == true { "yes" } else { "not yet" };
        let attributes = list(&policy["attributes"]).len();
        let (sections, scopes) = (words(&policy["sections"]), words(&policy["scopes"]));
        println!("| {} | {sections} | {scopes} | {attributes} | yes | {runs} |", text(&policy["element"]));
    }
    let absent = POLICIES.iter().filter(|name| find(name).is_none());
    absent.map(|name| format!("policy `{name}`")).collect()
}

fn types(described: &[Value]) -> Vec<String> {
    let mut missing = Vec::new();
    println!("\n| for | type | named members | of them here | members here |\n|---|---|---:|---:|---:|");
    for (family, types) in TYPES {
        for (name, members) in *types {
            let found: Vec<&Value> = described.iter().filter(|it| it["name"] == *name).collect();
            let named: Vec<&str> = members.split(' ').filter(|it| *it != "*").collect();
            if name.is_empty() {
                let absent = named.iter().filter(|it| !described.iter().any(|of| has(of, described, it)));
                missing.extend(absent.map(|it| format!("extension method `{it}`")));
                continue;
            }
            if found.is_empty() {
                missing.push(format!("type `{name}`"));
            }
            let is_here = |member: &&&str| found.iter().any(|of| has(of, described, member));
            let here = named.iter().filter(is_here).count();
            let size = |of: &&Value| list(&of["members"]).len() + list(&of["values"]).len();
            let all: usize = found.iter().map(size).sum();
            println!("| {family} | {name} | {} | {here} | {all} |", named.len());
            if !found.is_empty() {
                let absent = named.iter().filter(|member| !is_here(member));
                missing.extend(absent.map(|member| format!("`{name}.{member}`")));
            }
        }
    }
    missing
}

/// Whether a type has a member: its own, one of its bases or of every object, or an extension method.
fn has(of: &Value, described: &[Value], member: &str) -> bool {
    let name = text(&of["name"]);
    if OF_THE_LANGUAGE.contains(&(name.as_str(), member)) {
        return true;
    }
    let bases = list(&of["bases"]).iter().map(text).chain(["Object".to_owned()]);
    let bases: Vec<String> =
        bases.map(|base| base.split('<').next().unwrap_or_default().to_owned()).collect();
    let is_base = |it: &Value| bases.iter().any(|base| it["name"] == **base && it["name"] != of["name"]);
    let extends = |it: &Value| {
        let declared = text(&it["text"]);
        it["name"] == member
            && (declared.contains(&format!("(this {name} ")) || declared.contains(&format!("(this {name}<")))
    };
    list(&of["members"]).iter().any(|it| it["name"] == member)
        || described.iter().any(|it| is_base(it) && has(it, described, member))
        || described.iter().any(|it| list(&it["members"]).iter().any(extends))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
