import FlashSale
import Foundation
import TestSupport
import Testing
import Time

/// What a proof of work is worth, and what it is not.
struct ProofTests {
  private static let now = Timestamp(microseconds: 1_800_000_000_000_000)
  private let signer = ProofSigner(secrets: [[UInt8](repeating: 1, count: 16)])
  private let sale = SaleNumber(rawValue: 7)
  private let alice = BuyerID(unchecked: "alice")

  private func fault(
    _ solution: String, by signer: ProofSigner? = nil, bits: Int = 8, sale: SaleNumber? = nil, buyer: String = "alice",
    after seconds: Int64 = 0
  ) -> ProofFault? {
    Array(solution.utf8).withUnsafeBytes { bytes in
      do throws(ProofFault) {
        try (signer ?? self.signer).check(
          bytes, bits: bits, sale: sale ?? self.sale, buyer: BuyerID(unchecked: buyer),
          at: Timestamp(microseconds: Self.now.microseconds + seconds * 1_000_000))
        return nil
      } catch {
        return error
      }
    }
  }

  @Test func `a solution is worth something to its buyer, in its sale, for two minutes`() throws {
    let challenge = signer.challenge(bits: 8, sale: sale, buyer: alice, at: Self.now)
    #expect(challenge.utf8.count == ProofSigner.challengeBytes)
    let solution = try #require(ProofSolver.solve(challenge))
    #expect(fault(solution) == nil)
    #expect(fault(solution, after: 119) == nil && fault(solution, after: -30) == nil)
    #expect(fault(solution, after: 120) == .expired && fault(solution, after: -31) == .early)
    #expect(fault(solution, buyer: "bob") == .foreign)
    #expect(fault(solution, sale: SaleNumber(rawValue: 8)) == .foreign)
    #expect(fault(solution, bits: 9) == .easy)
    let other = ProofSigner(secrets: [[UInt8](repeating: 2, count: 16)])
    #expect(fault(solution, by: other) == .foreign)
    let rotated = ProofSigner(secrets: [[UInt8](repeating: 2, count: 16), [UInt8](repeating: 1, count: 16)])
    #expect(fault(solution, by: rotated) == nil)
  }

  @Test func `what is forged, truncated, long or not solved is refused`() throws {
    let challenge = signer.challenge(bits: 12, sale: sale, buyer: alice, at: Self.now)
    let solution = try #require(ProofSolver.solve(challenge))
    for text in [
      "", ".", challenge, challenge + ".", challenge + ". ", challenge + "." + String(repeating: "1", count: 21),
    ] {
      #expect(fault(text) == .form, "\(text)")
    }
    #expect(fault(String(repeating: "a", count: 10_000)) == .form)
    #expect(fault(String(solution.dropFirst())) == .form)
    let zeros = (0..<100).filter { fault("\(challenge).x\($0)") == nil }
    #expect(zeros.count < 10, "most nonces do not solve 12 bits")
    #expect((0..<100).contains { fault("\(challenge).x\($0)") == .unsolved })
    // Each character of the challenge counts, its bits and its time too.
    for index in 0..<ProofSigner.challengeBytes {
      var bytes = Array(solution.utf8)
      bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "Q") : UInt8(ascii: "A")
      let text = String(decoding: bytes, as: UTF8.self)
      if text != solution { #expect(fault(text) == .foreign, "\(index)") }
    }
    #expect(ProofSolver.solve("no challenge") == nil)
  }

  private func rule(_ json: String) throws -> ProofRule {
    let shaping = try Array(#"{"proof_of_work":\#(json)}"#.utf8).withUnsafeBytes { try SaleShaping(parsing: $0) }
    return try #require(shaping.proofOfWork)
  }

  @Test func `the work doubles with the line, up to its bound`() throws {
    let rule = try rule(#"{"bits":16,"max_bits":20}"#)
    let limit: Int64 = 160_000
    #expect([0, 9_999].allSatisfy { rule.bits(backlog: $0, limit: limit) == 16 })
    #expect(
      [10_000, 20_000, 40_000, 80_000, 160_000].map { rule.bits(backlog: $0, limit: limit) } == [17, 18, 19, 20, 20])
    let loads = [0, 0.4, 0.5, 0.75, 0.88, 0.95, 1]
    #expect(loads.map { rule.bits(backlog: 0, limit: limit, load: $0) } == [16, 16, 17, 18, 19, 20, 20])
    // Whichever asks for more.
    #expect(rule.bits(backlog: 20_000, limit: limit, load: 0.5) == 18)
    #expect(rule.bits(backlog: .max, limit: limit) == 20 && rule.bits(backlog: 5, limit: 1) == 19)
    #expect(try self.rule(#"{"bits":16}"#).maxBits == 20 && self.rule(#"{"bits":27}"#).maxBits == 28)
  }

  @Test(arguments: [
    (#"{"proof_of_work":{}}"#, "proof_of_work.bits"), (#"{"proof_of_work":{"bits":0}}"#, "proof_of_work.bits"),
    (#"{"proof_of_work":{"bits":29}}"#, "proof_of_work.bits"), (#"{"proof_of_work":7}"#, "proof_of_work"),
    (#"{"proof_of_work":{"bits":9,"max_bits":8}}"#, "proof_of_work.max_bits"), (#"{"verdict":true}"#, "verdict"),
    (#"{"verdict":{}}"#, "verdict.required"), (#"{"verdict":{"required":1}}"#, "verdict.required"),
    (#"{"claim":{"name":"a"}}"#, "claim.value"), (#"{"claim":{"name":"","value":"b"}}"#, "claim.name"),
    (#"{"claim":"a"}"#, "claim"),
  ])
  func `a rule that is wrong is said with its field`(_ json: String, _ field: String) throws {
    do throws(BodyError) {
      _ = try Self.shaping(json).get()
      Issue.record("taken: \(json)")
    } catch {
      if case .invalidField(let found, _) = error { #expect(found == field) } else { Issue.record("\(error)") }
    }
  }

  private static func shaping(_ json: String) -> Result<SaleShaping, BodyError> {
    Array(json.utf8).withUnsafeBytes { bytes in
      Result { () throws(BodyError) in try SaleShaping(parsing: bytes) }
    }
  }

  @Test func `rules come back as they were written`() throws {
    let json =
      #"{"claim":{"name":"tier","value":"gold"},"proof_of_work":{"bits":18,"max_bits":22},"verdict":{"required":true}}"#
    let shaping = try Self.shaping(json).get()
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(shaping), as: UTF8.self) == json)
  }
}

/// Whose word on a buyer is believed.
struct VerdictTests {
  private static let now = Timestamp(microseconds: 1_800_000_000_000_000)
  private static let secret = [UInt8](repeating: 3, count: 16)

  private func fault(_ verdict: String, sale: String = "double11", buyer: String = "alice") throws -> VerdictFault? {
    let checker = try VerdictChecker(secrets: [[UInt8](repeating: 4, count: 16), Self.secret])
    return Array(verdict.utf8).withUnsafeBytes { bytes in
      do throws(VerdictFault) {
        try checker.check(bytes, sale: SaleID(unchecked: sale), buyer: BuyerID(unchecked: buyer), at: Self.now)
        return nil
      } catch {
        return error
      }
    }
  }

  private func verdict(_ seconds: Int64, secret: [UInt8] = secret) -> String {
    BotService.verdict(sale: "double11", buyer: "alice", expires: 1_800_000_000 + seconds, secret: secret)
  }

  @Test func `a verdict is for its buyer, sale and time`() throws {
    #expect(try fault(verdict(60)) == nil)
    #expect(try fault(verdict(-29)) == nil && fault(verdict(-30)) == .expired)
    #expect(try fault(verdict(3_630)) == nil && fault(verdict(3_631)) == .far)
    #expect(try fault(verdict(60), buyer: "bob") == .foreign && fault(verdict(60), sale: "other") == .foreign)
    #expect(try fault(verdict(60, secret: [UInt8](repeating: 9, count: 16))) == .foreign)
    #expect(try fault(verdict(60).replacing("1800000060", with: "1800000061")) == .foreign)
    for text in [
      "", ".", "1800000060", "1800000060.", "x.y", verdict(60) + "A", "+1\(verdict(60))",
      String(repeating: "1", count: 10_000),
    ] {
      #expect(try fault(text) == .form, "\(text.prefix(20))")
    }
  }
}
