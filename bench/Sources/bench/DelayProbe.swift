import FlashSale
import Foundation
import SaleStore
import Synchronization
import TestSupport
import Time

/// Buys one unit after another beside a spike, and times each from its 202 until its decision is committed, and until
/// the signal arrives here. The time begins when the answer's bytes are read from the socket, before anything parses
/// them. All clocks are the machine's.
final class DelayProbe: Sendable {
  /// Milliseconds, one value for each order that was accepted.
  struct Delays {
    /// Until the lane's commit had returned, as its signal says; a signal of several commits says when the last had.
    var committed: [Double] = []
    /// Until the signal was heard.
    var heard: [Double] = []
  }

  /// Buyers that probe side by side, each over a connection and a thread of its own, one order at a time.
  private static let probers = 8

  /// From one order of a prober to its next. All of them together send 400 a second: enough for a p99 within seconds,
  /// and little beside the load, so that the delay is the load's and not the probes' own.
  private static let pause = Duration.milliseconds(20)

  private struct State {
    var progress: [Partition: Offset] = [:]
    var waiting: [(position: LogPosition, since: Timestamp)] = []
    var delays = Delays()
  }

  private let bench: BenchShop
  private let port: UInt16
  private let sale: String
  private let sku: String
  private let signer: TicketSigner
  private let state = Mutex(State())

  init(_ bench: BenchShop, at url: URL, sale: String, sku: String) throws {
    self.bench = bench
    port = UInt16(url.port ?? 80)
    self.sale = sale
    self.sku = sku
    signer = try bench.ticketSigner
  }

  func run(for duration: Duration) async throws -> Delays {
    try await LaneProgress.following(bench, onSignal: { [self] in take($0) }) { _ in
      let end = ContinuousClock.now + duration
      try await withThrowingTaskGroup(of: Void.self) { group in
        for prober in 0..<Self.probers {
          group.addTask { [self] in
            // Spread over the pause, or they would arrive as one batch.
            let first = ContinuousClock.now + Self.pause * prober / Self.probers
            try await OwnThread.run { [self] in try probe(as: "prober-\(prober)", from: first, until: end) }
          }
        }
        try await group.waitForAll()
      }
      let isComplete = try await eventually(within: .seconds(10)) { state.withLock { $0.waiting.isEmpty } }
      guard isComplete else { throw TestSetUpError("not every probed order was decided within 10 s") }
    }
    return state.withLock { $0.delays }
  }

  /// Blocks: for a thread of its own.
  private func probe(
    as name: String, from first: ContinuousClock.Instant, until end: ContinuousClock.Instant
  ) throws {
    let (buyer, connection) = (try BuyerID(validating: name), try Loopback.connect(port))
    defer { Loopback.close(connection) }
    let body = #"{"sku":"\#(sku)","quantity":1}"#
    let request =
      "POST /v1/sales/\(sale)/orders HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
      + "X-Buyer-Id: \(name)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    var due = first
    while due < end {
      Thread.sleep(forTimeInterval: max(0, (due - .now).inSeconds))
      due += Self.pause
      try Loopback.send(connection, request)
      let answer = try Loopback.receive(connection)
      let now = Timestamp.now
      guard let position = position(in: answer, of: buyer) else {
        throw TestSetUpError("a probe was not accepted: \(answer)")
      }
      wait(for: position, since: now)
    }
  }

  /// The place in the log that a 202 names; `nil` if the answer is not a 202, or its ticket is not Penstock's.
  private func position(in answer: String, of buyer: BuyerID) -> LogPosition? {
    struct Accepted: Decodable {
      let order: String
      let ticket: String
      enum CodingKeys: String, CodingKey {
        case order = "order_id"
        case ticket
      }
    }
    guard answer.hasPrefix("HTTP/1.1 202 "), let head = answer.range(of: "\r\n\r\n"),
      let accepted = try? JSONDecoder().decode(Accepted.self, from: Data(answer[head.upperBound...].utf8)),
      let order = OrderID(accepted.order)
    else { return nil }
    return signer.verify(accepted.ticket, order: order, buyer: buyer)?.position
  }

  private func wait(for position: LogPosition, since: Timestamp) {
    state.withLock { state in
      if let next = state.progress[position.partition], next > position.offset {
        // Decided before its 202 was read here.
        state.delays.committed.append(0)
        state.delays.heard.append(0)
      } else {
        state.waiting.append((position, since))
      }
    }
  }

  private func take(_ signal: Signal) {
    let now = Timestamp.now
    state.withLock { state in
      state.progress.merge(signal.progress) { max($0, $1) }
      state.waiting.removeAll { position, since in
        guard let next = state.progress[position.partition], next > position.offset else { return false }
        state.delays.committed.append((signal.committedAt ?? now).milliseconds(since: since))
        state.delays.heard.append(now.milliseconds(since: since))
        return true
      }
    }
  }
}

extension Timestamp {
  /// 0 if this is the earlier one.
  fileprivate func milliseconds(since other: Timestamp) -> Double { Double(max(0, microseconds(since: other))) / 1_000 }
}
