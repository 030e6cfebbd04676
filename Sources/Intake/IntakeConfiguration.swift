public import FlashSale
public import OrderLog
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

  /// Checks access codes. The default has no key, and refuses all of them.
  public var codes: AccessCodeSigner
  /// Checks what the shop's bot service says; `nil`: a sale that asks for it refuses everybody.
  public var verdicts: VerdictChecker?

  /// By what the shop's backend is known, which pays, refunds and fulfils; `nil`: it is believed only while everybody
  /// is, in development.
  public var shop: SharedToken?

  /// Whether `/demo` has a buyer's page, for development: never where a gateway, tokens or the shop's token say who
  /// asks.
  public var servesDemo = false

  /// Checks what the payment provider says; `nil`: nothing of it is believed.
  public var webhooks: WebhookChecker?

  /// Records of one partition that may be accepted and not decided. At the limit: `503 busy`. At least 1.
  ///
  /// Exact with one intake. Each further one can exceed it by what it has in flight, because it learns the log's end
  /// from its own acknowledgements.
  public var backlogLimit: Int64

  /// Threads that serve HTTP: 1 to `Limits.eventLoops`.
  public var eventLoops: Int

  /// Open connections. More wait in the accept queue. At least 1. By default as many as the descriptors allow.
  public var connections: Int

  /// Rate limits of sales that have none of their own; each sale counts for itself.
  public var limits = RequestLimits()

  /// Whose `X-Forwarded-For` is believed.
  public var trustedProxies = TrustedProxies()

  /// From handing an order to the producer to the answer `outcome_unknown` (I12).
  public var acknowledgementDeadline = Limits.acknowledgementDeadline

  /// From a request's first byte to its last; past it the client is cut off.
  public var requestDeadline: Duration

  /// From an answer to the next request on the connection; past it the connection is closed.
  public var idleDeadline: Duration

  /// Between two moments at which a client takes a part of what it is sent; past it the connection is closed.
  public var answerDeadline: Duration

  /// How often those who watch their orders hear something.
  public var watching = WatchTuning()

  /// From the request to stop to the last answer. Past it, orders in flight are told `outcome_unknown`, and what is
  /// still open is closed.
  public var drainDeadline = Duration.seconds(10)

  /// The waiting rooms' topic.
  public struct Rooms: Sendable {
    public var topic: String
    /// Records that the topic is sure to keep; behind them nobody can join. `nil`: as many as come.
    public var recordsKept: Int64?
    public var tuning = ConsumerTuning()
    /// Signs tokens, and checks those of every intake with the same key.
    public var tokens: RoomTokenSigner

    public init(topic: String, tokens: RoomTokenSigner) { (self.topic, self.tokens) = (topic, tokens) }
  }

  /// `nil`: this intake has no waiting rooms, and takes no order of a sale with one.
  public var rooms: Rooms?

  /// A configuration with `Limits` for what is not named here.
  public init(
    host: String, port: Int, topic: String, partitions: Int32, backlogLimit: Int64 = Limits.backlog,
    tickets: TicketSigner, codes: AccessCodeSigner = .none, eventLoops: Int
  ) {
    self.host = host
    self.port = port
    self.topic = topic
    self.partitions = partitions
    self.backlogLimit = backlogLimit
    self.tickets = tickets
    self.codes = codes
    self.eventLoops = eventLoops
    connections = OpenFiles.connections(wanted: Limits.connections)
    requestDeadline = HTTPServing.Limits.requestDeadline
    idleDeadline = HTTPServing.Limits.idleDeadline
    answerDeadline = HTTPServing.Limits.answerDeadline
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
    guard .zero < requestDeadline, .zero < idleDeadline, .zero < answerDeadline else {
      throw ValidationError("request, idle and answer deadline", "must be above 0")
    }
  }
}
