internal import NIOCore

/// Every bound of the load test, named once: its value, what happens there, and why that much.
enum Limits {
  // MARK: What may be asked for

  /// Requests in one run. More is a usage error: a request's number is kept in 32 bits for each promise followed.
  static let requests = 1_000_000_000
  /// Requests per second that a phase may ask for. Far above what one machine can send; a guard against a typing error.
  static let rate = 10_000_000.0
  /// Seconds that one phase may last: a day.
  static let phaseSeconds = 86_400.0
  /// Phases of a profile. More is an error of the profile: it is searched linearly, and read by people.
  static let phases = 1_000
  /// Bytes of a profile file. Larger is refused before it is read.
  static let profileBytes = 1 << 20
  /// Connections in all. One client address has about 28,000 ephemeral ports (`ip_local_port_range`) for one server
  /// address.
  static let connections = 28_000
  /// Event loops. Beyond the machine's cores they only share them.
  static let eventLoops = 64
  /// Groups of a crowd. More is an error of the profile: each has a line of the report.
  static let groups = 32
  /// Tries of one order. More is a usage error: a person, and most scripts, give up long before.
  static let tries = 100
  /// Bytes that a slow client sends at a time: a whole request fits, so more would not be slow.
  static let dripBytes = 1_024
  /// Largest share of the connections that may drip. The others have to have some.
  static let dripConnections = 0.9
  /// Largest share of requests that may be repeats: the walk to the first of them is 1 / (1 − share) long on average.
  static let retryShare = 0.9
  /// SKUs of a sale. A sale with more is refused: each has its request's tail kept ready.
  static let skus = 100_000
  /// Units of one order, as the request's body can say it.
  static let quantity = 1_000_000

  // MARK: What is sent

  /// How long a tab waits in a waiting room, unless its group says otherwise: as long as a person has patience for.
  static let roomPatience = TimeAmount.minutes(5)

  /// Digits of the largest `Int`: as many as a number in a request can have.
  static let decimalDigits = 19

  /// How far back, in requests, a repeat reaches: near enough to meet its original in flight, far enough to meet it
  /// decided.
  static let retryReach = 10_000
  /// The shortest pause between two looks at the schedule while nothing is answered. Each look costs a timer (a few
  /// µs); so it bounds that cost to some percent of a core, and what the generator adds to a latency to this much.
  static let paceQuantum = TimeAmount.microseconds(200)
  /// A request that leaves later than this after its scheduled time is counted as late.
  static let lateAfter = TimeAmount.milliseconds(1)
  /// The pause before another try, if neither the profile nor `Retry-After` sets it: that of an impatient person.
  static let retryPause = TimeAmount.milliseconds(500)
  /// The longest `Retry-After` that is honoured; a client that is told to wait longer gives up.
  static let longestRetryAfter = TimeAmount.seconds(60)
  /// Tries of one event loop that wait for their time, 32 bytes each. At the limit no more are made, which is counted.
  static let waitingRetries = 1_000_000
  /// Share of late requests above which the generator is called the bottleneck: they would move the 99th percentile.
  static let lateShare = 0.01
  /// Share of a core above which an event loop is called the bottleneck: queueing at 90 % is ten times the service
  /// time.
  static let busyShare = 0.9

  // MARK: Connections

  /// Connection attempts under way at once on one event loop: well under the usual listen backlog (128, or 4,096).
  static let connectsAtOnce = 64
  /// A connection attempt that takes longer has failed.
  static let connectTimeout = TimeAmount.seconds(5)
  /// Pause before a lost or refused connection is opened again: doubled with every failure from the first to the
  /// second.
  static let reconnectPause = (first: TimeAmount.milliseconds(20), most: TimeAmount.seconds(1))
  /// How often requests in flight are looked through for those that timed out; so a timeout is late by at most this.
  static let sweepEvery = TimeAmount.milliseconds(50)
  /// Bytes taken from a socket at once: several ordinary answers. A larger answer takes more reads.
  static let readBytes = 4_096

  // MARK: Answers

  /// Slots that a schedule is cut into for the charts, at most: more than this a chart cannot show.
  static let scheduleSlots: Int64 = 150
  /// Slots in all, 14 KiB each on each event loop. What happens after the last one, when a server takes four times as
  /// long as the schedule, counts in it.
  static let timelineSlots = 600
  /// Bytes of an answer's head. Beyond it the answer is malformed and the connection is closed.
  static let answerHeadBytes = 16 << 10
  /// Bytes of an answer's body. Beyond it likewise. A sale of `skus` SKUs is the largest answer there is.
  static let answerBodyBytes = 32 << 20
  /// Bytes of a ticket. A longer one counts as an answer that cannot be used.
  static let ticketBytes = 1_024
  /// Kinds of answers (status and code) told apart on one event loop; others are counted together as `(other)`.
  static let answerKinds = 64
  /// Bytes of a problem code that are kept: as many as tell codes apart.
  static let codeBytes = 64
  /// Reasons of refusals told apart: one byte holds them. Others are counted together as `(other)`.
  static let reasons = 200
  /// The longest latency that the histograms hold, in microseconds: an hour. A longer one counts as this much.
  static let latencyMicroseconds: UInt64 = 3_600_000_000

  // MARK: Following and checking

  /// Pause between two questions of the watcher. Each takes a few µs of the first event loop.
  static let watchEvery = TimeAmount.milliseconds(100)
  /// SKUs of the largest sale whose stock is looked at during the run: reading more would make the generator late.
  static let watchedSkus = 2_000
  /// Pause between two rounds of asking for the orders that are still queued: a tenth of what a person notices.
  static let followRoundEvery = TimeAmount.milliseconds(100)
  /// How long, after the last outcome, the sale's `left` may take to show it: it is spread by signals, not read.
  static let settleWithin = TimeAmount.seconds(10)
  /// Pause between two looks at the sale while it settles, in microseconds.
  static let settlePauseMicroseconds: UInt32 = 100_000
  /// Examples named by a check that failed. The rest is counted.
  static let examples = 5

  // MARK: What becomes of orders

  /// One in so many connections is for what becomes of orders, where buyers pay.
  static let errandShare = 4
  /// From a 202 to the first question what became of it: most are decided by then.
  static let firstLook = TimeAmount.milliseconds(100)
  /// Between two questions while an order is queued, or about to end.
  static let nextLook = TimeAmount.milliseconds(250)
  /// Between two questions while it waits for units: thousands may wait, and each question reads the store.
  static let waitingLook = TimeAmount.seconds(2)
  /// Those who wait leave when nothing has happened to any other order for so long: twice what they need to notice.
  static let waitingCalm = TimeAmount.seconds(5)
  /// From a hold's end to the question whether it has ended.
  static let lookAfterDue = TimeAmount.milliseconds(300)
  /// Before a command is sent again to which there was no answer, or that was not decided yet.
  static let commandPause = TimeAmount.milliseconds(300)
  /// Between two deliveries of one notice.
  static let deliveryPause = TimeAmount.milliseconds(50)
  /// After one capture, another of the same order.
  static let secondCapture = TimeAmount.milliseconds(100)
  /// After a hold's end, a late capture.
  static let lateCapture = TimeAmount.milliseconds(400)

  // MARK: Files and terminal

  /// SKUs in the report's tables. The rest is counted, and in the JSON.
  static let skusShown = 20

  /// Columns of the display's progress bar, and of its curve of the last rates: with their labels they fit into 100.
  static let (barWidth, curveWidth) = (40, 30)

  /// Bytes of ledger lines gathered on an event loop before they are handed to the writer.
  static let ledgerChunkBytes = 64 << 10
  /// Chunks waiting for the disk. At this many the event loop waits too, and says afterwards that it was late.
  static let ledgerChunks = 64
  /// Milliseconds between two redraws of the status line of a terminal, and between two plain lines.
  static let redraw = (terminal: 200, plain: 1_000)
}
