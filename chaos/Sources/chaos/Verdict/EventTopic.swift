import Foundation
import Kafka
import OrderLog
import TestSupport

/// What a reader of the topic of events finds there, who knows its schema only.
struct EventTopic: Sendable {
  /// What it is called: the product's own default.
  static let name = "order-events"

  /// Every id that came.
  var ids: Set<String> = []
  /// How many came once more.
  var repeats = 0
  /// Of each order, the sequences of what came for the first time, as they stand there.
  var sequences: [String: [Int32]] = [:]

  /// Reads it from its beginning.
  static func read(_ stage: Stage) async throws -> EventTopic {
    let reader = try LogReader(cluster: stage.log, topic: name, logger: quietLogger)
    var topic = EventTopic()
    for partition in 0..<Int32(stage.partitions) {
      let (low, high) = try await reader.watermarks(partition: Partition(partition))
      try await reader.read(partition: Partition(partition), from: low, upTo: high) { record in
        guard let key = record.key, let value = record.value else { throw TestSetUpError("a record is no event") }
        try topic.add(String(decoding: key, as: UTF8.self), Array(value))
      }
    }
    return topic
  }

  private mutating func add(_ order: String, _ bytes: [UInt8]) throws {
    let event = try EventHead(bytes)
    guard ids.insert(event.id).inserted else { return repeats += 1 }
    // Money for what is no order has no place among an order's events.
    if event.sequence > 0 { sequences[order, default: []].append(event.sequence) }
  }

  /// Whether all events of these orders are there.
  func isWhole(_ expected: [String: Int32]) -> Bool {
    expected.allSatisfy { sequences[$0.key]?.count == Int($0.value) }
  }

  /// Whether each order's events came in order, without a gap.
  var isInOrder: Bool { sequences.values.allSatisfy { $0 == Array(1...Int32($0.count)) } }
}

/// The two fields of an event by which a reader drops what it has seen, read by the rules of protobuf's wire format.
private struct EventHead {
  /// Field 1.
  var id = ""
  /// Field 4.
  var sequence: Int32 = 0

  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let tag = try Self.number(&rest)
      switch tag & 7 {
      case 0:
        let value = try Self.number(&rest)
        if tag >> 3 == 4 { sequence = Int32(truncatingIfNeeded: value) }
      case 1: rest = rest.dropFirst(8)
      case 2:
        let length = Int(try Self.number(&rest))
        guard length <= rest.count else { throw TestSetUpError("an event is cut off") }
        if tag >> 3 == 1 { id = String(decoding: rest.prefix(length), as: UTF8.self) }
        rest = rest.dropFirst(length)
      default: throw TestSetUpError("an event has a field of wire type \(tag & 7)")
      }
    }
  }

  /// A number of seven bits a byte, the lowest first.
  private static func number(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw TestSetUpError("an event is cut off") }
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
    }
    throw TestSetUpError("an event has a number of more than 64 bits")
  }
}
