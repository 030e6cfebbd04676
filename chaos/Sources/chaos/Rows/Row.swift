/// One fault of the matrix.
struct Row: Sendable {
  let name: String
  let fault: String
  var isQuick = false
  /// Requests per second of its crowd.
  var rate = Limits.rate
  /// Of its topic.
  var partitions = Limits.partitions
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
    + partitionRows + diskRows + overloadRows
}
