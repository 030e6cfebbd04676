internal import FlashSale
internal import SaleStore
internal import Time

/// How many stand in a sale's waiting room, and what became of the others.
public struct RoomCounts: Sendable, Hashable {
  public var waiting: Int
  public var inside: Int

  /// Let in so far, whatever became of them since.
  public var admitted: Int

  /// Left, were passed over for want of a sign of life, or came to the end of their time.
  public var abandoned: Int
  public var isPaused: Bool

  /// The rate that the admin set, per minute; `nil`: the sale's own.
  public var ratePerMinute: Int32?

  public init(waiting: Int, inside: Int, admitted: Int, abandoned: Int, isPaused: Bool, ratePerMinute: Int32?) {
    self.waiting = waiting
    self.inside = inside
    self.admitted = admitted
    self.abandoned = abandoned
    self.isPaused = isPaused
    self.ratePerMinute = ratePerMinute
  }
}

/// What was seen of a sale at one look: the store, the log and the waiting room, each of which may not have answered.
struct LiveMoment: Sendable {
  /// By the clock of this process.
  let at: Timestamp
  /// `nil`: the store did not answer.
  let reading: LiveReading?
  /// The end of each partition's log; `nil`: the log did not answer.
  let ends: [Partition: Offset]?
  /// `nil`: the sale has no room, or nobody knows.
  let room: RoomCounts?
}
