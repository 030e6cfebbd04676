import ArgumentParser
import Foundation
import Kafka
import Postgres
import SaleStore

/// This process's environment, the only source of configuration.
var environment: [String: String] { ProcessInfo.processInfo.environment }

/// Runs a command's body, and ends the process with one clear line and a fitting exit code if it throws.
///
/// 78 `EX_CONFIG`: the configuration is wrong, nothing was started. 69 `EX_UNAVAILABLE`: something that is needed does
/// not answer. 66 `EX_NOINPUT`: a file cannot be read or written. 1: refused, or anything else. What is only asked for
/// is printed too.
func reporting(_ body: () async throws -> Void) async throws {
  for line in Variable.unknown(in: environment) { complain("warning: \(line)") }
  do {
    try await body()
  } catch let error as ExitCode {
    throw error
  } catch {
    if let undone = (error as? UnknownChange)?.cause as? Undone ?? error as? Undone {
      try StandardOutput.write(line: pretty(undone.answer))
    }
    complain(words(of: error))
    throw ExitCode(failureCode(of: error))
  }
}

/// Writes a line for the person at the terminal.
func complain(_ words: String) {
  FileHandle.standardError.write(Data("penstock: \(words)\n".utf8))
}

/// What to tell of a failure, in a line: the words of the library that knew why, and what may mend it.
func words(of error: any Error) -> String {
  switch error {
  case let error as PostgresError:
    guard let advice = advice(on: error) else { return "PostgreSQL: \(error.reason)" }
    let ends = error.reason.last.map { ".?!".contains($0) } ?? true
    return "\(Variable.databaseURL.rawValue): \(error.reason)\(ends ? "" : ".") \(advice)"
  case let error as KafkaError:
    guard error.isRetriable, let brokers = environment[Variable.kafkaBrokers.rawValue], !brokers.isEmpty else {
      return "Kafka: \(error.reason)"
    }
    return "\(Variable.kafkaBrokers.rawValue) \(brokers): \(error.reason)"
  default: return "\(error)"
  }
}

/// The exit code of a failure.
func failureCode(of error: any Error) -> Int32 {
  switch error {
  case is ConfigurationError: 78
  case let error as PostgresError where error.isRefusal || error.kind == .unsupportedServer: 78
  case let error as PostgresError: error.isRetriable || error.isConnectionLost ? 69 : 1
  case StoreError.partitionCountChanged: 78
  case let error as KafkaError where error.code == .topicMismatch: 78
  case let error as KafkaError: error.isRetriable || error.code == .authentication ? 69 : 1
  case let error as AdminClient.Failure: error.exitCode
  case let error as Undone: error.exitCode
  case is UnknownChange: UnknownChange.exitCode
  case is Unavailable: 69
  case is FileFailure: 66
  default: 1
  }
}

/// What to do when no connection to PostgreSQL could be made; `nil` for other failures.
private func advice(on error: PostgresError) -> String? {
  switch (error.kind, error.sqlState) {
  case (.unsupportedServer, _): "Penstock needs PostgreSQL 15 or newer"
  case (.connect, "28P01"), (.connect, "28000"): "Check the role and its password, and the server's pg_hba.conf"
  case (.connect, "3D000"): "Check the database's name, or make it with createdb"
  case (.connect, "42501"): "GRANT CONNECT on the database to the role"
  case (.connect, "53300"): "Raise the server's max_connections, or lower \(Variable.databasePool.rawValue)"
  case (.connect, _): "Check the host, the port and sslmode, and that PostgreSQL takes connections there"
  default: nil
  }
}

/// A required service that does not answer.
struct Unavailable: Error, CustomStringConvertible {
  var description: String
}
