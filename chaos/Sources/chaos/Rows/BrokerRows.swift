import Foundation
import Glibc
import Postgres
import TestSupport

extension Row {
  static let brokerRows = [duplicates, brokerStopped, brokerErrors]

  /// The broker appends at once and answers late, so the producer sends again what is in the log already.
  private static let duplicates = Row(
    name: "duplicates", fault: "round trips above socket.timeout.ms: the log has duplicates, the orders have none"
  ) { stage in
    _ = try await stage.start("intake", environment: ["PENSTOCK_KAFKA_OPTIONS": "socket.timeout.ms=600"])
    _ = try await stage.start("worker")
    try await stage.underLoad {
      for _ in 0..<4 {
        // librdkafka looks for requests that took too long once a second.
        try stage.tellBroker("delay 2500")
        try await Task.sleep(for: .seconds(4))
        try stage.tellBroker("delay 0")
        try await stage.pause(500...1_500)
      }
    }
    let records = try await stage.ask { connection in
      try await connection.query("SELECT coalesce(sum(requests), 0)::int8 FROM tallies").single().int64(0)
    }
    let contents = stage.crowd.journal.current
    // An attempt without an answer may be in the log once, and one that was refused is not; the producer sent any
    // further record twice.
    let unclear = contents.retried.filter { $0.key.hasPrefix("0") || $0.key == "503 outcome_unknown" }
    let asked = contents.promises + unclear.values.reduce(0, +)
    stage.inject(max(0, Int(records) - asked))
    stage.remark("\(records) records in the log for at most \(asked) attempts that could reach it")
  }

  private static let brokerStopped = Row(
    name: "broker-stopped", fault: "broker: SIGSTOP for 20 s, then SIGCONT"
  ) { stage in
    _ = try await stage.start("intake")
    _ = try await stage.start("worker")
    _ = try await stage.start("worker")
    try await stage.underLoad {
      stage.shop.broker?.send(signal: SIGSTOP)
      stage.inject()
      try await Task.sleep(for: .seconds(20))
      stage.shop.broker?.send(signal: SIGCONT)
    }
  }

  private static let brokerErrors = Row(
    name: "broker-errors", fault: "broker: errors by request, resets, round trips of 300 ms"
  ) { stage in
    let intake = try await stage.start("intake", lines: [.kafka])
    let worker = try await stage.start("worker", lines: [.kafka])
    try await stage.underLoad {
      for (request, fault) in faults {
        try stage.tellBroker("fail \(request) \(fault) 5")
        stage.inject(5)
        try await stage.pause(200...700)
      }
      for _ in 0..<10 {
        intake.kafka?.cut()
        worker.kafka?.cut()
        stage.inject(2)
        try await stage.pause(100...500)
      }
      try stage.tellBroker("delay 300")
      stage.inject()
      try await Task.sleep(for: .seconds(4))
      try stage.tellBroker("delay 0")
    }
  }

  private static let faults = [
    ("produce", "notLeader"), ("produce", "requestTimedOut"), ("produce", "notEnoughReplicas"),
    ("produce", "notEnoughReplicasAfterAppend"), ("produce", "unknownServerError"), ("produce", "disconnect"),
    ("fetch", "notLeader"), ("fetch", "requestTimedOut"), ("fetch", "disconnect"), ("metadata", "requestTimedOut"),
    ("findCoordinator", "coordinatorNotAvailable"), ("heartbeat", "coordinatorNotAvailable"),
    ("joinGroup", "coordinatorNotAvailable"), ("offsetCommit", "coordinatorNotAvailable"),
  ]
}
