/// Mistakes that one could make with a waiting room, put around the real `Rooms` and `RoomKeeper`.
public enum RoomBug: String, CaseIterable, Sendable {
  /// An intake takes every admission that the topic has, whoever wrote it and whatever the place is by then.
  case admittedTwice = "admitted-twice"

  /// Places that have expired count in the room's size.
  case expiredCounted = "expired-counted"

  /// An owner lets nobody in before its clock has passed the last admission, which another clock may have timed.
  case lateClock = "late-clock"

  /// A new owner believes the stamps of signs of life and admissions, which other clocks have timed.
  case foreignStamps = "foreign-stamps"

  /// An intake does not say that the doors were open when a buyer joined.
  case lateEntry = "late-entry"

  /// An intake publishes each draw that the topic has.
  case drawnAgain = "drawn-again"

  /// An intake believes an owner only if it has read that it took over, which the topic may keep no longer.
  case unseenOwner = "unseen-owner"

  /// From the fallback's time on an owner asks the fallback only, though the first beacon may have spoken by then.
  case firstForgotten = "first-forgotten"

  /// An intake forgets a room when an owner that was replaced says so.
  case forgottenByAnyone = "forgotten-by-anyone"
}

/// The result of one seed of a waiting room.
public struct RoomRun: Sendable {
  public let seed: UInt64

  /// The first thing that did not hold: `place`, `size`, `line`, `pace`, `standstill`, `silence`, `stay`, `pause`,
  /// `entries`, `beacon`, `draw`, `forgotten` or `liveness`.
  public let violation: Violation?

  /// What the world came to, so that a test can see that it occurs.
  public let admissions: Int
  public let takeovers: Int
  public let zombieRecords: Int
  /// Draws that the topic has, counted or not; and joins of a lottery while its doors were open and its entries not
  /// ended.
  public let draws: Int
  public let lateJoins: Int
  /// Times at which the room was forgotten.
  public let forgotten: Int
  /// Whether the topic had lost its first records when the intake began to read it.
  public let isCutOff: Bool

  /// Lives one world. The same seed and bug give the same run.
  public init(seed: UInt64, bug: RoomBug? = nil) throws {
    var world = try RoomWorld(seed: seed, bug: bug)
    world.run()
    self.seed = seed
    violation = world.violation
    (admissions, takeovers, zombieRecords) = (world.admissions, world.takeovers, world.zombieRecords)
    (draws, lateJoins, isCutOff) = (world.draws, world.lateJoins, world.first > 0)
    forgotten = world.forgotten
  }
}
