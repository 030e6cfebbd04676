internal import Crypto
internal import FoundationEssentials

/// Bytes as an opaque text (base64url) that is told from others by a check: 32 bits of SHA-256 over a label and the
/// bytes.
///
/// It finds accidents, such as a text that was cut. It is no signature: whoever reads the source can make one, so what
/// it says is input like any other.
public enum CheckedText {
  private static let checkBytes = 4

  /// The text of these bytes. The label says what they are.
  public static func encode(_ bytes: [UInt8], as label: String) -> String {
    let whole = bytes + check(bytes, label)
    return String(unsafeUninitializedCapacity: Base64URL.length(of: whole.count)) { text in
      whole.withUnsafeBytes { Base64URL.encode($0, into: UnsafeMutableRawBufferPointer(text)) }
      return Base64URL.length(of: whole.count)
    }
  }

  /// The bytes of a text with this label; `nil` if it is none, or longer than `Limits.checkedTextBytes`.
  public static func decode(_ text: String, as label: String) -> [UInt8]? {
    guard text.utf8.count <= Limits.checkedTextBytes, let data = Base64URL.decode(text), data.count > checkBytes
    else { return nil }
    let bytes = [UInt8](data.dropLast(checkBytes))
    return check(bytes, label) == [UInt8](data.suffix(checkBytes)) ? bytes : nil
  }

  private static func check(_ bytes: [UInt8], _ label: String) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: Array(label.utf8))
    hash.update(data: bytes)
    return Array(hash.finalize().prefix(checkBytes))
  }
}
