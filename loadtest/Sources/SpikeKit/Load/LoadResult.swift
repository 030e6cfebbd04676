internal import NIOCore

/// What one event loop, or all of them together, sent and got.
struct LoadResult: Sendable {
  struct Connections: Sendable {
    var open = 0
    var failures = 0
    var lost = 0
    var inFlight = 0
  }

  var sent = 0
  var tally = Tally()
  var lateness = Lateness()
  /// Requests that may have made an order whose id nobody told.
  var withoutId: [UInt32] = []
  /// 202s without a usable order id or ticket.
  var unusable = 0
  /// Whether anybody was told at once, by the intake, that a SKU is sold out.
  var refusedSoldOut: [Bool]
  var connections = Connections()
  /// From the start to the last answer.
  var lasted = TimeAmount.zero
  /// From the start to the last request that was sent.
  var sending = TimeAmount.zero
  /// The share of a core that the event loop used. Of several, the busiest one's.
  var busy = 0.0

  init(skus: Int) { refusedSoldOut = Array(repeating: false, count: skus) }

  init(merging parts: [LoadResult]) {
    self.init(skus: parts.first?.refusedSoldOut.count ?? 0)
    for part in parts {
      sent += part.sent
      tally.merge(part.tally)
      lateness.merge(part.lateness)
      withoutId += part.withoutId
      unusable += part.unusable
      for sku in refusedSoldOut.indices where part.refusedSoldOut[sku] { refusedSoldOut[sku] = true }
      connections = connections + part.connections
      lasted = max(lasted, part.lasted)
      sending = max(sending, part.sending)
      busy = max(busy, part.busy)
    }
  }
}

extension LoadResult.Connections {
  init(_ stripe: Stripe) {
    self.init(
      open: stripe.open, failures: stripe.connectFailures, lost: stripe.connectionsLost, inFlight: stripe.inFlight)
  }

  static func + (a: Self, b: Self) -> Self {
    Self(
      open: a.open + b.open, failures: a.failures + b.failures, lost: a.lost + b.lost,
      inFlight: a.inFlight + b.inFlight)
  }
}
