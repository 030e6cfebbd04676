/// One fault of the matrix.
struct Row: Sendable {
  /// What a row runs on.
  enum Ground: Sendable {
    /// The embedded broker: it breaks that one, or what stands before it.
    case embedded
    /// That one, or a cluster of somebody else's.
    case either
    /// A cluster of somebody else's only: it breaks its brokers.
    case outside
  }

  let name: String
  let fault: String
  var isQuick = false
  /// Requests per second of its crowd.
  var rate = Limits.rate
  /// The same on an outside cluster.
  var steadyRate = Limits.steadyRate
  /// Of its topic.
  var partitions = Limits.partitions
  /// What it runs on.
  var ground = Ground.embedded
  /// The settings of its topic on an outside cluster; `nil`: Penstock makes it.
  var topicOptions: [String: String]?
  /// Why this machine cannot run it; `nil` if it can.
  var obstacle: @Sendable () async -> String? = { nil }
  /// How the audit must end: with 0; with 2 for a row that halts a partition, because the audit cannot check everything
  /// then; with 1 if it must find promises that nobody will keep.
  var auditCode: Int32 = 0
  /// Another PostgreSQL than the run's, made in a folder, and how it is taken away again.
  var server: (@Sendable (_ folder: String) async throws -> PostgresServer)?
  var tearDown: @Sendable (PostgresServer) async -> Void = { _ in }
  let play: @Sendable (Stage) async throws -> Void

  /// The matrix, in the order in which it runs.
  static let all: [Row] =
    workerRows + leaseRows + intakeRows + postgresRows + brokerRows + networkRows + clientRows + poisonRows + clockRows
    + logRows
    + partitionRows + streamRows + signalRows + crowdRows + lifeRows + [WholeSaleRow.row] + diskRows + overloadRows
    + clusterRows
    + electionRows
    + deletionRows

  /// Whether it runs on an outside cluster, or on an embedded broker.
  func runs(outside: Bool) -> Bool { ground == .either || (ground == .outside) == outside }
}
