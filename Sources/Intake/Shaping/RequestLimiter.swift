internal import FlashSale
internal import HTTPServing
internal import Metrics
internal import Time
internal import Vitals

/// The rate limits of one sale, with their paces.
struct SalePaces: Sendable {
  let buyer: RatePace?
  let address: RatePace?

  /// `nil` if nothing is limited.
  init?(_ limits: RequestLimits) {
    guard limits.perBuyer != nil || limits.perAddress != nil else { return nil }
    buyer = limits.perBuyer.map { RatePace($0) }
    address = limits.perAddress.map { RatePace($0) }
  }

  /// Of those who leave a waiting room. Each was counted when she joined. This holds back one who says the same many
  /// times at once. It counts no addresses: what others do keeps nobody's slot taken.
  static let leaving = SalePaces(RequestLimits(perBuyer: Limits.roomCallsPerBuyer))
}

/// Holds buyers and addresses to the rate limits of a sale. All event loops of an intake share what it counts.
struct RequestLimiter: Sendable {
  private let table = LimitTable()
  /// Makes marks that nobody outside can foresee.
  private let secret = UInt64.random(in: .min ... .max)
  private let forgotten = Counter(IntakeMetric.limitsForgotten)

  /// What is asked for: each is counted by itself.
  enum Purpose { case order, join, leave }

  /// Counts a request, or refuses it. A request that one limit refuses is not counted by the other.
  ///
  /// - Parameter address: `nil` if it is not known, or not limited.
  func check(
    _ paces: SalePaces, _ sale: SaleNumber, of purpose: Purpose = .order, buyer: BuyerID, address: ClientAddress?,
    at time: Timestamp
  ) throws(Problem) {
    let now = time.microseconds / (1_000_000 / RatePace.ticksPerSecond)
    var taken: (mark: UInt64, pace: RatePace)?
    if let pace = paces.buyer {
      let buyerMark = mark(sale, purpose) { $0.combine(buyer.rawValue) }
      try take(buyerMark, pace, "buyer", now)
      taken = (buyerMark, pace)
    }
    guard let pace = paces.address, let network = address?.network else { return }
    do throws(Problem) {
      let addressMark = mark(sale, purpose) {
        $0.combine(network.high)
        $0.combine(network.low)
      }
      try take(addressMark, pace, "address", now)
    } catch {
      if let taken { table.giveBack(taken.mark, taken.pace, now: now) }
      throw error
    }
  }

  private func mark(_ sale: SaleNumber, _ purpose: Purpose, _ add: (inout Hasher) -> Void) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(secret)
    hasher.combine(sale.rawValue)
    hasher.combine(purpose)
    add(&hasher)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  private func take(_ mark: UInt64, _ pace: RatePace, _ name: StaticString, _ now: Int64) throws(Problem) {
    let verdict = table.take(mark, pace, now: now)
    if verdict.hasForgotten { forgotten.increment() }
    if case .refused(let ticks) = verdict.answer { throw .rateLimited(name, pace.limit, ticks: ticks) }
  }
}
