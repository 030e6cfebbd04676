package import FlashSale

/// The bounds of a lane (I11): each named once, with its unit, what happens there, and why that much.
package enum Limits {
  /// Records of one batch at most: what has arrived is taken up to here, and never waited for. While one batch is
  /// written, the next one is held too.
  ///
  /// Large enough that a commit's fsync costs little per record, and small enough that a batch is decided in some tens
  /// of milliseconds, which is its buyers' delay. Only a backlog makes batches this large.
  package static let batchRecords = 20_000

  /// From this many records on, the next batch is read and decided while this one is written. After a smaller batch the
  /// log was empty, and it is better to let a batch gather until this one is written.
  static let readAheadRecords = 5_000

  /// Conflicts in a row after which a batch pauses before it is decided again. One reload resolves a conflict; more
  /// than a few mean that something else is wrong.
  static let conflictTries = 5

  /// How often in a row, about a second apart, the log must be found not to have what comes next before the lane halts.
  /// Only a person can clear a halt. A broker that was frozen and thaws believes for a moment that it still leads,
  /// answers so, and its log ends where it froze. This is longer than Kafka takes to fence a broker
  /// (`broker.session.timeout.ms`, 9 s).
  static let logLooks = 12

  /// Stock rows, and sales, that a lane remembers. Past it the lane forgets those that its last batch did not name.
  static let rememberedLevels = 10_000

  /// Buyers who hold units that a lane remembers, in 8 bytes each. Past it the sale's buyers are looked up one by one,
  /// which costs as much as the rest of writing a refusal.
  static let rememberedHolders = 1_000_000

  /// Holders of one sale that a lane loads when it meets the sale. With more, the sale's buyers are looked up one by
  /// one. They are read once per claim and sale, in some tens of milliseconds.
  static let loadedHolders = 100_000

  /// Orders that are held and not paid that a lane remembers, in some 250 bytes each. Past it, those that come are
  /// loaded when a command names them, which costs as much as writing it and lets no batch be decided ahead.
  static let rememberedLives = 1 << 18

  /// Batches whose order ids and payments are looked up after one repeated. A batch with a repeat that was not looked
  /// up is written twice, and repeats seldom come alone. A look-up of all ids costs about a third of writing them.
  static let batchesToCheck = 16

  // MARK: Generations

  /// Orders of one sale in a generation, about: a larger one is closed. Its index has some 5,000 pages, which a batch
  /// of 20,000 meets densely. Much smaller ones would make each id be asked of many filters.
  static let generationRows = 1 << 19

  /// Bits of a filter for each order. About one in some millions of others is then taken for one of them, and looked
  /// up. A batch with one look-up can't be decided while the one before is written, and a batch of 20,000 asks each
  /// filter 20,000 times: with 16 bits, and one in a thousand, hardly any batch was decided ahead.
  static let filterBitsPerOrder = 40

  /// Orders that each filter in turn is asked of: their marks take some 30 KB.
  static let ordersAskedAtOnce = 256

  /// Bits of one block of a filter: a cache line.
  static let filterBlockBits = 512

  /// Bytes of filters that a lane has, of 53 million orders in closed generations; lanes of one worker share them.
  /// Past it, other sales' filters go. Of a sale with more, the rest is looked up for each batch, which then takes
  /// several times as long.
  package static let filterBytes = 256 << 20

  /// Orders in open generations that a lane remembers as its own: 32 MB. Past it, it forgets them all, and reads what
  /// it needs of them once their generations are closed.
  static let ownOrders = 1 << 21

  // MARK: Leases

  /// Claims under way at once, in one worker. Others wait; each takes a few milliseconds.
  static let claimsAtOnce = 8

  /// How long a worker that has lost its own session waits before it takes others for dead, and how long everyone does
  /// after the server has started. The time covers the workers' pause between attempts (`leaseReconnectPause`) and a
  /// connection on a busy machine. A worker that died in just that moment is replaced that much later.
  static let returnGrace = Duration.milliseconds(1_500)

  /// How long a lane goes on whose partition is meant for another worker that does not say that it is ready. A
  /// connection to PostgreSQL and the first run of its statements take some tens of milliseconds, and on a busy machine
  /// some hundreds. Past it, the other one gets ready while the partition stands still.
  static let handoverPatience = Duration.seconds(1)

  /// First and longest pause before a partition is claimed again whose lane, or claim, has failed.
  static let claimPause: ClosedRange<Duration> = .milliseconds(100)...(.seconds(1))

  // Orders whose time is over.

  /// Orders of one partition that are told so in one look. The others follow in the next, without a pause.
  public static let expiryBatch = 1_000

  /// Records of such orders that are not decided yet, of one worker. Past it, no more are written until some are,
  /// except of a partition with fewer than `expiryBatch`: a lane that stands still would only get a longer line.
  public static let expiriesUnderWay = 50_000

  /// From a record whose fate is not known to the next one for the same order.
  static let expiryRepeat = Duration.seconds(1)

  /// Between two looks while something is due soon. A hold ends so much late at most, besides what its record takes.
  static let expiryPause = Duration.milliseconds(10)

  /// Between two looks otherwise. No hold is shorter than a second, so none is seen late for that.
  static let expiryIdle = Duration.milliseconds(500)
}

/// What a simulated lane has otherwise: smaller bounds, so that a small world meets them, and planted bugs.
package struct LaneTuning: Sendable {
  package var batchRecords = Limits.batchRecords
  package var readAheadRecords = Limits.readAheadRecords
  package var rememberedHolders = Limits.rememberedHolders
  package var loadedHolders = Limits.loadedHolders
  package var rememberedLives = Limits.rememberedLives
  package var batchesToCheck = Limits.batchesToCheck
  package var generationRows = Limits.generationRows
  package var ownOrders = Limits.ownOrders

  /// Whether an order is looked up in a closed generation of which there is no filter.
  package var looksUpClosedGenerations = true

  /// Whether a lane's own orders are compared with the store's number before they are taken for a whole generation.
  package var countsOwnOrders = true

  /// Whether the lives that a batch leaves behind are forgotten if it is not committed.
  package var forgetsLives = true

  /// Whether the log is known by the record before the next one.
  package var comparesFingerprints = true

  /// The decision function.
  package var decide: @Sendable (inout LaneStock, LogRecord, Offset, inout Effects) -> Void = {
    FlashSale.decide(&$0, $1, at: $2, into: &$3)
  }

  /// Those of a worker.
  package init() {}
}
