import FlashSale
import Foundation
import Testing

@Suite struct RoomRuleTests {
  private static func parse(_ text: String) throws -> SaleShaping {
    try Array(text.utf8).withUnsafeBytes { try SaleShaping(parsing: $0) }
  }

  private static let beacon =
    #"{"name":"drand","url":"https://b/c/public","genesis":"2023-08-23T15:09:27Z","period_seconds":3}"#

  @Test(arguments: [
    #"{"room":{"rate_per_minute":600}}"#,
    #"{"room":{"rate_per_minute":1,"slots":5,"opens_at":"2026-11-11T00:00:00Z","backlog_max":9}}"#,
    #"{"room":{"order":"lottery","rate_per_minute":60,"beacon":\#(beacon)}}"#,
    #"{"room":{"order":"lottery","rate_per_minute":60,"beacon":\#(beacon),"#
      + #""fallback":{"after_seconds":600,"beacon":{"name":"DAX","known_at":"2026-11-11T17:00:00Z"}}}}"#,
  ])
  func `a rule is read as it is stored`(text: String) throws {
    let shaping = try Self.parse(text)
    let stored = String(decoding: try JSONEncoder().encode(shaping), as: UTF8.self)
    #expect(try Self.parse(stored) == shaping)
    #expect(shaping.room != nil)
  }

  @Test func `a room that would open at its sale's end or later is refused, and no other`() throws {
    var rule = RoomRule(ratePerMinute: 60)
    #expect(rule.refusal(ofEnd: RoomTests.time(0)) == nil)
    rule.opensAt = RoomTests.time(10)
    #expect(rule.refusal(ofEnd: RoomTests.time(11)) == nil)
    #expect(rule.refusal(ofEnd: RoomTests.time(10)) != nil)
  }

  @Test(arguments: [
    (#"{"room":{}}"#, "room.rate_per_minute"), (#"{"room":[]}"#, "room"),
    (#"{"room":{"rate_per_minute":0}}"#, "room.rate_per_minute"),
    (#"{"room":{"rate_per_minute":60,"slots":0}}"#, "room.slots"),
    (#"{"room":{"rate_per_minute":60,"silence_seconds":29}}"#, "room.silence_seconds"),
    (#"{"room":{"rate_per_minute":60,"order":"random"}}"#, "room.order"),
    (#"{"room":{"rate_per_minute":60,"order":"lottery"}}"#, "room.beacon"),
    (#"{"room":{"rate_per_minute":60,"beacon":\#(beacon)}}"#, "room.beacon"),
    (#"{"room":{"rate_per_minute":60,"order":"lottery","beacon":{"name":"x"}}}"#, "room.beacon.url"),
    (
      #"{"room":{"rate_per_minute":60,"order":"lottery","beacon":{"name":"x","url":"ftp://x","#
        + #""genesis":"2023-08-23T15:09:27Z","period_seconds":3}}}"#, "room.beacon.url"
    ),
  ])
  func `a rule that is wrong names its field`(text: String, field: String) throws {
    #expect {
      try Self.parse(text)
    } throws: { error in
      if case .invalidField(field, _)? = error as? BodyError { true } else { false }
    }
  }

  // MARK: In a sale

  /// What is said of the field that is refused of a sale at 11 a.m. until noon; `nil`: the sale is taken.
  private static func refusal(of room: String) throws -> String? {
    let text =
      #"{"id":"s","name":"S","starts_at":"2026-11-11T11:00:00Z","ends_at":"2026-11-11T12:00:00Z","shaping":{"room":"#
      + #"{"order":"lottery","rate_per_minute":60,"#
      + room + #"}},"items":[{"sku":"a","stock":1,"price_minor":1,"currency":"EUR"}]}"#
    do {
      _ = try Array(text.utf8).withUnsafeBytes { try Sale(parsing: $0) }
      return nil
    } catch BodyError.invalidField(let field, _) {
      return field
    }
  }

  private static func told(_ time: String, _ name: String = "x") -> String {
    #"{"name":"\#(name)","known_at":"2026-11-1\#(time)Z"}"#
  }

  private static func fallback(_ seconds: Int, _ beacon: String) -> String {
    #""beacon":\#(Self.beacon),"fallback":{"after_seconds":\#(seconds),"beacon":\#(beacon)}"#
  }

  @Test func `a beacon that is known when the room opens is refused, and so is one that speaks too late`() throws {
    let refused = [
      // Yesterday, and so near that clocks may differ by more.
      (#""beacon":\#(Self.told("0T11:00:31"))"#, "beacon.known_at"),
      (#""beacon":\#(Self.told("1T11:00:29"))"#, "beacon.known_at"),
      (#""beacon":\#(Self.told("1T12:00:00"))"#, "beacon.known_at"),
      (#""opens_at":"2026-11-11T11:10:00Z","beacon":\#(Self.told("1T11:00:30"))"#, "beacon.known_at"),
      (
        #""beacon":{"name":"d","url":"https://d","genesis":"2026-11-11T12:00:00Z","period_seconds":3}"#,
        "beacon.genesis"
      ),
      (
        #""beacon":{"name":"d","url":"https://d","genesis":"2026-11-10T10:00:00Z","period_seconds":86400}"#,
        "beacon.period_seconds"
      ),
      (Self.fallback(60, Self.told("1T11:00:29")), "fallback.beacon.known_at"),
      (Self.fallback(60, Self.told("1T11:00:30", "drand")), "fallback.beacon.name"),
      (Self.fallback(3_600, Self.told("1T11:00:30")), "fallback.after_seconds"),
    ]
    for (room, field) in refused { #expect(try Self.refusal(of: room) == "shaping.room.\(field)", "\(room)") }
    for room in [
      #""beacon":\#(Self.told("1T11:00:30"))"#, #""beacon":\#(Self.beacon)"#,
      Self.fallback(3_599, Self.told("1T11:59:59")),
    ] {
      #expect(try Self.refusal(of: room) == nil, "\(room)")
    }
  }

  @Test func `of two beacons with one name, a person can tell the one that is told`() throws {
    var rule = RoomRule(ratePerMinute: 60)
    rule.beacon = try BeaconRule(
      name: "x", source: .drand(url: "https://d", genesis: RoomTests.time(0), period: 3))
    rule.fallback = (.seconds(60), try BeaconRule(name: "x", source: .told(knownAt: RoomTests.time(90))))
    #expect(rule.refusal(ofBeacon: "x", at: RoomTests.time(90)) == nil)
    #expect(rule.refusal(ofBeacon: "x", at: RoomTests.time(89)) != nil)
  }
}
