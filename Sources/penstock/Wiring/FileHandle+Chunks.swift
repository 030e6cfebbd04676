import Foundation

extension FileHandle {
  /// The data, as they arrive, until the end of the stream; read off Swift's pool. For small streams: nothing slows the
  /// writer down.
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
