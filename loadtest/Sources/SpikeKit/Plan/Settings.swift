internal import NIOCore

/// What was asked for on the command line, checked.
struct Settings: Sendable {
  let target: Target
  let sale: String
  let schedule: Schedule
  /// A profile's name, or the rate.
  let scheduleName: String
  let buyers: Int
  let quantity: Int
  let retryShare: Double
  let popularity: @Sendable (_ skus: Int) -> Popularity
  let seed: UInt64
  let connections: Int
  let eventLoops: Int
  let timeout: TimeAmount
  let followTimeout: TimeAmount
  let ledger: String?
  let json: String?

  /// - Parameter skus: As the sale lists them.
  func plan(skus: [String]) throws -> Plan {
    let mix = Mix(
      dice: Dice(seed: seed), buyers: buyers, popularity: popularity(skus.count), quantity: quantity,
      retryShare: retryShare)
    return Plan(
      schedule: schedule, mix: mix, requests: try RequestBytes(target: target, sale: sale, skus: skus, mix: mix),
      skus: skus, timeout: timeout, epoch: Epoch())
  }
}

extension SpikeCommand {
  /// - Throws: ``Unusable`` when the profile cannot be read. `validate` has refused all else that is wrong.
  func settings() throws(Unusable) -> Settings {
    guard let target = Target(url: url) else { throw Unusable("--url is http://host[:port][/prefix]") }
    let schedule: Schedule
    let scheduleName: String
    if let profile {
      let read = try Profile.read(profile)
      schedule = Schedule(read.phases, most: requests ?? Limits.requests)
      scheduleName = read.name
    } else {
      let rate = rate ?? 0
      let seconds = duration?.amount.seconds ?? Double(requests ?? 0) / rate
      schedule = Schedule([.hold(rate: rate, seconds: seconds)])
      scheduleName = "\(grouped(Int(rate)))/s"
    }
    guard (1...Limits.requests).contains(schedule.requests) else {
      throw Unusable("the schedule has \(schedule.requests) requests, not 1 to \(Limits.requests)")
    }
    let (hot, skew) = (hot, skuSkew ?? 0)
    return Settings(
      target: target, sale: sale, schedule: schedule, scheduleName: scheduleName, buyers: buyers,
      quantity: quantity, retryShare: retryShare,
      popularity: { skus in
        hot.map { .hot(share: $0, skus: skus) } ?? .zipf(exponent: skew, skus: skus)
      },
      seed: seed ?? UInt64.random(in: 1...UInt64(UInt32.max)), connections: connections, eventLoops: eventLoops,
      timeout: timeout.amount, followTimeout: followTimeout.amount, ledger: ledger, json: json)
  }
}
