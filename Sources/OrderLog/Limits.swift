/// The bounds of this module (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  /// How long the log may take to tell where partitions begin and end, unless the caller names another time. Past it,
  /// the caller is told `timedOut`. Long enough for a leader election.
  public static let answerPatience = Duration.seconds(30)

  /// Records of the waiting rooms that are applied at once, while whoever asks about a room waits.
  static let roomBatchRecords = 1_000

  /// How long a client of the log may take to close. Past it, it goes on by itself.
  static let closePatience = Duration.seconds(5)

  /// How long an event may take to be acknowledged. Past it, it is written again: below the time after which others
  /// take over from a relay that is silent.
  static let eventPatience = Duration.seconds(8)
}
