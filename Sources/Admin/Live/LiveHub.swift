internal import FlashSale
internal import Foundation
internal import HTTPServing
internal import Logging
internal import Metrics
internal import NIOCore
internal import SaleStore
internal import Time
internal import Vitals

/// Looks at each sale that is watched once a second, and sends what has changed to all who watch it.
///
/// (1) A sale costs one look a second, however many watch it, and none while nobody does.
/// (2) Who does not take events misses some, and is then sent the whole view: nothing grows with a slow reader.
/// (3) A stream ends with the session or token that it was begun with, within `Limits.livePassCheck` and the store's
///     answer. All passes are one question to the store. While the store does not answer, streams stay: nobody can have
///     ended a pass meanwhile, and they say that the store is away.
actor LiveHub {
  /// One look.
  typealias Look = @Sendable (SaleID) async -> LiveMoment

  private struct Channel {
    var watchers: [UInt64: Watcher] = [:]
    var track = LiveTrack(at: .now)
    /// In which its times are told.
    var zone = TimeZone.gmt
    /// In each language that somebody watches in.
    var parts: [Language: LiveParts] = [:]
    /// The last look.
    var number = 0
    var looking: Task<Void, Never>?
  }

  private struct Watcher {
    let language: Language
    /// What it was let in by; `nil`: nothing that ends.
    let pass: AccessPass?
    let events: AsyncStream<ByteBuffer>.Continuation
    /// Whether it has to be sent the whole view.
    var isBehind: Bool
  }

  private let look: Look
  private let check: PassCheck
  private var checking: Task<Void, Never>?
  private let looks: Counter
  private let watching: Gauge
  private var channels: [SaleID: Channel] = [:]
  private var nextWatcher: UInt64 = 0
  /// Tells the views of this process from those of others.
  private let run = String(UInt32.random(in: .min ... .max), radix: 36)

  init(metrics: any MetricsFactory, check: @escaping PassCheck = { $0 }, look: @escaping Look) {
    self.look = look
    self.check = check
    looks = Counter(AdminMetric.liveLooks, factory: metrics)
    watching = Gauge(AdminMetric.liveWatchers, factory: metrics)
  }

  /// A place among those who watch a sale.
  struct Place: Sendable {
    let sale: SaleID
    let number: UInt64
    let events: AsyncStream<ByteBuffer>
  }

  /// Begins to watch a sale. Whoever does has to `leave`.
  ///
  /// - Parameters:
  ///   - zone: in which times are told, from then on to all who watch the sale.
  ///   - pass: with which the stream ends; `nil`: nothing that ends.
  ///   - lastEvent: the id of the event that the watcher saw last.
  /// - Throws: `busy` past `Limits.liveStreams` or `Limits.liveSales`.
  func join(
    _ sale: SaleID, _ language: Language, in zone: TimeZone = .gmt, by pass: AccessPass? = nil, lastEvent: String?
  ) throws(Problem) -> Place {
    let watchers = channels.values.reduce(0) { $0 + $1.watchers.count }
    guard watchers < Limits.liveStreams, channels[sale] != nil || channels.count < Limits.liveSales else {
      throw .liveIsFull
    }
    let (events, continuation) = AsyncStream.makeStream(
      of: ByteBuffer.self, bufferingPolicy: .bufferingOldest(Limits.liveEvents))
    var channel = channels[sale] ?? Channel()
    channel.zone = zone
    nextWatcher += 1
    let isCurrent = channel.parts[language] != nil && lastEvent == id(of: channel)
    continuation.yield(LiveEvent.retry(milliseconds: .random(in: Limits.liveReturnMilliseconds)))
    if let parts = channel.parts[language], !isCurrent {
      continuation.yield(LiveEvent.parts(parts.html, id: id(of: channel), at: .now))
    }
    channel.watchers[nextWatcher] = Watcher(
      language: language, pass: pass, events: continuation, isBehind: channel.parts[language] == nil)
    if channel.looking == nil { channel.looking = Task { await self.keepLooking(at: sale) } }
    channels[sale] = channel
    if checking == nil { checking = Task { await self.keepChecking() } }
    watching.record(watchers + 1)
    return Place(sale: sale, number: nextWatcher, events: events)
  }

  /// Ends watching.
  func leave(_ place: Place) { end(place.number, of: place.sale) }

  private func end(_ number: UInt64, of sale: SaleID) {
    guard let watcher = channels[sale]?.watchers.removeValue(forKey: number) else { return }
    watcher.events.finish()
    if channels[sale]?.watchers.isEmpty == true {
      channels[sale]?.looking?.cancel()
      channels[sale] = nil
    }
    watching.record(channels.values.reduce(0) { $0 + $1.watchers.count })
  }

  /// Ends the streams whose pass has ended, until nobody watches.
  private func keepChecking() async {
    while !channels.isEmpty {
      try? await Task.sleep(for: Limits.livePassCheck)
      let passes = Set(channels.values.flatMap { $0.watchers.values.compactMap(\.pass) })
      guard !passes.isEmpty, let good = await check(passes) else { continue }
      let ended = passes.subtracting(good)
      for (sale, channel) in channels {
        for (number, watcher) in channel.watchers where watcher.pass.map(ended.contains) ?? false {
          end(number, of: sale)
        }
      }
    }
    checking = nil
  }

  private func id(of channel: Channel) -> String { "\(run)-\(channel.number)" }

  private func keepLooking(at sale: SaleID) async {
    while !Task.isCancelled {
      let began = ContinuousClock.now
      looks.increment()
      let moment = await look(sale)
      if Task.isCancelled { return }
      tell(sale, moment)
      try? await Task.sleep(until: max(began + Limits.liveLook, .now + Limits.liveLook / 10), clock: .continuous)
    }
  }

  private func tell(_ sale: SaleID, _ moment: LiveMoment) {
    guard var channel = channels[sale] else { return }
    defer { channels[sale] = channel }
    guard let view = channel.track.observe(moment) else { return }
    let languages = Set(channel.watchers.values.map(\.language))
    let books = languages.map { Phrasebook(language: $0, zone: channel.zone) }
    let all = Dictionary(uniqueKeysWithValues: books.map { ($0.language, LiveParts(view, $0)) })
    // A look without a change tells the time: whoever hears nothing takes the numbers for stale.
    channel.number += 1
    let id = id(of: channel)
    // Rendered once for each language, however many watch.
    let wholes = all.mapValues { LiveEvent.parts($0.html, id: id, at: moment.at) }
    let patches = all.map { language, parts in
      (language, LiveEvent.parts(parts.changed(since: channel.parts[language]), id: id, at: moment.at))
    }
    let patch = Dictionary(uniqueKeysWithValues: patches)
    channel.parts = all
    for (number, watcher) in channel.watchers {
      guard let event = (watcher.isBehind ? wholes : patch)[watcher.language] else { continue }
      switch watcher.events.yield(event) {
      case .enqueued: channel.watchers[number]?.isBehind = false
      case .dropped: channel.watchers[number]?.isBehind = true
      case .terminated: break
      @unknown default: break
      }
    }
  }
}

extension Problem {
  fileprivate static let liveIsFull = Problem(
    .busy, detail: "As many watch live as may at once. The page without a stream shows the same, a little later."
  ).with { $0.retryAfterMilliseconds = Limits.liveReturnMilliseconds.upperBound }
}
