public import ArgumentParser
internal import NIOCore

/// The load test's command line: one open-loop run against a Penstock server, and its verdict.
public struct SpikeCommand: ParsableCommand {
  /// What `--help` says.
  public static let configuration = CommandConfiguration(
    commandName: "spike",
    abstract: "Sends a flash sale's crowd at a server on schedule, follows every 202 and checks the outcome.",
    discussion: """
      Requests leave on schedule whether or not earlier ones were answered; latency counts from the scheduled time. \
      The sale should have no other visitors while it runs. In a sale with holds, --payments says how buyers pay: \
      with the token PENSTOCK_SHOP_TOKEN, or notices signed with PENSTOCK_PAYMENT_WEBHOOK_KEYS.

      Examples:
        spike --sale double11 --rate 20000 --duration 5s
        spike --sale double11 --rate 20000 --requests 100000 --hot 0.8 --retry-share 0.1 --ledger run.tsv
        spike --sale double11 --profile loadtest/profiles/doors-open.json --connections 1024 --json run.json
        spike --sale double11 --profile loadtest/profiles/retry-storm.json --seed 7 --alone --json alone.json
        spike --sale double12 --profile loadtest/profiles/retry-storm.json --seed 7 --control alone.json
        spike --sale double11 --rate 5000 --duration 20s --quantity 2 --payments fickle-provider --unpaid 0.3 \
          --cancelled 0.1 --waitlist 0.03
        spike --sale any --sku any --no-follow --rate 100000 --duration 10s --url http://127.0.0.1:8000

      Exit codes: 0 every check held (with --no-follow: something was answered), 1 a check failed, \
      2 the run or a check was not possible, 64 wrong usage.
      """)

  @Option(help: ArgumentHelp("The server.", valueName: "url"))
  var url = "http://127.0.0.1:8080"

  @Option(help: "The sale. The server is asked for its SKUs.")
  var sale: String

  @Option(help: "Requests per second.")
  var rate: Double?

  @Option(help: "How long to send at --rate, such as 5s, 500ms, 2m.")
  var duration: WrittenDuration?

  @Option(help: ArgumentHelp("How many requests: ends --profile early, or replaces --duration.", valueName: "n"))
  var requests: Int?

  @Option(help: ArgumentHelp("A rate curve instead of --rate.", valueName: "file.json"))
  var profile: String?

  @Flag(help: "Leave out the groups that the profile's promise names: a control run, for --json.")
  var alone = false

  @Option(help: ArgumentHelp("Judge the profile's promise beside this run with --alone.", valueName: "file.json"))
  var control: String?

  @Option(help: ArgumentHelp("Size of the crowd.", valueName: "n"))
  var buyers = 100_000

  @Option(help: ArgumentHelp("Zipf exponent of the demand for SKUs, in the sale's order; 0 is even.", valueName: "s"))
  var skuSkew: Double?

  @Option(help: ArgumentHelp("Share of the crowd that wants the first SKU; the rest is even.", valueName: "share"))
  var hot: Double?

  @Option(help: "Units per order.")
  var quantity = 1

  @Option(help: ArgumentHelp("Share of requests that repeat an earlier one with its key.", valueName: "share"))
  var retryShare = 0.0

  @Option(help: ArgumentHelp("How often an order is tried in all, after 429, 503 or no answer.", valueName: "n"))
  var tries: Int?

  @Flag(help: "Try again after half a second, and ignore Retry-After.")
  var ignoreRetryAfter = false

  @Option(help: "How buyers pay for what a sale holds for them: by the shop's backend, or by a toy provider's notices.")
  var payments: PaymentWay?

  @Option(help: ArgumentHelp("Share of the winners who never pay.", valueName: "share"))
  var unpaid: Double?

  @Option(help: ArgumentHelp("Share of the winners who cancel, half of them in part.", valueName: "share"))
  var cancelled: Double?

  @Option(help: ArgumentHelp("Share of the requests that wait for units that come back.", valueName: "share"))
  var waitlist: Double?

  @Option(help: "How long a buyer thinks before she pays or cancels, at most.")
  var payWithin = WrittenDuration(milliseconds: 1_000)

  @Option(help: ArgumentHelp("Connections.", valueName: "n"))
  var connections = 512

  @Option(help: "When they are opened: before the first request, or during the run as it is due.")
  var connect: ConnectTime?

  @Option(help: ArgumentHelp("Event loops, each a thread; connections are spread over them.", valueName: "n"))
  var eventLoops = 1

  @Option(help: "Determines what is sent. Random unless given.")
  var seed: UInt64?

  @Option(help: "How long an answer may take before it is given up.")
  var timeout = WrittenDuration(milliseconds: 10_000)

  @Option(help: "How long to follow orders that are still queued, after the last answer.")
  var followTimeout = WrittenDuration(milliseconds: 60_000)

  @Option(help: "How to follow an order: ask for its status again and again, or listen to its stream of events.")
  var follow = FollowWay.status

  @Flag(help: "Only count and time the answers, of any server: nothing is followed or checked.")
  var noFollow = false

  @Option(
    help: ArgumentHelp("With --no-follow: a SKU, instead of asking the server. May be repeated.", valueName: "sku"))
  var sku: [String] = []

  @Option(help: ArgumentHelp("Write a line for each 202 and each unknown outcome.", valueName: "file.tsv"))
  var ledger: String?

  @Option(help: ArgumentHelp("Write the result.", valueName: "file.json"))
  var json: String?

  @Option(help: ArgumentHelp("Write the result as a page with charts.", valueName: "file.html"))
  var html: String?

  /// Made by the parser.
  public init() {}

  /// Refuses what cannot be run, before anything is opened.
  public func validate() throws {
    func require(_ holds: Bool, _ message: String) throws {
      if !holds { throw ValidationError(message) }
    }
    try require(Target(url: url) != nil, "--url is http://host[:port][/prefix]")
    try require(!sale.isEmpty, "--sale is empty")
    if profile == nil {
      try require(rate != nil, "give --rate or --profile")
      try require((duration == nil) != (requests == nil), "with --rate give either --duration or --requests")
    } else {
      try require(rate == nil && duration == nil, "--profile has its own rates and durations")
    }
    try require(rate.map { $0 > 0 && $0 <= Limits.rate } ?? true, "--rate is above 0, at most \(Limits.rate)")
    try require(
      requests.map { (1...Limits.requests).contains($0) } ?? true, "--requests is 1 to \(Limits.requests)")
    try require(skuSkew == nil || hot == nil, "give --sku-skew or --hot, not both")
    try require(skuSkew.map { (0...10).contains($0) } ?? true, "--sku-skew is 0 to 10")
    try require(hot.map { (0...1).contains($0) } ?? true, "--hot is 0 to 1")
    try require((1...Limits.requests).contains(buyers), "--buyers is 1 to \(Limits.requests)")
    try require((1...Limits.quantity).contains(quantity), "--quantity is 1 to \(Limits.quantity)")
    try require((0...Limits.retryShare).contains(retryShare), "--retry-share is 0 to \(Limits.retryShare)")
    try require(tries.map { (1...Limits.tries).contains($0) } ?? true, "--tries is 1 to \(Limits.tries)")
    for (name, share) in [("unpaid", unpaid), ("cancelled", cancelled), ("waitlist", waitlist)] {
      try require(share.map { (0...1).contains($0) } ?? true, "--\(name) is 0 to 1")
    }
    try require((unpaid ?? 0) + (cancelled ?? 0) <= 1, "--unpaid and --cancelled are at most 1 together")
    try require(payments == nil || !noFollow, "--payments needs orders that are followed: omit --no-follow")
    try require(sku.isEmpty || noFollow, "--sku needs --no-follow: otherwise the server gives the sale's SKUs")
    try require(sku.count <= Limits.skus, "--sku can be given \(Limits.skus) times")
    try require(ledger == nil || !noFollow, "--no-follow keeps nothing that a --ledger could record")
    try require(control == nil || (!alone && !noFollow), "--control does not go with --alone or --no-follow")
    try require((1...Limits.eventLoops).contains(eventLoops), "--event-loops is 1 to \(Limits.eventLoops)")
    try require(
      (eventLoops...Limits.connections).contains(connections),
      "--connections is at least one per event loop, at most \(Limits.connections)")
  }

  /// Runs to the end and exits with the verdict's code.
  public func run() throws {
    do {
      let outcome = try Run(settings()).perform()
      switch outcome {
      case .held: return
      case .failed: throw ExitCode(1)
      case .unchecked: throw ExitCode(2)
      }
    } catch let error as Unusable {
      complain("spike: \(error.reason)")
      throw ExitCode(2)
    }
  }
}
