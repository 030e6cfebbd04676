/// The parts that one process runs.
enum Role: Sendable {
  case intake, worker, admin, relay

  /// The configuration that each part needs.
  var configuration: Set<Configuration.Part> {
    switch self {
    case .intake: [.kafka, .database, .migrations, .intake]
    case .worker, .relay: [.kafka, .database, .migrations]
    case .admin: [.kafka, .database, .migrations, .admin]
    }
  }

  /// Whether it takes buyers' requests.
  var listensForBuyers: Bool { self == .intake }
}
