/// The bounds of the command line's own work (I11); what runs for long has its bounds in its module.
enum Limits {
  // The tools that ask the admin API.

  /// Longest that a call to the admin API may take, from the look-up of the host to the answer's last byte. Past it the
  /// command ends with 69. The admin API itself answers within some seconds, or says that it does not know.
  static let adminCall = Duration.seconds(30)

  /// Between two calls for a command that its lane has not decided. Within `adminCall` it is sent again, under its key.
  static let queuedPause = Duration.seconds(1)

  /// How long a worker may take to give its partitions away, of which each takes some tenths of a second. Past it the
  /// command ends with 1; the worker goes on giving.
  static let drainPatience = Duration.seconds(60)

  /// Between two looks at what it still has.
  static let drainLook = Duration.milliseconds(200)

  /// Longest that a report may take. It counts what is in flight by reading the log: a backlog of a million records in
  /// each of twelve partitions takes half a minute on two cores, and a cluster over a slow line several times that.
  static let adminReport = Duration.seconds(300)

  /// Longest that making the connection may take, within the above.
  static let adminConnect = Duration.seconds(5)

  /// Bytes of an answer. Past it the command stops reading and ends with 69. A report with the minutes of a month is
  /// below 10 MiB, and so are 10,000 sales.
  static let adminAnswerBytes = 64 << 20

  /// Access codes of one batch, each a line of some 150 bytes that is written as it is made.
  static let issuedCodes = 10_000_000

  /// Bytes of a file of buyers who get codes. Past it the file is refused.
  static let buyerFileBytes = 512 << 20

  /// Bytes of a sale's file. Past it the file is refused; the admin API takes less than that in any case.
  static let saleFileBytes = 16 << 20

  // The start of a service.

  /// Pause between two attempts to reach PostgreSQL or the log: doubled from the least to the most.
  static let waitingPause = Duration.milliseconds(100)...Duration.seconds(5)

  /// What is waited for is logged when its reason changes, and again after this long.
  static let waitingReminder = Duration.seconds(60)

  /// How long one attempt to make or describe the topic may take. After it the reason is told, and the next one begins.
  static let topicTimeout = Duration.seconds(8)

  /// Pause before the waiting rooms' topic is tried again that could not be made while no sale had a room.
  static let roomTopicPause = Duration.seconds(5)

  /// The least limit of open files (`ulimit -n`) that a service starts with. `penstock up` has 85 open while nobody is
  /// connected, and Foundation starts no child process below 256.
  static let openFiles = 256

  /// Callers who may wait for a pooled connection to PostgreSQL, and how long each may. Past it their call fails.
  static let poolWaiters = 1_000
  /// See `poolWaiters`.
  static let poolWait = Duration.seconds(5)

  /// Bytes of a published draw that is checked: a lottery of a million entries.
  static let drawFileBytes = 256 << 20

  /// Longest that a beacon may take to answer. Past it, it is asked again.
  static let beaconCall = Duration.seconds(5)

  /// Bytes of a beacon's answer. A round has about 300.
  static let beaconAnswerBytes = 16 << 10

  /// How long a client of the log is kept that nobody uses: longer than a person looks away from a live page, and short
  /// enough that a client that nobody needs costs nothing.
  static let keptUnused = Duration.seconds(60)

  /// Between a failure to follow the waiting rooms' topic and the next attempt.
  static let followPause = Duration.seconds(2)
}
