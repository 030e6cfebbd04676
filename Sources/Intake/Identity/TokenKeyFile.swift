public import FlashSale
internal import Foundation
internal import Logging

/// The file with the keys of buyers' tokens. Whoever fetches the provider's key set replaces it; intake looks at it
/// every `Limits.tokenKeyLook`.
public struct TokenKeyFile: Sendable {
  /// Its path.
  public let path: String

  /// A file at a path; it is not opened yet.
  public init(path: String) { self.path = path }

  /// Reads it. Throws `ValidationError` in words for the operator.
  public func read() throws(ValidationError) -> TokenKeys { try TokenKeys(parsing: try bytes()) }

  private func bytes() throws(ValidationError) -> [UInt8] {
    let data: Data?
    do {
      let handle = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? handle.close() }
      data = try handle.read(upToCount: Limits.tokenKeyFileBytes + 1)
    } catch {
      throw ValidationError("keys", "the file cannot be read")
    }
    let bytes = Array(data ?? Data())
    guard bytes.count <= Limits.tokenKeyFileBytes else {
      throw ValidationError("keys", "the file has more than \(Limits.tokenKeyFileBytes) bytes")
    }
    return bytes
  }

  /// Hands over what it has, at once and whenever that changes, until the task is cancelled: it may have changed since
  /// the start read it. What cannot be read, such as a file that is half written, changes nothing: the keys of before
  /// stay, and that is said until it can be read again.
  func follow(health: Health, logger: Logger, _ use: (TokenKeys) -> Void) async {
    var last: [UInt8]?
    var complaint: String?
    repeat {
      do throws(ValidationError) {
        let bytes = try bytes()
        if bytes == last, complaint == nil { continue }
        last = bytes
        use(try TokenKeys(parsing: bytes))
        complaint = nil
        health.tokenKeys(nil)
        logger.info("the keys of tokens were read", metadata: ["file": "\(path)"])
      } catch {
        guard complaint != "\(error)" else { continue }
        complaint = "\(error)"
        health.tokenKeys("the keys of tokens cannot be read, those of before stay: \(error)")
        logger.warning(
          "the keys of tokens cannot be read; those of before stay",
          metadata: ["file": "\(path)", "error": "\(error)"])
      }
    } while (try? await Task.sleep(for: Limits.tokenKeyLook)) != nil
  }
}
