import Foundation

extension FileHandle {
  /// The data, as they arrive, until the end of the stream. For small streams: nothing slows the writer down.
  ///
  /// Read on a thread of its own, which ends with the stream, and not through `readabilityHandler`: Dispatch was seen
  /// to crash when a handler came off its source at the end of the stream.
  var chunks: AsyncStream<Data> {
    AsyncStream { continuation in
      Thread.detachNewThread {
        while true {
          let data = self.availableData
          guard !data.isEmpty else { return continuation.finish() }
          continuation.yield(data)
        }
      }
    }
  }
}
