import Foundation
import Postgres
import TestSupport

extension Row {
  static let clockRows = [clocks]

  /// libfaketime, as Debian installs it.
  private static let faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"

  /// The stage's sales are open from a minute before now until 59 minutes after: an hour off is outside on either side.
  private static let clocks = Row(
    name: "clocks", fault: "clocks an hour off: an intake's ahead, then behind; a worker's ahead, then set back",
    obstacle: {
      FileManager.default.fileExists(atPath: faketime) ? nil : "libfaketime is not installed (apt-get install faketime)"
    }
  ) { stage in
    let (intakeClock, workerClock) = ("\(stage.folder)/intake-clock", "\(stage.folder)/worker-clock")
    for clock in [intakeClock, workerClock] { try "+0".write(toFile: clock, atomically: true, encoding: .utf8) }
    _ = try await stage.start("intake")
    let workers = [
      try await stage.start("worker"), try await stage.start("worker", under: clock(of: workerClock)),
    ]
    let shifted = try await stage.start("intake", under: clock(of: intakeClock))
    try await stage.underLoad {
      for (shift, status, code) in [("+3600", 410, "ended"), ("-3600", 403, "not_started"), ("+0", 202, "")] {
        try shift.write(toFile: intakeClock, atomically: true, encoding: .utf8)
        stage.inject()
        try await stage.expect("an answer of \(status) by a clock at \(shift) s", within: .seconds(10)) {
          try await ask(shifted, stage) == status
        }
        try await Task.sleep(for: .seconds(3))
        if !code.isEmpty, stage.crowd.journal.current.refused["\(status) \(code)"] == nil {
          stage.violated("nobody of the crowd was told \(code) by a clock at \(shift) s")
        }
      }
      try await shiftWorker(workers, workerClock, stage)
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

  /// What runs under it has the time of day that its file says. Deadlines and timers are monotonic, and stay so.
  private static func clock(of file: String) -> [String] {
    [
      "LD_PRELOAD=\(faketime)", "FAKETIME_TIMESTAMP_FILE=\(file)", "FAKETIME_NO_CACHE=1",
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
      // libfaketime sets itself up in the first program that it is loaded into, and a Swift program in which it does
      // sees no arguments.
      "env",
    ]
  }

  /// No order and no lease depends on a worker's clock: it keeps its partitions, and goes on with each.
  ///
  /// It is never behind: libfaketime 0.9.10 moves timers by the clock's error, though they are monotonic. With an hour
  /// behind, they would go off an hour late, and the worker would show no life. To be set back is the same to it.
  private static func shiftWorker(_ workers: [Member], _ clock: String, _ stage: Stage) async throws {
    try await allReady(workers, stage)
    let owners = try await ownership(of: stage)
    for shift in ["+3600", "+0"] {
      try shift.write(toFile: clock, atomically: true, encoding: .utf8)
      stage.inject()
      let progress = try await stage.progress()
      try await stage.expect("a commit on each partition by workers at \(shift) s", within: .seconds(5)) {
        let now = try await stage.progress()
        return progress.allSatisfy { now[$0.key] ?? $0.value > $0.value }
      }
      // A worker whose signs of life had stopped would have lost them by then.
      try await Task.sleep(for: Limits.lease + .seconds(1))
      if try await ownership(of: stage) != owners { stage.violated("partitions moved with a clock at \(shift) s") }
    }
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
