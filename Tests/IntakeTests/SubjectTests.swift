import FlashSale
import TestSupport
import Testing
import Time

/// What intake makes of the limit subjects that a gateway names.
struct SubjectTests {
  private func limited(_ kinds: [String]) throws -> Sale {
    var shaping = SaleShaping()
    shaping.subjects = try SubjectLimits(
      Dictionary(uniqueKeysWithValues: kinds.map { (SubjectKind(unchecked: $0), Units(2)) }))
    return try .open(shaping: shaping)
  }

  private func request(_ subjects: String?, key: String? = nil, isPlain: Bool = true) -> String {
    let line = subjects.map { "X-Limit-Subjects: \($0)\r\n" } ?? ""
    let text = RunningIntake.orderRequest(key: key)
    guard !isPlain else { return text.replacing("Host: test\r\n", with: "Host: test\r\n\(line)") }
    let body = #"{"sku":"phone","quantity":1}"#
    return text.replacing("Content-Length: 28\r\n", with: "Transfer-Encoding: chunked\r\n\(line)")
      .replacing(body, with: "1c\r\n\(body)\r\n0\r\n\r\n")
  }

  @Test func `I9 an order's record has its subjects with the sale's limits, whatever form the request has`()
    async throws
  {
    try await RunningIntake.with(sales: [try limited(["card", "address"])]) { intake in
      for isPlain in [true, false] {
        let answer = try await intake.send(request("phone=1, card=c,address=a", isPlain: isPlain))
        #expect(answer.status == 202, "\(answer.text)")
      }
      for record in try await intake.records() {
        let subjects = record.request?.terms.subjects ?? []
        #expect(subjects.map { "\($0.kind) \($0.id) \($0.limit)" } == ["address a 2", "card c 2"])
      }
      #expect(try await intake.records().count == 2)
    }
  }

  @Test func `an order that lacks a subject, or names it wrongly, is refused before the log`() async throws {
    try await RunningIntake.with(sales: [try limited(["card"])]) { intake in
      for isPlain in [true, false] {
        for subjects in [nil, "", "address=a"] as [String?] {
          let answer = try await intake.send(request(subjects, isPlain: isPlain))
          // An empty field names nothing that can be read.
          let expected = subjects == "" ? [400, 403] : [403]
          #expect(expected.contains(answer.status), "\(answer.text)")
        }
        let missing = try await intake.send(request(nil, isPlain: isPlain))
        #expect(missing.code == "subject_required" && missing.string("field") == "X-Limit-Subjects")
        #expect(missing.string("detail")?.contains("names no card") == true)
        let long = String(repeating: "x", count: 65)
        for subjects in [
          "card", "card=", "card=a b", "card=1,card=2", "card=\(long)", "card=1\r\nX-Limit-Subjects: card=2",
        ] {
          let answer = try await intake.send(request(subjects, isPlain: isPlain))
          #expect(answer.status == 400 && answer.code == "invalid_header", "\(subjects): \(answer.text)")
          #expect(answer.string("field") == "X-Limit-Subjects")
        }
      }
      #expect(try await intake.records().isEmpty)
    }
  }

  @Test func `a sale without limits by subject does not read the field`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let answer = try await intake.send(request("nonsense, of = any kind"))
      #expect(answer.status == 202, "\(answer.text)")
      #expect(try await intake.records().first?.request?.terms == OrderTerms.none)
    }
  }
}
