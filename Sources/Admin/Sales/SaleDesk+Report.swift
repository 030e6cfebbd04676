internal import FlashSale
internal import HTTPServing
internal import SaleStore
internal import Time

// The report as a page.

extension SaleDesk {
  /// - Parameters:
  ///   - vector: the earlier vector that it is as of; `nil`: as of now.
  ///   - window: the part of the timeline that is shown; `nil`: all of it.
  ///   - other: the id of a sale to compare with.
  ///   - isQueued: whether a change of the sale is in the log that is not decided.
  func reportPage(
    _ id: SaleID, _ frame: PageFrame, asOf vector: OffsetVector?, _ window: ReportWindow?, with other: String?,
    isQueued: Bool
  ) async throws -> HTML {
    let stored = try await stored(id)
    let report = try await report(on: stored, countsAnew: false, asOf: vector)
    var comparison: (with: SaleReport, rows: ReportComparison)?
    if let other {
      guard let other = SaleID(rawValue: other) else { throw Problem.invalidParameter("with", "must be a sale's id") }
      let earlier = try await self.report(on: self.stored(other), countsAnew: false)
      comparison = (earlier, ReportComparison(report, with: earlier, frame.say))
    }
    let zone = try await zone(of: stored)
    let queued: HTML = isQueued ? "<p class=\"note\" role=\"status\">\(frame.say(SaleWords.queued))</p>" : .empty
    // What is done to a sale is done to it as it stands now.
    let actions: HTML = vector == nil ? "\(queued)\(SaleActions.html(frame, stored, zone: zone))" : .empty
    return ReportPage.html(
      frame.showing(zone), report, try await timeline(of: stored, asOf: vector, window), actions: actions,
      partitions: try await partitions(), comparison: comparison, isEarlier: vector != nil)
  }

  /// The same as one file, which needs nothing else.
  func reportFile(_ id: SaleID, _ frame: PageFrame, asOf vector: OffsetVector?) async throws -> HTML {
    let stored = try await stored(id)
    return ReportPage.html(
      frame.showing(try await zone(of: stored)), try await report(on: stored, asOf: vector),
      try await timeline(of: stored, asOf: vector, nil), partitions: try await partitions(), isEarlier: vector != nil,
      in: .file)
  }

  /// A sale's decisions, in slots as fine as the chart can show.
  ///
  /// - Parameter vector: those before it; `nil`: all.
  func timeline(
    of stored: StoredSale, asOf vector: OffsetVector?, _ window: ReportWindow?
  ) async throws -> ReportTimeline {
    try await asking("timeline", atMost: Limits.reportPatience) { [store, topic] in
      let shown: @Sendable (ClosedRange<Timestamp>) -> TimeSlots = { whole in
        let part = window.map { $0.from...Timestamp(microseconds: $0.to.microseconds - 1) }
        return TimeSlots(covering: part ?? whole, atMost: Limits.timelineBars)
      }
      let found = try await store.decisions(of: stored, topic: topic, asOf: vector) { whole in
        let slots = shown(whole)
        return (slots.start..<slots.end, slots.width)
      }
      guard let found else { return .empty }
      return ReportTimeline(whole: found.whole, slots: shown(found.whole), decisions: found.decisions)
    }
  }
}
