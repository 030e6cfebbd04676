/// How an order ended.
enum Fate: UInt8, Sendable {
  /// No answer yet that settles it.
  case open
  case confirmed, rejected, quarantined
  /// It waits for units that come back.
  case waiting
  /// It had units, or waited, and has given all of them back.
  case ended
  /// The server does not know it. Allowed only where no promise was made.
  case absent
}

/// One answer that named an order: a 202, which is a promise that is followed to its end, or a 503 `outcome_unknown`,
/// after which an order may or may not exist.
struct Receipt: Sendable {
  let id: OrderID
  fileprivate let ticketStart: Int
  fileprivate let ticketLength: UInt16
  /// The request's number.
  let request: UInt32
  /// Which try of it.
  let attempt: UInt8
  let isPromise: Bool
  fileprivate(set) var fate = Fate.open
  /// Why it was rejected: an index into `Receipts.reasons`.
  fileprivate(set) var reason: UInt8 = 0
  /// What it is for, if the server said so: less than was asked for, after a cancellation.
  fileprivate(set) var units: Int32?
}

/// The receipts of one event loop: 48 bytes each, and the ticket.
struct Receipts: Sendable {
  private(set) var all: [Receipt] = []
  /// Reasons of refusals, each once. The first stands for none.
  private(set) var reasons = [""]
  private(set) var settled = 0
  /// All tickets, one after the other.
  private var tickets: [UInt8] = []

  mutating func add(_ id: OrderID, ticket: borrowing Span<UInt8>, _ flight: Flight, isPromise: Bool) {
    all.append(
      Receipt(
        id: id, ticketStart: tickets.count, ticketLength: UInt16(ticket.count), request: UInt32(flight.number),
        attempt: UInt8(flight.attempt), isPromise: isPromise))
    ticket.withUnsafeBufferPointer { tickets.append(contentsOf: $0) }
  }

  func ticket(_ index: Int) -> ArraySlice<UInt8> {
    let receipt = all[index]
    return tickets[receipt.ticketStart..<receipt.ticketStart + Int(receipt.ticketLength)]
  }

  /// Takes what is known of an order when it is over; nothing, if it is not decided.
  mutating func settle(_ index: Int, _ sight: OrderSight) {
    guard let fate = Fate(sight.state) else { return }
    all[index].units = sight.units.flatMap { Int32(exactly: $0) }
    settle(index, fate, reason: fate == .rejected ? sight.reason.isEmpty ? "(none)" : sight.reason : "")
  }

  /// - Parameter reason: Kept as one of `Limits.reasons`; beyond so many different ones, as `(other)`.
  mutating func settle(_ index: Int, _ fate: Fate, reason: String = "") {
    all[index].fate = fate
    settled += 1
    if reason.isEmpty { return }
    if let known = reasons.firstIndex(of: reason) {
      all[index].reason = UInt8(known)
    } else {
      if reasons.count < Limits.reasons { reasons.append(reasons.count < Limits.reasons - 1 ? reason : "(other)") }
      all[index].reason = UInt8(reasons.count - 1)
    }
  }
}

extension Fate {
  /// `nil`: it is not decided.
  init?(_ state: OrderSight.State) {
    switch state {
    case .queued: return nil
    case .waiting: self = .waiting
    case .reserved, .confirmed, .paid, .fulfilled: self = .confirmed
    case .released, .expired, .cancelled, .lapsed, .refunded, .refundDue: self = .ended
    case .rejected: self = .rejected
    case .quarantined: self = .quarantined
    }
  }

  /// Whether the order won units, or a place among those who wait.
  var isTaken: Bool { self == .confirmed || self == .waiting || self == .ended }
}
