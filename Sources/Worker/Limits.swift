/// The bounds of the worker (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  /// Partitions that one worker serves at once when the configuration names no other number, and with it its
  /// connections to PostgreSQL. Partitions beyond it are not served, loudly: give the group another worker.
  public static let lanes = 32

  /// Concurrent claims after an assignment. Others wait; each takes a few milliseconds.
  static let claimsAtOnce = 8

  /// First and longest pause between attempts at something that failed for a moment. Doubled from one attempt to the
  /// next, and spread by half, so that many lanes don't come back as one.
  static let retryPause: ClosedRange<Duration> = .milliseconds(20)...(.seconds(2))

  /// First and longest pause before a worker joins its group again after it gave an assignment up. Each rejoin stops
  /// all members for a moment, so they are rarer than other attempts.
  static let rejoinPause: ClosedRange<Duration> = .milliseconds(200)...(.seconds(10))

  /// A membership that lasted this long makes the next rejoin a first one.
  static let soundMembership = Duration.seconds(30)

  /// How long a worker waits for lanes that it asked to stop. A write takes milliseconds. Past the limit, the
  /// partitions are given back anyway; the next claim ends what the write still does.
  static let stopPatience = Duration.seconds(12)

  /// How long leaving the group may take. Past it, the group notices by its session timeout.
  static let leavePatience = Duration.seconds(5)

  /// How long a broker may take to tell where a partition begins and ends. Past it, asked again.
  static let watermarkTimeout = Duration.seconds(5)

  /// How often in a row a partition must look truncated or recreated before it is halted. Only a person can clear a
  /// halt, and a newly elected leader can be behind for a moment.
  static let watermarkLooks = 3

  /// Between two of these looks.
  static let watermarkLookPause = Duration.milliseconds(300)

  /// How often the lag of each partition is measured, and the store asked whether a halt was cleared.
  static let lookAroundInterval = Duration.seconds(5)

  /// The pause after a broadcast during which lanes committed more: their commits until then go out as one signal. If
  /// they committed nothing, the next commit is sent at once.
  ///
  /// In a stream of commits, each waits half of it on average before it is sent. Each broadcast is a transaction, so a
  /// shorter one takes time from the lanes.
  static let signalInterval = Duration.milliseconds(1)
}
