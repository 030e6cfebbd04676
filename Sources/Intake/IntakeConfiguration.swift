public import FlashSale
private import HTTPServing

/// An intake's configuration.
public struct IntakeConfiguration: Sendable {
  /// Host name or address to listen on.
  public var host: String

  /// Port to listen on; 0 lets the system pick one (see `IntakeService.boundAddress`).
  public var port: Int

  /// The topic that takes the orders.
  public var topic: String

  /// The topic's partition count: 1 to `Limits.partitions`, the same in every process.
  public var partitions: Int32

  /// By what it knows who sends a request.
  public var identification = Identification()

  /// Signs tickets and challenges, and checks those of every intake with the same key.
  public var tickets: TicketSigner

  /// Checks what the shop's bot service says; `nil`: a sale that asks for it refuses everybody.
  public var verdicts: VerdictChecker?

  /// Records of one partition that may be accepted and not decided. At the limit: `503 busy`. At least 1.
  ///
  /// Exact with one intake. Each further one can exceed it by what it has in flight, because it learns the log's end
  /// from its own acknowledgements.
  public var backlogLimit: Int64

  /// Threads that serve HTTP: 1 to `Limits.eventLoops`.
  public var eventLoops: Int

  /// Open connections. More wait in the accept queue. At least 1. By default as many as the descriptors allow.
  public var connections: Int

  /// From handing an order to the producer to the answer `outcome_unknown` (I12).
  public var acknowledgementDeadline = Limits.acknowledgementDeadline

  /// From a request's first byte to its last; past it the client is cut off.
  public var requestDeadline: Duration

  /// From an answer to the next request on the connection; past it the connection is closed.
  public var idleDeadline: Duration

  /// How often those who watch their orders hear something.
  public var watching = WatchTuning()

  /// From the request to stop to the last answer. Past it, orders in flight are told `outcome_unknown`, and what is
  /// still open is closed.
  public var drainDeadline = Duration.seconds(10)

  /// A configuration with `Limits` for what is not named here.
  public init(
    host: String, port: Int, topic: String, partitions: Int32, backlogLimit: Int64 = Limits.backlog,
    tickets: TicketSigner, eventLoops: Int
  ) {
    self.host = host
    self.port = port
    self.topic = topic
    self.partitions = partitions
    self.backlogLimit = backlogLimit
    self.tickets = tickets
    self.eventLoops = eventLoops
    connections = OpenFiles.connections(wanted: Limits.connections)
    requestDeadline = HTTPServing.Limits.requestDeadline
    idleDeadline = HTTPServing.Limits.idleDeadline
  }

  /// Clients that may watch their orders on one event loop.
  var watchersPerLoop: Int { max(1, connections * Limits.watchersPerHundred / 100 / eventLoops) }

  /// Throws the first value that is out of its range.
  ///
  /// - Parameter messageTimeout: the producer's; the HTTP answer must come before it.
  func check(messageTimeout: Duration) throws(ValidationError) {
    guard (1...Limits.partitions).contains(partitions) else {
      throw ValidationError("partitions", "must be 1 to \(Limits.partitions)")
    }
    guard (1...Limits.eventLoops).contains(eventLoops) else {
      throw ValidationError("event loops", "must be 1 to \(Limits.eventLoops)")
    }
    guard backlogLimit >= 1 else { throw ValidationError("backlog limit", "must be at least 1") }
    guard connections >= 1 else { throw ValidationError("connections", "must be at least 1") }
    guard .zero < acknowledgementDeadline, acknowledgementDeadline < messageTimeout else {
      throw ValidationError(
        "acknowledgement deadline", "must be below the producer's message timeout, \(messageTimeout)")
    }
    guard .zero < requestDeadline, .zero < idleDeadline else {
      throw ValidationError("request and idle deadline", "must be above 0")
    }
  }
}
