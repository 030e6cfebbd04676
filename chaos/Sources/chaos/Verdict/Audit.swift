import Foundation
import Kafka
import TestSupport

/// `penstock audit` over a stage's log, database and ledger: it has the last word on a row.
enum Audit {
  /// Its exit code and what it said.
  static func run(_ stage: Stage) async throws -> (code: Int32, words: String) {
    var environment = stage.shop.environment
    environment["PENSTOCK_KAFKA_BROKERS"] = stage.log.brokers
    let (exit, output, errors) = try await PenstockProcess.run(
      "penstock", ["audit", "--ledger", stage.crowd.journal.ledger], environment: environment)
    return (exit.code, output + errors)
  }
}
