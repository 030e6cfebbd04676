import FlashSale
import Fuzzing
import Time

@main enum Credentials {
  static func main() { fuzz(testOneInput) }
}

/// Any bytes as each of what a client shows for itself: a room's token, an access code, a proof of work, a bot
/// service's verdict, a JSON Web Token.
///
/// (1) Each check answers for any bytes, and reads none past their end (AddressSanitizer).
/// (2) Nothing is taken but, byte for byte, what was signed; of a proof, its challenge.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let desk else { fatalError("no signers") }
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  let text = String(decoding: bytes, as: UTF8.self)
  check(desk.takesRoomToken(bytes) == (text == desk.roomToken), "a forged token of a room: \(text)")
  check(desk.takesCode(text) == (text == desk.code), "a forged access code: \(text)")
  if desk.takesProof(bytes) { check(text.hasPrefix(desk.challenge + "."), "a proof of a forged challenge: \(text)") }
  check(!desk.takesVerdict(bytes), "a forged verdict: \(text)")
  check(!desk.takesToken(bytes), "a forged token: \(text)")
  return 0
}

private let desk = try? Desk()

/// Who checks, at a fixed moment, and what it has signed. No verdict and no token of its kind is ever signed here:
/// their signers are others' programs.
private struct Desk {
  private static let secrets = [[UInt8](repeating: 7, count: 32), [UInt8](repeating: 8, count: 32)]
  private static let keys =
    #"{"keys":[{"kty":"oct","alg":"HS256","kid":"a","k":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"}]}"#
  private let buyer = BuyerID(rawValue: "alice")
  private let sale = SaleID(rawValue: "double11")
  private let number = SaleNumber(rawValue: 1)
  private let now = Timestamp(microseconds: 1_800_000_000_000_000)
  private let rooms: RoomTokenSigner
  private let codes: AccessCodeSigner
  private let proofs = ProofSigner(secrets: Self.secrets)
  private let verdicts: VerdictChecker
  private let tokens: TokenVerifier
  let roomToken: String
  let code: String
  let challenge: String

  private struct Impossible: Error {}

  init() throws {
    guard let buyer, let sale else { throw Impossible() }
    rooms = try RoomTokenSigner(secrets: Self.secrets)
    codes = try AccessCodeSigner(secrets: Self.secrets)
    verdicts = try VerdictChecker(secrets: Self.secrets)
    tokens = TokenVerifier(
      keys: try TokenKeys(parsing: Array(Self.keys.utf8)),
      rules: TokenRules(issuer: "https://id.example", audience: "shop", skew: .seconds(30)))
    let hour = now.after(.seconds(3_600))
    roomToken = rooms.sign(RoomToken(sale: number, place: Offset(41), expiresAt: hour), for: buyer)
    code = codes.issue(try AccessCode(id: 5, window: now..<hour, uses: Units(1)), for: sale, buyer: buyer) ?? ""
    challenge = proofs.challenge(bits: 1, sale: number, buyer: buyer, at: now)
  }

  func takesRoomToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let buyer, let token = RoomToken(text: bytes) else { return false }
    return rooms.fault(of: token, for: buyer, in: number, at: now) == nil
  }

  func takesCode(_ text: String) -> Bool {
    guard let buyer, let sale else { return false }
    return (try? codes.check(text, for: sale, buyer: buyer, at: now)) != nil
  }

  func takesProof(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let buyer else { return false }
    return (try? proofs.check(bytes, bits: 1, sale: number, buyer: buyer, at: now)) != nil
  }

  func takesVerdict(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let buyer, let sale else { return false }
    return (try? verdicts.check(bytes, sale: sale, buyer: buyer, at: now)) != nil
  }

  func takesToken(_ bytes: UnsafeRawBufferPointer) -> Bool { (try? tokens.verify(bytes, at: now)) != nil }
}
