import ArgumentParser

/// The common parts of all commands that keep running.
struct ServiceOptions: ParsableArguments {
  @Option(help: "Write the bound addresses as JSON into this file once everything listens.")
  var announce: String?
}

private let shutdownWords = """
  SIGTERM or Ctrl-C drains: it stops accepting, finishes what is in flight, commits, and exits 0; 1 if that took longer
  than PENSTOCK_DRAIN_SECONDS. While PostgreSQL or the log cannot be reached it waits, serves health and metrics, and
  says what it waits for in the log and in /readyz.

  Other exit codes: 66 the file of --announce cannot be written; 69 something needed ended, or the database lacks
  migrations; 78 configuration, which includes an address that is taken, and a database that is unfit or lets nobody in.
  """

/// `penstock intake`: HTTP to log.
struct IntakeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "intake",
    abstract: "Take requests over HTTP and write them to the log.",
    discussion: """
      Listens on PENSTOCK_HTTP for buyers, and on PENSTOCK_ADMIN_HTTP for health and metrics. Off loopback it needs to
      know who may name the buyer: PENSTOCK_TRUSTED_GATEWAYS, whose X-Buyer-Id is believed, or PENSTOCK_TOKEN_KEYS.
      Run as many as you like, with the same PENSTOCK_TICKET_KEY.

      \(shutdownWords)

      Example:
        PENSTOCK_HTTP=0.0.0.0:8080 PENSTOCK_TRUSTED_GATEWAYS=10.0.0.0/24 penstock intake
      """.flowing)

  @OptionGroup var options: ServiceOptions

  func run() async throws { try await runServices([.intake], name: "intake", options) }
}

/// `penstock worker`: log to store.
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Decide the requests of the log and write the outcomes to PostgreSQL.",
    discussion: """
      Run one or more, up to one per partition: they share the partitions out, and one that dies is replaced within
      PENSTOCK_LEASE_MS. Health and metrics are on PENSTOCK_ADMIN_HTTP.

      \(shutdownWords)

      Example:
        PENSTOCK_ADMIN_HTTP=127.0.0.1:8082 penstock worker
      """.flowing)

  @OptionGroup var options: ServiceOptions

  func run() async throws { try await runServices([.worker], name: "worker", options) }
}

/// `penstock admin`: sales, reports, console; and who may use them.
struct AdminCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "admin",
    abstract: "Serve the admin API, the reports and the console; add users and API tokens.",
    discussion: """
      Alone it serves. It listens on PENSTOCK_ADMIN_HTTP; off loopback it needs PENSTOCK_ADMIN_TOKEN. People sign in by
      name: add the first one with penstock admin user add NAME --role owner.

      \(shutdownWords)

      Examples:
        PENSTOCK_ADMIN_TOKEN=$(openssl rand -hex 16) penstock admin
        penstock admin user add mia --role owner
      """.flowing,
    subcommands: [Serve.self, AdminUserCommand.self, AdminTokenCommand.self], defaultSubcommand: Serve.self)

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "serve", abstract: "Serve the admin API, the reports and the console (the default).",
      discussion: "Example:\n  penstock admin serve")

    @OptionGroup var options: ServiceOptions

    func run() async throws { try await runServices([.admin], name: "admin", options) }
  }
}

/// `penstock relay`: what became of orders, for others.
struct RelayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay",
    abstract: "Publish the events of orders, and send webhooks.",
    discussion: """
      Writes each change of an order to the topic PENSTOCK_EVENTS_TOPIC (default order-events), at least once and in
      order per order, and to the endpoints of penstock webhook add. Run one or more: they share the work out, and one
      that dies is replaced within seconds. Health and metrics are on PENSTOCK_ADMIN_HTTP.

      \(shutdownWords)

      Example:
        PENSTOCK_ADMIN_HTTP=127.0.0.1:8083 penstock relay
      """.flowing)

  @OptionGroup var options: ServiceOptions

  func run() async throws { try await runServices([.relay], name: "relay", options) }
}

/// `penstock up`: everything in one process.
struct UpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Run intake, worker, relay and admin together; without a Kafka cluster, the embedded broker too.",
    discussion: """
      Where PENSTOCK_KAFKA_BROKERS is not set it starts `penstock broker` as a child process: not durable, for a try.

      \(shutdownWords)

      Examples:
        penstock migrate && penstock up
        PENSTOCK_KAFKA_BROKERS=kafka1:9092,kafka2:9092 penstock up
      """.flowing)

  @OptionGroup var options: ServiceOptions

  func run() async throws {
    try await runServices([.admin, .worker, .intake, .relay], name: "up", options, mayEmbedBroker: true)
  }
}
