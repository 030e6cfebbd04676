public import Accounts
public import HTTPServing
public import Hummingbird
public import Logging
public import Metrics
public import SaleStore
public import Telemetry

/// The admin API and its pages, as routes of the operator's listener.
public struct AdminRoutes: Sendable {
  private let api: AdminAPI
  private let pages: AdminPages

  /// Works on bulk jobs while it runs; several processes may.
  public let jobs: BulkRunner

  /// Makes reports quick while it runs.
  public let countAhead: CountAhead

  /// - Parameters:
  ///   - topic: the `orders` topic whose progress is shown.
  ///   - secondPerson: the commands that demand one.
  ///   - passwordCost: of a password's hash.
  ///   - metrics: where what is exported is counted.
  public init(
    store: SaleStore, topic: String, hooks: AdminHooks, secondPerson: Set<GuardedCommand> = [],
    passwordCost: PasswordHash.Cost = .standard, metrics: any MetricsFactory, logger: Logger
  ) {
    let desk = SaleDesk(store: store, hooks: hooks, metrics: metrics, topic: topic, logger: logger)
    let approvals = ApprovalDesk(desk: desk, demanding: secondPerson)
    let passwords = PasswordQueue(cost: passwordCost)
    let bulk = BulkDesk(desk: desk)
    let audits = AuditDesk(desk: desk, run: hooks.audit)
    jobs = BulkRunner(bulk)
    countAhead = CountAhead(desk)
    api = AdminAPI(
      desk: desk, webhooks: WebhookRoutes(desk: WebhookDesk(desk: desk)), approvals: approvals,
      quarantine: QuarantineRoutes(desk: desk), audits: AuditRoutes(desk: audits),
      bulk: BulkRoutes(desk: bulk, approvals: approvals))
    pages = AdminPages(
      desk: desk, approvals: approvals,
      signIns: SignInDesk(desk: desk, passwords: passwords, strangers: StrangerLockouts()),
      users: UserDesk(desk: desk, passwords: passwords), audits: audits)
  }

  /// Adds them, behind the gate.
  public func add(to router: Router<ListenerContext>, behind gate: OperatorGate) {
    api.add(to: router, behind: gate)
    pages.add(to: router, behind: gate)
  }
}
