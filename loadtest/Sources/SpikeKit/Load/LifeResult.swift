internal import NIOCore

/// What became of accepted orders, on one event loop or all of them together.
struct LifeResult: Sendable {
  /// An order when it was over for its buyer.
  struct Ending: Equatable, Sendable {
    let sight: OrderSight
    let story: Purchase.Story
  }

  /// By what was sent: questions, payments, cancellations. Latency counts from the scheduled time.
  var tallies: [Flight.Step: Tally] = [:]
  /// By the number of the first request with the order's key.
  var endings: [Int: Ending] = [:]
  var decisions = Decisions()

  var isEmpty: Bool { tallies.isEmpty }

  mutating func answered(
    _ flight: Flight, status: Int, code: borrowing Span<UInt8>, at now: NIODeadline
  ) {
    tallies[flight.step, default: Tally()].add(status: status, code: code, flight, at: now)
  }

  mutating func merge(_ other: LifeResult) {
    for (step, tally) in other.tallies { tallies[step, default: Tally()].merge(tally) }
    // Repeats of one request can be on several event loops: each has seen the order.
    endings.merge(other.endings) { first, second in
      first.story.captured.isEmpty && first.story.cancelledUnits == 0 ? second : first
    }
    decisions.merge(other.decisions)
  }

  /// Orders in which something was so.
  func count(_ isSo: (Ending) -> Bool) -> Int { endings.values.count(where: isSo) }
}
