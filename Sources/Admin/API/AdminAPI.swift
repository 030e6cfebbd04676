internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import NIOCore
internal import SaleStore
internal import Telemetry

/// The admin API: `/admin/api`.
struct AdminAPI: Sendable {
  let desk: SaleDesk
  let webhooks: WebhookRoutes

  func add(to router: Router<ListenerContext>, behind gate: OperatorGate) {
    let api = router.group("admin/api").add(
      middleware: PathParameters(SaleID.self, Partition.self, WorkerID.self, OrderID.self, WebhookID.self))
    // What is wrong with a request's form is told before who asks is looked at.
    addCalls(to: api.group().add(middleware: gate))
    webhooks.add(to: api, behind: gate)
    addCallsWithBody(to: api.group().add(middleware: JSONBody(limit: Limits.bodyBytes)).add(middleware: gate))
  }

  private func addCalls(to api: RouterGroup<ListenerContext>) {
    api.at("sales/{sale}/close", post: { _, context in try await .json(desk.close(context.parameter())) })
    api.at("sales/{sale}/report", get: report)
    api.at("sales/{sale}/room/pause", post: { _, context in try await change(context, .pause) })
    api.at("sales/{sale}/room/resume", post: { _, context in try await change(context, .resume) })
    for form in OrderExport.allCases {
      api.at("sales/{sale}/orders.\(form.rawValue)", get: { _, context in try await orders(context.parameter(), form) })
    }
    api.at("sales/{sale}/orders", get: findOrders)
    api.at("orders/{order}", get: { _, context in try await .json(desk.order(context.parameter())) })
    api.at("partitions", get: { _, _ in try await .json(desk.partitions()) })
    api.at("workers/{worker}/drain", post: drain)
  }

  private func addCallsWithBody(to api: RouterGroup<ListenerContext>) {
    api.at("sales", get: { _, _ in try await .json(["sales": desk.sales()]) }, post: create)
    api.at("partitions/{partition}/resume", post: resume)
    api.at("sales/{sale}/room/rate", post: rate)
    api.at("sales/{sale}/room/revoke", post: revoke)
    api.at("sales/{sale}/room/beacon", post: tellBeacon)
    addCommands(to: api)
  }

  @Sendable private func create(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let sale = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in try Sale(parsing: bytes) }
    let created = try await desk.create(sale)
    return try .json(created, status: .created, headers: [.location: "/admin/api/sales/\(created.id)"])
  }

  @Sendable private func report(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let id: SaleID = try context.parameter()
    switch request.uri.queryParameters["format"] {
    case nil, "json": return try await .json(desk.report(on: id))
    case "csv":
      let text = ReportCSV.text(try await desk.report(on: id))
      let body = ResponseBody(byteBuffer: ByteBuffer(string: text))
      return .file(body, type: OrderExport.csv.mediaType, name: "\(id)-report.csv")
    default:
      throw Problem.unknownFormat
    }
  }

  private func orders(_ id: SaleID, _ form: OrderExport) async throws -> Response {
    // A sale's id needs no quoting in a file's name.
    try await .file(desk.orders(of: id, as: form), type: form.mediaType, name: "\(id)-orders.\(form.rawValue)")
  }

  @Sendable private func findOrders(_ request: Request, _ context: ListenerContext) async throws -> Response {
    guard let text = request.uri.queryParameters["buyer"], let buyer = BuyerID(rawValue: String(text)) else {
      throw Problem.invalidParameter("buyer", "must be a buyer's id")
    }
    return try await .json(desk.orders(of: buyer, in: context.parameter()))
  }

  @Sendable private func drain(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let worker: WorkerID = try context.parameter()
    return try await .json(desk.drain(worker.rawValue))
  }

  private func change(_ context: ListenerContext, _ command: RoomRecord.Command) async throws -> Response {
    try await .json(desk.changeRoom(of: context.parameter(), command))
  }

  @Sendable private func rate(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let rate = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try RoomRequest.rate(parsing: bytes)
    }
    return try await change(context, .rate(rate))
  }

  @Sendable private func revoke(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let buyer = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try RoomRequest.buyer(parsing: bytes)
    }
    return try await change(context, .revoke(buyer))
  }

  @Sendable private func tellBeacon(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let said = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try RoomRequest.beacon(parsing: bytes)
    }
    return try await change(context, .beacon(name: said.name, value: said.value))
  }

  @Sendable private func resume(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let asked = try await request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try ResumeRequest(parsing: bytes)
    }
    return try await .json(desk.resume(context.parameter(), asked))
  }
}
