/// One fault of the matrix.
struct Row: Sendable {
  let name: String
  let fault: String
  var isQuick = false
  /// Requests per second of its crowd.
  var rate = Limits.rate
  /// Why this machine cannot run it; `nil` if it can.
  var obstacle: @Sendable () async -> String? = { nil }
  /// How the audit has to end: 0; 2 for a row that halts a partition, of which the audit has to say that it cannot
  /// check all; 1 where it has to find promises that nobody will keep.
  var auditCode: Int32 = 0
  /// Another PostgreSQL than the run's, made in a folder, and how it is taken away again.
  var server: (@Sendable (_ folder: String) async throws -> PostgresServer)?
  var tearDown: @Sendable (PostgresServer) async -> Void = { _ in }
  let play: @Sendable (Stage) async throws -> Void

  /// The matrix, in the order in which it runs.
  static let all: [Row] =
    workerRows + intakeRows + postgresRows + brokerRows + networkRows + clientRows + poisonRows + clockRows + logRows
    + partitionRows + diskRows + overloadRows
}
