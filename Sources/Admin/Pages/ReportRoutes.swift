internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import NIOCore
internal import Telemetry

/// A sale's report as a page, and as a file.
struct ReportRoutes: Sendable {
  let desk: SaleDesk

  func add(to pages: GuardedRoutes) {
    pages.at("admin/sales/{sale}", get: .needs(.view, page))
    pages.at("admin/sales/{sale}/report.html", get: .needs(.export, file))
  }

  @Sendable private func page(_ visit: Visit) async throws -> Response {
    let window = try ReportWindow(from: visit.query("from"), to: visit.query("to"))
    let id: SaleID = try visit.parameter()
    let isQueued = visit.query("queued") != nil
    return try await .page(
      desk.reportPage(
        id, PageFrame(visit), asOf: visit.vector(), window, with: visit.query("with"), isQueued: isQueued))
  }

  @Sendable private func file(_ visit: Visit) async throws -> Response {
    let id: SaleID = try visit.parameter()
    let vector = try visit.vector()
    let page = try await visit.logged(.reportExported, id.rawValue, to: visit.words(of: "html", asOf: vector)) {
      try await desk.reportFile(id, PageFrame(visit), asOf: vector)
    }
    return .file(
      ResponseBody(byteBuffer: ByteBuffer(string: page.text)), type: "text/html; charset=utf-8",
      name: "\(id)-report.html")
  }
}
