import Foundation
import Glibc
import TestSupport

extension Row {
  static let overloadRows = [overload]

  private static let crowdedConnections = 8_000
  private static let slowConnections = 1_000
  private static let halfOpen = 1_000
  /// What is offered beside the honest crowd, in requests that this machine answered a second before.
  private static let times = 10
  /// Seconds of the trial that finds out how many these are, and its connections.
  private static let trial = (seconds: 5, connections: 256)
  private static let seconds = 60
  /// Seconds that the load generator may take beside these: to open its connections, and to look its orders up.
  private static let patience = 60
  /// Resident memory that intake may reach, in MiB, under any load.
  private static let memoryBound = 1_024

  private static let overload = Row(
    name: "overload",
    fault: "10 × capacity for 60 s, 10,000 connections, slowloris on heads and bodies, half-open ones",
    rate: 100
  ) { stage in
    let intake = try await stage.start("intake")
    _ = try await stage.start("worker")
    guard let door = intake.door, let http = intake.part.http else { throw TestSetUpError("the intake has no door") }
    // Each sells out within seconds: accepted orders must fit the embedded broker's 5 MiB per partition.
    let goods = (0..<24).map { (sku: "flood\($0)", stock: 1_500) }
    for sale in ["trial", "flood"] { try await stage.shop.createSale(at: stage.admin, id: sale, items: goods) }
    let drips = Locked(true)
    try await stage.underLoad {
      let trial = try await flood(
        stage, "trial", at: http, rate: 1_000_000, seconds: trial.seconds, connections: trial.connections)
      for index in 0..<(slowConnections + halfOpen) { stage.inject(drip(index, door, drips) ? 1 : 0) }
      let offered = times * trial.rate
      let flooded = try await flood(
        stage, "flood", at: http, rate: offered, seconds: seconds, connections: crowdedConnections)
      drips.with { $0 = false }
      stage.remark("\(times) × the \(trial.rate)/s that were answered before, for \(seconds) s: \(flooded.words)")
    }
    let peak = memory(of: intake.part.process.identifier)
    stage.remark("intake's memory at its peak \(peak) MiB")
    if peak == 0 || peak > memoryBound { stage.violated("intake took \(peak) MiB, the bound is \(memoryBound)") }
    let contents = stage.crowd.journal.current
    if contents.unknown > 0 { stage.violated("\(contents.unknown) honest clients got no final answer") }
    stage.remark("\(contents.intents.count) honest requests beside it, all answered")
  }

  /// Opens a connection that sends a byte each second of a head or a body, or nothing at all; `false` if it could not.
  private static func drip(_ index: Int, _ door: UInt16, _ goesOn: Locked<Bool>) -> Bool {
    guard let line = HTTPLine(to: door, patience: 1) else { return false }
    guard index < slowConnections else {
      Loopback.onThread("half-open") {
        withExtendedLifetime(line) { while goesOn.with({ $0 }) { sleep(1) } }
      }
      return true
    }
    let order = Order(number: index, sale: Goods.open, sku: "sku9", buyer: "slow\(index)", quantity: 1)
    let bytes = order.request(port: door)
    // Half of them are slow with the head, half with the body only.
    let quick = index % 2 == 0 ? 1 : bytes.count - 20
    Loopback.onThread("slowloris") {
      _ = line.send(Array(bytes[..<quick]))
      for byte in bytes[quick...].dropLast() where goesOn.with({ $0 }) {
        guard line.send([byte]) else { return }
        sleep(1)
      }
    }
    return true
  }

  private static func memory(of pid: Int32) -> Int {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (peak?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) / 1_024
  }

  /// The result of a flood: requests answered per second, and how many were sent.
  private struct Flood {
    let rate: Int
    let words: String
  }

  /// Runs the load generator on a sale for so long. Requests that could not be sent by then, because answers or the
  /// machine are slow, are not sent any more: such buyers leave.
  private static func flood(
    _ stage: Stage, _ sale: String, at http: URL, rate: Int, seconds: Int, connections: Int
  ) async throws -> Flood {
    let files = "\(stage.folder)/\(sale)"
    let spike = try await PenstockProcess.start(
      "spike",
      [
        "--url", http.absoluteString, "--sale", sale, "--rate", "\(rate)", "--duration", "\(seconds)s",
        "--connections", "\(connections)", "--follow-timeout", "1s", "--json", files + ".json", "--ledger",
        files + ".tsv",
      ])
    _ = try await eventually(within: .seconds(seconds)) { !spike.isRunning }
    spike.send(signal: SIGINT)
    if try await !eventually(within: .seconds(patience), { !spike.isRunning }) {
      stage.violated("the flood did not end: \(spike.standardError.suffix(300))")
      spike.send(signal: SIGKILL)
    }
    try stage.crowd.journal.add(ledger: files + ".tsv")
    guard let data = FileManager.default.contents(atPath: files + ".json"),
      let result = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let generator = result["generator"] as? [String: Any], let sent = generator["sent"] as? Int,
      let lasted = generator["seconds"] as? Double
    else { throw TestSetUpError("the flood of sale \(sale) left no result: \(spike.standardError.suffix(300))") }
    return Flood(rate: Int(Double(sent) / max(lasted, 1)), words: "\(sent) requests sent in \(Int(lasted)) s")
  }
}
