//! Types that the language itself knows of, or that the library makes values of.

use super::ty::TypeId;

macro_rules! known {
    ($($name:ident $namespace:literal $text:literal $arity:literal,)*) => {
        /// A type with a fixed place in the catalogue.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Known { $($name),* }

        impl Known {
            /// Namespace, name and number of type parameters of each, in order.
            pub(crate) const ALL: &[(&'static str, &'static str, usize)] = &[$(($namespace, $text, $arity)),*];
        }
    };
}

known! {
    Object "System" "Object" 0,
    String "System" "String" 0,
    Boolean "System" "Boolean" 0,
    Char "System" "Char" 0,
    SByte "System" "SByte" 0,
    Byte "System" "Byte" 0,
    Int16 "System" "Int16" 0,
    UInt16 "System" "UInt16" 0,
    Int32 "System" "Int32" 0,
    UInt32 "System" "UInt32" 0,
    Int64 "System" "Int64" 0,
    UInt64 "System" "UInt64" 0,
    Single "System" "Single" 0,
    Double "System" "Double" 0,
    Decimal "System" "Decimal" 0,
    Nullable "System" "Nullable" 1,
    DateTime "System" "DateTime" 0,
    DateTimeOffset "System" "DateTimeOffset" 0,
    TimeSpan "System" "TimeSpan" 0,
    Guid "System" "Guid" 0,
    ValueType "System" "ValueType" 0,
    Enum "System" "Enum" 0,
    Array "System" "Array" 0,
    Exception "System" "Exception" 0,
    IDisposable "System" "IDisposable" 0,
    IEnumerable "System.Collections" "IEnumerable" 0,
    IEnumerableOf "System.Collections.Generic" "IEnumerable" 1,
    ICollection "System.Collections.Generic" "ICollection" 1,
    IList "System.Collections.Generic" "IList" 1,
    IReadOnlyList "System.Collections.Generic" "IReadOnlyList" 1,
    IReadOnlyCollection "System.Collections.Generic" "IReadOnlyCollection" 1,
    IDictionary "System.Collections.Generic" "IDictionary" 2,
    IReadOnlyDictionary "System.Collections.Generic" "IReadOnlyDictionary" 2,
    List "System.Collections.Generic" "List" 1,
    Dictionary "System.Collections.Generic" "Dictionary" 2,
    HashSet "System.Collections.Generic" "HashSet" 1,
    Queue "System.Collections.Generic" "Queue" 1,
    Stack "System.Collections.Generic" "Stack" 1,
    KeyValuePair "System.Collections.Generic" "KeyValuePair" 2,
    IGrouping "System.Linq" "IGrouping" 2,
    IOrderedEnumerable "System.Linq" "IOrderedEnumerable" 1,
    Enumerator "System.Collections.Generic" "IEnumerator" 1,
    StringBuilder "System.Text" "StringBuilder" 0,
    JToken "Newtonsoft.Json.Linq" "JToken" 0,
    JContainer "Newtonsoft.Json.Linq" "JContainer" 0,
    JObject "Newtonsoft.Json.Linq" "JObject" 0,
    JArray "Newtonsoft.Json.Linq" "JArray" 0,
    JProperty "Newtonsoft.Json.Linq" "JProperty" 0,
    JValue "Newtonsoft.Json.Linq" "JValue" 0,
    JRaw "Newtonsoft.Json.Linq" "JRaw" 0,
    JConstructor "Newtonsoft.Json.Linq" "JConstructor" 0,
    XName "System.Xml.Linq" "XName" 0,
    XNamespace "System.Xml.Linq" "XNamespace" 0,
    XObject "System.Xml.Linq" "XObject" 0,
    XNode "System.Xml.Linq" "XNode" 0,
    XElement "System.Xml.Linq" "XElement" 0,
    XDocument "System.Xml.Linq" "XDocument" 0,
    XAttribute "System.Xml.Linq" "XAttribute" 0,
    XText "System.Xml.Linq" "XText" 0,
    XCData "System.Xml.Linq" "XCData" 0,
    XComment "System.Xml.Linq" "XComment" 0,
    XDeclaration "System.Xml.Linq" "XDeclaration" 0,
    XDocumentType "System.Xml.Linq" "XDocumentType" 0,
    XProcessingInstruction "System.Xml.Linq" "XProcessingInstruction" 0,
    Regex "System.Text.RegularExpressions" "Regex" 0,
    Match "System.Text.RegularExpressions" "Match" 0,
    Group "System.Text.RegularExpressions" "Group" 0,
    Capture "System.Text.RegularExpressions" "Capture" 0,
    MatchCollection "System.Text.RegularExpressions" "MatchCollection" 0,
    GroupCollection "System.Text.RegularExpressions" "GroupCollection" 0,
    CaptureCollection "System.Text.RegularExpressions" "CaptureCollection" 0,
    Random "System" "Random" 0,
    Uri "System" "Uri" 0,
    Encoding "System.Text" "Encoding" 0,
    StringComparer "System" "StringComparer" 0,
    CultureInfo "System.Globalization" "CultureInfo" 0,
    TimeZoneInfo "System" "TimeZoneInfo" 0,
    IPAddress "System.Net" "IPAddress" 0,
    HashAlgorithm "System.Security.Cryptography" "HashAlgorithm" 0,
    SymmetricAlgorithm "System.Security.Cryptography" "SymmetricAlgorithm" 0,
    Rsa "System.Security.Cryptography" "RSA" 0,
    X509Certificate2 "System.Security.Cryptography.X509Certificates" "X509Certificate2" 0,
    Jwt "Microsoft.Azure.ApiManagement.Expressions" "Jwt" 0,
    Basic "Microsoft.Azure.ApiManagement.Expressions" "BasicAuthCredentials" 0,
    IResponse "Microsoft.Azure.ApiManagement.Expressions" "IResponse" 0,
    IMessageBody "Microsoft.Azure.ApiManagement.Expressions" "IMessageBody" 0,
    IUrl "Microsoft.Azure.ApiManagement.Expressions" "IUrl" 0,
    Context "Microsoft.Azure.ApiManagement.Expressions" "IContext" 0,
    Tuple1 "System" "Tuple" 1,
    Tuple2 "System" "Tuple" 2,
    Tuple3 "System" "Tuple" 3,
    Tuple4 "System" "Tuple" 4,
    Tuple5 "System" "Tuple" 5,
    Func1 "System" "Func" 1,
    Func2 "System" "Func" 2,
    Func3 "System" "Func" 3,
    Func4 "System" "Func" 4,
    Func5 "System" "Func" 5,
    Action0 "System" "Action" 0,
    Action1 "System" "Action" 1,
    Action2 "System" "Action" 2,
    Action3 "System" "Action" 3,
    Action4 "System" "Action" 4,
    Predicate "System" "Predicate" 1,
    Comparison "System" "Comparison" 1,
    Converter "System" "Converter" 2,
    MatchEvaluator "System.Text.RegularExpressions" "MatchEvaluator" 0,
}

impl Known {
    pub const fn id(self) -> TypeId {
        TypeId(self as u16)
    }
}
