internal import CLibFuzzer
internal import Glibc

/// Hands the command line over to libFuzzer, which feeds `testOneInput` until it is told to stop or has found
/// something. Ends the process.
///
/// libFuzzer has a `main` of its own, but SwiftPM lets a program begin at the one of its Swift module.
public func fuzz(_ testOneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) -> Never {
  var count = CommandLine.argc
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
  exit(LLVMFuzzerRunDriver(&count, &arguments, testOneInput))
}
