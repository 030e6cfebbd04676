import Accounts
import FlashSale
import Foundation
import Intake
import Kafka
import Logging
import Postgres
import Relay
import Secrets

/// The whole configuration, read from the environment and checked before anything starts.
///
/// A command asks only for the parts that it needs, so that a worker does not have to know the ticket key.
struct Configuration {
  var log: LogSettings
  var eventsTopic: String
  var webhookNetworks: [NetworkBlock]
  var cluster: ClusterSettings
  var database: ConnectionSettings
  var databasePool: Int
  var migrations: String
  var http: ListenAddress
  var adminHTTP: ListenAddress
  var adminToken: Secret<String>?
  var secondPerson: Set<GuardedCommand>
  var identification: Identification
  var tickets: TicketSigner
  var roomTokens: RoomTokenSigner
  var codes: AccessCodeSigner
  var verdicts: VerdictChecker?
  var shop: SharedToken?
  var webhooks: WebhookChecker?
  var eventLoops: Int
  var limits: RequestLimits
  var trustedProxies: TrustedProxies
  var consumerGroup: String
  var lease: Duration
  var drain: Duration
  var logLevel: Logger.Level

  /// The `orders` topic as it must be, and what intake lets run ahead of the workers.
  struct LogSettings {
    var topic: String
    var partitions: Int
    var replication: Int
    var retention: Duration

    /// Records per partition; `nil`: by the kind of broker.
    var backlogLimit: Int?
  }

  /// What a command needs; the variables of other parts may be missing.
  enum Part { case kafka, database, migrations, intake, admin, codes }

  /// Reads the environment, and files that it names if `parts` need them. Throws `ConfigurationError` with every
  /// problem that concerns `parts`.
  ///
  /// - Parameter embedsBroker: the log is in a broker that is started later, so its address need not be set.
  init(_ environment: [String: String], for parts: Set<Part>, embedsBroker: Bool = false) throws {
    var settings = Settings(environment)
    logLevel = settings.value(
      .logLevel, or: .info, expecting: "trace, debug, info, notice, warning, error or critical"
    ) { Logger.Level(rawValue: $0) }
    log = LogSettings(from: &settings)
    eventsTopic = settings.value(
      .eventsTopic, or: "order-events", expecting: "1 to 64 characters of A-Z a-z 0-9 . _ -", SKU.name)
    webhookNetworks = Self.webhookNetworks(from: &settings)
    cluster = KafkaVariables.cluster(
      from: &settings, isNeeded: parts.contains(.kafka), embedsBroker: embedsBroker)
    consumerGroup = settings.value(
      .consumerGroup, or: "penstock-workers", expecting: "1 to 64 characters of A-Z a-z 0-9 . _ -", SKU.name)
    lease = .milliseconds(settings.number(.lease, or: 3_000, in: 1_000...300_000))
    database = try Self.database(from: &settings, isNeeded: parts.contains(.database))
    databasePool = settings.number(.databasePool, or: 8, in: 1...100)
    migrations = settings.text(.migrations) ?? "migrations"
    if parts.contains(.migrations), let problem = Self.problem(withMigrations: migrations) {
      settings.refuse("\(Variable.migrations.rawValue) is \(problem)")
    }
    let address = "host:port, as 127.0.0.1:8080 or [::1]:8080"
    http = settings.value(.http, or: ListenAddress("127.0.0.1:8080")!, expecting: address, ListenAddress.init)
    adminHTTP = settings.value(.adminHTTP, or: ListenAddress("127.0.0.1:8081")!, expecting: address, ListenAddress.init)
    adminToken = settings.adminToken()
    if parts.contains(.admin), settings.text(.adminToken) == nil, !adminHTTP.isLoopback {
      settings.refuse("\(Variable.adminToken.rawValue) is not set, and \(Variable.adminHTTP.rawValue) is not loopback")
    }
    secondPerson = settings.value(
      .secondPerson, or: [],
      expecting: "commands that demand a second person, separated by commas: "
        + GuardedCommand.allCases.map(\.rawValue).joined(separator: ", ")
    ) { text in
      let commands = text.split(separator: ",").map { GuardedCommand(rawValue: String($0.filter { $0 != " " })) }
      return commands.contains(nil) ? nil : Set(commands.compactMap { $0 })
    }
    identification = IdentityVariables.identification(from: &settings, isNeeded: parts.contains(.intake))
    if parts.contains(.intake) { IdentityVariables.check(identification, at: http, &settings) }
    (tickets, roomTokens) = try Self.signers(from: &settings, isNeeded: parts.contains(.intake))
    codes = try Self.codes(from: &settings, isNeeded: parts.contains(.codes))
    verdicts = Self.verdicts(from: &settings)
    (shop, webhooks) = Self.shop(from: &settings)
    let threads = 1...Intake.Limits.eventLoops
    eventLoops = settings.number(
      .eventLoops, or: min(ProcessInfo.processInfo.activeProcessorCount, threads.upperBound), in: threads)
    limits = LimitVariables.limits(from: &settings)
    trustedProxies = LimitVariables.proxies(from: &settings)
    drain = .seconds(settings.number(.drainSeconds, or: 20, in: 1...600))
    try settings.finish()
  }

  private static func webhookNetworks(from settings: inout Settings) -> [NetworkBlock] {
    settings.value(
      .webhookNetworks, or: [],
      expecting: "addresses or CIDR blocks, as 10.0.0.0/24,fd00::/64, without bits behind them"
    ) { text in
      let blocks = text.split(separator: ",", omittingEmptySubsequences: false)
        .map { NetworkBlock(String($0.trimmingPrefix { $0 == " " })) }
      return blocks.contains(nil) ? nil : blocks.compactMap { $0 }
    }
  }

  private static func database(from settings: inout Settings, isNeeded: Bool) throws -> ConnectionSettings {
    if isNeeded { _ = settings.required(.databaseURL) }
    let unused = try ConnectionSettings("")
    return settings.value(
      .databaseURL, or: unused, expecting: "a PostgreSQL URL, postgresql://user:password@host:port/name"
    ) { text in
      guard let scheme = text.prefixMatch(of: #/postgres(ql)?:\/\//#) else { return nil }
      let rest = text[scheme.range.upperBound...]
      // libpq would take a part of the password for the host, and then say it in its errors.
      let beforePath = rest.prefix { $0 != "/" }
      let ats = rest.count { $0 == "@" }
      guard ats <= 1, ats == beforePath.count(where: { $0 == "@" }) else {
        throw Settings.Refusal(reason: "in a user or a password, write @ as %40, / as %2F and : as %3A")
      }
      let url: ConnectionSettings
      do throws(PostgresError) { url = try ConnectionSettings(text) } catch {
        // libpq's other complaints about the text repeat parts of it.
        guard error.reason.contains("invalid URI query parameter") else { return nil }
        throw Settings.Refusal(reason: error.reason)
      }
      do throws(PostgresError) { try url.check() } catch { throw Settings.Refusal(reason: error.reason) }
      return url
    }
  }

  /// What is wrong with the folder of migrations; `nil` if it has some.
  private static func problem(withMigrations folder: String) -> String? {
    guard access(folder, R_OK) == 0 else { return "\(FileFailure(folder, errno))" }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      return "\(FileFailure(folder, isFolder(folder) ? EACCES : ENOTDIR))"
    }
    return names.contains { $0.hasSuffix(".sql") } ? nil : "\(folder): it has no migrations (NNNN_name.sql)"
  }

  private static func signers(
    from settings: inout Settings, isNeeded: Bool
  ) throws -> (tickets: TicketSigner, roomTokens: RoomTokenSigner) {
    if isNeeded { _ = settings.required(.ticketKey) }
    let none = [Array(repeating: UInt8(0), count: 16)]
    let unused = try (tickets: TicketSigner(secrets: none), roomTokens: RoomTokenSigner(secrets: none))
    return settings.value(.ticketKey, or: unused, expecting: keysForm) { text in
      try keys(text).map { try (tickets: TicketSigner(secrets: $0), roomTokens: RoomTokenSigner(secrets: $0)) }
    }
  }

  private static func codes(from settings: inout Settings, isNeeded: Bool) throws -> AccessCodeSigner {
    if isNeeded { _ = settings.required(.codeKeys) }
    return settings.value(.codeKeys, or: .none, expecting: keysForm) { text in
      try keys(text).map { try AccessCodeSigner(secrets: $0) }
    }
  }

  private static func verdicts(from settings: inout Settings) -> VerdictChecker? {
    let none: VerdictChecker? = nil
    return settings.value(.verdictKey, or: none, expecting: keysForm) { text in
      try keys(text).map { .some(try VerdictChecker(secrets: $0)) }
    }
  }

  /// By what the shop's backend and its payment provider are known.
  private static func shop(from settings: inout Settings) -> (SharedToken?, WebhookChecker?) {
    let shop: SharedToken? = settings.value(
      .shopToken, or: nil, expecting: "16 to 256 printable ASCII characters without spaces"
    ) { .some(try SharedToken($0)) }
    let webhooks: WebhookChecker? = settings.value(
      .webhookKeys, or: nil,
      expecting: "1 or \(FlashSale.Limits.webhookKeys) keys of 32 hexadecimal digits or more, separated by commas"
    ) { text in try keys(text).map { .some(try WebhookChecker(secrets: $0)) } }
    return (shop, webhooks)
  }

  private static let keysForm =
    "1 to \(FlashSale.Limits.ticketKeys) keys of 32 hexadecimal digits or more, separated by commas"

  private static func keys(_ text: String) -> [[UInt8]]? {
    let keys = text.split(separator: ",", omittingEmptySubsequences: false).map { Hexadecimal.bytes($0) }
    return keys.contains(nil) ? nil : keys.compactMap { $0 }
  }
}

extension Configuration.LogSettings {
  fileprivate init(from settings: inout Settings) {
    topic = settings.value(.topic, or: "orders", expecting: "1 to 64 characters of A-Z a-z 0-9 . _ -", SKU.name)
    partitions = settings.number(.partitions, or: 12, in: 1...1_000)
    replication = settings.number(.replication, or: 3, in: 1...10)
    retention = .seconds(3_600 * settings.number(.retentionHours, or: 168, in: 1...87_600))
    backlogLimit = settings.text(.backlogLimit).map { _ in
      settings.number(.backlogLimit, or: 1, in: 1...100_000_000)
    }
  }
}

extension SKU {
  /// The text, if it would be a valid SKU: Kafka takes the same alphabet for topic and group names.
  fileprivate static func name(_ text: String) -> String? { SKU(rawValue: text)?.rawValue }
}
