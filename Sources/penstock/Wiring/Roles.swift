/// The parts that one process runs.
enum Role: Sendable {
  case intake, worker, admin

  /// The configuration that each part needs.
  var configuration: Set<Configuration.Part> {
    switch self {
    case .intake: [.kafka, .database, .intake]
    case .worker: [.kafka, .database]
    case .admin: [.kafka, .database, .admin]
    }
  }
}
