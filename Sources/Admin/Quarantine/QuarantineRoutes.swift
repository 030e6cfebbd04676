internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import SaleStore
internal import Telemetry
internal import Vitals

/// The offset of a record, in a path.
struct OffsetInPath: PathParameter {
  static var nameInPath: String { "offset" }
  let offset: Offset

  init?(inPath text: String) {
    guard let number: Int64 = Self.number(text), number < .max else { return nil }
    offset = Offset(number)
  }
}

/// `/admin/api/quarantine`: looking into records that could not be decided, and deciding what becomes of them.
struct QuarantineRoutes: Sendable {
  let desk: SaleDesk

  func add(to calls: GuardedRoutes, withBody: GuardedRoutes) {
    calls.at("quarantine", get: .needs(.view, list))
    calls.at("quarantine/{partition}/{offset}", get: .needs(.view, show))
    withBody.at(
      "quarantine/{partition}/{offset}/requeue", post: .needs(.operate) { try await resolve($0, requeues: true) })
    withBody.at(
      "quarantine/{partition}/{offset}/dismiss", post: .needs(.operate) { try await resolve($0, requeues: false) })
  }

  @Sendable private func list(_ visit: Visit) async throws -> Response {
    let records = try await desk.quarantined(as: visit)
    return try .json(["records": records.map { AdminQuarantine($0, .summary) }])
  }

  @Sendable private func show(_ visit: Visit) async throws -> Response {
    try await .json(record(visit))
  }

  /// One record; what is in it only to those who may know the buyers that it names.
  func record(_ visit: Visit) async throws -> AdminQuarantine {
    let showsBuyers = try visit.showsBuyers()
    let place = try Self.place(visit)
    let record = try await desk.quarantined(place)
    guard showsBuyers else { return AdminQuarantine(record, .summary) }
    return try await visit.logged(.buyersUnmasked, "record \(place)") { AdminQuarantine(record, .whole) }
  }

  private func resolve(_ visit: Visit, requeues: Bool) async throws -> Response {
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try ReasonRequest(parsing: bytes)
    }
    return try .json(AdminQuarantine(try await resolve(visit, requeues: requeues, asked.because), .summary))
  }

  /// Decides what becomes of a record, and says so in the admin log.
  func resolve(_ visit: Visit, requeues: Bool, _ because: String) async throws -> QuarantinedRecord {
    let place = try Self.place(visit)
    return try await visit.logged(requeues ? .recordRequeued : .recordDismissed, "\(place)", why: because) {
      try await desk.resolve(place, requeues: requeues, by: visit.name, because)
    }
  }

  private static func place(_ visit: Visit) throws(Problem) -> LogPosition {
    let offset: OffsetInPath = try visit.parameter()
    return LogPosition(partition: try visit.parameter(), offset: offset.offset)
  }
}

extension SaleDesk {
  /// A page of the records that were set aside: `open=true` for those that nobody has decided about, `after=3@1234`.
  func quarantined(as visit: Visit) async throws -> [QuarantinedRecord] {
    var after: LogPosition?
    if let text = visit.query("after") {
      let parts = text.split(separator: "@", omittingEmptySubsequences: false)
      guard parts.count == 2, let partition = Partition(inPath: String(parts[0])),
        let offset = OffsetInPath(inPath: String(parts[1]))
      else { throw Problem.invalidParameter("after", "must be a place of the log, as 3@1234") }
      after = LogPosition(partition: partition, offset: offset.offset)
    }
    let isOpen = try visit.request.uri.queryParameters.flag("open")
    return try await asking("quarantine") { [store, topic, after] in
      try await store.quarantinedRecords(topic: topic, isOpen: isOpen, after: after)
    }
  }

  /// Throws a 404 if no such record was set aside.
  func quarantined(_ position: LogPosition) async throws -> QuarantinedRecord {
    let record = try await asking("quarantine") { [store, topic] in
      try await store.quarantinedRecord(at: position, topic: topic)
    }
    guard let record else {
      throw Problem(.recordNotFound, detail: "No record at \(position) was set aside.")
    }
    return record
  }

  /// Writes a copy of the record behind all others of its partition, where a lane decides it anew, or notes that it is
  /// not needed. The record itself stays where it is, in the log and in the quarantine.
  ///
  /// A requeue whose answer was lost can be repeated: an order that is placed twice is one order, and a command with an
  /// id is done once.
  func resolve(
    _ position: LogPosition, requeues: Bool, by name: String, _ because: String
  ) async throws -> QuarantinedRecord {
    let record = try await quarantined(position)
    if let earlier = record.resolution { throw Problem.alreadyResolved(position, earlier) }
    var copy: Offset?
    if requeues {
      do {
        copy = try await Patience.value(atMost: Limits.writePatience) { [hooks] in
          try await hooks.requeue(position.partition, record.key ?? [], record.value ?? []).offset
        }
      } catch {
        logger.warning("a record was not requeued", metadata: ["error": "\(String(reflecting: error))"])
      }
      guard copy != nil else { throw Problem.outcomeUnknown("the record may be in the log again, now or later") }
    }
    let requeuedAt = copy
    let counts = try await asking("resolve", changes: "the record may be resolved, now or later") { [store, topic] in
      try await store.resolve(position, topic: topic, by: name, because, requeuedAt: requeuedAt)
    }
    let resolved = try await quarantined(position)
    if !counts, let earlier = resolved.resolution { throw Problem.alreadyResolved(position, earlier) }
    logger.notice(
      "a quarantined record is resolved",
      metadata: [
        "record": "\(position)", "resolution": "\(requeues ? "requeued" : "dismissed")", "by": "\(name)",
        "because": "\(because)",
      ])
    return resolved
  }
}

extension Problem {
  fileprivate static func alreadyResolved(
    _ position: LogPosition, _ earlier: QuarantinedRecord.Resolution
  ) -> Problem {
    Problem(
      .recordResolved,
      detail: "The record at \(position) was \(earlier.name) by \(earlier.by) at \(earlier.at): \(earlier.because)")
  }
}
