/// The bounds of a simulated world (I11): each named once, with its unit, what happens there, and why that much.
///
/// Worlds are small on purpose. A fault shows when few things happen at once, a small world is soon over, and a short
/// history is readable. Many seeds find sooner what a large world would find.
enum Limits {
  // MARK: How much there is

  /// Partitions of the log. More than one, so that lanes meet in the store.
  static let partitions = 1...3

  /// Worker processes. Two at least, so that a partition has somewhere to go.
  static let workers = 2...3

  /// Partitions that one worker takes at most, and in how many worlds that is drawn: fewer than there are, perhaps,
  /// until the world is healed. Otherwise all, so that one is enough.
  static let lanesMax = 1...3
  static let fewLanesPerMille = 200

  /// Intake processes. Two, so that a retry can meet another one.
  static let intakes = 2

  /// Sales, the SKUs of each, and the units of each SKU: few units, so that most worlds sell out.
  static let sales = 1...2
  static let skus = 1...3
  static let units = 1...6

  /// Purchases that are tried, and how often each is at most.
  static let clients = 6...24
  static let attempts = 1...4

  /// Keys that a buyer has: few, so that one is used twice, for another SKU as well.
  static let keysPerBuyer = 3

  /// How many sales limit subjects, and have access codes. Few subjects of each kind, so that orders meet.
  static let subjectsPerMille = 150
  static let codesPerMille = 200
  static let subjectsPerKind = 4

  /// In how many worlds what is won is held until it is paid. Clocks run faster there: a hold of some seconds then
  /// takes as long as some dozens of messages.
  static let holdsPerMille = 400
  static let holdPace: Int64 = 40
  static let holdSeconds = 1...3

  /// How many purchases are baskets, where a sale takes them.
  static let basketsPerMille = 400

  /// How many of those that may wait for units that come back do.
  static let waitsPerMille = 600

  /// Commands about one order, at most, and when each comes after the order was accepted.
  static let commands = 0...4
  static let commandDelay: ClosedRange<Int64> = 500...150_000

  /// From the end of a hold until the scheduler has noticed, and from one look at it to the next.
  static let expiryDelay: ClosedRange<Int64> = 100...15_000

  /// How often something is said to be over before it is.
  static let earlyExpiryPerMille = 100

  /// Records of one fetch at most. Small, so that there are many batches.
  static let fetchedRecords = 6

  /// Records from which on a lane reads and decides ahead.
  static let readAheadRecords = 1...3

  /// Holders of one sale that a lane loads, and that it remembers of all sales: in some worlds fewer than there are.
  static let loadedHolders = 1...8
  static let rememberedHolders = 1...10

  /// Unpaid lives that a lane remembers: in some worlds fewer than there are.
  static let rememberedLives = 0...6

  /// Batches whose order ids are looked up after a repeat.
  static let batchesToCheck = 1...3

  /// In how many worlds generations are closed, and how many orders of a sale they have there. How often a lane that
  /// lacks a filter gets it before its next batch.
  static let closingPerMille = 700
  static let generationRows = 1...3
  static let filterPerMille = [0, 100, 500]

  /// How often a producer sends one record at most: after that it gives up, and says *unknown*.
  static let sends = 3

  // MARK: How long things take, in microseconds

  /// The part of a world in which faults happen. What comes later is healed, and has to get everything decided.
  static let faultyTime: Int64 = 500_000

  /// When the windows of sales open and close: inside the faulty time, so that requests lie on both sides.
  static let opening: ClosedRange<Int64> = 5_000...60_000
  static let closing: ClosedRange<Int64> = 250_000...900_000

  /// How long a sale still lasts whose end was moved.
  static let newEnd: ClosedRange<Int64> = 0...150_000

  /// When the crowd comes, how far apart its first and last are, and how long one waits before it tries again.
  static let arrival: ClosedRange<Int64> = 0...100_000
  static let crowdWidth: ClosedRange<Int64> = 3_000...300_000
  static let clientPause: ClosedRange<Int64> = 1_000...60_000

  /// How far apart they are in a restless world: orders have to come while partitions move.
  static let restlessWidth: ClosedRange<Int64> = 250_000...400_000

  /// One way between two processes.
  static let network: ClosedRange<Int64> = 50...2_000

  /// The same when a delivery is delayed.
  static let slowNetwork: ClosedRange<Int64> = 5_000...80_000

  /// How often an intake that heard a signal begins to read the store.
  static let readingsPerMille = 150

  /// Intake's deadline for an acknowledgement: short enough that a delayed delivery misses it.
  static let answerDeadline: Int64 = 30_000

  /// One step of a transaction. As long as a message takes, so that anything can come between two of them.
  static let transactionStep: ClosedRange<Int64> = 50...2_500

  /// The same where the store is slow: more records arrive meanwhile than one batch holds.
  static let slowTransactionStep: ClosedRange<Int64> = 2_000...20_000

  /// A pause that a lane makes before it tries again.
  static let lanePause: ClosedRange<Int64> = 2_000...20_000

  /// From one look of a worker at the leases to its next.
  static let lookPause: ClosedRange<Int64> = 2_000...12_000

  /// How long a worker takes to be ready to go on with a partition, and to say so.
  static let preparation: ClosedRange<Int64> = 500...4_000

  /// How often a process does not hear that another is ready to go on with its partition, per mille.
  static let unheardPerMille = 200

  /// How long an owner may be silent: shorter than most times that a process is frozen.
  static let lease: Int64 = 25_000

  /// How long others may come back after a worker has lost touch.
  static let returnGrace: Int64 = 15_000

  /// Between two faults that concern a process.
  static let betweenFaults: ClosedRange<Int64> = 5_000...120_000

  /// The same in a restless world, and how long its worker is frozen: so long that others take its partitions, and then
  /// awake for so long that it gets them back.
  static let betweenFreezes: ClosedRange<Int64> = 70_000...110_000
  static let longFreeze: ClosedRange<Int64> = 30_000...45_000

  /// How long a process is gone or frozen, the store cannot be reached, and a person takes to clear a halt.
  static let outage: ClosedRange<Int64> = 3_000...80_000

  /// After which the server notices that a process is gone.
  static let noticing: ClosedRange<Int64> = 2_000...40_000

  /// How long a worker that leaves waits for the others to be ready.
  static let leavePatience: ClosedRange<Int64> = 15_000...20_000

  /// What the server's clock says when a world begins; any time that is not near the first.
  static let clock: Int64 = 1_000_000_000_000

  /// How far the server's clock is set back: so far that who waits for it to be as late again does so for ever.
  static let clockStep: ClosedRange<Int64> = 1_000_000_000...2_000_000_000

  /// How far a clock jumps, either way.
  static let clockJump: ClosedRange<Int64> = 1_000...300_000

  // MARK: Watching

  /// Those who listen to their orders' events at one intake, at most. One more hears nothing, which is no mistake.
  static let watchers = 200

  /// Between two places told to one of them, and from an outcome that the store could not tell to the next attempt.
  static let watcherLook: Int64 = 3_000

  // MARK: When to give up

  /// Tries of a step that meets another session's lock; then the statement times out, as `lock_timeout` makes it.
  static let lockTries = 8

  /// Steps of one world at most, before and after it is healed. A healthy one needs some hundreds; past it, something
  /// runs in circles, which violates liveness.
  static let steps = 20_000
}
