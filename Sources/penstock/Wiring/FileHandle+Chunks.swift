import Foundation

extension FileHandle {
  /// What arrives, as it arrives, until the end of the stream; read off Swift's pool. For small streams: nothing slows
  /// the writer down.
  var chunks: AsyncStream<Data> {
    AsyncStream { continuation in
      readabilityHandler = { handle in
        let data = handle.availableData
        if data.isEmpty {
          handle.readabilityHandler = nil
          continuation.finish()
        } else {
          continuation.yield(data)
        }
      }
    }
  }
}
