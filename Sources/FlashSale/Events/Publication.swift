/// Decides in which order pages of several partitions go to the topic, and when each is marked. Performs nothing
/// itself.
///
/// (1) A page is marked when the last of it is in the topic, and not before: an event comes at least once.
/// (2) A round of all pages goes out together, for an order has its events in one of them (`EventRounds`).
public struct Publication: Sendable {
  /// What is to be done next.
  public enum Step: Sendable {
    /// To write these, in any order, and to wait until all are in the topic.
    case publish([OrderEvent])
    /// To move the progress of the pages with these indices on.
    case mark([Int])
  }

  private let rounds: [[ArraySlice<OrderEvent>]]
  private var round = 0
  private var isMarked = false

  /// Nothing of the pages is done. Each is of another partition.
  public init(_ pages: [EventPage]) { rounds = pages.map { EventRounds.split($0.events) } }

  /// The next step, when the one before it is done; `nil`: nothing is left. After one that failed, what was not marked
  /// has to be read again.
  public mutating func next() -> Step? {
    if !isMarked {
      isMarked = true
      let done = rounds.indices.filter { rounds[$0].count == round }
      if !done.isEmpty { return .mark(done) }
    }
    let events = rounds.filter { $0.count > round }.flatMap { $0[round] }
    guard !events.isEmpty else { return nil }
    (round, isMarked) = (round + 1, false)
    return .publish(events)
  }
}
