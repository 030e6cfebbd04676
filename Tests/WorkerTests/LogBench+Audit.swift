import Audit
import OrderLog
import SaleStore
import TestSupport
import Testing

extension LogBench {
  /// Expects an audit to find all rows as the log, decided anew, gives them, and nothing left to decide (I1, I4, I10).
  @discardableResult
  func expectReplayed() async throws -> AuditReport {
    let store = try await AuditStore.connect(try database.settings, logger: quietLogger)
    let log = try OrderReader(cluster: cluster, topic: Self.topic, logger: quietLogger)
    let report: AuditReport
    do {
      report = try await Auditor(store: store, log: log, topic: Self.topic).run()
      await store.close()
    } catch {
      await store.close()
      throw error
    }
    #expect(report.verdict == .sound, "\(report)")
    #expect(report.counts.inFlight == 0)
    return report
  }
}
