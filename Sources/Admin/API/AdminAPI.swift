internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SaleStore
internal import Telemetry

/// The admin API: `/admin/api`. Each call names the right that it needs; what changes something is in the admin log.
struct AdminAPI: Sendable {
  let desk: SaleDesk
  let webhooks: WebhookRoutes
  let approvals: ApprovalDesk
  let quarantine: QuarantineRoutes
  let audits: AuditRoutes
  let bulk: BulkRoutes

  func add(to router: Router<ListenerContext>, behind gate: OperatorGate) {
    let api = router.group("admin/api").add(
      middleware: PathParameters(
        SaleID.self, Partition.self, WorkerID.self, OrderID.self, WebhookID.self, ApprovalID.self,
        OffsetInPath.self, NumberInPath.self))
    let door = Doorkeeper(store: desk.store, gate: gate)
    // What is wrong with a request's form is told before who asks is looked at.
    let calls = GuardedRoutes(api.group().add(middleware: gate), door: door)
    let withBody = GuardedRoutes(
      api.group().add(middleware: JSONBody(limit: Limits.bodyBytes)).add(middleware: gate), door: door)
    addCalls(to: calls)
    LogRoutes(desk: desk, approvals: approvals).add(to: calls)
    webhooks.add(to: calls, withBody: withBody)
    quarantine.add(to: calls, withBody: withBody)
    audits.add(to: calls)
    bulk.add(to: calls, withBody: withBody)
    addCallsWithBody(to: withBody)
  }

  private func addCalls(to api: GuardedRoutes) {
    api.at("sales/{sale}/close", post: .needs(.operate, close))
    api.at("sales/{sale}/report", get: .needs(.view, report))
    api.at(
      "sales/{sale}/room/pause", post: .needs(.operate) { try await change($0, .pause, "paused", Self.reason(of: $0)) })
    api.at(
      "sales/{sale}/room/resume",
      post: .needs(.operate) { try await change($0, .resume, "goes on", Self.reason(of: $0)) })
    for form in OrderExport.allCases {
      api.at("sales/{sale}/orders.\(form.rawValue)", get: .needs(.export) { try await orders($0, form) })
    }
    api.at("sales/{sale}/orders", get: .needs(.view, findOrders))
    api.at("sales/{sale}/moment", get: .needs(.view, moment))
    api.at("orders", get: .needs(.view, lookUpOrders))
    api.at("orders/{order}", get: .needs(.view, order))
    api.at(
      "orders/{order}/webhooks/resend",
      post: .needs(OrderAction.resend.right) { visit in
        let why = try await Self.reason(of: visit)
        return try await .json(["resent": OrderDesk(desk: desk).resend(visit.parameter(), why: why, by: visit)])
      })
    api.at("partitions", get: .needs(.view) { _ in try await .json(desk.partitions()) })
    api.at("workers/{worker}/drain", post: .needs(.operate, drain))
  }

  private func addCallsWithBody(to api: GuardedRoutes) {
    api.at(
      "sales", get: .needs(.view) { _ in try await .json(["sales": desk.sales()]) }, post: .needs(.operate, create))
    api.at("partitions/{partition}/resume", post: .needs(.operate, resume))
    api.at("sales/{sale}/room/rate", post: .needs(.operate, rate))
    api.at("sales/{sale}/room/revoke", post: .needs(.operate, revoke))
    api.at("sales/{sale}/room/beacon", post: .needs(.operate, tellBeacon))
    addCommands(to: api)
    addOrderCommands(to: api)
  }

  /// Why a call is made that needs no body.
  static func reason(of visit: Visit) async throws -> String {
    try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try CommandRequest.Note(parsing: bytes).reason
    }
  }

  @Sendable private func create(_ visit: Visit) async throws -> Response {
    let sale = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try Sale(parsing: bytes)
    }
    let created = try await visit.logged(.saleCreated, sale.id.rawValue, to: sale.summary) {
      try await desk.create(sale)
    }
    return try .json(created, status: .created, headers: [.location: "/admin/api/sales/\(created.id)"])
  }

  @Sendable private func report(_ visit: Visit) async throws -> Response {
    let id: SaleID = try visit.parameter()
    let vector = try visit.vector()
    switch visit.request.uri.queryParameters["format"] {
    case nil, "json": return try await .json(desk.report(on: id, asOf: vector))
    case "csv":
      // A file that is taken out, as the page's is.
      try visit.demand(.export)
      let report = try await visit.logged(.reportExported, id.rawValue, to: visit.words(of: "csv", asOf: vector)) {
        try await desk.report(on: id, asOf: vector)
      }
      let body = ResponseBody(byteBuffer: ByteBuffer(string: ReportCSV.text(report)))
      var response = Response.file(body, type: OrderExport.csv.mediaType, name: "\(id)-report.csv")
      response.headers[.asOf] = report.asOf
      return response
    default:
      throw Problem.unknownFormat
    }
  }

  @Sendable private func order(_ visit: Visit) async throws -> Response {
    let id: OrderID = try visit.parameter()
    let order = try await desk.order(id)
    guard try visit.showsBuyers() else { return try .json(order.masked) }
    return try await visit.logged(.buyersUnmasked, "\(id)") { try .json(order) }
  }

  @Sendable private func drain(_ visit: Visit) async throws -> Response {
    let worker: WorkerID = try visit.parameter()
    return try await visit.logged(.workerDrained, "\(worker.rawValue)") {
      try await .json(desk.drain(worker.rawValue))
    }
  }

  private func change(
    _ visit: Visit, _ command: RoomRecord.Command, _ words: String, _ reason: String
  ) async throws -> Response {
    let id: SaleID = try visit.parameter()
    return try await visit.logged(.roomChanged, id.rawValue, to: words, why: reason) {
      try await .json(desk.changeRoom(of: id, command))
    }
  }

  @Sendable private func rate(_ visit: Visit) async throws -> Response {
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try RoomRequest.rate(parsing: bytes)
    }
    return try await change(visit, .rate(asked.rate), "rate \(asked.rate)", asked.reason)
  }

  @Sendable private func revoke(_ visit: Visit) async throws -> Response {
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try RoomRequest.buyer(parsing: bytes)
    }
    return try await change(visit, .revoke(asked.buyer), "revoked \(BuyerMask.text(asked.buyer))", asked.reason)
  }

  @Sendable private func tellBeacon(_ visit: Visit) async throws -> Response {
    let said = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try RoomRequest.beacon(parsing: bytes)
    }
    return try await change(visit, .beacon(name: said.name, value: said.value), "beacon \(said.name)", said.reason)
  }

  @Sendable private func resume(_ visit: Visit) async throws -> Response {
    let told = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try ResumeRequest(parsing: bytes)
    }
    let partition: Partition = try visit.parameter()
    let asked = try await desk.meant(told, of: partition)
    return try await approvals.run(
      .resume, .partitionResumed, "\(partition)", to: asked.offset.map { "at \($0)" }, body: try asked.json,
      why: asked.because, by: visit
    ) { try await desk.resume(partition, asked) }.response()
  }
}

extension Sale {
  /// What the admin log says of it.
  var summary: String {
    let items = items.prefix(20).map { "\($0.sku) \($0.stock) at \($0.price.minor) \($0.price.currency)" }
    let more = self.items.count > items.count ? ", and \(self.items.count - items.count) more" : ""
    return "\(name); \(startsAt) to \(endsAt); \(items.joined(separator: ", "))\(more)"
  }
}
