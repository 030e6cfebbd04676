import Crypto
import Secrets

/// A secret word that one caller shows and another knows, as `Authorization: Bearer WORD`.
public struct SharedToken: Sendable {
  private let digest: Secret<SHA256.Digest>

  /// Takes the word: 16 to 256 visible ASCII characters.
  public init(_ word: String) throws(ValidationError) {
    guard (16...256).contains(word.utf8.count), word.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw ValidationError("token", "must be 16 to 256 printable ASCII characters without spaces")
    }
    digest = Secret(Self.digest(word))
  }

  /// Whether this is the word. Digests have one length and are compared in constant time (swift-crypto: `Digest.==`),
  /// so the time that it takes tells nothing of it.
  public func matches(_ word: String) -> Bool { Self.digest(word) == digest.value }

  private static func digest(_ word: String) -> SHA256.Digest {
    var word = word
    return word.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
  }
}
