internal import FlashSale

/// Decides since when orders come and none gets into the log, from looks at what became of them.
///
/// (1) An acknowledgement ends it.
/// (2) Time without an order shows nothing. After `Limits.failureTrust` of it, what was is forgotten: an intake that
///     gets no orders because it is not ready would otherwise never be ready again.
struct TakingMeter {
  /// What a look sees.
  struct Look {
    /// Moves with each acknowledgement.
    var end: Int64
    /// Orders that got no acknowledgement, so far.
    var unserved: Int64
    var inFlight: Int64
  }

  private var last: Look
  private var lastOrder: ContinuousClock.Instant

  /// Since when; `nil` if the last order that is known of got in.
  private(set) var failingSince: ContinuousClock.Instant?

  /// Starts with a first look.
  init(_ look: Look, now: ContinuousClock.Instant) {
    last = look
    lastOrder = now
  }

  /// Takes note of a later look.
  mutating func observe(_ look: Look, now: ContinuousClock.Instant) {
    let isOrdered = look.unserved > last.unserved || look.inFlight > 0
    if isOrdered { lastOrder = now }
    if look.end > last.end {
      failingSince = nil
    } else if isOrdered {
      failingSince = failingSince ?? now
    } else if now - lastOrder > Limits.failureTrust {
      failingSince = nil
    }
    last = look
  }
}

extension TakingMeter.Look {
  init(_ standing: PartitionStanding) {
    self.init(end: standing.end, unserved: standing.unserved, inFlight: standing.inFlightRecords)
  }

  /// All of them together.
  init(_ standings: [PartitionStanding]) {
    self.init(end: 0, unserved: 0, inFlight: 0)
    for look in standings.map(Self.init(_:)) {
      end += look.end
      unserved += look.unserved
      inFlight += look.inFlight
    }
  }
}
