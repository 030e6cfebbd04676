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
}
