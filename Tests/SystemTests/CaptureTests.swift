import TestSupport
import Testing

/// I13: captures that race each other, and captures under an id that is used.
@Suite(.serialized) struct CaptureTests {
  private static func id(_ answer: HTTP.Answer) throws -> String { try #require(answer.json("order_id") as? String) }

  /// So many notices at once, half of them at each intake.
  private static func notices(
    _ count: Int, _ scene: LifeScene, of order: String, _ payment: String, _ minor: @Sendable @escaping (Int) -> Int
  ) async throws -> [(minor: Int, answer: HTTP.Answer)] {
    try await withThrowingTaskGroup(of: (minor: Int, answer: HTTP.Answer).self) { group in
      for number in 0..<count {
        group.addTask {
          let minor = minor(number)
          let answer = try await scene.notice(of: order, payment, minor, named: "n\(number)", at: number % 2)
          return (minor, answer)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `I13 a capture that 100 notices tell at once at two intakes is counted once`() async throws {
    try await LifeScene.with(holds: 600, intakes: 2) { scene in
      let ann = try Self.id(try await scene.order("ann"))
      #expect(try await scene.becomes("reserved", ann, "ann"))

      // Two amounts under one new id: one of them counts, and the other is told that it does not.
      let mixed = try await Self.notices(40, scene, of: ann, "p0") { 19_901 + $0 % 2 }
      let counted = Set(mixed.filter { $0.answer.status == 200 }.map(\.minor))
      #expect(counted.count == 1, "\(mixed.map(\.answer.text))")
      for (minor, answer) in mixed {
        if counted.contains(minor) {
          #expect(answer.status == 200 && answer.json("because") as? String == "wrong_amount", "\(answer.text)")
          #expect(answer.json("moved_minor") as? Int == minor, "\(answer.text)")
        } else {
          #expect(answer.status == 409 && answer.json("code") as? String == "payment_used", "\(answer.text)")
        }
      }

      let told = try await Self.notices(100, scene, of: ann, "p1") { _ in 19_900 }
      for (_, answer) in told {
        #expect(answer.status == 200 && answer.json("result") as? String == "applied", "\(answer.text)")
        #expect(answer.json("moved_minor") as? Int == 19_900, "\(answer.text)")
      }
      let history = try await scene.history(of: ann)
      #expect(history.json("state") as? String == "paid")
      let payments = try #require(history.json("payments") as? [[String: Any]])
      #expect(payments.map { $0["payment_id"] as? String } == ["p0", "p1"], "\(history.text)")
      #expect(payments.map { $0["captured"] as? Int } == [counted.first, 19_900])
      let pays = try #require(history.json("events") as? [[String: Any]]).filter { $0["action"] as? String == "pay" }
      let results = Dictionary(grouping: pays) { $0["result"] as? String ?? "" }.mapValues(\.count)
      #expect(results["applied"] == 1 && results["wrong_amount"] == 1, "\(results)")
      #expect(results["repeated"] ?? 0 > 0, "several got into the log before the first was decided: \(results)")
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `I13 a payment's id names one capture: of another order, amount or currency, it is refused`() async throws {
    try await LifeScene.with(holds: 600) { scene in
      let ann = try Self.id(try await scene.order("ann"))
      #expect(try await scene.becomes("reserved", ann, "ann"))
      let bob = try Self.id(try await scene.order("bob", #"{"sku":"phone","quantity":1,"waitlist":true}"#))
      #expect(try await scene.becomes("waiting", bob, "bob"))
      #expect(try await scene.pay(ann, "p1", 19_900).json("result") as? String == "applied")

      // Each is sent twice: what is refused stays refused.
      for _ in 0..<2 {
        for (order, minor, currency) in [
          (ann, 5_000, "CNY"), (ann, 19_900, "JPY"), (bob, 19_900, "CNY"), (bob, 5_000, "CNY"), (bob, 19_900, "JPY"),
        ] {
          let told = try await scene.pay(order, "p1", minor, currency)
          #expect(told.status == 409 && told.json("code") as? String == "payment_used", "\(minor) \(told.text)")
          #expect(told.json("field") as? String == "payment_id")
          let noticed = try await scene.notice(of: order, "p1", minor, currency)
          #expect(noticed.status == 409 && noticed.json("code") as? String == "payment_used", "\(noticed.text)")
        }
      }
      #expect(try await scene.pay(ann, "p1", 19_900).json("result") as? String == "applied", "it is told again")
      #expect(try await scene.status(ann, "ann").json("refund_due_minor") == nil)
      #expect(try await scene.status(bob, "bob").json("status") as? String == "waiting")
      let (hers, his) = (try await scene.history(of: ann), try await scene.history(of: bob))
      #expect((hers.json("payments") as? [[String: Any]])?.map { $0["captured"] as? Int } == [19_900])
      #expect((his.json("payments") as? [[String: Any]])?.isEmpty == true)

      // Under an id of its own, money for what bob does not have is to be paid back.
      let own = try await scene.pay(bob, "p2", 19_900)
      #expect(own.status == 200 && own.json("because") as? String == "not_allowed", "\(own.text)")
    }
  }
}
