import Testing
import Time

struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", Int64(0)), ("2026-11-11T00:00:00+08:00", 1_794_326_400_000_000),
    ("2026-11-11T00:00:00.250Z", 1_794_355_200_250_000), ("2026-11-10T16:00:00.000Z", 1_794_326_400_000_000),
    ("2026-11-10t16:00:00.1234567z", 1_794_326_400_123_456), ("1969-12-31T19:00:00-05:00", 0),
    ("2000-02-29T12:00:00Z", 951_825_600_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
    ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
  ])
  func `RFC 3339 times are read to the microsecond`(text: String, microseconds: Int64) {
    #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
  }

  @Test func `a time is written to the millisecond, without losing one`() {
    for millisecond in Int64(0)..<1_000 {
      let text = Timestamp(microseconds: 1_794_326_400_000_000 + millisecond * 1_000 + 999).description
      #expect(text == "2026-11-10T16:00:00.\(String(millisecond + 1_000).dropFirst())Z")
    }
  }

  @Test(arguments: [
    "", "2026-11-11", "2026-11-11T00:00:00", "2026-13-11T00:00:00Z", "now", "1969-12-31T23:59:59Z",
    "2026-11-10T16:00:00Z ", "2026-11-10T16:00:00Z:", "2026-11-10T16:00:00.Z", "2026-11-10 16:00:00Z",
    "2026-11-10T24:00:00Z", "2026-11-10T16:60:00Z", "2026-11-10T16:00:60Z", "2026-11-10T16:00:00+24:00",
    "2026-11-10T16:00:00+0800", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-00T00:00:00Z",
    "+2026-11-10T16:00:00Z", "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01", "２026-11-10T16:00:00Z",
    // Years whose microseconds do not fit 64 bits.
    "502026-11-10T16:00:00Z", "000502026-11-10T16:00:00.000Z", "99999999999-01-01T00:00:00Z",
  ])
  func `what is no RFC 3339 time since 1970 is refused`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test func `now is the system's time, and goes on`() throws {
    let text = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
    let (first, second) = (Timestamp.now, Timestamp.now)
    #expect(text < first)
    #expect((0..<60_000_000).contains(second.microseconds(since: first)))
  }

  @Test func `an instant is moved by a duration, to the microsecond`() {
    let instant = Timestamp(microseconds: 10)
    #expect(instant.after(.nanoseconds(2_999)) == Timestamp(microseconds: 12))
    #expect(instant.after(.seconds(-1)) == Timestamp(microseconds: -999_990))
  }
}
