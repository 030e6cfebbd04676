import Foundation
import Testing
import Time

@testable import FlashSale

/// Webhooks in virtual time: what is tried when, what is held back, when an endpoint is switched off.
struct WebhookRuleTests {
  private static let start = Timestamp(microseconds: 1_800_000_000_000_000)
  private static let day: Int64 = 86_400_000_000

  @Test(arguments: [0.0, 0.5, 1.0])
  func `a receiver that is down for a day is tried again and again, ever more seldom, and then given up`(
    spread: Double
  ) {
    var now = Self.start
    var pauses: [Int64] = []
    var attempts: Int32 = 1
    while case .tryAgain(let at) = DeliveryRules.next(after: attempts, first: Self.start, now: now, spread: spread) {
      pauses.append(at.microseconds(since: now))
      now = at
      attempts += 1
    }
    #expect(pauses == pauses.sorted() && (20...80).contains(pauses.count))
    #expect((2_500_000...5_000_000).contains(pauses[0]) && (pauses.last ?? 0) <= 3_600_000_000)
    let tried = now.microseconds(since: Self.start)
    #expect(tried < Self.day && tried > Self.day - 3_600_000_000, "up to the last hour of the day")
  }

  @Test func `a spread out of its range changes nothing`() {
    let next = { DeliveryRules.next(after: 3, first: Self.start, now: Self.start, spread: $0) }
    #expect(next(-7) == next(0) && next(7) == next(1) && next(0) != next(1))
    #expect(DeliveryRules.next(after: .max, first: Self.start, now: Self.start, spread: 1) != .dead)
  }

  @Test func `an endpoint is switched off by a failure a day after its first`() {
    let at = { Timestamp(microseconds: Self.start.microseconds + $0) }
    #expect(!DeliveryRules.isToBeSwitchedOff(failingSince: Self.start, now: Self.start))
    #expect(!DeliveryRules.isToBeSwitchedOff(failingSince: Self.start, now: at(Self.day - 1)))
    #expect(DeliveryRules.isToBeSwitchedOff(failingSince: Self.start, now: at(Self.day)))
  }

  @Test func `an attempt that a sleeping process took two days over is one failure, and no more`() {
    let new = DeliveryRules.Record(attempts: 0, firstTriedAt: nil, failingSince: nil, isOnly: false)
    let late = Timestamp(microseconds: Self.start.microseconds + 2 * Self.day)
    let failure = DeliveryRules.failed(new, now: late, spread: 1)
    #expect(failure.next == .tryAgain(late.after(.seconds(5))) && !failure.switchesOff)
    #expect(failure.record == DeliveryRules.Record(attempts: 1, firstTriedAt: late, failingSince: late, isOnly: false))
    let next = DeliveryRules.failed(failure.record, now: late.after(.seconds(86_400)), spread: 1)
    #expect(next.next == .dead && next.switchesOff && next.record.attempts == 2)
  }

  @Test func `an endpoint fails no more once its last delivery is given up, and goes on while others are left`() {
    let late = Timestamp(microseconds: Self.start.microseconds + Self.day - 1)
    for isOnly in [true, false] {
      let record = DeliveryRules.Record(
        attempts: 30, firstTriedAt: Self.start, failingSince: Self.start, isOnly: isOnly)
      let failure = DeliveryRules.failed(record, now: late, spread: 1)
      #expect(failure.next == .dead && !failure.switchesOff)
      #expect(failure.record.failingSince == (isOnly ? nil : Self.start))
    }
  }

  private func waiting(_ id: Int64, _ order: UInt64, at seconds: Int64 = 0) -> DeliveryPlan.Waiting {
    DeliveryPlan.Waiting(
      id: id, order: OrderID(high: 7 << 32, low: order),
      nextAt: Timestamp(microseconds: Self.start.microseconds + seconds * 1_000_000))
  }

  @Test func `of each order one is on its way, and what waits for another try holds back what is behind it`() {
    var plan = DeliveryPlan()
    let all = [waiting(1, 1, at: 60), waiting(2, 1), waiting(3, 2), waiting(4, 2), waiting(5, 3)]
    #expect(plan.take(all, now: Self.start, atOnce: 10) == [3, 5])
    #expect(plan.take(all, now: Self.start, atOnce: 10).isEmpty, "they are on their way")
    plan.ended(OrderID(high: 7 << 32, low: 2))
    #expect(plan.take([all[0], all[1], all[3]], now: Self.start, atOnce: 10) == [4])
    let later = Timestamp(microseconds: Self.start.microseconds + 60_000_000)
    #expect(plan.take([all[0], all[1]], now: later, atOnce: 10) == [1])
  }

  @Test func `no more are on their way than the endpoint takes`() {
    var plan = DeliveryPlan()
    let all = (1...9).map { waiting(Int64($0), UInt64($0)) }
    #expect(plan.take(all, now: Self.start, atOnce: 4).count == 4)
    #expect(plan.take(Array(all.dropFirst(4)), now: Self.start, atOnce: 4).isEmpty && plan.count == 4)
    plan.ended(OrderID(high: 7 << 32, low: 1))
    #expect(plan.take(Array(all.dropFirst(4)), now: Self.start, atOnce: 4) == [5])
  }

  @Test func `a signature is that of Standard Webhooks' own example`() throws {
    let secret = WebhookSecret(bytes: Array(try #require(Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))))
    let signature = secret.signature(
      of: #"{"test": 2432232314}"#, id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      at: Timestamp(microseconds: 1_614_265_330_123_456))
    #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    #expect(secret.text == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" && !"\(secret)".contains("MfKQ"))
  }

  private func parse(_ json: String) -> Result<WebhookRequest, BodyError> {
    Array(json.utf8).withUnsafeBytes { bytes in
      do throws(BodyError) { return .success(try WebhookRequest(parsing: bytes)) } catch { return .failure(error) }
    }
  }

  @Test func `an endpoint is read`() throws {
    let full = try parse(#"{"url":"HTTPS://Shop.Example:8443/a?b=c","events":["paid","refund_due"],"concurrency":64}"#)
      .get()
    #expect(full.url == "https://shop.example:8443/a?b=c" && full.events == [.paid, .refundDue])
    #expect(full.concurrency == 64)
    let least = try parse(#"{"url":"http://[::1]/","events":null}"#).get()
    #expect(least.events.isEmpty && least.concurrency == Limits.webhookConcurrencyDefault)
  }

  @Test(arguments: [
    "{}", #"{"url":"ftp://a/"}"#, #"{"url":"https:///a"}"#, #"{"url":"https://a:b@c/"}"#, #"{"url":"https://a@c/"}"#,
    #"{"url":"https://a/#b"}"#, #"{"url":"/a"}"#, #"{"url":"https://a b/"}"#, #"{"url":"https://a:0/"}"#,
    #"{"url":"https://a:65536/"}"#, #"{"url":"https://a/","concurrency":0}"#, #"{"url":"https://a/","concurrency":65}"#,
    #"{"url":"https://a/","events":["sold"]}"#, #"{"url":"https://a/","events":"paid"}"#,
    #"{"url":"https://a/","secret":"x"}"#, #"{"url":7}"#, "[]",
    #"{"url":"https://a/\#(String(repeating: "x", count: 500))"}"#,
  ])
  func `what is no endpoint is refused`(json: String) {
    #expect(throws: BodyError.self) { try parse(json).get() }
  }
}

/// What of an order's life is told, and how it is split up.
struct OrderEventTests {
  private let subject: EventSubject
  private let at = Timestamp(microseconds: 1_800_000_000_000_000)

  init() throws {
    subject = EventSubject(
      order: OrderID(high: 7 << 32, low: 1), sale: SaleID(unchecked: "s"), sku: SKU(unchecked: "phone"),
      buyer: BuyerID(unchecked: "ann"), price: try Price(minor: 100, currency: "CNY"))
  }

  private func event(_ order: UInt64, _ offset: Int64) -> OrderEvent {
    OrderEvent(
      firstAt: LogPosition(partition: 3, offset: Offset(offset)),
      of: EventSubject(
        order: OrderID(high: 7 << 32, low: order), sale: subject.sale, sku: subject.sku, buyer: subject.buyer,
        price: subject.price),
      isWaiting: false, holdSeconds: nil, units: Units(1), at: at)
  }

  @Test func `in a round each order is at most once, and no order's events change places`() {
    let events = [1, 2, 1, 3, 3, 2, 4].enumerated().map { event($1, Int64($0)) }
    let rounds = EventRounds.split(events)
    #expect(rounds.map { $0.map(\.order.low) } == [[1, 2], [1, 3], [3, 2, 4]])
    #expect(rounds.flatMap { $0 } == events)
    #expect(EventRounds.split([]).isEmpty)
  }

  private func row(_ order: UInt64, _ offset: Int64, place: Int16 = -1) -> EventPage.Row {
    EventPage.Row(offset: Offset(offset), place: place, event: event(order, offset))
  }

  @Test func `a page ends before a record that may have more behind what was read`() {
    let (first, later) = ([row(1, 3), row(2, 6)], [row(3, 4, place: 0), row(4, 5, place: 0), row(5, 5, place: 1)])
    func page(limit: Int?) -> [Int64] {
      let page = EventPage([first, later], limit: limit, upTo: 9)
      #expect(page.events.map(\.id.position.offset) == page.events.map(\.id.position.offset).sorted())
      return [Int64(page.events.count), page.next.rawValue]
    }
    #expect(page(limit: 4) == [5, 9] && page(limit: nil) == [5, 9] && page(limit: 3) == [2, 5])
    #expect(page(limit: 2) == [2, 5])
    let alone = EventPage([[], [row(1, 5, place: 0), row(2, 5, place: 1)]], limit: 2, upTo: 9)
    #expect(alone.events.isEmpty && alone.next == 5, "the record is to be read whole")
  }

  @Test func `a page is marked when the last of it is in the topic, and the rounds of all go out together`() {
    let pages = [[row(1, 0), row(1, 1), row(2, 2)], [], [row(3, 0)]].map { EventPage([$0], limit: nil, upTo: 9) }
    var publication = Publication(pages)
    var steps: [String] = []
    while let step = publication.next() {
      switch step {
      case .mark(let pages): steps.append("mark \(pages)")
      case .publish(let events): steps.append("publish \(events.map(\.order.low))")
      }
    }
    #expect(steps == ["mark [1]", "publish [1, 3]", "mark [2]", "publish [1, 2]", "mark [0]"])
  }

  @Test func `an event has the same id whenever it is made`() {
    #expect(event(1, 12).id.description == "3-12")
    #expect(EventID(position: LogPosition(partition: 3, offset: 12), place: 2).description == "3-12-2")
  }

  @Test func `kinds have the names and numbers of the wire, and no more`() {
    #expect(OrderEvent.Kind.allCases.count == WireOrderEvent.Kind.allCases.count - 1)
    for kind in OrderEvent.Kind.allCases {
      #expect("\(WireOrderEvent.Kind(rawValue: Int(kind.rawValue)) ?? .unspecified)" == "\(kind)")
      #expect(OrderEvent.Kind(code: kind.code) == kind)
    }
  }

  @Test func `money that is to be paid back is told to whoever asks for that`() {
    let entry = HistoryEntry(
      offset: 5, place: 0, stock: StockKey(sale: SaleNumber(rawValue: 7), sku: subject.sku), order: subject.order,
      action: .cancel, result: .refundDue, units: -1, minor: 100, state: .paid, sequence: 3, at: at, command: nil,
      by: .shop)
    let event = OrderEvent(entry, in: 0, of: subject, currency: "CNY", payment: nil)
    #expect(event?.kind == .cancelled && event?.isOf(.refundDue) == true && event?.isOf(.paid) == false)
  }
}
