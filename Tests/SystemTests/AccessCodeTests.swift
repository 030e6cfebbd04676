import Foundation
import TestSupport
import Testing

/// Access codes from the command that issues them to the outcome, over real processes.
@Suite(.serialized) struct AccessCodeTests {
  private static let keys = ["PENSTOCK_CODE_KEYS": String(repeating: "c0", count: 16)]
  private static let sale = """
    {"id": "presale", "name": "Presale", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z",
     "per_buyer_limit": 1, "shaping": {"codes": {"required": true}, "subjects": {"card": {"limit": 2}}},
     "items": [{"sku": "phone", "stock": 500, "price_minor": 1, "currency": "CNY"}]}
    """

  private func issue(_ arguments: [String], environment: [String: String] = keys) async throws -> (
    exit: PenstockProcess.Exit, output: String, errors: String
  ) {
    try await PenstockProcess.run(
      "penstock", ["code", "issue", "--sale", "presale", "--until", "2098-01-01T00:00:00Z"] + arguments,
      environment: environment)
  }

  @Test(.timeLimit(.minutes(3)))
  func `I9 a code of three uses wins three of 100 parallel orders over two intakes, and a card two`() async throws {
    try await Shop.with { shop, _ in
      let admin = try await shop.start("admin")
      let intakes = [
        try await shop.start("intake", environment: Self.keys), try await shop.start("intake", environment: Self.keys),
      ]
      _ = try await shop.start("worker")
      let created = try await HTTP.post(
        admin.admin.appending(path: "admin/api/sales"), headers: ["Authorization": "Bearer \(Shop.adminToken)"],
        body: Data(Self.sale.utf8))
      #expect(created.status == 201, "\(created.text)")
      try await waitForSale("presale", at: intakes)
      let issued = try await issue(["--uses", "3", "--buyer-limit", "2"])
      let code = issued.output.trimmingCharacters(in: .whitespacesAndNewlines)

      let withCode = try await outcomes(of: 100, at: intakes) { ("buyer-\($0)", "card-\($0)", code) }
      #expect(withCode == ["confirmed": 3, "rejected code_used_up": 97])
      // Whatever the code, a card has its limit.
      let batch = try await issue(["--count", "100", "--uses", "10"])
      let codes = batch.output.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "," }) }
      #expect(Set(codes).count == 100)
      let withCard = try await outcomes(of: 100, at: intakes) { ("other-\($0)", "one-card", codes[$0]) }
      #expect(withCard == ["confirmed": 2, "rejected subject_limit_reached": 98])
    }
  }

  private func outcomes(
    of count: Int, at intakes: [Shop.Part],
    _ order: @escaping @Sendable (Int) -> (buyer: String, card: String, code: String)
  ) async throws -> [String: Int] {
    let found = try await withThrowingTaskGroup(of: String.self) { group in
      for index in 0..<count {
        let http = try #require(intakes[index % 2].http)
        group.addTask {
          let (buyer, card, code) = order(index)
          let answer = try await HTTP.post(
            http.appending(path: "v1/sales/presale/orders"),
            headers: [
              "X-Buyer-Id": buyer, "X-Limit-Subjects": "card=\(card)", "Idempotency-Key": "k\(index)",
              "Content-Type": "application/json",
            ], body: Data(#"{"sku":"phone","quantity":1,"code":"\#(code)"}"#.utf8))
          guard answer.status == 202 else { return "\(answer.status) \(answer.text)" }
          return try await outcome(of: answer, buyer: buyer, at: http)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    return Dictionary(found.map { ($0, 1) }, uniquingKeysWith: +)
  }

  @Test func `codes are issued one by one, in a batch, and for the buyers of a list`() async throws {
    let one = try await issue([])
    #expect(one.exit == .success && one.output.count == 85, "\(one)")
    let batch = try await issue(["--count", "2", "--from", "2026-01-01T00:00:00Z"])
    let lines = batch.output.split(separator: "\n")
    #expect(lines.count == 3 && lines[0] == "code,code_id,uses,buyer,buyer_limit,valid_from,valid_until")
    #expect(lines[1].hasSuffix(",1,,,2026-01-01T00:00:00.000Z,2098-01-01T00:00:00.000Z"))
    let list = FileManager.default.temporaryDirectory.appending(path: "buyers-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: list) }
    try Data("alice\nbob\"x\n".utf8).write(to: list)
    let named = try await issue(["--buyers", list.path, "--buyer-limit", "3"])
    #expect(named.output.contains(",1,\"bob\"\"x\",3,"), "\(named)")
  }

  @Test(arguments: [
    (["--uses", "0"], "uses"), (["--from", "2099-01-01T00:00:00Z"], "--until"), (["--count", "0"], "--count"),
    (["--buyer", "a b"], "X-Buyer-Id"), (["--buyer", "a", "--count", "2"], "together"),
    (["--from", "yesterday"], "from"), (["--buyer-limit", "10001"], "buyer limit"),
  ])
  func `arguments that make no code are refused`(arguments: [String], words: String) async throws {
    let run = try await issue(arguments)
    #expect(run.exit.code == 64 && run.errors.contains(words), "\(run)")
  }

  @Test func `without a key no code is issued, and the variable is named`() async throws {
    for keys in [[:], ["PENSTOCK_CODE_KEYS": "short"]] {
      let run = try await issue([], environment: keys)
      #expect(run.exit.code == 78 && run.errors.contains("PENSTOCK_CODE_KEYS"), "\(run)")
    }
  }
}
