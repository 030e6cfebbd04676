/// Every environment variable that Penstock reads. The README's table lists the same ones; a test compares them.
enum Variable: String, CaseIterable {
  case kafkaBrokers = "PENSTOCK_KAFKA_BROKERS"
  case kafkaOptions = "PENSTOCK_KAFKA_OPTIONS"
  case topic = "PENSTOCK_TOPIC"
  case eventsTopic = "PENSTOCK_EVENTS_TOPIC"
  case webhookNetworks = "PENSTOCK_WEBHOOK_NETWORKS"
  case partitions = "PENSTOCK_PARTITIONS"
  case replication = "PENSTOCK_REPLICATION"
  case retentionHours = "PENSTOCK_RETENTION_HOURS"
  case consumerGroup = "PENSTOCK_CONSUMER_GROUP"
  case lease = "PENSTOCK_LEASE_MS"
  case backlogLimit = "PENSTOCK_BACKLOG_LIMIT"
  case databaseURL = "PENSTOCK_DATABASE_URL"
  case databasePool = "PENSTOCK_DATABASE_POOL"
  case migrations = "PENSTOCK_MIGRATIONS"
  case http = "PENSTOCK_HTTP"
  case adminHTTP = "PENSTOCK_ADMIN_HTTP"
  case adminToken = "PENSTOCK_ADMIN_TOKEN"
  case adminURL = "PENSTOCK_ADMIN_URL"
  case secondPerson = "PENSTOCK_SECOND_PERSON"
  case trustedGateways = "PENSTOCK_TRUSTED_GATEWAYS"
  case tokenKeys = "PENSTOCK_TOKEN_KEYS"
  case tokenIssuer = "PENSTOCK_TOKEN_ISSUER"
  case tokenAudience = "PENSTOCK_TOKEN_AUDIENCE"
  case tokenSkew = "PENSTOCK_TOKEN_SKEW_SECONDS"
  case ticketKey = "PENSTOCK_TICKET_KEY"
  case codeKeys = "PENSTOCK_CODE_KEYS"
  case verdictKey = "PENSTOCK_VERDICT_KEY"
  case shopToken = "PENSTOCK_SHOP_TOKEN"
  case webhookKeys = "PENSTOCK_PAYMENT_WEBHOOK_KEYS"
  case eventLoops = "PENSTOCK_EVENT_LOOPS"
  case trustedProxies = "PENSTOCK_TRUSTED_PROXIES"
  case buyerLimit = "PENSTOCK_BUYER_LIMIT"
  case addressLimit = "PENSTOCK_ADDRESS_LIMIT"
  case drainSeconds = "PENSTOCK_DRAIN_SECONDS"
  case logLevel = "PENSTOCK_LOG_LEVEL"

  /// What to set it to, in an error that says that it is missing.
  var purpose: String {
    switch self {
    case .kafkaBrokers: "the Kafka cluster, as host:port[,host:port…]; `penstock broker` starts one for development"
    case .databaseURL: "the PostgreSQL database, as postgresql://user:password@host:port/name"
    case .ticketKey: "the secret that signs tickets, 32 hexadecimal digits or more, the same for every intake"
    case .codeKeys: "the secret that signs access codes, 32 hexadecimal digits or more, the same for every intake"
    case .tokenIssuer: "the iss of buyers' tokens; without it, tokens for other shops would be believed"
    case .tokenAudience: "the aud of buyers' tokens; without it, tokens for other services would be believed"
    default: "see the table in README.md"
    }
  }

  /// Whether its value must not be printed.
  var isSecret: Bool {
    switch self {
    case .adminToken, .ticketKey, .codeKeys, .verdictKey, .databaseURL, .kafkaOptions, .shopToken,
      .webhookKeys:
      true
    default: false
    }
  }

  /// Whether a name looks like one of ours and is none.
  static func isUnknown(_ name: String) -> Bool { name.hasPrefix("PENSTOCK") && Variable(rawValue: name) == nil }

  /// The variables of an environment that look like ours and are not, each in one line with the name that may be meant.
  ///
  /// Kubernetes puts such variables into every pod beside a service named `penstock…` (`…_SERVICE_HOST`,
  /// `…_PORT_8080_TCP_ADDR`): nobody wrote those.
  static func unknown(in environment: [String: String]) -> [String] {
    environment.keys.sorted().compactMap { name in
      guard isUnknown(name), name.firstMatch(of: /_SERVICE_(HOST|PORT)|_PORT(_\d|$)/) == nil
      else { return nil }
      let nearest = allCases.map { ($0.rawValue, EditDistance.between(name, $0.rawValue)) }.min { $0.1 < $1.1 }
      let advice = nearest.flatMap { $0.1 <= name.count / 4 ? "did you mean \($0.0)?" : nil }
      return "\(name) is no variable of Penstock's: \(advice ?? "see the table in README.md")"
    }
  }
}
