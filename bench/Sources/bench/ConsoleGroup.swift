import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport
import Time

/// What the admin console reads of large sales, over HTTP: its pages, listings of orders page by page, instants, and
/// exports.
enum ConsoleGroup {
  static func measure(_ scores: Scores) async throws {
    try await BenchShop.with(scores.cluster, partitions: ConsoleSale.partitions) { bench in
      scores.say("storing \(scores.plan.shown) and \(scores.plan.paged) orders")
      let shown = try await ConsoleSale.store(scores.plan.shown, named: "shown", from: 0, in: bench)
      let paged = try await ConsoleSale.store(scores.plan.paged, named: "paged", from: scores.plan.shown, in: bench)
      let reader = ConsoleReader(bench: bench, scores: scores)
      try await measurePages(of: shown, reader)
      try await measurePaging(of: paged, reader)
      try await measureInstants(of: shown, reader)
      try await measureExports(of: shown, reader)
    }
  }

  /// Each page, some times over; the report's first opening counts all orders, and is reported beside.
  private static func measurePages(of sale: ConsoleSale, _ reader: ConsoleReader) async throws {
    let scores = reader.scores
    let page = "admin/sales/\(sale.sale.sale.id)"
    let order = try await reader.anOrder(of: sale)
    scores.note("console: first opening of a report", try await reader.milliseconds(page), "ms")
    let paths = [
      ("sales", "admin"), ("report", page), ("live", "\(page)/live"), ("orders", "\(page)/orders"),
      ("order", "admin/orders/\(order)"), ("partitions", "admin/api/partitions"), ("jobs", "admin/jobs"),
      ("quarantine", "admin/quarantine"),
    ]
    let name = "console: a page, p95"
    for _ in 1...scores.rounds {
      var worst = 0.0
      for (label, path) in paths {
        var times: [Double] = []
        for _ in 1...20 { times.append(try await reader.milliseconds(path)) }
        scores.note("console: page “\(label)”, p95", times.percentile(0.95), "ms")
        worst = max(worst, times.percentile(0.95))
      }
      scores.note(name, worst, "ms")
      scores.note("200 ms of a page", 200, "ms")
    }
    scores.compare(Ratio(name, against: "200 ms of a page", .atMost(1)))
  }

  /// Pages of 50 behind one another, for each filter, as of now and as of a vector before all commands.
  private static func measurePaging(of sale: ConsoleSale, _ reader: ConsoleReader) async throws {
    let scores = reader.scores
    let filters = [
      "", "state=paid", "state=expired", "state=reserved", "state=rejected", "outcome=confirmed", "outcome=waitlisted",
      "outcome=sold_out", "sku=sku-1", "buyer=buyer-10", "buyer=buyer-11&refused=true", "state=confirmed",
    ]
    let early = try await sale.vectorBeforeCommands()
    let name = "console: a page of a listing, p95"
    for _ in 1...scores.rounds {
      var worst = 0.0
      for filter in filters + filters.map({ $0 + "&as_of=\(early)" }) {
        let times = try await reader.page(through: sale, filter, pages: 20)
        let label = filter.replacing("&as_of=\(early)", with: ", earlier")
        scores.note("console: listing “\(label)”, p95", times.percentile(0.95), "ms")
        worst = max(worst, times.percentile(0.95))
      }
      scores.note(name, worst, "ms")
      scores.note("50 ms of a listing", 50, "ms")
    }
    scores.compare(Ratio(name, against: "50 ms of a listing", .atMost(1)))
  }

  private static func measureInstants(of sale: ConsoleSale, _ reader: ConsoleReader) async throws {
    let scores = reader.scores
    let name = "console: an instant, the slowest of 11"
    let start = sale.sale.sale.startsAt
    for _ in 1...scores.rounds {
      var times: [Double] = []
      for tenth in 0...10 {
        let at = start.after(.milliseconds(tenth * 2_100))
        times.append(try await reader.milliseconds("admin/api/sales/\(sale.sale.sale.id)/moment?at=\(at)"))
      }
      scores.note(name, times.max() ?? 0, "ms")
      scores.note("1 s of an instant", 1_000, "ms")
    }
    scores.compare(Ratio(name, against: "1 s of an instant", .atMost(1)))
  }

  private static func measureExports(of sale: ConsoleSale, _ reader: ConsoleReader) async throws {
    let scores = reader.scores
    for form in ["csv", "jsonl"] {
      let (name, growth) = ("console: export as \(form)", "console: memory at its peak in an export as \(form)")
      for _ in 1...scores.rounds {
        // A process of its own each time: its peak is this export's.
        let admin = try await reader.bench.start("admin")
        let before = try admin.process.kibibytes(.resident)
        let url = admin.admin.appending(path: "admin/api/sales/\(sale.sale.sale.id)/orders.\(form)")
        let begin = ContinuousClock.now
        let lines = try await reader.lines(of: url)
        scores.note(name, Double(sale.count) / (ContinuousClock.now - begin).inSeconds, "rows/s")
        guard lines == sale.count + (form == "csv" ? 1 : 0) else {
          throw TestSetUpError("an export of \(sale.count) orders had \(lines) lines")
        }
        scores.note("200,000 rows/s", 200_000, "rows/s")
        scores.note(growth, try admin.process.kibibytes(.peak) - before, "KiB")
        scores.note("64 MiB", 65_536, "KiB")
        await admin.stop()
      }
      scores.compare(Ratio(name, against: "200,000 rows/s", .atLeast(1)))
      scores.compare(Ratio(growth, against: "64 MiB", .atMost(1)))
    }
  }
}

extension ConsoleSale {
  /// As of it, all orders are decided, and no command.
  fileprivate func vectorBeforeCommands() async throws -> OffsetVector {
    let rows = try await bench.connection.query(
      "SELECT partition, max(log_offset) + 1 FROM orders WHERE sale = $1 GROUP BY partition", sale.number.rawValue)
    return OffsetVector(
      Dictionary(
        try rows.map { (Partition(try $0.int32(0)), Offset(try $0.int64(1))) }, uniquingKeysWith: { first, _ in first })
    )
  }
}

/// A person with a token, at the admin's listener.
private struct ConsoleReader {
  let bench: BenchShop
  let scores: Scores

  private static let headers = ["Authorization": "Bearer \(Shop.adminToken)"]

  /// How long an answer of 200 takes.
  func milliseconds(_ path: String) async throws -> Double { try await timed(path).milliseconds }

  private func timed(_ path: String) async throws -> (milliseconds: Double, answer: HTTP.Answer) {
    guard let url = URL(string: "\(bench.admin.absoluteString)/\(path)") else {
      throw TestSetUpError("no URL: \(path)")
    }
    let begin = ContinuousClock.now
    let answer = try await HTTP.get(url, headers: Self.headers)
    let seconds = (ContinuousClock.now - begin).inSeconds
    guard answer.status == 200 else { throw TestSetUpError("\(path): \(answer.status) \(answer.text.prefix(500))") }
    return (seconds * 1_000, answer)
  }

  func anOrder(of sale: ConsoleSale) async throws -> String {
    let found = try await timed("admin/api/sales/\(sale.sale.sale.id)/orders?state=paid&limit=1").answer
    guard let order = (found.json("orders") as? [[String: Any]])?.first?["order_id"] as? String else {
      throw TestSetUpError("no paid order: \(found.text.prefix(500))")
    }
    return order
  }

  /// Times of pages, each behind the one before, up to the last.
  func page(through sale: ConsoleSale, _ filter: String, pages: Int) async throws -> [Double] {
    let base = "admin/api/sales/\(sale.sale.sale.id)/orders?limit=50&\(filter)"
    var times: [Double] = []
    var cursor = ""
    for _ in 1...pages {
      let page = try await timed(base + cursor)
      times.append(page.milliseconds)
      guard let next = page.answer.json("next") as? String else { break }
      cursor = "&cursor=\(next)"
    }
    return times
  }

  /// How many lines a file has. curl reads it: URLSession would keep it whole.
  func lines(of url: URL) async throws -> Int {
    let file = FileManager.default.temporaryDirectory.appending(path: "penstock-bench-\(getpid())-export").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    _ = try await Tool.run(
      "curl",
      [
        "--fail", "--silent", "--show-error", "--header", "Authorization: Bearer \(Shop.adminToken)",
        url.absoluteString,
      ],
      output: file)
    let said = try await Tool.run("wc", ["-l", file])
    return said.split(separator: " ").first.flatMap { Int($0) } ?? 0
  }
}
