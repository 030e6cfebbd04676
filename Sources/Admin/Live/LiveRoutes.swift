internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import SaleStore
internal import ServiceLifecycle
internal import Time
internal import Vitals

/// A sale's live page, and the stream that keeps it up to date.
struct LiveRoutes: Sendable {
  private let desk: SaleDesk
  private let hub: LiveHub

  init(desk: SaleDesk) {
    self.desk = desk
    hub = LiveHub(
      metrics: desk.metrics, check: { await desk.good($0) }, look: { await desk.moment(of: $0) })
  }

  func add(to pages: GuardedRoutes) {
    pages.at("admin/sales/{sale}/live", get: .needs(.view, page))
    pages.at("admin/sales/{sale}/live/events", get: .needs(.view, events))
  }

  /// The page as it is now, which needs no script: it is then loaded anew by hand.
  @Sendable private func page(_ visit: Visit) async throws -> Response {
    let id: SaleID = try visit.parameter()
    let stored = try await desk.stored(id)
    var track = LiveTrack(at: .now)
    let view = track.observe(await desk.moment(of: id))
    return .page(LivePage.html(PageFrame(visit).showing(try await desk.zone(of: stored)), stored, view))
  }

  @Sendable private func events(_ visit: Visit) async throws -> Response {
    let stored = try await desk.stored(visit.parameter())
    var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
    if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
    guard visit.request.method != .head else { return Response(status: .ok, headers: headers) }
    let last = HTTPField.Name("Last-Event-ID").flatMap { visit.request.headers[$0] }
    // The page's own, whatever was chosen since on another one.
    let language = visit.query("language").flatMap(Language.init(rawValue:)) ?? Language(of: visit.request)
    let zone = try await desk.zone(of: stored)
    let place = try await hub.join(stored.sale.id, language, in: zone, by: visit.pass, lastEvent: last)
    return Response(status: .ok, headers: headers, body: body(place))
  }

  private func body(_ place: LiveHub.Place) -> ResponseBody {
    ResponseBody { [hub] writer in
      // It ends after a while, so that its use is noted; with its session or token; when the process stops; and when
      // its client takes nothing any more.
      let ender = Task {
        try? await Task.sleep(for: Limits.liveStreamLife)
        await hub.leave(place)
      }
      defer { ender.cancel() }
      do {
        try await withGracefulShutdownHandler {
          for await event in place.events { try await writer.write(event) }
        } onGracefulShutdown: {
          Task { await hub.leave(place) }
        }
        await hub.leave(place)
      } catch {
        await hub.leave(place)
        throw error
      }
      try await writer.finish(nil)
    }
  }
}

extension SaleDesk {
  /// One look at a sale: what does not answer in time is missing.
  func moment(of id: SaleID) async -> LiveMoment {
    async let reading = liveReading(of: id)
    async let ends = liveEnds()
    let (read, ended) = await (reading, ends)
    var room: RoomCounts?
    if let read, read.sale.sale.shaping.room != nil { room = await hooks.room(read.sale.number) }
    return LiveMoment(at: .now, reading: read, ends: ended, room: room)
  }

  private func liveReading(of id: SaleID) async -> LiveReading? {
    do {
      let answer = try await Patience.value(atMost: Limits.livePatience) { [store, topic] in
        try await store.liveReading(of: id, topic: topic)
      }
      return answer ?? nil
    } catch {
      logger.warning("a look at a sale failed", metadata: ["sale": "\(id)", "error": "\(String(reflecting: error))"])
      return nil
    }
  }

  private func liveEnds() async -> [Partition: Offset]? {
    // The hook has logged why, or will: the page says that the log does not answer.
    try? await Patience.value(atMost: Limits.livePatience) { [hooks] in try await hooks.logEnds() } ?? nil
  }
}
