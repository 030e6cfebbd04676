import FlashSale
import Foundation
import SaleStore
import Synchronization
import TestSupport

/// Buys one unit after the other beside a spike, and times each from its 202 to the signal that its decision is
/// committed.
final class DelayProbe: Sendable {
  /// Buyers that probe side by side, each with one order at a time.
  private static let probers = 8

  private struct State {
    var progress: [Partition: Offset] = [:]
    var waiting: [(position: LogPosition, since: ContinuousClock.Instant)] = []
    var delays: [Double] = []
  }

  private let bench: BenchShop
  private let url: URL
  private let sale: String
  private let sku: String
  private let signer: TicketSigner
  private let state = Mutex(State())

  init(_ bench: BenchShop, at url: URL, sale: String, sku: String) throws {
    self.bench = bench
    self.url = url
    self.sale = sale
    self.sku = sku
    let key = bench.shop.environment["PENSTOCK_TICKET_KEY"] ?? ""
    let digits = key.compactMap(\.hexDigitValue)
    signer = try TicketSigner(
      secrets: [stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }])
  }

  /// - Returns: milliseconds, one for each order that was accepted.
  func run(for duration: Duration) async throws -> [Double] {
    let feed = try SignalFeed(topic: BenchShop.topic, settings: try bench.database.settings, logger: quietLogger)
    let listening = Task {
      for await case .signal(let signal) in feed.events { take(signal.progress) }
    }
    let end = ContinuousClock.now + duration
    try await withThrowingTaskGroup(of: Void.self) { group in
      for prober in 0..<Self.probers {
        group.addTask { [self] in
          while ContinuousClock.now < end { try await probe("prober-\(prober)") }
        }
      }
      try await group.waitForAll()
    }
    let isComplete = try await eventually(within: .seconds(10)) { state.withLock { $0.waiting.isEmpty } }
    await feed.stop()
    listening.cancel()
    guard isComplete else { throw TestSetUpError("not every probed order was decided within 10 s") }
    return state.withLock { $0.delays }
  }

  private func probe(_ buyer: String) async throws {
    let answer = try await HTTP.order(at: url, sale: sale, sku: sku, buyer: buyer)
    let now = ContinuousClock.now
    guard answer.status == 202, let order = (answer.json("order_id") as? String).flatMap(OrderID.init),
      let text = answer.json("ticket") as? String,
      let ticket = signer.verify(text, order: order, buyer: try BuyerID(validating: buyer))
    else { throw TestSetUpError("a probe was not accepted: \(answer.status) \(answer.text)") }
    state.withLock { state in
      if let next = state.progress[ticket.position.partition], next > ticket.position.offset {
        // Decided before its 202 was read here.
        state.delays.append(0)
      } else {
        state.waiting.append((ticket.position, now))
      }
    }
  }

  private func take(_ progress: [Partition: Offset]) {
    let now = ContinuousClock.now
    state.withLock { state in
      state.progress.merge(progress) { max($0, $1) }
      state.waiting.removeAll { position, since in
        guard let next = state.progress[position.partition], next > position.offset else { return false }
        state.delays.append((now - since) / .milliseconds(1))
        return true
      }
    }
  }
}
