/// The parts that one process runs.
enum Role: Sendable {
  case intake, worker, admin

  /// What each part has to be told.
  var configuration: Set<Configuration.Part> {
    switch self {
    case .intake: [.kafka, .database, .intake]
    case .worker: [.kafka, .database]
    case .admin: [.kafka, .database, .admin]
    }
  }
}
