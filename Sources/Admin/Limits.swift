/// Every bound of this module (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  // The listener.

  /// Connections open at once. Past it, no more are accepted until one closes. Operators, probes and a few scrapers
  /// connect here, never the crowd.
  public static let connections = 256

  /// From a complete request to the end of its answer, and between two moments at which its client takes a part of a
  /// long one. Past it the connection is closed. A report over millions of orders takes seconds.
  static let answerDeadline: Duration = .seconds(120)

  /// From the request to stop to the end of the answers under way. Past it they are cut off: nothing waits longer for
  /// an export that somebody reads slowly.
  static let drainDeadline: Duration = .seconds(5)

  /// Bytes of a request body. More is answered 413. A sale at every limit of the domain (1,000 items with 64-byte SKUs)
  /// has 150 kB of JSON; three times that allows for indentation.
  public static let bodyBytes = 512 << 10

  /// What `Retry-After` says, in milliseconds. Few call here, so they need not be spread.
  static let retryAfterMilliseconds = 1_000

  /// Bytes of an admin token. A shorter one is refused at start, because it could be guessed; 16 bytes is the least
  /// that a random token should have. A longer one is refused because no header would carry it.
  public static let tokenBytes = 16...1_024

  // Calls.

  /// Longest that a call of the store may take before its caller is answered. Past it, what would have been changed may
  /// still be, and the caller is told that this is not known: `statement_timeout` does not count while a COMMIT waits
  /// for a standby. Calls take milliseconds, and up to 5 s for a connection.
  static let callPatience = Duration.seconds(10)

  /// The same for a report, which over millions of orders takes seconds, and reads the log's tail. Below the minute
  /// that `penstock report` waits.
  static let reportPatience = Duration.seconds(50)

  /// The same for writing a sale's `close` records, which the producer gives up by itself after 10 s.
  static let closePatience = Duration.seconds(12)

  /// `Retry-After` of a change whose outcome is not known, and of a process that still waits: time for what holds it up
  /// to go on.
  static let unknownRetryMilliseconds = 5_000

  // Pages and exports.

  /// Sales on the list page, the newest first. Older ones are omitted, and the page says so; the API lists all.
  public static let listedSales = 200

  /// Bars of the timeline chart. Beyond it, bars get wider: more would be thinner than 3 px on a phone.
  public static let timelineBars: Int64 = 120

  /// Lines of the timeline in the terminal, for the same reason: the verdict below should stay on the screen.
  public static let timelineRows: Int64 = 12

  /// Time between refreshes of a page that shows a sale with work left to do.
  public static let pageRefresh: Duration = .seconds(5)
}
