import Foundation
import TestSupport

/// Crowds that mean to get more than their part. Each row is a profile of the load test, and its control run: the same
/// crowd, at the same times, without those.
extension Row {
  static let crowdRows = [bots, botsAtTheDoor, retryStorm, hoardersOfTabs, hoarders]

  /// What docs/shaping.md tells every shop to switch on.
  private static var limits: [String: Any] { ["per_buyer": ["requests": 20, "per_seconds": 10]] }

  private static let bots = Row(
    name: "bots", fault: "1 % of the buyers send 90 % of the requests, into a waiting room that draws lots", rate: 50
  ) { stage in
    try await play(stage, "bots", stock: 80) { opens in
      let beacon: [String: Any] = ["name": dice, "known_at": opens.addingTimeInterval(30).formatted(.iso8601)]
      let room: [String: Any] = [
        "order": "lottery", "rate_per_minute": 600, "opens_at": opens.formatted(.iso8601), "beacon": beacon,
      ]
      return ["limits": limits, "room": room]
    }
  }

  private static let botsAtTheDoor = Row(
    name: "bots-at-the-door", fault: "the same without a waiting room, a quarter of the crowd can win", rate: 50
  ) { stage in
    try await play(stage, "bots", stock: 200) { _ in ["limits": limits, "queue_cap": 3] }
  }

  private static let retryStorm = Row(
    name: "retry-storm", fault: "ten repeats for each request that comes for the first time", rate: 50
  ) { stage in
    try await play(stage, "retry-storm", stock: 100_000) { _ in ["limits": limits] }
  }

  private static let hoardersOfTabs = Row(
    name: "hoarders-of-tabs", fault: "half of the tabs in a waiting room belong to 30 of 330 buyers", rate: 50
  ) { stage in
    try await play(stage, "hoarders-of-tabs", stock: 5_000) { _ in
      ["limits": limits, "room": ["rate_per_minute": 1_200]]
    }
  }

  private static let hoarders = Row(
    name: "hoarders", fault: "5 % of the buyers hold units, never pay, and order again", rate: 50
  ) { stage in
    let rules: [String: Any] = [
      "seconds": 2, "lapses": 2, "waitlist": ["offer_seconds": 3, "least_seconds": 1],
    ]
    try await play(stage, "hoarders", stock: 300, holds: rules) { _ in ["limits": limits] }
  }

  /// A beacon that a person tells.
  private static let dice = "a throw of dice"

  /// How long after its creation a sale with a lottery opens: everybody has joined by then.
  private static let entry = 9.0

  /// Runs a profile alone and then whole, each in a sale of its own, and judges by the load test's own verdict.
  private static func play(
    _ stage: Stage, _ profile: String, stock: Int, holds: sending [String: Any]? = nil,
    shaping: @escaping @Sendable (_ opens: Date) -> [String: Any]
  ) async throws {
    let intake = try await stage.start("intake")
    _ = try await stage.start("worker")
    guard let http = intake.part.http else { throw TestSetUpError("the intake has no door") }
    let seed = stage.draw { $0.number(in: 1...1_000_000) }
    try await stage.underLoad {
      let alone = "\(stage.folder)/alone.json"
      for (sale, words) in [("alone", ["--alone", "--json", alone]), ("whole", ["--control", alone])] {
        let opens = Date.now.addingTimeInterval(entry)
        try await stage.createSale(
          sale, items: [(sku: "rare", stock: stock)], perBuyerLimit: 1, shaping: shaping(opens), holds: holds,
          knownAt: [http])
        let telling = Task { try await tell(stage, sale, http) }
        defer { telling.cancel() }
        let run = try await PenstockProcess.run(
          "spike",
          [
            "--url", http.absoluteString, "--sale", sale, "--profile", "loadtest/profiles/\(profile).json", "--seed",
            "\(seed)", "--ledger", "\(stage.folder)/\(sale).tsv",
          ] + words)
        try stage.crowd.journal.add(ledger: "\(stage.folder)/\(sale).tsv")
        try (run.output + run.errors).write(
          toFile: "\(stage.folder)/\(sale).txt", atomically: true, encoding: .utf8)
        judge(run, sale, stage)
      }
      stage.inject()
    }
  }

  private static func judge(
    _ run: (exit: PenstockProcess.Exit, output: String, errors: String), _ sale: String, _ stage: Stage
  ) {
    for line in run.output.split(separator: "\n") where line.contains(" P   ") {
      stage.remark(line.split(separator: " ").dropFirst(2).joined(separator: " "))
    }
    if run.exit != .success {
      stage.violated("the run “\(sale)” ended with \(run.exit.code): \((run.output + run.errors).suffix(2_500))")
    }
  }

  /// Tells a lottery's beacon as soon as it may be known. A sale without one is asked in vain.
  private static func tell(_ stage: Stage, _ sale: String, _ http: URL) async throws {
    guard try await HTTP.get(http.appending(path: "v1/sales/\(sale)/draw")).status == 200 else { return }
    let value = "\(stage.draw { $0.next() })"
    while !Task.isCancelled {
      let answer = try await stage.tellAdmin("sales/\(sale)/room/beacon", ["name": dice, "value": value])
      if answer.status == 200 { return }
      try await Task.sleep(for: .milliseconds(200))
    }
  }
}
