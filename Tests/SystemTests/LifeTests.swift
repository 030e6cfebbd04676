import FlashSale
import Foundation
import TestSupport
import Testing

/// An order's life between real processes: held, offered, extended, paid, cancelled, refunded; and its sale's stock.
@Suite(.serialized) struct LifeTests {
  private func id(_ answer: HTTP.Answer) throws -> String { try #require(answer.json("order_id") as? String) }

  @Test(.timeLimit(.minutes(3)))
  func `I2 I13 a hold expires by itself, is offered to who waits, and its money is applied or owed`() async throws {
    try await LifeScene.with { scene in
      let ann = try id(try await scene.order("ann"))
      #expect(try await scene.becomes("reserved", ann, "ann"))
      let held = try await scene.status(ann, "ann")
      #expect(held.json("amount_minor") as? Int == 19_900 && held.json("currency") as? String == "CNY")
      #expect(held.json("extensions_left") as? Int == 1)
      #expect((held.json("expires_at") as? String).flatMap(Date.init(rfc3339:)) != nil)

      // Everybody hears that all is held, and never that all is sold.
      var refused = try await scene.order("bob")
      _ = try await eventually(within: .seconds(3)) {
        if refused.status == 202 { refused = try await scene.order("bob") }
        return refused.status == 409
      }
      #expect(refused.json("code") as? String == "all_held", "\(refused.text)")
      #expect(refused.json("waitlist") as? Bool == true)
      let bob = try id(try await scene.order("bob", #"{"sku":"phone","quantity":1,"waitlist":true}"#))
      #expect(try await scene.becomes("waiting", bob, "bob"))
      #expect(try await scene.status(bob, "bob").json("waiting_ahead") as? Int == 0)

      #expect(try await scene.becomes("expired", ann, "ann"))
      #expect(try await scene.becomes("reserved", bob, "bob"))
      try await expectBuyers(scene, ann, bob)
      try await expectMoney(scene, bob)
      try await expectNotices(scene, bob)
    }
  }

  private func expectBuyers(_ scene: LifeScene, _ ann: String, _ bob: String) async throws {
    let stranger = try await scene.post("v1/orders/\(bob)/cancel", buyer: "carol")
    #expect(stranger.status == 404, "\(stranger.text)")
    let first = try await scene.post("v1/orders/\(bob)/extend", buyer: "bob", key: "once")
    #expect(first.status == 200 && first.json("result") as? String == "applied", "\(first.text)")
    #expect(first.json("extensions_left") as? Int == 0)
    let again = try await scene.post("v1/orders/\(bob)/extend", buyer: "bob", key: "once")
    #expect(again.status == 200 && again.json("expires_at") as? String == first.json("expires_at") as? String)
    let unnamed = try await scene.post("v1/orders/\(bob)/extend", buyer: "bob")
    #expect(unnamed.status == 400 && unnamed.json("field") as? String == "Idempotency-Key", "\(unnamed.text)")
    for number in 0..<3 {
      let more = try await scene.post("v1/orders/\(bob)/extend", buyer: "bob", key: "more-\(number)")
      #expect(more.status == 409 && more.json("code") as? String == "none_left", "\(more.text)")
    }
    let over = try await scene.post("v1/orders/\(bob)/cancel", #"{"units":2}"#, buyer: "bob", key: "two")
    #expect(over.json("code") as? String == "too_much", "\(over.text)")
    for call in ["cancel", "release"] {
      let other = try await scene.post("v1/orders/\(bob)/\(call)", buyer: "bob", key: "once")
      #expect(other.status == 422 && other.json("code") as? String == "idempotency_conflict", "\(other.text)")
    }
    let gone = try await scene.post("v1/orders/\(ann)/release", buyer: "ann")
    #expect(gone.json("code") as? String == "not_allowed" && gone.json("state") as? String == "expired")
  }

  private func expectMoney(_ scene: LifeScene, _ bob: String) async throws {
    let wrong = try await scene.pay(bob, "p1", 19_901)
    #expect(wrong.status == 200 && wrong.json("result") as? String == "refund_due", "\(wrong.text)")
    #expect(wrong.json("because") as? String == "wrong_amount")
    let paid = try await scene.pay(bob, "p2", 19_900)
    #expect(paid.json("result") as? String == "applied" && paid.json("status") as? String == "paid", "\(paid.text)")
    let twice = try await scene.pay(bob, "p3", 19_900)
    #expect(twice.json("because") as? String == "already_paid")
    let hers = try await scene.pay(bob, "p5", 19_900, payer: "carol")
    #expect(hers.status == 200 && hers.json("because") as? String == "another_order", "\(hers.text)")
    #expect(try await scene.pay("00000001-0000-8000-8000-000000000000", "p4", 1).status == 404)
  }

  private func expectNotices(_ scene: LifeScene, _ bob: String) async throws {
    func send(_ seconds: Int64) async throws -> HTTP.Answer {
      try await scene.notice(of: bob, "p2", 19_900, sentAt: seconds)
    }
    let now = Int64(Date.now.timeIntervalSince1970)
    let answers = try await withThrowingTaskGroup(of: HTTP.Answer.self) { group in
      for _ in 0..<100 { group.addTask { try await send(now) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    // It was told by the shop before, and counts once.
    #expect(answers.allSatisfy { $0.status == 200 && $0.json("result") as? String == "applied" })
    #expect(try await scene.status(bob, "bob").json("refund_due_minor") as? Int == 39_801)
    let late = try await send(now - 3_600)
    #expect(late.status == 401 && late.json("code") as? String == "signature_invalid")
    let large = try await scene.post("v1/webhooks/payments", String(repeating: " ", count: 1 << 20))
    #expect(large.status == 413)
  }

  @Test(.timeLimit(.minutes(3)))
  func `a restock goes to who waits first, a reduction takes no more than is left, and a cancellation gives back`()
    async throws
  {
    try await LifeScene.with { scene in
      let ann = try id(try await scene.order("ann"))
      #expect(try await scene.becomes("reserved", ann, "ann"))
      #expect(try await scene.pay(ann, "p1", 19_900).json("result") as? String == "applied")
      let bob = try id(try await scene.order("bob", #"{"sku":"phone","quantity":1,"waitlist":true}"#))
      #expect(try await scene.becomes("waiting", bob, "bob"))

      let items = "sales/held/items/phone"
      let more = try await scene.administer("\(items)/restock", #"{"units":2,"reason":"delivery"}"#)
      #expect(more.status == 200, "\(more.text)")
      let effects = try #require(more.json("effects") as? [[String: Any]])
      #expect(effects.first?["result"] as? String == "applied" && effects.first?["units"] as? Int == 2)
      let stock = try #require((more.json("sale", "items") as? [[String: Any]])?.first)
      #expect(stock["stock"] as? Int == 3 && stock["left"] as? Int == 1 && stock["reserved"] as? Int == 1)
      #expect(try await scene.becomes("reserved", bob, "bob"))

      // Eight at once under one key, and once more: one delivery.
      let delivery = #"{"units":5,"reason":"second delivery"}"#
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let answer = try await scene.administer("\(items)/restock", delivery, key: "d-2")
            #expect(answer.status == 200, "\(answer.text)")
            let effect = try #require((answer.json("effects") as? [[String: Any]])?.first)
            #expect(effect["result"] as? String == "applied" && effect["units"] as? Int == 5)
          }
        }
        try await group.waitForAll()
      }
      let once = try await scene.administer("\(items)/restock", delivery, key: "\"d-2\"")
      #expect((once.json("sale", "items") as? [[String: Any]])?.first?["stock"] as? Int == 8, "\(once.text)")
      let other = try await scene.administer("\(items)/restock", #"{"units":6,"reason":"x"}"#, key: "d-2")
      #expect(other.status == 422 && other.json("code") as? String == "idempotency_conflict", "\(other.text)")
      #expect(try await scene.administer("\(items)/reduce", #"{"units":5,"reason":"back"}"#).status == 200)

      let less = try await scene.administer("\(items)/reduce", #"{"units":2,"reason":"damaged"}"#)
      #expect(less.status == 409 && less.json("code") as? String == "too_much", "\(less.text)")
      let most = try await scene.administer("\(items)/restock", #"{"units":999999999,"reason":"delivery"}"#)
      #expect(most.status == 409, "\(most.text)")

      let back = try await scene.post("v1/orders/\(ann)/cancel", buyer: "ann")
      #expect(back.status == 200 && back.json("result") as? String == "refund_due", "\(back.text)")
      #expect(back.json("status") as? String == "refund_due" && back.json("moved_minor") as? Int == 19_900)
      try await expectRefunds(scene, ann)
      let cancelled = try await HTTP.post(
        scene.admin.appending(path: "admin/api/orders/\(bob)/cancel"),
        headers: ["Authorization": "Bearer \(Shop.adminToken)"], body: Data(#"{"reason":"asked by phone"}"#.utf8))
      #expect(cancelled.status == 200, "\(cancelled.text)")
      #expect(try await scene.becomes("cancelled", bob, "bob"))
    }
  }

  /// Of an order that was paid with 199.00 CNY and cancelled.
  private func expectRefunds(_ scene: LifeScene, _ ann: String) async throws {
    // 19,900 minor units of another currency are other money.
    let yen = try await scene.order(
      ["refund", ann, "--payment", "p1", "--amount", "19900", "--currency", "JPY", "--reason", "a mistake"])
    #expect(yen.exit == .init(code: 1, bySignal: false) && yen.errors.contains("CNY"), "\(yen)")
    let inDinars = #"{"payment_id":"p1","amount_minor":19900,"currency":"BHD"}"#
    let dinars = try await scene.post("v1/orders/\(ann)/refunds", inDinars, key: "r0")
    #expect(dinars.status == 422 && dinars.json("field") as? String == "currency", "\(dinars.text)")
    let part = try await scene.order(
      ["refund", ann, "--payment", "p1", "--amount", "1.00", "--currency", "CNY", "--reason", "a beginning"])
    #expect(part.exit == .success, "\(part)")
    #expect(try await scene.status(ann, "ann").json("refund_due_minor") as? Int == 19_800)

    let refund = #"{"payment_id":"p1","amount_minor":19800,"currency":"CNY"}"#
    #expect(try await scene.post("v1/orders/\(ann)/refunds", refund).status == 400)
    for _ in 0..<2 {
      let repaid = try await scene.post("v1/orders/\(ann)/refunds", refund, key: "r1")
      #expect(repaid.status == 200 && repaid.json("status") as? String == "refunded", "\(repaid.text)")
    }
    let another = try await scene.post(
      "v1/orders/\(ann)/refunds", #"{"payment_id":"p1","amount_minor":100}"#, key: "r1")
    #expect(another.status == 422 && another.json("code") as? String == "idempotency_conflict", "\(another.text)")
  }

  @Test(.timeLimit(.minutes(3)))
  func `I13 a buyer cannot take the key under which the shop tells of her refund`() async throws {
    try await LifeScene.with(holds: 60) { scene in
      let ann = try id(try await scene.order("ann"))
      #expect(try await scene.becomes("reserved", ann, "ann"))
      let taken = try await scene.post("v1/orders/\(ann)/extend", buyer: "ann", key: "refund-p1")
      #expect(taken.json("result") as? String == "applied", "\(taken.text)")
      #expect(try await scene.pay(ann, "p1", 19_900).json("result") as? String == "applied")
      #expect(try await scene.post("v1/orders/\(ann)/cancel", buyer: "ann", key: "p1").status == 200)
      let refund = #"{"payment_id":"p1","amount_minor":19900}"#
      for _ in 0..<2 {
        let repaid = try await scene.post("v1/orders/\(ann)/refunds", refund, key: "refund-p1")
        #expect(repaid.status == 200 && repaid.json("status") as? String == "refunded", "\(repaid.text)")
      }
      let again = try await scene.post("v1/orders/\(ann)/extend", buyer: "ann", key: "refund-p1")
      #expect(again.status == 200 && again.json("result") as? String == "applied", "\(again.text)")
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `I13 a refund that is told before its payment does nothing, and is done when it is told again`() async throws {
    try await LifeScene.with(holds: 60) { scene in
      let ann = try id(try await scene.order("ann"))
      #expect(try await scene.becomes("reserved", ann, "ann"))
      func byShop(_ order: String) async throws -> HTTP.Answer {
        try await scene.post("v1/orders/\(order)/refunds", #"{"payment_id":"p1","amount_minor":10000}"#, key: "r1")
      }
      func byAdmin(_ order: String) async throws -> HTTP.Answer {
        let body = #"{"payment_id":"p1","amount_minor":9900,"reason":"the rest"}"#
        return try await scene.administer("orders/\(order)/refund", body, key: "r2")
      }
      let none = "00000001-0000-8000-8000-000000000000"
      for refund in [byShop, byAdmin] {
        #expect(try await refund(ann).json("code") as? String == "payment_not_found")
        #expect(try await refund(none).json("code") as? String == "order_not_found")
      }
      #expect(try await scene.pay(ann, "p1", 19_900).json("result") as? String == "applied")
      #expect(try await scene.post("v1/orders/\(ann)/cancel", buyer: "ann").status == 200)
      for refund in [byShop, byAdmin, byShop, byAdmin] {
        let repaid = try await refund(ann)
        #expect(repaid.status == 200, "\(repaid.text)")
      }
      #expect(try await scene.status(ann, "ann").json("status") as? String == "refunded")
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `an operator gives a buyer more time and then ends her hold, from a terminal`() async throws {
    try await LifeScene.with { scene in
      let ann = try id(try await scene.order("ann"))
      #expect(try await scene.becomes("reserved", ann, "ann"))
      let extended = try await scene.order(["extend", ann, "--reason", "her bank is slow", "--by", "mia"])
      #expect(extended.exit == .success && extended.output.contains(#""result" : "applied""#), "\(extended)")
      let more = try await scene.order(["extend", ann, "--reason", "still slow"])
      #expect(more.exit == .init(code: 1, bySignal: false) && more.errors.contains("none_left"), "\(more)")
      let released = try await scene.order(["release", ann, "--reason", "she called"])
      #expect(released.exit == .success, "\(released)")
      #expect(try await scene.becomes("released", ann, "ann"))
      let shown = try await scene.order(["show", ann])
      #expect(shown.output.contains(/extend +applied +→ reserved until 2[-0-9T:.]+Z/), "\(shown)")
      #expect(shown.output.contains("by mia (her bank is slow)") && shown.output.contains("(she called)"), "\(shown)")
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `I2 who waited and was offered units hears of her order when she asks again, also after the end`() async throws {
    try await LifeScene.with(holds: 60, intakes: 2) { scene in
      func order(_ buyer: String, at door: Int) async throws -> HTTP.Answer {
        let body = #"{"sku":"phone","quantity":1,"waitlist":true}"#
        return try await HTTP.post(
          scene.doors[door].appending(path: "v1/sales/held/orders"),
          headers: ["X-Buyer-Id": buyer, "Idempotency-Key": "k"], body: Data(body.utf8))
      }
      let ann = try id(try await order("ann", at: 0))
      #expect(try await scene.becomes("reserved", ann, "ann"))
      let (bob, eve) = (try id(try await order("bob", at: 0)), try id(try await order("eve", at: 1)))
      #expect(try await scene.becomes("waiting", eve, "eve"))
      #expect(try await scene.post("v1/orders/\(ann)/release", buyer: "ann").status == 200)
      #expect(try await scene.becomes("reserved", bob, "bob"))
      #expect(try await scene.administer("sales/held/close", #"{"reason":"over"}"#).status == 200)
      for door in [0, 1] {
        var other = try await order("carol", at: door)
        _ = try await eventually(within: .seconds(10)) {
          other = try await order("carol", at: door)
          return other.status == 410
        }
        #expect(other.json("code") as? String == "ended", "\(other.text)")
        // Asked once only: what is told first is what the buyer believes.
        for (buyer, id, state) in [("ann", ann, "released"), ("bob", bob, "reserved")] {
          let again = try await order(buyer, at: door)
          #expect(again.status == 200 && again.json("order_id") as? String == id, "\(buyer): \(again.text)")
          #expect(again.json("status") as? String == state, "\(buyer): \(again.text)")
        }
        // She has never been offered any.
        #expect(try await order("eve", at: door).json("code") as? String == "ended")
      }
    }
  }
}

extension Date {
  fileprivate init?(rfc3339 text: String) {
    guard let date = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)) else {
      return nil
    }
    self = date
  }
}
