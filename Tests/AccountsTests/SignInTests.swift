import FlashSale
import Secrets
import Time
import Testing

@testable import Accounts

@Suite struct SignInTests {
  private static let start = Timestamp(microseconds: 1_780_000_000_000_000)

  // MARK: Codes

  @Test(arguments: [
    // RFC 6238, appendix B: the first 8 digits by SHA-1.
    (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
  ])
  func `codes are those of RFC 6238`(_ seconds: Int64, _ code: String) {
    let step = OneTimeCodes.step(at: Timestamp(microseconds: seconds * 1_000_000))
    #expect(OneTimeCodes.code(Array("12345678901234567890".utf8), step, digits: 8) == code)
  }

  @Test func `a code counts a step around its own, and once`() throws {
    let codes = OneTimeCodes.random()
    let step = OneTimeCodes.step(at: Self.start)
    for near in -1...1 as ClosedRange<Int64> {
      #expect(codes.step(of: codes.code(at: step + near), at: Self.start, after: nil) == step + near)
    }
    for far in [-2, 2] as [Int64] {
      #expect(codes.step(of: codes.code(at: step + far), at: Self.start, after: nil) == nil)
    }
    let code = codes.code(at: step)
    #expect(codes.step(of: "\(code.prefix(3)) \(code.suffix(3))", at: Self.start, after: nil) == step)
    #expect(codes.step(of: code, at: Self.start, after: step) == nil)
    #expect(codes.step(of: codes.code(at: step - 1), at: Self.start, after: step) == nil)
    for wrong in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
      #expect(codes.step(of: wrong, at: Self.start, after: nil) == nil)
    }
  }

  @Test func `an app reads the secret from letters of Base32`() {
    let codes = OneTimeCodes(secret: Array("12345678901234567890".utf8))
    #expect(codes.words == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")
    #expect(
      codes.link(for: UserName(unchecked: "mia")).hasSuffix("?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Penstock"))
    #expect(!"\(codes)".contains("49"))
  }

  // MARK: Lockout

  @Test func `five mistakes cost nothing, each further one doubles the pause, and a day forgets`() {
    var lockout = Lockout()
    for _ in 1...5 {
      lockout.failed(at: Self.start)
      #expect(lockout.wait(at: Self.start) == nil)
    }
    for pause in [2, 4, 8, 16] {
      lockout.failed(at: Self.start)
      #expect(lockout.wait(at: Self.start) == .seconds(pause))
      #expect(lockout.wait(at: Self.start.after(.seconds(pause))) == nil)
    }
    for _ in 1...10_000 { lockout.failed(at: Self.start) }
    #expect(lockout.wait(at: Self.start) == .seconds(900))
    let later = Self.start.after(.seconds(86_401))
    lockout.failed(at: later)
    #expect(lockout.failures == 1)
    #expect(lockout.wait(at: later) == nil)
  }

  // MARK: Sessions and secrets

  @Test func `a session ends when nobody uses it, and by its age`() {
    func isAlive(used: Int, now: Int) -> Bool {
      SessionLife(signedInAt: Self.start, lastUsedAt: Self.start.after(.seconds(used)))
        .isAlive(at: Self.start.after(.seconds(now)))
    }
    #expect(isAlive(used: 0, now: 1_799))
    #expect(!isAlive(used: 0, now: 1_800))
    #expect(isAlive(used: 43_000, now: 43_199))
    #expect(!isAlive(used: 43_199, now: 43_200))
  }

  @Test func `secrets are random, their digests tell nothing, and a form's token is its session's`() throws {
    let (a, b) = (AccessSecret.session(), AccessSecret.session())
    #expect(a.text != b.text)
    #expect(a.digest.count == 32 && a.digest != b.digest)
    #expect(a.isFormToken(a.formToken))
    for other in [b.formToken, "", String(a.formToken.dropLast()), a.text.value] { #expect(!a.isFormToken(other)) }
    let sent = try #require(AccessSecret(sent: a.text.value))
    #expect(sent.digest == a.digest)
    for text in ["", "x", String(repeating: "x", count: 10_240), a.text.value + "\u{0}", a.text.value + "é"] {
      #expect(AccessSecret(sent: text) == nil)
    }
    #expect(AccessSecret.isToken(AccessSecret.token().text.value))
    #expect(!AccessSecret.isToken(a.text.value))
    #expect("\(a)".contains("•••") && !"\(a)".contains(a.text.value))
  }

  // MARK: Rights

  @Test func `each role has its rights, and only an owner manages users`() {
    #expect(Role.viewer.rights == [.view])
    #expect(!Role.operator.rights.contains(.refund) && !Role.operator.rights.contains(.unmask))
    #expect(Role.finance.rights.isSuperset(of: [.refund, .export, .unmask]) && !Role.finance.rights.contains(.operate))
    for role in Role.allCases { #expect(role.rights.contains(.manageUsers) == (role == .owner)) }
    #expect(!Principal.machine.rights.contains(.manageUsers))
  }

  @Test(arguments: [
    ("a", "***"), ("abc", "***"), ("abcd", "a***"), ("abcdefg", "a***"), ("alice-2039", "al***9"),
    (String(repeating: "z", count: 64), "zz***z"),
  ])
  func `a masked buyer shows a little of a long id and nothing of a short one`(_ id: String, _ mask: String) throws {
    #expect(BuyerMask.text(try BuyerID(validating: id)) == mask)
  }
}
