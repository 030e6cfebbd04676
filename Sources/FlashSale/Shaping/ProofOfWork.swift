internal import Crypto
internal import FoundationEssentials
internal import Secrets
public import Time

/// Why a proof of work is not taken: a clause for whoever sent it.
public enum ProofFault: String, Error, Sendable, CaseIterable {
  case form = "is no challenge, a dot, and 1 to 20 letters or digits"
  case foreign = "is for another buyer or sale, or its challenge was not given here"
  case expired = "has a challenge that is too old: ask for a new one"
  case early = "has a challenge that is not given yet: the clocks of intakes differ"
  case easy = "has a challenge that asked for less than the sale does"
  case unsolved = "does not solve its challenge"
}

/// Gives challenges and checks their solutions, without remembering either. A value without state, safe to share.
///
/// A challenge is base64url of 21 bytes: the second in which it was given (4, big-endian), the bits that it asks for
/// (1), and 16 bytes of HMAC-SHA256 over these, the sale and the buyer. A solution is the challenge, a dot and a nonce:
/// all of it together, as text, has a SHA-256 that begins with so many zero bits.
///
/// To check one takes two hashes, whatever is asked. What a buyer has solved counts for `Limits.proofLife`, for any
/// number of requests: the limits per buyer are against that.
public struct ProofSigner: Sendable {
  private let keyed: Secret<[HMAC<SHA256>]>

  private static let placeBytes = 5
  private static let bytes = placeBytes + 16

  /// Characters of a challenge.
  public static let challengeBytes = Base64URL.length(of: bytes)

  /// A signer over the secrets of tickets: the first one signs, all of them verify. Each is only used to derive a key
  /// of its own, so that neither stands for the other.
  public init(secrets: [[UInt8]]) {
    keyed = Secret(
      secrets.map { secret in
        let derived = HMAC<SHA256>.authenticationCode(
          for: Data("penstock proof of work 1".utf8), using: SymmetricKey(data: secret))
        return HMAC(key: SymmetricKey(data: Data(derived)))
      })
  }

  /// A challenge for this buyer in this sale.
  ///
  /// - Parameter bits: 1 to `Limits.proofBits`.
  public func challenge(bits: Int, sale: SaleNumber, buyer: BuyerID, at now: Timestamp) -> String {
    var place = Data(count: Self.placeBytes)
    place.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: UInt32(clamping: now.microseconds / 1_000_000).bigEndian, as: UInt32.self)
    }
    place[4] = UInt8(clamping: bits)
    let all = place + code(over: place, sale, buyer, keyed.value[0])
    return String(unsafeUninitializedCapacity: Self.challengeBytes) { text in
      all.withUnsafeBytes { Base64URL.encode($0, into: UnsafeMutableRawBufferPointer(text)) }
      return Self.challengeBytes
    }
  }

  /// The first instant at which a challenge that is given now is too old.
  public static func end(of now: Timestamp) -> Timestamp { now.after(Limits.proofLife) }

  /// Checks a solution; any bytes are allowed.
  ///
  /// - Parameter bits: the least that the challenge must have asked for.
  public func check(
    _ solution: UnsafeRawBufferPointer, bits: Int, sale: SaleNumber, buyer: BuyerID, at now: Timestamp
  ) throws(ProofFault) {
    let nonce = solution.count - Self.challengeBytes - 1
    guard (1...20).contains(nonce), solution[Self.challengeBytes] == UInt8(ascii: "."),
      solution[(Self.challengeBytes + 1)...].allSatisfy(SKU.allows),
      let challenge = Base64URL.decode(solution[..<Self.challengeBytes])
    else { throw .form }
    let (place, claimed) = (challenge.prefix(Self.placeBytes), challenge.dropFirst(Self.placeBytes))
    guard keyed.value.contains(where: { Self.isEqual(code(over: place, sale, buyer, $0), claimed) }) else {
      throw .foreign
    }
    let given = place.prefix(4).reduce(Int64(0)) { $0 << 8 | Int64($1) } * 1_000_000
    guard now < Self.end(of: Timestamp(microseconds: given)) else { throw .expired }
    guard given <= now.after(Limits.clockSkew).microseconds else { throw .early }
    let asked = Int(place[place.startIndex + 4])
    guard asked >= bits else { throw .easy }
    guard Self.zeroBits(of: solution) >= asked else { throw .unsolved }
  }

  private func code(over place: Data, _ sale: SaleNumber, _ buyer: BuyerID, _ keyed: HMAC<SHA256>) -> Data {
    var hmac = keyed
    var message = place
    withUnsafeBytes(of: sale.rawValue.bigEndian) { message.append(contentsOf: $0) }
    message.append(contentsOf: buyer.rawValue.utf8)
    hmac.update(data: message)
    return Data(hmac.finalize().prefix(16))
  }

  /// Takes the same time wherever the two differ.
  private static func isEqual(_ left: Data, _ right: Data) -> Bool {
    left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  fileprivate static func zeroBits(of text: UnsafeRawBufferPointer) -> Int {
    var hash = SHA256()
    hash.update(bufferPointer: text)
    return hash.finalize().withUnsafeBytes { bytes in
      UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)).leadingZeroBitCount
    }
  }
}

/// Solves challenges, as a browser does.
public enum ProofSolver {
  /// The solution of a challenge, after about as many hashes as two to the power of its bits; `nil`: it is none.
  public static func solve(_ challenge: String) -> String? {
    guard challenge.utf8.count == ProofSigner.challengeBytes, let bytes = Base64URL.decode(challenge) else {
      return nil
    }
    let bits = Int(bytes[bytes.startIndex + 4])
    guard (1...Limits.proofBits).contains(bits) else { return nil }
    for nonce in 0... {
      var solution = "\(challenge).\(nonce)"
      if solution.withUTF8({ ProofSigner.zeroBits(of: UnsafeRawBufferPointer($0)) }) >= bits { return solution }
    }
    return nil
  }
}
