import NIOCore
import Testing

@testable import SpikeKit

/// What a buyer does about an order that was accepted.
struct PurchaseTests {
  private let id = OrderID(high: 1, low: 2)

  private func sight(
    _ state: OrderSight.State, units: Int = 2, due: Int64? = nil, now: Int64 = 0, refundDue: Int = 0
  ) -> OrderSight {
    var sight = OrderSight(id: id, state)
    (sight.units, sight.minor, sight.currency) = (units, units * 500, "CNY")
    (sight.due, sight.serverTime, sight.refundDueMinor) = (due, now, refundDue)
    return sight
  }

  /// Four seconds to pay.
  private var reserved: OrderSight { sight(.reserved, due: 4_000_000) }

  private func purchase(_ intent: Intent, _ way: PaymentWay = .shop, draw: UInt64 = 0) -> Purchase {
    Purchase(
      receipt: 0, request: Mix.Request(original: 0, buyer: 0, sku: 0), intent: intent, provider: Provider(way: way),
      payment: "p", pause: .milliseconds(70), draw: draw)
  }

  /// A draw of such a mood, whose notices are told once.
  private func draw(_ mood: Provider.Mood) -> UInt64 {
    let provider = Provider(way: .fickleProvider)
    return (0..<256).first { provider.mood($0) == mood }.map { $0 | 1 << 8 } ?? 0
  }

  @Test func `who pays does so once she holds units, and is done when she hears that she has paid`() {
    var purchase = purchase(.pays)
    #expect(purchase.told(nil) == .look(after: Limits.nextLook))
    #expect(purchase.told(sight(.queued)) == .look(after: Limits.nextLook))
    #expect(purchase.told(reserved) == .pay(after: .milliseconds(70)))
    #expect(purchase.notices.map(\.minor) == [1_000])
    #expect(purchase.paid(.open) == .pay(after: Limits.commandPause))
    #expect(purchase.paid(.done("applied")) == .look(after: .zero))
    #expect(purchase.told(sight(.paid)) == .end)
    #expect(purchase.story.captured == ["CNY": 1_000])
    #expect(purchase.story.isPaid && purchase.story.violations.isEmpty)
  }

  @Test func `who never pays looks again when her hold is over`() {
    var purchase = purchase(.neverPays)
    #expect(purchase.told(reserved) == .look(after: .seconds(4) + Limits.lookAfterDue))
    #expect(purchase.told(sight(.reserved, due: 4_000_000, now: 4_100_000)) == .look(after: Limits.lookAfterDue))
    #expect(purchase.told(sight(.expired, now: 4_400_000)) == .end)
    #expect(purchase.story.violations.isEmpty)
  }

  @Test func `a hold that is over before its time is a violation`() {
    var purchase = purchase(.neverPays)
    _ = purchase.told(reserved)
    #expect(purchase.told(sight(.expired, now: 3_999_000)) == .end)
    #expect(purchase.story.violations.count == 1)
  }

  @Test func `who waits pays when she is offered units`() {
    var purchase = purchase(.pays)
    #expect(purchase.told(sight(.waiting)) == .look(after: Limits.waitingLook))
    #expect(purchase.told(reserved) == .pay(after: .milliseconds(70)))
    #expect(purchase.story.waited && purchase.story.offered)
  }

  @Test func `a part is cancelled before she pays, and then the rest is paid`() {
    var purchase = purchase(.cancels(inPart: true, paysFirst: false))
    #expect(purchase.told(reserved) == .cancel(after: .milliseconds(70)))
    #expect(purchase.cancelledUnits == 1)
    #expect(purchase.cancelled(.done("applied")) == .look(after: .zero))
    #expect(purchase.story.cancelledUnits == 1)
    #expect(purchase.told(sight(.reserved, units: 1, due: 4_000_000)) == .pay(after: .milliseconds(70)))
    #expect(purchase.notices.map(\.minor) == [500])
  }

  @Test func `all of it is cancelled after she has paid`() {
    var purchase = purchase(.cancels(inPart: false, paysFirst: true))
    #expect(purchase.told(reserved) == .pay(after: .milliseconds(70)))
    _ = purchase.paid(.done("applied"))
    #expect(purchase.told(sight(.paid)) == .cancel(after: .milliseconds(70)))
    #expect(purchase.cancelledUnits == nil)
    _ = purchase.cancelled(.done("refund_due"))
    #expect(purchase.told(sight(.refundDue, refundDue: 1_000)) == .end)
    #expect(purchase.story.cancelledUnits == 2)
  }

  @Test func `one unit cannot be cancelled in part`() {
    var purchase = purchase(.cancels(inPart: true, paysFirst: false))
    _ = purchase.told(sight(.reserved, units: 1, due: 4_000_000))
    #expect(purchase.cancelledUnits == nil)
  }

  @Test func `a late notice comes after the hold's end, whatever she had in mind`() {
    var purchase = purchase(.cancels(inPart: false, paysFirst: true), .fickleProvider, draw: draw(.late))
    #expect(purchase.told(reserved) == .pay(after: .seconds(4) + Limits.lateCapture))
    #expect(purchase.paid(.done("refund_due")) == .look(after: .zero))
    #expect(purchase.told(sight(.refundDue)) == .end)
  }

  @Test(arguments: [
    (Provider.Mood.right, [1_000]), (.twice, [1_000, 1_000]), (.wrongAmount, [1_001, 1_000]),
    (.wrongCurrency, [1_000, 1_000]),
  ])
  func `a provider tells of one capture after the other`(_ mood: Provider.Mood, _ captures: [Int]) {
    var purchase = purchase(.pays, .fickleProvider, draw: draw(mood))
    #expect(purchase.told(reserved) == .pay(after: .milliseconds(70)))
    let notices = purchase.notices
    #expect(notices.map(\.minor) == captures)
    #expect(Set(notices.map(\.payment)).count == captures.count)
    #expect(notices.contains { $0.currency != "CNY" } == (mood == .wrongCurrency))
    for index in notices.indices {
      let isLast = index + 1 == notices.count
      #expect(purchase.paid(.done("applied")) == (isLast ? .look(after: .zero) : .pay(after: Limits.secondCapture)))
    }
    #expect(purchase.told(sight(.paid)) == .end)
  }

  @Test func `a notice that is told three times counts once, and its answer stays`() {
    let right = (0..<256).first { Provider(way: .fickleProvider).mood($0) == .right } ?? 0
    var purchase = purchase(.pays, .provider, draw: right)
    _ = purchase.told(reserved)
    #expect(purchase.paid(.done("applied")) == .pay(after: Limits.deliveryPause))
    #expect(purchase.paid(.done("applied")) == .pay(after: Limits.deliveryPause))
    #expect(purchase.paid(.done("refund_due")) == .look(after: .zero))
    #expect(purchase.story.captured == ["CNY": 1_000])
    #expect(purchase.story.violations.count == 1)
  }

  @Test func `I13 a payment that is refused is a violation`() {
    var purchase = purchase(.pays)
    _ = purchase.told(reserved)
    #expect(purchase.paid(.refused("not_allowed")) == .look(after: .zero))
    #expect(purchase.story.violations.count == 1)
    #expect(purchase.story.captured.isEmpty)
  }

  @Test func `shares of those who win are what was asked for, and halves of those who cancel`() {
    let conduct = Conduct(unpaid: 0.3, cancelled: 0.1)
    let dice = Dice(seed: 7)
    var counts: [String: Int] = [:]
    for number in 0..<40_000 {
      let bits = dice.bits(.conduct, number)
      let intent = Intent(conduct, place: Double(bits >> 11) * 0x1p-53, bits: bits)
      switch intent {
      case .pays: counts["pays", default: 0] += 1
      case .neverPays: counts["never", default: 0] += 1
      case .cancels(let inPart, let paysFirst):
        if inPart { counts["part", default: 0] += 1 }
        if paysFirst { counts["paid", default: 0] += 1 }
        counts["cancels", default: 0] += 1
      }
    }
    #expect((23_500...24_500).contains(counts["pays"] ?? 0))
    #expect((11_600...12_400).contains(counts["never"] ?? 0))
    #expect((3_800...4_200).contains(counts["cancels"] ?? 0))
    #expect((1_850...2_150).contains(counts["part"] ?? 0))
    #expect((1_850...2_150).contains(counts["paid"] ?? 0))
  }
}
