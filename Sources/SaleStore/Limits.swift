import Time

/// The bounds of this module (I11).
public enum Limits {
  /// Longest that one statement of a lane may run. Past it, PostgreSQL ends the statement, and the batch is tried
  /// again. Far above what a batch takes, and short enough that a shutdown can wait for it.
  public static let laneStatementTimeout = Duration.seconds(10)

  /// Longest wait of a lane for a row lock. Only a claim, or another lane that writes the same order id, holds one that
  /// a lane wants, and both for milliseconds. Past it, the batch is tried again; a claim ends the owner's session
  /// again.
  public static let laneLockTimeout = Duration.milliseconds(500)

  /// Orders of a batch that are written by one INSERT, which goes out together with the batch's other statements. More
  /// go by COPY, which takes two round trips of its own and then less than half the time per row (2.6 of 6.4 us). On an
  /// idle machine COPY is quicker from 128 rows on. On a busy one, where processor time counts, it is quicker from
  /// fewer: 400, 128 and 40 gave decision delays with a p99 of 13, 7 and 5.5 ms (docs/performance.md).
  static let insertedOrders = 40

  /// Lives that one statement changes. PostgreSQL changes them while the lane encodes the next ones.
  static let updatedHolds = 2_000

  /// Longest that closing a generation waits for batches in flight. All lanes stand still meanwhile. One batch of
  /// 20,000 takes some 80 ms; a lane that is frozen inside one would hold the others longer. Past it, the generation
  /// stays open, and is closed after some more orders.
  static let closingLockTimeout = Duration.milliseconds(200)

  /// How long whoever runs an audit may show no life before it is told as not ended. Its signs are a second apart; a
  /// process that was frozen for less goes on.
  public static let auditSilence = Duration.seconds(30)

  /// Ids that are read at once for a filter: 320 kB.
  static let filterPageOrders: Int32 = 20_000

  /// How long a claim waits for the session of the partition's owner to be gone after it was ended. It takes 0.1 s,
  /// even inside COPY; a server that is short of processors needs more.
  static let ownerEndTimeout = Duration.seconds(2)

  /// Longest that a sign of life, or a look at who has what, may run. Both take a millisecond. Past it, the worker
  /// connects again.
  static let leaseStatementTimeout = Duration.seconds(2)

  /// How long the row of a worker stays that shows no sign of life: for people, who may wonder where it is.
  static let silentWorkersKept = Duration.seconds(3_600)

  /// Attempts of one claim to get past the owner's lock. Past it, `StoreError.ownerCannotBeEnded`.
  static let claimAttempts = 5

  /// Characters of an error that is stored with a quarantined record or a halt. Longer ones are cut: a server's message
  /// can quote the data, and the record is stored whole anyway.
  static let storedErrorCharacters = 2_000

  /// Buckets that the window of a sale may have in a report's timeline. Each is one minute; in a sale with a longer
  /// window the buckets get wider instead of more. 31 days, so that any flash sale keeps its minutes.
  public static let timelineBuckets: Int64 = 31 * 24 * 60

  /// Memory of one sort or one grouping of a report, as PostgreSQL's `work_mem` says it. Past it, PostgreSQL goes on in
  /// files. The last steps of 1,000,000 orders take some 100 MB.
  static let countingMemory = "128MB"

  /// Sales whose counts a process keeps for their pages: up to some 20 MB each. Past it, the one that was not looked at
  /// for longest is counted anew when it is.
  static let keptCounts = 32

  /// Orders of a sale whose times to their decisions are kept, 8 bytes each. In a larger sale, the report has
  /// PostgreSQL sort them each time.
  static let keptDelays: Int64 = 2_000_000

  /// Blocks of the table of orders below its end in which rows are looked for that were not committed when a sale was
  /// counted for the first time: 8 MiB, the batches of some lanes. Those that lie below are missed, and then the sale
  /// is counted anew.
  static let recountedBlocks: Int64 = 1_024

  /// As long as a lane hardly ever takes to write a batch. The rows of one that takes longer can be missed, and then
  /// the sale is counted anew.
  static let longBatch = Duration.seconds(2)

  /// Slots in which a sale's decisions are kept for charts of its parts. Finer parts are counted from the orders.
  static let keptSlots: Int64 = 1_200

  /// The part of a sale that a report shows by 100 ms: 5 s before it opens, and a minute after. 650 slots at most; a
  /// flash sale is sold out by then.
  static func arrivals(opening: Timestamp) -> (from: Timestamp, to: Timestamp) {
    let from = max(0, opening.microseconds - 5_000_000)
    return (Timestamp(microseconds: from), Timestamp(microseconds: opening.microseconds + 60_000_000))
  }

  /// Orders that one page of an export reads. Larger is not faster when measured; a page of 4,000 is below 2 MB.
  public static let exportPageOrders: Int32 = 4_000

  /// Lines of the admin log that are checked at once: some 300 kB.
  static let logPageEntries: Int32 = 1_000

  /// Lines of the admin log that one page of a search looks at. Where few fit, the page is shorter, and the next one
  /// goes on from there: a page costs some 0.2 s at most, however long the log is.
  static let searchedLogLines: Int32 = 50_000

  /// Of these, how many are read at once.
  static let searchedLogBatch: Int32 = 20_000

  /// Most orders on a page of a search.
  public static let foundOrders: Int32 = 200

  /// Orders that one page of a search looks at. Where few fit, the page is shorter, and its cursor goes on from there:
  /// a page costs some 20 ms, however many orders a sale has.
  public static let searchedOrders = 4_000

  /// Of these, how many are read at once.
  static let searchBatchOrders = 4_000

  /// The same of orders whose lives are walked through, because much has happened since the listing's vector: each that
  /// has changed is reckoned from its history.
  static let searchedLives = 500

  /// Records of the history behind a listing's vector that are read for each of its pages, of all sales. Past it, lives
  /// are walked through.
  static let searchedChanges = 500

  // Relays.

  /// Longest that a statement of a relay may run. A page of events takes some 10 ms. Past it, the relay connects again.
  static let relayStatementTimeout = Duration.seconds(10)

  /// Events of one record that are read at once: whoever waits can be offered units by one restock.
  static let relayRecordEvents: Int32 = 40_000

  /// Endpoints of webhooks. Each event is written once for each endpoint that wants it.
  static let webhookEndpoints: Int32 = 32

  /// How long a secret of an endpoint still signs after it got another one: time for the shop to change over.
  static let oldSecretLife = Duration.seconds(86_400)

  /// Secrets of before that sign for an endpoint. Past it, the endpoint gets no other one until the oldest has had its
  /// time: the shop may use any of them.
  static let oldSecrets: Int32 = 4

  /// How long a dead letter is kept. Whoever has not sent it again by then finds the event in the topic.
  static let deadLetterLife = Duration.seconds(30 * 86_400)

  /// Old dead letters that go at once. The others follow a second later.
  static let deadLettersForgotten: Int32 = 10_000

  /// Deliveries of an endpoint that are counted every second, of those that wait and of dead letters each. More are as
  /// bad.
  static let deliveriesCounted: Int64 = 10_000

  /// Dead letters that are shown at once.
  static let deadLettersShown: Int32 = 100

  /// Orders that wait for a stock and are named where its units may go to them: enough to see who is next.
  static let waitingShown: Int32 = 3

  // What is watched live.

  /// Pages at the end of the table of orders in which a sale's newest decisions are looked for: 2 MB, some 15,000
  /// orders. Of a crowd that is quicker, the newest of a second are a sample.
  static let livePages: Int64 = 256

  /// How old a decision may be and still count as one of the newest, in seconds.
  static let liveSeconds = 15.0

  /// Dead letters that are counted. More are as bad.
  public static let deadLettersCounted: Int64 = 1_000

  // The desk.

  /// Quarantined records that are listed at once. Each can be as large as the broker takes, 1 MB.
  static let quarantinedShown: Int32 = 50

  /// Bulk jobs that are listed, the newest first.
  static let bulkJobsShown: Int32 = 50

  /// Commands of a bulk job that are written at once, and then noted: what is written again after a crash, at most.
  static let bulkBatchItems: Int32 = 500

  /// Commands of bulk jobs that are counted as decided at once: more than one step writes, so that the count keeps up.
  static let bulkCountedItems: Int32 = 2_000

  /// How long a bulk job is its process's after each of its steps. A step takes below a second; past it, another
  /// process goes on with it.
  static let bulkLease = Duration.seconds(15)

  /// How long a change of a sale that lanes have not decided keeps others from changing it. Past it, its process has
  /// ended, or a partition is halted, and people look at what there is.
  static let editWait = Duration.seconds(60)
}
