import Foundation
import Kafka
import OrderLog
import Postgres
import Synchronization
import TestSupport
import Time

/// Events of orders' lives are told while those who tell them, or hear of them, are away.
enum RelayRows {
  static let relayKilled = Row(
    name: "relay-killed", fault: "relay: SIGKILL between writing events and noting that, again and again", rate: 200
  ) { stage in
    _ = try await stage.start("worker")
    var relay = try await stage.start("relay")
    try await Lives.play(stage, intakes: 1) {
      for _ in 0..<(stage.isQuick ? 5 : 20) {
        try await stage.pause(300...1_200)
        await relay.kill()
        stage.inject()
        relay = try await stage.start("relay", awaitsReadiness: false)
      }
    }
    try await judge(stage)
  }

  /// Waits until all is told, and reads the topic of events as others do.
  private static func judge(_ stage: Stage) async throws {
    let expected = try await stage.ask { try await Self.sequences($0) }
    var topic = EventTopic()
    try await stage.expect("every event in its topic", within: .seconds(30)) {
      topic = try await EventTopic.read(stage)
      return topic.isWhole(expected)
    }
    if !topic.isInOrder { stage.violated("an order's events came out of order") }
    for (order, last) in expected where topic.sequences[order]?.last != last {
      stage.violated("\(order) has \(last) events, told are \(topic.sequences[order] ?? [])")
      break
    }
    stage.remark("\(topic.ids.count) events, \(topic.repeats) of them told again")
  }

  /// The number of the last event of each order: of its life, or of a first decision that won without one.
  private static func sequences(_ connection: Connection) async throws -> [String: Int32] {
    let rows = try await connection.query(
      """
      SELECT order_id::text, coalesce(holds.sequence, 1) FROM orders LEFT JOIN holds USING (order_id)
      WHERE outcome IN (0, 100)
      """)
    return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.string(0), try $0.int32(1)) })
  }

  static let receiverDown = Row(
    name: "receiver-down", fault: "a shop's endpoint answers 503 for a while, and the relay is killed meanwhile",
    rate: 200
  ) { stage in
    let isUp = Locked(true)
    let relayEnvironment = ["PENSTOCK_WEBHOOK_NETWORKS": "127.0.0.0/8"]
    _ = try await stage.start("worker")
    var relay = try await stage.start("relay", environment: relayEnvironment)
    try await Receiver.with({ _ in .answer(isUp.with { $0 } ? 204 : 503) }) { receiver in
      let added = try await stage.tellAdmin("webhooks", ["url": receiver.url, "events": [String](), "concurrency": 16])
      guard added.status == 201 else { throw TestSetUpError("\(added.status) \(added.text)") }
      try await Lives.play(stage, intakes: 1) {
        for _ in 0..<(stage.isQuick ? 1 : 3) {
          try await stage.pause(500...1_500)
          isUp.with { $0 = false }
          stage.inject()
          try await stage.pause(2_000...4_000)
          await relay.kill()
          stage.inject()
          relay = try await stage.start("relay", environment: relayEnvironment, awaitsReadiness: false)
          try await stage.pause(2_000...4_000)
          isUp.with { $0 = true }
        }
      }
      try await judge(receiver, isUp, stage)
    }
  }

  private static func judge(_ receiver: Receiver, _ isUp: Locked<Bool>, _ stage: Stage) async throws {
    let expected = try await stage.ask { try await Self.lives($0) }
    var taken: [String: [Int32]] = [:]
    try await stage.expect("every event at the endpoint", within: .seconds(150)) {
      taken = Self.taken(receiver)
      return expected.allSatisfy { Set(taken[$0.key] ?? []).count >= Int($0.value) }
    }
    var repeats = 0
    for (order, last) in expected {
      var heard: [Int32] = []
      for sequence in taken[order] ?? [] {
        if heard.contains(sequence) { repeats += 1 } else { heard.append(sequence) }
      }
      if heard != Array(1...last) { stage.violated("\(order) has \(last) events, heard are \(heard)") }
    }
    stage.remark("\(receiver.all.count) deliveries, \(repeats) of them again after they were taken")
  }

  /// Of each order, the sequences that the endpoint answered with success, as they came.
  private static func taken(_ receiver: Receiver) -> [String: [Int32]] {
    var taken: [String: [Int32]] = [:]
    for request in receiver.all where request.status < 300 {
      if let sequence = Int32(request.data("sequence")) {
        taken[request.data("order_id"), default: []].append(sequence)
      }
    }
    return taken
  }

  /// Lives in the sale of the life crowd: what happened before the endpoint was there is not for it.
  private static func lives(_ connection: Connection) async throws -> [String: Int32] {
    let rows = try await connection.query(
      """
      SELECT order_id::text, sequence FROM holds JOIN sales ON sales.number = holds.sale WHERE sales.id = $1
      """, LifeCrowd.sale)
    return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.string(0), try $0.int32(1)) })
  }
}
