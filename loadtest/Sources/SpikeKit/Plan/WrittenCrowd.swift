internal import NIOCore

/// A group of the crowd as a person writes it in a profile.
struct WrittenGroup: Decodable {
  private struct WrittenDrip: Decodable {
    let bytes: Int
    let every_ms: Int
    let connections: Double
  }

  private let name: String
  private let share: Double
  private let buyers: Int?
  private let wants: String?
  private let tries: Int?
  private let retry_after: String?
  private let retry_pause_ms: Int?
  private let retry_key: String?
  private let drip: WrittenDrip?
  private let refusals: String?
  private let enters: String?
  private let waits_seconds: Double?
  private let sends: String?
  private let unpaid: Double?
  private let cancelled: Double?
  private let waitlist: Double?
  private let lapsed: String?

  /// - Throws: ``Unusable``, naming the group and the member that is wrong.
  func group() throws(Unusable) -> Crowd.Group {
    func within<Value>(_ value: Value, _ range: ClosedRange<Value>, _ member: String) throws(Unusable) -> Value {
      guard range.contains(value) else {
        throw Unusable("group '\(name)' needs '\(member)' from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    func choice(_ value: String?, _ member: String, _ first: String, _ second: String) throws(Unusable) -> Bool {
      guard let value else { return false }
      guard value == first || value == second else {
        throw Unusable("group '\(name)': '\(member)' is '\(first)' or '\(second)', not '\(value)'")
      }
      return value == second
    }
    var group = Crowd.Group(name: name, share: try within(share, 0.0001...1, "share"))
    if let buyers { group.buyers = try within(buyers, 1...Limits.requests, "buyers") }
    group.wantsHottest = try choice(wants, "wants", "anything", "hottest")
    group.tries = try within(tries ?? 1, 1...Limits.tries, "tries")
    group.honoursRetryAfter = try !choice(retry_after, "retry_after", "honour", "ignore")
    if let retry_pause_ms {
      let most = Int(Limits.longestRetryAfter.nanoseconds / 1_000_000)
      group.pause = .milliseconds(Int64(try within(retry_pause_ms, 0...most, "retry_pause_ms")))
    }
    group.renewsKey = try choice(retry_key, "retry_key", "same", "new")
    group.believesRefusals = try !choice(refusals, "refusals", "believe", "ignore")
    group.entersRoom = try choice(enters, "enters", "door", "room")
    group.repeatsOthers = try choice(sends, "sends", "orders", "repeats")
    if let waits_seconds {
      group.patience = TimeAmount(seconds: try within(waits_seconds, 1...Limits.phaseSeconds, "waits_seconds"))
    }
    group.conduct.unpaid = try within(unpaid ?? 0, 0...1, "unpaid")
    group.conduct.cancelled = try within(cancelled ?? 0, 0...1, "cancelled")
    guard group.conduct.unpaid + group.conduct.cancelled <= 1 else {
      throw Unusable("group '\(name)': 'unpaid' and 'cancelled' are more than 1 together")
    }
    group.conduct.waits = try within(waitlist ?? 0, 0...1, "waitlist")
    group.conduct.ordersAgain = try choice(lapsed, "lapsed", "leave", "order_again")
    guard !group.conduct.ordersAgain || group.renewsKey else {
      throw Unusable("group '\(name)': who orders again needs 'retry_key': 'new'")
    }
    if let drip {
      group.drip = Crowd.Drip(
        bytes: try within(drip.bytes, 1...Limits.dripBytes, "drip.bytes"),
        every: .milliseconds(Int64(try within(drip.every_ms, 1...60_000, "drip.every_ms"))),
        connections: try within(drip.connections, 0.001...Limits.dripConnections, "drip.connections"))
    }
    return group
  }
}

extension Crowd {
  /// - Throws: ``Unusable`` where the groups together make no crowd.
  static func groups(_ written: [WrittenGroup]) throws(Unusable) -> [Group] {
    guard (1...Limits.groups).contains(written.count) else {
      throw Unusable("a crowd has 1 to \(Limits.groups) groups, not \(written.count)")
    }
    var groups: [Group] = []
    for group in written { groups.append(try group.group()) }
    guard groups.contains(where: { !$0.repeatsOthers }) else {
      throw Unusable("every group sends repeats; one has to have orders of its own")
    }
    guard !groups.contains(where: { $0.entersRoom && $0.drip != nil }) else {
      throw Unusable("a group that drips cannot enter the room")
    }
    let shares = groups.reduce(0) { $0 + $1.share }
    guard abs(shares - 1) < 1e-6 else { throw Unusable("the groups' shares add up to \(shares), not to 1") }
    let dripping = groups.reduce(0) { $0 + ($1.drip?.connections ?? 0) }
    guard dripping <= Limits.dripConnections else {
      throw Unusable("dripping groups have \(dripping) of the connections, more than \(Limits.dripConnections)")
    }
    return groups
  }
}
