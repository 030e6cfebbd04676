internal import NIOCore

/// The kinds of people in a run: how many requests each kind sends, and how it takes an answer.
struct Crowd: Equatable, Sendable {
  /// People who behave alike.
  struct Group: Equatable, Sendable {
    var name = "buyers"
    /// Of all requests of the schedule. The shares of all groups add up to 1.
    var share = 1.0
    /// How many people; `nil` is the group's part of `--buyers`.
    var buyers: Int?
    /// Whether they all want the first SKU, whatever the others want.
    var wantsHottest = false
    /// How often one order is tried in all. 1 never tries again.
    var tries = 1
    /// Whether they wait as long as `Retry-After` says, where an answer says so.
    var honoursRetryAfter = true
    /// Whether they believe a refusal; who does not tries again after any.
    var believesRefusals = true
    /// The pause before another try where `Retry-After` says nothing or is ignored.
    var pause = Limits.retryPause
    /// Whether another try is another order, with a key of its own: a bot does this, an honest client never does.
    var renewsKey = false
    /// Whether they send what another group has sent, once more with its key, in place of requests of their own.
    var repeatsOthers = false
    /// Whether they join the sale's waiting room first, if it has one; each request is one tab.
    var entersRoom = false
    /// How long a tab waits in the room.
    var patience = Limits.roomPatience
    /// How they send. `nil` is at once.
    var drip: Drip?
    /// What they do about what they have won.
    var conduct = Conduct()
  }

  /// A request that trickles in, over connections that nobody else uses.
  struct Drip: Equatable, Sendable {
    /// Bytes sent at a time.
    let bytes: Int
    /// The pause before the next ones.
    let every: TimeAmount
    /// The group's part of all connections.
    let connections: Double
  }

  let groups: [Group]
  private let cumulative: [Double]
  /// The buyers of each group. No buyer is in two.
  private let people: [Range<Int>]
  private let pools: [Int]

  /// - Parameter buyers: Shared by the groups that do not say how many they are, as their shares of the requests are.
  init(_ groups: [Group] = [Group()], buyers: Int) {
    self.groups = groups
    let open = groups.reduce(0) { $0 + ($1.buyers == nil && !$1.repeatsOthers ? $1.share : 0) }
    var sum = 0.0
    var first = 0
    var cumulative: [Double] = []
    var people: [Range<Int>] = []
    for group in groups {
      let own = group.buyers ?? max(Int((Double(buyers) * group.share / open).rounded()), 1)
      let count = group.repeatsOthers ? 0 : own
      people.append(first..<first + count)
      first += count
      sum += group.share
      cumulative.append(sum)
    }
    self.cumulative = cumulative
    self.people = people
    pools = groups.indices.map { group in
      groups[group].drip == nil ? 0 : groups[...group].count { $0.drip != nil }
    }
  }

  /// The group of the buyer at `place` (0 up to 1) when the crowd lines up by group.
  func group(at place: Double) -> Int {
    cumulative.firstIndex { place < $0 } ?? groups.count - 1
  }

  func people(ofGroup group: Int) -> Range<Int> { people[group] }

  /// The group that a buyer belongs to.
  func group(ofBuyer buyer: Int) -> Int { people.firstIndex { $0.contains(buyer) } ?? 0 }

  /// How `connections` are shared out: first those that everybody uses, then each dripping group's own; at least one
  /// each.
  func pools(of connections: Int) -> [Int] {
    let dripping = groups.compactMap { $0.drip.map { max(Int((Double(connections) * $0.connections).rounded()), 1) } }
    return [max(connections - dripping.reduce(0, +), 1)] + dripping
  }

  /// The place in `pools(of:)` of a group's connections.
  func pool(ofGroup group: Int) -> Int { pools[group] }
}
