//! Dates, spans, zones, GUIDs.

use super::{eval, table};

#[test]
fn dates_are_made_read_and_reckoned_with() {
    table(&[
        ("DateTime.UtcNow", "DateTime 05/06/2024 07:08:09"),
        ("DateTime.UtcNow.ToString(\"o\")", "String 2024-05-06T07:08:09.0000000Z"),
        ("DateTime.Today", "DateTime 05/06/2024 00:00:00"),
        ("new DateTime(2024, 2, 28).AddDays(2).ToString(\"yyyy-MM-dd\")", "String 2024-03-01"),
        (
            "new DateTime(2024, 2, 30)",
            "throw System.ArgumentOutOfRangeException: Year, Month, and Day parameters describe an un-representable DateTime.",
        ),
        ("DateTime.Parse(\"2024-01-31T10:00:00Z\").AddMonths(1)", "DateTime 02/29/2024 10:00:00"),
        (
            "new DateTime(2024, 5, 6, 7, 8, 9, 10, DateTimeKind.Utc).ToString(\"yyyy-MM-ddTHH:mm:ss.fffK\")",
            "String 2024-05-06T07:08:09.010Z",
        ),
        ("(new DateTime(2024, 5, 6) - new DateTime(2024, 5, 1)).TotalHours", "Double 120"),
        (
            "new DateTime(2024, 5, 6) - TimeSpan.FromDays(1) + TimeSpan.FromHours(2.5)",
            "DateTime 05/05/2024 02:30:00",
        ),
        (
            "new DateTime(2024, 5, 6) < DateTime.MaxValue && new DateTime(2024, 5, 6) == new DateTime(2024, 5, 6, 0, 0, 0)",
            "Boolean True",
        ),
        ("new DateTime(2024, 5, 6).DayOfWeek == DayOfWeek.Monday", "Boolean True"),
        (
            "$\"{new DateTime(2024, 5, 6):dddd d MMMM}|{(int)new DateTime(2024, 5, 6).DayOfWeek}\"",
            "String Monday 6 May|1",
        ),
        ("DateTime.DaysInMonth(2023, 2) + (DateTime.IsLeapYear(2000) ? 1 : 0)", "Int32 29"),
        ("{ DateTime? d = null; return d?.Year ?? 1; }", "Int32 1"),
        ("{ DateTime? d = new DateTime(2020, 1, 1); return d < DateTime.UtcNow; }", "Boolean True"),
        ("{ DateTime? d = null; return d < DateTime.UtcNow; }", "Boolean False"),
        (
            "{ DateTime? d = new DateTime(2020, 1, 1); return (DateTime.UtcNow - d).Value.Days; }",
            "Int32 1587",
        ),
        ("Convert.ToDateTime(\"2024-05-06\").Day + Convert.ToDateTime(null).Year", "Int32 7"),
    ]);
    // What APIM does not allow.
    for member in
        ["UtcNow.Kind", "UtcNow.ToUniversalTime()", "ParseExact(\"1\", \"d\", null)", "UtcNow.ToLocalTime()"]
    {
        let refused = eval(&format!("DateTime.{member}"));
        assert!(refused.starts_with("CS"), "{member}: {refused}");
    }
}

#[test]
fn moments_know_their_offset() {
    table(&[
        ("DateTimeOffset.UtcNow.ToUnixTimeSeconds()", "Int64 1714979289"),
        ("DateTimeOffset.FromUnixTimeSeconds(0).AddYears(1)", "DateTimeOffset 01/01/1971 00:00:00 +00:00"),
        ("new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.FromHours(2)).UtcDateTime.Hour", "Int32 5"),
        (
            "DateTimeOffset.Parse(\"2024-05-06T07:08:09+02:00\").ToOffset(TimeSpan.FromHours(-3))",
            "DateTimeOffset 05/06/2024 02:08:09 -03:00",
        ),
        (
            "DateTimeOffset.Parse(\"2024-05-06T07:08:09+02:00\") == new DateTime(2024, 5, 6, 5, 8, 9)",
            "Boolean True",
        ),
        ("DateTimeOffset.UtcNow - new DateTime(2024, 5, 6, 5, 8, 9)", "TimeSpan 02:00:00"),
        ("DateTimeOffset.UtcNow > DateTime.UtcNow.AddMinutes(-1)", "Boolean True"),
        (
            "DateTimeOffset.ParseExact(\"06.05.2024\", new[] { \"d\", \"dd.MM.yyyy\" }, null, System.Globalization.DateTimeStyles.AssumeUniversal)",
            "DateTimeOffset 05/06/2024 00:00:00 +00:00",
        ),
        (
            "{ DateTimeOffset d; return DateTimeOffset.TryParse(\"x\", out d) ? \"\" : d.ToString(\"u\"); }",
            "String 0001-01-01 00:00:00Z",
        ),
        (
            "new DateTimeOffset(DateTime.UtcNow, TimeSpan.FromHours(1))",
            "throw System.ArgumentException: The UTC Offset for Utc DateTime instances must be 0.\nParameter name: offset",
        ),
        ("new DateTimeOffset(1601, 1, 1, 0, 0, 1, TimeSpan.Zero).ToFileTime()", "Int64 10000000"),
    ]);
}

#[test]
fn spans_of_time_add_up() {
    table(&[
        ("new TimeSpan(1, 2, 3, 4, 5)", "TimeSpan 1.02:03:04.0050000"),
        ("-TimeSpan.FromSeconds(90)", "TimeSpan -00:01:30"),
        ("TimeSpan.Parse(\"1.02:03\").TotalMinutes", "Double 1563"),
        (
            "TimeSpan.MaxValue + TimeSpan.FromTicks(1)",
            "throw System.OverflowException: TimeSpan overflowed because the duration is too long.",
        ),
        (
            "TimeSpan.FromMinutes(1) >= TimeSpan.FromSeconds(60) && TimeSpan.FromMinutes(1) != TimeSpan.Zero",
            "Boolean True",
        ),
        ("TimeSpan.FromHours(25).ToString(@\"d\\.hh\")", "String 1.01"),
        ("{ TimeSpan t; return TimeSpan.TryParse(\"12:30\", out t) && t.Hours == 12; }", "Boolean True"),
        ("TimeSpan.ParseExact(\"0130\", \"hhmm\", null)", "TimeSpan 01:30:00"),
        (
            "(1.5).CompareTo(1.0) + TimeSpan.Compare(TimeSpan.Zero, TimeSpan.FromTicks(TimeSpan.TicksPerDay))",
            "Int32 0",
        ),
    ]);
}

#[test]
fn zones_go_by_windows_and_iana_names() {
    table(&[
        (
            "TimeZoneInfo.ConvertTimeToUtc(new DateTime(2024, 7, 1, 12, 0, 0), TimeZoneInfo.FindSystemTimeZoneById(\"W. Europe Standard Time\"))",
            "DateTime 07/01/2024 10:00:00",
        ),
        (
            "TimeZoneInfo.ConvertTimeFromUtc(new DateTime(2024, 1, 1), TimeZoneInfo.FindSystemTimeZoneById(\"America/New_York\"))",
            "DateTime 12/31/2023 19:00:00",
        ),
        (
            "TimeZoneInfo.ConvertTimeBySystemTimeZoneId(DateTimeOffset.FromUnixTimeSeconds(0), \"Europe/Berlin\")",
            "DateTimeOffset 01/01/1970 01:00:00 +01:00",
        ),
        (
            "TimeZoneInfo.FindSystemTimeZoneById(\"Nowhere\")",
            "throw System.TimeZoneNotFoundException: The time zone ID 'Nowhere' was not found on the local computer.",
        ),
        (
            "TimeZoneInfo.FindSystemTimeZoneById(\"Pacific Standard Time\")",
            "TimeZoneInfo (UTC-08:00) Pacific Standard Time",
        ),
        (
            "{ var z = TimeZoneInfo.FindSystemTimeZoneById(\"Pacific Standard Time\"); return z.SupportsDaylightSavingTime + z.DaylightName + z.BaseUtcOffset; }",
            "String TruePacific Daylight Time-08:00:00",
        ),
        ("TimeZoneInfo.Utc.Equals(TimeZoneInfo.FindSystemTimeZoneById(\"UTC\"))", "Boolean True"),
        ("TimeZone.CurrentTimeZone.ToUniversalTime(DateTime.Now) == DateTime.UtcNow", "Boolean True"),
    ]);
}

#[test]
fn guids_are_written_five_ways() {
    let id = "new Guid(\"00112233-4455-6677-8899-aabbccddeeff\")";
    for (call, wanted) in [
        (".ToString(\"N\")", "String 00112233445566778899aabbccddeeff"),
        (".ToString(\"B\")", "String {00112233-4455-6677-8899-aabbccddeeff}"),
        (".ToString(\"X\")", "String {0x00112233,0x4455,0x6677,{0x88,0x99,0xaa,0xbb,0xcc,0xdd,0xee,0xff}}"),
        (".ToByteArray()[0]", "Byte 51"),
        (" == Guid.Parse(\"{00112233-4455-6677-8899-AABBCCDDEEFF}\")", "Boolean True"),
        (".CompareTo(Guid.Empty)", "Int32 1"),
    ] {
        assert_eq!(eval(&format!("{id}{call}")), wanted, "{call}");
    }
    table(&[
        (
            "Guid.NewGuid().ToString()[14] + \"\" + (\"89ab\".IndexOf(Guid.NewGuid().ToString(\"N\")[16]) >= 0)",
            "String 4True",
        ),
        ("Guid.NewGuid() == Guid.NewGuid()", "Boolean False"),
        (
            "{ Guid g; return Guid.TryParse(\"x\", out g) + g.ToString(\"N\"); }",
            "String False00000000000000000000000000000000",
        ),
        (
            "Guid.ParseExact(\"00112233445566778899aabbccddeeff\", \"D\")",
            "throw System.FormatException: Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        ),
        (
            "new Guid(new byte[] { 1, 2 })",
            "throw System.ArgumentException: Byte array for GUID must be exactly 16 bytes long.",
        ),
    ]);
}

#[test]
fn texts_are_read_and_written_by_lines() {
    table(&[
        (
            "{ var r = new System.IO.StringReader(\"a\\r\\nb\\n\\nc\"); var n = 0; string s; while ((s = r.ReadLine()) != null) { n = n * 10 + s.Length; } return n; }",
            "Int32 1101",
        ),
        (
            "{ using (var r = new StringReader(\"xyz\")) { r.Read(); return (char)r.Peek() + r.ReadToEnd(); } }",
            "String yyz",
        ),
        (
            "{ var w = new StringWriter(); w.Write(1.5); w.WriteLine(\"{0}-{1:00}\", 'a', 7); w.Write(true); return w.ToString(); }",
            "String 1.5a-07\nTrue",
        ),
    ]);
}
