import ArgumentParser
import Foundation

/// This process's environment, the only source of configuration.
var environment: [String: String] { ProcessInfo.processInfo.environment }

/// Runs a command's body, and ends the process with one clear line and a fitting exit code if it throws.
///
/// 78 `EX_CONFIG`: the configuration is wrong, nothing was started. 69 `EX_UNAVAILABLE`: something that is needed does
/// not answer. 66 `EX_NOINPUT`: a file cannot be read. 1: refused, or anything else.
func reporting(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let error as ExitCode {
    throw error
  } catch {
    FileHandle.standardError.write(Data("penstock: \(words(of: error))\n".utf8))
    throw ExitCode(exitCode(of: error))
  }
}

private func exitCode(of error: any Error) -> Int32 {
  switch error {
  case is ConfigurationError: 78
  case let error as AdminClient.Failure: error.exitCode
  case is Unavailable: 69
  case is CocoaError: 66
  default: 1
  }
}

private func words(of error: any Error) -> String {
  if let error = error as? CocoaError { return error.localizedDescription }
  return "\(error)"
}

/// A required service that does not answer.
struct Unavailable: Error, CustomStringConvertible {
  var description: String
}
