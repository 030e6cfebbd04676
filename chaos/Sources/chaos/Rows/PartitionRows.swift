import FlashSale
import Foundation
import TestSupport

extension Row {
  static let partitionRows = [partitionsChanged, partitionsGrown]

  private static let partitionsChanged = Row(
    name: "partitions-changed", fault: "another number of partitions, in the configuration and in the topic"
  ) { stage in
    _ = try await stage.start("intake")
    _ = try await stage.start("worker")
    let other = Limits.partitions * 2
    let (broker, servers) = try await Shop.startBroker(["chaos", "broker"], partitions: other)
    defer { broker.send(signal: SIGKILL) }
    try await stage.underLoad {
      for command in ["intake", "worker"] {
        try await expectRefusal(stage, command, ["PENSTOCK_PARTITIONS": "\(other)"])
        try await expectRefusal(
          stage, command, ["PENSTOCK_PARTITIONS": "\(other)", "PENSTOCK_KAFKA_BROKERS": servers])
      }
    }
  }

  private static let partitionsGrown = Row(
    name: "partitions-grown", fault: "the topic gets more partitions under running processes: a copy that has them"
  ) { stage in
    let intake = try await stage.start("intake", lines: [.kafka])
    let worker = try await stage.start("worker", lines: [.kafka])
    try await stage.underLoad {}
    let (broker, servers) = try await Shop.startBroker(["chaos", "broker"], partitions: Limits.partitions * 2)
    try await CopiedLog(of: stage).write(to: servers) { $0 }
    try stage.change(to: broker, servers, of: [intake, worker])
    let firstAdded = Partition(Int32(Limits.partitions))
    try await stage.expect("a worker that tells of the new partitions", within: .seconds(30)) {
      try await HTTP.get(worker.part.admin.appending(path: "readyz")).text.contains("the topic has grown")
    }
    // The others go on undisturbed.
    try await stage.underLoad {}
    let moved = try await stage.progress().filter { $0.key >= firstAdded && $0.value > Offset(0) }
    if !moved.isEmpty { stage.violated("decided in partitions that nobody may use: \(moved)") }
  }

  private static func expectRefusal(_ stage: Stage, _ command: String, _ change: [String: String]) async throws {
    let process = try await PenstockProcess.start(
      "penstock", [command], environment: stage.shop.environment.merging(change) { _, new in new })
    stage.inject()
    try await stage.expect("a \(command) that refuses another number of partitions", within: .seconds(30)) {
      !process.isRunning
    }
    guard !process.isRunning else { return process.send(signal: SIGKILL) }
    let exit = await process.exit()
    if exit == .success || !process.standardError.contains("partitions") {
      stage.violated("\(command) ended with \(exit): \(process.standardError.suffix(300))")
    }
  }
}
