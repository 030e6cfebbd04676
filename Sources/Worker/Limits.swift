/// The bounds of the worker (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  /// Partitions that one worker serves at once when the configuration names no other number, and with it its
  /// connections to PostgreSQL. Partitions beyond it are not served, loudly: give the group another worker.
  public static let lanes = 32

  /// Records of one batch at most: what has arrived is taken up to here, and never waited for. While one batch is
  /// written, the next one is held too.
  ///
  /// Large enough that a commit's fsync costs little per record, small enough that a batch is decided in some tens of
  /// milliseconds: that is the delay which a buyer in it meets. Only a backlog makes batches this large.
  static let batchRecords = 20_000

  /// Records of a batch from which on the next one is read and decided while it is written. Fewer were all there was:
  /// whoever comes next is better served by what gathers until they are written.
  static let readAheadRecords = 5_000

  /// Claims that are made at once after an assignment. More only wait: each takes a few milliseconds.
  static let claimsAtOnce = 8

  /// Conflicts in a row after which a batch pauses before it is decided again. Each resolves itself by one reload; more
  /// than a few mean that something else is wrong.
  static let conflictTries = 5

  /// First and longest pause between attempts at something that failed for a moment. Doubled from one attempt to the
  /// next, and spread by half, so that many lanes don't come back as one.
  static let retryPause: ClosedRange<Duration> = .milliseconds(20)...(.seconds(2))

  /// First and longest pause before a worker joins its group again after it gave an assignment up. Each rejoin stops
  /// all members for a moment, so they are rarer than other attempts.
  static let rejoinPause: ClosedRange<Duration> = .milliseconds(200)...(.seconds(10))

  /// A membership that lasted this long makes the next rejoin a first one.
  static let soundMembership = Duration.seconds(30)

  /// How long lanes that were asked to stop are waited for. A write takes milliseconds; past it, the partitions are
  /// given back anyway: what the write still does is ended by the next claim.
  static let stopPatience = Duration.seconds(12)

  /// How long leaving the group may take. Past it, the group notices by its session timeout.
  static let leavePatience = Duration.seconds(5)

  /// How long a broker may take to tell where a partition begins and ends. Past it, asked again.
  static let watermarkTimeout = Duration.seconds(5)

  /// How often in a row a partition must look truncated or recreated before it is halted: a halt is for a person to
  /// clear, and a leader that was just elected can be behind for a moment.
  static let watermarkLooks = 3

  /// Between two of these looks.
  static let watermarkLookPause = Duration.milliseconds(300)

  /// How often the lag of each partition is measured, and the store asked whether a halt was cleared.
  static let lookAroundInterval = Duration.seconds(5)

  /// After a broadcast during which lanes committed more: what they commit until then goes out as one. Without more,
  /// the next is told at once.
  ///
  /// Under a stream of commits, one waits half of it on average before anybody hears of it. Each broadcast is a
  /// transaction, so a shorter one takes time from the lanes.
  static let signalInterval = Duration.milliseconds(1)
}
