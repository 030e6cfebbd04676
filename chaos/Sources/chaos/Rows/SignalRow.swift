import Foundation
import TestSupport
import Time

extension Row {
  static let signalRows = [SignalRow.row, RevocationRow.row]
}

/// An intake hears nothing from the store for a while: neither signals nor what it reads again each second.
enum SignalRow {
  static let row = Row(
    name: "signals-cut",
    fault: "intake–PostgreSQL cut for 30 s while an item sells out and a line full of orders that lose is decided",
    rate: 100
  ) { stage in
    let deaf = try await stage.start("intake", lines: [.postgres])
    let hearing = try await stage.start("intake")
    _ = try await stage.start("worker")
    guard let http = deaf.part.http, let other = hearing.part.http, let line = deaf.postgres else {
      throw TestSetUpError("the intakes have no doors")
    }
    try await stage.createSale(
      sale, items: [(sku: "gone", stock: 40), (sku: "reopened", stock: 10)], perBuyerLimit: 1,
      shaping: ["queue_cap": 3], knownAt: [http, other])
    let doors = Doors(deaf: deaf, http: http, other: other)
    try await stage.underLoad {
      for _ in 0..<(stage.isQuick ? 1 : 2) {
        line.hold([.toServer, .toClient])
        stage.inject()
        let cut = ContinuousClock.now
        try await meanwhile(doors, stage)
        let rest = seconds - (ContinuousClock.now - cut).inSeconds
        if rest > 0 { try await Task.sleep(for: .seconds(rest)) }
        line.hold([])
        try await afterwards(doors, stage)
      }
    }
  }

  private static let sale = "cut-off"
  private static let seconds = 30.0

  private struct Doors {
    let deaf: Member
    let http: URL
    let other: URL
  }

  /// What a buyer hears who asks for one unit with a new key.
  private static func ask(_ sku: String, _ buyer: String, _ http: URL, _ stage: Stage) async throws -> String {
    let answer = try await HTTP.order(at: http, sale: sale, sku: sku, buyer: buyer, key: "k\(stage.draw { $0.next() })")
    return answer.json("code") as? String ?? answer.json("status") as? String ?? "\(answer.status)"
  }

  /// Sells one item out and fills the line of the other with orders of one buyer, who may win once. The deaf intake
  /// knows of no decision, so it says of neither that it is sold out.
  private static func meanwhile(_ doors: Doors, _ stage: Stage) async throws {
    let round = stage.timesInjected
    for buyer in 0..<60 {
      let word = try await ask("gone", "gone-\(round)-\(buyer)", doors.http, stage)
      if round == 1, word == "sold_out" { stage.violated("sold out was said by an intake that cannot know it") }
    }
    for _ in 0..<40 {
      let word = try await ask("reopened", "greedy", doors.http, stage)
      if word == "sold_out" { stage.violated("an item with units left was called sold out to who fills its line") }
    }
    try await stage.expect("the other intake says sold out", within: .seconds(10)) {
      try await ask("gone", "late", doors.other, stage) == "sold_out"
    }
    try await stage.expect("the deaf intake says that what it knows is stale", within: .seconds(15)) {
      let page = try await HTTP.get(doors.http.appending(path: "v1/sales/\(sale)")).text
      let ready = try await HTTP.get(doors.deaf.part.admin.appending(path: "readyz")).text
      let stale = try await doors.deaf.metric("penstock_intake_partitions_stale")
      return page.contains("left_is_stale") && ready.contains("nobody decides") && stale > 0
    }
    // Nobody is told anything wrong, for as long as the intake is deaf.
    for _ in 0..<20 {
      let word = try await ask("reopened", "patient", doors.http, stage)
      if word == "sold_out" { stage.violated("an item with units left was called sold out behind a full line") }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  /// Within a second it answers early again, and takes orders for what is left.
  private static func afterwards(_ doors: Doors, _ stage: Stage) async throws {
    let healed = ContinuousClock.now
    let round = stage.timesInjected
    try await stage.expect("sold out, early again", within: .seconds(10)) {
      try await ask("gone", "after-\(round)", doors.http, stage) == "sold_out"
    }
    let early = ContinuousClock.now - healed
    try await stage.expect("the reopened line", within: .seconds(10)) {
      let word = try await ask("reopened", "after-\(round)-\(stage.draw { $0.next() })", doors.http, stage)
      if word == "sold_out" { stage.violated("an item with units left was called sold out when signals were back") }
      return word == "queued"
    }
    let open = ContinuousClock.now - healed
    try await stage.expect("nothing stale", within: .seconds(10)) {
      !(try await HTTP.get(doors.http.appending(path: "v1/sales/\(sale)")).text.contains("left_is_stale"))
    }
    stage.remark("sold out said \(early.asMilliseconds) after, the line open \(open.asMilliseconds) after")
    if max(early, open) > .seconds(1) { stage.violated("not within a second after signals were back") }
  }
}
