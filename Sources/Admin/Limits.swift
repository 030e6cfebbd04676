/// Every bound of this module (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  // Requests.

  /// Bytes of a request body. More is answered 413. A sale at every limit of the domain (1,000 items with 64-byte SKUs)
  /// has 150 kB of JSON; three times that allows for indentation.
  public static let bodyBytes = 512 << 10

  /// What `Retry-After` says, in milliseconds. Few call here, so they need not be spread.
  static let retryAfterMilliseconds = 1_000

  // Calls.

  /// Longest that a call of the store may take before its caller is answered. Past it, what would have been changed may
  /// still be, and the caller is told that this is not known: `statement_timeout` does not count while a COMMIT waits
  /// for a standby. Calls take milliseconds, and up to 5 s for a connection.
  static let callPatience = Duration.seconds(10)

  /// The same for a report, which over millions of orders takes seconds, and reads the log's tail. Below the minute
  /// that `penstock report` waits.
  static let reportPatience = Duration.seconds(50)

  /// The same for writing commands, which the producer gives up by itself after 10 s.
  static let writePatience = Duration.seconds(12)

  /// How long the answer to a command waits for the lane's decision. Past it, the caller hears that it is queued.
  static let decisionPatience = Duration.seconds(5)

  /// Between two looks whether it is decided.
  static let decisionLook = Duration.milliseconds(20)
  /// The same for a test of a webhook, which gives up by itself after 10 s.
  static let pingPatience = Duration.seconds(12)

  /// `Retry-After` of a change whose outcome is not known: time for what holds it up to go on.
  static let unknownRetryMilliseconds = 5_000

  // Pages and exports.

  /// Sales on the list page, the newest first. Older ones are omitted, and the page says so; the API lists all.
  public static let listedSales = 200

  /// Bars of the timeline chart. Beyond it, bars get wider: more would be thinner than 3 px on a phone.
  public static let timelineBars: Int64 = 120

  /// Bars of a chart that has one for each thing, such as a SKU. The table behind it has all.
  static let chartRows = 40

  /// Lines of the timeline in the terminal, for the same reason: the verdict below should stay on the screen.
  public static let timelineRows: Int64 = 12

  /// Time between refreshes of a page that shows a sale with work left to do.
  public static let pageRefresh: Duration = .seconds(5)

  /// Lines of the admin log on one page, and read at once for an export.
  static let logPageEntries: Int32 = 100

  /// Bytes of a text that is searched for. Longer ones are refused.
  static let queryBytes = 256

  /// Bytes of a file's name. File systems take 255.
  static let fileNameBytes = 200

  /// Requests for a second person that are listed, those that wait first.
  static let listedApprovals: Int32 = 100

  // Sign-in.

  /// Bytes of a form. A larger one is answered 413. The form of a sale has as many as its JSON.
  static let formBytes = 512 << 10

  /// Sign-ins that wait for their password to be hashed: each takes some tenths of a second of one processor, and one
  /// is hashed at a time. Past it, they are answered 503 at once, so that wrong passwords by the thousand cost one
  /// processor and no memory.
  static let waitingSignIns = 32

  /// Names that nobody has, and under which sign-ins have failed, that a process remembers: 1 MB of them.
  static let strangerNames = 10_000

  /// Bytes of a file of SKUs. A sale at every limit has 100 kB of it; ten times that allows for columns of other
  /// programs. A larger one is refused, and its bytes are dropped as they come.
  static let importBytes = 1 << 20

  /// Bytes of a form with a file that are read to the end, so that the page can say that the file is too large. Past
  /// it: 413.
  static let droppedFormBytes = 256 << 20

  /// Parts of a form with a file. A form with more cannot be read.
  static let formParts = 64

  /// Fields of one line of a file of SKUs. A line with more is a fault. Spreadsheets of shops have some dozens.
  static let importCells = 256

  /// Faults of a file of SKUs that are told; the rest is counted.
  static let importFaults = 100

  /// Characters that are shown of a wrong value.
  static let importShown = 40

  // What is watched live.

  /// Between two looks at a sale that somebody watches, whatever the number of watchers.
  static let liveLook: Duration = .seconds(1)

  /// Longest that one look waits for the store or the log. Past it, the page shows what it knew, and says so.
  static let livePatience: Duration = .seconds(3)

  /// Streams open at once, of all sales. Past it: `503 busy`; the page then asks anew every few seconds by itself. A
  /// quarter of the listener's connections, so that reports and probes get through.
  static let liveStreams = 64

  /// Sales that are watched at once. Past it, the same. Each costs the store one round trip a second.
  static let liveSales = 16

  /// Events that wait for one watcher. One that does not take them misses some, and is then sent the whole view.
  static let liveEvents = 4

  /// Between two questions to the store whether the sessions and tokens of all streams are good. A stream has to end
  /// within two seconds of its own, on a busy machine too.
  static let livePassCheck: Duration = .milliseconds(500)

  /// How long one stream lasts. Then the browser comes back, and is asked again who it is.
  static let liveStreamLife: Duration = .seconds(600)

  /// How long a browser waits before it comes back, in milliseconds: picked at random for each stream, so that those of
  /// a process that was replaced come back one by one.
  static let liveReturnMilliseconds = 1_000...4_000

  /// Past it, numbers are called stale: several looks have failed.
  static let liveFreshMilliseconds: Int64 = 5_000

  /// The span that rates are taken over: some looks, so that they do not flicker.
  static let liveRateSpan: Duration = .seconds(3)

  /// What the chart of requests shows.
  static let liveMinute: Duration = .seconds(60)

  /// How long the head of a line may stand while records wait, before that is an alert. Far above a batch.
  static let liveStuckMilliseconds: Int64 = 3_000

  /// How long a commit may be under way before that is an alert. It takes milliseconds; one that waits for a standby
  /// that is gone takes for ever.
  static let liveCommitMilliseconds: Int64 = 1_000

  /// A partition is hot if so many records wait in all, and it has this share of them, in percent.
  static let liveHotRecords: Int64 = 5_000
  static let liveHotPercent: Int64 = 80

  /// A sale that a change ends sooner than this from now on is closed by it, as far as a second person is asked for.
  static let closeNotice: Duration = .seconds(600)

  // Quarantine, audits and bulk jobs.

  /// Bytes of a quarantined record that are shown as hexadecimal digits. A record of ours has some 200.
  static let shownBytes = 16 << 10

  /// Audits that are remembered and listed, of all processes.
  static let keptAudits = 20

  /// A process tells this often how far its audit is. It waits as long before it tries again to write how one ended.
  static let auditTold: Duration = .seconds(1)

  /// Tries to write how an audit ended: ten minutes of them. Past it, the audit is told as not ended.
  static let auditEndTries = 600

  /// Orders that a preview of a bulk job looks at, some 50 pages. Past it, it says that more may fit.
  static let previewedOrders = 200_000

  /// Previews whose numbers a process keeps for the starts that name them. Past it, the oldest is forgotten, and a
  /// start counts anew.
  static let keptPreviews = 100

  /// Between two looks of a process which sales have new requests, at least; and how many times longer than a look it
  /// rests after it: counting ahead takes at most 5 % of a core.
  static let countAheadLook = Duration.seconds(1)
  static let countAheadRest = 20

  /// Sales that are counted ahead in one look: the newest. The others are counted when their reports are opened.
  static let countAheadSales = 8

  /// Requests of a sale that is counted ahead at most. A larger one takes a core of PostgreSQL for many seconds,
  /// perhaps while it sells.
  static let countAheadRequests: Int64 = 2_000_000

  /// Between two looks of a process for a bulk job that nobody works on.
  static let bulkLook = Duration.seconds(1)
}
