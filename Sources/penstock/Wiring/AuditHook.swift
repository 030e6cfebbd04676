import Admin
import Audit
import FlashSale
import Foundation
import OrderLog
import SaleStore

extension Foundations {
  /// Decides the log again beside the lanes, for the admin, over a connection of its own.
  func audit(_ step: @escaping @Sendable (AuditStep) -> Void) async throws -> AuditVerdict {
    let log = try OrderReader(cluster: cluster, topic: configuration.log.topic, logger: logger)
    let store = try await AuditStore.connect(configuration.database.named("penstock audit"), logger: logger)
    do {
      let report = try await Auditor(store: store, log: log, topic: configuration.log.topic).run { progress in
        switch progress {
        case .sorting: step(AuditStep("sorting"))
        case .comparing(let done, let all): step(AuditStep("comparing", done: done, of: all))
        case .ledger(let lines): step(AuditStep("ledger", done: lines))
        }
      }
      await store.close()
      return AuditVerdict(report.verdict.rawValue, text: AuditText.text(report), json: try report.json())
    } catch {
      await store.close()
      throw error
    }
  }
}
