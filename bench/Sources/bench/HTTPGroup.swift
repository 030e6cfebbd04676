import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport

/// Intake over HTTP, 512 connections: accepting, refusing, and telling how an order stands.
enum HTTPGroup {
  static func measure(_ scores: Scores) async throws {
    let nginx = try await ReferenceServer.nginx()
    let echo = try await ReferenceServer.echo()
    do {
      try await measure(scores, nginx, echo)
    } catch {
      await nginx.stop()
      await echo.stop()
      throw error
    }
    await nginx.stop()
    await echo.stop()
    try await ShapedOrders.measure(scores)
    scores.compare(Ratio("accept", against: "nginx", .atLeast(0.45)))
    scores.compare(Ratio("accept", against: "Hummingbird echo", .atLeast(1.8)))
    scores.compare(Ratio("refuse, sold out", against: "nginx", .atLeast(0.55)))
    scores.compare(Ratio("status, queued", against: "nginx", .atLeast(0.3)))
    scores.compare(Ratio("status, decided", against: "nginx", .atLeast(0.15)))
  }

  private static func measure(_ scores: Scores, _ nginx: ReferenceServer, _ echo: ReferenceServer) async throws {
    let seconds = scores.plan.seconds
    let accepted = Wrk.Answer(status: 202, text: #""status":"queued""#)
    let folder = try Folder.make()
    defer { Folder.remove(folder) }
    // Three shops, because their conditions exclude each other: no worker, and the line is open; no worker, and orders
    // stay in line; a worker decides.
    try await BenchShop.with(scores.cluster) { ordering in
      let (orders, gone) = try await ordering.openDoors()
      try await BenchShop.with(scores.cluster) { queueing in
        _ = try await queueing.putUp("open", [("phone", 1_000_000)])
        let waiting = try await queueing.start("intake")
        try await queueing.fillLine(at: waiting, into: "\(folder)/queued")
        try await BenchShop.with(scores.cluster) { deciding in
          _ = try await deciding.putUp("open", [("phone", 1_000_000)])
          let answering = try await deciding.start("intake")
          try await deciding.startWorker()
          let count = try await deciding.fillLine(at: answering, into: "\(folder)/decided")
          try await deciding.waitUntilDecided(count)
          try await scores.interleaveShort([
            Contestant("nginx", "requests/s") { _ in
              try await Wrk.rate(.orders(sale: "any"), at: nginx.url, seconds: seconds, each: accepted)
            },
            Contestant("Hummingbird echo", "requests/s") { _ in
              try await Wrk.rate(
                .orders(sale: "any"), at: echo.url, seconds: seconds, each: .init(status: 200, text: #""sku":"phone""#))
            },
            Contestant("accept", "requests/s") { _ in
              try await Wrk.rate(.orders(sale: "open"), at: orders, seconds: seconds, each: accepted)
            },
            Contestant("refuse, sold out", "requests/s") { _ in
              try await Wrk.rate(
                .orders(sale: gone), at: orders, seconds: seconds, each: .init(status: 409, text: #""sold_out""#))
            },
            Contestant("status, queued", "requests/s") { _ in
              try await Wrk.rate(
                .paths(file: "\(folder)/queued"), at: waiting.address, seconds: seconds,
                each: .init(status: 200, text: #""status":"queued""#))
            },
            Contestant("status, decided", "requests/s") { _ in
              try await Wrk.rate(
                .paths(file: "\(folder)/decided"), at: answering.address, seconds: seconds,
                each: .init(status: 200, text: #""status":"confirmed""#))
            },
          ])
        }
      }
    }
  }
}

extension Ratio {
  init(_ measured: String, against reference: String, _ bound: Bound?) {
    self.init(name: measured, measured: measured, reference: reference, bound: bound)
  }
}

extension Shop.Part {
  /// Where it takes orders.
  var address: URL { http ?? admin }

  /// Ends it, and waits until it has drained.
  func stop() async {
    process.send(signal: SIGTERM)
    _ = await process.exit()
  }
}

extension BenchShop {
  /// An intake with an open sale, `open`, and one that is sold out, `gone`, and no worker.
  fileprivate func openDoors() async throws -> (intake: URL, gone: String) {
    let gone = try await putUp("gone", [("phone", 1)])
    _ = try await putUp("open", [("phone", 1_000_000_000)])
    try await sellOut(gone)
    try await openTheLine()
    return (try await start("intake").address, "gone")
  }

  /// Orders to ask for, in turn.
  private static var asked: Int { 2_000 }

  /// Sends orders, and writes down where each is asked for, as `path<TAB>buyer`.
  ///
  /// - Returns: how many.
  @discardableResult
  fileprivate func fillLine(at intake: Shop.Part, into file: String) async throws -> Int {
    let lines = try await withThrowingTaskGroup(of: String.self) { group in
      var lines: [String] = []
      for index in 0..<Self.asked {
        if index >= 32, let line = try await group.next() { lines.append(line) }
        group.addTask {
          let buyer = "buyer-\(index)"
          let answer = try await HTTP.order(at: intake.address, sale: "open", sku: "phone", buyer: buyer)
          guard answer.status == 202, let order = answer.json("order_id"), let ticket = answer.json("ticket") else {
            throw TestSetUpError("an order was not accepted: \(answer.status) \(answer.text)")
          }
          return "/v1/orders/\(order)?ticket=\(ticket)\t\(buyer)\n"
        }
      }
      for try await line in group { lines.append(line) }
      return lines
    }
    try lines.joined().write(toFile: file, atomically: true, encoding: .utf8)
    return Self.asked
  }

  /// Waits until so many orders are decided, of all partitions together.
  fileprivate func waitUntilDecided(_ count: Int) async throws {
    let areDecided = try await eventually(within: .seconds(60)) {
      try await progress().values.map(\.rawValue).reduce(0, +) >= count
    }
    guard areDecided else {
      throw TestSetUpError("\(count) orders were not decided within 60 s")
    }
  }
}
