internal import FlashSale

/// Every bound of this module (I11): its value, its unit, what happens there, and why that much.
///
/// `IntakeConfiguration` starts from some of these values; `IntakeConfiguration.check()` holds the relations between
/// them.
public enum Limits {
  // MARK: Requests

  /// Bytes of an order's body. More is answered `413` as soon as it is known. An order has about 40 bytes; the room is
  /// for a client that sends far too much to be told which field is wrong.
  public static let bodyBytes = 16 * 1_024

  /// Bytes of a head that is still read as a plain request. A larger one is for `RequestHead`, as is one with more than
  /// `plainFields` fields: a browser's or a gateway's is well below both.
  static let plainHeadBytes = 4 * 1_024

  /// Header fields of a plain request.
  static let plainFields = 32

  // MARK: Who is asking

  /// Bytes of verified tokens that each event loop keeps, and the routes together once more: some ten thousand tokens.
  /// Past it, those that were not used for longest are checked again when they come.
  static let tokenCacheBytes = 16 << 20

  /// Bytes of the file with the keys of tokens. A larger one is refused; sixteen RSA keys have 16 KiB.
  static let tokenKeyFileBytes = 64 << 10

  /// How often the file is looked at: the most that a key which is taken back is still believed.
  static let tokenKeyLook = Duration.seconds(1)

  // MARK: Connections

  /// Open connections, or fewer where the process may not have so many file descriptors (`OpenFiles`). More wait in the
  /// kernel's accept queue, and beyond that are refused by it. Each takes about 8 KiB with its task and buffers, and 20
  /// KiB once the web framework has served it.
  public static let connections = 16_384

  /// Connections that the kernel holds until they are accepted. Past it, the kernel refuses.
  public static let acceptQueue = 4_096

  // MARK: Watching an order

  /// Connections in every hundred that may watch an order, shared out evenly to the event loops: 12,288 of 16,384. The
  /// others are for orders. At the limit a stream is refused with `503 busy`, and a long poll is answered at once;
  /// nobody who watches already is put out.
  static let watchersPerHundred = 75

  /// Seconds that a long poll may wait. Anything else is refused. Below the 60 s after which usual gateways give an
  /// upstream up.
  static let waitSeconds = 1...30

  /// When the client of a stream comes back after its end without an outcome, picked at random for each: those of an
  /// intake that died with 10,000 streams come back over 15 s, some 700 a second.
  static let reconnectMilliseconds: ClosedRange<Int> = 1_000...16_000

  // MARK: The log

  /// From handing an order to the producer to the log's acknowledgement. Past it the client is told `outcome_unknown`
  /// (I12). Shorter than the producer's message timeout, so that the client knows before the producer gives up.
  public static let acknowledgementDeadline = Duration.seconds(5)

  /// Producers of one intake, each with connections to the brokers and threads of its own; as many as partitions, if
  /// these are fewer. With more partitions, some share a producer, and one that waits for a replica can hold up those.
  /// Each has a queue of its own; what all hold is bounded by `stallPatience` long before these are full.
  static let writers = 16

  /// Produce requests of one producer on their way to one broker. More would not be served earlier by Kafka, only be
  /// smaller.
  static let requestsInFlight = 1

  /// How often an event loop looks for deadlines that passed: the precision of `acknowledgementDeadline`.
  static let tick = Duration.milliseconds(50)

  /// Records of one partition that are accepted and not decided yet. At the limit: `503 busy`. Some seconds of one
  /// lane's work, so that orders are taken during a restart of PostgreSQL; a longer line would only hold people who
  /// cannot get anything any more. Less if the topic is sure to keep less.
  public static let backlog: Int64 = 1_000_000

  /// Partitions of the topic. More is refused at start: the number has 13 bits in a record's tag.
  public static let partitions: Int32 = 1 << 13

  /// Event loops of one intake. More is refused at start: the number has 6 bits in a record's tag.
  public static let eventLoops = 1 << 6

  /// Orders of one event loop that wait for their acknowledgement. At the limit: `503 busy`. It is not met in practice:
  /// a connection has at most one, and `connections` is smaller.
  static let waitingPerLoop = 1 << 20

  // MARK: Waiting rooms

  /// Calls of buyers who join or leave that wait for the topic. At the limit: `503 busy`. Each holds a task, some
  /// kilobytes.
  static let roomCalls = 20_000

  /// How often one buyer may join a room and leave it, where the sale says nothing: more than a person with many tabs
  /// does. Further ones are refused, as each is a record that every intake reads.
  static let roomCallsPerBuyer = RateLimit(unchecked: 20, perSeconds: 60)

  /// How soon whoever waits in a room is told to ask again, at most: how late she hears that she is let in.
  static let roomPollAfter = Duration.seconds(5)

  /// How often signs of life go into the topic, in one record for many. Who was passed over is back so soon.
  static let lifeSignInterval = Duration.milliseconds(500)

  /// Between two looks whether the waiting rooms are known, at the start.
  static let roomReadyPause = Duration.milliseconds(20)

  /// Between two looks whether a sale has a room by now, as long as none has.
  static let roomLookPause = Duration.milliseconds(100)

  // MARK: Commands about orders

  /// Bytes of a command's body. More is answered `413`. A payment has about 200 bytes; providers send more with it.
  public static let commandBytes = 16 * 1_024

  /// Calls with a command that are served at once. At the limit: `503 busy`. Each holds a task, some kilobytes, and
  /// waits for the pool.
  static let commandCalls = 4_096

  /// How long the answer to a command waits for what it did, unless the caller says otherwise.
  static let commandPatience = Duration.seconds(2)

  /// First and longest pause between two looks whether a command is decided: at what this intake knows, in memory.
  static let commandLook: ClosedRange<Duration> = .milliseconds(2)...(.milliseconds(20))

  // MARK: The store

  /// Look-ups that wait to be gathered into a statement. More: `503 busy`, or `outcome_unknown` for an order that was
  /// sent before. As many as `connections`: each waits for one at a time.
  static let lookupsWaiting = 16_384

  /// Look-ups in one statement. The rest goes into the next one.
  static let lookupsPerStatement = 1_000

  /// Statements that look up orders at once: while one of a thousand orders runs, the next one need not wait for it.
  static let orderStatements = 2

  /// Statements that look up what commands did, at once.
  static let effectStatements = 1

  /// How long a look-up waits for its connection, which is made anew after it was lost. Past it: `503 busy`.
  static let lookupConnectionWait = Duration.seconds(5)

  /// Confirmed orders, of all sales together, that are kept in memory to answer winners who ask again, in 12 to 48
  /// bytes each. Of a sale that has sold more, repeated orders are looked up in the store before they are turned away.
  /// 4 million are at most 192 MB, and more than flash sales sell.
  static let winners = 4_000_000

  /// By how much the clocks of intakes may differ: so much longer after its end a sale may still get orders.
  static let clockDifference = Duration.seconds(2)

  /// How often sales, stock and progress are read again, independent of signals. Bounds the effect of a lost signal.
  static let refreshInterval = Duration.seconds(1)

  /// First and longest pause between attempts to reach PostgreSQL or the log at the start.
  static let startPause: ClosedRange<Duration> = .milliseconds(100)...(.seconds(3))

  /// Time for asking the log for one partition's end at the start. Past it: another attempt.
  static let logEndDeadline = Duration.seconds(5)

  // MARK: Refused at the door

  /// How often what was counted is written to the store. A process that dies loses as much.
  static let doorInterval = Duration.seconds(1)

  /// Counts, by sale, answer and slot, that wait for the store: some 100 bytes each. Ten answers of ten sales make
  /// 1,000 in a second, so that a minute's outage loses nothing. Past it they are not counted
  /// (`penstock_intake_door_lost_total`).
  static let doorCounts = 60_000

  // MARK: Sales

  /// Sales on a page of the list. More are on the next page.
  static let listedSales = 50

  /// Items of all sales of a page together; a sale with more of them has a page of its own. An item takes about 120
  /// bytes, so a page has about that many kilobytes.
  static let listedItems = 1_000

  /// How long a sale that is over stays on the list: people look what became of it. Later it is found by its id.
  static let saleAfterlife = Duration.seconds(3_600)

  /// Age of what is told about a sale's stock, besides a signal's: within it all readers get the same bytes.
  static let saleBytesAge = Duration.milliseconds(50)

  /// Bytes that are kept of answers about sales, by each event loop and for all routes together. Past it they are
  /// written for each reader anew.
  static let saleBytes = 8 << 20

  // MARK: Whether orders are taken

  /// Orders come and none was acknowledged for this long: the partition takes none, and if it is so for all of them
  /// together, the intake is not ready. Above `acknowledgementDeadline`, so that a leader election in which the first
  /// orders wait is not told.
  static let acknowledgementPatience = Duration.seconds(8)

  /// Without any order for this long, a partition that took none counts as one that does.
  static let failureTrust = Duration.seconds(15)

  /// The log does not answer for this long: no partition counts as one that takes orders. Some `leaderLook`s.
  static let logSilence = Duration.seconds(10)

  /// Orders are in flight and none was acknowledged for this long: further ones to the partition are `503 busy` at
  /// once, one at a time excepted, until one is acknowledged. Above what an election takes in which the old leader
  /// helps, so that a rolling restart turns nobody away; well below `acknowledgementDeadline`.
  static let stallPatience = Duration.seconds(2)

  /// How often what became of orders is looked at.
  static let takingLook = Duration.milliseconds(250)

  /// How often the log is asked which partitions have a leader. One small request.
  static let leaderLook = Duration.seconds(2)

  /// Time for one such answer. Past it: another attempt.
  static let leaderDeadline = Duration.seconds(2)

  /// Records wait and none was decided for this long: readiness says so, and what is told of the stock is called stale.
  /// Above what a hand-over of a partition takes.
  static let signalPatience = Duration.seconds(5)

  /// Partitions that readiness names; it has to stay a line.
  static let obstaclesNamed = 8

  // MARK: Rate limits

  /// Buyers and addresses, of all sales together, of which it is remembered what they have had: in 8 bytes each, so in
  /// 8 MiB, of which only what is used takes memory. Past it, whoever is the farthest from a limit is forgotten and
  /// starts anew.
  static let limitEntries = 1 << 20

  /// Trusted proxies, one behind another, whose word in `X-Forwarded-For` is followed. Past it, the last one stands
  /// for the client: no shop has so many.
  static let forwardedHops = 32

  // MARK: What clients are told

  /// `Retry-After` is picked at random from this range, so that a refused crowd does not come back all at once.
  static let retryAfterMilliseconds: ClosedRange<Int> = 500...5_000

  /// The same where a line is full and the rate is known at which it is decided: half a second, so that nobody asks in
  /// circles, to a minute, as the rate can rise.
  static let lineReturnMilliseconds: ClosedRange<Int> = 500...60_000

  /// Least width of what is picked from, there.
  static let returnSpread = 1_000

  /// The same for orders to a halted partition, which goes on when a person has looked.
  static let haltedRetryMilliseconds: ClosedRange<Int> = 10_000...30_000

  /// A drain rate older than this says nothing while records wait: `eta_ms` is then null.
  static let drainRateTrust = Duration.seconds(5)

  /// Least time over which a drain rate is measured; signals come every few milliseconds, too close to divide by.
  static let drainRateSpan = Duration.milliseconds(100)

  // MARK: The end

  /// From the request to stop to the last answer. Past it, orders in flight are told `outcome_unknown` and the
  /// connections are closed.
  public static let drainDeadline = Duration.seconds(10)

  /// How long the producer may then take to hand over what the log has not acknowledged.
  static let producerDrainDeadline = Duration.seconds(5)
}
