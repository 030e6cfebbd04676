import Foundation
import Postgres
import TestSupport

extension Row {
  static let clockRows = [clocks]

  /// libfaketime, as Debian installs it.
  private static let faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"

  /// The stage's sales are open from a minute before now until 59 minutes after: an hour off is outside on either side.
  private static let clocks = Row(
    name: "clocks", fault: "one intake's clock an hour ahead, jumping to an hour behind, and back",
    obstacle: {
      FileManager.default.fileExists(atPath: faketime) ? nil : "libfaketime is not installed (apt-get install faketime)"
    }
  ) { stage in
    let file = "\(stage.folder)/clock"
    try "+0".write(toFile: file, atomically: true, encoding: .utf8)
    _ = try await stage.start("intake")
    _ = try await stage.start("worker")
    // Deadlines and timers are monotonic, and stay so: what is shifted is the time of day.
    let shifted = try await stage.start(
      "intake",
      under: [
        "LD_PRELOAD=\(faketime)", "FAKETIME_TIMESTAMP_FILE=\(file)", "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        // libfaketime sets itself up in the first program that it is loaded into, and a Swift program in which it does
        // sees no arguments.
        "env",
      ])
    try await stage.underLoad {
      for (shift, status, code) in [("+3600", 410, "ended"), ("-3600", 403, "not_started"), ("+0", 202, "")] {
        try shift.write(toFile: file, atomically: true, encoding: .utf8)
        stage.inject()
        try await stage.expect("an answer of \(status) by a clock at \(shift) s", within: .seconds(10)) {
          try await ask(shifted, stage) == status
        }
        try await Task.sleep(for: .seconds(3))
        if !code.isEmpty, stage.crowd.journal.current.refused["\(status) \(code)"] == nil {
          stage.violated("nobody of the crowd was told \(code) by a clock at \(shift) s")
        }
      }
    }
    let outside = try await stage.ask { connection in
      try await connection.query(
        """
        SELECT count(*) FROM orders JOIN sales ON number = sale
        WHERE outcome = 0 AND (accepted_at < starts_at OR accepted_at >= ends_at)
        """
      ).single().int64(0)
    }
    if outside != 0 { stage.violated("\(outside) orders confirmed outside the window by their own stamp") }
    stage.remark("the window is off by the clock's error at that intake, and right at the other")
  }

  private static func ask(_ member: Member, _ stage: Stage) async throws -> Int {
    guard let http = member.part.http else { return 0 }
    let order = Order(
      number: 200_000_000 + stage.timesInjected, sale: Goods.open, sku: "sku9", buyer: "timekeeper", quantity: 1)
    stage.crowd.journal.intend(order)
    return try await HTTP.order(
      at: http, sale: order.sale, sku: order.sku, quantity: order.quantity, buyer: order.buyer, key: order.key
    ).status
  }
}
