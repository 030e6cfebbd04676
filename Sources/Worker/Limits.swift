internal import FlashSale

/// The bounds of the worker (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  /// Partitions that one worker serves at once when the configuration names no other number, and with it its
  /// connections to PostgreSQL. What no worker has room for is not served, loudly: start another one.
  public static let lanes = 32

  /// How long a worker may show no sign of life before others take its partitions. Only for one that is frozen or cut
  /// off: one that has died is known by its lost session at once.
  public static let lease = Duration.seconds(3)

  /// How often a worker shows that it is alive. A sixth of the lease, so that a busy database can delay several.
  static let lifeInterval = Duration.milliseconds(500)

  /// How often a worker looks who has what when nothing wakes it. It is how long a dead worker is not noticed.
  static let lookInterval = Duration.milliseconds(150)

  /// The pause after a look. Wake-ups that come within it are one, so that many partitions that move at once do not
  /// make as many looks. It is also how late a partition that was given back can be seen.
  static let lookPause = Duration.milliseconds(10)

  /// The pause after a filter of a closed generation could not be made. Orders are looked up meanwhile.
  static let filterRetryPause = Duration.seconds(1)

  /// First and longest pause between attempts to reach the store for leases.
  static let leaseReconnectPause: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(250))

  /// First and longest pause between attempts at something that failed for a moment. Doubled from one attempt to the
  /// next, and spread by half, so that many lanes don't come back as one. The longest is what a lane may lose after
  /// PostgreSQL is back.
  static let retryPause: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(500))

  /// First and longest pause before a worker makes another consumer after its own failed for good.
  static let consumerPause: ClosedRange<Duration> = .milliseconds(200)...(.seconds(10))

  /// How long a worker that leaves waits for others to be ready to go on with its partitions. They are told, connect
  /// and rehearse; `LeaseKeeper` waits for a second at most. Past it, as when the store does not answer, its lanes
  /// stop.
  static let handoverPatience = Duration.milliseconds(1_500)

  /// How long a worker waits for lanes that it asked to stop. A write takes milliseconds. Past the limit, the
  /// partitions are given back anyway; the next claim ends what the write still does.
  static let stopPatience = Duration.seconds(12)

  /// How long it may take to tell the other workers, and to close the consumer. Past it, they notice by themselves.
  static let leavePatience = Duration.seconds(5)

  /// How long a broker may take to tell where a partition begins and ends. Past it, asked again.
  static let watermarkTimeout = Duration.seconds(5)

  /// Between two looks at a log that does not have what a lane needs next. Leaders are asked for as often.
  static let logLookPause = Duration.seconds(1)

  /// How often the lag of each partition is measured.
  static let lookAroundInterval = Duration.seconds(5)

  /// The pause after a broadcast during which lanes committed more: their commits until then go out as one signal. If
  /// they committed nothing, the next commit is sent at once.
  ///
  /// In a stream of commits, each waits half of it on average before it is sent. Each broadcast is a transaction, so a
  /// shorter one takes time from the lanes.
  static let signalInterval = Duration.milliseconds(1)

  /// Between two looks for orders that wait in a sale that is over, or closed. While there are more, there is no pause.
  static let endedInterval = Duration.seconds(1)

  // Waiting rooms.

  /// How often a worker that does not own the waiting rooms looks whether it may: how long a dead owner is not noticed.
  static let roomLookInterval = Duration.milliseconds(250)

  /// Between two decisions about who is let in.
  static let roomTick = Duration.milliseconds(50)

  /// How often the owner of the rooms looks how many orders wait, for a room that follows that.
  static let roomBacklogInterval = Duration.milliseconds(200)

  /// How long the log may take to say where it ends, for that. Past it, the backlog counts as not known.
  static let roomBacklogPatience = Duration.seconds(1)

  /// How long after its end a sale's room wants an owner: until it is forgotten, and a day in case no worker ran then.
  /// Past it, the next owner forgets it.
  static let roomCare = FlashSale.Limits.roomKept + .seconds(86_400)

  /// How often the owner of the rooms looks for new sales.
  static let roomSalesInterval = Duration.seconds(1)

  /// How long the rooms' topic may take to show its owner what it wrote. Past it, it takes over anew.
  static let roomWriteDeadline = Duration.seconds(10)

  /// The pause before a beacon that did not answer is asked again.
  static let beaconAskInterval = Duration.seconds(2)

  /// How often it is said that a lottery still waits for its beacon.
  static let beaconReminder = Duration.seconds(30)
}
