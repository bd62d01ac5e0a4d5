//! What random cases are made of: kinds of expressions and statements, each with what it may be.

/// Kinds of expressions and statements, and what each may be. The first ones are leaves.
pub const TEMPLATES: &[(&str, &[&str], &[&str])] = &[
    (
        "int",
        &["0", "1", "2", "-1", "7", "10", "100", "-13", "255", "1000000", "int.MaxValue", "int.MinValue", "'a'", "0x1F", "1_000"],
        &[
            "(@int + @int)", "(@int - @int)", "(@int * @int)", "(@int / @int)", "(@int % @int)", "(-@int)", "(~@int)",
            "(@int & @int)", "(@int | @int)", "(@int ^ @int)", "(@int << @int)", "(@int >> @int)", "(@bool ? @int : @int)",
            "(@nint ?? @int)", "@str.Length", "@str.IndexOf(@char)", "@str.LastIndexOf(@char)", "(int)@long", "(int)@double", "(int)@decimal", "(int)@char",
            "(int)@byte", "(@char - @char)", "Math.Max(@int, @int)", "Math.Min(@int, @int)", "Math.Abs(@int)", "Math.Sign(@double)",
            "@ints.Count", "@ints.Sum()", "@ints.Max()", "@ints.First()", "@ints.FirstOrDefault()", "@ints.Last()", "@ints[@int]", "@strs.Length",
            "@ints.Where(@v => @bool[int]).Count()", "@ints.Select(@v => @int[int]).Sum()", "@ints.Aggregate((@v, @w) => @int[int,int])",
            "@ints.Aggregate(@int, (@v, @w) => @int[int,int])", "@strs.Count(@v => @bool[str])", "@strs.Sum(@v => @int[str])", "@ints.FirstOrDefault(@v => @bool[int])",
            "@ints.IndexOf(@int)", "int.Parse(@str)", "Convert.ToInt32(@double)", "Convert.ToInt32(@str)", "Convert.ToInt32(@bool)", "Convert.ToInt32(@decimal)",
            "@date.Day", "@date.Year", "@date.DayOfYear", "(int)@date.DayOfWeek", "@span.Hours", "@span.Days", "@int.CompareTo(@int)", "@str.Split(@char).Length",
            "(@short + @byte)", "(int)@uint", "(int)@float", "(int)@ulong", "@nint.GetValueOrDefault()", "@nint.Value", "@dict[@str]", "@dict.Count",
            "string.Compare(@str, @str, StringComparison.Ordinal)", "string.CompareOrdinal(@str, @str)", "((Func<int, int>)(@v => @int[int]))(@int)", "(@obj is int ? 1 : 0)", "(int)@obj", "(@obj as int? ?? -5)",
            "@strs.ToDictionary(@v => @v, @v => @int[str]).Count", "@ints.GroupBy(@v => @int[int]).Count()", "new[] { @int, @int }.Length",
            "Math.DivRem(@int, @int, out int @v)", "@strs.Select((@v, @w) => @int[str,int]).Max()", "default(int)", "@ints.BinarySearch(3)", "Array.IndexOf(@strs, @str)", "(@bool & @bool ? 3 : 4)",
        ],
    ),
    (
        "long",
        &["0L", "1L", "-5L", "4000000000", "long.MaxValue", "long.MinValue", "9007199254740993L"],
        &[
            "(@long + @long)", "(@long - @int)", "(@long * @long)", "(@long / @long)", "(@long % @int)", "(-@long)", "(long)@double", "(long)@decimal", "(long)@int",
            "(@long << @int)", "(@long >> @int)", "(@long & @long)", "(@int + @uint)", "Math.Abs(@long)", "Math.Max(@long, @long)", "@date.Ticks", "@span.Ticks", "long.Parse(@str)", "Convert.ToInt64(@double)",
            "@ints.Sum(@v => @long[int])", "(@bool ? @long : @int)", "(long)@ulong", "(~@long)", "@strs.LongCount()",
        ],
    ),
    ("uint", &["0u", "1u", "3000000000", "uint.MaxValue", "17u"], &["(@uint + @uint)", "(@uint * @uint)", "(@uint / @uint)", "(uint)@int", "(uint)@long", "(uint)@double", "(@uint >> @int)", "(@uint ^ @uint)", "(~@uint)"]),
    ("ulong", &["0UL", "1UL", "ulong.MaxValue", "12345678901234567890"], &["(@ulong + @ulong)", "(@ulong * @ulong)", "(@ulong / @ulong)", "(ulong)@long", "(ulong)@double", "(@ulong >> @int)", "(@ulong | @uint)"]),
    ("byte", &["(byte)0", "(byte)200", "byte.MaxValue", "(byte)65"], &["(byte)@int", "(byte)@double", "Convert.ToByte(@int)", "(byte)@char", "(byte)(@byte + @byte)", "byte.Parse(@str)"]),
    ("short", &["(short)0", "(short)-3", "short.MaxValue"], &["(short)@int", "(short)@long", "(short)@double", "Convert.ToInt16(@int)"]),
    (
        "double",
        &["0.0", "1.5", "-2.25", "1e10", "0.1", "100.0", "3.14159", "1e300", "double.MaxValue", "double.NaN", "double.PositiveInfinity", "2.5", "0.5", "1d"],
        &[
            "(@double + @double)", "(@double - @double)", "(@double * @double)", "(@double / @double)", "(@double % @double)", "(-@double)", "(double)@int", "(double)@long", "(double)@decimal", "(@int / @double)",
            "Math.Round(@double)", "Math.Round(@double, 2)", "Math.Round(@double, 1, MidpointRounding.AwayFromZero)", "Math.Floor(@double)", "Math.Ceiling(@double)", "Math.Truncate(@double)", "Math.Sqrt(@double)", "Math.Pow(@int, 2)", "Math.Max(@double, @double)", "Math.Min(@double, @double)", "Math.Abs(@double)",
            "double.Parse(@str)", "Convert.ToDouble(@str)", "Convert.ToDouble(@decimal)", "@span.TotalSeconds", "@span.TotalHours", "@ints.Average()", "@ints.Select(@v => @double[int]).Sum()", "@ints.Max(@v => @double[int])", "(@ndouble ?? @double)", "(@bool ? @double : @int)", "(double)@float", "(@float * @double)", "(@long + @double)",
        ],
    ),
    ("float", &["0f", "1.5f", "0.1f", "-3f", "1e20f", "16777217f"], &["(@float + @float)", "(@float * @float)", "(@float / @float)", "(float)@double", "(float)@int", "(float)@decimal", "(@float - @int)", "Math.Abs(@float)"]),
    (
        "decimal",
        &["0m", "1m", "1.10m", "-2.5m", "0.1m", "100m", "12345.6789m", "0.00m", "79228162514264337593543950335m", "3m"],
        &[
            "(@decimal + @decimal)", "(@decimal - @decimal)", "(@decimal * @decimal)", "(@decimal / @decimal)", "(@decimal % @decimal)", "(-@decimal)", "(decimal)@int", "(decimal)@double", "(decimal)@long", "(@decimal * @int)", "(@int + @decimal)", "(decimal)@float",
            "Math.Round(@decimal)", "Math.Round(@decimal, 2)", "Math.Floor(@decimal)", "Math.Ceiling(@decimal)", "Math.Abs(@decimal)", "Math.Max(@decimal, @decimal)", "decimal.Parse(@str)", "Convert.ToDecimal(@double)", "@ints.Sum(@v => @decimal[int])", "(@bool ? @decimal : @int)", "Math.Truncate(@decimal)", "decimal.Round(@decimal, 1, MidpointRounding.AwayFromZero)",
        ],
    ),
    (
        "str",
        &["\"\"", "\"a\"", "\"Hello\"", "\"12\"", "\"-7.50\"", "\"a,b,,c\"", "\" x y \"", "\"TRUE\"", "\"\u{e4}\u{df}\"", "@\"c:\\d\"", "\"q\\\"\\t\"", "\"2024-02-29\"", "\"01:30\"", "null", "string.Empty"],
        &[
            "(@str + @str)", "(@str + @int)", "(@int + @str)", "(@str + @double)", "(@str + @decimal)", "(@str + @char)", "(@str + @bool)", "(@str + @nint)", "(@str + @date)", "(@str + @span)", "(@str + @obj)", "(@str ?? @str)", "(@bool ? @str : @str)", "@str.ToUpper()", "@str.ToLower()", "@str.Trim()", "@str.Substring(@int)", "@str.Substring(@int, @int)", "@str.Replace(@str, @str)", "@str.Replace(@char, @char)",
            "@str.PadLeft(5)", "@str.PadRight(6, '*')", "@str.Remove(@int)", "@str.Insert(@int, @str)", "@str.TrimStart('a', ' ')", "@str.TrimEnd(@char)", "@int.ToString()", "@int.ToString(\"D4\")", "@int.ToString(\"X\")", "@int.ToString(\"N0\")", "@long.ToString(\"#,##0\")", "@double.ToString()", "@double.ToString(\"F2\")", "@double.ToString(\"0.##\")", "@double.ToString(\"E3\")", "@double.ToString(\"G4\")", "@double.ToString(\"R\")", "@double.ToString(\"P1\")", "@decimal.ToString()", "@decimal.ToString(\"C\")", "@decimal.ToString(\"N3\")", "@decimal.ToString(\"0.000\")", "@float.ToString()", "@bool.ToString()", "@char.ToString()", "@nint.ToString()",
            "@date.ToString(\"yyyy-MM-ddTHH:mm:ss\")", "@date.ToString(\"o\")", "@date.ToString(\"R\")", "@date.ToString(\"d MMM yy h:m tt\")", "@date.ToString()", "@span.ToString()", "@span.ToString(\"g\")", "@span.ToString(@\"hh\\:mm\")", "string.Join(\",\", @ints)", "string.Join(@str, @strs)", "string.Concat(@str, @int)", "string.Format(\"{0}-{1:N1}\", @obj, @double)", "string.Format(\"{0,5}|{1,-4}|\", @int, @str)", "string.Format(@str, @int)", "$\"{(@int)}{(@str)}\"", "$\"{(@int),6:D3}|{(@double):F1}\"", "$\"{{{(@obj)}}}\"", "$\"{(@decimal):0.0}{(@date):yyyy}\"", "string.Join(\";\", @strs.Select(@v => @str[str]))", "string.Join(\" \", @ints.Select(@v => @str[int]))", "string.Join(\",\", @ints.OrderBy(@v => @int[int]))", "string.Join(\",\", @ints.OrderByDescending(@v => @double[int]).ThenBy(@v => @v))", "string.Join(\",\", @strs.OrderBy(@v => @v, StringComparer.Ordinal))", "string.Join(\"|\", @str.Split(@char))", "string.Join(\"|\", @str.Split(new[] { ',', ' ' }, StringSplitOptions.RemoveEmptyEntries))", "string.Join(\",\", @dict.Select(@v => @v.Key + @v.Value))",
            "@strs.FirstOrDefault()", "@strs.First(@v => @bool[str])", "@strs[@int]", "@strs.Aggregate((@v, @w) => @str[str,str])", "@str?.Trim()", "@str?.Substring(1)?.ToUpper()", "Convert.ToString(@int)", "Convert.ToString(@double)", "Convert.ToString(@int, 16)", "@obj?.ToString()", "@obj as string", "new string(@char, 3)", "new string(@str.Reverse().ToArray())", "new StringBuilder().Append(@int).Append(@str).ToString()", "new StringBuilder(@str).Insert(0, @str).Replace('a', 'b').ToString()", "string.Join(\",\", @ints.GroupBy(@v => @bool[int]).Select(@w => @w.Key + \":\" + @w.Count()))", "string.Join(\",\", @ints.Zip(@strs, (@v, @w) => @str[int,str]))", "new { A = @int, B = @str }.ToString()", "new { A = @double }.A.ToString()", "Tuple.Create(@int, @str).ToString()", "(@int, @str).ToString()", "@date.DayOfWeek.ToString()", "nameof(String)", "@strs.Max(@v => @str[str])", "string.Join(\",\", @ints.SelectMany(@v => new[] { @v, @int[int] }))", "string.Join(\",\", @ints.Cast<object>().OfType<int>())", "string.Join(\",\", @ints.ToLookup(@v => @bool[int])[true])", "BitConverter.ToString(Encoding.UTF8.GetBytes(@str))", "Convert.ToBase64String(BitConverter.GetBytes(@int))", 
        ],
    ),
    (
        "bool",
        &["true", "false"],
        &[
            "(@int < @int)", "(@int == @int)", "(@int != @long)", "(@long >= @int)", "(@double < @double)", "(@double == @double)", "(@double != @double)", "(@decimal > @decimal)", "(@decimal == @decimal)", "(@char < @char)", "(@char == @char)", "(@bool && @bool)", "(@bool || @bool)", "(!@bool)", "(@bool == @bool)", "(@bool ^ @bool)", "(@bool | @bool)", "(@str == @str)", "(@str != @str)", "(@str == null)", "@str.Contains(@str)", "@str.StartsWith(@str)", "@str.EndsWith(@str, StringComparison.Ordinal)", "@str.Equals(@str, StringComparison.OrdinalIgnoreCase)", "string.IsNullOrEmpty(@str)", "string.IsNullOrWhiteSpace(@str)", "@ints.Any()", "@ints.Any(@v => @bool[int])", "@ints.All(@v => @bool[int])", "@ints.Contains(@int)", "@strs.Contains(@str)", "@strs.SequenceEqual(@strs)", "@nint.HasValue", "(@nint == @int)", "(@nint > @int)", "(@nint == null)", "(@nint != @nint)", "(@nint < @nint)", "(@date < @date)", "(@date == @date)", "(@span > @span)", "(@span == @span)", "(@obj == null)", "(@obj is int)", "(@obj is string)", "@obj.Equals(@obj)", "object.Equals(@obj, @obj)", "bool.Parse(@str)", "Convert.ToBoolean(@int)", "char.IsDigit(@char)", "char.IsLetter(@char)", "char.IsUpper(@char)", "char.IsWhiteSpace(@char)", "int.TryParse(@str, out int @v)", "double.TryParse(@str, out double @v)", "DateTime.IsLeapYear(@int)", "@dict.ContainsKey(@str)", "(@uint < @int)", "(@float == @double)", "@dict.TryGetValue(@str, out int @v)", "(bool)@obj", "(@ndouble >= @int)", "double.IsNaN(@double)", "(@date.DayOfWeek == DayOfWeek.Monday)", "@int.Equals(@int)", "@double.Equals(@double)", "Array.Exists(@strs, @v => @bool[str])", "(new[] { @int } == null)",
        ],
    ),
    ("char", &["'a'", "'Z'", "'0'", "' '", "','", "'\\n'", "'\\u00e9'", "'\\''"], &["@str[@int]", "(char)@int", "(char)(@char + 1)", "char.ToUpper(@char)", "char.ToLower(@char)", "@str.First()", "@str.LastOrDefault()", "Convert.ToChar(@int)", "(@bool ? @char : @char)", "char.Parse(@str)", "@str.Max()"]),
    ("nint", &["(int?)null", "(int?)5", "(int?)0"], &["(int?)@int", "(@bool ? (int?)@int : null)", "(@nint + @int)", "(@nint * @nint)", "(@nint / @nint)", "@str?.Length", "(-@nint)", "(@nint ?? @nint)", "@strs?.Length", "@ints?.Count", "(int?)@double", "(int?)@obj", "@obj as int?", "@ints.Select(@v => (int?)@int[int]).Max()", "(@nint % @int)", "(@nint & @int)"]),
    ("ndouble", &["(double?)null", "(double?)2.5"], &["(double?)@int", "(@ndouble + @double)", "(@nint / @double)", "(double?)@nint", "@ints.Select(@v => (double?)@v).Average()", "(@ndouble * @nint)"]),
    (
        "date",
        &["new DateTime(2024, 2, 29)", "new DateTime(1999, 12, 31, 23, 59, 58)", "new DateTime(2024, 7, 1, 12, 30, 15, 123, DateTimeKind.Utc)", "DateTime.MinValue", "DateTime.MaxValue", "new DateTime(0)"],
        &["@date.AddDays(@int)", "@date.AddHours(@double)", "@date.AddMonths(@int)", "@date.AddYears(@int)", "@date.AddMinutes(@double)", "@date.AddSeconds(@int)", "@date.AddMilliseconds(@double)", "@date.AddTicks(@long)", "@date.Date", "(@date + @span)", "(@date - @span)", "DateTime.Parse(@str)", "new DateTime(@int, @int, @int)", "new DateTime(@long)", "(@bool ? @date : @date)", "@date.Subtract(@span)", "Convert.ToDateTime(@str)"],
    ),
    (
        "span",
        &["TimeSpan.Zero", "new TimeSpan(1, 2, 3)", "new TimeSpan(1, 2, 3, 4, 5)", "TimeSpan.FromMinutes(90)", "TimeSpan.MaxValue", "new TimeSpan(-12345)"],
        &["TimeSpan.FromSeconds(@double)", "TimeSpan.FromDays(@double)", "TimeSpan.FromHours(@int)", "TimeSpan.FromMilliseconds(@double)", "TimeSpan.FromTicks(@long)", "(@span + @span)", "(@span - @span)", "(-@span)", "(@date - @date)", "@date.TimeOfDay", "@date.Subtract(@date)", "@span.Duration()", "@span.Negate()", "new TimeSpan(@int, @int, @int)", "TimeSpan.Parse(@str)"],
    ),
    (
        "ints",
        &["new List<int> { 3, 1, 2 }", "new List<int>()", "new List<int> { 5, 5, -1, 0, 12 }"],
        &["new List<int> { @int, @int }", "@ints.Where(@v => @bool[int]).ToList()", "@ints.Select(@v => @int[int]).ToList()", "@ints.OrderBy(@v => @v).ToList()", "@ints.Distinct().ToList()", "@ints.Skip(@int).ToList()", "@ints.Take(@int).ToList()", "@ints.Concat(@ints).ToList()", "@ints.Union(@ints).ToList()", "@ints.Except(@ints).ToList()", "@ints.Intersect(@ints).ToList()", "Enumerable.Range(@int, 4).ToList()", "Enumerable.Repeat(@int, 2).ToList()", "@strs.Select(@v => @int[str]).ToList()", "@ints.TakeWhile(@v => @bool[int]).ToList()", "@ints.SkipWhile(@v => @bool[int]).ToList()", "@ints.DefaultIfEmpty(@int).ToList()", "@ints.AsEnumerable().Reverse().ToList()", "(@bool ? @ints : @ints)", "@ints.FindAll(@v => @bool[int])", "@ints.GetRange(@int, 1)", "@ints.ConvertAll(@v => @int[int])", "@dict.Values.ToList()"],
    ),
    (
        "strs",
        &["new[] { \"b\", \"a\", \"C\" }", "new string[0]", "new[] { \"x\", null, \"\" }", "new string[2]"],
        &["new[] { @str, @str }", "new string[] { @str }", "@str.Split(@char)", "@str.Split(',')", "@strs.Where(@v => @bool[str]).ToArray()", "@strs.Select(@v => @str[str]).ToArray()", "@ints.Select(@v => @str[int]).ToArray()", "@strs.Reverse().ToArray()", "@strs.Distinct().ToArray()", "(@bool ? @strs : @strs)", "@strs.Concat(@strs).ToArray()", "@dict.Keys.ToArray()"],
    ),
    ("dict", &["new Dictionary<string, int> { { \"a\", 1 }, { \"b\", 2 } }", "new Dictionary<string, int>()", "new Dictionary<string, int> { [\"a\"] = 7 }"], &["@strs.ToDictionary(@v => @str[str], @v => @int[str])", "new Dictionary<string, int> { [@str] = @int }", "new Dictionary<string, int> { { @str, @int }, { @str, @int } }"]),
    ("obj", &["(object)null", "(object)1", "(object)\"s\"", "(object)2.5", "(object)'c'", "(object)true"], &["(object)@int", "(object)@str", "(object)@double", "(object)@long", "(object)@bool", "(object)@decimal", "(object)@nint", "(object)@date", "(@bool ? (object)@int : @str)"]),
    (
        "stmt",
        &["@=int = @int;", "@=int += @int;", "@=int++;", "--@=int;", "@=str += @str;", "@=str = @str;", "@=str += @char;", "@=double *= @double;", "@=double -= @int;", "@=long += @int;", "@=ints.Add(@int);", "@=int <<= 1;", "@=int %= @int;", "@=long ^= @long;", "@=char++;", "@=byte += 3;", "@=short *= 2;", "@=decimal /= @decimal;", "@=nint += @int;", "@=nint = null;", "@=dict[@str] = @int;", "@=bool |= @bool;", "@=float += @float;", "@=ints.Insert(0, @int);", "@=ints.RemoveAll(@v => @bool[int]);", "@=date = @date;", "@=byte++;", "@=uint -= 1;"],
        &["if (@bool) { @stmt }", "if (@bool) { @stmt } else { @stmt }", "if (@bool) { @stmt } else if (@bool) { @stmt } else { @stmt }", "for (int @v = 0; @v < 3; @v++) { @stmt[int] }", "foreach (var @v in @ints) { @stmt[int] }", "foreach (var @v in @strs) { @stmt[str] }", "foreach (char @v in @str) { @stmt[char] }", "foreach (int @v in @ints) { if (@bool[int]) { continue; } @stmt }", "foreach (var @v in @dict) { @=str += @v.Key; @=int += @v.Value; }", "for (int @v = 5; @v > 0; @v -= 2) { if (@bool[int]) { break; } @stmt }", "try { @stmt @stmt } catch (DivideByZeroException) { @stmt } finally { @stmt }", "try { @stmt } catch (Exception @v) { @=str += '!'; }", "try { @stmt } catch (Exception @v) { @=str = @v.Message; }", "try { @stmt } catch (FormatException) { @stmt } catch (Exception) { @stmt }", "switch (@int) { case 0: @stmt break; case 1: case 2: @stmt break; default: @stmt break; }", "switch (@str) { case \"a\": @stmt break; case null: @stmt break; }", "{ @stmt @stmt }", "var @v = @int; @stmt[int]", "var @v = @str; @stmt[str]", "double @v = @double; @stmt[double]", "int @v; @v = @int; @stmt[int]", "do { @stmt } while (false);", "if (@bool) { throw new InvalidOperationException(@str); }", "while (@bool) { @stmt break; }", "const int @v = 3; @stmt[int]", "using (var @v = new System.IO.StringReader(@str)) { @=str = @v.ReadToEnd(); }", "int @v(int @w) { return @w + @int; } @=int = @v(@int);"],
    ),
];
