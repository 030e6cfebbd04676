import Foundation
import TestSupport
import Testing

/// An amount is minor units with a currency and its exponent, and the same on every way.
@Suite(.serialized) struct MoneyTests {
  /// 1999 minor units of each currency, its exponent, and the amount as people write it.
  private static let money = [("JPY", 0, "1999"), ("CNY", 2, "19.99"), ("BHD", 3, "1.999")]

  /// Webhooks of one order, by their kind.
  private static func webhooks(_ receiver: Receiver, of order: String) -> [String: [String: Any]] {
    let bodies = receiver.all.compactMap { request in
      try? JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any]
    }
    let pairs = bodies.compactMap { body -> (String, [String: Any])? in
      guard let kind = body["type"] as? String, let data = body["data"] as? [String: Any],
        data["order_id"] as? String == order
      else { return nil }
      return (kind, data)
    }
    return Dictionary(pairs) { first, _ in first }
  }

  @Test(.timeLimit(.minutes(3)))
  func `an amount in JPY, CNY or BHD is the same in API, notice, webhook, CSV and words`() async throws {
    let items = Self.money.map { currency, _, _ in
      #"{"sku":"in-\#(currency)","stock":5,"price_minor":1999,"currency":"\#(currency)"}"#
    }
    try await Receiver.with { receiver in
      try await LifeScene.with(holds: 600, items: items.joined(separator: ","), isTold: true) { scene in
        #expect(try await scene.administer("webhooks", #"{"url":"\#(receiver.url)"}"#).status == 201)
        for (currency, exponent, text) in Self.money {
          try await follow(currency, exponent, text, scene, receiver)
        }
        let report = try await scene.ask("sales/held/report?format=csv").text
        for (currency, exponent, _) in Self.money {
          for (name, value) in [
            ("captured_minor", 1_999), ("applied_minor", 0), ("refund_due_minor", 1_998), ("refunded_minor", 1),
            ("exponent", exponent),
          ] {
            #expect(report.contains("money,\(currency),\(name),\(value)\r\n"), "\(report)")
          }
        }
        #expect(report.contains("sale,held,money_holds,true\r\n"))
      }
    }
  }

  private func follow(
    _ currency: String, _ exponent: Int, _ text: String, _ scene: LifeScene, _ receiver: Receiver
  ) async throws {
    let answer = try await scene.order(currency, #"{"sku":"in-\#(currency)","quantity":1}"#)
    let order = try #require(answer.json("order_id") as? String)
    #expect(try await scene.becomes("reserved", order, currency))
    let status = try await scene.status(order, currency)
    let amount = try #require(status.json("amount_minor") as? Int)
    #expect(amount == 1_999 && status.json("exponent") as? Int == exponent, "\(status.text)")

    // What the status says is what the provider takes, and that pays.
    let payment = "of-\(currency)"
    let paid = try await scene.notice(of: order, payment, amount, try #require(status.json("currency") as? String))
    #expect(paid.json("result") as? String == "applied" && paid.json("moved_minor") as? Int == 1_999, "\(paid.text)")
    let cancelled = try await scene.post("v1/orders/\(order)/cancel", buyer: currency, key: "c")
    #expect(cancelled.json("refund_due_minor") as? Int == 1_999, "\(cancelled.text)")

    let heard = try await eventually {
      Set(Self.webhooks(receiver, of: order).keys).isSuperset(of: ["order.reserved", "order.paid", "order.cancelled"])
    }
    #expect(heard)
    let webhooks = Self.webhooks(receiver, of: order)
    #expect(webhooks["order.reserved"]?["price_minor"] as? Int == 1_999)
    #expect(webhooks["order.reserved"]?["exponent"] as? Int == exponent)
    for (kind, field) in [("order.paid", "captured_minor"), ("order.cancelled", "refund_due_minor")] {
      let moved = webhooks[kind]?["money"] as? [String: Any]
      #expect(moved?[field] as? Int == 1_999 && moved?["currency"] as? String == currency, "\(kind)")
      #expect(moved?["exponent"] as? Int == exponent)
    }

    // One minor unit, as people write it.
    let least = exponent == 0 ? "1" : "0." + String(repeating: "0", count: exponent - 1) + "1"
    let refund = try await scene.order(
      ["refund", order, "--payment", payment, "--amount", least, "--currency", currency, "--reason", "a beginning"])
    #expect(refund.exit == .success, "\(refund)")
    let shown = try await scene.order(["show", order])
    #expect(shown.output.contains("payment \(payment): captured \(text) \(currency)"), "\(shown)")
    #expect(shown.output.contains("refunded \(least) \(currency)"), "\(shown)")
  }
}
