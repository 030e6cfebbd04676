internal import FoundationEssentials
internal import NIOCore
internal import Writing

/// What was asked for on the command line, checked.
struct Settings: Sendable {
  let target: Target
  let sale: String
  /// Given on the command line rather than by the server: then nothing is read from it.
  let skus: [String]
  /// Whether each 202 is followed to its outcome, and the whole judged.
  let isFollowed: Bool
  /// How, if so.
  let followWay: FollowWay
  let schedule: Schedule
  /// A profile's name, or the rate.
  let scheduleName: String
  let buyers: Int
  let groups: [Crowd.Group]
  /// How buyers pay for what is held for them; `nil`: nobody does.
  let payments: PaymentWay?
  let payWithin: TimeAmount
  let promise: Promise?
  /// Whether the groups that the promise names stay away: a control run.
  let isAlone: Bool
  /// A control run to be compared with.
  let control: ControlRun?
  let quantity: Int
  let retryShare: Double
  let popularity: @Sendable (_ skus: Int) -> Popularity
  let seed: UInt64
  let connections: Int
  let connect: ConnectTime
  let eventLoops: Int
  let timeout: TimeAmount
  let followTimeout: TimeAmount
  let ledger: String?
  let json: String?
  let html: String?

  var crowd: Crowd { Crowd(groups, buyers: buyers) }

  /// How connections are shared out: those of the crowd, and where buyers pay, the last ones for what becomes of
  /// orders.
  var pools: [Int] {
    guard payments != nil else { return crowd.pools(of: connections) }
    let errands = max(connections / Limits.errandShare, eventLoops)
    return crowd.pools(of: connections - errands) + [errands]
  }

  /// The groups that send nothing, by their number.
  private var absent: Set<Int> {
    guard isAlone, let promise else { return [] }
    return Set(groups.indices.filter { promise.without.contains(groups[$0].name) })
  }

  /// - Parameter skus: As the sale lists them.
  func plan(skus: [String]) throws -> Plan {
    let mix = Mix(
      dice: Dice(seed: seed), crowd: crowd, popularity: popularity(skus.count), quantity: quantity,
      retryShare: retryShare)
    let payments = try payments.map { way in
      Payments(
        provider: Provider(way: way), within: payWithin, requests: try LifeBytes(target: target, way: way),
        patience: followTimeout)
    }
    return Plan(
      schedule: schedule, mix: mix, requests: try RequestBytes(target: target, sale: sale, skus: skus, mix: mix),
      skus: skus, absent: absent, timeout: timeout, isFollowed: isFollowed, followWay: followWay,
      payments: payments, errandPool: pools.count - 1, epoch: Epoch())
  }
}

extension SpikeCommand {
  /// - Throws: ``Unusable`` when the profile cannot be read. `validate` has refused all else that is wrong.
  func settings() throws(Unusable) -> Settings {
    guard let target = Target(url: url) else { throw Unusable("--url is http://host[:port][/prefix]") }
    let schedule: Schedule
    let scheduleName: String
    var read: Profile?
    if let path = profile {
      let profile = try Profile.read(path)
      read = profile
      schedule = Schedule(profile.phases, most: requests ?? Limits.requests)
      scheduleName = profile.name
    } else {
      let rate = rate ?? 0
      let seconds = duration?.amount.seconds ?? Double(requests ?? 0) / rate
      schedule = Schedule([.hold(rate: rate, seconds: seconds)])
      scheduleName = "\(grouped(Int(rate)))/s"
    }
    guard (1...Limits.requests).contains(schedule.requests) else {
      throw Unusable("the schedule has \(schedule.requests) requests, not 1 to \(Limits.requests)")
    }
    guard read?.groups == nil || (tries == nil && !ignoreRetryAfter) else {
      throw Unusable("the profile says how its crowd tries again; omit --tries and --ignore-retry-after")
    }
    let saysHow = unpaid == nil && cancelled == nil && waitlist == nil
    guard read?.groups == nil || saysHow else {
      throw Unusable("the profile says what its crowd does; omit --unpaid, --cancelled and --waitlist")
    }
    let payments = payments ?? read?.payments
    guard saysHow || payments != nil else {
      throw Unusable("--unpaid, --cancelled and --waitlist need --payments: without, nobody does anything")
    }
    let conduct = Conduct(unpaid: unpaid ?? 0, cancelled: cancelled ?? 0, waits: waitlist ?? 0)
    let everybody = Crowd.Group(tries: tries ?? 1, honoursRetryAfter: !ignoreRetryAfter, conduct: conduct)
    let groups = read?.groups ?? [everybody]
    let loops = eventLoops
    guard Crowd(groups, buyers: buyers).pools(of: connections).allSatisfy({ $0 >= loops }) else {
      throw Unusable("each group with connections of its own needs one for each event loop: more --connections")
    }
    guard !alone || read?.promise?.without.isEmpty == false else {
      throw Unusable("--alone needs a --profile with a promise that names who stays away")
    }
    let seed = seed ?? UInt64.random(in: 1...UInt64(UInt32.max))
    var controlRun: ControlRun?
    if let control { controlRun = try ControlRun.read(control, schedule: scheduleName, seed: seed) }
    let (hot, skew) = (hot, skuSkew ?? 0)
    return Settings(
      target: target, sale: sale, skus: sku, isFollowed: !noFollow, followWay: follow, schedule: schedule,
      scheduleName: scheduleName, buyers: buyers, groups: groups, payments: noFollow ? nil : payments,
      payWithin: payWithin.amount, promise: read?.promise, isAlone: alone,
      control: controlRun, quantity: quantity, retryShare: retryShare,
      popularity: { skus in
        hot.map { .hot(share: $0, skus: skus) } ?? .zipf(exponent: skew, skus: skus)
      },
      seed: seed, connections: connections,
      connect: connect ?? read?.connect ?? .before, eventLoops: eventLoops,
      timeout: timeout.amount, followTimeout: followTimeout.amount, ledger: ledger, json: json, html: html)
  }
}

extension LifeBytes {
  /// With the secrets of the environment.
  ///
  /// - Throws: ``Unusable`` if the provider's key is missing or none.
  init(target: Target, way: PaymentWay) throws(Unusable) {
    let environment = ProcessInfo.processInfo.environment
    var signer: NoticeSigner?
    if way != .shop {
      guard let keys = environment[Self.keysVariable], let found = NoticeSigner(keys: keys) else {
        throw Unusable("\(Self.keysVariable) must hold the provider's key: 32 hexadecimal digits or more")
      }
      signer = found
    }
    self.init(target: target, way: way, shopToken: environment[Self.tokenVariable], signer: signer)
  }

  /// As the server reads them: on a command line others would see them.
  static let tokenVariable = "PENSTOCK_SHOP_TOKEN"
  static let keysVariable = "PENSTOCK_PAYMENT_WEBHOOK_KEYS"
}
