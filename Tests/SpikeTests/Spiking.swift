import ArgumentParser
import Dispatch
import Foundation

@testable import SpikeKit

/// Runs spike in this process with such arguments, off Swift's own threads, since it waits.
func spike(_ arguments: String...) async throws -> Report { try await spike(arguments) }

/// The same.
func spike(_ arguments: [String]) async throws -> Report {
  let settings = try SpikeCommand.parse(arguments).settings()
  return try await withCheckedThrowingContinuation { continuation in
    DispatchQueue(label: "spike").async {
      guard let silence = FileHandle(forWritingAtPath: "/dev/null") else { return }
      let progress = Progress(output: silence.fileDescriptor)
      continuation.resume(with: Result { try Run(settings, progress: progress).measure() })
    }
  }
}
